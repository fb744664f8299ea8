//! Decodes every frame of the files named and nothing more: what reading pixels costs beside other decoders.
//!
//! `decode_frames [--workers N] [--threads N] [--halved N] [--frames N] FILE...`
//!
//! Codecs run in this process on `--threads` threads (1 unless said), or with `--workers` in as many
//! processes of their own, as the program has it. `--halved` asks for sides halved that often,
//! `--frames` takes so many frames of each file. A line is printed: frames, bytes of samples, and a
//! checksum of them all, so that two ways of decoding can be seen to agree.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example stops at the first surprise")]

use std::collections::VecDeque;
use std::path::PathBuf;

use calx_dicom::{
    FrameHandle, FrameSource, Locator, Priority, Reduction, WorkerOptions, read_image_info, worker,
};
use calx_model::Samples;

/// What was seen so far.
#[derive(Default)]
struct Sum {
    frames: u64,
    bytes: u64,
    checksum: u64,
}

impl Sum {
    fn add(&mut self, handle: FrameHandle) {
        let frame = handle.wait().unwrap();
        self.frames += 1;
        let samples = frame.samples();
        self.bytes += samples.bytes() as u64;
        // A few samples tell two pictures apart and cost nothing beside decoding.
        for at in (0..samples.len()).step_by(997) {
            let value = match samples {
                Samples::Colour8(_, values) => values.get(at).map(|value| i64::from(*value)),
                Samples::Colour16(_, values) => values.get(at).map(|value| i64::from(*value)),
                grey => grey.grey(at),
            };
            self.checksum = self.checksum.wrapping_mul(0x100_0000_01b3) ^ value.unwrap_or(0).cast_unsigned();
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut workers, mut threads, mut reduction, mut most) = (0, 1, Reduction::Full, u32::MAX);
    let mut files = Vec::new();
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().unwrap().parse::<u32>().unwrap();
        match argument.as_str() {
            "decode-worker" => return worker::serve().unwrap(),
            "--workers" => workers = number() as usize,
            "--threads" => threads = number() as usize,
            "--halved" => reduction = Reduction::Halved(u8::try_from(number()).unwrap()),
            "--frames" => most = number(),
            _ => files.push(argument),
        }
    }
    let source = if workers == 0 {
        FrameSource::in_process(0, threads)
    } else {
        let mut options = WorkerOptions::new(std::env::current_exe().unwrap(), ["decode-worker"]);
        options.workers = workers;
        FrameSource::new(0, options)
    };
    // Enough to keep every thread at work, few enough that memory stays flat.
    let ahead = 2 * workers.max(threads);
    let (mut waiting, mut sum) = (VecDeque::new(), Sum::default());
    for file in files {
        let locator = Locator::from(PathBuf::from(&file));
        let frames = read_image_info(&locator, 1).unwrap().value.layout.number_of_frames;
        for frame in 1..=frames.min(most) {
            waiting.push_back(source.request(&locator, frame, Priority::Batch, reduction));
            if waiting.len() > ahead {
                sum.add(waiting.pop_front().unwrap());
            }
        }
    }
    for handle in waiting {
        sum.add(handle);
    }
    println!("{} frames, {} bytes, checksum {:016x}", sum.frames, sum.bytes, sum.checksum);
}

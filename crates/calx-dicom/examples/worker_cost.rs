//! What worker processes cost: the time of one frame in a worker beside that in this process.
//!
//! `worker_cost TIMES FILE...` prints a line a file: the best and the median of TIMES decodes, and the
//! first frame of a source that has no worker yet.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example stops at the first surprise")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use calx_dicom::{FrameSource, Locator, Priority, Reduction, WorkerOptions, worker};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((times, files)) = arguments.split_first() else { return };
    if times == "decode-worker" {
        return worker::serve().unwrap();
    }
    let times: usize = times.parse().unwrap();
    let mut options = WorkerOptions::new(std::env::current_exe().unwrap(), ["decode-worker"]);
    options.workers = 1;
    for file in files {
        let locator = Locator::from(PathBuf::from(file));
        let decode = |source: &FrameSource| {
            let began = Instant::now();
            let frame = source.request(&locator, 1, Priority::Visible, Reduction::Full).wait().unwrap();
            (began.elapsed(), frame.samples().bytes())
        };
        let here = FrameSource::in_process(0, 1);
        let there = FrameSource::new(0, options.clone());
        let (mut own, mut theirs, mut cold) = (Vec::new(), Vec::new(), Vec::new());
        decode(&here);
        decode(&there);
        // In turns, so that what else the machine does meets both alike.
        for _ in 0..times {
            own.push(decode(&here).0);
            theirs.push(decode(&there).0);
            cold.push(decode(&FrameSource::new(0, options.clone())).0);
        }
        let bytes = decode(&here).1;
        let of = |mut times: Vec<Duration>| {
            times.sort_unstable();
            let ms = |at: usize| times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0);
            format!("{:8.2} {:8.2}", ms(0), ms(times.len() / 2))
        };
        println!(
            "here {} ms  worker {} ms  first {} ms  {:6.1} MB  {file}",
            of(own),
            of(theirs),
            of(cold),
            bytes as f64 / 1e6
        );
    }
}

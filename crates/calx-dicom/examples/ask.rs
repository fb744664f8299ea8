//! Asks everything of each file named on standard input (one path a line) and prints one line for it:
//! header, image and frame 1 as `ok` or the code of the error, the time in milliseconds, the path.
#![allow(clippy::print_stdout, reason = "it is a program that prints")]

use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use calx_dicom::{
    FrameSource, Identity, Locator, Priority, Reduction, dump_tags, read_header, read_image_info,
};

fn main() -> std::io::Result<()> {
    let source = FrameSource::in_process(0, 1);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let locator = Locator::from(Path::new(&line));
        let start = Instant::now();
        let header = read_header(&locator).map_or_else(|error| error.code(), |_| "ok");
        let tags = dump_tags(&locator, Identity::Masked).map_or_else(|error| error.code(), |_| "ok");
        let image = read_image_info(&locator, 1).map_or_else(|error| error.code(), |_| "ok");
        let frame = source.request(&locator, 1, Priority::Batch, Reduction::Full).wait();
        let frame = frame.map_or_else(|error| error.code(), |_| "ok");
        println!("{header}\t{tags}\t{image}\t{frame}\t{}\t{line}", start.elapsed().as_millis());
    }
    Ok(())
}

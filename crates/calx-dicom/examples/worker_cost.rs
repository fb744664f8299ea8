//! What worker processes cost: the time of one frame in a worker beside that in this process.
//!
//! `worker_cost TIMES FILE...` prints a line a file: the best and the median of TIMES decodes (by the
//! clock, then processor time of this process and its workers together, on Linux), and by the clock the
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
            let (began, spent) = (Instant::now(), processor_time());
            let frame = source.request(&locator, 1, Priority::Visible, Reduction::Full).wait().unwrap();
            ([began.elapsed(), processor_time().saturating_sub(spent)], frame.samples().bytes())
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
            let [clock, _] = decode(&FrameSource::new(0, options.clone())).0;
            cold.push(clock);
        }
        let bytes = decode(&here).1;
        let of = |mut times: Vec<Duration>| {
            times.sort_unstable();
            let ms = |at: usize| times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0);
            format!("{:8.2} {:8.2}", ms(0), ms(times.len() / 2))
        };
        println!(
            "here {} cpu {}  worker {} cpu {}  first {} ms  {:6.1} MB  {file}",
            of(own.iter().map(|[clock, _]| *clock).collect()),
            of(own.iter().map(|[_, spent]| *spent).collect()),
            of(theirs.iter().map(|[clock, _]| *clock).collect()),
            of(theirs.iter().map(|[_, spent]| *spent).collect()),
            of(cold),
            bytes as f64 / 1e6
        );
    }
}

/// What this process and its children have run so far, by the scheduler's own count; 0 where it has none.
fn processor_time() -> Duration {
    let threads = |process: &str| -> u64 {
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { return 0 };
        tasks
            .flatten()
            .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
            .filter_map(|stat| stat.split(' ').next().and_then(|spent| spent.parse::<u64>().ok()))
            .sum()
    };
    let children: String = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .collect();
    Duration::from_nanos(threads("self") + children.split_whitespace().map(threads).sum::<u64>())
}

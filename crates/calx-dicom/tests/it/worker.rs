//! Worker processes: what they decode, and what happens when a codec breaks down in one.
//!
//! The worker program is this test binary, asked for one test by name; what it shall do wrong is said
//! in a further argument. A frame with [`FAULTY`] columns is the one it does it to.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use calx_dicom::{
    DecodeError, FrameSource, Locator, NewPixels, Priority, Reduction, WorkerLoss, WorkerOptions, worker,
    write_image,
};

use crate::samples::{self, clip};

const MARK: &str = "calx-test-worker=";
const FAULTY: u32 = 13;

fn options(fault: &str) -> WorkerOptions {
    let mark = format!("{MARK}{fault}");
    let arguments = ["--exact", "worker::serves_when_started_as_one", "--nocapture", &mark];
    let mut options = WorkerOptions::new(std::env::current_exe().unwrap(), arguments);
    options.workers = 2;
    options
}

#[allow(clippy::exit, reason = "a codec's library may do that")]
#[test]
fn serves_when_started_as_one() {
    let Some(fault) = std::env::args().find_map(|a| a.strip_prefix(MARK).map(str::to_owned)) else { return };
    let mut kept: Vec<Vec<u8>> = Vec::new();
    worker::serve_with(|layout| {
        if layout.columns != FAULTY {
            return;
        }
        match fault.as_str() {
            "none" => {}
            "abort" => std::process::abort(),
            "exit" => std::process::exit(3),
            "hang" => loop {
                std::thread::park();
            },
            "spin" => loop {
                std::hint::spin_loop();
            },
            "allocate" => loop {
                kept.push(vec![1; 16 << 20]);
            },
            "panic" => panic!("a secret of the file"),
            "chatter" => {
                for _ in 0..100_000 {
                    let _full = std::io::stderr().write_all(b"\x1b[2Jnoise on standard error\n");
                }
            }
            "garbage" => answer(&[0xff; 40]),
            "endless" => answer(&u32::MAX.to_le_bytes()),
            "larger" => answer(&frame_of(60_000, 60_000, 2)),
            "wider" => answer(&frame_of(FAULTY, 7, 4)),
            other => panic!("{other}"),
        }
    })
    .unwrap();
}

/// Writes to the channel what no worker of ours would.
fn answer(bytes: &[u8]) {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        let mut channel = std::fs::File::from(std::io::stdin().as_fd().try_clone_to_owned().unwrap());
        channel.write_all(bytes).unwrap();
    }
    loop {
        std::thread::park();
    }
}

/// An answer that promises a frame which was never written.
fn frame_of(columns: u32, rows: u32, kind: u8) -> Vec<u8> {
    let mut message = vec![11, 0, 0, 0, 0];
    message.extend_from_slice(&columns.to_le_bytes());
    message.extend_from_slice(&rows.to_le_bytes());
    message.extend_from_slice(&[kind, 0]);
    message
}

/// An RLE image of two frames; its pixel at row 3, column 2 is 5.
fn rle(folder: &Path, columns: u16) -> Locator {
    let mut new = clip("worker");
    (new.rows, new.columns) = (7, columns);
    let pixels = usize::from(columns) * 7;
    // An even number of bytes: the frame's padding is no frame.
    new.pixels = NewPixels::Grey8 { frames: vec![vec![5; pixels]; 2] };
    let mut native = Vec::new();
    write_image(&new, &mut native).unwrap();
    let path = folder.join(format!("{columns}.dcm"));
    std::fs::write(&path, samples::as_rle(&native, 2)).unwrap();
    Locator::from(path)
}

fn decode(source: &FrameSource, file: &Locator) -> Result<i64, DecodeError> {
    let frame = source.request(file, 1, Priority::Visible, Reduction::Full).wait()?;
    Ok(frame.samples().grey(3 * frame.columns() as usize + 2).unwrap())
}

/// One faulty file between two good ones: only the faulty one is lost.
fn check_fault(mut options: WorkerOptions, time: Duration, is: impl Fn(&DecodeError) -> bool) {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (rle(folder.path(), 11), rle(folder.path(), FAULTY as u16));
    options.time_limit = time;
    let source = FrameSource::new(0, options);
    assert_eq!(decode(&source, &good).unwrap(), 5);
    let error = decode(&source, &bad).unwrap_err();
    assert!(is(&error), "{error:?}: {error}");
    assert_eq!(decode(&source, &good).unwrap(), 5);
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_codec_that_aborts_or_exits_costs_one_frame() {
    check_fault(options("abort"), LONG, |e| matches!(e, DecodeError::Worker(WorkerLoss::Signal(6))));
    check_fault(options("exit"), LONG, |e| matches!(e, DecodeError::Worker(WorkerLoss::Exit(3))));
}

#[test]
fn a_codec_without_end_is_stopped() {
    for fault in ["hang", "spin"] {
        let began = Instant::now();
        check_fault(
            options(fault),
            Duration::from_millis(400),
            |e| matches!(e, DecodeError::Worker(loss @ WorkerLoss::TimeLimit(_)) if loss.code() == "time_limit"),
        );
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn a_codec_that_eats_memory_is_stopped() {
    if !worker::memory_limit_supported() {
        println!("skipped: this platform cannot bound a worker's memory");
        return;
    }
    check_fault(options("allocate"), LONG, |e| e.code() == "memory_limit");
}

#[test]
fn a_panic_leaves_the_worker_alive() {
    let folder = tempfile::tempdir().unwrap();
    let bad = rle(folder.path(), FAULTY as u16);
    let source = FrameSource::new(0, options("panic"));
    let error = decode(&source, &bad).unwrap_err();
    assert_eq!(error.code(), "codec_broke_down");
    assert!(!format!("{error:?}{error}").contains("secret"));
    // Where it broke down, from its standard error.
    assert!(error.to_string().contains("said: a codec broke down at ") && error.to_string().contains(".rs:"));
}

#[test]
fn what_a_worker_says_blocks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let source = FrameSource::new(0, options("chatter"));
    let file = rle(folder.path(), FAULTY as u16);
    let told = source.request(&file, 1, Priority::Visible, Reduction::Full).wait_told().unwrap();
    assert_eq!(told.value.samples().grey(3 * FAULTY as usize + 2), Some(5));
    let words = told.notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(words.contains("[2Jnoise on standard error") && !words.contains('\x1b') && words.len() < 1000);
}

#[test]
fn an_answer_that_does_not_fit_is_not_believed() {
    for fault in ["garbage", "endless", "larger", "wider"] {
        check_fault(options(fault), LONG, |e| matches!(e, DecodeError::Worker(WorkerLoss::Answer(_))));
    }
}

#[test]
fn a_frame_that_cost_two_workers_is_not_tried_again_until_the_file_changes() {
    let folder = tempfile::tempdir().unwrap();
    let bad = rle(folder.path(), FAULTY as u16);
    let source = FrameSource::new(0, options("abort"));
    for started in [1, 2, 2, 2] {
        assert_eq!(decode(&source, &bad).unwrap_err().code(), "codec_broke_down");
        assert_eq!(source.workers_started(), started);
    }
    // A worker that had decoded before is not the frame's fault: one more try with a new one.
    let used = FrameSource::new(0, WorkerOptions { workers: 1, ..options("abort") });
    decode(&used, &rle(folder.path(), 11)).unwrap();
    assert_eq!(decode(&used, &bad).unwrap_err().code(), "codec_broke_down");
    assert_eq!(used.workers_started(), 2);
    let good = rle(folder.path(), 11);
    std::fs::copy(&good.path, &bad.path).unwrap();
    assert_eq!(decode(&source, &bad).unwrap(), 5);
}

#[test]
fn a_program_that_is_no_worker_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = rle(folder.path(), 11);
    for program in ["/nonexistent/calx", "/bin/true"] {
        let source = FrameSource::new(0, WorkerOptions::new(program, [""]));
        assert_eq!(decode(&source, &file).unwrap_err().code(), "no_worker", "{program}");
    }
}

/// Children of a process that have not been waited for, zombies too.
#[cfg(target_os = "linux")]
fn children(of: u32) -> Vec<String> {
    let of = of.to_string();
    let stat = |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path().join("stat")).ok();
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| stat(entry.ok()?))
        .filter(|stat| stat.rsplit_once(") ").unwrap().1.split(' ').nth(1) == Some(of.as_str()))
        .map(|stat| stat.split(' ').next().unwrap().to_owned())
        .collect()
}

const PARENT: &str = "calx-test-parent=";

/// A process with a source, for the two tests after it: other tests have children of their own.
#[cfg(target_os = "linux")]
#[test]
fn is_a_parent_when_started_as_one() {
    let Some(folder) = std::env::args().find_map(|a| a.strip_prefix(PARENT).map(str::to_owned)) else {
        return;
    };
    let file = |columns| rle(Path::new(&folder), columns);
    let source = FrameSource::new(0, options("hang"));
    decode(&source, &file(11)).unwrap();
    source.warm_up();
    let own = std::process::id();
    assert_eq!(children(own).len(), 2);
    if Path::new(&folder).join("hang").exists() {
        decode(&source, &file(FAULTY as u16)).unwrap_err();
    }
    drop(source);
    assert_eq!(children(own), Vec::<String>::new());
}

#[cfg(target_os = "linux")]
fn parent(folder: &Path) -> std::process::Child {
    let mark = format!("{PARENT}{}", folder.display());
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "worker::is_a_parent_when_started_as_one", &mark])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_dropped_source_has_waited_for_every_worker() {
    let folder = tempfile::tempdir().unwrap();
    assert!(parent(folder.path()).wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn workers_end_with_a_parent_that_is_killed_while_one_hangs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hang"), []).unwrap();
    let mut parent = parent(folder.path());
    let until = Instant::now() + Duration::from_secs(20);
    let state = |child: &str| std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
    let mut workers = Vec::new();
    // The file of the frame that hangs is written just before it is asked for.
    while workers.len() < 2 || !folder.path().join("13.dcm").exists() {
        assert!(Instant::now() < until && parent.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(20));
        workers = children(parent.id());
    }
    std::thread::sleep(Duration::from_millis(300));
    parent.kill().unwrap();
    parent.wait().unwrap();
    // Adopted by another process now; gone, or dead and waiting for that one to notice.
    let lives = |child: &String| {
        let stat = state(child);
        stat.contains("(it-") && !stat.contains(") Z ")
    };
    while workers.iter().any(lives) {
        assert!(Instant::now() < until, "{workers:?} live on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_source_that_is_dropped_in_the_middle_of_a_frame_ends_soon() {
    let folder = tempfile::tempdir().unwrap();
    let bad = rle(folder.path(), FAULTY as u16);
    let source = FrameSource::new(0, options("hang"));
    let handle = source.request(&bad, 1, Priority::Visible, Reduction::Full);
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    drop(source);
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
    assert_eq!(handle.wait().unwrap_err().code(), "cancelled");
}

#[test]
fn a_large_frame_is_the_same_and_outlives_its_worker() {
    let folder = tempfile::tempdir().unwrap();
    let mut new = clip("large");
    (new.rows, new.columns) = (2100, 2300);
    let pixels = (0..2100 * 2300u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    new.pixels = NewPixels::Grey8 { frames: vec![pixels] };
    let mut native = Vec::new();
    write_image(&new, &mut native).unwrap();
    let path = folder.path().join("large.dcm");
    std::fs::write(&path, samples::as_rle(&native, 1)).unwrap();
    let file = Locator::from(path);
    let ask = |source: &FrameSource| source.request(&file, 1, Priority::Batch, Reduction::Full).wait();
    let own = ask(&FrameSource::in_process(0, 1)).unwrap();
    let source = FrameSource::new(0, options("none"));
    let (first, second) = (ask(&source).unwrap(), ask(&source).unwrap());
    assert_eq!(source.workers_started(), 1);
    drop(source);
    assert!(own == first && own == second);
}

#[test]
fn every_compressed_sample_decodes_as_in_process() {
    let Some(folder) = samples::folder() else { return };
    let text = std::fs::read_to_string(folder.join("ORACLE.tsv")).unwrap();
    let source = FrameSource::new(64 << 20, options("none"));
    source.warm_up();
    assert_eq!(source.workers_started(), 2);
    let here = FrameSource::in_process(64 << 20, 2);
    let (mut frames, mut errors) = (0, 0);
    let asked: Vec<_> = crate::oracle::rows(&text)
        .iter()
        .filter(|row| !crate::oracle::is_native(&row.transfer_syntax))
        .map(|row| {
            let file = Locator::from(folder.join(&row.file));
            let ask =
                |source: &FrameSource| source.request(&file, row.frame, Priority::Batch, Reduction::Full);
            (row.file.clone(), ask(&source), ask(&here))
        })
        .collect();
    for (name, worker, own) in asked {
        match (worker.wait(), own.wait()) {
            (Ok(a), Ok(b)) => {
                assert!(a == b, "{name}");
                frames += 1;
            }
            (Err(a), Err(b)) => {
                assert_eq!((a.to_string(), a.code()), (b.to_string(), b.code()), "{name}");
                errors += 1;
            }
            (a, b) => panic!("{name}: {:?}, in process {:?}", a.err(), b.err()),
        }
    }
    println!("{frames} frames and {errors} errors the same in a worker");
    assert!(frames >= 45, "{frames}");
    assert_eq!(source.workers_started(), 2);
}

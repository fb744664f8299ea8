//! Codecs in processes of their own: used for compressed files, and one that breaks down costs one file.
//!
//! The faulty worker is this test binary behind a script, named with the hidden `--worker-program`.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use calx_dicom::worker;

use crate::driver::{Place, Ran, run, run_within, shared};

const MARK: &str = "calx-test-worker=";
/// What the faulty frame has and the good one has not.
const FAULTY_COLUMNS: u32 = 512;
const FAULTY: &str = "chafey-dicomParser/CT0012.not_fragmented_bot_rle.dcm";
const GOOD: &str = "pydicom-pydicom/SC_rgb_rle_2frame.dcm";

#[test]
fn serves_when_started_as_one() {
    let Some(fault) = std::env::args().find_map(|a| a.strip_prefix(MARK).map(str::to_owned)) else { return };
    let mut kept: Vec<Vec<u8>> = Vec::new();
    worker::serve_with(|layout| {
        if layout.columns != FAULTY_COLUMNS {
            return;
        }
        match fault.as_str() {
            "abort" => std::process::abort(),
            "hang" => loop {
                std::thread::park();
            },
            "allocate" => loop {
                kept.push(vec![1; 16 << 20]);
            },
            other => panic!("{other}"),
        }
    })
    .unwrap();
}

fn sample(name: &str) -> Option<String> {
    Some(shared("dicom-samples")?.join(name).to_str().unwrap().to_owned())
}

/// Renders the faulty and the good file with a worker that has that fault.
fn render(place: &Place, fault: &str, faulty: &str, good: Option<&str>) -> Ran {
    let script = place.dir().join(format!("worker-{fault}"));
    let binary = std::env::current_exe().unwrap();
    let text = format!(
        "#!/bin/sh\nexec '{}' --exact workers::serves_when_started_as_one --nocapture {MARK}{fault}\n",
        binary.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    let folder = place.path(&format!("pictures-{fault}/"));
    let mut args = vec!["render", faulty];
    args.extend(good);
    args.extend(["-o", &folder, "--renderer", "cpu", "--force", "-v"]);
    args.extend(["--worker-program", script.to_str().unwrap()]);
    run_within(&mut place.command(&args), Duration::from_secs(60))
}

#[test]
fn a_compressed_file_is_decoded_by_a_worker_and_a_native_one_is_not() {
    let place = Place::new();
    let picture = place.path("native.png");
    let native = crate::driver::hand("left");
    let ran = place.ok(&["render", &native, "-o", &picture, "--renderer", "cpu", "-v"]);
    assert!(!ran.err.contains("worker"), "{}", ran.err);
    let Some(good) = sample(GOOD) else { return };
    let picture = place.path("rle.png");
    let ran = place.ok(&["render", &good, "-o", &picture, "--renderer", "cpu", "-v"]);
    assert!(ran.err.contains("worker processes started for compressed frames: 1"), "{}", ran.err);
    // Without a program to decode in there is no picture: nothing is decoded here in its stead.
    let picture = place.path("none.png");
    let ran = place.run(&["render", &good, "-o", &picture, "--worker-program", "/nonexistent"]);
    assert_eq!(ran.code, 7, "{}", ran.err);
    let mut by_hand = place.command(&["decode-worker"]);
    let ran = run(by_hand.stdin(std::process::Stdio::null()));
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn a_codec_that_breaks_down_costs_one_file_with_its_reason() {
    let (Some(faulty), Some(good)) = (sample(FAULTY), sample(GOOD)) else { return };
    let place = Place::new();
    let mut faults = vec![("abort", "ended by signal 6 (abort)"), ("hang", "given up after 8 s")];
    if worker::memory_limit_supported() {
        faults.push(("allocate", "MiB of memory"));
    }
    for (fault, reason) in faults {
        let alone = render(&place, fault, &faulty, None);
        assert_eq!(alone.code, 4, "{fault}: {}", alone.err);
        assert!(alone.err.contains(reason), "{fault}: {}", alone.err);
        let both = render(&place, fault, &faulty, Some(&good));
        assert_eq!(both.code, 1, "{fault}: {}", both.err);
        assert!(
            both.err.contains(reason) && both.out.contains("SC_rgb_rle_2frame.png"),
            "{fault}: {}",
            both.err
        );
    }
}

/// Whether a process still runs; one that ended and waits for its parent does not.
#[cfg(target_os = "linux")]
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[cfg(target_os = "linux")]
fn wait_until(what: &str, mut seen: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + Duration::from_secs(30);
    while !seen() {
        assert!(std::time::Instant::now() < end, "waited 30 s until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_worker_that_hangs_ends_when_calx_is_killed() {
    let Some(faulty) = sample(FAULTY) else { return };
    let place = Place::new();
    let (pid_file, picture) = (place.path("worker.pid"), place.path("picture.png"));
    let script = place.dir().join("worker");
    let binary = std::env::current_exe().unwrap();
    let text = format!(
        "#!/bin/sh\necho $$ >'{pid_file}.new'\nmv '{pid_file}.new' '{pid_file}'\nexec '{}' --exact \
         workers::serves_when_started_as_one --nocapture {MARK}hang\n",
        binary.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    let args = ["render", &faulty, "-o", &picture, "--renderer", "cpu", "--worker-program"];
    let mut calx = place.command(&args);
    let mut calx = calx.arg(&script).stderr(std::process::Stdio::null()).spawn().unwrap();
    wait_until("a worker has started", || std::path::Path::new(&pid_file).exists());
    let pid = std::fs::read_to_string(&pid_file).unwrap().trim().to_owned();
    // Into the frame it hangs in, well before the watchdog would end it.
    std::thread::sleep(Duration::from_secs(1));
    assert!(runs(&pid), "the worker is there before");
    calx.kill().unwrap();
    calx.wait().unwrap();
    wait_until("the worker has ended", || !runs(&pid));
    assert!(!std::path::Path::new(&picture).exists());
}

#[test]
fn a_bad_frame_of_a_clip_costs_itself() {
    let place = Place::new();
    let clip = crate::driver::root().join("fixtures/doppler_jpeg.dcm");
    let mut bytes = std::fs::read(clip).unwrap();
    let starts: Vec<usize> =
        (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(&[0xff, 0xd8, 0xff])).collect();
    assert!(starts.len() > 3, "a stream a frame");
    // The second frame's stream begins with nothing known.
    bytes[starts[1] + 1] = 0;
    let file = place.path("clip.dcm");
    std::fs::write(&file, bytes).unwrap();
    let folder = place.path("pictures/");
    let args = ["render", &file, "-o", &folder, "--frame", "all", "--renderer", "cpu", "--json"];
    let ran = run(&mut place.command(&args)).expect(1);
    assert!(ran.err.contains("frames 2 of clip"), "{}", ran.err);
    let drawn = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(drawn, starts.len() - 1, "every other frame is drawn: {}", ran.out);
    assert!(ran.out.contains("frame3"), "and listed: {}", ran.out);
}

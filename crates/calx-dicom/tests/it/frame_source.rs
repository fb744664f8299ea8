//! The door for pixels: cache by bytes, one decode for many, cancelling, order, the end.

use std::sync::mpsc;
use std::time::Duration;

use calx_dicom::{FrameSource, Locator, NewPixels, Priority, Reduction, write_image};

use crate::samples::clip;

/// A clip of `frames` frames of 100 x 50 grey pixels; frame k holds k - 1.
fn grey_clip(folder: &std::path::Path, frames: u8) -> Locator {
    let mut new = clip("source");
    (new.rows, new.columns) = (50, 100);
    new.pixels = NewPixels::Grey8 { frames: (0..frames).map(|f| vec![f; 5000]).collect() };
    let mut out = Vec::new();
    write_image(&new, &mut out).unwrap();
    let path = folder.join("clip.dcm");
    std::fs::write(&path, out).unwrap();
    Locator::from(path)
}

fn value(source: &FrameSource, clip: &Locator, number: u32) -> i64 {
    let frame = source.request(clip, number, Priority::Visible, Reduction::Full).wait().unwrap();
    frame.samples().grey(4999).unwrap()
}

#[test]
fn the_cache_is_bounded_by_bytes_and_forgets_the_oldest() {
    let folder = tempfile::tempdir().unwrap();
    let clip = grey_clip(folder.path(), 4);
    let source = FrameSource::in_process(10_000, 1);
    assert_eq!([1, 2, 1, 2].map(|number| value(&source, &clip, number)), [0, 1, 0, 1]);
    assert_eq!((source.decoded(), source.cached_bytes()), (2, 10_000));
    assert_eq!([3, 2, 1].map(|number| value(&source, &clip, number)), [2, 1, 0]);
    assert_eq!((source.decoded(), source.cached_bytes()), (4, 10_000));
    let none = FrameSource::in_process(0, 1);
    assert_eq!([1, 1].map(|number| value(&none, &clip, number)), [0, 0]);
    assert_eq!((none.decoded(), none.cached_bytes()), (2, 0));
}

/// Holds the only thread of a source until the sender is used or dropped.
fn blocked(clip: &Locator) -> (FrameSource, mpsc::Sender<()>) {
    let source = FrameSource::in_process(1 << 20, 1);
    let (release, hold) = mpsc::channel::<()>();
    let (started, wait) = mpsc::channel();
    let first = source.request_with(clip, 1, Priority::Visible, Reduction::Full, move || {
        started.send(()).unwrap();
        hold.recv().ok();
    });
    wait.recv().unwrap();
    assert!(first.try_get().unwrap().is_ok());
    (source, release)
}

#[test]
fn one_frame_asked_for_twice_is_decoded_once() {
    let folder = tempfile::tempdir().unwrap();
    let clip = grey_clip(folder.path(), 4);
    let (source, release) = blocked(&clip);
    let handles: Vec<_> =
        (0..5).map(|_| source.request(&clip, 2, Priority::Batch, Reduction::Full)).collect();
    assert!(handles[0].try_get().is_none());
    drop(release);
    for handle in handles {
        assert_eq!(handle.wait().unwrap().samples().grey(0), Some(1));
    }
    assert_eq!(source.decoded(), 2);
}

#[test]
fn what_nobody_waits_for_is_not_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let clip = grey_clip(folder.path(), 4);
    let (source, release) = blocked(&clip);
    let (told, heard) = mpsc::channel();
    let dropped = source.request_with(&clip, 2, Priority::Visible, Reduction::Full, move || {
        told.send(()).unwrap();
    });
    let shared = source.request(&clip, 3, Priority::Visible, Reduction::Full);
    let also = source.request(&clip, 3, Priority::Visible, Reduction::Full);
    dropped.cancel();
    also.cancel();
    drop(release);
    assert_eq!(shared.wait().unwrap().samples().grey(0), Some(2));
    assert_eq!(source.decoded(), 2);
    assert!(heard.recv_timeout(Duration::from_millis(10)).is_err());
    // Asked again after the cancelling: an ordinary request.
    assert_eq!(value(&source, &clip, 2), 1);
}

#[test]
fn the_visible_goes_before_the_batch_and_the_batch_before_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let clip = grey_clip(folder.path(), 6);
    let (source, release) = blocked(&clip);
    let (done, order) = mpsc::channel();
    let ask = |number: u32, priority| {
        let done = done.clone();
        source.request_with(&clip, number, priority, Reduction::Full, move || done.send(number).unwrap())
    };
    let handles = [
        ask(2, Priority::Ahead),
        ask(3, Priority::Batch),
        ask(4, Priority::Visible),
        ask(5, Priority::Visible),
        ask(6, Priority::Ahead),
        // The same frame once more, and now someone looks at it.
        ask(6, Priority::Visible),
    ];
    drop(release);
    let order: Vec<u32> = (0..6).map(|_| order.recv().unwrap()).collect();
    assert_eq!(order, [4, 5, 6, 6, 3, 2]);
    drop(handles);
}

#[test]
fn a_source_that_ends_answers_everyone() {
    let folder = tempfile::tempdir().unwrap();
    let clip = grey_clip(folder.path(), 4);
    let (source, release) = blocked(&clip);
    let (told, heard) = mpsc::channel();
    let waiting = source.request_with(&clip, 2, Priority::Ahead, Reduction::Full, move || {
        told.send(()).unwrap();
    });
    let ending = std::thread::spawn(move || drop(source));
    heard.recv().unwrap();
    assert_eq!(waiting.wait().unwrap_err().code(), "cancelled");
    drop(release);
    ending.join().unwrap();
}

#[test]
fn an_error_is_told_and_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let clip = grey_clip(folder.path(), 2);
    let source = FrameSource::in_process(1 << 20, 2);
    let beyond = |number| source.request(&clip, number, Priority::Batch, Reduction::Full).wait();
    assert_eq!(beyond(3).unwrap_err().to_string(), "frame 3 was asked for, the object has 2");
    assert_eq!(beyond(0).unwrap_err().code(), "no_such_frame");
    std::fs::remove_file(&clip.path).unwrap();
    assert_eq!(beyond(1).unwrap_err().code(), "unreadable");
}

#[test]
fn the_limit_of_a_frame_can_be_set_and_names_its_option() {
    let folder = tempfile::tempdir().unwrap();
    let clip = grey_clip(folder.path(), 2);
    let ask = |limit: u64| {
        let none: [&str; 0] = [];
        let options = calx_dicom::WorkerOptions::new("no program is needed", none).with_frame_limit(limit);
        let source = FrameSource::new(0, options);
        source.request(&clip, 2, Priority::Visible, Reduction::Full).wait()
    };
    assert_eq!(ask(5000).unwrap().samples().grey(5), Some(1));
    let refused = ask(4999).unwrap_err();
    assert_eq!(refused.code(), "too_large");
    assert_eq!(
        refused.to_string(),
        "a frame takes 5000 bytes, the limit is 4999; --frame-limit 1 (in MiB) allows it"
    );
    let none: [&str; 0] = [];
    let options = calx_dicom::WorkerOptions::new("", none).with_frame_limit(1 << 30);
    assert_eq!((options.frame_limit, options.memory_limit), (1 << 30, (10 << 30) + (256 << 20)));
}

#[test]
fn a_callback_that_breaks_down_costs_no_thread() {
    let folder = tempfile::tempdir().unwrap();
    let clip = grey_clip(folder.path(), 3);
    let source = FrameSource::in_process(1 << 20, 1);
    // A panic without the hook's report: the test's own output stays clean.
    let breaks = || std::panic::resume_unwind(Box::new("broken"));
    let first = source.request_with(&clip, 1, Priority::Visible, Reduction::Full, breaks);
    assert!(first.wait().is_ok());
    let (told, heard) = mpsc::channel();
    let second = source.request_with(&clip, 2, Priority::Visible, Reduction::Full, move || {
        told.send(()).unwrap();
    });
    heard.recv_timeout(Duration::from_secs(20)).expect("the only thread is gone");
    assert!(second.wait().is_ok());
    // From the cache, on the thread that asks.
    let again = source.request_with(&clip, 1, Priority::Visible, Reduction::Full, breaks);
    assert!(again.try_get().unwrap().is_ok());
}

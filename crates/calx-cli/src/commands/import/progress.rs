//! Progress of an import, on stderr: a bar for people, a row of JSON for programs.
//!
//! Not here: what became of a file (`report`).

use std::io::{self, IsTerminal as _};

use calx_workspace::ImportEvent;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::bytes;
use crate::args::ProgressWhen;
use crate::out::{Out, stderr_line};

/// Whether it is worth counting what lies ahead.
pub(super) fn shows_progress(out: &Out) -> bool {
    match out.progress() {
        ProgressWhen::Auto => !out.is_quiet() && io::stderr().is_terminal(),
        ProgressWhen::None => false,
        ProgressWhen::Json => true,
    }
}

/// One line of `--progress json`; what lies ahead is null until it is counted.
#[derive(Serialize)]
struct ProgressRow {
    files: u64,
    of: Option<u64>,
    bytes: u64,
    of_bytes: Option<u64>,
}

/// Progress on stderr.
pub(super) struct Watcher {
    bar: Option<ProgressBar>,
    json: bool,
    files: u64,
    bytes: u64,
    /// Files and bytes that lie ahead, once they are counted.
    total: Option<(u64, u64)>,
    pub(super) started: std::time::Instant,
}

impl Watcher {
    pub(super) fn new(out: &Out) -> Self {
        let json = out.progress() == ProgressWhen::Json;
        let bar = (shows_progress(out) && !json).then(|| {
            let style = ProgressStyle::with_template("  {wide_bar} {msg}");
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, json, files: 0, bytes: 0, total: None, started: std::time::Instant::now() }
    }

    pub(super) fn see(&mut self, event: ImportEvent) {
        match event {
            ImportEvent::Found { files, bytes } => {
                self.total = Some((files, bytes));
                self.show();
            }
            ImportEvent::File(outcome) => {
                self.files += 1;
                self.bytes += outcome.size;
                let is_last = self.total.is_some_and(|(files, _)| files == self.files);
                if is_last || self.files.is_multiple_of(100) {
                    self.show();
                }
            }
            ImportEvent::Started { .. } => {}
        }
    }

    fn show(&self) {
        if self.json {
            let (files, bytes) = self.total.unzip();
            let row = ProgressRow { files: self.files, of: files, bytes: self.bytes, of_bytes: bytes };
            stderr_line(&serde_json::to_string(&row).unwrap_or_default());
        }
        if let Some(bar) = &self.bar {
            // Bytes say better than files how long it takes; where there are none, files do.
            let (done, of) = match self.total {
                Some((_, bytes)) if bytes > 0 => (self.bytes, bytes),
                Some((files, _)) => (self.files, files),
                None => (0, 0),
            };
            bar.set_length(of.max(done));
            bar.set_position(done);
            bar.set_message(progress_words(self.files, self.bytes, self.total, self.started.elapsed()));
        }
    }

    pub(super) fn done(&mut self) {
        // What lies ahead may not have been counted by now: this is all there was.
        if self.json && self.total.is_none_or(|(files, _)| files != self.files) {
            self.total = Some((self.files, self.bytes));
            self.show();
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// As `1,200 of 10,000 files, 15.6 of 130.0 MB, 8000 files/s, 2 s left`.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shown rounded, and never negative"
)]
fn progress_words(files: u64, size: u64, total: Option<(u64, u64)>, taken: std::time::Duration) -> String {
    let seconds = taken.as_secs_f64().max(0.001);
    let rate =
        format!("{:.0} files/s, {}/s", files as f64 / seconds, bytes((size as f64 / seconds).round() as u64));
    let Some((all, all_bytes)) = total else {
        return format!("{files} files, {}, {rate}", bytes(size));
    };
    let (all, all_bytes) = (all.max(files), all_bytes.max(size));
    // What lies in archives comes on top of what was counted: then files say how long.
    let share = if all_bytes > 0 { size as f64 / all_bytes as f64 } else { files as f64 / all.max(1) as f64 };
    let left = if share > 0.0 { seconds * (1.0 - share) / share } else { 0.0 };
    format!("{files} of {all} files, {} of {}, {rate}, {left:.0} s left", bytes(size), bytes(all_bytes))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn progress_names_files_bytes_rate_and_time_left() {
        let words = |files, bytes, total| progress_words(files, bytes, total, Duration::from_secs(2));
        assert_eq!(
            words(100, 1_000_000, Some((400, 4_000_000))),
            "100 of 400 files, 1.0 MB of 4.0 MB, 50 files/s, 500.0 kB/s, 6 s left"
        );
        assert_eq!(words(100, 1_000_000, None), "100 files, 1.0 MB, 50 files/s, 500.0 kB/s");
        assert!(
            words(9, 10, Some((3, 5))).starts_with("9 of 9 files, 10 bytes of 10 bytes"),
            "an archive held more"
        );
    }
}

//! Importing, beside everything else: counts while it runs, cancel, what was not simply taken.
//!
//! Not here: what import does (`calx-workspace`).
//!
//! Invariants
//! - It has a workspace of its own; the window only asks and reads counts.
//! - What was told as imported is on disk, also when it is cancelled.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use calx_workspace::{Counts, FileOutcome, FileStatus, ImportEvent, ImportOptions, ImportSummary, Workspace};
use egui::{Button, Margin, Panel, ProgressBar, RichText, ScrollArea};

use super::Library;
use crate::shell::theme;
use crate::work::saver::words;
use crate::work::{Desk, Outbox, Told, Wake};

/// How often the counts are told.
const TICK: Duration = Duration::from_millis(80);
/// Issues kept to be shown; the rest stands in the workspace.
const ISSUES: usize = 500;

/// What the importer is asked.
#[derive(Debug)]
struct Ask {
    root: PathBuf,
    sources: Vec<PathBuf>,
    cancel: Arc<AtomicBool>,
}

/// What it tells.
#[derive(Debug)]
enum Tell {
    Progress(Progress),
    Issue(Box<FileOutcome>),
    Done(Box<ImportSummary>),
    Failed(String),
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    counts: Counts,
    /// Files ahead, once they are counted.
    files: Option<u64>,
}

/// The import in hand or the last one.
#[derive(Debug, Default)]
pub struct Importer {
    desk: Option<Desk<Ask, Tell>>,
    cancel: Arc<AtomicBool>,
    progress: Progress,
    issues: Vec<FileOutcome>,
    state: State,
    shows_issues: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    None,
    Running,
    Ended(String),
}

impl Importer {
    /// Whether one runs.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        matches!(self.state, State::Running)
    }

    /// What came of the last one; empty without one or while it runs.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.state {
            State::Ended(words) => words.clone(),
            State::None | State::Running => String::new(),
        }
    }

    /// Begins one; `Err` says why it cannot.
    ///
    /// # Errors
    /// One runs already, or the system gives no thread.
    pub fn begin(&mut self, root: PathBuf, sources: Vec<PathBuf>, wake: &Wake) -> Result<(), String> {
        if self.is_running() {
            return Err("an import runs already; wait for it or cancel it".to_owned());
        }
        let desk = match self.desk.take() {
            Some(desk) => desk,
            None => Desk::open("importer", wake, work)
                .map_err(|error| format!("importing cannot begin: {error}"))?,
        };
        self.cancel = Arc::new(AtomicBool::new(false));
        desk.ask(Ask { root, sources, cancel: Arc::clone(&self.cancel) });
        self.desk = Some(desk);
        self.progress = Progress::default();
        self.issues.clear();
        self.state = State::Running;
        Ok(())
    }

    /// Stops after the files in hand; what is done is kept.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Release);
    }

    /// Takes in what was told; whether it ended just now.
    pub fn poll(&mut self) -> bool {
        let told = self.desk.as_ref().map(Desk::take).unwrap_or_default();
        let mut has_ended = false;
        for told in told {
            match told {
                Told::Said(Tell::Progress(progress)) => self.progress = progress,
                Told::Said(Tell::Issue(issue)) => {
                    if self.issues.len() < ISSUES {
                        self.issues.push(*issue);
                    }
                }
                Told::Said(Tell::Done(summary)) => {
                    self.progress.counts = summary.counts;
                    self.state = State::Ended(ended(&summary));
                    has_ended = true;
                }
                Told::Said(Tell::Failed(why)) | Told::Broke(why) => {
                    self.state = State::Ended(format!("The import ended: {why}"));
                    has_ended = true;
                }
            }
        }
        has_ended
    }
}

fn work(ask: Ask, out: &Outbox<Tell>) {
    let mut progress = Progress::default();
    let mut last = Instant::now();
    let mut options = ImportOptions::new(&ask.cancel);
    options.count_first = true;
    let done = Workspace::open(&ask.root).map_err(|error| words(&error)).and_then(|workspace| {
        let mut events = |event: ImportEvent| {
            match event {
                ImportEvent::Started { .. } => {}
                ImportEvent::Found { files, .. } => progress.files = Some(files),
                ImportEvent::File(outcome) => {
                    count(&mut progress.counts, outcome.status);
                    if !matches!(outcome.status, FileStatus::Imported | FileStatus::Duplicate) {
                        out.tell(Tell::Issue(Box::new(outcome)));
                    }
                }
            }
            if last.elapsed() >= TICK {
                last = Instant::now();
                out.tell(Tell::Progress(progress));
            }
        };
        workspace.import(&ask.sources, &options, &mut events).map_err(|error| words(&error))
    });
    out.tell(match done {
        Ok(summary) => Tell::Done(Box::new(summary)),
        Err(why) => Tell::Failed(why),
    });
}

const fn count(counts: &mut Counts, status: FileStatus) {
    let slot = match status {
        FileStatus::Imported => &mut counts.imported,
        FileStatus::Damaged => &mut counts.damaged,
        FileStatus::Duplicate => &mut counts.duplicate,
        FileStatus::Conflict => &mut counts.conflict,
        FileStatus::NotDicom => &mut counts.not_dicom,
        FileStatus::Failed => &mut counts.failed,
    };
    *slot += 1;
}

fn ended(summary: &ImportSummary) -> String {
    let new = match (summary.new_studies, summary.new_images) {
        (0, 0) => "nothing new".to_owned(),
        (studies, images) => {
            format!("{} and {}", many(studies, "new study", "new studies"), many(images, "image", "images"))
        }
    };
    if summary.interrupted { format!("Cancelled: {new} kept") } else { format!("Imported {new}") }
}

pub(super) fn many(count: impl Into<u128>, one: &str, several: &str) -> String {
    let count = count.into();
    format!("{count} {}", if count == 1 { one } else { several })
}

/// What came of the files, in words; nothing is said of what did not happen.
fn counted(counts: &Counts) -> String {
    let parts = [
        (counts.imported, "imported"),
        (counts.duplicate, "already here"),
        (counts.damaged, "damaged"),
        (counts.conflict, "in conflict"),
        (counts.not_dicom, "not DICOM"),
        (counts.failed, "failed"),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if said.is_empty() { "looking at files".to_owned() } else { said.join(" · ") }
}

/// Draws the drawer at the bottom, when there is an import to tell of.
pub fn drawer(library: &mut Library, ui: &mut egui::Ui) {
    let importer = &mut library.importer;
    if matches!(importer.state, State::None) {
        return;
    }
    let frame = egui::Frame::NONE.fill(theme::RAISED).inner_margin(Margin::symmetric(14, 8));
    Panel::bottom("import").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let counts = counted(&importer.progress.counts);
            match &importer.state {
                State::None => {}
                State::Running => {
                    ui.label(RichText::new("Importing").color(theme::STRONG));
                    ui.add(ProgressBar::new(share(importer.progress)).desired_width(180.0).animate(false));
                    ui.label(counts);
                    if ui.add(Button::new("Cancel")).accessible_name("Cancel the import").clicked() {
                        importer.cancel();
                    }
                }
                State::Ended(words) => {
                    ui.label(RichText::new(words).color(theme::STRONG));
                    ui.label(RichText::new(counts).color(theme::QUIET));
                }
            }
            if !importer.issues.is_empty() {
                let words = many(u64::try_from(importer.issues.len()).unwrap_or(u64::MAX), "issue", "issues");
                let button =
                    Button::new(RichText::new(&words).color(theme::AMBER)).selected(importer.shows_issues);
                if ui.add(button).on_hover_text("Files that were not simply taken, and why").clicked() {
                    importer.shows_issues = !importer.shows_issues;
                }
            }
            if !importer.is_running() && ui.button("Done").clicked() {
                importer.state = State::None;
                importer.shows_issues = false;
            }
        });
        if importer.shows_issues {
            ScrollArea::vertical().max_height(160.0).auto_shrink([false, true]).show(ui, |ui| {
                for issue in &importer.issues {
                    let name = issue.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
                    let words = format!("{}  {}  {name}", issue.status.word(), issue.text);
                    ui.add(egui::Label::new(RichText::new(words).small()).truncate().selectable(true))
                        .on_hover_text(issue.path.display().to_string());
                }
            });
        }
    });
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a share for a bar on screen"
)]
fn share(progress: Progress) -> f32 {
    let files = progress.files.unwrap_or(0).max(1);
    (progress.counts.total() as f64 / files as f64).clamp(0.0, 1.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_say_only_what_happened() {
        let counts = Counts { imported: 3, not_dicom: 1, ..Counts::default() };
        assert_eq!(counted(&counts), "3 imported · 1 not DICOM");
        assert_eq!(counted(&Counts::default()), "looking at files");
        let summary = ImportSummary { new_studies: 1, new_images: 2, ..ImportSummary::default() };
        assert_eq!(ended(&summary), "Imported 1 new study and 2 images");
    }
}

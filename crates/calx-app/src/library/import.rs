//! Importing, beside everything else: counts while it runs, pause, cancel, what was not simply taken.
//!
//! Not here: what import does (`calx-workspace`), how it is shown (`drawer`).
//!
//! Invariants
//! - It has a workspace of its own; the window only asks and reads counts.
//! - What was told as imported is on disk, also when it is cancelled.
//! - One import runs at a time; those asked for meanwhile follow in order.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use calx_model::{SopInstanceUid, StudyInstanceUid};
use calx_workspace::{
    CaseFound, CasesFound, Counts, FileOutcome, FileStatus, ImportEvent, ImportOptions, ImportSummary,
    Workspace,
};

use crate::work::saver::words;
use crate::work::{Desk, Outbox, Told, Wake};

/// How often the counts are told.
const TICK: Duration = Duration::from_millis(80);
/// Over how long the rate is taken.
const RATED: Duration = Duration::from_secs(2);
/// Issues kept to be shown, of those that need a look and of those that do not; the rest stands in the workspace.
const ISSUES: usize = 500;
/// Studies that are remembered to be opened one after another.
const STUDIES: usize = 1000;

/// What comes of an import that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is listed.
    List,
    /// What was named is opened.
    Open,
}

/// What the importer is asked.
#[derive(Debug)]
struct Ask {
    root: PathBuf,
    sources: Vec<PathBuf>,
    hold: Arc<Hold>,
    then: Then,
}

/// What it tells.
#[derive(Debug)]
enum Tell {
    Began(Then),
    Progress(Progress),
    Issue(Box<FileOutcome>),
    Done(Box<ImportSummary>, Came),
    Failed(String),
}

/// What an import brought, or found to be here already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Came {
    /// Its studies, in the order they were met.
    pub studies: Vec<StudyInstanceUid>,
    /// The first image.
    pub first: Option<SopInstanceUid>,
    /// Cases that are in its objects.
    pub cases: Vec<CaseFound>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    pub(super) counts: Counts,
    /// Files ahead, once they are counted.
    pub(super) files: Option<u64>,
    /// The file that was done last.
    pub(super) file: String,
    /// Files a second, of late.
    pub(super) rate: f64,
}

impl Progress {
    /// Seconds that are left, as far as that can be said.
    #[allow(clippy::cast_precision_loss, reason = "a guess in seconds")]
    pub(super) fn left(&self) -> Option<f64> {
        let left = self.files?.checked_sub(self.counts.total())?;
        (self.rate > 0.0).then(|| left as f64 / self.rate)
    }
}

/// Holds an import back, or stops it, from another thread.
#[derive(Debug, Default)]
struct Hold {
    cancel: AtomicBool,
    is_paused: Mutex<bool>,
    moved: Condvar,
}

impl Hold {
    fn pause(&self, is_paused: bool) {
        *self.is_paused.lock().unwrap_or_else(PoisonError::into_inner) = is_paused;
        self.moved.notify_all();
    }

    fn cancel(&self) {
        self.cancel.store(true, Ordering::Release);
        self.pause(false);
    }

    /// Returns when it is not paused; how long that took.
    fn wait(&self) -> Duration {
        let began = Instant::now();
        let is_paused = self.is_paused.lock().unwrap_or_else(PoisonError::into_inner);
        drop(
            self.moved.wait_while(is_paused, |is_paused| *is_paused).unwrap_or_else(PoisonError::into_inner),
        );
        began.elapsed()
    }
}

/// The import in hand or the last one.
#[derive(Debug, Default)]
pub struct Importer {
    desk: Option<Desk<Ask, Tell>>,
    hold: Arc<Hold>,
    pub(super) progress: Progress,
    /// What needs a look: damaged, in conflict, failed.
    pub(super) issues: Vec<FileOutcome>,
    /// What is no DICOM.
    pub(super) passed_over: Vec<FileOutcome>,
    pub(super) state: State,
    pub(super) shows_issues: bool,
    pub(super) is_paused: bool,
    /// Imports asked for that have not ended.
    pub(super) open: usize,
    then: Option<Then>,
    came: Came,
}

#[derive(Debug, Default)]
pub(super) enum State {
    #[default]
    None,
    Running,
    Ended(String),
}

/// An import that ended.
#[derive(Debug)]
pub struct Ended {
    /// What was wanted of it.
    pub then: Then,
    /// What it brought.
    pub came: Came,
}

impl Importer {
    /// Whether one runs.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.open > 0
    }

    /// Whether it is held back.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// What came of the last one; empty without one or while it runs.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.state {
            State::Ended(words) => words.clone(),
            State::None | State::Running => String::new(),
        }
    }

    /// What the last one brought.
    #[must_use]
    pub const fn came(&self) -> &Came {
        &self.came
    }

    /// A case that came is one of the workspace now.
    pub(super) fn is_here(&mut self, instance: &SopInstanceUid) {
        for found in self.came.cases.iter_mut().filter(|found| found.instance == *instance) {
            found.is_here = true;
        }
    }

    /// Begins one, behind those that run.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn begin(
        &mut self,
        root: PathBuf,
        sources: Vec<PathBuf>,
        then: Then,
        wake: &Wake,
    ) -> Result<(), String> {
        let desk = match self.desk.take() {
            Some(desk) => desk,
            None => Desk::open("importer", wake, work)
                .map_err(|error| format!("importing cannot begin: {error}"))?,
        };
        if self.open == 0 {
            self.hold = Arc::default();
            self.is_paused = false;
            self.progress = Progress::default();
            self.issues.clear();
            self.passed_over.clear();
            self.shows_issues = false;
            self.came = Came::default();
            self.state = State::Running;
        }
        self.open += 1;
        desk.ask(Ask { root, sources, hold: Arc::clone(&self.hold), then });
        self.desk = Some(desk);
        Ok(())
    }

    /// Stops after the files in hand, and begins none of those that wait; what is done is kept.
    pub fn cancel(&mut self) {
        self.is_paused = false;
        self.hold.cancel();
    }

    /// Holds it back, or lets it go on.
    pub fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused && self.is_running();
        self.hold.pause(self.is_paused);
    }

    /// The drawer goes, with what it told.
    pub fn put_away(&mut self) {
        if !self.is_running() {
            self.state = State::None;
            self.shows_issues = false;
        }
    }

    /// Takes in what was told; what ended just now.
    pub fn poll(&mut self) -> Vec<Ended> {
        let told = self.desk.as_ref().map(Desk::take).unwrap_or_default();
        let mut ended = Vec::new();
        for told in told {
            match told {
                Told::Said(Tell::Began(then)) => {
                    self.then = Some(then);
                    self.progress = Progress::default();
                }
                Told::Said(Tell::Progress(progress)) => self.progress = progress,
                Told::Said(Tell::Issue(issue)) => {
                    let list = match issue.status {
                        FileStatus::NotDicom => &mut self.passed_over,
                        _ => &mut self.issues,
                    };
                    if list.len() < ISSUES {
                        list.push(*issue);
                    }
                }
                Told::Said(Tell::Done(summary, came)) => {
                    self.progress.counts = summary.counts;
                    ended.push(self.end(words_of(&summary), came));
                }
                Told::Said(Tell::Failed(why)) | Told::Broke(why) => {
                    let kept = "what was told as imported is kept";
                    ended.push(self.end(format!("The import ended early, {kept}: {why}"), Came::default()));
                }
            }
        }
        ended
    }

    fn end(&mut self, words: String, came: Came) -> Ended {
        self.open = self.open.saturating_sub(1);
        self.came = came.clone();
        if self.open == 0 {
            self.is_paused = false;
            self.shows_issues = !self.issues.is_empty();
            self.state = State::Ended(words);
        }
        Ended { then: self.then.take().unwrap_or(Then::List), came }
    }
}

fn work(ask: Ask, out: &Outbox<Tell>) {
    out.tell(Tell::Began(ask.then));
    let mut progress = Progress::default();
    let (mut last, mut rated) = (Instant::now(), Instant::now());
    let mut rated_total = 0;
    let mut options = ImportOptions::new(&ask.hold.cancel);
    options.count_first = true;
    let mut objects: Vec<SopInstanceUid> = Vec::new();
    let mut cases = CasesFound::default();
    let done = Workspace::open(&ask.root).map_err(|error| words(&error)).and_then(|workspace| {
        let mut events = |event: ImportEvent| {
            let held = ask.hold.wait();
            // Time that it was held back says nothing of its speed.
            rated += held;
            match event {
                ImportEvent::Started { .. } => {}
                ImportEvent::Found { files, .. } => progress.files = Some(files),
                ImportEvent::File(outcome) => {
                    count(&mut progress.counts, outcome.status);
                    progress.file = shown_name(&outcome);
                    cases.see(&outcome);
                    if objects.len() < STUDIES
                        && let Some(uid) = usable(&outcome)
                    {
                        objects.push(uid);
                    }
                    if !matches!(outcome.status, FileStatus::Imported | FileStatus::Duplicate) {
                        out.tell(Tell::Issue(Box::new(outcome)));
                    }
                }
            }
            if rated.elapsed() >= RATED || progress.rate == 0.0 {
                let since = rated.elapsed().as_secs_f64().max(1e-3);
                progress.rate = rate(progress.counts.total().saturating_sub(rated_total), since);
                if rated.elapsed() >= RATED {
                    (rated, rated_total) = (Instant::now(), progress.counts.total());
                }
            }
            if last.elapsed() >= TICK {
                last = Instant::now();
                out.tell(Tell::Progress(progress.clone()));
            }
        };
        let summary = workspace.import(&ask.sources, &options, &mut events).map_err(|error| words(&error))?;
        let mut came = came(&workspace, &objects);
        // A report that cannot be looked into is no case to anybody here; `calx import` says why.
        came.cases = cases.read(&workspace).into_iter().filter_map(Result::ok).collect();
        Ok((summary, came))
    });
    out.tell(match done {
        Ok((summary, came)) => Tell::Done(Box::new(summary), came),
        Err(why) => Tell::Failed(why),
    });
}

#[allow(clippy::cast_precision_loss, reason = "a rate to be shown")]
fn rate(files: u64, seconds: f64) -> f64 {
    files as f64 / seconds
}

fn usable(outcome: &FileOutcome) -> Option<SopInstanceUid> {
    let is_here = matches!(
        outcome.status,
        FileStatus::Imported | FileStatus::Duplicate | FileStatus::Damaged | FileStatus::Conflict
    );
    outcome.uid.as_deref().filter(|_| is_here).and_then(|uid| SopInstanceUid::new(uid).ok())
}

/// The studies of objects, each once.
fn came(workspace: &Workspace, objects: &[SopInstanceUid]) -> Came {
    let mut came = Came::default();
    let mut known = BTreeSet::new();
    for object in objects {
        let Ok(row) = workspace.instance(object) else { continue };
        if came.first.is_none() && row.is_image {
            came.first = Some(row.instance);
        }
        if known.insert(row.study.clone()) {
            came.studies.push(row.study);
        }
    }
    came
}

/// The file and the folder it lies in: enough to know it by.
pub(super) fn shown_name(outcome: &FileOutcome) -> String {
    let mut parts: Vec<_> = outcome.path.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
    parts.reverse();
    calx_model::patient_text::escape_terminal(&parts.join("/")).to_string()
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

fn words_of(summary: &ImportSummary) -> String {
    let images = summary.new_images;
    let objects = (summary.counts.imported + summary.counts.damaged).saturating_sub(images);
    let parts = [
        (summary.new_studies, "new study", "new studies"),
        (images, "image", "images"),
        (objects, "object about images", "objects about images"),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, several)| many(count, one, several))
        .collect();
    let new = match said.as_slice() {
        [] => "nothing new".to_owned(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    };
    if summary.interrupted { format!("Cancelled: {new} kept") } else { format!("Imported {new}") }
}

/// `1 image`, `2 images`.
pub(super) fn many(count: impl Into<u128>, one: &str, several: &str) -> String {
    let count = count.into();
    format!("{count} {}", if count == 1 { one } else { several })
}

/// What came of the files, in words; nothing is said of what did not happen.
pub(super) fn counted(counts: &Counts) -> String {
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

/// What an issue means, and what to do about it.
pub(super) const fn meaning(status: FileStatus) -> &'static str {
    match status {
        FileStatus::Imported => "Imported",
        FileStatus::Duplicate => "Already here",
        FileStatus::Damaged => "Damaged: kept, as far as it can be read; copy it again from its source",
        FileStatus::Conflict => {
            "In conflict: another file has its identity; both are kept, and calx issues resolve chooses"
        }
        FileStatus::NotDicom => "Not DICOM: passed over",
        FileStatus::Failed => "Not imported: the file is as it was; import it again once the reason is gone",
    }
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
        assert_eq!(words_of(&summary), "Imported 1 new study and 2 images");
        let counts = Counts { imported: 11, ..Counts::default() };
        let summary = ImportSummary { counts, ..ImportSummary::default() };
        assert_eq!(words_of(&summary), "Imported 11 objects about images");
        assert_eq!(words_of(&ImportSummary::default()), "Imported nothing new");
    }

    #[test]
    fn time_left_is_said_only_where_it_is_known() {
        let counts = Counts { imported: 50, ..Counts::default() };
        let known = Progress { counts, files: Some(150), rate: 20.0, ..Progress::default() };
        assert_eq!(known.left(), Some(5.0));
        assert_eq!(Progress { files: None, ..known.clone() }.left(), None);
        assert_eq!(Progress { rate: 0.0, ..known }.left(), None);
    }

    #[test]
    fn a_held_import_waits_until_it_is_let_go_or_cancelled() {
        for release in [|hold: &Hold| hold.pause(false), |hold: &Hold| hold.cancel()] {
            let hold = Arc::new(Hold::default());
            assert!(hold.wait() < Duration::from_millis(200), "nothing holds it");
            hold.pause(true);
            let of_thread = Arc::clone(&hold);
            let waiting = std::thread::spawn(move || of_thread.wait());
            std::thread::sleep(Duration::from_millis(60));
            assert!(!waiting.is_finished());
            release(&hold);
            assert!(waiting.join().unwrap() >= Duration::from_millis(50));
        }
    }
}

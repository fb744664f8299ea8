//! The thread that has the case open for writing: each edit is on disk before it is told as saved.
//!
//! Not here: the case as the window shows it ([`crate::case::session`]).
//!
//! Invariants
//! - Edits reach the journal in the order they were made; after one that the disk refused, those behind it wait.
//! - An edit that was refused stays here until it is written or the window ends; nothing is dropped.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use calx_model::{
    Action, Case, CaseField, CaseId, Document, Edit, NewCase, Patient, Reading, ReadingId, ReadingState,
    Schema, Stamp, StudyInstanceUid,
};
use calx_workspace::{AddStudy, CaseWriter, Recovery, Workspace, WorkspaceError};
use jiff::Timestamp;
use uuid::Uuid;

use super::desk::Outbox;

/// What is to be opened.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A case.
    Case(CaseId),
    /// A study: the case that shows it, or a new one that is written with its first edit.
    Study(StudyInstanceUid),
}

/// What the saver is asked.
#[derive(Debug)]
pub enum SaveAsk {
    /// Open this; once, first.
    Open(Wanted),
    /// Write a step of the history.
    Step(Box<Step>),
    /// Write what the disk refused, again.
    Retry,
}

/// One step of the history, to be written.
#[derive(Debug, Clone)]
pub struct Step {
    /// What happened.
    pub action: StepAction,
    /// Who, when, with what.
    pub stamp: Stamp,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum StepAction {
    /// An edit.
    Edit(Edit),
    /// Something was done with the case, which stays as it is.
    Record,
    /// The last one was taken back.
    Undo,
    /// It was done again.
    Redo,
}

/// A case that was opened.
#[derive(Debug)]
pub struct Opened {
    /// With its history.
    pub document: Document,
    /// Its labels.
    pub schema: Schema,
    /// Who else holds it, when it cannot be changed here.
    pub read_only: Option<String>,
    /// What a writer left that had ended without a word.
    pub recovered: Option<Recovery>,
    /// It is on disk: not a study that was only opened to be looked at.
    pub is_written: bool,
}

/// What the saver tells.
#[derive(Debug)]
pub enum SaveTold {
    /// It is open.
    Opened(Box<Opened>),
    /// It cannot be opened, and why.
    Failed(String),
    /// The case of a study that was only looked at is on disk now; it has a number.
    Born(Box<Document>),
    /// So many steps are on disk since the last word.
    Written {
        /// How many.
        steps: usize,
        /// When the last was made.
        at: Timestamp,
    },
    /// The disk refused; the steps wait.
    Refused {
        /// Why, and what to do.
        why: String,
    },
}

/// The saver's own things.
#[derive(Debug)]
pub struct Saver {
    root: PathBuf,
    author: Arc<str>,
    held: Held,
    waiting: VecDeque<Step>,
    is_refused: bool,
}

#[derive(Debug)]
enum Held {
    Nothing,
    /// Not on disk yet: made when there is something to save.
    Unborn(Box<(NewCase, Vec<Edit>)>),
    Open(Box<CaseWriter>),
    /// Let go after the disk refused, to be opened again.
    LetGo(CaseId),
}

impl Saver {
    /// One for a workspace.
    #[must_use]
    pub fn new(root: PathBuf, author: Arc<str>) -> Self {
        Self { root, author, held: Held::Nothing, waiting: VecDeque::new(), is_refused: false }
    }

    /// Does what is asked.
    pub fn work(&mut self, ask: SaveAsk, out: &Outbox<SaveTold>) {
        match ask {
            SaveAsk::Open(wanted) => out.tell(match self.open(&wanted) {
                Ok(opened) => SaveTold::Opened(Box::new(opened)),
                Err(error) => SaveTold::Failed(words(&error)),
            }),
            SaveAsk::Step(step) => {
                self.waiting.push_back(*step);
                // Behind one that was refused everything waits: order is kept.
                if !self.is_refused {
                    self.write(out);
                }
            }
            SaveAsk::Retry => self.write(out),
        }
    }

    fn open(&mut self, wanted: &Wanted) -> Result<Opened, WorkspaceError> {
        let workspace = Workspace::open(&self.root)?;
        let schema = workspace.schema().clone();
        let id = match wanted {
            Wanted::Case(id) => Some(*id),
            // The newest of those that show it.
            Wanted::Study(study) => workspace.cases_of(study)?.first().copied(),
        };
        let Some(id) = id else {
            let Wanted::Study(study) = wanted else { return Err(missing()) };
            let (new, edits) = self.unborn(&workspace, study)?;
            let mut document = Document::create(Case::new(new.clone()), self.stamp("open"))?;
            for edit in edits.clone() {
                document.commit(edit, self.stamp("case add-study"), |_| Ok::<(), WorkspaceError>(()))?;
            }
            self.held = Held::Unborn(Box::new((new, edits)));
            return Ok(Opened { document, schema, read_only: None, recovered: None, is_written: false });
        };
        match workspace.write_case(id) {
            Ok(writer) => {
                let document = writer.document().clone();
                let recovered = writer.recovered();
                self.held = Held::Open(Box::new(writer));
                Ok(Opened { document, schema, read_only: None, recovered, is_written: true })
            }
            Err(WorkspaceError::LockedBy { holder, .. }) => {
                let document = workspace.read_case(id)?;
                let read_only = Some(holder);
                Ok(Opened { document, schema, read_only, recovered: None, is_written: true })
            }
            Err(error) => Err(error),
        }
    }

    /// A case that a study would begin.
    fn unborn(
        &self,
        workspace: &Workspace,
        study: &StudyInstanceUid,
    ) -> Result<(NewCase, Vec<Edit>), WorkspaceError> {
        let new = NewCase {
            id: CaseId(Uuid::new_v4()),
            number: None,
            title: String::new(),
            language: "en".to_owned(),
            created: crate::state::now(),
            schema: workspace.schema().reference(),
            reading: Reading {
                id: ReadingId(Uuid::new_v4()),
                reader: self.author.to_string(),
                role: calx_model::ReaderRole::Author,
                state: ReadingState::Open,
            },
        };
        let case = Case::new(new.clone());
        let proposal = workspace.add_study(&case, &AddStudy::all(study.clone()), &mut Uuid::new_v4)?;
        let mut edits = vec![proposal.edit];
        if proposal.patient != Patient::default() {
            edits.push(Edit::SetCase { field: CaseField::Patient(proposal.patient) });
        }
        Ok((new, edits))
    }

    /// Writes what waits, as far as the disk takes it.
    fn write(&mut self, out: &Outbox<SaveTold>) {
        let mut written = 0;
        let mut last = None;
        while let Some(step) = self.waiting.front().cloned() {
            match self.write_one(&step, out) {
                Ok(()) => {
                    last = Some(step.stamp.at);
                    written += 1;
                    self.waiting.pop_front();
                }
                Err(error) => {
                    self.is_refused = true;
                    if let Some(at) = last {
                        out.tell(SaveTold::Written { steps: written, at });
                    }
                    if let Held::Open(writer) = &self.held {
                        // A journal that failed once is opened anew: what is on disk is read, not guessed.
                        self.held = Held::LetGo(writer.document().case().id);
                    }
                    out.tell(SaveTold::Refused { why: words(&error) });
                    return;
                }
            }
        }
        self.is_refused = false;
        if let Some(at) = last {
            out.tell(SaveTold::Written { steps: written, at });
        }
    }

    fn write_one(&mut self, step: &Step, out: &Outbox<SaveTold>) -> Result<(), WorkspaceError> {
        if played_full().contains(&self.root) {
            let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
            return Err(WorkspaceError::Io { doing: "write the journal", path: self.root.clone(), source });
        }
        let writer = self.writer(out)?;
        let stamp = step.stamp.clone();
        match &step.action {
            StepAction::Edit(edit) => writer.commit(edit.clone(), stamp).map(drop),
            StepAction::Record => writer.record(stamp).map(drop),
            StepAction::Undo => writer.undo(stamp).map(drop),
            StepAction::Redo => writer.redo(stamp).map(drop),
        }
    }

    /// The case open for writing: made, or opened again, when it is not.
    fn writer(&mut self, out: &Outbox<SaveTold>) -> Result<&mut CaseWriter, WorkspaceError> {
        let opened = match &self.held {
            Held::Open(_) => None,
            Held::Nothing => return Err(missing()),
            Held::LetGo(id) => Some(Workspace::open(&self.root)?.write_case(*id)?),
            Held::Unborn(unborn) => {
                let (new, edits) = (unborn.0.clone(), unborn.1.clone());
                let workspace = Workspace::open(&self.root)?;
                let mut writer = workspace.create_case(new, self.stamp("open"))?;
                // Made before and not finished: those edits are there.
                let there =
                    writer.document().rows().iter().filter(|r| matches!(r.action, Action::Edit { .. }));
                for edit in edits.into_iter().skip(there.count()) {
                    writer.commit(edit, self.stamp("case add-study"))?;
                }
                out.tell(SaveTold::Born(Box::new(writer.document().clone())));
                Some(writer)
            }
        };
        if let Some(writer) = opened {
            self.held = Held::Open(Box::new(writer));
        }
        match &mut self.held {
            Held::Open(writer) => Ok(writer),
            _ => Err(missing()),
        }
    }

    fn stamp(&self, tool: &str) -> Stamp {
        Stamp { at: crate::state::now(), who: self.author.to_string(), tool: format!("calx {tool}") }
    }
}

/// Workspaces whose disk plays full.
static PLAYED_FULL: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn played_full() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PLAYED_FULL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on this workspace's disk refuses every edit, or takes them again: `fault disk-full` of a script.
pub(crate) fn play_full(root: PathBuf, is_full: bool) {
    if is_full {
        played_full().insert(root);
    } else {
        played_full().remove(&root);
    }
}

fn missing() -> WorkspaceError {
    WorkspaceError::NotFound { what: "case", id: "none is open".to_owned() }
}

/// An error with its causes, in one line.
pub(crate) fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    calx_model::patient_text::escape_terminal(&text).to_string()
}

//! The case as the window shows it: changed at once, written by the saver behind it.
//!
//! Not here: the disk ([`crate::work::saver`]).
//!
//! Invariants
//! - An edit shows in the pass that made it; whether it is on disk is [`SaveState`], told by the saver alone.
//! - Both keep the same history, since both carry out the same steps with the same stamps in the same order.

use std::path::PathBuf;
use std::sync::Arc;

use calx_model::{Action, Case, Document, Edit, HistoryError, JournalRow, Schema, Stamp};
use calx_workspace::Recovery;
use jiff::Timestamp;

use super::{history, place};
use crate::seams::{Place, SaveState, Session, WhyNot};
use crate::state::now;
use crate::work::saver::{Opened, SaveAsk, SaveTold, Saver, Step, StepAction, Wanted, words};
use crate::work::{Desk, Told, Wake};

/// How long after a refusal of the disk it is asked again by itself.
pub(crate) const PAUSE: std::time::Duration = std::time::Duration::from_secs(3);

/// A case being opened.
#[derive(Debug)]
pub struct Opening {
    saver: Desk<SaveAsk, SaveTold>,
    author: Arc<str>,
}

/// How far an opening is.
#[derive(Debug)]
pub enum Open {
    /// Not yet.
    Waiting,
    /// It is open.
    Done(Box<CaseSession>),
    /// It cannot be opened, and why.
    Failed(String),
}

impl Opening {
    /// Begins to open a case, or the case of a study.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn begin(root: PathBuf, wanted: Wanted, author: &Arc<str>, wake: &Wake) -> std::io::Result<Self> {
        let mut saver = Saver::new(root, Arc::clone(author));
        let desk = Desk::open("saver", wake, move |ask, out| saver.work(ask, out))?;
        desk.ask(SaveAsk::Open(wanted));
        Ok(Self { saver: desk, author: Arc::clone(author) })
    }

    /// Looks whether it is done.
    ///
    /// # Errors
    /// It is not: the opening, to be looked at again.
    pub fn take(self) -> Result<Open, Self> {
        let told = self.saver.take().into_iter().next();
        match told {
            None => Err(self),
            Some(Told::Said(SaveTold::Opened(opened))) => {
                Ok(Open::Done(Box::new(CaseSession::new(*opened, self.saver, self.author))))
            }
            Some(Told::Said(SaveTold::Failed(why)) | Told::Broke(why)) => Ok(Open::Failed(why)),
            Some(Told::Said(_)) => Ok(Open::Failed("the saver told something else".to_owned())),
        }
    }
}

/// The case in hand, with its saver.
#[derive(Debug)]
pub struct CaseSession {
    document: Document,
    schema: Schema,
    saver: Desk<SaveAsk, SaveTold>,
    author: Arc<str>,
    read_only: Option<String>,
    recovered: std::cell::Cell<Option<Recovery>>,
    /// Steps that the saver did not tell as written.
    unwritten: Vec<Step>,
    is_written: bool,
    saved_at: Option<Timestamp>,
    refused: Option<(String, std::time::Instant)>,
}

impl CaseSession {
    fn new(opened: Opened, saver: Desk<SaveAsk, SaveTold>, author: Arc<str>) -> Self {
        let saved_at = opened.is_written.then(|| opened.document.case().edited);
        Self {
            document: opened.document,
            schema: opened.schema,
            saver,
            author,
            read_only: opened.read_only,
            recovered: std::cell::Cell::new(opened.recovered),
            unwritten: Vec::new(),
            is_written: opened.is_written,
            saved_at,
            refused: None,
        }
    }

    fn step(&mut self, action: StepAction, tool: &str) -> Result<(), String> {
        self.may_edit().map_err(str::to_owned)?;
        let stamp = Stamp { at: now(), who: self.author.to_string(), tool: format!("calx {tool}") };
        let step = Step { action, stamp };
        carry_out(&mut self.document, &step).map_err(|error| words(&error))?;
        self.unwritten.push(step.clone());
        self.saver.ask(SaveAsk::Step(Box::new(step)));
        Ok(())
    }
}

fn carry_out(document: &mut Document, step: &Step) -> Result<(), HistoryError> {
    let (stamp, write) = (step.stamp.clone(), |_: &JournalRow| Ok::<(), HistoryError>(()));
    match &step.action {
        StepAction::Edit(edit) => document.commit(edit.clone(), stamp, write),
        StepAction::Record => document.record(stamp, write),
        StepAction::Undo => document.undo(stamp, write),
        StepAction::Redo => document.redo(stamp, write),
    }
}

impl Session for CaseSession {
    fn case(&self) -> &Case {
        self.document.case()
    }

    fn document(&self) -> &Document {
        &self.document
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn may_edit(&self) -> Result<(), WhyNot> {
        if self.read_only.is_some() { Err("another program has this case open") } else { Ok(()) }
    }

    fn apply(&mut self, edit: Edit, tool: &'static str) -> Result<(), String> {
        self.step(StepAction::Edit(edit), tool)
    }

    fn record(&mut self, what: &str) -> Result<(), String> {
        self.step(StepAction::Record, what)
    }

    fn undo(&mut self) -> Result<Place, String> {
        let place = match &history::next_undo(&self.document)?.action {
            Action::Edit { inverse, .. } => place::of(inverse, self.case()),
            _ => Place::default(),
        };
        self.step(StepAction::Undo, "undo")?;
        Ok(place)
    }

    fn redo(&mut self) -> Result<Place, String> {
        let edit = self.document.next_redo().map(|row| row.action.clone());
        self.step(StepAction::Redo, "redo")?;
        Ok(match edit {
            Some(Action::Edit { edit, .. }) => place::of(&edit, self.case()),
            _ => Place::default(),
        })
    }

    fn save_state(&self) -> SaveState {
        if let Some(who) = &self.read_only {
            return SaveState::ReadOnly { who: who.clone() };
        }
        match &self.refused {
            Some((why, _)) => SaveState::NotSaved { why: why.clone(), edits: self.unwritten.len() },
            None if self.unwritten.is_empty() => SaveState::Saved { at: self.saved_at },
            None => SaveState::Saving,
        }
    }

    fn retry(&mut self) {
        if !self.unwritten.is_empty() {
            self.saver.ask(SaveAsk::Retry);
        }
    }

    fn recovered(&self) -> Option<Recovery> {
        self.recovered.take()
    }

    fn unsaved(&self) -> &[JournalRow] {
        let rows = self.document.rows();
        rows.get(rows.len().saturating_sub(self.unwritten.len())..).unwrap_or_default()
    }

    fn poll(&mut self) {
        for told in self.saver.take() {
            match told {
                Told::Said(SaveTold::Written { steps, at }) => {
                    self.unwritten.drain(..steps.min(self.unwritten.len()));
                    self.saved_at = Some(at);
                    self.refused = None;
                }
                Told::Said(SaveTold::Refused { why }) => {
                    self.refused = Some((why, std::time::Instant::now()));
                }
                Told::Said(SaveTold::Born(document)) => {
                    self.is_written = true;
                    // The same case but for its number; what was done since is done to it again.
                    let mut document = *document;
                    let again = self.unwritten.iter().try_for_each(|step| carry_out(&mut document, step));
                    match again {
                        Ok(()) => self.document = document,
                        Err(error) => tracing::error!(%error, "the case on disk took another course"),
                    }
                }
                Told::Said(SaveTold::Opened(_) | SaveTold::Failed(_)) => {}
                Told::Broke(why) => {
                    let why =
                        format!("saving broke down ({why}); export the case or close calx and open it again");
                    self.refused = Some((why, std::time::Instant::now()));
                }
            }
        }
        if self.refused.as_ref().is_some_and(|(_, since)| since.elapsed() >= PAUSE) {
            if let Some((_, since)) = &mut self.refused {
                *since = std::time::Instant::now();
            }
            self.retry();
        }
    }

    fn is_idle(&self) -> bool {
        self.unwritten.is_empty() || self.refused.is_some()
    }
}

//! The history of a case: rows that replay to the document.
//!
//! A row holds the edit and its inverse; undo and redo are rows of their own, so history is only ever
//! appended to and survives a restart in the order it was made.
//!
//! Not here: the file (`calx-workspace`).
//!
//! Invariants
//! - Row 1 creates the case; `seq` counts up by one; a row's `base` is the revision it applies to.
//! - Every row that may change the case raises its revision by one and sets its `edited`; one that records what was done
//!   with it does neither, so that what is written out of a case does not depend on who wrote it out.
//! - A new case begins at revision 1 and the time of row 1, one that comes from outside at its own.
//! - Replaying the rows gives the equal case, and each inverse in them is the one its edit has.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::edit::{Edit, EditError};

/// Version of [`JournalRow`] and of the document in it. A change that shows in the schema snapshot needs a
/// new version, one upgrade function and a fixture of the old form.
pub const JOURNAL_VERSION: u32 = 1;

/// Revisions of cases from outside lie below this, so that counting on from them never ends.
const MOST_REVISION: u64 = 1 << 53;

/// Who did something, when and with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    /// When, UTC.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// The tool or command.
    pub tool: String,
}

/// One line of `journal.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalRow {
    /// [`JOURNAL_VERSION`] it was written with.
    pub v: u32,
    /// From 1.
    pub seq: u64,
    /// Revision it applies to.
    pub base: u64,
    /// Who, when, with what.
    pub stamp: Stamp,
    /// What happened.
    pub action: Action,
}

/// What a row does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every row of a journal is an edit: a box would save nothing"
)]
pub enum Action {
    /// The case begins as this document.
    Create {
        /// At revision 0, or as it was when it came from outside.
        case: Box<Case>,
    },
    /// An edit.
    Edit {
        /// As applied.
        edit: Edit,
        /// What undoes it.
        inverse: Edit,
    },
    /// The inverse of an earlier row was applied.
    Undo {
        /// That row.
        of: u64,
    },
    /// The edit of an earlier, undone row was applied again.
    Redo {
        /// That row.
        of: u64,
    },
    /// The case did not change: something was done with it that must be known afterwards. The stamp says what.
    Record {},
}

/// Revision of a case after row 1, and when it was edited.
fn beginning(case: &Case, at: Timestamp) -> (u64, Timestamp) {
    if case.revision > 0 { (case.revision, case.edited) } else { (1, at) }
}

/// Revision after a row, where it was `base` before.
fn revision_after(row: &JournalRow, base: u64) -> u64 {
    match &row.action {
        Action::Create { case } => beginning(case, row.stamp.at).0,
        Action::Record {} => base,
        Action::Edit { .. } | Action::Undo { .. } | Action::Redo { .. } => base.saturating_add(1),
    }
}

/// Why rows do not replay, or a step in history is not possible.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// There are no rows.
    #[error("the journal is empty")]
    Empty,
    /// The first row does not create a case, or a later one does.
    #[error("row {0} must create the case, and only row 1 may")]
    Creation(u64),
    /// Rows are missing or doubled.
    #[error("row {found} stands where row {expected} belongs")]
    Sequence {
        /// What comes next.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// Written by a newer version.
    #[error(
        "row {seq} was written in format {found}, this version reads up to {JOURNAL_VERSION}; use a newer calx"
    )]
    Version {
        /// The row.
        seq: u64,
        /// Its version.
        found: u32,
    },
    /// An undo or redo of something that is not next.
    #[error("row {seq} undoes or redoes row {of}, which is not next in line")]
    OutOfOrder {
        /// The row.
        seq: u64,
        /// What it names.
        of: u64,
    },
    /// The edit does not apply.
    #[error("row {seq} does not apply")]
    Edit {
        /// The row.
        seq: u64,
        /// Why.
        #[source]
        source: EditError,
    },
    /// The inverse that the row holds is not the one its edit has: undoing it would make another case.
    #[error("row {seq} holds another inverse than its edit has; the journal was changed or is damaged")]
    Inverse {
        /// The row.
        seq: u64,
    },
    /// The first row holds a document with faults.
    #[error("the case in row 1 is not sound: {0}")]
    Unsound(String),
    /// A case that was said to be that of the rows is not.
    #[error("the case is not what its rows give")]
    OtherCase,
    /// Nothing to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Nothing to redo.
    #[error("there is nothing to redo")]
    NothingToRedo,
}

/// A case with its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    case: Case,
    rows: Vec<JournalRow>,
    undoable: Vec<u64>,
    redoable: Vec<u64>,
}

impl Document {
    /// Begins a history with one row.
    ///
    /// # Errors
    /// [`HistoryError::Unsound`] when the case breaks an invariant.
    pub fn create(case: Case, stamp: Stamp) -> Result<Self, HistoryError> {
        Self::restore(Case { revision: 0, ..case }, stamp)
    }

    /// Begins a history with a case from outside: it keeps its revision and the time it was edited, and goes on from
    /// there. One of revision 0 is a new one.
    ///
    /// # Errors
    /// [`HistoryError::Unsound`] when the case breaks an invariant, or has a revision that no work of people reaches.
    pub fn restore(case: Case, stamp: Stamp) -> Result<Self, HistoryError> {
        let action = Action::Create { case: Box::new(case) };
        Self::replay([JournalRow { v: JOURNAL_VERSION, seq: 1, base: 0, stamp, action }])
    }

    /// Rebuilds the case from its rows.
    ///
    /// # Errors
    /// [`HistoryError`] names the row that does not fit.
    pub fn replay(rows: impl IntoIterator<Item = JournalRow>) -> Result<Self, HistoryError> {
        let mut rows = rows.into_iter();
        let first = rows.next().ok_or(HistoryError::Empty)?;
        if first.v > JOURNAL_VERSION {
            return Err(HistoryError::Version { seq: first.seq, found: first.v });
        }
        if first.seq != 1 || first.base != 0 {
            return Err(HistoryError::Sequence { expected: 1, found: first.seq });
        }
        let Action::Create { case } = &first.action else { return Err(HistoryError::Creation(1)) };
        let (revision, edited) = beginning(case, first.stamp.at);
        if revision >= MOST_REVISION {
            return Err(HistoryError::Unsound(format!("its revision is {revision}")));
        }
        let case = Case { revision, edited, ..(**case).clone() };
        if let Some(wrong) = case.violations().into_iter().next() {
            return Err(HistoryError::Unsound(wrong));
        }
        let mut document = Self { case, rows: vec![first], undoable: Vec::new(), redoable: Vec::new() };
        for row in rows {
            document.push(row)?;
        }
        Ok(document)
    }

    /// Goes on from a case that is known to be what the rows up to its revision give: those are taken up as they
    /// stand, and only the rows behind them are carried out. Thousands of strokes on one mask are thousands of masks
    /// otherwise. Whoever calls vouches for the case; what a look at the rows can tell is held against it.
    ///
    /// # Errors
    /// As [`Document::replay`]; [`HistoryError::OtherCase`].
    pub fn resume(case: Case, rows: impl IntoIterator<Item = JournalRow>) -> Result<Self, HistoryError> {
        let (id, revision, edited) = (case.id, case.revision, case.edited);
        let mut document = Self { case, rows: Vec::new(), undoable: Vec::new(), redoable: Vec::new() };
        let (mut seq, mut base, mut changed) = (0, 0, None);
        for row in rows {
            if base >= revision {
                document.push(row)?;
                continue;
            }
            seq += 1;
            if row.v > JOURNAL_VERSION {
                return Err(HistoryError::Version { seq: row.seq, found: row.v });
            }
            if row.seq != seq || row.base != base {
                return Err(HistoryError::Sequence { expected: seq, found: row.seq });
            }
            let is_next = match &row.action {
                Action::Create { case } if seq == 1 && case.id == id => true,
                Action::Create { .. } => return Err(HistoryError::Creation(seq)),
                Action::Edit { .. } | Action::Record {} => seq > 1,
                Action::Undo { of } => document.undoable.last() == Some(of),
                Action::Redo { of } => document.redoable.last() == Some(of),
            };
            base = revision_after(&row, base);
            changed = match &row.action {
                Action::Create { case } => Some(beginning(case, row.stamp.at).1),
                Action::Record {} => changed,
                _ => Some(row.stamp.at),
            };
            // A case is never ahead of the row that made it.
            if !is_next || base > revision || (base == revision && changed != Some(edited)) {
                return Err(HistoryError::OtherCase);
            }
            document.remember(row);
        }
        if seq == 0 {
            return Err(HistoryError::Empty);
        }
        // Fewer rows than the case has.
        if base < revision { Err(HistoryError::OtherCase) } else { Ok(document) }
    }

    /// Applies one more row.
    ///
    /// # Errors
    /// [`HistoryError`]; the document is then unchanged.
    pub fn push(&mut self, row: JournalRow) -> Result<(), HistoryError> {
        let expected = self.next_seq();
        if row.v > JOURNAL_VERSION {
            return Err(HistoryError::Version { seq: row.seq, found: row.v });
        }
        if row.seq != expected || row.base != self.case.revision {
            return Err(HistoryError::Sequence { expected, found: row.seq });
        }
        let seq = row.seq;
        let back = self.carry_out(seq, &row.action)?;
        if let Action::Edit { inverse, .. } = &row.action
            && row.v == JOURNAL_VERSION
            && *inverse != back
        {
            self.take_back(&back);
            return Err(HistoryError::Inverse { seq });
        }
        self.keep(row);
        Ok(())
    }

    /// Applies an edit, has its row written, and keeps both only when `write` succeeds: nothing is copied, and what
    /// is in the document is on disk.
    ///
    /// # Errors
    /// [`HistoryError::Edit`] when the case refuses it, or what `write` says; the document is then unchanged.
    pub fn commit<E: From<HistoryError>>(
        &mut self,
        edit: Edit,
        stamp: Stamp,
        write: impl FnOnce(&JournalRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let seq = self.next_seq();
        let inverse = self.case.apply(&edit).map_err(|source| HistoryError::Edit { seq, source })?;
        let row = self.next_row(stamp, Action::Edit { edit, inverse: inverse.clone() });
        self.write(row, &inverse, write)
    }

    /// Keeps in the history that something was done with the case, as [`Document::commit`] does an edit; revision and
    /// time of the case stay, and there is nothing to undo. The stamp says what it was.
    ///
    /// # Errors
    /// What `write` says; the document is then unchanged.
    pub fn record<E: From<HistoryError>>(
        &mut self,
        stamp: Stamp,
        write: impl FnOnce(&JournalRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let row = self.next_row(stamp, Action::Record {});
        write(&row)?;
        self.keep(row);
        Ok(())
    }

    /// Takes back the last edit still standing, as [`Document::commit`] does an edit.
    ///
    /// # Errors
    /// [`HistoryError::NothingToUndo`]; [`HistoryError::Edit`] when the inverse does not apply; what `write` says.
    pub fn undo<E: From<HistoryError>>(
        &mut self,
        stamp: Stamp,
        write: impl FnOnce(&JournalRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let of = *self.undoable.last().ok_or(HistoryError::NothingToUndo)?;
        self.step(Action::Undo { of }, stamp, write)
    }

    /// Applies again what was undone last, as [`Document::commit`] does an edit.
    ///
    /// # Errors
    /// [`HistoryError::NothingToRedo`]; [`HistoryError::Edit`] when the edit does not apply; what `write` says.
    pub fn redo<E: From<HistoryError>>(
        &mut self,
        stamp: Stamp,
        write: impl FnOnce(&JournalRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let of = *self.redoable.last().ok_or(HistoryError::NothingToRedo)?;
        self.step(Action::Redo { of }, stamp, write)
    }

    fn step<E: From<HistoryError>>(
        &mut self,
        action: Action,
        stamp: Stamp,
        write: impl FnOnce(&JournalRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let back = self.carry_out(self.next_seq(), &action)?;
        let row = self.next_row(stamp, action);
        self.write(row, &back, write)
    }

    fn write<E>(
        &mut self,
        row: JournalRow,
        back: &Edit,
        write: impl FnOnce(&JournalRow) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Err(error) = write(&row) {
            self.take_back(back);
            return Err(error);
        }
        self.keep(row);
        Ok(())
    }

    /// Does to the case what an action says, and gives back the edit that takes it back.
    fn carry_out(&mut self, seq: u64, action: &Action) -> Result<Edit, HistoryError> {
        let out_of_order = |of: u64| HistoryError::OutOfOrder { seq, of };
        let edit = match action {
            Action::Create { .. } => return Err(HistoryError::Creation(seq)),
            Action::Record {} => return Ok(Edit::Batch { edits: Vec::new() }),
            Action::Edit { edit, .. } => edit,
            Action::Undo { of } if self.undoable.last() == Some(of) => {
                edits_of(&self.rows, *of).ok_or_else(|| out_of_order(*of))?.1
            }
            Action::Redo { of } if self.redoable.last() == Some(of) => {
                edits_of(&self.rows, *of).ok_or_else(|| out_of_order(*of))?.0
            }
            Action::Undo { of } | Action::Redo { of } => return Err(out_of_order(*of)),
        };
        self.case.apply(edit).map_err(|source| HistoryError::Edit { seq, source })
    }

    fn take_back(&mut self, back: &Edit) {
        // It applies to exactly the state it was given back for.
        let undone = self.case.apply(back);
        debug_assert!(undone.is_ok(), "an inverse was refused: {undone:?}");
    }

    /// Makes a row whose action was carried out part of the history.
    fn keep(&mut self, row: JournalRow) {
        if matches!(row.action, Action::Edit { .. } | Action::Undo { .. } | Action::Redo { .. }) {
            self.case.revision = self.case.revision.saturating_add(1);
            self.case.edited = row.stamp.at;
        }
        self.remember(row);
    }

    /// Takes a row into the history of a case that has it already.
    fn remember(&mut self, row: JournalRow) {
        match row.action {
            Action::Create { .. } | Action::Record {} => {}
            Action::Edit { .. } => {
                self.undoable.push(row.seq);
                self.redoable.clear();
            }
            Action::Undo { of } => {
                self.undoable.pop();
                self.redoable.push(of);
            }
            Action::Redo { of } => {
                self.redoable.pop();
                self.undoable.push(of);
            }
        }
        self.rows.push(row);
    }

    /// How many of these rows, from the first, give the case of a revision.
    #[must_use]
    pub fn rows_up_to(rows: &[JournalRow], revision: u64) -> usize {
        let mut base = 0;
        let is_there = |row: &JournalRow| {
            base = revision_after(row, base);
            base >= revision
        };
        rows.iter().position(is_there).map_or(rows.len(), |index| index + 1)
    }

    fn next_seq(&self) -> u64 {
        u64::try_from(self.rows.len()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// The case as it is now.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// All rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> &[JournalRow] {
        &self.rows
    }

    /// The row that undo would take back.
    #[must_use]
    pub fn next_undo(&self) -> Option<&JournalRow> {
        self.undoable.last().and_then(|seq| self.row(*seq))
    }

    /// The row that redo would apply again.
    #[must_use]
    pub fn next_redo(&self) -> Option<&JournalRow> {
        self.redoable.last().and_then(|seq| self.row(*seq))
    }

    /// The row for an edit, without applying it: tells whether the case would take it. Copies the case;
    /// [`Document::commit`] does not.
    ///
    /// # Errors
    /// [`HistoryError::Edit`] when the case refuses it.
    pub fn row_for(&self, edit: Edit, stamp: Stamp) -> Result<JournalRow, HistoryError> {
        let seq = self.next_seq();
        let inverse = self.case.clone().apply(&edit).map_err(|source| HistoryError::Edit { seq, source })?;
        Ok(self.next_row(stamp, Action::Edit { edit, inverse }))
    }

    fn next_row(&self, stamp: Stamp, action: Action) -> JournalRow {
        let (seq, base) = (self.next_seq(), self.case.revision);
        JournalRow { v: JOURNAL_VERSION, seq, base, stamp, action }
    }

    fn row(&self, seq: u64) -> Option<&JournalRow> {
        row_of(&self.rows, seq)
    }
}

fn row_of(rows: &[JournalRow], seq: u64) -> Option<&JournalRow> {
    rows.get(usize::try_from(seq.checked_sub(1)?).ok()?)
}

/// The edit of a row and its inverse.
fn edits_of(rows: &[JournalRow], seq: u64) -> Option<(&Edit, &Edit)> {
    match &row_of(rows, seq)?.action {
        Action::Edit { edit, inverse } => Some((edit, inverse)),
        _ => None,
    }
}

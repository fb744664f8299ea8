//! `resolutions.jsonl`: which of several files with one SOPInstanceUID counts, as people decided.
//!
//! Not here: what a decision does to the catalogue (`resolve`).
//!
//! Invariants
//! - A row is on disk before the catalogue follows it; a rebuilt catalogue follows all of them again.
//! - Rows are only ever appended, but for those about instances that are forgotten: they go.
//! - A decision is about bytes, by digest: where a file that it does not name comes, the conflict is open again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use calx_model::{SopInstanceUid, Stamp};
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::error::WorkspaceError;
use crate::jsonl::{self, Appender, Lines};
use crate::lock::{self, Asked, Lock};
use crate::workspace::Workspace;

/// The file, in the workspace's folder.
pub(crate) const FILE: &str = "resolutions.jsonl";
pub(crate) const LOCK: &str = "resolutions.lock";
/// Version of the rows.
const VERSION: u32 = 1;

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// Version of the row.
    v: u32,
    /// Ascending; forgetting leaves gaps.
    seq: u64,
    /// Who decided, when and with what.
    pub stamp: Stamp,
    /// SOPInstanceUID (0008,0018).
    pub instance: SopInstanceUid,
    /// SHA-256 of the file that counts.
    pub counts: String,
    /// SHA-256 of the files that do not, sorted; all are kept.
    pub others: Vec<String>,
}

impl Resolution {
    /// Whether it says what to do with these bytes.
    #[must_use]
    pub fn names(&self, sha256: &str) -> bool {
        self.counts == sha256 || self.others.iter().any(|other| other == sha256)
    }
}

/// The last decision on each instance.
pub(crate) type Decisions = BTreeMap<SopInstanceUid, Resolution>;

/// The journal open for writing; the lock goes when this is dropped.
pub(crate) struct Journal {
    appender: Appender,
    last: u64,
    decisions: Decisions,
    #[allow(dead_code, reason = "held for the lock")]
    lock: Lock,
}

impl Workspace {
    /// The last decision on each instance; empty when there never was one.
    pub(crate) fn decisions(&self) -> Result<Decisions, WorkspaceError> {
        Ok(last_of_each(self.resolution_lines()?.rows))
    }

    /// The journal as it stands, also one that is not there.
    pub(crate) fn resolution_lines(&self) -> Result<Lines<Resolution>, WorkspaceError> {
        let path = self.resolutions_path();
        if !path.is_file() {
            return Ok(Lines::none());
        }
        jsonl::read(&path, VERSION)
    }

    /// Opens the journal for writing, and makes it if it is not there; a torn last row is cut.
    pub(crate) fn write_resolutions(&self) -> Result<Journal, WorkspaceError> {
        let lock = self.lock_resolutions()?;
        let path = self.resolutions_path();
        durable::remove_if_there(&durable::partial_of(&path));
        if !path.exists() {
            durable::write_new(&path, b"").map_err(|source| self.not_kept(source))?;
        }
        let lines = self.resolution_lines()?;
        let appender = Appender::open(&path, "the decision", &lines)?;
        let last = lines.rows.last().map_or(0, |row| row.seq);
        Ok(Journal { appender, last, decisions: last_of_each(lines.rows), lock })
    }

    /// Removes the rows about these instances for good.
    pub(crate) fn forget_resolutions(&self, instances: &BTreeSet<String>) -> Result<(), WorkspaceError> {
        if !self.resolutions_path().exists() {
            return Ok(());
        }
        let _lock = self.lock_resolutions()?;
        let lines = self.resolution_lines()?;
        let mut bytes = Vec::new();
        for row in lines.rows.iter().filter(|row| !instances.contains(row.instance.as_str())) {
            bytes.extend(jsonl::line(row).map_err(|source| self.not_kept(source))?);
        }
        durable::replace(&self.resolutions_path(), &bytes).map_err(|source| self.not_kept(source))
    }

    pub(crate) fn resolutions_path(&self) -> PathBuf {
        self.root().join(FILE)
    }

    pub(crate) fn lock_resolutions(&self) -> Result<Lock, WorkspaceError> {
        let path = self.root().join(LOCK);
        match lock::exclusive(&path) {
            Ok(Asked::Held(lock)) => Ok(lock),
            Ok(Asked::Taken(holder)) => Err(WorkspaceError::Busy { what: "the list of decisions", holder }),
            Err(source) => Err(WorkspaceError::io("lock the list of decisions", path, source)),
        }
    }

    fn not_kept(&self, source: std::io::Error) -> WorkspaceError {
        let (what, kept) = ("the decision", "the decisions made before are unchanged");
        WorkspaceError::Write { what, kept, path: self.resolutions_path(), source }
    }
}

fn last_of_each(rows: Vec<Resolution>) -> Decisions {
    rows.into_iter().map(|row| (row.instance.clone(), row)).collect()
}

impl Journal {
    /// Writes a decision; one that was the last on its instance already is not written again.
    pub(crate) fn decide(
        &mut self,
        instance: &SopInstanceUid,
        counts: String,
        mut others: Vec<String>,
        stamp: Stamp,
    ) -> Result<(), WorkspaceError> {
        others.sort_unstable();
        others.dedup();
        let same =
            self.decisions.get(instance).is_some_and(|row| row.counts == counts && row.others == others);
        if same {
            return Ok(());
        }
        let row =
            Resolution { v: VERSION, seq: self.last + 1, stamp, instance: instance.clone(), counts, others };
        self.appender.append(&row)?;
        self.last = row.seq;
        self.decisions.insert(row.instance.clone(), row);
        Ok(())
    }
}

//! The cases of a workspace, for listing and reading. Takes no lock and writes nothing.

use std::fs;
use std::path::Path;
use std::str::FromStr as _;

use calx_model::{Case, CaseFile, CaseId, CaseStatus, Document};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case_facts::CaseFacts;
use crate::case_writer::{JOURNAL, load, next_after, read_snapshot};
use crate::error::WorkspaceError;
use crate::workspace::Workspace;

/// One case in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRow {
    /// Identity.
    pub id: CaseId,
    /// The number people use.
    pub number: Option<u32>,
    /// Title.
    pub title: String,
    /// Where it stands.
    pub status: CaseStatus,
    /// When it began.
    pub created: Timestamp,
    /// When it last changed.
    pub edited: Timestamp,
    /// Changes since it began, here or where it came from.
    pub revision: u64,
    /// Studies.
    pub studies: usize,
    /// Images.
    pub images: usize,
    /// Findings.
    pub findings: usize,
    /// Statements.
    pub statements: usize,
    /// Regions.
    pub regions: usize,
    /// Played as a quiz.
    pub quiz: bool,
    /// Why the journal cannot be read, when it cannot; the rest is then from the last snapshot, or empty.
    pub unreadable: Option<String>,
}

impl CaseRow {
    pub(crate) fn of(case: &Case) -> Self {
        Self {
            id: case.id,
            number: case.number,
            title: case.title.clone(),
            status: case.status,
            created: case.created,
            edited: case.edited,
            revision: case.revision,
            studies: case.studies.len(),
            images: case.images().count(),
            findings: case.findings.len(),
            statements: case.statements().count(),
            regions: case.regions.len(),
            quiz: case.quiz,
            unreadable: None,
        }
    }

    fn unreadable(id: CaseId, snapshot: Option<CaseFile>, why: &WorkspaceError) -> Self {
        let empty = Self {
            id,
            number: None,
            title: String::new(),
            status: CaseStatus::Draft,
            created: Timestamp::UNIX_EPOCH,
            edited: Timestamp::UNIX_EPOCH,
            revision: 0,
            studies: 0,
            images: 0,
            findings: 0,
            statements: 0,
            regions: 0,
            quiz: false,
            unreadable: None,
        };
        let row = snapshot.map_or(empty, |snapshot| Self::of(&snapshot.case));
        Self { unreadable: Some(why.to_string()), ..row }
    }
}

impl Workspace {
    /// All cases, by number, then id. A case whose journal cannot be read is listed with the reason.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn case_list(&self) -> Result<Vec<CaseRow>, WorkspaceError> {
        Ok(self.case_facts()?.into_iter().map(|facts| facts.row).collect())
    }

    /// Ids of all cases, sorted.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn case_ids(&self) -> Result<Vec<CaseId>, WorkspaceError> {
        ids(&self.cases_dir())
    }

    /// A case with its history, without a lock; a last line that another process is just writing is left out.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], or the journal does not replay.
    pub fn read_case(&self, id: CaseId) -> Result<Document, WorkspaceError> {
        read(&self.cases_dir(), id)
    }

    /// The number the next case would get.
    ///
    /// Numbers are given under a lock, to a new case or by an edit, so two processes never get one twice.
    ///
    /// # Errors
    /// As [`Workspace::case_list`].
    pub fn next_case_number(&self) -> Result<u32, WorkspaceError> {
        Ok(next_after(self.case_list()?.iter().filter_map(|row| row.number)))
    }
}

/// The cases of a folder, in no order that counts, without a catalogue.
pub(crate) fn list(cases: &Path) -> Result<Vec<CaseRow>, WorkspaceError> {
    Ok(ids(cases)?.into_iter().map(|id| facts(cases, id).row).collect())
}

/// What a list says of a case, by its snapshot or its journal.
pub(crate) fn facts(cases: &Path, id: CaseId) -> CaseFacts {
    let dir = cases.join(id.to_string());
    let snapshot = read_snapshot(&dir);
    let length = fs::metadata(dir.join(JOURNAL)).map(|meta| meta.len()).ok();
    match snapshot {
        // The journal only grows, so equal length means that nothing came after the snapshot.
        Some(snapshot) if length.is_some() && snapshot.journal_bytes == length => {
            CaseFacts::of(&snapshot.case)
        }
        snapshot => match read(cases, id) {
            Ok(document) => CaseFacts::of(document.case()),
            Err(error) => CaseFacts::of_row(CaseRow::unreadable(id, snapshot, &error)),
        },
    }
}

fn ids(cases: &Path) -> Result<Vec<CaseId>, WorkspaceError> {
    let mut ids = names(cases)?
        .iter()
        .filter_map(|name| CaseId::from_str(name).ok().filter(|id| id.to_string() == *name))
        .collect::<Vec<_>>();
    ids.sort_unstable();
    Ok(ids)
}

fn read(cases: &Path, id: CaseId) -> Result<Document, WorkspaceError> {
    let dir = cases.join(id.to_string());
    if !dir.join(JOURNAL).is_file() {
        return Err(WorkspaceError::NotFound { what: "case", id: id.to_string() });
    }
    Ok(load(&dir)?.document)
}

/// Names in a folder that are text, unsorted.
pub(crate) fn names(dir: &Path) -> Result<Vec<String>, WorkspaceError> {
    let read = |source| WorkspaceError::io("read the folder", dir, source);
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(read)? {
        names.extend(entry.map_err(read)?.file_name().into_string());
    }
    Ok(names)
}

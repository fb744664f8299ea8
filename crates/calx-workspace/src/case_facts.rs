//! What a list says of each case, without reading the cases: kept in the catalogue beside the words of the search.
//!
//! Not here: when the catalogue takes a case up (`search_index`).
//!
//! Invariants
//! - What is told of a case is that of its journal as it stands: facts count only for a journal of the length they
//!   were taken at, which only ever grows; others are read. So an index that lags, or cannot be read, costs time
//!   and is never wrong.
//! - Nothing is written here.

use std::collections::BTreeMap;

use calx_model::{Case, CaseId, ImageId, ReadResult, ReadState, SopInstanceUid, StudyInstanceUid};
use serde::{Deserialize, Serialize};

use crate::case_list::{self, CaseRow};
use crate::error::WorkspaceError;
use crate::workspace::Workspace;

/// Images by how far they were read, in the reading that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReadCounts {
    /// Nobody looked yet.
    pub unread: u32,
    /// Begun.
    pub in_progress: u32,
    /// Read, and marked.
    pub marked: u32,
    /// Read, none seen.
    pub none_seen: u32,
    /// Read, could not be judged.
    pub not_assessable: u32,
    /// Left out.
    pub excluded: u32,
}

impl ReadCounts {
    /// Those of a case.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let mut counts = Self::default();
        let reading = case.current_reading().map(|reading| reading.id);
        let of_reading = case.reads.iter().filter(|read| Some(read.reading) == reading);
        let states: BTreeMap<ImageId, &ReadState> =
            of_reading.map(|read| (read.image, &read.state)).collect();
        for (_, image) in case.images() {
            let slot = match states.get(&image.id) {
                None | Some(ReadState::Unread) => &mut counts.unread,
                Some(ReadState::InProgress) => &mut counts.in_progress,
                Some(ReadState::Done { result: ReadResult::Marked }) => &mut counts.marked,
                Some(ReadState::Done { result: ReadResult::NoneSeen }) => &mut counts.none_seen,
                Some(ReadState::Done { result: ReadResult::NotAssessable }) => &mut counts.not_assessable,
                Some(ReadState::Excluded { .. }) => &mut counts.excluded,
            };
            *slot += 1;
        }
        counts
    }

    /// All images.
    #[must_use]
    pub const fn images(&self) -> u32 {
        self.to_read() + self.marked + self.none_seen + self.not_assessable + self.excluded
    }

    /// Those that are still to be read.
    #[must_use]
    pub const fn to_read(&self) -> u32 {
        self.unread + self.in_progress
    }
}

/// What a list says of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// Number, title, counts.
    pub row: CaseRow,
    /// The DICOM studies it shows.
    pub sources: Vec<StudyInstanceUid>,
    /// Modalities of its studies, each once, in order.
    pub modalities: Vec<String>,
    /// Its first image.
    pub first_image: Option<SopInstanceUid>,
    /// How far it was read.
    pub reads: ReadCounts,
}

impl CaseFacts {
    pub(crate) fn of(case: &Case) -> Self {
        let mut modalities: Vec<String> = Vec::new();
        for study in &case.studies {
            if !study.modality.is_empty() && !modalities.contains(&study.modality) {
                modalities.push(study.modality.clone());
            }
        }
        Self {
            row: CaseRow::of(case),
            sources: case.studies.iter().filter_map(|study| study.source.clone()).collect(),
            modalities,
            first_image: case.images().next().map(|(_, image)| image.source.clone()),
            reads: ReadCounts::of(case),
        }
    }

    /// Those of a case that cannot be read.
    pub(crate) fn of_row(row: CaseRow) -> Self {
        let (sources, modalities, first_image) = (Vec::new(), Vec::new(), None);
        Self { row, sources, modalities, first_image, reads: ReadCounts::default() }
    }
}

impl Workspace {
    /// All cases, by number, then id. A case whose journal cannot be read is listed with the reason.
    ///
    /// # Errors
    /// The folder of cases cannot be read.
    pub fn case_facts(&self) -> Result<Vec<CaseFacts>, WorkspaceError> {
        // A catalogue that cannot be read says nothing; the cases say it themselves.
        let mut known = self.known_facts().unwrap_or_default();
        let cases = self.cases_dir();
        let facts = |id: CaseId| {
            let (bytes, kept) = known.remove(&id.to_string()).unwrap_or_default();
            let is_in_step = self.journal_bytes(id) == Some(bytes);
            let kept =
                kept.filter(|_| is_in_step).and_then(|text| serde_json::from_str::<CaseFacts>(&text).ok());
            kept.filter(|facts| facts.row.id == id).unwrap_or_else(|| case_list::facts(&cases, id))
        };
        let mut facts: Vec<CaseFacts> = self.case_ids()?.into_iter().map(facts).collect();
        facts.sort_by_key(|facts| (facts.row.number.is_none(), facts.row.number, facts.row.id));
        Ok(facts)
    }

    /// The cases that show a study, edited last first.
    ///
    /// # Errors
    /// As [`Workspace::case_facts`].
    pub fn cases_of(&self, study: &StudyInstanceUid) -> Result<Vec<CaseId>, WorkspaceError> {
        let mut facts = self.case_facts()?;
        facts.retain(|facts| facts.row.unreadable.is_none() && facts.sources.contains(study));
        facts.sort_by_key(|facts| std::cmp::Reverse((facts.row.edited, facts.row.id)));
        Ok(facts.into_iter().map(|facts| facts.row.id).collect())
    }

    /// What the catalogue keeps, with the length of the journal it is of.
    fn known_facts(&self) -> Result<BTreeMap<String, (i64, Option<String>)>, WorkspaceError> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT id, journal_bytes, facts FROM sought_cases")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

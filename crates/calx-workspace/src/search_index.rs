//! The words that the search knows, kept in step with studies and cases.
//!
//! Not here: how texts become words (`search_words`), questions (`search`).
//!
//! Whoever changes a study's rows marks it (`stale_studies`); its words follow in a later short transaction: at the
//! end of a batch of import, of a run, or before a question. Cases are not marked: a journal only grows, so one
//! whose length is that of the last look is in step. So a gesture is saved without the catalogue, and waits for
//! nobody who writes there.
//!
//! Invariants
//! - A transaction here takes no longer than [`SHORT`] and one study or case.
//! - The number of a row is its date: newest first is the order in which FTS5 finds them, so a page of answers
//!   sorts nothing and ends early.
//! - What is written of a case is that of a journal which is there at that moment, so `forget` misses none.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use calx_model::{Case, CaseId};
use jiff::civil::{Date, Time};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::case_facts::CaseFacts;
use crate::case_writer::JOURNAL;
use crate::error::WorkspaceError;
use crate::search_words::joined;
use crate::workspace::Workspace;

/// How long a transaction goes on taking up studies or cases.
const SHORT: Duration = Duration::from_millis(10);
/// Bits of a row number under its second.
const SECOND: u32 = 24;

/// Below this are the rows of what has no date.
pub(crate) const FIRST_DATED: i64 = 1 << SECOND;

/// Whether everything is in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refreshed {
    /// All of it.
    Whole,
    /// Some is left for the next transaction.
    Partly,
}

impl Workspace {
    /// Brings the words of all studies and cases up to date, waiting for others that write.
    ///
    /// # Errors
    /// The catalogue or the folder of cases cannot be read, or the catalogue not be written.
    pub fn refresh_search(&self) -> Result<(), WorkspaceError> {
        while self.write_softly(refresh_studies)? == Refreshed::Partly {}
        while self.refresh_cases()? == Refreshed::Partly {}
        Ok(())
    }

    /// As [`Workspace::refresh_search`] where there is anything to do; a catalogue that this user may not write,
    /// or that another program keeps for long, answers with what it has.
    pub(crate) fn refresh_for_question(&self) -> Result<(), WorkspaceError> {
        let stale = "SELECT EXISTS (SELECT 1 FROM stale_studies)";
        let stale: bool = self.read(|tx| Ok(tx.prepare_cached(stale)?.query_row([], |row| row.get(0))?))?;
        let done = if stale { self.refresh_search() } else { self.refresh_cases_only() };
        match done {
            Err(WorkspaceError::CatalogueReadOnly | WorkspaceError::CatalogueBusy) => Ok(()),
            done => done,
        }
    }

    fn refresh_cases_only(&self) -> Result<(), WorkspaceError> {
        while self.refresh_cases()? == Refreshed::Partly {}
        Ok(())
    }

    /// Takes up some of the cases whose journal is not as long as when it was looked at, and those that are gone.
    fn refresh_cases(&self) -> Result<Refreshed, WorkspaceError> {
        let known: BTreeMap<String, i64> = self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT id, journal_bytes FROM sought_cases")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let mut gone = known.clone();
        let began = Instant::now();
        let mut changed = Vec::new();
        let mut whole = true;
        for id in self.case_ids()? {
            let name = id.to_string();
            gone.remove(&name);
            let Some(bytes) = self.journal_bytes(id) else { continue };
            if known.get(&name) == Some(&bytes) {
                continue;
            }
            if began.elapsed() > SHORT && !changed.is_empty() {
                whole = false;
                break;
            }
            // One that does not replay has no words; the list of cases says why.
            let case = self.read_case(id).ok().map(|document| document.case().clone());
            changed.push((id, bytes, case));
        }
        if !whole {
            // Not all names were looked at.
            gone.clear();
        }
        if changed.is_empty() && gone.is_empty() {
            return Ok(Refreshed::Whole);
        }
        self.write_softly(|tx| {
            for id in gone.keys() {
                drop_case(tx, id)?;
            }
            for (id, bytes, case) in &changed {
                drop_case(tx, &id.to_string())?;
                if self.journal_bytes(*id).is_some() {
                    seek_case(tx, *id, *bytes, case.as_ref())?;
                }
            }
            Ok(())
        })?;
        Ok(if whole { Refreshed::Whole } else { Refreshed::Partly })
    }

    pub(crate) fn journal_bytes(&self, id: CaseId) -> Option<i64> {
        let path = self.cases_dir().join(id.to_string()).join(JOURNAL);
        std::fs::metadata(path).ok().map(|meta| i64::try_from(meta.len()).unwrap_or(i64::MAX))
    }
}

/// Brings some stale studies up to date.
pub(crate) fn refresh_studies(tx: &Transaction<'_>) -> Result<Refreshed, WorkspaceError> {
    let began = Instant::now();
    while began.elapsed() < SHORT {
        let sql = "SELECT study FROM stale_studies ORDER BY study LIMIT 1";
        let study: Option<String> = tx.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
        let Some(study) = study else { return Ok(Refreshed::Whole) };
        seek_study(tx, &study)?;
        tx.prepare_cached("DELETE FROM stale_studies WHERE study = ?1")?.execute([&study])?;
    }
    Ok(Refreshed::Partly)
}

/// The first row number of a moment: what is earlier has smaller ones, what has no date the smallest.
pub(crate) fn row_of(date: Option<Date>, time: Option<Time>) -> i64 {
    let Some(date) = date else { return 0 };
    // Days of the longest calendar: only their order counts.
    let days = i64::from(date.year()).max(0) * 372 + i64::from(date.month()) * 31 + i64::from(date.day());
    let seconds = time.map_or(0, |time| {
        i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
    });
    (days * 86_400 + seconds) << SECOND
}

/// The free row number of a thing: the same whatever came before it, unless two things want the same.
fn free_row(tx: &Transaction<'_>, table: &str, first: i64, name: &str) -> Result<i64, WorkspaceError> {
    let spread =
        name.bytes().fold(0xcbf2_9ce4_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let mut row = first + i64::from(spread >> (32 - SECOND));
    let mut taken = tx.prepare_cached(&format!("SELECT 1 FROM {table} WHERE row = ?1"))?;
    while taken.exists([row])? {
        row += 1;
    }
    Ok(row)
}

/// Columns of `study_words`.
type StudyWords = [String; 5];

/// The words of one study, as they should be.
fn study_words(tx: &Transaction<'_>, study: &str) -> Result<Option<(i64, StudyWords)>, WorkspaceError> {
    let sql = "SELECT s.description, s.accession_number, s.date, s.time, p.name, p.patient_id
               FROM studies s JOIN patients p ON p.id = s.patient WHERE s.uid = ?1";
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([study])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (description, accession): (String, String) = (row.get(0)?, row.get(1)?);
    let (date, time): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
    let mut people: Vec<(String, String)> = vec![(row.get(4)?, row.get(5)?)];
    let sql = "SELECT p.name, p.patient_id FROM study_patients o JOIN patients p ON p.id = o.patient
               WHERE o.study = ?1 ORDER BY p.id";
    let mut statement = tx.prepare_cached(sql)?;
    let others = statement.query_map([study], |row| Ok((row.get(0)?, row.get(1)?)))?;
    people.extend(others.collect::<Result<Vec<_>, _>>()?);
    people.dedup();
    let mut parts: [Vec<String>; 3] = Default::default();
    let sql = "SELECT DISTINCT description, modality, body_part FROM series WHERE study = ?1";
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([study])?;
    while let Some(row) = rows.next()? {
        for (at, part) in parts.iter_mut().enumerate() {
            part.push(row.get(at)?);
        }
    }
    for part in &mut parts {
        part.sort_unstable();
        part.dedup();
    }
    let all = |texts: &[String]| joined(texts.iter().map(String::as_str));
    // An identifier is found as it is written, and without the signs in it.
    let bare = |text: &str| joined([text]).replace(' ', "");
    let patient: Vec<String> =
        people.iter().flat_map(|(name, id)| [name.clone(), id.clone(), bare(id)]).collect();
    let written = date.clone().unwrap_or_default();
    let own = [description, accession.clone(), bare(&accession), written.clone(), bare(&written)];
    let [series, modality, body_part] = &parts;
    let words = [all(&patient), all(&own), all(series), all(modality), all(body_part)];
    let parsed = |text: Option<String>| text.unwrap_or_default();
    Ok(Some((row_of(parsed(date).parse().ok(), parsed(time).parse().ok()), words)))
}

fn seek_study(tx: &Transaction<'_>, study: &str) -> Result<(), WorkspaceError> {
    let sql = "SELECT row FROM sought_studies WHERE study = ?1";
    let old: Option<i64> = tx.prepare_cached(sql)?.query_row([study], |row| row.get(0)).optional()?;
    let new = study_words(tx, study)?;
    if let Some(row) = old {
        let sql = "SELECT patient, study, series, modality, body_part FROM study_words WHERE rowid = ?1";
        let there: Option<StudyWords> = tx
            .prepare_cached(sql)?
            .query_row([row], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]))
            .optional()?;
        let same = new
            .as_ref()
            .is_some_and(|(first, words)| row >> SECOND == first >> SECOND && there.as_ref() == Some(words));
        if same {
            return Ok(());
        }
        tx.prepare_cached("DELETE FROM study_words WHERE rowid = ?1")?.execute([row])?;
        tx.prepare_cached("DELETE FROM sought_studies WHERE row = ?1")?.execute([row])?;
    }
    let Some((first, [patient, own, series, modality, body_part])) = new else { return Ok(()) };
    let row = free_row(tx, "sought_studies", first, study)?;
    tx.prepare_cached("INSERT INTO sought_studies (row, study) VALUES (?1, ?2)")?
        .execute(params![row, study])?;
    let sql = "INSERT INTO study_words (rowid, patient, study, series, modality, body_part)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    tx.prepare_cached(sql)?.execute(params![row, patient, own, series, modality, body_part])?;
    Ok(())
}

/// Takes the words of a case away.
pub(crate) fn drop_case(tx: &Transaction<'_>, id: &str) -> Result<(), WorkspaceError> {
    let sql = "SELECT row FROM sought_cases WHERE id = ?1";
    let row: Option<i64> = tx.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    let Some(row) = row else { return Ok(()) };
    tx.prepare_cached("DELETE FROM case_words WHERE rowid = ?1")?.execute([row])?;
    tx.prepare_cached("DELETE FROM sought_statements WHERE sought_case = ?1")?.execute([row])?;
    tx.prepare_cached("DELETE FROM sought_cases WHERE row = ?1")?.execute([row])?;
    Ok(())
}

fn seek_case(
    tx: &Transaction<'_>,
    id: CaseId,
    journal_bytes: i64,
    case: Option<&Case>,
) -> Result<(), WorkspaceError> {
    let name = id.to_string();
    let edited = case.map(|case| case.edited.to_zoned(jiff::tz::TimeZone::UTC).datetime());
    let first = row_of(edited.map(|edited| edited.date()), edited.map(|edited| edited.time()));
    let row = free_row(tx, "sought_cases", first, &name)?;
    let title = case.map_or("", |case| case.title.as_str());
    let sql = "INSERT INTO sought_cases (row, id, number, title, journal_bytes, facts)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let number = case.and_then(|case| case.number);
    // What cannot be written so is read from the case each time.
    let facts = case.and_then(|case| serde_json::to_string(&CaseFacts::of(case)).ok());
    tx.prepare_cached(sql)?.execute(params![row, name, number, title, journal_bytes, facts])?;
    let Some(case) = case else { return Ok(()) };
    let texts = texts(case);
    let sql = "INSERT INTO sought_statements (sought_case, place, number, text) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = tx.prepare_cached(sql)?;
    for (place, (number, text)) in (1_i64..).zip(&texts) {
        statement.execute(params![row, place, number, text])?;
    }
    let studies = case.studies.iter();
    let about = studies.clone().map(|study| study.title.as_str()).chain(case.tags.iter().map(String::as_str));
    let sql =
        "INSERT INTO case_words (rowid, title, statements, about, modality) VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.prepare_cached(sql)?.execute(params![
        row,
        joined([title]),
        joined(texts.iter().map(|(_, text)| text.as_str())),
        joined(about),
        joined(studies.map(|study| study.modality.as_str())),
    ])?;
    Ok(())
}

/// What is written in a case, each with the place where it stands.
fn texts(case: &Case) -> Vec<(String, String)> {
    let mut texts = vec![("presentation".to_owned(), case.presentation.words())];
    for (finding_index, finding) in case.findings.iter().enumerate() {
        for (index, statement) in finding.statements.iter().enumerate() {
            texts.push((format!("{}.{}", finding_index + 1, index + 1), statement.text.words()));
        }
    }
    texts.push(("discussion".to_owned(), case.discussion.words()));
    texts.retain(|(_, text)| !text.trim().is_empty());
    texts
}

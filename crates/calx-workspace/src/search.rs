//! Looking for studies and cases by their words.
//!
//! Not here: which words there are (`search_index`), how they are cut (`search_words`).
//!
//! Invariants
//! - Every word that is typed is in the answer, as typed or as the beginning of a word, in whatever field.
//! - Whatever is typed, the question is sound: it holds words in quotes and nothing else.
//! - Newest first; a page sorts nothing and ends when it is full.

use calx_model::CaseId;
use jiff::civil::Date;
use rusqlite::types::{Type, Value};
use rusqlite::{Row, params_from_iter};

use crate::error::WorkspaceError;
use crate::page::{Page, PageKey};
use crate::query::{STUDY, add_up, study_row};
use crate::rows::{CaseHit, StudyRow};
use crate::search_index::{FIRST_DATED, row_of};
use crate::search_words::{holds_any, question, words};
use crate::workspace::Workspace;

/// What to look for; all of it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchQuery {
    /// Words as typed: of patient, study, series, body part, or of a case; empty asks for all.
    pub text: String,
    /// Modality (0008,0060) of one of its series, as `DX`.
    pub modality: Option<String>,
    /// StudyDate (0008,0020) on this day or later.
    pub from: Option<Date>,
    /// StudyDate (0008,0020) on this day or before.
    pub to: Option<Date>,
}

impl SearchQuery {
    /// A question of words alone.
    #[must_use]
    pub fn words(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// In the language of FTS5; `None`: nothing can be found.
    fn asked(&self) -> Option<Asked> {
        let mut parts = Vec::new();
        if !self.text.trim().is_empty() {
            parts.push(question(&self.text)?);
        }
        if let Some(modality) = &self.modality {
            let modality = words(modality).join(" ");
            if modality.is_empty() {
                return None;
            }
            parts.push(format!("modality : \"{modality}\""));
        }
        let first = match (self.from, self.to) {
            (Some(from), _) => row_of(Some(from), None),
            // What has no date is on no day.
            (None, Some(_)) => FIRST_DATED,
            (None, None) => 0,
        };
        let end = self.to.map(|to| to.tomorrow().map_or(i64::MAX, |to| row_of(Some(to), None)));
        Some(Asked { words: parts.join(" AND "), first, end: end.unwrap_or(i64::MAX) })
    }
}

/// A question and the range of rows it is about.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    /// Empty: all.
    words: String,
    first: i64,
    end: i64,
}

impl Asked {
    fn values(self, after: Option<&PageKey>, limit: usize) -> Vec<Value> {
        let end = match after.and_then(|key| key.0.first()) {
            Some(Value::Integer(row)) => self.end.min(*row),
            _ => self.end,
        };
        // One more than is shown tells whether there is another page.
        let asked = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut values: Vec<Value> = vec![self.first.into(), end.into(), asked.into()];
        if !self.words.is_empty() {
            values.push(self.words.into());
        }
        values
    }
}

/// The statement that finds studies.
pub(crate) fn study_sql(by_words: bool) -> String {
    let (from, row, matched) = if by_words {
        (
            "study_words w CROSS JOIN sought_studies k ON k.row = w.rowid",
            "w.rowid",
            "study_words MATCH ?4 AND",
        )
    } else {
        ("sought_studies k", "k.row", "")
    };
    format!(
        "SELECT {STUDY}, {row} FROM {from} CROSS JOIN studies s ON s.uid = k.study
         CROSS JOIN patients p ON p.id = s.patient
         WHERE {matched} {row} >= ?1 AND {row} < ?2 ORDER BY {row} DESC LIMIT ?3"
    )
}

/// The statement that finds cases.
pub(crate) fn case_sql(by_words: bool) -> String {
    let (from, row, matched) = if by_words {
        ("case_words w CROSS JOIN sought_cases k ON k.row = w.rowid", "w.rowid", "case_words MATCH ?4 AND")
    } else {
        ("sought_cases k", "k.row", "")
    };
    format!(
        "SELECT k.id, k.number, k.title, {row} FROM {from}
         WHERE {matched} {row} >= ?1 AND {row} < ?2 ORDER BY {row} DESC LIMIT ?3"
    )
}

impl Workspace {
    /// A page of the studies that hold all the words: newest first, undated ones last.
    ///
    /// # Errors
    /// The catalogue cannot be read, or its words not be brought up to date.
    pub fn search_studies(
        &self,
        query: &SearchQuery,
        after: Option<&PageKey>,
        limit: usize,
    ) -> Result<Page<StudyRow>, WorkspaceError> {
        let (mut page, limit) = (Page { rows: Vec::new(), next: None }, limit.max(1));
        let Some(asked) = query.asked() else { return Ok(page) };
        self.keep_up()?;
        let sql = study_sql(!asked.words.is_empty());
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&sql)?;
            let last = statement.column_count().saturating_sub(1);
            let mut found = statement.query(params_from_iter(asked.values(after, limit)))?;
            let mut key = None;
            while let Some(row) = found.next()? {
                if page.rows.len() == limit {
                    page.next = key;
                    break;
                }
                page.rows.push(study_row(row)?);
                key = Some(PageKey(vec![row.get(last)?]));
            }
            page.rows.iter_mut().try_for_each(|row| add_up(tx, row))?;
            Ok(page)
        })
    }

    /// A page of the cases that hold all the words, edited last first; none when days are asked for, which
    /// studies have.
    ///
    /// # Errors
    /// As [`Workspace::search_studies`].
    pub fn search_cases(
        &self,
        query: &SearchQuery,
        after: Option<&PageKey>,
        limit: usize,
    ) -> Result<Page<CaseHit>, WorkspaceError> {
        let (mut page, limit) = (Page { rows: Vec::new(), next: None }, limit.max(1));
        if query.from.is_some() || query.to.is_some() {
            return Ok(page);
        }
        let Some(asked) = query.asked() else { return Ok(page) };
        self.keep_up()?;
        let sql = case_sql(!asked.words.is_empty());
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&sql)?;
            let hit = |row: &Row<'_>| {
                let id: String = row.get(0)?;
                let id: CaseId = id.parse().map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
                })?;
                let hit = CaseHit { id, number: row.get(1)?, title: row.get(2)?, texts: Vec::new() };
                Ok((hit, row.get::<_, i64>(3)?))
            };
            let found = statement.query_map(params_from_iter(asked.values(after, limit)), hit)?;
            let mut found: Vec<(CaseHit, i64)> = found.collect::<Result<_, _>>()?;
            if found.len() > limit {
                found.truncate(limit);
                page.next = found.last().map(|(_, row)| PageKey(vec![Value::from(*row)]));
            }
            let sql = "SELECT number, text FROM sought_statements WHERE sought_case = ?1 ORDER BY place";
            let mut texts = tx.prepare_cached(sql)?;
            for (mut hit, row) in found {
                let rows = texts.query_map([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let all: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
                hit.texts = all.into_iter().filter(|(_, text)| holds_any(text, &query.text)).collect();
                page.rows.push(hit);
            }
            Ok(page)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_ranges_of_rows() {
        let day = |text: &str| Some(text.parse::<Date>().unwrap());
        let asked = |from, to| SearchQuery { from, to, ..SearchQuery::default() }.asked().unwrap();
        let all = asked(None, None);
        assert_eq!((all.first, all.end, all.words.as_str()), (0, i64::MAX, ""));
        let one = asked(day("2024-02-29"), day("2024-02-29"));
        let noon = row_of(day("2024-02-29"), Some("23:59:59".parse().unwrap())) + 0xff_ffff;
        assert!(one.first <= noon && noon < one.end);
        assert!(row_of(day("2024-03-01"), None) >= one.end && row_of(day("2024-02-28"), None) < one.first);
        assert!(asked(None, day("2024-02-29")).first > row_of(None, None) + 0xff_ffff);
        assert!(row_of(day("9999-12-31"), Some("23:59:59".parse().unwrap())) > 0);
    }

    #[test]
    fn what_holds_no_word_finds_nothing() {
        assert_eq!(SearchQuery::words("\"*^").asked(), None);
        let query = SearchQuery { modality: Some("'\"".to_owned()), ..SearchQuery::default() };
        assert_eq!(query.asked(), None);
    }
}

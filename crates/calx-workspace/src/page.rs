//! Lists a page at a time: each page goes on behind the last row of the one before.
//!
//! Not here: looking for words (`search`).
//!
//! Invariants
//! - A page costs what it shows, however many rows come before and after it: its order has an index, nothing is
//!   sorted and nothing skipped (a test reads the plans).
//! - What comes or goes meanwhile moves no other row into or out of a page.
//! - Between two pages nothing is held open, so that a slow reader keeps no writer's log from being emptied.

use calx_model::StudyInstanceUid;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, Row, Transaction, params_from_iter};

use crate::error::WorkspaceError;
use crate::query::{INSTANCE, SERIES, STUDY, add_up, instance_row, series_row, study_row, unsigned};
use crate::rows::{InstanceRow, SeriesRow, StudyRow, Totals};
use crate::workspace::Workspace;

/// What studies are ordered by; UIDs decide between equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StudyOrder {
    /// StudyDate (0008,0020) and StudyTime (0008,0030).
    #[default]
    Date,
    /// PatientName (0010,0010), capitals as small letters.
    PatientName,
    /// PatientID (0010,0020), capitals as small letters.
    PatientId,
    /// StudyDescription (0008,1030), capitals as small letters.
    Description,
    /// StudyInstanceUID (0020,000D).
    Uid,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// The smallest.
    Up,
    /// The largest, so the newest.
    #[default]
    Down,
}

/// Where a page ended; the next one begins behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct PageKey(pub(crate) Vec<Value>);

/// Some rows, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` after the last row.
    pub next: Option<PageKey>,
}

impl Workspace {
    /// A page of at least one study, behind `after` or from the beginning.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn study_page(
        &self,
        order: StudyOrder,
        direction: Direction,
        after: Option<&PageKey>,
        limit: usize,
    ) -> Result<Page<StudyRow>, WorkspaceError> {
        let limit = limit.max(1);
        let sql = study_sql(order, direction, after.is_some());
        let width = key_columns(order).len();
        self.read(|tx| {
            let mut page = page_of(tx, &sql, &[], after, limit, width, study_row)?.page();
            for row in &mut page.rows {
                add_up(tx, row)?;
            }
            Ok(page)
        })
    }

    /// A page of the series of a study, or of all: by study, number, UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn series_page(
        &self,
        study: Option<&StudyInstanceUid>,
        after: Option<&PageKey>,
        limit: usize,
    ) -> Result<Page<SeriesRow>, WorkspaceError> {
        let limit = limit.max(1);
        let sql = series_sql(study.is_some(), after.is_some());
        let own: Vec<Value> = study.iter().map(|uid| Value::from(uid.to_string())).collect();
        self.read(|tx| Ok(page_of(tx, &sql, &own, after, limit, 3, series_row)?.page()))
    }

    /// A page of the instances of a study, or of all: by study, series number, series, number, UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn instance_page(
        &self,
        study: Option<&StudyInstanceUid>,
        after: Option<&PageKey>,
        limit: usize,
    ) -> Result<Page<InstanceRow>, WorkspaceError> {
        let limit = limit.max(1);
        self.read(|tx| {
            let mut rows = Vec::new();
            // A key is that of a series, and then that of an instance in it.
            let mut series = match after {
                Some(PageKey(key)) => Some((key.get(..3).unwrap_or(key).to_vec(), key.get(3..5))),
                None => next_series(tx, study, None)?.map(|key| (key, None)),
            };
            while let Some((key, behind)) = series.take() {
                let behind = behind.map(|key| PageKey(key.to_vec()));
                let own = key.get(2..3).unwrap_or_default();
                let sql = instance_sql(behind.is_some());
                let wanted = limit.saturating_sub(rows.len());
                let found = page_of(tx, &sql, own, behind.as_ref(), wanted, 2, instance_row)?;
                rows.extend(found.rows);
                let next = next_series(tx, study, Some(&key))?;
                if rows.len() >= limit && (found.more || next.is_some()) {
                    let end = found.last.map(|PageKey(end)| PageKey([key, end].concat()));
                    return Ok(Page { rows, next: end });
                }
                series = next.map(|key| (key, None));
            }
            Ok(Page { rows, next: None })
        })
    }

    /// How much there is.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn totals(&self) -> Result<Totals, WorkspaceError> {
        self.read(|tx| {
            let count = |sql: &str| tx.prepare_cached(sql)?.query_row([], |row| unsigned(row, 0));
            Ok(Totals {
                patients: count("SELECT count(*) FROM patients")?,
                studies: count("SELECT count(*) FROM studies")?,
                series: count("SELECT count(*) FROM series")?,
                instances: count("SELECT coalesce(sum(instances), 0) FROM series")?,
                images: count("SELECT coalesce(sum(images), 0) FROM series")?,
            })
        })
    }

    /// Tells each row of all pages; nothing is held between two of them.
    ///
    /// # Errors
    /// What `page` or `tell` says.
    pub fn each_page<T, E: From<WorkspaceError>>(
        &self,
        page: impl Fn(Option<&PageKey>) -> Result<Page<T>, WorkspaceError>,
        tell: &mut dyn FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = None;
        loop {
            let Page { rows, next } = page(after.as_ref())?;
            rows.into_iter().try_for_each(&mut *tell)?;
            match next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}

/// The columns that make the key of a page of studies.
fn key_columns(order: StudyOrder) -> &'static [&'static str] {
    match order {
        StudyOrder::Date => &["s.moment", "s.uid"],
        StudyOrder::PatientName => &["p.by_name", "p.place", "s.uid"],
        StudyOrder::PatientId => &["p.by_patient_id", "p.place", "s.uid"],
        StudyOrder::Description => &["s.by_description", "s.uid"],
        StudyOrder::Uid => &["s.uid"],
    }
}

pub(crate) fn study_sql(order: StudyOrder, direction: Direction, go_on: bool) -> String {
    let (sign, word) = match direction {
        Direction::Up => (">", "ASC"),
        Direction::Down => ("<", "DESC"),
    };
    let key = key_columns(order);
    // The outer table of the join is the one whose index gives the order. A row of it that ended the page
    // before may have more studies.
    let (from, behind) = match *key {
        [name, "p.place", uid] => (
            "patients p CROSS JOIN studies s ON s.patient = p.id",
            format!("({name}, p.place) {sign}= (?1, ?2) AND (p.place <> ?2 OR {uid} {sign} ?3)"),
        ),
        [first, uid] => (
            "studies s CROSS JOIN patients p ON p.id = s.patient",
            format!("({first}, {uid}) {sign} (?1, ?2)"),
        ),
        _ => ("studies s CROSS JOIN patients p ON p.id = s.patient", format!("s.uid {sign} ?1")),
    };
    let behind = if go_on { format!("WHERE {behind}") } else { String::new() };
    let limit = if go_on { key.len() + 1 } else { 1 };
    let ordered: Vec<String> = key.iter().map(|column| format!("{column} {word}")).collect();
    let (columns, ordered) = (key.join(", "), ordered.join(", "));
    format!("SELECT {STUDY}, {columns} FROM {from} {behind} ORDER BY {ordered} LIMIT ?{limit}")
}

pub(crate) fn series_sql(of_study: bool, go_on: bool) -> String {
    let (wanted, limit) = match (of_study, go_on) {
        (false, false) => ("", 1),
        (false, true) => ("WHERE (e.study, e.place, e.uid) > (?1, ?2, ?3)", 4),
        (true, false) => ("WHERE e.study = ?1", 2),
        // The study stands in the key as well, at ?2.
        (true, true) => ("WHERE e.study = ?1 AND e.study = ?2 AND (e.place, e.uid) > (?3, ?4)", 5),
    };
    format!(
        "SELECT {SERIES}, e.study, e.place, e.uid FROM series e {wanted}
         ORDER BY e.study, e.place, e.uid LIMIT ?{limit}"
    )
}

pub(crate) fn instance_sql(go_on: bool) -> String {
    let (behind, limit) = if go_on { ("AND (i.place, i.uid) > (?2, ?3)", 4) } else { ("", 2) };
    format!(
        "SELECT {INSTANCE}, i.place, i.uid
         FROM instances i CROSS JOIN series e ON e.uid = i.series CROSS JOIN files f ON f.id = i.file
         WHERE i.series = ?1 {behind} ORDER BY i.place, i.uid LIMIT ?{limit}"
    )
}

/// The key of the first series behind another.
fn next_series(
    tx: &Transaction<'_>,
    study: Option<&StudyInstanceUid>,
    after: Option<&Vec<Value>>,
) -> Result<Option<Vec<Value>>, WorkspaceError> {
    let wanted = match (study, after) {
        (None, None) => "",
        (None, Some(_)) => "WHERE (study, place, uid) > (?1, ?2, ?3)",
        (Some(_), None) => "WHERE study = ?1",
        (Some(_), Some(_)) => "WHERE study = ?1 AND study = ?2 AND (place, uid) > (?3, ?4)",
    };
    let sql = format!("SELECT study, place, uid FROM series {wanted} ORDER BY study, place, uid LIMIT 1");
    let own = study.map(|uid| Value::from(uid.to_string()));
    let values = own.into_iter().chain(after.into_iter().flatten().cloned());
    let key = |row: &Row<'_>| Ok(vec![row.get(0)?, row.get(1)?, row.get(2)?]);
    Ok(tx.prepare_cached(&sql)?.query_row(params_from_iter(values), key).optional()?)
}

/// Rows of one statement.
struct Rows<T> {
    rows: Vec<T>,
    /// The key of the last row.
    last: Option<PageKey>,
    /// Whether there are rows behind it.
    more: bool,
}

impl<T> Rows<T> {
    fn page(self) -> Page<T> {
        Page { rows: self.rows, next: self.last.filter(|_| self.more) }
    }
}

/// Rows of a statement whose last `width` columns are the key and whose last value is the limit.
fn page_of<T>(
    tx: &Transaction<'_>,
    sql: &str,
    own: &[Value],
    after: Option<&PageKey>,
    limit: usize,
    width: usize,
    row_of: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Rows<T>, WorkspaceError> {
    let mut statement = tx.prepare_cached(sql)?;
    let first = statement.column_count().saturating_sub(width);
    // One more than is shown tells whether there is another page.
    let asked = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let behind = after.map(|key| key.0.as_slice()).unwrap_or_default();
    let values = own.iter().chain(behind).cloned().chain([Value::from(asked)]);
    let mut found = statement.query(params_from_iter(values))?;
    let mut rows = Rows { rows: Vec::new(), last: None, more: false };
    while let Some(row) = found.next()? {
        if rows.rows.len() == limit {
            rows.more = true;
            break;
        }
        rows.rows.push(row_of(row)?);
        let columns = first..first.saturating_add(width);
        rows.last = Some(PageKey(columns.map(|at| row.get(at)).collect::<Result<_, _>>()?));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::search;

    /// What SQLite would do, step by step; nothing of it may sort.
    fn plan(sql: &str) -> Vec<String> {
        let mut catalogue = Connection::open_in_memory().unwrap();
        let tx = catalogue.transaction().unwrap();
        crate::tables::make(&tx).unwrap();
        let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let unbound: Vec<Value> = (0..statement.parameter_count()).map(|_| Value::Null).collect();
        let steps = statement.query_map(params_from_iter(unbound), |row| row.get(3)).unwrap();
        let steps: Vec<String> = steps.collect::<Result<_, _>>().unwrap();
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:#?}\n{sql}");
        let scans = steps.iter().skip(1).filter(|step| step.starts_with("SCAN")).count();
        assert_eq!(scans, 0, "only the table that gives the order is walked: {steps:#?}\n{sql}");
        steps
    }

    fn check(sql: &str, first: &str) {
        let steps = plan(sql);
        assert!(steps[0].starts_with(first), "{steps:#?}\n{sql}");
    }

    #[test]
    fn a_page_walks_an_index_from_where_it_begins() {
        for direction in [Direction::Up, Direction::Down] {
            let sign = if direction == Direction::Up { ">" } else { "<" };
            for (order, table, index, key) in [
                (StudyOrder::Date, "s", "studies_by_date", "moment,uid"),
                (StudyOrder::Description, "s", "studies_by_description", "by_description,uid"),
                (StudyOrder::PatientName, "p", "patients_by_name", "by_name,place"),
                (StudyOrder::PatientId, "p", "patients_by_patient_id", "by_patient_id,place"),
            ] {
                let first = study_sql(order, direction, false);
                assert!(plan(&first)[0].contains(index), "{order:?}: {:#?}", plan(&first));
                let key = format!("({key}){sign}(?,?)");
                let next = study_sql(order, direction, true);
                let step = plan(&next).swap_remove(0);
                assert!(
                    step.starts_with(&format!("SEARCH {table} "))
                        && step.contains(index)
                        && step.contains(&key),
                    "{order:?} {step}"
                );
            }
            check(&study_sql(StudyOrder::Uid, direction, false), "SCAN s");
            check(&study_sql(StudyOrder::Uid, direction, true), "SEARCH s USING PRIMARY KEY (uid");
        }
        check(&series_sql(false, false), "SCAN e USING INDEX series_by_study");
        check(&series_sql(false, true), "SEARCH e USING INDEX series_by_study ((study,place,uid)>(?,?,?))");
        check(&series_sql(true, false), "SEARCH e USING INDEX series_by_study (study=?)");
        check(
            &series_sql(true, true),
            "SEARCH e USING INDEX series_by_study (study=? AND (place,uid)>(?,?))",
        );
        check(&instance_sql(false), "SEARCH i USING INDEX instances_by_series (series=?)");
        check(
            &instance_sql(true),
            "SEARCH i USING INDEX instances_by_series (series=? AND (place,uid)>(?,?))",
        );
    }

    #[test]
    fn a_page_of_answers_sorts_nothing() {
        for sql in [search::study_sql(true), search::case_sql(true)] {
            check(&sql, "SCAN w VIRTUAL TABLE INDEX");
        }
        for sql in [search::study_sql(false), search::case_sql(false)] {
            check(&sql, "SEARCH k USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)");
        }
    }
}

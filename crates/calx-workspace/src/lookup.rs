//! From what a person types to the thing meant.
//!
//! A bare decimal is a case number; at least 6 hex digits, or any after `id:`, begin an id; digits with a
//! dot begin a UID; `r-` begins a run. An exact match wins over a prefix.

use calx_model::{CaseId, PlaylistId, SeriesInstanceUid, SopInstanceUid, StudyInstanceUid};

use crate::error::WorkspaceError;
use crate::query::not_found;
use crate::workspace::Workspace;

/// Fewer hex digits than this need `id:` before them.
const SHORTEST: usize = 6;
/// Candidates named in a message.
const SHOWN: usize = 20;

/// What an id stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A case.
    Case(CaseId),
    /// A playlist.
    Playlist(PlaylistId),
    /// A study.
    Study(StudyInstanceUid),
    /// A series.
    Series(SeriesInstanceUid),
    /// An instance.
    Instance(SopInstanceUid),
    /// A run of import.
    Run(String),
}

impl Found {
    /// As named among candidates.
    fn named(&self) -> String {
        match self {
            Self::Case(id) => format!("case {id}"),
            Self::Playlist(id) => format!("playlist {id}"),
            Self::Study(uid) => format!("study {uid}"),
            Self::Series(uid) => format!("series {uid}"),
            Self::Instance(uid) => format!("instance {uid}"),
            Self::Run(run) => format!("run {run}"),
        }
    }
}

/// What the text can only be.
enum Meant {
    Number(u32),
    /// Hex digits, no hyphens, lower case.
    IdPrefix(String),
    UidPrefix(String),
    RunPrefix(String),
}

fn meant(text: &str) -> Result<Meant, WorkspaceError> {
    let text = text.trim();
    let bad = || WorkspaceError::BadId(text.chars().take(80).collect());
    if let Some(rest) = text.strip_prefix("id:") {
        return hex(rest).filter(|hex| !hex.is_empty()).map(Meant::IdPrefix).ok_or_else(bad);
    }
    if text.starts_with("r-") {
        return Ok(Meant::RunPrefix(text.to_owned()));
    }
    if let Ok(number) = text.parse() {
        return Ok(Meant::Number(number));
    }
    if text.contains('.') && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Ok(Meant::UidPrefix(text.to_owned()));
    }
    hex(text).filter(|hex| hex.len() >= SHORTEST).map(Meant::IdPrefix).ok_or_else(bad)
}

fn hex(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
    (digits.len() <= 32 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(digits)
}

fn begins(id: uuid::Uuid, prefix: &str) -> bool {
    id.simple().to_string().starts_with(prefix)
}

fn only(what: &'static str, text: &str, mut found: Vec<Found>) -> Result<Found, WorkspaceError> {
    match found.len() {
        0 => Err(not_found(what, text)),
        1 => found.pop().ok_or_else(|| not_found(what, text)),
        _ => {
            let candidates = found.iter().take(SHOWN).map(Found::named).collect();
            Err(WorkspaceError::Ambiguous { id: text.to_owned(), candidates })
        }
    }
}

impl Workspace {
    /// Finds whatever `text` means; things inside a case are looked up in the case.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], [`WorkspaceError::Ambiguous`], [`WorkspaceError::BadId`].
    pub fn lookup(&self, text: &str) -> Result<Found, WorkspaceError> {
        let found = match meant(text)? {
            Meant::Number(_) => return self.find_case(text).map(Found::Case),
            Meant::IdPrefix(prefix) => {
                let cases = self.case_ids()?.into_iter().filter(|id| begins(id.0, &prefix)).map(Found::Case);
                let lists = self.playlist_ids()?.into_iter().filter(|id| begins(id.0, &prefix));
                cases.chain(lists.map(Found::Playlist)).collect()
            }
            Meant::UidPrefix(prefix) => {
                let mut found = self.uids("studies", &prefix, StudyInstanceUid::new, Found::Study)?;
                found.extend(self.uids("series", &prefix, SeriesInstanceUid::new, Found::Series)?);
                found.extend(self.uids("instances", &prefix, SopInstanceUid::new, Found::Instance)?);
                let exact = |found: &&Found| match found {
                    Found::Study(uid) => uid.as_str() == prefix,
                    Found::Series(uid) => uid.as_str() == prefix,
                    Found::Instance(uid) => uid.as_str() == prefix,
                    _ => false,
                };
                match found.iter().find(exact) {
                    Some(one) => vec![one.clone()],
                    None => found,
                }
            }
            Meant::RunPrefix(prefix) => {
                let runs = self.runs()?.into_iter().map(|row| row.run);
                runs.filter(|run| run.starts_with(&prefix)).map(Found::Run).collect()
            }
        };
        only("thing with the id", text, found)
    }

    /// Finds a case by number (`52`), id, id prefix of at least 6 hex digits, or `id:` and any prefix.
    ///
    /// # Errors
    /// As [`Workspace::lookup`].
    pub fn find_case(&self, text: &str) -> Result<CaseId, WorkspaceError> {
        let found: Vec<Found> = match meant(text)? {
            Meant::Number(number) => {
                let rows = self.case_list()?.into_iter().filter(|row| row.number == Some(number));
                rows.map(|row| Found::Case(row.id)).collect()
            }
            Meant::IdPrefix(prefix) => {
                self.case_ids()?.into_iter().filter(|id| begins(id.0, &prefix)).map(Found::Case).collect()
            }
            Meant::UidPrefix(_) | Meant::RunPrefix(_) => Vec::new(),
        };
        match only("case", text, found)? {
            Found::Case(id) => Ok(id),
            _ => Err(not_found("case", text)),
        }
    }

    /// Finds a study by UID or prefix.
    ///
    /// # Errors
    /// As [`Workspace::lookup`].
    pub fn find_study(&self, text: &str) -> Result<StudyInstanceUid, WorkspaceError> {
        match self.find_uid("study", "studies", text, StudyInstanceUid::new, Found::Study)? {
            Found::Study(uid) => Ok(uid),
            _ => Err(not_found("study", text)),
        }
    }

    /// Finds an instance by UID or prefix.
    ///
    /// # Errors
    /// As [`Workspace::lookup`].
    pub fn find_instance(&self, text: &str) -> Result<SopInstanceUid, WorkspaceError> {
        match self.find_uid("instance", "instances", text, SopInstanceUid::new, Found::Instance)? {
            Found::Instance(uid) => Ok(uid),
            _ => Err(not_found("instance", text)),
        }
    }

    fn find_uid<T>(
        &self,
        what: &'static str,
        table: &'static str,
        text: &str,
        new: fn(&str) -> Result<T, calx_model::uid::UidError>,
        found: fn(T) -> Found,
    ) -> Result<Found, WorkspaceError> {
        let Meant::UidPrefix(prefix) = meant(text)? else { return Err(not_found(what, text)) };
        let mut all = self.uids(table, &prefix, new, found)?;
        // Sorted by UID, an exact match comes first.
        if all.first().is_some_and(|one| one.named() == format!("{what} {prefix}")) {
            all.truncate(1);
        }
        only(what, text, all)
    }

    /// UIDs of a table that begin with a prefix, sorted; one more than is shown at most.
    fn uids<T>(
        &self,
        table: &'static str,
        prefix: &str,
        new: fn(&str) -> Result<T, calx_model::uid::UidError>,
        found: fn(T) -> Found,
    ) -> Result<Vec<Found>, WorkspaceError> {
        // Digits and dots sort below `:`, so this is a range of the primary key.
        let sql =
            format!("SELECT uid FROM {table} WHERE uid >= ?1 AND uid < ?1 || ':' ORDER BY uid LIMIT ?2");
        self.read(|tx| {
            let mut statement = tx.prepare_cached(&sql)?;
            let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
            let rows =
                statement.query_map(rusqlite::params![prefix, limit], |row| row.get::<_, String>(0))?;
            let uids = rows.collect::<Result<Vec<_>, _>>()?;
            Ok(uids.iter().filter_map(|uid| new(uid).ok()).map(found).collect())
        })
    }
}

//! Conflicts: instances with several files of other bytes, and referenced files that changed; and deciding them.
//!
//! A case names an image by SOPInstanceUID alone. So what counts for the instance is what its cases show, and
//! marks made on other bytes are told before anything changes.
//!
//! Not here: the journal of decisions (`resolutions`), the rows that follow (`refile`).
//!
//! Invariants
//! - A decision removes no byte: what does not count is kept and can be taken again.
//! - The journal comes first; the catalogue follows it, at once or when the same is decided again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use calx_dicom::{InstanceHeader, Intake, read_intake};
use calx_model::{CaseId, SopInstanceUid, Stamp};
use rusqlite::{Transaction, params};

use crate::error::WorkspaceError;
use crate::file_rows::{self, KNOWN, Known, Place, known_of};
use crate::import::{Facts, chain, digest_known, modified, open_file, sha256_of};
use crate::query::not_found;
use crate::refile::count_file;
use crate::resolutions::{Decisions, Resolution};
use crate::workspace::Workspace;

/// Whether the bytes of a file can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bytes {
    /// They are there.
    There,
    /// The file is there and is another by now.
    Changed,
    /// The file is gone or cannot be read.
    Gone,
}

impl Bytes {
    /// The word in lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Changed => "changed",
            Self::Gone => "gone",
        }
    }
}

/// One of the files of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// SHA-256; a referenced file that was never digested has none.
    pub sha256: Option<String>,
    /// Bytes.
    pub size: u64,
    /// A managed copy.
    pub managed: bool,
    /// Where it is.
    pub path: PathBuf,
    /// Where its bytes came from, as far as that was kept: a file that was imported within the seconds after it was
    /// written is not remembered.
    pub origins: Vec<PathBuf>,
    /// When the file, or what it was copied from, was last changed.
    pub modified: Option<jiff::Timestamp>,
    /// Whether it counts.
    pub counts: bool,
    /// Whether it can be had.
    pub bytes: Bytes,
    /// Its row; a changed file as it is now has none yet.
    known: Option<Known>,
}

/// A case that shows an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownIn {
    /// The case.
    pub case: CaseId,
    /// Its number.
    pub number: Option<u32>,
    /// Regions on the image.
    pub marks: usize,
}

impl ShownIn {
    fn named(&self) -> String {
        let name = self.number.map_or_else(|| self.case.to_string(), |number| number.to_string());
        let marks = if self.marks == 1 { "1 mark".to_owned() } else { format!("{} marks", self.marks) };
        format!("case {name} ({marks})")
    }
}

/// An instance with several files, or with one that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// SOPInstanceUID (0008,0018).
    pub instance: SopInstanceUid,
    /// Its files, by digest.
    pub candidates: Vec<Candidate>,
    /// The last decision on it.
    pub decided: Option<Resolution>,
    /// Whether a decision is wanted: there is none, or it does not know all files.
    pub open: bool,
    /// Cases that show it.
    pub cases: Vec<ShownIn>,
}

impl Conflict {
    fn new(instance: SopInstanceUid, candidates: Vec<Candidate>, decided: Option<Resolution>) -> Self {
        let is_decided = decided.as_ref().is_some_and(|decided| {
            candidates.iter().all(|one| {
                let known = one.sha256.as_deref();
                known.is_some_and(|sha256| decided.names(sha256))
                    && one.counts == (known == Some(decided.counts.as_str()))
                    && (!one.counts || one.bytes == Bytes::There)
            })
        });
        Self { instance, candidates, decided, open: !is_decided, cases: Vec::new() }
    }

    /// Whether anything can be decided here.
    fn is_one(&self) -> bool {
        self.candidates.len() > 1
    }
}

/// What counts from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// What counts already.
    Keep,
    /// The file with this SHA-256 or beginning of it; `None`: the only other one.
    Take(Option<String>),
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// SHA-256 of what counts.
    pub counts: String,
    /// SHA-256 of what is kept and does not count.
    pub others: Vec<String>,
    /// Whether other bytes count than before.
    pub changed: bool,
    /// Whether the image has another size or other frames than before.
    pub other_size: bool,
    /// Cases that show the instance.
    pub cases: Vec<ShownIn>,
}

impl Workspace {
    /// All conflicts, by UID. With `changed`, every referenced file is looked at as well.
    ///
    /// # Errors
    /// The catalogue, the journal of decisions or the folder of cases cannot be read.
    pub fn conflicts(&self, changed: bool) -> Result<Vec<Conflict>, WorkspaceError> {
        let decisions = self.decisions()?;
        let several = "SELECT instance FROM files GROUP BY instance HAVING count(*) > 1";
        let referenced = "SELECT instance FROM files WHERE managed = 0 UNION
                          SELECT instance FROM files GROUP BY instance HAVING count(*) > 1";
        let uids = self.read(|tx| uids(tx, if changed { referenced } else { several }))?;
        let mut found = Vec::new();
        for uid in uids {
            let conflict = self.look_at_conflict(uid, &decisions)?;
            found.extend(Some(conflict).filter(Conflict::is_one));
        }
        let mut shown = self.shown_in()?;
        for conflict in &mut found {
            conflict.cases = shown.remove(&conflict.instance).unwrap_or_default();
        }
        Ok(found)
    }

    /// The conflict of one instance.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`] when there is nothing to decide.
    pub fn conflict(&self, uid: &SopInstanceUid) -> Result<Conflict, WorkspaceError> {
        self.instance(uid)?;
        let mut conflict = self.look_at_conflict(uid.clone(), &self.decisions()?)?;
        if !conflict.is_one() {
            return Err(not_found("conflict to decide on instance", uid.as_str()));
        }
        conflict.cases = self.shown_in()?.remove(uid).unwrap_or_default();
        Ok(conflict)
    }

    /// Decides which file counts. `confirmed`: a person knows that cases were made on the bytes that count now.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`], [`WorkspaceError::Ambiguous`], [`WorkspaceError::NoBytes`];
    /// [`WorkspaceError::ShownInCases`] unless confirmed. Nothing is changed then.
    pub fn resolve(
        &self,
        uid: &SopInstanceUid,
        choice: &Choice,
        confirmed: bool,
        stamp: Stamp,
    ) -> Result<Resolved, WorkspaceError> {
        let conflict = self.conflict(uid)?;
        let resolved = self.plan_resolve(&conflict, choice, confirmed)?;
        let mut journal = self.write_resolutions()?;
        self.write(|tx| {
            let mut digests = conflict
                .candidates
                .iter()
                .filter_map(|one| Some((one.known.as_ref()?, one.sha256.as_ref()?)));
            digests.try_for_each(|(known, sha256)| file_rows::keep_digest(tx, uid.as_str(), known, sha256))
        })?;
        journal.decide(uid, resolved.counts.clone(), resolved.others.clone(), stamp)?;
        self.follow(uid, &resolved.counts)?;
        Ok(resolved)
    }

    /// Says what [`Workspace::resolve`] would do.
    ///
    /// # Errors
    /// As of [`Workspace::resolve`].
    pub fn plan_resolve(
        &self,
        conflict: &Conflict,
        choice: &Choice,
        confirmed: bool,
    ) -> Result<Resolved, WorkspaceError> {
        let uid = conflict.instance.as_str();
        let chosen = chosen(conflict, choice)?;
        let no_bytes = |why: &str| WorkspaceError::NoBytes { uid: uid.to_owned(), why: why.to_owned() };
        let counts = match chosen.bytes {
            Bytes::There => sha256_of(&chosen.path)
                .map_err(|error| no_bytes(&format!("cannot be read ({})", chain(&error))))?,
            Bytes::Changed => return Err(no_bytes("has changed since it was imported")),
            Bytes::Gone => return Err(no_bytes("is gone")),
        };
        if chosen.sha256.as_ref().is_some_and(|sha256| *sha256 != counts) {
            return Err(no_bytes("has other bytes than when it was imported"));
        }
        let mut others: Vec<String> = conflict
            .candidates
            .iter()
            .filter_map(|one| one.sha256.clone())
            .filter(|one| *one != counts)
            .collect();
        others.sort_unstable();
        others.dedup();
        let changed = !chosen.counts;
        if changed && !confirmed && !conflict.cases.is_empty() {
            let cases = conflict.cases.iter().map(ShownIn::named).collect();
            return Err(WorkspaceError::ShownInCases { uid: uid.to_owned(), cases });
        }
        let (header, _) = look(chosen, uid)?;
        let row = self.instance(&conflict.instance)?;
        let other_size =
            (row.rows, row.columns, row.frames) != (header.rows, header.columns, header.number_of_frames);
        Ok(Resolved { counts, others, changed, other_size, cases: conflict.cases.clone() })
    }

    /// Lets the catalogue follow a decision; `false` when it does already, or none of its files has these bytes.
    pub(crate) fn follow(&self, uid: &SopInstanceUid, counts: &str) -> Result<bool, WorkspaceError> {
        let conflict = self.look_at_conflict(uid.clone(), &Decisions::new())?;
        let of_bytes = |one: &&Candidate| one.sha256.as_deref() == Some(counts) && one.bytes == Bytes::There;
        let Some(chosen) = conflict.candidates.iter().find(of_bytes) else { return Ok(false) };
        if chosen.counts {
            return Ok(false);
        }
        let (header, intake) = look(chosen, uid.as_str())?;
        let heirs = self.heirs(&header)?;
        self.write(|tx| {
            let file = match &chosen.known {
                Some(known) => known.file,
                None => {
                    let path = std::path::absolute(&chosen.path)
                        .map_err(|source| WorkspaceError::io("find the file", &chosen.path, source))?;
                    let place = Place { managed: false, path: crate::path_bytes::to_bytes(&path) };
                    let facts = Facts { sha256: Some(counts.to_owned()), ..intake.1.clone() };
                    file_rows::add_file(tx, uid, &facts, &place)?
                }
            };
            if !chosen.managed {
                // What that place held before is there no more.
                let sql = "UPDATE instances SET file = ?1 WHERE uid = ?2 AND file IN
                           (SELECT id FROM files WHERE instance = ?2 AND managed = 0 AND path =
                               (SELECT path FROM files WHERE id = ?1))";
                tx.execute(sql, params![file, uid.as_str()])?;
                let sql = "DELETE FROM files WHERE instance = ?2 AND managed = 0 AND id <> ?1 AND path =
                           (SELECT path FROM files WHERE id = ?1)";
                tx.execute(sql, params![file, uid.as_str()])?;
            }
            count_file(tx, &header, intake.0.as_deref(), file, &heirs)
        })?;
        Ok(true)
    }

    /// Decisions that the catalogue does not follow although the bytes are there.
    pub(crate) fn unfollowed(&self) -> Result<Vec<Resolution>, WorkspaceError> {
        let sql = "SELECT count(*) FROM instances i JOIN files f ON f.id = i.file JOIN files g ON g.instance = i.uid
                   WHERE i.uid = ?1 AND f.sha256 IS NOT ?2 AND g.sha256 = ?2";
        let mut found = Vec::new();
        for decision in self.decisions()?.into_values() {
            let (uid, counts) = (decision.instance.as_str(), decision.counts.as_str());
            let open: i64 =
                self.read(|tx| Ok(tx.prepare_cached(sql)?.query_row([uid, counts], |row| row.get(0))?))?;
            if open > 0 {
                found.push(decision);
            }
        }
        Ok(found)
    }

    fn look_at_conflict(
        &self,
        uid: SopInstanceUid,
        decisions: &Decisions,
    ) -> Result<Conflict, WorkspaceError> {
        let (counting, known) = self.read(|tx| {
            let sql = format!("SELECT {KNOWN} FROM files f WHERE f.instance = ?1 ORDER BY f.sha256 IS NULL, f.sha256, f.path");
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement.query_map([uid.as_str()], |row| known_of(row, 0))?;
            Ok((file_rows::known(tx, &uid)?, rows.collect::<Result<Vec<_>, _>>()?))
        })?;
        let counting = counting.map(|known| known.file);
        let mut candidates: Vec<Candidate> = Vec::new();
        for one in known {
            candidates.push(self.candidate(one, counting)?);
        }
        let changed = candidates.iter().filter(|one| one.bytes == Bytes::Changed);
        let changed: Vec<PathBuf> = changed.map(|one| one.path.clone()).collect();
        for path in changed {
            let there = |one: &Candidate| one.path == path && one.bytes == Bytes::There;
            if !candidates.iter().any(there) {
                candidates.extend(as_it_is_now(path, &uid));
            }
        }
        // A file alone is compared with nothing: its bytes need not be read.
        if candidates.len() > 1 {
            self.digest_candidates(&uid, &mut candidates)?;
        }
        let decided = decisions.get(&uid).cloned();
        Ok(Conflict::new(uid, candidates, decided))
    }

    fn candidate(&self, known: Known, counting: Option<i64>) -> Result<Candidate, WorkspaceError> {
        let path = self.path_of(&known.place);
        let bytes = match self.changed(&known) {
            Ok(None) => Bytes::There,
            Ok(Some(_)) => Bytes::Changed,
            Err(_) => Bytes::Gone,
        };
        let counts = counting == Some(known.file);
        let (sha256, size, managed) = (known.sha256.clone(), known.size, known.place.managed);
        let (origins, changed) = match &sha256 {
            Some(sha256) if managed => self.origins(sha256)?,
            _ => (vec![path.clone()], known.modified),
        };
        let modified = changed.and_then(at);
        Ok(Candidate { sha256, size, managed, path, origins, modified, counts, bytes, known: Some(known) })
    }

    /// Where bytes were copied from, and when that was last changed, in nanoseconds since 1970.
    fn origins(&self, sha256: &str) -> Result<(Vec<PathBuf>, Option<i64>), WorkspaceError> {
        let sql = "SELECT path, max(modified) FROM (
                       SELECT path, modified FROM sources WHERE sha256 = ?1
                       UNION ALL SELECT path, NULL FROM import_issues WHERE sha256 = ?1)
                   GROUP BY path ORDER BY path";
        let rows: Vec<(Vec<u8>, Option<i64>)> = self.read(|tx| {
            let mut statement = tx.prepare_cached(sql)?;
            let rows = statement.query_map([sha256], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let changed = rows.iter().filter_map(|(_, modified)| *modified).min();
        Ok((rows.into_iter().map(|(path, _)| crate::path_bytes::from_bytes(path)).collect(), changed))
    }

    /// Takes the digests that are missing, and keeps them for the next time.
    fn digest_candidates(
        &self,
        uid: &SopInstanceUid,
        candidates: &mut [Candidate],
    ) -> Result<(), WorkspaceError> {
        for one in candidates.iter_mut().filter(|one| one.sha256.is_none() && one.bytes == Bytes::There) {
            let Some(known) = &one.known else { continue };
            let Some(sha256) = digest_known(self, known) else { continue };
            self.write(|tx| file_rows::keep_digest(tx, uid.as_str(), known, &sha256))?;
            one.sha256 = Some(sha256);
        }
        Ok(())
    }

    /// Which cases show which instances. A case that cannot be read is left to `verify`.
    fn shown_in(&self) -> Result<BTreeMap<SopInstanceUid, Vec<ShownIn>>, WorkspaceError> {
        let mut shown: BTreeMap<SopInstanceUid, Vec<ShownIn>> = BTreeMap::new();
        for id in self.case_ids()? {
            let Ok(document) = self.read_case(id) else { continue };
            let case = document.case();
            for (_, image) in case.images() {
                let marks = case.regions.iter().filter(|region| region.image == image.id).count();
                let row = ShownIn { case: id, number: case.number, marks };
                shown.entry(image.source.clone()).or_default().push(row);
            }
        }
        Ok(shown)
    }
}

/// Nanoseconds since 1970 as a moment.
fn at(nanoseconds: i64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_nanosecond(nanoseconds.into()).ok()
}

fn uids(tx: &Transaction<'_>, sql: &str) -> Result<Vec<SopInstanceUid>, WorkspaceError> {
    let mut statement = tx.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let texts = rows.collect::<Result<Vec<_>, _>>()?;
    let mut uids: Vec<_> = texts.iter().filter_map(|text| SopInstanceUid::new(text).ok()).collect();
    uids.sort_unstable();
    Ok(uids)
}

/// What a choice means.
fn chosen<'a>(conflict: &'a Conflict, choice: &Choice) -> Result<&'a Candidate, WorkspaceError> {
    let uid = conflict.instance.as_str();
    let others = || conflict.candidates.iter().filter(|one| !one.counts);
    let (found, asked): (Vec<&Candidate>, String) = match choice {
        Choice::Keep => (conflict.candidates.iter().filter(|one| one.counts).collect(), uid.to_owned()),
        Choice::Take(None) => {
            // What was never there to be taken makes no choice harder.
            let there: Vec<_> = others().filter(|one| one.bytes == Bytes::There).collect();
            (if there.is_empty() { others().collect() } else { there }, format!("another file of {uid}"))
        }
        Choice::Take(Some(digest)) => {
            let begins = |one: &&Candidate| {
                one.sha256.as_ref().is_some_and(|sha256| sha256.starts_with(digest.as_str()))
            };
            (conflict.candidates.iter().filter(begins).collect(), digest.clone())
        }
    };
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(not_found("file of this instance with SHA-256", &asked)),
        several => {
            let candidates = several.iter().map(|one| one.sha256.clone().unwrap_or_default()).collect();
            Err(WorkspaceError::Ambiguous { id: asked, candidates })
        }
    }
}

/// A changed file as it is now, if it still is this instance.
fn as_it_is_now(path: PathBuf, uid: &SopInstanceUid) -> Option<Candidate> {
    let (file, meta) = open_file(&path).ok()?;
    let read = read_intake(&file, &meta).ok()?;
    if read.value.header.instance != *uid {
        return None;
    }
    let sha256 = sha256_of(&path).ok();
    Some(Candidate {
        sha256,
        size: meta.len(),
        managed: false,
        origins: vec![path.clone()],
        modified: modified(&meta).and_then(at),
        path,
        counts: false,
        bytes: Bytes::There,
        known: None,
    })
}

/// Reads the header of a file that is to count; also why its pixels are not whole, and what else its row holds.
fn look(chosen: &Candidate, uid: &str) -> Result<(InstanceHeader, (Option<String>, Facts)), WorkspaceError> {
    let no_bytes = |why: String| WorkspaceError::NoBytes { uid: uid.to_owned(), why };
    let unreadable = |error: &dyn std::error::Error| no_bytes(format!("cannot be read ({})", chain(error)));
    let (file, meta) = open_file(&chosen.path).map_err(|error| unreadable(&error))?;
    let Intake { header, damaged, mark } =
        read_intake(&file, &meta).map_err(|error| unreadable(&error))?.value;
    if header.instance.as_str() != uid {
        return Err(no_bytes("holds another instance by now".to_owned()));
    }
    let facts = Facts { size: meta.len(), modified: modified(&meta), sha256: None, mark: mark.into() };
    Ok((header, (damaged, facts)))
}

//! Where a person can still be named when the rows of their studies are gone: paths, reports of import, what runs were
//! asked, objects without rows, things put aside, the history of cases.
//!
//! Not here: the rows, objects and cases themselves (`forget`).
//!
//! Invariants
//! - A UID or number is found as a whole, never as a part of a longer one.
//! - Names and numbers count only of a patient of whom nothing is left.
//! - No file that holds bytes goes for a name or number in it: what only these speak for is doubtful, and told.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use calx_dicom::{Locator, read_header};
use calx_model::CaseId;
use rusqlite::{Transaction, params};

use crate::error::WorkspaceError;
use crate::forget::{Beside, Forgotten, Reach};
use crate::import::drop_plan;
use crate::repair::QUARANTINE;
use crate::workspace::Workspace;

/// Of a file without a header, this much is looked at.
const LOOKED_AT: u64 = 16 * 1024 * 1024;
/// A patient's number shorter than this is looked for as a whole name of a folder or file only.
const TELLING: usize = 4;

/// Whose a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Theirs,
    /// It may be another's: only a person can tell.
    Doubtful,
    Others,
}

/// Files that no row names.
#[derive(Debug, Default)]
pub(crate) struct Unnamed {
    pub(crate) theirs: Vec<PathBuf>,
    pub(crate) doubtful: Vec<PathBuf>,
}

/// What names those who are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    /// UIDs of studies, series and instances.
    uids: BTreeSet<Vec<u8>>,
    /// PatientID (0010,0020), in small letters.
    numbers: BTreeSet<Vec<u8>>,
    /// The parts of each PatientName (0010,0010), in small letters.
    names: BTreeSet<Vec<String>>,
    /// Each PatientID (0010,0020) of a file that goes, whether or not others of it stay.
    holders: BTreeSet<String>,
    /// What was asked.
    whom: Option<Forgotten>,
    /// Where files were read from.
    paths: BTreeSet<Vec<u8>>,
}

impl Traces {
    /// Of these studies and instances, which are still in the catalogue.
    pub(crate) fn gather(
        tx: &Transaction<'_>,
        whom: &Forgotten,
        reach: &Reach,
    ) -> Result<Self, WorkspaceError> {
        let Reach { studies, instances, .. } = reach;
        let mut traces = Self { whom: Some(whom.clone()), ..Self::default() };
        traces.holders.extend(whom.patient().map(|id| id.trim().to_owned()));
        let mut patients = BTreeSet::new();
        for uid in instances {
            traces.uids.insert(uid.clone().into_bytes());
            let sql = "SELECT i.series, i.patient FROM instances i WHERE i.uid = ?1";
            let (series, patient): (String, i64) =
                tx.prepare_cached(sql)?.query_row([uid], |row| Ok((row.get(0)?, row.get(1)?)))?;
            traces.uids.insert(series.into_bytes());
            patients.insert(patient);
            for sql in [
                "SELECT path FROM files WHERE instance = ?1 AND managed = 0",
                "SELECT path FROM import_issues WHERE uid = ?1",
            ] {
                let mut statement = tx.prepare_cached(sql)?;
                let rows = statement.query_map([uid], |row| row.get::<_, Vec<u8>>(0))?;
                traces.paths.extend(rows.collect::<Result<Vec<_>, _>>()?);
            }
        }
        traces.uids.extend(studies.iter().map(|uid| uid.clone().into_bytes()));
        let mut remembered = tx.prepare("SELECT path, instance FROM sources")?;
        let mut rows = remembered.query([])?;
        while let Some(row) = rows.next()? {
            if instances.contains(row.get_ref(1)?.as_str().unwrap_or_default()) {
                traces.paths.insert(row.get(0)?);
            }
        }
        for patient in patients {
            let sql = "SELECT i.uid FROM instances i WHERE i.patient = ?1";
            let mut statement = tx.prepare_cached(sql)?;
            let rows = statement.query_map([patient], |row| row.get::<_, String>(0))?;
            let all = rows.collect::<Result<Vec<_>, _>>()?;
            let sql = "SELECT patient_id, name FROM patients WHERE id = ?1";
            let (number, name): (String, String) =
                tx.prepare_cached(sql)?.query_row([patient], |row| Ok((row.get(0)?, row.get(1)?)))?;
            traces.holders.insert(number.trim().to_owned());
            if all.iter().all(|uid| instances.contains(uid)) {
                traces.add_person(&number, &name);
            }
        }
        for one in &reach.beside {
            traces.add_beside(tx, one, instances)?;
        }
        Ok(traces)
    }

    /// Of a file that does not count, what no file that stays says too.
    fn add_beside(
        &mut self,
        tx: &Transaction<'_>,
        one: &Beside,
        instances: &BTreeSet<String>,
    ) -> Result<(), WorkspaceError> {
        if !one.place.managed {
            self.paths.insert(one.place.path.clone());
        }
        for sql in
            ["SELECT path FROM sources WHERE sha256 = ?1", "SELECT path FROM import_issues WHERE sha256 = ?1"]
        {
            let mut statement = tx.prepare_cached(sql)?;
            let rows = statement.query_map([&one.sha256], |row| row.get::<_, Vec<u8>>(0))?;
            self.paths.extend(rows.collect::<Result<Vec<_>, _>>()?);
        }
        let Some(header) = &one.header else { return Ok(()) };
        for (sql, uid) in [
            ("SELECT 1 FROM studies WHERE uid = ?1", header.study.as_str()),
            ("SELECT 1 FROM series WHERE uid = ?1", header.series.as_str()),
        ] {
            if !tx.prepare_cached(sql)?.exists([uid])? {
                self.uids.insert(uid.as_bytes().to_vec());
            }
        }
        let number = header.patient_id.raw();
        self.holders.insert(number.trim().to_owned());
        let sql = "SELECT i.uid FROM instances i JOIN patients p ON p.id = i.patient WHERE p.patient_id = ?1";
        let mut statement = tx.prepare_cached(sql)?;
        let rows = statement.query_map([number], |row| row.get::<_, String>(0))?;
        let counting = rows.collect::<Result<Vec<_>, _>>()?;
        if counting.iter().all(|uid| instances.contains(uid)) {
            self.add_person(number, header.patient_name.raw());
        }
        Ok(())
    }

    fn add_person(&mut self, number: &str, name: &str) {
        let number = number.trim().to_lowercase();
        if !number.is_empty() {
            self.numbers.insert(number.into_bytes());
        }
        for name in name.to_lowercase().split('=') {
            let parts: Vec<String> = name
                .split(|c: char| !c.is_alphanumeric())
                .filter(|part| part.chars().count() > 1)
                .map(str::to_owned)
                .collect();
            // A first name alone is nobody's.
            if parts.len() > 1 || parts.iter().any(|part| part.chars().count() >= TELLING) {
                self.names.insert(parts);
            }
        }
    }

    /// Whether a path or a text names one of them.
    fn is_in(&self, text: &[u8]) -> bool {
        if self.has_uid(text) {
            return true;
        }
        let small = String::from_utf8_lossy(text).to_lowercase();
        let of_number = |number: &Vec<u8>| match number.len() {
            0..TELLING => {
                small.as_bytes().split(|byte| matches!(byte, b'/' | b'\\')).any(|part| part == &number[..])
            }
            // A part of a UID or of a date is no number of a patient.
            _ if number.iter().all(u8::is_ascii_digit) => is_whole_in(number, small.as_bytes(), |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
            }),
            _ => is_whole_in(number, small.as_bytes(), u8::is_ascii_alphanumeric),
        };
        self.numbers.iter().any(of_number) || self.names_are_in(&small)
    }

    /// Whether all parts of a name stand beside each other, in any order, or written as one word.
    fn names_are_in(&self, small: &str) -> bool {
        if self.names.is_empty() {
            return false;
        }
        let words: Vec<&str> =
            small.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        self.names.iter().any(|parts| {
            let mut sorted: Vec<&str> = parts.iter().map(String::as_str).collect();
            let forwards = sorted.concat();
            let backwards = sorted.iter().rev().copied().collect::<String>();
            sorted.sort_unstable();
            words.iter().any(|word| *word == forwards || *word == backwards)
                || words.windows(sorted.len()).any(|beside| {
                    let mut beside = beside.to_vec();
                    beside.sort_unstable();
                    beside == sorted
                })
        })
    }

    /// Whether these bytes hold one of the UIDs.
    pub(crate) fn has_uid(&self, bytes: &[u8]) -> bool {
        let is_of_uid = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
        let mut words = bytes.split(|byte| !is_of_uid(byte));
        words.any(|word| word.len() > 2 && self.uids.contains(without_points(word)))
    }

    /// Whose a file is: by UID and PatientID of its header, or by the UIDs in what is no object.
    fn whose(&self, path: &Path) -> Whose {
        if let Ok(read) = read_header(&Locator::from(path)) {
            let header = read.value;
            let uids = [header.instance.as_str(), header.series.as_str(), header.study.as_str()];
            let has_uid = uids.iter().any(|uid| self.uids.contains(uid.as_bytes()));
            let number = header.patient_id.raw().trim();
            let is_asked = self.whom.as_ref().is_some_and(|whom| whom.is_named_in(&header));
            if is_asked || has_uid && self.holders.contains(number) {
                return Whose::Theirs;
            }
            let is_gone = self.numbers.contains(number.to_lowercase().as_bytes());
            return if has_uid || is_gone { Whose::Doubtful } else { Whose::Others };
        }
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut bytes));
        if read.is_ok() && self.has_uid(&bytes) {
            Whose::Theirs
        } else if read.is_err() || self.is_in(&bytes) {
            Whose::Doubtful
        } else {
            Whose::Others
        }
    }

    /// Removes what names them from the reports of import and from what runs were asked.
    pub(crate) fn remove(&self, tx: &Transaction<'_>) -> Result<(), WorkspaceError> {
        let mut statement = tx.prepare("SELECT path FROM sources")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let path: Vec<u8> = row.get(0)?;
            if self.paths.contains(&path) || self.is_in(&path) {
                tx.prepare_cached("DELETE FROM sources WHERE path = ?1")?.execute([path])?;
            }
        }
        let folders: BTreeSet<Vec<u8>> =
            self.paths.iter().filter_map(|path| parent(path)).map(<[u8]>::to_vec).collect();
        let shared = self.shared(tx)?;
        let theirs: Vec<Vec<u8>> = folders.into_iter().filter(|folder| !shared.contains(folder)).collect();

        let mut statement = tx.prepare("SELECT path FROM not_dicom")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let path: Vec<u8> = row.get(0)?;
            if self.is_in(&path) || theirs.iter().any(|folder| is_below(&path, folder)) {
                tx.prepare_cached("DELETE FROM not_dicom WHERE path = ?1")?.execute([path])?;
            }
        }
        let mut statement = tx.prepare("SELECT run, number, path, text FROM import_issues")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (run, number): (String, i64) = (row.get(0)?, row.get(1)?);
            let (path, text): (Vec<u8>, String) = (row.get(2)?, row.get(3)?);
            let is_theirs = self.is_in(&path)
                || self.is_in(text.as_bytes())
                || theirs.iter().any(|folder| is_below(&path, folder));
            if is_theirs {
                let sql = "DELETE FROM import_issues WHERE run = ?1 AND number = ?2";
                tx.prepare_cached(sql)?.execute(params![run, number])?;
            }
        }
        let mut statement = tx.prepare(
            "SELECT s.run, s.number, s.path, r.folder FROM run_sources s
            JOIN import_runs r ON r.id = s.run",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (run, number): (String, i64) = (row.get(0)?, row.get(1)?);
            let (path, folder): (Vec<u8>, Option<Vec<u8>>) = (row.get(2)?, row.get(3)?);
            let path = joined(folder, path);
            let held_only_theirs =
                self.holds_theirs(&path) && !shared.contains(path.strip_suffix(b"/").unwrap_or(&path));
            if self.paths.contains(&path) || self.is_in(&path) || held_only_theirs {
                let sql = "DELETE FROM run_sources WHERE run = ?1 AND number = ?2";
                tx.prepare_cached(sql)?.execute(params![run, number])?;
            }
        }
        // A run without sources is nothing that could be gone on with.
        let sql = "SELECT id, folder, asked, id IN (SELECT run FROM run_sources) FROM import_runs
                   WHERE asked IS NOT NULL";
        let mut statement = tx.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (run, folder): (String, Option<Vec<u8>>) = (row.get(0)?, row.get(1)?);
            let (asked, has_sources): (String, bool) = (row.get(2)?, row.get(3)?);
            if !has_sources || self.is_in(&folder.unwrap_or_default()) || self.is_in(asked.as_bytes()) {
                drop_plan(tx, &run)?;
            }
        }
        Ok(())
    }

    /// Folders above their files that hold files of others too: no more of them are held than are above theirs.
    fn shared(&self, tx: &Transaction<'_>) -> Result<BTreeSet<Vec<u8>>, WorkspaceError> {
        let above = |path: &[u8]| {
            std::iter::successors(parent(path).map(<[u8]>::to_vec), |path| parent(path).map(<[u8]>::to_vec))
                .collect::<Vec<_>>()
        };
        let candidates: BTreeSet<Vec<u8>> = self.paths.iter().flat_map(|path| above(path)).collect();
        let mut shared = BTreeSet::new();
        for sql in [
            "SELECT path FROM sources",
            "SELECT path FROM files WHERE managed = 0",
            "SELECT path FROM import_issues WHERE uid IS NOT NULL",
        ] {
            let mut statement = tx.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let path: Vec<u8> = row.get(0)?;
                if self.paths.contains(&path) {
                    continue;
                }
                for folder in above(&path) {
                    // What is shared is so up to the root.
                    if candidates.contains(&folder) && !shared.insert(folder) {
                        break;
                    }
                }
            }
        }
        Ok(shared)
    }

    /// Whether one of their files lies below a folder.
    fn holds_theirs(&self, folder: &[u8]) -> bool {
        let below = [folder.strip_suffix(b"/").unwrap_or(folder), b"/"].concat();
        self.paths.range(below.clone()..).next().is_some_and(|path| path.starts_with(&below))
    }
}

impl Workspace {
    /// What is no part of the workspace and lies in its folder all the same: files that may name them, and folders.
    pub(crate) fn strange_traces(&self, traces: &Traces) -> Result<Vec<PathBuf>, WorkspaceError> {
        let mut strange = self.strangers()?;
        let is_long = |path: &Path| std::fs::metadata(path).is_ok_and(|meta| meta.len() > LOOKED_AT);
        strange.retain(|path| !path.is_file() || is_long(path) || traces.whose(path) != Whose::Others);
        Ok(strange)
    }

    /// Files of theirs that no row names: objects left by a killed import, things put aside.
    pub(crate) fn unnamed_traces(
        &self,
        traces: &Traces,
        cases: &[CaseId],
    ) -> Result<Unnamed, WorkspaceError> {
        let mut files: Vec<PathBuf> = Vec::new();
        self.visit_objects(&mut |found| {
            files.extend(self.unnamed(found.objects)?.into_iter().map(|(_, path)| path));
            files.extend(found.strangers);
            Ok(())
        })?;
        let quarantine = std::fs::read_dir(self.root().join(QUARANTINE)).into_iter().flatten().flatten();
        files.extend(quarantine.map(|entry| entry.path()));
        files.sort_unstable();
        let mut unnamed = Unnamed::default();
        for path in files.into_iter().filter(|path| path.is_file()) {
            match traces.whose(&path) {
                _ if is_of_case(&path, cases) => unnamed.theirs.push(path),
                Whose::Theirs => unnamed.theirs.push(path),
                Whose::Doubtful => unnamed.doubtful.push(path),
                Whose::Others => {}
            }
        }
        Ok(unnamed)
    }
}

/// Whether this was put aside from the folder of one of these cases (`repair::aside_name`).
fn is_of_case(path: &Path, cases: &[CaseId]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.strip_prefix("torn-").unwrap_or(name);
    name.strip_prefix("cases-").is_some_and(|of| cases.iter().any(|id| of.starts_with(&id.to_string())))
}

/// Whether `part` stands in `bytes` with nothing beside it that would make it a part of something longer.
fn is_whole_in(part: &[u8], bytes: &[u8], is_part: impl Fn(&u8) -> bool) -> bool {
    let Some(first) = part.first() else { return false };
    let mut from = 0;
    while let Some(at) = bytes.get(from..).and_then(|rest| rest.iter().position(|byte| byte == first)) {
        let start = from + at;
        let here = bytes.get(start..).unwrap_or_default();
        if here.starts_with(part) {
            let before = start.checked_sub(1).and_then(|before| bytes.get(before));
            if !before.is_some_and(&is_part) && !here.get(part.len()).is_some_and(&is_part) {
                return true;
            }
        }
        from = start + 1;
    }
    false
}

/// `1.2.3.dcm` ends the UID with a point.
fn without_points(word: &[u8]) -> &[u8] {
    let word = word.strip_suffix(b".").unwrap_or(word);
    word.strip_prefix(b".").unwrap_or(word)
}

fn is_below(path: &[u8], folder: &[u8]) -> bool {
    let folder = folder.strip_suffix(b"/").unwrap_or(folder);
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with(b"/"))
}

fn parent(path: &[u8]) -> Option<&[u8]> {
    let end = path.iter().rposition(|byte| *byte == b'/').filter(|end| *end > 0)?;
    path.get(..end)
}

fn joined(folder: Option<Vec<u8>>, path: Vec<u8>) -> Vec<u8> {
    match folder {
        Some(mut folder) if !path.starts_with(b"/") => {
            folder.push(b'/');
            folder.extend(path);
            folder
        }
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jane() -> Traces {
        let mut traces = Traces::default();
        traces.uids.insert(b"1.2.3.4".to_vec());
        traces.add_person("17", "DOE^JANE");
        traces.add_person("PAT-0815", "Müller^Änne");
        traces
    }

    #[test]
    fn names_and_numbers_are_found_whole() {
        let traces = jane();
        for text in [
            "x/1.2.3.4.dcm",
            "1.2.3.4",
            "/d/Jane_Doe/i",
            "/d/17/i",
            "/d/pat-0815-left.dcm",
            "/d/ÄNNE MÜLLER",
            "/d/DoeJane",
        ] {
            assert!(traces.is_in(text.as_bytes()), "{text}");
        }
        let of_digits = |text: &str| {
            let mut traces = Traces::default();
            traces.add_person("1950", "LI^AN");
            traces.is_in(text.as_bytes())
        };
        assert!(of_digits("/d/1950/i") && of_digits("/d/li_an.dcm"));
        for text in ["/d/1950-01-01/i", "1.2.1950.7", "/d/olivia/anders", "/d/li/x/an"] {
            assert!(!of_digits(text), "{text}");
        }
        for text in ["1.2.3.45", "11.2.3.4", "/d/jane/i", "/d/2017/17-1", "/d/pat-08150", "/d/anne muller"] {
            assert!(!traces.is_in(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn folders_and_what_lies_below() {
        assert!(is_below(b"/a/b/c", b"/a/b") && is_below(b"/a/b", b"/a/") && !is_below(b"/a/bc", b"/a/b"));
        assert_eq!(parent(b"/a/b"), Some(&b"/a"[..]));
        assert_eq!(joined(Some(b"/w".to_vec()), b"src".to_vec()), b"/w/src");
    }
}

//! The catalogue made again from `objects/`.
//!
//! Not here: cases. They need no catalogue.
//!
//! Invariants
//! - The old rows are there until the new ones are committed, and a copy of the old catalogue after that.
//! - A referenced file that cannot be looked at just now, or has changed, keeps its old rows: the share may be mounted
//!   again tomorrow.
//! - Of several objects with one UID, the one that counted before counts again; without the old catalogue
//!   it is the one stored first. A decision of a person ([`Workspace::resolve`]) wins over both.
//! - Headers of objects are held a batch at a time, but those of files that share a UID; of referenced files all are.
//! - A catalogue that SQLite calls damaged is put aside with its log, never deleted. One that is only busy, newer or
//!   out of reach is left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use calx_dicom::{InstanceHeader, Intake, read_intake};
use rayon::prelude::*;
use rusqlite::{ErrorCode, OptionalExtension as _, Transaction};

use crate::carried;
use crate::catalogue;
use crate::durable;
use crate::error::WorkspaceError;
use crate::file_rows::{self, Filed, KNOWN, Known, Lately, Learned, Place, known_of};
use crate::import::{Facts, RunPlan, add_issue, chain, keep_plan, modified, open_file, sha256_of};
use crate::lock::{self, Asked, Lock};
use crate::objects::{LOCK, relative_path};
use crate::path_bytes;
use crate::resolutions::Decisions;
use crate::rows::{IssueRow, RunRow};
use crate::tables;
use crate::workspace::Workspace;

/// Objects whose headers are held at once.
const BATCH: usize = 1_000;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebuildReport {
    /// Objects read.
    pub objects: u64,
    /// Instances filed.
    pub instances: u64,
    /// Objects that could not be read, each with its reason.
    pub problems: Vec<String>,
    /// Referenced files carried over from the old catalogue.
    pub referenced_kept: u64,
    /// Those of them that could not be looked at or have changed, whose rows stand as they stood.
    pub referenced_unseen: u64,
    /// What cannot come back, in words.
    pub notes: Vec<String>,
}

/// What only the old catalogue knows.
#[derive(Debug, Default)]
struct Old {
    /// Referenced files and their instances.
    referenced: Vec<(String, Known)>,
    runs: Vec<RunRow>,
    plans: Vec<RunPlan>,
    issues: Vec<IssueRow>,
}

/// Digest and path of an object.
type Object = (String, PathBuf);

/// UIDs that several files have.
struct Shared {
    /// Each [`short`].
    uids: BTreeSet<u64>,
    /// Of each object whether its UID is one of them.
    of_objects: Vec<bool>,
}

/// One file to be filed again.
pub(crate) struct Found {
    pub(crate) header: InstanceHeader,
    pub(crate) damaged: Option<String>,
    pub(crate) facts: Facts,
    place: Place,
    /// It was not read: this is what the old rows say.
    is_unseen: bool,
}

impl Workspace {
    /// Makes the catalogue again from `objects/`. Referenced files, runs and issues are carried over from
    /// the old catalogue when it can be read; without it they are gone, and the report says so.
    ///
    /// # Errors
    /// [`WorkspaceError::Busy`] while an import runs; [`WorkspaceError::NewerFormat`],
    /// [`WorkspaceError::CatalogueBusy`], [`WorkspaceError::CatalogueReadOnly`]; or writing failed. The old one is
    /// unchanged then.
    pub fn rebuild_catalogue(&self) -> Result<RebuildReport, WorkspaceError> {
        let _alone = self.keep_imports_out()?;
        let mut report = RebuildReport::default();
        let mut is_sound = self.is_sound_catalogue()?;
        let old = match self.old_catalogue() {
            Ok(old) => old,
            Err(error) if lacks_tables(&error) || is_damage(&error) => {
                is_sound = false;
                let gone = "runs and issues of import, and files referenced in place, are not known any more";
                report.notes.push(format!("the old catalogue could not be read ({}): {gone}", chain(&error)));
                Old::default()
            }
            Err(error) => return Err(error),
        };
        let listed = self.list_objects()?.objects;
        report.objects = listed.len() as u64;
        let shared = self.shared_uids(&old, &listed, is_sound)?;
        let counting = match self.counting(&shared.uids) {
            Err(error) if lacks_tables(&error) || is_damage(&error) => BTreeMap::new(),
            counting => counting?,
        };
        // Files with one UID are ranked among each other; all others are filed as they come.
        let (ranked, alone): (Vec<_>, Vec<_>) =
            listed.iter().zip(&shared.of_objects).partition(|(_, is_shared)| **is_shared);
        let mut found: Vec<Found> = Vec::new();
        for looked in ranked.par_iter().map(|(object, _)| look_at_object(object)).collect::<Vec<_>>() {
            match looked {
                Ok(one) => found.push(one),
                Err(problem) => report.problems.push(problem),
            }
        }
        for (instance, known) in &old.referenced {
            let (one, why) = match self.look_again(known) {
                Ok(one) => (Some(one), String::new()),
                Err(why) => (self.unseen(instance, known)?, why),
            };
            report.referenced_kept += u64::from(one.is_some());
            match one {
                Some(one) => found.push(one),
                None => report.problems.push(why),
            }
        }
        let decisions = self.decisions().unwrap_or_else(|error| {
            report.problems.push(chain(&error));
            Decisions::new()
        });
        // Which of several counts: the one decided on, the one of before, else the one stored first.
        let rank = |one: &Found| {
            let decided = decisions
                .get(&one.header.instance)
                .is_some_and(|decision| one.facts.sha256.as_deref() == Some(decision.counts.as_str()));
            let counted = counting.get(one.header.instance.as_str()).is_some_and(|known| {
                known.place == one.place && (known.sha256 == one.facts.sha256 || known.sha256.is_none())
            });
            (!decided, !counted, one.is_unseen, one.facts.modified, one.facts.sha256.clone())
        };
        found.sort_by_cached_key(rank);
        digest_repeated(&mut found);
        report.referenced_unseen = found.iter().filter(|one| one.is_unseen).count() as u64;
        if report.referenced_unseen > 0 {
            let text = "referenced files cannot be reached just now or have changed; their rows were carried over as they \
                        stood (calx verify names the files)";
            report.notes.push(format!("{} {text}", report.referenced_unseen));
        }
        report.instances =
            found.iter().map(|one| one.header.instance.as_str()).collect::<BTreeSet<_>>().len() as u64;
        if is_sound {
            let copy = catalogue::back_up(&self.catalogue_path(), "rebuild")?;
            let text = "the catalogue of before was kept (calx gc removes it)";
            report.notes.push(format!("{text}: {}", path_bytes::shown(&copy)));
        } else {
            self.put_catalogue_aside(&mut report)?;
        }
        self.write(|tx| {
            tables::forget_words(tx)?;
            for table in [
                "stale_studies",
                "study_patients",
                "instances",
                "files",
                "series",
                "studies",
                "patients",
                "import_issues",
                "run_sources",
                "import_runs",
            ] {
                tx.execute(&format!("DELETE FROM {table}"), [])?;
            }
            let mut lately = Lately::default();
            for one in &found {
                file_again(tx, one, &mut lately)?;
            }
            for batch in alone.chunks(BATCH) {
                for looked in batch.par_iter().map(|(object, _)| look_at_object(object)).collect::<Vec<_>>() {
                    match looked {
                        Ok(one) => {
                            file_again(tx, &one, &mut lately)?;
                            report.instances += 1;
                        }
                        Err(problem) => report.problems.push(problem),
                    }
                }
            }
            for run in &old.runs {
                add_run(tx, run)?;
            }
            for plan in &old.plans {
                keep_plan(tx, plan)?;
            }
            for issue in &old.issues {
                add_issue(tx, issue)?;
            }
            Ok(())
        })?;
        // A whole file stands before a damaged one, unless a person decided otherwise.
        for decision in self.unfollowed()? {
            self.follow(&decision.instance, &decision.counts)?;
        }
        self.refresh_search()?;
        Ok(report)
    }

    pub(crate) fn keep_imports_out(&self) -> Result<Lock, WorkspaceError> {
        let path = self.objects_dir().join(LOCK);
        match lock::exclusive(&path) {
            Ok(Asked::Held(lock)) => Ok(lock),
            Ok(Asked::Taken(holder)) => Err(WorkspaceError::Busy { what: "the folder of objects", holder }),
            Err(source) => Err(WorkspaceError::io("lock the folder of objects", path, source)),
        }
    }

    fn old_catalogue(&self) -> Result<Old, WorkspaceError> {
        let referenced = self.read(|tx| {
            let sql = format!("SELECT f.instance, {KNOWN} FROM files f WHERE managed = 0 ORDER BY id");
            let mut statement = tx.prepare(&sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, known_of(row, 1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let (runs, plans, issues) = (self.runs()?, self.run_plans()?, self.issues(None)?);
        Ok(Old { referenced, runs, plans, issues })
    }

    /// Finds the UIDs that several files have. What the old catalogue says of an object need not be read.
    fn shared_uids(&self, old: &Old, listed: &[Object], is_sound: bool) -> Result<Shared, WorkspaceError> {
        let mut of_objects = Vec::with_capacity(listed.len());
        for batch in listed.chunks(BATCH) {
            let known = if is_sound { self.instances_of(batch)? } else { vec![None; batch.len()] };
            let uids = batch.par_iter().zip(known).map(|(object, known)| {
                let read = || look_at_object(object).ok().map(|one| one.header.instance.to_string());
                known.or_else(read).map(|uid| short(&uid))
            });
            of_objects.extend(uids.collect::<Vec<_>>());
        }
        let referenced = old.referenced.iter().map(|(instance, _)| short(instance));
        let mut all: Vec<u64> = of_objects.iter().flatten().copied().chain(referenced).collect();
        all.sort_unstable();
        let twice = all.windows(2).filter_map(|pair| match pair {
            [one, next] if one == next => Some(*one),
            _ => None,
        });
        let uids: BTreeSet<u64> = twice.collect();
        let of_objects = of_objects.iter().map(|uid| uid.is_some_and(|uid| uids.contains(&uid))).collect();
        Ok(Shared { uids, of_objects })
    }

    /// The instances whose bytes these objects are, by the old catalogue.
    fn instances_of(&self, objects: &[Object]) -> Result<Vec<Option<String>>, WorkspaceError> {
        self.read(|tx| {
            let mut statement =
                tx.prepare_cached("SELECT instance FROM files WHERE sha256 = ?1 AND managed = 1 LIMIT 1")?;
            let rows =
                objects.iter().map(|(sha256, _)| statement.query_row([sha256], |row| row.get(0)).optional());
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The file that counts of each of these UIDs.
    fn counting(&self, uids: &BTreeSet<u64>) -> Result<BTreeMap<String, Known>, WorkspaceError> {
        self.read(|tx| {
            let sql = format!("SELECT i.uid, {KNOWN} FROM instances i JOIN files f ON f.id = i.file");
            let mut statement = tx.prepare(&sql)?;
            let mut rows = statement.query([])?;
            let mut counting = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let uid: String = row.get(0)?;
                if uids.contains(&short(&uid)) {
                    counting.insert(uid, known_of(row, 1)?);
                }
            }
            Ok(counting)
        })
    }

    /// Reads a referenced file again, which must still be what it was.
    fn look_again(&self, known: &Known) -> Result<Found, String> {
        let path = self.path_of(&known.place);
        let told = |why: &str| {
            format!("a referenced file {why} and no row describes it: {}", path_bytes::shown(&path))
        };
        let unreadable = |error| told(&format!("cannot be read ({})", chain(&error)));
        if self.changed(known).map_err(unreadable)?.is_some() {
            return Err(told("has changed"));
        }
        if let Some(sha256) = &known.sha256
            && sha256_of(&path).map_err(unreadable)? != *sha256
        {
            return Err(told("has changed"));
        }
        look(&path, known.sha256.clone(), known.place.clone())
    }

    /// What the old rows say of a referenced file.
    fn unseen(&self, instance: &str, known: &Known) -> Result<Option<Found>, WorkspaceError> {
        let described = self.read(|tx| carried::header(tx, instance))?;
        Ok(described.map(|(header, damaged)| {
            let (facts, place) = (carried::facts(known), known.place.clone());
            Found { header, damaged, facts, place, is_unseen: true }
        }))
    }

    /// Whether the catalogue can be written into; an error when that cannot be said.
    fn is_sound_catalogue(&self) -> Result<bool, WorkspaceError> {
        match self.catalogue_faults() {
            Ok(faults) => Ok(faults.is_empty()),
            Err(error) if is_damage(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Puts the file aside with its log, if there is one, and makes an empty one.
    fn put_catalogue_aside(&self, report: &mut RebuildReport) -> Result<(), WorkspaceError> {
        self.disconnect();
        let path = self.catalogue_path();
        let failed = |source| WorkspaceError::Write {
            what: "the catalogue",
            kept: "objects and cases are untouched",
            path: path.clone(),
            source,
        };
        let beside = |path: &Path, suffix: &str| {
            let mut name = path.to_path_buf().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        let is_free = |aside: &PathBuf| !aside.exists() && !beside(aside, "-wal").exists();
        let aside = (1..)
            .map(|number: u32| path.with_extension(format!("damaged-{number}")))
            .find(is_free)
            .unwrap_or_else(|| path.with_extension("damaged"));
        // The log would be played into the new file. SQLite looks for that of the old one under its new name.
        for suffix in ["", "-wal"] {
            let (from, to) = (beside(&path, suffix), beside(&aside, suffix));
            if from.exists() {
                durable::rename_new(&from, &to).map_err(failed)?;
                report.notes.push(format!("the damaged catalogue was put aside: {}", path_bytes::shown(&to)));
            }
        }
        durable::remove_if_there(&beside(&path, "-shm"));
        catalogue::create(&path)?;
        durable::sync_dir(self.root()).map_err(failed)
    }
}

/// Whether the file itself is at fault: absent, or not what SQLite wrote.
fn is_damage(error: &WorkspaceError) -> bool {
    match error {
        WorkspaceError::CatalogueAbsent(_) | WorkspaceError::CatalogueDamaged(_) => true,
        WorkspaceError::Catalogue { source, .. } => {
            matches!(source.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        }
        _ => false,
    }
}

/// Whether it is SQLite's and yet none of ours: a table is absent, or a row holds what none can.
fn lacks_tables(error: &WorkspaceError) -> bool {
    let WorkspaceError::Catalogue { source, .. } = error else { return false };
    matches!(source.sqlite_error_code(), None | Some(ErrorCode::Unknown))
}

/// Files one of those that were found.
fn file_again(tx: &Transaction<'_>, one: &Found, lately: &mut Lately) -> Result<(), WorkspaceError> {
    let filed = file_rows::Found {
        header: &one.header,
        damaged: one.damaged.as_deref(),
        facts: &one.facts,
        place: &one.place,
        source: &one.place.path,
    };
    let is_beside = one.is_unseen && file_rows::known(tx, &one.header.instance)?.is_some();
    let is_filed =
        !is_beside && file_rows::file_instance(tx, filed, &Learned::default(), lately)? != Filed::Undecided;
    // Bytes that cannot be compared just now are kept beside the others.
    if !is_filed && !file_rows::is_there(tx, &one.header.instance, &one.facts, &one.place)? {
        file_rows::add_file(tx, &one.header.instance, &one.facts, &one.place)?;
    }
    Ok(())
}

/// A UID in few bytes. Two that come to the same are treated as if they were one: ranked, and filed apart.
fn short(uid: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    uid.hash(&mut hasher);
    hasher.finish()
}

fn look_at_object((sha256, path): &Object) -> Result<Found, String> {
    let place = Place { managed: true, path: relative_path(sha256).into_bytes() };
    look(path, Some(sha256.clone()), place)
}

/// Reads one file for its rows.
pub(crate) fn look(path: &Path, sha256: Option<String>, place: Place) -> Result<Found, String> {
    let told = |why: String| format!("{why}: {}", path_bytes::shown(path));
    let (file, meta) = open_file(path).map_err(|error| told(chain(&error)))?;
    let read = read_intake(&file, &meta).map_err(|error| told(chain(&error)))?;
    let Intake { header, damaged, mark } = read.value;
    let facts = Facts { size: meta.len(), modified: modified(&meta), sha256, mark: mark.into() };
    Ok(Found { header, damaged, facts, place, is_unseen: false })
}

/// Takes the digests that tell files with one UID apart.
fn digest_repeated(found: &mut [Found]) {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for one in found.iter() {
        *times.entry(one.header.instance.to_string()).or_default() += 1;
    }
    for one in found {
        let repeated = times.get(one.header.instance.as_str()).is_some_and(|times| *times > 1);
        if one.facts.sha256.is_none() && repeated && !one.is_unseen {
            let path = path_bytes::from_bytes(one.place.path.clone());
            one.facts.sha256 = sha256_of(&path).ok();
            one.is_unseen = one.facts.sha256.is_none();
        }
    }
}

fn add_run(tx: &Transaction<'_>, run: &RunRow) -> Result<(), WorkspaceError> {
    let sql =
        "INSERT INTO import_runs (id, started, finished, interrupted, mode, imported, damaged, duplicate,
               conflict, not_dicom, failed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    tx.prepare_cached(sql)?.execute(rusqlite::params![
        run.run,
        run.started.to_string(),
        run.finished.map(|at| at.to_string()),
        run.interrupted,
        run.mode,
        number(run.counts.imported),
        number(run.counts.damaged),
        number(run.counts.duplicate),
        number(run.counts.conflict),
        number(run.counts.not_dicom),
        number(run.counts.failed),
    ])?;
    Ok(())
}

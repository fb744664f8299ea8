//! Whether the workspace is whole.
//!
//! Not here: mending what is found (`repair`). A torn last row is cut by the next writer of that case; leftovers
//! go with the next import or edit; a lost catalogue comes back by `rebuild`.
//!
//! Invariants
//! - Nothing is written but digests of referenced files that had none, with `deep`.
//! - What one fault hides is still looked for: a broken catalogue does not keep cases from being checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use calx_model::{CaseId, Document, JOURNAL_VERSION, JournalRow};
use rayon::prelude::*;

use crate::add_study::unknown_sources;
use crate::case_writer::{JOURNAL, read_snapshot, replay};
use crate::durable;
use crate::error::WorkspaceError;
use crate::file_rows::{KNOWN, Known, keep_digest, known_of};
use crate::forget::BEGUN;
use crate::import::{chain, sha256_of};
use crate::jsonl;
use crate::path_bytes::shown;
use crate::repair::{Fault, Torn};
use crate::workspace::Workspace;

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerifyOptions {
    /// Also compare the SHA-256 of every file.
    pub deep: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// Cases whose journal was replayed.
    pub cases: u64,
    /// Playlists whose journal was replayed.
    pub playlists: u64,
    /// Instances in the catalogue.
    pub instances: u64,
    /// Files whose presence was checked.
    pub files: u64,
    /// Files whose SHA-256 was compared.
    pub hashed: u64,
    /// What is wrong, each with what to do; empty means whole.
    pub problems: Vec<String>,
    /// What is harmless and worth knowing, as a torn last row.
    pub notes: Vec<String>,
    /// SHA-256 of objects that no catalogue row names: left by an import that was cut off. Importing their files again
    /// files them.
    pub unfiled: Vec<String>,
    /// Unfinished files of a killed run; [`VerifyReport::leftover_kinds`] says what removes them.
    pub leftovers: Vec<PathBuf>,
    /// What [`Workspace::repair`] knows a cure for.
    pub faults: Vec<Fault>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }

    /// Leftovers of the workspace in `root` by kind.
    #[must_use]
    pub fn leftover_kinds(&self, root: &Path) -> Vec<(LeftoverKind, Vec<&Path>)> {
        let mut kinds: BTreeMap<LeftoverKind, Vec<&Path>> = BTreeMap::new();
        for path in &self.leftovers {
            kinds.entry(LeftoverKind::of(path.strip_prefix(root).unwrap_or(path))).or_default().push(path);
        }
        kinds.into_iter().collect()
    }
}

/// What an unfinished file was to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftoverKind {
    /// The copy of a file that was being imported.
    Copy,
    /// A case that was being made or removed.
    Case,
    /// A part of a case.
    PartOfCase,
    /// A playlist.
    Playlist,
    /// A file of the workspace itself.
    Workspace,
}

impl LeftoverKind {
    /// `within`: below the workspace's folder.
    fn of(within: &Path) -> Self {
        let mut parts = within.iter().filter_map(|part| part.to_str());
        match (parts.next(), within.components().count()) {
            (Some("objects"), _) => Self::Copy,
            (Some("cases"), ..=2) => Self::Case,
            (Some("cases"), _) => Self::PartOfCase,
            (Some("playlists"), _) => Self::Playlist,
            _ => Self::Workspace,
        }
    }

    /// One, and several of them.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Copy => ("unfinished copy of a stopped import", "unfinished copies of a stopped import"),
            Self::Case => ("unfinished case", "unfinished cases"),
            Self::PartOfCase => ("unfinished file of a case", "unfinished files of cases"),
            Self::Playlist => ("unfinished playlist", "unfinished playlists"),
            Self::Workspace => ("unfinished file", "unfinished files"),
        }
    }

    /// What removes it.
    #[must_use]
    pub const fn ends(self) -> &'static str {
        match self {
            Self::Copy => "removed by the next import",
            Self::Case => "removed when the next case is made",
            Self::PartOfCase => "removed by the next change of that case",
            Self::Playlist | Self::Workspace => "removed by `calx verify --repair`",
        }
    }
}

/// Files looked at together.
const PAGE: u32 = 10_000;

/// One row of `files`.
struct FileRow {
    instance: String,
    file: Known,
}

/// What a look at one file came to.
struct Checked {
    problem: Option<String>,
    fault: Option<Fault>,
    /// Taken now, where there was none.
    digest: Option<String>,
}

impl Workspace {
    /// Checks catalogue, files, journals and snapshots; changes nothing but that a digest which was never
    /// taken is kept.
    ///
    /// # Errors
    /// Only what keeps it from looking at all; everything found is in the report.
    pub fn verify(&self, options: VerifyOptions) -> Result<VerifyReport, WorkspaceError> {
        let mut report = VerifyReport::default();
        let is_known = match self.verify_catalogue(options, &mut report) {
            Ok(()) => true,
            // What this user may not see is not damaged.
            Err(
                error @ (WorkspaceError::CatalogueReadOnly | WorkspaceError::CatalogueNeedsWriting { .. }),
            ) => return Err(error),
            Err(error) => {
                if is_damage(&error) {
                    report.faults.push(Fault::Catalogue);
                }
                report.problems.push(chain(&error));
                false
            }
        };
        self.verify_cases(is_known, &mut report)?;
        self.verify_playlists(&mut report)?;
        self.verify_decisions(&mut report, is_known);
        self.find_leftovers(&mut report);
        if self.root().join(BEGUN).exists() {
            let text = "forgetting was cut off: what was removed may still be read from the catalogue's file";
            report.problems.push(format!("{text}; run the same `calx forget` again, it ends the removal"));
        }
        Ok(report)
    }

    /// Checks the catalogue and the files it names, page by page.
    fn verify_catalogue(
        &self,
        options: VerifyOptions,
        report: &mut VerifyReport,
    ) -> Result<(), WorkspaceError> {
        let faults = self.catalogue_faults()?;
        for fault in &faults {
            let rest = "objects and cases are untouched, `calx rebuild-catalogue` makes it again";
            report.problems.push(format!("the catalogue is damaged: {fault}; {rest}"));
        }
        if !faults.is_empty() {
            report.faults.push(Fault::Catalogue);
        }
        let mut after = 0;
        loop {
            let files = self.file_rows(after)?;
            let Some(last) = files.last() else { break };
            after = last.file.file;
            let checks: Vec<Checked> =
                files.par_iter().map(|file| self.check_file(file, options.deep)).collect();
            self.keep_digests(&files, &checks)?;
            for checked in checks {
                report.problems.extend(checked.problem);
                report.faults.extend(checked.fault);
            }
            report.files += files.len() as u64;
        }
        report.hashed = if options.deep { report.files } else { 0 };
        self.visit_objects(&mut |found| {
            for (sha256, path) in self.unnamed(found.objects)? {
                report.unfiled.push(sha256.clone());
                report.faults.push(Fault::Unfiled { sha256, path });
            }
            for path in found.strangers {
                report.notes.push(format!("no object of this workspace: {}", shown(&path)));
            }
            Ok(())
        })?;
        self.read(|tx| {
            let instances: i64 = tx.query_row("SELECT count(*) FROM instances", [], |row| row.get(0))?;
            report.instances = u64::try_from(instances).unwrap_or(0);
            let sql = "SELECT study, count(*) FROM study_patients GROUP BY study HAVING count(*) > 1";
            let mut statement = tx.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (uid, patients): (String, i64) = (row.get(0)?, row.get(1)?);
                report.notes.push(format!("the instances of study {uid} name {patients} patients"));
            }
            Ok(())
        })
    }

    /// What SQLite finds wrong with the catalogue.
    pub(crate) fn catalogue_faults(&self) -> Result<Vec<String>, WorkspaceError> {
        self.read(|tx| {
            let mut statement = tx.prepare("PRAGMA integrity_check(20)")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            let mut faults = rows.collect::<Result<Vec<_>, _>>()?;
            faults.retain(|line| line != "ok");
            let mut statement = tx.prepare("PRAGMA foreign_key_check")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            for table in rows.collect::<Result<BTreeSet<_>, _>>()? {
                faults.push(format!("a row of {table} names one that is not there"));
            }
            Ok(faults)
        })
    }

    /// The next files after a row.
    fn file_rows(&self, after: i64) -> Result<Vec<FileRow>, WorkspaceError> {
        self.read(|tx| {
            let sql =
                format!("SELECT f.instance, {KNOWN} FROM files f WHERE f.id > ?1 ORDER BY f.id LIMIT {PAGE}");
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement
                .query_map([after], |row| Ok(FileRow { instance: row.get(0)?, file: known_of(row, 1)? }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn keep_digests(&self, files: &[FileRow], checks: &[Checked]) -> Result<(), WorkspaceError> {
        if checks.iter().all(|checked| checked.digest.is_none()) {
            return Ok(());
        }
        self.write_if_allowed(|tx| {
            for (row, checked) in files.iter().zip(checks) {
                if let Some(sha256) = &checked.digest {
                    keep_digest(tx, &row.instance, &row.file, sha256)?;
                }
            }
            Ok(())
        })
    }

    fn check_file(&self, row: &FileRow, deep: bool) -> Checked {
        let file = &row.file;
        let path = self.path_of(&file.place);
        let (kind, cure) = if file.place.managed {
            ("object", "`calx verify --deep --repair` looks for its bytes where they came from")
        } else {
            ("referenced file", "bring it back, import it again, or decide on it (calx issues resolve)")
        };
        let fault = || {
            let sha256 = file.sha256.clone().filter(|_| file.place.managed)?;
            Some(Fault::Object { instance: row.instance.clone(), sha256, size: file.size })
        };
        let wrong = |what: &str| Checked {
            problem: Some(format!(
                "the {kind} of instance {} {what}; {cure}: {}",
                row.instance,
                shown(&path)
            )),
            fault: fault(),
            digest: None,
        };
        let whole = Checked { problem: None, fault: None, digest: None };
        match self.changed(file) {
            Err(_) => return wrong("is gone or cannot be read"),
            Ok(Some(what)) => return wrong(&format!("has another {what} than when it was imported")),
            Ok(None) => {}
        }
        if !deep {
            return whole;
        }
        match sha256_of(&path) {
            Err(_) => wrong("cannot be read"),
            Ok(sha256) => match &file.sha256 {
                Some(known) if *known != sha256 => wrong("has other bytes than when it was imported"),
                Some(_) => whole,
                // It may have changed while it was read.
                None if self.changed(file).is_ok_and(|changed| changed.is_none()) => {
                    Checked { digest: Some(sha256), ..whole }
                }
                None => wrong("changed while it was read"),
            },
        }
    }

    fn verify_cases(&self, catalogue: bool, report: &mut VerifyReport) -> Result<(), WorkspaceError> {
        let mut numbers: BTreeMap<u32, CaseId> = BTreeMap::new();
        for id in self.case_ids()? {
            let dir = self.cases_dir().join(id.to_string());
            let (document, whole, torn) = match open_case(&dir) {
                Ok(opened) => opened,
                Err(error) => {
                    if let WorkspaceError::SnapshotDiffers { path } = &error {
                        report.faults.push(Fault::Snapshot { case: id, path: path.clone() });
                    }
                    report.problems.push(format!("case {id}: {}", chain(&error)));
                    continue;
                }
            };
            report.cases += 1;
            if torn > 0 {
                let next = "the next change of the case cuts it";
                report.notes.push(format!("case {id}: {torn} bytes of a row were never finished; {next}"));
                report.faults.push(Fault::Torn { whose: Torn::Case(id), path: dir.join(JOURNAL), whole });
            }
            let case = document.case();
            if case.id != id {
                report.problems.push(format!("case {id}: its journal is that of case {}", case.id));
            }
            report.problems.extend(case.violations().into_iter().map(|why| format!("case {id}: {why}")));
            let unknown =
                if catalogue { unknown_sources(case, |uid| self.has_instance(uid))? } else { Vec::new() };
            for uid in unknown {
                report.notes.push(format!("case {id} shows instance {uid}, which is not in the workspace"));
            }
            if let Some(number) = case.number
                && let Some(other) = numbers.insert(number, id)
            {
                let text = format!("cases {other} and {id} both have number {number}; give one another");
                report.problems.push(text);
            }
        }
        Ok(())
    }

    fn verify_playlists(&self, report: &mut VerifyReport) -> Result<(), WorkspaceError> {
        let cases: BTreeSet<CaseId> = self.case_ids()?.into_iter().collect();
        for id in self.playlist_ids()? {
            match self.read_playlist(id) {
                Err(error) => report.problems.push(format!("playlist {id}: {}", chain(&error))),
                Ok(row) => {
                    report.playlists += 1;
                    let (whole, torn) = self.playlist_lengths(id)?;
                    if torn > 0 {
                        let next = "the next change of the playlist cuts it";
                        let text =
                            format!("playlist {id}: {torn} bytes of a row were never finished; {next}");
                        report.notes.push(text);
                        let (whose, path) = (Torn::Playlist(id), self.playlist_path(id));
                        report.faults.push(Fault::Torn { whose, path, whole });
                    }
                    for case in row.playlist.cases.iter().filter(|case| !cases.contains(case)) {
                        report.notes.push(format!("playlist {id} names case {case}, which is not here"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the decisions on conflicts can be read, and whether the catalogue follows them.
    fn verify_decisions(&self, report: &mut VerifyReport, catalogue: bool) {
        let lines = match self.resolution_lines() {
            Ok(lines) => lines,
            Err(error) => return report.problems.push(chain(&error)),
        };
        if lines.torn > 0 {
            let text =
                format!("{} bytes of a decision were never finished; the next one cuts them", lines.torn);
            report.notes.push(text);
            let (whose, path) = (Torn::Decisions, self.resolutions_path());
            report.faults.push(Fault::Torn { whose, path, whole: lines.whole });
        }
        if !catalogue {
            return;
        }
        match self.unfollowed() {
            Ok(decisions) => {
                for decision in decisions {
                    let (instance, counts) = (decision.instance, decision.counts);
                    let text = "the catalogue does not follow the decision on instance";
                    report.problems.push(format!("{text} {instance}; decide it again (calx issues resolve)"));
                    report.faults.push(Fault::Decision { instance, counts });
                }
            }
            Err(error) => report.problems.push(chain(&error)),
        }
    }

    /// Everything whose name says that it was never finished.
    fn find_leftovers(&self, report: &mut VerifyReport) {
        let cases = self.cases_dir();
        let mut dirs = vec![
            self.root().to_path_buf(),
            self.objects_dir().join(crate::objects::INCOMING),
            cases.clone(),
            self.playlists_dir(),
        ];
        dirs.extend(self.case_ids().unwrap_or_default().iter().map(|id| cases.join(id.to_string())));
        for dir in dirs {
            // `incoming` comes with the first import.
            let Ok(entries) = fs::read_dir(&dir) else { continue };
            report.leftovers.extend(entries.flatten().map(|e| e.path()).filter(|p| durable::is_partial(p)));
        }
        report.leftovers.sort_unstable();
        if !report.leftovers.is_empty() {
            report.faults.push(Fault::Leftovers);
        }
    }
}

/// Whether an error on the way to the catalogue is a fault of its file.
pub(crate) fn is_damage(error: &WorkspaceError) -> bool {
    matches!(
        error,
        WorkspaceError::CatalogueAbsent(_)
            | WorkspaceError::Catalogue { .. }
            | WorkspaceError::CatalogueDamaged(_)
    )
}

/// Replays a case and compares its snapshot; also gives the bytes of whole rows and of a torn last one.
fn open_case(dir: &Path) -> Result<(Document, u64, u64), WorkspaceError> {
    // The snapshot first: a writer that goes on meanwhile only makes the journal longer.
    let snapshot = read_snapshot(dir);
    let path = dir.join(JOURNAL);
    let lines = jsonl::read::<JournalRow>(&path, JOURNAL_VERSION)?;
    if let Some(snapshot) = snapshot {
        let rows = Document::rows_up_to(&lines.rows, snapshot.revision);
        let then = replay(lines.rows.iter().take(rows).cloned().collect(), &path)?;
        if *then.case() != snapshot.case || snapshot.journal_bytes.is_some_and(|bytes| bytes > lines.whole) {
            return Err(WorkspaceError::SnapshotDiffers { path: dir.join(crate::case_writer::SNAPSHOT) });
        }
    }
    Ok((replay(lines.rows, &path)?, lines.whole, lines.torn))
}

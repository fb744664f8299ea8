//! Mending what [`Workspace::verify`] found.
//!
//! Not here: finding it (`verify`), looking for lost bytes (`import::retrieve`).
//!
//! Invariants
//! - Nothing that holds bytes is deleted: what must leave its place goes to `quarantine/`. Only unfinished files
//!   go, as every import and edit removes them.
//! - Bytes are put in the place of an object only when their digest is its name.
//! - What cannot be mended is named.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use calx_model::{CaseId, JOURNAL_VERSION, JournalRow, PlaylistId, SopInstanceUid};

use crate::case_writer::{JOURNAL, lock_numbers, sweep};
use crate::durable;
use crate::error::WorkspaceError;
use crate::file_rows::{self, Filed, Lately, Learned, Place};
use crate::import::{chain, digest_known, sha256_of};
use crate::jsonl;
use crate::objects::{INCOMING, relative_path};
use crate::path_bytes::shown;
use crate::rebuild;
use crate::verify::{VerifyOptions, VerifyReport};
use crate::workspace::Workspace;

/// Where things are put aside, in the workspace's folder.
pub(crate) const QUARANTINE: &str = "quarantine";

/// Whose last row was never finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Torn {
    /// A case's journal.
    Case(CaseId),
    /// A playlist's journal.
    Playlist(PlaylistId),
    /// The journal of decisions.
    Decisions,
}

/// Something that [`Workspace::repair`] knows a cure for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The catalogue is absent or damaged.
    Catalogue,
    /// A managed copy is gone or has other bytes than its name says.
    Object {
        /// SOPInstanceUID (0008,0018).
        instance: String,
        /// Its digest and name.
        sha256: String,
        /// Its size as it was.
        size: u64,
    },
    /// A managed copy that no row names.
    Unfiled {
        /// The digest its name states.
        sha256: String,
        /// Where it lies.
        path: PathBuf,
    },
    /// A row that was never finished.
    Torn {
        /// Whose.
        whose: Torn,
        /// The journal.
        path: PathBuf,
        /// Bytes of whole rows.
        whole: u64,
    },
    /// A snapshot that contradicts its journal.
    Snapshot {
        /// The case.
        case: CaseId,
        /// The snapshot.
        path: PathBuf,
    },
    /// A decision that the catalogue does not follow.
    Decision {
        /// SOPInstanceUID (0008,0018).
        instance: SopInstanceUid,
        /// SHA-256 of what was chosen.
        counts: String,
    },
    /// Unfinished files of a run that was killed.
    Leftovers,
}

impl Fault {
    /// What would be done about it.
    fn cure(&self) -> String {
        match self {
            Self::Catalogue => {
                "build the catalogue again from objects and journals, and keep the old one aside".to_owned()
            }
            Self::Object { instance, .. } => {
                format!("look for the bytes of instance {instance} where they came from, and put them back")
            }
            Self::Unfiled { sha256, .. } => {
                format!("file object {sha256}, or put it aside if its bytes are not its own")
            }
            Self::Torn { path, .. } => format!("put the unfinished row aside and cut it: {}", shown(path)),
            Self::Snapshot { path, .. } => {
                format!("put the snapshot aside and write it again: {}", shown(path))
            }
            Self::Decision { instance, .. } => {
                format!("let the file count that was decided on for instance {instance}")
            }
            Self::Leftovers => "remove the unfinished files of runs that were killed".to_owned(),
        }
    }
}

/// What came of mending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RepairReport {
    /// What was done.
    pub mended: Vec<String>,
    /// What could not be, each with why.
    pub left: Vec<String>,
}

impl VerifyReport {
    /// What [`Workspace::repair`] would do.
    #[must_use]
    pub fn cures(&self) -> Vec<String> {
        // A killed import leaves many of a kind: they have one cure.
        let unfiled = self.faults.iter().filter(|fault| matches!(fault, Fault::Unfiled { .. })).count();
        let several = unfiled > 1;
        let one_by_one =
            self.faults.iter().filter(|fault| !several || !matches!(fault, Fault::Unfiled { .. }));
        let mut cures: Vec<String> = one_by_one.map(Fault::cure).collect();
        if several {
            let aside = "and put aside those whose bytes are not their own";
            cures.push(format!("file {unfiled} objects that no row names, {aside}"));
        }
        cures
    }
}

impl Workspace {
    /// Mends what can be mended of what was found. Verify again afterwards: what is wrong then stays wrong.
    ///
    /// # Errors
    /// [`WorkspaceError::Busy`] while an import runs; writing failed, and what was mended before stays so.
    pub fn repair(
        &self,
        found: &VerifyReport,
        options: VerifyOptions,
    ) -> Result<RepairReport, WorkspaceError> {
        let mut report = RepairReport::default();
        let again;
        let mut faults = &found.faults;
        if faults.contains(&Fault::Catalogue) {
            let rebuilt = self.rebuild_catalogue()?;
            let line = format!(
                "the catalogue was built again: {} instances of {} objects",
                rebuilt.instances, rebuilt.objects
            );
            report.mended.push(line);
            report.left.extend(rebuilt.problems.into_iter().chain(rebuilt.notes));
            again = self.verify(options)?;
            faults = &again.faults;
        }
        for fault in faults {
            let done = match fault {
                Fault::Torn { whose, path, whole } => self.cut_torn(whose, path, *whole),
                Fault::Snapshot { case, path } => self.renew_snapshot(*case, path),
                Fault::Decision { instance, counts } => self.follow(instance, counts).map(|followed| {
                    followed
                        .then(|| format!("instance {instance}: the file that was decided on counts again"))
                }),
                Fault::Unfiled { sha256, path } => self.file_object(sha256, path),
                Fault::Leftovers => self.remove_leftovers(),
                Fault::Catalogue | Fault::Object { .. } => continue,
            };
            match done {
                Ok(line) => report.mended.extend(line),
                Err(error @ WorkspaceError::Write { .. }) => return Err(error),
                Err(error) => report.left.push(format!("not done: {} ({})", fault.cure(), chain(&error))),
            }
        }
        self.put_back(faults, &mut report)?;
        Ok(report)
    }

    /// Objects whose bytes are lost.
    fn put_back(&self, faults: &[Fault], report: &mut RepairReport) -> Result<(), WorkspaceError> {
        let lost = faults.iter().filter_map(|fault| match fault {
            Fault::Object { sha256, size, .. } => Some((sha256.clone(), *size)),
            _ => None,
        });
        let lost: BTreeMap<String, u64> = lost.collect();
        if lost.is_empty() {
            return Ok(());
        }
        let _alone = self.keep_imports_out()?;
        let mut found = self.retrieve(lost)?;
        for fault in faults {
            let Fault::Object { instance, sha256, .. } = fault else { continue };
            let Some(copy) = found.remove(sha256) else {
                if self.is_sound(sha256) {
                    continue;
                }
                let text = "are not where they came from; import its file again when it turns up, and if other files \
                            of it are here, one can be chosen";
                report.left.push(format!("the bytes of instance {instance} {text} (calx issues resolve)"));
                continue;
            };
            let target = self.root().join(relative_path(sha256));
            let failed = |source| WorkspaceError::io("put back the object", &target, source);
            let aside = if target.exists() { Some(self.put_aside(&target)?) } else { None };
            if let Some(folder) = target.parent() {
                durable::make_dir(folder).map_err(failed)?;
            }
            durable::rename_new(&copy, &target).map_err(failed)?;
            let aside =
                aside.map(|path| format!("; what lay there is kept: {}", shown(&path))).unwrap_or_default();
            report.mended.push(format!("the bytes of instance {instance} were found and put back{aside}"));
        }
        Ok(())
    }

    fn is_sound(&self, sha256: &str) -> bool {
        sha256_of(&self.root().join(relative_path(sha256))).is_ok_and(|found| found == sha256)
    }

    /// Moves a file to `quarantine/`, durably, under a name of its own there.
    fn put_aside(&self, path: &Path) -> Result<PathBuf, WorkspaceError> {
        let (folder, name) = (self.quarantine()?, aside_name(self.root(), path));
        for number in 1_u32.. {
            let to = folder.join(numbered(&name, number));
            match durable::rename_new(path, &to) {
                Ok(()) => return Ok(to),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(not_aside(path, source)),
            }
        }
        Err(not_aside(path, ErrorKind::AlreadyExists.into()))
    }

    fn quarantine(&self) -> Result<PathBuf, WorkspaceError> {
        let folder = self.root().join(QUARANTINE);
        durable::make_dir(&folder).map_err(|source| not_aside(&folder, source))?;
        Ok(folder)
    }

    /// Keeps the bytes of a torn row, then lets the journal's own writer cut it.
    fn cut_torn(&self, whose: &Torn, path: &Path, whole: u64) -> Result<Option<String>, WorkspaceError> {
        let (bytes, to) = self.keep_torn(path, whole)?;
        match whose {
            Torn::Case(id) => drop(self.write_case(*id)?),
            Torn::Playlist(id) => drop(self.write_playlist(*id)?),
            Torn::Decisions => drop(self.write_resolutions()?),
        }
        Ok(Some(format!("{bytes} bytes of an unfinished row were cut and kept: {}", shown(&to))))
    }

    /// Copies what follows the whole rows of a journal to `quarantine/`.
    fn keep_torn(&self, path: &Path, whole: u64) -> Result<(usize, PathBuf), WorkspaceError> {
        let mut tail = Vec::new();
        let read = File::open(path).and_then(|mut file| {
            file.seek(SeekFrom::Start(whole))?;
            file.read_to_end(&mut tail)
        });
        read.map_err(|source| WorkspaceError::io("read the journal", path, source))?;
        let (folder, name) = (self.quarantine()?, format!("torn-{}", aside_name(self.root(), path)));
        for number in 1_u32.. {
            let to = folder.join(numbered(&name, number));
            match durable::write_new(&to, &tail) {
                Ok(()) => return Ok((tail.len(), to)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(not_aside(path, source)),
            }
        }
        Err(not_aside(path, ErrorKind::AlreadyExists.into()))
    }

    fn renew_snapshot(&self, case: CaseId, path: &Path) -> Result<Option<String>, WorkspaceError> {
        let lock = self.lock_case(case)?;
        let aside = self.put_aside(path)?;
        let journal = path.with_file_name(JOURNAL);
        let lines = jsonl::read::<JournalRow>(&journal, JOURNAL_VERSION)?;
        if lines.torn > 0 {
            self.keep_torn(&journal, lines.whole)?;
        }
        drop(lock);
        self.write_case(case)?.close()?;
        Ok(Some(format!(
            "case {case}: the snapshot was written again, the old one is kept: {}",
            shown(&aside)
        )))
    }

    /// Gives an object that no row names its rows.
    fn file_object(&self, sha256: &str, path: &Path) -> Result<Option<String>, WorkspaceError> {
        let _alone = self.keep_imports_out()?;
        self.file_alone(sha256, path)
    }

    /// The same for whoever keeps imports out already.
    pub(crate) fn file_alone(&self, sha256: &str, path: &Path) -> Result<Option<String>, WorkspaceError> {
        let place = Place { managed: true, path: relative_path(sha256).into_bytes() };
        let looked = if self.is_sound(sha256) {
            rebuild::look(path, Some(sha256.to_owned()), place.clone())
        } else {
            Err("its bytes are not those of its name".to_owned())
        };
        let found = match looked {
            Ok(found) => found,
            Err(why) => {
                let aside = self.put_aside(path)?;
                return Ok(Some(format!("an object was put aside ({why}): {}", shown(&aside))));
            }
        };
        let uid = found.header.instance.clone();
        let mut learned = Learned::default();
        if let Some(known) = self.read(|tx| file_rows::known(tx, &uid))?
            && known.sha256.is_none()
        {
            let digest = digest_known(self, &known);
            learned.add_digest(known, digest);
        }
        self.write(|tx| {
            let filed = file_rows::Found {
                header: &found.header,
                damaged: found.damaged.as_deref(),
                facts: &found.facts,
                place: &place,
                source: &place.path,
            };
            if let Filed::Same { .. } = file_rows::file_instance(tx, filed, &learned, &mut Lately::default())?
                && let Some(known) = file_rows::known(tx, &uid)?
                && !known.place.managed
            {
                file_rows::move_file(tx, &uid, &known, &found.facts, &place)?;
            }
            Ok(())
        })?;
        Ok(Some(format!("object {sha256} was filed again, as instance {uid}")))
    }

    fn remove_leftovers(&self) -> Result<Option<String>, WorkspaceError> {
        let alone = self.keep_imports_out()?;
        self.sweep_folders()?;
        drop(alone);
        for id in self.case_ids()? {
            let dir = self.cases_dir().join(id.to_string());
            let unfinished = fs::read_dir(&dir)
                .is_ok_and(|entries| entries.flatten().any(|entry| durable::is_partial(&entry.path())));
            if unfinished {
                drop(self.write_case(id)?);
            }
        }
        match self.unfinished()?.into_iter().next() {
            None => Ok(Some("unfinished files of killed runs were removed".to_owned())),
            Some(path) => Err(still_there(path)),
        }
    }

    /// Removes what killed processes left unfinished in the folders that many share. Only to be called with
    /// imports kept out.
    pub(crate) fn sweep_folders(&self) -> Result<(), WorkspaceError> {
        sweep(&self.objects_dir().join(INCOMING));
        let numbers = lock_numbers(&self.cases_dir())?;
        sweep(&self.cases_dir());
        drop(numbers);
        self.sweep_playlists();
        let mut entries = fs::read_dir(self.root()).into_iter().flatten().flatten();
        if entries.any(|entry| durable::is_partial(&entry.path())) {
            let decisions = self.lock_resolutions()?;
            sweep(self.root());
            drop(decisions);
        }
        Ok(())
    }

    /// What is unfinished now.
    fn unfinished(&self) -> Result<Vec<PathBuf>, WorkspaceError> {
        let mut dirs = vec![
            self.root().to_path_buf(),
            self.objects_dir().join(INCOMING),
            self.cases_dir(),
            self.playlists_dir(),
        ];
        dirs.extend(self.case_ids()?.iter().map(|id| self.cases_dir().join(id.to_string())));
        let entries = dirs.into_iter().flat_map(fs::read_dir).flatten().flatten();
        Ok(entries.map(|entry| entry.path()).filter(|path| durable::is_partial(path)).collect())
    }

    /// Unfinished folders of cases: whole journals, where removing them was cut off.
    pub(crate) fn no_unfinished_case(&self) -> Result<(), WorkspaceError> {
        let cases = self.cases_dir();
        match self.unfinished()?.into_iter().find(|path| path.parent() == Some(&cases)) {
            None => Ok(()),
            Some(path) => Err(still_there(path)),
        }
    }
}

fn still_there(path: PathBuf) -> WorkspaceError {
    WorkspaceError::io("remove the unfinished file", path, ErrorKind::ResourceBusy.into())
}

/// A name that says where a file lay: `objects-ab-cd….dcm`.
fn aside_name(root: &Path, path: &Path) -> String {
    let within = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = within.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("-")
}

fn numbered(name: &str, number: u32) -> String {
    if number == 1 { name.to_owned() } else { format!("{name}.{number}") }
}

fn not_aside(path: &Path, source: std::io::Error) -> WorkspaceError {
    let (what, kept) = ("what was to be put aside", "it is where it was");
    WorkspaceError::Write { what, kept, path: path.to_path_buf(), source }
}

//! What an import would do, said without writing anything.
//!
//! Not here: doing it (`run`).
//!
//! Invariants
//! - The workspace is only read. Entries of an archive pass through a folder for temporary files, one at a time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use super::archive::Kind;
use super::expand::Expanded;
use super::prepare::{Prepared, Ready, Take, prepare, sha256_of};
use super::reading::unbroken;
use super::run::{by_reference, expansion};
use super::settle::{digest_known, digest_own};
use super::store::{DECIDED, described, duplicate_as_asked, is_decided_of};
use super::walk::{Seen, Walk};
use super::{FileOutcome, FileStatus, ImportError, ImportEvent, ImportMode, ImportOptions, ImportSummary};
use crate::durable;
use crate::error::WorkspaceError;
use crate::file_rows::{self, Compared, Learned, compare};
use crate::workspace::Workspace;

impl Workspace {
    /// Says what an import would do; reads and hashes, writes nothing.
    pub(super) fn look_only(
        &self,
        mut walk: Walk,
        options: &ImportOptions<'_>,
        events: &mut dyn FnMut(ImportEvent),
        summary: &mut ImportSummary,
    ) -> Result<(), ImportError> {
        let mut seen_now: BTreeMap<String, (Option<String>, PathBuf)> = BTreeMap::new();
        let take = || if options.mode == ImportMode::Copy { Take::Digest } else { Take::Header };
        let mut look = |prepared: Prepared| -> Result<(), WorkspaceError> {
            let outcome = match prepared {
                Prepared::Done(outcome) => outcome,
                Prepared::NotDicom(file) => file.outcome,
                Prepared::Ready(mut ready) => self.would_be(&mut ready, options, &mut seen_now)?,
                Prepared::Archive(..) | Prepared::NoRoom(_) => return Ok(()),
            };
            summary.counts.count(outcome.status);
            events(ImportEvent::File(outcome));
            Ok(())
        };
        while !options.cancel.load(Ordering::Relaxed) {
            let Some(seen) = walk.next() else { return Ok(()) };
            match seen {
                Seen::Passed(outcome) => look(Prepared::Done(outcome))?,
                Seen::File { path, source, .. } => {
                    let prepared =
                        unbroken(&path.clone(), None, || prepare(path, source, take(), options.archives));
                    match prepared {
                        Prepared::Archive(path, kind) => look_into(&path, kind, options, &mut look)?,
                        other => look(other)?,
                    }
                }
            }
        }
        summary.interrupted = true;
        Ok(())
    }

    fn would_be(
        &self,
        ready: &mut Ready,
        options: &ImportOptions<'_>,
        seen_now: &mut BTreeMap<String, (Option<String>, PathBuf)>,
    ) -> Result<FileOutcome, WorkspaceError> {
        let uid = ready.header.instance.to_string();
        let known = self.read(|tx| file_rows::known(tx, &ready.header.instance))?;
        let compared = match (known, seen_now.get_mut(&uid)) {
            (Some(known), _) => {
                let source = ready.source.clone();
                let mut learned = Learned::default();
                let mut compared = compare(&known, &ready.facts, &source, &learned);
                if compared == Compared::Undecided {
                    if let Err(outcome) = digest_own(ready) {
                        return Ok(*outcome);
                    }
                    learned.add_digest(known.clone(), digest_known(self, &known));
                    compared = compare(&known, &ready.facts, &source, &learned);
                }
                Some(compared != Compared::Other)
            }
            (None, Some((earlier, path))) => {
                if let Err(outcome) = digest_own(ready) {
                    return Ok(*outcome);
                }
                if earlier.is_none() {
                    *earlier = sha256_of(path).ok();
                }
                Some(*earlier == ready.facts.sha256)
            }
            (None, None) => None,
        };
        let outcome = match compared {
            Some(true) => described(ready, FileStatus::Duplicate, "", String::new()),
            Some(false) if is_decided_of(&self.decisions()?, ready) => {
                described(ready, FileStatus::Duplicate, DECIDED.0, DECIDED.1.to_owned())
            }
            Some(false) => {
                let text = "another object with the same SOPInstanceUID (0008,0018) is here";
                described(ready, FileStatus::Conflict, "same_uid_other_bytes", text.to_owned())
            }
            None => {
                seen_now.insert(uid, (ready.facts.sha256.clone(), ready.path.clone()));
                match &ready.damaged {
                    Some(why) => described(ready, FileStatus::Damaged, "truncated", why.clone()),
                    None => described(ready, FileStatus::Imported, "", String::new()),
                }
            }
        };
        Ok(duplicate_as_asked(outcome, options.on_duplicate))
    }
}

/// What an archive holds, on a dry run: its entries pass through one file outside the workspace.
fn look_into(
    path: &Path,
    kind: Kind,
    options: &ImportOptions<'_>,
    look: &mut dyn FnMut(Prepared) -> Result<(), WorkspaceError>,
) -> Result<(), ImportError> {
    if options.mode == ImportMode::Reference {
        return Ok(look(Prepared::Done(by_reference(path)))?);
    }
    let aside = std::env::temp_dir();
    let failed = |source| WorkspaceError::io("look into the archive by way of", &aside, source);
    let folder = tempfile::Builder::new().prefix("calx-").tempdir_in(&aside).map_err(failed)?;
    let mut done = Ok(());
    let mut number = 0;
    let mut copy_name = || {
        number += 1;
        folder.path().join(number.to_string())
    };
    // One at a time, so that no more than one lies there.
    let expanded =
        expansion(path, kind, options).run(&mut copy_name, &mut |files, _| files > 0, &mut |batch| {
            for prepared in batch {
                let copy = match &prepared {
                    Prepared::Ready(ready) => ready.copy.clone(),
                    _ => None,
                };
                if done.is_ok() {
                    done = look(prepared);
                }
                if let Some(copy) = copy {
                    durable::remove_if_there(&copy);
                }
            }
            if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
    done?;
    match expanded {
        Expanded::NoRoom(source) => Err(failed(source).into()),
        Expanded::Whole | Expanded::Stopped => Ok(()),
    }
}

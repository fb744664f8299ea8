//! The digests without which same bytes cannot be told from other ones: taken only where a UID repeats, and
//! before the transaction that needs them. Also whether what is known is still in its place.
//!
//! Invariants
//! - No file is read while the catalogue is locked.
//! - A digest is of one content: a file that changes meanwhile has none.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use rayon::prelude::*;

use super::prepare::{Prepared, Ready, changed_while_read, sha256_of, stamp_of};
use super::{FileOutcome, FileStatus};
use crate::error::WorkspaceError;
use crate::file_rows::{self, Compared, Known, Learned, compare};
use crate::workspace::Workspace;

/// Takes what is missing to compare files of a batch with what is known, and looks whether that is still in its place.
pub(crate) fn settle(
    workspace: &Workspace,
    batch: &mut [Prepared],
    learned: &mut Learned,
) -> Result<(), WorkspaceError> {
    let (mut own, mut of_known, mut places) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    workspace.read(|tx| {
        for (at, prepared) in batch.iter().enumerate() {
            let Prepared::Ready(ready) = prepared else { continue };
            let Some(known) = file_rows::known(tx, &ready.header.instance)? else { continue };
            let compared = compare(&known, &ready.facts, &ready.source, learned);
            let is_elsewhere = !known.place.managed && known.place.path != ready.source;
            if compared != Compared::Other && is_elsewhere && learned.is_there(&known).is_none() {
                places.insert(known.file, known.clone());
            }
            if compared == Compared::Undecided {
                own.push(at);
                if known.sha256.is_none() && learned.digest(&known).is_none() {
                    of_known.insert(known.file, known);
                }
            }
        }
        Ok(())
    })?;
    digest_some(batch, own);
    let digest = |known: Known| {
        let digest = digest_known(workspace, &known);
        (known, digest)
    };
    let of_known: Vec<Known> = of_known.into_values().collect();
    for (known, digest) in of_known.into_par_iter().map(digest).collect::<Vec<_>>() {
        learned.add_digest(known, digest);
    }
    for known in places.into_values() {
        let is_there = workspace.path_of(&known.place).is_file();
        learned.add_there(known, is_there);
    }
    Ok(())
}

/// Takes the digests of files of a batch that share a UID.
pub(crate) fn settle_repeated(batch: &mut [Prepared]) {
    let uid = |at: &usize| match batch.get(*at) {
        Some(Prepared::Ready(ready)) => ready.header.instance.as_str(),
        _ => "",
    };
    let mut by_uid: Vec<usize> = (0..batch.len()).filter(|at| !uid(at).is_empty()).collect();
    by_uid.sort_unstable_by(|one, other| uid(one).cmp(uid(other)));
    let pairs = by_uid.windows(2).filter(|pair| matches!(pair, [one, other] if uid(one) == uid(other)));
    let own: Vec<usize> = pairs.flatten().copied().collect();
    digest_some(batch, own);
}

/// Those at these places that have no digest yet; one that cannot be read any more has failed.
fn digest_some(batch: &mut [Prepared], mut own: Vec<usize>) {
    if own.is_empty() {
        return;
    }
    own.sort_unstable();
    own.dedup();
    let wanted = batch.iter_mut().enumerate().filter(|(at, _)| own.binary_search(at).is_ok());
    let mut wanted: Vec<&mut Prepared> = wanted.map(|(_, prepared)| prepared).collect();
    wanted.par_iter_mut().for_each(|prepared| {
        if let Prepared::Ready(ready) = &mut **prepared
            && let Err(outcome) = digest_own(ready)
        {
            **prepared = Prepared::Done(*outcome);
        }
    });
}

/// Takes the digest of a file that was found, if it has none yet.
pub(crate) fn digest_own(ready: &mut Ready) -> Result<(), Box<FileOutcome>> {
    if ready.facts.sha256.is_some() {
        return Ok(());
    }
    let path = ready.path.clone();
    match digest_of(&path, (ready.facts.size, ready.facts.modified)) {
        Ok(Some(sha256)) => {
            ready.facts.sha256 = Some(sha256);
            Ok(())
        }
        Ok(None) => Err(Box::new(changed_while_read(path, &ready.header, ready.facts.size))),
        Err(error) => {
            let text = super::told(&error);
            Err(Box::new(FileOutcome::of(path, FileStatus::Failed, "unreadable", text)))
        }
    }
}

/// The digest of a referenced file, if it still is what was filed.
pub(crate) fn digest_known(workspace: &Workspace, known: &Known) -> Option<String> {
    let is_that = || workspace.changed(known).is_ok_and(|changed| changed.is_none());
    if !is_that() {
        return None;
    }
    let sha256 = sha256_of(&workspace.path_of(&known.place)).ok()?;
    is_that().then_some(sha256)
}

/// `None` when the file is not, or does not stay, of that size and time.
fn digest_of(path: &Path, stamp: (u64, Option<i64>)) -> io::Result<Option<String>> {
    let is_that = || fs::metadata(path).map(|meta| stamp_of(&meta) == stamp);
    if !is_that()? {
        return Ok(None);
    }
    let sha256 = sha256_of(path)?;
    Ok(is_that()?.then_some(sha256))
}

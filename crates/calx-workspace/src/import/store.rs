//! One batch: objects durable, then rows committed, then told.
//!
//! Not here: reading files (`prepare`), the loop over batches (`run`).
//!
//! Invariants
//! - A catalogue row never names an object that is not durable.
//! - A file is told after the commit of its row; objects without a row are harmless and found again.
//! - No file is read, written or removed while the catalogue is locked, and it is not locked for long.
//! - Of a batch there are at most four durability calls: two for its objects, one for each transaction, of which
//!   there is one unless a UID repeats or the machine is slow.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::prepare::{Prepared, Ready, sha256_of};
use super::recall;
use super::settle::{settle, settle_repeated};
use super::{FileOutcome, FileStatus, ImportMode, ImportSummary, OnDuplicate};
use crate::about_images;
use crate::durable::{self, BatchSync, remove_if_there};
use crate::error::WorkspaceError;
use crate::file_rows::{self, Filed, Found, Known, Lately, Learned, Place};
use crate::objects::relative_path;
use crate::path_bytes;
use crate::resolutions::{Decisions, Resolution};
use crate::rows::IssueRow;
use crate::search_index;
use crate::workspace::Workspace;
use calx_model::SopInstanceUid;
use rayon::prelude::*;
use rusqlite::{Transaction, params};

/// A transaction is ended after this long, its commit not counted.
pub(crate) const TRANSACTION: Duration = Duration::from_millis(30);
/// How many rows between two looks at the clock.
const LOOKS: usize = 16;
/// How long other writers are let in between two transactions.
const GAP: Duration = Duration::from_millis(2);

/// What a run goes by.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) run: String,
    pub(crate) mode: ImportMode,
    pub(crate) on_duplicate: OnDuplicate,
    /// What people decided on conflicts before.
    pub(crate) decisions: Decisions,
    /// After how long a transaction is ended.
    pub(crate) transaction: Duration,
}

/// Makes a batch safe; `tell` is given what became of its files, in order, after each commit. Counts are added to
/// `summary` with the commit that they are of. Returns how many transactions it took.
pub(crate) fn store(
    workspace: &Workspace,
    rules: &Rules,
    sync: &BatchSync,
    mut batch: Vec<Prepared>,
    summary: &mut ImportSummary,
    tell: &mut dyn FnMut(FileOutcome),
) -> Result<u32, WorkspaceError> {
    let mut moved = BTreeSet::new();
    let copied = place_objects(workspace, sync, &batch, &mut moved);
    // Whatever happened, no unfinished copy of this batch is needed any more.
    for copy in batch.iter().filter_map(ready).filter_map(|ready| ready.copy.as_ref()) {
        if !moved.contains(copy.as_path()) {
            remove_if_there(copy);
        }
    }
    let mut next = summary.clone();
    next.bytes_copied += copied?;
    batch.retain(|prepared| !matches!(prepared, Prepared::Archive(..) | Prepared::NoRoom(_)));
    settle_repeated(&mut batch);
    let mut learned = Learned::default();
    let (mut filed, mut transactions) = (0, 0);
    while let Some(rest) = batch.get_mut(filed..).filter(|rest| !rest.is_empty()) {
        let rows = file_rows_of(workspace, rules, rest, &learned, next)?;
        filed += rows.outcomes.len();
        transactions += 1;
        summary.clone_from(&rows.summary);
        next = rows.summary;
        rows.outcomes.into_iter().for_each(&mut *tell);
        // Another program that waits to write has its turn now.
        if filed < batch.len() {
            std::thread::sleep(GAP);
        }
        // A UID that repeats: once for all that is left, unless another program files one of them just now.
        if rows.is_undecided
            && let Some(rest) = batch.get_mut(filed..)
        {
            settle(workspace, rest, &mut learned)?;
        }
    }
    Ok(transactions)
}

/// What one transaction came to.
struct Rows {
    outcomes: Vec<FileOutcome>,
    summary: ImportSummary,
    /// It ended at a file of which more must be known.
    is_undecided: bool,
}

/// Files rows from the first on, as far as they can be decided and time allows.
fn file_rows_of(
    workspace: &Workspace,
    rules: &Rules,
    batch: &[Prepared],
    learned: &Learned,
    summary: ImportSummary,
) -> Result<Rows, WorkspaceError> {
    workspace.write(|tx| {
        let began = Instant::now();
        let mut rows = Rows { outcomes: Vec::with_capacity(batch.len()), summary, is_undecided: false };
        let mut number = None;
        let mut lately = Lately::default();
        for prepared in batch {
            let outcome = match prepared {
                Prepared::Done(outcome) => Some(duplicate_as_asked(outcome.clone(), rules.on_duplicate)),
                Prepared::NotDicom(file) => {
                    recall::remember_not_dicom(tx, file)?;
                    Some(file.outcome.clone())
                }
                Prepared::Ready(ready) => file(tx, rules, ready, (learned, &mut lately), &mut rows.summary)?,
                Prepared::Archive(..) | Prepared::NoRoom(_) => None,
            };
            let Some(outcome) = outcome else {
                rows.is_undecided = true;
                break;
            };
            rows.summary.counts.count(outcome.status);
            if !matches!(outcome.status, FileStatus::Imported | FileStatus::Duplicate) {
                let last = match number {
                    Some(last) => last,
                    None => issue_count(tx, &rules.run)?,
                };
                number = Some(last + 1);
                let issue = IssueRow { run: rules.run.clone(), number: last + 1, outcome };
                add_issue(tx, &issue)?;
                rows.outcomes.push(issue.outcome);
            } else {
                rows.outcomes.push(outcome);
            }
            if rows.outcomes.len().is_multiple_of(LOOKS) && began.elapsed() > rules.transaction {
                break;
            }
        }
        set_counts(tx, &rows.summary)?;
        // What is left goes with the next batch, or with the end of the run.
        let _left = search_index::refresh_studies(tx)?;
        Ok(rows)
    })
}

fn ready(prepared: &Prepared) -> Option<&Ready> {
    match prepared {
        Prepared::Ready(ready) => Some(ready),
        _ => None,
    }
}

/// A copy and the object that it is to be.
struct Placing<'a> {
    copy: &'a Path,
    target: PathBuf,
    sha256: &'a str,
    size: u64,
}

/// Gives copies that are needed their final names, durably; returns the bytes of new objects. `moved`: copies that
/// have their final name.
fn place_objects<'a>(
    workspace: &Workspace,
    sync: &BatchSync,
    batch: &'a [Prepared],
    moved: &mut BTreeSet<&'a Path>,
) -> Result<u64, WorkspaceError> {
    let objects = workspace.objects_dir();
    let failed = |source| WorkspaceError::Write {
        what: "the batch of files in hand",
        kept: "every file reported before it is kept",
        path: objects.clone(),
        source,
    };
    // Known bytes need no second object; whether that still holds is decided in the transaction.
    let (mut wanted, mut known_here) = (Vec::new(), Vec::new());
    let mut targets = BTreeSet::new();
    workspace.read(|tx| {
        for ready in batch.iter().filter_map(ready) {
            let Some(copy) = &ready.copy else { continue };
            let Some(sha256) = &ready.facts.sha256 else { continue };
            let target = workspace.root().join(relative_path(sha256));
            if !targets.insert(target.clone()) {
                continue;
            }
            let is_known = file_rows::known(tx, &ready.header.instance)?
                .is_some_and(|known| known.place.managed && known.sha256 == ready.facts.sha256);
            let placing = Placing { copy, target, sha256, size: ready.facts.size };
            if is_known { known_here.push(placing) } else { wanted.push(placing) }
        }
        Ok(())
    })?;
    // A source is acknowledged as kept, and may be removed then: what is kept must be its bytes to the last one.
    let broken = known_here.into_par_iter().filter(|placing| !is_whole(placing));
    wanted.extend(broken.collect::<Vec<_>>());
    if wanted.is_empty() {
        return Ok(0);
    }
    sync.sync(wanted.iter().map(|placing| placing.copy)).map_err(failed)?;
    let mut folders = BTreeSet::from([objects.clone()]);
    let mut bytes = 0;
    for placing in &wanted {
        let Placing { copy, target, size, .. } = placing;
        if let Some(folder) = target.parent()
            && folders.insert(folder.to_path_buf())
            && let Err(error) = fs::create_dir(folder)
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(failed(error));
        }
        match durable::rename_unless_there(copy, target) {
            Ok(()) => {
                moved.insert(copy);
                bytes += size;
            }
            // The same bytes, left by a killed run or put there by another import just now; or an object that was
            // changed from outside, and whole bytes are at hand.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !is_whole(placing) {
                    durable::rename(copy, target).map_err(failed)?;
                    moved.insert(copy);
                }
            }
            Err(error) => return Err(failed(error)),
        }
    }
    // Also of objects found in place: whoever put them there may not have come to syncing their names.
    sync.sync(folders.iter().map(PathBuf::as_path)).map_err(failed)?;
    Ok(bytes)
}

/// Whether the object is there with the bytes of its name.
fn is_whole(placing: &Placing<'_>) -> bool {
    fs::metadata(&placing.target).is_ok_and(|meta| meta.is_file() && meta.len() == placing.size)
        && sha256_of(&placing.target).is_ok_and(|sha256| sha256 == placing.sha256)
}

/// Files one instance and says what became of it; `None` while it cannot be said.
fn file(
    tx: &Transaction<'_>,
    rules: &Rules,
    ready: &Ready,
    (learned, lately): (&Learned, &mut Lately),
    summary: &mut ImportSummary,
) -> Result<Option<FileOutcome>, WorkspaceError> {
    let place = place_of(ready);
    let found = Found {
        header: &ready.header,
        damaged: ready.damaged.as_deref(),
        facts: &ready.facts,
        place: &place,
        source: &ready.source,
    };
    let filed = file_rows::file_instance(tx, found, learned, lately)?;
    let mut is_overwritten = false;
    let (status, reason, text) = match filed {
        Filed::New { study, series } => {
            summary.new_studies += u64::from(study);
            summary.new_series += u64::from(series);
            summary.new_images +=
                u64::from(ready.header.has_pixels && about_images::called(&ready.header.sop_class).is_none());
            match &ready.damaged {
                None => (FileStatus::Imported, "", String::new()),
                Some(why) => (FileStatus::Damaged, "truncated", why.clone()),
            }
        }
        Filed::Undecided => return Ok(None),
        Filed::Same { in_full } => {
            let told = match file_rows::known(tx, &ready.header.instance)? {
                Some(known) => keep_best(tx, ready, &known, &place, (in_full, learned))?,
                None => Some(("", "")),
            };
            let Some((reason, text)) = told else { return Ok(None) };
            (FileStatus::Duplicate, reason, text.to_owned())
        }
        Filed::Mended => {
            let text =
                "a damaged copy of this object was here; it is kept aside, these whole bytes count now";
            (FileStatus::Imported, "damaged_copy_set_aside", text.to_owned())
        }
        Filed::Conflict { kept_before: true } if is_decided_of(&rules.decisions, ready) => {
            (FileStatus::Duplicate, DECIDED.0, DECIDED.1.to_owned())
        }
        Filed::Conflict { kept_before } => {
            is_overwritten = file_rows::known(tx, &ready.header.instance)?
                .is_some_and(|known| !known.place.managed && known.place.path == ready.source);
            let text = if is_overwritten {
                overwritten_text(ready.damaged.as_deref())
            } else {
                conflict_text(kept_before, ready.damaged.as_deref())
            };
            (FileStatus::Conflict, CONFLICT, text)
        }
    };
    // What is damaged besides is read again, for why; so is what was overwritten.
    let is_conflict = matches!(filed, Filed::Conflict { .. }) && ready.damaged.is_none() && !is_overwritten;
    if is_conflict || status != FileStatus::Conflict {
        recall::remember(tx, &ready.source, ready, is_conflict)?;
    }
    let outcome = FileOutcome { notices: ready.notices.clone(), ..described(ready, status, reason, text) };
    Ok(Some(duplicate_as_asked(outcome, rules.on_duplicate)))
}

/// Reason and words for bytes that a person decided against, and that are here.
pub(crate) const DECIDED: (&str, &str) = (
    "decided",
    "these bytes are kept; of the files with its SOPInstanceUID (0008,0018) another was chosen to count",
);

/// Reason for bytes whose UID is here with other ones.
pub(crate) const CONFLICT: &str = "same_uid_other_bytes";

/// The same in words.
pub(crate) fn conflict_text(kept_before: bool, damaged: Option<&str>) -> String {
    let now = if kept_before { "these bytes were kept before" } else { "both are kept" };
    let why = damaged.map(|why| format!("; {why}")).unwrap_or_default();
    format!("another object with the same SOPInstanceUID (0008,0018) is here, {now}{why}")
}

/// Words for a referenced file that is another by now.
fn overwritten_text(damaged: Option<&str>) -> String {
    let text = "this file was referenced in place and has been overwritten since: the bytes that count are gone from it, \
                and what it holds now counts once that is decided (calx issues resolve)";
    let why = damaged.map(|why| format!("; {why}")).unwrap_or_default();
    format!("{text}{why}")
}

/// Whether a person decided on these very bytes.
pub(crate) fn is_decided(decisions: &Decisions, instance: &SopInstanceUid, sha256: Option<&String>) -> bool {
    let names = |decision: &Resolution| sha256.is_some_and(|sha256| decision.names(sha256));
    decisions.get(instance).is_some_and(names)
}

/// As [`is_decided`], of a prepared file.
pub(crate) fn is_decided_of(decisions: &Decisions, ready: &Ready) -> bool {
    is_decided(decisions, &ready.header.instance, ready.facts.sha256.as_ref())
}

/// A duplicate that is not to be skipped is a failure.
pub(crate) fn duplicate_as_asked(outcome: FileOutcome, asked: OnDuplicate) -> FileOutcome {
    if asked == OnDuplicate::Error && outcome.status == FileStatus::Duplicate {
        let text =
            "an object with this SOPInstanceUID (0008,0018) and these bytes is here already".to_owned();
        return FileOutcome { status: FileStatus::Failed, reason: "duplicate".to_owned(), text, ..outcome };
    }
    outcome
}

pub(crate) fn described(
    ready: &Ready,
    status: FileStatus,
    reason: &'static str,
    text: String,
) -> FileOutcome {
    FileOutcome {
        uid: Some(ready.header.instance.to_string()),
        sop_class: Some(ready.header.sop_class.to_string()),
        sha256: ready.facts.sha256.clone(),
        size: ready.facts.size,
        ..FileOutcome::of(ready.path.clone(), status, reason, text)
    }
}

/// Where the bytes of a prepared file are to be looked for.
fn place_of(ready: &Ready) -> Place {
    match (&ready.copy, &ready.facts.sha256) {
        (Some(_), Some(sha256)) => Place { managed: true, path: relative_path(sha256).into_bytes() },
        _ => Place { managed: false, path: ready.source.clone() },
    }
}

/// Lets a better place of known bytes count: a managed copy over a reference, a file over a missing one. `None` while
/// it is not known whether it is missing.
fn keep_best(
    tx: &Transaction<'_>,
    ready: &Ready,
    known: &Known,
    place: &Place,
    (in_full, learned): (bool, &Learned),
) -> Result<Option<(&'static str, &'static str)>, WorkspaceError> {
    if known.place == *place {
        if place.managed {
            return Ok(Some(("", "")));
        }
        file_rows::refresh_file(tx, known.file, &ready.facts)?;
        let text =
            "its time changed; size and header are as before, its pixels were never digested until now";
        return Ok(Some(if in_full { ("", "") } else { ("time_changed", text) }));
    }
    if known.place.managed {
        return Ok(Some(("", "")));
    }
    if place.managed {
        file_rows::move_file(tx, &ready.header.instance, known, &ready.facts, place)?;
        return Ok(Some(("reference_replaced", "it was referenced before, a managed copy is kept now")));
    }
    match learned.is_there(known) {
        None => Ok(None),
        Some(true) => Ok(Some(("", ""))),
        Some(false) => {
            file_rows::move_file(tx, &ready.header.instance, known, &ready.facts, place)?;
            Ok(Some(("found_again", "the place known before is gone, this one is referenced now")))
        }
    }
}

fn issue_count(tx: &Transaction<'_>, run: &str) -> Result<u32, WorkspaceError> {
    let sql = "SELECT coalesce(max(number), 0) FROM import_issues WHERE run = ?1";
    Ok(tx.prepare_cached(sql)?.query_row([run], |row| row.get(0))?)
}

/// Writes one issue.
pub(crate) fn add_issue(tx: &Transaction<'_>, issue: &IssueRow) -> Result<(), WorkspaceError> {
    let sql = "INSERT INTO import_issues (run, number, path, status, reason, text, uid, sha256, size)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let outcome = &issue.outcome;
    tx.prepare_cached(sql)?.execute(params![
        issue.run,
        issue.number,
        path_bytes::to_bytes(&outcome.path),
        outcome.status.word(),
        outcome.reason,
        outcome.text,
        outcome.uid,
        outcome.sha256,
        i64::try_from(outcome.size).unwrap_or(i64::MAX),
    ])?;
    Ok(())
}

fn set_counts(tx: &Transaction<'_>, summary: &ImportSummary) -> Result<(), WorkspaceError> {
    let sql = "UPDATE import_runs SET imported = ?2, damaged = ?3, duplicate = ?4, conflict = ?5,
               not_dicom = ?6, failed = ?7 WHERE id = ?1";
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let counts = &summary.counts;
    tx.prepare_cached(sql)?.execute(params![
        summary.run,
        number(counts.imported),
        number(counts.damaged),
        number(counts.duplicate),
        number(counts.conflict),
        number(counts.not_dicom),
        number(counts.failed),
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::ArchiveLimits;
    use super::super::pace::Pace;
    use super::super::prepare::{Take, prepare};
    use super::super::reading::Copies;
    use super::*;
    use crate::objects::INCOMING;
    use crate::workspace::InitOptions;

    /// The least that can be filed: four UIDs and an image of no pixels.
    fn instance(number: usize) -> Vec<u8> {
        let element = |group: u16, element: u16, vr: &[u8], value: String| {
            let value = if value.len() % 2 == 1 { value + "\0" } else { value };
            let mut out = [group.to_le_bytes(), element.to_le_bytes()].concat();
            out.extend(vr);
            out.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
            out.extend(value.as_bytes());
            out
        };
        let mut bytes = [[0; 128].as_slice(), b"DICM"].concat();
        bytes.extend(element(2, 0x10, b"UI", "1.2.840.10008.1.2.1".to_owned()));
        bytes.extend(element(8, 0x16, b"UI", "1.2.840.10008.5.1.4.1.1.1".to_owned()));
        bytes.extend(element(8, 0x18, b"UI", format!("1.2.3.{number}")));
        bytes.extend(element(0x20, 0xd, b"UI", "1.2.3".to_owned()));
        bytes.extend(element(0x20, 0xe, b"UI", format!("1.2.3.4.{}", number / 10)));
        bytes
    }

    fn prepared(dir: &Path, copies: &Copies, number: usize, mode: ImportMode) -> Prepared {
        let path = dir.join(number.to_string());
        fs::write(&path, instance(number)).unwrap();
        let take = if mode == ImportMode::Copy { Take::Copy(copies.next()) } else { Take::Header };
        prepare(path.clone(), path_bytes::to_bytes(&path), take, ArchiveLimits::default())
    }

    #[test]
    fn a_thousand_files_take_at_most_four_durability_calls() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::init(&dir.path().join("ws"), InitOptions::default()).unwrap();
        let incoming = workspace.objects_dir().join(INCOMING);
        durable::make_dir(&incoming).unwrap();
        let sync = BatchSync::new(&incoming).unwrap();
        for (mode, number, objects) in [(ImportMode::Copy, 1_000, 2), (ImportMode::Reference, 2_000, 0)] {
            let copies = Copies::new(incoming.clone(), format!("r-{number}"));
            let rules = Rules {
                run: "r-1".to_owned(),
                mode,
                on_duplicate: OnDuplicate::Skip,
                decisions: Decisions::new(),
                // However slow the machine that tests this.
                transaction: Duration::from_secs(60),
            };
            let batch: Vec<_> =
                (number..number + 1_000).map(|number| prepared(dir.path(), &copies, number, mode)).collect();
            assert!(batch.iter().all(|prepared| matches!(prepared, Prepared::Ready(_))), "{:?}", batch[0]);
            let (before, mut told, mut summary) = (sync.calls(), 0, ImportSummary::default());
            let transactions =
                store(&workspace, &rules, &sync, batch, &mut summary, &mut |_| told += 1).unwrap();
            assert_eq!((told, summary.counts.imported), (1_000, 1_000));
            let calls = sync.calls() - before;
            if cfg!(target_os = "linux") {
                assert_eq!(calls, objects, "one for the bytes, one for the names");
                assert!(calls + u64::from(transactions) <= 4, "{transactions} transactions");
            }
        }
    }

    #[test]
    fn a_transaction_takes_no_more_than_its_time_and_the_pace_hears_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::init(&dir.path().join("ws"), InitOptions::default()).unwrap();
        let sync = BatchSync::new(&workspace.objects_dir()).unwrap();
        let copies = Copies::new(dir.path().to_path_buf(), "r-1".to_owned());
        let (mode, mut pace) = (ImportMode::Reference, Pace::new());
        for _ in 0..9 {
            pace.acknowledged(Duration::ZERO, 1);
        }
        let most = pace.limits().files;
        for (time, number, expected) in
            [(Duration::from_secs(60), 0, 1), (Duration::ZERO, 100, 100_usize.div_ceil(LOOKS))]
        {
            let rules = Rules {
                run: "r-1".to_owned(),
                mode,
                on_duplicate: OnDuplicate::Skip,
                decisions: Decisions::new(),
                transaction: time,
            };
            let batch: Vec<_> =
                (number..number + 100).map(|number| prepared(dir.path(), &copies, number, mode)).collect();
            let (mut told, mut summary) = (Vec::new(), ImportSummary::default());
            let took = store(&workspace, &rules, &sync, batch, &mut summary, &mut |outcome| {
                told.push(outcome.path);
            })
            .unwrap();
            assert_eq!(usize::try_from(took).unwrap(), expected, "{time:?}");
            let paths: Vec<_> =
                (number..number + 100).map(|number| dir.path().join(number.to_string())).collect();
            assert_eq!((told, summary.counts.imported), (paths, 100), "each once, in order");
            pace.acknowledged(Duration::ZERO, took);
        }
        assert_eq!(pace.limits().files, most / 2, "smaller batches where a machine is slow");
    }
}

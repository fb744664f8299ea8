//! A whole run as its caller sees it: the order of what is told, where it stops, and what its counts add up to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use calx_workspace::{Counts, FileOutcome, FileStatus, ImportEvent, ImportOptions};

use crate::support::{Fresh, Tiny, import};

/// Files of the first batch of a run.
const FIRST_BATCH: u64 = 64;

#[test]
fn files_are_told_in_the_order_of_the_walk_however_many_read() {
    let fresh = Fresh::new();
    let mut names = Vec::new();
    for n in 0..200 {
        let mut bytes = Tiny::new(&format!("1.2.3.{}", n + 1)).bytes();
        if n % 16 == 0 {
            // The first of what one reader takes is long in the reading.
            bytes.extend(vec![0; 4 << 20]);
        }
        names.push(fresh.put(&format!("{}/{n:03}.dcm", n / 50), &bytes));
    }
    for jobs in [4, 1] {
        let (summary, files) =
            import(&fresh.workspace, &[fresh.src()], |options| options.jobs = jobs).unwrap();
        let told: Vec<_> = files.into_iter().map(|file| file.path).collect();
        assert_eq!(told, names, "{jobs} readers");
        assert_eq!(summary.counts.usable(), 200);
    }
}

#[test]
fn cancel_ends_with_the_batch_in_hand_and_nothing_told_is_lost() {
    for jobs in [1, 4] {
        let fresh = Fresh::new();
        for n in 0..400 {
            fresh.put(&format!("{n:03}.dcm"), &Tiny::new(&format!("1.2.3.{}", n + 1)).bytes());
        }
        let cancel = AtomicBool::new(false);
        let options = ImportOptions { jobs, ..ImportOptions::new(&cancel) };
        let mut told = 0_u64;
        let summary = fresh.workspace.import(&[fresh.src()], &options, &mut |event| {
            if let ImportEvent::File(_) = event {
                told += 1;
                cancel.store(true, Ordering::Relaxed);
            }
        });
        let summary = summary.unwrap();
        assert!(summary.interrupted, "{jobs} readers");
        assert!((1..=FIRST_BATCH).contains(&told), "{jobs} readers: {told} told");
        assert_eq!((summary.counts.imported, summary.counts.total()), (told, told));
        assert_eq!(
            fresh.workspace.instances(None).unwrap().len() as u64,
            told,
            "no more was filed than told"
        );
        let incoming = fresh.workspace.root().join("objects/incoming");
        assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0, "no copy is left");
        assert_eq!(fresh.import().0.counts.imported, 400 - told);
    }
}

#[test]
fn the_counts_add_up_to_what_was_told_and_what_is_kept_of_the_run() {
    let fresh = Fresh::new();
    let whole = Tiny::new("1.2.3.4");
    fresh.put("a.dcm", &whole.bytes());
    fresh.put("b.dcm", &whole.bytes());
    fresh.put("c.dcm", &Tiny { fill: 9, ..whole.clone() }.bytes());
    let mut cut = Tiny::new("1.2.3.5").bytes();
    cut.truncate(cut.len() - 8);
    fresh.put("d.dcm", &cut);
    fresh.put("e.txt", b"words");
    fresh.put("f", b"");
    let mut broken = Tiny::new("1.2.3.6").bytes();
    broken.truncate(200);
    fresh.put("g.dcm", &broken);
    for run in 0..3 {
        let (summary, files) = fresh.import();
        check_totals(&fresh, summary.counts, &files, &summary.run);
        let expected = if run == 0 {
            Counts { imported: 1, damaged: 1, duplicate: 1, conflict: 1, not_dicom: 2, failed: 1 }
        } else {
            Counts { imported: 0, damaged: 0, duplicate: 3, conflict: 1, not_dicom: 2, failed: 1 }
        };
        assert_eq!(summary.counts, expected, "run {run}: {files:#?}");
    }
}

fn check_totals(fresh: &Fresh, counts: Counts, files: &[FileOutcome], run: &str) {
    let mut told: BTreeMap<FileStatus, u64> = BTreeMap::new();
    files.iter().for_each(|file| *told.entry(file.status).or_default() += 1);
    let of = |status| told.get(&status).copied().unwrap_or(0);
    let rows = Counts {
        imported: of(FileStatus::Imported),
        damaged: of(FileStatus::Damaged),
        duplicate: of(FileStatus::Duplicate),
        conflict: of(FileStatus::Conflict),
        not_dicom: of(FileStatus::NotDicom),
        failed: of(FileStatus::Failed),
    };
    assert_eq!((counts, counts.total()), (rows, files.len() as u64));
    let kept = fresh.workspace.runs().unwrap().into_iter().find(|row| row.run == run).unwrap();
    assert_eq!(kept.counts, counts);
    let issues: Vec<_> =
        fresh.workspace.issues(Some(run)).unwrap().into_iter().map(|row| row.outcome.path).collect();
    let untroubled = [FileStatus::Imported, FileStatus::Duplicate];
    let troubled = files.iter().filter(|file| !untroubled.contains(&file.status));
    assert_eq!(issues, troubled.map(|file| file.path.clone()).collect::<Vec<_>>());
}

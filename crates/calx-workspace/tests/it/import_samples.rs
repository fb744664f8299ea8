//! Import of the shared samples: real files nobody on this project wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use calx_workspace::{FileStatus, ImportMode, VerifyOptions};

use crate::support::{Fresh, fate, import, samples};

/// SHA-256 and path of each sample, by the manifest.
fn manifest(dir: &std::path::Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(dir.join("MANIFEST.tsv")).unwrap();
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let column = |name: &str| head.iter().position(|h| *h == name).unwrap_or_else(|| panic!("{head:?}"));
    let (path, sha256) = (column("file"), column("sha256"));
    lines
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|cells| (cells[path].to_owned(), cells[sha256].to_owned()))
        .collect()
}

#[test]
fn every_sample_is_accounted_for_once_and_again() {
    let Some(samples) = samples() else { return };
    let manifest = manifest(&samples);
    assert_eq!(manifest.len(), 147);
    let fresh = Fresh::new();
    let ws = &fresh.workspace;
    let (summary, files) = import(ws, std::slice::from_ref(&samples), |_| {}).unwrap();

    let paths: BTreeSet<_> = files.iter().map(|f| f.path.clone()).collect();
    assert_eq!(paths.len(), files.len(), "no file twice");
    let mut statuses: BTreeMap<&str, u64> = BTreeMap::new();
    for file in &files {
        let relative = file.path.strip_prefix(&samples).unwrap().to_string_lossy().into_owned();
        let Some(sha256) = manifest.get(&relative) else {
            assert_eq!(file.status, FileStatus::NotDicom, "{file:?}");
            continue;
        };
        *statuses.entry(file.status.word()).or_default() += 1;
        match file.status {
            FileStatus::Imported | FileStatus::Duplicate => assert!(file.reason.is_empty(), "{file:?}"),
            _ => assert!(!file.reason.is_empty() && !file.text.is_empty(), "{file:?}"),
        }
        if let Some(found) = &file.sha256 {
            assert_eq!(found, sha256, "{relative}");
        }
    }
    assert_eq!(statuses.values().sum::<u64>(), 147, "{statuses:?}");
    // Measured 22 Nov 2026: 118 imported, 15 conflict (one image in several transfer syntaxes under one
    // UID), 12 failed (a UID is absent or none), 2 not_dicom (a DICOMDIR, and a data set without marks). A
    // reader that learns more may only move files up.
    let of = |word: &str| statuses.get(word).copied().unwrap_or(0);
    assert!(of("imported") + of("conflict") + of("damaged") >= 133, "{statuses:?}");
    assert!(of("failed") <= 12 && of("not_dicom") <= 2, "{statuses:?}");
    assert_eq!(fate(&files, "dicomdir-tree/DICOMDIR"), (FileStatus::NotDicom, "dicomdir"));
    assert_eq!(fate(&files, "pydicom-pydicom/priv_SQ.dcm"), (FileStatus::Failed, "missing_attribute"));
    let cut = files.iter().find(|file| file.path.ends_with("MR_truncated.dcm")).unwrap();
    assert!(cut.text.contains("8130 of 8192 bytes"), "{}", cut.text);

    // What is catalogued and what was told agree, and each object is the bytes as received.
    let hashes = ws.hash_list().unwrap();
    assert_eq!(hashes.len() as u64, summary.counts.imported + summary.counts.damaged);
    for (uid, sha256) in &hashes {
        assert!(files.iter().any(|f| f.uid.as_ref() == Some(uid) && f.sha256.as_ref() == Some(sha256)));
    }
    let report = ws.verify(VerifyOptions { deep: true }).unwrap();
    assert!(report.is_whole(), "{:?}", report.problems);
    assert_eq!(report.leftovers.len(), 0);
    assert_eq!(report.hashed, hashes.len() as u64 + summary.counts.conflict);

    let (second, _) = import(ws, std::slice::from_ref(&samples), |_| {}).unwrap();
    let usable = summary.counts.imported + summary.counts.damaged + summary.counts.duplicate;
    assert_eq!(second.counts.duplicate, usable, "all that was taken is here");
    assert_eq!(second.counts.conflict, summary.counts.conflict);
    assert_eq!(second.counts.not_dicom, summary.counts.not_dicom);
    assert_eq!((second.counts.imported, second.bytes_copied), (0, 0));
    assert_eq!(ws.hash_list().unwrap(), hashes);
}

#[test]
fn referenced_samples_give_the_same_catalogue_and_a_rebuild_gives_it_again() {
    let Some(samples) = samples() else { return };
    let (copied, referenced) = (Fresh::new(), Fresh::new());
    let (a, _) = import(&copied.workspace, std::slice::from_ref(&samples), |_| {}).unwrap();
    let reference = |o: &mut calx_workspace::ImportOptions<'_>| o.mode = ImportMode::Reference;
    let (b, _) = import(&referenced.workspace, std::slice::from_ref(&samples), reference).unwrap();
    assert_eq!(a.counts, b.counts);
    assert_eq!(b.bytes_copied, 0);
    let (ws, of) = (&copied.workspace, &referenced.workspace);
    assert_eq!(ws.studies().unwrap(), of.studies().unwrap());
    assert_eq!(ws.series(None).unwrap(), of.series(None).unwrap());
    assert_eq!(ws.hash_list().unwrap(), of.hash_list().unwrap());
    for ws in [ws, of] {
        let before = (ws.studies().unwrap(), ws.series(None).unwrap(), ws.instances(None).unwrap());
        let (runs, issues) = (ws.runs().unwrap(), ws.issues(None).unwrap());
        let report = ws.rebuild_catalogue().unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        let after = (ws.studies().unwrap(), ws.series(None).unwrap(), ws.instances(None).unwrap());
        assert_eq!(before, after);
        assert_eq!((runs, issues), (ws.runs().unwrap(), ws.issues(None).unwrap()));
        assert!(ws.verify(VerifyOptions::default()).unwrap().is_whole());
    }
    // Without the old catalogue, managed objects come back; runs and references do not, and that is said.
    let before = (ws.studies().unwrap(), ws.series(None).unwrap());
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(ws.root().join(format!("catalogue.sqlite{suffix}"))).ok();
    }
    let reopened = copied.again();
    assert!(matches!(reopened.studies(), Err(calx_workspace::WorkspaceError::CatalogueAbsent(_))));
    let report = reopened.rebuild_catalogue().unwrap();
    assert_eq!(report.instances, a.counts.imported + a.counts.damaged);
    assert!(report.notes[0].contains("not known any more"), "{:?}", report.notes);
    assert_eq!(before, (reopened.studies().unwrap(), reopened.series(None).unwrap()));
    assert!(reopened.runs().unwrap().is_empty());
}

//! Archives: told by content, read entry by entry, and no entry gets anywhere.

use std::io::{Cursor, Write as _};
use std::path::Path;

use calx_workspace::{ArchiveLimits, FileStatus, ImportMode, VerifyOptions};
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::{Fresh, Tiny, fate, import, samples, tree};

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (at, (name, bytes)) in entries.iter().enumerate() {
        let method = if at % 2 == 0 { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A header as `tar` writes it; names may be what a writer of good will never writes.
fn tar_entry(out: &mut Vec<u8>, name: &[u8], kind: u8, bytes: &[u8]) {
    let mut header = [0; 512];
    header[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    header[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    header[148..156].copy_from_slice(b"        ");
    header[156] = kind;
    header[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    out.extend(header);
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
}

fn tar_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in entries {
        if name.len() > 100 {
            tar_entry(&mut out, b"././@LongLink", b'L', name.as_bytes());
        }
        tar_entry(&mut out, name.as_bytes(), b'0', bytes);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn gz_of(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

#[test]
fn each_kind_of_archive_gives_its_files() {
    let (first, second) = (Tiny::new("1.2.3.1").bytes(), Tiny::new("1.2.3.2").bytes());
    let long = format!("{}/IM2", "folder/".repeat(20));
    let entries: [(&str, &[u8]); 3] = [("a/IM1", &first), (&long, &second), ("readme.txt", b"words")];
    for (name, archive) in [
        ("hands.zip", zip_of(&entries)),
        ("hands.tar", tar_of(&entries)),
        ("hands.tar.gz", gz_of(&tar_of(&entries))),
        // The name says nothing.
        ("hands.dcm", zip_of(&entries)),
    ] {
        let fresh = Fresh::new();
        let path = fresh.put(name, &archive);
        let (would, dry) = import(&fresh.workspace, &[fresh.src()], |o| o.dry_run = true).unwrap();
        assert_eq!(would.counts.imported, 2, "{dry:#?}");
        assert!(fresh.workspace.instances(None).unwrap().is_empty());
        let (summary, files) = fresh.import();
        assert_eq!((summary.counts.imported, summary.counts.not_dicom), (2, 1), "{name}: {files:#?}");
        let mut told: Vec<_> = files.iter().map(|f| (f.path.clone(), f.status, f.uid.clone())).collect();
        let dry: Vec<_> = dry.iter().map(|f| (f.path.clone(), f.status, f.uid.clone())).collect();
        assert_eq!(told, dry);
        told.sort();
        let label = |entry: &str| format!("{}!/{entry}", path.display()).into();
        assert!(told.contains(&(label("a/IM1"), FileStatus::Imported, Some("1.2.3.1".to_owned()))));
        assert!(told.contains(&(label(&long), FileStatus::Imported, Some("1.2.3.2".to_owned()))));
        assert!(told.contains(&(label("readme.txt"), FileStatus::NotDicom, None)));
        let (again, _) = fresh.import();
        assert_eq!(again.counts.duplicate, 2);
        assert!(fresh.workspace.verify(VerifyOptions { deep: true }).unwrap().is_whole());
        assert!(tree(&fresh.workspace.root().join("objects/incoming")).is_empty());
    }
}

#[test]
fn a_single_file_in_a_gz_is_a_file() {
    let fresh = Fresh::new();
    fresh.put("IM7.dcm.gz", &gz_of(&Tiny::new("1.2.3.7").bytes()));
    fresh.put("cut.gz", &gz_of(&Tiny::new("1.2.3.8").bytes())[..60]);
    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "IM7.dcm.gz!/IM7.dcm"), (FileStatus::Imported, ""));
    assert_eq!(fate(&files, "cut.gz!/cut"), (FileStatus::Failed, "archive_damaged"));
}

#[test]
fn a_preamble_that_looks_like_an_archive_makes_none() {
    let fresh = Fresh::new();
    for (name, mark) in [("zip", &b"PK\x03\x04"[..]), ("gz", &[0x1f, 0x8b, 8, 0])] {
        let mut whole = Tiny::new(&format!("1.2.3.4.{}", mark.len() + usize::from(mark[0]))).bytes();
        whole[..4].copy_from_slice(mark);
        fresh.put(&format!("{name}-whole.dcm"), &whole);
        let mut broken = [&[0; 128], &b"DICM no element"[..]].concat();
        broken[..4].copy_from_slice(mark);
        fresh.put(&format!("{name}-broken.dcm"), &broken);
    }
    let (summary, files) = fresh.import();
    assert_eq!(summary.counts.imported, 2, "{files:#?}");
    for name in ["zip-broken.dcm", "gz-broken.dcm"] {
        let (status, reason) = fate(&files, name);
        assert_ne!(reason, "archive_damaged");
        assert!(matches!(status, FileStatus::Failed | FileStatus::NotDicom), "{name}: {status:?} {reason}");
    }
}

#[test]
fn names_that_lead_elsewhere_are_only_names() {
    let tiny = |uid: &str| Tiny::new(uid).bytes();
    let (one, two, three) = (tiny("1.2.3.1"), tiny("1.2.3.2"), tiny("1.2.3.3"));
    let entries: [(&str, &[u8]); 3] =
        [("../../../escaped.dcm", &one), ("/tmp/absolute.dcm", &two), ("a\u{1b}[31m\u{202e}b", &three)];
    let mut tar = Vec::new();
    for (name, bytes) in entries {
        tar_entry(&mut tar, name.as_bytes(), b'0', bytes);
    }
    tar_entry(&mut tar, b"link", b'2', b"");
    tar_entry(&mut tar, b"pipe", b'6', b"");
    tar_entry(&mut tar, b"folder/", b'5', b"");
    tar.resize(tar.len() + 1024, 0);
    let fresh = Fresh::new();
    fresh.put("deep/er/bad.tar", &tar);
    fresh.put("deep/er/bad.zip", &zip_of(&entries));
    let before = tree(&fresh.src());
    let (summary, files) = fresh.import();
    assert_eq!((summary.counts.imported, summary.counts.duplicate), (3, 3), "{files:#?}");
    assert_eq!(summary.counts.not_dicom, 2);
    assert_eq!(fate(&files, "bad.tar!/link"), (FileStatus::NotDicom, "symlink"));
    assert_eq!(fate(&files, "bad.tar!/pipe"), (FileStatus::NotDicom, "not_a_file"));
    assert_eq!(tree(&fresh.src()), before);
    assert!(!Path::new("/tmp/absolute.dcm").exists());
    assert!(!fresh.dir.path().join("escaped.dcm").exists());
}

#[test]
fn archives_in_archives_and_bombs_are_told_and_cost_little() {
    let tiny = Tiny::new("1.2.3.1").bytes();
    // Bytes that begin as an object and go on for 300 MB.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&tiny).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    let fresh = Fresh::new();
    let inner = zip_of(&[("IM", &tiny)]);
    fresh.put("outer.zip", &zip_of(&[("inner.zip", &inner), ("inner.gz", &gz_of(&tiny))]));
    fresh.put("bomb.gz", &bomb);
    let limits = ArchiveLimits { bytes: 50 << 20, ratio: 200, ..ArchiveLimits::default() };
    let (_, files) = import(&fresh.workspace, &[fresh.src()], |o| o.archives = limits).unwrap();
    assert_eq!(fate(&files, "outer.zip!/inner.zip"), (FileStatus::NotDicom, "nested_archive"));
    assert_eq!(fate(&files, "outer.zip!/inner.gz"), (FileStatus::NotDicom, "nested_archive"));
    assert_eq!(fate(&files, "bomb.gz!/bomb"), (FileStatus::Failed, "archive_too_large"));
    let told = files.iter().find(|f| f.reason == "archive_too_large").unwrap();
    assert!(told.text.contains("--archive-limit"), "{}", told.text);
    assert!(tree(&fresh.workspace.root().join("objects")).is_empty());
    // Room enough: it is an object with a long tail.
    let roomy = ArchiveLimits { bytes: 1 << 30, ratio: 200, ..ArchiveLimits::default() };
    let (_, files) = import(&fresh.workspace, &[fresh.src()], |o| o.archives = roomy).unwrap();
    assert_ne!(fate(&files, "bomb.gz!/bomb").1, "archive_too_large");
}

#[test]
fn a_zip_of_more_entries_than_are_read_is_refused_with_their_number() {
    let tiny = Tiny::new("1.2.3.1").bytes();
    let fresh = Fresh::new();
    fresh.put("three.zip", &zip_of(&[("1", &tiny), ("2", &tiny), ("3", &tiny)]));
    let limits = ArchiveLimits { entries: 2, ..ArchiveLimits::default() };
    let (_, files) = import(&fresh.workspace, &[fresh.src()], |o| o.archives = limits).unwrap();
    assert_eq!(fate(&files, "three.zip"), (FileStatus::Failed, "archive_too_large"));
    let told = &files[0].text;
    assert!(told.contains("3 entries") && told.contains("the 2 entries"), "{told}");
    assert!(tree(&fresh.workspace.root().join("objects")).is_empty());
    let limits = ArchiveLimits { entries: 3, ..limits };
    let (_, files) = import(&fresh.workspace, &[fresh.src()], |o| o.archives = limits).unwrap();
    assert_eq!(fate(&files, "three.zip!/1"), (FileStatus::Imported, ""));
    // A run that is gone on with keeps the number.
    let run = &fresh.workspace.runs().unwrap()[0].run;
    let cancel = std::sync::atomic::AtomicBool::new(false);
    assert_eq!(fresh.workspace.run_plan(run).unwrap().options(&cancel).archives, limits);
}

#[test]
fn what_a_broken_archive_still_gives_is_kept() {
    let (first, second) = (Tiny::new("1.2.3.1").bytes(), Tiny::new("1.2.3.2").bytes());
    let entries: [(&str, &[u8]); 2] = [("IM1", &first), ("IM2", &second)];
    let fresh = Fresh::new();
    let tar = tar_of(&entries);
    fresh.put("cut.tar", &tar[..512 + first.len().next_multiple_of(512) + 512 + 40]);
    let mut zip = zip_of(&entries);
    // The second entry is stored: one byte of it makes its checksum wrong.
    let at = zip.windows(second.len()).position(|window| window == second).unwrap();
    zip[at + second.len() - 1] ^= 1;
    fresh.put("wrong.zip", &zip);
    fresh.put("end.zip", &zip[..zip.len() - 30]);
    fresh.put("empty.zip", &zip_of(&[]));
    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "cut.tar!/IM1"), (FileStatus::Imported, ""));
    assert_eq!(fate(&files, "wrong.zip!/IM1"), (FileStatus::Duplicate, ""));
    assert_eq!(fate(&files, "wrong.zip!/IM2"), (FileStatus::Failed, "archive_damaged"));
    assert_eq!(fate(&files, "end.zip"), (FileStatus::Failed, "archive_damaged"));
    assert_eq!(fate(&files, "empty.zip"), (FileStatus::NotDicom, "empty_archive"));
    let cut: Vec<_> = files.iter().filter(|f| f.path.to_string_lossy().contains("cut.tar")).collect();
    assert!(cut.iter().any(|f| f.status == FileStatus::Failed), "{cut:#?}");
    assert_eq!(fresh.workspace.instances(None).unwrap().len(), 1);
}

#[test]
fn an_archive_is_not_referenced() {
    let fresh = Fresh::new();
    fresh.put("hands.zip", &zip_of(&[("IM1", &Tiny::new("1.2.3.1").bytes())]));
    let (_, files) = import(&fresh.workspace, &[fresh.src()], |o| o.mode = ImportMode::Reference).unwrap();
    assert_eq!(fate(&files, "hands.zip"), (FileStatus::Failed, "archive_by_reference"));
}

#[test]
fn a_zip_of_the_samples_gives_their_catalogue() {
    let Some(samples) = samples() else { return };
    let (plain, zipped) = (Fresh::new(), Fresh::new());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in tree(&samples) {
        let name = path.strip_prefix(&samples).unwrap();
        zip.start_file_from_path(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zipped.put("samples.zip", &zip.finish().unwrap().into_inner());
    let (of_folder, _) = import(&plain.workspace, &[samples], |_| {}).unwrap();
    let (of_zip, files) = zipped.import();
    assert_eq!(of_zip.counts, of_folder.counts, "{files:#?}");
    let rows = |fresh: &Fresh| {
        let rows = fresh.workspace.instances(None).unwrap();
        rows.into_iter().map(|row| (row.instance.to_string(), row.sha256, row.damaged)).collect::<Vec<_>>()
    };
    assert!(rows(&plain).len() > 100);
    assert_eq!(rows(&zipped), rows(&plain));
}

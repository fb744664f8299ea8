//! Files that are far more than they weigh: told with a reason, quickly, and the run goes on.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::time::{Duration, Instant};

use calx_workspace::{ArchiveLimits, FileStatus, ImportMode, VerifyOptions};

use crate::support::{Fresh, Tiny, fate, import, tree};

const GIB: u64 = 1 << 30;
/// To read 64 GiB takes longer than this anywhere.
const SOON: Duration = Duration::from_secs(10);

/// Lets a file state a size that was never written; `false` where the file system cannot.
fn stretch(path: &Path, size: u64) -> bool {
    let stretched = OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(size));
    if stretched.is_err() {
        println!("skipped: no sparse files here");
    }
    stretched.is_ok()
}

/// A header of tar that states a size.
fn tar_header(name: &str, size: u64) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124] = 0x80;
    header[128..136].copy_from_slice(&size.to_be_bytes());
    header[148..156].copy_from_slice(b"        ");
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

#[cfg(unix)]
#[test]
fn a_sparse_file_of_64_gib_is_refused_and_the_rest_is_imported() {
    let fresh = Fresh::new();
    let sparse = fresh.put("a_sparse.dcm", &Tiny::new("1.2.3.4").bytes());
    fresh.put("b.dcm", &Tiny::new("1.2.3.5").bytes());
    if !stretch(&sparse, 64 * GIB) {
        return;
    }
    let began = Instant::now();
    let (dry, _) = import(&fresh.workspace, &[fresh.src()], |o| o.dry_run = true).unwrap();
    let (summary, files) = fresh.import();
    assert_eq!(dry.counts, summary.counts);
    assert_eq!(fate(&files, "a_sparse.dcm"), (FileStatus::Failed, "sparse_too_large"));
    assert_eq!(fate(&files, "b.dcm"), (FileStatus::Imported, ""));
    assert!(files[0].text.contains("--reference"), "{}", files[0].text);
    assert_eq!(tree(&fresh.workspace.root().join("objects")).len(), 1);
    // Whoever trusts it needs the room; where there is less, that is said before anything is copied.
    let trusted = ArchiveLimits { bytes: 16 << 40, ratio: 200, ..ArchiveLimits::default() };
    let room = rustix::fs::statvfs(fresh.workspace.root()).unwrap();
    if room.f_bavail * room.f_frsize < 64 * GIB {
        let (_, files) = import(&fresh.workspace, &[fresh.src()], |o| o.archives = trusted).unwrap();
        assert_eq!(fate(&files, "a_sparse.dcm"), (FileStatus::Failed, "no_room"));
    } else {
        println!("skipped: there is room for 64 GiB here");
    }
    // Left where it is, only its header is read.
    let (_, files) = import(&fresh.workspace, &[fresh.src()], |o| o.mode = ImportMode::Reference).unwrap();
    assert_eq!(fate(&files, "a_sparse.dcm").0, FileStatus::Imported);
    assert!(fresh.workspace.verify(VerifyOptions { deep: false }).unwrap().is_whole());
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[cfg(unix)]
#[test]
fn a_sparse_archive_unpacks_to_no_more_than_any_other() {
    let fresh = Fresh::new();
    let tiny = Tiny::new("1.2.3.4").bytes();
    let entries = [("a_words.tar", b"words that are no object".to_vec()), ("b_object.tar", tiny)];
    let limits = ArchiveLimits { bytes: 8 << 20, ratio: 200, ..ArchiveLimits::default() };
    for (name, bytes) in entries {
        let mut tar = tar_header("IM", 60 * GIB);
        tar.extend(&bytes);
        let path = fresh.put(name, &tar);
        if !stretch(&path, 64 * GIB) {
            return;
        }
    }
    let began = Instant::now();
    let (_, files) = import(&fresh.workspace, &[fresh.src()], |o| o.archives = limits).unwrap();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    let reasons: Vec<_> = files.iter().map(|file| file.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["not_dicom", "archive_too_large", "archive_too_large", "archive_too_large"],
        "{files:#?}"
    );
    assert!(tree(&fresh.workspace.root().join("objects")).is_empty());
}

#[test]
fn an_object_that_states_more_pixels_than_there_are_costs_no_memory_and_no_room() {
    let fresh = Fresh::new();
    let mut bytes = Tiny::new("1.2.3.4").bytes();
    // The length of PixelData: 4 GiB less 2.
    let at = bytes.len() - 32 - 4;
    bytes[at..at + 4].copy_from_slice(&0xffff_fffe_u32.to_le_bytes());
    fresh.put("claims.dcm", &bytes);
    let (_, files) = fresh.import();
    assert_eq!(fate(&files, "claims.dcm"), (FileStatus::Damaged, "truncated"));
    let kept: u64 =
        tree(&fresh.workspace.root().join("objects")).iter().map(|(_, bytes)| bytes.len() as u64).sum();
    assert_eq!(kept, fs::metadata(fresh.src().join("claims.dcm")).unwrap().len());
}

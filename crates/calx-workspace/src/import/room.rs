//! Whether the bytes of a file should be copied at all.
//!
//! A file can state 64 GiB and hold 4 KiB: what was never written reads as zeros, and a copy would be real. It is the
//! same as an archive that unpacks to much more than it is, and the same limits hold.
//!
//! Not here: a disk that fills up while copies are made (`prepare`), archives (`archive`).
//!
//! Invariants
//! - One file that cannot be taken costs itself; the run goes on.

use std::fs::Metadata;
use std::path::Path;

use super::{ArchiveLimits, FileOutcome, FileStatus};

/// Smaller files are not worth asking the system for.
const LARGE: u64 = 64 * 1024 * 1024;
/// What is left free on the disk for the catalogue and its log.
const RESERVE: u64 = 16 * 1024 * 1024;

/// Why a file is not read to its end, and not copied to `to`; `None`: it is.
pub(crate) fn refused(
    path: &Path,
    meta: &Metadata,
    limits: ArchiveLimits,
    to: Option<&Path>,
) -> Option<FileOutcome> {
    let size = meta.len();
    if size < LARGE {
        return None;
    }
    let of = |reason: &str, text: String| {
        let outcome = FileOutcome::of(path.to_path_buf(), FileStatus::Failed, reason, text);
        Some(FileOutcome { size, ..outcome })
    };
    if let Some(held) = held(meta)
        && size > limits.bytes
        && size > held.saturating_mul(limits.ratio)
    {
        let text = format!(
            "the file states {size} bytes and holds {held}, the rest was never written; if it is to be trusted, allow \
             more (--archive-limit) or leave it where it is (--reference)"
        );
        return of("sparse_too_large", text);
    }
    let free = free(to?.parent()?)?;
    if size.saturating_add(RESERVE) > free {
        let text = format!(
            "a copy needs {size} bytes, {free} are free; make room and import it again, or leave it where it is (--reference)"
        );
        return of("no_room", text);
    }
    None
}

/// Bytes that lie on the disk.
#[cfg(unix)]
pub(crate) fn held(meta: &Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    Some(meta.blocks().saturating_mul(512))
}

#[cfg(not(unix))]
pub(crate) fn held(_meta: &Metadata) -> Option<u64> {
    None
}

/// Bytes that this user may still write on the disk of a folder.
#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(folder).ok()?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}

#[cfg(not(unix))]
fn free(_folder: &Path) -> Option<u64> {
    None
}

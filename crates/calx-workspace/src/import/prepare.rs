//! One file: header, bytes and digest, from one consistent read. Runs on many threads.
//!
//! Not here: whether it is new (`store`).
//!
//! Invariants
//! - A file whose size or time differs before and after is refused.
//! - Only a copy under an unfinished name is written.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use calx_dicom::{HeaderMark, InstanceHeader, Intake, Notice, Read, ReadHeaderError, read_intake};
use sha2::{Digest as _, Sha256};

use super::archive::Kind;
use super::recall::{Stamp, now};
use super::{ArchiveLimits, FileOutcome, FileStatus, room};
use crate::durable::remove_if_there;
use crate::path_bytes;

/// How much is read at a time.
const CHUNK: usize = 256 * 1024;

/// A DICOM instance, ready to be filed.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) path: PathBuf,
    /// Where the bytes came from, absolute, as the catalogue holds paths.
    pub(crate) source: Vec<u8>,
    pub(crate) header: InstanceHeader,
    pub(crate) notices: Vec<String>,
    pub(crate) damaged: Option<String>,
    pub(crate) facts: Facts,
    /// The unfinished copy.
    pub(crate) copy: Option<PathBuf>,
    /// Which file it was and when its reading began; an archive's is not remembered.
    pub(crate) stamp: Option<(Stamp, i64)>,
}

/// What is known of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) size: u64,
    /// Nanoseconds since 1970, when the system says.
    pub(crate) modified: Option<i64>,
    /// Of all bytes; `None` until they were read.
    pub(crate) sha256: Option<String>,
    /// Of the bytes before the pixels.
    pub(crate) mark: Mark,
}

/// How the beginning of a file is told from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) bytes: u64,
    pub(crate) digest: String,
}

impl From<HeaderMark> for Mark {
    fn from(mark: HeaderMark) -> Self {
        Self { bytes: mark.bytes, digest: hex(&mark.sha256) }
    }
}

impl Mark {
    /// Of the first 0 bytes, which every file has.
    pub(crate) fn of_nothing() -> Self {
        Self { bytes: 0, digest: hex(&Sha256::digest([])) }
    }

    /// Of the first bytes that a file has now.
    pub(crate) fn now(path: &Path, bytes: u64) -> io::Result<Self> {
        let (file, metadata) = open_file(path)?;
        HeaderMark::of(&file, &metadata, bytes).map(Self::from)
    }
}

/// How much of a file is read.
#[derive(Debug)]
pub(crate) enum Take {
    /// Its header.
    Header,
    /// All, for its digest.
    Digest,
    /// All, into an unfinished copy.
    Copy(PathBuf),
}

/// What became of one file so far.
#[derive(Debug)]
pub(crate) enum Prepared {
    /// It is accounted for already.
    Done(FileOutcome),
    /// It was read to be no instance.
    NotDicom(Box<NotDicom>),
    /// It can be filed.
    Ready(Box<Ready>),
    /// It holds files.
    Archive(PathBuf, Kind),
    /// The workspace could not take the bytes.
    NoRoom(io::Error),
}

/// A file that is no instance, as it was when it was read.
#[derive(Debug)]
pub(crate) struct NotDicom {
    pub(crate) outcome: FileOutcome,
    /// As of [`Ready`].
    pub(crate) source: Vec<u8>,
    pub(crate) stamp: (Stamp, i64),
}

/// Reads one file, as far as asked.
pub(crate) fn prepare(path: PathBuf, source: Vec<u8>, take: Take, limits: ArchiveLimits) -> Prepared {
    let unreadable = |path: PathBuf, error: &io::Error| {
        Prepared::Done(FileOutcome::of(path, FileStatus::Failed, "unreadable", super::told(error)))
    };
    let began = now();
    let (file, before) = match open_file(&path) {
        Ok(opened) => opened,
        Err(error) => return unreadable(path, &error),
    };
    let size = before.len();
    let Read { value: Intake { header, damaged, mark }, notices } = match read_intake(&file, &before) {
        Ok(read) => read,
        Err(error) => {
            let kind = Kind::of_file(&path);
            if let Ok(Some(kind)) = kind
                && error.code() == "not_dicom"
            {
                return Prepared::Archive(path, kind);
            }
            let outcome = refused(path, size, &error);
            if outcome.status != FileStatus::NotDicom || kind.is_err() || !is_still(&file, &before) {
                return Prepared::Done(outcome);
            }
            let stamp = (Stamp::of(&before), began);
            return Prepared::NotDicom(Box::new(NotDicom { outcome, source, stamp }));
        }
    };
    let to = if let Take::Copy(to) = &take { Some(to.as_path()) } else { None };
    if !matches!(take, Take::Header)
        && let Some(outcome) = room::refused(&path, &before, limits, to)
    {
        return Prepared::Done(FileOutcome { uid: Some(header.instance.to_string()), ..outcome });
    }
    let digest = match &take {
        Take::Header => Ok(None),
        Take::Digest => digest(&file, size, |_| Ok(())).map(Some),
        Take::Copy(to) => copy(&file, size, to).map(Some),
    };
    let digest = match digest {
        Ok(digest) => digest,
        Err(Broken::Reading(error)) => return unreadable(path, &error),
        Err(Broken::Writing(error)) => return Prepared::NoRoom(error),
    };
    let copy = if let Take::Copy(copy) = take { Some(copy) } else { None };
    let all = digest.as_ref().is_none_or(|(_, read)| *read == size);
    if !all || !is_still(&file, &before) {
        if let Some(copy) = &copy {
            remove_if_there(copy);
        }
        return Prepared::Done(changed_while_read(path, &header, size));
    }
    let sha256 = digest.map(|(sha256, _)| sha256);
    let facts = Facts { size, modified: modified(&before), sha256, mark: mark.into() };
    let notices = shown(&notices);
    let stamp = Some((Stamp::of(&before), began));
    Prepared::Ready(Box::new(Ready { path, source, header, notices, damaged, facts, copy, stamp }))
}

/// A file of which not all was seen at one time.
pub(crate) fn changed_while_read(path: PathBuf, header: &InstanceHeader, size: u64) -> FileOutcome {
    let text = "the file changed while it was read; import it again";
    FileOutcome {
        uid: Some(header.instance.to_string()),
        size,
        ..FileOutcome::of(path, FileStatus::Failed, "changed_while_read", text)
    }
}

/// Of what was read; that another file may have its name by now is for the next look.
fn is_still(file: &File, before: &Metadata) -> bool {
    file.metadata().is_ok_and(|after| stamp_of(&after) == stamp_of(before))
}

/// What [`prepare_copy`] is told of the bytes.
#[derive(Debug)]
pub(crate) struct Spooled {
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

/// Prepares a file of an archive: `copy` holds its bytes, `path` says where they came from.
pub(crate) fn prepare_copy(path: PathBuf, copy: &Path, spooled: Spooled) -> Prepared {
    let Spooled { size, sha256 } = spooled;
    let read = open_file(copy)
        .map_err(ReadHeaderError::from)
        .and_then(|(file, metadata)| read_intake(&file, &metadata));
    let Read { value: Intake { header, damaged, mark }, notices } = match read {
        Ok(read) => read,
        Err(error) => return Prepared::Done(refused(path, size, &error)),
    };
    let facts = Facts { size, modified: None, sha256: Some(sha256), mark: mark.into() };
    let (notices, copy) = (shown(&notices), Some(copy.to_path_buf()));
    let source = absolute(&path);
    Prepared::Ready(Box::new(Ready { path, source, header, notices, damaged, facts, copy, stamp: None }))
}

/// As the catalogue holds paths.
pub(crate) fn absolute(path: &Path) -> Vec<u8> {
    path_bytes::to_bytes(&std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()))
}

fn shown(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(|notice| calx_model::patient_text::escape_terminal(&notice.to_string())).collect()
}

/// Opens without waiting, should the path have become a FIFO since the walk.
pub(crate) fn open_file(path: &Path) -> io::Result<(Arc<File>, Metadata)> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok((Arc::new(file), metadata))
    } else {
        Err(io::Error::other("no longer a file"))
    }
}

pub(crate) fn modified(meta: &Metadata) -> Option<i64> {
    let since = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_nanos()).ok()
}

pub(crate) fn stamp_of(meta: &Metadata) -> (u64, Option<i64>) {
    (meta.len(), modified(meta))
}

enum Broken {
    Reading(io::Error),
    Writing(io::Error),
}

/// SHA-256 of all bytes and their number; each chunk goes through `take` as well.
fn digest(
    mut file: &File,
    size: u64,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(String, u64), Broken> {
    // The header may have been read through the same file.
    file.seek(SeekFrom::Start(0)).map_err(Broken::Reading)?;
    let mut hash = Sha256::new();
    // One more than is there shows the end at once.
    let mut chunk = vec![0; usize::try_from(size).map_or(CHUNK, |size| size.saturating_add(1).min(CHUNK))];
    let mut total = 0;
    loop {
        let length = match file.read(&mut chunk) {
            Ok(0) => return Ok((hex(&hash.finalize()), total)),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Broken::Reading(error)),
        };
        let bytes = chunk.get(..length).unwrap_or_default();
        hash.update(bytes);
        take(bytes).map_err(Broken::Writing)?;
        total += length as u64;
    }
}

fn copy(file: &File, size: u64, to: &Path) -> Result<(String, u64), Broken> {
    let mut out = OpenOptions::new().write(true).create_new(true).open(to).map_err(Broken::Writing)?;
    digest(file, size, |bytes| out.write_all(bytes)).inspect_err(|_| remove_if_there(to))
}

/// SHA-256 of a file.
pub(crate) fn sha256_of(path: &Path) -> io::Result<String> {
    let (file, metadata) = open_file(path)?;
    match digest(&file, metadata.len(), |_| Ok(())) {
        Ok((sha256, _)) => Ok(sha256),
        Err(Broken::Reading(error) | Broken::Writing(error)) => Err(error),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap_or(());
        out
    })
}

pub(crate) fn refused(path: PathBuf, size: u64, error: &ReadHeaderError) -> FileOutcome {
    let status = match error {
        ReadHeaderError::Empty | ReadHeaderError::NotDicom | ReadHeaderError::Directory => {
            FileStatus::NotDicom
        }
        _ => FileStatus::Failed,
    };
    let text = match error {
        ReadHeaderError::Io(source) => super::told(source),
        other => super::chain(other),
    };
    FileOutcome { size, ..FileOutcome::of(path, status, error.code(), text) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_digest_is_that_of_sha256sum() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("a"), dir.path().join("b.partial"));
        fs::write(&from, b"hello world").unwrap();
        let sum = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
        assert_eq!(sha256_of(&from).unwrap(), sum);
        let (copied, bytes) = copy(&File::open(&from).unwrap(), 11, &to).ok().unwrap();
        assert_eq!((copied.as_str(), bytes), (sum, 11));
        assert_eq!(fs::read(&to).unwrap(), b"hello world");
    }

    #[test]
    fn a_full_disk_is_no_fault_of_the_file() {
        if !Path::new("/dev/full").exists() {
            println!("skipped: no /dev/full here");
            return;
        }
        let mut out = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = out.write_all(b"x").unwrap_err();
        assert!(crate::error::is_full(&error), "{error:?}");
    }
}

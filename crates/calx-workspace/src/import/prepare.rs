//! One file: header, bytes and digest, from one consistent read. Runs on many threads.
//!
//! Not here: whether it is new (`store`).
//!
//! Invariants
//! - A file whose size or time differs before and after is refused.
//! - Only a copy under an unfinished name is written.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use calx_dicom::{InstanceHeader, Locator, Notice, ReadHeaderError, read_header, read_image_info};
use calx_model::TransferSyntaxUid;
use sha2::{Digest as _, Sha256};

use super::archive::Kind;
use super::{FileOutcome, FileStatus};
use crate::durable::remove_if_there;

/// How much is read at a time.
const CHUNK: usize = 256 * 1024;

/// A DICOM instance, ready to be filed.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) path: PathBuf,
    pub(crate) header: InstanceHeader,
    pub(crate) notices: Vec<String>,
    pub(crate) damaged: Option<String>,
    pub(crate) facts: Facts,
    /// The unfinished copy.
    pub(crate) copy: Option<PathBuf>,
}

/// What is known of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) size: u64,
    /// Nanoseconds since 1970, when the system says.
    pub(crate) modified: Option<i64>,
    pub(crate) sha256: String,
}

/// What became of one file so far.
#[derive(Debug)]
pub(crate) enum Prepared {
    /// It is accounted for already.
    Done(FileOutcome),
    /// It can be filed.
    Ready(Box<Ready>),
    /// It holds files.
    Archive(PathBuf, Kind),
    /// The workspace could not take the bytes.
    NoRoom(io::Error),
}

/// Reads one file; copies it to `copy_to` when given.
pub(crate) fn prepare(path: PathBuf, copy_to: Option<PathBuf>) -> Prepared {
    let unreadable = |path: PathBuf, error: &io::Error| {
        Prepared::Done(FileOutcome::of(path, FileStatus::Failed, "unreadable", super::told(error)))
    };
    let opened = open_file(&path).and_then(|file| file.metadata().map(|meta| (file, meta)));
    let (mut file, before) = match opened {
        Ok(opened) => opened,
        Err(error) => return unreadable(path, &error),
    };
    let size = before.len();
    let header = match read_header(&Locator::from(path.as_path())) {
        Ok(header) => header,
        Err(error) => {
            return match Kind::of_file(&path) {
                Ok(Some(kind)) if error.code() == "not_dicom" => Prepared::Archive(path, kind),
                _ => Prepared::Done(refused(path, size, &error)),
            };
        }
    };
    let mut notices = header.notices;
    let damaged = damage(&path, &header.value, size, &mut notices);
    let digest = match &copy_to {
        None => digest(&mut file, |_| Ok(())),
        Some(to) => copy(&mut file, to),
    };
    let (sha256, read) = match digest {
        Ok(digest) => digest,
        Err(Broken::Reading(error)) => return unreadable(path, &error),
        Err(Broken::Writing(error)) => return Prepared::NoRoom(error),
    };
    let same = fs::metadata(&path).is_ok_and(|after| stamp_of(&after) == stamp_of(&before)) && read == size;
    if !same {
        if let Some(copy) = &copy_to {
            remove_if_there(copy);
        }
        let text = "the file changed while it was read; import it again";
        return Prepared::Done(FileOutcome {
            uid: Some(header.value.instance.to_string()),
            size,
            ..FileOutcome::of(path, FileStatus::Failed, "changed_while_read", text)
        });
    }
    let facts = Facts { size, modified: modified(&before), sha256 };
    let notices = shown(&notices);
    Prepared::Ready(Box::new(Ready { path, header: header.value, notices, damaged, facts, copy: copy_to }))
}

/// Prepares a file of an archive: `copy` holds its bytes, `path` says where they came from.
pub(crate) fn prepare_copy(path: PathBuf, copy: &Path, facts: Facts) -> Prepared {
    let header = match read_header(&Locator::from(copy)) {
        Ok(header) => header,
        Err(error) => return Prepared::Done(refused(path, facts.size, &error)),
    };
    let mut notices = header.notices;
    let damaged = damage(copy, &header.value, facts.size, &mut notices);
    let (notices, copy) = (shown(&notices), Some(copy.to_path_buf()));
    Prepared::Ready(Box::new(Ready { path, header: header.value, notices, damaged, facts, copy }))
}

fn shown(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(|notice| calx_model::patient_text::escape_terminal(&notice.to_string())).collect()
}

/// Opens without waiting, should the path have become a FIFO since the walk.
fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("no longer a file")) }
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
fn digest(file: &mut File, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(String, u64), Broken> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
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

fn copy(file: &mut File, to: &Path) -> Result<(String, u64), Broken> {
    let mut out = OpenOptions::new().write(true).create_new(true).open(to).map_err(Broken::Writing)?;
    digest(file, |bytes| out.write_all(bytes)).inspect_err(|_| remove_if_there(to))
}

/// SHA-256 of a file.
pub(crate) fn sha256_of(path: &Path) -> io::Result<String> {
    match digest(&mut File::open(path)?, |_| Ok(())) {
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

/// Why the pixels are not whole, when they are not. What else keeps a picture from being shown becomes a
/// notice: the object is filed all the same.
pub(crate) fn damage(
    path: &Path,
    header: &InstanceHeader,
    size: u64,
    notices: &mut Vec<Notice>,
) -> Option<String> {
    let truncated = |notices: &[Notice]| {
        notices.iter().map(|notice| &notice.text).find(|text| text.starts_with("truncated")).cloned()
    };
    if let Some(text) = truncated(notices) {
        return Some(text);
    }
    if !header.has_pixels {
        return None;
    }
    let info = match read_image_info(&Locator::from(path), 1) {
        Ok(info) => info,
        Err(error) => {
            let text = format!("no picture can be made of it: {}", super::chain(&error));
            notices.push(Notice { tag: None, text });
            return None;
        }
    };
    if let Some(text) = truncated(&info.notices) {
        return Some(text);
    }
    match stored_as(&header.transfer_syntax) {
        Stored::Native if info.value.layout.native_bytes() > size => Some(format!(
            "truncated: the image needs {} bytes of PixelData (7FE0,0010), the whole file has {size}",
            info.value.layout.native_bytes()
        )),
        Stored::Fragments if !fragments_end(path).unwrap_or(true) => {
            Some("truncated: the compressed PixelData (7FE0,0010) has no end".to_owned())
        }
        _ => None,
    }
}

enum Stored {
    Native,
    Fragments,
    Other,
}

/// How pixel data stand in the file (PS3.5 8.2, A.4).
fn stored_as(syntax: &TransferSyntaxUid) -> Stored {
    match syntax.as_str() {
        "1.2.840.10008.1.2" | "1.2.840.10008.1.2.1" | "1.2.840.10008.1.2.2" => Stored::Native,
        "1.2.840.10008.1.2.5" => Stored::Fragments,
        uid if uid.starts_with("1.2.840.10008.1.2.4.") => Stored::Fragments,
        _ => Stored::Other,
    }
}

/// Whether the sequence delimitation that ends compressed pixel data (PS3.5 A.4) stands near the end.
fn fragments_end(path: &Path) -> io::Result<bool> {
    use std::io::{Seek as _, SeekFrom};
    const TAIL: u64 = 64 * 1024;
    const END: [u8; 8] = [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    Ok(tail.windows(END.len()).any(|window| window == END))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_sha256sum() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("a"), dir.path().join("b.partial"));
        fs::write(&from, b"hello world").unwrap();
        let sum = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
        assert_eq!(sha256_of(&from).unwrap(), sum);
        let (copied, bytes) = copy(&mut File::open(&from).unwrap(), &to).ok().unwrap();
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

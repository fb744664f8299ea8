//! Archives: the files in a zip, a tar, a tar.gz or a gz, one after the other, never unpacked to disk.
//!
//! What an archive is, its first bytes say, not its name. What stands in it is a name to be shown and bytes
//! to be read: no path of an entry is ever opened or made, so `..`, absolute paths and links lead nowhere.
//!
//! Not here: what the bytes are (`entries`), an archive in an archive (told, not opened).
//!
//! Invariants
//! - Each entry but a folder is visited exactly once, in the order of the archive.
//! - Memory does not follow a claim: names are bounded, bytes are streamed, and what may come out in all, and how
//!   many entries the directory of a zip holds, is limited by [`ArchiveLimits`].

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::directory_size::{self, Counted};
use super::{ArchiveLimits, room};
use crate::path_bytes;

/// Bytes that tell an archive; a tar has its mark at 257.
const HEAD: usize = 512;
/// The longest name of an entry; more is no name of a file.
const LONGEST_NAME: u64 = 64 * 1024;
/// How an entry's name is joined to the archive's.
const WITHIN: &str = "!/";

/// What kind of archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Zip,
    Tar,
    /// Of one file or of a tar.
    Gzip,
}

impl Kind {
    /// What the first bytes of a file say. A preamble may look like an archive; what follows it says DICOM.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if head.get(128..132) == Some(b"DICM") {
            return None;
        }
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            Some(Self::Zip)
        } else if head.starts_with(&[0x1f, 0x8b, 8]) {
            Some(Self::Gzip)
        } else {
            is_tar(head).then_some(Self::Tar)
        }
    }

    /// As [`Kind::of`], of a file.
    pub(crate) fn of_file(path: &Path) -> io::Result<Option<Self>> {
        let mut head = Vec::with_capacity(HEAD);
        File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
        Ok(Self::of(&head))
    }
}

/// POSIX and GNU archives have the mark; the checksum keeps other files with that word out.
fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<HEAD>() else { return false };
    let stated = block.get(148..156).unwrap_or_default();
    let digits: Vec<u8> = stated.iter().copied().filter(u8::is_ascii_digit).collect();
    let stated = std::str::from_utf8(&digits).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok());
    let sum = |range: std::ops::Range<usize>| -> u32 {
        block.get(range).unwrap_or_default().iter().map(|byte| u32::from(*byte)).sum()
    };
    let counted = sum(0..148) + 8 * u32::from(b' ') + sum(156..HEAD);
    block.get(257..262) == Some(b"ustar") && stated == Some(counted)
}

/// One entry.
pub(crate) struct Entry<'a> {
    /// The archive and the name within, for people.
    pub(crate) label: PathBuf,
    pub(crate) content: Content<'a>,
}

/// What an entry holds.
pub(crate) enum Content<'a> {
    /// Bytes, to be read to the end or not.
    File(&'a mut dyn Read),
    /// No file: reason and words.
    Other(&'static str, &'static str),
    /// A file that cannot be read: reason and words.
    Unreadable(&'static str, String),
}

/// Why an archive was not read to its end.
#[derive(Debug)]
pub(crate) enum Broken {
    /// It cannot be read, or is damaged.
    Damaged(String),
    /// More came out than is allowed.
    TooLarge(String),
}

/// Visits the entries until one visit breaks off.
pub(crate) fn visit(
    kind: Kind,
    path: &Path,
    limits: ArchiveLimits,
    visit: &mut dyn FnMut(Entry<'_>) -> ControlFlow<()>,
) -> Result<(), Broken> {
    let mut file = File::open(path).map_err(|error| damaged(&error))?;
    let meta = file.metadata().map_err(|error| damaged(&error))?;
    // What was never written of a sparse archive unpacks as well.
    let size = room::held(&meta).map_or(meta.len(), |held| held.min(meta.len()));
    let mut budget = Budget { limits, size, expanded: 0 };
    match kind {
        Kind::Zip => zip(file, path, &mut budget, visit),
        Kind::Tar => tar(&mut Limited { inner: BufReader::new(file), budget: &mut budget }, path, visit),
        Kind::Gzip => {
            let mut head = [0; HEAD];
            let mut start =
                Limited { inner: MultiGzDecoder::new(BufReader::new(&file)), budget: &mut budget };
            let filled = fill(&mut start, &mut head);
            let is_tar = filled.is_ok_and(|filled| is_tar(head.get(..filled).unwrap_or_default()));
            file.seek(SeekFrom::Start(0)).map_err(|error| damaged(&error))?;
            budget.expanded = 0;
            let mut bytes = Limited { inner: MultiGzDecoder::new(BufReader::new(file)), budget: &mut budget };
            if is_tar {
                return tar(&mut bytes, path, visit);
            }
            let name = path.file_stem().map(Path::new).unwrap_or(Path::new("file"));
            let label = within(path, &path_bytes::to_bytes(name));
            // There is no second entry to go on to.
            let _last = visit(Entry { label, content: Content::File(&mut bytes) });
            Ok(())
        }
    }
}

fn zip(
    mut file: File,
    path: &Path,
    budget: &mut Budget,
    visit: &mut dyn FnMut(Entry<'_>) -> ControlFlow<()>,
) -> Result<(), Broken> {
    let limit = budget.limits.entries;
    let stated = directory_size::stated(&mut file).map_err(|error| damaged(&error))?;
    if stated > limit {
        return Err(Broken::TooLarge(directory_size::refusal(Some(stated), limit)));
    }
    let counted = Counted { inner: BufReader::new(file), limit, entries: 0 };
    let mut archive = zip::ZipArchive::new(counted).map_err(|error| zip_damaged(&error))?;
    let doubled = archive.has_duplicate_names();
    for index in 0..archive.len() {
        let (name, passed) = match archive.by_index_raw(index) {
            Ok(entry) => (zip_name(&entry), zip_passed(&entry)),
            Err(error) => return Err(zip_damaged(&error)),
        };
        let label = within(path, &name);
        let flow = match passed {
            Some(Passed::Folder) => continue,
            Some(Passed::Told(content)) => visit(Entry { label, content }),
            None => match archive.by_index(index) {
                Ok(entry) => {
                    let mut bytes = Limited { inner: entry, budget };
                    visit(Entry { label, content: Content::File(&mut bytes) })
                }
                Err(error) => {
                    let content = Content::Unreadable("archive_damaged", words(&error));
                    visit(Entry { label, content })
                }
            },
        };
        if flow.is_break() {
            return Ok(());
        }
        budget.check()?;
    }
    if doubled {
        let text = "entries of the archive share a name, the last of each name was read; unpack it elsewhere";
        return Err(Broken::Damaged(text.to_owned()));
    }
    Ok(())
}

/// In the encoding the archive states; as it stands where that does not hold.
fn zip_name<R: Read>(entry: &zip::read::ZipFile<'_, R>) -> Vec<u8> {
    entry.name().map_or_else(|_| entry.name_raw().to_vec(), |name| name.into_owned().into_bytes())
}

enum Passed {
    Folder,
    Told(Content<'static>),
}

fn zip_passed<R: Read>(entry: &zip::read::ZipFile<'_, R>) -> Option<Passed> {
    if entry.is_dir() {
        return Some(Passed::Folder);
    }
    if entry.is_symlink() {
        return Some(Passed::Told(link()));
    }
    if entry.encrypted() {
        let text = "the entry is encrypted; unpack the archive with its password".to_owned();
        return Some(Passed::Told(Content::Unreadable("encrypted", text)));
    }
    let known =
        matches!(entry.compression(), zip::CompressionMethod::Stored | zip::CompressionMethod::Deflated);
    let text = || format!("the entry is compressed as {}, which is not read here", entry.compression());
    (!known).then(|| Passed::Told(Content::Unreadable("archive_method", text())))
}

const fn link<'a>() -> Content<'a> {
    Content::Other("symlink", "a link in an archive, not followed")
}

/// Names longer than a header holds stand in entries of their own before the one they name.
fn tar(
    bytes: &mut dyn Read,
    path: &Path,
    visit: &mut dyn FnMut(Entry<'_>) -> ControlFlow<()>,
) -> Result<(), Broken> {
    use tar::EntryType;
    let mut archive = tar::Archive::new(bytes);
    let entries = archive.entries().map_err(|error| damaged(&error))?.raw(true);
    let mut long_name: Option<Vec<u8>> = None;
    for entry in entries {
        let mut entry = entry.map_err(|error| damaged(&error))?;
        let kind = entry.header().entry_type();
        match kind {
            EntryType::GNULongName => {
                let mut name = long_text(&mut entry)?;
                name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
                long_name = Some(name);
                continue;
            }
            EntryType::XHeader => {
                let records = long_text(&mut entry)?;
                let path = tar::PaxExtensions::new(&records)
                    .filter_map(Result::ok)
                    .find(|record| record.key_bytes() == b"path")
                    .map(|record| record.value_bytes().to_vec());
                long_name = path.or(long_name);
                continue;
            }
            EntryType::XGlobalHeader | EntryType::GNULongLink | EntryType::Directory => continue,
            _ => {}
        }
        let name = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let label = within(path, &name);
        let content = match kind {
            EntryType::Regular | EntryType::Continuous => Content::File(&mut entry),
            EntryType::Link | EntryType::Symlink => link(),
            EntryType::GNUSparse => {
                let text = "a sparse file in an archive is not read; unpack the archive".to_owned();
                Content::Unreadable("archive_method", text)
            }
            _ => Content::Other("not_a_file", "neither a file nor a folder, not read"),
        };
        if visit(Entry { label, content }).is_break() {
            return Ok(());
        }
    }
    Ok(())
}

fn long_text(entry: &mut dyn Read) -> Result<Vec<u8>, Broken> {
    let mut text = Vec::new();
    entry.take(LONGEST_NAME).read_to_end(&mut text).map_err(|error| damaged(&error))?;
    Ok(text)
}

fn within(archive: &Path, name: &[u8]) -> PathBuf {
    let mut label = path_bytes::to_bytes(archive);
    label.extend(WITHIN.as_bytes());
    label.extend(name.iter().take(usize::try_from(LONGEST_NAME).unwrap_or(usize::MAX)));
    path_bytes::from_bytes(label)
}

/// Reads until the buffer is full or the bytes end.
fn fill(bytes: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match bytes.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What came out of an archive so far, and what may.
struct Budget {
    limits: ArchiveLimits,
    /// Of the archive.
    size: u64,
    expanded: u64,
}

impl Budget {
    fn check(&self) -> Result<(), Broken> {
        let ArchiveLimits { bytes, ratio, .. } = self.limits;
        if self.expanded > bytes && self.expanded > self.size.saturating_mul(ratio) {
            let text = format!(
                "the archive of {} bytes on the disk holds more than {bytes} bytes and more than {ratio} times its size; if it \
                 is to be trusted, allow more (--archive-limit)",
                self.size
            );
            return Err(Broken::TooLarge(text));
        }
        Ok(())
    }
}

/// Counts what comes out, and ends it at the limit.
struct Limited<'a, R> {
    inner: R,
    budget: &'a mut Budget,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Err(Broken::TooLarge(text)) = self.budget.check() {
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, text));
        }
        let read = self.inner.read(buffer)?;
        self.budget.expanded += read as u64;
        Ok(read)
    }
}

fn damaged(error: &io::Error) -> Broken {
    if error.kind() == io::ErrorKind::QuotaExceeded {
        return Broken::TooLarge(error.to_string());
    }
    Broken::Damaged(format!("the archive cannot be read: {}", super::told(error)))
}

fn zip_damaged(error: &zip::result::ZipError) -> Broken {
    if let zip::result::ZipError::Io(error) = error {
        return damaged(error);
    }
    Broken::Damaged(format!("the archive cannot be read: {}", words(error)))
}

fn words(error: &zip::result::ZipError) -> String {
    match error {
        zip::result::ZipError::Io(error) => super::told(error),
        other => calx_model::patient_text::escape_terminal(&other.to_string()),
    }
}

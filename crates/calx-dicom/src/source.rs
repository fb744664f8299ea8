//! Random access to the bytes of one object, in a file or in memory.
//!
//! Invariants
//! - Nothing is allocated beyond the bytes that exist.
//! - Offsets count from the start of the object, not of the file.
//! - A header of usual size costs one open, one question for its length and one read.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use crate::locator::Locator;

/// The first read: most headers end in it.
const HEAD: u64 = 8 * 1024;
/// Every later one.
const WINDOW: u64 = 16 * 1024;
/// Bytes of one piece of a stream.
const PIECE: u64 = 128 * 1024;

#[derive(Debug)]
enum Inner {
    /// No file while nobody reads: an open one would keep a disk from being taken out.
    File {
        file: Option<Arc<File>>,
        base: u64,
    },
    Memory(Vec<u8>),
}

/// What tells one content of a file from a later one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    bytes: u64,
    modified: Option<SystemTime>,
    /// Device and inode, where there are such.
    file: Option<(u64, u64)>,
}

impl Version {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let file = {
            use std::os::unix::fs::MetadataExt as _;
            Some((metadata.dev(), metadata.ino()))
        };
        #[cfg(not(unix))]
        let file = None;
        Self { bytes: metadata.len(), modified: metadata.modified().ok(), file }
    }
}

/// Bytes of a value: its own, or a part of the head of the file that all values there share.
#[derive(Clone)]
pub(crate) enum Bytes {
    Owned(Vec<u8>),
    Shared { head: Arc<Vec<u8>>, start: u32, end: u32 },
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Shared { head, start, end } => {
                let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
                head.get(place(*start)..place(*end)).unwrap_or_default()
            }
        }
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Owned(bytes)
    }
}

/// The bytes, with a window for small reads.
#[derive(Debug)]
pub(crate) struct Source {
    inner: Inner,
    length: u64,
    window: Arc<Vec<u8>>,
    window_start: u64,
    version: Option<Version>,
}

/// Opens a regular file and nothing else: a pipe would block, a device has no end.
#[cfg(unix)]
fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    use std::os::unix::fs::OpenOptionsExt as _;

    // Without waiting for a pipe's other end and without becoming a terminal's process.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(not_regular()) }
}

#[cfg(not(unix))]
fn open_regular(path: &Path) -> io::Result<(File, Metadata)> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(not_regular());
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn as_usize(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

impl Source {
    pub(crate) fn open(locator: &Locator) -> io::Result<Self> {
        let (file, metadata) = open_regular(&locator.path)?;
        let there = metadata.len().saturating_sub(locator.offset);
        let length = locator.length.map_or(there, |length| length.min(there));
        let inner = Inner::File { file: Some(Arc::new(file)), base: locator.offset };
        let version = Some(Version::of(&metadata));
        Ok(Self { inner, length, window: Arc::default(), window_start: 0, version })
    }

    /// A file that is open already; it stays open for who gave it.
    pub(crate) fn of_file(file: &Arc<File>, metadata: &Metadata) -> io::Result<Self> {
        if !metadata.is_file() {
            return Err(not_regular());
        }
        let inner = Inner::File { file: Some(Arc::clone(file)), base: 0 };
        let version = Some(Version::of(metadata));
        Ok(Self { inner, length: metadata.len(), window: Arc::default(), window_start: 0, version })
    }

    pub(crate) fn memory(bytes: Vec<u8>) -> Self {
        let length = as_u64(bytes.len());
        Self { inner: Inner::Memory(bytes), length, window: Arc::default(), window_start: 0, version: None }
    }

    /// The same bytes, known to come from that version of a file.
    pub(crate) fn with_version(self, version: Option<Version>) -> Self {
        Self { version, ..self }
    }

    /// Bytes held in memory.
    pub(crate) fn bytes_held(&self) -> usize {
        match &self.inner {
            Inner::Memory(bytes) => bytes.len(),
            Inner::File { .. } => 0,
        }
    }

    /// Lets the file go until [`Source::reopen`].
    pub(crate) fn close(&mut self) {
        if let Inner::File { file, .. } = &mut self.inner {
            *file = None;
        }
    }

    /// Takes the file up again; false when it is another one by now.
    pub(crate) fn reopen(&mut self, locator: &Locator) -> io::Result<bool> {
        let (opened, metadata) = open_regular(&locator.path)?;
        if self.version != Some(Version::of(&metadata)) {
            return Ok(false);
        }
        if let Inner::File { file, .. } = &mut self.inner {
            *file = Some(Arc::new(opened));
        }
        Ok(true)
    }

    /// Of the file when it was opened; `None` for bytes that are of no file.
    pub(crate) fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The open file and where in it the object begins; `None` for bytes in memory.
    pub(crate) fn file(&self) -> Option<(&File, u64)> {
        match &self.inner {
            Inner::File { file, base } => file.as_deref().map(|file| (file, *base)),
            Inner::Memory(_) => None,
        }
    }

    /// Bytes between `offset` and the end.
    pub(crate) fn remaining(&self, offset: u64) -> u64 {
        self.length.saturating_sub(offset)
    }

    /// What the window holds from `offset` on, if that is at least `wanted` bytes or all there are.
    fn in_window(&self, offset: u64, wanted: usize) -> Option<&[u8]> {
        let start = as_usize(offset.checked_sub(self.window_start)?);
        let rest = self.window.get(start..)?;
        (rest.len() >= wanted).then_some(rest)
    }

    /// The bytes from `offset` on that are at hand: at least `wanted`, where the object has that many.
    pub(crate) fn ahead(&mut self, offset: u64, wanted: usize) -> io::Result<&[u8]> {
        if self.in_window(offset, wanted).is_none() {
            let there = as_usize(self.remaining(offset));
            let all_at_hand = there < wanted && self.in_window(offset, there).is_some();
            if !all_at_hand {
                // The first look is at the mark, and what stands before it is wanted as well.
                let first = self.window.is_empty() && offset.saturating_add(as_u64(wanted)) <= HEAD;
                let (start, fill) = if first { (0, HEAD) } else { (offset, WINDOW.max(as_u64(wanted))) };
                // Values share the first window; one that nobody holds is used again.
                let mut window = Arc::try_unwrap(std::mem::take(&mut self.window)).unwrap_or_default();
                window.clear();
                self.fill(start, fill.min(self.remaining(start)), &mut window)?;
                (self.window, self.window_start) = (Arc::new(window), start);
            }
        }
        Ok(self.in_window(offset, 0).unwrap_or_default())
    }

    /// `N` bytes at `offset`; `None` when the object ends before.
    pub(crate) fn peek<const N: usize>(&mut self, offset: u64) -> io::Result<Option<[u8; N]>> {
        Ok(self.ahead(offset, N)?.first_chunk::<N>().copied())
    }

    /// As [`Self::peek`], for a look elsewhere: the window stays where it is.
    pub(crate) fn glance<const N: usize>(&mut self, offset: u64) -> io::Result<Option<[u8; N]>> {
        if let Some(at_hand) = self.in_window(offset, N) {
            return Ok(at_hand.first_chunk::<N>().copied());
        }
        let mut bytes = Vec::new();
        self.fill(offset, as_u64(N).min(self.remaining(offset)), &mut bytes)?;
        Ok(bytes.first_chunk::<N>().copied())
    }

    /// `wanted` bytes at `offset`, or as many as there are.
    pub(crate) fn read(&mut self, offset: u64, wanted: u64) -> io::Result<Vec<u8>> {
        let wanted = wanted.min(self.remaining(offset));
        if let Some(bytes) = self.in_window(offset, as_usize(wanted)) {
            return Ok(bytes.get(..as_usize(wanted)).unwrap_or_default().to_vec());
        }
        let mut out = Vec::new();
        self.fill(offset, wanted, &mut out)?;
        Ok(out)
    }

    /// As [`Self::read`]; bytes in the head of the object are shared, not copied.
    pub(crate) fn value(&mut self, offset: u64, wanted: u64) -> io::Result<Bytes> {
        let wanted = wanted.min(self.remaining(offset));
        if self.window_start == 0 && self.in_window(offset, as_usize(wanted)).is_some() {
            let (start, end) = (u32::try_from(offset), u32::try_from(offset.saturating_add(wanted)));
            if let (Ok(start), Ok(end)) = (start, end) {
                return Ok(Bytes::Shared { head: Arc::clone(&self.window), start, end });
            }
        }
        Ok(Bytes::Owned(self.read(offset, wanted)?))
    }

    /// `wanted` bytes at `offset`, or as many as there are, in pieces that stay in the processor's cache.
    pub(crate) fn pieces(
        &mut self,
        offset: u64,
        wanted: u64,
        mut each: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        if let Some(bytes) = self.in_window(offset, as_usize(wanted)) {
            return each(bytes.get(..as_usize(wanted)).unwrap_or_default());
        }
        let mut piece = Vec::new();
        let end = offset.saturating_add(wanted.min(self.remaining(offset)));
        let mut at = offset;
        while at < end {
            piece.clear();
            self.fill(at, PIECE.min(end - at), &mut piece)?;
            if piece.is_empty() {
                break;
            }
            each(&piece)?;
            at += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        }
        Ok(())
    }

    /// Appends what the object holds of `wanted` bytes. The file may have become shorter since it was
    /// opened: fewer bytes come, none are invented.
    fn fill(&mut self, offset: u64, wanted: u64, out: &mut Vec<u8>) -> io::Result<()> {
        match &mut self.inner {
            Inner::Memory(bytes) => {
                let end = as_usize(offset.saturating_add(wanted)).min(bytes.len());
                out.extend_from_slice(bytes.get(as_usize(offset)..end).unwrap_or_default());
                Ok(())
            }
            Inner::File { file, base } => {
                let mut file: &File = file.as_deref().ok_or(io::ErrorKind::NotConnected)?;
                let start = base.saturating_add(offset);
                if wanted <= WINDOW {
                    return read_at(file, start, as_usize(wanted), out);
                }
                out.reserve(as_usize(wanted));
                file.seek(SeekFrom::Start(start))?;
                file.take(wanted).read_to_end(out).map(|_bytes| ())
            }
        }
    }
}

/// The last bytes of a file of that size, at most `wanted`.
pub(crate) fn tail(file: &File, size: u64, wanted: u64) -> io::Result<Vec<u8>> {
    let wanted = wanted.min(size);
    let mut bytes = Vec::new();
    read_at(file, size - wanted, as_usize(wanted), &mut bytes)?;
    Ok(bytes)
}

/// A short read at a place of its own, without moving the file's.
#[cfg(unix)]
fn read_at(file: &File, offset: u64, wanted: usize, out: &mut Vec<u8>) -> io::Result<()> {
    let (start, mut left) = (out.len(), wanted);
    out.reserve_exact(wanted);
    while left > 0 {
        // Into memory that nobody had to clear; it may hold more than was wanted.
        match rustix::io::pread(
            file,
            rustix::buffer::spare_capacity(out),
            offset.saturating_add(as_u64(wanted - left)),
        ) {
            Ok(0) => break,
            Ok(bytes) => left = left.saturating_sub(bytes),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    out.truncate(start.saturating_add(wanted));
    Ok(())
}

#[cfg(not(unix))]
fn read_at(mut file: &File, offset: u64, wanted: usize, out: &mut Vec<u8>) -> io::Result<()> {
    out.reserve(wanted);
    file.seek(SeekFrom::Start(offset))?;
    file.take(as_u64(wanted)).read_to_end(out).map(|_bytes| ())
}

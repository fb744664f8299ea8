//! Random access to the bytes of one object, in a file or in memory.
//!
//! Invariants
//! - Nothing is allocated beyond the bytes that exist.
//! - Offsets count from the start of the object, not of the file.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;
use std::time::SystemTime;

use crate::locator::Locator;

const WINDOW: u64 = 16 * 1024;

#[derive(Debug)]
enum Inner {
    /// No file while nobody reads: an open one would keep a disk from being taken out.
    File {
        file: Option<File>,
        base: u64,
    },
    Memory(Arc<[u8]>),
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

/// The bytes, with a window for small reads.
#[derive(Debug)]
pub(crate) struct Source {
    inner: Inner,
    length: u64,
    window: Vec<u8>,
    window_start: u64,
    version: Option<Version>,
}

impl Source {
    pub(crate) fn open(locator: &Locator) -> io::Result<Self> {
        // Asked before opening: a pipe would block, a device has no end.
        if !std::fs::metadata(&locator.path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let file = File::open(&locator.path)?;
        let metadata = file.metadata()?;
        let there = metadata.len().saturating_sub(locator.offset);
        let length = locator.length.map_or(there, |length| length.min(there));
        let inner = Inner::File { file: Some(file), base: locator.offset };
        let version = Some(Version::of(&metadata));
        Ok(Self { inner, length, window: Vec::new(), window_start: 0, version })
    }

    pub(crate) fn memory(bytes: Arc<[u8]>) -> Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self { inner: Inner::Memory(bytes), length, window: Vec::new(), window_start: 0, version: None }
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
        // As in `open`: what is no file is not opened.
        let there = std::fs::metadata(&locator.path)?;
        if !there.is_file() || self.version.as_ref() != Some(&Version::of(&there)) {
            return Ok(false);
        }
        if let Inner::File { file, .. } = &mut self.inner {
            let opened = File::open(&locator.path)?;
            if self.version != Some(Version::of(&opened.metadata()?)) {
                return Ok(false);
            }
            *file = Some(opened);
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

    /// Bytes between `offset` and the end.
    pub(crate) fn remaining(&self, offset: u64) -> u64 {
        self.length.saturating_sub(offset)
    }

    /// `N` bytes at `offset`; `None` when the object ends before.
    pub(crate) fn peek<const N: usize>(&mut self, offset: u64) -> io::Result<Option<[u8; N]>> {
        let wanted = u64::try_from(N).unwrap_or(u64::MAX);
        if self.remaining(offset) < wanted {
            return Ok(None);
        }
        let window_end = self.window_start + u64::try_from(self.window.len()).unwrap_or(0);
        if offset < self.window_start || offset + wanted > window_end {
            let fill = WINDOW.max(wanted).min(self.remaining(offset));
            let mut window = std::mem::take(&mut self.window);
            window.clear();
            self.fill(offset, fill, &mut window)?;
            (self.window, self.window_start) = (window, offset);
        }
        let start = usize::try_from(offset - self.window_start).unwrap_or(usize::MAX);
        Ok(self.window.get(start..).and_then(|rest| rest.first_chunk::<N>()).copied())
    }

    /// `wanted` bytes at `offset`, or as many as there are.
    pub(crate) fn read(&mut self, offset: u64, wanted: u64) -> io::Result<Vec<u8>> {
        let wanted = wanted.min(self.remaining(offset));
        let window_end = self.window_start + u64::try_from(self.window.len()).unwrap_or(0);
        if offset >= self.window_start && offset + wanted <= window_end {
            let start = usize::try_from(offset - self.window_start).unwrap_or(usize::MAX);
            let end = start.saturating_add(usize::try_from(wanted).unwrap_or(usize::MAX));
            if let Some(bytes) = self.window.get(start..end) {
                return Ok(bytes.to_vec());
            }
        }
        let mut out = Vec::new();
        self.fill(offset, wanted, &mut out)?;
        Ok(out)
    }

    fn fill(&mut self, offset: u64, wanted: u64, out: &mut Vec<u8>) -> io::Result<()> {
        match &mut self.inner {
            Inner::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let end = start.saturating_add(usize::try_from(wanted).unwrap_or(usize::MAX));
                out.extend_from_slice(bytes.get(start..end).unwrap_or_default());
            }
            Inner::File { file, base } => {
                let file = file.as_mut().ok_or(io::ErrorKind::NotConnected)?;
                out.reserve(usize::try_from(wanted).unwrap_or(0));
                file.seek(SeekFrom::Start(base.saturating_add(offset)))?;
                // The file may have become shorter: fewer bytes come, none are invented.
                file.take(wanted).read_to_end(out)?;
            }
        }
        Ok(())
    }
}

//! Processes, channels and shared memory where there is no Unix.
//!
//! Messages go through pipes, the shared bytes through a file in the folder for temporary files, whose
//! path the worker is told first. Nothing here bounds memory, and what a worker says goes unheard.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

#[path = "region_none.rs"]
mod region;

pub(super) use region::{Region, Sealed};

/// Files cannot be handed to a worker.
pub(super) const HANDS_FILES: bool = false;
/// Whether memory can be bounded.
pub(super) const MEMORY_LIMIT: bool = false;
/// Shared bytes kept from frame to frame.
const KEPT: u64 = 64 << 20;

/// One end of the channel. Reading happens on a thread, since a pipe cannot be asked with a limit of time.
pub(super) struct Channel {
    out: Option<Box<dyn Write + Send>>,
    parts: Option<mpsc::Receiver<Vec<u8>>>,
    left: Vec<u8>,
    patience: Duration,
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").finish_non_exhaustive()
    }
}

impl Channel {
    fn hearing(mut from: impl Read + Send + 'static, patience: Duration) -> Self {
        let (tell, parts) = mpsc::channel();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(bytes @ 1..) = from.read(&mut part) {
                if tell.send(part.get(..bytes).unwrap_or_default().to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { out: None, parts: Some(parts), left: Vec::new(), patience }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(out) = self.out.as_mut() else { return Err(io::ErrorKind::BrokenPipe.into()) };
        out.write_all(bytes)?;
        out.flush()
    }

    /// No file goes along.
    pub(super) fn send_with(&mut self, bytes: &[u8], _files: &[&File]) -> io::Result<()> {
        self.send(bytes)
    }

    /// As [`Channel::receive`]: no file comes along.
    pub(super) fn receive_handed(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        self.receive(into)
    }

    /// None.
    pub(super) fn take_handed(&mut self) -> Vec<File> {
        Vec::new()
    }

    /// Bytes that came; 0 at the end; `None` when nothing came for a while.
    pub(super) fn receive(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        let Some(parts) = self.parts.as_ref() else { return Ok(Some(0)) };
        if self.left.is_empty() {
            match parts.recv_timeout(self.patience) {
                Ok(part) => self.left = part,
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => return Ok(Some(0)),
            }
        }
        let bytes = self.left.len().min(into.len());
        for (to, from) in into.iter_mut().zip(self.left.drain(..bytes)) {
            *to = from;
        }
        Ok(Some(bytes))
    }
}

/// None.
pub(super) fn region(bytes: u64) -> Option<Region> {
    Region::create(bytes).ok()
}

/// No region was made.
pub(super) fn write_region(_region: &File, _place: u64, _bytes: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// No file was handed over.
pub(super) fn read_places(_file: &File, _places: &[(u64, u64)], _into: &mut Vec<u8>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A file that parent and worker both hold; the parent removes it.
#[derive(Debug)]
pub(super) struct Shared {
    file: File,
    remove: Option<PathBuf>,
}

impl Shared {
    fn create() -> io::Result<(Self, PathBuf)> {
        use std::hash::{BuildHasher as _, Hasher as _};
        let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
        let path = std::env::temp_dir().join(format!("calx-frame-{random:016x}"));
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        Ok((Self { file, remove: Some(path.clone()) }, path))
    }

    pub(super) fn read(&self, into: &mut [u8]) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(into)
    }

    pub(super) fn read_to_end(&self, length: u64, into: &mut Vec<u8>) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        file.take(length).read_to_end(into)?;
        Ok(())
    }

    pub(super) fn write(&self, place: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(place))?;
        file.write_all(bytes)
    }

    pub(super) fn shrink(&self) -> io::Result<()> {
        if self.file.metadata()?.len() > KEPT { self.file.set_len(0) } else { Ok(()) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The worker may hold it for a moment longer; the folder for temporary files is swept anyway.
        if let Some(path) = self.remove.take()
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::debug!(%error, "a temporary file could not be removed");
        }
    }
}

/// What a worker says: nothing that is heard.
#[derive(Debug)]
pub(super) struct Complaints;

impl Complaints {
    pub(super) fn read(&mut self) -> Vec<u8> {
        Vec::new()
    }
}

/// A worker's process with the parent's ends of what connects them.
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) channel: Channel,
    pub(super) shared: Shared,
    pub(super) complaints: Complaints,
}

pub(super) fn start(program: &Path, arguments: &[OsString]) -> io::Result<Started> {
    let (shared, path) = Shared::create()?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let path = path.to_str().ok_or(io::ErrorKind::InvalidFilename)?.as_bytes();
    let length = u32::try_from(path.len()).map_err(io::Error::other)?.to_le_bytes();
    to.write_all(&[length.as_slice(), path].concat())?;
    let mut channel = Channel::hearing(from, Duration::from_millis(100));
    channel.out = Some(Box::new(to));
    Ok(Started { child, channel, shared, complaints: Complaints })
}

/// The worker's ends: to hear, to answer, to share.
pub(super) fn join() -> io::Result<(Channel, Channel, Shared)> {
    let mut length = [0; 4];
    io::stdin().read_exact(&mut length)?;
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if length > 4096 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut path = vec![0; length];
    io::stdin().read_exact(&mut path)?;
    let path = String::from_utf8(path).map_err(io::Error::other)?;
    let file = File::options().read(true).write(true).open(path)?;
    let hear = Channel::hearing(io::stdin(), Duration::from_secs(3600));
    let answer = Channel {
        out: Some(Box::new(io::stdout())),
        parts: None,
        left: Vec::new(),
        patience: Duration::ZERO,
    };
    Ok((hear, answer, Shared { file, remove: None }))
}

pub(super) fn limit_for_life() -> io::Result<()> {
    Ok(())
}

pub(super) fn limit_file(_bytes: u64) -> io::Result<()> {
    Ok(())
}

pub(super) fn limit_memory(_bytes: u64) -> io::Result<()> {
    Ok(())
}

/// Ends this process whatever its other threads do.
pub(super) fn end_now() -> ! {
    std::process::abort()
}

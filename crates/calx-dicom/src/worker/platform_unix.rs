//! Processes, channels, shared memory and limits on Unix.
//!
//! Invariants
//! - What a worker inherits are its three standard streams and nothing else: every descriptor made here
//!   closes on exec.
//! - What a worker writes to its standard error never blocks it: beyond the pipe's 64 KiB it is lost.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, PipeReader, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "region.rs"]
mod region;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "region_none.rs"]
mod region;

pub(super) use region::{Region, Sealed};

/// Whether [`limit_memory`] does anything. Linux counts every private writable page against RLIMIT_DATA,
/// also those of mmap; elsewhere it counts little, and RLIMIT_AS would forbid stacks of threads.
pub(super) const MEMORY_LIMIT: bool = cfg!(any(target_os = "linux", target_os = "android"));
/// Shared memory kept from frame to frame: pages that are there need not be made again.
const KEPT: u64 = 64 << 20;
/// For the C library's allocator; others do not look.
const MALLOC: &str =
    "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=134217728:glibc.malloc.trim_threshold=134217728";

/// Frames of so many bytes get memory of their own.
const REGION_FROM: u64 = 4 << 20;
/// Files can be handed to a worker, which then reads a stream itself.
pub(super) const HANDS_FILES: bool = true;
/// Files that go with one message.
const MOST_HANDED: usize = 2;

/// One end of the channel.
#[derive(Debug)]
pub(super) struct Channel {
    stream: UnixStream,
    /// Files that came with what was received.
    handed: Vec<File>,
}

impl Channel {
    fn new(stream: UnixStream) -> Self {
        Self { stream, handed: Vec::new() }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The same, with files that the other end may use from then on (at most [`MOST_HANDED`]).
    pub(super) fn send_with(&mut self, bytes: &[u8], files: &[&File]) -> io::Result<()> {
        if files.is_empty() {
            return self.send(bytes);
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_HANDED))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let descriptors: Vec<_> = files.iter().map(|file| file.as_fd()).collect();
        if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let sent = sendmsg(&self.stream, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
        self.send(bytes.get(sent..).unwrap_or_default())
    }

    /// In a worker: as [`Channel::receive`]; files that come along are kept for [`Channel::take_handed`].
    pub(super) fn receive_handed(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_HANDED))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut parts = [IoSliceMut::new(into)];
        let received = match recvmsg(&self.stream, &mut parts, &mut control, RecvFlags::empty()) {
            Ok(received) => received,
            Err(rustix::io::Errno::INTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(files) = message {
                self.handed.extend(files.map(File::from));
            }
        }
        Ok(Some(received.bytes))
    }

    /// The files that came along, in order.
    pub(super) fn take_handed(&mut self) -> Vec<File> {
        std::mem::take(&mut self.handed)
    }

    /// Bytes that came; 0 at the end; `None` when nothing came for [`Channel::PATIENCE`].
    pub(super) fn receive(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        match self.stream.read(into) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// How long [`Channel::receive`] waits in the parent; without end in a worker.
    const PATIENCE: Duration = Duration::from_millis(100);
}

/// A file in memory that parent and worker both hold.
#[derive(Debug)]
pub(super) struct Shared(File);

impl Shared {
    fn create() -> io::Result<Self> {
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
        if let Ok(memory) = rustix::fs::memfd_create("calx-frame", rustix::fs::MemfdFlags::CLOEXEC) {
            return Ok(Self(memory.into()));
        }
        unnamed_file().map(Self)
    }

    /// Exactly `into.len()` bytes from the start; an error when the file is shorter.
    pub(super) fn read(&self, into: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(into, 0)
    }

    /// `length` bytes from the start, or as many as there are, after what `into` holds.
    pub(super) fn read_to_end(&self, length: u64, into: &mut Vec<u8>) -> io::Result<()> {
        // The position belongs to the worker alone: the parent reads and writes at places.
        io::Seek::rewind(&mut &self.0)?;
        (&self.0).take(length).read_to_end(into)?;
        Ok(())
    }

    pub(super) fn write(&self, place: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, place)
    }

    /// Gives back what one large frame took.
    pub(super) fn shrink(&self) -> io::Result<()> {
        if self.0.metadata()?.len() > KEPT { self.0.set_len(0) } else { Ok(()) }
    }
}

/// Memory of its own for the values of a frame; `None` where there is none of the kind, or the frame is so
/// small that shared memory which is there already costs less.
pub(super) fn region(bytes: u64) -> Option<Region> {
    if bytes < REGION_FROM {
        return None;
    }
    Region::create(bytes)
        .inspect_err(|error| tracing::debug!(%error, "no memory of its own for a frame"))
        .ok()
}

/// In a worker: puts bytes into a region. Written, not mapped: a page's first touch through a map costs
/// several times its copy.
pub(super) fn write_region(region: &File, place: u64, bytes: &[u8]) -> io::Result<()> {
    region.write_all_at(bytes, place)
}

/// Reads places of a file, one after the other. The file's own position stays where it is.
pub(super) fn read_places(file: &File, places: &[(u64, u64)], into: &mut Vec<u8>) -> io::Result<()> {
    let there = file.metadata()?.len();
    for (offset, length) in places {
        if offset.checked_add(*length).is_none_or(|end| end > there) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let start = into.len();
        into.resize(start.saturating_add(usize::try_from(*length).map_err(io::Error::other)?), 0);
        file.read_exact_at(into.get_mut(start..).unwrap_or_default(), *offset)?;
    }
    Ok(())
}

/// A file that only open descriptors know.
fn unnamed_file() -> io::Result<File> {
    use std::hash::{BuildHasher as _, Hasher as _};
    use std::os::unix::fs::OpenOptionsExt as _;
    // Names of other users' making are no matter: `create_new` takes none that is there.
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let path = std::env::temp_dir().join(format!("calx-frame-{random:016x}"));
    let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// What a worker says on standard error.
#[derive(Debug)]
pub(super) struct Complaints(PipeReader);

impl Complaints {
    /// What was said since the last time, at most 64 KiB.
    pub(super) fn read(&mut self) -> Vec<u8> {
        let mut said = Vec::new();
        let mut part = [0; 4096];
        // The reading end never blocks: `WouldBlock` ends the loop, as the end of the pipe does.
        while said.len() < 64 * 1024 {
            match self.0.read(&mut part) {
                Ok(bytes @ 1..) => said.extend_from_slice(part.get(..bytes).unwrap_or_default()),
                Ok(0) | Err(_) => break,
            }
        }
        said
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
    let (own, theirs) = UnixStream::pair()?;
    own.set_read_timeout(Some(Channel::PATIENCE))?;
    let shared = Shared::create()?;
    let (heard, said) = io::pipe()?;
    rustix::io::ioctl_fionbio(&heard, true)?;
    let flags = rustix::fs::fcntl_getfl(&said)?;
    rustix::fs::fcntl_setfl(&said, flags | OFlags::NONBLOCK)?;
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::from(shared.0.try_clone()?))
        .stderr(Stdio::from(OwnedFd::from(said)))
        // Large pages, and memory kept from frame to frame: a frame's first touch of its pages costs as
        // much as its copies.
        .env("GLIBC_TUNABLES", MALLOC)
        // A Ctrl-C at the terminal is for the parent, which ends its workers in order.
        .process_group(0)
        .spawn()?;
    Ok(Started { child, channel: Channel::new(own), shared, complaints: Complaints(heard) })
}

/// The worker's ends: to hear, to answer, to share.
pub(super) fn join() -> io::Result<(Channel, Channel, Shared)> {
    let channel = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    // Whoever started this by hand has a terminal or a file there, and no peer.
    channel.peer_addr()?;
    let shared = Shared(File::from(io::stdout().as_fd().try_clone_to_owned()?));
    if !shared.0.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // What a codec prints must not land among the values.
    rustix::stdio::dup2_stdout(File::options().write(true).open("/dev/null")?)?;
    Ok((Channel::new(channel.try_clone()?), Channel::new(channel), shared))
}

/// A limit for the whole life of a worker: no core file, which would hold a patient's pixels.
pub(super) fn limit_for_life() -> io::Result<()> {
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}

/// The file beyond which the next frame writes nothing, in bytes.
pub(super) fn limit_file(bytes: u64) -> io::Result<()> {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let current = Some(maximum.map_or(bytes, |maximum| bytes.min(maximum)));
    Ok(setrlimit(Resource::Fsize, Rlimit { current, maximum })?)
}

/// The memory that the next frame may take, in bytes; never more than this process was started with.
pub(super) fn limit_memory(bytes: u64) -> io::Result<()> {
    if !MEMORY_LIMIT {
        return Ok(());
    }
    let maximum = getrlimit(Resource::Data).maximum;
    let current = Some(maximum.map_or(bytes, |maximum| bytes.min(maximum)));
    Ok(setrlimit(Resource::Data, Rlimit { current, maximum })?)
}

/// Ends this process whatever its other threads do.
pub(super) fn end_now() -> ! {
    if kill_process(getpid(), Signal::KILL).is_err() {
        std::process::abort();
    }
    loop {
        std::thread::park();
    }
}

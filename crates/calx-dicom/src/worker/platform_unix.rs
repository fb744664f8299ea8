//! Processes, channels, shared memory and limits on Unix.
//!
//! Invariants
//! - What a worker inherits are its three standard streams and nothing else: every descriptor made here
//!   closes on exec.
//! - What a worker writes to its standard error never blocks it: beyond the pipe's 64 KiB it is lost.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};

/// Whether [`limit_memory`] does anything. Linux counts every private writable page against RLIMIT_DATA,
/// also those of mmap; elsewhere it counts little, and RLIMIT_AS would forbid stacks of threads.
pub(super) const MEMORY_LIMIT: bool = cfg!(any(target_os = "linux", target_os = "android"));
/// Shared memory kept from frame to frame: pages that are there need not be made again.
const KEPT: u64 = 64 << 20;
/// For the C library's allocator; others do not look.
const MALLOC: &str =
    "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=134217728:glibc.malloc.trim_threshold=134217728";

/// One end of the channel.
#[derive(Debug)]
pub(super) struct Channel(UnixStream);

impl Channel {
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Bytes that came; 0 at the end; `None` when nothing came for [`Channel::PATIENCE`].
    pub(super) fn receive(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        match self.0.read(into) {
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
    Ok(Started { child, channel: Channel(own), shared, complaints: Complaints(heard) })
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
    Ok((Channel(channel.try_clone()?), Channel(channel), shared))
}

/// Limits for the whole life of a worker: no core file (it would hold a patient's pixels), no file beyond
/// `largest` bytes.
pub(super) fn limit_for_life(largest: u64) -> io::Result<()> {
    for (resource, to) in [(Resource::Core, 0), (Resource::Fsize, largest)] {
        let maximum = getrlimit(resource).maximum;
        let to = Some(maximum.map_or(to, |maximum| to.min(maximum)));
        setrlimit(resource, Rlimit { current: to, maximum: to })?;
    }
    Ok(())
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

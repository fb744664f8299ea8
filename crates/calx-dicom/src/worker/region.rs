//! Memory for one large frame: made by the parent, filled by a worker, kept by the parent as it is.
//!
//! Not here: which frames are large, how the file of it travels (`platform_unix`).
//!
//! Invariants
//! - Its size is sealed before a worker sees it: no byte of it can go away under a map.
//! - It is sealed against writing before the parent maps it. The kernel refuses that seal while anyone
//!   still has it mapped for writing, so what a [`Sealed`] shows never changes.
#![allow(unsafe_code, reason = "values that another process wrote are used where they lie, not copied")]

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::ptr::{NonNull, null_mut};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

const SIZE: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW);

/// A file in memory of a size that stays.
#[derive(Debug)]
pub(in super::super) struct Region(File);

impl Region {
    pub(in super::super) fn create(bytes: u64) -> io::Result<Self> {
        let file = File::from(memfd_create("calx-frame", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
        file.set_len(bytes)?;
        fcntl_add_seals(&file, SIZE)?;
        Ok(Self(file))
    }

    pub(in super::super) fn file(&self) -> &File {
        &self.0
    }

    /// The first `length` bytes, which nobody can change any more.
    ///
    /// # Errors
    /// When someone can still write to it, or it is shorter.
    pub(in super::super) fn seal(self, length: usize) -> io::Result<Sealed> {
        let wanted = SIZE | SealFlags::WRITE;
        fcntl_add_seals(&self.0, wanted | SealFlags::SEAL)?;
        if !fcntl_get_seals(&self.0)?.contains(wanted) {
            return Err(io::Error::other("its memory could not be sealed"));
        }
        check_length(&self.0, length)?;
        // SAFETY: a new map at a place of the kernel's choice. It is only read, and the seals just checked
        // keep its bytes and its length as they are for as long as it lives.
        let start = unsafe {
            // Private: kernels before 6.7 refuse a shared map of what is sealed against writing, even to read.
            mmap(null_mut(), length, ProtFlags::READ, MapFlags::PRIVATE | MapFlags::POPULATE, &self.0, 0)
        };
        let start = match start {
            Ok(start) => start,
            Err(error) => {
                tracing::debug!(%error, "memory of a frame could not be mapped, it is copied");
                let mut bytes = vec![0; length];
                self.0.read_exact_at(&mut bytes, 0)?;
                return Ok(Sealed(Held::Copy(bytes)));
            }
        };
        Ok(Sealed(Held::Map(Map::of(start.cast(), length)?)))
    }
}

fn check_length(file: &File, length: usize) -> io::Result<()> {
    let there = file.metadata()?.len();
    if length > 0 && u64::try_from(length).is_ok_and(|length| length <= there) {
        Ok(())
    } else {
        Err(io::Error::other(format!("{length} bytes of {there} in memory")))
    }
}

/// A mapped place. It is unmapped with its owner.
#[derive(Debug)]
struct Map {
    start: NonNull<u8>,
    length: usize,
}

impl Map {
    fn of(start: *mut u8, length: usize) -> io::Result<Self> {
        let start = NonNull::new(start).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, length })
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: `start` and `length` are those of one `mmap`, and every borrow of it has ended with its
        // owner.
        if let Err(error) = unsafe { munmap(self.start.as_ptr().cast(), self.length) } {
            tracing::debug!(%error, "memory of a frame could not be given back");
        }
    }
}

/// Bytes that nobody can change.
#[derive(Debug)]
pub(in super::super) struct Sealed(Held);

#[derive(Debug)]
enum Held {
    Map(Map),
    /// Where the kernel does not map it.
    Copy(Vec<u8>),
}

// SAFETY: the bytes never change and the map belongs to nobody else, so any thread may read or drop it.
unsafe impl Send for Sealed {}
// SAFETY: as above.
unsafe impl Sync for Sealed {}

impl Sealed {
    pub(in super::super) fn bytes(&self) -> &[u8] {
        match &self.0 {
            // SAFETY: `length` bytes are mapped readable from `start` on for as long as `self` lives; the
            // seals against writing and shrinking were checked before.
            Held::Map(map) => unsafe { std::slice::from_raw_parts(map.start.as_ptr(), map.length) },
            Held::Copy(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_kept_and_nobody_writes_again() {
        let region = Region::create(3 << 20).unwrap();
        let other = region.file().try_clone().unwrap();
        other.write_all_at(&[7, 8, 9], 0).unwrap();
        other.write_all_at(&[5], (3 << 20) - 1).unwrap();
        assert!(other.write_all_at(&[5], 3 << 20).is_err(), "it does not grow");
        let sealed = region.seal(3 << 20).unwrap();
        assert_eq!((&sealed.bytes()[..4], sealed.bytes().last()), ([7, 8, 9, 0].as_slice(), Some(&5)));
        assert!(other.write_at(&[1], 0).is_err());
        assert!(other.set_len(0).is_err() && other.set_len(4 << 20).is_err());
        assert!(rustix::fs::fallocate(&other, rustix::fs::FallocateFlags::PUNCH_HOLE, 0, 4096).is_err());
        drop(other);
        std::thread::spawn(move || assert_eq!(sealed.bytes()[1], 8)).join().unwrap();
    }

    #[test]
    fn a_region_that_someone_can_still_write_is_not_believed() {
        let region = Region::create(8192).unwrap();
        // SAFETY: a new map at a place of the kernel's choice; nothing is read or written through it.
        let start = unsafe { mmap(null_mut(), 8192, ProtFlags::WRITE, MapFlags::SHARED, region.file(), 0) };
        let held = Map::of(start.unwrap().cast(), 8192).unwrap();
        assert_eq!(region.seal(8192).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        drop(held);
    }

    #[test]
    fn lengths_are_held_against_the_file() {
        assert!(Region::create(100).unwrap().seal(101).is_err());
        assert!(Region::create(100).unwrap().seal(0).is_err());
        assert!(
            Region::create(100).unwrap().file().set_len(50).is_err(),
            "its size is sealed from the start"
        );
    }
}

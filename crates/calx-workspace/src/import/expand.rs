//! The files of an archive, prepared one by one in batches of their own.
//!
//! Bytes of an entry that may be DICOM go into an unfinished copy, the same that becomes the object; bytes of
//! any other entry go nowhere.
//!
//! Invariants
//! - An archive that changes while it is read files nothing more from that moment on.
//! - Each entry, and an archive that breaks off, gives one outcome.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use calx_dicom::{ReadHeaderError, may_be_dicom};
use sha2::{Digest as _, Sha256};

use super::archive::{self, Broken, Content, Entry, Kind};
use super::prepare::{Prepared, Spooled, hex, prepare_copy, refused, stamp_of};
use super::reading::unbroken;
use super::{ArchiveLimits, FileOutcome, FileStatus};
use crate::durable::remove_if_there;

/// What is looked at before an entry is believed to be DICOM.
const HEAD: usize = 64 * 1024;
/// How much is read at a time after that.
const CHUNK: usize = 256 * 1024;

/// What became of the reading.
pub(crate) enum Expanded {
    /// All entries were handed over.
    Whole,
    /// The receiver or the person stopped it.
    Stopped,
    /// The workspace could not take the bytes.
    NoRoom(io::Error),
}

/// Where and how far.
pub(crate) struct Expansion<'a> {
    pub(crate) path: &'a Path,
    pub(crate) kind: Kind,
    pub(crate) limits: ArchiveLimits,
    pub(crate) cancel: &'a AtomicBool,
}

impl Expansion<'_> {
    /// Reads the archive; `copy_name` gives the place of the next unfinished copy, `is_full` says of files and
    /// bytes whether they make a batch, `take` files it and says whether to go on.
    pub(crate) fn run(
        &self,
        copy_name: &mut dyn FnMut() -> PathBuf,
        is_full: &mut dyn FnMut(usize, u64) -> bool,
        take: &mut dyn FnMut(Vec<Prepared>) -> ControlFlow<()>,
    ) -> Expanded {
        let before = fs::metadata(self.path).ok().map(|meta| stamp_of(&meta));
        let unchanged = || fs::metadata(self.path).ok().map(|meta| stamp_of(&meta)) == before;
        let (mut batch, mut bytes, mut entries) = (Vec::new(), 0, 0u64);
        let (mut no_room, mut stopped, mut changed) = (None, false, false);
        let read = archive::visit(self.kind, self.path, self.limits, &mut |entry| {
            if self.cancel.load(Ordering::Relaxed) {
                stopped = true;
                return ControlFlow::Break(());
            }
            entries += 1;
            let prepared = guarded(entry, copy_name);
            bytes += size_of(&prepared);
            if let Prepared::NoRoom(error) = prepared {
                no_room = Some(error);
                return ControlFlow::Break(());
            }
            batch.push(prepared);
            if !is_full(batch.len(), bytes) {
                return ControlFlow::Continue(());
            }
            bytes = 0;
            changed = !unchanged();
            if changed {
                return ControlFlow::Break(());
            }
            let flow = take(std::mem::take(&mut batch));
            stopped = flow.is_break();
            flow
        });
        changed |= !unchanged();
        if changed {
            batch = batch.into_iter().map(taken_back).collect();
        }
        if no_room.is_none() && !stopped {
            batch.extend(self.last_word(&read, entries, changed).map(Prepared::Done));
        }
        if !batch.is_empty() {
            stopped |= take(batch).is_break();
        }
        match no_room {
            Some(error) => Expanded::NoRoom(error),
            None if stopped => Expanded::Stopped,
            None => Expanded::Whole,
        }
    }

    /// What is to be said of the archive itself.
    fn last_word(&self, read: &Result<(), Broken>, entries: u64, changed: bool) -> Option<FileOutcome> {
        let of = |status, reason: &str, text: &str| {
            let size = fs::metadata(self.path).map_or(0, |meta| meta.len());
            Some(FileOutcome { size, ..FileOutcome::of(self.path.to_path_buf(), status, reason, text) })
        };
        match read {
            _ if changed => of(FileStatus::Failed, "changed_while_read", CHANGED),
            Err(Broken::Damaged(text)) => {
                let text = format!("{text}; the {entries} entries before that are accounted for");
                of(FileStatus::Failed, "archive_damaged", &text)
            }
            Err(Broken::TooLarge(text)) => of(FileStatus::Failed, "archive_too_large", text),
            Ok(()) if entries == 0 => of(FileStatus::NotDicom, "empty_archive", "an archive without a file"),
            Ok(()) => None,
        }
    }
}

const CHANGED: &str = "the archive changed while it was read; import it again";

fn size_of(prepared: &Prepared) -> u64 {
    match prepared {
        Prepared::Ready(ready) => ready.facts.size,
        _ => 0,
    }
}

/// A file that came out of bytes which were not all there at one time.
fn taken_back(prepared: Prepared) -> Prepared {
    match prepared {
        Prepared::Ready(ready) => {
            if let Some(copy) = &ready.copy {
                remove_if_there(copy);
            }
            let path = ready.path;
            Prepared::Done(FileOutcome::of(path, FileStatus::Failed, "changed_while_read", CHANGED))
        }
        other => other,
    }
}

/// [`one`], where no half copy stays of what was not prepared, even if reading it broke this program down.
fn guarded(entry: Entry<'_>, copy_name: &mut dyn FnMut() -> PathBuf) -> Prepared {
    let label = entry.label.clone();
    let mut copy = None;
    let prepared = unbroken(&label, None, || one(entry, &mut || copy.insert(copy_name()).clone()));
    if let Some(copy) = copy.filter(|_| !matches!(prepared, Prepared::Ready(_))) {
        remove_if_there(&copy);
    }
    prepared
}

fn one(entry: Entry<'_>, copy_name: &mut dyn FnMut() -> PathBuf) -> Prepared {
    let Entry { label, content } = entry;
    let done = |status, reason: &str, text: String| {
        Prepared::Done(FileOutcome::of(label.clone(), status, reason, text))
    };
    let bytes = match content {
        Content::Other(reason, text) => return done(FileStatus::NotDicom, reason, text.to_owned()),
        Content::Unreadable(reason, text) => return done(FileStatus::Failed, reason, text),
        Content::File(bytes) => bytes,
    };
    let unreadable = |error: &io::Error| {
        let reason = if error.kind() == io::ErrorKind::QuotaExceeded {
            "archive_too_large"
        } else {
            "archive_damaged"
        };
        done(FileStatus::Failed, reason, super::told(error))
    };
    let mut head = Vec::new();
    if let Err(error) = (&mut *bytes).take(HEAD as u64).read_to_end(&mut head) {
        return unreadable(&error);
    }
    if head.is_empty() {
        return Prepared::Done(refused(label, 0, &ReadHeaderError::Empty));
    }
    if !may_be_dicom(&head) {
        if Kind::of(&head).is_some() {
            let text = "an archive in an archive is not opened; unpack the outer one".to_owned();
            return done(FileStatus::NotDicom, "nested_archive", text);
        }
        return Prepared::Done(refused(label, 0, &ReadHeaderError::NotDicom));
    }
    let copy = copy_name();
    match spool(&head, bytes, &copy) {
        Ok(spooled) => prepare_copy(label, &copy, spooled),
        Err(Broke::Reading(error)) => unreadable(&error),
        Err(Broke::Writing(error)) => Prepared::NoRoom(error),
    }
}

enum Broke {
    Reading(io::Error),
    Writing(io::Error),
}

fn spool(head: &[u8], bytes: &mut dyn Read, copy: &Path) -> Result<Spooled, Broke> {
    let mut out = OpenOptions::new().write(true).create_new(true).open(copy).map_err(Broke::Writing)?;
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut take = |bytes: &[u8]| {
        hash.update(bytes);
        size += bytes.len() as u64;
        out.write_all(bytes)
    };
    take(head).map_err(Broke::Writing)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match bytes.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => take(chunk.get(..read).unwrap_or_default()).map_err(Broke::Writing)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Broke::Reading(error)),
        }
    }
    Ok(Spooled { size, sha256: hex(&hash.finalize()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Begins as DICOM, and breaks the program down once the beginning was read.
    struct Breaks(usize);

    impl Read for Breaks {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(self.0 < HEAD, "a decoder that breaks down");
            let mut file = vec![0; HEAD];
            let start = b"DICM\x02\x00\x00\x00UL\x04\x00\x00\x00\x00\x00";
            file[128..128 + start.len()].copy_from_slice(start);
            let read = buffer.len().min(HEAD - self.0);
            buffer[..read].copy_from_slice(&file[self.0..self.0 + read]);
            self.0 += read;
            Ok(read)
        }
    }

    #[test]
    fn an_entry_that_breaks_the_program_down_fails_alone_and_leaves_no_copy() {
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("r-1.partial");
        let mut bytes = Breaks(0);
        let entry = Entry { label: PathBuf::from("a.zip!/x"), content: Content::File(&mut bytes) };
        let mut named = 0;
        let prepared = guarded(entry, &mut || {
            named += 1;
            copy.clone()
        });
        let Prepared::Done(outcome) = prepared else { panic!("it is told") };
        assert_eq!((outcome.status, outcome.reason.as_str()), (FileStatus::Failed, "internal_error"));
        assert_eq!((outcome.path, named), (PathBuf::from("a.zip!/x"), 1));
        assert!(!copy.exists());
    }
}

//! Objects that were asked for lately: of a clip, the header is read once, not once a frame.
//!
//! Invariants
//! - An object is given out again only while its file has the same length, time and inode.
//! - What is kept holds no file open, and is bounded in number and in bytes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::image::{ImageObject, ReadImageError, find_image};
use crate::locator::Locator;

/// Objects kept; each thread that reads a clip has one of its own.
const MOST: usize = 16;
/// Bytes of inflated data sets kept.
const MOST_BYTES: usize = 64 << 20;
/// Places of fragments kept with one object.
const MOST_FRAGMENTS: usize = 1 << 16;

/// The latest objects, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Objects(Mutex<Vec<(Locator, ImageObject)>>);

impl Objects {
    fn lock(&self) -> MutexGuard<'_, Vec<(Locator, ImageObject)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object at a locator, for the caller alone.
    pub(crate) fn take(&self, locator: &Locator) -> Result<ImageObject, ReadImageError> {
        loop {
            let mut kept = self.lock();
            let Some(at) = kept.iter().rposition(|(own, _)| own == locator) else { break };
            let (_, mut object) = kept.remove(at);
            drop(kept);
            if object.opened.source.reopen(locator).unwrap_or(false) {
                return Ok(object);
            }
        }
        find_image(locator)
    }

    /// Keeps an object for the next frame.
    pub(crate) fn give_back(&self, locator: &Locator, mut object: ImageObject) {
        object.opened.source.close();
        let bytes = object.opened.source.bytes_held();
        if bytes > MOST_BYTES || object.fragments.as_ref().is_some_and(|f| f.entries() > MOST_FRAGMENTS) {
            return;
        }
        let mut kept = self.lock();
        kept.push((locator.clone(), object));
        while kept.len() > MOST
            || kept.iter().map(|(_, object)| object.opened.source.bytes_held()).sum::<usize>() > MOST_BYTES
        {
            kept.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_changed_file_is_read_anew() {
        let folder = tempfile::tempdir().unwrap();
        let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        let path = folder.path().join("x.dcm");
        std::fs::copy(fixtures.join("hand_signed.dcm"), &path).unwrap();
        let (objects, locator) = (Objects::default(), Locator::from(path.clone()));
        let rows = |objects: &Objects| {
            let object = objects.take(&locator).unwrap();
            let rows = object.layout.rows;
            objects.give_back(&locator, object);
            rows
        };
        let first = rows(&objects);
        assert_eq!(objects.lock().len(), 1);
        assert_eq!(rows(&objects), first);
        assert_eq!(objects.lock().len(), 1);
        std::fs::copy(fixtures.join("doppler_small.dcm"), &path).unwrap();
        let clip = find_image(&locator).unwrap().layout.rows;
        assert_ne!(clip, first);
        assert_eq!(rows(&objects), clip);
        std::fs::remove_file(&path).unwrap();
        assert!(objects.take(&locator).is_err());
    }
}

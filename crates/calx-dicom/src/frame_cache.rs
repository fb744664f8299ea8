//! Recent frames, counted in bytes; the one unused for longest goes first.
//!
//! Invariants
//! - `bytes() <= limit` always; a frame larger than the limit is not kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::frame_source::{Key, Told};

#[derive(Debug)]
struct Kept {
    frame: Told,
    bytes: u64,
    used: u64,
}

/// Least recently used frames, bounded by bytes.
#[derive(Debug)]
pub(crate) struct FrameCache {
    limit: u64,
    bytes: u64,
    clock: u64,
    kept: BTreeMap<Key, Kept>,
    by_use: BTreeMap<u64, Key>,
}

impl FrameCache {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, bytes: 0, clock: 0, kept: BTreeMap::new(), by_use: BTreeMap::new() }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn get(&mut self, key: &Key) -> Option<Told> {
        let kept = self.kept.get_mut(key)?;
        self.by_use.remove(&kept.used);
        self.clock += 1;
        kept.used = self.clock;
        self.by_use.insert(kept.used, key.clone());
        Some(Arc::clone(&kept.frame))
    }

    pub(crate) fn insert(&mut self, key: Key, frame: Told) {
        let bytes = u64::try_from(frame.value.samples().bytes()).unwrap_or(u64::MAX);
        if bytes > self.limit {
            return;
        }
        self.remove(&key);
        while self.bytes.saturating_add(bytes) > self.limit {
            let Some(oldest) = self.by_use.values().next().cloned() else { break };
            self.remove(&oldest);
        }
        self.clock += 1;
        self.bytes += bytes;
        self.by_use.insert(self.clock, key.clone());
        self.kept.insert(key, Kept { frame, bytes, used: self.clock });
    }

    fn remove(&mut self, key: &Key) {
        if let Some(kept) = self.kept.remove(key) {
            self.by_use.remove(&kept.used);
            self.bytes -= kept.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use calx_model::{Frame, Samples};

    use super::*;
    use crate::frame_source::Reduction;
    use crate::notice::Read;

    fn key(frame: u32) -> Key {
        Key { locator: PathBuf::from("x").into(), frame, reduction: Reduction::Full }
    }

    #[test]
    fn the_one_unused_for_longest_goes() {
        let frame = |n| {
            let value = Arc::new(Frame::new(n, 1, Samples::U8(vec![0; n as usize].into())).unwrap());
            Arc::new(Read { value, notices: Vec::new() })
        };
        let mut cache = FrameCache::new(10);
        cache.insert(key(1), frame(4));
        cache.insert(key(2), frame(4));
        assert!(cache.get(&key(1)).is_some());
        cache.insert(key(3), frame(4));
        assert_eq!(cache.bytes(), 8);
        assert!(cache.get(&key(2)).is_none() && cache.get(&key(1)).is_some());
        cache.insert(key(4), frame(11));
        assert!(cache.get(&key(4)).is_none());
        cache.insert(key(1), frame(9));
        assert_eq!((cache.bytes(), cache.kept.len(), cache.by_use.len()), (9, 1, 1));
    }
}

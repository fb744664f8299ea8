//! How large a batch is: large enough to share the cost of making it durable, small enough to be acknowledged
//! within a second.
//!
//! Invariants
//! - A batch ends at its files, its bytes or its time, whichever comes first.
//! - The first batch is small: what was read first is seen first.

use std::time::{Duration, Instant};

/// The largest batch.
pub(crate) const MOST_FILES: usize = 1_000;
pub(crate) const MOST_BYTES: u64 = 128 * 1024 * 1024;
const FEWEST_FILES: usize = 64;
const FEWEST_BYTES: u64 = 4 * 1024 * 1024;
/// From one acknowledgement to the beginning of the next filing; the filing takes the rest of the second.
const COLLECTING: Duration = Duration::from_millis(400);
/// A filing that takes longer was of too much.
const LONG: Duration = Duration::from_millis(400);
/// One that takes less may be of more.
const SHORT: Duration = Duration::from_millis(150);
/// Each is a durability call, and the objects take two of the four that a batch may cost.
const MOST_TRANSACTIONS: u32 = 2;

/// Where a batch ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    until: Instant,
}

impl Limits {
    /// Whether one more would be too much, or too late.
    pub(crate) fn are_reached(&self, files: usize, bytes: u64) -> bool {
        files >= self.files || bytes >= self.bytes || (files > 0 && self.left().is_zero())
    }

    /// Time left.
    pub(crate) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// Batches so far, and what they say of the next.
#[derive(Debug)]
pub(crate) struct Pace {
    files: usize,
    bytes: u64,
    acknowledged: Instant,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { files: FEWEST_FILES, bytes: 4 * FEWEST_BYTES, acknowledged: Instant::now() }
    }

    /// Where the batch ends that is collected now.
    pub(crate) fn limits(&self) -> Limits {
        Limits { files: self.files, bytes: self.bytes, until: self.acknowledged + COLLECTING }
    }

    /// A batch was acknowledged that took so long to file, and so many transactions.
    pub(crate) fn acknowledged(&mut self, took: Duration, transactions: u32) {
        self.acknowledged = Instant::now();
        if transactions > MOST_TRANSACTIONS {
            self.files = (self.files / 2).max(FEWEST_FILES);
        }
        if took > LONG {
            self.files = (self.files / 2).max(FEWEST_FILES);
            self.bytes = (self.bytes / 2).max(FEWEST_BYTES);
        } else if took < SHORT && transactions <= MOST_TRANSACTIONS {
            self.files = self.files.saturating_mul(2).min(MOST_FILES);
            self.bytes = self.bytes.saturating_mul(2).min(MOST_BYTES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_ends_at_files_bytes_or_time() {
        let now = Instant::now();
        let limits = Limits { files: 10, bytes: 100, until: now + Duration::from_secs(60) };
        assert_eq!([(9, 99), (10, 0), (1, 100)].map(|(f, b)| limits.are_reached(f, b)), [false, true, true]);
        let late = Limits { until: now, ..limits };
        assert_eq!([(0, 0), (1, 1)].map(|(f, b)| late.are_reached(f, b)), [false, true], "never empty");
    }

    #[test]
    fn batches_grow_to_the_largest_and_shrink_where_filing_is_slow() {
        let mut pace = Pace::new();
        assert_eq!(pace.limits().files, FEWEST_FILES);
        for _ in 0..9 {
            pace.acknowledged(Duration::from_millis(10), 1);
        }
        assert_eq!((pace.files, pace.bytes), (MOST_FILES, MOST_BYTES));
        pace.acknowledged(Duration::from_millis(200), 2);
        assert_eq!(pace.files, MOST_FILES);
        pace.acknowledged(Duration::from_secs(2), 1);
        assert_eq!((pace.files, pace.bytes), (MOST_FILES / 2, MOST_BYTES / 2));
        for _ in 0..20 {
            pace.acknowledged(Duration::from_secs(2), 1);
        }
        assert_eq!((pace.files, pace.bytes), (FEWEST_FILES, FEWEST_BYTES));
        let mut pace = Pace { files: MOST_FILES, ..Pace::new() };
        pace.acknowledged(Duration::from_millis(10), 3);
        assert_eq!(pace.files, MOST_FILES / 2, "five durability calls");
    }
}

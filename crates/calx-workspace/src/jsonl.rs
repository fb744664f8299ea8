//! Journals: one JSON object a line, only ever appended to.
//!
//! A row is one write and one sync. A crash can leave the last line half-written: it has no line feed, or
//! is no JSON. Such a line was never acknowledged, so it is cut; whatever else is wrong is an error.
//!
//! Not here: what rows mean (`calx-model`).
//!
//! Invariants
//! - What [`Appender::open`] found is durable when it returns, whoever wrote it.
//! - After [`Appender::append`] fails, the file is as long as before, or the appender refuses further rows.
//! - A line of a newer version is never taken for a torn one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::durable;
use crate::error::WorkspaceError;
use crate::import::hex;

/// A journal as read.
#[derive(Debug)]
pub(crate) struct Lines<T> {
    pub(crate) rows: Vec<T>,
    /// Bytes of whole rows.
    pub(crate) whole: u64,
    /// Bytes of a torn last line.
    pub(crate) torn: u64,
    /// Over the whole rows.
    pub(crate) digest: Sha256,
}

impl<T> Lines<T> {
    /// Those of a journal that is not there.
    pub(crate) fn none() -> Self {
        Self { rows: Vec::new(), whole: 0, torn: 0, digest: Sha256::new() }
    }

    /// SHA-256 of the whole rows, 64 hex digits.
    pub(crate) fn sha256(&self) -> String {
        hex(&self.digest.clone().finalize())
    }
}

/// Just enough of a row of any version.
#[derive(Deserialize)]
struct AnyVersion {
    v: u32,
}

/// Reads all rows; `supported` is the newest row version this program knows.
pub(crate) fn read<T: DeserializeOwned>(path: &Path, supported: u32) -> Result<Lines<T>, WorkspaceError> {
    parse(&read_bytes(path)?, path, supported)
}

/// A journal as it stands.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, WorkspaceError> {
    std::fs::read(path).map_err(|source| WorkspaceError::io("read the journal", path, source))
}

/// As [`read`], of bytes that were read.
pub(crate) fn parse<T: DeserializeOwned>(
    bytes: &[u8],
    path: &Path,
    supported: u32,
) -> Result<Lines<T>, WorkspaceError> {
    let mut lines = Lines::none();
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        let (line, after) = rest.split_at(end + 1);
        match serde_json::from_slice(line) {
            Ok(row) => lines.rows.push(row),
            Err(source) => {
                if let Ok(AnyVersion { v }) = serde_json::from_slice(line)
                    && v > supported
                {
                    let (what, path) = ("the journal", path.to_path_buf());
                    return Err(WorkspaceError::NewerFormat { what, found: v, supported, path });
                }
                let torn = after.is_empty() && serde_json::from_slice::<IgnoredAny>(line).is_err();
                if torn {
                    break;
                }
                return Err(WorkspaceError::BadJournalLine {
                    line: lines.rows.len() as u64 + 1,
                    offset: lines.whole,
                    path: path.to_path_buf(),
                    source,
                });
            }
        }
        lines.whole += line.len() as u64;
        rest = after;
    }
    lines.torn = rest.len() as u64;
    lines.digest.update(bytes.get(..bytes.len().saturating_sub(rest.len())).unwrap_or_default());
    Ok(lines)
}

/// One row with its line feed.
pub(crate) fn line<T: Serialize>(row: &T) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(row).map_err(io::Error::other)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A journal open for appending.
#[derive(Debug)]
pub(crate) struct Appender {
    file: File,
    path: PathBuf,
    what: &'static str,
    length: u64,
    /// Over those bytes.
    digest: Sha256,
    poisoned: bool,
}

impl Appender {
    /// Opens a journal that was just read under the same lock, and cuts what was torn. When this returns, its
    /// rows and its name are on disk: a row may have been read whose writer was killed before its sync.
    pub(crate) fn open<T>(path: &Path, what: &'static str, lines: &Lines<T>) -> Result<Self, WorkspaceError> {
        let open = |source| WorkspaceError::io("open the journal for writing", path, source);
        let file = OpenOptions::new().append(true).open(path).map_err(open)?;
        if lines.torn > 0 {
            let cut = file.set_len(lines.whole).and_then(|()| file.sync_all());
            cut.map_err(|source| WorkspaceError::io("cut the torn last line of the journal", path, source))?;
        }
        let (path_buf, length, digest) = (path.to_path_buf(), lines.whole, lines.digest.clone());
        let appender = Self { file, path: path_buf, what, length, digest, poisoned: false };
        let synced = appender.file.sync_data().and_then(|()| durable::sync_parent(path));
        synced.map_err(|source| appender.not_saved(source))?;
        Ok(appender)
    }

    /// Bytes of whole rows.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// SHA-256 of the whole rows, 64 hex digits.
    pub(crate) fn sha256(&self) -> String {
        hex(&self.digest.clone().finalize())
    }

    /// Appends a row; when this returns it is on disk.
    pub(crate) fn append<T: Serialize>(&mut self, row: &T) -> Result<(), WorkspaceError> {
        if self.poisoned {
            return Err(WorkspaceError::Poisoned(self.path.clone()));
        }
        let bytes = line(row).map_err(|source| self.not_saved(source))?;
        // A failed sync leaves it open what is on disk: the row is taken back, and this writer is done.
        let (written, synced) = match self.file.write_all(&bytes) {
            Ok(()) => (Ok(()), self.file.sync_data()),
            Err(error) => (Err(error), Ok(())),
        };
        self.poisoned = synced.is_err();
        if let Err(source) = written.and(synced) {
            let back = self.file.set_len(self.length).and_then(|()| self.file.sync_all());
            self.poisoned |= back.is_err();
            return Err(self.not_saved(source));
        }
        self.length += bytes.len() as u64;
        self.digest.update(&bytes);
        Ok(())
    }

    fn not_saved(&self, source: io::Error) -> WorkspaceError {
        let kept = "what was saved before is unchanged";
        WorkspaceError::Write { what: self.what, kept, path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Row {
        #[allow(dead_code, reason = "must be there")]
        v: u32,
        n: u32,
    }

    fn check_parse(text: &str, rows: &[u32], torn: u64) {
        let lines: Lines<Row> = parse(text.as_bytes(), Path::new("j"), 1).unwrap();
        assert_eq!(lines.rows.iter().map(|r| r.n).collect::<Vec<_>>(), rows);
        assert_eq!(lines.torn, torn);
        assert_eq!(lines.whole + lines.torn, text.len() as u64);
    }

    /// The one file that can be appended to and says so when it is asked to sync.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_found_is_synced_before_it_counts() {
        let lines = Lines::<Row>::none();
        let opened = Appender::open(Path::new("/dev/null"), "the case", &lines).map(drop);
        assert!(matches!(opened, Err(WorkspaceError::Write { .. })), "{opened:?}");
    }

    #[test]
    fn a_torn_last_line_is_told_and_nothing_else_is_tolerated() {
        check_parse("", &[], 0);
        check_parse("{\"v\":1,\"n\":1}\n", &[1], 0);
        check_parse("{\"v\":1,\"n\":1}\n{\"v\":1,\"n\":2}", &[1], 13);
        check_parse("{\"v\":1,\"n\":1}\n{\"v\":1,\n", &[1], 8);
        check_parse("{\"v\":1,\"n\":1}\n\0\0\0\0", &[1], 4);
        let middle = parse::<Row>(b"{\"v\":1,\"n\":1}\n{\"v\"\n{\"v\":1,\"n\":3}\n", Path::new("j"), 1);
        assert!(matches!(middle, Err(WorkspaceError::BadJournalLine { line: 2, offset: 14, .. })));
        let whole_but_wrong = parse::<Row>(b"{\"v\":1,\"n\":\"x\"}\n", Path::new("j"), 1);
        assert!(matches!(whole_but_wrong, Err(WorkspaceError::BadJournalLine { line: 1, .. })));
        let newer = parse::<Row>(b"{\"v\":2,\"what\":1}\n", Path::new("j"), 1);
        assert!(matches!(newer, Err(WorkspaceError::NewerFormat { found: 2, supported: 1, .. })));
    }
}

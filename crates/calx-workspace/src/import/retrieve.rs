//! Bytes that were lost, looked for where they came from.
//!
//! Not here: which are lost, and putting them back (`repair`).
//!
//! Invariants
//! - What is given back has the SHA-256 asked for; the digest is taken of the very bytes that were copied.
//! - Sources are only read.
//! - No entry of an archive is copied further than the largest file that is looked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use sha2::{Digest as _, Sha256};

use super::archive::{self, Content, Kind};
use super::prepare::{hex, open_file};
use super::walk::{Seen, Walk};
use super::{ArchiveLimits, ImportOptions};
use crate::durable::{self, remove_if_there};
use crate::error::WorkspaceError;
use crate::objects::INCOMING;
use crate::path_bytes;
use crate::workspace::Workspace;

/// How much is read at a time.
const CHUNK: usize = 256 * 1024;

/// A search in hand.
struct Search {
    /// SHA-256 and size of what is not found yet.
    lost: BTreeMap<String, u64>,
    /// Unfinished copies by SHA-256.
    found: BTreeMap<String, PathBuf>,
    incoming: PathBuf,
    tried: BTreeSet<PathBuf>,
    copies: u32,
}

impl Workspace {
    /// Looks for files by SHA-256 and size: at the places they were read from, then in the sources of all runs,
    /// last in the archives there. Gives synced unfinished copies; only to be called with imports kept out.
    pub(crate) fn retrieve(
        &self,
        lost: BTreeMap<String, u64>,
    ) -> Result<BTreeMap<String, PathBuf>, WorkspaceError> {
        let incoming = self.objects_dir().join(INCOMING);
        durable::make_dir(&incoming)
            .map_err(|source| WorkspaceError::io("make the folder", &incoming, source))?;
        let (found, tried) = (BTreeMap::new(), BTreeSet::new());
        let mut search = Search { lost, found, incoming, tried, copies: 0 };
        for path in self.places_of(&search.lost)? {
            search.try_file(&path)?;
        }
        let sources = self.all_sources()?;
        for in_archives in [false, true] {
            for source in &sources {
                if search.lost.is_empty() {
                    return Ok(search.found);
                }
                self.search_source(source, in_archives, &mut search)?;
            }
        }
        Ok(search.found)
    }

    /// Where these bytes were read from.
    fn places_of(&self, lost: &BTreeMap<String, u64>) -> Result<Vec<PathBuf>, WorkspaceError> {
        let sql = "SELECT path FROM sources WHERE sha256 = ?1
                   UNION SELECT path FROM files WHERE sha256 = ?1 AND managed = 0
                   UNION SELECT path FROM import_issues WHERE sha256 = ?1";
        self.read(|tx| {
            let mut places = Vec::new();
            let mut statement = tx.prepare(sql)?;
            for sha256 in lost.keys() {
                let rows = statement.query_map([sha256], |row| row.get(0).map(path_bytes::from_bytes))?;
                places.extend(rows.collect::<Result<Vec<PathBuf>, _>>()?);
            }
            Ok(places)
        })
    }

    /// Sources of all runs, newest first, each once.
    fn all_sources(&self) -> Result<Vec<PathBuf>, WorkspaceError> {
        let mut sources: Vec<PathBuf> = Vec::new();
        let mut seen = BTreeSet::new();
        for plan in self.run_plans()? {
            for source in plan.sources {
                let source = plan.folder.join(source);
                if seen.insert(source.clone()) {
                    sources.push(source);
                }
            }
        }
        Ok(sources)
    }

    fn search_source(
        &self,
        source: &Path,
        in_archives: bool,
        search: &mut Search,
    ) -> Result<(), WorkspaceError> {
        let never = AtomicBool::new(false);
        // A source that is not there today holds nothing.
        let sources = [source.to_path_buf()];
        let Ok(walk) = Walk::new(&sources, &ImportOptions::new(&never), self.root()) else { return Ok(()) };
        for seen in walk {
            let Seen::File { path, stamp, .. } = seen else { continue };
            if search.lost.is_empty() {
                break;
            }
            if in_archives {
                search.try_archive(&path)?;
            } else if search.lost.values().any(|size| *size == stamp.size) {
                search.try_file(&path)?;
            }
        }
        Ok(())
    }
}

impl Search {
    fn try_file(&mut self, path: &Path) -> Result<(), WorkspaceError> {
        let is_wanted = |size: u64| self.lost.values().any(|lost| *lost == size);
        let Ok((mut file, meta)) = open_file(path) else { return Ok(()) };
        if is_wanted(meta.len()) && self.tried.insert(path.to_path_buf()) {
            self.take(&mut file)?;
        }
        Ok(())
    }

    fn try_archive(&mut self, path: &Path) -> Result<(), WorkspaceError> {
        let Ok(Some(kind)) = Kind::of_file(path) else { return Ok(()) };
        let mut done = Ok(());
        let read = archive::visit(kind, path, ArchiveLimits::default(), &mut |entry| {
            if let Content::File(bytes) = entry.content {
                done = self.take(bytes);
            }
            if done.is_ok() && !self.lost.is_empty() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        if read.is_err() {
            tracing::debug!("an archive among the sources could not be read to its end");
        }
        done
    }

    /// Copies bytes, and keeps the copy if it is one that was asked for.
    fn take(&mut self, bytes: &mut dyn Read) -> Result<(), WorkspaceError> {
        self.copies += 1;
        let copy = self.incoming.join(format!("repair-{}.{}", self.copies, durable::PARTIAL));
        remove_if_there(&copy);
        let failed = |source| WorkspaceError::Write {
            what: "a copy of bytes that were lost",
            kept: "nothing else was changed",
            path: copy.clone(),
            source,
        };
        let largest = self.lost.values().copied().max().unwrap_or(0);
        match copy_bytes(bytes, &copy, largest).map_err(failed)? {
            Some((sha256, file)) if self.lost.contains_key(&sha256) => {
                file.sync_all().map_err(failed)?;
                self.lost.remove(&sha256);
                self.found.insert(sha256, copy);
            }
            _ => remove_if_there(&copy),
        }
        Ok(())
    }
}

/// Copies, not yet synced; gives the SHA-256, or nothing when reading failed or there is more than `largest`.
fn copy_bytes(bytes: &mut dyn Read, to: &Path, largest: u64) -> io::Result<Option<(String, File)>> {
    let mut out = OpenOptions::new().write(true).create_new(true).open(to)?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut size = 0;
    loop {
        match bytes.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => {
                let part = chunk.get(..read).unwrap_or_default();
                size += part.len() as u64;
                if size > largest {
                    return Ok(None);
                }
                hash.update(part);
                out.write_all(part)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Ok(None),
        }
    }
    Ok(Some((hex(&hash.finalize()), out)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_entry_is_left_where_it_is_larger_than_what_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("copy");
        assert!(copy_bytes(&mut io::repeat(0), &copy, 1_000_000).unwrap().is_none());
        assert!(std::fs::metadata(&copy).unwrap().len() <= 1_000_000);
        let to = dir.path().join("whole");
        let (sha256, _) = copy_bytes(&mut &b"hello world"[..], &to, 11).unwrap().unwrap();
        assert_eq!(sha256, "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
        assert!(copy_bytes(&mut &b"hello world"[..], &dir.path().join("more"), 10).unwrap().is_none());
    }
}

//! A DICOMDIR: the files it names, as it names them.
//!
//! Not here: whether they are there and where a name may lead (`calx-workspace`).
//!
//! Invariants
//! - Records are read in the order in which they stand; offsets between them are not followed.
//! - Their number and their kept bytes are bounded by the scanner.
//!
//! Source: PS3.3 F.3.2, PS3.10 8.

use crate::dataset::{DataSet, Tag};
use crate::header::{DIRECTORY_CLASS, ReadHeaderError};
use crate::locator::Locator;
use crate::notice::Read;
use crate::open::open;
use crate::scan::Wanted;

const CLASS: Tag = Tag(0x0008, 0x0016);
const CLASS_IN_META: Tag = Tag(0x0002, 0x0002);
const RECORDS: Tag = Tag(0x0004, 0x1220);
const IN_USE: Tag = Tag(0x0004, 0x1410);
const FILE_ID: Tag = Tag(0x0004, 0x1500);
/// No File ID is longer: 8 components of 8 characters by the standard, some more in the wild.
const LONGEST: u64 = 1024;

/// One file that a DICOMDIR names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// ReferencedFileID (0004,1500): folders and the file, as written, padding taken off.
    pub components: Vec<Vec<u8>>,
}

/// Reads the files that a DICOMDIR names; records that are not in use are passed over.
///
/// # Errors
/// [`ReadHeaderError`]; [`ReadHeaderError::Missing`] when it is no DICOMDIR.
pub fn read_directory(locator: &Locator) -> Result<Read<Vec<DirectoryEntry>>, ReadHeaderError> {
    let mut opened = open(locator)?;
    let scan = opened.scan(Wanted::listed(&[RECORDS, CLASS], LONGEST))?;
    let classes = [scan.data.code(CLASS), opened.meta.code(CLASS_IN_META)];
    if !classes.into_iter().flatten().any(|class| class == DIRECTORY_CLASS) {
        return Err(ReadHeaderError::Missing { attribute: "DirectoryRecordSequence (0004,1220)" });
    }
    let entries = scan.data.items(RECORDS).iter().filter_map(entry).collect();
    Ok(Read { value: entries, notices: scan.notices })
}

fn entry(record: &DataSet) -> Option<DirectoryEntry> {
    if record.integer(IN_USE) == Some(0) {
        return None;
    }
    let id = record.bytes(FILE_ID).filter(|id| !id.is_empty())?;
    let components = id.split(|byte| *byte == b'\\').map(|part| trimmed(part).to_vec()).collect();
    Some(DirectoryEntry { components })
}

fn trimmed(part: &[u8]) -> &[u8] {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let start = part.iter().position(|byte| !is_padding(byte)).unwrap_or(part.len());
    let end = part.iter().rposition(|byte| !is_padding(byte)).map_or(start, |last| last + 1);
    part.get(start..end).unwrap_or_default()
}

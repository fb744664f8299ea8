//! How large the directory of a zip archive may be: it is held in memory as a whole.
//!
//! Not here: reading entries (`archive`), a DICOMDIR (`directory`).
//!
//! Invariants
//! - A directory that states too many entries is refused before memory is set aside for it.
//! - What the directory states need not be true: entries are counted while they are read, too.
//!
//! Source: APPNOTE.TXT 6.3.10, 4.3.12 and 4.3.14 to 4.3.16.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// An entry of a directory without its name.
const ENTRY: usize = 46;
/// The end of a directory without its comment.
const END: usize = 22;
/// The longest comment behind it.
const COMMENT: usize = 0xffff;
/// Where a 64-bit end stands, before the end itself.
const LOCATOR: u64 = 20;

const ENTRY_MARK: &[u8] = b"PK\x01\x02";
const END_MARK: &[u8] = b"PK\x05\x06";
const LOCATOR_MARK: &[u8] = b"PK\x06\x07";
const END_64_MARK: &[u8] = b"PK\x06\x06";

/// The largest number of entries that any end of a directory in the archive states.
pub(crate) fn stated<R: Read + Seek>(file: &mut R) -> io::Result<u64> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub((END + COMMENT) as u64);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take((END + COMMENT) as u64).read_to_end(&mut tail)?;
    let mut most = 0;
    // An archive that is an entry, or a comment, may have an end too; which one is believed is the reader's affair.
    for (at, end) in tail.windows(END).enumerate().filter(|(_, end)| end.starts_with(END_MARK)) {
        let short = number::<2>(end, 10).map_or(0, u16::from_le_bytes);
        most = most.max(u64::from(short)).max(stated_64(file, from + at as u64)?);
    }
    Ok(most)
}

/// The number in the 64-bit end before an end; 0 where there is none.
fn stated_64<R: Read + Seek>(file: &mut R, end: u64) -> io::Result<u64> {
    let Some(at) = end.checked_sub(LOCATOR) else { return Ok(0) };
    let locator = block::<20, R>(file, at)?.filter(|block| block.starts_with(LOCATOR_MARK));
    let Some(locator) = locator else { return Ok(0) };
    let named = number::<8>(&locator, 8).map_or(0, u64::from_le_bytes);
    let mut most = 0;
    // Where it is said to be, and where it is when something was put before the archive.
    for at in [Some(named), at.checked_sub(56)].into_iter().flatten() {
        let end = block::<40, R>(file, at)?.filter(|block| block.starts_with(END_64_MARK));
        most = most.max(end.and_then(|end| number::<8>(&end, 32)).map_or(0, u64::from_le_bytes));
    }
    Ok(most)
}

fn block<const N: usize, R: Read + Seek>(file: &mut R, at: u64) -> io::Result<Option<[u8; N]>> {
    let mut block = [0; N];
    // A place past all places is none.
    if i64::try_from(at).is_err() {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(at))?;
    match file.read_exact(&mut block) {
        Ok(()) => Ok(Some(block)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn number<const N: usize>(block: &[u8], at: usize) -> Option<[u8; N]> {
    block.get(at..)?.first_chunk().copied()
}

/// Why the directory is refused.
pub(crate) fn refusal(entries: Option<u64>, limit: u64) -> String {
    let number = entries.map_or_else(|| "more".to_owned(), |entries| format!("{entries} entries, more"));
    format!(
        "the archive states {number} than the {limit} entries that are read; unpack it and import the folder"
    )
}

/// A file whose directory entries are counted as they are read.
pub(crate) struct Counted<R> {
    pub(crate) inner: R,
    pub(crate) limit: u64,
    pub(crate) entries: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }

    /// Entries of a directory are read by their whole fixed part.
    fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.inner.read_exact(buffer)?;
        self.entries += u64::from(buffer.len() == ENTRY && buffer.starts_with(ENTRY_MARK));
        if self.entries > self.limit {
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, refusal(None, self.limit)));
        }
        Ok(())
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor, Write as _};

    use zip::write::SimpleFileOptions;
    use zip::{ZipArchive, ZipWriter};

    use super::*;

    fn archive(entries: usize) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for number in 0..entries {
            zip.start_file(number.to_string(), SimpleFileOptions::default()).unwrap();
            zip.write_all(b"x").unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn the_number_is_read_from_either_end() {
        for entries in [0, 3, 70_000] {
            let mut bytes = archive(entries);
            assert_eq!(stated(&mut Cursor::new(&bytes)).unwrap(), entries as u64);
            // A comment behind it, as long as it may be.
            bytes.extend(vec![b' '; COMMENT]);
            assert_eq!(stated(&mut Cursor::new(&bytes)).unwrap(), entries as u64);
        }
        for bytes in [&b""[..], b"PK\x05\x06", &[b"PK\x06\x07".as_slice(), &[0xff; 60]].concat()] {
            assert_eq!(stated(&mut Cursor::new(bytes)).unwrap(), 0);
        }
    }

    #[test]
    fn a_directory_that_holds_more_than_it_states_is_refused_on_its_way() {
        let open = |limit| {
            let inner = BufReader::new(Cursor::new(archive(40)));
            ZipArchive::new(Counted { inner, limit, entries: 0 })
        };
        assert_eq!(open(40).unwrap().len(), 40);
        let error = open(39).map(|zip| zip.len()).unwrap_err();
        assert!(error.to_string().contains("39 entries"), "{error}");
    }
}

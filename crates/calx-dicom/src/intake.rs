//! All that filing one object takes, from one open file and one pass over its elements.
//!
//! Not here: whether the object is new, where its bytes go (`calx-workspace`).
//!
//! Invariants
//! - The row is that of [`crate::read_header`], and what keeps a picture from being shown is what
//!   [`crate::read_image_info`] would say: both ask the same functions.
//! - Of the pixels only the last bytes of the file are looked at.
//! - Of all threads, one at a time holds a large data set that was deflated.

use std::fs::{File, Metadata};
use std::io;
use std::sync::Arc;

use calx_model::FrameLayout;
use sha2::{Digest as _, Sha256};

use crate::header::{InstanceHeader, ReadHeaderError, WANTED, header_of};
use crate::image::{ReadImageError, checked_layout};
use crate::notice::{Notice, Read};
use crate::open::{Turn, open_in_turn};
use crate::scan::{Scan, Wanted};
use crate::source::Source;

/// Of a header longer than this, the beginning is digested.
const LONGEST_HEADER: u64 = 1024 * 1024;
/// Where the end of compressed pixel data is looked for.
const TAIL: u64 = 64 * 1024;
/// Sequence delimitation (PS3.5 A.4).
const END: [u8; 8] = [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];

/// One object, as import takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Intake {
    /// The catalogue row.
    pub header: InstanceHeader,
    /// Why the pixels are not whole, when they are not.
    pub damaged: Option<String>,
    /// What the bytes before the pixels were.
    pub mark: HeaderMark,
}

/// A digest of the beginning of a file: the bytes before its pixels, 1 MiB of them at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderMark {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

impl HeaderMark {
    /// The mark of the first `bytes` bytes of a file, or of all there are.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(file: &Arc<File>, metadata: &Metadata, bytes: u64) -> io::Result<Self> {
        Self::of_source(&mut Source::of_file(file, metadata)?, bytes)
    }

    fn of_source(source: &mut Source, bytes: u64) -> io::Result<Self> {
        let bytes = bytes.min(source.length()).min(LONGEST_HEADER);
        let mut hash = Sha256::new();
        source.pieces(0, bytes, |piece| {
            hash.update(piece);
            Ok(())
        })?;
        Ok(Self { bytes, sha256: hash.finalize().into() })
    }
}

/// Reads what filing an object takes; never its pixels. What else keeps a picture from being shown than
/// missing bytes becomes a notice: the object is filed all the same.
///
/// # Errors
/// [`ReadHeaderError`], as of [`crate::read_header`].
pub fn read_intake(file: &Arc<File>, metadata: &Metadata) -> Result<Read<Intake>, ReadHeaderError> {
    // Many threads take objects in; a large deflated one is in memory alone.
    let mut turn = Turn::awaited();
    let mut opened = open_in_turn(Source::of_file(file, metadata)?, &mut turn)?;
    let scan = opened.scan(Wanted::listed(&WANTED, 64 * 1024))?;
    let Scan { data, pixels, truncation, mut notices } = scan;
    let header = header_of(&opened, &data, pixels.is_some(), truncation, &mut notices)?;
    let mut damaged = truncated(&notices);
    if damaged.is_none() && header.has_pixels {
        let mut of_picture = Vec::new();
        match checked_layout(&opened, &data, pixels, truncation, &mut of_picture) {
            Ok((_, layout)) => {
                damaged = truncated(&of_picture);
                if damaged.is_none() {
                    damaged = cut_off(file, metadata.len(), &header, &layout)?;
                }
            }
            Err(error) => notices.push(unshown(&error)),
        }
    }
    // Of a deflated object the file's bytes count, not the unpacked ones.
    let mark = if opened.source.file().is_some() {
        let bytes = pixels.map_or(opened.source.length(), |pixels| pixels.offset);
        HeaderMark::of_source(&mut opened.source, bytes)?
    } else {
        HeaderMark::of(file, metadata, LONGEST_HEADER)?
    };
    Ok(Read { value: Intake { header, damaged, mark }, notices })
}

fn truncated(notices: &[Notice]) -> Option<String> {
    notices.iter().map(|notice| &notice.text).find(|text| text.starts_with("truncated")).cloned()
}

fn unshown(error: &ReadImageError) -> Notice {
    let mut text = format!("no picture can be made of it: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    Notice::new(calx_model::patient_text::escape_terminal(&text))
}

/// Whether the file ends before its pixels can have.
fn cut_off(
    file: &File,
    size: u64,
    header: &InstanceHeader,
    layout: &FrameLayout,
) -> io::Result<Option<String>> {
    let needed = layout.native_bytes();
    match header.transfer_syntax.as_str() {
        "1.2.840.10008.1.2" | "1.2.840.10008.1.2.1" | "1.2.840.10008.1.2.2" => {
            Ok((needed > size).then(|| {
                format!(
                    "truncated: the image needs {needed} bytes of PixelData (7FE0,0010), the whole file has {size}"
                )
            }))
        }
        // Floating-point pixels are never in fragments.
        _ if layout.is_float() => Ok(None),
        uid if uid == "1.2.840.10008.1.2.5" || uid.starts_with("1.2.840.10008.1.2.4.") => {
            let text = "truncated: the compressed PixelData (7FE0,0010) has no end";
            Ok((!fragments_end(file, size)?).then(|| text.to_owned()))
        }
        _ => Ok(None),
    }
}

/// Whether the delimitation that ends compressed pixel data stands near the end of the file.
fn fragments_end(file: &File, size: u64) -> io::Result<bool> {
    // In nearly every file it is the end.
    for tail in [8, TAIL] {
        let bytes = crate::source::tail(file, size, tail)?;
        if bytes.windows(END.len()).any(|window| window == END) {
            return Ok(true);
        }
    }
    Ok(false)
}

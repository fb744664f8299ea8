//! What stands before a data set in a Part 10 file: preamble, mark, file meta group.
//!
//! Source: PS3.10 7.1.

use super::encode::Elements;
use super::new_image::Coding;
use super::uid::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME};
use crate::dataset::Tag;

/// Explicit VR Little Endian: what derived objects are written in.
pub(crate) const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";

/// Preamble, `DICM` and the file meta group of one object.
pub(crate) fn file_meta(sop_class: &str, instance: &str, transfer_syntax: &str) -> Vec<u8> {
    let mut meta = Elements::default();
    meta.bytes(Tag(0x0002, 0x0001), *b"OB", vec![0, 1]);
    meta.uid(Tag(0x0002, 0x0002), sop_class);
    meta.uid(Tag(0x0002, 0x0003), instance);
    meta.uid(Tag(0x0002, 0x0010), transfer_syntax);
    meta.uid(Tag(0x0002, 0x0012), IMPLEMENTATION_CLASS_UID);
    meta.text(Tag(0x0002, 0x0013), b"SH", IMPLEMENTATION_VERSION_NAME);
    let body = meta.encode(Coding::ExplicitLittleEndian);
    let mut group = Elements::default();
    group.ul(Tag(0x0002, 0x0000), u32::try_from(body.len()).unwrap_or(u32::MAX));
    let mut out = vec![0; 128];
    out.extend_from_slice(b"DICM");
    out.extend_from_slice(&group.encode(Coding::ExplicitLittleEndian));
    out.extend_from_slice(&body);
    out
}

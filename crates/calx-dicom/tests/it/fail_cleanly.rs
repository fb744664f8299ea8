//! Files that are broken in known ways: a named reason, or what can still be had with a notice.

use calx_dicom::{
    FrameSource, Identity, Locator, Priority, Reduction, dump_tags, read_header, read_image_info,
};

use crate::samples;

/// Code of the header, of the image and of the first frame; `ok` where they are read.
#[track_caller]
fn check(file: &str, header: &str, image: &str, frame: &str, notice: &str) {
    let Some(folder) = samples::folder() else { return };
    let locator = Locator::from(folder.join(file));
    let read = read_header(&locator);
    assert_eq!(read.as_ref().map_or_else(|e| e.code(), |_| "ok"), header, "header of {file}");
    let info = read_image_info(&locator, 1);
    assert_eq!(info.as_ref().map_or_else(|e| e.code(), |_| "ok"), image, "image of {file}");
    let source = FrameSource::in_process(0, 1);
    let pixels = source.request(&locator, 1, Priority::Visible, Reduction::Full).wait();
    assert_eq!(pixels.as_ref().map_or_else(|e| e.code(), |_| "ok"), frame, "frame of {file}");
    let notices: Vec<String> = read
        .ok()
        .map(|r| r.notices)
        .into_iter()
        .chain(info.ok().map(|r| r.notices))
        .flatten()
        .map(|n| n.to_string())
        .collect();
    assert!(notice.is_empty() || notices.iter().any(|n| n.contains(notice)), "{file}: {notices:?}");
}

#[test]
fn the_table_of_the_samples() {
    let image_absent = "no_pixels";
    check("pydicom-pydicom/MR_truncated.dcm", "ok", "ok", "truncated", "8130 of 8192 bytes");
    check("dcm4che-dcm4che/3gb-bulk-data-truncated", "bad_uid", "bad_value", "bad_value", "");
    check("pydicom-pydicom/badVR.dcm", "ok", "ok", "ok", "NumberOfFrames is no number");
    check("fo-dicom-fo-dicom/GH340.dcm", "missing_attribute", "layout", "layout", "");
    // One byte is left over before a bare data set: what follows it is whole.
    check("pydicom-pydicom/no_meta.dcm", "ok", "ok", "ok", "the data set begins at byte 1");
    let found = "Explicit VR Big Endian was found by trying";
    check("pydicom-pydicom/ExplVR_BigEndNoMeta.dcm", "ok", image_absent, image_absent, found);
    let bare = "dcm4che-dcm4che/no_preamble_dicm_in_data";
    check(bare, "missing_attribute", image_absent, image_absent, "");
    let meta = "pydicom-pydicom/meta_missing_tsyntax.dcm";
    check(meta, "missing_attribute", "missing_attribute", "missing_attribute", "");
    check("dcmjs-org-dcmjs/no-meta-length-test.dcm", "ok", image_absent, image_absent, "");
    let deflated = "fo-dicom-fo-dicom/Issue1097_FailToOpenDeflatedFileWithSQ.dcm";
    check(deflated, "ok", image_absent, image_absent, "");
    let none = "StudyInstanceUID is absent";
    check("pydicom-pydicom-data/HTJ2KLossless_08_RGB.dcm", "missing_attribute", "ok", "ok", none);
    check("pydicom-pydicom-data/liver_deflate.dcm", "ok", "ok", "ok", "");
    check("pydicom-pydicom-data/parametric_map_float.dcm", "ok", "ok", "ok", "");
}

#[test]
fn what_is_no_dicom_file_at_all() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, code) in [
        ("empty", &b""[..], "empty"),
        ("text", b"Dear colleague, please find enclosed the images of the hand.", "not_dicom"),
        ("zeros", &[0; 4096], "not_dicom"),
        ("mark only", &[&[0u8; 128][..], b"DICM"].concat(), "not_dicom"),
        ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0", "not_dicom"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let locator = Locator::from(path.as_path());
        assert_eq!(read_header(&locator).unwrap_err().code(), code, "{name}");
        assert_eq!(dump_tags(&locator, Identity::Masked).unwrap_err().code(), code, "{name}");
    }
    let absent = Locator::from(folder.path().join("absent"));
    assert_eq!(read_header(&absent).unwrap_err().code(), "unreadable");
    assert_eq!(read_header(&Locator::from(folder.path())).unwrap_err().code(), "unreadable");
}

/// A small file that claims more than it holds must not cost memory; the claims are refused.
#[test]
fn claims_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut meta = vec![0u8; 128];
    meta.extend_from_slice(b"DICM\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\x00");
    let path = folder.path().join("claims");
    let locator = Locator::from(path.as_path());

    // LUT data of nearly 4 GiB in a file of 200 bytes.
    let mut file = meta.clone();
    file.extend_from_slice(b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 192\x28\x00\x06\x30OW\x00\x00\xf0\xff\xff\xff");
    std::fs::write(&path, &file).unwrap();
    assert_eq!(read_header(&locator).unwrap_err().code(), "truncated");

    // Sequences 8,000 deep.
    let mut file = meta.clone();
    file.extend_from_slice(b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 192");
    for _ in 0..8000 {
        file.extend_from_slice(b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff");
    }
    std::fs::write(&path, &file).unwrap();
    for code in [
        dump_tags(&locator, Identity::Masked).unwrap_err().code(),
        read_header(&locator).unwrap_err().code(),
        read_image_info(&locator, 1).unwrap_err().code(),
    ] {
        assert_eq!(code, "nesting");
    }
}

/// One element in Explicit VR Little Endian with a 32-bit length, whatever it claims.
pub fn long_element(tag: (u16, u16), vr: &[u8; 2], length: u32) -> Vec<u8> {
    let mut out = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    out.extend_from_slice(vr);
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&length.to_le_bytes());
    out
}

pub fn short_element(tag: (u16, u16), vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut out = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    out.extend_from_slice(vr);
    out.extend_from_slice(&u16::try_from(value.len()).unwrap().to_le_bytes());
    out.extend_from_slice(value);
    out
}

/// A file in Explicit VR Little Endian of 4 by 4 pixels; `extra` stands before (0008,2220).
pub fn file_with(extra: &[u8]) -> Vec<u8> {
    let mut file = vec![0u8; 128];
    file.extend_from_slice(b"DICM\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\x00");
    file.extend_from_slice(&short_element((0x8, 0x16), b"UI", b"1.2.840.10008.5.1.4.1.1.7\0"));
    file.extend_from_slice(&short_element((0x8, 0x18), b"UI", b"1.2.3.4\0"));
    file.extend_from_slice(&short_element((0x8, 0x60), b"CS", b"OT"));
    file.extend_from_slice(extra);
    file.extend_from_slice(&short_element((0x20, 0xd), b"UI", b"1.2.3\0"));
    file.extend_from_slice(&short_element((0x20, 0xe), b"UI", b"1.2.3.1\0"));
    let us = |element: u16, value: u16| short_element((0x28, element), b"US", &value.to_le_bytes());
    file.extend_from_slice(&us(0x2, 1));
    file.extend_from_slice(&short_element((0x28, 0x4), b"CS", b"MONOCHROME2 "));
    for (element, value) in [(0x10, 4), (0x11, 4), (0x100, 8), (0x101, 8), (0x102, 7), (0x103, 0)] {
        file.extend_from_slice(&us(element, value));
    }
    file
}

/// Items of 20 bytes, each with a value that claims the 64 KiB behind it: a claim ends with its item,
/// or 20 bytes of file would cost 64 KiB of memory each.
#[test]
fn a_value_ends_with_its_item() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("amplified");
    let locator = Locator::from(path.as_path());
    let claim = 60_000;
    let mut item = b"\xfe\xff\x00\xe0\x0c\x00\x00\x00".to_vec();
    item.extend_from_slice(&long_element((0x8, 0x100), b"UT", claim));
    let items = 2000;
    let mut sequence = long_element((0x8, 0x2218), b"SQ", u32::try_from(item.len() * items).unwrap());
    sequence.extend(item.repeat(items));
    let mut file = file_with(&sequence);
    file.extend_from_slice(&long_element((0x7fe0, 0x10), b"OW", 80_000));
    file.extend_from_slice(&[1; 80_000]);
    std::fs::write(&path, &file).unwrap();

    let header = read_header(&locator).unwrap();
    let info = read_image_info(&locator, 1).unwrap();
    for notices in [&header.notices, &info.notices] {
        let told: Vec<String> = notices.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|n| n.contains("longer than the item it lies in")), "{told:?}");
        assert!(!told.iter().any(|n| n.contains("truncated")), "{told:?}");
        assert!(told.len() < 100, "{} notices", told.len());
    }
    let rows = dump_tags(&locator, Identity::Shown).unwrap().value;
    assert_eq!(rows.iter().filter(|row| row.tag == (0x8, 0x100)).count(), 0);
    // What follows the sequence is read as if nothing had been.
    assert_eq!(header.value.rows, Some(4));
}

/// Values that are really there, but too many: a named refusal, not the machine's memory.
#[test]
fn kept_values_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many");
    let locator = Locator::from(path.as_path());
    let mut extra = Vec::new();
    let size = 4 * 1024 * 1024;
    let text = vec![b'x'; size];
    for number in 0..17u16 {
        extra.extend(long_element((0x8, 0x4001 + number), b"UT", u32::try_from(size).unwrap()));
        extra.extend_from_slice(&text);
    }
    let mut file = file_with(&extra);
    file.extend_from_slice(&long_element((0x7fe0, 0x10), b"OW", 16));
    file.extend_from_slice(&[1; 16]);
    std::fs::write(&path, &file).unwrap();
    assert_eq!(read_image_info(&locator, 1).unwrap_err().code(), "too_many_bytes");
    // The catalogue row asks for none of them.
    assert_eq!(read_header(&locator).unwrap().value.rows, Some(4));
}

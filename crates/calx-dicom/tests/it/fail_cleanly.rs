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
    let source = FrameSource::with_threads(0, 1);
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
    check("pydicom-pydicom/no_meta.dcm", "not_dicom", "not_dicom", "not_dicom", "");
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
    check("pydicom-pydicom-data/parametric_map_float.dcm", "ok", "float_pixels", "float_pixels", "");
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

//! What tells who the patient is: masked in the list of tags, told to exports.

use calx_dicom::{Identity, Locator, dump_tags, identity_texts};

use crate::fail_cleanly::{file_with, long_element, short_element};

fn sequence(tag: (u16, u16), items: &[Vec<u8>]) -> Vec<u8> {
    let mut value = Vec::new();
    for item in items {
        value.extend_from_slice(b"\xfe\xff\x00\xe0");
        value.extend_from_slice(&u32::try_from(item.len()).unwrap().to_le_bytes());
        value.extend_from_slice(item);
    }
    let mut out = long_element(tag, b"SQ", u32::try_from(value.len()).unwrap());
    out.extend_from_slice(&value);
    out
}

/// Text in every corner of an object; `SECRET` must not be shown.
fn talkative() -> Vec<u8> {
    let inner = [
        short_element((0x8, 0x104), b"LO", b"Hand"),
        short_element((0x40, 0xa123), b"PN", b"SECRET^Inside "),
    ];
    let graphic = [short_element((0x70, 0x6), b"ST", b"SECRET text ")];
    let extra = [
        short_element((0x8, 0x20), b"DA", b"20240229"),
        short_element((0x8, 0x22), b"DA", b"SECRET22"),
        short_element((0x8, 0x2a), b"DT", b"20240301130509"),
        short_element((0x8, 0x50), b"SH", b"SECRET50"),
        short_element((0x8, 0x70), b"LO", b"Maker "),
        short_element((0x8, 0x80), b"LO", b"SECRET clinic "),
        short_element((0x8, 0x90), b"PN", b"SECRET^Ref"),
        short_element((0x8, 0x1030), b"LO", b"Hand SECRET "),
        short_element((0x8, 0x1048), b"PN", b"SECRET^A\\SECRET^B "),
        sequence((0x8, 0x2218), &[inner.concat()]),
        short_element((0x8, 0x4000), b"LT", b"SECRET\\remark "),
        short_element((0x9, 0x10), b"LO", b"SECRET creator"),
        short_element((0x9, 0x1001), b"PN", b"SECRET^Private"),
        short_element((0x10, 0x10), b"PN", b"SECRET^Name "),
        short_element((0x10, 0x20), b"LO", b"SECRET-ID "),
        short_element((0x10, 0x40), b"CS", b"F "),
        short_element((0x10, 0x1000), b"LO", b"  "),
        short_element((0x10, 0x1010), b"AS", b"064Y"),
        short_element((0x18, 0x4000), b"LT", b"SECRET acquisition"),
        short_element((0x20, 0x10), b"SH", b"SECRETNO"),
        short_element((0x20, 0x9158), b"LT", b"SECRET frame"),
        short_element((0x28, 0x1055), b"LO", b"SECRET window "),
        short_element((0x42, 0x10), b"ST", b"SECRET document "),
        sequence((0x70, 0x8), &[graphic.concat()]),
    ];
    file_with(&extra.concat())
}

#[test]
fn every_text_is_masked_unless_it_tells_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talkative");
    std::fs::write(&path, talkative()).unwrap();
    let locator = Locator::from(path);
    let text = |identity| -> String {
        let rows = dump_tags(&locator, identity).unwrap().value;
        rows.iter().map(|r| format!("{} {}\n", r.keyword, r.value)).collect()
    };
    let (masked, shown) = (text(Identity::Masked), text(Identity::Shown));
    assert_eq!(shown.matches("SECRET").count(), 19, "{shown}");
    assert!(!masked.contains("SECRET") && !masked.contains("2024"), "{masked}");
    for plain in ["Manufacturer Maker", "CodeMeaning Hand", "PatientSex F", "PatientAge 064Y", "Modality OT"]
    {
        assert!(masked.contains(plain), "{plain} in {masked}");
    }
    assert!(masked.contains("SOPInstanceUID 1.2.3.4") && masked.contains("Rows 4"), "{masked}");
}

#[test]
fn identity_texts_are_found_at_every_depth() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talkative");
    std::fs::write(&path, talkative()).unwrap();
    let found = identity_texts(&Locator::from(path)).unwrap();
    let found: Vec<(&str, &str)> = found.iter().map(|(name, text)| (name.as_str(), text.raw())).collect();
    let expected = [
        ("AccessionNumber (0008,0050)", "SECRET50"),
        ("AcquisitionComments (0018,4000)", "SECRET acquisition"),
        ("AcquisitionDate (0008,0022)", "SECRET22"),
        ("AcquisitionDateTime (0008,002A)", "20240301"),
        ("FrameComments (0020,9158)", "SECRET frame"),
        ("IdentifyingComments (0008,4000)", "SECRET\\remark"),
        ("InstitutionName (0008,0080)", "SECRET clinic"),
        ("PatientID (0010,0020)", "SECRET-ID"),
        ("PatientName (0010,0010)", "SECRET^Name"),
        ("PersonName (0040,A123)", "SECRET^Inside"),
        ("PhysiciansOfRecord (0008,1048)", "SECRET^A"),
        ("PhysiciansOfRecord (0008,1048)", "SECRET^B"),
        ("Private (0009,1001)", "SECRET^Private"),
        ("ReferringPhysicianName (0008,0090)", "SECRET^Ref"),
        ("StudyDate (0008,0020)", "20240229"),
        ("StudyID (0020,0010)", "SECRETNO"),
    ];
    assert_eq!(found, expected);
}

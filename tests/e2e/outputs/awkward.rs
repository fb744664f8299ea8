//! Headers as they come from real machines and archives: what does not fit, old forms, wrong ones. Objects of such images
//! are valid all the same, and what was left out is told.
//!
//! Here: the image's header only. Not here: values one by one, which `calx-dicom` tests.

use calx_dicom::{NewElement, NewImage, NewValue};

use super::cases::{Made, dx, make, mask, one_outline, written};
use super::checkers;
use super::{export, kept};

/// What is said besides of objects whose images are like that.
const ALLOWED: &str = "\
# dciodvfy counts the bytes of all groups; each has 64 characters (PS3.5 6.2)
PatientName.*Length invalid for this VR
# what was wrong in the image is empty (type 2)
Missing attribute or value that would be needed to build DICOMDIR
";

fn text(tag: (u16, u16), vr: &[u8; 2], text: &str) -> NewElement {
    NewElement::text(tag, *vr, text)
}

/// A table of as many bytes as inputs, two in a word.
fn table(holder: (u16, u16), of: NewElement) -> NewElement {
    let descriptor = [4096u16, 0, 8].iter().flat_map(|word| word.to_le_bytes()).collect();
    let entries = (0..4096u16).map(|n| (n >> 4).to_le_bytes()[0]).collect();
    let item = vec![
        NewElement { tag: (0x0028, 0x3002), vr: *b"US", value: NewValue::Bytes(descriptor) },
        of,
        NewElement { tag: (0x0028, 0x3006), vr: *b"OW", value: NewValue::Bytes(entries) },
    ];
    NewElement { tag: holder, vr: *b"SQ", value: NewValue::Items(vec![item]) }
}

/// An image with such elements and without its own windows and rescale.
fn with(extra: Vec<NewElement>) -> impl Fn(u32) -> NewImage {
    move |number| {
        let mut new = dx((203, 97), Some((0.1, 0.1)))(number);
        new.extra.clone_from(&extra);
        if extra.iter().any(|element| matches!(element.tag, (0x0028, 0x3000 | 0x3010))) {
            let own = [0x1050, 0x1051, 0x1052, 0x1053, 0x1054, 0x1055, 0x1056];
            new.left_out = own.map(|element| (0x0028, element)).to_vec();
        }
        new
    }
}

/// Values of the right kind that only need another form.
fn old_forms() -> Vec<NewElement> {
    vec![
        text((0x0010, 0x1030), b"DS", "72.574779999999997"),
        text((0x0010, 0x1020), b"DS", "1.7800000000000000266"),
        text((0x0008, 0x0020), b"DA", "2001.01.31"),
        text((0x0010, 0x0030), b"DA", "1951-02-03"),
        text((0x0008, 0x0030), b"TM", "10:30:00.123456789"),
        text((0x0010, 0x0040), b"CS", "FEMALE"),
        text((0x0010, 0x1010), b"AS", "75Y"),
        text(
            (0x0010, 0x0010),
            b"PN",
            "Phantom-Watanabe-Kobayashi^Tarou-Alexander^Maximilian=山田渡辺小林^太郎アレクサンダー=\
             やまだわたなべこばやし^たろうあれくさんだー",
        ),
        text((0x0012, 0x0062), b"CS", "YES"),
        text((0x0012, 0x0063), b"LO", "Method A\\Method B\\C"),
    ]
}

/// Values that nothing can be made of.
fn wrong() -> Vec<NewElement> {
    vec![
        text((0x0010, 0x1030), b"DS", "72,5"),
        text((0x0008, 0x0020), b"DA", "20010231"),
        text((0x0010, 0x0030), b"DA", "00000000"),
        text((0x0008, 0x0030), b"TM", "late"),
        text((0x0010, 0x0040), b"CS", "W"),
        text((0x0010, 0x1010), b"AS", "75"),
        text((0x0020, 0x0010), b"SH", "STUDY-ID-OF-TWENTY-CHARS"),
        text((0x0008, 0x1030), b"LO", &"a long description ".repeat(9)),
    ]
}

fn method_codes() -> Vec<NewElement> {
    let code = vec![
        text((0x0008, 0x0100), b"SH", "113100"),
        text((0x0008, 0x0102), b"SH", "DCM"),
        text((0x0008, 0x0104), b"LO", "Basic Application Confidentiality Profile"),
    ];
    let codes = NewElement { tag: (0x0012, 0x0064), vr: *b"SQ", value: NewValue::Items(vec![code]) };
    vec![text((0x0012, 0x0062), b"CS", "YES"), codes]
}

fn lossy() -> Vec<NewElement> {
    vec![
        text((0x0028, 0x2110), b"CS", "01"),
        text((0x0028, 0x2112), b"DS", "8.5\\2"),
        text((0x0028, 0x2114), b"CS", "ISO_10918_1\\ISO_15444_1"),
    ]
}

#[test]
fn objects_of_awkward_headers_are_valid_and_say_what_they_left_out() {
    let folder = kept("awkward");
    let (objects, images) = (folder.join("objects"), folder.join("images"));
    for old in [&objects, &images] {
        if old.exists() {
            std::fs::remove_dir_all(old).unwrap();
        }
        std::fs::create_dir_all(old).unwrap();
    }
    let voi = table((0x0028, 0x3010), text((0x0028, 0x3003), b"LO", "EIGHT"));
    let modality = table((0x0028, 0x3000), text((0x0028, 0x3004), b"LO", "OD"));
    let headers = [
        ("old forms", old_forms()),
        ("wrong", wrong()),
        ("codes of methods", method_codes()),
        ("lossy", lossy()),
        ("tables of bytes", vec![voi]),
        ("a modality table of bytes", vec![modality]),
    ];
    let mut told = Vec::new();
    for (number, (name, extra)) in (31u32..).zip(headers) {
        let image = written(&images, number, with(extra));
        let made: Made = make(number, name, vec![image], |author| {
            one_outline(author);
            mask(author);
        });
        told.push(export(&made, &objects, &["--seg-regions", "all"]));
    }
    assert!(!told[0].contains("derived objects"), "nothing is lost by another form: {}", told[0]);
    for tag in [
        "0010,1030",
        "0008,0020",
        "0010,0030",
        "0008,0030",
        "0010,0040",
        "0010,1010",
        "0020,0010",
        "0008,1030",
    ] {
        assert!(told[1].contains(&format!("({tag})")), "{tag}: {}", told[1]);
    }
    // The images themselves are as wrong as they are: only what they are is looked at.
    let always = std::fs::read_to_string(crate::driver::root().join("tests/e2e/outputs.allow")).unwrap();
    let allowed = folder.join("awkward.allow");
    std::fs::write(&allowed, always + ALLOWED).unwrap();
    let Some(found) = checkers::check(&objects, &[&images], &["--allow", allowed.to_str().unwrap()]) else {
        return;
    };
    let complaints = found.complaints.join("\n");
    assert_eq!((found.code, found.failures, found.warnings), (0, 0, 0), "{complaints}");
}

#[test]
fn an_identifier_that_no_object_can_hold_stops_the_export_in_words() {
    let folder = kept("awkward-id");
    std::fs::create_dir_all(&folder).unwrap();
    let image = written(&folder, 41, with(vec![text((0x0010, 0x0020), b"LO", &"x".repeat(70))]));
    let made = make(41, "an identifier of 70 characters", vec![image], one_outline);
    let out = made.place.path("out");
    let ran = made.place.run(&["export", "41", "-o", &out, "--as", "kos"]);
    assert!(ran.code != 0 && ran.err.contains("PatientID (0010,0020)"), "{}: {}", ran.code, ran.err);
    assert!(!ran.err.contains("xxxxx") && !std::path::Path::new(&out).exists());
}

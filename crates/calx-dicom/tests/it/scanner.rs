//! The header reader on what files are like in the wild: character sets, missing and wrong file meta,
//! vendors' mistakes, and three thousand damaged headers.

use std::path::Path;
use std::time::{Duration, Instant};

use calx_dicom::{
    Identity, InstanceHeader, Locator, Read, ReadHeaderError, dump_tags, read_header, read_image_info,
    write_image,
};

use crate::fail_cleanly::{file_with, long_element, short_element};
use crate::samples::{self, clip, radiograph};

#[test]
fn names_in_all_character_sets() {
    let Some(folder) = samples::folder() else { return };
    for (file, name) in [
        ("chrArab", "قباني^لنزار"),
        ("chrFren", "Buc^Jérôme"),
        ("chrGreek", "Διονυσιος"),
        ("chrH31", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("chrI2", "Hong^Gildong=洪^吉洞=홍^길동"),
        ("chrJapMulti", "やまだ^たろう"),
        ("chrX1", "Wang^XiaoDong=王^小東"),
    ] {
        let path = folder.join(format!("pydicom-pydicom/charset/{file}.dcm"));
        let rows = dump_tags(&Locator::from(path.as_path()), Identity::Shown).unwrap().value;
        let row = rows.iter().find(|row| row.tag == (0x10, 0x10)).unwrap();
        // The last group of a name may be there and empty; it is shown as it is written.
        assert_eq!(row.value.trim_end_matches('='), name, "{file}");
    }
}

/// An item's own character set holds in the item, the object's one outside of it.
#[test]
fn an_item_has_a_character_set_of_its_own() {
    let Some(folder) = samples::folder() else { return };
    let path = folder.join("pydicom-pydicom/charset/chrSQEncoding.dcm");
    let rows = dump_tags(&Locator::from(path.as_path()), Identity::Shown).unwrap().value;
    let values = |tag| rows.iter().filter(move |row| row.tag == tag).map(|row| (row.depth, &*row.value));
    let sets: Vec<_> = values((0x8, 0x5)).collect();
    let names: Vec<_> = values((0x10, 0x10)).collect();
    println!("{sets:?} {names:?}");
    assert!(names.contains(&(1, "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう")), "{sets:?} {names:?}");
}

/// The data set of `bytes` behind the mark and a file meta group that states `uid`.
fn part_10(uid: &str, data_set: &[u8]) -> Vec<u8> {
    let mut uid = uid.as_bytes().to_vec();
    uid.resize(uid.len().next_multiple_of(2), 0);
    let mut file = vec![0u8; 128];
    file.extend_from_slice(b"DICM");
    file.extend_from_slice(&short_element((0x2, 0x10), b"UI", &uid));
    file.extend_from_slice(data_set);
    file
}

#[derive(Clone, Copy, PartialEq)]
enum Writing {
    ExplicitLittle,
    ImplicitLittle,
    ExplicitBig,
}

/// One element with a short value representation.
fn element(writing: Writing, tag: (u16, u16), vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let (size, long) = (u16::try_from(value.len()).unwrap(), u32::try_from(value.len()).unwrap());
    let mut out = match writing {
        Writing::ExplicitBig => [tag.0.to_be_bytes(), tag.1.to_be_bytes(), *vr, size.to_be_bytes()].concat(),
        Writing::ExplicitLittle => return short_element(tag, vr, value),
        Writing::ImplicitLittle => [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat(),
    };
    if writing == Writing::ImplicitLittle {
        out.extend_from_slice(&long.to_le_bytes());
    }
    out.extend_from_slice(value);
    out
}

/// A data set of 4 rows; `extra` stands in group 0009.
fn data_set(writing: Writing, extra: &[u8]) -> Vec<u8> {
    let mut out = element(writing, (0x8, 0x5), b"CS", b"ISO_IR 192");
    out.extend(element(writing, (0x8, 0x16), b"UI", b"1.2.840.10008.5.1.4.1.1.7\0"));
    out.extend(element(writing, (0x8, 0x18), b"UI", b"1.2.3.4\0"));
    out.extend_from_slice(extra);
    out.extend(element(writing, (0x10, 0x10), b"PN", "Jérôme".as_bytes()));
    out.extend(element(writing, (0x20, 0xd), b"UI", b"1.2.3\0"));
    out.extend(element(writing, (0x20, 0xe), b"UI", b"1.2.3.1\0"));
    let four = if writing == Writing::ExplicitBig { [0, 4] } else { [4, 0] };
    out.extend(element(writing, (0x28, 0x10), b"US", &four));
    out
}

fn row(bytes: &[u8]) -> Result<Read<InstanceHeader>, ReadHeaderError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    read_header(&Locator::from(path.as_path()))
}

/// The row of these bytes is whole, and what was tolerated is said; nothing is when `notice` is empty.
#[track_caller]
fn check_row(what: &str, bytes: &[u8], notice: &str) {
    let read = row(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    let row = read.value;
    assert_eq!((row.instance.as_str(), row.rows), ("1.2.3.4", Some(4)), "{what}");
    assert_eq!(row.patient_name.raw(), "Jérôme", "{what}");
    let told: Vec<String> = read.notices.iter().map(ToString::to_string).collect();
    if notice.is_empty() {
        assert_eq!(told, [""; 0], "{what}");
    } else {
        assert!(told.iter().any(|text| text.contains(notice)), "{what}: {told:?}");
    }
}

const WRITINGS: [(Writing, &str, &str); 3] = [
    (Writing::ExplicitLittle, "1.2.840.10008.1.2.1", "Explicit VR Little Endian"),
    (Writing::ImplicitLittle, "1.2.840.10008.1.2", "Implicit VR Little Endian"),
    (Writing::ExplicitBig, "1.2.840.10008.1.2.2", "Explicit VR Big Endian"),
];

#[test]
fn the_ladder_of_encodings() {
    for (writing, uid, name) in WRITINGS {
        let bytes = data_set(writing, b"");
        check_row("as it should be", &part_10(uid, &bytes), "");
        check_row("no preamble", &part_10(uid, &bytes)[128..], "the preamble of 128 bytes is missing");
        check_row("no mark", &part_10(uid, &bytes)[132..], "the preamble and the DICM mark are missing");
        check_row("bare", &bytes, &format!("{name} was found by trying"));
        check_row("mark alone", &[&[0; 128], &b"DICM"[..], &bytes].concat(), name);
        let no_uid = [&[0; 128], &b"DICM"[..], &short_element((0x2, 0x16), b"AE", b"A "), &bytes].concat();
        check_row("no transfer syntax", &no_uid, &format!("{name} was assumed"));
        for (_, other, _) in WRITINGS.iter().filter(|(other, ..)| *other != writing) {
            check_row("another stated", &part_10(other, &bytes), &format!("it reads as {name}"));
        }
        let wrong_length = [&[0; 128], &b"DICM"[..], &short_element((0x2, 0), b"UL", &[9, 9, 0, 0])].concat();
        let wrong_length = [&wrong_length, &part_10(uid, &bytes)[132..]].concat();
        check_row("wrong group length", &wrong_length, "it states 2313");
        check_row("trailing zeros", &[part_10(uid, &bytes), vec![0; 1000]].concat(), "");
    }
    // Cut out of something: a byte is left over.
    let bare = [b" ", &*data_set(Writing::ExplicitLittle, b"")].concat();
    check_row("a stray byte", &bare, "the data set begins at byte 1");
}

const DEFLATED: &str = "1.2.840.10008.1.2.1.99";

#[test]
fn deflated_data_sets() {
    use std::io::Write as _;
    let plain = data_set(Writing::ExplicitLittle, b"");
    let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    bare.write_all(&plain).unwrap();
    let bare = bare.finish().unwrap();
    let uid = DEFLATED;
    check_row("deflated", &part_10(uid, &bare), "");
    let mut wrapped = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    wrapped.write_all(&plain).unwrap();
    check_row("in a zlib stream", &part_10(uid, &wrapped.finish().unwrap()), "");
    check_row("not deflated", &part_10(uid, &plain), "the data set is not deflated as stated");
    // What came before the end is there, and the end is told.
    let noise: Vec<u8> = (0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let long = [plain, long_element((0x7fe1, 0x1010), b"OB", 4000), noise].concat();
    let mut cut = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::none());
    cut.write_all(&long).unwrap();
    let cut = cut.finish().unwrap();
    check_row("cut short", &part_10(uid, &cut[..cut.len() - 100]), "the deflated data set breaks off");
    // Zeros beyond the limit cost no more than the limit; the reader says so.
    assert_eq!(row(&part_10(uid, b"\xff\xff\xff\xff")).unwrap_err().code(), "deflate");
}

#[test]
fn vendors_mistakes() {
    let explicit = |extra: &[u8]| part_10("1.2.840.10008.1.2.1", &data_set(Writing::ExplicitLittle, extra));
    let implicit = |extra: &[u8]| part_10("1.2.840.10008.1.2", &data_set(Writing::ImplicitLittle, extra));
    let mixed = "explicit and implicit data elements are mixed";
    let in_implicit = short_element((0x9, 0x10), b"LO", b"VENDOR");
    check_row("letters in an implicit data set", &implicit(&in_implicit), mixed);
    // The letters read as a length fit into this file.
    let padded = [implicit(&in_implicit), vec![0; 500_000]].concat();
    check_row("letters in a long implicit data set", &padded, mixed);
    let long = [long_element((0x9, 0x1010), b"OB", 4), vec![1; 4]].concat();
    check_row("a long value in an implicit data set", &[implicit(&long), vec![0; 500_000]].concat(), mixed);
    let in_explicit = element(Writing::ImplicitLittle, (0x9, 0x10), b"LO", b"VENDOR");
    check_row("an implicit element in an explicit data set", &explicit(&in_explicit), mixed);
    for letters in [b"??", b"\0\0"] {
        let unknown = short_element((0x9, 0x1001), letters, b"abcd");
        check_row("letters that are none", &explicit(&unknown), "");
    }
    check_row("an odd length", &explicit(&short_element((0x9, 0x10), b"LO", b"ODD")), "");
    // Of unknown representation and length: implicit inside (PS3.5 6.2.2), and items within items.
    let mut unknown = long_element((0x9, 0x1002), b"UN", u32::MAX);
    unknown.extend_from_slice(b"\xfe\xff\x00\xe0\xff\xff\xff\xff");
    unknown.extend(element(Writing::ImplicitLittle, (0x9, 0x1003), b"LO", b"inside"));
    unknown.extend_from_slice(b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0");
    check_row("a private sequence as UN", &explicit(&unknown), "");
    let mut letters = long_element((0x9, 0x1002), b"UN", u32::MAX);
    letters.extend_from_slice(b"\xfe\xff\x00\xe0\xff\xff\xff\xff");
    letters.extend(short_element((0x9, 0x1003), b"LO", b"inside"));
    letters.extend_from_slice(b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0");
    let padded = [explicit(&letters), vec![0; 500_000]].concat();
    check_row("explicit elements in a UN sequence", &padded, mixed);
    // Without the item's end, without the sequence's end.
    let mut open = long_element((0x9, 0x1002), b"SQ", u32::MAX);
    open.extend_from_slice(b"\xfe\xff\x00\xe0\xff\xff\xff\xff\xfe\xff\xdd\xe0\0\0\0\0");
    check_row("no end of the item", &explicit(&open), "");
    let mut open = long_element((0x9, 0x1002), b"SQ", u32::MAX);
    open.extend_from_slice(b"\xfe\xff\x00\xe0\0\0\0\0");
    check_row("no end of the sequence", &explicit(&open), "a sequence ends without its delimiter");
    let unnamed = implicit(&element(Writing::ImplicitLittle, (0x8, 0x60), b"CS", b"OT"));
    check_row("an attribute out of its order", &unnamed, "");
}

/// A value that the file's end cuts off is shown as far as it is there, and is no value for the row.
#[test]
fn a_cut_value_is_kept_and_marked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut");
    let mut bytes = part_10("1.2.840.10008.1.2.1", &data_set(Writing::ExplicitLittle, b""));
    bytes.extend_from_slice(&short_element((0x28, 0x301), b"CS", b"YES NO"));
    bytes.truncate(bytes.len() - 3);
    std::fs::write(&path, &bytes).unwrap();
    let locator = Locator::from(path.as_path());
    let read = read_header(&locator).unwrap();
    assert_eq!((read.value.rows, read.value.burned_in_annotation), (Some(4), None));
    let rows = dump_tags(&locator, Identity::Shown).unwrap();
    assert_eq!(rows.value.last().unwrap().value, "YES…");
    for notices in [read.notices, rows.notices] {
        let told: Vec<String> = notices.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|text| text.contains("3 of 6 bytes are there")), "{told:?}");
    }
}

/// It was told as 10 of 8 bytes: a fuzz target found it.
#[test]
fn an_element_cut_before_its_value_is_marked() {
    let whole = long_element((0x7001, 0x1), b"UT", 4);
    for (there, needed) in [(4, 8), (8, 12), (10, 12)] {
        let cut = [data_set(Writing::ExplicitLittle, b""), whole[..there].to_vec()].concat();
        let told = row(&part_10("1.2.840.10008.1.2.1", &cut)).unwrap().notices;
        let expected = format!("{there} of {needed} bytes are there");
        assert!(told.iter().any(|notice| notice.to_string().contains(&expected)), "{told:?}");
    }
}

#[test]
fn elements_of_one_level_are_bounded() {
    let many: Vec<u8> = (0..50_001).flat_map(|_| short_element((0x9, 0x1001), b"US", &[1, 0])).collect();
    let error = row(&file_with(&many)).unwrap_err();
    assert_eq!(error.code(), "too_many_elements");
    assert!(error.to_string().contains("50000"), "{error}");
    // Delimiters are no elements, but reading them takes time.
    let ends = b"\xfe\xff\x0d\xe0\0\0\0\0".repeat(1_100_000);
    assert_eq!(row(&file_with(&ends)).unwrap_err().code(), "too_many_elements");
}

/// A generator that needs no crate: the same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    /// One to five bytes changed, lengths blown up, pieces repeated or left out, the end cut off.
    fn damaged(&mut self, original: &[u8]) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(7) {
                0 => bytes[at] = 0xff,
                1 => bytes[at] = 0,
                2 => bytes[at] ^= 1 << self.below(8),
                3 => bytes[at] = self.below(256) as u8,
                4 => bytes.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0xff),
                5 => {
                    let piece: Vec<u8> = bytes[at..].iter().take(self.below(64)).copied().collect();
                    bytes.splice(at..at, piece);
                }
                _ => drop(bytes.drain(at..(at + self.below(16)).min(bytes.len()))),
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
        if self.below(3) == 0 {
            bytes.truncate(self.below(bytes.len()));
        }
        bytes
    }
}

/// The header of a file: what stands before its pixels, and a little of these.
fn head(path: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.truncate(6000);
    bytes
}

#[test]
fn three_thousand_damaged_headers_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut originals: Vec<Vec<u8>> = Vec::new();
    for new in [radiograph("damaged"), clip("damaged")] {
        let mut out = Vec::new();
        write_image(&new, &mut out).unwrap();
        originals.push(out);
    }
    originals.extend(WRITINGS.map(|(writing, uid, _)| part_10(uid, &data_set(writing, b""))));
    if let Some(samples) = samples::folder() {
        originals.extend(crate::read_samples::files(&samples).iter().map(|path| head(path)));
    }
    let path = folder.path().join("damaged");
    let locator = Locator::from(path.as_path());
    let mut numbers = Numbers(20_261_122);
    let (mut rows, mut slowest) = (0, Duration::ZERO);
    for round in 0..3000 {
        let bytes = numbers.damaged(&originals[round % originals.len()]);
        std::fs::write(&path, &bytes).unwrap();
        let start = Instant::now();
        rows += usize::from(read_header(&locator).is_ok());
        let _image = read_image_info(&locator, 1).is_ok();
        if let Ok(tags) = dump_tags(&locator, Identity::Shown) {
            // An element takes eight bytes at least; of a deflated one a bit may be enough.
            let (rows, deflated) = (tags.value.len(), bytes.windows(22).any(|b| b == DEFLATED.as_bytes()));
            assert!(deflated || rows <= bytes.len() / 8 + 1, "{rows} rows of {} bytes", bytes.len());
            assert!(tags.value.iter().all(|row| row.value.chars().count() <= 80));
        }
        slowest = slowest.max(start.elapsed());
    }
    println!("{rows} of 3000 gave a row, the slowest took {slowest:?}");
    assert!(rows > 500, "{rows}");
    // Files of 6 KB take well under a millisecond; this leaves room for a busy machine.
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

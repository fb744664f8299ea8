//! Pixel data that contradict their transfer syntax, their offset table or the number of frames: refused
//! by name, or shown with a notice; never the wrong pixels in silence.

use calx_dicom::{FrameSource, Priority, Read, Reduction, read_image_info};
use calx_model::Samples;

use crate::floats::{Elements, LITTLE, RLE, Written, frame, object, written};

const JPEG: &str = "1.2.840.10008.1.2.4.50";
/// Fragments of [`rle`] lie so far apart.
const STEP: u8 = 74;

/// A frame of 3 x 2 pixels of one value.
fn rle(value: u8) -> Vec<u8> {
    let mut segment = vec![0; 64];
    (segment[0], segment[4]) = (1, 64);
    segment.extend([251, value]);
    segment
}

fn depth(frames: &str) -> Elements {
    let short = |n: u16| n.to_le_bytes().to_vec();
    vec![
        ((0x28, 8), b"IS", frames.as_bytes().to_vec()),
        ((0x28, 0x101), b"US", short(8)),
        ((0x28, 0x102), b"US", short(7)),
    ]
}

/// An object of 3 x 2 pixels of 8 bits in fragments; `frames` is NumberOfFrames.
fn in_fragments(
    uid: &str,
    frames: &str,
    extended: Option<Vec<u8>>,
    table: &[u8],
    fragments: &[Vec<u8>],
) -> Written {
    let mut more = depth(frames);
    more.extend(extended.map(|words| ((0x7fe0, 1), b"OV", words)));
    let mut file = object(uid, 8, more, ((0x7fe0, 0x10), b"OB", Vec::new()));
    let length = file.len() - 4;
    file[length..].fill(0xff);
    for item in [table].into_iter().chain(fragments.iter().map(Vec::as_slice)) {
        file.extend([0xfe, 0xff, 0x00, 0xe0]);
        file.extend((item.len() as u32).to_le_bytes());
        file.extend(item);
    }
    file.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    written(&file)
}

fn native(uid: &str, frames: &str, pixels: Vec<u8>) -> Written {
    written(&object(uid, 8, depth(frames), ((0x7fe0, 0x10), b"OB", pixels)))
}

fn info_notices(file: &Written) -> String {
    let notices = read_image_info(&file.locator, 1).unwrap().notices;
    notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The one value of a frame, and what was told with it.
fn value_told(file: &Written, number: u32) -> (u8, String) {
    let source = FrameSource::in_process(0, 1);
    let told = source.request(&file.locator, number, Priority::Visible, Reduction::Full).wait_told();
    let Read { value, notices } = told.unwrap();
    let Samples::U8(values) = value.samples() else { panic!("{:?}", value.samples()) };
    assert!(values.len() == 6 && values.iter().all(|value| *value == values[0]), "{values:?}");
    (values[0], notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn fragments_in_an_uncompressed_transfer_syntax_are_no_pixels() {
    let file = in_fragments(LITTLE, "1 ", None, &[], &[rle(9)]);
    let why = "PixelData (7FE0,0010) has undefined length, as compressed pixels have, and the transfer \
               syntax Explicit VR Little Endian (1.2.840.10008.1.2.1) is uncompressed";
    assert_eq!(frame(&file, 1).unwrap_err(), format!("fragments {why}"));
    let refused = read_image_info(&file.locator, 1).unwrap_err();
    assert_eq!((refused.code(), refused.to_string().as_str()), ("fragments", why));
}

#[test]
fn an_offset_table_that_does_not_ascend_is_not_believed() {
    let words = |offsets: [u8; 2]| offsets.map(|offset| [offset, 0, 0, 0]).concat();
    let fragments = [rle(11), rle(22)];
    for (offsets, believed) in [
        ([0, STEP], true),
        ([0, 0], false),
        ([STEP, STEP], false),
        ([STEP, 0], false),
        ([8, STEP], false),
        ([0, 255], false),
        // Ascends, and its second entry is no item: seen when the second frame is asked for.
        ([0, STEP - 4], true),
    ] {
        let file = in_fragments(RLE, "2 ", None, &words(offsets), &fragments);
        assert_eq!(info_notices(&file).contains("the Basic Offset Table of PixelData does not"), !believed);
        assert_eq!(value_told(&file, 1).0, 11, "{offsets:?}");
        let (second, told) = value_told(&file, 2);
        assert_eq!(second, 22, "{offsets:?}");
        assert_eq!(told.contains("not believed"), offsets != [0, STEP], "{offsets:?}: {told}");
    }
    // One entry for two frames.
    let file = in_fragments(RLE, "2 ", None, &[0; 4], &fragments);
    assert_eq!(value_told(&file, 2).0, 22);
    assert!(info_notices(&file).contains("not believed"));
    // The extended table goes first while it can be true.
    let wide = |offsets: [u8; 2]| Some(offsets.map(|offset| [offset, 0, 0, 0, 0, 0, 0, 0]).concat());
    for (extended, believed) in [([0, STEP], true), ([0, 0], false), ([STEP, 0], false)] {
        for basic in [&words([0, STEP])[..], &[]] {
            let file = in_fragments(RLE, "2 ", wide(extended), basic, &fragments);
            assert_eq!([1, 2].map(|number| value_told(&file, number).0), [11, 22], "{extended:?}");
            let notices = info_notices(&file);
            assert_eq!(notices.contains("ExtendedOffsetTable does not ascend"), !believed, "{notices}");
        }
    }
}

#[test]
fn an_unknown_transfer_syntax_is_refused_also_of_uncompressed_pixels() {
    let private = "1.2.840.113619.5.2";
    let refused = frame(&native(private, "1 ", vec![1, 2, 3, 4, 5, 6]), 1).unwrap_err();
    assert_eq!(
        refused,
        format!(
            "unsupported_transfer_syntax this transfer syntax is not decoded by this version (transfer \
             syntax {private})"
        )
    );
}

#[test]
fn uncompressed_pixels_in_a_compressed_transfer_syntax_are_told() {
    let file = native(RLE, "1 ", vec![7; 6]);
    assert_eq!(value_told(&file, 1).0, 7);
    let notices = info_notices(&file);
    assert!(notices.contains("RLE Lossless, but PixelData has a stated length"), "{notices}");
    assert!(!notices.contains("whole frames"), "{notices}");
    let notices = info_notices(&native(RLE, "1 ", vec![7; 12]));
    assert!(notices.contains("holds 2 whole frames, NumberOfFrames is 1"), "{notices}");
}

#[test]
fn frames_beyond_the_stated_number_are_told() {
    for (frames, bytes, expected) in [
        ("1 ", 18, "(0028,0008) PixelData (7FE0,0010) holds 3 whole frames, NumberOfFrames is 1"),
        ("2 ", 18, "(0028,0008) PixelData (7FE0,0010) holds 3 whole frames, NumberOfFrames is 2"),
        ("3 ", 18, ""),
        ("1 ", 10, ""),
    ] {
        let notices = info_notices(&native(LITTLE, frames, vec![3; bytes]));
        assert!(notices.starts_with(expected) && notices.is_empty() == expected.is_empty(), "{notices}");
    }
    let jpeg = |rest: &[u8]| [&[0xff, 0xd8, 0xff, 0xe0][..], rest].concat();
    let several = in_fragments(JPEG, "1 ", None, &[], &[jpeg(&[1, 2]), vec![5; 6], jpeg(&[])]);
    let notices = info_notices(&several);
    assert!(notices.contains("2 compressed images or more begin in the fragments"), "{notices}");
    let one = in_fragments(JPEG, "1 ", None, &[], &[jpeg(&[1, 2]), vec![5; 6]]);
    assert_eq!(info_notices(&one), "");

    let table = [[0; 4], [STEP, 0, 0, 0]].concat();
    let file = in_fragments(RLE, "1 ", None, &table, &[rle(11), rle(22)]);
    let expected = "the offset table has an entry after that of frame 1";
    assert!(info_notices(&file).contains(expected), "{}", info_notices(&file));
    let file = in_fragments(RLE, "1 ", None, &table[..4], &[rle(11)]);
    assert_eq!((info_notices(&file), value_told(&file, 1)), (String::new(), (11, String::new())));
    let table = [[0; 4], [STEP, 0, 0, 0], [2 * STEP, 0, 0, 0]].concat();
    let file = in_fragments(RLE, "2 ", None, &table, &[rle(11), rle(22), rle(33)]);
    let (second, told) = value_told(&file, 2);
    assert!(second == 22 && told.contains("after that of frame 2"), "{second} {told}");
}

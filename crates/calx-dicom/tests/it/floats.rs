//! Floating-point pixels, native in every byte order, written here by hand.

use std::io::Write as _;

use calx_dicom::{FrameSource, Locator, Priority, Reduction, read_image_info};
use calx_model::{Frame, ModalityLut, Padding, PixelRepresentation, Samples};

pub const LITTLE: &str = "1.2.840.10008.1.2.1";
const BIG: &str = "1.2.840.10008.1.2.2";
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub const RLE: &str = "1.2.840.10008.1.2.5";

pub type Elements = Vec<((u16, u16), &'static [u8; 2], Vec<u8>)>;

fn element(out: &mut Vec<u8>, big: bool, (tag, vr, value): &((u16, u16), &'static [u8; 2], Vec<u8>)) {
    let short = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let long = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    out.extend(short(tag.0));
    out.extend(short(tag.1));
    out.extend(*vr);
    if matches!(*vr, b"OF" | b"OD" | b"OW" | b"OB" | b"OV") {
        out.extend([0, 0]);
        out.extend(long(value.len() as u32));
    } else {
        out.extend(short(value.len() as u16));
    }
    out.extend(value);
}

/// A parametric map of 3 x 2 pixels; `more` stands between BitsAllocated and the pixels.
pub fn object(
    uid: &str,
    bits: u16,
    more: Elements,
    pixels: ((u16, u16), &'static [u8; 2], Vec<u8>),
) -> Vec<u8> {
    let big = uid == BIG;
    let short = |n: u16| if big { n.to_be_bytes().to_vec() } else { n.to_le_bytes().to_vec() };
    let mut meta = Vec::new();
    let padded = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    };
    element(&mut meta, false, &((2, 0x10), b"UI", padded(uid)));
    let mut set = Vec::new();
    let mut elements: Elements = vec![
        ((8, 0x16), b"UI", padded("1.2.840.10008.5.1.4.1.1.30")),
        ((8, 0x18), b"UI", padded("1.2.3.4")),
        ((0x20, 0x0d), b"UI", padded("1.2.3")),
        ((0x20, 0x0e), b"UI", padded("1.2.3.5")),
        ((0x28, 2), b"US", short(1)),
        ((0x28, 4), b"CS", b"MONOCHROME2 ".to_vec()),
        ((0x28, 0x10), b"US", short(2)),
        ((0x28, 0x11), b"US", short(3)),
        ((0x28, 0x100), b"US", short(bits)),
    ];
    elements.extend(more);
    elements.push(pixels);
    elements.iter().for_each(|one| element(&mut set, big, one));
    if uid == DEFLATED {
        let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        deflate.write_all(&set).unwrap();
        set = deflate.finish().unwrap();
    }
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    element(&mut out, false, &((2, 0), b"UL", (meta.len() as u32).to_le_bytes().to_vec()));
    [out, meta, set].concat()
}

pub struct Written {
    _folder: tempfile::TempDir,
    pub locator: Locator,
}

pub fn written(bytes: &[u8]) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.dcm");
    std::fs::write(&path, bytes).unwrap();
    Written { locator: Locator::from(path), _folder: folder }
}

pub fn frame(file: &Written, number: u32) -> Result<Frame, String> {
    let source = FrameSource::in_process(0, 1);
    let frame = source.request(&file.locator, number, Priority::Visible, Reduction::Full).wait();
    frame.map(|frame| (*frame).clone()).map_err(|error| format!("{} {error}", error.code()))
}

const VALUES: [f64; 6] = [0.0, -1.5, 1e-30, f64::INFINITY, f64::NAN, 3.4e38];

fn singles(big: bool) -> Vec<u8> {
    let bytes = |v: f64| if big { (v as f32).to_be_bytes() } else { (v as f32).to_le_bytes() };
    VALUES.iter().flat_map(|v| bytes(*v)).collect()
}

fn doubles(big: bool) -> Vec<u8> {
    VALUES.iter().flat_map(|v| if big { v.to_be_bytes() } else { v.to_le_bytes() }).collect()
}

#[test]
fn bits_come_through_in_every_byte_order() {
    for uid in [LITTLE, BIG, DEFLATED] {
        let big = uid == BIG;
        let file = written(&object(uid, 32, Vec::new(), ((0x7fe0, 8), b"OF", singles(big))));
        let one = frame(&file, 1).unwrap();
        let Samples::F32(found) = one.samples() else { panic!("{:?}", one.samples()) };
        let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<u32>>();
        assert_eq!(bits(found), bits(&VALUES.map(|v| v as f32)), "{uid}");
        let file = written(&object(uid, 64, Vec::new(), ((0x7fe0, 9), b"OD", doubles(big))));
        let one = frame(&file, 1).unwrap();
        let Samples::F64(found) = one.samples() else { panic!("{:?}", one.samples()) };
        let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
        assert_eq!(bits(found), bits(&VALUES), "{uid}");
        let info = read_image_info(&file.locator, 1).unwrap();
        assert_eq!(info.notices, []);
        let layout = info.value.layout;
        assert_eq!((layout.bits_stored, layout.high_bit), (64, 63));
        assert_eq!(layout.pixel_representation, PixelRepresentation::Float);
    }
    // Whatever a transfer syntax claims, floats of a stated length lie there as they are.
    let file = written(&object(RLE, 32, Vec::new(), ((0x7fe0, 8), b"OF", singles(false))));
    assert_eq!(frame(&file, 1).unwrap().samples().value(1), Some(-1.5));
}

#[test]
fn the_second_frame_is_the_second() {
    let pixels = [singles(false), [7.0f32; 6].iter().flat_map(|v| v.to_le_bytes()).collect()].concat();
    let frames: Elements = vec![((0x28, 8), b"IS", b"2 ".to_vec())];
    let file = written(&object(LITTLE, 32, frames, ((0x7fe0, 8), b"OF", pixels)));
    assert_eq!(frame(&file, 2).unwrap(), Frame::new(3, 2, Samples::F32(vec![7.0; 6].into())).unwrap());
}

#[test]
fn padding_and_rescale_are_those_of_floats() {
    let single = |v: f32| v.to_le_bytes().to_vec();
    let double = |v: f64| v.to_le_bytes().to_vec();
    let padding: Elements =
        vec![((0x28, 0x122), b"FL", single(-1.5)), ((0x28, 0x124), b"FL", single(f32::NEG_INFINITY))];
    let file = written(&object(LITTLE, 32, padding, ((0x7fe0, 8), b"OF", singles(false))));
    let display = read_image_info(&file.locator, 1).unwrap().value.display;
    assert_eq!(display.padding, Some(Padding { low: f64::NEG_INFINITY, high: -1.5 }));
    assert_eq!(display.modality_lut, ModalityLut::Identity);
    // Those of single floats do not hold for doubles, and PixelPaddingValue holds for neither.
    let padding: Elements = vec![
        ((0x28, 0x120), b"US", vec![0, 0]),
        ((0x28, 0x122), b"FL", single(5.0)),
        ((0x28, 0x123), b"FD", double(0.1)),
        ((0x28, 0x1052), b"DS", b"1 ".to_vec()),
        ((0x28, 0x1053), b"DS", b"2 ".to_vec()),
    ];
    let file = written(&object(LITTLE, 64, padding, ((0x7fe0, 9), b"OD", doubles(false))));
    let info = read_image_info(&file.locator, 1).unwrap();
    assert_eq!(info.value.display.padding, Some(Padding { low: 0.1, high: 0.1 }));
    assert_eq!(info.value.display.modality_lut, ModalityLut::Rescale { slope: 2.0, intercept: 1.0 });
}

#[track_caller]
fn check_refused(bytes: &[u8], expected: &str) {
    let file = written(bytes);
    assert_eq!(frame(&file, 1).unwrap_err(), expected);
}

#[test]
fn what_contradicts_itself_is_refused_by_name() {
    let of = |bits, pixels| object(LITTLE, bits, Vec::new(), ((0x7fe0, 8), b"OF", pixels));
    check_refused(
        &of(64, doubles(false)),
        "bad_value BitsAllocated (0028,0100) is 64, 32 for FloatPixelData (7FE0,0008) was expected",
    );
    let mut short = singles(false);
    short.truncate(20);
    check_refused(
        &of(32, short),
        "too_few_bytes FloatPixelData (7FE0,0008) has 20 bytes, 2 rows of 3 pixels in 1 frames need 24",
    );
    let mut cut = of(32, singles(false));
    cut.truncate(cut.len() - 4);
    check_refused(&cut, "truncated truncated: the file ends inside the pixel data, 20 of 24 bytes are there");
    let mut fragments = of(32, Vec::new());
    let length = fragments.len() - 4;
    fragments[length..].fill(0xff);
    fragments.extend([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    let file = written(&fragments);
    assert!(
        frame(&file, 1).unwrap_err().starts_with("float_pixels FloatPixelData (7FE0,0008) is compressed")
    );
}

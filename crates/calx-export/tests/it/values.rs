//! Undisplayed values: exact bytes of `.npy`, exact numbers of a 16-bit PNG.

use calx_export::{PictureFileError, ValueKind, write_npy, write_values_png};
use calx_model::{ColourModel, Frame, ModalityLut, Samples};

fn npy(frame: &Frame, lut: &ModalityLut, values: ValueKind) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_npy(frame, lut, values, &mut bytes).unwrap();
    bytes
}

/// `dictionary` is what stands between braces; 10 bytes before it, blanks and a line feed up to 128.
#[track_caller]
fn check_npy(samples: Samples, lut: &ModalityLut, values: ValueKind, dictionary: &str, data: &[u8]) {
    let frame = Frame::new(2, 3, samples).unwrap();
    let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    expected.extend(format!("{{{dictionary}}}").bytes());
    expected.resize(127, b' ');
    expected.push(b'\n');
    expected.extend(data);
    assert_eq!(npy(&frame, lut, values), expected);
}

#[test]
fn npy_keeps_the_integer_type() {
    use ValueKind::Stored;
    let none = &ModalityLut::Identity;
    let head = |kind: &str| format!("'descr': '{kind}', 'fortran_order': False, 'shape': (3, 2), ");
    check_npy(
        Samples::U8(vec![0, 1, 2, 3, 254, 255].into()),
        none,
        Stored,
        &head("|u1"),
        &[0, 1, 2, 3, 254, 255],
    );
    check_npy(
        Samples::I8(vec![0, -1, 2, 3, 4, -128].into()),
        none,
        Stored,
        &head("|i1"),
        &[0, 255, 2, 3, 4, 128],
    );
    check_npy(
        Samples::U16(vec![0, 1, 256, 4095, 65535, 2].into()),
        none,
        Stored,
        &head("<u2"),
        &[0, 0, 1, 0, 0, 1, 255, 15, 255, 255, 2, 0],
    );
    check_npy(
        Samples::I16(vec![0, -1, 256, -32768, 5, 6].into()),
        none,
        Stored,
        &head("<i2"),
        &[0, 0, 255, 255, 0, 1, 0, 128, 5, 0, 6, 0],
    );
    let floats = [0.1f32, -0.0, f32::NAN, f32::INFINITY, 1e-45, 2.0];
    let bytes: Vec<u8> = floats.iter().flat_map(|x| x.to_le_bytes()).collect();
    check_npy(Samples::F32(floats.to_vec().into()), none, Stored, &head("<f4"), &bytes);
    let doubles = [0.1f64, -0.0, f64::NAN, f64::INFINITY, 5e-324, 2.0];
    let bytes: Vec<u8> = doubles.iter().flat_map(|x| x.to_le_bytes()).collect();
    check_npy(Samples::F64(doubles.to_vec().into()), none, Stored, &head("<f8"), &bytes);
    check_npy(Samples::F64(doubles.to_vec().into()), none, ValueKind::Modality, &head("<f8"), &bytes);
    check_npy(
        Samples::Colour8(ColourModel::Rgb, (0..18).collect::<Vec<u8>>().into()),
        none,
        Stored,
        "'descr': '|u1', 'fortran_order': False, 'shape': (3, 2, 3), ",
        &(0..18).collect::<Vec<u8>>(),
    );
}

#[test]
fn modality_values_are_exact_floats() {
    let lut = ModalityLut::Rescale { slope: 0.5, intercept: -3.0 };
    let data: Vec<u8> =
        [-3.0f64, -2.5, -2.0, -1.5, -1.0, -0.5].iter().flat_map(|x| x.to_le_bytes()).collect();
    check_npy(
        Samples::U16(vec![0, 1, 2, 3, 4, 5].into()),
        &lut,
        ValueKind::Modality,
        "'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), ",
        &data,
    );
    let colour = Frame::new(1, 1, Samples::Colour8(ColourModel::Rgb, vec![1, 2, 3].into())).unwrap();
    let refused = write_npy(&colour, &lut, ValueKind::Modality, Vec::new());
    assert!(matches!(refused, Err(PictureFileError::ModalityOfColour)));
}

#[test]
fn a_16_bit_png_holds_the_values_as_they_are() {
    let values = [0u16, 1, 255, 256, 4095, 65535];
    let frame = Frame::new(3, 2, Samples::U16(values.to_vec().into())).unwrap();
    let mut bytes = Vec::new();
    write_values_png(&frame, ValueKind::Stored, &mut bytes).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height, info.bit_depth), (3, 2, png::BitDepth::Sixteen));
    let read: Vec<u16> = pixels.chunks(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect();
    assert_eq!(read, values);
}

#[test]
fn what_a_png_cannot_hold_is_refused_with_the_way_out() {
    let signed = Frame::new(2, 1, Samples::I16(vec![5, -7].into())).unwrap();
    let error = write_values_png(&signed, ValueKind::Stored, Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a stored value is -7, a 16-bit PNG holds 0 to 65535; write a .npy file instead"
    );
    let error = write_values_png(&signed, ValueKind::Modality, Vec::new()).unwrap_err();
    assert!(matches!(error, PictureFileError::ModalityAsPng));
    let floats = Frame::new(2, 1, Samples::F32(vec![0.0, 1.0].into())).unwrap();
    let error = write_values_png(&floats, ValueKind::Stored, Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the stored values are floating-point numbers, which a PNG cannot hold; write a .npy file instead"
    );
}

//! The display chain on files made here, with values worked out by hand from the formulas of PS3.3 C.11: what no real
//! sample has. Each file is written, read, decoded and drawn by the CPU twin, as `calx render` draws it.

use calx_dicom::{
    FrameSource, ImageKind, Locator, NewElement, NewImage, NewLut, NewPixels, NewSeries, NewStudy, NewValue,
    NewWindow, Priority, Reduction, read_image_info, uid_from_name, write_image,
};
use calx_model::{PhotometricInterpretation, Side, VoiLutFunction, Window, WindowChoice};
use calx_render::{CpuRenderer, DisplayTable, Pixels, Renderer, View, resolve};
use jiff::civil::{date, time};

use crate::driver::{Place, shared};
use crate::samples::files;
use crate::story::png;

/// A synthetic image of one row of values, or as many as fill `columns`.
pub(crate) fn image(kind: ImageKind, name: &str, columns: u16, pixels: NewPixels) -> NewImage {
    let values = match &pixels {
        NewPixels::Grey8 { frames } => frames[0].len(),
        NewPixels::Rgb8 { frames } => frames[0].len() / 3,
        NewPixels::Grey16 { frames, .. } => frames[0].len(),
        NewPixels::Grey16Signed { frames, .. } => frames[0].len(),
        NewPixels::Jpeg { .. } => unreachable!(),
    };
    let uid = |kind: &str| uid_from_name(&format!("display chain {kind} {name}"));
    let study = NewStudy {
        uid: uid("study").parse().unwrap(),
        date: date(2026, 1, 2),
        time: time(3, 4, 5, 0),
        id: "1".to_owned(),
        accession_number: String::new(),
        description: "synthetic".to_owned(),
    };
    let body_part = if kind == ImageKind::DigitalXRay { "HAND" } else { "" }.to_owned();
    let series =
        NewSeries { uid: uid("series").parse().unwrap(), number: 1, description: String::new(), body_part };
    let rows = u16::try_from(values).unwrap() / columns;
    let mut new =
        NewImage::new(kind, study, series, uid("instance").parse().unwrap(), (columns, rows), pixels);
    new.synthetic_data = true;
    new.patient.id = "SYN".to_owned();
    if kind == ImageKind::DigitalXRay {
        new.image_laterality = Some(Side::Left);
        new.view_position = Some("PA".to_owned());
        new.patient_orientation = Some(["L".to_owned(), "F".to_owned()]);
        new.imager_pixel_spacing = Some((0.1, 0.1));
        new.windows = vec![NewWindow { center: 2048.0, width: 4096.0, explanation: "wide".to_owned() }];
    }
    new
}

fn grey8(name: &str, values: &[u8]) -> NewImage {
    let pixels = NewPixels::Grey8 { frames: vec![values.to_vec()] };
    image(ImageKind::SecondaryCapture, name, u16::try_from(values.len()).unwrap(), pixels)
}

fn grey16(name: &str, values: &[u16]) -> NewImage {
    let pixels = NewPixels::Grey16 { bits_stored: 16, frames: vec![values.to_vec()] };
    image(ImageKind::SecondaryCapture, name, u16::try_from(values.len()).unwrap(), pixels)
}

fn lut(first: i32, bits: u16, entries: Vec<u16>) -> NewLut {
    NewLut { first, bits, entries, explanation: "curve".to_owned() }
}

pub(crate) fn write(new: &NewImage, path: &str) {
    let mut out = Vec::new();
    write_image(new, &mut out).unwrap();
    std::fs::write(path, out).unwrap();
}

/// What the first frame shows, and the notices of reading it.
fn shown(new: &NewImage, choice: WindowChoice) -> (Vec<u8>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.dcm");
    write(new, path.to_str().unwrap());
    let locator = Locator::from(path);
    let info = read_image_info(&locator, 1).unwrap();
    let source = FrameSource::in_process(0, 1);
    let frame = source.request(&locator, 1, Priority::Visible, Reduction::Full).wait().unwrap();
    let pipeline = resolve(&info.value.display, &frame, choice).unwrap();
    let table = DisplayTable::build(&pipeline, &frame, info.value.display.bits_stored).unwrap();
    let picture = CpuRenderer.draw(&frame, &table, &View::one_to_one(&frame)).unwrap();
    let Pixels::Grey(values) = picture.pixels() else { panic!("not grey") };
    (values.clone(), info.notices.iter().map(ToString::to_string).collect())
}

#[track_caller]
fn check(new: &NewImage, choice: WindowChoice, expected: &[u8]) {
    let (found, notices) = shown(new, choice);
    assert_eq!(found, expected);
    assert_eq!(notices, Vec::<String>::new());
}

fn set(center: f64, width: f64, function: VoiLutFunction) -> WindowChoice {
    WindowChoice::Set(Window { center, width, function })
}

#[test]
fn an_8_bit_image_with_a_16_bit_voi_lut() {
    let mut new = grey8("voi16", &[0, 1, 2, 3, 255]);
    new.voi_luts = vec![lut(0, 16, vec![0, 16384, 32768, 65535])];
    // 16384 / 65535 * 255 = 63.75, 32768 / 65535 * 255 = 127.502; beyond the last entry the last holds.
    check(&new, WindowChoice::Lut(1), &[0, 64, 128, 255, 255]);
    check(&new, WindowChoice::Default, &[0, 64, 128, 255, 255]);
}

#[test]
fn a_voi_lut_of_65536_entries() {
    let mut new = grey16("voi65536", &[0, 257, 32768, 65534, 65535]);
    new.voi_luts = vec![lut(0, 16, (0..=u16::MAX).rev().collect())];
    // (65535 - x) / 257: 255, 254, 127.498, 0.004, 0.
    check(&new, WindowChoice::Lut(1), &[255, 254, 127, 0, 0]);
}

#[test]
fn a_modality_lut_goes_before_the_window() {
    let mut new = grey16("modality", &[0, 1, 2, 3, 4]);
    new.modality_lut = Some(lut(1, 16, vec![100, 200, 400]));
    // LINEAR 250, 301: ((x - 249.5) / 300 + 0.5) * 255; 100 gives 0.425, 200 gives 85.425, 400 lies above.
    check(&new, set(250.0, 301.0, VoiLutFunction::Linear), &[0, 0, 85, 255, 255]);
}

#[test]
fn a_rescale_beside_a_modality_lut_is_told_and_left_out() {
    let mut new = grey16("both", &[0, 1, 2]);
    new.modality_lut = Some(lut(0, 16, vec![0, 10, 20]));
    new.extra = vec![
        NewElement::text((0x0028, 0x1052), *b"DS", "1000"),
        NewElement::text((0x0028, 0x1053), *b"DS", "5"),
    ];
    // LINEAR_EXACT 10, 20 of 0, 10 and 20: 0, 127.5, 255.
    let (found, notices) = shown(&new, set(10.0, 20.0, VoiLutFunction::LinearExact));
    assert_eq!(found, [0, 128, 255]);
    assert!(notices.len() == 1 && notices[0].contains("the table was taken"), "{notices:?}");
}

#[test]
fn slopes_of_any_size_and_sign() {
    let mut new = grey16("slope", &[0, 1000, 3000, 4001]);
    new.rescale = Some((1e-8, 0.0));
    // 1000 is 1e-5: a quarter of 0 to 4e-5; 3000 three quarters; 4001 lies above.
    check(&new, set(2e-5, 4e-5, VoiLutFunction::LinearExact), &[0, 64, 191, 255]);
    new.rescale = Some((-2.0, 100.0));
    // 100, -1900, -5900, -7902 in -6000 to 100: 255, 0.672131 * 255 = 171.393, 0.016393 * 255 = 4.180, 0.
    check(&new, set(-2950.0, 6100.0, VoiLutFunction::LinearExact), &[255, 171, 4, 0]);
}

#[test]
fn monochrome1_without_a_shape_shows_low_values_bright() {
    let mut new = grey8("mono1", &[0, 1, 2, 3, 4]);
    new.photometric_interpretation = PhotometricInterpretation::Monochrome1;
    // LINEAR 2, 5: 31.875, 95.625, 159.375, 223.125 and 255 (4 lies above 3.5), from 255.
    check(&new, set(2.0, 5.0, VoiLutFunction::Linear), &[223, 159, 96, 32, 0]);
}

#[test]
fn linear_exact_of_width_4() {
    let mut new = grey8("exact", &[0, 1, 2, 3, 4, 5]);
    new.windows = vec![NewWindow { center: 2.0, width: 4.0, explanation: String::new() }];
    new.voi_lut_function = VoiLutFunction::LinearExact;
    // 0, 63.75, 127.5, 191.25, 255, 255. LINEAR would give 42.5 for 1 and 127.5 for 1.5.
    check(&new, WindowChoice::Default, &[0, 64, 128, 191, 255, 255]);
    new.voi_lut_function = VoiLutFunction::Linear;
    // (x - 1.5) / 3 + 0.5: 0, 85, 170, 255.
    check(&new, WindowChoice::Default, &[0, 85, 170, 255, 255, 255]);
}

#[test]
fn sigmoid_on_a_radiograph() {
    let pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![vec![6, 9, 10, 11, 14, 4095]] };
    let mut new = image(ImageKind::DigitalXRay, "sigmoid", 6, pixels);
    new.windows = vec![NewWindow { center: 10.0, width: 4.0, explanation: "S".to_owned() }];
    new.voi_lut_function = VoiLutFunction::Sigmoid;
    // 255 / (1 + e^(10 - x)): 4.586, 68.580, 127.5, 186.420, 250.414, 255.
    check(&new, WindowChoice::Default, &[5, 69, 128, 186, 250, 255]);
}

#[test]
fn padding_is_darkest_in_either_order_of_its_ends() {
    let us = |element, value: i16| NewElement {
        tag: (0x0028, element),
        vr: *b"SS",
        value: NewValue::Bytes(value.to_le_bytes().to_vec()),
    };
    let exact = set(9.0, 10.0, VoiLutFunction::LinearExact);
    for (value, limit) in [(0, 3), (3, 0)] {
        let mut new = grey16("padding", &[0, 1, 2, 3, 4, 9, 14]);
        new.photometric_interpretation = PhotometricInterpretation::Monochrome1;
        new.extra = vec![us(0x0120, value), us(0x0121, limit)];
        // Inverted: 4 is white, 9 half (0.5 from 1), 14 black; what is padding is black, not white.
        check(&new, exact, &[0, 0, 0, 0, 255, 128, 0]);
        // The window by itself runs over the rest: 4 to 14.
        check(&new, WindowChoice::Auto, &[0, 0, 0, 0, 255, 128, 0]);
        // By minimum and maximum padding counts, and is still darkest: (1 - 4 / 14) * 255 = 182.14, 91.07.
        check(&new, WindowChoice::MinMax, &[0, 0, 0, 0, 182, 91, 0]);
    }
    let values = vec![-2000, -1500, -1000, -999, 0, 999];
    let pixels = NewPixels::Grey16Signed { bits_stored: 16, frames: vec![values] };
    let mut new = image(ImageKind::SecondaryCapture, "signed padding", 6, pixels);
    new.extra = vec![us(0x0120, -1000), us(0x0121, -2000)];
    // (x + 999) / 1998 * 255: 0, 127.5, 255.
    check(&new, set(0.0, 1998.0, VoiLutFunction::LinearExact), &[0, 0, 0, 0, 128, 255]);
}

#[test]
fn a_shape_decides_and_odd_pairs_are_told() {
    use PhotometricInterpretation::{Monochrome1, Monochrome2};
    for (photometric, shape, expected, odd) in [
        (Monochrome1, None, [255, 0], false),
        (Monochrome1, Some("INVERSE"), [255, 0], false),
        (Monochrome1, Some("IDENTITY"), [0, 255], true),
        (Monochrome2, None, [0, 255], false),
        (Monochrome2, Some("IDENTITY"), [0, 255], false),
        (Monochrome2, Some("INVERSE"), [255, 0], true),
    ] {
        let mut new = grey8("pair", &[0, 4]);
        new.photometric_interpretation = photometric.clone();
        new.extra = shape.iter().map(|shape| NewElement::text((0x2050, 0x0020), *b"CS", shape)).collect();
        let (found, notices) = shown(&new, WindowChoice::MinMax);
        assert_eq!(found, expected, "{photometric:?} {shape:?}");
        let told = notices.iter().any(|notice| notice.contains("contradicts PhotometricInterpretation"));
        assert_eq!((told, notices.len()), (odd, usize::from(odd)), "{photometric:?} {shape:?} {notices:?}");
    }
}

#[test]
fn pixels_that_are_not_square_are_drawn_square() {
    let place = Place::new();
    let columns: Vec<u8> = (0..30u8).map(|x| x * 8).collect();
    let pixels = || NewPixels::Grey8 { frames: vec![columns.repeat(20)] };
    let mut ratio = image(ImageKind::SecondaryCapture, "ratio", 30, pixels());
    // A square spacing does not hide the ratio.
    ratio.pixel_spacing = Some((0.2, 0.2));
    ratio.extra = vec![NewElement::text((0x0028, 0x0034), *b"IS", "2\\1")];
    let mut spacing = image(ImageKind::SecondaryCapture, "spacing", 30, pixels());
    spacing.pixel_spacing = Some((0.1, 0.2));
    let mut nearly = image(ImageKind::SecondaryCapture, "nearly", 30, pixels());
    nearly.pixel_spacing = Some((0.1, 0.1001));
    for (new, size) in [(ratio, (30, 40)), (spacing, (60, 20)), (nearly, (30, 20))] {
        let (file, picture) = (place.path("image.dcm"), place.path("image.png"));
        write(&new, &file);
        place.ok(&["render", &file, "-o", &picture, "--window", "minmax", "--renderer", "cpu", "--force"]);
        let (width, height, found) = png(&picture);
        assert_eq!((width, height), size);
        // Every row holds the same: 0 to 232 over the columns, the first and the last as they are.
        let row = &found[..width as usize];
        assert!(found.chunks_exact(width as usize).all(|other| other == row));
        assert_eq!((row[0], row[row.len() - 1]), ([0; 3], [255; 3]));
    }
}

#[test]
fn colours_of_an_unknown_kind_are_refused() {
    let place = Place::new();
    let pixels = NewPixels::Rgb8 { frames: vec![vec![128; 12]] };
    let mut new = image(ImageKind::SecondaryCapture, "partial", 2, pixels);
    new.extra = vec![NewElement::text((0x0028, 0x0004), *b"CS", "YBR_PARTIAL_422")];
    write(&new, &place.path("partial.dcm"));
    let ran = place.run(&["render", &place.path("partial.dcm"), "-o", &place.path("x.png")]).expect(4);
    assert!(ran.err.contains("PhotometricInterpretation (0028,0004) is YBR_PARTIAL_422"), "{}", ran.err);
}

#[test]
fn what_display_simplifies_is_told() {
    let Some(folder) = shared("dicom-samples") else { return };
    let place = Place::new();
    let file = folder.join("pydicom-pydicom-data/parametric_map_float.dcm");
    let ran = place.ok(&["render", file.to_str().unwrap(), "-o", &place.path("x.png"), "--renderer", "cpu"]);
    assert!(ran.err.contains("floating-point values are shown in 16-bit steps"), "{}", ran.err);
}

#[test]
fn the_printed_window_says_its_function_and_colour_has_none() {
    let place = Place::new();
    let mut new = grey8("printed", &[0, 1, 2, 3]);
    new.windows = vec![NewWindow { center: 2.0, width: 4.0, explanation: "SOFT".to_owned() }];
    new.voi_lut_function = VoiLutFunction::LinearExact;
    let (grey, colour) = (place.path("grey.dcm"), place.path("colour.dcm"));
    write(&new, &grey);
    write(
        &image(ImageKind::SecondaryCapture, "rgb", 2, NewPixels::Rgb8 { frames: vec![vec![9; 12]] }),
        &colour,
    );
    let window = |file: &str, more: &[&str]| {
        let picture = place.path("x.png");
        let args = ["render", file, "-o", &picture, "--renderer", "cpu", "--force", "--json"];
        place.ok(&[&args[..], more].concat()).json()["rows"][0]["window"].as_str().unwrap().to_owned()
    };
    assert_eq!(window(&grey, &[]), "2,4,linear_exact from file 1 (SOFT)");
    assert_eq!(window(&grey, &["--window", "2,4,sigmoid"]), "2,4,sigmoid as set");
    assert_eq!(window(&colour, &[]), "none (colour)");
}

#[test]
fn a_cases_picture_is_turned_flipped_and_inverted_as_the_case_says() {
    let place = Place::with_case();
    let file = place.path("x.png");
    let draw = |more: &[&str]| {
        let args = ["render", "52/1", "-o", &file, "--marks", "none", "--renderer", "cpu", "--force"];
        place.ok(&[&args[..], more].concat());
        png(&file)
    };
    let (width, height, plain) = draw(&[]);
    place.ok(&["case", "image", "52", "1", "--turn", "90", "--flip", "--invert"]);
    let (turned_width, turned_height, turned) = draw(&[]);
    assert_eq!((turned_width, turned_height), (height, width));
    // Clockwise, then left to right: what stood at (x, y) stands at (y, x). Inverted, but for padding.
    let mut others = 0;
    for (at, [value, ..]) in plain.iter().enumerate() {
        let (x, y) = (at % width as usize, at / width as usize);
        let [found, ..] = turned[x * height as usize + y];
        others += usize::from(found != 255 - value);
    }
    assert_eq!(others, 0);
    place.run(&["case", "image", "52", "1", "--turn", "45"]).expect(2);
    place.run(&["case", "image", "52", "1", "--frame", "2"]).expect(2);
    place.ok(&["case", "image", "52", "1", "--turn", "0", "--flip", "false", "--invert", "false"]);
    assert_eq!(draw(&[]), (width, height, plain));
}

#[test]
fn letters_stand_where_the_header_says_and_turn_with_the_case() {
    let place = Place::new();
    let pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![vec![0; 160 * 120]] };
    let new = image(ImageKind::DigitalXRay, "letters", 160, pixels);
    let (file, picture) = (place.path("image.dcm"), place.path("image.png"));
    write(&new, &file);
    let told = place.ok(&["show", &file, "--json"]).json();
    assert_eq!(told["orientation"], "left R, right L, top H, bottom F");
    place.ok(&["render", &file, "-o", &picture, "--letters", "--renderer", "cpu", "--window", "100,200"]);
    let (width, _, found) = png(&picture);
    let lit: Vec<(usize, usize)> = found
        .iter()
        .enumerate()
        .filter(|(_, [value, ..])| *value > 128)
        .map(|(at, _)| (at % width as usize, at / width as usize))
        .collect();
    let near = |x: std::ops::Range<usize>, y: std::ops::Range<usize>| {
        lit.iter().filter(|(a, b)| x.contains(a) && y.contains(b)).count()
    };
    let edges = [near(0..20, 50..70), near(140..160, 50..70), near(70..90, 0..20), near(70..90, 100..120)];
    assert!(edges.iter().all(|count| *count > 3), "{edges:?}");
    assert_eq!(edges.iter().sum::<usize>(), lit.len(), "letters stand elsewhere too");
}

#[test]
fn overlays_are_drawn_where_they_lie() {
    let words = |tag: (u16, u16), vr: [u8; 2], numbers: &[i16]| NewElement {
        tag,
        vr,
        value: NewValue::Bytes(numbers.iter().flat_map(|n| n.to_le_bytes()).collect()),
    };
    let place = Place::new();
    let mut new = grey8("overlay", &[100; 6]);
    (new.columns, new.rows) = (3, 2);
    // 2 x 2, the diagonal, from row 2 and column 3: one bit inside, one outside.
    new.extra = vec![
        words((0x6000, 0x0010), *b"US", &[2]),
        words((0x6000, 0x0011), *b"US", &[2]),
        NewElement::text((0x6000, 0x0040), *b"CS", "G"),
        words((0x6000, 0x0050), *b"SS", &[2, 3]),
        words((0x6000, 0x0100), *b"US", &[1]),
        words((0x6000, 0x0102), *b"US", &[0]),
        NewElement { tag: (0x6000, 0x3000), vr: *b"OW", value: NewValue::Bytes(vec![0b1001, 0]) },
        NewElement::text((0x6000, 0x1500), *b"LO", "Doe, John"),
    ];
    let (file, picture) = (place.path("image.dcm"), place.path("image.png"));
    write(&new, &file);
    let args = ["render", &file, "-o", &picture, "--window", "100,200", "--renderer", "cpu", "--force"];
    place.ok(&args);
    let (.., plain) = png(&picture);
    place.ok(&[&args[..], &["--overlays"]].concat());
    let (.., with) = png(&picture);
    let changed: Vec<usize> = (0..6).filter(|at| with[*at] != plain[*at]).collect();
    assert_eq!((changed, with[5]), (vec![5], [90, 230, 120]));
    place.ok(&[&args[..], &["--overlays", "--size", "30x20"]].concat());
    let (.., large) = png(&picture);
    let green = large.iter().filter(|rgb| **rgb == [90, 230, 120]).count();
    assert_eq!(green, 100, "the pixel's square, whole and nothing else");
    // Free text of the file may name someone.
    let told = place.ok(&["show", &file, "--json"]).json();
    assert_eq!(told["overlays"], "6000 graphics 2x2 from column 3, row 2, 2 set");
    let told = place.ok(&["show", &file, "--json", "--identity"]).json();
    assert_eq!(told["overlays"], "6000 graphics 2x2 from column 3, row 2, 2 set (Doe, John)");
}

#[test]
fn a_contact_sheet_has_a_cell_for_every_input() {
    let Some(folder) = shared("dicom-samples") else { return };
    let place = Place::new();
    let inputs: Vec<String> = files(&folder).iter().map(|file| file.to_str().unwrap().to_owned()).collect();
    let sheet = crate::driver::kept("contact-sheet").join("samples.png");
    let sheet = sheet.to_str().unwrap();
    let mut args = vec!["render", "--contact-sheet", "-o", sheet, "--renderer", "cpu", "--force", "--json"];
    args.extend(["--size", "120x100"]);
    args.extend(inputs.iter().map(String::as_str));
    let rows = place.run(&args).expect(1).json()["rows"].as_array().unwrap().clone();
    let refused: Vec<&serde_json::Value> = rows.iter().filter(|row| row["refused"].is_string()).collect();
    println!("{} inputs, {} refused: {sheet}", rows.len(), refused.len());
    assert_eq!(rows.len(), inputs.len());
    let (width, height, pixels) = png(sheet);
    // Cells of 120 x 100 with 50 for the caption and 8 between.
    let across = (width - 8) / 128;
    assert_eq!(((width - 8) % 128, (height - 8) % 158), (0, 0));
    assert!(across * ((height - 8) / 158) >= u32::try_from(rows.len()).unwrap());
    for (at, row) in (0u32..).zip(&rows) {
        let (left, top) = (8 + at % across * 128, 8 + at / across * 158);
        // A corner of a refused cell has its own ground.
        let corner = pixels[((top + 98) * width + left + 118) as usize];
        assert_eq!(row["cell"], at + 1);
        assert_eq!(corner == [64, 34, 34], row["refused"].is_string(), "{row}");
    }
    // Nothing was shown of an input that is no image, and all the rest is there.
    assert!(refused.iter().all(|row| row["window"].is_null()));
    place
        .run(&["render", "--contact-sheet", "-o", &place.path("x.png"), &inputs[0], "--frame", "all"])
        .expect(2);
}

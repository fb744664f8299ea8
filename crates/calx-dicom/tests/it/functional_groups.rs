//! What an enhanced object says of one frame holds for that frame alone.

use calx_dicom::{
    ImageInfo, Locator, NewElement, NewImage, NewLut, NewPixels, NewValue, read_image_info, write_image,
};
use calx_model::{ModalityLut, VoiLut, VoiLutFunction, VoiSource, Window};

use crate::samples::clip;

const SHARED: (u16, u16) = (0x5200, 0x9229);
const PER_FRAME: (u16, u16) = (0x5200, 0x9230);
const FRAME_VOI: (u16, u16) = (0x0028, 0x9132);
const PIXEL_VALUES: (u16, u16) = (0x0028, 0x9145);
const PIXEL_MEASURES: (u16, u16) = (0x0028, 0x9110);

fn sequence(tag: (u16, u16), items: Vec<Vec<NewElement>>) -> NewElement {
    NewElement { tag, vr: *b"SQ", value: NewValue::Items(items) }
}

fn number(tag: (u16, u16), text: &str) -> NewElement {
    NewElement::text(tag, *b"DS", text)
}

fn voi(center: &str, width: &str, function: &str) -> NewElement {
    let function = NewElement::text((0x0028, 0x1056), *b"CS", function);
    sequence(
        FRAME_VOI,
        vec![vec![number((0x0028, 0x1050), center), number((0x0028, 0x1051), width), function]],
    )
}

fn rescale(slope: &str, intercept: &str) -> NewElement {
    sequence(PIXEL_VALUES, vec![vec![number((0x0028, 0x1052), intercept), number((0x0028, 0x1053), slope)]])
}

fn spacing(pair: &str) -> NewElement {
    sequence(PIXEL_MEASURES, vec![vec![number((0x0028, 0x0030), pair)]])
}

/// Three frames; beside their groups stand a window, a table, a rescale and a spacing of nobody.
fn enhanced(extra: Vec<NewElement>) -> NewImage {
    let mut new = clip("enhanced");
    new.pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![vec![7; 24]; 3] };
    new.windows =
        vec![calx_dicom::NewWindow { center: 1.0, width: 2.0, explanation: "of the top".to_owned() }];
    new.voi_luts =
        vec![NewLut { first: 0, bits: 8, entries: vec![1, 2], explanation: "of the top".to_owned() }];
    new.rescale = Some((9.0, 9.0));
    new.pixel_spacing = Some((9.0, 9.0));
    new.extra = extra;
    new
}

fn infos(new: &NewImage) -> Vec<ImageInfo> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("object.dcm");
    let mut out = Vec::new();
    write_image(new, &mut out).unwrap();
    std::fs::write(&path, out).unwrap();
    let locator = Locator::from(path);
    (1..=3).map(|frame| read_image_info(&locator, frame).unwrap().value).collect()
}

fn first_window(info: &ImageInfo) -> Window {
    let found = info.display.voi.iter().find(|choice| choice.source == VoiSource::Window(1));
    let Some(VoiLut::Window(window)) = found.map(|choice| choice.lut.clone()) else {
        panic!("{:?}", info.display.voi);
    };
    window
}

#[test]
fn the_frames_own_groups_win_over_shared_ones_and_over_the_top_level() {
    let shared = vec![rescale("3", "-30"), spacing("0.5\\0.25")];
    let own = vec![
        vec![voi("100", "50", "LINEAR"), spacing("0.2\\0.1")],
        vec![voi("200", "60", "SIGMOID"), rescale("-1", "4095")],
        vec![voi("300", "70", "LINEAR_EXACT")],
    ];
    let frames = infos(&enhanced(vec![sequence(SHARED, vec![shared]), sequence(PER_FRAME, own)]));
    let window = |center, width, function| Window { center, width, function };
    let windows: Vec<Window> = frames.iter().map(first_window).collect();
    assert_eq!(
        windows,
        [
            window(100.0, 50.0, VoiLutFunction::Linear),
            window(200.0, 60.0, VoiLutFunction::Sigmoid),
            window(300.0, 70.0, VoiLutFunction::LinearExact),
        ]
    );
    let rescales: Vec<ModalityLut> = frames.iter().map(|info| info.display.modality_lut.clone()).collect();
    let shared = ModalityLut::Rescale { slope: 3.0, intercept: -30.0 };
    let own = ModalityLut::Rescale { slope: -1.0, intercept: 4095.0 };
    assert_eq!(rescales, [shared.clone(), own, shared]);
    let spacings: Vec<[f64; 2]> = frames
        .iter()
        .map(|info| info.spacing.as_ref().map(|s| [s.between_rows_mm, s.between_columns_mm]).unwrap())
        .collect();
    assert_eq!(spacings, [[0.2, 0.1], [0.5, 0.25], [0.5, 0.25]]);
}

#[test]
fn a_table_of_the_frame_wins_over_one_of_the_top_level() {
    let words = |numbers: &[u16]| NewValue::Bytes(numbers.iter().flat_map(|n| n.to_le_bytes()).collect());
    let table = |entries: &[u16]| {
        let descriptor = words(&[u16::try_from(entries.len()).unwrap(), 0, 16]);
        let item = vec![
            NewElement { tag: (0x0028, 0x3002), vr: *b"US", value: descriptor },
            NewElement { tag: (0x0028, 0x3006), vr: *b"OW", value: words(entries) },
        ];
        vec![sequence(FRAME_VOI, vec![vec![sequence((0x0028, 0x3010), vec![item])]])]
    };
    // The third frame has no item of its own: there the top level is all there is.
    let frames = infos(&enhanced(vec![sequence(PER_FRAME, vec![table(&[5, 6, 7]), table(&[8, 9, 10])])]));
    let entries = |info: &ImageInfo| -> Vec<u16> {
        let found = info.display.voi.iter().find(|choice| choice.source == VoiSource::Lut(1));
        match found.map(|choice| &choice.lut) {
            Some(VoiLut::Table(table)) => table.entries.to_vec(),
            other => panic!("{other:?}"),
        }
    };
    let found: Vec<Vec<u16>> = frames.iter().map(entries).collect();
    assert_eq!(found, [vec![5, 6, 7], vec![8, 9, 10], vec![1, 2]]);
}

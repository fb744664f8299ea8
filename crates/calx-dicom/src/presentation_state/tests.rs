//! States built element by element: what is read, and what is told of the rest.

use calx_model::presentation_state::{GraphicUnits, StateImage};
use calx_model::{ModalityLut, SopInstanceUid, VoiLut};

use super::*;
use crate::dataset::{Element, Value};

fn set(elements: Vec<(Tag, [u8; 2], Value)>) -> DataSet {
    let mut data = DataSet::default();
    for (tag, vr, value) in elements {
        data.elements.insert(tag, Element { vr, length: None, value });
    }
    data
}

type One = (Tag, [u8; 2], Value);

fn text(tag: (u16, u16), words: &str) -> One {
    (Tag(tag.0, tag.1), *b"CS", Value::Bytes(words.as_bytes().to_vec().into()))
}

fn number(tag: (u16, u16), words: &str) -> One {
    (Tag(tag.0, tag.1), *b"IS", Value::Bytes(words.as_bytes().to_vec().into()))
}

fn decimal(tag: (u16, u16), words: &str) -> One {
    (Tag(tag.0, tag.1), *b"DS", Value::Bytes(words.as_bytes().to_vec().into()))
}

fn shorts(tag: (u16, u16), vr: [u8; 2], words: &[u16]) -> One {
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    (Tag(tag.0, tag.1), vr, Value::Bytes(bytes.into()))
}

fn longs(tag: (u16, u16), words: &[i32]) -> One {
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    (Tag(tag.0, tag.1), *b"SL", Value::Bytes(bytes.into()))
}

fn floats(tag: (u16, u16), numbers: &[f32]) -> One {
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    (Tag(tag.0, tag.1), *b"FL", Value::Bytes(bytes.into()))
}

fn sequence(tag: (u16, u16), items: Vec<Vec<One>>) -> One {
    (Tag(tag.0, tag.1), *b"SQ", Value::Items(items.into_iter().map(set).collect()))
}

fn images(named: &[(&str, &str)]) -> One {
    let image = |(uid, frames): &(&str, &str)| {
        let mut item = vec![(INSTANCE, *b"UI", Value::Bytes(uid.as_bytes().to_vec().into()))];
        item.extend((!frames.is_empty()).then(|| number((0x0008, 0x1160), frames)));
        item
    };
    sequence((0x0008, 0x1140), named.iter().map(image).collect())
}

fn state_for(
    of: &[(&str, &str)],
    more: Vec<One>,
) -> Result<(PresentationState, Vec<String>), ReadStateError> {
    let mut elements = vec![sequence((0x0008, 0x1115), vec![vec![images(of)]])];
    elements.extend(more);
    let mut notices = Vec::new();
    let state = state_of(&set(elements), &mut notices)?;
    Ok((state, notices.iter().map(ToString::to_string).collect()))
}

/// A state for one image of any frames.
fn state(more: Vec<One>) -> (PresentationState, Vec<String>) {
    state_for(&[("1.2.3", "")], more).unwrap()
}

#[track_caller]
fn check_told(more: Vec<One>, expected: &[&str]) -> PresentationState {
    let (state, told) = state(more);
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected), "{told:?} does not say {expected:?}");
    }
    state
}

fn window(more: Vec<One>) -> Vec<One> {
    [vec![decimal((0x0028, 0x1050), "100"), decimal((0x0028, 0x1051), "10")], more].concat()
}

fn corners(from: [i32; 2], to: [i32; 2]) -> Vec<One> {
    vec![longs((0x0070, 0x0052), &from), longs((0x0070, 0x0053), &to)]
}

fn area(more: Vec<One>) -> One {
    sequence((0x0070, 0x005a), vec![[corners([1, 1], [8, 4]), more].concat()])
}

#[test]
fn names_that_cannot_be_read_are_nobodys() {
    let uid = SopInstanceUid::new("1.2.3").unwrap();
    let items = vec![
        window(vec![images(&[("no uid", "")])]),
        window(vec![images(&[("1.2.3", "x")])]),
        window(vec![images(&[("1.2.3", "2\\x"), ("", "")])]),
    ];
    let voi = sequence((0x0028, 0x3110), items);
    let told = ["has no UID", "does not mean all frames", "does not mean all frames", "has no UID"];
    let state = check_told(vec![voi], &told);
    assert_eq!([1, 2, 3].map(|frame| state.voi_for(&uid, frame).is_some()), [false, true, false]);
    let named: Vec<_> = state.voi.iter().map(|voi| voi.images.as_ref().map(Vec::len)).collect();
    assert_eq!(named, [Some(0), Some(0), Some(1)]);
    // Nothing named: all, also beside an empty value.
    let state = check_told(vec![sequence((0x0028, 0x3110), vec![window(vec![])])], &[]);
    assert!(state.voi_for(&uid, 7).is_some());
    // Of the images that the state is for, too.
    let listed = |frames| state_for(&[("1.2.3", frames)], vec![]).map(|(state, _)| state.images);
    assert!(matches!(listed("x"), Err(ReadStateError::NoImages)));
    assert_eq!(listed("  ").unwrap(), [StateImage { instance: uid.clone(), frames: vec![] }]);
    assert_eq!(listed("3\\0").unwrap(), [StateImage { instance: uid, frames: vec![3] }]);
}

#[test]
fn corners_at_the_end_of_all_numbers_are_told() {
    let item = corners([i32::MIN, 1], [60, 40]);
    let state = check_told(vec![sequence((0x0070, 0x005a), vec![item])], &["has no two corners"]);
    assert_eq!(state.areas, []);
    assert_eq!([small(i64::from(i32::MIN)), small(i64::MIN), small(-1_000_000)], [None, None, Some(-1e6)]);
}

#[test]
fn sizes_that_are_not_followed_are_told() {
    let mode = |words| text((0x0070, 0x0100), words);
    let size = |more, told: &[&str]| check_told(vec![area(more)], told).areas[0].value.size;
    assert_eq!(size(vec![mode("SCALE TO FIT")], &[]), SizeMode::ScaleToFit);
    let ratio = floats((0x0070, 0x0103), &[2.5]);
    assert_eq!(size(vec![mode("MAGNIFY"), ratio.clone()], &[]), SizeMode::Magnify(2.5));
    assert_eq!(size(vec![mode("MAGNIFY")], &["MAGNIFY says no ratio"]), SizeMode::ScaleToFit);
    assert_eq!(size(vec![mode("TRUE SIZE")], &["TRUE SIZE was not followed"]), SizeMode::TrueSize);
    assert_eq!(size(vec![mode("HUGE"), ratio], &["is not known"]), SizeMode::ScaleToFit);
    let crooked = number((0x0070, 0x0102), "0\\1");
    let state = check_told(vec![area(vec![crooked])], &["no pair of positive numbers"]);
    assert_eq!(state.areas[0].value.pixel_aspect, None);
}

#[test]
fn a_mask_is_a_subtraction_unless_the_native_image_is_wanted() {
    let mask = || sequence((0x0028, 0x6100), vec![vec![text((0x0028, 0x6101), "AVG_SUB")]]);
    let mode = |words| text((0x0028, 0x1090), words);
    assert!(check_told(vec![mask(), mode("SUB")], &[]).is_subtraction);
    assert!(check_told(vec![mask()], &[]).is_subtraction);
    assert!(!check_told(vec![mask(), mode("NAT")], &["shown without it"]).is_subtraction);
    assert!(!check_told(vec![mode("SUB")], &[]).is_subtraction);
}

#[test]
fn a_window_that_cannot_be_used_is_told() {
    let item = vec![decimal((0x0028, 0x1050), "100"), decimal((0x0028, 0x1051), "0")];
    let state = check_told(
        vec![sequence((0x0028, 0x3110), vec![item])],
        &["window 1 was dropped", "shown over their whole range"],
    );
    assert_eq!(state.voi, []);
}

#[test]
fn a_first_input_stays_without_a_sign_until_the_image_is_known() {
    let table = |first| {
        vec![shorts((0x0028, 0x3002), *b"US", &[2, first, 16]), shorts((0x0028, 0x3006), *b"OW", &[0, 9])]
    };
    let voi = sequence((0x0028, 0x3110), vec![vec![sequence((0x0028, 0x3010), vec![table(0xff9c)])]]);
    let modality = sequence((0x0028, 0x3000), vec![table(0xfff6)]);
    let state = check_told(vec![voi, modality], &[]);
    let VoiLut::Table(voi) = &state.voi[0].value.lut else { panic!("{:?}", state.voi) };
    let ModalityLut::Table(modality) = &state.modality_lut else { panic!("{:?}", state.modality_lut) };
    assert_eq!((voi.first, modality.first), (0xff9c, 0xfff6));
    assert_eq!(voi.clone().with_signed_first().first, -100);
    assert_eq!(modality.clone().with_signed_first().first, -10);
}

#[test]
fn a_plane_of_bits_is_a_shutter_and_not_called_unknown() {
    let plane = || {
        vec![
            shorts((0x0018, 0x1623), *b"US", &[0x6000]),
            shorts((0x6000, 0x0010), *b"US", &[2]),
            shorts((0x6000, 0x0011), *b"US", &[4]),
            shorts((0x6000, 0x0050), *b"SS", &[1, 1]),
            shorts((0x6000, 0x3000), *b"OW", &[0x81]),
        ]
    };
    let bitmap = text((0x0018, 0x1600), "BITMAP");
    let state = check_told([plane(), vec![bitmap.clone()]].concat(), &[]);
    let [Shutter::Bitmap(plane)] = state.shutters.as_slice() else { panic!("{:?}", state.shutters) };
    assert!(plane.covers(0, 0) && plane.covers(1, 3) && plane.count() == 2);
    let state = check_told(vec![bitmap], &["the shutter BITMAP is not known or has no edges"]);
    assert_eq!(state.shutters, []);
}

fn graphic(units: Option<&str>, data: One) -> Vec<One> {
    let units = units.map(|units| text((0x0070, 0x0005), units));
    [vec![text((0x0070, 0x0023), "POLYLINE"), data], units.into_iter().collect()].concat()
}

#[test]
fn graphics_that_cannot_be_placed_are_left_out_whole() {
    let line = || floats((0x0070, 0x0022), &[1.0, 2.0, 3.0, 4.0]);
    let annotation = |graphics: Vec<Vec<One>>, more: Vec<One>| {
        let item = [vec![text((0x0070, 0x0002), "L"), sequence((0x0070, 0x0009), graphics)], more].concat();
        vec![sequence((0x0070, 0x0001), vec![item])]
    };
    let drawn = |graphic, told: &[&str]| {
        let state = check_told(annotation(vec![graphic], vec![]), told);
        let graphics = &state.annotations[0].value.graphics;
        graphics.first().map(|graphic| (graphic.points.len(), graphic.points[0].units))
    };
    assert_eq!(drawn(graphic(Some("DISPLAY"), line()), &[]), Some((2, GraphicUnits::Display)));
    assert_eq!(drawn(graphic(None, line()), &["PIXEL was taken"]), Some((2, GraphicUnits::Pixel)));
    assert_eq!(drawn(graphic(Some("MATRIX"), line()), &["neither PIXEL nor DISPLAY"]), None);
    // A line without its middle would be another line.
    let bent = floats((0x0070, 0x0022), &[1.0, 2.0, f32::NAN, 4.0, 5.0, 6.0]);
    assert_eq!(drawn(graphic(Some("PIXEL"), bent), &["no pairs of numbers"]), None);
    let odd = floats((0x0070, 0x0022), &[1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(drawn(graphic(Some("PIXEL"), odd), &["no pairs of numbers"]), None);
    let compound = sequence((0x0070, 0x0209), vec![vec![text((0x0070, 0x0294), "ARROW")]]);
    let state =
        check_told(annotation(vec![graphic(Some("PIXEL"), line())], vec![compound]), &["compound graphics"]);
    assert_eq!(state.annotations[0].value.graphics.len(), 1);
}

#[test]
fn words_have_a_box_or_an_anchor() {
    let words = || text((0x0070, 0x0006), "here");
    let boxed = |units| {
        vec![
            text((0x0070, 0x0003), units),
            floats((0x0070, 0x0010), &[1.0, 2.0]),
            floats((0x0070, 0x0011), &[30.0, 20.0]),
        ]
    };
    let anchor = || {
        vec![
            text((0x0070, 0x0004), "PIXEL"),
            floats((0x0070, 0x0014), &[5.0, 6.0]),
            text((0x0070, 0x0015), "Y"),
        ]
    };
    let read = |item: Vec<One>, told: &[&str]| {
        let item = [vec![words()], item].concat();
        let texts = sequence((0x0070, 0x0008), vec![item]);
        let state = check_told(vec![sequence((0x0070, 0x0001), vec![vec![texts]])], told);
        state.annotations[0].value.texts.first().map(|text| {
            let bounds = text.bounds.map(|[one, other]| [one.x, one.y, other.x, other.y]);
            (bounds, text.anchor.map(|(at, is_visible)| (at.x, at.y, is_visible)))
        })
    };
    let bounds = Some([1.0, 2.0, 30.0, 20.0]);
    assert_eq!(read(boxed("DISPLAY"), &[]), Some((bounds, None)));
    assert_eq!(read([boxed("PIXEL"), anchor()].concat(), &[]), Some((bounds, Some((5.0, 6.0, true)))));
    let told = ["neither PIXEL nor DISPLAY"; 2];
    assert_eq!(read([boxed("MATRIX"), anchor()].concat(), &told), Some((None, Some((5.0, 6.0, true)))));
    assert_eq!(read(vec![], &["no words or no place"]), None);
}

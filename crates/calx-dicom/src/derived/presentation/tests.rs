//! States are read back as what the case shows.

use calx_geometry::{Area, Ellipse, Grid, Mask, Outline, PathVertex, Rectangle, VesselPath};
use calx_model::presentation_state::{Graphic, GraphicKind, SizeMode};
use calx_model::{
    LookupTable, ModalityLut, PresentationLut, PresentationState, Shape, VoiLut, VoiLutFunction, Window,
};

use super::regions::regions_of_state;
use super::*;
use crate::derived::testing::{Sample, at};
use crate::notice::Read;
use crate::presentation_state::read_presentation_state_bytes;

/// The state of an image and what was told while it was written; reading it must find nothing wrong.
fn state(sample: &Sample, image: usize) -> (PresentationState, Vec<String>) {
    let (object, told) = write_presentation(&sample.root(), sample.image(image).id).unwrap();
    let Read { value, notices } = read_presentation_state_bytes(object.unwrap().bytes).unwrap();
    assert_eq!(notices, []);
    (value, told)
}

/// One region of every shape, on an image of at least 100 by 100.
fn mark_all(sample: &mut Sample) {
    let triangle = Outline::new(vec![at(10.0, 10.0), at(40.5, 12.0), at(20.0, 33.25)]).unwrap();
    let vertex = |x: f64, y: f64| PathVertex { point: at(x, y), width: Grid::snap(6.0).unwrap() };
    sample.mark(0, Shape::Area(Area::from_outline(triangle)), "calcified stretch");
    sample.mark(0, Shape::Ellipse(Ellipse::from_box(at(20.0, 20.0), at(60.0, 40.0)).unwrap()), "other");
    sample.mark(
        0,
        Shape::Rectangle(Rectangle::from_box(at(50.0, 50.0), at(70.0, 90.0)).unwrap()),
        "bone loss",
    );
    let path = VesselPath::new(vec![vertex(1.0, 1.0), vertex(30.0, 40.0), vertex(90.0, 50.0)]).unwrap();
    sample.mark(0, Shape::Path(path), "calcified stretch");
    sample.mark(0, Shape::Line { ends: [at(1.0, 2.0), at(3.0, 4.0)] }, "other");
    sample.mark(0, Shape::Angle { points: [at(1.0, 2.0), at(30.0, 4.0), at(9.0, 60.0)] }, "other");
    sample.mark(
        0,
        Shape::Arrow { head: at(50.0, 60.0), tail: at(80.0, 20.0), text: "look".to_owned() },
        "other",
    );
    sample.mark(0, Shape::Point { at: at(33.0, 44.0) }, "other");
    let mask =
        Mask::from_bits(100, 100, |x, y| (20..40).contains(&x) && y > 50 && !(x == 30 && y == 60)).unwrap();
    sample.mark(0, Shape::Mask(mask), "a label of nobody");
}

#[test]
fn a_state_says_what_the_case_shows() {
    let mut sample = Sample::of(&["hand_right_small", "hand_left_small"]);
    mark_all(&mut sample);
    let (object, told) = write_presentation(&sample.root(), sample.image(0).id).unwrap();
    let object = object.unwrap();
    assert_eq!((object.name.as_str(), told.len()), ("gsps/image-1.dcm", 0));
    let (value, _) = state(&sample, 0);
    assert!(value.applies_to(&sample.sources[0].instance, 1));
    assert!(!value.applies_to(&sample.sources[1].instance, 1));
    let shown = sample.shown[0].as_ref().unwrap();
    assert_eq!(value.voi[0].value.lut, shown.voi);
    assert_eq!(value.voi[0].value.explanation.as_deref(), Some("file 1"));
    assert_eq!(value.presentation_lut, PresentationLut::Identity);
    assert_eq!((value.quarter_turns, value.flip_horizontal), (0, false));
    let area = value.area_for(&sample.sources[0].instance, 1).unwrap();
    assert_eq!(
        (area.edges, area.size, area.pixel_aspect),
        ([0.0, 0.0, 200.0, 256.0], SizeMode::ScaleToFit, Some(1.0))
    );
    // Layers in the order of the schema, in its colours, then what the schema does not have.
    let colours: Vec<_> = value.layers.iter().map(|layer| layer.colour).collect();
    let known = |n: usize| sample.schema.labels[n].rgb();
    assert_eq!(colours, [known(0), known(2), known(3), Some([255, 255, 255])]);
    let graphics: Vec<&Graphic> = value.annotations.iter().flat_map(|a| &a.value.graphics).collect();
    // Area, path and its two walls; rectangle; ellipse, line, angle, arrow of two, point; mask with its hole.
    assert_eq!(graphics.len(), 4 + 1 + 6 + 2);
    let closed = |g: &&&Graphic| g.kind == GraphicKind::Polyline && g.points.first() == g.points.last();
    assert_eq!(graphics.iter().filter(closed).count(), 4);
    let inside = graphics
        .iter()
        .flat_map(|g| &g.points)
        .all(|p| (0.0..=200.0).contains(&p.x) && (0.0..=256.0).contains(&p.y));
    assert!(inside, "the walls of the path reach beyond the image");
    let texts: Vec<_> = value.annotations.iter().flat_map(|a| &a.value.texts).collect();
    assert_eq!(texts.len(), 9);
    assert_eq!(texts[0].text, "(1) calcified stretch 動脈");
    assert_eq!(object, write_presentation(&sample.root(), sample.image(0).id).unwrap().0.unwrap());
}

#[test]
fn own_graphics_come_back_as_the_shapes_they_were() {
    let mut sample = Sample::of(&["hand_right_small"]);
    mark_all(&mut sample);
    let (value, _) = state(&sample, 0);
    let Read { value: regions, notices } = regions_of_state(&value);
    for index in [0usize, 1, 4, 7] {
        let shape = &sample.case.regions[index].shape;
        let found = regions.iter().find(|region| region.shape == *shape);
        assert!(found.is_some_and(|region| region.notices.is_empty()), "region {}", index + 1);
    }
    assert!(regions.iter().all(|region| region.source == sample.sources[0].instance));
    assert!(regions.iter().all(|region| region.notices.is_empty()), "every point lies on the grid");
    assert_eq!(notices.len(), 1, "words of several graphics lead nowhere: {notices:?}");
}

#[test]
fn grey_chains_of_every_kind_come_back() {
    let table = |first, bits| LookupTable { first, bits, entries: (0..200u16).map(|n| n * 20).collect() };
    let mut sample = Sample::of(&["hand_monochrome1", "hand_sigmoid", "hand_lut_sequence", "hand_signed"]);
    let set = |sample: &mut Sample, n: usize, modality: ModalityLut, voi: VoiLut| {
        let shown = sample.shown[n].as_mut().unwrap();
        (shown.modality_lut, shown.voi) = (modality, voi);
    };
    let read = |sample: &Sample, n: usize| state(sample, n).0;
    assert_eq!(read(&sample, 0).presentation_lut, PresentationLut::Inverse, "MONOCHROME1");
    let sigmoid = read(&sample, 1).voi[0].value.lut.clone();
    assert!(
        matches!(sigmoid, VoiLut::Window(Window { function: VoiLutFunction::Sigmoid, .. })),
        "{sigmoid:?}"
    );
    // Its 12 bits become 16, as a state must have them, and show the same.
    let (own, VoiLut::Table(back)) =
        (&sample.shown[2].as_ref().unwrap().voi, read(&sample, 2).voi[0].value.lut.clone())
    else {
        panic!("a table is a table")
    };
    assert_eq!(back.bits, 16);
    let code = |lut: &VoiLut, x: u16| (lut.apply(f64::from(x)) * 255.0 + 0.5 + 1e-9).floor();
    let back = VoiLut::Table(back);
    assert!((0..4096).all(|x| (code(own, x) - code(&back, x)).abs() < 0.5));

    set(&mut sample, 0, ModalityLut::Table(table(0, 16)), VoiLut::Table(table(17, 16)));
    let both = read(&sample, 0);
    assert_eq!(both.modality_lut, ModalityLut::Table(table(0, 16)));
    assert_eq!(both.voi[0].value.lut, VoiLut::Table(table(17, 16)));
    for count in [199, 200] {
        let bytes: Vec<u16> = (0..count).collect();
        let eight = LookupTable { first: -3, bits: 8, entries: bytes.into() };
        let modality = LookupTable { first: 0, ..eight.clone() };
        set(&mut sample, 0, ModalityLut::Table(modality.clone()), VoiLut::Table(eight.clone()));
        let both = read(&sample, 0);
        assert_eq!(both.modality_lut, ModalityLut::Table(modality));
        assert_eq!(both.voi[0].value.lut, VoiLut::Table(eight));
    }
    let rescale = ModalityLut::Rescale { slope: 0.1 + 0.2, intercept: -1024.0 };
    set(&mut sample, 3, rescale, VoiLut::Table(table(-100, 16)));
    let signed = read(&sample, 3);
    let ModalityLut::Rescale { slope, intercept } = signed.modality_lut else {
        panic!("{:?}", signed.modality_lut)
    };
    assert!((slope - 0.3).abs() < 1e-15 && (intercept + 1024.0).abs() < 1e-15);
    assert_eq!(signed.voi[0].value.lut, VoiLut::Table(table(-100, 16)));
    set(&mut sample, 3, ModalityLut::Identity, VoiLut::Range { min: -200.0, max: 1000.0 });
    let window = Window { center: 400.5, width: 1201.0, function: VoiLutFunction::Linear };
    assert_eq!(read(&sample, 3).voi[0].value.lut, VoiLut::Window(window));
    // What no state can say is said in words.
    set(&mut sample, 3, ModalityLut::Identity, VoiLut::Range { min: f64::NEG_INFINITY, max: 1000.0 });
    let (none, told) = write_presentation(&sample.root(), sample.image(3).id).unwrap();
    assert!(none.is_none());
    assert_eq!(
        told,
        ["image 4 has no presentation state: its window is none that a presentation state can hold"]
    );
}

#[test]
fn what_modality_values_are_stays_said() {
    let mut sample = Sample::of(&["hand_right_small"]);
    let table = LookupTable { first: 0, bits: 16, entries: (0..200u16).map(|n| n * 327).collect() };
    for lut in [ModalityLut::Rescale { slope: 1.0, intercept: -1024.0 }, ModalityLut::Table(table)] {
        for (of, written) in
            [(Some("HU"), b"LO\x02\0HU".as_slice()), (Some("OD"), b"LO\x02\0OD"), (None, b"LO\x02\0US")]
        {
            let shown = sample.shown[0].as_mut().unwrap();
            (shown.modality_lut, shown.rescale_type) = (lut.clone(), of.map(str::to_owned));
            let bytes = write_presentation(&sample.root(), sample.image(0).id).unwrap().0.unwrap().bytes;
            let tags = [[0x28, 0, 0x54, 0x10], [0x28, 0, 0x04, 0x30]];
            let is_there =
                bytes.windows(10).any(|w| tags.iter().any(|t| w.starts_with(t)) && w.ends_with(written));
            assert!(is_there, "{of:?} of {lut:?}");
        }
    }
}

#[test]
fn turns_and_flips_come_back_with_the_whole_image() {
    let mut sample = Sample::of(&["hand_right_small"]);
    mark_all(&mut sample);
    sample.shown[0].as_mut().unwrap().pixel_aspect = 0.5;
    for turns in 0..4 {
        for flip in [false, true] {
            (sample.display(0).quarter_turns, sample.display(0).flip_horizontal) = (turns, flip);
            let (value, _) = state(&sample, 0);
            assert_eq!((value.quarter_turns, value.flip_horizontal), (turns, flip));
            let area = value.area_for(&sample.sources[0].instance, 1).unwrap();
            assert_eq!((area.edges, area.pixel_aspect), ([0.0, 0.0, 200.0, 256.0], Some(0.5)));
        }
    }
}

#[test]
fn colour_has_no_state_and_frames_of_a_clip_are_named() {
    let mut sample = Sample::of(&["doppler_small"]);
    let n = sample.mark(0, Shape::Point { at: at(5.0, 5.0) }, "other");
    sample.case.regions[n].frames = vec![2, 3];
    let (none, told) = write_presentation(&sample.root(), sample.image(0).id).unwrap();
    assert_eq!((none, told), (None, vec!["image 1 has no presentation state: it is in colour".to_owned()]));
    sample.sources[0].is_grey = true;
    sample.shown[0] = Sample::of(&["hand_signed"]).shown.remove(0);
    let (value, _) = state(&sample, 0);
    let instance = &sample.sources[0].instance;
    assert_eq!([1, 2, 3, 4].map(|frame| value.laid_over(instance, frame).len()), [0, 1, 1, 0]);
    assert!((1..=4).all(|frame| value.voi_for(instance, frame).is_some()));
}

#[test]
fn shutters_of_the_image_are_those_of_its_state() {
    use calx_model::presentation_state::Shutter;
    let mut sample = Sample::of(&["hand_right_small"]);
    let shutters = vec![
        Shutter::Circle { centre: [99.5, 119.5], radius: 80.0 },
        Shutter::Polygon { vertices: vec![[0.5, 0.5], [99.5, 10.5], [50.5, 99.5]] },
        Shutter::Rectangle { edges: [4.0, 9.0, 190.0, 250.0] },
    ];
    (sample.sources[0].shutters, sample.sources[0].shutter_grey) = (shutters.clone(), 128);
    let (value, told) = state(&sample, 0);
    assert_eq!((value.shutters, value.shutter_grey, told.len()), (shutters, 128, 0));
}

#[test]
fn an_outline_of_too_many_points_is_simplified_and_told() {
    let mut sample = Sample::of(&["hand_right_small"]);
    let ring: Vec<_> = (0..9000u32)
        .map(|n| {
            let angle = f64::from(n) / 9000.0 * std::f64::consts::TAU;
            at(100.0 + 90.0 * angle.cos(), 100.0 + 90.0 * angle.sin())
        })
        .collect();
    let area = Area::resolve(ring).unwrap();
    assert!(area.rings().next().unwrap().vertices().len() > 8191);
    sample.mark(0, Shape::Area(area), "other");
    let (value, told) = state(&sample, 0);
    assert_eq!(told.len(), 1, "{told:?}");
    let graphic = &value.annotations[0].value.graphics[0];
    assert!((50..8191).contains(&graphic.points.len()), "{}", graphic.points.len());
    assert!(graphic.points.iter().all(|p| ((p.x - 100.0).hypot(p.y - 100.0) - 90.0).abs() < 0.5));
}

#[test]
fn words_that_are_cut_or_have_no_room_are_told() {
    let told = |length: usize| {
        let mut sample = Sample::of(&["hand_right_small"]);
        sample.mark(0, Shape::Point { at: at(33.0, 44.0) }, "other");
        sample.words[0] = "word ".repeat(length);
        let (value, told) = state(&sample, 0);
        let text = &value.annotations[0].value.texts[0];
        (text.text.chars().count(), told)
    };
    assert_eq!(told(20), (99, Vec::new()));
    let (kept, words) = told(200);
    assert_eq!(
        (kept, words.as_slice()),
        (999, ["region 1: its words have no room in the presentation state".to_owned()].as_slice())
    );
    let (kept, words) = told(300);
    let cut = "region 1: its words are cut after 1024 characters in the presentation state".to_owned();
    assert_eq!((kept, words), (1024, vec![cut]));
}

#[test]
fn a_series_of_an_unpaired_part_has_its_part_and_no_side() {
    let said = |part: &str| {
        let mut sample = Sample::of(&["hand_right_small"]);
        part.clone_into(&mut sample.sources[0].body_part);
        let (object, _) = write_presentation(&sample.root(), sample.image(0).id).unwrap();
        let bytes = object.unwrap().bytes;
        let object = dicom_object::from_reader(std::io::Cursor::new(&bytes[128..])).unwrap();
        [(0x0020, 0x0060), (0x0018, 0x0015)].map(|(group, element): (u16, u16)| {
            let element = object.element_opt((group, element).into()).unwrap();
            element.map(|element| element.to_str().unwrap().trim_end().to_owned())
        })
    };
    let is = |side: Option<&str>, part: Option<&str>| [side, part].map(|word| word.map(str::to_owned));
    assert_eq!(said("HAND"), is(Some("R"), Some("HAND")));
    assert_eq!(said("HEAD "), is(None, Some("HEAD")));
    assert_eq!(said("FOREARM"), is(Some("R"), None));
}

#[test]
fn frames_with_windows_of_their_own_are_named_with_them() {
    use crate::derived::root::ShownFrames;
    let mut sample = Sample::of(&["doppler_small"]);
    sample.sources[0].is_grey = true;
    let mut shown = Sample::of(&["hand_signed"]).shown.remove(0).unwrap();
    let window = |center| VoiLut::Window(Window { center, width: 50.0, function: VoiLutFunction::Linear });
    let other = |frames: &[u32], voi| ShownFrames {
        frames: frames.to_vec(),
        modality_lut: shown.modality_lut.clone(),
        voi,
        window_name: String::new(),
    };
    shown.others = vec![other(&[2, 4], window(7.0)), other(&[3], window(9.0))];
    shown.voi = window(1.0);
    sample.shown[0] = Some(shown.clone());
    let (value, _) = state(&sample, 0);
    let instance = sample.sources[0].instance.clone();
    let of = |frame| value.voi_for(&instance, frame).unwrap().lut.clone();
    assert_eq!([1, 2, 3, 4].map(of), [1.0, 7.0, 9.0, 7.0].map(window));
    assert_eq!(value.voi.len(), 3);
    shown.others[1].modality_lut = ModalityLut::Rescale { slope: 3.0, intercept: 0.0 };
    sample.shown[0] = Some(shown);
    let (none, told) = write_presentation(&sample.root(), sample.image(0).id).unwrap();
    assert!(none.is_none() && told[0].contains("rescales of their own"), "{told:?}");
}

#[test]
fn a_region_of_very_many_parts_has_its_largest_drawn_and_that_is_told() {
    let mut sample = Sample::of(&["hand_right_small"]);
    // Single pixels, and ten discs among them.
    let speckled = |x: u32, y: u32| {
        let (dx, dy) = (i64::from(x % 20) - 10, i64::from(y) - 100);
        let is_disc = x < 200 && dx * dx + dy * dy < 36;
        is_disc || ((x + y).is_multiple_of(2) && !(90..110).contains(&y))
    };
    sample.mark(0, Shape::Mask(Mask::from_bits(200, 256, speckled).unwrap()), "other");
    let (value, told) = state(&sample, 0);
    assert_eq!(
        told,
        ["region 1: it has 23610 parts and holes, the presentation state outlines the 1000 largest of them"]
    );
    let graphics = &value.annotations[0].value.graphics;
    assert_eq!(graphics.len(), 1000);
    let tall = graphics.iter().filter(|graphic| graphic.points.iter().all(|p| (p.y - 100.0).abs() < 7.0));
    let tall = tall.count();
    assert_eq!(tall, 10, "the discs are the largest");
    // With more regions each has less room.
    for _ in 0..99 {
        sample.mark(0, Shape::Point { at: at(33.0, 44.0) }, "other");
    }
    let (value, _) = state(&sample, 0);
    assert_eq!(value.annotations[0].value.graphics.len(), 200 + 99);
}

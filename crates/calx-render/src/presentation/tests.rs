//! States of plain data over small pictures; what dcmtk draws of one is held against it elsewhere.

use calx_model::presentation_state::{DisplayedArea, GraphicLayer, Scoped, Shutter, StateImage, StateVoi};
use calx_model::{PhotometricInterpretation, Samples};

use super::*;
use crate::picture::Pixels;
use crate::shutter::draw_shutters;

fn instance() -> SopInstanceUid {
    SopInstanceUid::new("1.2.3").unwrap()
}

fn state() -> PresentationState {
    let images = vec![StateImage { instance: instance(), frames: Vec::new() }];
    let layer =
        |name: &str, order, colour| GraphicLayer { name: name.to_owned(), order, colour: Some(colour) };
    let layers = vec![layer("LOW", 1, [200, 0, 0]), layer("HIGH", 2, [0, 200, 0])];
    PresentationState { images, layers, ..PresentationState::default() }
}

fn all<T>(value: T) -> Scoped<T> {
    Scoped { images: None, value }
}

const COLUMNS: u32 = 200;
const ROWS: u32 = 100;

/// What is drawn over a black picture, and what is told of the rest.
fn drawn(state: &PresentationState, planes: &[OverlayPlane]) -> (Picture, Vec<String>) {
    let frame = Frame::new(COLUMNS, ROWS, Samples::U8(vec![0; 20_000].into())).unwrap();
    let mut picture = Picture::new(COLUMNS, ROWS, Pixels::Grey(vec![0; 20_000])).unwrap();
    let of = StateFrame { state, instance: &instance(), frame: 1, columns: COLUMNS, rows: ROWS };
    let told = draw_graphics(&mut picture, &View::one_to_one(&frame), of, planes);
    (picture, told)
}

fn plane(group: u16) -> OverlayPlane {
    OverlayPlane::new(group, ROWS, COLUMNS, vec![255; 2500].into()).unwrap()
}

fn filled(layer: &str) -> Scoped<Annotation> {
    let corners = [(10.0, 10.0), (90.0, 10.0), (90.0, 90.0), (10.0, 90.0), (10.0, 10.0)];
    let points = corners.map(|(x, y)| GraphicPoint { x, y, units: GraphicUnits::Pixel }).to_vec();
    let graphic = Graphic { kind: GraphicKind::Polyline, points, is_filled: true };
    all(Annotation { layer: layer.to_owned(), graphics: vec![graphic], texts: Vec::new() })
}

#[test]
fn of_planes_and_graphics_the_higher_layer_covers() {
    let own = |layer: &str| StateOverlay::Own { plane: plane(0x6000), layer: layer.to_owned() };
    let of_image = |layer: &str| StateOverlay::OfImage { group: 0x6002, layer: layer.to_owned() };
    let middle = |overlays: Vec<StateOverlay>, annotations| {
        let state = PresentationState { overlays, annotations, ..state() };
        let (picture, told) = drawn(&state, &[plane(0x6002)]);
        assert_eq!(told, Vec::<String>::new());
        picture.rgb(50, 50).unwrap()
    };
    let (low, high) = ([200, 0, 0], [0, 200, 0]);
    assert_eq!(middle(vec![], vec![filled("LOW")]), low, "a filled graphic covers");
    assert_eq!(middle(vec![own("HIGH")], vec![filled("LOW")]), high);
    assert_eq!(middle(vec![own("LOW")], vec![filled("HIGH")]), high);
    // Planes among themselves, whatever their groups are.
    assert_eq!(middle(vec![own("HIGH"), of_image("LOW")], vec![]), high);
    assert_eq!(middle(vec![own("LOW"), of_image("HIGH")], vec![]), high);
}

#[test]
fn a_plane_that_the_image_has_not_is_told() {
    let overlays = vec![StateOverlay::OfImage { group: 0x6004, layer: "LOW".to_owned() }];
    let state = PresentationState { overlays, ..state() };
    let (picture, told) = drawn(&state, &[plane(0x6000)]);
    let expected =
        "the presentation state shows the overlay of group 6004 of the image, none lies over this frame";
    assert_eq!(told, [expected]);
    assert!(picture.is_grey(), "nothing was drawn");
}

#[test]
fn words_stand_in_their_box_and_a_line_leads_to_their_anchor() {
    let point = |x, y| GraphicPoint { x, y, units: GraphicUnits::Pixel };
    let changed = |bounds, anchor| {
        let text = GraphicText { text: "HERE".to_owned(), bounds, anchor };
        let annotation = Annotation { layer: "LOW".to_owned(), graphics: Vec::new(), texts: vec![text] };
        let (picture, _) = drawn(&PresentationState { annotations: vec![all(annotation)], ..state() }, &[]);
        let places = (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| (x, y)));
        // Letters and lines, not the plate behind words.
        let is_ink = |(x, y): &(u32, u32)| picture.rgb(*x, *y).is_some_and(|[red, ..]| red > 100);
        places.filter(is_ink).collect::<Vec<_>>()
    };
    // The corners in either order; letters of 20 pixels may hang over by one.
    for bounds in [[point(20.0, 30.0), point(120.0, 50.0)], [point(120.0, 50.0), point(20.0, 30.0)]] {
        let words = changed(Some(bounds), None);
        assert!(words.len() > 50, "{}", words.len());
        assert!(words.iter().all(|(x, y)| (19..=120).contains(x) && (29..=51).contains(y)));
    }
    let bounds = [point(20.0, 30.0), point(120.0, 50.0)];
    let words = changed(Some(bounds), None);
    assert_eq!(changed(Some(bounds), Some((point(180.0, 90.0), false))), words, "an anchor not to be seen");
    let led = changed(Some(bounds), Some((point(180.0, 90.0), true)));
    assert!(led.contains(&(179, 89)) && !words.contains(&(179, 89)), "the line ends at the anchor");
    // Without a box the words stand beside what they speak of.
    let beside = changed(None, Some((point(100.0, 50.0), false)));
    assert!(!beside.is_empty() && beside.iter().all(|(x, y)| *x >= 100 && *y < 50), "{beside:?}");
}

#[test]
fn an_area_is_magnified_as_it_says() {
    let width = |size, within| {
        let area = DisplayedArea { edges: [10.0, 10.0, 50.0, 30.0], size, pixel_aspect: None };
        let state = PresentationState { areas: vec![all(area)], ..state() };
        let of = StateFrame { state: &state, instance: &instance(), frame: 1, columns: COLUMNS, rows: ROWS };
        let view = state_view(of, 1.0, within);
        (view.width, view.height)
    };
    assert_eq!(width(SizeMode::Magnify(2.5), None), (100, 50));
    assert_eq!(width(SizeMode::ScaleToFit, None), (40, 20));
    assert_eq!(width(SizeMode::TrueSize, None), (40, 20));
    assert_eq!(width(SizeMode::Magnify(2.5), Some((80, 80))), (80, 40), "what was asked for decides");
}

#[test]
fn fractions_count_over_the_area_as_it_is_shown_in_all_eight_turns() {
    // Off every axis of symmetry, over a part of the image whose pixels are twice as high as wide.
    let area = DisplayedArea {
        edges: [10.0, 20.0, 50.0, 50.0],
        size: SizeMode::ScaleToFit,
        pixel_aspect: Some(2.0),
    };
    for (quarter_turns, flip_horizontal) in (0..4).flat_map(|turns| [(turns, false), (turns, true)]) {
        let areas = vec![all(area.clone())];
        let state = PresentationState { areas, quarter_turns, flip_horizontal, ..state() };
        let of = StateFrame { state: &state, instance: &instance(), frame: 1, columns: COLUMNS, rows: ROWS };
        let view = state_view(of, 1.0, None);
        let at = of.place(GraphicPoint { x: 0.2, y: 0.1, units: GraphicUnits::Display });
        let shown = view.screen_from_image().unwrap() * at;
        let expected = (0.2 * f64::from(view.width), 0.1 * f64::from(view.height));
        let off = (shown.x - expected.0).abs().max((shown.y - expected.1).abs());
        assert!(off < 1e-9, "{quarter_turns} {flip_horizontal}: {shown:?}, not {expected:?}");
        let is_upright = quarter_turns % 2 == 0;
        assert_eq!((view.width, view.height), if is_upright { (40, 60) } else { (60, 40) });
    }
}

fn attributes(signed: bool) -> DisplayAttributes {
    DisplayAttributes {
        photometric_interpretation: PhotometricInterpretation::Monochrome2,
        bits_stored: 16,
        signed,
        padding: None,
        modality_lut: ModalityLut::Identity,
        rescale_type: None,
        voi: Vec::new(),
        presentation_lut_shape: None,
        palette: None,
        shutters: Vec::new(),
        shutter_grey: 0,
        modality: "MR".to_owned(),
    }
}

fn resolved(state: &PresentationState, signed: bool) -> Result<DisplayPipeline, ChooseError> {
    let frame = Frame::new(1, 1, Samples::U16(vec![0].into())).unwrap();
    let of = StateFrame { state, instance: &instance(), frame: 1, columns: 1, rows: 1 };
    resolve_state(of, &attributes(signed), &frame)
}

#[test]
fn the_first_input_of_a_table_has_the_sign_of_the_image() {
    // -100 without a sign, as implicit VR holds it.
    let table = || LookupTable { first: 65436, bits: 8, entries: [0u16, 128, 255].as_slice().into() };
    let voi = all(StateVoi { lut: VoiLut::Table(table()), explanation: None });
    let shown = |state: &PresentationState, signed, value: f64| {
        let pipeline = resolved(state, signed).unwrap();
        format!("{:.0}", pipeline.display_value(pipeline.modality_lut.apply(value)) * 255.0)
    };
    let of_voi = PresentationState { voi: vec![voi.clone()], ..state() };
    assert_eq!([-101.0, -99.0, 5.0].map(|v| shown(&of_voi, true, v)), ["0", "128", "255"]);
    assert_eq!([0.0, 65437.0, 65438.0].map(|v| shown(&of_voi, false, v)), ["0", "128", "255"]);
    // An intercept below 0 makes negatives of what has no sign.
    let modality_lut = ModalityLut::Rescale { slope: 1.0, intercept: -200.0 };
    let rescaled = PresentationState { modality_lut, ..of_voi };
    assert_eq!([0.0, 101.0, 300.0].map(|v| shown(&rescaled, false, v)), ["0", "128", "255"]);
    // A table of modality values takes stored ones.
    let of_table = PresentationState { modality_lut: ModalityLut::Table(table()), ..state() };
    assert_eq!([-101.0, -99.0, 5.0].map(|v| shown(&of_table, true, v)), ["0", "128", "255"]);
}

#[test]
fn a_subtraction_is_refused() {
    let state = PresentationState { is_subtraction: true, ..state() };
    let error = resolved(&state, false).unwrap_err();
    assert!(matches!(error, ChooseError::Subtraction), "{error}");
    assert!(error.to_string().contains("MaskSubtractionSequence (0028,6100)"), "{error}");
}

/// The view, and how wide and high a circular shutter of radius 20 leaves the picture.
fn seen(pixel_aspect: Option<f64>, image_aspect: f64) -> (View, [usize; 2]) {
    let edges = [0.0, 0.0, 100.0, 100.0];
    let state = PresentationState {
        shutters: vec![Shutter::Circle { centre: [50.0, 50.0], radius: 20.0 }],
        areas: vec![all(DisplayedArea { edges, size: SizeMode::ScaleToFit, pixel_aspect })],
        ..state()
    };
    let of = StateFrame { state: &state, instance: &instance(), frame: 1, columns: 100, rows: 100 };
    let view = state_view(of, image_aspect, None);
    let bytes = usize::try_from(view.width * view.height).unwrap();
    let mut picture = Picture::new(view.width, view.height, Pixels::Grey(vec![9; bytes])).unwrap();
    draw_shutters(&mut picture, &view, &state.shutters, state_aspect(of, image_aspect), 0);
    let is_seen = |x: u32, y: u32| picture.rgb(x, y) == Some([9; 3]);
    let across = (0..view.width).filter(|x| is_seen(*x, view.height / 2)).count();
    let down = (0..view.height).filter(|y| is_seen(view.width / 2, *y)).count();
    (view, [across, down])
}

#[test]
fn a_circular_shutter_is_a_circle_of_the_picture_the_state_gives() {
    // The state says that pixels are twice as high as wide, the image says nothing; then the other way round.
    for (of_state, of_image, size) in [(2.0, 1.0, (100, 200)), (1.0, 2.0, (100, 100))] {
        let (view, sides) = seen(Some(of_state), of_image);
        assert_eq!((view.width, view.height), size);
        assert!(sides.iter().all(|side| side.abs_diff(40) <= 1), "{sides:?}");
    }
}

#[test]
fn nearly_square_pixels_of_a_state_are_not_resampled() {
    let (view, _) = seen(Some(1.001), 1.0);
    assert_eq!((view.width, view.height, view.is_exact()), (100, 100, true));
}

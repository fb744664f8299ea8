//! An independent checker finds nothing in segmentations and presentation states.

use std::process::Command;

use calx_geometry::{Area, Ellipse, Grid, Mask, Outline, PathVertex, VesselPath};
use calx_model::presentation_state::Shutter;
use calx_model::{LookupTable, ModalityLut, Shape, Side, Site, VoiLut};

use super::presentation::write_presentation;
use super::root::{SegGeometry, SegRegions};
use super::segmentation::segmentation;
use super::testing::{Sample, at};

/// What the checker says of things it is too old to know (Synthetic Data, which makes an object an extended one to it), of
/// our own scheme.
const KNOWN: [&str; 3] = ["0x0008,0x001c", "Standard Extended SOP Class", "<99CALX>"];
/// What it says of a film, whose series has no one side, and of a clip whose part it does not know.
const NO_SIDE: &str = "is only permitted to be empty when";

/// Objects by name. The names tell what is particular.
fn objects() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for name in [
        "hand_right_small",
        "film_small",
        "hand_monochrome1",
        "hand_sigmoid",
        "hand_lut_sequence",
        "hand_signed",
    ] {
        let mut sample = Sample::of(&[name]);
        mark(&mut sample);
        all.extend(of(&sample, name));
        sample.options.seg_geometry = SegGeometry::Nominal;
        sample.options.seg_regions = SegRegions::All;
        all.extend(of(&sample, &format!("{name} nominal")));
    }
    let mut sample = Sample::of(&["hand_right_small"]);
    mark(&mut sample);
    for turns in 0..4 {
        for flip in [false, true] {
            (sample.display(0).quarter_turns, sample.display(0).flip_horizontal) = (turns, flip);
            all.extend(of(&sample, &format!("turned {turns} {flip}")));
        }
    }
    // The checker wants the topmost bit used by a modality LUT, which the standard does not ask for.
    let modality = LookupTable { first: 5, bits: 16, entries: (0..4096u16).map(|n| n * 16 + 15).collect() };
    let voi = LookupTable { first: 9, bits: 12, entries: (0..4096u16).collect() };
    let shown = sample.shown[0].as_mut().unwrap();
    (shown.modality_lut, shown.voi) = (ModalityLut::Table(modality), VoiLut::Table(voi));
    sample.sources[0].shutters = vec![
        Shutter::Circle { centre: [99.5, 119.5], radius: 80.0 },
        Shutter::Rectangle { edges: [4.0, 9.0, 190.0, 250.0] },
    ];
    all.extend(of(&sample, "tables and shutters"));
    let eight = LookupTable { first: 0, bits: 8, entries: (0..=255u16).cycle().take(4096).collect() };
    let shown = sample.shown[0].as_mut().unwrap();
    (shown.modality_lut, shown.voi) = (ModalityLut::Table(eight.clone()), VoiLut::Table(eight));
    all.extend(of(&sample, "tables of bytes"));
    let mut lossy = Sample::of(&["doppler_jpeg"]);
    mark(&mut lossy);
    all.extend(of(&lossy, "lossy"));
    let mut clip = Sample::of(&["doppler_small"]);
    mark(&mut clip);
    clip.case.regions[0].frames = vec![2];
    all.extend(of(&clip, "clip"));
    all
}

fn mark(sample: &mut Sample) {
    let disc = Mask::from_bits(90, 90, |x, y| (x * 3 + y) % 7 < 4 && x > 10).unwrap();
    sample.mark(0, Shape::Mask(disc), "calcified stretch");
    let triangle = Outline::new(vec![at(10.0, 10.0), at(40.5, 12.0), at(20.0, 33.25)]).unwrap();
    sample.mark(0, Shape::Area(Area::from_outline(triangle)), "bone loss");
    sample.mark(0, Shape::Ellipse(Ellipse::from_box(at(20.0, 20.0), at(60.0, 40.0)).unwrap()), "other");
    let vertex = |x: f64, y: f64| PathVertex { point: at(x, y), width: Grid::snap(6.0).unwrap() };
    let path = VesselPath::new(vec![vertex(1.0, 1.0), vertex(30.0, 40.0), vertex(90.0, 50.0)]).unwrap();
    let course = sample.mark(0, Shape::Path(path), "vessel course");
    sample.case.regions[course].sites = vec![Site {
        code: None,
        digit: Some(calx_model::Digit::Ring),
        segment: None,
        side: Some(Side::Right),
    }];
    sample.mark(
        0,
        Shape::Arrow { head: at(50.0, 60.0), tail: at(80.0, 20.0), text: "look".to_owned() },
        "other",
    );
    sample.mark(0, Shape::Point { at: at(33.0, 44.0) }, "a label of nobody");
}

fn of(sample: &Sample, name: &str) -> Vec<(String, Vec<u8>)> {
    let segments = segmentation(&sample.root(), sample.image(0)).unwrap();
    let (state, _) = write_presentation(&sample.root(), sample.image(0).id).unwrap();
    let segments = segments.map(|(object, _)| (format!("{name} seg"), object.bytes));
    segments.into_iter().chain(state.map(|object| (format!("{name} gsps"), object.bytes))).collect()
}

#[test]
fn the_checker_finds_nothing_in_segmentations_and_states() {
    if Command::new("dciodvfy").arg("-version").output().is_err() {
        let required = std::env::var_os("CI").is_some() || std::env::var_os("CALX_REQUIRED").is_some();
        assert!(!required, "dciodvfy is required");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    for (name, bytes) in objects() {
        let path = folder.path().join(name.replace(' ', "-"));
        std::fs::write(&path, bytes).unwrap();
        let output = Command::new("dciodvfy").arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let lines = said.lines().filter(|line| line.starts_with("Error") || line.starts_with("Warning"));
        let has_no_side = name.starts_with("film") || name.starts_with("clip");
        let new = lines.filter(|line| !KNOWN.iter().any(|known| line.contains(known)));
        let new = new.filter(|line| !(has_no_side && line.contains(NO_SIDE)));
        found.extend(new.map(|line| format!("{name}: {line}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

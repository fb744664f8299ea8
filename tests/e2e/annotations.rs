//! What other programs mark on images becomes regions of a case: `calx region import`.
//!
//! Here: objects that highdicom writes in the test, and those of dcmqi, dcmjs, highdicom and weasis among the samples; where
//! their places lie and how many pixels they have is what pydicom says. Not here: reading each kind of object (`calx-dicom`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use calx_dicom::Read;
use calx_dicom::derived::Annotations;
use calx_model::Shape;
use serde_json::{Value, json};

use crate::driver::{Place, clean, hand, kept, run, shared};
use crate::outputs::checkers;

/// Objects of highdicom that mark the small right hand, and what pydicom reads of them. `None` after saying why.
fn marked() -> Option<(PathBuf, Value)> {
    let folder =
        kept("annotations").join(format!("{:?}", std::thread::current().id()).replace(['(', ')'], ""));
    let mut command = Command::new(checkers::python()?);
    clean(&mut command);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/e2e/annotations.py");
    let ran = run(command.arg(script).arg(hand("right")).arg(hand("left")).arg(&folder)).expect(0);
    Some((folder, ran.json()))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn shapes(case: &Value) -> Vec<Shape> {
    let regions = case["regions"].as_array().cloned().unwrap_or_default();
    regions.iter().map(|region| serde_json::from_value(region["shape"].clone()).unwrap()).collect()
}

/// The farthest distance between points of a shape and those of pydicom.
fn farthest(points: &[calx_geometry::GridPoint], read: &[f64]) -> f64 {
    assert!(read.len() >= 2 * points.len(), "{read:?}");
    points
        .iter()
        .zip(read.chunks(2))
        .map(|(point, at)| (point.x.pixels() - at[0]).hypot(point.y.pixels() - at[1]))
        .fold(0.0, f64::max)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn places_of_a_report_are_where_pydicom_reads_them() {
    let Some((folder, read)) = marked() else { return };
    let place = Place::with_case();
    let before = place.case("52");
    let sr = folder.join("sr.dcm");
    let ran = place.ok(&["region", "import", "52", text(&sr)]);
    assert_eq!(ran.out.lines().filter(|line| line.ends_with(" made")).count(), 5, "{}", ran.out);
    assert!(ran.err.contains("SR with 6 marked places: 5 became regions"), "{}", ran.err);
    assert!(ran.err.contains("  1 not: on images that are not in the case"), "{}", ran.err);
    assert!(ran.err.contains("onto the 1/256 grid"), "{}", ran.err);
    let case = place.case("52");
    let [
        Shape::Area(outline),
        Shape::Ellipse(ellipse),
        Shape::Ellipse(circle),
        Shape::Line { ends },
        Shape::Point { at },
    ] = <[Shape; 5]>::try_from(shapes(&case)).unwrap()
    else {
        panic!("{case:#}")
    };
    let points = |n: usize| numbers(&read["sr"][n]["points"]);
    // Half a step of the grid each way, and no more.
    let step = 0.5f64.hypot(0.5) / 256.0 + 1e-9;
    let corners = outline.parts()[0].outer().vertices();
    assert_eq!(corners.len(), points(0).len() / 2 - 1, "the first point is not repeated");
    assert!(farthest(corners, &points(0)) <= step && farthest(corners, &points(0)) > 0.0);
    assert!(farthest(ellipse.axis_ends(), &points(1)) < 1e-9);
    let centre_and_edge = points(2);
    let radius = centre_and_edge[2] - centre_and_edge[0];
    let area = std::f64::consts::PI * radius * radius;
    assert!((circle.area_px2() - area).abs() < 1e-6 * area, "{} and {area}", circle.area_px2());
    assert!(farthest(&ends, &points(3)) < 1e-9 && farthest(&[at], &points(4)) < 1e-9);
    // What is said of them.
    let region = |n: usize| &case["regions"][n];
    assert_eq!((&region(0)["label"], &region(1)["label"]), (&json!("calcified stretch"), &json!("other")));
    assert_eq!(region(0)["origin"], json!({"from": "imported", "sop": read["uids"]["sr"]}));
    assert_eq!((&region(0)["side"], &region(0)["sites"][0]["side"]), (&json!("right"), &json!("right")));
    assert_eq!(region(0)["sites"][0]["code"]["value"], "85562004");
    // One lesion in two places is a track, with the UID that the report gives it.
    assert_eq!(case["tracks"].as_array().unwrap().len(), 1);
    assert!(region(0)["track"] == region(1)["track"] && region(2).get("track").is_none());

    // Again: nothing happens. One undo takes all of it back, one redo brings it again.
    let journal = place.journal();
    let ran = place.ok(&["region", "import", "52", text(&sr)]);
    assert!(ran.err.contains("0 became regions, 5 in the case already"), "{}", ran.err);
    assert!(place.journal() == journal && ran.out.is_empty());
    place.ok(&["case", "undo", "52"]);
    assert_eq!(place.case("52"), before);
    place.ok(&["case", "redo", "52"]);
    assert_eq!(place.case("52"), case);
    let log = place.ok(&["case", "log", "52"]);
    assert!(log.out.contains("region import"), "{}", log.out);
}

#[test]
fn masks_have_the_pixels_that_pydicom_counts() {
    let Some((folder, read)) = marked() else { return };
    let place = Place::with_case();
    let seg = folder.join("seg.dcm");
    let said = place.ok(&["region", "import", "52", text(&seg), "--json"]).json();
    assert_eq!(said["schema"], "calx.region_import/1");
    assert_eq!((&said["objects"][0]["kind"], &said["objects"][0]["made"]), (&json!("SEG"), &json!(2)));
    assert_eq!(said["objects"][0]["instance"], read["uids"]["seg"]);
    let masks = shapes(&place.case("52"));
    assert_eq!(masks.len(), 2);
    for (shape, counted) in masks.iter().zip(read["seg"].as_array().unwrap()) {
        let Shape::Mask(mask) = shape else { panic!("{shape:?}") };
        assert_eq!(mask.count(), counted["pixels"].as_u64().unwrap());
        assert_eq!(json!(mask.origin()), json!([counted["left"], counted["top"]]));
        // Where each pixel lies, not only how many there are.
        let (mut x, mut y) = (0u64, 0u64);
        for (row, columns) in mask.spans() {
            y += u64::from(row) * u64::from(columns.end - columns.start);
            x += columns.map(u64::from).sum::<u64>();
        }
        assert_eq!(json!([x, y]), counted["sum"]);
    }
    let [Shape::Mask(disc), Shape::Mask(ring)] = masks.as_slice() else { panic!() };
    assert!(!disc.intersection(ring).is_empty(), "the two segments overlap");
    // calx measures as many pixels.
    let measured = place.ok(&["region", "measure", "52", "1", "--json"]).out;
    assert!(measured.contains("area"), "{measured}");
}

#[test]
fn graphics_of_a_state_and_everything_else_in_a_folder() {
    let Some((folder, read)) = marked() else { return };
    let place = Place::with_case();
    let before = place.journal();
    let ran = place.ok(&["region", "import", "52", text(&folder), "--dry-run"]);
    assert!(ran.err.contains("PR with 5 marked places: 5 would become regions"), "{}", ran.err);
    assert!(ran.err.contains("key objects name images and mark no place"), "{}", ran.err);
    assert!(ran.out.is_empty() && place.journal() == before, "{}", ran.out);

    place.ok(&["region", "import", "52", text(&folder.join("pr.dcm"))]);
    let case = place.case("52");
    let [
        Shape::Area(outline),
        Shape::Ellipse(ellipse),
        Shape::Ellipse(circle),
        Shape::Point { at },
        Shape::Area(shown),
    ] = <[Shape; 5]>::try_from(shapes(&case)).unwrap()
    else {
        panic!("{case:#}")
    };
    let points = |n: usize| numbers(&read["pr"][n][2]);
    assert!(farthest(outline.parts()[0].outer().vertices(), &points(0)) < 1e-9);
    assert!(farthest(ellipse.axis_ends(), &points(1)) < 1e-9);
    assert!((circle.area_px2() - std::f64::consts::PI * 225.0).abs() < 1e-3);
    assert!(farthest(&[at], &points(3)) < 1e-9);
    // Fractions of the displayed area, which is the whole image of 240 by 300.
    assert_eq!(read["pr"][4][1], "DISPLAY");
    let pixels: Vec<f64> = points(4).chunks(2).flat_map(|at| [at[0] * 240.0, at[1] * 300.0]).collect();
    assert!(farthest(shown.parts()[0].outer().vertices(), &pixels) < 1e-9);
    assert_eq!(case["regions"][0]["label"], "other");

    // The rest of the folder: what is there is not made again.
    let said =
        place.ok(&["region", "import", "52", text(&folder), "--json", "--label", "calcified stretch"]).json();
    let made: Vec<_> = said["objects"].as_array().unwrap().iter().map(|o| (&o["kind"], &o["made"])).collect();
    let (seg, sr, pr, ko) = (json!("SEG"), json!("SR"), json!("PR"), json!("KO"));
    assert_eq!(made, [(&ko, &json!(0)), (&pr, &json!(0)), (&seg, &json!(2)), (&sr, &json!(5))], "{said:#}");
    assert!(said["regions"].as_array().unwrap().iter().all(|region| region["label"] == "calcified stretch"));
    // A place outside of its image, and a label that the schema does not have.
    place.run(&["region", "import", "52", text(&folder), "--label", "tumour"]).expect(2);
}

#[test]
fn objects_of_calx_are_known_and_taken_only_when_asked_for() {
    let place = Place::with_marks();
    place.ok(&["export", "52", "-o", &place.path("out"), "--as", "sr,seg,gsps,kos"]);
    let out: PathBuf = fs::read_dir(place.path("out")).unwrap().map(|e| e.unwrap().path()).next().unwrap();
    let ran = place.run(&["region", "import", "52", text(&out)]).expect(4);
    assert!(ran.err.contains("calx case restore") && ran.err.contains("SR that calx wrote"), "{}", ran.err);
    let report = out.join("sr/measurements-1.dcm");
    // In the case they came from all of them are there, with or without their widths.
    let ran = place.ok(&["region", "import", "52", text(&report), "--own"]);
    assert!(ran.err.contains("2 marked places: 0 became regions, 2 in the case already"), "{}", ran.err);
    // In another they become regions of it.
    let other = Place::with_case();
    other.ok(&["region", "import", "52", text(&report), "--own"]);
    let kinds: Vec<String> =
        shapes(&other.case("52")).iter().map(|shape| shape.kind().word().to_owned()).collect();
    assert_eq!(kinds, ["path", "area"]);
}

/// Writes a report that somebody edited: one coordinate of its first region is another.
fn edited(report: &Path, to: &Path) -> bool {
    let Some(python) = checkers::python() else { return false };
    let script = "import sys, pydicom\n\
        def scoords(item):\n\
        \x20   for c in item.get('ContentSequence', []):\n\
        \x20       if c.ValueType == 'SCOORD': yield c\n\
        \x20       yield from scoords(c)\n\
        d = pydicom.dcmread(sys.argv[1])\n\
        group = [g for c in d.ContentSequence for g in c.get('ContentSequence', []) if g.get('ObservationUID')][0]\n\
        for s in scoords(group):\n\
        \x20   p = list(s.GraphicData); is_closed = p[:2] == p[-2:]; p[0] += 7.5\n\
        \x20   if is_closed: p[-2] = p[0]\n\
        \x20   s.GraphicData = p\n\
        d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()\n\
        d.Manufacturer = d.ManufacturerModelName = 'Another'\n\
        d.save_as(sys.argv[2])\n";
    let mut command = Command::new(python);
    clean(&mut command);
    run(command.args(["-c", script]).arg(report).arg(to)).expect(0);
    true
}

#[test]
fn a_report_that_was_edited_is_told_of_when_its_case_comes_back() {
    let place = Place::with_marks();
    place.ok(&["export", "52", "-o", &place.path("out"), "--as", "sr"]);
    let out: PathBuf = fs::read_dir(place.path("out")).unwrap().map(|e| e.unwrap().path()).next().unwrap();
    // As it was exported there is nothing to say.
    let unedited = Place::new();
    let ran = unedited.ok(&["case", "restore", text(&out)]);
    assert!(!ran.err.contains("says otherwise"), "{}", ran.err);
    let changed = out.join("sr/edited.dcm");
    if !edited(&out.join("sr/measurements-1.dcm"), &changed) {
        return;
    }
    let to = Place::new();
    let ran = to.ok(&["case", "restore", text(&out)]);
    let told = format!("a report says otherwise than the case document, which counts: {}", text(&changed));
    assert!(ran.err.contains(&told), "{}", ran.err);
    assert!(ran.err.contains("  it has another outline of region 1"), "{}", ran.err);
    assert!(ran.err.contains("calx region import 52 "), "{}", ran.err);
    assert_eq!(to.case("52"), place.case("52"), "the case document counts");
    // What was imported before is compared as well.
    let archive = Place::new();
    archive.ok(&["import", text(&out)]);
    let ran = archive.ok(&["case", "restore", text(&out.join("sr/case.dcm"))]);
    assert!(
        ran.err.contains("says otherwise") && ran.err.contains("another outline of region 1"),
        "{}",
        ran.err
    );
    // And it can be taken: the one that was changed, beside what is there.
    to.ok(&["import", &hand("right")]);
    let ran = to.ok(&["region", "import", "52", text(&changed), "--own"]);
    assert!(ran.err.contains("1 became a region, 1 in the case already"), "{}", ran.err);
}

#[test]
fn samples_of_other_programs_give_regions_or_words() {
    let Some(samples) = shared("dicom-samples") else { return };
    let place = Place::new();
    let image = samples.join("pydicom-pydicom/dicomdir-tree/77654033");
    let ran = place.run(&["import", text(&image), text(&samples.join("ImagingDataCommons-highdicom"))]);
    assert!(ran.err.contains("what they mark: calx region import CASE"), "{}", ran.err);
    place.ok(&["case", "new", "--number", "7", "--title", "Samples"]);
    let studies: std::collections::BTreeSet<String> =
        place.rows(&["instances"]).iter().map(|row| row["study"].as_str().unwrap().to_owned()).collect();
    let mut added = 0;
    for study in &studies {
        added += i32::from(place.run(&["case", "add-study", "7", study, "--other-patient"]).code == 0);
    }
    assert!(added > 0, "none of {studies:?}");
    // pydicom counts 151 pixels in the segment on the CR image, and four frames of 16 and of 4 on CT images.
    let highdicom = samples.join("ImagingDataCommons-highdicom");
    place.ok(&["region", "import", "7", text(&highdicom.join("seg_image_cr_binary.dcm"))]);
    let counts = |place: &Place| -> Vec<u64> {
        shapes(&place.case("7"))
            .iter()
            .map(|shape| if let Shape::Mask(mask) = shape { mask.count() } else { 0 })
            .collect()
    };
    assert_eq!(counts(&place), [151]);
    place.ok(&["case", "undo", "7"]);
    place.ok(&["region", "import", "7", text(&highdicom.join("seg_image_ct_binary_overlap.dcm"))]);
    assert_eq!(counts(&place), [16, 16, 16, 16, 4, 4, 4, 4]);
    // Those without a place on an image of the case: words, and the code for nothing done.
    let said = [
        ("QIICR-dcmqi/sr.dcm", "it refers to segments of another object"),
        ("QIICR-dcmqi/seg.dcm", "on images that are not in the case"),
        ("dcmjs-org-dcmjs/sample-sr.dcm", "on images that are not in the case"),
        ("ImagingDataCommons-highdicom/sr_document.dcm", "not: "),
        ("dcm4che-dcm4che/report_dfl", "marks no place on an image"),
        ("nroduit-weasis-dicom-tools/prLUTs.dcm", "has no graphics: it changes the grey only"),
        ("pydicom-pydicom/dicomdir-tree/77654033/CR1/6154", "no report, segmentation or presentation state"),
    ];
    for (name, words) in said {
        let path = samples.join(name);
        let journal = place.journal();
        let ran = place.run(&["region", "import", "7", text(&path)]).expect(4);
        assert!(ran.err.contains(words), "{name}: {}", ran.err);
        assert!(place.journal() == journal, "{name}");
    }
    place.run(&["region", "import", "7", "1.2.3.4"]).expect(3);
}

#[test]
fn mangled_objects_give_words() {
    let Some((folder, _)) = marked() else { return };
    let place = Place::with_case();
    let scratch = folder.join("mangled");
    fs::create_dir_all(&scratch).unwrap();
    for name in ["sr.dcm", "seg.dcm", "pr.dcm"] {
        let bytes = fs::read(folder.join(name)).unwrap();
        let file = scratch.join(name);
        let read = |bytes: &[u8]| {
            fs::write(&file, bytes).unwrap();
            calx_dicom::derived::read_annotations(&calx_dicom::Locator::from(file.clone()))
        };
        let whole = read(&bytes).unwrap();
        let (mut good, mut bad) = (0, 0);
        // Every VR, length, count and value of the header in turn, of a few hundred places.
        let header = bytes.len().min(16_000);
        for at in (132..header).step_by(header / 400) {
            for change in [0x01, 0x80, 0xff] {
                let mut mangled = bytes.clone();
                mangled[at] ^= change;
                match read(&mangled) {
                    Ok(_) => good += 1,
                    Err(error) => bad += usize::from(!error.to_string().is_empty()),
                }
            }
        }
        assert!(good > 100 && bad > 0, "{name}: {good} read, {bad} refused");
        for length in (0..bytes.len()).step_by(bytes.len() / 40) {
            let cut = read(&bytes[..length]);
            // Between two elements of the outermost level a file may end; then no place of it may be missing.
            let is_told =
                |cut: &Read<Annotations>| !cut.notices.is_empty() || cut.value.regions == whole.value.regions;
            assert!(cut.as_ref().map_or(true, is_told), "{name} of {length}: {cut:?}");
        }
        // As a person meets it.
        fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
        let ran = place.run(&["region", "import", "52", text(&file)]);
        assert!(ran.is_clean() && !ran.err.is_empty(), "{name}: {} {}", ran.code, ran.err);
    }
    // A huge count of frames, and a count of points that is not there.
    let huge = "import sys, pydicom\n\
        d = pydicom.dcmread(sys.argv[1]); d.NumberOfFrames = 2147483647; d.save_as(sys.argv[2])\n";
    let mut command = Command::new(checkers::python().unwrap());
    clean(&mut command);
    let file = scratch.join("huge.dcm");
    run(command.args(["-c", huge]).arg(folder.join("seg.dcm")).arg(&file)).expect(0);
    let ran = place.run(&["region", "import", "52", text(&file)]);
    assert!(ran.is_clean() && !ran.err.is_empty(), "{} {}", ran.code, ran.err);
}

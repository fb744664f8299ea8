//! DICOM objects of cases as programs of others read them: valid, complete, and with our values.
//!
//! Here: `calx export --as sr,seg,gsps,kos` of the cases of `cases`, judged by the programs of `checkers`; that
//! each comes back from them (`back`).
//!
//! Invariants
//! - No failure and no warning of a validator passes, but for those that `outputs.allow` names with their reason.

#[path = "outputs/awkward.rs"]
mod awkward;
#[path = "outputs/back.rs"]
mod back;
#[path = "outputs/cases.rs"]
mod cases;
#[path = "outputs/checkers.rs"]
pub(crate) mod checkers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use calx_measure::measure_region;
use calx_model::{AreaSize, Case, CaseImage, Length, Measurement, Region, Shape};
use serde_json::Value;

use crate::driver::{Place, kept, root, shared, tree};
use crate::presentation::dcmtk;
use crate::story::png;
use cases::Made;

/// All cases with their objects, made once in a run of the tests.
struct Set {
    cases: Vec<Made>,
    /// The objects, a folder for each case.
    objects: PathBuf,
    /// Where the images lie.
    images: PathBuf,
}

fn set() -> &'static Set {
    static SET: OnceLock<Set> = OnceLock::new();
    SET.get_or_init(|| {
        let folder = kept("outputs");
        let (objects, images) = (folder.join("objects"), folder.join("images"));
        for old in [&objects, &images] {
            if old.exists() {
                std::fs::remove_dir_all(old).unwrap();
            }
        }
        let cases = cases::all(&images);
        for made in &cases {
            // Those written for a case lie there already.
            for image in made.images.iter().filter(|image| !image.starts_with(&images)) {
                std::fs::copy(image, images.join(image.file_name().unwrap())).unwrap();
            }
            export(made, &objects, &[]);
        }
        Set { cases, objects, images }
    })
}

/// Exports all kinds of objects of a case; the program's words.
fn export(made: &Made, to: &Path, more: &[&str]) -> String {
    let (number, to) = (made.number.to_string(), to.to_str().unwrap());
    let command = ["export", &number, "-o", to, "--as", "sr,seg,gsps,kos"];
    made.place.ok(&[&command, more].concat()).err
}

/// The points of a region as a report has them, and what it calls them.
fn graphic(shape: &Shape) -> Option<(&'static str, Vec<f64>)> {
    let flat = |points: &[calx_geometry::GridPoint]| -> Vec<f64> {
        points.iter().flat_map(|p| [p.x.pixels(), p.y.pixels()]).collect()
    };
    let closed = |points: &[calx_geometry::GridPoint]| {
        let mut flat = flat(points);
        flat.extend_from_within(..2);
        flat
    };
    Some(match shape {
        Shape::Area(area) => match area.parts() {
            [part] if part.holes().is_empty() => ("POLYLINE", closed(part.outer().vertices())),
            _ => return None,
        },
        Shape::Ellipse(ellipse) => ("ELLIPSE", flat(ellipse.axis_ends())),
        Shape::Rectangle(rectangle) => ("POLYLINE", closed(rectangle.corners())),
        Shape::Path(path) => {
            ("POLYLINE", flat(&path.vertices().iter().map(|vertex| vertex.point).collect::<Vec<_>>()))
        }
        Shape::Line { ends } => ("POLYLINE", flat(ends)),
        Shape::Angle { points: [a, apex, b] } => ("POLYLINE", flat(&[*a, *apex, *apex, *b])),
        Shape::Arrow { head, tail, .. } => ("POLYLINE", flat(&[*head, *tail])),
        Shape::Point { at } => ("POINT", flat(&[*at])),
        Shape::Mask(_) => return None,
    })
}

/// `name unit` with the number that calx itself gives.
fn numbers(region: &Region, image: &CaseImage) -> BTreeMap<String, f64> {
    let length = |length: &Length| match length {
        Length::Mm { value, .. } => ("mm", *value),
        Length::Px { value } | Length::Columns { value } => ("{pixels}", *value),
    };
    let mut found = BTreeMap::new();
    for one in measure_region(region, image, None) {
        let (name, (unit, value)) = match &one {
            Measurement::Area { size: AreaSize::Mm2 { value, .. } } => ("Area", ("mm2", *value)),
            Measurement::Area { size: AreaSize::Px2 { value } } => ("Area", ("{pixels}", *value)),
            Measurement::Length { length: one } => ("Length", length(one)),
            Measurement::Perimeter { length: one } => ("Perimeter", length(one)),
            Measurement::Angle { degrees, .. } => ("Angle", ("deg", *degrees)),
            _ => continue,
        };
        found.insert(format!("{name} {unit}"), value);
    }
    found
}

fn uid(region: &Region) -> String {
    format!("2.25.{}", region.id.0.as_u128())
}

#[test]
fn validators_take_every_object_without_a_word() {
    let Set { objects, images, .. } = set();
    let allowed = root().join("tests/e2e/outputs.allow");
    let Some(found) = checkers::check(objects, &[images], &["--ohif", "--allow", allowed.to_str().unwrap()])
    else {
        return;
    };
    let complaints = found.complaints.join("\n");
    assert_eq!((found.code, found.failures, found.warnings), (0, 0, 0), "{complaints}");
}

#[test]
fn ohif_makes_a_tool_of_every_region_and_moves_no_point() {
    let Set { cases, objects, .. } = set();
    let mut reports = Vec::new();
    let mut regions = 0;
    for made in cases {
        for (at, study) in made.case.studies.iter().enumerate() {
            let images: BTreeSet<_> = study.images.iter().map(|image| image.id).collect();
            let drawn = made.case.regions.iter().filter(|region| images.contains(&region.image));
            let drawn = drawn.filter(|region| graphic(&region.shape).is_some()).count();
            if drawn > 0 {
                reports.push(objects.join(format!("{}/sr/measurements-{}.dcm", made.number, at + 1)));
                regions += drawn;
            }
        }
    }
    let Some(ran) = checkers::hydrate(&reports) else { return };
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    let lines: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("ok  ")).collect();
    assert_eq!(lines.len(), reports.len(), "{}", ran.out);
    let told: usize = lines
        .iter()
        .map(|line| {
            let (_, rest) = line.split_once(".dcm: ").unwrap();
            let (made, rest) = rest.split_once(" of ").unwrap();
            assert!(rest.contains(", 0 points moved"), "{line}");
            made.parse::<usize>().unwrap()
        })
        .sum();
    assert_eq!(told, regions);
}

#[test]
fn highdicom_and_pydicom_find_our_values() {
    let Set { cases, objects, .. } = set();
    let Some(found) = checkers::read_back(objects) else { return };
    for made in cases {
        let of = |name: &str| &found[format!("{}/{name}", made.number)];
        let mut groups = BTreeMap::new();
        let mut statements = Vec::new();
        for study in 1..=made.case.studies.len() {
            let report = of(&format!("sr/measurements-{study}.dcm"));
            for group in report["groups"].as_array().unwrap_or_else(|| panic!("{}: {report}", made.name)) {
                groups.insert(text(&group["observation"]).to_owned(), group.clone());
            }
            statements.extend(report["statements"].as_array().unwrap().iter().cloned());
        }
        assert_eq!(groups.len(), made.case.regions.len(), "{}", made.name);
        for region in &made.case.regions {
            check_region(made, region, &groups[&uid(region)], of);
        }
        check_statements(&made.case, &statements, &groups);
        check_tracking(made, &found);
        check_keys(made, &found);
        assert_eq!(text(&of("sr/case.dcm")["title"][0]), "case-document", "{}", made.name);
    }
    let named = &found["13/sr/case.dcm"]["patient"];
    assert_eq!(text(named), "PHANTOM^CALX=ファントム^石灰=ふぁんとむ^せっかい");
}

fn check_region<'a>(made: &Made, region: &Region, group: &Value, of: impl Fn(&str) -> &'a Value) {
    let case = &made.case;
    let what = format!("{}: region {}", made.name, case.region_number(region.id).unwrap());
    let image = case.image(region.image).unwrap();
    let track = region.track.and_then(|id| case.tracks.iter().find(|track| track.id == id));
    match track {
        Some(track) => assert_eq!(text(&group["tracking"]), track.tracking_uid.as_str(), "{what}"),
        None => assert_ne!(text(&group["tracking"]), uid(region), "{what}: it is its Observation UID"),
    }
    assert_eq!(group["presence"], serde_json::json!([]), "{what}: what is marked is there");
    let frames: Vec<u32> = match region.frames.as_slice() {
        _ if image.frames == 1 => Vec::new(),
        [] => (1..=image.frames).collect(),
        stated => stated.to_vec(),
    };
    assert_eq!(group["frames"], serde_json::json!(frames), "{what}");
    let comment = calx_export::mark_label(case, region);
    assert!(text(&group["comment"][0]).starts_with(&comment), "{what}: {}", group["comment"]);
    match graphic(&region.shape) {
        Some((kind, points)) => {
            assert_eq!(text(&group["graphic"]), kind, "{what}");
            let read: Vec<f64> =
                group["points"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
            assert_eq!(read, points, "{what}");
            assert_eq!(text(&group["image"]), image.source.as_str(), "{what}");
        }
        None => check_segment(made, region, group, of, &what),
    }
    let mut read = BTreeMap::new();
    for number in group["numbers"].as_array().unwrap() {
        let key = format!("{} {}", text(&number["name"][2]), text(&number["unit"][0]));
        read.entry(key).or_insert(number["value"].as_f64().unwrap());
    }
    for (key, value) in numbers(region, image) {
        let found = read.get(&key).unwrap_or_else(|| panic!("{what}: no {key} among {read:?}"));
        assert!((found - value).abs() <= 1e-9 * value.abs(), "{what}: {key} is {value}, they read {found}");
    }
    // The side of every site is that of the region, else of its image.
    let wanted = match region.side.or(image.side()) {
        Some(calx_model::Side::Right) => Some("24028007"),
        Some(calx_model::Side::Left) => Some("7771000"),
        _ => None,
    };
    for site in group["sites"].as_array().unwrap() {
        assert!(wanted.is_none_or(|side| text(&site[1][0]) == side), "{what}: {site}");
    }
}

/// The pixels of a region that only a segmentation holds, counted on the source image by others.
fn check_segment<'a>(
    made: &Made,
    region: &Region,
    group: &Value,
    of: impl Fn(&str) -> &'a Value,
    what: &str,
) {
    let image = made.case.image(region.image).unwrap();
    let number = 1 + made.case.images().position(|(_, found)| found.id == image.id).unwrap();
    let object = of(&format!("seg/image-{number}.dcm"));
    assert_eq!(group["segment"][0], object["instance"], "{what}");
    let segments = object["segments"].as_array().unwrap();
    let segment = segments.iter().find(|s| s["tracking"] == group["tracking"]);
    let segment = segment.unwrap_or_else(|| panic!("{what}: no segment in {object}"));
    assert_eq!(segment["shape"], serde_json::json!([image.rows, image.columns]), "{what}");
    let mask = match &region.shape {
        Shape::Mask(mask) => mask.clone(),
        Shape::Area(area) => area.to_mask(),
        other => panic!("{what}: {other:?} needs no segment"),
    };
    assert_eq!(segment["pixels"].as_u64(), Some(mask.count()), "{what}");
    assert_eq!(group["segment"][1].as_array().unwrap().len(), 1, "{what}");
    assert_eq!(segment["sources"], serde_json::json!([image.source.as_str()]), "{what}");
}

/// What statements rest on, each with its presence: images as the statement's own, regions as what is tracked in them.
fn check_statements(case: &Case, read: &[Value], groups: &BTreeMap<String, Value>) {
    let statements = case.findings.iter().flat_map(|finding| &finding.statements);
    let rests =
        statements.flat_map(|statement| statement.evidence.iter().map(move |e| (statement, &e.target)));
    for (statement, target) in rests {
        let tracking = match target {
            calx_model::Target::Image { .. } => format!("2.25.{}", statement.id.0.as_u128()),
            calx_model::Target::Region { region } => {
                text(&groups[&uid(case.region(*region).unwrap())]["tracking"]).to_owned()
            }
            calx_model::Target::Study { .. } => continue,
        };
        let words = statement.text.words();
        let is_it = |one: &&Value| text(&one["tracking"]) == tracking && text(&one["comment"][0]) == words;
        let found = read.iter().find(is_it);
        let found = found.unwrap_or_else(|| panic!("no group of {:?}", statement.text));
        let presence = match statement.presence {
            calx_model::Presence::Present => "52101004",
            calx_model::Presence::Absent => "272519000",
            calx_model::Presence::Indeterminate => "373068000",
            calx_model::Presence::NotAssessable => "not-assessable",
        };
        assert_eq!(found["presence"], serde_json::json!([presence]));
    }
}

/// One identifier for each Tracking UID in all objects of a case: for OHIF one for each tool that a track needs.
fn check_tracking(made: &Made, found: &Value) {
    let mut identifiers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |uid: &Value, identifier: &Value| {
        let known = identifiers.entry(text(uid).to_owned()).or_default();
        known.insert(text(identifier).to_owned());
    };
    let of_case = format!("{}/", made.number);
    let objects = found.as_object().unwrap().iter().filter(|(name, _)| name.starts_with(&of_case));
    let (mut graphics, mut stated) = (0, 0);
    for (name, object) in objects {
        let number = name.split_once("/gsps/image-").and_then(|(_, rest)| rest.strip_suffix(".dcm"));
        if let Some(number) = number {
            let (_, image) = made.case.images().nth(number.parse::<usize>().unwrap() - 1).unwrap();
            stated += made.case.regions.iter().filter(|region| region.image == image.id).count();
        }
        for list in ["groups", "statements", "segments"] {
            for one in object[list].as_array().into_iter().flatten() {
                add(&one["tracking"], &one["identifier"]);
            }
        }
        for one in object["graphics"].as_array().into_iter().flatten() {
            add(&one["tracked"][0], &one["tracked"][1]);
            graphics += 1;
        }
    }
    assert!(graphics >= stated, "{}: {graphics} graphics of {stated} regions", made.name);
    for (uid, known) in &identifiers {
        assert_eq!(known.len(), 1, "{}: {uid} is {known:?}", made.name);
        assert!(known.iter().all(|one| one.ends_with(&format!(":{uid}"))), "{}: {known:?}", made.name);
    }
}

fn check_keys(made: &Made, found: &Value) {
    let has_keys = made.case.images().any(|(_, image)| image.key);
    let wanted: BTreeSet<&str> = made
        .case
        .images()
        .filter(|(_, image)| if has_keys { image.key } else { true })
        .map(|(_, image)| image.source.as_str())
        .collect();
    let read: BTreeSet<&str> = (1..=made.case.studies.len())
        .flat_map(|study| {
            let keys = &found[format!("{}/kos/keys-{study}.dcm", made.number)];
            assert_eq!(text(&keys["title"][0]), "113004", "{}", made.name);
            keys["images"].as_array().unwrap().iter().map(text)
        })
        .collect();
    assert_eq!(read, wanted, "{}", made.name);
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Every object under a folder by its path from there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let all = tree(folder).into_iter().filter(|(path, _)| path.is_file());
    all.map(|(path, bytes)| (path.strip_prefix(folder).unwrap().to_path_buf(), bytes)).collect()
}

#[test]
fn dcmtk_draws_what_the_case_shows() {
    let Set { cases, objects, .. } = set();
    let scratch = tempfile::TempDir::new().unwrap();
    let path = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    let mut compared = 0;
    for made in cases {
        for (at, (_, image)) in made.case.images().enumerate() {
            let state = objects.join(format!("{}/gsps/image-{}.dcm", made.number, at + 1));
            let aspect = image.effective_spacing().map_or(1.0, |s| s.between_rows_mm / s.between_columns_mm);
            // A clip in colour has no state; pixels that are not square are drawn by calx as many that are.
            if !(state.exists() && calx_render::View::is_square(aspect)) {
                continue;
            }
            let is_of = |file: &&PathBuf| {
                calx_dicom::read_header(&file.as_path().into()).unwrap().value.instance == image.source
            };
            let source = made.images.iter().find(is_of).unwrap().to_str().unwrap();
            let Some(theirs) = dcmtk(source, state.to_str().unwrap(), &path("theirs.pgm")) else { return };
            let (place, ours) = (format!("{}/{}", made.number, at + 1), path("ours.png"));
            let args = ["render", &place, "-o", &ours, "--renderer", "cpu", "--marks", "none", "--force"];
            made.place.ok(&args);
            let ours = png(&ours);
            assert_eq!((ours.0, ours.1), (theirs.0, theirs.1), "{place}: {}", made.name);
            let worst = ours.2.iter().zip(&theirs.2).map(|(a, b)| a[0].abs_diff(*b)).max().unwrap();
            assert!(worst <= 1, "{place}: {} differs by {worst}", made.name);
            compared += 1;
        }
    }
    assert_eq!(compared, 12, "states compared");
}

#[test]
fn dcmqi_finds_our_pixels_once_there_is_a_geometry() {
    let Set { cases, .. } = set();
    let to = tempfile::TempDir::new().unwrap();
    let mut segmentations = Vec::new();
    for made in cases {
        export(made, to.path(), &["--seg-geometry", "nominal", "--seg-regions", "all"]);
        let seg = |number: usize| to.path().join(format!("{}/seg/image-{number}.dcm", made.number));
        segmentations.extend((1..=made.case.images().count()).map(seg).filter(|path| path.exists()));
    }
    let Some(found) = checkers::dcmqi(&segmentations, &to.path().join("dcmqi")) else { return };
    let mut wanted: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (made, region) in cases.iter().flat_map(|made| made.case.regions.iter().map(move |r| (made, r))) {
        let mask = match &region.shape {
            Shape::Mask(mask) => mask.clone(),
            Shape::Area(area) => area.to_mask(),
            // Where the edge of others runs is the writer's business.
            _ => continue,
        };
        let number = 1 + made.case.images().position(|(_, image)| image.id == region.image).unwrap();
        let seg = to.path().join(format!("{}/seg/image-{number}.dcm", made.number));
        let image = made.case.image(region.image).unwrap();
        for one in found[seg.to_str().unwrap()].as_object().unwrap().values() {
            let size = serde_json::json!([image.columns, image.rows, 1]);
            assert_eq!(one["sizes"], size, "{}: {}", made.name, seg.display());
        }
        wanted.entry(seg.to_str().unwrap().to_owned()).or_default().push(mask.count());
    }
    let mut compared = 0;
    for (seg, wanted) in wanted {
        let masks = found[&seg].as_object().unwrap().values();
        let mut read: Vec<u64> = masks.map(|one| one["pixels"].as_u64().unwrap()).collect();
        for count in &wanted {
            // Shapes with an edge of their own may stand beside them.
            let at = read.iter().position(|one| one == count);
            read.swap_remove(at.unwrap_or_else(|| panic!("{seg}: no mask of {count} pixels in {read:?}")));
            compared += 1;
        }
    }
    println!("dcmqi: {compared} masks of {} segmentations, pixel counts equal", segmentations.len());
    assert!(compared >= 210, "{compared}");
}

#[test]
fn the_same_case_gives_the_same_bytes_in_another_place() {
    let Set { cases, objects, .. } = set();
    let again = tempfile::TempDir::new().unwrap();
    for made in cases {
        export(made, again.path(), &[]);
    }
    let (first, second) = (files(objects), files(again.path()));
    assert!(first.keys().eq(second.keys()), "other files: {:?}", second.keys());
    let differing: Vec<_> = first.keys().filter(|name| first[*name] != second[*name]).collect();
    assert!(differing.is_empty(), "exported again these are others: {differing:?}");
    // Another option is another object: no UID of the two is shared by different bytes.
    let made = &cases[9];
    let nominal = tempfile::TempDir::new().unwrap();
    export(made, nominal.path(), &["--seg-geometry", "nominal"]);
    let uid = |path: &Path| calx_dicom::read_header(&path.into()).unwrap().value.instance;
    let name = "10/seg/image-1.dcm";
    assert_ne!(uid(&nominal.path().join(name)), uid(&objects.join(name)));
}

#[test]
fn a_reader_is_told_what_it_does_not_take() {
    let Set { cases, .. } = set();
    let to = tempfile::TempDir::new().unwrap();
    let told = export(&cases[9], &to.path().join("a"), &[]);
    assert!(told.contains("OHIF") && told.contains("shows and edits 1 of 3 regions"), "{told}");
    assert!(told.contains("not 2 masks (it wants a geometry: --seg-geometry nominal)"), "{told}");
    let told = export(&cases[9], &to.path().join("b"), &["--seg-geometry", "nominal"]);
    assert!(told.contains("masks as segmentations") && !told.contains("it wants a geometry"), "{told}");
    let told = export(&cases[0], &to.path().join("c"), &["--sr-profile", "plain"]);
    assert!(told.contains("it edits none of them: --sr-profile ohif"), "{told}");
}

#[test]
fn a_report_names_the_one_it_takes_the_place_of() {
    let place = tempfile::TempDir::new().unwrap();
    let folder = |name: &str| place.path().join(name);
    let images = folder("images");
    let made = cases::across_studies(&images);
    let earlier = folder("first");
    export(&made, &earlier, &[]);
    let replacing = |to: &Path, earlier: &Path| {
        export(&made, to, &["--replaces", earlier.to_str().unwrap()]);
    };
    let read = |path: &Path| calx_dicom::derived::read_predecessor(&path.into()).unwrap();
    replacing(&folder("same"), &earlier);
    assert!(files(&folder("same")) == files(&earlier), "nothing changed, nothing is replaced");
    for (title, before, after) in [("Another title", "first", "second"), ("A third", "second", "third")] {
        made.place.ok(&["case", "set", "12", "title", title]);
        for image in ["1", "2"] {
            let point = r#"{"type":"point","at":[50,50]}"#;
            made.place.ok(&["region", "add", "12", image, "--label", "other", "--shape", point]);
        }
        let again = format!("{after} again");
        replacing(&folder(after), &folder(before));
        replacing(&folder(&again), &folder(after));
        assert!(files(&folder(after)) == files(&folder(&again)), "it does not take the place of itself");
        for name in ["12/sr/case.dcm", "12/sr/measurements-1.dcm", "12/sr/measurements-2.dcm"] {
            let (old, new) = (read(&folder(before).join(name)), read(&folder(after).join(name)));
            assert!(new.instance != old.instance && new.series == old.series, "{name}");
            assert_eq!(new.takes_the_place_of(), [old.instance.as_str()], "{name}");
        }
    }
    // Reports of another case are never named, and a folder without any is told.
    replacing(&folder("other"), &set().objects.join("1"));
    assert!(read(&folder("other/12/sr/case.dcm")).takes_the_place_of().is_empty());
    let (to, nowhere) = (folder("none").display().to_string(), folder("nowhere").display().to_string());
    let ran = made.place.run(&["export", "12", "-o", &to, "--as", "sr", "--replaces", &nowhere]).expect(3);
    assert!(ran.err.contains("there are no reports of an earlier export"), "{}", ran.err);
    let allowed = root().join("tests/e2e/outputs.allow");
    let more = ["--ohif", "--allow", allowed.to_str().unwrap()];
    let Some(found) = checkers::check(&folder("third"), &[&images], &more) else { return };
    assert_eq!((found.failures, found.warnings), (0, 0), "{}", found.complaints.join("\n"));
}

#[test]
fn objects_of_a_patient_leave_by_a_persons_word_only() {
    let Some(samples) = shared("dicom-samples") else { return };
    let place = Place::new();
    place.ok(&["import", samples.join("ImagingDataCommons-highdicom/dx_image.dcm").to_str().unwrap()]);
    place.ok(&["case", "new", "--number", "52", "--title", "A hand"]);
    place.ok(&["case", "add-study", "52", &place.study()]);
    let export = ["export", "52", "-o", "out", "--as", "kos,sr"];
    let before = place.journal();
    for more in [&[][..], &["--dry-run"]] {
        let ran = place.run(&[&export[..], more].concat()).expect(6);
        assert!(ran.err.contains("these objects carry the patient's name and dates"), "{}", ran.err);
        assert!(ran.err.contains("--identity, the journal records who"), "{}", ran.err);
        assert!(!place.dir().join("out").exists());
    }
    assert!(place.journal() == before, "a refusal leaves the journal as it is");
    place.ok(&[&export[..], &["--identity", "--dry-run"]].concat());
    assert!(place.journal() == before && !place.dir().join("out").exists());
    let ran = place.ok(&[&export[..], &["--identity"]].concat());
    assert!(ran.err.contains("patient, dates and UIDs as the images have them"), "{}", ran.err);
    let once = place.journal();
    let added = String::from_utf8(once[before.len()..].to_vec()).unwrap();
    assert_eq!(added.lines().count(), 1, "{added}");
    assert!(
        added.contains("calx export --identity (kos,sr)") && added.contains("\"who\":\"e2e\""),
        "{added}"
    );
    let first = tree(&place.dir().join("out"));
    place.ok(&[&export[..], &["--identity", "--force"]].concat());
    assert!(place.journal() == once && tree(&place.dir().join("out")) == first, "asked again, nothing new");
    // Another person, and other kinds: it is recorded, and no object is another for it.
    place.ok(&[&export[..], &["--identity", "--force", "--author", "another"]].concat());
    assert!(place.journal().len() > once.len() && tree(&place.dir().join("out")) == first);
    place.ok(&["export", "52", "-o", "alone", "--as", "sr", "--identity"]);
    let document = |folder: &str| std::fs::read(place.dir().join(folder).join("52/sr/case.dcm")).unwrap();
    assert!(document("alone") == document("out"));
    // The page beside them is searched all the same; what cannot name anybody needs no word.
    place.ok(&["export", "52", "-o", "plain", "--as", "json"]);
}

#[test]
fn objects_of_one_patient_do_not_speak_of_another() {
    let Some(samples) = shared("dicom-samples") else { return };
    let place = Place::new();
    let phantom = root().join("fixtures/hand_right_small.dcm");
    let patient = samples.join("ImagingDataCommons-highdicom/dx_image.dcm");
    place.ok(&["case", "new", "--number", "52", "--title", "Two hands"]);
    for image in [phantom, patient] {
        place.ok(&["import", image.to_str().unwrap()]);
        let study = calx_dicom::read_header(&image.as_path().into()).unwrap().value.study;
        place.ok(&["case", "add-study", "52", study.as_str(), "--other-patient"]);
    }
    let export = ["export", "52", "-o", "out", "--as", "sr,gsps,kos", "--identity"];
    let ran = place.run(&export).expect(6);
    assert!(ran.err.contains("of 2 patients by PatientID (0010,0020)"), "{}", ran.err);
    assert!(ran.err.contains("--several-patients") && !place.dir().join("out").exists(), "{}", ran.err);
    let ran = place.ok(&[&export[..], &["--several-patients"]].concat());
    assert!(ran.err.contains("names images and findings of all"), "{}", ran.err);
    let objects = files(&place.dir().join("out"));
    // No region, so no report of measurements; no key image, so no key objects.
    assert_eq!(objects.len(), 3, "{:?}", objects.keys());
    for name in objects.keys() {
        let read = calx_dicom::read_header(&place.dir().join("out").join(name).as_path().into()).unwrap();
        assert!(!read.value.synthetic_data, "{name:?}: one of the two is a patient");
    }
}

#[test]
fn broken_sets_still_fail() {
    let (Some(tool), Some(python)) = (shared("tools/make-dicom-output-samples"), checkers::python()) else {
        return;
    };
    let folder = kept("outputs-broken");
    let mut command = std::process::Command::new(python);
    crate::driver::clean(&mut command);
    crate::driver::run(command.arg(tool).arg(&folder)).expect(0);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("bad-"))
        .collect();
    names.sort();
    assert!(names.len() >= 11, "{names:?}");
    for name in &names {
        let Some(found) = checkers::check(&folder.join(name), &[], &[]) else { return };
        assert!(found.code == 1 && found.failures > 0, "{name} passes");
    }
    let Some(good) = checkers::check(&folder.join("good"), &[], &[]) else { return };
    assert_eq!((good.code, good.failures), (0, 0), "{:?}", good.complaints);
}

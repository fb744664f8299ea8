//! Files for machines: JSON that reads back, pictures that are what was drawn, equal bytes for equal cases.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use calx_export::{
    CASE_EXPORT_SCHEMA, ExportOptions, ReadCaseJsonError, export_case, exportable, read_case_json,
};
use calx_model::case::{Age, AgeUnit};
use calx_model::{Case, StudyTime};
use serde_json::Value;

use crate::case::{COLUMNS, ROWS, case, with_input};

fn export(case: &Case, targets: &[&str], out: &Path) -> calx_export::ExportReport {
    with_input(case, Vec::new(), |input| export_case(input, targets, out, &ExportOptions::default())).unwrap()
}

fn json_of(case: &Case) -> String {
    let folder = tempfile::tempdir().unwrap();
    export(case, &["json"], &folder.path().join("out"));
    fs::read_to_string(folder.path().join("out/case.json")).unwrap()
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(
                files(&path)
                    .into_iter()
                    .map(|(name, bytes)| (format!("{}/{name}", path.file_name().unwrap().display()), bytes)),
            );
        } else {
            found.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_case_reads_back_equal() {
    let case = case();
    let read = read_case_json(&json_of(&case)).unwrap();
    assert_eq!(read, case);
    assert_eq!(exportable(&case), case, "nothing of this case had to be blunted");
}

#[test]
fn dates_and_high_ages_are_blunted_before_they_leave() {
    let mut case = case();
    case.patient.age = Some(Age { value: 97, unit: AgeUnit::Years });
    case.studies[0].when = StudyTime::Date { date: "2019-12-30".parse().unwrap() };
    case.studies[1].when = StudyTime::Date { date: "2020-01-11".parse().unwrap() };
    let text = json_of(&case);
    assert!(!text.contains("2019-12") && !text.contains("2020-01"));
    let read = read_case_json(&text).unwrap();
    assert_eq!(read.patient.age, Some(Age { value: 90, unit: AgeUnit::Years }));
    assert_eq!(read.studies[0].when, StudyTime::RelativeDay { day: 0 });
    assert_eq!(read.studies[1].when, StudyTime::RelativeDay { day: 12 });
    assert_eq!(exportable(&read), read);
}

#[test]
fn measurements_say_their_basis() {
    let json: Value = serde_json::from_str(&json_of(&case())).unwrap();
    assert_eq!(json["schema"], CASE_EXPORT_SCHEMA);
    let first = &json["measurements"][0];
    assert_eq!(
        (&first["number"], &first["basis"], &first["shown"]),
        (&1.into(), &"mm at detector".into(), &"69.0 mm at detector".into())
    );
    let kinds: Vec<&str> =
        first["values"].as_array().unwrap().iter().map(|v| v["quantity"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["length", "mean_width", "values", "percentiles", "histogram", "profile"]);
    assert_eq!(first["values"][2]["unit"], "stored units");
    assert_eq!(first["values_are"], "not comparable between images");
    let clip = &json["measurements"][11];
    assert_eq!((&clip["basis"], &clip["shown"]), (&"px".into(), &"241.7 px".into()));
    let numbers: Vec<u64> =
        json["reference_numbers"].as_array().unwrap().iter().map(|r| r["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    assert!(json["completeness"]["percent"].as_u64().unwrap() <= 100);
    assert_eq!(json["label_schema"]["id"], "vascular-calcification");
}

#[test]
fn the_basis_is_that_of_the_measure_not_of_the_image() {
    use calx_model::{AxisUnit, RegionAxis, RegionScale};
    let mut case = case();
    let of = case.regions[11].image;
    let image = case.studies.iter_mut().flat_map(|s| &mut s.images).find(|i| i.id == of).unwrap();
    let axis =
        RegionAxis { unit: AxisUnit::Cm, per_pixel: 0.05, reference_pixel: None, reference_value: 0.0 };
    let (max_x, max_y) = (image.columns - 1, image.rows - 1);
    image.ultrasound_regions =
        vec![RegionScale { min_x: 0, min_y: 0, max_x, max_y, x: axis, y: axis, low_priority: false }];
    let json: Value = serde_json::from_str(&json_of(&case)).unwrap();
    let clip = &json["measurements"][11];
    assert_eq!(clip["basis"], "mm (ultrasound region)", "{}", clip["shown"]);
}

#[test]
fn another_version_or_a_broken_case_is_refused() {
    let text = json_of(&case());
    let newer = text.replacen("calx.case_export/1", "calx.case_export/2", 1);
    assert!(matches!(read_case_json(&newer), Err(ReadCaseJsonError::Schema { .. })));
    assert!(matches!(read_case_json("{"), Err(ReadCaseJsonError::Parse(_))));
    let mut json: Value = serde_json::from_str(&text).unwrap();
    json["case"]["regions"][1]["id"] = json["case"]["regions"][0]["id"].clone();
    assert!(matches!(read_case_json(&json.to_string()), Err(ReadCaseJsonError::Unsound(_))));
    // What a later version adds beside the case is no hindrance.
    let mut json: Value = serde_json::from_str(&text).unwrap();
    json["agreement"] = Value::Bool(true);
    assert!(read_case_json(&json.to_string()).is_ok());
}

#[test]
fn equal_cases_give_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let report = export(&case(), &["png", "json", "html"], &one);
    export(&case(), &["html", "json", "png"], &two);
    let (one, two) = (files(&one), files(&two));
    let names: Vec<&str> = one.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "case.html",
            "case.json",
            "images/image-1-marks.png",
            "images/image-1.png",
            "images/image-2-marks.png",
            "images/image-2.png",
            "images/image-3-marks.png",
            "images/image-3.png"
        ]
    );
    assert!(one == two, "two exports differ");
    let sizes: u64 = one.values().map(|bytes| bytes.len() as u64).sum();
    assert_eq!((report.files.len(), report.bytes()), (8, sizes));
}

/// The pictures of the case with a display shutter of their own.
struct Shuttered;

impl calx_export::PixelProvider for Shuttered {
    fn pixels(
        &mut self,
        image: &calx_model::CaseImage,
        frame: u32,
    ) -> Result<calx_export::ImagePixels, calx_export::PixelError> {
        let mut pixels = crate::case::Drawn.pixels(image, frame)?;
        let edges = [10.0, 20.0, 90.0, 80.0];
        pixels.display.shutters = vec![calx_model::presentation_state::Shutter::Rectangle { edges }];
        pixels.display.shutter_grey = 77;
        Ok(pixels)
    }
}

#[test]
fn the_display_shutter_of_an_image_covers_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let case = case();
    let report = with_input(&case, Vec::new(), |input| {
        input.pixels = Box::leak(Box::new(Shuttered));
        export_case(input, &["png"], &out, &ExportOptions::default())
    })
    .unwrap();
    let bytes = fs::read(out.join("images/image-1.png")).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut grey).unwrap();
    let at = |x: usize, y: usize| grey[y * usize::try_from(COLUMNS).unwrap() + x];
    assert_eq!([at(9, 50), at(90, 50), at(50, 19), at(50, 80)], [77; 4]);
    assert!((10..90).any(|x| at(x, 50) != 77));
    assert!(report.notices.contains(&"image 1: what lies beyond its display shutter is covered".to_owned()));
}

#[test]
fn pictures_of_pixels_that_are_not_square_are_square_with_their_marks() {
    let mut case = case();
    case.studies[0].images[0].spacing =
        calx_model::PixelSpacing::checked(0.2, 0.1, calx_model::SpacingBasis::Detector);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let report = export(&case, &["png"], &out);
    for name in ["image-1.png", "image-1-marks.png"] {
        let bytes = fs::read(out.join("images").join(name)).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (COLUMNS, 2 * ROWS), "{name}");
    }
    assert!(report.notices.iter().all(|notice| !notice.contains("square")), "{:?}", report.notices);
}

#[test]
fn pictures_are_one_to_one_with_and_without_marks() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    export(&case(), &["png"], &out);
    let decode = |name: &str| {
        let bytes = fs::read(out.join("images").join(name)).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (info, pixels)
    };
    let (plain, grey) = decode("image-1.png");
    assert_eq!((plain.width, plain.height, plain.color_type), (COLUMNS, ROWS, png::ColorType::Grayscale));
    let (marked, rgb) = decode("image-1-marks.png");
    assert_eq!((marked.width, marked.height, marked.color_type), (COLUMNS, ROWS, png::ColorType::Rgb));
    let touched = grey.iter().zip(rgb.chunks(3)).filter(|(g, p)| p.iter().any(|c| c != *g)).count();
    let all = (COLUMNS * ROWS) as usize;
    assert!((all / 200..all / 3).contains(&touched), "{touched} of {all} pixels carry marks");
    let amber = rgb.chunks(3).filter(|p| p[0] > 200 && (120..220).contains(&p[1]) && p[2] < 60).count();
    assert!(amber > 50, "the colour of the label shows on {amber} pixels");
    assert_eq!(decode("image-3.png").0.color_type, png::ColorType::Rgb);
}

//! Millimetres from files to the screen: the length a viewer should report, and where it says that it holds.

use std::fs;
use std::path::Path;
use std::process::Command;

use calx_dicom::{ImageKind, NewPixels, RegionReference, UltrasoundRegion};
use serde_json::Value;

use crate::display_chain::{image, write};
use crate::driver::{Place, clip, is_required, shared, skip};

/// A workspace with one case that holds one file as image 1.
fn place_with(file: &Path) -> Place {
    let place = Place::new();
    place.ok(&["import", file.to_str().unwrap()]);
    let study = place.study();
    place.ok(&["case", "new", "--number", "52", "--title", "Measures"]);
    place.ok(&["case", "add-study", "52", &study]);
    place
}

/// Adds a mark and gives the words of each of its quantities.
fn measured(place: &Place, shape: &str) -> Vec<(String, String)> {
    place.ok(&["region", "add", "52", "1", "--label", "other", "--shape", shape]);
    let number = place.case("52")["regions"].as_array().unwrap().len().to_string();
    words_of(place, &number)
}

fn rows_of(place: &Place, region: &str) -> Vec<Value> {
    let ran = place.ok(&["region", "measure", "52", region, "--json"]);
    ran.json()["rows"].as_array().unwrap_or_else(|| panic!("{}: no rows", ran.line)).clone()
}

fn words_of(place: &Place, region: &str) -> Vec<(String, String)> {
    let rows = rows_of(place, region);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(row, "quantity"), text(row, "value"))).collect()
}

fn line(from: (f64, f64), to: (f64, f64)) -> String {
    format!(r#"{{"type":"line","points":[[{},{}],[{},{}]]}}"#, from.0, from.1, to.0, to.1)
}

/// The file without an element of explicit value representation and 16-bit length.
fn without(bytes: &[u8], group: u16, element: u16) -> Vec<u8> {
    let tag = [group.to_le_bytes(), element.to_le_bytes()].concat();
    let is_there = |at: &usize| {
        bytes[*at..].starts_with(&tag) && bytes[*at + 4..*at + 6].iter().all(u8::is_ascii_uppercase)
    };
    let at = (0..bytes.len() - 8).find(is_there).unwrap_or_else(|| panic!("no {group:04x},{element:04x}"));
    let length = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
    [&bytes[..at], &bytes[at + 8 + length..]].concat()
}

/// The picture was made to try viewers: a bar 200 px long, and in print beside it what each attribute makes of that.
/// 25 mm would be DetectorElementSpacing, which says nothing of pixels.
#[test]
fn a_test_picture_of_spacings_prints_the_length_it_asks_for() {
    let Some(samples) = shared("dicom-samples") else { return };
    let sample = fs::read(samples.join("notZaki-DICOMSamples/MG_Explicit_Little.dcm")).unwrap();
    let calibration_type = (0x0028, 0x0a02);
    let (pixel, imager, magnification) = ((0x0028, 0x0030), (0x0018, 0x1164), (0x0018, 0x1114));
    let cases: [(&[(u16, u16)], &str); 5] = [
        (&[], "50.0 mm (calibrated: Used fiducial)"),
        (&[calibration_type], "66.7 mm (estimated)"),
        (&[calibration_type, magnification], "50.0 mm (calibrated, method not stated)"),
        (&[pixel, magnification], "100.0 mm at detector"),
        (&[pixel, imager, magnification], "200.0 px"),
    ];
    for (taken, expected) in cases {
        let bytes =
            taken.iter().fold(sample.clone(), |bytes, (group, element)| without(&bytes, *group, *element));
        let folder = Place::new();
        let file = folder.dir().join("mg.dcm");
        fs::write(&file, bytes).unwrap();
        let place = place_with(&file);
        let words = measured(&place, &line((155.5, 409.0), (355.5, 409.0)));
        assert_eq!(words[0], ("length".to_owned(), expected.to_owned()), "without {taken:04x?}");
    }
}

#[test]
fn a_known_length_gives_the_scale_and_undo_takes_it_back() {
    let Some(samples) = shared("dicom-samples") else { return };
    // 1.2 mm down, 1.2012 mm across.
    let place = place_with(&samples.join("ImagingDataCommons-highdicom/dx_image.dcm"));
    let slanted = line((10.0, 10.0), (110.0, 10.0));
    assert_eq!(measured(&place, &slanted)[0].1, "120.1 mm at detector");
    let calibrate = |args: &[&str]| {
        let mut all = vec!["case", "calibrate", "52", "1"];
        all.extend(args);
        place.run(&all)
    };
    let journal = place.journal();
    for (args, why) in [
        (["--from", "10,10", "--to", "10,10", "--mm", "50"], "one point"),
        (["--from", "10,10", "--to", "99999,10", "--mm", "50"], "grid"),
        (["--from", "-1,10", "--to", "90,10", "--mm", "50"], "lies in its image"),
        (["--from", "10,10", "--to", "90,10", "--mm", "0"], "above 0"),
        (["--from", "10,10", "--to", "90,10", "--mm", "NaN"], "above 0"),
    ] {
        let ran = calibrate(&args);
        assert!(ran.code != 0 && (ran.err.contains(why) || why == "grid"), "{args:?}: {}", ran.err);
    }
    assert_eq!(place.journal(), journal, "what was refused left no trace");
    let ran = calibrate(&["--from", "10,10", "--to", "110,10", "--mm", "30"]).expect(0);
    assert!(ran.err.contains("(user)") && ran.err.contains("at detector"), "{}", ran.err);
    assert!(ran.err.contains("1 region follow"), "{}", ran.err);
    assert_eq!(words_of(&place, "1")[0].1, "30.0 mm (user)");
    // Down and across keep the ratio of the header: 100 px down are a little shorter.
    let scale = &place.case("52")["studies"][0]["images"][0]["user_scale"];
    let (down, across) =
        (scale["between_rows_mm"].as_f64().unwrap(), scale["between_columns_mm"].as_f64().unwrap());
    assert!((across - 0.3).abs() < 1e-12 && (down / across - 1.2 / 1.2012).abs() < 1e-9, "{scale}");
    let again =
        place.ok(&["case", "calibrate", "52", "1", "--from", "10,10", "--to", "110,10", "--mm", "30"]);
    assert!(again.out.contains("unchanged"), "{}", again.out);
    place.ok(&["case", "undo", "52"]);
    assert_eq!(words_of(&place, "1")[0].1, "120.1 mm at detector");
    place.ok(&["case", "redo", "52"]);
    calibrate(&["--remove"]).expect(0);
    assert_eq!(words_of(&place, "1")[0].1, "120.1 mm at detector");
}

#[test]
fn a_clip_is_measured_by_the_parts_of_its_pictures() {
    let place = place_with(Path::new(&clip()));
    let regions = place.case("52")["studies"][0]["images"][0]["ultrasound_regions"].clone();
    let parts = regions.as_array().unwrap();
    let part = |unit: &str| parts.iter().find(|p| p["y"]["unit"] == unit).unwrap();
    let edges = |part: &Value| ["min_x", "min_y"].map(|k| part[k].as_f64().unwrap());
    let (tissue, spectrum) = (part("cm"), part("cm_per_second"));
    let [x, y] = edges(tissue);
    let words = measured(&place, &line((x + 2.0, y + 2.0), (x + 12.0, y + 2.0)));
    let mm = tissue["x"]["per_pixel"].as_f64().unwrap().abs() * 100.0;
    let expected = if mm < 10.0 { format!("{mm:.2}") } else { format!("{mm:.1}") };
    assert_eq!(words[0], ("length".to_owned(), format!("{expected} mm (ultrasound region)")));
    let [u, v] = edges(spectrum);
    let words = measured(&place, &line((u + 10.5, v + 5.5), (u + 30.5, v + 25.5)));
    let seconds = spectrum["x"]["per_pixel"].as_f64().unwrap().abs() * 20.0;
    let quantities: Vec<&str> = words.iter().map(|(quantity, _)| quantity.as_str()).collect();
    assert_eq!(quantities[..4], ["duration", "velocity", "velocity", "velocity change"]);
    assert_eq!(words[0].1, format!("{seconds:.3} s"));
    let change = spectrum["y"]["per_pixel"].as_f64().unwrap() * 20.0;
    assert_eq!(words[3].1, format!("{change:.1} cm/s"));
    let words = measured(&place, &line((x + 2.0, y + 2.0), (u + 10.0, v + 10.0)));
    assert!(words[0].1.ends_with(" px"), "{words:?}");
    let shown = place.ok(&["show", &clip()]);
    assert!(shown.out.contains("frames/s") && shown.out.contains("cm/s down"), "{}", shown.out);
}

/// As duplex devices write it: tissue is the whole picture and of low priority, the spectrum lies in it.
#[test]
fn a_spectrum_laid_into_the_picture_counts_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("duplex.dcm");
    let part =
        |flags, [min_x, min_y, max_x, max_y]: [u32; 4], units: u16, delta: [f64; 2]| UltrasoundRegion {
            spatial_format: if units == 3 { 1 } else { 3 },
            data_type: if units == 3 { 1 } else { 3 },
            flags,
            min_x,
            min_y,
            max_x,
            max_y,
            units_x: units,
            units_y: if units == 3 { 3 } else { 7 },
            delta_x: delta[0],
            delta_y: delta[1],
            reference: Some(RegionReference { x: 0, y: 10, value_x: 0.0, value_y: 0.0 }),
            transducer_khz: None,
            doppler: None,
        };
    let pixels = NewPixels::Grey8 { frames: vec![vec![7; 80 * 60]] };
    let mut new = image(ImageKind::UltrasoundMultiFrame, "duplex", 80, pixels);
    new.frame_time_ms = Some(40.0);
    new.ultrasound_regions =
        vec![part(1, [0, 0, 79, 59], 3, [0.02, 0.02]), part(0, [10, 30, 70, 55], 4, [0.005, -1.5])];
    write(&new, file.to_str().unwrap());
    let place = place_with(&file);
    let words = measured(&place, &line((20.5, 40.5), (60.5, 40.5)));
    assert_eq!(words[0], ("duration".to_owned(), "0.200 s".to_owned()));
    let words = measured(&place, &line((20.0, 5.0), (60.0, 5.0)));
    assert_eq!(words[0], ("length".to_owned(), "8.00 mm (ultrasound region)".to_owned()));
    let words = measured(&place, &line((20.0, 5.0), (20.0, 45.0)));
    assert!(words[0].1.starts_with("40") && words[0].1.ends_with(" px"), "into the spectrum: {words:?}");
}

/// The same lines by pydicom, from the attributes alone.
#[test]
fn pydicom_measures_the_same() {
    let Some(samples) = shared("dicom-samples") else { return };
    let Ok(python) = std::env::var("CALX_PYTHON") else {
        assert!(!is_required(), "CALX_PYTHON is not set; start with tests/run");
        return skip("CALX_PYTHON is not set (tests/run sets it)");
    };
    for (file, from, to, label) in [
        (
            "notZaki-DICOMSamples/MG_Explicit_Little.dcm",
            (20.25, 30.5),
            (400.75, 333.5),
            "mm (calibrated: Used fiducial)",
        ),
        ("ImagingDataCommons-highdicom/dx_image.dcm", (5.0, 7.5), (61.25, 93.0), "mm at detector"),
        // The step across is negative; an item that states no unit lies over it.
        (
            "chafey-dicomParser/IM00001.implicit_little_endian.dcm",
            (10.5, 40.0),
            (300.0, 200.5),
            "mm (ultrasound region)",
        ),
        ("pydicom-pydicom-data/gdcm-US-ALOKA-16.dcm", (40.0, 40.0), (330.5, 400.0), "mm (ultrasound region)"),
        // Across the two pictures of a divided screen.
        ("pydicom-pydicom-data/gdcm-US-ALOKA-16.dcm", (40.0, 40.0), (400.0, 400.0), "px"),
        // The corner is stated one column outside the image.
        (
            "pydicom-pydicom-data/OBXXXX1A_rle_2frame.dcm",
            (121.0, 61.0),
            (799.0, 500.0),
            "mm (ultrasound region)",
        ),
    ] {
        let path = samples.join(file);
        let place = place_with(&path);
        let ran = place.ok(&["region", "add", "52", "1", "--label", "other", "--shape", &line(from, to)]);
        assert!(ran.out.contains("made"));
        let rows = rows_of(&place, "1");
        let row =
            rows.iter().find(|row| row["quantity"] == "length").unwrap_or_else(|| panic!("{file}: {rows:?}"));
        let ends = format!("{},{},{},{}", from.0, from.1, to.0, to.1);
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/e2e/lengths.py");
        let output = Command::new(&python).arg(script).arg(&path).arg(&ends).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let words = row["value"].as_str().unwrap();
        assert!(words.ends_with(label), "{file}: {words}");
        let found = row["measurement"]["length"]["value"].as_f64().unwrap();
        match told.trim().parse::<f64>() {
            Ok(expected) => {
                assert!((found - expected).abs() < 1e-9 * expected, "{file}: {found}, pydicom {expected}");
            }
            Err(_) => assert_eq!((told.trim(), label), ("none", "px"), "{file}"),
        }
    }
}

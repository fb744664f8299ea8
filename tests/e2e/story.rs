//! One case from a DICOM folder to an export, every step a process of its own, back by undo and forth by redo.

use std::ops::Range;

use calx_export::{exportable, read_case_json};
use calx_model::Case;
use serde_json::Value;

use crate::driver::{PATH, POLYGON, Place, SIZE, clip, hand, id};

/// Shapes of every kind, with a label that allows them.
const SHAPES: [(&str, &str, &str); 9] = [
    ("path", "calcified stretch", PATH),
    ("area", "bone loss", POLYGON),
    ("ellipse", "calcified stretch", r#"{"type":"ellipse","box":[150,100,190,140]}"#),
    ("mask", "calcified stretch", r#"{"type":"mask","origin":[20,200],"size":[4,3],"runs":[1,2,1,4,1,2,1]}"#),
    ("rectangle", "bone loss", r#"{"type":"rectangle","box":[20,20,60,50]}"#),
    ("line", "vessel course", r#"{"type":"line","ends":[[80,100],[80.5,160]]}"#),
    ("angle", "other", r#"{"type":"angle","points":[[10,90],[30,90],[30,120]]}"#),
    ("arrow", "other", r#"{"type":"arrow","head":[200,200],"tail":[220,260],"text":"look <here> & there"}"#),
    ("point", "other", r#"{"type":"point","at":[220,20]}"#),
];

/// The steps of the case, and the state after each.
fn author(place: &Place) -> Vec<Value> {
    let mut states = vec![place.case("52")];
    let mut step = |args: &[&str]| {
        let ran = place.ok(args);
        assert!(
            ran.out.trim_end().ends_with(" made") || ran.out.trim_end().ends_with(" changed"),
            "{}",
            ran.out
        );
        states.push(place.case("52"));
    };
    step(&["case", "set", "52", "presentation", "A 75-year-old with **cold fingers**."]);
    step(&["case", "set", "52", "age", "75Y"]);
    step(&["reference", "add", "52", "A. Author. On calcified arteries. 2001.", "--doi", "10.1000/182"]);
    step(&["case", "set", "52", "discussion", "Medial calcification shows as tram tracks [@1]."]);
    step(&["finding", "add", "52", "--image", "1"]);
    let words = "Calcification of the radial artery and of the digital arteries.";
    step(&["statement", "add", "52", "1", words, "--code", "237897009,SCT,Vascular Calcification"]);
    step(&[
        "statement",
        "add",
        "52",
        "1",
        "No bone is destroyed.",
        "--presence",
        "absent",
        "--certainty",
        "probable",
    ]);
    step(&["track", "add", "52", "right radial artery"]);
    for (_, label, shape) in SHAPES {
        step(&["region", "add", "52", "1", "--label", label, "--shape", shape]);
    }
    step(&[
        "region",
        "set",
        "52",
        "1",
        "--attribute",
        "pattern=tram-track",
        "--side",
        "right",
        "--track",
        "1",
    ]);
    step(&["evidence", "link", "52", "1.1", "--region", "1", "--words", "radial artery"]);
    step(&["evidence", "link", "52", "1.1", "--region", "3", "--words", "digital arteries"]);
    step(&["evidence", "link", "52", "1.2", "--image", "1"]);
    step(&[
        "case",
        "image",
        "52",
        "1",
        "--caption",
        "Right hand, PA.",
        "--key",
        "true",
        "--window",
        "minmax",
    ]);
    step(&["case", "read", "52", "1", "marked"]);
    states
}

#[test]
fn a_case_is_written_undone_redone_drawn_exported_and_read_again() {
    let place = Place::new();
    let imported = place.ok(&["import", &hand("right"), "--json"]).json();
    assert_eq!((&imported["imported"], &imported["images"]), (&1.into(), &1.into()));
    place.ok(&["case", "new", "--number", "52", "--title", "Calcified arteries of a hand"]);
    place.ok(&["case", "add-study", "52", &place.study()]);
    let states = author(&place);
    let end = states.last().unwrap();
    assert_eq!(end["regions"].as_array().unwrap().len(), SHAPES.len());
    let kinds: Vec<&str> =
        end["regions"].as_array().unwrap().iter().map(|r| r["shape"]["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, SHAPES.map(|(kind, ..)| kind));

    undo_and_redo(&place, &states);
    measure(&place);
    draw(&place);
    export_and_read(&place);

    let verified = place.ok(&["verify", "--deep", "--json"]).json();
    assert_eq!((&verified["whole"], &verified["cases"]), (&true.into(), &1.into()));
}

/// Each undo and each redo is a process; the state is compared after every one.
fn undo_and_redo(place: &Place, states: &[Value]) {
    for expected in states.iter().rev().skip(1) {
        place.ok(&["case", "undo", "52"]);
        assert_eq!(&place.case("52"), expected);
    }
    for expected in states.iter().skip(1) {
        place.ok(&["case", "redo", "52"]);
        assert_eq!(&place.case("52"), expected);
    }
    let nothing_left = place.ok(&["case", "redo", "52"]);
    assert!(nothing_left.err.contains("nothing to redo"), "{}", nothing_left.err);
    // The journal tells all of it: creation, study, steps, undos, redos.
    let log = place.ok(&["case", "log", "52", "--json"]).json();
    let steps = states.len() - 1;
    assert_eq!(log["rows"].as_array().unwrap().len(), 2 + 3 * steps);
    assert!(log["rows"].as_array().unwrap().iter().all(|row| row["who"] == "e2e"));
}

fn measure(place: &Place) {
    let rows = place.ok(&["region", "measure", "52", "--json"]).json();
    let rows = rows["rows"].as_array().unwrap().clone();
    let of = |region: u64, quantity: &str| {
        let found = rows.iter().find(|r| r["region"] == region && r["quantity"] == quantity);
        found.unwrap_or_else(|| panic!("no {quantity} of region {region}: {rows:#?}"))["value"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(of(1, "length").ends_with(" mm at detector"), "{}", of(1, "length"));
    assert!(of(2, "area").ends_with(" mm² at detector"), "{}", of(2, "area"));
    // 8 pixels of the mask.
    assert!(
        of(4, "values").ends_with("stored units, not comparable between images, over 8.0 px"),
        "{}",
        of(4, "values")
    );
    assert!(of(7, "angle").starts_with("90.0"), "{}", of(7, "angle"));
}

/// Width, height and RGB of a PNG.
pub(crate) fn png(path: &str) -> (u32, u32, Vec<[u8; 3]>) {
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    bytes.truncate(info.buffer_size());
    let channels = info.color_type.samples();
    let pixels = bytes
        .chunks_exact(channels)
        .map(|p| if channels < 3 { [p[0]; 3] } else { [p[0], p[1], p[2]] })
        .collect();
    (info.width, info.height, pixels)
}

fn draw(place: &Place) {
    let (marked, plain) = (place.path("marked.png"), place.path("plain.png"));
    let kept = crate::driver::kept("story").join("marked.png");
    let ran = place.ok(&["render", "52/1", "-o", &marked, "--renderer", "cpu", "--json"]);
    let row = &ran.json()["rows"][0];
    assert_eq!((&row["window"], &row["drawn_by"]), (&"0 to 4094 from minmax".into(), &"CPU".into()));
    std::fs::copy(&marked, kept).unwrap();
    place.ok(&["render", "52/1", "-o", &plain, "--marks", "none", "--renderer", "cpu"]);
    let (width, height, with) = png(&marked);
    assert_eq!((width, height), SIZE);
    let (.., without) = png(&plain);
    assert!(without.iter().all(|[r, g, b]| r == g && g == b), "a radiograph is grey");
    // The right edge of the outline at 100,40 to 140,80 has the hue of `bone loss`, #ff6ec7, the path that of
    // `calcified stretch`, #ffb000; strokes are dashed and have a dark rim, so a strip is searched.
    let strip = |picture: &[[u8; 3]], xs: Range<u32>, ys: Range<u32>, is_hue: fn([i32; 3]) -> bool| {
        let places = xs.flat_map(|x| ys.clone().map(move |y| (y * width + x) as usize));
        places.filter(|at| is_hue(picture[*at].map(i32::from))).count()
    };
    let pink = |[r, g, b]: [i32; 3]| r > g + 60 && b > g + 40;
    let amber = |[r, g, b]: [i32; 3]| r > b + 100 && g > b + 60;
    assert!(strip(&with, 137..144, 42..66, pink) >= 10, "the outline of region 2 is not drawn in its colour");
    assert!(strip(&with, 58..74, 225..235, amber) >= 10, "the path of region 1 is not drawn in its colour");
    let at = (295 * width + 120) as usize;
    assert_eq!(with[at], without[at], "far from every mark nothing changes");
    // One mark only: the others are not there.
    let one = place.path("one.png");
    place.ok(&["render", "52/1", "-o", &one, "--marks", "1", "--renderer", "cpu"]);
    let (.., one) = png(&one);
    assert_eq!(strip(&one, 0..width, 0..height, pink), 0);
    assert!(strip(&one, 58..74, 225..235, amber) >= 10);
    // An existing picture is kept until someone says otherwise.
    place.run(&["render", "52/1", "-o", &marked]).expect(2);
    place.ok(&["render", "52/1", "-o", &marked, "--force", "--renderer", "cpu"]);
}

fn export_and_read(place: &Place) {
    let out = place.path("out");
    let ran =
        place.ok(&["export", "52", "-o", &out, "--as", "json,png,html", "--pixels-clean", "all", "--json"]);
    let report = ran.json();
    let folder = std::path::PathBuf::from(report["folder"].as_str().unwrap());
    for file in report["files"].as_array().unwrap() {
        let path = folder.join(file["path"].as_str().unwrap());
        assert_eq!(path.metadata().unwrap().len(), file["bytes"].as_u64().unwrap(), "{}", path.display());
    }
    let text = std::fs::read_to_string(folder.join("case.json")).unwrap();
    let again = read_case_json(&text).unwrap();
    let shown = place.ok(&["show", "52", "--json"]).json();
    let case: Case = serde_json::from_value(shown["case"].clone()).unwrap();
    assert_eq!(again, exportable(&case));
    // What carries the meaning is equal as plain JSON too, without our own reader.
    let exported: Value = serde_json::from_str(&text).unwrap();
    for key in ["title", "presentation", "findings", "regions", "tracks", "discussion", "references"] {
        assert_eq!(exported["case"][key], shown["case"][key], "{key}");
    }
    assert_eq!(exported["schema"], "calx.case_export/1");
    assert_eq!(exported["measurements"].as_array().unwrap().len(), SHAPES.len());
    let page = std::fs::read_to_string(folder.join("case.html")).unwrap();
    assert!(
        page.contains("look &lt;here&gt;")
            || page.contains("look &#60;here&#62;")
            || !page.contains("look <here>")
    );
    // An export appears whole or not at all: the same folder again is refused without --force.
    place.run(&["export", "52", "-o", &out, "--as", "json"]).expect(2);
    place.ok(&["export", "52", "-o", &out, "--as", "json", "--force"]);
    assert!(
        folder.join("case.json").is_file() && !folder.join("case.html").exists(),
        "an earlier export lingers"
    );
}

#[test]
fn a_catalogue_that_was_lost_comes_back_equal() {
    let place = Place::with_marks();
    place.ok(&["import", &hand("left")]);
    let lists = |place: &Place| {
        ["studies", "series", "instances", "cases"]
            .map(|what| (what, place.rows(&[what, "--sort", first_column(what)])))
    };
    let (before, case) = (lists(&place), place.case("52"));
    for file in std::fs::read_dir(place.dir().join("ws")).unwrap().map(|e| e.unwrap().path()) {
        if file.file_name().unwrap().to_string_lossy().starts_with("catalogue.sqlite") {
            std::fs::remove_file(file).unwrap();
        }
    }
    place.ok(&["rebuild-catalogue"]);
    assert_eq!(lists(&place), before);
    assert_eq!(place.case("52"), case);
    place.ok(&["verify", "--deep"]);
}

fn first_column(what: &str) -> &'static str {
    match what {
        "studies" => "study",
        "series" => "series",
        "instances" => "instance",
        _ => "id",
    }
}

#[test]
fn merging_and_subtracting_keep_links_and_can_be_undone() {
    let place = Place::with_marks();
    let overlapping = r#"{"type":"polygon","points":[[120,60],[160,60],[160,100],[120,100]]}"#;
    place.ok(&[
        "region",
        "add",
        "52",
        "1",
        "--label",
        "bone loss",
        "--shape",
        overlapping,
        "--id",
        &id(0xa3),
    ]);
    place.ok(&["evidence", "link", "52", "1.1", "--region", "3", "--id", &id(0xe3)]);
    let before = place.case("52");
    place.ok(&["region", "merge", "52", "2", "3"]);
    let merged = place.case("52");
    assert_eq!(merged["regions"].as_array().unwrap().len(), 2);
    let evidence = merged["findings"][0]["statements"][0]["evidence"].as_array().unwrap().clone();
    let on_merged = evidence.iter().filter(|e| e["target"]["region"] == id(0xa2).as_str()).count();
    assert_eq!(on_merged, 1, "the first takes the link of the second: {evidence:?}");
    place.ok(&["case", "undo", "52"]);
    assert_eq!(place.case("52"), before);
    place.ok(&["region", "subtract", "52", "2", "3"]);
    let cut = place.case("52");
    assert_eq!(cut["regions"][2], before["regions"][2], "what is taken out stays itself");
    assert_ne!(cut["regions"][1]["shape"], before["regions"][1]["shape"]);
    place.ok(&["region", "rm", "52", "1"]);
    let rest = place.case("52");
    let words = &rest["findings"][0]["statements"][0]["text"];
    assert!(words.to_string().contains("radial artery"), "words stay when their region goes: {words}");
}

#[test]
fn an_area_of_two_parts_is_split_and_an_unused_image_goes() {
    let place = Place::with_marks();
    let two = r#"{"type":"area","parts":[{"outer":[[10,10],[30,10],[30,30]]},{"outer":[[50,10],[70,10],[70,30]]}]}"#;
    place.ok(&["region", "add", "52", "1", "--label", "other", "--shape", two]);
    place.ok(&["evidence", "link", "52", "1.1", "--region", "3"]);
    let before = place.case("52");
    place.ok(&["region", "split", "52", "3"]);
    let regions = place.rows(&["regions", "--case", "52"]);
    assert_eq!(regions.len(), 4);
    for part in &regions[2..] {
        assert_eq!(
            (&part["shape"], &part["statements"]),
            (&"area".into(), &serde_json::json!(["1.1"])),
            "{part}"
        );
    }
    place.run(&["region", "split", "52", "1"]).expect(1);
    place.ok(&["case", "undo", "52"]);
    assert_eq!(place.case("52"), before);
    // An image with marks stays; one that nothing rests on goes, and comes back.
    place.run(&["case", "rm-image", "52", "1"]).expect(1);
    place.ok(&["import", &clip()]);
    let studies = place.rows(&["studies", "--where", "modalities=US"]);
    place.ok(&["case", "add-study", "52", studies[0]["study"].as_str().unwrap()]);
    place.ok(&["case", "rm-image", "52", "2"]);
    assert_eq!(place.rows(&["images", "--case", "52"]).len(), 1);
    place.ok(&["case", "undo", "52"]);
    assert_eq!(place.rows(&["images", "--case", "52"]).len(), 2);
}

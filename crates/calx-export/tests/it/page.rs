//! The page as a machine sees it: well-formed, tied together, inert.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use calx_export::{ExportOptions, export_case};
use calx_model::case::Contributor;
use calx_model::{Case, RichText, Shape};
use sha2::{Digest, Sha256};

use crate::case::{case, with_input};
use crate::xml::{Element, elements};

/// The text of `case.html` for a case.
pub(crate) fn page_of(case: &Case) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    with_input(case, Vec::new(), |input| export_case(input, &["html"], &out, &ExportOptions::default()))
        .unwrap();
    std::fs::read_to_string(out.join("case.html")).unwrap()
}

fn by_id(all: &[Element]) -> BTreeMap<&str, &Element> {
    let mut found = BTreeMap::new();
    for element in all.iter().filter(|e| !e.get("id").is_empty()) {
        assert!(found.insert(element.get("id"), element).is_none(), "id {} twice", element.get("id"));
    }
    found
}

#[test]
fn every_id_is_there_once_and_every_link_leads_somewhere() {
    let page = page_of(&case());
    let all = elements(&page);
    let ids = by_id(&all);
    for element in &all {
        let href = element.get("href");
        if let Some(id) = href.strip_prefix('#') {
            assert!(ids.contains_key(id), "{href} leads nowhere");
        } else if !href.is_empty() {
            assert!(href.starts_with("https://"), "{href}");
            assert_eq!(element.get("rel"), "noopener noreferrer");
        }
        if !element.get("aria-labelledby").is_empty() {
            assert!(ids.contains_key(element.get("aria-labelledby")));
        }
        for number in element.get("data-regions").split_whitespace() {
            assert!(ids.contains_key(format!("region-{number}").as_str()), "region {number} is not drawn");
        }
        for attribute in element.attributes.keys() {
            assert!(attribute != "style" && !attribute.starts_with("on"), "{attribute} on {}", element.name);
        }
        let src = element.get("src");
        assert!(src.is_empty() || src.starts_with("data:image/png;base64,"), "{src}");
    }
    for id in ["finding-1", "statement-1-4", "study-3", "image-3", "region-12", "reference-5", "cite-2"] {
        assert!(ids.contains_key(id), "{id}");
    }
    let loads = ["link", "iframe", "object", "embed", "form", "base", "video", "audio"];
    assert!(all.iter().all(|e| !loads.contains(&e.name.as_str())));
}

#[test]
fn every_region_is_a_group_with_title_role_and_name() {
    let case = case();
    let all = elements(&page_of(&case));
    let ids = by_id(&all);
    for (number, region) in (1..).zip(&case.regions) {
        let group = ids[format!("region-{number}").as_str()];
        assert_eq!((group.name.as_str(), group.get("role"), group.get("tabindex")), ("g", "button", "0"));
        assert!(
            group.get("aria-label").starts_with(&format!("Region {number}: ")),
            "{}",
            group.get("aria-label")
        );
        assert!(
            group.has_class("region") && group.has_class(&format!("shape-{}", region.shape.kind().word()))
        );
        assert!(group.text.ends_with(&number.to_string()), "the shown number: {:?}", group.text);
    }
    let first = ids["region-1"];
    assert_eq!(
        first.get("aria-label"),
        "Region 1: calcified stretch 69.0 mm at detector. Supports statement 1.1 (present)"
    );
    assert!(ids["region-4"].text.contains("old fracture?"), "the words of the arrow");
    let widths: Vec<&str> = all.iter().filter(|e| e.name == "svg").map(|e| e.get("viewBox")).collect();
    assert_eq!(widths, ["0 0 360.00 480.00", "0 0 360.00 480.00", "0 0 360.00 240.00"]);
}

#[test]
fn statements_say_presence_in_sign_and_word() {
    let all = elements(&page_of(&case()));
    let ids = by_id(&all);
    let check = |id: &str, sign: &str, word: &str, regions: &str| {
        let text = &ids[id].text;
        assert!(text.contains(sign) && text.contains(word), "{id}: {text:?}");
        assert_eq!(ids[id].get("data-regions"), regions, "{id}");
    };
    check("statement-1-1", "●", "present", "1 2");
    check("statement-1-3", "○", "not seen", "");
    check("statement-1-4", "?", "indeterminate", "4");
    check("statement-2-2", "–", "not assessable", "");
    check("statement-2-1", "●", "present", "5 6 7 9 10 11");
    assert!(ids["statement-1-1"].text.contains("right ring finger, proximal phalanx"));
    assert!(ids["statement-3-1"].text.contains("image 3, frame 12–14"));
}

#[test]
fn texts_of_the_case_are_all_there_in_their_order() {
    let all = elements(&page_of(&case()));
    let text = &all.iter().find(|e| e.name == "body").unwrap().text;
    let mut from = 0;
    for words in [
        "Case 52",
        "quiz case",
        "Calcified arteries of both hands",
        "Cold fingers for two years, type 2 diabetes",
        "75 y, male",
        "Radiographs of both hands",
        "day 0",
        "Right hand. The radial artery",
        "No destruction of bone.",
        "Doppler of the radial artery",
        "frame 12 of 24",
        "Ultrasound of the neck (report only)",
        "Plaques in both carotid arteries",
        "Medial calcification in keeping",
        "Discussion",
        "[1–4]",
        "References",
        "10.1000/test.2020.1",
        "00000000-0000-4000-8000-000000000001",
        "2026-03-01",
        "2026-03-04",
        "R. Author",
        "CC-BY-4.0",
        "Completeness",
        "For teaching, not for diagnosis.",
        "calx 0.0.0-test",
        "pixels sha256 ",
    ] {
        let found =
            text[from..].find(words).unwrap_or_else(|| panic!("{words:?} is not there, or too early"));
        from += found + words.len();
    }
    let link = all.iter().find(|e| e.name == "a" && e.has_class("doi")).unwrap();
    assert_eq!(link.get("href"), "https://doi.org/10.1000/test.2020.1");
    let back: Vec<&str> = all.iter().filter(|e| e.has_class("back")).map(|e| e.get("href")).collect();
    assert_eq!(back, ["#cite-1", "#cite-1", "#cite-2", "#cite-1", "#cite-1", "#cite-2"]);
}

#[test]
fn the_policy_pins_style_and_script() {
    let page = page_of(&case());
    let all = elements(&page);
    let policy =
        all.iter().find(|e| e.get("http-equiv") == "Content-Security-Policy").unwrap().get("content");
    let mut expected = vec!["default-src 'none'".to_owned(), "img-src data:".to_owned()];
    for tag in ["style", "script"] {
        let raw = page.split_once(&format!("<{tag}>")).unwrap().1.split_once(&format!("</{tag}>")).unwrap().0;
        expected.push(format!("{tag}-src 'sha256-{}'", STANDARD.encode(Sha256::digest(raw))));
        assert_eq!(all.iter().filter(|e| e.name == tag).count(), 1);
    }
    expected.extend(["base-uri 'none'".to_owned(), "form-action 'none'".to_owned()]);
    assert_eq!(policy, expected.join("; "));
    // The policy must come before anything it governs.
    let at = |name: &str| all.iter().position(|e| e.name == name).unwrap();
    assert!(all.iter().position(|e| !e.get("http-equiv").is_empty()).unwrap() < at("style"));
}

#[test]
fn hostile_text_is_inert() {
    let hostile = "\"><script>alert(1)</script>'<img src=x onerror=alert(2)>\u{202e}\u{0}\u{1b}[2J&lt;b&gt; ]]> \
                   [x](javascript:alert(3)) [y](https://a.b\"onclick=\"z)";
    let mut case = case();
    case.title = hostile.to_owned();
    case.language = "en\" onload=\"alert(4)".to_owned();
    case.licence = hostile.to_owned();
    case.tags = vec![hostile.to_owned()];
    case.presentation = RichText::plain(hostile);
    case.discussion = RichText::plain(hostile);
    case.contributors = vec![Contributor {
        name: hostile.to_owned(),
        role: Some(hostile.to_owned()),
        affiliation: Some(hostile.to_owned()),
    }];
    for study in &mut case.studies {
        study.title = hostile.to_owned();
        study.modality = format!("DX{hostile}");
        for image in &mut study.images {
            image.caption = RichText::plain(hostile);
            image.view_position = Some(hostile.to_owned());
        }
    }
    for region in &mut case.regions {
        region.label = hostile.to_owned();
        region.attributes.insert(hostile.to_owned(), hostile.to_owned());
        if let Shape::Arrow { text, .. } = &mut region.shape {
            *text = hostile.to_owned();
        }
    }
    for reference in &mut case.references {
        reference.text = hostile.to_owned();
        reference.doi = Some(hostile.to_owned());
    }
    for statement in case.findings.iter_mut().flat_map(|f| &mut f.statements) {
        if statement.text.evidence().next().is_none() {
            statement.text = RichText::plain(hostile);
        }
    }
    let page = page_of(&case);
    let all = elements(&page);
    assert_eq!(all.iter().filter(|e| e.name == "script").count(), 1);
    assert_eq!(all.iter().filter(|e| e.name == "img").count(), 3);
    for element in &all {
        assert!(element.attributes.keys().all(|a| !a.starts_with("on")), "{element:?}");
        let href = element.get("href");
        assert!(href.is_empty() || href.starts_with('#') || href.starts_with("https://doi.org/"), "{href}");
    }
    assert!(!page.contains(['\u{202e}', '\u{0}', '\u{1b}']));
    let title = &all.iter().find(|e| e.name == "title").unwrap().text;
    assert!(title.contains("<script>alert(1)</script>"), "shown as it was written: {title}");
    by_id(&all);
}

#[test]
fn beside_its_pictures_the_page_is_small() {
    let page = page_of(&case());
    let pictures: usize = elements(&page).iter().map(|e| e.get("src").len()).sum();
    assert!(page.len() - pictures < 300_000, "{} bytes", page.len() - pictures);
}

#[test]
fn a_turned_image_turns_its_marks() {
    let mut case = case();
    let image = &mut case.studies[0].images[0];
    image.display.quarter_turns = 1;
    image.display.flip_horizontal = true;
    let all = elements(&page_of(&case));
    let svg = all.iter().find(|e| e.name == "svg").unwrap();
    assert_eq!(svg.get("viewBox"), "0 0 480.00 360.00");
    // Clockwise, then mirrored left to right: rows become columns and columns rows.
    let matrix = all.iter().find(|e| !e.get("transform").is_empty()).unwrap().get("transform");
    assert_eq!(matrix, "matrix(0 1 1 0 0 0)");
}

#[test]
fn a_mark_on_a_frame_that_is_not_shown_gets_a_figure_of_its_own() {
    let mut case = case();
    case.regions.last_mut().unwrap().frames = vec![20, 21];
    let all = elements(&page_of(&case));
    let ids = by_id(&all);
    let figures: BTreeSet<&str> = ids.keys().copied().filter(|id| id.starts_with("image-3")).collect();
    assert_eq!(figures, BTreeSet::from(["image-3", "image-3-frame-20"]));
    assert!(ids["image-3-frame-20"].text.contains("frame 20 of 24"));
    assert!(ids.contains_key("region-12"));
}

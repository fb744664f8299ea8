//! Each rule of completeness, met and unmet.

use calx_geometry::Rectangle;
use calx_measure::{Completeness, Rules, Severity, completeness, completeness_by};
use calx_model::{
    Age, AgeUnit, Case, CaseImage, CaseStudy, Contributor, ImageRead, Presence, ReadResult, ReadState,
    Reference, Region, RichText, Run, SchemaRef, Scope, Sex, Shape, Side, Site, StatedSide, StudyTime,
    Target,
};

use crate::samples::{at, case, finding, id, image, reading, region, schema, statement, to_image, to_region};

fn marked(n: u128) -> Region {
    region(n, Shape::Rectangle(Rectangle::from_box(at(1.0, 1.0), at(9.0, 9.0)).unwrap()))
}

/// A case to which no rule has anything to say.
fn whole() -> Case {
    let mut case = case();
    case.title = "Vascular calcification of the hands".to_owned();
    case.licence = "CC-BY-4.0".to_owned();
    case.consent_note = "Written consent for teaching.".to_owned();
    case.presentation = RichText::plain("A man of 75 with chronic kidney disease.");
    case.patient.age = Some(Age { value: 75, unit: AgeUnit::Years });
    case.patient.sex = Some(Sex::Male);
    case.contributors.push(Contributor { name: "A. Author".to_owned(), role: None, affiliation: None });
    case.references.push(Reference {
        id: id(8, 1),
        text: "Author A. Title. Journal 2020.".to_owned(),
        doi: Some("10.1000/182".to_owned()),
    });
    case.discussion = RichText::from_runs([
        Run::Words { text: "Tram-tracks are medial.".to_owned() },
        Run::Cite { references: vec![id(8, 1)] },
    ]);
    case.regions.push(marked(1));
    let scope = Scope::Study { study: id(3, 1) };
    case.findings.push(finding(1, scope, vec![statement(1, Presence::Present, &[to_region(1)])]));
    assert_eq!(case.violations(), Vec::<String>::new());
    case
}

/// Checks the alerts after a change of a whole case: `sign place text`.
#[track_caller]
fn check(change: impl FnOnce(&mut Case), expected: &[&str]) -> Completeness {
    let mut case = whole();
    change(&mut case);
    assert_eq!(case.violations(), Vec::<String>::new(), "the test's own case is not sound");
    let found = completeness(&case, &schema());
    assert_eq!(found.alerts.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    assert!(found.alerts.iter().all(|alert| !alert.hint.is_empty()));
    found
}

#[test]
fn a_whole_case_is_complete() {
    let found = check(|_| {}, &[]);
    assert_eq!(found.percent, 100);
    assert!(found.is_publishable() && found.rules.iter().all(|rule| rule.met));
}

#[test]
fn an_empty_case_is_told_everything() {
    let mut case = case();
    case.studies.clear();
    let found = completeness(&case, &schema());
    let unmet: Vec<&str> = found.rules.iter().filter(|r| !r.met).map(|r| r.name.as_str()).collect();
    let expected = [
        "title",
        "presentation",
        "patient",
        "studies",
        "statements",
        "discussion",
        "contributor",
        "licence",
        "consent",
    ];
    assert_eq!(unmet, expected);
    assert_eq!(found.blocking(), 6);
    assert!(found.alerts.is_sorted_by_key(|alert| alert.severity), "what blocks stands first");
    // Met by having nothing to ask: images 10, evidence 20, regions 10, references 3, doi 1, citations 3 of 100.
    assert_eq!(found.percent, 47);
}

#[test]
fn single_fields() {
    check(|c| c.title = "  ".to_owned(), &["✗ title is empty"]);
    check(|c| c.presentation = RichText::default(), &["! presentation is empty"]);
    check(|c| c.licence.clear(), &["✗ licence is not stated"]);
    check(|c| c.contributors.clear(), &["✗ contributors are none"]);
    let found = check(|c| c.patient.age = None, &["! patient has no age"]);
    let patient = found.rules.iter().find(|rule| rule.name == "patient").unwrap();
    assert_eq!((patient.met, patient.done, patient.of), (false, 1, 2));
    assert_eq!(found.percent, 98, "half of a rule of 4");
}

#[test]
fn a_citation_alone_is_no_discussion() {
    let cite = RichText::from_runs([Run::Cite { references: vec![id(8, 1)] }]);
    check(|c| c.discussion = cite, &["! discussion is empty"]);
}

#[test]
fn consent_is_not_asked_for_synthetic_images() {
    check(|c| c.consent_note.clear(), &["✗ consent is not noted"]);
    check(
        |c| {
            c.consent_note.clear();
            c.studies[0].images[0].synthetic = true;
        },
        &[],
    );
}

#[test]
fn present_rests_on_a_region_or_an_image() {
    let present = |targets: &[Target]| statement(2, Presence::Present, targets);
    let with = |s| move |c: &mut Case| c.findings[0].statements.push(s);
    check(with(present(&[])), &["! statement 1.2 is Present and has no evidence"]);
    check(
        with(present(&[Target::Study { study: id(3, 1) }])),
        &["! statement 1.2 is Present and rests on no region or image"],
    );
    check(with(present(&[to_image(1)])), &[]);
}

#[test]
fn absent_and_indeterminate_name_what_was_looked_at() {
    let with = |presence, targets: &[Target]| {
        let statement = statement(2, presence, targets);
        move |c: &mut Case| c.findings[0].statements.push(statement)
    };
    check(with(Presence::Absent, &[]), &["! statement 1.2 is Absent and names no image or study"]);
    check(
        with(Presence::Indeterminate, &[]),
        &["! statement 1.2 is Indeterminate and names no image or study"],
    );
    check(with(Presence::Absent, &[Target::Study { study: id(3, 1) }]), &[]);
    check(with(Presence::Indeterminate, &[to_image(1)]), &[]);
    check(with(Presence::NotAssessable, &[]), &[]);
}

#[test]
fn a_study_of_text_only_needs_no_evidence() {
    check(
        |c| {
            c.studies.push(CaseStudy {
                id: id(3, 2),
                source: None,
                title: "Ultrasound, outside report".to_owned(),
                modality: "US".to_owned(),
                when: StudyTime::Unknown,
                images: Vec::new(),
            });
            let scope = Scope::Study { study: id(3, 2) };
            c.findings.push(finding(2, scope, vec![statement(2, Presence::Present, &[])]));
        },
        &[],
    );
}

#[test]
fn an_image_is_told_captioned_or_read() {
    let add = |change: fn(&mut Case)| {
        move |c: &mut Case| {
            c.studies[0].images.push(image(2));
            change(c);
        }
    };
    check(add(|_| {}), &["! image 2 has no finding and no caption and was not read"]);
    check(add(|c| c.studies[0].images[1].caption = RichText::plain("The left hand.")), &[]);
    let read = |state| ImageRead { image: id(2, 2), reading: reading(), state };
    check(add(|_| {}), &["! image 2 has no finding and no caption and was not read"]);
    let begun = read(ReadState::InProgress);
    check(
        move |c| {
            c.studies[0].images.push(image(2));
            c.reads.push(begun);
        },
        &["! image 2 has no finding and no caption and was not read"],
    );
    let done = read(ReadState::Done { result: ReadResult::NoneSeen });
    check(
        move |c| {
            c.studies[0].images.push(image(2));
            c.reads.push(done);
        },
        &[],
    );
}

#[test]
fn references() {
    let found = check(
        |c| c.references[0].doi = Some("https://doi.org/10.1000/182".to_owned()),
        &["! reference 1 has a DOI that is none"],
    );
    assert_eq!(found.percent, 99);
    check(
        |c| c.references.push(Reference { id: id(8, 2), text: " ".to_owned(), doi: None }),
        &["! reference 2 has no words", "! reference 2 has no DOI", "! reference 2 is cited nowhere"],
    );
}

#[test]
fn regions_support_statements_and_wear_labels_of_the_schema() {
    check(|c| c.regions.push(marked(2)), &["! region 2 supports no statement"]);
    let found = check(
        |c| c.regions[0].label = "calcium".to_owned(),
        &["✗ region 1 does not fit the label schema: there is no label \"calcium\"; the schema has: \
            calcified stretch, vessel course, bone loss, other"],
    );
    assert_eq!(found.percent, 100, "a rule without weight speaks up only");
    assert!(!found.is_publishable());
    check(
        |c| c.schema = SchemaRef { id: "other".to_owned(), version: 2 },
        &["✗ schema of the case is other/2, that of the workspace vascular-calcification/1"],
    );
}

fn left() -> Vec<Site> {
    vec![Site { side: Some(Side::Left), ..Site::default() }]
}

#[test]
fn a_contradicted_side_blocks_until_a_person_says_which_is_wrong() {
    let found = check(
        |c| c.findings[0].statements[0].sites = left(),
        &["✗ statement 1.1 says left, image 1 shows right"],
    );
    assert!(found.alerts[0].hint.contains("lead marker"));
    let stated = |side| StatedSide { side, author: "R. Reader".to_owned(), reason: "lead marker".to_owned() };
    check(
        |c| {
            c.findings[0].statements[0].sites = left();
            c.studies[0].images[0].stated_side = Some(stated(Side::Left));
        },
        &[],
    );
    check(
        |c| {
            c.findings[0].statements[0].sites = left();
            c.studies[0].images[0].stated_side = Some(stated(Side::Right));
        },
        &["✗ statement 1.1 says left, image 1 shows right as R. Reader stated"],
    );
}

#[test]
fn both_sides_and_bilateral_contradict_nothing() {
    let both = vec![
        Site { side: Some(Side::Left), ..Site::default() },
        Site { side: Some(Side::Right), ..Site::default() },
    ];
    check(|c| c.findings[0].statements[0].sites = both, &[]);
    let bilateral = vec![Site { side: Some(Side::Bilateral), ..Site::default() }];
    check(|c| c.findings[0].statements[0].sites = bilateral, &[]);
}

#[test]
fn regions_have_sides_too() {
    check(|c| c.regions[0].side = Some(Side::Left), &["✗ region 1 says left, image 1 shows right"]);
    let both_hands = |c: &mut Case| {
        c.studies[0].images[0] = CaseImage { header_side: Some(Side::Bilateral), ..image(1) };
    };
    check(both_hands, &["✗ region 1 has no side, image 1 shows both"]);
    check(
        |c| {
            both_hands(c);
            c.regions[0].side = Some(Side::Right);
            c.findings[0].statements[0].sites = left();
        },
        &["✗ statement 1.1 says left, the region it rests on in image 1 lies right"],
    );
}

#[test]
fn other_rules_can_be_given() {
    let text = r#"{"schema":"calx.completeness-rules/1","rules":[
        {"name":"title","weight":3,"severity":"warns","asks":"A title"},
        {"name":"licence","weight":1,"severity":"warns","asks":"A licence"}]}"#;
    let mut case = whole();
    case.licence.clear();
    let found = completeness_by(&Rules::from_json(text).unwrap(), &case, &schema());
    assert_eq!(found.percent, 75);
    assert_eq!(found.alerts.len(), 1);
    assert_eq!(found.alerts[0].severity, Severity::Warns);
}

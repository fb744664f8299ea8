//! Reports are read back as what was marked and said.

use calx_geometry::{Area, Ellipse, Grid, Mask, Outline, PathVertex, Rectangle, VesselPath};
use calx_model::{
    AreaSize, Certainty, Evidence as Link, EvidenceId, Finding, FindingId, Length, Measurement, Presence,
    RichText, Scope, Shape, Side, SpacingBasis, Statement, StatementId, Target,
};
use uuid::Uuid;

use super::*;
use crate::derived::content::read::read_tree;
use crate::derived::content::{Graphic, Value};
use crate::derived::root::SrProfile;
use crate::derived::testing::{Sample, at};
use crate::derived::{Kinds, write_derived};
use crate::open::open_source;
use crate::scan::Wanted;
use crate::source::Source;

/// The objects of a case and what was told.
fn written(sample: &Sample, kinds: Kinds) -> (Vec<NewObject>, Vec<String>) {
    let mut objects = Vec::new();
    let told = write_derived::<WriteError>(&sample.root(), kinds, &mut |object| {
        objects.push(object);
        Ok(())
    })
    .unwrap();
    (objects, told)
}

const SR: Kinds = Kinds { sr: true, seg: false, gsps: false, kos: false };

/// The tree of the report of that name.
fn report(objects: &[NewObject], name: &str) -> Item {
    let object = objects.iter().find(|object| object.name == name).unwrap();
    let mut opened = open_source(Source::memory(object.bytes.clone())).unwrap();
    let scan = opened.scan(Wanted::matching(|_| true, 1 << 22)).unwrap();
    let mut notices = scan.notices;
    let tree = read_tree(scan.data, &mut notices);
    assert_eq!(notices, []);
    tree
}

fn groups_of(report: &Item) -> Vec<&Item> {
    report.first(codes::IMAGING_MEASUREMENTS).unwrap().all(codes::MEASUREMENT_GROUP).collect()
}

fn tool(group: &Item) -> &str {
    let identifier = group.first(codes::TRACKING_IDENTIFIER).and_then(Item::as_text).unwrap();
    identifier
        .strip_prefix("Cornerstone3DTools@^0.1.0:")
        .map_or(identifier, |rest| rest.split(':').next().unwrap())
}

fn points(item: &Item) -> (Graphic, Vec<[f32; 2]>) {
    match &item.value {
        Value::Scoord { graphic, points } => (*graphic, points.clone()),
        other => panic!("{other:?}"),
    }
}

/// One region of every shape, each with what is measured of it.
fn mark_all(sample: &mut Sample) {
    let mm = |value| Length::Mm { value, basis: SpacingBasis::Detector };
    let area = |value| Measurement::Area { size: AreaSize::Mm2 { value, basis: SpacingBasis::Detector } };
    let triangle = Outline::new(vec![at(10.0, 10.0), at(40.5, 12.0), at(20.0, 33.25)]).unwrap();
    let vertex = |x: f64, y: f64| PathVertex { point: at(x, y), width: Grid::snap(6.0).unwrap() };
    let path = VesselPath::new(vec![vertex(1.0, 1.0), vertex(30.0, 40.0), vertex(90.0, 50.0)]).unwrap();
    let mask = Mask::from_bits(100, 100, |x, y| (20..40).contains(&x) && y > 50).unwrap();
    let shapes = [
        (
            Shape::Area(Area::from_outline(triangle)),
            vec![Measurement::Perimeter { length: mm(9.0) }, area(3.5)],
        ),
        (Shape::Ellipse(Ellipse::from_box(at(20.0, 20.0), at(60.0, 40.0)).unwrap()), vec![]),
        (Shape::Rectangle(Rectangle::from_box(at(50.0, 50.0), at(70.0, 90.0)).unwrap()), vec![area(8.0)]),
        (Shape::Path(path), vec![Measurement::Length { length: mm(20.0) }]),
        (Shape::Line { ends: [at(1.0, 2.0), at(3.0, 4.0)] }, vec![Measurement::Length { length: mm(2.0) }]),
        (
            Shape::Line { ends: [at(1.0, 2.0), at(3.0, 4.0)] },
            vec![Measurement::Velocity { cm_per_second: 2.0 }],
        ),
        (
            Shape::Angle { points: [at(1.0, 2.0), at(30.0, 4.0), at(9.0, 60.0)] },
            vec![Measurement::Angle { degrees: 63.5, basis: None, pixel_aspect: None }],
        ),
        (Shape::Arrow { head: at(50.0, 60.0), tail: at(80.0, 20.0), text: "look".to_owned() }, vec![]),
        (Shape::Point { at: at(33.0, 44.0) }, vec![]),
        (Shape::Mask(mask), vec![area(98.0)]),
    ];
    for (shape, measured) in shapes {
        let index = sample.mark(0, shape, "calcified stretch");
        sample.measured[index] = measured;
    }
}

fn statement(n: u128, words: &str, evidence: Vec<Target>, sample: &Sample) -> Statement {
    let link = |(at, target)| Link { id: EvidenceId(Uuid::from_u128((9 << 64) + (n << 8) + at)), target };
    Statement {
        id: StatementId(Uuid::from_u128((7 << 64) + n)),
        text: RichText::plain(words),
        presence: Presence::Absent,
        code: None,
        sites: Vec::new(),
        certainty: Some(Certainty::Probable),
        compared_to: None,
        evidence: (0..).zip(evidence).map(link).collect(),
        reading: sample.case.readings[0].id,
    }
}

#[test]
fn every_shape_is_a_group_that_its_tool_can_edit() {
    let mut sample = Sample::of(&["hand_right_small"]);
    mark_all(&mut sample);
    let (objects, told) = written(&sample, SR);
    assert_eq!(told.len(), 1, "seg goes along: {told:?}");
    let tree = report(&objects, "sr/measurements-1.dcm");
    let groups = groups_of(&tree);
    let tools: Vec<&str> = groups.iter().map(|group| tool(group)).collect();
    let freehand = "PlanarFreehandROI";
    assert_eq!(
        tools,
        [
            freehand,
            "EllipticalROI",
            "RectangleROI",
            freehand,
            "Length",
            freehand,
            "Angle",
            "ArrowAnnotate",
            "Probe",
            "calx:mask:10"
        ]
    );
    for (group, region) in groups.iter().zip(&sample.case.regions) {
        assert_eq!(group.observation.as_deref(), Some(super::super::uids::uid_of_id(region.id.0).as_str()));
        assert!(group.children.iter().all(|child| child.name.is_some()));
        let numbers: Vec<&Item> =
            group.children.iter().filter(|child| matches!(child.value, Value::Num(_))).collect();
        let Some(drawn) = group.first(codes::IMAGE_REGION) else { continue };
        // The same region once more under the first number, and under no other.
        let again: Vec<_> = numbers.iter().map(|number| number.first(codes::IMAGE_REGION)).collect();
        if let [first, rest @ ..] = again.as_slice() {
            assert_eq!(first.map(points), Some(points(drawn)));
            assert!(rest.iter().all(Option::is_none));
        }
        let source = drawn.first(codes::SOURCE).and_then(Item::as_image).unwrap();
        assert_eq!(source.instance, sample.sources[0].instance.as_str());
    }
    let first_number = |n: usize| {
        let found = groups[n].children.iter().find_map(Item::as_num).unwrap();
        (found.value, found.unit.value.clone())
    };
    assert_eq!(first_number(0), (3.5, "mm2".to_owned()), "the area stands first");
    let ellipse = std::f64::consts::PI * 20.0 * 10.0;
    assert_eq!(first_number(1).1, "{pixels}");
    assert!((first_number(1).0 - ellipse).abs() < 1e-9, "nothing was measured: its pixels");
    let (graphic, outline) = points(groups[0].first(codes::IMAGE_REGION).unwrap());
    assert_eq!((graphic, outline.len()), (Graphic::Polyline, 4));
    assert_eq!(outline.first(), outline.last());
    let (_, arms) = points(groups[6].first(codes::IMAGE_REGION).unwrap());
    assert_eq!(arms, [[1.0, 2.0], [30.0, 4.0], [30.0, 4.0], [9.0, 60.0]]);
    // The mask is in the segmentation that went along.
    let seg = objects.iter().find(|object| object.kind == Kind::Segmentation).unwrap();
    let mask = groups[9].first(codes::SEGMENTATION_FRAME).and_then(Item::as_image).unwrap();
    assert_eq!((mask.instance.as_str(), mask.frames.as_slice()), (seg.instance.as_str(), &[1][..]));
    // The plain form has no region under a number, and says nothing of tools.
    sample.options.sr_profile = SrProfile::Plain;
    let (objects, _) = written(&sample, SR);
    let tree = report(&objects, "sr/measurements-1.dcm");
    let groups = groups_of(&tree);
    assert_eq!(tool(groups[0]), "calx:region:1");
    let nested = |group: &&Item| group.children.iter().any(|c| c.first(codes::IMAGE_REGION).is_some());
    assert!(!groups.iter().any(nested));
}

#[test]
fn statements_about_images_stand_beside_the_regions() {
    let mut sample = Sample::of(&["hand_right_small", "hand_signed"]);
    let index = sample.mark(0, Shape::Point { at: at(33.0, 44.0) }, "other");
    let region = sample.case.regions[index].id;
    let image = |n: usize| sample.image(n).id;
    let on = |image| Target::Image { image, frames: Vec::new() };
    let both = statement(1, "No focus.", vec![on(image(0)), on(image(1)), on(image(0))], &sample);
    let rests = statement(2, "Calcified.", vec![Target::Region { region }], &sample);
    let scoped = statement(3, "Nothing to see.", Vec::new(), &sample);
    let of_case = statement(4, "Of the case.", Vec::new(), &sample);
    let finding = |n, scope, statements| Finding { id: FindingId(Uuid::from_u128(n)), scope, statements };
    let second = image(1);
    sample.case.findings = vec![
        finding(1, Scope::Case, vec![of_case, rests, both]),
        finding(2, Scope::Image { image: second }, vec![scoped]),
    ];
    let (objects, told) = written(&sample, SR);
    assert_eq!(told, [""; 0]);
    let (first, second) =
        (report(&objects, "sr/measurements-1.dcm"), report(&objects, "sr/measurements-2.dcm"));
    let said = |tree: &Item| -> Vec<(String, String)> {
        let text = |group: &Item, concept| {
            group.first(concept).and_then(Item::as_text).unwrap_or_default().to_owned()
        };
        let one = |group: &&Item| (tool(group).to_owned(), text(group, codes::COMMENT));
        groups_of(tree).iter().map(one).collect()
    };
    let line = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(said(&first), [line("Probe", "(1) other 動脈"), line("calx:statement:1.3", "No focus.")]);
    assert_eq!(
        said(&second),
        [line("calx:statement:1.3", "No focus."), line("calx:statement:2.1", "Nothing to see.")]
    );
    let groups = groups_of(&first);
    let presence = |group: &Item| {
        codes::presence_of(group.first(codes::PRESENCE_OF_PROPERTY).and_then(Item::as_code).unwrap())
    };
    assert_eq!((presence(groups[0]), presence(groups[1])), (Some(Presence::Absent), Some(Presence::Absent)));
    let side = |group: &Item| {
        let site = group.first(codes::FINDING_SITE).unwrap();
        codes::side_of(site.first(codes::LATERALITY).and_then(Item::as_code).unwrap())
    };
    assert_eq!((side(groups[0]), side(groups_of(&second)[0])), (Some(Side::Right), Some(Side::Left)));
    let observers = first.all(codes::PERSON_OBSERVER_NAME).count();
    assert_eq!(observers, 1);
    // What one statement says of two images are two observations of one thing.
    let ids = |tree: &Item| {
        let group = groups_of(tree).into_iter().find(|g| tool(g) == "calx:statement:1.3").unwrap().clone();
        (
            group.observation.clone().unwrap(),
            group.first(codes::TRACKING_UID).unwrap().as_uid().unwrap().to_owned(),
        )
    };
    let (one, other) = (ids(&first), ids(&second));
    assert!(one.0 != other.0 && one.1 == other.1);
}

#[test]
fn a_study_without_marks_and_statements_has_no_report() {
    let sample = Sample::of(&["hand_right_small"]);
    let (objects, _) = written(&sample, SR);
    assert!(!objects.iter().any(|object| object.kind == Kind::Measurements));
}

#[test]
fn a_region_of_a_clip_names_its_frame() {
    let mut sample = Sample::of(&["doppler_small"]);
    let index = sample.mark(0, Shape::Point { at: at(33.0, 44.0) }, "other");
    sample.case.regions[index].frames = vec![2, 3];
    let (objects, _) = written(&sample, SR);
    let tree = report(&objects, "sr/measurements-1.dcm");
    let drawn = groups_of(&tree)[0].first(codes::IMAGE_REGION).unwrap().clone();
    assert_eq!(drawn.first(codes::SOURCE).and_then(Item::as_image).unwrap().frames, [2]);
}

//! Reports are read back as what was marked and said.

use calx_geometry::{Area, Ellipse, Grid, Mask, Outline, PathVertex, Rectangle, VesselPath};
use calx_model::{
    AreaSize, Certainty, Evidence as Link, EvidenceId, Finding, FindingId, Length, Measurement, Presence,
    RichText, Scope, Shape, Side, SpacingBasis, Statement, StatementId, Target, Track, TrackId,
};
use uuid::Uuid;

use super::*;
use crate::derived::content::{Graphic, Value};
use crate::derived::root::SrProfile;
use crate::derived::testing::{Sample, at, tree_of};
use crate::derived::{Kinds, write_derived};

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
    tree_of(&objects.iter().find(|object| object.name == name).unwrap().bytes)
}

fn groups_of(report: &Item) -> Vec<&Item> {
    report.first(codes::IMAGING_MEASUREMENTS).unwrap().all(codes::MEASUREMENT_GROUP).collect()
}

fn tool(group: &Item) -> &str {
    let identifier = group.first(codes::TRACKING_IDENTIFIER).and_then(Item::as_text).unwrap();
    let uid = group.first(codes::TRACKING_UID).and_then(Item::as_uid).unwrap();
    let before = identifier.strip_suffix(uid).and_then(|before| before.strip_suffix(':')).unwrap();
    before.strip_prefix("Cornerstone3DTools@^0.1.0:").unwrap_or(before)
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
            "calx"
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
    assert_eq!(tool(groups[0]), "calx");
    let nested = |group: &&Item| group.children.iter().any(|c| c.first(codes::IMAGE_REGION).is_some());
    assert!(!groups.iter().any(nested));
}

#[test]
fn statements_about_images_stand_beside_the_regions() {
    let mut sample = Sample::of(&["hand_right_small", "hand_signed"]);
    sample.mark(0, Shape::Point { at: at(33.0, 44.0) }, "other");
    let image = |n: usize| sample.image(n).id;
    let on = |image| Target::Image { image, frames: Vec::new() };
    let both = statement(1, "No focus.", vec![on(image(0)), on(image(1)), on(image(0))], &sample);
    let scoped = statement(3, "Nothing to see.", Vec::new(), &sample);
    let of_case = statement(4, "Of the case.", Vec::new(), &sample);
    let finding = |n, scope, statements| Finding { id: FindingId(Uuid::from_u128(n)), scope, statements };
    let second = image(1);
    sample.case.findings = vec![
        finding(1, Scope::Case, vec![of_case, both]),
        finding(2, Scope::Image { image: second }, vec![scoped]),
    ];
    let (objects, told) = written(&sample, SR);
    assert_eq!(told, [""; 0]);
    let (first, second) =
        (report(&objects, "sr/measurements-1.dcm"), report(&objects, "sr/measurements-2.dcm"));
    let said = |tree: &Item| -> Vec<(String, String)> {
        let one = |group: &&Item| (tool(group).to_owned(), comment(group).to_owned());
        groups_of(tree).iter().map(one).collect()
    };
    let line = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(said(&first), [line("Probe", "(1) other 動脈"), line("calx", "No focus.")]);
    assert_eq!(said(&second), [line("calx", "No focus."), line("calx", "Nothing to see.")]);
    assert_eq!(presence(groups_of(&first)[1]), Some(Presence::Absent));
    let side = |group: &Item| {
        let site = group.first(codes::FINDING_SITE).unwrap();
        codes::side_of(site.first(codes::LATERALITY).and_then(Item::as_code).unwrap())
    };
    assert_eq!(
        (side(groups_of(&first)[0]), side(groups_of(&second)[0])),
        (Some(Side::Right), Some(Side::Left))
    );
    let observers = first.all(codes::PERSON_OBSERVER_NAME).count();
    assert_eq!(observers, 1);
    // What one statement says of two images are two observations of one thing.
    let ids = |tree: &Item| {
        let group = groups_of(tree).into_iter().find(|group| comment(group) == "No focus.").unwrap().clone();
        (group.observation.clone().unwrap(), tracking(&group).to_owned())
    };
    let (one, other) = (ids(&first), ids(&second));
    assert!(one.0 != other.0 && one.1 == other.1);
}

fn comment(group: &Item) -> &str {
    group.first(codes::COMMENT).and_then(Item::as_text).unwrap_or_default()
}

fn presence(group: &Item) -> Option<Presence> {
    group.first(codes::PRESENCE_OF_PROPERTY).and_then(Item::as_code).and_then(codes::presence_of)
}

fn tracking(group: &Item) -> &str {
    group.first(codes::TRACKING_UID).and_then(Item::as_uid).unwrap()
}

#[test]
fn a_negated_statement_takes_nothing_from_the_region_it_rests_on() {
    let mut sample = Sample::of(&["hand_right_small", "hand_signed"]);
    let region = |sample: &mut Sample, image| {
        let index = sample.mark(image, Shape::Point { at: at(33.0, 44.0) }, "calcified stretch");
        sample.case.regions[index].id
    };
    let (one, other) = (region(&mut sample, 0), region(&mut sample, 1));
    let second_on_first = region(&mut sample, 0);
    let track = TrackId(Uuid::from_u128(77));
    let tracking_uid = "2.25.777".parse().unwrap();
    sample.case.tracks.push(Track { id: track, tracking_uid, name: "radial artery".to_owned() });
    for index in [0, 2] {
        sample.case.regions[index].track = Some(track);
    }
    let on = |region| Target::Region { region };
    let negated = statement(1, "No bone loss there.", vec![on(one), on(second_on_first), on(other)], &sample);
    let sure = Statement {
        presence: Presence::Present,
        code: Some(codes::ABNORMAL_STRUCTURE.into()),
        ..statement(2, "It is there.", vec![on(one)], &sample)
    };
    sample.case.findings = vec![Finding {
        id: FindingId(Uuid::from_u128(1)),
        scope: Scope::Case,
        statements: vec![negated, sure],
    }];
    let (objects, told) = written(&sample, SR);
    assert_eq!(told, [""; 0]);
    let tree = report(&objects, "sr/measurements-1.dcm");
    let groups = groups_of(&tree);
    let line = |group: &&Item| {
        let finding = group.first(codes::FINDING).and_then(Item::as_code).unwrap().meaning.clone();
        (finding, presence(group), tracking(group) == "2.25.777", group.all(codes::SOURCE).count())
    };
    let found: Vec<_> = groups.iter().map(line).collect();
    let is = |finding: &str, presence, images| (finding.to_owned(), presence, true, images);
    assert_eq!(
        found,
        [
            is("Vascular Calcification", None, 0),
            is("Vascular Calcification", None, 0),
            // Both regions are of one track on one image: one group.
            is("Statement", Some(Presence::Absent), 1),
            is("Morphologically Abnormal Structure", Some(Presence::Present), 1),
        ]
    );
    assert_eq!(comment(groups[2]), "No bone loss there.");
    // The image of the other study has the region without a track, and the statement on it.
    let tree = report(&objects, "sr/measurements-2.dcm");
    let groups = groups_of(&tree);
    assert_eq!((groups.len(), tracking(groups[0])), (2, tracking(groups[1])));
    assert_eq!((presence(groups[0]), presence(groups[1])), (None, Some(Presence::Absent)));
    let mut observations: Vec<_> = groups.iter().map(|group| group.observation.clone().unwrap()).collect();
    observations.push(tracking(groups[0]).to_owned());
    observations.sort();
    observations.dedup();
    assert_eq!(observations.len(), 3, "no UID stands for two things");
}

#[test]
fn a_study_without_marks_and_statements_has_no_report() {
    let sample = Sample::of(&["hand_right_small"]);
    let (objects, _) = written(&sample, SR);
    assert!(!objects.iter().any(|object| object.kind == Kind::Measurements));
}

/// Frames that the first item of that name under an item refers to.
fn frames(item: &Item, name: crate::derived::codes::Concept) -> Vec<u32> {
    item.first(name).and_then(Item::as_image).unwrap().frames.clone()
}

#[test]
fn a_region_of_a_clip_names_all_its_frames() {
    let mut sample = Sample::of(&["doppler_small"]);
    let area = || Shape::Rectangle(Rectangle::from_box(at(50.0, 50.0), at(70.0, 90.0)).unwrap());
    let mask = || Shape::Mask(Mask::from_bits(100, 100, |x, y| x > 50 && y > 50).unwrap());
    let shapes = [area(), area(), mask(), mask(), area()];
    let on = [vec![2, 3], Vec::new(), vec![2, 4], Vec::new(), vec![3]];
    for (shape, frames) in shapes.into_iter().zip(on) {
        let index = sample.mark(0, shape, "other");
        sample.case.regions[index].frames = frames;
    }
    sample.display(0).frame = 2;
    let count = sample.image(0).frames;
    let all: Vec<u32> = (1..=count).collect();
    assert!(count > 3);
    let target = Target::Region { region: sample.case.regions[0].id };
    let said = statement(1, "No flow.", vec![target], &sample);
    sample.case.findings =
        vec![Finding { id: FindingId(Uuid::from_u128(1)), scope: Scope::Case, statements: vec![said] }];
    let (objects, told) = written(&sample, SR);
    assert_eq!(
        told,
        [
            "seg was written too: reports cannot hold masks, holes and areas of several parts",
            "regions 1, 2 lie on several frames: OHIF edits each on the one it was measured on"
        ]
    );
    let tree = report(&objects, "sr/measurements-1.dcm");
    let groups = groups_of(&tree);
    let drawn = |n: usize| {
        let group = groups[n];
        let again = group.children.iter().find_map(|child| child.first(codes::IMAGE_REGION)).unwrap();
        (frames(group.first(codes::IMAGE_REGION).unwrap(), codes::SOURCE), frames(again, codes::SOURCE))
    };
    assert_eq!(
        [drawn(0), drawn(1), drawn(4)],
        [(vec![2, 3], vec![2]), (all.clone(), vec![2]), (vec![3], vec![3])]
    );
    let masked = |n: usize| {
        let group = groups[n];
        (frames(group, codes::SEGMENTATION_FRAME), frames(group, codes::SOURCE_FOR_SEGMENTATION))
    };
    assert_eq!([masked(2), masked(3)], [(vec![1, 2], vec![2, 4]), (vec![3], all)]);
    assert_eq!(frames(groups[5], codes::SOURCE), [2, 3], "a statement is about the frames of its region");
    // The report read as one of others has each region once, on all of its frames.
    let read = crate::derived::foreign_sr::tests::reread(&sample).value;
    let found: Vec<_> = read.regions.iter().map(|region| region.frames.clone()).collect();
    assert_eq!(found, [vec![2, 3], (1..=count).collect(), vec![3]]);
}

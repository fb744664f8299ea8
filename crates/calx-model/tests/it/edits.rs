//! Single edits: what they refuse, and places where an inverse is easy to get wrong.

use calx_geometry::{GridPoint, Mask};
use calx_model::{
    Case, CaseField, CaseStatus, Edit, EditError, Evidence, ImageDisplay, ImageField, ImageRead,
    PixelSpacing, ReadResult, ReadState, Reading, Reference, RegionField, RichText, Run, Shape, SpacingBasis,
    StatementField, Target, Track, VoiLutFunction, Window, WindowChoice,
};

use crate::samples::{
    apply_and_back, block, empty_case, evidence, finding, id, image, reading, region, square, statement,
    study, three_squares,
};

#[track_caller]
fn refused(case: &Case, edit: &Edit) -> EditError {
    let mut tried = case.clone();
    let error = tried.apply(edit).unwrap_err();
    assert_eq!(tried, *case, "a refused edit changed something");
    error
}

fn status(status: CaseStatus) -> Edit {
    Edit::SetCase { field: CaseField::Status(status) }
}

fn title(text: &str) -> Edit {
    Edit::SetCase { field: CaseField::Title(text.to_owned()) }
}

#[test]
fn a_published_case_is_frozen() {
    let case = apply_and_back(&three_squares(), &status(CaseStatus::Published));
    assert_eq!(refused(&case, &title("other")), EditError::Frozen);
    assert_eq!(refused(&case, &Edit::RemoveRegion { region: id(5, 1) }), EditError::Frozen);
    let batch = Edit::Batch { edits: vec![status(CaseStatus::Published), title("other")] };
    assert_eq!(refused(&case, &batch), EditError::Frozen);
    apply_and_back(&case, &status(CaseStatus::Withdrawn));
    let image = case.images().next().unwrap().1.id;
    let looked = calx_model::PixelsCleared { by: "a reader".to_owned(), at: case.created };
    apply_and_back(
        &case,
        &Edit::SetImage { image, field: calx_model::ImageField::PixelsCleared(Some(looked)) },
    );
}

#[test]
fn a_batch_that_publishes_or_thaws_can_be_undone() {
    let case = three_squares();
    let publish = Edit::Batch { edits: vec![title("final"), status(CaseStatus::Published)] };
    let published = apply_and_back(&case, &publish);
    let thaw = Edit::Batch {
        edits: vec![status(CaseStatus::Draft), title("corrected"), status(CaseStatus::Published)],
    };
    let corrected = apply_and_back(&published, &thaw);
    assert_eq!((corrected.title.as_str(), corrected.status), ("corrected", CaseStatus::Published));
    let too_late = Edit::Batch { edits: vec![status(CaseStatus::Published), title("late")] };
    assert_eq!(refused(&case, &too_late), EditError::Frozen);
}

#[test]
fn ids_are_unique_across_kinds() {
    let mut case = three_squares();
    case.findings.push(finding(1, vec![statement(1, "a", vec![evidence(1, 1)])]));
    case.tracks.push(Track {
        id: id(10, 1),
        tracking_uid: "2.25.1".parse().unwrap(),
        name: "radial".to_owned(),
    });
    case.references.push(Reference { id: id(8, 1), text: "A".to_owned(), doi: None });
    let taken: Vec<uuid::Uuid> = case.ids().collect();
    assert_eq!(taken.len(), 13);
    for taken in taken {
        let doubles = [
            Edit::AddRegion {
                index: 0,
                region: Box::new(calx_model::Region {
                    id: taken.into(),
                    ..region(9, Shape::Area(square(0, 0, 5)))
                }),
            },
            Edit::AddStudy {
                index: 0,
                study: Box::new(calx_model::CaseStudy { id: taken.into(), ..study(9, vec![]) }),
            },
            Edit::AddImage {
                study: id(3, 1),
                index: 0,
                image: Box::new(calx_model::CaseImage { id: taken.into(), ..image(9) }),
            },
            Edit::AddReference {
                index: 0,
                reference: Reference { id: taken.into(), text: String::new(), doi: None },
            },
            Edit::AddReading { index: 0, reading: Reading { id: taken.into(), ..reading() } },
            Edit::AddEvidence {
                statement: id(6, 1),
                index: 0,
                evidence: Evidence { id: taken.into(), target: Target::Study { study: id(3, 1) } },
            },
            Edit::AddFinding {
                index: 0,
                finding: Box::new(finding(
                    9,
                    vec![calx_model::Statement { id: taken.into(), ..statement(9, "b", vec![]) }],
                )),
            },
        ];
        for edit in doubles {
            assert!(matches!(refused(&case, &edit), EditError::IdTaken(_)), "{edit:?}");
        }
    }
    let twice = finding(9, vec![statement(7, "b", vec![]), statement(7, "c", vec![])]);
    let edit = Edit::AddFinding { index: 0, finding: Box::new(twice) };
    assert!(matches!(refused(&case, &edit), EditError::IdTaken(_)));
}

#[test]
fn statements_move_within_and_across_findings() {
    let mut case = three_squares();
    case.findings.push(finding(
        1,
        vec![statement(1, "a", vec![]), statement(2, "b", vec![]), statement(3, "c", vec![])],
    ));
    case.findings.push(finding(2, vec![statement(4, "d", vec![])]));
    let order = |case: &Case| case.statements().map(|(_, s)| s.text.words()).collect::<String>();
    let moved = |n, to, index| Edit::MoveStatement { statement: id(6, n), finding: id(4, to), index };
    let within = apply_and_back(&case, &moved(1, 1, 2));
    assert_eq!(order(&within), "bcad");
    let across = apply_and_back(&case, &moved(2, 2, 1));
    assert_eq!(across.statement_number(id(6, 2)), Some((2, 2)));
    assert_eq!(order(&across), "acdb");
    assert_eq!(refused(&case, &moved(1, 1, 3)), EditError::BadPlace { index: 3, length: 2 });
    assert_eq!(refused(&case, &moved(1, 2, 2)), EditError::BadPlace { index: 2, length: 1 });
}

#[test]
fn reads_keep_their_order_through_undo() {
    let mut case = three_squares();
    let second = Reading { id: id(9, 2), ..reading() };
    case = apply_and_back(&case, &Edit::AddReading { index: 1, reading: second });
    let read = |n: u128, by: u128, state| ImageRead { image: id(2, n), reading: id(9, by), state };
    let done = || ReadState::Done { result: ReadResult::NoneSeen };
    let set =
        |n: u128, by: u128, index, read| Edit::SetRead { image: id(2, n), reading: id(9, by), index, read };
    for (n, by) in [(1, 1), (2, 1), (1, 2)] {
        case = apply_and_back(&case, &set(n, by, 0, Some(read(n, by, ReadState::Unread))));
    }
    let order = |case: &Case| case.reads.iter().map(|r| (r.image, r.reading)).collect::<Vec<_>>();
    assert_eq!(order(&case), [(id(2, 1), id(9, 2)), (id(2, 2), id(9, 1)), (id(2, 1), id(9, 1))]);
    // Replacing the middle one keeps its place, whatever index is given; forgetting it and undoing too.
    let replaced = apply_and_back(&case, &set(2, 1, 99, Some(read(2, 1, done()))));
    assert_eq!(order(&replaced), order(&case));
    let forgotten = apply_and_back(&case, &set(2, 1, 99, None));
    assert_eq!(order(&forgotten), [(id(2, 1), id(9, 2)), (id(2, 1), id(9, 1))]);
    apply_and_back(&case, &set(2, 2, 0, None));
    assert!(matches!(refused(&case, &set(2, 2, 0, Some(read(1, 2, done())))), EditError::BadValue(_)));
    assert!(matches!(refused(&case, &Edit::RemoveReading { reading: id(9, 2) }), EditError::InUse { .. }));
    assert!(matches!(refused(&case, &Edit::RemoveImage { image: id(2, 2) }), EditError::InUse { .. }));
    let gone = apply_and_back(&case, &case.delete_image(id(2, 2)).unwrap());
    assert_eq!(order(&gone), order(&forgotten));
}

#[test]
fn a_chip_holds_its_evidence() {
    let mut case = three_squares();
    case.findings.push(finding(1, vec![statement(1, "a", vec![evidence(1, 1)])]));
    case.studies[0].images[0].caption =
        RichText::from_runs([Run::Linked { text: "arrow".to_owned(), evidence: id(7, 1) }]);
    let error = refused(&case, &Edit::RemoveEvidence { evidence: id(7, 1) });
    assert_eq!(
        error.to_string(),
        format!(
            "evidence {} is still needed by a chip in the caption of image {}",
            id::<calx_model::EvidenceId>(7, 1),
            id::<calx_model::ImageId>(2, 1)
        )
    );
    let text = RichText::from_runs([Run::Linked { text: "x".to_owned(), evidence: id(7, 99) }]);
    let edit = Edit::SetStatement { statement: id(6, 1), field: StatementField::Text(text) };
    assert!(matches!(refused(&case, &edit), EditError::NotFound { what: "evidence", .. }));
}

#[test]
fn what_is_needed_stays() {
    let mut case = three_squares();
    case.findings.push(finding(1, vec![statement(1, "a", vec![evidence(1, 1)])]));
    case.findings[0].statements[0].compared_to = Some(id(3, 2));
    case.studies.push(study(2, vec![]));
    assert!(matches!(refused(&case, &Edit::RemoveRegion { region: id(5, 1) }), EditError::InUse { .. }));
    assert!(matches!(refused(&case, &Edit::RemoveImage { image: id(2, 1) }), EditError::InUse { .. }));
    assert!(matches!(refused(&case, &Edit::RemoveStudy { study: id(3, 1) }), EditError::InUse { .. }));
    assert!(matches!(refused(&case, &Edit::RemoveStudy { study: id(3, 2) }), EditError::InUse { .. }));
    assert!(matches!(refused(&case, &Edit::RemoveReading { reading: id(9, 1) }), EditError::InUse { .. }));
    apply_and_back(&case, &Edit::RemoveRegion { region: id(5, 2) });
}

#[test]
fn a_region_stays_in_its_image_and_frames() {
    let case = three_squares();
    let shape = |shape| Edit::SetRegion { region: id(5, 1), field: RegionField::Shape(shape) };
    apply_and_back(&case, &shape(Shape::Area(square(190, 90, 10))));
    assert!(matches!(refused(&case, &shape(Shape::Area(square(191, 90, 10)))), EditError::OutsideImage(_)));
    let left = Shape::Point { at: GridPoint::from_pixels(-1, 3) };
    assert!(matches!(refused(&case, &shape(left)), EditError::OutsideImage(_)));
    assert!(matches!(refused(&case, &shape(Shape::Mask(Mask::empty()))), EditError::OutsideImage(_)));
    let frames = |frames| Edit::SetRegion { region: id(5, 1), field: RegionField::Frames(frames) };
    apply_and_back(&case, &frames(vec![1, 3]));
    for wrong in [vec![0], vec![4], vec![2, 2], vec![3, 1]] {
        assert_eq!(refused(&case, &frames(wrong)), EditError::BadFrames { frames: 3 });
    }
}

#[test]
fn painting_is_its_own_inverse() {
    let mut case = three_squares();
    case.regions.push(region(4, Shape::Mask(block(10, 10, 6))));
    let paint = |xor| Edit::PaintMask { region: id(5, 4), xor };
    let painted = apply_and_back(&case, &paint(block(14, 14, 6)));
    let Shape::Mask(mask) = &painted.regions[3].shape else { panic!() };
    assert_eq!(mask.count(), 36 + 36 - 2 * 4);
    assert!(matches!(refused(&case, &paint(block(10, 10, 6))), EditError::OutsideImage(_)), "nothing left");
    assert!(matches!(refused(&case, &paint(block(197, 50, 6))), EditError::OutsideImage(_)));
    let wrong = Edit::PaintMask { region: id(5, 1), xor: block(0, 0, 2) };
    assert!(matches!(refused(&case, &wrong), EditError::NotAMask(_)));
}

#[test]
fn numbers_that_json_cannot_hold_are_refused() {
    let case = three_squares();
    let set = |field| Edit::SetImage { image: id(2, 1), field };
    for wrong in [f64::NAN, f64::INFINITY, 0.0, -0.1] {
        let scale = PixelSpacing {
            between_rows_mm: 0.1,
            between_columns_mm: wrong,
            basis: SpacingBasis::User,
            within: None,
        };
        let edit = set(ImageField::UserScale(Some(scale.clone())));
        assert!(matches!(refused(&case, &edit), EditError::BadValue(_)), "{wrong}");
        let mut sick = image(9);
        sick.spacing = Some(PixelSpacing { basis: SpacingBasis::Detector, ..scale });
        let edit = Edit::AddImage { study: id(3, 1), index: 0, image: Box::new(sick.clone()) };
        assert!(matches!(refused(&case, &edit), EditError::BadValue(_)), "{wrong}");
        let mut from_disk = empty_case();
        from_disk.studies.push(study(1, vec![sick]));
        assert_eq!(from_disk.violations().len(), 1);
    }
    let window = |center, width| {
        let window = Window { center, width, function: VoiLutFunction::Linear };
        set(ImageField::Display(ImageDisplay { window: WindowChoice::Set(window), ..image(1).display }))
    };
    apply_and_back(&case, &window(0.1 + 0.2, 4095.3));
    for (center, width) in [(f64::NAN, 9.0), (1.0, f64::INFINITY), (1.0, 0.5)] {
        assert!(matches!(refused(&case, &window(center, width)), EditError::BadValue(_)));
    }
}

#[test]
fn a_display_no_image_can_have_is_refused_and_seen() {
    let case = three_squares();
    let base = ImageDisplay::default();
    assert_eq!(base.frame, 1, "a file that does not say is shown from its first frame");
    for wrong in [
        ImageDisplay { quarter_turns: 4, ..base },
        ImageDisplay { frame: 0, ..base },
        ImageDisplay { frame: 4, ..base },
        ImageDisplay { window: WindowChoice::File(0), ..base },
        ImageDisplay { window: WindowChoice::Lut(0), ..base },
    ] {
        let edit = Edit::SetImage { image: id(2, 1), field: ImageField::Display(wrong) };
        assert!(matches!(refused(&case, &edit), EditError::BadValue(_)), "{wrong:?}");
        let mut from_disk = case.clone();
        from_disk.studies[0].images[0].display = wrong;
        assert_eq!(from_disk.violations().len(), 1, "{wrong:?}");
    }
}

#[test]
fn a_scale_that_no_person_drew_is_refused() {
    let case = three_squares();
    let of =
        |basis| Some(PixelSpacing { between_rows_mm: 0.1, between_columns_mm: 0.1, basis, within: None });
    let set = |scale| Edit::SetImage { image: id(2, 1), field: ImageField::UserScale(scale) };
    apply_and_back(&case, &set(of(SpacingBasis::User)));
    for basis in [SpacingBasis::Detector, SpacingBasis::Calibrated { description: None }] {
        let error = refused(&case, &set(of(basis.clone())));
        assert!(error.to_string().contains("basis user"), "{error}");
        let mut from_disk = case.clone();
        from_disk.studies[0].images[0].user_scale = of(basis.clone());
        assert_eq!(from_disk.violations().len(), 1);
        from_disk.studies[0].images[0].user_scale = None;
        from_disk.studies[0].images[0].spacing = of(basis);
        assert_eq!(from_disk.violations().len(), 0);
    }
    let mut claims = image(9);
    claims.spacing = of(SpacingBasis::User);
    let edit = Edit::AddImage { study: id(3, 1), index: 0, image: Box::new(claims.clone()) };
    assert!(matches!(refused(&case, &edit), EditError::BadValue(_)));
    let mut from_disk = empty_case();
    from_disk.studies.push(study(1, vec![claims]));
    assert_eq!(from_disk.violations().len(), 1);
}

#[test]
fn a_dicom_object_is_in_a_case_once() {
    let mut case = three_squares();
    case.studies[0].source = "1.2.9".parse().ok();
    let twin = calx_model::CaseImage { id: id(2, 9), ..image(1) };
    let with = |source: Option<&str>, images| calx_model::CaseStudy {
        source: source.and_then(|s| s.parse().ok()),
        ..study(9, images)
    };
    let add = |study: calx_model::CaseStudy| Edit::AddStudy { index: 0, study: Box::new(study) };
    let instance = |uid: &str| EditError::Doubled { what: "DICOM instance", uid: uid.to_owned() };
    let image_edit = Edit::AddImage { study: id(3, 1), index: 0, image: Box::new(twin.clone()) };
    assert_eq!(refused(&case, &image_edit), instance("1.2.3.1"));
    assert_eq!(refused(&case, &add(with(None, vec![twin.clone()]))), instance("1.2.3.1"));
    let pair = vec![image(7), calx_model::CaseImage { id: id(2, 8), ..image(7) }];
    assert_eq!(refused(&case, &add(with(None, pair))), instance("1.2.3.7"));
    let again = refused(&case, &add(with(Some("1.2.9"), vec![])));
    assert_eq!(again.to_string(), "the DICOM study 1.2.9 is already in this case");
    apply_and_back(&case, &add(with(Some("1.2.10"), vec![image(9)])));
    apply_and_back(&case, &add(with(None, vec![])));

    let mut from_disk = case.clone();
    from_disk.studies.push(with(Some("1.2.9"), vec![twin]));
    assert_eq!(
        from_disk.violations(),
        ["the DICOM instance 1.2.3.1 is in the case twice", "the DICOM study 1.2.9 is in the case twice"]
    );
}

#[test]
fn two_tracks_do_not_share_a_tracking_uid() {
    let track =
        |n: u128| Track { id: id(10, n), tracking_uid: "2.25.1".parse().unwrap(), name: "a".to_owned() };
    let case = apply_and_back(&three_squares(), &Edit::AddTrack { index: 0, track: track(1) });
    let error = refused(&case, &Edit::AddTrack { index: 0, track: track(2) });
    assert_eq!(error, EditError::Doubled { what: "tracking UID", uid: "2.25.1".to_owned() });
    let mut from_disk = case.clone();
    from_disk.tracks.push(track(2));
    assert_eq!(from_disk.violations(), ["two tracks have the tracking UID 2.25.1"]);
}

//! Cases, images and stamps the tests start from.

use std::collections::BTreeMap;

use calx_geometry::{Area, GridPoint, Mask, Outline};
use calx_model::{
    BurnedIn, Case, CaseImage, CaseStudy, Evidence, Finding, ImageDisplay, NewCase, Origin, Presence,
    ReaderRole, Reading, ReadingState, Region, RichText, SchemaRef, Scope, Shape, Stamp, Statement,
    StudyTime, Target,
};
use jiff::Timestamp;
use uuid::Uuid;

/// The n-th id of a kind; kinds do not meet.
pub(crate) fn id<T: From<Uuid>>(kind: u128, n: u128) -> T {
    T::from(Uuid::from_u128(kind << 64 | n))
}

pub(crate) fn stamp(second: i64) -> Stamp {
    Stamp {
        at: Timestamp::from_second(second).unwrap(),
        who: "A. Author".to_owned(),
        tool: "test".to_owned(),
    }
}

pub(crate) fn reading() -> Reading {
    Reading {
        id: id(9, 1),
        reader: "A. Author".to_owned(),
        role: ReaderRole::Author,
        state: ReadingState::Open,
    }
}

pub(crate) fn empty_case() -> Case {
    Case::new(NewCase {
        id: id(1, 1),
        number: Some(52),
        title: "Vascular calcification".to_owned(),
        language: "en".to_owned(),
        created: Timestamp::UNIX_EPOCH,
        schema: SchemaRef { id: "vascular-calcification".to_owned(), version: 1 },
        reading: reading(),
    })
}

pub(crate) fn image(n: u128) -> CaseImage {
    CaseImage {
        id: id(2, n),
        source: format!("1.2.3.{n}").parse().unwrap(),
        series: "1.2.4".parse().unwrap(),
        sop_class: "1.2.840.10008.5.1.4.1.1.1.1".parse().unwrap(),
        rows: 100,
        columns: 200,
        frames: 3,
        spacing: None,
        header_side: None,
        stated_side: None,
        view_position: None,
        pixel_aspect: None,
        ultrasound_regions: Vec::new(),
        user_scale: None,
        display: ImageDisplay { frame: 1, ..ImageDisplay::default() },
        caption: RichText::default(),
        key: false,
        burned_in: BurnedIn::NotStated,
        synthetic: true,
        pixels_cleared: None,
    }
}

pub(crate) fn study(n: u128, images: Vec<CaseImage>) -> CaseStudy {
    CaseStudy {
        id: id(3, n),
        source: None,
        title: format!("Study {n}"),
        modality: "DX".to_owned(),
        when: StudyTime::Unknown,
        images,
    }
}

pub(crate) fn square(x: i32, y: i32, side: i32) -> Area {
    let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)];
    Area::from_outline(Outline::new(corners.map(|(x, y)| GridPoint::from_pixels(x, y)).to_vec()).unwrap())
}

pub(crate) fn block(column: u32, row: u32, side: u32) -> Mask {
    Mask::from_spans((row..row + side).map(|r| (r, column..column + side))).unwrap()
}

pub(crate) fn region(n: u128, shape: Shape) -> Region {
    Region {
        id: id(5, n),
        image: id(2, 1),
        frames: Vec::new(),
        shape,
        label: "calcified stretch".to_owned(),
        attributes: BTreeMap::new(),
        sites: Vec::new(),
        side: None,
        track: None,
        reading: id(9, 1),
        origin: Origin::Drawn { tool: "polygon".to_owned() },
    }
}

pub(crate) fn evidence(n: u128, region: u128) -> Evidence {
    Evidence { id: id(7, n), target: Target::Region { region: id(5, region) } }
}

pub(crate) fn statement(n: u128, text: impl Into<RichText>, evidence: Vec<Evidence>) -> Statement {
    Statement {
        id: id(6, n),
        text: text.into(),
        presence: Presence::Present,
        code: None,
        sites: Vec::new(),
        certainty: None,
        compared_to: None,
        evidence,
        reading: id(9, 1),
    }
}

pub(crate) fn finding(n: u128, statements: Vec<Statement>) -> Finding {
    Finding { id: id(4, n), scope: Scope::Case, statements }
}

/// One image with square regions 1, 2, 3 of side 10, at x = 0, 20, 40.
pub(crate) fn three_squares() -> Case {
    let mut case = empty_case();
    case.studies.push(study(1, vec![image(1), image(2)]));
    for n in 0..3 {
        let shape = Shape::Area(square(20 * n, 0, 10));
        case.regions.push(region(u128::from(n.unsigned_abs()) + 1, shape));
    }
    case
}

/// Applies an edit, checks what must hold after each, and that its inverse gives the equal case.
#[track_caller]
pub(crate) fn apply_and_back(case: &Case, edit: &calx_model::Edit) -> Case {
    let mut changed = case.clone();
    let inverse = changed.apply(edit).unwrap();
    assert_eq!(changed.violations(), Vec::<String>::new());
    let mut back = changed.clone();
    let again = back.apply(&inverse).unwrap();
    assert_eq!(back, *case, "the inverse did not restore the case");
    let mut forth = back;
    forth.apply(&again).unwrap();
    assert_eq!(forth, changed, "the inverse of the inverse did not redo the edit");
    changed
}

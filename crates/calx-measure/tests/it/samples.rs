//! Images, regions and cases the tests start from.

use std::collections::BTreeMap;

use calx_geometry::{Area, Grid, GridPoint, Outline, PathVertex, VesselPath};
use calx_model::{
    BurnedIn, Case, CaseImage, CaseStudy, Evidence, Finding, ImageDisplay, NewCase, Origin, PixelSpacing,
    Presence, ReaderRole, Reading, ReadingState, Region, RichText, Schema, Scope, Shape, Side, SpacingBasis,
    Statement, StudyTime, Target,
};
use uuid::Uuid;

/// The n-th id of a kind: kinds do not meet.
pub(crate) fn id<T: From<Uuid>>(kind: u128, n: u128) -> T {
    T::from(Uuid::from_u128(kind << 64 | n))
}

pub(crate) fn reading() -> calx_model::ReadingId {
    id(9, 1)
}

pub(crate) fn image(n: u128) -> CaseImage {
    CaseImage {
        id: id(2, n),
        source: format!("1.2.3.{n}").parse().unwrap(),
        series: "1.2.4".parse().unwrap(),
        sop_class: "1.2.840.10008.5.1.4.1.1.1.1".parse().unwrap(),
        rows: 40,
        columns: 60,
        frames: 1,
        spacing: None,
        header_side: None,
        stated_side: None,
        view_position: None,
        pixel_aspect: None,
        ultrasound_regions: Vec::new(),
        user_scale: None,
        display: ImageDisplay::default(),
        caption: RichText::default(),
        key: false,
        burned_in: BurnedIn::No,
        synthetic: false,
        pixels_cleared: None,
    }
}

/// Rows lie twice as far apart as columns.
pub(crate) fn tall_pixels() -> PixelSpacing {
    PixelSpacing::checked(0.2, 0.1, SpacingBasis::Detector).unwrap()
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
        reading: reading(),
        origin: Origin::Drawn { tool: "polygon".to_owned() },
    }
}

pub(crate) fn at(x: f64, y: f64) -> GridPoint {
    GridPoint::new(Grid::exact(x).unwrap(), Grid::exact(y).unwrap())
}

pub(crate) fn area(points: &[(f64, f64)]) -> Area {
    Area::from_outline(Outline::new(points.iter().map(|(x, y)| at(*x, *y)).collect()).unwrap())
}

pub(crate) fn path(vertices: &[(f64, f64, f64)]) -> VesselPath {
    let vertices = vertices
        .iter()
        .map(|(x, y, w)| PathVertex { point: at(*x, *y), width: Grid::exact(*w).unwrap() })
        .collect();
    VesselPath::new(vertices).unwrap()
}

pub(crate) fn schema() -> Schema {
    Schema::from_json(Schema::VASCULAR_CALCIFICATION).unwrap()
}

/// A draft with one study of one image and one reading, and nothing else.
pub(crate) fn case() -> Case {
    let mut case = Case::new(NewCase {
        id: id(1, 1),
        number: Some(52),
        title: String::new(),
        language: "en".to_owned(),
        created: jiff::Timestamp::UNIX_EPOCH,
        schema: schema().reference(),
        reading: Reading {
            id: reading(),
            reader: "A. Author".to_owned(),
            role: ReaderRole::Author,
            state: ReadingState::Open,
        },
    });
    case.studies.push(CaseStudy {
        id: id(3, 1),
        source: None,
        title: "Hands".to_owned(),
        modality: "DX".to_owned(),
        when: StudyTime::Unknown,
        images: vec![CaseImage { header_side: Some(Side::Right), ..image(1) }],
    });
    case
}

pub(crate) fn statement(n: u128, presence: Presence, targets: &[Target]) -> Statement {
    Statement {
        id: id(6, n),
        text: RichText::plain("Calcification of the radial artery."),
        presence,
        code: None,
        sites: Vec::new(),
        certainty: None,
        compared_to: None,
        evidence: targets
            .iter()
            .zip(1..)
            .map(|(target, k)| Evidence { id: id(7, n * 100 + k), target: target.clone() })
            .collect(),
        reading: reading(),
    }
}

pub(crate) fn finding(n: u128, scope: Scope, statements: Vec<Statement>) -> Finding {
    Finding { id: id(4, n), scope, statements }
}

pub(crate) fn to_region(n: u128) -> Target {
    Target::Region { region: id(5, n) }
}

pub(crate) fn to_image(n: u128) -> Target {
    Target::Image { image: id(2, n), frames: Vec::new() }
}

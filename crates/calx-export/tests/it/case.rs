//! The case the tests export: two drawn hands, a Doppler-like clip, a study of text only, and every kind of
//! statement, mark and text. Pixels are computed here.

use std::sync::Arc;

use calx_dicom::Read;
use calx_dicom::derived::SourceFacts;
use calx_export::{
    ExportInput, IdentityString, ImagePixels, PixelError, PixelProvider, SourceProvider, Unwatched,
};
use calx_geometry::{Area, Ellipse, Grid, GridPoint, Mask, Outline, Part, PathVertex, Rectangle, VesselPath};
use calx_model::case::{Age, AgeUnit, Contributor, NewCase, Patient, Reading, ReadingState, Reference, Sex};
use calx_model::{
    BurnedIn, Case, CaseId, CaseImage, CaseStudy, CaseStudyId, ColourModel, Digit, DisplayAttributes,
    Evidence, EvidenceId, Finding, FindingId, Frame, ImageDisplay, ImageId, ModalityLut, Origin,
    PhotometricInterpretation, PixelSpacing, PixelsCleared, Presence, ReaderRole, ReadingId, ReferenceId,
    Region, RegionId, RichText, Run, Samples, Schema, Scope, Segment, SeriesInstanceUid, Shape, Side, Site,
    SopClassUid, SopInstanceUid, SpacingBasis, Statement, StatementId, StudyInstanceUid, StudyTime, Target,
};
use calx_render::{Renderer, RendererChoice};
use uuid::Uuid;

pub(crate) const COLUMNS: u32 = 360;
pub(crate) const ROWS: u32 = 480;

/// Ids count up, so that two builds of the case are equal.
fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0000 + n)
}

fn at(x: i32, y: i32) -> GridPoint {
    GridPoint::from_pixels(x, y)
}

fn path(points: &[(i32, i32)], width: i32) -> Shape {
    let vertices = points
        .iter()
        .map(|(x, y)| PathVertex { point: at(*x, *y), width: Grid::from_pixels(width) })
        .collect();
    Shape::Path(VesselPath::new(vertices).unwrap())
}

fn outline(points: &[(i32, i32)]) -> Outline {
    Outline::new(points.iter().map(|(x, y)| at(*x, *y)).collect()).unwrap()
}

fn image(n: u128, side: Option<Side>, class: &str, frames: u32) -> CaseImage {
    CaseImage {
        id: ImageId(id(100 + n)),
        source: SopInstanceUid::new(&format!("1.2.826.0.1.3680043.8.498.77.{n}")).unwrap(),
        series: SeriesInstanceUid::new("1.2.826.0.1.3680043.8.498.66.1").unwrap(),
        sop_class: SopClassUid::new(class).unwrap(),
        rows: ROWS,
        columns: COLUMNS,
        frames,
        spacing: PixelSpacing::checked(0.4, 0.4, SpacingBasis::Detector),
        header_side: side,
        stated_side: None,
        view_position: Some("PA".to_owned()),
        pixel_aspect: None,
        ultrasound_regions: Vec::new(),
        user_scale: None,
        display: ImageDisplay { frame: 1, ..ImageDisplay::default() },
        caption: RichText::default(),
        key: false,
        burned_in: BurnedIn::No,
        synthetic: false,
        pixels_cleared: None,
    }
}

fn region(n: u128, image: u128, label: &str, shape: Shape) -> Region {
    Region {
        id: RegionId(id(200 + n)),
        image: ImageId(id(100 + image)),
        frames: Vec::new(),
        shape,
        label: label.to_owned(),
        attributes: Default::default(),
        sites: Vec::new(),
        side: None,
        track: None,
        reading: ReadingId(id(2)),
        origin: Origin::Drawn { tool: "polygon".to_owned() },
    }
}

fn evidence(n: u128, target: Target) -> Evidence {
    Evidence { id: EvidenceId(id(500 + n)), target }
}

fn on_region(n: u128) -> Target {
    Target::Region { region: RegionId(id(200 + n)) }
}

fn statement(n: u128, text: impl Into<RichText>, presence: Presence, evidence: Vec<Evidence>) -> Statement {
    Statement {
        id: StatementId(id(400 + n)),
        text: text.into(),
        presence,
        code: None,
        sites: Vec::new(),
        certainty: None,
        compared_to: None,
        evidence,
        reading: ReadingId(id(2)),
    }
}

fn finding(n: u128, scope: Scope, statements: Vec<Statement>) -> Finding {
    Finding { id: FindingId(id(300 + n)), scope, statements }
}

fn words(text: &str) -> Run {
    Run::Words { text: text.to_owned() }
}

fn linked(text: &str, n: u128) -> Run {
    Run::Linked { text: text.to_owned(), evidence: EvidenceId(id(500 + n)) }
}

fn cite(numbers: &[u128]) -> Run {
    Run::Cite { references: numbers.iter().map(|n| ReferenceId(id(600 + n))).collect() }
}

/// The finished case.
pub(crate) fn case() -> Case {
    let schema = schema();
    let mut case = Case::new(NewCase {
        id: CaseId(id(1)),
        number: Some(52),
        title: "Calcified arteries of both hands".to_owned(),
        language: "en".to_owned(),
        created: "2026-03-01T09:30:00Z".parse().unwrap(),
        schema: schema.reference(),
        reading: Reading {
            id: ReadingId(id(2)),
            reader: "R. Author".to_owned(),
            role: ReaderRole::Author,
            state: ReadingState::Open,
        },
    });
    case.edited = "2026-03-04T17:05:00Z".parse().unwrap();
    case.revision = 41;
    case.licence = "CC-BY-4.0".to_owned();
    case.quiz = true;
    case.tags = vec!["hand".to_owned(), "vascular".to_owned(), "diabetes".to_owned()];
    case.patient = Patient { age: Some(Age { value: 75, unit: AgeUnit::Years }), sex: Some(Sex::Male) };
    case.contributors = vec![Contributor {
        name: "R. Author".to_owned(),
        role: Some("author".to_owned()),
        affiliation: Some("Department of Radiology".to_owned()),
    }];
    case.presentation = RichText::plain(
        "Cold fingers for two years, *type 2 diabetes* for thirty. The question was **bone destruction** after \
         a fall on the outstretched right hand.",
    );
    case.references = (1..=5)
        .map(|n| Reference {
            id: ReferenceId(id(600 + n)),
            text: format!(
                "Writer A, Author B. Calcification of small arteries, part {n}. J Test Imaging 2020;{n}:1–9."
            ),
            doi: (n != 3).then(|| format!("10.1000/test.2020.{n}")),
        })
        .collect();

    let mut right = image(1, Some(Side::Right), "1.2.840.10008.5.1.4.1.1.1.1", 1);
    right.key = true;
    right.caption = RichText::plain(
        "Right hand. The radial artery runs as two dense lines, a *tram track*, to the wrist.",
    );
    let mut left = image(2, Some(Side::Left), "1.2.840.10008.5.1.4.1.1.1.1", 1);
    left.caption = RichText::plain("Left hand for comparison.");
    let mut doppler = image(3, None, "1.2.840.10008.5.1.4.1.1.3.1", 24);
    doppler.display.frame = 12;
    doppler.rows = 240;
    doppler.spacing = None;
    doppler.view_position = None;
    doppler.pixels_cleared =
        Some(PixelsCleared { by: "R. Author".to_owned(), at: "2026-03-02T10:00:00Z".parse().unwrap() });
    let study = |n: u128, title: &str, modality: &str, day, images| CaseStudy {
        id: CaseStudyId(id(10 + n)),
        source: Some(StudyInstanceUid::new(&format!("1.2.826.0.1.3680043.8.498.55.{n}")).unwrap()),
        title: title.to_owned(),
        modality: modality.to_owned(),
        when: StudyTime::RelativeDay { day },
        images,
    };
    case.studies = vec![
        study(1, "Radiographs of both hands", "DX", 0, vec![right, left]),
        study(2, "Doppler of the radial artery", "US", 12, vec![doppler]),
        CaseStudy { source: None, ..study(3, "Ultrasound of the neck (report only)", "US", 12, Vec::new()) },
    ];

    let hole = Area::new(vec![
        Part::new(
            outline(&[(240, 300), (300, 290), (310, 350), (250, 360)]),
            vec![outline(&[(260, 310), (262, 330), (285, 328), (283, 308)])],
        )
        .unwrap(),
    ])
    .unwrap();
    let painted = Mask::from_bits(COLUMNS, ROWS, |x, y| {
        let (x, y) = (f64::from(x) - 110.0, f64::from(y) - 250.0);
        x * x / 900.0 + y * y / 300.0 < 1.0 && (x * 0.9 + y).sin() > -0.6
    })
    .unwrap();
    let ellipse = Ellipse::new([at(150, 120), at(210, 120), at(180, 105), at(180, 135)]).unwrap();
    case.regions = vec![
        region(1, 1, "calcified stretch", path(&[(120, 440), (128, 380), (120, 320), (132, 270)], 12)),
        region(2, 1, "calcified stretch", path(&[(205, 210), (212, 150), (208, 100)], 7)),
        region(3, 1, "bone loss", Shape::Area(hole)),
        region(
            4,
            1,
            "other",
            Shape::Arrow { head: at(70, 170), tail: at(30, 110), text: "old fracture?".to_owned() },
        ),
        region(5, 2, "calcified stretch", Shape::Mask(painted)),
        region(6, 2, "vessel course", path(&[(240, 440), (236, 380), (246, 320), (230, 240)], 0)),
        region(7, 2, "calcified stretch", Shape::Ellipse(ellipse)),
        region(8, 2, "other", Shape::Rectangle(Rectangle::from_box(at(50, 60), at(100, 130)).unwrap())),
        region(9, 2, "other", Shape::Line { ends: [at(300, 60), at(320, 160)] }),
        region(10, 2, "other", Shape::Angle { points: [at(300, 220), at(320, 260), at(290, 290)] }),
        region(11, 2, "calcified stretch", Shape::Point { at: at(60, 330) }),
        region(12, 3, "calcified stretch", path(&[(60, 120), (160, 110), (300, 128)], 20)),
    ];
    if let Some(r) = case.regions.first_mut() {
        r.attributes = [("pattern", "tram-track"), ("artery", "radial artery")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        r.side = Some(Side::Right);
    }
    if let Some(r) = case.regions.last_mut() {
        r.frames = vec![12, 13, 14];
    }

    let mut first = statement(
        1,
        RichText::from_runs([
            words("Extensive calcification of the "),
            linked("radial artery", 1),
            words(" and of a "),
            linked("proper digital artery", 2),
            words("."),
        ]),
        Presence::Present,
        vec![evidence(1, on_region(1)), evidence(2, on_region(2))],
    );
    first.certainty = Some(calx_model::Certainty::Certain);
    first.sites = vec![Site {
        digit: Some(Digit::Ring),
        segment: Some(Segment::ProximalPhalanx),
        side: Some(Side::Right),
        code: None,
    }];
    let image_scope = |n: u128| Scope::Image { image: ImageId(id(100 + n)) };
    case.findings = vec![
        finding(
            1,
            image_scope(1),
            vec![
                first,
                statement(
                    2,
                    "Part of the ulnar styloid is missing.",
                    Presence::Present,
                    vec![evidence(3, on_region(3))],
                ),
                statement(
                    3,
                    "No destruction of bone.",
                    Presence::Absent,
                    vec![evidence(4, Target::Image { image: ImageId(id(101)), frames: Vec::new() })],
                ),
                statement(
                    4,
                    "An old fracture of the little finger.",
                    Presence::Indeterminate,
                    vec![evidence(5, on_region(4))],
                ),
            ],
        ),
        finding(
            2,
            image_scope(2),
            vec![
                statement(
                    5,
                    "The same on the left, less dense.",
                    Presence::Present,
                    (5..=11).filter(|n| *n != 8).map(|n| evidence(10 + n, on_region(n))).collect(),
                ),
                statement(
                    6,
                    "The soft tissues cannot be judged at this window.",
                    Presence::NotAssessable,
                    Vec::new(),
                ),
            ],
        ),
        finding(
            3,
            Scope::Study { study: CaseStudyId(id(12)) },
            vec![statement(
                7,
                "Flow in the radial artery is damped.",
                Presence::Present,
                vec![
                    evidence(30, on_region(12)),
                    evidence(31, Target::Image { image: ImageId(id(103)), frames: vec![12, 13, 14] }),
                ],
            )],
        ),
        finding(
            4,
            Scope::Study { study: CaseStudyId(id(13)) },
            vec![statement(
                8,
                "Plaques in both carotid arteries without narrowing.",
                Presence::Present,
                vec![evidence(32, Target::Study { study: CaseStudyId(id(13)) })],
            )],
        ),
        finding(
            5,
            Scope::Case,
            vec![statement(
                9,
                "Medial calcification in keeping with long-standing diabetes.",
                Presence::Present,
                Vec::new(),
            )],
        ),
    ];
    case.discussion = RichText::from_runs([
        words("Calcification of the **media** draws both walls of an artery as parallel lines, as in "),
        linked("the right wrist", 1),
        words(". It goes with diabetes and kidney disease "),
        cite(&[1, 2, 3, 4]),
        words(
            ", and it stiffens the wall without closing the vessel.\n\nHow to tell it from the intimal kind:\n\n\
             - the lines run on for centimetres\n- they follow *every* bend\n- small arteries are affected too ",
        ),
        cite(&[2, 5]),
        words("\n\nSee also [the page of a society](https://example.org/arteries?a=1&b=2)."),
    ]);
    assert_eq!(case.violations(), Vec::<String>::new());
    case
}

pub(crate) fn schema() -> Schema {
    Schema::from_json(Schema::VASCULAR_CALCIFICATION).unwrap()
}

/// A hand-like film: a bright palm and fingers on a dark ground, with dense tracks where the arteries run.
fn hand(mirrored: bool) -> Frame {
    let mut values = Vec::new();
    for y in 0..ROWS {
        for x in 0..COLUMNS {
            let (fx, fy) = (f64::from(if mirrored { COLUMNS - 1 - x } else { x }), f64::from(y));
            let capsule = |x0: f64, y0: f64, x1: f64, y1: f64, r: f64| {
                let (dx, dy) = (x1 - x0, y1 - y0);
                let t = (((fx - x0) * dx + (fy - y0) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
                let d = (fx - x0 - t * dx).hypot(fy - y0 - t * dy);
                (1.0 - (d / r).powi(2)).max(0.0).sqrt()
            };
            let mut v = 300.0 + 0.3 * fy;
            let fingers = [(70.0, 90.0), (140.0, 40.0), (205.0, 30.0), (270.0, 70.0)];
            let flesh =
                fingers.iter().map(|(tx, ty)| capsule(180.0 + (tx - 175.0) * 0.5, 260.0, *tx, *ty, 30.0));
            let soft = flesh.chain([capsule(180.0, 480.0, 180.0, 300.0, 95.0)]).fold(0.0, f64::max);
            let bones = fingers
                .iter()
                .map(|(tx, ty)| capsule(180.0 + (tx - 175.0) * 0.5, 270.0, *tx, ty + 10.0, 11.0));
            let forearm =
                [capsule(150.0, 480.0, 145.0, 400.0, 24.0), capsule(225.0, 480.0, 235.0, 400.0, 20.0)];
            let bone = bones.chain(forearm).fold(0.0, f64::max);
            v += 900.0 * soft + 1500.0 * bone;
            let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ (x * y)) % 97;
            v += f64::from(grain);
            values.push(v.clamp(0.0, 4095.0) as u16);
        }
    }
    Frame::new(COLUMNS, ROWS, Samples::U16(values.into())).unwrap()
}

fn flow() -> Frame {
    let mut rgb = Vec::new();
    for y in 0..240u32 {
        for x in 0..COLUMNS {
            let grain = ((x * 31) ^ (y * 17)) % 60;
            let inside = (f64::from(y) - 115.0).abs() < 9.0;
            let grey = (40 + grain) as u8;
            rgb.extend(if inside { [200, 40 + grey / 2, 30] } else { [grey; 3] });
        }
    }
    Frame::new(COLUMNS, 240, Samples::Colour8(ColourModel::Rgb, rgb.into())).unwrap()
}

/// Gives the pixels that this file computes.
#[derive(Debug)]
pub(crate) struct Drawn;

impl PixelProvider for Drawn {
    fn pixels(&mut self, image: &CaseImage, _frame: u32) -> Result<ImagePixels, PixelError> {
        let colour = image.rows == 240;
        let frame = match (colour, image.side()) {
            (true, _) => flow(),
            (false, side) => hand(side == Some(Side::Left)),
        };
        Ok(ImagePixels {
            frame: Arc::new(frame),
            display: DisplayAttributes {
                photometric_interpretation: if colour {
                    PhotometricInterpretation::Rgb
                } else {
                    PhotometricInterpretation::Monochrome2
                },
                bits_stored: if colour { 8 } else { 12 },
                signed: false,
                padding: None,
                modality_lut: ModalityLut::Identity,
                rescale_type: None,
                voi: Vec::new(),
                presentation_lut_shape: None,
                palette: None,
                shutters: Vec::new(),
                shutter_grey: 0,
                modality: if colour { "US" } else { "DX" }.to_owned(),
            },
            spacing: None,
            pixel_aspect: 1.0,
        })
    }
}

pub(crate) fn renderer() -> Box<dyn Renderer> {
    calx_render::open(RendererChoice::Cpu).unwrap()
}

/// Runs `use_input` with an input over `case`.
impl SourceProvider for Drawn {
    fn facts(&self, _: &CaseImage) -> Result<Read<SourceFacts>, PixelError> {
        Err("drawn images have no header".into())
    }
}

pub(crate) fn with_input<T>(
    case: &Case,
    identity_strings: Vec<IdentityString>,
    use_input: impl FnOnce(&mut ExportInput<'_>) -> T,
) -> T {
    let schema = schema();
    let mut renderer = renderer();
    let mut input = ExportInput {
        case,
        schema: &schema,
        pixels: &mut Drawn,
        sources: &Drawn,
        renderer: renderer.as_mut(),
        identity_strings,
        calx_version: "0.0.0-test".to_owned(),
        watch: &Unwatched,
    };
    use_input(&mut input)
}

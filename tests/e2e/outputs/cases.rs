//! The cases whose objects outside readers judge: one for everything that once went wrong between two programs.
//!
//! Images are the shared test images, phantoms of the program, and gradients written here where a size, a spacing or a
//! name matters; all say that they are synthetic. Ids and times are fixed.

use std::path::{Path, PathBuf};

use calx_dicom::{
    ImageKind, NewElement, NewImage, NewPatient, NewPixels, NewSeries, NewStudy, NewValue, NewWindow,
    uid_from_name, write_image,
};
use calx_geometry::{Area, Ellipse, Grid, GridPoint, Mask, Outline, Part, PathVertex, Rectangle, VesselPath};
use calx_model::{
    Case, CaseField, CaseId, Certainty, Digit, Edit, Evidence, EvidenceId, Finding, FindingId, ImageDisplay,
    ImageField, ImageId, NewCase, Origin, Presence, ReaderRole, Reading, ReadingId, ReadingState, Reference,
    ReferenceId, Region, RegionId, RichText, Run, Scope, Segment, SeriesInstanceUid, Shape, Side, Site,
    SopInstanceUid, Stamp, Statement, StatementId, StudyInstanceUid, Target, Track, TrackId, TrackingUid,
    WindowChoice,
};
use calx_workspace::{AddStudy, CaseWriter, Workspace};
use uuid::Uuid;

use crate::driver::{Place, phantom, root};

/// A case in a workspace of its own, with the files its images came from.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) place: Place,
    pub(crate) name: &'static str,
    pub(crate) number: u32,
    pub(crate) case: Case,
    pub(crate) images: Vec<PathBuf>,
}

/// All of them, in their order; images of their own are written into `images`.
pub(crate) fn all(images: &Path) -> Vec<Made> {
    std::fs::create_dir_all(images).unwrap();
    let fixture = |name: &str| root().join("fixtures").join(name);
    vec![
        make(1, "a right hand, every shape", vec![fixture("hand_right_small.dcm")], every_shape),
        make(2, "a left hand, turned and mirrored", vec![fixture("hand_left_small.dcm")], turned),
        make(3, "both hands on one film", vec![fixture("film_small.dcm")], film),
        make(4, "MONOCHROME1", vec![fixture("hand_monochrome1.dcm")], one_outline),
        make(5, "unequal spacing", vec![written(images, 5, dx((160, 120), Some((0.1, 0.2))))], every_shape),
        make(6, "no spacing", vec![written(images, 6, capture((90, 70)))], every_shape_small),
        make(7, "signed values", vec![fixture("hand_signed.dcm")], one_outline),
        make(8, "frame 7 of a clip", vec![PathBuf::from(clip())], clip_frame),
        make(9, "200 regions", vec![written(images, 9, dx((400, 400), Some((0.1, 0.1))))], many),
        make(10, "a mask with a hole", vec![written(images, 10, dx((203, 97), Some((0.1, 0.1))))], mask),
        make(
            11,
            "an area of several parts",
            vec![written(images, 11, dx((203, 97), Some((0.1, 0.1))))],
            parts,
        ),
        across_studies(images),
        make(13, "動脈の石灰化 · تكلس الشرايين", vec![written(images, 13, japanese())], words),
    ]
}

/// One case in two studies, its images in `images`: for a test that changes it.
pub(crate) fn across_studies(images: &Path) -> Made {
    std::fs::create_dir_all(images).unwrap();
    let files = vec![
        written(images, 12, dx((160, 120), Some((0.1, 0.1)))),
        written(images, 1200, dx((120, 160), Some((0.14, 0.14)))),
    ];
    make(12, "two studies", files, two_studies)
}

fn clip() -> String {
    phantom(&["doppler", "--size", "160x120", "--frames", "9"], "clip-of-9")
}

/// An id that depends on the case and a number only.
fn id(case: u32, n: u32) -> Uuid {
    Uuid::from_u128((u128::from(case) << 96) | 0x4000_8000_0000_0000_0000 | u128::from(n))
}

/// Writes one case; every step is a journal row.
#[derive(Debug)]
pub(super) struct Author {
    number: u32,
    writer: CaseWriter,
    next: u32,
}

pub(super) fn make(
    number: u32,
    name: &'static str,
    images: Vec<PathBuf>,
    write: impl FnOnce(&mut Author),
) -> Made {
    let place = Place::new();
    for image in &images {
        place.ok(&["import", image.to_str().unwrap()]);
    }
    let workspace = Workspace::open(&place.dir().join("ws")).unwrap();
    let reading = Reading {
        id: ReadingId(id(number, 1)),
        reader: "R. Author".to_owned(),
        role: ReaderRole::Author,
        state: ReadingState::Open,
    };
    let new = NewCase {
        id: CaseId(id(number, 0)),
        number: Some(number),
        title: name.to_owned(),
        language: "en".to_owned(),
        created: stamp().at,
        schema: workspace.schema().reference(),
        reading,
    };
    let writer = workspace.create_case(new, stamp()).unwrap();
    let mut author = Author { number, writer, next: 100 };
    for path in &images {
        let study = calx_dicom::read_header(&path.as_path().into()).unwrap().value.study;
        if author.case().studies.iter().any(|known| known.source.as_ref() == Some(&study)) {
            continue;
        }
        let (case, mut next) = (author.number, author.next);
        let mut ids = || {
            next += 1;
            id(case, next)
        };
        let proposal = workspace.add_study(author.case(), &AddStudy::all(study), &mut ids).unwrap();
        author.next = next;
        author.commit(proposal.edit);
    }
    write(&mut author);
    let case = author.writer.close().unwrap().case().clone();
    assert_eq!(case.violations(), Vec::<String>::new(), "{name}");
    Made { place, name, number, case, images }
}

fn stamp() -> Stamp {
    Stamp { at: "2026-03-01T09:30:00Z".parse().unwrap(), who: "e2e".to_owned(), tool: "e2e".to_owned() }
}

impl Author {
    fn case(&self) -> &Case {
        self.writer.document().case()
    }

    fn commit(&mut self, edit: Edit) {
        self.writer.commit(edit, stamp()).unwrap();
    }

    fn id(&mut self) -> Uuid {
        self.next += 1;
        id(self.number, self.next)
    }

    /// The image with that number, from 1.
    fn image(&self, number: usize) -> ImageId {
        self.case().images().nth(number - 1).unwrap().1.id
    }

    fn set(&mut self, number: usize, field: ImageField) {
        let image = self.image(number);
        self.commit(Edit::SetImage { image, field });
    }

    fn region(&mut self, image: usize, label: &str, shape: Shape) -> RegionId {
        self.region_as(image, label, shape, |_| {})
    }

    fn region_as(
        &mut self,
        image: usize,
        label: &str,
        shape: Shape,
        change: impl FnOnce(&mut Region),
    ) -> RegionId {
        let mut region = Region {
            id: RegionId(self.id()),
            image: self.image(image),
            frames: Vec::new(),
            shape,
            label: label.to_owned(),
            attributes: Default::default(),
            sites: Vec::new(),
            side: None,
            track: None,
            reading: ReadingId(id(self.number, 1)),
            origin: Origin::Drawn { tool: "polygon".to_owned() },
        };
        change(&mut region);
        let (found, index) = (region.id, u32::try_from(self.case().regions.len()).unwrap());
        self.commit(Edit::AddRegion { index, region: Box::new(region) });
        found
    }

    fn track(&mut self, name: &str) -> TrackId {
        let track = TrackId(self.id());
        let tracking_uid = TrackingUid::new(&uid_from_name(&format!("e2e/{}/{name}", self.number))).unwrap();
        let index = u32::try_from(self.case().tracks.len()).unwrap();
        self.commit(Edit::AddTrack {
            index,
            track: Track { id: track, tracking_uid, name: name.to_owned() },
        });
        track
    }

    /// One statement as a finding of its own.
    fn say(&mut self, scope: Scope, text: impl Into<RichText>, presence: Presence, targets: &[Target]) {
        let finding = FindingId(self.id());
        let evidence = targets
            .iter()
            .map(|target| Evidence { id: EvidenceId(self.id()), target: target.clone() })
            .collect();
        let statement = Statement {
            id: StatementId(self.id()),
            text: text.into(),
            presence,
            code: None,
            sites: vec![Site {
                digit: Some(Digit::Ring),
                segment: Some(Segment::MiddlePhalanx),
                side: None,
                code: None,
            }],
            certainty: Some(Certainty::Probable),
            compared_to: None,
            evidence,
            reading: ReadingId(id(self.number, 1)),
        };
        let index = u32::try_from(self.case().findings.len()).unwrap();
        let whole = Finding { id: finding, scope, statements: vec![statement] };
        self.commit(Edit::AddFinding { index, finding: Box::new(whole) });
    }
}

fn at(x: f64, y: f64) -> GridPoint {
    GridPoint { x: Grid::snap(x).unwrap(), y: Grid::snap(y).unwrap() }
}

fn outline(points: &[(f64, f64)]) -> Outline {
    Outline::new(points.iter().map(|(x, y)| at(*x, *y)).collect()).unwrap()
}

fn polygon(points: &[(f64, f64)]) -> Shape {
    Shape::Area(Area::from_outline(outline(points)))
}

fn path(points: &[(f64, f64, f64)]) -> Shape {
    let vertex = |(x, y, width): &(f64, f64, f64)| PathVertex {
        point: at(*x, *y),
        width: Grid::snap(*width).unwrap(),
    };
    Shape::Path(VesselPath::new(points.iter().map(vertex).collect()).unwrap())
}

/// One region of every shape that a report holds, in `columns` by `rows` pixels from the corner on.
fn shapes(author: &mut Author, k: f64) -> Vec<RegionId> {
    let p = |x: f64, y: f64| at(x * k, y * k);
    let ellipse = Ellipse::new([p(60.0, 80.0), p(120.0, 80.0), p(90.0, 65.0), p(90.0, 95.0)]).unwrap();
    let stretch = [(20.0 * k, 100.0 * k, 4.0), (40.5 * k, 60.25 * k, 5.5), (70.0 * k, 30.0 * k, 3.0)];
    let many = [
        (
            "bone loss",
            polygon(&[(10.0 * k, 10.0 * k), (50.5 * k, 12.25 * k), (45.0 * k, 50.0 * k), (12.0, 40.0 * k)]),
        ),
        ("calcified stretch", Shape::Ellipse(ellipse)),
        ("bone loss", Shape::Rectangle(Rectangle::from_box(p(100.0, 20.0), p(140.0, 50.0)).unwrap())),
        ("calcified stretch", path(&stretch)),
        ("vessel course", path(&stretch.map(|(x, y, _)| (x + 4.0, y, 0.0)))),
        ("other", Shape::Line { ends: [p(5.0, 5.0), p(80.0, 15.0)] }),
        ("other", Shape::Angle { points: [p(100.0, 60.0), p(120.0, 90.0), p(140.0, 55.0)] }),
        (
            "other",
            Shape::Arrow { head: p(30.0, 80.0), tail: p(15.0, 110.0), text: "old fracture?".to_owned() },
        ),
        ("calcified stretch", Shape::Point { at: p(75.5, 100.25) }),
    ];
    many.into_iter().map(|(label, shape)| author.region(1, label, shape)).collect()
}

fn every_shape(author: &mut Author) {
    let regions = shapes(author, 1.0);
    let image = author.image(1);
    author.set(1, ImageField::Key(true));
    let track = author.track("radial artery");
    let side = author.case().image(image).unwrap().side();
    for shift in [0.0, 8.0] {
        let shape = path(&[(130.0 + shift, 60.0, 3.0), (125.0 + shift, 110.0, 4.0)]);
        author.region_as(1, "calcified stretch", shape, |region| {
            region.track = Some(track);
            region.side = side;
            region.attributes = [("pattern", "tram-track"), ("artery", "radial artery")]
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .into();
            region.sites = vec![Site {
                digit: Some(Digit::Index),
                segment: Some(Segment::ProximalPhalanx),
                side,
                code: None,
            }];
        });
    }
    let scope = Scope::Image { image };
    let on = |n: usize| Target::Region { region: regions[n] };
    author.say(scope, "Bone is missing here.", Presence::Present, &[on(0)]);
    author.say(scope, "No bone is missing at this stretch.", Presence::Absent, &[on(3)]);
    author.say(
        scope,
        "No calcification of the ulnar artery.",
        Presence::Absent,
        &[Target::Image { image, frames: Vec::new() }],
    );
    author.say(scope, "An old fracture of the little finger.", Presence::Indeterminate, &[on(7)]);
    author.say(scope, "Soft tissues are not shown.", Presence::NotAssessable, &[]);
    author.say(Scope::Case, "In keeping with long-standing diabetes.", Presence::Present, &[]);
}

fn every_shape_small(author: &mut Author) {
    shapes(author, 0.5);
}

pub(super) fn one_outline(author: &mut Author) {
    author.region(1, "bone loss", polygon(&[(20.0, 20.0), (60.0, 20.0), (60.5, 70.0), (30.0, 90.25)]));
    let image = author.image(1);
    author.say(Scope::Image { image }, "No other focus.", Presence::Absent, &[]);
}

fn turned(author: &mut Author) {
    let window =
        calx_model::Window { center: 1800.0, width: 1500.0, function: calx_model::VoiLutFunction::Linear };
    let display = ImageDisplay {
        window: WindowChoice::Set(window),
        quarter_turns: 1,
        flip_horizontal: true,
        ..ImageDisplay::default()
    };
    author.set(1, ImageField::Display(display));
    one_outline(author);
}

fn film(author: &mut Author) {
    for (x, side) in [(30.0, Side::Right), (170.0, Side::Left)] {
        let points = [(x, 60.0), (x + 40.0, 60.0), (x + 40.0, 100.0)];
        author.region_as(1, "bone loss", polygon(&points), |region| region.side = Some(side));
    }
}

fn clip_frame(author: &mut Author) {
    let line = path(&[(30.0, 60.0, 6.0), (60.0, 62.0, 7.0), (90.0, 58.5, 6.0)]);
    author.region_as(1, "calcified stretch", line, |region| region.frames = vec![7]);
    let outline = polygon(&[(40.0, 40.0), (80.0, 40.0), (80.0, 70.0)]);
    author.region_as(1, "other", outline, |region| region.frames = vec![7]);
    let painted = Mask::from_bits(160, 120, |x, y| (30..61).contains(&x) && (50..70).contains(&y)).unwrap();
    author.region_as(1, "calcified stretch", Shape::Mask(painted), |region| region.frames = vec![7]);
    // On several frames, and on the whole clip. The checker asks for the pixels of a mask by image, where a mask on several
    // frames has several answers; that one is judged by the tests of the writer.
    let drawn = polygon(&[(90.0, 40.0), (120.0, 40.0), (100.0, 70.0)]);
    author.region_as(1, "other", drawn.clone(), |region| region.frames = vec![3, 5]);
    author.region(1, "bone loss", drawn);
    let painted = Mask::from_bits(160, 120, |x, y| (100..109).contains(&x) && y < 40).unwrap();
    author.region(1, "bone loss", Shape::Mask(painted));
    author.set(1, ImageField::Display(ImageDisplay { frame: 7, ..ImageDisplay::default() }));
    let image = author.image(1);
    author.say(
        Scope::Image { image },
        "The wall is bright.",
        Presence::Present,
        &[Target::Image { image, frames: vec![7] }],
    );
}

fn many(author: &mut Author) {
    for n in 0..200u32 {
        let (x, y) = (f64::from(n % 20) * 19.0 + 5.0, f64::from(n / 20) * 38.0 + 5.0);
        let turn = |k: u32| (f64::from(k) * std::f64::consts::TAU / 16.0).sin_cos();
        let round: Vec<(f64, f64)> = (0..16)
            .map(|k| (x + 8.0 + 7.5 * turn(k).1, y + 15.0 + (6.0 + f64::from(n % 7)) * turn(k).0))
            .collect();
        author.region(1, "calcified stretch", polygon(&round));
    }
}

pub(super) fn mask(author: &mut Author) {
    let ring = |x: u32, y: u32| {
        let (x, y) = (f64::from(x) - 101.0, f64::from(y) - 48.0);
        let d = x.hypot(y);
        d < 40.0 && d > 13.0
    };
    author.region(1, "calcified stretch", Shape::Mask(Mask::from_bits(203, 97, ring).unwrap()));
    // At the last row and column, and over the first one.
    let corner = Mask::from_bits(203, 97, |x, y| (x > 190 && y > 80) || (x * 7 + y * 3) % 41 == 0).unwrap();
    author.region(1, "other", Shape::Mask(corner));
    author.region(1, "bone loss", polygon(&[(5.0, 5.0), (50.0, 5.0), (20.0, 60.0)]));
}

fn parts(author: &mut Author) {
    let holed = Part::new(
        outline(&[(10.0, 10.0), (90.0, 12.0), (88.0, 80.0), (14.0, 84.0)]),
        vec![outline(&[(30.0, 30.0), (30.0, 60.0), (60.0, 60.0), (60.5, 30.5)])],
    )
    .unwrap();
    let other = Part::new(outline(&[(120.0, 20.0), (190.0, 20.0), (150.0, 90.25)]), Vec::new()).unwrap();
    author.region(1, "bone loss", Shape::Area(Area::new(vec![holed, other]).unwrap()));
}

fn two_studies(author: &mut Author) {
    let mut on = Vec::new();
    for image in 1..=2 {
        let shape = polygon(&[(20.0, 20.0), (60.0, 20.0), (60.5, 70.0), (30.0, 90.25)]);
        let region = author.region(image, "bone loss", shape);
        on.push(Target::Region { region });
        author.set(image, ImageField::Key(true));
    }
    author.say(Scope::Case, "It grew.", Presence::Present, &on);
}

fn words(author: &mut Author) {
    let title = "動脈の石灰化 · تكلس الشرايين · ё";
    author.commit(Edit::SetCase { field: CaseField::Title(title.to_owned()) });
    author.commit(Edit::SetCase { field: CaseField::Language("ja".to_owned()) });
    let reference = ReferenceId(author.id());
    let entry =
        Reference { id: reference, text: "山田太郎. 動脈硬化 2020;1:1–9.".to_owned(), doi: None };
    author.commit(Edit::AddReference { index: 0, reference: entry });
    let discussion = RichText::from_runs([
        Run::Words { text: "中膜の石灰化\u{301} ".to_owned() },
        Run::Cite { references: vec![reference] },
        Run::Words { text: "\nتكلس الطبقة الوسطى. 🩻".to_owned() },
    ]);
    author.commit(Edit::SetCase { field: CaseField::Discussion(discussion) });
    author.set(1, ImageField::Caption(RichText::plain("右手。\\ ^ = „“")));
    let arrow = Shape::Arrow {
        head: at(60.0, 60.0),
        tail: at(20.0, 20.0),
        text: "橈骨動脈؟ الشريان الكعبري".to_owned(),
    };
    let region = author.region(1, "other", arrow);
    let image = author.image(1);
    author.say(
        Scope::Image { image },
        "骨破壊なし。 لا يوجد تدمير للعظم",
        Presence::Absent,
        &[Target::Region { region }],
    );
}

/// What a radiograph of a gradient is made of.
pub(super) fn dx((columns, rows): (u16, u16), spacing: Option<(f64, f64)>) -> impl Fn(u32) -> NewImage {
    move |number| {
        let values = (0..u32::from(rows))
            .flat_map(|y| (0..u32::from(columns)).map(move |x| (x, y)))
            .map(|(x, y)| u16::try_from((x * 17 + y * 29) % 4096).unwrap())
            .collect();
        let pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![values] };
        let mut new = image(ImageKind::DigitalXRay, number, (columns, rows), pixels);
        new.image_laterality = Some(Side::Right);
        new.patient_orientation = Some(["R".to_owned(), "F".to_owned()]);
        new.view_position = Some("PA".to_owned());
        new.imager_pixel_spacing = spacing;
        new.windows = vec![NewWindow { center: 2048.0, width: 4096.0, explanation: "ALL".to_owned() }];
        new
    }
}

/// A secondary capture: no spacing, no side.
fn capture((columns, rows): (u16, u16)) -> impl Fn(u32) -> NewImage {
    move |number| {
        let values = (0..u32::from(rows) * u32::from(columns)).map(|n| (n * 37 % 251) as u8).collect();
        let pixels = NewPixels::Grey8 { frames: vec![values] };
        let mut new = image(ImageKind::SecondaryCapture, number, (columns, rows), pixels);
        // A hand would need a side.
        new.series.body_part.clear();
        new
    }
}

/// A radiograph of somebody whose name is written in three scripts.
fn japanese() -> impl Fn(u32) -> NewImage {
    |number| {
        let mut new = dx((160, 120), Some((0.1, 0.1)))(number);
        new.study.description = "右手 X線 · اليد".to_owned();
        let name = NewValue::Text("PHANTOM^CALX=ファントム^石灰=ふぁんとむ^せっかい".to_owned());
        new.extra = vec![NewElement { tag: (0x0010, 0x0010), vr: *b"PN", value: name }];
        new
    }
}

fn image(kind: ImageKind, number: u32, size: (u16, u16), pixels: NewPixels) -> NewImage {
    let uid = |what: &str| uid_from_name(&format!("calx e2e outputs/{number}/{what}"));
    let date: jiff::civil::DateTime = "2026-02-03T10:11:12".parse().unwrap();
    let study = NewStudy {
        uid: StudyInstanceUid::new(&uid("study")).unwrap(),
        date: date.date(),
        time: date.time(),
        id: number.to_string(),
        accession_number: format!("A{number}"),
        description: "Hand".to_owned(),
    };
    let series = NewSeries {
        uid: SeriesInstanceUid::new(&uid("series")).unwrap(),
        number: 1,
        description: "PA".to_owned(),
        body_part: "HAND".to_owned(),
    };
    let instance = SopInstanceUid::new(&uid("image")).unwrap();
    let mut new = NewImage::new(kind, study, series, instance, size, pixels);
    // Both images of the case across two studies are of one person.
    let person = if number == 1200 { 12 } else { number };
    new.patient = NewPatient {
        name: "PHANTOM^CALX".to_owned(),
        id: format!("E2E-{person}"),
        birth_date: Some("1951-02-03".parse().unwrap()),
        sex: Some('F'),
        age: Some("075Y".to_owned()),
    };
    new.synthetic_data = true;
    new
}

pub(super) fn written(folder: &Path, number: u32, new: impl Fn(u32) -> NewImage) -> PathBuf {
    let path = folder.join(format!("image-{number}.dcm"));
    let mut file = std::fs::File::create(&path).unwrap();
    write_image(&new(number), &mut file).unwrap();
    path
}

//! The demo's case, written step by step; every step is a journal row.
//!
//! Not here: the words ([`super::demo_text`]), making and exporting ([`super::demo`]).

use calx_dicom::uid_from_name;
use calx_model::{
    Age, AgeUnit, Case, CaseField, CaseId, CaseStudy, CaseStudyId, CodedConcept, Contributor, Digit, Edit,
    EvidenceId, Finding, FindingId, ImageField, ImageId, ImageRead, NewCase, Origin, Patient, PixelsCleared,
    Presence, ReadResult, ReadState, ReaderRole, Reading, ReadingId, ReadingState, Reference, ReferenceId,
    Region, RegionId, RichText, Scope, Segment, Sex, Shape, Side, Site, SopInstanceUid, Statement,
    StatementField, StatementId, StudyField, StudyInstanceUid, StudyTime, Target, Track, TrackId, markup,
};
use calx_phantom::{ArteryKind, BoneKind, FingerSide, GeneratedImage, HandSide, HandTruth, ModelStudies};
use calx_workspace::{AddStudy, CaseWriter, Workspace};
use uuid::Uuid;

use super::demo_text as words;
use super::track::tracking_uid;
use crate::args::Global;
use crate::failure::{Exit, Failure, OrExit};
use crate::session::{self, workspace_failure};

/// Writes the whole case and lets its lock go.
pub(crate) fn write(
    workspace: &Workspace,
    global: &Global,
    made: &ModelStudies,
) -> Result<(Case, usize), Failure> {
    let mut author = Author::begin(workspace, global)?;
    write_case(&mut author, made)?;
    let document = author.writer.close().map_err(workspace_failure)?;
    Ok((document.case().clone(), document.rows().len()))
}

/// Writes a case step by step; every step is a journal row.
struct Author<'a> {
    workspace: &'a Workspace,
    global: &'a Global,
    writer: CaseWriter,
    reading: ReadingId,
}

/// An id that depends on a name only, so that two demos make the same case.
fn id(name: &str) -> Uuid {
    let uid = uid_from_name(&format!("calx-demo/1/{name}"));
    let number = uid.strip_prefix("2.25.").and_then(|n| n.parse::<u128>().ok()).unwrap_or_default();
    Uuid::from_u128(number)
}

fn code(value: &str, meaning: &str) -> CodedConcept {
    CodedConcept { value: value.to_owned(), scheme: "SCT".to_owned(), meaning: meaning.to_owned() }
}

impl<'a> Author<'a> {
    fn begin(workspace: &'a Workspace, global: &'a Global) -> Result<Self, Failure> {
        let reading = ReadingId(id("reading"));
        let new = NewCase {
            id: CaseId(id("case")),
            number: Some(52),
            title: words::TITLE.to_owned(),
            language: "en".to_owned(),
            created: session::now(),
            schema: workspace.schema().reference(),
            reading: Reading {
                id: reading,
                reader: session::author(global),
                role: ReaderRole::Author,
                state: ReadingState::Open,
            },
        };
        let writer = workspace.create_case(new, session::stamp(global, "demo")).map_err(workspace_failure)?;
        Ok(Self { workspace, global, writer, reading })
    }

    fn case(&self) -> &Case {
        self.writer.document().case()
    }

    fn commit(&mut self, edit: Edit) -> Result<(), Failure> {
        self.writer.commit(edit, session::stamp(self.global, "demo")).map_err(workspace_failure)?;
        Ok(())
    }

    fn set(&mut self, field: CaseField) -> Result<(), Failure> {
        self.commit(Edit::SetCase { field })
    }

    fn typed(&self, text: &str) -> Result<RichText, Failure> {
        markup::parse(text, self.case()).or_exit(Exit::Bug)
    }

    fn study(
        &mut self,
        name: &str,
        title: &str,
        day: i32,
        images: &[GeneratedImage],
    ) -> Result<CaseStudyId, Failure> {
        let first = images.first().ok_or_else(|| Failure::say(Exit::Bug, "a study without images"))?;
        let uid = StudyInstanceUid::new(&first.study_instance_uid).or_exit(Exit::Bug)?;
        let order =
            images.iter().map(|i| SopInstanceUid::new(&i.sop_instance_uid)).collect::<Result<Vec<_>, _>>();
        let request = AddStudy {
            instances: Some(order.or_exit(Exit::Bug)?),
            title: Some(title.to_owned()),
            ..AddStudy::all(uid)
        };
        let mut count = 0usize;
        let mut ids = || {
            count += 1;
            if count == 1 { id(name) } else { id(&format!("{name}/image {}", count - 1)) }
        };
        let proposal =
            self.workspace.add_study(self.case(), &request, &mut ids).map_err(workspace_failure)?;
        self.commit(proposal.edit)?;
        let study = CaseStudyId(id(name));
        self.commit(Edit::SetStudy { study, field: StudyField::When(StudyTime::RelativeDay { day }) })?;
        Ok(study)
    }

    fn image(&self, image: &GeneratedImage) -> Result<ImageId, Failure> {
        let uid = SopInstanceUid::new(&image.sop_instance_uid).or_exit(Exit::Bug)?;
        let found = self.case().image_of(&uid).map(|i| i.id);
        found.ok_or_else(|| {
            Failure::say(Exit::Bug, format!("{} did not become an image of the case", image.title))
        })
    }

    fn track(&mut self, name: &str) -> Result<TrackId, Failure> {
        let track_id = TrackId(id(&format!("track/{name}")));
        let index = u32::try_from(self.case().tracks.len()).unwrap_or(u32::MAX);
        let track = Track { id: track_id, tracking_uid: tracking_uid(track_id)?, name: name.to_owned() };
        self.commit(Edit::AddTrack { index, track })?;
        Ok(track_id)
    }

    fn region(&mut self, name: &str, mark: Mark) -> Result<RegionId, Failure> {
        let region = Region {
            id: RegionId(id(&format!("region/{name}"))),
            image: mark.image,
            frames: mark.frames,
            shape: mark.shape,
            label: mark.label.to_owned(),
            attributes: mark.attributes.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect(),
            sites: mark.sites,
            side: mark.side,
            track: mark.track,
            reading: self.reading,
            origin: Origin::Proposed {
                algorithm: "calx-phantom truth".to_owned(),
                accepted_by: session::author(self.global),
            },
        };
        self.workspace.schema().check(&region).or_exit(Exit::Bug)?;
        let (region_id, index) = (region.id, u32::try_from(self.case().regions.len()).unwrap_or(u32::MAX));
        self.commit(Edit::AddRegion { index, region: Box::new(region) })?;
        Ok(region_id)
    }

    fn finding(&mut self, name: &str, scope: Scope) -> Result<FindingId, Failure> {
        let finding = FindingId(id(&format!("finding/{name}")));
        let index = u32::try_from(self.case().findings.len()).unwrap_or(u32::MAX);
        self.commit(Edit::AddFinding {
            index,
            finding: Box::new(Finding { id: finding, scope, statements: Vec::new() }),
        })?;
        Ok(finding)
    }

    fn say(
        &mut self,
        finding: FindingId,
        text: &str,
        presence: Presence,
        about: About,
    ) -> Result<StatementId, Failure> {
        let count = self.case().finding(finding).map_or(0, |f| f.statements.len());
        let statement = Statement {
            id: StatementId(id(&format!("{finding}/statement {count}"))),
            text: RichText::plain(text),
            presence,
            code: about.code,
            sites: about.sites,
            certainty: None,
            compared_to: None,
            evidence: Vec::new(),
            reading: self.reading,
        };
        let (statement_id, index) = (statement.id, u32::try_from(count).unwrap_or(u32::MAX));
        self.commit(Edit::AddStatement { finding, index, statement: Box::new(statement) })?;
        Ok(statement_id)
    }

    fn link(&mut self, statement: StatementId, target: Target, chip: Option<&str>) -> Result<(), Failure> {
        let count = self.case().statement(statement).map_or(0, |s| s.evidence.len());
        let evidence = EvidenceId(id(&format!("{statement}/evidence {count}")));
        let edit = self.case().link(statement, evidence, target, chip).or_exit(Exit::Bug)?;
        self.commit(edit)
    }

    fn read(&mut self, image: ImageId, result: ReadResult) -> Result<(), Failure> {
        let (reading, index) = (self.reading, u32::try_from(self.case().reads.len()).unwrap_or(u32::MAX));
        let read = ImageRead { image, reading, state: ReadState::Done { result } };
        self.commit(Edit::SetRead { image, reading, index, read: Some(read) })
    }
}

/// What a statement names, and where.
#[derive(Default)]
struct About {
    code: Option<CodedConcept>,
    sites: Vec<Site>,
}

fn calcification(sites: Vec<Site>) -> About {
    About { code: Some(code("237897009", "Vascular Calcification")), sites }
}

fn artery_site(artery: ArteryKind, side: Side) -> Site {
    Site {
        code: artery.code().map(|(value, meaning)| code(value, meaning)),
        side: Some(side),
        ..Site::default()
    }
}

/// A region to be.
struct Mark {
    image: ImageId,
    frames: Vec<u32>,
    shape: Shape,
    label: &'static str,
    attributes: Vec<(&'static str, String)>,
    sites: Vec<Site>,
    side: Option<Side>,
    track: Option<TrackId>,
}

fn side_of(hand: HandSide) -> Side {
    match hand {
        HandSide::Right => Side::Right,
        HandSide::Left => Side::Left,
    }
}

/// The artery's word in the label schema.
fn artery_word(artery: ArteryKind) -> String {
    match artery {
        ArteryKind::CommonPalmarDigital(_) => "common palmar digital artery".to_owned(),
        ArteryKind::ProperPalmarDigital { .. } => "proper palmar digital artery".to_owned(),
        other => other.name(),
    }
}

fn calcified(
    image: ImageId,
    hand: &HandTruth,
    artery: ArteryKind,
    shape: Shape,
    track: Option<TrackId>,
) -> Mark {
    let side = side_of(hand.side);
    Mark {
        image,
        frames: Vec::new(),
        shape,
        label: "calcified stretch",
        attributes: vec![
            ("pattern", "tram-track".to_owned()),
            ("artery", artery_word(artery)),
            ("confidence", "certain".to_owned()),
        ],
        sites: vec![artery_site(artery, side)],
        side: Some(side),
        track,
    }
}

/// The longest calcified stretch of an artery, as a path.
fn stretch(hand: &HandTruth, artery: ArteryKind) -> Option<Shape> {
    hand.artery(artery)?.longest_stretch().map(|s| Shape::Path(s.path.clone()))
}

/// All calcified pixels of an artery, as a mask.
fn painted(hand: &HandTruth, artery: ArteryKind) -> Option<Shape> {
    let mask = &hand.artery(artery)?.mask;
    (!mask.is_empty()).then(|| Shape::Mask(mask.clone()))
}

const INDEX_RADIAL: ArteryKind = ArteryKind::ProperPalmarDigital { digit: 2, side: FingerSide::Radial };
const RING_ULNAR: ArteryKind = ArteryKind::ProperPalmarDigital { digit: 4, side: FingerSide::Ulnar };

fn write_case(author: &mut Author<'_>, made: &ModelStudies) -> Result<(), Failure> {
    author.set(CaseField::Patient(Patient {
        age: Some(Age { value: 75, unit: AgeUnit::Years }),
        sex: Some(Sex::Male),
    }))?;
    author.set(CaseField::Presentation(RichText::plain(words::PRESENTATION)))?;
    author.study("two films", "Radiographs of both hands, two films", 0, &made.hands_two_films)?;
    let one_film = author.study(
        "one film",
        "Radiographs of both hands on one film, PA and oblique",
        0,
        &made.hands_one_film,
    )?;
    let report = CaseStudyId(id("doppler report"));
    let index = u32::try_from(author.case().studies.len()).unwrap_or(u32::MAX);
    let study = CaseStudy {
        id: report,
        source: None,
        title: words::DOPPLER_STUDY.to_owned(),
        modality: "US".to_owned(),
        when: StudyTime::RelativeDay { day: 2 },
        images: Vec::new(),
    };
    author.commit(Edit::AddStudy { index, study: Box::new(study) })?;
    let clip = author.study(
        "doppler clip",
        "Doppler clip of a forearm artery",
        2,
        std::slice::from_ref(&made.doppler),
    )?;

    let mut tracks = Vec::new();
    for side in ["right", "left"] {
        tracks.push(author.track(&format!("{side} radial artery"))?);
    }
    for (at, film) in made.hands_two_films.iter().enumerate() {
        hand_film(author, film, tracks.get(at).copied())?;
    }
    both_on_one(author, made, one_film, &tracks)?;
    doppler_report(author, report)?;
    doppler_clip(author, &made.doppler, clip)?;
    frame_of_the_case(author)
}

/// One film of one hand: calcification, what is missing, and what is not there.
fn hand_film(author: &mut Author<'_>, film: &GeneratedImage, track: Option<TrackId>) -> Result<(), Failure> {
    let image = author.image(film)?;
    let Some(hand) = film.truth.hands.first() else { return Ok(()) };
    let right = hand.side == HandSide::Right;
    let side = side_of(hand.side);
    let text = if right { words::RIGHT_CALCIFIED } else { words::LEFT_CALCIFIED };
    let finding = author.finding(side.word(), Scope::Image { image })?;
    let arteries = [ArteryKind::Radial, ArteryKind::Ulnar].map(|a| artery_site(a, side)).to_vec();
    let statement = author.say(finding, text, Presence::Present, calcification(arteries))?;
    let marks: [(&str, ArteryKind, Option<Shape>, Option<TrackId>); 5] = [
        ("radial artery", ArteryKind::Radial, stretch(hand, ArteryKind::Radial), track),
        ("ulnar artery", ArteryKind::Ulnar, stretch(hand, ArteryKind::Ulnar), None),
        (
            "superficial palmar arch",
            ArteryKind::SuperficialPalmarArch,
            painted(hand, ArteryKind::SuperficialPalmarArch),
            None,
        ),
        ("digital arteries", INDEX_RADIAL, stretch(hand, INDEX_RADIAL), None),
        ("", RING_ULNAR, painted(hand, RING_ULNAR), None),
    ];
    for (chip, artery, shape, track) in marks {
        let Some(shape) = shape else { continue };
        let name = format!("{} {}", side.word(), artery.key());
        let region = author.region(&name, calcified(image, hand, artery, shape, track))?;
        let chip = Some(chip).filter(|c| !c.is_empty() && text.contains(c));
        author.link(statement, Target::Region { region }, chip)?;
    }
    if let Some(missing) = hand.missing.iter().find(|m| m.bone == BoneKind::DistalPhalanx(3)) {
        let site = Site {
            digit: Some(Digit::Middle),
            segment: Some(Segment::DistalPhalanx),
            side: Some(side),
            ..Site::default()
        };
        let about = About { code: None, sites: vec![site.clone()] };
        let lost = author.say(finding, words::RIGHT_MISSING, Presence::Present, about)?;
        let mark = |shape| Mark {
            image,
            frames: Vec::new(),
            shape,
            label: "bone loss",
            attributes: vec![("confidence", "certain".to_owned())],
            sites: vec![site.clone()],
            side: Some(side),
            track: None,
        };
        let outline = Shape::Area(calx_geometry::Area::from_outline(missing.outline.clone()));
        let region = author.region("missing phalanx", mark(outline))?;
        author.link(lost, Target::Region { region }, Some("missing beyond the middle phalanx"))?;
        let end = Shape::Point { at: missing.stump_end };
        let region = author.region("clean end", mark(end))?;
        author.link(lost, Target::Region { region }, Some("a clean end"))?;
    }
    let absent = author.say(finding, words::NO_DESTRUCTION, Presence::Absent, About::default())?;
    author.link(absent, Target::Image { image, frames: Vec::new() }, None)?;
    let caption = if right { words::CAPTION_RIGHT } else { words::CAPTION_LEFT };
    author.commit(Edit::SetImage { image, field: ImageField::Caption(RichText::plain(caption)) })?;
    author.commit(Edit::SetImage { image, field: ImageField::Key(true) })?;
    author.read(image, ReadResult::Marked)
}

/// Both hands on one film: every region says its own side.
fn both_on_one(
    author: &mut Author<'_>,
    made: &ModelStudies,
    study: CaseStudyId,
    tracks: &[TrackId],
) -> Result<(), Failure> {
    let finding = author.finding("one film", Scope::Study { study })?;
    let sites = [Side::Right, Side::Left].map(|side| artery_site(ArteryKind::Radial, side)).to_vec();
    let both = author.say(finding, words::FILM_CALCIFIED, Presence::Present, calcification(sites))?;
    let mut missing = None;
    for (at, film) in made.hands_one_film.iter().enumerate() {
        let image = author.image(film)?;
        for (hand, track) in film.truth.hands.iter().filter_map(|h| {
            let track = if h.side == HandSide::Right { tracks.first() } else { tracks.get(1) };
            Some((h, track.copied()?))
        }) {
            let Some(shape) = stretch(hand, ArteryKind::Radial) else { continue };
            let name = format!("film {at} {} radial", side_of(hand.side).word());
            let region =
                author.region(&name, calcified(image, hand, ArteryKind::Radial, shape, Some(track)))?;
            let chip = format!("{} radial artery", side_of(hand.side).word());
            author.link(both, Target::Region { region }, (at == 0).then_some(chip.as_str()))?;
            if at == 0
                && let Some(gone) = hand.missing.first()
            {
                let outline = Shape::Area(calx_geometry::Area::from_outline(gone.outline.clone()));
                let mark = Mark {
                    image,
                    frames: Vec::new(),
                    shape: outline,
                    label: "bone loss",
                    attributes: Vec::new(),
                    sites: Vec::new(),
                    side: Some(side_of(hand.side)),
                    track: None,
                };
                missing = Some(author.region("film missing", mark)?);
            }
        }
        author.read(image, ReadResult::Marked)?;
    }
    if let Some(region) = missing {
        let statement = author.say(finding, words::FILM_MISSING, Presence::Present, About::default())?;
        author.link(statement, Target::Region { region }, Some("the end of the middle finger is missing"))?;
    }
    Ok(())
}

/// The report: a study without images, with a negated and an undecided statement.
fn doppler_report(author: &mut Author<'_>, study: CaseStudyId) -> Result<(), Failure> {
    let finding = author.finding("doppler report", Scope::Study { study })?;
    let brachial = Site {
        code: Some(code("17137000", "Brachial artery")),
        side: Some(Side::Bilateral),
        ..Site::default()
    };
    let forearm = [ArteryKind::Radial, ArteryKind::Ulnar].map(|a| artery_site(a, Side::Bilateral)).to_vec();
    for (text, presence, about) in [
        (words::BRACHIAL_CALCIFIED, Presence::Present, calcification(vec![brachial.clone()])),
        (words::BRACHIAL_OPEN, Presence::Absent, About { code: None, sites: vec![brachial] }),
        (words::FOREARM_SEGMENTAL, Presence::Present, calcification(forearm.clone())),
        (words::OCCLUSION_OPEN, Presence::Indeterminate, About { code: None, sites: forearm }),
    ] {
        let statement = author.say(finding, text, presence, about)?;
        author.link(statement, Target::Study { study }, None)?;
    }
    Ok(())
}

fn doppler_clip(author: &mut Author<'_>, clip: &GeneratedImage, study: CaseStudyId) -> Result<(), Failure> {
    let image = author.image(clip)?;
    let finding = author.finding("doppler clip", Scope::Study { study })?;
    let statement =
        author.say(finding, words::CLIP_CALCIFIED, Presence::Present, calcification(Vec::new()))?;
    if let Some(truth) = &clip.truth.doppler {
        for (at, wall) in truth.calcified_walls.iter().enumerate() {
            let mark = Mark {
                image,
                frames: Vec::new(),
                shape: Shape::Path(wall.clone()),
                label: "calcified stretch",
                attributes: vec![("pattern", "indeterminate".to_owned())],
                sites: Vec::new(),
                side: None,
                track: None,
            };
            let region = author.region(&format!("clip wall {at}"), mark)?;
            author.link(statement, Target::Region { region }, (at == 0).then_some("calcified walls"))?;
        }
        let frames = truth.full_flow_frames.iter().map(|f| u32::from(*f)).collect::<Vec<_>>();
        if !frames.is_empty() {
            author.link(statement, Target::Image { image, frames }, Some("some frames"))?;
        }
    }
    author.read(image, ReadResult::Marked)
}

/// Discussion, references, and what a published case needs.
fn frame_of_the_case(author: &mut Author<'_>) -> Result<(), Failure> {
    for (at, (text, doi)) in words::REFERENCES.iter().enumerate() {
        let reference = Reference {
            id: ReferenceId(id(&format!("reference {at}"))),
            text: (*text).to_owned(),
            doi: Some((*doi).to_owned()),
        };
        author.commit(Edit::AddReference { index: u32::try_from(at).unwrap_or(u32::MAX), reference })?;
    }
    let discussion = author.typed(words::DISCUSSION)?;
    author.set(CaseField::Discussion(discussion))?;
    author.set(CaseField::Contributors(vec![Contributor {
        name: "The calx developers".to_owned(),
        role: Some("author".to_owned()),
        affiliation: None,
    }]))?;
    author.set(CaseField::Licence("CC-BY-4.0".to_owned()))?;
    author.set(CaseField::ConsentNote(
        "None needed: every image is a phantom; no patient exists.".to_owned(),
    ))?;
    author.set(CaseField::Tags(
        ["hand", "vascular calcification", "end-stage renal disease", "Mönckeberg"]
            .map(str::to_owned)
            .to_vec(),
    ))?;
    author.set(CaseField::Quiz(true))?;
    let cleared = PixelsCleared { by: session::author(author.global), at: session::now() };
    let edits = author
        .case()
        .images()
        .map(|(_, i)| Edit::SetImage { image: i.id, field: ImageField::PixelsCleared(Some(cleared.clone())) })
        .collect();
    author.commit(Edit::Batch { edits })?;
    // A statement can be mended later: the journal keeps both forms.
    let open =
        author.case().statements().find(|(_, s)| s.presence == Presence::Indeterminate).map(|(_, s)| s.id);
    if let Some(statement) = open {
        let field = StatementField::Certainty(Some(calx_model::Certainty::Possible));
        author.commit(Edit::SetStatement { statement, field })?;
    }
    Ok(())
}

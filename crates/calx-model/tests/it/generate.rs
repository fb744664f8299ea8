//! Random edits of every kind for a given case, most of them possible, some not.

use std::collections::BTreeMap;

use calx_model::{
    Age, AgeUnit, BurnedIn, Case, CaseField, CaseImage, CaseStatus, CaseStudy, Certainty, CodedConcept,
    Contributor, Digit, Edit, Evidence, EvidenceId, Finding, ImageDisplay, ImageField, ImageId, ImageRead,
    Origin, Patient, PixelSpacing, PixelsCleared, Presence, ReadResult, ReadState, ReaderRole, Reading,
    ReadingId, ReadingState, Reference, ReferenceId, Region, RegionField, RegionId, RichText, Run, SchemaRef,
    Scope, Segment, Sex, Shape, Side, Site, SpacingBasis, StatedSide, Statement, StatementField, StatementId,
    StudyField, StudyTime, Target, Track, VoiLutFunction, Window, WindowChoice,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::generate_shape::{Dice, mask, shape};

/// How many kinds of edit there are; [`op`] must name each.
pub(crate) const OPS: usize = 37;
/// How many fields the Set… edits have together.
pub(crate) const FIELDS: usize = 13 + 3 + 6 + 7 + 9;

/// How many edits of several steps there are.
pub(crate) const COMPOSED: usize = 10;

/// The name of an edit. No wildcard: a new kind of edit must come here and into [`simple`].
pub(crate) fn op(edit: &Edit) -> &'static str {
    match edit {
        Edit::SetCase { .. } => "set_case",
        Edit::AddStudy { .. } => "add_study",
        Edit::RemoveStudy { .. } => "remove_study",
        Edit::SetStudy { .. } => "set_study",
        Edit::MoveStudy { .. } => "move_study",
        Edit::AddImage { .. } => "add_image",
        Edit::RemoveImage { .. } => "remove_image",
        Edit::SetImage { .. } => "set_image",
        Edit::MoveImage { .. } => "move_image",
        Edit::AddFinding { .. } => "add_finding",
        Edit::RemoveFinding { .. } => "remove_finding",
        Edit::SetFinding { .. } => "set_finding",
        Edit::MoveFinding { .. } => "move_finding",
        Edit::AddStatement { .. } => "add_statement",
        Edit::RemoveStatement { .. } => "remove_statement",
        Edit::SetStatement { .. } => "set_statement",
        Edit::MoveStatement { .. } => "move_statement",
        Edit::AddEvidence { .. } => "add_evidence",
        Edit::RemoveEvidence { .. } => "remove_evidence",
        Edit::SetEvidence { .. } => "set_evidence",
        Edit::AddRegion { .. } => "add_region",
        Edit::RemoveRegion { .. } => "remove_region",
        Edit::SetRegion { .. } => "set_region",
        Edit::MoveRegion { .. } => "move_region",
        Edit::PaintMask { .. } => "paint_mask",
        Edit::AddTrack { .. } => "add_track",
        Edit::RemoveTrack { .. } => "remove_track",
        Edit::SetTrack { .. } => "set_track",
        Edit::AddReference { .. } => "add_reference",
        Edit::RemoveReference { .. } => "remove_reference",
        Edit::SetReference { .. } => "set_reference",
        Edit::MoveReference { .. } => "move_reference",
        Edit::AddReading { .. } => "add_reading",
        Edit::RemoveReading { .. } => "remove_reading",
        Edit::SetReading { .. } => "set_reading",
        Edit::SetRead { .. } => "set_read",
        Edit::Batch { .. } => "batch",
    }
}

/// Edits for one case, from dice.
pub(crate) struct Maker<'a> {
    pub(crate) dice: &'a mut Dice,
    pub(crate) case: &'a Case,
}

impl Maker<'_> {
    /// A known id, now and then one that nothing has.
    fn known<T: From<Uuid> + Clone>(&mut self, ids: &[T]) -> T {
        if self.dice.once_in(25) {
            return T::from(self.dice.uuid());
        }
        self.dice.pick(ids).unwrap_or_else(|| T::from(self.dice.uuid()))
    }

    /// A new id, now and then one that is taken.
    fn fresh<T: From<Uuid>>(&mut self) -> T {
        if self.dice.once_in(40) {
            let taken: Vec<Uuid> = self.case.ids().collect();
            return T::from(self.known(&taken));
        }
        T::from(self.dice.uuid())
    }

    fn place(&mut self, length: usize) -> u32 {
        let length = u32::try_from(length).unwrap();
        if self.dice.once_in(25) { length + 1 + self.dice.small(9) } else { self.dice.small(length + 1) }
    }

    fn study(&mut self) -> calx_model::CaseStudyId {
        let ids: Vec<_> = self.case.studies.iter().map(|s| s.id).collect();
        self.known(&ids)
    }

    fn image(&mut self) -> ImageId {
        let ids: Vec<_> = self.case.images().map(|(_, i)| i.id).collect();
        self.known(&ids)
    }

    fn finding(&mut self) -> calx_model::FindingId {
        let ids: Vec<_> = self.case.findings.iter().map(|f| f.id).collect();
        self.known(&ids)
    }

    pub(crate) fn statement(&mut self) -> StatementId {
        let ids: Vec<_> = self.case.statements().map(|(_, s)| s.id).collect();
        self.known(&ids)
    }

    pub(crate) fn evidence(&mut self) -> EvidenceId {
        let ids: Vec<_> = self.case.all_evidence().map(|(_, e)| e.id).collect();
        self.known(&ids)
    }

    pub(crate) fn region(&mut self) -> RegionId {
        let ids: Vec<_> = self.case.regions.iter().map(|r| r.id).collect();
        self.known(&ids)
    }

    pub(crate) fn reference(&mut self) -> ReferenceId {
        let ids: Vec<_> = self.case.references.iter().map(|r| r.id).collect();
        self.known(&ids)
    }

    fn track(&mut self) -> calx_model::TrackId {
        let ids: Vec<_> = self.case.tracks.iter().map(|t| t.id).collect();
        self.known(&ids)
    }

    fn reading(&mut self) -> ReadingId {
        let ids: Vec<_> = self.case.readings.iter().map(|r| r.id).collect();
        self.known(&ids)
    }

    fn frames_of(&mut self, image: ImageId) -> Vec<u32> {
        let frames = self.case.image(image).map_or(1, |i| i.frames);
        let mut chosen: Vec<u32> = (1..=frames).filter(|_| self.dice.once_in(3)).collect();
        if self.dice.once_in(30) {
            chosen.insert(0, frames + 1);
        }
        chosen
    }

    pub(crate) fn text(&mut self) -> RichText {
        let runs: Vec<Run> = (0..self.dice.below(4))
            .map(|_| match self.dice.below(4) {
                0 if self.case.all_evidence().next().is_some() => {
                    Run::Linked { text: self.dice.word(), evidence: self.evidence() }
                }
                1 if !self.case.references.is_empty() => {
                    Run::Cite { references: (0..=self.dice.below(2)).map(|_| self.reference()).collect() }
                }
                _ => Run::Words { text: self.dice.word() },
            })
            .collect();
        RichText::from_runs(runs)
    }

    fn side(&mut self) -> Side {
        [Side::Right, Side::Left, Side::Bilateral, Side::Unpaired][self.dice.below(4)]
    }

    fn code(&mut self) -> CodedConcept {
        CodedConcept {
            value: self.dice.small(900).to_string(),
            scheme: "99CALX".to_owned(),
            meaning: self.dice.word(),
        }
    }

    fn sites(&mut self) -> Vec<Site> {
        (0..self.dice.below(3))
            .map(|_| {
                let (code, side) = (self.code(), self.side());
                Site {
                    code: self.dice.maybe(code),
                    digit: self.dice.maybe(Digit::Ring),
                    segment: self.dice.maybe(Segment::Wrist),
                    side: self.dice.maybe(side),
                }
            })
            .collect()
    }

    fn spacing(&mut self) -> PixelSpacing {
        let basis = match self.dice.below(3) {
            0 => SpacingBasis::Detector,
            1 => SpacingBasis::Unspecified,
            _ => {
                let word = self.dice.word();
                SpacingBasis::Calibrated { description: self.dice.maybe(word) }
            }
        };
        let between_rows_mm = if self.dice.once_in(20) { f64::NAN } else { self.dice.real(0.3) + 1e-9 };
        PixelSpacing { between_rows_mm, between_columns_mm: self.dice.real(0.3) + 1e-9, basis, within: None }
    }

    /// A drawn scale, now and then a header's spacing that claims to be one.
    fn scale(&mut self) -> PixelSpacing {
        let spacing = self.spacing();
        if self.dice.once_in(20) { spacing } else { PixelSpacing { basis: SpacingBasis::User, ..spacing } }
    }

    fn display(&mut self, frames: u32) -> ImageDisplay {
        let window = match self.dice.below(6) {
            0 => WindowChoice::Default,
            1 => WindowChoice::File(self.dice.small(4)),
            2 => WindowChoice::Lut(1),
            3 => WindowChoice::MinMax,
            4 => WindowChoice::Auto,
            _ => WindowChoice::Set(Window {
                center: self.dice.real(4096.0),
                width: self.dice.real(4096.0),
                function: VoiLutFunction::Sigmoid,
            }),
        };
        ImageDisplay {
            window,
            invert: self.dice.once_in(2),
            quarter_turns: u8::try_from(self.dice.small(5)).unwrap()
                % if self.dice.once_in(9) { 5 } else { 4 },
            flip_horizontal: self.dice.once_in(2),
            frame: 1 + self.dice.small(frames),
        }
    }

    fn new_image(&mut self) -> CaseImage {
        let frames = 1 + self.dice.small(5);
        let (spacing, scale, side) = (self.spacing(), self.scale(), self.side());
        CaseImage {
            id: self.fresh(),
            source: format!("1.2.{}", self.dice.small(9999)).parse().unwrap(),
            series: "1.2.4".parse().unwrap(),
            sop_class: "1.2.840.10008.5.1.4.1.1.1.1".parse().unwrap(),
            rows: if self.dice.once_in(40) { 0 } else { 20 + self.dice.small(80) },
            columns: 20 + self.dice.small(80),
            frames,
            spacing: self.dice.maybe(spacing),
            header_side: self.dice.maybe(side),
            stated_side: None,
            view_position: self.dice.maybe("PA".to_owned()),
            pixel_aspect: None,
            ultrasound_regions: Vec::new(),
            user_scale: if self.dice.once_in(9) { Some(scale) } else { None },
            display: self.display(frames),
            caption: self.text(),
            key: self.dice.once_in(2),
            burned_in: BurnedIn::NotStated,
            synthetic: self.dice.once_in(2),
            pixels_cleared: None,
        }
    }

    fn when(&mut self) -> StudyTime {
        match self.dice.below(3) {
            0 => StudyTime::Unknown,
            1 => StudyTime::Date { date: jiff::civil::date(2026, 11, 22) },
            _ => StudyTime::RelativeDay { day: -7 },
        }
    }

    fn target(&mut self) -> Target {
        match self.dice.below(5) {
            0 => {
                let image = self.image();
                Target::Image { image, frames: self.frames_of(image) }
            }
            1 => Target::Study { study: self.study() },
            _ => Target::Region { region: self.region() },
        }
    }

    fn scope(&mut self) -> Scope {
        match self.dice.below(4) {
            0 => Scope::Study { study: self.study() },
            1 => Scope::Image { image: self.image() },
            _ => Scope::Case,
        }
    }

    fn new_statement(&mut self) -> Statement {
        let (code, study) = (self.code(), self.study());
        let evidence: Vec<Evidence> =
            (0..self.dice.below(3)).map(|_| Evidence { id: self.fresh(), target: self.target() }).collect();
        let mut runs: Vec<Run> = self.text().runs().to_vec();
        runs.extend(evidence.iter().map(|e| Run::Linked { text: "chip".to_owned(), evidence: e.id }));
        Statement {
            id: self.fresh(),
            text: RichText::from_runs(runs),
            presence: Presence::Present,
            code: self.dice.maybe(code),
            sites: self.sites(),
            certainty: self.dice.maybe(Certainty::Probable),
            compared_to: if self.dice.once_in(5) { Some(study) } else { None },
            evidence,
            reading: self.reading(),
        }
    }

    fn new_region(&mut self) -> Option<Region> {
        let image = self.image();
        let known = self.case.image(image).or_else(|| self.case.images().next().map(|(_, i)| i))?.clone();
        let (side, track) = (self.side(), self.track());
        Some(Region {
            id: self.fresh(),
            image,
            frames: self.frames_of(image),
            shape: shape(self.dice, &known),
            label: self.dice.word(),
            attributes: BTreeMap::from([(self.dice.word(), self.dice.word())]),
            sites: self.sites(),
            side: if self.dice.once_in(4) { Some(side) } else { None },
            track: if self.dice.once_in(3) { Some(track) } else { None },
            reading: if self.dice.once_in(3) { self.reading() } else { self.case.readings.first()?.id },
            origin: Origin::Proposed { algorithm: "ridge 0.1".to_owned(), accepted_by: "A".to_owned() },
        })
    }

    fn case_field(&mut self) -> CaseField {
        match self.dice.below(13) {
            0 => CaseField::Number(Some(self.dice.small(99)).filter(|n| *n > 9)),
            1 => CaseField::Title(self.dice.word()),
            2 => CaseField::Language("la".to_owned()),
            3 => CaseField::Licence(self.dice.word()),
            4 => CaseField::ConsentNote(self.dice.word()),
            5 => CaseField::Status(
                [CaseStatus::Draft, CaseStatus::InReview, CaseStatus::Published, CaseStatus::Withdrawn]
                    [self.dice.below(4)],
            ),
            6 => CaseField::Contributors(
                (0..self.dice.below(3))
                    .map(|_| Contributor {
                        name: self.dice.word(),
                        role: None,
                        affiliation: Some("here".to_owned()),
                    })
                    .collect(),
            ),
            7 => CaseField::Patient(Patient {
                age: Some(Age { value: 75, unit: AgeUnit::Years }).filter(|_| self.dice.once_in(2)),
                sex: self.dice.maybe(Sex::Other),
            }),
            8 if self.dice.once_in(4) => {
                let evidence = EvidenceId(self.dice.uuid());
                CaseField::Presentation(RichText::from_runs([Run::Linked {
                    text: self.dice.word(),
                    evidence,
                }]))
            }
            8 => CaseField::Presentation(self.text()),
            9 => CaseField::Discussion(self.text()),
            10 => CaseField::Quiz(self.dice.once_in(2)),
            11 => CaseField::Tags((0..self.dice.below(3)).map(|_| self.dice.word()).collect()),
            _ => CaseField::Schema(SchemaRef { id: "other".to_owned(), version: self.dice.small(9) }),
        }
    }

    fn image_field(&mut self, image: ImageId) -> ImageField {
        let frames = self.case.image(image).map_or(1, |i| i.frames);
        match self.dice.below(6) {
            0 => {
                let side = self.side();
                let stated = StatedSide { side, author: self.dice.word(), reason: self.dice.word() };
                ImageField::StatedSide(self.dice.maybe(stated))
            }
            1 => {
                let scale = self.scale();
                ImageField::UserScale(self.dice.maybe(scale))
            }
            2 => ImageField::Display(self.display(frames)),
            3 => ImageField::Caption(self.text()),
            4 => ImageField::Key(self.dice.once_in(2)),
            _ => {
                let at = Timestamp::from_nanosecond(1_234_567_890_123_456_789).unwrap();
                ImageField::PixelsCleared(self.dice.maybe(PixelsCleared { by: "A".to_owned(), at }))
            }
        }
    }

    fn statement_field(&mut self) -> StatementField {
        match self.dice.below(7) {
            0 => StatementField::Text(self.text()),
            1 => StatementField::Presence(
                [Presence::Absent, Presence::Indeterminate, Presence::NotAssessable][self.dice.below(3)],
            ),
            2 => {
                let code = self.code();
                StatementField::Code(self.dice.maybe(code))
            }
            3 => StatementField::Sites(self.sites()),
            4 => StatementField::Certainty(self.dice.maybe(Certainty::Possible)),
            5 => {
                let study = self.study();
                StatementField::ComparedTo(self.dice.maybe(study))
            }
            _ => StatementField::Reading(self.reading()),
        }
    }

    fn region_field(&mut self, region: RegionId) -> Option<RegionField> {
        let image = self.case.region(region).and_then(|r| self.case.image(r.image)).cloned();
        Some(match self.dice.below(9) {
            0 => RegionField::Shape(shape(self.dice, &image?)),
            1 => RegionField::Frames(self.frames_of(image?.id)),
            2 => RegionField::Label(self.dice.word()),
            3 => RegionField::Attributes(BTreeMap::from([(self.dice.word(), self.dice.word())])),
            4 => RegionField::Sites(self.sites()),
            5 => {
                let side = self.side();
                RegionField::Side(self.dice.maybe(side))
            }
            6 => {
                let track = self.track();
                RegionField::Track(self.dice.maybe(track))
            }
            7 => RegionField::Reading(self.reading()),
            _ => RegionField::Origin(Origin::Imported { sop: "1.2.3".parse().unwrap() }),
        })
    }

    fn set_read(&mut self) -> Edit {
        let (image, reading) = (self.image(), self.reading());
        let state = match self.dice.below(4) {
            0 => ReadState::Unread,
            1 => ReadState::InProgress,
            2 => ReadState::Done { result: ReadResult::NoneSeen },
            _ => ReadState::Excluded { why: self.dice.word() },
        };
        let named = if self.dice.once_in(30) { self.image() } else { image };
        let read = ImageRead { image: named, reading, state };
        let read = if self.dice.once_in(3) { None } else { Some(read) };
        Edit::SetRead { image, reading, index: self.place(self.case.reads.len()), read }
    }

    fn new_reading(&mut self, id: ReadingId) -> Reading {
        let state = if self.dice.once_in(2) { ReadingState::Open } else { ReadingState::Closed };
        Reading { id, reader: self.dice.word(), role: ReaderRole::Reader, state }
    }

    /// What the case has little of, as numbers of [`Maker::simple`]: a bare case makes dull edits.
    fn wanted(&self) -> Vec<usize> {
        let case = self.case;
        let few = [
            (1, case.studies.len(), 3),
            (5, case.images().count(), 5),
            (9, case.findings.len(), 4),
            (13, case.statements().count(), 10),
            (17, case.all_evidence().count(), 16),
            (20, case.regions.len(), 12),
            (25, case.tracks.len(), 3),
            (28, case.references.len(), 4),
            (32, case.readings.len(), 3),
        ];
        few.into_iter().filter(|(_, there, enough)| there < enough).map(|(kind, ..)| kind).collect()
    }

    /// One edit of any kind but a batch; `None` where the case has nothing to make it of.
    pub(crate) fn simple(&mut self) -> Option<Edit> {
        let case = self.case;
        let wanted = self.wanted();
        let kind = if self.dice.once_in(2) { self.dice.pick(&wanted) } else { None };
        Some(match kind.unwrap_or_else(|| self.dice.below(OPS - 1)) {
            0 => Edit::SetCase { field: self.case_field() },
            1 => {
                let images = (0..self.dice.below(3)).map(|_| self.new_image()).collect();
                let study = CaseStudy {
                    id: self.fresh(),
                    source: format!("1.2.3.{}", self.dice.small(9)).parse().ok(),
                    title: self.dice.word(),
                    modality: "DX".to_owned(),
                    when: self.when(),
                    images,
                };
                Edit::AddStudy { index: self.place(case.studies.len()), study: Box::new(study) }
            }
            2 => Edit::RemoveStudy { study: self.study() },
            3 => {
                let field = match self.dice.below(3) {
                    0 => StudyField::Title(self.dice.word()),
                    1 => StudyField::Modality("US".to_owned()),
                    _ => StudyField::When(self.when()),
                };
                Edit::SetStudy { study: self.study(), field }
            }
            4 => Edit::MoveStudy { study: self.study(), index: self.place(case.studies.len().max(1) - 1) },
            5 => {
                let study = self.study();
                let length = case.study(study).map_or(0, |s| s.images.len());
                Edit::AddImage { study, index: self.place(length), image: Box::new(self.new_image()) }
            }
            6 => Edit::RemoveImage { image: self.image() },
            7 => {
                let image = self.image();
                Edit::SetImage { image, field: self.image_field(image) }
            }
            8 => {
                let image = self.image();
                let length = case.study_of(image).map_or(1, |s| s.images.len());
                Edit::MoveImage { image, index: self.place(length - 1) }
            }
            9 => {
                let statements = (0..self.dice.below(3)).map(|_| self.new_statement()).collect();
                let finding = Finding { id: self.fresh(), scope: self.scope(), statements };
                Edit::AddFinding { index: self.place(case.findings.len()), finding: Box::new(finding) }
            }
            10 => Edit::RemoveFinding { finding: self.finding() },
            11 => Edit::SetFinding { finding: self.finding(), scope: self.scope() },
            12 => Edit::MoveFinding {
                finding: self.finding(),
                index: self.place(case.findings.len().max(1) - 1),
            },
            13 => {
                let finding = self.finding();
                let length = case.finding(finding).map_or(0, |f| f.statements.len());
                let statement = Box::new(self.new_statement());
                Edit::AddStatement { finding, index: self.place(length), statement }
            }
            14 => Edit::RemoveStatement { statement: self.statement() },
            15 => Edit::SetStatement { statement: self.statement(), field: self.statement_field() },
            16 => {
                let finding = self.finding();
                let length = case.finding(finding).map_or(0, |f| f.statements.len());
                Edit::MoveStatement { statement: self.statement(), finding, index: self.place(length) }
            }
            17 => {
                let statement = self.statement();
                let length = case.statement(statement).map_or(0, |s| s.evidence.len());
                let evidence = Evidence { id: self.fresh(), target: self.target() };
                Edit::AddEvidence { statement, index: self.place(length), evidence }
            }
            18 => Edit::RemoveEvidence { evidence: self.evidence() },
            19 => Edit::SetEvidence { evidence: self.evidence(), target: self.target() },
            20 => {
                let region = Box::new(self.new_region()?);
                Edit::AddRegion { index: self.place(case.regions.len()), region }
            }
            21 => Edit::RemoveRegion { region: self.region() },
            22 => {
                let region = self.region();
                Edit::SetRegion { region, field: self.region_field(region)? }
            }
            23 => {
                Edit::MoveRegion { region: self.region(), index: self.place(case.regions.len().max(1) - 1) }
            }
            24 => {
                let masks: Vec<&Region> =
                    case.regions.iter().filter(|r| matches!(r.shape, Shape::Mask(_))).collect();
                let region = if self.dice.once_in(8) { None } else { self.dice.pick(&masks) };
                let region = region.map_or_else(|| self.region(), |r| r.id);
                let image = case.region(region).and_then(|r| case.image(r.image))?.clone();
                Edit::PaintMask { region, xor: mask(self.dice, &image) }
            }
            25 => {
                let tracking_uid = format!("2.25.{}", self.dice.small(999)).parse().unwrap();
                let track = Track { id: self.fresh(), tracking_uid, name: self.dice.word() };
                Edit::AddTrack { index: self.place(case.tracks.len()), track }
            }
            26 => Edit::RemoveTrack { track: self.track() },
            27 => Edit::SetTrack { track: self.track(), name: self.dice.word() },
            28 => {
                let reference = Reference { id: self.fresh(), text: self.dice.word(), doi: None };
                Edit::AddReference { index: self.place(case.references.len()), reference }
            }
            29 => Edit::RemoveReference { reference: self.reference() },
            30 => {
                let doi = self.dice.maybe("10.1000/182".to_owned());
                Edit::SetReference { reference: self.reference(), text: self.dice.word(), doi }
            }
            31 => Edit::MoveReference {
                reference: self.reference(),
                index: self.place(case.references.len().max(1) - 1),
            },
            32 => {
                let id = self.fresh();
                Edit::AddReading { index: self.place(case.readings.len()), reading: self.new_reading(id) }
            }
            33 => Edit::RemoveReading { reading: self.reading() },
            34 => {
                let id = self.reading();
                Edit::SetReading { reading: self.new_reading(id) }
            }
            _ => self.set_read(),
        })
    }

    /// An edit made of several steps, with its name. All but `delete_image` are sure to apply.
    pub(crate) fn composed(&mut self) -> Option<(&'static str, Edit)> {
        let case = self.case;
        let regions = |maker: &mut Self| -> Vec<RegionId> {
            let Some(first) = case.region(maker.region()) else { return Vec::new() };
            let beside = case.regions.iter().filter(|r| {
                r.image == first.image
                    && r.frames == first.frames
                    && r.reading == first.reading
                    && r.side == first.side
            });
            let mut ids = vec![first.id];
            ids.extend(beside.map(|r| r.id).filter(|id| *id != first.id).take(3));
            ids
        };
        let (name, made) = match self.dice.below(COMPOSED) {
            0 => ("delete_region", case.delete_region(self.region())),
            1 => ("delete_statement", case.delete_statement(self.statement())),
            2 => ("delete_finding", case.delete_finding(self.finding())),
            3 => ("delete_reference", case.delete_reference(self.reference())),
            4 => ("delete_image", case.delete_image(self.image())),
            5 => ("merge_regions", case.merge_regions(&regions(self))),
            6 => ("subtract_regions", case.subtract_regions(&regions(self))),
            7 => {
                let region = self.region();
                let ids: Vec<RegionId> = (0..20).map(|_| RegionId(self.dice.uuid())).collect();
                let ties: Vec<EvidenceId> = (0..200).map(|_| EvidenceId(self.dice.uuid())).collect();
                ("split_region", case.split_region(region, &ids, &ties))
            }
            8 => {
                let region = case.region(self.region())?.id;
                let words = self.dice.maybe("artery");
                let id = EvidenceId(self.dice.uuid());
                ("link", case.link(self.statement(), id, Target::Region { region }, words))
            }
            _ => ("unlink", case.unlink(self.evidence())),
        };
        made.ok().map(|edit| (name, edit))
    }

    /// Several edits in one, made against the case as it is now: later ones may no longer fit.
    pub(crate) fn batch(&mut self) -> Edit {
        Edit::Batch { edits: (0..1 + self.dice.below(3)).filter_map(|_| self.simple()).collect() }
    }
}

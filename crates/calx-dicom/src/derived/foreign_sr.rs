//! Reports of others: their content as lines to read, and the places they mark as regions.
//!
//! Not here: the own case document (`case_document`), which comes back equal; whether the workspace has the images.
//!
//! Invariants
//! - A report that can be opened at all gives lines. What it marks becomes a region or is told of, once for each reason.
//! - A region that stands twice, as the form that OHIF edits has it, comes once.
//!
//! Source: PS3.3 C.17.3, C.18; PS3.16 TID 1410, 1411; the tools of cornerstone's report adapters 5.14.

use std::collections::{BTreeMap, BTreeSet};

use calx_geometry::{Grid, GridPoint, Rectangle};
use calx_model::patient_text::escape_terminal;
use calx_model::{CodedConcept, Digit, PatientText, Segment, Shape, Site, SopClassUid, SopInstanceUid};

use super::codes::{self, Concept};
use super::content::{Graphic, Item, Measured, Reference, Value};
use super::foreign_region::{ForeignRegion, Place, shape_of};
use super::read::{Report, read_content};
use super::read_error::ReadAnnotationError;
use crate::locator::Locator;
use crate::notice::{Notice, Read};

/// Classes of segmentations, with and without a label map.
pub(crate) const SEGMENTATIONS: &str = "1.2.840.10008.5.1.4.1.1.66.";

/// One item of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportLine {
    /// How deep it stands; the title has 0.
    pub level: usize,
    /// What it is about, free text of the file.
    pub name: String,
    /// What it says.
    pub value: String,
    /// The value is free text, a name or a date, and may tell who the patient is.
    pub may_identify: bool,
}

impl ReportLine {
    /// The line as it can be printed: without anything that changes how a terminal shows it, and with a mask in place of
    /// what may tell who the patient is, unless `identity` was asked for.
    #[must_use]
    pub fn words(&self, identity: bool) -> String {
        let value = if self.may_identify && !identity {
            PatientText::new(self.value.as_str()).masked().to_owned()
        } else {
            escape_terminal(&self.value.replace("\r\n", " ").replace(['\r', '\n', '\t'], " "))
        };
        let indent = "  ".repeat(self.level);
        let name = escape_terminal(&self.name);
        if value.is_empty() { format!("{indent}{name}") } else { format!("{indent}{name}: {value}") }
    }
}

/// What a report of another program says.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignReport {
    /// Itself.
    pub instance: SopInstanceUid,
    /// Its class.
    pub sop_class: SopClassUid,
    /// Its content, item by item.
    pub lines: Vec<ReportLine>,
    /// What it marks on images.
    pub regions: Vec<ForeignRegion>,
    /// Marked places that are no regions: why, and how many.
    pub left_out: BTreeMap<String, usize>,
    /// Segmentations that it refers to: its masks stand there.
    pub segmentations: Vec<SopInstanceUid>,
}

/// Reads a report of any class and of any program.
///
/// # Errors
/// [`ReadAnnotationError`]: no report, or none that can be opened.
pub fn read_report(locator: &Locator) -> Result<Read<ForeignReport>, ReadAnnotationError> {
    let Report { class, instance, tree, mut notices } = read_content(locator)?;
    let mut value = report_of(&tree, instance, class);
    lines(&tree, 0, &mut value.lines);
    notices.extend(value.left_out.iter().map(|(why, count)| {
        let what =
            if *count == 1 { "1 marked place was".to_owned() } else { format!("{count} marked places were") };
        Notice::new(format!("{what} left out: {why}"))
    }));
    for uid in &value.segmentations {
        notices.push(Notice::new(format!("refers to segments of {uid}: open that file too")));
    }
    Ok(Read { value, notices })
}

/// What a tree marks, without its lines.
pub(crate) fn report_of(tree: &Item, instance: SopInstanceUid, sop_class: SopClassUid) -> ForeignReport {
    let mut reader = Reader::default();
    reader.walk(tree, &Context::default());
    ForeignReport {
        instance,
        sop_class,
        lines: Vec::new(),
        regions: reader.regions,
        left_out: reader.left_out,
        segmentations: reader.segmentations.into_iter().collect(),
    }
}

fn lines(item: &Item, level: usize, into: &mut Vec<ReportLine>) {
    let name =
        item.name.as_ref().map(|name| if name.meaning.is_empty() { &name.value } else { &name.meaning });
    let (value, may_identify) = said(&item.value);
    let name = name.cloned().unwrap_or_else(|| item.value.kind().to_lowercase());
    into.push(ReportLine { level, name, value, may_identify });
    for child in &item.children {
        lines(child, level + 1, into);
    }
}

/// A value in words, and whether it may tell who the patient is.
fn said(value: &Value) -> (String, bool) {
    let coded = |code: &CodedConcept| {
        let CodedConcept { value, scheme, meaning } = code;
        if meaning.is_empty() { format!("{value} ({scheme})") } else { meaning.clone() }
    };
    match value {
        Value::Container { .. } => (String::new(), false),
        Value::Text(text) | Value::Person(text) => (text.clone(), true),
        Value::DateTime(text) | Value::Date(text) | Value::Time(text) => (text.clone(), true),
        Value::Code(code) => (coded(code), false),
        // Others write what they count behind the code for no units, as `px`.
        Value::Num(Ok(Measured { value, unit }))
            if codes::NO_UNITS.is(unit)
                && matches!(
                    unit.meaning.to_lowercase().as_str(),
                    "" | "1" | "no units" | "no unit" | "unity"
                ) =>
        {
            (value.to_string(), false)
        }
        Value::Num(Ok(measured)) => (format!("{} {}", measured.value, coded(&measured.unit)), false),
        Value::Num(Err(why)) => (format!("no number ({})", coded(why)), false),
        Value::Uid(uid) => (uid.clone(), false),
        Value::Image(reference) | Value::Composite(reference) => (referred(reference), false),
        Value::Scoord { graphic, points } => {
            let plural = if points.len() == 1 { "" } else { "s" };
            (format!("{} of {} point{plural}", graphic.word(), points.len()), false)
        }
        Value::Other(kind) if kind.is_empty() => ("cannot be read".to_owned(), false),
        Value::Other(kind) => (format!("{kind}, cannot be read"), false),
    }
}

fn referred(reference: &Reference) -> String {
    let list = |numbers: Vec<String>| numbers.join(", ");
    let mut words = reference.instance.clone();
    if !reference.frames.is_empty() {
        let frames = list(reference.frames.iter().map(ToString::to_string).collect());
        words = format!("{words}, frame {frames}");
    }
    if !reference.segments.is_empty() {
        let segments = list(reference.segments.iter().map(ToString::to_string).collect());
        words = format!("{words}, segment {segments}");
    }
    words
}

/// What holds for everything under an item.
#[derive(Debug, Clone, Default)]
struct Context {
    /// The nearest group, counted through the report.
    group: usize,
    tracking_identifier: String,
    tracking_uid: Option<String>,
    observation_uid: Option<String>,
    comment: Option<String>,
    code: Option<CodedConcept>,
    sites: Vec<Site>,
    /// The number that the place was measured for.
    measure: Option<String>,
}

#[derive(Debug, Default)]
struct Reader {
    regions: Vec<ForeignRegion>,
    segmentations: BTreeSet<SopInstanceUid>,
    left_out: BTreeMap<String, usize>,
    groups: usize,
    /// Places of a group that were taken, as image and points in bits, with the frames of each.
    taken: BTreeMap<(usize, String, Vec<u32>), Vec<Vec<u32>>>,
}

impl Reader {
    fn walk(&mut self, item: &Item, above: &Context) {
        let context = match &item.value {
            Value::Container { .. } => self.group(item, above),
            Value::Num(_) => {
                let measure = item.name.as_ref().map(|name| name.meaning.clone());
                Context { measure, ..above.clone() }
            }
            _ => above.clone(),
        };
        match &item.value {
            Value::Scoord { graphic, points } => self.scoord(item, *graphic, points, &context),
            Value::Other(kind) if kind == "SCOORD3D" => {
                self.leave_out("it lies in the patient, not on an image");
            }
            Value::Image(reference) | Value::Composite(reference)
                if reference.class.starts_with(SEGMENTATIONS) =>
            {
                self.segmentations.extend(SopInstanceUid::new(&reference.instance).ok());
            }
            _ => {}
        }
        // A group's own place first: what stands under a number can be one of its frames.
        let is_place = |child: &&Item| matches!(child.value, Value::Scoord { .. });
        for child in item.children.iter().filter(is_place) {
            self.walk(child, &context);
        }
        for child in item.children.iter().filter(|child| !is_place(child)) {
            self.walk(child, &context);
        }
    }

    /// What a container says of all that is in it.
    fn group(&mut self, item: &Item, above: &Context) -> Context {
        let text = |concept| item.first(concept).and_then(Item::as_text).map(str::to_owned);
        let is_site = |child: &&Item| child.is_named(codes::FINDING_SITE) || child.is_named(SITE_IN_SRT);
        let sites: Vec<Site> = item.children.iter().filter(is_site).filter_map(site).collect();
        let has_own =
            item.first(codes::TRACKING_IDENTIFIER).is_some() || item.is_named(codes::MEASUREMENT_GROUP);
        if has_own {
            self.groups += 1;
        }
        let code = item.first(codes::FINDING).and_then(Item::as_code).cloned();
        let tracking_uid = item.first(codes::TRACKING_UID).and_then(Item::as_uid).map(str::to_owned);
        Context {
            group: if has_own { self.groups } else { above.group },
            tracking_identifier: text(codes::TRACKING_IDENTIFIER)
                .unwrap_or_else(|| above.tracking_identifier.clone()),
            tracking_uid: tracking_uid.or_else(|| above.tracking_uid.clone()),
            observation_uid: item.observation.clone().or_else(|| above.observation_uid.clone()),
            comment: text(codes::COMMENT).or_else(|| above.comment.clone()),
            code: code.or_else(|| above.code.clone()),
            sites: if sites.is_empty() { above.sites.clone() } else { sites },
            measure: None,
        }
    }

    fn leave_out(&mut self, why: &str) {
        *self.left_out.entry(why.to_owned()).or_default() += 1;
    }

    fn scoord(&mut self, item: &Item, graphic: Graphic, points: &[[f32; 2]], context: &Context) {
        let images: Vec<&Reference> = item.children.iter().filter_map(Item::as_image).collect();
        if images.is_empty() {
            self.leave_out("it does not say on which image it lies");
        }
        for reference in images {
            let Ok(source) = SopInstanceUid::new(&reference.instance) else {
                self.leave_out("the UID of its image is none");
                continue;
            };
            let bits = points.iter().flatten().map(|v| v.to_bits()).collect();
            let taken = self.taken.entry((context.group, format!("{source} {graphic:?}"), bits)).or_default();
            let frames = &reference.frames;
            let holds = |known: &Vec<u32>| {
                known == frames || (!frames.is_empty() && frames.iter().all(|frame| known.contains(frame)))
            };
            if taken.iter().any(holds) {
                continue;
            }
            taken.push(frames.clone());
            let points: Vec<[f64; 2]> = points.iter().map(|point| point.map(f64::from)).collect();
            // Each point of several stands for itself.
            let parts: Vec<&[[f64; 2]]> = match graphic {
                Graphic::Multipoint => points.chunks(1).collect(),
                _ => vec![points.as_slice()],
            };
            for part in parts {
                match shape_of(graphic, part) {
                    Ok(Place { shape, moved_px, notices }) => {
                        let label = label(context);
                        let shape = as_drawn(shape, part, &context.tracking_identifier, &label);
                        let place = Place { shape, moved_px, notices };
                        self.regions.push(ForeignRegion {
                            label,
                            code: context.code.clone(),
                            sites: context.sites.clone(),
                            tracking_uid: context.tracking_uid.clone(),
                            observation_uid: context.observation_uid.clone(),
                            ..ForeignRegion::new(source.clone(), reference.frames.clone(), place)
                        });
                    }
                    Err(why) => self.leave_out(&why),
                }
            }
        }
    }
}

/// What a region is called: the comment, else the finding, the number it was measured for, or how it is tracked.
fn label(context: &Context) -> String {
    let finding = context.code.as_ref().map(|code| code.meaning.clone()).filter(|words| !words.is_empty());
    let tracked = (!context.tracking_identifier.is_empty()).then(|| context.tracking_identifier.clone());
    let found = context.comment.clone().or(finding).or_else(|| context.measure.clone()).or(tracked);
    found.unwrap_or_default()
}

/// A polyline as the tool that drew it had it: cornerstone names the tool in the tracking identifier.
fn as_drawn(shape: Shape, points: &[[f64; 2]], identifier: &str, label: &str) -> Shape {
    let Some(rest) = identifier.strip_prefix("Cornerstone3DTools@") else { return shape };
    let tool = rest.split(':').nth(1).unwrap_or_default();
    let at = |index: usize| {
        let [x, y] = *points.get(index)?;
        Some(GridPoint::new(Grid::snap(x).ok()?, Grid::snap(y).ok()?))
    };
    let drawn = match (tool, points.len()) {
        ("RectangleROI", 5) => [at(0), at(1), at(2), at(3)]
            .into_iter()
            .collect::<Option<Vec<GridPoint>>>()
            .and_then(|corners| <[GridPoint; 4]>::try_from(corners).ok())
            .and_then(|corners| Rectangle::new(corners).ok())
            .map(Shape::Rectangle),
        // Its two lines meet: the apex stands twice.
        ("Angle", 4) => at(0)
            .zip(at(1))
            .zip(at(3))
            .map(|((one, apex), other)| Shape::Angle { points: [one, apex, other] }),
        ("ArrowAnnotate", 2) => {
            at(0).zip(at(1)).map(|(head, tail)| Shape::Arrow { head, tail, text: label.to_owned() })
        }
        _ => None,
    };
    drawn.unwrap_or(shape)
}

const SITE_IN_SRT: Concept = Concept { value: "G-C0E3", scheme: "SRT", meaning: "Finding Site" };
const LATERALITY_IN_SRT: Concept = Concept { value: "G-C171", scheme: "SRT", meaning: "Laterality" };

/// A finding site with its side and, of our own codes, the digit and the stretch.
fn site(item: &Item) -> Option<Site> {
    let mut site = Site { code: Some(item.as_code()?.clone()), ..Site::default() };
    let sides =
        item.children.iter().filter(|c| c.is_named(codes::LATERALITY) || c.is_named(LATERALITY_IN_SRT));
    site.side = sides.filter_map(Item::as_code).find_map(codes::side_of);
    for modifier in item.all(codes::TOPOGRAPHICAL_MODIFIER).filter_map(Item::as_code) {
        let digits = [Digit::Index, Digit::Middle, Digit::Ring, Digit::Little];
        let is_digit = |digit: &Digit| codes::digit_modifier(*digit).is_some_and(|c| c.is(modifier));
        site.digit = site.digit.or_else(|| digits.into_iter().find(is_digit));
        let stretches = [Segment::MiddlePhalanx, Segment::ProximalPhalanx];
        let is_stretch = |segment: &Segment| codes::segment_modifier(*segment).is(modifier);
        site.segment = site.segment.or_else(|| stretches.into_iter().find(is_stretch));
    }
    Some(site)
}

#[cfg(test)]
pub(crate) mod tests {
    use calx_geometry::{Area, Outline};
    use calx_model::Side;

    use super::*;
    use crate::derived::testing::{Sample, at};
    use crate::derived::{Kind, Kinds, write_derived};
    use crate::write::WriteError;

    /// The measurement report of a case, as another program would read it.
    pub(crate) fn reread(sample: &Sample) -> Read<ForeignReport> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.dcm");
        let kinds = Kinds { sr: true, ..Kinds::default() };
        write_derived::<WriteError>(&sample.root(), kinds, &mut |object| {
            if object.kind == Kind::Measurements {
                std::fs::write(&path, &object.bytes).unwrap();
            }
            Ok(())
        })
        .unwrap();
        read_report(&Locator::from(path)).unwrap()
    }

    #[test]
    fn regions_of_a_report_come_back_once_each_as_they_were_drawn() {
        let mut sample = Sample::of(&["hand_right_small"]);
        let triangle = Outline::new(vec![at(10.0, 10.0), at(40.5, 12.0), at(20.0, 33.25)]).unwrap();
        let shapes = [
            Shape::Area(Area::from_outline(triangle)),
            Shape::Rectangle(Rectangle::from_box(at(50.0, 50.0), at(70.0, 90.0)).unwrap()),
            Shape::Line { ends: [at(1.0, 2.0), at(3.0, 4.0)] },
            Shape::Point { at: at(33.0, 44.0) },
        ];
        for shape in &shapes {
            sample.mark(0, shape.clone(), "calcified stretch");
        }
        let ring =
            Site { digit: Some(Digit::Ring), segment: Some(Segment::MiddlePhalanx), ..Site::default() };
        sample.case.regions[0].sites = vec![ring];
        let Read { value, notices } = reread(&sample);
        assert_eq!(notices, []);
        let found: Vec<_> = value.regions.iter().map(|region| region.shape.clone()).collect();
        assert_eq!(found, shapes);
        let first = &value.regions[0];
        assert_eq!(first.source, sample.sources[0].instance);
        assert_eq!(first.label, "(1) calcified stretch 動脈");
        assert_eq!(first.code.as_ref().map(|code| code.meaning.as_str()), Some("Vascular Calcification"));
        let site = &first.sites[0];
        assert_eq!(
            (site.side, site.digit, site.segment),
            (Some(Side::Right), Some(Digit::Ring), Some(Segment::MiddlePhalanx))
        );
    }

    #[test]
    fn what_others_count_keeps_its_name() {
        let of = |meaning: &str| {
            let meaning = meaning.to_owned();
            let unit = CodedConcept { value: "1".to_owned(), scheme: "UCUM".to_owned(), meaning };
            said(&Value::Num(Ok(Measured { value: 2.5, unit }))).0
        };
        assert_eq!([of("px"), of("no units"), of("")], ["2.5 px", "2.5", "2.5"]);
    }

    #[test]
    fn free_text_is_masked_and_harmless() {
        let line = |value: &str, may_identify| ReportLine {
            level: 1,
            name: "Comment".to_owned(),
            value: value.to_owned(),
            may_identify,
        };
        assert!(!line("Rosa Author", true).words(false).contains("Rosa"));
        assert_eq!(line("a\r\nb\u{1b}[2J", true).words(true), "  Comment: a b\\u{1b}[2J");
        assert_eq!(line("Present", false).words(false), "  Comment: Present");
        assert_eq!(line("", false).words(false), "  Comment");
    }
}

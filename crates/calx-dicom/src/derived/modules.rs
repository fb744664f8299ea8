//! Modules that every derived object has, and the end of writing one.
//!
//! Not here: what is particular to a kind of object; patient and study as the image has them ([`super::source_facts`]).
//!
//! Invariants
//! - Every date is that of the case's revision; the SOP Instance UID follows from all the rest of the data set.
//! - No object is written that is larger than calx reads back.
//! - Objects of one study take patient and study from one image, the first of that study.
//!
//! Source: PS3.3 C.12.1 (SOP common), C.7.3.1 (series), C.7.5.1 and C.7.5.2 (equipment), C.17.1 and C.17.2 (SR document).

use calx_model::{CaseImage, CaseStatus, SeriesInstanceUid, Side, SopClassUid, SopInstanceUid};

use super::codes::{self, OWN_SCHEME};
use super::content::encode::tree;
use super::content::read::MOST_ITEMS;
use super::content::{Item, Value};
use super::evidence::Evidence;
use super::predecessor::latest;
use super::read::content_of_bytes;
use super::root::Root;
use super::source_facts::SourceFacts;
use super::{Holds, Kind, NewObject};
use crate::dataset::Tag;
use crate::open::open_source;
use crate::presentation_state::read_presentation_state_bytes;
use crate::scan::{Most, Wanted};
use crate::source::Source;
use crate::write::encode::Elements;
use crate::write::part10::{EXPLICIT_LITTLE_ENDIAN, file_meta};
use crate::write::{Coding, WriteError};

const SOP_INSTANCE: Tag = Tag(0x0008, 0x0018);
/// What equipment modules say of this program.
const NAME: &str = "calx";

/// SOP common, patient, study, series and equipment of an object that speaks of `of`; its InstanceNumber (0020,0013)
/// is `number`. Everything but the SOP Instance UID, which [`finish`] adds.
pub(crate) fn common(
    root: &Root<'_>,
    of: &SourceFacts,
    kind: Kind,
    number: usize,
) -> Result<Elements, WriteError> {
    let mut out = Elements::default();
    out.text(Tag(0x0008, 0x0005), b"CS", "ISO_IR 192");
    out.uid(Tag(0x0008, 0x0016), kind.sop_class());
    let in_study = || root.sources.iter().filter(|source| source.study == of.study);
    in_study().next().unwrap_or(of).write_patient_and_study(&mut out)?;
    if of.synthetic && in_study().all(|source| source.synthetic) {
        out.text(Tag(0x0008, 0x001c), b"CS", "YES");
    }

    out.text(Tag(0x0008, 0x0060), b"CS", kind.modality());
    out.uid(Tag(0x0020, 0x000e), &series(root, of, kind));
    out.is(Tag(0x0020, 0x0011), i64::from(kind.series_number()));
    out.text(Tag(0x0008, 0x103e), b"LO", kind.series_description());
    let [date, time] = edited(root);
    out.text(Tag(0x0008, 0x0021), b"DA", &date);
    out.text(Tag(0x0008, 0x0031), b"TM", &time);
    out.is(Tag(0x0020, 0x0013), i64::try_from(number).unwrap_or(i64::MAX));

    out.text(Tag(0x0008, 0x0070), b"LO", NAME);
    out.text(Tag(0x0008, 0x1090), b"LO", NAME);
    // The enhanced equipment module demands one; a program has none of its own.
    out.text(Tag(0x0018, 0x1000), b"LO", NAME);
    let (tag, attribute) = (Tag(0x0018, 0x1020), "SoftwareVersions (0018,1020)");
    out.checked(tag, b"LO", attribute, root.calx_version)?;

    if matches!(kind, Kind::Segmentation | Kind::Measurements | Kind::CaseDocument) {
        let mut scheme = Elements::default();
        scheme.text(Tag(0x0008, 0x0102), b"SH", OWN_SCHEME);
        scheme.text(Tag(0x0008, 0x0115), b"ST", NAME);
        scheme.text(Tag(0x0008, 0x0116), b"ST", "The calx developers");
        out.sequence_of(Tag(0x0008, 0x0110), vec![scheme]);
    }
    Ok(out)
}

/// The one side that an image shows. Laterality (0020,0060) of a series of presentation states says it.
pub(crate) fn one_side(root: &Root<'_>, of: &SourceFacts) -> Option<Side> {
    let shown = root.case.image(of.image).and_then(CaseImage::side).or(of.side);
    shown.filter(|side| matches!(side, Side::Right | Side::Left))
}

/// The series of an object: one for each kind in a study. Laterality and Body Part Examined belong to a series, so
/// presentation states of another side or part have their own.
fn series(root: &Root<'_>, of: &SourceFacts, kind: Kind) -> String {
    let study = of.study.as_str();
    if kind != Kind::Presentation {
        return root.uids().series(kind, study);
    }
    let side = one_side(root, of).map_or("", Side::laterality);
    root.uids().series(kind, &format!("{study} {side} {}", of.body_part.trim()))
}

/// Date and time of the case's revision, in UTC: DA and TM.
pub(crate) fn edited(root: &Root<'_>) -> [String; 2] {
    let at = root.case.edited;
    [at.strftime("%Y%m%d").to_string(), at.strftime("%H%M%S").to_string()]
}

/// ContentDate (0008,0023) and ContentTime (0008,0033).
pub(crate) fn content_date(root: &Root<'_>, out: &mut Elements) {
    let [date, time] = edited(root);
    out.text(Tag(0x0008, 0x0023), b"DA", &date);
    out.text(Tag(0x0008, 0x0033), b"TM", &time);
}

/// What key object documents and reports have in common: date, evidence, the tree. `own_study` is the document's.
pub(crate) fn document(
    root: &Root<'_>,
    out: &mut Elements,
    own_study: &str,
    evidence: &Evidence,
    content: &Item,
) -> Result<(), WriteError> {
    content_date(root, out);
    let items = content.count();
    if items > MOST_ITEMS {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        return Err(WriteError::TooMuch {
            name: "a report".to_owned(),
            what: "content items",
            found: count(items),
            most: count(MOST_ITEMS),
        });
    }
    out.sequence_of(Tag(0x0008, 0x1111), Vec::new());
    evidence.write(own_study, out);
    out.extend(tree(content)?);
    Ok(())
}

/// [`document`], with what a report says of its own state and of the one it takes the place of.
pub(crate) fn sr_document(
    root: &Root<'_>,
    out: &mut Elements,
    kind: Kind,
    own_study: &str,
    evidence: &Evidence,
    content: &Item,
) -> Result<(), WriteError> {
    document(root, out, own_study, evidence, content)?;
    out.sequence_of(Tag(0x0040, 0xa372), Vec::new());
    let is_complete = matches!(root.case.status, CaseStatus::Published | CaseStatus::Withdrawn);
    out.text(Tag(0x0040, 0xa491), b"CS", if is_complete { "COMPLETE" } else { "PARTIAL" });
    // Nobody signs here with legal effect.
    out.text(Tag(0x0040, 0xa493), b"CS", "UNVERIFIED");
    out.text(Tag(0x0040, 0xa496), b"CS", if is_complete { "FINAL" } else { "PRELIMINARY" });
    let series = root.uids().series(kind, own_study);
    if let Some(earlier) = latest(root.predecessors, &series) {
        // As it is, unless nothing changed since: then this is that report.
        earlier.its_own().write_as_predecessors(out);
        if root.uids().instance(kind, &out.encode(Coding::ExplicitLittleEndian)) != earlier.instance.as_str()
        {
            earlier.itself().write_as_predecessors(out);
        }
    }
    Ok(())
}

/// What the finished bytes hold; an error, where this program's readers do not take them or pass something over.
fn read_back(kind: Kind, bytes: &[u8]) -> Result<Holds, String> {
    let words = |error: &dyn std::error::Error| error.to_string();
    let mut holds = Holds::default();
    let told = match kind {
        // A table of the image that is odd is as odd in its state, and told there.
        Kind::Presentation => {
            let _read = read_presentation_state_bytes(bytes.to_vec()).map_err(|error| words(&error))?;
            Vec::new()
        }
        // Whoever wrote a case document reads it whole.
        Kind::CaseDocument => Vec::new(),
        Kind::KeyObjects | Kind::Measurements => {
            let report = content_of_bytes(bytes.to_vec()).map_err(|error| words(&error))?;
            holds.outlines = drawn_groups(&report.tree);
            report.notices
        }
        Kind::Segmentation => {
            let mut opened = open_source(Source::memory(bytes.to_vec())).map_err(|error| words(&error))?;
            let wanted = Wanted::matching(|tag| !tag.is_private(), 1024);
            let scan = opened.scan(wanted).map_err(|error| words(&error))?;
            holds.segments = scan.data.items(Tag(0x0062, 0x0002)).len();
            scan.notices
        }
    };
    told.first().map_or(Ok(holds), |notice| Err(notice.to_string()))
}

/// Groups of a report that draw their region with points.
fn drawn_groups(report: &Item) -> usize {
    let is_drawn =
        |group: &&Item| group.children.iter().any(|item| matches!(item.value, Value::Scoord { .. }));
    let all = report.children.iter().filter(|item| item.is_named(codes::IMAGING_MEASUREMENTS));
    all.flat_map(|all| &all.children).filter(is_drawn).count()
}

/// Names the object after its content and puts the file meta group before it; what would not read back is refused. PixelData (7FE0,0010) is among the
/// elements already where there are pixels.
pub(crate) fn finish(
    root: &Root<'_>,
    of: &SourceFacts,
    kind: Kind,
    name: String,
    mut elements: Elements,
) -> Result<NewObject, WriteError> {
    // Segmentations are read as images are.
    let most = if kind == Kind::Segmentation { Most::HEADER } else { Most::CONTENT };
    let mut weight = elements.weight();
    if kind == Kind::Segmentation {
        // Pixels are not read into memory with the header.
        weight.bytes = 0;
    }
    if let Some((what, found, most)) = most.exceeded_by(&weight) {
        return Err(WriteError::TooMuch { name, what, found, most });
    }
    let uids = root.uids();
    elements.remove(SOP_INSTANCE);
    let content = elements.encode(Coding::ExplicitLittleEndian);
    let instance = uids.instance(kind, &content);
    elements.uid(SOP_INSTANCE, &instance);
    let mut bytes = file_meta(kind.sop_class(), &instance, EXPLICIT_LITTLE_ENDIAN);
    bytes.reserve(content.len() + 128);
    drop(content);
    elements.encode_into(Coding::ExplicitLittleEndian, &mut bytes);
    drop(elements);
    let holds = match read_back(kind, &bytes) {
        Ok(holds) => holds,
        Err(why) => return Err(WriteError::NotReadBack { name, why }),
    };
    Ok(NewObject {
        kind,
        study: of.study.clone(),
        series: SeriesInstanceUid::new(&series(root, of, kind))?,
        sop_class: SopClassUid::new(kind.sop_class())?,
        instance: SopInstanceUid::new(&instance)?,
        name,
        bytes,
        holds,
    })
}

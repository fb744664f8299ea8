//! Modules that every derived object has, and the end of writing one.
//!
//! Not here: what is particular to a kind of object; patient and study as the image has them ([`super::source_facts`]).
//!
//! Invariants
//! - Every date is that of the case's revision; the SOP Instance UID follows from all the rest of the data set. It is said in
//!   the time zone of the study where its first image states one, else in UTC, as the study's own times then are of a zone
//!   nobody knows.
//! - Synthetic Data is YES only where nobody is in any image of the case: its words may speak of all of them.
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
use super::zone::Zone;
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
    if root.sources.iter().all(|source| source.synthetic) {
        out.text(Tag(0x0008, 0x001c), b"CS", "YES");
    }
    if let Some(zone) = zone(root, of, kind) {
        out.text(Tag(0x0008, 0x0201), b"SH", &zone.to_string());
    }

    out.text(Tag(0x0008, 0x0060), b"CS", kind.modality());
    out.uid(Tag(0x0020, 0x000e), &series(root, of, kind));
    out.is(Tag(0x0020, 0x0011), i64::from(kind.series_number()));
    out.text(Tag(0x0008, 0x103e), b"LO", kind.series_description());
    let [date, time] = edited(root, of, kind);
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

/// The zone of all dates and times of an object: that of the study, which is in it with its own. The case document has
/// instants of its own, in UTC, and says so in their names; it states no zone.
fn zone(root: &Root<'_>, of: &SourceFacts, kind: Kind) -> Option<Zone> {
    let first = root.sources.iter().find(|source| source.study == of.study).unwrap_or(of);
    first.zone.filter(|_| kind != Kind::CaseDocument)
}

/// Date and time of the case's revision in the zone of the object: DA and TM.
pub(crate) fn edited(root: &Root<'_>, of: &SourceFacts, kind: Kind) -> [String; 2] {
    let at = zone(root, of, kind).unwrap_or(Zone::UTC).local(root.case.edited);
    [at.strftime("%Y%m%d").to_string(), at.strftime("%H%M%S").to_string()]
}

/// ContentDate (0008,0023) and ContentTime (0008,0033).
pub(crate) fn content_date(root: &Root<'_>, of: &SourceFacts, kind: Kind, out: &mut Elements) {
    let [date, time] = edited(root, of, kind);
    out.text(Tag(0x0008, 0x0023), b"DA", &date);
    out.text(Tag(0x0008, 0x0033), b"TM", &time);
}

/// What key object documents and reports have in common: date, evidence, the tree. `of` is the first image of the document's
/// study.
pub(crate) fn document(
    root: &Root<'_>,
    out: &mut Elements,
    kind: Kind,
    of: &SourceFacts,
    evidence: &Evidence,
    content: &Item,
) -> Result<(), WriteError> {
    content_date(root, of, kind, out);
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
    evidence.write(of.study.as_str(), out);
    out.extend(tree(content)?);
    Ok(())
}

/// [`document`], with what a report says of its own state and of the one it takes the place of.
pub(crate) fn sr_document(
    root: &Root<'_>,
    out: &mut Elements,
    kind: Kind,
    of: &SourceFacts,
    evidence: &Evidence,
    content: &Item,
) -> Result<(), WriteError> {
    document(root, out, kind, of, evidence, content)?;
    out.sequence_of(Tag(0x0040, 0xa372), Vec::new());
    let is_complete = root.case.status == CaseStatus::Published;
    out.text(Tag(0x0040, 0xa491), b"CS", if is_complete { "COMPLETE" } else { "PARTIAL" });
    if root.case.status == CaseStatus::Withdrawn {
        out.text(Tag(0x0040, 0xa492), b"LO", "The case is withdrawn");
    }
    // Nobody signs here with legal effect.
    out.text(Tag(0x0040, 0xa493), b"CS", "UNVERIFIED");
    out.text(Tag(0x0040, 0xa496), b"CS", if is_complete { "FINAL" } else { "PRELIMINARY" });
    let series = root.uids().series(kind, of.study.as_str());
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

#[cfg(test)]
mod tests {
    use calx_geometry::Mask;
    use calx_model::Shape;
    use dicom_object::InMemDicomObject;

    use super::*;
    use crate::derived::testing::Sample;
    use crate::derived::{Kinds, write_derived};

    /// Every object of a case, as dicom-object reads it.
    fn objects(sample: &Sample) -> Vec<(Kind, InMemDicomObject)> {
        let mut found = Vec::new();
        let all = Kinds { sr: true, seg: true, gsps: true, kos: true };
        write_derived::<WriteError>(&sample.root(), all, &mut |object| {
            let read = dicom_object::from_reader(std::io::Cursor::new(&object.bytes[128..])).unwrap();
            found.push((object.kind, read.into_inner()));
            Ok(())
        })
        .unwrap();
        found
    }

    fn text(object: &InMemDicomObject, tag: (u16, u16)) -> Option<String> {
        object.element_opt(tag.into()).unwrap().map(|e| e.to_str().unwrap().trim_end().to_owned())
    }

    fn marked(names: &[&str]) -> Sample {
        let mut sample = Sample::of(names);
        let mask = Mask::from_bits(90, 90, |x, y| x > 10 && y > 20).unwrap();
        sample.mark(0, Shape::Mask(mask), "other");
        sample
    }

    #[test]
    fn nothing_is_synthetic_where_one_image_is_of_a_patient() {
        let mut sample = marked(&["hand_right_small", "hand_signed"]);
        let synthetic = |sample: &Sample| -> Vec<bool> {
            objects(sample)
                .iter()
                .map(|(_, one)| text(one, (0x0008, 0x001c)).as_deref() == Some("YES"))
                .collect()
        };
        assert!(synthetic(&sample).iter().all(|is| *is));
        sample.sources[1].synthetic = false;
        assert!(!synthetic(&sample).iter().any(|is| *is), "the other study's image is of a patient");
    }

    #[test]
    fn dates_are_said_in_the_zone_of_the_study() {
        let mut sample = marked(&["hand_right_small"]);
        let said = |sample: &Sample| -> Vec<(Kind, Option<String>, String)> {
            let one = |(kind, one): &(Kind, InMemDicomObject)| {
                let at = [(0x0008, 0x0021), (0x0008, 0x0031)].map(|tag| text(one, tag).unwrap());
                (*kind, text(one, (0x0008, 0x0201)), at.concat())
            };
            objects(sample).iter().map(one).collect()
        };
        assert_eq!(sample.case.edited.to_string(), "2026-03-01T09:30:00.5Z");
        assert!(said(&sample).iter().all(|(_, zone, at)| zone.is_none() && at == "20260301093000"));
        sample.sources[0].zone = Zone::of("+1400");
        for (kind, zone, at) in said(&sample) {
            // Instants of the case document are in UTC by their names.
            let is_own = kind == Kind::CaseDocument;
            let wanted = if is_own { (None, "20260301093000") } else { (Some("+1400"), "20260301233000") };
            assert_eq!((zone.as_deref(), at.as_str()), wanted, "{kind:?}");
        }
    }

    #[test]
    fn only_what_is_out_is_complete() {
        let mut sample = marked(&["hand_right_small"]);
        for (status, completion, preliminary, why) in [
            (CaseStatus::Draft, "PARTIAL", "PRELIMINARY", None),
            (CaseStatus::Published, "COMPLETE", "FINAL", None),
            (CaseStatus::Withdrawn, "PARTIAL", "PRELIMINARY", Some("The case is withdrawn")),
        ] {
            sample.case.status = status;
            let reports = objects(&sample);
            let reports =
                reports.iter().filter(|(kind, _)| matches!(kind, Kind::Measurements | Kind::CaseDocument));
            let said = reports.map(|(_, one)| [0xa491, 0xa496, 0xa492].map(|tag| text(one, (0x0040, tag))));
            let wanted = [Some(completion), Some(preliminary), why].map(|words| words.map(str::to_owned));
            assert_eq!(said.collect::<Vec<_>>(), [wanted.clone(), wanted], "{status:?}");
        }
    }
}

//! Regions of one image as a segmentation: a segment each, of single bits.
//!
//! Not here: bits of masks (`bits`), pixels of shapes (`geometry`), reading (`read`).
//!
//! Invariants
//! - One object speaks of one image, has its rows and columns, and states no geometry the image does not state, unless a
//!   nominal one was asked for.
//! - One segment per region, from 1 in the order of the case; its frames follow one another. A region on frames of a clip has
//!   a frame of the segmentation for each of them; one on the whole clip has one, of the whole clip.
//!
//! Source: PS3.3 A.51, C.8.20.2 (image), C.8.20.4 (segment description), C.7.6.16.2.6 (derivation), C.7.6.17 (dimensions).

pub(crate) mod bits;
pub(crate) mod geometry;
pub(crate) mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use calx_geometry::Mask;
use calx_model::{CaseImage, CodedConcept, Origin, Region, RegionId, Site};

use super::codes;
use super::content::encode::code;
use super::evidence::referenced;
use super::lossy;
use super::modules::{common, content_date, finish};
use super::report::sites;
use super::root::{Root, SegGeometry};
use super::source_facts::SourceFacts;
use super::{Kind, NewObject};
use crate::dataset::Tag;
use crate::scan::PIXEL_DATA;
use crate::write::WriteError;
use crate::write::encode::Elements;

/// Where a region stands in a segmentation, for references to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) class: String,
    pub(crate) instance: String,
    pub(crate) study: String,
    pub(crate) series: String,
    /// SegmentNumber (0062,0004).
    pub(crate) number: u16,
    /// Frames of the segmentation, from 1.
    pub(crate) frames: Vec<u32>,
}

/// One region to be written.
struct Part<'a> {
    /// Place in the case, from 0.
    index: usize,
    region: &'a Region,
    number: u16,
    mask: Mask,
    /// Frames of the image, from 1; none stands for the image as a whole.
    frames: Vec<Option<u32>>,
}

/// A segmentation, and where regions stand in it.
pub(crate) type Segmented = (NewObject, BTreeMap<RegionId, Segment>);

/// The segmentation of an image and where its regions stand in it; `None` when no region of it needs one.
///
/// # Errors
/// [`WriteError`] for what cannot be written, also for more segments than 65,535.
pub(crate) fn segmentation(root: &Root<'_>, image: &CaseImage) -> Result<Option<Segmented>, WriteError> {
    let Some(source) = root.source(image.id) else { return Ok(None) };
    let parts = parts(root, image)?;
    if parts.is_empty() {
        return Ok(None);
    }
    let number = root.image_number(image.id);
    // What is on a whole clip, and on each of several frames, is read for each.
    let pieces: usize = parts.iter().map(|part| part.frames.len() * part.mask.spans().count()).sum();
    if pieces > read::MOST_PIECES {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        return Err(WriteError::TooMuch {
            name: format!("seg/image-{number}.dcm"),
            what: "pieces of rows in its masks",
            found: count(pieces),
            most: count(read::MOST_PIECES),
        });
    }
    let is_nominal = root.options.seg_geometry == SegGeometry::Nominal;
    let mut out = common(root, source, Kind::Segmentation, number)?;
    content_date(root, source, Kind::Segmentation, &mut out);
    image_attributes(source, &mut out)?;
    let frames: usize = parts.iter().map(|part| part.frames.len()).sum();
    out.is(Tag(0x0028, 0x0008), i64::try_from(frames).unwrap_or(i64::MAX));
    out.text(Tag(0x0062, 0x0013), b"CS", if overlap(&parts) { "YES" } else { "NO" });
    content_identification(root, &parts, is_nominal, &mut out)?;
    let organization = root.uids().other("dimension organization", source.instance.as_str());
    dimensions(&organization, &mut out);
    let segments: Result<Vec<Elements>, WriteError> =
        parts.iter().map(|part| segment(root, source, part)).collect();
    out.sequence_of(Tag(0x0062, 0x0002), segments?);

    let mut shared = Elements::default();
    if is_nominal {
        shared = geometry::nominal_shared(image, source)?;
        out.uid(Tag(0x0020, 0x0052), &root.uids().other("frame of reference", source.instance.as_str()));
        out.text(Tag(0x0020, 0x1040), b"LO", "");
        // Where a position in the patient is stated its directions must not be stated a second time.
        out.remove(PATIENT_ORIENTATION);
    }
    out.sequence_of(Tag(0x5200, 0x9229), vec![shared]);
    let mut per_frame = Vec::with_capacity(frames);
    for part in &parts {
        for frame in &part.frames {
            let mut groups = frame_groups(source, part.number, *frame)?;
            if is_nominal {
                geometry::write_nominal_position(&mut groups)?;
            }
            per_frame.push(groups);
        }
    }
    out.sequence_of(Tag(0x5200, 0x9230), per_frame);

    let masks: Vec<&Mask> =
        parts.iter().flat_map(|part| std::iter::repeat_n(&part.mask, part.frames.len())).collect();
    let pixels = bits::pack(&masks, source.columns, source.rows).ok_or_else(|| {
        let all = [u64::from(source.columns), u64::from(source.rows)]
            .iter()
            .fold(1, |n: u64, m| n.saturating_mul(*m));
        let frames = u64::try_from(masks.len()).unwrap_or(u64::MAX);
        WriteError::TooLarge(all.saturating_mul(frames).div_ceil(8))
    })?;
    let name = format!("seg/image-{number}.dcm");
    out.bytes(PIXEL_DATA, *b"OB", pixels);
    let object = finish(root, source, Kind::Segmentation, name, out)?;
    let mut next = 1;
    let mut places = BTreeMap::new();
    for part in &parts {
        let count = u32::try_from(part.frames.len()).unwrap_or(0);
        let segment = Segment {
            class: object.sop_class.as_str().to_owned(),
            instance: object.instance.as_str().to_owned(),
            study: object.study.as_str().to_owned(),
            series: object.series.as_str().to_owned(),
            number: part.number,
            frames: (next..next + count).collect(),
        };
        next += count;
        places.insert(part.region.id, segment);
    }
    Ok(Some((object, places)))
}

const PATIENT_ORIENTATION: Tag = Tag(0x0020, 0x0020);

/// The regions that become segments, in the order of the case.
fn parts<'a>(root: &Root<'a>, image: &CaseImage) -> Result<Vec<Part<'a>>, WriteError> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for (index, region) in root.regions_on(image.id).filter(|(_, region)| root.needs_segment(region)) {
        let Some(mask) = geometry::mask_of(&region.shape, image.columns, image.rows) else { continue };
        let number = u16::try_from(parts.len() + 1).map_err(|_too_many| WriteError::Value {
            attribute: "SegmentNumber (0062,0004)",
            value: (parts.len() + 1).to_string(),
            why: "a segmentation has at most 65535 segments",
        })?;
        let frames = match region.frames.as_slice() {
            frames if image.frames > 1 && !frames.is_empty() => frames.iter().copied().map(Some).collect(),
            _ => vec![None],
        };
        parts.push(Part { index, region, number, mask, frames });
    }
    Ok(parts)
}

/// Whether a pixel of a frame belongs to more than one segment.
fn overlap(parts: &[Part<'_>]) -> bool {
    let meet = |one: &Part<'_>, other: &Part<'_>| {
        let whole = |part: &Part<'_>| part.frames.contains(&None);
        let on_one_frame = whole(one) || whole(other) || one.frames.iter().any(|f| other.frames.contains(f));
        let (a, b) = (one.mask.bounds(), other.mask.bounds());
        let apart = a.max.x <= b.min.x || b.max.x <= a.min.x || a.max.y <= b.min.y || b.max.y <= a.min.y;
        on_one_frame && !apart && !one.mask.intersection(&other.mask).is_empty()
    };
    parts.iter().enumerate().any(|(at, one)| parts.iter().skip(at + 1).any(|other| meet(one, other)))
}

/// What the image module demands, and what the objects refer to.
fn image_attributes(source: &SourceFacts, out: &mut Elements) -> Result<(), WriteError> {
    let side = |value: u32, attribute| {
        u16::try_from(value).map_err(|_too_large| WriteError::Value {
            attribute,
            value: value.to_string(),
            why: "an image has at most 65535",
        })
    };
    let reference = || referenced(source.sop_class.as_str(), source.instance.as_str());
    out.text(Tag(0x0008, 0x0008), b"CS", "DERIVED\\PRIMARY");
    let mut series = Elements::default();
    series.sequence_of(Tag(0x0008, 0x114a), vec![reference()]);
    series.uid(Tag(0x0020, 0x000e), source.series.as_str());
    out.sequence_of(Tag(0x0008, 0x1115), vec![series]);
    out.sequence_of(Tag(0x0008, 0x2112), vec![reference()]);
    let orientation = source.patient_orientation.as_ref().map(|[row, column]| format!("{row}\\{column}"));
    out.text(PATIENT_ORIENTATION, b"CS", &orientation.unwrap_or_default());
    out.us(Tag(0x0028, 0x0002), 1);
    out.text(Tag(0x0028, 0x0004), b"CS", "MONOCHROME2");
    out.us(Tag(0x0028, 0x0010), side(source.rows, "Rows (0028,0010)")?);
    out.us(Tag(0x0028, 0x0011), side(source.columns, "Columns (0028,0011)")?);
    for (element, value) in [(0x0100, 1), (0x0101, 1), (0x0102, 0), (0x0103, 0)] {
        out.us(Tag(0x0028, element), value);
    }
    lossy::write(source.lossy.as_ref(), out);
    out.text(Tag(0x0062, 0x0001), b"CS", "BINARY");
    Ok(())
}

/// ContentLabel and its kin (PS3.3 10.9).
fn content_identification(
    root: &Root<'_>,
    parts: &[Part<'_>],
    is_nominal: bool,
    out: &mut Elements,
) -> Result<(), WriteError> {
    let description = if is_nominal { "Geometry is nominal: nobody measured it" } else { "" };
    out.text(Tag(0x0070, 0x0080), b"CS", "REGIONS");
    out.text(Tag(0x0070, 0x0081), b"LO", description);
    let reading = parts.first().map(|part| part.region.reading);
    let reader = root.case.readings.iter().find(|r| Some(r.id) == reading).map_or("", |r| r.reader.as_str());
    out.checked(Tag(0x0070, 0x0084), b"PN", "ContentCreatorName (0070,0084)", &codes::person_name(reader))
}

/// One dimension: the segment's number.
fn dimensions(organization: &str, out: &mut Elements) {
    let mut item = Elements::default();
    item.uid(Tag(0x0020, 0x9164), organization);
    out.sequence_of(Tag(0x0020, 0x9221), vec![item]);
    let mut index = Elements::default();
    index.uid(Tag(0x0020, 0x9164), organization);
    index.at(Tag(0x0020, 0x9165), Tag(0x0062, 0x000b));
    index.at(Tag(0x0020, 0x9167), Tag(0x0062, 0x000a));
    index.text(Tag(0x0020, 0x9421), b"LO", "Referenced Segment Number");
    out.sequence_of(Tag(0x0020, 0x9222), vec![index]);
}

/// What one segment is.
fn segment(root: &Root<'_>, source: &SourceFacts, part: &Part<'_>) -> Result<Elements, WriteError> {
    let Part { index, region, number, .. } = part;
    let label = root.label_code(region);
    let mut out = Elements::default();
    if let Some(site) = anatomy(root, region, source)? {
        out.sequence_of(Tag(0x0008, 0x2218), vec![site]);
    }
    out.sequence_of(Tag(0x0062, 0x0003), vec![code(&codes::category(&region.label).into())?]);
    out.us(Tag(0x0062, 0x0004), *number);
    let words = codes::one_line(root.words_at(*index), 64);
    let words = if words.is_empty() { codes::one_line(&region.label, 64) } else { words };
    let words = if words.is_empty() { format!("{}", index + 1).into() } else { words };
    out.checked(Tag(0x0062, 0x0005), b"LO", "SegmentLabel (0062,0005)", &words)?;
    match &region.origin {
        Origin::Proposed { algorithm, .. } => {
            let name = codes::meaning_of(algorithm);
            out.text(Tag(0x0062, 0x0008), b"CS", "SEMIAUTOMATIC");
            out.checked(Tag(0x0062, 0x0009), b"LO", "SegmentAlgorithmName (0062,0009)", &name)?;
        }
        // A program brought it and a person took it; how it was made nobody said.
        Origin::Imported { .. } => {
            out.text(Tag(0x0062, 0x0008), b"CS", "SEMIAUTOMATIC");
            out.text(Tag(0x0062, 0x0009), b"LO", "imported, method not stated");
        }
        Origin::Drawn { .. } => out.text(Tag(0x0062, 0x0008), b"CS", "MANUAL"),
    }
    out.sequence_of(Tag(0x0062, 0x000f), vec![code(&label)?]);
    let tracking = root.tracking(*index, region);
    out.long_text(Tag(0x0062, 0x0020), &tracking.identifier);
    out.uid(Tag(0x0062, 0x0021), &tracking.uid);
    Ok(out)
}

/// An item of AnatomicRegionSequence (0008,2218): the structure a region lies in, with side, digit and stretch as its
/// modifiers. A segment has one: the first site that has a code, else the first that names a digit or a stretch, else what
/// the image shows.
fn anatomy(root: &Root<'_>, region: &Region, source: &SourceFacts) -> Result<Option<Elements>, WriteError> {
    let has_code = |site: &&Site| site.code.as_ref().is_some_and(codes::is_writable);
    let names = |site: &&Site| site.segment.is_some() || site.digit.is_some();
    let site = region.sites.iter().find(has_code).or_else(|| region.sites.iter().find(names));
    let of_image = || source.anatomy.clone().filter(codes::is_writable);
    let of_image = || of_image().or_else(|| codes::body_part(&source.body_part).map(CodedConcept::from));
    let (structure, mut modifiers) = match site {
        Some(site) => {
            let (structure, modifiers) = sites::structure(site);
            let is_named = !codes::ANATOMICAL_STRUCTURE.is(&structure);
            (if is_named { structure } else { of_image().unwrap_or(structure) }, modifiers)
        }
        None => match of_image() {
            Some(structure) => (structure, Vec::new()),
            None => return Ok(None),
        },
    };
    let sided = site.or(region.sites.first()).and_then(|site| site.side);
    let shown = root.case.image(region.image).and_then(CaseImage::side);
    if let Some(side) = sites::laterality([sided, region.side], shown) {
        modifiers.insert(0, codes::side(Some(side)));
    }
    let mut item = code(&structure)?;
    if !modifiers.is_empty() {
        let modifiers: Result<Vec<Elements>, WriteError> =
            modifiers.into_iter().map(|modifier| code(&modifier.into())).collect();
        item.sequence_of(Tag(0x0008, 0x2220), modifiers?);
    }
    Ok(Some(item))
}

/// The groups of one frame: where it comes from, its place in the dimension, its segment.
fn frame_groups(source: &SourceFacts, number: u16, frame: Option<u32>) -> Result<Elements, WriteError> {
    let mut from = referenced(source.sop_class.as_str(), source.instance.as_str());
    if let Some(frame) = frame {
        from.is(Tag(0x0008, 0x1160), i64::from(frame));
    }
    from.text(Tag(0x0028, 0x135a), b"CS", "YES");
    from.sequence_of(Tag(0x0040, 0xa170), vec![code(&codes::SOURCE_FOR_PROCESSING.into())?]);
    let mut derivation = Elements::default();
    derivation.sequence_of(Tag(0x0008, 0x2112), vec![from]);
    derivation.sequence_of(Tag(0x0008, 0x9215), vec![code(&codes::DERIVATION_SEGMENTATION.into())?]);
    let mut content = Elements::default();
    content.ul(Tag(0x0020, 0x9157), u32::from(number));
    let mut identification = Elements::default();
    identification.us(Tag(0x0062, 0x000b), number);
    let mut groups = Elements::default();
    groups.sequence_of(Tag(0x0008, 0x9124), vec![derivation]);
    groups.sequence_of(Tag(0x0020, 0x9111), vec![content]);
    groups.sequence_of(Tag(0x0062, 0x000a), vec![identification]);
    Ok(groups)
}

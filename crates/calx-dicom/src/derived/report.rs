//! Regions and statements of one study with their measurements, as the report that measuring programs exchange.
//!
//! Not here: the case as a whole (`case_document`), which alone comes back equal; this report repeats what others can use.
//!
//! Invariants
//! - One report for each study that has something to report; none without a group, which is no report to its readers.
//! - Regions stand in the order of the case, then statements about images and regions in theirs, once for each image and
//!   for each thing that is tracked. Statements about a study or the case stand in the case document only.
//!
//! Source: PS3.16 TID 1500; PS3.3 A.35.3 (Comprehensive SR).

mod groups;
mod library;
pub(crate) mod sites;
#[cfg(test)]
mod tests;
pub(crate) mod values;

use std::collections::{BTreeMap, BTreeSet};

use calx_model::{Case, CaseImage, Finding, ImageId, ReadingId, RegionId, Scope, Statement, Target};

use super::codes;
use super::content::{Item, Relation};
use super::evidence::Evidence;
use super::modules::{common, finish, sr_document};
use super::root::{Root, SrProfile, StudyOf, frames_of};
use super::segmentation::Segment;
use super::source_facts::SourceFacts;
use super::tracking::Tracking;
use super::uids::uid_of_id;
use super::{Kind, NewObject};
use crate::write::WriteError;
use groups::About;

/// The measurement report of a study; `None` when nothing is marked or said on its images. `notices` gains what a person
/// should know.
///
/// # Errors
/// [`WriteError`] for what cannot be written.
pub(crate) fn measurements(
    root: &Root<'_>,
    study: &StudyOf<'_>,
    segments: &BTreeMap<RegionId, Segment>,
    notices: &mut Vec<String>,
) -> Result<Option<NewObject>, WriteError> {
    let mut content = Collected::default();
    regions(root, study, segments, &mut content, notices);
    statements(root, study, &mut content);
    if content.groups.is_empty() {
        return Ok(None);
    }
    let images: Vec<(&CaseImage, &SourceFacts)> =
        study.images.iter().filter(|(image, _)| content.images.contains(&image.id)).copied().collect();
    for (_, source) in &images {
        content.evidence.add_image(source);
    }
    let mut report = Item::container(codes::MEASUREMENT_REPORT).with_template("1500");
    library::put_context(root, &content.readings, &images, &mut report);
    report.push(Relation::Contains, library::library(&images));
    let mut all = Item::container(codes::IMAGING_MEASUREMENTS);
    for group in content.groups {
        all.push(Relation::Contains, group);
    }
    report.push(Relation::Contains, all);

    let mut out = common(root, study.first, Kind::Measurements, study.number)?;
    sr_document(root, &mut out, Kind::Measurements, study.first, &content.evidence, &report)?;
    let name = format!("sr/measurements-{}.dcm", study.number);
    finish(root, study.first, Kind::Measurements, name, out).map(Some)
}

/// What a report is made of.
#[derive(Default)]
struct Collected {
    groups: Vec<Item>,
    /// Images that a group refers to.
    images: BTreeSet<ImageId>,
    /// Readings whose work it is.
    readings: BTreeSet<ReadingId>,
    /// Segmentations that a group refers to.
    evidence: Evidence,
}

fn regions(
    root: &Root<'_>,
    study: &StudyOf<'_>,
    segments: &BTreeMap<RegionId, Segment>,
    into: &mut Collected,
    notices: &mut Vec<String>,
) {
    let mut on_several_frames = Vec::new();
    for (index, region) in root.case.regions.iter().enumerate() {
        let found = study.images.iter().find(|(image, _)| image.id == region.image);
        let Some((image, source)) = found.copied() else { continue };
        let number = index + 1;
        let segment = segments.get(&region.id);
        let group = if groups::fits(&region.shape) {
            groups::of_region(root, (index, region), (image, source), segment)
        } else {
            None
        };
        let Some(group) = group else {
            notices.push(format!(
                "region {number} is not among the measurements: a report cannot hold its shape"
            ));
            continue;
        };
        if frames_of(region, image).len() > 1 && !root.is_segment_only(region) {
            on_several_frames.push(number.to_string());
        }
        into.groups.push(group);
        into.images.insert(region.image);
        into.readings.insert(region.reading);
        if let Some(segment) = segment.filter(|_| root.is_segment_only(region)) {
            into.evidence.add(&segment.study, &segment.series, &segment.class, &segment.instance);
        }
    }
    if root.options.sr_profile == SrProfile::Ohif && !on_several_frames.is_empty() {
        let (regions, them) = match on_several_frames.as_slice() {
            [one] => (format!("region {one} lies"), "it"),
            many => (format!("regions {} lie", many.join(", ")), "each"),
        };
        notices.push(format!("{regions} on several frames: OHIF edits {them} on the one it was measured on"));
    }
}

fn statements(root: &Root<'_>, study: &StudyOf<'_>, into: &mut Collected) {
    for finding in &root.case.findings {
        for statement in &finding.statements {
            for about in subjects(root, study, finding, statement) {
                let images: Vec<ImageId> = about.on.iter().map(|(image, ..)| image.id).collect();
                let Some(group) = groups::of_statement(statement, about) else { continue };
                into.groups.push(group);
                into.images.extend(images);
                into.readings.insert(statement.reading);
            }
        }
    }
}

/// What a statement is about in a study: each thing that is tracked in the regions it rests on, and each image it rests on;
/// without any evidence, the image that its finding speaks of.
fn subjects<'a>(
    root: &Root<'a>,
    study: &StudyOf<'a>,
    finding: &Finding,
    statement: &Statement,
) -> Vec<About<'a>> {
    let in_study = |id: ImageId| study.images.iter().find(|(image, _)| image.id == id).copied();
    let uids = root.uids();
    let case: &'a Case = root.case;
    let mut found: Vec<About<'a>> = Vec::new();
    let whole = |(image, source): (&'a CaseImage, &'a SourceFacts), frames: &[u32]| About {
        tracking: Tracking::plain(uid_of_id(statement.id.0)),
        observation: uids.pair("statement", statement.id.0, image.id.0),
        region: None,
        on: vec![(image, source, if image.frames > 1 { frames.to_vec() } else { Vec::new() })],
    };
    for evidence in &statement.evidence {
        match &evidence.target {
            Target::Region { region: id } => {
                let region = case.regions.iter().enumerate().find(|(_, region)| region.id == *id);
                let Some((index, region)) = region else { continue };
                let Some((image, source)) = in_study(region.image) else { continue };
                let tracking = root.tracking(index, region);
                let on = (image, source, if image.frames > 1 { region.frames.clone() } else { Vec::new() });
                let known = found
                    .iter_mut()
                    .find(|about| about.region.is_some() && about.tracking.uid == tracking.uid);
                match known {
                    Some(about)
                        if about.on.iter().any(|(known, _, f)| known.id == image.id && *f == on.2) => {}
                    Some(about) => about.on.push(on),
                    None => found.push(About {
                        tracking,
                        observation: uids.pair("statement on", statement.id.0, region.id.0),
                        region: Some(region),
                        on: vec![on],
                    }),
                }
            }
            Target::Image { image: id, frames } => {
                let Some(of) = in_study(*id) else { continue };
                let is_known = |about: &About<'_>| {
                    about.region.is_none() && about.on.iter().any(|(image, ..)| image.id == *id)
                };
                if !found.iter().any(is_known) {
                    found.push(whole(of, frames));
                }
            }
            Target::Study { .. } => {}
        }
    }
    if let (true, Scope::Image { image }) = (statement.evidence.is_empty(), finding.scope) {
        found.extend(in_study(image).map(|of| whole(of, &[])));
    }
    found
}

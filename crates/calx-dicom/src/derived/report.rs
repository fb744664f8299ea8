//! Regions and statements of one study with their measurements, as the report that measuring programs exchange.
//!
//! Not here: the case as a whole (`case_document`), which alone comes back equal; this report repeats what others can use.
//!
//! Invariants
//! - One report for each study that has something to report; none without a group, which is no report to its readers.
//! - Regions stand in the order of the case, then statements about images in theirs. Statements about a study or the case
//!   stand in the case document only.
//!
//! Source: PS3.16 TID 1500; PS3.3 A.35.3 (Comprehensive SR).

mod groups;
mod library;
mod sites;
#[cfg(test)]
mod tests;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use calx_model::{CaseImage, Finding, ImageId, ReadingId, RegionId, Scope, Statement, Target};

use super::codes;
use super::content::{Item, Relation};
use super::evidence::Evidence;
use super::modules::{common, finish, sr_document};
use super::root::{Root, StudyOf};
use super::segmentation::Segment;
use super::source_facts::SourceFacts;
use super::{Kind, NewObject};
use crate::write::WriteError;

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
    sr_document(root, &mut out, Kind::Measurements, study.study.as_str(), &content.evidence, &report)?;
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
    for (index, region) in root.case.regions.iter().enumerate() {
        let Some((_, source)) = study.images.iter().find(|(image, _)| image.id == region.image) else {
            continue;
        };
        let number = index + 1;
        let segment = segments.get(&region.id);
        let group = if groups::fits(&region.shape) {
            groups::of_region(root, (index, region), source, segment)
        } else {
            None
        };
        let Some(group) = group else {
            notices.push(format!(
                "region {number} is not among the measurements: a report cannot hold its shape"
            ));
            continue;
        };
        into.groups.push(group);
        into.images.insert(region.image);
        into.readings.insert(region.reading);
        if let Some(segment) = segment.filter(|_| root.is_segment_only(region)) {
            into.evidence.add(&segment.study, &segment.series, &segment.class, &segment.instance);
        }
    }
}

fn statements(root: &Root<'_>, study: &StudyOf<'_>, into: &mut Collected) {
    for (finding_index, finding) in root.case.findings.iter().enumerate() {
        for (index, statement) in finding.statements.iter().enumerate() {
            for (image, frame) in images_of(finding, statement) {
                let Some((image, source)) = study.images.iter().find(|(found, _)| found.id == image) else {
                    continue;
                };
                let number = [finding_index + 1, index + 1];
                into.groups.push(groups::of_statement(root, statement, number, (image, source), frame));
                into.images.insert(image.id);
                into.readings.insert(statement.reading);
            }
        }
    }
}

/// The images that a statement is about, each once, with the first frame of those it names: those it rests on; without
/// any evidence, the one its finding speaks of.
fn images_of(finding: &Finding, statement: &Statement) -> Vec<(ImageId, Option<u32>)> {
    let mut images: Vec<(ImageId, Option<u32>)> = Vec::new();
    for evidence in &statement.evidence {
        if let Target::Image { image, frames } = &evidence.target
            && !images.iter().any(|(known, _)| known == image)
        {
            images.push((*image, frames.first().copied()));
        }
    }
    if let (true, Scope::Image { image }) = (statement.evidence.is_empty(), finding.scope) {
        images.push((image, None));
    }
    images
}

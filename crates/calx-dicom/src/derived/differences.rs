//! How a report of measurements differs from the case it speaks of, so that nobody's change of it is lost in silence.
//!
//! Not here: what becomes of a difference. The case document counts, and a report is told of, never merged.
//!
//! Invariants
//! - A region that the report has as calx wrote it, or as a program gives it back that did not change it, is no difference.
//! - What a report cannot hold as points (masks, holes, several parts) is not missed in it.

use std::collections::BTreeSet;

use calx_model::{Case, CaseImage, CodedConcept, Region, RegionId, Schema, Shape, StudyInstanceUid};

use super::codes;
use super::content::MOST_POINTS;
use super::foreign::Annotations;
use super::foreign_region::{ForeignRegion, is_same_place};
use super::root::is_one_outline;

/// What is otherwise in a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportDifferences {
    /// Regions of the case that the report has as they are.
    pub equal: usize,
    /// Regions that lie elsewhere in the report.
    pub moved: Vec<RegionId>,
    /// Regions that lie where they lay, of another finding.
    pub renamed: Vec<RegionId>,
    /// Regions that it does not have.
    pub missing: Vec<RegionId>,
    /// Places on images of the case that no region is at.
    pub added: usize,
}

impl ReportDifferences {
    /// Whether report and case say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moved.is_empty() && self.renamed.is_empty() && self.missing.is_empty() && self.added == 0
    }
}

/// Compares a report with a case; `study` is the study that the report stands in, and `schema` the one of the case's labels,
/// without which findings are not compared.
#[must_use]
pub fn compare_report(
    case: &Case,
    schema: Option<&Schema>,
    study: &StudyInstanceUid,
    report: &Annotations,
) -> ReportDifferences {
    let mut found = ReportDifferences::default();
    let mut matched: BTreeSet<RegionId> = BTreeSet::new();
    let (mut others, mut moved) = (Vec::new(), BTreeSet::new());
    // Those first that say of which region they are: two regions may be at one place.
    for place in &report.regions {
        let Some(image) = case.image_of(&place.source) else { continue };
        match place.written_of().and_then(|id| case.region(id)) {
            Some(region) if is_at(region, image, place) => {
                matched.insert(region.id);
                found.count(region, schema, place);
            }
            // A track of several regions lends each its UID, and each group of the report has a region of its own.
            Some(region) if place.observation_uid.is_some() && !matched.contains(&region.id) => {
                moved.insert(region.id);
            }
            _ => others.push((image, place)),
        }
    }
    moved.retain(|id| !matched.contains(id));
    for (image, place) in others {
        let is_free = |region: &&Region| !matched.contains(&region.id) && is_at(region, image, place);
        match case.regions.iter().find(is_free) {
            Some(region) => {
                matched.insert(region.id);
                moved.remove(&region.id);
                found.count(region, schema, place);
            }
            None => found.added += 1,
        }
    }
    let of_study: BTreeSet<_> = case
        .images()
        .filter(|(own, _)| own.source.as_ref() == Some(study))
        .map(|(_, image)| image.id)
        .collect();
    for region in case.regions.iter().filter(|region| !matched.contains(&region.id)) {
        if moved.contains(&region.id) {
            found.moved.push(region.id);
        } else if of_study.contains(&region.image) && is_reported(&region.shape) {
            found.missing.push(region.id);
        }
    }
    found
}

impl ReportDifferences {
    /// Counts a region that lies where it lay.
    fn count(&mut self, region: &Region, schema: Option<&Schema>, place: &ForeignRegion) {
        let code_of = |schema: &Schema| -> CodedConcept {
            let label = schema.labels.iter().find(|label| label.name == region.label);
            let stated = label.and_then(|label| label.code.clone()).filter(codes::is_writable);
            stated.unwrap_or_else(|| codes::for_words(&region.label))
        };
        match (schema.map(code_of), &place.code) {
            (Some(own), Some(code)) if (&own.value, &own.scheme) != (&code.value, &code.scheme) => {
                self.renamed.push(region.id);
            }
            _ => self.equal += 1,
        }
    }
}

/// Whether a region lies at a place. A frame that only one of them names is no other frame.
fn is_at(region: &Region, image: &CaseImage, place: &ForeignRegion) -> bool {
    let (own, stated) = (&region.frames, &place.frames);
    let on_frame = own.is_empty() || stated.is_empty() || stated.iter().any(|frame| own.contains(frame));
    region.image == image.id && on_frame && is_same_place(&region.shape, &place.shape)
}

/// Whether a report holds a shape as points.
fn is_reported(shape: &Shape) -> bool {
    match shape {
        Shape::Mask(_) => false,
        Shape::Area(area) => is_one_outline(area),
        Shape::Path(path) => path.vertices().len() <= MOST_POINTS,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use calx_geometry::{Area, Outline, Rectangle};
    use calx_model::SopClassUid;

    use super::*;
    use crate::derived::foreign::read_annotations;
    use crate::derived::testing::{Sample, at};
    use crate::derived::{Kind, Kinds, write_derived};
    use crate::locator::Locator;
    use crate::write::WriteError;

    fn sample() -> Sample {
        let mut sample = Sample::of(&["hand_right_small"]);
        let triangle = Outline::new(vec![at(10.0, 10.0), at(40.5, 12.0), at(20.0, 33.25)]).unwrap();
        let area = Shape::Area(Area::from_outline(triangle));
        sample.mark(0, area.clone(), "calcified stretch");
        // At the same place, of another finding.
        sample.mark(0, area, "bone loss");
        sample.mark(0, Shape::Line { ends: [at(1.0, 2.0), at(3.0, 4.0)] }, "other");
        sample.mark(0, Shape::Angle { points: [at(1.0, 2.0), at(3.0, 4.0), at(9.0, 2.0)] }, "other");
        let head = at(60.0, 61.0);
        sample.mark(0, Shape::Arrow { head, tail: at(80.0, 81.0), text: "here".to_owned() }, "other");
        let mask = calx_geometry::Mask::from_spans([(5, 5..9), (6, 5..6)]).unwrap();
        sample.mark(0, Shape::Mask(mask), "other");
        sample
    }

    /// The report of a case.
    fn report(sample: &Sample) -> Annotations {
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
        read_annotations(&Locator::from(path)).unwrap().value
    }

    #[test]
    fn what_somebody_changed_in_a_report_is_found() {
        let mut sample = sample();
        let study = sample.sources[0].study.clone();
        let compared = |sample: &Sample, report: &Annotations| {
            compare_report(&sample.case, Some(&sample.schema), &study, report)
        };
        let first = report(&sample);
        assert!(SopClassUid::new(Kind::Measurements.sop_class()).is_ok() && first.is_own);
        let same = compared(&sample, &first);
        assert!(same.is_empty() && same.equal == 5, "{same:?}");

        // As a program gives it back that keeps no id: nothing changed.
        let mut given_back = first.clone();
        for region in &mut given_back.regions {
            (region.observation_uid, region.tracking_uid) = (None, None);
        }
        // Two regions at one place are told apart by their ids alone: here the first is taken for the first.
        let same = compared(&sample, &given_back);
        assert!(same.is_empty() && same.equal == 5, "{same:?}");

        // One moved, one of another finding, one gone, one new.
        let ids: Vec<RegionId> = sample.case.regions.iter().map(|region| region.id).collect();
        let mut edited = first.clone();
        edited.regions[0].shape = Shape::Point { at: at(5.0, 5.0) };
        edited.regions[1].code = edited.regions[2].code.clone();
        edited.regions.remove(2);
        let mut new = first.regions[3].clone();
        (new.observation_uid, new.tracking_uid) = (None, None);
        new.shape = Shape::Rectangle(Rectangle::from_box(at(5.0, 5.0), at(9.0, 9.0)).unwrap());
        edited.regions.push(new);
        let found = compared(&sample, &edited);
        assert_eq!((found.moved, found.renamed), (vec![ids[0]], vec![ids[1]]));
        assert_eq!((found.missing, found.added, found.equal), (vec![ids[2]], 1, 2));

        // The other way round: the case was changed since.
        sample.case.regions.remove(4);
        let found = compared(&sample, &first);
        assert_eq!((found.added, found.missing, found.moved), (1, vec![], vec![]));
    }
}

//! What must hold in every case, whatever edits it went through.
//!
//! [`Case::apply`] keeps these one edit at a time; [`Case::violations`] checks the whole document,
//! for files from disk and for tests.

use std::collections::BTreeSet;

use calx_geometry::GridRect;

use crate::case::Case;
use crate::display::WindowChoice;
use crate::edit::EditError;
use crate::finding::Scope;
use crate::region::Shape;
use crate::spacing::{PixelSpacing, SpacingBasis};
use crate::study::{CaseImage, ImageDisplay};
use crate::ultrasound::{AxisUnit, RegionAxis, RegionScale};

/// Refuses a shape that is empty or leaves its image.
pub(crate) fn check_shape(shape: &Shape, image: &CaseImage) -> Result<(), EditError> {
    let bounds = shape.bounds().ok_or_else(|| EditError::OutsideImage("the mask is empty".to_owned()))?;
    if GridRect::image(image.columns, image.rows).contains_rect(&bounds) {
        return Ok(());
    }
    Err(EditError::OutsideImage(format!(
        "it reaches from {}, {} to {}, {}, the image from 0, 0 to {}, {}",
        bounds.min.x, bounds.min.y, bounds.max.x, bounds.max.y, image.columns, image.rows
    )))
}

/// Refuses frame numbers that are not ascending numbers of the image.
pub(crate) fn check_frames(frames: &[u32], image: &CaseImage) -> Result<(), EditError> {
    let inside = frames.iter().all(|f| (1..=image.frames).contains(f));
    let ascending = frames.is_sorted_by(|a, b| a < b);
    if inside && ascending { Ok(()) } else { Err(EditError::BadFrames { frames: image.frames }) }
}

/// Refuses a scale that no person drew: its label would claim another origin.
pub(crate) fn check_user_scale(scale: &PixelSpacing) -> Result<(), EditError> {
    if scale.basis != SpacingBasis::User {
        return Err(EditError::BadValue(format!(
            "a scale that a person drew has the basis user, not {:?}",
            scale.basis.label()
        )));
    }
    if let Some(part) = &scale.within {
        check_region(part)?;
        if !part.is_spatial() {
            let text = "a known length lies in a part of the picture whose two axes are lengths";
            return Err(EditError::BadValue(text.to_owned()));
        }
    }
    check_spacing(scale)
}

/// Refuses a header's spacing that says a person drew it.
fn check_header_spacing(spacing: &PixelSpacing) -> Result<(), EditError> {
    if spacing.basis == SpacingBasis::User {
        let text = "the spacing of a header cannot have the basis user; a drawn scale is user_scale";
        return Err(EditError::BadValue(text.to_owned()));
    }
    if spacing.within.is_some() {
        let text = "the spacing of a header holds for the whole image, not within a part of it";
        return Err(EditError::BadValue(text.to_owned()));
    }
    check_spacing(spacing)
}

/// Refuses a spacing that is no length: JSON cannot hold it and nothing can be measured with it.
fn check_spacing(spacing: &PixelSpacing) -> Result<(), EditError> {
    let fine = |x: f64| x.is_finite() && x > 0.0;
    if fine(spacing.between_rows_mm) && fine(spacing.between_columns_mm) {
        return Ok(());
    }
    Err(EditError::BadValue("a spacing is two finite numbers of millimetres above 0".to_owned()))
}

/// Refuses a way of showing that no image of so many frames can have.
pub(crate) fn check_display(display: &ImageDisplay, frames: u32) -> Result<(), EditError> {
    if display.quarter_turns > 3 || display.frame == 0 || display.frame > frames {
        return Err(EditError::BadValue(format!("quarter_turns is 0 to 3 and frame 1 to {frames}")));
    }
    match display.window {
        WindowChoice::File(0) | WindowChoice::Lut(0) => {
            Err(EditError::BadValue("windows and VOI LUTs of a file count from 1".to_owned()))
        }
        WindowChoice::Set(window) => {
            window.checked().map(|_| ()).map_err(|error| EditError::BadValue(error.to_string()))
        }
        _ => Ok(()),
    }
}

/// Refuses a calibrated part of an image with which nothing can be measured.
fn check_region(region: &RegionScale) -> Result<(), EditError> {
    let fine = |axis: &RegionAxis| {
        axis.reference_value.is_finite()
            && (axis.unit == AxisUnit::Other || (axis.per_pixel.is_finite() && axis.per_pixel != 0.0))
            && axis.per_pixel.is_finite()
    };
    let is_box = region.min_x <= region.max_x && region.min_y <= region.max_y;
    if is_box && fine(&region.x) && fine(&region.y) {
        return Ok(());
    }
    let text =
        "an ultrasound region has corners in order and steps that are numbers, not 0 where they measure";
    Err(EditError::BadValue(text.to_owned()))
}

/// Refuses an image whose own numbers cannot be.
pub(crate) fn check_image_values(image: &CaseImage) -> Result<(), EditError> {
    if image.rows == 0 || image.columns == 0 || image.frames == 0 {
        return Err(EditError::BadValue("an image has at least one row, column and frame".to_owned()));
    }
    if image.pixel_aspect.is_some_and(|aspect| !(aspect.is_finite() && aspect > 0.0)) {
        return Err(EditError::BadValue("a pixel aspect is a finite number above 0".to_owned()));
    }
    image.spacing.iter().try_for_each(check_header_spacing)?;
    image.user_scale.iter().try_for_each(check_user_scale)?;
    image.ultrasound_regions.iter().try_for_each(check_region)?;
    check_display(&image.display, image.frames)
}

impl Case {
    /// Everything that is wrong with the document, in words; empty for a sound case.
    ///
    /// Checked: ids, DICOM instances, DICOM studies and tracking UIDs unique; every study, image, region, track, reading, evidence and reference that is
    /// named exists; regions lie in their images; frames ascend inside their images; spacings, windows
    /// and turns are possible; at most one read for each image and reading; at least one reading. The
    /// 1/256 grid is kept by the types.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut seen = BTreeSet::new();
        for id in self.ids() {
            if !seen.insert(id) {
                wrong.push(format!("the id {id} is used twice"));
            }
        }
        self.doubled_sources(&mut wrong);
        for (_, image) in self.images() {
            if let Err(error) = check_image_values(image) {
                wrong.push(format!("image {}: {error}", image.id));
            }
        }
        self.region_violations(&mut wrong);
        self.text_violations(&mut wrong);
        for finding in &self.findings {
            let known = match finding.scope {
                Scope::Case => true,
                Scope::Study { study } => self.study(study).is_some(),
                Scope::Image { image } => self.image(image).is_some(),
            };
            if !known {
                wrong.push(format!("finding {} speaks about something that is not there", finding.id));
            }
        }
        for (_, statement) in self.statements() {
            if self.reading(statement.reading).is_none() {
                wrong.push(format!("statement {} belongs to no reading", statement.id));
            }
            if statement.compared_to.is_some_and(|s| self.study(s).is_none()) {
                wrong.push(format!("statement {} compares with a study that is not there", statement.id));
            }
            for evidence in &statement.evidence {
                if let Err(error) = self.check_target(&evidence.target) {
                    wrong.push(format!("evidence {} dangles: {error}", evidence.id));
                }
            }
        }
        let mut reads = BTreeSet::new();
        for read in &self.reads {
            if !reads.insert((read.image, read.reading)) {
                wrong.push(format!("image {} has two reads of one reading", read.image));
            }
            if self.image(read.image).is_none() || self.reading(read.reading).is_none() {
                wrong.push(format!("a read of image {} names something that is not there", read.image));
            }
        }
        if self.readings.is_empty() {
            wrong.push("the case has no reading".to_owned());
        }
        wrong
    }

    /// A DICOM object twice in a case would have its marks in two places; two lesions of one tracking UID would be
    /// one in an export.
    fn doubled_sources(&self, wrong: &mut Vec<String>) {
        let (mut images, mut studies, mut tracks) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (_, image) in self.images() {
            if !images.insert(&image.source) {
                wrong.push(format!("the DICOM instance {} is in the case twice", image.source));
            }
        }
        for source in self.studies.iter().filter_map(|s| s.source.as_ref()) {
            if !studies.insert(source) {
                wrong.push(format!("the DICOM study {source} is in the case twice"));
            }
        }
        for track in &self.tracks {
            if !tracks.insert(&track.tracking_uid) {
                wrong.push(format!("two tracks have the tracking UID {}", track.tracking_uid));
            }
        }
    }

    fn region_violations(&self, wrong: &mut Vec<String>) {
        for region in &self.regions {
            let Some(image) = self.image(region.image) else {
                wrong.push(format!("region {} lies on an image that is not there", region.id));
                continue;
            };
            if let Err(error) = check_shape(&region.shape, image) {
                wrong.push(format!("region {}: {error}", region.id));
            }
            if let Err(error) = check_frames(&region.frames, image) {
                wrong.push(format!("region {}: {error}", region.id));
            }
            if region.track.is_some_and(|t| !self.tracks.iter().any(|known| known.id == t)) {
                wrong.push(format!("region {} belongs to a track that is not there", region.id));
            }
            if self.reading(region.reading).is_none() {
                wrong.push(format!("region {} belongs to no reading", region.id));
            }
        }
    }

    fn text_violations(&self, wrong: &mut Vec<String>) {
        let evidence: BTreeSet<_> = self.all_evidence().map(|(_, e)| e.id).collect();
        let references: BTreeSet<_> = self.references.iter().map(|r| r.id).collect();
        for (place, text) in self.texts() {
            for id in text.evidence().filter(|id| !evidence.contains(id)) {
                wrong.push(format!("{place} holds a chip of evidence {id}, which is not there"));
            }
            for id in text.citations().filter(|id| !references.contains(id)) {
                wrong.push(format!("{place} cites reference {id}, which is not there"));
            }
        }
    }
}

//! One case at one revision with everything that writers of derived objects need.
//!
//! Not here: measuring and resolving windows: their results are handed in.
//!
//! Invariants
//! - `sources` and `shown` are one for each image, `measured` and `words` one for each region, in the order of the case.

use calx_model::{
    Case, CaseImage, CodedConcept, ImageId, Measurement, ModalityLut, Region, Schema, Shape,
    StudyInstanceUid, VoiLut,
};

use super::codes;
use super::predecessor::Predecessor;
use super::source_facts::SourceFacts;
use super::tracking::Tracking;
use super::uids::{Profile, Uids};

/// How the grey of an image was shown: its resolved chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Stored to modality values.
    pub modality_lut: ModalityLut,
    /// What modality values are said to be, as RescaleType (0028,1054) or ModalityLUTType (0028,3004) of the image says.
    pub rescale_type: Option<String>,
    /// Modality to display values.
    pub voi: VoiLut,
    /// Low values bright; what the case says is in it.
    pub invert: bool,
    /// Where the window came from, in words.
    pub window_name: String,
    /// Height of a pixel over its width.
    pub pixel_aspect: f64,
    /// Frames of a clip that are shown otherwise than all of this says.
    pub others: Vec<ShownFrames>,
}

/// How some frames of a clip were shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownFrames {
    /// From 1, in their order.
    pub frames: Vec<u32>,
    /// Stored to modality values.
    pub modality_lut: ModalityLut,
    /// Modality to display values.
    pub voi: VoiLut,
    /// Where the window came from, in words.
    pub window_name: String,
}

/// How the measurement report is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SrProfile {
    /// Regions can be edited in OHIF: the region stands a second time under the first number.
    #[default]
    Ohif,
    /// TID 1500 and nothing else.
    Plain,
}

/// What a segmentation says of where it lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SegGeometry {
    /// Nothing, as its image says nothing.
    #[default]
    None,
    /// A geometry nobody measured, for readers that refuse a mask without one.
    Nominal,
}

/// Which regions become segments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SegRegions {
    /// Those that a report cannot hold: masks, holes, several parts.
    #[default]
    Needed,
    /// All that cover pixels.
    All,
}

/// What a person can choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DerivedOptions {
    /// Of measurement reports.
    pub sr_profile: SrProfile,
    /// Of segmentations.
    pub seg_geometry: SegGeometry,
    /// Of segmentations.
    pub seg_regions: SegRegions,
}

/// Everything a writer may use.
#[derive(Debug, Clone, Copy)]
pub struct Root<'a> {
    /// The case.
    pub case: &'a Case,
    /// Its label schema.
    pub schema: &'a Schema,
    /// Header facts of every image.
    pub sources: &'a [SourceFacts],
    /// How every image is shown; none for colour and for pixels that could not be read.
    pub shown: &'a [Option<Shown>],
    /// What was measured of every region.
    pub measured: &'a [Vec<Measurement>],
    /// The words beside every region.
    pub words: &'a [String],
    /// Version of calx.
    pub calx_version: &'a str,
    /// For whom it is.
    pub profile: Profile,
    /// As a person chose.
    pub options: DerivedOptions,
    /// What was exported before.
    pub predecessors: &'a [Predecessor],
}

/// Of an image with more frames than these a reference to all names none, which means the same.
const MOST_NAMED_FRAMES: u32 = 10_000;

/// The images of one DICOM study.
#[derive(Debug, Clone)]
pub(crate) struct StudyOf<'a> {
    /// From 1, by the first image of each through the case.
    pub(crate) number: usize,
    pub(crate) study: &'a StudyInstanceUid,
    /// Patient and study come from it.
    pub(crate) first: &'a SourceFacts,
    pub(crate) images: Vec<(&'a CaseImage, &'a SourceFacts)>,
}

impl<'a> Root<'a> {
    pub(crate) fn uids(&self) -> Uids {
        Uids::new(self.case.id, self.profile, self.calx_version)
    }

    pub(crate) fn source(&self, image: ImageId) -> Option<&'a SourceFacts> {
        self.sources.iter().find(|source| source.image == image)
    }

    /// How an image is shown.
    pub(crate) fn shown_of(&self, image: ImageId) -> Option<&'a Shown> {
        let at = self.case.images().position(|(_, found)| found.id == image)?;
        self.shown.get(at).and_then(Option::as_ref)
    }

    /// The number people see for an image, from 1.
    pub(crate) fn image_number(&self, image: ImageId) -> usize {
        self.case.images().position(|(_, found)| found.id == image).map_or(0, |at| at + 1)
    }

    /// Images by their DICOM study, in the order of the case.
    pub(crate) fn studies(&self) -> Vec<StudyOf<'a>> {
        let case: &'a Case = self.case;
        let mut studies: Vec<StudyOf<'a>> = Vec::new();
        for (_, image) in case.images() {
            let Some(source) = self.source(image.id) else { continue };
            match studies.iter_mut().find(|known| *known.study == source.study) {
                Some(known) => known.images.push((image, source)),
                None => studies.push(StudyOf {
                    number: studies.len() + 1,
                    study: &source.study,
                    first: source,
                    images: vec![(image, source)],
                }),
            }
        }
        studies
    }

    /// Every region on an image, with its place in the case.
    pub(crate) fn regions_on(&self, image: ImageId) -> impl Iterator<Item = (usize, &'a Region)> + use<'a> {
        let case: &'a Case = self.case;
        case.regions.iter().enumerate().filter(move |(_, region)| region.image == image)
    }

    /// What was measured of the region at that place of the case.
    pub(crate) fn measured_at(&self, index: usize) -> &'a [Measurement] {
        self.measured.get(index).map_or(&[], Vec::as_slice)
    }

    /// The words beside the region at that place of the case.
    pub(crate) fn words_at(&self, index: usize) -> &'a str {
        self.words.get(index).map_or("", String::as_str)
    }

    /// How the region at a place of the case is followed.
    pub(crate) fn tracking(&self, index: usize, region: &Region) -> Tracking {
        Tracking::of(self, index, region)
    }

    /// What the label of a region means.
    pub(crate) fn label_code(&self, region: &Region) -> CodedConcept {
        let label = self.schema.labels.iter().find(|label| label.name == region.label);
        let stated = label.and_then(|label| label.code.clone()).filter(codes::is_writable);
        stated.unwrap_or_else(|| codes::for_words(&region.label))
    }

    /// The frame that a region was measured on, where its image has several: its first, else the one shown.
    pub(crate) fn measured_frame(&self, region: &Region) -> Option<u32> {
        let image = self.case.image(region.image)?;
        let frame = region.frames.first().copied().unwrap_or(image.display.frame);
        (image.frames > 1).then(|| frame.clamp(1, image.frames))
    }

    /// Whether a region stands in a segmentation.
    pub(crate) fn needs_segment(&self, region: &Region) -> bool {
        match &region.shape {
            Shape::Mask(_) => true,
            Shape::Area(_) => self.options.seg_regions == SegRegions::All || self.is_segment_only(region),
            Shape::Ellipse(_) | Shape::Rectangle(_) => self.options.seg_regions == SegRegions::All,
            Shape::Path(path) => {
                let has_width = path.vertices().iter().any(|v| v.width > calx_geometry::Grid::ZERO);
                self.options.seg_regions == SegRegions::All && has_width
            }
            Shape::Line { .. } | Shape::Angle { .. } | Shape::Arrow { .. } | Shape::Point { .. } => false,
        }
    }

    /// Whether a report can refer to a region by a segment only: a mask, holes, several parts. It keeps the points of all
    /// others, segment or not.
    #[must_use]
    pub fn is_segment_only(&self, region: &Region) -> bool {
        match &region.shape {
            Shape::Mask(_) => true,
            Shape::Area(area) => !is_one_outline(area),
            _ => false,
        }
    }
}

/// The frames that a region lies on, where its image has several: its own, and all of them when it lies on the whole. They
/// are named even then, as far as a reference has room: readers ask every reference to points on such an image for them.
pub(crate) fn frames_of(region: &Region, image: &CaseImage) -> Vec<u32> {
    match region.frames.as_slice() {
        _ if image.frames <= 1 => Vec::new(),
        [] if image.frames > MOST_NAMED_FRAMES => Vec::new(),
        [] => (1..=image.frames).collect(),
        stated => stated.to_vec(),
    }
}

/// One part, no hole, and no more points than a graphic can have: then it is a closed polyline.
pub(crate) fn is_one_outline(area: &calx_geometry::Area) -> bool {
    match area.parts() {
        [part] => part.holes().is_empty() && part.outer().vertices().len() < super::content::MOST_POINTS,
        _ => false,
    }
}

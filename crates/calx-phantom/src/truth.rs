//! What is true about a phantom image, in its own pixels.
//!
//! Written from the geometry, before the picture is made; never measured in the picture. Ready to
//! become regions: paths, outlines and masks are on the grid of `calx-geometry`.
//!
//! Invariants
//! - Every vertex lies in the image, every mask pixel too.
//! - Coordinates as everywhere: `(0, 0)` is the outer corner of the first pixel.
//! - Vertices lie on sixteenths of a pixel, lengths on whole micrometres.
//! - Lengths in mm are those of the projection on the detector, not of the vessel in space.

use calx_geometry::{GridPoint, Mask, Outline, VesselPath};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::anatomy::{ArteryKind, BoneKind, FingerSide};
use crate::options::{CalcificationPattern, HandSide, LookAlike, View};

/// The version that [`Truth::format_version`] states.
pub const TRUTH_FORMAT_VERSION: u32 = 2;

/// All that is known about one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// [`TRUTH_FORMAT_VERSION`]; another one is not read.
    #[serde(deserialize_with = "this_version")]
    pub format_version: u32,
    /// SOPInstanceUID of the image.
    pub sop_instance_uid: String,
    /// The seed it was made from.
    pub seed: u64,
    /// Columns of the image.
    pub columns: u16,
    /// Rows of the image.
    pub rows: u16,
    /// Distance of pixels in mm, both ways; 0 for an image without one.
    pub pixel_mm: f64,
    /// From where the hands are seen; absent for ultrasound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    /// The hands, from left to right; none in an ultrasound clip.
    pub hands: Vec<HandTruth>,
    /// The artery of an ultrasound clip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doppler: Option<DopplerTruth>,
}

fn this_version<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        TRUTH_FORMAT_VERSION => Ok(TRUTH_FORMAT_VERSION),
        other => Err(D::Error::custom(format!(
            "format_version is {other}, this program reads {TRUTH_FORMAT_VERSION}; make the phantom again"
        ))),
    }
}

/// One hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandTruth {
    /// Which hand.
    pub side: HandSide,
    /// The skin, clipped to the exposed field.
    pub soft_tissue: Mask,
    /// Every bone that is there.
    pub bones: Vec<BoneTruth>,
    /// Sesamoid bones: two at the thumb, in some hands more.
    pub sesamoids: Vec<SesamoidTruth>,
    /// What is not there and should be.
    pub missing: Vec<MissingTruth>,
    /// Every artery, calcified or not.
    pub arteries: Vec<ArteryTruth>,
    /// What can be taken for a calcified artery and is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub look_alikes: Vec<LookAlikeTruth>,
    /// Soft tissue that is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<DefectTruth>,
}

/// One bone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoneTruth {
    /// Which.
    pub bone: BoneKind,
    /// [`BoneKind::key`].
    pub key: String,
    /// Its projected outline.
    pub outline: Outline,
    /// Pixels whose centre lies under it.
    pub mask: Mask,
}

/// One sesamoid bone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SesamoidTruth {
    /// At whose knuckle it lies, from 1, the thumb.
    pub digit: u8,
    /// Its projected outline.
    pub outline: Outline,
    /// Pixels whose centre lies under it.
    pub mask: Mask,
}

/// A bone that is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MissingTruth {
    /// Which.
    pub bone: BoneKind,
    /// [`BoneKind::key`].
    pub key: String,
    /// Where it would lie.
    pub outline: Outline,
    /// The end of what is left: middle of the last bone's end.
    pub stump_end: GridPoint,
}

/// Soft tissue that an ulcer or gangrene has taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DefectTruth {
    /// From 1, the thumb, to 5.
    pub digit: u8,
    /// Which side of the finger.
    pub side: FingerSide,
    /// Pixels over whose centre tissue is missing, wholly or in part.
    pub removed: Mask,
    /// Of these, the pixels over whose centre nothing is left; they are not in [`HandTruth::soft_tissue`].
    pub open: Mask,
}

/// One artery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArteryTruth {
    /// Which.
    pub artery: ArteryKind,
    /// [`ArteryKind::key`].
    pub key: String,
    /// [`ArteryKind::name`].
    pub name: String,
    /// The whole course within the image, with the outer calibre at every vertex.
    pub course: VesselPath,
    /// Length of the course in mm on the detector.
    pub length_mm: f64,
    /// The calcified stretches: those of the media from proximal to distal, then plaques of the intima.
    pub calcified: Vec<CalcifiedStretch>,
    /// Length that calcified stretches cover, in mm.
    pub calcified_mm: f64,
    /// Pixels on whose width calcified wall lies, 0.05 mm of mineral or more on average.
    pub mask: Mask,
}

/// A calcified stretch of an artery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalcifiedStretch {
    /// Which layer is calcified here; never `mixed`.
    pub pattern: CalcificationPattern,
    /// Centreline and outer calibre.
    pub path: VesselPath,
    /// Where it begins along the course, in mm.
    pub from_mm: f64,
    /// Where it ends, in mm.
    pub to_mm: f64,
    /// The wall on the side towards the thumb, for an artery that runs towards the fingertips: lines in the
    /// middle of the calcium the beam grazes, as wide as the wall is thick; several where it is interrupted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub radial_walls: Vec<VesselPath>,
    /// The wall on the other side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ulnar_walls: Vec<VesselPath>,
    /// The outline of a plaque of the intima, of each piece where it is in several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plaque: Vec<Outline>,
}

/// One thing that is no calcified artery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookAlikeTruth {
    /// What it is.
    pub kind: LookAlike,
    /// The finger it belongs to, from 1, the thumb; absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digit: Option<u8>,
    /// Pixels whose centre lies under it; all grains of dust are one mask.
    pub mask: Mask,
}

/// The artery of an ultrasound clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DopplerTruth {
    /// The vessel in the B-mode part, the same in every frame.
    pub course: VesselPath,
    /// The wall that is calcified, upper then lower.
    pub calcified_walls: Vec<VesselPath>,
    /// Frames, from 1, in which colour fills the lumen wherever no calcium shades it.
    pub full_flow_frames: Vec<u16>,
    /// How many of [`Self::calcified_walls`] belong to the upper wall; the rest is the lower one's.
    pub calcified_lower_from: u16,
    /// Lumen hidden behind dense calcium of the upper wall at every depth: whether blood flows there
    /// cannot be seen in any frame.
    pub shadowed: Vec<VesselPath>,
    /// Where colour can be expected, frame by frame: in the box, lit, and faster than the wall filter.
    pub flowing: Vec<FrameFlow>,
    /// Highest velocity in the sample gate.
    pub peak_systolic_velocity_cm_s: f64,
    /// Heart beats in the clip.
    pub beats: u16,
    /// Length of a beat in ms.
    pub beat_ms: f64,
    /// Where the spectrum comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<SampleGate>,
}

/// Flow in one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameFlow {
    /// The frame, from 1.
    pub frame: u16,
    /// Stretches of lumen, from left to right, with its width.
    pub segments: Vec<VesselPath>,
}

/// The gate of the spectral Doppler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleGate {
    /// Its middle, on the artery's axis.
    pub middle: GridPoint,
    /// Its length along the beam in mm.
    pub length_mm: f64,
    /// Angle between beam and vessel, for which the velocities are corrected.
    pub angle_degrees: f64,
}

impl Truth {
    /// Every calcified stretch with its hand and artery.
    pub fn calcified_paths(&self) -> impl Iterator<Item = (&HandTruth, &ArteryTruth, &CalcifiedStretch)> {
        self.hands.iter().flat_map(|hand| {
            hand.arteries
                .iter()
                .flat_map(move |artery| artery.calcified.iter().map(move |s| (hand, artery, s)))
        })
    }

    /// All calcified pixels of the image.
    #[must_use]
    pub fn calcification_mask(&self) -> Mask {
        self.hands.iter().map(HandTruth::calcification_mask).fold(Mask::empty(), |all, m| all.union(&m))
    }

    /// All masks with the names of the files they may become: `soft-tissue`, `bone/KEY`, `sesamoid/N`,
    /// `calcification/KEY`, `look-alike/N` and `defect/N`, N from 1; with several hands after `right/` or `left/`. Empty ones are
    /// left out.
    #[must_use]
    pub fn masks(&self) -> Vec<(String, Mask)> {
        let mut all = Vec::new();
        for hand in &self.hands {
            let before = if self.hands.len() > 1 { format!("{}/", hand.side.word()) } else { String::new() };
            let mut add = |name: String, mask: Mask| {
                if !mask.is_empty() {
                    all.push((format!("{before}{name}"), mask));
                }
            };
            add("soft-tissue".to_owned(), hand.soft_tissue.clone());
            for bone in &hand.bones {
                add(format!("bone/{}", bone.key), bone.mask.clone());
            }
            for (number, one) in (1..).zip(&hand.sesamoids) {
                add(format!("sesamoid/{number}"), one.mask.clone());
            }
            for artery in &hand.arteries {
                add(format!("calcification/{}", artery.key), artery.mask.clone());
            }
            for (number, one) in (1..).zip(&hand.look_alikes) {
                add(format!("look-alike/{number}"), one.mask.clone());
            }
            for (number, one) in (1..).zip(&hand.defects) {
                add(format!("defect/{number}"), one.removed.clone());
            }
        }
        all
    }

    /// One hand.
    #[must_use]
    pub fn hand(&self, side: HandSide) -> Option<&HandTruth> {
        self.hands.iter().find(|h| h.side == side)
    }

    /// As the JSON that lies beside an image.
    ///
    /// # Errors
    /// What `serde_json` says; none is known to occur.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self).map(|text| text + "\n")
    }
}

impl HandTruth {
    /// All calcified pixels of this hand.
    #[must_use]
    pub fn calcification_mask(&self) -> Mask {
        self.arteries.iter().fold(Mask::empty(), |all, artery| all.union(&artery.mask))
    }

    /// One artery.
    #[must_use]
    pub fn artery(&self, kind: ArteryKind) -> Option<&ArteryTruth> {
        self.arteries.iter().find(|a| a.artery == kind)
    }

    /// One bone.
    #[must_use]
    pub fn bone(&self, kind: BoneKind) -> Option<&BoneTruth> {
        self.bones.iter().find(|b| b.bone == kind)
    }
}

impl ArteryTruth {
    /// The longest calcified stretch: the one to show when one is to be shown.
    #[must_use]
    pub fn longest_stretch(&self) -> Option<&CalcifiedStretch> {
        self.calcified.iter().max_by(|a, b| (a.to_mm - a.from_mm).total_cmp(&(b.to_mm - b.from_mm)))
    }
}

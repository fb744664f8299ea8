//! What was measured of a region, one figure or one list of figures each, with its unit and its basis.
//!
//! Not here: measuring (`calx-measure`).
//!
//! Definitions
//! - A covered pixel has the weight of the part of it the region covers, 0 to 1.
//! - The percentile `q` is the smallest covered value that at least `q` % of the covered area do not exceed (numpy's
//!   `inverted_cdf` with weights). A sum within 1e-12 of that share has reached it.
//! - A histogram has bins of equal width; a value on an edge belongs to the bin above it, the largest value to the last
//!   bin (numpy). Whole numbers get a whole width and edges at halves; then there are at most 64 bins, else 64.
//! - A profile has its stations evenly along the course, its two ends included, at most one pixel apart; a value is
//!   interpolated between the centres of the four pixels round the station.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spacing::{AreaSize, Length, SpacingBasis};

/// What stored values are in when nothing calibrates them: CR, DX and whatever states no unit.
pub const STORED_UNITS: &str = "stored units";

/// What values are in that a rescale or a Modality LUT made, when nothing says of what they are.
pub const RESCALED_UNITS: &str = "rescaled units";

/// Whether numbers of that unit say something from one image to the next.
#[must_use]
pub fn is_comparable(unit: &str) -> bool {
    !matches!(unit, STORED_UNITS | RESCALED_UNITS)
}

/// A unit for people: `stored units, not comparable between images`.
#[must_use]
pub fn unit_words(unit: &str) -> String {
    if is_comparable(unit) { unit.to_owned() } else { format!("{unit}, not comparable between images") }
}

/// One value of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Percentile {
    /// Share of the covered area, 0 to 100.
    pub percent: f64,
    /// The smallest value that at least this share does not exceed.
    pub value: f64,
}

/// One figure about a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "quantity", deny_unknown_fields)]
pub enum Measurement {
    /// Size of an area.
    Area {
        /// With its basis.
        size: AreaSize,
    },
    /// Length round an area and its holes. A mask has none: its steps are no boundary.
    Perimeter {
        /// With its basis.
        length: Length,
    },
    /// Length of a path or line.
    Length {
        /// With its basis.
        length: Length,
    },
    /// Length-weighted mean width of a path.
    MeanWidth {
        /// With its basis.
        length: Length,
    },
    /// An angle in degrees.
    Angle {
        /// Degrees.
        degrees: f64,
        /// What the two directions were scaled by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basis: Option<SpacingBasis>,
        /// Without a basis: height of a pixel over its width; without this too pixels were taken for square.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pixel_aspect: Option<f64>,
    },
    /// Distance along the one axis of a region of time and depth (M-mode).
    Depth {
        /// With its basis.
        length: Length,
    },
    /// Time from one end of a line to the other in a region with a time axis.
    Duration {
        /// Seconds, positive.
        seconds: f64,
    },
    /// Time of a point, from the reference pixel of its region.
    Time {
        /// Seconds, later is larger.
        seconds: f64,
    },
    /// Velocity at a point, or at one end of a line, in a spectral region.
    Velocity {
        /// Centimetres a second, with the sign of the spectrum.
        cm_per_second: f64,
    },
    /// Difference of the velocities at the two ends of a line.
    VelocityChange {
        /// Centimetres a second: second end less first.
        cm_per_second: f64,
    },
    /// Statistics of modality values under the region, weighted by covered pixel area.
    Values {
        /// Covered pixels, parts counted as parts.
        pixels: f64,
        /// Mean.
        mean: f64,
        /// Standard deviation of the covered values (population).
        standard_deviation: f64,
        /// Smallest value touched.
        minimum: f64,
        /// Largest value touched.
        maximum: f64,
        /// What the values are: `stored units` or `rescaled units` on CR and DX, never HU there.
        unit: String,
    },
    /// Values at shares of the covered area.
    Percentiles {
        /// By rising share.
        at: Vec<Percentile>,
        /// As in [`Measurement::Values`].
        unit: String,
    },
    /// How much area the values between two edges cover.
    Histogram {
        /// Lower edge of the first bin.
        first_edge: f64,
        /// From edge to edge.
        bin_width: f64,
        /// Covered pixels of each bin.
        pixels: Vec<f64>,
        /// As in [`Measurement::Values`].
        unit: String,
    },
    /// Modality values along the centreline of a path, or along a line.
    Profile {
        /// From station to station along the course.
        step: Length,
        /// One value a station; none outside the image and where padding is near.
        values: Vec<Option<f64>>,
        /// As in [`Measurement::Values`].
        unit: String,
    },
}

impl Measurement {
    /// What its millimetres hold by, as printed: `mm at detector`, `px` without a scale; `None` for what has no length,
    /// area or angle.
    #[must_use]
    pub fn basis_label(&self) -> Option<&'static str> {
        let of_basis = |basis: &SpacingBasis| basis.label();
        match self {
            Self::Area { size: AreaSize::Mm2 { basis, .. } } => Some(of_basis(basis)),
            Self::Area { size: AreaSize::Px2 { .. } } => Some("px"),
            Self::Perimeter { length }
            | Self::Length { length }
            | Self::MeanWidth { length }
            | Self::Depth { length } => Some(match length {
                Length::Mm { basis, .. } => of_basis(basis),
                Length::Px { .. } => "px",
                Length::Columns { .. } => "px (columns)",
            }),
            Self::Angle { basis, .. } => Some(basis.as_ref().map_or("px", of_basis)),
            _ => None,
        }
    }

    /// Whether all of its numbers are finite, as JSON wants them.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        let of_length = |length: &Length| {
            let (Length::Mm { value, .. } | Length::Px { value } | Length::Columns { value }) = length;
            value.is_finite()
        };
        match self {
            Self::Area { size: AreaSize::Mm2 { value, .. } | AreaSize::Px2 { value } } => value.is_finite(),
            Self::Perimeter { length }
            | Self::Length { length }
            | Self::MeanWidth { length }
            | Self::Depth { length } => of_length(length),
            Self::Angle { degrees, .. } => degrees.is_finite(),
            Self::Duration { seconds } | Self::Time { seconds } => seconds.is_finite(),
            Self::Velocity { cm_per_second } | Self::VelocityChange { cm_per_second } => {
                cm_per_second.is_finite()
            }
            Self::Values { pixels, mean, standard_deviation, minimum, maximum, .. } => {
                [pixels, mean, standard_deviation, minimum, maximum].into_iter().all(|x| x.is_finite())
            }
            Self::Percentiles { at, .. } => at.iter().all(|p| p.value.is_finite()),
            Self::Histogram { first_edge, bin_width, pixels, .. } => {
                first_edge.is_finite() && bin_width.is_finite() && pixels.iter().all(|x| x.is_finite())
            }
            Self::Profile { step, values, .. } => {
                of_length(step) && values.iter().flatten().all(|x| x.is_finite())
            }
        }
    }
}

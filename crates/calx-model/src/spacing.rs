//! Millimetres on a projection image, and where they come from.
//!
//! A length without its basis is a guess, so there is no bare millimetre here: a value carries a
//! [`SpacingBasis`] and prints its label, or it is in pixels.
//!
//! Not here: reading the attributes and choosing the row of the rule (`calx-dicom`), summing up
//! shapes (`calx-measure`).
//!
//! Invariants
//! - A [`PixelSpacing`] is positive and finite in both directions; a read one is a length that pixels can have.
//!
//! Source: PS3.3 10.7, C.8.11.7, C.7.6.3.1.7.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ultrasound::RegionScale;

/// Which of the possible spacings a length rests on, first match first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SpacingBasis {
    /// A person drew a known length.
    User,
    /// PixelSpacing with PixelSpacingCalibrationType FIDUCIAL.
    Calibrated {
        /// PixelSpacingCalibrationDescription, when stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
    /// PixelSpacing with PixelSpacingCalibrationType GEOMETRY.
    Corrected {
        /// PixelSpacingCalibrationDescription, when stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
    /// ImagerPixelSpacing divided by the estimated magnification.
    Estimated,
    /// PixelSpacing that differs from ImagerPixelSpacing, without a calibration type.
    CalibratedMethodNotStated,
    /// ImagerPixelSpacing: true at the detector's surface only.
    Detector,
    /// PixelSpacing alone.
    Unspecified,
    /// PixelSpacing of a slice (CT, MR, PT): millimetres in the plane of the image, in the patient.
    ImagePlane,
    /// NominalScannedPixelSpacing.
    Film,
    /// A region of SequenceOfUltrasoundRegions.
    UltrasoundRegion,
}

impl SpacingBasis {
    /// What stands behind a number: `mm at detector`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::User => "mm (user)",
            Self::Calibrated { .. } => "mm (calibrated)",
            Self::Corrected { .. } => "mm (corrected)",
            Self::Estimated => "mm (estimated)",
            Self::CalibratedMethodNotStated => "mm (calibrated, method not stated)",
            Self::Detector => "mm at detector",
            Self::Unspecified => "mm (unspecified)",
            Self::ImagePlane => "mm in the image plane",
            Self::Film => "mm on film",
            Self::UltrasoundRegion => "mm (ultrasound region)",
        }
    }

    /// The same label for an area: `mm² at detector`.
    #[must_use]
    pub fn area_label(&self) -> String {
        self.label().replacen("mm", "mm²", 1)
    }

    /// The same label for an angle, which depends on the scale where rows and columns lie differently far apart:
    /// `° at detector`.
    #[must_use]
    pub fn angle_label(&self) -> String {
        self.label().replacen("mm", "°", 1)
    }

    /// The label with PixelSpacingCalibrationDescription: `mm (calibrated: Used fiducial)`. Words of the file: for
    /// whoever works with it, not for what leaves.
    #[must_use]
    pub fn label_with_description(&self) -> String {
        match (self.description(), self.label().strip_suffix(')')) {
            (Some(words), Some(label)) => format!("{label}: {})", words.trim()),
            _ => self.label().to_owned(),
        }
    }

    /// PixelSpacingCalibrationDescription, when stated.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        match self {
            Self::Calibrated { description } | Self::Corrected { description } => description.as_deref(),
            _ => None,
        }
    }
}

/// Millimetres between pixel centres, with their origin. Rows first, as DICOM writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PixelSpacing {
    /// Vertical distance between rows.
    pub between_rows_mm: f64,
    /// Horizontal distance between columns.
    pub between_columns_mm: f64,
    /// Where the numbers come from.
    pub basis: SpacingBasis,
    /// The calibrated part of an ultrasound picture in which a person drew the known length: the scale holds where
    /// parts measure as this one does. Without it it holds outside of all parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<RegionScale>,
}

impl PixelSpacing {
    /// Keeps a spacing only when both numbers are ones that pixels can have.
    #[must_use]
    pub fn checked(between_rows_mm: f64, between_columns_mm: f64, basis: SpacingBasis) -> Option<Self> {
        let fine = Self::is_plausible(between_rows_mm) && Self::is_plausible(between_columns_mm);
        fine.then_some(Self { between_rows_mm, between_columns_mm, basis, within: None })
    }

    /// Whether a pixel can be so many millimetres large: from one nanometre to ten metres. Beyond that a header is
    /// wrong, and areas would become infinite.
    #[must_use]
    pub fn is_plausible(mm: f64) -> bool {
        (1e-6..=1e4).contains(&mm)
    }
}

/// A length that says where it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "unit", deny_unknown_fields)]
pub enum Length {
    /// Millimetres.
    Mm {
        /// The number.
        value: f64,
        /// Where it holds.
        basis: SpacingBasis,
    },
    /// Image pixels: no spacing is known.
    Px {
        /// The number.
        value: f64,
    },
    /// Widths of an image pixel: no spacing is known, and pixels are not square.
    Columns {
        /// The number.
        value: f64,
    },
}

/// Rounds for people: at most one decimal from 10 on, two below.
fn readable(value: f64) -> String {
    if value.abs() >= 10.0 { format!("{value:.1}") } else { format!("{value:.2}") }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mm { value, basis } => write!(f, "{} {}", readable(*value), basis.label()),
            Self::Px { value } => write!(f, "{} px", readable(*value)),
            Self::Columns { value } => write!(f, "{} px (columns)", readable(*value)),
        }
    }
}

/// An area that says where it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "unit", deny_unknown_fields)]
pub enum AreaSize {
    /// Square millimetres: row times column spacing.
    Mm2 {
        /// The number.
        value: f64,
        /// Where it holds.
        basis: SpacingBasis,
    },
    /// Image pixels: no spacing is known.
    Px2 {
        /// The number.
        value: f64,
    },
}

impl fmt::Display for AreaSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mm2 { value, basis } => write!(f, "{} {}", readable(*value), basis.area_label()),
            Self::Px2 { value } if value.abs() < 10.0 => write!(f, "{} px²", readable(*value)),
            Self::Px2 { value } => write!(f, "{value:.0} px²"),
        }
    }
}

/// Mean and standard deviation for people: `mean 1023, SD 41`.
///
/// `decimals` are usual. Where one of the two is below 10, both have at least four significant digits: a map of
/// fractions would read `mean 0, SD 0` otherwise.
#[must_use]
pub fn mean_and_deviation(mean: f64, standard_deviation: f64, decimals: usize) -> String {
    let small = mean.abs() < 10.0 || standard_deviation.abs() < 10.0;
    let shown = |value: f64| {
        if small { four_digits(value, decimals) } else { format!("{value:.decimals$}") }
    };
    format!("mean {}, SD {}", shown(mean), shown(standard_deviation))
}

/// At least four significant digits, after rounding, and at least `decimals`.
fn four_digits(value: f64, decimals: usize) -> String {
    let scientific = format!("{value:.3e}");
    let exponent = scientific.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok()).unwrap_or(0);
    if value == 0.0 {
        // No digit of it is significant, and a sign says nothing.
        format!("{:.decimals$}", 0.0)
    } else if exponent < -4 {
        scientific
    } else {
        let needed = usize::try_from(3 - exponent).unwrap_or(0);
        format!("{value:.*}", needed.max(decimals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_of_fractions_keep_four_digits() {
        assert_eq!(mean_and_deviation(1023.4, 41.26, 0), "mean 1023, SD 41");
        assert_eq!(mean_and_deviation(1023.4, 41.26, 1), "mean 1023.4, SD 41.3");
        assert_eq!(mean_and_deviation(0.437_24, 0.031_25, 0), "mean 0.4372, SD 0.03125");
        assert_eq!(mean_and_deviation(-998.24, 8.123_4, 0), "mean -998.2, SD 8.123");
        assert_eq!(mean_and_deviation(123_456.7, 9.999_96, 1), "mean 123456.7, SD 10.00");
        assert_eq!(mean_and_deviation(-2.5e-7, 1.234e-4, 1), "mean -2.500e-7, SD 0.0001234");
        assert_eq!(mean_and_deviation(0.0, 0.0, 0), "mean 0, SD 0");
        assert_eq!(mean_and_deviation(-0.0, f64::NAN, 1), "mean 0.0, SD NaN");
    }

    #[test]
    fn a_length_prints_where_it_holds() {
        let length = Length::Mm { value: 12.42, basis: SpacingBasis::Detector };
        assert_eq!(length.to_string(), "12.4 mm at detector");
        assert_eq!(Length::Px { value: 83.44 }.to_string(), "83.4 px");
        assert_eq!(Length::Px { value: 2.4 }.to_string(), "2.40 px", "a fifth of a vessel's width");
        assert_eq!(Length::Columns { value: 31.62 }.to_string(), "31.6 px (columns)");
        assert_eq!(AreaSize::Px2 { value: 0.5 }.to_string(), "0.50 px²");
        let area = AreaSize::Mm2 { value: 4.126, basis: SpacingBasis::CalibratedMethodNotStated };
        assert_eq!(area.to_string(), "4.13 mm² (calibrated, method not stated)");
        let described = SpacingBasis::Calibrated { description: Some("Used fiducial ".to_owned()) };
        assert_eq!(described.label(), "mm (calibrated)");
        assert_eq!(described.label_with_description(), "mm (calibrated: Used fiducial)");
        assert_eq!(SpacingBasis::Detector.label_with_description(), "mm at detector");
        assert_eq!(SpacingBasis::Detector.angle_label(), "° at detector");
        for wrong in [0.0, -0.1, 1e-7, 1e5, 1e200, f64::NAN, f64::INFINITY] {
            assert_eq!(PixelSpacing::checked(wrong, 0.1, SpacingBasis::Detector), None);
            assert_eq!(PixelSpacing::checked(0.1, wrong, SpacingBasis::Detector), None);
        }
    }
}

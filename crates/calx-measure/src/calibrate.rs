//! The scale of an image, or of one calibrated part of it, from a length a person knows.
//!
//! Not here: the edit that keeps it (`calx-model`), what it means for a region ([`crate::size`]).
//!
//! Invariants
//! - Rows and columns keep the ratio that holds where the length lies: that of the part, else the header's spacing, else
//!   PixelAspectRatio. A known length says how large pixels are, not what shape they have.
//! - Both ends lie in one part of the picture whose axes are lengths, or both outside of all parts.

use calx_geometry::{GridPoint, GridRect};
use calx_model::{CaseImage, PixelSpacing, Shape, SpacingBasis};

use crate::size::spacing_of_part;
use crate::ultrasound::{Place, place_of};

/// A scale and what held before.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Millimetres of a pixel, with the part they hold in.
    pub scale: PixelSpacing,
    /// What counted there so far.
    pub before: Option<PixelSpacing>,
}

/// Why a length gives no scale.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrateError {
    /// An end is no point of the image.
    #[error(
        "a known length lies in its image, which is {columns} px wide and {rows} px high; the scale is unchanged"
    )]
    Outside {
        /// Width of the image.
        columns: u32,
        /// Height of the image.
        rows: u32,
    },
    /// The length is none.
    #[error("--mm is {0}, a known length is above 0; the scale is unchanged")]
    NoLength(f64),
    /// Both ends are the same.
    #[error("both ends are one point; the scale is unchanged")]
    OnePoint,
    /// It leaves a calibrated part of an ultrasound picture.
    #[error(
        "the length lies in several calibrated parts of the picture, or partly in one: it measures nothing; the scale is unchanged"
    )]
    Across,
    /// Its part counts time or velocity.
    #[error("the length lies in a part of the picture that counts time or velocity; the scale is unchanged")]
    NoSpace,
    /// The pixels would have a size that none has.
    #[error("no pixel has such a size; the scale is unchanged")]
    NoPixel,
}

/// The scale by which two points of an image are `mm` apart. `pixel_aspect`: height of a pixel over its width where
/// neither a part nor a spacing says it.
///
/// # Errors
/// [`CalibrateError`].
pub fn calibrate(
    image: &CaseImage,
    ends: [GridPoint; 2],
    mm: f64,
    pixel_aspect: f64,
) -> Result<Calibration, CalibrateError> {
    let bounds = GridRect::image(image.columns, image.rows);
    if ends.iter().any(|p| !bounds.contains_rect(&GridRect { min: *p, max: *p })) {
        return Err(CalibrateError::Outside { columns: image.columns, rows: image.rows });
    }
    if !(mm.is_finite() && mm > 0.0) {
        return Err(CalibrateError::NoLength(mm));
    }
    let d = ends[1].point() - ends[0].point();
    if d.length() <= 0.0 {
        return Err(CalibrateError::OnePoint);
    }
    let (before, within) = match place_of(&Shape::Line { ends }, &image.ultrasound_regions) {
        Place::Outside => (image.effective_spacing().cloned(), None),
        Place::Within(part) if part.is_spatial() => (spacing_of_part(image, part), Some(*part)),
        Place::Within(_) => return Err(CalibrateError::NoSpace),
        Place::Across => return Err(CalibrateError::Across),
    };
    // Of the header or the part: an earlier scale keeps its ratio anyway.
    let stated = match &within {
        Some(part) => spacing_of_part(&CaseImage { user_scale: None, ..image.clone() }, part),
        None => image.spacing.clone(),
    };
    let (rows, columns) = stated.map_or((pixel_aspect, 1.0), |s| (s.between_rows_mm, s.between_columns_mm));
    let length = libm::hypot(d.x * columns, d.y * rows);
    let scale = PixelSpacing::checked(rows * mm / length, columns * mm / length, SpacingBasis::User);
    let scale = scale.ok_or(CalibrateError::NoPixel)?;
    Ok(Calibration { scale: PixelSpacing { within, ..scale }, before })
}

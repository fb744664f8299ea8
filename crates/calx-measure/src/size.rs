//! Areas, lengths, widths and angles, in millimetres where a scale is known.
//!
//! Rows and columns may lie differently far apart, so a length is measured after each direction was
//! scaled, never scaled after it was measured; an angle likewise.
//!
//! Not here: values of pixels ([`crate::values`]), where a scale comes from (`calx-dicom`).
//!
//! Invariants
//! - No number is NaN or infinite; what cannot be said (an angle with an arm of no length) is left out.
//!
//! Source: PS3.3 10.7 (PixelSpacing, vertical first); an area is outline times row times column spacing.

use calx_geometry::{GridPoint, ImageSpace, Vector, VesselPath};
use calx_model::{AreaSize, CaseImage, Length, Measurement, PixelSpacing, Region, Shape};

use crate::values::{FrameValues, values_under};

/// Everything that can be said of a region in numbers: size first, values last.
///
/// - area, ellipse, rectangle, mask: `Area`; path: `Length` and `MeanWidth`; line: `Length`; angle:
///   `Angle`; arrow and point: nothing.
/// - Areas and paths also have `Values` when `frame` holds values of this image (grey, of its size, not all padding).
///
/// `image`: the image the region lies on, with the scale that counts. `frame`: the frame to take values from;
/// the caller chooses it among [`Region::frames`].
#[must_use]
pub fn measure_region(
    region: &Region,
    image: &CaseImage,
    frame: Option<FrameValues<'_>>,
) -> Vec<Measurement> {
    let scale = Scale::of(image.effective_spacing());
    let mut measurements = match &region.shape {
        Shape::Area(area) => vec![scale.area(area.area_px2())],
        Shape::Ellipse(ellipse) => vec![scale.area(ellipse.area_px2())],
        Shape::Rectangle(rectangle) => vec![scale.area(rectangle.area_px2())],
        Shape::Mask(mask) => vec![scale.area(whole(mask.count()))],
        Shape::Path(path) => vec![scale.path_length(path), scale.path_width(path)],
        Shape::Line { ends: [from, to] } => vec![scale.distance(*from, *to)],
        Shape::Angle { points } => scale.angle(points).into_iter().collect(),
        Shape::Arrow { .. } | Shape::Point { .. } => Vec::new(),
    };
    let is_of_image =
        |frame: &FrameValues<'_>| (frame.columns(), frame.rows()) == (image.columns, image.rows);
    measurements.extend(frame.filter(is_of_image).and_then(|frame| values_under(&region.shape, frame)));
    measurements
}

/// A mask has at most 65,535² pixels, far below 2^53.
#[allow(clippy::cast_precision_loss, reason = "below 2^53, as stated")]
fn whole(pixels: u64) -> f64 {
    pixels as f64
}

/// Millimetres a pixel down and to the right, or pixels.
struct Scale<'a> {
    spacing: Option<&'a PixelSpacing>,
    between_rows: f64,
    between_columns: f64,
}

impl<'a> Scale<'a> {
    fn of(spacing: Option<&'a PixelSpacing>) -> Self {
        // A case file can hold any numbers; a scale that is none is as if there were none.
        let fine = |x: f64| x.is_finite() && x > 0.0;
        let spacing = spacing.filter(|s| fine(s.between_rows_mm) && fine(s.between_columns_mm));
        let (between_rows, between_columns) =
            spacing.map_or((1.0, 1.0), |s| (s.between_rows_mm, s.between_columns_mm));
        Self { spacing, between_rows, between_columns }
    }

    fn vector(&self, from: GridPoint, to: GridPoint) -> Vector<ImageSpace> {
        let d = to.point() - from.point();
        Vector::new(d.x * self.between_columns, d.y * self.between_rows)
    }

    fn length(&self, value: f64) -> Length {
        match self.spacing {
            Some(spacing) => Length::Mm { value, basis: spacing.basis.clone() },
            None => Length::Px { value },
        }
    }

    fn area(&self, area_px2: f64) -> Measurement {
        let value = area_px2 * self.between_rows * self.between_columns;
        let size = match self.spacing {
            Some(spacing) => AreaSize::Mm2 { value, basis: spacing.basis.clone() },
            None => AreaSize::Px2 { value },
        };
        Measurement::Area { size }
    }

    fn distance(&self, from: GridPoint, to: GridPoint) -> Measurement {
        Measurement::Length { length: self.length(self.vector(from, to).length()) }
    }

    fn path_length(&self, path: &VesselPath) -> Measurement {
        Measurement::Length { length: self.length(path.length_mm(self.between_rows, self.between_columns)) }
    }

    /// Walls of a stretch are straight, so its area over its length is its mean width across the course,
    /// whatever the two directions are scaled by.
    fn path_width(&self, path: &VesselPath) -> Measurement {
        let area_px2 = path.mean_width_px() * path.length_px();
        let length = path.length_mm(self.between_rows, self.between_columns);
        let width = area_px2 * self.between_rows * self.between_columns / length;
        Measurement::MeanWidth { length: self.length(width) }
    }

    fn angle(&self, [first, apex, second]: &[GridPoint; 3]) -> Option<Measurement> {
        if first == apex || second == apex {
            return None;
        }
        let (a, b) = (self.vector(*apex, *first), self.vector(*apex, *second));
        Some(Measurement::Angle { degrees: a.cross(b).abs().atan2(a.dot(b)).to_degrees() })
    }
}

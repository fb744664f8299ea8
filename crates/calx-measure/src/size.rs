//! Areas, lengths, widths and angles, in millimetres where a scale is known.
//!
//! Rows and columns may lie differently far apart, so a length is measured after each direction was
//! scaled, never scaled after it was measured; an angle likewise.
//!
//! Not here: values of pixels ([`crate::values`]), where a scale comes from (`calx-dicom`), time and velocity
//! ([`crate::ultrasound`]).
//!
//! Invariants
//! - No number is NaN or infinite; what cannot be said (an angle with an arm of no length) is left out.
//! - A known length that a person drew in a calibrated part of an ultrasound picture holds in parts that measure as
//!   that one does, and nowhere else; one drawn outside of all parts holds there.
//! - Without millimetres the shape of a pixel still counts: an angle is that of the picture as drawn, a length is in
//!   widths of a column.
//!
//! Source: PS3.3 10.7 (PixelSpacing, vertical first); an area is outline times row times column spacing.

use calx_geometry::{ImageSpace, Point, Vector, VesselPath};
use calx_model::{
    AreaSize, CaseImage, Length, Measurement, PixelSpacing, Region, RegionScale, Shape, SpacingBasis,
};

use crate::profile::profile;
use crate::ultrasound::{Place, along_axes, place_of};
use crate::values::{FrameValues, values_under};

/// Everything that can be said of a region in numbers: size first, values last.
///
/// - area, ellipse, rectangle: `Area`, `Perimeter`; mask: `Area`; path: `Length` and `MeanWidth`; line: `Length`;
///   angle: `Angle`; arrow and point: nothing.
/// - in a calibrated part of an ultrasound picture by that part; where it has an axis of time or velocity a line gives
///   `Velocity`, `VelocityChange`, `Duration` or `Depth`, a point `Time` and `Velocity`.
/// - Areas and paths also have `Values`, `Percentiles` and a `Histogram` when `frame` holds values of this image (grey,
///   of its size, not all padding); paths and lines a `Profile`.
///
/// `image`: the image the region lies on, with the scale that counts. `frame`: the frame to take values from;
/// the caller chooses it among [`Region::frames`].
#[must_use]
pub fn measure_region(
    region: &Region,
    image: &CaseImage,
    frame: Option<FrameValues<'_>>,
) -> Vec<Measurement> {
    let shape = &region.shape;
    let in_pixels = || Scale::of(None, image.pixel_aspect);
    let (scale, along) = match place_of(shape, &image.ultrasound_regions) {
        Place::Outside => (Scale::of(image.effective_spacing(), image.pixel_aspect), None),
        Place::Within(part) if part.is_spatial() => {
            (Scale::of(spacing_of_part(image, part).as_ref(), image.pixel_aspect), None)
        }
        Place::Within(part) => (in_pixels(), along_axes(shape, part)),
        Place::Across => (in_pixels(), None),
    };
    let mut measurements = along.unwrap_or_else(|| sizes(shape, &scale));
    let is_of_image =
        |frame: &FrameValues<'_>| (frame.columns(), frame.rows()) == (image.columns, image.rows);
    if let Some(frame) = frame.filter(is_of_image) {
        measurements.extend(values_under(shape, frame));
        measurements.extend(match shape {
            Shape::Path(path) => profile(&path.points().collect::<Vec<_>>(), &scale, frame),
            Shape::Line { ends } => profile(&ends.map(|end| end.point()), &scale, frame),
            _ => None,
        });
    }
    measurements.retain(Measurement::is_finite);
    measurements
}

/// What a pixel measures in a part with two spatial axes: a length a person drew in such a part says more than the
/// machine. Centimetres become millimetres; which way they count does not matter for a length.
pub(crate) fn spacing_of_part(image: &CaseImage, part: &RegionScale) -> Option<PixelSpacing> {
    let drawn = image.user_scale.as_ref();
    let drawn = drawn.filter(|scale| scale.within.is_some_and(|within| within.measures_as(part)));
    let mm = |axis: f64| axis.abs() * 10.0;
    let stated = || {
        let basis = SpacingBasis::UltrasoundRegion;
        PixelSpacing::checked(mm(part.y.per_pixel), mm(part.x.per_pixel), basis)
    };
    drawn.cloned().or_else(stated)
}

fn sizes(shape: &Shape, scale: &Scale) -> Vec<Measurement> {
    let (rows, columns) = (scale.between_rows, scale.between_columns);
    let round =
        |area, perimeter| vec![scale.area(area), Measurement::Perimeter { length: scale.length(perimeter) }];
    match shape {
        Shape::Area(area) => round(area.area_px2(), area.perimeter_mm(rows, columns)),
        Shape::Ellipse(ellipse) => round(ellipse.area_px2(), ellipse.perimeter_mm(rows, columns)),
        Shape::Rectangle(rectangle) => round(rectangle.area_px2(), rectangle.perimeter_mm(rows, columns)),
        Shape::Mask(mask) => vec![scale.area(whole(mask.count()))],
        Shape::Path(path) => vec![scale.path_length(path), scale.path_width(path)],
        Shape::Line { ends: [from, to] } => {
            let value = scale.vector(from.point(), to.point()).length();
            vec![Measurement::Length { length: scale.length(value) }]
        }
        Shape::Angle { points } => scale.angle(points.map(|p| p.point())).into_iter().collect(),
        Shape::Arrow { .. } | Shape::Point { .. } => Vec::new(),
    }
}

/// A mask has at most 65,535² pixels, far below 2^53.
#[allow(clippy::cast_precision_loss, reason = "below 2^53, as stated")]
fn whole(pixels: u64) -> f64 {
    pixels as f64
}

/// Millimetres a pixel down and to the right, or pixels.
#[derive(Debug)]
pub(crate) struct Scale {
    basis: Option<SpacingBasis>,
    /// Without a basis, in widths of a column.
    between_rows: f64,
    between_columns: f64,
}

impl Scale {
    /// `pixel_aspect`: height of a pixel over its width where no spacing says it.
    fn of(spacing: Option<&PixelSpacing>, pixel_aspect: Option<f64>) -> Self {
        // A case file can hold any numbers; a scale that is none is as if there were none.
        let fine = PixelSpacing::is_plausible;
        let spacing = spacing.filter(|s| fine(s.between_rows_mm) && fine(s.between_columns_mm));
        // As it is drawn: nearly square pixels are, and so are those of a shape that no scanner makes.
        let not_square = |aspect: &f64| (0.0625..=16.0).contains(aspect) && (aspect - 1.0).abs() > 0.005;
        let aspect = pixel_aspect.filter(not_square).unwrap_or(1.0);
        let (between_rows, between_columns) =
            spacing.map_or((aspect, 1.0), |s| (s.between_rows_mm, s.between_columns_mm));
        Self { basis: spacing.map(|s| s.basis.clone()), between_rows, between_columns }
    }

    /// Height of a pixel over its width where no millimetres are known, unless it is square.
    #[allow(clippy::float_cmp, reason = "1 is what square pixels were given")]
    fn pixel_aspect(&self) -> Option<f64> {
        (self.basis.is_none() && self.between_rows != 1.0).then_some(self.between_rows)
    }

    pub(crate) fn vector(&self, from: Point<ImageSpace>, to: Point<ImageSpace>) -> Vector<ImageSpace> {
        let d = to - from;
        Vector::new(d.x * self.between_columns, d.y * self.between_rows)
    }

    pub(crate) fn length(&self, value: f64) -> Length {
        match &self.basis {
            Some(basis) => Length::Mm { value, basis: basis.clone() },
            None if self.pixel_aspect().is_some() => Length::Columns { value },
            None => Length::Px { value },
        }
    }

    fn area(&self, area_px2: f64) -> Measurement {
        let value = area_px2 * self.between_rows * self.between_columns;
        let size = match &self.basis {
            Some(basis) => AreaSize::Mm2 { value, basis: basis.clone() },
            // A number of pixels, whatever their shape.
            None => AreaSize::Px2 { value: area_px2 },
        };
        Measurement::Area { size }
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

    fn angle(&self, [first, apex, second]: [Point<ImageSpace>; 3]) -> Option<Measurement> {
        let (a, b) = (self.vector(apex, first), self.vector(apex, second));
        if a.length() <= 0.0 || b.length() <= 0.0 {
            return None;
        }
        let degrees = libm::atan2(a.cross(b).abs(), a.dot(b)).to_degrees();
        let (basis, pixel_aspect) = (self.basis.clone(), self.pixel_aspect());
        Some(Measurement::Angle { degrees, basis, pixel_aspect })
    }
}

//! Statistics of the pixels under a region, each weighted with the part of it that is covered.
//!
//! Not here: windows and colours; what is measured is the modality value of the stored value.
//!
//! Invariants
//! - A pixel cut in half counts half; padding counts nothing, nor does what is no finite number.
//! - The unit is `HU` for CT with a rescale only. CR and DX have no calibrated unit, whatever their
//!   RescaleSlope says (PS3.3 C.8.11.3: RescaleType is US).
//!
//! Source: PS3.3 C.11.1 (modality LUT), C.7.5.1.1.2 (padding).

use calx_geometry::{Area, GridPoint, ImageSpace, Outline, PixelBox, Point, Rasteriser, VesselPath};
use calx_model::{DisplayAttributes, Frame, Measurement, ModalityLut, Padding, Shape};

/// How far the polygon that stands for an ellipse may lie from it: one step of the grid.
const ELLIPSE_ERROR_PX: f64 = 1.0 / 256.0;

/// A frame with what its file says of its values.
#[derive(Debug, Clone, Copy)]
pub struct FrameValues<'a> {
    /// Stored values.
    pub frame: &'a Frame,
    /// Stored to modality values.
    pub modality_lut: &'a ModalityLut,
    /// Background values, left out.
    pub padding: Option<Padding>,
    /// Modality (0008,0060).
    pub modality: &'a str,
}

impl<'a> FrameValues<'a> {
    /// A frame with the display attributes of its file.
    ///
    /// `None` when values mean no amount: colour, and the indices of a PALETTE COLOR image.
    #[must_use]
    pub fn new(frame: &'a Frame, attributes: &'a DisplayAttributes) -> Option<Self> {
        let is_grey = attributes.photometric_interpretation.is_monochrome() && !frame.samples().is_colour();
        is_grey.then_some(Self {
            frame,
            modality_lut: &attributes.modality_lut,
            padding: attributes.padding,
            modality: &attributes.modality,
        })
    }

    pub(crate) fn columns(&self) -> u32 {
        self.frame.columns()
    }

    pub(crate) fn rows(&self) -> u32 {
        self.frame.rows()
    }

    /// The modality value of a pixel inside the frame; `None` for padding, colour, NaN and infinities.
    fn value(&self, column: u32, row: u32) -> Option<f64> {
        let index = u64::from(row) * u64::from(self.columns()) + u64::from(column);
        let stored = self.frame.samples().value(usize::try_from(index).ok()?)?;
        if self.padding.is_some_and(|padding| padding.contains(stored)) {
            return None;
        }
        let value = self.modality_lut.apply(stored);
        value.is_finite().then_some(value)
    }

    fn unit(&self) -> &'static str {
        let is_calibrated = self.modality.trim() == "CT" && *self.modality_lut != ModalityLut::Identity;
        if is_calibrated { "HU" } else { "stored units" }
    }
}

/// The values under a shape; `None` for shapes that cover nothing, and when nothing but padding is covered.
pub(crate) fn values_under(shape: &Shape, frame: FrameValues<'_>) -> Option<Measurement> {
    let mut statistics = Statistics::default();
    if let Shape::Mask(mask) = shape {
        for (row, columns) in mask.spans() {
            for column in columns {
                statistics.take(frame, column, row, 1.0);
            }
        }
    } else {
        let mut rasteriser = Rasteriser::new();
        add_rings(shape, &mut rasteriser);
        rasteriser.rows(PixelBox::image(frame.columns(), frame.rows()), |row, first, fractions| {
            for (column, fraction) in (first..).zip(fractions) {
                if *fraction > 0.0 {
                    statistics.take(frame, column, row, *fraction);
                }
            }
        });
    }
    statistics.measurement(frame.unit())
}

fn add_rings(shape: &Shape, rasteriser: &mut Rasteriser) {
    match shape {
        Shape::Area(area) => add_area(area, rasteriser),
        Shape::Ellipse(ellipse) => rasteriser.add_ring(ellipse.polygon(ELLIPSE_ERROR_PX)),
        Shape::Rectangle(rectangle) => rasteriser.add_ring(rectangle.polygon()),
        Shape::Path(path) => add_path(path, rasteriser),
        Shape::Line { .. }
        | Shape::Angle { .. }
        | Shape::Arrow { .. }
        | Shape::Point { .. }
        | Shape::Mask(_) => {}
    }
}

fn add_area(area: &Area, rasteriser: &mut Rasteriser) {
    for ring in area.rings() {
        rasteriser.add_ring(ring.points());
    }
}

/// The pieces of a path that bends overlap, and overlapping rings add up in pixels they cut. So they are
/// united first, on the grid; a path of one stretch is taken as it is.
fn add_path(path: &VesselPath, rasteriser: &mut Rasteriser) {
    let rings = path.outline();
    if path.vertices().len() > 2
        && let Some(whole) = united(&rings)
    {
        add_area(&whole, rasteriser);
        return;
    }
    for ring in rings {
        rasteriser.add_ring(ring);
    }
}

fn united(rings: &[Vec<Point<ImageSpace>>]) -> Option<Area> {
    let mut pieces = Vec::with_capacity(rings.len());
    for ring in rings {
        let snapped: Vec<GridPoint> =
            ring.iter().map(|point| GridPoint::snap(*point)).collect::<Result<_, _>>().ok()?;
        // A wedge thinner than a grid step encloses nothing.
        if let Ok(outline) = Outline::new(snapped) {
            pieces.push(Area::from_outline(outline));
        }
    }
    Area::union(&pieces.iter().collect::<Vec<_>>()).ok()
}

/// Mean and spread in one pass (West's update), so that large values lose no digits.
#[derive(Debug, Default)]
struct Statistics {
    pixels: f64,
    mean: f64,
    squares: f64,
    ends: Option<(f64, f64)>,
}

impl Statistics {
    fn take(&mut self, frame: FrameValues<'_>, column: u32, row: u32, weight: f64) {
        let Some(value) = frame.value(column, row) else { return };
        self.pixels += weight;
        let off = value - self.mean;
        self.mean += off * (weight / self.pixels);
        self.squares += weight * off * (value - self.mean);
        let (low, high) = self.ends.unwrap_or((value, value));
        self.ends = Some((low.min(value), high.max(value)));
    }

    fn measurement(&self, unit: &str) -> Option<Measurement> {
        let (minimum, maximum) = self.ends?;
        Some(Measurement::Values {
            pixels: self.pixels,
            mean: self.mean,
            standard_deviation: (self.squares / self.pixels).max(0.0).sqrt(),
            minimum,
            maximum,
            unit: unit.to_owned(),
        })
    }
}

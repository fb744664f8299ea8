//! Statistics of the pixels under a region, each weighted with the part of it that is covered.
//!
//! Not here: windows and colours; what is measured is the modality value of the stored value.
//!
//! Invariants
//! - A pixel cut in half counts half; padding counts nothing, nor does what is no finite number.
//! - Cover is exact: no polygon stands for an ellipse, a path that bends counts once and is not rounded to the grid.
//! - The unit is `HU` for CT with a rescale only, and only when no other RescaleType is stated. CR and DX have no
//!   calibrated unit, whatever their RescaleSlope says (PS3.3 C.8.11.3: RescaleType is US).
//! - `stored units` are stored values: what a rescale that changes them or a table made is `rescaled units`, with the RescaleType where
//!   it is a defined term that names something.
//!
//! Source: PS3.3 C.11.1 (modality LUT), C.7.5.1.1.2 (padding).

use calx_geometry::{PixelBox, Rasteriser, union_rows};
use calx_model::{
    DisplayAttributes, Frame, Measurement, ModalityLut, Padding, RESCALED_UNITS, STORED_UNITS, Shape,
};

use crate::distribution::Collector;

/// Defined terms of RescaleType that name a quantity (PS3.3 C.11.1.1.2). Other words of a file are not repeated.
const NAMED_TYPES: [&str; 8] = ["OD", "HU", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"];

/// A frame with what its file says of its values.
#[derive(Debug, Clone, Copy)]
pub struct FrameValues<'a> {
    /// Stored values.
    pub frame: &'a Frame,
    /// Stored to modality values.
    pub modality_lut: &'a ModalityLut,
    /// Background values, left out.
    pub padding: Option<Padding>,
    /// RescaleType (0028,1054) or ModalityLUTType (0028,3004), when stated.
    pub rescale_type: Option<&'a str>,
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
            rescale_type: attributes.rescale_type.as_deref(),
            modality: &attributes.modality,
        })
    }

    pub(crate) fn columns(&self) -> u32 {
        self.frame.columns()
    }

    pub(crate) fn rows(&self) -> u32 {
        self.frame.rows()
    }

    /// The stored value of a pixel inside the frame; `None` for colour.
    fn stored(&self, column: u32, row: u32) -> Option<f64> {
        self.frame.samples().value(self.index(column, row)?)
    }

    fn index(&self, column: u32, row: u32) -> Option<usize> {
        usize::try_from(u64::from(row) * u64::from(self.columns()) + u64::from(column)).ok()
    }

    /// The modality value of a pixel inside the frame; `None` for padding, colour, NaN and infinities.
    pub(crate) fn value(&self, column: u32, row: u32) -> Option<f64> {
        self.modality_value(self.stored(column, row)?)
    }

    /// The modality value of a stored value; `None` for padding, NaN and infinities.
    fn modality_value(&self, stored: f64) -> Option<f64> {
        if self.padding.is_some_and(|padding| padding.contains(stored)) {
            return None;
        }
        let value = self.modality_lut.apply(stored);
        value.is_finite().then_some(value)
    }

    /// What the values are in.
    pub(crate) fn unit(&self) -> String {
        let stated = self.rescale_type.map(str::trim).filter(|stated| !stated.is_empty());
        if *self.modality_lut == ModalityLut::Identity {
            return STORED_UNITS.to_owned();
        }
        // A slope of 1 and an intercept of 0, as nearly every radiograph states, leave the stored values as they are.
        let is_unchanged = matches!(*self.modality_lut, ModalityLut::Rescale { slope: 1.0, intercept: 0.0 });
        match (self.modality.trim(), stated) {
            ("CT", None | Some("HU")) => "HU".to_owned(),
            (_, None | Some("US")) | ("CR" | "DX", _) if is_unchanged => STORED_UNITS.to_owned(),
            ("CR" | "DX", _) => RESCALED_UNITS.to_owned(),
            (_, Some(term)) if NAMED_TYPES.contains(&term) => format!("{RESCALED_UNITS} ({term})"),
            _ => RESCALED_UNITS.to_owned(),
        }
    }
}

/// Statistics, percentiles and histogram of the values under a shape; nothing for shapes that cover nothing, and when
/// nothing but padding is covered.
pub(crate) fn values_under(shape: &Shape, frame: FrameValues<'_>) -> Vec<Measurement> {
    let mut collector = Collector::default();
    let mut take_row = |row: u32, first: u32, fractions: &[f64]| {
        if let Some(index) = frame.index(first, row) {
            collector.take_samples(frame.frame.samples(), index, fractions);
        }
    };
    let image = PixelBox::image(frame.columns(), frame.rows());
    match shape {
        Shape::Mask(mask) => {
            let mut whole = Vec::new();
            for (row, columns) in mask.spans() {
                whole.resize(columns.len().max(whole.len()), 1.0);
                take_row(row, columns.start, whole.get(..columns.len()).unwrap_or_default());
            }
        }
        Shape::Area(area) => {
            let mut rasteriser = Rasteriser::new();
            area.rings().for_each(|ring| rasteriser.add_ring(ring.points()));
            rasteriser.rows(image, take_row);
        }
        Shape::Rectangle(rectangle) => {
            let mut rasteriser = Rasteriser::new();
            rasteriser.add_ring(rectangle.polygon());
            rasteriser.rows(image, take_row);
        }
        Shape::Ellipse(ellipse) => ellipse.cover_rows(image, take_row),
        // Its pieces overlap where it bends.
        Shape::Path(path) => union_rows(&path.outline(), image, take_row),
        Shape::Line { .. } | Shape::Angle { .. } | Shape::Arrow { .. } | Shape::Point { .. } => {}
    }
    let distribution = collector.finish(|stored| frame.modality_value(stored));
    distribution.map(|found| found.measurements(&frame.unit())).unwrap_or_default()
}

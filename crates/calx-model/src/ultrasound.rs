//! The calibrated parts of an ultrasound picture, as measuring needs them.
//!
//! Not here: reading SequenceOfUltrasoundRegions (`calx-dicom`), measuring (`calx-measure`).
//!
//! Invariants
//! - Corners are pixels of the image counted from 0, both inclusive; an axis that is calibrated has a finite step that is
//!   not 0. It may be negative: then the quantity falls along the rows or columns.
//!
//! Source: PS3.3 C.8.5.5.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one axis of a region counts (Physical Units X and Y Direction (0018,6024/6026)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AxisUnit {
    /// Centimetres of tissue.
    Cm,
    /// Seconds.
    Seconds,
    /// Centimetres a second.
    CmPerSecond,
    /// Anything else: percent, decibel, hertz, none.
    Other,
}

/// One axis of a region.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionAxis {
    /// What it counts.
    pub unit: AxisUnit,
    /// How much from one pixel to the next, with its sign.
    pub per_pixel: f64,
    /// The pixel with a known value, counted from the region's first corner; it may lie outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_pixel: Option<i32>,
    /// The value there.
    #[serde(default)]
    pub reference_value: f64,
}

/// One calibrated part of an image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionScale {
    /// First column.
    pub min_x: u32,
    /// First row.
    pub min_y: u32,
    /// Last column, which belongs to it.
    pub max_x: u32,
    /// Last row, which belongs to it.
    pub max_y: u32,
    /// Along the rows, from left to right.
    pub x: RegionAxis,
    /// Along the columns, downwards.
    pub y: RegionAxis,
    /// Where regions overlap, the pixels are those of one without this (Region Flags (0018,6016), bit 0).
    ///
    /// Cases were written with the same bit under the name `on_top`, which it does not mean.
    #[serde(default, alias = "on_top")]
    pub low_priority: bool,
}

impl RegionScale {
    /// Whether both axes are lengths in tissue, so that lengths, areas and angles can be measured.
    #[must_use]
    pub fn is_spatial(&self) -> bool {
        self.x.unit == AxisUnit::Cm && self.y.unit == AxisUnit::Cm
    }

    /// Height of a pixel over its width, where all spatial regions of a picture agree in it.
    #[must_use]
    pub fn shared_aspect(regions: &[Self]) -> Option<f64> {
        let mut aspects =
            regions.iter().filter(|r| r.is_spatial()).map(|r| (r.y.per_pixel / r.x.per_pixel).abs());
        let first = aspects.next().filter(|aspect| aspect.is_finite() && *aspect > 0.0)?;
        aspects.all(|other| (other / first - 1.0).abs() <= 1e-3).then_some(first)
    }

    /// Whether two regions measure alike, wherever they lie.
    #[must_use]
    pub fn measures_as(&self, other: &Self) -> bool {
        if self.is_spatial() && other.is_spatial() {
            let same = |a: f64, b: f64| (a.abs() - b.abs()).abs() <= 1e-9 * a.abs();
            return same(self.x.per_pixel, other.x.per_pixel) && same(self.y.per_pixel, other.y.per_pixel);
        }
        (self.min_x, self.min_y, self.x, self.y) == (other.min_x, other.min_y, other.x, other.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_one_shape_of_pixel_say_it_and_others_do_not() {
        let axis =
            |unit, per_pixel| RegionAxis { unit, per_pixel, reference_pixel: None, reference_value: 0.0 };
        let of = |x: f64, y: f64, unit| RegionScale {
            min_x: 0,
            min_y: 0,
            max_x: 9,
            max_y: 9,
            x: axis(unit, x),
            y: axis(AxisUnit::Cm, y),
            low_priority: false,
        };
        let (tall, deep) = (of(0.02, -0.04, AxisUnit::Cm), of(0.04, 0.08, AxisUnit::Cm));
        let m_mode = of(0.01, 0.03, AxisUnit::Seconds);
        assert_eq!(RegionScale::shared_aspect(&[tall, m_mode, deep]), Some(2.0));
        assert_eq!(RegionScale::shared_aspect(&[tall, of(0.02, 0.02, AxisUnit::Cm)]), None);
        assert_eq!(RegionScale::shared_aspect(&[m_mode]), None);
    }

    #[test]
    fn a_case_that_named_the_bit_on_top_is_read_as_what_it_means() {
        let axis = r#"{"unit":"cm","per_pixel":0.02}"#;
        let read = |more: &str| {
            let text = format!(r#"{{"min_x":0,"min_y":0,"max_x":9,"max_y":9,"x":{axis},"y":{axis}{more}}}"#);
            serde_json::from_str::<RegionScale>(&text).unwrap()
        };
        assert!(read(r#","on_top":true"#).low_priority, "bit 0 was set, which is low priority");
        assert!(!read(r#","on_top":false"#).low_priority && !read("").low_priority);
        let written = serde_json::to_string(&read(r#","on_top":true"#)).unwrap();
        assert!(written.ends_with(r#""low_priority":true}"#), "{written}");
    }
}

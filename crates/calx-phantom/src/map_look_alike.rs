//! Look-alikes on the maps.
//!
//! Not here: their shapes ([`crate::look_alikes`]).
//!
//! Invariants
//! - Maps of metal and dust stay empty as long as there is neither.

use crate::look_alikes::{Feature, Shape};
use crate::maps::{Hand, Maps, each, window};
use crate::number::single;

/// The share of its signal from which on a grain of dust covers a pixel in the truth.
pub(crate) const DUST_SHOWS: f64 = 0.33;

impl Maps {
    pub(crate) fn add_look_alike(&mut self, hand: &Hand, feature: &Feature) {
        let (columns, rows, placement) = (self.columns, self.rows, hand.placement);
        let body = &self.body;
        for shape in &feature.shapes {
            let (map, greatest) = match shape {
                Shape::Stone { .. } | Shape::Clump { .. } => (&mut self.calcium, f32::MAX),
                // the skeleton draws its bones itself
                Shape::Bone { .. } => continue,
                Shape::Dust { .. } => (&mut self.dust, 1.0),
                Shape::Band { .. } => (&mut self.metal, f32::MAX),
            };
            if map.is_empty() {
                map.resize(columns * rows, 0.0);
            }
            let is_mineral = matches!(shape, Shape::Stone { .. } | Shape::Clump { .. });
            each(columns, window(columns, rows, hand, shape.bounds()), placement, |p, i| {
                // an ulcer has taken what lay in its tissue
                if is_mineral && body.get(i).is_none_or(|body| *body <= 0.0) {
                    return;
                }
                if let Some(value) = map.get_mut(i) {
                    *value = (*value + single(shape.amount(p, placement.pixel_mm()))).min(greatest);
                }
            });
        }
    }
}

/// Calls `draw(index)` for every pixel whose centre lies under a feature.
pub(crate) fn for_each_under(
    columns: usize,
    rows: usize,
    hand: &Hand,
    feature: &Feature,
    mut draw: impl FnMut(usize),
) {
    let placement = hand.placement;
    for shape in &feature.shapes {
        each(columns, window(columns, rows, hand, shape.bounds()), placement, |p, i| {
            if shape.amount(p, placement.pixel_mm()) >= shape.least() {
                draw(i);
            }
        });
    }
}

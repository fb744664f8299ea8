//! The truth of what is no artery, written from its geometry.
//!
//! Not here: its shapes ([`crate::look_alikes`]).
//!
//! Invariants
//! - What lies wholly outside the exposed field is not told.

use calx_geometry::Mask;

use crate::error::PhantomError;
use crate::facts::{Field, holds_centre, mask};
use crate::look_alikes::Feature;
use crate::map_look_alike::for_each_under;
use crate::maps::Hand;
use crate::options::LookAlike;
use crate::radiograph::Radiograph;
use crate::truth::LookAlikeTruth;

pub(crate) fn look_alike(
    picture: &Radiograph,
    field: Field,
    hand: &Hand,
    feature: &Feature,
    lost: &Mask,
) -> Result<Option<LookAlikeTruth>, PhantomError> {
    let (columns, rows) = (usize::from(picture.columns), usize::from(picture.rows));
    let mut under = Vec::new();
    for_each_under(columns, rows, hand, feature, |i| {
        if holds_centre(field, i, columns) {
            under.push(i);
        }
    });
    under.sort_unstable();
    under.dedup();
    let mut mask = mask("a look-alike", picture, under.into_iter())?;
    if matches!(feature.kind, LookAlike::Phlebolith | LookAlike::Calcinosis) {
        mask = mask.subtract(lost);
    }
    Ok((!mask.is_empty()).then_some(LookAlikeTruth { kind: feature.kind, digit: feature.digit, mask }))
}

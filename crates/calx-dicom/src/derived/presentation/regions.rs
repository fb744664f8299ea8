//! Graphics of presentation states of others as regions.
//!
//! Not here: drawing a state (`calx-render`), its window.
//!
//! Invariants
//! - Every graphic becomes a region or is told of. Words go to the graphic beside them, or become an arrow to what they
//!   speak of, or are told of.
//!
//! Source: PS3.3 C.10.5.

use std::collections::BTreeMap;

use calx_model::presentation_state::{
    Annotation, Graphic, GraphicKind, GraphicPoint, GraphicUnits, StateImage,
};
use calx_model::{PresentationState, Shape, SopInstanceUid};

use crate::derived::content;
use crate::derived::foreign_region::{ForeignRegion, Place, shape_of};
use crate::notice::{Notice, Read};

/// What a state draws.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Graphics {
    pub(crate) regions: Vec<ForeignRegion>,
    /// Graphics and words that are no regions: why, and how many.
    pub(crate) left_out: BTreeMap<String, usize>,
}

/// The regions that a state draws on the images it lists.
#[must_use]
pub fn regions_of_state(state: &PresentationState) -> Read<Vec<ForeignRegion>> {
    let Graphics { regions: value, left_out } = graphics_of(state);
    let mut notices: Vec<Notice> =
        left_out.iter().map(|(why, count)| Notice::new(format!("left out, {count}: {why}"))).collect();
    if value.is_empty() && notices.is_empty() {
        notices.push(Notice::new(NO_GRAPHICS));
    }
    Read { value, notices }
}

/// What a state draws, and what of that is no region.
pub(crate) fn graphics_of(state: &PresentationState) -> Graphics {
    let mut found = Graphics { regions: Vec::new(), left_out: BTreeMap::new() };
    for annotation in &state.annotations {
        let images: &[StateImage] = annotation.images.as_deref().unwrap_or(&state.images);
        for image in
            images.iter().filter(|image| state.images.iter().any(|own| own.instance == image.instance))
        {
            regions_on(state, &annotation.value, image, &mut found);
        }
    }
    found
}

fn regions_on(
    state: &PresentationState,
    annotation: &Annotation,
    image: &StateImage,
    Graphics { regions, left_out }: &mut Graphics,
) {
    let mut leave_out = |why: String| *left_out.entry(why).or_default() += 1;
    let place = |point: &GraphicPoint| place(state, image, *point);
    // Words belong to a graphic where there is one of each.
    let words_of_one = match (annotation.graphics.as_slice(), annotation.texts.as_slice()) {
        ([_], [text]) => Some(text.text.trim().to_owned()),
        _ => None,
    };
    let region = |place: Place, label: &str| ForeignRegion {
        label: label.to_owned(),
        ..ForeignRegion::new(image.instance.clone(), image.frames.clone(), place)
    };
    for graphic in &annotation.graphics {
        let Some(points) = graphic.points.iter().map(place).collect::<Option<Vec<[f64; 2]>>>() else {
            leave_out(NO_PLACE.to_owned());
            continue;
        };
        match shape_of(kind_of(graphic), &points) {
            Ok(mut found) => {
                if graphic.kind == GraphicKind::Interpolated {
                    let text = "a curve runs through its points, straight lines were taken";
                    found.notices.push(text.to_owned());
                }
                regions.push(region(found, words_of_one.as_deref().unwrap_or(&annotation.layer)));
            }
            Err(why) => leave_out(why),
        }
    }
    if words_of_one.is_some() {
        return;
    }
    for text in &annotation.texts {
        let words = text.text.trim();
        let head = text.anchor.and_then(|(anchor, _)| place(&anchor));
        let tail = text.bounds.and_then(|[corner, _]| place(&corner)).or(head);
        let ends = head.zip(tail).map(|(head, tail)| shape_of(content::Graphic::Polyline, &[tail, head]));
        match ends {
            Some(Ok(Place { shape: Shape::Line { ends: [tail, head] }, moved_px, notices })) => {
                let shape = Shape::Arrow { head, tail, text: words.to_owned() };
                regions.push(region(Place { shape, moved_px, notices }, words));
            }
            _ => leave_out("words that lead to no place of the image".to_owned()),
        }
    }
}

const NO_PLACE: &str = "it counts fractions of a displayed area that is not stated";
/// What is said of a state without graphics.
pub(crate) const NO_GRAPHICS: &str =
    "the presentation state has no graphics: it changes the grey only, there is no region";

fn kind_of(graphic: &Graphic) -> content::Graphic {
    match graphic.kind {
        GraphicKind::Point => content::Graphic::Point,
        GraphicKind::Polyline | GraphicKind::Interpolated => content::Graphic::Polyline,
        GraphicKind::Circle => content::Graphic::Circle,
        GraphicKind::Ellipse => content::Graphic::Ellipse,
    }
}

/// Where a point lies on the image. Fractions count over the displayed area as it is shown: they are turned back.
fn place(state: &PresentationState, image: &StateImage, point: GraphicPoint) -> Option<[f64; 2]> {
    if point.units == GraphicUnits::Pixel {
        return Some([point.x, point.y]);
    }
    let frame = image.frames.first().copied().unwrap_or(1);
    let instance: &SopInstanceUid = &image.instance;
    let [left, top, right, bottom] = state.area_for(instance, frame)?.edges;
    let (mut x, mut y) = (point.x, point.y);
    if state.flip_horizontal {
        x = 1.0 - x;
    }
    for _ in 0..state.quarter_turns % 4 {
        (x, y) = (y, 1.0 - x);
    }
    Some([left + x * (right - left), top + y * (bottom - top)])
}

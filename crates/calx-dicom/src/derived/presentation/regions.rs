//! Graphics of presentation states of others as regions.
//!
//! Not here: drawing a state (`calx-render`), its window.
//!
//! Invariants
//! - Every graphic becomes a region or is told of. Words go to the graphic beside them, or become an arrow to what they
//!   speak of, or are told of.
//!
//! Source: PS3.3 C.10.5.

use calx_model::presentation_state::{
    Annotation, Graphic, GraphicKind, GraphicPoint, GraphicUnits, StateImage,
};
use calx_model::{PresentationState, Shape, SopInstanceUid};

use crate::derived::content;
use crate::derived::foreign_region::{ForeignRegion, shape_of};
use crate::notice::{Notice, Read};

/// The regions that a state draws on the images it lists.
#[must_use]
pub fn regions_of_state(state: &PresentationState) -> Read<Vec<ForeignRegion>> {
    let (mut value, mut notices) = (Vec::new(), Vec::new());
    for annotation in &state.annotations {
        let images: &[StateImage] = annotation.images.as_deref().unwrap_or(&state.images);
        for image in
            images.iter().filter(|image| state.images.iter().any(|own| own.instance == image.instance))
        {
            regions_on(state, &annotation.value, image, &mut value, &mut notices);
        }
    }
    if value.is_empty() && notices.is_empty() {
        notices.push(Notice::new(
            "the presentation state has no graphics: it changes the grey only, there is no region",
        ));
    }
    let mut told = std::collections::BTreeSet::new();
    notices.retain(|notice: &Notice| told.insert(notice.text.clone()));
    Read { value, notices }
}

fn regions_on(
    state: &PresentationState,
    annotation: &Annotation,
    image: &StateImage,
    regions: &mut Vec<ForeignRegion>,
    notices: &mut Vec<Notice>,
) {
    let place = |point: &GraphicPoint| place(state, image, *point);
    // Words belong to a graphic where there is one of each.
    let words_of_one = match (annotation.graphics.as_slice(), annotation.texts.as_slice()) {
        ([_], [text]) => Some(text.text.trim().to_owned()),
        _ => None,
    };
    let region = |shape: Shape, label: &str, notices: Vec<String>| ForeignRegion {
        source: image.instance.clone(),
        frames: image.frames.clone(),
        shape,
        label: label.to_owned(),
        code: None,
        sites: Vec::new(),
        tracking_uid: None,
        notices,
    };
    for graphic in &annotation.graphics {
        let Some(points) = graphic.points.iter().map(place).collect::<Option<Vec<[f64; 2]>>>() else {
            notices.push(Notice::new(NO_PLACE));
            continue;
        };
        match shape_of(kind_of(graphic), &points) {
            Ok((shape, mut told)) => {
                if graphic.kind == GraphicKind::Interpolated {
                    told.push("a curve runs through its points, straight lines were taken".to_owned());
                }
                regions.push(region(shape, words_of_one.as_deref().unwrap_or(&annotation.layer), told));
            }
            Err(why) => notices.push(Notice::new(format!("a graphic was left out: {why}"))),
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
            Some(Ok((Shape::Line { ends: [tail, head] }, told))) => {
                let shape = Shape::Arrow { head, tail, text: words.to_owned() };
                regions.push(region(shape, words, told));
            }
            _ => notices.push(Notice::new("words that lead to no place of the image were left out")),
        }
    }
}

const NO_PLACE: &str = "a graphic counts fractions of a displayed area that is not stated, it was left out";

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

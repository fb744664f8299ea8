//! Applying a presentation state: its grey chain, its view, and what it lays over the picture.
//!
//! Not here: reading states (`calx-dicom`), asking whether one lists an image (`PresentationState::applies_to`;
//! whoever calls asks that first).
//!
//! Invariants
//! - The state replaces the image's whole grey chain: rescale, photometric interpretation, shape and padding of the
//!   image say nothing any more. A state without a VOI LUT shows the whole range that modality values can have.
//! - The order is the standard's: chain, shutters, turn, flip, displayed area, then planes and graphics by layer.
//!
//! Source: PS3.4 N.2.1, PS3.3 C.10.4 to C.10.6, C.7.6.11.

use calx_geometry::{ImageSpace, Point, ScreenSpace, Transform, Vector};
use calx_model::presentation_state::{
    Annotation, Graphic, GraphicKind, GraphicPoint, GraphicText, GraphicUnits, Laid, SizeMode, StateOverlay,
};
use calx_model::{
    ColourPath, DisplayAttributes, DisplayPipeline, Frame, LookupTable, ModalityLut, OverlayPlane,
    PresentationLut, PresentationState, SopInstanceUid, VoiLut,
};

use crate::choose::ChooseError;
use crate::marks::{Mark, MarkShape, MarkStyle, draw_marks};
use crate::overlay::{draw_overlay, overlay_colour};
use crate::picture::Picture;
use crate::text::{TextStyle, draw_text, measure_text};
use crate::view::View;

/// One frame that a state is applied to.
#[derive(Debug, Clone, Copy)]
pub struct StateFrame<'a> {
    /// The state.
    pub state: &'a PresentationState,
    /// SOPInstanceUID of the image.
    pub instance: &'a SopInstanceUid,
    /// From 1.
    pub frame: u32,
    /// Columns of the image.
    pub columns: u32,
    /// Rows of the image.
    pub rows: u32,
}

/// The chain that the state gives, in place of the image's own.
///
/// # Errors
/// [`ChooseError::NotGrey`] and [`ChooseError::Mismatch`] for an image that is not grey, [`ChooseError::Subtraction`] for
/// a state that wants another image taken away.
pub fn resolve_state(
    of: StateFrame<'_>,
    attributes: &DisplayAttributes,
    frame: &Frame,
) -> Result<DisplayPipeline, ChooseError> {
    let photometric = &attributes.photometric_interpretation;
    if !photometric.is_monochrome() {
        return Err(ChooseError::NotGrey(photometric.as_str().to_owned()));
    }
    if frame.samples().is_colour() {
        let photometric = photometric.as_str().to_owned();
        return Err(ChooseError::Mismatch { photometric, found: "three samples a pixel" });
    }
    let state = of.state;
    if state.is_subtraction {
        return Err(ChooseError::Subtraction);
    }
    // A state has no sign of its own: it is that of the pixels.
    let signed_first = |table: &LookupTable, may_be_negative| {
        if may_be_negative { table.clone().with_signed_first() } else { table.clone() }
    };
    let modality_lut = match &state.modality_lut {
        ModalityLut::Table(table) => ModalityLut::Table(signed_first(table, attributes.signed)),
        other => other.clone(),
    };
    let (voi_lut, window_origin) = match state.voi_for(of.instance, of.frame) {
        Some(voi) => {
            let lut = match &voi.lut {
                VoiLut::Table(table) => {
                    VoiLut::Table(signed_first(table, modality_lut.may_give_negatives(attributes.signed)))
                }
                other => other.clone(),
            };
            (lut, "presentation state".to_owned())
        }
        None => (whole_range(&modality_lut, attributes), "presentation state, no window".to_owned()),
    };
    let (presentation_lut, invert) = match &state.presentation_lut {
        PresentationLut::Identity => (None, false),
        PresentationLut::Inverse => (None, true),
        PresentationLut::Table(table) => (Some(table.clone()), false),
    };
    Ok(DisplayPipeline {
        modality_lut,
        voi_lut,
        presentation_lut,
        invert,
        padding: None,
        colour: ColourPath::Grey,
        window_origin,
    })
}

/// All that modality values can be: VOI as identity.
fn whole_range(modality: &ModalityLut, attributes: &DisplayAttributes) -> VoiLut {
    let steps = (u32::from(attributes.bits_stored.min(32)), attributes.signed);
    let (low, high) = match steps {
        (bits, false) => (0.0, (f64::from(bits)).exp2() - 1.0),
        (bits, true) => (-f64::from(bits - bits.min(1)).exp2(), f64::from(bits - bits.min(1)).exp2() - 1.0),
    };
    let (low, high) = match modality {
        ModalityLut::Table(table) => (0.0, f64::from(table.max_entry())),
        other => (other.apply(low), other.apply(high)),
    };
    VoiLut::Range { min: low.min(high), max: low.max(high) }
}

/// Height of a pixel over its width in the picture a state gives: its own, else the image's. View and shutters follow
/// the same one, else a circle is none. What is nearly square is square, as without a state.
#[must_use]
pub fn state_aspect(of: StateFrame<'_>, pixel_aspect: f64) -> f64 {
    let area = of.state.area_for(of.instance, of.frame);
    let aspect = area.and_then(|area| area.pixel_aspect).unwrap_or(pixel_aspect);
    if View::is_square(aspect) { 1.0 } else { aspect }
}

/// The state's displayed area, turned and flipped. `pixel_aspect` is the image's own, for a state that names none;
/// `within` bounds width and height, else a pixel of the image takes one of the target, or as many as the state says.
#[must_use]
pub fn state_view(of: StateFrame<'_>, pixel_aspect: f64, within: Option<(u32, u32)>) -> View {
    let state = of.state;
    let area = state.area_for(of.instance, of.frame);
    let aspect = state_aspect(of, pixel_aspect);
    let magnified = match area.map(|area| area.size) {
        Some(SizeMode::Magnify(ratio)) => ratio,
        _ => 1.0,
    };
    let within = within
        .map(|(width, height)| if state.quarter_turns % 2 == 1 { (height, width) } else { (width, height) });
    let view = View::of_area(of.edges(), aspect, magnified, within).turned(state.quarter_turns);
    if state.flip_horizontal { view.mirrored_across() } else { view }
}

/// Lays planes and graphics of the state over a picture, layer by layer. `planes` are those of the image itself; the
/// state switches on what it wants of them.
///
/// Gives what could not be drawn, in words.
#[must_use]
pub fn draw_graphics(
    picture: &mut Picture,
    view: &View,
    of: StateFrame<'_>,
    planes: &[OverlayPlane],
) -> Vec<String> {
    let mut told = Vec::new();
    for laid in of.state.laid_over(of.instance, of.frame) {
        match laid {
            Laid::Annotation(annotation) => draw_annotation(picture, view, of, annotation),
            Laid::Plane(switched) => {
                let plane = match switched {
                    StateOverlay::Own { plane, .. } => plane,
                    StateOverlay::OfImage { group, .. } => {
                        let Some(plane) = planes.iter().find(|p| p.group == *group) else {
                            told.push(format!(
                                "the presentation state shows the overlay of group {group:04X} of the image, \
                                 none lies over this frame"
                            ));
                            continue;
                        };
                        plane
                    }
                };
                let colour = of.state.layer(switched.layer()).and_then(|layer| layer.colour);
                draw_overlay(picture, view, plane, colour.unwrap_or_else(|| overlay_colour(plane)));
            }
        }
    }
    told
}

fn draw_annotation(picture: &mut Picture, view: &View, of: StateFrame<'_>, annotation: &Annotation) {
    let Some(target_from_image) = view.screen_from_image() else { return };
    let colour = of.state.layer(&annotation.layer).and_then(|layer| layer.colour);
    let style = MarkStyle { colour: colour.unwrap_or(MarkStyle::default().colour), ..MarkStyle::default() };
    let marks: Vec<Mark> = annotation.graphics.iter().filter_map(|g| mark(g, &style, of)).collect();
    draw_marks(picture, view, &marks);
    for text in &annotation.texts {
        draw_words(picture, view, &target_from_image, text, &style, of);
    }
}

impl StateFrame<'_> {
    /// Where a point of a graphic lies on the image. Fractions count over the displayed area as it is shown, so they
    /// are turned back first.
    fn place(&self, point: GraphicPoint) -> Point<ImageSpace> {
        if point.units == GraphicUnits::Pixel {
            return Point::new(point.x, point.y);
        }
        let (mut x, mut y) = (point.x, point.y);
        if self.state.flip_horizontal {
            x = 1.0 - x;
        }
        for _ in 0..self.state.quarter_turns % 4 {
            (x, y) = (y, 1.0 - x);
        }
        let [left, top, right, bottom] = self.edges();
        Point::new(left + x * (right - left), top + y * (bottom - top))
    }

    fn edges(&self) -> [f64; 4] {
        let area = self.state.area_for(self.instance, self.frame);
        area.map_or([0.0, 0.0, f64::from(self.columns), f64::from(self.rows)], |area| area.edges)
    }
}

/// Steps between two points of a curve, and round a circle.
const CURVE_STEPS: u32 = 16;
const CIRCLE_STEPS: u32 = 180;

fn mark(graphic: &Graphic, style: &MarkStyle, of: StateFrame<'_>) -> Option<Mark> {
    let points: Vec<Point<ImageSpace>> = graphic.points.iter().map(|p| of.place(*p)).collect();
    let is_closed = points.len() > 2 && points.first() == points.last();
    let lines = |points: Vec<Point<ImageSpace>>| {
        if is_closed { MarkShape::Rings(vec![points]) } else { MarkShape::Polyline(points) }
    };
    let shape = match (graphic.kind, points.as_slice()) {
        (GraphicKind::Point, _) => MarkShape::Points(points),
        (GraphicKind::Polyline, _) => lines(points),
        (GraphicKind::Interpolated, _) => lines(curve(&points, is_closed)),
        (GraphicKind::Circle, [centre, edge, ..]) => {
            let radius = *edge - *centre;
            MarkShape::Rings(vec![round(*centre, radius, radius.perpendicular())])
        }
        (GraphicKind::Ellipse, [a, b, c, d, ..]) => {
            let centre = a.lerp(*b, 0.5);
            MarkShape::Rings(vec![round(centre, (*b - *a) * 0.5, (*d - *c) * 0.5)])
        }
        _ => return None,
    };
    let fill_alpha = if graphic.is_filled { 1.0 } else { 0.0 };
    Some(Mark { shapes: vec![shape], style: MarkStyle { fill_alpha, ..style.clone() }, label: None })
}

fn round(
    centre: Point<ImageSpace>,
    one: Vector<ImageSpace>,
    other: Vector<ImageSpace>,
) -> Vec<Point<ImageSpace>> {
    let at = |step: u32| {
        let angle = f64::from(step) / f64::from(CIRCLE_STEPS) * std::f64::consts::TAU;
        centre + one * angle.cos() + other * angle.sin()
    };
    (0..CIRCLE_STEPS).map(at).collect()
}

/// A Catmull-Rom curve through the points. The standard leaves open which curve; this one meets them all.
fn curve(points: &[Point<ImageSpace>], is_closed: bool) -> Vec<Point<ImageSpace>> {
    let (count, Some(first), Some(last)) = (points.len(), points.first(), points.last()) else {
        return Vec::new();
    };
    let at = |index: usize, before: bool| {
        let found = if before { index.checked_sub(1) } else { Some(index + 2) };
        let wrapped = if before { count.checked_sub(2) } else { Some(1) };
        let end = if before { first } else { last };
        found
            .filter(|i| *i < count)
            .or(wrapped.filter(|_| is_closed))
            .and_then(|i| points.get(i))
            .copied()
            .unwrap_or(*end)
    };
    let mut line = vec![*first];
    for (index, pair) in points.windows(2).enumerate() {
        let [p1, p2] = pair else { continue };
        let (p0, p3) = (at(index, true), at(index, false));
        for step in 1..=CURVE_STEPS {
            let t = f64::from(step) / f64::from(CURVE_STEPS);
            let (leave, arrive) = ((*p2 - p0) * 0.5, (p3 - *p1) * 0.5);
            let (t2, t3) = (t * t, t * t * t);
            let along = (*p2 - *p1) * (3.0 * t2 - 2.0 * t3);
            line.push(*p1 + along + leave * (t3 - 2.0 * t2 + t) + arrive * (t3 - t2));
        }
    }
    line
}

/// Words in their box, or beside what they speak of; upright whatever was turned.
fn draw_words(
    picture: &mut Picture,
    view: &View,
    target_from_image: &Transform<ScreenSpace, ImageSpace>,
    text: &GraphicText,
    style: &MarkStyle,
    of: StateFrame<'_>,
) {
    let target = |point: GraphicPoint| *target_from_image * of.place(point);
    let usual = (f64::from(view.width.min(view.height)) / 40.0).clamp(10.0, 48.0);
    let [across, down] = measure_text(&text.text, 1.0);
    let anchor = text.anchor.map(|(point, is_visible)| (target(point), is_visible));
    let (x, y, size_px) = match (text.bounds, anchor) {
        (Some([one, other]), _) => {
            let (one, other) = (target(one), target(other));
            let (width, height) = ((other.x - one.x).abs(), (other.y - one.y).abs());
            let fits = (width / across.max(0.1)).min(height / down.max(0.1));
            (one.x.min(other.x), one.y.min(other.y), fits.clamp(usual.min(10.0), usual * 2.0))
        }
        (None, Some((at, _))) => (at.x + usual, at.y - usual * down - usual * 0.5, usual),
        (None, None) => return,
    };
    if let Some((at, true)) = anchor {
        // From the nearest place of the words.
        let (right, bottom) = (x + across * size_px, y + down * size_px);
        let from = Point::new(at.x.clamp(x, right.max(x)), at.y.clamp(y, bottom.max(y)));
        let ends = [from, at].map(|p| view.image_from_target * p).to_vec();
        let line = Mark { shapes: vec![MarkShape::Polyline(ends)], style: style.clone(), label: None };
        draw_marks(picture, view, &[line]);
    }
    let style = TextStyle { size_px, colour: style.colour, plate_alpha: 0.4 };
    draw_text(picture, x, y, &text.text, &style);
}

#[cfg(test)]
mod tests;

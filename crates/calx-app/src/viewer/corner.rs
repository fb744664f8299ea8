//! What stands over an image: texts in its corners, letters at its edges, a scale bar, badges.
//!
//! Invariants
//! - Neither names nor numbers of patients: the case has none.
//! - No bar without millimetres, and none whose origin is not said.
//! - Orientation that the file does not state is not invented.

use calx_geometry::Vector;
use calx_model::{
    BurnedIn, Case, CaseImage, CaseStudy, DisplayPipeline, EdgeLetters, PixelSpacing, PresentationState,
    Side, StudyTime, VoiLut,
};
use calx_render::RendererKind;
use egui::{Align2, Color32, FontId, Painter, Pos2, Rangef, Rect, Stroke, Vec2};

use super::points::{Framing, f32_of};
use super::state::{CornerText, Shown};
use super::states;
use super::window::is_grey;
use crate::shell::direction;

const LIGHT: Color32 = Color32::from_gray(235);
const MARGIN: f32 = 8.0;
/// A pane narrower than this has no room for texts side by side, in points.
const NARROW: f32 = 230.0;
/// Longest scale bar.
const LONGEST_BAR: f64 = 140.0;

/// What the texts are made from.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) case: &'a Case,
    pub(crate) study: &'a CaseStudy,
    pub(crate) image: &'a CaseImage,
    pub(crate) frame: u32,
    pub(crate) shown: &'a Shown,
    pub(crate) framing: Framing,
    pub(crate) is_inverted: bool,
    pub(crate) state: Option<&'a PresentationState>,
    /// The state is the one that an export writes.
    pub(crate) is_as_exported: bool,
    pub(crate) renderer: RendererKind,
    pub(crate) level: CornerText,
}

/// Draws all of it; the places that it takes.
pub(crate) fn draw(painter: &Painter, facts: &Facts<'_>) -> Vec<Rect> {
    let place = facts.shown.lens.place;
    let size = (place.width().min(place.height()) / 45.0).clamp(11.0, 15.0);
    let room = place.shrink(MARGIN);
    let font = FontId::proportional(size);
    // Two texts and a letter share an edge.
    let share = ((room.width() - 2.4 * size) / 2.0 - 6.0).max(40.0);
    let mut taken = Vec::new();
    let mut corner = |at: Pos2, anchor: Align2, words: &[String], font: &FontId| {
        // Window and scale are never cut short: the letter below gives way to them.
        let share = if anchor == Align2::LEFT_BOTTOM { room.width() * 0.72 } else { share };
        let rect = lines(painter, at, anchor, words, (font, share));
        if !words.is_empty() {
            taken.push(rect.expand(2.0));
        }
        rect
    };
    let mut top = room.left_top();
    // Where there is no room side by side, badges, window and side come first.
    let is_narrow = room.width() < NARROW;
    if facts.level == CornerText::Full && !is_narrow {
        top.y = corner(room.left_top(), Align2::LEFT_TOP, &about_case(facts), &font).bottom();
        corner(room.right_top(), Align2::RIGHT_TOP, &about_study(facts), &font);
    }
    if facts.level != CornerText::None {
        let side = side_and_view(facts.image);
        let large = FontId::proportional(size * if is_narrow { 1.2 } else { 1.9 });
        let mut words = about_view(facts);
        if is_narrow {
            words.drain(..words.len().saturating_sub(2));
        }
        let view = corner(room.left_bottom(), Align2::LEFT_BOTTOM, &words, &font);
        let above = corner(room.right_bottom(), Align2::RIGHT_BOTTOM, &side, &large).top();
        let mut below = vec![view];
        if let Some(bar) = bar(facts).filter(|_| !is_narrow) {
            let bar = draw_bar(painter, Pos2::new(room.right(), above - 6.0), &bar, &font);
            taken.push(bar);
            below.push(bar);
        }
        letters(painter, facts, &FontId::proportional(size * 1.25), &below);
    }
    taken.push(badges(painter, top + Vec2::new(0.0, 4.0), room.right(), &badges_of(facts), &font));
    taken
}

fn about_case(facts: &Facts<'_>) -> Vec<String> {
    let patient = facts.case.patient;
    let age = patient.age.map(|age| age.to_string());
    let sex = patient.sex.map(|sex| format!("{sex:?}"));
    let who: Vec<String> = age.into_iter().chain(sex).collect();
    [who.join("  "), facts.case.title.clone()].into_iter().filter(|line| !line.trim().is_empty()).collect()
}

fn about_study(facts: &Facts<'_>) -> Vec<String> {
    let when = match facts.study.when {
        StudyTime::Date { date } => date.to_string(),
        StudyTime::RelativeDay { day } => format!("day {day}"),
        StudyTime::Unknown => String::new(),
    };
    let more: Vec<&str> =
        [facts.study.modality.as_str(), &when].into_iter().filter(|word| !word.is_empty()).collect();
    [facts.study.title.clone(), more.join(" · ")].into_iter().filter(|line| !line.trim().is_empty()).collect()
}

/// Number, window with its origin, zoom with the origin of its millimetres.
fn about_view(facts: &Facts<'_>) -> Vec<String> {
    let images = facts.case.images().count();
    let at = facts.case.images().position(|(_, image)| image.id == facts.image.id).map_or(0, |at| at + 1);
    let mut number = format!("Im {at}/{images}");
    if facts.image.frames > 1 {
        number.push_str(&format!("  frame {}/{}", facts.frame, facts.image.frames));
    }
    let scale = match facts.image.effective_spacing() {
        Some(spacing) => spacing.basis.label().to_owned(),
        None if !facts.image.ultrasound_regions.is_empty() => "mm in its ultrasound regions".to_owned(),
        None => "no millimetres known".to_owned(),
    };
    let zoom = format!("{:.0} %  {scale}", facts.shown.lens.view.scale() * 100.0);
    let window = is_grey(&facts.shown.loaded.info.display).then(|| window_words(&facts.shown.pipeline));
    let lines = if facts.level == CornerText::Full { vec![number] } else { Vec::new() };
    lines.into_iter().chain(window).chain((facts.level == CornerText::Full).then_some(zoom)).collect()
}

/// `W 2400 L 1800 (file 1)`.
fn window_words(pipeline: &DisplayPipeline) -> String {
    let origin = match pipeline.window_origin.as_str() {
        "set" => "by hand",
        other => other,
    };
    match &pipeline.voi_lut {
        VoiLut::Window(window) => {
            format!("W {} L {} ({origin})", number(window.width), number(window.center))
        }
        VoiLut::Range { min, max } => format!("{} to {} ({origin})", number(*min), number(*max)),
        VoiLut::Table(_) => format!("LUT ({origin})"),
    }
}

/// Whole where it can be, else three digits that say something.
pub(crate) fn number(value: f64) -> String {
    if value.abs() >= 100.0 || value.fract().abs() < 1e-9 {
        format!("{value:.0}")
    } else if value.abs() >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.4}")
    }
}

fn side_and_view(image: &CaseImage) -> Vec<String> {
    let side = image.side().and_then(|side| match side {
        Side::Right => Some("R"),
        Side::Left => Some("L"),
        Side::Bilateral => Some("R + L"),
        Side::Unpaired => None,
    });
    let words: Vec<&str> = side.into_iter().chain(image.view_position.as_deref()).collect();
    if words.is_empty() { Vec::new() } else { vec![words.join("  ")] }
}

fn badges_of(facts: &Facts<'_>) -> Vec<String> {
    let image = facts.image;
    let has_mm = image.effective_spacing().is_some() || !image.ultrasound_regions.is_empty();
    let is_burned_in = image.burned_in == BurnedIn::Yes && image.pixels_cleared.is_none();
    let state = facts.state.map(|state| {
        if facts.is_as_exported {
            "AS EXPORTED".to_owned()
        } else {
            format!("STATE {}", states::name_of(state))
        }
    });
    let words = [
        (image.key, "KEY IMAGE"),
        (facts.framing.is_mirrored, "FLIPPED"),
        (facts.is_inverted, "INVERTED"),
        (facts.shown.loaded.info.lossy, "LOSSY"),
        (facts.renderer == RendererKind::Cpu, "CPU"),
        (!has_mm, "NOT CALIBRATED"),
        (is_burned_in, "BURNED-IN TEXT?"),
        (image.synthetic, "SYNTHETIC"),
    ];
    let words = words.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word.to_owned());
    state.into_iter().chain(words).collect()
}

/// A bar and what it is worth.
#[derive(Debug, Clone, PartialEq)]
struct Bar {
    points: f64,
    words: String,
}

fn bar(facts: &Facts<'_>) -> Option<Bar> {
    let spacing = facts.image.effective_spacing()?;
    let lens = &facts.shown.lens;
    // One point of the screen to the right, as a way in the image.
    let along = lens.view.image_from_target.vector(Vector::new(lens.pixels_per_point, 0.0));
    bar_of(spacing, [along.x, along.y])
}

fn bar_of(spacing: &PixelSpacing, [columns, rows]: [f64; 2]) -> Option<Bar> {
    let mm_per_point = (columns * spacing.between_columns_mm).hypot(rows * spacing.between_rows_mm);
    let most = LONGEST_BAR * mm_per_point;
    if !(most > 0.0 && most.is_finite()) {
        return None;
    }
    let decade = 10f64.powf(most.log10().floor());
    let mm = [5.0, 2.0, 1.0].map(|digit| digit * decade).into_iter().find(|mm| *mm <= most)?;
    let length = if mm >= 10.0 { format!("{} cm", mm / 10.0) } else { format!("{mm} mm") };
    let origin = spacing.basis.label().trim_start_matches("mm").trim().trim_matches(['(', ')']);
    Some(Bar { points: mm / mm_per_point, words: format!("{length}  {origin}") })
}

fn draw_bar(painter: &Painter, at: Pos2, bar: &Bar, font: &FontId) -> Rect {
    let words = text(painter, at, Align2::RIGHT_BOTTOM, &bar.words, (font, f32::INFINITY));
    let right = Pos2::new(at.x, words.top() - 3.0);
    let left = right - Vec2::new(f32_of(bar.points), 0.0);
    let tick = Vec2::new(0.0, 5.0);
    let pieces = [[left, right], [left - tick, left + tick], [right - tick, right + tick]];
    for (width, colour) in [(4.0, Color32::from_black_alpha(190)), (1.75, LIGHT)] {
        for piece in pieces {
            painter.line_segment(piece, Stroke::new(width, colour));
        }
    }
    words.union(Rect::from_two_pos(left - tick, right + tick))
}

/// What stands at each edge of the picture as it is seen.
pub(crate) fn edge_letters(row: &str, column: &str, framing: Framing) -> EdgeLetters {
    let letters = EdgeLetters::of(row, column).turned(framing.quarter_turns);
    if framing.is_mirrored { letters.mirrored_across() } else { letters }
}

/// Letters at the edges; the one below stands over what is written there.
fn letters(painter: &Painter, facts: &Facts<'_>, font: &FontId, written: &[Rect]) {
    let Some([row, column]) = &facts.shown.loaded.info.patient_orientation else { return };
    let letters = edge_letters(row.raw(), column.raw(), facts.framing);
    let room = facts.shown.lens.place.shrink(MARGIN);
    let middle = Rangef::point(room.center().x).expand(font.size * 0.5 + 4.0);
    let met = written.iter().filter(|written| written.x_range().intersects(middle));
    let bottom = met.map(|written| written.top() - 2.0).fold(room.bottom(), f32::min);
    let below = Pos2::new(room.center().x, bottom);
    for (at, anchor, words) in [
        (room.left_center(), Align2::LEFT_CENTER, &letters.left),
        (room.right_center(), Align2::RIGHT_CENTER, &letters.right),
        (room.center_top(), Align2::CENTER_TOP, &letters.top),
        (below, Align2::CENTER_BOTTOM, &letters.bottom),
    ] {
        text(painter, at, anchor, words, (font, f32::INFINITY));
    }
}

/// Badges in rows from a place on, no farther than `right`; the room they take.
fn badges(painter: &Painter, at: Pos2, right: f32, words: &[String], font: &FontId) -> Rect {
    let mut room = Rect::from_min_max(at, at);
    let mut next = at;
    for word in words {
        let galley = painter.layout_no_wrap(word.clone(), FontId::proportional(font.size * 0.85), LIGHT);
        let size = galley.size() + Vec2::new(10.0, 4.0);
        if next.x + size.x > right && next.x > at.x {
            next = Pos2::new(at.x, next.y + size.y + 4.0);
        }
        let plate = Rect::from_min_size(next, size);
        painter.rect_filled(plate, 4.0, Color32::from_rgb(96, 62, 0));
        painter.galley(plate.min + Vec2::new(5.0, 2.0), galley, LIGHT);
        room = room.union(plate);
        next.x = plate.right() + 4.0;
    }
    room
}

/// Lines of text under one another, anchored at a corner; none is wider than its share. The room they take.
fn lines(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    words: &[String],
    (font, widest): (&FontId, f32),
) -> Rect {
    let mut room = Rect::from_min_max(at, at);
    let mut next = at;
    let is_from_below = anchor.y() == egui::Align::Max;
    let ordered: Vec<&String> =
        if is_from_below { words.iter().rev().collect() } else { words.iter().collect() };
    for line in ordered {
        let rect = text(painter, next, anchor, line, (font, widest));
        room = room.union(rect);
        next.y = if is_from_below { rect.top() } else { rect.bottom() };
    }
    room
}

/// Light letters with a dark edge on a dim ground: read on black, on white, and over letters of the image itself.
fn text(painter: &Painter, at: Pos2, anchor: Align2, words: &str, (font, widest): (&FontId, f32)) -> Rect {
    let width = |line: &str| painter.layout_no_wrap(line.to_owned(), font.clone(), LIGHT).size().x;
    let shown = direction::fitted(words, |line| width(line) <= widest).into_owned();
    let mut job = egui::text::LayoutJob::simple_singleline(shown, font.clone(), LIGHT);
    job.wrap = egui::text::TextWrapping::truncate_at_width(widest);
    let galley = painter.layout_job(job);
    let rect = anchor.anchor_size(at, galley.size());
    painter.rect_filled(rect.expand2(Vec2::new(3.0, 0.5)), 3.0, Color32::from_black_alpha(110));
    for by in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        let edge = Color32::from_black_alpha(200);
        painter.galley_with_override_text_color(rect.min + Vec2::from(by), galley.clone(), edge);
    }
    painter.galley(rect.min, galley, LIGHT);
    rect
}

#[cfg(test)]
mod tests {
    use super::*;
    use calx_model::{ColourPath, ModalityLut, SpacingBasis, VoiLutFunction, Window};

    fn pipeline(voi_lut: VoiLut, origin: &str) -> DisplayPipeline {
        DisplayPipeline {
            modality_lut: ModalityLut::Identity,
            voi_lut,
            presentation_lut: None,
            invert: false,
            padding: None,
            colour: ColourPath::Grey,
            window_origin: origin.to_owned(),
        }
    }

    #[test]
    fn the_window_says_where_it_came_from() {
        let window = Window { center: 1800.0, width: 2400.0, function: VoiLutFunction::Linear };
        assert_eq!(window_words(&pipeline(VoiLut::Window(window), "file 1")), "W 2400 L 1800 (file 1)");
        assert_eq!(window_words(&pipeline(VoiLut::Window(window), "set")), "W 2400 L 1800 (by hand)");
        let range = VoiLut::Range { min: 0.0125, max: 3.5 };
        assert_eq!(window_words(&pipeline(range, "auto")), "0.0125 to 3.5 (auto)");
    }

    #[test]
    fn a_bar_is_round_and_says_what_it_rests_on() {
        let spacing =
            |rows: f64, columns: f64| PixelSpacing::checked(rows, columns, SpacingBasis::Detector).unwrap();
        let bar = bar_of(&spacing(0.14, 0.14), [2.0, 0.0]).unwrap();
        assert_eq!((bar.words.as_str(), bar.points.round()), ("2 cm  at detector", 71.0));
        // Turned by a quarter a row lies along the bar.
        let turned = bar_of(&spacing(0.28, 0.14), [0.0, 1.0]).unwrap();
        assert_eq!((turned.words.as_str(), turned.points.round()), ("2 cm  at detector", 71.0));
        let near = bar_of(&spacing(0.14, 0.14), [0.01, 0.0]).unwrap();
        assert_eq!(near.words, "0.1 mm  at detector");
    }

    #[test]
    fn letters_turn_and_mirror_with_the_picture() {
        let at = |framing: Framing| {
            let letters = edge_letters("L", "F", framing);
            [letters.left, letters.right, letters.top, letters.bottom].join(" ")
        };
        assert_eq!(at(Framing::default()), "R L H F");
        assert_eq!(at(Framing::default().mirrored_across()), "L R H F");
        assert_eq!(at(Framing::default().turned(true)), "F H R L");
        assert_eq!(at(Framing::default().mirrored_down()), "R L F H");
    }
}

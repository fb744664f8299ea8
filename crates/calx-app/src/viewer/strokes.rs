//! Lines over an image: cut to the pane, with a dark halo, whole or dashed.
//!
//! Invariants
//! - The work goes by what can be seen, however far the image is zoomed in.

use egui::{Color32, Painter, Pos2, Rect};

use super::ink::{Pattern, Sheet, Weight};

/// What lies beyond the pane by this much is cut off: no end of a line shows.
const BEYOND: f32 = 12.0;
/// Points nearer to the last than this are left out of a long line.
const NEAR: f32 = 0.4;
/// A line may be drawn this far off its points: no eye sees it, and an outline of a mask has thousands of them.
const OFF: f32 = 0.2;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ink {
    pub(crate) colour: Color32,
    pub(crate) weight: Weight,
    /// 0 to 1.
    pub(crate) opacity: f32,
    pub(crate) pattern: Pattern,
}

/// The dashes of the label at a place of its schema: the same as in pictures that are exported.
pub(crate) const fn pattern_of(label_index: Option<usize>) -> Pattern {
    match label_index {
        Some(index) if index % 4 == 0 => Pattern::Whole,
        Some(index) if index % 4 == 1 => Pattern::Dashes,
        Some(index) if index % 4 == 2 => Pattern::DashDot,
        _ => Pattern::Dots,
    }
}

/// Draws a line through points of the screen.
pub(crate) fn draw(painter: &Painter, points: &[Pos2], is_closed: bool, ink: Ink) {
    let runs = runs(points, is_closed, painter.clip_rect().expand(BEYOND));
    if runs.is_empty() {
        return;
    }
    let sheet = Sheet::of(painter.ctx());
    let mut mesh = sheet.lines();
    let colour = ink.colour.gamma_multiply(ink.opacity);
    for run in &runs {
        let mut run = thinned(run);
        let is_ring = is_closed
            && runs.len() == 1
            && run.first().zip(run.last()).is_some_and(|(first, last)| first.distance(*last) < 2.0 * NEAR);
        if is_ring {
            run.pop();
        }
        sheet.lay(&mut mesh, (&run, is_ring), (ink.weight, ink.pattern), colour);
    }
    painter.add(mesh);
}

/// The pieces of a line that can be seen in `room`.
fn runs(points: &[Pos2], is_closed: bool, room: Rect) -> Vec<Vec<Pos2>> {
    let closing = points.last().zip(points.first()).filter(|_| is_closed);
    let pieces = points.iter().zip(points.iter().skip(1)).chain(closing);
    let mut runs: Vec<Vec<Pos2>> = Vec::new();
    let mut open = false;
    for (a, b) in pieces {
        let Some((from, to)) = cut(*a, *b, room) else {
            open = false;
            continue;
        };
        match runs.last_mut().filter(|run| open && run.last().is_some_and(|last| last.distance(from) < 1.0)) {
            Some(run) if run.last().is_some_and(|last| last.distance(to) < NEAR) => {}
            Some(run) => run.push(to),
            None => runs.push(vec![from, to]),
        }
        open = true;
    }
    runs
}

/// The points of a line that it cannot do without (Douglas and Peucker).
fn thinned(run: &[Pos2]) -> Vec<Pos2> {
    let Some(last) = run.len().checked_sub(1).filter(|last| *last > 1) else { return run.to_vec() };
    let mut is_kept = vec![false; run.len()];
    let mut keep = |index: usize| {
        if let Some(kept) = is_kept.get_mut(index) {
            *kept = true;
        }
    };
    keep(0);
    keep(last);
    let mut stretches = vec![(0, last)];
    while let Some((from, to)) = stretches.pop() {
        let (Some(a), Some(b), Some(inner)) = (run.get(from), run.get(to), run.get(from + 1..to)) else {
            continue;
        };
        let far = inner.iter().enumerate().map(|(at, point)| (from + 1 + at, distance(*point, *a, *b)));
        if let Some((index, off)) = far.max_by(|(_, a), (_, b)| a.total_cmp(b))
            && off > OFF
        {
            keep(index);
            stretches.extend([(from, index), (index, to)]);
        }
    }
    run.iter().zip(is_kept).filter_map(|(point, kept)| kept.then_some(*point)).collect()
}

/// From a point to a straight piece.
fn distance(point: Pos2, a: Pos2, b: Pos2) -> f32 {
    let (along, to) = (b - a, point - a);
    let length = along.length_sq();
    let share = if length > 0.0 { (to.dot(along) / length).clamp(0.0, 1.0) } else { 0.0 };
    (to - along * share).length()
}

/// The part of a straight piece inside a rectangle (Liang and Barsky).
fn cut(a: Pos2, b: Pos2, room: Rect) -> Option<(Pos2, Pos2)> {
    let along = b - a;
    let (mut enter, mut leave) = (0.0f32, 1.0f32);
    for (step, low, high) in
        [(along.x, room.min.x - a.x, room.max.x - a.x), (along.y, room.min.y - a.y, room.max.y - a.y)]
    {
        if step.abs() < f32::EPSILON {
            if low > 0.0 || high < 0.0 {
                return None;
            }
            continue;
        }
        let (first, second) = (low / step, high / step);
        enter = enter.max(first.min(second));
        leave = leave.min(first.max(second));
    }
    (enter <= leave).then(|| (a + along * enter, a + along * leave))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_not_drawn() {
        let room = Rect::from_min_max(Pos2::ZERO, Pos2::new(100.0, 100.0));
        let line = [Pos2::new(-1e6, 50.0), Pos2::new(1e6, 50.0)];
        assert_eq!(runs(&line, false, room), [vec![Pos2::new(0.0, 50.0), Pos2::new(100.0, 50.0)]]);
        let outside = [Pos2::new(-10.0, -10.0), Pos2::new(-10.0, 200.0), Pos2::new(-30.0, 7.0)];
        assert!(runs(&outside, true, room).is_empty());
        // Out and in again: two pieces.
        let bow =
            [Pos2::new(50.0, 50.0), Pos2::new(150.0, 50.0), Pos2::new(150.0, 60.0), Pos2::new(50.0, 60.0)];
        assert_eq!(runs(&bow, false, room).len(), 2);
        assert_eq!(runs(&bow, true, room).len(), 2);
    }

    #[test]
    fn points_that_nobody_sees_are_left_out() {
        let at = |x: f32, y: f32| Pos2::new(x, y);
        let stairs: Vec<Pos2> = (0..100u8).map(|n| at(f32::from(n), 0.1 * f32::from(n % 2))).collect();
        assert_eq!(thinned(&stairs), [stairs[0], stairs[99]]);
        let bow = [at(0.0, 0.0), at(5.0, 0.1), at(10.0, 0.0), at(10.0, 8.0), at(0.0, 0.0)];
        assert_eq!(thinned(&bow), [bow[0], bow[2], bow[3], bow[4]]);
        assert_eq!(thinned(&bow[..2]), bow[..2]);
    }

    #[test]
    fn labels_differ_in_more_than_colour() {
        let looks: Vec<_> = (0..4).map(|index| pattern_of(Some(index))).collect();
        for (index, look) in looks.iter().enumerate() {
            assert!(!looks.iter().skip(index + 1).any(|other| other == look), "label {index}");
        }
        assert_eq!(pattern_of(None), pattern_of(Some(3)));
    }
}

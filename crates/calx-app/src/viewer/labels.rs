//! Where the numbers and words of marks stand: beside their own mark, on no other, on no text.
//!
//! Not here: drawing them ([`super::marks`]).
//!
//! Invariants
//! - A label never covers its own mark while there is any room beside it.
//! - Words are shown of all marks of an image or of none but those pointed at: so it is plain why a word is missing.

use egui::{Pos2, Rect, Vec2, pos2};

/// Side of a cell in which it is kept whether a mark runs through, in points.
const CELL: f32 = 5.0;
/// From a mark to its label.
const GAP: f32 = 5.0;
/// Words together may cover this part of an image's room; with more the numbers stand alone.
const MOST_WORDS: f32 = 0.08;
/// Places tried along a line.
const STATIONS: usize = 7;

/// Which cells of a pane marks run through, and what else is taken.
#[derive(Debug)]
pub(crate) struct Room {
    place: Rect,
    columns: usize,
    cells: Vec<bool>,
    taken: Vec<Rect>,
}

impl Room {
    /// A pane in which some places are taken, as by texts in its corners.
    pub(crate) fn new(place: Rect, taken: Vec<Rect>) -> Self {
        let [columns, rows] = [place.width(), place.height()].map(|side| index(side / CELL) + 1);
        Self { place, columns, cells: vec![false; columns * rows], taken }
    }

    /// A line of a mark.
    pub(crate) fn add_line(&mut self, points: &[Pos2], is_closed: bool) {
        let closing = points.last().zip(points.first()).filter(|_| is_closed);
        for (a, b) in points.iter().zip(points.iter().skip(1)).chain(closing) {
            // No farther than the pane is large, however far it is zoomed in.
            let steps = (a.distance(*b) / (CELL * 0.8)).clamp(1.0, 2000.0).ceil();
            let along = *b - *a;
            let mut step = 0.0;
            while step <= steps {
                self.set(*a + along * (step / steps));
                step += 1.0;
            }
        }
        if let [one] = points {
            self.set(*one);
        }
    }

    fn set(&mut self, at: Pos2) {
        if self.place.contains(at) {
            let from = at - self.place.min;
            let cell = index(from.y / CELL) * self.columns + index(from.x / CELL);
            if let Some(cell) = self.cells.get_mut(cell) {
                *cell = true;
            }
        }
    }

    fn crosses_a_mark(&self, plate: Rect) -> bool {
        let from = plate.min - self.place.min;
        let to = plate.max - self.place.min;
        (index(from.y / CELL)..=index(to.y / CELL)).any(|row| {
            let first = row * self.columns;
            let cells = self.cells.get(first + index(from.x / CELL)..=first + index(to.x / CELL));
            cells.is_some_and(|cells| cells.contains(&true))
        })
    }

    /// A place for a label of a mark, which is taken from then on.
    pub(crate) fn seat(&mut self, anchor: &Anchor, size: Vec2) -> Rect {
        let room = self.place.shrink(2.0);
        let inside: Vec<Rect> =
            anchor.places(size).into_iter().filter(|plate| room.contains_rect(*plate)).collect();
        let is_seat = |plate: &&Rect| !self.taken.iter().any(|other| other.intersects(**plate));
        let is_own = |plate: &&Rect| anchor.points.iter().any(|point| plate.expand(1.0).contains(*point));
        let found = inside
            .iter()
            .find(|plate| is_seat(plate) && !is_own(plate) && !self.crosses_a_mark(**plate))
            .or_else(|| inside.iter().find(|plate| is_seat(plate) && !is_own(plate)))
            .or_else(|| inside.iter().find(|plate| !is_own(plate)));
        let plate = found.copied().unwrap_or_else(|| {
            let min = room.clamp(anchor.bounds.right_top()).min(room.max - size).max(room.min);
            Rect::from_min_size(min, size)
        });
        self.taken.push(plate.expand(1.5));
        plate
    }

    /// Whether words of these sizes would hide too much of the image.
    pub(crate) fn is_crowded(&self, words: impl Iterator<Item = Vec2>) -> bool {
        let covered: f32 = words.map(|size| size.x * size.y).sum();
        covered > MOST_WORDS * self.place.area()
    }
}

/// What a label stands beside.
#[derive(Debug, Clone)]
pub(crate) struct Anchor {
    /// The box round what can be seen of the mark.
    pub(crate) bounds: Rect,
    /// Points of its lines.
    pub(crate) points: Vec<Pos2>,
    /// It has an inside, which is no place for a label.
    pub(crate) is_closed: bool,
}

impl Anchor {
    /// Where a plate may stand, best first.
    fn places(&self, size: Vec2) -> Vec<Rect> {
        if self.is_closed || self.points.len() < 2 {
            return round(self.bounds, size).to_vec();
        }
        let last = self.points.len() - 1;
        let mut stations: Vec<Pos2> =
            (0..STATIONS).filter_map(|k| self.points.get(last * k / (STATIONS - 1)).copied()).collect();
        // The upper end first: there the eye begins.
        if stations.first().zip(stations.last()).is_some_and(|(first, last)| last.y < first.y) {
            stations.reverse();
        }
        let mut places: Vec<Rect> = Vec::with_capacity(STATIONS * 8 + 8);
        for station in stations {
            places.extend(round(Rect::from_min_max(station, station), size));
        }
        places.extend(round(self.bounds, size));
        places
    }
}

/// Places round a box, best first.
fn round(bounds: Rect, size: Vec2) -> [Rect; 8] {
    let (left, right) = (bounds.left() - GAP - size.x, bounds.right() + GAP);
    let (above, below) = (bounds.top() - GAP - size.y, bounds.bottom() + GAP);
    let middle = bounds.center() - size / 2.0;
    [
        pos2(right, above),
        pos2(right, middle.y),
        pos2(middle.x, above),
        pos2(left, above),
        pos2(left, middle.y),
        pos2(right, below),
        pos2(middle.x, below),
        pos2(left, below),
    ]
    .map(|min| Rect::from_min_size(min, size))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates; below 0 is 0")]
const fn index(at: f32) -> usize {
    at as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANE: Rect = Rect { min: Pos2::ZERO, max: Pos2::new(800.0, 600.0) };
    const CHIP: Vec2 = Vec2::splat(18.0);

    fn line(points: &[(f32, f32)]) -> Anchor {
        let points: Vec<Pos2> = points.iter().map(|(x, y)| pos2(*x, *y)).collect();
        Anchor { bounds: Rect::from_points(&points), points, is_closed: false }
    }

    #[test]
    fn two_hundred_labels_cover_no_mark_and_not_one_another() {
        let mut room = Room::new(PANE, Vec::new());
        let marks: Vec<Anchor> = (0..200u16)
            .map(|n| {
                let (x, y) = (f32::from(n % 20) * 39.0 + 15.0, f32::from(n / 20) * 58.0 + 25.0);
                line(&[(x, y), (x + 3.0, y + 12.0), (x + 1.0, y + 25.0)])
            })
            .collect();
        for mark in &marks {
            room.add_line(&mark.points, false);
        }
        let words = marks.iter().map(|_| Vec2::new(200.0, 18.0));
        assert!(room.is_crowded(words), "two hundred words would hide the image");
        let plates: Vec<Rect> = marks.iter().map(|mark| room.seat(mark, CHIP)).collect();
        for (at, plate) in plates.iter().enumerate() {
            assert!(PANE.contains_rect(*plate), "{plate:?}");
            let points = marks.iter().flat_map(|mark| &mark.points);
            assert!(!points.clone().any(|point| plate.contains(*point)), "number {at} lies on a mark");
            assert!(!plates.iter().skip(at + 1).any(|other| other.intersects(*plate)), "number {at}");
        }
    }

    #[test]
    fn a_label_stands_beside_what_has_an_inside() {
        let bounds = Rect::from_min_max(pos2(100.0, 100.0), pos2(300.0, 220.0));
        let points = vec![bounds.left_top(), bounds.right_top(), bounds.right_bottom(), bounds.left_bottom()];
        let mut room = Room::new(PANE, vec![Rect::from_min_max(pos2(290.0, 0.0), pos2(800.0, 100.0))]);
        let plate = room.seat(&Anchor { bounds, points, is_closed: true }, Vec2::new(150.0, 18.0));
        assert!(!plate.intersects(bounds) && plate.top() > 100.0, "{plate:?}: above right is a text");
    }

    #[test]
    fn few_words_are_shown() {
        let room = Room::new(PANE, Vec::new());
        assert!(!room.is_crowded([Vec2::new(220.0, 18.0); 5].into_iter()));
        assert!(room.is_crowded([Vec2::new(220.0, 18.0); 12].into_iter()));
    }
}

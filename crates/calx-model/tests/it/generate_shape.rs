//! Random numbers that repeat, and random shapes of every kind.

use calx_geometry::{Area, Ellipse, Grid, GridPoint, Mask, PathVertex, Rectangle, VesselPath};
use calx_model::{CaseImage, Shape};
use uuid::Uuid;

/// SplitMix64: small, repeatable, good enough to choose with.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to below `n`; 0 for none.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap();
        usize::try_from(self.roll() % n).unwrap()
    }

    pub(crate) fn small(&mut self, n: u32) -> u32 {
        u32::try_from(self.below(usize::try_from(n).unwrap())).unwrap()
    }

    /// True once in `n`.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        let at = self.below(list.len());
        list.get(at).cloned()
    }

    pub(crate) fn maybe<T>(&mut self, value: T) -> Option<T> {
        self.once_in(2).then_some(value)
    }

    /// A number with all its 53 digits, 0 to below `n`.
    pub(crate) fn real(&mut self, n: f64) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "53 bits")]
        let part = (self.roll() >> 11) as f64 / 9_007_199_254_740_992.0;
        part * n
    }

    pub(crate) fn uuid(&mut self) -> Uuid {
        Uuid::from_u128(u128::from(self.roll()) << 64 | u128::from(self.roll()))
    }

    pub(crate) fn word(&mut self) -> String {
        const WORDS: [&str; 9] =
            ["artery", "ring", " ", "動脈", "a\nb", "\u{202e}x", "\"quoted\"", "тонкая", "<b>"];
        (0..=self.below(3)).map(|_| WORDS[self.below(WORDS.len())]).collect()
    }
}

/// A place in an image, on the grid; now and then outside of it.
fn point(dice: &mut Dice, image: &CaseImage) -> GridPoint {
    let reach = if dice.once_in(120) { 3 } else { 1 };
    let mut along = |pixels: u32| {
        let steps = dice.small(pixels * 256 * reach + 1);
        Grid::from_steps(i32::try_from(steps).unwrap())
    };
    GridPoint::new(along(image.columns), along(image.rows))
}

fn upright(dice: &mut Dice, image: &CaseImage) -> [GridPoint; 2] {
    let (a, b) = (point(dice, image), point(dice, image));
    [GridPoint::new(a.x.min(b.x), a.y.min(b.y)), GridPoint::new(a.x.max(b.x), a.y.max(b.y))]
}

fn area(dice: &mut Dice, image: &CaseImage) -> Option<Area> {
    let corners = 3 + dice.below(5);
    let first = Area::resolve((0..corners).map(|_| point(dice, image)).collect()).ok()?;
    let second = Area::resolve((0..3).map(|_| point(dice, image)).collect()).ok();
    match (dice.below(3), second) {
        (0, Some(second)) => Area::union(&[&first, &second]).ok(),
        (1, Some(second)) => first.subtract(&second).ok().flatten(),
        _ => Some(first),
    }
}

pub(crate) fn mask(dice: &mut Dice, image: &CaseImage) -> Mask {
    let rows = 1 + dice.small(6);
    let beyond = if dice.once_in(30) { 20 } else { 0 };
    let top = dice.small(image.rows + beyond);
    let spans: Vec<_> = (top..(top + rows).min(image.rows.max(top + 1)))
        .map(|row| {
            let start = dice.small(image.columns);
            (row, start..(start + 1 + dice.small(20)).min(image.columns))
        })
        .collect();
    Mask::from_spans(spans).unwrap()
}

/// A shape of the kind with this number, 0 to 8; a point where the dice fell badly.
pub(crate) fn shape(dice: &mut Dice, image: &CaseImage) -> Shape {
    let made = match dice.below(9) {
        0 => area(dice, image).map(Shape::Area),
        1 => {
            let [min, max] = upright(dice, image);
            Ellipse::from_box(min, max).ok().map(Shape::Ellipse)
        }
        2 => {
            let [min, max] = upright(dice, image);
            Rectangle::from_box(min, max).ok().map(Shape::Rectangle)
        }
        3 => {
            let vertices = (0..2 + dice.below(5))
                .map(|_| PathVertex { point: point(dice, image), width: Grid::from_steps(1234) })
                .collect();
            VesselPath::new(vertices).ok().map(Shape::Path)
        }
        4 => Some(Shape::Line { ends: [point(dice, image), point(dice, image)] }),
        5 => Some(Shape::Angle { points: [0; 3].map(|_| point(dice, image)) }),
        6 => Some(Shape::Arrow { head: point(dice, image), tail: point(dice, image), text: dice.word() }),
        7 => Some(Shape::Mask(mask(dice, image))),
        _ => None,
    };
    made.unwrap_or_else(|| Shape::Point { at: point(dice, image) })
}

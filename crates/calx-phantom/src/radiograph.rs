//! One radiograph: hands laid on a film, drawn and exposed.
//!
//! Not here: its truth ([`crate::facts`]), its DICOM object ([`crate::study`]).
//!
//! Invariants
//! - The exposed field ends before the forearm does: it has no sawn end in any film.
//! - Two hands on a film share no millimetre across it.
//! - Calcification changes nothing but the calcium map: anatomy and noise are the same with and without.

use crate::anatomy::BoneKind;
use crate::exposure::{Film, Surround};
use crate::field::Field;
use crate::look_alikes::{Surroundings, look_alikes};
use crate::maps::{Hand, Maps};
use crate::marks::{Free, side_marker, synthetic};
use crate::noise::{Noise, mix};
use crate::number::{index_below, real, single};
use crate::options::{
    Calcification, CalcificationPattern, FilmOptions, HAND_FIELD_HEIGHT_MM, HandOptions, HandSide, LookAlike,
    SoftTissueDefect, View,
};
use crate::person::Person;
use crate::placement::Placement;
use crate::plane::{Mm2, Turn, mm2};
use crate::skeleton::Skeleton;
use crate::soft::field::STEP_MM;
use crate::soft::{Soft, SoftPlan};
use crate::technique::Technique;
use crate::vessels::vessels;

/// Values of one radiograph, 0..=4095, bone high, and what was drawn.
#[derive(Debug, Clone)]
pub(crate) struct Radiograph {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    pub(crate) pixel_mm: f64,
    /// Where the beam was let through, in mm.
    pub(crate) field: Field,
    pub(crate) technique: Technique,
    pub(crate) values: Vec<u16>,
    /// Side and hand, from left to right; placed in the pixels of the image.
    pub(crate) hands: Vec<(HandSide, Hand)>,
}

/// The coarsest pixels whose values are computed directly; coarser ones are averaged from finer ones.
const FINEST_NEEDED_MM: f64 = 0.26;
const BORDER_MM: f64 = 3.5;
/// Half of a finger beyond the middle of its tip, in mm.
const PULP_MM: f64 = 9.0;
/// Between the skins of two hands on one film, in mm.
const LEAST_BETWEEN_MM: f64 = 12.0;
const MOST_BETWEEN_MM: f64 = 50.0;

/// What one hand is made from.
#[derive(Debug, Clone)]
pub(crate) struct HandPlan {
    pub(crate) side: HandSide,
    pub(crate) person: Person,
    pub(crate) stump: bool,
    pub(crate) calcification: Calcification,
    pub(crate) pattern: CalcificationPattern,
    pub(crate) density: f64,
    pub(crate) look_alikes: Vec<LookAlike>,
    pub(crate) defects: Vec<SoftTissueDefect>,
}

struct Sheet {
    columns: u16,
    rows: u16,
    pixel_mm: f64,
    view: View,
    seed: u64,
    /// The seed of this exposure: how the hands lie, and the film's noise.
    laid: u64,
    noise: bool,
}

impl Sheet {
    fn width(&self) -> f64 {
        f64::from(self.columns) * self.pixel_mm
    }
    fn height(&self) -> f64 {
        f64::from(self.rows) * self.pixel_mm
    }
}

/// Draws one hand.
pub(crate) fn hand(options: &HandOptions) -> Radiograph {
    let sheet = Sheet {
        columns: options.columns,
        rows: options.rows,
        pixel_mm: options.pixel_mm,
        view: options.view,
        seed: options.seed,
        laid: if options.exposure == 0 {
            options.seed
        } else {
            options.seed ^ mix(u64::from(options.exposure))
        },
        noise: options.noise,
    };
    let plan = HandPlan {
        side: options.side,
        person: options.person,
        stump: options.middle_finger_stump,
        calcification: options.calcification.clone(),
        pattern: options.pattern,
        density: options.density,
        look_alikes: options.look_alikes.clone(),
        defects: options.soft_tissue_defects.clone(),
    };
    let lying = Lying::new(&sheet, &plan);
    let (low, high) = lying.tips();
    let stray = 3.0 * place_noise(&sheet, plan.side).signed(2, 0);
    let across = sheet.width() * 0.5 - (low.x + high.x) * 0.5 + stray;
    draw(&sheet, vec![(options.side, lying.laid(&sheet, across, &plan))])
}

/// Draws both hands on one film, the right one on the viewer's left.
pub(crate) fn film(options: &FilmOptions) -> Radiograph {
    let sheet = film_sheet(options);
    let [right, left] = [HandSide::Right, HandSide::Left].map(|side| film_plan(options, side));
    let [lying_right, lying_left] = [&right, &left].map(|plan| Lying::new(&sheet, plan));
    let (at_right, at_left) = side_by_side(&sheet, lying_right.reach(&sheet), lying_left.reach(&sheet));
    let hands = vec![
        (HandSide::Right, lying_right.laid(&sheet, at_right, &right)),
        (HandSide::Left, lying_left.laid(&sheet, at_left, &left)),
    ];
    draw(&sheet, hands)
}

fn film_sheet(options: &FilmOptions) -> Sheet {
    Sheet {
        columns: options.columns,
        rows: options.rows,
        pixel_mm: options.pixel_mm,
        view: options.view,
        seed: options.seed,
        laid: if options.exposure == 0 {
            options.seed
        } else {
            options.seed ^ mix(u64::from(options.exposure))
        },
        noise: options.noise,
    }
}

fn film_plan(options: &FilmOptions, side: HandSide) -> HandPlan {
    let (index, stump) = match side {
        HandSide::Right => (0, options.right_middle_finger_stump),
        HandSide::Left => (1, false),
    };
    HandPlan {
        side,
        person: options.person,
        stump,
        calcification: options.calcification.get(index).cloned().unwrap_or(Calcification::None),
        pattern: options.pattern,
        density: options.density,
        look_alikes: options.look_alikes.get(index).cloned().unwrap_or_default(),
        defects: options.soft_tissue_defects.get(index).cloned().unwrap_or_default(),
    }
}

/// Where the wrists of two hands lie across the film, from how far each reaches to both sides of its own: the
/// free width is shared out between and beside them, and there is always some between.
fn side_by_side(sheet: &Sheet, first: (f64, f64), second: (f64, f64)) -> (f64, f64) {
    let free = sheet.width() - 2.0 * BORDER_MM - (first.1 - first.0) - (second.1 - second.0);
    let between = (0.4 * free).clamp(LEAST_BETWEEN_MM, MOST_BETWEEN_MM);
    let stray = 0.1 * (free - between).clamp(0.0, 40.0) * Noise::new(sheet.laid, "place both").signed(0, 0);
    let left = BORDER_MM + 0.5 * (free - between) + stray;
    let beside = left + (first.1 - first.0) + between;
    (left - first.0, beside - second.0)
}

/// A hand of bones and flesh before it has its place across the film.
struct Lying {
    skeleton: Skeleton,
    soft: Soft,
    turn: Turn,
    side: HandSide,
    /// How it is turned in the plane, and how far below the film's upper edge its wrist lies.
    degrees: f64,
    down: f64,
}

impl Lying {
    fn new(sheet: &Sheet, plan: &HandPlan) -> Self {
        // no hand lies quite flat
        let tilt = (2.2 * Noise::new(sheet.laid, "lie").normal(0, 0)).clamp(-4.5, 4.5);
        let turn = match sheet.view {
            View::Pa => Turn::degrees(tilt),
            View::Oblique => Turn::degrees(38.0 + 1.5 * tilt),
        };
        let skeleton = Skeleton::new(
            sheet.seed,
            plan.person,
            turn,
            plan.stump,
            plan.look_alikes.contains(&LookAlike::Sesamoid),
        );
        let soft = Soft::new(
            &skeleton,
            turn,
            SoftPlan { person: plan.person, seed: sheet.seed, stump: plan.stump, defects: &plan.defects },
        );
        let noise = place_noise(sheet, plan.side);
        let degrees = (3.2 * noise.normal(0, 0)).clamp(-7.0, 7.0);
        let mut lying = Self { skeleton, soft, turn, side: plan.side, degrees, down: 0.0 };
        let spare = (sheet.height() - HAND_FIELD_HEIGHT_MM).max(0.0);
        let above = (BORDER_MM + PULP_MM + 4.0 + 10.0 * noise.unit(1, 0)) + spare * 0.3;
        lying.down = above - lying.tips().0.y;
        lying
    }

    /// In mm of the film, its wrist at this place across and at the upper edge.
    fn at(&self, across: f64) -> Placement {
        Placement::new(self.side, self.degrees, mm2(across, 0.0), 1.0)
    }

    /// The box of the fingertips and the wrist, relative to the wrist.
    fn tips(&self) -> (Mm2, Mm2) {
        let tips = self.skeleton.digits.iter().map(|d| self.at(0.0).to_pixels(self.turn.project(d.tip)));
        let start = (mm2(-30.0, 0.0), mm2(30.0, 0.0));
        tips.fold(start, |(low, high), p| {
            (mm2(low.x.min(p.x), low.y.min(p.y)), mm2(high.x.max(p.x), high.y.max(p.y)))
        })
    }

    /// How far the skin reaches to the left and right of the wrist, on the film.
    fn reach(&self, sheet: &Sheet) -> (f64, f64) {
        let field = self.soft.field();
        let lowest = sheet.height() - self.down;
        let placed = self.at(0.0);
        let mut reach = (0.0_f64, 0.0_f64);
        for (i, value) in field.values.iter().enumerate() {
            if value[0] > 0.0 {
                let p = placed.to_pixels(field.at(i % field.columns, i / field.columns));
                if p.y <= lowest {
                    reach = (reach.0.min(p.x), reach.1.max(p.x));
                }
            }
        }
        // the skin may lie up to a cell beyond the grid's last point
        (reach.0 - STEP_MM * 1.5, reach.1 + STEP_MM * 1.5)
    }

    /// The whole hand, its wrist at this place across the film.
    fn laid(self, sheet: &Sheet, across: f64, plan: &HandPlan) -> Hand {
        let Self { skeleton, soft, turn, side, degrees, down } = self;
        let placement = Placement::new(side, degrees, mm2(across, down), sheet.pixel_mm);
        let vessels = vessels(&skeleton, turn, sheet.seed, plan);
        let around = Surroundings {
            skeleton: &skeleton,
            soft: &soft,
            vessels: &vessels,
            placement,
            turn,
            seed: sheet.seed,
        };
        let look_alikes = look_alikes(around, plan);
        let texture = Noise::new(sheet.seed, &format!("texture {}", side.letter()));
        Hand { skeleton, soft, vessels, look_alikes, placement, texture }
    }
}

fn place_noise(sheet: &Sheet, side: HandSide) -> Noise {
    Noise::new(sheet.laid, &format!("place {}", side.letter()))
}

/// How far above the sawn ends of the forearm a tall film is collimated, in mm: an edge leans, and so do the ends.
const BEFORE_END_MM: f64 = 9.0;

/// Where the bones of the forearm end, in mm below the film's upper edge; arteries and flesh go on further.
fn forearm_end(hand: &Hand) -> f64 {
    let forearm =
        hand.skeleton.bones.iter().filter(|b| matches!(b.kind, Some(BoneKind::Radius | BoneKind::Ulna)));
    let ends = forearm.map(|bone| hand.placement.to_pixels(hand.skeleton.turn.project(bone.ends().0)).y);
    ends.fold(f64::MAX, f64::min) * hand.placement.pixel_mm()
}

/// How many times finer the maps are than the picture.
pub(crate) fn finer(pixel_mm: f64) -> usize {
    index_below((pixel_mm / FINEST_NEEDED_MM).ceil(), 16).max(1)
}

fn draw(sheet: &Sheet, mut hands: Vec<(HandSide, Hand)>) -> Radiograph {
    let factor = finer(sheet.pixel_mm);
    let mut maps = Maps::new(usize::from(sheet.columns) * factor, usize::from(sheet.rows) * factor);
    for (_, hand) in &mut hands {
        let placed = hand.placement;
        hand.placement = placed.finer(real(factor));
        maps.add(hand);
        hand.placement = placed;
    }
    let name = format!("film {:?} {}", sheet.view, hands.iter().map(|h| h.0.letter()).collect::<String>());
    let noise = Noise::new(sheet.laid, &name);
    let end = hands.iter().fold(f64::MAX, |end, (_, hand)| end.min(forearm_end(hand)));
    let field = Field::new(sheet.width(), sheet.height(), BORDER_MM, noise.lane("field"))
        .ending(sheet.width(), end - BEFORE_END_MM);
    let free = Free {
        maps: &maps,
        fine_mm: sheet.pixel_mm / real(factor),
        field: &field,
        width: sheet.width(),
        height: sheet.height(),
    };
    let right = matches!(hands.as_slice(), [(HandSide::Right, _)]);
    let console = vec![synthetic(free, sheet.pixel_mm, right)];
    let mut taken = console.clone();
    let mut lead = Vec::new();
    for (side, hand) in &hands {
        if let Some(word) = side_marker(free, (*side, hand), &taken, noise.lane("marker").lane(side.letter()))
        {
            taken.push(word.clone());
            lead.push(word);
        }
    }
    let technique = noise.lane("technique");
    let exposure = Technique::new(technique);
    // three consoles of four blacken the surround wholly
    let value = if technique.unit(0, 1) < 0.75 { 0.0 } else { single(10.0 + 60.0 * technique.unit(1, 1)) };
    let film = Film {
        columns: usize::from(sheet.columns),
        rows: usize::from(sheet.rows),
        pixel_mm: sheet.pixel_mm,
        factor,
        lead,
        console,
        field,
        surround: Surround { value, inside_mm: 0.35 + 0.8 * technique.unit(2, 1) },
        quanta_per_mm2: exposure.quanta_per_mm2(),
        noise: sheet.noise.then_some(noise),
    };
    Radiograph {
        columns: sheet.columns,
        rows: sheet.rows,
        pixel_mm: sheet.pixel_mm,
        field,
        technique: exposure,
        values: film.expose(&maps),
        hands,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Left and right end of the skin of both hands, in mm of the film, and its width.
    fn across(options: &FilmOptions) -> ([(f64, f64); 2], f64) {
        let sheet = film_sheet(options);
        let lying =
            [HandSide::Right, HandSide::Left].map(|side| Lying::new(&sheet, &film_plan(options, side)));
        let [first, second] = lying.each_ref().map(|l| l.reach(&sheet));
        let (a, b) = side_by_side(&sheet, first, second);
        ([(a + first.0, a + first.1), (b + second.0, b + second.1)], sheet.width())
    }

    #[test]
    fn two_hands_fit_a_film_and_lie_apart() {
        for seed in 0..100 {
            let usual = FilmOptions::sized(View::Pa, seed, 1200, 1000);
            let large = Person { size: 1.12, ..usual.person };
            let options = match seed % 10 {
                // too small a film: the hands are cut at its sides, and still lie apart
                0 => FilmOptions { pixel_mm: 0.2, ..usual },
                n if n % 2 == 0 => FilmOptions::sized_for(large, View::Pa, seed, 1200, 1000),
                _ => usual,
            };
            let ([first, second], width) = across(&options);
            assert!(second.0 - first.1 > LEAST_BETWEEN_MM - 0.01, "seed {seed}: {first:?} and {second:?}");
            if seed % 10 > 0 {
                assert!(
                    first.0 > BORDER_MM && second.1 < width - BORDER_MM,
                    "seed {seed}: {first:?} {second:?}"
                );
            }
        }
    }
}

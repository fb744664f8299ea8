//! One radiograph: hands laid on a film, drawn and exposed.
//!
//! Not here: its truth ([`crate::facts`]), its DICOM object ([`crate::study`]).
//!
//! Invariants
//! - Calcification changes nothing but the calcium map: anatomy and noise are the same with and without.

use crate::exposure::{Film, Surround};
use crate::field::Field;
use crate::look_alikes::{Surroundings, look_alikes};
use crate::maps::{Hand, Maps};
use crate::marks::{Free, side_marker, synthetic};
use crate::noise::Noise;
use crate::number::{index_below, real, single};
use crate::options::{
    Calcification, CalcificationPattern, FilmOptions, HAND_FIELD_HEIGHT_MM, HANDS_APART_MM, HandOptions,
    HandSide, LookAlike, SoftTissueDefect, View,
};
use crate::person::Person;
use crate::placement::Placement;
use crate::plane::{Turn, mm2};
use crate::skeleton::Skeleton;
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
    let one = lay(&sheet, sheet.width() * 0.5, &plan);
    draw(&sheet, vec![(options.side, one)])
}

/// Draws both hands on one film, the right one on the viewer's left.
pub(crate) fn film(options: &FilmOptions) -> Radiograph {
    let sheet = Sheet {
        columns: options.columns,
        rows: options.rows,
        pixel_mm: options.pixel_mm,
        view: options.view,
        seed: options.seed,
        noise: options.noise,
    };
    let plan = |side: HandSide| {
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
    };
    let apart = HANDS_APART_MM * 0.5;
    let places = [(HandSide::Right, -apart), (HandSide::Left, apart)];
    let hands = places
        .into_iter()
        .map(|(side, off)| (side, lay(&sheet, sheet.width() * 0.5 + off, &plan(side))))
        .collect();
    draw(&sheet, hands)
}

fn lay(sheet: &Sheet, centre: f64, plan: &HandPlan) -> Hand {
    let side = plan.side;
    // no hand lies quite flat
    let tilt = (2.2 * Noise::new(sheet.seed, "lie").normal(0, 0)).clamp(-4.5, 4.5);
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
    let vessels = vessels(&skeleton, turn, sheet.seed, plan);
    let placement = place(sheet, centre, side, &skeleton, turn);
    let around = Surroundings {
        skeleton: &skeleton,
        soft: &soft,
        vessels: &vessels,
        placement,
        turn,
        seed: sheet.seed,
    };
    let look_alikes = look_alikes(around, plan);
    Hand {
        skeleton,
        soft,
        vessels,
        look_alikes,
        placement,
        texture: Noise::new(sheet.seed, &format!("texture {}", side.letter())),
    }
}

/// Where the hand lies: turned a little, its width about `centre`, every fingertip on the film.
fn place(sheet: &Sheet, centre: f64, side: HandSide, skeleton: &Skeleton, turn: Turn) -> Placement {
    /// Half of a finger beyond the middle of its tip, in mm.
    const PULP_MM: f64 = 9.0;
    let noise = Noise::new(sheet.seed, &format!("place {}", side.letter()));
    let degrees = (3.2 * noise.normal(0, 0)).clamp(-7.0, 7.0);
    // relative to the wrist, in mm of the film
    let lying = Placement::new(side, degrees, mm2(0.0, 0.0), 1.0);
    let tips = skeleton.digits.iter().map(|d| lying.to_pixels(turn.project(d.tip)));
    let start = (mm2(-30.0, 0.0), mm2(30.0, 0.0));
    let (low, high) = tips.fold(start, |(low, high), p| {
        (mm2(low.x.min(p.x), low.y.min(p.y)), mm2(high.x.max(p.x), high.y.max(p.y)))
    });
    let spare = (sheet.height() - HAND_FIELD_HEIGHT_MM).max(0.0);
    let above = (BORDER_MM + PULP_MM + 4.0 + 10.0 * noise.unit(1, 0)) + spare * 0.3;
    let origin = mm2(centre - (low.x + high.x) * 0.5 + 3.0 * noise.signed(2, 0), above - low.y);
    Placement::new(side, degrees, origin, sheet.pixel_mm)
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
    let noise = Noise::new(sheet.seed, &name);
    let field = Field::new(sheet.width(), sheet.height(), BORDER_MM, noise.lane("field"));
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

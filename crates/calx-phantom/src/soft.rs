//! The soft tissue of one hand: skin, the fat under it, muscles and tendons.
//!
//! A hand is made of tubes of flesh ([`tube`]) that melt into each other; each has three surfaces in each
//! other: the skin's outside, its inside, and the fascia round muscles, tendons and bones. What lies between
//! the last two is fat, but for the strands ([`strands`]) of lean tissue in it.
//!
//! Not here: vessels, bones, pixels ([`crate::map_soft`]).
//!
//! Invariants
//! - What is kept is the *square* of the half thickness, so that the skin line stays sharp when the
//!   grid is interpolated.
//! - Fat is never more than the body without its skin.

pub(crate) mod defect;
pub(crate) mod detail;
pub(crate) mod field;
mod finger;
mod palm;
mod strands;
#[cfg(test)]
mod tests;
mod tube;

use std::sync::Arc;

use crate::noise::Noise;
use crate::number::single;
use crate::person::Person;
use crate::plane::{Mm2, Mm3, Turn, mm2, mm3};
use crate::skeleton::Skeleton;
use crate::soft::defect::Defect;
use crate::soft::detail::Detail;
use crate::soft::field::{FAR, Field, Layers};
use crate::soft::tube::Tube;

/// What a ray meets, in mm.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Tissue {
    pub(crate) body: f64,
    pub(crate) fat: f64,
}

/// What soft tissue is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SoftPlan<'a> {
    pub(crate) person: Person,
    pub(crate) seed: u64,
    pub(crate) stump: bool,
    pub(crate) defects: &'a [crate::options::SoftTissueDefect],
}

/// What the parts are built with.
pub(crate) struct Build<'a> {
    pub(crate) skeleton: &'a Skeleton,
    pub(crate) turn: Turn,
    pub(crate) noise: Noise,
    pub(crate) stump: bool,
    /// Beside the plan of a grown man.
    pub(crate) size: f64,
    /// -1 lean to 1 plump.
    pub(crate) plump: f64,
    pub(crate) wear: f64,
    /// Thickness of the skin in mm.
    pub(crate) skin: f64,
}

impl Build<'_> {
    /// From the standard hand into this one.
    pub(crate) fn place(&self, standard: Mm3) -> Mm3 {
        self.skeleton.place(standard)
    }
}

/// The soft tissue of one hand.
#[derive(Debug, Clone)]
pub(crate) struct Soft {
    field: Arc<Field>,
    pub(crate) details: Vec<Detail>,
    pub(crate) defects: Vec<Defect>,
}

/// Over how many mm² palm and forearm melt into each other, fingers into the palm, fingers into each other.
const MELT: [f32; 3] = [110.0, 46.0, 3.0];
/// How much of what lies between skin and fascia is fat; the rest is septa and vessels.
const FAT_SHARE: f64 = 0.9;

/// How gradually muscle begins at its edge: the square at which half of it is there.
const SOFT_EDGE_MM2: f32 = 3.0;

impl Soft {
    pub(crate) fn new(skeleton: &Skeleton, turn: Turn, plan: SoftPlan<'_>) -> Self {
        let noise = Noise::new(plan.seed, "soft");
        let wear = plan.person.wear();
        let build = Build {
            skeleton,
            turn,
            noise,
            stump: plan.stump,
            size: size_of(skeleton) * (1.0 + 0.012 * noise.signed(3, 0)),
            plump: (0.55 * noise.normal(1, 0)).clamp(-1.0, 1.2),
            wear,
            skin: 1.35 - 0.25 * wear + 0.1 * noise.signed(2, 0),
        };
        let palm = build.palm();
        let fingers: Vec<Vec<Tube>> = skeleton.digits.iter().map(|d| build.finger(d)).collect();
        let all = palm.iter().chain(fingers.iter().flatten()).map(Tube::bounds);
        let (low, high) = all.fold((mm2(f64::MAX, f64::MAX), mm2(f64::MIN, f64::MIN)), |(l, h), (a, b)| {
            (mm2(l.x.min(a.x), l.y.min(a.y)), mm2(h.x.max(b.x), h.y.max(b.y)))
        });
        let low = mm2(low.x, low.y.max(LOWEST_MM));
        let mut field = Field::new(low, high);
        let mut scratch = field.clone();
        for tube in &palm {
            melt_in(&mut field, &mut scratch, tube, MELT[0]);
        }
        let mut digits = Field::new(low, high);
        for finger in &fingers {
            for (i, tube) in finger.iter().enumerate() {
                melt_in(&mut digits, &mut scratch, tube, if i == 0 { MELT[2] } else { 10.0 });
            }
        }
        for (all, finger) in field.values.iter_mut().zip(&digits.values) {
            melt_layers(all, finger, MELT[1]);
        }
        for strand in build.strands() {
            strand.draw(&mut field, noise);
        }
        texture(&mut field, Noise::new(plan.seed, "flesh"), wear);
        let details = detail::details(&build);
        let defects = plan.defects.iter().filter_map(|d| Defect::new(&build, *d)).collect();
        Self { field: Arc::new(field), details, defects }
    }

    /// The box of the projection in which there may be tissue; it goes on below.
    pub(crate) fn bounds(&self) -> (Mm2, Mm2) {
        (mm2(self.field.low.x, f64::MIN), self.field.high())
    }

    /// The grid that the squares are kept on.
    pub(crate) fn field(&self) -> &Field {
        &self.field
    }
}

impl Tissue {
    /// What a ray meets, before details and defects.
    pub(crate) fn of(layers: Layers) -> Option<Self> {
        let [skin, under, core, lean, uneven] = layers;
        if skin <= 0.0 {
            return None;
        }
        let thick = |square: f32| if square > 0.0 { 2.0 * f64::from(square).sqrt() } else { 0.0 };
        let (body, inner) = (thick(skin), thick(under.min(skin)));
        // the fascia has no sharp edge: bundles and lobules reach into each other
        let core = thick(core.min(under)) * f64::from(core.max(0.0) / (core.max(0.0) + SOFT_EDGE_MM2));
        let room = inner * FAT_SHARE;
        let fat = ((inner - core) * FAT_SHARE - f64::from(lean)).clamp(0.0, room);
        let uneven = 1.0 + f64::from(uneven);
        Some(Self { body: body * uneven, fat: fat * uneven })
    }
}

/// How much larger than the standard hand this one is.
fn size_of(skeleton: &Skeleton) -> f64 {
    let (a, b) = (skeleton.place(mm3(-15.0, 40.0, 0.0)), skeleton.place(mm3(15.0, 40.0, 0.0)));
    let (x, y, z) = (b.x - a.x, b.y - a.y, b.z - a.z);
    (x * x + y * y + z * z).sqrt() / 30.0
}

/// The grid goes down to here; below, the forearm goes on as it is.
const LOWEST_MM: f64 = -150.0;

fn melt_in(all: &mut Field, scratch: &mut Field, tube: &Tube, over: f32) {
    tube.draw(scratch);
    let (low, high) = tube.bounds();
    let source: &Field = scratch;
    let columns = source.columns;
    let values = &source.values;
    let origin = source.low;
    all.within(low, high, |p, to| {
        let at = p.minus(origin).times(1.0 / field::STEP_MM);
        let (column, row) =
            (crate::number::index_below(at.x + 0.5, columns), crate::number::index_below(at.y + 0.5, 4000));
        if let Some(from) = values.get(row * columns + column) {
            melt_layers(to, from, over);
        }
    });
}

fn melt_layers(to: &mut Layers, from: &Layers, over: f32) {
    for (a, b) in to.iter_mut().zip(from).take(3) {
        *a = melt(*a, *b, over);
    }
}

/// The greater of two, rounded where they are close.
fn melt(a: f32, b: f32, over: f32) -> f32 {
    if a <= FAR || b <= FAR {
        return a.max(b);
    }
    let near = (over - (a - b).abs()).max(0.0) / over;
    a.max(b) + near * near * over * 0.25
}

/// Lobules, fibres and wrinkles, as a share of the thickness.
fn texture(field: &mut Field, noise: Noise, wear: f64) {
    let (columns, low) = (field.columns, field.low);
    for (i, value) in field.values.iter_mut().enumerate() {
        if value[0] <= -60.0 {
            continue;
        }
        let p = low.plus(
            mm2(crate::number::real(i % columns), crate::number::real(i / columns)).times(field::STEP_MM),
        );
        let large = 0.020 * noise.over(p.x / 5.5, p.y / 9.0);
        let fibres = 0.010 * noise.over(p.x / 1.5 + 400.0, p.y / 4.5);
        let wrinkles = (0.003 + 0.010 * wear) * noise.over(p.x / 2.1 + 90.0, p.y / 1.3 + 900.0);
        value[4] = single(large + fibres + wrinkles);
        // septa run through the fat
        value[3] += single(0.7 * noise.over(p.x / 1.7 + 40.0, p.y / 2.3 + 170.0).max(0.0));
    }
}

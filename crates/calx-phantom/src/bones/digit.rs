//! Metacarpals and phalanges: their measures, those of a grown man.
//!
//! From general knowledge of hand anatomy; no patient was measured.
//!
//! Not here: where they lie ([`crate::skeleton`]).

use crate::anatomy::BoneKind;
use crate::bones::long::{Cap, Form, Swelling};

/// How a person and a joint differ from the plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Build {
    /// Of width and depth.
    pub(crate) scale: f64,
    /// Of the cortex.
    pub(crate) cortex: f64,
    /// Of the trabeculae.
    pub(crate) sponge: f64,
    /// How far age has thinned the trabeculae out, 0 to 1.
    pub(crate) coarse: f64,
    /// Degrees about the axis.
    pub(crate) twist: f64,
    /// Osteoarthritis of the joints at base and head, 0 to 1.
    pub(crate) worn: (f64, f64),
    /// 0 to 1, for what is one person's alone.
    pub(crate) habit: f64,
    /// The fraction at which it is sawn off; 1 for a whole bone.
    pub(crate) kept: f64,
}

/// Half widths of metacarpals at base, waist and head.
const METACARPAL: [[f64; 3]; 5] =
    [[7.6, 4.8, 7.2], [7.9, 4.3, 7.5], [7.0, 4.3, 7.4], [5.7, 3.5, 6.5], [5.9, 3.7, 6.1]];
/// Half widths of proximal phalanges at base, waist and head.
const PROXIMAL: [[f64; 3]; 5] =
    [[7.3, 4.6, 6.2], [7.6, 4.6, 5.8], [7.9, 4.8, 6.2], [7.3, 4.4, 5.8], [6.4, 3.8, 4.9]];
/// Half widths of middle phalanges; the thumb has none.
const MIDDLE: [[f64; 3]; 5] =
    [[6.0, 3.8, 5.0], [6.5, 3.8, 5.0], [6.9, 4.1, 5.4], [6.4, 3.8, 5.1], [5.3, 3.2, 4.2]];
/// Half widths of distal phalanges at base, waist and tuft.
const DISTAL: [[f64; 3]; 5] =
    [[6.9, 3.5, 4.9], [5.4, 2.5, 3.9], [5.8, 2.7, 4.2], [5.6, 2.6, 4.1], [4.7, 2.1, 3.4]];

fn widths(table: &[[f64; 3]; 5], digit: u8) -> [f64; 3] {
    table.get(usize::from(digit).saturating_sub(1)).copied().unwrap_or([6.0, 4.0, 5.0])
}

/// The form of a bone of a digit.
pub(crate) fn form(kind: BoneKind, build: &Build) -> Form {
    let digit = kind.digit().unwrap_or(3);
    let mut form = match kind {
        BoneKind::Metacarpal(_) => metacarpal(digit, build.habit),
        BoneKind::MiddlePhalanx(_) => middle(digit),
        BoneKind::DistalPhalanx(_) => distal(digit, build.habit),
        _ => proximal(digit),
    };
    for row in &mut form.sides {
        for value in row.iter_mut().skip(1).take(3) {
            *value *= build.scale;
        }
    }
    for row in &mut form.cortex {
        row[1] *= build.cortex;
    }
    for row in &mut form.sponge {
        row[1] *= build.sponge;
    }
    form.twist += build.twist;
    if !matches!(kind, BoneKind::Metacarpal(_)) {
        // the lips to back and palm stand at different heights, in every finger otherwise
        let (one, other) = (build.habit, (build.habit * 7.3).fract());
        form.base.tilt += 0.45 * (one - 0.5);
        form.base.dorsal_lip += 0.5 * other - 0.25;
        form.base.palmar_lip += 0.4 * (one * 3.7).fract() - 0.25;
        form.base.socket *= 0.85 + 0.15 * other;
        form.base.edge *= 1.0 + 0.5 * one;
        form.base.slope += 0.5 * (other - 0.5);
    } else {
        form.base.slope += 0.5 * (build.habit - 0.5);
        form.base.ridge *= 0.8 + 0.5 * build.habit;
        form.base.dorsal_lip *= 0.7 + 0.6 * build.habit;
    }
    form.coarse = build.coarse;
    spurs(&mut form, build);
    if build.kept < 1.0 {
        form.kept = build.kept;
        // sawn not long ago: uneven, a little aslant, no cap over canal and trabeculae
        form.head = Cap { rough: 0.32, edge: 0.3, slope: 0.4, tilt: 0.2, ..Cap::default() };
        form.plates.1 = 0.02;
        form.swellings.retain(|s| s.at < build.kept - 0.08);
    }
    form
}

/// What osteoarthritis adds: lips at the rims, denser plates.
fn spurs(form: &mut Form, build: &Build) {
    let (base, head) = build.worn;
    let mut spur = |at: f64, worn: f64, side: f64, share: f64| {
        if worn > 0.12 {
            form.swellings.push(Swelling { at, long: 2.4, side, wide: 48.0, height: 2.1 * worn * share });
        }
    };
    let uneven = build.habit;
    spur(0.0, base, 0.0, 0.6 + 0.6 * uneven);
    spur(0.0, base, 180.0, 1.2 - 0.6 * uneven);
    spur(0.97, head, 0.0, 0.9 - 0.4 * uneven);
    spur(0.97, head, 180.0, 0.5 + 0.4 * uneven);
    form.base.socket += 0.5 * base;
    form.plates.0 *= 1.0 + 1.1 * base;
    form.plates.1 *= 1.0 + 1.1 * head;
}

fn metacarpal(digit: u8, habit: f64) -> Form {
    let [wide, waist, head] = widths(&METACARPAL, digit);
    let thumb = digit == 1;
    let keel = if thumb { 0.1 } else { -0.32 };
    let deep = if thumb { 0.82 } else { 1.04 };
    let base_cap = match digit {
        1 => Cap { socket: -0.6, dorsal_lip: 2.2, palmar_lip: 2.6, edge: 0.7, ..Cap::default() },
        2 => Cap {
            ridge: -1.7,
            slope: 0.7,
            cup: 0.6,
            dorsal_lip: 0.6,
            edge: 0.7,
            tilt: -0.5,
            ..Cap::default()
        },
        3 => Cap {
            slope: 0.9,
            socket: 0.3,
            dorsal_lip: 1.2,
            edge: 1.4,
            peg: (0.72, -0.55, 0.42, 1.5),
            ..Cap::default()
        },
        4 => Cap { slope: 0.5, socket: -0.3, tilt: -0.9, dorsal_lip: 0.5, edge: 1.5, ..Cap::default() },
        _ => Cap { slope: 1.1, socket: -0.5, tilt: 0.5, dorsal_lip: 0.5, edge: 1.7, ..Cap::default() },
    };
    let cortex = [1.75, 2.25, 2.2, 1.75, 1.7].get(usize::from(digit) - 1).copied().unwrap_or(2.0);
    let knob = |side: f64| Swelling { at: 0.945, long: 4.2, side, wide: 42.0, height: 0.38 };
    let mut swellings = vec![knob(-18.0), knob(198.0)];
    if digit == 5 {
        swellings.push(Swelling { at: 0.11, long: 5.6, side: 190.0, wide: 60.0, height: 1.0 });
    }
    Form {
        sides: vec![
            [0.0, wide * 0.97, wide * 0.9, wide * 0.98, keel],
            [0.05, wide, wide * 0.9, wide, keel],
            [0.14, wide * 0.86, wide * 0.78, wide * 0.84, keel],
            [0.27, waist * 1.14, waist * 0.98, waist * 1.12 * deep, keel],
            [0.48, waist, waist * 0.92, waist * 1.1 * deep, keel],
            [0.66, waist * 1.05, waist * 0.96, waist * 1.16 * deep, keel * 0.8],
            [0.82, head * 0.74, head * 0.72, head * 0.93 * deep, keel * 0.3],
            [0.93, head * 0.94, head * 0.88, head * 1.12 * deep, 0.0],
            [1.0, head * 0.95, head * 0.88, head * 1.14 * deep, 0.0],
        ],
        base: base_cap,
        head: if thumb {
            Cap { dome: 3.6, furrow: 0.3, edge: 0.6, ..Cap::default() }
        } else {
            Cap { dome: 6.3 + 0.5 * habit, tilt: 0.3, ..Cap::default() }
        },
        bow: (
            match digit {
                1 => -0.7,
                2 => 0.5,
                5 => -0.9,
                4 => -0.3,
                _ => 0.0,
            },
            1.5,
        ),
        cortex: vec![
            [0.0, 0.45],
            [0.07, 0.45],
            [0.2, cortex * 0.6],
            [0.36, cortex * 0.96],
            [0.5, cortex],
            [0.64, cortex * 0.82],
            [0.8, cortex * 0.36],
            [0.92, 0.4],
            [1.0, 0.4],
        ],
        sponge: vec![
            [0.0, 0.26],
            [0.12, 0.21],
            [0.27, 0.08],
            [0.4, 0.03],
            [0.6, 0.03],
            [0.74, 0.1],
            [0.88, 0.2],
            [1.0, 0.27],
        ],
        plates: (0.5, 0.5),
        swellings,
        twist: 0.0,
        kept: 1.0,
        ragged: 0.0,
        coarse: 0.0,
    }
}

fn proximal(digit: u8) -> Form {
    let [wide, waist, head] = widths(&PROXIMAL, digit);
    let thumb = digit == 1;
    let cortex = if digit == 5 { 1.4 } else { 1.75 };
    Form {
        sides: vec![
            [0.0, wide * 0.98, wide * 0.78, wide * 0.8, 0.15],
            [0.05, wide, wide * 0.8, wide * 0.82, 0.2],
            [0.12, wide * 0.92, wide * 0.74, wide * 0.7, 0.3],
            [0.26, lerp3(wide, waist, 0.34), waist * 0.92, waist * 0.82, 0.55],
            [0.42, waist * 1.06, waist * 0.86, waist * 0.68, 0.7],
            [0.6, waist, waist * 0.8, waist * 0.64, 0.7],
            [0.76, lerp3(head, waist, 0.36), waist * 0.78, waist * 0.74, 0.5],
            [0.9, head * 0.98, head * 0.62, head * 0.86, 0.2],
            [1.0, head * 0.94, head * 0.58, head * 0.9, 0.1],
        ],
        base: Cap {
            socket: 1.5,
            dorsal_lip: 0.35,
            palmar_lip: if thumb { 0.2 } else { -0.3 },
            edge: 1.0,
            ..Cap::default()
        },
        head: Cap { roller: 2.9, furrow: 0.75, edge: 1.25, ..Cap::default() },
        bow: (0.0, 1.3),
        cortex: vec![
            [0.0, 0.4],
            [0.08, 0.42],
            [0.2, cortex * 0.55],
            [0.36, cortex * 0.92],
            [0.52, cortex],
            [0.7, cortex * 0.85],
            [0.84, cortex * 0.4],
            [0.93, 0.38],
            [1.0, 0.38],
        ],
        sponge: vec![
            [0.0, 0.27],
            [0.1, 0.22],
            [0.24, 0.09],
            [0.4, 0.035],
            [0.62, 0.035],
            [0.78, 0.1],
            [0.9, 0.2],
            [1.0, 0.27],
        ],
        plates: (0.46, 0.45),
        swellings: vec![
            Swelling { at: 0.9, long: 3.6, side: -24.0, wide: 40.0, height: 0.45 },
            Swelling { at: 0.9, long: 3.6, side: 204.0, wide: 40.0, height: 0.45 },
            // the crests of the flexor sheath
            Swelling { at: 0.5, long: 9.0, side: 35.0, wide: 26.0, height: 0.45 },
            Swelling { at: 0.5, long: 9.0, side: 145.0, wide: 26.0, height: 0.45 },
        ],
        twist: 0.0,
        kept: 1.0,
        ragged: 0.0,
        coarse: 0.0,
    }
}

fn middle(digit: u8) -> Form {
    let [wide, waist, head] = widths(&MIDDLE, digit);
    let cortex = if digit == 5 { 1.1 } else { 1.4 };
    Form {
        sides: vec![
            [0.0, wide * 0.98, wide * 0.74, wide * 0.74, 0.1],
            [0.06, wide, wide * 0.74, wide * 0.74, 0.2],
            [0.16, wide * 0.87, wide * 0.66, wide * 0.6, 0.4],
            [0.32, lerp3(wide, waist, 0.28), waist * 0.84, waist * 0.72, 0.6],
            [0.56, waist, waist * 0.76, waist * 0.62, 0.65],
            [0.74, lerp3(head, waist, 0.3), waist * 0.74, waist * 0.66, 0.5],
            [0.9, head * 0.99, head * 0.56, head * 0.78, 0.2],
            [1.0, head * 0.93, head * 0.52, head * 0.8, 0.1],
        ],
        base: Cap { ridge: 0.55, socket: 0.9, dorsal_lip: 0.7, palmar_lip: 0.4, edge: 0.9, ..Cap::default() },
        head: Cap { roller: 2.2, furrow: 0.42, edge: 1.1, ..Cap::default() },
        bow: (0.0, 0.7),
        cortex: vec![
            [0.0, 0.38],
            [0.1, 0.4],
            [0.24, cortex * 0.6],
            [0.45, cortex],
            [0.66, cortex * 0.92],
            [0.82, cortex * 0.42],
            [0.92, 0.36],
            [1.0, 0.36],
        ],
        sponge: vec![
            [0.0, 0.29],
            [0.12, 0.23],
            [0.28, 0.1],
            [0.45, 0.045],
            [0.62, 0.045],
            [0.78, 0.12],
            [0.9, 0.22],
            [1.0, 0.28],
        ],
        plates: (0.42, 0.4),
        swellings: vec![
            Swelling { at: 0.92, long: 3.0, side: -24.0, wide: 40.0, height: 0.4 },
            Swelling { at: 0.92, long: 3.0, side: 204.0, wide: 40.0, height: 0.4 },
            Swelling { at: 0.45, long: 5.5, side: 30.0, wide: 26.0, height: 0.5 },
            Swelling { at: 0.45, long: 5.5, side: 150.0, wide: 26.0, height: 0.5 },
        ],
        twist: 0.0,
        kept: 1.0,
        ragged: 0.0,
        coarse: 0.0,
    }
}

fn distal(digit: u8, habit: f64) -> Form {
    let [wide, waist, tuft] = widths(&DISTAL, digit);
    let cortex = if digit == 1 { 1.15 } else { 0.85 };
    let tuft = tuft * (0.92 + 0.18 * habit);
    Form {
        sides: vec![
            [0.0, wide * 0.97, wide * 0.66, wide * 0.62, 0.1],
            [0.07, wide, wide * 0.66, wide * 0.64, 0.1],
            [0.18, wide * 0.84, wide * 0.54, wide * 0.52, 0.2],
            [0.34, lerp3(wide, waist, 0.32), waist * 1.02, waist * 0.92, 0.3],
            [0.55, waist, waist * 0.95, waist * 0.85, 0.4],
            [0.72, lerp3(tuft, waist, 0.42), waist * 0.9, waist * 0.82, 0.4],
            [0.86, tuft, waist * 0.84, waist * 0.84, 0.3],
            [0.95, tuft * 0.94, waist * 0.72, waist * 0.76, 0.3],
            [1.0, tuft * 0.76, waist * 0.5, waist * 0.54, 0.2],
        ],
        base: Cap { ridge: 0.4, socket: 0.7, dorsal_lip: 0.7, palmar_lip: 0.3, edge: 0.8, ..Cap::default() },
        head: Cap { dome: 1.9, edge: 0.2, ..Cap::default() },
        bow: (0.0, 0.3),
        cortex: vec![
            [0.0, 0.36],
            [0.12, 0.38],
            [0.3, cortex],
            [0.6, cortex * 0.95],
            [0.76, 0.5],
            [0.88, 0.32],
            [1.0, 0.3],
        ],
        sponge: vec![[0.0, 0.3], [0.14, 0.24], [0.3, 0.12], [0.6, 0.09], [0.78, 0.22], [1.0, 0.34]],
        plates: (0.38, 0.3),
        swellings: Vec::new(),
        twist: 0.0,
        kept: 1.0,
        ragged: 0.34,
        coarse: 0.0,
    }
}

fn lerp3(wide: f64, waist: f64, share: f64) -> f64 {
    waist + (wide - waist) * share
}

//! The ends of radius and ulna.
//!
//! Not here: where they lie ([`crate::skeleton`]).

use crate::bones::digit::Build;
use crate::bones::long::{Cap, Form, Swelling};

/// How long the pieces of radius and ulna are that can be seen; further on nothing changes.
pub(crate) const SEEN_MM: f64 = 128.0;

fn built(mut form: Form, build: &Build) -> Form {
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
    form.twist = build.twist;
    form.coarse = build.coarse;
    form
}

/// Radius: its joint surface slopes 22 degrees and carries a styloid.
pub(crate) fn radius(build: &Build) -> Form {
    let form = Form {
        sides: vec![
            [0.0, 6.4, 5.6, 5.8, -0.2],
            [0.55, 6.6, 5.6, 5.6, -0.1],
            [0.7, 7.3, 6.0, 5.8, 0.1],
            [0.8, 8.6, 6.8, 6.2, 0.3],
            [0.87, 10.7, 7.8, 7.0, 0.4],
            [0.92, 13.0, 8.8, 8.0, 0.4],
            [0.955, 14.7, 9.5, 9.2, 0.3],
            [0.98, 14.2, 9.4, 9.2, 0.2],
            [1.0, 12.4, 8.8, 8.6, 0.1],
        ],
        base: Cap { edge: 2.0, ..Cap::default() },
        head: Cap {
            slope: 5.0,
            cup: 2.2,
            ridge: 0.3,
            socket: 0.5,
            tilt: -1.2,
            dorsal_lip: 1.1,
            palmar_lip: 0.5,
            edge: 1.5,
            peg: (0.98, 0.1, 0.8, 2.6),
            ..Cap::default()
        },
        bow: (1.2, 1.0),
        cortex: vec![
            [0.0, 2.9],
            [0.6, 2.8],
            [0.73, 2.3],
            [0.81, 1.5],
            [0.87, 0.9],
            [0.93, 0.55],
            [1.0, 0.45],
        ],
        sponge: vec![[0.0, 0.02], [0.6, 0.02], [0.74, 0.03], [0.84, 0.08], [0.92, 0.14], [1.0, 0.20]],
        plates: (1.0, 0.7),
        swellings: vec![
            // Lister's tubercle, and the edge above the sigmoid notch
            Swelling { at: 0.94, long: 9.0, side: 262.0, wide: 20.0, height: 1.8 },
            Swelling { at: 0.97, long: 6.5, side: 150.0, wide: 28.0, height: 1.7 },
            Swelling { at: 0.97, long: 6.5, side: 212.0, wide: 28.0, height: 1.2 },
            Swelling { at: 0.965, long: 5.5, side: 181.0, wide: 30.0, height: -1.0 },
        ],
        twist: 0.0,
        kept: 1.0,
        ragged: 0.0,
        coarse: 0.0,
    };
    built(form, build)
}

/// Ulna: a small round head and a styloid at its ulnar and dorsal side.
pub(crate) fn ulna(build: &Build) -> Form {
    let form = Form {
        sides: vec![
            [0.0, 5.8, 5.8, 5.8, 0.0],
            [0.6, 5.3, 5.3, 5.3, 0.0],
            [0.78, 5.1, 5.1, 5.1, 0.0],
            [0.88, 5.6, 5.6, 5.6, 0.0],
            [0.94, 6.9, 6.7, 6.5, 0.0],
            [0.97, 7.9, 7.5, 7.3, 0.0],
            [0.985, 8.1, 7.7, 7.5, 0.0],
            [1.0, 7.6, 7.2, 7.0, 0.0],
        ],
        base: Cap { edge: 2.0, ..Cap::default() },
        head: Cap {
            dome: 3.6,
            slope: 0.6,
            edge: 0.5,
            peg: (-0.86, -0.15, 0.46, 5.8 + 2.4 * build.habit),
            ..Cap::default()
        },
        bow: (-0.8, 0.4),
        cortex: vec![[0.0, 2.5], [0.62, 2.4], [0.78, 1.9], [0.87, 1.2], [0.93, 0.65], [1.0, 0.45]],
        sponge: vec![[0.0, 0.02], [0.6, 0.02], [0.78, 0.04], [0.88, 0.13], [1.0, 0.22]],
        plates: (1.0, 0.7),
        swellings: vec![Swelling { at: 0.985, long: 6.0, side: 187.0, wide: 45.0, height: 1.1 }],
        twist: 0.0,
        kept: 1.0,
        ragged: 0.0,
        coarse: 0.0,
    };
    built(form, build)
}

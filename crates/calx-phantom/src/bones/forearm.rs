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
    form
}

/// Radius: its joint surface slopes 22 degrees and carries a styloid.
pub(crate) fn radius(build: &Build) -> Form {
    let form = Form {
        sides: vec![
            [0.0, 6.4, 5.6, 5.8, -0.2],
            [0.55, 6.6, 5.6, 5.6, -0.1],
            [0.72, 7.9, 6.4, 6.0, 0.2],
            [0.84, 11.0, 7.8, 7.0, 0.4],
            [0.92, 13.7, 8.8, 8.4, 0.4],
            [0.97, 14.8, 9.2, 9.2, 0.3],
            [1.0, 14.4, 9.0, 9.0, 0.2],
        ],
        base: Cap { edge: 2.0, ..Cap::default() },
        head: Cap {
            slope: 4.7,
            cup: 2.3,
            ridge: 0.35,
            socket: 0.4,
            tilt: -1.5,
            edge: 1.3,
            peg: (0.86, 0.0, 0.32, 1.6),
            ..Cap::default()
        },
        bow: (1.2, 1.0),
        cortex: vec![[0.0, 2.5], [0.55, 2.3], [0.7, 1.5], [0.8, 0.95], [0.9, 0.6], [1.0, 0.5]],
        sponge: vec![[0.0, 0.03], [0.55, 0.04], [0.72, 0.09], [0.84, 0.15], [0.94, 0.2], [1.0, 0.26]],
        plates: (1.0, 0.8),
        swellings: vec![
            // Lister's tubercle, and the edge above the sigmoid notch
            Swelling { at: 0.94, long: 9.0, side: 262.0, wide: 20.0, height: 1.8 },
            Swelling { at: 0.975, long: 6.0, side: 156.0, wide: 26.0, height: 1.1 },
            Swelling { at: 0.975, long: 6.0, side: 204.0, wide: 26.0, height: 1.1 },
        ],
        twist: 0.0,
        kept: 1.0,
        ragged: 0.0,
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
            [0.88, 5.7, 5.7, 5.7, 0.0],
            [0.95, 7.4, 7.2, 7.0, 0.0],
            [0.985, 8.1, 7.8, 7.6, 0.0],
            [1.0, 7.7, 7.4, 7.2, 0.0],
        ],
        base: Cap { edge: 2.0, ..Cap::default() },
        head: Cap { dome: 0.6, slope: 0.5, edge: 1.7, peg: (-0.72, -0.28, 0.3, 5.6), ..Cap::default() },
        bow: (-0.8, 0.4),
        cortex: vec![[0.0, 2.3], [0.6, 2.1], [0.78, 1.4], [0.88, 0.8], [1.0, 0.5]],
        sponge: vec![[0.0, 0.03], [0.6, 0.05], [0.78, 0.1], [0.9, 0.2], [1.0, 0.28]],
        plates: (1.0, 0.7),
        swellings: vec![Swelling { at: 0.97, long: 7.0, side: 200.0, wide: 40.0, height: 0.8 }],
        twist: 0.0,
        kept: 1.0,
        ragged: 0.0,
    };
    built(form, build)
}

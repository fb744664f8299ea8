//! Display shutters of an image in its presentation state: a state takes the place of those of the image.
//!
//! Invariants
//! - What was read of the image is what is read back of the state.
//!
//! Source: PS3.3 C.7.6.11, C.11.12.

use calx_model::presentation_state::Shutter;

use crate::dataset::Tag;
use crate::write::encode::Elements;

/// Writes shutters of edges; true when one is of bits and was left out.
pub(super) fn write_shutters(shutters: &[Shutter], grey: u8, out: &mut Elements) -> bool {
    let mut names = Vec::new();
    let mut is_left_out = false;
    for shutter in shutters {
        match shutter {
            Shutter::Rectangle { edges: [left, top, right, bottom] } => {
                names.push("RECTANGULAR");
                let edges = [(0x1602, left + 1.0), (0x1604, *right), (0x1606, top + 1.0), (0x1608, *bottom)];
                for (element, edge) in edges {
                    out.is(Tag(0x0018, element), whole(edge));
                }
            }
            Shutter::Circle { centre: [x, y], radius } => {
                names.push("CIRCULAR");
                let (row, column) = (whole(y + 0.5), whole(x + 0.5));
                out.text(Tag(0x0018, 0x1610), b"IS", &format!("{row}\\{column}"));
                out.is(Tag(0x0018, 0x1612), whole(*radius));
            }
            Shutter::Polygon { vertices } => {
                names.push("POLYGONAL");
                let corners = vertices.iter().map(|[x, y]| format!("{}\\{}", whole(y + 0.5), whole(x + 0.5)));
                out.text(Tag(0x0018, 0x1620), b"IS", &corners.collect::<Vec<_>>().join("\\"));
            }
            Shutter::Bitmap(_) => is_left_out = true,
        }
    }
    if !names.is_empty() {
        out.text(Tag(0x0018, 0x1600), b"CS", &names.join("\\"));
        out.us(Tag(0x0018, 0x1622), u16::from(grey) * 257);
    }
    is_left_out
}

/// Edges are whole pixels within a million, as they were read.
#[allow(clippy::cast_possible_truncation, reason = "whole numbers within a million")]
fn whole(edge: f64) -> i64 {
    edge.round() as i64
}

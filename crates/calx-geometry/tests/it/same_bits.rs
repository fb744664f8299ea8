//! Numbers are the same to the last bit on every machine: the name of an exported object follows from every bit of it.
//!
//! What is expected was computed once; functions of another platform's mathematics give other last bits for some of it.

use calx_geometry::{Ellipse, Grid, Outline, PathVertex, PixelBox, VesselPath};

use crate::make::points;

/// All bits of all numbers, in their order, as one number.
fn bits(numbers: impl IntoIterator<Item = f64>) -> u64 {
    numbers.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, number| {
        number
            .to_le_bytes()
            .iter()
            .fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    })
}

/// Points round a curve that is no circle, on the grid.
fn ring(count: i32) -> Vec<(f64, f64)> {
    let place = |n: i32| (f64::from((n * 7919) % 1009) / 16.0, f64::from((n * 104_729) % 1013) / 16.0);
    (1..=count).map(place).collect()
}

#[test]
fn lengths_ellipses_and_covers_have_the_same_bits_everywhere() {
    let triangles = ring(300);
    let triangles = triangles.chunks(3).filter_map(|three| Outline::new(points(three)).ok());
    let perimeters = triangles.map(|one| one.perimeter_mm(0.143, 0.144));
    let vertices = points(&ring(200));
    let vertices = vertices.iter().map(|point| PathVertex { point: *point, width: Grid::snap(1.5).unwrap() });
    let path = VesselPath::new(vertices.collect()).unwrap();
    let ellipses: Vec<Ellipse> = (1..40)
        .filter_map(|n| {
            let (x, y) = (f64::from(n) + 20.0, f64::from(n) * 0.75 + 3.0);
            let ends = [
                (100.0 - x, 90.0 - y),
                (100.0 + x, 90.0 + y),
                (100.0 + y / 2.0, 90.0 - x / 2.0),
                (100.0 - y / 2.0, 90.0 + x / 2.0),
            ];
            let ends = points(&ends);
            Ellipse::new([ends[0], ends[1], ends[2], ends[3]]).ok()
        })
        .collect();
    assert_eq!(ellipses.len(), 39);
    let mut covers = Vec::new();
    for one in &ellipses {
        one.cover_rows(PixelBox::image(256, 256), |_, _, fractions| covers.extend_from_slice(fractions));
    }
    let corners = ellipses.iter().flat_map(|one| one.polygon(0.1)).flat_map(|point| [point.x, point.y]);
    let found = [
        bits(perimeters),
        bits([path.length_mm(0.143, 0.144), path.length_px(), path.mean_width_px()]),
        bits(covers),
        bits(corners),
    ];
    let once = [0x02e2_63e2_837a_e4fe, 0x4580_fb09_9a26_6dbf, 0xee1f_9e8c_1b4c_a027, 0xad7b_6286_6e02_10d5];
    assert_eq!(found, once, "{found:#018x?}");
}

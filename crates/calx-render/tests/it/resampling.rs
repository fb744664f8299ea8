//! What resampling does to values: thin walls survive, padding does not bleed, tables come last.

use calx_geometry::Transform;
use calx_model::*;
use calx_render::*;

use crate::frames::{chain, window};

fn draw(frame: &Frame, pipeline: &DisplayPipeline, view: &View) -> Vec<u8> {
    let table = DisplayTable::build(pipeline, frame, 16).unwrap();
    match CpuRenderer.draw(frame, &table, view).unwrap().pixels() {
        Pixels::Grey(v) | Pixels::Rgba(v) => v.clone(),
    }
}

/// Architecture, decision 1: at 1/4 zoom a 2-pixel wall keeps at least 0.9 of the contrast that the exact
/// area average has, over shifts of 1/8 pixel, and its total varies by at most 10 %.
#[test]
fn a_thin_wall_survives_a_quarter_zoom() {
    let values: Vec<u16> =
        (0..64 * 16).map(|k| if matches!(k % 64, 30 | 31) { 3000 } else { 1000 }).collect();
    let frame = Frame::new(64, 16, Samples::U16(values.into())).unwrap();
    let identity = chain(VoiLut::Range { min: 0.0, max: 4000.0 });
    let mut totals = Vec::new();
    for shift in 0..32 {
        let offset = f64::from(shift) / 8.0;
        let view = View {
            image_from_target: Transform::scale_then_move(4.0, 4.0, offset, 0.0),
            width: 14,
            height: 4,
        };
        let out = draw(&frame, &identity, &view);
        let row: Vec<f64> = out[14..28].iter().map(|k| f64::from(*k) / 255.0 * 4000.0 - 1000.0).collect();
        // The exact average of the wall over the box that holds most of it.
        let exact = (0..14)
            .map(|x| {
                let (low, high) = (f64::from(x) * 4.0 + offset, f64::from(x + 1) * 4.0 + offset);
                (high.min(32.0) - low.max(30.0)).max(0.0) / 4.0 * 2000.0
            })
            .fold(0.0, f64::max);
        let found = row.iter().copied().fold(f64::MIN, f64::max);
        assert!(found >= 0.9 * exact, "shift {offset}: contrast {found}, exact {exact}");
        totals.push(row.iter().sum::<f64>());
    }
    let (low, high) = totals.iter().fold((f64::MAX, f64::MIN), |(l, h), t| (l.min(*t), h.max(*t)));
    assert!((high - low) / high <= 0.1, "total contrast runs from {low} to {high}");
    assert!((high - 1000.0).abs() < 100.0, "2 pixels of 2000 over boxes of 4 make 1000, not {high}");
}

/// The overlap of two stretches.
fn overlap(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[1].min(b[1]) - a[0].max(b[0])).max(0.0)
}

/// Boxes lie on a 1/256-pixel grid; against the exact f64 area average of noise that is less than one code.
#[test]
fn a_minified_picture_is_the_exact_area_average_within_one_code() {
    let mut noise = crate::frames::Noise(11);
    let (columns, rows) = (190u32, 130u32);
    let values: Vec<u8> = (0..columns * rows).map(|_| noise.next() as u8).collect();
    let frame = Frame::new(columns, rows, Samples::U8(values.clone().into())).unwrap();
    let identity = chain(VoiLut::Range { min: 0.0, max: 255.0 });
    let view = View::fit_within(&frame, 71, 61, 1.0);
    let out = draw(&frame, &identity, &view);
    let (sx, sy) = (f64::from(columns) / f64::from(view.width), f64::from(rows) / f64::from(view.height));
    let mut worst = 0.0f64;
    for (k, found) in out.iter().enumerate() {
        let (x, y) = ((k as u32 % view.width) as f64, (k as u32 / view.width) as f64);
        let (mut sum, mut area) = (0.0, 0.0);
        for row in 0..rows {
            let wy = overlap([y * sy, (y + 1.0) * sy], [f64::from(row), f64::from(row + 1)]);
            for column in 0..columns {
                let wx = overlap([x * sx, (x + 1.0) * sx], [f64::from(column), f64::from(column + 1)]);
                sum += wx * wy * f64::from(values[(row * columns + column) as usize]);
                area += wx * wy;
            }
        }
        worst = worst.max((f64::from(*found) - sum / area).abs());
    }
    assert!(worst <= 1.0, "{worst} codes from the exact average");
}

#[test]
fn the_mean_is_of_values_not_of_codes() {
    // A threshold at 100: the mean 60 of 0 and 120 is dark; a mean of codes would be grey.
    let frame = Frame::new(2, 1, Samples::U8(vec![0, 120].into())).unwrap();
    let pipeline = chain(window(100.0, 1.0, VoiLutFunction::Linear));
    let half =
        View { image_from_target: Transform::scale_then_move(2.0, 1.0, 0.0, 0.0), width: 1, height: 1 };
    assert_eq!(draw(&frame, &pipeline, &half), [0]);
    let bright = chain(window(50.0, 1.0, VoiLutFunction::Linear));
    assert_eq!(draw(&frame, &bright, &half), [255]);
}

#[test]
fn under_a_modality_table_modality_values_are_averaged() {
    // Stored 0 and 2 mean 0 and 200; the stored mean, 1, would be 10.
    let table = LookupTable { first: 0, bits: 8, entries: [0u16, 10, 200].as_slice().into() };
    let pipeline = DisplayPipeline {
        modality_lut: ModalityLut::Table(table),
        ..chain(VoiLut::Range { min: 0.0, max: 255.0 })
    };
    let frame = Frame::new(2, 1, Samples::U16(vec![0, 2].into())).unwrap();
    let half =
        View { image_from_target: Transform::scale_then_move(2.0, 1.0, 0.0, 0.0), width: 1, height: 1 };
    assert_eq!(draw(&frame, &pipeline, &half), [100]);
}

#[test]
fn padding_is_left_out_of_the_weights_and_darkest() {
    let pipeline = DisplayPipeline {
        padding: Some(Padding { low: 0.0, high: 0.0 }),
        invert: true,
        ..chain(VoiLut::Range { min: 0.0, max: 255.0 })
    };
    let frame = Frame::new(4, 1, Samples::U8(vec![0, 55, 0, 0].into())).unwrap();
    assert_eq!(draw(&frame, &pipeline, &View::one_to_one(&frame)), [0, 200, 0, 0]);
    let half =
        View { image_from_target: Transform::scale_then_move(2.0, 1.0, 0.0, 0.0), width: 2, height: 1 };
    assert_eq!(draw(&frame, &pipeline, &half), [200, 0]);
}

/// A mean may fall on a number that stands for padding; it is a value all the same.
#[test]
fn a_mean_that_equals_padding_is_a_value() {
    let mut pictures = Vec::new();
    let mut check = |frame: &Frame, pipeline: &DisplayPipeline, expected: &[u8]| {
        let n = frame.columns() / 2;
        let half =
            View { image_from_target: Transform::scale_then_move(2.0, 1.0, 0.0, 0.0), width: n, height: 1 };
        assert_eq!(draw(frame, pipeline, &half), expected);
        pictures.push((frame.clone(), pipeline.clone(), half));
        pictures.push((frame.clone(), pipeline.clone(), View::one_to_one(frame)));
    };
    let plain = DisplayPipeline {
        padding: Some(Padding { low: 0.0, high: 0.0 }),
        ..chain(VoiLut::Range { min: -100.0, max: 100.0 })
    };
    let frame = Frame::new(6, 1, Samples::I16(vec![-1, 1, 0, 100, 0, 0].into())).unwrap();
    check(&frame, &plain, &[128, 255, 0]);
    assert_eq!(draw(&frame, &plain, &View::one_to_one(&frame)), [126, 129, 0, 255, 0, 0]);
    // Padding takes the modality value 1, which no other stored value has; the mean of 0 and 2 is 1 too.
    let table = LookupTable { first: 0, bits: 8, entries: [0u16, 2, 4, 6].as_slice().into() };
    let under_table = DisplayPipeline {
        modality_lut: ModalityLut::Table(table),
        padding: Some(Padding { low: 3.0, high: 3.0 }),
        invert: true,
        ..chain(VoiLut::Range { min: 0.0, max: 6.0 })
    };
    let frame = Frame::new(4, 1, Samples::U16(vec![0, 1, 3, 3].into())).unwrap();
    check(&frame, &under_table, &[213, 0]);
    assert_eq!(draw(&frame, &under_table, &View::one_to_one(&frame)), [255, 170, 0, 0]);
    let Some(mut gpu) = crate::gpu_equals_twin::gpu(4096) else { return };
    for (frame, pipeline, view) in pictures {
        let table = DisplayTable::build(&pipeline, &frame, 16).unwrap();
        let drawn = gpu.draw(&frame, &table, &view).unwrap();
        assert_eq!(drawn, CpuRenderer.draw(&frame, &table, &view).unwrap());
    }
}

#[test]
fn magnified_pixels_are_bilinear() {
    let frame = Frame::new(2, 1, Samples::U8(vec![0, 200].into())).unwrap();
    let view =
        View { image_from_target: Transform::scale_then_move(0.25, 1.0, 0.0, 0.0), width: 8, height: 1 };
    let identity = chain(VoiLut::Range { min: 0.0, max: 255.0 });
    assert_eq!(draw(&frame, &identity, &view), [0, 0, 25, 75, 125, 175, 200, 200]);
}

#[test]
fn palette_indices_are_never_averaged() {
    let palette = Palette { first: 0, entries: vec![[255, 0, 0], [0, 255, 0], [0, 0, 255]].into() };
    let pipeline = DisplayPipeline {
        colour: ColourPath::Palette(palette),
        ..chain(VoiLut::Range { min: 0.0, max: 1.0 })
    };
    let frame = Frame::new(2, 1, Samples::U8(vec![0, 2].into())).unwrap();
    let view =
        View { image_from_target: Transform::scale_then_move(0.3, 1.0, 0.0, 0.0), width: 6, height: 1 };
    for pixel in draw(&frame, &pipeline, &view).chunks(4) {
        assert!(pixel == [255, 0, 0, 255] || pixel == [0, 0, 255, 255], "{pixel:?}");
    }
}

#[test]
fn outside_the_image_it_is_black() {
    let frame = Frame::new(2, 2, Samples::U8(vec![200; 4].into())).unwrap();
    let identity = chain(VoiLut::Range { min: 0.0, max: 255.0 });
    let out = draw(&frame, &identity, &View::fit(&frame, 4, 2, 1.0));
    assert_eq!(out, [0, 200, 200, 0, 0, 200, 200, 0]);
    let inverted = DisplayPipeline { invert: true, ..identity };
    assert_eq!(draw(&frame, &inverted, &View::fit(&frame, 4, 2, 1.0))[0], 0);
}

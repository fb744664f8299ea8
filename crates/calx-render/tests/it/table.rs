//! The table against the f64 formulas of PS3.3, written out here a second time.

use calx_model::*;
use calx_render::*;

use crate::frames::{chain, window};

/// PS3.3 C.11.2.1.2 and C.11.2.1.3, as the standard writes them, to 0..=255.
fn reference(w: &Window, x: f64) -> f64 {
    let (c, w, f) = (w.center, w.width, w.function);
    match f {
        VoiLutFunction::Linear if x <= c - 0.5 - (w - 1.0) / 2.0 => 0.0,
        VoiLutFunction::Linear if x > c - 0.5 + (w - 1.0) / 2.0 => 255.0,
        VoiLutFunction::Linear => ((x - (c - 0.5)) / (w - 1.0) + 0.5) * 255.0,
        VoiLutFunction::LinearExact if x <= c - w / 2.0 => 0.0,
        VoiLutFunction::LinearExact if x > c + w / 2.0 => 255.0,
        VoiLutFunction::LinearExact => ((x - c) / w + 0.5) * 255.0,
        VoiLutFunction::Sigmoid => 255.0 / (1.0 + (-4.0 * (x - c) / w).exp()),
    }
}

fn grey(frame: &Frame, pipeline: &DisplayPipeline) -> Vec<u8> {
    let table = DisplayTable::build(pipeline, frame, 16).unwrap();
    match CpuRenderer.draw(frame, &table, &View::one_to_one(frame)).unwrap().pixels() {
        Pixels::Grey(v) => v.clone(),
        Pixels::Rgba(_) => panic!("a grey chain gave colour"),
    }
}

/// Every 16-bit value through six windows; a half that f64 noise decides may fall either way.
#[test]
fn six_windows_equal_the_formula_on_every_value() {
    use VoiLutFunction::{Linear, LinearExact, Sigmoid};
    let unsigned = Frame::new(256, 256, Samples::U16((0..=u16::MAX).collect())).unwrap();
    let signed = Frame::new(256, 256, Samples::I16((i16::MIN..=i16::MAX).collect())).unwrap();
    for (center, width, function) in [
        (2048.0, 4096.0, Linear),
        (-600.0, 1500.0, Linear),
        (300.0, 1.0, Linear),
        (2.0, 4.0, LinearExact),
        (1000.5, 777.25, LinearExact),
        (40.0, 400.0, Sigmoid),
    ] {
        for invert in [false, true] {
            let pipeline = DisplayPipeline { invert, ..chain(window(center, width, function)) };
            let w = Window { center, width, function };
            for (frame, first) in [(&unsigned, 0i32), (&signed, -32768)] {
                for (found, stored) in grey(frame, &pipeline).iter().zip(first..) {
                    let y = reference(&w, f64::from(stored));
                    let y = if invert { 255.0 - y } else { y };
                    let tie = ((y + 0.5) - (y + 0.5).round()).abs() < 1e-6;
                    let expected = (y + 0.5).floor() as i32;
                    let off = (i32::from(*found) - expected).abs();
                    assert!(off <= i32::from(tie), "{w:?} invert {invert}: {stored} gave {found}, not {y}");
                }
            }
        }
    }
}

#[test]
fn padding_is_darkest_for_both_monochromes() {
    let frame = Frame::new(3, 1, Samples::U16(vec![0, 100, 4095].into())).unwrap();
    for invert in [false, true] {
        let pipeline = DisplayPipeline {
            invert,
            padding: Some(Padding { low: 0.0, high: 0.0 }),
            ..chain(VoiLut::Range { min: 0.0, max: 4095.0 })
        };
        assert_eq!(grey(&frame, &pipeline)[0], 0);
        assert_eq!(grey(&frame, &pipeline)[2], if invert { 0 } else { 255 });
    }
    // The range may be given either way round, and lie partly outside the samples' range.
    let pipeline = DisplayPipeline {
        padding: Some(Padding { low: 70_000.0, high: 4000.0 }),
        ..chain(VoiLut::Range { min: 0.0, max: 4095.0 })
    };
    assert_eq!(grey(&frame, &pipeline), [0, 6, 0]);
}

#[test]
fn wide_values_equal_the_formula_and_say_so() {
    // 100 values far apart, as dose grids have them.
    let values: Vec<u32> = (0..100u32).map(|k| 795_000 + k * k * 46).collect();
    let frame = Frame::new(10, 10, Samples::U32(values.clone().into())).unwrap();
    let (min, max) = (f64::from(values[0]), f64::from(values[99]));
    let pipeline = chain(VoiLut::Range { min, max });
    let table = DisplayTable::build(&pipeline, &frame, 32).unwrap();
    assert_eq!(table.notices(), [DisplayNotice::Requantised]);
    for (found, value) in grey(&frame, &pipeline).iter().zip(&values) {
        let y = (f64::from(*value) - min) / (max - min) * 255.0;
        assert_eq!(f64::from(*found), (y + 0.5).floor(), "{value}");
    }
    // A narrow window inside a huge range is as exact.
    let narrow = chain(window(800_000.0, 600.0, VoiLutFunction::Linear));
    let huge: Vec<u32> = (0..100u32).map(|k| 799_600 + k * 8).chain([u32::MAX]).collect();
    let frame = Frame::new(101, 1, Samples::U32(huge.clone().into())).unwrap();
    let w = Window { center: 800_000.0, width: 600.0, function: VoiLutFunction::Linear };
    for (found, value) in grey(&frame, &narrow).iter().zip(&huge) {
        assert_eq!(f64::from(*found), (reference(&w, f64::from(*value)) + 0.5).floor(), "{value}");
    }
    let small = Frame::new(2, 1, Samples::I32(vec![-40_000, 20_000].into())).unwrap();
    assert!(DisplayTable::build(&pipeline, &small, 32).unwrap().notices().is_empty());
}

#[test]
fn a_lut_inside_a_huge_range_equals_the_formula() {
    // A ramp of 4,096 entries, inputs from 500 on. One outlier stretches the range to 2^31.
    let entries = (0..4096).map(|k| k * 16).collect::<Vec<u16>>();
    let lut = VoiLut::Table(LookupTable { first: 500, bits: 16, entries: entries.into() });
    let values: Vec<u32> = (0..6000).chain([1 << 31]).collect();
    let frame = Frame::new(6001, 1, Samples::U32(values.clone().into())).unwrap();
    let rescale = ModalityLut::Rescale { slope: 0.5, intercept: -100.0 };
    for modality_lut in [ModalityLut::Identity, rescale] {
        let pipeline = DisplayPipeline { modality_lut, ..chain(lut.clone()) };
        for (found, value) in grey(&frame, &pipeline).iter().zip(&values) {
            let modality = pipeline.modality_lut.apply(f64::from(*value));
            let expected = (pipeline.voi_lut.apply(modality) * 255.0 + 0.5).floor();
            assert_eq!(f64::from(*found), expected, "{value}");
        }
    }
}

/// Every pixel at 1:1 against the formula in f64; what is no finite number is 0.
#[track_caller]
fn check_floats(values: &[f64], voi_lut: VoiLut) {
    let frame = Frame::new(values.len() as u32, 1, Samples::F64(values.to_vec().into())).unwrap();
    let pipeline = chain(voi_lut);
    for (found, value) in grey(&frame, &pipeline).iter().zip(values) {
        let expected =
            if value.is_finite() { (pipeline.voi_lut.apply(*value) * 255.0 + 0.5).floor() } else { 0.0 };
        assert_eq!(f64::from(*found), expected, "{value} in {:?}", pipeline.voi_lut);
    }
}

#[test]
fn floats_equal_the_formula_at_any_scale() {
    let ramp = |low: f64, step: f64| (0..3000).map(|k| low + f64::from(k) * step).collect::<Vec<f64>>();
    let with = |mut values: Vec<f64>, more: &[f64]| {
        values.extend_from_slice(more);
        values
    };
    let not_finite = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    // A map of fractions with a window far narrower than 1, and outliers a million times as far.
    check_floats(&with(ramp(0.0, 1e-3), &[1e9, -1e9]), window(1.5, 0.01, VoiLutFunction::LinearExact));
    check_floats(&with(ramp(0.0, 1e-6), &not_finite), VoiLut::Range { min: 0.0005, max: 0.0021 });
    check_floats(&with(ramp(-0.1, 1e-4), &[f64::MAX, f64::MIN]), window(0.05, 0.02, VoiLutFunction::Sigmoid));
    // A width of exactly 1 and hardly more: a threshold, and a ramp a thousandth of the width.
    check_floats(&ramp(-2.0, 0.001), window(0.0, 1.0, VoiLutFunction::Linear));
    check_floats(&with(ramp(-0.6, 1e-4), &[1e30]), window(0.0, 1.001, VoiLutFunction::Linear));
    // At both ends of what doubles can say.
    let huge = ramp(-1500.0, 1.0).iter().map(|k| k * 1.19e305).collect::<Vec<f64>>();
    check_floats(&huge, VoiLut::Range { min: -1.7e308, max: 1.7e308 });
    check_floats(&ramp(0.0, 5e-324), VoiLut::Range { min: 0.0, max: 1e-320 });
    check_floats(&ramp(3.0, 0.0), VoiLut::Range { min: 0.0, max: 4.0 });
    check_floats(&not_finite, VoiLut::Range { min: 0.0, max: 4.0 });
    let entries: Vec<u16> = (0..=255).map(|k| k * k / 255).collect();
    let table = VoiLut::Table(LookupTable { first: -20, bits: 8, entries: entries.into() });
    check_floats(&with(ramp(-60.0, 0.1), &[1e9, -1e9]), table);
}

#[test]
fn floats_that_are_no_numbers_are_told_and_drawn_as_background() {
    let values = vec![0.0f32, 1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -9.0];
    let frame = Frame::new(6, 1, Samples::F32(values.into())).unwrap();
    for (padding, last) in [(None, 255), (Some(Padding { low: f64::NEG_INFINITY, high: -5.0 }), 0)] {
        let pipeline =
            DisplayPipeline { invert: true, padding, ..chain(VoiLut::Range { min: 0.0, max: 1.0 }) };
        let table = DisplayTable::build(&pipeline, &frame, 32).unwrap();
        let told = [DisplayNotice::FloatsRequantised, DisplayNotice::NotFinite { pixels: 3 }];
        assert_eq!(table.notices(), told);
        assert_eq!(grey(&frame, &pipeline), [255, 0, 0, 0, 0, last]);
    }
    let one = DisplayNotice::NotFinite { pixels: 1 }.to_string();
    assert_eq!(one, "1 pixel is no finite number (NaN or infinity), shown as background and not measured");
    // Whole numbers keep index 0 for themselves.
    let clean = Frame::new(2, 1, Samples::F32(vec![0.0, 1.0].into())).unwrap();
    assert_eq!(grey(&clean, &chain(VoiLut::Range { min: 0.0, max: 1.0 })), [0, 255]);
}

#[test]
fn a_mean_leaves_out_what_is_no_number() {
    // Four pixels drawn as one: the mean of 0.2 and 0.4, not of what infinity would be clamped to.
    let values = vec![0.2f32, f32::INFINITY, f32::NAN, 0.4];
    let frame = Frame::new(2, 2, Samples::F32(values.into())).unwrap();
    let table = DisplayTable::build(&chain(VoiLut::Range { min: 0.0, max: 1.0 }), &frame, 32).unwrap();
    let view = View::fit(&frame, 1, 1, 1.0);
    let picture = CpuRenderer.draw(&frame, &table, &view).unwrap();
    let Pixels::Grey(drawn) = picture.pixels() else { panic!("not grey") };
    assert!((i32::from(drawn[0]) - 77).abs() <= 1, "{drawn:?}");
}

#[test]
fn colour_takes_the_matrix_and_loses_low_bits() {
    let colour =
        DisplayPipeline { colour: ColourPath::Colour, ..chain(VoiLut::Range { min: 0.0, max: 1.0 }) };
    let drawn = |samples, bits| {
        let frame = Frame::new(1, 1, samples).unwrap();
        let table = DisplayTable::build(&colour, &frame, bits).unwrap();
        let picture = CpuRenderer.draw(&frame, &table, &View::one_to_one(&frame)).unwrap();
        (picture.rgb(0, 0).unwrap(), table.notices().len())
    };
    // 100 + 1.402 * 72 = 200.944; 100 - 0.344136 * -28 - 0.714136 * 72 = 58.218; 100 + 1.772 * -28 = 50.384
    let ybr = Samples::Colour8(ColourModel::YbrFull, vec![100, 100, 200].into());
    assert_eq!(drawn(ybr, 8), ([201, 58, 50], 0));
    let deep = Samples::Colour16(ColourModel::Rgb, vec![0xfff, 0x80f, 0x00f].into());
    assert_eq!(drawn(deep, 12), ([255, 128, 0], 1));
}

#[test]
fn chains_and_frames_that_do_not_fit_are_refused() {
    let colour =
        DisplayPipeline { colour: ColourPath::Colour, ..chain(VoiLut::Range { min: 0.0, max: 1.0 }) };
    let grey = Frame::new(1, 1, Samples::U16(vec![1].into())).unwrap();
    let refused = DisplayTable::build(&colour, &grey, 16).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the display chain is for colour, the frame holds unsigned 16-bit values"
    );
}

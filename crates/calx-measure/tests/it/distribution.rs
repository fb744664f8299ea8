//! Percentiles, histograms and profiles, by hand.

use calx_geometry::{Mask, Rectangle};
use calx_measure::{FrameValues, measure_region};
use calx_model::{CaseImage, Frame, Length, Measurement, ModalityLut, Padding, Samples, Shape};

use crate::samples::{at, image, path, region, tall_pixels};

fn row_of(values: &[u16]) -> Frame {
    let mut all = vec![0u16; 2400];
    all[..values.len()].copy_from_slice(values);
    Frame::new(60, 40, Samples::U16(all.into())).unwrap()
}

fn measured(shape: Shape, frame: &Frame, lut: &ModalityLut, padding: Option<Padding>) -> Vec<Measurement> {
    let values = FrameValues { frame, modality_lut: lut, padding, rescale_type: None, modality: "DX" };
    measure_region(&region(1, shape), &image(1), Some(values))
}

fn percentiles(shape: Shape, frame: &Frame, lut: &ModalityLut) -> Vec<(f64, f64)> {
    let found = measured(shape, frame, lut, None);
    let at = found.into_iter().find_map(|m| match m {
        Measurement::Percentiles { at, .. } => Some(at),
        _ => None,
    });
    at.unwrap().into_iter().map(|p| (p.percent, p.value)).collect()
}

fn histogram(shape: Shape, frame: &Frame, lut: &ModalityLut) -> (f64, f64, Vec<f64>) {
    let found = measured(shape, frame, lut, None);
    let one = found.into_iter().find_map(|m| match m {
        Measurement::Histogram { first_edge, bin_width, pixels, .. } => Some((first_edge, bin_width, pixels)),
        _ => None,
    });
    one.unwrap()
}

fn first_row(to: f64) -> Shape {
    Shape::Rectangle(Rectangle::from_box(at(0.0, 0.0), at(to, 1.0)).unwrap())
}

#[test]
fn a_percentile_is_the_smallest_value_that_so_much_of_the_area_does_not_exceed() {
    let frame = row_of(&[40, 10, 30, 20]);
    let at = percentiles(first_row(4.0), &frame, &ModalityLut::Identity);
    let expected = [
        (1.0, 10.0),
        (5.0, 10.0),
        (10.0, 10.0),
        (25.0, 10.0),
        (50.0, 20.0),
        (75.0, 30.0),
        (90.0, 40.0),
        (95.0, 40.0),
        (99.0, 40.0),
    ];
    assert_eq!(at, expected);
    // Weights 1, 1, ½: 10 has 1 of 2.5 (40 %), 30 up to 60 %, 40 the rest.
    let at = percentiles(first_row(2.5), &row_of(&[40, 10, 30]), &ModalityLut::Identity);
    assert_eq!((at[3], at[4], at[5]), ((25.0, 10.0), (50.0, 30.0), (75.0, 40.0)));
    // A falling rescale turns the order round.
    let falling = ModalityLut::Rescale { slope: -1.0, intercept: 0.0 };
    let at = percentiles(first_row(4.0), &frame, &falling);
    assert_eq!((at[3].1, at[4].1, at[5].1), (-40.0, -30.0, -20.0));
}

#[test]
fn whole_numbers_fall_into_bins_with_edges_at_halves() {
    let frame = row_of(&[3, 4, 4, 7]);
    let (first, width, bins) = histogram(first_row(3.5), &frame, &ModalityLut::Identity);
    assert_eq!((first, width, bins), (2.5, 1.0, vec![1.0, 2.0, 0.0, 0.0, 0.5]));
    // 0 to 200: 201 values, four in a bin, 51 bins.
    let frame = row_of(&[0, 3, 4, 200]);
    let (first, width, bins) = histogram(first_row(4.0), &frame, &ModalityLut::Identity);
    assert_eq!((first, width, bins.len()), (-0.5, 4.0, 51));
    assert_eq!((bins[0], bins[1], bins[50], bins.iter().sum::<f64>()), (2.0, 1.0, 1.0, 4.0));
}

#[test]
fn other_numbers_fall_into_64_bins_from_end_to_end() {
    let frame = row_of(&[0, 1, 32, 64]);
    let halves = ModalityLut::Rescale { slope: 0.5, intercept: 0.25 };
    let (first, width, bins) = histogram(first_row(4.0), &frame, &halves);
    assert_eq!((first, width, bins.len()), (0.25, 0.5, 64));
    // 0.75 lies on the first inner edge, the largest value in the last bin.
    assert_eq!((bins[0], bins[1], bins[32], bins[63]), (1.0, 1.0, 1.0, 1.0));
    let (first, width, bins) = histogram(first_row(1.0), &frame, &halves);
    assert_eq!((first, width, bins), (-0.25, 1.0, vec![1.0]));
}

#[test]
fn values_beyond_16_bits_are_distributed_too() {
    let mut values = vec![0i32; 2400];
    values[..3].copy_from_slice(&[-2_000_000_000, 2_000_000_000, 70_000]);
    let frame = Frame::new(60, 40, Samples::I32(values.into())).unwrap();
    let mask = Shape::Mask(Mask::from_spans([(0, 0..3)]).unwrap());
    let at = percentiles(mask, &frame, &ModalityLut::Identity);
    assert_eq!((at[0].1, at[4].1, at[8].1), (-2e9, 70_000.0, 2e9));
}

fn profile(shape: Shape, spacing: bool, padding: Option<Padding>) -> (Length, Vec<Option<f64>>) {
    let values: Vec<u16> =
        (0..40u16).flat_map(|row| (0..60u16).map(move |column| column + 100 * row)).collect();
    let frame = Frame::new(60, 40, Samples::U16(values.into())).unwrap();
    let lut = ModalityLut::Rescale { slope: 2.0, intercept: 1.0 };
    let values =
        FrameValues { frame: &frame, modality_lut: &lut, padding, rescale_type: None, modality: "DX" };
    let image = CaseImage { spacing: spacing.then(tall_pixels), ..image(1) };
    let found = measure_region(&region(1, shape), &image, Some(values));
    let one = found.into_iter().find_map(|m| match m {
        Measurement::Profile { step, values, .. } => Some((step, values)),
        _ => None,
    });
    one.unwrap()
}

#[test]
fn a_profile_interpolates_between_pixel_centres() {
    // Value 2 · (x − ½ + 100 (y − ½)) + 1 at a place inside the centres.
    let expected = |x: f64, y: f64| 2.0 * (x - 0.5 + 100.0 * (y - 0.5)) + 1.0;
    let (step, values) = profile(Shape::Line { ends: [at(10.0, 10.0), at(13.0, 14.0)] }, false, None);
    assert_eq!((step, values.len()), (Length::Px { value: 1.0 }, 6));
    for (k, value) in (0..).zip(&values) {
        let along = f64::from(k);
        let wanted = expected(10.0 + 0.6 * along, 10.0 + 0.8 * along);
        assert!((value.unwrap() - wanted).abs() < 1e-9, "{k}: {value:?}, not {wanted}");
    }
    // Even steps in millimetres: 1 mm along a row (10 px), then 2 mm down (10 px): the finer direction has its pixel.
    let bent = Shape::Path(path(&[(10.0, 10.0, 2.0), (20.0, 10.0, 2.0), (20.0, 20.0, 2.0)]));
    let (step, values) = profile(bent, true, None);
    let Length::Mm { value: step, .. } = step else { panic!("{step:?}") };
    assert!((step - 0.1).abs() < 1e-12 && values.len() == 31, "{step} {}", values.len());
    assert!((values[10].unwrap() - expected(20.0, 10.0)).abs() < 1e-9);
    assert!((values[20].unwrap() - expected(20.0, 15.0)).abs() < 1e-9);
    assert!((values[30].unwrap() - expected(20.0, 20.0)).abs() < 1e-9);
}

#[test]
fn at_the_border_the_outer_pixels_count_and_padding_has_no_value() {
    let (_, values) = profile(Shape::Line { ends: [at(0.0, 0.5), at(2.0, 0.5)] }, false, None);
    assert_eq!(values, [1.0, 2.0, 4.0].map(Some), "at column 0 there is pixel 0 only");
    let padding = Some(Padding { low: 1.0, high: 1.0 });
    let (_, values) = profile(Shape::Line { ends: [at(0.5, 0.5), at(3.5, 0.5)] }, false, padding);
    assert_eq!(values, [Some(1.0), None, Some(5.0), Some(7.0)]);
}

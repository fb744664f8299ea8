//! Round trips through the encoder of the tests, and damaged streams.

use calx_model::{PixelRepresentation, PlanarConfiguration};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::encoder::{Component, Numbers, Picture, lossless, sequential};
use super::*;

fn layout(picture: &Picture) -> FrameLayout {
    let bits = u16::from(picture.precision);
    let colour = picture.components.len() == 3;
    FrameLayout {
        rows: picture.rows as u32,
        columns: picture.columns as u32,
        samples_per_pixel: picture.components.len() as u16,
        bits_allocated: if bits > 8 { 16 } else { 8 },
        bits_stored: bits,
        high_bit: bits - 1,
        pixel_representation: PixelRepresentation::Unsigned,
        planar_configuration: PlanarConfiguration::Interleaved,
        photometric_interpretation: if colour {
            PhotometricInterpretation::YbrFull
        } else {
            PhotometricInterpretation::Monochrome2
        },
        number_of_frames: 1,
    }
}

/// The samples of each component, at full size.
fn values(picture: &Picture, words: &[u8]) -> Vec<Vec<i32>> {
    let all: Vec<i32> = if picture.precision > 8 {
        words.as_chunks::<2>().0.iter().map(|word| i32::from(u16::from_le_bytes(*word))).collect()
    } else {
        words.iter().map(|byte| i32::from(*byte)).collect()
    };
    let count = picture.components.len();
    (0..count).map(|i| all.iter().skip(i).step_by(count).copied().collect()).collect()
}

/// Random samples, from flat to wild.
fn samples(numbers: &mut Numbers, size: (usize, usize), largest: usize, kind: usize) -> Vec<i32> {
    let mut last = numbers.below(largest + 1);
    (0..size.0 * size.1)
        .map(|at| {
            last = match kind {
                0 => numbers.below(largest + 1),
                1 if numbers.below(40) != 0 => last,
                2 => last + numbers.below(5),
                3 => at % size.0 * 5 + at / size.0 * 3,
                _ => numbers.below(2) * largest,
            } % (largest + 1);
            last as i32
        })
        .collect()
}

/// Full size for one component or three; `factors` of the first one, the others are not subsampled.
fn pictures(precision: impl Strategy<Value = u8>, subsampled: bool) -> impl Strategy<Value = Picture> {
    let shape = (1..50usize, 1..50usize, precision, any::<bool>());
    let factors = prop_oneof![Just((1, 1)), Just((2, 1)), Just((2, 2)), Just((1, 2)), Just((4, 1))];
    (shape, factors, any::<bool>(), 0..9usize, any::<u64>(), 0..5usize).prop_map(
        move |((rows, columns, precision, colour), factors, interleaved, restart, seed, kind)| {
            let mut numbers = Numbers(seed);
            let largest = (1 << precision) - 1;
            let most = if colour && subsampled { factors } else { (1, 1) };
            let components = (0..if colour { 3 } else { 1 })
                .map(|i| {
                    let own = if i == 0 { most } else { (1, 1) };
                    let size = ((columns * own.0).div_ceil(most.0), (rows * own.1).div_ceil(most.1));
                    let samples = samples(&mut numbers, size, largest, kind);
                    Component { factors: own, columns: size.0, rows: size.1, samples }
                })
                .collect();
            Picture { rows, columns, precision, components, interleaved, restart, seed }
        },
    )
}

/// A component at full size: halves are weighed 3 : 1, other parts repeated.
fn enlarged(picture: &Picture, component: &Component) -> Vec<f64> {
    let ratio = (
        picture.components[0].factors.0 / component.factors.0,
        picture.components[0].factors.1 / component.factors.1,
    );
    let at = |y: usize, x: usize| f64::from(component.samples[y * component.columns + x]);
    let sides = |place: usize, end: usize| {
        let far = if place.is_multiple_of(2) {
            (place / 2).saturating_sub(1)
        } else {
            (place / 2 + 1).min(end - 1)
        };
        [(place / 2, 0.75), (far, 0.25)]
    };
    let one = |place: usize| [(place, 1.0), (0, 0.0)];
    let mut out = Vec::new();
    for y in 0..picture.rows {
        for x in 0..picture.columns {
            let fancy = component.columns > 2 && matches!(ratio, (2, 1 | 2));
            let ys = if fancy && ratio.1 == 2 { sides(y, component.rows) } else { one(y / ratio.1) };
            let xs = if fancy { sides(x, component.columns) } else { one(x / ratio.0) };
            let mut sum = 0.0;
            for (y, a) in ys {
                for (x, b) in xs {
                    sum += a * b * at(y, x);
                }
            }
            out.push(sum);
        }
    }
    out
}

/// Streams of many kinds, as first inputs of a fuzzer.
pub(crate) fn streams(count: u8) -> Vec<Vec<u8>> {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut draw = |precision: u8, subsampled| {
        pictures(Just(precision), subsampled).new_tree(&mut runner).unwrap().current()
    };
    let mut streams: Vec<Vec<u8>> =
        PAIRS.iter().flat_map(|pair| [pair.2.to_vec(), pair.3.to_vec()]).collect();
    for at in 0..count {
        streams.push(match at % 3 {
            0 => lossless(&draw(2 + at % 15, false), 1 + at % 7, at % 2),
            1 => sequential(&draw(8, true), 0xc0 + at % 2, 1 + at % 16, [0, 63]),
            _ => sequential(&draw(12, true), 0xc1, 1 + at % 16, [0, 63]),
        });
    }
    streams
}

#[track_caller]
fn check_lossless(picture: &Picture, predictor: u8, transform: u8) {
    let stream = lossless(picture, predictor, transform);
    let (words, _) = decode(&layout(picture), &stream).unwrap();
    assert_eq!(notice(&stream), None);
    for (found, component) in values(picture, &words).iter().zip(&picture.components) {
        let expected: Vec<i32> = component.samples.iter().map(|s| s >> transform << transform).collect();
        assert_eq!(found, &expected, "predictor {predictor}, transform {transform}, {picture:?}");
    }
}

/// Damages a stream and decodes what is left of it.
fn damaged(picture: &Picture, mut stream: Vec<u8>, damage: &[(prop::sample::Index, u8)], cut: usize) {
    for (place, value) in damage {
        let at = place.index(stream.len());
        stream[at] = *value;
    }
    stream.truncate(stream.len().saturating_sub(cut));
    let layout = layout(picture);
    notice(&stream);
    if let Ok((words, _)) = decode(&layout, &stream) {
        assert_eq!(words.len() as u64 * 8, layout.native_frame_bits());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lossless_pictures_come_back(
        picture in pictures(2..=16u8, false),
        predictor in 1..=7u8,
        transform in 0..3u8,
    ) {
        let restart = if picture.restart < 4 { picture.restart } else { 0 };
        check_lossless(&Picture { restart, ..picture.clone() }, predictor, transform.min(picture.precision - 1));
    }

    #[test]
    fn sequential_pictures_come_back(
        picture in pictures(prop_oneof![Just(8u8), Just(12)], true),
        step in 1..4u8,
    ) {
        let process = if picture.precision == 8 { 0xc0 } else { 0xc1 };
        let stream = sequential(&picture, process, step, [0, 63]);
        let (words, _) = decode(&layout(&picture), &stream).unwrap();
        prop_assert_eq!(notice(&stream), None);
        // Coefficients are off by half a step at most, a sample by eight times as much at the very worst.
        let tolerance = 1.5 + 4.0 * f64::from(step - 1);
        for (found, component) in values(&picture, &words).iter().zip(&picture.components) {
            let mut squares = 0.0;
            for (found, expected) in found.iter().zip(enlarged(&picture, component)) {
                let off = (f64::from(*found) - expected).abs();
                prop_assert!(off <= tolerance + 1.0, "{} not {} in {:?}", found, expected, picture);
                squares += off * off;
            }
            // The transform keeps the sum of squares block by block: a picture smaller than its blocks may
            // hold more than its share.
            let repeats = (picture.rows * picture.columns).div_ceil(component.rows * component.columns);
            let coded = component.columns.div_ceil(8) * component.rows.div_ceil(8) * 64 * repeats;
            prop_assert!(squares <= (f64::from(step) * 0.7).powi(2) * coded as f64 + 4.0, "{squares}");
        }
    }

    #[test]
    fn damage_is_an_error_or_other_samples(
        picture in pictures(prop_oneof![Just(8u8), Just(12)], true),
        plain in pictures(2..=16u8, false),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop_oneof![Just(0usize), 0..500usize],
    ) {
        damaged(&picture, sequential(&picture, 0xc1, 2, [0, 63]), &damage, cut);
        damaged(&plain, lossless(&Picture { restart: 0, ..plain.clone() }, 1 + (cut % 7) as u8, 0), &damage, cut);
    }
}

fn grey(precision: u8, columns: usize, rows: usize) -> Picture {
    let samples = samples(&mut Numbers(9), (columns, rows), (1 << precision) - 1, 3);
    let components = vec![Component { factors: (1, 1), columns, rows, samples }];
    Picture { rows, columns, precision, components, interleaved: true, restart: 0, seed: 5 }
}

#[test]
fn every_depth_and_predictor_comes_back() {
    for precision in 2..=16 {
        for predictor in 1..=7 {
            check_lossless(&grey(precision, 23, 11), predictor, 0);
        }
    }
}

/// Streams of the NEMA samples state coefficients 0 to 0 in a sequential scan.
#[test]
fn a_scan_header_of_another_process_is_a_notice() {
    let picture = grey(12, 40, 30);
    let layout = layout(&picture);
    let (right, odd) = (sequential(&picture, 0xc1, 1, [0, 63]), sequential(&picture, 0xc1, 1, [0, 0]));
    assert_eq!(decode(&layout, &right).unwrap(), decode(&layout, &odd).unwrap());
    assert_eq!(notice(&right), None);
    let text = notice(&odd[..odd.len() / 2]).unwrap().to_string();
    assert!(text.starts_with("(7FE0,0010)") && text.contains("coefficients 0 to 0"), "{text}");
    assert_eq!(notice(&odd[..30]), None);
}

#[test]
fn refusals_say_what_and_where() {
    let picture = grey(12, 40, 30);
    let (layout, stream) = (layout(&picture), lossless(&picture, 1, 0));
    let told = |stream: &[u8]| decode(&layout, stream).unwrap_err().to_string();
    let half = told(&stream[..stream.len() / 2]);
    assert!(half.starts_with("JPEG refused the frame: the stream ends or breaks in line 1"), "{half}");
    let blocks = sequential(&picture, 0xc1, 1, [0, 63]);
    let half = told(&blocks[..blocks.len() - 300]);
    assert!(half.ends_with("of 4 of its blocks"), "{half}");
    let taller = FrameLayout { rows: 31, ..layout.clone() };
    assert_eq!(decode(&taller, &stream).unwrap_err().code(), "contradiction");
    for (process, expected) in
        [(0xc2, "a scan of coefficients 0 to 63"), (0xc9, "marker c9"), (0xf7, "JPEG-LS")]
    {
        let mut other = blocks.clone();
        other[3] = process;
        assert!(told(&other).contains(expected), "{}", told(&other));
    }
    let mut predictor = stream.clone();
    let at = stream.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    predictor[at + 7] = 0;
    assert!(told(&predictor).contains("predictor is 0"), "{}", told(&predictor));
}

#[test]
fn the_streams_own_word_tells_rgb_from_ybr() {
    let mut picture = grey(8, 10, 10);
    picture.components = vec![picture.components[0].clone(); 3];
    let ybr = sequential(&picture, 0xc0, 1, [0, 63]);
    let marked = |marker: &[u8]| [&ybr[..2], marker, &ybr[2..]].concat();
    let adobe = |transform: u8| {
        marked(&[&[0xff, 0xee, 0, 14][..], b"Adobe", &[0, 100, 0, 0, 0, 0, transform]].concat())
    };
    let jfif = marked(&[&[0xff, 0xe0, 0, 7][..], b"JFIF\0"].concat());
    let mut named = ybr.clone();
    for (at, id) in [(12, b'R'), (15, b'G'), (18, b'B')] {
        named[at] = id;
    }
    let scan = named.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    for (at, id) in [(5, b'R'), (7, b'G'), (9, b'B')] {
        named[scan + at] = id;
    }
    use ColourModel::{Rgb, YbrFull};
    use PhotometricInterpretation as Photometric;
    for (stream, photometric, expected) in [
        (&ybr, Photometric::YbrFull, YbrFull),
        (&ybr, Photometric::YbrFull422, YbrFull),
        (&ybr, Photometric::Rgb, Rgb),
        (&jfif, Photometric::Rgb, YbrFull),
        (&adobe(0), Photometric::YbrFull, Rgb),
        (&adobe(1), Photometric::Rgb, YbrFull),
        (&named, Photometric::YbrFull, Rgb),
    ] {
        let layout = FrameLayout { photometric_interpretation: photometric.clone(), ..layout(&picture) };
        assert_eq!(decode(&layout, stream).unwrap().1, expected, "{photometric:?}");
    }
}

/// Pairs of streams with the same coefficients: see `tests/streams/README.md`.
const PAIRS: [(u8, usize, &[u8], &[u8]); 3] = [
    (
        8,
        1,
        include_bytes!("../../tests/streams/grey8_sequential.jpg"),
        include_bytes!("../../tests/streams/grey8_progressive.jpg"),
    ),
    (
        8,
        3,
        include_bytes!("../../tests/streams/ybr420_sequential.jpg"),
        include_bytes!("../../tests/streams/ybr420_progressive.jpg"),
    ),
    (
        12,
        1,
        include_bytes!("../../tests/streams/grey12_sequential.jpg"),
        include_bytes!("../../tests/streams/grey12_progressive.jpg"),
    ),
];

fn layout_of_pair(precision: u8, components: usize) -> FrameLayout {
    let mut picture = grey(precision, 37, 29);
    picture.components = vec![picture.components[0].clone(); components];
    layout(&picture)
}

#[test]
fn progressive_streams_give_the_samples_of_sequential_ones() {
    for (precision, components, sequential, progressive) in PAIRS {
        let layout = layout_of_pair(precision, components);
        let expected = decode(&layout, sequential).unwrap();
        assert!(decode(&layout, progressive).unwrap() == expected, "{precision} bits, {components}");
        assert!(expected.0.iter().any(|byte| *byte != expected.0[0]));
        assert_eq!(notice(progressive), None);
        // Cut before its last scans it is a worse picture, which is no picture.
        let last = progressive.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
        let told = decode(&layout, &progressive[..last]).unwrap_err().to_string();
        assert!(told.contains("coefficients are not complete"), "{told}");
        let told = decode(&layout, &progressive[..last + 12]).unwrap_err().to_string();
        assert!(told.contains("of its blocks (scan "), "{told}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_progressive_streams_are_refused_or_decoded(
        pair in 0..3usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop_oneof![Just(0usize), 0..500usize],
    ) {
        let (precision, components, _, progressive) = PAIRS[pair];
        let mut picture = grey(precision, 37, 29);
        picture.components = vec![picture.components[0].clone(); components];
        damaged(&picture, progressive.to_vec(), &damage, cut);
    }
}

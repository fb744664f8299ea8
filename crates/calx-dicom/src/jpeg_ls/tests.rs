//! Round trips through the encoder of the tests, and damaged streams.

use calx_model::{PhotometricInterpretation, PixelRepresentation, PlanarConfiguration};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::encoder::{Picture, encode};
use super::headers::Interleave;
use super::*;

fn layout(picture: &Picture) -> FrameLayout {
    let wide = picture.precision > 8;
    let bits = u16::from(picture.precision);
    FrameLayout {
        rows: picture.rows as u32,
        columns: picture.columns as u32,
        samples_per_pixel: picture.planes.len() as u16,
        bits_allocated: if wide { 16 } else { 8 },
        bits_stored: bits,
        high_bit: bits - 1,
        pixel_representation: PixelRepresentation::Unsigned,
        planar_configuration: PlanarConfiguration::Interleaved,
        photometric_interpretation: if picture.planes.len() == 3 {
            PhotometricInterpretation::Rgb
        } else {
            PhotometricInterpretation::Monochrome2
        },
        number_of_frames: 1,
    }
}

fn values(picture: &Picture, words: &[u8]) -> Vec<Vec<i32>> {
    let all: Vec<i32> = if picture.precision > 8 {
        words.as_chunks::<2>().0.iter().map(|word| i32::from(u16::from_le_bytes(*word))).collect()
    } else {
        words.iter().map(|byte| i32::from(*byte)).collect()
    };
    let count = picture.planes.len();
    (0..count).map(|i| all.iter().skip(i).step_by(count).copied().collect()).collect()
}

/// Noise of many kinds: flat stretches, ramps, edges, everything at random.
fn planes(seed: u64, size: (usize, usize), count: usize, maxval: i32, kind: u8) -> Vec<Vec<i32>> {
    let mut state = seed | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) as i32 & 0xffff
    };
    (0..count)
        .map(|_| {
            let mut last = next() % (maxval + 1);
            (0..size.0 * size.1)
                .map(|at| {
                    last = match kind {
                        0 => next(),
                        1 if next() % 19 != 0 => last,
                        2 => last + next() % 5 - 2,
                        3 => (at % size.1) as i32 * 3 + next() % 2,
                        4 => next() % 2 * maxval,
                        5 => 0,
                        _ => next() % (1 + next() % (maxval + 1)),
                    }
                    .rem_euclid(maxval + 1);
                    last
                })
                .collect()
        })
        .collect()
}

fn pictures() -> impl Strategy<Value = Picture> {
    let shape = (1..40usize, 1..60usize, 2..=16u8, prop_oneof![Just(1usize), Just(3)]);
    let order = prop_oneof![Just(Interleave::None), Just(Interleave::Line), Just(Interleave::Sample)];
    (shape, order, 0..256i32, 0..8u8, any::<u64>(), 0..12usize, any::<[bool; 2]>()).prop_map(
        |((rows, columns, precision, count), order, near, kind, seed, restart, [odd, lossless])| {
            let largest = (1i32 << precision) - 1;
            // A MAXVAL that is no power of two less one, sometimes.
            let maxval = if odd { 1 + (seed % largest as u64) as i32 } else { largest };
            let near = if lossless { 0 } else { near % (maxval / 2).clamp(1, 255) };
            let near = near.min(maxval / 2);
            Picture {
                rows,
                columns,
                precision,
                planes: planes(seed, (rows, columns), count, maxval, kind),
                near,
                interleave: if count == 1 { Interleave::None } else { order },
                preset: if odd { [maxval as u16, 0, 0, 0, 3 + (seed % 200) as u16] } else { [0; 5] },
                restart: if restart < rows { restart } else { 0 },
            }
        },
    )
}

/// Streams of many kinds, as first inputs of a fuzzer.
pub(crate) fn streams(count: usize) -> Vec<Vec<u8>> {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    (0..count).map(|_| encode(&pictures().new_tree(&mut runner).unwrap().current())).collect()
}

#[track_caller]
fn check(picture: &Picture) {
    let words = decode(&layout(picture), &encode(picture)).unwrap();
    for (found, expected) in values(picture, &words).iter().zip(&picture.planes) {
        let off = found.iter().zip(expected).position(|(a, b)| (a - b).abs() > picture.near);
        assert_eq!((off, found.len()), (None, expected.len()), "{picture:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_encoded_comes_back(picture in pictures()) {
        check(&picture);
    }

    #[test]
    fn damage_is_an_error_or_other_samples(
        picture in pictures(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut stream = encode(&picture);
        for (place, value) in damage {
            let at = place.index(stream.len());
            stream[at] = value;
        }
        if let Some(cut) = cut {
            stream.truncate(cut.index(stream.len()));
        }
        let layout = layout(&picture);
        if let Ok(words) = decode(&layout, &stream) {
            prop_assert_eq!(words.len() as u64 * 8, layout.native_frame_bits());
        }
    }
}

#[test]
fn every_depth_near_and_order_comes_back() {
    for precision in 2..=16u8 {
        let maxval = (1i32 << precision) - 1;
        for near in [0, 1, 3, 10, 255] {
            for interleave in [Interleave::None, Interleave::Line, Interleave::Sample] {
                for kind in 0..7 {
                    let planes = planes(u64::from(precision), (9, 31), 3, maxval, kind);
                    let near = near.min(maxval / 2);
                    let (preset, restart) = ([0; 5], usize::from(kind));
                    check(&Picture {
                        rows: 9,
                        columns: 31,
                        precision,
                        planes,
                        near,
                        interleave,
                        preset,
                        restart,
                    });
                }
            }
        }
    }
}

/// The example of T.87 H.3: four by four samples of eight bits, lossless.
#[test]
fn the_standards_own_example() {
    let stream = [
        0xff, 0xd8, 0xff, 0xf7, 0x00, 0x0b, 0x08, 0x00, 0x04, 0x00, 0x04, 0x01, 0x01, 0x11, 0x00, 0xff, 0xda,
        0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x6c, 0x80, 0x20, 0x8e, 0x01, 0xc0,
        0x00, 0x00, 0x57, 0x40, 0x00, 0x00, 0x6e, 0xe6, 0x00, 0x00, 0x01, 0xbc, 0x18, 0x00, 0x00, 0x05, 0xd8,
        0x00, 0x00, 0x91, 0x60, 0xff, 0xd9,
    ];
    let expected = vec![0, 0, 90, 74, 68, 50, 43, 205, 64, 145, 145, 145, 100, 145, 145, 145];
    let picture = Picture {
        rows: 4,
        columns: 4,
        precision: 8,
        planes: vec![expected],
        near: 0,
        interleave: Interleave::None,
        preset: [0; 5],
        restart: 0,
    };
    assert_eq!(encode(&picture), stream);
    check(&picture);
}

#[test]
fn refusals_say_what_and_where() {
    let picture = Picture {
        rows: 30,
        columns: 40,
        precision: 12,
        planes: planes(5, (30, 40), 1, 4095, 0),
        near: 0,
        interleave: Interleave::None,
        preset: [0; 5],
        restart: 0,
    };
    let (layout, stream) = (layout(&picture), encode(&picture));
    let told = |stream: &[u8]| decode(&layout, stream).unwrap_err().to_string();
    let half = told(&stream[..stream.len() / 2]);
    assert!(half.starts_with("JPEG-LS refused the frame: the stream ends or breaks in line 1"), "{half}");
    assert!(half.ends_with("of 30"), "{half}");
    assert_eq!(told(&[]), "JPEG-LS refused the frame: the stream does not begin as JPEG-LS does");
    let taller = FrameLayout { rows: 31, ..layout.clone() };
    assert_eq!(decode(&taller, &stream).unwrap_err().code(), "contradiction");
    // The scan names a mapping table.
    let at = stream.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let mut mapped = stream.clone();
    mapped[at + 6] = 1;
    assert!(told(&mapped).contains("mapping table"), "{}", told(&mapped));
}

/// Fill bytes before a marker, bytes behind the end, and no end at all change nothing.
#[test]
fn loose_ends_are_tolerated() {
    let picture = Picture {
        rows: 12,
        columns: 17,
        precision: 8,
        planes: planes(9, (12, 17), 3, 255, 2),
        near: 0,
        interleave: Interleave::None,
        preset: [0; 5],
        restart: 5,
    };
    let (layout, stream) = (layout(&picture), encode(&picture));
    let whole = decode(&layout, &stream).unwrap();
    let mut filled = Vec::new();
    for (at, byte) in stream.iter().enumerate() {
        if *byte == 0xff && stream.get(at + 1).is_some_and(|next| matches!(next, 0xd0..=0xd7 | 0xd9 | 0xda)) {
            filled.extend([0xff; 3]);
        }
        filled.push(*byte);
    }
    assert_eq!(decode(&layout, &filled).unwrap(), whole);
    assert_eq!(decode(&layout, &[&stream[..], &[0, 0, 0xff]].concat()).unwrap(), whole);
    assert_eq!(decode(&layout, &stream[..stream.len() - 2]).unwrap(), whole);
}

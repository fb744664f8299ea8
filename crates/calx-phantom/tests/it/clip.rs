//! The duplex clip shows what its truth and its calibration say.

use calx_dicom::{FrameSource, ImageInfo, Locator, Priority, Reduction, read_image_info};
use calx_geometry::VesselPath;
use calx_model::{ColourModel, Samples};
use calx_phantom::{
    DopplerOptions, DopplerTruth, GeneratedImage, ImageOptions, StudyOptions, Waveform, study,
};

const SIZE: (u16, u16) = (640, 480);

fn options(seed: u64, frames: u16) -> DopplerOptions {
    DopplerOptions { columns: SIZE.0, rows: SIZE.1, frames, ..DopplerOptions::small(seed) }
}

fn made(options: &DopplerOptions) -> GeneratedImage {
    let about = StudyOptions { name: "clip".to_owned(), description: "Clip".to_owned(), day: 0 };
    study(&about, &[ImageOptions::Doppler(options.clone())]).unwrap().remove(0)
}

/// The frames of an uncompressed clip: PixelData comes last.
fn frames(image: &GeneratedImage, count: u16) -> Vec<Vec<[u8; 3]>> {
    let frame = usize::from(image.truth.columns) * usize::from(image.truth.rows) * 3;
    let start = image.bytes.len() - frame * usize::from(count);
    let pixels = |bytes: &[u8]| bytes.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
    image.bytes[start..].chunks_exact(frame).map(pixels).collect()
}

fn read(image: &GeneratedImage, name: &str) -> (Locator, ImageInfo) {
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, &image.bytes).unwrap();
    let locator = Locator::from(path);
    let info = read_image_info(&locator, 1).unwrap().value;
    (locator, info)
}

/// A colour of the velocity map: no ink of the console is as red or blue.
fn is_flow([r, g, b]: [u8; 3]) -> bool {
    let [r, g, b] = [r, g, b].map(i32::from);
    r - g > 60 || b - r > 60 || r - b > 150
}

/// Middle and half width of a path above a column, where it has one.
fn at(path: &VesselPath, column: f64) -> Option<(f64, f64)> {
    path.vertices().windows(2).find_map(|pair| {
        let (a, b) = (pair[0], pair[1]);
        let (x0, x1) = (a.point.x.pixels(), b.point.x.pixels());
        let t = (column - x0) / (x1 - x0);
        let mix = |p: f64, q: f64| p + (q - p) * t;
        (0.0..=1.0).contains(&t).then(|| {
            let middle = mix(a.point.y.pixels(), b.point.y.pixels());
            (middle, mix(a.width.pixels(), b.width.pixels()) * 0.5)
        })
    })
}

fn truth(image: &GeneratedImage) -> &DopplerTruth {
    image.truth.doppler.as_ref().unwrap()
}

#[test]
fn colour_lies_in_the_box_and_the_lumen_and_never_in_full_shadow() {
    let mut hidden = 0;
    for seed in [7, 8, 11] {
        let image = made(&options(seed, 6));
        let (_, info) = read(&image, "clip_colour.dcm");
        let area = &info.ultrasound_regions[1];
        let tissue = &info.ultrasound_regions[0];
        let truth = truth(&image);
        hidden += truth.shadowed.len();
        for (index, frame) in frames(&image, 6).iter().enumerate() {
            let mut flowing = 0;
            for row in tissue.min_y..=tissue.max_y {
                for column in tissue.min_x..=tissue.max_x {
                    let pixel = frame[row as usize * 640 + column as usize];
                    if !is_flow(pixel) {
                        continue;
                    }
                    flowing += 1;
                    let place = format!("seed {seed}, frame {}, column {column}, row {row}", index + 1);
                    let (x, y) = (f64::from(column) + 0.5, f64::from(row) + 0.5);
                    assert!((area.min_x..=area.max_x).contains(&column), "{place}: box");
                    assert!((area.min_y..=area.max_y).contains(&row), "{place}: box");
                    let (middle, half) = at(&truth.course, x).unwrap();
                    assert!((y - middle).abs() < half, "{place}: outside the artery");
                    let shaded = truth.shadowed.iter().any(|s| at(s, x).is_some());
                    assert!(!shaded, "{place}: in full shadow");
                }
            }
            if truth.full_flow_frames.contains(&u16::try_from(index + 1).unwrap()) {
                assert!(flowing > 300, "seed {seed}, frame {}: {flowing} coloured pixels", index + 1);
            }
        }
    }
    assert!(hidden > 0, "no seed has a hidden stretch");
}

#[test]
fn flow_that_the_truth_expects_is_seen_in_full_flow() {
    let image = made(&options(7, 6));
    let truth = truth(&image);
    let frames = frames(&image, 6);
    for number in &truth.full_flow_frames {
        let flow = &truth.flowing[usize::from(number - 1)];
        assert_eq!(flow.frame, *number);
        assert!(!flow.segments.is_empty());
        for segment in &flow.segments {
            let (mut seen, mut all) = (0, 0);
            let bounds = segment.bounds();
            let (first, last) = (bounds.min.x.pixels().ceil(), bounds.max.x.pixels().floor());
            for column in 0..640_u32 {
                let x = f64::from(column) + 0.5;
                if let Some((middle, _)) = at(segment, x).filter(|_| x >= first && x <= last) {
                    all += 1;
                    let row = middle.floor() as usize;
                    let lit =
                        |row: usize| is_flow(frames[usize::from(number - 1)][row * 640 + column as usize]);
                    seen += u32::from((row - 3..=row + 3).any(lit));
                }
            }
            assert!(f64::from(seen) >= 0.8 * f64::from(all), "frame {number}: {seen} of {all} columns");
        }
    }
}

#[test]
fn grey_is_grey_and_only_panes_change() {
    let image = made(&options(7, 6));
    let (_, info) = read(&image, "clip_grey.dcm");
    let [tissue, colour, strip] = &info.ultrasound_regions[..] else { panic!("three regions") };
    let frames = frames(&image, 6);
    let inside = |r: &calx_dicom::UltrasoundRegion, x: u32, y: u32| {
        (r.min_x..=r.max_x).contains(&x) && (r.min_y..=r.max_y).contains(&y)
    };
    let (mut shimmer, mut count) = (0.0, 0.0);
    for row in 0..480_u32 {
        for column in 0..640_u32 {
            let i = row as usize * 640 + column as usize;
            let pixel = frames[0][i];
            if inside(tissue, column, row) {
                if row > colour.max_y + 2 && row < tissue.max_y - 20 {
                    let [r, g, b] = pixel;
                    assert!(r == g && g == b, "column {column}, row {row}: {pixel:?}");
                    shimmer += (f64::from(pixel[1]) - f64::from(frames[3][i][1])).abs();
                    count += 1.0;
                }
            } else if !inside(strip, column, row) {
                assert!(frames.iter().all(|f| f[i] == pixel), "column {column}, row {row} changes");
            }
        }
    }
    let shimmer = shimmer / count;
    assert!((2.0..40.0).contains(&shimmer), "speckle changes by {shimmer} on average");
}

#[test]
fn the_strip_peaks_at_the_true_velocity() {
    for waveform in [Waveform::Triphasic, Waveform::Monophasic, Waveform::Tardus] {
        for frames_made in [6, 40] {
            let image = made(&DopplerOptions { waveform: Some(waveform), ..options(7, frames_made) });
            let (_, info) = read(&image, "clip_peak.dcm");
            let strip = &info.ultrasound_regions[2];
            assert_eq!((strip.units_x, strip.units_y, strip.data_type), (4, 7, 3));
            let last = frames(&image, frames_made).pop().unwrap();
            let is_outline =
                |y: u32| (strip.min_x..=strip.max_x).any(|x| last[(y * 640 + x) as usize] == [96, 208, 214]);
            let top = (strip.min_y..=strip.max_y).find(|y| is_outline(*y)).unwrap();
            let zero = f64::from(strip.min_y) + f64::from(strip.reference.unwrap().y);
            let peak = (f64::from(top) - zero) * strip.delta_y;
            let truth = truth(&image);
            assert_eq!(truth.beats, if frames_made == 40 { 2 } else { 1 });
            let error = (peak - truth.peak_systolic_velocity_cm_s) / strip.delta_y.abs();
            assert!(error.abs() <= 1.0, "{waveform:?}: {peak} cm/s is {error} pixels off");
            let reversed = (strip.min_y..=strip.max_y).any(|y| f64::from(y) > zero + 4.0 && is_outline(y));
            assert_eq!(reversed, waveform == Waveform::Triphasic);
        }
    }
}

#[test]
fn ticks_stand_where_the_calibration_says() {
    let image = made(&options(9, 2));
    let (_, info) = read(&image, "clip_ticks.dcm");
    let [tissue, colour, strip] = &info.ultrasound_regions[..] else { panic!("three regions") };
    assert_eq!((tissue.delta_x, tissue.delta_y), (colour.delta_x, colour.delta_y));
    assert_eq!((tissue.flags & 1, colour.flags & 1), (1, 0), "colour lies over tissue");
    let first = frames(&image, 2).remove(0);
    let level = |x: u32, y: f64| i32::from(first[y as usize * 640 + x as usize][1]);
    for step in 0..5 {
        let row = f64::from(tissue.min_y) + f64::from(step) * 0.5 / tissue.delta_y;
        let x = tissue.max_x + 5;
        let here = level(x, row - 0.5).max(level(x, row + 0.5));
        assert!(here > 90, "no tick at {} cm: {here}", f64::from(step) * 0.5);
        assert!(level(x, row + 4.0) < 20 && (step == 0 || level(x, row - 4.0) < 20), "at step {step}");
    }
    let zero = f64::from(strip.min_y) + f64::from(strip.reference.unwrap().y);
    let up = zero + 20.0 / strip.delta_y + 0.5;
    let x = strip.max_x + 4;
    assert!(level(x, up - 0.5).max(level(x, up + 0.5)) > 90, "no tick at 20 cm/s");
    let beat = truth(&image).beat_ms / 1000.0;
    let across = f64::from(strip.max_x - strip.min_x + 1) * strip.delta_x;
    assert!((across / beat - 4.4).abs() < 1e-9, "{across} s");
}

#[test]
fn the_jpeg_clip_is_nearly_the_plain_one() {
    let plain = made(&options(7, 3));
    let jpeg = DopplerOptions { jpeg: true, ..options(7, 3) };
    let packed = made(&jpeg);
    assert!(packed.bytes == made(&jpeg).bytes, "JPEG bytes differ from run to run");
    assert!(packed.bytes.len() * 4 < plain.bytes.len());
    let holds = |what: &[u8]| packed.bytes.windows(what.len()).any(|w| w == what);
    assert!(holds(b"1.2.840.10008.1.2.4.50") && holds(b"YBR_FULL_422"));
    // LossyImageCompression (0028,2110) and its method (0028,2114)
    assert!(holds(b"\x28\x00\x10\x21CS\x02\x0001") && holds(b"\x28\x00\x14\x21CS\x0c\x00ISO_10918_1"));
    let (locator, _) = read(&packed, "clip_jpeg.dcm");
    let source = FrameSource::in_process(0, 1);
    for (number, expected) in (1_u32..).zip(frames(&plain, 3)) {
        let frame = source.request(&locator, number, Priority::Visible, Reduction::Full).wait().unwrap();
        let Samples::Colour8(model, values) = frame.samples() else { panic!("colour") };
        let mut sum = 0.0;
        for (value, expected) in values.chunks_exact(3).zip(&expected) {
            let [a, b, c] = [value[0], value[1], value[2]].map(f64::from);
            let rgb = match model {
                ColourModel::Rgb => [a, b, c],
                _ => [
                    a + 1.402 * (c - 128.0),
                    a - 0.344_136 * (b - 128.0) - 0.714_136 * (c - 128.0),
                    a + 1.772 * (b - 128.0),
                ],
            };
            sum += rgb.iter().zip(expected).map(|(r, e)| (r - f64::from(*e)).abs()).sum::<f64>();
        }
        let mean = sum / (640.0 * 480.0 * 3.0);
        assert!(mean < 4.0, "frame {number} is {mean} off on average");
    }
}

//! Windows, tables and palettes as read here give the oracle's picture, pixel for pixel.

use calx_dicom::{FrameSource, ImageInfo, Locator, Priority, Reduction, read_image_info};
use calx_model::{ColourModel, Frame, ModalityLut, Samples, VoiLut, VoiLutFunction, VoiSource};

use crate::oracle::{Rule, hex, rows};
use crate::samples;

/// The alternative a rule of the oracle names; it counts from 0, calx from 1.
fn chosen(info: &ImageInfo, frame: &Frame, rule: &Rule) -> Result<VoiLut, String> {
    let wanted = match rule.name.split_once(':') {
        Some(("window", number)) => VoiSource::Window(number.parse::<u32>().unwrap() + 1),
        Some(("voilut", number)) => VoiSource::Lut(number.parse::<u32>().unwrap() + 1),
        _ => {
            let values = (0..frame.samples().len()).map(|i| frame.samples().grey(i).unwrap() as f64);
            let (mut min, mut max) = (f64::MAX, f64::MIN);
            for value in values.map(|x| info.display.modality_lut.apply(x)) {
                (min, max) = (min.min(value), max.max(value));
            }
            return Ok(VoiLut::Range { min, max });
        }
    };
    let choice = info.display.voi.iter().find(|choice| choice.source == wanted);
    let Some(choice) = choice else { return Err(format!("{wanted:?} is not among {:?}", info.display.voi)) };
    if let VoiLut::Window(window) = &choice.lut {
        let function = match window.function {
            VoiLutFunction::Linear => "LINEAR",
            VoiLutFunction::LinearExact => "LINEAR_EXACT",
            VoiLutFunction::Sigmoid => "SIGMOID",
        };
        let stated = (window.center.to_string(), window.width.to_string(), function);
        let expected = (rule.center.parse::<f64>().unwrap(), rule.width.parse::<f64>().unwrap());
        if (window.center, window.width) != expected || function != rule.function {
            return Err(format!("the window is {stated:?}"));
        }
    }
    Ok(choice.lut.clone())
}

fn grey_picture(info: &ImageInfo, frame: &Frame, lut: &VoiLut) -> Vec<u8> {
    (0..frame.samples().len())
        .map(|i| {
            let stored = frame.samples().grey(i).unwrap() as f64;
            let mut shown = lut.apply(info.display.modality_lut.apply(stored)) * 255.0;
            if info.display.inverts() {
                shown = 255.0 - shown;
            }
            (shown + 0.5).floor() as u8
        })
        .collect()
}

/// Red, green and blue of every pixel, by the oracle's formulas.
fn colour_picture(info: &ImageInfo, frame: &Frame) -> Vec<u8> {
    let (model, values): (ColourModel, Vec<u8>) = match frame.samples() {
        Samples::Colour8(model, values) => (*model, values.to_vec()),
        Samples::Colour16(model, values) => {
            (*model, values.iter().map(|v| (v >> (info.display.bits_stored - 8)) as u8).collect())
        }
        other => panic!("{other:?}"),
    };
    if model == ColourModel::Rgb {
        return values;
    }
    let rgb = |p: &[u8]| {
        let (y, cb, cr) = (f64::from(p[0]), f64::from(p[1]) - 128.0, f64::from(p[2]) - 128.0);
        [y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb]
            .map(|v| (v + 0.5).floor().clamp(0.0, 255.0) as u8)
    };
    values.chunks_exact(3).flat_map(rgb).collect()
}

/// The largest distance of a sample, and of the mean.
fn distances(picture: &[u8], frame: &Frame, rule: &Rule) -> (f64, f64) {
    let channels = picture.len() / frame.samples().len().min(picture.len());
    let channels = if frame.samples().is_colour() { 3 } else { channels };
    let mut far = 0.0f64;
    for ((row, column), shown) in &rule.samples {
        let at = (row * frame.columns() + column) as usize * channels;
        for (value, found) in shown.iter().zip(&picture[at..at + channels]) {
            far = far.max((value - f64::from(*found)).abs());
        }
    }
    let mean = picture.iter().map(|v| u64::from(*v)).sum::<u64>() as f64 / picture.len() as f64;
    (far, (mean - rule.mean).abs())
}

#[test]
fn pictures_equal_the_oracle() {
    let Some(folder) = samples::folder() else { return };
    let text = std::fs::read_to_string(folder.join("ORACLE.tsv")).unwrap();
    let source = FrameSource::in_process(64 << 20, FrameSource::cores());
    let (mut equal, mut tied, mut lossy, mut refused) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for row in rows(&text).iter().filter(|row| row.status == "ok") {
        let name = format!("{} frame {}", row.file, row.frame);
        let locator = Locator::from(folder.join(&row.file));
        let info = read_image_info(&locator, row.frame).unwrap().value;
        let frame = source.request(&locator, row.frame, Priority::Batch, Reduction::Full).wait();
        let Ok(frame) = frame else {
            refused += 1;
            continue;
        };
        let modality = match &info.display.modality_lut {
            ModalityLut::Identity => String::new(),
            ModalityLut::Rescale { slope, intercept } => format!("{slope:?}*x+{intercept:?}"),
            ModalityLut::Table(t) => format!("LUT {}\\{}\\{}", t.entries.len(), t.first, t.bits),
        };
        for rule in &row.rules {
            let picture = match rule.name.as_str() {
                "rgb" | "ybr" => colour_picture(&info, &frame),
                "palette" => {
                    let palette = info.display.palette.clone().unwrap();
                    (0..frame.samples().len())
                        .flat_map(|i| palette.lookup(frame.samples().grey(i).unwrap()))
                        .collect()
                }
                "bits" | "" => continue,
                _ => {
                    if modality != row.modality {
                        wrong.push(format!("{name}: modality {modality}, not {}", row.modality));
                    }
                    match chosen(&info, &frame, rule) {
                        Ok(lut) => grey_picture(&info, &frame, &lut),
                        Err(why) => {
                            wrong.push(format!("{name} {}: {why}", rule.name));
                            continue;
                        }
                    }
                }
            };
            let (far, mean) = distances(&picture, &frame, rule);
            let ties = rule.ties.parse::<f64>().unwrap_or(0.0);
            let within = if row.lossy {
                lossy += 1;
                far <= if row.photometric.starts_with("YBR_FULL") { 16.0 } else { 8.0 } && mean <= 0.5
            } else if ties > 0.0 {
                tied += 1;
                far <= 1.0 && mean <= ties / picture.len() as f64 + 1e-4
            } else {
                equal += 1;
                hex(&picture) == rule.display_sha256
            };
            if !within {
                let name = format!("{name} {}", rule.name);
                wrong.push(format!("{name}: another picture, samples by {far}, the mean by {mean}"));
            }
        }
    }
    println!("{equal} equal by hash, {tied} with ties, {lossy} lossy, {refused} frames refused");
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Every rule of every frame that is decoded: a number that changes is looked at.
    assert_eq!((equal, tied, lossy, refused), (109, 17, 11, 0));
}

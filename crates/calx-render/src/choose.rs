//! From what a file offers and what a person asks for to one resolved [`DisplayPipeline`].
//!
//! Not here: reading attributes (`calx-dicom`), folding into a table ([`crate::table`]).
//!
//! Invariants
//! - `window_origin` always says where the window came from; an automatic one is called `auto`.
//! - Colour and palette images are never windowed.
//!
//! Source: PS3.3 C.11.2; the default order is `DisplayAttributes::default_choice`.

use calx_model::patient_text::is_deceptive;
use calx_model::{
    ColourPath, DisplayAttributes, DisplayPipeline, Frame, ModalityLut, PhotometricInterpretation, VoiChoice,
    VoiLut, VoiSource, WindowChoice,
};

use crate::exposed;

/// Why a window cannot be shown.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChooseError {
    /// The file has no such window.
    #[error("the file has no window {wanted}; it offers: {offered}")]
    NoSuchWindow {
        /// Number asked for, from 1.
        wanted: u32,
        /// What there is, in words.
        offered: String,
    },
    /// The file has no such VOI LUT.
    #[error("the file has no VOI LUT {wanted}; it offers: {offered}")]
    NoSuchLut {
        /// Number asked for, from 1.
        wanted: u32,
        /// What there is, in words.
        offered: String,
    },
    /// Windows apply to grey images only.
    #[error(
        "PhotometricInterpretation (0028,0004) is {0}: a window applies to MONOCHROME1 and MONOCHROME2 only"
    )]
    NotGrey(String),
    /// Numbers that are no window.
    #[error("the window cannot be used")]
    Window(#[source] calx_model::display::WindowError),
    /// Grey attributes with colour pixels, or the other way round.
    #[error("PhotometricInterpretation (0028,0004) is {photometric}, but the frame holds {found}")]
    Mismatch {
        /// As stated.
        photometric: String,
        /// What was decoded.
        found: &'static str,
    },
    /// A presentation state wants more than one image at once.
    #[error(
        "the presentation state wants the image less another one (MaskSubtractionSequence (0028,6100)), which is \
         not drawn: the image alone is another picture than it means"
    )]
    Subtraction,
}

/// Joins `attributes`, `frame` and `choice` into one chain.
///
/// [`WindowChoice::MinMax`] runs from the lowest to the highest modality value of the frame, padding
/// included. [`WindowChoice::Auto`] runs from the 1st to the 99th percentile of the exposed values, see
/// [`crate::exposed`]. Colour and palette images take [`WindowChoice::Default`], `Auto` and `MinMax` and
/// show as they are.
///
/// # Errors
/// [`ChooseError`]: the choice is not offered (the text lists what is), or does not apply.
pub fn resolve(
    attributes: &DisplayAttributes,
    frame: &Frame,
    choice: WindowChoice,
) -> Result<DisplayPipeline, ChooseError> {
    let photometric = &attributes.photometric_interpretation;
    let mismatch = |found| ChooseError::Mismatch { photometric: photometric.as_str().to_owned(), found };
    if !photometric.is_monochrome() {
        if matches!(choice, WindowChoice::File(_) | WindowChoice::Lut(_) | WindowChoice::Set(_)) {
            return Err(ChooseError::NotGrey(photometric.as_str().to_owned()));
        }
        let colour = match (photometric, &attributes.palette) {
            (PhotometricInterpretation::PaletteColor, Some(palette)) => ColourPath::Palette(palette.clone()),
            _ if frame.samples().is_colour() => ColourPath::Colour,
            _ => return Err(mismatch("one sample a pixel and no palette")),
        };
        if matches!(colour, ColourPath::Palette(_)) && frame.samples().is_colour() {
            return Err(mismatch("three samples a pixel"));
        }
        return Ok(DisplayPipeline {
            modality_lut: ModalityLut::Identity,
            voi_lut: VoiLut::Range { min: 0.0, max: 255.0 },
            presentation_lut: None,
            invert: false,
            padding: None,
            colour,
            window_origin: "none".to_owned(),
        });
    }
    if frame.samples().is_colour() {
        return Err(mismatch("three samples a pixel"));
    }
    let (voi_lut, window_origin) = match choice {
        WindowChoice::Default => match attributes.default_choice() {
            Some(found) => (found.lut.clone(), origin(found)),
            None => (auto(attributes, frame), "auto".to_owned()),
        },
        WindowChoice::File(wanted) => match find(attributes, VoiSource::Window(wanted)) {
            Some(found) => (found.lut.clone(), origin(found)),
            None => return Err(ChooseError::NoSuchWindow { wanted, offered: offered(attributes) }),
        },
        WindowChoice::Lut(wanted) => match find(attributes, VoiSource::Lut(wanted)) {
            Some(found) => (found.lut.clone(), origin(found)),
            None => return Err(ChooseError::NoSuchLut { wanted, offered: offered(attributes) }),
        },
        WindowChoice::Set(window) => {
            (VoiLut::Window(window.checked().map_err(ChooseError::Window)?), "set".to_owned())
        }
        WindowChoice::MinMax => (min_max(attributes, frame), "minmax".to_owned()),
        WindowChoice::Auto => (auto(attributes, frame), "auto".to_owned()),
    };
    Ok(DisplayPipeline {
        modality_lut: attributes.modality_lut.clone(),
        voi_lut,
        presentation_lut: None,
        invert: attributes.inverts(),
        padding: attributes.padding,
        colour: ColourPath::Grey,
        window_origin,
    })
}

fn find(attributes: &DisplayAttributes, source: VoiSource) -> Option<&VoiChoice> {
    attributes.voi.iter().find(|c| c.source == source)
}

/// `file 1 (NORMAL)`, `lut 2 (SOFT)`. The explanation is text from a file: it loses what no one sees or
/// what moves the rest, because it is shown in windows and terminals.
fn origin(choice: &VoiChoice) -> String {
    let name = match choice.source {
        VoiSource::Window(n) => format!("file {n}"),
        VoiSource::Lut(n) => format!("lut {n}"),
    };
    let printable: String =
        choice.explanation.iter().flat_map(|e| e.chars()).filter(|c| !is_deceptive(*c)).take(64).collect();
    match printable.trim() {
        "" => name,
        explanation => format!("{name} ({explanation})"),
    }
}

/// What a person could have asked for instead.
fn offered(attributes: &DisplayAttributes) -> String {
    let mut words: Vec<String> = attributes.voi.iter().map(origin).collect();
    words.push("auto".to_owned());
    words.push("minmax".to_owned());
    words.join(", ")
}

fn auto(attributes: &DisplayAttributes, frame: &Frame) -> VoiLut {
    let stored = exposed::counts(frame, attributes.padding, &attributes.shutters);
    let mut values: Vec<(f64, u64)> =
        stored.into_iter().map(|(v, n)| (attributes.modality_lut.apply(v), n)).collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: u64 = values.iter().map(|(_, n)| n).sum();
    let (low, high) = (percentile(&values, total, 1), percentile(&values, total, 99));
    match (low, high) {
        (Some(min), Some(max)) if min < max => VoiLut::Range { min, max },
        // Nearly everything has one value: show what differs from it.
        _ => VoiLut::Range {
            min: values.first().map_or(0.0, |(v, _)| *v),
            max: values.last().map_or(0.0, |(v, _)| *v),
        },
    }
}

/// The smallest value that at least `percent` of all do not exceed.
fn percentile(sorted: &[(f64, u64)], total: u64, percent: u64) -> Option<f64> {
    let mut seen = 0u64;
    sorted.iter().find_map(|(value, count)| {
        seen += count;
        (seen.saturating_mul(100) >= total.saturating_mul(percent)).then_some(*value)
    })
}

fn min_max(attributes: &DisplayAttributes, frame: &Frame) -> VoiLut {
    let values = exposed::values_of(frame).into_iter().map(|v| attributes.modality_lut.apply(v));
    let (min, max) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (if v < low { v } else { low }, if v > high { v } else { high })
    });
    VoiLut::Range { min, max }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calx_model::{LookupTable, Padding, Samples, VoiLutFunction, Window};

    fn attributes() -> DisplayAttributes {
        let window = |n, explanation: Option<&str>| VoiChoice {
            source: VoiSource::Window(n),
            explanation: explanation.map(str::to_owned),
            lut: VoiLut::Window(Window {
                center: 50.0,
                width: f64::from(n),
                function: VoiLutFunction::Linear,
            }),
        };
        let lut = VoiChoice {
            source: VoiSource::Lut(1),
            explanation: Some("SOFT\u{1b}\u{202e}[31m\u{200b}".to_owned()),
            lut: VoiLut::Table(LookupTable { first: 0, bits: 8, entries: [0u16, 255].as_slice().into() }),
        };
        DisplayAttributes {
            photometric_interpretation: PhotometricInterpretation::Monochrome2,
            bits_stored: 12,
            signed: false,
            padding: None,
            modality_lut: ModalityLut::Identity,
            rescale_type: None,
            voi: vec![window(1, Some("NORMAL")), window(2, None), lut],
            presentation_lut_shape: None,
            palette: None,
            shutters: Vec::new(),
            shutter_grey: 0,
            modality: "CT".to_owned(),
        }
    }

    fn frame(values: Vec<u16>) -> Frame {
        Frame::new(u32::try_from(values.len()).unwrap(), 1, Samples::U16(values.into())).unwrap()
    }

    #[track_caller]
    fn check_origin(attributes: &DisplayAttributes, choice: WindowChoice, expected: &str) {
        let pipeline = resolve(attributes, &frame(vec![1, 2, 3]), choice).unwrap();
        assert_eq!(pipeline.window_origin, expected);
    }

    #[test]
    fn the_origin_is_told_in_words() {
        let attributes = attributes();
        check_origin(&attributes, WindowChoice::Default, "file 1 (NORMAL)");
        check_origin(&attributes, WindowChoice::File(2), "file 2");
        check_origin(&attributes, WindowChoice::Lut(1), "lut 1 (SOFT[31m)");
        check_origin(&attributes, WindowChoice::Auto, "auto");
        check_origin(&attributes, WindowChoice::MinMax, "minmax");
        let set = Window { center: 1.0, width: 2.0, function: VoiLutFunction::Sigmoid };
        check_origin(&attributes, WindowChoice::Set(set), "set");
        let dx = DisplayAttributes { modality: "DX".to_owned(), ..attributes.clone() };
        check_origin(&dx, WindowChoice::Default, "lut 1 (SOFT[31m)");
        let none = DisplayAttributes { voi: Vec::new(), ..attributes };
        check_origin(&none, WindowChoice::Default, "auto");
    }

    #[test]
    fn a_wrong_number_lists_what_there_is() {
        let wrong = resolve(&attributes(), &frame(vec![1]), WindowChoice::File(3)).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "the file has no window 3; it offers: file 1 (NORMAL), file 2, lut 1 (SOFT[31m), auto, minmax"
        );
        assert!(matches!(
            resolve(&attributes(), &frame(vec![1]), WindowChoice::Lut(0)),
            Err(ChooseError::NoSuchLut { wanted: 0, .. })
        ));
        let narrow = Window { center: 1.0, width: 0.5, function: VoiLutFunction::Linear };
        assert!(matches!(
            resolve(&attributes(), &frame(vec![1]), WindowChoice::Set(narrow)),
            Err(ChooseError::Window(_))
        ));
    }

    #[test]
    fn minmax_includes_padding_and_auto_leaves_it_out() {
        let values: Vec<u16> = std::iter::once(0).chain(1000..=1200).collect();
        let padded = DisplayAttributes {
            padding: Some(Padding { low: 0.0, high: 0.0 }),
            modality_lut: ModalityLut::Rescale { slope: -2.0, intercept: 10.0 },
            ..attributes()
        };
        let range = |choice| resolve(&padded, &frame(values.clone()), choice).unwrap().voi_lut;
        assert_eq!(range(WindowChoice::MinMax), VoiLut::Range { min: -2390.0, max: 10.0 });
        // 201 values: the 3rd lowest and the 199th lowest of -2390, -2388, ..., -1990.
        assert_eq!(range(WindowChoice::Auto), VoiLut::Range { min: -2386.0, max: -1994.0 });
    }

    #[test]
    fn windows_do_not_apply_to_colour() {
        let rgb =
            DisplayAttributes { photometric_interpretation: PhotometricInterpretation::Rgb, ..attributes() };
        let colour =
            Frame::new(1, 1, Samples::Colour8(calx_model::ColourModel::Rgb, vec![1, 2, 3].into())).unwrap();
        assert!(matches!(resolve(&rgb, &colour, WindowChoice::File(1)), Err(ChooseError::NotGrey(_))));
        assert_eq!(resolve(&rgb, &colour, WindowChoice::Default).unwrap().colour, ColourPath::Colour);
        assert!(matches!(
            resolve(&attributes(), &colour, WindowChoice::Auto),
            Err(ChooseError::Mismatch { .. })
        ));
    }
}

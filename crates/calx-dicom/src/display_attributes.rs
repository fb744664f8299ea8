//! What a file says about display, with every alternative, for one frame.
//!
//! Not here: choosing one and applying it (`calx-render`).
//!
//! Invariants
//! - One bad window or table is dropped with a notice; the others stay and keep their numbers.
//!
//! Source: PS3.3 C.7.6.24, C.7.6.25 (floating-point), C.11.1, C.11.2, C.11.6, C.7.5.1.1.2 (padding), C.7.6.16.2.9, C.7.6.16.2.10.

use calx_model::{
    DisplayAttributes, FrameLayout, ModalityLut, Padding, PhotometricInterpretation, PresentationLutShape,
    VoiChoice, VoiLut, VoiLutFunction, VoiSource, Window,
};

use crate::dataset::{DataSet, Tag};
use crate::functional_groups::FrameView;
use crate::lut::lookup_table;
use crate::notice::Notice;
use crate::palette::palette_of;
use crate::presentation_state::{shutter_grey, shutters};

const CENTER: Tag = Tag(0x0028, 0x1050);
const WIDTH: Tag = Tag(0x0028, 0x1051);
const INTERCEPT: Tag = Tag(0x0028, 0x1052);
const SLOPE: Tag = Tag(0x0028, 0x1053);
const EXPLANATION: Tag = Tag(0x0028, 0x1055);
const FUNCTION: Tag = Tag(0x0028, 0x1056);
const MODALITY_LUT: Tag = Tag(0x0028, 0x3000);
const VOI_LUT: Tag = Tag(0x0028, 0x3010);
const PADDING: Tag = Tag(0x0028, 0x0120);
const PADDING_LIMIT: Tag = Tag(0x0028, 0x0121);
const FLOAT_PADDING: [Tag; 2] = [Tag(0x0028, 0x0122), Tag(0x0028, 0x0124)];
const DOUBLE_PADDING: [Tag; 2] = [Tag(0x0028, 0x0123), Tag(0x0028, 0x0125)];
const PIXEL_VALUE_TRANSFORMATION: Tag = Tag(0x0028, 0x9145);
const FRAME_VOI: Tag = Tag(0x0028, 0x9132);
const SHAPE: Tag = Tag(0x2050, 0x0020);

/// Reads the display attributes of one frame.
pub(crate) fn display_of(
    view: FrameView<'_>,
    layout: &FrameLayout,
    notices: &mut Vec<Notice>,
) -> DisplayAttributes {
    let data = view.top;
    let monochrome = layout.photometric_interpretation.is_monochrome();
    let modality_lut = modality_lut(view, (layout.is_signed(), layout.is_float()), notices);
    let mut voi = windows(view, notices);
    voi.extend(voi_luts(view, modality_lut.may_give_negatives(layout.is_signed()), notices));
    let palette = match layout.photometric_interpretation {
        PhotometricInterpretation::PaletteColor => match palette_of(data, notices) {
            Ok(palette) => Some(palette),
            Err(why) => {
                let text = format!("the palette was left out: {why}");
                notices.push(Notice::at(Tag(0x0028, 0x1101), text));
                None
            }
        },
        _ => None,
    };
    DisplayAttributes {
        photometric_interpretation: match layout.photometric_interpretation {
            // JPEG 2000 undoes its own component transform; subsampled chroma is filled up.
            PhotometricInterpretation::YbrIct | PhotometricInterpretation::YbrRct => {
                PhotometricInterpretation::Rgb
            }
            PhotometricInterpretation::YbrFull422 => PhotometricInterpretation::YbrFull,
            ref other => other.clone(),
        },
        bits_stored: layout.bits_stored,
        signed: layout.is_signed(),
        padding: if monochrome { padding(data, layout) } else { None },
        modality_lut,
        rescale_type: rescale_type(view),
        voi,
        presentation_lut_shape: shape(data, layout, notices),
        palette,
        shutters: shutters(data, notices),
        shutter_grey: shutter_grey(data),
        modality: data.code(Tag(0x0008, 0x0060)).unwrap_or_default().into_owned(),
    }
}

/// What modality values are said to be: of the table where there is one, else of the rescale.
fn rescale_type(view: FrameView<'_>) -> Option<String> {
    let (table, rescale) = (Tag(0x0028, 0x3004), Tag(0x0028, 0x1054));
    let code = match view.top.items(MODALITY_LUT).first() {
        Some(item) => item.code(table),
        None => view.holder(rescale, PIXEL_VALUE_TRANSFORMATION)?.code(rescale),
    };
    code.filter(|code| !code.is_empty()).map(std::borrow::Cow::into_owned)
}

/// `is_signed` and `is_float` are of the pixels that go in.
pub(crate) fn modality_lut(
    view: FrameView<'_>,
    (is_signed, is_float): (bool, bool),
    notices: &mut Vec<Notice>,
) -> ModalityLut {
    let rescale = view
        .holder(SLOPE, PIXEL_VALUE_TRANSFORMATION)
        .or_else(|| view.holder(INTERCEPT, PIXEL_VALUE_TRANSFORMATION));
    if let Some(item) = view.top.items(MODALITY_LUT).first() {
        match lookup_table(item, is_signed, notices) {
            Ok(_) if is_float => {
                let text =
                    "a modality LUT maps whole numbers, the pixels are floating-point: it was left out";
                notices.push(Notice::at(MODALITY_LUT, text));
            }
            Ok(table) => {
                if rescale.is_some() {
                    let text = "ModalityLUTSequence and RescaleSlope are both present, which excludes one another: \
                                the table was taken and the rescale left out";
                    notices.push(Notice::at(MODALITY_LUT, text));
                }
                return ModalityLut::Table(table);
            }
            Err(why) => {
                let text = format!("the modality LUT was left out: {why}");
                notices.push(Notice::at(MODALITY_LUT, text));
            }
        }
    }
    let Some(holder) = rescale else { return ModalityLut::Identity };
    match (holder.float(SLOPE), holder.float(INTERCEPT)) {
        (Some(slope), _) if slope.abs() < f64::MIN_POSITIVE => {
            notices.push(Notice::at(SLOPE, "RescaleSlope is 0, the rescale was left out"));
            ModalityLut::Identity
        }
        (Some(slope), Some(intercept)) => ModalityLut::Rescale { slope, intercept },
        (Some(slope), None) => {
            notices.push(Notice::at(INTERCEPT, "RescaleIntercept is absent or no number, 0 was taken"));
            ModalityLut::Rescale { slope, intercept: 0.0 }
        }
        (None, _) => {
            notices.push(Notice::at(SLOPE, "RescaleSlope is absent or no number, the rescale was left out"));
            ModalityLut::Identity
        }
    }
}

fn function_of(holder: &DataSet, notices: &mut Vec<Notice>) -> VoiLutFunction {
    match holder.code(FUNCTION).as_deref() {
        None | Some("LINEAR") => VoiLutFunction::Linear,
        Some("LINEAR_EXACT") => VoiLutFunction::LinearExact,
        Some("SIGMOID") => VoiLutFunction::Sigmoid,
        Some(_) => {
            notices.push(Notice::at(FUNCTION, "VOILUTFunction is not known, LINEAR was taken"));
            VoiLutFunction::Linear
        }
    }
}

pub(crate) fn windows(view: FrameView<'_>, notices: &mut Vec<Notice>) -> Vec<VoiChoice> {
    let Some(holder) = view.holder(CENTER, FRAME_VOI) else { return Vec::new() };
    let function = function_of(holder, notices);
    let (centers, widths) = (holder.floats(CENTER), holder.floats(WIDTH));
    let explanations = holder.texts(EXPLANATION);
    if centers.len() != widths.len() {
        let text = format!("WindowCenter has {} values, WindowWidth {}", centers.len(), widths.len());
        notices.push(Notice::at(CENTER, text));
    }
    let mut choices = Vec::new();
    for (number, (window_index, (center, width))) in (1u32..).zip(centers.iter().zip(&widths).enumerate()) {
        let (Some(center), Some(width)) = (*center, *width) else {
            notices
                .push(Notice::at(CENTER, format!("window {number} is no pair of numbers, it was dropped")));
            continue;
        };
        match (Window { center, width, function }).checked() {
            Ok(window) => choices.push(VoiChoice {
                source: VoiSource::Window(number),
                explanation: explanations.get(window_index).filter(|text| !text.is_empty()).cloned(),
                lut: VoiLut::Window(window),
            }),
            Err(why) => {
                notices.push(Notice::at(WIDTH, format!("window {number} was dropped: {why}")));
            }
        }
    }
    choices
}

pub(crate) fn voi_luts(
    view: FrameView<'_>,
    negative_input: bool,
    notices: &mut Vec<Notice>,
) -> Vec<VoiChoice> {
    let mut choices = Vec::new();
    let items = view.holder(VOI_LUT, FRAME_VOI).map(|holder| holder.items(VOI_LUT)).unwrap_or_default();
    for (number, item) in (1u32..).zip(items) {
        match lookup_table(item, negative_input, notices) {
            Ok(table) => {
                let explanation = item.text(Tag(0x0028, 0x3003));
                choices.push(VoiChoice {
                    source: VoiSource::Lut(number),
                    explanation: (!explanation.is_blank()).then(|| explanation.raw().to_owned()),
                    lut: VoiLut::Table(table),
                });
            }
            Err(why) => {
                notices.push(Notice::at(VOI_LUT, format!("VOI LUT {number} was dropped: {why}")));
            }
        }
    }
    choices
}

/// The words are read with the pixels' sign: files state them as US and as SS, and as the bits that stand in the
/// pixel words, whose sign is then the highest of the stored ones.
fn padding(data: &DataSet, layout: &FrameLayout) -> Option<Padding> {
    if layout.is_float() {
        let [value, limit] = if layout.bits_allocated == 64 { DOUBLE_PADDING } else { FLOAT_PADDING };
        // NaN as padding needs no telling: what is no finite number is background anyway. An infinite end is
        // one side of a range.
        let read = |tag| data.numbers(tag).into_iter().flatten().next().filter(|n| !n.is_nan());
        let value = read(value)?;
        let limit = read(limit).unwrap_or(value);
        return Some(Padding { low: value.min(limit), high: value.max(limit) });
    }
    let read = |tag| {
        let value = data.integer(tag)?;
        let word = u16::try_from(value & 0xffff).ok()?;
        if !layout.is_signed() {
            return Some(f64::from(word));
        }
        let signed = i32::from(word.cast_signed());
        let steps = 1i32.checked_shl(u32::from(layout.bits_stored)).filter(|steps| *steps <= 0x1_0000)?;
        // Above the largest that can be stored: the pattern of one below 0.
        let is_pattern = (steps / 2..steps).contains(&signed);
        Some(f64::from(if is_pattern { signed - steps } else { signed }))
    };
    let value = read(PADDING)?;
    let limit = read(PADDING_LIMIT).unwrap_or(value);
    Some(Padding { low: value.min(limit), high: value.max(limit) })
}

fn shape(data: &DataSet, layout: &FrameLayout, notices: &mut Vec<Notice>) -> Option<PresentationLutShape> {
    let shape = match data.code(SHAPE).as_deref() {
        Some("IDENTITY") => PresentationLutShape::Identity,
        Some("INVERSE") => PresentationLutShape::Inverse,
        Some(_) => {
            notices.push(Notice::at(SHAPE, "PresentationLUTShape is not known, it was left out"));
            return None;
        }
        None => return None,
    };
    let odd = matches!(
        (&layout.photometric_interpretation, shape),
        (PhotometricInterpretation::Monochrome1, PresentationLutShape::Identity)
            | (PhotometricInterpretation::Monochrome2, PresentationLutShape::Inverse)
    );
    if odd {
        let text =
            "PresentationLUTShape contradicts PhotometricInterpretation and decides; viewers differ here";
        notices.push(Notice::at(SHAPE, text));
    }
    Some(shape)
}

#[cfg(test)]
mod tests {
    use calx_model::{PixelRepresentation, PlanarConfiguration};

    use super::*;
    use crate::dataset::{Element, Value};

    fn layout(signed: bool) -> FrameLayout {
        FrameLayout {
            rows: 1,
            columns: 1,
            samples_per_pixel: 1,
            bits_allocated: 16,
            bits_stored: 16,
            high_bit: 15,
            pixel_representation: if signed {
                PixelRepresentation::Signed
            } else {
                PixelRepresentation::Unsigned
            },
            planar_configuration: PlanarConfiguration::Interleaved,
            photometric_interpretation: PhotometricInterpretation::Monochrome2,
            number_of_frames: 1,
        }
    }

    fn set(elements: &[(Tag, &[u8; 2], &[u8])]) -> DataSet {
        let mut data = DataSet::default();
        for (tag, vr, value) in elements {
            let value = Value::Bytes(value.to_vec().into());
            data.elements.insert(*tag, Element { vr: **vr, length: None, value });
        }
        data
    }

    #[test]
    fn an_image_has_shutters_of_its_own() {
        let edge = |element, words: &'static [u8]| (Tag(0x0018, element), b"IS", words);
        let data = set(&[
            (Tag(0x0018, 0x1600), b"CS", b"RECTANGULAR "),
            edge(0x1602, b"3 "),
            edge(0x1604, b"10"),
            edge(0x1606, b"5 "),
            edge(0x1608, b"20"),
            (Tag(0x0018, 0x1622), b"US", &[0xff, 0xff]),
        ]);
        let (display, notices) = read(&data, false);
        let edges = [2.0, 4.0, 10.0, 20.0];
        assert_eq!(display.shutters, [calx_model::presentation_state::Shutter::Rectangle { edges }]);
        assert_eq!((display.shutter_grey, notices), (255, Vec::new()));
        let (display, notices) = read(&set(&[(Tag(0x0018, 0x1600), b"CS", b"CIRCULAR")]), false);
        assert_eq!((display.shutters.len(), notices.len()), (0, 1), "{notices:?}");
    }

    fn read(data: &DataSet, signed: bool) -> (DisplayAttributes, Vec<String>) {
        let mut notices = Vec::new();
        let display = display_of(FrameView::new(data, 1), &layout(signed), &mut notices);
        (display, notices.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_bad_window_goes_and_the_others_keep_their_numbers() {
        let data = set(&[
            (CENTER, b"DS", b"100\\50\\NaN\\30"),
            (WIDTH, b"DS", b"200\\0.5\\10\\20"),
            (EXPLANATION, b"LO", b"A\\B\\C\\D"),
            (FUNCTION, b"CS", b"CUBIC"),
        ]);
        let (display, notices) = read(&data, false);
        let found: Vec<_> = display.voi.iter().map(|v| (v.source, v.explanation.as_deref())).collect();
        assert_eq!(found, [(VoiSource::Window(1), Some("A")), (VoiSource::Window(4), Some("D"))]);
        assert_eq!(
            notices,
            [
                "(0028,1056) VOILUTFunction is not known, LINEAR was taken",
                "(0028,1051) window 2 was dropped: WindowWidth (0028,1051) is 0.5, LINEAR needs at least 1",
                "(0028,1050) window 3 is no pair of numbers, it was dropped",
            ]
        );
        let narrow =
            set(&[(CENTER, b"DS", b"2"), (WIDTH, b"DS", b"0.5 "), (FUNCTION, b"CS", b"LINEAR_EXACT")]);
        assert_eq!(read(&narrow, false).0.voi.len(), 1);
    }

    #[test]
    fn padding_takes_the_pixels_sign_and_either_order() {
        let low = (-2000i16).to_le_bytes();
        let data = set(&[(PADDING, b"US", &low), (PADDING_LIMIT, b"US", &[0x10, 0])]);
        assert_eq!(read(&data, true).0.padding, Some(Padding { low: -2000.0, high: 16.0 }));
        assert_eq!(read(&data, false).0.padding, Some(Padding { low: 16.0, high: 63536.0 }));
        let data = set(&[(PADDING, b"SS", &low)]);
        assert_eq!(read(&data, true).0.padding, Some(Padding { low: -2000.0, high: -2000.0 }));
    }

    #[test]
    fn padding_of_fewer_bits_may_stand_as_the_stored_pattern() {
        let padding = |bits_stored, word: u16, signed| {
            let layout = FrameLayout { bits_stored, high_bit: bits_stored - 1, ..layout(signed) };
            let data = set(&[(PADDING, b"US", &word.to_le_bytes())]);
            display_of(FrameView::new(&data, 1), &layout, &mut Vec::new()).padding.map(|p| (p.low, p.high))
        };
        assert_eq!(padding(12, 0x0830, true), Some((-2000.0, -2000.0)));
        assert_eq!(padding(8, 246, true), Some((-10.0, -10.0)));
        assert_eq!(padding(12, 0x07ff, true), Some((2047.0, 2047.0)));
        assert_eq!(padding(12, (-2000i16).cast_unsigned(), true), Some((-2000.0, -2000.0)));
        assert_eq!(padding(16, 0x8000, true), Some((-32768.0, -32768.0)));
        // Beyond the stored bits altogether it is no pattern of them.
        assert_eq!(padding(12, 0x1000, true), Some((4096.0, 4096.0)));
        assert_eq!(padding(12, 0x0830, false), Some((2096.0, 2096.0)));
    }

    #[test]
    fn half_a_rescale_is_told() {
        let (display, notices) = read(&set(&[(SLOPE, b"DS", b"2")]), false);
        assert_eq!(display.modality_lut, ModalityLut::Rescale { slope: 2.0, intercept: 0.0 });
        assert_eq!(notices.len(), 1);
        let (display, notices) = read(&set(&[(SLOPE, b"DS", b"0"), (INTERCEPT, b"DS", b"5")]), false);
        assert_eq!((display.modality_lut, notices.len()), (ModalityLut::Identity, 1));
        let (display, _) = read(&set(&[(SLOPE, b"DS", b"inf"), (INTERCEPT, b"DS", b"5")]), false);
        assert_eq!(display.modality_lut, ModalityLut::Identity);
    }
}

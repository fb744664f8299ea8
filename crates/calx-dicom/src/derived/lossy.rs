//! Whether the pixels that an object was made from had lost something.
//!
//! Invariants
//! - Once lossy, always lossy: what is derived from an image says so too, with the image's ratios and methods.
//! - Where an image names neither, those of its own compression are stated; of an earlier one nobody knows them.
//!
//! Source: PS3.3 C.7.6.1.1.5, C.8.20.2.

use super::codes::one_line;
use crate::codec::always_lossy;
use crate::dataset::{DataSet, Tag};
use crate::notice::Notice;
use crate::open::Opened;
use crate::scan::PixelLocation;
use crate::write::encode::{Elements, decimal};

const LOSSY: Tag = Tag(0x0028, 0x2110);
const RATIO: Tag = Tag(0x0028, 0x2112);
const METHOD: Tag = Tag(0x0028, 0x2114);

/// What an image lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lossy {
    /// LossyImageCompressionRatio (0028,2112), one for each time.
    ratios: Vec<String>,
    /// LossyImageCompressionMethod (0028,2114).
    methods: Vec<String>,
}

impl Lossy {
    /// Of an image; `None` when nothing was lost.
    pub(super) fn of(
        data: &DataSet,
        opened: &Opened,
        pixels: Option<PixelLocation>,
        notices: &mut Vec<Notice>,
    ) -> Option<Self> {
        let syntax = opened.transfer_syntax.as_str();
        let loses_now = always_lossy(syntax);
        if !loses_now && data.code(LOSSY).as_deref() != Some("01") {
            return None;
        }
        let ratios = data.floats(RATIO).into_iter().flatten().filter_map(decimal).collect();
        let methods = data.codes(METHOD);
        let is_code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ' || c == '_';
        let methods = methods.iter().map(|code| one_line(code, 16).into_owned());
        let methods = methods.filter(|code| !code.is_empty() && code.chars().all(is_code)).collect();
        let mut found = Self { ratios, methods };
        if loses_now {
            if found.methods.is_empty() {
                let method = if syntax.ends_with(".81") { "ISO_14495_1" } else { "ISO_10918_1" };
                found.methods.push(method.to_owned());
            }
            if found.ratios.is_empty() {
                let there = pixels.map(|pixels| opened.source.length().saturating_sub(pixels.offset));
                found.ratios.extend(there.and_then(|there| ratio(data, there)));
            }
        }
        if found.ratios.is_empty() || found.methods.is_empty() {
            let text = "the image was compressed with loss and does not say how much or how: segmentations of it do not \
                        either";
            notices.push(Notice::at(LOSSY, text));
        }
        Some(found)
    }
}

/// How often the bytes of the pixels go into those that are there; a ratio needs no more digits than a person reads.
fn ratio(data: &DataSet, there: u64) -> Option<String> {
    let number = |element| data.integer(Tag(0x0028, element)).and_then(|n| u64::try_from(n).ok());
    let frames = number(0x0008).unwrap_or(1).max(1);
    let factors = [number(0x0011)?, number(0x0002).unwrap_or(1), number(0x0100)?.div_ceil(8), frames];
    let raw = factors.iter().fold(number(0x0010)?, |product, factor| product.saturating_mul(*factor));
    let tenths = raw.saturating_mul(10) / there.max(1);
    (tenths > 0).then(|| format!("{}.{}", tenths / 10, tenths % 10))
}

/// Writes what an object derived from such an image says.
pub(super) fn write(lossy: Option<&Lossy>, out: &mut Elements) {
    out.text(LOSSY, b"CS", if lossy.is_some() { "01" } else { "00" });
    let Some(lossy) = lossy else { return };
    if !lossy.ratios.is_empty() {
        out.text(RATIO, b"DS", &lossy.ratios.join("\\"));
    }
    if !lossy.methods.is_empty() {
        out.text(METHOD, b"CS", &lossy.methods.join("\\"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::source_facts::read_source_facts;
    use super::super::testing::fixture;
    use calx_model::ImageId;

    #[test]
    fn an_image_that_lost_something_says_how_much_and_how() {
        let of = |name| {
            let read = read_source_facts(ImageId(uuid::Uuid::from_u128(1)), &fixture(name)).unwrap();
            (read.value.lossy, read.notices.len())
        };
        assert_eq!(of("hand_right_small"), (None, 0));
        let (Some(found), 0) = of("doppler_jpeg") else { panic!("it is a JPEG") };
        assert_eq!((found.ratios.len(), found.methods), (1, vec!["ISO_10918_1".to_owned()]));
    }
}

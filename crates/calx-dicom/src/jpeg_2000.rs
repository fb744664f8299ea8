//! JPEG 2000 and its high-throughput kind, through OpenJPEG.
//!
//! OpenJPEG was chosen over its port to Rust and over hayro-jpeg2000 for its speed on two cores and
//! because it decodes the high-throughput kind; being C, it runs in a worker process.
//!
//! Invariants
//! - Size, components, subsampling and precision in the stream's main header are compared with the
//!   attributes before the codec sees the stream.
//! - The codec gets exactly the codestream that was checked, never the JP2 file around it.
//! - Unsigned samples of an image whose PixelRepresentation says signed are two's complement in the
//!   stream's precision, as the writers of such files meant.
//!
//! Source: ITU-T T.800 A.5.1 (SIZ), A.6.1 (COD), I.4 (boxes), PS3.5 8.2.4.

mod openjpeg;

use calx_model::{ColourModel, FrameLayout, PhotometricInterpretation};

use crate::dataset::Tag;
use crate::decode_error::DecodeError;
use crate::notice::Notice;

const CODEC: &str = "JPEG 2000";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stated {
    columns: u32,
    rows: u32,
    components: u16,
    precision: u8,
    subsampled: bool,
    /// The image begins inside the reference grid (XOsiz, YOsiz): a reduced one has other sizes.
    begins_elsewhere: bool,
    /// The stream mixes its first three components (COD): decoding gives RGB.
    component_transform: bool,
    /// How often both sides can be halved: wavelet levels (COD).
    levels: u8,
}

/// One frame: little endian words, interleaved by pixel.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) words: Vec<u8>,
    pub(crate) model: ColourModel,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) notices: Vec<Notice>,
}

/// The codestream: all of it, or what the first `jp2c` box of a JP2 file holds.
fn codestream(stream: &[u8]) -> Option<&[u8]> {
    const SIGNATURE: &[u8] = b"\0\0\0\x0cjP  \r\n\x87\n";
    let starts = |bytes: &[u8]| bytes.starts_with(&[0xff, 0x4f, 0xff, 0x51]);
    if starts(stream) {
        return Some(stream);
    }
    let mut rest = stream.strip_prefix(SIGNATURE)?;
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let (content, size) = match u32::from_be_bytes(*length) {
            // To the end of the file.
            0 => (after, after.len()),
            1 => {
                let (length, content) = after.split_first_chunk::<8>()?;
                (content, usize::try_from(u64::from_be_bytes(*length).checked_sub(16)?).ok()?)
            }
            length => (after, usize::try_from(length.checked_sub(8)?).ok()?),
        };
        if kind == b"jp2c" {
            // A stream that stops early is the codec's to refuse.
            return content.get(..size.min(content.len())).filter(|inside| starts(inside));
        }
        rest = content.get(size..)?;
    }
}

/// Reads SIZ and COD of a codestream.
fn stated(stream: &[u8]) -> Option<Stated> {
    let mut rest = stream.get(2..)?;
    let mut found: Option<Stated> = None;
    loop {
        let (mark, after) = rest.split_first_chunk::<2>()?;
        let [0xff, marker] = *mark else { return None };
        if marker == 0x90 {
            return found;
        }
        let (length, _) = after.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let segment = after.get(2..length)?;
        if marker == 0x51 {
            if found.is_some() {
                return None;
            }
            let four = |at: usize| {
                segment.get(at..at + 4).and_then(|b| b.first_chunk::<4>()).map(|b| u32::from_be_bytes(*b))
            };
            let components = segment.get(34..36)?.first_chunk::<2>().map(|b| u16::from_be_bytes(*b))?;
            let each = segment.get(36..)?.as_chunks::<3>().0;
            if each.len() != usize::from(components) {
                return None;
            }
            found = Some(Stated {
                begins_elsewhere: (four(10)?, four(14)?) != (0, 0),
                columns: four(2)?.checked_sub(four(10)?)?,
                rows: four(6)?.checked_sub(four(14)?)?,
                components,
                precision: each.iter().map(|[depth, _, _]| (depth & 0x7f) + 1).max()?,
                subsampled: each.iter().any(|[_, x, y]| *x != 1 || *y != 1),
                component_transform: false,
                levels: 0,
            });
        }
        if marker == 0x52 {
            let found = found.as_mut()?;
            found.component_transform = *segment.get(4)? == 1;
            found.levels = *segment.get(5)?;
        }
        rest = after.get(length..)?;
    }
}

/// Decodes one frame, both sides halved up to `halvings` times: as often as the stream has wavelet
/// levels, and never below one pixel.
pub(crate) fn decode(layout: &FrameLayout, stream: &[u8], halvings: u8) -> Result<Decoded, DecodeError> {
    let refused = |why: &str| DecodeError::Codec { codec: CODEC, why: why.to_owned() };
    let stream = codestream(stream).ok_or_else(|| refused("there is no codestream"))?;
    let stated = stated(stream).ok_or_else(|| refused("there is no main header"))?;
    let fits = stated.columns == layout.columns
        && stated.rows == layout.rows
        && stated.components == layout.samples_per_pixel
        && u16::from(stated.precision) <= layout.bits_allocated;
    if !fits {
        return Err(DecodeError::Contradiction {
            stream: format!(
                "{} rows of {}, {} components of {} bits",
                stated.rows, stated.columns, stated.components, stated.precision
            ),
            header: format!(
                "{} rows of {}, {} samples in {} bits",
                layout.rows, layout.columns, layout.samples_per_pixel, layout.bits_allocated
            ),
        });
    }
    if stated.subsampled {
        return Err(refused("subsampled components are not decoded by this version"));
    }
    if !matches!(layout.bits_allocated, 8 | 16 | 32) {
        return Err(refused("8, 16 or 32 bits a sample are decoded by this version"));
    }
    let ybr = matches!(
        layout.photometric_interpretation,
        PhotometricInterpretation::YbrFull | PhotometricInterpretation::YbrFull422
    );
    let model = if ybr && !stated.component_transform { ColourModel::YbrFull } else { ColourModel::Rgb };

    let halvings = if stated.begins_elsewhere { 0 } else { halvings.min(stated.levels) };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let decoded = openjpeg::decode(stream, halvings, threads)
        .map_err(|why| DecodeError::Codec { codec: CODEC, why })?;
    let components = decoded.components().ok_or_else(|| refused("a component is empty"))?;
    let Some(first) = components.first().copied() else { return Err(refused("there is no component")) };
    let alike = |c: &openjpeg::Component<'_>| (c.columns, c.rows) == (first.columns, first.rows);
    if components.len() != usize::from(layout.samples_per_pixel) || !components.iter().all(alike) {
        return Err(refused("the components are not alike"));
    }
    let notices = [sign_notice(layout, first), end_notice(stream)].into_iter().flatten().collect();
    let words = words(layout, &components);
    Ok(Decoded { words, model, columns: first.columns, rows: first.rows, notices })
}

/// Where the stream and PixelRepresentation do not agree on the sign.
fn sign_notice(layout: &FrameLayout, component: openjpeg::Component<'_>) -> Option<Notice> {
    let text = match (component.signed, layout.is_signed()) {
        (false, true) => format!(
            "the JPEG 2000 stream states unsigned samples, PixelRepresentation signed ones; they are read as \
             two's complement of {} bits",
            component.precision
        ),
        (true, false) => {
            "the JPEG 2000 stream states signed samples, PixelRepresentation unsigned ones; their \
                          bits are read as unsigned"
                .to_owned()
        }
        _ => return None,
    };
    Some(Notice::at(Tag(0x0028, 0x0103), text))
}

/// What follows the end marker, but for the byte that makes a length even, or that there is none.
///
/// No two bytes of the coded data are those of the marker (T.800 A.1), so the last such pair is it.
fn end_notice(stream: &[u8]) -> Option<Notice> {
    const END_OF_CODESTREAM: [u8; 2] = [0xff, 0xd9];
    let text = match stream.windows(2).rposition(|pair| pair == END_OF_CODESTREAM) {
        None => "the JPEG 2000 stream has no end marker; what is there is decoded".to_owned(),
        Some(at) => match stream.get(at + 2..)? {
            [] | [0] => return None,
            rest => {
                format!("behind the end of the JPEG 2000 stream more is passed over, bytes: {}", rest.len())
            }
        },
    };
    Some(Notice::at(Tag(0x7fe0, 0x0010), text))
}

/// Components to little endian words of the width that the layout says, interleaved by pixel.
fn words(layout: &FrameLayout, components: &[openjpeg::Component<'_>]) -> Vec<u8> {
    let width = usize::from(layout.bits_allocated / 8);
    let samples = components.len();
    let pixels = components.first().map_or(0, |c| c.values.len());
    let mut words = vec![0_u8; pixels * samples * width];
    for (index, component) in components.iter().enumerate() {
        let spread = 32_u32.saturating_sub(component.precision).min(31);
        let reinterpret = layout.is_signed() && !component.signed;
        let places = words.chunks_exact_mut(width).skip(index).step_by(samples);
        for (place, &value) in places.zip(component.values) {
            let value = if reinterpret { (value << spread) >> spread } else { value };
            for (byte, from) in place.iter_mut().zip(value.to_le_bytes()) {
                *byte = from;
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use calx_model::{PixelRepresentation, PlanarConfiguration};

    use super::*;

    /// Main header of one component of 8 bits.
    fn header(rows: u32, columns: u32) -> Vec<u8> {
        let mut out = vec![0xff, 0x4f, 0xff, 0x51, 0, 41, 0, 0];
        for value in [columns, rows, 0, 0, columns, rows, 0, 0] {
            out.extend(value.to_be_bytes());
        }
        out.extend([0, 1, 7, 1, 1, 0xff, 0x90]);
        out
    }

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&length[..], kind, content].concat()
    }

    fn jp2(boxes: &[Vec<u8>]) -> Vec<u8> {
        [b"\0\0\0\x0cjP  \r\n\x87\n".to_vec(), boxes.concat()].concat()
    }

    fn layout() -> FrameLayout {
        FrameLayout {
            rows: 64,
            columns: 64,
            samples_per_pixel: 1,
            bits_allocated: 8,
            bits_stored: 8,
            high_bit: 7,
            pixel_representation: PixelRepresentation::Unsigned,
            planar_configuration: PlanarConfiguration::Interleaved,
            photometric_interpretation: PhotometricInterpretation::Monochrome2,
            number_of_frames: 1,
        }
    }

    #[test]
    fn what_stands_behind_the_end_marker_is_told() {
        let whole = [&header(2, 3)[..], &[0xff, 0xd9]].concat();
        let told = |tail: &[u8]| end_notice(&[&whole[..], tail].concat()).map(|notice| notice.to_string());
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[0]), None, "the pad byte");
        assert!(told(&[1]).unwrap().ends_with("bytes: 1"));
        let seven = told(&[0; 7]).unwrap();
        assert!(seven.starts_with("(7FE0,0010) behind the end") && seven.ends_with("bytes: 7"), "{seven}");
        assert!(end_notice(&header(2, 3)).unwrap().text.contains("no end marker"));
    }

    #[test]
    fn a_sign_that_the_header_contradicts_is_told() {
        let component =
            |signed| openjpeg::Component { columns: 1, rows: 1, precision: 12, signed, values: &[0] };
        let told = |signed, representation| {
            let layout = FrameLayout { pixel_representation: representation, ..layout() };
            sign_notice(&layout, component(signed)).map(|notice| notice.to_string())
        };
        assert_eq!(told(true, PixelRepresentation::Signed), None);
        assert_eq!(told(false, PixelRepresentation::Unsigned), None);
        let corrected = told(false, PixelRepresentation::Signed).unwrap();
        assert!(corrected.starts_with("(0028,0103)") && corrected.contains("of 12 bits"), "{corrected}");
        assert!(told(true, PixelRepresentation::Unsigned).unwrap().contains("read as unsigned"));
    }

    #[test]
    fn a_header_in_another_box_is_not_the_codestreams() {
        for (rows, columns) in [(16, 32), (128, 128)] {
            let decoy = boxed(b"free", &header(64, 64));
            let stream = jp2(&[boxed(b"ftyp", b"jp2 "), decoy, boxed(b"jp2c", &header(rows, columns))]);
            let refused = decode(&layout(), &stream, 0).unwrap_err();
            assert_eq!(refused.code(), "contradiction", "{refused}");
            assert!(refused.to_string().contains(&format!("{rows} rows of {columns}")), "{refused}");
        }
    }

    #[test]
    fn boxes_are_walked_to_the_codestream() {
        let inside = header(2, 3);
        let ftyp = boxed(b"ftyp", b"jp2 ");
        assert_eq!(codestream(&inside), Some(&inside[..]));
        assert_eq!(codestream(&jp2(&[ftyp.clone(), boxed(b"jp2c", &inside), vec![0]])), Some(&inside[..]));
        let to_the_end = [b"\0\0\0\0jp2c", &inside[..]].concat();
        assert_eq!(codestream(&jp2(&[ftyp.clone(), to_the_end])), Some(&inside[..]));
        let long =
            [b"\0\0\0\x01jp2c\0\0\0\0\0\0\0", &[16 + u8::try_from(inside.len()).unwrap()][..], &inside]
                .concat();
        assert_eq!(codestream(&jp2(&[ftyp.clone(), long])), Some(&inside[..]));
        // None of these is a codestream, whatever stands further inside.
        for stream in [
            [&[0][..], &inside].concat(),
            [ftyp.clone(), boxed(b"jp2c", &inside)].concat(),
            jp2(std::slice::from_ref(&ftyp)),
            jp2(&[boxed(b"jp2c", &[&[0][..], &inside].concat())]),
            jp2(&[b"\0\0\0\x07free".to_vec(), boxed(b"jp2c", &inside)]),
            jp2(&[b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(), boxed(b"jp2c", &inside)]),
        ] {
            assert_eq!(codestream(&stream), None, "{stream:?}");
        }
        assert_eq!(stated(&inside).map(|s| (s.rows, s.columns, s.components)), Some((2, 3, 1)));
        for length in 0..inside.len() {
            assert_eq!(stated(&inside[..length]), None, "{length}");
        }
    }
}

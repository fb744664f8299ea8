//! JPEG 2000 and its high-throughput kind, through dicom-pixeldata.
//!
//! Invariants
//! - Size, components, subsampling and precision in the stream's main header are compared with the
//!   attributes before the codec sees the stream: it writes outside its buffer's bounds otherwise.
//! - The codec gets exactly the codestream that was checked, never the JP2 file around it.
//!
//! Source: ITU-T T.800 A.5.1 (SIZ), A.6.1 (COD), I.4 (boxes), PS3.5 8.2.4.

use calx_model::{ColourModel, FrameLayout, PhotometricInterpretation};
use dicom_core::value::{C, PixelFragmentSequence};
use dicom_core::{DataElement, PrimitiveValue, VR, dicom_value};
use dicom_dictionary_std::tags;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use dicom_pixeldata::PixelDecoder;

use crate::codec::guarded;
use crate::decode_error::DecodeError;

const CODEC: &str = "JPEG 2000";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stated {
    columns: u32,
    rows: u32,
    components: u16,
    precision: u8,
    subsampled: bool,
    /// The stream mixes its first three components (COD): decoding gives RGB.
    component_transform: bool,
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
                columns: four(2)?.checked_sub(four(10)?)?,
                rows: four(6)?.checked_sub(four(14)?)?,
                components,
                precision: each.iter().map(|[depth, _, _]| (depth & 0x7f) + 1).max()?,
                subsampled: each.iter().any(|[_, x, y]| *x != 1 || *y != 1),
                component_transform: false,
            });
        }
        if marker == 0x52 {
            found.as_mut()?.component_transform = *segment.get(4)? == 1;
        }
        rest = after.get(length..)?;
    }
}

/// Decodes one frame to little endian words, interleaved by pixel.
pub(crate) fn decode(
    layout: &FrameLayout,
    stream: &[u8],
    uid: &str,
) -> Result<(Vec<u8>, ColourModel), DecodeError> {
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
    if !matches!(layout.bits_allocated, 8 | 16) {
        return Err(refused("8 or 16 bits a sample are decoded by this version"));
    }
    let ybr = matches!(
        layout.photometric_interpretation,
        PhotometricInterpretation::YbrFull | PhotometricInterpretation::YbrFull422
    );
    let colour = if ybr && !stated.component_transform { ColourModel::YbrFull } else { ColourModel::Rgb };
    let bytes = through_pixeldata(CODEC, layout, stream, uid)?;
    Ok((bytes, colour))
}

/// One frame as an object of its own, decoded by dicom-pixeldata.
pub(crate) fn through_pixeldata(
    codec: &'static str,
    layout: &FrameLayout,
    stream: &[u8],
    uid: &str,
) -> Result<Vec<u8>, DecodeError> {
    let refused = |why: String| DecodeError::Codec { codec, why };
    let us = |value: u32| u16::try_from(value).map(PrimitiveValue::from);
    let (Ok(rows), Ok(columns)) = (us(layout.rows), us(layout.columns)) else {
        return Err(refused("it is too large".to_owned()));
    };
    let words = layout.pixels() * u64::from(layout.samples_per_pixel) * u64::from(layout.bits_allocated / 8);
    let words = usize::try_from(words).map_err(|_too_large| refused("it is too large".to_owned()))?;
    // The codec refuses frames above 16 MiB that compress better than 64:1. The size was checked
    // against our own limit already, so bytes after the end of the stream make room.
    let mut stream = stream.to_vec();
    stream.resize(stream.len().max(words / 64 + 2).next_multiple_of(2), 0);

    guarded(codec, || {
        let mut object = InMemDicomObject::new_empty();
        let photometric = layout.photometric_interpretation.as_str().to_owned();
        for (tag, vr, value) in [
            (tags::ROWS, VR::US, rows),
            (tags::COLUMNS, VR::US, columns),
            (tags::SAMPLES_PER_PIXEL, VR::US, PrimitiveValue::from(layout.samples_per_pixel)),
            (tags::BITS_ALLOCATED, VR::US, PrimitiveValue::from(layout.bits_allocated)),
            (tags::BITS_STORED, VR::US, PrimitiveValue::from(layout.bits_stored)),
            (tags::HIGH_BIT, VR::US, PrimitiveValue::from(layout.high_bit)),
            (tags::PIXEL_REPRESENTATION, VR::US, PrimitiveValue::from(u16::from(layout.is_signed()))),
            (tags::PLANAR_CONFIGURATION, VR::US, PrimitiveValue::from(0u16)),
            (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, PrimitiveValue::from(photometric)),
            (tags::NUMBER_OF_FRAMES, VR::IS, dicom_value!(Str, "1")),
        ] {
            object.put(DataElement::new(tag, vr, value));
        }
        let fragments = PixelFragmentSequence::new(C::<u32>::new(), C::from_elem(stream.clone(), 1));
        object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, fragments));
        let meta = FileMetaTableBuilder::new()
            .media_storage_sop_class_uid("1.2.840.10008.5.1.4.1.1.7")
            .media_storage_sop_instance_uid("2.25.1")
            .transfer_syntax(uid);
        let object = object.with_meta(meta).map_err(|error| refused(error.to_string()))?;
        let decoded = object.decode_pixel_data_frame(0).map_err(|error| refused(told(&error)))?;
        Ok(decoded.data().to_vec())
    })
}

/// An error with its causes in one line.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
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
    fn a_header_in_another_box_is_not_the_codestreams() {
        for (rows, columns) in [(16, 32), (128, 128)] {
            let decoy = boxed(b"free", &header(64, 64));
            let stream = jp2(&[boxed(b"ftyp", b"jp2 "), decoy, boxed(b"jp2c", &header(rows, columns))]);
            let refused = decode(&layout(), &stream, "1.2.840.10008.1.2.4.90").unwrap_err();
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

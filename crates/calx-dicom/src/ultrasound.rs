//! SequenceOfUltrasoundRegions (0018,6011): which parts of a picture measure what.
//!
//! Not here: measuring (`calx-measure`).
//!
//! Invariants
//! - What is stated and cannot be used is told, once an item. An item whose axes both state no unit that measures
//!   says nothing of its pixels, and is passed over.
//! - Bit 0 of Region Flags (0018,6016) set means low priority (C.8.5.5.1.3): the region gives way to what overlaps it.
//!   A file that states no flags gives all its regions the same, high one.
//! - A [`RegionScale`] lies in its image and has steps that are finite and not 0 where they measure.
//!
//! Source: PS3.3 C.8.5.5.

use calx_model::{AxisUnit, FrameLayout, RegionAxis, RegionScale};

use crate::dataset::{DataSet, Tag};
use crate::notice::Notice;
use crate::write::{RegionDoppler, RegionReference, UltrasoundRegion};

const REGIONS: Tag = Tag(0x0018, 0x6011);
/// Further ones are counted: a file can state any number.
const MOST_NOTICES: usize = 8;
/// RegionSpatialFormat (0018,6012) of a plane of tissue.
const TWO_D: u16 = 1;

fn signed_pair(item: &DataSet, x: Tag, y: Tag) -> Option<(i32, i32)> {
    let one = |tag| item.integer(tag).and_then(|n| i32::try_from(n).ok());
    Some((one(x)?, one(y)?))
}

fn region_reference(item: &DataSet) -> Option<RegionReference> {
    let (x, y) = signed_pair(item, Tag(0x0018, 0x6020), Tag(0x0018, 0x6022))?;
    let value = |tag| item.float(tag).unwrap_or(0.0);
    let (value_x, value_y) = (value(Tag(0x0018, 0x6028)), value(Tag(0x0018, 0x602a)));
    Some(RegionReference { x, y, value_x, value_y })
}

fn region_doppler(item: &DataSet) -> Option<RegionDoppler> {
    let angle = |tag| item.float(tag).unwrap_or(0.0);
    Some(RegionDoppler {
        pulse_repetition_hz: u32::try_from(item.integer(Tag(0x0018, 0x6032))?).ok()?,
        correction_degrees: angle(Tag(0x0018, 0x6034)),
        steering_degrees: angle(Tag(0x0018, 0x6036)),
        sample_volume: signed_pair(item, Tag(0x0018, 0x6039), Tag(0x0018, 0x603b)),
    })
}

fn stated(item: &DataSet) -> Option<UltrasoundRegion> {
    let short = |tag| item.integer(tag).and_then(|n| u16::try_from(n).ok());
    let long = |tag| item.integer(tag).and_then(|n| u32::try_from(n).ok());
    Some(UltrasoundRegion {
        spatial_format: short(Tag(0x0018, 0x6012))?,
        data_type: short(Tag(0x0018, 0x6014))?,
        flags: long(Tag(0x0018, 0x6016)).unwrap_or(0),
        min_x: long(Tag(0x0018, 0x6018))?,
        min_y: long(Tag(0x0018, 0x601a))?,
        max_x: long(Tag(0x0018, 0x601c))?,
        max_y: long(Tag(0x0018, 0x601e))?,
        units_x: short(Tag(0x0018, 0x6024))?,
        units_y: short(Tag(0x0018, 0x6026))?,
        delta_x: item.float(Tag(0x0018, 0x602c))?,
        delta_y: item.float(Tag(0x0018, 0x602e))?,
        reference: region_reference(item),
        transducer_khz: long(Tag(0x0018, 0x6030)),
        doppler: region_doppler(item),
    })
}

/// The regions as stated, and those with which something can be measured.
pub(crate) fn regions_of(
    data: &DataSet,
    layout: &FrameLayout,
    notices: &mut Vec<Notice>,
) -> (Vec<UltrasoundRegion>, Vec<RegionScale>) {
    let (mut regions, mut scales, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for (number, item) in (1u32..).zip(data.items(REGIONS)) {
        let Some(region) = stated(item) else {
            let text = "lacks a corner, a unit or a step, it was left out";
            told.push(format!("item {number} of SequenceOfUltrasoundRegions {text}"));
            continue;
        };
        match scale_of(&region, item, layout) {
            Ok((scale, None)) => scales.extend(scale),
            Ok((scale, Some(text))) => {
                scales.extend(scale);
                told.push(format!("item {number} of SequenceOfUltrasoundRegions {text}"));
            }
            Err(text) => {
                told.push(format!(
                    "item {number} of SequenceOfUltrasoundRegions {text}: nothing is measured by it"
                ));
            }
        }
        regions.push(region);
    }
    let more = told.len().saturating_sub(MOST_NOTICES);
    notices.extend(told.into_iter().take(MOST_NOTICES).map(|text| Notice::at(REGIONS, text)));
    if more > 0 {
        notices.push(Notice::at(REGIONS, format!("{more} more of its items cannot be used as they are")));
    }
    (regions, scales)
}

/// The scale of a region with what had to be tolerated; no scale when it does not claim to measure.
///
/// The error says why one that claims to does not.
fn scale_of(
    region: &UltrasoundRegion,
    item: &DataSet,
    layout: &FrameLayout,
) -> Result<(Option<RegionScale>, Option<&'static str>), &'static str> {
    let unit = |code| match code {
        3 => AxisUnit::Cm,
        4 => AxisUnit::Seconds,
        7 => AxisUnit::CmPerSecond,
        _ => AxisUnit::Other,
    };
    let (x, y) = (unit(region.units_x), unit(region.units_y));
    if x == AxisUnit::Other && y == AxisUnit::Other {
        return Ok((None, None));
    }
    if x == AxisUnit::Cm && y == AxisUnit::Cm && region.spatial_format != TWO_D {
        return Err(
            "has centimetres on both axes and is no plane of tissue (RegionSpatialFormat (0018,6012))",
        );
    }
    let (last_column, last_row) = (layout.columns.saturating_sub(1), layout.rows.saturating_sub(1));
    let is_box = region.min_x <= region.max_x && region.min_y <= region.max_y;
    if !is_box || region.min_x > last_column || region.min_y > last_row {
        return Err("has corners out of order or outside the image");
    }
    let axis = |unit, per_pixel: f64, pixel, value| {
        if unit == AxisUnit::Other {
            return Some(RegionAxis { unit, per_pixel: 0.0, reference_pixel: None, reference_value: 0.0 });
        }
        let value = item.float(value).filter(|value: &f64| value.is_finite());
        let pixel: Option<i32> = item.integer(pixel).and_then(|n| i32::try_from(n).ok());
        let reference = pixel.zip(value);
        (per_pixel.is_finite() && per_pixel != 0.0).then_some(RegionAxis {
            unit,
            per_pixel,
            reference_pixel: reference.map(|(pixel, _)| pixel),
            reference_value: reference.map_or(0.0, |(_, value)| value),
        })
    };
    let x = axis(x, region.delta_x, Tag(0x0018, 0x6020), Tag(0x0018, 0x6028));
    let y = axis(y, region.delta_y, Tag(0x0018, 0x6022), Tag(0x0018, 0x602a));
    let Some((x, y)) = x.zip(y) else {
        return Err("has a step of 0 or one that is no number");
    };
    let is_cut = region.max_x > last_column || region.max_y > last_row;
    let scale = RegionScale {
        min_x: region.min_x,
        min_y: region.min_y,
        max_x: region.max_x.min(last_column),
        max_y: region.max_y.min(last_row),
        x,
        y,
        low_priority: region.flags & 1 == 1,
    };
    Ok((Some(scale), is_cut.then_some("reaches out of the image, it ends at the border")))
}

#[cfg(test)]
mod tests {
    use calx_model::{PhotometricInterpretation, PixelRepresentation, PlanarConfiguration};

    use super::*;
    use crate::dataset::{Element, Value};

    fn element(vr: [u8; 2], bytes: Vec<u8>) -> Element {
        Element { vr, length: None, value: Value::Bytes(bytes.into()) }
    }

    /// Format, units and steps of both axes, corners, flags.
    fn item(format: u16, units: [u16; 2], steps: [f64; 2], corners: [u32; 4], flags: u32) -> DataSet {
        let mut item = DataSet::default();
        let mut put = |number, element| item.elements.insert(Tag(0x0018, number), element);
        put(0x6012, element(*b"US", format.to_le_bytes().to_vec()));
        put(0x6014, element(*b"US", vec![1, 0]));
        put(0x6016, element(*b"UL", flags.to_le_bytes().to_vec()));
        for (tag, corner) in [0x6018, 0x601a, 0x601c, 0x601e].into_iter().zip(corners) {
            put(tag, element(*b"UL", corner.to_le_bytes().to_vec()));
        }
        put(0x6020, element(*b"SL", 3i32.to_le_bytes().to_vec()));
        put(0x6022, element(*b"SL", (-4i32).to_le_bytes().to_vec()));
        put(0x6024, element(*b"US", units[0].to_le_bytes().to_vec()));
        put(0x6026, element(*b"US", units[1].to_le_bytes().to_vec()));
        put(0x602a, element(*b"FD", 2.5f64.to_le_bytes().to_vec()));
        put(0x602c, element(*b"FD", steps[0].to_le_bytes().to_vec()));
        put(0x602e, element(*b"FD", steps[1].to_le_bytes().to_vec()));
        item
    }

    fn read(items: Vec<DataSet>) -> (Vec<RegionScale>, Vec<String>) {
        let layout = FrameLayout {
            rows: 60,
            columns: 80,
            samples_per_pixel: 1,
            bits_allocated: 8,
            bits_stored: 8,
            high_bit: 7,
            pixel_representation: PixelRepresentation::Unsigned,
            planar_configuration: PlanarConfiguration::Interleaved,
            photometric_interpretation: PhotometricInterpretation::Monochrome2,
            number_of_frames: 1,
        };
        let mut data = DataSet::default();
        data.elements.insert(REGIONS, Element { vr: *b"SQ", length: None, value: Value::Items(items) });
        let mut notices = Vec::new();
        let (_, scales) = regions_of(&data, &layout, &mut notices);
        (scales, notices.iter().map(ToString::to_string).collect())
    }

    const WHOLE: [u32; 4] = [0, 0, 79, 59];

    #[test]
    fn units_steps_and_references_are_taken_as_stated() {
        let (scales, told) = read(vec![
            item(1, [3, 3], [0.01, -0.02], WHOLE, 3),
            item(3, [4, 7], [0.005, -1.5], [10, 20, 70, 50], 2),
            item(0, [0, 0], [0.0, 0.0], WHOLE, 0),
        ]);
        assert_eq!(told, Vec::<String>::new(), "an item that claims nothing is not broken");
        let [tissue, spectrum] = scales.as_slice() else { panic!("{scales:?}") };
        assert!(tissue.is_spatial() && !spectrum.is_spatial());
        assert!(tissue.low_priority && !spectrum.low_priority, "bit 0 set gives way");
        assert_eq!((tissue.x.per_pixel, tissue.y.per_pixel), (0.01, -0.02));
        assert_eq!((spectrum.x.unit, spectrum.y.unit), (AxisUnit::Seconds, AxisUnit::CmPerSecond));
        assert_eq!((spectrum.y.reference_pixel, spectrum.y.reference_value), (Some(-4), 2.5));
        assert_eq!(spectrum.x.reference_pixel, None, "a pixel without its value is no reference");
        assert_eq!((spectrum.min_x, spectrum.min_y, spectrum.max_x, spectrum.max_y), (10, 20, 70, 50));
    }

    #[test]
    fn broken_items_are_told() {
        let mut lacking = item(1, [3, 3], [0.01, 0.01], WHOLE, 0);
        lacking.elements.insert(Tag(0x0018, 0x602c), element(*b"FD", Vec::new()));
        let (scales, told) = read(vec![
            lacking,
            item(1, [3, 3], [0.0, 0.01], WHOLE, 0),
            item(1, [3, 3], [0.01, f64::NAN], WHOLE, 0),
            item(1, [3, 3], [0.01, 0.01], [40, 0, 10, 59], 0),
            item(1, [3, 3], [0.01, 0.01], [80, 0, 90, 59], 0),
            item(5, [3, 3], [0.01, 0.01], WHOLE, 0),
            item(1, [3, 3], [0.01, 0.01], [0, 0, 80, 60], 0),
        ]);
        assert_eq!(scales.len(), 1, "{scales:?}");
        assert_eq!((scales[0].max_x, scales[0].max_y), (79, 59));
        assert_eq!(told.len(), 7);
        assert!(told[0].ends_with(
            "item 1 of SequenceOfUltrasoundRegions lacks a corner, a unit or a step, it was left out"
        ));
        assert!(told[1].contains("item 2") && told[1].contains("step of 0") && told[2].contains("lacks"));
        assert!(told[3].contains("out of order") && told[4].contains("outside the image"));
        assert!(told[5].contains("no plane of tissue") && told[6].contains("ends at the border"));
        let (_, told) = read(vec![item(1, [3, 3], [0.0, 0.0], WHOLE, 0); 20]);
        assert_eq!(told.len(), 9);
        assert!(told[8].contains("12 more"), "{}", told[8]);
    }
}

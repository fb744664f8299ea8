//! The modules that only ultrasound has: multi-frame timing, US image, US region calibration.
//!
//! Not here: pixels and their encapsulation (`pixels`).
//!
//! Source: PS3.3 A.7, C.7.6.5, C.8.5.5, C.8.5.6.

use super::encode::Elements;
use super::image_object::{WriteError, positive};
use super::new_image::NewImage;
use crate::dataset::Tag;

/// One item of SequenceOfUltrasoundRegions (0018,6011).
#[derive(Debug, Clone, PartialEq)]
pub struct UltrasoundRegion {
    /// RegionSpatialFormat (0018,6012): 1 is 2D.
    pub spatial_format: u16,
    /// RegionDataType (0018,6014): 1 tissue, 2 colour flow, 3 PW spectral Doppler.
    pub data_type: u16,
    /// RegionFlags (0018,6016).
    pub flags: u32,
    /// Left column, counted from 0.
    pub min_x: u32,
    /// Top row, counted from 0.
    pub min_y: u32,
    /// Right column, included.
    pub max_x: u32,
    /// Bottom row, included.
    pub max_y: u32,
    /// PhysicalUnitsXDirection (0018,6024): 3 is cm, 4 s.
    pub units_x: u16,
    /// PhysicalUnitsYDirection (0018,6026): 3 is cm, 7 cm/s.
    pub units_y: u16,
    /// PhysicalDeltaX (0018,602C), units per pixel.
    pub delta_x: f64,
    /// PhysicalDeltaY (0018,602E), units per pixel downwards.
    pub delta_y: f64,
    /// Reference pixel with its value; a spectral region needs it to tell where its scale begins.
    pub reference: Option<RegionReference>,
    /// TransducerFrequency (0018,6030) in kHz.
    pub transducer_khz: Option<u32>,
    /// How a Doppler region was acquired.
    pub doppler: Option<RegionDoppler>,
}

/// The reference pixel of a region: ReferencePixelX0 and Y0 (0018,6020/6022) with
/// ReferencePixelPhysicalValueX and Y (0018,6028/602A).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegionReference {
    /// Column, counted from the region's left one.
    pub x: i32,
    /// Row, counted from the region's top one.
    pub y: i32,
    /// In the units of the region's x direction.
    pub value_x: f64,
    /// In the units of the region's y direction.
    pub value_y: f64,
}

/// Doppler acquisition of a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegionDoppler {
    /// PulseRepetitionFrequency (0018,6032) in Hz.
    pub pulse_repetition_hz: u32,
    /// DopplerCorrectionAngle (0018,6034).
    pub correction_degrees: f64,
    /// SteeringAngle (0018,6036).
    pub steering_degrees: f64,
    /// DopplerSampleVolumeXPosition and -YPosition (0018,6039/603B): column and row in the image.
    pub sample_volume: Option<(i32, i32)>,
}

pub(super) fn ultrasound(new: &NewImage, elements: &mut Elements) -> Result<(), WriteError> {
    let Some(frame_time) = new.frame_time_ms else {
        return Err(WriteError::Missing("FrameTime (0018,1063)"));
    };
    positive("FrameTime (0018,1063)", &[frame_time])?;
    elements.ds(Tag(0x0018, 0x1063), "FrameTime (0018,1063)", &[frame_time])?;
    if let Some(rate) = new.cine_rate {
        elements.is(Tag(0x0018, 0x0040), i64::from(rate));
    }
    elements.text(Tag(0x0028, 0x0008), b"IS", &new.pixels.frames().to_string());
    elements.bytes(Tag(0x0028, 0x0009), *b"AT", vec![0x18, 0x00, 0x63, 0x10]);
    if let Some(rate) = new.recommended_display_frame_rate {
        elements.is(Tag(0x0008, 0x2144), i64::from(rate));
    }
    let colour_flow = new.ultrasound_regions.iter().any(|r| r.data_type == 2);
    // Value 4 says which modes were used (PS3.3 C.8.5.6.1.1): 0001 tissue, 0010 colour Doppler.
    let kind =
        if colour_flow { "ORIGINAL\\PRIMARY\\VASCULAR\\0011" } else { "ORIGINAL\\PRIMARY\\VASCULAR\\0001" };
    elements.text(Tag(0x0008, 0x0008), b"CS", kind);
    elements.us(Tag(0x0028, 0x0014), u16::from(new.pixels.shape().samples == 3));
    let mut items = Vec::with_capacity(new.ultrasound_regions.len());
    for region in &new.ultrasound_regions {
        let inside = region.min_x <= region.max_x
            && region.min_y <= region.max_y
            && region.max_x < u32::from(new.columns)
            && region.max_y < u32::from(new.rows);
        if !inside {
            return Err(WriteError::Value {
                attribute: "SequenceOfUltrasoundRegions (0018,6011)",
                value: format!("{},{} to {},{}", region.min_x, region.min_y, region.max_x, region.max_y),
                why: "a region lies in its image",
            });
        }
        let mut item = Elements::default();
        item.us(Tag(0x0018, 0x6012), region.spatial_format);
        item.us(Tag(0x0018, 0x6014), region.data_type);
        item.ul(Tag(0x0018, 0x6016), region.flags);
        item.ul(Tag(0x0018, 0x6018), region.min_x);
        item.ul(Tag(0x0018, 0x601a), region.min_y);
        item.ul(Tag(0x0018, 0x601c), region.max_x);
        item.ul(Tag(0x0018, 0x601e), region.max_y);
        item.us(Tag(0x0018, 0x6024), region.units_x);
        item.us(Tag(0x0018, 0x6026), region.units_y);
        item.fd(Tag(0x0018, 0x602c), region.delta_x);
        item.fd(Tag(0x0018, 0x602e), region.delta_y);
        optional(region, &mut item);
        items.push(item);
    }
    if !items.is_empty() {
        elements.sequence(Tag(0x0018, 0x6011), &items);
    }
    Ok(())
}

fn optional(region: &UltrasoundRegion, item: &mut Elements) {
    let mut signed = |element: u16, value: i32| {
        item.bytes(Tag(0x0018, element), *b"SL", value.to_le_bytes().to_vec());
    };
    if let Some(reference) = &region.reference {
        signed(0x6020, reference.x);
        signed(0x6022, reference.y);
    }
    if let Some((x, y)) = region.doppler.and_then(|d| d.sample_volume) {
        signed(0x6039, x);
        signed(0x603b, y);
    }
    if let Some(reference) = &region.reference {
        item.fd(Tag(0x0018, 0x6028), reference.value_x);
        item.fd(Tag(0x0018, 0x602a), reference.value_y);
    }
    if let Some(khz) = region.transducer_khz {
        item.ul(Tag(0x0018, 0x6030), khz);
    }
    if let Some(doppler) = &region.doppler {
        item.ul(Tag(0x0018, 0x6032), doppler.pulse_repetition_hz);
        item.fd(Tag(0x0018, 0x6034), doppler.correction_degrees);
        item.fd(Tag(0x0018, 0x6036), doppler.steering_degrees);
    }
}

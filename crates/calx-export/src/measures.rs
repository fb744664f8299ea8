//! Measurements of regions in words, and of all regions of a case.
//!
//! Not here: measuring (`calx-measure`).

use calx_measure::{FrameValues, measure_region};
use calx_model::{
    Case, CaseImage, Length, Measurement, Region, SpacingBasis, mean_and_deviation, unit_words,
};

use crate::input::{ImagePixels, PixelProvider, numbered_images};

/// What was measured of one region.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) values: Vec<Measurement>,
    /// When the pixels could not be read.
    pub(crate) notice: Option<String>,
}

/// The frame whose values stand for a region: its first, else the one the image shows.
pub(crate) fn frame_of(region: &Region, image: &CaseImage) -> u32 {
    region.frames.first().copied().unwrap_or(image.display.frame).clamp(1, image.frames.max(1))
}

/// All regions of a case, in its order. One image's frame is asked for once, when regions follow one another.
pub(crate) fn all(case: &Case, pixels: &mut dyn PixelProvider) -> Vec<Measured> {
    let mut held: Option<(u32, &CaseImage, Option<ImagePixels>)> = None;
    let mut measured = Vec::with_capacity(case.regions.len());
    for region in &case.regions {
        let Some((number, image)) = numbered_images(case).find(|(_, i)| i.id == region.image) else {
            measured.push(Measured::default());
            continue;
        };
        let frame = frame_of(region, image);
        let is_held = held.as_ref().is_some_and(|(f, i, _)| *f == frame && i.id == image.id);
        let mut notice = None;
        if !is_held {
            let found = match pixels.pixels(image, frame) {
                Ok(found) => Some(found),
                Err(error) => {
                    notice = Some(format!(
                        "image {number} could not be read, values under its regions are left out: {error}"
                    ));
                    None
                }
            };
            held = Some((frame, image, found));
        }
        let found = held.as_ref().and_then(|(_, _, found)| found.as_ref());
        let values = found.and_then(|p| FrameValues::new(&p.frame, &p.display));
        measured.push(Measured { values: measure_region(region, image, values), notice });
    }
    measured
}

/// All regions of a case, in its order, without what needs pixels.
pub(crate) fn of_shapes(case: &Case) -> Vec<Measured> {
    let one = |region: &Region| {
        let values = case.image(region.image).map(|image| measure_region(region, image, None));
        Measured { values: values.unwrap_or_default(), notice: None }
    };
    case.regions.iter().map(one).collect()
}

/// The one measure shown beside a mark: `23.4 mm at detector`.
pub(crate) fn headline(values: &[Measurement]) -> Option<String> {
    values.iter().find_map(|value| match value {
        Measurement::Area { size } => Some(size.to_string()),
        Measurement::Length { length } => Some(length.to_string()),
        Measurement::Angle { degrees, pixel_aspect: Some(_), .. } => {
            Some(format!("{degrees:.1}° by PixelAspectRatio"))
        }
        Measurement::Angle { degrees, basis, .. } => Some(angle(*degrees, basis.as_ref())),
        Measurement::Depth { length } => Some(format!("{length} deep")),
        Measurement::VelocityChange { cm_per_second } => Some(format!("Δ {cm_per_second:.1} cm/s")),
        Measurement::Velocity { cm_per_second } => Some(format!("{cm_per_second:.1} cm/s")),
        Measurement::Duration { seconds } => Some(format!("{seconds:.3} s")),
        _ => None,
    })
}

/// `63.4° at detector`: where rows and columns lie differently far apart an angle depends on them.
fn angle(degrees: f64, basis: Option<&SpacingBasis>) -> String {
    match basis {
        Some(basis) => format!("{degrees:.1}{}", basis.angle_label()),
        None => format!("{degrees:.1}° in square pixels"),
    }
}

/// The measures after the first, in words.
pub(crate) fn details(values: &[Measurement]) -> Vec<String> {
    values
        .iter()
        .filter_map(|value| match value {
            Measurement::MeanWidth { length } => {
                let (Length::Mm { value, .. } | Length::Px { value } | Length::Columns { value }) = length;
                (*value > 0.0).then(|| format!("mean width {length}"))
            }
            Measurement::Values { mean, standard_deviation, unit, .. } => {
                Some(format!("{} {}", mean_and_deviation(*mean, *standard_deviation, 0), unit_words(unit)))
            }
            // The shares, bins and stations stand in the data; on a page they are too many.
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(mean: f64, standard_deviation: f64) -> [Measurement; 1] {
        let (minimum, maximum, unit) = (0.0, 9000.0, "stored units".to_owned());
        [Measurement::Values { pixels: 100.0, mean, standard_deviation, minimum, maximum, unit }]
    }

    #[test]
    fn an_angle_says_where_it_holds() {
        let angle =
            |basis| headline(&[Measurement::Angle { degrees: 63.43, basis, pixel_aspect: None }]).unwrap();
        assert_eq!(angle(Some(SpacingBasis::Detector)), "63.4° at detector");
        assert_eq!(angle(None), "63.4° in square pixels");
    }

    #[test]
    fn the_mean_of_a_map_of_fractions_is_not_rounded_away() {
        assert_eq!(
            details(&values(0.4372, 0.03125)),
            ["mean 0.4372, SD 0.03125 stored units, not comparable between images"]
        );
        assert_eq!(
            details(&values(1023.4, 41.2)),
            ["mean 1023, SD 41 stored units, not comparable between images"]
        );
    }
}

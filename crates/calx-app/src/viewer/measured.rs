//! Numbers of the regions that are selected: worked out beside the window, kept as long as they hold.
//!
//! Not here: measuring (`calx-measure`), where the numbers are written (`case::regions`).
//!
//! Invariants
//! - The window's thread measures nothing: a mask of many pixels takes its time elsewhere.
//! - What is shown belongs to the shape, the scale and the frame that are shown; until it is there nothing is.

use std::collections::BTreeMap;
use std::sync::Arc;

use calx_measure::{FrameValues, measure_region};
use calx_model::{CaseImage, Length, Measurement, PixelSpacing, Region, RegionId, Shape, unit_words};

use super::corner::number;
use crate::seams::{FrameKey, LoadedFrame};
use crate::work::{Desk, Told, Wake};

/// What is measured.
#[derive(Debug)]
struct Ask {
    region: Region,
    image: CaseImage,
    frame: Option<Arc<LoadedFrame>>,
}

/// What measurements hold for.
#[derive(Debug, Clone, PartialEq)]
struct Ground {
    shape: Shape,
    scale: Option<PixelSpacing>,
    frame: Option<FrameKey>,
}

#[derive(Debug)]
struct Known {
    ground: Ground,
    /// `None` until they are there.
    found: Option<Arc<[Measurement]>>,
}

/// Numbers of regions.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    desk: Option<Desk<Ask, (RegionId, Ground, Vec<Measurement>)>>,
    known: BTreeMap<RegionId, Known>,
}

impl Measured {
    /// The numbers of a region as it is now; `None` until they are worked out.
    pub(crate) fn of(
        &mut self,
        (region, image): (&Region, &CaseImage),
        frame: Option<&Arc<LoadedFrame>>,
        wake: &Wake,
    ) -> Option<Arc<[Measurement]>> {
        self.take_in();
        // Values are those of the frame that is shown, where the region lies on it.
        let frame = frame.filter(|f| region.frames.is_empty() || region.frames.contains(&f.key.frame));
        let holds = |known: &Known| {
            known.ground.shape == region.shape
                && known.ground.scale == image.user_scale
                && known.ground.frame.as_ref() == frame.map(|frame| &frame.key)
        };
        if let Some(known) = self.known.get(&region.id).filter(|known| holds(known)) {
            return known.found.clone();
        }
        let ground = Ground {
            shape: region.shape.clone(),
            scale: image.user_scale.clone(),
            frame: frame.map(|frame| frame.key.clone()),
        };
        if self.known.len() > 200 {
            self.known.clear();
        }
        self.known.insert(region.id, Known { ground, found: None });
        let ask = Ask { region: region.clone(), image: image.clone(), frame: frame.cloned() };
        self.desk(wake)?.ask(ask);
        None
    }

    fn desk(&mut self, wake: &Wake) -> Option<&Desk<Ask, (RegionId, Ground, Vec<Measurement>)>> {
        if self.desk.is_none() {
            let opened = Desk::open("measures", wake, |ask: Ask, out| {
                let values = ask.frame.as_ref().and_then(|f| FrameValues::new(&f.frame, &f.info.display));
                let found = measure_region(&ask.region, &ask.image, values);
                let ground = Ground {
                    shape: ask.region.shape,
                    scale: ask.image.user_scale,
                    frame: ask.frame.map(|frame| frame.key.clone()),
                };
                out.tell((ask.region.id, ground, found));
            });
            match opened {
                Ok(desk) => self.desk = Some(desk),
                Err(error) => tracing::warn!(%error, "no thread to measure on"),
            }
        }
        self.desk.as_ref()
    }

    fn take_in(&mut self) {
        for told in self.desk.iter().flat_map(Desk::take) {
            match told {
                Told::Said((region, ground, found)) => {
                    if let Some(known) = self.known.get_mut(&region).filter(|known| known.ground == ground) {
                        known.found = Some(found.into());
                    }
                }
                Told::Broke(why) => tracing::error!(%why, "measuring broke down"),
            }
        }
    }

    /// Whether nothing is being measured.
    #[must_use]
    pub(crate) fn is_idle(&self) -> bool {
        self.desk.as_ref().is_none_or(Desk::is_idle)
    }
}

/// Measurements as lines of a card: what it is, and the number with its unit and what that rests on.
pub(crate) fn lines(measurements: &[Measurement]) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for measurement in measurements {
        match measurement {
            Measurement::Area { size } => lines.push(("Area", size.to_string())),
            Measurement::Perimeter { length } => lines.push(("Perimeter", length.to_string())),
            Measurement::Length { length } => lines.push(("Length", length.to_string())),
            Measurement::MeanWidth { length } if value_of(length) > 0.0 => {
                lines.push(("Mean width", length.to_string()));
            }
            Measurement::Angle { degrees, basis, pixel_aspect } => lines.push((
                "Angle",
                match (basis, pixel_aspect) {
                    (Some(basis), _) => format!("{degrees:.1}{}", basis.angle_label()),
                    (None, Some(_)) => format!("{degrees:.1}° by PixelAspectRatio"),
                    (None, None) => format!("{degrees:.1}° in square pixels"),
                },
            )),
            Measurement::Depth { length } => lines.push(("Depth", length.to_string())),
            Measurement::Duration { seconds } => lines.push(("Duration", format!("{seconds:.3} s"))),
            Measurement::Time { seconds } => lines.push(("Time", format!("{seconds:.3} s"))),
            Measurement::Velocity { cm_per_second } => {
                lines.push(("Velocity", format!("{cm_per_second:.1} cm/s")));
            }
            Measurement::VelocityChange { cm_per_second } => {
                lines.push(("Velocity change", format!("{cm_per_second:.1} cm/s")));
            }
            Measurement::Values { pixels, mean, standard_deviation, minimum, maximum, unit } => {
                lines.push(("Mean ± SD", format!("{} ± {}", number(*mean), number(*standard_deviation))));
                lines.push(("Min to max", format!("{} to {}", number(*minimum), number(*maximum))));
                lines.push(("Values", format!("of {} px, in {}", number(*pixels), unit_words(unit))));
            }
            // Shares, bins and stations are for tables, not for a card.
            _ => {}
        }
    }
    lines
}

fn value_of(length: &Length) -> f64 {
    let (Length::Mm { value, .. } | Length::Px { value } | Length::Columns { value }) = length;
    *value
}

#[cfg(test)]
mod tests {
    use calx_model::{AreaSize, SpacingBasis};

    use super::*;

    #[test]
    fn a_card_says_what_each_number_rests_on() {
        let area = Measurement::Area { size: AreaSize::Mm2 { value: 41.26, basis: SpacingBasis::Detector } };
        let width = Measurement::MeanWidth { length: Length::Px { value: 0.0 } };
        let values = Measurement::Values {
            pixels: 2100.0,
            mean: 2911.4,
            standard_deviation: 41.25,
            minimum: 12.0,
            maximum: 4095.0,
            unit: "stored units".to_owned(),
        };
        let expected = [
            ("Area", "41.3 mm² at detector".to_owned()),
            ("Mean ± SD", "2911 ± 41.2".to_owned()),
            ("Min to max", "12 to 4095".to_owned()),
            ("Values", "of 2100 px, in stored units, not comparable between images".to_owned()),
        ];
        assert_eq!(lines(&[area, width, values]), expected);
        let drawn = Measurement::Length { length: Length::Mm { value: 5.0, basis: SpacingBasis::User } };
        assert_eq!(lines(&[drawn]), [("Length", "5.00 mm (user)".to_owned())]);
    }
}

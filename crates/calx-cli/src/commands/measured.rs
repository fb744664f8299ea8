//! Measurements in words, each with the label that says where it holds.
//!
//! Not here: measuring (`calx-measure`), the words of a page that leaves (`calx-export`).

use calx_model::{
    AreaSize, Length, Measurement, SpacingBasis, is_comparable, mean_and_deviation, unit_words,
};

/// The quantity and its value in words, with the label that says where a millimetre holds.
pub(crate) fn describe(measurement: &Measurement) -> (&'static str, String) {
    use Measurement as M;
    match measurement {
        M::Area { size } => ("area", described(size.to_string(), area_basis(size))),
        M::Perimeter { length } => ("perimeter", length_words(length)),
        M::Length { length } => ("length", length_words(length)),
        M::MeanWidth { length } => ("mean width", length_words(length)),
        M::Depth { length } => ("depth", length_words(length)),
        M::Angle { degrees, basis: Some(basis), .. } => {
            ("angle", described(format!("{degrees:.1}{}", basis.angle_label()), Some(basis)))
        }
        M::Angle { degrees, pixel_aspect: Some(_), .. } => {
            ("angle", format!("{degrees:.1}° by PixelAspectRatio"))
        }
        M::Angle { degrees, .. } => ("angle", format!("{degrees:.1}° in square pixels")),
        M::Duration { seconds } => ("duration", format!("{seconds:.3} s")),
        M::Time { seconds } => ("time", format!("{seconds:.3} s")),
        M::Velocity { cm_per_second } => ("velocity", format!("{cm_per_second:.1} cm/s")),
        M::VelocityChange { cm_per_second } => ("velocity change", format!("{cm_per_second:.1} cm/s")),
        M::Values { pixels, mean, standard_deviation, minimum, maximum, unit } => (
            "values",
            format!(
                "{}, {minimum} to {maximum} {} over {pixels:.1} px",
                mean_and_deviation(*mean, *standard_deviation, 1),
                inserted(unit)
            ),
        ),
        M::Percentiles { at, unit } => {
            let shown = |p: &&calx_model::Percentile| [5.0, 25.0, 50.0, 75.0, 95.0].contains(&p.percent);
            let list: Vec<String> =
                at.iter().filter(shown).map(|p| format!("{} % {}", p.percent, short(p.value))).collect();
            ("percentiles", format!("{} {}", list.join(", "), unit_words(unit)))
        }
        M::Histogram { first_edge, bin_width, pixels, unit } => {
            let (width, first, unit) = (short(*bin_width), short(*first_edge), unit_words(unit));
            ("histogram", format!("{} bins of {width} from {first} {unit}", pixels.len()))
        }
        M::Profile { step, values, unit } => ("profile", profile_words(step, values, unit)),
    }
}

fn profile_words(step: &Length, values: &[Option<f64>], unit: &str) -> String {
    let known = || values.iter().flatten().copied();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let missing = values.len() - known().count();
    let without = if missing == 0 { String::new() } else { format!(", {missing} without a value") };
    // A station is never more than a pixel from the next: short lengths have more decimals.
    let step = match step {
        Length::Px { value } => format!("{value:.2} px"),
        Length::Columns { value } => format!("{value:.2} px (columns)"),
        Length::Mm { value, basis } => format!("{value:.3} {}", basis.label()),
    };
    let unit = unit_words(unit);
    format!("{} stations {step} apart, {} to {} {unit}{without}", values.len(), short(low), short(high))
}

/// A unit in the middle of a sentence.
fn inserted(unit: &str) -> String {
    if is_comparable(unit) { unit.to_owned() } else { format!("{},", unit_words(unit)) }
}

/// Six significant digits, without the noise of the last.
fn short(value: f64) -> String {
    format!("{value:.5e}").parse::<f64>().unwrap_or(value).to_string()
}

const fn area_basis(size: &AreaSize) -> Option<&SpacingBasis> {
    match size {
        AreaSize::Mm2 { basis, .. } => Some(basis),
        AreaSize::Px2 { .. } => None,
    }
}

fn length_words(length: &Length) -> String {
    let basis = match length {
        Length::Mm { basis, .. } => Some(basis),
        Length::Px { .. } | Length::Columns { .. } => None,
    };
    described(length.to_string(), basis)
}

/// The words of the calibration inside the brackets of its label: `50.0 mm (calibrated: Used fiducial)`.
fn described(text: String, basis: Option<&SpacingBasis>) -> String {
    match (basis.and_then(SpacingBasis::description), text.strip_suffix(')')) {
        (Some(words), Some(open)) => format!("{open}: {})", words.trim()),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_a_map_of_fractions_is_not_rounded_away() {
        let values = calx_model::Measurement::Values {
            pixels: 100.0,
            mean: 0.4372,
            standard_deviation: 0.03125,
            minimum: 0.25,
            maximum: 0.5,
            unit: "stored units".to_owned(),
        };
        let words =
            "mean 0.4372, SD 0.03125, 0.25 to 0.5 stored units, not comparable between images, over 100.0 px";
        assert_eq!(describe(&values), ("values", words.to_owned()));
    }

    #[test]
    fn what_is_measured_says_where_it_holds() {
        let described = SpacingBasis::Calibrated { description: Some("Used fiducial".to_owned()) };
        let length = |basis| Length::Mm { value: 50.0, basis };
        let words = |measurement| describe(&measurement).1;
        assert_eq!(
            words(Measurement::Length { length: length(described.clone()) }),
            "50.0 mm (calibrated: Used fiducial)"
        );
        let size = AreaSize::Mm2 { value: 2.0, basis: described.clone() };
        assert_eq!(words(Measurement::Area { size }), "2.00 mm² (calibrated: Used fiducial)");
        let angle = |basis| Measurement::Angle { degrees: 45.0, basis, pixel_aspect: None };
        assert_eq!(words(angle(Some(described))), "45.0° (calibrated: Used fiducial)");
        assert_eq!(words(angle(Some(SpacingBasis::Detector))), "45.0° at detector");
        assert_eq!(words(angle(None)), "45.0° in square pixels");
        let tall = Measurement::Angle { degrees: 63.43, basis: None, pixel_aspect: Some(2.0) };
        assert_eq!(words(tall), "63.4° by PixelAspectRatio");
        let unit = "stored units".to_owned();
        let at = vec![calx_model::Percentile { percent: 50.0, value: 7.0 }];
        let percentiles = Measurement::Percentiles { at, unit };
        assert_eq!(words(percentiles), "50 % 7 stored units, not comparable between images");
        let length = length(SpacingBasis::UltrasoundRegion);
        assert_eq!(words(Measurement::Length { length }), "50.0 mm (ultrasound region)");
        assert_eq!(words(Measurement::Velocity { cm_per_second: -12.34 }), "-12.3 cm/s");
    }

    #[test]
    fn a_profile_says_how_many_stations_have_no_value() {
        let profile = Measurement::Profile {
            step: Length::Px { value: 0.5 },
            values: vec![Some(0.1 + 0.2), None, Some(7.0)],
            unit: "HU".to_owned(),
        };
        let words = "3 stations 0.50 px apart, 0.3 to 7 HU, 1 without a value".to_owned();
        assert_eq!(describe(&profile), ("profile", words));
    }
}

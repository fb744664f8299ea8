//! Measurements as content items: what was measured, how much, in which unit, and what millimetres hold by.
//!
//! Not here: percentiles, histograms and profiles, which are worked out again from pixels.
//!
//! Invariants
//! - The order is that of [`Rank`]: readers take the first number for the one that stands for the region.
//! - A number that is none is written without a value and with the reason (PS3.3 C.18.1.1), behind all others.
//!
//! Source: PS3.16 TID 1419, CID 218, 7464, 7469, 7470, UCUM.

use calx_model::{AreaSize, CodedConcept, Length, Measurement, SpacingBasis};

use super::super::codes::{self, Concept};
use super::super::content::{Item, Value};

/// Order of numbers in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Area,
    Length,
    Width,
    Angle,
    Perimeter,
    Motion,
    Value,
    NotMeasured,
}

/// A number of a group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    pub(crate) rank: Rank,
    pub(crate) item: Item,
}

/// All numbers of a region in order.
pub(crate) fn numbers(measured: &[Measurement]) -> Vec<Number> {
    let mut numbers: Vec<Number> = measured.iter().flat_map(of).collect();
    numbers.sort_by_key(|number| number.rank);
    numbers
}

/// An area in pixels, for a closed region of which nothing was measured: readers demand a number.
pub(crate) fn pixels_covered(value: f64) -> Number {
    number(Rank::Area, codes::AREA, value, codes::PIXELS)
}

fn of(measured: &Measurement) -> Vec<Number> {
    match measured {
        Measurement::Area { size: AreaSize::Mm2 { value, basis } } => {
            vec![held_by(number(Rank::Area, codes::AREA, *value, codes::MM2), basis)]
        }
        Measurement::Area { size: AreaSize::Px2 { value } } => vec![pixels_covered(*value)],
        Measurement::Perimeter { length: l } => vec![length(Rank::Perimeter, codes::PERIMETER, l)],
        Measurement::Length { length: l } => vec![length(Rank::Length, codes::LENGTH, l)],
        Measurement::Depth { length: l } => vec![length(Rank::Length, codes::DEPTH, l)],
        Measurement::MeanWidth { length: l } => {
            let mut width = length(Rank::Width, codes::WIDTH, l);
            width.item = width.item.has_concept_mod(Item::code(codes::DERIVATION, codes::MEAN));
            vec![width]
        }
        Measurement::Angle { degrees, basis, .. } => {
            let angle = number(Rank::Angle, codes::ANGLE, *degrees, codes::DEGREE);
            vec![match basis {
                Some(basis) => held_by(angle, basis),
                None => angle,
            }]
        }
        Measurement::Duration { seconds } => {
            vec![number(Rank::Motion, codes::DURATION, *seconds, codes::SECOND)]
        }
        Measurement::Time { seconds } => vec![number(Rank::Motion, codes::TIME, *seconds, codes::SECOND)],
        Measurement::Velocity { cm_per_second } => {
            vec![number(Rank::Motion, codes::FLOW_VELOCITY, *cm_per_second, codes::CM_PER_SECOND)]
        }
        Measurement::VelocityChange { cm_per_second } => {
            vec![number(Rank::Motion, codes::VELOCITY_CHANGE, *cm_per_second, codes::CM_PER_SECOND)]
        }
        Measurement::Values { mean, standard_deviation, minimum, maximum, unit, .. } => {
            let unit = if unit == "HU" { codes::HOUNSFIELD } else { codes::NO_UNITS };
            let all = [
                (codes::MEAN, mean),
                (codes::STANDARD_DEVIATION, standard_deviation),
                (codes::MINIMUM, minimum),
                (codes::MAXIMUM, maximum),
            ];
            all.into_iter().map(|(concept, value)| number(Rank::Value, concept, *value, unit)).collect()
        }
        Measurement::Percentiles { .. } | Measurement::Histogram { .. } | Measurement::Profile { .. } => {
            Vec::new()
        }
    }
}

fn number(rank: Rank, concept: Concept, value: f64, unit: Concept) -> Number {
    if value.is_finite() {
        return Number { rank, item: Item::num(concept, value, unit) };
    }
    let why: CodedConcept = codes::NOT_A_NUMBER.into();
    Number { rank: Rank::NotMeasured, item: Item::new(concept, Value::Num(Err(why))) }
}

fn length(rank: Rank, concept: Concept, length: &Length) -> Number {
    match length {
        Length::Mm { value, basis } => held_by(number(rank, concept, *value, codes::MM), basis),
        Length::Px { value } => number(rank, concept, *value, codes::PIXELS),
        Length::Columns { value } => {
            with_method(number(rank, concept, *value, codes::PIXELS), codes::BY_COLUMNS)
        }
    }
}

/// Says what the millimetres of a number hold by.
fn held_by(number: Number, basis: &SpacingBasis) -> Number {
    with_method(number, codes::basis(basis))
}

fn with_method(mut number: Number, method: Concept) -> Number {
    number.item = number.item.has_concept_mod(Item::code(codes::MEASUREMENT_METHOD, method));
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, value, unit and what hangs under it.
    fn said(number: &Number) -> (String, Option<f64>, String, Vec<String>) {
        let measured = number.item.as_num();
        let below =
            number.item.children.iter().filter_map(|child| child.as_code().map(|c| c.meaning.clone()));
        (
            number.item.name.as_ref().unwrap().meaning.clone(),
            measured.map(|m| m.value),
            measured.map(|m| m.unit.value.clone()).unwrap_or_default(),
            below.collect(),
        )
    }

    #[test]
    fn numbers_come_in_one_order_with_units_and_basis() {
        let mm = |value| Length::Mm { value, basis: SpacingBasis::Detector };
        let measured = [
            Measurement::Values {
                pixels: 9.0,
                mean: 812.25,
                standard_deviation: 3.5,
                minimum: 800.0,
                maximum: f64::NAN,
                unit: "stored units".to_owned(),
            },
            Measurement::Perimeter { length: mm(100.5) },
            Measurement::MeanWidth { length: Length::Columns { value: 3.0 } },
            Measurement::Area { size: AreaSize::Mm2 { value: 12.5, basis: SpacingBasis::Film } },
        ];
        let found: Vec<_> = numbers(&measured).iter().map(said).collect();
        let line = |name: &str, value, unit: &str, below: &[&str]| {
            (
                name.to_owned(),
                value,
                unit.to_owned(),
                below.iter().map(|b| (*b).to_owned()).collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            found,
            [
                line("Area", Some(12.5), "mm2", &[SpacingBasis::Film.label()]),
                line("Width", Some(3.0), "{pixels}", &["px (columns)", "Mean"]),
                line("Perimeter", Some(100.5), "mm", &["mm at detector"]),
                line("Mean", Some(812.25), "1", &[]),
                line("Standard Deviation", Some(3.5), "1", &[]),
                line("Minimum", Some(800.0), "1", &[]),
                line("Maximum", None, "", &[]),
            ]
        );
        assert_eq!(said(&pixels_covered(7.5)), line("Area", Some(7.5), "{pixels}", &[]));
    }
}

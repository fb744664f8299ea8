//! Which pixels of a frame count for an automatic window: the exposed ones.
//!
//! Padding does not count, nor does what is no finite number. A collimated border does not either, where it is plain to see: from each side,
//! rows (or columns) are left out as long as nearly all their values (49 of 50) lie within 1/64 of the
//! frame's range of the outermost row's median. At most 2/5 from each side can go, and when less than a
//! quarter of the pixels that are no padding would remain, nothing is left out. Rows and columns of fewer than 16 pixels tell
//! nothing. A collimator with oblique edges is not found;
//! its shadow then counts, as an image without any collimation counts as a whole.
//!
//! What lies beyond the display shutters of the image does not count: of a circle the square in it, of a polygon its
//! bounding box.
//!
//! Not here: percentiles and windows ([`crate::choose`]).

use std::ops::Range;

use calx_model::presentation_state::Shutter;
use calx_model::{Frame, Padding, Samples};

use crate::table::as_f64;

/// Rows and columns shorter than this are no border.
const SHORTEST_LINE: u32 = 16;

/// How often each stored value occurs in the exposed part, lowest first.
#[must_use]
pub fn counts(frame: &Frame, padding: Option<Padding>, shutters: &[Shutter]) -> Vec<(f64, u64)> {
    let seen = within(frame, shutters);
    let area = exposed_area(frame, padding, &seen);
    let inner = histogram(frame, &area.0, &area.1, padding);
    let (kept, pixels) = (total(&inner), u64::from(length(&seen.0)) * u64::from(length(&seen.1)));
    if kept * 4 >= pixels {
        return inner;
    }
    // Padding is no part of the picture: a film beside much of it still has its border.
    let whole = histogram(frame, &seen.0, &seen.1, padding);
    if kept * 4 >= total(&whole) { inner } else { whole }
}

/// Rows and columns that shutters leave; all where they leave none.
fn within(frame: &Frame, shutters: &[Shutter]) -> (Range<u32>, Range<u32>) {
    let mut edges = [0.0, 0.0, f64::from(frame.columns()), f64::from(frame.rows())];
    for shutter in shutters {
        let seen = match shutter {
            Shutter::Rectangle { edges } => *edges,
            Shutter::Circle { centre: [x, y], radius } => {
                let half = radius * std::f64::consts::FRAC_1_SQRT_2;
                [x - half, y - half, x + half, y + half]
            }
            Shutter::Polygon { vertices } => vertices.iter().fold(
                [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY],
                |[left, top, right, bottom], [x, y]| {
                    [left.min(*x), top.min(*y), right.max(*x), bottom.max(*y)]
                },
            ),
            Shutter::Bitmap(_) => continue,
        };
        let [left, top, right, bottom] = edges;
        edges = [left.max(seen[0]), top.max(seen[1]), right.min(seen[2]), bottom.min(seen[3])];
    }
    let [left, top, right, bottom] = edges;
    // Pixels whose centre lies inside.
    let range = |from: f64, to: f64| whole((from - 0.5).ceil())..whole((to - 0.5).floor() + 1.0);
    let (rows, columns) = (range(top, bottom), range(left, right));
    if rows.is_empty() || columns.is_empty() {
        (0..frame.rows(), 0..frame.columns())
    } else {
        (rows, columns)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, NaN gives 0")]
fn whole(coordinate: f64) -> u32 {
    coordinate as u32
}

fn length(range: &Range<u32>) -> u32 {
    range.end.saturating_sub(range.start)
}

/// Each finite stored value that occurs in the frame, padding included, lowest first.
#[must_use]
pub fn values_of(frame: &Frame) -> Vec<f64> {
    let counts = histogram(frame, &(0..frame.rows()), &(0..frame.columns()), None);
    counts.into_iter().map(|(value, _)| value).collect()
}

fn total(counts: &[(f64, u64)]) -> u64 {
    counts.iter().map(|(_, n)| n).sum()
}

/// Counts by value: in a table for values of up to 16 bits, by sorting for wider ones.
fn histogram(
    frame: &Frame,
    rows: &Range<u32>,
    columns: &Range<u32>,
    padding: Option<Padding>,
) -> Vec<(f64, u64)> {
    let lowest: i64 = match frame.samples() {
        Samples::U8(_) | Samples::U16(_) => 0,
        Samples::I8(_) => -128,
        Samples::I16(_) => -32768,
        Samples::U32(_)
        | Samples::I32(_)
        | Samples::F32(_)
        | Samples::F64(_)
        | Samples::Colour8(..)
        | Samples::Colour16(..) => {
            let mut values: Vec<f64> =
                values_in(frame, rows, columns).filter(|v| !is_padding(padding, *v)).collect();
            values.sort_unstable_by(f64::total_cmp);
            return runs(&values);
        }
    };
    let mut table = vec![0u64; 65536];
    let samples = frame.samples();
    for value in places(frame, rows, columns).filter_map(|at| samples.grey(at)) {
        if let Some(slot) = usize::try_from(value - lowest).ok().and_then(|at| table.get_mut(at)) {
            *slot += 1;
        }
    }
    (lowest..)
        .map(as_f64)
        .zip(table)
        .filter(|(value, count)| *count > 0 && !is_padding(padding, *value))
        .collect()
}

fn is_padding(padding: Option<Padding>, value: f64) -> bool {
    padding.is_some_and(|p| p.contains(value))
}

/// Sorted values with how often each occurs.
#[allow(clippy::float_cmp, reason = "only equal values are one value")]
fn runs(sorted: &[f64]) -> Vec<(f64, u64)> {
    let run = |run: &[f64]| Some((*run.first()?, u64::try_from(run.len()).ok()?));
    sorted.chunk_by(|a, b| a == b).filter_map(run).collect()
}

fn places(frame: &Frame, rows: &Range<u32>, columns: &Range<u32>) -> impl Iterator<Item = usize> + use<> {
    let (width, columns) = (frame.columns(), columns.clone());
    rows.clone().flat_map(move |row| {
        let start = u64::from(row) * u64::from(width) + u64::from(columns.start);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        start..start.saturating_add(columns.len())
    })
}

/// The finite values in a part of the frame.
fn values_in(frame: &Frame, rows: &Range<u32>, columns: &Range<u32>) -> impl Iterator<Item = f64> {
    let samples = frame.samples();
    places(frame, rows, columns).filter_map(move |at| samples.value(at)).filter(|v| v.is_finite())
}

/// Of the rows and columns that are `seen`, those inside the collimated border.
fn exposed_area(
    frame: &Frame,
    padding: Option<Padding>,
    seen: &(Range<u32>, Range<u32>),
) -> (Range<u32>, Range<u32>) {
    let (all_rows, all_columns) = seen.clone();
    let whole = seen.clone();
    let (height, width) = (length(&all_rows), length(&all_columns));
    // Every 8th pixel tells the range well enough.
    let places = places(frame, &all_rows, &all_columns).step_by(8);
    let sampled = places.filter_map(|at| frame.samples().value(at));
    let wanted = |v: &f64| v.is_finite() && !is_padding(padding, *v);
    let Some((low, high)) = sampled.filter(wanted).fold(None, |ends: Option<(f64, f64)>, v| {
        Some(ends.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
    }) else {
        return whole;
    };
    let lines = |count: u32, length: u32| if length < SHORTEST_LINE { 0 } else { count };
    // Of whole numbers, at least one unit; near the limits of doubles the distance itself would overflow.
    let tolerance = high / 64.0 - low / 64.0;
    let tolerance = if frame.samples().is_float() { tolerance } else { tolerance.floor().max(1.0) };
    let line = |values: &mut dyn Iterator<Item = f64>| values.filter(wanted).collect::<Vec<f64>>();
    let row = |at: u32| line(&mut values_in(frame, &(at..at + 1), &all_columns));
    let top = border(all_rows.clone().map(row), lines(height, width), tolerance);
    let bottom = border(all_rows.clone().rev().map(row), lines(height, width), tolerance);
    let rows = all_rows.start + top..all_rows.end - bottom;
    // Columns are looked at between the rows that remain, where the border is uniform from end to end.
    let column = |at: u32| line(&mut values_in(frame, &rows, &(at..at + 1)));
    let left = border(all_columns.clone().map(column), lines(width, height), tolerance);
    let right = border(all_columns.clone().rev().map(column), lines(width, height), tolerance);
    (rows.clone(), all_columns.start + left..all_columns.end - right)
}

/// How many lines from the outermost on are uniform border: 0 to 2/5 of `count`.
fn border(lines: impl Iterator<Item = Vec<f64>>, count: u32, tolerance: f64) -> u32 {
    let mut level = None;
    let uniform = lines.take(usize::try_from(u64::from(count) * 2 / 5).unwrap_or(0)).take_while(|line| {
        let mut line = line.clone();
        let middle = line.len() / 2;
        if line.is_empty() {
            // Nothing but padding.
            return true;
        }
        let (_, median, _) = line.select_nth_unstable_by(middle, f64::total_cmp);
        let level = *level.get_or_insert(*median);
        let near = line.iter().filter(|v| (**v - level).abs() <= tolerance).count();
        near * 50 >= line.len() * 49
    });
    u32::try_from(uniform.count()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collimated_border_does_not_count() {
        // 40 x 40, dark border of 8 on each side with a little noise, a ramp inside.
        let mut values = Vec::new();
        for row in 0..40u16 {
            for column in 0..40u16 {
                let inside = (8..32).contains(&row) && (8..32).contains(&column);
                values.push(if inside { 1000 + row * 40 + column } else { 3 + (row + column) % 4 });
            }
        }
        let frame = Frame::new(40, 40, Samples::U16(values.into())).unwrap();
        let counts = counts(&frame, None, &[]);
        assert_eq!(total(&counts), 24 * 24);
        assert_eq!(counts.first(), Some(&(1328.0, 1)));
        assert_eq!(values_of(&frame).first(), Some(&3.0));
    }

    #[test]
    fn a_border_beside_much_padding_does_not_count_either() {
        // The film of 40 x 40 in the middle of 100 x 100, the rest padding: 84 of 100 pixels.
        let mut values = Vec::new();
        for row in 0..100u16 {
            for column in 0..100u16 {
                let film = (30..70).contains(&row) && (30..70).contains(&column);
                let inside = (38..62).contains(&row) && (38..62).contains(&column);
                values.push(match (film, inside) {
                    (false, _) => 0,
                    (true, false) => 3 + (row + column) % 4,
                    (true, true) => 1000 + row * 40 + column,
                });
            }
        }
        let frame = Frame::new(100, 100, Samples::U16(values.into())).unwrap();
        let counts = counts(&frame, Some(Padding { low: 0.0, high: 0.0 }), &[]);
        assert_eq!((total(&counts), counts[0].0 > 1000.0), (24 * 24, true));
    }

    #[test]
    fn what_lies_beyond_a_shutter_does_not_count() {
        // 40 x 40: the patient between 200 and 239, any brighter value beyond the shutter.
        let value = |row: u16, column: u16| {
            let seen = (10..30).contains(&row) && (5..25).contains(&column);
            if seen { 200 + (row * 7 + column) % 40 } else { 1000 + (row * 331 + column * 517) % 3000 }
        };
        let values: Vec<u16> =
            (0..40).flat_map(|row| (0..40).map(move |column| value(row, column))).collect();
        let frame = Frame::new(40, 40, Samples::U16(values.into())).unwrap();
        let rectangle = Shutter::Rectangle { edges: [5.0, 10.0, 25.0, 30.0] };
        let seen = counts(&frame, None, std::slice::from_ref(&rectangle));
        assert_eq!((total(&seen), seen.iter().all(|(value, _)| *value < 240.0)), (400, true));
        // The square in the circle.
        let circle = Shutter::Circle { centre: [15.0, 20.0], radius: 10.0 };
        assert_eq!(total(&counts(&frame, None, &[circle])), 14 * 14);
        let nothing = Shutter::Rectangle { edges: [50.0, 50.0, 60.0, 60.0] };
        assert_eq!(
            total(&counts(&frame, None, &[rectangle, nothing])),
            1600,
            "of nothing seen nothing is known"
        );
    }

    #[test]
    fn an_image_without_border_counts_as_a_whole() {
        let values: Vec<i16> = (0..400).map(|k| k % 37 - 18).collect();
        let frame = Frame::new(20, 20, Samples::I16(values.into())).unwrap();
        assert_eq!(total(&counts(&frame, None, &[])), 400);
        let padding = Some(Padding { low: -18.0, high: -18.0 });
        assert_eq!(total(&counts(&frame, padding, &[])), 400 - 11);
    }

    #[test]
    fn a_uniform_image_counts_as_a_whole() {
        let frame = Frame::new(50, 50, Samples::U32(vec![7; 2500].into())).unwrap();
        assert_eq!(counts(&frame, None, &[]), [(7.0, 2500)]);
    }

    #[test]
    fn floats_count_by_value_and_what_is_no_number_does_not() {
        let values = vec![0.5, f32::NAN, -0.25, 0.5, f32::INFINITY, 9.0, f32::NEG_INFINITY, -0.0, 0.0];
        let frame = Frame::new(9, 1, Samples::F32(values.into())).unwrap();
        assert_eq!(values_of(&frame), [-0.25, 0.0, 0.5, 9.0]);
        let padding = Some(Padding { low: 9.0, high: f64::INFINITY });
        assert_eq!(counts(&frame, padding, &[]), [(-0.25, 1), (0.0, 2), (0.5, 2)]);
    }

    #[test]
    fn a_border_of_floats_does_not_count() {
        // The border of 8 lies near 0.001; the tolerance is 1/64 of the range, not a whole unit.
        let value = |row: u32, column: u32| {
            let inside = (8..32).contains(&row) && (8..32).contains(&column);
            if inside {
                0.5 + f64::from(row * 40 + column) / 4000.0
            } else {
                0.001 + f64::from(column) * 1e-6
            }
        };
        let values: Vec<f64> =
            (0..40).flat_map(|row| (0..40).map(move |column| value(row, column))).collect();
        let frame = Frame::new(40, 40, Samples::F64(values.into())).unwrap();
        let counts = counts(&frame, None, &[]);
        assert_eq!((counts.first(), counts.len()), (Some(&(0.5 + 328.0 / 4000.0, 1)), 24 * 24));
    }
}

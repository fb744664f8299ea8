//! Which pixels of a frame count for an automatic window: the exposed ones.
//!
//! Padding does not count. A collimated border does not either, where it is plain to see: from each side,
//! rows (or columns) are left out as long as nearly all their values (49 of 50) lie within 1/64 of the
//! frame's range of the outermost row's median. At most 2/5 from each side can go, and when less than a
//! quarter of the pixels would remain, nothing is left out. Rows and columns of fewer than 16 pixels tell
//! nothing. A collimator with oblique edges is not found;
//! its shadow then counts, as an image without any collimation counts as a whole.
//!
//! Not here: percentiles and windows ([`crate::choose`]).

use std::collections::BTreeMap;
use std::ops::Range;

use calx_model::{Frame, Padding, Samples};

/// Rows and columns shorter than this are no border.
const SHORTEST_LINE: u32 = 16;

/// How often each stored value occurs in the exposed part, lowest first.
#[must_use]
pub fn counts(frame: &Frame, padding: Option<Padding>) -> Vec<(i64, u64)> {
    let area = exposed_area(frame, padding);
    let all = 0..frame.rows();
    let inner = histogram(frame, &area.0, &area.1, padding);
    let (kept, whole) = (total(&inner), u64::from(frame.rows()) * u64::from(frame.columns()));
    if kept * 4 >= whole { inner } else { histogram(frame, &all, &(0..frame.columns()), padding) }
}

/// Each stored value that occurs in the frame, padding included, lowest first.
#[must_use]
pub fn values_of(frame: &Frame) -> Vec<i64> {
    let counts = histogram(frame, &(0..frame.rows()), &(0..frame.columns()), None);
    counts.into_iter().map(|(value, _)| value).collect()
}

fn total(counts: &[(i64, u64)]) -> u64 {
    counts.iter().map(|(_, n)| n).sum()
}

fn index(frame: &Frame, row: u32, column: u32) -> usize {
    usize::try_from(u64::from(row) * u64::from(frame.columns()) + u64::from(column)).unwrap_or(usize::MAX)
}

/// Counts by value: a table for values of up to 16 bits, a tree for wider ones.
fn histogram(
    frame: &Frame,
    rows: &Range<u32>,
    columns: &Range<u32>,
    padding: Option<Padding>,
) -> Vec<(i64, u64)> {
    let lowest: i64 = match frame.samples() {
        Samples::U8(_) | Samples::U16(_) => 0,
        Samples::I8(_) => -128,
        Samples::I16(_) => -32768,
        Samples::U32(_) | Samples::I32(_) | Samples::Colour8(..) | Samples::Colour16(..) => {
            let mut tree = BTreeMap::new();
            for value in values_in(frame, rows, columns).filter(|v| !padding.is_some_and(|p| p.contains(*v)))
            {
                *tree.entry(value).or_insert(0) += 1;
            }
            return tree.into_iter().collect();
        }
    };
    let mut table = vec![0u64; 65536];
    for value in values_in(frame, rows, columns) {
        if let Some(slot) = usize::try_from(value - lowest).ok().and_then(|at| table.get_mut(at)) {
            *slot += 1;
        }
    }
    (lowest..)
        .zip(table)
        .filter(|(value, count)| *count > 0 && !padding.is_some_and(|p| p.contains(*value)))
        .collect()
}

fn values_in(frame: &Frame, rows: &Range<u32>, columns: &Range<u32>) -> impl Iterator<Item = i64> {
    let (samples, columns) = (frame.samples(), columns.clone());
    rows.clone().flat_map(move |row| {
        let start = index(frame, row, columns.start);
        (start..start + columns.len()).filter_map(move |at| samples.grey(at))
    })
}

/// Rows and columns inside the collimated border.
fn exposed_area(frame: &Frame, padding: Option<Padding>) -> (Range<u32>, Range<u32>) {
    let all_rows = 0..frame.rows();
    let all_columns = 0..frame.columns();
    let whole = (all_rows.clone(), all_columns.clone());
    // Every 8th pixel tells the range well enough.
    let sampled = (0..frame.samples().len()).step_by(8).filter_map(|at| frame.samples().grey(at));
    let wanted = |v: &i64| !padding.is_some_and(|p| p.contains(*v));
    let Some((low, high)) = sampled.filter(wanted).fold(None, |ends: Option<(i64, i64)>, v| {
        Some(ends.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
    }) else {
        return whole;
    };
    let lines = |count: u32, length: u32| if length < SHORTEST_LINE { 0 } else { count };
    let tolerance = ((high - low) / 64).max(1);
    let line = |values: &mut dyn Iterator<Item = i64>| values.filter(wanted).collect::<Vec<i64>>();
    let row = |at: u32| line(&mut values_in(frame, &(at..at + 1), &all_columns));
    let top = border(all_rows.clone().map(row), lines(frame.rows(), frame.columns()), tolerance);
    let bottom = border(all_rows.clone().rev().map(row), lines(frame.rows(), frame.columns()), tolerance);
    let rows = top..frame.rows() - bottom;
    // Columns are looked at between the rows that remain, where the border is uniform from end to end.
    let column = |at: u32| line(&mut values_in(frame, &rows, &(at..at + 1)));
    let left = border(all_columns.clone().map(column), lines(frame.columns(), frame.rows()), tolerance);
    let right =
        border(all_columns.clone().rev().map(column), lines(frame.columns(), frame.rows()), tolerance);
    (rows.clone(), left..frame.columns() - right)
}

/// How many lines from the outermost on are uniform border: 0 to 2/5 of `count`.
fn border(lines: impl Iterator<Item = Vec<i64>>, count: u32, tolerance: i64) -> u32 {
    let mut level = None;
    let uniform = lines.take(usize::try_from(u64::from(count) * 2 / 5).unwrap_or(0)).take_while(|line| {
        let mut line = line.clone();
        let middle = line.len() / 2;
        if line.is_empty() {
            // Nothing but padding.
            return true;
        }
        let (_, median, _) = line.select_nth_unstable(middle);
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
        let counts = counts(&frame, None);
        assert_eq!(total(&counts), 24 * 24);
        assert_eq!(counts.first(), Some(&(1000 + 8 * 40 + 8, 1)));
        assert_eq!(values_of(&frame).first(), Some(&3));
    }

    #[test]
    fn an_image_without_border_counts_as_a_whole() {
        let values: Vec<i16> = (0..400).map(|k| k % 37 - 18).collect();
        let frame = Frame::new(20, 20, Samples::I16(values.into())).unwrap();
        assert_eq!(total(&counts(&frame, None)), 400);
        let padding = Some(Padding { low: -18, high: -18 });
        assert_eq!(total(&counts(&frame, padding)), 400 - 11);
    }

    #[test]
    fn a_uniform_image_counts_as_a_whole() {
        let frame = Frame::new(50, 50, Samples::U32(vec![7; 2500].into())).unwrap();
        assert_eq!(counts(&frame, None), [(7, 2500)]);
    }
}

//! Lossless JPEG: differences from a prediction, Huffman coded.
//!
//! Not here: JPEG-LS (`jpeg_ls`), which shares the purpose only. Subsampled components and restart
//! intervals that end within a line are refused by name.
//!
//! Source: ITU-T T.81 H.1, H.2; PS3.5 8.2.1, A.4.2.

use std::sync::Arc;

use super::headers::{FrameHeader, ScanHeader};
use super::huffman::{Bits, Table};
use super::restarted;
use crate::words::Words;

/// Decodes a scan into `words`; returns where the marker behind it stands.
pub(super) fn decode(
    stream: &[u8],
    frame: &FrameHeader,
    scan: &ScanHeader,
    words: &mut Words,
) -> Result<usize, String> {
    let (rows, columns) = (usize::from(frame.rows), usize::from(frame.columns));
    let ([predictor, _], [_, transform]) = (scan.spectral, scan.approximation);
    if transform >= frame.precision || !(1..=7).contains(&predictor) {
        return Err(format!("its predictor is {predictor}, its point transform {transform}"));
    }
    if frame.components.len() > 1 && frame.components.iter().any(|c| c.across != 1 || c.down != 1) {
        return Err("it subsamples a component, this version does not undo that".to_owned());
    }
    let lines_between = scan.restart_interval / columns.max(1);
    if !scan.restart_interval.is_multiple_of(columns.max(1)) {
        return Err("its restart interval ends within a line, this version does not read that".to_owned());
    }
    let tables: Option<Vec<Arc<Table>>> = scan.components.iter().map(|c| c.dc.clone()).collect();
    let tables = tables.ok_or("a Huffman table is missing")?;
    let first = 1u16 << (frame.precision - transform - 1);
    let count = tables.len();
    let mut differences = vec![0u16; columns * count];
    let mut above = vec![vec![0u16; columns]; count];
    let mut line = vec![0u16; columns];
    let mut bits = Bits::new(stream, scan.at);
    for y in 0..rows {
        let mut alone = y == 0;
        if lines_between > 0 && y > 0 && y % lines_between == 0 {
            bits = restarted(stream, &bits, y / lines_between - 1)?;
            alone = true;
        }
        read_differences(&mut bits, &tables, &mut differences);
        if bits.ran_out() {
            return Err(format!("the stream ends or breaks in line {} of {rows}", y + 1));
        }
        for (i, (above, component)) in above.iter_mut().zip(&scan.components).enumerate() {
            let differences = differences.iter().skip(i).step_by(count).copied();
            if alone {
                first_line(first, differences, &mut line);
            } else {
                next_line(predictor, differences, above, &mut line);
            }
            above.copy_from_slice(&line);
            if transform > 0 {
                line.iter_mut().for_each(|sample| *sample <<= transform);
            }
            words.put(y, component.place, &line);
        }
    }
    Ok(bits.marker())
}

/// The differences of one line, component after component of a pixel.
fn read_differences(reader: &mut Bits<'_>, tables: &[Arc<Table>], out: &mut [u16]) {
    let mut bits = *reader;
    match tables {
        [table] => {
            for place in out {
                *place = table.next(&mut bits).1 as u16;
            }
        }
        tables => {
            for pixel in out.chunks_exact_mut(tables.len()) {
                for (place, table) in pixel.iter_mut().zip(tables) {
                    *place = table.next(&mut bits).1 as u16;
                }
            }
        }
    }
    *reader = bits;
}

/// A line with nothing above it: each sample from its left neighbour.
fn first_line(first: u16, differences: impl Iterator<Item = u16>, line: &mut [u16]) {
    let mut left = first;
    for (sample, difference) in line.iter_mut().zip(differences) {
        left = left.wrapping_add(difference);
        *sample = left;
    }
}

/// Any other line; its first sample is predicted from above.
fn next_line(predictor: u8, mut differences: impl Iterator<Item = u16>, above: &[u16], line: &mut [u16]) {
    let (Some((start, above)), Some((sample, line)), Some(difference)) =
        (above.split_first(), line.split_first_mut(), differences.next())
    else {
        return;
    };
    *sample = start.wrapping_add(difference);
    let corner = (*sample, *start);
    match predictor {
        1 => predicted(corner, differences, above, line, |a, _, _| a),
        2 => predicted(corner, differences, above, line, |_, b, _| b),
        3 => predicted(corner, differences, above, line, |_, _, c| c),
        4 => predicted(corner, differences, above, line, |a, b, c| a + b - c),
        5 => predicted(corner, differences, above, line, |a, b, c| a + ((b - c) >> 1)),
        6 => predicted(corner, differences, above, line, |a, b, c| b + ((a - c) >> 1)),
        _ => predicted(corner, differences, above, line, |a, b, _| (a + b) >> 1),
    }
}

#[inline(always)]
fn predicted(
    (mut left, mut corner): (u16, u16),
    differences: impl Iterator<Item = u16>,
    above: &[u16],
    line: &mut [u16],
    of: impl Fn(i32, i32, i32) -> i32,
) {
    for ((sample, above), difference) in line.iter_mut().zip(above).zip(differences) {
        let prediction = of(i32::from(left), i32::from(*above), i32::from(corner));
        // Modulo 2 to the 16th, as the standard says.
        left = (prediction as u16).wrapping_add(difference);
        corner = *above;
        *sample = left;
    }
}

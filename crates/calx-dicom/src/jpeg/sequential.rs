//! Baseline and extended sequential JPEG: blocks of coefficients, Huffman coded, 8 or 12 bits.
//!
//! Not here: progressive coding (`progressive`).
//!
//! Source: ITU-T T.81 A.2, F.1, F.2.

use std::sync::Arc;

use super::blocks::{Plane, Sample};
use super::headers::{FrameHeader, ScanHeader};
use super::huffman::{Bits, Table};
use super::idct::Block;
use super::restarted;
use super::upsample::Upsampler;
use crate::words::Words;

/// Place of the coefficients in a block, in the order of the stream (T.81 figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The planes of an image on their way to words.
#[derive(Debug)]
pub(super) struct Image<T> {
    planes: Vec<Plane<T>>,
    upsamplers: Vec<Upsampler<T>>,
    /// MCUs of an interleaved scan.
    mcus: (usize, usize),
    rows: usize,
    /// The planes hold one row of MCUs, which goes into the words before the next one comes.
    by_rows: bool,
}

/// A component of the scan at hand.
struct Part {
    place: usize,
    dc: Arc<Table>,
    ac: Arc<Table>,
    /// By place in the stream.
    quantization: [i32; 64],
    /// Blocks of one MCU.
    across: usize,
    down: usize,
    previous: i32,
}

impl<T: Sample> Image<T> {
    /// Planes for an image; `together`: all components come row by row.
    pub(super) fn new(frame: &FrameHeader, together: bool) -> Result<Self, String> {
        let most =
            |of: fn(&super::headers::Component) -> usize| frame.components.iter().map(of).max().unwrap_or(1);
        let (across, down) = (most(|c| c.across), most(|c| c.down));
        let (columns, rows) = (usize::from(frame.columns), usize::from(frame.rows));
        let mcus = (columns.div_ceil(8 * across), rows.div_ceil(8 * down));
        // Chroma of halved height looks at the rows above and below.
        let by_rows = together && frame.components.iter().all(|component| component.down == down);
        let mut planes = Vec::new();
        for c in &frame.components {
            if across % c.across != 0 || down % c.down != 0 {
                return Err("its components are sampled in a ratio this version does not undo".to_owned());
            }
            let padded = (mcus.0 * c.across * 8, if by_rows { 1 } else { mcus.1 } * c.down * 8);
            let size = ((columns * c.across).div_ceil(across), (rows * c.down).div_ceil(down));
            planes.push(Plane::new(size.0, size.1, padded, (across / c.across, down / c.down)));
        }
        let upsamplers = planes.iter().map(|_| Upsampler::new()).collect();
        Ok(Self { planes, upsamplers, mcus, rows, by_rows })
    }

    /// MCUs of an interleaved scan, side by side and one below the other.
    pub(super) fn mcus(&self) -> (usize, usize) {
        self.mcus
    }

    /// Columns and rows of each component.
    pub(super) fn sizes(&self) -> Vec<(usize, usize)> {
        self.planes.iter().map(|plane| (plane.columns, plane.rows)).collect()
    }

    /// Puts the blocks that `block` gives (component, place across, place down) into `words`.
    pub(super) fn fill(
        &mut self,
        frame: &FrameHeader,
        words: &mut Words,
        block: impl Fn(usize, usize, usize) -> Block,
    ) {
        let lines = 8 * frame.components.iter().map(|component| component.down).max().unwrap_or(1);
        for y in 0..self.mcus.1 {
            for (place, (plane, component)) in self.planes.iter_mut().zip(&frame.components).enumerate() {
                for down in 0..component.down {
                    let row = y * component.down + down;
                    for x in 0..self.mcus.0 * component.across {
                        let coefficients = block(place, x, row);
                        plane.put(x, if self.by_rows { down } else { row }, &coefficients, false);
                    }
                }
            }
            if self.by_rows {
                let start = y * lines;
                self.put(words, start, lines.min(self.rows.saturating_sub(start)));
            }
        }
        self.finish(words);
    }

    /// Decodes a scan; returns where the marker behind it stands.
    pub(super) fn decode(
        &mut self,
        stream: &[u8],
        frame: &FrameHeader,
        scan: &ScanHeader,
        words: &mut Words,
    ) -> Result<usize, String> {
        let alone = scan.components.len() == 1;
        let mut parts = Vec::new();
        for component in &scan.components {
            let factors = frame.components.get(component.place).ok_or("a component is missing")?;
            let table = component.quantization.as_ref().ok_or("a quantization table is missing")?;
            parts.push(Part {
                place: component.place,
                dc: component.dc.clone().ok_or("a Huffman table is missing")?,
                ac: component.ac.clone().ok_or("a Huffman table is missing")?,
                quantization: table.map(i32::from),
                across: if alone { 1 } else { factors.across },
                down: if alone { 1 } else { factors.down },
                previous: 0,
            });
        }
        let mcus = match (parts.as_slice(), alone) {
            ([part], true) => {
                let plane = self.planes.get(part.place).ok_or("a component is missing")?;
                (plane.columns.div_ceil(8), plane.rows.div_ceil(8))
            }
            _ => self.mcus,
        };
        let lines = 8 * parts.iter().map(|part| part.down).max().unwrap_or(1);
        let mut bits = Bits::new(stream, scan.at);
        let mut until_restart = scan.restart_interval;
        let mut restarts = 0;
        for y in 0..mcus.1 {
            let row = if self.by_rows { 0 } else { y };
            for x in 0..mcus.0 {
                if scan.restart_interval > 0 {
                    if until_restart == 0 {
                        bits = restarted(stream, &bits, restarts)?;
                        restarts += 1;
                        until_restart = scan.restart_interval;
                        parts.iter_mut().for_each(|part| part.previous = 0);
                    }
                    until_restart -= 1;
                }
                for part in &mut parts {
                    let Some(plane) = self.planes.get_mut(part.place) else { continue };
                    for down in 0..part.down {
                        for across in 0..part.across {
                            let at = (x * part.across + across, row * part.down + down);
                            bits = part.block(bits, plane, at);
                        }
                    }
                }
            }
            if bits.ran_out() {
                return Err(format!(
                    "the stream ends or breaks in row {} of {} of its blocks",
                    y + 1,
                    mcus.1
                ));
            }
            if self.by_rows {
                let start = y * lines;
                self.put(words, start, lines.min(self.rows.saturating_sub(start)));
            }
        }
        Ok(bits.marker())
    }

    /// Puts all samples into `words` unless that was done row by row.
    pub(super) fn finish(&mut self, words: &mut Words) {
        if !self.by_rows {
            self.put(words, 0, self.rows);
        }
    }

    /// Puts the first `lines` lines of the planes at line `start`, chroma at full size.
    fn put(&mut self, words: &mut Words, start: usize, lines: usize) {
        let columns = words.columns();
        if let ([first, second, third], [a, b, c]) = (self.planes.as_slice(), self.upsamplers.as_mut_slice())
        {
            for y in 0..lines {
                let lines =
                    [a.line(first, y, columns), b.line(second, y, columns), c.line(third, y, columns)];
                words.put_pixels(start + y, lines);
            }
            return;
        }
        for (component, (plane, upsampler)) in self.planes.iter().zip(&mut self.upsamplers).enumerate() {
            for y in 0..lines {
                words.put(start + y, component, upsampler.line(plane, y, columns));
            }
        }
    }
}

impl Part {
    /// Reads one block and puts its samples into the plane.
    #[inline]
    fn block<'a, T: Sample>(
        &mut self,
        mut bits: Bits<'a>,
        plane: &mut Plane<T>,
        (x, y): (usize, usize),
    ) -> Bits<'a> {
        let (_, difference) = self.dc.next(&mut bits);
        self.previous = self.previous.wrapping_add(difference);
        let first = self.previous.wrapping_mul(self.quantization[0]);
        let (run, value) = self.ac.next(&mut bits);
        let mut at = 1 + run as usize;
        if at >= 64 {
            plane.put_constant(x, y, first);
            return bits;
        }
        let mut coefficients = [[0; 8]; 8];
        let flat = coefficients.as_flattened_mut();
        flat[0] = first;
        let mut last = at;
        flat[usize::from(ZIGZAG[at & 63]) & 63] = value.wrapping_mul(self.quantization[at & 63]);
        at += 1;
        while at < 64 {
            let (run, value) = self.ac.next(&mut bits);
            at += run as usize;
            if at >= 64 {
                break;
            }
            flat[usize::from(ZIGZAG[at & 63]) & 63] = value.wrapping_mul(self.quantization[at & 63]);
            last = at;
            at += 1;
        }
        // The first ten places of the stream lie within four rows and columns.
        plane.put(x, y, &coefficients, last < 10);
        bits
    }
}

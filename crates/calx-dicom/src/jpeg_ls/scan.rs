//! One scan of JPEG-LS: lines of samples from the bits.
//!
//! Not here: the meaning of a code (`model`).
//!
//! Invariants
//! - A line buffer holds the line's samples from place 1 on, one more at either end, and nothing
//!   above MAXVAL.
//! - Work is bounded by the samples of the image: a stream that ends early is noticed after the line.
//!
//! Source: ITU-T T.87 A.2.1 (neighbours), A.7 (runs), B (several components), C.1 (restart).

use super::bits::Bits;
use super::headers::{Interleave, Parameters};
use super::model::{Model, RUN_BITS, Rules};
use crate::words::Words;

/// One component on its way through the lines.
struct Lines {
    above: Vec<u16>,
    line: Vec<u16>,
    run_index: usize,
}

impl Lines {
    fn new(columns: usize) -> Self {
        Self { above: vec![0; columns + 2], line: vec![0; columns + 2], run_index: 0 }
    }

    /// The last line goes above; its ends take the values the first and last sample will look at.
    fn advance(&mut self, columns: usize) {
        std::mem::swap(&mut self.above, &mut self.line);
        if let Some([before_last, last]) = self.above.get_mut(columns..).and_then(|end| end.first_chunk_mut())
        {
            *last = *before_last;
        }
        if let (Some(start), Some(first)) = (self.line.first_mut(), self.above.get(1)) {
            *start = *first;
        }
    }

    fn restart(&mut self) {
        self.above.fill(0);
        self.line.fill(0);
        self.run_index = 0;
    }
}

/// A scan to decode.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    pub(super) stream: &'a [u8],
    /// Where its entropy-coded bytes begin.
    pub(super) at: usize,
    pub(super) rows: usize,
    pub(super) components: &'a [usize],
    pub(super) interleave: Interleave,
    pub(super) parameters: Parameters,
    /// Lines between restart markers, 0 without.
    pub(super) restart_interval: usize,
}

impl Scan<'_> {
    /// Decodes the scan; returns where the marker behind it stands.
    pub(super) fn decode(&self, words: &mut Words) -> Result<usize, String> {
        let rules = Rules::new(&self.parameters);
        let columns = words.columns();
        let mut model = Model::new(&rules);
        let mut bits = Bits::new(self.stream, self.at);
        let mut lines: Vec<Lines> = self.components.iter().map(|_| Lines::new(columns)).collect();
        let plain = rules.is_plain();
        for line in 0..self.rows {
            if self.restart_interval > 0 && line > 0 && line % self.restart_interval == 0 {
                bits = self.restarted(&bits, line)?;
                model = Model::new(&rules);
                lines.iter_mut().for_each(Lines::restart);
            }
            lines.iter_mut().for_each(|lines| lines.advance(columns));
            match (self.interleave, lines.as_mut_slice()) {
                (Interleave::Sample, [a, b, c]) if plain => {
                    joint_line::<true>(&mut model, &rules, &mut bits, [a, b, c], columns);
                }
                (Interleave::Sample, [a, b, c]) => {
                    joint_line::<false>(&mut model, &rules, &mut bits, [a, b, c], columns);
                }
                (_, lines) => {
                    for lines in lines {
                        if plain {
                            single_line::<true>(&mut model, &rules, &mut bits, lines, columns);
                        } else {
                            single_line::<false>(&mut model, &rules, &mut bits, lines, columns);
                        }
                    }
                }
            }
            if bits.ran_out() {
                return Err(format!("the stream ends or breaks in line {} of {}", line + 1, self.rows));
            }
            for (lines, component) in lines.iter().zip(self.components) {
                words.put(line, *component, lines.line.get(1..=columns).unwrap_or_default());
            }
        }
        Ok(bits.marker())
    }

    /// The bits behind the restart marker before `line`.
    fn restarted(&self, bits: &Bits<'_>, line: usize) -> Result<Bits<'_>, String> {
        let at = bits.marker();
        let number = line / self.restart_interval - 1;
        match self.stream.get(at + 1) {
            Some(mark) if usize::from(*mark) == 0xd0 + number % 8 => Ok(Bits::new(self.stream, at + 2)),
            _ => Err(format!("there is no restart marker {} before line {}", number + 1, line + 1)),
        }
    }
}

/// The prediction from left, above and above left (A.4.1).
#[inline(always)]
fn median(a: i32, b: i32, c: i32) -> i32 {
    (a + b - c).clamp(a.min(b), a.max(b))
}

/// One line of one component.
fn single_line<const PLAIN: bool>(
    model: &mut Model,
    rules: &Rules,
    reader: &mut Bits<'_>,
    lines: &mut Lines,
    columns: usize,
) {
    let (Some(above), Some(line)) = (lines.above.get(..columns + 2), lines.line.get_mut(..columns + 2))
    else {
        return;
    };
    let mut bits = *reader;
    let mut run_index = lines.run_index;
    let mut x = 1;
    let mut a = i32::from(line[0]);
    let (mut c, mut b) = (i32::from(above[0]), i32::from(above[1]));
    // The second gradient of a sample is the first one of the sample before it.
    let mut second = rules.gradient(b - c);
    while x <= columns {
        let d = i32::from(above[x + 1]);
        let first = rules.gradient(d - b);
        let q = 81 * first + 9 * second + rules.gradient(c - a);
        if q != 0 {
            a = model.regular::<PLAIN>(rules, &mut bits, q, median(a, b, c));
            line[x] = sample(a);
            (c, b, second) = (b, d, first);
            x += 1;
            continue;
        }
        let length = run_length(&mut bits, &mut run_index, columns + 1 - x);
        line[x..x + length].fill(sample(a));
        x += length;
        if x > columns {
            break;
        }
        (c, b) = (i32::from(above[x]), i32::from(above[x + 1]));
        a = model.after_run(rules, &mut bits, run_index, a, c);
        line[x] = sample(a);
        run_index = run_index.saturating_sub(1);
        second = rules.gradient(b - c);
        x += 1;
    }
    lines.run_index = run_index;
    *reader = bits;
}

/// One line of three components, a sample of each in turn; they run together.
fn joint_line<const PLAIN: bool>(
    model: &mut Model,
    rules: &Rules,
    reader: &mut Bits<'_>,
    each: [&mut Lines; 3],
    columns: usize,
) {
    let [first, second, third] = each;
    let above = [&first.above, &second.above, &third.above].map(Vec::as_slice);
    let line = &mut [&mut first.line, &mut second.line, &mut third.line];
    if above.iter().any(|above| above.len() < columns + 2) || line.iter().any(|line| line.len() < columns + 2)
    {
        return;
    }
    let mut bits = *reader;
    let mut run_index = first.run_index;
    let mut x = 1;
    while x <= columns {
        let mut neighbours = [[0; 3]; 3];
        let mut gradients = [0; 3];
        for i in 0..3 {
            let (a, b) = (i32::from(line[i][x - 1]), i32::from(above[i][x]));
            let (c, d) = (i32::from(above[i][x - 1]), i32::from(above[i][x + 1]));
            neighbours[i] = [a, b, c];
            gradients[i] = 81 * rules.gradient(d - b) + 9 * rules.gradient(b - c) + rules.gradient(c - a);
        }
        if gradients != [0; 3] {
            for i in 0..3 {
                let [a, b, c] = neighbours[i];
                line[i][x] = sample(model.regular::<PLAIN>(rules, &mut bits, gradients[i], median(a, b, c)));
            }
            x += 1;
            continue;
        }
        let length = run_length(&mut bits, &mut run_index, columns + 1 - x);
        for line in &mut *line {
            let a = line[x - 1];
            line[x..x + length].fill(a);
        }
        x += length;
        if x > columns {
            break;
        }
        for i in 0..3 {
            let (a, b) = (i32::from(line[i][x - 1]), i32::from(above[i][x]));
            line[i][x] = sample(model.after_joint_run(rules, &mut bits, run_index, a, b));
        }
        run_index = run_index.saturating_sub(1);
        x += 1;
    }
    first.run_index = run_index;
    *reader = bits;
}

/// How many samples repeat, at most `left` (A.7.1).
fn run_length(bits: &mut Bits<'_>, run_index: &mut usize, left: usize) -> usize {
    let mut length = 0;
    while bits.read(1) == 1 {
        let part = 1 << RUN_BITS[*run_index & 31];
        if part > left - length {
            return left;
        }
        length += part;
        *run_index = (*run_index + 1).min(31);
        if length == left {
            return left;
        }
    }
    let rest = bits.read(RUN_BITS[*run_index & 31]) as usize;
    (length + rest).min(left)
}

/// The model gives 0..=MAXVAL.
#[inline(always)]
fn sample(value: i32) -> u16 {
    value as u16
}

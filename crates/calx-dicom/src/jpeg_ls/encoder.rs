//! A JPEG-LS encoder for the tests, written down from T.87's own steps and nothing else.
//!
//! It shares no code with the decoder: contexts are looked up by their three gradients, the Golomb
//! parameter is counted up, bits are single bits.

use std::collections::BTreeMap;

use super::headers::Interleave;

/// What to encode and how.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) precision: u8,
    /// A plane each.
    pub(super) planes: Vec<Vec<i32>>,
    pub(super) near: i32,
    pub(super) interleave: Interleave,
    /// MAXVAL, T1, T2, T3, RESET; 0 for the default.
    pub(super) preset: [u16; 5],
    /// Lines.
    pub(super) restart: usize,
}

const J: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

#[derive(Default)]
struct Out {
    bytes: Vec<u8>,
    current: u32,
    filled: u32,
}

impl Out {
    fn bit(&mut self, bit: u32) {
        self.current = self.current << 1 | bit & 1;
        self.filled += 1;
        let room = if self.bytes.last() == Some(&0xff) { 7 } else { 8 };
        if self.filled == room {
            self.bytes.push(self.current as u8);
            (self.current, self.filled) = (0, 0);
        }
    }

    fn bits(&mut self, value: i32, count: u32) {
        for at in (0..count).rev() {
            self.bit((i64::from(value) >> at & 1) as u32);
        }
    }

    fn flush(&mut self) {
        while self.filled != 0 {
            self.bit(0);
        }
        // A byte FF at the end is followed by one that begins with a zero.
        if self.bytes.last() == Some(&0xff) {
            self.bytes.push(0);
        }
    }
}

#[derive(Clone, Copy)]
struct Stat {
    a: i32,
    b: i32,
    c: i32,
    n: i32,
}

struct Coder {
    maxval: i32,
    near: i32,
    range: i32,
    qbpp: u32,
    limit: u32,
    t: [i32; 3],
    reset: i32,
    contexts: BTreeMap<[i32; 3], Stat>,
    run: [Stat; 2],
    out: Out,
}

fn log2_up(value: i32) -> u32 {
    (0..).find(|bits| 1i64 << bits >= i64::from(value)).unwrap()
}

impl Coder {
    fn new(picture: &Picture) -> Self {
        let near = picture.near;
        let or = |at: usize, default: i32| match i32::from(picture.preset[at]) {
            0 => default,
            value => value,
        };
        let maxval = or(0, (1 << picture.precision) - 1);
        let clamp = |i: i32, j: i32| if i > maxval || i < j { j } else { i };
        let (b1, b2, b3) = if maxval >= 128 {
            let f = (maxval.min(4095) + 128) / 256;
            (f + 2 + 3 * near, f * (7 - 3) + 3 + 5 * near, f * (21 - 4) + 4 + 7 * near)
        } else {
            let f = 256 / (maxval + 1);
            ((3 / f + 3 * near).max(2), (7 / f + 5 * near).max(3), (21 / f + 7 * near).max(4))
        };
        let t1 = clamp(b1, near + 1);
        let t2 = clamp(b2, t1);
        let t3 = clamp(b3, t2);
        let range = (maxval + 2 * near) / (2 * near + 1) + 1;
        let bpp = log2_up(maxval + 1).max(2);
        let start = Stat { a: ((range + 32) / 64).max(2), b: 0, c: 0, n: 1 };
        Self {
            maxval,
            near,
            range,
            qbpp: log2_up(range),
            limit: 2 * (bpp + bpp.max(8)),
            t: [or(1, t1), or(2, t2), or(3, t3)],
            reset: or(4, 64),
            contexts: (0..729).map(|i| ([i / 81 - 4, i / 9 % 9 - 4, i % 9 - 4], start)).collect(),
            run: [start; 2],
            out: Out::default(),
        }
    }

    fn gradient(&self, d: i32) -> i32 {
        let [t1, t2, t3] = self.t;
        if d <= -t3 {
            -4
        } else if d <= -t2 {
            -3
        } else if d <= -t1 {
            -2
        } else if d < -self.near {
            -1
        } else if d <= self.near {
            0
        } else if d < t1 {
            1
        } else if d < t2 {
            2
        } else if d < t3 {
            3
        } else {
            4
        }
    }

    fn golomb(&mut self, k: u32, mapped: i32, limit: u32) {
        let high = (mapped >> k) as u32;
        if high < limit - self.qbpp - 1 {
            self.out.bits(0, high);
            self.out.bit(1);
            self.out.bits(mapped, k);
        } else {
            self.out.bits(0, limit - self.qbpp - 1);
            self.out.bit(1);
            self.out.bits(mapped - 1, self.qbpp);
        }
    }

    /// Quantizes an error and gives it with the value the decoder will have (A.4.4, A.4.5).
    fn quantized(&self, error: i32, predicted: i32, sign: i32) -> (i32, i32) {
        let step = 2 * self.near + 1;
        let mut error = if error > 0 { (error + self.near) / step } else { -((self.near - error) / step) };
        let value = (predicted + sign * error * step).clamp(0, self.maxval);
        if error < 0 {
            error += self.range;
        }
        if error >= (self.range + 1) / 2 {
            error -= self.range;
        }
        (error, value)
    }

    fn regular(&mut self, mut q: [i32; 3], x: i32, [a, b, c]: [i32; 3]) -> i32 {
        let mut sign = 1;
        if q.iter().find(|g| **g != 0).is_some_and(|g| *g < 0) {
            sign = -1;
            q = q.map(|g| -g);
        }
        let mut stat = self.contexts[&q];
        let px = if c >= a.max(b) {
            a.min(b)
        } else if c <= a.min(b) {
            a.max(b)
        } else {
            a + b - c
        };
        let px = (px + sign * stat.c).clamp(0, self.maxval);
        let (error, value) = self.quantized(sign * (x - px), px, sign);
        let mut k = 0;
        while stat.n << k < stat.a {
            k += 1;
        }
        let mapped = if self.near == 0 && k == 0 && 2 * stat.b <= -stat.n {
            if error >= 0 { 2 * error + 1 } else { -2 * (error + 1) }
        } else if error >= 0 {
            2 * error
        } else {
            -2 * error - 1
        };
        self.golomb(k, mapped, self.limit);
        stat.b += error * (2 * self.near + 1);
        stat.a += error.abs();
        if stat.n == self.reset {
            stat.a >>= 1;
            stat.b = if stat.b >= 0 { stat.b >> 1 } else { -((1 - stat.b) >> 1) };
            stat.n >>= 1;
        }
        stat.n += 1;
        if stat.b <= -stat.n {
            stat.b += stat.n;
            if stat.c > -128 {
                stat.c -= 1;
            }
            if stat.b <= -stat.n {
                stat.b = -stat.n + 1;
            }
        } else if stat.b > 0 {
            stat.b -= stat.n;
            if stat.c < 127 {
                stat.c += 1;
            }
            if stat.b > 0 {
                stat.b = 0;
            }
        }
        self.contexts.insert(q, stat);
        value
    }

    fn after_run(&mut self, run_index: usize, x: i32, a: i32, b: i32, joint: bool) -> i32 {
        let kind = i32::from(!joint && (a - b).abs() <= self.near);
        let predicted = if kind == 1 { a } else { b };
        let sign = if kind == 0 && a > b { -1 } else { 1 };
        let (error, value) = self.quantized(sign * (x - predicted), predicted, sign);
        let mut stat = self.run[kind as usize];
        let temp = if kind == 0 { stat.a } else { stat.a + (stat.n >> 1) };
        let mut k = 0;
        while stat.n << k < temp {
            k += 1;
        }
        // B holds Nn here.
        let map = i32::from(
            k == 0 && error > 0 && 2 * stat.b < stat.n
                || error < 0 && 2 * stat.b >= stat.n
                || error < 0 && k != 0,
        );
        let mapped = 2 * error.abs() - kind - map;
        self.golomb(k, mapped, self.limit - J[run_index] - 1);
        if error < 0 {
            stat.b += 1;
        }
        stat.a += (mapped + 1 - kind) >> 1;
        if stat.n == self.reset {
            stat.a >>= 1;
            stat.n >>= 1;
            stat.b >>= 1;
        }
        stat.n += 1;
        self.run[kind as usize] = stat;
        value
    }

    /// One line of as many components as go together; the lines above and the result are padded by
    /// one at either end. The result holds what the decoder will have.
    fn line(&mut self, above: &[Vec<i32>], samples: &[&[i32]], index: &mut usize) -> Vec<Vec<i32>> {
        let (count, columns) = (samples.len(), samples[0].len());
        let mut out: Vec<Vec<i32>> = above.iter().map(|above| vec![above[1]; columns + 2]).collect();
        let mut x = 1;
        while x <= columns {
            let around: Vec<[i32; 4]> =
                (0..count).map(|i| [out[i][x - 1], above[i][x], above[i][x - 1], above[i][x + 1]]).collect();
            let q: Vec<[i32; 3]> = around
                .iter()
                .map(|[a, b, c, d]| [self.gradient(d - b), self.gradient(b - c), self.gradient(c - a)])
                .collect();
            if q.iter().any(|q| *q != [0; 3]) {
                for i in 0..count {
                    let [a, b, c, _] = around[i];
                    out[i][x] = self.regular(q[i], samples[i][x - 1], [a, b, c]);
                }
                x += 1;
                continue;
            }
            let start = x;
            while x <= columns && (0..count).all(|i| (samples[i][x - 1] - around[i][0]).abs() <= self.near) {
                (0..count).for_each(|i| out[i][x] = around[i][0]);
                x += 1;
            }
            let mut length = x - start;
            while length >= 1 << J[*index] {
                self.out.bit(1);
                length -= 1 << J[*index];
                *index = (*index + 1).min(31);
            }
            if x > columns {
                if length > 0 {
                    self.out.bit(1);
                }
                break;
            }
            self.out.bit(0);
            self.out.bits(length as i32, J[*index]);
            for i in 0..count {
                out[i][x] = self.after_run(*index, samples[i][x - 1], around[i][0], above[i][x], count > 1);
            }
            *index = index.saturating_sub(1);
            x += 1;
        }
        for (line, above) in out.iter_mut().zip(above) {
            line[0] = above[1];
            line[columns + 1] = line[columns];
        }
        out
    }
}

fn scan(picture: &Picture, components: &[usize], out: &mut Vec<u8>) {
    out.extend([0xff, 0xda, 0, 6 + 2 * components.len() as u8, components.len() as u8]);
    components.iter().for_each(|i| out.extend([*i as u8 + 1, 0]));
    let order = match picture.interleave {
        Interleave::None => 0,
        Interleave::Line => 1,
        Interleave::Sample => 2,
    };
    out.extend([picture.near as u8, order, 0]);
    let blank = || vec![vec![0; picture.columns + 2]; components.len()];
    let (mut coder, mut above, mut index) = (Coder::new(picture), blank(), vec![0; components.len()]);
    for row in 0..picture.rows {
        if picture.restart > 0 && row > 0 && row % picture.restart == 0 {
            coder.out.flush();
            out.append(&mut coder.out.bytes);
            out.extend([0xff, 0xd0 + ((row / picture.restart - 1) % 8) as u8]);
            (coder, above, index) = (Coder::new(picture), blank(), vec![0; components.len()]);
        }
        let samples: Vec<&[i32]> = components
            .iter()
            .map(|i| &picture.planes[*i][row * picture.columns..][..picture.columns])
            .collect();
        if picture.interleave == Interleave::Sample {
            above = coder.line(&above, &samples, &mut index[0]);
        } else {
            for i in 0..components.len() {
                let line = coder.line(&above[i..=i], &samples[i..=i], &mut index[i]);
                above[i] = line.into_iter().next().unwrap();
            }
        }
    }
    coder.out.flush();
    out.append(&mut coder.out.bytes);
}

/// The picture as a JPEG-LS stream.
pub(super) fn encode(picture: &Picture) -> Vec<u8> {
    let count = picture.planes.len();
    let [r1, r2] = (picture.rows as u16).to_be_bytes();
    let [c1, c2] = (picture.columns as u16).to_be_bytes();
    let mut out =
        vec![0xff, 0xd8, 0xff, 0xf7, 0, 8 + 3 * count as u8, picture.precision, r1, r2, c1, c2, count as u8];
    (0..count).for_each(|i| out.extend([i as u8 + 1, 0x11, 0]));
    if picture.preset != [0; 5] {
        out.extend([0xff, 0xf8, 0, 13, 1]);
        picture.preset.iter().for_each(|value| out.extend(value.to_be_bytes()));
    }
    if picture.restart > 0 {
        out.extend([0xff, 0xdd, 0, 4]);
        out.extend((picture.restart as u16).to_be_bytes());
    }
    if picture.interleave == Interleave::None {
        (0..count).for_each(|i| scan(picture, &[i], &mut out));
    } else {
        scan(picture, &(0..count).collect::<Vec<_>>(), &mut out);
    }
    out.extend([0xff, 0xd9]);
    out
}

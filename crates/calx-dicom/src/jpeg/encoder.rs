//! A JPEG encoder for the tests: lossless and sequential, with Huffman tables drawn at random.
//!
//! It shares no code with the decoder: codes are written bit by bit, the cosine transform is the
//! definition in floating point.

use std::collections::BTreeMap;

/// One component: its samples at its own size.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) factors: (usize, usize),
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) samples: Vec<i32>,
}

/// What to encode and how.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) precision: u8,
    pub(super) components: Vec<Component>,
    /// One scan for all components, or one for each.
    pub(super) interleaved: bool,
    /// MCUs; lines for a lossless picture.
    pub(super) restart: usize,
    pub(super) seed: u64,
}

/// Numbers that look random and are the same every time.
#[derive(Debug, Clone)]
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Codes by symbol: bits and how many.
struct Codes(BTreeMap<u8, (u32, u32)>);

impl Codes {
    /// A prefix code of random shape for `symbols`, and its segment (T.81 B.2.4.2).
    fn random(symbols: &[u8], kind: u8, numbers: &mut Numbers) -> (Self, Vec<u8>) {
        // One leaf more than symbols: the code of ones only stays free.
        let mut leaves = vec![0u32];
        while leaves.len() <= symbols.len() {
            let at = numbers.below(leaves.len());
            // Deep now and then, so that codes longer than the decoder's quick look come up.
            let at = if numbers.below(3) == 0 { leaves.len() - 1 } else { at };
            if leaves[at] < 16 {
                leaves[at] += 1;
                let depth = leaves[at];
                leaves.push(depth);
            }
        }
        leaves.sort_unstable();
        leaves.pop();
        let mut order = symbols.to_vec();
        for at in (1..order.len()).rev() {
            order.swap(at, numbers.below(at + 1));
        }
        let mut counts = [0u8; 16];
        let (mut code, mut before, mut codes) = (0u32, leaves[0], BTreeMap::new());
        for (depth, symbol) in leaves.iter().zip(&order) {
            code <<= depth - before;
            before = *depth;
            codes.insert(*symbol, (code, *depth));
            counts[*depth as usize - 1] += 1;
            code += 1;
        }
        let mut segment = vec![0xff, 0xc4];
        segment.extend((19 + symbols.len() as u16).to_be_bytes());
        segment.push(kind);
        segment.extend(counts);
        segment.extend(order);
        (Self(codes), segment)
    }
}

#[derive(Default)]
struct Out {
    bytes: Vec<u8>,
    current: u32,
    filled: u32,
}

impl Out {
    fn bits(&mut self, value: u32, count: u32) {
        for at in (0..count).rev() {
            self.current = self.current << 1 | value >> at & 1;
            self.filled += 1;
            if self.filled == 8 {
                self.bytes.push(self.current as u8);
                if self.current == 0xff {
                    self.bytes.push(0);
                }
                (self.current, self.filled) = (0, 0);
            }
        }
    }

    fn flush(&mut self) {
        while self.filled != 0 {
            self.bits(1, 1);
        }
    }

    /// A number behind the code of its size and, for coefficients, of the run before it.
    fn number(&mut self, codes: &Codes, run: usize, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let (code, length) = codes.0[&(run as u8 * 16 + size as u8)];
        self.bits(code, length);
        if size < 16 {
            let value = if value < 0 { value - 1 } else { value };
            self.bits(value as u32 & ((1 << size) - 1), size);
        }
    }
}

fn start(picture: &Picture, process: u8) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8];
    let count = picture.components.len() as u8;
    out.extend([0xff, process, 0, 8 + 3 * count, picture.precision]);
    out.extend((picture.rows as u16).to_be_bytes());
    out.extend((picture.columns as u16).to_be_bytes());
    out.push(count);
    for (id, component) in (1..).zip(&picture.components) {
        out.extend([id, (component.factors.0 * 16 + component.factors.1) as u8, 0]);
    }
    out
}

fn scan_header(out: &mut Vec<u8>, components: &[usize], last: [u8; 3]) {
    out.extend([0xff, 0xda, 0, 6 + 2 * components.len() as u8, components.len() as u8]);
    components.iter().for_each(|i| out.extend([*i as u8 + 1, 0]));
    out.extend(last);
}

fn restart_segment(out: &mut Vec<u8>, interval: usize) {
    if interval > 0 {
        out.extend([0xff, 0xdd, 0, 4]);
        out.extend((interval as u16).to_be_bytes());
    }
}

fn scans(picture: &Picture) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..picture.components.len()).collect();
    if picture.interleaved { vec![all] } else { all.into_iter().map(|i| vec![i]).collect() }
}

/// The picture as a lossless stream.
pub(super) fn lossless(picture: &Picture, predictor: u8, transform: u8) -> Vec<u8> {
    let mut numbers = Numbers(picture.seed);
    let mut out = start(picture, 0xc3);
    let (codes, segment) = Codes::random(&(0..=16).collect::<Vec<u8>>(), 0, &mut numbers);
    out.extend(segment);
    restart_segment(&mut out, picture.restart * picture.columns);
    let columns = picture.columns;
    for components in scans(picture) {
        scan_header(&mut out, &components, [predictor, 0, transform]);
        let mut bits = Out::default();
        let mut first = 0;
        for y in 0..picture.rows {
            if picture.restart > 0 && y > 0 && y % picture.restart == 0 {
                bits.flush();
                bits.bytes.extend([0xff, 0xd0 + ((y / picture.restart - 1) % 8) as u8]);
                first = y;
            }
            for x in 0..columns {
                for i in &components {
                    let at =
                        |y: usize, x: usize| picture.components[*i].samples[y * columns + x] >> transform;
                    let predicted = match (y == first, x == 0) {
                        (true, true) => 1 << (picture.precision - transform - 1),
                        (true, false) => at(y, x - 1),
                        (false, true) => at(y - 1, x),
                        (false, false) => {
                            let (a, b, c) = (at(y, x - 1), at(y - 1, x), at(y - 1, x - 1));
                            match predictor {
                                1 => a,
                                2 => b,
                                3 => c,
                                4 => a + b - c,
                                5 => a + ((b - c) >> 1),
                                6 => b + ((a - c) >> 1),
                                _ => (a + b) >> 1,
                            }
                        }
                    };
                    // Modulo 2 to the 16th: -32767 to 32768.
                    let difference = (at(y, x) - predicted + 32767).rem_euclid(65536) - 32767;
                    bits.number(&codes, 0, difference);
                }
            }
        }
        bits.flush();
        out.append(&mut bits.bytes);
    }
    out.extend([0xff, 0xd9]);
    out
}

/// Eight by eight samples around 0 to coefficients, row by row.
fn transformed(samples: &[[f64; 8]; 8]) -> [[i32; 8]; 8] {
    let scale = |k: usize| if k == 0 { 0.5f64.sqrt() } else { 1.0 };
    let wave = |at: usize, k: usize| ((2 * at + 1) as f64 * k as f64 * std::f64::consts::PI / 16.0).cos();
    let mut out = [[0; 8]; 8];
    for (v, row) in out.iter_mut().enumerate() {
        for (u, coefficient) in row.iter_mut().enumerate() {
            let mut sum = 0.0;
            for (y, line) in samples.iter().enumerate() {
                for (x, sample) in line.iter().enumerate() {
                    sum += sample * wave(x, u) * wave(y, v);
                }
            }
            *coefficient = (sum * scale(u) * scale(v) / 4.0).round() as i32;
        }
    }
    out
}

/// The picture as a sequential stream with the quantization `step` for all coefficients. `process`:
/// the marker, c0 or c1; `spectral`: what the scan header states.
pub(super) fn sequential(picture: &Picture, process: u8, step: u8, spectral: [u8; 2]) -> Vec<u8> {
    let mut numbers = Numbers(picture.seed);
    let mut out = start(picture, process);
    out.extend([0xff, 0xdb, 0, 67, 0]);
    out.extend([step; 64]);
    let (dc, segment) = Codes::random(&(0..16).collect::<Vec<u8>>(), 0, &mut numbers);
    out.extend(segment);
    let symbols: Vec<u8> =
        (0..=255u8).filter(|s| s & 15 != 0 && s & 15 != 15 || matches!(s, 0 | 0xf0)).collect();
    let (ac, segment) = Codes::random(&symbols, 0x10, &mut numbers);
    out.extend(segment);
    restart_segment(&mut out, picture.restart);
    // Along the diagonals, up and down in turn.
    let mut order: Vec<(usize, usize)> = (0..64).map(|i| (i / 8, i % 8)).collect();
    order.sort_by_key(|(v, u)| (v + u, if (v + u) % 2 == 0 { 7 - v } else { *v }));
    let widest = picture.components.iter().map(|c| c.factors.0).max().unwrap();
    let tallest = picture.components.iter().map(|c| c.factors.1).max().unwrap();
    for components in scans(picture) {
        scan_header(&mut out, &components, [spectral[0], spectral[1], 0]);
        let alone = components.len() == 1;
        let only = &picture.components[components[0]];
        let mcus = if alone {
            (only.columns.div_ceil(8), only.rows.div_ceil(8))
        } else {
            (picture.columns.div_ceil(8 * widest), picture.rows.div_ceil(8 * tallest))
        };
        let mut bits = Out::default();
        let mut previous = vec![0; picture.components.len()];
        for mcu in 0..mcus.0 * mcus.1 {
            if picture.restart > 0 && mcu > 0 && mcu % picture.restart == 0 {
                bits.flush();
                bits.bytes.extend([0xff, 0xd0 + ((mcu / picture.restart - 1) % 8) as u8]);
                previous.fill(0);
            }
            for i in &components {
                let component = &picture.components[*i];
                let (across, down) = if alone { (1, 1) } else { component.factors };
                for block in 0..across * down {
                    let left = (mcu % mcus.0 * across + block % across) * 8;
                    let top = (mcu / mcus.0 * down + block / across) * 8;
                    let mut samples = [[0.0; 8]; 8];
                    for (y, line) in samples.iter_mut().enumerate() {
                        for (x, sample) in line.iter_mut().enumerate() {
                            // Beyond the border its samples go on.
                            let (y, x) =
                                ((top + y).min(component.rows - 1), (left + x).min(component.columns - 1));
                            let value = component.samples[y * component.columns + x];
                            *sample = f64::from(value - (1 << (picture.precision - 1)));
                        }
                    }
                    let all = transformed(&samples)
                        .map(|row| row.map(|value| (f64::from(value) / f64::from(step)).round() as i32));
                    bits.number(&dc, 0, all[0][0] - previous[*i]);
                    previous[*i] = all[0][0];
                    let mut run = 0;
                    for (v, u) in &order[1..] {
                        let value = all[*v][*u];
                        if value == 0 {
                            run += 1;
                            continue;
                        }
                        while run > 15 {
                            let (code, length) = ac.0[&0xf0];
                            bits.bits(code, length);
                            run -= 16;
                        }
                        bits.number(&ac, run, value);
                        run = 0;
                    }
                    if run > 0 {
                        let (code, length) = ac.0[&0];
                        bits.bits(code, length);
                    }
                }
            }
        }
        bits.flush();
        out.append(&mut bits.bytes);
    }
    out.extend([0xff, 0xd9]);
    out
}

//! What a JPEG-LS stream says before its samples: size, parameters, scans.
//!
//! Invariants
//! - A length never leads outside the stream; every parameter is compared with its range in T.87.
//!
//! Source: ITU-T T.87 C.2 (markers and segments), C.2.4.1.1 (preset parameters and their defaults).

use crate::jpeg_segments::segment;

/// The frame header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) precision: u8,
    pub(super) rows: u16,
    pub(super) columns: u16,
    /// Identifiers.
    pub(super) components: Vec<u8>,
}

/// How the components of one scan stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interleave {
    /// One component.
    None,
    /// A line of each.
    Line,
    /// A sample of each.
    Sample,
}

/// One scan header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScanHeader {
    /// Places in the frame header, from 0.
    pub(super) components: Vec<usize>,
    pub(super) near: u16,
    pub(super) interleave: Interleave,
}

/// MAXVAL, T1, T2, T3, RESET as the LSE segment gives them; 0 stands for the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Preset(pub(super) [u16; 5]);

/// The parameters of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) maxval: i32,
    pub(super) thresholds: [i32; 3],
    pub(super) reset: i32,
    pub(super) near: i32,
}

/// What stands before a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A scan, its entropy-coded bytes beginning at `at`.
    Scan { header: ScanHeader, at: usize },
    /// The end of the image, or of the stream.
    End,
}

/// Reads markers, keeping what later scans need.
#[derive(Debug)]
pub(super) struct Headers<'a> {
    stream: &'a [u8],
    pub(super) frame: Option<FrameHeader>,
    pub(super) preset: Preset,
    /// Lines between restart markers, 0 without.
    pub(super) restart_interval: u32,
}

impl<'a> Headers<'a> {
    pub(super) fn new(stream: &'a [u8]) -> Self {
        Self { stream, frame: None, preset: Preset::default(), restart_interval: 0 }
    }

    /// Walks from the marker at `at` to the next scan.
    pub(super) fn next(&mut self, mut at: usize) -> Result<Step, String> {
        loop {
            let Some(mark) = self.stream.get(at..).and_then(|rest| rest.first_chunk::<2>()) else {
                return Ok(Step::End);
            };
            match *mark {
                [0xff, 0xff] => at += 1,
                [0xff, 0xd8] => at += 2,
                [0xff, 0xd9] => return Ok(Step::End),
                [0xff, marker] if marker >= 0xc0 => {
                    let segment =
                        segment(self.stream, at + 2).ok_or("a segment of its header is cut short")?;
                    at += 4 + segment.len();
                    match marker {
                        0xf7 => self.read_frame(segment)?,
                        0xf8 => self.read_preset(segment)?,
                        0xdd => {
                            let value = match *segment {
                                [a, b] => u32::from_be_bytes([0, 0, a, b]),
                                [a, b, c] => u32::from_be_bytes([0, a, b, c]),
                                [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
                                _ => return Err("its restart interval is malformed".to_owned()),
                            };
                            self.restart_interval = value;
                        }
                        0xe8 if segment.starts_with(b"mrfx") && segment.get(4) != Some(&0) => {
                            return Err("it mixes its colours in a way of its maker's (APP8 mrfx)".to_owned());
                        }
                        0xda => return Ok(Step::Scan { header: self.scan(segment)?, at }),
                        0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                            return Err("the stream is JPEG, not JPEG-LS".to_owned());
                        }
                        _ => {}
                    }
                }
                _ => return Err("its markers are malformed".to_owned()),
            }
        }
    }

    fn read_frame(&mut self, segment: &[u8]) -> Result<(), String> {
        let malformed = "its frame header is malformed";
        let (fixed, each) = segment.split_first_chunk::<6>().ok_or(malformed)?;
        let [precision, r1, r2, c1, c2, count] = *fixed;
        if self.frame.is_some() || each.len() != usize::from(count) * 3 || !(2..=16).contains(&precision) {
            return Err(malformed.to_owned());
        }
        let (each, _) = each.as_chunks::<3>();
        if let Some([_, factors, _]) = each.iter().find(|[_, factors, _]| *factors != 0x11) {
            return Err(format!(
                "it subsamples a component ({factors:02x}), this version does not undo that"
            ));
        }
        self.frame = Some(FrameHeader {
            precision,
            rows: u16::from_be_bytes([r1, r2]),
            columns: u16::from_be_bytes([c1, c2]),
            components: each.iter().map(|[id, _, _]| *id).collect(),
        });
        Ok(())
    }

    fn read_preset(&mut self, segment: &[u8]) -> Result<(), String> {
        match segment.split_first() {
            Some((1, values)) if values.len() == 10 => {
                let mut preset = [0; 5];
                for (place, value) in preset.iter_mut().zip(values.as_chunks::<2>().0) {
                    *place = u16::from_be_bytes(*value);
                }
                self.preset = Preset(preset);
                Ok(())
            }
            // A mapping table does nothing unless a scan names it, which is refused there.
            Some((2 | 3, _)) => Ok(()),
            Some((4, _)) => {
                Err("its size stands in an extension, this version does not read that".to_owned())
            }
            _ => Err("its preset parameters are malformed".to_owned()),
        }
    }

    fn scan(&self, segment: &[u8]) -> Result<ScanHeader, String> {
        let frame = self.frame.as_ref().ok_or("there is no frame header")?;
        let malformed = "its scan header is malformed";
        let (count, rest) = segment.split_first().ok_or(malformed)?;
        let (each, [near, interleave, transform]) = rest.split_last_chunk::<3>().ok_or(malformed)?;
        let (each, spare) = each.as_chunks::<2>();
        if each.len() != usize::from(*count) || !spare.is_empty() {
            return Err(malformed.to_owned());
        }
        let mut components = Vec::new();
        for [id, table] in each {
            if *table != 0 {
                return Err("it uses a mapping table, this version does not read those".to_owned());
            }
            let place = frame.components.iter().position(|known| known == id).ok_or(malformed)?;
            if components.contains(&place) {
                return Err(malformed.to_owned());
            }
            components.push(place);
        }
        let interleave = match (interleave, components.len()) {
            // One component is the same in every order.
            (0..=2, 1) => Interleave::None,
            (1, 3) => Interleave::Line,
            (2, 3) => Interleave::Sample,
            _ => return Err(format!("its scan holds {} components in order {interleave}", components.len())),
        };
        if transform & 0x0f != 0 {
            return Err("it uses a point transform, this version does not undo that".to_owned());
        }
        Ok(ScanHeader { components, near: u16::from(*near), interleave })
    }
}

impl Preset {
    /// The parameters of a scan, or which of them is impossible.
    pub(super) fn parameters(self, precision: u8, near: u16) -> Result<Parameters, String> {
        let [maxval, t1, t2, t3, reset] = self.0.map(i32::from);
        let largest = (1i32 << precision.min(16)) - 1;
        let near = i32::from(near);
        let maxval = if maxval == 0 { largest } else { maxval };
        let given = |value: i32, default: i32| if value == 0 { default } else { value };
        if maxval > largest || near > (maxval / 2).min(255) {
            return Err(format!("MAXVAL {maxval} and NEAR {near} do not go with {precision} bits"));
        }
        let [d1, d2, d3] = default_thresholds(maxval, near);
        let thresholds = [given(t1, d1), given(t2, d2), given(t3, d3)];
        let [t1, t2, t3] = thresholds;
        let reset = given(reset, 64);
        let ordered = near < t1 && t1 <= t2 && t2 <= t3 && t3 <= maxval;
        if !ordered || !(3..=maxval.max(255)).contains(&reset) {
            return Err(format!("its parameters T1 {t1}, T2 {t2}, T3 {t3}, RESET {reset} are impossible"));
        }
        Ok(Parameters { maxval, thresholds, reset, near })
    }
}

fn default_thresholds(maxval: i32, near: i32) -> [i32; 3] {
    let within = |value: i32, least: i32| if value > maxval || value < least { least } else { value };
    let base = if maxval >= 128 {
        let factor = (maxval.min(4095) + 128) / 256;
        [factor + 2, factor * 4 + 3, factor * 17 + 4]
    } else {
        let factor = 256 / (maxval + 1);
        [3 / factor, 7 / factor, 21 / factor]
    };
    let [b1, b2, b3] = base;
    let [m1, m2, m3] = if maxval >= 128 { [0; 3] } else { [2, 3, 4] };
    let t1 = within((b1 + 3 * near).max(m1), near + 1);
    let t2 = within((b2 + 5 * near).max(m2), t1);
    let t3 = within((b3 + 7 * near).max(m3), t2);
    [t1, t2, t3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_thresholds_are_those_of_the_standard() {
        // T.87 table C.3 and the values dcmtk and CharLS write.
        for (bits, expected) in [(8, [3, 7, 21]), (10, [6, 19, 72]), (12, [18, 67, 276]), (16, [18, 67, 276])]
        {
            let found = Preset::default().parameters(bits, 0).unwrap();
            assert_eq!((found.thresholds, found.reset, found.maxval), (expected, 64, (1 << bits) - 1));
        }
        assert_eq!(Preset::default().parameters(2, 0).unwrap().thresholds, [2, 3, 3]);
        assert_eq!(Preset::default().parameters(8, 3).unwrap().thresholds, [12, 22, 42]);
    }

    #[test]
    fn impossible_parameters_are_refused() {
        for (preset, near) in [
            ([256, 0, 0, 0, 0], 0),
            ([0, 9, 5, 0, 0], 0),
            ([0, 0, 0, 0, 2], 0),
            ([0; 5], 128),
            ([0, 1, 2, 3, 0], 1),
        ] {
            assert!(Preset(preset).parameters(8, near).is_err(), "{preset:?} {near}");
        }
    }
}

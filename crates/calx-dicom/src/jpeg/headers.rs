//! What a JPEG stream says outside its scans: size, tables, scans.
//!
//! Invariants
//! - A length never leads outside the stream; tables are checked when they are read, and a scan
//!   that names a table which is not there is refused.
//!
//! Source: ITU-T T.81 B.2; the APP14 marker of Adobe and JFIF for what the components mean.

use std::sync::Arc;

use super::huffman::{Class, Table};
use crate::jpeg_segments::segment;

/// One component of the frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Sampling factors, 1 to 4.
    pub(super) across: usize,
    pub(super) down: usize,
    /// Quantization table.
    table: u8,
}

/// The frame header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// The marker: c0 baseline, c1 extended, c2 progressive, c3 lossless.
    pub(super) process: u8,
    pub(super) precision: u8,
    pub(super) rows: u16,
    pub(super) columns: u16,
    pub(super) components: Vec<Component>,
}

/// One component of a scan.
#[derive(Debug, Clone)]
pub(super) struct ScanComponent {
    /// Its place in the frame header, from 0.
    pub(super) place: usize,
    pub(super) dc: Option<Arc<Table>>,
    pub(super) ac: Option<Arc<Table>>,
    /// In zigzag order.
    pub(super) quantization: Option<Arc<[u16; 64]>>,
}

/// One scan header with the tables it names.
#[derive(Debug, Clone)]
pub(super) struct ScanHeader {
    pub(super) components: Vec<ScanComponent>,
    /// Start and end of spectral selection; the start is the predictor of a lossless scan.
    pub(super) spectral: [u8; 2],
    /// Successive approximation, high and low; the low one is the point transform.
    pub(super) approximation: [u8; 2],
    /// MCUs between restart markers, 0 without.
    pub(super) restart_interval: usize,
    /// Where the entropy-coded bytes begin.
    pub(super) at: usize,
}

/// Reads markers, keeping what later scans need.
#[derive(Debug)]
pub(super) struct Headers<'a> {
    stream: &'a [u8],
    pub(super) frame: Option<FrameHeader>,
    pub(super) jfif: bool,
    /// Transform of an Adobe marker: 0 none, 1 YCbCr.
    pub(super) adobe: Option<u8>,
    quantization: [Option<Arc<[u16; 64]>>; 4],
    dc: [Option<Arc<Table>>; 4],
    ac: [Option<Arc<Table>>; 4],
    restart_interval: usize,
}

impl<'a> Headers<'a> {
    pub(super) fn new(stream: &'a [u8]) -> Self {
        Self {
            stream,
            frame: None,
            jfif: false,
            adobe: None,
            quantization: [const { None }; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart_interval: 0,
        }
    }

    pub(super) fn stream(&self) -> &'a [u8] {
        self.stream
    }

    /// Walks from the marker at `at` to the next scan; `None` at the end.
    pub(super) fn next(&mut self, mut at: usize) -> Result<Option<ScanHeader>, String> {
        loop {
            let Some(mark) = self.stream.get(at..).and_then(|rest| rest.first_chunk::<2>()) else {
                return Ok(None);
            };
            match *mark {
                [0xff, 0xff] => at += 1,
                [0xff, 0x01 | 0xd0..=0xd8] => at += 2,
                [0xff, 0xd9] => return Ok(None),
                [0xff, marker] if marker >= 0xc0 => {
                    let segment =
                        segment(self.stream, at + 2).ok_or("a segment of its header is cut short")?;
                    at += 4 + segment.len();
                    match marker {
                        0xc4 => self.read_huffman(segment)?,
                        0xdb => self.read_quantization(segment)?,
                        0xdd => {
                            let value =
                                segment.first_chunk::<2>().ok_or("its restart interval is malformed")?;
                            self.restart_interval = usize::from(u16::from_be_bytes(*value));
                        }
                        0xda => return self.scan(segment, at).map(Some),
                        0xc0..=0xcf if marker != 0xc8 && marker != 0xcc => {
                            self.read_frame(marker, segment)?;
                        }
                        0xf7 => return Err("the stream is JPEG-LS, not JPEG".to_owned()),
                        0xe0 => self.jfif |= segment.starts_with(b"JFIF"),
                        0xee if segment.starts_with(b"Adobe") => self.adobe = segment.get(11).copied(),
                        _ => {}
                    }
                }
                _ => return Err("its markers are malformed".to_owned()),
            }
        }
    }

    fn read_frame(&mut self, process: u8, segment: &[u8]) -> Result<(), String> {
        let malformed = "its frame header is malformed";
        let (fixed, each) = segment.split_first_chunk::<6>().ok_or(malformed)?;
        let [precision, r1, r2, c1, c2, count] = *fixed;
        let (each, _) = each.as_chunks::<3>();
        let components: Vec<Component> = each
            .iter()
            .take(usize::from(count))
            .map(|[id, factors, table]| Component {
                id: *id,
                across: usize::from(factors >> 4),
                down: usize::from(factors & 15),
                table: *table,
            })
            .collect();
        let factors = components.iter().all(|c| (1..=4).contains(&c.across) && (1..=4).contains(&c.down));
        if self.frame.is_some() || components.len() != usize::from(count) || !factors {
            return Err(malformed.to_owned());
        }
        let (rows, columns) = (u16::from_be_bytes([r1, r2]), u16::from_be_bytes([c1, c2]));
        self.frame = Some(FrameHeader { process, precision, rows, columns, components });
        Ok(())
    }

    fn read_huffman(&mut self, mut segment: &[u8]) -> Result<(), String> {
        let malformed = "its Huffman table is malformed";
        while let Some(([kind, counts @ ..], rest)) = segment.split_first_chunk::<17>() {
            let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total).ok_or(malformed)?;
            let (class, tables) = match kind >> 4 {
                0 => (Class::Dc, &mut self.dc),
                1 => (Class::Ac, &mut self.ac),
                _ => return Err(malformed.to_owned()),
            };
            let place = tables.get_mut(usize::from(kind & 15)).ok_or(malformed)?;
            *place = Some(Arc::new(Table::new(class, counts, symbols).ok_or(malformed)?));
            segment = rest;
        }
        Ok(())
    }

    fn read_quantization(&mut self, mut segment: &[u8]) -> Result<(), String> {
        let malformed = "its quantization table is malformed";
        while let Some((kind, rest)) = segment.split_first() {
            let mut table = [0; 64];
            segment = match kind >> 4 {
                0 => {
                    let (values, rest) = rest.split_first_chunk::<64>().ok_or(malformed)?;
                    table = values.map(u16::from);
                    rest
                }
                1 => {
                    let (values, rest) = rest.split_first_chunk::<128>().ok_or(malformed)?;
                    for (place, value) in table.iter_mut().zip(values.as_chunks::<2>().0) {
                        *place = u16::from_be_bytes(*value);
                    }
                    rest
                }
                _ => return Err(malformed.to_owned()),
            };
            *self.quantization.get_mut(usize::from(kind & 15)).ok_or(malformed)? = Some(Arc::new(table));
        }
        Ok(())
    }

    fn scan(&self, segment: &[u8], at: usize) -> Result<ScanHeader, String> {
        let frame = self.frame.as_ref().ok_or("there is no frame header")?;
        let malformed = "its scan header is malformed";
        let (count, rest) = segment.split_first().ok_or(malformed)?;
        let (each, [start, end, approximation]) = rest.split_last_chunk::<3>().ok_or(malformed)?;
        let (each, spare) = each.as_chunks::<2>();
        if each.len() != usize::from(*count) || !spare.is_empty() || each.is_empty() {
            return Err(malformed.to_owned());
        }
        let mut components: Vec<ScanComponent> = Vec::new();
        for [id, tables] in each {
            let place = frame.components.iter().position(|known| known.id == *id).ok_or(malformed)?;
            if components.iter().any(|other| other.place == place) {
                return Err(malformed.to_owned());
            }
            let quantization = frame
                .components
                .get(place)
                .and_then(|known| self.quantization.get(usize::from(known.table)).cloned().flatten());
            components.push(ScanComponent {
                place,
                dc: self.dc.get(usize::from(tables >> 4)).cloned().flatten(),
                ac: self.ac.get(usize::from(tables & 15)).cloned().flatten(),
                quantization,
            });
        }
        Ok(ScanHeader {
            components,
            spectral: [*start, *end],
            approximation: [approximation >> 4, approximation & 15],
            restart_interval: self.restart_interval,
            at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_header_is_read_and_no_piece_of_one() {
        let mut stream = vec![0xff, 0xd8, 0xff, 0xe0, 0, 7, b'J', b'F', b'I', b'F', 0, 0xff];
        stream.extend([0xff, 0xc0, 0, 17, 8, 0, 2, 0, 3, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        let mut headers = Headers::new(&stream);
        assert!(headers.next(2).unwrap().is_none());
        let found = headers.frame.unwrap();
        assert_eq!((found.process, found.precision, found.rows, found.columns), (0xc0, 8, 2, 3));
        let each: Vec<_> = found.components.iter().map(|c| (c.id, c.across, c.down)).collect();
        assert_eq!((each, headers.jfif, headers.adobe), (vec![(1, 2, 2), (2, 1, 1), (3, 1, 1)], true, None));
        for length in 0..stream.len() {
            let mut headers = Headers::new(&stream[..length]);
            assert!(headers.next(2).is_err() || headers.frame.is_none(), "{length}");
        }
    }

    #[test]
    fn tables_that_are_cut_short_are_refused() {
        for stream in [
            &[0xff, 0xc4, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5][..],
            &[0xff, 0xdb, 0, 4, 0, 1],
            &[0xff, 0xdb, 0, 3, 0x25],
            &[0xff, 0xc4, 0, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9],
            &[0xff, 0xda, 0, 3, 0],
            &[0xff, 0x33],
        ] {
            let found = Headers::new(stream).next(0);
            assert!(found.is_err() || stream[3] == 20, "{stream:?}: {found:?}");
        }
    }
}

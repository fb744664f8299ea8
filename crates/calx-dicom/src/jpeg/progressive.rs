//! Progressive JPEG: coefficients gathered from many scans, 8 or 12 bits.
//!
//! DICOM has retired its transfer syntaxes, but such streams stand in old files and, against their
//! transfer syntax, in converted ones.
//!
//! Invariants
//! - Scans and samples are limited: a short stream cannot ask for work without end.
//! - A picture is whole or refused: every coefficient must have got its last bit.
//!
//! Source: ITU-T T.81 G.1, G.2.

use std::sync::Arc;

use super::blocks::Sample;
use super::headers::{FrameHeader, Headers, ScanHeader};
use super::huffman::{Bits, Table, extended};
use super::restarted;
use super::sequential::{Image, ZIGZAG};
use crate::words::Words;

/// More scans than any encoder makes.
const MAX_SCANS: usize = 200;
/// Samples of a frame, all components.
const MAX_SAMPLES: usize = 64 << 20;

/// The coefficients of one component, a block as it stands in the picture.
struct Component {
    blocks: Vec<[i16; 64]>,
    /// Blocks side by side, whole MCUs.
    stride: usize,
    /// Blocks that a scan of this component alone holds.
    size: (usize, usize),
    /// Blocks of an MCU.
    factors: (usize, usize),
    quantization: Option<Arc<[u16; 64]>>,
    /// The lowest bit each coefficient has got, 255 before the first.
    low: [u8; 64],
    previous: i32,
}

/// What a scan does with the coefficients of a block.
#[derive(Clone, Copy)]
struct Band {
    start: usize,
    end: usize,
    low: u32,
    refines: bool,
}

/// Decodes all scans into `words`.
pub(super) fn decode<T: Sample>(
    headers: &mut Headers<'_>,
    frame: &FrameHeader,
    first: ScanHeader,
    words: &mut Words,
) -> Result<(), String> {
    let mut image = Image::<T>::new(frame, true)?;
    let mut components = Vec::new();
    for (component, size) in frame.components.iter().zip(image.sizes()) {
        let (mcus, factors) = (image.mcus(), (component.across, component.down));
        components.push(Component {
            blocks: Vec::new(),
            stride: mcus.0 * factors.0,
            size: (size.0.div_ceil(8), size.1.div_ceil(8)),
            factors,
            quantization: None,
            low: [255; 64],
            previous: 0,
        });
    }
    let blocks = |component: &Component| component.stride * image.mcus().1 * component.factors.1;
    let all: usize = components.iter().map(|component| blocks(component) * 64).sum();
    if all > MAX_SAMPLES {
        return Err(format!("it is progressive and has {all} samples, this version reads {MAX_SAMPLES}"));
    }
    for component in &mut components {
        component.blocks = vec![[0; 64]; blocks(component)];
    }
    let (mut scan, mut count) = (Some(first), 0);
    while let Some(header) = scan {
        count += 1;
        if count > MAX_SCANS {
            return Err(format!("it has more than {MAX_SCANS} scans"));
        }
        let behind = decode_scan(headers.stream(), &header, image.mcus(), &mut components)
            .map_err(|why| format!("{why} (scan {count})"))?;
        scan = headers.next(behind)?;
    }
    let missing: usize = components.iter().map(|c| c.low.iter().filter(|low| **low != 0).count()).sum();
    if missing > 0 {
        return Err(format!("the stream ends after {count} scans, {missing} coefficients are not complete"));
    }
    let tables: Option<Vec<_>> = components.iter().map(|component| component.quantization.clone()).collect();
    let tables = tables.ok_or("a quantization table is missing")?;
    image.fill(frame, words, |place, x, y| {
        let (Some(component), Some(table)) = (components.get(place), tables.get(place)) else {
            return [[0; 8]; 8];
        };
        let mut out = [[0; 8]; 8];
        let block = &component.blocks[y * component.stride + x];
        for (place, step) in ZIGZAG.iter().zip(table.iter()) {
            let at = usize::from(*place) & 63;
            out.as_flattened_mut()[at] = i32::from(block[at]).wrapping_mul(i32::from(*step));
        }
        out
    });
    Ok(())
}

/// Decodes one scan; returns where the marker behind it stands.
fn decode_scan(
    stream: &[u8],
    scan: &ScanHeader,
    mcus: (usize, usize),
    components: &mut [Component],
) -> Result<usize, String> {
    let ([start, end], [high, low]) = (scan.spectral, scan.approximation);
    let alone = scan.components.len() == 1;
    let possible = if start == 0 { end == 0 } else { start <= end && end < 64 && alone };
    if !possible || low > 13 || (high != 0 && high != low + 1) {
        return Err(format!("a scan of coefficients {start} to {end}, bits {high} to {low}, is impossible"));
    }
    let band =
        Band { start: usize::from(start), end: usize::from(end), low: u32::from(low), refines: high != 0 };
    for part in &scan.components {
        let component = components.get_mut(part.place).ok_or("a component is missing")?;
        if component.quantization.is_none() {
            component.quantization.clone_from(&part.quantization);
        }
        component.previous = 0;
        for had in &mut component.low[band.start..=band.end] {
            // Bit by bit downwards; the first time from nothing.
            let expected = if band.refines { low + 1 } else { 255 };
            if *had != expected {
                return Err(format!("a scan of bits {high} to {low} comes out of turn"));
            }
            *had = low;
        }
    }
    let mut bits = Bits::new(stream, scan.at);
    let mut end_of_band = 0;
    let size = match (scan.components.as_slice(), alone) {
        ([part], true) => components.get(part.place).ok_or("a component is missing")?.size,
        _ => mcus,
    };
    let mut until_restart = scan.restart_interval;
    let mut restarts = 0;
    for y in 0..size.1 {
        for x in 0..size.0 {
            if scan.restart_interval > 0 {
                if until_restart == 0 {
                    bits = restarted(stream, &bits, restarts)?;
                    restarts += 1;
                    until_restart = scan.restart_interval;
                    end_of_band = 0;
                    components.iter_mut().for_each(|component| component.previous = 0);
                }
                until_restart -= 1;
            }
            for part in &scan.components {
                let Some(component) = components.get_mut(part.place) else { continue };
                let (across, down) = if alone { (1, 1) } else { component.factors };
                for line in 0..down {
                    for column in 0..across {
                        let at = (y * down + line) * component.stride + x * across + column;
                        let Some(block) = component.blocks.get_mut(at) else { continue };
                        if band.start == 0 {
                            first_coefficient(&mut bits, &part.dc, band, &mut component.previous, block)?;
                        } else if band.refines {
                            refine(&mut bits, &part.ac, band, &mut end_of_band, block)?;
                        } else {
                            begin(&mut bits, &part.ac, band, &mut end_of_band, block)?;
                        }
                    }
                }
            }
        }
        if bits.ran_out() {
            return Err(format!("the stream ends or breaks in row {} of {} of its blocks", y + 1, size.1));
        }
    }
    Ok(bits.marker())
}

const NO_TABLE: &str = "a Huffman table is missing";

/// The first coefficient, or one more bit of it (G.1.2.1).
fn first_coefficient(
    bits: &mut Bits<'_>,
    table: &Option<Arc<Table>>,
    band: Band,
    previous: &mut i32,
    block: &mut [i16; 64],
) -> Result<(), String> {
    if band.refines {
        block[0] |= (bits.read(1) << band.low) as i16;
        return Ok(());
    }
    let (_, difference) = table.as_ref().ok_or(NO_TABLE)?.next(bits);
    *previous = previous.wrapping_add(difference);
    block[0] = previous.wrapping_shl(band.low) as i16;
    Ok(())
}

/// The first bits of a band (G.1.2.2). `end_of_band`: blocks that hold nothing more of it.
fn begin(
    bits: &mut Bits<'_>,
    table: &Option<Arc<Table>>,
    band: Band,
    end_of_band: &mut u32,
    block: &mut [i16; 64],
) -> Result<(), String> {
    if *end_of_band > 0 {
        *end_of_band -= 1;
        return Ok(());
    }
    let table = table.as_ref().ok_or(NO_TABLE)?;
    let mut at = band.start;
    while at <= band.end {
        let symbol = table.symbol(bits);
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run < 15 {
                *end_of_band = (1 << run) - 1 + bits.read(run);
                break;
            }
            at += 16;
            continue;
        }
        at += run as usize;
        let value = extended(bits.read(size), size);
        if at > band.end {
            break;
        }
        block[usize::from(ZIGZAG[at & 63]) & 63] = (value << band.low) as i16;
        at += 1;
    }
    Ok(())
}

/// One more bit of a band (G.1.2.3).
fn refine(
    bits: &mut Bits<'_>,
    table: &Option<Arc<Table>>,
    band: Band,
    end_of_band: &mut u32,
    block: &mut [i16; 64],
) -> Result<(), String> {
    let one = 1i16 << band.low;
    // A coefficient that is not 0 gets its bit, away from 0.
    let next_bit = |bits: &mut Bits<'_>, value: &mut i16| {
        if bits.read(1) == 1 && *value & one == 0 {
            *value = value.wrapping_add(if *value >= 0 { one } else { -one });
        }
    };
    let table = table.as_ref().ok_or(NO_TABLE)?;
    let mut at = band.start;
    if *end_of_band == 0 {
        while at <= band.end {
            let symbol = table.symbol(bits);
            let (mut run, size) = (symbol >> 4, symbol & 15);
            let mut new = 0;
            if size != 0 {
                new = if bits.read(1) == 1 { one } else { -one };
            } else if run < 15 {
                *end_of_band = (1 << run) + bits.read(u32::from(run));
                break;
            }
            while at <= band.end {
                let value = &mut block[usize::from(ZIGZAG[at & 63]) & 63];
                if *value != 0 {
                    next_bit(bits, value);
                } else if run == 0 {
                    *value = new;
                    break;
                } else {
                    run -= 1;
                }
                at += 1;
            }
            at += 1;
        }
    }
    if *end_of_band > 0 {
        while at <= band.end {
            let value = &mut block[usize::from(ZIGZAG[at & 63]) & 63];
            if *value != 0 {
                next_bit(bits, value);
            }
            at += 1;
        }
        *end_of_band -= 1;
    }
    Ok(())
}

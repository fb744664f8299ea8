//! Pixels of masks as single bits.
//!
//! Invariants
//! - Frames follow one another without padding; the first pixel is the lowest bit of the first byte; the whole has even
//!   length (PS3.5 8.1.1, 8.2).

use calx_geometry::Mask;

/// The bits of masks on images of one size, a frame each. What lies outside the image is left out.
///
/// `None` when the frames together pass what PixelData (7FE0,0010) can state.
pub(crate) fn pack(frames: &[&Mask], columns: u32, rows: u32) -> Option<Vec<u8>> {
    let pixels = u64::from(columns) * u64::from(rows);
    let bits = pixels.checked_mul(u64::try_from(frames.len()).ok()?)?;
    let bytes = bits.div_ceil(8).next_multiple_of(2);
    if bytes >= u64::from(u32::MAX) {
        return None;
    }
    let mut out = vec![0; usize::try_from(bytes).ok()?];
    for (first, mask) in (0u64..).map(|frame| frame * pixels).zip(frames) {
        for (row, span) in mask.spans() {
            let (start, end) = (span.start.min(columns), span.end.min(columns));
            if row < rows {
                let at = first + u64::from(row) * u64::from(columns);
                set(&mut out, at + u64::from(start), at + u64::from(end));
            }
        }
    }
    Some(out)
}

/// Sets the bits from one up to another.
fn set(out: &mut [u8], from: u64, to: u64) {
    if from >= to {
        return;
    }
    let place = |bit: u64| usize::try_from(bit / 8).unwrap_or(usize::MAX);
    let (first, last) = (place(from), place(to));
    // Bits of the first byte from `from` on, and of the last one below `to`.
    let head = 0xffu8 << (from % 8);
    let tail = !(0xffu8 << (to % 8));
    if first == last {
        or(out, first, head & tail);
        return;
    }
    or(out, first, head);
    if let Some(whole) = out.get_mut(first + 1..last) {
        whole.fill(0xff);
    }
    if tail != 0 {
        or(out, last, tail);
    }
}

fn or(out: &mut [u8], at: usize, bits: u8) {
    if let Some(byte) = out.get_mut(at) {
        *byte |= bits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixel by pixel.
    fn slow(frames: &[&Mask], columns: u32, rows: u32) -> Vec<u8> {
        let mut out = Vec::new();
        let (mut byte, mut count) = (0u8, 0);
        for mask in frames {
            for row in 0..rows {
                for column in 0..columns {
                    byte |= u8::from(mask.get(column, row)) << count;
                    count += 1;
                    if count == 8 {
                        out.push(byte);
                        (byte, count) = (0, 0);
                    }
                }
            }
        }
        if count > 0 {
            out.push(byte);
        }
        if out.len() % 2 == 1 {
            out.push(0);
        }
        out
    }

    #[test]
    fn bits_are_those_of_the_pixels_whatever_the_width() {
        for (columns, rows) in [(1, 1), (7, 3), (8, 2), (9, 5), (16, 4), (203, 97), (64, 64)] {
            let every =
                |n: u32| Mask::from_bits(columns, rows, |x, y| (x * 7 + y * 13 + x * y) % n == 0).unwrap();
            let full = Mask::from_bits(columns, rows, |_, _| true).unwrap();
            let ring = Mask::from_bits(columns, rows, |x, y| x == 0 || y == 0 || x + 1 == columns).unwrap();
            let masks = [every(2), full, every(5), ring, Mask::empty(), every(3)];
            let frames: Vec<&Mask> = masks.iter().collect();
            assert_eq!(
                pack(&frames, columns, rows).unwrap(),
                slow(&frames, columns, rows),
                "{columns} x {rows}"
            );
        }
        assert_eq!(pack(&[], 5, 5).unwrap(), Vec::<u8>::new());
    }

    #[test]
    fn what_lies_outside_of_the_image_is_left_out() {
        let wide = Mask::from_bits(20, 20, |_, _| true).unwrap();
        let full = Mask::from_bits(9, 9, |_, _| true).unwrap();
        assert_eq!(pack(&[&wide], 9, 9), pack(&[&full], 9, 9));
    }

    #[test]
    fn more_than_pixel_data_can_state_is_refused() {
        let empty = Mask::empty();
        let frames = vec![&empty; 9];
        assert_eq!(pack(&frames, 65_535, 65_535), None);
    }
}

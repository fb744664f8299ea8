//! A finished picture: 8 bits a channel, row-major, grey or RGBA.
//!
//! Not here: encoding to PNG or JPEG.

/// The channels of a [`Picture`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pixels {
    /// One byte a pixel.
    Grey(Vec<u8>),
    /// Four bytes a pixel; alpha is 255.
    Rgba(Vec<u8>),
}

/// A drawn picture. Values are display values as they are: no sRGB conversion has been applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    pixels: Pixels,
}

/// The pixels do not fit the stated size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a picture of {width} x {height} pixels cannot be made of {bytes} bytes")]
pub struct PictureSizeError {
    /// Stated width.
    pub width: u32,
    /// Stated height.
    pub height: u32,
    /// Bytes given.
    pub bytes: usize,
}

impl Picture {
    /// Puts size and pixels together.
    ///
    /// # Errors
    /// [`PictureSizeError`] unless there are exactly `width * height` pixels.
    pub fn new(width: u32, height: u32, pixels: Pixels) -> Result<Self, PictureSizeError> {
        let (bytes, channels) = match &pixels {
            Pixels::Grey(v) => (v.len(), 1),
            Pixels::Rgba(v) => (v.len(), 4),
        };
        let wanted = u64::from(width) * u64::from(height) * channels;
        if u64::try_from(bytes) != Ok(wanted) {
            return Err(PictureSizeError { width, height, bytes });
        }
        Ok(Self { width, height, pixels })
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The channels.
    #[must_use]
    pub fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// The channels, to change values in; their number stays.
    pub(crate) fn pixels_mut(&mut self) -> &mut Pixels {
        &mut self.pixels
    }

    /// Whether there is one channel.
    #[must_use]
    pub fn is_grey(&self) -> bool {
        matches!(self.pixels, Pixels::Grey(_))
    }

    /// Red, green and blue of one pixel; `None` outside.
    #[must_use]
    pub fn rgb(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let at = usize::try_from(u64::from(y) * u64::from(self.width) + u64::from(x)).ok()?;
        match &self.pixels {
            Pixels::Grey(v) => v.get(at).map(|k| [*k; 3]),
            Pixels::Rgba(v) => {
                let p = v.get(at.checked_mul(4)?..)?;
                Some([*p.first()?, *p.get(1)?, *p.get(2)?])
            }
        }
    }

    /// The same picture as RGB, three bytes a pixel.
    #[must_use]
    pub fn to_rgb(&self) -> Vec<u8> {
        match &self.pixels {
            Pixels::Grey(v) => v.iter().flat_map(|k| [*k; 3]).collect(),
            Pixels::Rgba(v) => v.chunks_exact(4).flat_map(|p| p.iter().take(3).copied()).collect(),
        }
    }

    /// Fills a rectangle; what of it lies outside the picture is left out.
    pub fn fill(&mut self, left: u32, top: u32, width: u32, height: u32, colour: [u8; 3]) {
        let [r, g, b] = colour;
        self.rows(left, top, width, height, |_, to| {
            for pixel in to.chunks_exact_mut(4) {
                pixel.copy_from_slice(&[r, g, b, 255]);
            }
        });
    }

    /// Lays another picture with its top left corner at (`left`, `top`); what of it lies outside is left out.
    pub fn paste(&mut self, other: &Self, left: u32, top: u32) {
        let rgb = other.to_rgb();
        let width = usize::try_from(other.width).unwrap_or(usize::MAX);
        self.rows(left, top, other.width, other.height, |row, to| {
            let from = rgb.chunks_exact(3).skip(row * width);
            for (pixel, from) in to.chunks_exact_mut(4).zip(from) {
                if let ([r, g, b, _], [nr, ng, nb]) = (&mut *pixel, from) {
                    (*r, *g, *b) = (*nr, *ng, *nb);
                }
            }
        });
    }

    /// The RGBA bytes of a rectangle, row by row, cut to the picture.
    fn rows(&mut self, left: u32, top: u32, width: u32, height: u32, mut with: impl FnMut(usize, &mut [u8])) {
        let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let stride = size(self.width) * 4;
        let (from, to) =
            (size(left.min(self.width)) * 4, size(left.saturating_add(width).min(self.width)) * 4);
        let count = size(height.min(self.height.saturating_sub(top)));
        let lines = self.rgba_mut().chunks_exact_mut(stride.max(4)).skip(size(top)).take(count);
        for (row, line) in lines.enumerate() {
            if let Some(line) = line.get_mut(from..to) {
                with(row, line);
            }
        }
    }

    /// The RGBA bytes, to draw on; a grey picture becomes RGBA first.
    pub fn rgba_mut(&mut self) -> &mut Vec<u8> {
        if let Pixels::Grey(v) = &self.pixels {
            self.pixels = Pixels::Rgba(v.iter().flat_map(|k| [*k, *k, *k, 255]).collect());
        }
        match &mut self.pixels {
            Pixels::Rgba(v) | Pixels::Grey(v) => v,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_picture_is_cut_at_the_edges() {
        let mut sheet = Picture::new(4, 3, Pixels::Grey(vec![1; 12])).unwrap();
        let grey = Picture::new(3, 2, Pixels::Grey((10..16).collect())).unwrap();
        sheet.paste(&grey, 2, 2);
        let red = |picture: &Picture| -> Vec<u8> { picture.to_rgb().iter().step_by(3).copied().collect() };
        assert_eq!(red(&sheet), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 10, 11]);
        sheet.fill(0, 0, 2, 2, [7, 8, 9]);
        assert_eq!((sheet.rgb(1, 1), sheet.rgb(2, 1)), (Some([7, 8, 9]), Some([1; 3])));
        sheet.paste(&grey, 9, 9);
        sheet.fill(3, 0, u32::MAX, u32::MAX, [0; 3]);
        assert_eq!(red(&sheet), [7, 7, 1, 0, 7, 7, 1, 0, 1, 1, 10, 0]);
    }
}

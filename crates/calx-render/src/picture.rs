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

//! What the screens ask of whoever hosts them.
//!
//! Not here: how it is done.

use calx_model::{Case, Edit, ImageId};

/// A finished picture: red, green, blue, opacity (not premultiplied), row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbaPicture {
    size: [usize; 2],
    rgba: Vec<u8>,
}

/// The bytes do not fit the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureError;

impl std::fmt::Display for PictureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a picture has at least one pixel, and four bytes for each")
    }
}

impl std::error::Error for PictureError {}

impl RgbaPicture {
    /// Puts size and bytes together.
    ///
    /// # Errors
    /// [`PictureError`] unless there are exactly `4 * columns * rows` bytes, and some.
    pub fn new(columns: u32, rows: u32, rgba: Vec<u8>) -> Result<Self, PictureError> {
        let wanted = (u64::from(columns) * u64::from(rows)).saturating_mul(4);
        if wanted == 0 || u64::try_from(rgba.len()) != Ok(wanted) {
            return Err(PictureError);
        }
        let side = |n: u32| usize::try_from(n).map_err(|_too_large| PictureError);
        Ok(Self { size: [side(columns)?, side(rows)?], rgba })
    }

    pub(crate) fn to_texture(&self) -> egui::ColorImage {
        egui::ColorImage::from_rgba_unmultiplied(self.size, &self.rgba)
    }

    /// The longer side in pixels.
    pub(crate) fn longer_side(&self) -> usize {
        self.size[0].max(self.size[1])
    }
}

/// What a host supplies. All calls come from the thread that draws and must not wait for long.
pub trait ShellServices {
    /// The case on screen, as it is now.
    fn case(&self) -> &Case;

    /// The picture of an image as its display settings say, without marks, neither side longer than `max_side`
    /// pixels. `None` while it is not there or cannot be made; it is asked for again in the next pass.
    fn picture(&mut self, image: ImageId, max_side: usize) -> Option<RgbaPicture>;

    /// Carries out an edit and saves it.
    ///
    /// # Errors
    /// What to tell the person: what happened, what is unchanged, what to do.
    fn edit(&mut self, edit: Edit) -> Result<(), String>;
}

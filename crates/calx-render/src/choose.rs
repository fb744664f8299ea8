//! From what a file offers and what a person asks for to one resolved [`DisplayPipeline`].
//!
//! Not here: reading attributes (`calx-dicom`), folding into a table ([`crate::table`]).
//!
//! Invariants
//! - `window_origin` always says where the window came from; an automatic one is called `auto`.
//! - Colour and palette images are never windowed.
//!
//! Source: PS3.3 C.11.2; the default order is `DisplayAttributes::default_choice`.

use calx_model::{DisplayAttributes, DisplayPipeline, Frame, WindowChoice};

/// Why a window cannot be shown.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChooseError {
    /// The file has no such window.
    #[error("the file has no window {wanted}; it offers: {offered}")]
    NoSuchWindow {
        /// Number asked for, from 1.
        wanted: u32,
        /// What there is, in words.
        offered: String,
    },
    /// The file has no such VOI LUT.
    #[error("the file has no VOI LUT {wanted}; it offers: {offered}")]
    NoSuchLut {
        /// Number asked for, from 1.
        wanted: u32,
        /// What there is, in words.
        offered: String,
    },
    /// Windows apply to grey images only.
    #[error(
        "PhotometricInterpretation (0028,0004) is {0}: a window applies to MONOCHROME1 and MONOCHROME2 only"
    )]
    NotGrey(String),
    /// Numbers that are no window.
    #[error("the window cannot be used")]
    Window(#[source] calx_model::display::WindowError),
    /// Grey attributes with colour pixels, or the other way round.
    #[error("PhotometricInterpretation (0028,0004) is {photometric}, but the frame holds {found}")]
    Mismatch {
        /// As stated.
        photometric: String,
        /// What was decoded.
        found: &'static str,
    },
}

/// Joins `attributes`, `frame` and `choice` into one chain.
///
/// # Errors
/// [`ChooseError`]: the choice is not offered (the text lists what is), or does not apply.
pub fn resolve(
    attributes: &DisplayAttributes,
    frame: &Frame,
    choice: WindowChoice,
) -> Result<DisplayPipeline, ChooseError> {
    todo!()
}

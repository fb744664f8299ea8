//! The whole display chain as one table (architecture, decision 1).
//!
//! Not here: choosing the window ([`crate::choose`]), looking up ([`crate::reference`], [`crate::gpu`]).
//!
//! Invariants
//! - Computed in f64; an entry is `floor(y * 255 + 0.5)` after inversion.
//! - Padding shows as 0, the darkest, whatever the photometric interpretation.

use calx_model::{DisplayPipeline, Frame};

/// One pipeline folded for the kind of samples a frame holds.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplayTable {
    notices: Vec<DisplayNotice>,
}

/// What was simplified for display, to be told to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisplayNotice {
    /// Values of 32 bits were reduced to 16 for display; measuring is not touched.
    Requantised,
    /// The low bits of colour samples were dropped.
    ColourReduced {
        /// Bits of a stored sample.
        bits_stored: u16,
    },
}

impl std::fmt::Display for DisplayNotice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Requantised => f.write_str("32-bit values are shown in 16-bit steps"),
            Self::ColourReduced { bits_stored } => {
                write!(f, "colour samples of {bits_stored} bits are shown with 8 bits")
            }
        }
    }
}

/// Why no table can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A grey or palette chain for a colour frame, or the other way round.
    #[error("the display chain is for {pipeline}, the frame holds {frame}")]
    Mismatch {
        /// What the chain is for.
        pipeline: &'static str,
        /// What the frame holds.
        frame: &'static str,
    },
}

impl DisplayTable {
    /// Folds `pipeline` for the samples of `frame`. `bits_stored` is `DisplayAttributes::bits_stored`:
    /// colour samples above 8 bits lose their low bits by it.
    ///
    /// # Errors
    /// [`TableError::Mismatch`] when the chain and the frame do not belong together.
    pub fn build(pipeline: &DisplayPipeline, frame: &Frame, bits_stored: u16) -> Result<Self, TableError> {
        todo!()
    }

    /// What was simplified.
    #[must_use]
    pub fn notices(&self) -> &[DisplayNotice] {
        &self.notices
    }
}

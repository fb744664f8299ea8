//! A Doppler-like clip.
//!
//! TODO text.

use calx_dicom::UltrasoundRegion;

use crate::error::PhantomError;
use crate::options::DopplerOptions;
use crate::truth::DopplerTruth;

/// Frames of one clip.
#[derive(Debug, Clone)]
pub(crate) struct Clip {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    pub(crate) frame_time_ms: f64,
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) regions: Vec<UltrasoundRegion>,
    pub(crate) truth: DopplerTruth,
}

pub(crate) fn clip(_options: &DopplerOptions) -> Result<Clip, PhantomError> {
    todo!()
}

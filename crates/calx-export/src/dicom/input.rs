//! What the writers of DICOM objects are given: header facts, windows in use, measurements and words of every region.
//!
//! Not here: where files lie: the caller is asked for each image ([`SourceProvider`]).

use calx_dicom::Read;
use calx_dicom::derived::{Kinds, Shown, ShownFrames, SourceFacts};
use calx_model::{CaseImage, DisplayAttributes, Frame, Measurement, WindowChoice};
use calx_render::resolve;

use crate::drawn::shown_aspect;
use crate::error::ExportError;
use crate::input::{ExportInput, PixelError, PixelProvider, numbered_images};
use crate::marks::mark_label;
use crate::measures;

/// Gives header facts of a case's images.
pub trait SourceProvider {
    /// What derived objects take over from the header of `image`.
    ///
    /// # Errors
    /// Anything; it becomes the cause of an [`ExportError::Header`].
    fn facts(&self, image: &CaseImage) -> Result<Read<SourceFacts>, PixelError>;
}

/// Everything of one case, in the order of its images and regions.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) sources: Vec<SourceFacts>,
    pub(crate) shown: Vec<Option<Shown>>,
    pub(crate) measured: Vec<Vec<Measurement>>,
    pub(crate) words: Vec<String>,
    pub(crate) notices: Vec<String>,
}

impl Gathered {
    /// Reads headers, and pixels as far as `kinds` need them.
    pub(crate) fn of(input: &mut ExportInput<'_>, kinds: Kinds) -> Result<Self, ExportError> {
        let case = input.case;
        let mut notices = Vec::new();
        let mut sources = Vec::new();
        for (number, image) in numbered_images(case) {
            let read = input.sources.facts(image).map_err(|source| ExportError::Header { number, source })?;
            let found = (read.value.columns, read.value.rows, read.value.frames);
            if found != (image.columns, image.rows, image.frames) || read.value.instance != image.source {
                return Err(ExportError::Unsound(format!(
                    "image {number} is not the one its file holds, or of another size"
                )));
            }
            notices.extend(read.notices.iter().map(|notice| format!("image {number}: {notice}")));
            sources.push(read.value);
        }
        let mut shown = vec![None; sources.len()];
        if kinds.gsps {
            for (((number, image), source), shown) in numbered_images(case).zip(&sources).zip(&mut shown) {
                if source.is_grey {
                    *shown = Some(shown_of(input.pixels, number, image)?);
                }
            }
        }
        // What is measured of shapes tells how regions are tracked, in every kind.
        let measured = if kinds.sr { measures::all(case, input.pixels) } else { measures::of_shapes(case) };
        notices.extend(measured.iter().filter_map(|one| one.notice.clone()));
        let words = case.regions.iter().map(|region| mark_label(case, region)).collect();
        let measured = measured.into_iter().map(|one| one.values).collect();
        Ok(Self { sources, shown, measured, words, notices })
    }
}

/// The grey of one image as the case shows it, from the frame it shows first; frames that have another window or rescale are
/// named with theirs. Pixels of all frames are read only where windows come from them.
///
/// # Errors
/// [`ExportError::Pixels`] and [`ExportError::Window`].
pub fn shown_of(
    pixels: &mut dyn PixelProvider,
    number: usize,
    image: &CaseImage,
) -> Result<Shown, ExportError> {
    let unreadable = |source| ExportError::Pixels { number, source };
    let choice = image.display.window;
    let frame = image.display.frame.clamp(1, image.frames.max(1));
    let first = pixels.pixels(image, frame).map_err(unreadable)?;
    let chain = |display: &DisplayAttributes, frame: &Frame| {
        resolve(display, frame, choice).map_err(|source| ExportError::Window { number, source })
    };
    let pipeline = chain(&first.display, &first.frame)?;
    let mut shown = Shown {
        invert: pipeline.invert ^ image.display.invert,
        modality_lut: pipeline.modality_lut,
        rescale_type: first.display.rescale_type.clone(),
        voi: pipeline.voi_lut,
        window_name: pipeline.window_origin,
        pixel_aspect: shown_aspect(image, &first),
        others: Vec::new(),
    };
    for other in (1..=image.frames).filter(|other| *other != frame) {
        let display = pixels.display(image, other).map_err(unreadable)?;
        let is_of_pixels = match choice {
            WindowChoice::Auto | WindowChoice::MinMax => true,
            WindowChoice::Default => display.default_choice().is_none(),
            WindowChoice::File(_) | WindowChoice::Lut(_) | WindowChoice::Set(_) => false,
        };
        // Where they do not count, those of the first frame do as well as any.
        let found = if is_of_pixels {
            let own = pixels.pixels(image, other).map_err(unreadable)?;
            chain(&own.display, &own.frame)?
        } else {
            chain(&display, &first.frame)?
        };
        if found.modality_lut == shown.modality_lut && found.voi_lut == shown.voi {
            continue;
        }
        let same =
            |known: &&mut ShownFrames| known.modality_lut == found.modality_lut && known.voi == found.voi_lut;
        match shown.others.iter_mut().find(same) {
            Some(known) => known.frames.push(other),
            None => shown.others.push(ShownFrames {
                frames: vec![other],
                modality_lut: found.modality_lut,
                voi: found.voi_lut,
                window_name: found.window_origin,
            }),
        }
    }
    Ok(shown)
}

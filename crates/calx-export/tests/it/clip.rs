//! How the frames of a clip are shown, as its presentation state is told.

use std::cell::RefCell;
use std::sync::Arc;

use calx_export::{ImagePixels, PixelError, PixelProvider, shown_of};
use calx_model::{
    CaseImage, DisplayAttributes, Frame, ModalityLut, PhotometricInterpretation, Samples, VoiChoice, VoiLut,
    VoiLutFunction, VoiSource, Window, WindowChoice,
};

use crate::case::case;

/// A clip whose frames have windows of their own, or none.
#[derive(Debug, Default)]
struct Clip {
    centres: Vec<Option<f64>>,
    slopes: Vec<f64>,
    /// Frames whose pixels were asked for.
    read: RefCell<Vec<u32>>,
}

fn window(center: f64) -> VoiLut {
    VoiLut::Window(Window { center, width: 100.0, function: VoiLutFunction::Linear })
}

impl PixelProvider for Clip {
    fn pixels(&mut self, image: &CaseImage, frame: u32) -> Result<ImagePixels, PixelError> {
        self.read.borrow_mut().push(frame);
        // Brighter from frame to frame.
        let values = (0..16u32).map(|n| u16::try_from(n + frame * 100).unwrap()).collect::<Vec<_>>();
        Ok(ImagePixels {
            frame: Arc::new(Frame::new(4, 4, Samples::U16(values.into())).unwrap()),
            display: self.display(image, frame)?,
            spacing: None,
            pixel_aspect: 1.0,
        })
    }

    fn display(&mut self, _image: &CaseImage, frame: u32) -> Result<DisplayAttributes, PixelError> {
        let at = usize::try_from(frame - 1).unwrap();
        let voi = self.centres[at].map(|center| VoiChoice {
            source: VoiSource::Window(1),
            explanation: None,
            lut: window(center),
        });
        Ok(DisplayAttributes {
            photometric_interpretation: PhotometricInterpretation::Monochrome2,
            bits_stored: 16,
            signed: false,
            padding: None,
            modality_lut: ModalityLut::Rescale { slope: self.slopes[at], intercept: 0.0 },
            rescale_type: Some("HU".to_owned()),
            voi: voi.into_iter().collect(),
            presentation_lut_shape: None,
            palette: None,
            shutters: Vec::new(),
            shutter_grey: 0,
            modality: "US".to_owned(),
        })
    }
}

fn clip(choice: WindowChoice) -> CaseImage {
    let case = case();
    let mut image = case.images().next().unwrap().1.clone();
    (image.frames, image.display.frame, image.display.window) = (4, 2, choice);
    image
}

#[test]
fn frames_with_another_window_are_named() {
    let centres = vec![Some(10.0), Some(20.0), Some(10.0), Some(20.0)];
    let mut pixels = Clip { centres, slopes: vec![1.0; 4], ..Clip::default() };
    let shown = shown_of(&mut pixels, 1, &clip(WindowChoice::Default)).unwrap();
    assert_eq!((&shown.voi, shown.rescale_type.as_deref()), (&window(20.0), Some("HU")));
    let others: Vec<_> = shown.others.iter().map(|other| (other.frames.as_slice(), &other.voi)).collect();
    assert_eq!(others, [(&[1, 3][..], &window(10.0))]);
    assert_eq!(*pixels.read.borrow(), [2], "the pixels of others say nothing");
}

#[test]
fn a_window_that_comes_from_pixels_is_that_of_each_frame() {
    let mut pixels = Clip { centres: vec![None; 4], slopes: vec![1.0; 4], ..Clip::default() };
    let shown = shown_of(&mut pixels, 1, &clip(WindowChoice::MinMax)).unwrap();
    assert_eq!(shown.voi, VoiLut::Range { min: 200.0, max: 215.0 });
    let others: Vec<_> = shown.others.iter().map(|other| (other.frames[0], other.voi.clone())).collect();
    let range = |n: u32| (n, VoiLut::Range { min: f64::from(n) * 100.0, max: f64::from(n) * 100.0 + 15.0 });
    assert_eq!(others, [1, 3, 4].map(range));
    // A window that a person set is that of all of them.
    let VoiLut::Window(set) = window(5.0) else { panic!("a window") };
    assert_eq!(shown_of(&mut pixels, 1, &clip(WindowChoice::Set(set))).unwrap().others, []);
}

#[test]
fn a_rescale_of_its_own_is_told_of() {
    let slopes = vec![1.0, 1.0, 2.0, 1.0];
    let mut pixels = Clip { centres: vec![Some(10.0); 4], slopes, ..Clip::default() };
    let shown = shown_of(&mut pixels, 1, &clip(WindowChoice::Default)).unwrap();
    let others: Vec<_> =
        shown.others.iter().map(|other| (other.frames.as_slice(), &other.modality_lut)).collect();
    assert_eq!(others, [(&[3][..], &ModalityLut::Rescale { slope: 2.0, intercept: 0.0 })]);
}

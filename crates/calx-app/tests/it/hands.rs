//! A case of two hands in memory, their frames at once, nothing painted.

use std::path::Path;
use std::sync::Arc;

use calx_app::AppState;
use calx_app::seams::{FrameKey, Frames, LoadedFrame, Loading};
use calx_app::work::Wake;
use calx_dicom::frame_source::Priority;
use calx_dicom::{ImageInfo, Locator, read_image_info};
use calx_model::{
    BurnedIn, Case, CaseImage, CaseStudy, ColourModel, Frame, ImageDisplay, NewCase, PixelSpacing,
    ReaderRole, Reading, ReadingState, RichText, Samples, Schema, Side, SopInstanceUid, SpacingBasis,
    StudyTime, VoiLut,
};

use crate::memory::{MemorySession, PaintsNothing, id};

/// Frames of a ramp, as large as the file says that lends the attributes.
#[derive(Debug)]
struct Ramps {
    info: Arc<ImageInfo>,
    frame: Arc<Frame>,
}

impl Frames for Ramps {
    fn want(&mut self, key: &FrameKey, _priority: Priority) -> Loading {
        Loading::Ready(Arc::new(LoadedFrame {
            key: key.clone(),
            info: Arc::clone(&self.info),
            frame: Arc::clone(&self.frame),
            aspect: 1.0,
            range: [0.0, 4000.0],
            auto: VoiLut::Range { min: 100.0, max: 3000.0 },
            min_max: VoiLut::Range { min: 0.0, max: 4000.0 },
        }))
    }
    fn thumbnail(&mut self, _ctx: &egui::Context, _uid: &SopInstanceUid) -> Option<egui::TextureHandle> {
        None
    }
    fn poll(&mut self) {}
    fn is_idle(&self) -> bool {
        true
    }
}

fn image(n: u128, side: Side, info: &ImageInfo) -> CaseImage {
    CaseImage {
        id: id(2, n),
        source: format!("1.2.3.{n}").parse().unwrap(),
        series: format!("1.2.4.{n}").parse().unwrap(),
        sop_class: "1.2.840.10008.5.1.4.1.1.1.1".parse().unwrap(),
        rows: info.layout.rows,
        columns: info.layout.columns,
        frames: info.layout.number_of_frames,
        spacing: PixelSpacing::checked(0.14, 0.14, SpacingBasis::Detector),
        header_side: Some(side),
        stated_side: None,
        view_position: Some("PA".to_owned()),
        pixel_aspect: None,
        ultrasound_regions: Vec::new(),
        user_scale: None,
        display: ImageDisplay::default(),
        caption: RichText::default(),
        key: false,
        burned_in: BurnedIn::NotStated,
        synthetic: false,
        pixels_cleared: None,
    }
}

/// A window's state with two hands in hand, nothing marked.
pub(crate) fn state() -> AppState {
    shown("hand_right_small.dcm", &[Side::Left, Side::Right])
}

/// A window's state with a clip in hand.
pub(crate) fn clip() -> AppState {
    shown("doppler_small.dcm", &[Side::Unpaired])
}

/// A case of that title without anything in it.
pub(crate) fn new_case(title: &str) -> NewCase {
    NewCase {
        id: id(1, 1),
        number: None,
        title: title.to_owned(),
        language: "en".to_owned(),
        created: "2026-03-01T12:00:00Z".parse().unwrap(),
        schema: Schema::from_json(Schema::VASCULAR_CALCIFICATION).unwrap().reference(),
        reading: Reading {
            id: id(9, 1),
            reader: "test".to_owned(),
            role: ReaderRole::Author,
            state: ReadingState::Open,
        },
    }
}

fn shown(fixture: &str, sides: &[Side]) -> AppState {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(fixture);
    let info = read_image_info(&Locator::from(fixture), 1).unwrap().value;
    let (columns, rows) = (info.layout.columns, info.layout.rows);
    let ramp = || (0..rows).flat_map(|row| (0..columns).map(move |column| row + column));
    let samples = if info.layout.samples_per_pixel == 1 {
        Samples::U16(ramp().map(|value| u16::try_from(value % 4000).unwrap()).collect::<Vec<u16>>().into())
    } else {
        let colours = ramp().flat_map(|value| [u8::try_from(value % 256).unwrap(); 3]);
        Samples::Colour8(ColourModel::Rgb, colours.collect::<Vec<u8>>().into())
    };
    let frame = Frame::new(columns, rows, samples).unwrap();
    let images = (21..).zip(sides).map(|(n, side)| image(n, *side, &info)).collect();
    let mut case = Case::new(new_case("Two hands"));
    case.studies.push(CaseStudy {
        id: id(3, 1),
        source: None,
        title: "Hands".to_owned(),
        modality: "DX".to_owned(),
        when: StudyTime::Unknown,
        images,
    });
    let frames = Ramps { info: Arc::new(info), frame: Arc::new(frame) };
    let mut state = AppState::new(Box::new(frames), Box::new(PaintsNothing), Wake::new(|| {}));
    state.author = "test".into();
    state.session = Some(Box::new(MemorySession::new(case)));
    state
}

//! One picture: the chain, the view and what lies over it, as a case, a presentation state and the arguments say.
//!
//! Not here: writing it, marks of a case.
//!
//! Invariants
//! - A case's image is drawn as its export draws it: window, inversion, turn, flip and shape.
//! - A presentation state is applied to images that it lists and to no others.
//! - What was simplified for display is a notice.

use calx_dicom::ImageInfo;
use calx_export::{ImagePixels, shown_aspect};
use calx_model::presentation_state::SizeMode;
use calx_model::{
    ColourPath, DisplayPipeline, EdgeLetters, PresentationState, SopInstanceUid, VoiLut, WindowChoice,
};
use calx_render::{
    ChooseError, DisplayTable, Picture, Renderer, StateFrame, View, draw_graphics, draw_letters,
    draw_overlay, draw_shutters, overlay_colour, resolve, resolve_state, state_aspect, state_view,
};

use super::{Found, StatePart};
use crate::failure::{Exit, Failure, OrExit};

/// What is to be drawn.
pub(super) struct Shot<'a> {
    pub(super) found: &'a Found,
    pub(super) pixels: &'a ImagePixels,
    pub(super) info: &'a ImageInfo,
    /// From 1.
    pub(super) frame: u32,
}

/// How it is wanted.
#[derive(Debug, Default)]
pub(super) struct Look<'a> {
    pub(super) window: Option<WindowChoice>,
    /// Largest width and height.
    pub(super) size: Option<(u32, u32)>,
    pub(super) overlays: bool,
    pub(super) letters: bool,
    /// Show what lies beyond the image's own display shutter.
    pub(super) no_shutters: bool,
    pub(super) state: Option<(&'a PresentationState, StatePart)>,
}

/// A picture and how it came to be.
pub(super) struct Drawn {
    pub(super) picture: Picture,
    pub(super) view: View,
    /// In words.
    pub(super) window: String,
    pub(super) notices: Vec<String>,
}

pub(super) fn draw(shot: &Shot<'_>, look: &Look<'_>, renderer: &mut dyn Renderer) -> Result<Drawn, Failure> {
    let Shot { found, pixels, info, frame } = *shot;
    let image = found.of_case().map(|(_, image)| image);
    let aspect = image.map_or(pixels.pixel_aspect, |image| shown_aspect(image, pixels));
    let of_state = look.state.map(|(state, part)| (state_frame(state, shot), part));
    if let Some((of, _)) = &of_state {
        refuse_unlisted(of.state, of.instance, frame)?;
    }
    let whole_state = of_state.filter(|(_, part)| *part == StatePart::All).map(|(of, _)| of);

    let choice = look.window.or(image.map(|image| image.display.window)).unwrap_or_default();
    let pipeline = match whole_state {
        Some(of) => resolve_state(of, &pixels.display, &pixels.frame),
        None => resolve(&pixels.display, &pixels.frame, choice).map(|mut pipeline| {
            pipeline.invert ^= image.is_some_and(|image| image.display.invert);
            pipeline
        }),
    };
    let pipeline = pipeline.map_err(|error| {
        let exit = if matches!(error, ChooseError::Subtraction) { Exit::Refused } else { Exit::SomeFailed };
        Failure::new(exit, error)
    })?;
    let table = DisplayTable::build(&pipeline, &pixels.frame, pixels.display.bits_stored)
        .or_exit(Exit::SomeFailed)?;
    let (turns, flip) = match (whole_state, image) {
        (Some(of), _) => (of.state.quarter_turns, of.state.flip_horizontal),
        (None, Some(image)) => (image.display.quarter_turns, image.display.flip_horizontal),
        (None, None) => (0, false),
    };
    let view = match whole_state {
        Some(of) => state_view(of, aspect, look.size),
        None => plain_view(pixels, aspect, look.size, turns, flip),
    };
    let mut picture = renderer.draw(&pixels.frame, &table, &view).or_exit(Exit::NoMeans)?;

    let mut notices: Vec<String> = table.notices().iter().map(ToString::to_string).collect();
    if whole_state.is_none() && !look.no_shutters && !pixels.display.shutters.is_empty() {
        let display = &pixels.display;
        draw_shutters(&mut picture, &view, &display.shutters, aspect, display.shutter_grey);
        notices.push(
            "what lies beyond the image's display shutter is covered, --no-shutters shows it".to_owned(),
        );
    }
    if let Some(of) = whole_state {
        let area = of.state.area_for(of.instance, of.frame);
        if let (Some(SizeMode::Magnify(ratio)), Some(_)) = (area.map(|area| area.size), look.size) {
            notices.push(format!("the presentation state magnifies by {ratio}, --size decides instead"));
        }
        let aspect = state_aspect(of, aspect);
        draw_shutters(&mut picture, &view, &of.state.shutters, aspect, of.state.shutter_grey);
    }
    let wants_planes = look.overlays || of_state.is_some_and(|(of, _)| !of.state.overlays.is_empty());
    if wants_planes {
        let read = calx_dicom::read_overlays(&found.locator, frame).or_exit(Exit::NothingUsable)?;
        notices.extend(read.notices.iter().map(ToString::to_string));
        if look.overlays {
            for plane in &read.value {
                draw_overlay(&mut picture, &view, plane, overlay_colour(plane));
            }
        }
        if let Some((of, _)) = of_state {
            notices.extend(draw_graphics(&mut picture, &view, of, &read.value));
        }
    } else if let Some((of, _)) = of_state {
        notices.extend(draw_graphics(&mut picture, &view, of, &[]));
    }
    if look.letters {
        let letters = letters(info).turned(turns);
        let letters = if flip { letters.mirrored_across() } else { letters };
        if letters.is_empty() {
            notices.push(
                "PatientOrientation (0020,0020) is not stated, there are no letters to draw".to_owned(),
            );
        }
        draw_letters(&mut picture, &letters);
    }
    Ok(Drawn { picture, view, window: window_words(&pipeline), notices })
}

fn state_frame<'a>(state: &'a PresentationState, shot: &'a Shot<'_>) -> StateFrame<'a> {
    StateFrame {
        state,
        instance: &shot.info.header.instance,
        frame: shot.frame,
        columns: shot.pixels.frame.columns(),
        rows: shot.pixels.frame.rows(),
    }
}

fn refuse_unlisted(state: &PresentationState, instance: &SopInstanceUid, frame: u32) -> Result<(), Failure> {
    if state.applies_to(instance, frame) {
        return Ok(());
    }
    let of_image = state.images.iter().any(|image| image.instance == *instance);
    let what = if of_image {
        format!("frame {frame} of instance {instance}")
    } else {
        format!("instance {instance}")
    };
    let listed: Vec<String> = state.images.iter().take(3).map(|image| image.instance.to_string()).collect();
    let more =
        if state.images.len() > 3 { format!(" and {} more", state.images.len() - 3) } else { String::new() };
    Err(Failure::say(
        Exit::Refused,
        format!("the presentation state does not list {what} in ReferencedSeriesSequence (0008,1115)"),
    )
    .hint(format!("it is for {}{more}", listed.join(", "))))
}

/// Without a state: the whole image, turned and flipped as its case says.
fn plain_view(pixels: &ImagePixels, aspect: f64, size: Option<(u32, u32)>, turns: u8, flip: bool) -> View {
    let view = match size {
        Some((width, height)) => {
            let (width, height) = if turns % 2 == 1 { (height, width) } else { (width, height) };
            View::fit_within(&pixels.frame, width, height, aspect)
        }
        None => View::as_seen(&pixels.frame, aspect),
    };
    let view = view.turned(turns);
    if flip { view.mirrored_across() } else { view }
}

/// The letters of the image as stored.
pub(in crate::commands) fn letters(info: &ImageInfo) -> EdgeLetters {
    match &info.patient_orientation {
        Some([row, column]) => EdgeLetters::of(row.raw(), column.raw()),
        None => EdgeLetters::default(),
    }
}

/// `550,1024 from file 1 (NORMAL)`; the numbers as `--window` reads them.
fn window_words(pipeline: &DisplayPipeline) -> String {
    let origin = &pipeline.window_origin;
    match (&pipeline.colour, &pipeline.voi_lut) {
        (ColourPath::Colour, _) => "none (colour)".to_owned(),
        (ColourPath::Palette(_), _) => "none (palette)".to_owned(),
        (ColourPath::Grey, VoiLut::Window(window)) if origin == "set" => format!("{window} as set"),
        (ColourPath::Grey, VoiLut::Window(window)) => format!("{window} from {origin}"),
        (ColourPath::Grey, VoiLut::Range { min, max }) => format!("{min} to {max} from {origin}"),
        (ColourPath::Grey, VoiLut::Table(_)) => origin.clone(),
    }
}

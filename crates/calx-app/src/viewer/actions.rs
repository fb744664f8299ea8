//! What can be done to panes: focus, frames, images, layout.
//!
//! Not here: words and keys ([`super::commands`]), the pointer ([`super::gesture`]).

use calx_model::{CaseImage, Edit, ImageDisplay, ImageField, RegionId};

use super::points::Framing;
use super::state::{Layout, Playing};
use super::toolbox;
use super::window::Windowing;
use crate::state::AppState;

/// Keys act on that pane now, and its image is the one in hand.
pub(crate) fn focus(state: &mut AppState, index: usize) {
    let viewer = &mut state.viewer;
    if viewer.focus != index && viewer.is_drawing() {
        toolbox::send(state, state.viewer.focus, calx_tools::Input::Cancel);
    }
    let viewer = &mut state.viewer;
    viewer.focus = index;
    if let Some(image) = viewer.panes.get(index).and_then(|pane| pane.image) {
        viewer.followed = Some(image);
        state.selection.image = Some(image);
    }
}

/// One pane fills the room of all, or all are shown again.
pub(crate) fn maximise(state: &mut AppState, index: usize) {
    focus(state, index);
    let viewer = &mut state.viewer;
    viewer.is_maximised = !viewer.is_maximised && viewer.layout.panes() > 1;
}

/// Lays panes out anew.
pub(crate) fn lay_out(state: &mut AppState, layout: Layout) {
    let case = state.session.as_deref().map(crate::seams::Session::case);
    state.viewer.lay_out(layout, case);
    focus(state, state.viewer.focus);
}

/// The images one can go through from a pane, in order: those of its case.
fn neighbours(state: &AppState, index: usize) -> Option<(Vec<CaseImage>, usize)> {
    let image = state.viewer.panes.get(index)?.image?;
    let images: Vec<CaseImage> = state.case()?.images().map(|(_, image)| image.clone()).collect();
    let at = images.iter().position(|found| found.id == image)?;
    Some((images, at))
}

/// Whether a wheel goes through frames or slices rather than zooms.
pub(crate) fn is_stack(state: &AppState, index: usize) -> bool {
    let Some((images, at)) = neighbours(state, index) else { return false };
    let Some(image) = images.get(at) else { return false };
    if image.frames > 1 {
        return true;
    }
    let is_sliced = state
        .case()
        .and_then(|case| case.study_of(image.id))
        .is_some_and(|study| matches!(study.modality.as_str(), "CT" | "MR" | "PT" | "NM"));
    is_sliced && images.iter().filter(|other| other.series == image.series).count() > 1
}

/// So many frames on, or images where there is one frame.
pub(crate) fn step(state: &mut AppState, index: usize, by: i64) {
    let Some((images, at)) = neighbours(state, index).filter(|_| by != 0) else { return };
    let Some(image) = images.get(at) else { return };
    if image.frames > 1 {
        let frame = state.viewer.panes.get(index).map_or(1, |pane| i64::from(pane.frame));
        let to = (frame + by).clamp(1, i64::from(image.frames));
        return show_frame(state, index, u32::try_from(to).unwrap_or(1));
    }
    let last = i64::try_from(images.len()).unwrap_or(i64::MAX) - 1;
    let to = (i64::try_from(at).unwrap_or(0) + by).clamp(0, last);
    if let Some(image) = usize::try_from(to).ok().and_then(|to| images.get(to)) {
        show_image(state, index, image);
    }
}

/// The first image of the series after, or before.
pub(crate) fn step_series(state: &mut AppState, by: i64) {
    let index = state.viewer.focus;
    let Some((images, at)) = neighbours(state, index) else { return };
    let Some(series) = images.get(at).map(|image| image.series.clone()) else { return };
    let mut firsts: Vec<&CaseImage> = Vec::new();
    for image in &images {
        if firsts.iter().all(|first| first.series != image.series) {
            firsts.push(image);
        }
    }
    let here = firsts.iter().position(|first| first.series == series).unwrap_or(0);
    let to = i64::try_from(here).unwrap_or(0) + by;
    match usize::try_from(to).ok().and_then(|to| firsts.get(to)) {
        Some(image) => show_image(state, index, &(*image).clone()),
        None => state.toasts.say("There is no further series"),
    }
}

/// Shows an image in a pane; a slice of the same series keeps zoom and window.
pub(crate) fn show_image(state: &mut AppState, index: usize, image: &CaseImage) {
    let was = state.viewer.panes.get(index).and_then(|pane| pane.image);
    let before = was.and_then(|id| state.case().and_then(|case| case.image(id)).cloned());
    let is_slice = is_stack(state, index) && before.is_some_and(|before| before.series == image.series);
    if let Some(pane) = state.viewer.panes.get_mut(index).filter(|pane| pane.image != Some(image.id)) {
        let (framing, windowing) = (pane.framing, pane.windowing);
        pane.show(image);
        if is_slice {
            (pane.framing, pane.windowing) = (framing, windowing);
        }
    }
    focus(state, index);
}

/// Shows a frame, from 1.
pub(crate) fn show_frame(state: &mut AppState, index: usize, frame: u32) {
    if state.viewer.is_drawing() {
        toolbox::send(state, index, calx_tools::Input::Cancel);
    }
    if let Some(pane) = state.viewer.panes.get_mut(index) {
        pane.frame = frame.max(1);
    }
}

/// Plays the frames of a pane, or stops them.
pub(crate) fn toggle_playing(state: &mut AppState, index: usize) {
    let since = state.seconds;
    if let Some(pane) = state.viewer.panes.get_mut(index) {
        pane.playing = if pane.playing.is_some() { None } else { Some(Playing { since }) };
    }
}

/// Keeps how the image in focus is shown: window, turns, inversion, frame. Others who open the case see it so.
pub(crate) fn keep_view(state: &mut AppState) {
    let Some(pane) = state.viewer.pane() else { return };
    let window = match (pane.windowing, &pane.shown) {
        (Windowing::Choice(choice), _) => Some(choice),
        (Windowing::Preset(_) | Windowing::State, Some(_)) => {
            super::gesture::typed_window(state, state.viewer.focus).map(calx_model::WindowChoice::Set)
        }
        (Windowing::Preset(_) | Windowing::State, None) => None,
    };
    let (Some(image), Some(window)) = (pane.image, window) else { return };
    let display = ImageDisplay {
        window,
        invert: pane.is_inverted,
        quarter_turns: pane.framing.quarter_turns,
        flip_horizontal: pane.framing.is_mirrored,
        frame: pane.frame,
    };
    if state.apply(Edit::SetImage { image, field: ImageField::Display(display) }, "keep view") {
        state.toasts.say("The case shows this image so from now on");
    }
}

/// The region after the selected one on the image in focus, or the one before.
pub(crate) fn step_region(state: &mut AppState, by: i64) {
    let Some(image) = state.viewer.pane().and_then(|pane| pane.image) else { return };
    let Some(case) = state.case() else { return };
    let here: Vec<RegionId> =
        case.regions.iter().filter(|region| region.image == image).map(|region| region.id).collect();
    let count = i64::try_from(here.len()).unwrap_or(0);
    if count == 0 {
        return state.toasts.say("There is no region on this image");
    }
    let at = here.iter().position(|id| state.selection.regions.contains(id));
    let at = at.and_then(|at| i64::try_from(at).ok());
    let to = at.map_or(if by > 0 { 0 } else { count - 1 }, |at| (at + by).rem_euclid(count));
    if let Some(region) = usize::try_from(to).ok().and_then(|to| here.get(to)).copied() {
        state.select(&[region]);
    }
}

/// Brings a region into the middle of its pane when none of it is seen, or it is larger than what is.
pub(crate) fn bring_into_view(state: &mut AppState, region: RegionId) {
    let Some(found) = state.case().and_then(|case| case.region(region)) else { return };
    let Some(bounds) = found.shape.bounds() else { return };
    let frame = found.frames.first().copied();
    let Some(index) = state.viewer.pane_of(found.image) else { return };
    let middle = bounds.min.point().lerp(bounds.max.point(), 0.5);
    let Some(pane) = state.viewer.panes.get_mut(index) else { return };
    if let Some(frame) = frame.filter(|frame| *frame != pane.frame) {
        pane.frame = frame;
    }
    let Some(shown) = &pane.shown else { return };
    if shown.lens.place.shrink(10.0).contains(shown.lens.screen(middle)) {
        return;
    }
    if let (Some(extent), Some(size)) = (pane.extent(), pane.size()) {
        let zoom = Some(pane.framing.scale(&extent, size));
        pane.framing = Framing { zoom, centre: Some(middle), ..pane.framing };
    }
}

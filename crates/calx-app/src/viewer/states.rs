//! Presentation states of the study: which are offered for what is shown, one switched on and off.
//!
//! Not here: finding and reading them (`work`), what one lays over the picture ([`super::layer`]).
//!
//! Invariants
//! - A state is offered for the images it lists and for no others, and says by a badge that it is on.
//! - A window set by hand stays on top of the state's chain; another window of the file switches the state off.

use std::sync::Arc;

use calx_model::patient_text::escape_terminal;
use calx_model::{DisplayPipeline, PresentationState, VoiLut, WindowChoice};
use calx_render::{ChooseError, StateFrame, resolve_state, state_aspect};

use super::points::{Extent, Framing};
use super::state::Pane;
use super::window::Windowing;
use crate::seams::{LoadedFrame, WhyNot};
use crate::state::AppState;

/// A state with the frame it is applied to.
pub(crate) fn applied<'a>(state: &'a PresentationState, loaded: &'a LoadedFrame) -> StateFrame<'a> {
    StateFrame {
        state,
        instance: &loaded.key.uid,
        frame: loaded.key.frame,
        columns: loaded.frame.columns(),
        rows: loaded.frame.rows(),
    }
}

/// The name a state goes by.
pub(crate) fn name_of(state: &PresentationState) -> String {
    let label = escape_terminal(&state.label);
    let label = label.trim();
    if label.is_empty() { "without a name".to_owned() } else { label.to_owned() }
}

/// The chain of a state, with a window set by hand in place of its own.
///
/// # Errors
/// [`ChooseError`]: it cannot be applied to the image.
pub(crate) fn pipeline(
    state: &PresentationState,
    loaded: &LoadedFrame,
    windowing: Windowing,
    turned_over: bool,
) -> Result<DisplayPipeline, ChooseError> {
    let mut pipeline = resolve_state(applied(state, loaded), &loaded.info.display, &loaded.frame)?;
    if let Windowing::Choice(WindowChoice::Set(window)) = windowing {
        pipeline.voi_lut = VoiLut::Window(window);
        "set".clone_into(&mut pipeline.window_origin);
    }
    pipeline.invert = pipeline.invert != turned_over;
    Ok(pipeline)
}

/// How an image stands under a state: turned and mirrored, its displayed area as large as there is room.
fn framing(of: StateFrame<'_>, extent: &Extent, size: [u32; 2]) -> Framing {
    let turns = Framing {
        quarter_turns: of.state.quarter_turns % 4,
        is_mirrored: of.state.flip_horizontal,
        ..Framing::default()
    };
    let Some(area) = of.state.area_for(of.instance, of.frame) else { return turns };
    let [left, top, right, bottom] = area.edges;
    let (columns, rows) = ((right - left).abs(), (bottom - top).abs());
    let is_whole = columns >= extent.columns && rows >= extent.rows;
    if is_whole || columns < 1.0 || rows < 1.0 {
        return turns;
    }
    let zoom = turns.scale(&Extent { columns, rows, aspect: extent.aspect }, size);
    let centre = calx_geometry::Point::new(f64::midpoint(left, right), f64::midpoint(top, bottom));
    Framing { zoom: Some(zoom), centre: Some(centre), ..turns }
}

/// Asks which states there are for what the pane in focus shows.
pub(crate) fn follow(state: &mut AppState) {
    let shown = state.viewer.pane().and_then(|pane| pane.shown.as_ref());
    let loaded = shown.map(|shown| Arc::clone(&shown.loaded));
    let image = state.viewer.pane().and_then(|pane| pane.image);
    let study = image.and_then(|image| state.case()?.study_of(image)?.source.clone());
    state.viewer.offered_states = match (loaded, study) {
        (Some(loaded), Some(study)) => {
            let all = state.frames.states(&study).unwrap_or_default();
            let is_for = |found: &&Arc<PresentationState>| {
                found.applies_to(&loaded.key.uid, loaded.key.frame) && !found.is_subtraction
            };
            all.iter().filter(is_for).cloned().collect()
        }
        _ => Vec::new(),
    };
}

/// Lays the states over their images again that were on before the window began anew, once they are read.
pub(crate) fn take_up(state: &mut AppState) {
    for index in 0..state.viewer.panes.len() {
        let pane = state.viewer.panes.get(index);
        let Some((image, awaited)) = pane.and_then(|pane| Some((pane.image?, pane.awaited.clone()?))) else {
            continue;
        };
        let study = state.case().and_then(|case| case.study_of(image)?.source.clone());
        let Some(all) = study.map_or_else(|| Some(Arc::default()), |study| state.frames.states(&study))
        else {
            continue;
        };
        let found = all.iter().find(|found| found.instance.as_ref() == Some(&awaited.state)).cloned();
        let Some(pane) = state.viewer.panes.get_mut(index) else { continue };
        pane.awaited = None;
        if found.is_some() {
            pane.state = found;
            pane.windowing = awaited.windowing;
        }
    }
}

/// There is a state for what is shown.
///
/// # Errors
/// There is none.
pub(crate) fn has_one(state: &AppState) -> Result<(), WhyNot> {
    if state.viewer.offered_states.is_empty() {
        Err("no presentation state lists this image")
    } else {
        Ok(())
    }
}

/// A state is on.
///
/// # Errors
/// None is.
pub(crate) fn is_on(state: &AppState) -> Result<(), WhyNot> {
    let is_on = state.viewer.pane().is_some_and(|pane| pane.state.is_some());
    if is_on { Ok(()) } else { Err("no presentation state is on") }
}

/// The next state that is offered; after the last none.
pub(crate) fn next(state: &mut AppState) {
    let now = state.viewer.pane().and_then(|pane| pane.state.clone());
    let all = &state.viewer.offered_states;
    let at = now.and_then(|now| all.iter().position(|found| Arc::ptr_eq(found, &now)));
    let next = all.get(at.map_or(0, |at| at + 1)).cloned();
    show(state, next);
}

/// Shows the image in focus by a state, or without one again.
pub(crate) fn show(state: &mut AppState, wanted: Option<Arc<PresentationState>>) {
    let image = state.viewer.pane().and_then(|pane| pane.image);
    let image = image.and_then(|id| state.case()?.image(id)).cloned();
    state.viewer.is_as_exported = false;
    let (Some(pane), Some(image)) = (state.viewer.pane_mut(), image) else { return };
    pane.exported = None;
    pane.awaited = None;
    let Some(wanted) = wanted else {
        let (frame, playing) = (pane.frame, pane.playing);
        pane.show(&image);
        (pane.frame, pane.playing) = (frame, playing);
        return;
    };
    match switch_on(pane, &wanted) {
        Ok(()) => {}
        Err(why) => {
            let name = name_of(&wanted);
            state.toasts.say(format!("The presentation state {name} is not shown, the image stays: {why}"));
        }
    }
}

pub(crate) fn switch_on(pane: &mut Pane, wanted: &Arc<PresentationState>) -> Result<(), String> {
    let shown = pane.shown.as_ref().ok_or("the image is not there yet")?;
    pipeline(wanted, &shown.loaded, Windowing::State, false).map_err(|error| error.to_string())?;
    let of = applied(wanted, &shown.loaded);
    let extent = Extent::of(&shown.loaded.frame, state_aspect(of, shown.loaded.aspect));
    let size = [shown.lens.view.width, shown.lens.view.height];
    pane.framing = framing(of, &extent, size);
    pane.state = Some(Arc::clone(wanted));
    pane.windowing = Windowing::State;
    pane.is_inverted = false;
    Ok(())
}

#[cfg(test)]
mod tests {
    use calx_model::SopInstanceUid;
    use calx_model::presentation_state::{DisplayedArea, Scoped, SizeMode};

    use super::*;

    #[test]
    fn the_displayed_area_fills_the_pane() {
        let instance = SopInstanceUid::new("1.2.3").unwrap();
        let area = |edges| PresentationState {
            quarter_turns: 1,
            areas: vec![Scoped {
                images: None,
                value: DisplayedArea { edges, size: SizeMode::ScaleToFit, pixel_aspect: None },
            }],
            ..PresentationState::default()
        };
        let extent = Extent { columns: 200.0, rows: 100.0, aspect: 1.0 };
        let of = |state: &PresentationState| {
            let of = StateFrame { state, instance: &instance, frame: 1, columns: 200, rows: 100 };
            framing(of, &extent, [400, 400])
        };
        let part = of(&area([50.0, 20.0, 150.0, 70.0]));
        // A hundred columns, turned by a quarter, are as high as the pane.
        assert_eq!((part.zoom, part.quarter_turns), (Some(4.0), 1));
        assert_eq!(part.centre, Some(calx_geometry::Point::new(100.0, 45.0)));
        let whole = of(&area([0.0, 0.0, 200.0, 100.0]));
        assert_eq!((whole.zoom, whole.centre), (None, None));
    }
}

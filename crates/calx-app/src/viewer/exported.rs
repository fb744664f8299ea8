//! The case as others will see it: images shown by the presentation states that an export writes, made and read back.
//!
//! Not here: making one (`calx_export::OwnState`), showing by a state (`states`).
//!
//! Invariants
//! - What is shown is of the case as it is now: an edit has the state made anew.
//! - The window's own marks are not drawn over those of the state.
//! - A tool that draws, and another window or state, lead back to the case.

use std::path::PathBuf;
use std::sync::Arc;

use calx_dicom::{FrameSource, WorkerOptions};
use calx_export::OwnState;
use calx_model::{Case, ImageId, PresentationState, Schema};
use calx_workspace::Workspace;

use super::state::Pane;
use super::states;
use super::toolbox::{self, ToolKind};
use super::window::Windowing;
use crate::seams::{PaneId, WhyNot};
use crate::state::{AppState, has_case};
use crate::work::saver::words;
use crate::work::{Desk, Told, Wake};

/// How far a pane is with it, by revisions of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AsExported {
    asked: Option<u64>,
    made: Option<u64>,
}

impl AsExported {
    /// Whether a state is there to show the image by.
    #[must_use]
    pub const fn is_made(self) -> bool {
        self.made.is_some()
    }
}

#[derive(Debug)]
struct Ask {
    pane: PaneId,
    revision: u64,
    root: PathBuf,
    case: Box<Case>,
    schema: Schema,
    image: ImageId,
}

#[derive(Debug)]
struct Made {
    pane: PaneId,
    revision: u64,
    image: ImageId,
    state: Result<(PresentationState, Vec<String>), String>,
}

/// The thread that makes states.
#[derive(Debug, Default)]
pub(crate) struct Maker {
    desk: Option<Desk<Ask, Made>>,
}

impl Maker {
    /// Whether nothing is being made.
    pub(crate) fn is_idle(&self) -> bool {
        self.desk.as_ref().is_none_or(Desk::is_idle)
    }

    fn ask(&mut self, ask: Ask, workers: &WorkerOptions, wake: &Wake) {
        if self.desk.is_none() {
            // What is shown was decoded by the window's own; here frames are read once, and seldom.
            let frames = FrameSource::new(0, workers.clone());
            let opened = Desk::open("own-states", wake, move |ask: Ask, out| out.tell(make(&ask, &frames)));
            match opened {
                Ok(desk) => self.desk = Some(desk),
                Err(error) => tracing::warn!(%error, "no thread to make presentation states on"),
            }
        }
        if let Some(desk) = &self.desk {
            desk.ask(ask);
        }
    }
}

fn make(ask: &Ask, frames: &FrameSource) -> Made {
    let Ask { pane, revision, root, case, schema, image } = ask;
    let state = || -> Result<(PresentationState, Vec<String>), String> {
        let workspace = Workspace::open(root).map_err(|error| words(&error))?;
        let image = case.image(*image).ok_or("the image is gone")?;
        let locator = workspace.locate(&image.source).map_err(|error| words(&error))?;
        let own = OwnState {
            case,
            image,
            schema,
            locator: &locator,
            frames,
            only: None,
            calx_version: env!("CARGO_PKG_VERSION"),
        };
        own.make().map_err(|error| words(&error))
    };
    Made { pane: *pane, revision: *revision, image: *image, state: state() }
}

/// There is an image of a case to show so.
///
/// # Errors
/// There is none.
pub(crate) fn may_view(state: &AppState) -> Result<(), WhyNot> {
    has_case(state)?;
    if state.root.is_none() {
        return Err("no workspace is open");
    }
    let has_image = state.case().is_some_and(|case| case.images().next().is_some());
    if has_image { Ok(()) } else { Err("this case has no image") }
}

/// Shows the case as exported, or as it is again.
pub(crate) fn toggle(state: &mut AppState) {
    if state.viewer.is_as_exported {
        state.viewer.is_as_exported = false;
        return;
    }
    if state.viewer.tool.shape().is_some() {
        toolbox::take(state, ToolKind::Window);
    }
    state.viewer.is_as_exported = true;
    let case = state.session.as_deref().map(crate::seams::Session::case);
    let seen = state.viewer.panes.iter().take(state.viewer.layout.panes());
    let differs = seen.filter_map(|pane| Some((pane, case?.image(pane.image?)?))).any(|(pane, image)| {
        let kept = image.display;
        let is_so = pane.windowing == Windowing::Choice(kept.window)
            && pane.is_inverted == kept.invert
            && pane.framing.quarter_turns == kept.quarter_turns % 4
            && pane.framing.is_mirrored == kept.flip_horizontal;
        !is_so
    });
    if differs {
        state.toasts.say(
            "An export shows images as the case keeps them, not as they stood here; “Keep this view in the case” keeps a view",
        );
    }
}

/// Brings the panes after it: asks for states, and shows by those that came.
pub(crate) fn follow(state: &mut AppState) {
    take_in(state);
    let viewer = &mut state.viewer;
    let was_left = |pane: &Pane| pane.exported.is_some_and(AsExported::is_made) && pane.state.is_none();
    if viewer.tool.shape().is_some() || viewer.panes.iter().any(was_left) {
        viewer.is_as_exported = false;
    }
    let Some(session) = state.session.as_deref() else { return };
    let case = session.case();
    if !viewer.is_as_exported {
        for pane in viewer.panes.iter_mut().filter(|pane| pane.exported.is_some()) {
            let is_shown_so = pane.is_as_exported();
            pane.exported = None;
            if let Some(image) = pane.image.and_then(|id| case.image(id)).filter(|_| is_shown_so) {
                let (frame, playing) = (pane.frame, pane.playing);
                pane.show(image);
                (pane.frame, pane.playing) = (frame, playing);
            }
        }
        return;
    }
    let Some(root) = &state.root else { return };
    let mut asks = Vec::new();
    for index in viewer.seen() {
        let Some(pane) = viewer.panes.get_mut(index) else { continue };
        let Some(image) = pane.image.and_then(|id| case.image(id)) else { continue };
        if pane.exported.is_none() {
            pane.show(image);
            pane.exported = Some(AsExported::default());
        }
        let first = image.display.frame.clamp(1, image.frames.max(1));
        let shown = pane.shown.as_ref().map(|shown| &shown.loaded);
        let is_there =
            shown.is_some_and(|loaded| loaded.key.uid == image.source && loaded.key.frame == first);
        if let Some(exported) = &mut pane.exported
            && is_there
            && exported.asked != Some(case.revision)
        {
            exported.asked = Some(case.revision);
            asks.push(Ask {
                pane: pane.id,
                revision: case.revision,
                root: root.clone(),
                case: Box::new(case.clone()),
                schema: session.schema().clone(),
                image: image.id,
            });
        }
    }
    let Some(workers) = &state.exports.workers else { return };
    for ask in asks {
        viewer.maker.ask(ask, workers, &state.wake);
    }
}

fn take_in(state: &mut AppState) {
    let told = state.viewer.maker.desk.as_ref().map(Desk::take).unwrap_or_default();
    for told in told {
        match told {
            Told::Said(made) => show(state, made),
            Told::Broke(why) => {
                state.viewer.is_as_exported = false;
                state.toasts.say(format!("The case is not shown as exported: making it broke down: {why}"));
            }
        }
    }
}

fn show(state: &mut AppState, made: Made) {
    let Made { pane, revision, image, state: found } = made;
    let is_of_it = |found: &&mut Pane| {
        found.id == pane
            && found.image == Some(image)
            && found.exported.is_some_and(|exported| exported.asked == Some(revision))
    };
    let Some(pane) = state.viewer.panes.iter_mut().find(is_of_it) else { return };
    let result = found.and_then(|(own, told)| {
        let own = Arc::new(own);
        let before = pane.exported.and_then(|exported| exported.made);
        // What is looked at stays where it is: only what the state says is new.
        if before.is_some() && pane.state.is_some() {
            pane.state = Some(own);
        } else {
            states::switch_on(pane, &own)?;
        }
        pane.exported = Some(AsExported { asked: Some(revision), made: Some(revision) });
        Ok((told, before.is_none()))
    });
    match result {
        Ok((told, true)) => {
            told.into_iter().for_each(|told| state.toasts.say(format!("As exported: {told}")));
        }
        Ok((_, false)) => {}
        Err(why) => state.toasts.say(format!("Not shown as exported, the image stays as it is: {why}")),
    }
}

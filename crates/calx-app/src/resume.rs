//! What is in hand, told to the window that takes over when the graphics device is lost: the same case, images, views,
//! windows and tool.
//!
//! Not here: what was marked and written, which is on disk before (`work::saver`); starting again (`calx-cli`).
//!
//! Invariants
//! - Images are named by their instances: a study that no case was made of yet gets other ids when it is opened again.
//! - What does not fit any more is left as it is; nothing of it is an error.

use std::path::{Path, PathBuf};

use calx_geometry::Point;
use calx_model::{CaseId, ImageId, RegionId, SopInstanceUid, StatementId, StudyInstanceUid, WindowChoice};
use serde::{Deserialize, Serialize};

use crate::state::{AppState, Screen};
use crate::viewer::points::Framing;
use crate::viewer::state::{Awaited, CornerText, Layout, Viewer};
use crate::viewer::window::{PRESETS, Windowing};
use crate::viewer::{Pane, ToolKind, toolbox};
use crate::work::saver::Wanted;

/// What is in hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resume {
    root: Option<PathBuf>,
    case: Option<CaseId>,
    study: Option<StudyInstanceUid>,
    screen: ScreenLeft,
    scale: f32,
    /// Panes across and down.
    grid: [usize; 2],
    focus: usize,
    is_maximised: bool,
    is_linked: bool,
    has_panels: bool,
    #[serde(default)]
    is_as_exported: bool,
    corner: u8,
    /// The tool's command.
    tool: String,
    label: Option<String>,
    panes: Vec<PaneLeft>,
    regions: Vec<RegionId>,
    statement: Option<StatementId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScreenLeft {
    Library,
    Viewer,
    Case,
}

/// One pane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct PaneLeft {
    image: Option<SopInstanceUid>,
    frame: u32,
    zoom: Option<f64>,
    centre: Option<[f64; 2]>,
    quarter_turns: u8,
    is_mirrored: bool,
    window: WindowLeft,
    is_inverted: bool,
    /// The presentation state it is shown by.
    #[serde(default)]
    state: Option<SopInstanceUid>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WindowLeft {
    Choice(WindowChoice),
    Preset(String),
    /// As the presentation state says.
    State,
}

const CORNERS: [CornerText; 3] = [CornerText::Full, CornerText::Short, CornerText::None];
const LAYOUTS: [Layout; 4] = [Layout::One, Layout::TwoAcross, Layout::TwoDown, Layout::Four];

impl Resume {
    /// What is in hand now.
    #[must_use]
    pub fn of(state: &AppState) -> Self {
        let (viewer, case) = (&state.viewer, state.case());
        // A study that was only looked at has no case on disk, and no number.
        let is_born = case.is_some_and(|case| case.number.is_some());
        let study = case.and_then(|case| case.studies.iter().find_map(|study| study.source.clone()));
        let source_of = |id: ImageId| Some(case?.image(id)?.source.clone());
        Self {
            root: state.root.clone(),
            case: case.map(|case| case.id).filter(|_| is_born),
            study: study.filter(|_| !is_born),
            screen: match state.screen {
                Screen::Viewer => ScreenLeft::Viewer,
                Screen::Case => ScreenLeft::Case,
                _ => ScreenLeft::Library,
            },
            scale: state.settings.scale,
            grid: viewer.layout.grid(),
            focus: viewer.focus,
            is_maximised: viewer.is_maximised,
            is_linked: viewer.is_linked,
            has_panels: viewer.has_panels,
            is_as_exported: viewer.is_as_exported,
            corner: CORNERS
                .iter()
                .position(|c| *c == viewer.corner)
                .and_then(|at| at.try_into().ok())
                .unwrap_or(0),
            tool: viewer.tool.command().to_owned(),
            label: viewer.label.clone(),
            panes: viewer.panes.iter().map(|pane| PaneLeft::of(pane, source_of)).collect(),
            regions: state.selection.regions.iter().copied().filter(|_| is_born).collect(),
            statement: state.selection.statement.filter(|_| is_born),
        }
    }

    /// The workspace.
    #[must_use]
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Size of everything but images.
    #[must_use]
    pub fn scale(&self) -> f32 {
        if self.scale.is_finite() { self.scale.clamp(0.75, 2.0) } else { 1.0 }
    }

    /// Waits until nobody holds its case, at most so long.
    pub(crate) fn wait_until_free(&self, patience: std::time::Duration) {
        let (Some(root), Some(case)) = (&self.root, self.case) else { return };
        let began = std::time::Instant::now();
        while began.elapsed() < patience {
            let taken =
                calx_workspace::Workspace::open(root).and_then(|workspace| workspace.write_case(case));
            if !matches!(taken, Err(calx_workspace::WorkspaceError::LockedBy { .. })) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// What is to be opened first.
    pub(crate) fn take_wanted(&self) -> Option<Wanted> {
        self.case.map(Wanted::Case).or_else(|| self.study.clone().map(Wanted::Study))
    }

    fn give_back(&self, state: &mut AppState) {
        let sources: Vec<(SopInstanceUid, ImageId)> = state.case().map_or_else(Vec::new, |case| {
            case.images().map(|(_, image)| (image.source.clone(), image.id)).collect()
        });
        let viewer = &mut state.viewer;
        if let Some(layout) = LAYOUTS.into_iter().find(|layout| layout.grid() == self.grid) {
            viewer.layout = layout;
        }
        viewer.focus = self.focus.min(viewer.layout.panes() - 1);
        viewer.is_maximised = self.is_maximised;
        viewer.is_linked = self.is_linked;
        viewer.has_panels = self.has_panels;
        viewer.is_as_exported = self.is_as_exported;
        viewer.label.clone_from(&self.label);
        viewer.corner = CORNERS.get(usize::from(self.corner)).copied().unwrap_or_default();
        for (index, left) in self.panes.iter().enumerate() {
            let Some(source) = &left.image else { continue };
            let image = sources.iter().find(|(uid, _)| uid == source).map(|(_, id)| *id);
            let found = image.and_then(|id| state.session.as_deref()?.case().image(id));
            if let (Some(image), Some(pane)) = (found, state.viewer.panes.get_mut(index)) {
                pane.show(image);
                left.give_back(pane);
            }
        }
        let shown = focused(&state.viewer);
        state.viewer.followed = shown;
        state.selection.image = shown;
        if let Some(session) = state.session.as_deref() {
            state.selection.regions = self.regions.iter().copied().collect();
            state.selection.statement = self.statement;
            state.selection.keep_to(session.case());
            // Already in view as it was: nothing is brought there anew.
            state.viewer.seen_selection = state.selection.regions.clone();
        }
        state.screen = match self.screen {
            ScreenLeft::Library => Screen::Library,
            ScreenLeft::Viewer => Screen::Viewer,
            ScreenLeft::Case => Screen::Case,
        };
        if let Some(tool) = ToolKind::ALL.into_iter().find(|tool| tool.command() == self.tool) {
            toolbox::take(state, tool);
        }
    }
}

fn focused(viewer: &Viewer) -> Option<ImageId> {
    viewer.pane().and_then(|pane| pane.image)
}

impl PaneLeft {
    fn of(pane: &Pane, source_of: impl Fn(ImageId) -> Option<SopInstanceUid>) -> Self {
        let Framing { zoom, centre, quarter_turns, is_mirrored } = pane.framing;
        // The state of an export is made anew, and one that is on its way still counts.
        let chosen = pane.state.as_ref().filter(|_| pane.exported.is_none());
        let chosen = chosen.and_then(|state| state.instance.clone());
        let awaited = pane.awaited.as_ref();
        let windowing = awaited.map_or(pane.windowing, |awaited| awaited.windowing);
        let state = chosen.or_else(|| awaited.map(|awaited| awaited.state.clone()));
        Self {
            image: pane.image.and_then(source_of),
            frame: pane.frame,
            zoom,
            centre: centre.map(|centre| [centre.x, centre.y]),
            quarter_turns,
            is_mirrored,
            window: match windowing {
                Windowing::Choice(choice) => WindowLeft::Choice(choice),
                Windowing::Preset(preset) => WindowLeft::Preset(preset.name.to_owned()),
                Windowing::State if state.is_some() => WindowLeft::State,
                // Without a name it cannot be found again.
                Windowing::State => WindowLeft::Choice(WindowChoice::default()),
            },
            is_inverted: pane.is_inverted,
            state,
        }
    }

    fn give_back(&self, pane: &mut Pane) {
        pane.frame = self.frame.max(1);
        pane.framing = Framing {
            zoom: self.zoom.filter(|zoom| zoom.is_finite() && *zoom > 0.0),
            centre: self.centre.map(|[x, y]| Point::new(x, y)).filter(|centre| centre.is_finite()),
            quarter_turns: self.quarter_turns % 4,
            is_mirrored: self.is_mirrored,
        };
        let windowing = match &self.window {
            WindowLeft::Choice(choice) => Some(Windowing::Choice(*choice)),
            WindowLeft::Preset(name) => {
                PRESETS.iter().find(|preset| preset.name == name).copied().map(Windowing::Preset)
            }
            WindowLeft::State => Some(Windowing::State),
        };
        match (windowing, &self.state) {
            // The state is read again first; until then the image is shown as the case shows it.
            (Some(windowing), Some(state)) => {
                pane.awaited = Some(Awaited { state: state.clone(), windowing });
            }
            (Some(windowing), None) if windowing != Windowing::State => pane.windowing = windowing,
            _ => {}
        }
        pane.is_inverted = self.is_inverted;
    }
}

/// Puts what was in hand there again, as soon as its case is open and hung.
pub(crate) fn take_up(state: &mut AppState) {
    let Some(resume) = &state.resume else { return };
    let has_opened = state.case().is_some_and(|case| state.viewer.hung == Some(case.id));
    let has_none = resume.case.is_none() && resume.study.is_none();
    if !(has_opened || has_none) {
        return;
    }
    if let Some(resume) = state.resume.take() {
        resume.give_back(state);
    }
}

//! What the viewer knows: layout, panes, the tool in hand, what is being done with the pointer.
//!
//! Not here: the case, what is selected, pictures.
//!
//! Invariants
//! - Panes name images of the case in hand by id; one that is gone is empty.
//! - A view is not part of the case until a person keeps it.

use std::collections::BTreeMap;
use std::sync::Arc;

use calx_model::{
    Case, CaseId, CaseImage, DisplayPipeline, ImageId, PresentationState, RegionId, Shape, ShapeKind, Side,
    SopInstanceUid,
};
use calx_render::DisplayTable;
use calx_tools::{Outline, Tool};

use super::calibrate::Known;
use super::exported::{AsExported, Maker};
use super::layer::Layers;
use super::measured::Measured;
use super::points::{Extent, Framing, Lens};
use super::toolbox::ToolKind;
use super::window::{Ground, Windowing};
use crate::seams::{FrameKey, LoadedFrame, PaneId};
use crate::shell::settings::Hands;

/// How panes are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// One.
    #[default]
    One,
    /// Two side by side.
    TwoAcross,
    /// Two one above the other.
    TwoDown,
    /// Four.
    Four,
}

impl Layout {
    /// Panes across and down.
    #[must_use]
    pub const fn grid(self) -> [usize; 2] {
        match self {
            Self::One => [1, 1],
            Self::TwoAcross => [2, 1],
            Self::TwoDown => [1, 2],
            Self::Four => [2, 2],
        }
    }

    /// How many panes there are.
    #[must_use]
    pub const fn panes(self) -> usize {
        let [across, down] = self.grid();
        across * down
    }
}

/// How much text stands over an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CornerText {
    /// All of it.
    #[default]
    Full,
    /// Window and side.
    Short,
    /// None; badges stay.
    None,
}

impl CornerText {
    /// The next in turn.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Full => Self::Short,
            Self::Short => Self::None,
            Self::None => Self::Full,
        }
    }
}

/// What a pane showed in the last pass.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The frame.
    pub loaded: Arc<LoadedFrame>,
    /// The chain it went through.
    pub pipeline: Arc<DisplayPipeline>,
    /// Where it stood.
    pub lens: Lens,
    /// How large it is, by the shape of a pixel that counts.
    pub extent: Extent,
}

impl Shown {
    /// What a drag of the window goes by, whatever inverts the greys.
    #[must_use]
    pub fn ground(&self) -> Ground {
        Ground { is_inverted: self.pipeline.invert, ..Ground::of(&self.loaded, false) }
    }
}

/// A table and what it was made for.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) key: FrameKey,
    pub(crate) windowing: Windowing,
    pub(crate) state: Option<Arc<PresentationState>>,
    pub(crate) is_inverted: bool,
    pub(crate) pipeline: Arc<DisplayPipeline>,
    pub(crate) table: Arc<DisplayTable>,
}

/// A clip that runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Playing {
    /// When the frame shown came up, by the clock of the window.
    pub since: f64,
}

/// A presentation state that is laid over an image as soon as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Awaited {
    /// Which.
    pub state: SopInstanceUid,
    /// The window then: the state's, or one by hand over it.
    pub windowing: Windowing,
}

/// One pane.
#[derive(Debug)]
pub struct Pane {
    /// For the painter.
    pub id: PaneId,
    /// What it shows.
    pub image: Option<ImageId>,
    /// From 1.
    pub frame: u32,
    /// Zoom, place, turns.
    pub framing: Framing,
    /// Its window.
    pub windowing: Windowing,
    /// The presentation state it is shown by.
    pub state: Option<Arc<PresentationState>>,
    /// One that is on its way, after the window began anew.
    pub awaited: Option<Awaited>,
    /// It shows, or will show, the image by the state that an export writes.
    pub exported: Option<AsExported>,
    /// Greys turned over by hand.
    pub is_inverted: bool,
    /// How fast a clip runs, 1 as it was taken.
    pub speed: f64,
    /// A clip that runs.
    pub playing: Option<Playing>,
    /// What it showed in the last pass.
    pub shown: Option<Shown>,
    pub(crate) made: Option<Made>,
    /// Parts of a step that a wheel left over.
    pub(crate) wheel: f64,
}

impl Pane {
    fn new(number: u32) -> Self {
        Self {
            id: PaneId(number),
            image: None,
            frame: 1,
            framing: Framing::default(),
            windowing: Windowing::default(),
            state: None,
            awaited: None,
            exported: None,
            is_inverted: false,
            speed: 1.0,
            playing: None,
            shown: None,
            made: None,
            wheel: 0.0,
        }
    }

    /// Shows an image as its case says it is to be shown.
    pub fn show(&mut self, image: &CaseImage) {
        let display = image.display;
        self.image = Some(image.id);
        self.frame = display.frame.clamp(1, image.frames.max(1));
        self.framing = Framing {
            quarter_turns: display.quarter_turns % 4,
            is_mirrored: display.flip_horizontal,
            ..Framing::default()
        };
        self.windowing = Windowing::Choice(display.window);
        self.state = None;
        self.awaited = None;
        self.exported = None;
        self.is_inverted = display.invert;
        self.playing = None;
        self.shown = None;
        self.made = None;
        self.wheel = 0.0;
    }

    /// Whether the image is shown by the state that an export writes.
    #[must_use]
    pub fn is_as_exported(&self) -> bool {
        self.state.is_some() && self.exported.is_some_and(AsExported::is_made)
    }

    /// The size of what is shown.
    #[must_use]
    pub fn extent(&self) -> Option<Extent> {
        self.shown.as_ref().map(|shown| shown.extent)
    }

    /// Pixels of the screen the pane had in the last pass.
    #[must_use]
    pub fn size(&self) -> Option<[u32; 2]> {
        self.shown.as_ref().map(|shown| [shown.lens.view.width, shown.lens.view.height])
    }
}

/// What the pointer does, from press to release.
#[derive(Debug, Clone)]
pub(crate) struct Gesture {
    pub(crate) pane: usize,
    pub(crate) button: egui::PointerButton,
    pub(crate) from: egui::Pos2,
    pub(crate) kind: GestureKind,
    /// It went farther than a click does.
    pub(crate) has_moved: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum GestureKind {
    /// The image goes with the pointer.
    Pan { framing: Framing },
    /// Up in, down out, about the press.
    Zoom { framing: Framing },
    /// Window and level.
    Window { start: calx_model::Window },
    /// A box to take the window from.
    WindowBox { to: egui::Pos2 },
    /// The tool has it.
    Tool,
}

/// A region as lines, kept as long as its shape and words are the same.
#[derive(Debug, Clone)]
pub(crate) struct Traced {
    pub(crate) image: ImageId,
    pub(crate) shape: Shape,
    pub(crate) outline: Arc<Outline>,
    pub(crate) words: Arc<str>,
}

/// Words of an arrow being typed.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) region: RegionId,
    pub(crate) text: String,
    pub(crate) is_new: bool,
}

/// What the viewer knows.
#[derive(Debug)]
pub struct Viewer {
    /// The case the panes were hung for.
    pub(crate) hung: Option<CaseId>,
    /// How panes are laid out.
    pub layout: Layout,
    /// All there can be; the layout shows the first of them.
    pub panes: Vec<Pane>,
    /// The pane that keys act on.
    pub focus: usize,
    /// One pane fills the room of all.
    pub is_maximised: bool,
    /// Windows of alike images move together.
    pub is_linked: bool,
    /// Text over the images.
    pub corner: CornerText,
    /// Whether strip and findings are shown.
    pub has_panels: bool,
    /// Which tool is in hand.
    pub tool: ToolKind,
    /// The tool itself, when it draws.
    pub(crate) machine: Option<Box<dyn Tool>>,
    /// The label chosen last.
    pub label: Option<String>,
    pub(crate) gesture: Option<Gesture>,
    pub(crate) traced: BTreeMap<RegionId, Traced>,
    /// Regions that went with the last change: what undo takes away is seen going.
    pub(crate) gone: BTreeMap<RegionId, Traced>,
    pub(crate) traced_at: Option<(CaseId, u64)>,
    pub(crate) note: Option<Note>,
    /// The region that this room set as pointed at.
    pub(crate) pointed_region: Option<RegionId>,
    /// It did so in the last pass.
    pub(crate) is_pointing: bool,
    /// The image that was last asked for from outside.
    pub(crate) followed: Option<ImageId>,
    /// What was selected in the last pass.
    pub(crate) seen_selection: std::collections::BTreeSet<RegionId>,
    /// The region under the pointer at the last right click.
    pub(crate) menu_region: Option<RegionId>,
    /// What is selected, in the order in which it was.
    pub(crate) chosen: Vec<RegionId>,
    /// Regions copied last, as text.
    pub(crate) copied: String,
    /// What the clipboard of the system is to hold.
    pub(crate) to_clipboard: Option<String>,
    /// A length whose millimetres are being typed.
    pub(crate) known: Option<Known>,
    /// Numbers of regions.
    pub(crate) measured: Measured,
    /// Presentation states for what the pane in focus shows.
    pub(crate) offered_states: Vec<Arc<PresentationState>>,
    /// What lies over the images besides marks.
    pub(crate) layers: Layers,
    /// The case is shown as an export of it will be.
    pub is_as_exported: bool,
    /// Makes the states for that.
    pub(crate) maker: Maker,
}

impl Default for Viewer {
    fn default() -> Self {
        Self {
            hung: None,
            layout: Layout::default(),
            panes: (0..4).map(Pane::new).collect(),
            focus: 0,
            is_maximised: false,
            is_linked: true,
            corner: CornerText::default(),
            has_panels: true,
            tool: ToolKind::default(),
            machine: None,
            label: None,
            gesture: None,
            traced: BTreeMap::new(),
            gone: BTreeMap::new(),
            traced_at: None,
            note: None,
            pointed_region: None,
            is_pointing: false,
            followed: None,
            seen_selection: std::collections::BTreeSet::new(),
            menu_region: None,
            chosen: Vec::new(),
            copied: String::new(),
            to_clipboard: None,
            known: None,
            measured: Measured::default(),
            offered_states: Vec::new(),
            layers: Layers::default(),
            is_as_exported: false,
            maker: Maker::default(),
        }
    }
}

impl Viewer {
    /// The pane that keys act on.
    #[must_use]
    pub fn pane(&self) -> Option<&Pane> {
        self.panes.get(self.focus)
    }

    /// The same, to be changed.
    pub fn pane_mut(&mut self) -> Option<&mut Pane> {
        self.panes.get_mut(self.focus)
    }

    /// The indices of the panes that are seen.
    #[must_use]
    pub fn seen(&self) -> std::ops::Range<usize> {
        if self.is_maximised { self.focus..self.focus + 1 } else { 0..self.layout.panes() }
    }

    /// The pane that shows an image, the one in focus before others.
    #[must_use]
    pub fn pane_of(&self, image: ImageId) -> Option<usize> {
        let shows = |index: &usize| self.panes.get(*index).is_some_and(|pane| pane.image == Some(image));
        self.seen().find(|index| *index == self.focus && shows(index)).or_else(|| self.seen().find(shows))
    }

    /// Whether nothing is being worked out.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.measured.is_idle() && self.layers.is_idle() && self.maker.is_idle()
    }

    /// The frame that is shown of an image.
    pub(crate) fn loaded(&self, image: ImageId) -> Option<&Arc<LoadedFrame>> {
        let pane = self.panes.get(self.pane_of(image)?)?;
        pane.shown.as_ref().map(|shown| &shown.loaded)
    }

    /// Whether a drawing is begun that Escape would give up.
    #[must_use]
    pub fn is_drawing(&self) -> bool {
        self.machine.as_deref().is_some_and(Tool::is_open)
    }

    /// The case shows other images: panes are hung anew.
    pub(crate) fn hang(&mut self, case: &Case, hands: Hands) {
        // Asked for on another screen, before the images of this case were hung.
        let is_as_exported = self.is_as_exported && self.hung.is_none();
        *self = Self {
            hung: Some(case.id),
            is_as_exported,
            corner: self.corner,
            has_panels: self.has_panels,
            tool: self.tool,
            label: self.label.take(),
            copied: std::mem::take(&mut self.copied),
            to_clipboard: self.to_clipboard.take(),
            ..Self::default()
        };
        self.machine = self.tool.machine();
        let (layout, mut images) = hanging(case);
        if hands == Hands::LeftFirst && layout == Layout::TwoAcross {
            images.reverse();
        }
        self.layout = layout;
        for (pane, image) in self.panes.iter_mut().zip(images) {
            pane.show(image);
        }
        self.followed = self.pane().and_then(|pane| pane.image);
    }

    /// Another layout; panes that come to be seen and are empty show the images that no pane shows.
    pub fn lay_out(&mut self, layout: Layout, case: Option<&Case>) {
        self.layout = layout;
        self.is_maximised = false;
        self.focus = self.focus.min(layout.panes() - 1);
        let Some(case) = case else { return };
        let seen: Vec<ImageId> =
            self.panes.iter().take(layout.panes()).filter_map(|pane| pane.image).collect();
        let mut free = case.images().map(|(_, image)| image).filter(|image| !seen.contains(&image.id));
        for pane in self.panes.iter_mut().take(layout.panes()).filter(|pane| pane.image.is_none()) {
            if let Some(image) = free.next() {
                pane.show(image);
            }
        }
    }

    /// Shows an image in the pane in focus.
    pub fn show(&mut self, image: &CaseImage) {
        self.note = None;
        if let Some(pane) = self.pane_mut()
            && pane.image != Some(image.id)
        {
            pane.show(image);
        }
    }

    /// The label that a new region of that kind gets: the one chosen last where it may have the shape, else the first
    /// that may.
    #[must_use]
    pub fn label_for(&self, kind: ShapeKind, schema: &calx_model::Schema) -> String {
        let may = |name: &&String| schema.label(name).is_some_and(|label| label.shapes.contains(&kind));
        let first =
            || schema.labels.iter().find(|label| label.shapes.contains(&kind)).or(schema.labels.first());
        self.label
            .as_ref()
            .filter(may)
            .cloned()
            .or_else(|| first().map(|label| label.name.clone()))
            .unwrap_or_default()
    }
}

/// How a case is hung: a right and a left hand of one study side by side, right first as one faces the reader; else
/// one image.
pub(crate) fn hanging(case: &Case) -> (Layout, Vec<&CaseImage>) {
    for study in &case.studies {
        let of = |side: Side| study.images.iter().filter(move |image| image.side() == Some(side));
        for right in of(Side::Right) {
            let is_pair = |left: &&CaseImage| left.view_position == right.view_position;
            if let Some(left) = of(Side::Left).find(is_pair) {
                return (Layout::TwoAcross, vec![right, left]);
            }
        }
    }
    (Layout::One, case.images().map(|(_, image)| image).take(1).collect())
}

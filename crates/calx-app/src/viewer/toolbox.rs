//! Tools in hand: what the pointer and keys of a pane say to them, and what becomes of their answers.
//!
//! Not here: what a tool makes of a gesture (`calx-tools`), the pointer itself (`pane`).
//!
//! Invariants
//! - An answer of a tool changes the case through [`AppState::apply`] alone.

use calx_geometry::Vector;
use calx_model::{Edit, RegionField, RegionId, Shape, ShapeKind, StatementId, Target};
use calx_tools::{
    BoxKind, BoxTool, BrushTool, FreehandTool, Input, Outcome, PathTool, PlacesKind, PlacesTool, PolygonTool,
    Scene, SelectTool, Tool, nudge,
};

use super::calibrate;
use super::several;
use super::state::Note;
use crate::seams::WhyNot;
use crate::state::{AppState, may_edit};

/// The tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ToolKind {
    /// Window and level.
    #[default]
    Window,
    /// Moves the image.
    Pan,
    /// Zooms.
    Zoom,
    /// Shows what is under the pointer larger.
    Magnifier,
    /// Selects, moves, edits vertices.
    Select,
    /// An outline, vertex by vertex.
    Polygon,
    /// An outline by hand.
    Freehand,
    /// An ellipse.
    Ellipse,
    /// A rectangle.
    Rectangle,
    /// A vessel.
    Path,
    /// Paints.
    Brush,
    /// Takes paint away.
    Eraser,
    /// A place.
    Point,
    /// A length.
    Length,
    /// An angle.
    Angle,
    /// An arrow with words.
    Arrow,
    /// A known length, which gives the image its scale.
    Calibrate,
}

impl ToolKind {
    /// All, in the order of the bar.
    pub const ALL: [Self; 17] = [
        Self::Window,
        Self::Pan,
        Self::Zoom,
        Self::Magnifier,
        Self::Select,
        Self::Polygon,
        Self::Freehand,
        Self::Ellipse,
        Self::Rectangle,
        Self::Path,
        Self::Brush,
        Self::Eraser,
        Self::Point,
        Self::Length,
        Self::Angle,
        Self::Arrow,
        Self::Calibrate,
    ];

    /// Its command.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::Window => "tool.window",
            Self::Pan => "tool.pan",
            Self::Zoom => "tool.zoom",
            Self::Magnifier => "tool.magnifier",
            Self::Select => "tool.select",
            Self::Polygon => "tool.polygon",
            Self::Freehand => "tool.freehand",
            Self::Ellipse => "tool.ellipse",
            Self::Rectangle => "tool.rectangle",
            Self::Path => "tool.path",
            Self::Brush => "tool.brush",
            Self::Eraser => "tool.eraser",
            Self::Point => "tool.point",
            Self::Length => "tool.length",
            Self::Angle => "tool.angle",
            Self::Arrow => "tool.arrow",
            Self::Calibrate => "tool.calibrate",
        }
    }

    /// What a region drawn with it is; none for tools that draw nothing.
    #[must_use]
    pub const fn shape(self) -> Option<ShapeKind> {
        match self {
            Self::Window | Self::Pan | Self::Zoom | Self::Magnifier | Self::Select => None,
            Self::Polygon | Self::Freehand => Some(ShapeKind::Area),
            Self::Ellipse => Some(ShapeKind::Ellipse),
            Self::Rectangle => Some(ShapeKind::Rectangle),
            Self::Path => Some(ShapeKind::Path),
            Self::Brush | Self::Eraser => Some(ShapeKind::Mask),
            Self::Point => Some(ShapeKind::Point),
            Self::Length | Self::Calibrate => Some(ShapeKind::Line),
            Self::Angle => Some(ShapeKind::Angle),
            Self::Arrow => Some(ShapeKind::Arrow),
        }
    }

    /// A fresh one, when it takes gestures of its own.
    pub(crate) fn machine(self) -> Option<Box<dyn Tool>> {
        Some(match self {
            Self::Window | Self::Pan | Self::Zoom | Self::Magnifier => return None,
            Self::Select => Box::new(SelectTool::default()),
            Self::Polygon => Box::new(PolygonTool::default()),
            Self::Freehand => Box::new(FreehandTool::default()),
            Self::Ellipse => Box::new(BoxTool::new(BoxKind::Ellipse)),
            Self::Rectangle => Box::new(BoxTool::new(BoxKind::Rectangle)),
            Self::Path => Box::new(PathTool::default()),
            Self::Brush => Box::new(BrushTool::new(false)),
            Self::Eraser => Box::new(BrushTool::new(true)),
            Self::Point => Box::new(PlacesTool::new(PlacesKind::Point)),
            Self::Length | Self::Calibrate => Box::new(PlacesTool::new(PlacesKind::Length)),
            Self::Angle => Box::new(PlacesTool::new(PlacesKind::Angle)),
            Self::Arrow => Box::new(PlacesTool::new(PlacesKind::Arrow)),
        })
    }
}

/// What keys do to the shape that is being drawn; none while nothing is.
#[must_use]
pub fn hint(state: &AppState) -> Option<&'static str> {
    state.viewer.is_drawing().then_some(match state.viewer.tool {
        ToolKind::Path => "Enter ends · Backspace takes a point back · [ ] width · Esc gives it up",
        ToolKind::Polygon => {
            "Enter or the first point closes · Backspace takes a point back · Esc gives it up"
        }
        ToolKind::Length | ToolKind::Angle | ToolKind::Arrow | ToolKind::Calibrate => {
            "Click the next point · Backspace takes one back · Esc gives it up"
        }
        ToolKind::Brush | ToolKind::Eraser => "[ ] size · Esc gives it up",
        _ => "Esc gives it up",
    })
}

/// Takes another tool in hand; what was begun is given up.
pub fn take(state: &mut AppState, tool: ToolKind) {
    let viewer = &mut state.viewer;
    if viewer.is_drawing() {
        state.toasts.say("The unfinished shape was given up");
    }
    viewer.gesture = None;
    viewer.tool = tool;
    viewer.machine = tool.machine();
}

/// Tells the tool in hand what was done in a pane. Whether it took notice.
pub(crate) fn send(state: &mut AppState, pane: usize, input: Input) -> bool {
    let Some(mut tool) = state.viewer.machine.take() else { return false };
    let name = tool.name();
    let outcome = with_scene(state, pane, |scene| tool.input(input, scene));
    state.viewer.machine = Some(tool);
    match outcome {
        None | Some(Outcome::Idle) => false,
        Some(outcome) => {
            settle(state, outcome, name);
            true
        }
    }
}

/// Moves what is selected by so many pixels of the image, as it is seen.
pub(crate) fn nudge_selected(state: &mut AppState, right: f64, down: f64) {
    let index = state.viewer.focus;
    let Some(shown) = state.viewer.pane().and_then(|pane| pane.shown.as_ref()) else { return };
    let scale = shown.lens.view.scale();
    let seen = shown.lens.view.image_from_target.vector(Vector::new(right * scale, down * scale));
    let by = Vector::new(seen.x.round(), seen.y.round());
    if let Some(outcome) = with_scene(state, index, |scene| nudge(by, scene)) {
        settle(state, outcome, "nudge");
    }
}

/// Why nothing can be drawn in a pane now.
///
/// # Errors
/// Why not.
pub(crate) fn may_draw(state: &AppState) -> Result<(), WhyNot> {
    may_edit(state)?;
    let image = state.viewer.pane().and_then(|pane| pane.image);
    if image.is_some() { Ok(()) } else { Err("there is no image in this pane") }
}

/// Runs `work` with what a tool draws in; none without an image.
pub(crate) fn with_scene<T>(
    state: &AppState,
    pane: usize,
    work: impl FnOnce(&mut Scene<'_>) -> T,
) -> Option<T> {
    let session = state.session.as_deref()?;
    let case = session.case();
    let pane = state.viewer.panes.get(pane)?;
    let image = case.image(pane.image?)?;
    let selected: Vec<RegionId> = state.selection.regions.iter().copied().collect();
    let hidden: Vec<RegionId> = state.selection.hidden.iter().copied().collect();
    let locked: Vec<RegionId> = state.selection.locked.iter().copied().collect();
    let kind = state.viewer.tool.shape().unwrap_or(ShapeKind::Area);
    let label = state.viewer.label_for(kind, session.schema());
    let mut scene = Scene {
        case,
        image,
        frame: pane.frame,
        px_per_point: pane.shown.as_ref()?.lens.px_per_point(),
        label: &label,
        statement: state.selection.statement,
        reading: case.current_reading()?.id,
        selected: &selected,
        hidden: &hidden,
        locked: &locked,
        new_id: uuid::Uuid::new_v4,
    };
    Some(work(&mut scene))
}

/// Does what a tool answered.
pub(crate) fn settle(state: &mut AppState, outcome: Outcome, tool: &'static str) {
    match outcome {
        Outcome::Idle | Outcome::Redraw => {}
        Outcome::Say(words) => state.toasts.say(sentence(words)),
        Outcome::Select(regions) => select(state, &regions),
        Outcome::Commit { edit, .. } if state.viewer.tool == ToolKind::Calibrate => {
            if let Some((image, ends)) = calibrate::line_of(&edit) {
                calibrate::ask(state, image, ends);
            }
        }
        Outcome::Commit { edit, select: chosen } => {
            let (arrow, tie) = (new_arrow(&edit), new_tie(&edit));
            if !apply_telling_pieces(state, *edit, tool) {
                return;
            }
            // What was drawn just now is seen.
            state.held.marks_off = false;
            select(state, &chosen);
            if let Some(words) = tie.and_then(|(region, statement)| tie_words(state, region, statement)) {
                state.toasts.say(words);
            }
            if let Some(region) = arrow {
                state.viewer.note = Some(Note { region, text: String::new(), is_new: true });
            }
        }
    }
}

/// Changes the case, and says so when an outline falls into pieces.
pub(crate) fn apply_telling_pieces(state: &mut AppState, edit: Edit, tool: &'static str) -> bool {
    let pieces = state.case().and_then(|case| several::pieces(&edit, case));
    let is_done = state.apply(edit, tool);
    if let Some(pieces) = pieces.filter(|_| is_done) {
        state.toasts.say(format!("The outline falls into {pieces} pieces, which stay one region"));
    }
    is_done
}

/// Selects by a click in the image: nothing has to be brought into view.
pub(crate) fn select(state: &mut AppState, regions: &[RegionId]) {
    if regions.is_empty() {
        state.selection.regions.clear();
    } else {
        state.select(regions);
    }
    state.viewer.seen_selection = state.selection.regions.clone();
}

/// The arrow that an edit adds: its words are asked for.
fn new_arrow(edit: &Edit) -> Option<RegionId> {
    match edit {
        Edit::AddRegion { region, .. } if matches!(region.shape, Shape::Arrow { .. }) => Some(region.id),
        Edit::Batch { edits } => edits.iter().find_map(new_arrow),
        _ => None,
    }
}

/// The tie of a region that an edit adds, to the statement in hand.
fn new_tie(edit: &Edit) -> Option<(RegionId, StatementId)> {
    match edit {
        Edit::AddEvidence { statement, evidence, .. } => match evidence.target {
            Target::Region { region } => Some((region, *statement)),
            _ => None,
        },
        Edit::Batch { edits } => edits.iter().find_map(new_tie),
        _ => None,
    }
}

/// `Region 3 is linked to statement 1.1`.
fn tie_words(state: &AppState, region: RegionId, statement: StatementId) -> Option<String> {
    let case = state.case()?;
    let (number, (finding, at)) = (case.region_number(region)?, case.statement_number(statement)?);
    Some(format!("Region {number} is linked to statement {finding}.{at}, which is in hand"))
}

/// A word of a tool as it stands in a message.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Gives the selected regions a label, and new ones of that shape too.
pub(crate) fn relabel(state: &mut AppState, label: &str) {
    state.viewer.label = Some(label.to_owned());
    let Some(session) = state.session.as_deref() else { return };
    let (case, schema) = (session.case(), session.schema());
    let may = |kind: ShapeKind| schema.label(label).is_some_and(|found| found.shapes.contains(&kind));
    let regions = state.selection.regions.iter().filter_map(|id| case.region(*id));
    let (fit, other): (Vec<_>, Vec<_>) =
        regions.filter(|region| region.label != label).partition(|region| may(region.shape.kind()));
    let edits: Vec<Edit> = fit
        .iter()
        .map(|region| Edit::SetRegion { region: region.id, field: RegionField::Label(label.to_owned()) })
        .collect();
    let refused =
        other.first().map(|region| format!("A {label:?} cannot be a {}", region.shape.kind().word()));
    if !edits.is_empty() {
        state.apply(Edit::Batch { edits }, "label");
    }
    if let Some(words) = refused {
        state.toasts.say(words);
    }
}

/// Deletes what is selected; asks first when statements rest on it.
pub(crate) fn delete_selected(state: &mut AppState) {
    let Some(case) = state.case() else { return };
    let regions: Vec<RegionId> = state.selection.regions.iter().copied().collect();
    if let Some(locked) = regions.iter().find(|id| state.selection.locked.contains(id)) {
        let number = case.region_number(*locked).unwrap_or(0);
        state.toasts.say(format!("Region {number} is locked; nothing was deleted"));
        return;
    }
    crate::case::regions::delete_asking(state, &regions);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_that_draws_has_a_machine_of_its_own() {
        for kind in ToolKind::ALL {
            let machine = kind.machine();
            let looks =
                matches!(kind, ToolKind::Window | ToolKind::Pan | ToolKind::Zoom | ToolKind::Magnifier);
            assert_eq!(machine.is_none(), looks);
            assert!(kind.shape().is_none() || machine.is_some(), "{kind:?}");
            assert!(crate::commands::find(kind.command()).is_some(), "{} is no command", kind.command());
        }
    }

    #[test]
    fn words_begin_as_sentences_do() {
        assert_eq!(sentence("this region is locked"), "This region is locked");
        assert_eq!(sentence(""), "");
    }
}

//! The viewer's commands and those of its tools.
//!
//! Not here: what they do in detail ([`super::actions`], [`super::toolbox`]).

use calx_model::{Edit, ImageField, WindowChoice};
use calx_tools::Input;

use super::gesture::{set_window, with_pane_view};
use super::points::Framing;
use super::several::{self, Form, has_several};
use super::state::Layout;
use super::toolbox::{self, ToolKind, may_draw};
use super::window::{Windowing, is_grey, offered};
use super::{actions, calibrate, exported, states};
use crate::commands::{Command, Scope};
use crate::seams::WhyNot;
use crate::state::{AppState, has_case, may_edit};

/// What one press of the zoom keys does.
const ZOOM: f64 = 1.25;

fn has_image(state: &AppState) -> Result<(), WhyNot> {
    let shows = state.viewer.pane().is_some_and(|pane| pane.shown.is_some());
    if shows { Ok(()) } else { Err("no image is shown") }
}

fn has_grey(state: &AppState) -> Result<(), WhyNot> {
    has_image(state)?;
    let shown = state.viewer.pane().and_then(|pane| pane.shown.as_ref());
    let grey = shown.is_some_and(|shown| is_grey(&shown.loaded.info.display));
    if grey { Ok(()) } else { Err("a colour image has no window") }
}

fn has_clip(state: &AppState) -> Result<(), WhyNot> {
    has_image(state)?;
    let frames = state.viewer.pane().and_then(|pane| pane.shown.as_ref());
    let is_clip = frames.is_some_and(|shown| shown.loaded.info.layout.number_of_frames > 1);
    if is_clip { Ok(()) } else { Err("this image has one frame") }
}

fn has_selection(state: &AppState) -> Result<(), WhyNot> {
    may_edit(state)?;
    if state.selection.regions.is_empty() { Err("select a region first") } else { Ok(()) }
}

fn has_chosen(state: &AppState) -> Result<(), WhyNot> {
    if state.selection.regions.is_empty() { Err("select a region first") } else { Ok(()) }
}

fn is_drawing(state: &AppState) -> Result<(), WhyNot> {
    if state.viewer.is_drawing() { Ok(()) } else { Err("nothing is being drawn") }
}

fn has_tool(state: &AppState) -> Result<(), WhyNot> {
    if state.viewer.machine.is_some() { Ok(()) } else { Err("the tool in hand has no width") }
}

fn has_marks(state: &AppState) -> Result<(), WhyNot> {
    let some = state.case().is_some_and(|case| !case.regions.is_empty());
    if some { Ok(()) } else { Err("this case has no region") }
}

fn frame(state: &mut AppState, change: impl FnOnce(&Framing) -> Framing) {
    if let Some(pane) = state.viewer.pane_mut() {
        pane.framing = change(&pane.framing);
    }
}

fn zoom(state: &mut AppState, factor: f64) {
    let index = state.viewer.focus;
    with_pane_view(state, index, |framing, extent, size| {
        let [width, height] = size.map(|side| f64::from(side) / 2.0);
        framing.zoomed(factor, calx_geometry::Point::new(width, height), extent, size)
    });
}

fn windows(state: &mut AppState, windowing: Windowing) {
    set_window(state, state.viewer.focus, windowing);
}

/// The n-th window that is offered, from 1.
fn choose(state: &mut AppState, number: usize) {
    let shown = state.viewer.pane().and_then(|pane| pane.shown.as_ref());
    let all = shown.map(|shown| offered(&shown.loaded.info.display)).unwrap_or_default();
    match number.checked_sub(1).and_then(|at| all.get(at)) {
        Some((_, windowing)) => windows(state, *windowing),
        None => {
            state.toasts.say(format!("There is no window {number} for this image; there are {}", all.len()));
        }
    }
}

/// The n-th label of the schema, from 1, for what is selected.
fn label(state: &mut AppState, number: usize) {
    let name = state.session.as_deref().and_then(|session| {
        number.checked_sub(1).and_then(|at| session.schema().labels.get(at)).map(|label| label.name.clone())
    });
    match name {
        Some(name) => toolbox::relabel(state, &name),
        None => state.toasts.say(format!("There is no label {number}")),
    }
}

/// The label that a command gives, by the schema of the case in hand: `Some(None)` where there is no such label, `None`
/// for another command.
pub fn label_of(state: &AppState, command: &str) -> Option<Option<String>> {
    let number: usize = command.strip_prefix("tool.label_")?.parse().ok()?;
    let labels =
        state.session.as_deref().map(|session| session.schema().labels.as_slice()).unwrap_or_default();
    Some(number.checked_sub(1).and_then(|at| labels.get(at)).map(|label| label.name.clone()))
}

/// Back one step: what is drawn, the gesture, the tool, the selection; never the view.
fn cancel(state: &mut AppState) {
    let focus = state.viewer.focus;
    if state.viewer.is_drawing() {
        toolbox::send(state, focus, Input::Cancel);
        state.viewer.gesture = None;
    } else if state.viewer.gesture.is_some() {
        state.viewer.gesture = None;
    } else if state.viewer.tool.shape().is_some() {
        toolbox::take(state, ToolKind::Select);
    } else {
        state.selection.clear();
        state.viewer.seen_selection.clear();
    }
}

fn other_pane(state: &mut AppState, by: usize) {
    let seen = state.viewer.seen();
    let count = seen.len().max(1);
    let at = state.viewer.focus.saturating_sub(seen.start);
    actions::focus(state, seen.start + (at + by) % count);
}

fn toggle_key(state: &mut AppState) {
    let Some(image) = state.viewer.pane().and_then(|pane| pane.image) else { return };
    let is_key = state.case().and_then(|case| case.image(image)).is_some_and(|image| image.key);
    if state.apply(Edit::SetImage { image, field: ImageField::Key(!is_key) }, "key image") {
        state.toasts.say(if is_key { "No longer a key image" } else { "Marked as a key image" });
    }
}

fn to_frame(state: &mut AppState, is_last: bool) {
    let shown = state.viewer.pane().and_then(|pane| pane.shown.as_ref());
    let Some(last) = shown.map(|shown| shown.loaded.info.layout.number_of_frames) else { return };
    actions::show_frame(state, state.viewer.focus, if is_last { last } else { 1 });
}

/// Id, name, tip, menu, keys, when, what.
macro_rules! commands {
    ($($id:literal, $name:literal, $tip:literal, $menu:literal, $keys:expr, $when:expr, $run:expr;)*) => {
        &[$(Command {
            id: $id,
            name: $name,
            tip: $tip,
            menu: $menu,
            keys: &$keys,
            scope: Scope::Viewer,
            when: $when,
            run: $run,
        }),*]
    };
}

/// The viewer's commands.
pub const COMMANDS: &[Command] = commands! {
    "tool.window", "Window and level", "Drag: right is wider, up is brighter; with Ctrl a box sets the window",
        "Tools", ["W"], has_case, |state, _| toolbox::take(state, ToolKind::Window);
    "tool.pan", "Pan", "Drag moves the image; the middle button always does", "Tools", ["M"], has_case,
        |state, _| toolbox::take(state, ToolKind::Pan);
    "tool.zoom", "Zoom", "Drag up and down zooms about the press; the right button always does", "Tools", ["Z"],
        has_case, |state, _| toolbox::take(state, ToolKind::Zoom);
    "tool.magnifier", "Magnifier", "What is under the pointer, three times as large; a drag moves the image", "Tools",
        ["Y"], has_case, |state, _| toolbox::take(state, ToolKind::Magnifier);
    "tool.select", "Select", "Click a region; drag it, its vertices or its walls; double click adds a vertex",
        "Tools", ["S"], has_case, |state, _| toolbox::take(state, ToolKind::Select);
    "tool.polygon", "Polygon", "Click vertices; Enter, a double click or the first vertex closes", "Tools", ["P"],
        may_draw, |state, _| toolbox::take(state, ToolKind::Polygon);
    "tool.freehand", "Freehand", "Draw an outline; from and to the outline of a selected region it replaces that stretch",
        "Tools", ["F"], may_draw, |state, _| toolbox::take(state, ToolKind::Freehand);
    "tool.ellipse", "Ellipse", "Drag the box; Shift makes a circle, Ctrl draws from the centre", "Tools", ["E"],
        may_draw, |state, _| toolbox::take(state, ToolKind::Ellipse);
    "tool.rectangle", "Rectangle", "Drag the box; Shift makes a square, Ctrl draws from the centre", "Tools",
        ["Shift+E"], may_draw, |state, _| toolbox::take(state, ToolKind::Rectangle);
    "tool.path", "Artery path", "Click along the vessel; [ and ] set its width, Enter finishes", "Tools", ["A"],
        may_draw, |state, _| toolbox::take(state, ToolKind::Path);
    "tool.brush", "Brush", "Paint into the selected painted region or a new one; with Shift erase", "Tools", ["B"],
        may_draw, |state, _| toolbox::take(state, ToolKind::Brush);
    "tool.eraser", "Eraser", "Erase from the selected painted region", "Tools", [], may_draw,
        |state, _| toolbox::take(state, ToolKind::Eraser);
    "tool.point", "Point", "Click a place", "Tools", ["Shift+P"], may_draw,
        |state, _| toolbox::take(state, ToolKind::Point);
    "tool.length", "Length", "Drag from end to end, or click both", "Tools", ["D"], may_draw,
        |state, _| toolbox::take(state, ToolKind::Length);
    "tool.angle", "Angle", "Click the end of one arm, the apex, the end of the other", "Tools", ["G"], may_draw,
        |state, _| toolbox::take(state, ToolKind::Angle);
    "tool.arrow", "Arrow with words", "Drag from what it points at to where the words stand", "Tools", ["Q"],
        may_draw, |state, _| toolbox::take(state, ToolKind::Arrow);
    "tool.calibrate", "Calibrate by a known length",
        "Of the selected length, or of one that is drawn now: its millimetres give the image its scale", "Tools", [],
        may_draw, |state, _| calibrate::begin(state);
    "image.file_scale", "Back to the file's scale", "Takes the scale away that a known length gave this image", "Tools",
        [], calibrate::has_scale, |state, _| calibrate::back_to_file(state);
    "tool.finish", "Finish the shape", "Closes what is being drawn", "Tools", ["Enter"], is_drawing,
        |state, _| { toolbox::send(state, state.viewer.focus, Input::Finish); };
    "tool.drop_last", "Take the last point back", "While drawing; with Select the vertex clicked last", "Tools",
        ["Backspace"], has_tool, |state, _| { toolbox::send(state, state.viewer.focus, Input::DropLast); };
    "tool.cancel", "Back one step", "Gives up what is drawn, then the tool, then the selection", "Tools", ["Esc"],
        has_case, |state, _| cancel(state);
    "tool.wider", "Wider", "Width of a vessel, radius of the brush", "Tools", ["]"], has_tool,
        |state, _| { toolbox::send(state, state.viewer.focus, Input::Step(1.0)); };
    "tool.narrower", "Narrower", "Width of a vessel, radius of the brush", "Tools", ["["], has_tool,
        |state, _| { toolbox::send(state, state.viewer.focus, Input::Step(-1.0)); };
    "tool.delete", "Delete the selected regions", "With their ties to statements; one step of undo", "Region",
        ["Delete"], has_selection, |state, _| toolbox::delete_selected(state);
    "region.merge", "Merge the selected regions",
        "Into the one selected first, which keeps its id and takes the links of the others", "Region", ["U"],
        has_several, |state, _| several::merge(state);
    "region.subtract", "Subtract from the region selected first", "The regions selected later are taken out of it and stay",
        "Region", ["Shift+U"], has_several, |state, _| several::subtract(state);
    "region.duplicate", "Duplicate the selected regions", "Beside themselves", "Region", ["Ctrl+D"], has_selection,
        |state, _| several::duplicate_selected(state);
    "region.to_outline", "Make an outline", "Of the selected painted regions, ellipses and rectangles", "Region", [],
        has_selection, |state, _| several::reform(state, Form::Outline);
    "region.to_mask", "Make painted pixels", "Of the selected outlines: the brush goes on with them", "Region", [],
        has_selection, |state, _| several::reform(state, Form::Mask);
    "region.simplify", "Simplify the outline", "Fewer vertices, at most a pixel off", "Region", [], has_selection,
        |state, _| several::reform(state, Form::Simpler);
    "region.copy", "Copy the selected regions", "To be pasted on this or another image, of this or another case", "Edit",
        ["Ctrl+C"], has_chosen, |state, _| several::copy(state);
    "region.paste", "Paste regions", "On the image in focus: beside what they were copied from, at the same place of another image",
        "Edit", ["Ctrl+V"], may_draw, several::paste_here;
    "region.select_all", "Select all regions", "That are shown on the image in focus", "Edit", ["Ctrl+A"], has_marks,
        |state, _| several::select_all(state);
    "tool.nudge_left", "Nudge left", "The selected regions, by a pixel", "", ["Alt+Left"], has_selection,
        |state, _| toolbox::nudge_selected(state, -1.0, 0.0);
    "tool.nudge_right", "Nudge right", "The selected regions, by a pixel", "", ["Alt+Right"], has_selection,
        |state, _| toolbox::nudge_selected(state, 1.0, 0.0);
    "tool.nudge_up", "Nudge up", "The selected regions, by a pixel", "", ["Alt+Up"], has_selection,
        |state, _| toolbox::nudge_selected(state, 0.0, -1.0);
    "tool.nudge_down", "Nudge down", "The selected regions, by a pixel", "", ["Alt+Down"], has_selection,
        |state, _| toolbox::nudge_selected(state, 0.0, 1.0);
    "tool.nudge_far_left", "Nudge far left", "The selected regions, by ten pixels", "", ["Alt+Shift+Left"],
        has_selection, |state, _| toolbox::nudge_selected(state, -10.0, 0.0);
    "tool.nudge_far_right", "Nudge far right", "The selected regions, by ten pixels", "", ["Alt+Shift+Right"],
        has_selection, |state, _| toolbox::nudge_selected(state, 10.0, 0.0);
    "tool.nudge_far_up", "Nudge far up", "The selected regions, by ten pixels", "", ["Alt+Shift+Up"],
        has_selection, |state, _| toolbox::nudge_selected(state, 0.0, -10.0);
    "tool.nudge_far_down", "Nudge far down", "The selected regions, by ten pixels", "", ["Alt+Shift+Down"],
        has_selection, |state, _| toolbox::nudge_selected(state, 0.0, 10.0);
    "tool.label_1", "Label 1", "Gives the selected regions the first label", "Region", ["Ctrl+1"], may_edit,
        |state, _| label(state, 1);
    "tool.label_2", "Label 2", "Gives the selected regions the second label", "Region", ["Ctrl+2"], may_edit,
        |state, _| label(state, 2);
    "tool.label_3", "Label 3", "Gives the selected regions the third label", "Region", ["Ctrl+3"], may_edit,
        |state, _| label(state, 3);
    "tool.label_4", "Label 4", "Gives the selected regions the fourth label", "Region", ["Ctrl+4"], may_edit,
        |state, _| label(state, 4);
    "tool.label_5", "Label 5", "Gives the selected regions the fifth label", "Region", ["Ctrl+5"], may_edit,
        |state, _| label(state, 5);
    "tool.label_6", "Label 6", "Gives the selected regions the sixth label", "Region", ["Ctrl+6"], may_edit,
        |state, _| label(state, 6);
    "tool.label_7", "Label 7", "Gives the selected regions the seventh label", "Region", ["Ctrl+7"], may_edit,
        |state, _| label(state, 7);
    "tool.label_8", "Label 8", "Gives the selected regions the eighth label", "Region", ["Ctrl+8"], may_edit,
        |state, _| label(state, 8);
    "tool.label_9", "Label 9", "Gives the selected regions the ninth label", "Region", ["Ctrl+9"], may_edit,
        |state, _| label(state, 9);
    "viewer.next_region", "Next region", "On the image in focus", "Region", ["N"], has_marks,
        |state, _| actions::step_region(state, 1);
    "viewer.previous_region", "Previous region", "On the image in focus", "Region", ["Shift+N"], has_marks,
        |state, _| actions::step_region(state, -1);
    "viewer.fit", "Fit", "The whole image", "View", ["="], has_image,
        |state, _| frame(state, |framing| Framing { zoom: None, centre: None, ..*framing });
    "viewer.zoom_in", "Zoom in", "About the middle", "View", ["Plus"], has_image, |state, _| zoom(state, ZOOM);
    "viewer.zoom_out", "Zoom out", "About the middle", "View", ["Minus"], has_image,
        |state, _| zoom(state, 1.0 / ZOOM);
    "viewer.one_to_one", "One to one", "One pixel of the image on one of the screen", "View", ["Shift+Z"], has_image,
        |state, _| frame(state, |framing| Framing { zoom: Some(1.0), ..*framing });
    "viewer.turn_right", "Turn right", "By a quarter", "View", ["R"], has_image,
        |state, _| frame(state, |framing| framing.turned(true));
    "viewer.turn_left", "Turn left", "By a quarter", "View", ["Shift+R"], has_image,
        |state, _| frame(state, |framing| framing.turned(false));
    "viewer.mirror_across", "Mirror across", "Left becomes right; the image says FLIPPED", "View", ["H"], has_image,
        |state, _| frame(state, Framing::mirrored_across);
    "viewer.mirror_down", "Mirror down", "Top becomes bottom; the image says FLIPPED", "View", ["V"], has_image,
        |state, _| frame(state, Framing::mirrored_down);
    "viewer.invert", "Invert", "Turns the greys over", "View", ["I"], has_grey, |state, _| {
        if let Some(pane) = state.viewer.pane_mut() {
            pane.is_inverted = !pane.is_inverted;
        }
    };
    "viewer.window_auto", "Automatic window", "1st to 99th percentile of the exposed area", "View", ["0"], has_grey,
        |state, _| windows(state, Windowing::Choice(WindowChoice::Auto));
    "viewer.window_file", "The file's window", "The one the file shows first", "View", ["Shift+W"], has_grey,
        |state, _| windows(state, Windowing::default());
    "viewer.window_1", "Window 1", "The first that is offered: of the file, then presets", "", ["1"], has_grey,
        |state, _| choose(state, 1);
    "viewer.window_2", "Window 2", "The second that is offered", "", ["2"], has_grey, |state, _| choose(state, 2);
    "viewer.window_3", "Window 3", "The third that is offered", "", ["3"], has_grey, |state, _| choose(state, 3);
    "viewer.window_4", "Window 4", "The fourth that is offered", "", ["4"], has_grey, |state, _| choose(state, 4);
    "viewer.window_5", "Window 5", "The fifth that is offered", "", ["5"], has_grey, |state, _| choose(state, 5);
    "viewer.window_6", "Window 6", "The sixth that is offered", "", ["6"], has_grey, |state, _| choose(state, 6);
    "viewer.window_7", "Window 7", "The seventh that is offered", "", ["7"], has_grey, |state, _| choose(state, 7);
    "viewer.window_8", "Window 8", "The eighth that is offered", "", ["8"], has_grey, |state, _| choose(state, 8);
    "viewer.window_9", "Window 9", "The ninth that is offered", "", ["9"], has_grey, |state, _| choose(state, 9);
    "viewer.next_state", "Next presentation state", "Of the study, for this image; after the last one none", "View", [],
        states::has_one, |state, _| states::next(state);
    "viewer.state_off", "Without presentation state", "The image as the case shows it", "View", [], states::is_on,
        |state, _| states::show(state, None);
    "viewer.as_exported", "View as exported",
        "Through the presentation states that an export writes: window, turns and marks as other programs show them; \
         again to go back", "View", [], exported::may_view, |state, _| exported::toggle(state);
    "viewer.link_windows", "Link windows", "Windows of alike images move together", "View", [], has_case,
        |state, _| state.viewer.is_linked = !state.viewer.is_linked;
    "viewer.corner", "Text over the images", "Full, short, none", "View", ["O"], has_case,
        |state, _| state.viewer.corner = state.viewer.corner.next();
    "viewer.marks", "Hide or show all marks", "To look under them; held down, the key hides them as long as it is held",
        "View", ["X"], has_marks, |state, _| state.held.marks_off = !state.held.marks_off;
    "viewer.keep_view", "Keep this view in the case", "Window, turns and frame, for all who open the case", "View", [],
        may_draw, |state, _| actions::keep_view(state);
    "viewer.key_image", "Key image", "Marks the image as one that matters, or no longer", "Reading", ["K"], may_draw,
        |state, _| toggle_key(state);
    "viewer.play", "Play or stop", "The frames of a clip", "View", ["C"], has_clip,
        |state, _| actions::toggle_playing(state, state.viewer.focus);
    "viewer.next", "Next image or frame", "A frame where there are several", "View", ["Down"], has_case,
        |state, _| actions::step(state, state.viewer.focus, 1);
    "viewer.previous", "Previous image or frame", "A frame where there are several", "View", ["Up"], has_case,
        |state, _| actions::step(state, state.viewer.focus, -1);
    "viewer.next_series", "Next series", "Its first image", "View", ["PageDown"], has_case,
        |state, _| actions::step_series(state, 1);
    "viewer.previous_series", "Previous series", "Its first image", "View", ["PageUp"], has_case,
        |state, _| actions::step_series(state, -1);
    "viewer.first_frame", "First frame", "Of a clip", "", ["Home"], has_clip, |state, _| to_frame(state, false);
    "viewer.last_frame", "Last frame", "Of a clip", "", ["End"], has_clip, |state, _| to_frame(state, true);
    "viewer.right_pane", "Next viewport", "Keys act on it", "", ["Right"], has_case, |state, _| other_pane(state, 1);
    "viewer.left_pane", "Previous viewport", "Keys act on it", "", ["Left"], has_case, |state, _| {
        let count = state.viewer.seen().len().max(1);
        other_pane(state, count - 1);
    };
    "viewer.layout_1", "One viewport", "One image", "View", [], has_case,
        |state, _| actions::lay_out(state, Layout::One);
    "viewer.layout_1x2", "Two viewports side by side", "As for a right and a left hand", "View", [], has_case,
        |state, _| actions::lay_out(state, Layout::TwoAcross);
    "viewer.layout_2x1", "Two viewports one above the other", "Two images", "View", [], has_case,
        |state, _| actions::lay_out(state, Layout::TwoDown);
    "viewer.layout_2x2", "Four viewports", "Four images", "View", [], has_case,
        |state, _| actions::lay_out(state, Layout::Four);
    "viewer.panels", "Panels", "Strip and findings, or the images alone", "View", ["F9"], has_case,
        |state, _| state.viewer.has_panels = !state.viewer.has_panels;
};

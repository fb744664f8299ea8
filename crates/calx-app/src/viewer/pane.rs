//! One pane: its image painted, marks and texts over it.
//!
//! Not here: the pointer ([`super::gesture`]), decoding, drawing pixels ([`crate::seams::PanePainter`]).
//!
//! Invariants
//! - A frame is asked for in every pass it is wanted; until it is there the last one of its image stays.
//! - The table of a window is made once for it.

use std::sync::Arc;

use calx_dicom::frame_source::Priority;
use calx_model::{CaseImage, Side};
use calx_render::{DisplayTable, state_aspect};
use egui::{
    Align2, Color32, DragValue, EventFilter, FontId, Id, Rect, Role, Sense, Slider, Stroke, StrokeKind, Vec2,
    WidgetInfo,
};

use super::points::{Extent, Lens, on_pixels};
use super::state::{GestureKind, Made, Playing, Shown};
use super::{actions, corner, gesture, magnifier, marks, menu, states, window};
use crate::seams::{FrameKey, LoadedFrame, Loading, PaneImage};
use crate::state::AppState;

/// Room below a clip for its frames.
const FRAMES_BAR: f32 = 28.0;
const FOCUS: Color32 = Color32::from_rgb(88, 166, 255);
const AMBER: Color32 = crate::shell::theme::AMBER;
const QUIET: Color32 = Color32::from_gray(52);

/// Draws a pane into a rectangle.
pub(crate) fn ui(state: &mut AppState, ui: &mut egui::Ui, index: usize, room: Rect) {
    let image = image_of(state, index);
    let is_clip = image.as_ref().is_some_and(|image| image.frames > 1);
    let bar = if is_clip { FRAMES_BAR } else { 0.0 };
    let room = room.shrink(1.5);
    let picture = Rect::from_min_max(room.min, room.max - Vec2::new(0.0, bar));
    let (place, size) = on_pixels(picture, ui.ctx().pixels_per_point());

    let response = ui.interact(place, Id::unique(("viewport", index)), Sense::click_and_drag());
    let name = name_of(state, index, image.as_ref());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
    ui.ctx().memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));

    let is_used_up = gesture::take_in(state, index, &response);
    // The ground is the window's, which is cleared black: painting it again would double the cost of a pass in software.
    match image {
        None => message(ui, place, "No image here. Choose one in the strip at the left."),
        Some(image) => {
            play(state, ui.ctx(), index, &image);
            show(state, ui, index, &image, (place, size));
            if is_clip {
                let below = Rect::from_min_max(egui::pos2(room.left(), picture.bottom()), room.max);
                frames_bar(state, ui, index, &image, below);
            }
        }
    }
    if !is_used_up {
        response.context_menu(|ui| menu::ui(state, ui));
    }
    let is_focus = state.viewer.focus == index && state.viewer.seen().len() > 1;
    let edge = Stroke::new(if is_focus { 1.5 } else { 1.0 }, if is_focus { FOCUS } else { QUIET });
    ui.painter().rect_stroke(room, 0.0, edge, StrokeKind::Outside);
}

fn image_of(state: &AppState, index: usize) -> Option<CaseImage> {
    let id = state.viewer.panes.get(index)?.image?;
    state.case()?.image(id).cloned()
}

/// `Viewport 1: image 2 of 4, left, PA`.
fn name_of(state: &AppState, index: usize, image: Option<&CaseImage>) -> String {
    let number = index + 1;
    let Some((image, case)) = image.zip(state.case()) else { return format!("Viewport {number}: empty") };
    let at = case.images().position(|(_, found)| found.id == image.id).map_or(0, |at| at + 1);
    let of = case.images().count();
    format!("Viewport {number}: image {at} of {of}{}", side_words(image))
}

/// `, right, PA`: what tells an image from its neighbours, in words.
pub(crate) fn side_words(image: &CaseImage) -> String {
    let side = image.side().map(|side| match side {
        Side::Right => "right",
        Side::Left => "left",
        Side::Bilateral => "both sides",
        Side::Unpaired => "unpaired",
    });
    let words = side.into_iter().chain(image.view_position.as_deref());
    words.fold(String::new(), |text, word| text + ", " + word)
}

/// Paints the frame, and what stands over it.
fn show(
    state: &mut AppState,
    ui: &egui::Ui,
    index: usize,
    image: &CaseImage,
    (place, size): (Rect, [u32; 2]),
) {
    let Some(pane) = state.viewer.panes.get_mut(index) else { return };
    let key = FrameKey { uid: image.source.clone(), frame: pane.frame };
    let loaded = match state.frames.want(&key, Priority::Visible) {
        Loading::Ready(loaded) => loaded,
        Loading::Failed(why) => {
            pane.shown = None;
            pane.playing = None;
            let why = calx_model::patient_text::escape_terminal(&why);
            return message(ui, place, &format!("This image cannot be shown: {why}"));
        }
        // The frame before stands until this one is there.
        Loading::Waiting => match pane.shown.as_ref().filter(|shown| shown.loaded.key.uid == key.uid) {
            Some(shown) => Arc::clone(&shown.loaded),
            None => return message(ui, place, "Loading…"),
        },
    };
    let made = match made(pane, &loaded) {
        Ok(made) => made,
        Err(why) => {
            pane.shown = None;
            return message(ui, place, &format!("This image cannot be shown: {why}"));
        }
    };
    let on = pane.state.as_ref();
    let aspect = on.map_or(loaded.aspect, |on| state_aspect(states::applied(on, &loaded), loaded.aspect));
    let extent = Extent::of(&loaded.frame, aspect);
    let view = pane.framing.view(&extent, size);
    let Some(lens) = Lens::new(view, place, ui.ctx().pixels_per_point()) else { return };
    let id = pane.id;
    pane.shown =
        Some(Shown { loaded: Arc::clone(&loaded), pipeline: Arc::clone(&made.pipeline), lens, extent });
    state.painter.paint(ui, id, &PaneImage { image: &loaded, table: &made.table, view, place });
    let painter = ui.painter_at(place);
    let on = state.viewer.panes.get(index).and_then(|pane| pane.state.clone());
    state.viewer.layers.draw(&painter, id, (&loaded, on.as_ref()), &lens, &state.wake);
    over(state, ui, index, image, &lens);
    magnifier::draw(state, ui, index, image, &made.table);
}

/// The table for the window of a pane, the one made before when nothing changed.
fn made(pane: &mut super::state::Pane, loaded: &Arc<LoadedFrame>) -> Result<Made, String> {
    let (windowing, is_inverted) = (pane.windowing, pane.is_inverted);
    // A state lists some frames of a clip; on the others the image is shown as it is without.
    let on = pane.state.clone().filter(|on| on.applies_to(&loaded.key.uid, loaded.key.frame));
    let is_same = |made: &&Made| {
        let same_state = match (&made.state, &on) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        same_state && made.key == loaded.key && made.windowing == windowing && made.is_inverted == is_inverted
    };
    if let Some(made) = pane.made.as_ref().filter(is_same) {
        return Ok(made.clone());
    }
    let found = match &on {
        Some(on) => states::pipeline(on, loaded, windowing, is_inverted),
        None => window::pipeline(loaded, windowing, is_inverted),
    };
    let pipeline = found.or_else(|why| {
        // A window that this frame does not offer: the case may have been written for another file.
        tracing::info!(%why, "the file's own window is shown instead");
        window::pipeline(loaded, window::Windowing::default(), is_inverted)
    });
    let pipeline = pipeline.map_err(|why| why.to_string())?;
    let bits = loaded.info.display.bits_stored;
    let table = DisplayTable::build(&pipeline, &loaded.frame, bits).map_err(|why| why.to_string())?;
    let key = loaded.key.clone();
    let made =
        Made { key, windowing, state: on, is_inverted, pipeline: Arc::new(pipeline), table: Arc::new(table) };
    pane.made = Some(made.clone());
    Ok(made)
}

/// Marks, what is being drawn, texts.
fn over(state: &mut AppState, ui: &egui::Ui, index: usize, image: &CaseImage, lens: &Lens) {
    let painter = ui.painter_at(lens.place);
    let mut clicked = None;
    if let Some(session) = state.session.as_deref() {
        let (case, viewer) = (session.case(), &state.viewer);
        let Some(pane) = viewer.panes.get(index) else { return };
        let flash = state.flash.as_ref().map(|(place, _)| place);
        let mut taken = Vec::new();
        if let Some((study, shown)) = case.study_of(image.id).zip(pane.shown.as_ref()) {
            let facts = corner::Facts {
                case,
                study,
                image,
                frame: pane.frame,
                shown,
                framing: pane.framing,
                is_inverted: pane.is_inverted,
                state: pane.state.as_deref(),
                is_as_exported: pane.is_as_exported(),
                renderer: state.painter.describe().kind,
                level: viewer.corner,
            };
            taken = corner::draw(&painter, &facts);
        }
        if state.held.hides_marks() {
            let hidden = case.regions.iter().filter(|region| region.image == image.id).count();
            if hidden > 0 {
                let words = format!("{hidden} marks hidden · X");
                let at = lens.place.center_top() + Vec2::new(0.0, 72.0);
                let galley = painter.layout_no_wrap(words, FontId::proportional(13.0), Color32::BLACK);
                let ground =
                    Align2::CENTER_CENTER.anchor_size(at, galley.size()).expand2(Vec2::new(8.0, 3.0));
                painter.rect_filled(ground, 4.0, AMBER);
                painter.galley(ground.min + Vec2::new(8.0, 3.0), galley, Color32::BLACK);
            }
        } else {
            let over = marks::Over {
                case,
                schema: session.schema(),
                image,
                frame: pane.frame,
                selection: &state.selection,
                flash,
                pane_number: index + 1,
                taken,
                fades: !viewer.is_pointing,
                is_drawing: viewer.tool.shape().is_some(),
            };
            // A state that an export writes brings the marks with it.
            if !pane.is_as_exported() {
                clicked = marks::draw(viewer, ui, &over, lens);
            }
            if viewer.focus == index
                && let Some(tool) = viewer.machine.as_deref()
            {
                marks::draw_preview(&painter, &tool.preview(), lens);
            }
        }
        if let Some(known) = viewer.known.as_ref().filter(|known| known.image == image.id) {
            marks::draw_known(&painter, known.ends.map(calx_geometry::GridPoint::point), lens);
        }
        if let Some(gesture) = viewer.gesture.as_ref().filter(|gesture| gesture.pane == index)
            && let GestureKind::WindowBox { to } = gesture.kind
        {
            marks::draw_box(&painter, gesture.from, to);
        }
    }
    if let Some(region) = clicked {
        super::toolbox::select(state, &[region]);
    }
}

/// Moves a clip on by the clock; a frame that is late holds it up, none is left out.
fn play(state: &mut AppState, ctx: &egui::Context, index: usize, image: &CaseImage) {
    let now = state.seconds;
    let Some(pane) = state.viewer.panes.get_mut(index) else { return };
    let Some(playing) = pane.playing else { return };
    let playback = pane.shown.as_ref().and_then(|shown| shown.loaded.info.playback.clone());
    let Some(playback) = playback.filter(|_| image.frames > 1) else { return };
    let next =
        if pane.frame >= playback.last.min(image.frames) { playback.first.max(1) } else { pane.frame + 1 };
    let pause = 1.0 / (playback.rate * pane.speed).clamp(0.1, 240.0);
    let key = FrameKey { uid: image.source.clone(), frame: next };
    let is_there = matches!(state.frames.want(&key, Priority::Ahead), Loading::Ready(_));
    let due = playing.since + pause;
    if now >= due && is_there {
        pane.frame = next;
        pane.playing = Some(Playing { since: if now - due > pause { now } else { due } });
    }
    ctx.request_repaint_after_secs(super::points::f32_of((due - now).max(0.001)));
}

fn frames_bar(state: &mut AppState, ui: &mut egui::Ui, index: usize, image: &CaseImage, room: Rect) {
    let Some(pane) = state.viewer.panes.get(index) else { return };
    let (mut frame, is_playing, mut speed) = (pane.frame, pane.playing.is_some(), pane.speed);
    let rate = pane.shown.as_ref().and_then(|shown| shown.loaded.info.playback.as_ref());
    let rate = rate.map_or_else(String::new, |playback| playback.to_string());
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let builder = egui::UiBuilder::new().max_rect(room.shrink2(Vec2::new(6.0, 2.0))).layout(layout);
    let asked = ui.scope_builder(builder, |ui| {
        let button = ui.button(if is_playing { "Stop" } else { "Play" });
        let toggled = button.on_hover_text("Play or stop the frames (C)").clicked();
        let name = format!("Speed of viewport {}", index + 1);
        let field = DragValue::new(&mut speed).range(0.1..=8.0).speed(0.02).max_decimals(2).suffix("×");
        ui.add(field).accessible_name(name).on_hover_text(format!("How fast it runs; 1× is {rate}"));
        let words = format!("frame {frame} of {}", image.frames);
        ui.spacing_mut().slider_width = (ui.available_width() - 130.0).max(60.0);
        let slider = Slider::new(&mut frame, 1..=image.frames.max(1)).show_value(false).text(words);
        (toggled, ui.add(slider).changed())
    });
    let (toggled, is_moved) = asked.inner;
    if toggled {
        actions::toggle_playing(state, index);
    }
    if let Some(pane) = state.viewer.panes.get_mut(index) {
        pane.speed = speed;
    }
    if is_moved {
        actions::show_frame(state, index, frame);
    }
}

fn message(ui: &egui::Ui, place: Rect, words: &str) {
    let painter = ui.painter_at(place);
    let width = (place.width() - 40.0).max(60.0);
    let galley = painter.layout(words.to_owned(), FontId::proportional(15.0), Color32::from_gray(190), width);
    let rect = Align2::CENTER_CENTER.anchor_size(place.center(), galley.size());
    painter.galley(rect.min, galley, Color32::from_gray(190));
}

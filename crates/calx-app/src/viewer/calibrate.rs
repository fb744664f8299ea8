//! The scale of an image from a length that is known: a line is drawn or selected, its millimetres are typed beside it.
//!
//! Not here: the scale that follows (`calx-measure`), what it means for marks.
//!
//! Invariants
//! - A line drawn to calibrate is no mark: nothing is changed before the millimetres are given.

use calx_geometry::GridPoint;
use calx_measure::{Calibration, calibrate};
use calx_model::{Edit, ImageField, ImageId, PixelSpacing, Shape};
use egui::{Area, Frame, Id, Key, Order, TextEdit};

use super::toolbox::{self, ToolKind};
use crate::seams::WhyNot;
use crate::state::{AppState, may_edit};

/// A length whose millimetres are being typed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub(crate) image: ImageId,
    pub(crate) ends: [GridPoint; 2],
    text: String,
    /// Why what was typed is not taken.
    why: Option<String>,
    is_new: bool,
}

/// Asks for the millimetres of the selected length, or takes the tool in hand that draws one.
pub(crate) fn begin(state: &mut AppState) {
    let image = state.viewer.pane().and_then(|pane| pane.image);
    let selected = state.selection.regions.iter().filter_map(|id| state.case()?.region(*id));
    let here: Vec<[GridPoint; 2]> = selected
        .filter(|region| Some(region.image) == image)
        .filter_map(|region| match &region.shape {
            Shape::Line { ends } => Some(*ends),
            _ => None,
        })
        .collect();
    match (here.as_slice(), image) {
        ([ends], Some(image)) => ask(state, image, *ends),
        _ => {
            toolbox::take(state, ToolKind::Calibrate);
            state.toasts.say("Draw along something whose length you know, as a ruler or a marker");
        }
    }
}

/// Asks how long that is.
pub(crate) fn ask(state: &mut AppState, image: ImageId, ends: [GridPoint; 2]) {
    state.viewer.known = Some(Known { image, ends, text: String::new(), why: None, is_new: true });
}

/// The line that an edit would add, when it adds one.
pub(crate) fn line_of(edit: &Edit) -> Option<(ImageId, [GridPoint; 2])> {
    match edit {
        Edit::AddRegion { region, .. } => match &region.shape {
            Shape::Line { ends } => Some((region.image, *ends)),
            _ => None,
        },
        Edit::Batch { edits } => edits.iter().find_map(line_of),
        _ => None,
    }
}

/// The image in focus has a scale that a person gave.
///
/// # Errors
/// It has none, or the case may not be changed.
pub(crate) fn has_scale(state: &AppState) -> Result<(), WhyNot> {
    may_edit(state)?;
    let image = state.viewer.pane().and_then(|pane| pane.image);
    let image = image.and_then(|id| state.case()?.image(id));
    if image.is_some_and(|image| image.user_scale.is_some()) {
        Ok(())
    } else {
        Err("the scale of this image is that of its file")
    }
}

/// Takes the scale that a person gave away.
pub(crate) fn back_to_file(state: &mut AppState) {
    let Some(image) = state.viewer.pane().and_then(|pane| pane.image) else { return };
    if state.apply(Edit::SetImage { image, field: ImageField::UserScale(None) }, "calibrate") {
        let spacing = state.case().and_then(|case| case.image(image)).and_then(|image| image.spacing.clone());
        state
            .toasts
            .say(format!("Lengths follow from the file again: a pixel is {}", words(spacing.as_ref())));
    }
}

/// `0.14 × 0.14 mm at detector`.
pub(crate) fn words(spacing: Option<&PixelSpacing>) -> String {
    spacing.map_or_else(
        || "of no known size".to_owned(),
        |s| {
            let (columns, rows) = (three(s.between_columns_mm), three(s.between_rows_mm));
            format!("{columns} × {rows} {}", s.basis.label())
        },
    )
}

/// Four digits that say something, as a spacing has them.
fn three(mm: f64) -> String {
    let text = if mm >= 1.0 { format!("{mm:.3}") } else { format!("{mm:.4}") };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Millimetres as people type them.
fn millimetres(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches("mm").trim().replace(',', ".");
    text.parse::<f64>().ok().filter(|mm| mm.is_finite() && *mm > 0.0)
}

/// Draws the field beside the line while it waits for its millimetres.
pub(crate) fn ui(state: &mut AppState, ctx: &egui::Context) {
    let Some(mut known) = state.viewer.known.take() else { return };
    let pane = state.viewer.pane_of(known.image).and_then(|at| state.viewer.panes.get(at));
    let Some(shown) = pane.and_then(|pane| pane.shown.as_ref()) else { return };
    let ends = known.ends.map(|end| shown.lens.screen(end.point()));
    let aspect = shown.loaded.aspect;
    let room = shown.lens.place;
    // Beside the line, never on it, and inside the image's pane.
    let below = ends[0].max(ends[1]) + egui::vec2(12.0, 12.0);
    let at = below.min(room.max - egui::vec2(270.0, 120.0)).max(room.min);
    let area = Area::new(Id::unique("known length")).order(Order::Foreground).fixed_pos(at);
    let mut is_given = false;
    let mut stays = true;
    area.show(ctx, |ui| {
        Frame::popup(ui.style()).show(ui, |ui| {
            ui.set_max_width(240.0);
            ui.horizontal(|ui| {
                let label = ui.label("This length is");
                let field = TextEdit::singleline(&mut known.text).desired_width(64.0);
                let field = ui.add(field).labelled_by(label.id);
                ui.label("mm");
                if std::mem::take(&mut known.is_new) {
                    field.request_focus();
                }
                is_given = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            });
            if let Some(why) = &known.why {
                ui.colored_label(crate::shell::theme::AMBER, why);
            }
            ui.horizontal(|ui| {
                is_given |= ui.button("Set scale").clicked();
                stays = !ui.button("Leave the scale").clicked();
            });
        });
    });
    let is_left = !stays || ctx.input(|input| input.key_pressed(Key::Escape));
    if is_left || (is_given && give(state, &mut known, aspect)) {
        return;
    }
    state.viewer.known = Some(known);
}

/// Gives the image its scale; whether it has it.
fn give(state: &mut AppState, known: &mut Known, aspect: f64) -> bool {
    known.is_new = true;
    let Some(mm) = millimetres(&known.text) else {
        known.why = Some("Type a number above 0, as 12.5".to_owned());
        return false;
    };
    let Some(case) = state.case() else { return true };
    let Some(image) = case.image(known.image) else { return true };
    let Calibration { scale, before } = match calibrate(image, known.ends, mm, aspect) {
        Ok(found) => found,
        Err(why) => {
            known.why = Some(why.to_string());
            return false;
        }
    };
    let marks = case.regions.iter().filter(|region| region.image == known.image).count();
    let told = format!("A pixel is {} now; it was {}", words(Some(&scale)), words(before.as_ref()));
    let follow = match marks {
        0 => String::new(),
        1 => ". The measures of its one region follow".to_owned(),
        n => format!(". The measures of its {n} regions follow"),
    };
    let edit = Edit::SetImage { image: known.image, field: ImageField::UserScale(Some(scale)) };
    if state.apply(edit, "calibrate") {
        state.toasts.say(told + &follow);
        if state.viewer.tool == ToolKind::Calibrate {
            toolbox::take(state, ToolKind::Select);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use calx_model::SpacingBasis;

    use super::*;

    #[test]
    fn millimetres_are_read_as_people_type_them() {
        for (text, mm) in [("12.5", 12.5), (" 12,5 mm", 12.5), ("30", 30.0)] {
            assert!(millimetres(text).is_some_and(|found| (found - mm).abs() < 1e-12), "{text}");
        }
        for text in ["", "0", "-3", "a", "inf", "nan"] {
            assert_eq!(millimetres(text), None, "{text}");
        }
    }

    #[test]
    fn a_scale_says_where_it_came_from() {
        let scale = PixelSpacing::checked(0.28, 0.139, SpacingBasis::User);
        assert_eq!(words(scale.as_ref()), "0.139 × 0.28 mm (user)");
        assert_eq!(words(None), "of no known size");
    }
}

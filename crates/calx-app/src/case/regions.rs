//! The list of regions beside the images: number, label, measure, what it supports; of the one that is selected a card
//! with attributes and all that was measured.
//!
//! Not here: drawing marks (`viewer`), measuring (`calx-measure`).
//!
//! Invariants
//! - A region that supports no statement says so.
//! - Deleting a region that statements rest on asks first and names them.

use std::collections::BTreeSet;

use calx_model::{Edit, Label, RegionField, RegionId, Schema, ShapeKind};
use egui::{Align2, Button, Color32, ComboBox, FontId, RichText, Role, Sense, WidgetInfo, pos2, vec2};

use super::checked::Checked;
use crate::shell::{Sheet, theme};
use crate::state::{AppState, may_edit};
use crate::viewer::measured;

/// One row, as the case has it.
struct Row {
    id: RegionId,
    number: usize,
    words: String,
    label: String,
    colour: Color32,
    /// What is missing, with what to do.
    missing: Option<(String, String)>,
}

/// Draws it; the regions pointed at, when there are any.
pub(super) fn list(state: &mut AppState, ui: &mut egui::Ui, checked: &Checked) -> Option<BTreeSet<RegionId>> {
    let session = state.session.as_deref()?;
    let (case, schema) = (session.case(), session.schema());
    let rows: Vec<Row> = case
        .regions
        .iter()
        .enumerate()
        .map(|(index, region)| Row {
            id: region.id,
            number: index + 1,
            words: checked.marks.get(&region.id).cloned().unwrap_or_default(),
            label: region.label.clone(),
            colour: theme::label_colour(schema, &region.label),
            missing: checked
                .missing(&format!("region {}", index + 1))
                .map(|missing| (missing.text.clone(), missing.hint.clone())),
        })
        .collect();
    if rows.is_empty() {
        let words = "No region yet. Choose a tool, P for a polygon, and mark what a statement speaks of.";
        ui.add(egui::Label::new(RichText::new(words).color(theme::QUIET)).wrap());
    }
    let mut pointed = None;
    for row in &rows {
        let response = line(state, ui, row);
        if response.hovered() || response.has_focus() {
            pointed = Some(BTreeSet::from([row.id]));
        }
        if response.clicked() {
            let is_adding = ui.input(|input| input.modifiers.command || input.modifiers.shift);
            choose(state, row.id, is_adding);
        }
        let is_only_one = state.selection.regions.len() == 1 && state.selection.regions.contains(&row.id);
        if is_only_one {
            details(state, ui, row);
        }
    }
    pointed
}

/// Selects a region, or takes it to those that are selected.
fn choose(state: &mut AppState, id: RegionId, is_adding: bool) {
    if !is_adding {
        state.select(&[id]);
        return;
    }
    if !state.selection.regions.remove(&id) {
        state.selection.regions.insert(id);
    }
}

fn line(state: &AppState, ui: &mut egui::Ui, row: &Row) -> egui::Response {
    let (place, response) = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::click());
    if !ui.is_rect_visible(place) {
        return response;
    }
    let is_selected = state.selection.regions.contains(&row.id);
    let is_lit = state.selection.hovered.contains(&row.id) || response.hovered() || response.has_focus();
    let ground = match (is_selected, is_lit) {
        (true, _) => theme::CHOSEN,
        (false, true) => theme::LIFTED,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(place, 5.0, ground);
    let centre = pos2(place.left() + 16.0, place.center().y);
    number(ui, centre, row.number, row.colour);
    let is_hidden = state.selection.hidden.contains(&row.id);
    let colour = if is_hidden { theme::QUIET } else { theme::TEXT };
    let mut signs = Vec::new();
    signs.extend(is_hidden.then_some("hidden"));
    signs.extend(state.selection.locked.contains(&row.id).then_some("locked"));
    signs.extend(row.missing.is_some().then_some("○"));
    let signs = signs.join("  ");
    let sign_colour = if row.missing.is_some() { theme::AMBER } else { theme::QUIET };
    let at = pos2(place.right() - 8.0, place.center().y);
    let taken = ui.painter().text(at, Align2::RIGHT_CENTER, &signs, FontId::proportional(12.0), sign_colour);
    let mut job =
        egui::text::LayoutJob::simple_singleline(row.words.clone(), FontId::proportional(13.5), colour);
    let left = place.left() + 34.0;
    job.wrap = egui::text::TextWrapping::truncate_at_width((taken.left() - left - 8.0).max(20.0));
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(left, place.center().y - galley.size().y / 2.0), galley, colour);
    let name = format!("Region {}: {}", row.number, row.words);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_selected, &name));
    match &row.missing {
        Some((text, hint)) => response.on_hover_text(format!("{text}: {hint}")),
        None => response,
    }
}

/// A region's number in a ring of its colour.
pub(super) fn number(ui: &egui::Ui, centre: egui::Pos2, number: usize, colour: Color32) {
    ui.painter().circle(centre, 9.0, theme::DEEP, egui::Stroke::new(1.5, colour));
    let size = if number > 99 { 9.0 } else { 11.5 };
    ui.painter().text(centre, Align2::CENTER_CENTER, number, FontId::proportional(size), theme::STRONG);
}

/// Label, attributes, and what can be done with the one that is selected.
fn details(state: &mut AppState, ui: &mut egui::Ui, row: &Row) {
    let Some((labels, attributes)) = choices(state, row.id) else { return };
    let can = may_edit(state).is_ok();
    let mut edit = None;
    let frame = egui::Frame::NONE.inner_margin(egui::Margin { left: 34, right: 0, top: 2, bottom: 8 });
    frame.show(ui, |ui| {
        ui.add_enabled_ui(can, |ui| {
            ui.horizontal_wrapped(|ui| {
                let name = format!("Label of region {}", row.number);
                if let Some(label) = picked(ui, &name, &row.label, &labels) {
                    edit = Some(RegionField::Label(label));
                }
            });
            for (name, value, values) in &attributes {
                ui.horizontal(|ui| {
                    ui.label(RichText::new(name).small().color(theme::QUIET));
                    let title = format!("{name} of region {}", row.number);
                    if let Some(chosen) = picked(ui, &title, value, values) {
                        edit = attribute(state, row.id, name, chosen);
                    }
                });
            }
        });
        numbers(state, ui, row);
        ui.horizontal_wrapped(|ui| {
            let number = row.number;
            toggle(ui, &mut state.selection.hidden, row.id, ("Hide", "Show"), number);
            toggle(ui, &mut state.selection.locked, row.id, ("Lock", "Unlock"), number);
            let delete = ui.add_enabled(can, Button::new("Delete").small());
            if delete.accessible_name(format!("Delete region {number}")).clicked() {
                delete_asking(state, &[row.id]);
            }
        });
    });
    if let Some(field) = edit {
        state.apply(Edit::SetRegion { region: row.id, field }, "region set");
    }
}

/// What was measured, each number with its unit and what that rests on.
fn numbers(state: &mut AppState, ui: &mut egui::Ui, row: &Row) {
    let Some(case) = state.session.as_deref().map(crate::seams::Session::case) else { return };
    let Some(region) = case.region(row.id) else { return };
    let Some(image) = case.image(region.image) else { return };
    let frame = state.viewer.loaded(image.id).cloned();
    let measured = state.viewer.measured.of((region, image), frame.as_ref(), &state.wake);
    let is_length = region.shape.kind() == ShapeKind::Line;
    let Some(measured) = measured else {
        ui.label(RichText::new("Measuring…").small().color(theme::QUIET));
        return;
    };
    let lines = measured::lines(&measured);
    if !lines.is_empty() {
        egui::Grid::new("measures of the region").num_columns(2).spacing([10.0, 3.0]).show(ui, |ui| {
            for (name, value) in &lines {
                ui.label(RichText::new(*name).small().color(theme::QUIET));
                ui.add(egui::Label::new(RichText::new(value).small().color(theme::TEXT)).wrap());
                ui.end_row();
            }
        });
    }
    if is_length {
        let button =
            ui.add_enabled(may_edit(state).is_ok(), Button::new("Calibrate by this length…").small());
        let button = button.accessible_name(format!("Calibrate by region {}", row.number));
        if button.on_hover_text("Its millimetres give the image its scale").clicked() {
            state.ask("tool.calibrate");
        }
    }
}

fn toggle(
    ui: &mut egui::Ui,
    set: &mut BTreeSet<RegionId>,
    id: RegionId,
    (on, off): (&str, &str),
    number: usize,
) {
    let is_in = set.contains(&id);
    let word = if is_in { off } else { on };
    let button = ui.add(Button::new(word).small()).accessible_name(format!("{word} region {number}"));
    if button.clicked() && !set.remove(&id) {
        set.insert(id);
    }
}

/// A choice among words; the one that was chosen now.
pub(super) fn picked(ui: &mut egui::Ui, name: &str, current: &str, words: &[String]) -> Option<String> {
    picked_within(ui, 150.0, name, current, words)
}

/// The same, in a box no wider than there is room for.
pub(super) fn picked_within(
    ui: &mut egui::Ui,
    room: f32,
    name: &str,
    current: &str,
    words: &[String],
) -> Option<String> {
    let mut chosen = None;
    let shown = if current.is_empty() { "not said" } else { current };
    let response =
        ComboBox::from_id_salt(name).selected_text(shown).width(room.clamp(60.0, 150.0)).truncate();
    let response = response.popup_style(theme::of_popup(ui)).show_ui(ui, |ui| {
        for word in words {
            let label: &str = if word.is_empty() { "not said" } else { word };
            if ui.selectable_label(word == current, label).clicked() {
                chosen = Some(word.clone());
            }
        }
    });
    let _named = response.response.accessible_name(name);
    chosen.filter(|word| word != current)
}

/// An attribute: its name, its value, all it may have.
type Choice = (String, String, Vec<String>);

/// Labels that a region's shape may have, and its attributes.
fn choices(state: &AppState, id: RegionId) -> Option<(Vec<String>, Vec<Choice>)> {
    let session = state.session.as_deref()?;
    let region = session.case().region(id)?;
    let schema = session.schema();
    let labels = labels_for(schema, region.shape.kind()).map(|label| label.name.clone()).collect();
    let attributes = schema.label(&region.label).map(|label| label.attributes.as_slice()).unwrap_or_default();
    let choice = |attribute: &calx_model::Attribute| {
        let value = region.attributes.get(&attribute.name).cloned().unwrap_or_default();
        let mut values = vec![String::new()];
        values.extend(attribute.values.iter().map(|value| value.name.clone()));
        (attribute.name.clone(), value, values)
    };
    Some((labels, attributes.iter().map(choice).collect()))
}

fn labels_for(schema: &Schema, kind: ShapeKind) -> impl Iterator<Item = &Label> {
    schema.labels.iter().filter(move |label| label.shapes.contains(&kind))
}

fn attribute(state: &AppState, id: RegionId, name: &str, value: String) -> Option<RegionField> {
    let mut attributes = state.case()?.region(id)?.attributes.clone();
    if value.is_empty() {
        attributes.remove(name);
    } else {
        attributes.insert(name.to_owned(), value);
    }
    Some(RegionField::Attributes(attributes))
}

/// Deletes regions; asks first when statements rest on one of them.
pub fn delete_asking(state: &mut AppState, regions: &[RegionId]) {
    let Some(case) = state.case() else { return };
    let is_needed = regions.iter().any(|id| case.statements_on(*id).next().is_some());
    if is_needed {
        state.sheet = Some(Sheet::DeleteRegions(regions.to_vec()));
    } else {
        delete_now(state, regions);
    }
}

/// Deletes regions with their links; one step of undo.
pub fn delete_now(state: &mut AppState, regions: &[RegionId]) {
    let Some(case) = state.case() else { return };
    // Each edit is made for the case as those before it leave it: two regions may be linked in one text.
    let mut after = case.clone();
    let mut edits = Vec::with_capacity(regions.len());
    for region in regions {
        let made = after.delete_region(*region).and_then(|edit| after.apply(&edit).map(|_inverse| edit));
        match made {
            Ok(edit) => edits.push(edit),
            Err(error) => {
                state.toasts.say(error.to_string());
                return;
            }
        }
    }
    if !edits.is_empty() {
        state.apply(Edit::Batch { edits }, "region rm");
    }
}

//! The case as a document: what it is called, whom it shows, what it teaches, how complete it is.
//!
//! Not here: images ([`crate::viewer`]), links beside images ([`super::findings`]).
//!
//! Invariants
//! - Every text is a draft until it is taken in ([`super::drafts`]).

use calx_measure::Severity;
use calx_model::{
    Age, AgeUnit, Case, CaseField, Edit, ImageId, Patient, Reference, ReferenceId, RegionId, Sex, markup,
};
use egui::{Button, CentralPanel, DragValue, Margin, Panel, RichText, ScrollArea};
use uuid::Uuid;

use super::checked::{self, Checked};
use super::drafts::{self, Field, Look};
use super::{findings, preview, regions};
use crate::shell::settings::CaseTheme;
use crate::shell::theme;
use crate::state::{AppState, may_edit};

/// As wide as lines of text can be read.
const WIDTH: f32 = 720.0;

/// With less than this the document and what is missing stand one after the other.
const BOTH: f32 = 760.0;

/// Draws it.
pub fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    if state.settings.case_theme == CaseTheme::Light {
        theme::on_paper(ui);
    }
    let Some(checked) = checked::of(state) else {
        CentralPanel::default().show(ui, |ui| {
            ui.label(RichText::new("Open a case or a study first").color(theme::colours(ui).quiet));
        });
        return;
    };
    // Beside the document where there is room for both, else before it.
    let is_beside = ui.available_width() >= BOTH;
    let frame = egui::Frame::NONE.fill(theme::colours(ui).ground).inner_margin(Margin::same(14));
    let panel = Panel::right("completeness").default_size(290.0).size_range(220.0..=440.0);
    if is_beside {
        panel.frame(frame).show(ui, |ui| {
            ScrollArea::vertical().id_salt("alerts").auto_shrink([false, false]).show(ui, |ui| {
                completeness(state, ui, &checked);
            });
        });
    }
    let frame = egui::Frame::NONE.fill(theme::colours(ui).ground).inner_margin(Margin::symmetric(20, 12));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        ScrollArea::vertical().id_salt("case").auto_shrink([false, false]).show(ui, |ui| {
            // A column of text in the middle of the room.
            let room = ui.available_width();
            let width = WIDTH.min(room);
            ui.horizontal_top(|ui| {
                ui.add_space(((room - width) / 2.0).floor());
                ui.vertical(|ui| {
                    ui.set_width(width - ui.spacing().item_spacing.x);
                    if !is_beside {
                        completeness(state, ui, &checked);
                    }
                    document(state, ui, &checked);
                    ui.add_space(40.0);
                });
            });
        });
    });
}

fn document(state: &mut AppState, ui: &mut egui::Ui, checked: &Checked) {
    text(state, ui, Field::Title, "Title", ("Title", "What the case shows, in a few words", 1));
    patient(state, ui);
    let hint = "History and question";
    text(state, ui, Field::Presentation, "Presentation", ("Presentation", hint, 3));
    ui.add_space(10.0);
    // Pointing at a link shows nothing here: the images are on another screen.
    findings::header(state, ui);
    let _pointed = findings::all(state, ui, checked);
    ui.add_space(10.0);
    let hint = "What the case teaches; [@1] cites the first reference";
    text(state, ui, Field::Discussion, "Discussion", ("Discussion", hint, 6));
    references(state, ui);
    text(state, ui, Field::Tags, "Tags", ("Tags", "Words with commas between", 1));
    let hint = "One a line: name, role, place";
    text(state, ui, Field::Contributors, "Contributors", ("Contributors", hint, 2));
    text(state, ui, Field::Licence, "Licence", ("Licence", "As CC-BY-4.0", 1));
    let hint = "How it is known that the patient consents";
    text(state, ui, Field::Consent, "Consent", ("Consent", hint, 1));
}

fn text(
    state: &mut AppState,
    ui: &mut egui::Ui,
    field: Field,
    heading: &str,
    (name, hint, rows): (&str, &'static str, usize),
) {
    ui.add_space(10.0);
    theme::heading(ui, heading);
    drafts::field(state, ui, field, &Look { name, hint, rows, links: &[], is_quiet: false });
    let Some(case) = state.case() else { return };
    let kept = match field {
        Field::Presentation => &case.presentation,
        Field::Discussion => &case.discussion,
        _ => return,
    };
    // It follows the keys: nothing moves under the pointer when the field is left and its text taken in.
    let typed = state.drafts.typed(field).and_then(|text| markup::parse(text, case).ok());
    preview::ui(ui, typed.as_ref().unwrap_or(kept), case);
}

fn patient(state: &mut AppState, ui: &mut egui::Ui) {
    let Some(patient) = state.case().map(|case| case.patient) else { return };
    let can = may_edit(state).is_ok();
    let mut wanted = patient;
    ui.add_space(10.0);
    theme::heading(ui, "Patient");
    ui.add_enabled_ui(can, |ui| {
        ui.horizontal_wrapped(|ui| {
            age(ui, &mut wanted, std::mem::take(&mut state.drafts.wants_patient));
            sex(ui, &mut wanted);
        });
    });
    if wanted != patient {
        state.apply(Edit::SetCase { field: CaseField::Patient(wanted) }, "case set");
    }
}

fn age(ui: &mut egui::Ui, patient: &mut Patient, is_wanted: bool) {
    let Some(age) = patient.age else {
        let add = ui.button("Add age");
        if is_wanted {
            add.request_focus();
            add.scroll_to_me(None);
        }
        if add.clicked() {
            patient.age = Some(Age { value: 50, unit: AgeUnit::Years });
        }
        return;
    };
    // While it is dragged every number would be a step of undo: it counts when it is let go.
    let memory = egui::Id::unique("age in hand");
    let held = ui.data(|data| data.get_temp::<u16>(memory));
    let mut value = held.unwrap_or(age.value);
    let field = DragValue::new(&mut value).range(0..=130).speed(0.25).update_while_editing(false);
    let field = ui.add(field).accessible_name("Age");
    if is_wanted {
        // The age is there: it is the sex that is missing, beside it.
        field.scroll_to_me(None);
    }
    if field.dragged() {
        ui.data_mut(|data| data.insert_temp(memory, value));
    } else {
        ui.data_mut(|data| data.remove::<u16>(memory));
        if value != age.value {
            patient.age = Some(Age { value, ..age });
        }
    }
    const UNITS: [(AgeUnit, &str); 4] = [
        (AgeUnit::Years, "years"),
        (AgeUnit::Months, "months"),
        (AgeUnit::Weeks, "weeks"),
        (AgeUnit::Days, "days"),
    ];
    let word = UNITS.iter().find(|(unit, _)| *unit == age.unit).map_or("", |(_, word)| *word);
    let words: Vec<String> = UNITS.iter().map(|(_, word)| (*word).to_owned()).collect();
    if let Some(chosen) = regions::picked(ui, "Unit of the age", word, &words)
        && let Some((unit, _)) = UNITS.iter().find(|(_, word)| *word == chosen)
    {
        patient.age = Some(Age { unit: *unit, ..age });
    }
}

fn sex(ui: &mut egui::Ui, patient: &mut Patient) {
    const SEXES: [(Option<Sex>, &str); 4] =
        [(None, ""), (Some(Sex::Female), "female"), (Some(Sex::Male), "male"), (Some(Sex::Other), "other")];
    let word = SEXES.iter().find(|(sex, _)| *sex == patient.sex).map_or("", |(_, word)| *word);
    let words: Vec<String> = SEXES.iter().map(|(_, word)| (*word).to_owned()).collect();
    ui.label(RichText::new("Sex").color(theme::colours(ui).quiet));
    if let Some(chosen) = regions::picked(ui, "Sex", word, &words)
        && let Some((sex, _)) = SEXES.iter().find(|(_, word)| *word == chosen)
    {
        patient.sex = *sex;
    }
}

fn references(state: &mut AppState, ui: &mut egui::Ui) {
    ui.add_space(10.0);
    let can = may_edit(state).is_ok();
    ui.horizontal(|ui| {
        theme::heading(ui, "References");
        if ui.add_enabled(can, Button::new("Add reference").small()).clicked() {
            add_reference(state);
        }
    });
    let rows: Vec<(ReferenceId, usize)> = state.case().map(numbered).unwrap_or_default();
    for (place, (id, shown)) in rows.into_iter().enumerate() {
        // Typed as its place in the list; readers see the order of citation.
        let place = place + 1;
        ui.horizontal(|ui| {
            let number =
                ui.label(RichText::new(format!("[@{place}]")).monospace().color(theme::colours(ui).accent));
            number.on_hover_text(format!("Type [@{place}] in the discussion; readers will see {shown}"));
            let readers = format!("readers see [{shown}]");
            ui.label(RichText::new(readers).small().color(theme::colours(ui).quiet));
            let remove = ui.add_enabled(can, Button::new("Remove").small().frame(false));
            if remove.accessible_name(format!("Remove reference {place}")).clicked() {
                remove_reference(state, id);
            }
        });
        let name = format!("Text of reference {place}");
        let hint = "Authors, title, journal, year";
        let look = Look { name: &name, hint, rows: 2, links: &[], is_quiet: false };
        drafts::field(state, ui, Field::Reference(id), &look);
        let name = format!("DOI of reference {place}");
        let look = Look { name: &name, hint: "DOI, as 10.1000/182", rows: 1, links: &[], is_quiet: false };
        drafts::field(state, ui, Field::Doi(id), &look);
    }
}

/// References in the order of the list, with the numbers that readers see.
fn numbered(case: &Case) -> Vec<(ReferenceId, usize)> {
    let shown = case.reference_numbers();
    let number = |id| shown.get(&id).copied().unwrap_or_default();
    case.references.iter().map(|reference| (reference.id, number(reference.id))).collect()
}

fn add_reference(state: &mut AppState) {
    let Some(length) = state.case().map(|case| case.references.len()) else { return };
    let reference = Reference { id: ReferenceId(Uuid::new_v4()), text: String::new(), doi: None };
    let (id, index) = (reference.id, u32::try_from(length).unwrap_or(u32::MAX));
    if state.apply(Edit::AddReference { index, reference }, "reference add") {
        state.drafts.focus = Some(Field::Reference(id));
    }
}

fn remove_reference(state: &mut AppState, id: ReferenceId) {
    drafts::commit_all(state);
    match state.case().map(|case| case.delete_reference(id)) {
        Some(Ok(edit)) => {
            state.apply(edit, "reference rm");
        }
        Some(Err(error)) => state.toasts.say(error.to_string()),
        None => {}
    }
}

/// How complete the case is, and what stands against publishing.
fn completeness(state: &mut AppState, ui: &mut egui::Ui, checked: &Checked) {
    let found = &checked.completeness;
    theme::heading(ui, "Completeness");
    ui.label(RichText::new(format!("{} %", found.percent)).size(26.0).color(theme::colours(ui).strong));
    let words = match found.blocking() {
        0 => RichText::new("Nothing stands against publishing").color(theme::colours(ui).green),
        1 => RichText::new("1 point stands against publishing").color(theme::colours(ui).red),
        several => {
            RichText::new(format!("{several} points stand against publishing")).color(theme::colours(ui).red)
        }
    };
    ui.add(egui::Label::new(words).wrap());
    ui.add_space(8.0);
    for alert in &found.alerts {
        let (word, colour) = match alert.severity {
            Severity::Blocks => ("Blocks publishing", theme::colours(ui).red),
            Severity::Warns => ("Missing", theme::colours(ui).amber),
        };
        let card = theme::card().fill(theme::colours(ui).raised).inner_margin(Margin::symmetric(10, 7));
        card.show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.label(RichText::new(word).small().color(colour));
            let words = format!("{} {}", alert.place, alert.text);
            match state.case().and_then(|case| way(case, &alert.place)) {
                Some(way) => {
                    if ui.link(words).clicked() {
                        go(state, way);
                    }
                }
                None => {
                    ui.add(egui::Label::new(words).wrap());
                }
            }
            let hint = RichText::new(&alert.hint).small().color(theme::colours(ui).quiet);
            ui.add(egui::Label::new(hint).wrap());
        });
    }
    ui.add_space(8.0);
    for rule in &found.rules {
        let (sign, colour) =
            if rule.met { ("●", theme::colours(ui).green) } else { ("○", theme::colours(ui).amber) };
        ui.horizontal_top(|ui| {
            ui.label(RichText::new(sign).small().color(colour));
            let count = if rule.of > 1 { format!(" ({} of {})", rule.done, rule.of) } else { String::new() };
            let words =
                RichText::new(format!("{}{count}", rule.asks)).small().color(theme::colours(ui).quiet);
            ui.add(egui::Label::new(words).wrap()).on_hover_text(format!("Weight {}", rule.weight));
        });
    }
}

/// Where a missing point is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Field(Field),
    Patient,
    Findings,
    Region(RegionId),
    Image(ImageId),
}

/// The way to a place as completeness names it: `statement 2.1`, `region 3`, `discussion`.
fn way(case: &Case, place: &str) -> Option<Way> {
    let (kind, number) = place.split_once(' ').unwrap_or((place, ""));
    let index = || number.parse::<usize>().ok()?.checked_sub(1);
    match kind {
        "title" => Some(Way::Field(Field::Title)),
        "presentation" => Some(Way::Field(Field::Presentation)),
        "discussion" => Some(Way::Field(Field::Discussion)),
        "contributors" => Some(Way::Field(Field::Contributors)),
        "licence" => Some(Way::Field(Field::Licence)),
        "consent" => Some(Way::Field(Field::Consent)),
        "patient" => Some(Way::Patient),
        "findings" => Some(Way::Findings),
        "statement" => {
            let is_it = |id| case.statement_number(id).is_some_and(|(f, s)| format!("{f}.{s}") == number);
            let found = case.statements().map(|(_, statement)| statement.id).find(|id| is_it(*id));
            found.map(|id| Way::Field(Field::Statement(id)))
        }
        "region" => case.regions.get(index()?).map(|region| Way::Region(region.id)),
        "image" => case.images().nth(index()?).map(|(_, image)| Way::Image(image.id)),
        "reference" => {
            let wanted = index()? + 1;
            let numbers = case.reference_numbers();
            numbers
                .into_iter()
                .find(|(_, number)| *number == wanted)
                .map(|(id, _)| Way::Field(Field::Reference(id)))
        }
        _ => None,
    }
}

fn go(state: &mut AppState, way: Way) {
    match way {
        Way::Field(field) => state.drafts.focus = Some(field),
        Way::Patient => state.drafts.wants_patient = true,
        Way::Findings => state.ask("case.add-finding"),
        Way::Region(region) => {
            state.select(&[region]);
            state.ask("screen.viewer");
        }
        Way::Image(image) => {
            state.selection.image = Some(image);
            state.ask("screen.viewer");
        }
    }
}

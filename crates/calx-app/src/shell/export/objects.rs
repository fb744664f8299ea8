//! What is asked about DICOM objects: how they are made, and whose word lets the patient's name leave with them.
//!
//! Not here: the objects (`calx_export::dicom`), the rule for the word and its row ([`consent`]).

use calx_dicom::derived::{SegGeometry, SegRegions, SrProfile};
use calx_export::{ReaderLine, consent};
use egui::{Button, Grid, RichText};

use crate::seams::WhyNot;
use crate::shell::theme;
use crate::state::{AppState, may_edit};

/// What the tick says.
const WORD: &str = "These objects carry the patient's name and dates";

/// How the chosen kinds are made.
pub(super) fn options(state: &mut AppState, ui: &mut egui::Ui) {
    let targets = state.exports.targets();
    let (sr, seg, gsps) = (targets.contains(&"sr"), targets.contains(&"seg"), targets.contains(&"gsps"));
    if !(sr || seg || gsps) {
        return;
    }
    let mut looks = false;
    let derived = &mut state.exports.derived;
    ui.add_space(4.0);
    theme::on_card(ui, |ui| {
        Grid::new("options of DICOM objects").num_columns(2).spacing([14.0, 6.0]).show(ui, |ui| {
            if sr {
                let all = [
                    (
                        SrProfile::Ohif,
                        "Editable in OHIF",
                        "Regions stand a second time under their first number",
                    ),
                    (
                        SrProfile::Plain,
                        "Plain",
                        "TID 1500 and nothing else: OHIF shows regions and edits none",
                    ),
                ];
                choice(ui, "Reports", &mut derived.sr_profile, &all);
            }
            if gsps {
                ui.label("As shown");
                let button = ui.button("View as exported");
                looks = button
                    .on_hover_text("The images by the presentation states that this export writes")
                    .clicked();
                ui.end_row();
            }
            if !(sr || seg) {
                return;
            }
            // Reports bring the masks along that they cannot hold.
            let none = "As radiographs have none: 3D Slicer and OHIF refuse such masks";
            let nominal = "A geometry that nobody measured, so that 3D Slicer and OHIF take the masks";
            let all = [(SegGeometry::None, "None", none), (SegGeometry::Nominal, "Nominal", nominal)];
            choice(ui, "Geometry of masks", &mut derived.seg_geometry, &all);
            if seg {
                let needed = "Masks, holes and areas of several parts";
                let all = "Outlines, ellipses, rectangles and paths with a width too";
                let all = [
                    (SegRegions::Needed, "What reports cannot hold", needed),
                    (SegRegions::All, "All that cover pixels", all),
                ];
                choice(ui, "Regions as masks", &mut derived.seg_regions, &all);
            }
        });
    });
    if looks {
        state.exports.leaves = true;
        state.ask("screen.viewer");
        if !state.viewer.is_as_exported {
            state.ask("viewer.as_exported");
        }
    }
}

fn choice<T: Copy + PartialEq>(ui: &mut egui::Ui, name: &str, value: &mut T, all: &[(T, &str, &str)]) {
    ui.label(name);
    ui.horizontal_wrapped(|ui| {
        for (one, words, tip) in all {
            let button = ui.add(Button::new(*words).selected(*value == *one));
            let button = button.accessible_name(format!("{name}: {words}")).on_hover_text(*tip);
            if button.clicked() {
                *value = *one;
            }
        }
    });
    ui.end_row();
}

/// Asks for the word that the patient's name may leave, where it would.
pub(super) fn identity(state: &mut AppState, ui: &mut egui::Ui, identified: &[&str]) {
    if identified.is_empty() {
        let has_objects =
            state.exports.targets().iter().any(|name| ["sr", "seg", "gsps", "kos"].contains(name));
        if has_objects {
            let words = "The DICOM objects carry what the images say of the patient; all images say they are synthetic.";
            ui.add(egui::Label::new(RichText::new(words).color(theme::QUIET)).wrap());
        }
        return;
    }
    theme::on_card(ui, |ui| {
        let words = RichText::new(WORD).color(theme::STRONG);
        let tick = theme::tick(ui, &mut state.exports.says_identity, words);
        let _named = tick.accessible_name(WORD);
        let kinds = identified.join(", ");
        let by = if state.author.is_empty() { "whoever works here" } else { &*state.author };
        let words = format!(
            "{kinds}: an archive files them with their images, so they say whose images these are. The journal of the \
             case records that {by} asked for it, before anything leaves."
        );
        ui.add(egui::Label::new(RichText::new(words).small().color(theme::QUIET)).wrap());
    });
}

/// Whether the chosen objects may leave.
pub(super) fn may_leave(state: &AppState, identified: &[&str]) -> Result<(), WhyNot> {
    if identified.is_empty() {
        return Ok(());
    }
    if !state.exports.says_identity {
        return Err("tick that these objects carry the patient's name and dates, or leave DICOM objects out");
    }
    let document = state.session.as_deref().map(|session| session.document());
    let is_recorded = document.is_some_and(|found| consent::is_recorded(found, identified, &state.author));
    if is_recorded { Ok(()) } else { may_edit(state) }
}

/// Puts into the journal who asked for objects that carry the patient; whether that must be on disk before they leave.
pub(super) fn record(state: &mut AppState, targets: &[&str]) -> Result<bool, String> {
    let Some(session) = state.session.as_deref_mut() else { return Ok(false) };
    let identified = consent::identified(session.case(), targets);
    if identified.is_empty() {
        return Ok(false);
    }
    if consent::is_recorded(session.document(), &identified, &state.author) {
        return Ok(true);
    }
    session.record(&consent::tool(&identified)).map(|()| true).map_err(|why| {
        format!(
            "the journal did not take who asked for the patient's name to leave; nothing was exported: {why}"
        )
    })
}

/// What other programs take of the objects.
pub(super) fn readers(ui: &mut egui::Ui, readers: &[ReaderLine]) {
    if readers.is_empty() {
        return;
    }
    ui.add_space(6.0);
    theme::heading(ui, "What other programs take of it");
    let width = ui.available_width();
    Grid::new("what readers take").num_columns(3).spacing([14.0, 5.0]).striped(true).show(ui, |ui| {
        for title in ["Program", "Takes", "Does not take"] {
            ui.label(RichText::new(title).small().color(theme::QUIET));
        }
        ui.end_row();
        let column = ((width - 140.0) / 2.0).max(90.0);
        for line in readers {
            ui.label(RichText::new(line.reader).small().color(theme::STRONG));
            let not = line.not.as_deref().map_or_else(|| "–".to_owned(), in_the_sheet);
            for (words, colour) in [(in_the_sheet(&line.takes), theme::TEXT), (not, theme::AMBER)] {
                let colour = if words == "–" { theme::QUIET } else { colour };
                ui.scope(|ui| {
                    ui.set_max_width(column);
                    ui.add(egui::Label::new(RichText::new(words).small().color(colour)).wrap());
                });
            }
            ui.end_row();
        }
    });
}

/// What to choose here, where the words say what to type at a prompt.
fn in_the_sheet(words: &str) -> String {
    [
        ("--seg-geometry nominal", "“Geometry of masks: Nominal”"),
        ("--sr-profile ohif", "“Reports: Editable in OHIF”"),
        ("--as gsps shows them", "GSPS shows them"),
    ]
    .into_iter()
    .fold(words.to_owned(), |words, (typed, chosen)| words.replace(typed, chosen))
}

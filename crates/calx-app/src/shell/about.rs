//! About: what this is, what it is for, what it is made of.

use egui::RichText;

use super::theme;
use crate::state::AppState;

/// What it is for, in the words that stand in everything calx makes.
pub const PURPOSE: &str = "For teaching and research, not for primary diagnosis.";

/// What a person must know about the screen.
pub const SCREEN: &str = "The curve of the monitor is not corrected: calx sends grey values as they are, and does not \
calibrate the display to the DICOM Grayscale Standard Display Function (GSDF, PS3.14).";

/// What it is made of: name, what for, the library whose licence holds.
const PARTS: [(&str, &str, &str); 10] = [
    ("egui, eframe", "window and controls", "egui"),
    ("wgpu, naga", "graphics", "wgpu"),
    ("dicom-rs", "DICOM objects", "dicom-core"),
    ("jxl-oxide", "JPEG XL", "jxl-oxide"),
    ("OpenJPEG", "JPEG 2000", "openjpeg-sys"),
    ("kurbo, i_overlay", "curves and areas", "kurbo"),
    ("SQLite, rusqlite", "catalogue", "rusqlite"),
    ("AccessKit", "screen readers", "accesskit"),
    ("Ubuntu Light, Hack", "fonts", "epaint_default_fonts"),
    ("jiff", "time", "jiff"),
];

/// Every library in the program with its licence: `name version<TAB>licence`, a line each. A test holds it against what
/// is built, and writes it with `CALX_BLESS=1`.
pub const LIBRARIES: &str = include_str!("libraries.tsv");

fn libraries() -> impl Iterator<Item = (&'static str, &'static str)> {
    LIBRARIES.lines().filter_map(|line| line.split_once('\t'))
}

/// The licence of a library, by its name without the version.
fn licence(name: &str) -> Option<&'static str> {
    let is_it = |named: &str| named.split_once(' ').is_some_and(|(found, _)| found == name);
    libraries().find(|(named, _)| is_it(named)).map(|(_, licence)| licence)
}

/// Draws it.
pub fn ui(state: &AppState, ui: &mut egui::Ui) {
    ui.label(RichText::new("calx").size(26.0).color(theme::STRONG));
    let version = format!("Version {}", env!("CARGO_PKG_VERSION"));
    ui.label(RichText::new(version).color(theme::QUIET));
    ui.add_space(8.0);
    ui.label(RichText::new(PURPOSE).color(theme::AMBER));
    ui.add(egui::Label::new(SCREEN).wrap());
    ui.add_space(8.0);
    ui.label(format!("Images are drawn by {}.", state.painter.describe()));
    ui.label("calx may be used under the MIT licence or the Apache License 2.0.");
    ui.add_space(8.0);
    theme::heading(ui, "Made of");
    egui::Grid::new("parts").num_columns(3).spacing([18.0, 4.0]).show(ui, |ui| {
        for (name, purpose, library) in PARTS {
            ui.label(name);
            ui.label(RichText::new(purpose).color(theme::QUIET));
            ui.label(RichText::new(licence(library).unwrap_or_default()).color(theme::QUIET));
            ui.end_row();
        }
    });
    ui.add_space(8.0);
    let count = libraries().count();
    let all = egui::CollapsingHeader::new(format!("All {count} libraries and their licences"));
    all.id_salt("libraries").show(ui, |ui| {
        for (name, licence) in libraries() {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(name).small());
                ui.label(RichText::new(licence).small().color(theme::QUIET));
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_a_licence() {
        for (name, _, library) in PARTS {
            assert!(licence(library).is_some_and(|licence| !licence.is_empty()), "{name}: {library}");
        }
    }
}

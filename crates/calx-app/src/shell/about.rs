//! About: what this is, what it is for, what it is made of.

use egui::RichText;

use super::theme;
use crate::state::AppState;

/// What it is for, in the words that stand in everything calx makes.
pub const PURPOSE: &str = "For teaching and research, not for primary diagnosis.";

/// What a person must know about the screen.
pub const SCREEN: &str = "The curve of the monitor is not corrected: calx sends grey values as they are, and does not \
calibrate the display to the DICOM Grayscale Standard Display Function (GSDF, PS3.14).";

/// What it is made of: name, what for, licence.
const PARTS: [(&str, &str, &str); 11] = [
    ("egui, eframe", "window and controls", "MIT or Apache-2.0"),
    ("wgpu, naga", "graphics", "MIT or Apache-2.0"),
    ("dicom-rs", "DICOM objects", "MIT or Apache-2.0"),
    ("jxl-oxide", "JPEG XL", "MIT or Apache-2.0"),
    ("OpenJPEG", "JPEG 2000", "BSD-2-Clause"),
    ("kurbo, i_overlay", "curves and areas", "MIT or Apache-2.0"),
    ("SQLite, rusqlite", "catalogue", "public domain, MIT"),
    ("AccessKit", "screen readers", "MIT or Apache-2.0"),
    ("Ubuntu Light", "font", "Ubuntu Font Licence 1.0"),
    ("Hack", "font", "MIT and Bitstream Vera"),
    ("jiff, serde, rayon", "time, data, threads", "MIT or Apache-2.0"),
];

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
        for (name, purpose, licence) in PARTS {
            ui.label(name);
            ui.label(RichText::new(purpose).color(theme::QUIET));
            ui.label(RichText::new(licence).color(theme::QUIET));
            ui.end_row();
        }
    });
}

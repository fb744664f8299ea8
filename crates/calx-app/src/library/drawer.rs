//! The drawer at the bottom of the library: the import in hand or the last one.
//!
//! Not here: importing (`import`).

use calx_workspace::{FileOutcome, FileStatus};
use egui::{Align, Button, Label, Layout, Margin, Panel, ProgressBar, RichText, ScrollArea};

use super::import::{Importer, Progress, State, counted, many, meaning, shown_name};
use super::restore;
use crate::shell::theme;
use crate::state::AppState;

/// Draws it, when there is an import to tell of.
pub(super) fn ui(state: &mut AppState, ui: &mut egui::Ui) {
    if matches!(state.library.importer.state, State::None) {
        return;
    }
    let frame = egui::Frame::NONE.fill(theme::RAISED).inner_margin(Margin::symmetric(14, 8));
    let mut asked = None;
    let mut call = None;
    let drawer = Panel::bottom("import").frame(frame).show(ui, |ui| {
        let importer = &mut state.library.importer;
        ui.horizontal(|ui| {
            if importer.is_running() {
                running(importer, ui, &mut asked);
            } else {
                ended(importer, ui, &mut asked);
            }
        });
        if importer.is_running() {
            let file = RichText::new(&importer.progress.file).small().color(theme::QUIET);
            ui.add(Label::new(file).truncate());
        }
        restore::ui(&state.library, ui, &mut call);
        if state.library.importer.shows_issues {
            issues(&state.library.importer, ui);
        }
    });
    state.toasts.keep_above(drawer.response.rect.height());
    state.todo.extend(call);
    if let Some(asked) = asked {
        state.ask(asked);
    }
}

fn running(importer: &Importer, ui: &mut egui::Ui, asked: &mut Option<&'static str>) {
    let title = if importer.is_paused() { "Import paused" } else { "Importing" };
    ui.label(RichText::new(title).color(theme::STRONG));
    let progress = &importer.progress;
    let bar = ProgressBar::new(share(progress)).desired_width(150.0).animate(false);
    ui.add(bar).accessible_name("Share of the files that are done");
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if ui.button("Cancel").accessible_name("Cancel the import").clicked() {
            *asked = Some("library.cancel-import");
        }
        let (words, name) = match importer.is_paused() {
            true => ("Resume", "Resume the import"),
            false => ("Pause", "Pause the import"),
        };
        if ui.button(words).accessible_name(name).clicked() {
            *asked = Some("library.pause-import");
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(Label::new(counted(&progress.counts)).truncate());
            ui.add(Label::new(RichText::new(pace(importer)).color(theme::QUIET)).truncate());
        });
    });
}

/// How many of how many, how fast, how long it will take.
fn pace(importer: &Importer) -> String {
    let progress = &importer.progress;
    let mut parts = Vec::new();
    if let Some(files) = progress.files {
        parts.push(format!("{} of {}", progress.counts.total(), many(files, "file", "files")));
    }
    if !importer.is_paused() && progress.rate >= 0.05 {
        let digits = usize::from(progress.rate < 10.0);
        parts.push(format!("{:.digits$} a second", progress.rate));
        if let Some(left) = progress.left() {
            parts.push(duration(left));
        }
    }
    if importer.open > 1 {
        parts.push(format!("{} more to come", importer.open - 1));
    }
    parts.join(" · ")
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "nearly done".to_owned(),
        s if s < 90.0 => format!("about {s:.0} s left"),
        s if s < 5400.0 => format!("about {:.0} min left", s / 60.0),
        s => format!("about {:.0} h left", s / 3600.0),
    }
}

fn ended(importer: &mut Importer, ui: &mut egui::Ui, asked: &mut Option<&'static str>) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if ui.button("Close").accessible_name("Close the import's report").clicked() {
            importer.put_away();
        }
        let tip = "Shows what was imported, in the viewer";
        if !importer.came().studies.is_empty()
            && ui.button("Open").on_hover_text(tip).accessible_name("Open what was imported").clicked()
        {
            *asked = Some("library.open-imported");
        }
        let count = importer.issues.len() + importer.passed_over.len();
        if count > 0 {
            let words = many(u64::try_from(count).unwrap_or(u64::MAX), "issue", "issues");
            let colour = if importer.issues.is_empty() { theme::TEXT } else { theme::AMBER };
            let button = Button::new(RichText::new(words).color(colour)).selected(importer.shows_issues);
            if ui.add(button).on_hover_text("Files that were not simply taken, and why").clicked() {
                importer.shows_issues = !importer.shows_issues;
            }
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let words = importer.words();
            ui.add(Label::new(RichText::new(&words).color(theme::STRONG)).truncate());
            let counts = RichText::new(counted(&importer.progress.counts)).color(theme::QUIET);
            ui.add(Label::new(counts).truncate());
        });
    });
}

fn issues(importer: &Importer, ui: &mut egui::Ui) {
    ui.separator();
    let area = ScrollArea::vertical().id_salt("issues").max_height(170.0).min_scrolled_height(170.0);
    area.auto_shrink([false, true]).show(ui, |ui| {
        let all = [&importer.issues, &importer.passed_over];
        for status in [FileStatus::Failed, FileStatus::Damaged, FileStatus::Conflict, FileStatus::NotDicom] {
            let of_kind: Vec<&FileOutcome> =
                all.iter().flat_map(|list| list.iter()).filter(|issue| issue.status == status).collect();
            if of_kind.is_empty() {
                continue;
            }
            let colour = if status == FileStatus::NotDicom { theme::QUIET } else { theme::AMBER };
            ui.add(Label::new(RichText::new(meaning(status)).color(colour)).wrap());
            for issue in &of_kind {
                let words = format!("{}   {}", shown_name(issue), issue.text);
                let line = Label::new(RichText::new(words).small()).truncate().selectable(true);
                ui.add(line).on_hover_text(issue.path.display().to_string());
            }
            let total = of(&importer.progress, status);
            let shown = u64::try_from(of_kind.len()).unwrap_or(u64::MAX);
            if total > shown {
                let words = format!("and {} more; calx issues ls lists them all", total - shown);
                ui.label(RichText::new(words).small().color(theme::QUIET));
            }
            ui.add_space(4.0);
        }
    });
}

const fn of(progress: &Progress, status: FileStatus) -> u64 {
    let counts = &progress.counts;
    match status {
        FileStatus::Imported => counts.imported,
        FileStatus::Damaged => counts.damaged,
        FileStatus::Duplicate => counts.duplicate,
        FileStatus::Conflict => counts.conflict,
        FileStatus::NotDicom => counts.not_dicom,
        FileStatus::Failed => counts.failed,
    }
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a share for a bar on screen"
)]
fn share(progress: &Progress) -> f32 {
    let files = progress.files.unwrap_or(0).max(1);
    (progress.counts.total() as f64 / files as f64).clamp(0.0, 1.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_told_in_the_unit_that_fits() {
        assert_eq!(duration(0.4), "nearly done");
        assert_eq!(duration(42.2), "about 42 s left");
        assert_eq!(duration(600.0), "about 10 min left");
        assert_eq!(duration(7200.0), "about 2 h left");
    }
}

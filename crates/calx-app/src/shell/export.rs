//! The export sheet: what is written, where to, what must not leave, and what came of it.
//!
//! Not here: writing ([`crate::work::export`]), what is asked about DICOM objects ([`objects`]), what stands where the
//! export goes ([`place`]).
//!
//! Invariants
//! - It lists whatever exporters there are.
//! - Pixels that may name a person leave only after somebody said that they were looked at; the journal records who.
//! - Objects that carry a patient leave only after somebody said so, and after that word is on disk in the journal.
//! - Closing the sheet stops nothing; the end is told in a message.

mod objects;
mod place;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use calx_dicom::WorkerOptions;
use calx_dicom::derived::DerivedOptions;
use calx_export::{
    BlockedImage, ExportReport, Exporter, blocked_images, case_folder_name, consent, exporters,
};
use calx_model::{Case, Edit, ImageField, ImageId, PixelsCleared};
use egui::{Align, Button, Id, Layout, ProgressBar, RichText, ScrollArea};

use super::theme;
use crate::seams::{SaveState, WhyNot};
use crate::state::{AppState, has_case, may_edit};
use crate::work::export::{Ask, ExportAsk, ExportTold, open};
use crate::work::{Desk, Told};

const WIDTH: f32 = 640.0;
/// Room for the names of what can be written.
const NAMES: f32 = 78.0;

/// What is chosen, and the export that runs.
#[derive(Debug, Default)]
pub struct Exports {
    /// What decodes; without it nothing is exported.
    pub(crate) workers: Option<WorkerOptions>,
    desk: Option<Desk<Ask, ExportTold>>,
    /// Exporters that are ticked otherwise than at first ([`is_ticked_first`]).
    turned: BTreeSet<&'static str>,
    /// The folder that takes the case's own folder, as typed.
    pub(super) folder: String,
    replaces: bool,
    place: place::Place,
    /// Of DICOM objects.
    derived: DerivedOptions,
    /// Somebody said that objects which carry the patient may leave, for this one export.
    says_identity: bool,
    /// The images are to be looked at: the sheet goes.
    leaves: bool,
    run: Run,
}

#[derive(Debug, Default)]
enum Run {
    #[default]
    None,
    /// Who asked for it is on its way into the journal; nothing leaves before it is there.
    Recording(Box<ExportAsk>),
    Going {
        words: String,
        share: f32,
        stop: Arc<AtomicBool>,
    },
    Done(Box<ExportReport>),
    Failed {
        why: String,
        hint: Option<String>,
    },
}

/// What says whose the images are is never chosen for anyone.
fn is_ticked_first(exporter: &dyn Exporter) -> bool {
    !exporter.needs().identity
}

impl Exports {
    /// Whether nothing is being written or looked at.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        !self.is_writing() && self.desk.as_ref().is_none_or(Desk::is_idle)
    }

    const fn is_writing(&self) -> bool {
        matches!(self.run, Run::Going { .. } | Run::Recording(_))
    }

    fn takes(&self, exporter: &dyn Exporter) -> bool {
        is_ticked_first(exporter) != self.turned.contains(exporter.name())
    }

    /// The folder that would be made.
    fn target(&self, name: &str) -> Option<PathBuf> {
        let folder = self.folder.trim();
        (!folder.is_empty()).then(|| PathBuf::from(folder).join(name))
    }

    fn targets(&self) -> Vec<&'static str> {
        exporters().iter().filter(|found| self.takes(**found)).map(|found| found.name()).collect()
    }
}

/// There is a case, and it is more than a study that is looked at.
pub(super) fn may_export(state: &AppState) -> Result<(), WhyNot> {
    has_case(state)?;
    match state.session.as_deref().map(|session| session.save_state()) {
        Some(SaveState::Saved { at: None }) => Err("there is no case yet: mark or write something first"),
        _ => Ok(()),
    }
}

/// Takes in what the thread told.
pub(super) fn poll(state: &mut AppState) {
    let told = state.exports.desk.as_ref().map(Desk::take).unwrap_or_default();
    for told in told {
        let is_seen = matches!(state.sheet, Some(super::Sheet::Export));
        state.exports.run = match told {
            Told::Said(ExportTold::Stands { folder, found }) => {
                state.exports.place.take_in(folder, found);
                continue;
            }
            Told::Said(ExportTold::Step { words, share }) => match std::mem::take(&mut state.exports.run) {
                Run::Going { stop, .. } => Run::Going { words, share, stop },
                other => other,
            },
            Told::Said(ExportTold::Done(report)) => {
                if !is_seen {
                    state.toasts.say(format!("Exported: {}", report.folder.display()));
                }
                // What was said and what stood there was for the one before.
                state.exports.says_identity = false;
                state.exports.replaces = false;
                state.exports.place = place::Place::default();
                Run::Done(report)
            }
            Told::Said(ExportTold::Failed { why, hint }) => failed(state, is_seen, why, hint),
            Told::Broke(why) => {
                let why = format!("the export broke down, nothing was exported: {why}");
                failed(state, is_seen, why, Some("please report this with the case's kind".to_owned()))
            }
        };
    }
    if matches!(state.exports.run, Run::Recording(_)) {
        go_on_when_recorded(state);
    }
}

/// Writes as soon as the journal holds who asked for it.
fn go_on_when_recorded(state: &mut AppState) {
    let session = state.session.as_deref();
    let case = session.map(|session| session.case().id);
    let saved = session.map(|session| session.save_state());
    let Run::Recording(ask) = std::mem::take(&mut state.exports.run) else { return };
    state.exports.run = match saved {
        Some(SaveState::Saving) if case == Some(ask.case.id) => Run::Recording(ask),
        // What another program holds was read from the disk, and so was the word in it.
        Some(SaveState::Saved { .. } | SaveState::ReadOnly { .. }) if case == Some(ask.case.id) => {
            begin_writing(state, ask)
        }
        _ => {
            let is_seen = matches!(state.sheet, Some(super::Sheet::Export));
            let why = "the journal of the case could not be written, so it does not hold who asked for the patient's \
                       name to leave; nothing was exported";
            let hint = "see what the bar below says of saving, then export again";
            failed(state, is_seen, why.to_owned(), Some(hint.to_owned()))
        }
    };
}

fn begin_writing(state: &AppState, ask: Box<ExportAsk>) -> Run {
    let Some(desk) = &state.exports.desk else { return Run::None };
    let stop = Arc::clone(&ask.stop);
    desk.ask(Ask::Write(ask));
    Run::Going { words: "begins".to_owned(), share: 0.0, stop }
}

fn failed(state: &mut AppState, is_seen: bool, why: String, hint: Option<String>) -> Run {
    if !is_seen {
        state.toasts.say(format!("Not exported: {why}"));
    }
    Run::Failed { why, hint }
}

/// Makes the sheet ready for the case in hand.
pub(super) fn begin(state: &mut AppState, folder: Option<String>) {
    crate::case::commit_all(state);
    if let Some(folder) = folder {
        state.exports.folder = folder;
    } else if state.exports.folder.is_empty() {
        let beside = state.root.as_ref().and_then(|root| root.parent()).map(|parent| parent.join("export"));
        state.exports.folder = beside.map(|folder| folder.display().to_string()).unwrap_or_default();
    }
    // What came of the one before is of another case, or of this one before it was changed; so is what was said then.
    if !state.exports.is_writing() {
        state.exports.run = Run::None;
        state.exports.says_identity = false;
        state.exports.replaces = false;
        state.exports.place = place::Place::default();
    }
}

/// Draws the sheet; whether it stays.
pub(super) fn show(state: &mut AppState, ctx: &egui::Context) -> bool {
    let Some(case) = state.case() else { return false };
    let (name, blocked) = (case_folder_name(case), blocked(case));
    let facts = Facts {
        identified: consent::identified(case, &state.exports.targets()),
        has_images: case.images().next().is_some(),
    };
    look(state, &name);
    let mut stays = true;
    let response = theme::sheet(Id::unique("export sheet")).show(ctx, |ui| {
        let room = ui.ctx().content_rect().size();
        ui.set_width(WIDTH.min(room.x - 60.0));
        ui.label(RichText::new(format!("Export case {name}")).heading().color(theme::STRONG));
        ui.add_space(6.0);
        let scroll =
            ScrollArea::vertical().max_height((room.y - 200.0).max(120.0)).auto_shrink([false, true]);
        scroll.show(ui, |ui| {
            ui.add_enabled_ui(!state.exports.is_writing(), |ui| {
                what(state, ui);
                objects::options(state, ui);
                ui.add_space(10.0);
                privacy(state, ui, &facts, &blocked);
                ui.add_space(10.0);
                place::ui(state, ui, &name);
            });
            ui.add_space(8.0);
            outcome(state, ui);
        });
        ui.add_space(10.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            buttons(state, ui, (&name, &facts), &blocked, &mut stays);
        });
    });
    let leaves = std::mem::take(&mut state.exports.leaves);
    stays && !leaves && !response.should_close()
}

/// What of the case in hand decides what may be written.
struct Facts {
    /// Chosen targets that carry a patient.
    identified: Vec<&'static str>,
    has_images: bool,
}

/// Looks what stands where the export would go, as often as that is another place.
fn look(state: &mut AppState, name: &str) {
    if state.exports.is_writing() || open_desk(state).is_err() {
        return;
    }
    let target = state.exports.target(name);
    let exports = &mut state.exports;
    if let (Some(desk), Some(target)) = (&exports.desk, target)
        && desk.is_idle()
        && exports.place.wants(&target)
    {
        desk.ask(Ask::Look(target));
    }
}

/// The thread that looks and writes.
fn open_desk(state: &mut AppState) -> Result<(), String> {
    let exports = &mut state.exports;
    if exports.desk.is_none() {
        let workers = exports.workers.clone().ok_or("no workspace is open")?;
        let opened = open(workers, &state.wake);
        exports.desk = Some(opened.map_err(|error| format!("the system gives no thread: {error}"))?);
    }
    Ok(())
}

fn blocked(case: &Case) -> Vec<(BlockedImage, ImageId)> {
    let image = |number: usize| case.images().nth(number.saturating_sub(1)).map(|(_, image)| image.id);
    blocked_images(case).into_iter().filter_map(|found| Some((found, image(found.number)?))).collect()
}

fn what(state: &mut AppState, ui: &mut egui::Ui) {
    theme::heading(ui, "What");
    for exporter in exporters() {
        let name = exporter.name();
        let mut is_chosen = state.exports.takes(*exporter);
        ui.horizontal(|ui| {
            let label = RichText::new(name.to_uppercase()).color(theme::STRONG);
            let room = egui::vec2(NAMES, ui.spacing().interact_size.y);
            let tick = ui.allocate_ui(room, |ui| {
                ui.set_min_width(NAMES);
                theme::tick(ui, &mut is_chosen, label)
            });
            let tick = tick.inner.accessible_name(format!("Export {name}"));
            if tick.changed() {
                if is_chosen == is_ticked_first(*exporter) {
                    state.exports.turned.remove(name);
                } else {
                    state.exports.turned.insert(name);
                }
            }
            let needs = exporter.needs();
            let holds = match (needs.pixels, needs.uids) {
                (true, true) => ". Holds pixels and DICOM UIDs",
                (true, false) => ". Holds pixels",
                (false, true) if needs.identity => ". Holds patient and study as the images have them",
                (false, true) => ". Holds DICOM UIDs",
                (false, false) => "",
            };
            let words = format!("{}{holds}", exporter.description());
            ui.add(egui::Label::new(RichText::new(words).color(theme::QUIET)).wrap());
        });
    }
}

fn privacy(state: &mut AppState, ui: &mut egui::Ui, facts: &Facts, blocked: &[(BlockedImage, ImageId)]) {
    theme::heading(ui, "Privacy");
    let words = "Pages, pictures and data are searched for names, numbers and dates of the patient as the images state \
                 them; one hit and nothing is written.";
    ui.add(egui::Label::new(RichText::new(words).color(theme::QUIET)).wrap());
    objects::identity(state, ui, &facts.identified);
    if blocked.is_empty() {
        let words = "No image says that it has words in its pixels. calx does not read words in pixels: look at the \
                     images before you share them.";
        ui.add(egui::Label::new(RichText::new(words).color(theme::QUIET)).wrap());
        return;
    }
    let can = may_edit(state);
    for (image, id) in blocked {
        theme::on_card(ui, |ui| {
            let words =
                format!("Image {} may name a person in its pixels: {}", image.number, image.reason.words());
            ui.add(egui::Label::new(RichText::new(words).color(theme::AMBER)).wrap());
            ui.horizontal(|ui| {
                let look = ui.button("Look at it").accessible_name(format!("Look at image {}", image.number));
                if look.clicked() {
                    state.selection.image = Some(*id);
                    state.ask("screen.viewer");
                }
                let clean = ui.add_enabled(can.is_ok(), Button::new("I looked: it names nobody"));
                let clean = clean.accessible_name(format!("Image {} names nobody", image.number));
                let clean = clean.on_disabled_hover_text(can.err().unwrap_or_default());
                if clean.on_hover_text("The journal records who looked, and when").clicked() {
                    let by = state.author.to_string();
                    let cleared = PixelsCleared { by, at: crate::state::now() };
                    let field = ImageField::PixelsCleared(Some(cleared));
                    state.apply(Edit::SetImage { image: *id, field }, "export");
                }
            });
        });
    }
}

fn outcome(state: &mut AppState, ui: &mut egui::Ui) {
    let mut copied = None;
    match &state.exports.run {
        Run::None => {}
        Run::Recording(_) => {
            let words = "The journal of the case takes down who asked for this…";
            ui.label(RichText::new(words).color(theme::ACCENT));
        }
        Run::Going { words, share, .. } => {
            ui.label(RichText::new(words).color(theme::ACCENT));
            ui.add(ProgressBar::new(*share).desired_height(8.0)).accessible_name("Progress of the export");
        }
        Run::Failed { why, hint } => {
            theme::on_card(ui, |ui| {
                ui.label(RichText::new("Not exported").color(theme::RED));
                ui.add(egui::Label::new(why.as_str()).wrap().selectable(true));
                if let Some(hint) = hint {
                    ui.add(egui::Label::new(RichText::new(hint).color(theme::QUIET)).wrap());
                }
            });
        }
        Run::Done(report) => {
            theme::on_card(ui, |ui| {
                let files = report.files.len();
                let noun = if files == 1 { "file" } else { "files" };
                let words = format!("Exported: {files} {noun}, {}", size(report.bytes()));
                ui.label(RichText::new(words).color(theme::GREEN));
                let folder = report.folder.display().to_string();
                ui.horizontal(|ui| {
                    if ui.button("Copy path").accessible_name("Copy the path of the export").clicked() {
                        copied = Some(folder.clone());
                    }
                    let path = RichText::new(&folder).monospace().color(theme::TEXT);
                    ui.add(egui::Label::new(path).wrap().selectable(true));
                });
                objects::readers(ui, &report.readers);
                for line in &report.privacy {
                    ui.add(egui::Label::new(RichText::new(line).small().color(theme::QUIET)).wrap());
                }
                for line in &report.notices {
                    ui.add(egui::Label::new(RichText::new(line).small().color(theme::AMBER)).wrap());
                }
                for file in &report.files {
                    let words = format!("{}  {}", file.path, size(file.bytes));
                    ui.label(RichText::new(words).small().color(theme::QUIET));
                }
            });
        }
    }
    if let Some(path) = copied {
        ui.ctx().copy_text(path);
        state.toasts.say("The path is on the clipboard");
    }
}

fn buttons(
    state: &mut AppState,
    ui: &mut egui::Ui,
    (name, facts): (&str, &Facts),
    blocked: &[(BlockedImage, ImageId)],
    stays: &mut bool,
) {
    if let Run::Going { stop, .. } = &state.exports.run {
        if ui.button("Stop").accessible_name("Stop the export").clicked() {
            stop.store(true, Ordering::Release);
        }
    } else {
        let can = ready(state, name, facts, blocked);
        let replaces =
            state.exports.replaces && state.exports.place.is_an_export(state.exports.target(name).as_deref());
        let words = RichText::new(if replaces { "Replace" } else { "Export" }).color(theme::STRONG);
        let button = Button::new(words).fill(theme::CHOSEN).min_size(egui::vec2(90.0, 0.0));
        let button = ui.add_enabled(can.is_ok(), button).accessible_name("Export now");
        if button.on_disabled_hover_text(can.err().unwrap_or_default()).clicked() {
            write(state, name);
        }
        if let Err(why) = can {
            ui.label(RichText::new(why).small().color(theme::AMBER));
        }
    }
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        *stays = !ui.button("Close").clicked();
        // What came of it may lie below the edge of the sheet.
        match &state.exports.run {
            Run::Done(_) => drop(ui.label(RichText::new("Exported").color(theme::GREEN))),
            Run::Failed { .. } => drop(ui.label(RichText::new("Not exported").color(theme::RED))),
            Run::None | Run::Recording(_) | Run::Going { .. } => {}
        }
    });
}

/// Whether all is there that an export needs.
fn ready(
    state: &AppState,
    name: &str,
    facts: &Facts,
    blocked: &[(BlockedImage, ImageId)],
) -> Result<(), WhyNot> {
    if state.exports.is_writing() {
        return Err("an export is being written");
    }
    let targets = state.exports.targets();
    let is_pixels = |name: &&str| exporters().iter().any(|e| e.name() == *name && e.needs().pixels);
    if state.exports.workers.is_none() || state.root.is_none() {
        return Err("no workspace is open");
    }
    if targets.is_empty() {
        return Err("tick what is to be written");
    }
    if state.exports.folder.trim().is_empty() {
        return Err("name a folder");
    }
    if !blocked.is_empty() && targets.iter().any(is_pixels) {
        return Err("look at the images named above first");
    }
    let has_objects = |name: &&str| exporters().iter().any(|e| e.name() == *name && !e.kinds().is_empty());
    if !facts.has_images && targets.iter().any(has_objects) {
        return Err("DICOM objects lie in the study of an image, and this case has none");
    }
    objects::may_leave(state, &facts.identified)?;
    state.exports.place.may_be_written(state.exports.target(name).as_deref(), state.exports.replaces)
}

fn write(state: &mut AppState, name: &str) {
    crate::case::commit_all(state);
    if let Err(why) = open_desk(state) {
        state.toasts.say(format!("Nothing was exported: {why}"));
        return;
    }
    let targets = state.exports.targets();
    // The word is in the journal before the case is taken: its revision is the one that says so.
    let must_be_recorded = match objects::record(state, &targets) {
        Ok(must) => must,
        Err(why) => {
            state.exports.run = failed(state, true, why, None);
            return;
        }
    };
    let case = state.session.as_deref().map(|session| Box::new(session.case().clone()));
    let (Some(case), Some(root), Some(folder)) = (case, state.root.clone(), state.exports.target(name))
    else {
        return;
    };
    let ask = Box::new(ExportAsk {
        root,
        case,
        targets,
        folder,
        replaces: state.exports.replaces,
        identity: state.exports.says_identity,
        derived: state.exports.derived,
        stop: Arc::new(AtomicBool::new(false)),
    });
    state.exports.run = if must_be_recorded { Run::Recording(ask) } else { begin_writing(state, ask) };
    state.wake.wake();
}

/// `3.2 MB`: thousands as on the command line.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, word)) => format!("{}.{} {word}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_at_a_glance() {
        for (bytes, words) in [(12, "12 bytes"), (7_400_000, "7.4 MB"), (1_050, "1.0 kB")] {
            assert_eq!(size(bytes), words);
        }
    }
}

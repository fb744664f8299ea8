//! What a person chose for this window: size, theme, hands, keys; and the sheet where it is chosen.
//!
//! Not here: the files that keep it (`store`).
//!
//! Invariants
//! - A choice counts at once and is kept without a button.

use std::path::{Path, PathBuf};

use egui::{Button, Event, Grid, Id, Key, RichText, ScrollArea, TextEdit};

use super::keymap::Keymap;
use super::keys::Chord;
use super::store::Store;
use super::theme;
use crate::commands::{self, Command};
use crate::state::AppState;

/// From one size of the window's content to the next, in percent.
const SCALE_STEP: i16 = 10;
/// Least and greatest size, in percent.
const SCALES: std::ops::RangeInclusive<i16> = 75..=200;
/// How many workspaces are remembered.
const RECENT: usize = 8;

/// Ground of the case screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CaseTheme {
    /// As everything else.
    #[default]
    Dark,
    /// As paper.
    Light,
}

/// Which hand of two comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hands {
    /// The right hand stands at the left, as across a desk.
    #[default]
    RightFirst,
    /// The left hand stands at the left.
    LeftFirst,
}

/// What a drag upwards does to the window of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Vertical {
    /// The image becomes brighter.
    #[default]
    Brightness,
    /// The centre becomes greater.
    Centre,
}

/// What a person chose, and what the shell remembers from pass to pass.
#[derive(Debug)]
pub struct Settings {
    /// Size of everything but images, 0.75 to 2.
    pub scale: f32,
    /// Ground of the case screen.
    pub case_theme: CaseTheme,
    /// Which hand of two comes first.
    pub hands: Hands,
    /// What a drag upwards does.
    pub vertical: Vertical,
    /// Nothing flashes.
    pub reduce_motion: bool,
    /// Keys.
    pub keymap: Keymap,
    /// Workspaces that were open, the last first.
    pub recent: Vec<PathBuf>,
    pub(super) store: Option<Store>,
    /// As they were kept last.
    kept: Option<Kept>,
    /// The command that waits for its new key.
    pub(super) capturing: Option<&'static Command>,
    /// Why the last key was not taken.
    refused: Option<String>,
    search: String,
    /// Since when an edit is on its way to the disk.
    pub(super) saving_since: Option<f64>,
    /// The window has its looks.
    pub(super) is_dressed: bool,
    /// What was typed and clicked behind a command of the same pass.
    pub(super) late: super::keys::Late,
}

type Kept = (i16, CaseTheme, Hands, Vertical, bool);

impl Default for Settings {
    fn default() -> Self {
        Self {
            scale: 1.0,
            case_theme: CaseTheme::default(),
            hands: Hands::default(),
            vertical: Vertical::default(),
            reduce_motion: false,
            keymap: Keymap::default(),
            recent: Vec::new(),
            store: None,
            kept: None,
            capturing: None,
            refused: None,
            search: String::new(),
            saving_since: None,
            is_dressed: false,
            late: super::keys::Late::default(),
        }
    }
}

impl Settings {
    /// Size of everything but images, in percent.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "rounded, and clamped to three digits")]
    pub fn percent(&self) -> i16 {
        (self.scale * 100.0).round().clamp(50.0, 300.0) as i16
    }

    pub(super) fn rescale(&mut self, steps: i16) {
        let percent = (self.percent() + steps * SCALE_STEP).clamp(*SCALES.start(), *SCALES.end());
        self.scale = f32::from(percent) / 100.0;
    }

    #[allow(clippy::cast_possible_truncation, reason = "clamped to three digits")]
    pub(super) fn set_percent(&mut self, percent: f64) {
        let (least, most) = (f64::from(*SCALES.start()), f64::from(*SCALES.end()));
        self.scale = (percent.round().clamp(least, most) / 100.0) as f32;
    }

    fn now(&self) -> Kept {
        (self.percent(), self.case_theme, self.hands, self.vertical, self.reduce_motion)
    }

    /// Takes settings that were kept, and where they are kept from now on.
    pub(crate) fn take(&mut self, mut kept: Self, store: Store) {
        kept.kept = Some(kept.now());
        kept.store = Some(store);
        *self = kept;
    }

    /// Whether all is written.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.store.as_ref().is_none_or(Store::is_idle)
    }
}

/// Keeps what changed; tells what could not be kept.
pub(super) fn poll(state: &mut AppState) {
    let settings = &mut state.settings;
    let Some(store) = &settings.store else { return };
    let now = settings.now();
    if settings.kept != Some(now) {
        store.keep(settings);
        settings.kept = Some(now);
    }
    store.take().into_iter().for_each(|words| state.toasts.say(words));
}

/// Puts the workspace in hand first among the recent ones.
pub(super) fn note_workspace(state: &mut AppState) {
    let Some(root) = &state.root else { return };
    if state.settings.recent.first() == Some(root) {
        return;
    }
    let recent = &mut state.settings.recent;
    recent.retain(|known| known != root);
    recent.insert(0, root.clone());
    recent.truncate(RECENT);
    if let Some(store) = &state.settings.store {
        store.keep_recent(&state.settings.recent);
    }
}

/// Recent workspaces but the one that is open.
#[must_use]
pub fn recent(state: &AppState) -> Vec<PathBuf> {
    let is_other = |path: &&PathBuf| state.root.as_ref() != Some(*path);
    state.settings.recent.iter().filter(is_other).cloned().collect()
}

/// The last part of a path, and the folder it lies in.
#[must_use]
pub fn in_words(path: &Path) -> (String, String) {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let folder = path.parent().map(|parent| parent.display().to_string()).unwrap_or_default();
    (name, folder)
}

/// Draws the sheet; whether it stays.
pub(super) fn show(state: &mut AppState, ctx: &egui::Context) -> bool {
    let mut stays = true;
    let response = theme::sheet(Id::unique("settings sheet")).show(ctx, |ui| {
        let room = ui.ctx().content_rect().size();
        ui.set_width(660.0_f32.min(room.x - 60.0));
        ui.label(RichText::new("Settings").heading().color(theme::STRONG));
        ui.add_space(8.0);
        let scroll =
            ScrollArea::vertical().max_height((room.y - 190.0).max(120.0)).auto_shrink([false, false]);
        scroll.show(ui, |ui| {
            general(state, ui);
            ui.add_space(14.0);
            all_keys(state, ui);
        });
        ui.add_space(10.0);
        stays = !ui.button("Close").clicked();
    });
    // While a key is waited for, Escape only ends the waiting.
    let closes = response.should_close() && state.settings.capturing.is_none();
    let stays = stays && !closes;
    if !stays {
        state.settings.capturing = None;
        state.settings.refused = None;
    }
    stays
}

fn general(state: &mut AppState, ui: &mut egui::Ui) {
    let settings = &mut state.settings;
    Grid::new("settings").num_columns(2).spacing([24.0, 10.0]).show(ui, |ui| {
        ui.label("Size of text and controls");
        ui.horizontal(|ui| {
            let percent = settings.percent();
            let can = |by: i16| SCALES.contains(&(percent + by.signum()));
            let smaller = ui.add_enabled(can(-1), Button::new("−")).accessible_name("Smaller");
            if smaller.clicked() {
                settings.rescale(-1);
            }
            ui.label(RichText::new(format!("{percent} %")).monospace().color(theme::STRONG));
            let larger = ui.add_enabled(can(1), Button::new("+")).accessible_name("Larger");
            if larger.clicked() {
                settings.rescale(1);
            }
        });
        ui.end_row();
        let grounds = [(CaseTheme::Dark, "Dark"), (CaseTheme::Light, "Light")];
        choice(ui, "Case screen", &mut settings.case_theme, &grounds);
        let hands = [(Hands::RightFirst, "Right hand first"), (Hands::LeftFirst, "Left hand first")];
        choice(ui, "Two hands side by side", &mut settings.hands, &hands);
        let ways = [(Vertical::Brightness, "Makes it brighter"), (Vertical::Centre, "Raises the centre")];
        choice(ui, "Dragging the window upwards", &mut settings.vertical, &ways);
        ui.label("Motion");
        let words = "Nothing flashes where undo changed something";
        theme::tick(ui, &mut settings.reduce_motion, words).accessible_name("Reduce motion");
        ui.end_row();
    });
    if settings.store.is_none() {
        let words = "There is no folder to keep settings in: they last until the window is closed";
        ui.label(RichText::new(words).small().color(theme::AMBER));
    }
}

fn choice<T: Copy + PartialEq>(ui: &mut egui::Ui, name: &str, value: &mut T, all: &[(T, &str)]) {
    ui.label(name);
    ui.horizontal(|ui| {
        for (one, words) in all {
            let button = ui.add(Button::new(*words).selected(*value == *one));
            if button.accessible_name(format!("{name}: {words}")).clicked() {
                *value = *one;
            }
        }
    });
    ui.end_row();
}

fn all_keys(state: &mut AppState, ui: &mut egui::Ui) {
    capture(state, ui);
    theme::heading(ui, "Keys");
    let words = "Press a command's key to change it, then the new key. Escape leaves it as it is.";
    ui.label(RichText::new(words).small().color(theme::QUIET));
    let search = TextEdit::singleline(&mut state.settings.search)
        .id(Id::unique("settings search"))
        .hint_text("Find a command or key")
        .desired_width(260.0);
    ui.add(search).accessible_name("Find a command or key");
    if let Some(why) = &state.settings.refused {
        ui.add(egui::Label::new(RichText::new(why).color(theme::AMBER)).wrap());
    }
    ui.add_space(4.0);
    let words = state.settings.search.to_lowercase();
    let rows: Vec<&'static Command> = commands::all().filter(|c| is_found(state, c, &words)).collect();
    for command in rows {
        row(state, ui, command);
    }
}

fn is_found(state: &AppState, command: &Command, words: &str) -> bool {
    let keys = state.settings.keymap.keys(command).join(" ").to_lowercase();
    let all = format!("{} {} {keys}", command.name.to_lowercase(), command.id);
    words.split_whitespace().all(|word| all.contains(word))
}

fn row(state: &mut AppState, ui: &mut egui::Ui, command: &'static Command) {
    let is_waiting = state.settings.capturing.is_some_and(|waiting| waiting.id == command.id);
    let keys = state.settings.keymap.keys(command).join(", ");
    let is_changed = state.settings.keymap.is_changed(command);
    ui.horizontal(|ui| {
        let words = match (is_waiting, keys.as_str()) {
            (true, _) => RichText::new("Press a key…").color(theme::AMBER),
            (false, "") => RichText::new("none").color(theme::QUIET),
            (false, keys) => RichText::new(keys).monospace().color(theme::ACCENT),
        };
        let button = Button::new(words).min_size(egui::vec2(190.0, 0.0)).selected(is_waiting);
        let button = ui.add(button).accessible_name(format!("Keys of {}", command.name));
        if button.on_hover_text(command.tip).clicked() {
            state.settings.refused = None;
            state.settings.capturing = (!is_waiting).then_some(command);
            // The next key is the new one, not a press of this button.
            button_lets_go(ui);
        }
        ui.label(command.name);
        if is_changed {
            let back = ui.add(Button::new("Usual").small());
            if back.accessible_name(format!("Usual keys of {}", command.name)).clicked() {
                let done = state.settings.keymap.reset(command);
                taken(state, done);
            }
        }
        if is_waiting {
            let none = ui.add(Button::new("No key").small());
            if none.accessible_name(format!("No key for {}", command.name)).clicked() {
                let done = state.settings.keymap.set(command, Vec::new());
                taken(state, done);
            }
        }
    });
}

fn button_lets_go(ui: &egui::Ui) {
    ui.memory_mut(|memory| {
        if let Some(id) = memory.focused() {
            memory.surrender_focus(id);
        }
    });
}

/// Takes the key that is pressed for the command that waits for one.
fn capture(state: &mut AppState, ui: &egui::Ui) {
    let Some(command) = state.settings.capturing else { return };
    let pressed = ui.input_mut(|input| {
        let at = input.events.iter().position(|event| matches!(event, Event::Key { pressed: true, .. }))?;
        match input.events.remove(at) {
            Event::Key { key, modifiers, .. } => Some(Chord { key, modifiers }),
            _ => None,
        }
    });
    let Some(chord) = pressed else { return };
    if chord.key == Key::Escape {
        state.settings.capturing = None;
        return;
    }
    let Some(text) = chord.text() else { return };
    let done = state.settings.keymap.set(command, vec![text]);
    taken(state, done);
}

/// Keeps a change of keys, or says why there is none.
fn taken(state: &mut AppState, done: Result<(), String>) {
    state.settings.capturing = None;
    state.settings.refused = done.err();
    if state.settings.refused.is_none()
        && let Some(store) = &state.settings.store
    {
        store.keep_keymap(&state.settings.keymap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_stay_in_their_bounds() {
        let mut settings = Settings::default();
        for (steps, percent) in [(1, 110), (-5, 75), (20, 200), (-1, 190)] {
            settings.rescale(steps);
            assert_eq!(settings.percent(), percent);
        }
    }
}

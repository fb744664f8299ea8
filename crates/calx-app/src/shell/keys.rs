//! From keys to commands.
//!
//! Not here: which key does what, which the commands say.
//!
//! Invariants
//! - While a text is typed, only keys with Ctrl or Alt and function keys reach commands, and not those that a text
//!   field knows itself (copy, paste and the like). Undo and redo in a text of the case are the case's.
//! - Enter, Space, Escape and arrows keep their meaning for what has the focus, unless a command can take them now.
//! - While something lies over the screen, only commands that count everywhere are reached.
//! - What is typed or clicked behind a command means what it means once the command is done, however slow a pass is;
//!   what is typed behind it comes after what the command opened has the focus.

use egui::{Event, Key, Modifiers};

use crate::commands::{self, Command, Scope};
use crate::state::{AppState, Screen};

/// A key with what is held with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    /// Held with it.
    pub modifiers: Modifiers,
    /// The key.
    pub key: Key,
}

impl Chord {
    /// Reads "Ctrl+Shift+Z".
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut modifiers = Modifiers::NONE;
        let mut rest = text;
        while let Some((word, after)) = rest.split_once('+') {
            // The plus of "Ctrl++" is the key itself.
            if after.is_empty() {
                break;
            }
            modifiers = modifiers.plus(match word {
                "Ctrl" => Modifiers::COMMAND,
                "Shift" => Modifiers::SHIFT,
                "Alt" => Modifiers::ALT,
                _ => return None,
            });
            rest = after;
        }
        let name = match rest {
            "PgUp" => "PageUp",
            "PgDn" => "PageDown",
            other => other,
        };
        Key::from_name(name).map(|key| Self { modifiers, key })
    }

    /// As it is written; `None` when [`Chord::parse`] could not read it again.
    #[must_use]
    pub fn text(self) -> Option<String> {
        let mut text = String::new();
        let held = self.modifiers;
        for (is_held, word) in
            [(held.command || held.ctrl, "Ctrl+"), (held.shift, "Shift+"), (held.alt, "Alt+")]
        {
            if is_held {
                text.push_str(word);
            }
        }
        text.push_str(match self.key {
            Key::PageUp => "PgUp",
            Key::PageDown => "PgDn",
            Key::Minus => "-",
            Key::Plus => "+",
            Key::Equals => "=",
            Key::Comma => ",",
            Key::OpenBracket => "[",
            Key::CloseBracket => "]",
            key => key.name(),
        });
        let again = Self::parse(&text)?;
        (again.key == self.key).then_some(text)
    }

    fn is_met_by(self, key: Key, held: Modifiers) -> bool {
        // Signs lie on other keys, with or without Shift, from one keyboard to the next.
        let is_sign = matches!(
            self.key,
            Key::Plus | Key::Minus | Key::Equals | Key::Comma | Key::OpenBracket | Key::CloseBracket
        );
        let held = if is_sign { Modifiers { shift: self.modifiers.shift, ..held } } else { held };
        self.key == key && held.matches_exact(self.modifiers)
    }

    /// Whether it may reach a command while a text is typed.
    fn passes_text(self) -> bool {
        let is_function =
            matches!(self.key, Key::F1 | Key::F2 | Key::F3 | Key::F4 | Key::F5 | Key::F9 | Key::F11);
        let is_of_text = matches!(
            self.key,
            Key::A
                | Key::C
                | Key::V
                | Key::X
                | Key::Y
                | Key::Z
                | Key::ArrowLeft
                | Key::ArrowRight
                | Key::ArrowUp
                | Key::ArrowDown
                | Key::Home
                | Key::End
                | Key::Backspace
                | Key::Delete
        );
        is_function || ((self.modifiers.command || self.modifiers.alt) && !is_of_text)
    }

    /// Whether the focus knows this key too.
    fn is_of_focus(self) -> bool {
        let arrows = [Key::ArrowUp, Key::ArrowDown, Key::ArrowLeft, Key::ArrowRight];
        let others = [Key::Enter, Key::Space, Key::Escape];
        self.modifiers.is_none() && (arrows.contains(&self.key) || others.contains(&self.key))
    }

    /// Whether it does more while it is held down.
    fn repeats(self) -> bool {
        let is_once = matches!(self.key, Key::Enter | Key::Space | Key::Escape);
        let is_letter = self.modifiers.is_none() && self.key.name().len() == 1;
        !is_once && !is_letter
    }
}

/// The first key of a command as menus show it: "Ctrl+Shift+Z".
#[must_use]
pub fn shown<'a>(state: &'a AppState, command: &Command) -> Option<&'a str> {
    state.settings.keymap.shown(command)
}

/// Events that came in one pass with a command, behind it: they wait until it is done and shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Late {
    events: Vec<Event>,
    /// Passes until they count.
    passes: u8,
    /// Commands were done in the pass before: what they opened is drawn, and gets the focus, in this one.
    is_opening: bool,
}

impl Late {
    /// Notes that commands were done in this pass.
    pub(super) const fn note_commands(&mut self) {
        self.is_opening = true;
    }

    /// Holds back, for one pass, what is typed while something opens that may be meant by it.
    fn hold_typed(&mut self, ctx: &egui::Context) {
        let is_typed = |event: &Event| {
            matches!(
                event,
                Event::Text(_) | Event::Paste(_) | Event::Key { pressed: true, repeat: false, .. }
            )
        };
        ctx.input_mut(|input| {
            if let Some(at) = input.events.iter().position(is_typed) {
                self.events = input.events.split_off(at);
                self.passes = 1;
            }
        });
        if !self.events.is_empty() {
            ctx.request_repaint();
        }
    }

    /// Puts what waits before what came now; whether that counts in this pass.
    fn join(&mut self, ctx: &egui::Context) -> bool {
        if self.events.is_empty() {
            return true;
        }
        self.passes = self.passes.saturating_sub(1);
        let counts = self.passes == 0;
        ctx.input_mut(|input| {
            self.events.append(&mut input.events);
            if counts {
                std::mem::swap(&mut self.events, &mut input.events);
            }
        });
        if !counts {
            ctx.request_repaint();
        }
        counts
    }

    /// Keeps what came behind a command, but the letter that its own key writes.
    fn keep(&mut self, ctx: &egui::Context, mut behind: Vec<Event>) {
        if matches!(behind.first(), Some(Event::Text(_))) {
            behind.remove(0);
        }
        self.events = behind;
        // In the next pass the command is done and what it opens is drawn; in the one after that it has the focus.
        self.passes = 2;
        ctx.request_repaint();
    }
}

/// Whether an event asks for something new: not a key let go, not one held down.
const fn begins_something(event: &Event) -> bool {
    matches!(
        event,
        Event::Key { pressed: true, repeat: false, .. }
            | Event::PointerButton { pressed: true, .. }
            | Event::Paste(_)
    )
}

/// How long a key is down at most that is tapped and not held, in seconds.
const TAP: f64 = 0.35;

/// Turns keys into commands, and notes which keys are held.
pub fn take(state: &mut AppState, ctx: &egui::Context) {
    let late = &mut state.settings.late;
    let (is_opening, has_waited) = (std::mem::take(&mut late.is_opening), !late.events.is_empty());
    if !late.join(ctx) {
        return;
    }
    if is_opening && !has_waited {
        late.hold_typed(ctx);
    }
    let is_typing = ctx.text_edit_focused();
    let focused = ctx.memory(egui::Memory::focused);
    let has_focus = focused.is_some();
    let shares_history = state.drafts.share_history(focused);
    let is_popup = egui::Popup::is_any_open(ctx);
    let in_viewer = state.screen == Screen::Viewer && state.sheet.is_none() && !is_typing;
    let (peek, pan) = ctx.input(|input| {
        let plain = input.modifiers.is_none();
        (plain && input.key_down(Key::X), plain && input.key_down(Key::Space))
    });
    let peek = in_viewer && peek;
    if peek && !state.held.peek {
        state.held.peeks_since = state.seconds;
    }
    // A tap hides the marks until the next; a key that was held down hid them as long as that.
    if state.held.peek && !peek && state.seconds - state.held.peeks_since > TAP {
        state.held.marks_off = false;
    }
    state.held.peek = peek;
    state.held.pan = in_viewer && pan;
    if state.settings.capturing.is_some() {
        return;
    }
    let mut events = ctx.input(|input| input.events.clone());
    let mut index = 0;
    while let Some(event) = events.get(index) {
        let asked = match event {
            Event::Key { key, pressed: true, repeat, modifiers, .. } => command_of(state, *key, *modifiers)
                .filter(|(command, chord)| {
                    let is_history = shares_history && matches!(command.id, "edit.undo" | "edit.redo");
                    let is_barred = (is_typing && !chord.passes_text() && !is_history)
                        || (*repeat && !chord.repeats())
                        || (is_popup && chord.is_of_focus());
                    let is_elsewhere = has_focus && command.scope != Scope::Viewer;
                    let is_left = chord.is_of_focus() && (is_elsewhere || (command.when)(state).is_err());
                    !is_barred && !is_left
                }),
            _ => None,
        };
        let Some((command, _)) = asked else {
            index += 1;
            continue;
        };
        state.ask(command.id);
        events.remove(index);
        if events.iter().skip(index).any(begins_something) {
            let behind = events.split_off(index);
            state.settings.late.keep(ctx, behind);
        }
    }
    ctx.input_mut(|input| input.events = events);
}

fn command_of(state: &AppState, key: Key, held: Modifiers) -> Option<(&'static Command, Chord)> {
    let counts = |scope| match scope {
        Scope::Everywhere => true,
        _ if state.sheet.is_some() => false,
        Scope::Viewer => state.screen == Screen::Viewer,
        Scope::Library => state.screen == Screen::Library,
        Scope::Case => state.screen == Screen::Case,
    };
    commands::all().filter(|command| counts(command.scope)).find_map(|command| {
        let keys = state.settings.keymap.keys(command);
        let mut chords = keys.into_iter().filter_map(Chord::parse);
        chords.find(|chord| chord.is_met_by(key, held)).map(|chord| (command, chord))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_every_command_can_be_read() {
        for command in commands::all() {
            for key in command.keys {
                assert!(Chord::parse(key).is_some(), "{key} of {}", command.id);
            }
        }
    }

    #[test]
    fn chords_are_read_as_written() {
        let chord = |text| Chord::parse(text).unwrap();
        assert_eq!(chord("Ctrl++"), Chord { modifiers: Modifiers::COMMAND, key: Key::Plus });
        assert_eq!(chord("+").key, Key::Plus);
        assert_eq!(chord("Ctrl+,").key, Key::Comma);
        assert_eq!(chord("Shift+X"), Chord { modifiers: Modifiers::SHIFT, key: Key::X });
        assert_eq!(Chord::parse("Hyper+X"), None);
        let ctrl = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };
        let shift = Modifiers { shift: true, ..ctrl };
        assert!(chord("Ctrl+Z").is_met_by(Key::Z, ctrl));
        assert!(!chord("Ctrl+Z").is_met_by(Key::Z, shift), "Shift makes it redo");
        assert!(chord("Ctrl++").is_met_by(Key::Plus, shift), "a plus may need Shift");
    }

    #[test]
    fn a_text_keeps_its_own_keys() {
        for (text, passes) in [
            ("X", false),
            ("Ctrl+Z", false),
            ("Ctrl+C", false),
            ("Ctrl+L", true),
            ("F1", true),
            ("Enter", false),
        ] {
            assert_eq!(Chord::parse(text).unwrap().passes_text(), passes, "{text}");
        }
    }
}

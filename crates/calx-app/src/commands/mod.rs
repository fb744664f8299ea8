//! Every command of the window, once: id, name, words, keys, when it can be done, what it does.
//!
//! Menus, palette, toolbar, context menus, the sheet of keys, the keymap file, scripts and tests are made from
//! [`all`]. Each room declares its own slice.
//!
//! Invariants
//! - Ids and default keys are unique within their reach; a test holds to it.
//! - A command does its work through [`AppState`]; it draws nothing.

use std::path::PathBuf;

use crate::seams::WhyNot;
use crate::state::AppState;

/// Where a command's keys count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Anywhere; keys without Ctrl or Alt not while a text is typed.
    Everywhere,
    /// Where images are.
    Viewer,
    /// In the library.
    Library,
    /// On the case screen.
    Case,
}

/// What a command takes besides its name.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// Nothing.
    None,
    /// A number.
    Number(f64),
    /// A file or folder.
    Path(PathBuf),
    /// A text.
    Text(String),
}

impl Arg {
    /// The number, when it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::None | Self::Path(_) => None,
        }
    }

    /// The text or path, when it is one.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Path(path) => Some(path.display().to_string()),
            Self::None | Self::Number(_) => None,
        }
    }
}

/// One command.
#[derive(Clone, Copy)]
pub struct Command {
    /// "viewer.fit": for scripts and the keymap file; never changes.
    pub id: &'static str,
    /// What menus and palette show.
    pub name: &'static str,
    /// One sentence more.
    pub tip: &'static str,
    /// Menu it stands in; empty for none.
    pub menu: &'static str,
    /// Default keys, as "Ctrl+Shift+Z".
    pub keys: &'static [&'static str],
    /// Where the keys count.
    pub scope: Scope,
    /// Whether it can be done now.
    pub when: fn(&AppState) -> Result<(), WhyNot>,
    /// Does it.
    pub run: fn(&mut AppState, &Arg),
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Command").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A command somebody asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandCall {
    /// Which.
    pub id: &'static str,
    /// With what.
    pub arg: Arg,
}

impl CommandCall {
    /// One without anything.
    #[must_use]
    pub const fn of(id: &'static str) -> Self {
        Self { id, arg: Arg::None }
    }
}

/// It can always be done.
///
/// # Errors
/// Never.
pub fn always(_: &AppState) -> Result<(), WhyNot> {
    Ok(())
}

/// All commands, in the order of menus.
pub fn all() -> impl Iterator<Item = &'static Command> {
    [crate::shell::COMMANDS, crate::library::COMMANDS, crate::viewer::COMMANDS, crate::case::COMMANDS]
        .into_iter()
        .flatten()
}

/// The command of that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Command> {
    all().find(|command| command.id == id)
}

/// Does a command, or says why it cannot be done now.
pub fn run(state: &mut AppState, id: &str, arg: &Arg) {
    let Some(command) = find(id) else {
        state.toasts.say(format!("there is no command {id}"));
        return;
    };
    match (command.when)(state) {
        Ok(()) => (command.run)(state, arg),
        Err(why) => state.toasts.say(format!("{}: {why}", command.name)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_keys_are_unique() {
        let mut ids = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for command in all() {
            assert!(ids.insert(command.id), "{} twice", command.id);
            assert!(!command.name.is_empty() && !command.tip.is_empty(), "{} has no words", command.id);
            for key in command.keys {
                assert!(keys.insert((*key, command.scope)), "{key} twice, once for {}", command.id);
            }
        }
        for (key, scope) in &keys {
            let twice = *scope != Scope::Everywhere && keys.contains(&(*key, Scope::Everywhere));
            assert!(!twice, "{key} is taken everywhere");
        }
    }
}

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

/// What kind of word a command takes besides its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A number.
    Number,
    /// A file or folder.
    Path,
    /// Words.
    Text,
}

/// Commands that take something, with what to type; without it they ask in a place of their own.
const TAKING: &[(&str, Takes, &str)] = &[
    ("library.import", Takes::Path, "A file or folder to import"),
    ("library.search", Takes::Text, "Words to look for"),
    ("file.export", Takes::Path, "The folder that takes the export"),
    ("file.save-copy", Takes::Path, "The folder that takes the copy"),
    ("view.size", Takes::Number, "Percent, 75 to 200"),
];

/// What a command takes, and how it is asked for.
#[must_use]
pub fn takes(id: &str) -> Option<(Takes, &'static str)> {
    TAKING.iter().find(|(known, ..)| *known == id).map(|(_, takes, words)| (*takes, *words))
}

/// What was typed, as what a command takes.
///
/// # Errors
/// It is none, in words.
pub fn read_arg(takes: Takes, typed: &str) -> Result<Arg, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(Arg::None);
    }
    match takes {
        Takes::Text => Ok(Arg::Text(typed.to_owned())),
        Takes::Path => {
            Ok(Arg::Path(PathBuf::from(typed.trim_matches(['"', '\'']).trim_start_matches("file://"))))
        }
        Takes::Number => match typed.trim_end_matches('%').trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Arg::Number(number)),
            _ => Err(format!("“{typed}” is no number")),
        },
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
    fn what_is_typed_becomes_what_is_taken() {
        for (id, ..) in TAKING {
            assert!(find(id).is_some(), "{id} takes something and is no command");
        }
        assert_eq!(read_arg(Takes::Number, " 125 % "), Ok(Arg::Number(125.0)));
        assert_eq!(read_arg(Takes::Number, "much"), Err("“much” is no number".to_owned()));
        assert_eq!(read_arg(Takes::Path, "\"/a b\""), Ok(Arg::Path(PathBuf::from("/a b"))));
        assert_eq!(read_arg(Takes::Text, "  "), Ok(Arg::None));
    }

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

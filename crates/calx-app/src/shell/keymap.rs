//! Which keys do what: those of the commands, and those a person chose instead.
//!
//! Not here: turning keys into commands ([`super::keys`]), the file on disk ([`super::store`]).
//!
//! Invariants
//! - No key does two things in one place: who would take a key that is taken is refused, with the name of the other.
//! - A command that nobody changed keeps its own keys.

use std::collections::BTreeMap;

use super::keys::Chord;
use crate::commands::{self, Command, Scope};

/// Keys that are held for something and so press no command: key, what it does.
const HELD: [(&str, &str); 2] =
    [("X", "hides all marks while it is held"), ("Space", "moves the image while it is held")];

/// The keys of all commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keymap {
    /// Of commands that were changed, by id.
    own: BTreeMap<&'static str, Vec<String>>,
}

impl Keymap {
    /// The keys of a command, as "Ctrl+Shift+Z".
    #[must_use]
    pub fn keys(&self, command: &Command) -> Vec<&str> {
        match self.own.get(command.id) {
            Some(own) => own.iter().map(String::as_str).collect(),
            None => command.keys.to_vec(),
        }
    }

    /// The first of them, as menus show it.
    #[must_use]
    pub fn shown(&self, command: &Command) -> Option<&str> {
        self.keys(command).first().copied()
    }

    /// Whether a person gave a command other keys than its own.
    #[must_use]
    pub fn is_changed(&self, command: &Command) -> bool {
        self.own.contains_key(command.id)
    }

    /// Gives a command these keys and no others.
    ///
    /// # Errors
    /// A key that cannot be read or does something else, in words; nothing changed.
    pub fn set(&mut self, command: &'static Command, keys: Vec<String>) -> Result<(), String> {
        for key in &keys {
            let chord = Chord::parse(key).ok_or_else(|| format!("“{key}” is no key calx knows"))?;
            self.may_take(command, chord, key)?;
        }
        if keys.iter().map(String::as_str).eq(command.keys.iter().copied()) {
            self.own.remove(command.id);
        } else {
            self.own.insert(command.id, keys);
        }
        Ok(())
    }

    /// Gives a command its own keys back.
    ///
    /// # Errors
    /// Another command was given one of them meanwhile.
    pub fn reset(&mut self, command: &'static Command) -> Result<(), String> {
        self.set(command, command.keys.iter().map(|key| (*key).to_owned()).collect())
    }

    fn may_take(&self, command: &Command, chord: Chord, key: &str) -> Result<(), String> {
        let is_held = |held: &&(&str, &str)| Chord::parse(held.0) == Some(chord);
        if let Some((_, what)) = HELD.iter().find(is_held)
            && overlap(command.scope, Scope::Viewer)
        {
            return Err(format!("{key} is taken: it {what}"));
        }
        match commands::all().find(|other| other.id != command.id && self.meets(other, command.scope, chord))
        {
            Some(other) => Err(format!("{key} is taken by “{}” ({})", other.name, other.id)),
            None => Ok(()),
        }
    }

    fn meets(&self, other: &Command, scope: Scope, chord: Chord) -> bool {
        overlap(other.scope, scope) && self.keys(other).iter().any(|key| Chord::parse(key) == Some(chord))
    }

    /// Reads `keymap.toml`: a line for each command, its id and a key or a list of them. What is refused is told, and
    /// those commands keep their own keys.
    ///
    /// # Errors
    /// It is no TOML; nothing of it holds.
    pub fn read(text: &str) -> Result<(Self, Vec<String>), String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
        let mut notices = Vec::new();
        let mut map = Self::default();
        for (id, value) in &table {
            let Some(command) = commands::find(id) else {
                notices.push(format!("{id} is no command of this version"));
                continue;
            };
            let keys: Option<Vec<String>> = match value {
                toml::Value::String(key) => Some(vec![key.clone()]),
                toml::Value::Array(keys) => keys.iter().map(|key| key.as_str().map(str::to_owned)).collect(),
                _ => None,
            };
            match keys {
                Some(keys) if keys.iter().all(|key| Chord::parse(key).is_some()) => {
                    map.own.insert(command.id, keys);
                }
                _ => notices
                    .push(format!("the keys of {id} cannot be read: a key is written as \"Ctrl+Shift+Z\"")),
            }
        }
        // All are there before they are compared: two commands may have swapped their keys.
        let given: Vec<&'static str> = map.own.keys().copied().collect();
        for id in given {
            let Some(command) = commands::find(id) else { continue };
            let keys: Vec<String> = map.keys(command).into_iter().map(str::to_owned).collect();
            let refused = keys.iter().find_map(|key| {
                let chord = Chord::parse(key)?;
                map.may_take(command, chord, key).err()
            });
            if let Some(why) = refused {
                notices.push(format!("{id} keeps its keys: {why}"));
                map.own.remove(id);
            }
        }
        Ok((map, notices))
    }

    /// As `keymap.toml`.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text =
            "# Keys of calx that are not the usual ones: command = [keys]. F1 in the window lists all.\n"
                .to_owned();
        for (id, keys) in &self.own {
            let list: Vec<String> =
                keys.iter().map(|key| toml::Value::from(key.as_str()).to_string()).collect();
            text.push_str(&format!("\"{id}\" = [{}]\n", list.join(", ")));
        }
        text
    }
}

const fn overlap(a: Scope, b: Scope) -> bool {
    matches!(a, Scope::Everywhere) || matches!(b, Scope::Everywhere) || a as u8 == b as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(id: &str) -> &'static Command {
        commands::find(id).unwrap()
    }

    #[test]
    fn a_taken_key_is_refused_with_the_name_of_who_has_it() {
        let mut map = Keymap::default();
        let why = map.set(command("help.about"), vec!["Ctrl+Z".into()]).unwrap_err();
        assert_eq!(why, "Ctrl+Z is taken by “Undo” (edit.undo)");
        assert_eq!(map, Keymap::default(), "nothing changed");
        let why = map.set(command("help.about"), vec!["X".into()]).unwrap_err();
        assert!(why.contains("while it is held"), "{why}");
        assert!(map.set(command("help.about"), vec!["Hyper+Q".into()]).unwrap_err().contains("Hyper+Q"));
        map.set(command("help.about"), vec!["Ctrl+Shift+A".into()]).unwrap();
        assert_eq!(map.shown(command("help.about")), Some("Ctrl+Shift+A"));
        // The library and the viewer are never there at the same time.
        map.set(command("library.refresh"), vec!["W".into()]).unwrap();
        map.reset(command("help.about")).unwrap();
        assert!(!map.is_changed(command("help.about")));
    }

    #[test]
    fn what_is_written_is_read_and_swapped_keys_are_no_conflict() {
        let mut map = Keymap::default();
        map.set(command("help.about"), vec!["Ctrl+Shift+A".into(), "F12".into()]).unwrap();
        map.set(command("edit.redo"), vec![]).unwrap();
        let (again, notices) = Keymap::read(&map.write()).unwrap();
        assert_eq!((again, notices), (map, vec![]));
        let (swapped, notices) =
            Keymap::read("\"edit.undo\" = \"Ctrl+Y\"\n\"edit.redo\" = \"Ctrl+Z\"\n").unwrap();
        assert_eq!(notices, Vec::<String>::new());
        assert_eq!(swapped.shown(command("edit.undo")), Some("Ctrl+Y"));
    }

    #[test]
    fn a_file_with_faults_is_read_as_far_as_it_goes() {
        let text = "\"help.about\" = \"Ctrl+Z\"\n\"no.such\" = \"F12\"\n\"help.keys\" = 7\n\"file.quit\" = \"F12\"\n";
        let (map, notices) = Keymap::read(text).unwrap();
        assert_eq!(notices.len(), 3, "{notices:?}");
        assert!(notices.iter().any(|line| line.contains("“Undo”")), "{notices:?}");
        assert_eq!(map.shown(command("file.quit")), Some("F12"));
        assert_eq!(map.shown(command("help.about")), None);
        assert!(Keymap::read("= 7").is_err());
    }
}

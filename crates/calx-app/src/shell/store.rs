//! What the window remembers between its days, as files in the config folder: `config.toml`, `keymap.toml`,
//! `recent.toml`.
//!
//! Not here: what a setting does.
//!
//! Invariants
//! - A file that cannot be read is told and left as it is: nothing is written over what a person typed wrong.
//! - Comments, order and keys of others in `config.toml` stay when a setting changes.
//! - Files appear whole; writing has a thread of its own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::keymap::Keymap;
use super::settings::{CaseTheme, Hands, Settings, Vertical};
use crate::work::{Desk, Outbox, Wake};

const CONFIG: &str = "config.toml";
const KEYMAP: &str = "keymap.toml";
const RECENT: &str = "recent.toml";

/// Writes settings, beside the window.
#[derive(Debug)]
pub struct Store {
    desk: Desk<Wanted, String>,
    /// Files that could not be read.
    barred: Vec<&'static str>,
}

/// What is to be on disk.
#[derive(Debug)]
enum Wanted {
    /// Sections, keys and values of `config.toml`.
    Settings(Vec<(&'static str, &'static str, toml::Value)>),
    /// A whole file.
    File(&'static str, String),
}

impl Store {
    /// Reads what is in `folder`; what cannot be read is told. Reads files, so before the first pass only.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn open(folder: PathBuf, wake: &Wake) -> std::io::Result<(Self, Settings, Vec<String>)> {
        let mut notices = Vec::new();
        let mut barred = Vec::new();
        let mut settings = Settings::default();
        let mut text = |name: &'static str| match fs::read_to_string(folder.join(name)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                notices.push(refusal(name, &error.to_string()));
                barred.push(name);
                None
            }
        };
        let (config, keymap, recent) = (text(CONFIG), text(KEYMAP), text(RECENT));
        let mut bar = |name, why: &str| {
            notices.push(refusal(name, why));
            barred.push(name);
        };
        let mut said = Vec::new();
        match config.map(|text| read_config(&text, &mut settings)) {
            Some(Err(why)) => bar(CONFIG, &why),
            Some(Ok(found)) => said = found,
            None => {}
        }
        match keymap.map(|text| Keymap::read(&text)) {
            Some(Err(why)) => bar(KEYMAP, &why),
            Some(Ok((map, found))) => {
                settings.keymap = map;
                said.extend(found.into_iter().map(|line| format!("{KEYMAP}: {line}")));
            }
            None => {}
        }
        settings.recent = recent.as_deref().map(read_recent).unwrap_or_default();
        notices.extend(said);
        let desk = Desk::open("settings", wake, move |wanted, out: &Outbox<String>| {
            if let Err(error) = write(&folder, &wanted) {
                let place = folder.display();
                out.tell(format!(
                    "The settings were not written and those on disk are unchanged: {error}: {place}"
                ));
            }
        })?;
        Ok((Self { desk, barred }, settings, notices))
    }

    /// Writes settings; the keymap and recent workspaces have files of their own.
    pub(super) fn keep(&self, settings: &Settings) {
        if !self.barred.contains(&CONFIG) {
            self.desk.ask(Wanted::Settings(values(settings)));
        }
    }

    /// Writes the keymap.
    pub(super) fn keep_keymap(&self, keymap: &Keymap) {
        if !self.barred.contains(&KEYMAP) {
            self.desk.ask(Wanted::File(KEYMAP, keymap.write()));
        }
    }

    /// Writes the recent workspaces.
    pub(super) fn keep_recent(&self, recent: &[PathBuf]) {
        let list = recent.iter().map(|path| toml::Value::from(path.display().to_string()));
        let table = toml::Table::from_iter([("workspaces".to_owned(), toml::Value::Array(list.collect()))]);
        self.desk.ask(Wanted::File(RECENT, table.to_string()));
    }

    /// What could not be written.
    pub(super) fn take(&self) -> Vec<String> {
        let words = |told| match told {
            crate::work::Told::Said(words) | crate::work::Told::Broke(words) => words,
        };
        self.desk.take().into_iter().map(words).collect()
    }

    /// Whether all is written.
    pub(super) fn is_idle(&self) -> bool {
        self.desk.is_idle()
    }
}

fn refusal(name: &str, why: &str) -> String {
    let why = why.lines().next().unwrap_or_default();
    format!("{name} cannot be read, so the usual settings hold and it is left as it is: {why}")
}

const THEMES: [(CaseTheme, &str); 2] = [(CaseTheme::Dark, "dark"), (CaseTheme::Light, "light")];
const HANDS: [(Hands, &str); 2] = [(Hands::RightFirst, "right-first"), (Hands::LeftFirst, "left-first")];
const VERTICALS: [(Vertical, &str); 2] = [(Vertical::Brightness, "brightness"), (Vertical::Centre, "centre")];

fn values(settings: &Settings) -> Vec<(&'static str, &'static str, toml::Value)> {
    let word = |found: Option<&'static str>| toml::Value::from(found.unwrap_or_default());
    let percent = toml::Value::from(i64::from(settings.percent()));
    vec![
        ("ui", "scale", percent),
        ("ui", "case-theme", word(word_of(&THEMES, settings.case_theme))),
        ("ui", "reduce-motion", toml::Value::from(settings.reduce_motion)),
        ("viewer", "hands", word(word_of(&HANDS, settings.hands))),
        ("viewer", "vertical", word(word_of(&VERTICALS, settings.vertical))),
    ]
}

fn word_of<T: Copy + PartialEq>(words: &[(T, &'static str)], value: T) -> Option<&'static str> {
    words.iter().find(|(known, _)| *known == value).map(|(_, word)| *word)
}

/// Takes what `config.toml` says; values that mean nothing are told.
fn read_config(text: &str, settings: &mut Settings) -> Result<Vec<String>, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let mut notices = Vec::new();
    let value = |section: &str, key: &str| table.get(section)?.get(key).cloned();
    if let Some(scale) = value("ui", "scale") {
        match scale.as_integer().and_then(|percent| u16::try_from(percent).ok()) {
            Some(percent @ 75..=200) => settings.scale = f32::from(percent) / 100.0,
            _ => notices.push(format!("{CONFIG}: ui.scale is {scale}, it may be 75 to 200")),
        }
    }
    if let Some(reduce) = value("ui", "reduce-motion") {
        match reduce.as_bool() {
            Some(reduce) => settings.reduce_motion = reduce,
            None => notices.push(format!("{CONFIG}: ui.reduce-motion is {reduce}, it may be true or false")),
        }
    }
    take_word(value("ui", "case-theme"), "ui.case-theme", &THEMES, &mut settings.case_theme, &mut notices);
    take_word(value("viewer", "hands"), "viewer.hands", &HANDS, &mut settings.hands, &mut notices);
    take_word(
        value("viewer", "vertical"),
        "viewer.vertical",
        &VERTICALS,
        &mut settings.vertical,
        &mut notices,
    );
    Ok(notices)
}

fn take_word<T: Copy>(
    value: Option<toml::Value>,
    name: &str,
    words: &[(T, &'static str)],
    into: &mut T,
    notices: &mut Vec<String>,
) {
    let Some(value) = value else { return };
    match words.iter().find(|(_, word)| value.as_str() == Some(word)) {
        Some((found, _)) => *into = *found,
        None => {
            let may: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
            notices.push(format!("{CONFIG}: {name} is {value}, it may be {}", may.join(" or ")));
        }
    }
}

fn read_recent(text: &str) -> Vec<PathBuf> {
    let table: toml::Table = text.parse().unwrap_or_default();
    let list = table.get("workspaces").and_then(toml::Value::as_array);
    list.into_iter().flatten().filter_map(toml::Value::as_str).map(PathBuf::from).collect()
}

fn write(folder: &Path, wanted: &Wanted) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let (name, text) = match wanted {
        Wanted::File(name, text) => (*name, text.clone()),
        Wanted::Settings(values) => {
            let before = match fs::read_to_string(folder.join(CONFIG)) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
                Err(error) => return Err(error),
            };
            let set = |text: String, (section, key, value): &(&str, &str, toml::Value)| {
                with_value(&text, section, key, value)
            };
            (CONFIG, values.iter().fold(before, set))
        }
    };
    let partial = folder.join(format!("{name}.{}.partial", std::process::id()));
    let written = fs::File::create(&partial).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let named = written.and_then(|()| fs::rename(&partial, folder.join(name)));
    if named.is_err() {
        // What it was stopped by is told; the half of a file is of no use.
        fs::remove_file(&partial).ok();
    }
    named
}

/// The text with one value changed or added; every other line stays as it is.
fn with_value(text: &str, section: &str, key: &str, value: &toml::Value) -> String {
    let line = format!("{key} = {value}");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let is_header = |line: &String| line.trim_start().starts_with('[');
    let names = |line: &String| line.split('#').next().unwrap_or_default().trim() == format!("[{section}]");
    match lines.iter().position(names) {
        None => {
            if lines.last().is_some_and(|last| !last.trim().is_empty()) {
                lines.push(String::new());
            }
            lines.extend([format!("[{section}]"), line]);
        }
        Some(header) => {
            let end =
                lines.iter().skip(header + 1).position(is_header).map_or(lines.len(), |at| header + 1 + at);
            let is_key = |line: &String| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
            let at = lines.iter().enumerate().take(end).skip(header + 1).find(|(_, line)| is_key(line));
            match at.map(|(at, _)| at) {
                Some(at) => {
                    if let Some(old) = lines.get_mut(at) {
                        *old = line;
                    }
                }
                None => lines.insert(header + 1, line),
            }
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_value_leaves_every_other_line_alone() {
        let text =
            "# mine\n[viewer]\n# which hand\nhands = \"left-first\"\nother = 7\n\n[archive]\nhands = 1\n";
        let found = with_value(text, "viewer", "hands", &toml::Value::from("right-first"));
        assert_eq!(found, text.replace("hands = \"left-first\"", "hands = \"right-first\""));
        let found = with_value(&found, "ui", "scale", &toml::Value::from(125));
        assert!(found.ends_with("hands = 1\n\n[ui]\nscale = 125\n"), "{found}");
        let found = with_value(&found, "viewer", "vertical", &toml::Value::from("centre"));
        let table: toml::Table = found.parse().unwrap();
        assert_eq!(table["viewer"]["vertical"].as_str(), Some("centre"));
        assert_eq!(table["viewer"]["other"].as_integer(), Some(7));
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let wake = Wake::new(|| {});
        let open = || Store::open(folder.path().join("calx"), &wake).unwrap();
        let (store, mut settings, notices) = open();
        assert_eq!((settings.scale, notices.len()), (1.0, 0));
        settings.scale = 1.5;
        settings.hands = Hands::LeftFirst;
        settings.case_theme = CaseTheme::Light;
        store.keep(&settings);
        store.keep_recent(&[PathBuf::from("/data/a b"), PathBuf::from("/data/ü")]);
        while !store.is_idle() {
            std::thread::yield_now();
        }
        assert_eq!(store.take(), Vec::<String>::new());
        let (_, again, notices) = open();
        assert_eq!(notices, Vec::<String>::new());
        assert_eq!((again.scale, again.hands, again.case_theme), (1.5, Hands::LeftFirst, CaseTheme::Light));
        assert_eq!(again.recent, ["/data/a b", "/data/ü"].map(PathBuf::from));
    }

    #[test]
    fn a_file_with_a_slip_is_told_and_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(CONFIG);
        fs::write(&file, "[ui\nscale = 150\n").unwrap();
        let wake = Wake::new(|| {});
        let (store, settings, notices) = Store::open(folder.path().to_path_buf(), &wake).unwrap();
        assert_eq!(settings.scale, 1.0);
        assert!(notices.len() == 1 && notices[0].starts_with("config.toml cannot be read"), "{notices:?}");
        store.keep(&settings);
        while !store.is_idle() {
            std::thread::yield_now();
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "[ui\nscale = 150\n");
        fs::write(&file, "[ui]\nscale = 500\n[viewer]\nhands = \"both\"\n").unwrap();
        let (_, settings, notices) = Store::open(folder.path().to_path_buf(), &wake).unwrap();
        assert_eq!((settings.scale, notices.len()), (1.0, 2));
        assert!(notices[1].contains("right-first or left-first"), "{notices:?}");
    }
}

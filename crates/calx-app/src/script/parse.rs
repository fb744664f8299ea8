//! The lines of a script.
//!
//! Source: `docs/ui-scripts/README.md`, which lists every word that is read here.

use std::path::PathBuf;

use egui::{Key, Modifiers, PointerButton, Pos2, pos2};

/// A script.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// From 1.
    pub line: usize,
    /// What it does.
    pub kind: StepKind,
}

/// What a line does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// Makes the window so large, in points, with so many pixels a point.
    Size {
        /// Points across.
        width: f32,
        /// Points down.
        height: f32,
        /// Pixels a point.
        scale: f32,
    },
    /// Opens a file or folder, as `calx PATH` does.
    Open(PathBuf),
    /// Does a command.
    Do {
        /// Its id.
        id: String,
        /// What it takes.
        arg: Option<String>,
    },
    /// Clicks.
    Click {
        /// Where.
        place: Place,
        /// How.
        click: Click,
    },
    /// Moves the pointer.
    Move(Place),
    /// Drags from one place over others to the last.
    Drag {
        /// At least two.
        places: Vec<Place>,
        /// How.
        click: Click,
        /// How long it takes, in seconds.
        seconds: f64,
    },
    /// Presses a button and holds it, or lets it go.
    Button {
        /// Where.
        place: Place,
        /// How.
        click: Click,
        /// Presses, else lets go.
        pressed: bool,
    },
    /// Turns the wheel by lines; up is positive.
    Wheel {
        /// Where.
        place: Place,
        /// How far.
        lines: f32,
        /// What is held.
        held: Modifiers,
    },
    /// Presses a key.
    Key {
        /// Which.
        chord: Chord,
        /// Pressed and let go, or only one of both.
        held: Held,
    },
    /// Types a text.
    Type(String),
    /// Waits.
    Wait(Wait),
    /// Ends the script unless this is so.
    Expect(Mark),
    /// Writes a picture of the window.
    Shot(PathBuf),
    /// Goes by a clock of its own, or by the one on the wall.
    Clock {
        /// Its own.
        is_virtual: bool,
    },
    /// Breaks something, to see what becomes of the work.
    Fault(Fault),
    /// Begins or ends taking the time of passes.
    Measure {
        /// What it is called in the report.
        name: String,
        /// Begins, else ends.
        begins: bool,
    },
}

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The graphics device goes away after so many more passes.
    GpuLost(u64),
    /// The disk takes nothing, or takes things again.
    DiskFull(bool),
}

/// A place in the window.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// The middle of a control.
    Control {
        /// Its accessible name.
        name: String,
        /// Which of several, from 1.
        nth: Option<usize>,
    },
    /// A place of an image.
    Image {
        /// The viewport's accessible name.
        viewport: String,
        /// In image pixels; the middle of the first pixel is (0.5, 0.5).
        x: f64,
        /// Down.
        y: f64,
    },
    /// Points from the top left corner.
    At(Pos2),
}

/// How something is clicked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Click {
    /// With which button.
    pub button: PointerButton,
    /// Twice.
    pub is_double: bool,
    /// What is held.
    pub held: Modifiers,
}

/// A key with what is held with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    /// The key.
    pub key: Key,
    /// What is held.
    pub held: Modifiers,
    /// What it types in a text field.
    pub types: Option<char>,
}

/// How a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// And let go.
    Tap,
    /// And held.
    Down,
    /// Let go.
    Up,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    /// Nothing is on its way.
    Idle,
    /// All of the case is on disk.
    Saved,
    /// So many passes.
    Frames(u64),
    /// So many seconds.
    Seconds(f64),
    /// A control is there.
    Name(String),
}

/// What a script expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A control is there.
    Name(String),
    /// None is.
    NoName(String),
    /// The save state: saved, saving, not-saved, read-only.
    State(String),
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct ScriptError {
    /// From 1.
    pub line: usize,
    /// Why, and what is meant.
    pub why: String,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// [`ScriptError`]: the first line that cannot be read.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let mut steps = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line_number = at + 1;
            let wrong = |why: String| ScriptError { line: line_number, why };
            let words = words(line).map_err(wrong)?;
            if words.is_empty() {
                continue;
            }
            let mut words = Words { words, at: 0 };
            let kind = step(&mut words).map_err(wrong)?;
            words.end().map_err(wrong)?;
            steps.push(Step { line: line_number, kind });
        }
        Ok(Self { steps })
    }

    /// Whether it takes pictures or the time of painting, so that an adapter is needed.
    #[must_use]
    pub fn needs_pictures(&self) -> bool {
        self.steps.iter().any(|step| {
            matches!(
                step.kind,
                StepKind::Shot(_) | StepKind::Measure { .. } | StepKind::Fault(Fault::GpuLost(_))
            )
        })
    }
}

/// One word of a line.
#[derive(Debug, Clone, PartialEq)]
enum Word {
    Bare(String),
    Quoted(String),
}

/// Cuts a line into words. `#` begins a comment where a word would begin.
fn words(line: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = line.chars().peekable();
    while let Some(next) = rest.peek().copied() {
        if next.is_whitespace() {
            rest.next();
        } else if next == '#' {
            break;
        } else if next == '"' {
            rest.next();
            let mut text = String::new();
            loop {
                match rest.next() {
                    None => return Err("a text has no closing \"".to_owned()),
                    Some('"') => break,
                    Some('\\') => match rest.next() {
                        Some('n') => text.push('\n'),
                        Some(c @ ('"' | '\\')) => text.push(c),
                        _ => return Err("after \\ comes n, \" or \\".to_owned()),
                    },
                    Some(c) => text.push(c),
                }
            }
            words.push(Word::Quoted(text));
        } else {
            let mut text = String::new();
            while let Some(c) = rest.peek().copied().filter(|c| !c.is_whitespace()) {
                text.push(c);
                rest.next();
            }
            words.push(Word::Bare(text));
        }
    }
    Ok(words)
}

/// The words of a line that are not read yet.
struct Words {
    words: Vec<Word>,
    at: usize,
}

impl Words {
    fn peek(&self) -> Option<&Word> {
        self.words.get(self.at)
    }

    /// Takes the next word when it is this one.
    fn takes(&mut self, wanted: &str) -> bool {
        let is = matches!(self.peek(), Some(Word::Bare(word)) if word == wanted);
        self.at += usize::from(is);
        is
    }

    fn bare(&mut self, what: &str) -> Result<String, String> {
        match self.peek() {
            Some(Word::Bare(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            Some(Word::Quoted(text)) => Err(format!("{what} is meant, not the text \"{text}\"")),
            None => Err(format!("{what} is missing")),
        }
    }

    fn quoted(&mut self) -> Option<String> {
        let Some(Word::Quoted(text)) = self.peek() else { return None };
        let text = text.clone();
        self.at += 1;
        Some(text)
    }

    fn text(&mut self, what: &str) -> Result<String, String> {
        self.quoted().map_or_else(|| self.bare(what), Ok)
    }

    fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(Word::Bare(word)) => Err(format!("\"{word}\" is too much here")),
            Some(Word::Quoted(text)) => Err(format!("the text \"{text}\" is too much here")),
        }
    }
}

fn step(words: &mut Words) -> Result<StepKind, String> {
    let verb = words.bare("a word like click or key")?;
    Ok(match verb.as_str() {
        "size" => {
            let (width, height) =
                pair(&words.bare("WIDTHxHEIGHT")?, 'x').ok_or("a size is WIDTHxHEIGHT, as 1280x800")?;
            let scale = if words.takes("scale") { number(&words.bare("a number")?)? } else { 1.0 };
            StepKind::Size { width, height, scale }
        }
        "open" => StepKind::Open(words.text("a file or folder")?.into()),
        "do" => {
            let id = words.bare("a command as viewer.fit")?;
            let arg = if words.peek().is_some() { Some(words.text("what it takes")?) } else { None };
            StepKind::Do { id, arg }
        }
        "click" | "at" => StepKind::Click { place: place(words)?, click: click(words)? },
        "move" => StepKind::Move(place(words)?),
        "drag" => {
            let mut places = vec![place(words)?];
            while words.takes("->") {
                places.push(place(words)?);
            }
            if places.len() < 2 {
                return Err("a drag goes from one place -> to another".to_owned());
            }
            let seconds = if words.takes("in") { seconds(&words.bare("a time as 300ms")?)? } else { 0.3 };
            StepKind::Drag { places, click: click(words)?, seconds }
        }
        "press" | "release" => {
            let place = place(words)?;
            StepKind::Button { place, click: click(words)?, pressed: verb == "press" }
        }
        "clock" => match words.bare("virtual or real")?.as_str() {
            "virtual" => StepKind::Clock { is_virtual: true },
            "real" => StepKind::Clock { is_virtual: false },
            other => return Err(format!("virtual or real is meant, not \"{other}\"")),
        },
        "fault" => StepKind::Fault(fault(&words.bare("gpu-lost@N, disk-full or disk-free")?)?),
        "wheel" => {
            let place = place(words)?;
            let lines = number(&words.bare("lines, up is positive")?)?;
            StepKind::Wheel { place, lines, held: click(words)?.held }
        }
        "key" => {
            let chord = chord(&words.bare("a key as Ctrl+L")?)?;
            let held = match () {
                () if words.takes("down") => Held::Down,
                () if words.takes("up") => Held::Up,
                () => Held::Tap,
            };
            StepKind::Key { chord, held }
        }
        "type" => StepKind::Type(words.quoted().ok_or("a text in \" is meant")?),
        "wait" => StepKind::Wait(wait(words)?),
        "expect" => StepKind::Expect(expectation(words)?),
        "shot" => StepKind::Shot(words.text("a file that ends in .png")?.into()),
        "measure" => {
            let name = words.text("a name")?;
            let begins = match words.bare("begin or end")?.as_str() {
                "begin" => true,
                "end" => false,
                other => return Err(format!("begin or end is meant, not \"{other}\"")),
            };
            StepKind::Measure { name, begins }
        }
        other => {
            return Err(format!(
                "there is no \"{other}\"; there are size, open, do, click, at, move, drag, press, release, wheel, key, \
                 type, wait, expect, shot, measure, clock, fault"
            ));
        }
    })
}

/// `gpu-lost@N`, `disk-full` or `disk-free`.
fn fault(text: &str) -> Result<Fault, String> {
    match text {
        "disk-full" => Ok(Fault::DiskFull(true)),
        "disk-free" => Ok(Fault::DiskFull(false)),
        other => other
            .strip_prefix("gpu-lost@")
            .and_then(|passes| passes.parse().ok())
            .map(Fault::GpuLost)
            .ok_or_else(|| format!("a fault is gpu-lost@N, disk-full or disk-free, not \"{other}\"")),
    }
}

/// `"Name" [nth N]`, `"Name" image X,Y` or `@X,Y`.
fn place(words: &mut Words) -> Result<Place, String> {
    if let Some(name) = words.quoted() {
        if words.takes("image") {
            let at = words.bare("image pixels as 812,1430")?;
            let (x, y) = at.split_once(',').ok_or("image pixels are X,Y")?;
            let read = |n: &str| n.parse::<f64>().ok().filter(|n| n.is_finite());
            let (Some(x), Some(y)) = (read(x), read(y)) else {
                return Err("image pixels are X,Y".to_owned());
            };
            return Ok(Place::Image { viewport: name, x, y });
        }
        let nth = match words.takes("nth") {
            true => {
                let nth = words.bare("a number from 1")?;
                Some(nth.parse().map_err(|why| format!("nth counts from 1, not \"{nth}\": {why}"))?)
            }
            false => None,
        };
        return Ok(Place::Control { name, nth });
    }
    let at = words.bare("a place: \"Name\", \"Viewport 1\" image X,Y or @X,Y")?;
    let (x, y) = at
        .strip_prefix('@')
        .and_then(|at| pair(at, ','))
        .ok_or_else(|| format!("a place is \"Name\", \"Viewport 1\" image X,Y or @X,Y, not {at}"))?;
    Ok(Place::At(pos2(x, y)))
}

/// `[right|middle|double] [with Ctrl+Shift]`.
fn click(words: &mut Words) -> Result<Click, String> {
    let mut click = Click { button: PointerButton::Primary, is_double: false, held: Modifiers::NONE };
    if words.takes("right") {
        click.button = PointerButton::Secondary;
    } else if words.takes("middle") {
        click.button = PointerButton::Middle;
    } else if words.takes("double") {
        click.is_double = true;
    }
    if words.takes("with") {
        for name in words.bare("Ctrl, Shift or Alt")?.split('+') {
            hold(&mut click.held, name)?;
        }
    }
    Ok(click)
}

fn wait(words: &mut Words) -> Result<Wait, String> {
    if let Some(name) = words.quoted() {
        return Ok(Wait::Name(name));
    }
    let what = words.bare("idle, saved, frames N, a time or a name")?;
    Ok(match what.as_str() {
        "idle" => Wait::Idle,
        "saved" => Wait::Saved,
        "frames" => {
            let count = words.bare("a number")?;
            Wait::Frames(count.parse().map_err(|why| format!("frames are counted, not \"{count}\": {why}"))?)
        }
        time => Wait::Seconds(seconds(time)?),
    })
}

fn expectation(words: &mut Words) -> Result<Mark, String> {
    if let Some(name) = words.quoted() {
        return Ok(Mark::Name(name));
    }
    match words.bare("\"Name\", no \"Name\" or state S")?.as_str() {
        "no" => words.quoted().map(Mark::NoName).ok_or_else(|| "a name in \" is meant".to_owned()),
        "state" => {
            let state = words.bare("a state")?;
            let known = ["saved", "saving", "not-saved", "read-only"];
            if known.contains(&state.as_str()) {
                Ok(Mark::State(state))
            } else {
                Err(format!("a state is {}, not \"{state}\"", known.join(", ")))
            }
        }
        other => Err(format!("\"Name\", no \"Name\" or state S is meant, not \"{other}\"")),
    }
}

/// A key with what is held with it, as `Ctrl+Shift+Z`.
fn chord(text: &str) -> Result<Chord, String> {
    // The key may itself be a plus.
    let (held_part, key) = match text.strip_suffix("++") {
        Some(held) => (held, "+"),
        None => text.rsplit_once('+').filter(|(_, key)| !key.is_empty()).unwrap_or(("", text)),
    };
    let mut held = Modifiers::NONE;
    for name in held_part.split('+').filter(|name| !name.is_empty()) {
        hold(&mut held, name)?;
    }
    let name = match key {
        "PgUp" => "PageUp",
        "PgDn" => "PageDown",
        "Del" => "Delete",
        "Ins" => "Insert",
        other => other,
    };
    let found = Key::from_name(name).ok_or_else(|| format!("there is no key \"{key}\""))?;
    let mut letters = key.chars();
    let types = match (letters.next(), letters.next()) {
        _ if held.ctrl || held.alt || held.command => None,
        _ if key == "Space" => Some(' '),
        (Some(letter), None) if held.shift => Some(letter.to_ascii_uppercase()),
        (Some(letter), None) => Some(letter.to_ascii_lowercase()),
        _ => None,
    };
    Ok(Chord { key: found, held, types })
}

fn hold(held: &mut Modifiers, name: &str) -> Result<(), String> {
    match name {
        "Ctrl" => (held.ctrl, held.command) = (true, true),
        "Shift" => held.shift = true,
        "Alt" => held.alt = true,
        other => return Err(format!("Ctrl, Shift or Alt is held, not \"{other}\"")),
    }
    Ok(())
}

/// `300ms` or `2s`.
fn seconds(text: &str) -> Result<f64, String> {
    let read = |n: &str, unit: f64| n.parse::<f64>().ok().map(|n| n * unit);
    let found = match text.strip_suffix("ms") {
        Some(n) => read(n, 0.001),
        None => text.strip_suffix('s').and_then(|n| read(n, 1.0)),
    };
    found
        .filter(|seconds| (0.0..=3600.0).contains(seconds))
        .ok_or_else(|| format!("a time is 300ms or 2s, not \"{text}\""))
}

fn number(text: &str) -> Result<f32, String> {
    text.parse::<f32>()
        .ok()
        .filter(|n| n.is_finite())
        .ok_or_else(|| format!("a number is meant, not \"{text}\""))
}

fn pair(text: &str, between: char) -> Option<(f32, f32)> {
    let (a, b) = text.split_once(between)?;
    Some((number(a).ok()?, number(b).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> StepKind {
        let mut script = Script::parse(line).unwrap();
        assert_eq!(script.steps.len(), 1, "{line}");
        script.steps.remove(0).kind
    }

    #[track_caller]
    fn check_wrong(text: &str, expected: &str) {
        assert_eq!(Script::parse(text).unwrap_err().to_string(), expected);
    }

    fn plain() -> Click {
        Click { button: PointerButton::Primary, is_double: false, held: Modifiers::NONE }
    }

    #[test]
    fn lines_become_steps() {
        let text = "# a comment\n\nsize 1280x800 scale 1.5\n  wait idle # and another\n";
        let script = Script::parse(text).unwrap();
        assert_eq!(script.steps.iter().map(|s| s.line).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(script.steps[0].kind, StepKind::Size { width: 1280.0, height: 800.0, scale: 1.5 });
        assert_eq!(script.steps[1].kind, StepKind::Wait(Wait::Idle));
        assert!(!script.needs_pictures());
        assert_eq!(one("fault gpu-lost@3"), StepKind::Fault(Fault::GpuLost(3)));
        assert_eq!(one("fault disk-full"), StepKind::Fault(Fault::DiskFull(true)));
        assert_eq!(one("clock real"), StepKind::Clock { is_virtual: false });
        let press = StepKind::Button { place: Place::At(pos2(1.0, 2.0)), click: plain(), pressed: true };
        assert_eq!(one("press @1,2"), press);
        check_wrong("fault fire", "line 1: a fault is gpu-lost@N, disk-full or disk-free, not \"fire\"");
        assert!(Script::parse("shot a.png").unwrap().needs_pictures());
    }

    #[test]
    fn places_are_names_pixels_and_points() {
        let control = |name: &str, nth| Place::Control { name: name.to_owned(), nth };
        let click = |place| StepKind::Click { place, click: plain() };
        assert_eq!(one("click \"Import…\""), click(control("Import…", None)));
        assert_eq!(one("click \"a \\\"b\\\" # c\" nth 2"), click(control("a \"b\" # c", Some(2))));
        assert_eq!(one("click @12.5,40"), click(Place::At(pos2(12.5, 40.0))));
        let image = Place::Image { viewport: "Viewport 1".to_owned(), x: 812.0, y: 1430.5 };
        assert_eq!(one("at \"Viewport 1\" image 812,1430.5"), click(image.clone()));
        let held = Modifiers { ctrl: true, command: true, shift: true, ..Modifiers::NONE };
        let drag = StepKind::Drag {
            places: vec![image, Place::At(pos2(1.0, 2.0)), control("Bin", None)],
            click: Click { button: PointerButton::Middle, held, ..plain() },
            seconds: 0.5,
        };
        assert_eq!(
            one("drag \"Viewport 1\" image 812,1430.5 -> @1,2 -> \"Bin\" in 500ms middle with Ctrl+Shift"),
            drag
        );
        assert_eq!(
            one("wheel @1,2 -3 with Shift"),
            StepKind::Wheel { place: Place::At(pos2(1.0, 2.0)), lines: -3.0, held: Modifiers::SHIFT }
        );
    }

    #[test]
    fn keys_are_chords() {
        let key = |text: &str| match one(&format!("key {text}")) {
            StepKind::Key { chord, held } => (chord.key, chord.held, chord.types, held),
            other => panic!("{other:?}"),
        };
        let ctrl = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };
        assert_eq!(key("P"), (Key::P, Modifiers::NONE, Some('p'), Held::Tap));
        assert_eq!(key("Shift+p down"), (Key::P, Modifiers::SHIFT, Some('P'), Held::Down));
        assert_eq!(key("Ctrl+Shift+Z"), (Key::Z, ctrl | Modifiers::SHIFT, None, Held::Tap));
        assert_eq!(key("Ctrl++"), (Key::Plus, ctrl, None, Held::Tap));
        assert_eq!(key("+"), (Key::Plus, Modifiers::NONE, Some('+'), Held::Tap));
        assert_eq!(key("PgDn up"), (Key::PageDown, Modifiers::NONE, None, Held::Up));
        assert_eq!(key("F1"), (Key::F1, Modifiers::NONE, None, Held::Tap));
    }

    #[test]
    fn the_rest_is_read() {
        assert_eq!(one("do viewer.fit"), StepKind::Do { id: "viewer.fit".to_owned(), arg: None });
        let arg = Some("right hand".to_owned());
        assert_eq!(one("do case.title \"right hand\""), StepKind::Do { id: "case.title".to_owned(), arg });
        assert_eq!(one("open some/folder"), StepKind::Open("some/folder".into()));
        assert_eq!(one("type \"a\\nb\""), StepKind::Type("a\nb".to_owned()));
        assert_eq!(one("wait 250ms"), StepKind::Wait(Wait::Seconds(0.25)));
        assert_eq!(one("wait frames 3"), StepKind::Wait(Wait::Frames(3)));
        assert_eq!(one("wait \"Findings\""), StepKind::Wait(Wait::Name("Findings".to_owned())));
        assert_eq!(one("expect no \"Findings\""), StepKind::Expect(Mark::NoName("Findings".to_owned())));
        assert_eq!(one("expect state saved"), StepKind::Expect(Mark::State("saved".to_owned())));
        assert_eq!(one("measure drag end"), StepKind::Measure { name: "drag".to_owned(), begins: false });
    }

    #[test]
    fn a_wrong_line_says_what_is_meant() {
        check_wrong(
            "wait idle\nclick",
            "line 2: a place: \"Name\", \"Viewport 1\" image X,Y or @X,Y is missing",
        );
        check_wrong(
            "click 12,40",
            "line 1: a place is \"Name\", \"Viewport 1\" image X,Y or @X,Y, not 12,40",
        );
        check_wrong("size 1280", "line 1: a size is WIDTHxHEIGHT, as 1280x800");
        check_wrong("key Ctrl+Foo", "line 1: there is no key \"Foo\"");
        check_wrong("key Hyper+A", "line 1: Ctrl, Shift or Alt is held, not \"Hyper\"");
        check_wrong("type \"abc", "line 1: a text has no closing \"");
        check_wrong("wait idle now", "line 1: \"now\" is too much here");
        check_wrong("wait 5", "line 1: a time is 300ms or 2s, not \"5\"");
        check_wrong(
            "expect state good",
            "line 1: a state is saved, saving, not-saved, read-only, not \"good\"",
        );
        assert!(
            Script::parse("klick \"A\"")
                .unwrap_err()
                .to_string()
                .starts_with("line 1: there is no \"klick\"")
        );
    }
}

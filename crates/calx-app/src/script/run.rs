//! Plays a script on a stage and reports.
//!
//! Invariants
//! - Each step ends before the next begins; two clicks of a script are never one double click.
//! - Waiting takes real time, since disks and decoders do; the window's clock goes on with it.
//! - What a script broke is whole again when it ends.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, TouchPhase, pos2, vec2};
use serde::Serialize;

use super::parse::{Chord, Click, Fault, Held, Mark, Place, Script, Step, StepKind, Wait};
use super::stage::{Act, PassTime, Seen, Shot, Stage};
use crate::commands::{self, Arg, CommandCall};
use crate::work::saver;

/// How long a script waits for something that does not come.
const PATIENCE: Duration = Duration::from_secs(30);
/// After a click: longer than the two of a double click may lie apart.
const REST: f64 = 0.5;

/// What a script did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `calx.ui-script/1`.
    pub schema: &'static str,
    /// Steps done.
    pub steps: usize,
    /// Passes drawn.
    pub passes: u64,
    /// What draws images.
    pub drawn_by: String,
    /// Milliseconds from opening the window to its first rest, where the script waited for that.
    pub first_idle_ms: Option<f64>,
    /// Pictures written.
    pub shots: Vec<PathBuf>,
    /// Times taken.
    pub measures: Vec<Measure>,
    /// Where and why it ended early.
    pub failed: Option<Failed>,
}

/// Where and why a script ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// From 1.
    pub line: usize,
    /// Why.
    pub why: String,
}

/// Times of the passes between a beginning and an end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// As the script calls it.
    pub name: String,
    /// Passes.
    pub passes: usize,
    /// Seconds by the clock on the wall.
    pub seconds: f64,
    /// Milliseconds for input, layout and shapes.
    pub ui_ms: Option<Spread>,
    /// Milliseconds for triangles, commands and the picture.
    pub paint_ms: Option<Spread>,
    /// Milliseconds for both: a whole pass.
    pub pass_ms: Option<Spread>,
    /// Milliseconds for triangles, where it is known.
    pub tessellate_ms: Option<Spread>,
    /// Milliseconds for commands and the picture, where it is known.
    pub draw_ms: Option<Spread>,
    /// Bytes of image pixels handed to the graphics.
    pub uploaded_bytes: u64,
    /// The most of them in one pass.
    pub uploaded_bytes_most: u64,
}

/// A few numbers of many.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The middle.
    pub median: f64,
    /// 99 of 100 are not greater.
    pub p99: f64,
    /// The greatest.
    pub worst: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let at = |percent: usize| {
            values.get((last * percent).div_ceil(100)).map(|v| (v * 1000.0).round() / 1000.0)
        };
        Some(Self { median: at(50)?, p99: at(99)?, worst: at(100)? })
    }
}

/// Times being taken.
struct Taking {
    name: String,
    began: Instant,
}

/// A script at work.
struct Player<'a, S> {
    stage: &'a mut S,
    base: &'a Path,
    taking: Option<Taking>,
    measures: Vec<Measure>,
    shots: Vec<PathBuf>,
    first_idle_ms: Option<f64>,
    held: Modifiers,
    has_filled_disk: bool,
}

/// Plays a script. Relative paths of pictures lie below `base`.
pub fn run(script: &Script, stage: &mut impl Stage, base: &Path) -> Report {
    let mut player = Player {
        stage,
        base,
        taking: None,
        measures: Vec::new(),
        shots: Vec::new(),
        first_idle_ms: None,
        held: Modifiers::NONE,
        has_filled_disk: false,
    };
    let mut failed = None;
    let mut steps = 0;
    for Step { line, kind } in &script.steps {
        match player.step(kind) {
            Ok(()) => steps += 1,
            Err(why) => {
                failed = Some(Failed { line: *line, why });
                break;
            }
        }
    }
    if player.has_filled_disk
        && let Err(why) = player.fill_disk(false)
    {
        tracing::warn!(why, "the disk is still told to be full");
    }
    let Player { stage, shots, measures, first_idle_ms, .. } = player;
    let Seen { passes, drawn_by, .. } = stage.seen();
    Report { schema: "calx.ui-script/1", steps, passes, drawn_by, first_idle_ms, shots, measures, failed }
}

impl<S: Stage> Player<'_, S> {
    fn step(&mut self, kind: &StepKind) -> Result<(), String> {
        match kind {
            StepKind::Size { width, height, scale } => {
                self.stage.resize(*width, *height, *scale)?;
                self.pass(Vec::new())?;
                self.pass(Vec::new())
            }
            StepKind::Open(path) => {
                let path = path.clone();
                self.act(move |state| {
                    crate::start::ask_to_open(state, &path);
                    Ok(())
                })
            }
            StepKind::Do { id, arg } => self.command(id, arg.as_deref()),
            StepKind::Click { place, click } => self.click(place, *click),
            StepKind::Button { place, click, pressed } => {
                let at = self.find(place)?;
                let mut events = self.hold(if *pressed { click.held } else { Modifiers::NONE });
                events.push(Event::PointerMoved(at));
                self.pass(events)?;
                self.pass(vec![Self::button(at, click.button, *pressed, click.held)])
            }
            StepKind::Move(place) => {
                let at = self.find(place)?;
                self.pass(vec![Event::PointerMoved(at)])?;
                self.pass(Vec::new())
            }
            StepKind::Drag { places, click, seconds } => self.drag(places, *click, *seconds),
            StepKind::Wheel { place, lines, held } => self.wheel(place, *lines, *held),
            StepKind::Key { chord, held } => self.key(*chord, *held),
            StepKind::Type(text) => self.type_text(text),
            StepKind::Wait(wait) => self.wait(wait),
            StepKind::Expect(mark) => self.expect(mark),
            StepKind::Shot(path) => self.shot(path),
            StepKind::Clock { is_virtual } => self.stage.set_clock(*is_virtual),
            StepKind::Fault(Fault::GpuLost(passes)) => self.stage.lose_graphics(*passes),
            StepKind::Fault(Fault::DiskFull(is_full)) => self.fill_disk(*is_full),
            StepKind::Measure { name, begins: true } => self.begin(name),
            StepKind::Measure { name, begins: false } => self.end(name),
        }
    }

    fn pass(&mut self, events: Vec<Event>) -> Result<(), String> {
        self.stage.pass(events, None)
    }

    fn act(
        &mut self,
        act: impl FnOnce(&mut crate::AppState) -> Result<(), String> + Send + 'static,
    ) -> Result<(), String> {
        let act: Act = Box::new(act);
        self.stage.pass(Vec::new(), Some(act))
    }

    fn fill_disk(&mut self, is_full: bool) -> Result<(), String> {
        self.has_filled_disk = is_full;
        self.act(move |state| {
            let root = state.root.clone().ok_or("no workspace is open")?;
            saver::play_full(root, is_full);
            Ok(())
        })
    }

    fn command(&mut self, id: &str, arg: Option<&str>) -> Result<(), String> {
        let command = commands::find(id).ok_or_else(|| {
            let ids: Vec<&str> = commands::all().map(|command| command.id).collect();
            format!("there is no command {id}; there are {}", ids.join(", "))
        })?;
        let arg = match arg {
            None => Arg::None,
            Some(text) => text.parse().map_or_else(|_| Arg::Text(text.to_owned()), Arg::Number),
        };
        self.act(move |state| {
            (command.when)(state).map_err(|why| format!("{}: {why}", command.name))?;
            state.todo.push(CommandCall { id: command.id, arg });
            Ok(())
        })?;
        self.pass(Vec::new())
    }

    fn find(&self, place: &Place) -> Result<Pos2, String> {
        let names = self.stage.names();
        let at = match place {
            Place::At(at) => *at,
            Place::Control { name, nth } => {
                let named = names.find(name, *nth).map_err(|error| error.to_string())?;
                if !named.is_enabled {
                    return Err(format!("\"{name}\" is there, but off"));
                }
                named.rect.center()
            }
            Place::Image { viewport, x, y } => {
                let rect = names.find(viewport, None).map_err(|error| error.to_string())?.rect;
                self.of_image(rect, *x, *y).ok_or_else(|| format!("\"{viewport}\" shows no image"))?
            }
        };
        Ok(at)
    }

    /// Where a pixel of the image lies that is shown within `rect`.
    #[allow(clippy::cast_possible_truncation, reason = "places on a screen are single precision in egui")]
    fn of_image(&self, rect: egui::Rect, x: f64, y: f64) -> Option<Pos2> {
        let shown = self.stage.seen().shown;
        let pane = shown.iter().find(|shown| rect.expand(1.0).contains(shown.place.center()))?;
        let at = pane.view.screen_from_image()? * calx_geometry::Point::new(x, y);
        let (across, down) = (f64::from(pane.place.width()), f64::from(pane.place.height()));
        let points = [at.x * across / f64::from(pane.view.width), at.y * down / f64::from(pane.view.height)];
        let [px, py] = points.map(|point| point as f32);
        Some(pos2(pane.place.min.x + px, pane.place.min.y + py))
    }

    fn hold(&mut self, held: Modifiers) -> Vec<Event> {
        if self.held == held {
            return Vec::new();
        }
        self.held = held;
        vec![Event::ModifiersChanged(held)]
    }

    fn button(pos: Pos2, button: PointerButton, pressed: bool, modifiers: Modifiers) -> Event {
        Event::PointerButton { pos, button, pressed, modifiers }
    }

    fn click(&mut self, place: &Place, click: Click) -> Result<(), String> {
        let at = self.find(place)?;
        let mut events = self.hold(click.held);
        events.push(Event::PointerMoved(at));
        self.pass(events)?;
        for _ in 0..if click.is_double { 2 } else { 1 } {
            self.pass(vec![Self::button(at, click.button, true, click.held)])?;
            self.pass(vec![Self::button(at, click.button, false, click.held)])?;
        }
        let events = self.hold(Modifiers::NONE);
        self.pass(events)?;
        self.stage.sleep(REST);
        self.pass(Vec::new())
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a drag takes at most an hour: 216,000 passes"
    )]
    fn drag(&mut self, places: &[Place], click: Click, seconds: f64) -> Result<(), String> {
        let stops: Vec<Pos2> = places.iter().map(|place| self.find(place)).collect::<Result<_, _>>()?;
        let Some(first) = stops.first().copied() else { return Ok(()) };
        let last = stops.last().copied().unwrap_or(first);
        let mut events = self.hold(click.held);
        events.push(Event::PointerMoved(first));
        self.pass(events)?;
        self.pass(vec![Self::button(first, click.button, true, click.held)])?;
        let stretches = stops.len().saturating_sub(1).max(1);
        let passes = ((seconds * 60.0) as usize / stretches).max(2);
        for (from, to) in stops.iter().zip(stops.iter().skip(1)) {
            for step in 1..=passes {
                let part = step as f32 / passes as f32;
                self.pass(vec![Event::PointerMoved(from.lerp(*to, part))])?;
            }
        }
        self.pass(vec![Self::button(last, click.button, false, click.held)])?;
        let events = self.hold(Modifiers::NONE);
        self.pass(events)?;
        self.stage.sleep(REST);
        self.pass(Vec::new())
    }

    fn wheel(&mut self, place: &Place, lines: f32, held: Modifiers) -> Result<(), String> {
        let at = self.find(place)?;
        let mut events = self.hold(held);
        events.push(Event::PointerMoved(at));
        self.pass(events)?;
        self.pass(vec![Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, lines),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Unknown,
            modifiers: held,
        }])?;
        let events = self.hold(Modifiers::NONE);
        self.pass(events)
    }

    fn key(&mut self, chord: Chord, held: Held) -> Result<(), String> {
        let event = |pressed| Event::Key {
            key: chord.key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers: chord.held,
        };
        if held != Held::Up {
            let mut events = self.hold(chord.held);
            // As a window of the system tells them.
            match chord.key {
                egui::Key::C if chord.held.command_only() => events.push(Event::Copy),
                egui::Key::X if chord.held.command_only() => events.push(Event::Cut),
                _ => events.push(event(true)),
            }
            events.extend(chord.types.map(|letter| Event::Text(letter.to_string())));
            self.pass(events)?;
        }
        if held != Held::Down {
            let mut events = vec![event(false)];
            events.extend(self.hold(Modifiers::NONE));
            self.pass(events)?;
        }
        self.pass(Vec::new())
    }

    fn type_text(&mut self, text: &str) -> Result<(), String> {
        for letter in text.chars() {
            let event = match letter {
                '\n' => Event::Key {
                    key: egui::Key::Enter,
                    physical_key: None,
                    pressed: true,
                    repeat: false,
                    modifiers: Modifiers::NONE,
                },
                other => Event::Text(other.to_string()),
            };
            self.pass(vec![event])?;
        }
        self.pass(Vec::new())
    }

    fn wait(&mut self, wait: &Wait) -> Result<(), String> {
        match wait {
            Wait::Frames(count) => (0..*count).try_for_each(|_| self.pass(Vec::new())),
            Wait::Seconds(seconds) => {
                let (began, wanted) = (Instant::now(), Duration::from_secs_f64(*seconds));
                while began.elapsed() < wanted {
                    self.stage.doze()?;
                }
                Ok(())
            }
            Wait::Idle => {
                self.until("the window did not come to rest", S::is_idle)?;
                self.first_idle_ms.get_or_insert(self.stage.opened().elapsed().as_secs_f64() * 1000.0);
                Ok(())
            }
            Wait::Saved => self.until("the case was not saved", |stage| stage.seen().is_saved),
            Wait::Name(name) => {
                let what = format!("\"{name}\" did not come");
                self.until(&what, |stage| !stage.names().of_name(name).is_empty())
            }
        }
    }

    fn until(&mut self, what: &str, is_so: impl Fn(&S) -> bool) -> Result<(), String> {
        let began = Instant::now();
        // What was just done is seen by the next pass only.
        self.pass(Vec::new())?;
        while !is_so(self.stage) {
            if began.elapsed() > PATIENCE {
                let unrest = self.stage.unrest();
                let asked = if unrest.is_empty() { String::new() } else { format!("; drawn for {unrest}") };
                return Err(format!("{what} within {} s{asked}", PATIENCE.as_secs()));
            }
            self.stage.doze()?;
        }
        Ok(())
    }

    fn expect(&mut self, mark: &Mark) -> Result<(), String> {
        self.pass(Vec::new())?;
        let names = self.stage.names();
        match mark {
            // The message lists what is there.
            Mark::Name(name) if names.of_name(name).is_empty() => {
                names.find(name, None).map(drop).map_err(|error| error.to_string())
            }
            Mark::NoName(name) if !names.of_name(name).is_empty() => Err(format!("\"{name}\" is there")),
            Mark::State(wanted) => {
                let found = self.stage.seen().save_state;
                if found == wanted { Ok(()) } else { Err(format!("the state is {found}, not {wanted}")) }
            }
            Mark::Name(_) | Mark::NoName(_) => Ok(()),
        }
    }

    fn shot(&mut self, path: &Path) -> Result<(), String> {
        self.pass(Vec::new())?;
        let Shot { width, height, rgba } = self.stage.picture()?;
        let path = self.base.join(path);
        image::save_buffer(&path, &rgba, width, height, image::ExtendedColorType::Rgba8)
            .map_err(|error| format!("the picture was not written: {error}: {}", path.display()))?;
        self.shots.push(path);
        Ok(())
    }

    fn begin(&mut self, name: &str) -> Result<(), String> {
        if let Some(taking) = &self.taking {
            return Err(format!("{} is being measured; end it first", taking.name));
        }
        self.taking = Some(Taking { name: name.to_owned(), began: Instant::now() });
        self.stage.begin_times();
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), String> {
        let Some(taking) = self.taking.take_if(|taking| taking.name == name) else {
            return Err(format!("{name} is not being measured"));
        };
        let seconds = taking.began.elapsed().as_secs_f64();
        let times = self.stage.end_times();
        let spread = |ms: fn(&PassTime) -> Option<f64>| Spread::of(times.iter().filter_map(ms).collect());
        self.measures.push(Measure {
            name: taking.name,
            passes: times.len(),
            seconds,
            ui_ms: spread(|time| Some(time.ui_ms)),
            paint_ms: spread(|time| Some(time.paint_ms)),
            pass_ms: spread(|time| Some(time.ui_ms + time.paint_ms)),
            tessellate_ms: spread(|time| time.tessellate_ms),
            draw_ms: spread(|time| time.draw_ms),
            uploaded_bytes: times.iter().map(|time| time.uploaded_bytes).sum(),
            uploaded_bytes_most: times.iter().map(|time| time.uploaded_bytes).max().unwrap_or(0),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_of_many() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(Spread::of(values), Some(Spread { median: 51.0, p99: 100.0, worst: 100.0 }));
        assert_eq!(Spread::of(vec![0.123_456]), Some(Spread { median: 0.123, p99: 0.123, worst: 0.123 }));
        assert_eq!(Spread::of(Vec::new()), None);
    }
}

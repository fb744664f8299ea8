//! A script that plays in a window of the system: the script on a thread of its own, its cues taken by the window.
//!
//! Not here: the window ([`super::window`]), the steps (`script::run`).
//!
//! Invariants
//! - A window at rest is not woken to be looked at: what its last pass left is kept for the script.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use egui::{Event, FullOutput, RawInput, ViewportCommand, ViewportId};

use crate::App;
use crate::script::{Act, Names, PassTime, Report, Script, Seen, Shot, Stage, run};

/// From one pass to the next.
const STEP: f64 = 1.0 / 60.0;
/// A window that drew nothing for so long is at rest, when nothing is on its way.
const REST: Duration = Duration::from_millis(120);
/// So long after its last pass it is looked at again whether something is on its way.
const LOOK: Duration = Duration::from_millis(250);
/// How long a pass may take.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(3);

/// What the window is to do in its next pass.
struct Cue {
    events: Vec<Event>,
    act: Option<Act>,
}

/// What both sides know.
#[derive(Default)]
struct Shared {
    names: Names,
    seen: Seen,
    times: Option<Vec<PassTime>>,
    last_pass: Option<Instant>,
    is_virtual: bool,
    pixels_per_point: f32,
    /// Points of the window.
    size: egui::Vec2,
    /// The answer to the cue that is being drawn.
    answer: Option<Result<(), String>>,
    report: Option<Report>,
}

type Board = Arc<Mutex<Shared>>;

fn lock(board: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a script needs to play in a window.
#[derive(Debug, Clone)]
pub struct Play {
    /// The script.
    pub script: Script,
    /// Where relative paths of its pictures lie.
    pub base: PathBuf,
}

/// The window's side.
pub(super) struct Prompter {
    board: Board,
    cues: Receiver<Cue>,
    seconds: f64,
    uploaded: u64,
    began: Instant,
    ui_ms: f64,
}

/// Reads what was played, after the window is gone.
#[derive(Clone, Default)]
pub(super) struct Playbill(Board);

impl Playbill {
    pub(super) fn report(&self) -> Option<Report> {
        lock(&self.0).report.take()
    }
}

impl Prompter {
    /// Begins to play in the window of `ctx`.
    pub(super) fn begin(
        play: Play,
        playbill: &Playbill,
        ctx: &egui::Context,
        opened: Instant,
    ) -> std::io::Result<Self> {
        let board = Arc::clone(&playbill.0);
        let ((cue, cues), (done, answers)) = (channel(), channel());
        ctx.enable_accesskit();
        ctx.add_plugin(Listener { board: Arc::clone(&board), done });
        let mut remote = Remote { board: Arc::clone(&board), cue, answers, ctx: ctx.clone(), opened };
        std::thread::Builder::new().name("script".to_owned()).spawn(move || {
            let report = run(&play.script, &mut remote, &play.base);
            lock(&remote.board).report = Some(report);
            let close: Act = Box::new(|state| {
                state.closing = true;
                Ok(())
            });
            if let Err(why) = remote.pass(Vec::new(), Some(close)) {
                tracing::debug!(why, "the window was gone before its script");
            }
        })?;
        Ok(Self { board, cues, seconds: 0.0, uploaded: 0, began: opened, ui_ms: 0.0 })
    }

    /// Takes the next cue, before a pass.
    pub(super) fn cue(&mut self, app: &mut App, raw: &mut RawInput) {
        let is_virtual = lock(&self.board).is_virtual;
        self.seconds = match raw.time {
            Some(time) if !is_virtual => time.max(self.seconds),
            _ => self.seconds + STEP,
        };
        raw.time = Some(self.seconds);
        // A display without a window manager gives the focus to nobody.
        raw.focused = true;
        if let Some(viewport) = raw.viewports.get_mut(&ViewportId::ROOT) {
            viewport.focused = Some(true);
        }
        let Ok(Cue { events, act }) = self.cues.try_recv() else { return };
        let answer = act.map_or(Ok(()), |act| act(&mut app.state));
        raw.events.extend(events);
        lock(&self.board).answer = Some(answer);
    }

    /// Before the window's content; `last_seconds` is what the pass before took in all.
    pub(super) fn begin_pass(&mut self, last_seconds: Option<f32>) {
        let paint_ms = last_seconds.map(|all| (f64::from(all) * 1000.0 - self.ui_ms).max(0.0));
        if let (Some(times), Some(paint_ms)) = (&mut lock(&self.board).times, paint_ms)
            && let Some(last) = times.last_mut()
        {
            last.paint_ms = paint_ms;
        }
        self.began = Instant::now();
    }

    /// After it.
    pub(super) fn end_pass(&mut self, app: &App, ctx: &egui::Context) {
        self.ui_ms = self.began.elapsed().as_secs_f64() * 1000.0;
        let (pixels_per_point, size) = (ctx.pixels_per_point(), ctx.content_rect().size());
        let mut board = lock(&self.board);
        board.seen = Seen::of(app, board.seen.passes + 1);
        (board.pixels_per_point, board.size) = (pixels_per_point, size * ctx.zoom_factor());
        let uploaded = board.seen.uploaded_bytes;
        let uploaded_bytes = uploaded.saturating_sub(std::mem::replace(&mut self.uploaded, uploaded));
        if let Some(times) = &mut board.times {
            times.push(PassTime { ui_ms: self.ui_ms, uploaded_bytes, ..PassTime::default() });
        }
        board.last_pass = Some(Instant::now());
    }
}

/// Reads the names of controls out of what a screen reader is told.
struct Listener {
    board: Board,
    done: Sender<Result<(), String>>,
}

impl egui::Plugin for Listener {
    fn debug_name(&self) -> &'static str {
        "script"
    }

    fn output_hook(&mut self, _ctx: &egui::Context, output: &mut FullOutput) {
        let mut board = lock(&self.board);
        if let Some(update) = &output.platform_output.accesskit_update {
            board.names = Names::of(update);
        }
        if let Some(answer) = board.answer.take()
            && self.done.send(answer).is_err()
        {
            tracing::debug!("the script is over");
        }
    }
}

/// The script's side.
struct Remote {
    board: Board,
    cue: Sender<Cue>,
    answers: Receiver<Result<(), String>>,
    ctx: egui::Context,
    opened: Instant,
}

impl Remote {
    /// Waits for the time of the next pass.
    fn pace(&self) {
        let (last, is_virtual) = {
            let board = lock(&self.board);
            (board.last_pass, board.is_virtual)
        };
        let wait = last.map(|last| Duration::from_secs_f64(STEP).saturating_sub(last.elapsed()));
        if let Some(wait) = wait.filter(|_| !is_virtual) {
            std::thread::sleep(wait);
        }
    }

    fn since_last_pass(&self) -> Duration {
        lock(&self.board).last_pass.map_or(Duration::ZERO, |last| last.elapsed())
    }
}

impl Stage for Remote {
    fn pass(&mut self, events: Vec<Event>, act: Option<Act>) -> Result<(), String> {
        self.pace();
        let gone = || "the window is gone".to_owned();
        self.cue.send(Cue { events, act }).map_err(|_nobody| gone())?;
        self.ctx.request_repaint();
        match self.answers.recv_timeout(PATIENCE) {
            Ok(answer) => answer,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                Err(format!("the window drew nothing within {} s", PATIENCE.as_secs()))
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => Err(gone()),
        }
    }

    fn doze(&mut self) -> Result<(), String> {
        std::thread::sleep(PAUSE);
        let is_idle = lock(&self.board).seen.is_idle;
        // What is on its way wakes the window when it comes, but not everything that ends.
        if !is_idle && self.since_last_pass() > LOOK {
            return self.pass(Vec::new(), None);
        }
        Ok(())
    }

    fn sleep(&mut self, seconds: f64) {
        let is_virtual = lock(&self.board).is_virtual;
        if is_virtual {
            let passes = (seconds / STEP).ceil();
            let mut done = 0.0;
            while done < passes && self.pass(Vec::new(), None).is_ok() {
                done += 1.0;
            }
        } else {
            std::thread::sleep(Duration::from_secs_f64(seconds.clamp(0.0, 3600.0)));
        }
    }

    fn names(&self) -> Names {
        lock(&self.board).names.clone()
    }

    fn seen(&self) -> Seen {
        lock(&self.board).seen.clone()
    }

    fn is_idle(&self) -> bool {
        lock(&self.board).seen.is_idle && self.since_last_pass() > REST
    }

    fn unrest(&self) -> String {
        super::causes(&self.ctx)
    }

    fn resize(&mut self, width: f32, height: f32, scale: f32) -> Result<(), String> {
        let wanted = egui::vec2(width, height);
        self.ctx.send_viewport_cmd(ViewportCommand::InnerSize(wanted));
        let began = Instant::now();
        loop {
            self.pass(Vec::new(), None)?;
            let (size, found) = {
                let board = lock(&self.board);
                (board.size, board.pixels_per_point / self.ctx.zoom_factor())
            };
            if (found - scale).abs() > 0.01 {
                return Err(format!(
                    "the display has {found} pixels a point, which a script in a window cannot change; play it with --offscreen"
                ));
            }
            if (size - wanted).length() < 1.5 {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(3) {
                let egui::Vec2 { x, y } = size;
                return Err(format!("the window stays {x}x{y} points large: the display gives no more room"));
            }
        }
    }

    fn picture(&mut self) -> Result<Shot, String> {
        let (done, taken) = channel();
        self.ctx.request_screenshot(move |image| {
            if done.send(image).is_err() {
                tracing::debug!("nobody waits for this picture");
            }
        });
        // The pass that asks has been painted when the window hears of it: the next one gives the picture.
        self.pass(Vec::new(), None)?;
        self.pass(Vec::new(), None)?;
        let image = taken.recv_timeout(PATIENCE).map_err(|_late| "the window gave no picture".to_owned())?;
        let [width, height] = image.size.map(|side| u32::try_from(side).unwrap_or(0));
        let rgba = image.pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
        Ok(Shot { width, height, rgba })
    }

    fn opened(&self) -> Instant {
        self.opened
    }

    fn begin_times(&mut self) {
        lock(&self.board).times = Some(Vec::new());
    }

    fn end_times(&mut self) -> Vec<PassTime> {
        let is_any = lock(&self.board).times.as_ref().is_some_and(|times| !times.is_empty());
        // What the last pass took is known in the next one.
        let is_drawn = is_any && self.pass(Vec::new(), None).is_ok();
        let mut times = lock(&self.board).times.take().unwrap_or_default();
        if is_drawn {
            times.pop();
        }
        times
    }

    fn set_clock(&mut self, is_virtual: bool) -> Result<(), String> {
        lock(&self.board).is_virtual = is_virtual;
        Ok(())
    }

    fn lose_graphics(&mut self, _passes: u64) -> Result<(), String> {
        let why = "a window that loses its device starts again without its script: use calx open --fault gpu-lost@N, \
                   or --offscreen";
        Err(why.to_owned())
    }
}

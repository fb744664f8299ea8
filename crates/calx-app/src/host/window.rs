//! The window of the system.
//!
//! Invariants
//! - A lost device ends the window with a word, never in a loop of refused frames; what was done is on disk.
//! - The window closes only when every edit is on disk, or the person said to leave without.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use eframe::egui_wgpu::{SurfaceErrorAction, WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew};
use egui::{ViewportBuilder, ViewportCommand};

use calx_render::gpu::{Faults, GpuDevice, best_adapter, device_descriptor};

use super::cued::{Play, Playbill, Prompter};
use super::{HostError, plain, prepare};
use crate::App;
use crate::paint::Canvas;
use crate::resume::Resume;
use crate::script::Report;
use crate::seams::SaveState;
use crate::start::{AppStart, Graphics};
use crate::work::Wake;

/// How often it is looked whether the last edit is on disk while the window closes.
const LOOK: Duration = Duration::from_millis(30);
/// How long a window that breaks down waits for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// How the window ended.
#[derive(Debug, Clone)]
pub enum Ended {
    /// The person closed it.
    Closed,
    /// The graphics device went away; a window cannot get another one, a new process can.
    Lost(Loss),
}

/// A lost device, and what was in hand.
#[derive(Debug, Clone)]
pub struct Loss {
    /// Why, as the device said.
    pub reason: String,
    /// What was in hand.
    pub resume: Box<Resume>,
    /// Passes before it: a device that is lost in the first will be lost again.
    pub passes: u64,
}

/// Opens the window and returns when it is closed, or when its device is lost. `fault` destroys the device in that
/// pass, for tests.
///
/// # Errors
/// [`HostError::NoDisplay`], [`HostError::NoAdapter`] when there is nothing to draw on or with.
pub fn run(start: AppStart, fault: Option<u64>) -> Result<Ended, HostError> {
    show(start, fault, None)
}

/// Opens the window, plays a script in it and closes it.
///
/// # Errors
/// As [`run`]; [`HostError::DeviceLost`], [`HostError::Window`] when it was closed before the script was over.
pub fn play(start: AppStart, play: Play) -> Result<Report, HostError> {
    let playbill = Playbill::default();
    match show(start, None, Some((play, playbill.clone())))? {
        Ended::Closed => playbill
            .report()
            .ok_or_else(|| HostError::Window("it was closed before its script was over".to_owned())),
        Ended::Lost(loss) => Err(HostError::DeviceLost { reason: loss.reason }),
    }
}

fn show(start: AppStart, fault: Option<u64>, script: Option<(Play, Playbill)>) -> Result<Ended, HostError> {
    let opened = Instant::now();
    let faults = Faults::default();
    // Of the window's own time: a device that ends with its window is not lost.
    let lost = Arc::new(OnceLock::new());
    let (of_window, noticed) = (faults.clone(), Arc::clone(&lost));
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title("calx")
            .with_app_id("calx")
            .with_inner_size([1440.0, 900.0])
            .with_min_inner_size([800.0, 560.0])
            .with_drag_and_drop(true),
        wgpu_options: graphics(&faults, start.graphics),
        // Noise on greys would be taken for the image's own.
        dithering: false,
        ..eframe::NativeOptions::default()
    };
    let guarded = Guarded::begin(&faults);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        eframe::run_native(
            "calx",
            options,
            Box::new(move |creation| {
                let ctx = &creation.egui_ctx;
                let wake = Wake::of(ctx);
                let canvas = creation.wgpu_render_state.as_ref().map(|graphics| {
                    let (device, queue) = (graphics.device.clone(), graphics.queue.clone());
                    let (faults, wake) = (of_window.clone(), wake.clone());
                    let device =
                        GpuDevice::adopt(&graphics.adapter, device, queue, faults, move || wake.wake());
                    Canvas { device, format: graphics.target_format }
                });
                prepare(ctx);
                let mut app = App::new(start.state(&wake, canvas.as_ref())?);
                // Nobody answers a dialog of the desktop while a script plays.
                if script.is_none() {
                    app.state.dialogs = Box::new(crate::shell::DesktopDialogs::open(&wake)?);
                }
                let device = canvas.map(|canvas| canvas.device.device);
                let prompter = script
                    .map(|(play, playbill)| Prompter::begin(play, &playbill, ctx, opened))
                    .transpose()?;
                let (faults, lost, title) = (of_window, noticed, String::new());
                Ok(Box::new(Window { app, faults, device, fault, lost, passes: 0, title, prompter }))
            }),
        )
    }));
    drop(guarded);
    if let Some(loss) = lost.get().cloned() {
        return Ok(Ended::Lost(loss));
    }
    let ended = ended.unwrap_or_else(|panic| resume_unwind(panic));
    ended.map(|()| Ended::Closed).map_err(|error| match error {
        eframe::Error::Wgpu(error) => HostError::NoAdapter { reason: plain(&error.to_string()) },
        eframe::Error::Winit(error) => HostError::NoDisplay { reason: plain(&error.to_string()) },
        eframe::Error::WinitEventLoop(error) => HostError::NoDisplay { reason: plain(&error.to_string()) },
        other => HostError::Window(plain(&other.to_string())),
    })
}

/// The panic hook while the window is open: egui's renderer ends in a panic when its device goes away between two
/// commands, which is told as the loss that it is and not as a defect.
struct Guarded(Arc<AtomicBool>);

impl Guarded {
    fn begin(faults: &Faults) -> Self {
        let (faults, usual) = (faults.clone(), std::panic::take_hook());
        let is_open = Arc::new(AtomicBool::new(true));
        let still_open = Arc::clone(&is_open);
        std::panic::set_hook(Box::new(move |info| {
            if !(still_open.load(Ordering::Acquire) && faults.lost().is_some()) {
                usual(info);
            }
        }));
        Self(is_open)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// The best adapter that can show on the window's surface, with limits that weak drivers have, too.
fn graphics(faults: &Faults, wanted: Graphics) -> WgpuConfiguration {
    let mut setup = WgpuSetupCreateNew::without_display_handle();
    setup.instance_descriptor.flags = wgpu::InstanceFlags::empty().with_env();
    setup.native_adapter_selector =
        Some(Arc::new(move |adapters: &[wgpu::Adapter], surface: Option<&wgpu::Surface<'_>>| {
            let usable =
                |adapter: &wgpu::Adapter| surface.is_none_or(|surface| adapter.is_surface_supported(surface));
            best_adapter(adapters, wanted.adapters(), usable).ok_or_else(|| match adapters.len() {
                0 => "none was found".to_owned(),
                n => format!("none of {n} can show on this display"),
            })
        }));
    setup.device_descriptor = Arc::new(device_descriptor);
    let usual = WgpuConfiguration::default();
    let (of_surface, usually) = (faults.clone(), Arc::clone(&usual.on_surface_status));
    WgpuConfiguration {
        wgpu_setup: WgpuSetup::CreateNew(setup),
        // A surface of a lost device stays lost: making it anew in every frame would be a loop.
        on_surface_status: Arc::new(move |status: &wgpu::CurrentSurfaceTexture| {
            if of_surface.lost().is_some() { SurfaceErrorAction::SkipFrame } else { usually(status) }
        }),
        ..usual
    }
}

struct Window {
    app: App,
    faults: Faults,
    device: Option<wgpu::Device>,
    /// The pass in which the device is destroyed, for tests.
    fault: Option<u64>,
    lost: Arc<OnceLock<Loss>>,
    passes: u64,
    title: String,
    prompter: Option<Prompter>,
}

/// When the device went away between two commands of a pass, the window is dropped by a panic of egui's renderer: what
/// is in hand is kept, and what was done reaches the disk before.
impl Drop for Window {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let Some(reason) = self.faults.lost() else { return };
        self.note_loss(reason);
        let began = Instant::now();
        while let Some(session) = self.app.state.session.as_deref_mut() {
            session.poll();
            if session.is_idle() || began.elapsed() > PATIENCE {
                break;
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl eframe::App for Window {
    fn raw_input_hook(&mut self, _ctx: &egui::Context, raw: &mut egui::RawInput) {
        if let Some(prompter) = &mut self.prompter {
            prompter.cue(&mut self.app, raw);
        }
    }

    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        if let Some(prompter) = &mut self.prompter {
            prompter.begin_pass(frame.info().cpu_usage);
        }
        self.app.logic(ctx);
        self.mind_device();
        if let Some(error) = self.faults.take_error() {
            self.app.state.toasts.say(format!("The graphics device reported an error: {error}"));
        }
        self.mind_closing(ctx);
        self.mind_title(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        // A device that is gone takes nothing: egui's renderer would end in a panic.
        if self.lost.get().is_some() {
            return;
        }
        self.app.ui(ui);
        if let Some(prompter) = &mut self.prompter {
            prompter.end_pass(&self.app, ui.ctx());
        }
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        [0.0, 0.0, 0.0, 1.0]
    }
}

impl Window {
    /// Notices that the device is gone, and begins to close.
    fn mind_device(&mut self) {
        self.passes += 1;
        if let Some(device) = &self.device {
            if self.fault == Some(self.passes) {
                device.destroy();
            }
            // What the device has to tell is told when it is asked; an error of asking is told the same way.
            drop(device.poll(wgpu::PollType::Poll));
        }
        if let Some(reason) = self.faults.lost() {
            self.note_loss(reason);
            self.app.state.closing = true;
        }
    }

    /// Keeps what is in hand for the window that takes over.
    fn note_loss(&mut self, reason: String) {
        if self.lost.get().is_some() {
            return;
        }
        let state = &mut self.app.state;
        // What is being typed goes to the journal with the rest.
        crate::case::commit_all(state);
        let resume = Box::new(state.resume.clone().unwrap_or_else(|| Resume::of(state)));
        self.lost.get_or_init(|| Loss { reason, resume, passes: self.passes });
    }

    /// Lets the window go when all is on disk; else asks as the command does.
    fn mind_closing(&mut self, ctx: &egui::Context) {
        let is_asked = ctx.input(|input| input.viewport().close_requested());
        let state = &mut self.app.state;
        if is_asked && !state.closing {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            state.ask("file.quit");
            ctx.request_repaint();
            return;
        }
        if !state.closing {
            return;
        }
        let saving = state.save_state() == Some(SaveState::Saving);
        match (saving, is_asked) {
            (true, true) => ctx.send_viewport_cmd(ViewportCommand::CancelClose),
            (false, false) => ctx.send_viewport_cmd(ViewportCommand::Close),
            (true, false) | (false, true) => {}
        }
        if saving {
            ctx.request_repaint_after(LOOK);
        }
    }

    /// The case in hand, never whose it is.
    fn mind_title(&mut self, ctx: &egui::Context) {
        let title = self.app.state.case().map_or_else(
            || "calx".to_owned(),
            |case| match (case.number, case.title.trim()) {
                (Some(number), "") => format!("Case {number} · calx"),
                (Some(number), title) => format!("Case {number} · {title} · calx"),
                (None, _) => "New case · calx".to_owned(),
            },
        );
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

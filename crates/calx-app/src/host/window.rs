//! The window of the system.
//!
//! Invariants
//! - A lost device ends the window with a word, never in a loop of refused frames; what was done is on disk.
//! - The window closes only when every edit is on disk, or the person said to leave without.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use eframe::egui_wgpu::{SurfaceErrorAction, WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew};
use egui::{ViewportBuilder, ViewportCommand};

use calx_render::gpu::{Faults, GpuDevice, best_adapter, device_descriptor};

use super::{HostError, one_line, prepare};
use crate::App;
use crate::paint::Canvas;
use crate::resume::Resume;
use crate::seams::SaveState;
use crate::start::{AppStart, Graphics};
use crate::work::Wake;

/// How often it is looked whether the last edit is on disk while the window closes.
const LOOK: Duration = Duration::from_millis(30);

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
    let ended = eframe::run_native(
        "calx",
        options,
        Box::new(move |creation| {
            let ctx = &creation.egui_ctx;
            let wake = Wake::of(ctx);
            let canvas = creation.wgpu_render_state.as_ref().map(|graphics| {
                let (device, queue) = (graphics.device.clone(), graphics.queue.clone());
                let (faults, wake) = (of_window.clone(), wake.clone());
                let device = GpuDevice::adopt(&graphics.adapter, device, queue, faults, move || wake.wake());
                Canvas { device, format: graphics.target_format }
            });
            prepare(ctx);
            let mut app = App::new(start.state(&wake, canvas.as_ref())?);
            app.state.dialogs = Box::new(crate::shell::DesktopDialogs::open(&wake)?);
            let device = canvas.map(|canvas| canvas.device.device);
            let title = String::new();
            Ok(Box::new(Window { app, faults: of_window, device, fault, lost: noticed, passes: 0, title }))
        }),
    );
    if let Some(loss) = lost.get().cloned() {
        return Ok(Ended::Lost(loss));
    }
    ended.map(|()| Ended::Closed).map_err(|error| match error {
        eframe::Error::Wgpu(error) => HostError::NoAdapter { reason: one_line(&error.to_string()) },
        eframe::Error::Winit(error) => HostError::NoDisplay { reason: one_line(&error.to_string()) },
        eframe::Error::WinitEventLoop(error) => HostError::NoDisplay { reason: one_line(&error.to_string()) },
        other => HostError::Window(one_line(&other.to_string())),
    })
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
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.app.logic(ctx);
        self.mind_device();
        if let Some(error) = self.faults.take_error() {
            self.app.state.toasts.say(format!("The graphics device reported an error: {error}"));
        }
        self.mind_closing(ctx);
        self.mind_title(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
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
        let Some(reason) = self.faults.lost() else { return };
        let state = &mut self.app.state;
        if self.lost.get().is_none() {
            // What is being typed goes to the journal with the rest.
            crate::case::commit_all(state);
            let resume = Box::new(state.resume.clone().unwrap_or_else(|| Resume::of(state)));
            self.lost.get_or_init(|| Loss { reason, resume, passes: self.passes });
        }
        state.closing = true;
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
        let saving = state.session.as_deref().map(|session| session.save_state()) == Some(SaveState::Saving);
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

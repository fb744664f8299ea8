//! The window without a screen: passes on a clock of its own, pictures read back from any adapter.
//!
//! Not here: what is clicked and typed (`script`).
//!
//! Invariants
//! - Time goes on by a sixtieth of a second a pass, or as far as [`Offscreen::sleep`] says; no pass reads the time
//!   of day.
//! - Without an adapter everything works but pictures.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use calx_render::RenderError;
use calx_render::gpu::{GpuDevice, open_device};
use egui::{Event, RawInput, Rect, ViewportId, vec2};
use egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor};

use super::{HostError, one_line, prepare};
use crate::App;
use crate::paint::Canvas;
use crate::resume::Resume;
use crate::script::{Act, Names, PassTime, Seen, Shot, Stage};
use crate::start::{AppStart, Graphics};
use crate::work::Wake;

/// From one pass to the next.
const STEP: f64 = 1.0 / 60.0;
/// Between two looks at something that is on its way.
const PAUSE: Duration = Duration::from_millis(3);
/// How long a case that was let go may be held by the thread that wrote it.
const LET_GO: Duration = Duration::from_secs(5);
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// The window without a screen.
pub struct Offscreen {
    /// The window's content.
    pub app: App,
    ctx: egui::Context,
    gpu: Option<Gpu>,
    points: egui::Vec2,
    scale: f32,
    seconds: f64,
    woken: Arc<AtomicBool>,
    /// When egui itself wants another pass, after the last.
    due: Option<f64>,
    last: Drawn,
    names: Names,
    passes: u64,
    opened: Instant,
    /// What it was opened with, for the next one after a lost device.
    start: AppStart,
    /// The pass before which the device is destroyed, for tests.
    fault: Option<u64>,
    /// Devices that were lost.
    losses: u32,
    times: Option<Vec<PassTime>>,
}

/// What the last pass left to be painted.
#[derive(Default)]
struct Drawn {
    shapes: Vec<egui::epaint::ClippedShape>,
    pixels_per_point: f32,
    /// Textures that go with the next pass.
    free: Vec<egui::TextureId>,
}

impl std::fmt::Debug for Offscreen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offscreen")
            .field("points", &self.points)
            .field("passes", &self.passes)
            .finish_non_exhaustive()
    }
}

impl Offscreen {
    /// Opens it, 1280 x 800 points large; `pictures` asks for an adapter.
    ///
    /// # Errors
    /// [`HostError::NoAdapter`] when pictures are asked for and nothing draws; [`HostError::Thread`].
    pub fn open(start: AppStart, pictures: bool) -> Result<Self, HostError> {
        let opened = Instant::now();
        let gpu = if pictures { Some(Gpu::open(start.graphics)?) } else { None };
        let Fresh { app, ctx, woken } = Fresh::of(&start, gpu.as_ref())?;
        Ok(Self {
            app,
            ctx,
            gpu,
            points: vec2(1280.0, 800.0),
            scale: 1.0,
            seconds: 0.0,
            woken,
            due: Some(0.0),
            last: Drawn::default(),
            names: Names::default(),
            passes: 0,
            opened,
            start,
            fault: None,
            losses: 0,
            times: None,
        })
    }

    /// Devices that were lost since it was opened.
    #[must_use]
    pub const fn losses(&self) -> u32 {
        self.losses
    }

    /// Destroys the graphics device after so many more passes, for tests.
    pub const fn lose_graphics_in(&mut self, passes: u64) {
        self.fault = Some(self.passes.saturating_add(passes));
    }

    /// What a window does by starting the program again: everything anew, with what was in hand. A loss in the first
    /// pass or the second one go on without hardware.
    fn start_again(&mut self) -> Result<(), HostError> {
        let state = &mut self.app.state;
        crate::case::commit_all(state);
        let began = Instant::now();
        while state.session.as_deref().is_some_and(|session| !session.is_idle()) && began.elapsed() < LET_GO {
            std::thread::sleep(PAUSE);
            if let Some(session) = state.session.as_deref_mut() {
                session.poll();
            }
        }
        let resume = state.resume.clone().unwrap_or_else(|| Resume::of(state));
        let mut start = AppStart { open: Vec::new(), wanted: None, ..self.start.clone() };
        start.root = resume.root().map(std::path::Path::to_path_buf);
        start.notice = Some(super::LOST_NOTICE.to_owned());
        self.losses += 1;
        if self.losses > 1 || self.passes <= 1 {
            start.graphics = Graphics::Software;
            start.renderer = calx_render::RendererChoice::Cpu;
            start.notice = Some(super::LOST_NOTICE_SOFTWARE.to_owned());
        }
        // The case goes before it is opened again: two windows never hold one.
        state.session = None;
        resume.wait_until_free(LET_GO);
        start.resume = Some(resume);
        self.gpu = Some(Gpu::open(start.graphics)?);
        let Fresh { mut app, ctx, woken } = Fresh::of(&start, self.gpu.as_ref())?;
        std::mem::swap(&mut app.state.dialogs, &mut self.app.state.dialogs);
        (self.app, self.ctx, self.woken) = (app, ctx, woken);
        (self.due, self.last, self.names) = (Some(self.seconds), Drawn::default(), Names::default());
        Ok(())
    }

    /// Makes it `width` x `height` points large, with `scale` pixels a point.
    pub fn resize(&mut self, width: f32, height: f32, scale: f32) {
        self.points = vec2(width.clamp(64.0, 8192.0), height.clamp(64.0, 8192.0));
        self.scale = scale.clamp(0.5, 4.0);
        self.woken.store(true, Ordering::Release);
    }

    /// Controls of the last pass by their accessible names.
    #[must_use]
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// Its clock, in seconds.
    #[must_use]
    pub const fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Lets its clock go on without a pass.
    pub fn sleep(&mut self, seconds: f64) {
        self.seconds += seconds.max(0.0);
    }

    /// When it was begun to be opened, by the clock on the wall.
    #[must_use]
    pub const fn opened(&self) -> Instant {
        self.opened
    }

    /// Passes since the start.
    #[must_use]
    pub const fn passes(&self) -> u64 {
        self.passes
    }

    /// Whether a window would draw now: something arrived, or asked for it.
    #[must_use]
    pub fn wants_pass(&self) -> bool {
        self.woken.load(Ordering::Acquire) || self.due.is_some_and(|due| due <= self.seconds)
    }

    /// Whether nothing is on its way and nothing asks to be drawn now.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.app.is_idle() && !self.wants_pass()
    }

    /// One pass with these events; the milliseconds it took.
    pub fn pass(&mut self, events: Vec<Event>) -> f64 {
        self.seconds += STEP;
        self.woken.store(false, Ordering::Release);
        let input = self.input(events);
        let app = &mut self.app;
        let began = Instant::now();
        let mut out = self.ctx.run_ui(input, |ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
        let ui_ms = began.elapsed().as_secs_f64() * 1000.0;
        self.passes += 1;
        let delay = out.viewport_output.get(&ViewportId::ROOT).map(|viewport| viewport.repaint_delay);
        self.due =
            delay.filter(|delay| *delay < Duration::from_secs(3600)).map(|d| self.seconds + d.as_secs_f64());
        if let Some(update) = out.platform_output.accesskit_update.take() {
            self.names = Names::of(&update);
        }
        match &mut self.gpu {
            None => out.textures_delta.clear(),
            Some(gpu) => {
                // What was let go in the pass before may still have been in its picture.
                self.last.free.iter().for_each(|id| gpu.renderer.free_texture(id));
                gpu.take_textures(&mut out.textures_delta);
                self.last.free = out.textures_delta.free.drain().collect();
            }
        }
        self.last.shapes = std::mem::take(&mut out.shapes);
        self.last.pixels_per_point = out.pixels_per_point;
        ui_ms
    }

    /// The same, and paints it as a window would, waiting until it is drawn.
    ///
    /// # Errors
    /// [`HostError::Device`], [`HostError::DeviceLost`].
    pub fn painted_pass(&mut self, events: Vec<Event>) -> Result<PassTime, HostError> {
        let before = self.app.state.painter.uploaded_bytes();
        if self.fault.is_some_and(|pass| pass <= self.passes)
            && let Some(gpu) = &self.gpu
        {
            self.fault = None;
            gpu.device.device.destroy();
        }
        let ui_ms = self.pass(events);
        let after = self.app.state.painter.uploaded_bytes();
        let mut time =
            PassTime { ui_ms, uploaded_bytes: after.saturating_sub(before), ..PassTime::default() };
        if self.gpu.is_some() {
            let [tessellate, draw] = self.paint()?;
            time.paint_ms = tessellate + draw;
            (time.tessellate_ms, time.draw_ms) = (Some(tessellate), Some(draw));
        }
        Ok(time)
    }

    /// The last pass as a picture.
    ///
    /// # Errors
    /// [`HostError::NoPictures`] when it was opened without; [`HostError::Device`], [`HostError::DeviceLost`].
    pub fn picture(&mut self) -> Result<Shot, HostError> {
        self.paint()?;
        self.gpu.as_mut().ok_or(HostError::NoPictures)?.read()
    }

    /// Paints the last pass; milliseconds for triangles and for the rest.
    fn paint(&mut self) -> Result<[f64; 2], HostError> {
        let (size, pixels_per_point) = (self.pixels(), self.last.pixels_per_point);
        let gpu = self.gpu.as_mut().ok_or(HostError::NoPictures)?;
        let began = Instant::now();
        let jobs = self.ctx.tessellate(self.last.shapes.clone(), pixels_per_point);
        let tessellated = began.elapsed().as_secs_f64() * 1000.0;
        match gpu.paint(&jobs, size, pixels_per_point) {
            Ok(()) => Ok([tessellated, began.elapsed().as_secs_f64() * 1000.0 - tessellated]),
            Err(HostError::DeviceLost { reason }) => {
                tracing::warn!(reason, "the graphics device was lost");
                self.start_again()?;
                Ok([tessellated, 0.0])
            }
            Err(other) => Err(other),
        }
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sides are clamped to 64..=8192 points and 4 pixels a point"
    )]
    fn pixels(&self) -> [u32; 2] {
        [self.points.x, self.points.y].map(|side| (side * self.scale).round() as u32)
    }

    fn input(&self, events: Vec<Event>) -> RawInput {
        let zoom = self.ctx.zoom_factor();
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, self.points / zoom)),
            max_texture_side: self.gpu.as_ref().map(Gpu::max_texture_side).or(Some(8192)),
            time: Some(self.seconds),
            events,
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(self.scale);
            viewport.focused = Some(true);
        }
        input
    }
}

/// A window's content before its first pass.
struct Fresh {
    app: App,
    ctx: egui::Context,
    woken: Arc<AtomicBool>,
}

impl Fresh {
    fn of(start: &AppStart, gpu: Option<&Gpu>) -> Result<Self, HostError> {
        let ctx = egui::Context::default();
        ctx.enable_accesskit();
        prepare(&ctx);
        let woken = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&woken);
        ctx.set_request_repaint_callback(move |info| {
            if info.delay.is_zero() {
                flag.store(true, Ordering::Release);
            }
        });
        let canvas = gpu.map(|gpu| Canvas { device: gpu.device.clone(), format: FORMAT });
        let app = App::new(start.clone().state(&Wake::of(&ctx), canvas.as_ref())?);
        Ok(Self { app, ctx, woken })
    }
}

impl Stage for Offscreen {
    fn pass(&mut self, events: Vec<Event>, act: Option<Act>) -> Result<(), String> {
        if let Some(act) = act {
            act(&mut self.app.state)?;
        }
        if self.times.is_none() && self.fault.is_none() {
            Self::pass(self, events);
            return Ok(());
        }
        let time = self.painted_pass(events).map_err(|error| error.to_string())?;
        if let Some(times) = &mut self.times {
            times.push(time);
        }
        Ok(())
    }

    fn doze(&mut self) -> Result<(), String> {
        if self.wants_pass() {
            return Stage::pass(self, Vec::new(), None);
        }
        std::thread::sleep(PAUSE);
        Self::sleep(self, PAUSE.as_secs_f64());
        Ok(())
    }

    fn sleep(&mut self, seconds: f64) {
        Self::sleep(self, seconds);
    }

    fn names(&self) -> Names {
        self.names.clone()
    }

    fn seen(&self) -> Seen {
        Seen::of(&self.app, self.passes)
    }

    fn is_idle(&self) -> bool {
        Self::is_idle(self)
    }

    fn unrest(&self) -> String {
        super::causes(&self.ctx)
    }

    fn resize(&mut self, width: f32, height: f32, scale: f32) -> Result<(), String> {
        Self::resize(self, width, height, scale);
        Ok(())
    }

    fn picture(&mut self) -> Result<Shot, String> {
        Self::picture(self).map_err(|error| error.to_string())
    }

    fn opened(&self) -> Instant {
        self.opened
    }

    fn begin_times(&mut self) {
        self.times = Some(Vec::new());
    }

    fn end_times(&mut self) -> Vec<PassTime> {
        self.times.take().unwrap_or_default()
    }

    fn set_clock(&mut self, is_virtual: bool) -> Result<(), String> {
        if is_virtual { Ok(()) } else { Err("without a display there is no real clock".to_owned()) }
    }

    fn lose_graphics(&mut self, passes: u64) -> Result<(), String> {
        if self.gpu.is_none() {
            return Err("this run draws no pictures, so that it has no device to lose".to_owned());
        }
        self.lose_graphics_in(passes);
        Ok(())
    }
}

/// What paints.
struct Gpu {
    device: GpuDevice,
    renderer: Renderer,
    target: Option<(wgpu::Texture, [u32; 2])>,
}

impl Gpu {
    fn open(graphics: Graphics) -> Result<Self, HostError> {
        let device = open_device(graphics.adapters(), || {}).map_err(|error| HostError::NoAdapter {
            reason: match error {
                RenderError::NoAdapter => "none was found".to_owned(),
                RenderError::NoDevice { adapter, reason } => format!("{adapter}: {reason}"),
                other => one_line(&other.to_string()),
            },
        })?;
        let renderer = Renderer::new(
            &device.device,
            FORMAT,
            RendererOptions { dithering: false, ..RendererOptions::default() },
        );
        Ok(Self { device, renderer, target: None })
    }

    fn max_texture_side(&self) -> usize {
        usize::try_from(self.device.device.limits().max_texture_dimension_2d).unwrap_or(2048)
    }

    #[allow(clippy::iter_over_hash_type, reason = "each texture is set by itself, in any order")]
    fn take_textures(&mut self, delta: &mut egui::TexturesDelta) {
        for (id, deltas) in delta.set.drain() {
            for delta in deltas {
                self.renderer.update_texture(&self.device.device, &self.device.queue, id, &delta);
            }
        }
    }

    fn check(&self) -> Result<(), HostError> {
        if let Some(reason) = self.device.faults.lost() {
            return Err(HostError::DeviceLost { reason });
        }
        self.device.faults.take_error().map_or(Ok(()), |text| Err(HostError::Device(text)))
    }

    /// Paints and waits until it is done.
    fn paint(
        &mut self,
        jobs: &[egui::ClippedPrimitive],
        size: [u32; 2],
        pixels_per_point: f32,
    ) -> Result<(), HostError> {
        // A device that is gone takes nothing: egui's renderer would end in a panic.
        drop(self.device.device.poll(wgpu::PollType::Poll));
        if let Some(reason) = self.device.faults.lost() {
            return Err(HostError::DeviceLost { reason });
        }
        let screen = ScreenDescriptor { size_in_pixels: size, pixels_per_point };
        let view = self.target(size).create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder =
            self.device.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut commands = self.renderer.update_buffers(
            &self.device.device,
            &self.device.queue,
            &mut encoder,
            jobs,
            &screen,
        );
        {
            let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("window"),
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &view,
                    depth_slice: None,
                    resolve_target: None,
                    ops: wgpu::Operations {
                        load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                        store: wgpu::StoreOp::Store,
                    },
                })],
                ..Default::default()
            });
            self.renderer.render(&mut pass.forget_lifetime(), jobs, &screen);
        }
        commands.push(encoder.finish());
        self.device.queue.submit(commands);
        let polled = self.device.device.poll(wgpu::PollType::wait_indefinitely());
        self.check()?;
        polled.map_err(|error| HostError::Device(error.to_string())).map(drop)
    }

    fn target(&mut self, size: [u32; 2]) -> &wgpu::Texture {
        if self.target.as_ref().is_some_and(|(_, has)| *has != size) {
            self.target = None;
        }
        let device = &self.device.device;
        let [width, height] = size;
        let (texture, _) = self.target.get_or_insert_with(|| {
            let texture = device.create_texture(&wgpu::TextureDescriptor {
                label: Some("window"),
                size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format: FORMAT,
                usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
                view_formats: &[],
            });
            (texture, size)
        });
        texture
    }

    fn read(&mut self) -> Result<Shot, HostError> {
        let Some((texture, [width, height])) = &self.target else { return Err(HostError::NoPictures) };
        let (width, height) = (*width, *height);
        let row = width * 4;
        let padded = row.div_ceil(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT) * wgpu::COPY_BYTES_PER_ROW_ALIGNMENT;
        let buffer = self.device.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("shot"),
            size: u64::from(padded) * u64::from(height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder =
            self.device.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(padded),
                    rows_per_image: Some(height),
                },
            },
            wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        );
        self.device.queue.submit([encoder.finish()]);
        let device_error = |error: &dyn std::fmt::Display| HostError::Device(one_line(&error.to_string()));
        let (done, ready) = mpsc::sync_channel(1);
        buffer.slice(..).map_async(wgpu::MapMode::Read, move |result| {
            // The receiver waits below; it is gone only when polling failed, and then that error is told.
            drop(done.try_send(result));
        });
        let polled = self.device.device.poll(wgpu::PollType::wait_indefinitely());
        self.check()?;
        polled.map_err(|error| device_error(&error))?;
        ready.try_recv().map_err(|error| device_error(&error))?.map_err(|error| device_error(&error))?;
        let mapped = buffer.slice(..).get_mapped_range().map_err(|error| device_error(&error))?;
        let (row, padded) = (usize::try_from(row), usize::try_from(padded));
        let (Ok(row), Ok(padded)) = (row, padded) else { return Err(HostError::NoPictures) };
        let rgba = mapped.chunks(padded).filter_map(|line| line.get(..row)).flatten().copied().collect();
        drop(mapped);
        buffer.unmap();
        Ok(Shot { width, height, rgba })
    }
}

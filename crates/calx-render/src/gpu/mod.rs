//! The wgpu backend: draws into a texture and reads it back ([`GpuRenderer`]), or into the viewports of a window
//! ([`Viewports`]).
//!
//! Not here: what is drawn (`footprint.rs`, [`crate::table`]); surfaces.
//!
//! Invariants
//! - An error of the device comes back as [`RenderError`]; none panics.
//! - The target is Unorm, never sRGB: a code k is written as k/255 and read back as k.

mod device;
mod kit;
mod params;
mod slot;
mod texels;
mod viewport;

use std::sync::mpsc;

use calx_model::Frame;

pub use device::{
    AdapterChoice, AdapterInfo, Faults, GpuDevice, adapters, best_adapter, device_descriptor, open_device,
};
pub use texels::Texels;
pub use viewport::{Readiness, ViewportJob, Viewports};

use crate::footprint::Footprint;
use crate::picture::{Picture, Pixels};
use crate::renderer::{RenderError, Renderer, RendererDescription, RendererKind};
use crate::table::DisplayTable;
use crate::view::View;
use kit::Kit;
use params::{Entry, Variant};
use slot::Slot;
use texels::Resident;

/// The shader's text.
pub(crate) const SHADER: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shaders/window_voi.wgsl"));

/// How to open a [`GpuRenderer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GpuOptions {
    /// Take a software adapter when there is no hardware one.
    pub allow_software: bool,
    /// Largest side of a tile of image and target; the adapter's limit applies too.
    pub tile_side: u32,
}

impl Default for GpuOptions {
    fn default() -> Self {
        Self { allow_software: true, tile_side: 4096 }
    }
}

/// The texture that is drawn into, and the buffer it is read from.
#[derive(Debug)]
struct Target {
    width: u32,
    height: u32,
    format: wgpu::TextureFormat,
    texture: wgpu::Texture,
    buffer: wgpu::Buffer,
    bytes_per_row: u32,
}

/// Draws through wgpu.
#[derive(Debug)]
pub struct GpuRenderer {
    open: GpuDevice,
    kit: Kit,
    slot: Slot,
    resident: Option<Resident>,
    /// Bytes of pixels sent since it was opened.
    pixels_sent: u64,
    target: Option<Target>,
    tile_side: u32,
}

impl GpuRenderer {
    /// Opens the best adapter.
    ///
    /// # Errors
    /// [`RenderError::NoAdapter`], [`RenderError::NoDevice`].
    pub fn open(options: GpuOptions) -> Result<Self, RenderError> {
        let choice = if options.allow_software { AdapterChoice::Any } else { AdapterChoice::Hardware };
        let open = open_device(choice, || {})?;
        let tile_side = options.tile_side.clamp(1, open.device.limits().max_texture_dimension_2d);
        let (kit, slot) = (Kit::new(&open.device), Slot::new(&open.device));
        open.faults.check()?;
        Ok(Self { open, kit, slot, resident: None, pixels_sent: 0, target: None, tile_side })
    }

    /// Bytes sent to the GPU since it was opened: pixels, tables, boxes and uniforms.
    #[must_use]
    pub const fn uploaded_bytes(&self) -> u64 {
        self.pixels_sent.saturating_add(self.slot.sent())
    }

    /// Largest side of a target tile: each of its sides may need `samples` boxes.
    fn target_side(&self, samples: u32) -> u32 {
        let limit = self.open.device.limits().max_texture_dimension_2d;
        (limit / samples.max(1)).min(self.tile_side).max(1)
    }

    /// Brings pixels and table up to date.
    fn prepare(&mut self, frame: &Frame, table: &DisplayTable) -> Result<(), RenderError> {
        let GpuDevice { device, queue, adapter, .. } = &self.open;
        if !self.resident.as_ref().is_some_and(|resident| resident.holds(frame, table)) {
            self.resident = None;
            self.slot.unbind();
            let texels = Texels::of(frame, table)?;
            let least_layers = if adapter.is_gl() { 2 } else { 1 };
            let mut resident = Resident::new(device, &texels, self.tile_side, least_layers)?;
            let mut budget = u64::MAX;
            let sent = resident.send(queue, &texels, &mut budget);
            self.pixels_sent = self.pixels_sent.saturating_add(sent);
            self.resident = Some(resident);
        }
        self.slot.set_table(device, queue, table);
        Ok(())
    }

    fn draw_tile(
        &mut self,
        (table, footprint): (&DisplayTable, &Footprint),
        target: &Target,
    ) -> Result<(), RenderError> {
        let GpuDevice { device, queue, .. } = &self.open;
        let Some(resident) = &self.resident else { return Ok(()) };
        let [columns, rows] = resident.size();
        let is_one_layer = columns <= resident.tile[0] && rows <= resident.tile[1];
        let variant = Variant::new(Entry::of(table), footprint.kind, is_one_layer, target.format);
        self.kit.add_pipeline(device, variant);
        self.slot.bind((device, queue), &self.kit, resident, (table, footprint), [0, 0]);
        let mut encoder =
            device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("window_voi") });
        let view = target.texture.create_view(&wgpu::TextureViewDescriptor::default());
        {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("window_voi"),
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
            self.slot.draw(&mut pass, &self.kit, variant);
        }
        encoder.copy_texture_to_buffer(
            target.texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &target.buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(target.bytes_per_row),
                    rows_per_image: None,
                },
            },
            wgpu::Extent3d { width: target.width, height: target.height, depth_or_array_layers: 1 },
        );
        queue.submit([encoder.finish()]);
        self.open.faults.check()
    }

    /// Copies the rows of `target` into `picture` at (`left`, `top`), both in pixels.
    fn read_back(
        &self,
        target: &Target,
        picture: &mut [u8],
        picture_width: u32,
        [left, top]: [u32; 2],
        channels: u32,
    ) -> Result<(), RenderError> {
        let (done, ready) = mpsc::sync_channel(1);
        target.buffer.slice(..).map_async(wgpu::MapMode::Read, move |result| {
            // The receiver waits below; it is gone only when polling failed, and then that error is told.
            drop(done.try_send(result));
        });
        let polled = self.open.device.poll(wgpu::PollType::wait_indefinitely());
        self.open.faults.check()?;
        polled.map_err(|error| RenderError::Device(error.to_string()))?;
        ready
            .try_recv()
            .map_err(|error| RenderError::Device(error.to_string()))?
            .map_err(|error| RenderError::Device(error.to_string()))?;
        let mapped = target
            .buffer
            .slice(..)
            .get_mapped_range()
            .map_err(|error| RenderError::Device(error.to_string()))?;
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let row_bytes = size(u64::from(target.width) * u64::from(channels));
        let picture_row = size(u64::from(picture_width) * u64::from(channels)).max(1);
        let start = size(u64::from(left) * u64::from(channels));
        let rows = picture.chunks_exact_mut(picture_row).skip(size(u64::from(top)));
        for (to, from) in rows.zip(mapped.chunks(size(u64::from(target.bytes_per_row)))) {
            if let (Some(to), Some(from)) = (to.get_mut(start..start + row_bytes), from.get(..row_bytes)) {
                to.copy_from_slice(from);
            }
        }
        drop(mapped);
        target.buffer.unmap();
        Ok(())
    }

    fn take_target(&mut self, width: u32, height: u32, format: wgpu::TextureFormat) -> Target {
        let fits = |t: &Target| (t.width, t.height, t.format) == (width, height, format);
        if let Some(kept) = self.target.take().filter(fits) {
            return kept;
        }
        let device = &self.open.device;
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("target"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let align = wgpu::COPY_BYTES_PER_ROW_ALIGNMENT;
        let row = width.saturating_mul(format.block_copy_size(None).unwrap_or(4));
        let bytes_per_row = row.div_ceil(align).saturating_mul(align);
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read back"),
            size: u64::from(bytes_per_row) * u64::from(height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        Target { width, height, format, texture, buffer, bytes_per_row }
    }
}

impl Renderer for GpuRenderer {
    fn draw(&mut self, frame: &Frame, table: &DisplayTable, view: &View) -> Result<Picture, RenderError> {
        let drawn = self.draw_tiles(frame, table, view);
        if drawn.is_err() {
            self.slot.forget();
            self.resident = None;
            self.target = None;
        }
        drawn
    }

    fn describe(&self) -> RendererDescription {
        RendererDescription {
            kind: RendererKind::Gpu,
            adapter: self.open.adapter.name.clone(),
            backend: self.open.adapter.backend.clone(),
            is_hardware: self.open.adapter.is_hardware,
        }
    }
}

impl GpuRenderer {
    fn draw_tiles(
        &mut self,
        frame: &Frame,
        table: &DisplayTable,
        view: &View,
    ) -> Result<Picture, RenderError> {
        let too_large = || RenderError::TooLarge {
            width: view.width,
            height: view.height,
            columns: frame.columns(),
            rows: frame.rows(),
        };
        self.open.faults.check()?;
        let footprint = Footprint::new(view, frame.columns(), frame.rows())?;
        self.prepare(frame, table)?;
        let (format, channels) = if table.is_grey() {
            (wgpu::TextureFormat::R8Unorm, 1)
        } else {
            (wgpu::TextureFormat::Rgba8Unorm, 4)
        };
        let bytes = u64::from(view.width) * u64::from(view.height) * u64::from(channels);
        let mut picture = vec![0; usize::try_from(bytes).map_err(|_size| too_large())?];
        let samples = footprint.samples();
        let side = self.target_side(samples);
        for top in (0..view.height).step_by(usize::try_from(side).unwrap_or(usize::MAX)) {
            for left in (0..view.width).step_by(usize::try_from(side).unwrap_or(usize::MAX)) {
                let (width, height) = (side.min(view.width - left), side.min(view.height - top));
                let across = part(&footprint.across, left, width, samples);
                let down = part(&footprint.down, top, height, samples);
                self.slot.place(&self.open.device, &self.open.queue, across, down);
                let target = self.take_target(width, height, format);
                self.draw_tile((table, &footprint), &target)?;
                self.read_back(&target, &mut picture, view.width, [left, top], channels)?;
                self.target = Some(target);
            }
        }
        let pixels = if table.is_grey() { Pixels::Grey(picture) } else { Pixels::Rgba(picture) };
        Picture::new(view.width, view.height, pixels).map_err(|_size| too_large())
    }
}

/// The entries of `count` target pixels from `first` on.
fn part(boxes: &[[i32; 2]], first: u32, count: u32, samples: u32) -> &[[i32; 2]] {
    let at = |n: u32| usize::try_from(u64::from(n) * u64::from(samples)).unwrap_or(usize::MAX);
    boxes.get(at(first)..at(first.saturating_add(count))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use calx_model::{ColourPath, DisplayPipeline, ModalityLut, Samples, VoiLut};

    #[test]
    fn a_device_that_goes_away_is_an_error_and_no_panic() {
        let Ok(mut renderer) = GpuRenderer::open(GpuOptions::default()) else {
            assert!(std::env::var("CALX_GPU").as_deref() != Ok("required"), "no adapter, CALX_GPU=required");
            println!("skipped: no adapter");
            return;
        };
        let frame = Frame::new(2, 2, Samples::U8(vec![1, 2, 3, 4].into())).unwrap();
        let pipeline = DisplayPipeline {
            modality_lut: ModalityLut::Identity,
            voi_lut: VoiLut::Range { min: 0.0, max: 255.0 },
            presentation_lut: None,
            invert: false,
            padding: None,
            colour: ColourPath::Grey,
            window_origin: "set".to_owned(),
        };
        let table = DisplayTable::build(&pipeline, &frame, 8).unwrap();
        let view = View::one_to_one(&frame);
        assert!(renderer.draw(&frame, &table, &view).is_ok());
        renderer.open.device.destroy();
        for _ in 0..2 {
            let lost = renderer.draw(&frame, &table, &view).unwrap_err();
            assert!(matches!(lost, RenderError::Device(_) | RenderError::DeviceLost(_)), "{lost:?}");
        }
    }
}

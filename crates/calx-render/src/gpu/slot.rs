//! What one picture needs on the GPU beside its pixels: table, boxes, uniforms, and the group that binds them.
//!
//! Not here: pixels ([`super::texels`]), shader and pipelines ([`super::kit`]), the target.
//!
//! Invariants
//! - The table (at most 64 KiB for grey) is sent when the window changes, the boxes when the view changes, the uniforms
//!   when one of them is another; nothing is sent twice.

use super::kit::Kit;
use super::params::{Params, Variant};
use super::texels::Resident;
use crate::footprint::Footprint;
use crate::table::{DisplayTable, TablePath};

/// The table that lies on the GPU.
#[derive(Debug)]
struct ResidentTable {
    bytes: Vec<u8>,
    format: wgpu::TextureFormat,
    texture: wgpu::Texture,
}

/// The boxes that lie on the GPU.
#[derive(Debug)]
struct ResidentBoxes {
    words: Vec<[i32; 2]>,
    length: u32,
    texture: wgpu::Texture,
}

/// Table, boxes and uniforms of one picture.
#[derive(Debug)]
pub(crate) struct Slot {
    uniforms: wgpu::Buffer,
    params: Option<Params>,
    table: Option<ResidentTable>,
    boxes: Option<ResidentBoxes>,
    group: Option<wgpu::BindGroup>,
    /// Bytes sent since it was made.
    sent: u64,
}

impl Slot {
    pub(crate) fn new(device: &wgpu::Device) -> Self {
        let uniforms = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("window_voi params"),
            size: size_of::<Params>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self { uniforms, params: None, table: None, boxes: None, group: None, sent: 0 }
    }

    /// Bytes sent since it was made: tables, boxes and uniforms.
    pub(crate) const fn sent(&self) -> u64 {
        self.sent
    }

    /// Forgets what was sent: after an error nobody knows what of it is there.
    pub(crate) fn forget(&mut self) {
        (self.params, self.table, self.boxes, self.group) = (None, None, None, None);
    }

    /// Other pixels are bound with the next picture.
    pub(crate) fn unbind(&mut self) {
        self.group = None;
    }

    fn count(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Brings the table up to date.
    pub(crate) fn set_table(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, table: &DisplayTable) {
        let (format, bytes) = match &table.path {
            TablePath::Grey(grey) => (wgpu::TextureFormat::R8Uint, grey.codes.to_vec()),
            TablePath::Palette(colours) => {
                let rgba = colours.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]);
                (wgpu::TextureFormat::Rgba8Uint, rgba.collect())
            }
            TablePath::Colour { .. } => (wgpu::TextureFormat::R8Uint, vec![0; 256]),
        };
        if self.table.as_ref().is_some_and(|t| t.format == format && t.bytes == bytes) {
            return;
        }
        let texture = match self.table.take().filter(|t| t.format == format) {
            Some(kept) => kept.texture,
            None => {
                self.group = None;
                texture(device, "display table", [256, 256], format)
            }
        };
        let row = 256 * format.block_copy_size(None).unwrap_or(1);
        let rows = u32::try_from(bytes.len()).unwrap_or(0) / row;
        write_rows(queue, &texture, &bytes, row, [256, rows]);
        self.count(bytes.len());
        self.table = Some(ResidentTable { bytes, format, texture });
    }

    /// Brings the boxes of one target tile up to date.
    pub(crate) fn place(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        across: &[[i32; 2]],
        down: &[[i32; 2]],
    ) {
        let longest = across.len().max(down.len()).max(1);
        let mut words = vec![[0; 2]; longest * 2];
        for (to, from) in words.iter_mut().zip(across) {
            *to = *from;
        }
        for (to, from) in words.iter_mut().skip(longest).zip(down) {
            *to = *from;
        }
        if self.boxes.as_ref().is_some_and(|b| b.words == words) {
            return;
        }
        let length = u32::try_from(longest).unwrap_or(u32::MAX);
        let texture = match self.boxes.take().filter(|b| b.length == length) {
            Some(kept) => kept.texture,
            None => {
                self.group = None;
                texture(device, "boxes", [length, 2], wgpu::TextureFormat::Rg32Sint)
            }
        };
        write_rows(queue, &texture, bytemuck::cast_slice(&words), length.saturating_mul(8), [length, 2]);
        self.count(size_of_val(words.as_slice()));
        self.boxes = Some(ResidentBoxes { words, length, texture });
    }

    /// Brings uniforms and bindings up to date, after table and boxes. `origin` is the first target pixel in the
    /// texture that is drawn into.
    pub(crate) fn bind(
        &mut self,
        (device, queue): (&wgpu::Device, &wgpu::Queue),
        kit: &Kit,
        resident: &Resident,
        (table, footprint): (&DisplayTable, &Footprint),
        origin: [i32; 2],
    ) {
        let params = params_of(resident, table, footprint, origin);
        if self.params != Some(params) {
            queue.write_buffer(&self.uniforms, 0, bytemuck::bytes_of(&params));
            self.count(size_of_val(&params));
            self.params = Some(params);
        }
        if self.group.is_some() {
            return;
        }
        let (Some(codes), Some(boxes)) = (&self.table, &self.boxes) else { return };
        let codes = codes.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let boxes = boxes.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let view = |binding, view| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::TextureView(view),
        };
        self.group = Some(device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("window_voi"),
            layout: kit.layout(),
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: self.uniforms.as_entire_binding() },
                view(1, &resident.view),
                view(2, &boxes),
                view(3, &codes),
            ],
        }));
    }

    /// Draws what is bound.
    pub(crate) fn draw(&self, pass: &mut wgpu::RenderPass<'_>, kit: &Kit, variant: Variant) {
        let (Some(group), Some(pipeline)) = (&self.group, kit.pipeline(variant)) else { return };
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, group, &[]);
        pass.draw(0..3, 0..1);
    }
}

fn params_of(resident: &Resident, table: &DisplayTable, footprint: &Footprint, origin: [i32; 2]) -> Params {
    let signed = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    let padding = match &table.path {
        TablePath::Grey(grey) => grey.padding.as_ref(),
        TablePath::Palette(_) | TablePath::Colour { .. } => None,
    };
    Params {
        image: resident.size().map(signed),
        tile: resident.tile.map(signed),
        tiles_across: signed(resident.tiles_across),
        samples: signed(footprint.samples()),
        padding: padding.map_or([1, 0], |p| [u32::from(*p.start()), u32::from(*p.end())]),
        origin,
        reserved: [0; 2],
    }
}

fn texture(
    device: &wgpu::Device,
    label: &str,
    [width, height]: [u32; 2],
    format: wgpu::TextureFormat,
) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

fn write_rows(
    queue: &wgpu::Queue,
    texture: &wgpu::Texture,
    bytes: &[u8],
    bytes_per_row: u32,
    [width, height]: [u32; 2],
) {
    queue.write_texture(
        texture.as_image_copy(),
        bytes,
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(bytes_per_row), rows_per_image: None },
        wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
    );
}

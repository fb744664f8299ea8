//! The GPU objects of one `window_voi` pass: textures, table, boxes, uniforms, pipelines.
//!
//! Not here: the target and reading it back ([`crate::gpu`]); a viewport brings its own.
//!
//! Invariants
//! - Pixels are uploaded when the frame changes, the table (at most 64 KiB for grey) when the window
//!   changes, the boxes when the view changes; nothing else is.
//! - Except 32-bit and floating-point pixels, whose 16-bit indices depend on the window (`quantise.rs`): each
//!   change of window computes the indices of the whole frame again on the CPU and uploads them all. Indices
//!   that did not would be too coarse for a narrow window in a wide range.
//! - An image wider than a tile is cut into layers of one texture array, so a box may cross tiles.

use std::borrow::Cow;

use calx_model::{Frame, Samples, Values};

use crate::footprint::Footprint;
use crate::gpu::params::{Entry, Params, Variant};
use crate::renderer::RenderError;
use crate::source::{Index, Source};
use crate::table::{DisplayTable, Remap, TablePath};

/// The pixels that lie on the GPU.
#[derive(Debug)]
struct Resident {
    /// Keeps the values alive, so that their address identifies them.
    samples: Samples,
    /// The same values may be told to have another shape.
    columns: u32,
    rows: u32,
    remap: Option<Remap>,
    shift: u32,
    view: wgpu::TextureView,
    tile: [u32; 2],
    tiles_across: u32,
}

impl Resident {
    fn holds(&self, frame: &Frame, table: &DisplayTable) -> bool {
        let (remap, shift) = source_key(table);
        (self.columns, self.rows) == (frame.columns(), frame.rows())
            && same_values(&self.samples, frame.samples())
            && self.remap.as_ref() == remap
            && self.shift == shift
    }
}

fn source_key(table: &DisplayTable) -> (Option<&Remap>, u32) {
    match &table.path {
        TablePath::Grey(grey) => (grey.remap.as_ref(), 0),
        TablePath::Palette(_) => (None, 0),
        TablePath::Colour { shift } => (None, *shift),
    }
}

fn same_values(a: &Samples, b: &Samples) -> bool {
    match (a, b) {
        (Samples::U8(a), Samples::U8(b)) => Values::ptr_eq(a, b),
        (Samples::I8(a), Samples::I8(b)) => Values::ptr_eq(a, b),
        (Samples::U16(a), Samples::U16(b)) => Values::ptr_eq(a, b),
        (Samples::I16(a), Samples::I16(b)) => Values::ptr_eq(a, b),
        (Samples::U32(a), Samples::U32(b)) => Values::ptr_eq(a, b),
        (Samples::I32(a), Samples::I32(b)) => Values::ptr_eq(a, b),
        (Samples::F32(a), Samples::F32(b)) => Values::ptr_eq(a, b),
        (Samples::F64(a), Samples::F64(b)) => Values::ptr_eq(a, b),
        (Samples::Colour8(m, a), Samples::Colour8(n, b)) => m == n && Values::ptr_eq(a, b),
        (Samples::Colour16(m, a), Samples::Colour16(n, b)) => m == n && Values::ptr_eq(a, b),
        _ => false,
    }
}

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

/// One pass; draws into any target of the format it was made for.
#[derive(Debug)]
pub(crate) struct WindowVoiPass {
    layout: wgpu::BindGroupLayout,
    pipelines: Vec<(Variant, wgpu::TextureFormat, wgpu::RenderPipeline)>,
    module: wgpu::ShaderModule,
    pipeline_layout: wgpu::PipelineLayout,
    uniforms: wgpu::Buffer,
    resident: Option<Resident>,
    table: Option<ResidentTable>,
    boxes: Option<ResidentBoxes>,
    tile_side: u32,
    least_layers: u32,
    /// Bytes sent to the GPU since it was made.
    uploaded: u64,
}

impl WindowVoiPass {
    /// Makes shader, layout and uniforms. `tile_side` is the largest side of a layer; `is_gl` because GL
    /// cannot see a texture of one layer as an array.
    pub(crate) fn new(device: &wgpu::Device, tile_side: u32, is_gl: bool) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("window_voi"),
            source: wgpu::ShaderSource::Wgsl(Cow::Borrowed(crate::gpu::SHADER)),
        });
        let texture = |binding, sample_type, view_dimension| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::FRAGMENT,
            ty: wgpu::BindingType::Texture { sample_type, view_dimension, multisampled: false },
            count: None,
        };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("window_voi"),
            entries: &[
                wgpu::BindGroupLayoutEntry {
                    binding: 0,
                    visibility: wgpu::ShaderStages::FRAGMENT,
                    ty: wgpu::BindingType::Buffer {
                        ty: wgpu::BufferBindingType::Uniform,
                        has_dynamic_offset: false,
                        min_binding_size: None,
                    },
                    count: None,
                },
                texture(1, wgpu::TextureSampleType::Uint, wgpu::TextureViewDimension::D2Array),
                texture(2, wgpu::TextureSampleType::Sint, wgpu::TextureViewDimension::D2),
                texture(3, wgpu::TextureSampleType::Uint, wgpu::TextureViewDimension::D2),
            ],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("window_voi"),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let uniforms = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("window_voi params"),
            size: 32,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let limits = device.limits();
        Self {
            layout,
            pipelines: Vec::new(),
            module,
            pipeline_layout,
            uniforms,
            resident: None,
            table: None,
            boxes: None,
            tile_side: tile_side.clamp(1, limits.max_texture_dimension_2d),
            least_layers: if is_gl { 2 } else { 1 },
            uploaded: 0,
        }
    }

    /// Bytes sent to the GPU since it was made: pixels, tables, boxes and uniforms.
    pub(crate) const fn uploaded(&self) -> u64 {
        self.uploaded
    }

    fn count(&mut self, bytes: usize) {
        self.uploaded = self.uploaded.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Brings pixels and table up to date.
    ///
    /// # Errors
    /// [`RenderError::Mismatch`] or [`RenderError::TooLarge`].
    pub(crate) fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        frame: &Frame,
        table: &DisplayTable,
    ) -> Result<(), RenderError> {
        if !self.resident.as_ref().is_some_and(|r| r.holds(frame, table)) {
            self.resident = None;
            self.resident = Some(self.upload(device, queue, frame, table)?);
        }
        self.upload_table(device, queue, table);
        Ok(())
    }

    /// Forgets what was uploaded: after an error nobody knows what of it is there.
    pub(crate) fn forget(&mut self) {
        (self.resident, self.table, self.boxes) = (None, None, None);
    }

    fn upload(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        frame: &Frame,
        table: &DisplayTable,
    ) -> Result<Resident, RenderError> {
        let source = Source::new(frame, table)?;
        let (format, bytes) = texels(&source);
        let (columns, rows) = (frame.columns(), frame.rows());
        let tiles_across = columns.div_ceil(self.tile_side);
        let tiles_down = rows.div_ceil(self.tile_side);
        // Even tiles: a layer of the last row or column is hardly larger than what it holds.
        let tile = [columns.div_ceil(tiles_across), rows.div_ceil(tiles_down)];
        let layers = tiles_across.saturating_mul(tiles_down);
        if layers > device.limits().max_texture_array_layers {
            return Err(RenderError::TooLarge { width: columns, height: rows, columns, rows });
        }
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("stored values"),
            size: wgpu::Extent3d {
                width: tile[0],
                height: tile[1],
                depth_or_array_layers: layers.max(self.least_layers),
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let bytes_per_texel = format.block_copy_size(None).unwrap_or(1);
        for layer in 0..layers {
            let (left, top) = ((layer % tiles_across) * tile[0], (layer / tiles_across) * tile[1]);
            if left >= columns || top >= rows {
                continue;
            }
            let first = u64::from(top) * u64::from(columns) + u64::from(left);
            let offset = first * u64::from(bytes_per_texel);
            queue.write_texture(
                wgpu::TexelCopyTextureInfo {
                    texture: &texture,
                    mip_level: 0,
                    origin: wgpu::Origin3d { x: 0, y: 0, z: layer },
                    aspect: wgpu::TextureAspect::All,
                },
                &bytes,
                wgpu::TexelCopyBufferLayout {
                    offset,
                    bytes_per_row: Some(columns.saturating_mul(bytes_per_texel)),
                    rows_per_image: None,
                },
                wgpu::Extent3d {
                    width: tile[0].min(columns - left),
                    height: tile[1].min(rows - top),
                    depth_or_array_layers: 1,
                },
            );
        }
        self.count(bytes.len());
        let (remap, shift) = source_key(table);
        Ok(Resident {
            samples: frame.samples().clone(),
            columns,
            rows,
            remap: remap.cloned(),
            shift,
            view: texture.create_view(&wgpu::TextureViewDescriptor {
                dimension: Some(wgpu::TextureViewDimension::D2Array),
                ..Default::default()
            }),
            tile,
            tiles_across,
        })
    }

    fn upload_table(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, table: &DisplayTable) {
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
        let kept = self.table.take().filter(|t| t.format == format).map(|t| t.texture);
        let texture = kept.unwrap_or_else(|| {
            device.create_texture(&wgpu::TextureDescriptor {
                label: Some("display table"),
                size: wgpu::Extent3d { width: 256, height: 256, depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
                view_formats: &[],
            })
        });
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
        let kept = self.boxes.take().filter(|b| b.length == length).map(|b| b.texture);
        let texture = kept.unwrap_or_else(|| {
            device.create_texture(&wgpu::TextureDescriptor {
                label: Some("boxes"),
                size: wgpu::Extent3d { width: length, height: 2, depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format: wgpu::TextureFormat::Rg32Sint,
                usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
                view_formats: &[],
            })
        });
        write_rows(queue, &texture, bytemuck::cast_slice(&words), length.saturating_mul(8), [length, 2]);
        self.count(size_of_val(words.as_slice()));
        self.boxes = Some(ResidentBoxes { words, length, texture });
    }

    /// Draws what was prepared and placed into `target`.
    pub(crate) fn paint(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        target: (&wgpu::TextureView, wgpu::TextureFormat),
        (frame, table, footprint): (&Frame, &DisplayTable, &Footprint),
    ) {
        let Some(resident) = &self.resident else { return };
        let is_one_layer = frame.columns() <= resident.tile[0] && frame.rows() <= resident.tile[1];
        let variant = Variant::new(Entry::of(table), footprint.kind, is_one_layer);
        self.add_pipeline(device, variant, target.1);
        let wanted = |(v, f, _): &&(Variant, wgpu::TextureFormat, _)| *v == variant && *f == target.1;
        let Some((_, _, pipeline)) = self.pipelines.iter().find(wanted) else { return };
        let (Some(resident), Some(codes), Some(boxes)) = (&self.resident, &self.table, &self.boxes) else {
            return;
        };
        let params = params_of(resident, frame, table, footprint);
        queue.write_buffer(&self.uniforms, 0, bytemuck::bytes_of(&params));
        self.uploaded = self.uploaded.saturating_add(size_of_val(&params) as u64);
        let codes = codes.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let boxes = boxes.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let view = |binding, view| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::TextureView(view),
        };
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("window_voi"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: self.uniforms.as_entire_binding() },
                view(1, &resident.view),
                view(2, &boxes),
                view(3, &codes),
            ],
        });
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("window_voi"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: target.0,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..Default::default()
        });
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.draw(0..3, 0..1);
    }

    fn add_pipeline(&mut self, device: &wgpu::Device, variant: Variant, format: wgpu::TextureFormat) {
        if self.pipelines.iter().any(|(v, f, _)| *v == variant && *f == format) {
            return;
        }
        let constants = variant.constants();
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some(variant.entry.name()),
            layout: Some(&self.pipeline_layout),
            vertex: wgpu::VertexState {
                module: &self.module,
                entry_point: Some("vs_fill"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &self.module,
                entry_point: Some(variant.entry.name()),
                compilation_options: wgpu::PipelineCompilationOptions {
                    constants: &constants,
                    ..Default::default()
                },
                targets: &[Some(format.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        self.pipelines.push((variant, format, pipeline));
    }
}

fn params_of(resident: &Resident, frame: &Frame, table: &DisplayTable, footprint: &Footprint) -> Params {
    let signed = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    let padding = match &table.path {
        TablePath::Grey(grey) => grey.padding.as_ref(),
        TablePath::Palette(_) | TablePath::Colour { .. } => None,
    };
    Params {
        image: [signed(frame.columns()), signed(frame.rows())],
        tile: resident.tile.map(signed),
        tiles_across: signed(resident.tiles_across),
        samples: signed(footprint.samples()),
        padding: padding.map_or([1, 0], |p| [u32::from(*p.start()), u32::from(*p.end())]),
    }
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

/// Pixels as texels. Signed values are biased here, because the table counts from 0.
fn texels<'a>(source: &'a Source<'_>) -> (wgpu::TextureFormat, Cow<'a, [u8]>) {
    use wgpu::TextureFormat::{R8Uint, R16Uint, Rgba8Uint};
    match source {
        Source::U8(v) => (R8Uint, Cow::Borrowed(v)),
        Source::I8(v) => (R8Uint, v.iter().map(|x| x.cast_unsigned() ^ 0x80).collect()),
        Source::U16(v) => (R16Uint, Cow::Borrowed(bytemuck::cast_slice(v))),
        Source::I16(v) => (R16Uint, v.iter().flat_map(|x| x.index().to_ne_bytes()).collect()),
        Source::Mapped(v) => (R16Uint, Cow::Borrowed(bytemuck::cast_slice(v))),
        Source::Rgb(v) => {
            let mut out = Vec::with_capacity(v.len() / 3 * 4);
            for pixel in v.chunks_exact(3) {
                out.extend_from_slice(pixel);
                out.push(255);
            }
            (Rgba8Uint, Cow::Owned(out))
        }
    }
}

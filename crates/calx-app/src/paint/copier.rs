//! Pictures of the CPU twin on the graphics' side, laid into the window by a shader that does nothing else.
//!
//! egui's own shader does much for each pixel; in software that is most of what a window costs.
//!
//! Not here: drawing the pictures, and where in the window they lie ([`super::twin`]).
//!
//! Invariants
//! - Pixels reach the window as they are: not blended, not filtered.

use std::sync::Arc;

use egui::ColorImage;
use egui_wgpu::{CallbackResources, CallbackTrait};

use super::Canvas;

const SHADER: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shaders/picture.wgsl"));

/// What lays pictures down.
#[derive(Debug)]
pub(super) struct Copier {
    device: wgpu::Device,
    queue: wgpu::Queue,
    layout: wgpu::BindGroupLayout,
    pipeline: wgpu::RenderPipeline,
}

/// A picture on the graphics' side.
#[derive(Debug)]
pub(super) struct Sheet {
    copier: Arc<Copier>,
    texture: wgpu::Texture,
    corners: wgpu::Buffer,
    group: wgpu::BindGroup,
    size: [usize; 2],
}

impl Copier {
    /// One for a window's texture; `None` where display values would be changed on their way into it.
    pub(super) fn open(canvas: &Canvas) -> Option<Arc<Self>> {
        if canvas.format.is_srgb() {
            return None;
        }
        let (device, queue) = (canvas.device.device.clone(), canvas.device.queue.clone());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("picture"),
            source: wgpu::ShaderSource::Wgsl(SHADER.into()),
        });
        let entry =
            |binding, visibility, ty| wgpu::BindGroupLayoutEntry { binding, visibility, ty, count: None };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("picture"),
            entries: &[
                entry(
                    0,
                    wgpu::ShaderStages::VERTEX,
                    wgpu::BindingType::Buffer {
                        ty: wgpu::BufferBindingType::Uniform,
                        has_dynamic_offset: false,
                        min_binding_size: None,
                    },
                ),
                entry(
                    1,
                    wgpu::ShaderStages::FRAGMENT,
                    wgpu::BindingType::Texture {
                        sample_type: wgpu::TextureSampleType::Float { filterable: false },
                        view_dimension: wgpu::TextureViewDimension::D2,
                        multisampled: false,
                    },
                ),
            ],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("picture"),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("picture"),
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vs_lay"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState {
                topology: wgpu::PrimitiveTopology::TriangleStrip,
                ..wgpu::PrimitiveState::default()
            },
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("fs_lay"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(canvas.format.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        Some(Arc::new(Self { device, queue, layout, pipeline }))
    }

    /// Sends a picture over.
    pub(super) fn sheet(self: &Arc<Self>, image: &ColorImage) -> Sheet {
        let texture = self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: extent(image.size),
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let corners = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("corners of a picture"),
            size: 64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("picture"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: corners.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::TextureView(&view) },
            ],
        });
        let sheet = Sheet { copier: Arc::clone(self), texture, corners, group, size: image.size };
        sheet.write(image);
        sheet
    }
}

impl Sheet {
    /// Pixels across and down.
    pub(super) const fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Puts another picture of the same size in its place.
    pub(super) fn write(&self, image: &ColorImage) {
        let extent = extent(self.size);
        let layout = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(extent.width.saturating_mul(4)),
            rows_per_image: Some(extent.height),
        };
        self.copier.queue.write_texture(self.texture.as_image_copy(), image.as_raw(), layout, extent);
    }

    /// Says where it lies from now on: of each corner its place in clip space and its texel.
    pub(super) fn place(&self, corners: [[f32; 4]; 4]) {
        let bytes: Vec<u8> = corners.iter().flatten().flat_map(|number| number.to_ne_bytes()).collect();
        self.copier.queue.write_buffer(&self.corners, 0, &bytes);
    }
}

fn extent([width, height]: [usize; 2]) -> wgpu::Extent3d {
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    wgpu::Extent3d { width: side(width), height: side(height), depth_or_array_layers: 1 }
}

/// Lays sheets down within egui's own pass.
pub(super) struct Lay(pub(super) Vec<Arc<Sheet>>);

impl CallbackTrait for Lay {
    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        _resources: &CallbackResources,
    ) {
        let Some(first) = self.0.first() else { return };
        pass.set_pipeline(&first.copier.pipeline);
        for sheet in &self.0 {
            pass.set_bind_group(0, &sheet.group, &[]);
            pass.draw(0..4, 0..1);
        }
    }
}

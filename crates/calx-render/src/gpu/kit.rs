//! Shader, layouts and pipelines of `window_voi`, made once for a device and shared by all that it draws.
//!
//! Not here: what is bound ([`super::slot`], [`super::texels`]).

use std::borrow::Cow;

use super::params::Variant;

/// Shader, layouts and pipelines.
#[derive(Debug)]
pub(crate) struct Kit {
    layout: wgpu::BindGroupLayout,
    pipeline_layout: wgpu::PipelineLayout,
    module: wgpu::ShaderModule,
    pipelines: Vec<(Variant, wgpu::RenderPipeline)>,
}

impl Kit {
    /// Makes shader and layouts.
    pub(crate) fn new(device: &wgpu::Device) -> Self {
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
        Self { layout, pipeline_layout, module, pipelines: Vec::new() }
    }

    pub(crate) const fn layout(&self) -> &wgpu::BindGroupLayout {
        &self.layout
    }

    /// The pipeline of a variant that was [added](Kit::add_pipeline).
    pub(crate) fn pipeline(&self, variant: Variant) -> Option<&wgpu::RenderPipeline> {
        self.pipelines.iter().find(|(made, _)| *made == variant).map(|(_, pipeline)| pipeline)
    }

    /// Makes the pipeline of a variant unless it is there.
    pub(crate) fn add_pipeline(&mut self, device: &wgpu::Device, variant: Variant) {
        if self.pipeline(variant).is_some() {
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
                targets: &[Some(variant.format.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        self.pipelines.push((variant, pipeline));
    }
}

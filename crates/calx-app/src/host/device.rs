//! Which adapter draws the window, and how a device that goes away is noticed.
//!
//! Invariants
//! - Both handlers are set on every device before the first command of ours: wgpu's own end the program.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::start::Graphics;
use crate::work::Wake;

/// What a device reported outside any call's result.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Fault>>);

#[derive(Debug, Default)]
struct Fault {
    lost: Option<String>,
    error: Option<String>,
}

impl Faults {
    /// Watches a device; `wake` draws again, so that somebody looks.
    pub fn watch(&self, device: &wgpu::Device, wake: &Wake) {
        let (errors, woken) = (self.clone(), wake.clone());
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            let text = one_line(&error.to_string());
            tracing::error!(text, "the graphics device reported an error");
            errors.slot().error.get_or_insert(text);
            woken.wake();
        }));
        let (lost, woken) = (self.clone(), wake.clone());
        device.set_device_lost_callback(move |reason, text| {
            let text = one_line(&format!("{reason:?}: {text}"));
            lost.slot().lost.get_or_insert(text);
            woken.wake();
        });
    }

    /// Why the device was lost, once it was.
    #[must_use]
    pub fn lost(&self) -> Option<String> {
        self.slot().lost.clone()
    }

    /// The first error since the last call.
    #[must_use]
    pub fn take_error(&self) -> Option<String> {
        self.slot().error.take()
    }

    fn slot(&self) -> MutexGuard<'_, Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The best of some adapters: hardware before software, Vulkan and its kin before GL; or software alone.
pub(super) fn best(
    adapters: &[wgpu::Adapter],
    graphics: Graphics,
    usable: impl Fn(&wgpu::Adapter) -> bool,
) -> Option<wgpu::Adapter> {
    let mut ranked: Vec<&wgpu::Adapter> = adapters.iter().filter(|adapter| usable(adapter)).collect();
    ranked.retain(|adapter| adapter.get_info().backend != wgpu::Backend::Noop);
    let is_software = |adapter: &wgpu::Adapter| adapter.get_info().device_type == wgpu::DeviceType::Cpu;
    ranked.retain(|adapter| graphics == Graphics::Best || is_software(adapter));
    ranked.sort_by_key(|adapter| {
        let info = adapter.get_info();
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => 0,
            wgpu::DeviceType::IntegratedGpu => 1,
            wgpu::DeviceType::VirtualGpu => 2,
            wgpu::DeviceType::Other => 3,
            wgpu::DeviceType::Cpu => 4,
        };
        (kind, info.backend == wgpu::Backend::Gl)
    });
    ranked.first().map(|adapter| (*adapter).clone())
}

/// The smallest limits there are, but the adapter's own texture sizes.
pub(super) fn descriptor(adapter: &wgpu::Adapter) -> wgpu::DeviceDescriptor<'static> {
    wgpu::DeviceDescriptor {
        label: Some("calx window"),
        required_limits: wgpu::Limits::downlevel_webgl2_defaults().using_resolution(adapter.limits()),
        ..Default::default()
    }
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

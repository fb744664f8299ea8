//! Finding an adapter and opening a device that reports its faults instead of ending the program.
//!
//! Invariant: both handlers are set before the first command, so wgpu's own, which panics, never runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::renderer::RenderError;

/// One adapter, for `calx doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterInfo {
    /// Its name.
    pub name: String,
    /// `vulkan`, `gl`, `metal`, `dx12`.
    pub backend: String,
    /// Driver name and version, as it says.
    pub driver: String,
    /// Whether it is hardware; software adapters are used on request only.
    pub is_hardware: bool,
    /// Largest side of a 2D texture.
    pub max_texture_side: u32,
}

impl AdapterInfo {
    fn of(adapter: &wgpu::Adapter) -> Self {
        let info = adapter.get_info();
        Self {
            is_hardware: is_hardware(&info),
            backend: info.backend.to_string(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            max_texture_side: adapter.limits().max_texture_dimension_2d,
            name: info.name,
        }
    }
}

/// All adapters there are, hardware first.
#[must_use]
pub fn adapters() -> Vec<AdapterInfo> {
    ranked().iter().map(AdapterInfo::of).collect()
}

/// Adapters from the best to the last resort: hardware before software, Vulkan and its kin before GL.
fn ranked() -> Vec<wgpu::Adapter> {
    let enumerate = |backends: wgpu::Backends| {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
        descriptor.backends &= backends;
        let instance = wgpu::Instance::new(descriptor);
        pollster::block_on(instance.enumerate_adapters(backends))
    };
    let mut found = enumerate(!wgpu::Backends::GL);
    let hardware = found.iter().any(|adapter| is_hardware(&adapter.get_info()));
    // GL is the last resort, and its libraries complain on stderr on machines without a display: it is
    // asked only where it can add something, a hardware driver without Vulkan or any driver at all.
    if !hardware && (found.is_empty() || has_kernel_driver()) {
        found.extend(enumerate(wgpu::Backends::GL));
    }
    found.retain(|adapter| adapter.get_info().backend != wgpu::Backend::Noop);
    found.sort_by_key(|adapter| {
        let info = adapter.get_info();
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => 0,
            wgpu::DeviceType::IntegratedGpu => 1,
            wgpu::DeviceType::VirtualGpu => 2,
            wgpu::DeviceType::Other => 3,
            wgpu::DeviceType::Cpu => 4,
        };
        (!is_hardware(&info), kind, info.backend == wgpu::Backend::Gl)
    });
    found
}

/// Whether the kernel has a driver for drawing; other systems than Linux are always asked. Opening Vulkan
/// on a server without one takes time, and its layers complain on stderr that no display is there.
fn has_kernel_driver() -> bool {
    const NODES: [&str; 6] =
        ["/dev/dri", "/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/mali0", "/dev/kgsl-3d0"];
    !cfg!(target_os = "linux") || NODES.iter().any(|node| std::path::Path::new(node).exists())
}

/// Software rasterisers call themselves CPU on Vulkan, and by their names on GL.
fn is_hardware(info: &wgpu::AdapterInfo) -> bool {
    let name = info.name.to_lowercase();
    let software = ["llvmpipe", "lavapipe", "softpipe", "swiftshader", "swrast", "basic render"];
    info.device_type != wgpu::DeviceType::Cpu && !software.iter().any(|s| name.contains(s))
}

/// What a device reported outside any call's result.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Lost(String),
    Error(String),
}

/// Where the handlers put it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<Option<Fault>>>);

impl Faults {
    fn slot(&self) -> MutexGuard<'_, Option<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the first fault; a lost device outranks the errors that follow from it.
    fn report(&self, fault: Fault) {
        let mut slot = self.slot();
        if slot.is_none() || matches!(fault, Fault::Lost(_)) {
            *slot = Some(fault);
        }
    }

    /// The fault since the last call, if any. A lost device stays lost.
    pub(crate) fn check(&self) -> Result<(), RenderError> {
        let mut slot = self.slot();
        match slot.take() {
            None => Ok(()),
            Some(Fault::Error(text)) => Err(RenderError::Device(text)),
            Some(Fault::Lost(text)) => {
                *slot = Some(Fault::Lost(text.clone()));
                Err(RenderError::DeviceLost(text))
            }
        }
    }
}

/// A device with its queue and its faults.
#[derive(Debug)]
pub(crate) struct OpenDevice {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) faults: Faults,
    pub(crate) adapter: AdapterInfo,
    pub(crate) is_gl: bool,
}

/// Opens the best adapter that gives a device.
///
/// # Errors
/// [`RenderError::NoAdapter`] when none qualifies, [`RenderError::NoDevice`] when the last one refused.
pub(crate) fn open(allow_software: bool) -> Result<OpenDevice, RenderError> {
    let mut refused = RenderError::NoAdapter;
    if !allow_software && !has_kernel_driver() {
        return Err(refused);
    }
    for adapter in ranked() {
        let info = AdapterInfo::of(&adapter);
        if !info.is_hardware && !allow_software {
            continue;
        }
        match pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("calx"),
            // The smallest limits there are, but the adapter's own texture sizes.
            required_limits: wgpu::Limits::downlevel_webgl2_defaults().using_resolution(adapter.limits()),
            ..Default::default()
        })) {
            Ok((device, queue)) => {
                let faults = Faults::default();
                let errors = faults.clone();
                device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
                    errors.report(Fault::Error(one_line(&error.to_string())));
                }));
                let lost = faults.clone();
                device.set_device_lost_callback(move |reason, text| {
                    if reason != wgpu::DeviceLostReason::Destroyed {
                        lost.report(Fault::Lost(one_line(&text)));
                    }
                });
                let is_gl = adapter.get_info().backend == wgpu::Backend::Gl;
                return Ok(OpenDevice { device, queue, faults, adapter: info, is_gl });
            }
            Err(error) => {
                tracing::warn!(adapter = %info.name, %error, "a graphics adapter gave no device");
                refused = RenderError::NoDevice { adapter: info.name, reason: one_line(&error.to_string()) };
            }
        }
    }
    Err(refused)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_device_stays_lost_and_an_error_is_told_once() {
        let faults = Faults::default();
        assert!(faults.check().is_ok());
        faults.report(Fault::Error("first".to_owned()));
        faults.report(Fault::Error("second".to_owned()));
        assert!(matches!(faults.check(), Err(RenderError::Device(text)) if text == "first"));
        assert!(faults.check().is_ok());
        faults.report(Fault::Error("x".to_owned()));
        faults.report(Fault::Lost("gone".to_owned()));
        assert!(matches!(faults.check(), Err(RenderError::DeviceLost(_))));
        assert!(matches!(faults.check(), Err(RenderError::DeviceLost(_))));
    }
}

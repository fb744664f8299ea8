//! Finding an adapter and opening a device that reports its faults instead of ending the program.
//!
//! Invariants
//! - Both handlers are set before the first command, so wgpu's own, which panics, never runs.
//! - There is one order of adapters, for pictures and for windows.

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
    /// Whether OpenGL draws, which has limits of its own.
    #[must_use]
    pub fn is_gl(&self) -> bool {
        self.backend == wgpu::Backend::Gl.to_string()
    }

    /// Of an adapter.
    #[must_use]
    pub fn of(adapter: &wgpu::Adapter) -> Self {
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

/// Which adapters may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AdapterChoice {
    /// Hardware alone.
    Hardware,
    /// Hardware before software.
    #[default]
    Any,
    /// Software alone: where the hardware failed.
    Software,
}

impl AdapterChoice {
    fn takes(self, info: &wgpu::AdapterInfo) -> bool {
        match self {
            Self::Any => true,
            Self::Hardware => is_hardware(info),
            Self::Software => !is_hardware(info),
        }
    }
}

/// All adapters there are, hardware first.
#[must_use]
pub fn adapters() -> Vec<AdapterInfo> {
    ranked(AdapterChoice::Any).iter().map(AdapterInfo::of).collect()
}

/// The best of some adapters: hardware before software, Vulkan and its kin before GL.
#[must_use]
pub fn best_adapter(
    adapters: &[wgpu::Adapter],
    choice: AdapterChoice,
    usable: impl Fn(&wgpu::Adapter) -> bool,
) -> Option<wgpu::Adapter> {
    let wanted = |adapter: &&wgpu::Adapter| is_wanted(adapter, choice) && usable(adapter);
    adapters.iter().filter(wanted).min_by_key(|adapter| rank(&adapter.get_info())).cloned()
}

/// The smallest limits there are, but the adapter's own texture sizes: weak drivers have no more.
#[must_use]
pub fn device_descriptor(adapter: &wgpu::Adapter) -> wgpu::DeviceDescriptor<'static> {
    wgpu::DeviceDescriptor {
        label: Some("calx"),
        required_limits: wgpu::Limits::downlevel_webgl2_defaults().using_resolution(adapter.limits()),
        ..Default::default()
    }
}

fn is_wanted(adapter: &wgpu::Adapter, choice: AdapterChoice) -> bool {
    let info = adapter.get_info();
    info.backend != wgpu::Backend::Noop && choice.takes(&info)
}

/// The lower, the better.
fn rank(info: &wgpu::AdapterInfo) -> (bool, u8, bool) {
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    };
    (!is_hardware(info), kind, info.backend == wgpu::Backend::Gl)
}

/// Adapters from the best to the last resort.
fn ranked(choice: AdapterChoice) -> Vec<wgpu::Adapter> {
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
    found.retain(|adapter| is_wanted(adapter, choice));
    found.sort_by_key(|adapter| rank(&adapter.get_info()));
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
pub(crate) fn is_hardware(info: &wgpu::AdapterInfo) -> bool {
    let name = info.name.to_lowercase();
    let software = ["llvmpipe", "lavapipe", "softpipe", "swiftshader", "swrast", "basic render"];
    info.device_type != wgpu::DeviceType::Cpu && !software.iter().any(|s| name.contains(s))
}

/// What a device reported outside any call's result.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Reported>>);

#[derive(Debug, Default)]
struct Reported {
    lost: Option<String>,
    error: Option<String>,
}

impl Faults {
    /// Watches a device; `wake` is called after each report, from any thread.
    pub fn watch(&self, device: &wgpu::Device, wake: impl Fn() + Send + Sync + 'static) {
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(wake);
        let (errors, woken) = (self.clone(), Arc::clone(&wake));
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            errors.error(one_line(&error.to_string()));
            woken();
        }));
        let lost = self.clone();
        device.set_device_lost_callback(move |reason, text| {
            lost.loss(one_line(&format!("{reason:?}: {text}")));
            wake();
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

    /// The fault since the last call, if any. A lost device stays lost, and outranks the errors that follow from it.
    pub(crate) fn check(&self) -> Result<(), RenderError> {
        if let Some(text) = self.lost() {
            return Err(RenderError::DeviceLost(text));
        }
        self.take_error().map_or(Ok(()), |text| Err(RenderError::Device(text)))
    }

    fn error(&self, text: String) {
        tracing::error!(text, "the graphics device reported an error");
        self.slot().error.get_or_insert(text);
    }

    fn loss(&self, text: String) {
        self.slot().lost.get_or_insert(text);
    }

    fn slot(&self) -> MutexGuard<'_, Reported> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A device with its queue and its faults.
#[derive(Debug, Clone)]
pub struct GpuDevice {
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// What it reported.
    pub faults: Faults,
    /// What it belongs to.
    pub adapter: AdapterInfo,
}

impl GpuDevice {
    /// A device that somebody else opened, watched from now on; `faults` gets what it reports, after which `wake` is
    /// called from any thread.
    #[must_use]
    pub fn adopt(
        adapter: &wgpu::Adapter,
        device: wgpu::Device,
        queue: wgpu::Queue,
        faults: Faults,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        faults.watch(&device, wake);
        Self { device, queue, faults, adapter: AdapterInfo::of(adapter) }
    }
}

/// Opens the best adapter that gives a device.
///
/// # Errors
/// [`RenderError::NoAdapter`] when none qualifies, [`RenderError::NoDevice`] when the last one refused.
pub fn open_device(
    choice: AdapterChoice,
    wake: impl Fn() + Clone + Send + Sync + 'static,
) -> Result<GpuDevice, RenderError> {
    let mut refused = RenderError::NoAdapter;
    if choice == AdapterChoice::Hardware && !has_kernel_driver() {
        return Err(refused);
    }
    for adapter in ranked(choice) {
        match pollster::block_on(adapter.request_device(&device_descriptor(&adapter))) {
            Ok((device, queue)) => {
                return Ok(GpuDevice::adopt(&adapter, device, queue, Faults::default(), wake));
            }
            Err(error) => {
                let name = adapter.get_info().name;
                tracing::warn!(adapter = %name, %error, "a graphics adapter gave no device");
                refused = RenderError::NoDevice { adapter: name, reason: one_line(&error.to_string()) };
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
        faults.error("first".to_owned());
        faults.error("second".to_owned());
        assert!(matches!(faults.check(), Err(RenderError::Device(text)) if text == "first"));
        assert!(faults.check().is_ok());
        faults.error("x".to_owned());
        faults.loss("gone".to_owned());
        assert!(matches!(faults.check(), Err(RenderError::DeviceLost(_))));
        assert!(matches!(faults.check(), Err(RenderError::DeviceLost(_))));
    }
}

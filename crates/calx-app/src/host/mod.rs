//! What runs the window's passes: a window of the system, or a loop without one.
//!
//! Not here: what a pass shows ([`crate::App`]).
//!
//! Invariants
//! - Both hosts give the same [`crate::App`] the same kind of input; what a script does offscreen a person can do
//!   in a window.

pub mod offscreen;
#[cfg(feature = "window")]
pub mod window;

/// Why a host cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// Nothing can draw.
    #[error("no graphics adapter can draw the window: {reason}")]
    NoAdapter {
        /// What was tried.
        reason: String,
    },
    /// There is no screen.
    #[error("no display can be opened: {reason}")]
    NoDisplay {
        /// What the system said.
        reason: String,
    },
    /// The device went away while it drew.
    #[error("the graphics device was lost: {reason}; what was marked and written is on disk")]
    DeviceLost {
        /// What it said.
        reason: String,
    },
    /// A picture was asked for where nothing draws.
    #[error("no picture can be taken: this run draws none")]
    NoPictures,
    /// The device refused.
    #[error("the graphics device reported an error: {0}; no picture was taken")]
    Device(String),
    /// The system gives no thread.
    #[error("the system gave no thread")]
    Thread(#[from] std::io::Error),
    /// Something else that the window's library says.
    #[error("the window could not be opened: {0}")]
    Window(String),
}

impl HostError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoAdapter { .. } => {
                "install a Vulkan or OpenGL driver (on Debian and Ubuntu: mesa-vulkan-drivers libvulkan1 libgl1-mesa-dri); every command works without a window, see calx --help"
            }
            Self::NoDisplay { .. } => {
                "start calx on a desktop, or set DISPLAY or WAYLAND_DISPLAY; every command works without a window, see calx --help, and scripts run with --offscreen"
            }
            Self::DeviceLost { .. } => "start calx again; when it happens again, update the graphics driver",
            Self::NoPictures | Self::Device(_) | Self::Thread(_) | Self::Window(_) => {
                "please report this with the command you ran"
            }
        }
    }
}

/// What a context needs before its first pass, whatever hosts it.
pub(crate) fn prepare(ctx: &egui::Context) {
    ctx.add_font_provider(std::sync::Arc::new(egui_system_font_provider::SystemFontProvider::new()));
}

pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

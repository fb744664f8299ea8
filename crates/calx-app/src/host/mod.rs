//! What runs the window's passes: a window of the system, or a loop without one.
//!
//! Not here: what a pass shows ([`crate::App`]).
//!
//! Invariants
//! - Both hosts give the same [`crate::App`] the same kind of input; what a script does offscreen a person can do
//!   in a window.

#[cfg(feature = "window")]
mod cued;
pub mod offscreen;
#[cfg(feature = "window")]
pub mod window;

#[cfg(feature = "window")]
pub use cued::Play;

/// Said by the window that took over from one whose graphics device was lost.
pub const LOST_NOTICE: &str = "The graphics device was lost; calx started again. Nothing you did is lost.";
/// The same where no hardware draws any more.
pub const LOST_NOTICE_SOFTWARE: &str = "The graphics device was lost; calx started again, drawn in software from now on. Nothing you did is lost.";

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

/// What asked for the last pass.
pub(crate) fn causes(ctx: &egui::Context) -> String {
    let place = |cause: &egui::RepaintCause| {
        let file = cause.file.rsplit(['/', '\\']).next().unwrap_or(cause.file);
        format!("{file}:{} {}", cause.line, cause.reason).trim_end().to_owned()
    };
    let mut causes: Vec<String> = ctx.repaint_causes().iter().map(place).collect();
    causes.dedup();
    causes.join(", ")
}

pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the window's library says, without the places in its source that it puts before.
#[cfg(feature = "window")]
pub(crate) fn plain(text: &str) -> String {
    let mut text = one_line(text);
    while let Some(start) = text.find("os error at ") {
        let rest = text.get(start..).unwrap_or_default();
        let Some(end) = rest.find(".rs:").and_then(|at| Some(at + rest.get(at..)?.find(": ")? + 2)) else {
            break;
        };
        text.replace_range(start..start + end, "");
    }
    text
}

#[cfg(all(test, feature = "window"))]
mod tests {
    use super::plain;

    #[test]
    fn no_place_in_a_source_is_told() {
        let told = "os error at /home/x/winit-0.30/src/platform_impl/linux/mod.rs:765: neither WAYLAND_DISPLAY nor \
                    WAYLAND_SOCKET nor DISPLAY is set.";
        let words = "neither WAYLAND_DISPLAY nor WAYLAND_SOCKET nor DISPLAY is set.";
        assert_eq!(plain(told), words);
        assert_eq!(plain(words), words);
        assert_eq!(plain("os error at once"), "os error at once");
    }
}

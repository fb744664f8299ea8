//! The workstation's screens, without a window.
//!
//! [`Shell::ui`] draws one pass into an [`egui::Ui`] and asks everything else of [`ShellServices`]: the case, the
//! picture of an image, and carrying out an [`calx_model::Edit`]. So the same screens run in a window, in an
//! offscreen loop and in tests.
//!
//! Where the window plugs in: a later step adds a host that owns the event loop and calls `shell.ui(ui, &mut services)`
//! from its frame callback (with eframe that is `App::ui`); its services hold the workspace, the renderer and the
//! writer of the case. Nothing here changes for it. The viewport's own drawing on the GPU then takes the place
//! of the texture of [`ShellServices::picture`].
//!
//! Not here: an event loop, files, rendering, saving, a rule of the domain.
//!
//! Invariants
//! - The case changes only through [`ShellServices::edit`]; what is selected is no part of the case.
//! - Every control has an accessible name; selection works by pointer and by keyboard focus alike.

mod selection;
mod services;
mod shell;

pub use selection::Selection;
pub use services::{PictureError, RgbaPicture, ShellServices};
pub use shell::Shell;

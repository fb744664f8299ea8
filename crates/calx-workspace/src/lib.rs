//! calx-workspace.

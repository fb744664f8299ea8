//! Integration tests of calx-workspace.

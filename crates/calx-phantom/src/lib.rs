//! calx-phantom.

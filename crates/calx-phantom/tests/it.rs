//! Tests of calx-phantom.

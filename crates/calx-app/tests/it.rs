//! The window without a screen: controls are found by their accessible names.
#![cfg(test)]

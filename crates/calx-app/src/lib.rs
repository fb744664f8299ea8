//! calx-app.

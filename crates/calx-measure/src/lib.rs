//! Numbers about what was marked: sizes and statistics of regions, and how complete a case is.
//!
//! [`measure_region`] turns a region, the scale of its image and the pixels under it into
//! [`calx_model::Measurement`]s; [`completeness`] holds a case against named, weighted rules.
//!
//! Not here: decoding, drawing, changing a case; agreement between readers and published scores come
//! with the measuring issue.
//!
//! Invariants
//! - A number in millimetres carries the basis of its scale; without a scale it is in pixels.
//! - Values are modality values of stored pixels, never what a window made of them; padding is left out.

mod calibrate;
mod checks;
mod completeness;
mod distribution;
mod profile;
mod rules;
mod sides;
mod size;
mod ultrasound;
mod values;

pub use calibrate::{CalibrateError, Calibration, calibrate};
pub use completeness::{Alert, Completeness, Missing, RuleOutcome, Severity, completeness, completeness_by};
pub use rules::{Rule, Rules, RulesError};
pub use size::measure_region;
pub use values::FrameValues;

//! Measuring and completeness against known answers.

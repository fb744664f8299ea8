//! Exports driven through the public door: one case with every kind of text, mark and study.

mod case;
mod page;

//! End-to-end tests: they drive the built program `calx` as a person or a script does.
//!
//! Here: that the parts are wired together: files go in, edits hold across processes, pictures, data and page come
//! out, nothing is lost when a process dies. Not here: the logic behind a command, which its own crate tests.
//!
//! Invariants
//! - Every run has a clean environment and a time limit, and none may end in exit 70, a signal or a hang.
//! - What cannot run here says `skipped: why`; where `CI` or `CALX_REQUIRED` is set, a missing part fails instead.
#![cfg(test)]

#[path = "e2e/annotations.rs"]
mod annotations;
#[path = "e2e/archive.rs"]
mod archive;
#[path = "e2e/damaged.rs"]
mod damaged;
#[path = "e2e/demo.rs"]
mod demo;
#[path = "e2e/display.rs"]
mod display;
#[path = "e2e/display_chain.rs"]
mod display_chain;
#[path = "e2e/driver.rs"]
mod driver;
#[path = "e2e/dry_run.rs"]
mod dry_run;
#[path = "e2e/exits.rs"]
mod exits;
#[path = "e2e/faults.rs"]
mod faults;
#[path = "e2e/hostile.rs"]
mod hostile;
#[path = "e2e/idempotence.rs"]
mod idempotence;
#[path = "e2e/import.rs"]
mod import;
#[path = "e2e/kill.rs"]
mod kill;
#[path = "e2e/measures.rs"]
mod measures;
#[path = "e2e/mutants.rs"]
mod mutants;
#[path = "e2e/oracle.rs"]
mod oracle;
#[path = "e2e/outputs.rs"]
mod outputs;
#[path = "e2e/page.rs"]
mod page;
#[path = "e2e/phantom.rs"]
mod phantom;
#[path = "e2e/presentation.rs"]
mod presentation;
#[path = "e2e/report.rs"]
mod report;
#[path = "e2e/restore.rs"]
mod restore;
#[path = "e2e/samples.rs"]
mod samples;
#[path = "e2e/story.rs"]
mod story;
#[path = "e2e/streams.rs"]
mod streams;
#[path = "e2e/through_gsps.rs"]
mod through_gsps;
#[path = "e2e/together.rs"]
mod together;
#[path = "e2e/window.rs"]
mod window;
#[path = "e2e/workers.rs"]
mod workers;

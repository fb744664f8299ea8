//! Integration tests of calx-workspace.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests stand outside test functions"
)]

#[path = "it/archives.rs"]
mod archives;
#[path = "it/bombs.rs"]
mod bombs;
#[path = "it/cases.rs"]
mod cases;
#[path = "it/dicomdir.rs"]
mod dicomdir;
#[path = "it/facts.rs"]
mod facts;
#[path = "it/forget.rs"]
mod forget;
#[path = "it/import_again.rs"]
mod import_again;
#[path = "it/import_edges.rs"]
mod import_edges;
#[path = "it/import_reference.rs"]
mod import_reference;
#[path = "it/import_run.rs"]
mod import_run;
#[path = "it/import_samples.rs"]
mod import_samples;
#[path = "it/journal.rs"]
mod journal;
#[path = "it/migrate.rs"]
mod migrate;
#[path = "it/pages.rs"]
mod pages;
#[path = "it/playlists.rs"]
mod playlists;
#[path = "it/read_only.rs"]
mod read_only;
#[path = "it/rebuild.rs"]
mod rebuild;
#[path = "it/repair.rs"]
mod repair;
#[path = "it/resolve.rs"]
mod resolve;
#[path = "it/restore.rs"]
mod restore;
#[path = "it/search.rs"]
mod search;
#[path = "it/snapshot.rs"]
mod snapshot;
#[path = "it/studies.rs"]
mod studies;
#[path = "it/support.rs"]
mod support;
#[path = "it/whole.rs"]
mod whole;

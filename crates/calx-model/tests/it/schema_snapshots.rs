//! The JSON schemas of what is stored. A change here is a promise broken to old files: it needs a new version, one
//! upgrade function and a fixture of the old form. `CALX_BLESS=1` rewrites the files.

use std::path::Path;

use calx_model::{Case, CaseFile, Edit, JournalRow, Playlist, PlaylistEdit, Schema};
use schemars::{JsonSchema, schema_for};

fn check_schema<T: JsonSchema>(name: &str) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(format!("{name}.schema.json"));
    let mut text = serde_json::to_string_pretty(&schema_for!(T)).unwrap();
    text.push('\n');
    if std::env::var_os("CALX_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    let difference = stored.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert!(
        stored == text,
        "the schema of {name} is not the stored one; first difference: {difference:?}. A change needs a new version; \
         CALX_BLESS=1 rewrites the snapshot"
    );
}

#[test]
fn the_case() {
    check_schema::<Case>("case");
    check_schema::<CaseFile>("case-file");
}

#[test]
fn the_edit() {
    check_schema::<Edit>("edit");
}

#[test]
fn the_journal_row() {
    check_schema::<JournalRow>("journal-row");
}

#[test]
fn playlists_and_label_schemas() {
    check_schema::<Playlist>("playlist");
    check_schema::<PlaylistEdit>("playlist-edit");
    check_schema::<Schema>("label-schema");
}

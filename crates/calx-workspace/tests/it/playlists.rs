//! Playlists on disk.

use calx_model::{PlayOrder, PlaylistEdit};
use calx_workspace::WorkspaceError;
use uuid::Uuid;

use crate::support::{Fresh, stamp};

#[test]
fn a_playlist_is_made_once_changed_and_read_back() {
    let fresh = Fresh::new();
    let id = Uuid::from_u128(5).into();
    let case = Uuid::from_u128(6).into();
    let mut writer = fresh.workspace.create_playlist(id, "Hands", PlayOrder::Listed, stamp(0)).unwrap();
    writer.append(case, stamp(1)).unwrap();
    writer.append(case, stamp(2)).unwrap();
    let locked = fresh.again().write_playlist(id).unwrap_err();
    assert!(matches!(locked, WorkspaceError::LockedBy { what: "playlist", .. }));
    let refused = writer.commit(PlaylistEdit::AddCase { index: 0, case }, stamp(3));
    assert!(matches!(refused, Err(WorkspaceError::Playlist(_))));
    drop(writer);
    let again = fresh.workspace.create_playlist(id, "Hands", PlayOrder::Listed, stamp(4)).unwrap();
    assert_eq!(again.playlist().cases, [case]);
    drop(again);
    let other = fresh.workspace.create_playlist(id, "Feet", PlayOrder::Listed, stamp(4));
    assert!(matches!(other, Err(WorkspaceError::IdTaken { what: "playlist", .. })));
    let rows = fresh.again().playlists().unwrap();
    assert_eq!((rows.len(), rows[0].revision, rows[0].playlist.cases.len()), (1, 2, 1));
}

#[test]
fn a_torn_last_row_is_cut() {
    let fresh = Fresh::new();
    let id = Uuid::from_u128(5).into();
    let mut writer = fresh.workspace.create_playlist(id, "Hands", PlayOrder::Listed, stamp(0)).unwrap();
    writer.append(Uuid::from_u128(6).into(), stamp(1)).unwrap();
    drop(writer);
    let path = fresh.workspace.root().join("playlists").join(format!("{}.jsonl", Uuid::from_u128(5)));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    assert_eq!(fresh.workspace.read_playlist(id).unwrap().revision, 1);
    let writer = fresh.workspace.write_playlist(id).unwrap();
    assert!(writer.playlist().cases.is_empty());
}

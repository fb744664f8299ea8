//! `calx playlist new|add|rm`.

use calx_model::{PlayOrder, PlaylistEdit, PlaylistId};
use calx_workspace::{PlaylistRow, Workspace};
use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, Outcome};
use crate::out::Out;
use crate::session::{self, workspace_failure};

/// Cases in an order.
#[derive(Debug, Subcommand)]
pub(crate) enum PlaylistCommand {
    /// Begin a playlist
    New {
        /// As shown
        title: String,
        /// Shuffle anew for each player
        #[arg(long)]
        shuffled: bool,
        /// Id to give it; the same id with the same title changes nothing
        #[arg(long, value_name = "UUID")]
        id: Option<Uuid>,
    },
    /// Put cases at the end
    Add {
        /// Number or id of the playlist
        playlist: String,
        #[arg(required = true)]
        cases: Vec<String>,
    },
    /// Take a case out
    Rm { playlist: String, case: String },
}

pub(crate) fn run(command: &PlaylistCommand, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    if global.dry_run {
        out.note("dry run: nothing was changed");
        return Ok(Exit::Done);
    }
    match command {
        PlaylistCommand::New { title, shuffled, id } => {
            let id = PlaylistId(session::id_or_new(*id));
            let order = if *shuffled { PlayOrder::Shuffled } else { PlayOrder::Listed };
            let stamp = session::stamp(global, "playlist new");
            workspace.create_playlist(id, title, order, stamp).map_err(workspace_failure)?;
            say(out, "playlist", &[(id.0, "made")])?;
        }
        PlaylistCommand::Add { playlist, cases } => {
            let found = find(&workspace, playlist)?;
            let mut writer = workspace.write_playlist(found.playlist.id).map_err(workspace_failure)?;
            let mut told = Vec::with_capacity(cases.len());
            let ids = cases.iter().map(|c| workspace.find_case(c)).collect::<Result<Vec<_>, _>>();
            for id in ids.map_err(workspace_failure)? {
                if writer.playlist().cases.contains(&id) {
                    told.push((id.0, "unchanged"));
                    continue;
                }
                writer.append(id, session::stamp(global, "playlist add")).map_err(workspace_failure)?;
                told.push((id.0, "made"));
            }
            say(out, "case", &told)?;
        }
        PlaylistCommand::Rm { playlist, case } => {
            let found = find(&workspace, playlist)?;
            let id = workspace.find_case(case).map_err(workspace_failure)?;
            let mut writer = workspace.write_playlist(found.playlist.id).map_err(workspace_failure)?;
            let stamp = session::stamp(global, "playlist rm");
            writer.commit(PlaylistEdit::RemoveCase { case: id }, stamp).map_err(workspace_failure)?;
            say(out, "case", &[(id.0, "removed")])?;
        }
    }
    Ok(Exit::Done)
}

/// Says what is there now; the journal is written by then.
fn say(out: &Out, kind: &str, things: &[(Uuid, &str)]) -> Result<(), Failure> {
    if out.format() == Format::Table {
        return things.iter().try_for_each(|(id, state)| out.line(format!("{kind} {id} {state}")));
    }
    let items: Vec<_> =
        things.iter().map(|(id, state)| json!({"kind": kind, "id": id, "state": state})).collect();
    match items.as_slice() {
        [one] => out.json_line(&json!({
            "schema": "calx.edited/1", "kind": one["kind"], "id": one["id"], "state": one["state"],
        })),
        _ => out.json_line(&json!({"schema": "calx.edited_list/1", "items": items})),
    }
}

/// By its place in `calx ls playlists`, from 1, or by id.
fn find(workspace: &Workspace, typed: &str) -> Result<PlaylistRow, Failure> {
    let rows = workspace.playlists().map_err(workspace_failure)?;
    let by_number = typed.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).and_then(|at| rows.get(at));
    let wanted = typed.strip_prefix("id:").unwrap_or(typed).to_ascii_lowercase().replace('-', "");
    let mut by_id = rows
        .iter()
        .filter(|r| wanted.len() >= 6 && r.playlist.id.0.simple().to_string().starts_with(&wanted));
    match (by_number, by_id.next(), by_id.next()) {
        (Some(row), ..) | (None, Some(row), None) => Ok(row.clone()),
        _ => Err(Failure::say(Exit::NotFound, format!("there is no single playlist {typed}"))
            .hint("calx ls playlists")),
    }
}

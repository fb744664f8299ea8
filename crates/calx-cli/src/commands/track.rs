//! `calx track add|set|rm`.

use calx_model::{Edit, Track, TrackId, TrackingUid};
use clap::Subcommand;
use uuid::Uuid;

use crate::args::Global;
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::Out;
use crate::place;
use crate::session::{self, State, Writing};

/// Lesions and vessels over several images.
#[derive(Debug, Subcommand)]
pub(crate) enum TrackCommand {
    /// Add a track; regions join it with `calx region add --track` or `region set --track`
    Add {
        /// Number or id of the case
        case: String,
        /// As a person calls it, as "right radial artery"
        name: String,
        /// Id to give it; the same id with equal content changes nothing
        #[arg(long, value_name = "UUID")]
        id: Option<Uuid>,
    },
    /// Give a track a new name
    Set { case: String, track: String, name: String },
    /// Remove a track no region belongs to
    Rm { case: String, track: String },
}

pub(crate) fn run(command: &TrackCommand, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    match command {
        TrackCommand::Add { case, name, id } => {
            let mut writing = Writing::open(&workspace, case, "track add", global, out)?;
            let id = TrackId(session::id_or_new(*id));
            if let Some(found) = writing.case().tracks.iter().find(|t| t.id == id) {
                if found.name != *name {
                    return Err(session::taken("track", id.0));
                }
                return writing.say("track", None, id.0, State::Unchanged);
            }
            let length = writing.case().tracks.len();
            let track = Track { id, tracking_uid: tracking_uid(id)?, name: name.clone() };
            writing.commit(Edit::AddTrack { index: u32::try_from(length).unwrap_or(u32::MAX), track })?;
            writing.say("track", Some((length + 1).to_string()), id.0, State::Made)
        }
        TrackCommand::Set { case, track, name } => {
            let mut writing = Writing::open(&workspace, case, "track set", global, out)?;
            let id = place::track(writing.case(), track)?;
            writing.commit(Edit::SetTrack { track: id, name: name.clone() })?;
            writing.say("track", None, id.0, State::Changed)
        }
        TrackCommand::Rm { case, track } => {
            let mut writing = Writing::open(&workspace, case, "track rm", global, out)?;
            let id = place::track(writing.case(), track)?;
            writing.commit(Edit::RemoveTrack { track: id })?;
            writing.say("track", None, id.0, State::Removed)
        }
    }
}

/// A UUID as a UID (PS3.5 B.2).
pub(crate) fn tracking_uid(id: TrackId) -> Result<TrackingUid, Failure> {
    TrackingUid::new(&format!("2.25.{}", id.0.as_u128())).or_exit(Exit::Bug)
}

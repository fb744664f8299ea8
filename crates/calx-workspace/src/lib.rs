//! A workspace on disk: objects, catalogue, import, case journals, locks.
//!
//! Not here: what DICOM means (`calx-dicom`), what a case is (`calx-model`), printing, drawing.
//!
//! Invariants, and where each is kept
//! - What is acknowledged is on disk: objects first, then the catalogue row, then the event
//!   ([`import`]); a journal row before its edit counts ([`case_writer`]).
//! - Nothing is replaced in silence: new names never overwrite old ones ([`durable`]).
//! - The journal is the truth of a case; a torn last line is cut and told, anything else wrong in it is
//!   an error (`jsonl`).
//! - One writer per case, through a lock that dies with its process (`lock`).
//! - The catalogue is an index: it comes back from `objects/` ([`Workspace::rebuild_catalogue`]).
//! - Every write to the catalogue goes through one method, which takes a transaction (`catalogue`).

mod about_images;
pub mod add_study;
mod carried;
pub mod case_facts;
pub mod case_list;
pub mod case_writer;
mod catalogue;
pub mod durable;
pub mod error;
mod file_rows;
mod forget;
mod gc;
pub mod import;
mod jsonl;
mod lock;
mod lookup;
mod network;
mod objects;
mod page;
mod path_bytes;
pub mod playlists;
mod query;
mod read_only;
mod rebuild;
mod refile;
mod repair;
mod resolutions;
mod resolve;
pub mod restore;
pub mod rows;
mod search;
mod search_index;
mod search_words;
mod tables;
mod thumbnails;
mod traces;
mod verify;
pub mod workspace;

pub use add_study::{AddStudy, LeftOut, StudyProposal};
pub use case_facts::{CaseFacts, ReadCounts};
pub use case_list::CaseRow;
pub use case_writer::{CaseWriter, Recovery};
pub use error::{ErrorClass, WorkspaceError};
pub use forget::{ForgetPlan, Forgotten};
pub use gc::GcReport;
pub use import::{
    ArchiveLimits, Counts, FileOutcome, FileStatus, ImportError, ImportEvent, ImportMode, ImportOptions,
    ImportSummary, OnDuplicate, RunPlan,
};
pub use lookup::Found;
pub use page::{Direction, Page, PageKey, StudyOrder};
pub use playlists::{PlaylistRow, PlaylistWriter};
pub use rebuild::RebuildReport;
pub use repair::{Fault, RepairReport, Torn};
pub use resolutions::Resolution;
pub use resolve::{Bytes, Candidate, Choice, Conflict, Resolved, ShownIn};
pub use restore::{CaseFound, CasesFound, Restored};
pub use rows::{CaseHit, InstanceRow, IssueRow, PatientRow, RunRow, SeriesRow, StudyRow, Totals};
pub use search::SearchQuery;
pub use verify::{LeftoverKind, VerifyOptions, VerifyReport};
pub use workspace::{InitOptions, Settings, Workspace};

//! The case in hand: session and saving, findings beside the image, the case as a document.

pub mod checked;
pub mod chips;
mod drafts;
mod findings;
pub mod history;
mod link;
pub mod place;
mod preview;
pub mod reads;
pub mod regions;
mod screen;
pub mod session;

pub use drafts::{Drafts, Field, commit_all, commit_due, let_go};
pub use findings::panel as findings;
pub(crate) use preview::as_read;
pub use screen::ui as screen;

use std::collections::BTreeSet;

use calx_model::{FindingId, ReadResult, ReadState, RegionId};

use crate::commands::{Command, Scope};
use crate::seams::WhyNot;
use crate::state::{AppState, may_edit};

/// Commands of the case.
pub const COMMANDS: &[Command] = &[
    Command {
        id: "case.link",
        name: "Link to the statement in hand",
        tip: "The selected regions become evidence of the statement; words selected in it become the link",
        menu: "Reading",
        keys: &["Ctrl+L"],
        scope: Scope::Viewer,
        when: may_link,
        run: |state, _| {
            if let Some(statement) = state.selection.statement {
                link::selected(state, statement);
            }
        },
    },
    Command {
        id: "case.link-image",
        name: "Link the image to the statement in hand",
        tip: "For what was looked for in the whole image, and not seen",
        menu: "Reading",
        keys: &[],
        scope: Scope::Viewer,
        when: has_statement,
        run: |state, _| {
            if let Some(statement) = state.selection.statement {
                link::image_shown(state, statement);
            }
        },
    },
    Command {
        id: "case.add-finding",
        name: "Add a finding",
        tip: "A group of statements about the study shown, with a first statement to be written",
        menu: "Reading",
        keys: &["Ctrl+Shift+F"],
        scope: Scope::Everywhere,
        when: may_edit,
        run: |state, _| link::add_finding(state),
    },
    Command {
        id: "case.add-statement",
        name: "Add a statement",
        tip: "To the finding of the statement in hand, else to the last one",
        menu: "Reading",
        keys: &["Ctrl+Shift+S"],
        scope: Scope::Everywhere,
        when: has_finding,
        run: |state, _| {
            if let Some(finding) = finding_in_hand(state) {
                link::add_statement(state, finding);
            }
        },
    },
    Command {
        id: "case.delete-statement",
        name: "Delete the statement in hand",
        tip: "With its links; regions stay",
        menu: "Reading",
        keys: &[],
        scope: Scope::Everywhere,
        when: has_statement,
        run: |state, _| {
            if let Some(statement) = state.selection.statement {
                link::delete_statement(state, statement);
            }
        },
    },
    Command {
        id: "region.hide",
        name: "Hide or show the selected regions",
        tip: "Hidden regions are not drawn; they stay in the list",
        menu: "Region",
        keys: &["Shift+X"],
        scope: Scope::Viewer,
        when: has_regions,
        run: |state, _| flip(&state.selection.regions, &mut state.selection.hidden),
    },
    Command {
        id: "region.show-all",
        name: "Show all regions",
        tip: "Draws those again that were hidden",
        menu: "Region",
        keys: &[],
        scope: Scope::Viewer,
        when: |state| if state.selection.hidden.is_empty() { Err("none is hidden") } else { Ok(()) },
        run: |state, _| state.selection.hidden.clear(),
    },
    Command {
        id: "region.lock",
        name: "Lock or unlock the selected regions",
        tip: "No gesture changes a locked region",
        menu: "Region",
        keys: &["Shift+K"],
        scope: Scope::Viewer,
        when: has_regions,
        run: |state, _| flip(&state.selection.regions, &mut state.selection.locked),
    },
    Command {
        id: "image.unread",
        name: "Image: unread",
        tip: "Nobody looked at the image yet",
        menu: "Reading",
        keys: &["Alt+1"],
        scope: Scope::Viewer,
        when: reads::may_set,
        run: |state, _| reads::set(state, ReadState::Unread),
    },
    Command {
        id: "image.in-progress",
        name: "Image: in progress",
        tip: "The image is being read",
        menu: "Reading",
        keys: &["Alt+2"],
        scope: Scope::Viewer,
        when: reads::may_set,
        run: |state, _| reads::set(state, ReadState::InProgress),
    },
    Command {
        id: "image.none-seen",
        name: "Image: read, none seen",
        tip: "It was looked for in the image and not seen",
        menu: "Reading",
        keys: &["Alt+3"],
        scope: Scope::Viewer,
        when: reads::may_set,
        run: |state, _| reads::set(state, ReadState::Done { result: ReadResult::NoneSeen }),
    },
    Command {
        id: "image.not-assessable",
        name: "Image: not assessable",
        tip: "The image cannot be judged",
        menu: "Reading",
        keys: &["Alt+4"],
        scope: Scope::Viewer,
        when: reads::may_set,
        run: |state, _| reads::set(state, ReadState::Done { result: ReadResult::NotAssessable }),
    },
    Command {
        id: "image.excluded",
        name: "Image: excluded",
        tip: "The image is left out of the reading",
        menu: "Reading",
        keys: &["Alt+5"],
        scope: Scope::Viewer,
        when: reads::may_set,
        run: |state, _| reads::set(state, ReadState::Excluded { why: "left out by the reader".to_owned() }),
    },
    Command {
        id: "case.done-next",
        name: "Done, next",
        tip: "Calls the image read, marked or none seen, and shows the next that is not; then the next row of the library",
        menu: "Reading",
        keys: &["Ctrl+Enter"],
        scope: Scope::Viewer,
        when: reads::may_set,
        run: |state, _| {
            commit_all(state);
            if !reads::done_and_next(state) {
                crate::library::open_next(state, 1);
            }
        },
    },
];

fn has_statement(state: &AppState) -> Result<(), WhyNot> {
    may_edit(state)?;
    if state.selection.statement.is_some() { Ok(()) } else { Err("take a statement in hand first: click it") }
}

fn has_regions(state: &AppState) -> Result<(), WhyNot> {
    if state.selection.regions.is_empty() { Err("select a region first") } else { Ok(()) }
}

/// Takes all into a set, or out of it when all are in.
fn flip(regions: &BTreeSet<RegionId>, set: &mut BTreeSet<RegionId>) {
    if regions.is_subset(set) {
        set.retain(|region| !regions.contains(region));
    } else {
        set.extend(regions);
    }
}

fn may_link(state: &AppState) -> Result<(), WhyNot> {
    has_statement(state)?;
    has_regions(state)
}

fn has_finding(state: &AppState) -> Result<(), WhyNot> {
    may_edit(state)?;
    if finding_in_hand(state).is_some() { Ok(()) } else { Err("add a finding first") }
}

/// The finding of the statement in hand, else the last one.
fn finding_in_hand(state: &AppState) -> Option<FindingId> {
    let case = state.case()?;
    let of_statement = state.selection.statement.and_then(|id| {
        case.statements().find(|(_, statement)| statement.id == id).map(|(finding, _)| finding.id)
    });
    of_statement.or(case.findings.last().map(|finding| finding.id))
}

/// Adds a statement to a finding, to be written.
fn add_statement_to(state: &mut AppState, finding: FindingId) {
    link::add_statement(state, finding);
}

//! Ties between statements and what they rest on, as a person asks for them.
//!
//! Not here: what a tie is ([`calx_model::Evidence`]).
//!
//! Invariants
//! - Each is one step of undo, also when several regions are linked at once.

use calx_model::{
    Edit, EvidenceId, Finding, FindingId, Presence, RegionId, Scope, Statement, StatementField, StatementId,
    Target,
};
use uuid::Uuid;

use super::chips;
use super::drafts::{Field, commit_all};
use crate::state::AppState;

/// Links the selected regions to a statement; words selected in it become the link of the first.
pub(super) fn selected(state: &mut AppState, statement: StatementId) {
    // Selected words are places in the text as it was typed.
    commit_all(state);
    let words = state.drafts.selected.take().filter(|(of, _)| *of == statement).map(|(_, range)| range);
    let Some(case) = state.case() else { return };
    let Some(found) = case.statement(statement) else { return };
    let in_order =
        case.regions.iter().map(|region| region.id).filter(|id| state.selection.regions.contains(id));
    let regions: Vec<RegionId> = in_order.collect();
    let mut edits = Vec::new();
    let mut first = None;
    for region in regions {
        let target = Target::Region { region };
        let known =
            found.evidence.iter().find(|evidence| evidence.target == target).map(|evidence| evidence.id);
        let id = known.unwrap_or_else(|| EvidenceId(Uuid::new_v4()));
        first = first.or(Some(id));
        if known.is_some() {
            continue;
        }
        match case.link(statement, id, target, None) {
            Ok(Edit::AddEvidence { statement, index, evidence }) => {
                // Each is made for the case as it is: later ones stand behind those before.
                let index = index + u32::try_from(edits.len()).unwrap_or(0);
                edits.push(Edit::AddEvidence { statement, index, evidence });
            }
            Ok(other) => edits.push(other),
            Err(error) => {
                state.toasts.say(error.to_string());
                return;
            }
        }
    }
    let mut refused = None;
    if let (Some(range), Some(id)) = (words, first) {
        let range = chips::whole_words(&found.text.words(), &range);
        match chips::with_link(&found.text, &range, id) {
            Some(text) => {
                edits.push(Edit::SetStatement { statement, field: StatementField::Text(text) });
            }
            None => refused = Some("These words are linked already; the region is linked to the statement"),
        }
    }
    if edits.is_empty() {
        let words = "The statement rests on this already; with words of it selected they become the link";
        state.toasts.say(refused.unwrap_or(words));
        return;
    }
    if state.apply(Edit::Batch { edits }, "evidence link") {
        state.selection.statement = Some(statement);
        if let Some(words) = refused {
            state.toasts.say(words);
        }
    }
}

/// Links the image that is shown.
pub(super) fn image_shown(state: &mut AppState, statement: StatementId) {
    let Some(image) = state.selection.image else {
        state.toasts.say("No image is shown");
        return;
    };
    let target = Target::Image { image, frames: Vec::new() };
    let Some(case) = state.case() else { return };
    match case.link(statement, EvidenceId(Uuid::new_v4()), target, None) {
        Ok(edit) => {
            state.apply(edit, "evidence link");
        }
        Err(error) => state.toasts.say(error.to_string()),
    }
}

/// Cuts a tie; words stay.
pub(super) fn cut(state: &mut AppState, evidence: EvidenceId) {
    commit_all(state);
    match state.case().map(|case| case.unlink(evidence)) {
        Some(Ok(edit)) => {
            state.apply(edit, "evidence unlink");
        }
        Some(Err(error)) => state.toasts.say(error.to_string()),
        None => {}
    }
}

/// Deletes a statement with its ties.
pub(super) fn delete_statement(state: &mut AppState, statement: StatementId) {
    commit_all(state);
    let Some(made) = state.case().map(|case| case.delete_statement(statement)) else { return };
    let is_done = match made {
        Ok(edit) => state.apply(edit, "statement rm"),
        Err(error) => {
            state.toasts.say(error.to_string());
            false
        }
    };
    if is_done {
        state.toasts.say("Deleted the statement; undo brings it back");
    }
}

/// Adds a finding about the study that is shown, with a statement to be written.
pub(super) fn add_finding(state: &mut AppState) {
    commit_all(state);
    let Some(case) = state.case() else { return };
    let Some(statement) = new_statement(state) else { return };
    let study = state.selection.image.and_then(|image| case.study_of(image)).or(case.studies.first());
    let scope = study.map_or(Scope::Case, |study| Scope::Study { study: study.id });
    let index = u32::try_from(case.findings.len()).unwrap_or(u32::MAX);
    let id = statement.id;
    let finding = Finding { id: FindingId(Uuid::new_v4()), scope, statements: vec![statement] };
    if state.apply(Edit::AddFinding { index, finding: Box::new(finding) }, "finding add") {
        begin(state, id);
    }
}

/// Adds a statement to a finding, to be written.
pub(super) fn add_statement(state: &mut AppState, finding: FindingId) {
    commit_all(state);
    let Some(length) =
        state.case().and_then(|case| case.finding(finding)).map(|found| found.statements.len())
    else {
        return;
    };
    let Some(statement) = new_statement(state) else { return };
    let (id, index) = (statement.id, u32::try_from(length).unwrap_or(u32::MAX));
    let edit = Edit::AddStatement { finding, index, statement: Box::new(statement) };
    if state.apply(edit, "statement add") {
        begin(state, id);
    }
}

fn new_statement(state: &AppState) -> Option<Statement> {
    let reading = state.case()?.current_reading()?.id;
    Some(Statement {
        id: StatementId(Uuid::new_v4()),
        text: calx_model::RichText::default(),
        presence: Presence::Present,
        code: None,
        sites: Vec::new(),
        certainty: None,
        compared_to: None,
        evidence: Vec::new(),
        reading,
    })
}

/// Takes a new statement in hand and puts the cursor into its words. Selected regions stay: they may be linked next.
fn begin(state: &mut AppState, statement: StatementId) {
    state.selection.statement = Some(statement);
    state.drafts.focus = Some(Field::Statement(statement));
}

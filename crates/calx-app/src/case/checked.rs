//! What is said of a case as it is now: completeness, and one measure a region. Worked out once for each revision.

use std::collections::BTreeMap;
use std::sync::Arc;

use calx_export::{mark_label, shown_number};
use calx_measure::{Completeness, Missing, completeness};
use calx_model::{Case, CaseId, RegionId, Schema};

use crate::state::AppState;

/// What is said of a case at a revision.
#[derive(Debug)]
pub struct Checked {
    case: CaseId,
    revision: u64,
    /// How complete it is.
    pub completeness: Completeness,
    /// Label and measure of each region: `calcified stretch 23.4 mm at detector`.
    pub marks: BTreeMap<RegionId, String>,
    /// What is missing, by place: `statement 2.1`, `region 3`.
    missing: BTreeMap<String, Missing>,
}

impl Checked {
    /// What is missing at a place: `statement 2.1`, `region 3`.
    #[must_use]
    pub fn missing(&self, place: &str) -> Option<&Missing> {
        self.missing.get(place)
    }
}

/// What is said of the case in hand.
pub fn of(state: &mut AppState) -> Option<Arc<Checked>> {
    let session = state.session.as_deref()?;
    let case = session.case();
    let is_of_now = |checked: &&Arc<Checked>| checked.case == case.id && checked.revision == case.revision;
    if let Some(checked) = state.drafts.checked.as_ref().filter(is_of_now) {
        return Some(Arc::clone(checked));
    }
    let checked = Arc::new(check(case, session.schema()));
    state.drafts.checked = Some(Arc::clone(&checked));
    Some(checked)
}

fn check(case: &Case, schema: &Schema) -> Checked {
    let completeness = completeness(case, schema);
    let mut missing = BTreeMap::new();
    // Links alone: what else is missing stands on the case screen.
    for rule in completeness.rules.iter().filter(|rule| matches!(rule.name.as_str(), "evidence" | "regions"))
    {
        missing.extend(rule.missing.iter().map(|found| (found.place.clone(), found.clone())));
    }
    let mark = |(index, region): (usize, &calx_model::Region)| {
        let words = mark_label(case, region);
        // The number is drawn beside the words: no font of the window has circled digits.
        let words = words.strip_prefix(&shown_number(index + 1)).unwrap_or(&words).trim().to_owned();
        (region.id, words)
    };
    let marks = case.regions.iter().enumerate().map(mark).collect();
    Checked { case: case.id, revision: case.revision, completeness, marks, missing }
}

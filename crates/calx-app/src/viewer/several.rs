//! What is done to regions as wholes: merge, subtract, copies, choosing all.
//!
//! Not here: shapes and what merging makes of them (`calx-model`, `calx-tools`), the system's clipboard, which
//! [`super::ui`] fills from [`super::state::Viewer::to_clipboard`].
//!
//! Invariants
//! - Of several selected regions the first is the one that was selected first, not the one with the lowest number.
//! - What cannot be done changes nothing and says why with the numbers that are shown.

use std::collections::BTreeSet;

use calx_model::{Case, Edit, EditError, Region, RegionField, RegionId, Shape, ShapeKind};
use calx_tools::{duplicate, paste};
use serde::{Deserialize, Serialize};

use super::toolbox::{self, select};
use crate::commands::Arg;
use crate::seams::WhyNot;
use crate::state::{AppState, may_edit};

/// What copied regions are called on the clipboard.
const SCHEMA: &str = "calx.regions/1";

/// Regions as text, for the clipboard.
#[derive(Debug, Serialize, Deserialize)]
struct Copied {
    schema: String,
    regions: Vec<Region>,
}

/// The selected regions in the order in which they came to be selected; of several at once by their number in `all`.
pub(crate) fn in_order(
    before: &[RegionId],
    selected: &BTreeSet<RegionId>,
    all: impl Iterator<Item = RegionId>,
) -> Vec<RegionId> {
    let kept = before.iter().copied().filter(|id| selected.contains(id));
    kept.chain(all.filter(|id| selected.contains(id) && !before.contains(id))).collect()
}

/// Two regions are selected and may be changed.
///
/// # Errors
/// Why not.
pub(crate) fn has_several(state: &AppState) -> Result<(), WhyNot> {
    may_edit(state)?;
    if state.selection.regions.len() > 1 {
        Ok(())
    } else {
        Err("select two or more regions of one image first")
    }
}

/// Joins what is selected into the region that was selected first.
pub(crate) fn merge(state: &mut AppState) {
    let Some((first, rest)) = together(state, "merged") else { return };
    let all: Vec<RegionId> = std::iter::once(first).chain(rest).collect();
    let made = state.case().map(|case| case.merge_regions(&all));
    if carry_out(state, made, &all, "merge") {
        select(state, &[first]);
        let number = number(state, first);
        state.toasts.say(format!("{} regions are one now: region {number}", all.len()));
    }
}

/// Takes what was selected later out of the region that was selected first.
pub(crate) fn subtract(state: &mut AppState) {
    let Some((first, rest)) = together(state, "subtracted") else { return };
    let all: Vec<RegionId> = std::iter::once(first).chain(rest.iter().copied()).collect();
    let made = state.case().map(|case| case.subtract_regions(&all));
    if carry_out(state, made, &all, "subtract") {
        select(state, &[first]);
        let taken: Vec<String> = rest.iter().map(|id| number(state, *id)).collect();
        state.toasts.say(format!("Taken out of region {}: {}", number(state, first), taken.join(", ")));
    }
}

fn number(state: &AppState, region: RegionId) -> String {
    state.case().and_then(|case| case.region_number(region)).unwrap_or(0).to_string()
}

/// The selected regions, first and others, unless one of them is locked.
fn together(state: &mut AppState, done: &str) -> Option<(RegionId, Vec<RegionId>)> {
    let all = state.case()?.regions.iter().map(|region| region.id);
    let order = in_order(&state.viewer.chosen, &state.selection.regions, all);
    if let Some(locked) = order.iter().find(|id| state.selection.locked.contains(id)) {
        let number = number(state, *locked);
        state.toasts.say(format!("Nothing was {done}: region {number} is locked. Unlock it with Shift+K"));
        return None;
    }
    let (first, rest) = order.split_first()?;
    Some((*first, rest.to_vec()))
}

fn carry_out(
    state: &mut AppState,
    made: Option<Result<Edit, EditError>>,
    regions: &[RegionId],
    tool: &'static str,
) -> bool {
    match made {
        Some(Ok(edit)) => toolbox::apply_telling_pieces(state, edit, tool),
        Some(Err(error)) => {
            let why = by_number(&error.to_string(), regions, state.case());
            state.toasts.say(format!("The regions stay as they are: {why}"));
            false
        }
        None => false,
    }
}

/// Ids as the numbers that are shown.
fn by_number(words: &str, regions: &[RegionId], case: Option<&Case>) -> String {
    regions.iter().fold(words.to_owned(), |words, id| match case.and_then(|case| case.region_number(*id)) {
        Some(number) => words.replace(&id.to_string(), &number.to_string()),
        None => words,
    })
}

/// Copies of the selected regions beside themselves.
pub(crate) fn duplicate_selected(state: &mut AppState) {
    let index = state.viewer.focus;
    if let Some(outcome) = toolbox::with_scene(state, index, |scene| duplicate(scene)) {
        toolbox::settle(state, outcome, "duplicate");
    }
}

/// Takes the selected regions on the clipboard, as text.
pub(crate) fn copy(state: &mut AppState) {
    let Some(case) = state.case() else { return };
    let regions: Vec<Region> =
        case.regions.iter().filter(|r| state.selection.regions.contains(&r.id)).cloned().collect();
    let count = regions.len();
    match serde_json::to_string(&Copied { schema: SCHEMA.to_owned(), regions }) {
        Ok(text) => {
            state.viewer.copied.clone_from(&text);
            state.viewer.to_clipboard = Some(text);
            // The clipboard is the system's: it is reached with the next pass.
            state.wake.wake();
            let word = if count == 1 { "region is" } else { "regions are" };
            state.toasts.say(format!("{count} {word} on the clipboard"));
        }
        Err(error) => state.toasts.say(format!("Nothing was copied: {error}")),
    }
}

/// Puts copied regions onto the image in focus: those of `arg`, else those copied last in this window.
pub(crate) fn paste_here(state: &mut AppState, arg: &Arg) {
    let text = match arg {
        Arg::Text(text) => text.clone(),
        _ => state.viewer.copied.clone(),
    };
    let copied = serde_json::from_str::<Copied>(&text).ok().filter(|copied| copied.schema == SCHEMA);
    let Some(mut copied) = copied else {
        state.toasts.say("The clipboard holds no regions; copy some with Ctrl+C first");
        return;
    };
    for region in &mut copied.regions {
        fit_label(state, region);
    }
    let index = state.viewer.focus;
    if let Some(outcome) = toolbox::with_scene(state, index, |scene| paste(&copied.regions, scene)) {
        toolbox::settle(state, outcome, "paste");
    }
}

/// A label that this case has for the shape: that of another schema is not taken over, nor are its attributes.
fn fit_label(state: &AppState, region: &mut Region) {
    let Some(session) = state.session.as_deref() else { return };
    let (schema, kind) = (session.schema(), region.shape.kind());
    if schema.label(&region.label).is_none_or(|label| !label.shapes.contains(&kind)) {
        region.label = state.viewer.label_for(kind, schema);
        region.attributes.clear();
    }
}

/// Selects all that is shown on the image in focus.
pub(crate) fn select_all(state: &mut AppState) {
    let Some((image, frame)) = state.viewer.pane().and_then(|pane| Some((pane.image?, pane.frame))) else {
        return;
    };
    let Some(case) = state.case() else { return };
    let here = case.regions.iter().filter(|region| {
        let is_on_frame = region.frames.is_empty() || region.frames.contains(&frame);
        region.image == image && is_on_frame && !state.selection.hidden.contains(&region.id)
    });
    let here: Vec<RegionId> = here.map(|region| region.id).collect();
    if here.is_empty() {
        state.toasts.say("There is no region on this image to select");
        return;
    }
    select(state, &here);
}

/// Pieces of each area that an edit draws.
pub(crate) fn pieces(edit: &Edit, case: &Case) -> Option<usize> {
    let of = |shape: &Shape| match shape {
        Shape::Area(area) => Some(area.parts().len()).filter(|parts| *parts > 1),
        _ => None,
    };
    match edit {
        Edit::AddRegion { region, .. } => of(&region.shape),
        Edit::SetRegion { region, field: RegionField::Shape(shape) } => {
            let before = case.region(*region).filter(|r| r.shape.kind() == ShapeKind::Area);
            let before = before.and_then(|region| of(&region.shape)).unwrap_or(1);
            of(shape).filter(|parts| *parts > before)
        }
        Edit::Batch { edits } => edits.iter().find_map(|edit| pieces(edit, case)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> RegionId {
        RegionId::from(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn the_first_is_the_one_that_was_selected_first() {
        let set = |ids: &[u128]| ids.iter().map(|n| id(*n)).collect::<BTreeSet<_>>();
        // By number 3 comes before 1.
        let all = || [id(3), id(2), id(1)].into_iter();
        let one = in_order(&[], &set(&[1]), all());
        assert_eq!(one, [id(1)]);
        let two = in_order(&one, &set(&[1, 3]), all());
        assert_eq!(two, [id(1), id(3)], "what comes later stands later");
        assert_eq!(in_order(&two, &set(&[3, 2]), all()), [id(3), id(2)]);
        assert_eq!(in_order(&[], &set(&[1, 2, 3]), all()), [id(3), id(2), id(1)], "all at once go by number");
    }
}

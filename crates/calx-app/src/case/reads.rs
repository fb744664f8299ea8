//! How far an image was read: an image without a mark is either unread or negative, and research must know which.
//!
//! Not here: what reading states are ([`ReadState`]).
//!
//! Invariants
//! - Nothing is called read that nobody said was read: opening an image changes no state.

use calx_model::{Case, Edit, ImageId, ImageRead, ReadResult, ReadState, ReadingId};

use super::regions;
use crate::seams::WhyNot;
use crate::shell::theme;
use crate::state::{AppState, may_edit};

/// The words of a state.
#[must_use]
pub const fn word(state: &ReadState) -> &'static str {
    match state {
        ReadState::Unread => "unread",
        ReadState::InProgress => "in progress",
        ReadState::Done { result: ReadResult::Marked } => "read, marked",
        ReadState::Done { result: ReadResult::NoneSeen } => "read, none seen",
        ReadState::Done { result: ReadResult::NotAssessable } => "not assessable",
        ReadState::Excluded { .. } => "excluded",
    }
}

/// All that can be chosen, in the order of their keys.
pub(super) fn choices() -> [ReadState; 6] {
    [
        ReadState::Unread,
        ReadState::InProgress,
        ReadState::Done { result: ReadResult::NoneSeen },
        ReadState::Done { result: ReadResult::NotAssessable },
        ReadState::Excluded { why: "left out by the reader".to_owned() },
        ReadState::Done { result: ReadResult::Marked },
    ]
}

/// The state of an image in the reading that goes on.
fn state_of(case: &Case, image: ImageId) -> Option<(ReadingId, ReadState)> {
    let reading = case.current_reading()?.id;
    let read = case.reads.iter().find(|read| read.image == image && read.reading == reading);
    Some((reading, read.map_or(ReadState::Unread, |read| read.state.clone())))
}

/// There is an image shown, and the case may be changed.
pub(super) fn may_set(state: &AppState) -> Result<(), WhyNot> {
    may_edit(state)?;
    if state.selection.image.is_some() { Ok(()) } else { Err("no image is shown") }
}

/// Sets the state of the image shown.
pub(super) fn set(state: &mut AppState, wanted: ReadState) {
    let (Some(case), Some(image)) = (state.case(), state.selection.image) else { return };
    let Some((reading, now)) = state_of(case, image) else { return };
    let number = case.images().position(|(_, found)| found.id == image).map_or(0, |index| index + 1);
    let has_marks = case.regions.iter().any(|region| region.image == image);
    if now == wanted {
        return;
    }
    if has_marks && wanted == (ReadState::Done { result: ReadResult::NoneSeen }) {
        state
            .toasts
            .say(format!("Image {number} has marks, so something was seen; delete them or call it marked"));
        return;
    }
    let words = word(&wanted);
    let index = u32::try_from(case.reads.len()).unwrap_or(u32::MAX);
    let read = Some(ImageRead { image, reading, state: wanted });
    if state.apply(Edit::SetRead { image, reading, index, read }, "read set") {
        state.toasts.say(format!("Image {number}: {words}"));
    }
}

/// Calls the image shown read, by what is marked on it, and shows the next one that is not; whether there is one.
pub(super) fn done_and_next(state: &mut AppState) -> bool {
    let (Some(case), Some(image)) = (state.case(), state.selection.image) else { return false };
    let has_marks = case.regions.iter().any(|region| region.image == image);
    let is_open = |image: ImageId| {
        let found = state_of(case, image).map(|(_, state)| state);
        matches!(found, Some(ReadState::Unread | ReadState::InProgress))
    };
    let result = if has_marks { ReadResult::Marked } else { ReadResult::NoneSeen };
    let wanted = is_open(image).then_some(ReadState::Done { result });
    let images: Vec<ImageId> = case.images().map(|(_, found)| found.id).collect();
    let at = images.iter().position(|found| *found == image).unwrap_or(0);
    let in_turn = images.iter().cycle().skip(at + 1).take(images.len().saturating_sub(1));
    let next = in_turn.copied().find(|found| is_open(*found));
    if let Some(wanted) = wanted {
        set(state, wanted);
    }
    if next.is_some() {
        state.selection.image = next;
    }
    next.is_some()
}

/// Draws the state of the image shown, to be changed.
pub(super) fn line(state: &mut AppState, ui: &mut egui::Ui) {
    let (Some(case), Some(image)) = (state.case(), state.selection.image) else { return };
    let Some((_, now)) = state_of(case, image) else { return };
    let Some(index) = case.images().position(|(_, found)| found.id == image) else { return };
    let can = may_edit(state).is_ok();
    let words: Vec<String> = choices().iter().map(|choice| word(choice).to_owned()).collect();
    let mut chosen = None;
    ui.horizontal(|ui| {
        theme::heading(ui, &format!("Image {}", index + 1));
        ui.add_enabled_ui(can, |ui| {
            chosen = regions::picked(ui, "Reading of the image shown", word(&now), &words);
        });
    });
    let wanted = chosen.and_then(|chosen| choices().into_iter().find(|choice| word(choice) == chosen));
    if let Some(wanted) = wanted {
        set(state, wanted);
    }
}

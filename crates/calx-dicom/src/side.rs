//! Which side an image shows, as its file states it; never guessed.
//!
//! Not here: what a person states against it (`calx-model`).
//!
//! Source: PS3.3 C.8.11.1 (ImageLaterality), C.7.3.1 (Laterality), 10.5 (AnatomicRegionSequence), C.7.6.16.2.8 (frame
//! anatomy). The order is that of calx's design page.

use calx_model::Side;

use crate::dataset::{DataSet, Tag};
use crate::functional_groups::FrameView;
use crate::notice::Notice;

const IMAGE_LATERALITY: Tag = Tag(0x0020, 0x0062);
const LATERALITY: Tag = Tag(0x0020, 0x0060);
const FRAME_ANATOMY: Tag = Tag(0x0020, 0x9071);
const FRAME_LATERALITY: Tag = Tag(0x0020, 0x9072);
const PER_FRAME: Tag = Tag(0x5200, 0x9230);

/// The side of one frame: ImageLaterality, else Laterality, else the modifier of the anatomic region, else the frame
/// anatomy. A value that is no term is told and passed over.
pub(crate) fn side_of(view: FrameView<'_>, notices: &mut Vec<Notice>) -> Option<Side> {
    let mut stated = |data: &DataSet, tag: Tag| {
        let code = data.code(tag).filter(|code| !code.is_empty())?;
        let side = Side::from_laterality(&code);
        if side.is_none() {
            let text = "this is none of R, L, B and U: no side was read from it";
            notices.push(Notice::at(tag, text));
        }
        side
    };
    stated(view.top, IMAGE_LATERALITY)
        .or_else(|| stated(view.top, LATERALITY))
        .or_else(|| modifier(view.top))
        .or_else(|| stated(view.group(FRAME_ANATOMY)?, FRAME_LATERALITY))
}

/// The side of an object as a catalogue row holds it: what is said of all frames.
pub(crate) fn side_of_shared(data: &DataSet) -> Option<Side> {
    // Frame 0 has no group of its own.
    side_of(FrameView::shared_only(data), &mut Vec::new())
}

/// The side of an object whose frame has the side `own`: bilateral when frames state both hands, and none when some
/// state a side and others do not, which is a claim of neither.
pub(crate) fn side_of_all_frames(data: &DataSet, frames: u32, own: Option<Side>) -> Option<Side> {
    if data.items(PER_FRAME).is_empty() {
        return own;
    }
    // Frames after the last group are alike: they have what is shared.
    let groups = data.items(PER_FRAME).len();
    let sides: Vec<Option<Side>> = (1..=frames)
        .take(groups.saturating_add(1))
        .map(|frame| side_of(FrameView::new(data, frame), &mut Vec::new()))
        .collect();
    if sides.iter().all(|side| *side == own) {
        return own;
    }
    let shows = |hand| sides.contains(&Some(hand)) || sides.contains(&Some(Side::Bilateral));
    (shows(Side::Right) && shows(Side::Left)).then_some(Side::Bilateral)
}

fn modifier(data: &DataSet) -> Option<Side> {
    let region = data.items(Tag(0x0008, 0x2218)).first()?;
    let code = region.items(Tag(0x0008, 0x2220)).first()?.code(Tag(0x0008, 0x0100))?;
    match &*code {
        "24028007" | "G-A100" => Some(Side::Right),
        "7771000" | "G-A101" => Some(Side::Left),
        "51440002" | "G-A102" => Some(Side::Bilateral),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Element, Value};

    fn with(tag: Tag, vr: &[u8; 2], value: &str) -> DataSet {
        let mut data = DataSet::default();
        let value = Value::Bytes(value.as_bytes().to_vec().into());
        data.elements.insert(tag, Element { vr: *vr, length: None, value });
        data
    }

    fn sequence(items: Vec<DataSet>) -> Element {
        Element { vr: *b"SQ", length: None, value: Value::Items(items) }
    }

    fn holding(tag: Tag, items: Vec<DataSet>) -> DataSet {
        let mut data = DataSet::default();
        data.elements.insert(tag, sequence(items));
        data
    }

    #[test]
    fn the_image_says_the_side_before_the_series_and_the_region() {
        let mut data = with(LATERALITY, b"CS", "L ");
        assert_eq!(side_of_shared(&data), Some(Side::Left));
        data.elements.extend(with(IMAGE_LATERALITY, b"CS", "R").elements);
        assert_eq!(side_of_shared(&data), Some(Side::Right));
        let modifier = with(Tag(0x0008, 0x0100), b"SH", "24028007");
        let region = holding(Tag(0x0008, 0x2220), vec![modifier]);
        assert_eq!(side_of_shared(&holding(Tag(0x0008, 0x2218), vec![region])), Some(Side::Right));
    }

    #[test]
    fn a_term_that_is_none_is_told_and_passed_over() {
        let mut data = with(IMAGE_LATERALITY, b"CS", "LEFT");
        let mut notices = Vec::new();
        assert_eq!(side_of(FrameView::new(&data, 1), &mut notices), None);
        assert_eq!(notices.len(), 1);
        assert!(notices[0].to_string().starts_with("(0020,0062)"), "{}", notices[0]);
        data.elements.extend(with(LATERALITY, b"CS", "R").elements);
        assert_eq!(side_of(FrameView::new(&data, 1), &mut notices), Some(Side::Right));
        data.elements.extend(with(IMAGE_LATERALITY, b"CS", "").elements);
        notices.clear();
        assert_eq!(side_of(FrameView::new(&data, 1), &mut notices), Some(Side::Right));
        assert!(notices.is_empty(), "an empty value is none stated");
    }

    #[test]
    fn frames_of_both_hands_make_an_image_of_both() {
        let frame = |side| holding(FRAME_ANATOMY, vec![with(FRAME_LATERALITY, b"CS", side)]);
        let both = holding(PER_FRAME, vec![frame("R"), frame("L"), frame("L")]);
        let side = |data: &DataSet, n| side_of(FrameView::new(data, n), &mut Vec::new());
        assert_eq!([1, 2, 3].map(|n| side(&both, n)), [Side::Right, Side::Left, Side::Left].map(Some));
        assert_eq!(side_of_all_frames(&both, 3, side(&both, 1)), Some(Side::Bilateral));
        assert_eq!(side_of_all_frames(&both, 3, side(&both, 2)), Some(Side::Bilateral));
        // A frame that says nothing makes nothing of the others: nobody spoke of two hands.
        let silent = holding(PER_FRAME, vec![frame("R"), frame("R"), DataSet::default()]);
        assert_eq!(side_of_all_frames(&silent, 3, side(&silent, 1)), None);
        assert_eq!(side_of_all_frames(&silent, 3, side(&silent, 3)), None);
        assert_eq!(side_of_all_frames(&silent, 2, side(&silent, 1)), Some(Side::Right));
        let more = holding(PER_FRAME, vec![frame("R"), frame("L"), DataSet::default()]);
        assert_eq!(side_of_all_frames(&more, 3, None), Some(Side::Bilateral), "both are stated");
        let unpaired = holding(PER_FRAME, vec![frame("R"), frame("U")]);
        assert_eq!(side_of_all_frames(&unpaired, 2, side(&unpaired, 1)), None);
        let one = holding(PER_FRAME, vec![frame("L"), frame("L")]);
        assert_eq!(side_of_all_frames(&one, 2, side(&one, 1)), Some(Side::Left));
        assert_eq!(side_of_shared(&one), None, "a row speaks of what all frames share");
    }
}

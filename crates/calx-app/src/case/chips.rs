//! The words of a text and the links in it, while people type.
//!
//! Not here: drawing, and what a link does ([`calx_model::Case::link`]).
//!
//! Invariants
//! - Typing leaves every link alone whose words it does not touch; typing inside of one makes it longer.
//! - Places are bytes of [`RichText::words`].

use std::ops::Range;

use calx_model::{EvidenceId, RichText, Run};

/// The linked words of a text, in order.
#[must_use]
pub fn links(text: &RichText) -> Vec<(Range<usize>, EvidenceId)> {
    let mut at = 0;
    let mut found = Vec::new();
    for run in text.runs() {
        match run {
            Run::Words { text } => at += text.len(),
            Run::Linked { text, evidence } => {
                found.push((at..at + text.len(), *evidence));
                at += text.len();
            }
            Run::Cite { .. } => {}
        }
    }
    found
}

/// The text with other words: links and citations stay where their words stay.
///
/// One stretch changed at most, as happens when people type; what stands before and after it is kept as it is.
#[must_use]
pub fn retyped(old: &RichText, words: &str) -> RichText {
    let was = old.words();
    let begin: usize =
        was.chars().zip(words.chars()).take_while(|(a, b)| a == b).map(|(letter, _)| letter.len_utf8()).sum();
    let (was_rest, new_rest) = (was.get(begin..).unwrap_or_default(), words.get(begin..).unwrap_or_default());
    let end: usize = was_rest
        .chars()
        .rev()
        .zip(new_rest.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(letter, _)| letter.len_utf8())
        .sum();
    let gone = begin..was.len() - end;
    let typed = new_rest.get(..new_rest.len() - end).unwrap_or_default();
    replaced(old, &gone, typed)
}

fn replaced(old: &RichText, gone: &Range<usize>, typed: &str) -> RichText {
    let mut runs = Vec::with_capacity(old.runs().len() + 2);
    let mut left = Some(typed);
    let mut at = 0;
    for run in old.runs() {
        let (text, link) = match run {
            Run::Words { text } => (text, None),
            Run::Linked { text, evidence } => (text, Some(*evidence)),
            Run::Cite { .. } => {
                if at <= gone.start && left.is_some() {
                    runs.push(run.clone());
                } else if at >= gone.end {
                    runs.extend(left.take().map(|typed| words_of(typed, None)));
                    runs.push(run.clone());
                }
                continue;
            }
        };
        let span = at..at + text.len();
        at = span.end;
        let inside = |place: usize| place.clamp(span.start, span.end) - span.start;
        let before = text.get(..inside(gone.start)).unwrap_or_default();
        let after = text.get(inside(gone.end)..).unwrap_or_default();
        if left.is_none() || span.end <= gone.start {
            // Wholly before the change or wholly behind where it began.
            let kept = if left.is_none() { after } else { text };
            runs.push(words_of(kept, link));
        } else if is_within(gone, &span) {
            let typed = left.take().unwrap_or_default();
            runs.push(words_of(&format!("{before}{typed}{after}"), link));
        } else {
            runs.push(words_of(before, link));
            runs.extend(left.take().map(|typed| words_of(typed, None)));
            runs.push(words_of(after, link));
        }
    }
    runs.extend(left.map(|typed| words_of(typed, None)));
    RichText::from_runs(runs)
}

/// Whether a change belongs to the run: letters of it are replaced, or some are put in between, and some stay.
fn is_within(gone: &Range<usize>, span: &Range<usize>) -> bool {
    let is_between = span.start < gone.start && gone.end < span.end;
    let is_of_it = !gone.is_empty() && span.start <= gone.start && gone.end <= span.end && gone != span;
    is_between || is_of_it
}

fn words_of(text: &str, link: Option<EvidenceId>) -> Run {
    match link {
        Some(evidence) => Run::Linked { text: text.to_owned(), evidence },
        None => Run::Words { text: text.to_owned() },
    }
}

/// The range of whole words that a selection means: it grows over the rest of a word that it cuts, and loses the white
/// space and the full stop at its ends.
#[must_use]
pub fn whole_words(words: &str, range: &Range<usize>) -> Range<usize> {
    let is_of_word = |letter: &char| letter.is_alphanumeric() || matches!(letter, '-' | '\'' | '’');
    let is_edge = |letter: char| letter.is_whitespace() || matches!(letter, '.' | ',' | ';' | ':');
    let within = words.get(range.clone()).unwrap_or_default();
    let core = within.trim_matches(is_edge);
    if core.is_empty() {
        return range.clone();
    }
    let start = range.start + within.len() - within.trim_start_matches(is_edge).len();
    let end = start + core.len();
    let (before, after) = (words.get(..start).unwrap_or_default(), words.get(end..).unwrap_or_default());
    let begun: usize = before.chars().rev().take_while(is_of_word).map(char::len_utf8).sum();
    let left: usize = after.chars().take_while(is_of_word).map(char::len_utf8).sum();
    let begun = if core.starts_with(|letter| is_of_word(&letter)) { begun } else { 0 };
    let left = if core.ends_with(|letter| is_of_word(&letter)) { left } else { 0 };
    start - begun..end + left
}

/// The text with the words at `range` made a link; `None` when they are none, or linked already.
#[must_use]
pub fn with_link(text: &RichText, range: &Range<usize>, evidence: EvidenceId) -> Option<RichText> {
    if range.is_empty() {
        return None;
    }
    let mut at = 0;
    let mut is_found = false;
    let mut runs = Vec::with_capacity(text.runs().len() + 2);
    for run in text.runs() {
        let length = match run {
            Run::Words { text } | Run::Linked { text, .. } => text.len(),
            Run::Cite { .. } => 0,
        };
        let span = at..at + length;
        at = span.end;
        match run {
            Run::Words { text } if span.start <= range.start && range.end <= span.end => {
                let (from, to) = (range.start - span.start, range.end - span.start);
                runs.push(words_of(text.get(..from)?, None));
                runs.push(words_of(text.get(from..to)?, Some(evidence)));
                runs.push(words_of(text.get(to..)?, None));
                is_found = true;
            }
            other => runs.push(other.clone()),
        }
    }
    is_found.then(|| RichText::from_runs(runs))
}

#[cfg(test)]
mod tests {
    use calx_model::ReferenceId;
    use uuid::Uuid;

    use super::*;

    fn chip(number: u128) -> EvidenceId {
        EvidenceId(Uuid::from_u128(number))
    }

    /// "Extensive [calcification] of the [radial artery]."
    fn text() -> RichText {
        let plain = RichText::plain("Extensive calcification of the radial artery.");
        plain.with_link("calcification", chip(1)).unwrap().with_link("radial artery", chip(2)).unwrap()
    }

    fn linked(text: &RichText) -> Vec<(String, EvidenceId)> {
        let words = text.words();
        links(text).into_iter().map(|(range, id)| (words[range].to_owned(), id)).collect()
    }

    #[test]
    fn typing_leaves_links_alone() {
        for (typed, first, second) in [
            (
                "Very extensive calcification of the radial artery.",
                Some("calcification"),
                Some("radial artery"),
            ),
            ("Extensive calcification of the ulnar artery.", Some("calcification"), Some("ulnar artery")),
            ("Extensive calcifications of the radial artery.", Some("calcification"), Some("radial artery")),
            ("Extensive calcific ation of the radial artery.", Some("calcific ation"), Some("radial artery")),
            ("Extensive of the radial artery.", None, Some("radial artery")),
            ("Extensive calcification.", Some("calcification"), None),
            ("", None, None),
        ] {
            let found = retyped(&text(), typed);
            assert_eq!(found.words(), typed);
            let expected: Vec<_> = [(first, chip(1)), (second, chip(2))]
                .into_iter()
                .filter_map(|(words, id)| words.map(|words| (words.to_owned(), id)))
                .collect();
            assert_eq!(linked(&found), expected, "{typed}");
        }
    }

    #[test]
    fn letters_of_any_length_are_compared_whole() {
        let text = RichText::plain("Größe ä").with_link("Größe", chip(1)).unwrap();
        let found = retyped(&text, "Größe ö");
        assert_eq!(
            (found.words().as_str(), linked(&found)),
            ("Größe ö", vec![("Größe".to_owned(), chip(1))])
        );
    }

    #[test]
    fn a_citation_stays_behind_its_words() {
        let cite = Run::Cite { references: vec![ReferenceId(Uuid::from_u128(9))] };
        let text = RichText::from_runs([
            Run::Words { text: "Rare".to_owned() },
            cite.clone(),
            Run::Words { text: " and mild.".to_owned() },
        ]);
        let found = retyped(&text, "Rare and severe.");
        assert_eq!(found.runs()[1], cite);
        assert_eq!(found.words(), "Rare and severe.");
        assert_eq!(retyped(&text, "Rarely and mild.").runs().len(), 3);
    }

    #[test]
    fn a_link_is_made_of_whole_words() {
        let words = "Calcified common palmar digital arteries, größer.";
        let whole = |range: Range<usize>| &words[whole_words(words, &range)];
        assert_eq!(whole(0..25), "Calcified common palmar digital", "a word that is cut is taken whole");
        assert_eq!(whole(12..20), "common palmar");
        assert_eq!(whole(9..17), "common", "not the white space round it");
        assert_eq!(whole(32..41), "arteries", "not the comma");
        assert_eq!(whole(43..46), "größer");
        assert_eq!(whole(9..10), " ", "no word is chosen where none was meant");
    }

    #[test]
    fn the_second_of_equal_words_can_be_linked() {
        let text = RichText::plain("artery and artery");
        let found = with_link(&text, &(11..17), chip(3)).unwrap();
        assert_eq!(links(&found), [(11..17, chip(3))]);
        assert_eq!(with_link(&found, &(12..14), chip(4)), None, "a link holds no other");
        assert_eq!(with_link(&text, &(3..3), chip(4)), None);
    }
}

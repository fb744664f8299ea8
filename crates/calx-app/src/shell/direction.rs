//! The order of words in a line that is only shown: letters of Arabic and Hebrew are joined when they are drawn, but
//! lines are laid out from left to right, so words that run from right to left are put in that order here.
//!
//! Not here: fields that are typed in and texts of several lines, which keep the order of typing.
//!
//! Invariants
//! - A line without such letters is left as it is.
//! - A line that is too long loses the words that are read last.
//!
//! Source: Unicode Standard Annex 9, rule L2, on whole words.

use std::borrow::Cow;

/// How a word runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// A line with its words in the order in which they are drawn.
#[must_use]
pub fn in_order(line: &str) -> Cow<'_, str> {
    if !line.chars().any(is_right) {
        return Cow::Borrowed(line);
    }
    let words: Vec<&str> = line.split(' ').collect();
    let sides: Vec<Option<Side>> = words.iter().map(|word| side_of(word)).collect();
    let base = sides.iter().flatten().next().copied().unwrap_or(Side::Left);
    // Numbers and signs go with the words round them when those agree, else with the line.
    let mut runs: Vec<(Side, Vec<Cow<'_, str>>)> = Vec::new();
    let mut before = base;
    for (index, word) in words.iter().enumerate() {
        let side = sides.get(index).copied().flatten();
        let after = sides.iter().skip(index + 1).flatten().next().copied().unwrap_or(base);
        let resolved = side.unwrap_or(if before == after { before } else { base });
        before = side.unwrap_or(before);
        let word = if side == Some(Side::Right) { turned(word) } else { Cow::Borrowed(*word) };
        match runs.last_mut() {
            Some((last, run)) if *last == resolved => run.push(word),
            _ => runs.push((resolved, vec![word])),
        }
    }
    if base == Side::Right {
        runs.reverse();
    }
    let ordered = runs.into_iter().flat_map(|(side, mut run)| {
        if side == Side::Right {
            run.reverse();
        }
        run
    });
    Cow::Owned(ordered.collect::<Vec<_>>().join(" "))
}

/// A line in order of which as many words are kept as fit; a line from left to right is cut where it is laid out.
#[must_use]
pub fn fitted(line: &str, fits: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let whole = in_order(line);
    if matches!(whole, Cow::Borrowed(_)) || fits(&whole) {
        return whole;
    }
    let mut kept = line;
    while let Some((before, _)) = kept.trim_end().rsplit_once(' ') {
        kept = before;
        let cut = in_order(&format!("{}…", kept.trim_end())).into_owned();
        if fits(&cut) {
            return Cow::Owned(cut);
        }
    }
    whole
}

/// Letters of scripts that run from right to left, and their signs.
const fn is_right(letter: char) -> bool {
    matches!(letter,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

fn side_of(word: &str) -> Option<Side> {
    word.chars().find_map(|letter| match letter {
        _ if is_right(letter) => Some(Side::Right),
        _ if letter.is_alphabetic() => Some(Side::Left),
        _ => None,
    })
}

/// A word from right to left: what stands before it is drawn behind it, and the other way round.
fn turned(word: &str) -> Cow<'_, str> {
    let is_sign = |letter: char| !is_right(letter) && !letter.is_alphanumeric();
    let rest = word.trim_start_matches(is_sign);
    let core = rest.trim_end_matches(is_sign);
    if core.len() == word.len() {
        return Cow::Borrowed(word);
    }
    let first = word.get(..word.len() - rest.len()).unwrap_or_default();
    let last = rest.get(core.len()..).unwrap_or_default();
    let mirror = |signs: &str| signs.chars().rev().map(mirrored).collect::<String>();
    Cow::Owned(format!("{}{core}{}", mirror(last), mirror(first)))
}

const fn mirrored(sign: char) -> char {
    match sign {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '«' => '»',
        '»' => '«',
        '<' => '>',
        '>' => '<',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_from_left_to_right_are_left_alone() {
        for line in ["", "Both hands, day 0", "手の血管石灰化", "  two  gaps "] {
            assert!(matches!(in_order(line), Cow::Borrowed(found) if found == line));
        }
    }

    #[test]
    fn the_first_word_stands_at_the_right() {
        assert_eq!(in_order("تكلس الشرايين في اليدين"), "اليدين في الشرايين تكلس");
        assert_eq!(in_order("שלום (עולם):"), ":(עולם) שלום");
    }

    #[test]
    fn words_of_both_directions_keep_their_own() {
        // A title behind a number: the line runs from left to right, the title does not.
        assert_eq!(in_order("Case 53 · تكلس الشرايين"), "Case 53 · الشرايين تكلس");
        assert_eq!(in_order("تكلس of the hand في اليد"), "اليد في of the hand تكلس");
        assert_eq!(in_order("عند 75 سنة"), "سنة 75 عند");
    }

    #[test]
    fn a_line_that_is_too_long_loses_its_end() {
        let line = "تكلس الشرايين في اليدين";
        let most = |letters: usize| move |line: &str| line.chars().count() <= letters;
        assert_eq!(fitted(line, most(30)), in_order(line));
        assert_eq!(fitted(line, most(15)), "…الشرايين تكلس");
        assert_eq!(fitted("a long line", most(3)), "a long line");
    }
}

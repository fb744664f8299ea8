//! The order of words that are only shown: letters of Arabic and Hebrew are joined when they are drawn, but lines are
//! laid out from left to right, so words that run from right to left are put in that order here, line by line as they are
//! wrapped.
//!
//! Not here: a field while it is typed in, which keeps the order of typing; what it will look like is shown below it.
//!
//! Invariants
//! - A line without such letters is left as it is.
//! - A line that is too long loses the words that are read last.
//! - Of a wrapped text the words that are read first stand in its first line, and no letter is lost.
//!
//! Source: Unicode Standard Annex 9, rules P2, P3 and L2, on whole words.

use std::borrow::Cow;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Label, Response, RichText, Role, Sense, Ui, WidgetInfo, vec2};

/// How a word runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// A letter with its place in the text and the section of the text that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Letter {
    sign: char,
    place: usize,
    section: usize,
}

/// A line with its words in the order in which they are drawn.
#[must_use]
pub fn in_order(line: &str) -> Cow<'_, str> {
    if !runs_right(line) {
        return Cow::Borrowed(line);
    }
    let letters: Vec<Letter> =
        line.chars().enumerate().map(|(place, sign)| Letter { sign, place, section: 0 }).collect();
    Cow::Owned(ordered(&letters, None).into_iter().map(|letter| letter.sign).collect())
}

/// Whether some of it runs from right to left.
#[must_use]
pub fn runs_right(text: &str) -> bool {
    text.chars().any(is_right)
}

/// The letters of a line in the order in which they are drawn, in a text that runs as `base`; without one as its first
/// word does.
fn ordered(line: &[Letter], base: Option<Side>) -> Vec<Letter> {
    let words: Vec<&[Letter]> = line.split(|letter| letter.sign == ' ').collect();
    let sides: Vec<Option<Side>> = words.iter().map(|word| side_of(word)).collect();
    let base = base.or_else(|| sides.iter().flatten().next().copied()).unwrap_or(Side::Left);
    // Numbers and signs go with the words round them when those agree, else with the line.
    let mut runs: Vec<(Side, Vec<Vec<Letter>>)> = Vec::new();
    let mut before = base;
    for (index, word) in words.iter().enumerate() {
        let side = sides.get(index).copied().flatten();
        let after = sides.iter().skip(index + 1).flatten().next().copied().unwrap_or(base);
        let resolved = side.unwrap_or(if before == after { before } else { base });
        before = side.unwrap_or(before);
        let word = if resolved == Side::Right { turned(word) } else { word.to_vec() };
        match runs.last_mut() {
            Some((last, run)) if *last == resolved => run.push(word),
            _ => runs.push((resolved, vec![word])),
        }
    }
    if base == Side::Right {
        runs.reverse();
    }
    let words = runs.into_iter().flat_map(|(side, mut run)| {
        if side == Side::Right {
            run.reverse();
        }
        run
    });
    let mut gaps = line.iter().filter(|letter| letter.sign == ' ');
    let mut out = Vec::with_capacity(line.len());
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.extend(gaps.next());
        }
        out.extend(word);
    }
    out
}

/// A text wrapped, each line of it in order.
#[derive(Debug, Clone)]
pub struct Wrapped {
    /// It is wrapped already.
    pub job: LayoutJob,
    /// It begins at the right.
    pub begins_right: bool,
    /// Where each letter stands in the text as it was written, in letters.
    pub places: Vec<usize>,
}

/// A text that is wrapped at the width it says, each line in the order in which it is drawn; `None` when no letter of it
/// runs from right to left.
pub fn wrapped(ui: &Ui, job: &LayoutJob) -> Option<Wrapped> {
    if !runs_right(&job.text) {
        return None;
    }
    let width = |letters: &[Letter]| {
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(of_letters(job, letters)));
        galley.size().x
    };
    Some(line_by_line(job, &lines_of(job, width)))
}

/// The lines of a text wrapped between words, each with whether a paragraph ends there. Letters are joined within words
/// only, so that a line is as wide as its words and gaps. A word that is too long has a line of its own.
fn lines_of(job: &LayoutJob, width: impl Fn(&[Letter]) -> f32) -> Vec<(String, bool)> {
    let letters = letters_of(job);
    let mut lines: Vec<(String, bool)> = Vec::new();
    let signs = |letters: &[Letter]| letters.iter().map(|letter| letter.sign).collect::<String>();
    for paragraph in letters.split(|letter| letter.sign == '\n') {
        if let Some((_, is_end)) = lines.last_mut() {
            *is_end = true;
        }
        let (mut line, mut reached) = (String::new(), 0.0);
        for piece in paragraph.split_inclusive(|letter| letter.sign == ' ' || breaks_behind(letter.sign)) {
            let word = match piece.split_last() {
                Some((last, before)) if last.sign == ' ' => before,
                _ => piece,
            };
            let (with, without) = (width(piece), width(word));
            if reached + without > job.wrap.max_width && !line.is_empty() {
                lines.push((std::mem::take(&mut line), false));
                reached = 0.0;
            }
            line.push_str(&signs(piece));
            reached += with;
        }
        lines.push((line, false));
    }
    if lines.len() > job.wrap.max_rows {
        lines.truncate(job.wrap.max_rows);
        if let Some((last, is_end)) = lines.last_mut() {
            *last = format!("{}…", last.trim_end());
            *is_end = false;
        }
    }
    lines
}

/// Every letter of a text.
fn letters_of(job: &LayoutJob) -> Vec<Letter> {
    let sections = sections_of(job);
    let letter = |(place, (sign, section)): (usize, (char, usize))| Letter { sign, place, section };
    job.text.chars().zip(sections).enumerate().map(letter).collect()
}

/// Some letters of a text, as it looks; it is not wrapped.
fn of_letters(job: &LayoutJob, letters: &[Letter]) -> LayoutJob {
    let mut out = LayoutJob { text: String::new(), sections: Vec::new(), ..job.clone() };
    out.wrap = egui::text::TextWrapping { max_width: f32::INFINITY, ..egui::text::TextWrapping::default() };
    for run in letters.chunk_by(|a, b| a.section == b.section) {
        let words: String = run.iter().map(|letter| letter.sign).collect();
        let section = run.first().and_then(|first| job.sections.get(first.section));
        let format = section.map_or_else(TextFormat::default, |section| section.format.clone());
        out.append(&words, 0.0, format);
    }
    out
}

fn line_by_line(job: &LayoutJob, rows: &[(String, bool)]) -> Wrapped {
    let sections = sections_of(job);
    let letters: Vec<char> = job.text.chars().collect();
    // A paragraph runs as its first word does, in all of its lines.
    let base_at = |place: usize| {
        let paragraph = letters.iter().skip(place).take_while(|letter| **letter != '\n');
        paragraph.copied().find_map(side_of_letter)
    };
    let begins_right = base_at(0) == Some(Side::Right);
    let (mut out, mut place) = (Vec::new(), 0);
    let mut base = base_at(0);
    for (index, (row, is_end)) in rows.iter().enumerate() {
        let letter = |(at, sign): (usize, char)| {
            let section = sections.get(place + at).or(sections.last()).copied().unwrap_or(0);
            Letter { sign, place: place + at, section }
        };
        let line: Vec<Letter> = row.chars().enumerate().map(letter).collect();
        place += line.len();
        let kept = line.iter().rposition(|letter| letter.sign != ' ').map_or(0, |last| last + 1);
        let (words, gap) = line.split_at(kept);
        out.extend(ordered(words, Some(base.unwrap_or(Side::Left))));
        if index + 1 == rows.len() {
            out.extend(gap);
            break;
        }
        // The line ends where it was wrapped: what was a gap there is its end now.
        let section = line.last().map_or(0, |letter| letter.section);
        out.extend(gap.iter().skip(1));
        out.push(Letter { sign: '\n', place: place.saturating_sub(usize::from(!is_end)), section });
        if *is_end {
            place += 1;
            base = base_at(place);
        }
    }
    let wrapped = of_letters(job, &out);
    Wrapped { job: wrapped, begins_right, places: out.into_iter().map(|letter| letter.place).collect() }
}

/// The section of each letter.
fn sections_of(job: &LayoutJob) -> Vec<usize> {
    let section_of = |byte: usize| {
        let found = job.sections.iter().position(|section| byte < section.byte_range.end.0);
        found.unwrap_or(job.sections.len().saturating_sub(1))
    };
    job.text.char_indices().map(|(byte, _)| section_of(byte)).collect()
}

/// Shows a text, wrapped at the room there is; one that begins at the right stands at the right.
pub fn label(ui: &mut Ui, mut job: LayoutJob) -> Response {
    job.wrap.max_width = ui.available_width();
    let Some(Wrapped { job: mut shown, begins_right, .. }) = wrapped(ui, &job) else {
        return ui.add(Label::new(job).wrap());
    };
    shown.halign = if begins_right { Align::RIGHT } else { Align::LEFT };
    let width = job.wrap.max_width;
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(shown));
    let (place, response) = ui.allocate_exact_size(vec2(width, galley.size().y), Sense::hover());
    // A screen reader reads it as it was written.
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &job.text));
    let at = if begins_right { place.right_top() } else { place.left_top() };
    ui.painter().galley(at, galley, ui.visuals().text_color());
    response
}

/// The same with words of one look.
pub fn words(ui: &mut Ui, words: RichText) -> Response {
    let valign = ui.text_valign();
    let job = egui::WidgetText::from(words).into_layout_job(ui.style(), egui::FontSelection::Default, valign);
    label(ui, Arc::unwrap_or_clone(job))
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

/// Letters of scripts without gaps between words, behind which a line may end.
const fn breaks_behind(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

fn side_of_letter(letter: char) -> Option<Side> {
    match letter {
        _ if is_right(letter) => Some(Side::Right),
        _ if letter.is_alphabetic() => Some(Side::Left),
        _ => None,
    }
}

fn side_of(word: &[Letter]) -> Option<Side> {
    word.iter().find_map(|letter| side_of_letter(letter.sign))
}

/// A word from right to left: what stands before it is drawn behind it, and the other way round; so are its parts that
/// look otherwise than the rest.
fn turned(word: &[Letter]) -> Vec<Letter> {
    let is_sign = |letter: &Letter| !is_right(letter.sign) && !letter.sign.is_alphanumeric();
    let first = word.iter().take_while(|letter| is_sign(letter)).count();
    let last = word.iter().rev().take_while(|letter| is_sign(letter)).count().min(word.len() - first);
    let mirror = |signs: &[Letter]| -> Vec<Letter> {
        signs.iter().rev().map(|letter| Letter { sign: mirrored(letter.sign), ..*letter }).collect()
    };
    let (before, rest) = word.split_at(first);
    let (core, behind) = rest.split_at(rest.len() - last);
    let mut out = mirror(behind);
    let parts: Vec<&[Letter]> = core.chunk_by(|a, b| a.section == b.section).collect();
    out.extend(parts.into_iter().rev().flatten());
    out.extend(mirror(before));
    out
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
        assert_eq!(in_order("(انظر الصورة 1) هنا"), "هنا (1 الصورة انظر)", "brackets of a number too");
    }

    #[test]
    fn a_line_that_is_too_long_loses_its_end() {
        let line = "تكلس الشرايين في اليدين";
        let most = |letters: usize| move |line: &str| line.chars().count() <= letters;
        assert_eq!(fitted(line, most(30)), in_order(line));
        assert_eq!(fitted(line, most(15)), "…الشرايين تكلس");
        assert_eq!(fitted("a long line", most(3)), "a long line");
    }

    fn job(pieces: &[(&str, f32)]) -> LayoutJob {
        let mut job = LayoutJob::default();
        for (words, size) in pieces {
            let format = TextFormat { font_id: egui::FontId::proportional(*size), ..TextFormat::default() };
            job.append(words, 0.0, format);
        }
        job
    }

    fn rows(lines: &[(&str, bool)]) -> Vec<(String, bool)> {
        lines.iter().map(|(line, is_end)| ((*line).to_owned(), *is_end)).collect()
    }

    #[test]
    fn a_wrapped_text_is_read_from_its_first_line() {
        let text = job(&[("تكلس الشرايين في اليدين", 14.0)]);
        let shown = line_by_line(&text, &rows(&[("تكلس الشرايين ", false), ("في اليدين", false)]));
        assert_eq!(shown.job.text, "الشرايين تكلس\nاليدين في");
        assert!(shown.begins_right);
        // Every letter is there, and knows where it was written.
        let mut places = shown.places.clone();
        places.sort_unstable();
        assert_eq!(places, (0..text.text.chars().count()).collect::<Vec<_>>());
        assert_eq!(shown.places.first(), Some(&5), "the second word is drawn first");
    }

    #[test]
    fn lines_are_wrapped_between_words() {
        let mut text = job(&[("تكلس الشرايين في اليدين\nهنا", 14.0)]);
        let width = |letters: &[Letter]| letters.iter().map(|_| 1.0).sum::<f32>();
        let whole = rows(&[("تكلس الشرايين في اليدين", true), ("هنا", false)]);
        assert_eq!(lines_of(&text, width), whole);
        text.wrap.max_width = 14.0;
        let cut = rows(&[("تكلس الشرايين ", false), ("في اليدين", true), ("هنا", false)]);
        assert_eq!(lines_of(&text, width), cut);
        // A gap at the end of a line takes no room.
        text.wrap.max_width = 13.0;
        assert_eq!(lines_of(&text, width), cut);
        text.wrap.max_rows = 2;
        assert_eq!(lines_of(&text, width), rows(&[("تكلس الشرايين ", false), ("في اليدين…", false)]));
        text.wrap.max_width = 3.0;
        assert_eq!(lines_of(&text, width)[0].0, "تكلس ", "a word that is too long stands alone");
    }

    #[test]
    fn each_paragraph_runs_its_own_way() {
        let text = job(&[("Case of the hand في\nשלום hand", 14.0)]);
        let lines = rows(&[("Case of the ", false), ("hand في", true), ("שלום hand", false)]);
        let shown = line_by_line(&text, &lines);
        assert_eq!(shown.job.text, "Case of the\nhand في\nhand שלום");
        assert!(!shown.begins_right);
        // Of a paragraph from left to right a line of Arabic words is in order, and the paragraph's.
        let text = job(&[("Seen: تكلس في اليد", 14.0)]);
        let shown = line_by_line(&text, &rows(&[("Seen: تكلس ", false), ("في اليد", false)]));
        assert_eq!(shown.job.text, "Seen: تكلس\nاليد في");
    }

    #[test]
    fn looks_stay_with_their_letters() {
        let text = job(&[("تكلس ", 14.0), ("الشريان", 20.0), (" هنا.", 14.0)]);
        let shown = line_by_line(&text, &rows(&[("تكلس الشريان هنا.", false)]));
        assert_eq!(shown.job.text, ".هنا الشريان تكلس");
        let large: Vec<&str> = shown
            .job
            .sections
            .iter()
            .filter(|section| section.format.font_id.size > 15.0)
            .map(|section| &shown.job.text[section.byte_range.start.0..section.byte_range.end.0])
            .collect();
        assert_eq!(large, ["الشريان"]);
    }
}

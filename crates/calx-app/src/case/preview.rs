//! A text as readers will see it, under the field in which it is typed: emphasis, headings, lists, numbers of
//! references.
//!
//! Not here: the page that is published ([`calx_export`]), which knows more marks.
//!
//! Invariants
//! - A text without marks has no preview: it would say the same twice.

use calx_model::{Case, RichText, Run};
use egui::text::{LayoutJob, TextFormat};
use egui::{FontId, Margin};

use crate::shell::{direction, theme};

/// A line longer than this, in bytes, is shown without emphasis: looking for its ends would take too long.
const LONGEST: usize = 6000;
/// Marks in marks, at most.
const DEEPEST: usize = 4;

/// How words look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Look {
    is_strong: bool,
    is_slanted: bool,
    is_heading: bool,
}

type Piece = (String, Look);

/// Draws the preview of a text that has marks.
pub(super) fn ui(ui: &mut egui::Ui, text: &RichText, case: &Case) {
    let words = written(text, case);
    let pieces = pieces(&words);
    let has_cites = text.runs().iter().any(|run| matches!(run, Run::Cite { .. }));
    let shown: String = pieces.iter().map(|(words, _)| words.as_str()).collect();
    if shown == words && !has_cites {
        return;
    }
    let colours = theme::colours(ui);
    let frame = egui::Frame::NONE.inner_margin(Margin { left: 10, right: 10, top: 4, bottom: 2 });
    let place = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.label(egui::RichText::new("Readers see").small().color(colours.quiet));
        let mut job = LayoutJob::default();
        for (words, look) in &pieces {
            let size = if look.is_heading { 16.0 } else { 14.0 };
            let is_lit = look.is_strong || look.is_heading;
            let color = if is_lit { colours.strong } else { colours.text };
            // There is no bold letter in the fonts, and a line under words means evidence: they stand brighter and wider.
            let extra_letter_spacing = if look.is_strong { 0.6 } else { 0.0 };
            let font_id = FontId::proportional(size);
            let italics = look.is_slanted;
            let format =
                TextFormat { font_id, color, italics, extra_letter_spacing, ..TextFormat::default() };
            job.append(words, 0.0, format);
        }
        direction::label(ui, job);
    });
    let place = place.response.rect;
    let bar = egui::Rect::from_min_size(place.min, egui::vec2(2.0, place.height()));
    ui.painter().rect_filled(bar, 1.0, colours.line);
}

/// A text as readers see it, in one look.
pub(crate) fn as_read(text: &RichText, case: &Case) -> String {
    pieces(&written(text, case)).into_iter().map(|(words, _)| words).collect()
}

/// The words with their marks, and numbers in place of citations.
fn written(text: &RichText, case: &Case) -> String {
    let numbers = case.reference_numbers();
    let mut words = String::new();
    for run in text.runs() {
        match run {
            Run::Words { text } | Run::Linked { text, .. } => words.push_str(text),
            Run::Cite { references } => {
                let cited: Vec<String> =
                    references.iter().filter_map(|id| numbers.get(id)).map(usize::to_string).collect();
                words.push_str(&format!("[{}]", cited.join(", ")));
            }
        }
    }
    words
}

/// Words and how they look.
fn pieces(words: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    for (index, line) in words.split('\n').enumerate() {
        if index > 0 {
            out.push(("\n".to_owned(), Look::default()));
        }
        let marks = line.len() - line.trim_start_matches('#').len();
        let heading = line.get(marks..).and_then(|rest| rest.strip_prefix(' ')).filter(|_| marks > 0);
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        let look = Look { is_heading: heading.is_some(), ..Look::default() };
        if item.is_some() {
            out.push(("•  ".to_owned(), look));
        }
        let rest = heading.or(item).unwrap_or(line);
        if rest.len() > LONGEST {
            out.push((rest.to_owned(), look));
        } else {
            emphasis(rest, look, 0, &mut out);
        }
    }
    out
}

fn emphasis(words: &str, look: Look, depth: usize, out: &mut Vec<Piece>) {
    let (mut rest, mut plain) = (words, String::new());
    while let Some(letter) = rest.chars().next() {
        let before = plain.chars().last();
        let marked = ["**", "*", "_"].into_iter().filter(|_| depth < DEEPEST);
        let mut marked = marked.filter_map(|mark| enclosed(rest, mark, before).map(|found| (mark, found)));
        if let Some((mark, (inside, after))) = marked.next() {
            if !plain.is_empty() {
                out.push((std::mem::take(&mut plain), look));
            }
            let is_strong = look.is_strong || mark == "**";
            let is_slanted = look.is_slanted || mark != "**";
            emphasis(inside, Look { is_strong, is_slanted, ..look }, depth + 1, out);
            rest = after;
        } else {
            plain.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    if !plain.is_empty() {
        out.push((plain, look));
    }
}

/// What stands between a mark and the same mark again, and what comes behind.
fn enclosed<'a>(text: &'a str, mark: &str, before: Option<char>) -> Option<(&'a str, &'a str)> {
    let inside = text.strip_prefix(mark)?;
    let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    if inside.starts_with(char::is_whitespace) || (mark == "_" && is_word(before)) {
        return None;
    }
    inside.match_indices(mark).find_map(|(at, _)| {
        let (words, after) = (inside.get(..at)?, inside.get(at + mark.len()..)?);
        let is_end = match mark {
            "*" => !words.ends_with('*') && !after.starts_with('*'),
            "_" => !is_word(after.chars().next()),
            _ => true,
        };
        (is_end && !words.is_empty() && !words.ends_with(char::is_whitespace)).then_some((words, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &str) -> String {
        let piece = |(words, look): Piece| match (look.is_strong, look.is_slanted, look.is_heading) {
            (false, false, false) => words,
            (strong, slanted, heading) => {
                let sign = |holds: bool, sign: &'static str| if holds { sign } else { "" };
                format!("{{{}{}{}{words}}}", sign(strong, "b"), sign(slanted, "i"), sign(heading, "h"))
            }
        };
        pieces(words).into_iter().map(piece).collect()
    }

    #[test]
    fn marks_become_looks() {
        assert_eq!(shown("from **IgA nephropathy**, on"), "from {bIgA nephropathy}, on");
        assert_eq!(shown("**a *b* c**"), "{ba }{bib}{b c}");
        assert_eq!(shown("_d_ e_f_g"), "{id} e_f_g");
        assert_eq!(shown("# What it is\n- one"), "{hWhat it is}\n•  one");
    }

    #[test]
    fn signs_that_mark_nothing_stay() {
        for words in ["2 * 3 * 4 and **open", "#5 of 7", "snake_case_name", "* ", "****"] {
            let left = if words == "* " { "•  ".to_owned() } else { words.to_owned() };
            assert_eq!(shown(words), left);
        }
    }
}

//! Typing a text with chips: plain words, `[@1,3-4]` for citations, `[words](#evidence-id)` for links.
//!
//! Numbers in a citation are places in the case's list of references, from 1; what a reader sees is
//! numbered by first citation instead ([`Case::reference_numbers`]). An id may be cut to at least six
//! hex digits when that is enough to tell it apart.
//!
//! Not here: light Markdown inside words (exporters read that).
//!
//! Invariants
//! - `parse(&write(text, case), case)` gives the equal text, unless its words themselves hold markup.

use std::fmt::Write as _;

use crate::case::Case;
use crate::id::{EvidenceId, ReferenceId};
use crate::rich_text::{RichText, Run};

/// Why a typed text is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarkupError {
    /// A citation of something that is not in the list.
    #[error("[@{0}] cites reference {1}, the case has {2}")]
    NoReference(String, usize, usize),
    /// Not numbers and ranges.
    #[error("[@{0}] is no list of reference numbers such as [@1,3-4]")]
    BadCitation(String),
    /// A link to evidence that is not there, or not told apart.
    #[error("[{words}](#{id}) names no single evidence of this case")]
    NoEvidence {
        /// The words.
        words: String,
        /// As typed.
        id: String,
    },
}

/// Reads a typed text.
///
/// # Errors
/// [`MarkupError`] names the part that is wrong.
pub fn parse(text: &str, case: &Case) -> Result<RichText, MarkupError> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, from_bracket) = rest.split_at(open);
        runs.push(Run::Words { text: before.to_owned() });
        if let Some((list, after)) = from_bracket.strip_prefix("[@").and_then(|t| t.split_once(']')) {
            runs.push(Run::Cite { references: citations(list, case)? });
            rest = after;
        } else if let Some((words, id, after)) = link(from_bracket) {
            runs.push(Run::Linked { text: words.to_owned(), evidence: evidence(words, id, case)? });
            rest = after;
        } else {
            runs.push(Run::Words { text: "[".to_owned() });
            rest = from_bracket.strip_prefix('[').unwrap_or("");
        }
    }
    runs.push(Run::Words { text: rest.to_owned() });
    Ok(RichText::from_runs(runs))
}

/// `[words](#id)` at the start of `text`: words, id, and what follows.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (words, after) = text.strip_prefix('[')?.split_once("](#")?;
    if words.contains(['[', ']', '\n']) {
        return None;
    }
    let (id, after) = after.split_once(')')?;
    Some((words, id, after))
}

fn citations(list: &str, case: &Case) -> Result<Vec<ReferenceId>, MarkupError> {
    let bad = || MarkupError::BadCitation(list.to_owned());
    let mut references = Vec::new();
    for part in list.split(',') {
        let part = part.trim();
        let (from, to) = part.split_once(['-', '–']).unwrap_or((part, part));
        let from: usize = from.trim().parse().map_err(|_e| bad())?;
        let to: usize = to.trim().parse().map_err(|_e| bad())?;
        if from == 0 || to < from || to - from > case.references.len() {
            return Err(bad());
        }
        for number in from..=to {
            let found = case
                .references
                .get(number - 1)
                .ok_or_else(|| MarkupError::NoReference(list.to_owned(), number, case.references.len()))?;
            if !references.contains(&found.id) {
                references.push(found.id);
            }
        }
    }
    Ok(references)
}

fn evidence(words: &str, id: &str, case: &Case) -> Result<EvidenceId, MarkupError> {
    let wanted = id.to_ascii_lowercase().replace('-', "");
    let mut found = case
        .all_evidence()
        .map(|(_, e)| e.id)
        .filter(|e| wanted.len() >= 6 && e.0.simple().to_string().starts_with(&wanted));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(MarkupError::NoEvidence { words: words.to_owned(), id: id.to_owned() }),
    }
}

/// Writes a text as it can be typed again.
#[must_use]
pub fn write(text: &RichText, case: &Case) -> String {
    let mut out = String::new();
    for run in text.runs() {
        match run {
            Run::Words { text } => out.push_str(text),
            Run::Linked { text, evidence } => {
                let _infallible = write!(out, "[{text}](#{})", evidence.0.simple());
            }
            Run::Cite { references } => {
                let numbers: Vec<String> = references
                    .iter()
                    .filter_map(|id| case.references.iter().position(|r| r.id == *id))
                    .map(|at| (at + 1).to_string())
                    .collect();
                let _infallible = write!(out, "[@{}]", numbers.join(","));
            }
        }
    }
    out
}

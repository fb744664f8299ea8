//! Text that came out of a file and may hold anything: a name, a control sequence, a script tag.
//!
//! [`PatientText`] has no `Display` and its `Debug` shows a length only, so it cannot reach a
//! terminal, a path, a table or a page by accident. Each way out escapes for its destination.
//!
//! Not here: character sets (`calx-dicom` decodes them), de-identification.
//!
//! Invariants
//! - No way out but [`PatientText::raw`] yields a control character or a bidirectional override.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Text from a DICOM attribute or another untrusted source.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PatientText(String);

impl PatientText {
    /// Takes the text as it came.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came, for storing and comparing only. Never print it.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing but blanks.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// What stands in place of an identity that nobody asked to see.
    #[must_use]
    pub fn masked(&self) -> &'static str {
        if self.is_blank() { "" } else { "•••" }
    }

    /// For a terminal or a log: see [`escape_terminal`].
    #[must_use]
    pub fn for_terminal(&self) -> String {
        escape_terminal(&self.0)
    }

    /// For HTML text and quoted attributes: see [`escape_html`].
    #[must_use]
    pub fn for_html(&self) -> String {
        escape_html(&self.0)
    }

    /// For one CSV cell, quoted; a leading `= + - @` or tab gets an apostrophe so that no
    /// spreadsheet runs it as a formula.
    #[must_use]
    pub fn for_csv(&self) -> String {
        escape_csv(&self.0)
    }

    /// For one component of a path: letters, digits, `-` and `_` of any script, the rest `_`; at
    /// most 64 characters and 192 bytes (a file name may have 255); never empty, never `.` or `..`.
    #[must_use]
    pub fn for_path(&self) -> String {
        let mut cleaned = String::new();
        for c in self.0.chars().take(64) {
            let c = if c.is_alphanumeric() || c == '-' { c } else { '_' };
            if cleaned.len() + c.len_utf8() > 192 {
                break;
            }
            cleaned.push(c);
        }
        let cleaned = cleaned.trim_matches('_');
        if cleaned.is_empty() { "unnamed".to_owned() } else { cleaned.to_owned() }
    }
}

impl fmt::Debug for PatientText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PatientText({} characters)", self.0.chars().count())
    }
}

/// Whether a character can change how a terminal or a reader shows the text round it: controls
/// (C0, C1, DEL), line and paragraph separators, bidirectional marks, embeddings and isolates,
/// zero-width characters, tags, and the byte order mark.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Writes every deceptive character as `\u{…}`; everything else stays, in any script.
#[must_use]
pub fn escape_terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_deceptive(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Escapes `& < > " '` and writes deceptive characters as a replacement character; line feeds stay.
#[must_use]
pub fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            c if is_deceptive(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// One quoted CSV cell (RFC 4180), safe to open in a spreadsheet.
#[must_use]
pub fn escape_csv(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let body = escape_terminal(text).replace('"', "\"\"");
    if formula { format!("\"'{body}\"") } else { format!("\"{body}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_out_is_raw() {
        let hostile = PatientText::new("DOE\u{1b}[2J^<script>\u{202e}\"=1\n");
        assert_eq!(format!("{hostile:?}"), "PatientText(21 characters)");
        assert_eq!(hostile.for_terminal(), "DOE\\u{1b}[2J^<script>\\u{202e}\"=1\\u{a}");
        assert_eq!(hostile.for_html(), "DOE\u{fffd}[2J^&lt;script&gt;\u{fffd}&quot;=1\n");
        assert_eq!(hostile.for_path(), "DOE__2J__script____1");
        assert_eq!(PatientText::new("=cmd()").for_csv(), "\"'=cmd()\"");
        assert_eq!(PatientText::new("../..").for_path(), "unnamed");
        assert_eq!(PatientText::new("𠀀".repeat(64)).for_path(), "𠀀".repeat(48));
        assert_eq!(PatientText::new("山田^太郎").for_terminal(), "山田^太郎");
    }
}

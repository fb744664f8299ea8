//! The one escaper of the page: every text of a case passes it.

use std::fmt::{self, Write};

use calx_model::patient_text::is_deceptive;

/// Escapes markup and quotes, and writes control characters and bidirectional overrides as U+FFFD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageEscaper;

impl askama::filters::Escaper for PageEscaper {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        string.chars().try_for_each(|c| self.write_escaped_char(&mut dest, c))
    }

    fn write_escaped_char<W: Write>(&self, mut dest: W, c: char) -> fmt::Result {
        match c {
            '&' => dest.write_str("&amp;"),
            '<' => dest.write_str("&lt;"),
            '>' => dest.write_str("&gt;"),
            '"' => dest.write_str("&quot;"),
            '\'' => dest.write_str("&#39;"),
            '\n' => dest.write_char('\n'),
            c if is_deceptive(c) || is_noncharacter(c) => dest.write_char('\u{fffd}'),
            c => dest.write_char(c),
        }
    }
}

/// XML forbids U+FFFE and U+FFFF, HTML calls all 66 noncharacters an error.
fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

/// The same for text that is put together outside a template.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Writing into a String cannot fail.
    askama::filters::Escaper::write_escaped_str(&PageEscaper, &mut out, text).ok();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_overrides_are_inert() {
        assert_eq!(
            escape("<script>\"'&\u{202e}\u{1}\u{ffff}ß\n"),
            "&lt;script&gt;&quot;&#39;&amp;\u{fffd}\u{fffd}\u{fffd}ß\n"
        );
    }
}

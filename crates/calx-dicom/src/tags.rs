//! All data elements as text for people.
//!
//! Not here: meaning.
//!
//! Invariants
//! - A row is safe to print: every value is escaped for a terminal and at most 80 characters long.
//! - With [`Identity::Masked`] every text and date is dots unless `identity` says that it tells nothing:
//!   an attribute that nobody thought of is masked.

use calx_model::patient_text::escape_terminal;

use crate::dataset::{DataSet, Element, Tag, Value};
use crate::header::ReadHeaderError;
use crate::identity::{Telling, telling};
use crate::locator::Locator;
use crate::notice::{Notice, Read};
use crate::open::open;
use crate::scan::Wanted;

const LONGEST_VALUE: usize = 80;
/// More rows than anyone reads.
const MAX_ROWS: usize = 100_000;

/// Whether values that tell who a patient is are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// As dots.
    Masked,
    /// As written.
    Shown,
}

/// One data element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// Group and element; (FFFE,E000) is an item of a sequence.
    pub tag: (u16, u16),
    /// Keyword of the dictionary; `Private` or `Unknown` otherwise.
    pub keyword: String,
    /// Value representation: as written, or of the dictionary in implicit encoding.
    pub vr: String,
    /// Sequences it lies in.
    pub depth: usize,
    /// Escaped for a terminal, at most 80 characters.
    pub value: String,
    /// Bytes as declared; `None` when undefined.
    pub length: Option<u32>,
}

/// Lists the data elements, file meta group first, up to and including PixelData, without reading
/// that.
///
/// # Errors
/// [`ReadHeaderError`].
pub fn dump_tags(locator: &Locator, identity: Identity) -> Result<Read<Vec<TagRow>>, ReadHeaderError> {
    let mut opened = open(locator)?;
    let scan = opened.scan(Wanted::matching(|_| true, 1024))?;
    let mut notices = scan.notices;
    let mut rows = Vec::new();
    list(&opened.meta, 0, identity, &mut rows);
    list(&scan.data, 0, identity, &mut rows);
    if let Some(pixels) = scan.pixels {
        rows.push(TagRow {
            tag: (pixels.tag.0, pixels.tag.1),
            keyword: keyword(pixels.tag),
            vr: letters(pixels.vr),
            depth: 0,
            value: if pixels.length.is_none() { "(fragments, not read)" } else { "(not read)" }.to_owned(),
            length: pixels.length,
        });
    }
    if rows.len() >= MAX_ROWS {
        notices.push(Notice::new(format!("only the first {MAX_ROWS} data elements are listed")));
    }
    Ok(Read { value: rows, notices })
}

fn list(data: &DataSet, depth: usize, identity: Identity, rows: &mut Vec<TagRow>) {
    for (tag, element) in &data.elements {
        if rows.len() >= MAX_ROWS {
            return;
        }
        let hidden = identity == Identity::Masked && telling(*tag, element.vr) != Telling::Nothing;
        rows.push(TagRow {
            tag: (tag.0, tag.1),
            keyword: keyword(*tag),
            vr: letters(element.vr),
            depth,
            value: if hidden { masked(element) } else { shown(data, *tag, element) },
            length: element.length,
        });
        // What lies inside a hidden sequence is hidden with it.
        if let (Value::Items(items), false) = (&element.value, hidden) {
            for (number, item) in (1usize..).zip(items) {
                rows.push(TagRow {
                    tag: (0xfffe, 0xe000),
                    keyword: "Item".to_owned(),
                    vr: String::new(),
                    depth: depth + 1,
                    value: format!("{number}"),
                    length: None,
                });
                list(item, depth + 1, identity, rows);
            }
        }
    }
}

pub(crate) fn keyword(tag: Tag) -> String {
    let known = tag.keyword().filter(|_| !tag.is_private() || tag.1 <= 0xff);
    known.unwrap_or(if tag.is_private() { "Private" } else { "Unknown" }).to_owned()
}

fn letters(vr: [u8; 2]) -> String {
    vr.iter().filter(|b| b.is_ascii_graphic()).map(|b| char::from(*b)).collect()
}

fn masked(element: &Element) -> String {
    match &element.value {
        Value::Bytes(bytes) | Value::Prefix(bytes) if bytes.iter().all(|b| matches!(b, b' ' | 0)) => {
            String::new()
        }
        _ => "•••".to_owned(),
    }
}

fn shown(data: &DataSet, tag: Tag, element: &Element) -> String {
    let (bytes, cut) = match &element.value {
        Value::Items(items) => return format!("({} items)", items.len()),
        Value::Bytes(bytes) => (bytes, false),
        Value::Prefix(bytes) => (bytes, true),
    };
    let numbers = |values: Vec<String>| values.join("\\");
    let text = match &element.vr {
        b"US" | b"SS" | b"UL" | b"SL" => numbers(
            data.integers(tag).iter().map(|n| n.map_or_else(|| "?".to_owned(), |n| n.to_string())).collect(),
        ),
        b"FL" | b"FD" => numbers(
            data.floats(tag)
                .iter()
                .map(|n| n.map_or_else(|| "not a number".to_owned(), |n| n.to_string()))
                .collect(),
        ),
        b"AT" => numbers(
            data.words(bytes)
                .collect::<Vec<_>>()
                .as_chunks::<2>()
                .0
                .iter()
                .map(|[group, element]| format!("({group:04X},{element:04X})"))
                .collect(),
        ),
        b"OB" | b"OW" | b"OD" | b"OF" | b"OL" | b"OV" | b"UN" | b"SV" | b"UV" => {
            let hex: Vec<String> = bytes.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
            let more = if cut || bytes.len() > hex.len() { " …" } else { "" };
            return format!("{}{more}", hex.join(" "));
        }
        _ => data.charset.decode(bytes).trim_matches([' ', '\0']).to_owned(),
    };
    abbreviated(&escape_terminal(&text), cut)
}

/// At most 80 characters; what was left out is an ellipsis.
fn abbreviated(text: &str, cut: bool) -> String {
    if !cut && text.chars().count() <= LONGEST_VALUE {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LONGEST_VALUE - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_abbreviated() {
        assert_eq!(abbreviated(&"a".repeat(80), false).chars().count(), 80);
        let long = abbreviated(&"ä".repeat(81), false);
        assert_eq!((long.chars().count(), long.ends_with('…')), (80, true));
        assert!(abbreviated("a", true).ends_with('…'));
    }
}

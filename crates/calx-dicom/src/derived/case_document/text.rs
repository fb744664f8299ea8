//! Strings, texts with links and citations, and moments, as content items and back.
//!
//! What a TEXT item holds is meant for people: it has words, no control characters, and no blanks at its end (they are
//! padding). A text that is not so stands there as people read it, and under it as it is, with escapes.
//!
//! Invariants
//! - Every string comes back equal, also one that is empty, ends with blanks or holds control characters.
//! - A text with links reads plain: its words are one TEXT, what hangs on them are properties of it.
//!
//! Source: PS3.5 6.2 (UT, DT), PS3.3 A.35.3.3.1.2.

use std::collections::BTreeMap;

use calx_model::{CodedConcept, EvidenceId, ReferenceId, RichText, Run, number_ranges};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::super::codes;
use super::super::content::{Item, is_text, shown_text};
use super::super::uids::{id_of_uid, uid_of_id};
use super::names::{CITATION, CITED, EMPTY_TEXT, ENTRY, EXACT_TEXT, LENGTH, LINK, OFFSET};

/// Why an item is no text.
pub(super) type Why = &'static str;

/// Whether a TEXT item holds these words as they are.
fn holds(words: &str) -> bool {
    !words.is_empty() && !words.ends_with(' ') && words.chars().all(is_text)
}

/// An item that says these words to people.
fn shown(name: impl Into<CodedConcept>, words: &str) -> Item {
    if words.is_empty() { Item::code(name, EMPTY_TEXT) } else { Item::text(name, words) }
}

/// Hangs the words as they are under an item that shows them otherwise.
fn with_exact(item: Item, words: &str) -> Item {
    item.has_properties(shown(EXACT_TEXT, &escaped(words)))
}

/// Any string.
pub(super) fn item(name: impl Into<CodedConcept>, words: &str) -> Item {
    if holds(words) || words.is_empty() {
        return shown(name, words);
    }
    with_exact(shown(name, &shown_text(words)), words)
}

/// The string that [`item`] was made of; `None` for an item of another type, or escapes that are none.
pub(super) fn words(item: &Item) -> Option<String> {
    let plain = |item: &Item| match (item.as_text(), item.as_code()) {
        (Some(text), _) => Some(text.to_owned()),
        (_, Some(code)) => EMPTY_TEXT.is(code).then(String::new),
        _ => None,
    };
    match item.first(EXACT_TEXT) {
        Some(exact) => unescaped(&plain(exact)?),
        None => plain(item),
    }
}

fn escaped(words: &str) -> String {
    let end = words.trim_end_matches(' ').len();
    let mut out = String::with_capacity(words.len() + 8);
    for (at, c) in words.char_indices() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if c.is_control() || at >= end => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('\\') {
            out.push('\\');
            rest = after;
        } else {
            let (digits, after) = after.strip_prefix("u{")?.split_once('}')?;
            out.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
            rest = after;
        }
    }
    out.push_str(rest);
    Some(out)
}

/// A text with links and citations; `numbers` are those of the references as people see them.
pub(super) fn rich(
    name: impl Into<CodedConcept>,
    text: &RichText,
    numbers: &BTreeMap<ReferenceId, usize>,
) -> Item {
    let list = Item::list(name);
    if text.is_empty() {
        return list;
    }
    let words = text.words();
    let mut entry = item(ENTRY, &words);
    if shown_text(&words).is_empty() {
        // Nothing but citations: those are what is read.
        let citations: Vec<String> = text.runs().iter().filter_map(|run| cited(run, numbers)).collect();
        entry = with_exact(shown(ENTRY, &citations.join(" ")), &words);
    }
    let mut offset = 0;
    for run in text.runs() {
        let length = match run {
            Run::Words { text } | Run::Linked { text, .. } => text.chars().count(),
            Run::Cite { .. } => 0,
        };
        let at = count(OFFSET, offset);
        let mark = match run {
            Run::Words { .. } => None,
            Run::Linked { text, evidence } => {
                let link = shown(LINK, &shown_text(text)).has_properties(at);
                let link = link.has_properties(count(LENGTH, length));
                Some(link.has_properties(Item::uid(codes_of_evidence(), uid_of_id(evidence.0))))
            }
            Run::Cite { references } => {
                let shown = cited(run, numbers).unwrap_or_default();
                let citation = Item::text(CITATION, shown).has_properties(at);
                let uids = references.iter().map(|id| Item::uid(CITED, uid_of_id(id.0)));
                Some(uids.fold(citation, Item::has_properties))
            }
        };
        entry = mark.into_iter().fold(entry, Item::has_properties);
        offset += length;
    }
    list.contains(entry)
}

/// What the evidence of a link is called.
fn codes_of_evidence() -> CodedConcept {
    super::names::concept("evidence")
}

/// `[1–4]`.
fn cited(run: &Run, numbers: &BTreeMap<ReferenceId, usize>) -> Option<String> {
    let Run::Cite { references } = run else { return None };
    let known: Vec<usize> = references.iter().filter_map(|id| numbers.get(id).copied()).collect();
    Some(if known.is_empty() { "[?]".to_owned() } else { format!("[{}]", number_ranges(&known)) })
}

/// A number of characters; a text of 2³² of them does not arise.
fn count(name: super::super::codes::Concept, characters: usize) -> Item {
    let value = u32::try_from(characters).unwrap_or(u32::MAX);
    Item::num(name, f64::from(value), codes::NO_UNITS)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a whole number")]
fn counted(item: &Item, name: super::super::codes::Concept) -> Option<usize> {
    let value = item.first(name)?.as_num()?.value;
    let is_count = (0.0..=f64::from(u32::MAX)).contains(&value) && value.fract() == 0.0;
    is_count.then_some(value as usize)
}

/// The text that [`rich`] was made of.
pub(super) fn rich_of(list: &Item) -> Result<RichText, Why> {
    let entry = match list.children.as_slice() {
        [] => return Ok(RichText::default()),
        [entry] => entry,
        _ => return Err("a text has one entry"),
    };
    let words: Vec<char> = words(entry).ok_or("a text is TEXT")?.chars().collect();
    let stretch = |from: usize, to: usize| -> Result<String, Why> {
        Ok(words.get(from..to).ok_or("a link lies outside of its text")?.iter().collect())
    };
    let mut runs = Vec::new();
    let mut at = 0;
    for mark in &entry.children {
        let (is_link, is_citation) = (mark.is_named(LINK), mark.is_named(CITATION));
        if !is_link && !is_citation {
            continue;
        }
        let offset = counted(mark, OFFSET).ok_or("a link or citation says where it stands")?;
        runs.push(Run::Words { text: stretch(at, offset)? });
        at = offset;
        if is_link {
            let length = counted(mark, LENGTH).ok_or("a link says how long it is")?;
            let end = offset.checked_add(length).ok_or("a link lies outside of its text")?;
            let name = codes_of_evidence();
            let uid = mark.children.iter().find(|child| child.name.as_ref() == Some(&name));
            let id = uid.and_then(Item::as_uid).and_then(id_of_uid).ok_or("a link names its evidence")?;
            runs.push(Run::Linked { text: stretch(offset, end)?, evidence: EvidenceId(id) });
            at = end;
        } else {
            let ids = mark.all(CITED).map(|child| child.as_uid().and_then(id_of_uid).map(ReferenceId));
            let references: Vec<_> = ids.collect::<Option<_>>().ok_or("a citation names its references")?;
            if references.is_empty() {
                return Err("a citation names its references");
            }
            runs.push(Run::Cite { references });
        }
    }
    runs.push(Run::Words { text: stretch(at, words.len())? });
    Ok(RichText::from_runs(runs))
}

/// A moment as DATETIME, in UTC; `None` when it has more digits than that holds.
pub(super) fn date_time(text: &str) -> Option<String> {
    let moment: Timestamp = text.parse().ok()?;
    let civil = TimeZone::UTC.to_datetime(moment);
    let mut out = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second()
    );
    let nanoseconds = civil.subsec_nanosecond();
    if nanoseconds != 0 {
        out.push_str(&format!(".{:06}", nanoseconds / 1000));
    }
    (date_time_of(&out).as_deref() == Some(text)).then_some(out)
}

/// The moment that [`date_time`] was made of.
pub(super) fn date_time_of(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_plain = |text: &str, most| text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != 14 || !is_plain(whole, 14) || !is_plain(fraction, 6) {
        return None;
    }
    let part = |from: usize, to: usize| whole.get(from..to)?.parse::<i8>().ok();
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    let year = whole.get(0..4)?.parse().ok()?;
    let (month, day, hour) = (part(4, 6)?, part(6, 8)?, part(8, 10)?);
    let civil = DateTime::new(year, month, day, hour, part(10, 12)?, part(12, 14)?, nanoseconds).ok()?;
    Some(TimeZone::UTC.to_timestamp(civil).ok()?.to_string())
}

/// A calendar date as DATE; `None` when it is none.
pub(super) fn date(text: &str) -> Option<String> {
    let date: Date = text.parse().ok()?;
    let out = format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
    (date_of(&out).as_deref() == Some(text)).then_some(out)
}

/// The date that [`date`] was made of.
pub(super) fn date_of(text: &str) -> Option<String> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year = text.get(0..4)?.parse().ok()?;
    let (month, day) = (text.get(4..6)?.parse().ok()?, text.get(6..8)?.parse().ok()?);
    Some(Date::new(year, month, day).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::derived::content::Value;

    #[test]
    fn every_string_comes_back() {
        let strings = [
            "",
            " ",
            "\0",
            "a ",
            " a",
            "a\0b",
            "\u{1b}[2J",
            "\\u{20}",
            "\\",
            "a\\ ",
            "動脈 العربية",
            "a\r\nb\tc\u{c}",
            "\u{85}",
            "\u{feff}",
            "\u{feff} \\u{feff} ",
            "\n",
        ];
        for string in strings {
            let made = item(ENTRY, string);
            assert_eq!(words(&made).as_deref(), Some(string), "{made:?}");
            let seen = made.as_text().unwrap_or_default();
            assert!(seen.chars().all(is_text) && !seen.ends_with(' '), "{made:?}");
        }
        assert_eq!(item(ENTRY, "plain").children, []);
        assert_eq!(item(ENTRY, "a\u{1b}b ").as_text(), Some("a b"));
        assert_eq!(words(&Item::text(ENTRY, "a").has_properties(Item::text(EXACT_TEXT, "\\x"))), None);
    }

    #[test]
    fn a_text_reads_plain_and_comes_back_with_its_links() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let numbers = BTreeMap::from([(ReferenceId(one), 3), (ReferenceId(other), 4)]);
        let text = RichText::from_runs([
            Run::Linked { text: "動脈".to_owned(), evidence: EvidenceId(one) },
            Run::Linked { text: "x".to_owned(), evidence: EvidenceId(other) },
            Run::Words { text: " is calcified".to_owned() },
            Run::Cite { references: vec![ReferenceId(one), ReferenceId(other)] },
            Run::Words { text: ". ".to_owned() },
        ]);
        let made = rich(ENTRY, &text, &numbers);
        let [entry] = made.children.as_slice() else { panic!("{made:?}") };
        assert_eq!(entry.as_text(), Some("動脈x is calcified."));
        assert_eq!(entry.first(CITATION).unwrap().as_text(), Some("[3, 4]"));
        assert_eq!(rich_of(&made), Ok(text));
        assert_eq!(rich_of(&rich(ENTRY, &RichText::default(), &numbers)), Ok(RichText::default()));
        let alone = RichText::from_runs([Run::Cite { references: vec![ReferenceId(one)] }]);
        let made = rich(ENTRY, &alone, &numbers);
        assert_eq!(made.children.first().unwrap().as_text(), Some("[3]"));
        assert_eq!(rich_of(&made), Ok(alone));
        let blank = RichText::plain("  ");
        assert_eq!(rich_of(&rich(ENTRY, &blank, &numbers)), Ok(blank));
    }

    #[test]
    fn a_link_outside_of_its_text_is_refused() {
        let far = Item::text(LINK, "far")
            .has_properties(count(OFFSET, 3))
            .has_properties(count(LENGTH, 9))
            .has_properties(Item::uid(codes_of_evidence(), "2.25.1"));
        let list = Item::list(ENTRY).contains(Item::text(ENTRY, "text").has_properties(far));
        assert_eq!(rich_of(&list), Err("a link lies outside of its text"));
        let back = Item::text(CITATION, "[1]").has_properties(Item::num(OFFSET, -1.0, codes::NO_UNITS));
        let list = Item::list(ENTRY).contains(Item::text(ENTRY, "text").has_properties(back));
        assert_eq!(rich_of(&list), Err("a link or citation says where it stands"));
        let none = Item::list(ENTRY).contains(Item::new(ENTRY, Value::Other("NOTHING".to_owned())));
        assert_eq!(rich_of(&none), Err("a text is TEXT"));
    }

    #[test]
    fn moments_and_dates_come_back_or_stay_text() {
        for (text, digits) in [
            ("2026-03-01T09:30:00Z", "20260301093000"),
            ("2026-03-01T09:30:00.25Z", "20260301093000.250000"),
            ("0001-01-01T00:00:00.000001Z", "00010101000000.000001"),
        ] {
            assert_eq!(date_time(text).as_deref(), Some(digits));
            assert_eq!(date_time_of(digits).as_deref(), Some(text));
        }
        for text in ["2026-03-01T09:30:00.123456789Z", "-000001-01-01T00:00:00Z", "noon", ""] {
            assert_eq!(date_time(text), None, "{text}");
        }
        for text in ["20261301093000", "2026030109300", "20260301093000+0000", "+0260301093000"] {
            assert_eq!(date_time_of(text), None, "{text}");
        }
        assert_eq!(date("2026-11-22").as_deref(), Some("20261122"));
        assert_eq!(date_of("20261122").as_deref(), Some("2026-11-22"));
        assert_eq!((date("22.11.2026"), date_of("20261342")), (None, None));
    }
}

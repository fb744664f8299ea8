//! What the fields of a case are called in its document, and how each is said.
//!
//! The document is the case's JSON in content items: a key becomes a concept of the scheme 99CALX, whose code and meaning
//! stand here. A key that is missing here still passes: [`concept`] makes a code of it and keeps the key as the meaning.
//!
//! Invariants
//! - A code never changes and is never used again for something else: archives keep documents for decades.
//! - Codes are unique, so a key comes back from its code ([`key_of`]).

use calx_model::CodedConcept;

use super::super::codes::{self, Concept, own};

/// How the value of a key is said. Where one key has several types of JSON in the model (`at`, `text`, `evidence`,
/// `frames`, `window`) the type of the value decides among those its kind names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By its type: TEXT, NUM (no units), CODE for yes and no, CONTAINER for an object; a coded concept is a CODE.
    Text,
    /// NUM in pixels.
    Pixels,
    /// NUM in millimetres.
    Mm,
    /// A word of an enumeration: CODE by [`word`], TEXT where it is another word.
    Word,
    /// An id of the case: UIDREF; an array is a list.
    Id,
    /// A DICOM UID: UIDREF.
    Uid,
    /// A moment: DATETIME (UTC); a pair is a point.
    Time,
    /// A calendar date: DATE.
    Date,
    /// An array: CONTAINER of entries; a number is a NUM.
    List,
    /// Free keys and texts: CONTAINER of entries, each a name and a value.
    Map,
    /// Runs of words, links and citations: TEXT with what hangs on it.
    Rich,
    /// [`Kind::Rich`] for an array, TEXT for a string.
    RichOrText,
    /// A pair or pairs of coordinates: POINT, else an open POLYLINE.
    Line,
    /// A ring: a closed POLYLINE, whose last point is left out in JSON.
    Ring,
    /// Several of them.
    Rings,
    /// Ends of two axes.
    Ellipse,
    /// Points with widths: an open POLYLINE, and the widths as text.
    Path,
    /// A coded concept: CODE as it is.
    Coded,
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name {
    pub(crate) key: &'static str,
    pub(crate) concept: Concept,
    pub(crate) kind: Kind,
}

const fn name(key: &'static str, code: &'static str, meaning: &'static str, kind: Kind) -> Name {
    Name { key, concept: own(code, meaning), kind }
}

use Kind::{
    Coded, Date, Ellipse, Id, Line, List, Map, Mm, Path, Pixels, Rich, RichOrText, Ring, Rings, Text, Time,
    Uid, Word,
};

/// Fields by key.
pub(crate) const NAMES: [Name; 141] = [
    name("accepted_by", "accepted-by", "Accepted by", Text),
    name("affiliation", "affiliation", "Affiliation", Text),
    name("age", "age", "Age", Text),
    name("algorithm", "algorithm", "Algorithm", Text),
    name("at", "at", "At", Time),
    name("attributes", "attributes", "Attributes", Map),
    name("author", "author", "Author", Text),
    name("axis_ends", "axis-ends", "Ends of the axes, longer one first", Ellipse),
    name("basis", "basis", "What millimetres hold by", Word),
    name("between_columns_mm", "between-columns", "Distance between columns", Mm),
    name("between_rows_mm", "between-rows", "Distance between rows", Mm),
    name("burned_in", "burned-in", "Words burned into the pixels", Word),
    name("by", "by", "By", Text),
    name("calibrated", "calibrated", "Calibrated", Text),
    name("caption", "caption", "Caption", Rich),
    name("center", "center", "Window center", Text),
    name("certainty", "certainty", "How sure the reader is", Word),
    name("code", "code", "Code", Coded),
    name("columns", "columns", "Columns", Pixels),
    name("compared_to", "compared-to", "Study it compares with", Id),
    name("consent_note", "consent-note", "What was agreed with the patient", Text),
    name("contributors", "contributors", "Contributors", List),
    name("corners", "corners", "Corners in order", Ring),
    name("corrected", "corrected", "Corrected", Text),
    name("created", "created", "Begun, UTC", Time),
    name("date", "date", "Date", Date),
    name("day", "day", "Days after the first study", Text),
    name("description", "description", "Description", Text),
    name("digit", "digit", "Digit", Word),
    name("discussion", "discussion", "Discussion", Rich),
    name("display", "display", "How it is shown", Text),
    name("doi", "doi", "Digital object identifier", Text),
    name("edited", "edited", "Last changed, UTC", Time),
    name("ends", "ends", "Ends", Line),
    name("evidence", "evidence", "Evidence", Id),
    name("file", "file-window", "Window of the file, from 1", Text),
    name("findings", "findings", "Findings", List),
    name("flip_horizontal", "flip-horizontal", "Mirrored left to right", Text),
    name("frame", "frame", "Frame shown first", Text),
    name("frames", "frames", "Frames", List),
    name("from", "from", "How it came to be", Word),
    name("function", "function", "VOI LUT function", Word),
    name("head", "head", "Where the arrow points", Line),
    name("header_side", "header-side", "Side as the header gives it", Word),
    name("holes", "holes", "Holes", Rings),
    name("id", "id", "Identity", Id),
    name("image", "image", "Image", Id),
    name("images", "images", "Images", List),
    name("invert", "invert", "Greys turned over", Text),
    name("key", "key-image", "Key image", Text),
    name("kind", "kind", "Kind", Word),
    name("label", "label", "Label", Text),
    name("language", "language", "Language", Text),
    name("licence", "licence", "Licence", Text),
    name("low_priority", "low-priority", "Pixels belong to other parts first", Text),
    name("lut", "file-lut", "VOI LUT of the file, from 1", Text),
    name("max_x", "max-x", "Last column", Pixels),
    name("max_y", "max-y", "Last row", Pixels),
    name("meaning", "meaning", "Code meaning", Text),
    name("min_x", "min-x", "First column", Pixels),
    name("min_y", "min-y", "First row", Pixels),
    name("modality", "modality", "Modality", Text),
    name("name", "name", "Name", Text),
    name("number", "number", "Number", Text),
    name("of", "of", "What it speaks about", Word),
    name("origin", "origin", "Origin", Text),
    name("outer", "outer", "Outline", Ring),
    name("parts", "parts", "Parts", List),
    name("patient", "patient", "Patient", Text),
    name("per_pixel", "per-pixel", "From one pixel to the next", Text),
    name("pixel_aspect", "pixel-aspect", "Height of a pixel over its width", Text),
    name("pixels_cleared", "pixels-cleared", "Who found no identity in the pixels", Text),
    name("point", "point", "Point", Line),
    name("points", "points", "Points in order", Line),
    name("presence", "presence", "Presence", Word),
    name("presentation", "presentation", "History and question", Rich),
    name("quarter_turns", "quarter-turns", "Quarter turns clockwise", Text),
    name("quiz", "quiz", "Played as a quiz", Text),
    name("reader", "reader", "Reader", Text),
    name("reading", "reading", "Reading", Id),
    name("readings", "readings", "Readings", List),
    name("reads", "reads", "How far images were read", List),
    name("reason", "reason", "Reason", Text),
    name("reference_pixel", "ref-pixel", "Pixel with a known value", Text),
    name("reference_value", "ref-value", "Value of that pixel", Text),
    name("references", "references", "References", List),
    name("region", "region", "Region", Id),
    name("regions", "regions", "Regions", List),
    name("result", "result", "What came of it", Word),
    name("revision", "revision", "Revision", Text),
    name("role", "role", "Role", Word),
    name("rows", "rows", "Rows", Pixels),
    name("run", "run", "Run", Word),
    name("runs", "runs", "Runs", List),
    name("schema", "schema", "Label schema", Text),
    name("scheme", "scheme", "Coding scheme", Text),
    name("scope", "scope", "Scope", Text),
    name("segment", "segment", "Segment", Word),
    name("series", "series", "Series", Uid),
    name("set", "set-window", "Window as set", Text),
    name("sex", "sex", "Sex", Word),
    name("shape", "shape", "Shape", Text),
    name("side", "side", "Side", Word),
    name("sites", "sites", "Sites", List),
    name("size", "size", "Size", Text),
    name("sop", "sop", "Object it was read from", Uid),
    name("sop_class", "sop-class", "Class of the image", Uid),
    name("source", "source", "DICOM object", Uid),
    name("spacing", "spacing", "Pixel spacing of the header", Text),
    name("state", "state", "State", Word),
    name("stated_side", "stated-side", "Side as a person states it", Text),
    name("statements", "statements", "Statements", List),
    name("status", "status", "Status", Word),
    name("studies", "studies", "Studies", List),
    name("study", "study", "Study", Id),
    name("synthetic", "synthetic", "Synthetic data", Text),
    name("tags", "tags", "Tags", List),
    name("tail", "tail", "Where the words stand", Line),
    name("target", "target", "What supports it", Text),
    name("text", "text", "Text", RichOrText),
    name("title", "title", "Title", Text),
    name("to", "to", "Kind of what supports it", Word),
    name("tool", "tool", "Tool", Text),
    name("track", "track", "Track", Id),
    name("tracking_uid", "tracking-uid", "Tracking Unique Identifier", Uid),
    name("tracks", "tracks", "Tracks", List),
    name("type", "type", "Type", Word),
    name("ultrasound_regions", "us-regions", "Calibrated parts", List),
    name("unit", "unit", "Unit", Word),
    name("user_scale", "user-scale", "Scale a person drew", Text),
    name("value", "value", "Value", Text),
    name("version", "version", "Version", Text),
    name("vertices", "vertices", "Centreline", Path),
    name("view_position", "view-position", "View position", Text),
    name("when", "when", "When", Text),
    name("why", "why", "Why", Text),
    name("width", "width", "Width", Text),
    name("window", "window", "Window", Word),
    name("within", "within", "Part it was drawn in", Text),
    name("x", "x", "Along the rows", Text),
    name("y", "y", "Down the columns", Text),
];

/// One entry of a list.
pub(crate) const ENTRY: Concept = own("entry", "Entry");
/// A text as it stands in the case, where content items cannot hold it: with escapes.
pub(crate) const EXACT_TEXT: Concept = own("exact-text", "Exact text, with escapes");
/// In place of a text without words.
pub(crate) const EMPTY_TEXT: Concept = own("empty-text", "Empty");
/// Words of a text that rest on evidence.
pub(crate) const LINK: Concept = own("link", "Words that rest on evidence");
/// A citation in a text.
pub(crate) const CITATION: Concept = own("citation", "Citation");
/// A whole number of more digits than a measured value keeps.
pub(crate) const WHOLE_NUMBER: Concept = own("whole-number", "Whole number");
/// How many characters of a text something takes.
pub(crate) const LENGTH: Concept = own("length", "Characters of it");
/// Where in a text something stands.
pub(crate) const OFFSET: Concept = own("offset", "Characters before it");
/// One reference that is cited.
pub(crate) const CITED: Concept = own("cited", "Reference");
/// The widths of a path.
pub(crate) const WIDTHS: Concept = own("widths", "Width at each vertex, in pixels");
/// A mask: a frame of a segmentation.
pub(crate) const MASK: Concept = own("mask", "Mask");

/// The field with this key.
pub(crate) fn of_key(key: &str) -> Option<&'static Name> {
    NAMES.binary_search_by_key(&key, |name| name.key).ok().and_then(|at| NAMES.get(at))
}

/// All codes of the table and of what is no field.
#[cfg(test)]
pub(crate) fn values() -> impl Iterator<Item = &'static str> {
    let others =
        [ENTRY, EXACT_TEXT, EMPTY_TEXT, LINK, CITATION, WHOLE_NUMBER, LENGTH, OFFSET, CITED, WIDTHS, MASK];
    NAMES.iter().map(|name| name.concept.value).chain(others.into_iter().map(|concept| concept.value))
}

/// What a key is called.
pub(crate) fn concept(key: &str) -> CodedConcept {
    match of_key(key) {
        Some(name) => name.concept.into(),
        None => codes::for_words(key),
    }
}

/// The key that a concept of ours calls so; of one that is not in the table its meaning.
pub(crate) fn key_of(coded: &CodedConcept) -> Option<String> {
    if coded.scheme != codes::OWN_SCHEME {
        return None;
    }
    let known = NAMES.iter().find(|name| name.concept.value == coded.value);
    Some(known.map_or_else(|| coded.meaning.clone(), |name| name.key.to_owned()))
}

/// Words of the model's enumerations that have a code of the standard, by key. All others are of our scheme.
fn standard_word(key: &str, word: &str) -> Option<Concept> {
    use calx_model::{Presence, Side};
    match (key, word) {
        ("presence", "present") => Some(codes::presence(Presence::Present)),
        ("presence", "absent") => Some(codes::presence(Presence::Absent)),
        ("presence", "indeterminate") => Some(codes::presence(Presence::Indeterminate)),
        ("side" | "header_side", "right") => Some(codes::side(Some(Side::Right))),
        ("side" | "header_side", "left") => Some(codes::side(Some(Side::Left))),
        ("side" | "header_side", "bilateral") => Some(codes::side(Some(Side::Bilateral))),
        _ => None,
    }
}

/// A word of an enumeration as a code; `None` for what is no such word, as a role in free words.
pub(crate) fn word(key: &str, word: &str) -> Option<CodedConcept> {
    let plain = |b: u8| b.is_ascii_lowercase() || b == b'_';
    if word.is_empty() || word.len() > codes::MOST_VALUE || !word.bytes().all(plain) {
        return None;
    }
    let (value, meaning) = (word.replace('_', "-"), word.replace('_', " "));
    let standard = standard_word(key, word).map(CodedConcept::from);
    // Two words may not become one code, nor a word what stands for no words.
    let is_one = !word.starts_with('_') && !word.ends_with('_') && !word.contains("__");
    let is_one = is_one && value != EMPTY_TEXT.value;
    standard.or_else(|| is_one.then(|| CodedConcept { value, scheme: codes::OWN_SCHEME.to_owned(), meaning }))
}

/// The word that [`word`] made this code of.
pub(crate) fn word_of(key: &str, coded: &CodedConcept) -> Option<String> {
    const STANDARD: [&str; 6] = ["present", "absent", "indeterminate", "right", "left", "bilateral"];
    let standard = STANDARD.into_iter().find(|word| standard_word(key, word).is_some_and(|c| c.is(coded)));
    let own = || (coded.scheme == codes::OWN_SCHEME).then(|| coded.value.replace('-', "_"));
    standard.map(str::to_owned).or_else(own)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn codes_are_unique_and_keys_are_sorted() {
        assert!(NAMES.is_sorted_by(|one, next| one.key < next.key));
        let others = [
            ENTRY,
            EXACT_TEXT,
            EMPTY_TEXT,
            LINK,
            CITATION,
            WHOLE_NUMBER,
            LENGTH,
            OFFSET,
            CITED,
            WIDTHS,
            MASK,
            codes::FORMAT,
            codes::CASE_DOCUMENT,
        ];
        let all: Vec<Concept> = NAMES.iter().map(|name| name.concept).chain(others).collect();
        let values: BTreeSet<_> = all.iter().map(|concept| concept.value).collect();
        assert_eq!(values.len(), all.len());
        for concept in all {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(
                concept.value.len() <= codes::MOST_VALUE && concept.value.bytes().all(plain),
                "{concept:?}"
            );
            assert!(codes::is_writable(&concept.into()), "{concept:?}");
        }
    }

    #[test]
    fn every_key_of_a_case_has_a_name() {
        fn collect(node: &Value, keys: &mut BTreeSet<String>) {
            match node {
                Value::Object(fields) => {
                    if let Some(Value::Object(properties)) = fields.get("properties") {
                        keys.extend(properties.keys().cloned());
                    }
                    fields.values().for_each(|value| collect(value, keys));
                }
                Value::Array(values) => values.iter().for_each(|value| collect(value, keys)),
                _ => {}
            }
        }
        let schema = include_str!("../../../../calx-model/tests/snapshots/case.schema.json");
        let mut keys = BTreeSet::new();
        collect(&serde_json::from_str(schema).unwrap(), &mut keys);
        let missing: Vec<_> = keys.iter().filter(|key| of_key(key).is_none()).collect();
        assert!(missing.is_empty(), "fields of a case without a name in its document: {missing:?}");
        let gone: Vec<_> = NAMES.iter().map(|name| name.key).filter(|key| !keys.contains(*key)).collect();
        assert!(gone.is_empty(), "names of fields that no case has: {gone:?}");
    }

    #[test]
    fn keys_and_words_come_back() {
        for known in &NAMES {
            assert_eq!(key_of(&concept(known.key)).as_deref(), Some(known.key));
        }
        assert_eq!(key_of(&concept("a_new_field")).as_deref(), Some("a_new_field"));
        for (key, said) in [
            ("presence", "present"),
            ("presence", "not_assessable"),
            ("side", "left"),
            ("header_side", "unpaired"),
            ("status", "in_review"),
            ("basis", "ultrasound_region"),
            ("state", "present"),
        ] {
            match word(key, said) {
                Some(coded) => assert_eq!(word_of(key, &coded).as_deref(), Some(said), "{key}"),
                None => assert!(said.len() > codes::MOST_VALUE, "{key} {said}"),
            }
        }
        assert_eq!(word("side", "right").unwrap().scheme, "SCT");
        assert_eq!(word("role", "Head of department"), None);
        assert_eq!(word("role", "a__b"), None);
        assert_eq!(word("role", "empty_text"), None);
    }
}

//! A small, strict reader of well-formed XML, for looking at the page as a machine sees it.

use std::collections::BTreeMap;

/// One element, in document order.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// All text inside, entities decoded.
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    pub(crate) fn has_class(&self, class: &str) -> bool {
        self.get("class").split(' ').any(|c| c == class)
    }
}

/// Every element of a page.
///
/// # Panics
/// With the place, on anything that is not well-formed.
pub(crate) fn elements(page: &str) -> Vec<Element> {
    let body = page.strip_prefix("<!DOCTYPE html>").expect("a doctype first");
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let (text, after) = rest.split_once('<').unwrap_or((rest, ""));
        if !text.is_empty() {
            let decoded = decode(text);
            assert!(!open.is_empty() || decoded.trim().is_empty(), "text outside the page: {text:?}");
            for at in &open {
                found[*at].text.push_str(&decoded);
            }
        }
        if after.is_empty() {
            break;
        }
        let (tag, after) = split_tag(after);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let at = open.pop().unwrap_or_else(|| panic!("</{name}> closes nothing"));
            assert_eq!(found[at].name, name, "wrongly nested");
            continue;
        }
        let (tag, is_closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        found.push(element(tag));
        let at = found.len() - 1;
        if !is_closed {
            let name = found[at].name.clone();
            if ["style", "script"].contains(&name.as_str()) {
                // Well-formed for XML too: no markup inside.
                let (raw, after) = rest.split_once(&format!("</{name}>")).expect("an end");
                assert!(!raw.contains(['<', '&']), "{name} holds markup");
                found[at].text = raw.to_owned();
                rest = after;
            } else {
                open.push(at);
            }
        }
    }
    assert!(open.is_empty(), "not closed: {:?}", open.iter().map(|at| &found[*at].name).collect::<Vec<_>>());
    found
}

fn split_tag(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'<' => panic!("a raw < in a tag: {}", &text[..at]),
            b'>' if !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    panic!("a tag without end");
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()), "element {name:?}");
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let (key, after) =
            rest.split_once("=\"").unwrap_or_else(|| panic!("attribute without value: {rest:?}"));
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "attribute {key:?} of {name}");
        let (value, after) = after.split_once('"').expect("a closing quote");
        assert!(after.is_empty() || after.starts_with(char::is_whitespace), "no blank after {key} of {name}");
        assert!(attributes.insert(key.to_owned(), decode(value)).is_none(), "{key} stands twice on {name}");
        rest = after;
    }
    Element { name: name.to_owned(), attributes, text: String::new() }
}

fn decode(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, after) = after.split_once(';').expect("an entity ends");
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("entity {other:?} is not known to XML"),
        });
        rest = after;
    }
    out + rest
}

//! The readable text of a finished file, decoded: what a search by words would find.
//!
//! Not here: what is looked for ([`crate::identity`]).
//!
//! Invariants
//! - Numbers of drawings (path data, sizes) and encoded pictures are no text; every other attribute is.
//! - A file of an unknown kind is text as a whole.

use serde_json::Value;

/// Lower-case runs of letters and digits; dots between digits hold a UID together.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut token = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let joins = c == '.'
            && token.ends_with(|b: char| b.is_ascii_digit())
            && characters.peek().is_some_and(char::is_ascii_digit);
        if c.is_alphanumeric() {
            token.extend(c.to_lowercase());
        } else if joins {
            token.push('.');
        } else if !token.is_empty() {
            push(&mut found, std::mem::take(&mut token));
        }
    }
    if !token.is_empty() {
        push(&mut found, token);
    }
    found
}

/// A date with dots (`3.2.1951`) is three tokens and its days get two digits; a UID stays one.
fn push(found: &mut Vec<String>, token: String) {
    let parts: Vec<&str> = token.split('.').collect();
    if let [day, month, year] = parts.as_slice()
        && day.len() <= 2
        && month.len() <= 2
        && year.len() == 4
    {
        found.extend([format!("{day:0>2}"), format!("{month:0>2}"), (*year).to_owned()]);
    } else {
        found.push(token);
    }
}

/// The pieces of text in a file, by the ending of its name.
pub(crate) fn pieces(name: &str, bytes: &[u8]) -> Vec<String> {
    match name.rsplit('.').next() {
        Some("html" | "svg" | "xml") => markup(&String::from_utf8_lossy(bytes)),
        Some("json") => match serde_json::from_slice(bytes) {
            Ok(value) => {
                let mut found = Vec::new();
                json(&value, &mut found);
                found
            }
            Err(_) => vec![String::from_utf8_lossy(bytes).into_owned()],
        },
        Some("png") => png_text(bytes),
        _ => vec![String::from_utf8_lossy(bytes).into_owned()],
    }
}

fn json(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !is_uuid(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| json(item, found)),
        Value::Object(fields) => {
            for (key, item) in fields {
                found.push(key.clone());
                json(item, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Ids of the case are random digits, which can look like any number.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|g| g.len()).eq([8, 4, 4, 4, 12])
        && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// Attributes that hold geometry.
const DRAWING: [&str; 12] =
    ["d", "viewBox", "transform", "width", "height", "x", "y", "cx", "cy", "r", "points", "stroke-dasharray"];

/// Text and attribute values of the page, entities decoded. Style and script hold no words of a case.
fn markup(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((text, after)) = rest.split_once('<') {
        found.push(entities(text));
        let Some((tag, after)) = split_tag(after) else {
            found.push(entities(after));
            return found;
        };
        attributes(tag, &mut found);
        rest = after;
        for raw in ["style", "script"] {
            if tag.starts_with(raw) {
                let end = format!("</{raw}>");
                rest = rest.split_once(end.as_str()).map_or("", |(_, after)| after);
            }
        }
    }
    found.push(entities(rest));
    found.retain(|piece| !piece.trim().is_empty());
    found
}

/// A tag's inside and what follows; `>` inside quotes does not end it.
fn split_tag(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

fn attributes(tag: &str, found: &mut Vec<String>) {
    let mut parts = tag.split('"');
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        let name = name.trim_end_matches('=').rsplit(char::is_whitespace).next().unwrap_or(name);
        if !DRAWING.contains(&name) && !value.starts_with("data:") {
            found.push(entities(value));
        }
    }
}

fn entities(text: &str) -> String {
    let mut out = text.to_owned();
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        if out.contains('&') {
            out = out.replace(entity, character);
        }
    }
    out
}

/// Everything in a PNG but the picture itself.
fn png_text(bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let Some((head, after)) = rest.split_at_checked(8) {
        let (Some(length), Some(kind)) = (head.first_chunk::<4>(), head.get(4..)) else { break };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let data = after.get(..length).unwrap_or(after);
        if !matches!(kind, b"IHDR" | b"IDAT" | b"IEND" | b"PLTE" | b"tRNS") {
            found.push(String::from_utf8_lossy(data).into_owned());
        }
        rest = after.get(length.saturating_add(4)..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_words_numbers_and_uids() {
        assert_eq!(tokens("Doe^John, 1.2.840.10008 v0.1"), ["doe", "john", "1.2.840.10008", "v0.1"]);
        assert_eq!(tokens("on 3.2.1951."), ["on", "03", "02", "1951"]);
    }

    #[test]
    fn a_page_gives_its_text_and_its_attributes() {
        let page = r#"<p title="a &gt; b">x &amp;lt; y</p><img src="data:abc" alt="hand"/><path d="M 1 2"/>
            <style>p { color: red }</style><script>var secret;</script>end"#;
        assert_eq!(markup(page), ["a > b", "x &lt; y", "hand", "end"]);
    }

    #[test]
    fn json_gives_strings_and_keys_and_no_ids() {
        let text = br#"{"who": ["Doe", 1234], "id": "00000000-0000-4000-8000-000000000001"}"#;
        assert_eq!(pieces("case.json", text), ["id", "who", "Doe"]);
    }

    #[test]
    fn a_png_gives_its_comments() {
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, data) in [(b"IHDR", &b"pixels"[..]), (b"tEXt", b"Author\0Doe"), (b"IEND", b"")] {
            png.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            png.extend(kind);
            png.extend(data);
            png.extend([0; 4]);
        }
        assert_eq!(pieces("a.png", &png), ["Author\0Doe"]);
    }
}

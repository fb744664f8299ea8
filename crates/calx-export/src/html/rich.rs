//! Text with chips as HTML: light Markdown (paragraphs, bold, italic, lists, links), linked words and
//! citations.
//!
//! Not here: any other Markdown; no HTML passes through.
//!
//! Invariants
//! - Every character of a text is escaped; markup comes from this file only.
//! - A link leads to http or https, nowhere else.
//! - Work is linear in the text for each marker and nesting is bounded, whatever the text.

use std::collections::BTreeMap;

use calx_model::{ReferenceId, RichText, Run};

use crate::html::escape::escape;

/// What texts point to, and where each citation came to stand.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// The opening tag of the link that stands for a piece of evidence.
    pub(crate) evidence: BTreeMap<calx_model::EvidenceId, EvidenceLink>,
    /// Shown numbers of references.
    pub(crate) references: BTreeMap<ReferenceId, usize>,
    /// For each reference the citations so far, for back links.
    pub(crate) cited: BTreeMap<ReferenceId, Vec<usize>>,
    pub(crate) citations: usize,
}

/// Where a chip leads.
#[derive(Debug, Clone)]
pub(crate) struct EvidenceLink {
    /// As `#region-3`.
    pub(crate) href: String,
    /// The region's number, when it is one.
    pub(crate) region: Option<usize>,
    /// As `region 3: calcified stretch 23.4 mm at detector`.
    pub(crate) words: String,
}

/// One thing in a line of text: a character, or finished HTML.
#[derive(Debug, Clone)]
enum Item {
    Char(char),
    Html(String),
}

/// Bold in italic in a list is as deep as anyone writes.
const MAX_DEPTH: usize = 6;
/// Keeps the search for the end of a link short.
const MAX_LINK_WORDS: usize = 512;

/// A text as blocks (paragraphs and lists).
pub(crate) fn blocks(text: &RichText, links: &mut Links) -> String {
    let blocks = parse(items(text, links));
    blocks.iter().map(Block::html).collect()
}

/// A text as one stretch without a paragraph round it, when it is one paragraph; else as blocks.
pub(crate) fn inline_or_blocks(text: &RichText, links: &mut Links) -> (String, bool) {
    let blocks = parse(items(text, links));
    match blocks.as_slice() {
        [Block::Paragraph(items)] => (inline(items, 0), true),
        blocks => (blocks.iter().map(Block::html).collect(), blocks.is_empty()),
    }
}

fn items(text: &RichText, links: &mut Links) -> Vec<Item> {
    let mut items = Vec::new();
    for run in text.runs() {
        match run {
            Run::Words { text } => items.extend(text.replace("\r\n", "\n").chars().map(Item::Char)),
            Run::Linked { text, evidence } => {
                items.push(Item::Html(linked(text, links.evidence.get(evidence))));
            }
            Run::Cite { references } => items.push(Item::Html(citation(references, links))),
        }
    }
    items
}

fn linked(words: &str, link: Option<&EvidenceLink>) -> String {
    let Some(link) = link else { return escape(words) };
    let (words, href, about) = (escape(words), escape(&link.href), escape(&link.words));
    match link.region {
        Some(n) => format!(
            "<a class=\"tie\" href=\"{href}\" data-regions=\"{n}\" title=\"{about}\">{words}<sup class=\"tie-number\">{n}</sup></a>"
        ),
        None => format!("<a class=\"tie\" href=\"{href}\" title=\"{about}\">{words}</a>"),
    }
}

/// `[1–4, 7]`, every number shown a link.
fn citation(references: &[ReferenceId], links: &mut Links) -> String {
    links.citations += 1;
    let place = links.citations;
    let mut numbers: Vec<usize> = Vec::new();
    for reference in references {
        if let Some(number) = links.references.get(reference)
            && !numbers.contains(number)
        {
            numbers.push(*number);
            links.cited.entry(*reference).or_default().push(place);
        }
    }
    numbers.sort_unstable();
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for n in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => ranges.push((n, n)),
        }
    }
    let link = |n: usize| format!("<a href=\"#reference-{n}\" aria-label=\"reference {n}\">{n}</a>");
    let shown: Vec<String> = ranges
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => link(first),
            1 => format!("{}, {}", link(first), link(last)),
            _ => format!("{}–{}", link(first), link(last)),
        })
        .collect();
    format!("<span class=\"cite\" id=\"cite-{place}\">[{}]</span>", shown.join(", "))
}

#[derive(Debug)]
enum Block {
    Paragraph(Vec<Item>),
    Bullets(Vec<Vec<Item>>),
    Numbers(Vec<Vec<Item>>),
}

impl Block {
    fn html(&self) -> String {
        let list = |tag: &str, entries: &[Vec<Item>]| {
            let entries: String = entries.iter().map(|e| format!("<li>{}</li>", inline(e, 0))).collect();
            format!("<{tag}>{entries}</{tag}>")
        };
        match self {
            Self::Paragraph(items) => format!("<p>{}</p>", inline(items, 0)),
            Self::Bullets(entries) => list("ul", entries),
            Self::Numbers(entries) => list("ol", entries),
        }
    }
}

fn is_blank(item: &Item) -> bool {
    matches!(item, Item::Char(c) if c.is_whitespace())
}

/// Lines become blocks: an empty line ends a paragraph, `- ` and `1. ` begin entries of a list.
fn parse(items: Vec<Item>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in items.split(|item| matches!(item, Item::Char('\n'))) {
        let first = line.iter().position(|item| !is_blank(item)).unwrap_or(line.len());
        let line = line.get(first..).unwrap_or_default();
        if line.is_empty() {
            open = false;
            continue;
        }
        let (marker, rest) = marker(line);
        match (marker, blocks.last_mut()) {
            (Some(false), Some(Block::Bullets(entries))) | (Some(true), Some(Block::Numbers(entries))) => {
                entries.push(rest.to_vec());
            }
            (Some(false), _) => blocks.push(Block::Bullets(vec![rest.to_vec()])),
            (Some(true), _) => blocks.push(Block::Numbers(vec![rest.to_vec()])),
            (None, Some(Block::Paragraph(before))) if open => continue_line(before, line),
            (None, Some(Block::Bullets(entries) | Block::Numbers(entries))) if open => {
                if let Some(entry) = entries.last_mut() {
                    continue_line(entry, line);
                }
            }
            (None, _) => blocks.push(Block::Paragraph(line.to_vec())),
        }
        open = true;
    }
    blocks
}

fn continue_line(before: &mut Vec<Item>, line: &[Item]) {
    before.push(Item::Char(' '));
    before.extend(line.iter().cloned());
}

/// `Some(false)` for a bullet, `Some(true)` for a number, with what follows.
fn marker(line: &[Item]) -> (Option<bool>, &[Item]) {
    let blank = |at: usize| line.get(at).is_some_and(is_blank);
    if matches!(line.first(), Some(Item::Char('-' | '*' | '•'))) && blank(1) {
        return (Some(false), line.get(2..).unwrap_or_default());
    }
    let digits = line.iter().take_while(|i| matches!(i, Item::Char(c) if c.is_ascii_digit())).count();
    if (1..=3).contains(&digits)
        && matches!(line.get(digits), Some(Item::Char('.' | ')')))
        && blank(digits + 1)
    {
        return (Some(true), line.get(digits + 2..).unwrap_or_default());
    }
    (None, line)
}

/// Bold, italic and links within a line.
fn inline(items: &[Item], depth: usize) -> String {
    let mut out = String::new();
    // Once a marker found no partner, none after it will.
    let mut hopeless = [depth >= MAX_DEPTH; 3];
    let mut at = 0;
    while let Some(item) = items.get(at) {
        let rest = items.get(at..).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|i| items.get(i));
        if let Some((html, taken)) = span(rest, before, depth, &mut hopeless) {
            out.push_str(&html);
            at += taken;
            continue;
        }
        match item {
            Item::Char(c) => out.push_str(&escape(c.encode_utf8(&mut [0; 4]))),
            Item::Html(html) => out.push_str(html),
        }
        at += 1;
    }
    out
}

/// A marked stretch at the beginning of `rest`, and how many items it takes.
fn span(
    rest: &[Item],
    before: Option<&Item>,
    depth: usize,
    hopeless: &mut [bool; 3],
) -> Option<(String, usize)> {
    let [bold, star, underscore] = hopeless;
    if starts(rest, "**") {
        return emphasis(rest, "**", "strong", depth, bold);
    }
    if starts(rest, "*") {
        return emphasis(rest, "*", "em", depth, star);
    }
    let in_word = matches!(before, Some(Item::Char(c)) if c.is_alphanumeric());
    if starts(rest, "_") && !in_word {
        return emphasis(rest, "_", "em", depth, underscore);
    }
    if starts(rest, "[") {
        return markdown_link(rest, depth);
    }
    None
}

fn emphasis(
    rest: &[Item],
    mark: &str,
    tag: &str,
    depth: usize,
    hopeless: &mut bool,
) -> Option<(String, usize)> {
    let width = mark.len();
    if *hopeless || rest.get(width).is_none_or(is_blank) {
        return None;
    }
    let closes = |at: &usize| {
        let here = rest.get(*at..).unwrap_or_default();
        let blank_before = at.checked_sub(1).and_then(|i| rest.get(i)).is_none_or(is_blank);
        let doubled =
            mark == "*" && (starts(here, "**") || matches!(rest.get(at - 1), Some(Item::Char('*'))));
        let in_word = mark == "_" && matches!(rest.get(at + 1), Some(Item::Char(c)) if c.is_alphanumeric());
        starts(here, mark) && !blank_before && !doubled && !in_word
    };
    let Some(end) = (width + 1..rest.len()).find(closes) else {
        *hopeless = true;
        return None;
    };
    let inside = inline(rest.get(width..end)?, depth + 1);
    Some((format!("<{tag}>{inside}</{tag}>"), end + width))
}

/// `[words](https://…)`.
fn markdown_link(rest: &[Item], depth: usize) -> Option<(String, usize)> {
    if depth >= MAX_DEPTH {
        return None;
    }
    let middle =
        (1..rest.len().min(MAX_LINK_WORDS)).find(|at| starts(rest.get(*at..).unwrap_or_default(), "]("))?;
    let mut address = String::new();
    for item in rest.get(middle + 2..)? {
        match item {
            Item::Char(')') => {
                // A link in a link, or a chip in one, is no HTML.
                let words = rest.get(1..middle)?;
                if !is_web_address(&address)
                    || words.iter().any(|i| matches!(i, Item::Html(_) | Item::Char('[')))
                {
                    return None;
                }
                let taken = middle + 3 + address.chars().count();
                let (address, words) = (escape(&address), inline(words, depth + 1));
                return Some((
                    format!("<a href=\"{address}\" rel=\"noopener noreferrer\">{words}</a>"),
                    taken,
                ));
            }
            Item::Char(c) if !c.is_whitespace() && address.len() < 2048 => address.push(*c),
            _ => return None,
        }
    }
    None
}

/// http or https, without anything a reader would not see.
pub(crate) fn is_web_address(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    let host = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let harmless = |c: char| {
        !c.is_whitespace()
            && !calx_model::patient_text::is_deceptive(c)
            && !matches!(c, '"' | '<' | '>' | '\\' | '\'')
    };
    host.is_some_and(|h| !h.is_empty() && !h.starts_with('/')) && address.chars().all(harmless)
}

fn starts(items: &[Item], mark: &str) -> bool {
    mark.chars().enumerate().all(|(at, c)| matches!(items.get(at), Some(Item::Char(found)) if *found == c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use calx_model::EvidenceId;
    use uuid::Uuid;

    #[track_caller]
    fn check(markdown: &str, html: &str) {
        assert_eq!(blocks(&RichText::plain(markdown), &mut Links::default()), html);
    }

    #[test]
    fn light_markdown() {
        check("a **b** *c* _d_ e_f_g", "<p>a <strong>b</strong> <em>c</em> <em>d</em> e_f_g</p>");
        check("**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>");
        check("2 * 3 * 4 and **open", "<p>2 * 3 * 4 and **open</p>");
        check("one\ntwo\n\nthree", "<p>one two</p><p>three</p>");
        check("- a\n- b\n  more\n\n1. c", "<ul><li>a</li><li>b more</li></ul><ol><li>c</li></ol>");
        check(
            "see [the *page*](https://example.org/a?b=1&c)",
            "<p>see <a href=\"https://example.org/a?b=1&amp;c\" rel=\"noopener noreferrer\">the <em>page</em></a></p>",
        );
    }

    #[test]
    fn nothing_hostile_passes() {
        check("<script>alert('x')</script>", "<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</p>");
        check("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>");
        check("[a](https://x\" onclick=\"y)", "<p>[a](https://x&quot; onclick=&quot;y)</p>");
        check("\u{202e}x", "<p>\u{fffd}x</p>");
        let deep = "**a *b ".repeat(20_000) + &"* **".repeat(20_000);
        assert!(blocks(&RichText::plain(deep), &mut Links::default()).len() > 200_000);
    }

    #[test]
    fn chips_and_citations() {
        let (evidence, one, two) = (
            EvidenceId(Uuid::from_u128(1)),
            ReferenceId(Uuid::from_u128(2)),
            ReferenceId(Uuid::from_u128(3)),
        );
        let mut links = Links::default();
        let link =
            EvidenceLink { href: "#region-3".into(), region: Some(3), words: "region 3: a \"b\"".into() };
        links.evidence.insert(evidence, link);
        links.references.extend([(one, 1), (two, 2)]);
        let text = RichText::from_runs([
            Run::Words { text: "**In ".into() },
            Run::Linked { text: "the <artery>".into(), evidence },
            Run::Words { text: "** ".into() },
            Run::Cite { references: vec![two, one] },
        ]);
        let html = blocks(&text, &mut links);
        assert_eq!(
            html,
            "<p><strong>In <a class=\"tie\" href=\"#region-3\" data-regions=\"3\" title=\"region 3: a &quot;b&quot;\">\
             the &lt;artery&gt;<sup class=\"tie-number\">3</sup></a></strong> \
             <span class=\"cite\" id=\"cite-1\">[<a href=\"#reference-1\" aria-label=\"reference 1\">1</a>, \
             <a href=\"#reference-2\" aria-label=\"reference 2\">2</a>]</span></p>"
        );
        assert_eq!(links.cited.get(&two), Some(&vec![1]));
    }
}

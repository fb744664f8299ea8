//! Texts being typed: kept here until they are taken into the case, 800 ms after the last key or on leaving the field.
//!
//! Invariants
//! - A text that the case refuses stays in its field with the reason; nothing typed is dropped.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use calx_model::{
    Case, CaseField, Contributor, Edit, ReferenceId, RegionId, RichText, StatementField, StatementId, markup,
};
use egui::{Id, RichText as Words, TextEdit};

use super::checked::Checked;
use super::chips;
use crate::shell::{direction, theme};
use crate::state::{AppState, may_edit};

/// How long after the last key a text is taken in.
const PAUSE: f64 = 0.8;

/// A text of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Title.
    Title,
    /// History and question.
    Presentation,
    /// Discussion.
    Discussion,
    /// Tags, with commas between.
    Tags,
    /// Who stands for the case: a line each, name, role, place.
    Contributors,
    /// Under which licence it may be used.
    Licence,
    /// How the patient's consent is known.
    Consent,
    /// The words of a statement.
    Statement(StatementId),
    /// A reference.
    Reference(ReferenceId),
    /// Its DOI.
    Doi(ReferenceId),
}

impl Field {
    /// Its identity in the window.
    #[must_use]
    pub fn id(self) -> Id {
        Id::unique(("field", self))
    }

    /// The text as the case has it.
    fn current(self, case: &Case) -> Option<String> {
        let reference = |id| case.references.iter().find(|reference| reference.id == id);
        Some(match self {
            Self::Title => case.title.clone(),
            Self::Presentation => markup::write(&case.presentation, case),
            Self::Discussion => markup::write(&case.discussion, case),
            Self::Tags => case.tags.join(", "),
            Self::Contributors => {
                case.contributors.iter().map(contributor_line).collect::<Vec<_>>().join("\n")
            }
            Self::Licence => case.licence.clone(),
            Self::Consent => case.consent_note.clone(),
            Self::Statement(id) => case.statement(id)?.text.words(),
            Self::Reference(id) => reference(id)?.text.clone(),
            Self::Doi(id) => reference(id)?.doi.clone().unwrap_or_default(),
        })
    }

    /// The edit that gives the case this text; none when it has it already.
    fn edit(self, case: &Case, text: &str) -> Result<Option<Edit>, String> {
        if self.current(case).is_none_or(|current| current == text) {
            return Ok(None);
        }
        let rich =
            || -> Result<RichText, String> { markup::parse(text, case).map_err(|error| error.to_string()) };
        let set = |field| Edit::SetCase { field };
        Ok(match self {
            Self::Title => Some(set(CaseField::Title(text.to_owned()))),
            Self::Presentation => Some(set(CaseField::Presentation(rich()?))),
            Self::Discussion => Some(set(CaseField::Discussion(rich()?))),
            Self::Tags => {
                let tags = tags(text);
                (tags != case.tags).then(|| set(CaseField::Tags(tags)))
            }
            Self::Contributors => {
                let named: Vec<Contributor> = text.lines().filter_map(contributor).collect();
                (named != case.contributors).then(|| set(CaseField::Contributors(named)))
            }
            Self::Licence => Some(set(CaseField::Licence(text.to_owned()))),
            Self::Consent => Some(set(CaseField::ConsentNote(text.to_owned()))),
            Self::Statement(statement) => case.statement(statement).map(|found| {
                let field = StatementField::Text(chips::retyped(&found.text, text));
                Edit::SetStatement { statement, field }
            }),
            Self::Reference(id) => reference_edit(case, id, Some(text), None),
            Self::Doi(id) => reference_edit(case, id, None, Some(text)),
        })
    }
}

fn reference_edit(case: &Case, id: ReferenceId, text: Option<&str>, doi: Option<&str>) -> Option<Edit> {
    let found = case.references.iter().find(|reference| reference.id == id)?;
    let doi = match doi.map(str::trim) {
        None => found.doi.clone(),
        Some("") => None,
        Some(doi) => Some(doi.to_owned()),
    };
    let text = text.map_or_else(|| found.text.clone(), str::to_owned);
    Some(Edit::SetReference { reference: id, text, doi })
}

fn contributor_line(contributor: &Contributor) -> String {
    let parts = [Some(&contributor.name), contributor.role.as_ref(), contributor.affiliation.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// `A. Person, author, Hospital, Town`: name, role, place, as on the command line.
fn contributor(line: &str) -> Option<Contributor> {
    let mut parts = line.splitn(3, ',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned);
    Some(Contributor { name: parts.next()?, role: parts.next(), affiliation: parts.next() })
}

/// Words between commas, each once.
fn tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

#[derive(Debug, Clone)]
struct Draft {
    text: String,
    /// When it is taken in; never again after it was refused, until it is typed on.
    due: Option<f64>,
    refused: Option<String>,
}

/// Texts being typed, and what the panels remember from pass to pass.
#[derive(Debug, Default)]
pub struct Drafts {
    texts: BTreeMap<Field, Draft>,
    /// The field that is to get the focus.
    pub(super) focus: Option<Field>,
    /// The field that had it last.
    focused: Option<Field>,
    /// Age or sex is to get the focus.
    pub(super) wants_patient: bool,
    /// Words selected in a statement: bytes of its words.
    pub(super) selected: Option<(StatementId, Range<usize>)>,
    /// The panel pointed at regions in the last pass.
    pub(super) is_pointing: bool,
    /// What was pointed at when a statement was last brought into view.
    pub(super) shown_for: Vec<RegionId>,
    pub(super) checked: Option<Arc<Checked>>,
}

impl Drafts {
    /// Whether something typed is not in the case yet.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.texts.values().any(|draft| draft.due.is_some())
    }

    /// When the next text is taken in; none while nothing waits.
    #[must_use]
    pub fn due(&self) -> Option<f64> {
        self.texts.values().filter_map(|draft| draft.due).reduce(f64::min)
    }

    /// Whether undo is the case's although a text is being typed: what is typed in a field of the case becomes steps of
    /// the case's history, so that there is one history and not two. A text that the case refused is the field's alone.
    #[must_use]
    pub fn share_history(&self, focused: Option<Id>) -> bool {
        let field = self.focused.filter(|field| focused == Some(field.id()));
        field.is_some_and(|field| self.texts.get(&field).is_none_or(|draft| draft.refused.is_none()))
    }

    /// What is typed in a field and not taken in yet.
    pub(super) fn typed(&self, field: Field) -> Option<&str> {
        self.texts.get(&field).map(|draft| draft.text.as_str())
    }

    /// Puts the cursor into a field as soon as it is drawn.
    pub const fn write_in(&mut self, field: Field) {
        self.focus = Some(field);
    }
}

/// Takes in what was typed long enough ago.
pub fn commit_due(state: &mut AppState) {
    let seconds = state.seconds;
    commit(state, |due| due <= seconds);
}

/// Takes in all that was typed: before leaving, undo, export and quitting.
pub fn commit_all(state: &mut AppState) {
    commit(state, |_| true);
}

/// Before another case is taken in hand: what was typed is taken in, and what the case refuses is said, so that it
/// can be read again among the messages.
pub fn let_go(state: &mut AppState) {
    commit_all(state);
    for draft in std::mem::take(&mut state.drafts).texts.into_values() {
        state.toasts.say(format!("This text was not taken in: {}", draft.text));
    }
}

fn commit(state: &mut AppState, is_due: impl Fn(f64) -> bool) {
    let is_now = |draft: &Draft| draft.due.is_some_and(&is_due);
    let ready: Vec<Field> =
        state.drafts.texts.iter().filter(|(_, draft)| is_now(draft)).map(|(field, _)| *field).collect();
    for field in ready {
        let Some(text) = state.drafts.texts.get(&field).map(|draft| draft.text.clone()) else { continue };
        let Some(edit) = state.case().map(|case| field.edit(case, &text)) else { continue };
        let refused = match edit {
            Ok(None) => None,
            Ok(Some(edit)) => (!state.apply(edit, "type")).then(|| "the case did not take it".to_owned()),
            Err(why) => Some(why),
        };
        if refused.is_none() {
            state.drafts.texts.remove(&field);
        } else if let Some(draft) = state.drafts.texts.get_mut(&field) {
            draft.due = None;
            draft.refused = refused;
        }
    }
}

/// How a field looks.
pub(super) struct Look<'a> {
    /// Its accessible name.
    pub(super) name: &'a str,
    pub(super) hint: &'static str,
    /// Lines at least; 1 for a field of one line.
    pub(super) rows: usize,
    /// Linked words, bytes with their colour.
    pub(super) links: &'a [(Range<usize>, egui::Color32)],
    /// Without a ground of its own until it is typed in.
    pub(super) is_quiet: bool,
}

/// What came of a field in this pass.
pub(super) struct Shown {
    pub(super) response: egui::Response,
    /// Selected words, in bytes.
    pub(super) selected: Option<Range<usize>>,
    /// The byte that the pointer is over.
    pub(super) pointed: Option<usize>,
}

/// Draws a text that can be typed in.
pub(super) fn field(state: &mut AppState, ui: &mut egui::Ui, field: Field, look: &Look<'_>) -> Option<Shown> {
    let current = field.current(state.case()?)?;
    let draft = state.drafts.texts.get(&field);
    let refused = draft.and_then(|draft| draft.refused.clone());
    let mut text = draft.map_or(current, |draft| draft.text.clone());
    let can = may_edit(state).is_ok();
    let has_focus = ui.memory(|memory| memory.has_focus(field.id()));
    if has_focus {
        state.drafts.focused = Some(field);
    }
    let is_mixed = direction::runs_right(&text);
    // Where each letter that is drawn stands in the text, while it is not typed in.
    let mut places: Vec<usize> = Vec::new();
    let mut layouter = |ui: &egui::Ui, buffer: &dyn egui::TextBuffer, width: f32| {
        let job = layout(ui, buffer.as_str(), look.links, width);
        let shown = if has_focus { None } else { direction::wrapped(ui, &job) };
        let job = shown.map_or(job, |shown| {
            places = shown.places;
            shown.job
        });
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let edit = if look.rows > 1 || look.is_quiet {
        TextEdit::multiline(&mut text).desired_rows(look.rows)
    } else {
        TextEdit::singleline(&mut text)
    };
    let mut edit = edit.id(field.id()).hint_text(look.hint).desired_width(f32::INFINITY).interactive(can);
    if !look.links.is_empty() || (is_mixed && !has_focus) {
        edit = edit.layouter(&mut layouter);
    }
    if look.is_quiet {
        let fill = if has_focus { theme::colours(ui).deep } else { egui::Color32::TRANSPARENT };
        let frame = egui::Frame::NONE.fill(fill).corner_radius(4).inner_margin(egui::Margin::symmetric(4, 3));
        edit = edit.frame(frame);
    }
    let output = edit.show(ui);
    let response = output.response.response.clone().accessible_name(look.name);
    if state.drafts.focus.take_if(|wanted| *wanted == field).is_some() {
        response.request_focus();
        // With what stands under it, so that it is seen where one writes.
        response.scroll_to_me(Some(egui::Align::Center));
    }
    let selected = output.cursor_range.filter(|range| !range.is_empty()).map(|range| {
        let range = range.as_sorted_char_range();
        byte_of(&text, range.start.0)..byte_of(&text, range.end.0)
    });
    let pointed = ui.ctx().pointer_hover_pos().filter(|_| response.hovered()).and_then(|at| {
        let at = at - output.galley_pos;
        let is_on_words = output.galley.rect.contains(at.to_pos2());
        is_on_words.then(|| {
            let letter = output.galley.cursor_from_pos(at).index.0;
            byte_of(&text, places.get(letter).copied().unwrap_or(letter))
        })
    });
    // While it is typed the order is that of typing; below it stands what it will look like.
    let typed = (has_focus && is_mixed).then(|| text.clone());
    if response.changed() {
        let due = Some(state.seconds + PAUSE);
        state.drafts.texts.insert(field, Draft { text, due, refused: None });
    }
    if response.lost_focus()
        && let Some(draft) = state.drafts.texts.get_mut(&field)
        && draft.due.is_some()
    {
        draft.due = Some(state.seconds);
    }
    if let Some(typed) = typed {
        let frame = egui::Frame::NONE.inner_margin(egui::Margin::symmetric(8, 2));
        frame.show(ui, |ui| direction::words(ui, Words::new(typed).color(theme::colours(ui).quiet)));
    }
    if let Some(why) = refused {
        ui.add(egui::Label::new(Words::new(why).small().color(theme::colours(ui).amber)).wrap());
    }
    Some(Shown { response, selected, pointed })
}

fn byte_of(text: &str, letter: usize) -> usize {
    text.char_indices().nth(letter).map_or(text.len(), |(byte, _)| byte)
}

/// Words with a line under what is linked.
fn layout(
    ui: &egui::Ui,
    text: &str,
    links: &[(Range<usize>, egui::Color32)],
    width: f32,
) -> egui::text::LayoutJob {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let plain = egui::TextFormat::simple(font, theme::colours(ui).text);
    let mut job = egui::text::LayoutJob::default();
    let mut at = 0;
    for (range, colour) in links {
        // While a text is typed its links may lie elsewhere for a moment.
        let (Some(before), Some(words)) = (text.get(at..range.start), text.get(range.clone())) else { break };
        job.append(before, 0.0, plain.clone());
        let underline = egui::Stroke::new(2.0, *colour);
        job.append(
            words,
            0.0,
            egui::TextFormat { color: theme::colours(ui).strong, underline, ..plain.clone() },
        );
        at = range.end;
    }
    job.append(text.get(at..).unwrap_or_default(), 0.0, plain);
    job.wrap.max_width = width;
    job
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_words_between_commas() {
        assert_eq!(tags(" hand, artery ,, hand"), ["hand", "artery"]);
        assert!(tags(" , ").is_empty());
    }

    #[test]
    fn contributors_are_lines_of_name_role_and_place() {
        let read = contributor("A. Person, author, Hospital, Town").unwrap();
        assert_eq!(read.affiliation.as_deref(), Some("Hospital, Town"));
        assert_eq!(contributor_line(&read), "A. Person, author, Hospital, Town");
        assert_eq!(contributor_line(&contributor(" B. Person ").unwrap()), "B. Person");
        assert_eq!(contributor(" , "), None);
    }

    #[test]
    fn places_of_letters_are_bytes() {
        assert_eq!(byte_of("aöb", 2), 3);
        assert_eq!(byte_of("aöb", 9), 4);
    }
}

//! Findings beside the images: statements, what they rest on, what is missing. The list of regions stands below.
//!
//! Not here: the case as a document ([`super::screen`]).
//!
//! Invariants
//! - A statement that lacks evidence says so; what counts as lacking, the rules of completeness say.
//! - Pointing at a link or a statement moves nothing: it only shows.

use std::collections::BTreeSet;
use std::ops::Range;

use calx_model::{
    Case, Edit, EvidenceId, FindingId, Presence, RegionId, Schema, Statement, StatementField, StatementId,
    Target,
};
use egui::{Button, Color32, Margin, RichText, ScrollArea};

use super::checked::{self, Checked};
use super::drafts::{self, Field, Look};
use super::{chips, link, reads, regions};
use crate::selection::regions_of;
use crate::shell::theme;
use crate::state::{AppState, may_edit};

/// Room for the sign that cuts a link, in points.
const CUT: f32 = 30.0;
/// Room for Link and more beside the presence, in points.
const BESIDE: f32 = 104.0;

/// What a statement says it is, in order.
pub(super) const PRESENCES: [(Presence, &str); 4] = [
    (Presence::Present, "Present"),
    (Presence::Absent, "Absent"),
    (Presence::Indeterminate, "Indeterminate"),
    (Presence::NotAssessable, "Not assessable"),
];

/// What a statement rests on.
struct Tie {
    evidence: EvidenceId,
    /// Number of the region.
    number: Option<usize>,
    /// `radial artery`, or the region's label.
    words: String,
    colour: Color32,
    region: Option<RegionId>,
    image: Option<calx_model::ImageId>,
}

/// One statement, as the case has it.
struct Row {
    id: StatementId,
    /// `2.1`.
    number: String,
    presence: Presence,
    ties: Vec<Tie>,
    links: Vec<(Range<usize>, EvidenceId)>,
    missing: Option<(String, String)>,
}

/// Draws it.
pub fn panel(state: &mut AppState, ui: &mut egui::Ui) {
    let Some(checked) = checked::of(state) else { return };
    let mut pointed: Option<BTreeSet<RegionId>> = None;
    // It stays where it is, however long the list is.
    header(state, ui);
    ScrollArea::vertical().id_salt("findings").auto_shrink([false, false]).show(ui, |ui| {
        pointed = all(state, ui, &checked);
        ui.add_space(10.0);
        ui.separator();
        reads::line(state, ui);
        theme::heading(ui, "Regions");
        if let Some(regions) = regions::list(state, ui, &checked) {
            pointed = Some(regions);
        }
        ui.add_space(16.0);
    });
    if point(state, pointed) {
        // What is lit by it was drawn before.
        ui.ctx().request_repaint();
    }
}

/// What the panel points at; what others point at is left alone. Whether that is something else than before.
fn point(state: &mut AppState, pointed: Option<BTreeSet<RegionId>>) -> bool {
    let is_pointing = pointed.is_some();
    if !is_pointing && !state.drafts.is_pointing {
        return false;
    }
    state.drafts.is_pointing = is_pointing;
    let regions = pointed.unwrap_or_default();
    let is_new = state.selection.hovered != regions;
    state.selection.hovered = regions;
    is_new
}

/// What stands over the findings.
pub(super) fn header(state: &mut AppState, ui: &mut egui::Ui) {
    let can = may_edit(state);
    ui.horizontal(|ui| {
        theme::heading(ui, "Findings");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let button = ui.add_enabled(can.is_ok(), Button::new("Add finding"));
            let button = button.on_disabled_hover_text(can.err().unwrap_or_default());
            if button.on_hover_text("A group of statements about this study").clicked() {
                state.ask("case.add-finding");
            }
        });
    });
}

/// Draws all findings; the regions pointed at.
pub(super) fn all(state: &mut AppState, ui: &mut egui::Ui, checked: &Checked) -> Option<BTreeSet<RegionId>> {
    let can = may_edit(state);
    let mut pointed = None;
    let session = state.session.as_deref()?;
    let (case, schema) = (session.case(), session.schema());
    let findings: Vec<(FindingId, Vec<Row>)> = case
        .findings
        .iter()
        .map(|finding| {
            (finding.id, finding.statements.iter().map(|s| row(case, schema, checked, s)).collect())
        })
        .collect();
    if findings.is_empty() {
        let words =
            "No finding yet. Add one, write what is seen or not seen, then link the regions that show it.";
        ui.add(egui::Label::new(RichText::new(words).color(theme::colours(ui).quiet)).wrap());
    }
    let is_new = state.drafts.shown_for.iter().copied().ne(state.selection.hovered.iter().copied());
    let mut scrolls = is_new && !state.drafts.is_pointing;
    state.drafts.shown_for = state.selection.hovered.iter().copied().collect();
    for (index, (finding, rows)) in findings.iter().enumerate() {
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("Finding {}", index + 1)).small().color(theme::colours(ui).quiet));
            let button = ui.add_enabled(can.is_ok(), Button::new("Add statement").small().frame(false));
            if button.accessible_name(format!("Add a statement to finding {}", index + 1)).clicked() {
                super::add_statement_to(state, *finding);
            }
            if rows.is_empty() {
                let button = ui.add_enabled(can.is_ok(), Button::new("Remove").small().frame(false));
                if button.accessible_name(format!("Remove finding {}", index + 1)).clicked() {
                    state.apply(Edit::RemoveFinding { finding: *finding }, "finding rm");
                }
            }
        });
        for row in rows {
            let found = statement(state, ui, row, &mut scrolls);
            pointed = found.or(pointed);
        }
    }
    pointed
}

fn row(case: &Case, schema: &Schema, checked: &Checked, statement: &Statement) -> Row {
    let number = case.statement_number(statement.id).map(|(f, s)| format!("{f}.{s}")).unwrap_or_default();
    let words = statement.text.words();
    let links = chips::links(&statement.text);
    let ties = statement.evidence.iter().map(|evidence| {
        let linked =
            links.iter().find(|(_, id)| *id == evidence.id).and_then(|(range, _)| words.get(range.clone()));
        tie(case, schema, evidence.id, &evidence.target, linked)
    });
    Row {
        id: statement.id,
        presence: statement.presence,
        ties: ties.collect(),
        missing: checked
            .missing(&format!("statement {number}"))
            .map(|missing| (missing.text.clone(), missing.hint.clone())),
        links,
        number,
    }
}

fn tie(case: &Case, schema: &Schema, evidence: EvidenceId, target: &Target, linked: Option<&str>) -> Tie {
    let tie = |words: String| Tie {
        evidence,
        number: None,
        words: linked.map_or(words, str::to_owned),
        colour: theme::QUIET,
        region: None,
        image: None,
    };
    match target {
        Target::Region { region } => {
            let label = case.region(*region).map(|found| found.label.clone()).unwrap_or_default();
            let colour = theme::label_colour(schema, &label);
            let image = case.region(*region).map(|found| found.image);
            let number = case.region_number(*region);
            Tie { number, colour, region: Some(*region), image, ..tie(label) }
        }
        Target::Image { image, .. } => {
            let at = case.images().position(|(_, found)| found.id == *image).map_or(0, |index| index + 1);
            Tie { image: Some(*image), ..tie(format!("image {at}")) }
        }
        Target::Study { study } => {
            let title = case.study(*study).map(|found| found.title.clone()).unwrap_or_default();
            tie(format!("study {title}"))
        }
    }
}

/// Draws one statement; the regions pointed at.
fn statement(
    state: &mut AppState,
    ui: &mut egui::Ui,
    row: &Row,
    scrolls: &mut bool,
) -> Option<BTreeSet<RegionId>> {
    let rests_on: BTreeSet<RegionId> = row.ties.iter().filter_map(|tie| tie.region).collect();
    let is_in_hand = state.selection.statement == Some(row.id);
    let is_lit = !rests_on.is_disjoint(&state.selection.hovered);
    let flashes = state.flash.as_ref().is_some_and(|(place, _)| place.statement == Some(row.id));
    let fill = match (is_lit || flashes, is_in_hand) {
        (true, _) => theme::colours(ui).chosen,
        (false, true) => theme::colours(ui).raised,
        // What the panel has already is not painted once more.
        (false, false) => Color32::TRANSPARENT,
    };
    let mut pointed = None;
    let frame = egui::Frame::NONE.fill(fill).corner_radius(6).inner_margin(Margin::symmetric(8, 6));
    let shown = frame.show(ui, |ui| {
        head(state, ui, row);
        words(state, ui, row, &mut pointed);
        ties(state, ui, row, &mut pointed);
        if let Some((text, hint)) = &row.missing {
            let label = format!("○ {}", text.replace("is Present and has", "has"));
            let label = RichText::new(label).small().color(theme::colours(ui).amber);
            ui.add(egui::Label::new(label).wrap()).on_hover_text(hint);
        }
    });
    let place = shown.response.rect;
    if is_in_hand {
        let bar = egui::Rect::from_min_size(place.min, egui::vec2(3.0, place.height()));
        ui.painter().rect_filled(bar, 2.0, theme::colours(ui).accent);
    }
    if is_lit && *scrolls {
        *scrolls = false;
        ui.scroll_to_rect(place, None);
    }
    // The ground of a statement stands for all of its regions.
    if pointed.is_none() && !rests_on.is_empty() && ui.rect_contains_pointer(place) {
        pointed = Some(rests_on);
    }
    pointed
}

/// Number, presence, and what can be done with it.
fn head(state: &mut AppState, ui: &mut egui::Ui, row: &Row) {
    let can = may_edit(state).is_ok();
    ui.horizontal(|ui| {
        let number =
            Button::new(RichText::new(&row.number).color(theme::colours(ui).quiet)).frame(false).small();
        let number = ui.add(number).accessible_name(format!("Statement {}", row.number));
        if number.on_hover_text("Take this statement in hand").clicked() {
            take(state, row.id);
        }
        ui.add_enabled_ui(can, |ui| {
            if let Some(presence) = presence(ui, row) {
                let field = StatementField::Presence(presence);
                state.apply(Edit::SetStatement { statement: row.id, field }, "statement set");
            }
        });
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let config = egui::containers::menu::MenuConfig::new().style(theme::of_popup(ui));
            let more = egui::containers::menu::MenuButton::new("…").config(config);
            let (more, _) = more.ui(ui, |ui| self::more(state, ui, row));
            let _named = more.accessible_name(format!("More for statement {}", row.number));
            let chosen = !state.selection.regions.is_empty();
            let button = ui.add_enabled(can && chosen, Button::new("Link"));
            let button = button
                .on_hover_text("Links the selected regions, and the selected words with them (Ctrl+L)")
                .on_disabled_hover_text("Select a region first");
            if button.accessible_name(format!("Link to statement {}", row.number)).clicked() {
                link::selected(state, row.id);
            }
        });
    });
}

fn presence(ui: &mut egui::Ui, row: &Row) -> Option<Presence> {
    let word =
        |presence| PRESENCES.iter().find(|(known, _)| *known == presence).map_or("", |(_, word)| *word);
    let words: Vec<String> = PRESENCES.iter().map(|(_, word)| (*word).to_owned()).collect();
    let name = format!("Presence of statement {}", row.number);
    // Link and more stand beside it, also in a narrow panel with a bar.
    let room = ui.available_width() - BESIDE;
    let chosen = regions::picked_within(ui, room, &name, word(row.presence), &words)?;
    PRESENCES.iter().find(|(_, word)| *word == chosen).map(|(presence, _)| *presence)
}

fn more(state: &mut AppState, ui: &mut egui::Ui, row: &Row) {
    ui.set_min_width(210.0);
    let can = may_edit(state).is_ok();
    if ui.add_enabled(can, Button::new("Link the image shown")).clicked() {
        link::image_shown(state, row.id);
        ui.close();
    }
    if ui.add_enabled(can, Button::new("Delete the statement")).clicked() {
        link::delete_statement(state, row.id);
        ui.close();
    }
}

/// The words, to be typed in; links are underlined.
fn words(state: &mut AppState, ui: &mut egui::Ui, row: &Row, pointed: &mut Option<BTreeSet<RegionId>>) {
    let tie_of = |evidence: EvidenceId| row.ties.iter().find(|tie| tie.evidence == evidence);
    let colour = |evidence| tie_of(evidence).map_or(theme::QUIET, |tie| tie.colour);
    let links: Vec<(Range<usize>, Color32)> =
        row.links.iter().map(|(range, evidence)| (range.clone(), colour(*evidence))).collect();
    let name = format!("Words of statement {}", row.number);
    let look = Look { name: &name, hint: "What is seen or not seen", rows: 1, links: &links, is_quiet: true };
    let Some(shown) = drafts::field(state, ui, Field::Statement(row.id), &look) else { return };
    if shown.response.gained_focus() {
        take(state, row.id);
    }
    if shown.response.has_focus() {
        state.drafts.selected = shown.selected.map(|range| (row.id, range));
    }
    let under = |byte: usize| row.links.iter().find(|(range, _)| range.contains(&byte));
    if let Some((_, evidence)) = shown.pointed.and_then(under)
        && let Some(region) = tie_of(*evidence).and_then(|tie| tie.region)
    {
        *pointed = Some(BTreeSet::from([region]));
    }
}

/// What it rests on, one chip each.
fn ties(state: &mut AppState, ui: &mut egui::Ui, row: &Row, pointed: &mut Option<BTreeSet<RegionId>>) {
    if row.ties.is_empty() {
        return;
    }
    let can = may_edit(state).is_ok();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for tie in &row.ties {
            let (words, name) = match tie.number {
                Some(number) => (format!("{number}  {}", tie.words), format!("region {number}")),
                None => (tie.words.clone(), tie.words.clone()),
            };
            let is_lit = tie.region.is_some_and(|region| state.selection.hovered.contains(&region));
            let fill = if is_lit { theme::colours(ui).lifted } else { theme::colours(ui).deep };
            // A chip and the sign that cuts it go to the next line together.
            let font = egui::TextStyle::Small.resolve(ui.style());
            let galley = ui.painter().layout_no_wrap(words.clone(), font, Color32::WHITE);
            let needed = galley.size().x + 2.0 * ui.spacing().button_padding.x + CUT;
            if ui.available_size_before_wrap().x < needed && ui.cursor().left() > ui.max_rect().left() + 1.0 {
                ui.end_row();
            }
            let chip = Button::new(RichText::new(words).small()).corner_radius(11).fill(fill);
            let chip = ui.add(chip.stroke(egui::Stroke::new(if is_lit { 2.0 } else { 1.0 }, tie.colour)));
            let chip = chip.accessible_name(format!("Statement {} rests on {name}", row.number));
            if chip.hovered() || chip.has_focus() {
                *pointed = tie.region.map(|region| BTreeSet::from([region])).or(pointed.take());
            }
            if chip.clicked() {
                follow(state, tie, row.id);
            }
            let cut = ui.add_enabled(can, Button::new("×").small().frame(false));
            let cut = cut.on_hover_text("Cuts this link; words stay");
            if cut.accessible_name(format!("Unlink {name} from statement {}", row.number)).clicked() {
                link::cut(state, tie.evidence);
            }
        }
    });
}

/// Shows what a chip stands for.
fn follow(state: &mut AppState, tie: &Tie, statement: StatementId) {
    match (tie.region, tie.image) {
        (Some(region), _) => {
            state.selection.statement = Some(statement);
            state.select(&[region]);
        }
        (None, Some(image)) => state.selection.image = Some(image),
        (None, None) => {}
    }
}

/// Takes a statement in hand. What is selected stays when it is more than nothing: it may be about to be linked.
fn take(state: &mut AppState, id: StatementId) {
    let Some(session) = state.session.as_deref() else { return };
    let case = session.case();
    let rests_on_none = regions_of(case, id).is_empty();
    let linkable = state.selection.regions.iter().any(|region| case.statements_on(*region).next().is_none());
    if rests_on_none || linkable {
        state.selection.statement = Some(id);
    } else {
        state.selection.select_statement(case, id);
    }
}

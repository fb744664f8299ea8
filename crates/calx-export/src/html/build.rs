//! From a case to what the template names: every text escaped by the template or finished here.
//!
//! Not here: drawing ([`super::figures`]), order and markup of the page (`templates/case.html`).
//!
//! Invariants
//! - Every text of the case is rendered at most once, so that the ids of citations are there once.

use std::collections::BTreeMap;
use std::fmt::Write;

use askama::Template;
use calx_model::{
    Case, CaseStatus, Contributor, EvidenceId, Finding, ImageId, Measurement, Origin, Region, RegionId,
    RichText, Schema, Scope, Shape, Statement, Target,
};

use crate::html::figures::Figure;
use crate::html::rich::{self, EvidenceLink, Links};
use crate::html::{case_name, csp, doi_address, shown_date, words};
use crate::marks::{LineStyle, colour, mark_label};
use crate::measures;

const STYLE: &str = include_str!("../../templates/case.css");
const SCRIPT: &str = include_str!("../../templates/case.js");

/// What a page is made from besides its figures.
#[derive(Debug)]
pub(crate) struct Material<'a> {
    pub(crate) case: &'a Case,
    pub(crate) schema: &'a Schema,
    /// Of each region, in the order of the case.
    pub(crate) measured: &'a [Vec<Measurement>],
    pub(crate) pixel_hash: String,
    pub(crate) version: String,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "case.html")]
pub(crate) struct Page {
    language: String,
    policy: String,
    style: String,
    script: &'static str,
    name: String,
    title: String,
    patient: Option<String>,
    quiz: bool,
    synthetic: bool,
    withdrawn: bool,
    presentation: String,
    studies: Vec<StudyView>,
    overall: Vec<FindingView>,
    discussion: String,
    references: Vec<ReferenceView>,
    facts: Vec<Fact>,
    version: String,
    pixel_hash: String,
    has_marks: bool,
}

#[derive(Debug)]
struct StudyView {
    number: usize,
    title: String,
    modality: String,
    day: Option<String>,
    has_images: bool,
    findings: Vec<FindingView>,
    figures: Vec<FigureView>,
}

#[derive(Debug)]
struct FigureView {
    id: String,
    name: String,
    projection: Option<String>,
    picture: String,
    picture_size: [u32; 2],
    view_box: String,
    alt: String,
    marks: String,
    marks_label: String,
    caption: String,
    has_window: bool,
    window: String,
    key_image: bool,
    keys: Vec<KeyView>,
    findings: Vec<FindingView>,
}

/// One line of the key under a figure: the mark in words.
#[derive(Debug)]
struct KeyView {
    number: usize,
    label_class: String,
    label: String,
    style: &'static str,
    measure: Option<String>,
    details: Vec<String>,
    statements: Vec<(String, String)>,
}

#[derive(Debug)]
struct FindingView {
    number: usize,
    statements: Vec<StatementView>,
}

#[derive(Debug)]
struct StatementView {
    id: String,
    number: String,
    html: String,
    is_inline: bool,
    presence_sign: &'static str,
    presence_word: &'static str,
    presence_class: &'static str,
    remarks: Vec<String>,
    /// Numbers of all regions it rests on, parted by blanks.
    regions: String,
    chips: Vec<ChipView>,
}

#[derive(Debug)]
struct ChipView {
    href: String,
    shown: String,
    words: String,
    region: Option<usize>,
    label_class: String,
}

#[derive(Debug)]
struct ReferenceView {
    number: usize,
    text: String,
    doi: Option<(String, String)>,
    back: Vec<(usize, usize)>,
}

#[derive(Debug)]
struct Fact {
    name: &'static str,
    /// Each part stands by itself, so that the identity scan knows the case's own fields as they are.
    lines: Vec<Vec<String>>,
}

/// Puts the page together; figures come in the order of the case's images.
pub(crate) fn page(material: &Material<'_>, figures: Vec<Figure>) -> Page {
    let case = material.case;
    let mut builder = Builder { material, links: links(material) };
    let style = style(material.schema, &figures);
    let has_marks = figures.iter().any(|f| !f.regions.is_empty());
    let presentation = builder.blocks(&case.presentation);
    let mut by_image: BTreeMap<ImageId, Vec<Figure>> = BTreeMap::new();
    for figure in figures {
        by_image.entry(figure.image).or_default().push(figure);
    }
    let mut studies = Vec::with_capacity(case.studies.len());
    for (number, study) in (1..).zip(&case.studies) {
        let findings = builder.findings(Scope::Study { study: study.id });
        let figures = study.images.iter().flat_map(|i| by_image.remove(&i.id).unwrap_or_default());
        studies.push(StudyView {
            number,
            title: study.title.clone(),
            modality: study.modality.clone(),
            day: words::day(&study.when),
            has_images: !study.images.is_empty(),
            findings,
            figures: figures
                .filter_map(|figure| builder.figure(figure, &study.title, &study.modality))
                .collect(),
        });
    }
    let overall = builder.findings(Scope::Case);
    let discussion = builder.blocks(&case.discussion);
    let references = builder.references();
    let language = if case.language.trim().is_empty() { "en" } else { case.language.trim() };
    Page {
        language: language.to_owned(),
        policy: csp::policy(&style, SCRIPT),
        style,
        script: SCRIPT,
        name: case_name(case),
        title: case.title.clone(),
        patient: words::patient(&case.patient),
        quiz: case.quiz,
        synthetic: case.images().any(|(_, image)| image.synthetic),
        withdrawn: case.status == CaseStatus::Withdrawn,
        presentation,
        studies,
        overall,
        discussion,
        references,
        facts: facts(material),
        version: material.version.clone(),
        pixel_hash: material.pixel_hash.clone(),
        has_marks,
    }
}

/// Where every piece of evidence leads, and the numbers of references.
fn links(material: &Material<'_>) -> Links {
    let case = material.case;
    let evidence =
        case.all_evidence().filter_map(|(_, e)| Some((e.id, evidence_link(case, &e.target)?))).collect();
    Links { evidence, references: case.reference_numbers(), ..Links::default() }
}

fn evidence_link(case: &Case, target: &Target) -> Option<EvidenceLink> {
    match target {
        Target::Region { region } => {
            let number = case.region_number(*region)?;
            let label = mark_label(case, case.region(*region)?);
            let words = label.split_once(' ').map_or(label.as_str(), |(_, words)| words);
            Some(EvidenceLink {
                href: format!("#region-{number}"),
                region: Some(number),
                words: format!("region {number}: {words}"),
            })
        }
        Target::Image { image, frames } => {
            let number = case.images().position(|(_, i)| i.id == *image)? + 1;
            let frames = match frames.as_slice() {
                [] => String::new(),
                frames => {
                    let frames: Vec<usize> = frames.iter().filter_map(|f| usize::try_from(*f).ok()).collect();
                    format!(", frame {}", calx_model::number_ranges(&frames))
                }
            };
            Some(EvidenceLink {
                href: format!("#image-{number}"),
                region: None,
                words: format!("image {number}{frames}"),
            })
        }
        Target::Study { study } => {
            let number = case.studies.iter().position(|s| s.id == *study)? + 1;
            Some(EvidenceLink {
                href: format!("#study-{number}"),
                region: None,
                words: format!("study {number}"),
            })
        }
    }
}

/// The page's style with what depends on the case: label colours and the shape of each figure. It stands
/// here because the policy forbids style attributes.
fn style(schema: &Schema, figures: &[Figure]) -> String {
    let mut style = String::from(STYLE);
    for (index, label) in schema.labels.iter().enumerate() {
        let [r, g, b] = colour(schema, &label.name);
        writeln!(style, ".label-{index}{{--mark:#{r:02x}{g:02x}{b:02x}}}").ok();
    }
    for figure in figures {
        let [width, height] = figure.shown_size;
        writeln!(style, "#{} .stage{{--ratio:{:.5}}}", figure_id(figure), width / height).ok();
    }
    style
}

fn figure_id(figure: &Figure) -> String {
    if figure.is_main {
        format!("image-{}", figure.number)
    } else {
        format!("image-{}-frame-{}", figure.number, figure.frame)
    }
}

struct Builder<'a> {
    material: &'a Material<'a>,
    links: Links,
}

impl Builder<'_> {
    fn blocks(&mut self, text: &RichText) -> String {
        rich::blocks(text, &mut self.links)
    }

    fn findings(&mut self, scope: Scope) -> Vec<FindingView> {
        let case = self.material.case;
        let wanted = (1..).zip(&case.findings).filter(|(_, f)| f.scope == scope && !f.statements.is_empty());
        wanted.map(|(number, finding)| self.finding(number, finding)).collect()
    }

    fn finding(&mut self, number: usize, finding: &Finding) -> FindingView {
        let statements = (1..).zip(&finding.statements);
        FindingView {
            number,
            statements: statements.map(|(place, s)| self.statement(number, place, s)).collect(),
        }
    }

    fn statement(&mut self, finding: usize, place: usize, statement: &Statement) -> StatementView {
        let case = self.material.case;
        let (html, is_inline) = rich::inline_or_blocks(&statement.text, &mut self.links);
        let (presence_sign, presence_word, presence_class) = words::presence(statement.presence);
        let chips: Vec<ChipView> =
            statement.evidence.iter().filter_map(|e| self.chip(e.id, &e.target)).collect();
        let mut regions: Vec<usize> = chips.iter().filter_map(|chip| chip.region).collect();
        regions.sort_unstable();
        regions.dedup();
        let regions: Vec<String> = regions.iter().map(usize::to_string).collect();
        StatementView {
            id: format!("statement-{finding}-{place}"),
            number: format!("{finding}.{place}"),
            html,
            is_inline,
            presence_sign,
            presence_word,
            presence_class,
            remarks: words::remarks(case, statement),
            regions: regions.join(" "),
            chips,
        }
    }

    fn chip(&self, evidence: EvidenceId, target: &Target) -> Option<ChipView> {
        let link = self.links.evidence.get(&evidence)?;
        let label_class = match target {
            Target::Region { region } => self.label_class(*region),
            Target::Image { .. } | Target::Study { .. } => String::new(),
        };
        Some(ChipView {
            href: link.href.clone(),
            shown: link.region.map_or_else(|| link.words.clone(), |n| n.to_string()),
            words: link.words.clone(),
            region: link.region,
            label_class,
        })
    }

    fn label_class(&self, region: RegionId) -> String {
        let label = self.material.case.region(region).map(|r| r.label.as_str());
        let index = self.material.schema.labels.iter().position(|l| Some(l.name.as_str()) == label);
        index.map_or_else(|| "label-other".to_owned(), |index| format!("label-{index}"))
    }

    fn figure(&mut self, figure: Figure, study: &str, modality: &str) -> Option<FigureView> {
        let case = self.material.case;
        let image = case.image(figure.image)?;
        let projection = words::projection(image);
        let mut name = format!("Image {}", figure.number);
        if image.frames > 1 {
            write!(name, ", frame {} of {}", figure.frame, image.frames).ok();
        }
        let marks = match figure.regions.len() {
            0 => "no marks".to_owned(),
            1 => "1 mark, described below".to_owned(),
            n => format!("{n} marks, described below"),
        };
        let about: Vec<&str> = [study, modality].into_iter().filter(|text| !text.trim().is_empty()).collect();
        let side = projection.as_deref().map(|p| format!(" ({p})")).unwrap_or_default();
        let keys = figure.regions.iter().filter_map(|number| self.key(*number)).collect();
        let [width, height] = figure.shown_size;
        Some(FigureView {
            id: figure_id(&figure),
            alt: format!("{name}{side}, {}: {marks}", about.join(", ")),
            marks_label: format!("Marks on {}", name.to_lowercase()),
            name,
            projection,
            picture_size: figure.picture_size,
            view_box: format!("0 0 {width:.2} {height:.2}"),
            picture: figure.picture,
            marks: figure.marks,
            caption: if figure.is_main { self.blocks(&image.caption) } else { String::new() },
            has_window: figure.is_grey,
            window: figure.window,
            key_image: image.key && figure.is_main,
            keys,
            findings: if figure.is_main {
                self.findings(Scope::Image { image: image.id })
            } else {
                Vec::new()
            },
        })
    }

    fn key(&self, number: usize) -> Option<KeyView> {
        let case = self.material.case;
        let region = case.regions.get(number.checked_sub(1)?)?;
        let none = Vec::new();
        let measured = self.material.measured.get(number - 1).unwrap_or(&none);
        let mut details: Vec<String> = region.attributes.iter().map(|(k, v)| format!("{k}: {v}")).collect();
        if let Shape::Arrow { text, .. } = &region.shape {
            details.extend((!text.trim().is_empty()).then(|| format!("“{}”", text.trim())));
        }
        details.extend(measures::details(measured));
        let statements = case.statements_on(region.id).filter_map(|s| {
            let (finding, place) = case.statement_number(s.id)?;
            Some((format!("statement-{finding}-{place}"), format!("{finding}.{place}")))
        });
        Some(KeyView {
            number,
            label_class: self.label_class(region.id),
            label: region.label.clone(),
            style: LineStyle::of(self.material.schema, &region.label).word(),
            measure: measures::headline(measured),
            details,
            statements: statements.collect(),
        })
    }

    /// In the order of their numbers; called last, when every citation has its place.
    fn references(&self) -> Vec<ReferenceView> {
        let case = self.material.case;
        let mut views: Vec<ReferenceView> = case
            .references
            .iter()
            .filter_map(|reference| {
                let number = *self.links.references.get(&reference.id)?;
                let doi = reference.doi.as_deref().map(str::trim).filter(|doi| !doi.is_empty());
                let places = self.links.cited.get(&reference.id).cloned().unwrap_or_default();
                Some(ReferenceView {
                    number,
                    text: reference.text.clone(),
                    doi: doi.map(|doi| (doi_address(doi), doi.to_owned())),
                    back: (1..).zip(places).collect(),
                })
            })
            .collect();
        views.sort_by_key(|view| view.number);
        views
    }
}

/// What is known of the case besides what it says.
fn facts(material: &Material<'_>) -> Vec<Fact> {
    let case = material.case;
    let one = |name, value: String| Fact { name, lines: vec![vec![value]] };
    let mut facts = Vec::new();
    facts.extend(case.number.map(|number| one("Number", number.to_string())));
    facts.push(one("Id", case.id.to_string()));
    facts.push(one("Status", case.status.word().replace('_', " ")));
    facts.push(one("Created", shown_date(case.created)));
    facts.push(one("Edited", shown_date(case.edited)));
    facts.push(one("Revision", case.revision.to_string()));
    if !case.contributors.is_empty() {
        let lines = case.contributors.iter().map(contributor).collect();
        facts.push(Fact { name: "Contributors", lines });
    }
    if !case.licence.trim().is_empty() {
        facts.push(one("Licence", case.licence.clone()));
    }
    if !case.tags.is_empty() {
        facts.push(Fact { name: "Tags", lines: vec![case.tags.clone()] });
    }
    facts.push(one(
        "Quiz",
        if case.quiz { "yes: this case is also played as a quiz" } else { "no" }.to_owned(),
    ));
    facts.push(one("Labels", format!("{}, version {}", case.schema.id, case.schema.version)));
    facts.extend(made(&case.regions).map(|made| one("Marks", made)));
    let completeness = calx_measure::completeness(case, material.schema);
    let open = match completeness.alerts.len() {
        0 => String::new(),
        1 => ", 1 point open".to_owned(),
        n => format!(", {n} points open"),
    };
    facts.push(one("Completeness", format!("{} %{open}", completeness.percent)));
    facts
}

/// Name, role, affiliation.
fn contributor(contributor: &Contributor) -> Vec<String> {
    let parts = [Some(&contributor.name), contributor.role.as_ref(), contributor.affiliation.as_ref()];
    parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).cloned().collect()
}

/// How the marks came to be: `5 drawn by hand, 1 read from another object`.
fn made(regions: &[Region]) -> Option<String> {
    let count = |test: fn(&Origin) -> bool| regions.iter().filter(|r| test(&r.origin)).count();
    let drawn = count(|o| matches!(o, Origin::Drawn { .. }));
    let imported = count(|o| matches!(o, Origin::Imported { .. }));
    let proposed = count(|o| matches!(o, Origin::Proposed { .. }));
    let parts = [
        (drawn, "drawn"),
        (imported, "read from another object"),
        (proposed, "proposed by an algorithm and accepted by a person"),
    ];
    let words: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}")).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

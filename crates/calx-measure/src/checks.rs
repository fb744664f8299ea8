//! What each rule of completeness looks at.
//!
//! Not here: weights and severities, which are data ([`crate::rules`]).

use std::collections::BTreeSet;

use calx_model::{
    Case, CaseStudyId, ImageId, Presence, ReadState, Reference, ReferenceId, RegionId, RichText, Schema,
    Scope, StatementId, Target,
};

use crate::completeness::Missing;
use crate::sides;

/// What a check found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Points that are there.
    pub(crate) done: usize,
    /// Points asked for.
    pub(crate) of: usize,
    /// Points missing.
    pub(crate) missing: Vec<Missing>,
}

/// The checks there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    Title,
    Presentation,
    Patient,
    Studies,
    Images,
    Statements,
    Evidence,
    Regions,
    Discussion,
    References,
    Doi,
    Citations,
    Contributor,
    Licence,
    Consent,
    Labels,
    Sides,
    RegionSides,
}

impl Check {
    /// All of them.
    pub(crate) const ALL: [Self; 18] = [
        Self::Title,
        Self::Presentation,
        Self::Patient,
        Self::Studies,
        Self::Images,
        Self::Statements,
        Self::Evidence,
        Self::Regions,
        Self::Discussion,
        Self::References,
        Self::Doi,
        Self::Citations,
        Self::Contributor,
        Self::Licence,
        Self::Consent,
        Self::Labels,
        Self::Sides,
        Self::RegionSides,
    ];

    /// Its name in a file of rules.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Presentation => "presentation",
            Self::Patient => "patient",
            Self::Studies => "studies",
            Self::Images => "images",
            Self::Statements => "statements",
            Self::Evidence => "evidence",
            Self::Regions => "regions",
            Self::Discussion => "discussion",
            Self::References => "references",
            Self::Doi => "doi",
            Self::Citations => "citations",
            Self::Contributor => "contributor",
            Self::Licence => "licence",
            Self::Consent => "consent",
            Self::Labels => "labels",
            Self::Sides => "sides",
            Self::RegionSides => "region-sides",
        }
    }

    /// The check of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.name() == name)
    }

    /// Looks at the case.
    pub(crate) fn run(self, case: &Case, schema: &Schema) -> Found {
        match self {
            Self::Title => one(!case.title.trim().is_empty(), "title", "is empty", "give the case a title"),
            Self::Presentation => {
                one(is_written(&case.presentation), "presentation", "is empty", "tell history and question")
            }
            Self::Patient => patient(case),
            Self::Studies => one(!case.studies.is_empty(), "studies", "are none", "add a study to the case"),
            Self::Images => images(case),
            Self::Statements => one(
                case.statements().next().is_some(),
                "findings",
                "hold no statement",
                "add a finding and say in a statement what is seen or not seen",
            ),
            Self::Evidence => evidence(case),
            Self::Regions => regions(case),
            Self::Discussion => {
                one(is_written(&case.discussion), "discussion", "is empty", "say what the case teaches")
            }
            Self::References => each_reference(case, |r| {
                r.text.trim().is_empty().then_some(("has no words", "give authors, title, journal and year"))
            }),
            Self::Doi => each_reference(case, |r| {
                let hint = "give its DOI, as 10.1000/182 without an address before it";
                match r.doi.as_deref() {
                    None => Some(("has no DOI", hint)),
                    Some(doi) if !(doi.starts_with("10.") && doi.contains('/')) => {
                        Some(("has a DOI that is none", hint))
                    }
                    Some(_) => None,
                }
            }),
            Self::Citations => {
                let cited: BTreeSet<ReferenceId> =
                    case.texts().flat_map(|(_, text)| text.citations()).collect();
                let fault = ("is cited nowhere", "cite it where it belongs, or take it off the list");
                each_reference(case, |r| (!cited.contains(&r.id)).then_some(fault))
            }
            Self::Contributor => one(
                case.contributors.iter().any(|c| !c.name.trim().is_empty()),
                "contributors",
                "are none",
                "name who stands for the case",
            ),
            Self::Licence => one(
                !case.licence.trim().is_empty(),
                "licence",
                "is not stated",
                "state under which licence the case may be used, as CC-BY-4.0",
            ),
            Self::Consent => one(
                !case.consent_note.trim().is_empty() || is_synthetic(case),
                "consent",
                "is not noted",
                "note what was agreed with the patient",
            ),
            Self::Labels => labels(case, schema),
            Self::Sides => sides::contradictions(case),
            Self::RegionSides => sides::missing(case),
        }
    }
}

/// A rule of one point.
fn one(is_there: bool, place: &str, text: &str, hint: &str) -> Found {
    let mut found = Found::default();
    found.point(is_there, || missing(place, text, hint));
    found
}

pub(crate) fn missing(place: impl Into<String>, text: impl Into<String>, hint: &str) -> Missing {
    Missing { place: place.into(), text: text.into(), hint: hint.to_owned() }
}

impl Found {
    /// Counts a point; says what is missing when it is not there.
    pub(crate) fn point(&mut self, is_there: bool, say: impl FnOnce() -> Missing) {
        self.of += 1;
        if is_there {
            self.done += 1;
        } else {
            self.missing.push(say());
        }
    }
}

fn is_written(text: &RichText) -> bool {
    !text.words().trim().is_empty()
}

/// `image 2`: its place among all images of the case, from 1.
pub(crate) fn image_place(case: &Case, id: ImageId) -> String {
    case.images()
        .position(|(_, image)| image.id == id)
        .map_or_else(|| format!("image {id}"), |at| format!("image {}", at + 1))
}

/// `statement 2.1`.
pub(crate) fn statement_place(case: &Case, id: StatementId) -> String {
    case.statement_number(id).map_or_else(|| format!("statement {id}"), |(f, s)| format!("statement {f}.{s}"))
}

/// `region 3`.
pub(crate) fn region_place(at: usize) -> String {
    format!("region {}", at + 1)
}

fn patient(case: &Case) -> Found {
    let mut found = Found::default();
    found.point(case.patient.age.is_some(), || missing("patient", "has no age", "give the age at the time"));
    found.point(case.patient.sex.is_some(), || missing("patient", "has no sex", "give the sex"));
    found
}

fn is_synthetic(case: &Case) -> bool {
    let mut images = case.images().peekable();
    images.peek().is_some() && images.all(|(_, image)| image.synthetic)
}

fn images(case: &Case) -> Found {
    let mut told: BTreeSet<ImageId> = BTreeSet::new();
    for (_, evidence) in case.all_evidence() {
        match &evidence.target {
            Target::Region { region } => told.extend(case.region(*region).map(|r| r.image)),
            Target::Image { image, .. } => told.extend([*image]),
            Target::Study { .. } => {}
        }
    }
    for finding in &case.findings {
        if let Scope::Image { image } = finding.scope
            && !finding.statements.is_empty()
        {
            told.insert(image);
        }
    }
    let is_read = |state: &ReadState| matches!(state, ReadState::Done { .. } | ReadState::Excluded { .. });
    told.extend(case.reads.iter().filter(|read| is_read(&read.state)).map(|read| read.image));
    let mut found = Found::default();
    for (_, image) in case.images() {
        let is_told = told.contains(&image.id) || is_written(&image.caption);
        found.point(is_told, || {
            missing(
                image_place(case, image.id),
                "has no finding and no caption and was not read",
                "mark what it shows, write a caption, or say that it was read and nothing was seen",
            )
        });
    }
    found
}

/// Present rests on a region or an image; Absent and Indeterminate on what was looked at. A study that has text
/// only can show nothing, so a statement about one needs no evidence.
fn evidence(case: &Case) -> Found {
    let has_text_only = |id: CaseStudyId| case.study(id).is_some_and(|study| study.images.is_empty());
    let mut found = Found::default();
    for (finding, statement) in case.statements() {
        if matches!(finding.scope, Scope::Study { study } if has_text_only(study)) {
            continue;
        }
        let is_shown = statement.evidence.iter().any(|e| match e.target {
            Target::Region { .. } | Target::Image { .. } => true,
            Target::Study { study } => has_text_only(study),
        });
        let place = || statement_place(case, statement.id);
        let has_any = !statement.evidence.is_empty();
        match statement.presence {
            Presence::NotAssessable => {}
            Presence::Present => found.point(is_shown, || {
                let text = if has_any {
                    "is Present and rests on no region or image"
                } else {
                    "is Present and has no evidence"
                };
                missing(place(), text, "mark the region that shows it and link the two, or link the image")
            }),
            Presence::Absent | Presence::Indeterminate => found.point(has_any, || {
                let word = if statement.presence == Presence::Absent { "Absent" } else { "Indeterminate" };
                missing(
                    place(),
                    format!("is {word} and names no image or study"),
                    "link the image or study that was looked at",
                )
            }),
        }
    }
    found
}

fn regions(case: &Case) -> Found {
    let supporting: BTreeSet<RegionId> = case
        .all_evidence()
        .filter_map(|(_, e)| match e.target {
            Target::Region { region } => Some(region),
            _ => None,
        })
        .collect();
    let mut found = Found::default();
    for (at, region) in case.regions.iter().enumerate() {
        found.point(supporting.contains(&region.id), || {
            missing(
                region_place(at),
                "supports no statement",
                "link it to the statement it supports, or delete it",
            )
        });
    }
    found
}

/// `wrong` gives what is wrong with a reference and what to do.
fn each_reference(case: &Case, wrong: impl Fn(&Reference) -> Option<(&'static str, &'static str)>) -> Found {
    let numbers = case.reference_numbers();
    let mut found = Found::default();
    for reference in &case.references {
        let fault = wrong(reference);
        found.point(fault.is_none(), || {
            let number = numbers.get(&reference.id).copied().unwrap_or_default();
            let (text, hint) = fault.unwrap_or_default();
            missing(format!("reference {number}"), text, hint)
        });
    }
    found
}

fn labels(case: &Case, schema: &Schema) -> Found {
    let mut found = Found::default();
    let wanted = schema.reference();
    found.point(case.schema == wanted, || {
        missing(
            "schema",
            format!(
                "of the case is {}/{}, that of the workspace {}/{}",
                case.schema.id, case.schema.version, wanted.id, wanted.version
            ),
            "set the schema of the case to that of the workspace, then check its labels",
        )
    });
    for (at, region) in case.regions.iter().enumerate() {
        let fault = schema.check(region).err();
        found.point(fault.is_none(), || {
            let why = fault.map(|error| error.to_string()).unwrap_or_default();
            missing(
                region_place(at),
                format!("does not fit the label schema: {why}"),
                "choose a label, shape or attribute that the schema has",
            )
        });
    }
    found
}

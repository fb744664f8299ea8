//! From what a person types to what a case holds: `2.1`, `3`, `id:7f3a12`, a whole id.
//!
//! A bare decimal is the shown number; an id prefix has at least six hex digits or stands after `id:`.
//!
//! Invariants
//! - An ambiguous prefix is refused with its candidates; nothing is guessed.

use calx_model::{
    Case, CaseImage, CaseStudy, EvidenceId, Finding, FindingId, ImageId, Reading, ReferenceId, Region,
    RegionId, Statement, StatementId, TrackId,
};
use uuid::Uuid;

use crate::failure::{Exit, Failure};

/// One list to look in: what its things are called, with number and id each.
struct Shelf<'a> {
    what: &'static str,
    things: Vec<(String, Uuid)>,
    case: &'a Case,
}

impl Shelf<'_> {
    fn find(&self, typed: &str) -> Result<Uuid, Failure> {
        if let Some((_, id)) = self.things.iter().find(|(number, _)| number == typed) {
            return Ok(*id);
        }
        let (explicit, prefix) = match typed.strip_prefix("id:") {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        let wanted = prefix.to_ascii_lowercase().replace('-', "");
        let hex = !wanted.is_empty() && wanted.bytes().all(|b| b.is_ascii_hexdigit());
        let mut found: Vec<&(String, Uuid)> = Vec::new();
        if hex && (explicit || wanted.len() >= 6) {
            found.extend(self.things.iter().filter(|(_, id)| id.simple().to_string().starts_with(&wanted)));
        }
        match found.as_slice() {
            [(_, id)] => Ok(*id),
            [] => Err(self.missing(typed)),
            many => {
                let list: Vec<String> = many.iter().map(|(n, id)| format!("{n} ({id})")).collect();
                Err(Failure::say(
                    Exit::NotFound,
                    format!("{typed} could be {} {}: {}", many.len(), self.what, list.join(", ")),
                ))
            }
        }
    }

    fn missing(&self, typed: &str) -> Failure {
        let case = self.case.number.map_or_else(|| self.case.id.to_string(), |n| n.to_string());
        let failure = Failure::say(Exit::NotFound, format!("case {case} has no {} {typed}", self.what));
        let known: Vec<&str> = self.things.iter().take(12).map(|(n, _)| n.as_str()).collect();
        failure.hint(match known.as_slice() {
            [] => "it has none yet".to_owned(),
            _ => format!("it has {}{}", known.join(", "), if self.things.len() > 12 { " …" } else { "" }),
        })
    }
}

fn numbered<T>(items: impl IntoIterator<Item = T>, id: impl Fn(&T) -> Uuid) -> Vec<(String, Uuid)> {
    items.into_iter().enumerate().map(|(at, item)| ((at + 1).to_string(), id(&item))).collect()
}

fn gone(what: &str) -> Failure {
    Failure::say(Exit::Bug, format!("the {what} was found and then was not there"))
}

pub(crate) fn study<'a>(case: &'a Case, typed: &str) -> Result<&'a CaseStudy, Failure> {
    if let Some(found) = case.studies.iter().find(|s| s.source.as_ref().is_some_and(|u| u.as_str() == typed))
    {
        return Ok(found);
    }
    let shelf = Shelf { what: "study", things: numbered(&case.studies, |s| s.id.0), case };
    let id = shelf.find(typed)?;
    case.study(id.into()).ok_or_else(|| gone("study"))
}

pub(crate) fn image<'a>(case: &'a Case, typed: &str) -> Result<&'a CaseImage, Failure> {
    if let Some((_, found)) = case.images().find(|(_, i)| i.source.as_str() == typed) {
        return Ok(found);
    }
    let shelf = Shelf { what: "image", things: numbered(case.images(), |(_, i)| i.id.0), case };
    let id = ImageId(shelf.find(typed)?);
    case.image(id).ok_or_else(|| gone("image"))
}

pub(crate) fn finding<'a>(case: &'a Case, typed: &str) -> Result<&'a Finding, Failure> {
    let shelf = Shelf { what: "finding", things: numbered(&case.findings, |f| f.id.0), case };
    let id = FindingId(shelf.find(typed)?);
    case.finding(id).ok_or_else(|| gone("finding"))
}

pub(crate) fn statement<'a>(case: &'a Case, typed: &str) -> Result<&'a Statement, Failure> {
    let mut things = Vec::new();
    for (at, finding) in case.findings.iter().enumerate() {
        for (inner, statement) in finding.statements.iter().enumerate() {
            things.push((format!("{}.{}", at + 1, inner + 1), statement.id.0));
        }
    }
    let id = StatementId(Shelf { what: "statement", things, case }.find(typed)?);
    case.statement(id).ok_or_else(|| gone("statement"))
}

pub(crate) fn region<'a>(case: &'a Case, typed: &str) -> Result<&'a Region, Failure> {
    let shelf = Shelf { what: "region", things: numbered(&case.regions, |r| r.id.0), case };
    let id = RegionId(shelf.find(typed.trim_start_matches("#region-"))?);
    case.region(id).ok_or_else(|| gone("region"))
}

/// Evidence has no shown number: its statement's number and its place, `2.1.1`, or its id.
pub(crate) fn evidence(case: &Case, typed: &str) -> Result<EvidenceId, Failure> {
    let mut things = Vec::new();
    for (_, statement) in case.statements() {
        let (f, s) = case.statement_number(statement.id).unwrap_or_default();
        for (at, evidence) in statement.evidence.iter().enumerate() {
            things.push((format!("{f}.{s}.{}", at + 1), evidence.id.0));
        }
    }
    Shelf { what: "evidence", things, case }.find(typed).map(EvidenceId)
}

pub(crate) fn reference(case: &Case, typed: &str) -> Result<ReferenceId, Failure> {
    let shelf = Shelf { what: "reference", things: numbered(&case.references, |r| r.id.0), case };
    shelf.find(typed).map(ReferenceId)
}

pub(crate) fn track(case: &Case, typed: &str) -> Result<TrackId, Failure> {
    let shelf = Shelf { what: "track", things: numbered(&case.tracks, |t| t.id.0), case };
    shelf.find(typed).map(TrackId)
}

pub(crate) fn current_reading(case: &Case) -> Result<&Reading, Failure> {
    case.current_reading().ok_or_else(|| Failure::say(Exit::Bug, "the case has no reading"))
}

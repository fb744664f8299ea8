//! Words people type for the document's enumerations, and back.

use calx_model::{CaseStatus, CodedConcept, Presence, Side, Site};
use clap::ValueEnum;

use crate::failure::{Exit, Failure};

/// Whether what a statement names is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PresenceWord {
    Present,
    Absent,
    Indeterminate,
    NotAssessable,
}

impl From<PresenceWord> for Presence {
    fn from(word: PresenceWord) -> Self {
        match word {
            PresenceWord::Present => Self::Present,
            PresenceWord::Absent => Self::Absent,
            PresenceWord::Indeterminate => Self::Indeterminate,
            PresenceWord::NotAssessable => Self::NotAssessable,
        }
    }
}

pub(crate) fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Present => "present",
        Presence::Absent => "absent",
        Presence::Indeterminate => "indeterminate",
        Presence::NotAssessable => "not assessable",
    }
}

/// A side of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SideWord {
    Right,
    Left,
    Bilateral,
}

impl From<SideWord> for Side {
    fn from(word: SideWord) -> Self {
        match word {
            SideWord::Right => Self::Right,
            SideWord::Left => Self::Left,
            SideWord::Bilateral => Self::Bilateral,
        }
    }
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusWord {
    Draft,
    InReview,
    Published,
    Withdrawn,
}

impl From<StatusWord> for CaseStatus {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Draft => Self::Draft,
            StatusWord::InReview => Self::InReview,
            StatusWord::Published => Self::Published,
            StatusWord::Withdrawn => Self::Withdrawn,
        }
    }
}

/// `VALUE,SCHEME,MEANING`, as `237897009,SCT,Vascular Calcification`.
pub(crate) fn code(text: &str) -> Result<CodedConcept, String> {
    let mut parts = text.splitn(3, ',').map(str::trim);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(value), Some(scheme), Some(meaning))
            if !value.is_empty() && !scheme.is_empty() && !meaning.is_empty() =>
        {
            Ok(CodedConcept {
                value: value.to_owned(),
                scheme: scheme.to_owned(),
                meaning: meaning.to_owned(),
            })
        }
        _ => Err("a code is VALUE,SCHEME,MEANING, as 237897009,SCT,Vascular Calcification".to_owned()),
    }
}

/// A site as JSON, as `{"digit":"middle","segment":"distal_phalanx","side":"right"}`.
pub(crate) fn site(text: &str) -> Result<Site, String> {
    serde_json::from_str(text)
        .map_err(|e| format!("{e}; a site is JSON, as {{\"digit\":\"middle\",\"segment\":\"distal_phalanx\",\"side\":\"right\"}}"))
}

/// `NAME=VALUE`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(n, v)| (n.trim().to_owned(), v.trim().to_owned()))
        .ok_or_else(|| "an attribute is NAME=VALUE, as pattern=tram-track".to_owned())
}

/// `TEXT`, `@FILE` or `-` for stdin. A file that is not there is an error: its name is no text.
pub(crate) fn text(typed: &str) -> Result<String, Failure> {
    use std::io::Read;
    match (typed, typed.strip_prefix('@')) {
        ("-", _) => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            Ok(text.trim_end().to_owned())
        }
        (_, Some(path)) => read_file(std::path::Path::new(path))
            .map(|t| t.trim_end().to_owned())
            .map_err(|f| f.hint("a text that begins with an at sign goes through stdin: -")),
        _ => Ok(typed.to_owned()),
    }
}

/// Reads a text file; an error names it.
pub(crate) fn read_file(path: &std::path::Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| {
        Failure::new(Exit::NotFound, anyhow::Error::new(e).context(format!("cannot read {}", path.display())))
    })
}

//! Findings, their statements, and the evidence that ties a statement to pixels.
//!
//! One finding may say three things: calcification (with regions), bone missing (other regions),
//! and that nothing is destroyed (negated, no region). So the unit of truth is the statement.
//!
//! Invariants
//! - [`Evidence`] is the only store of links; every target exists.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::concept::{CodedConcept, Site};
use crate::id::{CaseStudyId, EvidenceId, FindingId, ImageId, ReadingId, RegionId, StatementId};
use crate::rich_text::RichText;
use crate::strict::nothing_else;

/// What a finding speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// The whole case.
    #[serde(deserialize_with = "nothing_else")]
    Case,
    /// One study.
    Study {
        /// Which.
        study: CaseStudyId,
    },
    /// One image.
    Image {
        /// Which.
        image: ImageId,
    },
}

/// A group of statements; its place in the case's list is its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Identity.
    pub id: FindingId,
    /// What it speaks about.
    pub scope: Scope,
    /// In reading order.
    #[serde(default)]
    pub statements: Vec<Statement>,
}

/// Whether what a statement names is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Seen.
    Present,
    /// Looked for and not seen.
    Absent,
    /// Cannot be decided from these images.
    Indeterminate,
    /// Was not looked for or could not be.
    NotAssessable,
}

/// How sure the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "plain words")]
pub enum Certainty {
    Possible,
    Probable,
    Certain,
}

/// One sentence that claims something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Identity.
    pub id: StatementId,
    /// The words, with chips.
    pub text: RichText,
    /// Whether what it names is there.
    pub presence: Presence,
    /// What it names, coded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodedConcept>,
    /// Where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<Site>,
    /// How sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certainty: Option<Certainty>,
    /// The earlier study it compares with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared_to: Option<CaseStudyId>,
    /// What supports it, in order.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// Whose statement it is.
    pub reading: ReadingId,
}

/// One link from a statement to what supports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Identity; chips in texts hold it.
    pub id: EvidenceId,
    /// What supports the statement.
    pub target: Target,
}

/// What can support a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "to", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// A marked region.
    Region {
        /// Which.
        region: RegionId,
    },
    /// A whole image, or some of its frames.
    Image {
        /// Which.
        image: ImageId,
        /// Frame numbers from 1, ascending; empty for all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        frames: Vec<u32>,
    },
    /// A whole study, as one that has text only.
    Study {
        /// Which.
        study: CaseStudyId,
    },
}

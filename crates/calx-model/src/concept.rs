//! Coded words, sides and sites.
//!
//! Not here: lists of codes (they are data: the label schema), DICOM sequences.
//!
//! Invariants
//! - No code is invented: a concept without a sourced code uses scheme `99CALX` and says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A coded concept (PS3.3 8.8, Code Sequence macro).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodedConcept {
    /// CodeValue (0008,0100).
    pub value: String,
    /// CodingSchemeDesignator (0008,0102), as `SCT`, `DCM`, `99CALX`.
    pub scheme: String,
    /// CodeMeaning (0008,0104).
    pub meaning: String,
}

/// Which side of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// R.
    Right,
    /// L.
    Left,
    /// B.
    Bilateral,
    /// U: a part that has no side.
    Unpaired,
}

impl Side {
    /// Reads ImageLaterality (0020,0062) or Laterality (0020,0060).
    #[must_use]
    pub fn from_laterality(code: &str) -> Option<Self> {
        match code.trim_matches(|c| c == ' ' || c == '\0') {
            "R" => Some(Self::Right),
            "L" => Some(Self::Left),
            "B" => Some(Self::Bilateral),
            "U" => Some(Self::Unpaired),
            _ => None,
        }
    }

    /// The defined term of ImageLaterality.
    #[must_use]
    pub const fn laterality(self) -> &'static str {
        match self {
            Self::Right => "R",
            Self::Left => "L",
            Self::Bilateral => "B",
            Self::Unpaired => "U",
        }
    }

    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Left => "left",
            Self::Bilateral => "bilateral",
            Self::Unpaired => "unpaired",
        }
    }

    /// Whether a statement about `self` says another side than an image of `image` shows. Bilateral
    /// contradicts nothing.
    #[must_use]
    pub fn contradicts(self, image: Self) -> bool {
        matches!((self, image), (Self::Right, Self::Left) | (Self::Left, Self::Right))
    }
}

/// A digit of the hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names of the fingers")]
pub enum Digit {
    Thumb,
    Index,
    Middle,
    Ring,
    Little,
}

/// A stretch of a hand or digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "anatomical terms")]
pub enum Segment {
    DistalPhalanx,
    MiddlePhalanx,
    ProximalPhalanx,
    Metacarpal,
    Carpus,
    Wrist,
    Forearm,
    Elbow,
    Arm,
}

/// Where a statement or region lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// The structure, as an artery or a bone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodedConcept>,
    /// Which digit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digit: Option<Digit>,
    /// Which stretch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<Segment>,
    /// Which side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
}

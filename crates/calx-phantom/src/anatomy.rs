//! The names of what a hand is made of.
//!
//! Not here: where things lie and how thick they are ([`crate::truth`] says it for one image).
//!
//! Invariants
//! - [`BoneKind::key`] and [`ArteryKind::key`] are stable and unlike each other: they stand in truth files.
//! - Digits count from 1, the thumb, to 5.

use serde::{Deserialize, Serialize};

/// One bone of a hand and wrist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "bone", content = "digit")]
#[allow(missing_docs, reason = "the names are those of anatomy; digits count from 1, the thumb")]
pub enum BoneKind {
    Radius,
    Ulna,
    Scaphoid,
    Lunate,
    Triquetrum,
    Pisiform,
    Trapezium,
    Trapezoid,
    Capitate,
    Hamate,
    Metacarpal(u8),
    ProximalPhalanx(u8),
    MiddlePhalanx(u8),
    DistalPhalanx(u8),
}

pub(crate) const DIGITS: [&str; 6] =
    ["", "thumb", "index finger", "middle finger", "ring finger", "little finger"];

fn digit_name(digit: u8) -> &'static str {
    DIGITS.get(usize::from(digit)).copied().unwrap_or("")
}

impl BoneKind {
    /// Every bone of a hand and wrist, from the forearm to the fingertips.
    pub fn all() -> impl Iterator<Item = Self> {
        use BoneKind::{
            Capitate, DistalPhalanx, Hamate, Lunate, Metacarpal, MiddlePhalanx, Pisiform, ProximalPhalanx,
            Radius, Scaphoid, Trapezium, Trapezoid, Triquetrum, Ulna,
        };
        let wrist =
            [Radius, Ulna, Scaphoid, Lunate, Triquetrum, Pisiform, Trapezium, Trapezoid, Capitate, Hamate];
        wrist
            .into_iter()
            .chain((1..=5).map(Metacarpal))
            .chain((1..=5).map(ProximalPhalanx))
            .chain((2..=5).map(MiddlePhalanx))
            .chain((1..=5).map(DistalPhalanx))
    }

    /// The key in truth files: `distal-phalanx-3`.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::Radius => "radius".into(),
            Self::Ulna => "ulna".into(),
            Self::Scaphoid => "scaphoid".into(),
            Self::Lunate => "lunate".into(),
            Self::Triquetrum => "triquetrum".into(),
            Self::Pisiform => "pisiform".into(),
            Self::Trapezium => "trapezium".into(),
            Self::Trapezoid => "trapezoid".into(),
            Self::Capitate => "capitate".into(),
            Self::Hamate => "hamate".into(),
            Self::Metacarpal(d) => format!("metacarpal-{d}"),
            Self::ProximalPhalanx(d) => format!("proximal-phalanx-{d}"),
            Self::MiddlePhalanx(d) => format!("middle-phalanx-{d}"),
            Self::DistalPhalanx(d) => format!("distal-phalanx-{d}"),
        }
    }

    /// In words: `distal phalanx of the middle finger`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Metacarpal(1) => "metacarpal of the thumb".into(),
            Self::Metacarpal(d) => format!("metacarpal {d}"),
            Self::ProximalPhalanx(d) => format!("proximal phalanx of the {}", digit_name(d)),
            Self::MiddlePhalanx(d) => format!("middle phalanx of the {}", digit_name(d)),
            Self::DistalPhalanx(d) => format!("distal phalanx of the {}", digit_name(d)),
            other => other.key(),
        }
    }

    /// The finger it belongs to, from 1, the thumb; `None` at the wrist.
    #[must_use]
    pub const fn digit(self) -> Option<u8> {
        match self {
            Self::Metacarpal(d)
            | Self::ProximalPhalanx(d)
            | Self::MiddlePhalanx(d)
            | Self::DistalPhalanx(d) => Some(d),
            _ => None,
        }
    }
}

/// The side of a finger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FingerSide {
    /// Towards the thumb.
    Radial,
    /// Towards the little finger.
    Ulnar,
}

impl FingerSide {
    /// In lower case.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Radial => "radial",
            Self::Ulnar => "ulnar",
        }
    }
}

/// One artery of a hand and wrist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArteryKind {
    /// Radial artery, to the deep arch.
    Radial,
    /// Ulnar artery, to the superficial arch.
    Ulnar,
    /// Superficial palmar branch of the radial artery, which closes the superficial arch in most hands.
    SuperficialPalmarBranch,
    /// Superficial palmar arch.
    SuperficialPalmarArch,
    /// Deep palmar arch.
    DeepPalmarArch,
    /// Princeps pollicis artery.
    PrincepsPollicis,
    /// Radialis indicis artery, which becomes the radial proper artery of the index finger.
    RadialisIndicis,
    /// Common palmar digital artery of the second to fourth space between metacarpals.
    CommonPalmarDigital(
        /// 2, 3 or 4: between metacarpals 2 and 3, 3 and 4, 4 and 5.
        u8,
    ),
    /// Proper palmar digital artery.
    ProperPalmarDigital {
        /// From 1, the thumb, to 5.
        digit: u8,
        /// Which side of the finger.
        side: FingerSide,
    },
}

impl ArteryKind {
    /// Every artery of a hand and wrist, from the forearm to the fingertips.
    pub fn all() -> impl Iterator<Item = Self> {
        use ArteryKind::{
            CommonPalmarDigital, DeepPalmarArch, PrincepsPollicis, ProperPalmarDigital, Radial,
            RadialisIndicis, SuperficialPalmarArch, SuperficialPalmarBranch, Ulnar,
        };
        let sides = [FingerSide::Radial, FingerSide::Ulnar];
        [
            Radial,
            Ulnar,
            SuperficialPalmarBranch,
            SuperficialPalmarArch,
            DeepPalmarArch,
            PrincepsPollicis,
            RadialisIndicis,
        ]
        .into_iter()
        .chain((2..=4).map(CommonPalmarDigital))
        .chain((1..=5).flat_map(move |digit| sides.map(|side| ProperPalmarDigital { digit, side })))
    }

    /// The key in truth files: `proper-palmar-digital-3-radial`.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::Radial => "radial-artery".into(),
            Self::Ulnar => "ulnar-artery".into(),
            Self::SuperficialPalmarBranch => "superficial-palmar-branch".into(),
            Self::SuperficialPalmarArch => "superficial-palmar-arch".into(),
            Self::DeepPalmarArch => "deep-palmar-arch".into(),
            Self::PrincepsPollicis => "princeps-pollicis".into(),
            Self::RadialisIndicis => "radialis-indicis".into(),
            Self::CommonPalmarDigital(space) => format!("common-palmar-digital-{space}"),
            Self::ProperPalmarDigital { digit, side } => {
                format!("proper-palmar-digital-{digit}-{}", side.word())
            }
        }
    }

    /// In words: `radial proper palmar digital artery of the middle finger`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Radial => "radial artery".into(),
            Self::Ulnar => "ulnar artery".into(),
            Self::SuperficialPalmarBranch => "superficial palmar branch of the radial artery".into(),
            Self::SuperficialPalmarArch => "superficial palmar arch".into(),
            Self::DeepPalmarArch => "deep palmar arch".into(),
            Self::PrincepsPollicis => "princeps pollicis artery".into(),
            Self::RadialisIndicis => "radialis indicis artery".into(),
            Self::CommonPalmarDigital(space) => {
                format!(
                    "common palmar digital artery of the space between metacarpals {space} and {}",
                    space + 1
                )
            }
            Self::ProperPalmarDigital { digit, side } => {
                format!("{} proper palmar digital artery of the {}", side.word(), digit_name(digit))
            }
        }
    }

    /// The finger it belongs to, from 1, the thumb; `None` in wrist and palm.
    #[must_use]
    pub const fn digit(self) -> Option<u8> {
        match self {
            Self::PrincepsPollicis => Some(1),
            Self::RadialisIndicis => Some(2),
            Self::ProperPalmarDigital { digit, .. } => Some(digit),
            _ => None,
        }
    }

    /// SNOMED CT code value and meaning, where the published lists have one.
    #[must_use]
    pub const fn code(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Radial => Some(("45631007", "Radial artery")),
            Self::Ulnar => Some(("44984001", "Ulnar artery")),
            Self::SuperficialPalmarArch => Some(("26818002", "Superficial palmar arch")),
            Self::DeepPalmarArch => Some(("10119003", "Deep palmar arch of radial artery")),
            Self::CommonPalmarDigital(_) | Self::ProperPalmarDigital { .. } => {
                Some(("40254007", "Digital artery of hand"))
            }
            Self::SuperficialPalmarBranch | Self::PrincepsPollicis | Self::RadialisIndicis => None,
        }
    }
}

//! Whom the phantom pretends to be: what of a person changes the look of a hand radiograph.
//!
//! Not here: the hand itself (`skeleton`, `soft`), names and identifiers (`study`).
//!
//! Invariants
//! - [`Person::from_seed`] is a function of the seed: both hands and all films of a seed are one person's.

use serde::{Deserialize, Serialize};

use crate::noise::Noise;

/// PatientSex (0010,0040) of a phantom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// `F`: bones slenderer and shorter.
    Female,
    /// `M`
    Male,
}

/// A person.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Sex.
    pub sex: Sex,
    /// Years, 20 to 99: cortex thins, joint spaces narrow, osteophytes grow, arteries wind.
    pub age: u8,
    /// Size of the hand beside the middle of the sex, 0.88 to 1.12.
    pub size: f64,
}

impl Person {
    /// The man of the model case.
    pub const MODEL: Self = Self { sex: Sex::Male, age: 75, size: 1.0 };

    /// A person of 45 to 88 years, as those whose arteries are looked at.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let noise = Noise::new(seed, "person");
        let years = 66.5 + 10.5 * noise.normal(0, 0);
        let size = 1.0 + 0.045 * noise.normal(1, 0);
        Self {
            sex: if noise.unit(2, 0) < 0.5 { Sex::Female } else { Sex::Male },
            age: u8::try_from(crate::number::stored(years, 45, 88)).unwrap_or(66),
            size: size.clamp(0.9, 1.1),
        }
    }

    /// 0.0 at 45 years and below, 1.0 at 90 and above: how far age has gone.
    pub(crate) fn wear(self) -> f64 {
        ((f64::from(self.age) - 45.0) / 45.0).clamp(0.0, 1.0)
    }

    /// How much larger than the plan of a grown man the hand is.
    pub(crate) fn scale(self) -> f64 {
        self.size * if self.sex == Sex::Female { 0.91 } else { 1.0 }
    }
}

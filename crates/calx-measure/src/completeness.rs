//! How complete a case is: a percentage made of named rules, and what stands against publishing.
//!
//! Not here: the rules ([`crate::rules`]) and their checks ([`crate::checks`]); what must hold in every
//! case whatever its state ([`calx_model::Case::violations`]).
//!
//! Invariants
//! - 100 percent means that every rule with a weight is met, and nothing less does.
//! - Every missing point says where it is, what is wrong and what to do.

use std::fmt;
use std::sync::LazyLock;

use calx_model::{Case, Schema};
use serde::{Deserialize, Serialize};

use crate::checks::Check;
use crate::rules::Rules;

/// What a missing point does to publishing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The case cannot be published.
    Blocks,
    /// It can; the person is told.
    Warns,
}

impl Severity {
    /// The sign before a line: `✗` or `!`.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Blocks => '✗',
            Self::Warns => '!',
        }
    }
}

/// One point that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Where, as `statement 2.1`, `region 3`, `title`; numbers are those people see.
    pub place: String,
    /// What is wrong, after the place: `is Present and has no evidence`.
    pub text: String,
    /// What to do.
    pub hint: String,
}

/// One rule, held against the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleOutcome {
    /// Name, as `evidence`.
    pub name: String,
    /// What it asks for.
    pub asks: String,
    /// Its share of the percentage.
    pub weight: u32,
    /// Whether nothing is missing.
    pub met: bool,
    /// Points that are there.
    pub done: usize,
    /// Points it asks for; 0 when it does not apply, and it is met then.
    pub of: usize,
    /// What is missing, in document order.
    pub missing: Vec<Missing>,
}

/// A missing point with what it does to publishing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What it does.
    pub severity: Severity,
    /// Where.
    pub place: String,
    /// What is wrong.
    pub text: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for Alert {
    /// `✗ statement 2.1 is Present and has no evidence`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.severity.sign(), self.place, self.text)
    }
}

/// How complete a case is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// 0 to 100, rounded down.
    pub percent: u32,
    /// All rules, in the order of their file.
    pub rules: Vec<RuleOutcome>,
    /// All missing points: those that block first, else in the order of the rules.
    pub alerts: Vec<Alert>,
}

impl Completeness {
    /// How many alerts stand against publishing.
    #[must_use]
    pub fn blocking(&self) -> usize {
        self.alerts.iter().filter(|alert| alert.severity == Severity::Blocks).count()
    }

    /// Whether nothing stands against publishing.
    #[must_use]
    pub fn is_publishable(&self) -> bool {
        self.blocking() == 0
    }
}

static BUILT_IN: LazyLock<Rules> = LazyLock::new(|| Rules::from_json(Rules::BUILT_IN).unwrap_or_default());

/// Holds a case against the rules that ship.
///
/// `schema`: the label schema of the workspace; labels, shapes and attributes of regions are checked with it.
#[must_use]
pub fn completeness(case: &Case, schema: &Schema) -> Completeness {
    completeness_by(&BUILT_IN, case, schema)
}

/// Holds a case against `rules`.
#[must_use]
pub fn completeness_by(rules: &Rules, case: &Case, schema: &Schema) -> Completeness {
    let mut outcomes = Vec::with_capacity(rules.rules.len());
    let mut alerts = Vec::new();
    for rule in &rules.rules {
        let Some(check) = Check::named(&rule.name) else { continue };
        let found = check.run(case, schema);
        alerts.extend(found.missing.iter().map(|missing| Alert {
            severity: rule.severity,
            place: missing.place.clone(),
            text: missing.text.clone(),
            hint: missing.hint.clone(),
        }));
        outcomes.push(RuleOutcome {
            name: rule.name.clone(),
            asks: rule.asks.clone(),
            weight: rule.weight,
            met: found.missing.is_empty(),
            done: found.done,
            of: found.of,
            missing: found.missing,
        });
    }
    alerts.sort_by_key(|alert| alert.severity);
    Completeness { percent: percent(&outcomes), rules: outcomes, alerts }
}

/// Each rule counts by the part of its points that are there.
fn percent(outcomes: &[RuleOutcome]) -> u32 {
    let all: f64 = outcomes.iter().map(|o| f64::from(o.weight)).sum();
    if outcomes.iter().all(|o| o.met || o.weight == 0) || all <= 0.0 {
        return 100;
    }
    #[allow(clippy::cast_precision_loss, reason = "counts of things in a case")]
    let part = |o: &RuleOutcome| if o.met { 1.0 } else { o.done as f64 / o.of.max(1) as f64 };
    let reached: f64 = outcomes.iter().map(|o| f64::from(o.weight) * part(o)).sum();
    // A hair above keeps 3/4 of 100 from rounding down to 74; below 100 as something is missing.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=99")]
    let percent = (100.0 * reached / all + 1e-9).floor().clamp(0.0, 99.0) as u32;
    percent
}

//! The rules of completeness as data: which there are, what each weighs, how much an unmet one matters.
//!
//! Not here: how a rule is checked ([`crate::checks`]); each name in the file is the name of a check.
//!
//! Invariants
//! - Names are unique and known; weights are not negative and not all 0.

use serde::{Deserialize, Serialize};

use crate::checks::Check;
use crate::completeness::Severity;

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Name of its check.
    pub name: String,
    /// Its share of the percentage; 0 for a rule that only speaks up.
    pub weight: u32,
    /// What a missing point does to publishing.
    pub severity: Severity,
    /// What it asks for, in words.
    pub asks: String,
}

/// The rules, in the order in which they are told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// `calx.completeness-rules/1`.
    pub schema: String,
    /// In order.
    pub rules: Vec<Rule>,
}

/// Why a file of rules is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// Not the JSON of rules.
    #[error("the rules of completeness cannot be read")]
    Parse(#[source] serde_json::Error),
    /// Another form.
    #[error("the rules have the form {found:?}, this version reads {}", Rules::SCHEMA)]
    Schema {
        /// As stated.
        found: String,
    },
    /// No check of this name, or the name stands twice.
    #[error("there is no rule {name:?}, or it stands twice; known: {known}")]
    Name {
        /// As stated.
        name: String,
        /// All there are.
        known: String,
    },
    /// All weights are 0.
    #[error("no rule has a weight, so no percentage can be told")]
    NoWeight,
}

impl Rules {
    /// What `schema` holds.
    pub const SCHEMA: &'static str = "calx.completeness-rules/1";
    /// The rules that ship, as a data file.
    pub const BUILT_IN: &'static str = include_str!("../rules/completeness-1.json");

    /// Reads a file of rules.
    ///
    /// # Errors
    /// [`RulesError`].
    pub fn from_json(text: &str) -> Result<Self, RulesError> {
        let rules: Self = serde_json::from_str(text).map_err(RulesError::Parse)?;
        if rules.schema != Self::SCHEMA {
            return Err(RulesError::Schema { found: rules.schema });
        }
        for (at, rule) in rules.rules.iter().enumerate() {
            let is_doubled = rules.rules.iter().take(at).any(|earlier| earlier.name == rule.name);
            if is_doubled || Check::named(&rule.name).is_none() {
                let known = Check::ALL.map(Check::name).join(", ");
                return Err(RulesError::Name { name: rule.name.clone(), known });
            }
        }
        if rules.rules.iter().all(|rule| rule.weight == 0) {
            return Err(RulesError::NoWeight);
        }
        Ok(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_that_ship_are_sound_and_use_every_check() {
        let rules = Rules::from_json(Rules::BUILT_IN).unwrap();
        let names: Vec<&str> = rules.rules.iter().map(|rule| rule.name.as_str()).collect();
        for check in Check::ALL {
            assert!(names.contains(&check.name()), "{} is in no rule", check.name());
        }
    }

    #[test]
    fn unknown_and_doubled_names_are_refused() {
        let wrong = Rules::BUILT_IN.replacen("\"title\"", "\"subtitle\"", 1);
        assert!(Rules::from_json(&wrong).unwrap_err().to_string().contains("\"subtitle\""));
        let wrong = Rules::BUILT_IN.replacen("\"title\"", "\"consent\"", 1);
        assert!(Rules::from_json(&wrong).unwrap_err().to_string().contains("\"consent\""));
        let wrong = Rules::BUILT_IN.replacen("rules/1", "rules/2", 1);
        assert!(matches!(Rules::from_json(&wrong), Err(RulesError::Schema { .. })));
    }
}

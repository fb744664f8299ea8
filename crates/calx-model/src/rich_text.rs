//! Text with chips: words, words linked to evidence, and citations.
//!
//! Words carry light Markdown (paragraphs, bold, italic, lists, links); structure that must survive
//! an export is a run of its own.
//!
//! Invariants
//! - Canonical: no empty run, no two plain runs side by side, so equal texts are equal values.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::id::{EvidenceId, ReferenceId};

/// One stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "run", rename_all = "snake_case", deny_unknown_fields)]
pub enum Run {
    /// Plain words.
    Words {
        /// The words.
        text: String,
    },
    /// Words that stand for one piece of evidence: a chip.
    Linked {
        /// The words.
        text: String,
        /// What they rest on.
        evidence: EvidenceId,
    },
    /// Citations; shown as `[1–4]`.
    Cite {
        /// At least one.
        references: Vec<ReferenceId>,
    },
}

/// A text as a list of runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct RichText(Vec<Run>);

impl<'de> Deserialize<'de> for RichText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Run>::deserialize(deserializer).map(Self::from_runs)
    }
}

impl From<&str> for RichText {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

impl RichText {
    /// A text of plain words.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self::from_runs(vec![Run::Words { text: text.into() }])
    }

    /// Joins plain neighbours and drops empty runs.
    #[must_use]
    pub fn from_runs(runs: impl IntoIterator<Item = Run>) -> Self {
        let mut canonical: Vec<Run> = Vec::new();
        for run in runs {
            match (canonical.last_mut(), run) {
                (_, Run::Words { text } | Run::Linked { text, .. }) if text.is_empty() => {}
                (_, Run::Cite { references }) if references.is_empty() => {}
                (Some(Run::Words { text: before }), Run::Words { text }) => before.push_str(&text),
                (_, run) => canonical.push(run),
            }
        }
        Self(canonical)
    }

    /// The runs, in reading order.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.0
    }

    /// Whether there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words alone, without citations.
    #[must_use]
    pub fn words(&self) -> String {
        self.0
            .iter()
            .map(|run| match run {
                Run::Words { text } | Run::Linked { text, .. } => text.as_str(),
                Run::Cite { .. } => "",
            })
            .collect()
    }

    /// Evidence the text points to, in order, with repeats.
    pub fn evidence(&self) -> impl Iterator<Item = EvidenceId> + '_ {
        self.0.iter().filter_map(|run| match run {
            Run::Linked { evidence, .. } => Some(*evidence),
            _ => None,
        })
    }

    /// References the text cites, in order, with repeats.
    pub fn citations(&self) -> impl Iterator<Item = ReferenceId> + '_ {
        self.0
            .iter()
            .filter_map(|run| match run {
                Run::Cite { references } => Some(references.iter().copied()),
                _ => None,
            })
            .flatten()
    }

    /// The text with the chips of `evidence` turned back into plain words.
    #[must_use]
    pub fn without_evidence(&self, evidence: EvidenceId) -> Self {
        Self::from_runs(self.0.iter().cloned().map(|run| match run {
            Run::Linked { text, evidence: e } if e == evidence => Run::Words { text },
            other => other,
        }))
    }

    /// The text with `reference` cited nowhere.
    #[must_use]
    pub fn without_reference(&self, reference: ReferenceId) -> Self {
        Self::from_runs(self.0.iter().cloned().map(|run| match run {
            Run::Cite { references } => {
                Run::Cite { references: references.into_iter().filter(|r| *r != reference).collect() }
            }
            other => other,
        }))
    }

    /// The text with the first plain occurrence of `words` made a chip of `evidence`; `None` when the
    /// words do not stand in a plain run.
    #[must_use]
    pub fn with_link(&self, words: &str, evidence: EvidenceId) -> Option<Self> {
        if words.is_empty() {
            return None;
        }
        let mut found = false;
        let mut runs = Vec::with_capacity(self.0.len() + 2);
        for run in &self.0 {
            match run {
                Run::Words { text } if !found => {
                    if let Some((before, after)) = text.split_once(words) {
                        found = true;
                        runs.push(Run::Words { text: before.to_owned() });
                        runs.push(Run::Linked { text: words.to_owned(), evidence });
                        runs.push(Run::Words { text: after.to_owned() });
                    } else {
                        runs.push(run.clone());
                    }
                }
                other => runs.push(other.clone()),
            }
        }
        found.then(|| Self::from_runs(runs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn linking_and_unlinking_give_the_equal_text_back() {
        let chip = EvidenceId(Uuid::from_u128(7));
        let text = RichText::plain("Extensive calcification of the radial artery.");
        let linked = text.with_link("radial artery", chip).unwrap();
        assert_eq!(linked.runs().len(), 3);
        assert_eq!(linked.words(), text.words());
        assert_eq!(linked.evidence().collect::<Vec<_>>(), [chip]);
        assert_eq!(linked.without_evidence(chip), text);
        assert_eq!(linked.with_link("radial artery", chip), None);
    }

    #[test]
    fn what_is_read_is_canonical() {
        let json = r#"[{"run":"words","text":"a"},{"run":"words","text":""},{"run":"words","text":"b"},{"run":"cite","references":[]}]"#;
        assert_eq!(serde_json::from_str::<RichText>(json).unwrap(), RichText::plain("ab"));
    }
}

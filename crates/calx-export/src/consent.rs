//! A person's word that DICOM objects of a patient may leave, and its row in the journal of the case.
//!
//! Not here: the objects ([`crate::dicom`]), writing the row (whoever holds the case), asking the person.
//!
//! Invariants
//! - The word stands in the journal before anything leaves; once for the same person, kinds and content. It is no change
//!   of the case: who exports, and which kinds, changes no object.

use calx_model::{Action, Case, Document};

use crate::dicom::is_of_a_patient;
use crate::exporter::exporter;

/// The tool that the row names; the kinds stand behind it in brackets.
pub const TOOL: &str = "export --identity";

/// The targets that carry the patient of this case: none of a case whose images all say that they are synthetic.
#[must_use]
pub fn identified<'a>(case: &Case, targets: &[&'a str]) -> Vec<&'a str> {
    if !is_of_a_patient(case) {
        return Vec::new();
    }
    targets.iter().copied().filter(|name| exporter(name).is_some_and(|e| e.needs().identity)).collect()
}

/// The row's tool: `export --identity (sr,seg)`.
#[must_use]
pub fn tool(identified: &[&str]) -> String {
    format!("{TOOL} ({})", identified.join(","))
}

/// Whether the last rows, since the content last changed, say so already.
#[must_use]
pub fn is_recorded(document: &Document, identified: &[&str], who: &str) -> bool {
    let kinds = |tool: &str| -> Option<String> {
        let list = tool.strip_prefix(&format!("calx {TOOL} ("))?.strip_suffix(')')?;
        Some(list.to_owned())
    };
    document
        .rows()
        .iter()
        .rev()
        .take_while(|row| matches!(row.action, Action::Record {}))
        .filter(|row| row.stamp.who == who)
        .filter_map(|row| kinds(&row.stamp.tool))
        .any(|list| identified.iter().all(|target| list.split(',').any(|word| word == *target)))
}

//! Which objects a document rests on, by study and series.
//!
//! Source: PS3.3 C.17.2.3 (hierarchical SOP instance reference), C.17.2 (current and pertinent evidence).

use std::collections::{BTreeMap, BTreeSet};

use crate::dataset::Tag;
use crate::write::encode::Elements;

use super::source_facts::SourceFacts;

const CURRENT: Tag = Tag(0x0040, 0xa375);
const PERTINENT_OTHER: Tag = Tag(0x0040, 0xa385);
const PREDECESSORS: Tag = Tag(0x0040, 0xa360);

/// Instances and their classes, by series.
type Series = BTreeMap<String, BTreeSet<(String, String)>>;

/// Instances with their classes, by study and series; the order is that of the UIDs, so that it never depends on how
/// they were found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence(BTreeMap<String, Series>);

impl Evidence {
    pub(crate) fn add(&mut self, study: &str, series: &str, class: &str, instance: &str) {
        let series = self.0.entry(study.to_owned()).or_default().entry(series.to_owned()).or_default();
        series.insert((instance.to_owned(), class.to_owned()));
    }

    pub(crate) fn add_image(&mut self, of: &SourceFacts) {
        self.add(of.study.as_str(), of.series.as_str(), of.sop_class.as_str(), of.instance.as_str());
    }

    /// Instances of the document's own study are current evidence, those of others pertinent other evidence.
    pub(crate) fn write(&self, own_study: &str, out: &mut Elements) {
        for (tag, is_own) in [(CURRENT, true), (PERTINENT_OTHER, false)] {
            let items = self.items(|study| (study == own_study) == is_own);
            if !items.is_empty() {
                out.sequence_of(tag, items);
            }
        }
    }

    /// As the documents that this one takes the place of.
    pub(crate) fn write_as_predecessors(&self, out: &mut Elements) {
        let items = self.items(|_| true);
        if !items.is_empty() {
            out.sequence_of(PREDECESSORS, items);
        }
    }

    fn items(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<Elements> {
        let study = |(uid, series): (&String, &Series)| {
            let series = series.iter().map(|(uid, instances)| {
                let mut item = Elements::default();
                item.uid(Tag(0x0020, 0x000e), uid);
                let instances =
                    instances.iter().map(|(instance, class)| referenced(class, instance)).collect();
                item.sequence_of(Tag(0x0008, 0x1199), instances);
                item
            });
            let mut item = Elements::default();
            item.sequence_of(Tag(0x0008, 0x1115), series.collect());
            item.uid(Tag(0x0020, 0x000d), uid);
            item
        };
        self.0.iter().filter(|(uid, _)| is_wanted(uid)).map(study).collect()
    }
}

/// A class and an instance, as every reference begins.
pub(crate) fn referenced(class: &str, instance: &str) -> Elements {
    let mut item = Elements::default();
    item.uid(Tag(0x0008, 0x1150), class);
    item.uid(Tag(0x0008, 0x1155), instance);
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::Coding;

    #[test]
    fn evidence_lies_under_its_own_study_and_series_in_one_order() {
        let of = |order: &[(&str, &str, &str)]| {
            let mut evidence = Evidence::default();
            for (study, series, instance) in order {
                evidence.add(study, series, "1.2.840.10008.5.1.4.1.1.1.1", instance);
            }
            let mut out = Elements::default();
            evidence.write("1.1", &mut out);
            out.encode(Coding::ExplicitLittleEndian)
        };
        let one = of(&[("1.1", "2.1", "3.1"), ("1.2", "2.2", "3.3"), ("1.1", "2.1", "3.2")]);
        let other =
            of(&[("1.2", "2.2", "3.3"), ("1.1", "2.1", "3.2"), ("1.1", "2.1", "3.1"), ("1.1", "2.1", "3.1")]);
        assert_eq!(one, other);
        let has = |tag: &[u8]| one.windows(4).filter(|w| *w == tag).count();
        assert_eq!([has(b"\x40\x00\x75\xa3"), has(b"\x40\x00\x85\xa3")], [1, 1]);
        assert_eq!(has(b"\x08\x00\x55\x11"), 3, "each instance once");
        assert!(of(&[]).is_empty());
    }
}

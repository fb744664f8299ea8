//! Reports of an earlier export, so that those of a new one can say whose place they take.
//!
//! Invariants
//! - A report takes the place of one of its own series only: the series follows from the case, the profile, the kind and the
//!   study, so that nothing of another case or for other eyes is ever named.
//! - Exporting an unchanged case again gives the report that is there, with the predecessors it has: a report never
//!   takes the place of itself.
//!
//! Source: PS3.3 C.17.2 (PredecessorDocumentsSequence).

use calx_model::{SeriesInstanceUid, SopClassUid, SopInstanceUid, StudyInstanceUid};

use super::evidence::Evidence;
use crate::dataset::{DataSet, Tag};
use crate::header::{ReadHeaderError, header_of};
use crate::locator::Locator;
use crate::open::open;
use crate::scan::{Most, Scan, Wanted};

const PREDECESSORS: Tag = Tag(0x0040, 0xa360);
const CONTENT: Tag = Tag(0x0040, 0xa730);

/// A report of an earlier export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predecessor {
    /// Its study.
    pub study: StudyInstanceUid,
    /// Its series.
    pub series: SeriesInstanceUid,
    /// Its class.
    pub sop_class: SopClassUid,
    /// Itself.
    pub instance: SopInstanceUid,
    /// Those it took the place of: study, series, class, instance.
    before: Vec<[String; 4]>,
    /// ContentDate and ContentTime: of calx's own reports, when the case was edited.
    dated: String,
}

/// The report of a series that is to be replaced: of several, one that no other took the place of, of these the one dated
/// last. Where even that does not tell, the UIDs do: the order of files says nothing.
pub(crate) fn latest<'a>(all: &'a [Predecessor], series: &str) -> Option<&'a Predecessor> {
    let of_series: Vec<&Predecessor> = all.iter().filter(|one| one.series.as_str() == series).collect();
    let is_replaced = |one: &Predecessor| {
        let mut named = of_series.iter().flat_map(|other| &other.before);
        named.any(|[.., instance]| instance == one.instance.as_str())
    };
    let last = |a: &&&Predecessor, b: &&&Predecessor| (&a.dated, &a.instance).cmp(&(&b.dated, &b.instance));
    let standing = of_series.iter().filter(|one| !is_replaced(one)).max_by(last);
    standing.or_else(|| of_series.iter().max_by(last)).copied()
}

impl Predecessor {
    /// The instances that it took the place of.
    #[must_use]
    pub fn takes_the_place_of(&self) -> Vec<&str> {
        self.before.iter().map(|[.., instance]| instance.as_str()).collect()
    }

    /// The reports that it took the place of.
    pub(crate) fn its_own(&self) -> Evidence {
        let mut found = Evidence::default();
        for [study, series, class, instance] in &self.before {
            found.add(study, series, class, instance);
        }
        found
    }

    /// Itself, to be named.
    pub(crate) fn itself(&self) -> Evidence {
        let mut found = Evidence::default();
        let (class, instance) = (self.sop_class.as_str(), self.instance.as_str());
        found.add(self.study.as_str(), self.series.as_str(), class, instance);
        found
    }
}

/// Reads what a new report needs of one it may take the place of.
///
/// # Errors
/// [`ReadHeaderError`].
pub fn read_predecessor(locator: &Locator) -> Result<Predecessor, ReadHeaderError> {
    let mut opened = open(locator)?;
    // Its content is not asked for, and may be millions of elements.
    let wanted = Wanted::matching(|tag| !tag.is_private() && tag != CONTENT, 64 * 1024);
    let wanted = wanted.up_to(Most::PASSED);
    let Scan { data, pixels, truncation, mut notices } = opened.scan(wanted)?;
    let header = header_of(&opened, &data, pixels.is_some(), truncation, &mut notices)?;
    Ok(Predecessor {
        study: header.study,
        series: header.series,
        sop_class: header.sop_class,
        instance: header.instance,
        before: before(&data),
        dated: [Tag(0x0008, 0x0023), Tag(0x0008, 0x0033)].map(|tag| data.text(tag).raw().to_owned()).concat(),
    })
}

fn before(data: &DataSet) -> Vec<[String; 4]> {
    let uid = |data: &DataSet, tag| data.text(tag).raw().to_owned();
    let mut found = Vec::new();
    for study in data.items(PREDECESSORS) {
        for series in study.items(Tag(0x0008, 0x1115)) {
            for object in series.items(Tag(0x0008, 0x1199)) {
                found.push([
                    uid(study, Tag(0x0020, 0x000d)),
                    uid(series, Tag(0x0020, 0x000e)),
                    uid(object, Tag(0x0008, 0x1150)),
                    uid(object, Tag(0x0008, 0x1155)),
                ]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(instance: &str, dated: &str, before: &[&str]) -> Predecessor {
        let named = |uid: &&str| ["1.2", "1.2.3", "1.2.4", *uid].map(str::to_owned);
        Predecessor {
            study: "1.2".parse().unwrap(),
            series: "1.2.3".parse().unwrap(),
            sop_class: "1.2.4".parse().unwrap(),
            instance: instance.parse().unwrap(),
            before: before.iter().map(named).collect(),
            dated: dated.to_owned(),
        }
    }

    #[test]
    fn the_report_that_stands_is_the_one_replaced() {
        let check = |all: &[Predecessor], expected: Option<&str>| {
            let mut all = all.to_vec();
            for _ in 0..=all.len() {
                if !all.is_empty() {
                    all.rotate_left(1);
                }
                let found = latest(&all, "1.2.3").map(|one| one.instance.to_string());
                assert_eq!(found.as_deref(), expected);
            }
        };
        let first = report("1.9", "20260301093000", &[]);
        let second = report("1.5", "20260302093000", &["1.9"]);
        let third = report("1.7", "20260302080000", &["1.9", "1.5"]);
        check(&[], None);
        check(std::slice::from_ref(&first), Some("1.9"));
        check(&[first.clone(), second.clone()], Some("1.5"));
        // Whose place was taken counts more than the date.
        check(&[first.clone(), second.clone(), third], Some("1.7"));
        // Two that stand side by side: the later one, whatever its UID.
        check(&[report("1.8", "20260301", &[]), report("1.1", "20260305", &[])], Some("1.1"));
        check(&[report("1.8", "20260301", &[]), report("1.1", "20260301", &[])], Some("1.8"));
        assert_eq!(latest(&[first], "1.2.99"), None);
    }
}

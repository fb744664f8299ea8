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
use crate::scan::{Keep, Scan, Wanted};

const PREDECESSORS: Tag = Tag(0x0040, 0xa360);

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
}

impl Predecessor {
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
    let wanted = Wanted { keep: Keep::Where(|tag| !tag.is_private()), longest: 64 * 1024 };
    let Scan { data, pixels, truncation, mut notices } = opened.scan(wanted)?;
    let header = header_of(&opened, &data, pixels.is_some(), truncation, &mut notices)?;
    Ok(Predecessor {
        study: header.study,
        series: header.series,
        sop_class: header.sop_class,
        instance: header.instance,
        before: before(&data),
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

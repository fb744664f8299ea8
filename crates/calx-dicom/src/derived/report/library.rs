//! The image library of a report, and who speaks in it.
//!
//! Source: PS3.16 TID 1204 (language), TID 1001 (observers), TID 1600 to 1604 (image library).

use std::collections::BTreeSet;

use calx_model::{CaseImage, ReaderRole, ReadingId};

use super::super::codes;
use super::super::content::{Item, Reference, Relation};
use super::super::root::Root;
use super::super::source_facts::SourceFacts;
use crate::write::IMPLEMENTATION_CLASS_UID;

/// Language, observers and modalities: what stands before the content. A person is named once for each reading whose
/// work the report holds; a program that read is none.
pub(super) fn put_context(
    root: &Root<'_>,
    readings: &BTreeSet<ReadingId>,
    images: &[(&CaseImage, &SourceFacts)],
    report: &mut Item,
) {
    let case = root.case;
    report.push(Relation::HasConceptMod, Item::code(codes::LANGUAGE, codes::language(&case.language)));
    let mut observer = |item| report.push(Relation::HasObsContext, item);
    let of_people = case.readings.iter().filter(|r| r.role != ReaderRole::Algorithm);
    for reading in of_people.filter(|r| readings.contains(&r.id)) {
        observer(Item::code(codes::OBSERVER_TYPE, codes::PERSON));
        observer(Item::person(codes::PERSON_OBSERVER_NAME, &reading.reader));
    }
    observer(Item::code(codes::OBSERVER_TYPE, codes::DEVICE));
    observer(Item::uid(codes::DEVICE_OBSERVER_UID, IMPLEMENTATION_CLASS_UID));
    observer(Item::text(codes::DEVICE_OBSERVER_NAME, "calx"));
    if let Some(version) = Item::words(codes::DEVICE_OBSERVER_MODEL, root.calx_version) {
        observer(version);
    }
    let mut named = Vec::new();
    for (_, source) in images {
        let modality = codes::modality(&source.modality);
        if !named.contains(&modality) {
            named.push(modality);
            report.push(Relation::HasConceptMod, Item::code(codes::PROCEDURE_REPORTED, modality));
        }
    }
}

/// One entry for each image, in one group: readers look for a group without asking whether there is one.
pub(super) fn library(images: &[(&CaseImage, &SourceFacts)]) -> Item {
    let mut group = Item::container(codes::IMAGE_LIBRARY_GROUP);
    for (image, source) in images {
        group.push(Relation::Contains, entry(image, source));
    }
    Item::container(codes::IMAGE_LIBRARY).contains(group)
}

fn entry(image: &CaseImage, source: &SourceFacts) -> Item {
    let mut entry = Item::image(Reference::new(source.sop_class.as_str(), source.instance.as_str(), None));
    let mut add = |item| entry.push(Relation::HasAcqContext, item);
    add(Item::code(codes::MODALITY, codes::modality(&source.modality)));
    add(Item::num(codes::PIXEL_DATA_ROWS, f64::from(source.rows), codes::PIXELS));
    add(Item::num(codes::PIXEL_DATA_COLUMNS, f64::from(source.columns), codes::PIXELS));
    if let Some([row, column]) = &source.patient_orientation {
        for (concept, words) in [(codes::ORIENTATION_ROW, row), (codes::ORIENTATION_COLUMN, column)] {
            if let Some(item) = Item::words(concept, words) {
                add(item);
            }
        }
    }
    if let Some(spacing) = &image.spacing {
        add(Item::num(codes::HORIZONTAL_SPACING, spacing.between_columns_mm, codes::MM));
        add(Item::num(codes::VERTICAL_SPACING, spacing.between_rows_mm, codes::MM));
    }
    if let Some(side) = image.side() {
        add(Item::code(codes::IMAGE_LATERALITY, codes::side(Some(side))));
    }
    entry
}

//! What reports beside a case document say otherwise: somebody may have edited them since.
//!
//! Not here: the comparison itself (`calx_dicom::derived::differences`).
//!
//! Invariants
//! - Nothing of a report is taken: it is told of, and `calx region import` takes what a person wants of it.

use std::collections::BTreeSet;

use calx_dicom::derived::{AnnotationKind, Annotations, compare_report, read_annotations};
use calx_dicom::{Locator, read_header};
use calx_model::{Case, RegionId, SopInstanceUid, StudyInstanceUid};
use calx_workspace::Workspace;

use crate::out::{Out, one_line};

/// Regions that are named; of more only the number is told.
const MOST_NAMED: usize = 12;

/// Compares the case with every report among `files`, and with those that the workspace has of its studies.
pub(super) fn tell(
    case: &Case,
    document: SopInstanceUid,
    mut files: Vec<Locator>,
    workspace: &Workspace,
    out: &Out,
) {
    let named = files.len();
    for study in case.studies.iter().filter_map(|study| study.source.as_ref()) {
        let rows = workspace.instances(Some(study)).unwrap_or_default();
        let reports = rows.iter().filter(|row| is_report(row.sop_class.as_str()));
        files.extend(reports.filter_map(|row| workspace.locate(&row.instance).ok()));
    }
    let mut seen = BTreeSet::from([document]);
    for (at, file) in files.iter().enumerate() {
        let Ok(header) = read_header(file) else { continue };
        let header = header.value;
        if !is_report(header.sop_class.as_str()) || !seen.insert(header.instance.clone()) {
            continue;
        }
        let name = if at < named { one_line(&file.path) } else { header.instance.to_string() };
        match read_annotations(file) {
            Ok(read) if read.value.case.is_none() => {
                tell_one(case, &header.study, &read.value, &name, workspace, out);
            }
            Ok(_another_case) => {}
            Err(error) => out.note(format!("a report was not compared with the case: {error}: {name}")),
        }
    }
}

fn is_report(class: &str) -> bool {
    AnnotationKind::of(class) == Some(AnnotationKind::Report)
}

fn tell_one(
    case: &Case,
    study: &StudyInstanceUid,
    report: &Annotations,
    name: &str,
    workspace: &Workspace,
    out: &Out,
) {
    let schema = Some(workspace.schema()).filter(|schema| schema.reference() == case.schema);
    let found = compare_report(case, schema, study, report);
    let is_of_case = report.is_own || found.equal + found.moved.len() + found.renamed.len() > 0;
    if found.is_empty() || !(is_of_case || found.added > 0) {
        return;
    }
    let regions = |ids: &[RegionId]| {
        let numbers = ids.iter().take(MOST_NAMED).filter_map(|id| case.region_number(*id));
        let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
        let more = ids.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("region{} {}{more}", if ids.len() == 1 { "" } else { "s" }, numbers.join(", "))
    };
    let mut told = Vec::new();
    if !found.moved.is_empty() {
        told.push(format!("another outline of {}", regions(&found.moved)));
    }
    if !found.renamed.is_empty() {
        told.push(format!("another finding for {}", regions(&found.renamed)));
    }
    if is_of_case && !found.missing.is_empty() {
        told.push(format!("nothing of {}", regions(&found.missing)));
    }
    match found.added {
        0 => {}
        1 => told.push("1 place that is no region of the case".to_owned()),
        more => told.push(format!("{more} places that are no regions of the case")),
    }
    out.note(format!("a report says otherwise than the case document, which counts: {name}"));
    told.iter().for_each(|line| out.note(format!("  it has {line}")));
    if !found.moved.is_empty() || found.added > 0 {
        let case = case.number.map_or_else(|| case.id.to_string(), |number| number.to_string());
        let own = if report.is_own { " --own" } else { "" };
        out.note(format!(
            "  to take what it marks beside what is there: calx region import {case} {name}{own}"
        ));
    }
}

//! Lists of what is inside cases: images, findings, statements, evidence, regions, tracks, references.
//!
//! Not here: lists that the catalogue gives (`ls`).

use calx_model::{Case, Document, Target};
use calx_workspace::Workspace;
use serde_json::{Value, json};

use super::{LsArgs, What};
use crate::commands::{show, statement, words};
use crate::failure::Failure;
use crate::out::Table;
use crate::session::{self, workspace_failure};

/// One list, of one case or of all.
pub(super) fn of_cases(workspace: &Workspace, args: &LsArgs) -> Result<Table, Failure> {
    let documents: Vec<Document> = match &args.case {
        Some(case) => vec![session::read(workspace, case)?],
        None => workspace
            .case_ids()
            .map_err(workspace_failure)?
            .into_iter()
            .map(|id| workspace.read_case(id).map_err(workspace_failure))
            .collect::<Result<_, _>>()?,
    };
    let (schema, columns, rows): (&'static str, &[&'static str], fn(&Case, &mut Table)) = match args.what {
        What::Images => (
            "calx.images/1",
            &[
                "case", "number", "id", "study", "source", "columns", "rows", "frames", "side", "view",
                "spacing", "regions", "read",
            ],
            images,
        ),
        What::Findings => ("calx.findings/1", &["case", "number", "id", "about", "statements"], findings),
        What::Statements => {
            ("calx.statements/1", &["case", "number", "id", "presence", "evidence", "text"], statements)
        }
        What::Evidence => ("calx.evidence/1", &["case", "number", "id", "statement", "target"], evidence),
        What::Regions => (
            "calx.regions/1",
            &["case", "number", "id", "image", "shape", "label", "side", "statements", "attributes"],
            regions,
        ),
        What::Tracks => {
            ("calx.tracks/1", &["case", "number", "id", "name", "regions", "tracking_uid"], tracks)
        }
        _ => ("calx.references/1", &["case", "number", "id", "shown", "text", "doi"], references),
    };
    let mut table = Table::new(schema, columns);
    for document in &documents {
        rows(document.case(), &mut table);
    }
    Ok(table)
}

fn case_name(case: &Case) -> Value {
    case.number.map_or_else(|| json!(case.id), |n| json!(n))
}

fn image_number(case: &Case, id: calx_model::ImageId) -> Option<usize> {
    case.images().position(|(_, i)| i.id == id).map(|at| at + 1)
}

fn images(case: &Case, table: &mut Table) {
    for (at, (study, image)) in case.images().enumerate() {
        let read = case.reads.iter().find(|r| r.image == image.id);
        let spacing = image.effective_spacing().map(|s| s.basis.label());
        table.push(vec![
            case_name(case),
            json!(at + 1),
            json!(image.id),
            json!(study.title),
            json!(image.source),
            json!(image.columns),
            json!(image.rows),
            json!(image.frames),
            json!(image.side().map(calx_model::Side::word)),
            json!(image.view_position),
            json!(spacing),
            json!(case.regions.iter().filter(|r| r.image == image.id).count()),
            json!(read.map(|r| &r.state)),
        ]);
    }
}

pub(crate) fn about(case: &Case, scope: calx_model::Scope) -> String {
    use calx_model::Scope;
    match scope {
        Scope::Case => "case".to_owned(),
        Scope::Study { study } => {
            let at = case.studies.iter().position(|s| s.id == study).map_or(0, |at| at + 1);
            format!("study {at}")
        }
        Scope::Image { image } => format!("image {}", image_number(case, image).unwrap_or(0)),
    }
}

fn findings(case: &Case, table: &mut Table) {
    for (at, finding) in case.findings.iter().enumerate() {
        table.push(vec![
            case_name(case),
            json!(at + 1),
            json!(finding.id),
            json!(about(case, finding.scope)),
            json!(finding.statements.len()),
        ]);
    }
}

fn statements(case: &Case, table: &mut Table) {
    for (_, statement) in case.statements() {
        let (f, s) = case.statement_number(statement.id).unwrap_or_default();
        let targets: Vec<String> = statement.evidence.iter().map(|e| target(case, &e.target)).collect();
        table.push(vec![
            case_name(case),
            json!(format!("{f}.{s}")),
            json!(statement.id),
            json!(words::presence(statement.presence)),
            json!(targets),
            json!(show::readable_plain(&statement.text, case)),
        ]);
    }
}

pub(crate) fn target(case: &Case, target: &Target) -> String {
    match target {
        Target::Region { region } => format!("region {}", case.region_number(*region).unwrap_or(0)),
        Target::Image { image, frames } if frames.is_empty() => {
            format!("image {}", image_number(case, *image).unwrap_or(0))
        }
        Target::Image { image, frames } => {
            let list: Vec<String> = frames.iter().map(ToString::to_string).collect();
            format!("image {} frames {}", image_number(case, *image).unwrap_or(0), list.join(" "))
        }
        Target::Study { study } => about(case, calx_model::Scope::Study { study: *study }),
    }
}

fn evidence(case: &Case, table: &mut Table) {
    for (statement, evidence) in case.all_evidence() {
        let (f, s) = case.statement_number(statement.id).unwrap_or_default();
        let at = statement.evidence.iter().position(|e| e.id == evidence.id).map_or(0, |at| at + 1);
        table.push(vec![
            case_name(case),
            json!(format!("{f}.{s}.{at}")),
            json!(evidence.id),
            json!(format!("{f}.{s}")),
            json!(target(case, &evidence.target)),
        ]);
    }
}

fn regions(case: &Case, table: &mut Table) {
    for (at, region) in case.regions.iter().enumerate() {
        let statements: Vec<String> =
            case.statements_on(region.id).filter_map(|s| statement::number(case, s.id)).collect();
        let attributes: Vec<String> = region.attributes.iter().map(|(n, v)| format!("{n}={v}")).collect();
        table.push(vec![
            case_name(case),
            json!(at + 1),
            json!(region.id),
            json!(image_number(case, region.image)),
            json!(region.shape.kind().word()),
            json!(region.label),
            json!(region.side.map(calx_model::Side::word)),
            json!(statements),
            json!(attributes),
        ]);
    }
}

fn tracks(case: &Case, table: &mut Table) {
    for (at, track) in case.tracks.iter().enumerate() {
        let regions = case.regions.iter().filter(|r| r.track == Some(track.id)).count();
        table.push(vec![
            case_name(case),
            json!(at + 1),
            json!(track.id),
            json!(track.name),
            json!(regions),
            json!(track.tracking_uid),
        ]);
    }
}

fn references(case: &Case, table: &mut Table) {
    let shown = case.reference_numbers();
    for (at, reference) in case.references.iter().enumerate() {
        table.push(vec![
            case_name(case),
            json!(at + 1),
            json!(reference.id),
            json!(shown.get(&reference.id)),
            json!(reference.text),
            json!(reference.doi),
        ]);
    }
}

//! `calx ls`: lists with filters, order and columns.

use std::cmp::Ordering;

use calx_model::{Case, Document, PatientText, Target};
use calx_workspace::Workspace;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::words;
use crate::args::Global;
use crate::failure::{Exit, Failure, Outcome};
use crate::out::{Out, Table};
use crate::session::{self, workspace_failure};

/// List what there is.
///
/// calx ls studies --where modalities=DX --sort date
/// calx ls statements --case 52 --json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct LsArgs {
    /// What to list
    #[arg(value_enum)]
    what: What,
    /// Only rows for which this holds: COLUMN=VALUE, !=, <, >, or ~ for a part; may be repeated
    #[arg(long = "where", value_name = "EXPR")]
    conditions: Vec<String>,
    /// Order by this column; -COLUMN for the other way round
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    sort: Option<String>,
    /// At most so many rows
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only these columns
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    columns: Vec<String>,
    /// instances: a line `UID SHA256` each, no header
    #[arg(long)]
    hash: bool,
    /// findings, statements, regions, images, references: of this case only
    #[arg(long)]
    case: Option<String>,
    /// series, instances: of this study only
    #[arg(long)]
    study: Option<String>,
    /// issues: of this run only
    #[arg(long)]
    run: Option<String>,
    /// Show names and numbers of patients
    #[arg(long)]
    identity: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Studies,
    Series,
    Instances,
    Images,
    Cases,
    Findings,
    Statements,
    Evidence,
    Regions,
    References,
    Tracks,
    Playlists,
    Runs,
    Issues,
}

pub(crate) fn run(args: &LsArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    if args.hash {
        if args.what != What::Instances {
            return Err(Failure::say(Exit::Usage, "--hash goes with: calx ls instances"));
        }
        let mut left_out = Vec::new();
        let list = workspace.hash_list_telling(&mut |why| left_out.push(why)).map_err(workspace_failure)?;
        for (uid, sha256) in list {
            out.line(format!("{uid} {sha256}"))?;
        }
        for why in &left_out {
            out.trouble(why);
        }
        return Ok(if left_out.is_empty() { Exit::Done } else { Exit::SomeFailed });
    }
    let mut table = match args.what {
        What::Studies => studies(&workspace, args)?,
        What::Series => series(&workspace, args)?,
        What::Instances => instances(&workspace, args)?,
        What::Cases => cases(&workspace)?,
        What::Playlists => playlists(&workspace)?,
        What::Runs => runs(&workspace)?,
        What::Issues => issues(&workspace, args)?,
        _ => of_cases(&workspace, args)?,
    };
    for condition in &args.conditions {
        filter(&mut table, condition)?;
    }
    if let Some(sort) = &args.sort {
        order(&mut table, sort)?;
    }
    if let Some(limit) = args.limit {
        table.rows.truncate(limit);
    }
    if !args.columns.is_empty() {
        select(&mut table, &args.columns)?;
    }
    out.table(&table)?;
    Ok(Exit::Done)
}

/// A patient's name or number: shown only when asked for.
fn identity(text: &PatientText, args: &LsArgs) -> Value {
    if args.identity { json!(text.raw()) } else { json!(text.masked()) }
}

/// Other text of a file. What reaches a terminal is escaped when it is printed.
fn plain(text: &PatientText) -> Value {
    if text.is_blank() { Value::Null } else { json!(text.raw()) }
}

fn studies(workspace: &Workspace, args: &LsArgs) -> Result<Table, Failure> {
    let mut table = Table::new(
        "calx.studies/1",
        &[
            "study",
            "patient_name",
            "patient_id",
            "date",
            "modalities",
            "description",
            "series",
            "instances",
            "images",
            "damaged",
        ],
    );
    for row in workspace.studies().map_err(workspace_failure)? {
        let modalities: Vec<&str> = row.modalities.iter().map(PatientText::raw).collect();
        table.push(vec![
            json!(row.study),
            identity(&row.patient.name, args),
            identity(&row.patient.patient_id, args),
            json!(row.date),
            json!(modalities),
            plain(&row.description),
            json!(row.series),
            json!(row.instances),
            json!(row.images),
            json!(row.damaged),
        ]);
    }
    Ok(table)
}

fn study_filter(
    workspace: &Workspace,
    args: &LsArgs,
) -> Result<Option<calx_model::StudyInstanceUid>, Failure> {
    args.study.as_deref().map(|s| workspace.find_study(s).map_err(workspace_failure)).transpose()
}

fn series(workspace: &Workspace, args: &LsArgs) -> Result<Table, Failure> {
    let study = study_filter(workspace, args)?;
    let mut table = Table::new(
        "calx.series/1",
        &["series", "study", "modality", "number", "description", "body_part", "instances"],
    );
    for row in workspace.series(study.as_ref()).map_err(workspace_failure)? {
        table.push(vec![
            json!(row.series),
            json!(row.study),
            plain(&row.modality),
            json!(row.number),
            plain(&row.description),
            plain(&row.body_part),
            json!(row.instances),
        ]);
    }
    Ok(table)
}

fn instances(workspace: &Workspace, args: &LsArgs) -> Result<Table, Failure> {
    let study = study_filter(workspace, args)?;
    let mut table = Table::new(
        "calx.instances/1",
        &[
            "instance", "study", "modality", "number", "columns", "rows", "frames", "side", "view", "pixels",
            "damaged", "managed", "size", "sha256",
        ],
    );
    for row in workspace.instances(study.as_ref()).map_err(workspace_failure)? {
        table.push(vec![
            json!(row.instance),
            json!(row.study),
            plain(&row.modality),
            json!(row.number),
            json!(row.columns),
            json!(row.rows),
            json!(row.frames),
            json!(row.side.map(|s| s.word())),
            plain(&row.view_position),
            json!(row.has_pixels),
            json!(row.damaged),
            json!(row.managed),
            json!(row.size),
            json!(row.sha256),
        ]);
    }
    Ok(table)
}

fn cases(workspace: &Workspace) -> Result<Table, Failure> {
    let mut table = Table::new(
        "calx.cases/1",
        &[
            "number",
            "id",
            "title",
            "status",
            "studies",
            "images",
            "findings",
            "statements",
            "regions",
            "quiz",
            "created",
            "edited",
            "revision",
        ],
    );
    for row in workspace.case_list().map_err(workspace_failure)? {
        table.push(vec![
            json!(row.number),
            json!(row.id),
            json!(row.title),
            json!(row.status.word()),
            json!(row.studies),
            json!(row.images),
            json!(row.findings),
            json!(row.statements),
            json!(row.regions),
            json!(row.quiz),
            json!(row.created),
            json!(row.edited),
            json!(row.revision),
        ]);
    }
    Ok(table)
}

fn playlists(workspace: &Workspace) -> Result<Table, Failure> {
    let mut table = Table::new("calx.playlists/1", &["number", "id", "title", "cases", "order"]);
    for (at, row) in workspace.playlists().map_err(workspace_failure)?.into_iter().enumerate() {
        let p = row.playlist;
        table.push(vec![json!(at + 1), json!(p.id), json!(p.title), json!(p.cases.len()), json!(p.order)]);
    }
    Ok(table)
}

fn runs(workspace: &Workspace) -> Result<Table, Failure> {
    let mut table = Table::new(
        "calx.runs/1",
        &[
            "run",
            "started",
            "finished",
            "imported",
            "damaged",
            "duplicate",
            "conflict",
            "not_dicom",
            "failed",
            "interrupted",
        ],
    );
    for row in workspace.runs().map_err(workspace_failure)? {
        let c = row.counts;
        table.push(vec![
            json!(row.run),
            json!(row.started),
            json!(row.finished),
            json!(c.imported),
            json!(c.damaged),
            json!(c.duplicate),
            json!(c.conflict),
            json!(c.not_dicom),
            json!(c.failed),
            json!(row.interrupted),
        ]);
    }
    Ok(table)
}

fn issues(workspace: &Workspace, args: &LsArgs) -> Result<Table, Failure> {
    let mut table =
        Table::new("calx.issues/1", &["run", "number", "status", "reason", "text", "uid", "path"]);
    for row in workspace.issues(args.run.as_deref()).map_err(workspace_failure)? {
        let o = row.outcome;
        table.push(vec![
            json!(row.run),
            json!(row.number),
            json!(o.status.word()),
            json!(o.reason),
            json!(o.text),
            json!(o.uid),
            json!(o.path.to_string_lossy()),
        ]);
    }
    Ok(table)
}

/// Lists of what is inside cases: of one, or of all.
fn of_cases(workspace: &Workspace, args: &LsArgs) -> Result<Table, Failure> {
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
            json!(super::show::readable_plain(&statement.text, case)),
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
            case.statements_on(region.id).filter_map(|s| super::statement::number(case, s.id)).collect();
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

fn column(table: &Table, name: &str) -> Result<usize, Failure> {
    table.columns.iter().position(|c| *c == name).ok_or_else(|| {
        Failure::say(Exit::Usage, format!("there is no column {name}"))
            .hint(format!("columns are: {}", table.columns.join(", ")))
    })
}

/// Numbers by size, all else by text; nothing comes first.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        _ => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => text(a).cmp(&text(b)),
        },
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn filter(table: &mut Table, condition: &str) -> Result<(), Failure> {
    let split = ["!=", "=", "~", "<", ">"]
        .iter()
        .filter_map(|op| condition.find(op).map(|at| (at, *op)))
        .min_by_key(|(at, op)| (*at, std::cmp::Reverse(op.len())));
    let Some((at, operator)) = split else {
        return Err(Failure::say(Exit::Usage, format!("{condition:?} is no condition"))
            .hint("as modalities=DX, title~hand, images>1"));
    };
    let (name, rest) = condition.split_at(at);
    let wanted = rest.strip_prefix(operator).unwrap_or(rest).trim();
    let at = column(table, name.trim())?;
    let as_value = wanted.parse::<f64>().map_or_else(|_| json!(wanted), |n| json!(n));
    table.rows.retain(|row| {
        let value = row.get(at).unwrap_or(&Value::Null);
        let same = match value {
            Value::Number(_) => compare(value, &as_value) == Ordering::Equal,
            Value::Array(items) => items.iter().any(|i| text(i) == wanted),
            _ => text(value) == wanted,
        };
        let against = if value.is_number() { &as_value } else { &json!(wanted) };
        match operator {
            "=" => same,
            "!=" => !same,
            "~" => text(value).to_lowercase().contains(&wanted.to_lowercase()),
            "<" => compare(value, against) == Ordering::Less,
            _ => compare(value, against) == Ordering::Greater,
        }
    });
    Ok(())
}

fn order(table: &mut Table, sort: &str) -> Result<(), Failure> {
    let (name, reverse) = sort.strip_prefix('-').map_or((sort, false), |n| (n, true));
    let at = column(table, name)?;
    table.rows.sort_by(|a, b| {
        let ordering = compare(a.get(at).unwrap_or(&Value::Null), b.get(at).unwrap_or(&Value::Null));
        if reverse { ordering.reverse() } else { ordering }
    });
    Ok(())
}

fn select(table: &mut Table, names: &[String]) -> Result<(), Failure> {
    let places = names.iter().map(|n| column(table, n.trim())).collect::<Result<Vec<_>, _>>()?;
    table.columns = places.iter().filter_map(|at| table.columns.get(*at).copied()).collect();
    for row in &mut table.rows {
        *row = places.iter().map(|at| row.get(*at).cloned().unwrap_or(Value::Null)).collect();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new("calx.test/1", &["n", "modalities"]);
        for (n, m) in [(json!(10), json!(["DX"])), (json!(9), json!(["US", "SR"])), (Value::Null, json!([]))]
        {
            table.push(vec![n, m]);
        }
        table
    }

    #[test]
    fn conditions_compare_numbers_as_numbers() {
        let mut t = table();
        filter(&mut t, "n>9").unwrap();
        assert_eq!(t.rows.len(), 1);
        let mut t = table();
        filter(&mut t, "modalities=SR").unwrap();
        assert_eq!(t.rows.first().unwrap().first().unwrap(), &json!(9));
        assert!(filter(&mut t, "nonsense").is_err() && filter(&mut t, "absent=1").is_err());
    }

    #[test]
    fn order_puts_nothing_first_and_turns_round() {
        let mut t = table();
        order(&mut t, "-n").unwrap();
        let n: Vec<&Value> = t.rows.iter().filter_map(|r| r.first()).collect();
        assert_eq!(n, [&json!(10), &json!(9), &Value::Null]);
    }
}

//! `calx ls`: lists with filters, order and columns.

use calx_model::{Case, Document, PatientText, Target};
use calx_workspace::{
    Direction, InstanceRow, Page, PageKey, SeriesRow, StudyOrder, StudyRow, Workspace, WorkspaceError,
};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::list::{List, Wanted};
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
        let (mut left_out, mut written) = (Vec::new(), Ok(()));
        let visited = workspace.visit_hashes(&mut |uid, sha256| match sha256 {
            Ok(sha256) if written.is_ok() => written = out.line(format!("{uid} {sha256}")),
            Ok(_) => {}
            Err(why) => left_out.push(why),
        });
        visited.map_err(workspace_failure)?;
        written?;
        for why in &left_out {
            out.trouble(why);
        }
        return Ok(if left_out.is_empty() { Exit::Done } else { Exit::SomeFailed });
    }
    match args.what {
        What::Studies => return studies(&workspace, args, out),
        What::Series => return series(&workspace, args, out),
        What::Instances => return instances(&workspace, args, out),
        _ => {}
    }
    let table = match args.what {
        What::Cases => cases(&workspace)?,
        What::Playlists => playlists(&workspace)?,
        What::Runs => runs(&workspace)?,
        What::Issues => issues(&workspace, args)?,
        _ => of_cases(&workspace, args)?,
    };
    let mut list = args.list(table.schema, &table.columns, true)?;
    for row in table.rows {
        if list.row(row, out)?.is_break() {
            break;
        }
    }
    list.end(out)?;
    Ok(Exit::Done)
}

impl LsArgs {
    fn list(
        &self,
        schema: &'static str,
        columns: &[&'static str],
        sorts_itself: bool,
    ) -> Result<List, Failure> {
        let sort = self.sort.as_deref().filter(|_| sorts_itself);
        List::new(
            schema,
            columns,
            &Wanted { conditions: &self.conditions, sort, limit: self.limit, columns: &self.columns },
        )
    }
}

/// Prints pages as they come, until there is no more or no more is wanted.
fn print_pages<T>(
    mut list: List,
    out: &Out,
    page: impl Fn(Option<&PageKey>) -> Result<Page<T>, WorkspaceError>,
    cells: impl Fn(T) -> Vec<Value>,
) -> Outcome {
    let mut after = None;
    loop {
        let Page { rows, next } = page(after.as_ref()).map_err(workspace_failure)?;
        for row in rows {
            if list.row(cells(row), out)?.is_break() {
                list.end(out)?;
                return Ok(Exit::Done);
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    list.end(out)?;
    Ok(Exit::Done)
}

/// A patient's name or number: shown only when asked for.
pub(crate) fn identity(text: &PatientText, asked: bool) -> Value {
    if asked { json!(text.raw()) } else { json!(text.masked()) }
}

/// Other text of a file. What reaches a terminal is escaped when it is printed.
pub(crate) fn plain(text: &PatientText) -> Value {
    if text.is_blank() { Value::Null } else { json!(text.raw()) }
}

const STUDY_COLUMNS: &[&str] = &[
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
];

/// The order that the catalogue gives; `None`: the rows are sorted here. Masked names have no order to tell.
fn study_order(args: &LsArgs) -> Option<(StudyOrder, Direction)> {
    let Some(sort) = &args.sort else { return Some((StudyOrder::Date, Direction::Down)) };
    let (name, direction) = match sort.strip_prefix('-') {
        Some(name) => (name, Direction::Down),
        None => (sort.as_str(), Direction::Up),
    };
    let order = match name {
        "date" => StudyOrder::Date,
        "study" => StudyOrder::Uid,
        "description" => StudyOrder::Description,
        "patient_name" if args.identity => StudyOrder::PatientName,
        "patient_id" if args.identity => StudyOrder::PatientId,
        _ => return None,
    };
    Some((order, direction))
}

fn studies(workspace: &Workspace, args: &LsArgs, out: &Out) -> Outcome {
    let indexed = study_order(args);
    let list = args.list("calx.studies/1", STUDY_COLUMNS, indexed.is_none())?;
    let (order, direction) = indexed.unwrap_or_default();
    let size = list.page_size();
    let cells = |row: StudyRow| {
        let modalities: Vec<&str> = row.modalities.iter().map(PatientText::raw).collect();
        vec![
            json!(row.study),
            identity(&row.patient.name, args.identity),
            identity(&row.patient.patient_id, args.identity),
            json!(row.date),
            json!(modalities),
            plain(&row.description),
            json!(row.series),
            json!(row.instances),
            json!(row.images),
            json!(row.damaged),
        ]
    };
    print_pages(list, out, |after| workspace.study_page(order, direction, after, size), cells)
}

fn study_filter(
    workspace: &Workspace,
    args: &LsArgs,
) -> Result<Option<calx_model::StudyInstanceUid>, Failure> {
    args.study.as_deref().map(|s| workspace.find_study(s).map_err(workspace_failure)).transpose()
}

fn series(workspace: &Workspace, args: &LsArgs, out: &Out) -> Outcome {
    let study = study_filter(workspace, args)?;
    let columns = &["series", "study", "modality", "number", "description", "body_part", "instances"];
    let list = args.list("calx.series/1", columns, true)?;
    let size = list.page_size();
    let cells = |row: SeriesRow| {
        vec![
            json!(row.series),
            json!(row.study),
            plain(&row.modality),
            json!(row.number),
            plain(&row.description),
            plain(&row.body_part),
            json!(row.instances),
        ]
    };
    print_pages(list, out, |after| workspace.series_page(study.as_ref(), after, size), cells)
}

fn instances(workspace: &Workspace, args: &LsArgs, out: &Out) -> Outcome {
    let study = study_filter(workspace, args)?;
    let columns = &[
        "instance", "study", "modality", "number", "columns", "rows", "frames", "side", "view", "pixels",
        "damaged", "managed", "size", "sha256",
    ];
    let list = args.list("calx.instances/1", columns, true)?;
    let size = list.page_size();
    let cells = |row: InstanceRow| {
        vec![
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
        ]
    };
    print_pages(list, out, |after| workspace.instance_page(study.as_ref(), after, size), cells)
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

//! `calx ls`: lists with filters, order and columns.
//!
//! Not here: what is inside cases (`inside`), filters and order themselves (`list`).

mod inside;

use calx_model::PatientText;
use calx_workspace::{
    Direction, InstanceRow, Page, PageKey, SeriesRow, StudyOrder, StudyRow, Workspace, WorkspaceError,
};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::list::{List, Wanted};
use crate::args::Global;
use crate::failure::{Exit, Failure, Outcome};
use crate::out::{Out, Table};
use crate::session::{self, workspace_failure};

pub(crate) use self::inside::{about, target};

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
        _ => inside::of_cases(&workspace, args)?,
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

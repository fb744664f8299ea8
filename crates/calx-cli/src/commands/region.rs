//! `calx region add|import|set|rm|merge|subtract|measure`.

mod import;
mod plan;

use std::collections::BTreeMap;

use calx_export::WorkspacePixels;
use calx_export::workspace_pixels::CACHE_BYTES;
use calx_model::{Case, Edit, EvidenceId, Origin, Region, RegionField, RegionId, Schema, Shape, Side, Site};
use calx_workspace::Workspace;
use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::measured::describe;
use super::pixels::measure as measure_one;
use super::words::{self, SideWord};
use crate::args::Global;
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::{Out, Table};
use crate::session::{self, State, Writing};
use crate::{place, shapes, workers};

/// Marked regions.
#[derive(Debug, Subcommand)]
pub(crate) enum RegionCommand {
    /// Mark a region on an image
    ///
    /// calx region add 52 1 --label "calcified stretch" --shape '{"type":"path","points":[[812,1430],[820,1502]],"width":9}'
    /// calx region add 52 1 --label "bone loss" --shape @outline.json
    #[command(verbatim_doc_comment)]
    Add(AddArgs),
    /// Take what reports, segmentations and presentation states of other programs mark on images of a case
    ///
    /// calx region import 52 report.dcm masks.dcm
    /// calx region import 52 from-the-archive --label "calcified stretch" --dry-run
    ///
    /// Each marked place becomes a region on the image that the object names; one `calx case undo`
    /// takes all of them back. What is not taken is counted, with the reason. Exit 4 when there was
    /// nothing to take, 1 when a place on an image of the case could not be taken.
    #[command(verbatim_doc_comment)]
    Import(import::ImportArgs),
    /// Change a region
    Set(SetArgs),
    /// Remove a region with its links; the words of statements stay
    Rm { case: String, region: String },
    /// Join regions of one image into the first, which takes their links
    Merge {
        case: String,
        #[arg(required = true, num_args = 2..)]
        regions: Vec<String>,
    },
    /// Take regions out of the first
    Subtract {
        case: String,
        #[arg(required = true, num_args = 2..)]
        regions: Vec<String>,
    },
    /// Part an area of several parts into regions of one part each; links hold for all of them
    Split { case: String, region: String },
    /// Area, length, and statistics of the values under regions
    Measure {
        case: String,
        /// All of them when none is named
        regions: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct Content {
    /// Attribute of the label, as pattern=tram-track; may be repeated
    #[arg(long = "attribute", value_parser = words::pair, value_name = "NAME=VALUE")]
    attributes: Vec<(String, String)>,
    /// Where in the body, as JSON; may be repeated
    #[arg(long, value_parser = words::site, value_name = "JSON")]
    site: Vec<Site>,
    /// Side; needed on an image that shows both hands
    #[arg(long, value_enum)]
    side: Option<SideWord>,
    /// Frames, from 1
    #[arg(long, value_delimiter = ',')]
    frames: Vec<u32>,
    /// The lesion or vessel it belongs to
    #[arg(long)]
    track: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = shapes::help())]
pub(crate) struct AddArgs {
    /// Number or id of the case
    case: String,
    /// Number, id or SOP Instance UID of the image
    image: String,
    /// Shape in image pixels, as JSON, @FILE or - for stdin
    #[arg(long, allow_hyphen_values = true)]
    shape: String,
    /// Label of the schema; the one last used when left away
    #[arg(long)]
    label: Option<String>,
    #[command(flatten)]
    content: Content,
    /// Id to give it; the same id with equal content changes nothing
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Number or id of the case
    case: String,
    /// Number or id of the region
    region: String,
    /// New shape
    #[arg(long, allow_hyphen_values = true)]
    shape: Option<String>,
    /// New label
    #[arg(long)]
    label: Option<String>,
    #[command(flatten)]
    content: Content,
}

pub(crate) fn run(command: &RegionCommand, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let schema = workspace.schema();
    match command {
        RegionCommand::Add(args) => {
            let writing = Writing::open(&workspace, &args.case, "region add", global, out)?;
            add(args, schema, writing)
        }
        RegionCommand::Import(args) => import::run(args, &workspace, global, out),
        RegionCommand::Set(args) => {
            let writing = Writing::open(&workspace, &args.case, "region set", global, out)?;
            set(args, schema, writing)
        }
        RegionCommand::Rm { case, region } => {
            let mut writing = Writing::open(&workspace, case, "region rm", global, out)?;
            let id = place::region(writing.case(), region)?.id;
            let edit = writing.case().delete_region(id).map_err(session::refused)?;
            let number = writing.case().region_number(id).unwrap_or_default();
            let last = number == writing.case().regions.len();
            writing.commit(edit)?;
            if !last {
                out.note(format!("regions after {number} moved up by one; their ids stay"));
            }
            writing.say("region", None, id.0, State::Removed)
        }
        RegionCommand::Merge { case, regions } => {
            let mut writing = Writing::open(&workspace, case, "region merge", global, out)?;
            let ids = all(writing.case(), regions)?;
            let edit = writing.case().merge_regions(&ids).map_err(session::refused)?;
            writing.commit(edit)?;
            first(&ids, &writing)
        }
        RegionCommand::Split { case, region } => {
            let mut writing = Writing::open(&workspace, case, "region split", global, out)?;
            let found = place::region(writing.case(), region)?;
            let (id, parts) = (found.id, parts(&found.shape));
            let links = writing.case().statements_on(id).count();
            let ids: Vec<RegionId> = (1..parts).map(|_| RegionId(Uuid::new_v4())).collect();
            let evidence: Vec<EvidenceId> =
                (0..ids.len() * links).map(|_| EvidenceId(Uuid::new_v4())).collect();
            let edit = writing.case().split_region(id, &ids, &evidence).map_err(session::refused)?;
            writing.commit(edit)?;
            for new in ids {
                writing.say("region", number(writing.case(), new), new.0, State::Made)?;
            }
            writing.say("region", number(writing.case(), id), id.0, State::Changed)
        }
        RegionCommand::Subtract { case, regions } => {
            let mut writing = Writing::open(&workspace, case, "region subtract", global, out)?;
            let ids = all(writing.case(), regions)?;
            let edit = writing.case().subtract_regions(&ids).map_err(session::refused)?;
            writing.commit(edit)?;
            first(&ids, &writing)
        }
        RegionCommand::Measure { case, regions } => measure(&workspace, case, regions, global, out),
    }
}

fn all(case: &Case, typed: &[String]) -> Result<Vec<RegionId>, Failure> {
    typed.iter().map(|t| place::region(case, t).map(|r| r.id)).collect()
}

fn first(ids: &[RegionId], writing: &Writing<'_>) -> Outcome {
    let id = ids.first().copied().ok_or_else(|| Failure::say(Exit::Usage, "name at least two regions"))?;
    writing.say("region", number(writing.case(), id), id.0, State::Changed)
}

fn parts(shape: &Shape) -> usize {
    match shape {
        Shape::Area(area) => area.parts().len(),
        _ => 1,
    }
}

fn number(case: &Case, id: RegionId) -> Option<String> {
    case.region_number(id).map(|n| n.to_string())
}

fn add(args: &AddArgs, schema: &Schema, mut writing: Writing<'_>) -> Outcome {
    let case = writing.case();
    let image = place::image(case, &args.image)?;
    let label = args
        .label
        .clone()
        .or_else(|| case.regions.last().map(|r| r.label.clone()))
        .or_else(|| schema.labels.first().map(|l| l.name.clone()))
        .unwrap_or_default();
    let track = args.content.track.as_deref().map(|t| place::track(case, t)).transpose()?;
    // An image of one side lends its side; on one that shows both the person must say.
    let image_side = image.side().filter(|s| matches!(s, Side::Right | Side::Left));
    let id = RegionId(session::id_or_new(args.id));
    let region = Region {
        id,
        image: image.id,
        frames: args.content.frames.clone(),
        shape: shapes::read(&args.shape)?,
        label,
        attributes: args.content.attributes.iter().cloned().collect(),
        sites: args.content.site.clone(),
        side: args.content.side.map(Into::into).or(image_side),
        track,
        reading: place::current_reading(case)?.id,
        origin: Origin::Drawn { tool: "calx region add".to_owned() },
    };
    schema.check(&region).or_exit(Exit::SomeFailed)?;
    if let Some(found) = case.region(id) {
        let same = Region { reading: region.reading, ..found.clone() };
        if same != region {
            return Err(session::taken("region", id.0));
        }
        return writing.say("region", number(case, id), id.0, State::Unchanged);
    }
    let index = u32::try_from(case.regions.len()).unwrap_or(u32::MAX);
    writing.commit(Edit::AddRegion { index, region: Box::new(region) })?;
    writing.say("region", number(writing.case(), id), id.0, State::Made)
}

fn set(args: &SetArgs, schema: &Schema, mut writing: Writing<'_>) -> Outcome {
    let case = writing.case();
    let old = place::region(case, &args.region)?;
    let id = old.id;
    let mut new = old.clone();
    let mut fields = Vec::new();
    if let Some(shape) = &args.shape {
        new.shape = shapes::read(shape)?;
        fields.push(RegionField::Shape(new.shape.clone()));
    }
    if let Some(label) = &args.label {
        new.label.clone_from(label);
        fields.push(RegionField::Label(label.clone()));
    }
    if !args.content.attributes.is_empty() {
        let given: BTreeMap<String, String> = args.content.attributes.iter().cloned().collect();
        new.attributes.extend(given);
        fields.push(RegionField::Attributes(new.attributes.clone()));
    }
    if !args.content.site.is_empty() {
        fields.push(RegionField::Sites(args.content.site.clone()));
    }
    fields.extend(args.content.side.map(|s| RegionField::Side(Some(s.into()))));
    if !args.content.frames.is_empty() {
        fields.push(RegionField::Frames(args.content.frames.clone()));
    }
    if let Some(track) = &args.content.track {
        fields.push(RegionField::Track(Some(place::track(case, track)?)));
    }
    if fields.is_empty() {
        return Err(
            Failure::say(Exit::Usage, "nothing to change was named").hint("as --label, --shape, --side")
        );
    }
    schema.check(&new).or_exit(Exit::SomeFailed)?;
    let edits = fields.into_iter().map(|field| Edit::SetRegion { region: id, field }).collect();
    writing.commit(Edit::Batch { edits })?;
    writing.say("region", number(writing.case(), id), id.0, State::Changed)
}

fn measure(workspace: &Workspace, typed: &str, regions: &[String], global: &Global, out: &Out) -> Outcome {
    let document = session::read(workspace, typed)?;
    let case = document.case();
    let ids =
        if regions.is_empty() { case.regions.iter().map(|r| r.id).collect() } else { all(case, regions)? };
    let mut pixels = WorkspacePixels::new(workspace, workers::frames(global, CACHE_BYTES));
    let mut table =
        Table::new("calx.measurements/1", &["region", "id", "label", "quantity", "value", "measurement"]);
    let mut failed = false;
    for id in ids {
        let Some(region) = case.region(id) else { continue };
        let Some(image) = case.image(region.image) else { continue };
        let number = case.region_number(id);
        match measure_one(&mut pixels, region, image) {
            Ok(measurements) => {
                for measurement in measurements {
                    let (quantity, words) = describe(&measurement);
                    let value = serde_json::to_value(&measurement).or_exit(Exit::Bug)?;
                    let full = if out.format() == crate::args::Format::Table { json!(null) } else { value };
                    table.push(vec![
                        json!(number),
                        json!(id),
                        json!(region.label),
                        json!(quantity),
                        json!(words),
                        full,
                    ]);
                }
            }
            Err(failure) => {
                failed = true;
                out.failure(&failure);
            }
        }
    }
    for notice in pixels.notices() {
        out.note(format!("! {notice}"));
    }
    if out.format() == crate::args::Format::Table {
        table.columns.pop();
        for row in &mut table.rows {
            row.pop();
        }
    }
    out.table(&table)?;
    Ok(if failed { Exit::SomeFailed } else { Exit::Done })
}

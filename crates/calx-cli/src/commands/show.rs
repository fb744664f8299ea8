//! `calx show`: one thing, whole.

use std::path::Path;

use calx_dicom::derived::{ForeignReport, read_report};
use calx_dicom::{Identity, InstanceHeader, Locator, Notice, Read, dump_tags, read_header, read_image_info};
use calx_model::{Case, PatientText, VoiSource};
use calx_workspace::Found;
use clap::Args;
use serde_json::{Value, json};

use super::{ls, words};
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::{Out, Table};
use crate::session::{self, workspace_failure};

/// Show one thing: a case, a study, an instance, a playlist, or a DICOM file.
///
/// calx show 52
/// calx show hand.dcm --tags
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ShowArgs {
    /// Case number or id, UID, or the path of a DICOM file
    what: String,
    /// List the data elements
    #[arg(long)]
    tags: bool,
    /// Show names and numbers of patients
    #[arg(long)]
    identity: bool,
    /// Frame whose display attributes are shown, from 1
    #[arg(long, default_value_t = 1)]
    frame: u32,
}

pub(crate) fn run(args: &ShowArgs, global: &Global, out: &Out) -> Outcome {
    let path = Path::new(&args.what);
    crate::failure::refuse_no_file(path)?;
    if path.is_file() {
        return file(&Locator::from(path.to_path_buf()), args, out).map_err(|failure| Failure {
            error: failure.error.context(format!("not shown: {}", args.what)),
            ..failure
        });
    }
    let workspace = session::workspace(global).map_err(|f| match f.exit {
        Exit::NotFound => Failure::say(
            Exit::NotFound,
            format!("there is no file {}, and no workspace to look in", args.what),
        )
        .hint("name a DICOM file, or a workspace with -w DIR"),
        _ => f,
    })?;
    match workspace.lookup(&args.what).map_err(workspace_failure)? {
        Found::Case(id) => {
            let document = workspace.read_case(id).map_err(workspace_failure)?;
            case(document.case(), &workspace, out)
        }
        Found::Instance(uid) => file(&workspace.locate(&uid).map_err(workspace_failure)?, args, out),
        Found::Study(uid) => {
            let row = workspace.study(&uid).map_err(workspace_failure)?;
            let shown =
                |t: &PatientText| if args.identity { t.raw().to_owned() } else { t.masked().to_owned() };
            out.json(&json!({
                "schema": "calx.study/1", "study": row.study, "patient_name": shown(&row.patient.name),
                "patient_id": shown(&row.patient.patient_id), "date": row.date, "description": shown(&row.description),
                "modalities": row.modalities.iter().map(PatientText::raw).collect::<Vec<_>>(),
                "series": row.series, "instances": row.instances, "images": row.images, "damaged": row.damaged,
            }))?;
            Ok(Exit::Done)
        }
        Found::Series(uid) => {
            let rows = workspace.instances_of_series(&uid).map_err(workspace_failure)?;
            let list: Vec<Value> = rows.iter().map(|r| json!(r.instance)).collect();
            out.json(&json!({"schema": "calx.series_of/1", "series": uid, "instances": list}))?;
            Ok(Exit::Done)
        }
        Found::Playlist(id) => {
            let row =
                workspace.playlists().map_err(workspace_failure)?.into_iter().find(|r| r.playlist.id == id);
            let row = row.ok_or_else(|| Failure::say(Exit::NotFound, "the playlist is gone"))?;
            out.json(
                &json!({"schema": "calx.playlist/1", "playlist": row.playlist, "revision": row.revision}),
            )?;
            Ok(Exit::Done)
        }
        Found::Run(run) => {
            let row = workspace.runs().map_err(workspace_failure)?.into_iter().find(|r| r.run == run);
            let c = row.ok_or_else(|| Failure::say(Exit::NotFound, "the run is gone"))?.counts;
            if out.format() != Format::Table {
                out.json(&json!({
                    "schema": "calx.run/1", "run": run, "imported": c.imported, "damaged": c.damaged,
                    "duplicate": c.duplicate, "conflict": c.conflict, "not_dicom": c.not_dicom, "failed": c.failed,
                }))?;
                return Ok(Exit::Done);
            }
            out.line(format!(
                "run {run}: imported {}, damaged {}, duplicate {}, conflict {}, not DICOM {}, failed {}",
                c.imported, c.damaged, c.duplicate, c.conflict, c.not_dicom, c.failed
            ))?;
            out.note(format!("what went wrong: calx ls issues --run {run}"));
            Ok(Exit::Done)
        }
    }
}

/// What all classes of structured reports begin with.
const REPORTS: &str = "1.2.840.10008.5.1.4.1.1.88.";

/// The text of a report, or the reason why it cannot be read among the facts; an object of another kind has none.
fn report(
    locator: &Locator,
    header: &InstanceHeader,
    facts: &mut Vec<(&'static str, Value)>,
    exit: &mut Exit,
) -> Option<Read<ForeignReport>> {
    if !header.sop_class.as_str().starts_with(REPORTS) {
        return None;
    }
    match read_report(locator) {
        Ok(read) => Some(read),
        Err(error) => {
            facts.push(("report", json!(format!("not read: {error}"))));
            *exit = Exit::SomeFailed;
            None
        }
    }
}

fn file(locator: &Locator, args: &ShowArgs, out: &Out) -> Outcome {
    if args.tags {
        let identity = if args.identity { Identity::Shown } else { Identity::Masked };
        let read = dump_tags(locator, identity).or_exit(Exit::NothingUsable)?;
        let mut table = Table::new("calx.tags/1", &["tag", "vr", "length", "keyword", "value"]);
        for row in read.value {
            let (group, element) = row.tag;
            let indent = if out.format() == Format::Table { "  ".repeat(row.depth) } else { String::new() };
            table.push(vec![
                json!(format!("{indent}({group:04X},{element:04X})")),
                json!(row.vr),
                json!(row.length),
                json!(row.keyword),
                json!(row.value),
            ]);
        }
        out.table(&table)?;
        read.notices.iter().for_each(|n| out.note(format!("! {n}")));
        return Ok(Exit::Done);
    }
    let (h, notices) = header_of(locator, args.frame)?;
    let shown = |t: &PatientText| if args.identity { t.raw().to_owned() } else { t.masked().to_owned() };
    let mut facts = vec![
        ("study", json!(h.study)),
        ("series", json!(h.series)),
        ("instance", json!(h.instance)),
        ("sop_class", json!(h.sop_class)),
        ("transfer_syntax", json!(h.transfer_syntax)),
        ("patient_name", json!(shown(&h.patient_name))),
        ("patient_id", json!(shown(&h.patient_id))),
        ("patient_age", json!(h.patient_age.raw())),
        ("patient_sex", json!(h.patient_sex.raw())),
        ("study_description", json!(shown(&h.study_description))),
        ("modality", json!(h.modality.raw())),
        ("body_part", json!(h.body_part.raw())),
        ("synthetic", json!(h.synthetic_data)),
    ];
    let mut notices: Vec<String> = notices.iter().map(ToString::to_string).collect();
    let mut exit = Exit::Done;
    let report = report(locator, &h, &mut facts, &mut exit);
    if let Some(read) = &report {
        notices.extend(read.notices.iter().map(ToString::to_string));
        facts.push(("regions", json!(read.value.regions.len())));
    }
    match read_image_info(locator, args.frame) {
        Ok(read) => {
            notices.extend(
                read.notices
                    .iter()
                    .map(ToString::to_string)
                    .filter(|n| !notices.contains(n))
                    .collect::<Vec<_>>(),
            );
            facts.extend(image_facts(&read.value));
            if let Ok(planes) = calx_dicom::read_overlays(locator, args.frame) {
                let told: Vec<String> = planes.notices.iter().map(ToString::to_string).collect();
                notices.extend(told.into_iter().filter(|n| !notices.contains(n)).collect::<Vec<_>>());
                facts.push(("overlays", json!(overlay_words(&planes.value, args.identity))));
            }
        }
        Err(error) => {
            facts.push(("image", json!(format!("none: {error}"))));
            if h.has_pixels {
                exit = Exit::SomeFailed;
            }
        }
    }
    let lines = report.iter().flat_map(|read| &read.value.lines);
    let content: Vec<String> = lines.map(|line| line.words(args.identity)).collect();
    if out.format() == Format::Table {
        for (name, value) in &facts {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // A line is one fact: a value with line feeds must not make others.
            let text = text.replace('\r', "\\r").replace('\n', "\\n");
            out.line(format!("{name:<20} {text}"))?;
        }
        if !content.is_empty() {
            out.line("")?;
        }
        for line in &content {
            out.line(line)?;
        }
    } else {
        let mut object: serde_json::Map<String, Value> =
            facts.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
        object.insert("schema".to_owned(), json!("calx.file/1"));
        object.insert("notices".to_owned(), json!(notices));
        if !content.is_empty() {
            object.insert("content".to_owned(), json!(content));
        }
        out.json(&Value::Object(object))?;
    }
    notices.iter().for_each(|n| out.note(format!("! {n}")));
    Ok(exit)
}

/// The header; of a picture that can be drawn also where a UID is missing, with what stands in its place.
fn header_of(locator: &Locator, frame: u32) -> Result<(InstanceHeader, Vec<Notice>), Failure> {
    let error = match read_header(locator) {
        Ok(read) => return Ok((read.value, read.notices)),
        Err(error) => error,
    };
    if matches!(error.code(), "missing_attribute" | "bad_uid")
        && let Ok(read) = read_image_info(locator, frame)
    {
        return Ok((read.value.header, read.notices));
    }
    Err(Failure::new(Exit::NothingUsable, error))
}

/// Each plane with its size and place; what the file calls it is free text and may name someone.
fn overlay_words(planes: &[calx_model::OverlayPlane], identity: bool) -> String {
    let words = |plane: &calx_model::OverlayPlane| {
        let kind = match plane.kind {
            calx_model::OverlayKind::Graphics => "graphics",
            calx_model::OverlayKind::Region => "region",
        };
        let place = if (plane.left, plane.top) == (0, 0) {
            String::new()
        } else {
            format!(" from column {}, row {}", i64::from(plane.left) + 1, i64::from(plane.top) + 1)
        };
        let inside = if plane.is_embedded { ", in the pixel words" } else { "" };
        let label =
            if plane.label.is_empty() || !identity { String::new() } else { format!(" ({})", plane.label) };
        let (group, columns, rows) = (plane.group, plane.columns, plane.rows);
        format!("{group:04X} {kind} {columns}x{rows}{place}, {} set{inside}{label}", plane.count())
    };
    let list: Vec<String> = planes.iter().map(words).collect();
    if list.is_empty() { "none".to_owned() } else { list.join("; ") }
}

/// `left R, right L, top H, bottom F`.
fn letter_words(info: &calx_dicom::ImageInfo) -> String {
    let letters = super::render::letters(info);
    let edges =
        [("left", letters.left), ("right", letters.right), ("top", letters.top), ("bottom", letters.bottom)];
    let known: Vec<String> = edges
        .iter()
        .filter(|(_, letter)| !letter.is_empty())
        .map(|(edge, l)| format!("{edge} {l}"))
        .collect();
    if known.is_empty() { "not stated".to_owned() } else { known.join(", ") }
}

fn image_facts(info: &calx_dicom::ImageInfo) -> Vec<(&'static str, Value)> {
    let layout = &info.layout;
    let windows: Vec<String> = info
        .display
        .voi
        .iter()
        .map(|choice| {
            let name = match choice.source {
                VoiSource::Window(n) => format!("file:{n}"),
                VoiSource::Lut(n) => format!("lut:{n}"),
            };
            let what = match &choice.lut {
                calx_model::VoiLut::Window(w) => format!(" {w}"),
                calx_model::VoiLut::Table(t) => format!(" {} entries", t.entries.len()),
                calx_model::VoiLut::Range { min, max } => format!(" {min} to {max}"),
            };
            let words = choice.explanation.as_ref().map(|e| format!(" ({e})")).unwrap_or_default();
            format!("{name}{what}{words}")
        })
        .collect();
    let spacing = info.spacing.as_ref().map_or_else(
        || "not known: lengths are in px".to_owned(),
        |s| {
            let varies = if info.spacing_of_all_frames { "" } else { ", of this frame only" };
            let label = s.basis.label_with_description();
            format!("{} x {} {label}{varies}", s.between_rows_mm, s.between_columns_mm)
        },
    );
    let parts: Vec<String> = info.region_scales.iter().map(region_words).collect();
    vec![
        ("columns", json!(layout.columns)),
        ("rows", json!(layout.rows)),
        ("frames", json!(layout.number_of_frames)),
        ("playback", json!(info.playback.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string))),
        ("photometric", json!(layout.photometric_interpretation.as_str())),
        (
            "bits",
            json!(if layout.is_float() {
                format!("{} allocated, floating-point", layout.bits_allocated)
            } else {
                format!(
                    "{} of {} allocated, high bit {}, {}",
                    layout.bits_stored,
                    layout.bits_allocated,
                    layout.high_bit,
                    if layout.is_signed() { "signed" } else { "unsigned" }
                )
            }),
        ),
        ("windows", json!(windows.join("; "))),
        ("spacing", json!(spacing)),
        ("ultrasound_regions", json!(if parts.is_empty() { "none".to_owned() } else { parts.join("; ") })),
        ("side", json!(info.side.map_or("not stated", |s| s.word()))),
        ("view", json!(info.view_position.raw())),
        ("orientation", json!(letter_words(info))),
        ("lossy", json!(info.lossy)),
    ]
}

/// `0,0 to 639,479: a pixel is 0.1 mm across, 0.1 mm down`: corners in pixels counted from 0, both included.
fn region_words(region: &calx_model::RegionScale) -> String {
    let axis = |axis: &calx_model::RegionAxis| match axis.unit {
        calx_model::AxisUnit::Cm => format!("{} mm", axis.per_pixel * 10.0),
        calx_model::AxisUnit::Seconds => format!("{} s", axis.per_pixel),
        calx_model::AxisUnit::CmPerSecond => format!("{} cm/s", axis.per_pixel),
        calx_model::AxisUnit::Other => "no measure".to_owned(),
    };
    let (x, y) = (axis(&region.x), axis(&region.y));
    format!(
        "{},{} to {},{}: a pixel is {x} across, {y} down",
        region.min_x, region.min_y, region.max_x, region.max_y
    )
}

fn case(case: &Case, workspace: &calx_workspace::Workspace, out: &Out) -> Outcome {
    if out.format() != Format::Table {
        let file = json!({"schema": "calx.case/1", "revision": case.revision, "case": case});
        out.json(&file)?;
        return Ok(Exit::Done);
    }
    let number = case.number.map(|n| format!("Case {n}  ")).unwrap_or_default();
    out.line(format!("{number}{}", case.title))?;
    let age = case.patient.age.map(|a| a.to_string()).unwrap_or_default();
    let sex = case.patient.sex.map(|s| format!("{s:?}").to_lowercase()).unwrap_or_default();
    out.line(format!(
        "  {} · {age} {sex} · created {} · edited {} · revision {}",
        case.status.word(),
        day(case.created),
        day(case.edited),
        case.revision
    ))?;
    for contributor in &case.contributors {
        let role = contributor.role.as_ref().map(|r| format!(", {r}")).unwrap_or_default();
        out.line(format!("  {}{role}", contributor.name))?;
    }
    if !case.presentation.is_empty() {
        out.line(format!("\n{}", readable(&case.presentation, case)))?;
    }
    for (at, study) in case.studies.iter().enumerate() {
        out.line(format!("\nStudy {}  {} ({})", at + 1, study.title, study.modality))?;
        for image in &study.images {
            let number = case.images().position(|(_, i)| i.id == image.id).map_or(0, |n| n + 1);
            let side = image.side().map(|s| format!(" {}", s.word())).unwrap_or_default();
            let parts = image.ultrasound_regions.iter().any(calx_model::RegionScale::is_spatial);
            let without = if parts { "mm in ultrasound regions" } else { "px only" };
            let scale = image.effective_spacing().map_or(without, |s| s.basis.label());
            let regions = case.regions.iter().filter(|r| r.image == image.id).count();
            out.line(format!(
                "  image {number}{side}  {}x{}  {scale}  {regions} regions",
                image.columns, image.rows
            ))?;
        }
    }
    for (at, finding) in case.findings.iter().enumerate() {
        out.line(format!("\nFinding {}  about {}", at + 1, ls::about(case, finding.scope)))?;
        for (inner, statement) in finding.statements.iter().enumerate() {
            let targets: Vec<String> =
                statement.evidence.iter().map(|e| ls::target(case, &e.target)).collect();
            let targets = if targets.is_empty() { "no evidence".to_owned() } else { targets.join(", ") };
            out.line(format!(
                "  {}.{} [{}] {}",
                at + 1,
                inner + 1,
                words::presence(statement.presence),
                readable(&statement.text, case)
            ))?;
            out.line(format!("      ← {targets}"))?;
        }
    }
    if !case.discussion.is_empty() {
        out.line(format!("\nDiscussion\n{}", readable(&case.discussion, case)))?;
    }
    let shown = case.reference_numbers();
    let mut references: Vec<_> = case.references.iter().collect();
    references.sort_by_key(|r| shown.get(&r.id).copied());
    for reference in references {
        let doi = reference.doi.as_ref().map(|d| format!(" doi:{d}")).unwrap_or_default();
        out.line(format!("  {}. {}{doi}", shown.get(&reference.id).copied().unwrap_or(0), reference.text))?;
    }
    let completeness = calx_measure::completeness(case, workspace.schema());
    out.note(format!(
        "\ncompleteness {} %   blocks publishing: {}   calx case check {}",
        completeness.percent,
        completeness.blocking(),
        case.number.map_or_else(|| case.id.to_string(), |n| n.to_string())
    ));
    Ok(Exit::Done)
}

fn day(time: jiff::Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

/// The words with citations as a reader sees them; links are named elsewhere.
pub(crate) fn readable_plain(text: &calx_model::RichText, case: &Case) -> String {
    let unlinked = text.evidence().collect::<Vec<_>>();
    readable(&unlinked.into_iter().fold(text.clone(), |t, e| t.without_evidence(e)), case)
}

/// A text with links and citations as a reader sees them.
pub(crate) fn readable(text: &calx_model::RichText, case: &Case) -> String {
    let numbers = case.reference_numbers();
    text.runs()
        .iter()
        .map(|run| match run {
            calx_model::Run::Words { text } => text.clone(),
            calx_model::Run::Linked { text, evidence } => {
                let target =
                    case.evidence(*evidence).map(|e| ls::target(case, &e.target)).unwrap_or_default();
                format!("{text} ({target})")
            }
            calx_model::Run::Cite { references } => {
                let list: Vec<usize> = references.iter().filter_map(|r| numbers.get(r).copied()).collect();
                format!("[{}]", calx_model::number_ranges(&list))
            }
        })
        .collect()
}

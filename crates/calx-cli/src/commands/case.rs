//! `calx case new|set|add-study|image|calibrate|read|status|check|log|restore|undo|redo`.

mod restore;

use calx_model::{
    Action, Case, CaseField, CaseId, CaseStudy, CaseStudyId, Edit, ImageDisplay, ImageField, ImageRead,
    NewCase, ReadResult, ReadState, ReaderRole, Reading, ReadingId, ReadingState, StatedSide, StudyTime,
};
use calx_workspace::{AddStudy, Workspace};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use uuid::Uuid;

use super::calibrate::{self, CalibrateArgs};
use super::case_set::{self, SetArgs};
use super::words::{SideWord, StatusWord};
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::{Out, Table};
use crate::place;
use crate::session::{self, State, Writing, workspace_failure};

/// Make, fill, check and follow cases.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// Begin a case
    ///
    /// calx case new --title "Vascular calcification of both hands"
    /// calx case new --number 52 --title "Vascular calcification"
    #[command(verbatim_doc_comment)]
    New(NewArgs),
    /// Give a field a new value
    ///
    /// calx case set 52 title "Vascular calcification of both hands"
    /// calx case set 52 discussion "Medial calcification … [@1,3-4]"
    #[command(verbatim_doc_comment)]
    Set(SetArgs),
    /// Add a study of the workspace, or one that has text only
    ///
    /// calx case add-study 52 1.2.826.0.1
    /// calx case add-study 52 --text-only "Doppler ultrasound of both arms" --modality US
    #[command(verbatim_doc_comment)]
    AddStudy(AddStudyArgs),
    /// Say more about an image: caption, window, key, side
    Image(ImageArgs),
    /// Say how long something in an image is: its lengths follow from that, whatever the header states
    ///
    /// calx case calibrate 52 1 --from 155.5,409 --to 355.5,409 --mm 50
    #[command(verbatim_doc_comment)]
    Calibrate(CalibrateArgs),
    /// Say how far an image was read
    Read(ReadArgs),
    /// Take an image nothing rests on out of the case; the file stays in the workspace
    RmImage {
        /// Number or id of the case
        case: String,
        /// Number, id or SOP Instance UID of the image
        image: String,
    },
    /// Change where the case stands; publishing an incomplete case is refused
    Status {
        /// Number or id of the case
        case: String,
        #[arg(value_enum)]
        status: StatusWord,
    },
    /// How complete the case is; exit 1 while something blocks publishing
    Check {
        /// Number or id of the case
        case: String,
    },
    /// What happened to the case, oldest first
    Log {
        /// Number or id of the case
        case: String,
        /// Only the last N rows
        #[arg(long)]
        limit: Option<usize>,
    },
    /// Make a case out of the objects it was exported to, equal to what it was
    ///
    /// calx case restore out/52-hands
    /// calx case restore 1.2.826.0.1 --number 53
    ///
    /// The case document decides. A report beside it that somebody edited is told of, region by region.
    #[command(verbatim_doc_comment)]
    Restore(restore::RestoreArgs),
    /// Take back the last step
    Undo {
        /// Number or id of the case
        case: String,
    },
    /// Take back the last undo
    Redo {
        /// Number or id of the case
        case: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Title
    #[arg(long, default_value = "")]
    title: String,
    /// The number people use; else the next free one
    #[arg(long)]
    number: Option<u32>,
    /// Language, as en
    #[arg(long, default_value = "en")]
    language: String,
    /// Id to give it; the same id with equal content changes nothing
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

#[derive(Debug, Args)]
pub(crate) struct AddStudyArgs {
    /// Number or id of the case
    case: String,
    /// Study Instance UID, or the beginning of one
    #[arg(required_unless_present = "text_only")]
    study: Option<String>,
    /// Title instead of the study's description
    #[arg(long)]
    title: Option<String>,
    /// A study without images, of this title
    #[arg(long, value_name = "TITLE", conflicts_with_all = ["study", "title"])]
    text_only: Option<String>,
    /// Modality of a text-only study
    #[arg(long, default_value = "OT", requires = "text_only")]
    modality: String,
    /// Days after the first study
    #[arg(long, value_name = "DAY", allow_hyphen_values = true)]
    day: Option<i32>,
    /// The study is of another patient by its header, and belongs here all the same
    #[arg(long)]
    other_patient: bool,
    /// Id to give it; the same id again changes nothing
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    /// Number or id of the case
    case: String,
    /// Number, id or SOP Instance UID of the image
    image: String,
    /// Words under it
    #[arg(long)]
    caption: Option<String>,
    /// How it is shown, as for calx render
    #[arg(long, value_parser = super::render::window, allow_hyphen_values = true)]
    window: Option<calx_model::WindowChoice>,
    /// Turned clockwise by 0, 90, 180 or 270 degrees
    #[arg(long, value_name = "DEGREES", value_parser = quarter_turns)]
    turn: Option<u8>,
    /// Mirrored left to right, after turning; --flip false takes it back
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    flip: Option<bool>,
    /// Greys turned over, after everything else; --invert false takes it back
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    invert: Option<bool>,
    /// Frame shown first, from 1
    #[arg(long)]
    frame: Option<u32>,
    /// A key image, or not
    #[arg(long)]
    key: Option<bool>,
    /// The side it shows, against or beyond the header; needs --reason
    #[arg(long, value_enum, requires = "reason")]
    side: Option<SideWord>,
    /// Why, as "lead marker in the image"
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// Number or id of the case
    case: String,
    /// Number, id or SOP Instance UID of the image
    image: String,
    /// How far
    #[arg(value_enum)]
    state: ReadWord,
    /// Why it is excluded
    #[arg(long)]
    why: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReadWord {
    Unread,
    InProgress,
    Marked,
    NoneSeen,
    NotAssessable,
    Excluded,
}

pub(crate) fn run(command: &CaseCommand, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let open = |case: &str, tool: &'static str| Writing::open(&workspace, case, tool, global, out);
    match command {
        CaseCommand::New(args) => new(args, &workspace, global, out),
        CaseCommand::Set(args) => case_set::run(args, open(&args.case, "case set")?),
        CaseCommand::AddStudy(args) => add_study(args, &workspace, open(&args.case, "case add-study")?, out),
        CaseCommand::Image(args) => image(args, open(&args.case, "case image")?, global),
        CaseCommand::Calibrate(args) => {
            calibrate::run(args, &workspace, open(&args.case, "case calibrate")?, out)
        }
        CaseCommand::Read(args) => read(args, open(&args.case, "case read")?),
        CaseCommand::RmImage { case, image } => {
            let mut writing = open(case, "case rm-image")?;
            let id = place::image(writing.case(), image)?.id;
            let edit = writing.case().delete_image(id).map_err(session::refused)?;
            writing.commit(edit)?;
            writing.say("image", None, id.0, State::Removed)
        }
        CaseCommand::Status { case, status } => {
            let mut writing = open(case, "case status")?;
            let status = (*status).into();
            if status == calx_model::CaseStatus::Published {
                let found = calx_measure::completeness(writing.case(), workspace.schema());
                if !found.is_publishable() {
                    print_check(writing.case(), &found, out)?;
                    return Err(Failure::say(Exit::Refused, "the case is not complete and stays as it is")
                        .hint("mend what blocks publishing, listed above"));
                }
            }
            writing.commit(Edit::SetCase { field: CaseField::Status(status) })?;
            let (number, id) = (writing.case().number.map(|n| n.to_string()), writing.case().id.0);
            writing.say("case", number, id, State::Changed)
        }
        CaseCommand::Check { case } => {
            let document = session::read(&workspace, case)?;
            let found = calx_measure::completeness(document.case(), workspace.schema());
            print_check(document.case(), &found, out)?;
            Ok(if found.is_publishable() { Exit::Done } else { Exit::SomeFailed })
        }
        CaseCommand::Log { case, limit } => log(&workspace, case, *limit, out),
        CaseCommand::Restore(args) => restore::run(args, &workspace, global, out),
        CaseCommand::Undo { case } => step(open(case, "case undo")?, false, global, out),
        CaseCommand::Redo { case } => step(open(case, "case redo")?, true, global, out),
    }
}

fn new(args: &NewArgs, workspace: &Workspace, global: &Global, out: &Out) -> Outcome {
    let id = CaseId(session::id_or_new(args.id));
    let author = session::author(global);
    if global.dry_run {
        out.note("dry run: would begin a case");
        return Ok(Exit::Done);
    }
    let new = NewCase {
        id,
        number: args.number,
        title: args.title.clone(),
        language: args.language.clone(),
        created: session::now(),
        schema: workspace.schema().reference(),
        reading: Reading {
            // Derived, so that a rerun with the same --id begins the equal case.
            id: ReadingId(Uuid::from_u128(id.0.as_u128() ^ 0x7265_6164_696e_6700_0000_0000_0000_0001)),
            reader: author,
            role: ReaderRole::Author,
            state: ReadingState::Open,
        },
    };
    let writer = workspace.create_case(new, session::stamp(global, "case new")).map_err(workspace_failure)?;
    let state = if writer.was_there() { State::Unchanged } else { State::Made };
    let writing = Writing::of(writer, "case new", global, out);
    let number = writing.case().number.map(|n| n.to_string());
    writing.say("case", number, id.0, state)
}

fn add_study(args: &AddStudyArgs, workspace: &Workspace, mut writing: Writing<'_>, out: &Out) -> Outcome {
    let id = CaseStudyId(session::id_or_new(args.id));
    let number =
        |case: &Case, id| case.studies.iter().position(|s| s.id == id).map(|at| (at + 1).to_string());
    let when = args.day.map_or(StudyTime::Unknown, |day| StudyTime::RelativeDay { day });
    if let Some(title) = &args.text_only {
        let study = CaseStudy {
            id,
            source: None,
            title: title.clone(),
            modality: args.modality.clone(),
            when,
            images: Vec::new(),
        };
        if let Some(found) = writing.case().study(id) {
            return if *found == study {
                writing.say("study", number(writing.case(), id), id.0, State::Unchanged)
            } else {
                Err(session::taken("study", id.0))
            };
        }
        let index = u32::try_from(writing.case().studies.len()).unwrap_or(u32::MAX);
        writing.commit(Edit::AddStudy { index, study: Box::new(study) })?;
        return writing.say("study", number(writing.case(), id), id.0, State::Made);
    }
    let typed = args.study.as_deref().unwrap_or_default();
    let uid = workspace.find_study(typed).map_err(workspace_failure)?;
    if let Some(found) = writing.case().study(id) {
        return if found.source.as_ref() == Some(&uid) {
            writing.say("study", number(writing.case(), id), id.0, State::Unchanged)
        } else {
            Err(session::taken("study", id.0))
        };
    }
    let request = AddStudy {
        title: args.title.clone(),
        other_patient_confirmed: args.other_patient,
        ..AddStudy::all(uid)
    };
    // Images get ids derived from the study's, so that a rerun with --id adds the equal study.
    let mut next = id.0.as_u128();
    let mut ids = move || {
        let current = Uuid::from_u128(next);
        next = next.wrapping_add(1);
        current
    };
    let proposal = workspace.add_study(writing.case(), &request, &mut ids).map_err(workspace_failure)?;
    for left_out in &proposal.left_out {
        out.note(format!("  left out {}: {}", left_out.instance, left_out.text));
    }
    proposal.notices.iter().for_each(|n| out.detail(format!("  ! {n}")));
    let mut edits = vec![proposal.edit];
    if args.day.is_some() {
        edits.push(Edit::SetStudy { study: id, field: calx_model::StudyField::When(when) });
    }
    if writing.case().patient == calx_model::Patient::default()
        && proposal.patient != calx_model::Patient::default()
    {
        edits.push(Edit::SetCase { field: CaseField::Patient(proposal.patient) });
    }
    writing.commit_recorded(Edit::Batch { edits }, proposal.record.as_deref())?;
    writing.say("study", number(writing.case(), id), id.0, State::Made)
}

fn quarter_turns(text: &str) -> Result<u8, String> {
    match text {
        "0" => Ok(0),
        "90" => Ok(1),
        "180" => Ok(2),
        "270" => Ok(3),
        _ => Err("a picture is turned by 0, 90, 180 or 270 degrees, clockwise".to_owned()),
    }
}

fn image(args: &ImageArgs, mut writing: Writing<'_>, global: &Global) -> Outcome {
    let case = writing.case();
    let found = place::image(case, &args.image)?;
    let id = found.id;
    let mut fields = Vec::new();
    if let Some(caption) = &args.caption {
        let caption =
            calx_model::markup::parse(&super::words::text(caption)?, case).or_exit(Exit::SomeFailed)?;
        fields.push(ImageField::Caption(caption));
    }
    let display = ImageDisplay {
        window: args.window.unwrap_or(found.display.window),
        invert: args.invert.unwrap_or(found.display.invert),
        quarter_turns: args.turn.unwrap_or(found.display.quarter_turns),
        flip_horizontal: args.flip.unwrap_or(found.display.flip_horizontal),
        frame: args.frame.unwrap_or(found.display.frame),
    };
    if display.frame == 0 || display.frame > found.frames.max(1) {
        let text = format!("frame {} was named, the image has {}", display.frame, found.frames);
        return Err(Failure::say(Exit::Usage, text));
    }
    let names_display = args.window.is_some()
        || args.turn.or(args.flip.or(args.invert).map(u8::from)).is_some()
        || args.frame.is_some();
    fields.extend(names_display.then_some(ImageField::Display(display)));
    fields.extend(args.key.map(ImageField::Key));
    if let (Some(side), Some(reason)) = (args.side, &args.reason) {
        let stated =
            StatedSide { side: side.into(), author: session::author(global), reason: reason.clone() };
        fields.push(ImageField::StatedSide(Some(stated)));
    }
    if fields.is_empty() {
        return Err(Failure::say(Exit::Usage, "nothing to change was named")
            .hint("as --caption, --window, --turn, --flip, --invert, --frame, --key, --side"));
    }
    let number = case.images().position(|(_, i)| i.id == id).map(|at| (at + 1).to_string());
    let edits = fields.into_iter().map(|field| Edit::SetImage { image: id, field }).collect();
    writing.commit(Edit::Batch { edits })?;
    writing.say("image", number, id.0, State::Changed)
}

fn read(args: &ReadArgs, mut writing: Writing<'_>) -> Outcome {
    let case = writing.case();
    let image = place::image(case, &args.image)?.id;
    let reading = place::current_reading(case)?.id;
    let state = match args.state {
        ReadWord::Unread => ReadState::Unread,
        ReadWord::InProgress => ReadState::InProgress,
        ReadWord::Marked => ReadState::Done { result: ReadResult::Marked },
        ReadWord::NoneSeen => ReadState::Done { result: ReadResult::NoneSeen },
        ReadWord::NotAssessable => ReadState::Done { result: ReadResult::NotAssessable },
        ReadWord::Excluded => {
            let why = args
                .why
                .clone()
                .ok_or_else(|| Failure::say(Exit::Usage, "an image is excluded with --why REASON"))?;
            ReadState::Excluded { why }
        }
    };
    let index = u32::try_from(case.reads.len()).unwrap_or(u32::MAX);
    let read = Some(ImageRead { image, reading, state });
    let number = case.images().position(|(_, i)| i.id == image).map(|at| (at + 1).to_string());
    writing.commit(Edit::SetRead { image, reading, index, read })?;
    writing.say("image", number, image.0, State::Changed)
}

fn print_check(case: &Case, found: &calx_measure::Completeness, out: &Out) -> Result<(), Failure> {
    if out.format() != Format::Table {
        return out.json(&json!({
            "schema": "calx.completeness/1", "case": case.id, "percent": found.percent, "blocking": found.blocking(),
            "rules": found.rules, "alerts": found.alerts,
        }));
    }
    out.line(format!("completeness {} %   blocks publishing: {}", found.percent, found.blocking()))?;
    for alert in &found.alerts {
        out.line(format!("  {alert}"))?;
        out.line(format!("      {}", alert.hint))?;
    }
    Ok(())
}

fn log(workspace: &Workspace, case: &str, limit: Option<usize>, out: &Out) -> Outcome {
    let document = session::read(workspace, case)?;
    let mut table = Table::new("calx.log/1", &["seq", "at", "who", "tool", "what"]);
    let skip = limit.map_or(0, |n| document.rows().len().saturating_sub(n));
    for row in document.rows().iter().skip(skip) {
        let what = match &row.action {
            Action::Create { .. } => "create".to_owned(),
            Action::Edit { edit, .. } => name_of(edit),
            Action::Undo { of } => format!("undo {of}"),
            Action::Redo { of } => format!("redo {of}"),
            Action::Record {} => "record".to_owned(),
        };
        table.push(vec![
            json!(row.seq),
            json!(row.stamp.at),
            json!(row.stamp.who),
            json!(row.stamp.tool),
            json!(what),
        ]);
    }
    out.table(&table)?;
    Ok(Exit::Done)
}

/// Edits of one step that are named; what another program marked may be thousands.
const MOST_NAMED: usize = 8;

/// The operation's own name, as the journal spells it, and what it touched.
fn name_of(edit: &Edit) -> String {
    let detail = match edit {
        Edit::Batch { edits } => {
            let mut names: Vec<String> = edits.iter().take(MOST_NAMED).map(name_of).collect();
            if edits.len() > MOST_NAMED {
                names.push(format!("{} more", edits.len() - MOST_NAMED));
            }
            return names.join(" + ");
        }
        Edit::AddStudy { study, .. } => study.title.clone(),
        Edit::AddRegion { region, .. } => format!("{} ({})", region.label, region.shape.kind().word()),
        Edit::AddStatement { statement, .. } => shortened(&statement.text.words()),
        Edit::AddTrack { track, .. } => track.name.clone(),
        Edit::AddReference { reference, .. } => shortened(&reference.text),
        Edit::SetCase { field } => key_of(field),
        Edit::SetStudy { field, .. } => key_of(field),
        Edit::SetImage { field, .. } => key_of(field),
        Edit::SetStatement { field, .. } => key_of(field),
        Edit::SetRegion { field, .. } => key_of(field),
        _ => String::new(),
    };
    let name = serde_json::to_value(edit)
        .ok()
        .and_then(|v| v.get("op").and_then(|op| op.as_str().map(str::to_owned)))
        .unwrap_or_else(|| "edit".to_owned());
    if detail.is_empty() { name } else { format!("{name} {detail}") }
}

/// The field's name, as the journal spells it.
fn key_of(field: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(field).ok();
    let key = value.as_ref().and_then(|v| v.as_object()).and_then(|o| o.keys().next());
    key.cloned().unwrap_or_default()
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn step(mut writing: Writing<'_>, forward: bool, global: &Global, out: &Out) -> Outcome {
    let next = if forward { writing.document().next_redo() } else { writing.document().next_undo() };
    let what = next.and_then(|row| match &row.action {
        Action::Edit { edit, .. } => Some(format!("{} (row {})", name_of(edit), row.seq)),
        _ => None,
    });
    let word = if forward { "redo" } else { "undo" };
    let Some(what) = what else {
        out.note(format!("there is nothing to {word}"));
        return Ok(Exit::Done);
    };
    if global.dry_run {
        out.note(format!("dry run: would {word} {what}"));
        return Ok(Exit::Done);
    }
    if forward {
        writing.redo()?
    } else {
        writing.undo()?
    };
    out.note(format!("{word}: {what}"));
    let (number, id) = (writing.case().number.map(|n| n.to_string()), writing.case().id.0);
    writing.say("case", number, id, State::Changed)
}

//! `calx forget` and `calx gc`.

use calx_model::patient_text::escape_terminal;
use calx_workspace::{ForgetPlan, Forgotten};
use clap::Args;
use serde_json::json;

use super::import::many;
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, Outcome};
use crate::out::{Out, one_line};
use crate::session::{self, workspace_failure};

/// Remove all that is kept of a patient or a study, for good: consent was withdrawn. It cannot be undone.
///
/// calx forget 1.2.826.0.1.3680043.8.498.7 -n
/// calx forget --patient PHANTOM-7 --yes
///
/// Removed are managed copies, also such that a killed import left or a repair put aside; cases that show any of
/// it or ever did; rows of the catalogue and its search; paths and reports of import that name the patient;
/// decisions on conflicts; catalogues put aside. Files that were only referenced stay where they are, and so do
/// exports made before: remove those yourself. What a disk or its backups keep of removed files is beyond this
/// program.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ForgetArgs {
    /// UID of a study, or its beginning
    #[arg(required_unless_present = "patient", conflicts_with = "patient")]
    study: Option<String>,
    /// PatientID (0010,0020), whole; not a blank one, which is nobody's
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// Also where several people (other name or date of birth) have that PatientID: all of them
    #[arg(long, requires = "patient")]
    everyone: bool,
    /// Do it; without this the command says what would go and refuses
    #[arg(short, long)]
    yes: bool,
}

/// Remove what nothing needs: unfinished files, objects no row names, catalogues put aside.
///
/// calx gc -n
/// calx gc
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct GcArgs {}

pub(crate) fn run(args: &ForgetArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let whom = match (&args.patient, &args.study) {
        (Some(id), _) if args.everyone => Forgotten::Everyone(id.clone()),
        (Some(id), _) => Forgotten::Patient(id.clone()),
        (None, Some(study)) => Forgotten::Study(workspace.find_study(study).map_err(workspace_failure)?),
        (None, None) => return Err(Failure::say(Exit::Usage, "name a study or a patient")),
    };
    let gone = args.yes && !global.dry_run;
    let plan = if gone { workspace.forget(&whom) } else { workspace.plan_forget(&whom) };
    let plan = plan.map_err(workspace_failure)?;
    print(&plan, gone, out)?;
    if gone || global.dry_run {
        return Ok(Exit::Done);
    }
    let failure = Failure::say(Exit::Refused, "nothing was removed: this cannot be undone");
    Err(failure.hint("if it is meant, run it again with --yes"))
}

fn print(plan: &ForgetPlan, gone: bool, out: &Out) -> Result<(), Failure> {
    if out.format() != Format::Table {
        out.json(&json!({
            "schema": "calx.forget/1", "removed": gone,
            "studies": plan.studies.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "instances": plan.instances, "objects": plan.objects.len(), "bytes": plan.bytes,
            "cases": plan.cases.iter().map(|(id, number, _)| json!({ "id": id, "number": number })).collect::<Vec<_>>(),
            "people": plan.people,
            "doubtful_files_left": plan.doubtful.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
            "strange_files_left": plan.strange.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
            "catalogues_put_aside": plan.put_aside.len(),
            "referenced_files_left": plan.referenced.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
        }))?;
        return Ok(());
    }
    let word = if gone { "removed" } else { "would remove" };
    out.line(format!(
        "{word} {}, {}, {} ({} bytes), {}",
        many(plan.studies.len() as u64, "study", "studies"),
        many(plan.instances, "instance", "instances"),
        many(plan.objects.len() as u64, "managed copy", "managed copies"),
        plan.bytes,
        many(plan.cases.len() as u64, "case", "cases")
    ))?;
    for (id, number, title) in &plan.cases {
        let number = number.map_or_else(|| id.to_string(), |number| number.to_string());
        out.line(format!("  case {number}: {}", escape_terminal(title)))?;
    }
    for person in plan.people.iter().filter(|_| plan.people.len() > 1) {
        out.line(format!("  {}", escape_terminal(person)))?;
    }
    for path in &plan.doubtful {
        out.note(format!("! stays, look at it yourself, it may be theirs or another's: {}", one_line(path)));
    }
    for path in &plan.strange {
        let text = "! stays, look at it yourself, it lies in the workspace's folder and is no part of it";
        out.note(format!("{text}: {}", one_line(path)));
    }
    for path in &plan.referenced {
        out.note(format!("! stays, it is not the workspace's: {}", one_line(path)));
    }
    out.note("! exports made before, and backups of this disk, are not reached");
    Ok(())
}

pub(crate) fn gc(_args: &GcArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    let report = workspace.gc(global.dry_run).map_err(workspace_failure)?;
    if out.format() != Format::Table {
        out.json(&json!({
            "schema": "calx.gc/1", "removed": !global.dry_run, "bytes": report.bytes, "kept": report.kept,
            "files": report.files.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Done);
    }
    let word = if global.dry_run { "would remove" } else { "removed" };
    for path in &report.files {
        out.line(format!("{word} {}", one_line(path)))?;
    }
    for kept in &report.kept {
        out.note(format!("! left: {}", escape_terminal(kept)));
    }
    out.note(format!("{word} {}, {} bytes", many(report.files.len() as u64, "file", "files"), report.bytes));
    Ok(Exit::Done)
}

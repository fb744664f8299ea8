//! `calx finding add|set|rm|move`.

use calx_model::{Case, Edit, Finding, FindingId, Scope};
use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::args::Global;
use crate::failure::{Failure, Outcome};
use crate::out::Out;
use crate::place;
use crate::session::{self, State, Writing};

/// Findings of a case.
#[derive(Debug, Subcommand)]
pub(crate) enum FindingCommand {
    /// Add a finding; its statements come with `calx statement add`
    ///
    /// calx finding add 52 --image 1
    /// calx finding add 52 --study 2
    #[command(verbatim_doc_comment)]
    Add(AddArgs),
    /// Say what a finding speaks about
    Set(SetArgs),
    /// Remove a finding with its statements; words that linked to them stay
    Rm { case: String, finding: String },
    /// Move a finding to a place in the list, from 1
    Move { case: String, finding: String, to: u32 },
}

#[derive(Debug, Args)]
pub(crate) struct About {
    /// It speaks about this image
    #[arg(long, value_name = "IMAGE", conflicts_with = "study")]
    image: Option<String>,
    /// It speaks about this study
    #[arg(long, value_name = "STUDY")]
    study: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Number or id of the case
    case: String,
    #[command(flatten)]
    about: About,
    /// Id to give it; the same id with equal content changes nothing
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Number or id of the case
    case: String,
    /// Number or id of the finding
    finding: String,
    #[command(flatten)]
    about: About,
}

impl About {
    fn scope(&self, case: &Case) -> Result<Scope, Failure> {
        Ok(match (&self.image, &self.study) {
            (Some(image), _) => Scope::Image { image: place::image(case, image)?.id },
            (None, Some(study)) => Scope::Study { study: place::study(case, study)?.id },
            (None, None) => Scope::Case,
        })
    }
}

pub(crate) fn run(command: &FindingCommand, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    match command {
        FindingCommand::Add(args) => {
            let mut writing = Writing::open(&workspace, &args.case, "finding add", global, out)?;
            let scope = args.about.scope(writing.case())?;
            let id = FindingId(session::id_or_new(args.id));
            if let Some(found) = writing.case().finding(id) {
                if found.scope != scope {
                    return Err(session::taken("finding", id.0));
                }
                return writing.say("finding", number(writing.case(), id), id.0, State::Unchanged);
            }
            let index = u32::try_from(writing.case().findings.len()).unwrap_or(u32::MAX);
            let finding = Box::new(Finding { id, scope, statements: Vec::new() });
            writing.commit(Edit::AddFinding { index, finding })?;
            writing.say("finding", number(writing.case(), id), id.0, State::Made)
        }
        FindingCommand::Set(args) => {
            let mut writing = Writing::open(&workspace, &args.case, "finding set", global, out)?;
            let id = place::finding(writing.case(), &args.finding)?.id;
            let scope = args.about.scope(writing.case())?;
            writing.commit(Edit::SetFinding { finding: id, scope })?;
            writing.say("finding", number(writing.case(), id), id.0, State::Changed)
        }
        FindingCommand::Rm { case, finding } => {
            let mut writing = Writing::open(&workspace, case, "finding rm", global, out)?;
            let id = place::finding(writing.case(), finding)?.id;
            let edit = writing.case().delete_finding(id).map_err(session::refused)?;
            writing.commit(edit)?;
            writing.say("finding", None, id.0, State::Removed)
        }
        FindingCommand::Move { case, finding, to } => {
            let mut writing = Writing::open(&workspace, case, "finding move", global, out)?;
            let id = place::finding(writing.case(), finding)?.id;
            writing.commit(Edit::MoveFinding { finding: id, index: session::index_from_1(*to)? })?;
            writing.say("finding", number(writing.case(), id), id.0, State::Changed)
        }
    }
}

fn number(case: &Case, id: FindingId) -> Option<String> {
    case.findings.iter().position(|f| f.id == id).map(|at| (at + 1).to_string())
}

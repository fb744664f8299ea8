//! `calx evidence link|unlink`.

use calx_model::{Case, EvidenceId, Target};
use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::args::Global;
use crate::failure::{Exit, Failure, Outcome};
use crate::out::Out;
use crate::place;
use crate::session::{self, State, Writing};

/// Links from statements to what supports them.
#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Tie a statement to a region, an image or a study
    ///
    /// calx evidence link 52 1.1 --region 3 --words "radial artery"
    /// calx evidence link 52 2.1 --image 1
    #[command(verbatim_doc_comment)]
    Link(LinkArgs),
    /// Cut a tie; its words stay
    Unlink {
        /// Number or id of the case
        case: String,
        /// Id of the evidence, or its place as 1.1.2: statement 1.1, second
        evidence: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// Number or id of the case
    case: String,
    /// Number (2.1) or id of the statement
    statement: String,
    #[command(flatten)]
    target: TargetArgs,
    /// Frames of the image, from 1
    #[arg(long, value_delimiter = ',', requires = "image")]
    frames: Vec<u32>,
    /// These words of the statement lead to the evidence
    #[arg(long)]
    words: Option<String>,
    /// Id to give it; the same id with equal content changes nothing
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct TargetArgs {
    /// A marked region
    #[arg(long)]
    region: Option<String>,
    /// A whole image
    #[arg(long)]
    image: Option<String>,
    /// A whole study
    #[arg(long)]
    study: Option<String>,
}

pub(crate) fn run(command: &EvidenceCommand, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    match command {
        EvidenceCommand::Link(args) => {
            let writing = Writing::open(&workspace, &args.case, "evidence link", global, out)?;
            link(args, writing)
        }
        EvidenceCommand::Unlink { case, evidence } => {
            let mut writing = Writing::open(&workspace, case, "evidence unlink", global, out)?;
            let id = place::evidence(writing.case(), evidence)?;
            let edit = writing.case().unlink(id).map_err(session::refused)?;
            writing.commit(edit)?;
            writing.say("evidence", None, id.0, State::Removed)
        }
    }
}

fn link(args: &LinkArgs, mut writing: Writing<'_>) -> Outcome {
    let case = writing.case();
    let statement = place::statement(case, &args.statement)?;
    let target = target(args, case)?;
    let id = EvidenceId(session::id_or_new(args.id));
    if let Some(found) = case.evidence(id) {
        let here = statement.evidence.iter().any(|e| e.id == id) && found.target == target;
        let words = args.words.as_deref();
        let chip = words.is_none_or(|w| has_chip(case, id, w));
        if !here || !chip {
            return Err(session::taken("evidence", id.0));
        }
        return writing.say("evidence", number(case, id), id.0, State::Unchanged);
    }
    let edit = case.link(statement.id, id, target, args.words.as_deref()).map_err(session::refused)?;
    writing.commit(edit)?;
    writing.say("evidence", number(writing.case(), id), id.0, State::Made)
}

fn has_chip(case: &Case, id: EvidenceId, words: &str) -> bool {
    case.texts().any(|(_, text)| {
        text.runs().iter().any(|run| matches!(run, calx_model::Run::Linked { text, evidence } if *evidence == id && text == words))
    })
}

fn target(args: &LinkArgs, case: &Case) -> Result<Target, Failure> {
    let t = &args.target;
    match (&t.region, &t.image, &t.study) {
        (Some(region), ..) => Ok(Target::Region { region: place::region(case, region)?.id }),
        (_, Some(image), _) => {
            let mut frames = args.frames.clone();
            frames.sort_unstable();
            frames.dedup();
            Ok(Target::Image { image: place::image(case, image)?.id, frames })
        }
        (_, _, Some(study)) => Ok(Target::Study { study: place::study(case, study)?.id }),
        _ => Err(Failure::say(Exit::Usage, "name a region, an image or a study")),
    }
}

fn number(case: &Case, id: EvidenceId) -> Option<String> {
    let (statement, _) = case.all_evidence().find(|(_, e)| e.id == id)?;
    let at = statement.evidence.iter().position(|e| e.id == id)?;
    super::statement::number(case, statement.id).map(|n| format!("{n}.{}", at + 1))
}

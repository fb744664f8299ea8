//! `calx reference add|set|rm`.

use calx_model::{Edit, Reference, ReferenceId};
use clap::Subcommand;
use uuid::Uuid;

use crate::args::Global;
use crate::failure::{Exit, Failure, Outcome};
use crate::out::Out;
use crate::place;
use crate::session::{self, State, Writing};

/// Numbered references of a case.
#[derive(Debug, Subcommand)]
pub(crate) enum ReferenceCommand {
    /// Add a reference; cite it in a text as [@1]
    Add {
        /// Number or id of the case
        case: String,
        /// Authors, title, journal, year
        text: String,
        /// Digital object identifier, as 10.1000/182
        #[arg(long)]
        doi: Option<String>,
        /// Id to give it; the same id with equal content changes nothing
        #[arg(long, value_name = "UUID")]
        id: Option<Uuid>,
    },
    /// Change a reference
    Set {
        case: String,
        reference: String,
        #[arg(long)]
        text: Option<String>,
        #[arg(long)]
        doi: Option<String>,
    },
    /// Remove a reference and its citations
    Rm { case: String, reference: String },
}

fn doi(typed: &Option<String>) -> Result<Option<String>, Failure> {
    let Some(typed) = typed else { return Ok(None) };
    let bare = ["https://doi.org/", "http://doi.org/", "doi:"]
        .iter()
        .find_map(|p| typed.strip_prefix(p))
        .unwrap_or(typed)
        .trim();
    if bare.starts_with("10.") && bare.contains('/') && !bare.contains(char::is_whitespace) {
        return Ok(Some(bare.to_owned()));
    }
    Err(Failure::say(Exit::Usage, format!("{typed} is no DOI"))
        .hint("a DOI starts with 10. and holds a slash, as 10.1000/182"))
}

pub(crate) fn run(command: &ReferenceCommand, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    match command {
        ReferenceCommand::Add { case, text, doi: typed, id } => {
            let mut writing = Writing::open(&workspace, case, "reference add", global, out)?;
            let id = ReferenceId(session::id_or_new(*id));
            let reference = Reference { id, text: text.clone(), doi: doi(typed)? };
            let at = writing.case().references.iter().position(|r| r.id == id);
            if let Some(at) = at {
                if writing.case().references.get(at) != Some(&reference) {
                    return Err(session::taken("reference", id.0));
                }
                return writing.say("reference", Some((at + 1).to_string()), id.0, State::Unchanged);
            }
            let length = writing.case().references.len();
            writing
                .commit(Edit::AddReference { index: u32::try_from(length).unwrap_or(u32::MAX), reference })?;
            writing.say("reference", Some((length + 1).to_string()), id.0, State::Made)
        }
        ReferenceCommand::Set { case, reference, text, doi: typed } => {
            let mut writing = Writing::open(&workspace, case, "reference set", global, out)?;
            let id = place::reference(writing.case(), reference)?;
            let old = writing.case().references.iter().find(|r| r.id == id).cloned();
            let old = old.ok_or_else(|| Failure::say(Exit::NotFound, "the reference is not there"))?;
            let text = text.clone().unwrap_or(old.text);
            let doi = doi(typed)?.or(old.doi);
            writing.commit(Edit::SetReference { reference: id, text, doi })?;
            writing.say("reference", None, id.0, State::Changed)
        }
        ReferenceCommand::Rm { case, reference } => {
            let mut writing = Writing::open(&workspace, case, "reference rm", global, out)?;
            let id = place::reference(writing.case(), reference)?;
            let edit = writing.case().delete_reference(id).map_err(session::refused)?;
            writing.commit(edit)?;
            writing.say("reference", None, id.0, State::Removed)
        }
    }
}

//! `calx statement add|set|rm|move`.

use calx_model::{
    Case, Certainty, CodedConcept, Edit, Presence, RichText, Site, Statement, StatementField, StatementId,
    markup,
};
use clap::{Args, Subcommand, ValueEnum};
use uuid::Uuid;

use super::words::{self, PresenceWord};
use crate::args::Global;
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::Out;
use crate::place;
use crate::session::{self, State, Writing};

/// Statements of a finding.
#[derive(Debug, Subcommand)]
pub(crate) enum StatementCommand {
    /// Add a statement to a finding
    ///
    /// calx statement add 52 1 "Extensive calcification of the radial artery."
    /// calx statement add 52 1 --presence absent "No focus of bone or joint destruction."
    #[command(verbatim_doc_comment)]
    Add(AddArgs),
    /// Change a statement
    Set(SetArgs),
    /// Remove a statement; words that linked to its evidence stay
    Rm { case: String, statement: String },
    /// Move a statement to a place in a finding, from 1
    Move { case: String, statement: String, finding: String, to: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CertaintyWord {
    Possible,
    Probable,
    Certain,
}

impl From<CertaintyWord> for Certainty {
    fn from(word: CertaintyWord) -> Self {
        match word {
            CertaintyWord::Possible => Self::Possible,
            CertaintyWord::Probable => Self::Probable,
            CertaintyWord::Certain => Self::Certain,
        }
    }
}

#[derive(Debug, Args)]
struct Content {
    /// Whether what it names is there
    #[arg(long, value_enum)]
    presence: Option<PresenceWord>,
    /// What it names, as VALUE,SCHEME,MEANING
    #[arg(long, value_parser = words::code)]
    code: Option<CodedConcept>,
    /// Where, as JSON; may be repeated
    #[arg(long, value_parser = words::site, value_name = "JSON")]
    site: Vec<Site>,
    /// How sure
    #[arg(long, value_enum)]
    certainty: Option<CertaintyWord>,
    /// The earlier study it compares with
    #[arg(long, value_name = "STUDY")]
    compared_to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Number or id of the case
    case: String,
    /// Number or id of the finding
    finding: String,
    /// The words; [@1,3-4] cites references; @FILE or - reads them
    text: String,
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
    /// Number (2.1) or id of the statement
    statement: String,
    /// New words; links stay on words that stay
    #[arg(long)]
    text: Option<String>,
    #[command(flatten)]
    content: Content,
}

pub(crate) fn run(command: &StatementCommand, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    match command {
        StatementCommand::Add(args) => {
            let writing = Writing::open(&workspace, &args.case, "statement add", global, out)?;
            add(args, writing)
        }
        StatementCommand::Set(args) => {
            let writing = Writing::open(&workspace, &args.case, "statement set", global, out)?;
            set(args, writing, out)
        }
        StatementCommand::Rm { case, statement } => {
            let mut writing = Writing::open(&workspace, case, "statement rm", global, out)?;
            let id = place::statement(writing.case(), statement)?.id;
            let edit = writing.case().delete_statement(id).map_err(session::refused)?;
            writing.commit(edit)?;
            writing.say("statement", None, id.0, State::Removed)
        }
        StatementCommand::Move { case, statement, finding, to } => {
            let mut writing = Writing::open(&workspace, case, "statement move", global, out)?;
            let id = place::statement(writing.case(), statement)?.id;
            let finding = place::finding(writing.case(), finding)?.id;
            let index = session::index_from_1(*to)?;
            writing.commit(Edit::MoveStatement { statement: id, finding, index })?;
            writing.say("statement", number(writing.case(), id), id.0, State::Changed)
        }
    }
}

fn rich(typed: &str, case: &Case) -> Result<RichText, Failure> {
    markup::parse(&words::text(typed)?, case).or_exit(Exit::SomeFailed)
}

fn add(args: &AddArgs, mut writing: Writing<'_>) -> Outcome {
    let case = writing.case();
    let finding = place::finding(case, &args.finding)?;
    let text = rich(&args.text, case)?;
    if text.words().trim().is_empty() {
        return Err(Failure::say(Exit::Usage, "a statement needs words"));
    }
    let compared_to = args.content.compared_to.as_deref().map(|s| place::study(case, s)).transpose()?;
    let id = StatementId(session::id_or_new(args.id));
    let statement = Statement {
        id,
        text,
        presence: args.content.presence.map_or(Presence::Present, Into::into),
        code: args.content.code.clone(),
        sites: args.content.site.clone(),
        certainty: args.content.certainty.map(Into::into),
        compared_to: compared_to.map(|s| s.id),
        evidence: Vec::new(),
        reading: place::current_reading(case)?.id,
    };
    if let Some(found) = case.statement(id) {
        let mut plain = found.clone();
        plain.text = found.evidence.iter().fold(plain.text, |t, e| t.without_evidence(e.id));
        plain.evidence.clear();
        plain.reading = statement.reading;
        if plain != statement {
            return Err(session::taken("statement", id.0));
        }
        return writing.say("statement", number(writing.case(), id), id.0, State::Unchanged);
    }
    let index = u32::try_from(finding.statements.len()).unwrap_or(u32::MAX);
    let edit = Edit::AddStatement { finding: finding.id, index, statement: Box::new(statement) };
    writing.commit(edit)?;
    writing.say("statement", number(writing.case(), id), id.0, State::Made)
}

fn set(args: &SetArgs, mut writing: Writing<'_>, out: &Out) -> Outcome {
    let case = writing.case();
    let id = place::statement(case, &args.statement)?.id;
    let mut fields = Vec::new();
    let mut lost = Vec::new();
    if let Some(text) = &args.text {
        let (text, unlinked) = keep_links(rich(text, case)?, id, case);
        lost = unlinked;
        fields.push(StatementField::Text(text));
    }
    fields.extend(args.content.presence.map(|p| StatementField::Presence(p.into())));
    fields.extend(args.content.code.clone().map(|c| StatementField::Code(Some(c))));
    fields.extend(args.content.certainty.map(|c| StatementField::Certainty(Some(c.into()))));
    if !args.content.site.is_empty() {
        fields.push(StatementField::Sites(args.content.site.clone()));
    }
    if let Some(study) = &args.content.compared_to {
        fields.push(StatementField::ComparedTo(Some(place::study(case, study)?.id)));
    }
    if fields.is_empty() {
        return Err(Failure::say(Exit::Usage, "nothing to change was named")
            .hint("as --presence absent, --text WORDS"));
    }
    let edits = fields.into_iter().map(|field| Edit::SetStatement { statement: id, field }).collect();
    writing.commit(Edit::Batch { edits })?;
    for words in lost {
        out.note(format!("! {words:?} no longer leads to its evidence, which stays; link other words with: calx evidence link"));
    }
    writing.say("statement", number(writing.case(), id), id.0, State::Changed)
}

/// Links of the old text live on where the new text holds the same words; returns the words that do not.
fn keep_links(mut text: RichText, id: StatementId, case: &Case) -> (RichText, Vec<String>) {
    let mut lost = Vec::new();
    for run in case.statement(id).map(|s| s.text.runs()).unwrap_or_default() {
        let calx_model::Run::Linked { text: words, evidence } = run else { continue };
        if text.evidence().any(|e| e == *evidence) {
            continue;
        }
        match text.with_link(words, *evidence) {
            Some(linked) => text = linked,
            None => lost.push(words.clone()),
        }
    }
    (text, lost)
}

pub(crate) fn number(case: &Case, id: StatementId) -> Option<String> {
    case.statement_number(id).map(|(f, s)| format!("{f}.{s}"))
}

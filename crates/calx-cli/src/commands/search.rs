//! `calx search`: studies and cases by their words.

use calx_model::PatientText;
use calx_workspace::{CaseHit, SearchQuery, StudyRow};
use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::list::{List, Wanted};
use super::ls::{identity, plain};
use crate::args::Global;
use crate::failure::{Exit, Failure, Outcome};
use crate::out::Out;
use crate::session::{self, workspace_failure};

/// Find studies and cases by their words.
///
/// calx search hand dx --from 2020-01-01
/// calx search 石灰化 --json
///
/// Words of patients, descriptions, body parts, modalities, dates, titles and statements.
/// All words must be there, in any script; each may be the beginning of one. Of Chinese, Japanese,
/// Korean and Thai any part is found. Accents, letter case and widths make no difference.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct SearchArgs {
    /// Words to look for; none lists all
    #[arg(value_name = "TEXT")]
    words: Vec<String>,
    /// Only with a series of this modality, as DX
    #[arg(long, value_name = "MODALITY")]
    modality: Option<String>,
    /// Only studies of this day or later
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<Date>,
    /// Only studies of this day or before
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<Date>,
    /// At most so many studies, and as many cases
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Only these columns
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    columns: Vec<String>,
    /// Show names and numbers of patients
    #[arg(long)]
    identity: bool,
}

fn day(text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_not_a_day: jiff::Error| "a day is written YEAR-MONTH-DAY, as 2020-12-31".to_owned())
}

const COLUMNS: &[&str] =
    &["kind", "case", "place", "date", "modalities", "patient_name", "patient_id", "text", "id"];

pub(crate) fn run(args: &SearchArgs, global: &Global, out: &Out) -> Outcome {
    let workspace = session::workspace(global)?;
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from > to
    {
        return Err(Failure::say(Exit::Usage, format!("no day is from {from} on and not after {to}")));
    }
    let query = SearchQuery {
        text: args.words.join(" "),
        modality: args.modality.clone(),
        from: args.from,
        to: args.to,
    };
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let studies = workspace.search_studies(&query, None, limit).map_err(workspace_failure)?;
    let cases = workspace.search_cases(&query, None, limit).map_err(workspace_failure)?;
    let wanted = Wanted { conditions: &[], sort: None, limit: None, columns: &args.columns };
    let mut list = List::new("calx.search/1", COLUMNS, &wanted)?;
    let nothing = studies.rows.is_empty() && cases.rows.is_empty();
    let found = studies.rows.iter().map(|row| study(row, args)).chain(cases.rows.iter().flat_map(case));
    for row in found {
        let _no_limit = list.row(row, out)?;
    }
    list.end(out)?;
    if nothing {
        out.note("nothing was found");
    }
    for (what, more) in [("studies", studies.next.is_some()), ("cases", cases.next.is_some())] {
        if more {
            out.note(format!("there are more {what} than {limit}; more words, or --limit"));
        }
    }
    Ok(Exit::Done)
}

fn study(row: &StudyRow, args: &SearchArgs) -> Vec<Value> {
    let modalities: Vec<&str> = row.modalities.iter().map(PatientText::raw).collect();
    vec![
        json!("study"),
        Value::Null,
        Value::Null,
        json!(row.date),
        json!(modalities),
        identity(&row.patient.name, args.identity),
        identity(&row.patient.patient_id, args.identity),
        plain(&row.description),
        json!(row.study),
    ]
}

/// A row for the case, and one for each text in it that was meant.
fn case(hit: &CaseHit) -> Vec<Vec<Value>> {
    let row = |kind: &str, place: Option<&str>, text: &str| {
        let number = hit.number.map_or_else(|| json!(hit.id), |number| json!(number));
        let none = Value::Null;
        vec![
            json!(kind),
            number,
            json!(place),
            none.clone(),
            none.clone(),
            none.clone(),
            none,
            json!(text),
            json!(hit.id),
        ]
    };
    let texts = hit.texts.iter().map(|(place, text)| row("text", Some(place), text));
    std::iter::once(row("case", None, &hit.title)).chain(texts).collect()
}

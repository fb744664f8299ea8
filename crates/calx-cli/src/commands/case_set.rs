//! `calx case set CASE FIELD VALUE`.

use calx_model::{Age, AgeUnit, CaseField, Contributor, Edit, Patient, Sex, markup};
use clap::{Args, ValueEnum};

use super::words;
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::session::{State, Writing};

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Number or id of the case
    pub(crate) case: String,
    /// Which field
    #[arg(value_enum)]
    field: FieldWord,
    /// Its value; @FILE or - reads it. tags: a,b,c · age: 75Y · contributors: NAME[, ROLE[, PLACE]];…
    #[arg(allow_hyphen_values = true)]
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FieldWord {
    Title,
    Number,
    Language,
    Licence,
    ConsentNote,
    Presentation,
    Discussion,
    Age,
    Sex,
    Tags,
    Quiz,
    Contributors,
}

pub(crate) fn run(args: &SetArgs, mut writing: Writing<'_>) -> Outcome {
    let value = words::text(&args.value)?;
    let field = field(args.field, &value, &writing)?;
    writing.commit(Edit::SetCase { field })?;
    let (number, id) = (writing.case().number.map(|n| n.to_string()), writing.case().id.0);
    writing.say("case", number, id, State::Changed)
}

fn usage(text: &str) -> Failure {
    Failure::say(Exit::Usage, text)
}

fn field(word: FieldWord, value: &str, writing: &Writing<'_>) -> Result<CaseField, Failure> {
    let case = writing.case();
    let rich = || markup::parse(value, case).or_exit(Exit::SomeFailed);
    Ok(match word {
        FieldWord::Title => CaseField::Title(value.to_owned()),
        FieldWord::Number => {
            let number = value.parse().ok().filter(|n| *n > 0);
            CaseField::Number(Some(number.ok_or_else(|| usage("a case number is a whole number from 1"))?))
        }
        FieldWord::Language => CaseField::Language(value.to_owned()),
        FieldWord::Licence => CaseField::Licence(value.to_owned()),
        FieldWord::ConsentNote => CaseField::ConsentNote(value.to_owned()),
        FieldWord::Presentation => CaseField::Presentation(rich()?),
        FieldWord::Discussion => CaseField::Discussion(rich()?),
        FieldWord::Age => CaseField::Patient(Patient { age: Some(age(value)?), ..case.patient }),
        FieldWord::Sex => {
            let sex = match value.to_ascii_lowercase().as_str() {
                "m" | "male" => Sex::Male,
                "f" | "female" => Sex::Female,
                "o" | "other" => Sex::Other,
                _ => return Err(usage("sex is male, female or other")),
            };
            CaseField::Patient(Patient { sex: Some(sex), ..case.patient })
        }
        FieldWord::Tags => {
            let tags = value.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
            CaseField::Tags(tags)
        }
        FieldWord::Quiz => match value {
            "true" | "yes" | "on" => CaseField::Quiz(true),
            "false" | "no" | "off" => CaseField::Quiz(false),
            _ => return Err(usage("quiz is true or false")),
        },
        FieldWord::Contributors => {
            CaseField::Contributors(value.split(';').filter_map(contributor).collect())
        }
    })
}

fn contributor(text: &str) -> Option<Contributor> {
    let mut parts = text.splitn(3, ',').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned);
    Some(Contributor { name: parts.next()?, role: parts.next(), affiliation: parts.next() })
}

/// `75`, `75Y`, `075Y`, `18M`, `3W`, `5D`.
fn age(text: &str) -> Result<Age, Failure> {
    let text = text.trim().to_ascii_uppercase();
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'Y')) => (text.get(..at), AgeUnit::Years),
        Some((at, 'M')) => (text.get(..at), AgeUnit::Months),
        Some((at, 'W')) => (text.get(..at), AgeUnit::Weeks),
        Some((at, 'D')) => (text.get(..at), AgeUnit::Days),
        _ => (Some(text.as_str()), AgeUnit::Years),
    };
    let value = digits.and_then(|d| d.parse().ok()).filter(|v| *v < 1000);
    value.map(|value| Age { value, unit }).ok_or_else(|| usage("an age is 75Y, 18M, 3W or 5D"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_contributors_are_read_as_documented() {
        assert_eq!(age("075Y").unwrap(), Age { value: 75, unit: AgeUnit::Years });
        assert_eq!(age("18m").unwrap(), Age { value: 18, unit: AgeUnit::Months });
        assert!(age("old").is_err());
        let c = contributor("A. Person, author, Hospital, Town").unwrap();
        assert_eq!(
            (c.name.as_str(), c.role.as_deref(), c.affiliation.as_deref()),
            ("A. Person", Some("author"), Some("Hospital, Town"))
        );
    }
}

//! Conditions, order, length and columns of a list, and its printing while it is read.
//!
//! Not here: where rows come from (`ls`, `search`).
//!
//! Invariants
//! - Rows are printed as they come, unless they are to be sorted here; then no more are kept than are wanted.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use serde_json::{Value, json};

use crate::failure::{Exit, Failure};
use crate::out::{Out, Printing};

/// Rows that are asked for at once.
const PAGE: usize = 1_000;

/// What is asked of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// As `images>1`; all must hold.
    pub(crate) conditions: &'a [String],
    /// A column to sort by here, `-` before it for the other way round.
    pub(crate) sort: Option<&'a str>,
    pub(crate) limit: Option<usize>,
    /// Empty: all.
    pub(crate) columns: &'a [String],
}

/// A list on its way out.
#[derive(Debug)]
pub(crate) struct List {
    conditions: Vec<Condition>,
    sort: Option<(usize, bool)>,
    limit: Option<usize>,
    shown: Option<Vec<usize>>,
    /// Rows kept for sorting.
    kept: Vec<Vec<Value>>,
    printed: usize,
    printing: Printing,
}

impl List {
    pub(crate) fn new(
        schema: &'static str,
        columns: &[&'static str],
        wanted: &Wanted<'_>,
    ) -> Result<Self, Failure> {
        let conditions =
            wanted.conditions.iter().map(|text| Condition::parse(text, columns)).collect::<Result<_, _>>()?;
        let sort = wanted
            .sort
            .map(|sort| {
                let (name, reverse) = sort.strip_prefix('-').map_or((sort, false), |n| (n, true));
                column(columns, name).map(|at| (at, reverse))
            })
            .transpose()?;
        let shown: Option<Vec<usize>> = (!wanted.columns.is_empty())
            .then(|| wanted.columns.iter().map(|name| column(columns, name.trim())).collect())
            .transpose()?;
        let names = match &shown {
            Some(places) => places.iter().filter_map(|at| columns.get(*at).copied()).collect(),
            None => columns.to_vec(),
        };
        let printing = Printing::new(schema, names);
        Ok(Self { conditions, sort, limit: wanted.limit, shown, kept: Vec::new(), printed: 0, printing })
    }

    /// How many rows to ask for at once.
    pub(crate) fn page_size(&self) -> usize {
        match self.limit {
            // Not one row more than is wanted is read where all that come are shown.
            Some(limit) if self.conditions.is_empty() && self.sort.is_none() => limit.clamp(1, PAGE),
            _ => PAGE,
        }
    }

    /// Takes a row; a break says that no more are wanted.
    pub(crate) fn row(&mut self, row: Vec<Value>, out: &Out) -> Result<ControlFlow<()>, Failure> {
        let full = |printed: usize, limit: Option<usize>| limit.is_some_and(|limit| printed >= limit);
        if full(self.printed, self.limit) {
            return Ok(ControlFlow::Break(()));
        }
        if !self.conditions.iter().all(|condition| condition.holds(&row)) {
            return Ok(ControlFlow::Continue(()));
        }
        if self.sort.is_some() {
            self.kept.push(row);
            if let Some(limit) = self.limit
                && self.kept.len() >= limit.saturating_mul(2).max(PAGE)
            {
                self.sort_kept();
                self.kept.truncate(limit);
            }
            return Ok(ControlFlow::Continue(()));
        }
        self.print(row, out)?;
        let done = full(self.printed, self.limit);
        Ok(if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Prints what is left.
    pub(crate) fn end(mut self, out: &Out) -> Result<(), Failure> {
        self.sort_kept();
        let limit = self.limit.unwrap_or(usize::MAX);
        for row in std::mem::take(&mut self.kept).into_iter().take(limit) {
            self.print(row, out)?;
        }
        self.printing.end(out)
    }

    fn sort_kept(&mut self) {
        let Some((at, reverse)) = self.sort else { return };
        self.kept.sort_by(|a, b| {
            let ordering = compare(a.get(at).unwrap_or(&Value::Null), b.get(at).unwrap_or(&Value::Null));
            if reverse { ordering.reverse() } else { ordering }
        });
    }

    fn print(&mut self, row: Vec<Value>, out: &Out) -> Result<(), Failure> {
        self.printed += 1;
        let row = match &self.shown {
            Some(places) => places.iter().map(|at| row.get(*at).cloned().unwrap_or(Value::Null)).collect(),
            None => row,
        };
        self.printing.row(row, out)
    }
}

/// One thing that must hold of a row.
#[derive(Debug)]
struct Condition {
    at: usize,
    operator: &'static str,
    wanted: String,
}

impl Condition {
    fn parse(condition: &str, columns: &[&'static str]) -> Result<Self, Failure> {
        let split = ["!=", "=", "~", "<", ">"]
            .into_iter()
            .filter_map(|op| condition.find(op).map(|at| (at, op)))
            .min_by_key(|(at, op)| (*at, std::cmp::Reverse(op.len())));
        let Some((at, operator)) = split else {
            return Err(Failure::say(Exit::Usage, format!("{condition:?} is no condition"))
                .hint("as modalities=DX, title~hand, images>1"));
        };
        let (name, rest) = condition.split_at(at);
        let wanted = rest.strip_prefix(operator).unwrap_or(rest).trim().to_owned();
        Ok(Self { at: column(columns, name.trim())?, operator, wanted })
    }

    fn holds(&self, row: &[Value]) -> bool {
        let wanted = self.wanted.as_str();
        let value = row.get(self.at).unwrap_or(&Value::Null);
        let as_value = wanted.parse::<f64>().map_or_else(|_| json!(wanted), |n| json!(n));
        let same = match value {
            Value::Number(_) => compare(value, &as_value) == Ordering::Equal,
            Value::Array(items) => items.iter().any(|i| text(i) == wanted),
            _ => text(value) == wanted,
        };
        let against = if value.is_number() { &as_value } else { &json!(wanted) };
        match self.operator {
            "=" => same,
            "!=" => !same,
            "~" => text(value).to_lowercase().contains(&wanted.to_lowercase()),
            "<" => compare(value, against) == Ordering::Less,
            _ => compare(value, against) == Ordering::Greater,
        }
    }
}

fn column(columns: &[&'static str], name: &str) -> Result<usize, Failure> {
    columns.iter().position(|c| *c == name).ok_or_else(|| {
        Failure::say(Exit::Usage, format!("there is no column {name}"))
            .hint(format!("columns are: {}", columns.join(", ")))
    })
}

/// Numbers by size, all else by text; nothing comes first.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        _ => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => text(a).cmp(&text(b)),
        },
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[&str] = &["n", "modalities"];

    fn rows() -> [Vec<Value>; 3] {
        [vec![json!(10), json!(["DX"])], vec![json!(9), json!(["US", "SR"])], vec![Value::Null, json!([])]]
    }

    #[test]
    fn conditions_compare_numbers_as_numbers() {
        let holding = |text: &str| {
            let condition = Condition::parse(text, COLUMNS).unwrap();
            rows().iter().filter(|row| condition.holds(row)).map(|row| row[0].clone()).collect::<Vec<_>>()
        };
        assert_eq!(holding("n>9"), [json!(10)]);
        assert_eq!(holding("modalities=SR"), [json!(9)]);
        assert_eq!(holding("modalities!=SR"), [json!(10), Value::Null]);
        assert!(
            Condition::parse("nonsense", COLUMNS).is_err() && Condition::parse("absent=1", COLUMNS).is_err()
        );
    }

    #[test]
    fn order_puts_nothing_first_and_turns_round() {
        let wanted = Wanted { conditions: &[], sort: Some("-n"), limit: None, columns: &[] };
        let mut list = List::new("calx.test/1", COLUMNS, &wanted).unwrap();
        list.kept.extend(rows());
        list.sort_kept();
        let n: Vec<&Value> = list.kept.iter().filter_map(|r| r.first()).collect();
        assert_eq!(n, [&json!(10), &json!(9), &Value::Null]);
    }
}

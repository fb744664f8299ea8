//! Everything calx prints. Results go to stdout, all else to stderr.
//!
//! Invariants
//! - Every text passes `escape_terminal` before it reaches a terminal or a log.
//! - JSON carries `"schema": "calx.<what>/<n>"` and stable keys; CSV cells are safe in a spreadsheet.
//! - A reader that goes away (a closed pipe) ends the command quietly.

use std::cell::RefCell;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, Write};

use calx_model::patient_text::{escape_csv, escape_terminal};
use serde_json::{Map, Value, json};

use crate::args::{ColorWhen, Format, Global, ProgressWhen};
use crate::failure::Exit;
use crate::failure::{Failure, OrExit};

/// Where and how to print.
#[derive(Debug)]
pub(crate) struct Out {
    format: Format,
    quiet: bool,
    verbose: u8,
    colour: bool,
    progress: ProgressWhen,
    log: Option<RefCell<File>>,
}

/// A list to print: a name for its JSON schema, columns, rows of values.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) schema: &'static str,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Table {
    pub(crate) fn new(schema: &'static str, columns: &[&'static str]) -> Self {
        Self { schema, columns: columns.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: Vec<Value>) {
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }
}

impl Out {
    pub(crate) fn new(global: &Global) -> Result<Self, Failure> {
        let colour = match global.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => {
                let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
                set("CLICOLOR_FORCE") || (!set("NO_COLOR") && io::stderr().is_terminal())
            }
        };
        let log = match &global.log_file {
            Some(path) => {
                let file = File::options().create(true).append(true).open(path).or_exit(Exit::WriteFailed)?;
                Some(RefCell::new(file))
            }
            None => None,
        };
        Ok(Self {
            format: if global.json { Format::Json } else { global.format },
            quiet: global.quiet,
            verbose: global.verbose,
            colour,
            progress: global.progress,
            log,
        })
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn progress(&self) -> ProgressWhen {
        self.progress
    }

    /// One line of result, as plain text.
    #[allow(clippy::unused_self, reason = "printing goes through the one who knows how")]
    pub(crate) fn line(&self, text: impl Display) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", escape_lines(&text.to_string()))?;
        stdout.flush()?;
        Ok(())
    }

    /// One JSON value as a line of result, flushed: what is printed is safe.
    #[allow(clippy::unused_self, reason = "printing goes through the one who knows how")]
    pub(crate) fn json_line(&self, value: &Value) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", ascii_controls(&value.to_string()))?;
        stdout.flush()?;
        Ok(())
    }

    /// The same for a row whose order of keys is a promise.
    #[allow(clippy::unused_self, reason = "printing goes through the one who knows how")]
    pub(crate) fn json_row(&self, row: &impl serde::Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(row).or_exit(Exit::Bug)?;
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", ascii_controls(&text))?;
        stdout.flush()?;
        Ok(())
    }

    /// One JSON document: indented, or on one line with `--format jsonl`.
    pub(crate) fn json(&self, value: &Value) -> Result<(), Failure> {
        match self.format {
            Format::Jsonl => return self.json_line(value),
            Format::Csv => {
                return Err(Failure::say(Exit::Usage, "this result is no table and has no CSV form")
                    .hint("--format json or jsonl"));
            }
            Format::Table | Format::Json => {}
        }
        let text = serde_json::to_string_pretty(value).or_exit(Exit::Bug)?;
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", ascii_controls(&text))?;
        stdout.flush()?;
        Ok(())
    }

    /// Prints a list in the format asked for.
    pub(crate) fn table(&self, table: &Table) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.aligned(table),
            Format::Json => {
                let rows: Vec<Value> = table.rows.iter().map(|row| object(table, row)).collect();
                self.json(&json!({"schema": table.schema, "rows": rows}))
            }
            Format::Jsonl => table.rows.iter().try_for_each(|row| self.json_line(&object(table, row))),
            Format::Csv => {
                let mut stdout = io::stdout().lock();
                writeln!(stdout, "{}", table.columns.join(","))?;
                for row in &table.rows {
                    let cells: Vec<String> = row.iter().map(csv_cell).collect();
                    writeln!(stdout, "{}", cells.join(","))?;
                }
                stdout.flush()?;
                Ok(())
            }
        }
    }

    fn aligned(&self, table: &Table) -> Result<(), Failure> {
        let text: Vec<Vec<String>> = table.rows.iter().map(|r| r.iter().map(shown).collect()).collect();
        let widths: Vec<usize> = table
            .columns
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let widest = text.iter().filter_map(|r| r.get(at)).map(|c| width(c)).max();
                widest.unwrap_or(0).max(name.len())
            })
            .collect();
        let mut stdout = io::stdout().lock();
        if !self.quiet {
            writeln!(stdout, "{}", padded(table.columns.iter().map(|c| (*c).to_owned()), &widths))?;
        }
        for row in text {
            writeln!(stdout, "{}", padded(row.into_iter(), &widths))?;
        }
        stdout.flush()?;
        Ok(())
    }

    /// Something worth knowing, on stderr; silent with `-q`.
    pub(crate) fn note(&self, text: impl Display) {
        self.log_line("note", &text);
        if !self.quiet {
            stderr_line(&escape_lines(&text.to_string()));
        }
    }

    /// An item that failed while the rest goes on: told with `-q` too, or nobody would know which.
    pub(crate) fn trouble(&self, text: impl Display) {
        self.log_line("failed", &text);
        stderr_line(&escape_lines(&text.to_string()));
    }

    /// Something for `-v` and above.
    pub(crate) fn detail(&self, text: impl Display) {
        self.log_line("detail", &text);
        if self.verbose > 0 {
            stderr_line(&escape_lines(&text.to_string()));
        }
    }

    /// The end of a command that did not do what was asked.
    pub(crate) fn failure(&self, failure: &Failure) {
        let mut chain = failure.error.chain();
        let first = chain.next().map(ToString::to_string).unwrap_or_default();
        self.log_line("error", &first);
        stderr_line(&format!("{} {}", self.painted("error:", 31), escape_lines(&first)));
        for cause in chain {
            self.log_line("cause", &cause);
            stderr_line(&format!("  because: {}", escape_lines(&cause.to_string())));
        }
        if let Some(hint) = &failure.hint {
            stderr_line(&format!("{} {}", self.painted("hint:", 36), escape_lines(hint)));
        }
    }

    fn painted(&self, text: &str, code: u8) -> String {
        if self.colour { format!("\u{1b}[1;{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn log_line(&self, kind: &str, text: &dyn Display) {
        if let Some(log) = &self.log
            && let Err(error) = writeln!(log.borrow_mut(), "{kind} {}", escape_terminal(&text.to_string()))
        {
            stderr_line(&format!("the log file could not be written: {error}"));
        }
    }
}

/// The last line of defence writes to stderr; when even that is gone there is nobody to tell.
pub(crate) fn stderr_line(text: &str) {
    let _nobody_left = writeln!(io::stderr().lock(), "{text}");
}

/// Escapes each line on its own, so that a text of several lines keeps them.
fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape_terminal).collect::<Vec<_>>().join("\n")
}

/// `serde_json` leaves DEL, C1 controls and bidirectional marks as they are; a terminal must not see them.
fn ascii_controls(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && calx_model::patient_text::is_deceptive(c) {
            let mut units = [0u16; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn object(table: &Table, row: &[Value]) -> Value {
    let pairs = table.columns.iter().map(|c| (*c).to_owned()).zip(row.iter().cloned());
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(s) => escape_terminal(s),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        other => escape_csv(&shown(other)),
    }
}

/// Cells of a terminal: East Asian wide characters take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x1100..=0x115f
            | 0x2e80..=0xa4cf
            | 0xac00..=0xd7a3
            | 0xf900..=0xfaff
            | 0xfe30..=0xfe6f
            | 0xff00..=0xff60
            | 0xffe0..=0xffe6
            | 0x1f300..=0x1faff
            | 0x20000..=0x3fffd => 2,
            0x0300..=0x036f => 0,
            _ => 1,
        })
        .sum()
}

fn padded(cells: impl Iterator<Item = String>, widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, wanted) in cells.zip(widths) {
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', wanted.saturating_sub(width(&cell)) + 2));
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_file_says_reaches_the_terminal_raw() {
        assert_eq!(escape_lines("a\u{1b}[2J\nb"), "a\\u{1b}[2J\nb");
        assert_eq!(ascii_controls("\"\u{9b}\u{202e}\u{e0041}\""), "\"\\u009b\\u202e\\udb40\\udc41\"");
        assert_eq!(csv_cell(&json!("=1+1")), "\"'=1+1\"");
    }

    #[test]
    fn wide_characters_take_two_cells() {
        assert_eq!(width("山田"), 4);
        assert_eq!(padded(["山田".to_owned(), "x".to_owned()].into_iter(), &[6, 1]), "山田    x");
    }
}

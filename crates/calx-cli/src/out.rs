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
use std::path::Path;

use calx_model::patient_text::{escape_csv, escape_terminal};
use serde_json::{Map, Value};

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

/// Rows from which the widths of columns are taken; longer lists are printed as they come.
const MEASURED: usize = 1_000;

/// A list that is printed row by row, in the format asked for.
#[derive(Debug)]
pub(crate) struct Printing {
    schema: &'static str,
    columns: Vec<&'static str>,
    /// Rows that wait for the widths of their columns.
    waiting: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
    begun: bool,
}

impl Printing {
    pub(crate) fn new(schema: &'static str, columns: Vec<&'static str>) -> Self {
        Self { schema, columns, waiting: Vec::new(), widths: None, begun: false }
    }

    pub(crate) fn row(&mut self, row: Vec<Value>, out: &Out) -> Result<(), Failure> {
        debug_assert_eq!(row.len(), self.columns.len());
        let mut stdout = io::stdout().lock();
        let first = !std::mem::replace(&mut self.begun, true);
        match out.format {
            Format::Table => {
                let cells: Vec<String> = row.iter().map(shown).collect();
                match &self.widths {
                    Some(widths) => writeln!(stdout, "{}", padded(cells.into_iter(), widths))?,
                    None => {
                        self.waiting.push(cells);
                        if self.waiting.len() >= MEASURED {
                            self.print_waiting(&mut stdout, out)?;
                        }
                    }
                }
            }
            Format::Json => {
                let row = serde_json::to_string_pretty(&self.object(row)).or_exit(Exit::Bug)?;
                let before = if first { "{\n  \"rows\": [\n    " } else { ",\n    " };
                write!(stdout, "{before}{}", ascii_controls(&row).replace('\n', "\n    "))?;
            }
            Format::Jsonl => writeln!(stdout, "{}", ascii_controls(&self.object(row).to_string()))?,
            Format::Csv => {
                if first {
                    writeln!(stdout, "{}", self.columns.join(","))?;
                }
                let cells: Vec<String> = row.iter().map(csv_cell).collect();
                writeln!(stdout, "{}", cells.join(","))?;
            }
        }
        Ok(())
    }

    /// Prints what is left of it.
    pub(crate) fn end(mut self, out: &Out) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match out.format {
            Format::Table if self.widths.is_none() => self.print_waiting(&mut stdout, out)?,
            Format::Json => {
                let before = if self.begun { "\n  ]" } else { "{\n  \"rows\": []" };
                writeln!(stdout, "{before},\n  \"schema\": {}\n}}", Value::from(self.schema))?;
            }
            Format::Csv if !self.begun => writeln!(stdout, "{}", self.columns.join(","))?,
            Format::Table | Format::Jsonl | Format::Csv => {}
        }
        stdout.flush()?;
        Ok(())
    }

    fn print_waiting(&mut self, stdout: &mut impl Write, out: &Out) -> Result<(), Failure> {
        let rows = std::mem::take(&mut self.waiting);
        let widest = |at: usize, name: &str| {
            rows.iter()
                .filter_map(|row| row.get(at))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
                .max(name.len())
        };
        let widths: Vec<usize> = self.columns.iter().enumerate().map(|(at, name)| widest(at, name)).collect();
        if !out.quiet {
            writeln!(stdout, "{}", padded(self.columns.iter().map(|c| (*c).to_owned()), &widths))?;
        }
        for row in rows {
            writeln!(stdout, "{}", padded(row.into_iter(), &widths))?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn object(&self, row: Vec<Value>) -> Value {
        let pairs = self.columns.iter().map(|c| (*c).to_owned()).zip(row);
        Value::Object(pairs.collect::<Map<_, _>>())
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
        let mut printing = Printing::new(table.schema, table.columns.clone());
        table.rows.iter().try_for_each(|row| printing.row(row.clone(), self))?;
        printing.end(self)
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
        // A line feed may be that of a name: an error and each cause is one line.
        stderr_line(&format!("{} {}", self.painted("error:", 31), escape_terminal(&first)));
        for cause in chain {
            self.log_line("cause", &cause);
            stderr_line(&format!("  because: {}", escape_terminal(cause.to_string().trim_end())));
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

/// A path for a line: a line feed in a name cannot begin another line.
pub(crate) fn one_line(path: &Path) -> String {
    escape_terminal(&path.to_string_lossy())
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
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_a_file_says_reaches_the_terminal_raw() {
        assert_eq!(escape_lines("a\u{1b}[2J\nb"), "a\\u{1b}[2J\nb");
        assert_eq!(ascii_controls("\"\u{9b}\u{202e}\u{e0041}\""), "\"\\u009b\\u202e\\udb40\\udc41\"");
        assert_eq!(csv_cell(&json!("=1+1")), "\"'=1+1\"");
        assert!(!one_line(Path::new("x\nimported 9 studies")).contains('\n'));
    }

    #[test]
    fn wide_characters_take_two_cells() {
        assert_eq!(width("山田"), 4);
        assert_eq!(padded(["山田".to_owned(), "x".to_owned()].into_iter(), &[6, 1]), "山田    x");
    }
}

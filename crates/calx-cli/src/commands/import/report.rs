//! What became of every file, as rows: JSON lines and CSV, on stdout or in a file.
//!
//! A path need not be text. `path` is the path as it may be printed; where that is not the path itself, `path_bytes`
//! holds its bytes in hexadecimal. So a path is the bytes of `path_bytes` where there are any, and else the text of
//! `path`.
//!
//! Invariants
//! - The order of keys and columns is a promise; new ones come last.
//! - No row has a line feed in it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use calx_model::patient_text::{escape_csv, escape_terminal};
use calx_workspace::FileOutcome;
use serde::Serialize;

use crate::failure::{Exit, Failure, cannot_write};
use crate::out::one_line;

/// The first line of a CSV.
pub(super) const CSV_HEADER: &str = "path,status,reason,uid,sha256,path_bytes";

/// One row.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    path: String,
    status: &'static str,
    reason: &'a str,
    uid: Option<&'a str>,
    sha256: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
}

impl<'a> Row<'a> {
    pub(super) fn of(outcome: &'a FileOutcome) -> Self {
        let path = one_line(&outcome.path);
        let path_bytes = (outcome.path.to_str() != Some(path.as_str())).then(|| bytes_of(&outcome.path));
        // The reason carries the words behind the code: `truncated: 4096 of 8192 bytes`.
        Self {
            path,
            status: outcome.status.word(),
            reason: &outcome.reason,
            uid: outcome.uid.as_deref(),
            sha256: outcome.sha256.as_deref(),
            path_bytes,
        }
    }

    /// The same as a line of CSV.
    pub(super) fn csv(outcome: &'a FileOutcome) -> String {
        let row = Self::of(outcome);
        let cell = |text: Option<&str>| text.map(escape_csv).unwrap_or_default();
        let path = escape_csv(&row.path);
        // What a spreadsheet could take for a formula is not the path itself either.
        let is_changed = path.starts_with("\"'") && !row.path.starts_with('\'');
        let path_bytes = row.path_bytes.or_else(|| is_changed.then(|| bytes_of(&outcome.path)));
        let (status, reason) = (escape_csv(row.status), escape_csv(row.reason));
        let (uid, sha256, path_bytes) = (cell(row.uid), cell(row.sha256), path_bytes.unwrap_or_default());
        format!("{path},{status},{reason},{uid},{sha256},{path_bytes}")
    }
}

/// The bytes of a path in hexadecimal; elsewhere than on Unix those of its UTF-8, or what comes nearest to it.
fn bytes_of(path: &Path) -> String {
    use std::fmt::Write as _;
    path.as_os_str().as_encoded_bytes().iter().fold(String::new(), |mut text, byte| {
        let _never_fails = write!(text, "{byte:02x}");
        text
    })
}

/// A report in a file.
pub(super) struct Report {
    path: PathBuf,
    file: BufWriter<File>,
    is_csv: bool,
    rows: u64,
}

impl Report {
    /// Begins a report; one that is there is replaced only with `force`.
    pub(super) fn create(path: &Path, force: bool) -> Result<Self, Failure> {
        let is_csv = match path.extension().and_then(|e| e.to_str()) {
            Some("jsonl") => false,
            Some("csv") => true,
            _ => return Err(Failure::say(Exit::Usage, "a report ends in .jsonl or .csv")),
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(!force).create(true).truncate(force);
        let file = options.open(path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                let text = "the report is there already, nothing was imported";
                Failure::say(Exit::Refused, format!("{text}: {}", one_line(path)))
                    .hint("give another name, or --force to write it anew")
            }
            _ => cannot_write(path, error),
        })?;
        let mut report = Self { path: path.to_path_buf(), file: BufWriter::new(file), is_csv, rows: 0 };
        if is_csv {
            writeln!(report.file, "{CSV_HEADER}").map_err(|error| report.failed(error))?;
        }
        Ok(report)
    }

    pub(super) fn write(&mut self, outcome: &FileOutcome) -> Result<(), Failure> {
        self.rows += 1;
        self.put(outcome).map_err(|error| self.failed(error))
    }

    fn put(&mut self, outcome: &FileOutcome) -> io::Result<()> {
        if self.is_csv {
            return writeln!(self.file, "{}", Row::csv(outcome));
        }
        writeln!(self.file, "{}", serde_json::to_string(&Row::of(outcome))?)
    }

    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.file.flush().map_err(|error| self.failed(error))
    }

    /// Takes a report away that says nothing, so that the same line can be run again.
    pub(super) fn abandon(self) {
        if self.rows == 0 {
            drop(self.file);
            let _it_stays_empty = std::fs::remove_file(&self.path);
        }
    }

    fn failed(&self, error: io::Error) -> Failure {
        let hint = "what was imported is kept; with room for the report run the same import again";
        cannot_write(&self.path, error).hint(hint)
    }
}

/// One line for people, whatever the file is named.
pub(super) fn line_of(outcome: &FileOutcome) -> String {
    let path = one_line(&outcome.path);
    format!("  {} {}: {path}", outcome.status.word(), escape_terminal(&outcome.text))
}

#[cfg(test)]
mod tests {
    use calx_workspace::FileStatus;

    use super::*;

    fn outcome(path: PathBuf, text: &str) -> FileOutcome {
        FileOutcome {
            path,
            status: FileStatus::Failed,
            reason: "io".to_owned(),
            text: text.to_owned(),
            uid: None,
            sop_class: None,
            sha256: None,
            size: 0,
            notices: Vec::new(),
        }
    }

    fn check_row(path: &str, csv: &str, json: &str) {
        let outcome = outcome(PathBuf::from(path), "");
        assert_eq!(Row::csv(&outcome), csv);
        assert_eq!(serde_json::to_string(&Row::of(&outcome)).unwrap(), json);
    }

    #[test]
    fn a_path_that_is_not_its_text_is_told_in_bytes() {
        let rest = r#""status":"failed","reason":"io","uid":null,"sha256":null"#;
        let json = |path: &str, more: &str| format!(r#"{{"path":"{path}",{rest}{more}}}"#);
        check_row("a b.dcm", r#""a b.dcm","failed","io",,,"#, &json("a b.dcm", ""));
        // The text of an escape is itself; the character it stands for is not.
        check_row(r"a\u{a}b", r#""a\u{a}b","failed","io",,,"#, &json(r"a\\u{a}b", ""));
        let bytes = r#","path_bytes":"610a62""#;
        check_row("a\nb", r#""a\u{a}b","failed","io",,,610a62"#, &json(r"a\\u{a}b", bytes));
        // A spreadsheet's own danger.
        check_row("=1+1", r#""'=1+1","failed","io",,,3d312b31"#, &json("=1+1", ""));
        check_row("'=1+1", r#""'=1+1","failed","io",,,"#, &json("'=1+1", ""));
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_no_text_is_told_in_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(b"M\xfcller.dcm"));
        let outcome = outcome(path, "");
        let row = serde_json::to_value(Row::of(&outcome)).unwrap();
        assert_eq!(
            (&row["path"], &row["path_bytes"]),
            (&"M\u{fffd}ller.dcm".into(), &"4dfc6c6c65722e64636d".into())
        );
    }

    #[test]
    fn a_line_feed_in_a_name_begins_no_line() {
        let told = line_of(&outcome(PathBuf::from("x\nimported 9 studies"), "it\ncannot be read"));
        assert!(!told.contains('\n') && told.contains("imported 9 studies"), "{told}");
    }
}

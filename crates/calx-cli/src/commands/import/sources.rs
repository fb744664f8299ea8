//! What an import is to read: the paths of the command line, and a list on stdin.
//!
//! A path that is given and not there is a mistake of the call: nothing is imported. One on a list may have gone since
//! the list was made: it is told as failed and the rest goes on.

use std::io::{self, BufRead, ErrorKind};
use std::path::{Path, PathBuf};

use calx_workspace::{ImportError, Workspace};

use super::import_failure;
use crate::failure::{Exit, Failure};
use crate::out::{Out, one_line};

/// Stands for the list on stdin.
const LIST: &str = "-";

/// What was named.
pub(super) struct Sources {
    pub(super) paths: Vec<PathBuf>,
    /// Whether a list was among it.
    pub(super) listed: bool,
}

impl Sources {
    /// Reads the list where `-` stands for it; with `null` its paths end in NUL bytes.
    pub(super) fn read(named: &[PathBuf], null: bool) -> Result<Self, Failure> {
        let listed = named.iter().any(|path| path == Path::new(LIST));
        if null && !listed {
            let hint = "find DIR -print0 | calx import -0 -";
            return Err(Failure::say(Exit::Usage, "--null is about a list on stdin, and no - asks for one")
                .hint(hint));
        }
        let mut paths = Vec::new();
        for path in named {
            if path == Path::new(LIST) {
                paths.extend(list(io::stdin().lock(), null)?);
            } else if std::fs::canonicalize(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
                return Err(import_failure(ImportError::NoSource(path.clone())));
            } else {
                paths.push(path.clone());
            }
        }
        Ok(Self { paths, listed })
    }

    /// Says why nothing comes of a source that is the workspace itself.
    pub(super) fn tell_own(&self, workspace: &Workspace, out: &Out) {
        let Ok(own) = std::fs::canonicalize(workspace.root()) else { return };
        for path in
            self.paths.iter().filter(|path| std::fs::canonicalize(path).is_ok_and(|place| place == own))
        {
            out.note(format!("! this is the workspace itself, it is not read: {}", one_line(path)));
        }
    }
}

/// Reads paths, a line each or ended by NUL bytes; empty ones are passed over.
fn list(mut from: impl BufRead, null: bool) -> Result<Vec<PathBuf>, Failure> {
    let end = if null { 0 } else { b'\n' };
    let mut paths = Vec::new();
    loop {
        let mut bytes = Vec::new();
        if from.read_until(end, &mut bytes)? == 0 {
            return Ok(paths);
        }
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
        if !null && bytes.contains(&0) {
            let failure = Failure::say(Exit::Usage, "the list has NUL bytes in it, nothing was imported");
            return Err(failure.hint("a list of find -print0 is read with --null"));
        }
        // A list that was made on Windows.
        if !null && bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        let is_blank = if null { bytes.is_empty() } else { bytes.trim_ascii().is_empty() };
        if !is_blank {
            paths.push(path_of(bytes)?);
        }
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere not every line is a path")]
fn path_of(bytes: Vec<u8>) -> Result<PathBuf, Failure> {
    use std::os::unix::ffi::OsStringExt as _;
    Ok(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> Result<PathBuf, Failure> {
    let not_text = |_| Failure::say(Exit::Usage, "a path of the list is not UTF-8, nothing was imported");
    String::from_utf8(bytes).map(PathBuf::from).map_err(not_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_list(text: &[u8], null: bool, paths: &[&str]) {
        let read = list(text, null).unwrap();
        assert_eq!(read, paths.iter().map(PathBuf::from).collect::<Vec<_>>());
    }

    #[test]
    fn a_list_has_a_path_a_line_or_between_nul_bytes() {
        check_list(b"a\n b \r\n\n  \nc", false, &["a", " b ", "c"]);
        check_list(b"a\nb\0\0 \0c\r", true, &["a\nb", " ", "c\r"]);
        check_list(b"", false, &[]);
        assert_eq!(list(&b"a\0b\0"[..], false).unwrap_err().exit, Exit::Usage);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_need_not_be_text() {
        use std::os::unix::ffi::OsStrExt as _;
        let read = list(&b"M\xfcller.dcm\n"[..], false).unwrap();
        assert_eq!(read[0].as_os_str().as_bytes(), b"M\xfcller.dcm");
    }
}

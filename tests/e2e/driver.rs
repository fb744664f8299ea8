//! Runs the built program with a clean environment and a time limit, and holds scratch workspaces.
//!
//! Invariants
//! - No variable `CALX_*` of the caller reaches the program; the author is `e2e`.
//! - A run that needs longer than its limit is killed and reported as such.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// What no single command of these tests comes near.
const LIMIT: Duration = Duration::from_secs(120);

/// The program, without variables of the caller that change what it does.
pub(crate) fn calx() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_calx"));
    clean(&mut command);
    command
}

/// Takes the caller's settings away from a command.
pub(crate) fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("CALX_")) {
        command.env_remove(name);
    }
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // The system's graphics libraries complain on stderr without one, which is not ours to test.
        command.env("XDG_RUNTIME_DIR", env!("CARGO_TARGET_TMPDIR"));
    }
    command.env("CALX_AUTHOR", "e2e").stdin(Stdio::null());
}

/// How a run ended.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) line: String,
}

impl Ran {
    /// The one JSON document on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_str(&self.out) {
            Ok(value) => value,
            Err(error) => panic!("{}: stdout is not one JSON document: {error}\n{}", self.line, self.out),
        }
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\nstdout: {}\nstderr: {}", self.line, self.out, self.err);
        self
    }

    /// Neither a bug (70), a signal, a panic nor a hang.
    pub(crate) fn is_clean(&self) -> bool {
        (0..=9).contains(&self.code)
    }
}

/// Runs a command to its end; a signal gives `-signal`, the time limit `-999`.
pub(crate) fn run(command: &mut Command) -> Ran {
    run_within(command, LIMIT)
}

pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Ran {
    let line = line_of(command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{line}: {e}"));
    let out = drain(child.stdout.take());
    let err = drain(child.stderr.take());
    let code = wait(&mut child, limit);
    Ran { code, out: out.join().unwrap(), err: err.join().unwrap(), line }
}

/// Waits for a child at most `limit`, then kills it.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    let until = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or_else(|| -status.signal().unwrap_or(998));
        }
        if Instant::now() > until {
            child.kill().unwrap();
            child.wait().unwrap();
            return -999;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn drain(from: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            from.read_to_end(&mut bytes).unwrap();
        }
        String::from_utf8(bytes).unwrap_or_else(|e| panic!("output is not UTF-8: {e}"))
    })
}

fn line_of(command: &Command) -> String {
    let mut line = "calx".to_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

/// The folder of this repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Where results are kept to be looked at.
pub(crate) fn kept(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("e2e").join(name);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Whether a missing part of the surroundings is a failure here.
pub(crate) fn is_required() -> bool {
    let set = |name: &str| std::env::var(name).is_ok_and(|v| !v.is_empty() && v != "0" && v != "false");
    set("CI") || set("CALX_REQUIRED")
}

/// Says why a test does nothing; fails where everything is required.
#[track_caller]
pub(crate) fn skip(why: &str) {
    assert!(!is_required(), "required and missing: {why}");
    println!("skipped: {why}");
}

/// `shared/` with samples and tools; `None` after saying why.
#[track_caller]
pub(crate) fn shared(part: &str) -> Option<PathBuf> {
    let given = std::env::var_os("CALX_SHARED").map(PathBuf::from);
    let folder = root().join(given.unwrap_or_else(|| PathBuf::from("../shared"))).join(part);
    if folder.exists() {
        return Some(folder);
    }
    skip(&format!("no shared folder with {part}"));
    None
}

/// A scratch folder with a workspace in it.
#[derive(Debug)]
pub(crate) struct Place {
    dir: TempDir,
}

impl Place {
    /// A new workspace.
    pub(crate) fn new() -> Self {
        let place = Self { dir: TempDir::new().unwrap() };
        place.ok(&["init", &place.path("ws")]);
        place
    }

    /// A workspace with one small hand, imported, and case 52 with that study, all ids fixed.
    pub(crate) fn with_case() -> Self {
        let place = Self::new();
        place.ok(&["import", &hand("right")]);
        place.ok(&[
            "case",
            "new",
            "--number",
            "52",
            "--title",
            "Calcified arteries of a hand",
            "--id",
            &id(0xca5e),
        ]);
        place.ok(&["case", "add-study", "52", &place.study(), "--id", &id(0x570d)]);
        place
    }

    /// The same with a finding, a statement, two regions and evidence.
    pub(crate) fn with_marks() -> Self {
        let place = Self::with_case();
        place.ok(&["finding", "add", "52", "--image", "1", "--id", &id(0xf1)]);
        place.ok(&["statement", "add", "52", "1", "Calcified radial artery.", "--id", &id(0x51)]);
        place.ok(&[
            "region",
            "add",
            "52",
            "1",
            "--label",
            "calcified stretch",
            "--shape",
            PATH,
            "--id",
            &id(0xa1),
        ]);
        place.ok(&[
            "region",
            "add",
            "52",
            "1",
            "--label",
            "bone loss",
            "--shape",
            POLYGON,
            "--id",
            &id(0xa2),
        ]);
        let link = ["evidence", "link", "52", "1.1", "--region", "1", "--words", "radial artery", "--id"];
        place.ok(&[link.as_slice(), &[id(0xe1).as_str()]].concat());
        place
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A path in the scratch folder, as text.
    pub(crate) fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// A command on this place's workspace, run in the scratch folder.
    pub(crate) fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = calx();
        command.current_dir(self.dir.path()).env("CALX_WORKSPACE", self.dir.path().join("ws")).args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run(&mut self.command(args))
    }

    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str]) -> Ran {
        self.run(args).expect(0)
    }

    /// Rows of `calx ls … --json`.
    #[track_caller]
    pub(crate) fn rows(&self, args: &[&str]) -> Vec<Value> {
        let ran = self.ok(&[&["ls"], args, &["--json"]].concat());
        ran.json()["rows"].as_array().unwrap_or_else(|| panic!("{}: no rows", ran.line)).clone()
    }

    /// The UID of the only study.
    pub(crate) fn study(&self) -> String {
        let rows = self.rows(&["studies"]);
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0]["study"].as_str().unwrap().to_owned()
    }

    /// The case as its document, without what changes with each step.
    #[track_caller]
    pub(crate) fn case(&self, case: &str) -> Value {
        let mut shown = self.ok(&["show", case, "--json"]).json();
        assert_eq!(shown["schema"], "calx.case/1");
        let mut case = shown["case"].take();
        let fields = case.as_object_mut().unwrap();
        assert!(fields.remove("revision").is_some() && fields.remove("edited").is_some());
        case
    }

    /// The journal of the only case, as bytes.
    pub(crate) fn journal(&self) -> Vec<u8> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(self.dir.path().join("ws/cases"))
            .unwrap()
            .map(|e| e.unwrap().path().join("journal.jsonl"))
            .filter(|p| p.is_file())
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        std::fs::read(found.remove(0)).unwrap()
    }
}

/// A path that lies in every small hand.
pub(crate) const PATH: &str = r#"{"type":"path","points":[[60,200],[66,230],[70,270]],"width":5}"#;
/// An outline that lies in every small hand.
pub(crate) const POLYGON: &str = r#"{"type":"polygon","points":[[100,40],[140,40],[140,80],[100,80]]}"#;
/// Size of the small hands.
pub(crate) const SIZE: (u32, u32) = (240, 300);

/// A fixed id.
pub(crate) fn id(n: u32) -> String {
    format!("{n:08x}-0000-4000-8000-000000000000")
}

/// The path of a small synthetic hand, made by the program itself.
pub(crate) fn hand(side: &str) -> String {
    phantom(&["hand", "--side", side, "--size", "240x300"], &format!("hand-{side}"))
}

/// The path of a small synthetic clip.
pub(crate) fn clip() -> String {
    phantom(&["doppler", "--size", "160x120", "--frames", "3"], "clip")
}

/// Writes a phantom into `target/e2e`, once in a run of the tests; the same options give the same bytes.
pub(crate) fn phantom(args: &[&str], name: &str) -> String {
    static MADE: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap();
    if let Some(file) = made.get(name) {
        return file.clone();
    }
    let dir = kept("inputs").join(name);
    let ran = run(calx().arg("phantom").args(args).arg("--force").arg("-o").arg(&dir)).expect(0);
    let files: Vec<&str> = ran.out.lines().collect();
    assert_eq!(files.len(), 1, "{}", ran.out);
    made.insert(name.to_owned(), files[0].to_owned());
    files[0].to_owned()
}

/// Every file under a folder with its bytes; what is neither is named.
pub(crate) fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.insert(path.clone(), Vec::new());
                open.push(path);
            } else {
                found.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The first control character that must not reach a terminal.
pub(crate) fn raw_control(text: &str) -> Option<(usize, char)> {
    let mut chars = text.char_indices();
    chars
        .find(|(_, c)| (c.is_control() && !matches!(c, '\n' | '\t')) || ('\u{202a}'..='\u{202e}').contains(c))
}

//! Programs of others that read our objects: where they are, how they are run, what they said.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::driver::{Ran, clean, kept, run_within, shared, skip};
use crate::hostile::is_full;

/// All objects at once; the checkers read every file several times.
const LIMIT: Duration = Duration::from_secs(600);

/// The interpreter with highdicom and pydicom; `None` after saying why.
pub(crate) fn python() -> Option<PathBuf> {
    let found = std::env::var_os("CALX_PYTHON").map(PathBuf::from);
    if found.is_none() {
        skip("CALX_PYTHON is not set (tests/run sets it)");
    }
    found
}

/// Whether the program answers; says why when it does not.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new("which").arg(program).output().is_ok_and(|ran| ran.status.success());
    if !found {
        skip(&format!("no {program} here (tests/run installs it)"));
    }
    found
}

/// What `check-dicom-outputs` says of a folder.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) code: i32,
    pub(crate) failures: u64,
    pub(crate) warnings: u64,
    /// What it complains of, a line each.
    pub(crate) complaints: Vec<String>,
}

/// Runs the checker over every object under `folder`; the images lie in `sources`. `None` after saying why.
pub(crate) fn check(folder: &Path, sources: &[&Path], extra: &[&str]) -> Option<Verdict> {
    let tool = shared("tools/check-dicom-outputs")?;
    let python = python()?;
    if !(has("dciodvfy") && has("dcmp2pgm")) {
        return None;
    }
    let name: String = folder.to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect();
    let json = kept("outputs").join(format!("{name}.json"));
    let mut command = Command::new(python);
    clean(&mut command);
    command.arg(tool).args(extra).arg("-q").arg("--json").arg(&json);
    for source in sources {
        command.arg("--sources").arg(source);
    }
    let ran = run_within(command.arg(folder), LIMIT);
    assert!((0..=1).contains(&ran.code), "{}\n{}", ran.out, ran.err);
    let told: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let complaints = told["rows"].as_array().unwrap().iter().filter(|row| row["level"] != "ok");
    Some(Verdict {
        code: ran.code,
        failures: told["failures"].as_u64().unwrap(),
        warnings: told["warnings"].as_u64().unwrap(),
        complaints: complaints
            .map(|row| format!("{} {}: {}", text(&row["level"]), text(&row["where"]), text(&row["what"])))
            .collect(),
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Which regions OHIF's reader makes tools of, a line a report. `None` after saying why.
pub(crate) fn hydrate(reports: &[PathBuf]) -> Option<Ran> {
    let tool = shared("tools/check-ohif-hydration")?;
    let Some(reader) = std::env::var_os("CALX_OHIF_DIR").filter(|dir| Path::new(dir).is_dir()) else {
        skip("CALX_OHIF_DIR is not set (tests/run sets it)");
        return None;
    };
    let mut command = Command::new("bash");
    clean(&mut command);
    // Node stands beside the interpreter where the system's own is too old.
    let beside = python()?.parent().unwrap().to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([beside].into_iter().chain(std::env::split_paths(&path))).unwrap();
    command.env("PATH", path).env("CALX_OHIF_DIR", reader).arg(tool).args(reports);
    Some(run_within(&mut command, LIMIT))
}

/// What highdicom and pydicom find in every object under `folder`: one JSON document. `None` after saying why.
pub(crate) fn read_back(folder: &Path) -> Option<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/e2e/outputs.py");
    let mut command = Command::new(python()?);
    clean(&mut command);
    Some(run_within(command.arg(script).arg(folder), LIMIT).expect(0).json())
}

/// What dcmqi finds in each of the files, by path and tracking UID; its images lie under `folder`. `None` after saying why:
/// it is there in the long run only.
pub(crate) fn dcmqi(files: &[PathBuf], folder: &Path) -> Option<Value> {
    let python = python()?;
    if !python.with_file_name("segimage2itkimage").exists() {
        if is_full() {
            skip("no dcmqi beside CALX_PYTHON (tests/run installs it with CALX_FULL=1)");
        }
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/e2e/dcmqi.py");
    let mut command = Command::new(python);
    clean(&mut command);
    command.arg(script);
    for (number, file) in files.iter().enumerate() {
        command.arg(file).arg(folder.join(number.to_string()));
    }
    Some(run_within(&mut command, LIMIT).expect(0).json())
}

//! Power switch: `kill -9` at random moments while edits or an import run. Nothing that was told is lost, and running
//! the same script again completes it.
//!
//! The killing, counting and judging is done by the shared fault tool, which does not know calx.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::driver::{Place, clean, id, kept, phantom, run_within, shared, skip};
use crate::hostile::is_full;

/// The fault tool and a Python that runs it.
fn tool() -> Option<PathBuf> {
    let tool = shared("tools/faults/killtest.py")?;
    match Command::new("python3").arg("--version").output() {
        Ok(output) if output.status.success() => Some(tool),
        _ => {
            skip("no python3");
            None
        }
    }
}

/// Writes a shell script that knows the program as `calx`.
fn script(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    let program = env!("CARGO_BIN_EXE_calx").replace('\'', r"'\''");
    std::fs::write(&path, format!("set -e\ncalx() {{ '{program}' \"$@\"; }}\n{text}")).unwrap();
    format!("sh {}", path.display())
}

/// Runs the tool and returns its report.
fn killtest(tool: &Path, dir: &Path, runs: u32, args: &[&str]) -> Value {
    let mut command = Command::new("python3");
    clean(&mut command);
    command.arg(tool).args(["--runs", &runs.to_string(), "--seed", "1", "--work"]).arg(dir).args(args);
    let ran = run_within(&mut command, std::time::Duration::from_secs(1500));
    let report: Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}{}", ran.out, ran.err));
    let counts = &report["counts"];
    println!("killtest: {} runs, undisturbed {} s, {counts}", report["runs"], report["undisturbed_s"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert_eq!(counts["runs_clean"], runs, "{}", ran.out);
    report
}

/// Twelve commands on one case, each with the id of what it makes.
fn edits() -> String {
    let mut text = String::from("export CALX_WORKSPACE=\"$1/ws\" CALX_AUTHOR=e2e\n");
    let path = |n: u32| {
        format!(r#"{{"type":"path","points":[[60,{}],[70,{}]],"width":4}}"#, 100 + n * 10, 140 + n * 10)
    };
    for n in 1..=3 {
        text += &format!("calx finding add 52 --image 1 --id {}\n", id(0xf10 + n));
        text += &format!(
            "calx statement add 52 {n} 'Calcified stretch {n} of the artery.' --id {}\n",
            id(0x510 + n)
        );
        text += &format!(
            "calx region add 52 1 --label 'calcified stretch' --shape '{}' --id {}\n",
            path(n),
            id(0xa10 + n)
        );
        text += &format!(
            "calx evidence link 52 {n}.1 --region {n} --words 'stretch {n}' --id {}\n",
            id(0xe10 + n)
        );
    }
    text
}

/// A line `ID SHA256` for each thing in the case: the digest covers what the thing says.
const LIST: &str = r#"export CALX_WORKSPACE="$1/ws"
for what in findings statements regions evidence; do
  case $what in
    findings) columns=id,about ;;
    statements) columns=id,presence,text ;;
    regions) columns=id,image,shape,label,attributes ;;
    *) columns=id,statement,target ;;
  esac
  calx ls $what --case 52 --format csv --columns $columns >"$1.list"
  tail -n +2 "$1.list" | while IFS= read -r line; do
    id=${line%%,*}
    id=${id#'"'}
    printf '%s %s\n' "${id%'"'}" "$(printf %s "$line" | sha256sum | cut -c1-64)"
  done
done
rm -f "$1.list"
"#;

#[test]
fn edits_survive_kill_minus_nine() {
    let Some(tool) = tool() else { return };
    let place = Place::with_case();
    let dir = place.dir();
    let fresh = script(dir, "fresh.sh", &format!("mkdir \"$1\"\ncp -r '{}' \"$1/ws\"\n", place.path("ws")));
    let edits = script(dir, "edits.sh", &edits());
    let list = script(dir, "list.sh", LIST);
    let verify = script(dir, "verify.sh", "calx verify --deep -q -w \"$1/ws\"\n");
    let [fresh, edits, list, verify] = [fresh, edits, list, verify].map(|s| format!("{s} {{lib}}"));
    // Once undisturbed with warm caches: the tool draws its moments from the time the script takes.
    let warm = dir.join("warm");
    for line in [&fresh, &edits] {
        let line = line.replace("{lib}", &warm.display().to_string());
        run_within(Command::new("sh").args(["-c", &line]), std::time::Duration::from_secs(60)).expect(0);
    }
    let report = killtest(
        &tool,
        dir,
        if is_full() { 220 } else { 60 },
        &[
            "--fresh",
            &fresh,
            "--import",
            &edits,
            "--list",
            &list,
            "--hash",
            &list,
            "--verify",
            &verify,
            "--src",
            ".",
            "--ack",
            r"^(?:finding|statement|region|evidence) \S+ ([0-9a-f-]{36}) (?:made|unchanged)$",
            "--lost-tail",
            "0",
            "--keep-failures",
            kept("kill-edits").to_str().unwrap(),
        ],
    );
    assert_eq!(report["objects"], 12);
    assert!(report["counts"]["kills_landed"].as_u64().unwrap() >= 20, "{report}");
    assert!(report["counts"]["promises_checked"].as_u64().unwrap() > 50, "{report}");
}

#[test]
fn an_import_survives_kill_minus_nine() {
    let Some(tool) = tool() else { return };
    let place = Place::new();
    let source = place.dir().join("clean");
    for n in 0..24 {
        let folder = source.join(format!("series {}", n % 4));
        std::fs::create_dir_all(&folder).unwrap();
        let file = phantom(&["hand", "--size", "64x80", "--seed", &n.to_string()], &format!("tiny-{n}"));
        std::fs::copy(file, folder.join(format!("{n}.dcm"))).unwrap();
    }
    let fresh = script(place.dir(), "fresh.sh", "calx init \"$1\" -q\n");
    let import = script(place.dir(), "import.sh", "exec '@' import -w \"$1\" --format jsonl \"$2\"\n");
    // `exec` so that the process killed is the program itself.
    let path = place.dir().join("import.sh");
    let text =
        std::fs::read_to_string(&path).unwrap().replace("'@'", &format!("'{}'", env!("CARGO_BIN_EXE_calx")));
    std::fs::write(path, text).unwrap();
    let list = script(place.dir(), "list.sh", "calx ls instances --hash -w \"$1\"\n");
    let verify = script(place.dir(), "verify.sh", "calx verify --deep -q -w \"$1\"\n");
    let [fresh, list, verify] = [fresh, list, verify].map(|s| format!("{s} {{lib}}"));
    let report = killtest(
        &tool,
        place.dir(),
        if is_full() { 220 } else { 24 },
        &[
            "--fresh",
            &fresh,
            "--import",
            &format!("{import} {{lib}} {{src}}"),
            "--list",
            &list,
            "--hash",
            &list,
            "--verify",
            &verify,
            "--src",
            source.to_str().unwrap(),
            "--ack",
            r#""status":"(?:imported|duplicate)".*?"uid":"([^"]+)""#,
            "--keep-failures",
            kept("kill-import").to_str().unwrap(),
        ],
    );
    assert_eq!(report["objects"], 24);
}

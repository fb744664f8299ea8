//! `calx demo` at a quarter of its size: the model case with every fact the guide asks of it, and what it prints works.

use std::path::Path;

use serde_json::Value;

use crate::driver::{Place, run};

fn demo() -> (Place, String) {
    let place = Place::new();
    let mut command = place.command(&["demo", "--out", "made", "--scale", "0.25", "--renderer", "cpu"]);
    let ran = run(command.env_remove("CALX_WORKSPACE")).expect(0);
    (place, ran.out)
}

fn of(place: &Place, args: &[&str]) -> Value {
    place.ok(&[args, &["-w", "made/workspace", "--json"]].concat()).json()
}

#[test]
fn the_demo_makes_the_whole_model_case() {
    let (place, out) = demo();
    assert!(out.contains("calcified arteries"), "it says what calx is for: {out}");
    // Every path it names is there.
    let named: Vec<&str> = out.lines().map(str::trim).filter(|l| l.starts_with("made/")).collect();
    assert!(named.len() >= 3, "{out}");
    for path in named {
        assert!(place.dir().join(path).exists(), "{path} is named and not there");
    }
    let case = of(&place, &["show", "52"])["case"].take();
    let all = |key: &str| case[key].as_array().unwrap().clone();
    let statements: Vec<Value> =
        all("findings").iter().flat_map(|f| f["statements"].as_array().unwrap().clone()).collect();
    for presence in ["present", "absent", "indeterminate"] {
        assert!(statements.iter().any(|s| s["presence"] == presence), "no {presence} statement");
    }
    assert!(
        all("studies").iter().any(|s| s["images"].as_array().is_none_or(Vec::is_empty)),
        "no study of text only"
    );
    assert!(all("references").iter().all(|r| r["doi"].as_str().is_some_and(|d| d.starts_with("10."))));
    assert!(case["quiz"] == true && !all("contributors").is_empty() && case["licence"] != "");
    let kinds: std::collections::BTreeSet<String> =
        all("regions").iter().map(|r| r["shape"]["type"].as_str().unwrap().to_owned()).collect();
    assert!(kinds.len() >= 3, "regions of several kinds: {kinds:?}");
    assert_eq!(of(&place, &["case", "check", "52"])["blocking"], 0);
    assert_eq!(of(&place, &["verify", "--deep"])["whole"], true);
    println!("{} statements, {} regions, kinds {kinds:?}", statements.len(), all("regions").len());
}

#[test]
fn the_commands_the_demo_prints_work() {
    let (place, out) = demo();
    let (_, next_steps) = out.split_once("Go on with").unwrap();
    let mut tried = 0;
    for line in next_steps.lines().map(str::trim).filter(|l| l.starts_with("calx ")) {
        // The words after two blanks say what the command does.
        let command = line.split("  ").next().unwrap();
        let args: Vec<&str> = command.split_whitespace().skip(1).collect();
        place.ok(&[args.as_slice(), &["-w", "made/workspace"]].concat());
        tried += 1;
    }
    assert!(tried >= 4, "{out}");
    // The case goes on from here: undo, redo, publish, frozen.
    let before = of(&place, &["show", "52"])["case"]["findings"].take();
    place.ok(&["case", "undo", "52", "-w", "made/workspace"]);
    place.ok(&["case", "redo", "52", "-w", "made/workspace"]);
    assert_eq!(of(&place, &["show", "52"])["case"]["findings"], before);
    place.ok(&["case", "status", "52", "published", "-w", "made/workspace"]);
    let frozen = place.run(&["finding", "add", "52", "-w", "made/workspace"]);
    assert!(matches!(frozen.code, 1 | 6), "a published case is frozen: {frozen:?}");
    // A second demo beside it does not touch the first.
    place.run(&["demo", "--out", "made", "--scale", "0.25"]).expect(2);
    assert!(Path::new(&place.path("made/export/52/case.html")).exists());
}

//! The list of libraries in About against what the program is built of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use calx_app::shell::about::LIBRARIES;
use serde_json::Value;

/// `name version<TAB>licence` of everything that the program holds: normal dependencies on any system, not our own.
fn built_of() -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let out = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).unwrap();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, &Value> =
        metadata["packages"].as_array().unwrap().iter().map(|p| (text(p, "id"), p)).collect();
    let nodes: BTreeMap<String, &Value> =
        metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|n| (text(n, "id"), n)).collect();
    let start = packages.iter().find(|(_, package)| package["name"] == "calx-cli").unwrap().0.clone();
    let (mut found, mut next) = (BTreeSet::new(), vec![start]);
    while let Some(id) = next.pop() {
        if !found.insert(id.clone()) {
            continue;
        }
        for dependency in nodes[&id]["deps"].as_array().unwrap() {
            // A null kind is a normal dependency; others only build or test.
            if dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null()) {
                next.push(text(dependency, "pkg"));
            }
        }
    }
    let line = |id: &String| {
        let package = packages[id];
        let licence = match text(package, "license") {
            none if none.is_empty() => format!("see {}", text(package, "license_file")),
            named => named,
        };
        let is_ours = package["source"].is_null();
        (!is_ours).then(|| format!("{} {}\t{licence}\n", text(package, "name"), text(package, "version")))
    };
    found.iter().filter_map(line).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn about_names_what_the_program_is_built_of() {
    let built = built_of();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/shell/libraries.tsv");
    if std::env::var("CALX_BLESS").as_deref() == Ok("1") {
        std::fs::write(&file, &built).unwrap();
        return;
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (told, built) = (lines(LIBRARIES), lines(&built));
    let missing: Vec<_> = built.difference(&told).collect();
    let gone: Vec<_> = told.difference(&built).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "write the list anew with CALX_BLESS=1; missing {missing:?}, gone {gone:?}"
    );
}

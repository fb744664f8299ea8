//! The layer test: which crate may know which, and who owns an outside thing.
//!
//! It reads `cargo metadata` and the crates' files, so it needs no network, no graphics adapter and no built program.
//! The rules are the tables below; ARCHITECTURE.md draws the same picture for people. A crate that is not in a table
//! fails the test, so a new crate gets its place before it gets its first user.
//!
//! Not here: what a crate does with what it may use. Clippy (`disallowed-methods`) and review watch that.
//!
//! Invariants
//! - A normal or build edge points to a lower level: never up, never sideways.
//! - A dev edge may point sideways (a test may read a neighbour's output), never up.
//! - An outside thing with an owner is named by its owners alone, in tests too.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Where a crate stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// On a level; it may use every crate of a lower one.
    Level(u8),
    /// Beside the levels; it may use the crates of `uses` and be used by those of `used_by`.
    Aside { uses: &'static [&'static str], used_by: &'static [&'static str] },
}

/// The crates and their places.
const PLACES: &[(&str, Place)] = &[
    ("calx-geometry", Place::Level(0)),
    ("calx-model", Place::Level(1)),
    ("calx-dicom", Place::Level(2)),
    ("calx-render", Place::Level(2)),
    ("calx-tools", Place::Level(2)),
    ("calx-measure", Place::Level(2)),
    ("calx-workspace", Place::Level(3)),
    ("calx-archive", Place::Level(3)),
    ("calx-export", Place::Level(4)),
    ("calx-app", Place::Level(5)),
    ("calx-cli", Place::Level(6)),
    (
        "calx-phantom",
        Place::Aside { uses: &["calx-geometry", "calx-model", "calx-dicom"], used_by: &["calx-cli"] },
    ),
];

/// Outside things with owners. A name that ends in `*` stands for every name that begins so.
const OWNERS: &[(&str, &[&str])] = &[
    ("dicom-*", &["calx-dicom", "calx-archive"]),
    ("wgpu", &["calx-render", "calx-app"]),
    ("wgpu-*", &["calx-render", "calx-app"]),
    ("naga", &["calx-render", "calx-app"]),
    ("egui", &["calx-app"]),
    ("egui-*", &["calx-app"]),
    ("egui_*", &["calx-app"]),
    ("eframe", &["calx-app"]),
    ("winit", &["calx-app"]),
    ("rfd", &["calx-app"]),
    ("clap", &["calx-cli"]),
    ("clap_*", &["calx-cli"]),
];

/// At this length a file has a second subject.
const MOST_LINES: usize = 800;

/// How one crate names another in its manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Normal,
    Build,
    Dev,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Normal => "dependency",
            Self::Build => "build dependency",
            Self::Dev => "dev dependency",
        })
    }
}

/// One edge of the graph: `from` names `to`.
#[derive(Clone, Debug)]
struct Edge {
    from: String,
    to: String,
    kind: Kind,
}

fn place_of(name: &str) -> Option<Place> {
    PLACES.iter().find(|(known, _)| *known == name).map(|(_, place)| *place)
}

/// How high a crate stands when asked whether an edge points up. A crate aside stands one above the highest it uses.
fn height(place: Place) -> u8 {
    match place {
        Place::Level(level) => level,
        Place::Aside { uses, .. } => {
            uses.iter().filter_map(|used| place_of(used)).map(height).max().map_or(0, |highest| highest + 1)
        }
    }
}

/// Why `edge` between two crates of calx is not allowed; `None` when it is.
fn why_not_allowed(edge: &Edge) -> Option<String> {
    let Edge { from, to, kind } = edge;
    let Some(from_place) = place_of(from) else {
        return Some(format!("{from} has no place in tests/layers.rs: give it a level before it uses {to}"));
    };
    let Some(to_place) = place_of(to) else {
        return Some(format!("{to} has no place in tests/layers.rs: give it a level before {from} uses it"));
    };
    let (from_height, to_height) = (height(from_place), height(to_place));
    if *kind == Kind::Dev {
        return (to_height > from_height).then(|| {
            format!(
                "{from} (level {from_height}) → {to} (level {to_height}) as a {kind}: a test may not reach up; \
                 move it to a crate that may use both"
            )
        });
    }
    match (from_place, to_place) {
        (Place::Level(lower), Place::Level(upper)) if upper > lower => {
            Some(format!("{from} (level {lower}) → {to} (level {upper}) as a {kind}: nothing points up"))
        }
        (Place::Level(level), Place::Level(other)) if level == other => {
            Some(format!("{from} → {to} (both level {level}) as a {kind}: nothing points sideways"))
        }
        (Place::Level(_), Place::Level(_)) => None,
        (Place::Aside { uses, .. }, _) => (!uses.contains(&to.as_str()))
            .then(|| format!("{from} stands aside → {to} as a {kind}: it may use only {}", uses.join(", "))),
        (_, Place::Aside { used_by, .. }) => (!used_by.contains(&from.as_str())).then(|| {
            format!("{from} → {to}, which stands aside, as a {kind}: only {} may use it", used_by.join(", "))
        }),
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

/// Every edge the tables do not allow, one sentence each, naming both ends.
fn violations(edges: &[Edge]) -> Vec<String> {
    let mut found = Vec::new();
    for edge in edges {
        if edge.to.starts_with("calx-") {
            found.extend(why_not_allowed(edge));
        }
        for (pattern, owners) in OWNERS {
            if matches(pattern, &edge.to) && !owners.contains(&edge.from.as_str()) {
                found.push(format!(
                    "{} → {} as a {}: only {} may name {pattern}",
                    edge.from,
                    edge.to,
                    edge.kind,
                    owners.join(" and ")
                ));
            }
        }
    }
    found
}

/// Whether the manifest takes the workspace's lints.
fn takes_workspace_lints(manifest: &str) -> bool {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .any(|line| line.replace(' ', "") == "workspace=true")
}

fn workspace_root() -> PathBuf {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_dir.ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default()
}

/// The packages of the workspace (name → manifest) and every edge their manifests name.
fn read_workspace() -> Result<(BTreeMap<String, PathBuf>, Vec<Edge>), String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(workspace_root())
        .output()
        .map_err(|error| format!("cargo metadata did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cargo metadata did not print JSON: {error}"))?;
    let list =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("cargo metadata without {key}"))
    };
    let (mut manifests, mut edges) = (BTreeMap::new(), Vec::new());
    for package in list(&metadata, "packages") {
        let from = text(&package, "name")?;
        for dependency in list(&package, "dependencies") {
            let kind = match dependency.get("kind").and_then(Value::as_str) {
                None => Kind::Normal,
                Some("build") => Kind::Build,
                Some("dev") => Kind::Dev,
                Some(other) => {
                    return Err(format!("cargo metadata names an unknown kind of dependency: {other}"));
                }
            };
            edges.push(Edge { from: from.clone(), to: text(&dependency, "name")?, kind });
        }
        manifests.insert(from, PathBuf::from(text(&package, "manifest_path")?));
    }
    Ok((manifests, edges))
}

/// Every `.rs` file below `dir`, in order, without hidden folders and build outputs.
fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(dir)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                rust_files(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

#[test]
fn every_edge_points_down_and_every_owner_is_alone() {
    let (manifests, edges) = read_workspace().unwrap();
    assert!(manifests.contains_key("calx-geometry") && manifests.contains_key("calx-cli"), "{manifests:?}");
    assert!(
        edges.iter().any(|edge| edge.from == "calx-model" && edge.to == "calx-geometry"),
        "no edges were read"
    );
    let homeless: Vec<_> = manifests.keys().filter(|name| place_of(name).is_none()).collect();
    assert!(homeless.is_empty(), "without a place in tests/layers.rs: {homeless:?}");
    let found = violations(&edges);
    assert!(found.is_empty(), "the layers do not allow:\n  {}", found.join("\n  "));
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    let (manifests, _) = read_workspace().unwrap();
    let without: Vec<_> = manifests
        .iter()
        .filter(|(_, manifest)| !takes_workspace_lints(&std::fs::read_to_string(manifest).unwrap()))
        .map(|(name, _)| name)
        .collect();
    assert!(without.is_empty(), "without `[lints]` and `workspace = true`: {without:?}");
}

#[test]
fn no_file_holds_a_second_subject() {
    let mut files = Vec::new();
    let root = workspace_root();
    rust_files(&root, &mut files).unwrap();
    assert!(files.iter().any(|file| file.ends_with("tests/layers.rs")), "the walk did not find this file");
    let long: Vec<_> = files
        .iter()
        .map(|file| (std::fs::read_to_string(file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, file)| format!("{lines} lines: {}", file.strip_prefix(&root).unwrap().display()))
        .collect();
    assert!(
        long.is_empty(),
        "more than {MOST_LINES} lines; what is the second subject?\n  {}",
        long.join("\n  ")
    );
}

/// Checks that one edge is refused with a sentence that holds both names and `reason`, or allowed when `reason` is `None`.
fn check_edge(from: &str, to: &str, kind: Kind, reason: Option<&str>) {
    let found = violations(&[Edge { from: from.to_owned(), to: to.to_owned(), kind }]);
    match reason {
        None => assert!(found.is_empty(), "{from} → {to} as a {kind} is allowed, the test says {found:?}"),
        Some(reason) => {
            assert_eq!(found.len(), 1, "{from} → {to} as a {kind} is not allowed, the test says {found:?}");
            for part in [from, to, reason] {
                assert!(found.concat().contains(part), "{found:?} does not say {part:?}");
            }
        }
    }
}

#[test]
fn the_rules_refuse_a_bad_edge_and_say_why() {
    use Kind::{Build, Dev, Normal};
    // Down: allowed, from any height.
    check_edge("calx-model", "calx-geometry", Normal, None);
    check_edge("calx-cli", "calx-geometry", Normal, None);
    check_edge("calx-export", "calx-workspace", Build, None);
    // Up.
    check_edge("calx-geometry", "calx-model", Normal, Some("nothing points up"));
    check_edge("calx-dicom", "calx-workspace", Build, Some("nothing points up"));
    check_edge("calx-model", "calx-cli", Dev, Some("may not reach up"));
    // Sideways: a test may, the crate may not.
    check_edge("calx-render", "calx-dicom", Normal, Some("nothing points sideways"));
    check_edge("calx-measure", "calx-dicom", Build, Some("nothing points sideways"));
    check_edge("calx-measure", "calx-dicom", Dev, None);
    // Aside.
    check_edge("calx-phantom", "calx-dicom", Normal, None);
    check_edge("calx-cli", "calx-phantom", Normal, None);
    check_edge("calx-phantom", "calx-render", Normal, Some("it may use only"));
    check_edge("calx-workspace", "calx-phantom", Normal, Some("only calx-cli may use it"));
    check_edge("calx-workspace", "calx-phantom", Dev, None);
    check_edge("calx-dicom", "calx-phantom", Dev, Some("may not reach up"));
    // Without a place.
    check_edge("calx-new", "calx-model", Normal, Some("has no place"));
    check_edge("calx-cli", "calx-new", Normal, Some("has no place"));
    // Foreign owners, in tests too.
    check_edge(
        "calx-workspace",
        "dicom-object",
        Normal,
        Some("only calx-dicom and calx-archive may name dicom-*"),
    );
    check_edge("calx-phantom", "dicom-core", Dev, Some("may name dicom-*"));
    check_edge("calx-dicom", "dicom-core", Normal, None);
    check_edge("calx-cli", "wgpu", Normal, Some("only calx-render and calx-app may name wgpu"));
    check_edge("calx-export", "egui", Dev, Some("only calx-app may name egui"));
    check_edge("calx-render", "egui-wgpu", Normal, Some("may name egui-*"));
    check_edge("calx-workspace", "clap", Normal, Some("only calx-cli may name clap"));
    check_edge("calx-render", "wgpu", Normal, None);
    // What only sounds alike is nobody's.
    check_edge("calx-render", "epaint_default_fonts", Normal, None);
}

#[test]
fn the_lints_check_sees_a_manifest_that_opts_out() {
    assert!(takes_workspace_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"));
    assert!(!takes_workspace_lints("[package]\nname = \"a\"\n"));
    assert!(!takes_workspace_lints("[lints]\n[dependencies]\nworkspace = true\n"));
    assert!(!takes_workspace_lints("[lints.rust]\nunsafe_code = \"warn\"\n"));
}

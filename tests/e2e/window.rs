//! The window's stories on the built program, by accessible names only: from a file to an export, over a kill.
//!
//! Not here: what each control does (`calx-app`).
//!
//! Invariants
//! - What a script did is judged by the command line and the files on disk, never by the window itself.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::driver::{Place, Ran, hand, run};

/// Writes a script into the scratch folder.
fn script(place: &Place, name: &str, text: &str) -> String {
    let path = place.path(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Plays a script to its end.
#[track_caller]
fn play(place: &Place, name: &str, text: &str) -> Ran {
    let path = script(place, name, text);
    run(&mut place.command(&["--ui-script", &path, "--offscreen"])).expect(0)
}

/// Begins to play a script.
fn begin(place: &Place, name: &str, text: &str) -> Child {
    let path = script(place, name, text);
    let mut command = place.command(&["--ui-script", &path, "--offscreen"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The journals of all cases.
fn journals(place: &Place) -> Vec<PathBuf> {
    let cases = std::fs::read_dir(place.dir().join("ws/cases")).into_iter().flatten();
    cases.map(|entry| entry.unwrap().path().join("journal.jsonl")).filter(|path| path.is_file()).collect()
}

/// Lines of the journal of the only case; none before it is there.
fn lines(place: &Place) -> usize {
    let journal = journals(place).first().map(|path| std::fs::read(path).unwrap()).unwrap_or_default();
    journal.iter().filter(|byte| **byte == b'\n').count()
}

/// Ends a program as the power switch does, once the journal has so many lines; how many there were then.
#[track_caller]
fn kill_at(place: &Place, mut window: Child, wanted: usize) -> usize {
    let until = Instant::now() + Duration::from_secs(60);
    while lines(place) < wanted {
        assert!(Instant::now() < until, "{} lines and not {wanted}", lines(place));
        assert!(window.try_wait().unwrap().is_none(), "the window ended before it was killed");
        std::thread::sleep(Duration::from_millis(1));
    }
    let seen = lines(place);
    // SIGKILL: no destructor, no handler, no last word.
    window.kill().unwrap();
    window.wait().unwrap();
    seen
}

#[test]
fn from_a_file_to_an_export_by_names_alone_over_a_kill() {
    let place = Place::new();
    let begun = format!(
        "size 1440x900\nwait idle\nexpect \"No images yet\"\nclick \"Folder or file to import\"\ntype \"{}\"\nkey Enter\n\
         wait \"Study\"\nwait idle\nclick \"Study\"\nclick \"Open\"\nwait \"Viewport 1\"\nwait idle\n\
         # A window by drag, kept in the case.\n\
         drag \"Viewport 1\" -> @760,430 in 300ms\ndo viewer.keep_view\n\
         # A mark.\n\
         click \"Polygon\"\nat \"Viewport 1\" image 60,80\nat \"Viewport 1\" image 110,80\n\
         at \"Viewport 1\" image 110,140\nat \"Viewport 1\" image 60,140\nkey Enter\n\
         wait \"Region 1 in viewport 1\"\n\
         # A statement that rests on it.\n\
         click \"Add finding\"\ntype \"The radial artery is calcified.\"\nkey Ctrl+L\n\
         wait \"Statement 1.1 rests on region 1\"\nwait saved\n\
         # There and back.\n\
         click \"Select\"\nclick \"Edit menu\"\nclick \"Undo\"\nwait saved\n\
         expect no \"Statement 1.1 rests on region 1\"\n\
         click \"Edit menu\"\nclick \"Redo\"\nwait saved\nexpect \"Statement 1.1 rests on region 1\"\n\
         # One more mark, and then nothing until the power goes.\n\
         click \"Rectangle\"\ndrag \"Viewport 1\" image 130,150 -> \"Viewport 1\" image 170,190\nwait saved\nwait 60s\n",
        hand("right")
    );
    let window = begin(&place, "begun.calx", &begun);
    // Birth, study, patient, view, polygon, finding, words, link, undo, redo, rectangle.
    kill_at(&place, window, 11);
    let regions = place.rows(&["regions"]);
    let shapes: Vec<&str> = regions.iter().map(|row| row["shape"].as_str().unwrap()).collect();
    assert_eq!(shapes, ["area", "rectangle"]);
    let statements = place.rows(&["statements"]);
    assert_eq!(statements[0]["text"], "The radial artery is calcified.");
    assert_eq!(statements[0]["evidence"], serde_json::json!(["region 1", "region 2"]));

    // Half a line more, as when the power goes in the middle of a write.
    let torn = r#"{"version":1,"seq":12,"at":"2026-03-01T"#;
    let [journal] = journals(&place).try_into().unwrap();
    let mut bytes = place.journal();
    bytes.extend_from_slice(torn.as_bytes());
    std::fs::write(journal, bytes).unwrap();
    let out = place.path("öut dir");
    play(
        &place,
        "reopened.calx",
        &format!(
            "size 1440x900\nwait idle\nclick \"Case: Case 1\"\nclick \"Open\"\nwait \"Viewport 1\"\n\
             expect \"Recovered\"\nwait idle\n\
             expect \"Region 1 in viewport 1\"\nexpect \"Region 2 in viewport 1\"\n\
             expect \"Statement 1.1 rests on region 1\"\nexpect state saved\n\
             click \"File menu\"\nclick \"Export…\"\nwait frames 8\nwait idle\nclick \"Export into this folder\"\nkey Ctrl+A\ntype \"{out}\"\n\
             click \"Export now\"\nwait \"Copy the path of the export\"\n\
             key Escape\nexpect no \"Export now\"\n"
        ),
    );
    assert_eq!(place.rows(&["regions"]), regions, "nothing more, nothing less");
    assert_eq!(place.ok(&["verify", "--deep", "--json"]).json()["whole"], true);
    let exported = std::path::Path::new(&out).join("1");
    let page = std::fs::read_to_string(exported.join("case.html")).unwrap();
    assert!(page.contains("radial artery is calcified"), "the page has the words");
    let data: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(exported.join("case.json")).unwrap()).unwrap();
    assert_eq!(data["case"]["regions"].as_array().unwrap().len(), 2);
}

#[test]
fn killed_while_somebody_draws_the_window_comes_back_with_all_of_it() {
    let place = Place::with_case();
    let mut expected = 0;
    for (round, after) in [1, 3, 6].into_iter().enumerate() {
        let mut text = String::from(
            "size 1280x800\nwait idle\nclick \"Case: Case 52\"\nclick \"Open\"\nwait \"Viewport 1\"\nwait idle\n",
        );
        text += &format!("expect no \"Region {}\"\nkey P\n", expected + 1);
        for n in 0..10 {
            let (left, top) = (20 + 18 * n, 20 + 40 * round);
            for (x, y) in [(0, 0), (14, 0), (14, 14), (0, 14)] {
                text += &format!("at \"Viewport 1\" image {},{}\n", left + x, top + y);
            }
            text += "key Enter\n";
        }
        text += "wait 60s\n";
        let before = lines(&place);
        let window = begin(&place, &format!("round-{round}.calx"), &text);
        let seen = kill_at(&place, window, before + after);
        let there = lines(&place);
        assert!(there >= seen, "{there} lines after the kill, {seen} before it");
        expected += there - before;
        assert_eq!(place.rows(&["regions"]).len(), expected, "one line, one region");
        assert_eq!(place.ok(&["verify", "--deep", "--json"]).json()["whole"], true);
    }
}

/// Everything but the drawing itself with keys: a study is found, opened, marked, read, written up.
#[test]
fn a_case_is_completed_with_the_keyboard_alone() {
    let place = Place::new();
    place.ok(&["import", &hand("right")]);
    play(
        &place,
        "keys.calx",
        "size 1280x800\nwait idle\n\
         # Found by a word; Enter leaves the field, Enter opens the row.\n\
         key Ctrl+F\ntype \"hand\"\nwait idle\nkey Enter\nkey Enter\nwait \"Viewport 1\"\nwait idle\n\
         key 1\nkey Plus\nkey =\nkey P\n\
         at \"Viewport 1\" image 60,80\nat \"Viewport 1\" image 110,80\nat \"Viewport 1\" image 110,140\nkey Enter\n\
         wait saved\n\
         # Its label, a nudge, a statement that rests on it, one that rests on the image.\n\
         key Ctrl+4\nkey Alt+Shift+Right\n\
         key Ctrl+Shift+F\ntype \"Something dense.\"\nkey Ctrl+L\nwait \"Statement 1.1 rests on region 1\"\n\
         key Ctrl+Shift+S\ntype \"No bone is lost.\"\n\
         key Ctrl+K\ntype \"link the image\"\nkey Enter\n\
         key Ctrl+Enter\nwait saved\n\
         # The cursor is in the title, which is empty; then age, its unit, sex, presentation.\n\
         key F4\nwait \"Title\"\ntype \"A hand\"\nkey Tab\nkey Tab\nkey Tab\nkey Tab\ntype \"Cold fingers.\"\n\
         key F2\nwait saved\nwait \"Case: Case 1\"\nkey Ctrl+Q\n",
    );
    let case = place.case("1");
    assert_eq!(case["title"], "A hand");
    assert!(case["presentation"].to_string().contains("Cold fingers."), "{}", case["presentation"]);
    let statements = place.rows(&["statements"]);
    let said: Vec<_> = statements.iter().map(|row| (row["text"].clone(), row["evidence"].clone())).collect();
    let expected = [
        ("Something dense.".into(), serde_json::json!(["region 1"])),
        ("No bone is lost.".into(), serde_json::json!(["image 1"])),
    ];
    assert_eq!(said, expected);
    let region = place.rows(&["regions"]).remove(0);
    assert_eq!((&region["label"], &region["side"]), (&"other".into(), &"right".into()));
    assert_eq!(case["reads"][0]["result"], "marked", "{}", case["reads"]);
}

//! Exit codes, each reached for real. 70 belongs to a bug and is reached by none; 8 belongs to remote archives.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::driver::{PATH, POLYGON, Place, Ran, calx, clean, clip, hand, id, run, shared, skip, wait};

/// A failed command says what and why on stderr and prints no result.
#[track_caller]
fn fails(ran: Ran, code: i32, words: &str) {
    let ran = ran.expect(code);
    assert!(ran.out.is_empty(), "{}: a result was printed: {}", ran.line, ran.out);
    assert!(ran.err.starts_with("error: ") || ran.err.contains("\nerror: "), "{}\n{}", ran.line, ran.err);
    assert!(ran.err.contains(words), "{}: {words:?} is not in\n{}", ran.line, ran.err);
}

#[test]
fn exit_2_wrong_usage() {
    let place = Place::with_case();
    let hand = hand("right");
    fails(place.run(&["frobnicate"]), 2, "frobnicate");
    fails(place.run(&["render", &hand]), 2, "--output");
    fails(place.run(&["render", &hand, "-o", "x.png", "--window", "wide"]), 2, "minmax");
    fails(place.run(&["render", &hand, "-o", "x.png", "--frame", "0"]), 2, "frames count from 1");
    fails(place.run(&["region", "add", "52", "1", "--shape", "{}"]), 2, "polygon");
    fails(place.run(&["ls", "cases", "--columns", "colour"]), 2, "title");
    fails(place.run(&["case", "set", "52", "sex", "maybe"]), 2, "male");
    fails(place.run(&["export", "52", "-o", "out", "--as", "docx"]), 2, "docx");
    fails(place.run(&["phantom", "hand", "-o", "small", "--size", "3x3"]), 2, "64");
    fails(place.run(&["phantom", "hand", "-o", "small", "--artery", "aorta"]), 2, "radial-artery");
    fails(place.run(&["phantom", "hand", "-o", "small", "--defect", "6-radial"]), 2, "2-radial");
    fails(place.run(&["phantom", "hand", "-o", "small", "--look-alike", "left:ring"]), 2, "other hand");
    fails(place.run(&["phantom", "corpus", "-o", "small"]), 2, "--patients");
    assert!(!place.dir().join("x.png").exists() && !place.dir().join("out/52").exists());
}

#[test]
fn exit_3_not_found() {
    let place = Place::with_case();
    fails(run(calx().args(["-w", "/nowhere/ws", "ls", "cases"])), 3, "/nowhere/ws");
    let mut lost = calx();
    lost.current_dir("/").args(["ls", "cases"]);
    fails(run(&mut lost), 3, "calx init");
    fails(place.run(&["show", "99"]), 3, "99");
    fails(place.run(&["case", "log", "99"]), 3, "99");
    fails(place.run(&["region", "add", "99", "1", "--shape", PATH]), 3, "99");
    fails(place.run(&["region", "add", "52", "7", "--shape", PATH]), 3, "image 7");
    fails(place.run(&["statement", "add", "52", "4", "Words."]), 3, "finding 4");
    fails(place.run(&["evidence", "link", "52", "1.1", "--image", "1"]), 3, "1.1");
    fails(place.run(&["case", "add-study", "52", "1.2.3.4"]), 3, "1.2.3.4");
    fails(place.run(&["import", "no-such-folder"]), 3, "no-such-folder");
    fails(place.run(&["render", "no-such-file.dcm", "-o", "x.png"]), 3, "no-such-file.dcm");
    fails(place.run(&["render", "52/9", "-o", "x.png"]), 3, "image 9");
}

#[test]
fn exit_4_nothing_usable() {
    let place = Place::new();
    std::fs::create_dir(place.path("notes")).unwrap();
    std::fs::write(place.path("notes/a.txt"), "no image").unwrap();
    std::fs::write(place.path("notes/empty"), "").unwrap();
    let ran = place.run(&["import", &place.path("notes"), "--json"]).expect(4);
    assert_eq!((&ran.json()["not_dicom"], &ran.json()["imported"]), (&2.into(), &0.into()));
    let text = place.path("notes/a.txt");
    fails(place.run(&["show", &text]), 4, "DICOM");
    fails(place.run(&["show", &text, "--tags"]), 4, "DICOM");
    fails(place.run(&["render", &text, "-o", "x.png"]), 4, "DICOM");
    fails(place.run(&["render", &hand("right"), "-o", "x.png", "--frame", "2"]), 4, "frame");
    assert!(!place.dir().join("x.png").exists());
}

#[test]
fn exit_5_locked_by_another_process() {
    let place = Place::with_case();
    let lock = place.dir().join("ws/cases").join(id(0xca5e)).join("lock");
    let file = File::options().read(true).write(true).create(true).truncate(false).open(&lock).unwrap();
    file.lock().unwrap();
    let before = place.journal();
    fails(place.run(&["finding", "add", "52"]), 5, "open for writing by");
    fails(place.run(&["case", "undo", "52"]), 5, "open for writing by");
    // Reading goes on.
    place.ok(&["show", "52"]);
    place.ok(&["ls", "cases"]);
    assert!(place.journal() == before);
    drop(file);
    place.ok(&["finding", "add", "52"]);
}

#[test]
fn exit_6_pixels_that_nobody_cleared() {
    let place = Place::new();
    place.ok(&["import", &clip()]);
    place.ok(&["case", "new", "--number", "7", "--title", "Doppler"]);
    place.ok(&["case", "add-study", "7", &place.study()]);
    for target in ["html", "png"] {
        fails(place.run(&["export", "7", "-o", "out", "--as", target]), 6, "--pixels-clean");
        assert!(!place.dir().join("out/7").exists(), "a refused export leaves nothing");
    }
    place.ok(&["export", "7", "-o", "out", "--as", "html,png", "--pixels-clean", "1"]);
    let case = place.case("7");
    assert_eq!(
        case["studies"][0]["images"][0]["pixels_cleared"]["by"], "e2e",
        "the journal records who looked"
    );
}

#[test]
fn exit_6_publishing_an_incomplete_case() {
    let place = Place::with_case();
    place.ok(&["finding", "add", "52", "--image", "1"]);
    place.ok(&["statement", "add", "52", "1", "Calcified, and nothing shows it."]);
    let before = place.journal();
    let ran = place.run(&["case", "status", "52", "published"]).expect(6);
    assert!(ran.err.contains("not complete"), "{}", ran.err);
    assert!(place.journal() == before);
    let check = place.run(&["case", "check", "52", "--json"]).expect(1).json();
    assert!(check["blocking"].as_u64().unwrap() > 0);
    assert_eq!(place.case("52")["status"], "draft");
}

/// A case of a sample that does not say it is synthetic, with `words` in its title.
fn titled_after_the_patient(words: impl Fn(&serde_json::Value) -> String) -> Option<Ran> {
    let samples = shared("dicom-samples")?;
    let place = Place::new();
    let file = samples.join("ImagingDataCommons-highdicom/dx_image.dcm");
    place.ok(&["import", file.to_str().unwrap()]);
    let patient = place.rows(&["studies", "--identity"]).remove(0);
    place.ok(&["case", "new", "--number", "8", "--title", &words(&patient)]);
    place.ok(&["case", "add-study", "8", &place.study()]);
    let ran = place.run(&["export", "8", "-o", "out", "--as", "json,html", "--pixels-clean", "all"]);
    assert!(ran.code == 0 || !place.dir().join("out/8").exists(), "a refused export leaves nothing");
    Some(ran)
}

#[test]
fn exit_6_an_identity_in_an_export() {
    let number = |patient: &serde_json::Value| patient["patient_id"].as_str().unwrap_or_default().to_owned();
    let Some(ran) = titled_after_the_patient(|p| format!("Hand of patient {}", number(p))) else { return };
    let ran = ran.expect(6);
    assert!(ran.err.starts_with("error: ") && ran.out.is_empty(), "{}{}", ran.err, ran.out);
    // The same case with another title leaves.
    titled_after_the_patient(|_| "A chest".to_owned()).unwrap().expect(0);
}

#[test]
fn exit_7_no_way_to_decode() {
    let Some(samples) = shared("dicom-samples") else { return };
    let manifest = std::fs::read_to_string(samples.join("MANIFEST.tsv")).unwrap();
    let head: Vec<&str> = manifest.lines().next().unwrap().split('\t').collect();
    let syntax_at = head.iter().position(|c| *c == "transfer_syntax").unwrap();
    let place = Place::new();
    let codecs = run(calx().args(["doctor", "--json"])).json()["codecs"].as_array().unwrap().clone();
    let mut tried = 0;
    for row in manifest.lines().skip(1).map(|l| l.split('\t').collect::<Vec<_>>()) {
        let known = codecs.iter().find(|c| c["uid"] == row[syntax_at]);
        if known.is_none_or(|c| c["reads"] == true) {
            continue;
        }
        tried += 1;
        let file = samples.join(row[0]);
        let picture = place.path("x.png");
        fails(place.run(&["render", file.to_str().unwrap(), "-o", &picture]), 7, row[syntax_at]);
        assert!(!Path::new(&picture).exists());
        // What it is can be read all the same.
        place.ok(&["show", file.to_str().unwrap(), "--tags"]);
    }
    println!("{tried} samples of transfer syntaxes that are not decoded here end in exit 7");
    if tried == 0 {
        println!("skipped: every transfer syntax of the samples is decoded here");
    }
}

/// Runs a command whose files may not grow beyond `kib`, as on a full disk.
fn confined(place: &Place, kib: u32, args: &[&str]) -> Ran {
    let mut command = Command::new("sh");
    clean(&mut command);
    // Without the trap the system would end the process by a signal instead of refusing the write.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
    command.args(["-c", &script, env!("CARGO_BIN_EXE_calx"), "-w", &place.path("ws")]).args(args);
    command.current_dir(place.dir());
    run(&mut command)
}

#[test]
fn exit_9_the_disk_is_full() {
    let place = Place::with_marks();
    let (before, case) = (place.journal(), place.case("52"));
    // The copy of this file does not fit; nothing of it may count as imported.
    let left = hand("left");
    let ran = confined(&place, 40, &["import", &left]).expect(9);
    assert!(ran.err.contains("error: "), "{}", ran.err);
    place.ok(&["verify", "--deep"]);
    assert_eq!(place.rows(&["instances"]).len(), 1, "an unacknowledged file counts");
    place.ok(&["import", &left]);
    assert_eq!(place.rows(&["instances"]).len(), 2);
    // A journal that cannot grow: the edit is refused, what was there stays.
    let long = "word ".repeat(4000);
    let ran = confined(&place, 8, &["statement", "add", "52", "1", &long]);
    fails(ran, 9, "unchanged");
    assert!(place.journal() == before, "half a row stayed");
    assert_eq!(place.case("52"), case);
    // A picture that cannot be written leaves neither picture nor unfinished file.
    fails(confined(&place, 4, &["render", "52/1", "-o", "full.png", "--renderer", "cpu"]), 9, "");
    let left_behind: Vec<_> =
        std::fs::read_dir(place.dir()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left_behind, ["ws"], "unfinished files stay behind");
    place.ok(&["statement", "add", "52", "1", "There is room again."]);
    place.ok(&["verify", "--deep"]);
}

#[test]
fn exit_9_output_that_nobody_can_take() {
    let place = Place::with_case();
    let hand = hand("right");
    fails(place.run(&["render", &hand, "-o", "/dev/null/x.png", "--renderer", "cpu"]), 9, "");
    fails(place.run(&["phantom", "hand", "--size", "64x80", "-o", "/dev/null/x"]), 9, "");
    fails(place.run(&["ls", "cases", "--log-file", "/dev/null/log"]), 9, "log");
    fails(place.run(&["export", "52", "-o", "/dev/null/x", "--as", "json", "--pixels-clean", "all"]), 9, "");
    if !Path::new("/dev/full").exists() {
        skip("no /dev/full here");
        return;
    }
    for args in [["ls", "cases", "--json"], ["show", "52", "--json"], ["ls", "cases", "--format=csv"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut child = place.command(&args).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let code = wait(&mut child, Duration::from_secs(30));
        assert_eq!(code, 9, "{args:?} onto a full disk");
    }
}

#[test]
fn exit_1_some_items_failed() {
    let place = Place::new();
    let good = hand("right");
    let bytes = std::fs::read(&good).unwrap();
    std::fs::create_dir(place.path("in")).unwrap();
    std::fs::write(place.path("in/good.dcm"), &bytes).unwrap();
    std::fs::write(place.path("in/torn.dcm"), &std::fs::read(hand("left")).unwrap()[..bytes.len() / 2])
        .unwrap();
    let ran = place.run(&["import", &place.path("in"), "--json"]).expect(1).json();
    assert_eq!((&ran["imported"], &ran["damaged"]), (&1.into(), &1.into()));
    let issues = place.rows(&["issues"]);
    assert_eq!(issues.len(), 1);
    // Quiet leaves results and errors: which file failed is an error.
    let other = Place::new();
    let quiet = other.run(&["import", &place.path("in"), "-q"]).expect(1);
    assert!(
        quiet.out.is_empty() && quiet.err.lines().count() == 1 && quiet.err.contains("torn.dcm"),
        "{quiet:?}"
    );
    assert_eq!(issues[0]["status"], "damaged");
    // Several inputs, one of them without a picture: the others are drawn, the exit tells.
    let torn = place.path("in/torn.dcm");
    let ran = place.run(&["render", &good, &torn, "-o", "pictures/", "--renderer", "cpu"]).expect(1);
    assert!(ran.err.contains("torn.dcm"), "{}", ran.err);
    assert_eq!(std::fs::read_dir(place.path("pictures")).unwrap().count(), 1);
    // An edit the document refuses is one failed item too.
    let place = Place::with_marks();
    let outside = r#"{"type":"polygon","points":[[200,250],[400,250],[400,280]]}"#;
    fails(place.run(&["region", "add", "52", "1", "--label", "other", "--shape", outside]), 1, "");
    fails(
        place.run(&["region", "add", "52", "1", "--label", "vessel course", "--shape", POLYGON]),
        1,
        "vessel course",
    );
    fails(
        place.run(&["evidence", "link", "52", "1.1", "--region", "2", "--words", "absent words"]),
        1,
        "absent words",
    );
}

#[test]
fn exit_130_interrupted() {
    let place = Place::new();
    let folder = place.dir().join("in");
    std::fs::create_dir(&folder).unwrap();
    let first = folder.join("00000.dcm");
    std::fs::copy(hand("right"), &first).unwrap();
    let files = 4000;
    for n in 1..files {
        std::fs::hard_link(&first, folder.join(format!("{n:05}.dcm"))).unwrap();
    }
    let mut command = place.command(&["import", "in", "--format", "jsonl"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut rows = BufReader::new(child.stdout.take().unwrap());
    let mut row = String::new();
    rows.read_line(&mut row).unwrap();
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    rows.read_to_string(&mut row).unwrap();
    let code = wait(&mut child, Duration::from_secs(60));
    let done = row.lines().count();
    assert_eq!(code, 130, "after {done} of {files} rows");
    assert!(done < files, "all rows were told after the interruption");
    // What was acknowledged is kept; the same import again goes on.
    place.ok(&["verify", "--deep"]);
    assert_eq!(place.rows(&["instances"]).len(), 1);
    assert_eq!(place.rows(&["runs"])[0]["interrupted"], true);
    let again = place.ok(&["import", "in", "--json"]).json();
    assert_eq!((&again["files"], &again["duplicate"]), (&files.into(), &files.into()));
}

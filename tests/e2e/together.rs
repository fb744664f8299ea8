//! Several processes at once, and a journal that a dying process left torn.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use crate::driver::{Place, hand, id, wait};

/// Starts all commands before waiting for any; exit codes in order.
fn at_once(place: &Place, commands: &[Vec<String>]) -> Vec<i32> {
    let mut children: Vec<_> = commands
        .iter()
        .map(|args| place.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    children.iter_mut().map(|child| wait(child, Duration::from_secs(60))).collect()
}

fn words(line: &[&str]) -> Vec<String> {
    line.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn writers_of_one_case_take_turns_or_are_told() {
    let place = Place::with_case();
    let commands: Vec<Vec<String>> =
        (0..12).map(|n| words(&["finding", "add", "52", "--id", &id(0xf00 + n)])).collect();
    let codes = at_once(&place, &commands);
    assert!(codes.iter().all(|code| matches!(code, 0 | 5)), "{codes:?}");
    let made = codes.iter().filter(|code| **code == 0).count();
    assert!(made > 0);
    let rows = place.rows(&["findings"]);
    assert_eq!(rows.len(), made, "what was acknowledged is there, what was refused is not: {codes:?}");
    for (code, args) in codes.iter().zip(&commands) {
        let is_there = rows.iter().any(|row| row["id"] == args[4].as_str());
        assert_eq!(is_there, *code == 0, "{args:?}");
    }
    // The refused ones again: a rerun of the script completes it.
    commands.iter().for_each(|args| drop(place.ok(&args.iter().map(String::as_str).collect::<Vec<_>>())));
    assert_eq!(place.rows(&["findings"]).len(), commands.len());
    place.ok(&["verify"]);
    println!("{made} of {} at once, the others were told the case is open", commands.len());
}

#[test]
fn cases_begun_at_once_get_numbers_of_their_own() {
    let place = Place::new();
    let commands: Vec<Vec<String>> =
        (0..8).map(|n| words(&["case", "new", "--title", &format!("Case {n}")])).collect();
    let codes = at_once(&place, &commands);
    assert!(codes.iter().all(|code| matches!(code, 0 | 5)), "{codes:?}");
    let mut numbers: Vec<u64> =
        place.rows(&["cases"]).iter().map(|r| r["number"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    let made = u64::try_from(codes.iter().filter(|code| **code == 0).count()).unwrap();
    assert_eq!(numbers, (1..=made).collect::<Vec<_>>());
}

#[test]
fn imports_of_the_same_files_at_once_store_them_once() {
    let place = Place::new();
    let commands: Vec<Vec<String>> =
        (0..4).map(|_| words(&["import", &hand("right"), &hand("left")])).collect();
    let codes = at_once(&place, &commands);
    assert!(codes.iter().all(|code| matches!(code, 0 | 5)) && codes.contains(&0), "{codes:?}");
    assert_eq!(place.rows(&["instances"]).len(), 2);
    let verified = place.ok(&["verify", "--deep", "--json"]).json();
    assert_eq!((&verified["files"], &verified["whole"]), (&2.into(), &true.into()));
}

#[test]
fn a_torn_last_row_is_cut_and_told_and_everything_before_it_stays() {
    let place = Place::with_marks();
    let (case, whole) = (place.case("52"), place.journal());
    let path = place.dir().join("ws/cases").join(id(0xca5e)).join("journal.jsonl");
    let mut journal = std::fs::File::options().append(true).open(&path).unwrap();
    journal.write_all(&whole[whole.len() - 200..whole.len() - 40]).unwrap();
    drop(journal);
    // Reading needs no repair.
    assert_eq!(place.case("52"), case);
    place.ok(&["verify"]);
    let ran = place.ok(&["finding", "add", "52"]);
    assert!(ran.err.contains("160 bytes of an unfinished last journal line were cut"), "{}", ran.err);
    let after = place.journal();
    assert!(after.starts_with(&whole) && after.len() > whole.len());
    place.ok(&["case", "undo", "52"]);
    assert_eq!(place.case("52"), case);
    // A row that was changed afterwards is damage, and is told as such: nothing is guessed.
    let mut broken = place.journal();
    let middle = broken.len() / 2;
    broken[middle..middle + 8].copy_from_slice(b"########");
    std::fs::write(&path, &broken).unwrap();
    let told = place.run(&["verify"]).expect(1);
    assert!(told.out.contains("journal"), "{}", told.out);
    let refused = place.run(&["finding", "add", "52"]).expect(1);
    assert!(refused.err.starts_with("error: "), "{}", refused.err);
    assert_eq!(place.journal(), broken, "a damaged journal is not written to");
}

#[test]
fn the_workspace_is_the_flag_then_the_variable_then_the_nearest_parent() {
    let place = Place::with_case();
    place.ok(&["init", "other"]);
    let deep = place.dir().join("ws/cases");
    let here = |args: &[&str], variable: Option<&str>| {
        let mut command = place.command(args);
        command.current_dir(&deep).env_remove("CALX_WORKSPACE");
        variable.map(|dir| command.env("CALX_WORKSPACE", place.path(dir)));
        crate::driver::run(&mut command).expect(0).json()["rows"].as_array().unwrap().len()
    };
    assert_eq!(here(&["ls", "cases", "--json"], None), 1, "the nearest parent");
    assert_eq!(here(&["ls", "cases", "--json"], Some("other")), 0, "the variable goes before the parent");
    let ws = place.path("ws");
    assert_eq!(
        here(&["ls", "cases", "--json", "-w", &ws], Some("other")),
        1,
        "the flag goes before the variable"
    );
}

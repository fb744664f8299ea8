//! The folder of an export: one writer at a time, whole or not at all, nothing beside it afterwards.

use std::fs;
use std::path::Path;

use calx_export::error::ExportErrorKind;
use calx_export::{ExportError, OutputFolder};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_second_export_to_one_target_leaves_the_first_alone() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("52");
    let mut first = OutputFolder::begin(&target, false).unwrap();
    first.write("images/image-1.png", b"first").unwrap();
    for force in [false, true] {
        let error = OutputFolder::begin(&target, force).unwrap_err();
        assert!(matches!(error, ExportError::Busy { .. }), "{error}");
        assert_eq!(error.kind(), ExportErrorKind::Busy);
        assert!(error.hint().is_some());
    }
    // Targets with names that begin alike are others.
    OutputFolder::begin(&folder.path().join("5"), false).unwrap();
    OutputFolder::begin(&folder.path().join("52.x"), false).unwrap();
    first.write("case.json", b"{}").unwrap();
    first.finish().unwrap();
    assert_eq!(fs::read(target.join("images/image-1.png")).unwrap(), b"first");
    assert_eq!(names(folder.path()), ["52"]);
    drop(OutputFolder::begin(&target, true).unwrap());
    assert_eq!(names(folder.path()), ["52"], "what was given up leaves nothing, and the target stands");
    assert_eq!(names(&target), ["case.json", "images"]);
}

#[test]
fn many_at_once_end_in_one_whole_export() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("52");
    let done: Vec<bool> = std::thread::scope(|scope| {
        let run = |n: u32| {
            let mut out = match OutputFolder::begin(&target, true) {
                Ok(out) => out,
                Err(ExportError::Busy { .. }) => return false,
                Err(error) => panic!("{error:?}"),
            };
            for image in 1..=20 {
                out.write(&format!("images/image-{image}.png"), &n.to_le_bytes()).unwrap();
            }
            out.finish().unwrap();
            true
        };
        let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || run(n))).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(done.contains(&true), "nobody came through");
    assert_eq!(names(folder.path()), ["52"]);
    let images: Vec<_> =
        (1..=20).map(|i| fs::read(target.join(format!("images/image-{i}.png"))).unwrap()).collect();
    assert!(images.iter().all(|bytes| *bytes == images[0]), "two exports are mixed: {images:?}");
}

/// What a run leaves that was killed: its lock file, which nobody holds, and folders of the same id.
fn killed(folder: &Path, name: &str) -> String {
    let stem = format!("{name}.{}", "0123456789abcdef".repeat(2));
    fs::write(folder.join(format!("{stem}.lock")), b"").unwrap();
    fs::create_dir_all(folder.join(format!("{stem}.partial/images"))).unwrap();
    stem
}

#[test]
fn what_a_killed_export_left_goes_with_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let other = killed(folder.path(), "53");
    killed(folder.path(), "52");
    let target = folder.path().join("52");
    let mut out = OutputFolder::begin(&target, false).unwrap();
    out.write("case.json", b"{}").unwrap();
    out.finish().unwrap();
    assert_eq!(names(folder.path()), ["52".to_owned(), format!("{other}.lock"), format!("{other}.partial")]);
    // Something of a person in it is no leftover to clear away.
    fs::write(folder.path().join(format!("{other}.partial/thesis.txt")), "mine").unwrap();
    let error = OutputFolder::begin(&folder.path().join("53"), true).unwrap_err();
    assert!(matches!(error, ExportError::NotAnExport { .. }), "{error}");
    assert!(folder.path().join(format!("{other}.partial/thesis.txt")).exists());
}

#[test]
fn an_export_killed_while_it_replaced_another_gives_the_earlier_one_back() {
    let folder = tempfile::tempdir().unwrap();
    let stem = killed(folder.path(), "52");
    let aside = folder.path().join(format!("{stem}.previous.partial"));
    fs::create_dir(&aside).unwrap();
    fs::write(aside.join("case.json"), b"earlier").unwrap();
    let target = folder.path().join("52");
    let error = OutputFolder::begin(&target, false).unwrap_err();
    assert!(matches!(error, ExportError::Exists { .. }), "{error}");
    assert_eq!(fs::read(target.join("case.json")).unwrap(), b"earlier");
    assert_eq!(names(folder.path()), ["52"]);
}

#[test]
fn a_target_that_appears_meanwhile_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("52");
    for force in [false, true] {
        let mut out = OutputFolder::begin(&target, force).unwrap();
        out.write("case.json", b"{}").unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(target.join("thesis.txt"), "mine").unwrap();
        let error = out.finish().unwrap_err();
        assert_eq!(error.kind(), ExportErrorKind::Usage, "{error}");
        assert_eq!(names(&target), ["thesis.txt"]);
        assert_eq!(names(folder.path()), ["52"]);
        fs::remove_dir_all(&target).unwrap();
    }
}

/// Files that people put beside those of an export are not deleted with it, wherever they lie.
#[test]
fn what_people_put_into_an_export_is_not_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("52");
    let names = [
        "case.html",
        "case.json",
        "images/image-1.png",
        "images/image-12-frame-7-marks.png",
        "sr/case.dcm",
        "sr/measurements-2.dcm",
        "seg/image-1.dcm",
        "gsps/image-10.dcm",
        "kos/keys-1.dcm",
    ];
    let export = || {
        let mut out = OutputFolder::begin(&target, true)?;
        names.iter().try_for_each(|name| out.write(name, b"x"))?;
        out.finish()
    };
    for _ in 0..2 {
        export().unwrap();
    }
    for mine in [
        "sr/mine.txt",
        "sr/measurements-02.dcm",
        "sr/keys-1.dcm",
        "seg/image-.dcm",
        "images/image-1-marks2.png",
        "images/deep/image-1.png",
        "gsps/case.json",
        "notes/",
        "kos/old/",
        "case.json.bak",
    ] {
        let path = target.join(mine);
        if mine.ends_with('/') {
            fs::create_dir_all(&path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "mine").unwrap();
        }
        let error = export().unwrap_err();
        assert!(matches!(error, ExportError::NotAnExport { .. }), "{mine}: {error}");
        assert!(path.exists(), "{mine}");
        match path.parent().filter(|parent| parent.ends_with("deep")) {
            Some(deep) => fs::remove_dir_all(deep).unwrap(),
            None if path.is_dir() => fs::remove_dir(&path).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/", target.join("seg/image-2.dcm")).unwrap();
        assert!(matches!(export().unwrap_err(), ExportError::NotAnExport { .. }));
        fs::remove_file(target.join("seg/image-2.dcm")).unwrap();
    }
    export().unwrap();
}

#[test]
fn what_is_given_up_leaves_no_folder_above_it() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a/b/52");
    let mut out = OutputFolder::begin(&target, false).unwrap();
    out.write("case.json", b"{}").unwrap();
    drop(out);
    assert_eq!(names(folder.path()), Vec::<String>::new());
    // What somebody else put there meanwhile stays.
    let out = OutputFolder::begin(&target, false).unwrap();
    fs::write(folder.path().join("a/mine.txt"), "mine").unwrap();
    drop(out);
    assert_eq!(names(&folder.path().join("a")), ["mine.txt"]);
    OutputFolder::begin(&target, false).unwrap().finish().unwrap();
    assert!(target.is_dir());
}

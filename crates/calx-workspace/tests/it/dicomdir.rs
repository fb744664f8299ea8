//! A DICOMDIR stands for the files it names, inside its folder and nowhere else.

use std::fs;
use std::path::PathBuf;

use calx_workspace::{FileOutcome, FileStatus};

use crate::support::{Fresh, Tiny, element, fate, import, samples};

/// A DICOMDIR of image records with these File IDs; a leading `-` marks one that is not in use.
fn dicomdir(ids: &[&str]) -> Vec<u8> {
    let class = b"1.2.840.10008.1.3.10";
    let mut meta = element(0x0002, 0x0001, "OB", &[0, 1]);
    meta.extend(element(0x0002, 0x0002, "UI", class));
    meta.extend(element(0x0002, 0x0003, "UI", b"1.2.3.77"));
    meta.extend(element(0x0002, 0x0010, "UI", b"1.2.840.10008.1.2.1"));
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    out.extend(element(0x0002, 0x0000, "UL", &u32::try_from(meta.len()).unwrap().to_le_bytes()));
    out.extend(meta);
    out.extend(element(0x0004, 0x1130, "CS", b"CD"));
    let mut items = Vec::new();
    for id in ids {
        let in_use = if id.starts_with('-') { 0_u16 } else { 0xffff };
        let mut record = element(0x0004, 0x1400, "UL", &[0; 4]);
        record.extend(element(0x0004, 0x1410, "US", &in_use.to_le_bytes()));
        record.extend(element(0x0004, 0x1430, "CS", if id.is_empty() { b"PATIENT" } else { b"IMAGE" }));
        if !id.is_empty() {
            record.extend(element(0x0004, 0x1500, "CS", id.trim_start_matches('-').as_bytes()));
        }
        items.extend([0xfe, 0xff, 0x00, 0xe0]);
        items.extend(u32::try_from(record.len()).unwrap().to_le_bytes());
        items.extend(record);
    }
    out.extend(element(0x0004, 0x1220, "SQ", &items));
    out
}

/// A disc with three images under names as file systems change them.
fn disc(ids: &[&str]) -> (Fresh, PathBuf) {
    let fresh = Fresh::new();
    fresh.put("cd/IMAGES/IM1", &Tiny::new("1.2.3.4").bytes());
    fresh.put("cd/images2/im2.;1", &Tiny::new("1.2.3.5").bytes());
    fresh.put("cd/IMAGES/NOT_NAMED", &Tiny::new("1.2.3.6").bytes());
    fresh.put("outside.dcm", &Tiny::new("1.2.3.7").bytes());
    let path = fresh.put("cd/DICOMDIR", &dicomdir(ids));
    (fresh, path)
}

fn run(fresh: &Fresh, sources: &[PathBuf]) -> Vec<FileOutcome> {
    let (dry, told) = import(&fresh.workspace, sources, |options| options.dry_run = true).unwrap();
    let (summary, files) = import(&fresh.workspace, sources, |_| {}).unwrap();
    assert_eq!((dry.counts, told), (summary.counts, files.clone()), "a dry run says the same");
    files
}

#[test]
fn the_files_it_names_are_imported_and_no_others() {
    let (fresh, path) =
        disc(&["", "IMAGES\\IM1", "IMAGES2\\IM2", "IMAGES\\im1 ", "-IMAGES\\NOT_NAMED", "IMAGES\\GONE"]);
    let files = run(&fresh, &[path]);
    assert_eq!(files.len(), 4, "each once: {files:#?}");
    assert_eq!(fate(&files, "DICOMDIR"), (FileStatus::NotDicom, "dicomdir"));
    assert_eq!(fate(&files, "IM1"), (FileStatus::Imported, ""));
    assert_eq!(fate(&files, "im2.;1"), (FileStatus::Imported, ""));
    assert_eq!(fate(&files, "IMAGES/GONE"), (FileStatus::Failed, "missing_file"));
    assert!(files[0].text.contains("4 files"), "{}", files[0].text);
}

#[test]
fn no_name_leads_out_of_its_folder() {
    let (fresh, path) = disc(&[
        "..\\outside.dcm",
        "IMAGES\\..\\..\\outside.dcm",
        "/etc/passwd",
        "\\etc\\passwd",
        "C:\\boot.ini",
        "IMAGES",
        "IMAGES\\IM1\\IM1",
        "DICOMDIR",
    ]);
    let files = run(&fresh, &[path]);
    let reasons: Vec<_> = files.iter().map(|file| file.reason.as_str()).collect();
    let astray = ["unsafe_reference"; 5];
    assert_eq!(reasons[..6], [&["dicomdir"][..], &astray].concat()[..], "{files:#?}");
    assert_eq!(reasons[6..], ["not_a_file", "missing_file"]);
    assert!(fresh.workspace.instances(None).unwrap().is_empty());
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_only() {
    use std::os::unix::fs::symlink;
    let (fresh, path) = disc(&["LINK", "OUT", "DIR\\outside.dcm", "DIR\\OUTSIDE.DCM", "LOOP"]);
    let cd = path.parent().unwrap();
    symlink("IMAGES/IM1", cd.join("LINK")).unwrap();
    symlink("../outside.dcm", cd.join("OUT")).unwrap();
    symlink("..", cd.join("DIR")).unwrap();
    symlink("LOOP", cd.join("LOOP")).unwrap();
    let files = run(&fresh, &[path]);
    assert_eq!(fate(&files, "IMAGES/IM1"), (FileStatus::Imported, ""));
    assert_eq!(fate(&files, "OUT"), (FileStatus::Failed, "unsafe_reference"));
    assert_eq!(fate(&files, "DIR/outside.dcm"), (FileStatus::Failed, "unsafe_reference"));
    assert_eq!(fate(&files, "LOOP").0, FileStatus::Failed);
    assert_eq!(fresh.workspace.instances(None).unwrap().len(), 1);
}

#[test]
fn met_in_a_folder_it_is_an_index_and_beside_its_folder_nothing_is_told_twice() {
    let (fresh, path) = disc(&["IMAGES\\IM1", "IMAGES\\GONE"]);
    let cd = path.parent().unwrap().to_path_buf();
    let files = run(&fresh, std::slice::from_ref(&cd));
    assert_eq!(files.len(), 4, "{files:#?}");
    assert_eq!(fate(&files, "DICOMDIR"), (FileStatus::NotDicom, "dicomdir"));
    let index = files.iter().find(|file| file.path == path).unwrap();
    let gone = format!("named and not there: {}", cd.join("IMAGES/GONE").display());
    assert_eq!(index.notices, [gone], "what is missing is told there too");
    let files = run(&fresh, &[cd.join("IMAGES"), path]);
    let told: Vec<_> = files.iter().filter(|file| file.path.ends_with("IM1")).collect();
    assert_eq!((files.len(), told.len()), (4, 1), "{files:#?}");
}

#[test]
fn what_only_has_the_name_is_read_as_what_it_is() {
    let fresh = Fresh::new();
    let image = fresh.put("a/DICOMDIR", &Tiny::new("1.2.3.4").bytes());
    let words =
        fresh.put("b/dicomdir", b"not a DICOM file at all, just some words in a row, long enough to be read");
    let mut cut = dicomdir(&["IMAGES\\IM1"]);
    cut.truncate(cut.len() - 4);
    let cut = fresh.put("c/DICOMDIR", &cut);
    let files = run(&fresh, &[image, words, cut]);
    assert_eq!(fate(&files, "a/DICOMDIR"), (FileStatus::Imported, ""));
    assert_eq!(fate(&files, "b/dicomdir"), (FileStatus::NotDicom, "not_dicom"));
    assert_eq!(fate(&files, "c/DICOMDIR"), (FileStatus::NotDicom, "dicomdir"));
}

#[test]
fn a_disc_of_the_samples_is_the_same_by_its_dicomdir_and_by_its_folder() {
    let Some(samples) = samples() else { return };
    let disc = samples.join("pydicom-pydicom/dicomdir-tree");
    if !disc.is_dir() {
        println!("skipped: no DICOMDIR among the samples");
        return;
    }
    let (by_index, by_folder) = (Fresh::new(), Fresh::new());
    let files = run(&by_index, &[disc.join("DICOMDIR")]);
    assert!(files.iter().filter(|file| file.status == FileStatus::Imported).count() > 20, "{}", files.len());
    run(&by_folder, &[disc]);
    let rows = |fresh: &Fresh| fresh.workspace.instances(None).unwrap();
    assert_eq!(rows(&by_index), rows(&by_folder));
    assert!(fs::read_dir(by_index.workspace.root().join("objects/incoming")).unwrap().next().is_none());
}

//! What is withdrawn is gone from every file; what nothing needs can be removed.

use std::fs;
use std::path::PathBuf;

use calx_model::StudyInstanceUid;
use calx_workspace::{AddStudy, Choice, ErrorClass, Forgotten, VerifyOptions, WorkspaceError, durable};
use uuid::Uuid;

use crate::support::{Fresh, Tiny, import, new_case, stamp, tree};

/// Patient 17 with one study and a case on it, patient 18 with another study and case.
fn two_patients() -> Fresh {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny { description: "Gangrene", ..Tiny::new("1.2.3.4") }.bytes());
    fresh.put("b.dcm", &Tiny { description: "Gangrene", fill: 9, ..Tiny::new("1.2.3.4") }.bytes());
    let patient = ("18", "ROE^RICHARD", "19600101");
    let other = Tiny { study: "1.2.9.1", series: "1.2.9.1.1", patient, fill: 8, ..Tiny::new("1.2.9.4") };
    fresh.put("c.dcm", &other.bytes());
    fresh.import();
    for (id, study) in [(1, "1.2.3.1"), (2, "1.2.9.1")] {
        let mut writer = fresh.workspace.create_case(new_case(id, "Hands"), stamp(0)).unwrap();
        let mut number = id * 0x1000;
        let mut ids = || {
            number += 1;
            Uuid::from_u128(number)
        };
        let study = AddStudy::all(StudyInstanceUid::new(study).unwrap());
        let proposal = fresh.workspace.add_study(writer.document().case(), &study, &mut ids).unwrap();
        writer.commit(proposal.edit, stamp(1)).unwrap();
    }
    fresh
}

/// Files of the workspace, whichever, that hold these bytes or are named so.
fn holding(fresh: &Fresh, bytes: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![fresh.workspace.root().to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let within = path.strip_prefix(fresh.workspace.root()).unwrap().to_string_lossy().into_owned();
            let content = if path.is_dir() { Vec::new() } else { fs::read(&path).unwrap() };
            if [&content[..], within.as_bytes()].iter().any(|b| b.windows(bytes.len()).any(|w| w == bytes)) {
                found.push(path.clone());
            }
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    found
}

fn holds(fresh: &Fresh, bytes: &[u8]) -> bool {
    !holding(fresh, bytes).is_empty()
}

/// Lets what was just written count as settled, so that its source is remembered.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(2_100));
}

#[test]
fn nothing_that_names_a_patient_is_left_in_any_file() {
    let fresh = Fresh::new();
    let jane = Tiny {
        patient: ("PAT-0815", "DOE^JANE", "19500101"),
        description: "Gangrene",
        ..Tiny::new("1.2.3.4")
    };
    let richard = ("18", "ROE^RICHARD", "19600101");
    let other =
        Tiny { study: "1.2.9.1", series: "1.2.9.1.1", patient: richard, fill: 8, ..Tiny::new("1.2.9.4") };
    fresh.put("Doe_Jane/a.dcm", &jane.bytes());
    fresh.put("Doe_Jane/b.dcm", &Tiny { fill: 9, ..jane.clone() }.bytes());
    fresh.put("Doe_Jane/letter.txt", b"words that are no DICOM file, in a row, long enough to be looked at");
    fresh.put("mixed/a.dcm", &Tiny { number: 2, ..jane.clone() }.bytes());
    fresh.put("mixed/c.dcm", &other.bytes());
    settle();
    let ws = &fresh.workspace;
    for source in ["Doe_Jane", "mixed", "Doe_Jane/a.dcm"] {
        import(ws, &[fresh.src().join(source)], |options| {
            options.exclude = vec!["*PAT-0815*.tmp".to_owned()];
        })
        .unwrap();
    }
    import(ws, &[fresh.src()], |_| {}).unwrap();
    let uid = calx_model::SopInstanceUid::new("1.2.3.4").unwrap();
    let digest = ws.conflict(&uid).unwrap().candidates[0].sha256.clone();
    ws.resolve(&uid, &Choice::Take(digest), true, stamp(0)).unwrap();
    // A case that showed it once and shows another patient now.
    let mut writer = ws.create_case(new_case(1, "Hands"), stamp(0)).unwrap();
    let mut number = 0x1000;
    let mut ids = || {
        number += 1;
        Uuid::from_u128(number)
    };
    let study = AddStudy::all(StudyInstanceUid::new("1.2.3.1").unwrap());
    let proposal = ws.add_study(writer.document().case(), &study, &mut ids).unwrap();
    writer.commit(proposal.edit, stamp(1)).unwrap();
    writer.undo(stamp(2)).unwrap();
    drop(writer);
    ws.refresh_search().unwrap();
    // An object that a killed import left, and things put aside.
    let unfiled = ws.root().join("objects/ab").join(format!("{}.dcm", "cd".repeat(31)));
    fs::create_dir_all(unfiled.parent().unwrap()).unwrap();
    fs::write(&unfiled, Tiny { number: 3, ..jane.clone() }.bytes()).unwrap();
    fs::create_dir_all(ws.root().join("quarantine")).unwrap();
    fs::write(ws.root().join("quarantine/half"), &jane.bytes()[..500]).unwrap();
    fs::write(ws.root().join("quarantine/of-another"), b"nobody").unwrap();
    fs::write(ws.root().join("objects/incoming/r-1-1.partial"), jane.bytes()).unwrap();
    fs::copy(ws.root().join("catalogue.sqlite"), ws.root().join("catalogue.before-9.sqlite")).unwrap();
    let traces: [&[u8]; 8] = [
        b"DOE^JANE",
        b"Gangrene",
        b"1.2.3.4",
        b"1.2.3.1",
        b"19500101",
        b"PAT-0815",
        b"Doe_Jane",
        b"letter.txt",
    ];
    for trace in traces {
        assert!(holds(&fresh, trace), "{}", String::from_utf8_lossy(trace));
    }
    let whom = Forgotten::Patient("PAT-0815".to_owned());
    let plan = ws.forget(&whom).unwrap();
    assert_eq!((plan.instances, plan.cases.len()), (1, 1), "{plan:?}");
    for trace in traces {
        assert_eq!(holding(&fresh, trace), Vec::<PathBuf>::new(), "{}", String::from_utf8_lossy(trace));
    }
    // The other patient is all there, and so is what the runs were asked about them.
    assert!(holds(&fresh, b"ROE^RICHARD") && holds(&fresh, b"nobody"));
    assert_eq!(ws.instances(None).unwrap().len(), 1);
    assert_eq!(ws.runs().unwrap().len(), 4);
    let kept = fresh.src().display().to_string();
    assert!(holds(&fresh, kept.as_bytes()), "the folder that holds others too is still known");
    let after = ws.verify(VerifyOptions { deep: true }).unwrap();
    assert!(after.is_whole() && after.notes.is_empty() && after.leftovers.is_empty(), "{after:?}");
}

#[test]
fn forgetting_that_was_cut_off_is_ended_by_the_next() {
    let fresh = two_patients();
    let ws = &fresh.workspace;
    let whom = Forgotten::Patient("17".to_owned());
    // As if it had been cut off after the rows were gone.
    fs::write(ws.root().join("forget.unfinished"), b"").unwrap();
    assert!(!ws.verify(VerifyOptions { deep: false }).unwrap().is_whole());
    let plan = ws.forget(&whom).unwrap();
    assert_eq!(plan.instances, 1);
    assert!(!ws.root().join("forget.unfinished").exists());
    fs::write(ws.root().join("forget.unfinished"), b"").unwrap();
    assert_eq!(ws.forget(&whom).unwrap(), Default::default(), "what is left of it is done");
    assert!(ws.forget(&whom).is_err());
    assert!(ws.verify(VerifyOptions { deep: false }).unwrap().is_whole());
}

#[test]
fn a_patient_is_forgotten_in_every_file() {
    let fresh = two_patients();
    let ws = &fresh.workspace;
    fs::copy(ws.root().join("catalogue.sqlite"), ws.root().join("catalogue.before-9.sqlite")).unwrap();
    let whom = Forgotten::Patient("17".to_owned());
    let plan = ws.plan_forget(&whom).unwrap();
    assert_eq!((plan.studies.len(), plan.instances, plan.objects.len()), (1, 1, 2), "{plan:?}");
    assert_eq!(plan.cases.len(), 1);
    assert!(holds(&fresh, b"DOE^JANE") && holds(&fresh, b"Gangrene"), "a plan removes nothing");
    assert_eq!(ws.forget(&whom).unwrap(), plan);
    for trace in [&b"DOE^JANE"[..], b"Gangrene", b"1.2.3.4\0", b"19500101"] {
        assert!(!holds(&fresh, trace), "{}", String::from_utf8_lossy(trace));
    }
    assert!(holds(&fresh, b"ROE^RICHARD"));
    assert_eq!(ws.instances(None).unwrap().len(), 1);
    assert_eq!(ws.case_ids().unwrap().len(), 1);
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
    let gone = ws.forget(&whom).unwrap_err();
    assert!(matches!(gone, WorkspaceError::NotFound { what: "patient", .. }), "{gone:?}");
    assert!(!gone.to_string().contains("17"), "a message names no patient: {gone}");
    // The source is untouched; importing it again is a new beginning.
    let (summary, _) = fresh.import();
    assert_eq!((summary.counts.imported, summary.counts.conflict), (1, 1));
}

#[test]
fn a_study_is_forgotten_and_a_case_in_use_stops_it_before_anything_goes() {
    let fresh = two_patients();
    let ws = &fresh.workspace;
    let whom = Forgotten::Study(StudyInstanceUid::new("1.2.9.1").unwrap());
    let plan = ws.plan_forget(&whom).unwrap();
    let before = tree(ws.root());
    let held = fresh.again().write_case(plan.cases[0].0).unwrap();
    let refused = ws.forget(&whom).unwrap_err();
    assert_eq!(refused.class(), ErrorClass::Busy, "{refused}");
    assert_eq!(tree(ws.root()).len(), before.len());
    drop(held);
    ws.forget(&whom).unwrap();
    assert!(!holds(&fresh, b"ROE^RICHARD") && holds(&fresh, b"DOE^JANE"));
}

#[test]
fn a_study_of_two_patients_is_not_forgotten_with_one() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    let patient = ("18", "ROE^RICHARD", "19600101");
    fresh.put("b.dcm", &Tiny { patient, ..Tiny::new("1.2.3.5") }.bytes());
    fresh.import();
    let refused = fresh.workspace.forget(&Forgotten::Patient("18".to_owned())).unwrap_err();
    assert_eq!(refused.class(), ErrorClass::Refused);
    assert_eq!(fresh.workspace.instances(None).unwrap().len(), 2);
}

#[test]
fn a_referenced_file_stays_where_it_is() {
    let fresh = Fresh::new();
    let file = fresh.put("a.dcm", &Tiny::new("1.2.3.4").bytes());
    import(&fresh.workspace, &[fresh.src()], |o| o.mode = calx_workspace::ImportMode::Reference).unwrap();
    let plan = fresh.workspace.forget(&Forgotten::Patient("17".to_owned())).unwrap();
    assert_eq!((plan.referenced.len(), plan.objects.len()), (1, 0));
    assert!(file.is_file());
    assert!(!holds(&fresh, b"DOE^JANE"));
}

#[test]
fn rubbish_goes_and_an_object_that_may_be_needed_stays() {
    let fresh = two_patients();
    let ws = &fresh.workspace;
    let object = |name: &str, bytes: &[u8]| {
        let path = ws.root().join("objects").join(&name[..2]).join(format!("{}.dcm", &name[2..]));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    };
    let known = object(&"ab".repeat(32), &Tiny { fill: 3, ..Tiny::new("1.2.3.4") }.bytes());
    let broken = object(&"cd".repeat(32), b"not DICOM");
    let unknown = object(&"ef".repeat(32), &Tiny::new("1.2.3.77").bytes());
    let partial = ws.root().join("objects/incoming/r-1-1.partial");
    fs::write(&partial, b"half").unwrap();
    let would = ws.gc(true).unwrap();
    assert!(known.is_file() && partial.is_file());
    let done = ws.gc(false).unwrap();
    assert_eq!(done, would);
    assert_eq!(done.files, std::slice::from_ref(&partial));
    assert!(!partial.exists() && known.is_file() && broken.is_file() && unknown.is_file());
    let whys = ["is known with other bytes", "cannot be read", "not in the catalogue"];
    assert_eq!(done.kept.len(), whys.len(), "{:?}", done.kept);
    for (kept, why) in done.kept.iter().zip(whys) {
        assert!(kept.contains(why), "{kept}");
    }
    fs::remove_file(&broken).unwrap();
    ws.rebuild_catalogue().unwrap();
    assert_eq!(ws.instances(None).unwrap().len(), 3);
    let copy = ws.root().join("catalogue.before-rebuild.sqlite");
    assert_eq!(ws.gc(false).unwrap().files, [copy], "what was filed stays");
    assert!(ws.verify(VerifyOptions { deep: false }).unwrap().is_whole());
}

/// Instance 1.2.3.4 counts for Jane; a file with its UID says that it is Richard's, and is kept beside it.
fn a_file_of_another_beside() -> (Fresh, Vec<u8>, Vec<u8>) {
    let fresh = Fresh::new();
    let janes = Tiny::new("1.2.3.4").bytes();
    let richard = ("18", "ROE^RICHARD", "19600101");
    let richards = Tiny { patient: richard, fill: 9, ..Tiny::new("1.2.3.4") }.bytes();
    fresh.put("a.dcm", &janes);
    fresh.import();
    fresh.put("b.dcm", &richards);
    let (summary, _) = fresh.import();
    assert_eq!(summary.counts.conflict, 1);
    (fresh, janes, richards)
}

#[test]
fn a_file_that_does_not_count_goes_with_the_patient_it_names() {
    let (fresh, janes, _) = a_file_of_another_beside();
    let ws = &fresh.workspace;
    let mut writer = ws.create_case(new_case(1, "Hands"), stamp(0)).unwrap();
    let mut number = 0x1000;
    let mut ids = || {
        number += 1;
        Uuid::from_u128(number)
    };
    let study = AddStudy::all(StudyInstanceUid::new("1.2.3.1").unwrap());
    let proposal = ws.add_study(writer.document().case(), &study, &mut ids).unwrap();
    writer.commit(proposal.edit, stamp(1)).unwrap();
    drop(writer);
    let plan = ws.forget(&Forgotten::Patient("18".to_owned())).unwrap();
    assert_eq!((plan.instances, plan.objects.len(), plan.cases.len()), (0, 1, 0), "{plan:?}");
    assert!(!holds(&fresh, b"ROE^RICHARD"));
    assert!(holds(&fresh, &janes));
    assert_eq!(ws.instances(None).unwrap().len(), 1);
    let after = ws.verify(VerifyOptions { deep: true }).unwrap();
    assert!(after.is_whole() && after.notes.is_empty(), "{after:?}");
    let gone = ws.forget(&Forgotten::Patient("18".to_owned())).unwrap_err();
    assert!(matches!(gone, WorkspaceError::NotFound { .. }), "{gone:?}");
}

#[test]
fn a_file_of_another_stays_and_counts_when_the_one_that_counted_goes() {
    let (fresh, _, richards) = a_file_of_another_beside();
    let ws = &fresh.workspace;
    let plan = ws.forget(&Forgotten::Patient("17".to_owned())).unwrap();
    assert_eq!((plan.instances, plan.objects.len()), (1, 1), "{plan:?}");
    assert!(!holds(&fresh, b"DOE^JANE"));
    assert!(holds(&fresh, &richards));
    let left = ws.instances(None).unwrap();
    assert_eq!(left.len(), 1, "what stays is filed");
    assert!(ws.plan_forget(&Forgotten::Patient("18".to_owned())).is_ok_and(|plan| plan.instances == 1));
    assert!(ws.verify(VerifyOptions { deep: true }).unwrap().is_whole());
}

#[test]
fn a_removal_that_was_cut_off_leaves_no_journal_of_a_case() {
    let fresh = two_patients();
    let ws = &fresh.workspace;
    let whom = Forgotten::Patient("17".to_owned());
    let case = ws.plan_forget(&whom).unwrap().cases[0].0;
    let dir = ws.root().join("cases").join(case.to_string());
    let gone = dir.with_extension("partial");
    // As if it had been cut off once the folder had its unfinished name.
    durable::rename(&dir, &gone).unwrap();
    ws.forget(&whom).unwrap();
    assert!(!gone.exists());
    for folder in ["", "playlists", "cases"] {
        fs::write(ws.root().join(folder).join("x.jsonl.partial"), b"half").unwrap();
    }
    let options = VerifyOptions { deep: false };
    let found = ws.verify(options).unwrap();
    assert_eq!(found.leftovers.len(), 3);
    let report = ws.repair(&found, options).unwrap();
    assert_eq!((report.mended.len(), report.left.len()), (1, 0), "{report:?}");
    assert!(ws.verify(options).unwrap().leftovers.is_empty());
    // What somebody is just writing stays, and is not said to be gone.
    let playlist = calx_model::PlaylistId::from(Uuid::from_u128(9));
    let writing = ws.create_playlist(playlist, "Teaching", calx_model::PlayOrder::Listed, stamp(0)).unwrap();
    fs::write(ws.root().join("playlists").join(format!("{playlist}.jsonl.partial")), b"half").unwrap();
    let found = ws.verify(options).unwrap();
    let report = ws.repair(&found, options).unwrap();
    assert_eq!((report.mended.len(), report.left.len()), (0, 1), "{report:?}");
    drop(writing);
}

#[test]
fn a_case_that_does_not_replay_goes_with_what_was_put_aside_of_it() {
    let fresh = two_patients();
    let ws = &fresh.workspace;
    let whom = Forgotten::Patient("17".to_owned());
    let cases = ws.plan_forget(&whom).unwrap().cases;
    let (case, number, title) = cases[0].clone();
    assert_eq!((number.is_some(), title.as_str()), (true, "Hands"));
    let journal = ws.root().join("cases").join(case.to_string()).join("journal.jsonl");
    let mut bytes = b"no row at all\n".to_vec();
    bytes.extend(fs::read(&journal).unwrap());
    fs::write(&journal, bytes).unwrap();
    let aside = ws.root().join("quarantine");
    fs::create_dir_all(&aside).unwrap();
    let torn = aside.join(format!("torn-cases-{case}-journal.jsonl"));
    let snapshot = aside.join(format!("cases-{case}-case.json.2"));
    let of_another = aside.join(format!("torn-cases-{}-journal.jsonl", Uuid::from_u128(77)));
    for path in [&torn, &snapshot, &of_another] {
        fs::write(path, b"half a row: Jane was here").unwrap();
    }
    let plan = ws.forget(&whom).unwrap();
    assert_eq!(plan.cases, [(case, None, String::new())]);
    assert!(!journal.exists() && !torn.exists() && !snapshot.exists());
    assert!(of_another.exists());
}

#[test]
fn no_bytes_go_for_a_name_or_a_number_in_them() {
    let fresh = Fresh::new();
    let ann = Tiny { patient: ("1950", "LI^AN", "19500101"), ..Tiny::new("1.2.3.4") };
    fresh.put("a.dcm", &ann.bytes());
    fresh.import();
    let ws = &fresh.workspace;
    let aside = ws.root().join("quarantine");
    fs::create_dir_all(&aside).unwrap();
    let put = |name: &str, bytes: &[u8]| {
        fs::write(aside.join(name), bytes).unwrap();
        aside.join(name)
    };
    let letter = put("letter", b"to An Li, of whom we heard");
    let other = put("other", b"olivia and anders, born 1950-01-01, 1.2.1950.7");
    let richard = ("18", "ROE^RICHARD", "19600101");
    let mixed = put("mixed", &Tiny { patient: richard, ..ann.clone() }.bytes());
    let hers = put("hers", &Tiny { fill: 9, ..ann.clone() }.bytes());
    let half = put("half", b"\x08\x00\x18\x001.2.3.4\0 and what was behind it");
    let plan = ws.forget(&Forgotten::Patient("1950".to_owned())).unwrap();
    assert_eq!(plan.doubtful, [letter.clone(), mixed.clone()]);
    assert!(letter.exists() && other.exists() && mixed.exists());
    assert!(!hers.exists() && !half.exists());
}

#[test]
fn a_number_that_is_nobodys_or_of_several_people_is_not_forgotten_just_so() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny { patient: ("", "DOE^JANE", "19500101"), ..Tiny::new("1.2.3.4") }.bytes());
    let jane = Tiny { study: "1.2.9.1", series: "1.2.9.1.1", ..Tiny::new("1.2.9.4") };
    let spelled = Tiny { patient: ("17", "Doe^Jane^", "19500101"), ..Tiny::new("1.2.9.5") };
    fresh.put("b.dcm", &jane.bytes());
    fresh.put("c.dcm", &Tiny { study: jane.study, series: jane.series, ..spelled }.bytes());
    fresh.import();
    let ws = &fresh.workspace;
    for blank in ["", "  "] {
        let refused = ws.forget(&Forgotten::Patient(blank.to_owned())).unwrap_err();
        assert!(matches!(refused, WorkspaceError::BlankPatient), "{refused:?}");
    }
    let whom = Forgotten::Patient("17".to_owned());
    assert_eq!(ws.plan_forget(&whom).unwrap().people.len(), 1, "spelling makes no other person");
    let patient = ("17", "ROE^RICHARD", "19600101");
    let other = Tiny { study: "1.2.8.1", series: "1.2.8.1.1", patient, ..Tiny::new("1.2.8.4") };
    fresh.put("d.dcm", &other.bytes());
    fresh.import();
    let refused = ws.forget(&whom).unwrap_err();
    assert_eq!(refused.class(), ErrorClass::Refused, "{refused}");
    assert!(!refused.to_string().contains("ROE"), "{refused}");
    assert_eq!(ws.instances(None).unwrap().len(), 4);
    let plan = ws.forget(&Forgotten::Everyone("17".to_owned())).unwrap();
    assert_eq!((plan.instances, plan.people.len()), (3, 2));
    assert_eq!(ws.instances(None).unwrap().len(), 1);
}

#[test]
fn a_run_is_not_gone_on_with_once_something_was_forgotten() {
    let fresh = two_patients();
    let ws = &fresh.workspace;
    let run = ws.runs().unwrap()[0].run.clone();
    let catalogue = rusqlite::Connection::open(ws.root().join("catalogue.sqlite")).unwrap();
    catalogue.execute("UPDATE import_runs SET finished = NULL", []).unwrap();
    drop(catalogue);
    assert_eq!(ws.run_plan("last").unwrap().run, run);
    ws.forget(&Forgotten::Patient("17".to_owned())).unwrap();
    for asked in ["last", &run] {
        let error = ws.run_plan(asked).unwrap_err();
        assert!(matches!(&error, WorkspaceError::ForgottenSince { run: of } if *of == run), "{error}");
        assert_eq!(error.class(), ErrorClass::Refused);
        assert!(error.to_string().contains("calx forget"), "{error}");
    }
    // Also when the catalogue was made anew; a new import can be gone on with.
    ws.rebuild_catalogue().unwrap();
    assert!(matches!(ws.run_plan(&run), Err(WorkspaceError::ForgottenSince { .. })));
    let (summary, _) = fresh.import();
    assert!(ws.run_plan(&summary.run).is_ok());
}

#[test]
fn what_lies_strange_in_the_folder_and_names_them_is_told() {
    let fresh = two_patients();
    let ws = &fresh.workspace;
    let report = ws.root().join("report.csv");
    fs::write(&report, "path,status,uid\n/d/a.dcm,imported,1.2.3.4\n").unwrap();
    fs::write(ws.root().join("notes.txt"), "of nobody").unwrap();
    fs::create_dir(ws.root().join("export")).unwrap();
    fs::write(ws.root().join("catalogue.before-9.sqlite"), "1.2.3.4").unwrap();
    let plan = ws.plan_forget(&Forgotten::Patient("17".to_owned())).unwrap();
    assert_eq!(plan.strange, [ws.root().join("export"), report.clone()]);
    assert_eq!(ws.forget(&Forgotten::Patient("17".to_owned())).unwrap().strange, plan.strange);
    assert!(report.is_file(), "it is not the workspace's to remove");
}

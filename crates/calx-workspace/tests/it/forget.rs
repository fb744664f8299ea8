//! What is withdrawn is gone from every file; what nothing needs can be removed.

use std::fs;

use calx_model::StudyInstanceUid;
use calx_workspace::{AddStudy, ErrorClass, Forgotten, VerifyOptions, WorkspaceError};
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

/// Whether any file of the workspace holds these bytes, the catalogue's included.
fn holds(fresh: &Fresh, bytes: &[u8]) -> bool {
    let mut files: Vec<Vec<u8>> = tree(fresh.workspace.root()).into_iter().map(|(_, bytes)| bytes).collect();
    for name in ["catalogue.sqlite", "catalogue.sqlite-wal", "catalogue.before-9.sqlite"] {
        files.extend(fs::read(fresh.workspace.root().join(name)));
    }
    files.iter().any(|file| file.windows(bytes.len()).any(|window| window == bytes))
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
    assert_eq!(done.files, [known.clone(), broken.clone(), partial.clone()]);
    assert!(!known.exists() && !broken.exists() && !partial.exists() && unknown.is_file());
    assert!(done.kept[0].contains("rebuild-catalogue"), "{:?}", done.kept);
    ws.rebuild_catalogue().unwrap();
    assert_eq!(ws.instances(None).unwrap().len(), 3);
    assert!(ws.gc(false).unwrap().files.is_empty());
    assert!(ws.verify(VerifyOptions { deep: false }).unwrap().is_whole());
}

//! From the catalogue to a case.

use calx_model::{
    BurnedIn, Case, Edit, SopInstanceUid, SpacingBasis, StudyInstanceUid, StudyTime, WindowChoice,
};
use calx_workspace::{AddStudy, ErrorClass, Found, WorkspaceError};
use uuid::Uuid;

use crate::support::{Fresh, SEGMENTATION, Tiny, new_case, stamp};

fn two_studies(patient: (&'static str, &'static str, &'static str)) -> Fresh {
    let fresh = Fresh::new();
    let second = Tiny { number: 2, ..Tiny::new("1.2.3.5") };
    fresh.put("a.dcm", &second.bytes());
    fresh.put("b.dcm", &Tiny::new("1.2.3.4").bytes());
    let other = Tiny { study: "1.2.9.1", series: "1.2.9.1.1", patient, ..Tiny::new("1.2.9.4") };
    fresh.put("c.dcm", &other.bytes());
    fresh.import();
    fresh
}

fn ids() -> impl FnMut() -> Uuid {
    let mut n = 0x1000;
    move || {
        n += 1;
        Uuid::from_u128(n)
    }
}

fn study(uid: &str) -> AddStudy {
    AddStudy::all(StudyInstanceUid::new(uid).unwrap())
}

#[test]
fn a_study_becomes_a_study_of_the_case() {
    let fresh = two_studies(("17", "Doe^Jane", ""));
    let ws = &fresh.workspace;
    let mut writer = ws.create_case(new_case(1, "Hands"), stamp(0)).unwrap();
    let proposal = ws.add_study(writer.document().case(), &study("1.2.3.1"), &mut ids()).unwrap();
    assert_eq!(proposal.patient.age.unwrap().to_string(), "74 y");
    assert!(proposal.left_out.is_empty() && proposal.record.is_none());
    writer.commit(proposal.edit, stamp(1)).unwrap();
    let case: Case = writer.document().case().clone();
    let added = &case.studies[0];
    assert_eq!((added.title.as_str(), added.modality.as_str()), ("Both hands", "DX"));
    assert_eq!(added.when, StudyTime::Date { date: jiff::civil::date(2024, 2, 3) });
    assert_eq!(added.id.0, Uuid::from_u128(0x1001));
    let images: Vec<_> = added.images.iter().map(|i| i.source.as_str()).collect();
    assert_eq!(images, ["1.2.3.4", "1.2.3.5"], "by InstanceNumber");
    let image = &added.images[0];
    assert_eq!((image.rows, image.columns, image.frames, image.display.frame), (4, 4, 1, 1));
    assert_eq!(image.spacing.as_ref().unwrap().basis, SpacingBasis::Detector);
    assert_eq!(image.header_side, Some(calx_model::Side::Right));
    assert_eq!(image.view_position.as_deref(), Some("PA"));
    assert_eq!((image.burned_in, image.synthetic), (BurnedIn::No, false));
    assert_eq!(image.display.window, WindowChoice::Default);
    let text = serde_json::to_string(&case).unwrap();
    assert!(!text.contains("DOE") && !text.contains("\"17\""), "no identity in the case");
    let again = ws.add_study(&case, &study("1.2.3.1"), &mut ids());
    assert!(matches!(again, Err(WorkspaceError::StudyInCase(_))));
    // The same person in another spelling.
    let second = ws.add_study(&case, &study("1.2.9.1"), &mut ids()).unwrap();
    assert!(matches!(second.edit, Edit::AddStudy { index: 1, .. }));
}

#[test]
fn masks_are_objects_beside_the_images_and_lend_them_no_modality() {
    let fresh = Fresh::new();
    fresh.put("a.dcm", &Tiny { modality: "US", ..Tiny::new("1.2.3.4") }.bytes());
    // Before the image in every order.
    let mask =
        Tiny { class: SEGMENTATION, modality: "SEG", series: "1.2.3.1.0", number: 0, ..Tiny::new("1.2.3.3") };
    fresh.put("b.dcm", &mask.bytes());
    let (summary, _) = fresh.import();
    assert_eq!((summary.counts.imported, summary.new_images), (2, 1));
    let ws = &fresh.workspace;
    let totals = ws.totals().unwrap();
    assert_eq!((totals.instances, totals.images), (2, 1));
    let row = ws.studies().unwrap().remove(0);
    assert_eq!((row.instances, row.images), (2, 1));
    let writer = ws.create_case(new_case(1, "Duplex"), stamp(0)).unwrap();
    let proposal = ws.add_study(writer.document().case(), &study("1.2.3.1"), &mut ids()).unwrap();
    let Edit::AddStudy { study: added, .. } = proposal.edit else { panic!("one edit") };
    let images: Vec<_> = added.images.iter().map(|image| image.source.as_str()).collect();
    assert_eq!((added.modality.as_str(), images.as_slice()), ("US", ["1.2.3.4"].as_slice()));
    let left = &proposal.left_out[0];
    assert_eq!((left.instance.as_str(), left.reason), ("1.2.3.3", "no_image"));
    assert!(left.text.contains("a segmentation"), "{}", left.text);
}

#[test]
fn a_study_of_another_patient_is_refused_until_confirmed() {
    let fresh = two_studies(("18", "ROE^RICHARD", "19600101"));
    let ws = &fresh.workspace;
    let mut writer = ws.create_case(new_case(1, "Hands"), stamp(0)).unwrap();
    let proposal = ws.add_study(writer.document().case(), &study("1.2.3.1"), &mut ids()).unwrap();
    writer.commit(proposal.edit, stamp(1)).unwrap();
    let case = writer.document().case().clone();
    let error = ws.add_study(&case, &study("1.2.9.1"), &mut ids()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Refused);
    let text = error.to_string();
    assert!(text.contains("PatientID (0010,0020)") && text.contains("•••"), "{text}");
    for secret in ["17", "18", "DOE", "ROE", "1950", "1960"] {
        assert!(!text.replace("(0010,0010)", "").contains(secret), "{secret} in {text}");
    }
    let confirmed = AddStudy { other_patient_confirmed: true, ..study("1.2.9.1") };
    let proposal = ws.add_study(&case, &confirmed, &mut ids()).unwrap();
    assert_eq!(proposal.record.as_deref(), Some("study of another patient confirmed"));
}

#[test]
fn chosen_instances_keep_their_order() {
    let fresh = two_studies(("17", "DOE^JANE", ""));
    let ws = &fresh.workspace;
    let writer = ws.create_case(new_case(1, "Hands"), stamp(0)).unwrap();
    let uids = |list: &[&str]| Some(list.iter().map(|u| SopInstanceUid::new(u).unwrap()).collect());
    let chosen = AddStudy {
        instances: uids(&["1.2.3.5", "1.2.3.4"]),
        title: Some("Right hand".to_owned()),
        ..study("1.2.3.1")
    };
    let proposal = ws.add_study(writer.document().case(), &chosen, &mut ids()).unwrap();
    let Edit::AddStudy { study: added, .. } = proposal.edit else { panic!("one edit") };
    assert_eq!((added.title.as_str(), added.images[0].source.as_str()), ("Right hand", "1.2.3.5"));
    let strange = AddStudy { instances: uids(&["1.2.9.4"]), ..study("1.2.3.1") };
    let error = ws.add_study(writer.document().case(), &strange, &mut ids()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::NotFound);
}

#[test]
fn uids_are_found_by_prefix_and_an_exact_one_wins() {
    let fresh = two_studies(("17", "DOE^JANE", ""));
    let ws = &fresh.workspace;
    assert_eq!(ws.find_study("1.2.9").unwrap().as_str(), "1.2.9.1");
    assert!(
        matches!(ws.find_study("1.2"), Err(WorkspaceError::Ambiguous { candidates, .. }) if candidates.len() == 2)
    );
    assert!(matches!(ws.find_study("1.3"), Err(WorkspaceError::NotFound { .. })));
    assert_eq!(ws.find_instance("1.2.3.5").unwrap().as_str(), "1.2.3.5");
    assert!(matches!(ws.lookup("1.2.9.1").unwrap(), Found::Study(uid) if uid.as_str() == "1.2.9.1"));
    assert!(matches!(ws.lookup("1.2.9.4").unwrap(), Found::Instance(_)));
    assert!(matches!(ws.lookup("1.2.9.1.1").unwrap(), Found::Series(_)));
    let run = ws.runs().unwrap()[0].run.clone();
    assert_eq!(ws.lookup(&run).unwrap(), Found::Run(run));
    assert!(matches!(ws.lookup("../x"), Err(WorkspaceError::BadId(_))));
}

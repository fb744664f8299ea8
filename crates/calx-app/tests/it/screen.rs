//! The first screen: clicking, pointing and the keyboard do the same in every host.

use std::collections::BTreeSet;

use calx_app::{RgbaPicture, Selection};
use calx_model::{CaseField, CaseStatus, Edit, ImageField, RegionId};

use crate::host::{Host, Kind, id};

fn window() -> Host {
    Host::new(Kind::Closure, [1000.0, 700.0])
}

fn regions(numbers: &[u128]) -> BTreeSet<RegionId> {
    numbers.iter().map(|n| id(5, *n)).collect()
}

#[test]
fn what_a_case_says_is_there_by_name() {
    let host = window();
    for name in [
        "1.1 Calcified radial artery (present) regions 1, 2",
        "1.2 Nothing destroyed (absent) no region",
        "2.1 Bone loss (present) region 3",
        "Region 1: calcified stretch rectangle",
        "Image 1",
        "Image 2",
        "Image in view",
        "2 marks, side not known",
        "3 regions, 0 unlinked",
        "Key image",
    ] {
        assert!(host.names().contains(&name), "{name:?} is not among {:?}", host.names());
    }
}

#[test]
fn clicking_a_statement_selects_its_regions_and_shows_their_image() {
    let mut host = window();
    assert_eq!(host.shell.selection().image, Some(id(2, 1)));
    host.click("1.1 Calcified");
    assert_eq!(host.shell.selection().statement, Some(id(6, 1)));
    assert_eq!(host.shell.selection().regions, regions(&[1, 2]));
    assert_eq!(host.shell.selection().image, Some(id(2, 1)));
    host.click("2.1 Bone loss");
    assert_eq!(host.shell.selection().regions, regions(&[3]));
    assert_eq!(host.shell.selection().image, Some(id(2, 2)), "the image of its region is shown");
    host.click("1.2 Nothing");
    assert_eq!(host.shell.selection().regions, regions(&[]));
    assert_eq!(host.shell.selection().image, Some(id(2, 2)), "nothing to show, so the image stays");
}

#[test]
fn pointing_at_a_statement_or_region_brightens_it_for_as_long() {
    let mut host = window();
    host.point_at("1.1 Calcified");
    assert_eq!(host.shell.selection().hovered, regions(&[1, 2]));
    assert_eq!(host.shell.selection().regions, regions(&[]), "pointing selects nothing");
    host.point_at("Region 3");
    assert_eq!(host.shell.selection().hovered, regions(&[3]));
    host.point_at("Image in view");
    assert_eq!(host.shell.selection().hovered, regions(&[]));
}

#[test]
fn a_region_is_selected_alone_and_keeps_its_statement() {
    let mut host = window();
    host.click("1.1 Calcified");
    host.click("Region 2");
    assert_eq!(host.shell.selection().regions, regions(&[2]));
    assert_eq!(host.shell.selection().statement, Some(id(6, 1)), "it rests on the region");
    host.click("Region 3");
    assert_eq!(host.shell.selection().statement, None);
    assert_eq!(host.shell.selection().image, Some(id(2, 2)));
    host.click("Image in view");
    assert_eq!(host.shell.selection().regions, regions(&[]));
}

#[test]
fn the_keyboard_does_what_the_pointer_does() {
    let mut host = window();
    let mut reached = false;
    for _ in 0..12 {
        host.key(egui::Key::Tab);
        if host.shell.selection().hovered == regions(&[1, 2]) {
            reached = true;
            break;
        }
    }
    assert!(reached, "focus never reached the statement");
    host.key(egui::Key::Space);
    assert_eq!(host.shell.selection().statement, Some(id(6, 1)));
}

#[test]
fn an_edit_goes_through_the_services_and_its_refusal_is_told() {
    let mut host = window();
    host.click("Key image");
    let expected = Edit::SetImage { image: id(2, 1), field: ImageField::Key(true) };
    assert_eq!(host.memory.edits, [expected]);
    assert!(host.memory.case.image(id(2, 1)).unwrap().key);
    host.memory.disk_is_full = true;
    host.click("Key image");
    assert_eq!(host.memory.edits.len(), 1);
    assert!(host.shell.told().unwrap().contains("disk full"));
    assert!(host.names().iter().any(|name| name.contains("disk full")), "{:?}", host.names());
    host.memory.disk_is_full = false;
    host.click("Key image");
    assert_eq!((host.memory.edits.len(), host.shell.told()), (2, None));
}

#[test]
fn a_published_case_offers_no_edit() {
    let mut host = window();
    host.memory.case.apply(&Edit::SetCase { field: CaseField::Status(CaseStatus::Published) }).unwrap();
    host.click("Key image");
    assert_eq!((host.memory.edits.len(), host.shell.told()), (0, None));
}

#[test]
fn a_picture_is_asked_for_once_and_again_when_its_display_changes() {
    let mut host = window();
    for _ in 0..5 {
        host.pass(vec![]);
    }
    assert_eq!(host.memory.pictures, [id(2, 1)]);
    host.memory.case.studies[0].images[0].display.invert = true;
    host.pass(vec![]);
    assert_eq!(host.memory.pictures.len(), 2);
    host.click("Image 2");
    assert_eq!(host.memory.pictures, [id(2, 1), id(2, 1), id(2, 2)]);
}

#[test]
fn what_the_case_loses_is_let_go() {
    let mut host = window();
    host.click("2.1 Bone loss");
    let case = &mut host.memory.case;
    case.apply(&case.delete_region(id(5, 3)).unwrap()).unwrap();
    case.apply(&case.delete_finding(id(4, 2)).unwrap()).unwrap();
    case.apply(&Edit::RemoveImage { image: id(2, 2) }).unwrap();
    host.pass(vec![]);
    let left = Selection { image: Some(id(2, 1)), ..Selection::default() };
    assert_eq!(*host.shell.selection(), left);
}

#[test]
fn two_hosts_give_the_same_state() {
    let mut hosts = [window(), Host::new(Kind::Loop, [1400.0, 900.0])];
    for host in &mut hosts {
        host.click("1.1 Calcified");
        host.click("Key image");
        host.click("Region 3");
        host.click("Key image");
        host.point_at("1.1 Calcified");
    }
    let [a, b] = hosts;
    assert_eq!(a.shell.selection(), b.shell.selection());
    assert_eq!((a.memory.case, a.memory.edits), (b.memory.case, b.memory.edits));
}

#[test]
fn a_picture_of_another_size_is_refused() {
    assert!(RgbaPicture::new(2, 2, vec![0; 16]).is_ok());
    assert!(RgbaPicture::new(2, 2, vec![0; 15]).is_err());
    assert!(RgbaPicture::new(0, 2, vec![]).is_err());
    assert!(RgbaPicture::new(u32::MAX, u32::MAX, vec![0; 16]).is_err());
}

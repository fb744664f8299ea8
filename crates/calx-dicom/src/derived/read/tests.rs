//! Damage and exchange are told, what archives do to objects is not.

use std::path::{Path, PathBuf};

use calx_geometry::{Area, Mask, Outline};
use calx_model::{RichText, Shape};
use dicom_core::{DataElement, VR};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use super::super::testing::{Sample, at};
use super::super::{Kinds, NewObject, write_derived};
use super::*;
use crate::write::WriteError;

const SEGMENTATION: &str = "seg/image-1.dcm";
const DOCUMENT: &str = "sr/case.dcm";

/// A case with masks on two images, and its objects in a folder.
struct Exported {
    sample: Sample,
    folder: tempfile::TempDir,
}

impl Exported {
    fn new() -> Self {
        let mut sample = Sample::of(&["hand_right_small", "hand_signed"]);
        let speckled =
            |columns, rows| Mask::from_bits(columns, rows, |x, y| (x * 7 + y * 13) % 5 == 0).unwrap();
        sample.mark(0, Shape::Mask(speckled(199, 255)), "calcified stretch");
        let corners = [(10.0, 10.0), (83.5, 12.0), (80.0, 77.25)].map(|(x, y)| at(x, y));
        sample.mark(0, Shape::Area(Area::from_outline(Outline::new(corners.to_vec()).unwrap())), "bone loss");
        sample.mark(0, Shape::Mask(speckled(20, 20)), "other");
        sample.mark(1, Shape::Mask(speckled(99, 3)), "other");
        sample.case.discussion = RichText::plain("Two vessels.\n\nBoth are calcified. 動脈");
        let folder = tempfile::tempdir().unwrap();
        let kinds = Kinds { sr: true, seg: true, ..Kinds::default() };
        write_derived::<WriteError>(&sample.root(), kinds, &mut |object: NewObject| {
            let path = folder.path().join(&object.name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &object.bytes).unwrap();
            Ok(())
        })
        .unwrap();
        Self { sample, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, more: &[&Path], changed: Changed) -> Result<Read<Case>, ReadAnnotationError> {
        let own = [SEGMENTATION, "seg/image-2.dcm"].map(|name| self.path(name));
        let others = more.iter().copied().chain(own.iter().map(PathBuf::as_path)).map(Locator::from);
        read_case(&self.path(DOCUMENT).as_path().into(), &others.collect::<Vec<_>>(), changed)
    }

    #[track_caller]
    fn check_equal(&self, more: &[&Path]) {
        let read = self.read(more, Changed::Refused).unwrap();
        assert_eq!(read.value, self.sample.case);
        assert_eq!(read.notices, []);
    }

    /// It is refused; taken all the same, it is told. Returns what was said.
    #[track_caller]
    fn check_changed(&self) -> String {
        let error = self.read(&[], Changed::Refused).unwrap_err();
        assert!(matches!(error, ReadAnnotationError::Changed(_)), "{error}");
        let taken = self.read(&[], Changed::Taken).unwrap();
        let told = taken.notices.first().unwrap().to_string();
        assert!(error.to_string().contains(&told), "{error} / {told}");
        told
    }

    fn rewrite(&self, name: &str, syntax: &str, change: impl FnOnce(&mut InMemDicomObject)) {
        let mut object = dicom_object::open_file(self.path(name)).unwrap().into_inner();
        change(&mut object);
        let meta = FileMetaTableBuilder::new().transfer_syntax(syntax);
        object.with_meta(meta).unwrap().write_to_file(self.path(name)).unwrap();
    }
}

fn put(object: &mut InMemDicomObject, tag: (u16, u16), vr: VR, value: &str) {
    object.put(DataElement::new(dicom_core::Tag(tag.0, tag.1), vr, value));
}

#[test]
fn what_an_archive_does_to_objects_is_no_damage() {
    for syntax in ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"] {
        let exported = Exported::new();
        exported.check_equal(&[]);
        for name in [SEGMENTATION, "seg/image-2.dcm", DOCUMENT] {
            exported.rewrite(name, syntax, |object| {
                put(object, (0x0008, 0x0054), VR::AE, "ARCHIVE");
                put(object, (0x0010, 0x0010), VR::PN, "Other^Spelling");
                put(object, (0x0008, 0x0050), VR::SH, "A-77");
                put(object, (0x0008, 0x1030), VR::LO, "A description of theirs");
                put(object, (0x0009, 0x0010), VR::LO, "SOME ARCHIVE");
            });
        }
        exported.check_equal(&[]);
    }
}

#[test]
fn masks_of_another_segmentation_are_not_taken_for_those_of_the_case() {
    let exported = Exported::new();
    let path = exported.path(SEGMENTATION);
    let good = std::fs::read(&path).unwrap();
    let mut bad = good.clone();
    let end = bad.len();
    bad[end - 6000..].iter_mut().for_each(|byte| *byte = !*byte);
    // A second file of one UID stands first in the order of names, and is passed over.
    let swapped = exported.path("a.dcm");
    std::fs::write(&swapped, &bad).unwrap();
    exported.check_equal(&[&swapped]);
    // Alone it is refused.
    std::fs::write(&path, &bad).unwrap();
    let told = exported.check_changed();
    assert!(told.contains("the masks in the segmentation 2.25."), "{told}");
    // The whole one somewhere else makes it good again.
    std::fs::write(&swapped, &good).unwrap();
    exported.check_equal(&[&swapped]);
}

#[test]
fn a_segmentation_of_another_size_is_told() {
    let exported = Exported::new();
    let mut bytes = std::fs::read(exported.path(SEGMENTATION)).unwrap();
    let rows = bytes.windows(8).position(|w| w == b"\x28\x00\x10\x00US\x02\x00").unwrap() + 8;
    bytes[rows..rows + 2].copy_from_slice(&255u16.to_le_bytes());
    std::fs::write(exported.path(SEGMENTATION), bytes).unwrap();
    assert!(exported.check_changed().contains("the masks in the segmentation 2.25."));
    let taken = exported.read(&[], Changed::Taken).unwrap();
    let told: Vec<String> = taken.notices.iter().map(ToString::to_string).collect();
    assert!(
        told.iter()
            .any(|text| text.contains("has 255 rows of 200 pixels, the image of its masks has 256 of 200")),
        "{told:?}"
    );
}

#[test]
fn a_changed_document_is_not_the_case() {
    let exported = Exported::new();
    let bytes = std::fs::read(exported.path(DOCUMENT)).unwrap();
    let place = bytes.windows(6).position(|w| w == b"A case").unwrap();
    let mut other = bytes.clone();
    other[place..place + 6].copy_from_slice(b"B case");
    std::fs::write(exported.path(DOCUMENT), &other).unwrap();
    assert_eq!(exported.check_changed(), "the case document is not what its own digest says");
    // Without the digest.
    let mut other = bytes.clone();
    let place = bytes.windows(11).position(|w| w == b"case-digest").unwrap();
    other[place..place + 4].copy_from_slice(b"cake");
    std::fs::write(exported.path(DOCUMENT), &other).unwrap();
    assert_eq!(exported.check_changed(), "the case document says no digest of its content");
}

/// Sixteen bytes of zeros, and single flipped bits, all over the document: refused, or the equal case.
#[test]
fn damage_anywhere_gives_the_equal_case_or_none() {
    let exported = Exported::new();
    let bytes = std::fs::read(exported.path(DOCUMENT)).unwrap();
    let (mut equal, mut refused) = (0, 0);
    for step in 0..400 {
        let at = 132 + step * (bytes.len() - 148) / 400;
        let mut other = bytes.clone();
        if step % 2 == 0 {
            other[at..at + 16].fill(0);
        } else {
            other[at] ^= 1 << (step % 8);
        }
        std::fs::write(exported.path(DOCUMENT), &other).unwrap();
        match exported.read(&[], Changed::Refused) {
            Ok(read) => {
                assert_eq!(read.value, exported.sample.case, "at byte {at}");
                equal += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(equal > 20 && refused > 100, "{equal} {refused}");
}

//! Reports of other programs: every one gives lines, and what it marks on images becomes a region or is told of.

use calx_dicom::derived::{ForeignReport, ReadAnnotationError, read_report};
use calx_dicom::{Locator, Read};

use crate::samples::folder;

fn report(name: &str) -> Option<Read<ForeignReport>> {
    Some(read_report(&Locator::from(folder()?.join(name))).unwrap())
}

fn told(read: &Read<ForeignReport>) -> String {
    read.notices.iter().map(|notice| format!("{notice}\n")).collect()
}

/// Kind of shape, frames and label of every region.
fn regions(read: &Read<ForeignReport>) -> Vec<(&'static str, &[u32], &str)> {
    let regions = &read.value.regions;
    regions.iter().map(|r| (r.shape.kind().word(), r.frames.as_slice(), r.label.as_str())).collect()
}

#[test]
fn every_report_among_the_samples_gives_lines() {
    let Some(folder) = folder() else { return };
    let reports = [
        "QIICR-dcmqi/sr.dcm",
        "dcmjs-org-dcmjs/sample-sr.dcm",
        "ImagingDataCommons-highdicom/sr_document.dcm",
        "dcm4che-dcm4che/report_dfl",
        "pydicom-pydicom/reportsi.dcm",
    ];
    for name in reports {
        let read = read_report(&Locator::from(folder.join(name))).unwrap();
        assert!(read.value.lines.len() > 5, "{name}: {:?}", read.value.lines);
        assert_eq!(read.value.lines.first().map(|line| line.level), Some(0));
        assert!(read.value.lines.iter().all(|line| !line.name.is_empty()), "{name}");
    }
}

#[test]
fn a_report_about_segments_says_which_file_holds_them() {
    let Some(read) = report("QIICR-dcmqi/sr.dcm") else { return };
    assert_eq!(regions(&read), []);
    assert_eq!(read.value.segmentations.len(), 1);
    assert!(told(&read).contains("open that file too"), "{}", told(&read));
}

#[test]
fn an_image_is_no_report() {
    let Some(folder) = folder() else { return };
    let error = read_report(&Locator::from(folder.join("QIICR-dcmqi/seg.dcm"))).unwrap_err();
    assert!(matches!(error, ReadAnnotationError::Kind(_)), "{error}");
}

//! The own pass over data elements against dicom-object, on every sample both can read.

use calx_dicom::{Locator, read_header};
use calx_model::Side;
use dicom_object::OpenFileOptions;

use crate::read_samples::files;
use crate::samples;

#[test]
fn both_readers_give_the_same_row() {
    let Some(folder) = samples::folder() else { return };
    let (mut compared, mut whole_files) = (0, 0);
    let (mut only_here, mut only_there) = (Vec::new(), Vec::new());
    for path in files(&folder) {
        let ours = read_header(&Locator::from(path.as_path()));
        let pixels = dicom_core::Tag(0x7fe0, 0x0010);
        let theirs = OpenFileOptions::new().read_until(pixels).open_file(&path);
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        // Its file meta group states a wrong length; dicom-object believes it and loses the data set.
        if name == "fo-dicom-fo-dicom/GH364.dcm" {
            assert_eq!(ours.unwrap().value.modality.raw(), "US");
            continue;
        }
        // Everything is written as UN there; dicom-object gives bytes, the dictionary's text is read here.
        if name == "pydicom-pydicom-data/explicit_VR-UN.dcm" {
            assert_eq!(ours.unwrap().value.rows, Some(512));
            continue;
        }
        let (ours, theirs) = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => (ours.value, theirs),
            (Ok(_), Err(_)) => {
                only_here.push(name);
                continue;
            }
            (Err(error), Ok(_)) => {
                only_there.push(format!("{name}: {}", error.code()));
                continue;
            }
            (Err(_), Err(_)) => continue,
        };
        let text = |keyword: &str| {
            let element = theirs.element_by_name(keyword).ok();
            let text = element.and_then(|e| e.to_str().ok()).map(|t| t.into_owned());
            text.unwrap_or_default().trim_matches([' ', '\0']).to_owned()
        };
        let number =
            |keyword: &str| theirs.element_by_name(keyword).ok().and_then(|e| e.to_int::<i64>().ok());
        assert_eq!(ours.study.as_str(), text("StudyInstanceUID"), "{name}");
        assert_eq!(ours.series.as_str(), text("SeriesInstanceUID"), "{name}");
        // Absent ones come from the file meta group here, with a notice.
        let or_meta = |text: String, meta: &str| if text.is_empty() { meta.to_owned() } else { text };
        let meta = theirs.meta();
        let instance = or_meta(text("SOPInstanceUID"), meta.media_storage_sop_instance_uid());
        let class = or_meta(text("SOPClassUID"), meta.media_storage_sop_class_uid());
        assert_eq!((ours.instance.as_str(), ours.sop_class.as_str()), (&*instance, &*class), "{name}");
        assert_eq!(ours.modality.raw(), text("Modality"), "{name}");
        assert_eq!(ours.patient_id.raw(), text("PatientID"), "{name}");
        assert_eq!(ours.patient_sex.raw(), text("PatientSex"), "{name}");
        assert_eq!(ours.accession_number.raw(), text("AccessionNumber"), "{name}");
        assert_eq!(ours.body_part.raw(), text("BodyPartExamined"), "{name}");
        assert_eq!(ours.view_position.raw(), text("ViewPosition"), "{name}");
        assert_eq!(ours.rows.map(i64::from), number("Rows"), "{name}");
        assert_eq!(ours.columns.map(i64::from), number("Columns"), "{name}");
        assert_eq!(ours.series_number.map(i64::from), number("SeriesNumber"), "{name}");
        assert_eq!(ours.instance_number.map(i64::from), number("InstanceNumber"), "{name}");
        assert_eq!(ours.patient_birth_date.raw(), text("PatientBirthDate"), "{name}");
        assert_eq!(ours.patient_age.raw(), text("PatientAge"), "{name}");
        assert_eq!(ours.image_comments.raw(), text("ImageComments"), "{name}");
        let stated = meta.transfer_syntax().trim_end_matches('\0');
        assert_eq!(ours.transfer_syntax.as_str(), stated, "{name}");
        // A date as digits; one that is none is left out here, with a notice.
        let day = ours.study_date.map(|day| day.strftime("%Y%m%d").to_string());
        let day_there = text("StudyDate").replace('.', "");
        assert_eq!(day.unwrap_or_default(), day_there, "{name}");
        // Seconds that are not written are zero; fractions are left out here.
        let clock = ours.study_time.map(|time| time.strftime("%H%M%S").to_string());
        let clock_there: String = text("StudyTime").chars().filter(|c| *c != ':').take(6).collect();
        let clock_there = if clock_there.is_empty() { clock_there } else { format!("{clock_there:0<6}") };
        assert_eq!(clock.unwrap_or_default(), clock_there, "{name}");
        // "1A" is no number here either, and 1 by a notice.
        let frames = number("NumberOfFrames").unwrap_or(1).max(1);
        assert_eq!(i64::from(ours.number_of_frames), frames, "{name}");
        let yes = |keyword: &str| text(keyword) == "YES";
        let said = |keyword: &str| matches!(&*text(keyword), "YES" | "NO").then(|| yes(keyword));
        assert_eq!(ours.burned_in_annotation, said("BurnedInAnnotation"), "{name}");
        assert_eq!(ours.synthetic_data, yes("SyntheticData"), "{name}");
        assert_eq!(ours.quality_control, yes("QualityControlImage"), "{name}");
        let laterality = [text("ImageLaterality"), text("Laterality")];
        let laterality = laterality.into_iter().find_map(|code| Side::from_laterality(&code));
        if laterality.is_some() {
            assert_eq!(ours.side, laterality, "{name}");
        }
        // PixelData and its two sisters are looked for in the whole file; where that is too much for
        // the other reader, the row's word stands alone.
        if let Ok(whole) = OpenFileOptions::new().open_file(&path) {
            let there = [0x8, 0x9, 0x10].map(|n| whole.element(dicom_core::Tag(0x7fe0, n)).is_ok());
            assert_eq!(ours.has_pixels, there.contains(&true), "{name}");
            whole_files += 1;
        }
        // Code extensions come out raw from dicom-object; single sets must agree.
        let sets = text("SpecificCharacterSet");
        if !sets.contains("2022") && !sets.contains('\\') {
            assert_eq!(ours.patient_name.raw(), text("PatientName"), "{name}");
            assert_eq!(ours.study_description.raw(), text("StudyDescription"), "{name}");
            assert_eq!(ours.series_description.raw(), text("SeriesDescription"), "{name}");
        }
        compared += 1;
    }
    println!(
        "{compared} compared, {whole_files} to their end; only here {only_here:?}; only there {only_there:?}"
    );
    assert!(compared > 110, "{compared}");
}

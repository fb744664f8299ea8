//! What must not leave does not, and a refusal leaves nothing behind.

use std::error::Error as _;
use std::fs;
use std::path::Path;

use calx_export::{
    BlockReason, ExportError, ExportOptions, IdentityAttribute, IdentityString, ImagePixels, PixelError,
    PixelProvider, blocked_images, export_case,
};
use calx_model::{
    BurnedIn, Case, CaseImage, PatientText, RichText, Shape, SopClassUid, VoiChoice, VoiLut, VoiLutFunction,
    VoiSource, Window, WindowChoice,
};

use crate::case::{Drawn, case, with_input};

const ALL: [&str; 3] = ["png", "json", "html"];

fn export(
    case: &Case,
    strings: Vec<IdentityString>,
    targets: &[&str],
    out: &Path,
) -> Result<Vec<String>, ExportError> {
    with_input(case, strings, |input| export_case(input, targets, out, &ExportOptions::default()))
        .map(|report| report.privacy)
}

fn name(text: &str) -> IdentityString {
    IdentityString { attribute: IdentityAttribute::PatientName, text: PatientText::new(text) }
}

#[track_caller]
fn nothing_is_left(folder: &Path) {
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[track_caller]
fn check_refused(change: impl Fn(&mut Case), strings: Vec<IdentityString>, targets: &[&str], says: &str) {
    let mut case = case();
    change(&mut case);
    let folder = tempfile::tempdir().unwrap();
    let error = export(&case, strings, targets, &folder.path().join("out")).unwrap_err();
    assert_eq!(error.to_string(), says);
    assert_eq!(error.kind(), calx_export::error::ExportErrorKind::Refused);
    nothing_is_left(folder.path());
}

#[test]
fn a_patients_name_in_any_text_stops_the_export() {
    let says = "case.html holds words of PatientName (0010,0010) of a source image, nothing was exported";
    let strings = || vec![name("GRAUMANN^OTTILIE")];
    check_refused(|c| c.discussion = RichText::plain("Mrs Graumann came back."), strings(), &ALL, says);
    check_refused(|c| c.title = "OTTILIE'S hands".to_owned(), strings(), &ALL, says);
    check_refused(
        |c| c.studies[0].images[0].view_position = Some("graumann".to_owned()),
        strings(),
        &["html"],
        says,
    );
    let json = says.replace("case.html", "case.json");
    check_refused(|c| c.consent_note = "signed by O. Graumann".to_owned(), strings(), &["json"], &json);
    check_refused(
        |c| c.regions[0].attributes = [("by".to_owned(), "graumann".to_owned())].into(),
        strings(),
        &["json"],
        &json,
    );
}

/// What a person would read in a picture is no text of its file, so it has to be looked at before it is drawn.
#[test]
fn a_name_drawn_into_a_picture_stops_the_export() {
    let arrow = |case: &mut Case| {
        let arrow = case.regions.iter_mut().find(|r| matches!(r.shape, Shape::Arrow { .. })).unwrap();
        if let Shape::Arrow { text, .. } = &mut arrow.shape {
            *text = "MUSTERMANN ERIKA".to_owned();
        }
    };
    let says = "images/image-1-marks.png holds words of PatientName (0010,0010) of a source image, nothing was exported";
    check_refused(arrow, vec![name("MUSTERMANN^ERIKA")], &["png"], says);
    let uid = case().studies[0].images[0].source.to_string();
    let label = |case: &mut Case| {
        let area = case.regions.iter_mut().find(|r| !matches!(r.shape, Shape::Arrow { .. })).unwrap();
        area.label = format!("of {uid}");
    };
    let says = "images/image-1-marks.png holds words of a UID of a source image, nothing was exported";
    check_refused(label, Vec::new(), &["png"], says);
}

/// Windows of a file, explained in words of its own.
#[derive(Debug)]
struct Explained;

impl PixelProvider for Explained {
    fn pixels(&mut self, image: &CaseImage, frame: u32) -> Result<ImagePixels, PixelError> {
        let mut pixels = Drawn.pixels(image, frame)?;
        let window = Window { center: 900.0, width: 1800.0, function: VoiLutFunction::Linear };
        pixels.display.voi = vec![VoiChoice {
            source: VoiSource::Window(1),
            explanation: Some("ROE JANE 1951-07-23".to_owned()),
            lut: VoiLut::Window(window.checked().unwrap()),
        }];
        Ok(pixels)
    }
}

#[test]
fn the_files_words_about_its_windows_stay_behind() {
    let folder = tempfile::tempdir().unwrap();
    let run = |case: &Case, out: &Path| {
        with_input(case, Vec::new(), |input| {
            input.pixels = Box::leak(Box::new(Explained));
            export_case(input, &ALL, out, &ExportOptions::default())
        })
    };
    let out = folder.path().join("out");
    let report = run(&case(), &out).unwrap();
    let page = fs::read_to_string(out.join("case.html")).unwrap();
    assert!(page.contains("window: file 1<"), "the page says which window it shows");
    let all = [page, fs::read_to_string(out.join("case.json")).unwrap(), format!("{report:?}")];
    for text in all {
        assert!(!text.contains("ROE") && !text.contains("1951-07"), "{text}");
    }
    let mut other = case();
    other.studies[0].images[0].display.window = WindowChoice::File(2);
    let error = run(&other, &folder.path().join("other")).unwrap_err();
    let why = error.source().unwrap().to_string();
    assert_eq!(why, "the file has no window 2; it offers: file 1, auto, minmax");
}

#[test]
fn a_clean_case_passes_and_says_what_was_checked() {
    let folder = tempfile::tempdir().unwrap();
    let strings = vec![
        name("GRAUMANN^OTTILIE"),
        IdentityString { attribute: IdentityAttribute::PatientId, text: PatientText::new("HOSP-4711") },
        IdentityString { attribute: IdentityAttribute::SourcePath, text: PatientText::new("IM0042.dcm") },
    ];
    let privacy = export(&case(), strings, &ALL, &folder.path().join("out")).unwrap();
    assert_eq!(privacy[0], "identity: none found in 8 places checked (looked for 3 strings of the sources)");
}

#[test]
fn the_cases_own_fields_are_not_taken_for_the_patient() {
    let mut case = case();
    case.contributors[0].name = "Ottilie Graumann".to_owned();
    case.references[0].text = "Graumann O. On arteries. 2020.".to_owned();
    let folder = tempfile::tempdir().unwrap();
    export(&case, vec![name("GRAUMANN^OTTILIE")], &["html"], &folder.path().join("out")).unwrap();
    export(&case, vec![name("GRAUMANN^OTTILIE")], &["json"], &folder.path().join("json")).unwrap();
}

#[test]
fn uids_leave_in_json_only() {
    let case = case();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    export(&case, Vec::new(), &ALL, &out).unwrap();
    let page = fs::read_to_string(out.join("case.html")).unwrap();
    let json = fs::read_to_string(out.join("case.json")).unwrap();
    let uids = case.images().flat_map(|(s, i)| {
        [s.source.as_ref().unwrap().as_str(), i.source.as_str(), i.series.as_str(), i.sop_class.as_str()]
    });
    for uid in uids {
        assert!(!page.contains(uid), "{uid}");
        assert!(json.contains(uid), "{uid}");
    }
    let uid = case.studies[0].images[0].source.to_string();
    check_refused(
        |c| c.discussion = RichText::plain(format!("see {uid}")),
        Vec::new(),
        &ALL,
        "case.html holds words of a UID of a source image, nothing was exported",
    );
}

#[test]
fn an_uncleared_image_stops_pixels_and_only_pixels() {
    let says = "images may show who the patient is in the pixels (image 2: BurnedInAnnotation (0028,0301) is not \
                stated; image 3: it is ultrasound), nothing was exported";
    let change = |case: &mut Case| {
        case.studies[0].images[1].burned_in = BurnedIn::NotStated;
        case.studies[1].images[0].pixels_cleared = None;
    };
    check_refused(change, Vec::new(), &["html"], says);
    check_refused(change, Vec::new(), &["json", "png"], says);
    let mut case = case();
    change(&mut case);
    let folder = tempfile::tempdir().unwrap();
    let error = export(&case, Vec::new(), &["html"], &folder.path().join("a")).unwrap_err();
    assert_eq!(
        error.hint().unwrap(),
        "look at image 2, 3 at full size; when nothing there names a person, pass --pixels-clean 2,3"
    );
    export(&case, Vec::new(), &["json"], &folder.path().join("b")).unwrap();
}

#[test]
fn ultrasound_and_captures_stop_even_when_they_say_no() {
    let mut case = case();
    let image =
        |case: &mut Case, change: &dyn Fn(&mut calx_model::CaseImage)| change(&mut case.studies[0].images[0]);
    assert_eq!(blocked_images(&case), []);
    for (class, reason) in [
        ("1.2.840.10008.5.1.4.1.1.7", Some(BlockReason::SecondaryCapture)),
        ("1.2.840.10008.5.1.4.1.1.7.4", Some(BlockReason::SecondaryCapture)),
        ("1.2.840.10008.5.1.4.1.1.6.1", Some(BlockReason::Ultrasound)),
        ("1.2.840.10008.5.1.4.1.1.77.1.1", None),
        ("1.2.840.10008.5.1.4.1.1.1", None),
    ] {
        image(&mut case, &|i| i.sop_class = SopClassUid::new(class).unwrap());
        assert_eq!(blocked_images(&case).first().map(|b| b.reason), reason, "{class}");
    }
    case.studies[0].modality = "DX\\US".to_owned();
    assert_eq!(blocked_images(&case).len(), 2);
    case.studies[0].modality = "DX".to_owned();
    image(&mut case, &|i| i.burned_in = BurnedIn::Yes);
    assert_eq!(blocked_images(&case)[0].reason, BlockReason::Stated);
}

#[test]
fn the_target_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a").join("52");
    let run = |targets: &[&str], force: bool| {
        with_input(&case(), Vec::new(), |input| {
            export_case(input, targets, &out, &ExportOptions { force, ..ExportOptions::default() })
        })
    };
    run(&["json"], false).unwrap();
    assert!(matches!(run(&["json"], false), Err(ExportError::Exists { .. })));
    run(&["png"], true).unwrap();
    assert!(!out.join("case.json").exists() && out.join("images/image-1.png").exists());
    fs::write(out.join("thesis.txt"), "mine").unwrap();
    assert!(matches!(run(&["json"], true), Err(ExportError::NotAnExport { .. })));
    assert_eq!(fs::read_to_string(out.join("thesis.txt")).unwrap(), "mine");
    let left: Vec<_> =
        fs::read_dir(folder.path().join("a")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["52"]);
    assert!(matches!(run(&["json", "pdf"], true), Err(ExportError::UnknownTarget { .. })));
    assert!(matches!(run(&[], true), Err(ExportError::NoTarget)));
}

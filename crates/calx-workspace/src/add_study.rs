//! From a catalogued study to a study of a case.
//!
//! Not here: reading attributes (`calx-dicom`), committing the edit (`case_writer`).
//!
//! Invariants
//! - What the case takes over is size, spacing, side, view, class and UIDs: no name, no number of a person.
//!   The title may be StudyDescription, which a person should read before it leaves.
//! - One case, one patient: a study of someone else stops unless a person confirms, and then the proposal
//!   carries words for the journal.

use std::collections::BTreeSet;

use calx_dicom::{ImageInfo, read_image_info};
use calx_model::{
    Age, AgeUnit, BurnedIn, Case, CaseImage, CaseStudy, CaseStudyId, Edit, ImageDisplay, ImageId, Patient,
    PatientText, RichText, Sex, SopInstanceUid, StudyInstanceUid, StudyTime,
};
use uuid::Uuid;

use crate::about_images;
use crate::error::WorkspaceError;
use crate::import::chain;
use crate::query::not_found;
use crate::rows::{InstanceRow, PatientRow, StudyRow};
use crate::workspace::Workspace;

/// Longest title taken from a file, in characters.
const LONGEST_TITLE: usize = 200;

/// What to add.
#[derive(Debug, Clone)]
pub struct AddStudy {
    /// The study.
    pub study: StudyInstanceUid,
    /// Only these instances, in this order; `None` takes all in hanging order.
    pub instances: Option<Vec<SopInstanceUid>>,
    /// Instead of StudyDescription.
    pub title: Option<String>,
    /// A person confirmed that a study of another patient belongs here.
    pub other_patient_confirmed: bool,
}

impl AddStudy {
    /// All of a study.
    #[must_use]
    pub fn all(study: StudyInstanceUid) -> Self {
        Self { study, instances: None, title: None, other_patient_confirmed: false }
    }
}

/// An instance that did not become an image of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub instance: SopInstanceUid,
    /// A stable word for machines.
    pub reason: &'static str,
    /// For people.
    pub text: String,
}

/// What the caller commits, and what else the study says.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyProposal {
    /// One [`Edit::AddStudy`].
    pub edit: Edit,
    /// Age and sex by the header, for a case that has none.
    pub patient: Patient,
    /// Instances that are no images.
    pub left_out: Vec<LeftOut>,
    /// What the reader tolerated.
    pub notices: Vec<String>,
    /// Words to append to [`calx_model::Stamp::tool`] so that the journal records a confirmation.
    pub record: Option<String>,
}

impl Workspace {
    /// Builds the edit that adds a study to a case. `new_id` is asked first for the study, then for each
    /// image in order.
    ///
    /// # Errors
    /// [`WorkspaceError::OtherPatient`], [`WorkspaceError::StudyInCase`], [`WorkspaceError::NoImages`],
    /// [`WorkspaceError::NotFound`].
    pub fn add_study(
        &self,
        case: &Case,
        request: &AddStudy,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Result<StudyProposal, WorkspaceError> {
        let study = self.study(&request.study)?;
        if case.studies.iter().any(|s| s.source.as_ref() == Some(&request.study)) {
            return Err(WorkspaceError::StudyInCase(request.study.to_string()));
        }
        let record = self.check_patient(case, request)?;
        let all = self.instances(Some(&request.study))?;
        let chosen: Vec<&InstanceRow> = match &request.instances {
            None => all.iter().collect(),
            Some(uids) => uids
                .iter()
                .map(|uid| {
                    let found = all.iter().find(|row| row.instance == *uid);
                    found.ok_or_else(|| not_found("instance of this study", uid.as_str()))
                })
                .collect::<Result<_, _>>()?,
        };
        let id = CaseStudyId(new_id());
        let (mut images, mut left_out, mut notices) = (Vec::new(), Vec::new(), Vec::new());
        // Of what is taken: beside the images a study may hold reports and masks, whose modality is not theirs.
        let mut modality = None;
        for row in chosen {
            let leave = |reason, text| LeftOut { instance: row.instance.clone(), reason, text };
            if let Some(name) = about_images::called(&row.sop_class) {
                let text = format!("the object is {name}: about images, and none itself");
                left_out.push(leave("no_image", text));
                continue;
            }
            if !row.has_pixels {
                left_out.push(leave("no_pixels", "the object holds no image".to_owned()));
                continue;
            }
            let locator = match self.locate(&row.instance) {
                Ok(locator) => locator,
                Err(error) => {
                    left_out.push(leave("file_gone", chain(&error)));
                    continue;
                }
            };
            match read_image_info(&locator, 1) {
                Ok(read) => {
                    notices.extend(read.notices.iter().map(ToString::to_string));
                    modality = modality.or_else(|| code(&row.modality));
                    images.push(image(ImageId(new_id()), row, &read.value));
                }
                Err(error) => left_out.push(leave(error.code(), chain(&error))),
            }
        }
        if images.is_empty() {
            let reason = left_out.first().map_or("it has no instance", |l| l.text.as_str()).to_owned();
            return Err(WorkspaceError::NoImages { study: request.study.to_string(), reason });
        }
        let study_of_case = CaseStudy {
            id,
            source: Some(request.study.clone()),
            title: title(request, &study),
            modality: modality.unwrap_or_else(|| "OT".to_owned()),
            when: study.date.map_or(StudyTime::Unknown, |date| StudyTime::Date { date }),
            images,
        };
        let index = u32::try_from(case.studies.len()).unwrap_or(u32::MAX);
        Ok(StudyProposal {
            edit: Edit::AddStudy { index, study: Box::new(study_of_case) },
            patient: Patient { age: age(study.patient_age.raw()), sex: sex(study.patient.sex.raw()) },
            left_out,
            notices,
            record,
        })
    }

    /// The guard: the patients of the case's studies and of the new one must not contradict one another.
    fn check_patient(&self, case: &Case, request: &AddStudy) -> Result<Option<String>, WorkspaceError> {
        let mut there = Vec::new();
        for source in case.studies.iter().filter_map(|study| study.source.as_ref()) {
            there.extend(self.patients_of(source)?);
        }
        let found = self.patients_of(&request.study)?;
        let within =
            found.iter().enumerate().flat_map(|(at, a)| found.iter().skip(at + 1).map(move |b| (a, b)));
        let between = there.iter().flat_map(|a| found.iter().map(move |b| (a, b)));
        let other = between.chain(within).find_map(|(a, b)| Some((a, b, differences(a, b)?)));
        match other {
            None => Ok(None),
            Some(_) if request.other_patient_confirmed => {
                Ok(Some("study of another patient confirmed".to_owned()))
            }
            Some((has, new, differ)) => Err(WorkspaceError::OtherPatient {
                has: masked(has),
                found: format!("{}, and {differ}", masked(new)),
            }),
        }
    }

    fn patients_of(&self, study: &StudyInstanceUid) -> Result<Vec<PatientRow>, WorkspaceError> {
        let sql = "SELECT DISTINCT p.patient_id, p.name, p.birth_date, p.sex FROM instances i
                   JOIN series e ON e.uid = i.series JOIN patients p ON p.id = i.patient
                   WHERE e.study = ?1 ORDER BY 1, 2, 3, 4";
        self.read(|tx| {
            let mut statement = tx.prepare_cached(sql)?;
            let rows = statement.query_map([study.as_str()], |row| {
                let text = |column| row.get::<_, String>(column).map(PatientText::new);
                Ok(PatientRow { patient_id: text(0)?, name: text(1)?, birth_date: text(2)?, sex: text(3)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Why two rows cannot be one person, in words; `None` when they can. What either leaves blank says nothing.
fn differences(a: &PatientRow, b: &PatientRow) -> Option<String> {
    let differ =
        |a: &PatientText, b: &PatientText| !a.is_blank() && !b.is_blank() && a.raw().trim() != b.raw().trim();
    let same_number = !a.patient_id.is_blank() && a.patient_id.raw().trim() == b.patient_id.raw().trim();
    let mut names = Vec::new();
    if differ(&a.patient_id, &b.patient_id) {
        names.push("PatientID (0010,0020)");
    }
    if differ(&a.birth_date, &b.birth_date) {
        names.push("PatientBirthDate (0010,0030)");
    }
    // The same number under two spellings of a name is one person; spellings vary between devices.
    if !same_number && differ(&a.name, &b.name) && plain(&a.name) != plain(&b.name) {
        names.push("PatientName (0010,0010)");
    }
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("{one} differs")),
        several => Some(format!("{} differ", several.join(" and "))),
    }
}

/// A name without the differences that spelling makes.
fn plain(name: &PatientText) -> String {
    name.raw().chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn masked(patient: &PatientRow) -> String {
    let shown = |text: &PatientText| if text.is_blank() { "absent" } else { text.masked() };
    format!(
        "a patient (name {}, number {}, born {})",
        shown(&patient.name),
        shown(&patient.patient_id),
        shown(&patient.birth_date)
    )
}

fn title(request: &AddStudy, study: &StudyRow) -> String {
    match &request.title {
        Some(title) => title.clone(),
        None if study.description.is_blank() => "Untitled study".to_owned(),
        None => study.description.for_terminal().trim().chars().take(LONGEST_TITLE).collect(),
    }
}

fn image(id: ImageId, row: &InstanceRow, info: &ImageInfo) -> CaseImage {
    CaseImage {
        id,
        source: row.instance.clone(),
        series: row.series.clone(),
        sop_class: row.sop_class.clone(),
        rows: info.layout.rows,
        columns: info.layout.columns,
        frames: info.layout.number_of_frames,
        spacing: info.spacing.clone().filter(|_| info.spacing_of_all_frames),
        pixel_aspect: info.pixel_aspect.map(|(vertical, horizontal)| vertical / horizontal),
        ultrasound_regions: info.region_scales.clone(),
        header_side: info.image_side,
        stated_side: None,
        view_position: code(&info.view_position),
        user_scale: None,
        display: ImageDisplay { frame: 1, ..ImageDisplay::default() },
        caption: RichText::default(),
        key: false,
        burned_in: match info.header.burned_in_annotation {
            Some(true) => BurnedIn::Yes,
            Some(false) => BurnedIn::No,
            None => BurnedIn::NotStated,
        },
        synthetic: info.header.synthetic_data,
        pixels_cleared: None,
    }
}

/// A code string (PS3.5 6.2, VR CS); anything else is no code and stays behind.
fn code(text: &PatientText) -> Option<String> {
    let text = text.raw().trim();
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_' || b == b' ';
    (!text.is_empty() && text.len() <= 16 && text.bytes().all(plain)).then(|| text.to_owned())
}

/// An age string (PS3.5 6.2, VR AS): `075Y`.
fn age(text: &str) -> Option<Age> {
    let text = text.trim();
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "Y" => AgeUnit::Years,
        "M" => AgeUnit::Months,
        "W" => AgeUnit::Weeks,
        "D" => AgeUnit::Days,
        _ => return None,
    };
    let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten().map(|value| Age { value, unit })
}

fn sex(text: &str) -> Option<Sex> {
    match text.trim() {
        "M" => Some(Sex::Male),
        "F" => Some(Sex::Female),
        "O" => Some(Sex::Other),
        _ => None,
    }
}

/// Sources of a case that the catalogue does not know, sorted.
pub(crate) fn unknown_sources(
    case: &Case,
    mut is_known: impl FnMut(&SopInstanceUid) -> Result<bool, WorkspaceError>,
) -> Result<Vec<SopInstanceUid>, WorkspaceError> {
    let sources: BTreeSet<_> = case.images().map(|(_, image)| image.source.clone()).collect();
    let mut unknown = Vec::new();
    for uid in sources {
        if !is_known(&uid)? {
            unknown.push(uid);
        }
    }
    Ok(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patient(id: &str, name: &str, birth_date: &str) -> PatientRow {
        PatientRow {
            patient_id: PatientText::new(id),
            name: PatientText::new(name),
            birth_date: PatientText::new(birth_date),
            sex: PatientText::default(),
        }
    }

    #[test]
    fn who_can_be_one_person() {
        let known = patient("17", "DOE^JANE", "19500101");
        assert_eq!(differences(&known, &patient("17", "Doe^Jane", "")), None);
        assert_eq!(differences(&known, &patient("", "", "")), None);
        assert_eq!(differences(&known, &patient("", "Doe Jane", "19500101")), None);
        let other = differences(&known, &patient("18", "DOE^JANE", "19500101")).unwrap();
        assert_eq!(other, "PatientID (0010,0020) differs");
        let other = differences(&known, &patient("", "ROE^JANE", "19500102")).unwrap();
        assert_eq!(other, "PatientBirthDate (0010,0030) and PatientName (0010,0010) differ");
    }

    #[test]
    fn ages_and_codes() {
        assert_eq!(age("075Y"), Some(Age { value: 75, unit: AgeUnit::Years }));
        assert_eq!(age("6M "), Some(Age { value: 6, unit: AgeUnit::Months }));
        assert_eq!(age("Y"), None);
        assert_eq!(age("75"), None);
        assert_eq!(age("é"), None);
        assert_eq!(code(&PatientText::new("PA ")), Some("PA".to_owned()));
        assert_eq!(code(&PatientText::new("<b>")), None);
    }
}

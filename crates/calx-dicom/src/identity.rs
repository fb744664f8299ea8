//! Which attributes may tell who the patient is: one table for the list of tags and for exports.
//!
//! Not here: removing anything from a file; the search in finished files (`calx-export`).
//!
//! Invariants
//! - What the table does not name is judged by its value representation: text, dates and bytes of
//!   unknown meaning may tell, codes, numbers and UIDs do not.
//! - The stricter of the written and the dictionary's representation counts.
//! - [`identity_texts`] looks at every depth up to PixelData and leaves nothing out silently: beyond
//!   the bounds of a scan it is an error.
//!
//! Source: PS3.15 E.1-1, PS3.6.

use std::collections::BTreeSet;

use calx_model::PatientText;

use crate::dataset::{DataSet, Tag, Value};
use crate::header::ReadHeaderError;
use crate::locator::Locator;
use crate::open::open;
use crate::scan::Wanted;

/// What an attribute may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Names the patient, a person, a place or a number by which the patient is known.
    Identity,
    /// Could hold such words, or belongs to what is only told with the patient.
    Perhaps,
    /// Values of a list, numbers, technical words.
    Nothing,
}

/// Judges an attribute.
pub(crate) fn telling(tag: Tag, vr: [u8; 2]) -> Telling {
    let dictionary = tag.dictionary_vr().filter(|_| !tag.is_private());
    let either = |judge: fn([u8; 2]) -> bool| judge(vr) || dictionary.is_some_and(judge);
    if names_someone(tag) || either(|vr| vr == *b"PN") {
        Telling::Identity
    } else if is_harmless(tag) {
        Telling::Nothing
    } else if surrounds_someone(tag) || either(may_hold_words) {
        Telling::Perhaps
    } else {
        Telling::Nothing
    }
}

/// Everything but lists of values, numbers, times of day, UIDs and words of pixels.
fn may_hold_words(vr: [u8; 2]) -> bool {
    !matches!(
        &vr,
        b"CS"
            | b"IS"
            | b"DS"
            | b"TM"
            | b"US"
            | b"SS"
            | b"UL"
            | b"SL"
            | b"SV"
            | b"UV"
            | b"FL"
            | b"FD"
            | b"AT"
            | b"UI"
            | b"OW"
            | b"OF"
            | b"OD"
            | b"OL"
            | b"OV"
            | b"SQ"
    )
}

/// Persons, places, dates, numbers and remarks. Names (PN) are known by their representation.
fn names_someone(tag: Tag) -> bool {
    match tag.0 {
        // StudyDate to ContentDate, AcquisitionDateTime, AccessionNumber, institution, department,
        // addresses and telephone numbers.
        0x0008 => matches!(
            tag.1,
            0x0020..=0x0023 | 0x002a | 0x0050 | 0x0080 | 0x0081 | 0x0092 | 0x0094 | 0x1040 | 0x4000
        ),
        // PatientID, birth dates, OtherPatientIDs, address, MedicalRecordLocator, telephone,
        // history, organization, comments.
        0x0010 => matches!(
            tag.1,
            0x0020
                | 0x0030
                | 0x0033
                | 0x0034
                | 0x1000
                | 0x1040
                | 0x1090
                | 0x2154
                | 0x2155
                | 0x21b0
                | 0x2299
                | 0x4000
        ),
        // ClinicalTrialSubjectID, ClinicalTrialSubjectReadingID.
        0x0012 => matches!(tag.1, 0x0040 | 0x0042),
        // AcquisitionComments.
        0x0018 => tag.1 == 0x4000,
        // StudyID, ImageComments, FrameComments.
        0x0020 => matches!(tag.1, 0x0010 | 0x4000 | 0x9158),
        // RequestingService, StudyComments.
        0x0032 => matches!(tag.1, 0x1033 | 0x4000),
        // AdmissionID, ServiceEpisodeID, CurrentPatientLocation, PatientInstitutionResidence, VisitComments.
        0x0038 => matches!(tag.1, 0x0010 | 0x0060 | 0x0300 | 0x0400 | 0x4000),
        // Step and request numbers, order numbers, persons' addresses and telephone numbers,
        // VerifyingOrganization, comments.
        0x0040 => matches!(
            tag.1,
            0x0009 | 0x0253 | 0x0280 | 0x0400 | 0x1001 | 0x1102
                ..=0x1104 | 0x1400 | 0x2009 | 0x2010 | 0x2016 | 0x2017 | 0x2400 | 0xa027
        ),
        // ResultsComments.
        0x4008 => tag.1 == 0x4000,
        _ => false,
    }
}

/// Sequences, numbers and codes that say more than a case has to show.
fn surrounds_someone(tag: Tag) -> bool {
    match tag.0 {
        0x0010 | 0x0012 | 0x0038 | 0x4008 => true,
        0x0008 => matches!(tag.1, 0x0082 | 0x0096 | 0x1041 | 0x1048..=0x1072 | 0x1080 | 0x1084 | 0x1120),
        0x0032 => matches!(tag.1, 0x1031 | 0x1064),
        0x0040 => matches!(
            tag.1,
            0x0006..=0x0012 | 0x0241..=0x0243 | 0x0254 | 0x0275 | 0x1001..=0x1400 | 0x2001..=0x2017 | 0xa073 | 0xa075 | 0xa078 | 0xa088 | 0xa123 | 0xa160
        ),
        _ => false,
    }
}

/// Text that its definition keeps technical. Sex and age stay readable: a case needs them.
fn is_harmless(tag: Tag) -> bool {
    matches!(
        tag,
        // FileMetaInformationVersion, ImplementationVersionName.
        Tag(0x0002, 0x0001 | 0x0013)
            // Manufacturer, ManufacturerModelName, SoftwareVersions.
            | Tag(0x0008, 0x0070 | 0x1090)
            | Tag(0x0018, 0x1020)
            // Codes: value, scheme, version, meaning, long and URN values.
            | Tag(0x0008, 0x0100 | 0x0102..=0x0104 | 0x0119 | 0x0120)
            // PatientSex, PatientAge.
            | Tag(0x0010, 0x0040 | 0x1010)
    )
}

/// Every text of the header that may tell who the patient is, with keyword and tag of its attribute:
/// names, numbers, birth and study dates, institutions, addresses, remarks. Values are parted where
/// their representation allows several; of AcquisitionDateTime the date is given.
///
/// # Errors
/// [`ReadHeaderError`].
pub fn identity_texts(locator: &Locator) -> Result<Vec<(String, PatientText)>, ReadHeaderError> {
    let mut opened = open(locator)?;
    let scan = opened.scan(Wanted::matching(|_| true, 64 * 1024))?;
    let mut found = BTreeSet::new();
    collect(&scan.data, &mut found);
    Ok(found.into_iter().map(|(name, text)| (name, PatientText::new(text))).collect())
}

fn collect(data: &DataSet, found: &mut BTreeSet<(String, String)>) {
    for (tag, element) in &data.elements {
        let bytes = match &element.value {
            Value::Items(items) => {
                items.iter().for_each(|item| collect(item, found));
                continue;
            }
            Value::Bytes(bytes) | Value::Prefix(bytes) => bytes,
        };
        if telling(*tag, element.vr) != Telling::Identity {
            continue;
        }
        let vr = tag.dictionary_vr().filter(|_| !tag.is_private()).unwrap_or(element.vr);
        let text = data.charset.decode(bytes);
        let parts: Vec<&str> = match &vr {
            b"LT" | b"ST" | b"UT" => vec![&text],
            // The time of day and the zone are no one's.
            b"DT" => text.split('\\').map(|t| t.get(..8).unwrap_or(t)).collect(),
            _ => text.split('\\').collect(),
        };
        for part in parts {
            let part = part.trim_matches(|c: char| c == '\0' || c.is_whitespace());
            if !part.is_empty() {
                found.insert((tag.named(), part.to_owned()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tag: (u16, u16), vr: &[u8; 2], expected: Telling) {
        assert_eq!(telling(Tag(tag.0, tag.1), *vr), expected, "{}", Tag(tag.0, tag.1).named());
    }

    #[test]
    fn attributes_are_known_by_tag_and_by_representation() {
        use Telling::{Identity, Nothing, Perhaps};
        check((0x0010, 0x0020), b"LO", Identity);
        check((0x0008, 0x0090), b"PN", Identity);
        check((0x0009, 0x1001), b"PN", Identity);
        check((0x0008, 0x0020), b"DA", Identity);
        check((0x0008, 0x4000), b"LT", Identity);
        check((0x0018, 0x4000), b"LT", Identity);
        check((0x0020, 0x9158), b"LT", Identity);
        // Written otherwise than it should be.
        check((0x0010, 0x0010), b"CS", Identity);
        check((0x0008, 0x1030), b"CS", Perhaps);
        check((0x0008, 0x1030), b"LO", Perhaps);
        check((0x0070, 0x0006), b"ST", Perhaps);
        check((0x0042, 0x0010), b"ST", Perhaps);
        check((0x0028, 0x1055), b"LO", Perhaps);
        check((0x0009, 0x0010), b"LO", Perhaps);
        check((0x0009, 0x1001), b"UN", Perhaps);
        check((0x0010, 0x0021), b"LO", Perhaps);
        check((0x0010, 0x1030), b"DS", Perhaps);
        check((0x0002, 0x0016), b"AE", Perhaps);
        check((0x0008, 0x1190), b"UR", Perhaps);
        // A representation and an attribute that this version does not know.
        check((0x0008, 0xfff0), b"ZZ", Perhaps);
        check((0x0010, 0x0040), b"CS", Nothing);
        check((0x0010, 0x1010), b"AS", Nothing);
        check((0x0008, 0x0060), b"CS", Nothing);
        check((0x0008, 0x0070), b"LO", Nothing);
        check((0x0008, 0x0104), b"LO", Nothing);
        check((0x0028, 0x0010), b"US", Nothing);
        check((0x0020, 0x000d), b"UI", Nothing);
        check((0x0009, 0x1002), b"US", Nothing);
    }
}

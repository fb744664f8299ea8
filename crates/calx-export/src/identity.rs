//! The last look before an export becomes visible: no word of a patient stands in a finished file.
//!
//! Not here: removing anything. What is found stops the export. Words in the pixels of a source image
//! are the rule of [`crate::gate`].
//!
//! Invariants
//! - Files are read back from the disk; text is decoded first (`decode`), then compared as whole
//!   tokens, without regard to case. Words that an exporter drew into a picture count as text of its
//!   file.
//! - A token under 4 characters counts only beside another one of the same sources.
//! - Fields that are the case's own (contributors, references, dates of the case) are not compared.
//! - A message names the file and the attribute, never the words.
//!
//! Source: dicom-outputs D.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use calx_dicom::derived::Profile;
use calx_model::{Case, PatientText};

use crate::decode::{pieces, tokens};
use crate::error::ExportError;
use crate::exporter::exporters;
use crate::folder::OutputFolder;
use crate::input::ExportInput;

/// Where an identity string came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum IdentityAttribute {
    /// PatientName (0010,0010): every part of the name counts by itself.
    PatientName,
    /// PatientID (0010,0020).
    PatientId,
    /// PatientBirthDate (0010,0030): also as year, month and day apart.
    PatientBirthDate,
    /// AccessionNumber (0008,0050).
    AccessionNumber,
    /// StudyDate (0008,0020): also as year, month and day apart.
    StudyDate,
    /// The name of a source file or folder.
    SourcePath,
    /// A DICOM UID of the case in a file that must not hold one.
    Uid,
    /// Any other attribute: keyword and tag.
    Other(&'static str),
}

impl fmt::Display for IdentityAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PatientName => "PatientName (0010,0010)",
            Self::PatientId => "PatientID (0010,0020)",
            Self::PatientBirthDate => "PatientBirthDate (0010,0030)",
            Self::AccessionNumber => "AccessionNumber (0008,0050)",
            Self::StudyDate => "StudyDate (0008,0020)",
            Self::SourcePath => "the path",
            Self::Uid => "a UID",
            Self::Other(name) => name,
        })
    }
}

/// Something that must not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityString {
    /// Where it came from.
    pub attribute: IdentityAttribute,
    /// The text.
    pub text: PatientText,
}

/// Below this a token alone could be any word.
const SHORT: usize = 4;

/// Everything to look for, made ready once.
#[derive(Debug, Default)]
struct Wanted {
    /// Token sequences by their first token; long ones count alone.
    by_first: BTreeMap<String, Vec<(Vec<String>, IdentityAttribute)>>,
    /// All tokens of all strings: what a short one may stand beside.
    beside: BTreeSet<String>,
}

impl Wanted {
    fn new(strings: &[IdentityString]) -> Self {
        let mut wanted = Self::default();
        for string in strings {
            let words = tokens(string.text.raw());
            if words.is_empty() {
                continue;
            }
            wanted.beside.extend(words.iter().cloned());
            match string.attribute {
                IdentityAttribute::PatientName => {
                    for word in words {
                        wanted.add(vec![word], string.attribute);
                    }
                }
                IdentityAttribute::PatientBirthDate | IdentityAttribute::StudyDate => {
                    wanted.add_date(&words.concat(), string.attribute);
                    wanted.add(words, string.attribute);
                }
                attribute => {
                    wanted.add(vec![words.concat()], attribute);
                    wanted.add(words, attribute);
                }
            }
        }
        wanted
    }

    fn add(&mut self, sequence: Vec<String>, attribute: IdentityAttribute) {
        let Some(first) = sequence.first() else { return };
        let known = self.by_first.entry(first.clone()).or_default();
        if !known.iter().any(|(s, _)| *s == sequence) {
            known.push((sequence, attribute));
        }
    }

    /// `19510203` is also written with its parts apart, in any of the usual orders.
    fn add_date(&mut self, digits: &str, attribute: IdentityAttribute) {
        self.add(vec![digits.to_owned()], attribute);
        let (Some(year), Some(month), Some(day)) = (digits.get(..4), digits.get(4..6), digits.get(6..8))
        else {
            return;
        };
        for order in [[year, month, day], [day, month, year], [month, day, year]] {
            self.add(order.map(str::to_owned).to_vec(), attribute);
        }
    }

    /// The attribute whose words stand in the text, when one does.
    fn find(&self, text: &[String]) -> Option<IdentityAttribute> {
        for (index, token) in text.iter().enumerate() {
            let rest = text.get(index..).unwrap_or_default();
            for (sequence, attribute) in self.by_first.get(token).into_iter().flatten() {
                if !rest.starts_with(sequence) {
                    continue;
                }
                let is_long = sequence.iter().map(|t| t.chars().count()).sum::<usize>() >= SHORT;
                let before = index.checked_sub(1).and_then(|i| text.get(i));
                let after = text.get(index + sequence.len());
                if is_long || [before, after].into_iter().flatten().any(|t| self.beside.contains(t)) {
                    return Some(*attribute);
                }
            }
        }
        None
    }
}

/// Scans every finished file but those that carry patient and study by their nature, which are of `profile`; returns
/// the privacy lines of the report.
///
/// # Errors
/// [`ExportError::Identity`] on the first hit.
pub(crate) fn check(
    input: &ExportInput<'_>,
    out: &OutputFolder,
    profile: Profile,
) -> Result<Vec<String>, ExportError> {
    let wanted = Wanted::new(&input.identity_strings);
    let uids = Wanted::new(&uids_of(input.case));
    let own = own_fields(input.case);
    let (identified, searched): (Vec<_>, Vec<_>) =
        out.files().iter().partition(|file| has_identity(&file.path));
    for file in &searched {
        let refuse = |attribute| ExportError::Identity { file: file.path.clone(), attribute };
        let mut text = tokens(&file.path);
        for piece in pieces(&file.path, &out.read(&file.path)?) {
            if !own.contains(piece.trim()) {
                text.extend(tokens(&piece));
            }
        }
        // These came through no file format, and none of them is one of the case's own fields as a whole.
        text.extend(out.drawn_words(&file.path).iter().flat_map(|words| tokens(words)));
        if let Some(attribute) = wanted.find(&text) {
            return Err(refuse(attribute));
        }
        if !may_hold_uids(&file.path)
            && let Some(attribute) = uids.find(&text)
        {
            return Err(refuse(attribute));
        }
    }
    let mut lines = Vec::new();
    let mut folders: Vec<&str> = identified.iter().map(|file| top(&file.path)).collect();
    folders.sort_unstable();
    folders.dedup();
    if !folders.is_empty() {
        let whose = match profile {
            Profile::Identified => "patient, dates and UIDs as the images have them, as was asked for",
            Profile::Synthetic => "of images that say they are synthetic",
        };
        lines.push(format!("{}: {whose}", folders.join(", ")));
    }
    if searched.is_empty() {
        return Ok(lines);
    }
    let files = searched.len();
    let looked_for = match input.identity_strings.iter().filter(|s| !s.text.is_blank()).count() {
        0 => format!("identity: the sources name nobody; {files} files checked for DICOM UIDs"),
        n => {
            format!("identity: none found in {files} places checked (looked for {n} strings of the sources)")
        }
    };
    lines.push(looked_for);
    lines.push("not compared: contributors, references and dates, which are the case's own".to_owned());
    Ok(lines)
}

fn top(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

fn has_identity(path: &str) -> bool {
    exporters().iter().any(|e| e.needs().identity && e.top_level_names().contains(&top(path)))
}

fn may_hold_uids(path: &str) -> bool {
    exporters().iter().any(|e| e.needs().uids && e.top_level_names().contains(&top(path)))
}

/// SOP classes are the standard's and identify nothing.
fn uids_of(case: &Case) -> Vec<IdentityString> {
    let studies = case.studies.iter().filter_map(|s| s.source.as_ref()).map(|u| u.as_str());
    let images = case.images().flat_map(|(_, i)| [i.source.as_str(), i.series.as_str()]);
    studies
        .chain(images)
        .map(|uid| IdentityString { attribute: IdentityAttribute::Uid, text: PatientText::new(uid) })
        .collect()
}

/// Texts that are the case's own, as whole pieces: who wrote it, what it cites, when it was written.
fn own_fields(case: &Case) -> BTreeSet<String> {
    let contributors =
        case.contributors.iter().flat_map(|c| [Some(c.name.clone()), c.role.clone(), c.affiliation.clone()]);
    let references = case.references.iter().flat_map(|r| [Some(r.text.clone()), r.doi.clone()]);
    let links = case.references.iter().map(|r| r.doi.as_deref().map(crate::html::doi_address));
    let cleared = case.images().filter_map(|(_, i)| i.pixels_cleared.as_ref());
    let dates = [case.created, case.edited].into_iter().chain(cleared.map(|c| c.at));
    let dates = dates.flat_map(|d| [Some(d.to_string()), Some(crate::html::shown_date(d))]);
    let texts = contributors.chain(references).chain(links).chain(dates).flatten();
    texts.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_find(attribute: IdentityAttribute, source: &str, text: &str, hit: bool) {
        let wanted = Wanted::new(&[IdentityString { attribute, text: PatientText::new(source) }]);
        assert_eq!(wanted.find(&tokens(text)), hit.then_some(attribute), "{source:?} in {text:?}");
    }

    #[test]
    fn a_part_of_a_name_counts_when_it_is_long_or_beside_another() {
        use IdentityAttribute::PatientName;
        check_find(PatientName, "MUSTERMANN^ERIKA", "seen by Mustermann.", true);
        check_find(PatientName, "MUSTERMANN^ERIKA", "mustermanns", false);
        check_find(PatientName, "DOE^JO", "a doe in the woods", false);
        check_find(PatientName, "DOE^JO", "Jo Doe", true);
        check_find(PatientName, "山田太郎", "患者 山田太郎 さん", true);
    }

    #[test]
    fn other_attributes_count_as_a_whole() {
        use IdentityAttribute::{PatientBirthDate, PatientId, SourcePath};
        check_find(PatientId, "HOSP-00123", "the number HOSP-00123", true);
        check_find(PatientId, "HOSP-00123", "hosp00123", true);
        check_find(PatientId, "HOSP-00123", "the hosp has beds", false);
        check_find(PatientId, "12", "12 mm", false);
        check_find(PatientBirthDate, "19510203", "born 3.2.1951 or 03/02/1951", true);
        check_find(PatientBirthDate, "19510203", "1951-02-03", true);
        check_find(PatientBirthDate, "19510203", "in 1951", false);
        check_find(SourcePath, "IM0042.dcm", "from IM0042.dcm", true);
    }
}

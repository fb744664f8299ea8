//! Every code that derived objects use, and codes for words that have none.
//!
//! Not here: codes a person or a label schema chose; they pass as they are.
//!
//! Invariants
//! - No code is invented: what stands here is in PS3.16 as pydicom 3.0.2 lists it, in UCUM, or in `dicom-outputs` C; what
//!   was found nowhere is of the scheme 99CALX and says so.
//! - A value of ours has at most 16 characters (SH), lower case letters, digits and hyphens.

use std::borrow::Cow;

use calx_model::{Certainty, CodedConcept, Digit, Presence, Segment, Side, SpacingBasis};
use sha2::{Digest, Sha256};

/// The designator of our own scheme.
pub(crate) const OWN_SCHEME: &str = "99CALX";
/// Characters of a CodeValue (0008,0100); a longer value is a LongCodeValue (0008,0119).
pub(crate) const MOST_VALUE: usize = 16;
/// Characters of a CodeMeaning (0008,0104).
pub(crate) const MOST_MEANING: usize = 64;

/// A code known while compiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Concept {
    pub(crate) value: &'static str,
    pub(crate) scheme: &'static str,
    pub(crate) meaning: &'static str,
}

impl Concept {
    /// Whether a coded entry says this: meanings are for people and differ between writers.
    pub(crate) fn is(self, coded: &CodedConcept) -> bool {
        coded.value == self.value && coded.scheme == self.scheme
    }
}

impl From<Concept> for CodedConcept {
    fn from(concept: Concept) -> Self {
        Self {
            value: concept.value.to_owned(),
            scheme: concept.scheme.to_owned(),
            meaning: concept.meaning.to_owned(),
        }
    }
}

const fn dcm(value: &'static str, meaning: &'static str) -> Concept {
    Concept { value, scheme: "DCM", meaning }
}

const fn sct(value: &'static str, meaning: &'static str) -> Concept {
    Concept { value, scheme: "SCT", meaning }
}

const fn ucum(value: &'static str, meaning: &'static str) -> Concept {
    Concept { value, scheme: "UCUM", meaning }
}

/// A code of our own scheme.
pub(crate) const fn own(value: &'static str, meaning: &'static str) -> Concept {
    Concept { value, scheme: OWN_SCHEME, meaning }
}

// Documents and their parts. The cornerstone reader compares the meanings of the last four as text.
pub(crate) const MEASUREMENT_REPORT: Concept = dcm("126000", "Imaging Measurement Report");
pub(crate) const FOR_TEACHING: Concept = dcm("113004", "For Teaching");
pub(crate) const KEY_OBJECT_DESCRIPTION: Concept = dcm("113012", "Key Object Description");
pub(crate) const CASE_DOCUMENT: Concept = own("case-document", "Teaching case");
pub(crate) const FORMAT: Concept = own("format", "Format of this document");
pub(crate) const CASE_DIGEST: Concept = own("case-digest", "SHA-256 of the case");
pub(crate) const MASKS_DIGEST: Concept = own("masks-digest", "SHA-256 of masks in a segmentation");
pub(crate) const IMAGE_LIBRARY: Concept = dcm("111028", "Image Library");
pub(crate) const IMAGE_LIBRARY_GROUP: Concept = dcm("126200", "Image Library Group");
pub(crate) const IMAGING_MEASUREMENTS: Concept = dcm("126010", "Imaging Measurements");
pub(crate) const MEASUREMENT_GROUP: Concept = dcm("125007", "Measurement Group");
pub(crate) const TRACKING_IDENTIFIER: Concept = dcm("112039", "Tracking Identifier");
pub(crate) const TRACKING_UID: Concept = dcm("112040", "Tracking Unique Identifier");

// Context.
pub(crate) const LANGUAGE: Concept = dcm("121049", "Language of Content Item and Descendants");
pub(crate) const OBSERVER_TYPE: Concept = dcm("121005", "Observer Type");
pub(crate) const PERSON: Concept = dcm("121006", "Person");
pub(crate) const DEVICE: Concept = dcm("121007", "Device");
pub(crate) const PERSON_OBSERVER_NAME: Concept = dcm("121008", "Person Observer Name");
pub(crate) const DEVICE_OBSERVER_UID: Concept = dcm("121012", "Device Observer UID");
pub(crate) const DEVICE_OBSERVER_NAME: Concept = dcm("121013", "Device Observer Name");
pub(crate) const DEVICE_OBSERVER_MODEL: Concept = dcm("121015", "Device Observer Model Name");
pub(crate) const PROCEDURE_REPORTED: Concept = dcm("121058", "Procedure reported");

// Images.
pub(crate) const SOURCE: Concept = sct("260753009", "Source");
pub(crate) const IMAGE_REGION: Concept = dcm("111030", "Image Region");
pub(crate) const SEGMENTATION_FRAME: Concept = dcm("121214", "Referenced Segmentation Frame");
pub(crate) const SOURCE_FOR_SEGMENTATION: Concept = dcm("121233", "Source image for segmentation");
pub(crate) const MODALITY: Concept = dcm("121139", "Modality");
pub(crate) const PIXEL_DATA_ROWS: Concept = dcm("110910", "Pixel Data Rows");
pub(crate) const PIXEL_DATA_COLUMNS: Concept = dcm("110911", "Pixel Data Columns");
pub(crate) const ORIENTATION_ROW: Concept = dcm("111044", "Patient Orientation Row");
pub(crate) const ORIENTATION_COLUMN: Concept = dcm("111043", "Patient Orientation Column");
pub(crate) const HORIZONTAL_SPACING: Concept = dcm("111026", "Horizontal Pixel Spacing");
pub(crate) const VERTICAL_SPACING: Concept = dcm("111066", "Vertical Pixel Spacing");
pub(crate) const IMAGE_LATERALITY: Concept = dcm("111027", "Image Laterality");
pub(crate) const DERIVATION_SEGMENTATION: Concept = dcm("113076", "Segmentation");
pub(crate) const SOURCE_FOR_PROCESSING: Concept =
    dcm("121322", "Source image for image processing operation");

// Findings.
pub(crate) const FINDING_CATEGORY: Concept = sct("276214006", "Finding category");
pub(crate) const FINDING: Concept = dcm("121071", "Finding");
pub(crate) const FINDING_SITE: Concept = sct("363698007", "Finding Site");
pub(crate) const LATERALITY: Concept = sct("272741003", "Laterality");
pub(crate) const TOPOGRAPHICAL_MODIFIER: Concept = sct("106233006", "Topographical modifier");
pub(crate) const ABNORMAL_STRUCTURE: Concept = sct("49755003", "Morphologically Abnormal Structure");
pub(crate) const ANATOMICAL_STRUCTURE: Concept = sct("91723000", "Anatomical Structure");
pub(crate) const PRESENCE_OF_PROPERTY: Concept = dcm("121052", "Presence of property");
pub(crate) const CERTAINTY_OF_FINDING: Concept = dcm("111012", "Certainty of Finding");
pub(crate) const STATEMENT: Concept = dcm("122152", "Statement");
pub(crate) const COMMENT: Concept = dcm("121106", "Comment");

// Quantities. The cornerstone reader compares the meanings as text.
pub(crate) const AREA: Concept = sct("42798000", "Area");
pub(crate) const LENGTH: Concept = sct("410668003", "Length");
pub(crate) const PERIMETER: Concept = sct("131191004", "Perimeter");
pub(crate) const WIDTH: Concept = sct("103355008", "Width");
pub(crate) const ANGLE: Concept = dcm("110859", "Angle");
pub(crate) const DEPTH: Concept = dcm("111020", "Depth");
pub(crate) const TIME: Concept = dcm("110858", "Time");
pub(crate) const FLOW_VELOCITY: Concept = dcm("110828", "Flow Velocity");
pub(crate) const DURATION: Concept = own("duration", "Duration");
pub(crate) const VELOCITY_CHANGE: Concept = own("velocity-change", "Change of velocity");
pub(crate) const MEAN: Concept = sct("373098007", "Mean");
pub(crate) const STANDARD_DEVIATION: Concept = sct("386136009", "Standard Deviation");
pub(crate) const MINIMUM: Concept = sct("255605001", "Minimum");
pub(crate) const MAXIMUM: Concept = sct("56851009", "Maximum");
pub(crate) const DERIVATION: Concept = dcm("121401", "Derivation");
pub(crate) const MEASUREMENT_METHOD: Concept = sct("370129005", "Measurement Method");

/// Why a number is absent (CID 42).
pub(crate) const NOT_A_NUMBER: Concept = dcm("114000", "Not a number");
/// How lengths are counted where no spacing is known and pixels are not square.
pub(crate) const BY_COLUMNS: Concept = own("basis-columns", "px (columns)");

// Units.
pub(crate) const NO_UNITS: Concept = ucum("1", "no units");
pub(crate) const PIXELS: Concept = ucum("{pixels}", "Pixels");
pub(crate) const MM: Concept = ucum("mm", "mm");
pub(crate) const MM2: Concept = ucum("mm2", "square millimeter");
pub(crate) const DEGREE: Concept = ucum("deg", "Degree");
pub(crate) const SECOND: Concept = ucum("s", "second");
pub(crate) const CM_PER_SECOND: Concept = ucum("cm/s", "centimeter/second");
pub(crate) const HOUNSFIELD: Concept = ucum("[hnsf'U]", "Hounsfield unit");

// Answers.
pub(crate) const YES: Concept = sct("373066001", "Yes");
pub(crate) const NO: Concept = sct("373067005", "No");

/// What kind of thing a region of that label is: the course of a vessel is anatomy, everything else is out of order.
pub(crate) fn category(label: &str) -> Concept {
    if label == "vessel course" { ANATOMICAL_STRUCTURE } else { ABNORMAL_STRUCTURE }
}

/// A side as a laterality; that nobody stated one is said, as no code for it is among those of sides (CID 244).
pub(crate) const fn side(side: Option<Side>) -> Concept {
    match side {
        Some(Side::Right) => sct("24028007", "Right"),
        Some(Side::Left) => sct("7771000", "Left"),
        Some(Side::Bilateral) => sct("51440002", "Bilateral"),
        Some(Side::Unpaired) => own("unpaired", "Unpaired"),
        None => sct("261665006", "Unknown"),
    }
}

/// The side that a laterality says; older files code it in SRT.
pub(crate) fn side_of(coded: &CodedConcept) -> Option<Side> {
    match (coded.scheme.as_str(), coded.value.as_str()) {
        ("SCT", "24028007") | ("SRT" | "SNM3", "G-A100") => Some(Side::Right),
        ("SCT", "7771000") | ("SRT" | "SNM3", "G-A101") => Some(Side::Left),
        ("SCT", "51440002") | ("SRT" | "SNM3", "G-A102") => Some(Side::Bilateral),
        (OWN_SCHEME, "unpaired") => Some(Side::Unpaired),
        _ => None,
    }
}

/// Whether what a statement names is there.
pub(crate) const fn presence(presence: Presence) -> Concept {
    match presence {
        Presence::Present => sct("52101004", "Present"),
        Presence::Absent => sct("272519000", "Absent"),
        Presence::Indeterminate => sct("373068000", "Undetermined"),
        Presence::NotAssessable => own("not-assessable", "Not assessable"),
    }
}

/// The presence that a code says.
#[cfg(test)]
pub(crate) fn presence_of(coded: &CodedConcept) -> Option<Presence> {
    use Presence::{Absent, Indeterminate, NotAssessable, Present};
    [Present, Absent, Indeterminate, NotAssessable].into_iter().find(|p| presence(*p).is(coded))
}

/// How sure the reader is.
pub(crate) const fn certainty(certainty: Certainty) -> Concept {
    match certainty {
        Certainty::Possible => own("possible", "Possible"),
        Certainty::Probable => own("probable", "Probable"),
        Certainty::Certain => own("certain", "Certain"),
    }
}

/// A digit, as a structure.
pub(crate) const fn digit(digit: Digit) -> Concept {
    match digit {
        Digit::Thumb => sct("76505004", "Thumb"),
        Digit::Index | Digit::Middle | Digit::Ring | Digit::Little => sct("7569003", "Finger"),
    }
}

/// Which finger: no code was found for a single one.
pub(crate) const fn digit_modifier(digit: Digit) -> Option<Concept> {
    match digit {
        Digit::Thumb => None,
        Digit::Index => Some(own("digit-index", "Index finger")),
        Digit::Middle => Some(own("digit-middle", "Middle finger")),
        Digit::Ring => Some(own("digit-ring", "Ring finger")),
        Digit::Little => Some(own("digit-little", "Little finger")),
    }
}

/// A stretch of an arm or digit, as a structure; middle and proximal phalanges have no code.
pub(crate) const fn segment(segment: Segment) -> Option<Concept> {
    match segment {
        Segment::DistalPhalanx => {
            Some(Concept { value: "C3669027", scheme: "UMLS", meaning: "Distal phalanx" })
        }
        Segment::MiddlePhalanx | Segment::ProximalPhalanx => None,
        Segment::Metacarpal => Some(sct("36455000", "Metacarpal")),
        Segment::Carpus => Some(sct("8205005", "Carpus")),
        Segment::Wrist => Some(sct("74670003", "Wrist joint")),
        Segment::Forearm => Some(sct("14975008", "Forearm")),
        Segment::Elbow => Some(sct("16953009", "Elbow joint")),
        Segment::Arm => Some(sct("40983000", "Upper arm")),
    }
}

/// The same beside a structure of another name.
pub(crate) const fn segment_modifier(of: Segment) -> Concept {
    match of {
        Segment::MiddlePhalanx => own("middle-phalanx", "Middle phalanx"),
        Segment::ProximalPhalanx => own("prox-phalanx", "Proximal phalanx"),
        other => match segment(other) {
            Some(concept) => concept,
            None => ANATOMICAL_STRUCTURE,
        },
    }
}

/// What millimetres hold by; the meaning is the label behind the number.
pub(crate) fn basis(basis: &SpacingBasis) -> Concept {
    let value = match basis {
        SpacingBasis::User => "basis-user",
        SpacingBasis::Calibrated { .. } => "basis-calibrated",
        SpacingBasis::Corrected { .. } => "basis-corrected",
        SpacingBasis::Estimated => "basis-estimated",
        SpacingBasis::CalibratedMethodNotStated => "basis-cal-unsaid",
        SpacingBasis::Detector => "basis-detector",
        SpacingBasis::Unspecified => "basis-unsaid",
        SpacingBasis::ImagePlane => "basis-plane",
        SpacingBasis::Film => "basis-film",
        SpacingBasis::UltrasoundRegion => "basis-us-region",
    };
    own(value, basis.label())
}

/// A modality (CID 29, CID 33); those of images.
pub(crate) fn modality(code: &str) -> Concept {
    const KNOWN: [Concept; 36] = [
        dcm("AR", "Autorefraction"),
        dcm("BI", "Biomagnetic Imaging"),
        dcm("BMD", "Bone Mineral Densitometry"),
        dcm("EPS", "Cardiac Electrophysiology"),
        dcm("CR", "Computed Radiography"),
        dcm("CT", "Computed Tomography"),
        dcm("CFM", "Confocal Microscopy"),
        dcm("DMS", "Dermoscopy"),
        dcm("DG", "Diaphanography"),
        dcm("DX", "Digital Radiography"),
        dcm("ES", "Endoscopy"),
        dcm("XC", "External-camera Photography"),
        dcm("GM", "General Microscopy"),
        dcm("HC", "Hard Copy"),
        dcm("IO", "Intra-oral Radiography"),
        dcm("IVOCT", "Intravascular Optical Coherence Tomography"),
        dcm("IVUS", "Intravascular Ultrasound"),
        dcm("LS", "Laser Scan"),
        dcm("MR", "Magnetic Resonance"),
        dcm("MG", "Mammography"),
        dcm("NM", "Nuclear Medicine"),
        dcm("OP", "Ophthalmic Photography"),
        dcm("OPT", "Ophthalmic Tomography"),
        dcm("OCT", "Optical Coherence Tomography"),
        dcm("OSS", "Optical Surface Scanner"),
        dcm("PX", "Panoramic X-Ray"),
        dcm("PA", "Photoacoustic"),
        dcm("PT", "Positron emission tomography"),
        dcm("RF", "Radiofluoroscopy"),
        dcm("RG", "Radiographic imaging"),
        dcm("RTIMAGE", "RT Image"),
        dcm("SM", "Slide Microscopy"),
        dcm("TG", "Thermography"),
        dcm("US", "Ultrasound"),
        dcm("BDUS", "Ultrasound Bone Densitometry"),
        dcm("XA", "X-Ray Angiography"),
    ];
    KNOWN.into_iter().find(|known| known.value == code.trim()).unwrap_or(dcm("OT", "Other"))
}

/// The structure that a term of BodyPartExamined (0018,0015) names (PS3.16 L).
pub(crate) fn body_part(term: &str) -> Option<Concept> {
    match term.trim() {
        "HAND" => Some(sct("85562004", "Hand")),
        "FINGER" => Some(sct("7569003", "Finger")),
        "THUMB" => Some(sct("76505004", "Thumb")),
        "WRIST" => Some(sct("74670003", "Wrist joint")),
        "FOREARM" => Some(sct("14975008", "Forearm")),
        "ELBOW" => Some(sct("16953009", "Elbow joint")),
        "ARM" => Some(sct("40983000", "Upper arm")),
        _ => None,
    }
}

/// A language by its BCP 47 tag.
pub(crate) fn language(tag: &str) -> CodedConcept {
    let primary = tag.split('-').next().unwrap_or(tag).to_ascii_lowercase();
    let meaning = match primary.as_str() {
        "en" => "English",
        "de" => "German",
        "fr" => "French",
        "es" => "Spanish",
        "it" => "Italian",
        "pt" => "Portuguese",
        "nl" => "Dutch",
        "ru" => "Russian",
        "ja" => "Japanese",
        "zh" => "Chinese",
        "ko" => "Korean",
        "ar" => "Arabic",
        _ => tag,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    // Not determined (ISO 639-2), where the case names none.
    let value = if tag.is_empty() || !tag.chars().all(plain) { "und" } else { tag };
    CodedConcept { value: value.to_owned(), scheme: "RFC5646".to_owned(), meaning: meaning_of(meaning) }
}

/// What begins a code for words of people that stand in it themselves, and for those of which it holds a digest. No code of
/// ours begins so: words of people never stand for what calx means by a code.
pub(crate) const OF_WORDS: [&str; 2] = ["w-", "x-"];
/// Characters of such a code after that; of a digest 70 bits.
const MOST_OF_WORDS: usize = MOST_VALUE - 2;

/// A code of our own scheme for words that have none: the same words, the same code; other words, another one.
pub(crate) fn for_words(words: &str) -> CodedConcept {
    let [plainly, digested] = OF_WORDS;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_itself = (1..=MOST_OF_WORDS).contains(&words.len())
        && words.starts_with(plain)
        && words.ends_with(plain)
        && words.chars().all(|c| plain(c) || c == ' ')
        && !words.contains("  ");
    let value = if is_itself {
        format!("{plainly}{}", words.replace(' ', "-"))
    } else {
        format!("{digested}{}", digest(words))
    };
    CodedConcept { value, scheme: OWN_SCHEME.to_owned(), meaning: meaning_of(words) }
}

/// The first bits of a digest, five a character (RFC 4648 base 32, in lower case).
fn digest(words: &str) -> String {
    let whole = Sha256::digest(words.as_bytes());
    let bits = whole.iter().take(9).fold(0u128, |bits, byte| (bits << 8) | u128::from(*byte));
    let character = |at: usize| {
        let five = (bits >> (72 - 5 * (at + 1))) & 31;
        b"abcdefghijklmnopqrstuvwxyz234567"
            .get(usize::try_from(five).unwrap_or(0))
            .map_or('a', |c| char::from(*c))
    };
    (0..MOST_OF_WORDS).map(character).collect()
}

/// Words as a CodeMeaning can hold them: one line of at most 64 characters, never empty.
pub(crate) fn meaning_of(words: &str) -> String {
    let line = one_line(words, MOST_MEANING);
    if line.is_empty() { "-".to_owned() } else { line.into_owned() }
}

/// Words as a value of one line can hold them (LO, SH): no control characters, no backslash, no blanks at its ends, at
/// most so many characters.
pub(crate) fn one_line(words: &str, most: usize) -> Cow<'_, str> {
    let bad = |c: char| c.is_control() || c == '\\';
    let trimmed = words.trim();
    if !trimmed.contains(bad) && trimmed.chars().count() <= most {
        return Cow::Borrowed(trimmed);
    }
    let cleaned: String = trimmed.chars().map(|c| if bad(c) { ' ' } else { c }).collect();
    let cleaned = cleaned.trim();
    if cleaned.chars().count() <= most {
        return Cow::Owned(cleaned.to_owned());
    }
    let kept: String = cleaned.chars().take(most.saturating_sub(1)).collect();
    Cow::Owned(format!("{}…", kept.trim_end()))
}

/// A name as written by people, as a PN: which part is which is not known, so all of it is the family name. Without a
/// caret it would be a form that is retired.
pub(crate) fn person_name(name: &str) -> String {
    let plain: String = name.chars().map(|c| if matches!(c, '^' | '=') { ' ' } else { c }).collect();
    let line = one_line(&plain, 63);
    let line = if line.is_empty() { Cow::Borrowed("unknown") } else { line };
    format!("{line}^")
}

/// Whether a coded entry can be written as it is and read back equal.
pub(crate) fn is_writable(coded: &CodedConcept) -> bool {
    let fits = |text: &str, most: usize| {
        !text.is_empty() && text.chars().count() <= most && one_line(text, most) == text
    };
    // A long value (UC) may have any length; more is no code.
    fits(&coded.value, 64) && fits(&coded.scheme, 16) && fits(&coded.meaning, MOST_MEANING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_without_a_code_get_one_that_fits_and_tells_them_apart() {
        let value = |words: &str| for_words(words).value;
        assert_eq!([value("bone loss"), value("other"), value("a1")], ["w-bone-loss", "w-other", "w-a1"]);
        // As sha256sum and base32 give it.
        assert_eq!(value("Bone loss"), "x-2twwfact6tdfby");
        // Two pairs of characters whose digests begin with the same 24 bits.
        assert_ne!(value("骨端外"), value("管皮化"));
        let different =
            ["Bone loss", "bone-loss", "bone  loss", " bone loss", "動脈", "静脈", "", " ", "a\nb"];
        let mut seen = vec![value("bone loss")];
        for words in different {
            let coded = for_words(words);
            assert!(coded.value.len() <= MOST_VALUE && is_writable(&coded), "{words:?}: {coded:?}");
            assert!(!seen.contains(&coded.value), "{words:?}: {coded:?}");
            seen.push(coded.value);
        }
        let long = for_words(&"calcified stretch of an artery ".repeat(9));
        assert!(long.value.len() <= MOST_VALUE && long.meaning.chars().count() == MOST_MEANING, "{long:?}");
        assert!(long.meaning.ends_with('…'));
    }

    #[test]
    fn words_of_people_never_get_a_code_of_ours() {
        let names = super::super::case_document::names::values();
        let ours = names.chain([DURATION.value, possible(), "unpaired", "not-assessable"]);
        for value in ours {
            assert!(!OF_WORDS.iter().any(|begins| value.starts_with(begins)), "{value}");
            assert_ne!(for_words(&value.replace('-', " ")).value, value);
        }
    }

    fn possible() -> &'static str {
        certainty(Certainty::Possible).value
    }

    #[test]
    fn codes_of_ours_fit_a_code_value() {
        let bases = [
            SpacingBasis::User,
            SpacingBasis::Calibrated { description: None },
            SpacingBasis::Corrected { description: None },
            SpacingBasis::Estimated,
            SpacingBasis::CalibratedMethodNotStated,
            SpacingBasis::Detector,
            SpacingBasis::Unspecified,
            SpacingBasis::ImagePlane,
            SpacingBasis::Film,
            SpacingBasis::UltrasoundRegion,
        ];
        let mut codes: Vec<Concept> = bases.iter().map(basis).collect();
        codes.extend([
            CASE_DOCUMENT,
            FORMAT,
            CASE_DIGEST,
            MASKS_DIGEST,
            DURATION,
            VELOCITY_CHANGE,
            BY_COLUMNS,
        ]);
        codes.extend([Certainty::Possible, Certainty::Probable, Certainty::Certain].map(certainty));
        codes.extend(
            [Digit::Index, Digit::Middle, Digit::Ring, Digit::Little].into_iter().filter_map(digit_modifier),
        );
        codes.extend([Segment::MiddlePhalanx, Segment::ProximalPhalanx].map(segment_modifier));
        for concept in &codes {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(concept.value.len() <= MOST_VALUE && concept.value.bytes().all(plain), "{concept:?}");
            assert!(!OF_WORDS.iter().any(|begins| concept.value.starts_with(begins)), "{concept:?}");
            assert_eq!(concept.scheme, OWN_SCHEME);
        }
        let values: std::collections::BTreeSet<_> = codes.iter().map(|c| c.value).collect();
        assert_eq!(values.len(), codes.len(), "each is used once");
    }

    #[test]
    fn sides_and_presence_come_back_from_their_codes() {
        for one in [Side::Right, Side::Left, Side::Bilateral, Side::Unpaired] {
            assert_eq!(side_of(&side(Some(one)).into()), Some(one));
        }
        assert_eq!(side_of(&side(None).into()), None);
        for one in [Presence::Present, Presence::Absent, Presence::Indeterminate, Presence::NotAssessable] {
            assert_eq!(presence_of(&presence(one).into()), Some(one));
        }
    }

    #[test]
    fn names_and_lines_are_made_to_fit() {
        assert_eq!(person_name("R. Author"), "R. Author^");
        assert_eq!(person_name("Author^Rosa=x"), "Author Rosa x^");
        assert_eq!(person_name(" \n"), "unknown^");
        assert_eq!(person_name(&"n".repeat(99)).chars().count(), 64);
        assert_eq!(one_line("  a\\b\n ", 64), "a b");
        assert_eq!(one_line("abcdef", 4), "abc…");
        assert_eq!(language("en-GB").meaning, "English");
        assert_eq!(language("").value, "und");
        assert_eq!(modality("DX").meaning, "Digital Radiography");
        assert_eq!(modality("PX").meaning, "Panoramic X-Ray");
        // No such modality: secondary captures state the one they came from.
        assert_eq!(modality("SC").value, "OT");
    }
}

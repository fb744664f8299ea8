//! What the page says in words: sides, sites, presence, dates.

use calx_model::{
    Case, CaseImage, Certainty, Digit, Patient, Presence, Segment, Sex, Side, Site, Statement, StudyTime,
};

/// Sign, word and class of a presence.
pub(crate) const fn presence(presence: Presence) -> (&'static str, &'static str, &'static str) {
    match presence {
        Presence::Present => ("●", "present", "present"),
        Presence::Absent => ("○", "not seen", "absent"),
        Presence::Indeterminate => ("?", "indeterminate", "indeterminate"),
        Presence::NotAssessable => ("–", "not assessable", "not-assessable"),
    }
}

/// `75 y, male`; `None` when neither is known.
pub(crate) fn patient(patient: &Patient) -> Option<String> {
    let sex = patient.sex.map(|sex| match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Other => "other sex",
    });
    let words: Vec<String> =
        patient.age.map(|age| age.to_string()).into_iter().chain(sex.map(str::to_owned)).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// `day 0`; a date never reaches a page.
pub(crate) fn day(when: &StudyTime) -> Option<String> {
    match when {
        StudyTime::RelativeDay { day } => Some(format!("day {day}")),
        StudyTime::Date { .. } | StudyTime::Unknown => None,
    }
}

/// `right ring finger, middle phalanx`.
fn site(site: &Site) -> Option<String> {
    let digit = site.digit.map(|digit| match digit {
        Digit::Thumb => "thumb",
        Digit::Index => "index finger",
        Digit::Middle => "middle finger",
        Digit::Ring => "ring finger",
        Digit::Little => "little finger",
    });
    let segment = site.segment.map(|segment| match segment {
        Segment::DistalPhalanx => "distal phalanx",
        Segment::MiddlePhalanx => "middle phalanx",
        Segment::ProximalPhalanx => "proximal phalanx",
        Segment::Metacarpal => "metacarpal",
        Segment::Carpus => "carpus",
        Segment::Wrist => "wrist",
        Segment::Forearm => "forearm",
        Segment::Elbow => "elbow",
        Segment::Arm => "arm",
    });
    let side = site.side.filter(|side| *side != Side::Unpaired).map(Side::word);
    let place: Vec<&str> = [digit, segment].into_iter().flatten().collect();
    let structure = site.code.as_ref().map(|code| code.meaning.to_lowercase());
    let place = match (side, place.join(", ")) {
        (Some(side), place) if place.is_empty() => Some(side.to_owned()),
        (Some(side), place) => Some(format!("{side} {place}")),
        (None, place) if place.is_empty() => None,
        (None, place) => Some(place),
    };
    match (structure, place) {
        (Some(structure), Some(place)) => Some(format!("{structure} ({place})")),
        (structure, place) => structure.or(place),
    }
}

/// What a statement says besides its words: sites, certainty, comparison.
pub(crate) fn remarks(case: &Case, statement: &Statement) -> Vec<String> {
    let mut remarks: Vec<String> = statement.sites.iter().filter_map(site).collect();
    remarks.extend(statement.certainty.map(|certainty| {
        match certainty {
            Certainty::Possible => "possible",
            Certainty::Probable => "probable",
            Certainty::Certain => "certain",
        }
        .to_owned()
    }));
    let earlier = statement.compared_to.and_then(|id| case.study(id));
    remarks.extend(earlier.map(|study| format!("compared with {}", study.title)));
    remarks
}

/// `right, PA`: the side a person stated wins over the header's.
pub(crate) fn projection(image: &CaseImage) -> Option<String> {
    let side = image.side().map(|side| match side {
        Side::Bilateral => "both sides".to_owned(),
        other => other.word().to_owned(),
    });
    let view = image.view_position.as_deref().map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned);
    let words: Vec<String> = side.into_iter().chain(view).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_reads_as_anatomy() {
        let ring = Site {
            digit: Some(Digit::Ring),
            segment: Some(Segment::MiddlePhalanx),
            side: Some(Side::Right),
            code: None,
        };
        assert_eq!(site(&ring).unwrap(), "right ring finger, middle phalanx");
        assert_eq!(site(&Site::default()), None);
    }
}

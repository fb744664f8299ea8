//! The allow-list: the case as it may leave.
//!
//! A [`Case`] holds nothing but case fields; what identifies through one of them is blunted here. A calendar
//! date of a study becomes a day counted from the first dated one, an age above 89 years becomes 90.
//!
//! Not here: words that name a person ([`crate::identity`] looks for them in the finished files).

use calx_model::{AgeUnit, Case, StudyTime};

/// Above this an age in years points to a person; it leaves as one year more (HIPAA 164.514(b)(2)(i)(C)).
const OLDEST_YEARS: u16 = 89;

/// The case as it leaves in every export. Applied twice it changes nothing more.
#[must_use]
pub fn exportable(case: &Case) -> Case {
    let mut leaving = case.clone();
    if let Some(age) = &mut leaving.patient.age
        && age.unit == AgeUnit::Years
        && age.value > OLDEST_YEARS
    {
        age.value = OLDEST_YEARS + 1;
    }
    let date = |when: &StudyTime| match when {
        StudyTime::Date { date } => Some(*date),
        StudyTime::RelativeDay { .. } | StudyTime::Unknown => None,
    };
    let first = leaving.studies.iter().filter_map(|s| date(&s.when)).min();
    for study in &mut leaving.studies {
        if let (Some(first), Some(date)) = (first, date(&study.when)) {
            study.when = StudyTime::RelativeDay {
                day: date.duration_since(first).as_hours().div_euclid(24).try_into().unwrap_or(i32::MAX),
            };
        }
    }
    leaving
}

//! What the library is asked for: words, order, filters. A saved one is a queue.
//!
//! Not here: asking (`desk`), drawing (`filters`).
//!
//! Invariants
//! - Whether a row fits is decided here alone, for cases and studies alike.
//! - A saved filter says what is wanted, never what was found: it holds as images come and are read.

use calx_model::CaseStatus;
use calx_workspace::{CaseFacts, Direction, ReadCounts, StudyOrder, StudyRow};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Which rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Cases, then studies.
    #[default]
    All,
    /// Cases.
    Cases,
    /// Studies.
    Studies,
}

/// What rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Date of the study; of a case, when it was edited.
    #[default]
    Date,
    /// Title; of a study, its description.
    Title,
}

impl Order {
    /// As the catalogue has it.
    #[must_use]
    pub const fn of_studies(self) -> StudyOrder {
        match self {
            Self::Date => StudyOrder::Date,
            Self::Title => StudyOrder::Description,
        }
    }
}

/// How far images were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// One is unread or in progress.
    ToRead,
    /// One is unread.
    Unread,
    /// One is in progress.
    InProgress,
    /// All are done or left out.
    Read,
    /// One was read and marked.
    Marked,
    /// One was read, and none seen.
    NoneSeen,
    /// One could not be judged.
    NotAssessable,
    /// One was left out.
    Excluded,
}

impl Reading {
    /// All, in the order of menus.
    pub const ALL: [Self; 8] = [
        Self::ToRead,
        Self::Unread,
        Self::InProgress,
        Self::Read,
        Self::Marked,
        Self::NoneSeen,
        Self::NotAssessable,
        Self::Excluded,
    ];

    /// Its words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ToRead => "Still to be read",
            Self::Unread => "Unread",
            Self::InProgress => "In progress",
            Self::Read => "All read",
            Self::Marked => "Marked",
            Self::NoneSeen => "None seen",
            Self::NotAssessable => "Not assessable",
            Self::Excluded => "Excluded",
        }
    }

    fn holds(self, counts: &ReadCounts) -> bool {
        match self {
            Self::ToRead => counts.to_read() > 0,
            Self::Unread => counts.unread > 0,
            Self::InProgress => counts.in_progress > 0,
            Self::Read => counts.images() > 0 && counts.to_read() == 0,
            Self::Marked => counts.marked > 0,
            Self::NoneSeen => counts.none_seen > 0,
            Self::NotAssessable => counts.not_assessable > 0,
            Self::Excluded => counts.excluded > 0,
        }
    }
}

/// Since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// Seven days.
    Week,
    /// One month.
    Month,
    /// One year.
    Year,
    /// Ten years.
    Decade,
}

impl Since {
    /// All, in the order of menus.
    pub const ALL: [Self; 4] = [Self::Week, Self::Month, Self::Year, Self::Decade];

    /// Its words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Week => "Last 7 days",
            Self::Month => "Last month",
            Self::Year => "Last year",
            Self::Decade => "Last 10 years",
        }
    }

    /// The first day that counts.
    #[must_use]
    pub fn first_day(self, today: Date) -> Date {
        let span = match self {
            Self::Week => 7.days(),
            Self::Month => 1.month(),
            Self::Year => 1.year(),
            Self::Decade => 10.years(),
        };
        today.saturating_sub(span)
    }
}

/// What is looked for, and in which order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Question {
    /// Words as typed.
    pub words: String,
    /// What rows are ordered by.
    pub order: Order,
    /// The smallest first; otherwise the newest, or the last letter.
    pub is_up: bool,
    /// Cases, studies or both.
    pub kind: Kind,
    /// Modality (0008,0060), as `DX`.
    pub modality: Option<String>,
    /// Since when.
    pub since: Option<Since>,
    /// How far images were read.
    pub reading: Option<Reading>,
    /// Where cases stand; studies have none.
    pub status: Option<CaseStatus>,
}

/// A filter that is on, and can be taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chip {
    /// [`Question::modality`].
    Modality,
    /// [`Question::since`].
    Since,
    /// [`Question::reading`].
    Reading,
    /// [`Question::status`].
    Status,
}

impl Question {
    /// Which end comes first.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        if self.is_up { Direction::Up } else { Direction::Down }
    }

    /// The order in which the search finds studies.
    #[must_use]
    pub fn is_newest_first(&self) -> bool {
        self.order == Order::Date && !self.is_up
    }

    /// The filters that are on, in words.
    #[must_use]
    pub fn chips(&self) -> Vec<(Chip, String)> {
        let mut chips = Vec::new();
        if let Some(modality) = &self.modality {
            chips.push((Chip::Modality, modality.clone()));
        }
        if let Some(since) = self.since {
            chips.push((Chip::Since, since.words().to_owned()));
        }
        if let Some(reading) = self.reading {
            chips.push((Chip::Reading, reading.words().to_owned()));
        }
        if let Some(status) = self.status {
            chips.push((Chip::Status, status_words(status).to_owned()));
        }
        chips
    }

    /// Takes a filter off.
    pub fn remove(&mut self, chip: Chip) {
        match chip {
            Chip::Modality => self.modality = None,
            Chip::Since => self.since = None,
            Chip::Reading => self.reading = None,
            Chip::Status => self.status = None,
        }
    }

    /// Whether nothing is looked for: what is empty then is empty indeed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.words.trim().is_empty() && self.kind == Kind::All && self.chips().is_empty()
    }

    /// Whether it holds all but the words.
    #[must_use]
    pub fn fits_case(&self, facts: &CaseFacts, today: Date) -> bool {
        let edited = facts.row.edited.to_zoned(crate::shell::clock::here()).date();
        self.modality.as_ref().is_none_or(|modality| facts.modalities.contains(modality))
            && self.since.is_none_or(|since| edited >= since.first_day(today))
            && self.reading.is_none_or(|reading| reading.holds(&facts.reads))
            && self.status.is_none_or(|status| facts.row.status == status)
    }

    /// Whether it holds all but the words; `reads` are those of the case that shows the study.
    #[must_use]
    pub fn fits_study(&self, row: &StudyRow, reads: Option<&ReadCounts>, today: Date) -> bool {
        let unread = ReadCounts { unread: row.images, ..ReadCounts::default() };
        let of_modality = |wanted: &String| row.modalities.iter().any(|m| m.for_terminal() == *wanted);
        self.modality.as_ref().is_none_or(of_modality)
            && self.since.is_none_or(|since| row.date.is_some_and(|date| date >= since.first_day(today)))
            && self.reading.is_none_or(|reading| reading.holds(reads.unwrap_or(&unread)))
            && self.status.is_none()
    }
}

/// Words of a status.
#[must_use]
pub const fn status_words(status: CaseStatus) -> &'static str {
    match status {
        CaseStatus::Draft => "Draft",
        CaseStatus::InReview => "In review",
        CaseStatus::Published => "Published",
        CaseStatus::Withdrawn => "Withdrawn",
    }
}

/// How far the images of a row were read, in a few words.
#[must_use]
pub fn read_words(reads: &ReadCounts) -> String {
    let images = reads.images();
    let done = images - reads.to_read();
    match (images, done) {
        (0, _) => String::new(),
        (_, 0) if reads.in_progress == 0 => "unread".to_owned(),
        (1, 0) => "in progress".to_owned(),
        (1, _) if reads.marked == 1 => "marked".to_owned(),
        (1, _) if reads.none_seen == 1 => "none seen".to_owned(),
        (1, _) if reads.not_assessable == 1 => "not assessable".to_owned(),
        (1, _) => "excluded".to_owned(),
        (images, done) if images == done => format!("all {images} read"),
        (images, done) => format!("{done} of {images} read"),
    }
}

/// A filter under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFilter {
    /// As a person calls it.
    pub name: String,
    /// What it asks for.
    pub question: Question,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_states_are_told_in_a_few_words() {
        let none = ReadCounts::default();
        for (reads, words) in [
            (none, ""),
            (ReadCounts { unread: 2, ..none }, "unread"),
            (ReadCounts { unread: 1, in_progress: 1, ..none }, "0 of 2 read"),
            (ReadCounts { in_progress: 1, ..none }, "in progress"),
            (ReadCounts { none_seen: 1, ..none }, "none seen"),
            (ReadCounts { excluded: 1, ..none }, "excluded"),
            (ReadCounts { marked: 1, unread: 1, ..none }, "1 of 2 read"),
            (ReadCounts { marked: 1, none_seen: 3, ..none }, "all 4 read"),
        ] {
            assert_eq!(read_words(&reads), words);
        }
    }

    #[test]
    fn filters_on_reading_hold_for_what_they_say() {
        let none = ReadCounts::default();
        let half = ReadCounts { none_seen: 1, in_progress: 1, ..none };
        let all = ReadCounts { marked: 1, excluded: 1, ..none };
        let holds = |counts: &ReadCounts| Reading::ALL.map(|reading| reading.holds(counts));
        assert_eq!(holds(&none), [false; 8]);
        assert_eq!(holds(&half), [true, false, true, false, false, true, false, false]);
        assert_eq!(holds(&all), [false, false, false, true, true, false, false, true]);
    }

    #[test]
    fn a_saved_filter_comes_back_equal_and_an_older_one_is_read() {
        let question = Question {
            words: "hand".to_owned(),
            modality: Some("DX".to_owned()),
            reading: Some(Reading::ToRead),
            since: Some(Since::Year),
            status: Some(CaseStatus::Draft),
            kind: Kind::Cases,
            order: Order::Title,
            is_up: true,
        };
        let text = serde_json::to_string(&question).unwrap();
        assert_eq!(serde_json::from_str::<Question>(&text).unwrap(), question);
        let mut left = question;
        for (chip, _) in left.chips() {
            left.remove(chip);
        }
        assert!(left.chips().is_empty());
        let older: Question = serde_json::from_str(r#"{"words": "hand"}"#).unwrap();
        assert_eq!(older, Question { words: "hand".to_owned(), ..Question::default() });
    }

    #[test]
    fn days_are_counted_back_from_today() {
        let today: Date = "2026-03-31".parse().unwrap();
        let days = Since::ALL.map(|since| since.first_day(today).to_string());
        assert_eq!(days, ["2026-03-24", "2026-02-28", "2025-03-31", "2016-03-31"]);
    }
}

//! Times as the window shows them: of the place where it stands, in ISO form.
//!
//! Not here: times on disk and in JSON, which are UTC.
//!
//! Invariants
//! - A moment that stands with its day says how far its clock is from UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The clock of this place.
pub(crate) fn here() -> TimeZone {
    TimeZone::system()
}

/// `14:02:11`.
pub(crate) fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// `2026-03-01`.
pub(crate) fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string()
}

/// `2026-03-01 14:02:11 +01:00`.
pub(crate) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_place() {
        let zone = TimeZone::fixed(jiff::tz::offset(-5));
        let at = "2026-03-01T02:02:11Z".parse().unwrap();
        assert_eq!(time(at, &zone), "21:02:11");
        assert_eq!(day(at, &zone), "2026-02-28", "there it is the day before");
        assert_eq!(moment(at, &zone), "2026-02-28 21:02:11 -05:00");
        assert_eq!(moment(at, &TimeZone::UTC), "2026-03-01 02:02:11 +00:00");
    }
}

//! The time zone that an image states for all of its dates and times.
//!
//! Source: PS3.3 C.12.1.1.8 (TimezoneOffsetFromUTC).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// TimezoneOffsetFromUTC (0008,0201).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Zone(Offset);

impl Zone {
    pub(crate) const UTC: Self = Self(Offset::UTC);

    /// Reads `+0200`; `None` for what is no offset that a place on earth has.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let text = text.trim_matches([' ', '\0']);
        let (sign, digits) = match text.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (hours, minutes): (i32, i32) = (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?);
        let of_day = sign * (hours * 60 + minutes);
        let is_one = minutes < 60 && (-12 * 60..=14 * 60).contains(&of_day);
        is_one.then(|| Offset::from_seconds(of_day * 60).ok()).flatten().map(Self)
    }

    /// What a clock there shows.
    pub(crate) fn local(self, at: Timestamp) -> DateTime {
        self.0.to_datetime(at)
    }
}

impl std::fmt::Display for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let minutes = self.0.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_read_and_said_again() {
        for text in ["+0000", "+0200", "-0330", "+1400", "-1200", "+0545 "] {
            assert_eq!(Zone::of(text).unwrap().to_string(), text.trim_end());
        }
        for text in ["", "0200", "+2", "+1500", "-1300", "+0160", "+02:0", "+０2", "Z"] {
            assert_eq!(Zone::of(text), None, "{text}");
        }
        let at = "2026-03-01T23:30:00Z".parse().unwrap();
        assert_eq!(Zone::of("+0530").unwrap().local(at).to_string(), "2026-03-02T05:00:00");
    }
}

//! DICOM unique identifiers, one type per level.
//!
//! Invariants
//! - 1 to 64 characters, digits and dots only, no dot at either end and no two in a row. Leading
//!   zeros inside a component are tolerated: they exist in the wild and identify all the same.
//! - So a UID is safe in a path, a URL, a terminal and a page as it is.
//!
//! Source: PS3.5 section 9 and 6.2 (VR UI).

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a text is not a UID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UidError {
    /// Nothing is left after trailing NUL and blanks were taken off.
    #[error("the UID is empty")]
    Empty,
    /// Longer than 64 characters.
    #[error("the UID has {0} characters, at most 64 are allowed")]
    TooLong(usize),
    /// A character other than a digit or a dot, or a misplaced dot.
    #[error("the UID holds something other than numbers parted by single dots")]
    Malformed,
}

fn checked(text: &str) -> Result<&str, UidError> {
    let text = text.trim_matches(|c| c == '\0' || c == ' ');
    if text.is_empty() {
        return Err(UidError::Empty);
    }
    if text.len() > 64 {
        return Err(UidError::TooLong(text.chars().count()));
    }
    // Dots stand between digits, never beside each other nor at an end.
    let mut before = b'.';
    for byte in text.bytes() {
        if !(byte.is_ascii_digit() || (byte == b'.' && before != b'.')) {
            return Err(UidError::Malformed);
        }
        before = byte;
    }
    if before == b'.' { Err(UidError::Malformed) } else { Ok(text) }
}

macro_rules! uid {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads a UID; trailing NUL and blanks (padding, PS3.5 6.2) are taken off.
            ///
            /// # Errors
            /// [`UidError`] when it is empty, too long, or not numbers parted by dots.
            pub fn new(text: &str) -> Result<Self, UidError> {
                checked(text).map(|t| Self(t.to_owned()))
            }
            /// The digits and dots.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = UidError;
            fn from_str(text: &str) -> Result<Self, UidError> {
                Self::new(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = UidError;
            fn try_from(text: String) -> Result<Self, UidError> {
                Self::new(&text)
            }
        }
        impl From<$name> for String {
            fn from(uid: $name) -> String {
                uid.0
            }
        }
    };
}

uid!(/// StudyInstanceUID (0020,000D).
    StudyInstanceUid);
uid!(/// SeriesInstanceUID (0020,000E).
    SeriesInstanceUid);
uid!(/// SOPInstanceUID (0008,0018).
    SopInstanceUid);
uid!(/// SOPClassUID (0008,0016).
    SopClassUid);
uid!(/// TransferSyntaxUID (0002,0010).
    TransferSyntaxUid);
uid!(/// Tracking Unique Identifier (0062,0021): one lesion or vessel over images and dates.
    TrackingUid);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_goes_and_nonsense_is_refused() {
        assert_eq!(SopInstanceUid::new("1.2.840.10008\0").unwrap().as_str(), "1.2.840.10008");
        assert_eq!(SopInstanceUid::new(" \0"), Err(UidError::Empty));
        assert_eq!(SopInstanceUid::new("1.2/../../etc"), Err(UidError::Malformed));
        assert_eq!(SopInstanceUid::new("1..2"), Err(UidError::Malformed));
        assert_eq!(SopInstanceUid::new(&"1".repeat(65)), Err(UidError::TooLong(65)));
    }
}

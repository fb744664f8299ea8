//! UIDs made from names: the same name, the same UID.
//!
//! Invariants
//! - Every result is `2.25.` and a number below 2^128, as a version 8 UUID gives (PS3.5 B.2).

use sha2::{Digest, Sha256};

/// Names this program in the file meta group, (0002,0012). Made once with
/// `uid_from_name("calx implementation class")`, a test compares.
pub const IMPLEMENTATION_CLASS_UID: &str = "2.25.294444004285223526693232319047249433217";

/// (0002,0013), at most 16 characters.
pub const IMPLEMENTATION_VERSION_NAME: &str = "CALX_0_1";

/// A UID under 2.25 that depends on `name` only.
///
/// The first 128 bits of the SHA-256 of the name, marked as a version 8 (custom) UUID, written as
/// one decimal number. Callers put everything that tells two objects apart into the name.
#[must_use]
pub fn uid_from_name(name: &str) -> String {
    uid_of_digest(&Sha256::digest(name.as_bytes()))
}

/// The UID of the first 128 bits of a digest, marked as a version 8 UUID.
pub(crate) fn uid_of_digest(digest: &[u8]) -> String {
    let mut number = digest.iter().take(16).fold(0u128, |sum, byte| (sum << 8) | u128::from(*byte));
    number = (number & !(0xf << 76)) | (0x8 << 76);
    number = (number & !(0x3 << 62)) | (0x2 << 62);
    format!("2.25.{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_gives_the_same_uid() {
        let uid = uid_from_name("hand/1");
        assert_eq!(uid, uid_from_name("hand/1"));
        assert_ne!(uid, uid_from_name("hand/2"));
        assert!(uid.starts_with("2.25.") && uid.len() <= 44, "{uid}");
        assert!(calx_model::SopInstanceUid::new(&uid).is_ok());
    }

    #[test]
    fn the_implementation_uid_is_ours() {
        assert_eq!(IMPLEMENTATION_CLASS_UID, uid_from_name("calx implementation class"));
    }
}

//! UIDs of derived objects: they follow from the case, its content and what it was written for.
//!
//! Invariants
//! - The same case, profile, version and content give the same UIDs on every machine; a changed content gives another
//!   SOP Instance UID, and two profiles share none of those made here.
//! - Nobody who does not know the case can work one out from the image it belongs to: the case's id, 128 random bits,
//!   is in every one.
//! - An id of the case is `2.25.` and the id as a number (PS3.5 B.2), and comes back from it.
//!
//! Source: PS3.5 B.2.

use calx_model::CaseId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Kind;
use crate::write::uid::uid_of_digest;

/// For whom an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Patient and dates as in the images.
    Identified,
    /// The images say that nobody is in them (Synthetic Data YES).
    Synthetic,
}

impl Profile {
    const fn word(self) -> &'static str {
        match self {
            Self::Identified => "identified",
            Self::Synthetic => "synthetic",
        }
    }
}

/// Makes the UIDs of one export.
#[derive(Debug, Clone)]
pub(crate) struct Uids {
    secret: [u8; 32],
    profile: Profile,
    version: String,
}

impl Uids {
    pub(crate) fn new(case: CaseId, profile: Profile, version: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"calx case secret");
        hash.update(case.0.as_bytes());
        Self { secret: hash.finalize().into(), profile, version: version.to_owned() }
    }

    /// The digest of some parts: each with its length, so that no two lists of parts are one.
    fn uid(&self, parts: &[&[u8]]) -> String {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        for part in [self.profile.word().as_bytes()].iter().chain(parts) {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(part);
        }
        uid_of_digest(&hash.finalize())
    }

    /// The series of one kind in one study; it stays the same over revisions.
    pub(crate) fn series(&self, kind: Kind, study: &str) -> String {
        self.uid(&[b"series", kind.word().as_bytes(), study.as_bytes()])
    }

    /// The object whose data set, without its SOP Instance UID, is encoded so.
    pub(crate) fn instance(&self, kind: Kind, content: &[u8]) -> String {
        self.uid(&[b"instance", self.version.as_bytes(), kind.word().as_bytes(), content])
    }

    /// Something else, as a dimension organization or a frame of reference, of what `of` names.
    pub(crate) fn other(&self, what: &str, of: &str) -> String {
        self.uid(&[b"other", what.as_bytes(), of.as_bytes()])
    }

    /// What is said of one thing about another, as of a statement about an image.
    pub(crate) fn pair(&self, what: &str, one: Uuid, other: Uuid) -> String {
        self.uid(&[b"pair", what.as_bytes(), one.as_bytes(), other.as_bytes()])
    }
}

/// An id of the case as a UID.
pub(crate) fn uid_of_id(id: Uuid) -> String {
    format!("2.25.{}", id.as_u128())
}

/// The id that [`uid_of_id`] made a UID of.
pub(crate) fn id_of_uid(uid: &str) -> Option<Uuid> {
    let number = uid.strip_prefix("2.25.")?;
    let is_canonical = number == "0" || !number.starts_with('0');
    let digits = is_canonical && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| number.parse().ok()).flatten().map(Uuid::from_u128)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uids(case: u128, profile: Profile, version: &str) -> Uids {
        Uids::new(CaseId(Uuid::from_u128(case)), profile, version)
    }

    #[test]
    fn uids_depend_on_all_they_are_made_of_and_on_nothing_else() {
        use Kind::{CaseDocument, Segmentation};
        let made =
            |u: &Uids, kind| [u.series(kind, "1.2"), u.instance(kind, b"abc"), u.other("frame", "1.2")];
        let first = uids(7, Profile::Synthetic, "0.1.0");
        assert_eq!(made(&first, Segmentation), made(&uids(7, Profile::Synthetic, "0.1.0"), Segmentation));
        let other_case = uids(8, Profile::Synthetic, "0.1.0");
        let other_profile = uids(7, Profile::Identified, "0.1.0");
        for other in [&other_case, &other_profile] {
            for (a, b) in made(&first, Segmentation).iter().zip(made(other, Segmentation)) {
                assert_ne!(*a, b);
            }
        }
        assert_ne!(first.series(Segmentation, "1.2"), first.series(CaseDocument, "1.2"));
        let newer = uids(7, Profile::Synthetic, "0.2.0");
        assert_eq!(first.series(Segmentation, "1.2"), newer.series(Segmentation, "1.2"));
        assert_ne!(first.instance(Segmentation, b"abc"), newer.instance(Segmentation, b"abc"));
        assert_ne!(first.instance(Segmentation, b"abc"), first.instance(Segmentation, b"abd"));
        // Parts are kept apart.
        assert_ne!(first.other("ab", "c"), first.other("a", "bc"));
        for uid in made(&first, Segmentation) {
            assert!(calx_model::SopInstanceUid::new(&uid).is_ok() && uid.len() <= 44, "{uid}");
        }
    }

    #[test]
    fn an_id_comes_back_from_its_uid() {
        for number in [0, 1, u128::MAX, 0x1234_5678_9abc_4def_8123_4567_89ab_cdef] {
            let id = Uuid::from_u128(number);
            assert_eq!(id_of_uid(&uid_of_id(id)), Some(id));
        }
        assert_eq!(uid_of_id(Uuid::from_u128(5)), "2.25.5");
        let none = [
            "2.25.",
            "2.25.05",
            "2.25.-1",
            "2.25.+1",
            "2.25.1.2",
            "1.2.5",
            "2.25.340282366920938463463374607431768211456",
        ];
        for uid in none {
            assert_eq!(id_of_uid(uid), None, "{uid}");
        }
    }
}

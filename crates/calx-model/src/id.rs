//! Identities inside a case: 128 random bits, given by the caller.
//!
//! Shown numbers (①, region 3, case 52) are ordinals and never identity.
//!
//! Invariants
//! - An id of one kind cannot be used as another: each kind is its own type.
//! - All ids of one case are different, across kinds ([`crate::Case::violations`]).

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    };
}

id!(/// A case.
    CaseId);
id!(/// A study inside a case; not the DICOM study.
    CaseStudyId);
id!(/// An image inside a case; not the SOP instance.
    ImageId);
id!(/// A finding.
    FindingId);
id!(/// One statement of a finding.
    StatementId);
id!(/// One link from a statement to what supports it.
    EvidenceId);
id!(/// A marked region.
    RegionId);
id!(/// One lesion or vessel over images and dates.
    TrackId);
id!(/// A literature reference.
    ReferenceId);
id!(/// One reader's pass over a case.
    ReadingId);
id!(/// A playlist.
    PlaylistId);

//! The side of the body an image shows.
//!
//! Not here: statements about sides (`calx-model`).
//!
//! Source: PS3.3 C.8.11.1 (Image Laterality), C.7.3.1 (Laterality).

/// ImageLaterality (0020,0062), Laterality (0020,0060), or what an anatomic region's modifier says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// `R`.
    Right,
    /// `L`.
    Left,
    /// `B`: both sides in one image.
    Both,
    /// `U`: an unpaired body part.
    Unpaired,
}

impl Side {
    /// Reads the defined term; anything else is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim_matches(|c| c == ' ' || c == '\0') {
            "R" => Some(Self::Right),
            "L" => Some(Self::Left),
            "B" => Some(Self::Both),
            "U" => Some(Self::Unpaired),
            _ => None,
        }
    }

    /// The defined term.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Right => "R",
            Self::Left => "L",
            Self::Both => "B",
            Self::Unpaired => "U",
        }
    }
}

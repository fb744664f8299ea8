//! The letters at the edges of a picture: which way the patient lies in it.
//!
//! Not here: reading PatientOrientation (`calx-dicom`), drawing letters (`calx-render`).
//!
//! Invariants
//! - Letters follow turns and flips of the picture, never the pixels: what the header does not say is not shown.
//! - A code that is no direction gives no letter on either of its two edges.
//!
//! Source: PS3.3 C.7.6.1.1.1; the codes of four-legged patients are those of C.7.6.1.1.1 too.

/// What stands at each edge of a picture; empty where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EdgeLetters {
    /// At the left edge.
    pub left: String,
    /// At the right edge.
    pub right: String,
    /// At the top edge.
    pub top: String,
    /// At the bottom edge.
    pub bottom: String,
}

/// Pairs of opposite directions of four-legged patients.
const OPPOSITES: [(&str, &str); 6] =
    [("LE", "RT"), ("CR", "CD"), ("DI", "PR"), ("ME", "LA"), ("V", "D"), ("PA", "PL")];

/// The direction against `code`: `AF` gives `PH`. `None` for what is no direction.
///
/// Bipeds have the letters A P R L H F, alone or two and three together; four-legged patients have words of two
/// letters, which never stand beside them.
#[must_use]
pub fn opposite(code: &str) -> Option<String> {
    if code.is_empty() {
        return None;
    }
    let letters = |c: char| match c {
        'A' => Some('P'),
        'P' => Some('A'),
        'R' => Some('L'),
        'L' => Some('R'),
        'H' => Some('F'),
        'F' => Some('H'),
        _ => None,
    };
    let axis = |c: char| match c {
        'A' | 'P' => 0,
        'R' | 'L' => 1,
        _ => 2,
    };
    let simple: Option<String> = code.chars().map(letters).collect();
    if let Some(turned) = simple {
        // Both ends of one axis in one code are no direction.
        let mut seen = [false; 3];
        for at in code.chars().map(axis) {
            if let Some(slot) = seen.get_mut(at)
                && std::mem::replace(slot, true)
            {
                return None;
            }
        }
        return Some(turned);
    }
    OPPOSITES.iter().find_map(|(one, other)| {
        if *one == code { Some((*other).to_owned()) } else { (*other == code).then(|| (*one).to_owned()) }
    })
}

impl EdgeLetters {
    /// `row` is where a row leads (PatientOrientation's first value: it stands at the right edge), `column` where a
    /// column leads (the second: at the bottom edge), of the picture as stored.
    #[must_use]
    pub fn of(row: &str, column: &str) -> Self {
        let (row, column) = (row.trim(), column.trim());
        let pair = |code: &str| match opposite(code) {
            Some(other) => (code.to_owned(), other),
            None => Default::default(),
        };
        let ((right, left), (bottom, top)) = (pair(row), pair(column));
        Self { left, right, top, bottom }
    }

    /// After turning the picture clockwise by quarter turns.
    #[must_use]
    pub fn turned(mut self, quarter_turns: u8) -> Self {
        for _ in 0..quarter_turns % 4 {
            // What stood on top stands at the right.
            self = Self { right: self.top, bottom: self.right, left: self.bottom, top: self.left };
        }
        self
    }

    /// After mirroring the picture left to right.
    #[must_use]
    pub fn mirrored_across(self) -> Self {
        Self { left: self.right, right: self.left, ..self }
    }

    /// Whether there is any letter.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left.is_empty() && self.top.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(edges: &EdgeLetters) -> [&str; 4] {
        [&edges.left, &edges.right, &edges.top, &edges.bottom]
    }

    #[test]
    fn the_header_names_the_right_and_the_bottom_edge() {
        // A chest from the front, as PS3.3 has it: rows lead to the patient's left, columns to the feet.
        assert_eq!(letters(&EdgeLetters::of("L", "F")), ["R", "L", "H", "F"]);
        assert_eq!(letters(&EdgeLetters::of("A", "F")), ["P", "A", "H", "F"]);
        assert_eq!(letters(&EdgeLetters::of("LAF", "PR ")), ["RPH", "LAF", "AL", "PR"]);
        assert_eq!(letters(&EdgeLetters::of("", "F")), ["", "", "H", "F"]);
        assert!(EdgeLetters::of("", "").is_empty());
    }

    #[test]
    fn what_is_no_direction_gives_no_letter() {
        for code in ["X", "RL", "AA", "R L", "r", "LEFT", "\u{1b}[31m"] {
            assert_eq!(opposite(code), None, "{code}");
            assert_eq!(letters(&EdgeLetters::of(code, "F")), ["", "", "H", "F"]);
        }
        assert_eq!(opposite("LE").as_deref(), Some("RT"));
        assert_eq!(opposite("D").as_deref(), Some("V"));
    }

    #[test]
    fn letters_turn_and_flip_with_the_picture() {
        let edges = EdgeLetters::of("L", "F");
        // Clockwise: the head, which was on top, is at the right.
        assert_eq!(letters(&edges.clone().turned(1)), ["F", "H", "R", "L"]);
        assert_eq!(letters(&edges.clone().turned(2)), ["L", "R", "F", "H"]);
        assert_eq!(letters(&edges.clone().turned(3)), ["H", "F", "L", "R"]);
        assert_eq!(edges.clone().turned(4), edges);
        assert_eq!(letters(&edges.clone().mirrored_across()), ["L", "R", "H", "F"]);
        // Turned first, then mirrored, as a case's image is shown.
        assert_eq!(letters(&edges.turned(1).mirrored_across()), ["H", "F", "R", "L"]);
    }
}

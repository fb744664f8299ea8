//! Controls by their accessible names, as a screen reader finds them.

use egui::accesskit::{Action, TreeUpdate};
use egui::{Pos2, Rect, Role, pos2};

/// A control of the last pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// What a screen reader says.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Where it lies, in points.
    pub rect: Rect,
    /// It answers.
    pub is_enabled: bool,
    /// It can be clicked.
    pub is_clickable: bool,
}

/// Controls of one pass.
#[derive(Debug, Clone, Default)]
pub struct Names(Vec<Named>);

/// Why a control was not found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is none.
    #[error("nothing is called \"{name}\"; there is {known}")]
    None {
        /// What was looked for.
        name: String,
        /// What is there.
        known: String,
    },
    /// Which one is not clear.
    #[error("{count} controls are called \"{name}\"; add `nth N`")]
    Several {
        /// What was looked for.
        name: String,
        /// How many.
        count: usize,
    },
}

impl Names {
    /// The names in what a pass told a screen reader.
    #[must_use]
    pub fn of(update: &TreeUpdate) -> Self {
        let named = update.nodes.iter().filter_map(|(_, node)| {
            let name = node.label().or_else(|| node.value()).filter(|name| !name.trim().is_empty())?;
            let bounds = node.bounds()?;
            Some(Named {
                name: name.trim().to_owned(),
                role: node.role(),
                rect: Rect::from_min_max(point(bounds.x0, bounds.y0), point(bounds.x1, bounds.y1)),
                is_enabled: !node.is_disabled(),
                is_clickable: node.supports_action(Action::Click),
            })
        });
        let mut named: Vec<Named> = named.collect();
        // By rows, as it is read: which of two comes first does not depend on how the tree was built.
        named.sort_by(|a, b| {
            let (a, b) = ((a.rect.min.y, a.rect.min.x), (b.rect.min.y, b.rect.min.x));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        Self(named)
    }

    /// All of them, from the top.
    #[must_use]
    pub fn all(&self) -> &[Named] {
        &self.0
    }

    /// Those of that name; without any, those whose name begins with it and goes on with a colon or the like
    /// ("Viewport 1" is "Viewport 1: right hand"). Where some can be clicked, only those count.
    #[must_use]
    pub fn of_name(&self, name: &str) -> Vec<&Named> {
        let exact: Vec<&Named> = self.0.iter().filter(|named| named.name == name).collect();
        let found = if exact.is_empty() {
            self.0.iter().filter(|named| begins(&named.name, name)).collect()
        } else {
            exact
        };
        let clickable: Vec<&Named> = found.iter().filter(|named| named.is_clickable).copied().collect();
        if clickable.is_empty() { found } else { clickable }
    }

    /// The one of that name, or the `nth` from 1.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn find(&self, name: &str, nth: Option<usize>) -> Result<&Named, NameError> {
        let found = self.of_name(name);
        let none = || NameError::None { name: name.to_owned(), known: self.known() };
        match (found.as_slice(), nth) {
            ([], _) => Err(none()),
            ([one], None) => Ok(one),
            (several, None) => Err(NameError::Several { name: name.to_owned(), count: several.len() }),
            (several, Some(nth)) => {
                nth.checked_sub(1).and_then(|at| several.get(at)).copied().ok_or_else(none)
            }
        }
    }

    /// What is there, in words; not more than a message bears.
    fn known(&self) -> String {
        const MOST: usize = 40;
        let mut names: Vec<&str> = Vec::new();
        for named in self.0.iter().filter(|named| named.is_clickable || named.role == Role::Label) {
            if !names.contains(&named.name.as_str()) {
                names.push(&named.name);
            }
        }
        match names.len() {
            0 => "nothing with a name".to_owned(),
            n => {
                let list = names.iter().take(MOST).map(|name| format!("\"{name}\"")).collect::<Vec<_>>();
                format!("{}{}", list.join(", "), if n > MOST { ", …" } else { "" })
            }
        }
    }
}

fn begins(whole: &str, name: &str) -> bool {
    whole
        .strip_prefix(name)
        .and_then(|rest| rest.chars().next())
        .is_some_and(|next| !next.is_alphanumeric() && next != '.')
}

#[allow(clippy::cast_possible_truncation, reason = "places on a screen are single precision in egui")]
const fn point(x: f64, y: f64) -> Pos2 {
    pos2(x as f32, y as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[(&str, bool)]) -> Names {
        let named = list.iter().map(|(name, is_clickable)| Named {
            name: (*name).to_owned(),
            role: Role::Button,
            rect: Rect::ZERO,
            is_enabled: true,
            is_clickable: *is_clickable,
        });
        Names(named.collect())
    }

    #[test]
    fn a_name_is_exact_or_goes_on_with_a_mark() {
        let names =
            names(&[("Viewport 1: right", true), ("Viewport 12", true), ("Import", false), ("Import", true)]);
        assert_eq!(names.find("Viewport 1", None).unwrap().name, "Viewport 1: right");
        assert_eq!(names.find("Viewport 12", None).unwrap().name, "Viewport 12");
        // A button and its label: the button.
        assert!(names.find("Import", None).unwrap().is_clickable);
        let none = names.find("Export", None).unwrap_err().to_string();
        assert_eq!(
            none,
            "nothing is called \"Export\"; there is \"Viewport 1: right\", \"Viewport 12\", \"Import\""
        );
    }

    #[test]
    fn of_two_one_is_named_by_its_place() {
        let names = names(&[("Delete", true), ("Delete", true)]);
        assert_eq!(
            names.find("Delete", None).unwrap_err().to_string(),
            "2 controls are called \"Delete\"; add `nth N`"
        );
        assert!(names.find("Delete", Some(2)).is_ok());
        assert!(names.find("Delete", Some(3)).is_err());
        assert!(names.find("Delete", Some(0)).is_err());
    }
}

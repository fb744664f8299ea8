//! What a reader tolerated: told, never silent.

use std::fmt;

/// One harmless deviation that was found and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The attribute, group and element, when there is one.
    pub tag: Option<(u16, u16)>,
    /// What was found and what it was taken for; holds no value of a patient.
    pub text: String,
}

impl Notice {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { tag: None, text: text.into() }
    }

    pub(crate) fn at(tag: crate::dataset::Tag, text: impl Into<String>) -> Self {
        Self { tag: Some((tag.0, tag.1)), text: text.into() }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag {
            Some((group, element)) => write!(f, "({group:04X},{element:04X}) {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// A value that was read, with everything that had to be tolerated for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<T> {
    /// The value.
    pub value: T,
    /// In the order found.
    pub notices: Vec<Notice>,
}

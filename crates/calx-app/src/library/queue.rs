//! A list that is worked through: in the order it had when it was begun.
//!
//! Not here: which list that is (`desk`), marking an image as read (`crate::case::reads`).
//!
//! Invariants
//! - What is done does not move the rest: a filter on unread images loses a row when it is read, the queue does not.

use super::desk::Key;

/// A list that is worked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    name: String,
    keys: Vec<Key>,
    /// The one in hand.
    at_index: usize,
}

impl Queue {
    /// One that begins with its first row, or with this one; `None` without rows.
    #[must_use]
    pub fn new(name: String, keys: Vec<Key>, first: Option<&Key>) -> Option<Self> {
        let at_index = first.and_then(|first| keys.iter().position(|key| key == first)).unwrap_or(0);
        (!keys.is_empty()).then_some(Self { name, keys, at_index })
    }

    /// The row in hand.
    #[must_use]
    pub fn current(&self) -> Option<&Key> {
        self.keys.get(self.at_index)
    }

    /// Goes on by so many; `None` at either end, where it stays.
    pub fn step(&mut self, by: isize) -> Option<Key> {
        let index = self.at_index.checked_add_signed(by)?;
        let key = self.keys.get(index)?.clone();
        self.at_index = index;
        Some(key)
    }

    /// Goes to a row; whether it is in the list.
    pub fn go_to(&mut self, key: &Key) -> bool {
        let found = self.keys.iter().position(|of_queue| of_queue == key);
        self.at_index = found.unwrap_or(self.at_index);
        found.is_some()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it has none; it never has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// `Unread hands: 3 of 42`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{}: {} of {}", self.name, self.at_index + 1, self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use calx_model::StudyInstanceUid;

    use super::*;

    fn key(number: u32) -> Key {
        Key::Study(StudyInstanceUid::new(&format!("1.2.{number}")).unwrap())
    }

    #[test]
    fn a_queue_keeps_its_order_and_stays_at_its_ends() {
        let keys: Vec<Key> = (0..3).map(key).collect();
        assert_eq!(Queue::new("none".to_owned(), Vec::new(), None), None);
        let mut queue = Queue::new("Hands".to_owned(), keys, Some(&key(1))).unwrap();
        assert_eq!(queue.words(), "Hands: 2 of 3");
        assert_eq!(queue.step(1), Some(key(2)));
        assert_eq!(queue.step(1), None);
        assert_eq!((queue.words().as_str(), queue.current()), ("Hands: 3 of 3", Some(&key(2))));
        assert!(queue.go_to(&key(0)) && !queue.go_to(&key(9)));
        assert_eq!(queue.step(-1), None);
        assert_eq!(queue.current(), Some(&key(0)));
    }
}

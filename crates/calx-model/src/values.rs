//! Many values behind one cheap handle: a frame's samples, wherever they lie.
//!
//! Not here: what the values mean (`frame`).
//!
//! Invariants
//! - The values never change: whoever holds memory for them ([`Values::held`]) promises that.
//! - A copy of the handle copies no value.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Values that are shared and stay as they are.
pub struct Values<T: 'static>(Storage<T>);

enum Storage<T: 'static> {
    Own(Arc<Vec<T>>),
    /// For example memory that another process filled.
    Held(Arc<dyn AsRef<[T]> + Send + Sync>),
}

impl<T> Values<T> {
    /// Values in memory of another kind, which must give the same slice for as long as it lives.
    #[must_use]
    pub fn held(memory: Arc<dyn AsRef<[T]> + Send + Sync>) -> Self {
        Self(Storage::Held(memory))
    }

    /// Whether both are handles of the same memory.
    #[must_use]
    pub fn ptr_eq(a: &Self, b: &Self) -> bool {
        std::ptr::eq(&raw const **a, &raw const **b)
    }
}

impl<T> Deref for Values<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Storage::Own(values) => values,
            Storage::Held(memory) => (**memory).as_ref(),
        }
    }
}

impl<T> AsRef<[T]> for Values<T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T> Clone for Values<T> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Storage::Own(values) => Storage::Own(Arc::clone(values)),
            Storage::Held(memory) => Storage::Held(Arc::clone(memory)),
        })
    }
}

impl<T: fmt::Debug> fmt::Debug for Values<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: PartialEq> PartialEq for Values<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Values<T> {}

impl<T> From<Vec<T>> for Values<T> {
    fn from(values: Vec<T>) -> Self {
        Self(Storage::Own(Arc::new(values)))
    }
}

impl<T: Clone> From<&[T]> for Values<T> {
    fn from(values: &[T]) -> Self {
        values.to_vec().into()
    }
}

impl<T> FromIterator<T> for Values<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        values.into_iter().collect::<Vec<T>>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_by_what_they_are_and_by_where_they_lie() {
        let own = Values::from(vec![1u16, 2, 3]);
        let held = Values::held(Arc::new([1u16, 2, 3]));
        assert_eq!((own.len(), own.get(2), &own), (3, Some(&3), &held));
        assert_ne!(own, Values::from([1u16, 2].as_slice()));
        assert!(Values::ptr_eq(&own, &own.clone()) && Values::ptr_eq(&held, &held.clone()));
        assert!(!Values::ptr_eq(&own, &held));
        assert_eq!(format!("{:?}", (1..3).collect::<Values<u8>>()), "[1, 2]");
    }
}

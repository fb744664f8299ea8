//! Where an enhanced object says what holds for one frame.
//!
//! Source: PS3.3 C.7.6.16.

use crate::dataset::{DataSet, Tag};

/// A data set seen from one of its frames.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameView<'a> {
    /// The outermost level.
    pub(crate) top: &'a DataSet,
    shared: Option<&'a DataSet>,
    own: Option<&'a DataSet>,
}

impl<'a> FrameView<'a> {
    /// `frame` counts from 1.
    pub(crate) fn new(top: &'a DataSet, frame: u32) -> Self {
        let frame_index = usize::try_from(frame.saturating_sub(1)).unwrap_or(usize::MAX);
        Self {
            top,
            shared: top.items(Tag(0x5200, 0x9229)).first(),
            own: top.items(Tag(0x5200, 0x9230)).get(frame_index),
        }
    }

    /// The first item of a functional group: the frame's own, else the shared one.
    pub(crate) fn group(&self, sequence: Tag) -> Option<&'a DataSet> {
        [self.own, self.shared].into_iter().flatten().find_map(|holder| holder.items(sequence).first())
    }

    /// The level that holds a value of `tag`: the outermost, else the functional group.
    pub(crate) fn holder(&self, tag: Tag, sequence: Tag) -> Option<&'a DataSet> {
        if self.top.has_value(tag) {
            return Some(self.top);
        }
        self.group(sequence).filter(|group| group.has_value(tag))
    }
}

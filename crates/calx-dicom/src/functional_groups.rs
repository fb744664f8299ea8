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

    /// The data set with what all frames share and without the groups of any frame.
    pub(crate) fn shared_only(top: &'a DataSet) -> Self {
        Self { own: None, ..Self::new(top, 1) }
    }

    /// The first item of a functional group: the frame's own, else the shared one.
    pub(crate) fn group(&self, sequence: Tag) -> Option<&'a DataSet> {
        [self.own, self.shared].into_iter().flatten().find_map(|holder| holder.items(sequence).first())
    }

    /// The level that holds a value of `tag`: the frame's own group, else the shared one, else the outermost. What
    /// stands beside the groups of an enhanced object was left there by a conversion and says nothing of one frame.
    pub(crate) fn holder(&self, tag: Tag, sequence: Tag) -> Option<&'a DataSet> {
        let group = self.group(sequence).filter(|group| group.has_value(tag));
        group.or_else(|| self.top.has_value(tag).then_some(self.top))
    }
}

//! Where the rooms of the window meet: pictures, painting, the case in hand.
//!
//! Not here: who fulfils these traits. Tests and the offscreen host put their own in.

use std::fmt;
use std::sync::Arc;

use calx_dicom::ImageInfo;
use calx_dicom::frame_source::Priority;
use calx_model::{
    Case, Document, Edit, Frame, ImageId, PresentationState, RegionId, Schema, SopInstanceUid, StatementId,
    StudyInstanceUid, VoiLut,
};
use calx_render::{DisplayTable, RendererDescription, View};
use jiff::Timestamp;

/// Why something cannot be done now, in words for a tooltip.
pub type WhyNot = &'static str;

/// One frame of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FrameKey {
    /// The instance.
    pub uid: SopInstanceUid,
    /// From 1.
    pub frame: u32,
}

/// A decoded frame and what is needed to show it.
#[derive(Debug, Clone)]
pub struct LoadedFrame {
    /// Which it is.
    pub key: FrameKey,
    /// What its file says.
    pub info: Arc<ImageInfo>,
    /// The stored values.
    pub frame: Arc<Frame>,
    /// Height of a pixel over its width, 1 when unknown.
    pub aspect: f64,
    /// Modality values at 0.1 and 99.9 percent: what a drag of the window goes by.
    pub range: [f64; 2],
    /// The automatic window.
    pub auto: VoiLut,
    /// Least to greatest value.
    pub min_max: VoiLut,
}

/// How far a frame is.
#[derive(Debug, Clone)]
pub enum Loading {
    /// On its way.
    Waiting,
    /// There.
    Ready(Arc<LoadedFrame>),
    /// It will not come, and why.
    Failed(Arc<str>),
}

/// Where frames come from. Nothing here blocks.
pub trait Frames: fmt::Debug {
    /// Asks for a frame; to be asked again in each pass as long as it is wanted. What nobody asks for is given up.
    fn want(&mut self, key: &FrameKey, priority: Priority) -> Loading;

    /// Frames of another workspace from now on.
    fn turn_to(&mut self, _root: &std::path::Path) {}

    /// A small picture of an instance, once it is there.
    fn thumbnail(&mut self, ctx: &egui::Context, uid: &SopInstanceUid) -> Option<egui::TextureHandle>;

    /// The presentation states of a study; none until they are read.
    fn states(&mut self, _study: &StudyInstanceUid) -> Option<Arc<[Arc<PresentationState>]>> {
        Some(Arc::new([]))
    }

    /// Small pictures are kept on disk from now on.
    fn keep_thumbnails(&mut self) {}

    /// Takes in what arrived; once a pass.
    fn poll(&mut self);

    /// Whether nothing is on its way.
    fn is_idle(&self) -> bool;
}

/// A place in the window that shows an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaneId(pub u32);

/// What a pane shows.
#[derive(Debug)]
pub struct PaneImage<'a> {
    /// The frame.
    pub image: &'a Arc<LoadedFrame>,
    /// Stored values to greys or colours.
    pub table: &'a Arc<DisplayTable>,
    /// Target pixels to image pixels; as large as `place` in pixels of the screen.
    pub view: View,
    /// Where, in points; its corners lie on pixels of the screen.
    pub place: egui::Rect,
}

/// What came of painting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Painted {
    /// Exactly what was asked for.
    Exact,
    /// A rougher picture, and the exact one is on its way.
    OnItsWay,
    /// Nothing yet.
    Nothing,
}

/// Where a pane lies, and what of its image is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaneShown {
    /// Which.
    pub pane: PaneId,
    /// Where, in points.
    pub place: egui::Rect,
    /// Target pixels to image pixels.
    pub view: View,
}

/// Draws images into panes.
pub trait PanePainter: fmt::Debug {
    /// Draws one.
    fn paint(&mut self, ui: &egui::Ui, pane: PaneId, what: &PaneImage<'_>) -> Painted;

    /// Which panes the last pass painted, and how: a script finds an image's pixels on the screen by it.
    fn shown(&self) -> Vec<PaneShown> {
        Vec::new()
    }

    /// Bytes of pixels handed to the graphics since the start.
    fn uploaded_bytes(&self) -> u64;

    /// What draws, for About and bug reports.
    fn describe(&self) -> RendererDescription;

    /// Whether nothing is on its way.
    fn is_idle(&self) -> bool;
}

/// How safe the work in hand is.
#[derive(Debug, Clone, PartialEq)]
pub enum SaveState {
    /// All of it is on disk.
    Saved {
        /// Since when.
        at: Option<Timestamp>,
    },
    /// On its way to the disk.
    Saving,
    /// The disk refused; nothing is lost as long as the window is open.
    NotSaved {
        /// Why, and what to do.
        why: String,
        /// Edits that wait.
        edits: usize,
    },
    /// Somebody else holds the case.
    ReadOnly {
        /// Who.
        who: String,
    },
}

/// Where an edit acts: what is shown before it is undone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Place {
    /// The image.
    pub image: Option<ImageId>,
    /// Regions.
    pub regions: Vec<RegionId>,
    /// The statement.
    pub statement: Option<StatementId>,
}

/// The case in hand.
pub trait Session: fmt::Debug {
    /// As it is now.
    fn case(&self) -> &Case;

    /// With its history.
    fn document(&self) -> &Document;

    /// Its labels.
    fn schema(&self) -> &Schema;

    /// Whether it may be changed.
    ///
    /// # Errors
    /// Why not.
    fn may_edit(&self) -> Result<(), WhyNot>;

    /// Changes it at once, and sends the change to disk.
    ///
    /// # Errors
    /// The edit does not apply, in words; nothing changed.
    fn apply(&mut self, edit: Edit, tool: &'static str) -> Result<(), String>;

    /// Takes down in its history that something is done with it, which changes nothing of it, and sends that to disk.
    ///
    /// # Errors
    /// The case may not be changed.
    fn record(&mut self, what: &str) -> Result<(), String>;

    /// Takes the last edit back; where it acted.
    ///
    /// # Errors
    /// There is none, or the case may not be changed.
    fn undo(&mut self) -> Result<Place, String>;

    /// Does again what was taken back last.
    ///
    /// # Errors
    /// As [`Session::undo`].
    fn redo(&mut self) -> Result<Place, String>;

    /// How safe it is.
    fn save_state(&self) -> SaveState;

    /// Tries again to save what the disk refused.
    fn retry(&mut self);

    /// What was found when the case was opened whose last writer had ended without a word; told once.
    fn recovered(&self) -> Option<calx_workspace::Recovery>;

    /// Rows of the history that are not known to be on disk, in order.
    fn unsaved(&self) -> &[calx_model::JournalRow];

    /// Takes in what the disk said; once a pass.
    fn poll(&mut self);

    /// Whether nothing is on its way to disk.
    fn is_idle(&self) -> bool;
}

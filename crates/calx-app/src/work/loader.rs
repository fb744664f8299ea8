//! Frames for the panes: found, read and decoded beside the window.
//!
//! Two threads: one finds the file and reads its header, the other measures what was decoded. Decoding itself is
//! [`FrameSource`]'s, with workers of its own.
//!
//! Not here: small pictures (`thumbs`), drawing.
//!
//! Invariants
//! - The window's thread only looks into tables: it opens no file and waits for no decoder.
//! - What no pane asks for any more is given up; a frame that is there is kept while there is room.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use calx_dicom::frame_source::Priority;
use calx_dicom::{FrameHandle, FrameSource, ImageInfo, Reduction, WorkerOptions};
use calx_model::{DisplayAttributes, Frame, SopInstanceUid, StudyInstanceUid, VoiLut, WindowChoice};
use calx_render::{View, resolve};
use calx_workspace::Workspace;

use super::saver::words;
use super::states::{Found, States};
use super::thumbs::Thumbs;
use super::{Asker, Desk, Outbox, Told, Wake};
use crate::seams::{FrameKey, Frames, LoadedFrame, Loading};

/// What decoded frames kept for later may take together.
const CACHE_BYTES: u64 = 512 << 20;
/// What frames that nobody shows just now may take together, on the window's side.
const KEPT_BYTES: usize = 256 << 20;
/// A frame that was not asked for in so many passes is not wanted any more.
const PATIENCE: u64 = 2;
/// So many pixels tell the range of an image well enough.
const SAMPLED: usize = 1 << 18;

/// Frames of one workspace.
#[derive(Debug)]
pub struct Loader {
    finder: Desk<Find, Outcome>,
    finisher: Desk<FrameKey, Outcome>,
    thumbs: Thumbs,
    states: States,
    board: Arc<Mutex<Board>>,
    entries: BTreeMap<FrameKey, Entry>,
    pass: u64,
}

/// One frame as the window knows it.
#[derive(Debug)]
struct Entry {
    state: Loading,
    priority: Priority,
    /// The pass that asked for it last.
    asked: u64,
}

/// What the threads and the window share.
#[derive(Debug, Default)]
struct Board {
    wanted: BTreeSet<FrameKey>,
    pending: BTreeMap<FrameKey, Pending>,
}

#[derive(Debug)]
struct Pending {
    info: Arc<ImageInfo>,
    handle: FrameHandle,
}

/// What the finder is asked.
#[derive(Debug)]
enum Find {
    Frame(FrameKey, Priority),
    /// In another workspace from now on.
    Root(PathBuf),
}

#[derive(Debug)]
enum Outcome {
    Ready(Arc<LoadedFrame>),
    Failed(FrameKey, Arc<str>),
}

impl Loader {
    /// Opens the threads of a workspace's frames; without a workspace every frame fails.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn open(root: Option<PathBuf>, workers: WorkerOptions, wake: &Wake) -> std::io::Result<Self> {
        let source = Arc::new(FrameSource::new(CACHE_BYTES, workers));
        Self::with_source(root, &source, wake)
    }

    /// The same with a source that is there already.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn with_source(
        root: Option<PathBuf>,
        source: &Arc<FrameSource>,
        wake: &Wake,
    ) -> std::io::Result<Self> {
        let board = Arc::new(Mutex::new(Board::default()));
        let of_finisher = Arc::clone(&board);
        let finisher = Desk::open("frame-finisher", wake, move |key, out: &Outbox<Outcome>| {
            finish(&of_finisher, key, out);
        })?;
        let mut finding = Finding {
            files: Files::new(root.clone()),
            source: Arc::clone(source),
            board: Arc::clone(&board),
            finisher: finisher.asker(),
        };
        let finder = Desk::open("frame-finder", wake, move |ask, out: &Outbox<Outcome>| match ask {
            Find::Root(root) => finding.files = Files::new(Some(root)),
            Find::Frame(key, priority) => {
                if let Err(why) = finding.request(&key, priority) {
                    out.tell(Outcome::Failed(key, why.into()));
                }
            }
        })?;
        let states = States::open(root.clone(), wake)?;
        let thumbs = Thumbs::open(Files::new(root), Arc::clone(source), wake)?;
        Ok(Self { finder, finisher, thumbs, states, board, entries: BTreeMap::new(), pass: 0 })
    }

    fn take_in(&mut self, told: Told<Outcome>) {
        match told {
            Told::Said(Outcome::Ready(frame)) => {
                if let Some(entry) = self.entries.get_mut(&frame.key) {
                    entry.state = Loading::Ready(frame);
                }
            }
            Told::Said(Outcome::Failed(key, why)) => {
                if let Some(entry) = self.entries.get_mut(&key) {
                    entry.state = Loading::Failed(why);
                }
            }
            Told::Broke(why) => {
                // Which frame it was is not told: all that were on their way are asked for anew when wanted.
                let why: Arc<str> = format!("reading broke down ({why}); open the image again").into();
                for entry in self.entries.values_mut().filter(|e| matches!(e.state, Loading::Waiting)) {
                    entry.state = Loading::Failed(Arc::clone(&why));
                }
            }
        }
    }

    /// Lets go of what nobody asked for of late.
    fn give_up(&mut self) {
        let pass = self.pass;
        let late = |entry: &Entry| pass.saturating_sub(entry.asked) > PATIENCE;
        let mut kept: Vec<(u64, usize, FrameKey)> = Vec::new();
        let mut gone: Vec<FrameKey> = Vec::new();
        for (key, entry) in self.entries.iter().filter(|(_, entry)| late(entry)) {
            match &entry.state {
                Loading::Ready(frame) => kept.push((entry.asked, frame.frame.samples().bytes(), key.clone())),
                Loading::Waiting | Loading::Failed(_) => gone.push(key.clone()),
            }
        }
        kept.sort();
        let mut bytes: usize = kept.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, size, key) in kept {
            if bytes <= KEPT_BYTES {
                break;
            }
            bytes = bytes.saturating_sub(size);
            gone.push(key);
        }
        if gone.is_empty() {
            return;
        }
        let mut board = lock(&self.board);
        let mut dropped = Vec::new();
        for key in gone {
            self.entries.remove(&key);
            board.wanted.remove(&key);
            dropped.extend(board.pending.remove(&key));
        }
        // A handle that goes takes a lock of its own.
        drop(board);
        drop(dropped);
    }
}

impl Frames for Loader {
    fn want(&mut self, key: &FrameKey, priority: Priority) -> Loading {
        let pass = self.pass;
        if let Some(entry) = self.entries.get_mut(key) {
            entry.asked = pass;
            if entry.priority < priority && matches!(entry.state, Loading::Waiting) {
                entry.priority = priority;
                self.finder.ask(Find::Frame(key.clone(), priority));
            }
            return entry.state.clone();
        }
        lock(&self.board).wanted.insert(key.clone());
        self.entries.insert(key.clone(), Entry { state: Loading::Waiting, priority, asked: pass });
        self.finder.ask(Find::Frame(key.clone(), priority));
        Loading::Waiting
    }

    fn turn_to(&mut self, root: &Path) {
        self.entries.clear();
        let old = std::mem::take(&mut *lock(&self.board));
        drop(old);
        self.finder.ask(Find::Root(root.to_path_buf()));
        self.thumbs.turn_to(root);
        self.states.turn_to(root);
    }

    fn thumbnail(&mut self, ctx: &egui::Context, uid: &SopInstanceUid) -> Option<egui::TextureHandle> {
        self.thumbs.get(ctx, uid)
    }

    fn states(&mut self, study: &StudyInstanceUid) -> Option<Found> {
        self.states.of(study)
    }

    fn keep_thumbnails(&mut self) {
        self.thumbs.keep();
    }

    fn poll(&mut self) {
        self.pass += 1;
        let told: Vec<_> = self.finder.take().into_iter().chain(self.finisher.take()).collect();
        told.into_iter().for_each(|told| self.take_in(told));
        self.give_up();
        self.thumbs.poll();
        self.states.poll();
    }

    fn is_idle(&self) -> bool {
        self.thumbs.is_idle()
            && self.states.is_idle()
            && !self.entries.values().any(|entry| matches!(entry.state, Loading::Waiting))
    }
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A workspace of a thread's own, opened when first needed.
#[derive(Debug)]
pub(super) struct Files {
    root: Option<PathBuf>,
    workspace: Option<Workspace>,
}

impl Files {
    pub(super) const fn new(root: Option<PathBuf>) -> Self {
        Self { root, workspace: None }
    }

    /// The workspace, opened when it is not yet.
    pub(super) fn workspace(&mut self) -> Result<&Workspace, String> {
        if self.workspace.is_none() {
            let root = self.root.as_deref().ok_or("no workspace is open")?;
            self.workspace = Some(Workspace::open(root).map_err(|error| words(&error))?);
        }
        self.workspace.as_ref().ok_or_else(|| "no workspace is open".to_owned())
    }

    /// Where an instance lies, and what its header says of a frame.
    pub(super) fn find(
        &mut self,
        source: &FrameSource,
        uid: &SopInstanceUid,
        frame: u32,
    ) -> Result<(calx_dicom::Locator, ImageInfo), String> {
        let workspace = self.workspace()?;
        let locator = workspace.locate(uid).map_err(|error| words(&error))?;
        let info = source.image_info(&locator, frame).map_err(|error| words(&error))?.value;
        Ok((locator, info))
    }
}

/// The finder's own things.
struct Finding {
    files: Files,
    source: Arc<FrameSource>,
    board: Arc<Mutex<Board>>,
    finisher: Asker<FrameKey>,
}

impl Finding {
    fn request(&mut self, key: &FrameKey, priority: Priority) -> Result<(), String> {
        if !lock(&self.board).wanted.contains(key) {
            return Ok(());
        }
        let (locator, info) = self.files.find(&self.source, &key.uid, key.frame)?;
        let (finisher, decoded) = (self.finisher.clone(), key.clone());
        // Under the lock: the finisher may be called at once, and must find what belongs to the frame.
        let mut board = lock(&self.board);
        let handle = self
            .source
            .request_with(&locator, key.frame, priority, Reduction::Full, move || finisher.ask(decoded));
        let pending = Pending { info: Arc::new(info), handle };
        let dropped = if board.wanted.contains(key) {
            board.pending.insert(key.clone(), pending)
        } else {
            Some(pending)
        };
        drop(board);
        drop(dropped);
        Ok(())
    }
}

/// Measures a decoded frame and tells it.
fn finish(board: &Mutex<Board>, key: FrameKey, out: &Outbox<Outcome>) {
    let Some(pending) = lock(board).pending.remove(&key) else { return };
    match pending.handle.try_get() {
        // It was asked for again; its own word is to come.
        None => {
            let replaced = lock(board).pending.insert(key, pending);
            drop(replaced);
        }
        Some(Err(error)) => out.tell(Outcome::Failed(key, words(&error).into())),
        Some(Ok(frame)) => match ready(key.clone(), pending.info, frame) {
            Ok(loaded) => out.tell(Outcome::Ready(Arc::new(loaded))),
            Err(error) => out.tell(Outcome::Failed(key, words(&error).into())),
        },
    }
}

fn ready(
    key: FrameKey,
    info: Arc<ImageInfo>,
    frame: Arc<Frame>,
) -> Result<LoadedFrame, calx_render::ChooseError> {
    let auto = resolve(&info.display, &frame, WindowChoice::Auto)?.voi_lut;
    let min_max = resolve(&info.display, &frame, WindowChoice::MinMax)?.voi_lut;
    let range = range(&info.display, &frame).unwrap_or(match &min_max {
        VoiLut::Range { min, max } => [*min, *max],
        _ => [0.0, 255.0],
    });
    let aspect = aspect(&info);
    Ok(LoadedFrame { key, info, frame, aspect, range, auto, min_max })
}

/// Height of a pixel over its width. A spacing that is square says nothing against an aspect ratio that is not.
pub(super) fn aspect(info: &ImageInfo) -> f64 {
    let from_spacing = info.spacing.as_ref().map(|s| s.between_rows_mm / s.between_columns_mm);
    let from_spacing = from_spacing.filter(|aspect| !View::is_square(*aspect));
    let from_aspect = info.pixel_aspect.map(|(vertical, horizontal)| vertical / horizontal);
    from_spacing.or(from_aspect).and_then(View::usable_aspect).unwrap_or(1.0)
}

/// Modality values at 0.1 and 99.9 percent, without padding; of pixels spread over the frame. `None` for colours
/// and where all values are one.
fn range(display: &DisplayAttributes, frame: &Frame) -> Option<[f64; 2]> {
    let samples = frame.samples();
    if samples.is_colour() || !display.photometric_interpretation.is_monochrome() {
        return None;
    }
    // Odd, so that it does not run down a few columns of an image whose width is a power of two.
    let step = (samples.len() / SAMPLED) | 1;
    let mut values: Vec<f64> = (0..samples.len())
        .step_by(step)
        .filter_map(|at| samples.value(at))
        .filter(|value| value.is_finite() && !display.padding.is_some_and(|padding| padding.contains(*value)))
        .map(|value| display.modality_lut.apply(value))
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let (low, high) = (*values.get(last / 1000)?, *values.get(last - last / 1000)?);
    (low < high).then_some([low, high])
}

#[cfg(test)]
mod tests {
    use calx_model::{ModalityLut, Padding, PhotometricInterpretation, Samples};

    use super::*;

    fn display(modality_lut: ModalityLut) -> DisplayAttributes {
        DisplayAttributes {
            photometric_interpretation: PhotometricInterpretation::Monochrome2,
            bits_stored: 12,
            signed: false,
            padding: Some(Padding { low: 0.0, high: 0.0 }),
            modality_lut,
            rescale_type: None,
            voi: Vec::new(),
            presentation_lut_shape: None,
            palette: None,
            modality: "DX".to_owned(),
            shutters: Vec::new(),
            shutter_grey: 0,
        }
    }

    #[test]
    fn the_range_leaves_out_padding_and_one_in_a_thousand() {
        // 4000 values of padding, then 1..=2001: two at either end lie beyond 0.1 percent.
        let values: Vec<u16> = std::iter::repeat_n(0, 4000).chain(1..=2001).collect();
        let frame = Frame::new(6001, 1, Samples::U16(values.into())).unwrap();
        assert_eq!(range(&display(ModalityLut::Identity), &frame), Some([3.0, 1999.0]));
        let turned = ModalityLut::Rescale { slope: -2.0, intercept: 10.0 };
        assert_eq!(range(&display(turned), &frame), Some([-3988.0, 4.0]));
        let flat = Frame::new(2, 1, Samples::U16([7, 7].as_slice().into())).unwrap();
        assert_eq!(range(&display(ModalityLut::Identity), &flat), None);
    }

    #[test]
    fn without_a_workspace_a_frame_fails_and_the_loader_is_idle_again() {
        let source = Arc::new(FrameSource::in_process(1 << 20, 1));
        let mut loader = Loader::with_source(None, &source, &Wake::new(|| {})).unwrap();
        let key = FrameKey { uid: SopInstanceUid::new("1.2.3").unwrap(), frame: 1 };
        assert!(matches!(loader.want(&key, Priority::Visible), Loading::Waiting));
        assert!(!loader.is_idle());
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !loader.is_idle() && std::time::Instant::now() < until {
            std::thread::sleep(std::time::Duration::from_millis(2));
            loader.poll();
            loader.want(&key, Priority::Visible);
        }
        let Loading::Failed(why) = loader.want(&key, Priority::Visible) else { panic!("not failed") };
        assert_eq!(&*why, "no workspace is open");
        // Nobody asks any more: it is forgotten, and asked anew another time.
        (0..5).for_each(|_| loader.poll());
        assert!(loader.entries.is_empty());
    }
}

//! Small pictures of instances, made one after another beside the window, and kept on disk (`thumb_cache`).
//!
//! Invariants
//! - What is made next is what the last pass wanted first: rows that scrolled away are not made.
//! - A picture that cannot be made is not tried again.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use calx_dicom::frame_source::Priority;
use calx_dicom::{FrameSource, Reduction};
use calx_model::{SopInstanceUid, WindowChoice};
use calx_render::{CpuRenderer, DisplayTable, Renderer, View, resolve};
use egui::{ColorImage, TextureHandle, TextureOptions};

use super::loader::{Files, aspect};
use super::saver::words;
use super::thumb_cache::ThumbCache;
use super::{Desk, Outbox, Told, Wake};
use crate::paint::colour_image;

/// Longest side, in pixels: 96 points on a screen of two pixels a point.
const SIDE: u32 = 192;
/// So many are kept.
const MOST: usize = 600;

type Made = (SopInstanceUid, Result<ColorImage, String>);

/// Small pictures.
pub(super) struct Thumbs {
    desk: Desk<Ask, Made>,
    made: BTreeMap<SopInstanceUid, Thumb>,
    /// Asked for in this pass and not there.
    wanted: Vec<SopInstanceUid>,
    coming: Option<SopInstanceUid>,
    pass: u64,
}

/// What the thread is asked.
enum Ask {
    Make(SopInstanceUid),
    /// In another workspace from now on.
    Root(PathBuf),
    /// On disk too from now on.
    Keep,
}

struct Thumb {
    state: State,
    asked: u64,
}

enum State {
    Image(ColorImage),
    Texture(TextureHandle),
    None,
}

impl fmt::Debug for Thumbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thumbs").field("made", &self.made.len()).field("coming", &self.coming).finish()
    }
}

impl Thumbs {
    pub(super) fn open(files: Files, source: Arc<FrameSource>, wake: &Wake) -> std::io::Result<Self> {
        let mut maker = Maker { files, source, keeps: false, cache: None };
        let desk = Desk::open("thumbnails", wake, move |ask, out: &Outbox<Made>| match ask {
            Ask::Root(root) => {
                maker.files = Files::new(Some(root));
                maker.cache = None;
            }
            Ask::Keep => maker.keeps = true,
            Ask::Make(uid) => {
                let made = maker.picture(&uid);
                out.tell((uid, made));
            }
        })?;
        Ok(Self { desk, made: BTreeMap::new(), wanted: Vec::new(), coming: None, pass: 0 })
    }

    pub(super) fn keep(&self) {
        self.desk.ask(Ask::Keep);
    }

    pub(super) fn turn_to(&mut self, root: &Path) {
        self.made.clear();
        self.wanted.clear();
        self.desk.ask(Ask::Root(root.to_path_buf()));
    }

    pub(super) fn get(&mut self, ctx: &egui::Context, uid: &SopInstanceUid) -> Option<TextureHandle> {
        let Some(thumb) = self.made.get_mut(uid) else {
            if self.coming.is_none() {
                self.coming = Some(uid.clone());
                self.desk.ask(Ask::Make(uid.clone()));
            } else if self.coming.as_ref() != Some(uid) && !self.wanted.contains(uid) {
                self.wanted.push(uid.clone());
            }
            return None;
        };
        thumb.asked = self.pass;
        if let State::Image(image) = &mut thumb.state {
            let image = std::mem::take(image);
            let name = format!("thumbnail {uid}");
            thumb.state = State::Texture(ctx.load_texture(name, image, TextureOptions::LINEAR));
        }
        match &thumb.state {
            State::Texture(texture) => Some(texture.clone()),
            State::Image(_) | State::None => None,
        }
    }

    pub(super) fn poll(&mut self) {
        self.pass += 1;
        for told in self.desk.take() {
            let (uid, made) = match told {
                Told::Said((uid, made)) => (uid, made),
                Told::Broke(why) => match self.coming.take() {
                    Some(uid) => (uid, Err(why)),
                    None => continue,
                },
            };
            let state = match made {
                Ok(image) => State::Image(image),
                Err(why) => {
                    tracing::debug!(%uid, why, "no thumbnail");
                    State::None
                }
            };
            self.coming = None;
            self.made.insert(uid, Thumb { state, asked: self.pass });
        }
        let wanted = std::mem::take(&mut self.wanted);
        if self.coming.is_none()
            && let Some(uid) = wanted.into_iter().find(|uid| !self.made.contains_key(uid))
        {
            self.coming = Some(uid.clone());
            self.desk.ask(Ask::Make(uid));
        }
        if self.made.len() > MOST {
            let mut asked: Vec<u64> = self.made.values().map(|thumb| thumb.asked).collect();
            asked.sort_unstable();
            let oldest_kept = asked.get(self.made.len() - MOST).copied().unwrap_or_default();
            self.made.retain(|_, thumb| thumb.asked >= oldest_kept);
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.coming.is_none() && self.wanted.is_empty()
    }
}

/// The thread's own things.
struct Maker {
    files: Files,
    source: Arc<FrameSource>,
    keeps: bool,
    /// Of this workspace, once it was asked for; `None` inside where the system names no place.
    cache: Option<Option<ThumbCache>>,
}

impl Maker {
    fn picture(&mut self, uid: &SopInstanceUid) -> Result<ColorImage, String> {
        if !self.keeps {
            return make(&mut self.files, &self.source, uid);
        }
        let workspace = self.files.workspace()?;
        let locator = workspace.locate(uid).map_err(|error| words(&error))?;
        let dir = || workspace.thumbnails_dir().map(ThumbCache::new);
        let cache = self.cache.get_or_insert_with(dir).as_mut();
        let kept = cache.and_then(|cache| Some((cache.path(uid, &locator, SIDE)?, cache)));
        let Some((path, cache)) = kept else { return make(&mut self.files, &self.source, uid) };
        if let Some(picture) = ThumbCache::read(&path) {
            return Ok(picture);
        }
        let picture = make(&mut self.files, &self.source, uid)?;
        cache.keep(&path, &picture);
        Ok(picture)
    }
}

fn make(files: &mut Files, source: &FrameSource, uid: &SopInstanceUid) -> Result<ColorImage, String> {
    let (locator, info) = files.find(source, uid, 1)?;
    let mut halvings = 0u8;
    while info.layout.columns.max(info.layout.rows) >> (halvings + 1) >= SIDE && halvings < 8 {
        halvings += 1;
    }
    let asked = source.request(&locator, 1, Priority::Ahead, Reduction::Halved(halvings));
    let frame = asked.wait().map_err(|error| words(&error))?;
    let pipeline = resolve(&info.display, &frame, WindowChoice::Default).map_err(|error| words(&error))?;
    let table =
        DisplayTable::build(&pipeline, &frame, info.display.bits_stored).map_err(|error| words(&error))?;
    let view = View::fit_within(&frame, SIDE, SIDE, aspect(&info));
    let picture = CpuRenderer.draw(&frame, &table, &view).map_err(|error| words(&error))?;
    Ok(colour_image(&picture))
}

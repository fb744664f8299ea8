//! Images drawn by the CPU twin on a thread of its own, shown as textures.
//!
//! Until the picture that a pane asks for is there, the last one of the same image is shown where it now belongs:
//! panning and zooming follow the hand, and the sharp picture comes behind.
//!
//! Not here: which window and which part of an image a pane shows (`viewer`).
//!
//! Invariants
//! - Only what a pane asked for last is drawn; what it asked for before and was not begun is dropped.
//! - A picture is handed to the graphics in strips, at most 4 MB a pass.
//! - A picture of another instance is never shown in an image's place.
//! - While only the window changes, the image is not averaged again: its indices are kept and looked up.
//! - A picture is as many pixels as its place on the screen, so none is blended with its neighbours.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use calx_geometry::{Point, ScreenSpace, Transform};
use calx_render::{
    CpuRenderer, DisplayTable, Picture, RenderError, Renderer, RendererDescription, Resampled, View,
};
use egui::{Align2, Color32, ColorImage, FontId, Mesh, Pos2, Rect, TextureHandle, TextureOptions};
use egui_wgpu::Callback;

use super::copier::{Copier, Lay, Sheet};
use super::{BUDGET, Canvas, GONE, size, strip};
use crate::seams::{LoadedFrame, Painted, PaneId, PaneImage, PanePainter, PaneShown};
use crate::work::saver::words;
use crate::work::{Desk, Outbox, Told, Wake};

/// Bytes of a strip.
const STRIP: usize = 1 << 20;

/// The CPU twin as a painter.
pub struct TwinPainter {
    desk: Desk<PaneId, Drawn>,
    board: Arc<Mutex<BTreeMap<PaneId, Job>>>,
    panes: BTreeMap<PaneId, Pane>,
    uploaded: u64,
    /// The pass the rest of the budget belongs to.
    budget: (u64, u64),
    ctx: Option<egui::Context>,
    /// Lays pictures into the window; egui does where there is none.
    copier: Option<Arc<Copier>>,
}

/// What is to be drawn.
#[derive(Clone)]
struct Job {
    image: Arc<LoadedFrame>,
    table: Arc<DisplayTable>,
    view: View,
}

impl Job {
    fn of(what: &PaneImage<'_>) -> Self {
        Self { image: Arc::clone(what.image), table: Arc::clone(what.table), view: what.view }
    }

    fn is(&self, what: &PaneImage<'_>) -> bool {
        self.view == what.view
            && Arc::ptr_eq(&self.image, what.image)
            && (Arc::ptr_eq(&self.table, what.table) || self.table == *what.table)
    }
}

/// What became of a job.
struct Drawn {
    pane: PaneId,
    job: Job,
    strips: Result<Vec<ColorImage>, RenderError>,
}

/// What each pane showed last, before the window: one frame a pane is kept by it.
#[derive(Default)]
struct Kept(BTreeMap<PaneId, (Arc<LoadedFrame>, View, Resampled)>);

impl Kept {
    fn draw(&mut self, pane: PaneId, job: &Job) -> Result<Picture, RenderError> {
        if let Some((image, view, resampled)) = self.0.get(&pane)
            && Arc::ptr_eq(image, &job.image)
            && *view == job.view
            && let Some(picture) = resampled.look_up(&job.table)
        {
            return Ok(picture);
        }
        // What was kept goes first: two of them need not be held.
        self.0.remove(&pane);
        let resampled = Resampled::of(&job.image.frame, &job.table, &job.view)?;
        match resampled.look_up(&job.table) {
            Some(picture) => {
                self.0.insert(pane, (Arc::clone(&job.image), job.view, resampled));
                Ok(picture)
            }
            None => CpuRenderer.draw(&job.image.frame, &job.table, &job.view),
        }
    }
}

/// One pane.
#[derive(Default)]
struct Pane {
    shown: Option<Shown>,
    /// Textures of the picture before, to be written over.
    spare: Vec<Texture>,
    coming: Option<Coming>,
    asked: Option<Job>,
    refused: Option<(Job, String)>,
    place: Option<PaneShown>,
    pass: u64,
}

/// A strip on the graphics' side.
enum Texture {
    Own(Arc<Sheet>),
    OfEgui(TextureHandle),
}

impl Texture {
    fn size(&self) -> [usize; 2] {
        match self {
            Self::Own(sheet) => sheet.size(),
            Self::OfEgui(texture) => texture.size(),
        }
    }
}

/// A picture on the graphics' side.
struct Shown {
    job: Job,
    strips: Vec<Texture>,
}

/// A picture on its way there.
struct Coming {
    job: Job,
    left: std::vec::IntoIter<ColorImage>,
    strips: Vec<Texture>,
}

impl fmt::Debug for TwinPainter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwinPainter").field("panes", &self.panes.len()).finish_non_exhaustive()
    }
}

impl TwinPainter {
    /// Opens the drawing thread; pictures are laid into the window of `canvas`, without one by egui.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn open(wake: &Wake, canvas: Option<&Canvas>) -> std::io::Result<Self> {
        let board: Arc<Mutex<BTreeMap<PaneId, Job>>> = Arc::default();
        let jobs = Arc::clone(&board);
        let mut kept = Kept::default();
        let desk = Desk::open("painter", wake, move |pane: PaneId, out: &Outbox<Drawn>| {
            let Some(job) = lock(&jobs).remove(&pane) else { return };
            let strips = kept.draw(pane, &job).map(|picture| strips_of(&picture));
            out.tell(Drawn { pane, job, strips });
        })?;
        let copier = canvas.and_then(Copier::open);
        Ok(Self { desk, board, panes: BTreeMap::new(), uploaded: 0, budget: (0, 0), ctx: None, copier })
    }

    /// Takes in what was drawn.
    fn take(&mut self) {
        for told in self.desk.take() {
            let Drawn { pane, job, strips } = match told {
                Told::Said(drawn) => drawn,
                Told::Broke(why) => {
                    let why = format!("drawing broke down: {why}");
                    for pane in self.panes.values_mut() {
                        pane.refused = pane.asked.take().map(|job| (job, why.clone()));
                    }
                    continue;
                }
            };
            let Some(pane) = self.panes.get_mut(&pane) else { continue };
            let same = |asked: &Job| asked.view == job.view && Arc::ptr_eq(&asked.image, &job.image);
            if pane.asked.as_ref().is_some_and(|asked| same(asked) && Arc::ptr_eq(&asked.table, &job.table)) {
                pane.asked = None;
            }
            match strips {
                Ok(strips) => {
                    let coming = Coming { job, left: strips.into_iter(), strips: Vec::new() };
                    // One that was half handed over is not shown any more.
                    if let Some(late) = pane.coming.replace(coming) {
                        let unused = std::mem::take(&mut pane.spare);
                        pane.spare = late.strips.into_iter().chain(unused).collect();
                    }
                }
                Err(error) => pane.refused = Some((job, words(&error))),
            }
        }
    }

    /// Hands strips over, as far as this pass's budget goes.
    fn upload(&mut self, ctx: &egui::Context, id: PaneId, pass: u64) {
        if self.budget.0 != pass {
            self.budget = (pass, BUDGET);
        }
        let Some(pane) = self.panes.get_mut(&id) else { return };
        let Some(mut coming) = pane.coming.take() else { return };
        while self.budget.1 > 0 {
            let Some(image) = coming.left.next() else { break };
            let bytes = u64::try_from(image.pixels.len() * 4).unwrap_or(u64::MAX);
            self.budget.1 = self.budget.1.saturating_sub(bytes);
            self.uploaded = self.uploaded.saturating_add(bytes);
            let is_alike = pane.spare.first().is_some_and(|spare| spare.size() == image.size);
            let strip = if is_alike {
                // Writing over a texture spares the graphics one for each picture of a drag.
                let mut spare = pane.spare.remove(0);
                match &mut spare {
                    Texture::Own(sheet) => sheet.write(&image),
                    Texture::OfEgui(texture) => texture.set_partial([0, 0], image, TextureOptions::NEAREST),
                }
                spare
            } else if let Some(copier) = &self.copier {
                pane.spare.clear();
                Texture::Own(Arc::new(copier.sheet(&image)))
            } else {
                pane.spare.clear();
                let name = format!("pane {} strip {}", id.0, coming.strips.len());
                Texture::OfEgui(ctx.load_texture(name, image, TextureOptions::NEAREST))
            };
            coming.strips.push(strip);
        }
        if coming.left.len() == 0 {
            let before = pane.shown.replace(Shown { job: coming.job, strips: coming.strips });
            pane.spare = before.map(|shown| shown.strips).unwrap_or_default();
        } else {
            pane.coming = Some(coming);
            ctx.request_repaint();
        }
    }

    fn is_there(&self, pane: &Pane) -> bool {
        let now = self.ctx.as_ref().map_or(0, egui::Context::cumulative_pass_nr);
        now.saturating_sub(pane.pass) <= GONE
    }
}

impl PanePainter for TwinPainter {
    fn paint(&mut self, ui: &egui::Ui, pane: PaneId, what: &PaneImage<'_>) -> Painted {
        let ctx = ui.ctx().clone();
        let pass = ctx.cumulative_pass_nr();
        self.ctx.get_or_insert_with(|| ctx.clone());
        self.panes.retain(|_, pane| pass.saturating_sub(pane.pass) <= GONE);
        {
            let shown = PaneShown { pane, place: what.place, view: what.view };
            let pane = self.panes.entry(pane).or_default();
            pane.pass = pass;
            pane.place = Some(shown);
        }
        self.take();
        self.upload(&ctx, pane, pass);
        let Some(state) = self.panes.get_mut(&pane) else { return Painted::Nothing };
        let painter = ui.painter().with_clip_rect(what.place);
        let is_exact = state.shown.as_ref().is_some_and(|shown| shown.job.is(what));
        if is_exact {
            state.asked = None;
        } else {
            if let Some((_, why)) = state.refused.as_ref().filter(|(job, _)| job.is(what)) {
                let text = format!("this image cannot be drawn: {why}");
                let font = FontId::proportional(14.0);
                painter.text(what.place.center(), Align2::CENTER_CENTER, text, font, Color32::LIGHT_GRAY);
                return Painted::Nothing;
            }
            let is_on_its_way = state.asked.as_ref().is_some_and(|job| job.is(what))
                || state.coming.as_ref().is_some_and(|coming| coming.job.is(what));
            if !is_on_its_way {
                let job = Job::of(what);
                state.asked = Some(job.clone());
                lock(&self.board).insert(pane, job);
                self.desk.ask(pane);
            }
        }
        let same_instance = |shown: &&Shown| shown.job.image.key.uid == what.image.key.uid;
        let Some(shown) = state.shown.as_ref().filter(same_instance) else { return Painted::Nothing };
        let Some(now) = what.view.screen_from_image() else { return Painted::Nothing };
        let moved = (!is_exact).then(|| now.after(&shown.job.view.image_from_target));
        // A callback draws into no more than lies in the window.
        let seen = what.place.intersect(ctx.content_rect());
        let mut top = 0usize;
        let mut sheets = Vec::new();
        for strip in &shown.strips {
            let [width, height] = strip.size();
            let at = Strip { top, width, height, moved, place: what.place };
            match strip {
                Texture::OfEgui(texture) => {
                    painter.add(at.mesh(texture.id(), ctx.pixels_per_point()));
                }
                Texture::Own(sheet) => {
                    sheet.place(at.in_clip(seen, ctx.pixels_per_point()));
                    sheets.push(Arc::clone(sheet));
                }
            }
            top += height;
        }
        if !sheets.is_empty() && seen.is_positive() {
            painter.add(Callback::new_paint_callback(seen, Lay(sheets)));
        }
        if is_exact { Painted::Exact } else { Painted::OnItsWay }
    }

    fn shown(&self) -> Vec<PaneShown> {
        self.panes.values().filter(|pane| self.is_there(pane)).filter_map(|pane| pane.place).collect()
    }

    fn uploaded_bytes(&self) -> u64 {
        self.uploaded
    }

    fn describe(&self) -> RendererDescription {
        CpuRenderer.describe()
    }

    fn is_idle(&self) -> bool {
        let mut there = self.panes.values().filter(|pane| self.is_there(pane));
        there.all(|pane| pane.asked.is_none() && pane.coming.is_none())
    }
}

fn lock(board: &Mutex<BTreeMap<PaneId, Job>>) -> MutexGuard<'_, BTreeMap<PaneId, Job>> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

fn strips_of(picture: &Picture) -> Vec<ColorImage> {
    let (width, height) = (size(picture.width()), size(picture.height()));
    let rows = (STRIP / (width * 4).max(1)).max(1);
    (0..height).step_by(rows).map(|from| strip(picture, from, rows)).collect()
}

/// Where a strip of a picture lies.
struct Strip {
    /// Rows above it.
    top: usize,
    width: usize,
    height: usize,
    /// From the pixels it was drawn for to those of now.
    moved: Option<Transform<ScreenSpace, ScreenSpace>>,
    place: Rect,
}

impl Strip {
    /// Its corners in the window, in points, each with its place in the strip from 0 to 1.
    fn corners(&self, pixels_per_point: f32) -> [(Pos2, Pos2); 4] {
        let (right, bottom) = (count(self.width), count(self.top + self.height));
        let top = count(self.top);
        let corners = [
            (0.0, top, Pos2::new(0.0, 0.0)),
            (right, top, Pos2::new(1.0, 0.0)),
            (0.0, bottom, Pos2::new(0.0, 1.0)),
            (right, bottom, Pos2::new(1.0, 1.0)),
        ];
        corners.map(|(x, y, uv)| {
            let drawn = Point::new(x, y);
            let now = self.moved.map_or(drawn, |moved| moved * drawn);
            (self.place.min + egui::vec2(short(now.x), short(now.y)) / pixels_per_point, uv)
        })
    }

    /// Its corners in the clip space of `seen`, each with its texel.
    fn in_clip(&self, seen: Rect, pixels_per_point: f32) -> [[f32; 4]; 4] {
        let texels = egui::vec2(short(count(self.width)), short(count(self.height)));
        self.corners(pixels_per_point).map(|(pos, uv)| {
            let at = (pos - seen.min) / seen.size();
            [2.0 * at.x - 1.0, 1.0 - 2.0 * at.y, uv.x * texels.x, uv.y * texels.y]
        })
    }

    fn mesh(&self, texture: egui::TextureId, pixels_per_point: f32) -> Mesh {
        let mut mesh = Mesh::with_texture(texture);
        for (pos, uv) in self.corners(pixels_per_point) {
            mesh.vertices.push(egui::epaint::Vertex { pos, uv, color: Color32::WHITE });
        }
        mesh.add_triangle(0, 1, 2);
        mesh.add_triangle(2, 1, 3);
        mesh
    }
}

fn count(pixels: usize) -> f64 {
    u32::try_from(pixels).map_or(f64::MAX, f64::from)
}

#[allow(clippy::cast_possible_truncation, reason = "places on a screen are single precision in egui")]
const fn short(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests {
    use calx_render::Pixels;

    use super::*;

    #[test]
    fn strips_are_bounded_and_none_is_empty() {
        let picture = Picture::new(1000, 700, Pixels::Grey(vec![7; 700_000])).unwrap();
        let strips = strips_of(&picture);
        assert_eq!(strips.iter().map(|s| s.size[1]).collect::<Vec<_>>(), [262, 262, 176]);
        assert!(strips.iter().all(|s| s.pixels.len() * 4 <= STRIP));
        let wide = Picture::new(300_000, 2, Pixels::Grey(vec![7; 600_000])).unwrap();
        assert_eq!(strips_of(&wide).len(), 2);
    }

    #[test]
    fn a_strip_moves_with_the_view() {
        let place = Rect::from_min_size(Pos2::new(10.0, 20.0), egui::vec2(50.0, 50.0));
        let still = Strip { top: 40, width: 100, height: 60, moved: None, place };
        let mesh = still.mesh(egui::TextureId::default(), 2.0);
        assert_eq!(mesh.vertices[0].pos, Pos2::new(10.0, 40.0));
        assert_eq!(mesh.vertices[3].pos, Pos2::new(60.0, 70.0));
        let moved = Some(Transform::scale_then_move(2.0, 2.0, -10.0, 4.0));
        let mesh = Strip { moved, ..still }.mesh(egui::TextureId::default(), 2.0);
        // (0, 40) is now at (-10, 84) pixels.
        assert_eq!(mesh.vertices[0].pos, Pos2::new(5.0, 62.0));
    }
}

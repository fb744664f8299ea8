//! Images drawn by the graphics adapter straight into the window, as `calx_render` draws them.
//!
//! Not here: pixels whose indices depend on the window (32 bits, floating point), which the twin draws.
//!
//! Invariants
//! - Stored values go to the adapter once, at most [`super::BUDGET`] bytes a pass; dragging a window, panning and
//!   zooming send none.
//! - The window's thread copies no frame: texels that take a copy are made on a thread of their own.
//! - A picture of another instance is never shown in an image's place.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use calx_render::gpu::{AdapterInfo, GpuDevice, Readiness, Texels, ViewportJob, Viewports};
use calx_render::{DisplayTable, RenderError, RendererDescription, RendererKind};
use egui_wgpu::{Callback, CallbackResources, CallbackTrait};

use super::{BUDGET, Canvas, GONE, TwinPainter};
use crate::seams::{LoadedFrame, Painted, PaneId, PaneImage, PanePainter, PaneShown};
use crate::work::saver::words;
use crate::work::{Desk, Outbox, Told, Wake};

/// The adapter as a painter.
pub struct GpuPainter {
    viewports: Arc<Mutex<Viewports>>,
    adapter: AdapterInfo,
    maker: Desk<Job, Made>,
    known: Vec<Known>,
    panes: BTreeMap<PaneId, Pane>,
    twin: TwinPainter,
    /// The pass the rest of the budget belongs to.
    budget: (u64, u64),
    pass: u64,
}

/// A frame whose texels are to be made.
struct Job {
    image: Arc<LoadedFrame>,
    table: Arc<DisplayTable>,
}

type Made = (Weak<LoadedFrame>, Result<Texels, RenderError>);

/// The texels of one frame.
struct Known {
    image: Weak<LoadedFrame>,
    state: State,
}

#[derive(Clone)]
enum State {
    Coming,
    Made(Arc<Texels>),
    /// The twin draws it.
    Refused,
}

/// One pane.
struct Pane {
    shown: PaneShown,
    pass: u64,
    /// The last frame that was drawn in it.
    last: Option<(calx_model::SopInstanceUid, Arc<Texels>)>,
    is_on_its_way: bool,
}

/// What a pane is drawn from.
enum Source {
    Texels(Arc<Texels>),
    Coming,
    Twin,
}

impl fmt::Debug for GpuPainter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GpuPainter").field("adapter", &self.adapter.name).finish_non_exhaustive()
    }
}

impl GpuPainter {
    /// Opens one that draws into textures of `format`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn open(wake: &Wake, device: GpuDevice, format: wgpu::TextureFormat) -> std::io::Result<Self> {
        let maker = Desk::open("texels", wake, |job: Job, out: &Outbox<Made>| {
            out.tell((Arc::downgrade(&job.image), Texels::of(&job.image.frame, &job.table)));
        })?;
        let adapter = device.adapter.clone();
        let twin = TwinPainter::open(wake, Some(&Canvas { device: device.clone(), format }))?;
        Ok(Self {
            viewports: Arc::new(Mutex::new(Viewports::new(device, format))),
            adapter,
            maker,
            known: Vec::new(),
            panes: BTreeMap::new(),
            twin,
            budget: (0, 0),
            pass: 0,
        })
    }

    /// Takes in texels that were made, and lets go of those whose frame is gone.
    fn take(&mut self) {
        for told in self.maker.take() {
            match told {
                Told::Said((image, made)) => {
                    let state = made.map_or_else(|error| refused(&error), |made| State::Made(Arc::new(made)));
                    if let Some(known) = self.known.iter_mut().find(|known| known.image.ptr_eq(&image)) {
                        known.state = state;
                    }
                }
                Told::Broke(why) => {
                    tracing::warn!(why, "pixels for the adapter could not be made");
                    let coming = self.known.iter_mut().filter(|known| matches!(known.state, State::Coming));
                    coming.for_each(|known| known.state = State::Refused);
                }
            }
        }
        self.known.retain(|known| known.image.strong_count() > 0);
    }

    fn source(&mut self, what: &PaneImage<'_>) -> Source {
        if Texels::depend_on_the_window(what.table) {
            return Source::Twin;
        }
        let image = Arc::downgrade(what.image);
        if let Some(known) = self.known.iter().find(|known| known.image.ptr_eq(&image)) {
            match &known.state {
                State::Coming => return Source::Coming,
                State::Refused => return Source::Twin,
                State::Made(texels) if texels.serve(&what.image.frame, what.table) => {
                    return Source::Texels(Arc::clone(texels));
                }
                State::Made(_) => {}
            }
        }
        self.known.retain(|known| !known.image.ptr_eq(&image));
        let state = if Texels::take_a_copy(&what.image.frame, what.table) {
            self.maker.ask(Job { image: Arc::clone(what.image), table: Arc::clone(what.table) });
            State::Coming
        } else {
            let made = Texels::of(&what.image.frame, what.table);
            made.map_or_else(|error| refused(&error), |made| State::Made(Arc::new(made)))
        };
        self.known.push(Known { image, state: state.clone() });
        match state {
            State::Coming => Source::Coming,
            State::Made(texels) => Source::Texels(texels),
            State::Refused => Source::Twin,
        }
    }

    /// Brings a viewport up to date with these texels. Whether it can be drawn.
    fn prepare(
        &mut self,
        pane: PaneId,
        what: &PaneImage<'_>,
        origin: [i32; 2],
        texels: Arc<Texels>,
    ) -> Result<Readiness, RenderError> {
        let job = ViewportJob { texels, table: Arc::clone(what.table), view: what.view, origin };
        lock(&self.viewports).prepare(pane.0, &job, &mut self.budget.1)
    }
}

impl PanePainter for GpuPainter {
    fn paint(&mut self, ui: &egui::Ui, pane: PaneId, what: &PaneImage<'_>) -> Painted {
        let ctx = ui.ctx();
        let pass = ctx.cumulative_pass_nr();
        if self.budget.0 != pass {
            self.budget = (pass, BUDGET);
        }
        self.pass = pass;
        self.take();
        let count = self.panes.len();
        self.panes.retain(|_, pane| pass.saturating_sub(pane.pass) <= GONE);
        if self.panes.len() < count {
            let panes = &self.panes;
            lock(&self.viewports).keep(|key| panes.contains_key(&PaneId(key)));
        }
        let shown = PaneShown { pane, place: what.place, view: what.view };
        let last = self.panes.remove(&pane).and_then(|before| before.last);
        let mut state = Pane { shown, pass, last, is_on_its_way: false };
        let origin = origin(what.place, ctx.pixels_per_point());
        let uid = &what.image.key.uid;
        let is_drawn = match self.source(what) {
            Source::Twin => {
                self.panes.insert(pane, state);
                return self.twin.paint(ui, pane, what);
            }
            Source::Coming => false,
            Source::Texels(texels) => match self.prepare(pane, what, origin, Arc::clone(&texels)) {
                Ok(Readiness::Ready) => {
                    state.last = Some((uid.clone(), texels));
                    true
                }
                Ok(Readiness::Sending { .. }) => {
                    ctx.request_repaint();
                    false
                }
                Err(error) => {
                    let image = Arc::downgrade(what.image);
                    for known in self.known.iter_mut().filter(|known| known.image.ptr_eq(&image)) {
                        known.state = refused(&error);
                    }
                    self.panes.insert(pane, state);
                    return self.twin.paint(ui, pane, what);
                }
            },
        };
        state.is_on_its_way = !is_drawn;
        // The frame before of the same clip stands until this one is there.
        let before =
            state.last.as_ref().filter(|(last, _)| last == uid).map(|(_, texels)| Arc::clone(texels));
        let stands = !is_drawn
            && before.is_some_and(|texels| {
                self.prepare(pane, what, origin, texels).is_ok_and(|readiness| readiness == Readiness::Ready)
            });
        self.panes.insert(pane, state);
        if !is_drawn && !stands {
            return Painted::Nothing;
        }
        let painter = ui.painter().with_clip_rect(what.place);
        let draw = Draw { viewports: Arc::clone(&self.viewports), pane };
        painter.add(Callback::new_paint_callback(what.place, draw));
        if is_drawn { Painted::Exact } else { Painted::OnItsWay }
    }

    fn shown(&self) -> Vec<PaneShown> {
        let there = self.panes.values().filter(|pane| self.pass.saturating_sub(pane.pass) <= GONE);
        there.map(|pane| pane.shown).collect()
    }

    fn uploaded_bytes(&self) -> u64 {
        lock(&self.viewports).pixels_sent().saturating_add(self.twin.uploaded_bytes())
    }

    fn describe(&self) -> RendererDescription {
        RendererDescription {
            kind: RendererKind::Gpu,
            adapter: self.adapter.name.clone(),
            backend: self.adapter.backend.clone(),
            is_hardware: self.adapter.is_hardware,
        }
    }

    fn is_idle(&self) -> bool {
        let mut there = self.panes.values().filter(|pane| self.pass.saturating_sub(pane.pass) <= GONE);
        there.all(|pane| !pane.is_on_its_way) && self.twin.is_idle()
    }
}

/// The drawing of one pane, done within egui's own pass.
struct Draw {
    viewports: Arc<Mutex<Viewports>>,
    pane: PaneId,
}

impl CallbackTrait for Draw {
    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        _resources: &CallbackResources,
    ) {
        lock(&self.viewports).draw_into(self.pane.0, pass);
    }
}

fn lock(viewports: &Mutex<Viewports>) -> MutexGuard<'_, Viewports> {
    viewports.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refused(error: &RenderError) -> State {
    tracing::warn!(why = words(error), "the CPU draws this image");
    State::Refused
}

/// The first pixel of a pane in the window's texture.
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates, and windows are far smaller")]
fn origin(place: egui::Rect, pixels_per_point: f32) -> [i32; 2] {
    [place.min.x, place.min.y].map(|at| (at * pixels_per_point).round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pane_begins_on_a_pixel() {
        let place = egui::Rect::from_min_size(egui::pos2(148.666_67, 33.333_33), egui::vec2(10.0, 10.0));
        assert_eq!(origin(place, 1.5), [223, 50]);
    }
}

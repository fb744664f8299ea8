//! What lies over the pixels of an image besides marks: shutters of the file, and all that a presentation state draws.
//!
//! Not here: the drawing itself (`calx-render`), marks ([`super::marks`]).
//!
//! Invariants
//! - It is drawn beside the window. While it is on its way the last one goes along with the image; turned or of another
//!   state it is not shown.
//! - What lies over black and over white alike is opaque: drawn over both, the difference is its transparency.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use calx_model::PresentationState;
use calx_render::{Picture, Pixels, View, draw_graphics, draw_shutters, state_aspect};
use egui::{Color32, ColorImage, Painter, Rect, TextureHandle, TextureOptions, Vec2, pos2};

use super::points::Lens;
use super::states::applied;
use crate::seams::{LoadedFrame, PaneId};
use crate::work::{Desk, Told, Wake};

/// What a layer was drawn for.
#[derive(Debug, Clone)]
struct Ground {
    loaded: Arc<LoadedFrame>,
    state: Option<Arc<PresentationState>>,
    view: View,
}

impl Ground {
    fn is_of_same(&self, other: &Self) -> bool {
        let same_state = match (&self.state, &other.state) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        same_state && self.loaded.key == other.loaded.key
    }
}

type Made = (PaneId, Ground, Result<ColorImage, String>);

#[derive(Default)]
struct Layer {
    is_coming: bool,
    drawn: Option<(Ground, TextureHandle)>,
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer").field("is_coming", &self.is_coming).finish_non_exhaustive()
    }
}

/// The layers of all panes.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    desk: Option<Desk<(PaneId, Ground), Made>>,
    panes: BTreeMap<PaneId, Layer>,
}

impl Layers {
    /// Draws what lies over an image.
    pub(crate) fn draw(
        &mut self,
        painter: &Painter,
        pane: PaneId,
        (loaded, state): (&Arc<LoadedFrame>, Option<&Arc<PresentationState>>),
        lens: &Lens,
        wake: &Wake,
    ) {
        self.take_in(painter);
        let has_some = state.map_or(!loaded.info.display.shutters.is_empty(), |state| has_some(state));
        if !has_some {
            self.panes.remove(&pane);
            return;
        }
        let wanted = Ground { loaded: Arc::clone(loaded), state: state.cloned(), view: lens.view };
        let layer = self.panes.entry(pane).or_default();
        let drawn = layer.drawn.as_ref().filter(|(ground, _)| ground.is_of_same(&wanted));
        if let Some((ground, texture)) = drawn
            && let Some(place) = moved(&ground.view, lens)
        {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), place, whole, Color32::WHITE);
        }
        let is_there = drawn.is_some_and(|(ground, _)| ground.view == wanted.view);
        if !is_there && !layer.is_coming {
            layer.is_coming = true;
            if self.desk.is_none() {
                let opened = Desk::open("layers", wake, |(pane, ground): (PaneId, Ground), out| {
                    let made = make(&ground);
                    out.tell((pane, ground, made));
                });
                match opened {
                    Ok(desk) => self.desk = Some(desk),
                    Err(error) => tracing::warn!(%error, "no thread to draw layers on"),
                }
            }
            if let Some(desk) = &self.desk {
                desk.ask((pane, wanted));
            }
        }
    }

    fn take_in(&mut self, painter: &Painter) {
        let told: Vec<_> = self.desk.iter().flat_map(Desk::take).collect();
        for told in told {
            match told {
                Told::Said((pane, ground, made)) => {
                    let Some(layer) = self.panes.get_mut(&pane) else { continue };
                    layer.is_coming = false;
                    match made {
                        Ok(image) => {
                            let name = format!("layer of pane {}", pane.0);
                            let texture = painter.ctx().load_texture(name, image, TextureOptions::LINEAR);
                            layer.drawn = Some((ground, texture));
                        }
                        Err(why) => tracing::error!(why, "what lies over the image was not drawn"),
                    }
                }
                Told::Broke(why) => {
                    tracing::error!(%why, "drawing what lies over an image broke down");
                    self.panes.values_mut().for_each(|layer| layer.is_coming = false);
                }
            }
        }
    }

    /// Whether nothing is being drawn.
    pub(crate) fn is_idle(&self) -> bool {
        self.desk.as_ref().is_none_or(Desk::is_idle)
    }
}

/// Whether a state draws anything at all.
fn has_some(state: &PresentationState) -> bool {
    !(state.shutters.is_empty() && state.annotations.is_empty() && state.overlays.is_empty())
}

/// Where what was drawn for one view lies in another; `None` when it would have to be turned.
fn moved(drawn: &View, now: &Lens) -> Option<Rect> {
    let at = |x: u32, y: u32| {
        let target = calx_geometry::Point::new(f64::from(x), f64::from(y));
        now.screen(drawn.image_from_target * target)
    };
    let (first, across, last) = (at(0, 0), at(drawn.width, 0), at(drawn.width, drawn.height));
    let is_upright = (first.y - across.y).abs() < 0.5 && last.x > first.x && last.y > first.y;
    is_upright.then(|| Rect::from_min_max(first, last)).filter(|place| place.size() != Vec2::ZERO)
}

/// Draws over black and over white: what is the same on both covers what is below.
fn make(ground: &Ground) -> Result<ColorImage, String> {
    let over = |grey: u8| -> Result<Picture, String> {
        let view = &ground.view;
        let pixels = u64::from(view.width) * u64::from(view.height);
        let pixels = usize::try_from(pixels).map_err(|error| error.to_string())?;
        let ground_pixels = Pixels::Rgba([grey, grey, grey, 255].repeat(pixels));
        let mut picture =
            Picture::new(view.width, view.height, ground_pixels).map_err(|error| error.to_string())?;
        lay(&mut picture, ground);
        Ok(picture)
    };
    let (black, white) = (over(0)?, over(255)?);
    let (Pixels::Rgba(black), Pixels::Rgba(white)) = (black.pixels(), white.pixels()) else {
        return Err("the picture has other channels than it was given".to_owned());
    };
    let pixels =
        black.chunks_exact(4).zip(white.chunks_exact(4)).map(|(black, white)| match (black, white) {
            ([r, g, b, _], [r2, g2, b2, _]) => {
                let through = r2.saturating_sub(*r).min(g2.saturating_sub(*g)).min(b2.saturating_sub(*b));
                Color32::from_rgba_premultiplied(*r, *g, *b, 255 - through)
            }
            _ => Color32::TRANSPARENT,
        });
    let side = |side: u32| usize::try_from(side).unwrap_or(usize::MAX);
    Ok(ColorImage::new([side(ground.view.width), side(ground.view.height)], pixels.collect()))
}

fn lay(picture: &mut Picture, ground: &Ground) {
    let (loaded, view) = (&ground.loaded, &ground.view);
    let Some(state) = &ground.state else {
        let display = &loaded.info.display;
        draw_shutters(picture, view, &display.shutters, loaded.aspect, display.shutter_grey);
        return;
    };
    let of = applied(state, loaded);
    draw_shutters(picture, view, &state.shutters, state_aspect(of, loaded.aspect), state.shutter_grey);
    for told in draw_graphics(picture, view, of, &[]) {
        tracing::info!(told, "a presentation state wants more than is drawn");
    }
}

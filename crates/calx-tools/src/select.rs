//! Choosing regions, moving them, dragging their vertices.

use calx_geometry::{ImageSpace, Point, Vector};
use calx_model::{Edit, RegionField, RegionId, Shape};

use crate::outline::{Outline, pick};
use crate::path::widen_selected;
use crate::reshape::{handles, moved, with_handle_at, with_vertex_near, without_vertex};
use crate::tool::{Input, Outcome, Pointer, Preview, Scene, Tool, one_of};

/// Points of the screen within which a click meets a region or a handle.
const PICK_POINTS: f64 = 8.0;
/// How far the pointer goes before a press is a drag.
const DRAG_POINTS: f64 = 3.0;

/// Selects by a click; drags what is selected, whole or by a handle.
#[derive(Debug, Default)]
pub struct SelectTool {
    drag: Option<Drag>,
    /// The handle taken last: what Backspace takes away.
    last_handle: Option<(RegionId, usize)>,
}

#[derive(Debug)]
struct Drag {
    region: RegionId,
    from: Point<ImageSpace>,
    handle: Option<usize>,
    has_moved: bool,
    shape: Option<Shape>,
    why: &'static str,
}

impl SelectTool {
    fn press(&mut self, pointer: Pointer, scene: &Scene<'_>) -> Outcome {
        let reach = PICK_POINTS * scene.px_per_point;
        let drag = |region, handle| Drag {
            region,
            from: pointer.at,
            handle,
            has_moved: false,
            shape: None,
            why: "",
        };
        if let Some((region, handle)) = handle_at(pointer.at, reach, scene) {
            self.last_handle = Some((region, handle));
            self.drag = Some(drag(region, Some(handle)));
            return Outcome::Redraw;
        }
        self.last_handle = None;
        let is_shown = |id: RegionId| !scene.hidden.contains(&id);
        let found = pick(scene.case, scene.image.id, scene.frame, pointer.at, reach, &is_shown);
        let Some(id) = found else {
            let keeps = pointer.shift || pointer.ctrl || scene.selected.is_empty();
            return if keeps { Outcome::Idle } else { Outcome::Select(Vec::new()) };
        };
        let is_selected = scene.selected.contains(&id);
        if pointer.shift || pointer.ctrl {
            let mut chosen: Vec<RegionId> = scene.selected.iter().copied().filter(|s| *s != id).collect();
            if !is_selected {
                chosen.push(id);
            }
            return Outcome::Select(chosen);
        }
        self.drag = Some(drag(id, None));
        if is_selected { Outcome::Redraw } else { Outcome::Select(vec![id]) }
    }

    fn follow(&mut self, pointer: Pointer, scene: &Scene<'_>) -> Outcome {
        let Some(drag) = &mut self.drag else { return Outcome::Idle };
        let by = pointer.at - drag.from;
        drag.has_moved |= by.length() > DRAG_POINTS * scene.px_per_point;
        if !drag.has_moved {
            return Outcome::Idle;
        }
        let Some(region) = scene.case.region(drag.region) else { return Outcome::Idle };
        let changed = if scene.locked.contains(&drag.region) {
            Err("this region is locked")
        } else {
            match (drag.handle, scene.grid(pointer.at)) {
                (Some(handle), Ok(to)) => with_handle_at(&region.shape, handle, to, scene.image),
                (None, _) => moved(&region.shape, by, scene.image),
                (Some(_), Err(_)) => Err("the pointer is nowhere"),
            }
        };
        match changed {
            Ok(shape) => (drag.shape, drag.why) = (Some(shape), ""),
            Err(why) => (drag.shape, drag.why) = (None, why),
        }
        Outcome::Redraw
    }

    fn release(&mut self, scene: &Scene<'_>) -> Outcome {
        let Some(drag) = self.drag.take() else { return Outcome::Idle };
        match drag.shape {
            Some(shape) if scene.case.region(drag.region).is_some_and(|r| r.shape != shape) => {
                set_shape(drag.region, shape)
            }
            _ if drag.has_moved && !drag.why.is_empty() => Outcome::Say(drag.why),
            _ => Outcome::Redraw,
        }
    }

    /// A vertex more on an outline, where it was clicked twice.
    fn add_vertex(&mut self, pointer: Pointer, scene: &Scene<'_>) -> Outcome {
        self.drag = None;
        let [id] = scene.selected else { return Outcome::Idle };
        let Some(region) = scene.case.region(*id).filter(|r| r.image == scene.image.id) else {
            return Outcome::Idle;
        };
        let reach = PICK_POINTS * scene.px_per_point;
        let is_near = Outline::of(&region.shape).distance(pointer.at) <= reach;
        let Some(at) = scene.grid(pointer.at).ok().filter(|_| is_near) else { return Outcome::Idle };
        if scene.locked.contains(id) {
            return Outcome::Say("this region is locked");
        }
        match with_vertex_near(&region.shape, at) {
            Ok(shape) => set_shape(*id, shape),
            Err(why) => Outcome::Say(why),
        }
    }

    fn drop_vertex(&mut self, scene: &Scene<'_>) -> Outcome {
        let Some((id, handle)) = self.last_handle.take() else {
            return Outcome::Say("click a vertex first, then Backspace takes it away");
        };
        let Some(region) = scene.case.region(id) else { return Outcome::Idle };
        if scene.locked.contains(&id) {
            return Outcome::Say("this region is locked");
        }
        match without_vertex(&region.shape, handle) {
            Ok(shape) => set_shape(id, shape),
            Err(why) => Outcome::Say(why),
        }
    }
}

impl Tool for SelectTool {
    fn name(&self) -> &'static str {
        "select"
    }

    fn input(&mut self, input: Input, scene: &mut Scene<'_>) -> Outcome {
        match input {
            Input::Press(pointer) => self.press(pointer, scene),
            Input::Move(pointer) => self.follow(pointer, scene),
            Input::Release(pointer) => {
                self.follow(pointer, scene);
                self.release(scene)
            }
            Input::Double(pointer) => self.add_vertex(pointer, scene),
            Input::DropLast => self.drop_vertex(scene),
            Input::Cancel if self.drag.is_some() => {
                self.drag = None;
                Outcome::Redraw
            }
            Input::Step(steps) => widen_selected(steps, scene),
            Input::Finish | Input::Cancel => Outcome::Idle,
        }
    }

    fn preview(&self) -> Preview {
        let Some(shape) = self.drag.as_ref().and_then(|drag| drag.shape.as_ref()) else {
            return Preview::default();
        };
        let outline = Outline::of(shape);
        let arrow = outline.arrow.map(|ends| (ends.to_vec(), false));
        Preview {
            lines: outline.lines.into_iter().chain(outline.walls).chain(arrow).collect(),
            handles: if handles(shape).is_empty() { outline.points } else { handles(shape) },
            ..Preview::default()
        }
    }

    fn is_open(&self) -> bool {
        self.drag.as_ref().is_some_and(|drag| drag.has_moved)
    }
}

/// The nearest handle of the selected regions that are shown here.
fn handle_at(at: Point<ImageSpace>, reach: f64, scene: &Scene<'_>) -> Option<(RegionId, usize)> {
    let here = scene.selected.iter().filter(|id| !scene.hidden.contains(id));
    let regions = here
        .filter_map(|id| scene.case.region(*id))
        .filter(|r| r.image == scene.image.id && (r.frames.is_empty() || r.frames.contains(&scene.frame)));
    let near = regions.flat_map(|region| {
        let places = handles(&region.shape).into_iter().enumerate();
        places.map(|(index, place)| (place.distance(at), region.id, index))
    });
    let near = near.filter(|(distance, ..)| *distance <= reach);
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, id, index)| (id, index))
}

fn set_shape(region: RegionId, shape: Shape) -> Outcome {
    Outcome::Commit {
        edit: Box::new(Edit::SetRegion { region, field: RegionField::Shape(shape) }),
        select: vec![region],
    }
}

/// The edit that moves all selected regions of this image by so many pixels: the arrow keys.
#[must_use]
pub fn nudge(by: Vector<ImageSpace>, scene: &Scene<'_>) -> Outcome {
    let here = scene.selected.iter().filter_map(|id| scene.case.region(*id));
    let here: Vec<_> = here.filter(|r| r.image == scene.image.id).collect();
    if here.iter().any(|r| scene.locked.contains(&r.id)) {
        return Outcome::Say("this region is locked");
    }
    let mut edits = Vec::new();
    for region in &here {
        match moved(&region.shape, by, scene.image) {
            Ok(shape) if shape != region.shape => {
                edits.push(Edit::SetRegion { region: region.id, field: RegionField::Shape(shape) });
            }
            Ok(_) => {}
            Err(why) => return Outcome::Say(why),
        }
    }
    let select = scene.selected.to_vec();
    match edits.len() {
        0 if here.is_empty() => Outcome::Say("select a region first"),
        0 => Outcome::Say("the region stands at the edge of the image"),
        _ => Outcome::Commit { edit: Box::new(one_of(edits)), select },
    }
}

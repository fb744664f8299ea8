//! The first screen: findings, regions, and the image they speak of.
//!
//! Not here: drawing tools, windowing, the other screens (F2, F4, F5).

use calx_model::{Case, CaseStatus, Edit, ImageDisplay, ImageField, ImageId, Presence, RegionId, Statement};
use egui::{CentralPanel, Color32, Panel, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, Vec2};

use crate::selection::{Selection, regions_of};
use crate::services::ShellServices;

/// The screens and what they remember between passes.
#[derive(Default)]
pub struct Shell {
    selection: Selection,
    texture: Option<Texture>,
    told: Option<String>,
}

/// The picture on screen and what it was made for.
struct Texture {
    image: ImageId,
    display: ImageDisplay,
    handle: egui::TextureHandle,
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell").field("selection", &self.selection).field("told", &self.told).finish()
    }
}

impl Shell {
    /// Nothing selected; the first image is shown.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is selected.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The last thing a person was told, until the next edit that went well.
    #[must_use]
    pub fn told(&self) -> Option<&str> {
        self.told.as_deref()
    }

    /// Draws one pass and takes its input. `ui` covers what the host gives the screens.
    pub fn ui(&mut self, ui: &mut Ui, services: &mut dyn ShellServices) {
        self.selection.keep_to(services.case());
        self.selection.hovered.clear();
        let mut edits = Vec::new();
        Panel::bottom("status").show(ui, |ui| self.status(ui, services.case()));
        Panel::right("findings").default_size(320.0).show(ui, |ui| {
            ScrollArea::vertical().show(ui, |ui| {
                self.findings(ui, services.case());
                ui.separator();
                self.regions(ui, services.case());
            });
        });
        CentralPanel::default().show(ui, |ui| {
            self.images(ui, services.case(), &mut edits);
            self.picture(ui, services);
        });
        for edit in edits {
            self.told = services.edit(edit).err();
        }
    }

    fn status(&self, ui: &mut Ui, case: &Case) {
        let unlinked = case.regions.iter().filter(|r| case.statements_on(r.id).next().is_none()).count();
        ui.horizontal(|ui| {
            ui.label(format!("{} regions, {unlinked} unlinked", case.regions.len()));
            if let Some(told) = &self.told {
                ui.colored_label(ui.visuals().warn_fg_color, format!("▲ {told}"));
            }
        });
    }

    fn findings(&mut self, ui: &mut Ui, case: &Case) {
        ui.heading("Findings");
        for (at, finding) in case.findings.iter().enumerate() {
            for (place, statement) in finding.statements.iter().enumerate() {
                let name = statement_name(case, at + 1, place + 1, statement);
                let is_selected = self.selection.statement == Some(statement.id);
                let response = ui.push_id(statement.id, |ui| ui.selectable_label(is_selected, name)).inner;
                if response.clicked() {
                    self.selection.select_statement(case, statement.id);
                }
                // Keyboard focus does what pointing does.
                if response.hovered() || response.has_focus() {
                    self.selection.hovered.extend(regions_of(case, statement.id));
                }
            }
        }
    }

    fn regions(&mut self, ui: &mut Ui, case: &Case) {
        ui.heading("Regions");
        for (at, region) in case.regions.iter().enumerate() {
            let is_linked = case.statements_on(region.id).next().is_some();
            let mark = if is_linked { "" } else { " (no statement)" };
            let name = format!("Region {}: {} {}{mark}", at + 1, region.label, region.shape.kind().word());
            let is_selected = self.selection.regions.contains(&region.id);
            let response = ui.push_id(region.id, |ui| ui.selectable_label(is_selected, name)).inner;
            if response.clicked() {
                self.selection.select_region(case, region.id);
            }
            if response.hovered() || response.has_focus() {
                self.selection.hovered.insert(region.id);
            }
        }
    }

    /// The row over the picture: which image, how many marks, and whether it is a key image.
    fn images(&mut self, ui: &mut Ui, case: &Case, edits: &mut Vec<Edit>) {
        ui.horizontal_wrapped(|ui| {
            for (at, (_, image)) in case.images().enumerate() {
                let is_shown = self.selection.image == Some(image.id);
                if ui.selectable_label(is_shown, format!("Image {}", at + 1)).clicked() {
                    self.selection.image = Some(image.id);
                }
            }
        });
        let Some(image) = self.selection.image.and_then(|id| case.image(id)) else {
            ui.label("This case has no images");
            return;
        };
        ui.horizontal(|ui| {
            let marks = case.regions.iter().filter(|r| r.image == image.id).count();
            let side = image.side().map_or("side not known", calx_model::Side::word);
            ui.label(format!("{marks} marks, {side}"));
            let mut is_key = image.key;
            let key = egui::Checkbox::new(&mut is_key, "Key image");
            if ui.add_enabled(case.status != CaseStatus::Published, key).changed() {
                edits.push(Edit::SetImage { image: image.id, field: ImageField::Key(is_key) });
            }
        });
    }

    fn picture(&mut self, ui: &mut Ui, services: &mut dyn ShellServices) {
        let Some((id, display)) =
            self.selection.image.and_then(|id| services.case().image(id)).map(|i| (i.id, i.display))
        else {
            return;
        };
        if !self.texture.as_ref().is_some_and(|t| t.image == id && t.display == display) {
            let max_side = ui.input(|input| input.max_texture_side);
            let fitting = services.picture(id, max_side).filter(|p| p.longer_side() <= max_side);
            self.texture = fitting.map(|picture| {
                let options = egui::TextureOptions::LINEAR;
                let handle = ui.ctx().load_texture("image", picture.to_texture(), options);
                Texture { image: id, display, handle }
            });
        }
        let Some(texture) = &self.texture else {
            ui.label("The picture is not there yet");
            return;
        };
        let natural = texture.handle.size_vec2();
        let room = ui.available_size().max(Vec2::splat(1.0));
        let zoom = (room.x / natural.x).min(room.y / natural.y);
        let (place, response) = ui.allocate_exact_size(natural * zoom, Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "Image in view"));
        let whole = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
        ui.painter().image(texture.handle.id(), place, whole, Color32::WHITE);
        self.marks(ui, services.case(), id, place);
        if response.clicked() {
            self.selection.clear();
        }
    }

    /// Boxes round the regions in hand or pointed at: a light line on a dark one, told apart on any ground. The
    /// renderer's own marks take their place with the viewport.
    fn marks(&self, ui: &Ui, case: &Case, image: ImageId, place: Rect) {
        let Some(size) = case.image(image).map(|i| (f64::from(i.columns), f64::from(i.rows))) else { return };
        #[allow(clippy::cast_possible_truncation, reason = "parts of 1 times a few thousand points")]
        let on_screen = |x: f64, y: f64| {
            place.min + Vec2::new((x / size.0) as f32 * place.width(), (y / size.1) as f32 * place.height())
        };
        let is_bright =
            |id: &RegionId| self.selection.regions.contains(id) || self.selection.hovered.contains(id);
        for region in case.regions.iter().filter(|r| r.image == image && is_bright(&r.id)) {
            let Some(bounds) = region.shape.bounds() else { continue };
            let around = Rect::from_two_pos(
                on_screen(bounds.min.x.pixels(), bounds.min.y.pixels()),
                on_screen(bounds.max.x.pixels(), bounds.max.y.pixels()),
            );
            for (width, colour) in [(4.0, Color32::BLACK), (2.0, Color32::from_rgb(255, 214, 10))] {
                let stroke = Stroke::new(width, colour);
                ui.painter().rect_stroke(around, 0.0, stroke, egui::StrokeKind::Outside);
            }
        }
    }
}

/// `1.2 Extensive calcification (present) regions 1, 3`.
fn statement_name(case: &Case, finding: usize, place: usize, statement: &Statement) -> String {
    let presence = match statement.presence {
        Presence::Present => "present",
        Presence::Absent => "absent",
        Presence::Indeterminate => "indeterminate",
        Presence::NotAssessable => "not assessable",
    };
    let numbers: Vec<usize> =
        regions_of(case, statement.id).into_iter().filter_map(|id| case.region_number(id)).collect();
    let regions = match numbers.as_slice() {
        [] => "no region".to_owned(),
        [one] => format!("region {one}"),
        several => format!("regions {}", calx_model::number_ranges(several)),
    };
    format!("{finding}.{place} {} ({presence}) {regions}", statement.text.words())
}

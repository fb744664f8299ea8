//! How the window looks: colours, spacing, fonts.
//!
//! Not here: colours of marks, which the label schema gives.
//!
//! Invariants
//! - Text has a contrast of at least 4.5 to 1 on every ground it is written on (a test computes it).
//! - Nothing moves or blinks by itself: an idle window is not drawn again.

use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, vec2};

/// Behind images and in fields that are typed in.
pub const DEEP: Color32 = Color32::from_rgb(0x0e, 0x11, 0x15);
/// Panels and screens.
pub const GROUND: Color32 = Color32::from_rgb(0x16, 0x1a, 0x20);
/// What lies on a panel: cards, buttons, the row pointed at.
pub const RAISED: Color32 = Color32::from_rgb(0x22, 0x28, 0x30);
/// A button pointed at.
pub const LIFTED: Color32 = Color32::from_rgb(0x2f, 0x37, 0x42);
/// Lines between parts.
pub const LINE: Color32 = Color32::from_rgb(0x2f, 0x37, 0x42);
/// Words.
pub const TEXT: Color32 = Color32::from_rgb(0xd6, 0xdc, 0xe3);
/// Words that explain.
pub const QUIET: Color32 = Color32::from_rgb(0x9f, 0xab, 0xb8);
/// Words that lead.
pub const STRONG: Color32 = Color32::from_rgb(0xf4, 0xf6, 0xf8);
/// What is selected or can be followed.
pub const ACCENT: Color32 = Color32::from_rgb(0x7d, 0xb8, 0xea);
/// The ground of what is selected.
pub const CHOSEN: Color32 = Color32::from_rgb(0x1f, 0x3c, 0x55);
/// Something needs a hand.
pub const AMBER: Color32 = Color32::from_rgb(0xf2, 0xb8, 0x5c);
/// Something stands in the way.
pub const RED: Color32 = Color32::from_rgb(0xf5, 0x8d, 0x86);
/// Something is well.
pub const GREEN: Color32 = Color32::from_rgb(0x8a, 0xc9, 0x97);

/// The colours of a ground, by what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colours {
    /// In fields that are typed in.
    pub deep: Color32,
    /// Panels and screens.
    pub ground: Color32,
    /// What lies on a panel.
    pub raised: Color32,
    /// A button pointed at.
    pub lifted: Color32,
    /// Lines between parts.
    pub line: Color32,
    /// Words.
    pub text: Color32,
    /// Words that explain.
    pub quiet: Color32,
    /// Words that lead.
    pub strong: Color32,
    /// What is selected or can be followed.
    pub accent: Color32,
    /// The ground of what is selected.
    pub chosen: Color32,
    /// Something needs a hand.
    pub amber: Color32,
    /// Something stands in the way.
    pub red: Color32,
    /// Something is well.
    pub green: Color32,
}

/// Everywhere but where a person asked for paper.
pub const DARK: Colours = Colours {
    deep: DEEP,
    ground: GROUND,
    raised: RAISED,
    lifted: LIFTED,
    line: LINE,
    text: TEXT,
    quiet: QUIET,
    strong: STRONG,
    accent: ACCENT,
    chosen: CHOSEN,
    amber: AMBER,
    red: RED,
    green: GREEN,
};

/// Paper: the case screen, when it is wanted so.
pub const LIGHT: Colours = Colours {
    deep: Color32::from_rgb(0xff, 0xff, 0xff),
    ground: Color32::from_rgb(0xf7, 0xf6, 0xf3),
    raised: Color32::from_rgb(0xec, 0xea, 0xe5),
    lifted: Color32::from_rgb(0xe0, 0xdd, 0xd6),
    line: Color32::from_rgb(0xcd, 0xc9, 0xc0),
    text: Color32::from_rgb(0x26, 0x2b, 0x31),
    quiet: Color32::from_rgb(0x4d, 0x55, 0x5e),
    strong: Color32::from_rgb(0x0c, 0x0f, 0x12),
    accent: Color32::from_rgb(0x0b, 0x4f, 0x86),
    chosen: Color32::from_rgb(0xcf, 0xe2, 0xf3),
    amber: Color32::from_rgb(0x79, 0x48, 0x00),
    red: Color32::from_rgb(0x9c, 0x1f, 0x1a),
    green: Color32::from_rgb(0x1b, 0x5e, 0x31),
};

/// The colours of the ground that is drawn on.
#[must_use]
pub fn colours(ui: &egui::Ui) -> &'static Colours {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// Draws on paper from here on.
pub fn on_paper(ui: &mut egui::Ui) {
    let mut light = egui::Visuals::light();
    visuals(&mut light, &LIGHT);
    *ui.visuals_mut() = light;
}

/// A list or menu that opens from here looks as its ground does, also on paper.
#[must_use]
pub fn of_popup(ui: &egui::Ui) -> egui::style::StyleModifier {
    let visuals = ui.visuals().clone();
    egui::style::StyleModifier::new(move |style| {
        style.visuals = visuals.clone();
        egui::containers::menu::menu_style(style);
        style.spacing.button_padding = vec2(8.0, 3.0);
    })
}

/// A sheet over the screen, with room round what it says.
#[must_use]
pub fn sheet(id: egui::Id) -> egui::Modal {
    let shadow = Shadow { offset: [0, 6], blur: 20, spread: 0, color: Color32::from_black_alpha(130) };
    let frame = egui::Frame::NONE.fill(GROUND).stroke((1.0, LINE)).corner_radius(9).shadow(shadow);
    egui::Modal::new(id).frame(frame.inner_margin(Margin::same(16)))
}

const ROUND: CornerRadius = CornerRadius::same(5);

/// Gives a window its looks; once for each context.
pub fn dress(ctx: &egui::Context) {
    let mut fonts = egui::FontDefinitions::default();
    // The signs of the save states are in no proportional font of egui.
    let signs = "Hack".to_owned();
    if let Some(names) = fonts.families.get_mut(&FontFamily::Proportional)
        && !names.contains(&signs)
    {
        names.push(signs);
    }
    ctx.set_fonts(fonts);
    ctx.set_theme(egui::Theme::Dark);
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
    ctx.style_mut_of(egui::Theme::Dark, style);
}

fn style(style: &mut egui::Style) {
    let proportional = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, proportional(12.0)),
        (TextStyle::Body, proportional(14.0)),
        (TextStyle::Button, proportional(14.0)),
        (TextStyle::Heading, proportional(19.0)),
        (TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace)),
    ]
    .into();
    style.animation_time = 0.0;
    style.scroll_animation = egui::style::ScrollAnimation::none();
    style.interaction.selectable_labels = false;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 6.0);
    spacing.button_padding = vec2(10.0, 4.0);
    spacing.interact_size = vec2(40.0, 26.0);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(16);
    spacing.combo_width = 110.0;
    spacing.tooltip_width = 320.0;
    spacing.scroll = egui::style::ScrollStyle::thin();
    visuals(&mut style.visuals, &DARK);
}

fn visuals(visuals: &mut egui::Visuals, of: &Colours) {
    let line = |width, color| Stroke::new(width, color);
    visuals.panel_fill = of.ground;
    visuals.window_fill = of.ground;
    visuals.window_stroke = line(1.0, of.line);
    visuals.window_corner_radius = CornerRadius::same(9);
    visuals.menu_corner_radius = CornerRadius::same(7);
    visuals.extreme_bg_color = of.deep;
    visuals.faint_bg_color = of.ground.lerp_to_gamma(of.raised, 0.35);
    visuals.code_bg_color = of.raised;
    visuals.weak_text_color = Some(of.quiet);
    visuals.hyperlink_color = of.accent;
    visuals.warn_fg_color = of.amber;
    visuals.error_fg_color = of.red;
    visuals.selection.bg_fill = of.chosen;
    visuals.selection.stroke = line(1.0, of.strong);
    visuals.text_cursor.blink = false;
    visuals.text_cursor.stroke = line(2.0, of.accent);
    let shadow = Shadow { offset: [0, 6], blur: 20, spread: 0, color: Color32::from_black_alpha(130) };
    visuals.popup_shadow = shadow;
    visuals.window_shadow = shadow;
    let widgets = &mut visuals.widgets;
    for (widget, fill, edge, words) in [
        (&mut widgets.noninteractive, of.ground, of.line, of.text),
        (&mut widgets.inactive, of.raised, Color32::TRANSPARENT, of.text),
        (&mut widgets.hovered, of.lifted, of.quiet, of.strong),
        (&mut widgets.active, of.chosen, of.accent, of.strong),
        (&mut widgets.open, of.raised, of.line, of.strong),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = line(1.0, edge);
        widget.fg_stroke = line(1.0, words);
        widget.corner_radius = ROUND;
        widget.expansion = 0.0;
    }
}

/// A heading of a part of a panel: small, quiet, spaced.
pub fn heading(ui: &mut egui::Ui, words: &str) {
    let shown =
        egui::RichText::new(words.to_uppercase()).small().color(colours(ui).quiet).extra_letter_spacing(0.8);
    // Capitals are looks: a screen reader says the words.
    let _named = ui.label(shown).accessible_name(words);
}

/// A box to tick, whose edge is seen also while it is empty.
pub fn tick(ui: &mut egui::Ui, is_ticked: &mut bool, words: impl Into<egui::RichText>) -> egui::Response {
    let words: egui::RichText = words.into();
    ui.scope(|ui| {
        let quiet = colours(ui).quiet;
        ui.visuals_mut().widgets.inactive.bg_stroke = Stroke::new(1.0, quiet);
        ui.checkbox(is_ticked, words)
    })
    .inner
}

/// A frame that lies on a panel.
pub fn card() -> egui::Frame {
    egui::Frame::NONE.fill(RAISED).corner_radius(CornerRadius::same(7)).inner_margin(Margin::same(12))
}

/// Content of a card, with buttons that stand out from its ground.
pub fn on_card<R>(ui: &mut egui::Ui, content: impl FnOnce(&mut egui::Ui) -> R) -> R {
    card()
        .show(ui, |ui| {
            let button = &mut ui.visuals_mut().widgets.inactive;
            (button.weak_bg_fill, button.bg_fill) = (LIFTED, LIFTED);
            ui.set_min_width(ui.available_width());
            content(ui)
        })
        .inner
}

/// The colour of a label of the schema.
#[must_use]
pub fn label_colour(schema: &calx_model::Schema, label: &str) -> Color32 {
    let rgb = schema.label(label).and_then(calx_model::Label::rgb);
    rgb.map_or(QUIET, |[red, green, blue]| Color32::from_rgb(red, green, blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: Color32) -> f64 {
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(colour.r()) + 0.7152 * part(colour.g()) + 0.0722 * part(colour.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn words_can_be_read_on_every_ground() {
        for of in [DARK, LIGHT] {
            for ground in [of.deep, of.ground, of.raised, of.lifted, of.chosen] {
                for words in [of.text, of.quiet, of.strong, of.accent, of.amber, of.red, of.green] {
                    let found = contrast(words, ground);
                    assert!(found >= 4.5, "{words:?} on {ground:?}: {found:.2}");
                }
            }
        }
    }
}

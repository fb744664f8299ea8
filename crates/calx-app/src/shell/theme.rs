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
    visuals(&mut style.visuals);
}

fn visuals(visuals: &mut egui::Visuals) {
    let line = |width, color| Stroke::new(width, color);
    visuals.panel_fill = GROUND;
    visuals.window_fill = GROUND;
    visuals.window_stroke = line(1.0, LINE);
    visuals.window_corner_radius = CornerRadius::same(9);
    visuals.menu_corner_radius = CornerRadius::same(7);
    visuals.extreme_bg_color = DEEP;
    visuals.faint_bg_color = Color32::from_rgb(0x1a, 0x1f, 0x26);
    visuals.code_bg_color = RAISED;
    visuals.weak_text_color = Some(QUIET);
    visuals.hyperlink_color = ACCENT;
    visuals.warn_fg_color = AMBER;
    visuals.error_fg_color = RED;
    visuals.selection.bg_fill = CHOSEN;
    visuals.selection.stroke = line(1.0, STRONG);
    visuals.text_cursor.blink = false;
    visuals.text_cursor.stroke = line(2.0, ACCENT);
    let shadow = Shadow { offset: [0, 6], blur: 20, spread: 0, color: Color32::from_black_alpha(130) };
    visuals.popup_shadow = shadow;
    visuals.window_shadow = shadow;
    let widgets = &mut visuals.widgets;
    for (widget, fill, edge, words) in [
        (&mut widgets.noninteractive, GROUND, LINE, TEXT),
        (&mut widgets.inactive, RAISED, Color32::TRANSPARENT, TEXT),
        (&mut widgets.hovered, LIFTED, QUIET, STRONG),
        (&mut widgets.active, CHOSEN, ACCENT, STRONG),
        (&mut widgets.open, RAISED, LINE, STRONG),
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
    let shown = egui::RichText::new(words.to_uppercase()).small().color(QUIET).extra_letter_spacing(0.8);
    // Capitals are looks: a screen reader says the words.
    let _named = ui.label(shown).accessible_name(words);
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
        for ground in [DEEP, GROUND, RAISED, LIFTED, CHOSEN] {
            for words in [TEXT, QUIET, STRONG, ACCENT, AMBER, RED, GREEN] {
                let found = contrast(words, ground);
                assert!(found >= 4.5, "{words:?} on {ground:?}: {found:.2}");
            }
        }
    }
}

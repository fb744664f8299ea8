//! Window and level: what a drag does, what the keys choose, which panes move together.
//!
//! Not here: the pointer (`pane`), drawing. Everything here is a pure function.
//!
//! Invariants
//! - A drag starts from what is on screen, and nothing it does leaves what the image has.
//! - Up is brighter on the display, whether low values are shown bright or dark.

use calx_model::{
    DisplayAttributes, DisplayPipeline, Samples, VoiLut, VoiLutFunction, VoiSource, Window, WindowChoice,
};
use calx_render::{ChooseError, resolve};

use crate::seams::LoadedFrame;

/// Points of a drag that double or close a window.
const FULL_DRAG: f64 = 512.0;
/// How much finer a drag is with Shift.
const FINE: f64 = 5.0;
/// A window is dragged as if it were at least this part of the image's range.
const LEAST_SHARE: f64 = 1.0 / 32.0;

/// A window that goes by the range of the image, since values of radiographs are not calibrated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// As shown.
    pub name: &'static str,
    /// Darkest on the display, as a share of the range, 0 dark to 1 bright.
    pub dark: f64,
    /// Brightest on the display.
    pub bright: f64,
}

/// What there is besides the windows of the file.
pub const PRESETS: &[Preset] = &[
    Preset { name: "full range", dark: 0.0, bright: 1.0 },
    Preset { name: "bright half", dark: 0.5, bright: 1.0 },
    Preset { name: "dark half", dark: 0.0, bright: 0.5 },
];

/// What a pane's window is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Windowing {
    /// What the file offers, automatic, or numbers.
    Choice(WindowChoice),
    /// One of [`PRESETS`].
    Preset(Preset),
    /// As the presentation state says.
    State,
}

impl Default for Windowing {
    fn default() -> Self {
        Self::Choice(WindowChoice::Default)
    }
}

/// What a drag goes by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ground {
    /// Modality values at 0.1 and 99.9 percent.
    pub range: [f64; 2],
    /// Low values are shown bright.
    pub is_inverted: bool,
    /// Values are whole numbers: no window is narrower than one.
    pub is_whole: bool,
}

impl Ground {
    /// Of a frame that is shown, turned over by hand or not.
    #[must_use]
    pub fn of(loaded: &LoadedFrame, turned_over: bool) -> Self {
        Self {
            range: loaded.range,
            is_inverted: loaded.info.display.inverts() != turned_over,
            is_whole: !loaded.frame.samples().is_float(),
        }
    }

    /// From least to greatest; never nothing.
    fn width(&self) -> f64 {
        let [low, high] = self.range;
        let width = (high - low).abs();
        if width > 0.0 && width.is_finite() { width } else { 1.0 }
    }

    /// A window within what the image has.
    #[must_use]
    pub fn kept(&self, window: Window) -> Window {
        let range = self.width();
        let least = if self.is_whole { 1.0 } else { range / 65_536.0 };
        let width = window.width.clamp(least, (2.0 * range).max(least));
        let [low, high] = self.range;
        let center = window.center.clamp(low.min(high) - width / 2.0, low.max(high) + width / 2.0);
        Window { center, width, ..window }
    }

    /// The window after a drag of so many points to the right and up.
    #[must_use]
    pub fn dragged(&self, start: Window, right: f64, up: f64, is_fine: bool) -> Window {
        let gain = start.width.max(self.width() * LEAST_SHARE) / FULL_DRAG / if is_fine { FINE } else { 1.0 };
        // Brighter is a lower centre, but where low values are bright.
        let side = if self.is_inverted { 1.0 } else { -1.0 };
        let width = start.width + right * gain;
        self.kept(Window { width, center: start.center + side * up * gain, ..start })
    }

    /// The window on screen as numbers: a table becomes a window over its input, a range the one that shows the same.
    #[must_use]
    pub fn on_screen(&self, voi: &VoiLut) -> Window {
        let window = match voi {
            VoiLut::Window(window) => *window,
            VoiLut::Range { min, max } => self.between(*min, *max),
            VoiLut::Table(table) => {
                let entries = u32::try_from(table.entries.len()).unwrap_or(u32::MAX);
                let first = f64::from(table.first);
                self.between(first, first + f64::from(entries) - 1.0)
            }
        };
        if self.is_whole && window.function == VoiLutFunction::Linear {
            Window { width: window.width.max(1.0), ..window }
        } else {
            window
        }
    }

    /// The window whose darkest value is `low` and brightest `high`.
    #[must_use]
    pub fn between(&self, low: f64, high: f64) -> Window {
        let (low, high) = (low.min(high), low.max(high));
        let (middle, width) = (low / 2.0 + high / 2.0, high - low);
        if self.is_whole {
            // LINEAR counts its ends half a value wider, PS3.3 C.11.2.1.2.1.
            Window { center: middle + 0.5, width: width + 1.0, function: VoiLutFunction::Linear }
        } else {
            let width = width.max(f64::MIN_POSITIVE);
            Window { center: middle, width, function: VoiLutFunction::LinearExact }
        }
    }

    /// A preset as modality values.
    fn preset(&self, preset: Preset) -> VoiLut {
        let [low, high] = self.range;
        let at = |share: f64| low + (high - low) * share;
        let (from, to) = if self.is_inverted {
            (at(1.0 - preset.bright), at(1.0 - preset.dark))
        } else {
            (at(preset.dark), at(preset.bright))
        };
        VoiLut::Range { min: from, max: to }
    }
}

/// The chain from stored values to the screen for a window of a pane. Walks no pixels.
///
/// # Errors
/// [`ChooseError`]: the file does not offer it, or has no grey values.
pub fn pipeline(
    loaded: &LoadedFrame,
    windowing: Windowing,
    turned_over: bool,
) -> Result<DisplayPipeline, ChooseError> {
    let (display, frame) = (&loaded.info.display, &loaded.frame);
    if !is_grey(display) {
        return resolve(display, frame, WindowChoice::Default);
    }
    // `resolve` would walk the frame for the automatic ones, and the loader did already.
    let with = |voi_lut: VoiLut, origin: &str| {
        let window = Window { center: 0.0, width: 1.0, function: VoiLutFunction::Linear };
        let mut pipeline = resolve(display, frame, WindowChoice::Set(window))?;
        pipeline.voi_lut = voi_lut;
        origin.clone_into(&mut pipeline.window_origin);
        Ok(pipeline)
    };
    let mut pipeline = match windowing {
        Windowing::Preset(preset) => with(Ground::of(loaded, turned_over).preset(preset), preset.name)?,
        Windowing::Choice(WindowChoice::Auto) => with(loaded.auto.clone(), "auto")?,
        Windowing::Choice(WindowChoice::MinMax) => with(loaded.min_max.clone(), "minmax")?,
        Windowing::Choice(WindowChoice::Default) | Windowing::State if display.default_choice().is_none() => {
            with(loaded.auto.clone(), "auto")?
        }
        Windowing::State => resolve(display, frame, WindowChoice::Default)?,
        Windowing::Choice(choice) => resolve(display, frame, choice)?,
    };
    pipeline.invert = pipeline.invert != turned_over;
    Ok(pipeline)
}

/// Whether windows apply.
#[must_use]
pub fn is_grey(display: &DisplayAttributes) -> bool {
    display.photometric_interpretation.is_monochrome()
}

/// What the keys 1 to 9 choose: the windows and tables of the file in order, then the presets, with their names.
#[must_use]
pub fn offered(display: &DisplayAttributes) -> Vec<(String, Windowing)> {
    if !is_grey(display) {
        return Vec::new();
    }
    let of_file = display.voi.iter().map(|choice| {
        let (name, found) = match choice.source {
            VoiSource::Window(n) => (format!("file {n}"), WindowChoice::File(n)),
            VoiSource::Lut(n) => (format!("lut {n}"), WindowChoice::Lut(n)),
        };
        let words = choice.explanation.as_deref().map(calx_model::patient_text::escape_terminal);
        let name = match words.as_deref().map(str::trim) {
            Some(words) if !words.is_empty() => format!("{name} ({words})"),
            _ => name,
        };
        (name, Windowing::Choice(found))
    });
    let presets = PRESETS.iter().map(|preset| (preset.name.to_owned(), Windowing::Preset(*preset)));
    of_file.chain(presets).collect()
}

/// Whether the windows of two images move together: one modality, ranges within a factor of two.
#[must_use]
pub fn move_together(a: &LoadedFrame, b: &LoadedFrame) -> bool {
    let width = |frame: &LoadedFrame| (frame.range[1] - frame.range[0]).abs();
    a.info.display.modality == b.info.display.modality && are_alike(width(a), width(b))
}

fn are_alike(a: f64, b: f64) -> bool {
    a.max(b) <= 2.0 * a.min(b)
}

/// The window over what lies in a box of columns and rows, 1st to 99th percentile; none without grey values there.
#[must_use]
pub fn over_box(loaded: &LoadedFrame, low: [u32; 2], high: [u32; 2]) -> Option<Window> {
    let columns = usize::try_from(loaded.frame.columns()).ok()?;
    let samples: &Samples = loaded.frame.samples();
    let padding = loaded.info.display.padding;
    let mut values = Vec::new();
    for row in low[1]..high[1].min(loaded.frame.rows()) {
        for column in low[0]..high[0].min(loaded.frame.columns()) {
            let index = usize::try_from(row).ok()? * columns + usize::try_from(column).ok()?;
            if let Some(stored) = samples.value(index).filter(|v| !padding.is_some_and(|p| p.contains(*v))) {
                values.push(loaded.info.display.modality_lut.apply(stored));
            }
        }
    }
    values.retain(|v| v.is_finite());
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let (low, high) = (values.get(last / 100)?, values.get(last - last / 100)?);
    let ground = Ground::of(loaded, false);
    Some(ground.kept(ground.between(*low, *high)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use calx_model::LookupTable;

    const FILM: Ground = Ground { range: [0.0, 4096.0], is_inverted: false, is_whole: true };

    fn window(center: f64, width: f64) -> Window {
        Window { center, width, function: VoiLutFunction::Linear }
    }

    #[track_caller]
    fn check_drag(ground: Ground, start: Window, drag: (f64, f64, bool), expected: (f64, f64)) {
        let found = ground.dragged(start, drag.0, drag.1, drag.2);
        let (center, width) = expected;
        let is_near = (found.center - center).abs() < 1e-9 && (found.width - width).abs() < 1e-9;
        assert!(is_near, "{found:?} is not {center}, {width}");
    }

    #[test]
    fn five_hundred_and_twelve_points_double_a_window_at_any_depth() {
        let start = window(2000.0, 1024.0);
        check_drag(FILM, start, (512.0, 0.0, false), (2000.0, 2048.0));
        check_drag(FILM, start, (-256.0, 0.0, false), (2000.0, 512.0));
        check_drag(FILM, start, (512.0, 0.0, true), (2000.0, 1024.0 + 1024.0 / 5.0));
        let byte = Ground { range: [0.0, 255.0], ..FILM };
        check_drag(byte, window(128.0, 100.0), (512.0, 0.0, false), (128.0, 200.0));
        let wide = Ground { range: [0.0, 65_535.0], ..FILM };
        check_drag(wide, window(30_000.0, 20_000.0), (512.0, 0.0, false), (30_000.0, 40_000.0));
    }

    #[test]
    fn a_narrow_window_is_dragged_by_the_range() {
        // 4096 / 32 = 128 is what 512 points are worth.
        check_drag(FILM, window(2000.0, 4.0), (512.0, 0.0, false), (2000.0, 132.0));
        check_drag(FILM, window(2000.0, 4.0), (0.0, 256.0, false), (2000.0 - 64.0, 4.0));
    }

    #[test]
    fn up_is_brighter_whatever_is_inverted() {
        let start = window(2000.0, 1024.0);
        check_drag(FILM, start, (0.0, 100.0, false), (2000.0 - 200.0, 1024.0));
        let film_1 = Ground { is_inverted: true, ..FILM };
        check_drag(film_1, start, (0.0, 100.0, false), (2000.0 + 200.0, 1024.0));
        for ground in [FILM, film_1] {
            let brightness = |window: Window| {
                let shown = VoiLut::Window(window).apply(2000.0);
                if ground.is_inverted { 1.0 - shown } else { shown }
            };
            assert!(brightness(ground.dragged(start, 0.0, 60.0, false)) > brightness(start) + 0.05);
        }
    }

    #[test]
    fn nothing_runs_away() {
        let start = window(2000.0, 1024.0);
        check_drag(FILM, start, (1e9, 0.0, false), (2000.0, 8192.0));
        check_drag(FILM, start, (-1e9, 0.0, false), (2000.0, 1.0));
        check_drag(FILM, start, (0.0, 1e9, false), (-512.0, 1024.0));
        check_drag(FILM, start, (0.0, -1e9, false), (4096.0 + 512.0, 1024.0));
        let flat = Ground { range: [7.0, 7.0], ..FILM };
        assert!(flat.dragged(window(7.0, 1.0), 100.0, 100.0, false).checked().is_ok());
        let map = Ground { range: [0.0, 0.5], is_inverted: false, is_whole: false };
        let narrow = map.dragged(map.between(0.1, 0.2), -1e9, 0.0, false);
        assert!(narrow.width < 1e-5 && narrow.checked().is_ok());
    }

    #[test]
    fn a_drag_starts_from_what_is_seen() {
        for voi in [
            VoiLut::Range { min: 100.0, max: 900.0 },
            VoiLut::Window(window(500.0, 800.0)),
            VoiLut::Window(Window { function: VoiLutFunction::Sigmoid, ..window(500.0, 800.0) }),
        ] {
            let seen = VoiLut::Window(FILM.on_screen(&voi));
            for value in [0.0, 100.0, 101.0, 437.0, 899.0, 900.0, 4000.0] {
                assert!((seen.apply(value) - voi.apply(value)).abs() < 1e-9, "{voi:?} at {value}");
            }
        }
        let table = LookupTable { first: 50, bits: 8, entries: vec![0; 101].into() };
        let over = FILM.on_screen(&VoiLut::Table(table));
        assert_eq!((over.center, over.width), (100.5, 101.0));
    }

    #[test]
    fn a_preset_is_bright_on_the_display() {
        let bright = PRESETS[1];
        assert_eq!(FILM.preset(bright), VoiLut::Range { min: 2048.0, max: 4096.0 });
        let film_1 = Ground { is_inverted: true, ..FILM };
        assert_eq!(film_1.preset(bright), VoiLut::Range { min: 0.0, max: 2048.0 });
    }

    #[test]
    fn only_alike_images_move_together() {
        assert!(are_alike(4000.0, 2000.0) && are_alike(1.0, 1.0));
        assert!(!are_alike(4000.0, 1999.0) && !are_alike(255.0, 4095.0));
    }
}

//! From thickness maps to the stored values of a For Presentation radiograph of a storage plate.
//!
//! Beam and tissue ([`spectrum`]), scatter, noise and blur of the plate ([`plate`]), the console's
//! processing ([`console`]); here is what holds them together: the heel of the anode, the collimated
//! field, lead letters, the console's own words and its black surround.
//!
//! Not here: what lies in the beam ([`crate::maps`]), where letters lie ([`crate::marks`]).
//!
//! Invariants
//! - Values are 0..=4095, bone high; what the shutters cover is 0 or, on some consoles, a little above.
//! - Noise belongs to the pixel's place: the same hand with other calcium has the same noise.
//! - Basic operations, square roots and a few `libm` calls for tables only: the same bits everywhere.

mod arithmetic;
mod console;
mod gaussian;
mod grid;
mod plate;
mod spectrum;

use crate::exposure::plate::Plate;
use crate::exposure::spectrum::{Thickness, transmit};
use crate::field::Field;
use crate::letters::Mark;
use crate::maps::Maps;
use crate::noise::Noise;
use crate::number::{index_below, real, single};
use crate::plane::{lerp, mm2, smoothstep};

/// Lead of side markers in mm.
const LEAD_MM: f32 = 1.2;
/// From the focus to the plate in mm.
pub(crate) const FOCUS_MM: f64 = 1100.0;
/// What the anode's heel takes away towards the fingers, as a share of the beam.
const HEEL: f64 = 0.06;
/// Value of the console's words.
const WORD_VALUE: f64 = 3300.0;

/// The console's surround of the field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surround {
    /// Stored value.
    pub(crate) value: f32,
    /// How far inside the beam's edge it begins, in mm.
    pub(crate) inside_mm: f64,
}

/// The film the hands lie on.
#[derive(Debug, Clone)]
pub(crate) struct Film {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) pixel_mm: f64,
    /// How often finer the maps are than the film, each way.
    pub(crate) factor: usize,
    /// Lead letters, in mm from the top left corner.
    pub(crate) lead: Vec<Mark>,
    /// Words of the console, in the same mm.
    pub(crate) console: Vec<Mark>,
    /// Where the beam is let through, in mm.
    pub(crate) field: Field,
    pub(crate) surround: Surround,
    /// Absorbed quanta per square millimetre in the open beam.
    pub(crate) quanta_per_mm2: f64,
    /// Absent: no noise at all.
    pub(crate) noise: Option<Noise>,
}

impl Film {
    /// Stored values, row by row.
    pub(crate) fn expose(&self, maps: &Maps) -> Vec<u16> {
        let plate = Plate {
            columns: self.columns,
            rows: self.rows,
            pixel_mm: self.pixel_mm,
            quanta_per_mm2: self.quanta_per_mm2,
            noise: self.noise,
        };
        let mut beam = vec![0.0_f32; self.columns * self.rows];
        let mut foot = plate.foot_grid();
        let mut fine = vec![0.0_f32; maps.columns];
        let mut metal = vec![0.0_f32; maps.columns];
        for (row, line) in beam.chunks_mut(self.columns).enumerate() {
            for fine_row in row * self.factor..(row + 1) * self.factor {
                self.behind(maps, fine_row, &mut metal, &mut fine);
                for (to, cells) in line.iter_mut().zip(fine.chunks(self.factor)) {
                    *to += cells.iter().sum::<f32>();
                }
            }
            self.weigh(row, line);
            foot.add(row, line);
        }
        plate.read_out(&mut beam, foot, |row, line| self.dust(maps, row, line));
        let mut values = Vec::with_capacity(self.columns * self.rows);
        let mut shown = Vec::new();
        console::process(beam, (self.columns, self.rows), self.pixel_mm, |row, line| {
            shown.clear();
            shown.extend_from_slice(line);
            self.surround(row, &mut shown);
            self.write(row, &mut shown);
            values.extend(shown.iter().map(|&v| console::rounded(v)));
        });
        values
    }

    /// Share of the beam behind a row of the maps.
    fn behind(&self, maps: &Maps, row: usize, metal: &mut [f32], to: &mut [f32]) {
        let of = |map| Maps::row(map, row, maps.columns);
        let fine_mm = self.pixel_mm / real(self.factor);
        let y = (real(row) + 0.5) * fine_mm;
        let mut any = false;
        let rings = of(&maps.metal);
        if rings.iter().any(|m| *m > 0.0) {
            any = true;
            metal.copy_from_slice(rings);
        }
        for word in &self.lead {
            let (low, high) = word.bounds();
            if y < low.y || y > high.y {
                continue;
            }
            if !any {
                metal.fill(0.0);
                any = true;
            }
            let (first, end) = (
                index_below(low.x / fine_mm, maps.columns),
                index_below(high.x / fine_mm + 1.0, maps.columns),
            );
            for column in first..end {
                let cover = single(word.cover(mm2((real(column) + 0.5) * fine_mm, y), fine_mm));
                if let Some(m) = metal.get_mut(column) {
                    *m += cover * LEAD_MM;
                }
            }
        }
        let row = Thickness {
            body: of(&maps.body),
            fat: of(&maps.fat),
            bone: of(&maps.bone),
            mineral: of(&maps.calcium),
        };
        transmit(row, if any { metal } else { &[] }, to);
    }

    /// The open beam: mean of the cells, heel, distance, penumbra of the shutters.
    fn weigh(&self, row: usize, line: &mut [f32]) {
        let (width, height) = (real(self.columns) * self.pixel_mm, real(self.rows) * self.pixel_mm);
        let y = (real(row) + 0.5) * self.pixel_mm;
        // most at the wrist, where the cathode is; a parabola, as the path in the anode grows
        let along = y / height;
        let heel = 1.0 - HEEL * (1.0 - along) * (1.0 - along);
        let cells = real(self.factor * self.factor);
        let level = single(heel / cells);
        let off_y = y - height * 0.5;
        let (far, bend) =
            (single(1.0 - 1.5 * off_y * off_y / (FOCUS_MM * FOCUS_MM)), single(1.5 / (FOCUS_MM * FOCUS_MM)));
        let (step, mut x) = (single(self.pixel_mm), single(0.5 * self.pixel_mm - width * 0.5));
        for value in line.iter_mut() {
            *value *= level * (far - bend * x * x);
            x += step;
        }
        let (first, last) = self.field.near(row, self.columns, self.pixel_mm, 1.3);
        for column in (0..first).chain(last..self.columns) {
            let depth = self.field.depth(mm2((real(column) + 0.5) * self.pixel_mm, y));
            // the surround covers what lies farther out, so the ridge ends there and throws no shadow
            let shade = smoothstep(-0.3, 1.1, depth).max(1.0 - smoothstep(-1.2, -0.4, depth));
            if let Some(value) = line.get_mut(column) {
                *value *= single(lerp(0.3, 1.0, shade));
            }
        }
    }

    /// What dust takes away in a row; whether there is any.
    fn dust(&self, maps: &Maps, row: usize, to: &mut [f32]) -> bool {
        let mut any = false;
        let share = 1.0 / single(real(self.factor * self.factor));
        for fine_row in row * self.factor..(row + 1) * self.factor {
            let dust = Maps::row(&maps.dust, fine_row, maps.columns);
            if dust.iter().any(|d| *d > 0.0) {
                any = true;
                for (to, cells) in to.iter_mut().zip(dust.chunks(self.factor)) {
                    *to += share * cells.iter().sum::<f32>();
                }
            }
        }
        any
    }

    /// The console's surround.
    fn surround(&self, row: usize, line: &mut [f32]) {
        let soft = self.pixel_mm;
        let reach = self.surround.inside_mm + soft;
        let (first, last) = self.field.near(row, self.columns, self.pixel_mm, reach);
        let y = (real(row) + 0.5) * self.pixel_mm;
        for column in (0..first).chain(last..self.columns) {
            let p = mm2((real(column) + 0.5) * self.pixel_mm, y);
            let open = single(((self.field.depth(p) - self.surround.inside_mm) / soft + 0.5).clamp(0.0, 1.0));
            if let Some(value) = line.get_mut(column) {
                *value = self.surround.value + (*value - self.surround.value) * open;
            }
        }
    }

    /// The console's words.
    fn write(&self, row: usize, line: &mut [f32]) {
        let y = (real(row) + 0.5) * self.pixel_mm;
        for word in &self.console {
            let (low, high) = word.bounds();
            if y < low.y - self.pixel_mm || y > high.y + self.pixel_mm {
                continue;
            }
            let first = index_below(low.x / self.pixel_mm - 1.0, self.columns);
            let end = index_below(high.x / self.pixel_mm + 2.0, self.columns);
            for column in first..end {
                let p = mm2((real(column) + 0.5) * self.pixel_mm, y);
                let cover = word.cover(p, self.pixel_mm);
                if let Some(value) = line.get_mut(column) {
                    *value = single(lerp(f64::from(*value), WORD_VALUE, cover));
                }
            }
        }
    }
}

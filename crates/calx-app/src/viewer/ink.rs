//! Small pictures that lines and numbers of marks are laid down with: a line across, with its halo and one period of its
//! dashes, and the ring of a number.
//!
//! A line drawn in shapes is twelve triangles a piece, twice; in software their cost is that of the whole window. Laid down
//! with a picture of itself it is two.
//!
//! Not here: which points a line goes through ([`super::strokes`]), which marks there are ([`super::marks`]).
//!
//! Invariants
//! - Edges are as soft as one pixel of the screen, whatever its pixels a point.
//! - Colour and opacity are the vertices'; a halo stays black.

use std::sync::Arc;

use egui::epaint::Vertex;
use egui::{Color32, ColorImage, Context, Id, Mesh, Pos2, Rect, TextureHandle, TextureOptions, Vec2, pos2};

/// Texels of one period of dashes.
const ALONG: usize = 128;
/// Texels across a line.
const ACROSS: usize = 32;
/// A halo reaches so far beyond its line on both sides, in points.
const HALO: f32 = 1.0;
/// How much of what is below a halo covers.
const COVER: f32 = 190.0 / 255.0;
/// What lies behind a number: its colour, and how much of what is below it covers.
const PLATE: ([f32; 3], f32) = ([12.0 / 255.0, 14.0 / 255.0, 18.0 / 255.0], 0.85);
/// Texels a pixel in the picture of a ring.
const FINE: f32 = 2.0;
/// Turns sharper than this (as the cosine) are bevelled.
const SHARP: f32 = -0.3;

/// How strong a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Usual,
    Bright,
    Flash,
}

impl Weight {
    const ALL: [Self; 3] = [Self::Usual, Self::Bright, Self::Flash];

    /// In points.
    pub(crate) const fn width(self) -> f32 {
        match self {
            Self::Usual => 1.75,
            Self::Bright => 2.75,
            Self::Flash => 4.0,
        }
    }
}

/// What a line is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Whole,
    Dashes,
    DashDot,
    Dots,
    /// Of what is no more.
    Gone,
    /// Thinner, beside a vessel.
    Wall,
}

impl Pattern {
    const ALL: [Self; 6] = [Self::Whole, Self::Dashes, Self::DashDot, Self::Dots, Self::Gone, Self::Wall];

    /// Dashes and gaps in turn, in widths; none for a whole line.
    const fn dashes(self) -> &'static [(f32, f32)] {
        match self {
            Self::Whole | Self::Wall => &[],
            Self::Dashes => &[(5.0, 3.0)],
            Self::DashDot => &[(6.0, 2.5), (1.0, 2.5)],
            Self::Dots => &[(1.0, 2.5)],
            Self::Gone => &[(1.5, 1.5)],
        }
    }
}

/// One kind of line in the picture of all of them.
#[derive(Debug, Clone, Copy)]
struct Band {
    weight: Weight,
    pattern: Pattern,
}

impl Band {
    fn all() -> impl Iterator<Item = Self> {
        Weight::ALL
            .into_iter()
            .flat_map(|weight| Pattern::ALL.into_iter().map(move |pattern| Self { weight, pattern }))
    }

    /// In points.
    fn width(self) -> f32 {
        let thinner = if self.pattern == Pattern::Wall { 0.6 } else { 1.0 };
        self.weight.width() * thinner
    }

    /// Half of all that is drawn across, in points.
    fn reach(self, pixel: f32) -> f32 {
        self.width() / 2.0 + HALO + pixel / 2.0
    }

    /// Points of one period; 1 of a whole line.
    fn period(self) -> f32 {
        let widths: f32 = self.pattern.dashes().iter().map(|(dash, gap)| dash + gap).sum();
        if widths > 0.0 { widths * self.width() } else { 1.0 }
    }

    /// Its texels, row by row.
    fn texels(self, pixel: f32) -> impl Iterator<Item = Color32> {
        let (width, period) = (self.width() / pixel, self.period() / pixel);
        let reach = self.reach(pixel) / pixel;
        (0..ACROSS).flat_map(move |row| {
            let off = reach * (2.0 * count(row) / count(ACROSS - 1) - 1.0);
            let (line, halo) = (covered(off, width), covered(off, width + 2.0 * HALO / pixel));
            (0..ALONG).map(move |column| {
                let at = (count(column) + 0.5) / count(ALONG) * period;
                let line = line * self.lit(at, period, self.width() / pixel);
                shade([line; 3], line + COVER * halo * (1.0 - line))
            })
        })
    }

    /// How much of a place along it is dash, in pixels.
    fn lit(self, at: f32, period: f32, width: f32) -> f32 {
        let dashes = self.pattern.dashes();
        if dashes.is_empty() {
            return 1.0;
        }
        let mut from = 0.0;
        let mut lit: f32 = 0.0;
        for (dash, gap) in dashes {
            let middle = from + dash * width / 2.0;
            // The dash itself, and its likes a period away.
            for shift in [-period, 0.0, period] {
                lit += covered(at - middle + shift, dash * width);
            }
            from += (dash + gap) * width;
        }
        lit.min(1.0)
    }
}

/// How much of a pixel `off` the middle of something `width` wide it covers.
fn covered(off: f32, width: f32) -> f32 {
    (width / 2.0 + 0.5 - off.abs()).clamp(0.0, width.min(1.0))
}

fn shade(rgb: [f32; 3], alpha: f32) -> Color32 {
    let [r, g, b] = rgb.map(byte);
    Color32::from_rgba_premultiplied(r, g, b, byte(alpha))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 before")]
fn byte(share: f32) -> u8 {
    (share * 255.0).round().clamp(0.0, 255.0) as u8
}

fn count(of: usize) -> f32 {
    u16::try_from(of).map_or(f32::MAX, f32::from)
}

/// Both pictures for one screen.
pub(crate) struct Sheet {
    /// Points of one pixel.
    pixel: f32,
    lines: TextureHandle,
    rings: TextureHandle,
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sheet").field("pixel", &self.pixel).finish_non_exhaustive()
    }
}

impl Sheet {
    /// The pictures for this screen, made once for its pixels a point.
    pub(crate) fn of(ctx: &Context) -> Arc<Self> {
        let (id, pixel) = (Id::unique("pictures of lines"), 1.0 / ctx.pixels_per_point());
        let known = ctx.data(|data| data.get_temp::<Arc<Self>>(id));
        if let Some(known) = known.filter(|known| (known.pixel - pixel).abs() < 1e-4) {
            return known;
        }
        let bands: Vec<Color32> = Band::all().flat_map(|band| band.texels(pixel)).collect();
        let lines = ColorImage::new([ALONG, bands.len() / ALONG], bands);
        let rings = Ring::picture(pixel);
        let made = Arc::new(Self {
            pixel,
            lines: ctx.load_texture("lines", lines, TextureOptions::LINEAR_REPEAT),
            rings: ctx.load_texture("rings", rings, TextureOptions::LINEAR),
        });
        ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&made)));
        made
    }

    /// A mesh that [`Sheet::lay`] lays lines into.
    pub(crate) fn lines(&self) -> Mesh {
        Mesh::with_texture(self.lines.id())
    }

    /// A mesh that [`Sheet::ring`] lays rings into.
    pub(crate) fn rings(&self) -> Mesh {
        Mesh::with_texture(self.rings.id())
    }

    /// Lays a line down; a closed one has its first point once.
    pub(crate) fn lay(
        &self,
        mesh: &mut Mesh,
        (points, is_closed): (&[Pos2], bool),
        (weight, pattern): (Weight, Pattern),
        colour: Color32,
    ) {
        let band = Band { weight, pattern };
        let Some(index) = Band::all().position(|other| other.weight == weight && other.pattern == pattern)
        else {
            return;
        };
        let rows = count(Band::all().count() * ACROSS);
        let first = count(index * ACROSS);
        let (above, below) = ((first + 0.5) / rows, (first + count(ACROSS) - 0.5) / rows);
        let mut ribbon = Ribbon {
            mesh,
            reach: band.reach(self.pixel),
            across: [above, below],
            per_point: 1.0 / band.period(),
            colour,
            last: None,
        };
        ribbon.through(points, is_closed, self.pixel);
    }

    /// Lays a ring of a number down.
    pub(crate) fn ring(&self, mesh: &mut Mesh, centre: Pos2, ring: Ring, colour: Color32) {
        let side = Vec2::splat(Ring::SIDE);
        let at = count(ring.index());
        let all = count(Ring::ALL.len());
        let uv = Rect::from_min_max(pos2(at / all, 0.0), pos2((at + 1.0) / all, 1.0));
        mesh.add_rect_with_uv(Rect::from_center_size(centre, side), uv, colour);
    }
}

/// The ring of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ring {
    /// Broader than others.
    pub(crate) is_bright: bool,
    /// With a dark ground, to be read on any image.
    pub(crate) has_ground: bool,
}

impl Ring {
    const ALL: [Self; 4] = [
        Self { is_bright: false, has_ground: false },
        Self { is_bright: false, has_ground: true },
        Self { is_bright: true, has_ground: false },
        Self { is_bright: true, has_ground: true },
    ];
    /// Side of its picture, in points.
    const SIDE: f32 = 22.0;
    /// Radius of its line, in points.
    pub(crate) const RADIUS: f32 = 8.0;
    /// Radius of its ground, in points.
    const GROUND: f32 = 10.0;

    /// Width of its line, in points.
    pub(crate) const fn width(self) -> f32 {
        if self.is_bright { 2.0 } else { 1.25 }
    }

    const fn index(self) -> usize {
        match (self.is_bright, self.has_ground) {
            (false, false) => 0,
            (false, true) => 1,
            (true, false) => 2,
            (true, true) => 3,
        }
    }

    /// All four beside one another.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "22 points are at most 200 texels"
    )]
    fn picture(pixel: f32) -> ColorImage {
        let side = (Self::SIDE / pixel * FINE).ceil().clamp(8.0, 1024.0) as usize;
        let mut texels = Vec::with_capacity(side * side * Self::ALL.len());
        for row in 0..side {
            for ring in Self::ALL {
                texels.extend((0..side).map(|column| {
                    let place = |at: usize| ((count(at) + 0.5) / count(side) - 0.5) * Self::SIDE / pixel;
                    ring.texel(place(column).hypot(place(row)), pixel)
                }));
            }
        }
        ColorImage::new([side * Self::ALL.len(), side], texels)
    }

    /// So many pixels off its middle.
    fn texel(self, off: f32, pixel: f32) -> Color32 {
        let line = covered(off - Self::RADIUS / pixel, self.width() / pixel);
        let (ground, cover) = PLATE;
        let ground_here = if self.has_ground { covered(off, 2.0 * Self::GROUND / pixel) } else { 0.0 };
        let below = cover * ground_here * (1.0 - line);
        shade(ground.map(|part| line + part * below), line + below)
    }
}

/// A line on its way into a mesh.
struct Ribbon<'a> {
    mesh: &'a mut Mesh,
    /// Half its width, in points.
    reach: f32,
    /// Where its picture lies.
    across: [f32; 2],
    /// Periods a point.
    per_point: f32,
    colour: Color32,
    /// The first of the two vertices it came to.
    last: Option<u32>,
}

impl Ribbon<'_> {
    fn through(&mut self, points: &[Pos2], is_closed: bool, pixel: f32) {
        let mut points: Vec<Pos2> = points.to_vec();
        points.dedup_by(|b, a| a.distance(*b) < 1e-3);
        if let (Some(first), true) = (points.first().copied(), is_closed && points.len() > 2) {
            points.push(first);
        }
        let ways: Vec<Vec2> =
            points.iter().zip(points.iter().skip(1)).map(|(a, b)| (*b - *a).normalized()).collect();
        let (Some(first_way), Some(last_way)) = (ways.first().copied(), ways.last().copied()) else { return };
        let is_ring = is_closed && ways.len() > 2;
        let length: f32 = points.iter().zip(points.iter().skip(1)).map(|(a, b)| a.distance(*b)).sum();
        if is_ring {
            // A whole number of periods goes round.
            self.per_point = (length * self.per_point).round().max(1.0) / length.max(1e-3);
        }
        let colour = self.colour;
        let mut gone = 0.0;
        let mut before: Option<Pos2> = None;
        for (index, at) in points.iter().copied().enumerate() {
            gone += before.map_or(0.0, |before| before.distance(at));
            before = Some(at);
            let into = index.checked_sub(1).and_then(|index| ways.get(index)).copied();
            let out = ways.get(index).copied();
            match (into, out) {
                (Some(into), Some(out)) => self.turn(at, gone, into, out),
                // The wedge of a sharp turn is laid when the line comes round.
                (None, Some(out)) if is_ring && last_way.dot(out) < SHARP => {
                    self.station(at, gone, normal(out), colour);
                }
                (None, Some(out)) if is_ring => self.turn(at, gone, last_way, out),
                (Some(into), None) if is_ring => self.turn(at, gone, into, first_way),
                (None, Some(out)) => {
                    // An end fades out within a pixel.
                    self.station(at - out * pixel, gone - pixel, normal(out), Color32::TRANSPARENT);
                    self.station(at, gone, normal(out), colour);
                }
                (Some(into), None) => {
                    self.station(at, gone, normal(into), colour);
                    self.station(at + into * pixel, gone + pixel, normal(into), Color32::TRANSPARENT);
                }
                (None, None) => {}
            }
        }
        self.last = None;
    }

    /// A point at which the line turns.
    fn turn(&mut self, at: Pos2, gone: f32, into: Vec2, out: Vec2) {
        let colour = self.colour;
        let (first, second) = (normal(into), normal(out));
        let along = into.dot(out);
        if along >= SHARP {
            self.station(at, gone, (first + second) / (1.0 + along), colour);
            return;
        }
        self.station(at, gone, first, colour);
        self.last = None;
        self.station(at, gone, second, colour);
        // The wedge outside the turn.
        let side = if into.x * out.y - into.y * out.x > 0.0 { -1.0 } else { 1.0 };
        let [above, below] = self.across;
        let edge = if side > 0.0 { below } else { above };
        let u = gone * self.per_point;
        let corners = [
            (at, (above + below) / 2.0),
            (at + first * (side * self.reach), edge),
            (at + second * (side * self.reach), edge),
        ];
        let base = self.vertices();
        for (pos, v) in corners {
            self.mesh.vertices.push(Vertex { pos, uv: pos2(u, v), color: colour });
        }
        self.mesh.add_triangle(base, base + 1, base + 2);
    }

    /// Two vertices across the line, joined to the two before.
    fn station(&mut self, at: Pos2, gone: f32, across: Vec2, colour: Color32) {
        let base = self.vertices();
        let [above, below] = self.across;
        let u = gone * self.per_point;
        for (side, v) in [(-1.0, above), (1.0, below)] {
            let pos = at + across * (side * self.reach);
            self.mesh.vertices.push(Vertex { pos, uv: pos2(u, v), color: colour });
        }
        if let Some(last) = self.last.replace(base) {
            self.mesh.add_triangle(last, last + 1, base);
            self.mesh.add_triangle(base, last + 1, base + 1);
        }
    }

    fn vertices(&self) -> u32 {
        u32::try_from(self.mesh.vertices.len()).unwrap_or(u32::MAX)
    }
}

fn normal(way: Vec2) -> Vec2 {
    Vec2::new(-way.y, way.x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(points: &[(f32, f32)], is_closed: bool, pattern: Pattern) -> Mesh {
        let sheet = Sheet::of(&Context::default());
        let points: Vec<Pos2> = points.iter().map(|(x, y)| pos2(*x, *y)).collect();
        let mut mesh = sheet.lines();
        sheet.lay(&mut mesh, (&points, is_closed), (Weight::Usual, pattern), Color32::RED);
        assert!(mesh.is_valid());
        mesh
    }

    #[test]
    fn a_line_is_two_triangles_a_piece() {
        let mesh = laid(&[(0.0, 0.0), (10.0, 0.0), (20.0, 5.0)], false, Pattern::Whole);
        assert_eq!(mesh.indices.len() / 3, 2 * 2 + 2 * 2, "two pieces and two ends");
        let mesh = laid(&[(0.0, 0.0), (40.0, 0.0), (40.0, 40.0), (0.0, 40.0)], true, Pattern::Whole);
        assert_eq!(mesh.indices.len() / 3, 4 * 2, "four pieces and no end");
        // A closed line ends where it begins, a whole number of periods later.
        let mesh = laid(&[(0.0, 0.0), (40.0, 0.0), (40.0, 40.0), (0.0, 40.0)], true, Pattern::Dashes);
        let (first, last) = (mesh.vertices[0], mesh.vertices[mesh.vertices.len() - 2]);
        assert!(first.pos.distance(last.pos) < 1e-3, "{first:?} {last:?}");
        let periods = last.uv.x - first.uv.x;
        assert!(periods >= 1.0 && (periods - periods.round()).abs() < 1e-3, "{periods}");
    }

    #[test]
    fn a_sharp_turn_reaches_no_farther_than_the_line_is_broad() {
        let mesh = laid(&[(0.0, 0.0), (50.0, 0.0), (0.0, 2.0)], false, Pattern::Whole);
        let farthest = mesh.vertices.iter().map(|vertex| vertex.pos.x).fold(0.0, f32::max);
        assert!(farthest < 50.0 + 1.75 / 2.0 + HALO + 1.0, "{farthest}");
    }

    #[test]
    fn nothing_is_laid_for_a_point() {
        assert!(laid(&[(3.0, 3.0), (3.0, 3.0)], true, Pattern::Whole).is_empty());
        assert!(laid(&[], false, Pattern::Whole).is_empty());
    }

    #[test]
    fn a_line_has_its_colour_within_and_a_halo_beside() {
        let band = Band { weight: Weight::Bright, pattern: Pattern::Whole };
        let texels: Vec<Color32> = band.texels(1.0).collect();
        let at = |row: usize| texels[row * ALONG + 7];
        assert_eq!(at(0), Color32::TRANSPARENT, "nothing at its edge");
        assert_eq!(at(ACROSS / 2), Color32::WHITE, "all of the colour in its middle");
        let beside = at(5);
        assert!(beside.r() == 0 && beside.a() > 120, "a dark halo: {beside:?}");
        // A dash is as long as it says: 5 of 8 widths.
        let dashes = Band { weight: Weight::Bright, pattern: Pattern::Dashes };
        let texels: Vec<Color32> = dashes.texels(1.0).collect();
        let lit: f32 = (0..ALONG).map(|at| f32::from(texels[ACROSS / 2 * ALONG + at].r()) / 255.0).sum();
        assert!((lit / count(ALONG) - 5.0 / 8.0).abs() < 0.01, "{lit}");
    }
}

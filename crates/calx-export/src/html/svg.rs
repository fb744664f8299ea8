//! Marks as inline SVG over a figure: coordinates are image pixels, one group per region.
//!
//! Not here: colours and line widths (the page's style), highlighting (its script).
//!
//! Invariants
//! - A group has `id="region-N"`, a title, a role and a place in the tab order.
//! - No style attribute: the page's policy forbids them.

use std::fmt::Write;

use calx_geometry::{ImageSpace, Point, ScreenSpace, Transform};
use calx_model::{Region, Schema, Shape};

use crate::html::escape::escape;
use crate::marks::{LineStyle, Outline};

/// What one region's group says.
#[derive(Debug)]
pub(crate) struct MarkWords {
    pub(crate) number: usize,
    /// `calcified stretch 23.4 mm at detector`.
    pub(crate) title: String,
    /// Which statements rest on it, in words; empty when none.
    pub(crate) supports: String,
}

/// The drawing over one figure.
#[derive(Debug)]
pub(crate) struct Drawing {
    /// Shown size: the user units of the drawing.
    size: [f64; 2],
    shown_from_image: Transform<ScreenSpace, ImageSpace>,
    groups: String,
    /// Centres of the numbers placed so far.
    badges: Vec<Point<ScreenSpace>>,
}

impl Drawing {
    /// An empty drawing of `size`, into which `shown_from_image` maps.
    pub(crate) fn new(size: [f64; 2], shown_from_image: Transform<ScreenSpace, ImageSpace>) -> Self {
        Self { size, shown_from_image, groups: String::new(), badges: Vec::new() }
    }

    /// Radius of a number in user units: readable on a figure of any size.
    fn badge_radius(&self) -> f64 {
        (self.size[0] * self.size[1]).sqrt() / 48.0
    }

    /// Adds the group of a region.
    pub(crate) fn add(&mut self, region: &Region, schema: &Schema, words: &MarkWords) {
        let outline = Outline::of(&region.shape);
        let label = schema.labels.iter().position(|l| l.name == region.label);
        let label = label.map_or_else(|| "other".to_owned(), |index| index.to_string());
        let style = match LineStyle::of(schema, &region.label) {
            LineStyle::Whole => "whole",
            LineStyle::Dashed => "dashed",
            LineStyle::Dotted => "dotted",
            LineStyle::DashDot => "dash-dot",
        };
        let number = words.number;
        let title = escape(&words.title);
        let about = match words.supports.as_str() {
            "" => title.clone(),
            supports => format!("{title}. {}", escape(supports)),
        };
        let kind = region.shape.kind().word();
        // Between the walls lies what the mark is about: lines there are fine.
        let walled = if outline.walls.is_empty() { "" } else { " walled" };
        let drawn = self.shapes(&outline, &region.shape);
        let badge = self.badge(&outline, number);
        // Writing into a String cannot fail.
        write!(
            self.groups,
            "<g id=\"region-{number}\" class=\"region label-{label} line-{style} shape-{kind}{walled}\" data-regions=\"{number}\" \
             tabindex=\"0\" role=\"button\" aria-pressed=\"false\" aria-label=\"Region {number}: {about}\">\
             <title>{number} · {title}</title>{drawn}{badge}</g>"
        )
        .ok();
    }

    /// The groups, to be put into an `svg` of the drawing's size.
    pub(crate) fn finish(self) -> String {
        self.groups
    }

    /// Halo, tint and lines in image pixels, under one transform.
    fn shapes(&self, outline: &Outline, shape: &Shape) -> String {
        let closed = path_data(&outline.rings, true);
        let tinted = closed.clone() + &path_data(&outline.tint, true);
        let mut lines = path_data(&outline.lines, false);
        let walls = path_data(&outline.walls, false);
        let arm = self.badge_radius() * 0.9 / self.scale();
        for point in &outline.points {
            lines += &cross(*point, arm);
        }
        if let Some([tail, tip]) = outline.arrow {
            lines += &arrow(tail, tip, arm * 1.4);
        }
        let all = format!("{closed}{walls}{lines}");
        let mut out = String::new();
        let mut add = |class: &str, data: &str| {
            if !data.is_empty() {
                write!(out, "<path class=\"{class}\" d=\"{data}\"/>").ok();
            }
        };
        // A path's pieces run one way and overlap, so non-zero winding fills them as one (the default).
        add("tint", &tinted);
        add("halo", &all);
        add("wall", &walls);
        add("line", &format!("{closed}{lines}"));
        add("hit", &all);
        let matrix: Vec<String> = self.shown_from_image.coefficients.iter().map(|c| number(*c)).collect();
        let words = match shape {
            Shape::Arrow { tail, text, .. } if !text.trim().is_empty() => {
                self.note(tail.point(), text.trim())
            }
            _ => String::new(),
        };
        format!("<g transform=\"matrix({})\">{out}</g>{words}", matrix.join(" "))
    }

    fn scale(&self) -> f64 {
        let [a, b, c, d, ..] = self.shown_from_image.coefficients;
        (a * d - b * c).abs().sqrt().max(f64::MIN_POSITIVE)
    }

    /// The words of an arrow, upright at its tail, towards the side with more room.
    fn note(&self, tail: Point<ImageSpace>, text: &str) -> String {
        let at = self.shown_from_image * tail;
        let size = self.badge_radius() * 1.5;
        let (anchor, x) =
            if at.x > self.size[0] / 2.0 { ("end", at.x - size * 0.4) } else { ("start", at.x + size * 0.4) };
        format!(
            "<text class=\"note\" x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            number(x),
            number(at.y - size * 0.5),
            number(size),
            escape(text)
        )
    }

    /// The number in a disc beside the mark, inside the figure, off the other numbers.
    fn badge(&mut self, outline: &Outline, shown: usize) -> String {
        let radius = self.badge_radius();
        let places: Vec<Point<ScreenSpace>> = self.anchors(outline);
        let inside = |p: Point<ScreenSpace>| {
            let keep = |x: f64, most: f64| x.clamp(radius.min(most / 2.0), (most - radius).max(most / 2.0));
            Point::<ScreenSpace>::new(keep(p.x, self.size[0]), keep(p.y, self.size[1]))
        };
        let badges = &self.badges;
        let room = |p: &Point<ScreenSpace>| {
            badges.iter().map(|b| b.distance(*p)).fold(f64::INFINITY, f64::min).min(radius * 2.3)
        };
        // The first place with room for a whole disc, else the one farthest from the others.
        let mut best: Option<(Point<ScreenSpace>, f64)> = None;
        for place in places.into_iter().map(inside) {
            let found = room(&place);
            if best.is_none_or(|(_, most)| found > most + 1e-9) {
                best = Some((place, found));
            }
        }
        let Some((at, _)) = best else { return String::new() };
        self.badges.push(at);
        let digits = if shown > 99 { 0.85 } else { 1.15 };
        format!(
            "<g class=\"badge\"><circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>\
             <text x=\"{x}\" y=\"{baseline}\" font-size=\"{size}\" text-anchor=\"middle\">{shown}</text></g>",
            x = number(at.x),
            y = number(at.y),
            r = number(radius),
            baseline = number(at.y + radius * digits * 0.36),
            size = number(radius * digits),
        )
    }

    /// Where a number may stand: off the ends of a line, else round the box of the mark.
    fn anchors(&self, outline: &Outline) -> Vec<Point<ScreenSpace>> {
        let gap = self.badge_radius() * 1.9;
        let shown = |p: &Point<ImageSpace>| self.shown_from_image * *p;
        let mut places = Vec::new();
        let off_end = |end: Point<ScreenSpace>, next: Point<ScreenSpace>| {
            let (dx, dy) = (end.x - next.x, end.y - next.y);
            let length = (dx * dx + dy * dy).sqrt().max(f64::MIN_POSITIVE);
            Point::new(end.x + dx / length * gap, end.y + dy / length * gap)
        };
        for line in &outline.lines {
            if let [first, second, ..] = line.as_slice() {
                places.push(off_end(shown(first), shown(second)));
            }
            if let [.., before, last] = line.as_slice() {
                places.push(off_end(shown(last), shown(before)));
            }
        }
        if let Some([tail, tip]) = outline.arrow {
            places.push(off_end(shown(&tail), shown(&tip)));
        }
        let all = outline.rings.iter().chain(&outline.lines).chain(&outline.walls).flatten();
        let arrow = outline.arrow.iter().flatten();
        let points: Vec<Point<ScreenSpace>> = all.chain(&outline.points).chain(arrow).map(shown).collect();
        let low = |f: fn(&Point<ScreenSpace>) -> f64| points.iter().map(f).fold(f64::INFINITY, f64::min);
        let high = |f: fn(&Point<ScreenSpace>) -> f64| points.iter().map(f).fold(f64::NEG_INFINITY, f64::max);
        if points.is_empty() {
            return places;
        }
        let (left, right, top, bottom) = (low(|p| p.x), high(|p| p.x), low(|p| p.y), high(|p| p.y));
        let (middle_x, middle_y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        let near = gap * 0.75;
        for (x, y) in [
            (right + near, top - near),
            (left - near, top - near),
            (right + gap, middle_y),
            (left - gap, middle_y),
            (middle_x, top - gap),
            (middle_x, bottom + gap),
            (right + near, bottom + near),
            (left - near, bottom + near),
        ] {
            places.push(Point::new(x, y));
        }
        places
    }
}

/// Lines as SVG path data.
fn path_data(lines: &[Vec<Point<ImageSpace>>], closed: bool) -> String {
    let mut data = String::new();
    for line in lines {
        for (index, point) in line.iter().enumerate() {
            let step = if index == 0 { 'M' } else { 'L' };
            write!(data, "{step}{} {}", number(point.x), number(point.y)).ok();
        }
        if closed && !line.is_empty() {
            data.push('Z');
        }
    }
    data
}

/// A cross with an open middle, so that the place itself stays to be seen.
fn cross(at: Point<ImageSpace>, arm: f64) -> String {
    let gap = arm * 0.3;
    let stroke = |x0: f64, y0: f64, x1: f64, y1: f64| {
        format!("M{} {}L{} {}", number(at.x + x0), number(at.y + y0), number(at.x + x1), number(at.y + y1))
    };
    stroke(-arm, 0.0, -gap, 0.0)
        + &stroke(gap, 0.0, arm, 0.0)
        + &stroke(0.0, -arm, 0.0, -gap)
        + &stroke(0.0, gap, 0.0, arm)
}

fn arrow(tail: Point<ImageSpace>, tip: Point<ImageSpace>, barb: f64) -> String {
    let along = tail - tip;
    let length = along.length().max(f64::MIN_POSITIVE);
    let back = along * (barb.min(length) / length);
    let side = back.perpendicular() * 0.5;
    let (one, other) = (tip + back + side, tip + back - side);
    format!(
        "M{} {}L{} {}M{} {}L{} {}L{} {}",
        number(tail.x),
        number(tail.y),
        number(tip.x),
        number(tip.y),
        number(one.x),
        number(one.y),
        number(tip.x),
        number(tip.y),
        number(other.x),
        number(other.y)
    )
}

/// At most three decimals, no trailing zeros: the grid is 1/256 pixel.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([1.0, -0.0001, 812.3125, 0.5].map(number), ["1", "0", "812.312", "0.5"]);
    }
}

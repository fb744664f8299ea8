//! The pixels of a shape, and where a segmentation says that it lies.
//!
//! Not here: bits (`bits`), outlines of masks (`calx-geometry`).
//!
//! Invariants
//! - A mask is written as it is. An area has the pixels whose centre it holds, everything else the pixels it covers by half
//!   or more. What is thinner than that has every pixel it touches, so that no region is without pixels.
//! - A nominal geometry puts the first pixel at the origin of a frame of reference of its own, and says that nobody
//!   measured it.

use std::ops::Range;

use calx_geometry::{ImageSpace, Mask, PixelBox, Point, coverage_of_area, union_rows};
use calx_model::{CaseImage, Shape};

use crate::dataset::Tag;
use crate::derived::source_facts::SourceFacts;
use crate::write::WriteError;
use crate::write::encode::Elements;

/// How far the polygon for an ellipse may lie from it.
const ELLIPSE_ERROR_PX: f64 = 0.01;
/// Cover from which on a pixel belongs to a shape.
const HALF: f64 = 0.5;

/// The pixels of a shape on an image of that size; `None` for what has no area, as a line.
pub(crate) fn mask_of(shape: &Shape, columns: u32, rows: u32) -> Option<Mask> {
    let clip = PixelBox::image(columns, rows);
    match shape {
        Shape::Mask(mask) => Some(mask.clone()),
        Shape::Area(area) => {
            let centres = area.to_mask();
            if !centres.is_empty() {
                return Some(centres);
            }
            let cover = coverage_of_area(area, clip);
            Mask::from_bits(columns, rows, |column, row| cover.get(column, row) > 0.0).ok()
        }
        Shape::Ellipse(ellipse) => Some(of_rings(&[ellipse.polygon(ELLIPSE_ERROR_PX)], clip)),
        Shape::Rectangle(rectangle) => Some(of_rings(&[rectangle.polygon()], clip)),
        Shape::Path(path) => Some(of_rings(&path.outline(), clip)).filter(|mask| !mask.is_empty()),
        Shape::Line { .. } | Shape::Angle { .. } | Shape::Arrow { .. } | Shape::Point { .. } => None,
    }
}

/// The pixels that convex rings cover together.
fn of_rings(rings: &[Vec<Point<ImageSpace>>], clip: PixelBox) -> Mask {
    let (mut half, mut touched) = (Vec::new(), Vec::new());
    union_rows(rings, clip, |row, first, shares| {
        extend(&mut half, row, first, shares, |share| share >= HALF);
        if half.is_empty() {
            extend(&mut touched, row, first, shares, |share| share > 0.0);
        }
    });
    let spans = if half.is_empty() { touched } else { half };
    // Every pixel lies in an image, so this cannot be refused.
    Mask::from_spans(spans).unwrap_or_default()
}

/// Adds the columns of a row whose share counts, as stretches.
fn extend(
    spans: &mut Vec<(u32, Range<u32>)>,
    row: u32,
    first: u32,
    shares: &[f64],
    counts: impl Fn(f64) -> bool,
) {
    let mut column = first;
    for stretch in shares.chunk_by(|a, b| counts(*a) == counts(*b)) {
        let end = column.saturating_add(u32::try_from(stretch.len()).unwrap_or(u32::MAX));
        if stretch.first().is_some_and(|share| counts(*share)) {
            spans.push((row, column..end));
        }
        column = end;
    }
}

/// Rows and columns of millimetres that a nominal geometry states: what the case measures with, else one.
fn spacing_mm(image: &CaseImage, source: &SourceFacts) -> [f64; 2] {
    let stated = image.effective_spacing().map(|s| [s.between_rows_mm, s.between_columns_mm]);
    stated.or(source.spacing_mm).unwrap_or([1.0, 1.0])
}

/// The groups that all frames share: pixel measures and plane orientation.
pub(crate) fn nominal_shared(image: &CaseImage, source: &SourceFacts) -> Result<Elements, WriteError> {
    let mut measures = Elements::default();
    measures.ds(Tag(0x0028, 0x0030), "PixelSpacing (0028,0030)", &spacing_mm(image, source))?;
    measures.ds(Tag(0x0018, 0x0050), "SliceThickness (0018,0050)", &[1.0])?;
    let mut orientation = Elements::default();
    let upright = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    orientation.ds(Tag(0x0020, 0x0037), "ImageOrientationPatient (0020,0037)", &upright)?;
    let mut shared = Elements::default();
    shared.sequence_of(Tag(0x0028, 0x9110), vec![measures]);
    shared.sequence_of(Tag(0x0020, 0x9116), vec![orientation]);
    Ok(shared)
}

/// The place of one frame: all lie at the origin.
pub(crate) fn write_nominal_position(frame: &mut Elements) -> Result<(), WriteError> {
    let mut position = Elements::default();
    position.ds(Tag(0x0020, 0x0032), "ImagePositionPatient (0020,0032)", &[0.0, 0.0, 0.0])?;
    frame.sequence_of(Tag(0x0020, 0x9113), vec![position]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use calx_geometry::{Area, Ellipse, Grid, GridPoint, Outline, PathVertex, Rectangle, VesselPath};

    use super::*;

    fn at(x: f64, y: f64) -> GridPoint {
        GridPoint::snap(Point::new(x, y)).unwrap()
    }

    #[test]
    fn shapes_have_the_pixels_they_cover_by_half() {
        let rectangle = Shape::Rectangle(Rectangle::from_box(at(2.0, 3.0), at(6.5, 5.0)).unwrap());
        let mask = mask_of(&rectangle, 20, 20).unwrap();
        assert_eq!((mask.origin(), mask.count()), ([2, 3], 10), "the half column belongs to it");
        let ellipse = Ellipse::from_box(at(2.0, 2.0), at(42.0, 32.0)).unwrap();
        let count = mask_of(&Shape::Ellipse(ellipse), 50, 50).unwrap().count();
        let count = f64::from(u32::try_from(count).unwrap());
        assert!((count / ellipse.area_px2() - 1.0).abs() < 0.01, "{count}");
        let vertex =
            |x: f64, y: f64, width: f64| PathVertex { point: at(x, y), width: Grid::snap(width).unwrap() };
        let path = VesselPath::new(vec![vertex(5.0, 5.0, 4.0), vertex(25.0, 5.0, 4.0)]).unwrap();
        assert_eq!(mask_of(&Shape::Path(path), 50, 50).unwrap().count(), 80);
        let bent =
            VesselPath::new(vec![vertex(5.0, 5.0, 4.0), vertex(25.0, 5.0, 4.0), vertex(25.0, 25.0, 4.0)])
                .unwrap();
        let bent = mask_of(&Shape::Path(bent), 50, 50).unwrap();
        assert!(bent.get(25, 4) && bent.get(26, 20) && !bent.get(28, 20), "the bend is one piece");
        let line = VesselPath::new(vec![vertex(5.0, 5.0, 0.0), vertex(25.0, 5.0, 0.0)]).unwrap();
        assert_eq!(mask_of(&Shape::Path(line), 50, 50), None);
        assert_eq!(mask_of(&Shape::Point { at: at(1.0, 1.0) }, 50, 50), None);
    }

    #[test]
    fn what_is_thinner_than_a_pixel_still_has_one() {
        let thin = [at(2.125, 3.0), at(2.25, 3.0), at(2.25, 6.0), at(2.125, 6.0)];
        let area = Area::from_outline(Outline::new(thin.to_vec()).unwrap());
        assert!(area.to_mask().is_empty());
        let mask = mask_of(&Shape::Area(area), 20, 20).unwrap();
        assert_eq!((mask.origin(), mask.columns(), mask.rows(), mask.count()), ([2, 3], 1, 3, 3));
        let rectangle = Shape::Rectangle(Rectangle::new(thin).unwrap());
        assert_eq!(mask_of(&rectangle, 20, 20).unwrap().count(), 3);
    }
}

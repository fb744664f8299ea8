//! Plane geometry for image annotation: typed points, the 1/256 grid, outlines, masks and exact
//! coverage.
//!
//! What lives here: positions and transforms whose space is a type ([`space`]), committed
//! coordinates ([`grid`]), and the shapes a region can have: [`Area`] of [`Outline`]s with holes,
//! [`VesselPath`], [`Ellipse`], [`Rectangle`], [`Mask`]; exact pixel [`coverage`]; mask ⇄ outline
//! ([`convert`]).
//!
//! Not here: what a pixel means, DICOM, screens, files.
//!
//! ```
//! use calx_geometry::{Area, GridPoint, PixelBox, ShapeError, coverage_of_area};
//!
//! // A line drawn by hand that crosses itself: two pieces.
//! let line = [(10, 10), (30, 30), (30, 10), (10, 30)].map(|(x, y)| GridPoint::from_pixels(x, y));
//! let area = Area::resolve(line.to_vec())?;
//! assert_eq!(area.parts().len(), 2);
//! assert_eq!(area.area_px2(), 200.0);
//! // Exact cover, pixel by pixel, sums to the same area.
//! assert_eq!(coverage_of_area(&area, PixelBox::image(100, 100)).sum(), 200.0);
//! # Ok::<(), ShapeError>(())
//! ```
//!
//! Invariants
//! - A committed coordinate is a [`GridPoint`]: a whole multiple of 1/256 pixel, so it survives
//!   32-bit floats (DICOM `GraphicData`, VR FL) exactly up to 65,535 pixels.
//! - Image space has its origin at the outer corner of the first pixel, x along columns, y along
//!   rows; the centre of pixel `k` is `k + 0.5` (PS3.3 C.18.6).

pub mod area;
pub mod convert;
pub mod coverage;
pub mod ellipse;
mod ellipse_cover;
pub mod error;
pub mod grid;
pub mod mask;
pub mod outline;
mod overlay;
pub mod path;
mod simple;
mod simplify;
pub mod space;
pub mod union_cover;

pub use area::{Area, Part};
pub use coverage::{Coverage, PixelBox, Rasteriser, coverage_of_area};
pub use ellipse::{Ellipse, Rectangle};
pub use error::ShapeError;
pub use grid::{Grid, GridError, GridPoint, GridRect};
pub use mask::Mask;
pub use outline::Outline;
pub use path::{PathVertex, VesselPath};
pub use space::{ImageSpace, Point, ScreenSpace, Transform, Vector};
pub use union_cover::union_rows;

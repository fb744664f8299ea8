//! Why a shape was refused, in words for the person who gave it.
//!
//! Vertices, edges, parts, holes and corners are counted from 1, as they are on the command line.

use crate::grid::GridError;

/// Why points, runs or axis ends do not make a shape. Nothing was changed when one is returned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// An outline needs a triangle at least.
    #[error("an outline needs at least 3 different vertices, {found} were given; add vertices")]
    TooFewVertices {
        /// How many different vertices there were.
        found: usize,
    },
    /// All vertices on one line, or lobes that cancel out.
    #[error("the outline encloses no area: its vertices lie on one line; move a vertex off it")]
    NoArea,
    /// Two edges of one outline meet away from a shared vertex.
    #[error(
        "the outline crosses or touches itself: the edge after vertex {first} meets the edge after vertex \
         {second}; move one of these vertices, or let the outline be split into simple pieces"
    )]
    SelfCrossing {
        /// The vertex that starts the first edge, counted from 1.
        first: usize,
        /// The vertex that starts the second edge, counted from 1.
        second: usize,
    },
    /// An area without parts.
    #[error("an area needs at least one part, none was given")]
    NoParts,
    /// A hole that leaves the outline it belongs to.
    #[error("hole {hole} is not inside the outline of its part; move it inside, or leave it out")]
    HoleOutside {
        /// The hole within its part, counted from 1.
        hole: usize,
    },
    /// Two holes, or two parts, that share area.
    #[error("parts or holes of the area overlap each other; unite them first")]
    Overlapping,
    /// A path needs a direction.
    #[error("a path needs at least 2 different points, {found} were given; add points")]
    PathTooShort {
        /// How many different points there were.
        found: usize,
    },
    /// A width below zero.
    #[error("the width at point {vertex} is {width} px; a width is 0 or more")]
    NegativeWidth {
        /// The point, counted from 1.
        vertex: usize,
        /// The width that was given, in pixels.
        width: f64,
    },
    /// An axis of length zero.
    #[error("the {axis} axis of the ellipse has no length; its two ends must differ")]
    EllipseAxisEmpty {
        /// `first` or `second`.
        axis: &'static str,
    },
    /// The two axes do not share their middle.
    #[error(
        "the two axes of the ellipse have different middles, {distance_px:.4} px apart; give the two ends of the \
         first axis, then the two ends of the second, round one centre"
    )]
    EllipseCentre {
        /// Distance of the two middles.
        distance_px: f64,
    },
    /// The two axes are not at a right angle.
    #[error("the axes of the ellipse are {degrees:.3} degrees off the right angle; turn one of them")]
    EllipseAngle {
        /// Deviation from a right angle.
        degrees: f64,
    },
    /// Two neighbouring corners in one place.
    #[error("corners {first} and {second} of the rectangle are the same point; a rectangle needs both sides")]
    RectangleSideEmpty {
        /// A corner, counted from 1.
        first: usize,
        /// Its neighbour, counted from 1.
        second: usize,
    },
    /// Opposite sides differ.
    #[error(
        "the four corners do not make a rectangle: the diagonals have different middles, {distance_px:.4} px \
         apart; give the corners in the order they follow each other"
    )]
    RectangleCentre {
        /// Distance of the two middles.
        distance_px: f64,
    },
    /// A slanted parallelogram.
    #[error("the corners of the rectangle are {degrees:.3} degrees off the right angle; move a corner")]
    RectangleAngle {
        /// Deviation from a right angle.
        degrees: f64,
    },
    /// A mask box larger than any image.
    #[error("the mask is {columns} by {rows} px at {column}, {row}; a mask lies within 65535 by 65535 px")]
    MaskTooLarge {
        /// First column of the box.
        column: u32,
        /// First row of the box.
        row: u32,
        /// Width of the box.
        columns: u32,
        /// Height of the box.
        rows: u32,
    },
    /// Run lengths that do not fill the box.
    #[error("the runs of the mask count {found} px, its box of {columns} by {rows} has {expected}")]
    MaskRunTotal {
        /// Sum of the runs.
        found: u64,
        /// Pixels of the box.
        expected: u64,
        /// Width of the box.
        columns: u32,
        /// Height of the box.
        rows: u32,
    },
    /// A run of no pixels, which only the very first may be.
    #[error("run {run} of the mask has no pixels; only the first run, of background, may be 0")]
    MaskRunEmpty {
        /// The run, counted from 1.
        run: usize,
    },
    /// A coordinate that is not a committed one.
    #[error("a coordinate cannot be used")]
    Coordinate(#[from] GridError),
}

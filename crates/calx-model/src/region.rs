//! A marked region: a shape on one image, what it is called, and where it came from.
//!
//! Not here: drawing, measuring, gestures.
//!
//! Invariants
//! - A shape lies inside its image and its coordinates on the 1/256 grid.
//! - `frames` is empty for a region that holds on the whole image, else frame numbers from 1,
//!   ascending, inside the image.

use std::collections::BTreeMap;

use calx_geometry::{Area, Ellipse, GridPoint, GridRect, Mask, Rectangle, VesselPath};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::concept::{Side, Site};
use crate::id::{ImageId, ReadingId, RegionId, TrackId};
use crate::uid::SopInstanceUid;

/// What was drawn. In JSON `{"type": "path", "vertices": [...]}` and so on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// Outlines with holes, several parts.
    Area(Area),
    /// Four axis ends, major axis first, as SR writes an ELLIPSE.
    Ellipse(Ellipse),
    /// Four corners in drawing order; may be turned.
    Rectangle(Rectangle),
    /// A centreline with a width at each vertex.
    Path(VesselPath),
    /// A straight distance.
    Line {
        /// Both ends.
        ends: [GridPoint; 2],
    },
    /// An angle at the middle point.
    Angle {
        /// First arm's end, apex, second arm's end.
        points: [GridPoint; 3],
    },
    /// A note with an arrow to a place.
    Arrow {
        /// Where it points.
        head: GridPoint,
        /// Where the words stand.
        tail: GridPoint,
        /// The words.
        text: String,
    },
    /// One place.
    Point {
        /// The place.
        at: GridPoint,
    },
    /// Painted pixels, run-length coded.
    Mask(Mask),
}

/// The kinds of shape, for label schemas and lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the variants of Shape")]
pub enum ShapeKind {
    Area,
    Ellipse,
    Rectangle,
    Path,
    Line,
    Angle,
    Arrow,
    Point,
    Mask,
}

impl ShapeKind {
    /// The word used in lists and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Ellipse => "ellipse",
            Self::Rectangle => "rectangle",
            Self::Path => "path",
            Self::Line => "line",
            Self::Angle => "angle",
            Self::Arrow => "arrow",
            Self::Point => "point",
            Self::Mask => "mask",
        }
    }
}

impl Shape {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> ShapeKind {
        match self {
            Self::Area(_) => ShapeKind::Area,
            Self::Ellipse(_) => ShapeKind::Ellipse,
            Self::Rectangle(_) => ShapeKind::Rectangle,
            Self::Path(_) => ShapeKind::Path,
            Self::Line { .. } => ShapeKind::Line,
            Self::Angle { .. } => ShapeKind::Angle,
            Self::Arrow { .. } => ShapeKind::Arrow,
            Self::Point { .. } => ShapeKind::Point,
            Self::Mask(_) => ShapeKind::Mask,
        }
    }

    /// The smallest upright rectangle round it (a path's is that of its centreline), or `None` for
    /// an empty mask.
    #[must_use]
    pub fn bounds(&self) -> Option<GridRect> {
        match self {
            Self::Area(area) => Some(area.bounds()),
            Self::Ellipse(ellipse) => Some(ellipse.bounds()),
            Self::Rectangle(rectangle) => Some(rectangle.bounds()),
            Self::Path(path) => Some(path.bounds()),
            Self::Line { ends } => GridRect::around(*ends),
            Self::Angle { points } => GridRect::around(*points),
            Self::Arrow { head, tail, .. } => GridRect::around([*head, *tail]),
            Self::Point { at } => GridRect::around([*at]),
            Self::Mask(mask) => (!mask.is_empty()).then(|| mask.bounds()),
        }
    }
}

/// How a region came to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "from", rename_all = "snake_case", deny_unknown_fields)]
pub enum Origin {
    /// A person drew it.
    Drawn {
        /// With which tool.
        tool: String,
    },
    /// Read from another object.
    Imported {
        /// That object.
        sop: SopInstanceUid,
    },
    /// An algorithm proposed it and a person took it.
    Proposed {
        /// Name and version.
        algorithm: String,
        /// Who took it.
        accepted_by: String,
    },
}

/// A marked region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Identity.
    pub id: RegionId,
    /// The image it lies on.
    pub image: ImageId,
    /// Frame numbers from 1, ascending; empty for a single-frame image or all frames.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<u32>,
    /// What was drawn.
    pub shape: Shape,
    /// Name of a label of the schema.
    pub label: String,
    /// Values by attribute name of the label.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Where in the body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<Site>,
    /// Which side; needed on an image that shows both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// The lesion or vessel it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<TrackId>,
    /// Whose mark it is.
    pub reading: ReadingId,
    /// How it came to be.
    pub origin: Origin,
}

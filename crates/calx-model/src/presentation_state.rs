//! A grayscale softcopy presentation state: how somebody wanted images to be shown, as plain data.
//!
//! Not here: reading one (`calx-dicom`), applying it (`calx-render`).
//!
//! Invariants
//! - A state replaces the image's whole grey chain: without a Modality LUT of its own it has identity, and the
//!   image's photometric interpretation says nothing any more.
//! - It applies to the images it lists and to no others ([`PresentationState::applies_to`]).
//! - Coordinates are calx's own: continuous, columns and rows from the outer corner of the first pixel.
//!
//! Source: PS3.3 A.33.1, C.10.4 to C.10.7, C.7.6.11, C.11.4, C.11.6, C.11.8, C.11.9.

use crate::display::{LookupTable, ModalityLut, VoiLut};
use crate::overlay::OverlayPlane;
use crate::uid::SopInstanceUid;

/// An image, or some of its frames, that a state speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateImage {
    /// ReferencedSOPInstanceUID (0008,1155).
    pub instance: SopInstanceUid,
    /// ReferencedFrameNumber (0008,1160), from 1; empty means all.
    pub frames: Vec<u32>,
}

impl StateImage {
    /// Whether it means this frame (from 1).
    #[must_use]
    pub fn is(&self, instance: &SopInstanceUid, frame: u32) -> bool {
        self.instance == *instance && (self.frames.is_empty() || self.frames.contains(&frame))
    }
}

/// What holds for the images named, or for all of the state's where there are no names.
#[derive(Debug, Clone, PartialEq)]
pub struct Scoped<T> {
    /// The images meant; `None`: all that the state lists. Of names none of which could be read nothing is left, and
    /// it holds for no image.
    pub images: Option<Vec<StateImage>>,
    /// What holds for them.
    pub value: T,
}

impl<T> Scoped<T> {
    /// Whether it holds for this frame (from 1).
    #[must_use]
    pub fn holds(&self, instance: &SopInstanceUid, frame: u32) -> bool {
        self.images.as_ref().is_none_or(|images| images.iter().any(|image| image.is(instance, frame)))
    }
}

/// One item of SoftcopyVOILUTSequence (0028,3110).
#[derive(Debug, Clone, PartialEq)]
pub struct StateVoi {
    /// The window or table.
    pub lut: VoiLut,
    /// Its explanation, free text of the file.
    pub explanation: Option<String>,
}

/// The last step, after the window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PresentationLut {
    /// Low values dark.
    #[default]
    Identity,
    /// Low values bright.
    Inverse,
    /// PresentationLUTSequence (2050,0010): the window's whole range lies on the table.
    Table(LookupTable),
}

/// What covers the picture outside of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Shutter {
    /// What lies between the edges stays.
    Rectangle {
        /// Left, top, right and bottom edge in continuous image coordinates.
        edges: [f64; 4],
    },
    /// What lies in the circle stays.
    Circle {
        /// Column and row.
        centre: [f64; 2],
        /// In columns.
        radius: f64,
    },
    /// What lies in the polygon stays.
    Polygon {
        /// Columns and rows.
        vertices: Vec<[f64; 2]>,
    },
    /// What the bits of a plane cover goes.
    Bitmap(OverlayPlane),
}

/// PresentationSizeMode (0070,0100).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SizeMode {
    /// As large as there is room.
    ScaleToFit,
    /// As large as the thing was, which no picture file can promise.
    TrueSize,
    /// This many screen pixels for an image column.
    Magnify(f64),
}

/// The part of an image that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplayedArea {
    /// Left, top, right and bottom edge in continuous image coordinates; it may reach beyond the image.
    pub edges: [f64; 4],
    /// How large.
    pub size: SizeMode,
    /// Height of a pixel over its width, when stated.
    pub pixel_aspect: Option<f64>,
}

/// What a graphic's coordinates count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphicUnits {
    /// Columns and rows of the image.
    Pixel,
    /// Fractions of the displayed area as it is shown, from its top left corner.
    Display,
}

/// A place and what its numbers count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GraphicPoint {
    /// Across.
    pub x: f64,
    /// Down.
    pub y: f64,
    /// In what.
    pub units: GraphicUnits,
}

/// GraphicType (0070,0023).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the defined terms of PS3.3 C.10.5.1.2")]
pub enum GraphicKind {
    Point,
    Polyline,
    Interpolated,
    Circle,
    Ellipse,
}

/// One graphic object.
#[derive(Debug, Clone, PartialEq)]
pub struct Graphic {
    /// What its points mean.
    pub kind: GraphicKind,
    /// As stated; all in the same units.
    pub points: Vec<GraphicPoint>,
    /// GraphicFilled (0070,0024).
    pub is_filled: bool,
}

/// One text object.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphicText {
    /// UnformattedTextValue (0070,0006), free text of the file.
    pub text: String,
    /// Two corners of the box it is written in.
    pub bounds: Option<[GraphicPoint; 2]>,
    /// What it speaks of, and whether a line leads there.
    pub anchor: Option<(GraphicPoint, bool)>,
}

/// What one item of GraphicAnnotationSequence (0070,0001) draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// Name of its layer.
    pub layer: String,
    /// Lines and points.
    pub graphics: Vec<Graphic>,
    /// Words.
    pub texts: Vec<GraphicText>,
}

/// One layer: what is in a later one lies over what is in an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphicLayer {
    /// GraphicLayer (0070,0002).
    pub name: String,
    /// GraphicLayerOrder (0070,0062).
    pub order: i64,
    /// What the state recommends for it, as 8-bit display values.
    pub colour: Option<[u8; 3]>,
}

/// A plane that the state switches on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateOverlay {
    /// A plane of the image, by its group.
    OfImage {
        /// 0x6000 to 0x60FE.
        group: u16,
        /// OverlayActivationLayer (60xx,1001).
        layer: String,
    },
    /// A plane that the state brings.
    Own {
        /// The plane.
        plane: OverlayPlane,
        /// OverlayActivationLayer (60xx,1001).
        layer: String,
    },
}

impl StateOverlay {
    /// The name of its layer.
    #[must_use]
    pub fn layer(&self) -> &str {
        match self {
            Self::OfImage { layer, .. } | Self::Own { layer, .. } => layer,
        }
    }
}

/// One thing that a state lays over the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Laid<'a> {
    /// A plane that is switched on.
    Plane(&'a StateOverlay),
    /// Lines, points and words.
    Annotation(&'a Annotation),
}

/// A whole state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PresentationState {
    /// SOPInstanceUID (0008,0018), when it has one.
    pub instance: Option<SopInstanceUid>,
    /// ContentLabel (0070,0080), free text of the file.
    pub label: String,
    /// The images it may be applied to.
    pub images: Vec<StateImage>,
    /// It wants an image less another one (MaskSubtractionSequence (0028,6100)).
    pub is_subtraction: bool,
    /// Stored to modality values; identity where the state has none. The first input of a table stands as without a
    /// sign unless the file says that it has one, see [`LookupTable::with_signed_first`]; those of `voi` too.
    pub modality_lut: ModalityLut,
    /// Windows and tables, in file order.
    pub voi: Vec<Scoped<StateVoi>>,
    /// The last step.
    pub presentation_lut: PresentationLut,
    /// What covers the rest of the picture; all of them apply.
    pub shutters: Vec<Shutter>,
    /// The grey of what is covered.
    pub shutter_grey: u8,
    /// Quarter turns clockwise.
    pub quarter_turns: u8,
    /// Mirrored left to right, after turning.
    pub flip_horizontal: bool,
    /// Which part is shown.
    pub areas: Vec<Scoped<DisplayedArea>>,
    /// By order.
    pub layers: Vec<GraphicLayer>,
    /// In file order.
    pub annotations: Vec<Scoped<Annotation>>,
    /// Planes switched on.
    pub overlays: Vec<StateOverlay>,
}

impl PresentationState {
    /// Whether the state lists this frame (from 1) of this image.
    #[must_use]
    pub fn applies_to(&self, instance: &SopInstanceUid, frame: u32) -> bool {
        self.images.iter().any(|image| image.is(instance, frame))
    }

    /// The window or table for a frame; one that names it goes before one for all.
    #[must_use]
    pub fn voi_for(&self, instance: &SopInstanceUid, frame: u32) -> Option<&StateVoi> {
        scoped(&self.voi, instance, frame)
    }

    /// The displayed area of a frame; one that names it goes before one for all.
    #[must_use]
    pub fn area_for(&self, instance: &SopInstanceUid, frame: u32) -> Option<&DisplayedArea> {
        scoped(&self.areas, instance, frame)
    }

    /// What is laid over a frame, lowest layer first; of one layer planes come before annotations and each in file
    /// order, and what is of a layer that is not listed comes last.
    #[must_use]
    pub fn laid_over(&self, instance: &SopInstanceUid, frame: u32) -> Vec<Laid<'_>> {
        let order = |name: &str| self.layer(name).map_or(i64::MAX, |layer| layer.order);
        let planes = self.overlays.iter().map(|plane| (order(plane.layer()), Laid::Plane(plane)));
        let holding = self.annotations.iter().filter(|a| a.holds(instance, frame)).map(|a| &a.value);
        let annotations = holding.map(|a| (order(&a.layer), Laid::Annotation(a)));
        let mut found: Vec<(i64, Laid<'_>)> = planes.chain(annotations).collect();
        found.sort_by_key(|(order, _)| *order);
        found.into_iter().map(|(_, laid)| laid).collect()
    }

    /// The layer of that name.
    #[must_use]
    pub fn layer(&self, name: &str) -> Option<&GraphicLayer> {
        self.layers.iter().find(|layer| layer.name == name)
    }
}

fn scoped<'a, T>(items: &'a [Scoped<T>], instance: &SopInstanceUid, frame: u32) -> Option<&'a T> {
    let holding = || items.iter().filter(|item| item.holds(instance, frame));
    holding().find(|item| item.images.is_some()).or_else(|| holding().next()).map(|item| &item.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::Window;

    fn uid(last: &str) -> SopInstanceUid {
        SopInstanceUid::new(&format!("1.2.{last}")).unwrap()
    }

    fn image(last: &str, frames: &[u32]) -> StateImage {
        StateImage { instance: uid(last), frames: frames.to_vec() }
    }

    fn voi(images: Option<Vec<StateImage>>, center: f64) -> Scoped<StateVoi> {
        let window = Window { center, width: 10.0, function: Default::default() };
        Scoped { images, value: StateVoi { lut: VoiLut::Window(window), explanation: None } }
    }

    #[test]
    fn what_names_images_holds_for_them_and_goes_first() {
        let state = PresentationState {
            images: vec![image("1", &[]), image("2", &[]), image("3", &[])],
            voi: vec![
                voi(Some(vec![]), 0.0),
                voi(None, 1.0),
                voi(Some(vec![image("2", &[3])]), 2.0),
                voi(Some(vec![image("2", &[])]), 3.0),
            ],
            ..PresentationState::default()
        };
        let center = |last, frame| match state.voi_for(&uid(last), frame).map(|voi| &voi.lut) {
            Some(VoiLut::Window(window)) => window.center.to_string(),
            other => panic!("{other:?}"),
        };
        // The first names images that could not be read: it is for none, never for all.
        assert_eq!([center("1", 1), center("2", 3), center("2", 4)], ["1", "2", "3"]);
        let lost = PresentationState { voi: vec![voi(Some(vec![]), 0.0)], ..state.clone() };
        assert_eq!(lost.voi_for(&uid("1"), 1), None);
        let areas = |images| {
            let value = DisplayedArea { edges: [0.0; 4], size: SizeMode::ScaleToFit, pixel_aspect: None };
            let state = PresentationState { areas: vec![Scoped { images, value }], ..state.clone() };
            [("1", 1), ("2", 3), ("2", 4)].map(|(last, frame)| state.area_for(&uid(last), frame).is_some())
        };
        assert_eq!(areas(None), [true; 3]);
        assert_eq!(areas(Some(vec![image("2", &[3])])), [false, true, false]);
        assert_eq!(areas(Some(vec![])), [false; 3]);
    }

    #[test]
    fn planes_and_annotations_lie_by_layer() {
        let layer = |name: &str, order| GraphicLayer { name: name.to_owned(), order, colour: None };
        let plane = |group, layer: &str| StateOverlay::OfImage { group, layer: layer.to_owned() };
        let annotation = |layer: &str, images| Scoped {
            images,
            value: Annotation { layer: layer.to_owned(), graphics: Vec::new(), texts: Vec::new() },
        };
        let state = PresentationState {
            layers: vec![layer("LOW", 1), layer("HIGH", 2)],
            annotations: vec![
                annotation("NOWHERE", None),
                annotation("HIGH", None),
                annotation("LOW", None),
                annotation("LOW", Some(vec![image("9", &[])])),
            ],
            overlays: vec![plane(0x6000, "HIGH"), plane(0x6002, "LOW"), plane(0x6004, "HIGH")],
            ..PresentationState::default()
        };
        let laid = |last| {
            let words = |laid: &Laid<'_>| match laid {
                Laid::Plane(plane @ StateOverlay::OfImage { group, .. }) => {
                    format!("{} {group:x}", plane.layer())
                }
                Laid::Plane(plane) => plane.layer().to_owned(),
                Laid::Annotation(annotation) => annotation.layer.clone(),
            };
            state.laid_over(&uid(last), 1).iter().map(words).collect::<Vec<_>>()
        };
        assert_eq!(laid("1"), ["LOW 6002", "LOW", "HIGH 6000", "HIGH 6004", "HIGH", "NOWHERE"]);
        assert_eq!(laid("9").len(), 7);
    }
}

//! The content tree of a report: items, their values, and what may hang under what.
//!
//! Not here: the data elements of an item ([`encode`], [`read`]), what a report says (`report`, `case_document`).
//!
//! Invariants
//! - Relationships are by value: nothing here refers to an item by its place.
//! - [`encode::tree`] writes a tree only when every item holds to the rules of Comprehensive SR ([`may_hang`]) and has
//!   the value its type demands.
//! - Coordinates are calx's own: column and row from the outer corner of the first pixel, as SCOORD counts.
//!
//! Source: PS3.3 C.17.3, C.18, A.35.3.3.1.2 (relationships).

pub(crate) mod encode;
pub(crate) mod read;

use calx_geometry::GridPoint;
use calx_model::CodedConcept;

use super::codes::{self, Concept};

/// How an item belongs to the one above it (0040,A010).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Contains,
    HasObsContext,
    HasAcqContext,
    HasConceptMod,
    HasProperties,
    InferredFrom,
    SelectedFrom,
}

impl Relation {
    pub(crate) const ALL: [Self; 7] = [
        Self::Contains,
        Self::HasObsContext,
        Self::HasAcqContext,
        Self::HasConceptMod,
        Self::HasProperties,
        Self::InferredFrom,
        Self::SelectedFrom,
    ];

    /// The enumerated value.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Contains => "CONTAINS",
            Self::HasObsContext => "HAS OBS CONTEXT",
            Self::HasAcqContext => "HAS ACQ CONTEXT",
            Self::HasConceptMod => "HAS CONCEPT MOD",
            Self::HasProperties => "HAS PROPERTIES",
            Self::InferredFrom => "INFERRED FROM",
            Self::SelectedFrom => "SELECTED FROM",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.word() == word.trim())
    }
}

/// GraphicType (0070,0023) of SCOORD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Graphic {
    Point,
    Multipoint,
    Polyline,
    Circle,
    Ellipse,
}

impl Graphic {
    pub(crate) const ALL: [Self; 5] =
        [Self::Point, Self::Multipoint, Self::Polyline, Self::Circle, Self::Ellipse];

    /// The enumerated value.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Point => "POINT",
            Self::Multipoint => "MULTIPOINT",
            Self::Polyline => "POLYLINE",
            Self::Circle => "CIRCLE",
            Self::Ellipse => "ELLIPSE",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|graphic| graphic.word() == word.trim())
    }

    /// How many points it may have: at least, at most.
    pub(crate) const fn points(self) -> (usize, usize) {
        match self {
            Self::Point => (1, 1),
            Self::Multipoint => (1, MOST_POINTS),
            Self::Polyline => (2, MOST_POINTS),
            Self::Circle => (2, 2),
            Self::Ellipse => (4, 4),
        }
    }
}

/// Points of one graphic: GraphicData is FL, whose length has 16 bits.
pub(crate) const MOST_POINTS: usize = crate::write::encode::MOST_SHORT_BYTES / 8;

/// An object that an item refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// SOPClassUID.
    pub(crate) class: String,
    /// SOPInstanceUID.
    pub(crate) instance: String,
    /// Frame numbers from 1; empty for all, and where the object has one.
    pub(crate) frames: Vec<u32>,
    /// Segment numbers from 1; never beside frame numbers.
    pub(crate) segments: Vec<u16>,
}

impl Reference {
    /// An object, or one frame of it.
    pub(crate) fn new(class: &str, instance: &str, frame: Option<u32>) -> Self {
        let frames = frame.into_iter().collect();
        Self { class: class.to_owned(), instance: instance.to_owned(), frames, segments: Vec::new() }
    }
}

/// A number with its unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub(crate) value: f64,
    pub(crate) unit: CodedConcept,
}

/// What an item holds; the variant is its ValueType (0040,A040).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Container {
        /// ContinuityOfContent is SEPARATE: each child stands for itself.
        is_separate: bool,
        /// TemplateIdentifier of DCMR.
        template: Option<String>,
    },
    Text(String),
    Code(CodedConcept),
    /// A number, or the reason why there is none.
    Num(Result<Measured, CodedConcept>),
    /// As written: `YYYYMMDDHHMMSS.FFFFFF`.
    DateTime(String),
    Date(String),
    Time(String),
    Uid(String),
    Person(String),
    Image(Reference),
    Composite(Reference),
    Scoord {
        graphic: Graphic,
        points: Vec<[f32; 2]>,
    },
    /// A value type that only readers meet, as SCOORD3D or WAVEFORM: its name.
    Other(String),
}

impl Value {
    /// The ValueType.
    pub(crate) fn kind(&self) -> &str {
        match self {
            Self::Container { .. } => "CONTAINER",
            Self::Text(_) => "TEXT",
            Self::Code(_) => "CODE",
            Self::Num(_) => "NUM",
            Self::DateTime(_) => "DATETIME",
            Self::Date(_) => "DATE",
            Self::Time(_) => "TIME",
            Self::Uid(_) => "UIDREF",
            Self::Person(_) => "PNAME",
            Self::Image(_) => "IMAGE",
            Self::Composite(_) => "COMPOSITE",
            Self::Scoord { .. } => "SCOORD",
            Self::Other(kind) => kind,
        }
    }
}

/// One content item with everything under it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// How it belongs to the item above; none for the root.
    pub(crate) relation: Option<Relation>,
    pub(crate) name: Option<CodedConcept>,
    pub(crate) value: Value,
    /// ObservationUID (0040,A171).
    pub(crate) observation: Option<String>,
    pub(crate) children: Vec<Item>,
}

impl Item {
    pub(crate) fn new(name: impl Into<CodedConcept>, value: Value) -> Self {
        Self { relation: None, name: Some(name.into()), value, observation: None, children: Vec::new() }
    }

    /// A container whose children make one text or thing.
    pub(crate) fn container(name: impl Into<CodedConcept>) -> Self {
        Self::new(name, Value::Container { is_separate: false, template: None })
    }

    /// A container whose children stand for themselves.
    pub(crate) fn list(name: impl Into<CodedConcept>) -> Self {
        Self::new(name, Value::Container { is_separate: true, template: None })
    }

    /// Text that is known to be one: not empty, and no control characters but tabs and line ends. See
    /// [`Item::words`] for text of any kind.
    pub(crate) fn text(name: impl Into<CodedConcept>, text: impl Into<String>) -> Self {
        Self::new(name, Value::Text(text.into()))
    }

    /// Text of any kind as a person is to read it: control characters become blanks, blanks at its end go; `None`
    /// when nothing is left.
    pub(crate) fn words(name: impl Into<CodedConcept>, text: &str) -> Option<Self> {
        let shown = shown_text(text);
        (!shown.is_empty()).then(|| Self::text(name, shown))
    }

    pub(crate) fn code(name: impl Into<CodedConcept>, value: impl Into<CodedConcept>) -> Self {
        Self::new(name, Value::Code(value.into()))
    }

    /// A number; it must be finite.
    pub(crate) fn num(name: impl Into<CodedConcept>, value: f64, unit: impl Into<CodedConcept>) -> Self {
        Self::new(name, Value::Num(Ok(Measured { value, unit: unit.into() })))
    }

    pub(crate) fn uid(name: impl Into<CodedConcept>, uid: impl Into<String>) -> Self {
        Self::new(name, Value::Uid(uid.into()))
    }

    /// A person's name as people write it.
    pub(crate) fn person(name: impl Into<CodedConcept>, person: &str) -> Self {
        Self::new(name, Value::Person(codes::person_name(person)))
    }

    /// A reference to an image, named as the source of what is said.
    pub(crate) fn image(reference: Reference) -> Self {
        Self::named_image(codes::SOURCE, reference)
    }

    pub(crate) fn named_image(name: impl Into<CodedConcept>, reference: Reference) -> Self {
        Self::new(name, Value::Image(reference))
    }

    /// Points on an image.
    pub(crate) fn scoord(
        name: impl Into<CodedConcept>,
        graphic: Graphic,
        points: Vec<[f32; 2]>,
        on: Reference,
    ) -> Self {
        Self::new(name, Value::Scoord { graphic, points }).selected_from(Self::image(on))
    }

    pub(crate) fn with_template(mut self, identifier: &str) -> Self {
        if let Value::Container { template, .. } = &mut self.value {
            *template = Some(identifier.to_owned());
        }
        self
    }

    pub(crate) fn with_observation(mut self, uid: impl Into<String>) -> Self {
        self.observation = Some(uid.into());
        self
    }

    /// Hangs an item under this one.
    pub(crate) fn push(&mut self, relation: Relation, mut child: Self) {
        child.relation = Some(relation);
        self.children.push(child);
    }

    fn with(mut self, relation: Relation, child: Self) -> Self {
        self.push(relation, child);
        self
    }

    pub(crate) fn contains(self, child: Self) -> Self {
        self.with(Relation::Contains, child)
    }

    pub(crate) fn has_obs_context(self, child: Self) -> Self {
        self.with(Relation::HasObsContext, child)
    }

    pub(crate) fn has_concept_mod(self, child: Self) -> Self {
        self.with(Relation::HasConceptMod, child)
    }

    pub(crate) fn has_properties(self, child: Self) -> Self {
        self.with(Relation::HasProperties, child)
    }

    pub(crate) fn inferred_from(self, child: Self) -> Self {
        self.with(Relation::InferredFrom, child)
    }

    pub(crate) fn selected_from(self, child: Self) -> Self {
        self.with(Relation::SelectedFrom, child)
    }

    /// Whether its name says this.
    pub(crate) fn is_named(&self, concept: Concept) -> bool {
        self.name.as_ref().is_some_and(|name| concept.is(name))
    }

    /// Its children of one name, in order.
    pub(crate) fn all<'a>(&'a self, concept: Concept) -> impl Iterator<Item = &'a Item> + 'a {
        self.children.iter().filter(move |child| child.is_named(concept))
    }

    /// Its first child of one name.
    pub(crate) fn first(&self, concept: Concept) -> Option<&Item> {
        self.children.iter().find(|child| child.is_named(concept))
    }

    /// Items in the tree, this one too.
    pub(crate) fn count(&self) -> usize {
        1 + self.children.iter().map(Self::count).sum::<usize>()
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(crate) fn as_code(&self) -> Option<&CodedConcept> {
        if let Value::Code(code) = &self.value { Some(code) } else { None }
    }

    pub(crate) fn as_uid(&self) -> Option<&str> {
        if let Value::Uid(uid) = &self.value { Some(uid) } else { None }
    }

    pub(crate) fn as_num(&self) -> Option<&Measured> {
        if let Value::Num(Ok(measured)) = &self.value { Some(measured) } else { None }
    }

    pub(crate) fn as_image(&self) -> Option<&Reference> {
        if let Value::Image(reference) = &self.value { Some(reference) } else { None }
    }
}

/// Points of the grid as GraphicData has them; exact: a grid value has 24 bits.
#[allow(clippy::cast_possible_truncation, reason = "a multiple of 1/256 up to 65,536 is a 32-bit float")]
pub(crate) fn graphic_data(points: impl IntoIterator<Item = GridPoint>) -> Vec<[f32; 2]> {
    points.into_iter().map(|p| [p.x.pixels() as f32, p.y.pixels() as f32]).collect()
}

/// The same, closed: the first point once more, bit for bit.
pub(crate) fn closed_graphic_data(points: impl IntoIterator<Item = GridPoint>) -> Vec<[f32; 2]> {
    let mut data = graphic_data(points);
    data.extend(data.first().copied());
    data
}

/// Text as a person is to read it: no control characters but tabs and line ends, no blanks at its end (they are
/// padding, PS3.5 6.2).
pub(crate) fn shown_text(text: &str) -> String {
    let plain = |c: char| if is_text(c) { c } else { ' ' };
    text.chars().map(plain).collect::<String>().trim_end_matches(' ').to_owned()
}

/// Whether a character may stand in a text of several lines.
pub(crate) fn is_text(c: char) -> bool {
    !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}')
}

/// Whether Comprehensive SR lets `below` hang under `above` in this relation (PS3.3 A.35.3.3.1.2).
pub(crate) fn may_hang(above: &Value, relation: Relation, below: &Value) -> bool {
    use Value::{Code, Composite, Container, Image, Num, Scoord, Text};
    let is_plain = matches!(
        below,
        Text(_)
            | Code(_)
            | Num(_)
            | Value::DateTime(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Uid(_)
            | Value::Person(_)
    );
    let is_thing = matches!(below, Image(_) | Composite(_) | Scoord { .. });
    match relation {
        Relation::Contains => {
            matches!(above, Container { .. }) && (is_plain || is_thing || matches!(below, Container { .. }))
        }
        Relation::HasObsContext => {
            matches!(above, Container { .. } | Text(_) | Code(_) | Num(_))
                && (is_plain || matches!(below, Composite(_)))
        }
        Relation::HasAcqContext => {
            matches!(above, Container { .. } | Image(_) | Composite(_) | Num(_)) && is_plain
        }
        Relation::HasConceptMod => matches!(below, Text(_) | Code(_)),
        Relation::HasProperties | Relation::InferredFrom => {
            matches!(above, Text(_) | Code(_) | Num(_)) && (is_plain || is_thing)
        }
        Relation::SelectedFrom => matches!(above, Scoord { .. }) && matches!(below, Image(_)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_those_of_comprehensive_sr() {
        let container = Value::Container { is_separate: false, template: None };
        let text = Value::Text("a".to_owned());
        let code = Value::Code(codes::YES.into());
        let image = Value::Image(Reference::new("1.2", "1.3", None));
        let scoord = Value::Scoord { graphic: Graphic::Point, points: vec![[0.0, 0.0]] };
        assert!(may_hang(&container, Relation::Contains, &container));
        assert!(may_hang(&container, Relation::Contains, &scoord));
        assert!(!may_hang(&text, Relation::Contains, &text));
        assert!(may_hang(&text, Relation::HasProperties, &text));
        assert!(!may_hang(&container, Relation::HasProperties, &text));
        assert!(!may_hang(&text, Relation::HasProperties, &container));
        assert!(may_hang(&scoord, Relation::SelectedFrom, &image));
        assert!(!may_hang(&container, Relation::SelectedFrom, &image));
        assert!(may_hang(&image, Relation::HasAcqContext, &code));
        assert!(!may_hang(&text, Relation::HasAcqContext, &code));
        assert!(may_hang(&image, Relation::HasConceptMod, &code));
        assert!(!may_hang(&container, Relation::HasConceptMod, &image));
        assert!(!may_hang(&container, Relation::Contains, &Value::Other("SCOORD3D".to_owned())));
    }

    #[test]
    fn words_of_any_kind_become_text() {
        let shown =
            |text: &str| Item::words(codes::COMMENT, text).map(|item| item.as_text().unwrap().to_owned());
        assert_eq!(shown("a\nb\u{1b}[2J  ").as_deref(), Some("a\nb [2J"));
        assert_eq!(shown(" \0\0 "), None);
        assert_eq!(shown(""), None);
        assert_eq!(shown("  動脈").as_deref(), Some("  動脈"));
    }

    #[test]
    fn outlines_are_closed_bit_for_bit() {
        let at = |x: i32, y: i32| {
            GridPoint::new(calx_geometry::Grid::from_steps(x), calx_geometry::Grid::from_steps(y))
        };
        let data = closed_graphic_data([at(1, 2), at(65_536 * 256, 3), at(7, 16_777_215)]);
        assert_eq!(data.len(), 4);
        assert_eq!(data.first(), data.last());
        let back = |v: f32| f64::from(v) * 256.0;
        let steps: Vec<[f64; 2]> = data.iter().map(|p| p.map(back)).collect();
        assert_eq!(steps, [[1.0, 2.0], [16_777_216.0, 3.0], [7.0, 16_777_215.0], [1.0, 2.0]]);
        assert_eq!(MOST_POINTS, 8191);
    }

    #[test]
    fn words_of_relations_and_graphics_are_read_back() {
        for relation in Relation::ALL {
            assert_eq!(Relation::of(relation.word()), Some(relation));
        }
        for graphic in Graphic::ALL {
            assert_eq!(Graphic::of(graphic.word()), Some(graphic));
        }
    }
}

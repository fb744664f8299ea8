//! What every tool speaks: inputs, the scene it draws in, outcomes.

use std::collections::BTreeMap;

use calx_geometry::{GridError, GridPoint, ImageSpace, Point};
use calx_model::{
    Case, CaseImage, Edit, Evidence, EvidenceId, Origin, ReadingId, Region, RegionId, Shape, Side,
    StatementId, Target,
};
use uuid::Uuid;

/// The pointer over the image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pointer {
    /// Where, in image pixels; may lie outside the image.
    pub at: Point<ImageSpace>,
    /// Shift is held.
    pub shift: bool,
    /// Ctrl is held.
    pub ctrl: bool,
}

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input {
    /// The main button went down.
    Press(Pointer),
    /// The pointer moved; whether a button is down the tool knows.
    Move(Pointer),
    /// The main button went up.
    Release(Pointer),
    /// A double click; its first press and release came before.
    Double(Pointer),
    /// Enter, or a click with the other button: what is open is closed.
    Finish,
    /// Backspace: the last point is taken back.
    DropLast,
    /// Escape: what is open is given up.
    Cancel,
    /// Wider or narrower by so many steps, as `[` and `]` ask.
    Step(f64),
}

/// What a tool draws in.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The case as it is now.
    pub case: &'a Case,
    /// The image under the pointer.
    pub image: &'a CaseImage,
    /// The frame shown, from 1; marks of a clip belong to one.
    pub frame: u32,
    /// Image pixels of one point of the screen: radii for picking are given in points.
    pub px_per_point: f64,
    /// The label that new regions get.
    pub label: &'a str,
    /// The statement in hand: a new region becomes its evidence in the same edit.
    pub statement: Option<StatementId>,
    /// The reading that new regions belong to.
    pub reading: ReadingId,
    /// Regions selected.
    pub selected: &'a [RegionId],
    /// Regions that are not shown, so that no click meets them.
    pub hidden: &'a [RegionId],
    /// Regions nobody may change now.
    pub locked: &'a [RegionId],
    /// New ids.
    pub new_id: fn() -> Uuid,
}

/// What came of an input.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Nothing to see.
    Idle,
    /// The preview changed.
    Redraw,
    /// An edit to commit, and what is selected after it.
    Commit {
        /// The edit, all of one gesture.
        edit: Box<Edit>,
        /// Selected after it.
        select: Vec<RegionId>,
    },
    /// Another selection, nothing changed.
    Select(Vec<RegionId>),
    /// Why nothing happened.
    Say(&'static str),
}

/// What a tool shows of what is being drawn, in image pixels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Preview {
    /// Open and closed lines: points, and whether the last joins the first.
    pub lines: Vec<(Vec<Point<ImageSpace>>, bool)>,
    /// Places to take hold of.
    pub handles: Vec<Point<ImageSpace>>,
    /// Strokes of a width in image pixels.
    pub bands: Vec<(Vec<Point<ImageSpace>>, f64)>,
    /// Circles with their radius in image pixels.
    pub rings: Vec<(Point<ImageSpace>, f64)>,
    /// What the bands cover is taken away.
    pub erases: bool,
}

/// A tool.
pub trait Tool: std::fmt::Debug + Send {
    /// The word for stamps and for people: "polygon".
    fn name(&self) -> &'static str;

    /// Takes an input.
    fn input(&mut self, input: Input, scene: &mut Scene<'_>) -> Outcome;

    /// What to draw over the image.
    fn preview(&self) -> Preview;

    /// Whether something is begun that Escape would give up.
    fn is_open(&self) -> bool;
}

impl Scene<'_> {
    /// A place on the grid, brought inside the image.
    ///
    /// # Errors
    /// It is no number.
    pub fn grid(&self, at: Point<ImageSpace>) -> Result<GridPoint, GridError> {
        let (columns, rows) = (f64::from(self.image.columns), f64::from(self.image.rows));
        GridPoint::snap(Point::new(at.x.clamp(0.0, columns), at.y.clamp(0.0, rows)))
    }
}

/// The edit that adds a region of that shape, and ties it to the statement in hand.
///
/// An image of one side lends the region its side; on one that shows both hands it stays open, and the case says so
/// until a person states it.
#[must_use]
pub fn commit_shape(shape: Shape, tool: &'static str, scene: &Scene<'_>) -> Outcome {
    let image = scene.image;
    let region = Region {
        id: RegionId((scene.new_id)()),
        image: image.id,
        frames: if image.frames > 1 { vec![scene.frame] } else { Vec::new() },
        shape,
        label: scene.label.to_owned(),
        attributes: BTreeMap::new(),
        sites: Vec::new(),
        side: side_of(image),
        track: None,
        reading: scene.reading,
        origin: Origin::Drawn { tool: tool.to_owned() },
    };
    commit_regions(vec![region], scene)
}

/// The side that an image lends to what is marked on it.
pub(crate) fn side_of(image: &CaseImage) -> Option<Side> {
    image.side().filter(|side| matches!(side, Side::Right | Side::Left))
}

/// The edit that adds regions, ties them to the statement in hand, and selects them.
pub(crate) fn commit_regions(regions: Vec<Region>, scene: &Scene<'_>) -> Outcome {
    let case = scene.case;
    let select: Vec<RegionId> = regions.iter().map(|region| region.id).collect();
    let statement = scene.statement.and_then(|statement| case.statement(statement));
    let first_evidence = statement.map_or(0, |statement| statement.evidence.len());
    let mut edits = Vec::new();
    for (at, region) in regions.into_iter().enumerate() {
        let id = region.id;
        edits.push(Edit::AddRegion { index: count(case.regions.len() + at), region: Box::new(region) });
        if let Some(statement) = statement {
            let evidence =
                Evidence { id: EvidenceId((scene.new_id)()), target: Target::Region { region: id } };
            let index = count(first_evidence + at);
            edits.push(Edit::AddEvidence { statement: statement.id, index, evidence });
        }
    }
    Outcome::Commit { edit: Box::new(one_of(edits)), select }
}

/// One edit of several, of one the same.
pub(crate) fn one_of(mut edits: Vec<Edit>) -> Edit {
    match (edits.len(), edits.pop()) {
        (1, Some(edit)) => edit,
        (_, last) => {
            edits.extend(last);
            Edit::Batch { edits }
        }
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

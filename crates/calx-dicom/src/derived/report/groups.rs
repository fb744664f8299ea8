//! Measurement groups: one for each region, and one for each statement about an image.
//!
//! Not here: numbers (`values`), places in the body (`sites`).
//!
//! Invariants
//! - A region is one SCOORD or one frame of a segmentation, never both. For readers that edit, the same SCOORD stands under
//!   the first number once more.
//! - Every item has a concept name, and every group an Observation UID: readers ask for neither whether it is there.
//! - What a tool identifier promises holds: a closed region has a number, a Length has a length.
//! - A region is there. Whether what a statement says of it is there stands in a group of the statement's own, which has the
//!   region's tracking: "no bone loss at this calcification" does not make the calcification absent.
//! - A region names every frame it lies on. Under its first number, which readers that edit take for one frame, stands the
//!   frame it was measured on.
//!
//! Source: PS3.16 TID 1410, TID 1501; cornerstone's report adapters 5.14.

use calx_model::{CaseImage, Region, Shape, Statement};

use super::super::codes;
use super::super::content::{
    Graphic, Item, MOST_POINTS, Reference, Relation, closed_graphic_data, graphic_data,
};
use super::super::root::{Root, SrProfile, frames_of, is_one_outline};
use super::super::segmentation::Segment;
use super::super::source_facts::SourceFacts;
use super::super::tracking::Tracking;
use super::super::uids::uid_of_id;
use super::sites;
use super::values::{Number, Rank, numbers, pixels_covered};

/// A shape as a report draws it.
struct Drawn {
    graphic: Graphic,
    points: Vec<[f32; 2]>,
    /// Its area in pixels, when it is closed.
    covered: Option<f64>,
}

/// The points of a shape; `None` for what only a segmentation holds.
fn drawn(shape: &Shape) -> Option<Drawn> {
    let of = |graphic, points| Drawn { graphic, points, covered: None };
    let closed = |graphic, points, area| Drawn { graphic, points, covered: Some(area) };
    Some(match shape {
        Shape::Area(area) if is_one_outline(area) => {
            let outline = area.parts().first()?.outer();
            closed(
                Graphic::Polyline,
                closed_graphic_data(outline.vertices().iter().copied()),
                area.area_px2(),
            )
        }
        Shape::Ellipse(ellipse) => {
            closed(Graphic::Ellipse, graphic_data(ellipse.axis_ends().iter().copied()), ellipse.area_px2())
        }
        Shape::Rectangle(rectangle) => {
            let points = closed_graphic_data(rectangle.corners().iter().copied());
            closed(Graphic::Polyline, points, rectangle.area_px2())
        }
        Shape::Path(path) => {
            of(Graphic::Polyline, graphic_data(path.vertices().iter().map(|vertex| vertex.point)))
        }
        Shape::Line { ends } => of(Graphic::Polyline, graphic_data(ends.iter().copied())),
        // The reader's angle has two lines that meet.
        Shape::Angle { points: [one, apex, other] } => {
            of(Graphic::Polyline, graphic_data([*one, *apex, *apex, *other]))
        }
        Shape::Arrow { head, tail, .. } => of(Graphic::Polyline, graphic_data([*head, *tail])),
        Shape::Point { at } => of(Graphic::Point, graphic_data([*at])),
        Shape::Area(_) | Shape::Mask(_) => return None,
    })
}

/// Whether a report can hold a region as points: it has not more of them than a graphic may have.
pub(super) fn fits(shape: &Shape) -> bool {
    drawn(shape).is_none_or(|drawn| drawn.points.len() <= MOST_POINTS)
}

/// The group of the region at a place of the case; `None` when neither points nor a segment stand for it.
pub(super) fn of_region(
    root: &Root<'_>,
    (index, region): (usize, &Region),
    (image, source): (&CaseImage, &SourceFacts),
    segment: Option<&Segment>,
) -> Option<Item> {
    let drawn = drawn(&region.shape);
    if drawn.is_none() && segment.is_none() {
        return None;
    }
    let is_path = matches!(region.shape, Shape::Path(_));
    let mut found = numbers(root.measured_at(index));
    // The outline of a path is no closed one in a report: it has no area there.
    found.retain(|number| !(is_path && matches!(number.rank, Rank::Area | Rank::Perimeter)));
    if let Some(covered) = drawn.as_ref().and_then(|drawn| drawn.covered)
        && !found.iter().any(|number| number.rank == Rank::Area)
    {
        found.insert(0, pixels_covered(covered));
    }
    let mut group = Item::container(codes::MEASUREMENT_GROUP)
        .with_template("1410")
        .with_observation(uid_of_id(region.id.0));
    put_tracking(root.tracking(index, region), &mut group);
    let mut add = |item| group.push(Relation::Contains, item);
    add(Item::code(codes::FINDING_CATEGORY, codes::category(&region.label)));
    add(Item::code(codes::FINDING, root.label_code(region)));
    for site in sites::of_region(region, image, source) {
        group.push(Relation::HasConceptMod, site);
    }
    let on = |frames| Reference {
        frames,
        ..Reference::new(source.sop_class.as_str(), source.instance.as_str(), None)
    };
    let scoord = |drawn: &Drawn, frames| {
        Item::scoord(codes::IMAGE_REGION, drawn.graphic, drawn.points.clone(), on(frames))
    };
    for (at, Number { item, rank }) in found.into_iter().enumerate() {
        let is_first = at == 0 && rank != Rank::NotMeasured;
        let again = drawn.as_ref().filter(|_| is_first && root.options.sr_profile == SrProfile::Ohif);
        let item = match again {
            Some(drawn) => {
                item.inferred_from(scoord(drawn, root.measured_frame(region).into_iter().collect()))
            }
            None => item,
        };
        group.push(Relation::Contains, item);
    }
    let mut add = |item| group.push(Relation::Contains, item);
    for item in attributes(root, region) {
        add(item);
    }
    if let Some(comment) = Item::words(codes::COMMENT, &comment(root.words_at(index), &region.shape)) {
        add(comment);
    }
    match (&drawn, segment) {
        (Some(drawn), _) => add(scoord(drawn, frames_of(region, image))),
        (None, Some(segment)) => {
            let frames = segment.frames.clone();
            let mask = Reference { frames, ..Reference::new(&segment.class, &segment.instance, None) };
            add(Item::named_image(codes::SEGMENTATION_FRAME, mask));
            add(Item::named_image(codes::SOURCE_FOR_SEGMENTATION, on(frames_of(region, image))));
        }
        (None, None) => return None,
    }
    Some(group)
}

/// The words beside a region, with those of an arrow when they are not among them.
fn comment(words: &str, shape: &Shape) -> String {
    match shape {
        Shape::Arrow { text, .. } if !words.contains(text.trim()) => format!("{words} {}", text.trim()),
        _ => words.to_owned(),
    }
}

fn put_tracking(tracking: Tracking, group: &mut Item) {
    group.push(Relation::HasObsContext, Item::text(codes::TRACKING_IDENTIFIER, tracking.identifier));
    group.push(Relation::HasObsContext, Item::uid(codes::TRACKING_UID, tracking.uid));
}

/// What was said of a region in the words of its schema, coded as far as the schema has codes.
fn attributes(root: &Root<'_>, region: &Region) -> Vec<Item> {
    let label = root.schema.label(&region.label);
    let one = |(name, value): (&String, &String)| {
        let mut concept = codes::for_words(&format!("attr {name}"));
        concept.meaning = codes::meaning_of(name);
        let known = label.and_then(|label| label.attributes.iter().find(|attribute| attribute.name == *name));
        let Some(known) = known else { return Item::words(concept, value) };
        let stated = known.values.iter().find(|v| v.name == *value).and_then(|v| v.code.clone());
        let stated = stated.filter(codes::is_writable);
        Some(Item::code(concept, stated.unwrap_or_else(|| codes::for_words(value))))
    };
    region.attributes.iter().filter_map(one).collect()
}

/// What a group of a statement is about: something tracked, or images as a whole.
#[derive(Debug)]
pub(super) struct About<'a> {
    pub(super) tracking: Tracking,
    /// The Observation UID of the group.
    pub(super) observation: String,
    /// The region whose tracking it is.
    pub(super) region: Option<&'a Region>,
    /// Images with the frames that are meant; no frames stand for all.
    pub(super) on: Vec<(&'a CaseImage, &'a SourceFacts, Vec<u32>)>,
}

/// The group of a statement about something; `None` when it is on no image.
pub(super) fn of_statement(statement: &Statement, about: About<'_>) -> Option<Item> {
    let About { tracking, observation, region, on } = about;
    let (image, source, _) = on.first()?;
    let mut group =
        Item::container(codes::MEASUREMENT_GROUP).with_template("1501").with_observation(observation);
    put_tracking(tracking, &mut group);
    let code = statement.code.clone().filter(codes::is_writable);
    let code = code.unwrap_or_else(|| codes::STATEMENT.into());
    group.push(Relation::Contains, Item::code(codes::FINDING, code));
    for site in sites::of_statement(statement, region, image, source) {
        group.push(Relation::HasConceptMod, site);
    }
    let mut add = |item| group.push(Relation::Contains, item);
    for (_, source, frames) in &on {
        let frames = frames.clone();
        add(Item::image(Reference {
            frames,
            ..Reference::new(source.sop_class.as_str(), source.instance.as_str(), None)
        }));
    }
    add(Item::code(codes::PRESENCE_OF_PROPERTY, codes::presence(statement.presence)));
    if let Some(certainty) = statement.certainty {
        add(Item::code(codes::CERTAINTY_OF_FINDING, codes::certainty(certainty)));
    }
    if let Some(words) = Item::words(codes::COMMENT, &statement.text.words()) {
        add(words);
    }
    Some(group)
}

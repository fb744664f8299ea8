//! Measurement groups: one for each region, and one for each statement about an image.
//!
//! Not here: numbers (`values`), places in the body (`sites`).
//!
//! Invariants
//! - A region is one SCOORD or one frame of a segmentation, never both. For readers that edit, the same SCOORD stands under
//!   the first number once more.
//! - Every item has a concept name, and every group an Observation UID: readers ask for neither whether it is there.
//! - What a tool identifier promises holds: a closed region has a number, a Length has a length.
//!
//! Source: PS3.16 TID 1410, TID 1501; the names of tools are those of cornerstone's report adapters 5.14.

use calx_model::{CaseImage, Region, Shape, Statement, Target};

use super::super::codes;
use super::super::content::{
    Graphic, Item, MOST_POINTS, Reference, Relation, closed_graphic_data, graphic_data,
};
use super::super::root::{Root, SrProfile, is_one_outline};
use super::super::segmentation::Segment;
use super::super::source_facts::SourceFacts;
use super::super::uids::uid_of_id;
use super::sites;
use super::values::{Number, Rank, numbers, pixels_covered};

/// What cornerstone calls the format of its tracking identifiers.
const TOOLS: &str = "Cornerstone3DTools@^0.1.0";

/// A shape as a report draws it.
struct Drawn {
    graphic: Graphic,
    points: Vec<[f32; 2]>,
    /// The tool that edits it.
    tool: &'static str,
    /// Its area in pixels, when it is closed.
    covered: Option<f64>,
    /// The number that the tool reads first.
    wants: Option<Rank>,
}

/// The points of a shape; `None` for what only a segmentation holds.
fn drawn(shape: &Shape) -> Option<Drawn> {
    let of = |graphic, points, tool| Drawn { graphic, points, tool, covered: None, wants: None };
    let closed = |graphic, points, tool, area| Drawn {
        covered: Some(area),
        wants: Some(Rank::Area),
        ..of(graphic, points, tool)
    };
    Some(match shape {
        Shape::Area(area) if is_one_outline(area) => {
            let outline = area.parts().first()?.outer();
            let points = closed_graphic_data(outline.vertices().iter().copied());
            closed(Graphic::Polyline, points, "PlanarFreehandROI", area.area_px2())
        }
        Shape::Ellipse(ellipse) => {
            let points = graphic_data(ellipse.axis_ends().iter().copied());
            closed(Graphic::Ellipse, points, "EllipticalROI", ellipse.area_px2())
        }
        Shape::Rectangle(rectangle) => {
            let points = closed_graphic_data(rectangle.corners().iter().copied());
            closed(Graphic::Polyline, points, "RectangleROI", rectangle.area_px2())
        }
        Shape::Path(path) => {
            let points = graphic_data(path.vertices().iter().map(|vertex| vertex.point));
            of(Graphic::Polyline, points, "PlanarFreehandROI")
        }
        Shape::Line { ends } => Drawn {
            wants: Some(Rank::Length),
            ..of(Graphic::Polyline, graphic_data(ends.iter().copied()), "Length")
        },
        // The reader's angle has two lines that meet.
        Shape::Angle { points: [one, apex, other] } => Drawn {
            wants: Some(Rank::Angle),
            ..of(Graphic::Polyline, graphic_data([*one, *apex, *apex, *other]), "Angle")
        },
        Shape::Arrow { head, tail, .. } => {
            of(Graphic::Polyline, graphic_data([*head, *tail]), "ArrowAnnotate")
        }
        Shape::Point { at } => of(Graphic::Point, graphic_data([*at]), "Probe"),
        Shape::Area(_) | Shape::Mask(_) => return None,
    })
}

/// Whether a report can hold a region as points: it has not more of them than a graphic may have.
pub(super) fn fits(shape: &Shape) -> bool {
    drawn(shape).is_none_or(|drawn| drawn.points.len() <= MOST_POINTS)
}

/// The first statement that rests on a region.
pub(super) fn statement_on<'a>(root: &Root<'a>, region: &Region) -> Option<&'a Statement> {
    let rests = |statement: &&'a Statement| {
        let target = Target::Region { region: region.id };
        statement.evidence.iter().any(|evidence| evidence.target == target)
    };
    let case: &'a calx_model::Case = root.case;
    case.findings.iter().flat_map(|finding| &finding.statements).find(rests)
}

/// The group of the region at a place of the case; `None` when neither points nor a segment stand for it.
pub(super) fn of_region(
    root: &Root<'_>,
    (index, region): (usize, &Region),
    source: &SourceFacts,
    segment: Option<&Segment>,
) -> Option<Item> {
    let image = Reference::new(source.sop_class.as_str(), source.instance.as_str(), root.frame_of(region));
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
    let statement = statement_on(root, region);

    let mut group = Item::container(codes::MEASUREMENT_GROUP)
        .with_template("1410")
        .with_observation(uid_of_id(region.id.0));
    let identifier = identifier(root, index, region, drawn.as_ref(), &found);
    group.push(Relation::HasObsContext, Item::text(codes::TRACKING_IDENTIFIER, identifier));
    group.push(Relation::HasObsContext, Item::uid(codes::TRACKING_UID, root.tracking(region)));
    let mut add = |item| group.push(Relation::Contains, item);
    add(Item::code(codes::FINDING_CATEGORY, codes::category(&region.label)));
    add(Item::code(codes::FINDING, root.label_code(region)));
    for site in sites::of_region(root, region, statement, source) {
        group.push(Relation::HasConceptMod, site);
    }
    let scoord =
        |drawn: &Drawn| Item::scoord(codes::IMAGE_REGION, drawn.graphic, drawn.points.clone(), image.clone());
    for (at, Number { item, rank }) in found.into_iter().enumerate() {
        let is_first = at == 0 && rank != Rank::NotMeasured;
        let again = drawn.as_ref().filter(|_| is_first && root.options.sr_profile == SrProfile::Ohif);
        let item = match again {
            Some(drawn) => item.inferred_from(scoord(drawn)),
            None => item,
        };
        group.push(Relation::Contains, item);
    }
    let mut add = |item| group.push(Relation::Contains, item);
    if let Some(statement) = statement {
        add(Item::code(codes::PRESENCE_OF_PROPERTY, codes::presence(statement.presence)));
    }
    for item in attributes(root, region) {
        add(item);
    }
    if let Some(comment) = Item::words(codes::COMMENT, &comment(root.words_at(index), &region.shape)) {
        add(comment);
    }
    match (&drawn, segment) {
        (Some(drawn), _) => add(scoord(drawn)),
        (None, Some(segment)) => {
            let frame = segment.frames.first().copied();
            let mask = Reference::new(&segment.class, &segment.instance, frame);
            add(Item::named_image(codes::SEGMENTATION_FRAME, mask));
            add(Item::named_image(codes::SOURCE_FOR_SEGMENTATION, image));
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

/// The Tracking Identifier: for readers that edit it begins with the tool that does.
fn identifier(
    root: &Root<'_>,
    index: usize,
    region: &Region,
    drawn: Option<&Drawn>,
    found: &[Number],
) -> String {
    let number = index + 1;
    match (drawn, root.options.sr_profile) {
        (None, _) => format!("calx:mask:{number}"),
        (Some(_), SrProfile::Plain) => format!("calx:region:{number}"),
        (Some(drawn), SrProfile::Ohif) => {
            let first = found.first().map(|first| first.rank);
            let has_wanted = drawn.wants.is_none_or(|wanted| first == Some(wanted));
            // A tool that does not find its number loses the region; this one asks for none.
            let tool = if has_wanted { drawn.tool } else { "PlanarFreehandROI" };
            format!("{TOOLS}:{tool}:{}", region.id.0)
        }
    }
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

/// The group of a statement about an image; `number` is that of the finding and of the statement in it, from 1.
pub(super) fn of_statement(
    root: &Root<'_>,
    statement: &Statement,
    number: [usize; 2],
    (image, source): (&CaseImage, &SourceFacts),
    frame: Option<u32>,
) -> Item {
    let frame = frame.filter(|_| image.frames > 1).map(|frame| frame.clamp(1, image.frames));
    let observation = root.uids().pair("statement", statement.id.0, image.id.0);
    let [finding, place] = number;
    let mut group =
        Item::container(codes::MEASUREMENT_GROUP).with_template("1501").with_observation(observation);
    let identifier = format!("calx:statement:{finding}.{place}");
    group.push(Relation::HasObsContext, Item::text(codes::TRACKING_IDENTIFIER, identifier));
    group.push(Relation::HasObsContext, Item::uid(codes::TRACKING_UID, uid_of_id(statement.id.0)));
    let code = statement.code.clone().filter(codes::is_writable);
    let code = code.unwrap_or_else(|| codes::STATEMENT.into());
    group.push(Relation::Contains, Item::code(codes::FINDING, code));
    for site in sites::of_statement(statement, image, source) {
        group.push(Relation::HasConceptMod, site);
    }
    let mut add = |item| group.push(Relation::Contains, item);
    add(Item::image(Reference::new(source.sop_class.as_str(), source.instance.as_str(), frame)));
    add(Item::code(codes::PRESENCE_OF_PROPERTY, codes::presence(statement.presence)));
    if let Some(certainty) = statement.certainty {
        add(Item::code(codes::CERTAINTY_OF_FINDING, codes::certainty(certainty)));
    }
    if let Some(words) = Item::words(codes::COMMENT, &statement.text.words()) {
        add(words);
    }
    group
}

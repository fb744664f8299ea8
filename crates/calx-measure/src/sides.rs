//! Sides that contradict each other, and sides that nobody gave.
//!
//! Headers are wrong in practice and so are people: the lead marker in the pixels decides, and a person reads it.
//! So a contradiction is saved like anything else and stands against publishing until one side is corrected: the
//! image's by a stated side, or the statement's.
//!
//! Not here: reading the side of a header (`calx-dicom`).
//!
//! Invariants
//! - Bilateral and unpaired contradict nothing; a statement about both sides fits an image of either.

use calx_model::{Case, CaseImage, Region, Scope, Side, Statement, Target};

use crate::checks::{Found, image_place, missing as point, region_place, statement_place};

/// Statements and regions that name another side than their image shows.
pub(crate) fn contradictions(case: &Case) -> Found {
    let mut found = Found::default();
    for (finding, statement) in case.statements() {
        let sides: Vec<Side> = statement.sites.iter().filter_map(|site| site.side).collect();
        if sides.is_empty() {
            continue;
        }
        for (image, shown) in shown_sides(case, finding.scope, statement) {
            if sides.iter().all(|side| side.contradicts(shown)) {
                found.of += 1;
                found.missing.push(contradiction(
                    case,
                    statement_place(case, statement.id),
                    &sides,
                    image,
                    shown,
                ));
            }
        }
    }
    for (at, region) in case.regions.iter().enumerate() {
        let Some(image) = case.image(region.image) else { continue };
        let (Some(shown), sides) = (image.side(), sides_of(region)) else { continue };
        if sides.iter().any(|side| side.contradicts(shown)) {
            found.of += 1;
            found.missing.push(contradiction(case, region_place(at), &sides, image, shown));
        }
    }
    found
}

/// Regions on an image of both hands that do not say which.
pub(crate) fn missing(case: &Case) -> Found {
    let mut found = Found::default();
    for (at, region) in case.regions.iter().enumerate() {
        let Some(image) = case.image(region.image) else { continue };
        if image.side() == Some(Side::Bilateral) {
            found.point(region.side.is_some(), || {
                point(
                    region_place(at),
                    format!("has no side, {} shows both", image_place(case, image.id)),
                    "say which side the region lies on",
                )
            });
        }
    }
    found
}

/// The images a statement speaks of, with the side each shows there: the image's own, or on one that shows both
/// the region's. Each image and side once.
fn shown_sides<'a>(case: &'a Case, scope: Scope, statement: &Statement) -> Vec<(&'a CaseImage, Side)> {
    let of_image = |image: &'a CaseImage, region: Option<&Region>| {
        let side = match image.side() {
            Some(side @ (Side::Right | Side::Left)) => Some(side),
            _ => region.and_then(|r| r.side),
        };
        side.map(|side| (image, side))
    };
    let mut shown: Vec<(&CaseImage, Side)> = Vec::new();
    let scoped = match scope {
        Scope::Image { image } => case.image(image).and_then(|image| of_image(image, None)),
        _ => None,
    };
    let evident = statement.evidence.iter().filter_map(|evidence| match evidence.target {
        Target::Region { region } => {
            let region = case.region(region)?;
            of_image(case.image(region.image)?, Some(region))
        }
        Target::Image { image, .. } => of_image(case.image(image)?, None),
        Target::Study { .. } => None,
    });
    for (image, side) in scoped.into_iter().chain(evident) {
        if !shown.iter().any(|(i, s)| i.id == image.id && *s == side) {
            shown.push((image, side));
        }
    }
    shown
}

/// The sides a region names, each once.
fn sides_of(region: &Region) -> Vec<Side> {
    let mut sides: Vec<Side> =
        region.side.into_iter().chain(region.sites.iter().filter_map(|site| site.side)).collect();
    sides.sort_unstable();
    sides.dedup();
    sides
}

fn contradiction(
    case: &Case,
    place: String,
    sides: &[Side],
    image: &CaseImage,
    shown: Side,
) -> crate::completeness::Missing {
    let says = sides.iter().map(|side| side.word()).collect::<Vec<_>>().join(" and ");
    let whose = image_place(case, image.id);
    if image.side() != Some(shown) {
        return point(
            place,
            format!("says {says}, the region it rests on in {whose} lies {}", shown.word()),
            "correct the side of the region, or the side here",
        );
    }
    match &image.stated_side {
        Some(stated) => point(
            place,
            format!("says {says}, {whose} shows {} as {} stated", shown.word(), stated.author),
            "correct the side here, or the stated side of the image",
        ),
        None => point(
            place,
            format!("says {says}, {whose} shows {}", shown.word()),
            "look at the lead marker in the image; then state the side of the image, or correct the side here",
        ),
    }
}

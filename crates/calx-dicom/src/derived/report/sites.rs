//! Where a finding lies, as TID 1500 says it: a structure with its side, and what makes it narrower.
//!
//! Not here: which side an image shows (`calx-model`).
//!
//! Invariants
//! - Nothing is left without a site, and no site without a laterality: readers of such groups demand both. What nobody
//!   stated is said to be so: an anatomical structure of unknown side.
//! - What is stated wins over what the image shows, also that a part has no side. A film of both hands does not make a
//!   finding on it one of both hands.
//! - What a statement says of its place is not said of the regions it rests on.
//!
//! Source: PS3.16 TID 1410 and 1501 (Finding Site), CID 244 (laterality).

use calx_model::{CaseImage, CodedConcept, Region, Side, Site, Statement};

use super::super::codes::{self, Concept};
use super::super::content::Item;
use super::super::source_facts::SourceFacts;

/// The sites of a region: its own, else what its image shows.
pub(super) fn of_region(region: &Region, image: &CaseImage, source: &SourceFacts) -> Vec<Item> {
    items(&region.sites, region.side, image, source)
}

/// The sites of a statement about an image, or about a region on it: its own, else those of the region, else what the image
/// shows.
pub(super) fn of_statement(
    statement: &Statement,
    region: Option<&Region>,
    image: &CaseImage,
    source: &SourceFacts,
) -> Vec<Item> {
    let of_region = region.map_or(&[][..], |region| &region.sites);
    let sites = if statement.sites.is_empty() { of_region } else { &statement.sites };
    items(sites, region.and_then(|region| region.side), image, source)
}

fn items(sites: &[Site], side: Option<Side>, image: &CaseImage, source: &SourceFacts) -> Vec<Item> {
    let side_of = |site: Option<Side>| laterality([site, side], image.side());
    if sites.is_empty() {
        let stated = source.anatomy.clone().filter(codes::is_writable);
        let structure = stated.or_else(|| codes::body_part(&source.body_part).map(CodedConcept::from));
        let structure = structure.unwrap_or_else(|| codes::ANATOMICAL_STRUCTURE.into());
        return vec![item(structure, side_of(None), &[])];
    }
    let one = |site: &Site| {
        let (structure, modifiers) = structure(site);
        item(structure, side_of(site.side), &modifiers)
    };
    sites.iter().map(one).collect()
}

/// The first stated side, else the one that the image shows, when it shows one.
pub(crate) fn laterality(stated: [Option<Side>; 2], of_image: Option<Side>) -> Option<Side> {
    stated.into_iter().flatten().next().or(of_image.filter(|side| *side != Side::Bilateral))
}

/// The structure that a site names, and what of the site that name does not say.
pub(crate) fn structure(site: &Site) -> (CodedConcept, Vec<Concept>) {
    let coded = site.code.clone().filter(codes::is_writable);
    let by_segment = site.segment.and_then(codes::segment);
    let by_digit = site.digit.map(codes::digit);
    let is_by_segment = coded.is_none() && by_segment.is_some();
    let is_by_digit = coded.is_none() && by_segment.is_none() && by_digit.is_some();
    let structure = coded.or_else(|| by_segment.or(by_digit).map(CodedConcept::from));
    let mut modifiers = Vec::new();
    if let Some(digit) = site.digit {
        let one = codes::digit_modifier(digit).or((!is_by_digit).then(|| codes::digit(digit)));
        modifiers.extend(one);
    }
    if let Some(segment) = site.segment.filter(|_| !is_by_segment) {
        modifiers.push(codes::segment_modifier(segment));
    }
    (structure.unwrap_or_else(|| codes::ANATOMICAL_STRUCTURE.into()), modifiers)
}

fn item(structure: CodedConcept, side: Option<Side>, modifiers: &[Concept]) -> Item {
    let site = Item::code(codes::FINDING_SITE, structure)
        .has_concept_mod(Item::code(codes::LATERALITY, codes::side(side)));
    modifiers.iter().fold(site, |site, modifier| {
        site.has_concept_mod(Item::code(codes::TOPOGRAPHICAL_MODIFIER, *modifier))
    })
}

#[cfg(test)]
mod tests {
    use calx_model::{Digit, Segment};

    use super::*;

    /// The structure and what makes it narrower.
    fn said(site: &Site) -> (String, Vec<&'static str>) {
        let (structure, modifiers) = structure(site);
        (structure.meaning, modifiers.into_iter().map(|modifier| modifier.meaning).collect())
    }

    #[test]
    fn a_site_is_the_structure_that_has_a_code_and_the_rest_narrows_it() {
        let site = |digit, segment| Site { code: None, digit, segment, side: None };
        let both = said(&site(Some(Digit::Ring), Some(Segment::MiddlePhalanx)));
        assert_eq!(both, ("Finger".to_owned(), vec!["Ring finger", "Middle phalanx"]));
        let distal = said(&site(Some(Digit::Thumb), Some(Segment::DistalPhalanx)));
        assert_eq!(distal, ("Distal phalanx".to_owned(), vec!["Thumb"]));
        assert_eq!(said(&site(Some(Digit::Thumb), None)), ("Thumb".to_owned(), vec![]));
        assert_eq!(said(&site(None, Some(Segment::Wrist))), ("Wrist joint".to_owned(), vec![]));
        let proximal = said(&site(None, Some(Segment::ProximalPhalanx)));
        assert_eq!(proximal, ("Anatomical Structure".to_owned(), vec!["Proximal phalanx"]));
        let artery = CodedConcept {
            value: "45631007".to_owned(),
            scheme: "SCT".to_owned(),
            meaning: "Radial artery".to_owned(),
        };
        let coded = Site { code: Some(artery), ..site(Some(Digit::Index), Some(Segment::Wrist)) };
        assert_eq!(said(&coded), ("Radial artery".to_owned(), vec!["Index finger", "Wrist joint"]));
    }

    #[test]
    fn a_side_is_stated_or_the_one_that_the_image_shows() {
        let (r, l, b) = (Some(Side::Right), Some(Side::Left), Some(Side::Bilateral));
        assert_eq!(laterality([None, r], l), r, "what is stated comes first");
        assert_eq!(laterality([b, r], l), b);
        let u = Some(Side::Unpaired);
        assert_eq!(laterality([u, None], l), u, "also that there is none");
        assert_eq!(laterality([None, None], u), u);
        assert_eq!(laterality([None, None], b), None, "a film of both hands says nothing of one finding");
        assert_eq!(laterality([None, None], None), None);
    }
}

//! Edits of several steps: links follow, nothing is orphaned, one undo brings all back.

use calx_geometry::Area;
use calx_model::{
    Case, Edit, EditError, EvidenceId, Reference, RegionId, RichText, Run, Shape, Side, StatementId, Target,
};

use crate::samples::{
    apply_and_back, block, evidence, finding, id, region, square, statement, three_squares,
};

fn chip(words: &str, n: u128) -> Run {
    Run::Linked { text: words.to_owned(), evidence: id(7, n) }
}

fn words(text: &str) -> Run {
    Run::Words { text: text.to_owned() }
}

fn ids(numbers: &[u128]) -> Vec<RegionId> {
    numbers.iter().map(|n| id(5, *n)).collect()
}

/// The regions a statement rests on, by number.
fn rests_on(case: &Case, n: u128) -> Vec<u128> {
    let statement = case.statement(id::<StatementId>(6, n)).unwrap();
    statement
        .evidence
        .iter()
        .filter_map(|e| match e.target {
            Target::Region { region } => Some(region.0.as_u128() & u128::from(u64::MAX)),
            _ => None,
        })
        .collect()
}

fn area_of(case: &Case, n: u128) -> f64 {
    match &case.region(id(5, n)).unwrap().shape {
        Shape::Area(area) => area.area_px2(),
        Shape::Mask(mask) => f64::from(u32::try_from(mask.count()).unwrap()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn merging_keeps_the_first_and_moves_the_links_of_the_others() {
    let mut case = three_squares();
    case.findings.push(finding(
        1,
        vec![
            statement(1, "first", vec![evidence(1, 1)]),
            statement(2, "second", vec![evidence(2, 2)]),
            statement(3, "third", vec![evidence(3, 3)]),
        ],
    ));
    let merged = apply_and_back(&case, &case.merge_regions(&ids(&[1, 2])).unwrap());
    assert_eq!(merged.regions.len(), 2);
    assert!((area_of(&merged, 1) - 200.0).abs() < 1e-9);
    assert_eq!([1, 2, 3].map(|n| rests_on(&merged, n)), [vec![1], vec![1], vec![3]]);
}

#[test]
fn a_statement_on_several_merged_regions_rests_on_the_first_once() {
    // No tie to region 1, ties to 2 and 3, and one text with chips of both.
    let mut case = three_squares();
    let text = RichText::from_runs([words("The "), chip("radial", 2), words(" and "), chip("ulnar", 3)]);
    case.findings.push(finding(1, vec![statement(1, text, vec![evidence(2, 2), evidence(3, 3)])]));
    let merged = apply_and_back(&case, &case.merge_regions(&ids(&[1, 2, 3])).unwrap());
    assert_eq!(rests_on(&merged, 1), [1]);
    let text = &merged.statement(id(6, 1)).unwrap().text;
    assert_eq!(text.words(), "The radial and ulnar");
    assert_eq!(text.evidence().collect::<Vec<_>>(), [id::<EvidenceId>(7, 2)], "the first tie keeps its chip");
}

#[test]
fn merging_several_regions_a_statement_rests_on_with_the_first() {
    let mut case = three_squares();
    let text = RichText::from_runs([chip("a", 1), words("-"), chip("b", 2), words("-"), chip("c", 3)]);
    let ties = vec![evidence(1, 1), evidence(2, 2), evidence(3, 3)];
    case.findings.push(finding(1, vec![statement(1, text.clone(), ties)]));
    case.discussion = text;
    let merged = apply_and_back(&case, &case.merge_regions(&ids(&[1, 2, 3])).unwrap());
    assert_eq!(rests_on(&merged, 1), [1]);
    assert_eq!(merged.discussion, RichText::from_runs([chip("a", 1), words("-b-c")]));
}

#[test]
fn what_cannot_be_merged() {
    let mut case = three_squares();
    case.regions.push(region(4, Shape::Mask(block(3, 3, 4))));
    case.regions.push(region(5, Shape::Mask(block(5, 5, 4))));
    let mut other = region(6, Shape::Area(square(0, 30, 9)));
    other.frames = vec![2];
    case.regions.push(other);
    for (numbers, reason) in [
        (vec![1], "at least two"),
        (vec![1, 1], "named twice"),
        (vec![4, 1], "masks only"),
        (vec![1, 4], "encloses no area"),
        (vec![1, 6], "different images or frames"),
    ] {
        let refused = case.merge_regions(&ids(&numbers)).unwrap_err();
        assert!(refused.to_string().contains(reason), "{refused}");
    }
    assert!(matches!(case.merge_regions(&ids(&[1, 99])), Err(EditError::NotFound { .. })));
    let masks = apply_and_back(&case, &case.merge_regions(&ids(&[4, 5])).unwrap());
    assert!((area_of(&masks, 4) - 28.0).abs() < 1e-9);
}

#[test]
fn what_another_reader_drew_or_lies_on_the_other_side_is_not_merged() {
    let mut case = three_squares();
    case.readings.push(calx_model::Reading { id: id(9, 2), ..crate::samples::reading() });
    case.regions[1].reading = id(9, 2);
    case.regions[0].side = Some(Side::Right);
    case.regions
        .push(calx_model::Region { side: Some(Side::Left), ..region(4, Shape::Area(square(5, 5, 10))) });
    for (numbers, reason) in [
        ([1, 2], "the regions belong to different readings"),
        ([1, 4], "the regions have different sides (right, left); give them one side first"),
        ([1, 3], "the regions have different sides (right, not stated); give them one side first"),
    ] {
        assert_eq!(case.merge_regions(&ids(&numbers)).unwrap_err().to_string(), reason);
        assert_eq!(case.subtract_regions(&ids(&numbers)).unwrap_err().to_string(), reason);
    }
}

#[test]
fn subtracting_leaves_the_others_and_refuses_nothing_left() {
    let mut case = three_squares();
    case.regions.push(region(4, Shape::Area(square(5, 5, 10))));
    case.regions.push(region(5, Shape::Area(square(0, 0, 10))));
    let edit = case.subtract_regions(&ids(&[1, 4])).unwrap();
    let less = apply_and_back(&case, &edit);
    assert!((area_of(&less, 1) - 75.0).abs() < 1e-9);
    assert_eq!(less.regions.len(), 5);
    let refused = case.subtract_regions(&ids(&[1, 5])).unwrap_err();
    assert!(refused.to_string().contains("nothing"), "{refused}");
}

#[test]
fn splitting_gives_each_part_the_links() {
    let mut case = three_squares();
    let two = Area::union(&[&square(0, 40, 10), &square(30, 40, 5)]).unwrap();
    case.regions.push(region(4, Shape::Area(two)));
    case.findings.push(finding(
        1,
        vec![
            statement(1, "a", vec![evidence(1, 4), evidence(2, 1)]),
            statement(2, "b", vec![evidence(3, 4)]),
        ],
    ));
    let new: Vec<EvidenceId> = vec![id(7, 11), id(7, 12)];
    let split = apply_and_back(&case, &case.split_region(id(5, 4), &ids(&[5]), &new).unwrap());
    assert_eq!(split.regions.len(), 5);
    let mut areas = [area_of(&split, 4), area_of(&split, 5)];
    areas.sort_by(f64::total_cmp);
    assert!((areas[0] - 25.0).abs() < 1e-9 && (areas[1] - 100.0).abs() < 1e-9, "{areas:?}");
    assert_eq!([rests_on(&split, 1), rests_on(&split, 2)], [vec![4, 1, 5], vec![4, 5]]);
    let few = case.split_region(id(5, 4), &ids(&[5]), &new[..1]).unwrap_err();
    assert!(few.to_string().contains("too few"), "{few}");
    let whole = case.split_region(id(5, 1), &ids(&[5]), &new).unwrap_err();
    assert!(whole.to_string().contains("one part"), "{whole}");
}

/// A case whose discussion, presentation and statements all hold chips of statement 1's evidence.
fn chipped() -> Case {
    let mut case = three_squares();
    let text = RichText::from_runs([words("See "), chip("here", 1), words(" and "), chip("there", 2)]);
    case.references.push(Reference { id: id(8, 1), text: "A. 2020.".to_owned(), doi: None });
    case.findings.push(finding(1, vec![statement(1, text.clone(), vec![evidence(1, 1), evidence(2, 2)])]));
    case.findings.push(finding(2, vec![statement(2, text.clone(), vec![evidence(3, 1)])]));
    case.presentation = text.clone();
    case.discussion = RichText::from_runs(
        text.runs().iter().cloned().chain([Run::Cite { references: vec![id(8, 1), id(8, 1)] }]),
    );
    assert_eq!(case.violations(), Vec::<String>::new());
    case
}

#[test]
fn deleting_a_region_takes_its_ties_and_chips_and_leaves_the_words() {
    let case = chipped();
    assert!(matches!(
        case.clone().apply(&Edit::RemoveRegion { region: id(5, 1) }),
        Err(EditError::InUse { .. })
    ));
    let less = apply_and_back(&case, &case.delete_region(id(5, 1)).unwrap());
    assert_eq!((less.regions.len(), rests_on(&less, 1), rests_on(&less, 2)), (2, vec![2], vec![]));
    for (_, text) in less.texts().filter(|(_, text)| !text.is_empty()) {
        assert_eq!(text.words(), "See here and there");
        assert_eq!(text.evidence().collect::<Vec<_>>(), [id::<EvidenceId>(7, 2)]);
    }
}

#[test]
fn deleting_statements_and_findings_leaves_no_chip_elsewhere() {
    let case = chipped();
    for edit in [case.delete_statement(id(6, 1)).unwrap(), case.delete_finding(id(4, 1)).unwrap()] {
        let less = apply_and_back(&case, &edit);
        assert_eq!(less.discussion.evidence().count(), 0);
        assert_eq!(less.statement(id(6, 2)).unwrap().text, RichText::plain("See here and there"));
        assert_eq!(less.regions.len(), 3, "regions stay");
    }
    let raw = [Edit::RemoveStatement { statement: id(6, 1) }, Edit::RemoveFinding { finding: id(4, 1) }];
    for edit in raw {
        let mut tried = case.clone();
        assert!(matches!(tried.apply(&edit), Err(EditError::InUse { .. })), "{edit:?}");
        assert_eq!(tried, case);
    }
}

#[test]
fn deleting_a_reference_takes_its_citations() {
    let case = chipped();
    let less = apply_and_back(&case, &case.delete_reference(id(8, 1)).unwrap());
    assert_eq!(less.discussion.citations().count(), 0);
    assert!(less.references.is_empty());
}

#[test]
fn linking_makes_the_chip_and_unlinking_unmakes_it() {
    let mut case = three_squares();
    case.findings.push(finding(1, vec![statement(1, "The radial artery.", vec![])]));
    let target = Target::Region { region: id(5, 1) };
    let edit = case.link(id(6, 1), id(7, 1), target.clone(), Some("radial artery")).unwrap();
    let linked = apply_and_back(&case, &edit);
    assert_eq!(linked.statement(id(6, 1)).unwrap().text.evidence().count(), 1);
    assert!(linked.link(id(6, 1), id(7, 2), target.clone(), None).is_err(), "twice the same tie");
    assert!(case.link(id(6, 1), id(7, 2), target, Some("ulnar")).is_err(), "words that are not there");
    let unlinked = apply_and_back(&linked, &linked.unlink(id(7, 1)).unwrap());
    assert_eq!(unlinked, case);
}

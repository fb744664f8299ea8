//! Random cases through the document and back, and documents that are none.

use std::collections::BTreeMap;

use calx_geometry::Mask;
use calx_model::{
    Case, Contributor, EvidenceId, NewCase, ReaderRole, Reading, ReadingState, ReferenceId, Region, RegionId,
    RichText, Run, SchemaRef, Shape,
};
use jiff::Timestamp;
use uuid::Uuid;

use self::generate::Maker;
use self::generate_shape::Dice;
use super::super::codes;
use super::super::content::{Item, Reference, Value, encode, read};
use super::{CaseDocumentError, from_items, head, names, to_items};
use crate::dataset::Tag;
use crate::open::open_source;
use crate::scan::Wanted;
use crate::source::Source;
use crate::write::Coding;
use crate::write::part10::{EXPLICIT_LITTLE_ENDIAN, file_meta};

#[path = "../../../../calx-model/tests/it/generate.rs"]
#[allow(dead_code, reason = "the model's tests use the rest")]
mod generate;
#[path = "../../../../calx-model/tests/it/generate_shape.rs"]
mod generate_shape;

const SEGMENTATION: &str = "1.2.840.10008.5.1.4.1.1.66.4";
const VERSION: &str = "0.1.0";

fn id<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(n))
}

fn empty_case() -> Case {
    Case::new(NewCase {
        id: id(0x1234_5678_9abc_4def_8123_4567_89ab_cdef),
        number: Some(52),
        title: "Vascular calcification".to_owned(),
        language: "en".to_owned(),
        created: Timestamp::UNIX_EPOCH,
        schema: SchemaRef { id: "vascular-calcification".to_owned(), version: 1 },
        reading: Reading {
            id: id(1),
            reader: "A. Author".to_owned(),
            role: ReaderRole::Author,
            state: ReadingState::Open,
        },
    })
}

/// Text that is hard on whoever keeps it.
fn odd(dice: &mut Dice) -> String {
    const PIECES: [&str; 22] = [
        "",
        " ",
        "  ",
        "\0",
        "\u{1b}[2J",
        "\\",
        "\\u{20}",
        "動脈",
        "العربية",
        "\u{feff}",
        "\u{85}",
        "\n",
        "\r\n",
        "\t",
        "a",
        "\u{202e}",
        "𝄞",
        "e\u{301}",
        "\u{c}",
        "^=",
        "[1]",
        "]\u{0}\u{fffe}",
    ];
    (0..dice.below(6)).filter_map(|_| dice.pick(&PIECES)).collect()
}

fn odd_text(dice: &mut Dice, case: &Case) -> RichText {
    let evidence: Vec<EvidenceId> = case.all_evidence().map(|(_, e)| e.id).collect();
    let references: Vec<ReferenceId> = case.references.iter().map(|r| r.id).collect();
    let runs = (0..dice.below(5)).filter_map(|_| match dice.below(3) {
        0 => Some(Run::Linked { text: odd(dice), evidence: dice.pick(&evidence)? }),
        1 => Some(Run::Cite {
            references: (0..dice.below(3)).filter_map(|_| dice.pick(&references)).collect(),
        }),
        _ => Some(Run::Words { text: odd(dice) }),
    });
    let runs: Vec<Run> = runs.collect();
    RichText::from_runs(runs)
}

/// Odd text wherever a person can write, and numbers of all sizes.
fn season(case: &mut Case, dice: &mut Dice) {
    let snapshot = case.clone();
    for text in [&mut case.title, &mut case.language, &mut case.licence, &mut case.consent_note] {
        *text = odd(dice);
    }
    case.tags = (0..dice.below(3)).map(|_| odd(dice)).collect();
    case.contributors = (0..dice.below(3))
        .map(|_| {
            let role = odd(dice);
            let role = dice.pick(&[role, "reviewer".to_owned(), "empty_text".to_owned(), "a_b".to_owned()]);
            Contributor { name: odd(dice), role, affiliation: Some(odd(dice)) }
        })
        .collect();
    case.presentation = odd_text(dice, &snapshot);
    case.discussion = odd_text(dice, &snapshot);
    case.schema = SchemaRef { id: odd(dice), version: u32::MAX };
    case.revision = dice.pick(&[0, 7, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, u64::MAX]).unwrap();
    let seconds = i64::from(dice.small(u32::MAX)) - 100_000;
    let nanoseconds = dice.pick(&[0, 1000, 250_000_000, 999_999_000, 1]).unwrap();
    case.edited = Timestamp::new(seconds, nanoseconds).unwrap();
    case.tracks.iter_mut().for_each(|track| track.name = odd(dice));
    case.references.iter_mut().for_each(|reference| reference.text = odd(dice));
    case.readings.iter_mut().for_each(|reading| reading.reader = odd(dice));
    for statement in case.findings.iter_mut().flat_map(|finding| &mut finding.statements) {
        if dice.once_in(2) {
            statement.text = odd_text(dice, &snapshot);
        }
        for code in statement.sites.iter_mut().filter_map(|site| site.code.as_mut()) {
            code.value = dice
                .pick(&["76505004", "373066001", "empty-text", "a-value-of-more-than-16"])
                .unwrap()
                .to_owned();
            code.scheme = dice.pick(&["SCT", "99CALX", "UMLS"]).unwrap().to_owned();
            if dice.once_in(4) {
                code.meaning = odd(dice);
            }
        }
    }
    for region in &mut case.regions {
        season_region(region, dice);
    }
}

fn season_region(region: &mut Region, dice: &mut Dice) {
    if dice.once_in(2) {
        region.label = odd(dice);
    }
    region.attributes.extend((0..dice.below(3)).map(|_| (odd(dice), odd(dice))));
    if let Shape::Arrow { text, .. } = &mut region.shape {
        *text = odd(dice);
    }
}

/// A case after some random edits.
pub(crate) fn random_case(seed: u64) -> Case {
    let mut dice = Dice(seed);
    let mut case = empty_case();
    for _ in 0..dice.below(160) {
        let made = Maker { dice: &mut dice, case: &case }.simple();
        if let Some(edit) = made {
            // What is refused changes nothing.
            let _outcome = case.apply(&edit);
        }
    }
    if dice.once_in(2) {
        season(&mut case, &mut dice);
    }
    assert_eq!(case.violations(), Vec::<String>::new());
    case
}

/// Where each mask of a case stands, as a writer of segmentations would say, and what stands there.
fn masks_of(case: &Case) -> (BTreeMap<RegionId, Reference>, BTreeMap<(String, u32), Mask>) {
    let (mut places, mut masks) = (BTreeMap::new(), BTreeMap::new());
    for (number, region) in (1u32..).zip(&case.regions) {
        if let Shape::Mask(mask) = &region.shape {
            let instance = format!("2.25.9{}", region.image.0.as_u128() % 1000);
            places.insert(region.id, Reference::new(SEGMENTATION, &instance, Some(number)));
            masks.insert((instance, number), mask.clone());
        }
    }
    (places, masks)
}

fn tree_of(case: &Case) -> (Item, BTreeMap<(String, u32), Mask>) {
    let (places, masks) = masks_of(case);
    (to_items(case, &places, VERSION).unwrap(), masks)
}

fn case_of(tree: &Item, masks: &BTreeMap<(String, u32), Mask>) -> Result<Case, CaseDocumentError> {
    let rebuilt = from_items(tree, &|instance, frame| masks.get(&(instance.to_owned(), frame)).cloned());
    rebuilt.map(|rebuilt| rebuilt.case)
}

fn bytes_of(tree: &Item) -> Vec<u8> {
    let mut elements = encode::tree(tree).unwrap();
    elements.text(Tag(0x0008, 0x0005), b"CS", "ISO_IR 192");
    let class = "1.2.840.10008.5.1.4.1.1.88.33";
    elements.uid(Tag(0x0008, 0x0016), class);
    let mut bytes = file_meta(class, "1.2.3", EXPLICIT_LITTLE_ENDIAN);
    elements.encode_into(Coding::ExplicitLittleEndian, &mut bytes);
    bytes
}

fn read_again(bytes: Vec<u8>) -> Item {
    let mut opened = open_source(Source::memory(bytes)).unwrap();
    let scan = opened.scan(Wanted::matching(|_| true, 1 << 24)).unwrap();
    let mut notices = scan.notices;
    let tree = read::read_tree(scan.data, &mut notices);
    assert_eq!(notices.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    tree
}

/// A case as JSON, for a message that shows where two differ.
#[track_caller]
pub(crate) fn check_equal(found: &Case, case: &Case, seed: u64) {
    if found != case {
        let [found, wanted] = [found, case].map(|case| serde_json::to_string_pretty(case).unwrap());
        let differs = found.lines().zip(wanted.lines()).find(|(a, b)| a != b);
        panic!("seed {seed}: {differs:?}");
    }
}

#[test]
fn every_case_comes_back_equal() {
    let cases = if std::env::var_os("CALX_FULL").is_some() { 5_000 } else { 256 };
    let mut shapes = BTreeMap::new();
    for seed in 0..cases {
        let case = random_case(seed);
        case.regions.iter().for_each(|region| *shapes.entry(region.shape.kind()).or_insert(0) += 1);
        let (tree, masks) = tree_of(&case);
        check_equal(&case_of(&tree, &masks).unwrap_or_else(|e| panic!("seed {seed}: {e}")), &case, seed);
        let bytes = bytes_of(&tree);
        assert_eq!(bytes, bytes_of(&tree_of(&case.clone()).0), "seed {seed}: other bytes of one case");
        let again = read_again(bytes);
        check_equal(&case_of(&again, &masks).unwrap_or_else(|e| panic!("seed {seed}: {e}")), &case, seed);
        let said = head(&again).unwrap();
        assert_eq!((said.case, said.number, &said.title), (case.id, case.number, &case.title), "seed {seed}");
        assert_eq!((said.revision, said.calx_version.as_str()), (case.revision, VERSION), "seed {seed}");
    }
    assert_eq!(shapes.len(), 9, "every kind of shape was among them: {shapes:?}");
}

#[test]
fn a_document_reads_as_a_report() {
    let mut case = empty_case();
    case.title = "動脈 العربية".to_owned();
    case.discussion = RichText::plain("Two vessels.\n\nBoth are calcified.");
    let (tree, _) = tree_of(&case);
    let named = |key| {
        let name = names::concept(key);
        tree.children.iter().find(|child| child.name.as_ref() == Some(&name)).unwrap()
    };
    assert_eq!(named("title").as_text(), Some("動脈 العربية"));
    assert_eq!(named("discussion").children[0].as_text(), Some("Two vessels.\n\nBoth are calcified."));
    assert_eq!(named("id").as_uid(), Some("2.25.24197857203266050111200146596846882287"));
    assert_eq!(named("created").value, Value::DateTime("19700101000000".to_owned()));
    assert_eq!(named("status").as_code().unwrap().meaning, "draft");
    assert_eq!(named("number").as_num().map(|measured| measured.value), Some(52.0));
    let first =
        tree.children.iter().find(|child| child.relation == Some(super::super::content::Relation::Contains));
    assert_eq!(first, Some(named("title")), "the title is read first");
}

#[test]
fn a_mask_without_its_segmentation_is_neither_written_nor_guessed() {
    let case = (0..).map(random_case).find(|case| !masks_of(case).0.is_empty()).unwrap();
    let refused = to_items(&case, &BTreeMap::new(), VERSION).unwrap_err().to_string();
    assert!(refused.contains("stands in no segmentation"), "{refused}");
    let (tree, masks) = tree_of(&case);
    let needs: Vec<String> = head(&tree).unwrap().needs.iter().map(ToString::to_string).collect();
    let mut wanted: Vec<String> = masks.keys().map(|(instance, _)| instance.clone()).collect();
    wanted.dedup();
    assert_eq!(needs, wanted);
    let error = case_of(&tree, &BTreeMap::new()).unwrap_err().to_string();
    assert!(error.contains("regions/") && error.contains("is not there"), "{error}");
}

/// The document of the empty case, changed.
#[track_caller]
fn check_refused(change: impl FnOnce(&mut Item), why: &str) {
    let (mut tree, masks) = tree_of(&empty_case());
    change(&mut tree);
    let error = case_of(&tree, &masks).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

fn field<'a>(tree: &'a mut Item, key: &str) -> &'a mut Item {
    let name = names::concept(key);
    tree.children.iter_mut().find(|child| child.name.as_ref() == Some(&name)).unwrap()
}

#[test]
fn what_is_no_case_is_refused_with_its_place() {
    check_refused(|tree| tree.name = Some(codes::MEASUREMENT_REPORT.into()), "no case of calx");
    let format = |tree: &mut Item, text: &str| {
        let item = tree.children.iter_mut().find(|child| child.is_named(codes::FORMAT)).unwrap();
        item.value = Value::Text(text.to_owned());
    };
    check_refused(|tree| format(tree, "calx.case_document/2"), "open it with a newer calx");
    check_refused(|tree| format(tree, "calx.case_document/x"), "no case of calx");
    check_refused(
        |tree| field(tree, "title").value = Value::Person("A^B".to_owned()),
        "at title: a case has nothing",
    );
    check_refused(|tree| field(tree, "quiz").value = Value::Code(codes::SOURCE.into()), "neither yes nor no");
    check_refused(|tree| field(tree, "id").value = Value::Uid("1.2.3".to_owned()), "no id of a case");
    check_refused(|tree| field(tree, "readings").children.clear(), "not sound: the case has no reading");
    check_refused(
        |tree| {
            let twice = field(tree, "title").clone();
            tree.children.push(twice);
        },
        "a field is there twice",
    );
    check_refused(|tree| tree.children.retain(|c| c.name != Some(names::concept("schema"))), "missing field");
    check_refused(
        |tree| {
            field(field(tree, "readings").children.first_mut().unwrap(), "state").value =
                Value::Text("Mustermann".to_owned());
        },
        "at the case: its fields are not those",
    );
    check_refused(
        |tree| tree.children.push(tree.children.last().unwrap().clone().renamed(codes::FINDING)),
        "no field of a case has",
    );
}

impl Item {
    fn renamed(mut self, name: codes::Concept) -> Self {
        self.name = Some(name.into());
        self
    }
}

#[test]
fn images_are_named_with_all_frames_of_a_region() {
    let case = (0..)
        .map(random_case)
        .find(|case| {
            let is_clip = |region: &Region| case.image(region.image).is_some_and(|image| image.frames > 1);
            case.regions.iter().any(|region| is_clip(region) && !matches!(region.shape, Shape::Mask(_)))
        })
        .unwrap();
    for region in &case.regions {
        let image = case.image(region.image).unwrap();
        let on = super::to_items::image_of(region, image);
        assert_eq!(on.instance, image.source.as_str());
        let frames = match region.frames.as_slice() {
            _ if image.frames == 1 => Vec::new(),
            [] => (1..=image.frames).collect(),
            stated => stated.to_vec(),
        };
        assert_eq!(on.frames, frames);
    }
}

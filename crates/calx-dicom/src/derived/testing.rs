//! A small case on fixtures, for tests of writers and readers.

use calx_geometry::{GridPoint, Point};
use calx_model::{
    BurnedIn, Case, CaseId, CaseImage, CaseStudy, CaseStudyId, ImageDisplay, ImageId, Measurement, NewCase,
    Origin, ReaderRole, Reading, ReadingId, ReadingState, Region, RegionId, RichText, Schema, Shape,
    StudyTime, VoiLut,
};
use uuid::Uuid;

use super::content::Item;
use super::content::read::read_tree;
use super::root::{DerivedOptions, Root, Shown};
use super::source_facts::{SourceFacts, read_source_facts};
use super::uids::Profile;
use crate::image::read_image_info;
use crate::locator::Locator;
use crate::open::open_source;
use crate::scan::Wanted;
use crate::source::Source;

/// Everything a [`Root`] borrows.
pub(crate) struct Sample {
    pub(crate) case: Case,
    pub(crate) schema: Schema,
    pub(crate) sources: Vec<SourceFacts>,
    pub(crate) shown: Vec<Option<Shown>>,
    pub(crate) measured: Vec<Vec<Measurement>>,
    pub(crate) words: Vec<String>,
    pub(crate) options: DerivedOptions,
}

/// A file of `fixtures/`.
pub(crate) fn fixture(name: &str) -> Locator {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    Locator::from(folder.join(format!("{name}.dcm")))
}

/// A point of the grid.
pub(crate) fn at(x: f64, y: f64) -> GridPoint {
    GridPoint::snap(Point::new(x, y)).unwrap()
}

impl Sample {
    /// A case whose images are these fixtures, one study each.
    pub(crate) fn of(names: &[&str]) -> Self {
        let schema = Schema::from_json(Schema::VASCULAR_CALCIFICATION).unwrap();
        let id = |kind: u128, n: usize| Uuid::from_u128((kind << 64) + u128::try_from(n).unwrap() + 1);
        let mut case = Case::new(NewCase {
            id: CaseId(id(1, 0)),
            number: Some(52),
            title: "A case".to_owned(),
            language: "en".to_owned(),
            created: "2026-03-01T09:30:00.5Z".parse().unwrap(),
            schema: schema.reference(),
            reading: Reading {
                id: ReadingId(id(2, 0)),
                reader: "R. Author".to_owned(),
                role: ReaderRole::Author,
                state: ReadingState::Open,
            },
        });
        let (mut sources, mut shown) = (Vec::new(), Vec::new());
        for (n, name) in names.iter().enumerate() {
            let image = ImageId(id(3, n));
            let source = read_source_facts(image, &fixture(name)).unwrap().value;
            let info = read_image_info(&fixture(name), 1).unwrap().value;
            case.studies.push(CaseStudy {
                id: CaseStudyId(id(4, n)),
                source: Some(source.study.clone()),
                title: format!("Study {n}"),
                modality: source.modality.clone(),
                when: StudyTime::Unknown,
                images: vec![CaseImage {
                    id: image,
                    source: source.instance.clone(),
                    series: source.series.clone(),
                    sop_class: source.sop_class.clone(),
                    rows: source.rows,
                    columns: source.columns,
                    frames: source.frames,
                    spacing: info.spacing.clone(),
                    pixel_aspect: None,
                    ultrasound_regions: info.region_scales.clone(),
                    header_side: info.image_side,
                    stated_side: None,
                    view_position: None,
                    user_scale: None,
                    display: ImageDisplay::default(),
                    caption: RichText::default(),
                    key: false,
                    burned_in: BurnedIn::No,
                    synthetic: true,
                    pixels_cleared: None,
                }],
            });
            let chosen = info.display.default_choice().map(|choice| choice.lut.clone());
            shown.push(source.is_grey.then(|| Shown {
                modality_lut: info.display.modality_lut.clone(),
                rescale_type: info.display.rescale_type.clone(),
                voi: chosen.unwrap_or(VoiLut::Range { min: 0.0, max: 4095.0 }),
                invert: info.display.inverts(),
                window_name: "file 1".to_owned(),
                pixel_aspect: 1.0,
                others: Vec::new(),
            }));
            sources.push(source);
        }
        Self {
            case,
            schema,
            sources,
            shown,
            measured: Vec::new(),
            words: Vec::new(),
            options: DerivedOptions::default(),
        }
    }

    /// Marks a region on an image (from 0) and gives its place in the case.
    pub(crate) fn mark(&mut self, image: usize, shape: Shape, label: &str) -> usize {
        let n = self.case.regions.len();
        self.case.regions.push(Region {
            id: RegionId(Uuid::from_u128((5 << 64) + u128::try_from(n).unwrap())),
            image: self.sources[image].image,
            frames: Vec::new(),
            shape,
            label: label.to_owned(),
            attributes: std::collections::BTreeMap::new(),
            sites: Vec::new(),
            side: None,
            track: None,
            reading: self.case.readings[0].id,
            origin: Origin::Drawn { tool: "test".to_owned() },
        });
        self.measured.push(Vec::new());
        self.words.push(format!("({}) {label} 動脈", n + 1));
        n
    }

    pub(crate) fn image(&self, image: usize) -> &CaseImage {
        self.case.images().nth(image).unwrap().1
    }

    pub(crate) fn display(&mut self, image: usize) -> &mut ImageDisplay {
        &mut self.case.studies[image].images[0].display
    }

    pub(crate) fn root(&self) -> Root<'_> {
        Root {
            case: &self.case,
            schema: &self.schema,
            sources: &self.sources,
            shown: &self.shown,
            measured: &self.measured,
            words: &self.words,
            calx_version: "0.1.0",
            profile: Profile::Synthetic,
            options: self.options,
            predecessors: &[],
        }
    }
}

/// The content tree of a report.
pub(crate) fn tree_of(bytes: &[u8]) -> Item {
    let mut opened = open_source(Source::memory(bytes.to_vec())).unwrap();
    let scan = opened.scan(Wanted::matching(|_| true, 1 << 22)).unwrap();
    let mut notices = scan.notices;
    let tree = read_tree(scan.data, &mut notices);
    assert_eq!(notices, []);
    tree
}

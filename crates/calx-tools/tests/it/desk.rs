//! A case with one image, and a hand that uses tools on it.

use calx_geometry::{ImageSpace, Point};
use calx_model::{
    BurnedIn, Case, CaseImage, CaseStudy, Edit, Finding, ImageDisplay, NewCase, Presence, ReaderRole,
    Reading, ReadingState, Region, RegionId, RichText, SchemaRef, Scope, Shape, Side, Statement, StatementId,
    StudyTime,
};
use calx_tools::{Input, Outcome, Pointer, Scene, Tool};
use jiff::Timestamp;
use uuid::Uuid;

fn id<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(n))
}

/// The one statement.
pub(crate) fn statement() -> StatementId {
    id(6)
}

/// What a tool is used on: an image of 200 columns and 100 rows, a pixel to a point of the screen.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) case: Case,
    pub(crate) selected: Vec<RegionId>,
    pub(crate) locked: Vec<RegionId>,
    pub(crate) hidden: Vec<RegionId>,
    pub(crate) statement: Option<StatementId>,
    pub(crate) said: Vec<&'static str>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let reading = Reading {
            id: id(9),
            reader: "A. Author".to_owned(),
            role: ReaderRole::Author,
            state: ReadingState::Open,
        };
        let mut case = Case::new(NewCase {
            id: id(1),
            number: None,
            title: String::new(),
            language: "en".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            schema: SchemaRef { id: "vascular-calcification".to_owned(), version: 1 },
            reading,
        });
        let image = CaseImage {
            id: id(2),
            source: "1.2.3".parse().unwrap(),
            series: "1.2.4".parse().unwrap(),
            sop_class: "1.2.840.10008.5.1.4.1.1.1.1".parse().unwrap(),
            rows: 100,
            columns: 200,
            frames: 1,
            spacing: None,
            header_side: Some(Side::Right),
            stated_side: None,
            view_position: None,
            pixel_aspect: None,
            ultrasound_regions: Vec::new(),
            user_scale: None,
            display: ImageDisplay::default(),
            caption: RichText::default(),
            key: false,
            burned_in: BurnedIn::NotStated,
            synthetic: true,
            pixels_cleared: None,
        };
        let study = CaseStudy {
            id: id(3),
            source: None,
            title: "Hand".to_owned(),
            modality: "DX".to_owned(),
            when: StudyTime::Unknown,
            images: vec![image],
        };
        let said = Statement {
            id: statement(),
            text: RichText::from("calcified"),
            presence: Presence::Present,
            code: None,
            sites: Vec::new(),
            certainty: None,
            compared_to: None,
            evidence: Vec::new(),
            reading: id(9),
        };
        let finding = Finding { id: id(4), scope: Scope::Case, statements: vec![said] };
        case.apply(&Edit::AddStudy { index: 0, study: Box::new(study) }).unwrap();
        case.apply(&Edit::AddFinding { index: 0, finding: Box::new(finding) }).unwrap();
        Self {
            case,
            selected: Vec::new(),
            locked: Vec::new(),
            hidden: Vec::new(),
            statement: None,
            said: Vec::new(),
        }
    }

    /// Runs `work` with the scene as it is now.
    pub(crate) fn scene<T>(&self, work: impl FnOnce(&mut Scene<'_>) -> T) -> T {
        let image = self.case.image(id(2)).unwrap();
        work(&mut Scene {
            case: &self.case,
            image,
            frame: 1,
            px_per_point: 1.0,
            label: "calcified stretch",
            statement: self.statement,
            reading: id(9),
            selected: &self.selected,
            hidden: &self.hidden,
            locked: &self.locked,
            new_id: Uuid::new_v4,
        })
    }

    /// Gives inputs to a tool and carries out its answers; every edit must apply and keep the case sound.
    pub(crate) fn give(&mut self, tool: &mut dyn Tool, inputs: impl IntoIterator<Item = Input>) -> usize {
        let mut commits = 0;
        for input in inputs {
            let outcome = self.scene(|scene| tool.input(input, scene));
            commits += self.settle(outcome);
        }
        commits
    }

    /// Carries out one answer; how many edits it was.
    pub(crate) fn settle(&mut self, outcome: Outcome) -> usize {
        match outcome {
            Outcome::Idle | Outcome::Redraw => 0,
            Outcome::Say(words) => {
                self.said.push(words);
                0
            }
            Outcome::Select(regions) => {
                self.selected = regions;
                0
            }
            Outcome::Commit { edit, select } => {
                let before = self.case.clone();
                let back = self.case.apply(&edit).unwrap();
                assert_eq!(self.case.violations(), Vec::<String>::new());
                let mut undone = self.case.clone();
                undone.apply(&back).unwrap();
                assert!(undone.same_content(&before), "undo does not bring the case back");
                self.selected = select;
                1
            }
        }
    }

    /// The last region.
    pub(crate) fn last(&self) -> &Region {
        self.case.regions.last().unwrap()
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.last().shape
    }
}

pub(crate) fn at(x: f64, y: f64) -> Pointer {
    Pointer { at: Point::<ImageSpace>::new(x, y), shift: false, ctrl: false }
}

/// A press and release in one place.
pub(crate) fn click(x: f64, y: f64) -> [Input; 2] {
    [Input::Press(at(x, y)), Input::Release(at(x, y))]
}

/// A drag through places.
pub(crate) fn drag(places: &[(f64, f64)]) -> Vec<Input> {
    let (first, last) = (places[0], places[places.len() - 1]);
    let moves = places.iter().skip(1).map(|p| Input::Move(at(p.0, p.1)));
    std::iter::once(Input::Press(at(first.0, first.1)))
        .chain(moves)
        .chain(std::iter::once(Input::Release(at(last.0, last.1))))
        .collect()
}

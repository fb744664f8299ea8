//! Two hosts without a window, and services that hold a case in memory.

use std::collections::BTreeMap;

use calx_app::{RgbaPicture, Shell, ShellServices};
use calx_geometry::{GridPoint, Rectangle};
use calx_model::{
    BurnedIn, Case, CaseImage, CaseStudy, Edit, Evidence, Finding, ImageDisplay, ImageId, NewCase, Origin,
    Presence, ReaderRole, Reading, ReadingState, Region, RichText, SchemaRef, Scope, Shape, Statement,
    StudyTime, Target,
};
use egui::{Context, Event, FullOutput, Modifiers, PointerButton, Pos2, RawInput, Rect, Vec2};
use uuid::Uuid;

pub(crate) fn id<T: From<Uuid>>(kind: u128, n: u128) -> T {
    T::from(Uuid::from_u128(kind << 64 | n))
}

/// Two images, three regions (1 and 2 on the first image, 3 on the second), two findings.
pub(crate) fn case() -> Case {
    let mut case = Case::new(NewCase {
        id: id(1, 1),
        number: Some(52),
        title: "Vascular calcification".to_owned(),
        language: "en".to_owned(),
        created: jiff::Timestamp::UNIX_EPOCH,
        schema: SchemaRef { id: "vascular-calcification".to_owned(), version: 1 },
        reading: Reading {
            id: id(9, 1),
            reader: "A. Author".to_owned(),
            role: ReaderRole::Author,
            state: ReadingState::Open,
        },
    });
    let image = |n: u128| CaseImage {
        id: id(2, n),
        source: format!("1.2.3.{n}").parse().unwrap(),
        series: "1.2.4".parse().unwrap(),
        sop_class: "1.2.840.10008.5.1.4.1.1.1.1".parse().unwrap(),
        rows: 40,
        columns: 60,
        frames: 1,
        spacing: None,
        header_side: None,
        stated_side: None,
        view_position: None,
        ultrasound_regions: Vec::new(),
        user_scale: None,
        display: ImageDisplay { frame: 1, ..ImageDisplay::default() },
        caption: RichText::default(),
        key: false,
        burned_in: BurnedIn::No,
        synthetic: true,
        pixels_cleared: None,
    };
    case.studies.push(CaseStudy {
        id: id(3, 1),
        source: None,
        title: "Hands".to_owned(),
        modality: "DX".to_owned(),
        when: StudyTime::Unknown,
        images: vec![image(1), image(2)],
    });
    for (n, image) in [(1, 1), (2, 1), (3, 2)] {
        let corners = [GridPoint::from_pixels(5, 5), GridPoint::from_pixels(20, 20)];
        case.regions.push(Region {
            id: id(5, n),
            image: id(2, image),
            frames: Vec::new(),
            shape: Shape::Rectangle(Rectangle::from_box(corners[0], corners[1]).unwrap()),
            label: "calcified stretch".to_owned(),
            attributes: BTreeMap::new(),
            sites: Vec::new(),
            side: None,
            track: None,
            reading: id(9, 1),
            origin: Origin::Drawn { tool: "test".to_owned() },
        });
    }
    let statement = |n: u128, words: &str, presence, regions: &[u128]| Statement {
        id: id(6, n),
        text: RichText::plain(words),
        presence,
        code: None,
        sites: Vec::new(),
        certainty: None,
        compared_to: None,
        evidence: regions
            .iter()
            .map(|r| Evidence { id: id(7, n * 10 + r), target: Target::Region { region: id(5, *r) } })
            .collect(),
        reading: id(9, 1),
    };
    let first = vec![
        statement(1, "Calcified radial artery", Presence::Present, &[1, 2]),
        statement(2, "Nothing destroyed", Presence::Absent, &[]),
    ];
    let second = vec![statement(3, "Bone loss", Presence::Present, &[3])];
    for (n, statements) in [(1, first), (2, second)] {
        case.findings.push(Finding { id: id(4, n), scope: Scope::Case, statements });
    }
    assert_eq!(case.violations(), Vec::<String>::new());
    case
}

/// A case in memory; pictures are grey and counted.
pub(crate) struct Memory {
    pub(crate) case: Case,
    pub(crate) edits: Vec<Edit>,
    pub(crate) pictures: Vec<ImageId>,
    pub(crate) disk_is_full: bool,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self { case: case(), edits: Vec::new(), pictures: Vec::new(), disk_is_full: false }
    }
}

impl ShellServices for Memory {
    fn case(&self) -> &Case {
        &self.case
    }

    fn picture(&mut self, image: ImageId, max_side: usize) -> Option<RgbaPicture> {
        assert!(max_side >= 60);
        self.pictures.push(image);
        RgbaPicture::new(60, 40, vec![128; 60 * 40 * 4]).ok()
    }

    fn edit(&mut self, edit: Edit) -> Result<(), String> {
        if self.disk_is_full {
            return Err("the case was not saved and the version on disk is unchanged: disk full".to_owned());
        }
        self.case.apply(&edit).map_err(|error| error.to_string())?;
        self.edits.push(edit);
        Ok(())
    }
}

/// How passes are run: the closure egui offers, or a loop that begins and ends them itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Closure,
    Loop,
}

/// A host without a window or a graphics adapter.
pub(crate) struct Host {
    context: Context,
    kind: Kind,
    size: Vec2,
    pub(crate) shell: Shell,
    pub(crate) memory: Memory,
    /// Name and place of every control of the last pass.
    controls: Vec<(String, Rect)>,
}

impl Host {
    pub(crate) fn new(kind: Kind, size: [f32; 2]) -> Self {
        let context = Context::default();
        context.enable_accesskit();
        let mut host = Self {
            context,
            kind,
            size: size.into(),
            shell: Shell::new(),
            memory: Memory::new(),
            controls: Vec::new(),
        };
        // Sizes settle in the second pass.
        host.pass(vec![]);
        host.pass(vec![]);
        host
    }

    pub(crate) fn pass(&mut self, events: Vec<Event>) {
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, self.size));
        let input = RawInput { screen_rect, events, focused: true, ..RawInput::default() };
        let output: FullOutput = match self.kind {
            Kind::Closure => self.context.run_ui(input, |ui| self.shell.ui(ui, &mut self.memory)),
            Kind::Loop => {
                self.context.begin_pass(input);
                self.context.root_ui(|ui| self.shell.ui(ui, &mut self.memory));
                self.context.end_pass()
            }
        };
        if let Some(update) = &output.platform_output.accesskit_update {
            self.controls = update
                .nodes
                .iter()
                .filter_map(|(_, node)| {
                    let (name, at) = (node.label().or(node.value())?, node.bounds()?);
                    #[allow(clippy::cast_possible_truncation, reason = "places on a small screen")]
                    let corner = |x: f64, y: f64| Pos2::new(x as f32, y as f32);
                    Some((name.to_owned(), Rect::from_two_pos(corner(at.x0, at.y0), corner(at.x1, at.y1))))
                })
                .collect();
        }
        output.drop_without_applying_deltas();
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.controls.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The middle of the one control whose name begins so.
    #[track_caller]
    fn find(&self, name: &str) -> Pos2 {
        let found: Vec<_> = self.controls.iter().filter(|(n, _)| n.starts_with(name)).collect();
        assert_eq!(found.len(), 1, "{name:?} among {:?}", self.names());
        found[0].1.center()
    }

    #[track_caller]
    pub(crate) fn point_at(&mut self, name: &str) {
        let at = self.find(name);
        self.pass(vec![Event::PointerMoved(at)]);
        // What is hovered is known once the pointer has been there for a pass.
        self.pass(vec![]);
    }

    #[track_caller]
    pub(crate) fn click(&mut self, name: &str) {
        let at = self.find(name);
        let button = |pressed| Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.pass(vec![Event::PointerMoved(at)]);
        self.pass(vec![button(true)]);
        self.pass(vec![button(false)]);
        self.pass(vec![]);
    }

    pub(crate) fn key(&mut self, key: egui::Key) {
        for pressed in [true, false] {
            let modifiers = Modifiers::NONE;
            self.pass(vec![Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }]);
        }
        self.pass(vec![]);
    }
}

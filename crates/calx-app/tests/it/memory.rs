//! A case in memory, no pictures, and a window round them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use calx_app::seams::{
    FrameKey, Frames, Loading, Painted, PaneId, PaneImage, PanePainter, Place, SaveState, Session, WhyNot,
};
use calx_app::work::Wake;
use calx_app::{App, AppState, Screen};
use calx_dicom::frame_source::Priority;
use calx_geometry::{Area, Grid, GridPoint, Outline};
use calx_model::{
    BurnedIn, Case, CaseImage, CaseStudy, Document, Edit, Evidence, Finding, HistoryError, ImageDisplay,
    NewCase, Origin, Presence, ReaderRole, Reading, ReadingState, Region, RegionId, RichText, Schema, Scope,
    Shape, SopInstanceUid, Stamp, Statement, StatementId, StudyTime, Target,
};
use calx_render::{RendererDescription, RendererKind};
use egui_kittest::Harness;
use uuid::Uuid;

/// The n-th id of a kind.
pub(crate) fn id<T: From<Uuid>>(kind: u128, n: u128) -> T {
    T::from(Uuid::from_u128(kind << 64 | n))
}

pub(crate) fn region_id(n: u128) -> RegionId {
    id(5, n)
}

pub(crate) fn statement_id(n: u128) -> StatementId {
    id(6, n)
}

/// A case that is never written.
#[derive(Debug)]
pub(crate) struct MemorySession {
    document: Document,
    schema: Schema,
    pub(crate) saved: SaveState,
}

impl MemorySession {
    pub(crate) fn new(case: Case) -> Self {
        let schema = Schema::from_json(Schema::VASCULAR_CALCIFICATION).unwrap();
        let document = Document::create(case, stamp()).unwrap();
        Self { document, schema, saved: SaveState::Saved { at: "2026-03-01T14:02:11Z".parse().ok() } }
    }
}

pub(crate) fn stamp() -> Stamp {
    Stamp { at: "2026-03-01T12:00:00Z".parse().unwrap(), who: "test".to_owned(), tool: "test".to_owned() }
}

impl Session for MemorySession {
    fn case(&self) -> &Case {
        self.document.case()
    }

    fn document(&self) -> &Document {
        &self.document
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn may_edit(&self) -> Result<(), WhyNot> {
        if matches!(self.saved, SaveState::ReadOnly { .. }) {
            Err("another program has this case open")
        } else {
            Ok(())
        }
    }

    fn apply(&mut self, edit: Edit, _tool: &'static str) -> Result<(), String> {
        self.document.commit(edit, stamp(), |_| Ok::<(), HistoryError>(())).map_err(|error| error.to_string())
    }

    fn record(&mut self, _what: &str) -> Result<(), String> {
        self.document.record(stamp(), |_| Ok::<(), HistoryError>(())).map_err(|error| error.to_string())
    }

    fn undo(&mut self) -> Result<Place, String> {
        self.document.undo(stamp(), |_| Ok::<(), HistoryError>(())).map_err(|error| error.to_string())?;
        Ok(Place { statement: Some(statement_id(1)), ..Place::default() })
    }

    fn redo(&mut self) -> Result<Place, String> {
        self.document.redo(stamp(), |_| Ok::<(), HistoryError>(())).map_err(|error| error.to_string())?;
        Ok(Place::default())
    }

    fn save_state(&self) -> SaveState {
        self.saved.clone()
    }

    fn retry(&mut self) {
        self.saved = SaveState::Saved { at: None };
    }

    fn recovered(&self) -> Option<calx_workspace::Recovery> {
        None
    }

    fn unsaved(&self) -> &[calx_model::JournalRow] {
        &[]
    }

    fn poll(&mut self) {}

    fn is_idle(&self) -> bool {
        true
    }
}

/// No pictures.
#[derive(Debug)]
struct NoFrames;

impl Frames for NoFrames {
    fn want(&mut self, _key: &FrameKey, _priority: Priority) -> Loading {
        Loading::Waiting
    }

    fn thumbnail(&mut self, _ctx: &egui::Context, _uid: &SopInstanceUid) -> Option<egui::TextureHandle> {
        None
    }

    fn poll(&mut self) {}

    fn is_idle(&self) -> bool {
        true
    }
}

/// Draws nothing, and says it did.
#[derive(Debug)]
pub(crate) struct PaintsNothing;

impl PanePainter for PaintsNothing {
    fn paint(&mut self, _ui: &egui::Ui, _pane: PaneId, _what: &PaneImage<'_>) -> Painted {
        Painted::Exact
    }

    fn uploaded_bytes(&self) -> u64 {
        0
    }

    fn describe(&self) -> RendererDescription {
        RendererDescription {
            kind: RendererKind::Cpu,
            adapter: "CPU".to_owned(),
            backend: "cpu".to_owned(),
            is_hardware: false,
        }
    }

    fn is_idle(&self) -> bool {
        true
    }
}

pub(crate) fn state() -> AppState {
    let mut state = AppState::new(Box::new(NoFrames), Box::new(PaintsNothing), Wake::new(|| {}));
    state.author = "test".into();
    state
}

/// A window of that size, in points.
pub(crate) fn window(state: AppState, size: [f32; 2]) -> Harness<'static, App> {
    Harness::builder()
        .with_size(size)
        .with_max_steps(40)
        .with_step_dt(1.0 / 60.0)
        .allow_missing_glyphs()
        .build_ui_state(
            |ui, app: &mut App| {
                let ctx = ui.ctx().clone();
                app.logic(&ctx);
                app.ui(ui);
            },
            App::new(state),
        )
}

/// Findings and regions alone, as beside the images.
pub(crate) fn panel(state: AppState) -> Harness<'static, App> {
    Harness::builder()
        .with_size([380.0, 900.0])
        .with_max_steps(40)
        .with_step_dt(1.0 / 60.0)
        .allow_missing_glyphs()
        .build_ui_state(
            |ui, app: &mut App| {
                let ctx = ui.ctx().clone();
                app.logic(&ctx);
                calx_app::shell::keys(&mut app.state, &ctx);
                calx_app::case::findings(&mut app.state, ui);
                calx_app::shell::over(&mut app.state, &ctx);
                for call in std::mem::take(&mut app.state.todo) {
                    calx_app::commands::run(&mut app.state, call.id, &call.arg);
                }
            },
            App::new(state),
        )
}

/// Goes on until something holds, for at most 30 seconds.
pub(crate) fn wait_for(window: &mut Harness<'_, App>, what: &str, holds: impl Fn(&AppState) -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !holds(&window.state().state) {
        assert!(Instant::now() < until, "{what} did not come; said: {:?}", said(&window.state().state));
        window.step();
        std::thread::sleep(Duration::from_millis(5));
    }
    window.step();
}

/// All that was said.
pub(crate) fn said(state: &AppState) -> Vec<String> {
    state.toasts.all().map(str::to_owned).collect()
}

/// The state with this case in hand, in the viewer.
pub(crate) fn with_case(case: Case) -> AppState {
    let mut state = state();
    state.selection.keep_to(&case);
    state.session = Some(Box::new(MemorySession::new(case)));
    state.screen = Screen::Viewer;
    state
}

pub(crate) fn at(x: f64, y: f64) -> GridPoint {
    GridPoint::new(Grid::exact(x).unwrap(), Grid::exact(y).unwrap())
}

/// A small square on an image.
pub(crate) fn region(n: u128, image: u128) -> Region {
    let outline = [(4.0, 4.0), (14.0, 4.0), (14.0, 12.0), (4.0, 12.0)].map(|(x, y)| at(x, y));
    Region {
        id: region_id(n),
        image: id(2, image),
        frames: Vec::new(),
        shape: Shape::Area(Area::from_outline(Outline::new(outline.to_vec()).unwrap())),
        label: "calcified stretch".to_owned(),
        attributes: BTreeMap::new(),
        sites: Vec::new(),
        side: None,
        track: None,
        reading: id(9, 1),
        origin: Origin::Drawn { tool: "polygon".to_owned() },
    }
}

fn image(n: u128) -> CaseImage {
    CaseImage {
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
        pixel_aspect: None,
        ultrasound_regions: Vec::new(),
        user_scale: None,
        display: ImageDisplay::default(),
        caption: RichText::default(),
        key: false,
        burned_in: BurnedIn::No,
        synthetic: false,
        pixels_cleared: None,
    }
}

/// A statement that rests on nothing.
pub(crate) fn statement(n: u128, words: &str) -> Statement {
    Statement {
        id: statement_id(n),
        text: RichText::plain(words),
        presence: Presence::Present,
        code: None,
        sites: Vec::new(),
        certainty: None,
        compared_to: None,
        evidence: Vec::new(),
        reading: id(9, 1),
    }
}

/// Two images; statement 1.1 rests on region 1 (image 1), statement 1.2 on nothing; region 2 lies on image 2.
pub(crate) fn case() -> Case {
    let mut case = Case::new(NewCase {
        id: id(1, 1),
        number: Some(52),
        title: "Vascular calcification".to_owned(),
        language: "en".to_owned(),
        created: "2026-03-01T12:00:00Z".parse().unwrap(),
        schema: Schema::from_json(Schema::VASCULAR_CALCIFICATION).unwrap().reference(),
        reading: Reading {
            id: id(9, 1),
            reader: "test".to_owned(),
            role: ReaderRole::Author,
            state: ReadingState::Open,
        },
    });
    case.studies.push(CaseStudy {
        id: id(3, 1),
        source: Some("1.2.3".parse().unwrap()),
        title: "Hands".to_owned(),
        modality: "DX".to_owned(),
        when: StudyTime::Unknown,
        images: vec![image(1), image(2)],
    });
    case.regions = vec![region(1, 1), region(2, 2)];
    let tie = Evidence { id: id(7, 1), target: Target::Region { region: region_id(1) } };
    case.findings.push(Finding {
        id: id(4, 1),
        scope: Scope::Study { study: id(3, 1) },
        statements: vec![
            Statement { evidence: vec![tie], ..statement(1, "The radial artery is calcified.") },
            statement(2, "The ulnar artery is calcified."),
        ],
    });
    case
}

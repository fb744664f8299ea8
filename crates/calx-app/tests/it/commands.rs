//! Every command of the table, done in a window where it can be done, by what it changes.
//!
//! Invariants
//! - A command that no case covers fails the test, and so does a case that no command has.
//! - What a case expects does not hold before its command is done: a command that does nothing cannot pass.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use calx_app::case::reads;
use calx_app::commands::{self, Arg, Command, CommandCall};
use calx_app::library::demo::MakeDemo;
use calx_app::library::is_idle;
use calx_app::seams::SaveState;
use calx_app::shell::Sheet;
use calx_app::viewer::state::CornerText;
use calx_app::viewer::window::{Windowing, offered};
use calx_app::viewer::{Layout, ToolKind};
use calx_app::{App, AppState, Screen};
use calx_geometry::{Area, Outline, PathVertex, VesselPath};
use calx_model::{
    Case, CaseField, Edit, Evidence, Finding, ImageField, PixelSpacing, ReadState, Region, RegionField,
    RegionId, Scope, Shape, ShapeKind, SpacingBasis, Target, WindowChoice,
};
use calx_workspace::Workspace;
use egui::{Event, Modifiers, PointerButton, Pos2, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::memory::{self, MemorySession, at, id, region_id, said, statement_id, wait_for, window};
use crate::{hands, opened};

type Window = Harness<'static, App>;

/// A command in a window where it can be done.
struct Trial {
    /// The window; what it needs on disk goes with it.
    ground: fn() -> (Option<tempfile::TempDir>, Window),
    /// What is done before.
    before: fn(&mut Window),
    /// What holds after the command and not before it.
    effect: fn(&Window) -> bool,
}

#[allow(clippy::unnecessary_wraps, reason = "each arm of the tables is one call")]
fn on(
    ground: fn() -> (Option<tempfile::TempDir>, Window),
    before: fn(&mut Window),
    effect: fn(&Window) -> bool,
) -> Option<Trial> {
    Some(Trial { ground, before, effect })
}

// Windows

/// No workspace, no case.
fn bare() -> (Option<tempfile::TempDir>, Window) {
    stand(memory::state())
}

fn stand(state: AppState) -> (Option<tempfile::TempDir>, Window) {
    let mut window = window(state, [1280.0, 800.0]);
    window.run_steps(6);
    (None, window)
}

/// A workspace with two studies, the first chosen.
fn listed() -> (Option<tempfile::TempDir>, Window) {
    let (folder, mut state) = opened::workspace();
    opened::import(&mut state, &["hand_right_small.dcm", "doppler_small.dcm"]);
    let mut window = window(state, [1280.0, 800.0]);
    wait_for(&mut window, "two studies", |state| is_idle(state) && state.library.keys().len() == 2);
    window.run_steps(3);
    (Some(folder), window)
}

/// Two hands in the viewer, right first; nothing marked.
fn pair() -> (Option<tempfile::TempDir>, Window) {
    let mut state = hands::state();
    state.screen = Screen::Viewer;
    stand(state)
}

/// A clip in the viewer.
fn clip() -> (Option<tempfile::TempDir>, Window) {
    let mut state = hands::clip();
    state.screen = Screen::Viewer;
    stand(state)
}

/// Two hands. On the right one two outlines that overlap and a path; statement 1.1 rests on region 1, statement 1.2, in hand, on
/// nothing; region 2 is selected.
fn marked() -> (Option<tempfile::TempDir>, Window) {
    let mut state = hands::state();
    state.screen = Screen::Viewer;
    let mut case = state.case().unwrap().clone();
    case.regions = vec![outline(1, 40.0), outline(2, 60.0), vessel(3)];
    let mut first = memory::statement(1, "The radial artery is calcified.");
    first.evidence = vec![Evidence { id: id(7, 1), target: Target::Region { region: region_id(1) } }];
    let second = memory::statement(2, "The ulnar artery is calcified.");
    let scope = Scope::Study { study: id(3, 1) };
    case.findings = vec![Finding { id: id(4, 1), scope, statements: vec![first, second] }];
    state.session = Some(Box::new(MemorySession::new(case)));
    let (folder, mut window) = stand(state);
    select(&mut window, 2);
    window.state_mut().state.selection.statement = Some(statement_id(2));
    window.run_steps(2);
    (folder, window)
}

/// A square of 30 pixels that begins at `from`, `from`.
fn outline(n: u128, from: f64) -> Region {
    let to = from + 30.0;
    let corners = [(from, from), (to, from), (to, to), (from, to)].map(|(x, y)| at(x, y));
    let shape = Shape::Area(Area::from_outline(Outline::new(corners.to_vec()).unwrap()));
    Region { image: id(2, 22), shape, ..memory::region(n, 1) }
}

fn vessel(n: u128) -> Region {
    let vertex = |x, y| PathVertex { point: at(x, y), width: calx_geometry::Grid::exact(4.0).unwrap() };
    let shape = Shape::Path(VesselPath::new(vec![vertex(20.0, 20.0), vertex(20.0, 80.0)]).unwrap());
    Region { image: id(2, 22), shape, ..memory::region(n, 1) }
}

/// A study of a workspace on disk in the viewer.
fn looked_at() -> (Option<tempfile::TempDir>, Window) {
    let (folder, mut window) = listed();
    ask(&mut window, "library.open");
    wait_for(&mut window, "the study", |state| state.session.is_some());
    window.run_steps(3);
    (folder, window)
}

// What is done and looked at

fn nothing(_: &mut Window) {}

/// Asks for a command and lets it be done.
fn ask(window: &mut Window, id: &'static str) {
    ask_with(window, id, Arg::None);
}

fn ask_with(window: &mut Window, id: &'static str, arg: Arg) {
    window.state_mut().state.todo.push(CommandCall { id, arg });
    window.run_steps(3);
}

/// What a command is given in its trial.
fn arg_of(command: &str) -> Arg {
    match command {
        "library.use-filter" => Arg::Text(FILTER.to_owned()),
        "view.size" => Arg::Number(150.0),
        _ => Arg::None,
    }
}

/// The name of a saved filter.
const FILTER: &str = "Vessels";

fn search(window: &mut Window, words: &str) {
    ask_with(window, "library.search", Arg::Text(words.to_owned()));
    wait_for(window, "the answer", is_idle);
}

fn queue_up(window: &mut Window) {
    ask(window, "library.queue");
    wait_for(window, "the queue", |state| state.library.queue().is_some() && state.session.is_some());
}

/// Lets the disk refuse what was done.
fn refuse(window: &mut Window) {
    let mut session = MemorySession::new(case(window).clone());
    session.saved = SaveState::NotSaved { why: "the disk is full".to_owned(), edits: 3 };
    window.state_mut().state.session = Some(Box::new(session));
}

/// Lends the window what makes the demo: here a case without images.
fn lend_demo(window: &mut Window) {
    let root = state(window).root.clone().unwrap();
    let case = hands::new_case("Made up");
    let id = case.id;
    Workspace::open(&root).unwrap().create_case(case, memory::stamp()).map(drop).unwrap();
    window.state_mut().state.demo = Some(MakeDemo::new(move || Ok((root.clone(), id))));
}

fn select(window: &mut Window, n: u128) {
    window.state_mut().state.select(&[region_id(n)]);
}

/// The two outlines, the first of them first.
fn select_both(window: &mut Window) {
    select(window, 1);
    window.run_steps(2);
    window.state_mut().state.selection.regions.insert(region_id(2));
    window.run_steps(2);
}

/// Begins an import that takes a while.
fn import_many(window: &mut Window) {
    let folder = state(window).root.clone().unwrap().with_file_name("many");
    std::fs::create_dir_all(&folder).unwrap();
    for n in 0..3000 {
        std::fs::write(folder.join(format!("{n}.txt")), "no image").unwrap();
    }
    let call = CommandCall { id: "library.import", arg: Arg::Path(folder) };
    window.state_mut().state.todo.push(call);
    window.run_steps(2);
}

/// Begins a shape with clicks about the middle of the first viewport.
fn draw(window: &mut Window, tool: &'static str, clicks: usize) {
    ask(window, tool);
    let middle = window.get_by_label_contains("Viewport 1:").rect().center();
    let places = [(-50.0, -40.0), (50.0, -40.0), (50.0, 40.0), (-50.0, 40.0)];
    for (x, y) in places.into_iter().take(clicks) {
        let pos: Pos2 = middle + Vec2::new(x, y);
        for pressed in [true, false] {
            window.event(Event::PointerMoved(pos));
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            window.event(Event::PointerButton { pos, button, pressed, modifiers });
            window.run_steps(1);
        }
        // Two clicks at once would be a double click.
        window.run_steps(40);
    }
}

fn retitle(window: &mut Window) {
    let edit = Edit::SetCase { field: CaseField::Title("Another".to_owned()) };
    assert!(window.state_mut().state.apply(edit, "test"));
}

fn state(window: &Window) -> &AppState {
    &window.state().state
}

fn case(window: &Window) -> &Case {
    state(window).case().unwrap()
}

fn pane(window: &Window) -> &calx_app::viewer::Pane {
    state(window).viewer.pane().unwrap()
}

fn selected(window: &Window) -> Vec<RegionId> {
    state(window).selection.regions.iter().copied().collect()
}

/// Where the second region begins.
fn second_at(window: &Window) -> (f64, f64) {
    let min = case(window).region(region_id(2)).unwrap().shape.bounds().unwrap().min.point();
    (min.x, min.y)
}

/// Areas are sums of products on the grid: they differ by rounding only.
fn is_about(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-6
}

/// Pixels that an outline holds.
fn area(window: &Window, n: u128) -> f64 {
    match &case(window).region(region_id(n)).unwrap().shape {
        Shape::Area(area) => area.area_px2(),
        other => panic!("no outline: {other:?}"),
    }
}

fn kind(window: &Window, n: u128) -> ShapeKind {
    case(window).region(region_id(n)).unwrap().shape.kind()
}

/// Gives the second region a vertex too many, a quarter of a pixel off its edge.
fn dent(window: &mut Window) {
    let corners =
        [(60.0, 60.0), (75.0, 60.25), (90.0, 60.0), (90.0, 90.0), (60.0, 90.0)].map(|(x, y)| at(x, y));
    let shape = Shape::Area(Area::from_outline(Outline::new(corners.to_vec()).unwrap()));
    let edit = Edit::SetRegion { region: region_id(2), field: RegionField::Shape(shape) };
    assert!(window.state_mut().state.apply(edit, "test"));
}

/// Width of the vessel at its end.
fn vessel_width(window: &Window) -> f64 {
    match &case(window).region(region_id(3)).unwrap().shape {
        Shape::Path(path) => path.vertices().last().unwrap().width.pixels(),
        other => panic!("no path: {other:?}"),
    }
}

fn read_word(window: &Window) -> &'static str {
    let shown = state(window).selection.image;
    let read = case(window).reads.iter().find(|read| Some(read.image) == shown);
    read.map_or("no word", |read| reads::word(&read.state))
}

fn has_evidence(window: &Window, holds: fn(&Target) -> bool) -> bool {
    let statement = case(window).statement(statement_id(2)).unwrap();
    statement.evidence.iter().any(|evidence| holds(&evidence.target))
}

/// The place of the chosen row in the library, from the top.
fn chosen_row(window: &Window) -> Option<usize> {
    let mut rows: Vec<(i32, bool)> = window
        .query_all_by_label_contains("Study: ")
        .map(|row| {
            let is_chosen = row.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True);
            (row.rect().top() as i32, is_chosen)
        })
        .collect();
    rows.sort_unstable();
    rows.iter().position(|(_, is_chosen)| *is_chosen)
}

/// The n-th window that is offered is shown, or it was said that there is none.
fn has_window(window: &Window, n: usize) -> bool {
    let pane = pane(window);
    let all = offered(&pane.shown.as_ref().unwrap().loaded.info.display);
    match all.get(n - 1) {
        Some((_, windowing)) => pane.windowing == *windowing,
        None => said(state(window)).iter().any(|words| words.contains(&format!("no window {n}"))),
    }
}

/// The n-th label is the one for new regions; the selected region has it where its shape may.
fn has_label(window: &Window, n: usize) -> bool {
    let session = state(window).session.as_deref().unwrap();
    let Some(label) = session.schema().labels.get(n - 1) else {
        return said(state(window)).iter().any(|words| words == &format!("There is no label {n}"));
    };
    let region = case(window).region(region_id(2)).unwrap();
    let may = label.shapes.contains(&region.shape.kind());
    state(window).viewer.label.as_ref() == Some(&label.name) && (region.label == label.name) == may
}

fn auto(window: &mut Window) {
    ask(window, "viewer.window_auto");
}

// The tables

fn shell(command: &str) -> Option<Trial> {
    match command {
        "file.save-again" => on(pair, refuse, |window| {
            let saved = state(window).session.as_deref().unwrap().save_state();
            matches!(saved, SaveState::Saved { .. })
        }),
        "file.save-copy" => on(pair, refuse, |window| state(window).sheet == Some(Sheet::Copy)),
        "view.size" => on(bare, nothing, |window| (state(window).settings.scale - 1.5).abs() < 0.01),
        "file.export" => on(marked, nothing, |window| {
            state(window).sheet == Some(Sheet::Export) && window.query_by_label("Export now").is_some()
        }),
        "file.quit" => on(pair, nothing, |window| state(window).closing),
        "edit.settings" => on(bare, nothing, |window| state(window).sheet == Some(Sheet::Settings)),
        "edit.undo" => on(pair, retitle, |window| case(window).title == "Two hands"),
        "edit.redo" => on(
            pair,
            |window| {
                retitle(window);
                ask(window, "edit.undo");
            },
            |window| case(window).title == "Another",
        ),
        "screen.library" => on(pair, nothing, |window| state(window).screen == Screen::Library),
        "screen.viewer" => on(
            pair,
            |window| ask(window, "screen.library"),
            |window| {
                state(window).screen == Screen::Viewer
                    && window.query_by_label_contains("Viewport 1:").is_some()
            },
        ),
        "screen.case" => on(pair, nothing, |window| {
            state(window).screen == Screen::Case && window.query_by_label("Discussion").is_some()
        }),
        "view.larger" => on(bare, nothing, |window| state(window).settings.scale > 1.0),
        "view.smaller" => on(bare, nothing, |window| state(window).settings.scale < 1.0),
        "view.usual-size" => on(
            bare,
            |window| ask(window, "view.larger"),
            |window| (state(window).settings.scale - 1.0).abs() < f32::EPSILON,
        ),
        "help.palette" => on(bare, nothing, |window| {
            matches!(state(window).sheet, Some(Sheet::Palette(_)))
                && window.query_by_label("Find a command").is_some()
        }),
        "help.keys" => on(bare, nothing, |window| state(window).sheet == Some(Sheet::Keys)),
        "help.messages" => on(bare, nothing, |window| state(window).sheet == Some(Sheet::Messages)),
        "help.about" => on(bare, nothing, |window| state(window).sheet == Some(Sheet::About)),
        _ => None,
    }
}

fn of_library(command: &str) -> Option<Trial> {
    match command {
        "library.import" => on(listed, nothing, |window| {
            let field = window.query_by_label("Folder or file to import");
            field.is_some_and(|field| field.is_focused())
        }),
        "library.cancel-import" => {
            on(listed, import_many, |window| state(window).library.import_words().starts_with("Cancelled"))
        }
        "library.pause-import" => {
            on(listed, import_many, |window| window.query_by_label("Resume the import").is_some())
        }
        "library.open-imported" => on(listed, nothing, |window| state(window).session.is_some()),
        "library.demo" => {
            on(listed, lend_demo, |window| state(window).case().is_some_and(|case| case.title == "Made up"))
        }
        "library.queue" => on(listed, nothing, |window| {
            state(window).library.queue().is_some() && state(window).session.is_some()
        }),
        "library.go-on" => on(
            listed,
            |window| {
                queue_up(window);
                ask(window, "screen.library");
            },
            |window| state(window).screen == Screen::Viewer,
        ),
        "library.leave-queue" => on(listed, queue_up, |window| state(window).library.queue().is_none()),
        "library.save-filter" => on(listed, nothing, |window| {
            let field = window.query_by_label("Name of the filter");
            field.is_some_and(|field| field.is_focused())
        }),
        "library.use-filter" => on(
            listed,
            |window| {
                search(window, "doppler");
                ask_with(window, "library.save-filter", Arg::Text(FILTER.to_owned()));
                let when = commands::find("library.use-filter").unwrap().when;
                wait_for(window, "the saved filter", |state| when(state).is_ok());
                ask(window, "library.clear-filters");
            },
            |window| state(window).library.question().words == "doppler",
        ),
        "library.clear-filters" => on(
            listed,
            |window| search(window, "doppler"),
            |window| state(window).library.question().words.is_empty(),
        ),
        "library.open-text" => on(listed, nothing, |window| {
            state(window).session.is_some() && state(window).screen == Screen::Case
        }),
        "library.workspace" => on(listed, nothing, |window| {
            let field = window.query_by_label("Folder of a workspace, or an empty folder");
            field.is_some_and(|field| field.is_focused())
        }),
        "library.search" => {
            on(listed, nothing, |window| window.get_by_label("Search studies and cases").is_focused())
        }
        "library.open" => on(listed, nothing, |window| state(window).session.is_some()),
        "library.next" => on(listed, nothing, |window| chosen_row(window) == Some(1)),
        "library.previous" => {
            on(listed, |window| ask(window, "library.next"), |window| chosen_row(window) == Some(0))
        }
        "library.open-next" => on(listed, nothing, |window| {
            // The second of them by date is the hand.
            state(window).case().is_some_and(|case| case.images().count() == 1)
        }),
        "library.open-previous" => {
            on(listed, |window| ask(window, "library.next"), |window| state(window).case().is_some())
        }
        "library.refresh" => on(
            listed,
            |window| {
                // As by another program.
                let workspace = Workspace::open(state(window).root.as_deref().unwrap()).unwrap();
                let cancel = std::sync::atomic::AtomicBool::new(false);
                let options = calx_workspace::ImportOptions::new(&cancel);
                let source = Path::new(&opened::fixture("film_small.dcm")).to_path_buf();
                workspace.import(&[source], &options, &mut |_| {}).unwrap();
            },
            |window| state(window).library.keys().len() == 3,
        ),
        _ => None,
    }
}

fn tools(command: &str) -> Option<Trial> {
    match command {
        "tool.window" => {
            on(pair, |window| ask(window, "tool.pan"), |window| state(window).viewer.tool == ToolKind::Window)
        }
        "tool.pan" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Pan),
        "tool.zoom" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Zoom),
        "tool.magnifier" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Magnifier),
        "tool.select" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Select),
        "tool.polygon" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Polygon),
        "tool.freehand" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Freehand),
        "tool.ellipse" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Ellipse),
        "tool.rectangle" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Rectangle),
        "tool.path" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Path),
        "tool.brush" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Brush),
        "tool.eraser" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Eraser),
        "tool.point" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Point),
        "tool.length" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Length),
        "tool.angle" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Angle),
        "tool.arrow" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Arrow),
        "tool.calibrate" => on(pair, nothing, |window| state(window).viewer.tool == ToolKind::Calibrate),
        "image.file_scale" => on(
            pair,
            |window| {
                let scale = PixelSpacing::checked(0.2, 0.2, SpacingBasis::User);
                let edit = Edit::SetImage { image: id(2, 22), field: ImageField::UserScale(scale) };
                assert!(window.state_mut().state.apply(edit, "test"));
            },
            |window| case(window).image(id(2, 22)).unwrap().user_scale.is_none(),
        ),
        "tool.finish" => on(
            pair,
            |window| draw(window, "tool.polygon", 3),
            |window| case(window).regions.len() == 1 && !state(window).viewer.is_drawing(),
        ),
        "tool.drop_last" => on(
            pair,
            |window| draw(window, "tool.polygon", 1),
            |window| !state(window).viewer.is_drawing() && case(window).regions.is_empty(),
        ),
        "tool.cancel" => on(
            pair,
            |window| draw(window, "tool.polygon", 3),
            |window| {
                let viewer = &state(window).viewer;
                !viewer.is_drawing() && viewer.tool == ToolKind::Polygon && case(window).regions.is_empty()
            },
        ),
        "tool.wider" => on(
            marked,
            |window| {
                ask(window, "tool.path");
                select(window, 3);
            },
            |window| vessel_width(window) > 4.0,
        ),
        "tool.narrower" => on(
            marked,
            |window| {
                ask(window, "tool.path");
                select(window, 3);
            },
            |window| vessel_width(window) < 4.0,
        ),
        "tool.delete" => on(marked, nothing, |window| case(window).region(region_id(2)).is_none()),
        "region.merge" => on(marked, select_both, |window| {
            case(window).region(region_id(2)).is_none() && is_about(area(window, 1), 900.0 + 800.0)
        }),
        "region.subtract" => on(marked, select_both, |window| {
            is_about(area(window, 1), 800.0) && is_about(area(window, 2), 900.0)
        }),
        "region.duplicate" => on(marked, nothing, |window| case(window).regions.len() == 4),
        "region.copy" => on(marked, nothing, |window| {
            said(state(window)).iter().any(|words| words.starts_with("1 region is on the clipboard"))
        }),
        "region.paste" => {
            on(marked, |window| ask(window, "region.copy"), |window| case(window).regions.len() == 4)
        }
        "region.select_all" => on(marked, nothing, |window| selected(window).len() == 3),
        "tool.nudge_left" => on(marked, nothing, |window| second_at(window) == (59.0, 60.0)),
        "tool.nudge_right" => on(marked, nothing, |window| second_at(window) == (61.0, 60.0)),
        "tool.nudge_up" => on(marked, nothing, |window| second_at(window) == (60.0, 59.0)),
        "tool.nudge_down" => on(marked, nothing, |window| second_at(window) == (60.0, 61.0)),
        "tool.nudge_far_left" => on(marked, nothing, |window| second_at(window) == (50.0, 60.0)),
        "tool.nudge_far_right" => on(marked, nothing, |window| second_at(window) == (70.0, 60.0)),
        "tool.nudge_far_up" => on(marked, nothing, |window| second_at(window) == (60.0, 50.0)),
        "tool.nudge_far_down" => on(marked, nothing, |window| second_at(window) == (60.0, 70.0)),
        "region.to_mask" => on(marked, nothing, |window| kind(window, 2) == ShapeKind::Mask),
        "region.to_outline" => {
            on(marked, |window| ask(window, "region.to_mask"), |window| kind(window, 2) == ShapeKind::Area)
        }
        "region.simplify" => on(marked, dent, |window| is_about(area(window, 2), 900.0)),
        "tool.label_1" => on(marked, nothing, |window| has_label(window, 1)),
        "tool.label_2" => on(marked, nothing, |window| has_label(window, 2)),
        "tool.label_3" => on(marked, nothing, |window| has_label(window, 3)),
        "tool.label_4" => on(marked, nothing, |window| has_label(window, 4)),
        "tool.label_5" => on(marked, nothing, |window| has_label(window, 5)),
        "tool.label_6" => on(marked, nothing, |window| has_label(window, 6)),
        "tool.label_7" => on(marked, nothing, |window| has_label(window, 7)),
        "tool.label_8" => on(marked, nothing, |window| has_label(window, 8)),
        "tool.label_9" => on(marked, nothing, |window| has_label(window, 9)),
        _ => None,
    }
}

fn viewer(command: &str) -> Option<Trial> {
    match command {
        // What it shows is held against the pane's own picture in `exporting`.
        "viewer.as_exported" => on(looked_at, nothing, |window| {
            state(window).viewer.is_as_exported && pane(window).exported.is_some()
        }),
        "viewer.next_region" => on(marked, nothing, |window| selected(window) == [region_id(3)]),
        "viewer.previous_region" => on(marked, nothing, |window| selected(window) == [region_id(1)]),
        "viewer.fit" => {
            on(pair, |window| ask(window, "viewer.zoom_in"), |window| pane(window).framing.zoom.is_none())
        }
        "viewer.zoom_in" => {
            on(pair, nothing, |window| pane(window).framing.zoom.is_some_and(|zoom| zoom > 2.0))
        }
        "viewer.zoom_out" => {
            on(pair, nothing, |window| pane(window).framing.zoom.is_some_and(|zoom| zoom < 2.0))
        }
        "viewer.one_to_one" => on(pair, nothing, |window| pane(window).framing.zoom == Some(1.0)),
        "viewer.turn_right" => on(pair, nothing, |window| pane(window).framing.quarter_turns == 1),
        "viewer.turn_left" => on(pair, nothing, |window| pane(window).framing.quarter_turns == 3),
        "viewer.mirror_across" => on(pair, nothing, |window| {
            pane(window).framing.is_mirrored && pane(window).framing.quarter_turns == 0
        }),
        "viewer.mirror_down" => on(pair, nothing, |window| {
            pane(window).framing.is_mirrored && pane(window).framing.quarter_turns == 2
        }),
        "viewer.marks" => on(marked, nothing, |window| state(window).held.marks_off),
        "viewer.invert" => on(pair, nothing, |window| pane(window).is_inverted),
        "viewer.window_auto" => {
            on(pair, nothing, |window| pane(window).windowing == Windowing::Choice(WindowChoice::Auto))
        }
        "viewer.window_file" => on(pair, auto, |window| pane(window).windowing == Windowing::default()),
        "viewer.window_1" => on(pair, auto, |window| has_window(window, 1)),
        "viewer.window_2" => on(pair, auto, |window| has_window(window, 2)),
        "viewer.window_3" => on(pair, auto, |window| has_window(window, 3)),
        "viewer.window_4" => on(pair, auto, |window| has_window(window, 4)),
        "viewer.window_5" => on(pair, auto, |window| has_window(window, 5)),
        "viewer.window_6" => on(pair, auto, |window| has_window(window, 6)),
        "viewer.window_7" => on(pair, auto, |window| has_window(window, 7)),
        "viewer.window_8" => on(pair, auto, |window| has_window(window, 8)),
        "viewer.window_9" => on(pair, auto, |window| has_window(window, 9)),
        "viewer.link_windows" => on(pair, nothing, |window| !state(window).viewer.is_linked),
        "viewer.corner" => on(pair, nothing, |window| state(window).viewer.corner == CornerText::Short),
        "viewer.keep_view" => on(
            pair,
            |window| ask(window, "viewer.turn_right"),
            |window| case(window).image(id(2, 22)).unwrap().display.quarter_turns == 1,
        ),
        "viewer.key_image" => on(pair, nothing, |window| case(window).image(id(2, 22)).unwrap().key),
        "viewer.play" => on(clip, nothing, |window| pane(window).playing.is_some()),
        "viewer.next" => on(clip, nothing, |window| pane(window).frame == 2),
        "viewer.previous" => on(pair, nothing, |window| pane(window).image == Some(id(2, 21))),
        "viewer.next_series" => on(
            pair,
            |window| ask(window, "viewer.previous_series"),
            |window| pane(window).image == Some(id(2, 22)),
        ),
        "viewer.previous_series" => on(pair, nothing, |window| pane(window).image == Some(id(2, 21))),
        "viewer.first_frame" => {
            on(clip, |window| ask(window, "viewer.last_frame"), |window| pane(window).frame == 1)
        }
        "viewer.last_frame" => on(clip, nothing, |window| {
            pane(window).frame > 1
                && Some(pane(window).frame) == case(window).images().next().map(|(_, i)| i.frames)
        }),
        "viewer.right_pane" => on(pair, nothing, |window| state(window).viewer.focus == 1),
        "viewer.left_pane" => {
            on(pair, |window| ask(window, "viewer.right_pane"), |window| state(window).viewer.focus == 0)
        }
        "viewer.layout_1" => on(pair, nothing, |window| state(window).viewer.layout == Layout::One),
        "viewer.layout_1x2" => on(
            pair,
            |window| ask(window, "viewer.layout_1"),
            |window| state(window).viewer.layout == Layout::TwoAcross,
        ),
        "viewer.layout_2x1" => on(pair, nothing, |window| state(window).viewer.layout == Layout::TwoDown),
        "viewer.layout_2x2" => on(pair, nothing, |window| state(window).viewer.layout == Layout::Four),
        "viewer.panels" => on(pair, nothing, |window| window.query_by_label("IMAGES").is_none()),
        _ => None,
    }
}

fn of_case(command: &str) -> Option<Trial> {
    match command {
        "case.link" => on(marked, nothing, |window| {
            has_evidence(window, |target| *target == Target::Region { region: region_id(2) })
        }),
        "case.link-image" => on(marked, nothing, |window| {
            has_evidence(window, |target| matches!(target, Target::Image { .. }))
        }),
        "case.add-finding" => on(marked, nothing, |window| case(window).findings.len() == 2),
        "case.add-statement" => on(marked, nothing, |window| case(window).statements().count() == 3),
        "case.delete-statement" => on(marked, nothing, |window| {
            case(window).statement(statement_id(2)).is_none() && case(window).statements().count() == 1
        }),
        "region.hide" => on(marked, nothing, |window| state(window).selection.hidden.contains(&region_id(2))),
        "region.show-all" => on(
            marked,
            |window| ask(window, "region.hide"),
            |window| state(window).selection.hidden.is_empty(),
        ),
        "region.lock" => on(marked, nothing, |window| state(window).selection.locked.contains(&region_id(2))),
        "image.unread" => on(
            pair,
            |window| ask(window, "image.in-progress"),
            |window| read_word(window) == reads::word(&ReadState::Unread),
        ),
        "image.in-progress" => on(pair, nothing, |window| read_word(window) == "in progress"),
        "image.none-seen" => on(pair, nothing, |window| read_word(window) == "read, none seen"),
        "image.not-assessable" => on(pair, nothing, |window| read_word(window) == "not assessable"),
        "image.excluded" => on(pair, nothing, |window| read_word(window) == "excluded"),
        "case.done-next" => on(marked, nothing, |window| {
            let states: Vec<&str> = case(window).reads.iter().map(|read| reads::word(&read.state)).collect();
            states == ["read, marked"] && state(window).selection.image == Some(id(2, 21))
        }),
        _ => None,
    }
}

/// Tried with files of their own: a presentation state, in `looking`.
const ELSEWHERE: [&str; 3] = ["viewer.next_state", "viewer.state_off", "case.restore"];

fn trial(command: &str) -> Option<Trial> {
    shell(command)
        .or_else(|| of_library(command))
        .or_else(|| tools(command))
        .or_else(|| viewer(command))
        .or_else(|| of_case(command))
}

fn check(command: &Command) {
    let id = command.id;
    let Some(trial) = trial(id) else { panic!("{id}: no case here does it; add one") };
    let (_folder, mut window) = (trial.ground)();
    (trial.before)(&mut window);
    window.run_steps(1);
    assert!(!(trial.effect)(&window), "{id}: what it does is so before it is done");
    assert_eq!((command.when)(state(&window)), Ok(()), "{id} can be done here");
    ask_with(&mut window, id, arg_of(id));
    let until = Instant::now() + Duration::from_secs(20);
    while !(trial.effect)(&window) {
        assert!(Instant::now() < until, "{id} did not do it; said: {:?}", said(state(&window)));
        window.step();
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Those of one room, so that rooms are tried side by side.
fn check_all(prefixes: &[&str]) {
    let is_here = |id: &str| prefixes.iter().any(|prefix| id.starts_with(prefix)) && !ELSEWHERE.contains(&id);
    let mut count = 0;
    for command in commands::all().filter(|command| is_here(command.id)) {
        check(command);
        count += 1;
    }
    assert!(count > 0, "{prefixes:?} are no rooms");
}

const ROOMS: [&[&str]; 4] = [
    &["file.", "edit.", "screen.", "view.", "help."],
    &["library."],
    &["tool.", "viewer."],
    &["case.", "region.", "image."],
];

#[test]
fn every_command_of_the_shell_does_what_it_says() {
    check_all(ROOMS[0]);
}

#[test]
fn every_command_of_the_library_does_what_it_says() {
    check_all(ROOMS[1]);
}

#[test]
fn every_command_of_the_viewer_does_what_it_says() {
    check_all(ROOMS[2]);
}

#[test]
fn every_command_of_the_case_does_what_it_says() {
    check_all(ROOMS[3]);
}

#[test]
fn no_command_is_left_out() {
    let in_a_room = |id: &str| ROOMS.iter().flat_map(|room| room.iter()).any(|prefix| id.starts_with(prefix));
    let uncovered: BTreeSet<&str> = commands::all()
        .map(|command| command.id)
        .filter(|id| (trial(id).is_none() && !ELSEWHERE.contains(id)) || !in_a_room(id))
        .collect();
    assert!(uncovered.is_empty(), "no case here does {uncovered:?}; add one");
}

#[test]
fn a_command_that_cannot_be_done_says_why() {
    let mut state = memory::state();
    for command in commands::all() {
        let Err(why) = (command.when)(&state) else { continue };
        commands::run(&mut state, command.id, &commands::Arg::None);
        assert_eq!(said(&state)[0], format!("{}: {why}", command.name));
        assert!(state.session.is_none() && state.screen == Screen::Library, "{} did something", command.id);
    }
}

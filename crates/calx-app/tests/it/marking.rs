//! What is done to marks as wholes, and to the scale they are measured by: by keys, names and pixels only.

use calx_app::host::offscreen::Offscreen;
use calx_model::{Case, Shape, SpacingBasis};

use crate::story::{OPEN, case, on_disk, play, start, workspace};

/// Two boxes that overlap by half, the first at the left; none selected.
const TWO_BOXES: &str = "key Shift+E\ndrag \"Viewport 1\" image 60,60 -> \"Viewport 1\" image 100,100\nkey Esc\nkey Esc\n\
     key Shift+E\ndrag \"Viewport 1\" image 80,60 -> \"Viewport 1\" image 120,100\nkey Esc\nkey Esc\nwait saved\n";
/// The second is selected first.
const BOTH: &str = "click \"Region 2 in viewport 1\"\nkey S\n\
     click \"Viewport 1\" image 60,80 with Shift\nwait idle\n";

fn opened() -> (tempfile::TempDir, std::path::PathBuf, Offscreen) {
    let (folder, root) = workspace();
    let mut host = Offscreen::open(start(&root), false).unwrap();
    play(&mut host, OPEN);
    (folder, root, host)
}

fn area(case: &Case, at: usize) -> f64 {
    match &case.regions[at].shape {
        Shape::Area(area) => area.area_px2(),
        Shape::Rectangle(rectangle) => rectangle.area_px2(),
        other => panic!("no area: {other:?}"),
    }
}

#[test]
fn marks_merge_into_the_one_selected_first() {
    let (_folder, root, mut host) = opened();
    play(&mut host, TWO_BOXES);
    play(&mut host, BOTH);
    let second = case(&host).regions[1].id;
    assert_eq!(host.app.state.selection.regions.len(), 2);
    play(&mut host, "key U\nwait saved\n");
    assert_eq!(case(&host).regions.len(), 1);
    assert_eq!(case(&host).regions[0].id, second, "it keeps its id");
    // 40 × 40 twice, less what is common: 20 × 40.
    assert!((area(case(&host), 0) - 2400.0).abs() < 150.0, "{}", area(case(&host), 0));
    assert_eq!(on_disk(&root).regions, case(&host).regions);
    play(&mut host, "key Ctrl+Z\nwait saved\n");
    assert_eq!(case(&host).regions.len(), 2, "one step of undo");
}

#[test]
fn marks_are_taken_out_of_the_one_selected_first_and_nothing_is_refused() {
    let (_folder, _root, mut host) = opened();
    play(&mut host, TWO_BOXES);
    play(&mut host, BOTH);
    play(&mut host, "key Shift+U\nwait saved\n");
    assert_eq!(case(&host).regions.len(), 2);
    assert!((area(case(&host), 1) - 800.0).abs() < 80.0, "{}", area(case(&host), 1));
    assert!((area(case(&host), 0) - 1600.0).abs() < 150.0, "the other stays");
    // What is left lies outside of the first; its own copy takes all of it away.
    let before = case(&host).revision;
    play(&mut host, "key Shift+U\nwait idle\n");
    play(&mut host, "key Esc\nkey Esc\nclick \"Region 1 in viewport 1\"\nkey Ctrl+A\nwait idle\n");
    assert_eq!(host.app.state.selection.regions.len(), 2, "all of the image");
    play(&mut host, "key Shift+K\nkey U\nwait idle\n");
    let said = host.app.state.toasts.all().next().unwrap_or_default().to_owned();
    assert!(said.contains("locked"), "{said}");
    assert!(case(&host).revision <= before + 1);
}

#[test]
fn marks_are_duplicated_copied_pasted_and_nudged() {
    let (_folder, root, mut host) = opened();
    play(&mut host, TWO_BOXES);
    play(&mut host, "click \"Region 1 in viewport 1\"\nkey Ctrl+D\nwait saved\n");
    assert_eq!(case(&host).regions.len(), 3);
    let bounds = |case: &Case, at: usize| case.regions[at].shape.bounds().unwrap().min.point();
    let (from, to) = (bounds(case(&host), 0), bounds(case(&host), 2));
    assert!(to.x > from.x && to.y > from.y, "beside it: {from:?} {to:?}");
    assert_eq!(host.app.state.selection.regions.len(), 1, "the copy is selected");
    play(&mut host, "key Ctrl+C\nwait idle\nkey Ctrl+V\nwait saved\n");
    assert_eq!(case(&host).regions.len(), 4);
    assert!(area(case(&host), 3) > 1000.0);
    play(&mut host, "key Alt+Right\nkey Alt+Shift+Down\nwait saved\n");
    let (from, to) = (bounds(&on_disk(&root), 2), bounds(case(&host), 3));
    assert!(to.y - from.y > 10.0, "{from:?} {to:?}");
    // What is no region is refused with a word.
    let count = case(&host).regions.len();
    play(&mut host, "do region.paste \"12 kg\"\nwait idle\n");
    assert_eq!(case(&host).regions.len(), count);
    assert!(host.app.state.toasts.all().next().unwrap().contains("holds no regions"));
}

#[test]
fn a_known_length_gives_the_image_its_scale() {
    let (_folder, root, mut host) = opened();
    play(
        &mut host,
        "do tool.calibrate\ndrag \"Viewport 1\" image 60,80 -> \"Viewport 1\" image 160,80\n\
         wait \"This length is\"\nwait idle\ntype \"25\\n\"\nwait saved\nexpect no \"Set scale\"\n",
    );
    assert!(case(&host).regions.is_empty(), "a line to calibrate by is no mark");
    let image = on_disk(&root).images().next().unwrap().1.clone();
    let scale = image.user_scale.clone().expect("a scale is kept");
    assert_eq!(scale.basis, SpacingBasis::User);
    assert!((scale.between_columns_mm - 0.25).abs() < 0.01, "{scale:?}");
    // A length drawn now says where its millimetres come from, on its card too.
    play(
        &mut host,
        "key D\ndrag \"Viewport 1\" image 60,120 -> \"Viewport 1\" image 100,120\nwait saved\nwait idle\n\
         expect \"Calibrate by region 1\"\ndo image.file_scale\nwait saved\n",
    );
    assert!(on_disk(&root).images().next().unwrap().1.user_scale.is_none());
    play(&mut host, "do image.file_scale\n".replace("do", "key Ctrl+Z\n#").as_str());
    assert!(case(&host).images().next().unwrap().1.user_scale.is_some(), "one step of undo");
}

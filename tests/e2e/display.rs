//! The window on a display of its own, driven as by a hand: a mouse that moves, keys that go down.
//!
//! Not here: what is found by its name (`window`).
//!
//! Invariants
//! - The display is no screen and listens to nobody outside this machine; its number is the server's own choice.
//! - Nothing is waited for by the clock: each step goes on when what it caused is seen, on the display or on disk.
//! - What was seen is kept in `target/e2e/display`, to be looked at.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::driver::{Place, Ran, kept, run, skip, wait};

/// What no single thing on a display comes near.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than two clicks of a double click may lie apart.
const APART: Duration = Duration::from_millis(400);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(20);

/// A display without a screen.
struct Display {
    server: Child,
    name: String,
    /// Where the server keeps what it shows.
    frame: PathBuf,
    /// Removed behind it.
    _folder: tempfile::TempDir,
}

/// What a display shows.
struct Seen {
    width: usize,
    height: usize,
    /// Red, green and blue of each pixel.
    rgb: Vec<[u8; 3]>,
}

impl Seen {
    /// Reads the server's own picture: X Window Dump, version 7, 32 bits a pixel.
    fn of(bytes: &[u8]) -> Self {
        let word = |at: usize| {
            let bytes = bytes[4 * at..4 * at + 4].try_into().unwrap();
            usize::try_from(u32::from_be_bytes(bytes)).unwrap()
        };
        assert_eq!((word(1), word(11)), (7, 32), "the server keeps another kind of picture");
        let (width, height, row, begin) = (word(4), word(5), word(12), word(0) + 12 * word(19));
        let rows = bytes[begin..].chunks_exact(row).take(height);
        let pixels = rows.flat_map(|row| row.chunks_exact(4).take(width));
        Self { width, height, rgb: pixels.map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect() }
    }

    fn at(&self, x: u32, y: u32) -> [u8; 3] {
        self.rgb[usize::try_from(y).unwrap() * self.width + usize::try_from(x).unwrap()]
    }

    /// How bright it is where the left one of two hands is shown.
    fn brightness_of_the_hand(&self) -> u32 {
        let places = (300..600).step_by(10).flat_map(|x| (250..700).step_by(10).map(move |y| (x, y)));
        let (mut sum, mut count) = (0, 0);
        for (x, y) in places {
            sum += u32::from(self.at(x, y)[1]);
            count += 1;
        }
        sum / count
    }
}

impl Display {
    /// One, where the programs are that it needs; otherwise says what is missing.
    #[track_caller]
    fn open() -> Option<Self> {
        for (program, argument) in [("xdotool", "--version"), ("Xvfb", "-help")] {
            let is_there = Command::new(program).arg(argument).output().is_ok();
            if !is_there {
                skip(&format!("no {program}"));
                return None;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        // A server begins anew when its last client goes, and refuses others meanwhile; this one stays as it is.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
            .args(["-screen", "0", "1440x900x24", "-fbdir"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let (frame, name) = (folder.path().join("Xvfb_screen0"), format!(":{}", number.trim()));
        let display = Self { server, name, frame, _folder: folder };
        assert!(!number.trim().is_empty(), "Xvfb did not say which display it is");
        Some(display)
    }

    fn seen(&self) -> Seen {
        Seen::of(&std::fs::read(&self.frame).unwrap())
    }

    /// Keeps what is seen now.
    fn keep(&self, name: &str) {
        let Seen { width, height, rgb } = self.seen();
        let file = File::create(kept("display").join(format!("{name}.png"))).unwrap();
        let side = |side: usize| u32::try_from(side).unwrap();
        let mut encoder = png::Encoder::new(file, side(width), side(height));
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(rgb.as_flattened()).unwrap();
    }

    /// Waits until something is seen.
    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn(&Seen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so(&self.seen()) {
            if Instant::now() > end {
                self.keep("not-seen");
                panic!("{what}: not seen within {} s; target/e2e/display/not-seen.png", PATIENCE.as_secs());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Does what `xdotool` is told.
    #[track_caller]
    fn hand(&self, args: &[&str]) -> String {
        let ran = self.try_hand(args);
        assert_eq!(ran.code, 0, "xdotool {args:?}: {}", ran.err);
        ran.out
    }

    fn try_hand(&self, args: &[&str]) -> Ran {
        run(Command::new("xdotool").args(args).env("DISPLAY", &self.name).stdin(Stdio::null()))
    }

    fn point(&self, (x, y): (u32, u32)) {
        self.hand(&["mousemove", &x.to_string(), &y.to_string()]);
    }

    fn key(&self, keys: &str) {
        self.hand(&["key", "--clearmodifiers", keys]);
    }

    fn write(&self, words: &str) {
        self.hand(&["type", "--delay", "20", words]);
    }

    /// Draws an outline with the tool in hand: each corner is there before the next one is clicked.
    fn draw(&self, corners: [(u32, u32); 4]) {
        let mut last = Instant::now();
        for (index, corner) in corners.into_iter().enumerate() {
            self.point(corner);
            std::thread::sleep(APART.saturating_sub(last.elapsed()));
            self.hand(&["click", "1"]);
            // The pointer goes away, and the white handle of the corner is seen.
            self.point(corners[(index + 1) % corners.len()]);
            let (x, y) = corner;
            self.until(&format!("corner {} of the outline", index + 1), |seen| {
                [(0, 0), (2, 0), (0, 2), (2, 2)]
                    .iter()
                    .all(|(dx, dy)| seen.at(x - 1 + dx, y - 1 + dy) == [255; 3])
            });
            last = Instant::now();
        }
        self.key("Return");
    }

    /// Gives the window of the case the keyboard, once it is there with its images.
    #[track_caller]
    fn focus(&self) {
        self.until("the images of the case", |seen| seen.brightness_of_the_hand() > 40);
        until("the window of the case", || {
            let found = self.try_hand(&["search", "--onlyvisible", "--name", "Case 52"]).out;
            let Some(window) = found.lines().next() else { return false };
            // One that went away in between is looked for again.
            self.try_hand(&["windowfocus", "--sync", window]).code == 0
        });
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // A server that is gone already has nothing left to end.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "{what} did not come within {} s", PATIENCE.as_secs());
        std::thread::sleep(LOOK);
    }
}

/// The model case at a quarter of its size, in a workspace of its own.
struct Demo {
    place: Place,
    workspace: String,
}

impl Demo {
    fn new() -> Self {
        let place = Place::new();
        let mut demo =
            place.command(&["demo", "--out", "made", "--scale", "0.25", "--renderer", "cpu", "-q"]);
        run(demo.env_remove("CALX_WORKSPACE")).expect(0);
        let workspace = place.path("made/workspace");
        Self { place, workspace }
    }

    fn json(&self, args: &[&str]) -> serde_json::Value {
        self.place.ok(&[args, &["-w", &self.workspace, "--json"]].concat()).json()
    }

    fn rows(&self, what: &str) -> Vec<serde_json::Value> {
        self.json(&["ls", what, "--case", "52"])["rows"].as_array().unwrap().clone()
    }

    /// The window with the case in it, in focus.
    fn open(&self, display: &Display, more: &[&str]) -> Child {
        let args = [&["open", "--case", "52", "-w", &self.workspace], more].concat();
        let mut window = self.place.command(&args);
        // No settings but the usual ones.
        window.env("DISPLAY", &display.name).env("XDG_CONFIG_HOME", self.place.path("config"));
        window.env_remove("WAYLAND_DISPLAY");
        let window = window.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        display.focus();
        window
    }
}

/// Waits until a window ends; what it wrote to stderr.
#[track_caller]
fn ended(mut window: Child) -> String {
    let code = wait(&mut window, PATIENCE);
    let mut said = String::new();
    std::io::Read::read_to_string(&mut window.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(code, 0, "{said}");
    said
}

/// In the left of two hands, well inside the pane.
const CORNERS: [(u32, u32); 4] = [(420, 380), (500, 380), (500, 460), (420, 460)];

#[test]
fn a_hand_at_mouse_and_keyboard_marks_links_and_quits() {
    let Some(display) = Display::open() else { return };
    let demo = Demo::new();
    let (regions, statements) = (demo.rows("regions").len(), demo.rows("statements").len());
    let window = demo.open(&display, &[]);
    display.keep("opened");
    display.key("p");
    display.draw(CORNERS);
    until("the region", || demo.rows("regions").len() == regions + 1);
    display.keep("drawn");
    display.key("ctrl+k");
    display.write("add a finding");
    display.key("Return");
    until("the finding", || demo.rows("statements").len() == statements + 1);
    // At once: what is typed while the new field opens belongs to it.
    display.write("Drawn by hand.");
    display.key("ctrl+l");
    let is_linked = || {
        let last = demo.rows("statements").pop().unwrap();
        last["text"] == "Drawn by hand."
            && last["evidence"] == serde_json::json!([format!("region {}", regions + 1)])
    };
    until("the link", is_linked);
    display.keep("linked");
    display.key("ctrl+q");
    assert_eq!(ended(window), "", "the window closes without a word");

    let drawn = demo.rows("regions").pop().unwrap();
    assert_eq!(
        (&drawn["shape"], &drawn["statements"]),
        (&"area".into(), &serde_json::json!(["6.1"])),
        "{drawn}"
    );
    let log = demo.json(&["case", "log", "52"]);
    let tools: Vec<&str> =
        log["rows"].as_array().unwrap().iter().filter_map(|row| row["tool"].as_str()).collect();
    let [.., link] = tools.as_slice() else { panic!("no rows: {log}") };
    let has_polygon = tools.iter().any(|tool| tool.contains("polygon"));
    assert!(link.contains("evidence link") && has_polygon, "{tools:?}");
    assert_eq!(demo.json(&["verify", "--deep"])["whole"], true);
}

#[test]
fn a_graphics_device_that_is_lost_costs_nothing() {
    let Some(display) = Display::open() else { return };
    let demo = Demo::new();
    let regions = demo.rows("regions").len();
    // Later than the window comes to rest with its images.
    let window = demo.open(&display, &["--fault", "gpu-lost@60"]);
    display.key("p");
    // Each move is a pass; in one of them the device goes, and the program begins anew in its own place.
    let arguments = format!("/proc/{}/cmdline", window.id());
    let mut at = 0;
    until("the loss", || {
        at = (at + 7) % 200;
        display.point((400 + at, 420));
        std::fs::read_to_string(&arguments).is_ok_and(|text| text.contains("--lost-at"))
    });
    let lost = Instant::now();
    while display.seen().brightness_of_the_hand() > 5 && lost.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(LOOK);
    }
    display.focus();
    println!("back with its images {:.1} s after the loss (goal 3 s)", lost.elapsed().as_secs_f64());
    display.keep("back");
    // With the same tool on the same case: the outline is drawn without taking it up again.
    display.draw(CORNERS);
    until("the region", || demo.rows("regions").len() == regions + 1);
    display.key("ctrl+q");
    ended(window);
    assert_eq!(demo.rows("regions").len(), regions + 1);
    assert_eq!(demo.json(&["verify", "--deep"])["whole"], true);
}

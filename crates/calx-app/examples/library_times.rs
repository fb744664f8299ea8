//! How long the library takes to be usable, to answer words and to scroll, offscreen and without a graphics adapter.
//!
//! `library_times WORKSPACE` opens it as the window does and prints: from opening to the pass that shows rows; from each
//! key of a word to the pass that shows its answer; the passes of a scroll through the whole list.

#![allow(clippy::print_stdout, reason = "an example that prints lines")]

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use calx_app::AppStart;
use calx_app::host::offscreen::Offscreen;
use calx_dicom::WorkerOptions;
use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, pos2, vec2};

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Passes until `done`; how long that took, and the longest pass in ms.
fn until(host: &mut Offscreen, mut events: Vec<Event>, done: impl Fn(&Offscreen) -> bool) -> (Duration, f64) {
    let began = Instant::now();
    let mut longest: f64 = 0.0;
    while began.elapsed() < Duration::from_secs(60) {
        longest = longest.max(host.pass(std::mem::take(&mut events)));
        if done(host) {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    (began.elapsed(), longest)
}

fn key(key: Key, modifiers: Modifiers) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::args().nth(1).ok_or("library_times WORKSPACE")?);
    let began = Instant::now();
    let start = AppStart::of(Some(root), "bench", WorkerOptions::new("calx", ["decode-worker"]));
    let mut host = Offscreen::open(start, false)?;
    until(&mut host, Vec::new(), |host| !host.app.state.library.keys().is_empty());
    println!("rows are shown {:.0} ms after the start", ms(began.elapsed()));
    until(&mut host, Vec::new(), |host| host.app.is_idle());
    println!(
        "all {} rows are there after {:.0} ms",
        host.app.state.library.keys().len(),
        ms(began.elapsed())
    );

    host.app.state.ask("library.search");
    for _ in 0..3 {
        host.pass(Vec::new());
    }
    for letter in "hand".chars() {
        let (time, longest) = until(&mut host, vec![Event::Text(letter.to_string())], |host| {
            host.app.state.library.is_answered()
        });
        println!("'{letter}' answered in {:.1} ms, longest pass {longest:.1} ms", ms(time));
    }
    (0..4).for_each(|_| {
        until(&mut host, vec![key(Key::Backspace, Modifiers::NONE)], Offscreen::is_idle);
    });
    host.pass(vec![Event::PointerMoved(pos2(400.0, 500.0))]);
    let mut passes = Vec::new();
    for _ in 0..300 {
        let wheel = Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, -900.0),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        };
        passes.push(host.pass(vec![wheel]));
    }
    passes.sort_by(f64::total_cmp);
    let at = |share: usize| passes.get((passes.len() - 1) * share / 100).copied().unwrap_or_default();
    println!("scrolled: median pass {:.1} ms, 99 % within {:.1} ms, worst {:.1} ms", at(50), at(99), at(100));
    Ok(())
}

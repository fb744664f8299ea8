//! Short messages over the screen, and the list of those that were.
//!
//! Invariants
//! - A message that went by can be read again: the list keeps the last ones.

use egui::{Align2, Area, Id, Order, vec2};

use super::theme;

/// How many are kept to be read again.
const KEPT: usize = 200;
/// Width of a message, no wider than the panel at the right of a screen: it stands over no field beside that.
const WIDTH: f32 = 284.0;
/// How many are shown at a time.
const SHOWN: usize = 3;

/// Short messages.
#[derive(Debug, Default)]
pub struct Toasts {
    lines: Vec<Toast>,
    /// Height of what stands at the bottom in this pass and must be reached.
    lift: f32,
}

#[derive(Debug)]
struct Toast {
    words: String,
    until: Until,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// Of undo and redo; with a command that is offered, and its word.
    Step(Option<(&'static str, &'static str)>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Until {
    /// Not shown yet.
    New,
    Time(f64),
    Gone,
}

impl Toasts {
    /// Says something.
    pub fn say(&mut self, words: impl Into<String>) {
        let words = words.into();
        // The same again is not said twice over.
        if let Some(last) = self.lines.last_mut()
            && last.words == words
            && last.until != Until::Gone
        {
            last.until = Until::New;
            return;
        }
        self.push(words, Kind::Plain);
    }

    /// Says what undo or redo did, with a command that is offered beside it; the one said before gives way to it, so
    /// that many steps are one message.
    pub fn say_step(&mut self, words: impl Into<String>, offer: Option<(&'static str, &'static str)>) {
        let is_shown = |toast: &Toast| matches!(toast.kind, Kind::Step(_)) && toast.until != Until::Gone;
        // What an earlier one offered is offered by this one, if at all.
        for toast in &mut self.lines {
            if matches!(toast.kind, Kind::Step(_)) {
                toast.kind = Kind::Step(None);
            }
        }
        if let Some(last) = self.lines.last_mut().filter(|toast| is_shown(toast)) {
            *last = Toast { words: words.into(), until: Until::New, kind: Kind::Step(offer) };
            return;
        }
        self.push(words.into(), Kind::Step(offer));
    }

    fn push(&mut self, words: String, kind: Kind) {
        self.lines.push(Toast { words, until: Until::New, kind });
        let surplus = self.lines.len().saturating_sub(KEPT);
        self.lines.drain(..surplus);
    }

    /// All that was said, the last first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().rev().map(|toast| toast.words.as_str())
    }

    /// Takes in what time did.
    pub fn tick(&mut self, seconds: f64) {
        for toast in &mut self.lines {
            toast.until = match toast.until {
                Until::New => Until::Time(seconds + reading_seconds(&toast.words)),
                Until::Time(until) if until <= seconds => Until::Gone,
                other => other,
            };
        }
    }

    /// When the next of them goes, or comes; none while there is none.
    #[must_use]
    pub fn due(&self) -> Option<f64> {
        let due = self.lines.iter().filter_map(|toast| match toast.until {
            Until::New => Some(0.0),
            Until::Time(until) => Some(until),
            Until::Gone => None,
        });
        due.reduce(f64::min)
    }

    /// Keeps messages above a panel at the bottom, for this pass.
    pub const fn keep_above(&mut self, height: f32) {
        self.lift = height;
    }

    /// Draws those that are new; the command that was asked for in one. What cannot be done any more is not offered.
    pub fn show(&mut self, ctx: &egui::Context, may: impl Fn(&str) -> bool) -> Option<&'static str> {
        let lift = std::mem::take(&mut self.lift);
        let live = self.lines.iter_mut().rev().filter(|toast| toast.until != Until::Gone).take(SHOWN);
        let mut live: Vec<&mut Toast> = live.collect();
        if live.is_empty() {
            return None;
        }
        let mut asked = None;
        live.reverse();
        let area = Area::new(Id::unique("toasts")).order(Order::Foreground);
        area.anchor(Align2::RIGHT_BOTTOM, vec2(-8.0, -44.0 - lift)).show(ctx, |ui| {
            ui.set_width(WIDTH);
            for toast in live {
                let frame = theme::card().fill(theme::LIFTED).stroke((1.0, theme::QUIET));
                frame.show(ui, |ui| {
                    ui.horizontal_top(|ui| {
                        // The sign that closes it stands at the same place in all.
                        let room = vec2((ui.available_width() - 28.0).max(40.0), 0.0);
                        let column = egui::Layout::top_down(egui::Align::Min);
                        ui.allocate_ui_with_layout(room, column, |ui| {
                            ui.set_width(room.x);
                            ui.add(egui::Label::new(toast.words.as_str()).wrap());
                            if let Kind::Step(Some((command, word))) = toast.kind
                                && may(command)
                                && ui.button(word).accessible_name(format!("Message: {word}")).clicked()
                            {
                                asked = Some(command);
                            }
                        });
                        let close = ui.add(egui::Button::new("×").small().frame(false));
                        if close.accessible_name(format!("Dismiss: {}", toast.words)).clicked() {
                            toast.until = Until::Gone;
                        }
                    });
                });
            }
        });
        asked
    }
}

/// Long enough to be read twice.
fn reading_seconds(words: &str) -> f64 {
    let letters = u32::try_from(words.chars().count()).unwrap_or(u32::MAX);
    (f64::from(letters) * 0.08).clamp(4.0, 15.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_goes_and_can_be_read_again() {
        let mut toasts = Toasts::default();
        toasts.say("first");
        toasts.say("first");
        toasts.say("second");
        toasts.tick(10.0);
        assert_eq!(toasts.lines[0].until, Until::Time(14.0));
        toasts.tick(14.0);
        assert!(toasts.lines.iter().all(|toast| toast.until == Until::Gone));
        assert_eq!(toasts.all().collect::<Vec<_>>(), ["second", "first"]);
    }

    #[test]
    fn many_steps_are_one_message() {
        let mut toasts = Toasts::default();
        toasts.say_step("Taken back: region 2 added", Some(("edit.redo", "Redo")));
        toasts.say_step("Taken back: region 1 added", Some(("edit.redo", "Redo")));
        assert_eq!(toasts.all().collect::<Vec<_>>(), ["Taken back: region 1 added"]);
        toasts.say("Something else");
        toasts.say_step("Done again: region 1 added", None);
        assert_eq!(toasts.lines.len(), 3, "what came between stays where it was");
    }
}

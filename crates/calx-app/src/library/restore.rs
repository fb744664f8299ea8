//! A case that came in with an import, made one of the workspace again.
//!
//! Not here: finding it among what was imported (`import`), what its objects hold (`calx-workspace`).
//!
//! Invariants
//! - A case that is here is never changed.

use calx_dicom::derived::Changed;
use calx_model::{CaseId, SopInstanceUid, Stamp};
use calx_workspace::{CaseFound, Restored, Workspace};
use egui::{Align, Button, Label, Layout, RichText};

use super::desk::Ask;
use super::{Library, refresh};
use crate::commands::{Arg, CommandCall};
use crate::seams::WhyNot;
use crate::shell::theme;
use crate::state::{AppState, now};
use crate::work::saver::{Wanted, words};

/// Height of the list of cases, at most.
const HIGHEST: f32 = 96.0;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// The case.
    pub case: CaseId,
    /// The object it stands in.
    pub instance: SopInstanceUid,
    /// What there is to say of it.
    pub words: Vec<String>,
}

/// Makes it, on the desk's thread.
///
/// # Errors
/// Why not, in words; nothing is changed then.
pub(super) fn bring_back(workspace: &Workspace, found: &CaseFound, who: &str) -> Result<Back, String> {
    let which = found.words();
    let failed = |why: String| format!("Nothing was restored of {which}: {why}");
    let document = workspace.locate(&found.instance).map_err(|error| failed(words(&error)))?;
    let read = workspace.case_of_document(&document, &found.head, Vec::new(), Changed::Refused);
    let calx_dicom::Read { value: case, notices } = read.map_err(|error| failed(words(&error)))?;
    let tool = format!("calx case restore ({}, revision {})", found.instance, case.revision);
    let stamp = Stamp { at: now(), who: who.to_owned(), tool };
    let back = |words| Back { case: case.id, instance: found.instance.clone(), words };
    match workspace.restore_case(case.clone(), None, stamp).map_err(|error| failed(words(&error)))? {
        Restored::Made { writer, number_taken } => {
            let number = writer.document().case().number;
            writer.close().map_err(|error| failed(words(&error)))?;
            let mut said = vec![match number {
                Some(number) => format!("Case {number} is here again"),
                None => "The case is here again".to_owned(),
            }];
            if let (Some(taken), Some(number)) = (number_taken, number) {
                said.push(format!("The number {taken} is another case's here, it got {number}"));
            }
            said.extend(notices.iter().map(ToString::to_string));
            said.extend(workspace.lacks_of(&case).iter().map(|lack| format!("Of the case: {lack}")));
            Ok(back(said))
        }
        Restored::Here { .. } => Ok(back(vec!["It is here already, equal; nothing was changed".to_owned()])),
        Restored::Differs { number, edited } => {
            let here = number.map_or_else(|| "It".to_owned(), |number| format!("Case {number}"));
            Err(format!(
                "{here} is here with other content, last changed {}; it was left as it is. To have the other beside \
                 it, open another workspace and import there",
                edited.strftime("%Y-%m-%d %H:%M UTC")
            ))
        }
    }
}

impl Library {
    /// The cases that came in with the last import.
    fn cases_that_came(&self) -> &[CaseFound] {
        &self.importer.came().cases
    }

    /// The case that is meant by a number, the UID of its object, or nothing: the first that is not here.
    fn to_restore(&self, which: Option<&str>) -> Option<&CaseFound> {
        let is_meant = |found: &&CaseFound| match which {
            None => !found.is_here,
            Some(word) => {
                found.instance.as_str() == word || found.head.number.is_some_and(|n| n.to_string() == word)
            }
        };
        self.cases_that_came().iter().find(is_meant)
    }
}

/// Whether one came that is not here.
pub(super) fn may_restore(state: &AppState) -> Result<(), WhyNot> {
    super::commands::is_saved(state)?;
    match state.library.to_restore(None) {
        Some(_) => Ok(()),
        None => Err("the last import brought no case that is not here: import the folder of an export"),
    }
}

/// Asks for it: of the last import the case with that number or object, else the first that is not here.
pub(super) fn run(state: &mut AppState, arg: &Arg) {
    let which = arg.number().map(|number| number.to_string()).or_else(|| arg.text());
    match state.library.to_restore(which.as_deref().map(str::trim)).cloned() {
        Some(found) => {
            state.library.ask(Ask::Restore { found: Box::new(found), who: state.author.to_string() });
        }
        None => state.toasts.say("No such case came with the last import; nothing was changed"),
    }
}

/// Says what became of it, and opens it.
pub(super) fn take(state: &mut AppState, back: Result<Back, String>) {
    let back = match back {
        Ok(back) => back,
        Err(why) => return state.toasts.say(why),
    };
    back.words.into_iter().for_each(|words| state.toasts.say(words));
    state.library.importer.is_here(&back.instance);
    refresh(state);
    super::open(state, Wanted::Case(back.case));
}

/// Draws the cases that came in, each with what can be done with it.
pub(super) fn ui(library: &Library, ui: &mut egui::Ui, asked: &mut Option<CommandCall>) {
    let cases = library.cases_that_came();
    if cases.is_empty() || library.importer.is_running() {
        return;
    }
    let area = egui::ScrollArea::vertical().id_salt("cases that came").max_height(HIGHEST);
    area.auto_shrink([false, true]).show(ui, |ui| {
        for found in cases {
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let number = found.head.number.map_or_else(String::new, |number| format!(" {number}"));
                    if !found.is_here {
                        let button = Button::new(format!("Restore case{number}")).fill(theme::CHOSEN);
                        let tip = "Makes it a case of this workspace, with its marks, words and links, and opens it";
                        if ui.add(button).on_hover_text(tip).clicked() {
                            let arg = Arg::Text(found.instance.to_string());
                            *asked = Some(CommandCall { id: "case.restore", arg });
                        }
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let end = if found.is_here { "is in it, and in the workspace" } else { "is in it" };
                        let which = found.words();
                        let mut letters = which.chars();
                        let first = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter();
                        let words = format!("{} {end}", first.chain(letters).collect::<String>());
                        ui.add(Label::new(RichText::new(words).color(theme::TEXT)).truncate());
                    });
                });
            });
        }
    });
}

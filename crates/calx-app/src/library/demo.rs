//! The demo case, made beside the window and then opened.
//!
//! Not here: how it is made: whoever opens the window brings that (`calx-cli`).

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use calx_model::CaseId;

use super::{Library, open};
use crate::state::AppState;
use crate::work::saver::Wanted;
use crate::work::{Desk, Outbox, Told};

/// Makes the demo's workspace, or finds it made, and tells its folder and its case.
#[derive(Clone)]
pub struct MakeDemo(Arc<Making>);

type Making = dyn Fn() -> Result<(PathBuf, CaseId), String> + Send + Sync;

impl MakeDemo {
    /// One that is made by `work`, on a thread of its own.
    pub fn new(work: impl Fn() -> Result<(PathBuf, CaseId), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(work))
    }
}

impl fmt::Debug for MakeDemo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MakeDemo")
    }
}

/// The demo being made.
#[derive(Debug)]
pub(super) struct Coming(Desk<(), Result<(PathBuf, CaseId), String>>);

/// Begins to make it.
pub(super) fn begin(state: &mut AppState) {
    let Some(MakeDemo(work)) = state.demo.clone() else { return };
    let desk = Desk::open("demo", &state.wake, move |(), out: &Outbox<_>| out.tell(work()));
    match desk {
        Ok(desk) => {
            desk.ask(());
            state.library.demo = Some(Coming(desk));
        }
        Err(error) => state.toasts.say(format!("The demo case cannot be made: {error}")),
    }
}

/// Opens it once it is there.
pub(super) fn poll(state: &mut AppState) {
    let told = state.library.demo.as_ref().and_then(|Coming(desk)| desk.take().into_iter().next());
    let Some(told) = told else { return };
    state.library.demo = None;
    match told {
        Told::Said(Ok((root, case))) => {
            super::turn_to(state, root);
            open(state, Wanted::Case(case));
        }
        Told::Said(Err(why)) | Told::Broke(why) => {
            state.toasts.say(format!("The demo case was not made, and nothing else is changed: {why}"));
        }
    }
}

impl Library {
    /// Whether the demo is being made.
    #[must_use]
    pub const fn makes_demo(&self) -> bool {
        self.demo.is_some()
    }
}

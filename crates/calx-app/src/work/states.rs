//! Presentation states of studies, found and read beside the window.
//!
//! Not here: applying one (`calx-render`), which of them is on (`viewer`).
//!
//! Invariants
//! - A study is asked for once; a state that cannot be read is left out and logged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use calx_dicom::read_presentation_state;
use calx_model::{PresentationState, StudyInstanceUid};

use super::loader::Files;
use super::{Desk, Outbox, Told, Wake};

/// Grayscale Softcopy Presentation State Storage.
const SOP_CLASS: &str = "1.2.840.10008.5.1.4.1.1.11.1";

/// The states of a study.
pub(super) type Found = Arc<[Arc<PresentationState>]>;

/// What the thread is asked.
enum Ask {
    Study(StudyInstanceUid),
    /// In another workspace from now on.
    Root(PathBuf),
}

/// States by study.
pub(super) struct States {
    desk: Desk<Ask, (StudyInstanceUid, Found)>,
    /// Nothing for those that are being read.
    known: BTreeMap<StudyInstanceUid, Option<Found>>,
}

impl std::fmt::Debug for States {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("States").field("known", &self.known).finish_non_exhaustive()
    }
}

impl States {
    pub(super) fn open(root: Option<PathBuf>, wake: &Wake) -> std::io::Result<Self> {
        let mut files = Files::new(root);
        let desk = Desk::open("presentation-states", wake, move |ask, out: &Outbox<_>| match ask {
            Ask::Root(root) => files = Files::new(Some(root)),
            Ask::Study(study) => {
                let found = read(&mut files, &study).unwrap_or_else(|why| {
                    tracing::info!(%study, why, "no presentation states");
                    Vec::new()
                });
                out.tell((study, found.into()));
            }
        })?;
        Ok(Self { desk, known: BTreeMap::new() })
    }

    pub(super) fn turn_to(&mut self, root: &Path) {
        self.known.clear();
        self.desk.ask(Ask::Root(root.to_path_buf()));
    }

    /// The states of a study; none until they are read.
    pub(super) fn of(&mut self, study: &StudyInstanceUid) -> Option<Found> {
        if let Some(found) = self.known.get(study) {
            return found.clone();
        }
        self.known.insert(study.clone(), None);
        self.desk.ask(Ask::Study(study.clone()));
        None
    }

    pub(super) fn poll(&mut self) {
        for told in self.desk.take() {
            match told {
                Told::Said((study, found)) => {
                    self.known.insert(study, Some(found));
                }
                Told::Broke(why) => {
                    tracing::error!(%why, "reading presentation states broke down");
                    // Nobody waits for those any more.
                    self.known.values_mut().for_each(|found| {
                        found.get_or_insert_with(|| Arc::new([]));
                    });
                }
            }
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.desk.is_idle()
    }
}

fn read(files: &mut Files, study: &StudyInstanceUid) -> Result<Vec<Arc<PresentationState>>, String> {
    let workspace = files.workspace()?;
    let rows = workspace.instances(Some(study)).map_err(|error| super::saver::words(&error))?;
    let mut states = Vec::new();
    for row in rows.iter().filter(|row| row.sop_class.as_str() == SOP_CLASS) {
        let read = workspace.locate(&row.instance).map_err(|error| super::saver::words(&error)).and_then(
            |locator| read_presentation_state(&locator).map_err(|error| super::saver::words(&error)),
        );
        match read {
            Ok(read) => states.push(Arc::new(read.value)),
            Err(why) => tracing::info!(uid = %row.instance, why, "a presentation state is left out"),
        }
    }
    Ok(states)
}

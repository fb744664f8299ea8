//! The thread that writes exports, as the command line does, and looks what stands where one is to go.
//!
//! Not here: what is asked of it ([`crate::shell`]), how an export is written (`calx-export`).
//!
//! Invariants
//! - An export that is stopped or refused leaves nothing, and what stood at its target stands there still.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use calx_dicom::derived::DerivedOptions;
use calx_dicom::{FrameSource, WorkerOptions};
use calx_export::workspace_pixels::CACHE_BYTES;
use calx_export::{
    ExportError, ExportOptions, ExportReport, Means, Standing, Step, Watch, export_from, exporters, standing,
};
use calx_model::Case;
use calx_render::RendererChoice;
use calx_workspace::Workspace;

use super::desk::{Desk, Outbox, Wake};
use super::saver::words;

/// What the thread is asked.
#[derive(Debug)]
pub enum Ask {
    /// To look what stands there.
    Look(PathBuf),
    /// To write.
    Write(Box<ExportAsk>),
}

/// An export that is asked for.
#[derive(Debug)]
pub struct ExportAsk {
    /// The workspace that holds the images.
    pub root: PathBuf,
    /// The case, as it is now.
    pub case: Box<Case>,
    /// Names of exporters.
    pub targets: Vec<&'static str>,
    /// The folder that is made.
    pub folder: PathBuf,
    /// An earlier export in its place goes.
    pub replaces: bool,
    /// Objects that carry the patient may leave: a person said so, and the journal holds it.
    pub identity: bool,
    /// Of DICOM objects.
    pub derived: DerivedOptions,
    /// Set to stop it.
    pub stop: Arc<AtomicBool>,
}

/// What the thread tells.
#[derive(Debug)]
pub enum ExportTold {
    /// What stands where an export would go.
    Stands {
        /// There.
        folder: PathBuf,
        /// What, or why nobody knows.
        found: Result<Standing, String>,
    },
    /// How far it is.
    Step {
        /// What is done now: `html: image 2 of 4`.
        words: String,
        /// From 0 to 1.
        share: f32,
    },
    /// It is written.
    Done(Box<ExportReport>),
    /// It is not, and why.
    Failed {
        /// What happened, and that nothing was left.
        why: String,
        /// What to do.
        hint: Option<String>,
    },
}

/// Opens the thread; `workers` decode.
///
/// # Errors
/// The system gives no thread.
pub fn open(workers: WorkerOptions, wake: &Wake) -> std::io::Result<Desk<Ask, ExportTold>> {
    Desk::open("export", wake, move |ask: Ask, out| {
        out.tell(match ask {
            Ask::Look(folder) => {
                let found = standing(&folder).map_err(|error| words(&error));
                ExportTold::Stands { folder, found }
            }
            Ask::Write(ask) => match write(&ask, &workers, out) {
                Ok(report) => ExportTold::Done(Box::new(report)),
                Err(Refused { why, hint }) => ExportTold::Failed { why, hint },
            },
        });
    })
}

struct Refused {
    why: String,
    hint: Option<String>,
}

fn write(
    ask: &ExportAsk,
    workers: &WorkerOptions,
    out: &Outbox<ExportTold>,
) -> Result<ExportReport, Refused> {
    let unopened = |error: &dyn std::error::Error| Refused { why: words(error), hint: None };
    let workspace = Workspace::open(&ask.root).map_err(|error| unopened(&error))?;
    let mut renderer = calx_render::open(RendererChoice::Auto).map_err(|error| unopened(&error))?;
    let drawing = ask.targets.iter().filter(|name| goes_through_images(name)).count();
    let images = ask.case.images().count();
    let follower = Follower {
        stop: &ask.stop,
        out,
        images,
        steps: (drawing * images + 1).max(1),
        at: std::cell::Cell::new(At { exporter: "", done: 0 }),
    };
    let frames = FrameSource::new(CACHE_BYTES, workers.clone());
    let means = Means { frames, renderer: renderer.as_mut(), watch: &follower };
    let options = ExportOptions {
        force: ask.replaces,
        identity: ask.identity,
        // A case of several patients leaves by the command line only, where it is said.
        several_patients: false,
        derived: ask.derived,
        predecessors: Vec::new(),
    };
    export_from(&workspace, &ask.case, &ask.targets, &ask.folder, &options, means).map_err(|error| Refused {
        why: words(&error),
        hint: match &error {
            // What to press here, not what to type at a prompt.
            ExportError::Exists { .. } => {
                Some("tick “Replace an earlier export”, or choose another folder".to_owned())
            }
            // The case says that all its images are synthetic, and a file does not.
            ExportError::IdentityNotAsked => Some(
                "a file no longer says that it is synthetic; import it again, or leave DICOM objects out"
                    .to_owned(),
            ),
            ExportError::BurnedIn { .. } | ExportError::Stopped => None,
            other => other.hint(),
        },
    })
}

fn goes_through_images(name: &str) -> bool {
    exporters().iter().any(|exporter| exporter.name() == name && exporter.needs().pixels)
}

#[derive(Debug, Clone, Copy)]
struct At {
    exporter: &'static str,
    done: u16,
}

/// Tells the window how far it is, and hears from it that it is to stop.
#[derive(Debug)]
struct Follower<'a> {
    stop: &'a AtomicBool,
    out: &'a Outbox<ExportTold>,
    images: usize,
    steps: usize,
    at: std::cell::Cell<At>,
}

impl Watch for Follower<'_> {
    fn may_go_on(&self, step: Step) -> bool {
        let mut at = self.at.get();
        let words = match step {
            Step::Begins(exporter) => {
                at.exporter = exporter;
                format!("{exporter}: begins")
            }
            Step::Image(number) => {
                at.done = at.done.saturating_add(1);
                format!("{}: image {number} of {}", at.exporter, self.images)
            }
            Step::Checks => "looking for words of patients in what was written".to_owned(),
        };
        self.at.set(at);
        let whole = f32::from(u16::try_from(self.steps).unwrap_or(u16::MAX));
        let share = match step {
            Step::Checks => 1.0 - 0.5 / whole,
            _ => (f32::from(at.done) / whole).min(1.0),
        };
        self.out.tell(ExportTold::Step { words, share });
        !self.stop.load(Ordering::Acquire)
    }
}

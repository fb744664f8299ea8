//! Codecs run in processes of this same program, started with a word that no person types.
//!
//! Not here: what such a process does ([`calx_dicom::worker`]).

use std::path::PathBuf;
use std::process::ExitCode;

use calx_dicom::{FrameSource, WorkerOptions};

use crate::args::Global;
use crate::failure::Exit;
use crate::out;

/// The first argument of a worker.
pub(crate) const WORD: &str = "decode-worker";

/// What a worker does for all its life.
pub(crate) fn serve() -> ExitCode {
    match calx_dicom::worker::serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            out::stderr_line(&format!("error: calx {WORD} is started by calx alone: {error}"));
            ExitCode::from(Exit::Usage as u8)
        }
    }
}

/// This program as its own worker, or what `--worker-program` names.
pub(crate) fn options(global: &Global) -> WorkerOptions {
    let program = global.worker_program.clone().unwrap_or_else(|| {
        // Not the path of today: it may name another version when the program was replaced.
        let own = PathBuf::from("/proc/self/exe");
        if own.exists() { own } else { std::env::current_exe().unwrap_or_else(|_| PathBuf::from("calx")) }
    });
    let mut options = WorkerOptions::new(program, [WORD]).with_frame_limit(global.frame_limit << 20);
    if global.jobs > 0 {
        options.workers = global.jobs.min(64);
    }
    options
}

/// How many of them work at the same time.
pub(crate) fn count(global: &Global) -> usize {
    options(global).workers
}

/// A source of frames for one command.
pub(crate) fn frames(global: &Global, cache_bytes: u64) -> FrameSource {
    FrameSource::new(cache_bytes, options(global))
}

//! How a worker was lost, in words that a person understands.

use std::process::ExitStatus;
use std::time::Duration;

/// Why a worker gave no frame and had to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerLoss {
    /// The codec did not come to an end.
    #[error("decoding was given up after {} s", .0.as_secs_f64().ceil())]
    TimeLimit(Duration),
    /// The codec wanted more memory than a frame of this size may take.
    #[error("decoding needs more than {} MiB of memory", .0 >> 20)]
    MemoryLimit(u64),
    /// The codec called itself without end.
    #[error("decoding went deeper than its stack")]
    Stack,
    /// The process was ended by a signal.
    #[error("the process that decoded it was ended by signal {0} ({name})", name = signal_name(*.0))]
    Signal(i32),
    /// The process ended by itself.
    #[error("the process that decoded it ended with exit code {0}")]
    Exit(i32),
    /// The process is there no more, and nobody says why.
    #[error("the process that decoded it is gone")]
    Gone,
    /// An answer that cannot be one.
    #[error("the process that decoded it gave an answer that does not fit: {0}")]
    Answer(String),
}

impl WorkerLoss {
    /// A word for machines that stays the same over versions.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TimeLimit(_) => "time_limit",
            Self::MemoryLimit(_) => "memory_limit",
            Self::Stack | Self::Signal(_) | Self::Exit(_) | Self::Gone | Self::Answer(_) => {
                "codec_broke_down"
            }
        }
    }

    /// From how the process ended and what it said last. `memory`: what it was allowed.
    pub(super) fn of(status: Option<ExitStatus>, said: &str, memory: u64) -> Self {
        // The words of Rust's runtime before it aborts.
        if said.contains("memory allocation of ") {
            return Self::MemoryLimit(memory);
        }
        if said.contains("has overflowed its stack") {
            return Self::Stack;
        }
        let Some(status) = status else { return Self::Gone };
        match (signal(status), status.code()) {
            (Some(signal), _) => Self::Signal(signal),
            (None, Some(code)) => Self::Exit(code),
            (None, None) => Self::Gone,
        }
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        4 => "illegal instruction",
        6 => "abort",
        7 => "bus error",
        8 => "arithmetic fault",
        9 => "killed, by a person or for want of memory",
        11 => "memory fault",
        24 => "processor time used up",
        25 => "file size",
        _ => "stopped from outside",
    }
}

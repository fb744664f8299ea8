//! The workers of one source: started when needed, replaced when lost, waited for at the end.
//!
//! Invariants
//! - Never more processes than [`WorkerOptions::workers`].
//! - A frame that cost two workers is not tried a third time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use calx_model::Frame;

use super::WorkerOptions;
use super::loss::WorkerLoss;
use super::process::{Failed, Job, Worker};
use crate::decode_error::DecodeError;
use crate::frame_source::Reduction;
use crate::locator::Locator;
use crate::notice::{Notice, Read};

/// How long a frame under way is waited for when its source is dropped.
const GRACE: Duration = Duration::from_secs(2);
/// Frames remembered that cost a worker.
const MOST_REMEMBERED: usize = 1024;
/// Workers that one frame may cost.
const MOST_LOST: u32 = 2;

/// When the source began to be dropped.
#[derive(Debug, Default)]
pub(super) struct Stopping(OnceLock<Instant>);

impl Stopping {
    pub(super) fn is_overdue(&self) -> bool {
        self.0.get().is_some_and(|since| since.elapsed() >= GRACE)
    }
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Worker>,
    /// Idle and at work.
    alive: usize,
}

/// Which frame of which bytes: a file that changed is another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FrameId {
    pub(crate) locator: Locator,
    pub(crate) frame: u32,
    /// A preview that cost workers says nothing of the whole frame.
    pub(crate) reduction: Reduction,
    pub(crate) version: Option<crate::source::Version>,
}

/// Worker processes.
#[derive(Debug)]
pub(crate) struct Pool {
    options: WorkerOptions,
    state: Mutex<State>,
    freed: Condvar,
    stopping: Stopping,
    lost: Mutex<BTreeMap<FrameId, (u32, WorkerLoss)>>,
    started: AtomicU64,
}

impl Pool {
    pub(crate) fn new(options: WorkerOptions) -> Self {
        Self {
            options: WorkerOptions { workers: options.workers.max(1), ..options },
            state: Mutex::default(),
            freed: Condvar::new(),
            stopping: Stopping::default(),
            lost: Mutex::default(),
            started: AtomicU64::new(0),
        }
    }

    /// Processes started so far.
    pub(crate) fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// Starts what is not yet there.
    pub(crate) fn warm_up(&self) {
        loop {
            let mut state = self.lock();
            if state.alive >= self.options.workers {
                return;
            }
            state.alive += 1;
            drop(state);
            match self.start() {
                Ok(worker) => self.give_back(worker),
                Err(error) => {
                    // The first frame that needs a worker tells it as an error.
                    tracing::debug!(%error, "a worker could not be started ahead");
                    return;
                }
            }
        }
    }

    /// From now on nothing new begins; what runs has a short while to end.
    pub(crate) fn stop(&self) {
        self.stopping.0.get_or_init(Instant::now);
    }

    /// Has a frame decoded by a worker.
    pub(crate) fn decode(&self, id: &FrameId, job: &mut Job<'_>) -> Result<Read<Frame>, DecodeError> {
        let mut fresh = false;
        loop {
            if let Some((times, loss)) = self.lost().get(id)
                && *times >= MOST_LOST
            {
                return Err(DecodeError::Worker(loss.clone()));
            }
            let mut worker = self.take(fresh)?;
            let first = worker.asked == 0;
            let failed = match worker.run(job, &self.options, &self.stopping) {
                Ok(mut frame) => {
                    let said = worker.said();
                    self.give_back(worker);
                    frame.notices.extend(
                        said.map(|words| Notice::new(format!("the process that decoded it said: {words}"))),
                    );
                    return Ok(frame);
                }
                Err(failed) => failed,
            };
            let loss = match failed {
                Failed::Refused(error) => {
                    let said = worker.said();
                    self.give_back(worker);
                    return Err(told(error, said));
                }
                Failed::NotStarted(error) => {
                    self.discard(worker);
                    return Err(DecodeError::NoWorker(Arc::new(error)));
                }
                Failed::Cancelled => {
                    self.discard(worker);
                    return Err(DecodeError::Cancelled);
                }
                Failed::Lost(loss) => loss,
            };
            tracing::warn!(%loss, process = worker.id(), "a worker was lost and is replaced");
            // In these two its words are known, and told already.
            let known = matches!(loss, WorkerLoss::MemoryLimit(_) | WorkerLoss::Stack);
            let said = worker.said().filter(|_| !known);
            self.discard(worker);
            self.remember(id, &loss);
            // What an earlier frame did to the worker is not this frame's fault; time is.
            if first || matches!(loss, WorkerLoss::TimeLimit(_)) {
                return Err(told(DecodeError::Worker(loss), said));
            }
            fresh = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self) -> MutexGuard<'_, BTreeMap<FrameId, (u32, WorkerLoss)>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, id: &FrameId, loss: &WorkerLoss) {
        let mut lost = self.lost();
        if lost.len() >= MOST_REMEMBERED && !lost.contains_key(id) {
            lost.pop_first();
        }
        let (times, last) = lost.entry(id.clone()).or_insert_with(|| (0, loss.clone()));
        *times += 1;
        *last = loss.clone();
    }

    /// A worker of one's own; `fresh`: one that has decoded nothing yet.
    fn take(&self, fresh: bool) -> Result<Worker, DecodeError> {
        let mut state = self.lock();
        loop {
            let found = if fresh {
                state.idle.iter().position(|worker| worker.asked == 0).map(|at| state.idle.swap_remove(at))
            } else {
                state.idle.pop()
            };
            if let Some(worker) = found {
                return Ok(worker);
            }
            if state.alive < self.options.workers {
                state.alive += 1;
                drop(state);
                return self.start();
            }
            // All are there and none is new: an idle one makes room.
            if fresh && let Some(old) = state.idle.pop() {
                drop(state);
                drop(old);
                return self.start();
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Starts a worker that is counted already.
    fn start(&self) -> Result<Worker, DecodeError> {
        self.started.fetch_add(1, Ordering::Relaxed);
        Worker::start(&self.options).map_err(|error| {
            self.lock().alive -= 1;
            self.freed.notify_one();
            DecodeError::NoWorker(Arc::new(error))
        })
    }

    fn give_back(&self, worker: Worker) {
        self.lock().idle.push(worker);
        self.freed.notify_one();
    }

    fn discard(&self, worker: Worker) {
        drop(worker);
        self.lock().alive -= 1;
        self.freed.notify_one();
    }
}

/// An error with what the worker said over it.
fn told(error: DecodeError, said: Option<String>) -> DecodeError {
    match said {
        Some(words) => DecodeError::Said { error: Box::new(error), words },
        None => error,
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut idle = std::mem::take(&mut self.lock().idle);
        // All are told before the first is waited for.
        for worker in &mut idle {
            worker.dismiss();
        }
    }
}

//! The one door for pixels: requests in, frames out, a cache in between.
//!
//! Not here: how a frame is decoded (`native`, `codec`). Uncompressed frames are read on threads of
//! this process; codecs run in processes of their own (`worker`).
//!
//! Invariants
//! - The cache never holds more bytes than it was given.
//! - One frame asked for twice at the same time is decoded once.
//! - Work not started is dropped with the last handle that asked for it.
//! - When a source is dropped, its threads have ended and every handle has an answer.
//!
//! A cached frame is believed for as long as it is kept: objects under a locator do not change.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

use calx_model::Frame;

use crate::decode::Decoder;
use crate::decode_error::DecodeError;
use crate::frame_cache::FrameCache;
use crate::image::{ImageInfo, ReadImageError};
use crate::locator::Locator;
use crate::native::MAX_FRAME_BYTES;
use crate::notice::Read;
use crate::worker::{Pool, WorkerOptions};

/// Which request goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Likely to be wanted soon.
    Ahead,
    /// Part of a batch.
    Batch,
    /// Someone is looking at the place where it will appear.
    Visible,
}

/// How much smaller a frame may be. A wish: [`Frame::columns`] says what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Reduction {
    /// Every pixel.
    #[default]
    Full,
    /// Both sides halved this many times, where the compression makes that cheaper.
    Halved(u8),
}

/// What tells two frames apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) locator: Locator,
    pub(crate) frame: u32,
    pub(crate) reduction: Reduction,
}

type Answer = Result<Told, DecodeError>;

/// A frame with what its codec tolerated.
pub(crate) type Told = Arc<Read<Arc<Frame>>>;
type Notify = Box<dyn FnOnce() + Send>;

struct Job {
    answer: Arc<OnceLock<Answer>>,
    running: bool,
    priority: Priority,
    /// Order of arrival: the earlier goes first within a priority.
    number: u64,
    /// By handle.
    waiting: BTreeMap<u64, Option<Notify>>,
}

struct State {
    cache: FrameCache,
    jobs: BTreeMap<Key, Job>,
    next_number: u64,
    stopping: bool,
    decoded: u64,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    done: Condvar,
}

impl Shared {
    /// A panic in a callback must not make every later frame fail: the state stays consistent.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decodes frames on worker threads and keeps recent ones.
pub struct FrameSource {
    shared: Arc<Shared>,
    /// Goes after the threads: with it the last worker has ended.
    decoder: Arc<Decoder>,
    threads: Vec<JoinHandle<()>>,
}

/// One request. Dropping it cancels work that nobody else waits for and that has not started.
pub struct FrameHandle {
    shared: Arc<Shared>,
    answer: Arc<OnceLock<Answer>>,
    key: Key,
    number: u64,
}

impl FrameSource {
    /// A source that has compressed frames decoded by worker processes, with as many threads for
    /// everything else. Workers start when the first compressed frame needs one, or with
    /// [`FrameSource::warm_up`].
    ///
    /// `cache_bytes`: what decoded frames kept for later may take together.
    #[must_use]
    pub fn new(cache_bytes: u64, workers: WorkerOptions) -> Self {
        let threads = workers.workers;
        Self::made(cache_bytes, threads, workers.frame_limit, Some(Pool::new(workers)))
    }

    /// A source that runs codecs on `threads` threads (at least one) of this very process, each behind
    /// a guard that catches its panics. An abort, a hang or a flood of memory is not caught: for tests
    /// and examples, whose files are known.
    ///
    /// `cache_bytes`: what decoded frames kept for later may take together.
    #[must_use]
    pub fn in_process(cache_bytes: u64, threads: usize) -> Self {
        Self::made(cache_bytes, threads, MAX_FRAME_BYTES, None)
    }

    fn made(cache_bytes: u64, threads: usize, frame_limit: u64, workers: Option<Pool>) -> Self {
        let decoder = Arc::new(Decoder::new(frame_limit, workers));
        let state = State {
            cache: FrameCache::new(cache_bytes),
            jobs: BTreeMap::new(),
            next_number: 0,
            stopping: false,
            decoded: 0,
        };
        let shared =
            Arc::new(Shared { state: Mutex::new(state), work: Condvar::new(), done: Condvar::new() });
        let threads = (0..threads.max(1))
            .map(|_| {
                let (shared, decoder) = (Arc::clone(&shared), Arc::clone(&decoder));
                std::thread::spawn(move || work(&shared, &decoder))
            })
            .collect();
        Self { shared, decoder, threads }
    }

    /// Starts the workers that are not there yet, so that the first compressed frame need not wait for
    /// one. Returns when they are started.
    pub fn warm_up(&self) {
        if let Some(workers) = &self.decoder.workers {
            workers.warm_up();
        }
    }

    /// Worker processes started since the source was made.
    #[must_use]
    pub fn workers_started(&self) -> u64 {
        self.decoder.workers.as_ref().map_or(0, Pool::started)
    }

    /// As many threads as there are cores, at most 8.
    #[must_use]
    pub fn cores() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from).min(8)
    }

    /// As [`crate::read_image_info`]; the header of a file is read once for all its frames and for their
    /// values.
    ///
    /// # Errors
    /// [`ReadImageError`].
    pub fn image_info(&self, locator: &Locator, frame: u32) -> Result<Read<ImageInfo>, ReadImageError> {
        self.decoder.info(locator, frame)
    }

    /// Asks for a frame (`frame` from 1).
    #[must_use]
    pub fn request(
        &self,
        locator: &Locator,
        frame: u32,
        priority: Priority,
        reduction: Reduction,
    ) -> FrameHandle {
        self.ask(locator, frame, priority, reduction, None)
    }

    /// The same; `notify` runs once, on a worker thread or here, when the result can be taken. It
    /// must not block. It does not run when the handle was dropped before. Its panic is caught and logged.
    #[must_use]
    pub fn request_with(
        &self,
        locator: &Locator,
        frame: u32,
        priority: Priority,
        reduction: Reduction,
        notify: impl FnOnce() + Send + 'static,
    ) -> FrameHandle {
        self.ask(locator, frame, priority, reduction, Some(Box::new(notify)))
    }

    /// Frames decoded since the source was made: what the cache saved is not counted.
    #[must_use]
    pub fn decoded(&self) -> u64 {
        self.shared.lock().decoded
    }

    /// Bytes of decoded frames kept.
    #[must_use]
    pub fn cached_bytes(&self) -> u64 {
        self.shared.lock().cache.bytes()
    }

    fn ask(
        &self,
        locator: &Locator,
        frame: u32,
        priority: Priority,
        reduction: Reduction,
        notify: Option<Notify>,
    ) -> FrameHandle {
        let key = Key { locator: locator.clone(), frame, reduction };
        let mut state = self.shared.lock();
        let number = state.next_number;
        state.next_number += 1;
        if let Some(frame) = state.cache.get(&key) {
            drop(state);
            notify.into_iter().for_each(call);
            let answer = Arc::new(OnceLock::from(Ok(frame)));
            return FrameHandle { shared: Arc::clone(&self.shared), answer, key, number };
        }
        let job = state.jobs.entry(key.clone()).or_insert_with(|| Job {
            answer: Arc::new(OnceLock::new()),
            running: false,
            priority,
            number,
            waiting: BTreeMap::new(),
        });
        job.priority = job.priority.max(priority);
        job.waiting.insert(number, notify);
        let answer = Arc::clone(&job.answer);
        drop(state);
        self.shared.work.notify_one();
        FrameHandle { shared: Arc::clone(&self.shared), answer, key, number }
    }
}

impl Drop for FrameSource {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stopping = true;
        let waiting: Vec<Key> =
            state.jobs.iter().filter(|(_, job)| !job.running).map(|(key, _)| key.clone()).collect();
        let mut notifies = Vec::new();
        for key in waiting {
            if let Some(job) = state.jobs.remove(&key) {
                notifies.extend(finish(job, Err(DecodeError::Cancelled)));
            }
        }
        drop(state);
        if let Some(workers) = &self.decoder.workers {
            workers.stop();
        }
        self.shared.work.notify_all();
        self.shared.done.notify_all();
        notifies.into_iter().for_each(call);
        let own = std::thread::current().id();
        for thread in self.threads.drain(..) {
            // A callback may hold the last owner; a thread cannot wait for itself.
            if thread.thread().id() != own && thread.join().is_err() {
                tracing::error!("a decoding thread broke down");
            }
        }
    }
}

impl FrameHandle {
    /// Waits for the frame.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn wait(self) -> Result<Arc<Frame>, DecodeError> {
        self.wait_told().map(|told| told.value)
    }

    /// Waits for the frame and for what was tolerated in its compressed stream.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn wait_told(self) -> Result<Read<Arc<Frame>>, DecodeError> {
        let mut state = self.shared.lock();
        loop {
            if let Some(answer) = self.answer.get() {
                return answer.as_ref().map(|told| Read::clone(told)).map_err(Clone::clone);
            }
            state = self.shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The result when it is there; may be called again.
    #[must_use]
    pub fn try_get(&self) -> Option<Result<Arc<Frame>, DecodeError>> {
        Some(self.answer.get()?.as_ref().map(|told| Arc::clone(&told.value)).map_err(Clone::clone))
    }

    /// Gives the request up, the same as dropping it.
    pub fn cancel(self) {
        drop(self);
    }
}

impl Drop for FrameHandle {
    fn drop(&mut self) {
        if self.answer.get().is_some() {
            return;
        }
        let mut state = self.shared.lock();
        let Some(job) = state.jobs.get_mut(&self.key) else { return };
        if !Arc::ptr_eq(&job.answer, &self.answer) {
            return;
        }
        let notify = job.waiting.remove(&self.number);
        let dropped =
            if job.waiting.is_empty() && !job.running { state.jobs.remove(&self.key) } else { None };
        // What a callback owns may be a handle: it is let go after the lock.
        drop(state);
        drop(notify);
        drop(dropped);
    }
}

impl fmt::Debug for FrameSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameSource").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for FrameHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameHandle").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Gives everyone the answer; what is returned is to be called without the lock.
fn finish(job: Job, answer: Answer) -> Vec<Notify> {
    if job.answer.set(answer).is_err() {
        tracing::error!("a frame was answered twice");
    }
    job.waiting.into_values().flatten().collect()
}

/// Runs a callback: its panic must not end a decoding thread, nor keep others from their answer.
fn call(notify: Notify) {
    if catch_unwind(AssertUnwindSafe(notify)).is_err() {
        tracing::error!("the callback of a frame broke down");
    }
}

/// A worker thread: the most urgent, earliest job, until the source is dropped.
fn work(shared: &Shared, decoder: &Decoder) {
    let mut state = shared.lock();
    loop {
        let next = state
            .jobs
            .iter()
            .filter(|(_, job)| !job.running)
            .max_by_key(|(_, job)| (job.priority, std::cmp::Reverse(job.number)))
            .map(|(key, _)| key.clone());
        let Some(key) = next else {
            if state.stopping {
                return;
            }
            state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        if let Some(job) = state.jobs.get_mut(&key) {
            job.running = true;
        }
        drop(state);
        // This keeps a mistake of our own to one frame, too.
        let answer =
            catch_unwind(AssertUnwindSafe(|| decoder.decode(&key.locator, key.frame, key.reduction)))
                .unwrap_or(Err(DecodeError::Panicked { codec: "the reader" }))
                .map(|Read { value, notices }| Arc::new(Read { value: Arc::new(value), notices }));
        state = shared.lock();
        state.decoded += 1;
        if let Ok(frame) = &answer {
            state.cache.insert(key.clone(), Arc::clone(frame));
        }
        let notifies = state.jobs.remove(&key).map(|job| finish(job, answer)).unwrap_or_default();
        drop(state);
        shared.done.notify_all();
        notifies.into_iter().for_each(call);
        state = shared.lock();
    }
}

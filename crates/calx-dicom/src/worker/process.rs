//! One worker process, seen from the parent.
//!
//! Invariants
//! - A frame is made only of an answer that fits its layout.
//! - A worker that is dropped has ended and was waited for.

use std::fs::File;
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytemuck::Pod;
use calx_model::{Frame, FrameLayout, Samples, Values};

use super::WorkerOptions;
use super::loss::WorkerLoss;
use super::platform::{self, Channel, Complaints, Region, Sealed, Shared, Started};
use super::pool::Stopping;
use super::protocol::{Answer, Kind, MAX_MESSAGE, MAX_PLACES, Place, READY, Request, Shape};
use crate::decode_error::DecodeError;
use crate::fragments::Stream;
use crate::frame_source::Reduction;
use crate::notice::Read;

/// How long a program may take to be ready.
const START: Duration = Duration::from_secs(10);
/// How long a worker that was told to end may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// Bytes kept of what a worker says over one frame, and lines and bytes of them that are told.
const MOST_HEARD: usize = 2000;
const MOST_LINES: usize = 3;
const MOST_OF_LINE: usize = 200;

/// What is to be decoded.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) layout: &'a FrameLayout,
    pub(crate) transfer_syntax: &'a str,
    pub(crate) stream: Stream<'a>,
    pub(crate) reduction: Reduction,
}

impl Job<'_> {
    /// Bytes of the decoded frame.
    fn decoded_bytes(&self) -> u64 {
        let width = u64::from(self.layout.bits_allocated.div_ceil(8));
        let samples = u64::from(self.layout.samples_per_pixel);
        self.layout.pixels().saturating_mul(samples).saturating_mul(width)
    }
}

/// Why a job gave no frame.
#[derive(Debug)]
pub(super) enum Failed {
    /// The codec refused; the worker is as good as before.
    Refused(DecodeError),
    /// The program is none that decodes.
    NotStarted(io::Error),
    /// The worker is lost.
    Lost(WorkerLoss),
    /// The source is being dropped and did not wait for the end; the worker is lost.
    Cancelled,
}

/// A process that decodes.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    channel: Option<Channel>,
    shared: Shared,
    complaints: Complaints,
    /// It has said that it is ready.
    ready: bool,
    /// Heard over the last frame.
    said: String,
    /// Frames it was asked for.
    pub(super) asked: u64,
}

impl Worker {
    pub(super) fn start(options: &WorkerOptions) -> io::Result<Self> {
        let Started { child, channel, shared, complaints } =
            platform::start(&options.program, &options.arguments)?;
        Ok(Self {
            child,
            channel: Some(channel),
            shared,
            complaints,
            ready: false,
            said: String::new(),
            asked: 0,
        })
    }

    /// Has a frame decoded. After anything but `Ok` and `Refused` the worker must be dropped.
    pub(super) fn run(
        &mut self,
        job: &mut Job<'_>,
        options: &WorkerOptions,
        stopping: &Stopping,
    ) -> Result<Read<Frame>, Failed> {
        self.asked += 1;
        self.said.clear();
        let decoded = job.decoded_bytes();
        let stream_bytes = job.stream.length();
        let own = (256 << 20) + decoded.saturating_mul(8).saturating_add(stream_bytes.saturating_mul(2));
        let memory = own.min(options.memory_limit);
        let limit = options.time_limit + Duration::from_secs(decoded >> 20);
        let region = platform::region(decoded);
        let place = match job.stream.places(MAX_PLACES) {
            Some((_, places)) if platform::HANDS_FILES => Place::File(places),
            _ => Place::Shared,
        };
        let request = Request {
            layout: job.layout.clone(),
            transfer_syntax: job.transfer_syntax.to_owned(),
            reduction: job.reduction,
            stream_bytes,
            place,
            region_bytes: if region.is_some() { decoded } else { 0 },
            memory,
        };
        let answer = match self.ask(&request, &mut job.stream, region.as_ref(), limit, stopping) {
            Ok(bytes) => bytes,
            Err(Asked::TimeLimit) => {
                self.hear();
                return Err(Failed::Lost(WorkerLoss::TimeLimit(limit)));
            }
            Err(Asked::Cancelled) => return Err(Failed::Cancelled),
            Err(Asked::NotReady) => {
                let ended = WorkerLoss::of(self.end(), &self.hear(), memory);
                let text = format!("the program did not begin as a worker does: {ended}");
                return Err(Failed::NotStarted(io::Error::other(text)));
            }
            Err(Asked::NotShared(error)) => return Err(Failed::Refused(DecodeError::Io(Arc::new(error)))),
            Err(Asked::Nonsense(words)) => return Err(Failed::Lost(WorkerLoss::Answer(words))),
            Err(Asked::Broken) => {
                let status = self.end();
                let said = self.hear();
                return Err(Failed::Lost(WorkerLoss::of(status, &said, memory)));
            }
        };
        self.hear();
        let nonsense = |words: String| Failed::Lost(WorkerLoss::Answer(words));
        match Answer::from_bytes(&answer) {
            None => Err(nonsense("a message that is none".to_owned())),
            Some(Answer::Refused(error)) => Err(Failed::Refused(error)),
            Some(Answer::Frame(shape, notices)) => {
                shape.check(job.layout, job.reduction).map_err(nonsense)?;
                let value = match region {
                    Some(region) => kept(region, shape),
                    None => self.frame(shape),
                };
                let value = value.map_err(|error| nonsense(error.to_string()))?;
                if let Err(error) = self.shared.shrink() {
                    tracing::debug!(%error, "a worker's shared memory could not be made smaller");
                }
                Ok(Read { value, notices })
            }
        }
    }

    /// Sends a request and waits for the message that answers it.
    fn ask(
        &mut self,
        request: &Request,
        stream: &mut Stream<'_>,
        region: Option<&Region>,
        limit: Duration,
        stopping: &Stopping,
    ) -> Result<Vec<u8>, Asked> {
        let Some(channel) = self.channel.as_mut() else { return Err(Asked::Broken) };
        if !self.ready {
            // Until then its standard output may be written to by whatever starts a program.
            let mut said = [0; READY.len()];
            wait(channel, &mut said, Instant::now() + START, stopping)
                .map_err(|why| if matches!(why, Asked::Cancelled) { why } else { Asked::NotReady })?;
            if said != READY {
                return Err(Asked::NotReady);
            }
            self.ready = true;
        }
        let shared = &self.shared;
        if request.place == Place::Shared {
            stream.pieces(|place, bytes| shared.write(place, bytes)).map_err(Asked::NotShared)?;
        }
        let of_stream = match request.place {
            Place::Shared => None,
            Place::File(_) => stream.places(MAX_PLACES).map(|(file, _)| file),
        };
        let files: Vec<&File> = of_stream.into_iter().chain(region.map(Region::file)).collect();
        let message = request.to_bytes();
        let length = u32::try_from(message.len()).unwrap_or(0).to_le_bytes();
        channel.send_with(&[length.as_slice(), &message].concat(), &files).map_err(|_gone| Asked::Broken)?;
        let until = Instant::now() + limit;
        let mut length = [0; 4];
        wait(channel, &mut length, until, stopping)?;
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_MESSAGE {
            return Err(Asked::Nonsense(format!("a message of {length} bytes")));
        }
        let mut answer = vec![0; length];
        wait(channel, &mut answer, until, stopping)?;
        Ok(answer)
    }

    /// The values that lie in the shared memory. `shape` was checked.
    fn frame(&self, shape: Shape) -> io::Result<Frame> {
        let shared = &self.shared;
        let count = usize::try_from(shape.values()).map_err(io::Error::other)?;
        made(shape, &mut CopyOut { shared, count })
    }

    /// What the worker said since the last time, as it was said.
    fn hear(&mut self) -> String {
        let said = String::from_utf8_lossy(&self.complaints.read()).into_owned();
        if !said.is_empty() {
            self.said.push_str(said.get(..said.floor_char_boundary(MOST_HEARD)).unwrap_or_default());
        }
        said
    }

    /// What it said over the last frame, safe to print and short; nothing most of the time.
    pub(super) fn said(&mut self) -> Option<String> {
        let said = std::mem::take(&mut self.said);
        let lines = said.lines().map(str::trim).filter(|line| !line.is_empty()).take(MOST_LINES);
        let words: Vec<String> = lines
            .map(|line| line.get(..line.floor_char_boundary(MOST_OF_LINE)).unwrap_or_default())
            .map(calx_model::patient_text::escape_terminal)
            .collect();
        if words.is_empty() { None } else { Some(words.join(", ")) }
    }

    /// Ends the process and waits for it.
    fn end(&mut self) -> Option<ExitStatus> {
        // The end of its channel ends it.
        drop(self.channel.take());
        let until = Instant::now() + FAREWELL;
        let mut pause = Duration::from_micros(200);
        while Instant::now() < until {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) => std::thread::sleep(pause),
                Err(_) => break,
            }
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        self.kill()
    }

    fn kill(&mut self) -> Option<ExitStatus> {
        if let Err(error) = self.child.kill() {
            tracing::debug!(%error, "a worker could not be killed");
        }
        match self.child.wait() {
            Ok(status) => Some(status),
            Err(error) => {
                tracing::warn!(%error, "a worker could not be waited for");
                None
            }
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells the worker to end, without waiting.
    pub(super) fn dismiss(&mut self) {
        drop(self.channel.take());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

/// Fills `into` with what the worker says.
fn wait(
    channel: &mut Channel,
    mut into: &mut [u8],
    until: Instant,
    stopping: &Stopping,
) -> Result<(), Asked> {
    while !into.is_empty() {
        match channel.receive(into) {
            Ok(Some(0)) | Err(_) => return Err(Asked::Broken),
            Ok(Some(bytes)) => into = into.get_mut(bytes..).unwrap_or_default(),
            Ok(None) if stopping.is_overdue() => return Err(Asked::Cancelled),
            Ok(None) if Instant::now() >= until => return Err(Asked::TimeLimit),
            Ok(None) => {}
        }
    }
    Ok(())
}

/// Why no answer came.
#[derive(Debug)]
enum Asked {
    /// The program does not do as a worker does.
    NotReady,
    TimeLimit,
    Cancelled,
    Broken,
    /// The stream could not be laid where the worker would find it: nothing was asked.
    NotShared(io::Error),
    Nonsense(String),
}

/// Where values of any kind come from.
trait Give {
    fn give<T: Pod + Send + Sync>(&mut self) -> io::Result<Values<T>>;
}

fn made(shape: Shape, from: &mut impl Give) -> io::Result<Frame> {
    let samples = match shape.kind {
        Kind::U8 => Samples::U8(from.give()?),
        Kind::I8 => Samples::I8(from.give()?),
        Kind::U16 => Samples::U16(from.give()?),
        Kind::I16 => Samples::I16(from.give()?),
        Kind::U32 => Samples::U32(from.give()?),
        Kind::I32 => Samples::I32(from.give()?),
        Kind::Colour8(model) => Samples::Colour8(model, from.give()?),
        Kind::Colour16(model) => Samples::Colour16(model, from.give()?),
    };
    Frame::new(shape.columns, shape.rows, samples).map_err(io::Error::other)
}

/// `count` values from the start of the shared memory, read straight to where they stay.
struct CopyOut<'a> {
    shared: &'a Shared,
    count: usize,
}

impl Give for CopyOut<'_> {
    fn give<T: Pod + Send + Sync>(&mut self) -> io::Result<Values<T>> {
        let mut values = vec![T::zeroed(); self.count];
        self.shared.read(bytemuck::cast_slice_mut(&mut values))?;
        Ok(values.into())
    }
}

/// A frame whose values stay in the region that a worker filled. `shape` was checked.
fn kept(region: Region, shape: Shape) -> io::Result<Frame> {
    let length = usize::try_from(shape.bytes()).map_err(io::Error::other)?;
    made(shape, &mut Keep(Arc::new(Held(region.seal(length)?))))
}

struct Keep(Arc<Held>);

impl Give for Keep {
    fn give<T: Pod + Send + Sync>(&mut self) -> io::Result<Values<T>> {
        Ok(Values::held(Arc::<Held>::clone(&self.0)))
    }
}

/// Sealed bytes as values; a map begins where any kind of value may.
struct Held(Sealed);

impl<T: Pod> AsRef<[T]> for Held {
    fn as_ref(&self) -> &[T] {
        bytemuck::try_cast_slice(self.0.bytes()).unwrap_or_default()
    }
}

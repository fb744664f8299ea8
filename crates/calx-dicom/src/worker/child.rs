//! The worker's side: one request at a time, until the parent goes.
//!
//! Invariants
//! - Limits are set before the first byte of a stream is looked at.
//! - When the channel ends in the middle of a frame, the process ends at once.

use std::fs::File;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use calx_model::FrameLayout;

use super::platform::{self, Channel, Shared};
use super::protocol::{Answer, Kind, MAX_MESSAGE, Place, READY, Request, Shape};
use crate::codec::{Decoded, decode_stream};
use crate::decode_error::DecodeError;
use crate::native::decoded_bytes;

/// A stream's buffer is kept up to this size.
const KEPT_STREAM: usize = 16 << 20;

/// Decodes what the parent asks for until it goes. The whole of what a worker program does.
///
/// # Errors
/// When this process was not started as a worker, or its limits cannot be set.
pub fn serve() -> io::Result<()> {
    serve_with(|_| ())
}

/// The same; `before` is called with the layout of each frame before it is decoded.
///
/// # Errors
/// As [`serve`].
pub fn serve_with(mut before: impl FnMut(&FrameLayout)) -> io::Result<()> {
    let (heard, mut answers, shared) = platform::join()?;
    platform::limit_for_life()?;
    std::panic::set_hook(Box::new(|info| {
        // The message may hold bytes of the file; the place is what a report needs.
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let _nobody_listens = writeln!(io::stderr(), "a codec broke down at {place}");
    }));
    let requests = listen(heard)?;
    let mut stream = Vec::new();
    answers.send(&READY)?;
    while let Ok((request, handed, busy)) = requests.recv() {
        let answer = match Request::from_bytes(&request) {
            Some(request) => {
                platform::limit_memory(request.memory)?;
                // The shared memory counts as a file: an answer needs no more than the frame, a stream is the
                // parent's matter.
                platform::limit_file(decoded_bytes(&request.layout).saturating_mul(2))?;
                before(&request.layout);
                answer(&request, handed, &shared, &mut stream)
            }
            None => return Err(io::Error::other("a request that is none")),
        };
        let message = answer.to_bytes();
        let length = u32::try_from(message.len()).unwrap_or(0).to_le_bytes();
        busy.store(false, Ordering::SeqCst);
        answers.send(&[length.as_slice(), &message].concat())?;
    }
    Ok(())
}

/// A request, the files that came with it, and whether it is under way.
type Heard = (Vec<u8>, Vec<File>, Arc<AtomicBool>);

/// Hears requests on a thread of its own, so that the end of the parent is heard while a codec works.
fn listen(mut channel: Channel) -> io::Result<mpsc::Receiver<Heard>> {
    let (tell, requests) = mpsc::channel();
    std::thread::Builder::new().name("requests".to_owned()).spawn(move || {
        let busy = Arc::new(AtomicBool::new(false));
        while let Some(request) = message(&mut channel) {
            busy.store(true, Ordering::SeqCst);
            if tell.send((request, channel.take_handed(), Arc::clone(&busy))).is_err() {
                return;
            }
        }
        if busy.load(Ordering::SeqCst) {
            platform::end_now();
        }
    })?;
    Ok(requests)
}

/// The next message; `None` at the end of the channel, or when it is too long to be one.
fn message(channel: &mut Channel) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    fill(channel, &mut length)?;
    let length = usize::try_from(u32::from_le_bytes(length)).ok().filter(|length| *length <= MAX_MESSAGE)?;
    let mut bytes = vec![0; length];
    fill(channel, &mut bytes)?;
    Some(bytes)
}

fn fill(channel: &mut Channel, mut into: &mut [u8]) -> Option<()> {
    while !into.is_empty() {
        match channel.receive_handed(into) {
            Ok(Some(0)) | Err(_) => return None,
            Ok(Some(bytes)) => into = into.get_mut(bytes..)?,
            Ok(None) => {}
        }
    }
    Some(())
}

fn answer(request: &Request, handed: Vec<File>, shared: &Shared, stream: &mut Vec<u8>) -> Answer {
    if stream.capacity() > KEPT_STREAM {
        *stream = Vec::new();
    }
    stream.clear();
    frame(request, handed, shared, stream).unwrap_or_else(Answer::Refused)
}

fn io(error: io::Error) -> DecodeError {
    DecodeError::Io(Arc::new(error))
}

fn frame(
    request: &Request,
    handed: Vec<File>,
    shared: &Shared,
    stream: &mut Vec<u8>,
) -> Result<Answer, DecodeError> {
    let mut handed = handed.into_iter();
    let mut next = || handed.next().ok_or_else(|| io(io::Error::other("a file did not come along")));
    match &request.place {
        Place::Shared => shared.read_to_end(request.stream_bytes, stream).map_err(io)?,
        Place::File(places) => platform::read_places(&next()?, places, stream).map_err(io)?,
    }
    let decoded = decode(request, stream)?;
    let layout = decoded.layout();
    let kind = Kind::of_layout(layout, decoded.model);
    let shape = Shape { columns: layout.columns, rows: layout.rows, kind };
    let notices = if request.region_bytes > 0 {
        let region = next()?;
        decoded.give(|place, bytes| platform::write_region(&region, place, bytes))
    } else {
        decoded.give(|place, bytes| shared.write(place, bytes))
    };
    Ok(Answer::Frame(shape, notices.map_err(io)?))
}

fn decode(request: &Request, stream: &[u8]) -> Result<Decoded, DecodeError> {
    // What the closure touches is dropped with it; nothing half-written is seen afterwards.
    catch_unwind(AssertUnwindSafe(|| {
        decode_stream(&request.layout, &request.transfer_syntax, stream, request.reduction)
    }))
    .unwrap_or(Err(DecodeError::Panicked { codec: "the decoder" }))
}

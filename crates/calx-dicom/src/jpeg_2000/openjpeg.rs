//! OpenJPEG behind a safe function: a codestream in, components out.
//!
//! Not here: whether the stream fits the header (`super`), where it runs (in a process of its own:
//! `crate::worker`).
//!
//! Invariants
//! - OpenJPEG's own objects end with the call, whatever its outcome.
//! - Nothing it hands out is read but the `w * h` values of each component that it says are there.
//!
//! Source: the API of OpenJPEG 2.5 (openjpeg.h).

#![allow(unsafe_code, reason = "OpenJPEG is C: the calls and the buffers it hands out")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use openjpeg_sys as opj;

/// One component as decoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Component<'a> {
    pub(super) columns: u32,
    pub(super) rows: u32,
    pub(super) precision: u32,
    pub(super) signed: bool,
    /// Row by row.
    pub(super) values: &'a [i32],
}

/// A decoded picture, in memory that OpenJPEG allocated.
pub(super) struct Decoded(Session);

/// The bytes and how far they were read.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What OpenJPEG said, the first words of it.
#[derive(Default)]
struct Said(String);

const LONGEST_MESSAGE: usize = 300;
const END: usize = usize::MAX;

unsafe extern "C" fn read(to: *mut c_void, wanted: usize, data: *mut c_void) -> usize {
    // SAFETY: `data` is the `Input` that `decode` keeps alive for as long as the stream exists, and no
    // other reference to it is live during a callback.
    let input = unsafe { &mut *data.cast::<Input<'_>>() };
    let rest = input.bytes.get(input.at..).unwrap_or_default();
    let count = rest.len().min(wanted);
    if count == 0 {
        return END;
    }
    // SAFETY: OpenJPEG gives a buffer of `wanted` bytes, and `count` is neither more than that nor
    // than what is left of the input.
    unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), to.cast::<u8>(), count) };
    input.at += count;
    count
}

unsafe extern "C" fn skip(count: i64, data: *mut c_void) -> i64 {
    // SAFETY: as in `read`.
    let input = unsafe { &mut *data.cast::<Input<'_>>() };
    let there = input.bytes.len().saturating_sub(input.at);
    match usize::try_from(count) {
        Ok(wanted) if there > 0 => {
            let moved = wanted.min(there);
            input.at += moved;
            i64::try_from(moved).unwrap_or(-1)
        }
        _ => -1,
    }
}

unsafe extern "C" fn seek(to: i64, data: *mut c_void) -> opj::OPJ_BOOL {
    // SAFETY: as in `read`.
    let input = unsafe { &mut *data.cast::<Input<'_>>() };
    match usize::try_from(to) {
        Ok(to) if to <= input.bytes.len() => {
            input.at = to;
            1
        }
        _ => 0,
    }
}

unsafe extern "C" fn tell(message: *const c_char, data: *mut c_void) {
    if message.is_null() {
        return;
    }
    // SAFETY: `data` is the `Said` that `decode` keeps alive, the message is a string that ends.
    let (said, message) = unsafe { (&mut *data.cast::<Said>(), CStr::from_ptr(message)) };
    if said.0.len() < LONGEST_MESSAGE {
        if !said.0.is_empty() {
            said.0.push_str("; ");
        }
        let text: String = message.to_string_lossy().trim().chars().take(LONGEST_MESSAGE).collect();
        said.0.push_str(&text);
    }
}

unsafe extern "C" fn ignore(_message: *const c_char, _data: *mut c_void) {}

/// OpenJPEG's objects of one call.
struct Session {
    stream: *mut opj::opj_stream_t,
    codec: *mut opj::opj_codec_t,
    image: *mut opj::opj_image_t,
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: each pointer is null or came from OpenJPEG's own constructor and is destroyed once.
        unsafe {
            if !self.image.is_null() {
                opj::opj_image_destroy(self.image);
            }
            if !self.codec.is_null() {
                opj::opj_destroy_codec(self.codec);
            }
            if !self.stream.is_null() {
                opj::opj_stream_destroy(self.stream);
            }
        }
    }
}

/// Decodes a codestream, both sides halved `reduction` times, on so many threads.
///
/// The caller has compared the stream's size with what it is ready to hold.
///
/// # Errors
/// OpenJPEG's own words.
pub(super) fn decode(bytes: &[u8], reduction: u8, threads: usize) -> Result<Decoded, String> {
    let mut input = Input { bytes, at: 0 };
    let mut said = Said::default();
    let mut session = Session { stream: ptr::null_mut(), codec: ptr::null_mut(), image: ptr::null_mut() };
    let done = run(&mut session, &mut input, &mut said, reduction, threads);
    // the picture stays, what reads from `input` and speaks to `said` goes
    let image = std::mem::replace(&mut session.image, ptr::null_mut());
    let decoded = Decoded(Session { stream: ptr::null_mut(), codec: ptr::null_mut(), image });
    drop(session);
    if done {
        return Ok(decoded);
    }
    Err(if said.0.is_empty() { "no reason was given".to_owned() } else { said.0 })
}

fn run(session: &mut Session, input: &mut Input<'_>, said: &mut Said, reduction: u8, threads: usize) -> bool {
    let length = u64::try_from(input.bytes.len()).unwrap_or(u64::MAX);
    let threads = c_int::try_from(threads).unwrap_or(1);
    let (input, said) = (ptr::from_mut(input).cast::<c_void>(), ptr::from_mut(said).cast::<c_void>());
    // SAFETY: the objects are OpenJPEG's own and checked for null; `input` and `said` outlive the
    // session; the callbacks have the signatures OpenJPEG asks for and never unwind.
    unsafe {
        session.stream = opj::opj_stream_default_create(1);
        session.codec = opj::opj_create_decompress(opj::OPJ_CODEC_FORMAT::OPJ_CODEC_J2K);
        if session.stream.is_null() || session.codec.is_null() {
            return false;
        }
        opj::opj_stream_set_user_data(session.stream, input, None);
        opj::opj_stream_set_user_data_length(session.stream, length);
        opj::opj_stream_set_read_function(session.stream, Some(read));
        opj::opj_stream_set_skip_function(session.stream, Some(skip));
        opj::opj_stream_set_seek_function(session.stream, Some(seek));
        opj::opj_set_info_handler(session.codec, Some(ignore), ptr::null_mut());
        opj::opj_set_warning_handler(session.codec, Some(ignore), ptr::null_mut());
        opj::opj_set_error_handler(session.codec, Some(tell), said);
        let mut parameters = std::mem::zeroed::<opj::opj_dparameters_t>();
        opj::opj_set_default_decoder_parameters(&raw mut parameters);
        parameters.cp_reduce = u32::from(reduction);
        opj::opj_setup_decoder(session.codec, &raw mut parameters) == 1
            // half a stream must not pass as a picture
            && opj::opj_decoder_set_strict_mode(session.codec, 1) == 1
            && (threads < 2 || opj::opj_codec_set_threads(session.codec, threads) == 1)
            && opj::opj_read_header(session.stream, session.codec, &raw mut session.image) == 1
            && opj::opj_decode(session.codec, session.stream, session.image) == 1
            && opj::opj_end_decompress(session.codec, session.stream) == 1
    }
}

impl Decoded {
    /// Every component; `None` when OpenJPEG left one empty.
    pub(super) fn components(&self) -> Option<Vec<Component<'_>>> {
        if self.0.image.is_null() {
            return None;
        }
        // SAFETY: the image came from opj_read_header and was filled by opj_decode; `comps` has
        // `numcomps` entries, and `data`, when not null, holds `w * h` values. All of it lives as long
        // as `self`.
        unsafe {
            let image = &*self.0.image;
            if image.comps.is_null() {
                return None;
            }
            let all = std::slice::from_raw_parts(image.comps, usize::try_from(image.numcomps).ok()?);
            all.iter()
                .map(|component| {
                    let count = usize::try_from(u64::from(component.w) * u64::from(component.h)).ok()?;
                    if component.data.is_null() {
                        return None;
                    }
                    Some(Component {
                        columns: component.w,
                        rows: component.h,
                        precision: component.prec,
                        signed: component.sgnd != 0,
                        values: std::slice::from_raw_parts(component.data, count),
                    })
                })
                .collect()
        }
    }
}

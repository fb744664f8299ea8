//! How a clip is played: its rate, where that comes from, and which frames loop.
//!
//! Source: PS3.3 C.7.6.5, C.7.6.6; the order is that of calx's design page: what is recommended, the cine rate, the
//! time the frames were acquired in, 15 a second.

use calx_model::{ASSUMED_RATE, Playback, PlaybackBasis};

use crate::dataset::{DataSet, Tag};
use crate::notice::Notice;

const FRAME_TIME: Tag = Tag(0x0018, 0x1063);
const FRAME_TIME_VECTOR: Tag = Tag(0x0018, 0x1065);
const POINTER: Tag = Tag(0x0028, 0x0009);
const RECOMMENDED: Tag = Tag(0x0008, 0x2144);
const CINE_RATE: Tag = Tag(0x0018, 0x0040);
const START_TRIM: Tag = Tag(0x0008, 0x2142);
const STOP_TRIM: Tag = Tag(0x0008, 0x2143);

/// The playback of an object of several frames.
pub(crate) fn playback_of(data: &DataSet, frames: u32, notices: &mut Vec<Notice>) -> Option<Playback> {
    if frames < 2 {
        return None;
    }
    let frame_time_ms = frame_time(data);
    let positive = |rate: f64| rate.is_finite() && rate > 0.0;
    let stated = |tag, basis| data.float(tag).filter(|rate| positive(*rate)).map(|rate| (rate, basis));
    let (rate, basis) = stated(RECOMMENDED, PlaybackBasis::Recommended)
        .or_else(|| stated(CINE_RATE, PlaybackBasis::CineRate))
        .or_else(|| {
            let rate = frame_time_ms.map(|ms| 1000.0 / ms).filter(|rate| positive(*rate));
            rate.map(|rate| (rate, PlaybackBasis::FrameTime))
        })
        .unwrap_or((ASSUMED_RATE, PlaybackBasis::Assumed));
    let (first, last) = trim(data, frames, notices);
    Some(Playback { rate, basis, frame_time_ms, first, last })
}

/// The time FrameIncrementPointer points to, else the one there is: FrameTime, or the mean of FrameTimeVector, whose
/// first value is the time before the first frame.
fn frame_time(data: &DataSet) -> Option<f64> {
    let positive = |ms: &f64| ms.is_finite() && *ms > 0.0;
    let constant = || data.float(FRAME_TIME).filter(positive);
    let vector = || {
        let times: Vec<f64> = data.floats(FRAME_TIME_VECTOR).into_iter().flatten().collect();
        let rest = times.get(1..).filter(|rest| !rest.is_empty())?;
        let count = u32::try_from(rest.len()).ok()?;
        Some(rest.iter().sum::<f64>() / f64::from(count)).filter(positive)
    };
    let words: Vec<u16> = data.bytes(POINTER).map(|bytes| data.words(bytes).collect()).unwrap_or_default();
    if words.get(..2) == Some(&[FRAME_TIME_VECTOR.0, FRAME_TIME_VECTOR.1]) {
        vector().or_else(constant)
    } else {
        constant().or_else(vector)
    }
}

/// First and last frame of the loop.
fn trim(data: &DataSet, frames: u32, notices: &mut Vec<Notice>) -> (u32, u32) {
    let one = |tag| data.integer(tag).and_then(|n| u32::try_from(n).ok());
    let is_stated = data.has_value(START_TRIM) || data.has_value(STOP_TRIM);
    let first = if data.has_value(START_TRIM) { one(START_TRIM) } else { Some(1) };
    let last = if data.has_value(STOP_TRIM) { one(STOP_TRIM) } else { Some(frames) };
    match first.zip(last) {
        Some((first, last)) if first >= 1 && first <= last && last <= frames => (first, last),
        _ => {
            if is_stated {
                let text =
                    format!("StartTrim and StopTrim are no stretch of {frames} frames, all are played");
                notices.push(Notice::at(START_TRIM, text));
            }
            (1, frames)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Element, Value};

    fn played(elements: &[(Tag, &str)], frames: u32) -> (Option<String>, Option<f64>, usize) {
        let mut data = DataSet::default();
        for (tag, text) in elements {
            let (vr, bytes) = match (*tag, *text) {
                (POINTER, "vector") => (*b"AT", vec![0x18, 0x00, 0x65, 0x10]),
                (POINTER, _) => (*b"AT", vec![0x18, 0x00, 0x63, 0x10]),
                _ => (*b"DS", text.as_bytes().to_vec()),
            };
            data.elements.insert(*tag, Element { vr, length: None, value: Value::Bytes(bytes.into()) });
        }
        let mut notices = Vec::new();
        let found = playback_of(&data, frames, &mut notices);
        (found.as_ref().map(ToString::to_string), found.and_then(|p| p.frame_time_ms), notices.len())
    }

    #[track_caller]
    fn check(elements: &[(Tag, &str)], words: &str, ms: Option<f64>, notices: usize) {
        assert_eq!(played(elements, 30), (Some(words.to_owned()), ms, notices));
    }

    #[test]
    fn the_first_rate_of_the_rule_is_taken_and_named() {
        let (time, vector) = ((FRAME_TIME, "40"), (FRAME_TIME_VECTOR, "0\\20\\30"));
        let (recommended, cine) = ((RECOMMENDED, "10"), (CINE_RATE, "12"));
        let all = Some(40.0);
        check(&[time, recommended, cine], "10 frames/s (recommended), frames 1 to 30", all, 0);
        check(&[time, cine], "12 frames/s (cine rate), frames 1 to 30", all, 0);
        check(&[time], "25 frames/s (frame time), frames 1 to 30", all, 0);
        check(&[vector], "40 frames/s (frame time), frames 1 to 30", Some(25.0), 0);
        check(&[time, vector], "25 frames/s (frame time), frames 1 to 30", all, 0);
        let pointed = (POINTER, "vector");
        check(&[time, vector, pointed], "40 frames/s (frame time), frames 1 to 30", Some(25.0), 0);
        check(&[], "15 frames/s (assumed), frames 1 to 30", None, 0);
        check(&[(CINE_RATE, "0"), (FRAME_TIME, "-3")], "15 frames/s (assumed), frames 1 to 30", None, 0);
        assert_eq!(played(&[time], 1).0, None, "a single frame is not played");
    }

    #[test]
    fn the_loop_is_trimmed_and_a_wrong_trim_is_told() {
        let ends = |first, last| [(START_TRIM, first), (STOP_TRIM, last)];
        check(&ends("3", "9"), "15 frames/s (assumed), frames 3 to 9", None, 0);
        check(&[(STOP_TRIM, "9")], "15 frames/s (assumed), frames 1 to 9", None, 0);
        for (first, last) in [("9", "3"), ("0", "9"), ("3", "31"), ("x", "9")] {
            check(&ends(first, last), "15 frames/s (assumed), frames 1 to 30", None, 1);
        }
    }
}

//! How fast the frames of a clip follow one another, and which of them.
//!
//! Not here: playing (the app), single frames.
//!
//! Source: PS3.3 C.7.6.5 (Cine), C.7.6.6 (Multi-frame).

use std::fmt;

/// Where the speed of a clip comes from, first match first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaybackBasis {
    /// RecommendedDisplayFrameRate (0008,2144).
    Recommended,
    /// CineRate (0018,0040).
    CineRate,
    /// FrameTime (0018,1063), or the mean of FrameTimeVector (0018,1065): as fast as it was acquired.
    FrameTime,
    /// The file says nothing.
    Assumed,
}

/// Frames a second when a file says nothing.
pub const ASSUMED_RATE: f64 = 15.0;

/// How a clip is played.
#[derive(Debug, Clone, PartialEq)]
pub struct Playback {
    /// Frames a second, positive and finite.
    pub rate: f64,
    /// Where that comes from.
    pub basis: PlaybackBasis,
    /// Time from frame to frame when it was acquired, in ms; the mean where it varies.
    pub frame_time_ms: Option<f64>,
    /// First frame of the loop, from 1 (StartTrim (0008,2142)).
    pub first: u32,
    /// Last frame of the loop, which belongs to it (StopTrim (0008,2143)).
    pub last: u32,
}

impl fmt::Display for Playback {
    /// `15 frames/s (assumed), frames 1 to 30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let basis = match self.basis {
            PlaybackBasis::Recommended => "recommended",
            PlaybackBasis::CineRate => "cine rate",
            PlaybackBasis::FrameTime => "frame time",
            PlaybackBasis::Assumed => "assumed",
        };
        let rate = (self.rate * 100.0).round() / 100.0;
        write!(f, "{rate} frames/s ({basis}), frames {} to {}", self.first, self.last)
    }
}

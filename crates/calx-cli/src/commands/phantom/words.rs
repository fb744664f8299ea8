//! The words of `calx phantom` and what they mean.
//!
//! Invariants
//! - A word that is not known is answered with the words that are.

use calx_phantom::{
    ArteryKind, Calcification, CalcificationPattern, FingerSide, HandSide, LookAlike, Sex, SoftTissueDefect,
    Spacing, View, Voi, Waveform,
};
use clap::ValueEnum;

/// Lists the words of a clap value enum with their meaning, so that each stands in one place.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident => $meaning:ty { $($(#[$help:meta])* $word:ident => $value:expr),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(super) enum $name { $($(#[$help])* $word),+ }

        impl From<$name> for $meaning {
            fn from(word: $name) -> Self {
                match word { $($name::$word => $value),+ }
            }
        }
    };
}

words! {
    /// Which hand.
    HandWord => HandSide {
        Right => HandSide::Right,
        Left => HandSide::Left,
    }
}

words! {
    /// From where.
    ViewWord => View {
        /// Palm on the detector
        Pa => View::Pa,
        /// Thumb side raised by about 40 degrees
        Oblique => View::Oblique,
    }
}

words! {
    /// How calcified.
    CalcificationWord => Calcification {
        None => Calcification::None,
        /// Short stretches at the wrist and in some fingers
        Moderate => Calcification::Moderate,
        /// Long stretches in nearly all arteries
        Extensive => Calcification::Extensive,
    }
}

words! {
    /// Which layer of the wall.
    PatternWord => CalcificationPattern {
        /// Both walls, long, interrupted: tram tracks
        Medial => CalcificationPattern::Medial,
        /// Patches on one side
        Intimal => CalcificationPattern::Intimal,
        /// Both
        Mixed => CalcificationPattern::Mixed,
    }
}

words! {
    /// PatientSex (0010,0040).
    SexWord => Sex {
        Female => Sex::Female,
        Male => Sex::Male,
    }
}

words! {
    /// How the file wants to be seen.
    VoiWord => Voi {
        /// One window
        Window => Voi::Window,
        /// Three windows with explanations
        Windows => Voi::Windows,
        /// A window with VOILUTFunction SIGMOID
        Sigmoid => Voi::Sigmoid,
        /// A VOI LUT Sequence
        Lut => Voi::LutSequence,
    }
}

words! {
    /// How blood flows in the artery of a clip.
    WaveformWord => Waveform {
        /// Sharp upstroke, short reverse flow, small second wave: an open artery at rest
        Triphasic => Waveform::Triphasic,
        /// Sharp upstroke, forward flow throughout
        Monophasic => Waveform::Monophasic,
        /// Late, low, round peak: a narrowing upstream
        Tardus => Waveform::Tardus,
    }
}

words! {
    /// What the file says about millimetres.
    SpacingWord => Spacing {
        /// ImagerPixelSpacing only
        Imager => Spacing::Imager,
        /// A calibrated PixelSpacing as well
        Calibrated => Spacing::Calibrated,
    }
}

words! {
    /// What is there and is no artery.
    LookAlikeWord => LookAlike {
        /// A stone in a vein
        Phlebolith => LookAlike::Phlebolith,
        /// Further sesamoid bones
        Sesamoid => LookAlike::Sesamoid,
        /// Clumps of calcium in fingertips
        Calcinosis => LookAlike::Calcinosis,
        /// White specks on the plate
        Dust => LookAlike::Dust,
        /// A finger ring
        Ring => LookAlike::Ring,
    }
}

/// Something asked of one hand, or of each hand there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OfHand<T> {
    pub(super) hand: Option<HandSide>,
    pub(super) what: T,
}

/// What is asked of one hand, in the order given.
pub(super) fn for_hand<T: Copy>(asked: &[OfHand<T>], hand: HandSide) -> Vec<T> {
    asked.iter().filter(|a| a.hand.is_none_or(|h| h == hand)).map(|a| a.what).collect()
}

fn of_hand<T>(text: &str, what: impl Fn(&str) -> Result<T, String>) -> Result<OfHand<T>, String> {
    let (hand, rest) = match (text.strip_prefix("right:"), text.strip_prefix("left:")) {
        (Some(rest), _) => (Some(HandSide::Right), rest),
        (_, Some(rest)) => (Some(HandSide::Left), rest),
        _ => (None, text),
    };
    Ok(OfHand { hand, what: what(rest)? })
}

/// `radial-artery`, `left:proper-palmar-digital-3-ulnar`.
pub(super) fn artery(text: &str) -> Result<OfHand<ArteryKind>, String> {
    of_hand(text, |key| {
        ArteryKind::all().find(|kind| kind.key() == key).ok_or_else(|| {
            let keys: Vec<String> = ArteryKind::all().map(ArteryKind::key).collect();
            format!("the arteries are {}; right: or left: before one asks it of that hand", keys.join(", "))
        })
    })
}

/// `ring`, `left:phlebolith`.
pub(super) fn look_alike(text: &str) -> Result<OfHand<LookAlike>, String> {
    of_hand(text, |word| {
        LookAlikeWord::from_str(word, false).map(LookAlike::from).map_err(|_unknown| {
            let words: Vec<String> = LookAlikeWord::value_variants()
                .iter()
                .filter_map(|w| Some(w.to_possible_value()?.get_name().to_owned()))
                .collect();
            format!(
                "the look-alikes are {}; right: or left: before one asks it of that hand",
                words.join(", ")
            )
        })
    })
}

/// `2-radial`, `left:3-ulnar`.
pub(super) fn defect(text: &str) -> Result<OfHand<SoftTissueDefect>, String> {
    of_hand(text, |word| {
        let side =
            |word: &str| [FingerSide::Radial, FingerSide::Ulnar].into_iter().find(|s| s.word() == word);
        let parsed = word.split_once('-').and_then(|(digit, word)| {
            let digit: u8 = digit.parse().ok()?;
            (1..=5).contains(&digit).then_some(SoftTissueDefect { digit, side: side(word)? })
        });
        parsed.ok_or_else(|| {
            "a defect is a digit from 1, the thumb, to 5 and a side: 2-radial, 3-ulnar; \
             right: or left: before it asks it of that hand"
                .to_owned()
        })
    })
}

/// `1600x2000`.
pub(super) fn size(text: &str) -> Result<(u16, u16), String> {
    let parsed = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    parsed.ok_or_else(|| "a size is WIDTHxHEIGHT, as 1600x2000".to_owned())
}

fn number(text: &str, low: f64, high: f64, what: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok().filter(|v| (low..=high).contains(v));
    value.ok_or_else(|| format!("{what} is a number from {low} to {high}"))
}

pub(super) fn hand_size(text: &str) -> Result<f64, String> {
    number(text, 0.88, 1.12, "the size of a hand beside the middle of its sex")
}

pub(super) fn density(text: &str) -> Result<f64, String> {
    number(text, 0.2, 2.0, "the density of calcium beside what is usual")
}

pub(super) fn pixel_mm(text: &str) -> Result<f64, String> {
    number(text, 0.04, 4.0, "the distance of pixels in mm")
}

pub(super) fn scale(text: &str) -> Result<f64, String> {
    number(text, 0.1, 1.8, "the scale of the pictures")
}

/// A file name without a folder and without ending.
pub(super) fn file_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('.') && !text.ends_with(".dcm") {
        Ok(text.to_owned())
    } else {
        Err("a name is made of letters, digits, _, - and . and has no .dcm at its end".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hand_gets_what_it_was_asked() {
        let asked = ["ring", "left:dust", "right:calcinosis"].map(|t| look_alike(t).unwrap());
        assert_eq!(for_hand(&asked, HandSide::Right), [LookAlike::Ring, LookAlike::Calcinosis]);
        assert_eq!(for_hand(&asked, HandSide::Left), [LookAlike::Ring, LookAlike::Dust]);
    }

    #[test]
    fn every_artery_is_asked_for_by_the_key_of_its_truth() {
        assert_eq!(ArteryKind::all().count(), 20);
        for kind in ArteryKind::all() {
            assert_eq!(artery(&kind.key()).unwrap(), OfHand { hand: None, what: kind });
        }
        assert!(artery("aorta").unwrap_err().contains("proper-palmar-digital-3-radial"));
    }

    #[test]
    fn what_is_not_known_is_answered_with_what_is() {
        let second = SoftTissueDefect { digit: 2, side: FingerSide::Radial };
        assert_eq!(defect("left:2-radial").unwrap(), OfHand { hand: Some(HandSide::Left), what: second });
        for wrong in ["6-radial", "0-ulnar", "2", "2-dorsal", "both:2-radial"] {
            assert!(defect(wrong).unwrap_err().contains("3-ulnar"), "{wrong}");
        }
        assert!(look_alike("stone").unwrap_err().contains("phlebolith"));
        assert!(hand_size("1.3").unwrap_err().contains("0.88 to 1.12"));
        assert!(density("NaN").is_err() && pixel_mm("0").is_err() && size("64").is_err());
        assert!(file_name("../x").is_err() && file_name("a.dcm").is_err() && file_name("a_1").is_ok());
    }
}

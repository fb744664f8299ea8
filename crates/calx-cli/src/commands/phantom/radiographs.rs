//! Options of synthetic radiographs: a person, a hand or two, a file.
//!
//! Not here: the words themselves (`words`), files (`output`).

use calx_phantom::{
    ArteryKind, Calcification, FilmOptions, GeneratedImage, HandOptions, HandSide, ImageOptions, LookAlike,
    Person, Polarity, SoftTissueDefect, Storage,
};
use clap::Args;

use super::words::{
    CalcificationWord, OfHand, PatternWord, SexWord, SpacingWord, ViewWord, VoiWord, artery, defect, density,
    for_hand, hand_size, look_alike, pixel_mm, size,
};

/// Whose hand it is; what is not given follows from the seed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Person")]
pub(crate) struct PersonArgs {
    /// Years, 20 to 99; else from the seed
    #[arg(long, value_name = "YEARS", value_parser = clap::value_parser!(u8).range(20..=99))]
    age: Option<u8>,
    /// Sex; else from the seed
    #[arg(long, value_enum)]
    sex: Option<SexWord>,
    /// Size of the hand beside the middle of its sex, 0.88 to 1.12; else from the seed
    #[arg(long, value_name = "FACTOR", value_parser = hand_size)]
    hand_size: Option<f64>,
}

impl PersonArgs {
    pub(super) fn person(&self, seed: u64) -> Person {
        let drawn = Person::from_seed(seed);
        Person {
            sex: self.sex.map_or(drawn.sex, Into::into),
            age: self.age.unwrap_or(drawn.age),
            size: self.hand_size.unwrap_or(drawn.size),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RadiographArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// How calcified the arteries are
    #[arg(long, value_enum, default_value = "extensive", help_heading = "Arteries")]
    calcification: CalcificationWord,
    /// Calcify this artery only, by its key in the truth: radial-artery, left:proper-palmar-digital-3-ulnar; may
    /// be repeated
    #[arg(long, value_name = "KEY", value_parser = artery, conflicts_with = "calcification", help_heading = "Arteries")]
    artery: Vec<OfHand<ArteryKind>>,
    /// Which layer of the wall is calcified
    #[arg(long, value_enum, default_value = "medial", help_heading = "Arteries")]
    pattern: PatternWord,
    /// Density of the calcium beside what is usual, 0.2 to 2
    #[arg(long, value_name = "FACTOR", value_parser = density, default_value = "1", help_heading = "Arteries")]
    density: f64,
    /// What can be taken for a calcified artery: phlebolith, sesamoid, calcinosis, dust, ring; may be repeated
    #[arg(long, value_name = "KIND", value_parser = look_alike, help_heading = "Beside the arteries")]
    look_alike: Vec<OfHand<LookAlike>>,
    /// An ulcer of a finger's pad: 2-radial, left:3-ulnar; may be repeated
    #[arg(long, value_name = "DIGIT-SIDE", value_parser = defect, help_heading = "Beside the arteries")]
    defect: Vec<OfHand<SoftTissueDefect>>,
    /// The middle finger ends beyond its middle phalanx; of two hands, that of the right one
    #[arg(long, help_heading = "Beside the arteries")]
    stump: bool,
    /// Postero-anterior or oblique
    #[arg(long, value_enum, default_value = "pa", help_heading = "Picture")]
    view: ViewWord,
    /// Image size, sides from 64 to 4400; else 1600x2000, a film 2400x2000
    #[arg(long, value_parser = size, value_name = "WxH", help_heading = "Picture")]
    size: Option<(u16, u16)>,
    /// Distance of pixels in mm, 0.04 to 4; else one at which the hands fill the picture
    #[arg(long, value_name = "MM", value_parser = pixel_mm, help_heading = "Picture")]
    pixel_mm: Option<f64>,
    /// Leave out quantum and electronic noise
    #[arg(long, help_heading = "Picture")]
    no_noise: bool,
    /// Store low values bright
    #[arg(long, help_heading = "File")]
    monochrome1: bool,
    /// How the file says it wants to be seen
    #[arg(long, value_enum, default_value = "windows", help_heading = "File")]
    voi: VoiWord,
    /// What the file says about millimetres
    #[arg(long, value_enum, default_value = "imager", help_heading = "File")]
    spacing: SpacingWord,
}

impl RadiographArgs {
    fn calcification(&self, side: HandSide) -> Calcification {
        if self.artery.is_empty() {
            return self.calcification.into();
        }
        match for_hand(&self.artery, side) {
            none if none.is_empty() => Calcification::None,
            some => Calcification::Arteries(some),
        }
    }

    fn polarity(&self) -> Polarity {
        if self.monochrome1 { Polarity::Monochrome1 } else { Polarity::Monochrome2 }
    }

    /// The first thing asked of a hand that is not in the picture.
    pub(super) fn asked_of_another(&self, side: HandSide) -> Option<&'static str> {
        fn other<T>(asked: &[OfHand<T>], side: HandSide) -> bool {
            asked.iter().any(|a| a.hand.is_some_and(|h| h != side))
        }
        [
            ("--artery", other(&self.artery, side)),
            ("--look-alike", other(&self.look_alike, side)),
            ("--defect", other(&self.defect, side)),
        ]
        .into_iter()
        .find_map(|(option, is_so)| is_so.then_some(option))
    }

    /// What was asked for and no picture shows, in words.
    pub(super) fn lacking(&self, images: &[GeneratedImage]) -> Vec<String> {
        let mut lacking = Vec::new();
        for (image, hand) in images.iter().flat_map(|i| i.truth.hands.iter().map(move |h| (i, h))) {
            let side = hand.side;
            let mut say = |what: String| {
                lacking.push(format!("{}: the {} hand shows no {what}", image.title, side.word()));
            };
            for kind in for_hand(&self.artery, side) {
                if hand.artery(kind).is_none_or(|artery| artery.mask.is_empty()) {
                    say(format!("calcium in the {}", kind.name()));
                }
            }
            for kind in for_hand(&self.look_alike, side) {
                if !hand.look_alikes.iter().any(|l| l.kind == kind) {
                    say(format!("look-alike {kind:?}").to_lowercase());
                }
            }
            for defect in for_hand(&self.defect, side) {
                if !hand.defects.iter().any(|d| (d.digit, d.side) == (defect.digit, defect.side)) {
                    say(format!("defect {}-{}", defect.digit, defect.side.word()));
                }
            }
        }
        lacking
    }

    pub(super) fn hand(&self, side: HandSide, seed: u64, signed: bool, stump: bool) -> ImageOptions {
        let (columns, rows) = self.size.unwrap_or((1600, 2000));
        let sized = HandOptions::sized(side, self.view.into(), seed, columns, rows);
        ImageOptions::Hand(HandOptions {
            pixel_mm: self.pixel_mm.unwrap_or(sized.pixel_mm),
            middle_finger_stump: stump,
            person: self.person.person(seed),
            calcification: self.calcification(side),
            pattern: self.pattern.into(),
            density: self.density,
            look_alikes: for_hand(&self.look_alike, side),
            soft_tissue_defects: for_hand(&self.defect, side),
            polarity: self.polarity(),
            storage: if signed { Storage::Signed } else { Storage::Unsigned },
            voi: self.voi.into(),
            spacing: self.spacing.into(),
            noise: !self.no_noise,
            ..sized
        })
    }

    /// Only the right hand loses its finger, as in the model case.
    pub(super) fn pair(&self, seed: u64) -> [ImageOptions; 2] {
        [self.hand(HandSide::Right, seed, false, self.stump), self.hand(HandSide::Left, seed, false, false)]
    }

    pub(super) fn one(&self, side: HandSide, seed: u64, signed: bool) -> ImageOptions {
        self.hand(side, seed, signed, self.stump)
    }

    pub(super) fn film(&self, seed: u64) -> ImageOptions {
        let (columns, rows) = self.size.unwrap_or((2400, 2000));
        let person = self.person.person(seed);
        let sized = FilmOptions::sized_for(person, self.view.into(), seed, columns, rows);
        let hands = [HandSide::Right, HandSide::Left];
        ImageOptions::Film(FilmOptions {
            pixel_mm: self.pixel_mm.unwrap_or(sized.pixel_mm),
            right_middle_finger_stump: self.stump,
            calcification: hands.map(|side| self.calcification(side)),
            pattern: self.pattern.into(),
            density: self.density,
            look_alikes: hands.map(|side| for_hand(&self.look_alike, side)),
            soft_tissue_defects: hands.map(|side| for_hand(&self.defect, side)),
            polarity: self.polarity(),
            voi: self.voi.into(),
            spacing: self.spacing.into(),
            noise: !self.no_noise,
            ..sized
        })
    }
}

//! The files of `fixtures/`: which, and how each is made. Used by the example that writes them and by
//! the test that compares them.

use calx_phantom::{
    Calcification, DopplerOptions, FilmOptions, GeneratedImage, HandOptions, HandSide, ImageOptions,
    LookAlike, Polarity, Spacing, Storage, StudyOptions, View, Voi, study,
};

/// The seed of every fixture.
pub(crate) const SEED: u64 = 7;

/// Every fixture: name without ending, and its image. The page in `fixtures/` has the command for each, and a
/// test of the program runs those.
///
/// # Errors
/// As [`study`].
pub(crate) fn images() -> Result<Vec<(&'static str, GeneratedImage)>, Box<dyn std::error::Error>> {
    let sized = |side, columns, rows| HandOptions::sized(side, View::Pa, SEED, columns, rows);
    let small = |side| sized(side, 100, 128);
    let right = HandOptions { middle_finger_stump: true, ..sized(HandSide::Right, 200, 256) };
    let pair = [ImageOptions::Hand(right), ImageOptions::Hand(sized(HandSide::Left, 200, 256))];
    let film =
        FilmOptions { right_middle_finger_stump: true, ..FilmOptions::sized(View::Pa, SEED, 280, 230) };
    let clip = DopplerOptions { columns: 160, rows: 120, frames: 4, ..DopplerOptions::small(SEED) };
    let look_alikes = vec![
        LookAlike::Phlebolith,
        LookAlike::Sesamoid,
        LookAlike::Calcinosis,
        LookAlike::Dust,
        LookAlike::Ring,
    ];

    let mut made = Vec::new();
    let mut add = |names: &[&'static str], description: &str, images: &[ImageOptions]| {
        let about = StudyOptions::asked(description, images)?;
        made.extend(names.iter().copied().zip(study(&about, images)?));
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    add(&["hand_right_small", "hand_left_small"], "Bilateral hand radiographs", &pair)?;
    add(&["film_small"], "Both hands on one film", &[ImageOptions::Film(film)])?;
    let hands = [
        (
            "hand_monochrome1",
            HandOptions {
                polarity: Polarity::Monochrome1,
                calcification: Calcification::Moderate,
                ..small(HandSide::Right)
            },
        ),
        (
            "hand_signed",
            HandOptions {
                storage: Storage::Signed,
                calcification: Calcification::None,
                ..small(HandSide::Left)
            },
        ),
        ("hand_sigmoid", HandOptions { voi: Voi::Sigmoid, ..small(HandSide::Right) }),
        ("hand_lut_sequence", HandOptions { voi: Voi::LutSequence, ..small(HandSide::Right) }),
        ("hand_calibrated", HandOptions { spacing: Spacing::Calibrated, ..small(HandSide::Right) }),
        (
            "hand_look_alikes",
            HandOptions {
                calcification: Calcification::None,
                look_alikes,
                ..sized(HandSide::Right, 200, 256)
            },
        ),
    ];
    for (name, hand) in hands {
        add(&[name], "Hand radiograph", &[ImageOptions::Hand(hand)])?;
    }
    let description = "Duplex ultrasound of the right forearm";
    add(&["doppler_small"], description, &[ImageOptions::Doppler(clip.clone())])?;
    add(&["doppler_jpeg"], description, &[ImageOptions::Doppler(DopplerOptions { jpeg: true, ..clip })])?;
    Ok(made)
}

/// The name and the bytes of one file.
pub(crate) type File = (String, Vec<u8>);

/// Every file of the folder except the page that lists them.
///
/// # Errors
/// As [`study`], and what `serde_json` says about the truth.
pub(crate) fn files() -> Result<Vec<File>, Box<dyn std::error::Error>> {
    let mut files = Vec::new();
    for (name, image) in images()? {
        files.push((format!("{name}.truth.json"), image.truth.to_json()?.into_bytes()));
        files.push((format!("{name}.dcm"), image.bytes));
    }
    Ok(files)
}

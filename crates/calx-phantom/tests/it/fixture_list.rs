//! The files of `fixtures/`: which, and how each is made. Used by the example that writes them and by
//! the test that compares them.

use calx_phantom::{
    Calcification, DopplerOptions, FilmOptions, GeneratedImage, HandOptions, HandSide, ImageOptions,
    PhantomError, Polarity, Storage, StudyOptions, View, study,
};

/// The seed of every fixture.
pub(crate) const SEED: u64 = 7;

/// Every fixture: name without ending, and its image.
///
/// # Errors
/// As [`study`].
pub(crate) fn images() -> Result<Vec<(&'static str, GeneratedImage)>, PhantomError> {
    let named = |name: &str, description: &str, day| StudyOptions {
        name: format!("fixtures/{name}"),
        description: description.to_owned(),
        day,
    };
    let hand = |side, stump, columns, rows| {
        let mut options = HandOptions::sized(side, View::Pa, SEED, columns, rows);
        options.middle_finger_stump = stump;
        options
    };
    let hands = named("hands", "Bilateral hand radiographs", 0);
    let right = ImageOptions::Hand(hand(HandSide::Right, true, 200, 256));
    let left = ImageOptions::Hand(hand(HandSide::Left, false, 200, 256));

    let mut film = FilmOptions::sized(View::Pa, SEED, 280, 230);
    film.right_middle_finger_stump = true;
    let film = ImageOptions::Film(film);

    let mut dark = hand(HandSide::Right, false, 100, 128);
    dark.polarity = Polarity::Monochrome1;
    dark.calcification = Calcification::Moderate;
    let mut signed = hand(HandSide::Left, false, 100, 128);
    signed.storage = Storage::Signed;
    signed.calcification = Calcification::None;
    let kinds = [ImageOptions::Hand(dark), ImageOptions::Hand(signed)];

    let clip = ImageOptions::Doppler(DopplerOptions {
        columns: 160,
        rows: 120,
        frames: 4,
        ..DopplerOptions::small(SEED)
    });

    let names = [
        "hand_right_small",
        "hand_left_small",
        "film_small",
        "hand_monochrome1",
        "hand_signed",
        "doppler_small",
    ];
    let mut made = study(&hands, &[right, left])?;
    made.extend(study(&named("film", "Bilateral hand radiographs", 1), &[film])?);
    made.extend(study(&named("kinds", "Hands stored in other ways", 2), &kinds)?);
    made.extend(study(&named("doppler", "Duplex ultrasound of the right forearm", 3), &[clip])?);
    Ok(names.into_iter().zip(made).collect())
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

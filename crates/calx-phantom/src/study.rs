//! Studies: phantom pictures as DICOM objects with their truth.
//!
//! Not here: pixels (`radiograph`, `doppler`), the attributes of an object (`object`).
//!
//! Invariants
//! - Every object says that it is synthetic: Synthetic Data (0008,001C) YES, PatientName `PHANTOM^…`,
//!   Manufacturer calx-phantom, Image Comments; and, but for a header alone, the word SYNTHETIC in a corner.
//! - UIDs, AccessionNumber (0008,0050) and StudyID (0020,0010) depend on the seed, the name of the study and the
//!   number of the image only; dates are the day asked for, times follow from the number.

use calx_dicom::{NewStudy, uid_from_name};
use calx_model::{SeriesInstanceUid, SopInstanceUid, StudyInstanceUid};
use jiff::ToSpan;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::anatomy::FingerSide;
use crate::error::PhantomError;
use crate::habits::Habits;
use crate::number::stored;
use crate::object::{self, Form, Label};
use crate::options::{DopplerOptions, FilmOptions, HandOptions, HandSide, SoftTissueDefect, Storage, View};
use crate::person::Person;
use crate::radiograph::{self, Radiograph};
use crate::truth::{TRUTH_FORMAT_VERSION, Truth};
use crate::{doppler, facts};

/// One file: a DICOM object and what is true about it.
#[derive(Debug, Clone)]
pub struct GeneratedImage {
    /// A file name without a folder: `hand_right_pa.dcm`. The truth belongs beside it as `hand_right_pa.truth.json`.
    pub file_name: String,
    /// In words: `Right hand, PA`.
    pub title: String,
    /// StudyInstanceUID (0020,000D).
    pub study_instance_uid: String,
    /// SOPInstanceUID (0008,0018).
    pub sop_instance_uid: String,
    /// A whole Part 10 file.
    pub bytes: Vec<u8>,
    /// What is true about it.
    pub truth: Truth,
}

impl GeneratedImage {
    /// The name of the truth file beside it: `hand_right_pa.truth.json`.
    #[must_use]
    pub fn truth_file_name(&self) -> String {
        format!("{}.truth.json", self.file_name.trim_end_matches(".dcm"))
    }
}

/// The studies of the model case: the same patient in both layouts of hand radiographs, and a clip.
#[derive(Debug, Clone)]
pub struct ModelStudies {
    /// Two films: right hand PA, left hand PA.
    pub hands_two_films: Vec<GeneratedImage>,
    /// Both hands on one film: PA, then oblique.
    pub hands_one_film: Vec<GeneratedImage>,
    /// The Doppler clip.
    pub doppler: GeneratedImage,
}

impl ModelStudies {
    /// The names of all files, in the order of [`Self::images`].
    pub const FILE_NAMES: [&str; 5] = [
        "hand_right_pa.dcm",
        "hand_left_pa.dcm",
        "hands_both_pa.dcm",
        "hands_both_oblique.dcm",
        "doppler_radial_right.dcm",
    ];

    /// As [`Self::images`], without copies.
    #[must_use]
    pub fn into_images(self) -> Vec<GeneratedImage> {
        let mut images = self.hands_two_films;
        images.extend(self.hands_one_film);
        images.push(self.doppler);
        images
    }

    /// All images: two films, one film, clip.
    pub fn images(&self) -> impl Iterator<Item = &GeneratedImage> + Clone {
        self.hands_two_films.iter().chain(&self.hands_one_film).chain(std::iter::once(&self.doppler))
    }
}

/// What one study is made of.
#[derive(Debug, Clone)]
pub enum ImageOptions {
    /// One hand.
    Hand(HandOptions),
    /// Both hands on one film.
    Film(FilmOptions),
    /// An ultrasound clip.
    Doppler(DopplerOptions),
}

impl ImageOptions {
    /// The name that the image's file will have: `hand_right_pa.dcm`.
    #[must_use]
    pub fn file_name(&self) -> String {
        match self {
            Self::Hand(hand) => format!("hand_{}_{}.dcm", hand.side.word(), hand.view.word()),
            Self::Film(film) => format!("hands_both_{}.dcm", film.view.word()),
            Self::Doppler(_) => "doppler_radial_right.dcm".to_owned(),
        }
    }

    /// Whether all that is asked is such that the phantom can draw; draws nothing.
    ///
    /// # Errors
    /// [`PhantomError::Option`] names the first that is not.
    pub fn check(&self) -> Result<(), PhantomError> {
        match self {
            Self::Hand(hand) => {
                check_film(hand.columns, hand.rows, hand.pixel_mm)?;
                check_hands(hand.person, hand.density, &hand.soft_tissue_defects)
            }
            Self::Film(film) => {
                check_film(film.columns, film.rows, film.pixel_mm)?;
                check_hands(film.person, film.density, film.soft_tissue_defects.iter().flatten())
            }
            Self::Doppler(clip) => {
                within("columns", f64::from(clip.columns), 160.0, 1280.0, "160 to 1280")?;
                within("rows", f64::from(clip.rows), 120.0, 1024.0, "120 to 1024")?;
                within("frames", f64::from(clip.frames), 2.0, 64.0, "2 to 64")?;
                check_person(clip.person)
            }
        }
    }
}

/// Which study images belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyOptions {
    /// Tells two studies apart: UIDs depend on it.
    pub name: String,
    /// StudyDescription (0008,1030).
    pub description: String,
    /// StudyDate (0008,0020) as days after 2001-01-01: phantoms have no real date.
    pub day: u16,
}

/// Largest side of a picture in pixels.
const LARGEST: u16 = 4400;
/// Sides of a film in mm.
const SMALLEST_MM: f64 = 60.0;
const LARGEST_MM: f64 = 600.0;

/// Makes the images of one study, in order; several at a time on machines that can.
///
/// # Errors
/// [`PhantomError`]: then no image is returned.
pub fn study(study: &StudyOptions, images: &[ImageOptions]) -> Result<Vec<GeneratedImage>, PhantomError> {
    let numbered: Vec<(i32, &ImageOptions)> = (1..).zip(images).collect();
    let usual = Habits::default();
    numbered.into_par_iter().map(|(number, options)| image_as(study, options, number, &usual)).collect()
}

/// One image as a vendor with these habits would state it; `number` from 1.
pub(crate) fn image_as(
    study: &StudyOptions,
    options: &ImageOptions,
    number: i32,
    habits: &Habits,
) -> Result<GeneratedImage, PhantomError> {
    options.check()?;
    let mut image = match options {
        ImageOptions::Hand(hand) => hand_image(study, hand, (number, habits)),
        ImageOptions::Film(film) => film_image(study, film, (number, habits)),
        ImageOptions::Doppler(doppler) => doppler_image(study, doppler, (number, habits)),
    }?;
    image.file_name = options.file_name();
    Ok(image)
}

/// A whole header around 16 by 16 pixels, which show nothing: its SOPInstanceUID and the file's bytes.
pub(crate) fn header_as(
    study: &StudyOptions,
    seed: u64,
    number: i32,
    habits: &Habits,
) -> Result<(String, Vec<u8>), PhantomError> {
    let person = Person::from_seed(seed);
    let label = label(study, (seed, person), (number, habits), "Hand".to_owned())?;
    Ok((label.instance.to_string(), object::header(&label)?))
}

fn within(
    option: &'static str,
    value: f64,
    low: f64,
    high: f64,
    allowed: &'static str,
) -> Result<(), PhantomError> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(PhantomError::Option { option, value, allowed }) }
}

/// A film is as large as a cassette may be: that also bounds the cells of its maps (`radiograph` draws coarse
/// pixels from finer ones).
fn check_film(columns: u16, rows: u16, pixel_mm: f64) -> Result<(), PhantomError> {
    within("columns", f64::from(columns), 64.0, f64::from(LARGEST), "64 to 4400")?;
    within("rows", f64::from(rows), 64.0, f64::from(LARGEST), "64 to 4400")?;
    within("pixel_mm", pixel_mm, 0.04, 4.0, "0.04 to 4 mm")?;
    let side = |option, pixels| {
        let mm = f64::from(pixels) * pixel_mm;
        within(option, mm, SMALLEST_MM, LARGEST_MM, "films of 60 to 600 mm: pixels times pixel_mm")
    };
    side("the film's width", columns)?;
    side("the film's height", rows)
}

fn check_person(person: Person) -> Result<(), PhantomError> {
    within("age", f64::from(person.age), 20.0, 99.0, "20 to 99 years")?;
    within("size", person.size, 0.88, 1.12, "0.88 to 1.12")
}

/// What is asked of the hands of a radiograph.
fn check_hands<'a>(
    person: Person,
    density: f64,
    defects: impl IntoIterator<Item = &'a SoftTissueDefect>,
) -> Result<(), PhantomError> {
    check_person(person)?;
    within("density", density, 0.2, 2.0, "0.2 to 2")?;
    defects.into_iter().try_for_each(|defect| {
        within("digit", f64::from(defect.digit), 1.0, 5.0, "digits from 1, the thumb, to 5")
    })
}

/// AccessionNumber (0008,0050) and StudyID (0020,0010): digits of the number that the study's UID is.
fn numbers(study_uid: &str) -> (String, String) {
    let number = study_uid.rsplit('.').next().and_then(|n| n.parse::<u128>().ok()).unwrap_or_default();
    let digits = format!("{number:032X}");
    let part = |from: usize, count: usize| digits.chars().skip(from).take(count).collect::<String>();
    (format!("P{}", part(0, 12)), format!("S{}", part(20, 8)))
}

/// The study module and the UIDs of its image number `number`.
fn label(
    study: &StudyOptions,
    (seed, person): (u64, Person),
    (number, habits): (i32, &Habits),
    description: String,
) -> Result<Label, PhantomError> {
    let name = format!("calx-phantom/1/{}/{seed}", study.name);
    let study_uid = uid_from_name(&name);
    let (series_uid, instance) = if habits.nested_uids {
        (format!("{study_uid}.{number}"), format!("{study_uid}.{number}.1"))
    } else {
        (uid_from_name(&format!("{name}/series/{number}")), uid_from_name(&format!("{name}/image/{number}")))
    };
    let (accession_number, study_id) = numbers(&study_uid);
    let date = jiff::civil::date(2001, 1, 1).saturating_add(i64::from(study.day).days());
    Ok(Label {
        study: NewStudy {
            uid: StudyInstanceUid::new(&study_uid)?,
            date,
            time: jiff::civil::time(10, 30, 0, 0),
            id: study_id,
            accession_number,
            description: study.description.clone(),
        },
        series_uid: SeriesInstanceUid::new(&series_uid)?,
        instance: SopInstanceUid::new(&instance)?,
        number,
        description,
        seed,
        person,
        habits: habits.clone(),
    })
}

fn radiograph_image(label: &Label, picture: &Radiograph, form: Form) -> Result<GeneratedImage, PhantomError> {
    let bytes = object::radiograph(label, picture, form)?;
    let truth = Truth {
        format_version: TRUTH_FORMAT_VERSION,
        sop_instance_uid: label.instance.to_string(),
        seed: label.seed,
        columns: picture.columns,
        rows: picture.rows,
        pixel_mm: picture.pixel_mm,
        view: Some(form.view),
        hands: facts::hands(picture)?,
        doppler: None,
    };
    Ok(generated(label, bytes, truth))
}

fn generated(label: &Label, bytes: Vec<u8>, truth: Truth) -> GeneratedImage {
    GeneratedImage {
        file_name: String::new(),
        title: label.description.clone(),
        study_instance_uid: label.study.uid.to_string(),
        sop_instance_uid: label.instance.to_string(),
        bytes,
        truth,
    }
}

fn in_words(view: View) -> &'static str {
    match view {
        View::Pa => "PA",
        View::Oblique => "oblique",
    }
}

fn hand_image(
    study: &StudyOptions,
    hand: &HandOptions,
    numbered: (i32, &Habits),
) -> Result<GeneratedImage, PhantomError> {
    let side = match hand.side {
        HandSide::Right => "Right",
        HandSide::Left => "Left",
    };
    let label =
        label(study, (hand.seed, hand.person), numbered, format!("{side} hand, {}", in_words(hand.view)))?;
    let picture = radiograph::hand(hand);
    let (view, polarity, storage) = (hand.view, hand.polarity, hand.storage);
    let form = Form { view, polarity, storage, voi: hand.voi, spacing: hand.spacing };
    radiograph_image(&label, &picture, form)
}

fn film_image(
    study: &StudyOptions,
    film: &FilmOptions,
    numbered: (i32, &Habits),
) -> Result<GeneratedImage, PhantomError> {
    let label =
        label(study, (film.seed, film.person), numbered, format!("Both hands, {}", in_words(film.view)))?;
    let picture = radiograph::film(film);
    let (view, polarity, storage) = (film.view, film.polarity, Storage::Unsigned);
    let form = Form { view, polarity, storage, voi: film.voi, spacing: film.spacing };
    radiograph_image(&label, &picture, form)
}

fn doppler_image(
    study: &StudyOptions,
    options: &DopplerOptions,
    numbered: (i32, &Habits),
) -> Result<GeneratedImage, PhantomError> {
    let label = label(
        study,
        (options.seed, options.person),
        numbered,
        "Right radial artery, colour Doppler".to_owned(),
    )?;
    let clip = doppler::clip(options, label.content())?;
    let doppler = Some(clip.truth.clone());
    let bytes = object::clip(&label, clip)?;
    let truth = Truth {
        format_version: TRUTH_FORMAT_VERSION,
        sop_instance_uid: label.instance.to_string(),
        seed: options.seed,
        columns: options.columns,
        rows: options.rows,
        pixel_mm: 0.0,
        view: None,
        hands: Vec::new(),
        doppler,
    };
    Ok(generated(&label, bytes, truth))
}

/// The scale below which the model case's clip is [`DopplerOptions::small`].
const SMALL_BELOW: f64 = 0.75;

/// Makes the studies of the model case: right middle finger resected beyond its middle phalanx,
/// extensive calcification of both hands, a clip with segmental flow.
///
/// `scale` is the size of the pictures: 1.0 gives 1600 by 2000 pixels a hand and 2400 by 2000 a film.
/// The clip is 640 by 480 with 20 frames, below 0.75 it is 320 by 240 with 10.
///
/// # Errors
/// [`PhantomError::Option`] when `scale` is not within 0.1 and 1.8: a film would be wider than 4400 pixels.
pub fn model_case(seed: u64, scale: f64) -> Result<ModelStudies, PhantomError> {
    within("scale", scale, 0.1, 1.8, "0.1 to 1.8")?;
    let side = |length: f64| u16::try_from(stored(length * scale, 64, i32::from(LARGEST))).unwrap_or(LARGEST);
    // ulcers of fingers of both hands
    let defects = |hand_side| match hand_side {
        HandSide::Right => vec![SoftTissueDefect { digit: 2, side: FingerSide::Radial }],
        HandSide::Left => vec![
            SoftTissueDefect { digit: 3, side: FingerSide::Ulnar },
            SoftTissueDefect { digit: 4, side: FingerSide::Radial },
        ],
    };
    let hand = |hand_side, stump| {
        let mut options = HandOptions::sized(hand_side, View::Pa, seed, side(1600.0), side(2000.0));
        options.middle_finger_stump = stump;
        options.person = Person::MODEL;
        options.soft_tissue_defects = defects(hand_side);
        ImageOptions::Hand(options)
    };
    let film = |view| {
        let mut options = FilmOptions::sized_for(Person::MODEL, view, seed, side(2400.0), side(2000.0));
        options.right_middle_finger_stump = true;
        options.soft_tissue_defects = [defects(HandSide::Right), defects(HandSide::Left)];
        ImageOptions::Film(options)
    };
    let named = |name: &str, description: &str, day| StudyOptions {
        // pictures of another scale are other pictures
        name: format!("{name}/scale {scale}"),
        description: description.to_owned(),
        day,
    };
    let two_films = named("hands-two-films", "Bilateral hand radiographs", 0);
    let one_film = named("hands-one-film", "Bilateral hand radiographs, PA and oblique", 0);
    let ultrasound = named("doppler", "Duplex ultrasound of the right forearm", 1);
    let right_and_left = [hand(HandSide::Right, true), hand(HandSide::Left, false)];
    let views = [film(View::Pa), film(View::Oblique)];
    let small = DopplerOptions { person: Person::MODEL, ..DopplerOptions::small(seed) };
    let clip = if scale < SMALL_BELOW {
        small
    } else {
        DopplerOptions { columns: 640, rows: 480, frames: 20, ..small }
    };
    let (hands, doppler) = rayon::join(
        || rayon::join(|| study(&one_film, &views), || study(&two_films, &right_and_left)),
        || image_as(&ultrasound, &ImageOptions::Doppler(clip), 1, &Habits::default()),
    );
    Ok(ModelStudies { hands_one_film: hands.0?, hands_two_films: hands.1?, doppler: doppler? })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells of the maps of a film: so much memory, times the maps.
    const MOST_CELLS: usize = 40_000_000;

    #[test]
    fn no_film_that_is_drawn_has_maps_without_bound() {
        let mut allowed = 0;
        for micrometres in (40..=4000_u32).step_by(3) {
            let pixel_mm = f64::from(micrometres) / 1000.0;
            let factor = radiograph::finer(pixel_mm);
            for pixels in (64..=LARGEST).step_by(4).filter(|p| check_film(*p, *p, pixel_mm).is_ok()) {
                let cells = (usize::from(pixels) * factor).pow(2);
                assert!(cells <= MOST_CELLS, "{pixels} pixels of {pixel_mm} mm: {cells} cells");
                allowed += 1;
            }
        }
        assert!(allowed > 10_000, "{allowed}");
    }
}

//! Many patients at realistic sizes and counts, for importers and benches.
//!
//! Not here: files; what is made is handed to the caller one image at a time, so that memory stays flat.
//! Habits of headers are in `habits`.
//!
//! Invariants
//! - A file's path and bytes follow from the seed and the patient's number, not from threads or their order.
//! - [`plan`] counts what [`corpus`] makes.

use std::path::PathBuf;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::error::PhantomError;
use crate::habits::{Habits, of_patient};
use crate::noise::{Noise, mix};
use crate::options::{
    Calcification, CalcificationPattern, DopplerOptions, FilmOptions, HandOptions, HandSide, LookAlike,
    Polarity, Spacing, View, Voi,
};
use crate::study::{ImageOptions, StudyOptions, header_as, image_as};
use crate::threads::with_threads;

/// Sizes of the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorpusSize {
    /// A tenth of the usual sides, for tests.
    Small,
    /// 1760 by 2140 to 3500 by 4300 pixels.
    Usual,
    /// 3500 by 4300 pixels only.
    Large,
}

/// What a corpus is made of.
#[derive(Debug, Clone)]
pub struct CorpusOptions {
    /// Number of patients.
    pub patients: u32,
    /// The same seed, the same files.
    pub seed: u64,
    /// Sizes of the pictures.
    pub size: CorpusSize,
    /// Truth beside each image.
    pub truth: bool,
    /// Mistakes that vendors are known for: trailing zeros, wrong group lengths, missing file meta.
    pub messy: bool,
    /// So many tiny images a patient in one study, 16 by 16 pixels, instead of pictures.
    pub headers_only: Option<u32>,
}

/// One file.
#[derive(Debug, Clone)]
pub struct CorpusFile {
    /// Below the corpus' folder.
    pub path: PathBuf,
    /// Content.
    pub bytes: Vec<u8>,
}

/// How much a corpus is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CorpusPlan {
    /// Studies.
    pub studies: u64,
    /// DICOM files.
    pub images: u64,
    /// Files, truth included.
    pub files: u64,
    /// Bytes of pixels before any compression; headers add about 2 kB an image.
    pub pixel_bytes: u64,
}

/// Why a corpus was not finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// An image was refused.
    #[error("image {number} of patient {patient} was not made")]
    Image {
        /// From 1.
        patient: u32,
        /// From 1.
        number: u64,
        /// Why.
        #[source]
        source: PhantomError,
    },
    /// The truth has no JSON form.
    #[error("the truth of an image could not be stated")]
    Truth(#[from] serde_json::Error),
    /// The caller did not take a file.
    #[error("a file was not written")]
    Io(#[from] std::io::Error),
    /// The threads could not be started.
    #[error("the threads could not be started")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// One study before it is drawn.
struct Planned {
    about: StudyOptions,
    images: Vec<ImageOptions>,
}

/// One patient before anything is drawn.
struct Patient {
    number: u32,
    id: String,
    noise: Noise,
    seed: u64,
    studies: Vec<Planned>,
}

const SIZES: [(u16, u16); 3] = [(1760, 2140), (2500, 3000), (3500, 4300)];

fn size(options: &CorpusOptions, noise: Noise, study: u64) -> (u16, u16) {
    let [cr, dr, large] = SIZES;
    match (options.size, noise.unit(30, study)) {
        (CorpusSize::Large, _) => large,
        (CorpusSize::Usual, share) if share < 0.55 => cr,
        (CorpusSize::Usual, share) if share < 0.9 => dr,
        (CorpusSize::Usual, _) => large,
        (CorpusSize::Small, share) if share < 0.5 => (cr.0 / 10, cr.1 / 10),
        (CorpusSize::Small, _) => (dr.0 / 10, dr.1 / 10),
    }
}

fn patient(options: &CorpusOptions, number: u32) -> Patient {
    let seed = mix(options.seed ^ mix(u64::from(number)));
    let noise = Noise::new(seed, "corpus");
    let id = format!("PHANTOM-{}-{number}", options.seed);
    let studies = if options.headers_only.is_some() {
        Vec::new()
    } else {
        let count = 1 + noise.bits(31, 0) % 3;
        let first_day = noise.bits(32, 0) % 4000;
        (0..count).map(|study| planned(options, noise, seed, (number, study, first_day))).collect()
    };
    Patient { number, id, noise, seed, studies }
}

fn planned(
    options: &CorpusOptions,
    noise: Noise,
    seed: u64,
    (number, study, first_day): (u32, u64, u64),
) -> Planned {
    let (columns, rows) = size(options, noise, study);
    let unit = |lane: u64| noise.unit(lane, study);
    let view = |oblique: bool| if oblique { View::Oblique } else { View::Pa };
    let calcification = match noise.unit(33, 0) {
        u if u < 0.3 => Calcification::None,
        u if u < 0.65 => Calcification::Moderate,
        _ => Calcification::Extensive,
    };
    let pattern =
        if noise.unit(34, 0) < 0.7 { CalcificationPattern::Medial } else { CalcificationPattern::Mixed };
    let kinds =
        [LookAlike::Phlebolith, LookAlike::Sesamoid, LookAlike::Calcinosis, LookAlike::Dust, LookAlike::Ring];
    let look_alikes: Vec<LookAlike> =
        (40..).zip(kinds).filter(|(lane, _)| unit(*lane) < 0.12).map(|(_, kind)| kind).collect();
    let polarity = if noise.unit(35, 0) < 0.25 { Polarity::Monochrome1 } else { Polarity::Monochrome2 };
    let voi = voi(noise);
    let spacing = if noise.unit(36, 0) < 0.2 { Spacing::Calibrated } else { Spacing::Imager };
    // a follow-up shows the same hands, laid down anew
    let exposure = u32::try_from(study).unwrap_or(0);
    let mut images = Vec::new();
    let oblique_too = unit(51) < 0.5;
    let two_films = unit(50) < 0.6;
    for oblique in [Some(false), oblique_too.then_some(true)].into_iter().flatten() {
        if two_films {
            for side in [HandSide::Right, HandSide::Left] {
                images.push(ImageOptions::Hand(HandOptions {
                    calcification: calcification.clone(),
                    pattern,
                    look_alikes: look_alikes.clone(),
                    polarity,
                    voi,
                    spacing,
                    exposure,
                    ..HandOptions::sized(side, view(oblique), seed, columns, rows)
                }));
            }
        } else {
            images.push(ImageOptions::Film(FilmOptions {
                calcification: [calcification.clone(), calcification.clone()],
                pattern,
                look_alikes: [look_alikes.clone(), Vec::new()],
                polarity,
                voi,
                spacing,
                exposure,
                ..FilmOptions::sized(view(oblique), seed, rows, columns)
            }));
        }
    }
    if unit(52) < 0.25 {
        let small = DopplerOptions::small(seed ^ study);
        images.push(ImageOptions::Doppler(if options.size == CorpusSize::Small {
            DopplerOptions { columns: 160, rows: 120, frames: 3, ..small }
        } else {
            // consoles compress long clips
            DopplerOptions { columns: 800, rows: 600, frames: 24, jpeg: unit(55) < 0.5, ..small }
        }));
    }
    let day = u16::try_from(first_day + study * 180 + noise.bits(53, study) % 90).unwrap_or(u16::MAX);
    Planned {
        about: StudyOptions {
            name: format!("{}/{number}/{study}", name(options, "pictures")),
            description: description(noise),
            day,
        },
        images,
    }
}

/// StudyDescription (0008,1030), as each vendor words it.
fn description(noise: Noise) -> String {
    let words = ["Hand radiographs", "XR hand bilateral", "Hände bds. in 2 Ebenen", "HAND 2 VIEWS"];
    let at = usize::try_from(noise.bits(54, 0) % 4).unwrap_or(0);
    words.get(at).copied().unwrap_or("Hand radiographs").to_owned()
}

/// What all names of a corpus' studies begin with: other sizes and mistakes make other objects.
fn name(options: &CorpusOptions, what: &str) -> String {
    let size = match options.size {
        _ if options.headers_only.is_some() => "16",
        CorpusSize::Small => "small",
        CorpusSize::Usual => "usual",
        CorpusSize::Large => "large",
    };
    let messy = if options.messy { "/messy" } else { "" };
    format!("corpus/{what}/{size}{messy}/{}", options.seed)
}

/// How all images of a patient want to be seen.
fn voi(noise: Noise) -> Voi {
    match noise.unit(37, 0) {
        u if u < 0.4 => Voi::Window,
        u if u < 0.75 => Voi::Windows,
        u if u < 0.9 => Voi::LutSequence,
        _ => Voi::Sigmoid,
    }
}

/// What [`corpus`] would make; draws nothing.
#[must_use]
pub fn plan(options: &CorpusOptions) -> CorpusPlan {
    let mut plan = CorpusPlan::default();
    if let Some(each) = options.headers_only {
        plan.studies = u64::from(options.patients);
        plan.images = plan.studies * u64::from(each);
        plan.pixel_bytes = plan.images * 512;
    }
    for number in 1..=options.patients {
        for study in patient(options, number).studies {
            plan.studies += 1;
            for image in &study.images {
                plan.images += 1;
                plan.pixel_bytes += match image {
                    ImageOptions::Hand(hand) => u64::from(hand.columns) * u64::from(hand.rows) * 2,
                    ImageOptions::Film(film) => u64::from(film.columns) * u64::from(film.rows) * 2,
                    ImageOptions::Doppler(clip) => {
                        u64::from(clip.columns) * u64::from(clip.rows) * u64::from(clip.frames) * 3
                    }
                };
            }
        }
    }
    let truths = if options.truth && options.headers_only.is_none() { plan.images } else { 0 };
    plan.files = plan.images + truths;
    plan
}

/// Where a file goes: each vendor and archive has its own way.
fn path(patient: &Patient, study: u64, image: u64, (uid, name): (&str, &str)) -> PathBuf {
    match patient.noise.bits(60, 0) % 4 {
        0 => format!("PA{:06}/ST{:06}/IM{:06}", patient.number, study + 1, image + 1),
        1 => format!("{}/{uid}.dcm", patient.id),
        2 => format!("DICOM/{:08X}/{:08X}/{:08X}", patient.number, study, image),
        _ => format!("{}/study {}/{:02} {name}", patient.id, study + 1, image + 1),
    }
    .into()
}

/// Makes a corpus, several patients at a time, and hands each file over as soon as it is made.
///
/// `threads`: 0 takes as many as there are cores. `take` is called from any of them.
///
/// # Errors
/// [`CorpusError`]: files handed over before stay where they are.
pub fn corpus(
    options: &CorpusOptions,
    threads: usize,
    take: &(dyn Fn(CorpusFile) -> std::io::Result<()> + Sync),
) -> Result<(), CorpusError> {
    with_threads(threads, || {
        (1..=options.patients).into_par_iter().try_for_each(|number| {
            let patient = patient(options, number);
            match options.headers_only {
                Some(each) => headers(options, &patient, each, take),
                None => pictures(options, &patient, take),
            }
        })
    })?
}

fn habits(options: &CorpusOptions, patient: &Patient, image: &ImageOptions) -> Habits {
    let full_window = match image {
        ImageOptions::Hand(hand) => hand.voi == Voi::Window,
        ImageOptions::Film(film) => film.voi == Voi::Window,
        ImageOptions::Doppler(_) => false,
    };
    of_patient(patient.noise, &patient.id, full_window, options.messy)
}

fn pictures(
    options: &CorpusOptions,
    patient: &Patient,
    take: &(dyn Fn(CorpusFile) -> std::io::Result<()> + Sync),
) -> Result<(), CorpusError> {
    for (study, planned) in (0..).zip(&patient.studies) {
        for (image, asked) in (0_u64..).zip(&planned.images) {
            let habits = habits(options, patient, asked);
            let number = i32::try_from(image + 1).unwrap_or(i32::MAX);
            let made = image_as(&planned.about, asked, number, &habits).map_err(|source| {
                CorpusError::Image { patient: patient.number, number: image + 1, source }
            })?;
            let path = path(patient, study, image, (&made.sop_instance_uid, &made.file_name));
            if options.truth {
                let mut beside = path.clone().into_os_string();
                beside.push(".truth.json");
                take(CorpusFile { path: beside.into(), bytes: made.truth.to_json()?.into_bytes() })?;
            }
            take(CorpusFile { path, bytes: made.bytes })?;
        }
    }
    Ok(())
}

fn headers(
    options: &CorpusOptions,
    patient: &Patient,
    each: u32,
    take: &(dyn Fn(CorpusFile) -> std::io::Result<()> + Sync),
) -> Result<(), CorpusError> {
    let about = StudyOptions {
        name: format!("{}/{}", name(options, "headers"), patient.number),
        description: description(patient.noise),
        day: u16::try_from(patient.noise.bits(32, 0) % 4000).unwrap_or(0),
    };
    let habits = of_patient(patient.noise, &patient.id, false, options.messy);
    for image in 0..u64::from(each) {
        let number = i32::try_from(image + 1).unwrap_or(i32::MAX);
        let (uid, bytes) = header_as(&about, patient.seed, number, &habits)
            .map_err(|source| CorpusError::Image { patient: patient.number, number: image + 1, source })?;
        take(CorpusFile { path: path(patient, 0, image, (&uid, "hand")), bytes })?;
    }
    Ok(())
}

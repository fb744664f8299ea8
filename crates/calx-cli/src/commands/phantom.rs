//! `calx phantom hand|pair|film|doppler|study|corpus`.

mod corpus;
mod output;
mod radiographs;
mod words;

use calx_phantom::{
    DopplerOptions, GeneratedImage, HandSide, ImageOptions, ModelStudies, PhantomError, StudyOptions,
    model_case, study, with_threads,
};
use clap::{Args, Subcommand};
use serde_json::json;

pub(crate) use self::output::write;
use self::output::{OutputArgs, check_free, files, tops, write_set};
use self::radiographs::{PersonArgs, RadiographArgs};
use self::words::{HandWord, WaveformWord, scale, size};
use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::{Out, Table};

/// Make synthetic studies with known truth; every image says SYNTHETIC.
#[derive(Debug, Subcommand)]
pub(crate) enum PhantomCommand {
    Hand(HandArgs),
    Pair(PairArgs),
    Film(FilmArgs),
    Doppler(DopplerArgs),
    Study(StudyArgs),
    Corpus(corpus::CorpusArgs),
}

/// One hand.
///
/// calx phantom hand -o phantoms --side left --size 1760x2140 --age 71 --sex female
/// calx phantom hand -o phantoms --artery radial-artery --pattern intimal --look-alike ring --masks
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct HandArgs {
    #[command(flatten)]
    output: OutputArgs,
    /// Which hand
    #[arg(long, value_enum, default_value = "right")]
    side: HandWord,
    #[command(flatten)]
    radiograph: RadiographArgs,
    /// Store signed values, as a secondary capture: DX forbids them
    #[arg(long, help_heading = "File")]
    signed: bool,
}

/// Two films of one person: right and left hand.
///
/// calx phantom pair -o phantoms --size 1600x2000 --seed 7
/// calx phantom pair -o phantoms --calcification moderate --defect right:2-radial --stump
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct PairArgs {
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    radiograph: RadiographArgs,
}

/// Both hands on one film.
///
/// calx phantom film -o phantoms --view oblique --size 3500x2800
/// calx phantom film -o phantoms --artery right:radial-artery --look-alike left:phlebolith --voi sigmoid
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct FilmArgs {
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    radiograph: RadiographArgs,
}

/// A Doppler-like clip of a forearm artery.
///
/// calx phantom doppler -o phantoms --size 800x600 --frames 30
/// calx phantom doppler -o phantoms --jpeg --waveform tardus
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct DopplerArgs {
    #[command(flatten)]
    output: OutputArgs,
    /// Image size, 160x120 to 1280x1024
    #[arg(long, value_parser = size, value_name = "WxH", default_value = "1024x768")]
    size: (u16, u16),
    /// Frames, 2 to 64: one heart beat, from 36 on two
    #[arg(long, default_value_t = 45)]
    frames: u16,
    /// How blood flows over a heart beat; else from the seed
    #[arg(long, value_enum)]
    waveform: Option<WaveformWord>,
    /// JPEG baseline instead of uncompressed pixels
    #[arg(long)]
    jpeg: bool,
    #[command(flatten)]
    person: PersonArgs,
}

/// The studies of the model case: two films, both hands on one film, a clip.
///
/// calx phantom study -o phantoms --seed 7
/// calx phantom study -o phantoms --scale 0.25 --masks
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct StudyArgs {
    #[command(flatten)]
    output: OutputArgs,
    /// Size of the pictures, 0.1 to 1.8: 1 is 1600x2000 a hand
    #[arg(long, value_name = "FACTOR", value_parser = scale, default_value = "1")]
    scale: f64,
}

/// What is asked for, before anything is drawn.
enum Work {
    Images { description: &'static str, images: Vec<ImageOptions> },
    Model { seed: u64, scale: f64 },
}

impl Work {
    fn file_names(&self) -> Vec<String> {
        match self {
            Self::Images { images, .. } => images.iter().map(ImageOptions::file_name).collect(),
            Self::Model { .. } => ModelStudies::FILE_NAMES.map(str::to_owned).to_vec(),
        }
    }

    /// Refuses what cannot be drawn; the scale of the model case is checked where it is read.
    fn check(&self) -> Result<(), Failure> {
        match self {
            Self::Images { images, .. } => {
                images.iter().try_for_each(ImageOptions::check).map_err(phantom_failure)
            }
            Self::Model { .. } => Ok(()),
        }
    }

    fn draw(&self, jobs: usize) -> Result<Vec<GeneratedImage>, Failure> {
        match self {
            Self::Images { description, images } => {
                let about = StudyOptions::asked(description, images).or_exit(Exit::Bug)?;
                with_threads(jobs, || study(&about, images)).or_exit(Exit::NoMeans)?
            }
            Self::Model { seed, scale } => {
                let model = with_threads(jobs, || model_case(*seed, *scale)).or_exit(Exit::NoMeans)?;
                model.map(ModelStudies::into_images)
            }
        }
        .map_err(phantom_failure)
    }
}

/// An option out of range is the asker's to mend, all else is a bug.
pub(crate) fn phantom_failure(error: PhantomError) -> Failure {
    let exit = if matches!(error, PhantomError::Option { .. }) { Exit::Usage } else { Exit::Bug };
    Failure::new(exit, error)
}

fn hand(args: &HandArgs) -> Result<Work, Failure> {
    let side: HandSide = args.side.into();
    if let Some(option) = args.radiograph.asked_of_another(side) {
        let said =
            format!("{option} asks something of the other hand, this picture shows the {} one", side.word());
        return Err(Failure::say(Exit::Usage, said).hint("calx phantom pair and film show both hands"));
    }
    let images = vec![args.radiograph.one(side, args.output.seed, args.signed)];
    Ok(Work::Images { description: "Hand radiograph", images })
}

fn doppler(args: &DopplerArgs) -> Work {
    let (columns, rows) = args.size;
    let options = DopplerOptions {
        columns,
        rows,
        frames: args.frames,
        jpeg: args.jpeg,
        waveform: args.waveform.map(Into::into),
        person: args.person.person(args.output.seed),
        ..DopplerOptions::full(args.output.seed)
    };
    let images = vec![ImageOptions::Doppler(options)];
    Work::Images { description: "Duplex ultrasound of the right forearm", images }
}

pub(crate) fn run(command: &PhantomCommand, global: &Global, out: &Out) -> Outcome {
    let asked = match command {
        PhantomCommand::Hand(HandArgs { radiograph, .. })
        | PhantomCommand::Pair(PairArgs { radiograph, .. })
        | PhantomCommand::Film(FilmArgs { radiograph, .. }) => Some(radiograph),
        _ => None,
    };
    let (args, work) = match command {
        PhantomCommand::Hand(a) => (&a.output, hand(a)?),
        PhantomCommand::Pair(a) => {
            let images = a.radiograph.pair(a.output.seed).to_vec();
            (&a.output, Work::Images { description: "Bilateral hand radiographs", images })
        }
        PhantomCommand::Film(a) => {
            let images = vec![a.radiograph.film(a.output.seed)];
            (&a.output, Work::Images { description: "Both hands on one film", images })
        }
        PhantomCommand::Doppler(a) => (&a.output, doppler(a)),
        PhantomCommand::Corpus(a) => return corpus::run(a, global, out),
        PhantomCommand::Study(a) => (&a.output, Work::Model { seed: a.output.seed, scale: a.scale }),
    };
    work.check()?;
    let names = names(work.file_names(), &args.name)?;
    check_free(&tops(&names, args.masks), &args.output, args.force)?;
    if global.dry_run {
        for name in tops(&names, args.masks) {
            out.note(format!("dry run: would write {}", args.output.join(name).display()));
        }
        return Ok(Exit::Done);
    }
    let mut images = work.draw(global.jobs)?;
    for (image, name) in images.iter_mut().zip(names) {
        image.file_name = name;
    }
    for lacking in asked.map(|radiograph| radiograph.lacking(&images)).unwrap_or_default() {
        out.note(lacking);
    }
    write_set(&files(&images, args.masks)?, &args.output, args.force)?;
    let mut table = Table::new("calx.phantom/1", &["file"]);
    for image in &images {
        let file = args.output.join(&image.file_name);
        if out.format() == Format::Table {
            out.line(file.display())?;
        }
        table.push(vec![json!(file.display().to_string())]);
    }
    if out.format() != Format::Table {
        out.table(&table)?;
    }
    Ok(Exit::Done)
}

/// The names of the images' files: their own, or those asked for, one each.
fn names(own: Vec<String>, asked: &[String]) -> Result<Vec<String>, Failure> {
    if asked.is_empty() {
        return Ok(own);
    }
    let distinct: std::collections::BTreeSet<&String> = asked.iter().collect();
    if asked.len() != own.len() || distinct.len() != asked.len() {
        let said = format!("{} names were given, there are {} images", distinct.len(), own.len());
        return Err(Failure::say(Exit::Usage, said).hint("give --name once for each image, each another"));
    }
    Ok(asked.iter().map(|name| format!("{name}.dcm")).collect())
}

//! `calx phantom hand|pair|film|doppler|study|corpus`.

mod corpus;
mod output;
mod radiographs;
mod words;

use calx_phantom::{DopplerOptions, GeneratedImage, HandSide, ImageOptions, StudyOptions, model_case, study};
use clap::{Args, Subcommand};
use serde_json::json;

pub(crate) use self::output::write;
use self::output::{OutputArgs, files, write_set};
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

fn made(description: &str, images: &[ImageOptions]) -> Result<Vec<GeneratedImage>, Failure> {
    let about = StudyOptions::asked(description, images).or_exit(Exit::Usage)?;
    study(&about, images).or_exit(Exit::Usage)
}

fn hand(args: &HandArgs) -> Result<Vec<GeneratedImage>, Failure> {
    let side: HandSide = args.side.into();
    if let Some(option) = args.radiograph.asked_of_another(side) {
        let said =
            format!("{option} asks something of the other hand, this picture shows the {} one", side.word());
        return Err(Failure::say(Exit::Usage, said).hint("calx phantom pair and film show both hands"));
    }
    made("Hand radiograph", &[args.radiograph.one(side, args.output.seed, args.signed)])
}

fn doppler(args: &DopplerArgs) -> Result<Vec<GeneratedImage>, Failure> {
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
    made("Duplex ultrasound of the right forearm", &[ImageOptions::Doppler(options)])
}

pub(crate) fn run(command: &PhantomCommand, global: &Global, out: &Out) -> Outcome {
    let asked = match command {
        PhantomCommand::Hand(HandArgs { radiograph, .. })
        | PhantomCommand::Pair(PairArgs { radiograph, .. })
        | PhantomCommand::Film(FilmArgs { radiograph, .. }) => Some(radiograph),
        _ => None,
    };
    let (args, mut images) = match command {
        PhantomCommand::Hand(a) => (&a.output, hand(a)?),
        PhantomCommand::Pair(a) => {
            (&a.output, made("Bilateral hand radiographs", &a.radiograph.pair(a.output.seed))?)
        }
        PhantomCommand::Film(a) => {
            (&a.output, made("Both hands on one film", &[a.radiograph.film(a.output.seed)])?)
        }
        PhantomCommand::Doppler(a) => (&a.output, doppler(a)?),
        PhantomCommand::Corpus(a) => return corpus::run(a, global, out),
        PhantomCommand::Study(a) => {
            let model = model_case(a.output.seed, a.scale).or_exit(Exit::Usage)?;
            (&a.output, model.images().cloned().collect())
        }
    };
    for lacking in asked.map(|radiograph| radiograph.lacking(&images)).unwrap_or_default() {
        out.note(lacking);
    }
    rename(&mut images, &args.name)?;
    let files = files(&images, args.masks)?;
    if global.dry_run {
        for (name, bytes) in &files {
            out.note(format!(
                "dry run: would write {} ({} bytes)",
                args.output.join(name).display(),
                bytes.len()
            ));
        }
        return Ok(Exit::Done);
    }
    write_set(&files, &args.output, args.force)?;
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

/// Gives images the names asked for, one each.
fn rename(images: &mut [GeneratedImage], names: &[String]) -> Result<(), Failure> {
    if names.is_empty() {
        return Ok(());
    }
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    if names.len() != images.len() || distinct.len() != names.len() {
        let said = format!("{} names were given, there are {} images", distinct.len(), images.len());
        return Err(Failure::say(Exit::Usage, said).hint("give --name once for each image, each another"));
    }
    for (image, name) in images.iter_mut().zip(names) {
        image.file_name = format!("{name}.dcm");
    }
    Ok(())
}

//! `calx phantom hand|pair|film|doppler|study`.

use std::path::{Path, PathBuf};

use calx_phantom::{
    Calcification, DopplerOptions, FilmOptions, GeneratedImage, HandOptions, HandSide, ImageOptions,
    Polarity, StudyOptions, View, model_case, study,
};
use calx_workspace::durable;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::args::{Format, Global};
use crate::failure::{Exit, Failure, OrExit, Outcome};
use crate::out::{Out, Table};

/// Make synthetic studies with known truth; every image says SYNTHETIC.
#[derive(Debug, Subcommand)]
pub(crate) enum PhantomCommand {
    /// One hand
    Hand(HandArgs),
    /// Two films: right and left hand
    Pair(PhantomArgs),
    /// Both hands on one film
    Film(PhantomArgs),
    /// A Doppler-like clip
    Doppler(PhantomArgs),
    /// The studies of the model case
    Study(PhantomArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PhantomArgs {
    /// Folder for the DICOM files and their truth (JSON beside each)
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Image size
    #[arg(long, value_parser = size, value_name = "WxH")]
    size: Option<(u16, u16)>,
    /// Postero-anterior or oblique
    #[arg(long, value_enum, default_value = "pa")]
    view: ViewWord,
    /// How calcified the arteries are
    #[arg(long, value_enum, default_value = "extensive")]
    calcification: CalcificationWord,
    /// Store low values bright
    #[arg(long)]
    monochrome1: bool,
    /// The right middle finger ends beyond its middle phalanx
    #[arg(long)]
    stump: bool,
    /// Frames of a clip
    #[arg(long, default_value_t = 10)]
    frames: u16,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HandArgs {
    /// Which hand
    #[arg(long, value_enum, default_value = "right")]
    side: HandWord,
    #[command(flatten)]
    common: PhantomArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HandWord {
    Right,
    Left,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ViewWord {
    Pa,
    Oblique,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CalcificationWord {
    None,
    Moderate,
    Extensive,
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parsed = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    parsed.ok_or_else(|| "a size is WIDTHxHEIGHT, as 1600x2000".to_owned())
}

impl PhantomArgs {
    fn calcification(&self) -> Calcification {
        match self.calcification {
            CalcificationWord::None => Calcification::None,
            CalcificationWord::Moderate => Calcification::Moderate,
            CalcificationWord::Extensive => Calcification::Extensive,
        }
    }

    fn view(&self) -> View {
        match self.view {
            ViewWord::Pa => View::Pa,
            ViewWord::Oblique => View::Oblique,
        }
    }

    fn polarity(&self) -> Polarity {
        if self.monochrome1 { Polarity::Monochrome1 } else { Polarity::Monochrome2 }
    }

    fn name_of(&self, kind: &str) -> String {
        let Self { size, view, calcification, monochrome1, stump, frames, .. } = self;
        format!("{kind} {size:?} {view:?} {calcification:?} {monochrome1} {stump} {frames}")
    }

    fn hand(&self, side: HandSide) -> ImageOptions {
        let (columns, rows) = self.size.unwrap_or((1600, 2000));
        ImageOptions::Hand(HandOptions {
            calcification: self.calcification(),
            polarity: self.polarity(),
            middle_finger_stump: self.stump && side == HandSide::Right,
            ..HandOptions::sized(side, self.view(), self.seed, columns, rows)
        })
    }
}

pub(crate) fn run(command: &PhantomCommand, global: &Global, out: &Out) -> Outcome {
    // UIDs follow from the name: it says everything that was asked, so that other pixels are another object.
    let named = |args: &PhantomArgs, kind: &str, description: &str| StudyOptions {
        name: args.name_of(kind),
        description: description.to_owned(),
        day: 0,
    };
    let (args, images) = match command {
        PhantomCommand::Hand(hand) => {
            let side = match hand.side {
                HandWord::Right => HandSide::Right,
                HandWord::Left => HandSide::Left,
            };
            let options = [hand.common.hand(side)];
            (
                &hand.common,
                study(&named(&hand.common, &format!("hand {side:?}"), "Hand radiograph"), &options),
            )
        }
        PhantomCommand::Pair(args) => {
            let options = [args.hand(HandSide::Right), args.hand(HandSide::Left)];
            (args, study(&named(args, "pair", "Bilateral hand radiographs"), &options))
        }
        PhantomCommand::Film(args) => {
            let (columns, rows) = args.size.unwrap_or((2400, 2000));
            let options = [ImageOptions::Film(FilmOptions {
                calcification: [args.calcification(), args.calcification()],
                polarity: args.polarity(),
                right_middle_finger_stump: args.stump,
                ..FilmOptions::sized(args.view(), args.seed, columns, rows)
            })];
            (args, study(&named(args, "film", "Both hands on one film"), &options))
        }
        PhantomCommand::Doppler(args) => {
            let (columns, rows) = args.size.unwrap_or((320, 240));
            let options = [ImageOptions::Doppler(DopplerOptions {
                columns,
                rows,
                frames: args.frames,
                ..DopplerOptions::small(args.seed)
            })];
            (args, study(&named(args, "doppler", "Doppler ultrasound of both arms"), &options))
        }
        PhantomCommand::Study(args) => {
            (args, model_case(args.seed, 1.0).map(|made| made.images().cloned().collect::<Vec<_>>()))
        }
    };
    let images = images.or_exit(Exit::Usage)?;
    if global.dry_run {
        images.iter().for_each(|i| out.note(format!("dry run: would write {}", i.file_name)));
        return Ok(Exit::Done);
    }
    let mut table = Table::new("calx.phantom/1", &["file"]);
    for file in write(&images, &args.output, args.force)? {
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

/// Writes images with their truth beside them; returns the DICOM files.
pub(crate) fn write(images: &[GeneratedImage], folder: &Path, force: bool) -> Result<Vec<PathBuf>, Failure> {
    crate::failure::create_folder(folder)?;
    let mut files = Vec::with_capacity(images.len());
    for image in images {
        let file = folder.join(&image.file_name);
        let truth = image.truth.to_json().or_exit(Exit::Bug)?;
        if file.exists() && !force {
            return Err(Failure::say(Exit::Usage, format!("the file is there already: {}", file.display()))
                .hint("choose another folder, or pass --force to replace it"));
        }
        durable::replace(&file, &image.bytes).or_exit(Exit::WriteFailed)?;
        durable::replace(&folder.join(image.truth_file_name()), truth.as_bytes())
            .or_exit(Exit::WriteFailed)?;
        files.push(file);
    }
    Ok(files)
}

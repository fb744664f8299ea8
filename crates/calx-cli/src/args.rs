//! The command line as a type: flags that hold everywhere, and the commands.
//!
//! Not here: what a command does ([`crate::commands`]).

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;

/// Annotates imaging cases: every sentence leads to its pixels, every marked pixel to its sentence.
#[derive(Debug, Parser)]
#[command(name = "calx", version, about, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    /// Play a script on the window: what is clicked and typed, pictures, times. See docs/ui-scripts
    #[cfg(feature = "app")]
    #[arg(long, value_name = "FILE", help_heading = "Window")]
    pub(crate) ui_script: Option<PathBuf>,
    /// Play it without a display; the only way so far
    #[cfg(feature = "app")]
    #[arg(long, requires = "ui_script", help_heading = "Window")]
    pub(crate) offscreen: bool,
    /// What draws the images of the script's window
    #[cfg(feature = "app")]
    #[arg(long, value_enum, default_value_t, requires = "ui_script", help_heading = "Window")]
    pub(crate) renderer: commands::open::Draws,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "Examples:
  calx                                        open the window
  calx FOLDER                                 open the window and import what is named
  calx demo                                   make, annotate and export a whole synthetic case, and say where to look
  calx init ws && calx import -w ws FOLDER    begin a workspace and read DICOM files into it
  calx render FILE.dcm -o hand.png            draw one DICOM file; no workspace is needed

Exit codes: 0 done · 1 some items failed · 2 usage · 3 not found · 4 nothing usable · 5 busy · 6 refused by a
safety rule · 7 no way to draw or decode · 9 write failed · 70 a bug in calx · 130 interrupted

For teaching and research, not for primary diagnosis. Grey values go out as they are: the curve of the
monitor (DICOM GSDF) is not corrected.";

/// Flags that hold for every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Workspace folder; else the nearest parent that holds calx.toml
    #[arg(
        short,
        long,
        global = true,
        value_name = "DIR",
        env = "CALX_WORKSPACE",
        help_heading = "Everywhere"
    )]
    pub(crate) workspace: Option<PathBuf>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Everywhere")]
    pub(crate) format: Format,
    /// The same as --format json
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// Only results and errors
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    pub(crate) quiet: bool,
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Everywhere")]
    pub(crate) verbose: u8,
    /// Colour in messages
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Everywhere")]
    pub(crate) color: ColorWhen,
    /// Progress on stderr; json writes an object a line
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Everywhere")]
    pub(crate) progress: ProgressWhen,
    /// Threads; 0 takes as many as there are cores
    #[arg(short, long, global = true, default_value_t = 0, value_name = "N", help_heading = "Everywhere")]
    pub(crate) jobs: usize,
    /// The largest frame that is decoded, in MiB
    #[arg(
        long,
        global = true,
        default_value_t = 256,
        value_name = "MIB",
        value_parser = clap::value_parser!(u64).range(1..=65_536),
        env = "CALX_FRAME_LIMIT",
        help_heading = "Everywhere"
    )]
    pub(crate) frame_limit: u64,
    /// Say what would be done, change nothing
    #[arg(short = 'n', long, global = true, help_heading = "Everywhere")]
    pub(crate) dry_run: bool,
    /// Who works here, for the journal; else the login name
    #[arg(long, global = true, value_name = "NAME", env = "CALX_AUTHOR", help_heading = "Everywhere")]
    pub(crate) author: Option<String>,
    /// Decode with this program in place of calx itself: it must serve as `calx decode-worker` does. For
    /// tests that need a codec to break down
    #[arg(long, global = true, value_name = "PROGRAM", hide = true, help_heading = "Everywhere")]
    pub(crate) worker_program: Option<PathBuf>,
    /// Also write messages to this file
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) log_file: Option<PathBuf>,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people.
    #[default]
    Table,
    /// One document.
    Json,
    /// One object a line.
    Jsonl,
    /// Comma separated.
    Csv,
}

/// When messages are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// When progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ProgressWhen {
    /// On a terminal.
    #[default]
    Auto,
    /// Never.
    None,
    /// One object a line, on stderr.
    Json,
}

/// The commands.
// A line on a variant would hide the text of its arguments, where the examples stand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[cfg(feature = "app")]
    Open(commands::open::OpenArgs),
    Init(commands::init::InitArgs),
    Import(commands::import::ImportArgs),
    /// Files with one UID and other bytes: list them, decide which counts
    #[command(subcommand)]
    Issues(commands::issues::IssuesCommand),
    Ls(commands::ls::LsArgs),
    Search(commands::search::SearchArgs),
    Show(commands::show::ShowArgs),
    /// Make, fill, check and follow cases
    #[command(subcommand)]
    Case(commands::case::CaseCommand),
    /// Findings of a case
    #[command(subcommand)]
    Finding(commands::finding::FindingCommand),
    /// Statements of a finding
    #[command(subcommand)]
    Statement(commands::statement::StatementCommand),
    /// Links from statements to what supports them
    #[command(subcommand)]
    Evidence(commands::evidence::EvidenceCommand),
    /// Marked regions
    #[command(subcommand)]
    Region(commands::region::RegionCommand),
    /// Numbered references of a case
    #[command(subcommand)]
    Reference(commands::reference::ReferenceCommand),
    /// Lesions and vessels over several images
    #[command(subcommand)]
    Track(commands::track::TrackCommand),
    /// Cases in an order
    #[command(subcommand)]
    Playlist(commands::playlist::PlaylistCommand),
    Render(commands::render::RenderArgs),
    Export(commands::export::ExportArgs),
    Verify(commands::verify::VerifyArgs),
    RebuildCatalogue(commands::verify::RebuildArgs),
    Gc(commands::forget::GcArgs),
    Forget(commands::forget::ForgetArgs),
    Doctor(commands::doctor::DoctorArgs),
    /// Make synthetic studies with known truth
    #[command(subcommand)]
    Phantom(commands::phantom::PhantomCommand),
    Demo(commands::demo::DemoArgs),
}

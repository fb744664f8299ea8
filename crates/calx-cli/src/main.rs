//! The program `calx`: the command line over the libraries.
//!
//! Here: reading arguments, printing, exit codes. Not here: anything a library call cannot do.
//!
//! Invariants
//! - Results on stdout, everything else on stderr.
//! - No command ends in a panic that nobody explains: the hook names the place and asks for a report.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "doc comments of arguments are help texts: their brackets are typed as they stand"
)]

mod args;
mod commands;
mod failure;
mod out;
mod place;
mod session;
mod shapes;
mod workers;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

use crate::args::{Cli, Command, Global};
use crate::failure::{Exit, Failure, Outcome};
use crate::out::Out;

fn main() -> ExitCode {
    // Before anything else: a worker is this program, and reads no arguments of a person.
    if std::env::args_os().nth(1).is_some_and(|word| word == workers::WORD) {
        return workers::serve();
    }
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
        out::stderr_line(&format!(
            "error: calx met a state it does not know, at {place}\n  what was saved before is safe: a journal row is on disk before its id is printed\nhint: please report this place with the command you ran"
        ));
    }));
    let cli = parse();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&cli)));
    let code = outcome.unwrap_or(Exit::Bug);
    ExitCode::from(code as u8)
}

/// The command line; a word that is no command and names a file or folder is opened in the window.
fn parse() -> Cli {
    let words: Vec<OsString> = std::env::args_os().collect();
    match Cli::try_parse_from(&words) {
        Ok(cli) => cli,
        Err(error) => match opened(&words, &error) {
            Some(words) => Cli::parse_from(words),
            None => error.exit(),
        },
    }
}

/// The same words with the command `open`, when a file or folder stands where a command is meant.
fn opened(words: &[OsString], error: &clap::Error) -> Option<Vec<OsString>> {
    if !cfg!(feature = "app") || error.kind() != clap::error::ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(named)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let at = words.iter().skip(1).position(|word| word.to_string_lossy() == named.as_str())? + 1;
    let path = words.get(at).filter(|word| Path::new(word).exists())?;
    let (before, after) = (words.iter().take(at), words.iter().skip(at + 1));
    let open = OsString::from("open");
    Some(before.chain([&open, path]).chain(after).cloned().collect())
}

fn run(cli: &Cli) -> Exit {
    let out = match Out::new(&cli.global) {
        Ok(out) => out,
        Err(failure) => {
            out::stderr_line(&format!("error: the log file cannot be written: {:#}", failure.error));
            return failure.exit;
        }
    };
    match dispatch(cli, &out) {
        Ok(exit) => exit,
        // What a command does is done before it prints, so an unread result is no failure.
        Err(failure) if failure.is_closed_pipe() => Exit::Done,
        Err(failure) => {
            out.failure(&failure);
            failure.exit
        }
    }
}

/// `calx` alone.
#[cfg(feature = "app")]
fn bare(global: &Global, out: &Out) -> Outcome {
    commands::open::run(&commands::open::OpenArgs::default(), global, out)
}

#[cfg(not(feature = "app"))]
fn bare(_global: &Global, _out: &Out) -> Outcome {
    Err(Failure::say(Exit::Usage, "a command is missing, and this build has no window")
        .hint("calx --help lists the commands"))
}

fn dispatch(cli: &Cli, out: &Out) -> Outcome {
    let global = &cli.global;
    #[cfg(feature = "app")]
    if let Some(script) = &cli.ui_script {
        return match &cli.command {
            None if cli.offscreen => commands::open::play(script, cli.renderer, global, out),
            None => Err(Failure::say(Exit::Usage, "scripts are played without a display so far")
                .hint("add --offscreen")),
            Some(_) => {
                Err(Failure::say(Exit::Usage, "--ui-script stands alone: it is no option of a command"))
            }
        };
    }
    let Some(command) = &cli.command else { return bare(global, out) };
    match command {
        #[cfg(feature = "app")]
        Command::Open(a) => commands::open::run(a, global, out),
        Command::Init(a) => commands::init::run(a, global, out),
        Command::Import(a) => commands::import::run(a, global, out),
        Command::Issues(c) => commands::issues::run(c, global, out),
        Command::Ls(a) => commands::ls::run(a, global, out),
        Command::Search(a) => commands::search::run(a, global, out),
        Command::Show(a) => commands::show::run(a, global, out),
        Command::Case(c) => commands::case::run(c, global, out),
        Command::Finding(c) => commands::finding::run(c, global, out),
        Command::Statement(c) => commands::statement::run(c, global, out),
        Command::Evidence(c) => commands::evidence::run(c, global, out),
        Command::Region(c) => commands::region::run(c, global, out),
        Command::Reference(c) => commands::reference::run(c, global, out),
        Command::Track(c) => commands::track::run(c, global, out),
        Command::Playlist(c) => commands::playlist::run(c, global, out),
        Command::Render(a) => commands::render::run(a, global, out),
        Command::Export(a) => commands::export::run(a, global, out),
        Command::Verify(a) => commands::verify::run(a, global, out),
        Command::RebuildCatalogue(a) => commands::verify::rebuild(a, global, out),
        Command::Gc(a) => commands::forget::gc(a, global, out),
        Command::Forget(a) => commands::forget::run(a, global, out),
        Command::Doctor(a) => commands::doctor::run(a, global, out),
        Command::Phantom(c) => commands::phantom::run(c, global, out),
        Command::Demo(a) => commands::demo::run(a, global, out),
    }
}

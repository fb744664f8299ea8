//! Writes the case in hand somewhere else, when its own place cannot be written.
//!
//! Invariants
//! - The folder appears whole or not at all, and nothing that is there is replaced.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use calx_model::{Case, CaseFile, JournalRow};
use calx_workspace::durable;

use super::desk::{Desk, Wake};

/// The whole case.
pub const CASE: &str = "case.json";
/// The edits that were not on disk.
pub const UNSAVED: &str = "unsaved.jsonl";

/// A copy that is asked for.
#[derive(Debug)]
pub struct CopyAsk {
    /// The folder that takes it.
    pub folder: PathBuf,
    /// The case, as it is in the window.
    pub case: Box<Case>,
    /// The rows that are not on disk.
    pub unsaved: Vec<JournalRow>,
}

/// Opens the thread that writes copies; it tells the folder that was made, or why there is none.
///
/// # Errors
/// The system gives no thread.
pub fn open(wake: &Wake) -> std::io::Result<Desk<CopyAsk, Result<PathBuf, String>>> {
    Desk::open("copy", wake, |ask: CopyAsk, out| {
        let made = write(&ask).map_err(|error| {
            format!("No copy was written and nothing was changed: {error}: {}", ask.folder.display())
        });
        out.tell(made);
    })
}

fn write(ask: &CopyAsk) -> std::io::Result<PathBuf> {
    fs::create_dir_all(&ask.folder)?;
    let name = ask.case.number.map_or_else(|| "case".to_owned(), |number| format!("case-{number}"));
    let partial = ask.folder.join(format!("{name}.{}.partial", std::process::id()));
    let made = fill(&partial, ask).and_then(|()| place(&partial, &ask.folder, &name));
    if made.is_err() {
        // The error is told; half a copy is of no use.
        fs::remove_dir_all(&partial).ok();
    }
    made
}

fn fill(partial: &Path, ask: &CopyAsk) -> std::io::Result<()> {
    fs::create_dir(partial)?;
    let case = CaseFile::new((*ask.case).clone()).to_json().map_err(std::io::Error::other)?;
    let mut rows = String::new();
    for row in &ask.unsaved {
        rows.push_str(&serde_json::to_string(row)?);
        rows.push('\n');
    }
    for (name, text) in [(CASE, &case), (UNSAVED, &rows)] {
        let mut file = fs::File::create_new(partial.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
    }
    Ok(())
}

/// Gives the folder the first name that is free.
fn place(partial: &Path, folder: &Path, name: &str) -> std::io::Result<PathBuf> {
    let names = std::iter::once(format!("{name}-copy")).chain((2..1000).map(|n| format!("{name}-copy-{n}")));
    for name in names {
        let target = folder.join(name);
        match durable::rename_new(partial, &target) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            done => return done.map(|()| target),
        }
    }
    Err(std::io::Error::other("there are a thousand copies in this folder already"))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::Told;
    use super::*;

    fn case() -> Case {
        use calx_model::{CaseId, NewCase, Reading, ReadingId, ReadingState, Schema};
        let uuid = uuid::Uuid::from_u128;
        Case::new(NewCase {
            id: CaseId(uuid(1)),
            number: Some(52),
            title: "血管の石灰化".to_owned(),
            language: "en".to_owned(),
            created: "2026-03-01T14:02:11Z".parse().unwrap(),
            schema: Schema::from_json(Schema::VASCULAR_CALCIFICATION).unwrap().reference(),
            reading: Reading {
                id: ReadingId(uuid(2)),
                reader: "tester".to_owned(),
                role: calx_model::ReaderRole::Author,
                state: ReadingState::Open,
            },
        })
    }

    #[test]
    fn a_copy_holds_the_case_and_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let desk = open(&Wake::new(|| {})).unwrap();
        let place = folder.path().join("a b");
        for _ in 0..2 {
            desk.ask(CopyAsk { folder: place.clone(), case: Box::new(case()), unsaved: Vec::new() });
        }
        let until = Instant::now() + Duration::from_secs(10);
        while !desk.is_idle() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        let made: Vec<_> = desk.take();
        let [Told::Said(Ok(first)), Told::Said(Ok(second))] = made.as_slice() else { panic!("{made:?}") };
        assert_eq!((first, second), (&place.join("case-52-copy"), &place.join("case-52-copy-2")));
        let found = CaseFile::from_json(&fs::read_to_string(first.join(CASE)).unwrap()).unwrap();
        assert_eq!(found.case, case());
        assert_eq!(fs::read_dir(&place).unwrap().count(), 2, "nothing half is left");
        // Where nothing can be written, the reason is told.
        desk.ask(CopyAsk { folder: first.join(CASE), case: Box::new(case()), unsaved: Vec::new() });
        while !desk.is_idle() {
            std::thread::yield_now();
        }
        let told = desk.take();
        assert!(
            matches!(&told[0], Told::Said(Err(why)) if why.starts_with("No copy was written")),
            "{told:?}"
        );
    }
}

//! Options of `calx export` for DICOM objects, and the rule that those of patients leave by a person's word only.
//!
//! Invariants
//! - `--identity` stands in the journal before anything leaves; once for the same person, kinds and content. It is no
//!   change of the case: who exports, and which kinds, changes no object.

use std::path::PathBuf;

use calx_dicom::derived::{
    DerivedOptions, Predecessor, SegGeometry, SegRegions, SrProfile, read_predecessor,
};
use calx_export::case_folder_name;
use calx_export::{ExportError, ReaderLine, consent};
use calx_model::{Case, Document};
use calx_workspace::Workspace;
use clap::{Args, ValueEnum};

use super::export_failure;
use crate::args::Global;
use crate::failure::{Exit, Failure, OrExit};
use crate::out::Out;
use crate::session::{self, Writing};

#[derive(Debug, Args)]
pub(crate) struct ObjectArgs {
    /// Patient and dates may leave in DICOM objects as the images have them. The journal records who
    #[arg(long)]
    identity: bool,
    /// The images are of several patients (PatientID), and DICOM objects of one may speak of the others
    #[arg(long)]
    several_patients: bool,
    /// Reports: regions that OHIF can edit, or TID 1500 and nothing else
    #[arg(long, value_enum, default_value = "ohif", value_name = "PROFILE")]
    sr_profile: ProfileWord,
    /// Segmentations: no geometry as the images have none, or one nobody measured, for 3D Slicer and OHIF
    #[arg(long, value_enum, default_value = "none", value_name = "GEOMETRY")]
    seg_geometry: GeometryWord,
    /// Segmentations: regions that a report cannot hold, or all that cover pixels
    #[arg(long, value_enum, default_value = "needed", value_name = "REGIONS")]
    seg_regions: RegionsWord,
    /// Reports: say whose place they take, those of an earlier export with -o DIR
    #[arg(long, value_name = "DIR")]
    replaces: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProfileWord {
    Ohif,
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GeometryWord {
    None,
    Nominal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RegionsWord {
    Needed,
    All,
}

impl ObjectArgs {
    pub(super) const fn identity(&self) -> bool {
        self.identity
    }

    pub(super) const fn several_patients(&self) -> bool {
        self.several_patients
    }

    pub(super) const fn derived(&self) -> DerivedOptions {
        DerivedOptions {
            sr_profile: match self.sr_profile {
                ProfileWord::Ohif => SrProfile::Ohif,
                ProfileWord::Plain => SrProfile::Plain,
            },
            seg_geometry: match self.seg_geometry {
                GeometryWord::None => SegGeometry::None,
                GeometryWord::Nominal => SegGeometry::Nominal,
            },
            seg_regions: match self.seg_regions {
                RegionsWord::Needed => SegRegions::Needed,
                RegionsWord::All => SegRegions::All,
            },
        }
    }

    /// Reports of the earlier export.
    pub(super) fn predecessors(&self, case: &Case) -> Result<Vec<Predecessor>, Failure> {
        let Some(folder) = &self.replaces else { return Ok(Vec::new()) };
        let of_case = folder.join(case_folder_name(case)).join("sr");
        let reports = if of_case.is_dir() { of_case } else { folder.join("sr") };
        let entries = std::fs::read_dir(&reports).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "dcm"));
        paths.sort();
        if paths.is_empty() {
            let what = "there are no reports of an earlier export, nothing was exported";
            let hint = "--replaces takes the DIR of an earlier calx export --as sr -o DIR";
            return Err(Failure::say(Exit::NotFound, format!("{what}: {}", reports.display())).hint(hint));
        }
        paths.iter().map(|path| read_predecessor(&path.as_path().into()).or_exit(Exit::SomeFailed)).collect()
    }

    /// Refuses what nobody asked for.
    pub(super) fn check(&self, case: &Case, targets: &[&str]) -> Result<(), Failure> {
        if self.identity || consent::identified(case, targets).is_empty() {
            return Ok(());
        }
        Err(export_failure(ExportError::IdentityNotAsked))
    }

    /// Writes into the journal who asked for it; the document as it is then.
    pub(super) fn record(
        &self,
        workspace: &Workspace,
        typed: &str,
        document: Document,
        targets: &[&str],
        global: &Global,
        out: &Out,
    ) -> Result<Document, Failure> {
        let identified = consent::identified(document.case(), targets);
        if identified.is_empty() || consent::is_recorded(&document, &identified, &session::author(global)) {
            return Ok(document);
        }
        let mut writing = Writing::open(workspace, typed, consent::TOOL, global, out)?;
        writing.record(&identified.join(","))?;
        drop(writing);
        session::read(workspace, typed)
    }
}

/// Says what each outside reader takes.
pub(super) fn tell_readers(readers: &[ReaderLine], out: &Out) {
    if readers.is_empty() {
        return;
    }
    out.note("what other programs take of it:");
    let width = readers.iter().map(|line| line.reader.chars().count()).max().unwrap_or(0);
    for ReaderLine { reader, takes, not } in readers {
        let not = not.as_ref().map(|not| format!("; not {not}")).unwrap_or_default();
        out.note(format!("  {reader:width$}  {takes}{not}"));
    }
}

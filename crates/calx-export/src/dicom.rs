//! `sr/`, `seg/`, `gsps/`, `kos/`: the case as DICOM objects beside its images.
//!
//! Not here: the objects themselves (`calx_dicom::derived`); measuring and windows, whose results are handed to them.
//!
//! Invariants
//! - These objects carry patient and study as the images do: they leave when every image says that it is synthetic, or
//!   when a person asked for it ([`ExportOptions::identity`]).
//! - All kinds of one export are written in one run, since they refer to each other.
//! - The case leaves as it is, not blunted: the objects are of the same patient. A case of several patients leaves when they
//!   are nobody, or when a person said that it is meant ([`ExportOptions::several_patients`]): under the name of one the
//!   document of the case speaks of the others.

pub mod input;
pub mod own_state;
pub mod readers;

use calx_dicom::derived::{Kinds, Profile, Root, patients, write_derived};

use crate::error::ExportError;
use crate::exporter::{ExportOptions, Exporter, Needs, OptionInfo, is_numbered};
use crate::folder::OutputFolder;
use crate::input::ExportInput;
use input::Gathered;
use readers::{ReaderLine, Tally};

/// Writes one kind of DICOM object.
#[derive(Debug, Clone, Copy)]
pub struct DicomExporter {
    name: &'static str,
    description: &'static str,
    options: &'static [OptionInfo],
    folders: &'static [&'static str],
    /// What its files are called, before their number.
    files: &'static [&'static str],
    kinds: Kinds,
}

const NONE: Kinds = Kinds { sr: false, seg: false, gsps: false, kos: false };

/// `sr/`: measurements of each study, and the whole case as a report of its own.
pub const SR: DicomExporter = DicomExporter {
    name: "sr",
    description: "DICOM reports: measurements, and the whole case so that it comes back equal",
    options: &[OptionInfo {
        name: "sr-profile",
        description: "ohif: regions can be edited there; plain: TID 1500 and nothing else",
    }],
    folders: &["sr"],
    files: &["sr/measurements-"],
    kinds: Kinds { sr: true, ..NONE },
};

/// `seg/`: regions of each image as masks.
pub const SEG: DicomExporter = DicomExporter {
    name: "seg",
    description: "DICOM segmentations: regions as masks",
    options: &[
        OptionInfo {
            name: "seg-geometry",
            description: "none, as the images; nominal: one that nobody measured, for 3D Slicer and OHIF",
        },
        OptionInfo {
            name: "seg-regions",
            description: "needed: those a report cannot hold; all: all that cover pixels",
        },
    ],
    folders: &["seg"],
    files: &["seg/image-"],
    kinds: Kinds { seg: true, ..NONE },
};

/// `gsps/`: each grey image as the case shows it.
pub const GSPS: DicomExporter = DicomExporter {
    name: "gsps",
    description: "DICOM presentation states: window, orientation and marks of each grey image",
    options: &[],
    folders: &["gsps"],
    files: &["gsps/image-"],
    kinds: Kinds { gsps: true, ..NONE },
};

/// `kos/`: the key images of each study.
pub const KOS: DicomExporter = DicomExporter {
    name: "kos",
    description: "DICOM key objects: the key images",
    options: &[],
    folders: &["kos"],
    files: &["kos/keys-"],
    kinds: Kinds { kos: true, ..NONE },
};

impl Exporter for DicomExporter {
    fn name(&self) -> &'static str {
        self.name
    }
    fn description(&self) -> &'static str {
        self.description
    }
    fn options(&self) -> &'static [OptionInfo] {
        self.options
    }
    fn needs(&self) -> Needs {
        Needs { pixels: false, uids: true, identity: true }
    }
    fn top_level_names(&self) -> &'static [&'static str] {
        self.folders
    }
    fn may_have_written(&self, path: &str) -> bool {
        self.files.iter().any(|file| is_numbered(path, file, ".dcm"))
            || (self.kinds.sr && path == "sr/case.dcm")
    }
    fn kinds(&self) -> Kinds {
        self.kinds
    }
    fn export(
        &self,
        input: &mut ExportInput<'_>,
        options: &ExportOptions,
        out: &mut OutputFolder,
    ) -> Result<Vec<String>, ExportError> {
        write(input, options, self.kinds, out).map(|written| written.notices)
    }
}

/// What a run wrote.
#[derive(Debug)]
pub(crate) struct Written {
    /// What a person should know.
    pub(crate) notices: Vec<String>,
    /// What each outside reader takes of it.
    pub(crate) readers: Vec<ReaderLine>,
    /// For whom it is.
    pub(crate) profile: Profile,
}

/// Whether the objects of a case need a person's word: an image of it may be of a patient.
pub(crate) fn is_of_a_patient(case: &calx_model::Case) -> bool {
    !case.images().all(|(_, image)| image.synthetic)
}

/// Writes objects of all `kinds`, in one run.
pub(crate) fn write(
    input: &mut ExportInput<'_>,
    options: &ExportOptions,
    kinds: Kinds,
    out: &mut OutputFolder,
) -> Result<Written, ExportError> {
    if input.case.images().next().is_none() {
        return Err(ExportError::NoImages);
    }
    let mut gathered = Gathered::of(input, kinds)?;
    let is_synthetic = gathered.sources.iter().all(|source| source.synthetic);
    let profile = if is_synthetic { Profile::Synthetic } else { Profile::Identified };
    if profile == Profile::Identified && !options.identity {
        return Err(ExportError::IdentityNotAsked);
    }
    let patients = patients(&gathered.sources);
    if profile == Profile::Identified && patients > 1 {
        if !options.several_patients {
            return Err(ExportError::SeveralPatients(patients));
        }
        gathered.notices.push(format!(
            "the images are of {patients} patients by PatientID (0010,0020): the case document stands under the first, and \
             names images and findings of all"
        ));
    }
    let root = Root {
        case: input.case,
        schema: input.schema,
        sources: &gathered.sources,
        shown: &gathered.shown,
        measured: &gathered.measured,
        words: &gathered.words,
        calx_version: &input.calx_version,
        profile,
        options: options.derived,
        predecessors: &options.predecessors,
    };
    let mut written = Tally::default();
    let told = write_derived::<ExportError>(&root, kinds, &mut |object| {
        written.count(&object);
        out.write(&object.name, &object.bytes)
    })?;
    let readers = readers::table(&root, kinds, written);
    gathered.notices.extend(told);
    Ok(Written { notices: gathered.notices, readers, profile })
}

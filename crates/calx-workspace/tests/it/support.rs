//! What the tests share: a fresh workspace, tiny DICOM files, the shared samples.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use calx_model::{CaseField, Edit, NewCase, ReaderRole, Reading, ReadingState, Schema, Stamp};
use calx_workspace::{
    FileOutcome, FileStatus, ImportError, ImportEvent, ImportOptions, ImportSummary, InitOptions, Workspace,
};
use tempfile::TempDir;
use uuid::Uuid;

/// A workspace in a folder of its own; `dir/ws` is the workspace, `dir/src` is for sources.
pub(crate) struct Fresh {
    pub(crate) dir: TempDir,
    pub(crate) workspace: Workspace,
}

impl Fresh {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::init(&dir.path().join("ws"), InitOptions::default()).unwrap();
        fs::create_dir(dir.path().join("src")).unwrap();
        Self { dir, workspace }
    }

    pub(crate) fn src(&self) -> PathBuf {
        self.dir.path().join("src")
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.src().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A second opening of the same workspace, as another process would have it.
    pub(crate) fn again(&self) -> Workspace {
        Workspace::open(self.workspace.root()).unwrap()
    }

    pub(crate) fn import(&self) -> (ImportSummary, Vec<FileOutcome>) {
        import(&self.workspace, &[self.src()], |_| {}).unwrap()
    }
}

pub(crate) fn import(
    workspace: &Workspace,
    sources: &[PathBuf],
    change: impl FnOnce(&mut ImportOptions<'_>),
) -> Result<(ImportSummary, Vec<FileOutcome>), ImportError> {
    let cancel = AtomicBool::new(false);
    let mut options = ImportOptions::new(&cancel);
    change(&mut options);
    let mut files = Vec::new();
    let summary = workspace.import(sources, &options, &mut |event| {
        if let ImportEvent::File(outcome) = event {
            files.push(outcome);
        }
    })?;
    assert_eq!(summary.counts.total(), files.len() as u64, "every file is told once");
    Ok((summary, files))
}

/// Status and reason of one file by the end of its path.
pub(crate) fn fate<'a>(files: &'a [FileOutcome], ending: &str) -> (FileStatus, &'a str) {
    let found: Vec<_> = files.iter().filter(|f| f.path.ends_with(ending)).collect();
    assert_eq!(found.len(), 1, "{ending} is told once, in {files:#?}");
    (found[0].status, found[0].reason.as_str())
}

/// One explicit little endian element.
pub(crate) fn element(group: u16, number: u16, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == "UI" || vr == "OW" { 0 } else { b' ' });
    }
    let mut out = Vec::new();
    out.extend(group.to_le_bytes());
    out.extend(number.to_le_bytes());
    out.extend(vr.as_bytes());
    if matches!(vr, "OB" | "OW" | "SQ" | "UN" | "UT") {
        out.extend([0, 0]);
        out.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
    } else {
        out.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
    }
    out.extend(value);
    out
}

/// Segmentation Storage.
pub(crate) const SEGMENTATION: &str = "1.2.840.10008.5.1.4.1.1.66.4";

/// A 4 × 4 image of 16 bits, as a DICOM file written by hand.
#[derive(Clone)]
pub(crate) struct Tiny {
    pub(crate) class: &'static str,
    pub(crate) modality: &'static str,
    pub(crate) study: &'static str,
    pub(crate) series: &'static str,
    pub(crate) instance: String,
    pub(crate) patient: (&'static str, &'static str, &'static str),
    pub(crate) description: &'static str,
    pub(crate) number: u32,
    pub(crate) fill: u8,
}

impl Tiny {
    pub(crate) fn new(instance: &str) -> Self {
        Self {
            class: "1.2.840.10008.5.1.4.1.1.1.1",
            modality: "DX",
            study: "1.2.3.1",
            series: "1.2.3.1.1",
            instance: instance.to_owned(),
            patient: ("17", "DOE^JANE", "19500101"),
            description: "Both hands",
            number: 1,
            fill: 7,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let class = self.class.as_bytes();
        let mut meta = element(0x0002, 0x0001, "OB", &[0, 1]);
        meta.extend(element(0x0002, 0x0002, "UI", class));
        meta.extend(element(0x0002, 0x0003, "UI", self.instance.as_bytes()));
        meta.extend(element(0x0002, 0x0010, "UI", b"1.2.840.10008.1.2.1"));
        meta.extend(element(0x0002, 0x0012, "UI", b"1.2.3.99"));
        let mut out = vec![0; 128];
        out.extend(b"DICM");
        out.extend(element(0x0002, 0x0000, "UL", &u32::try_from(meta.len()).unwrap().to_le_bytes()));
        out.extend(meta);
        let us = |value: u16| value.to_le_bytes();
        out.extend(element(0x0008, 0x0005, "CS", b"ISO_IR 192"));
        out.extend(element(0x0008, 0x0016, "UI", class));
        out.extend(element(0x0008, 0x0018, "UI", self.instance.as_bytes()));
        out.extend(element(0x0008, 0x0020, "DA", b"20240203"));
        out.extend(element(0x0008, 0x0060, "CS", self.modality.as_bytes()));
        out.extend(element(0x0008, 0x1030, "LO", self.description.as_bytes()));
        out.extend(element(0x0010, 0x0010, "PN", self.patient.1.as_bytes()));
        out.extend(element(0x0010, 0x0020, "LO", self.patient.0.as_bytes()));
        out.extend(element(0x0010, 0x0030, "DA", self.patient.2.as_bytes()));
        out.extend(element(0x0010, 0x0040, "CS", b"F"));
        out.extend(element(0x0010, 0x1010, "AS", b"074Y"));
        out.extend(element(0x0018, 0x1164, "DS", b"0.15\\0.15"));
        out.extend(element(0x0018, 0x5101, "CS", b"PA"));
        out.extend(element(0x0020, 0x000d, "UI", self.study.as_bytes()));
        out.extend(element(0x0020, 0x000e, "UI", self.series.as_bytes()));
        out.extend(element(0x0020, 0x0013, "IS", self.number.to_string().as_bytes()));
        out.extend(element(0x0020, 0x0062, "CS", b"R"));
        out.extend(element(0x0028, 0x0002, "US", &us(1)));
        out.extend(element(0x0028, 0x0004, "CS", b"MONOCHROME2"));
        out.extend(element(0x0028, 0x0010, "US", &us(4)));
        out.extend(element(0x0028, 0x0011, "US", &us(4)));
        out.extend(element(0x0028, 0x0100, "US", &us(16)));
        out.extend(element(0x0028, 0x0101, "US", &us(12)));
        out.extend(element(0x0028, 0x0102, "US", &us(11)));
        out.extend(element(0x0028, 0x0103, "US", &us(0)));
        out.extend(element(0x0028, 0x0301, "CS", b"NO"));
        out.extend(element(0x7fe0, 0x0010, "OW", &[self.fill; 32]));
        out
    }
}

/// The shared samples; `None` (told, or a failure where they are required) when they are not here.
pub(crate) fn samples() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("CALX_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let samples = shared.join("dicom-samples");
    if samples.is_dir() {
        return Some(samples);
    }
    let required = std::env::var_os("CI").is_some() || std::env::var_os("CALX_REQUIRED").is_some();
    assert!(!required, "the shared samples are required and absent: {}", samples.display());
    println!("skipped: no shared samples at {}", samples.display());
    None
}

pub(crate) fn stamp(second: i64) -> Stamp {
    Stamp {
        at: jiff::Timestamp::from_second(1_700_000_000 + second).unwrap(),
        who: "anna".to_owned(),
        tool: "test".to_owned(),
    }
}

pub(crate) fn new_case(id: u128, title: &str) -> NewCase {
    NewCase {
        id: Uuid::from_u128(id).into(),
        number: None,
        title: title.to_owned(),
        language: "en".to_owned(),
        created: stamp(0).at,
        schema: Schema::from_json(Schema::VASCULAR_CALCIFICATION).unwrap().reference(),
        reading: Reading {
            id: Uuid::from_u128(id ^ 0xffff).into(),
            reader: "anna".to_owned(),
            role: ReaderRole::Author,
            state: ReadingState::Open,
        },
    }
}

pub(crate) fn title(text: &str) -> Edit {
    Edit::SetCase { field: CaseField::Title(text.to_owned()) }
}

/// Every file below a folder with its bytes, but for locks and SQLite's own side files.
pub(crate) fn tree(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut out = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if !path.to_string_lossy().contains("catalogue.sqlite") && !path.ends_with("lock") {
                out.push((path.clone(), fs::read(&path).unwrap()));
            }
        }
    }
    out.sort();
    out
}

//! What each outside reader takes of the objects of one export, and what it does not: equal or said.
//!
//! Not here: calx's own reading, which gives the equal case.
//!
//! Invariants
//! - What a reader takes is counted in the objects that were written, not in the case.
//!
//! Source: each line was measured with that reader's own code or program; `dicom-outputs` B5 lists versions and threads.

use calx_dicom::derived::{Kind, Kinds, NewObject, Root, SegGeometry, SrProfile};
use calx_model::Shape;

/// One reader.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReaderLine {
    /// Who reads.
    pub reader: &'static str,
    /// What it takes.
    pub takes: String,
    /// What it does not take, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not: Option<String>,
}

/// What was written, counted object by object.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Reports of measurements.
    reports: usize,
    /// Reports of the whole case.
    documents: usize,
    /// Regions that reports draw with points.
    outlines: usize,
    /// Segments of all segmentations.
    segments: usize,
    /// Presentation states.
    states: usize,
    /// Key objects.
    keys: usize,
}

impl Tally {
    /// Counts an object that is handed on.
    pub(crate) fn count(&mut self, object: &NewObject) {
        match object.kind {
            Kind::Segmentation => self.segments += object.holds.segments,
            Kind::Presentation => self.states += 1,
            Kind::KeyObjects => self.keys += 1,
            Kind::Measurements => {
                self.reports += 1;
                self.outlines += object.holds.outlines;
            }
            Kind::CaseDocument => self.documents += 1,
        }
    }

    const fn is_nothing(self) -> bool {
        let Self { reports, documents, segments, states, keys, .. } = self;
        reports + documents + segments + states + keys == 0
    }
}

/// A line for each reader that `kinds` concern.
pub(crate) fn table(root: &Root<'_>, kinds: Kinds, written: Tally) -> Vec<ReaderLine> {
    let is_nominal = root.options.seg_geometry == SegGeometry::Nominal;
    let mut lines = Vec::new();
    if kinds.sr || kinds.seg {
        lines.push(ohif(root, written, is_nominal));
        lines.push(slicer(written, is_nominal));
    }
    lines.push(weasis(root, kinds, written));
    let all = if written.is_nothing() { Vec::new() } else { vec!["all".to_owned()] };
    lines.push(line("highdicom, pydicom", all, Vec::new()));
    lines.push(dcmtk(written));
    lines
}

fn has_width(path: &calx_geometry::VesselPath) -> bool {
    path.vertices().iter().any(|vertex| vertex.width > calx_geometry::Grid::ZERO)
}

/// `3 masks`, `1 mask`.
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Why a reader does not take masks.
fn without_geometry(segments: usize) -> String {
    format!("{} (it wants a geometry: --seg-geometry nominal)", count(segments, "mask"))
}

fn ohif(root: &Root<'_>, written: Tally, is_nominal: bool) -> ReaderLine {
    let Tally { reports, outlines, segments, .. } = written;
    let regions = &root.case.regions;
    let mut takes = Vec::new();
    let mut not = Vec::new();
    if reports > 0 && !regions.is_empty() {
        let is_edited = root.options.sr_profile == SrProfile::Ohif;
        let does = if is_edited { "shows and edits" } else { "shows" };
        takes.push(format!("{does} {outlines} of {}", count(regions.len(), "region")));
        if !is_edited && outlines > 0 {
            not.push("it edits none of them: --sr-profile ohif".to_owned());
        }
        if regions.iter().any(|region| matches!(&region.shape, Shape::Path(path) if has_width(path))) {
            not.push("widths of paths".to_owned());
        }
    }
    if segments > 0 {
        if is_nominal {
            takes.push(format!("{} as segmentations", count(segments, "mask")));
        } else {
            not.push(without_geometry(segments));
        }
    }
    line("OHIF", takes, not)
}

fn slicer(written: Tally, is_nominal: bool) -> ReaderLine {
    let Tally { reports, outlines, segments, .. } = written;
    let mut takes = Vec::new();
    let mut not = Vec::new();
    if segments > 0 && is_nominal {
        takes.push(count(segments, "mask"));
    } else if segments > 0 {
        not.push(without_geometry(segments));
    }
    if reports > 0 {
        takes.push("values as a table, by dcmqi".to_owned());
    }
    if outlines > 0 {
        not.push("outlines (it looks for an image position, which a radiograph has not)".to_owned());
    }
    line("3D Slicer", takes, not)
}

fn weasis(root: &Root<'_>, kinds: Kinds, written: Tally) -> ReaderLine {
    let Tally { reports, documents, outlines, segments, states, keys } = written;
    let mut takes = Vec::new();
    let mut not = Vec::new();
    if states > 0 {
        takes.push(format!("window and marks of {}", count(states, "image")));
    }
    let colour = root.sources.iter().filter(|source| !source.is_grey).count();
    if kinds.gsps && colour > 0 {
        not.push(format!("{} in colour", count(colour, "image")));
    }
    if keys > 0 {
        takes.push("key images".to_owned());
    }
    if segments > 0 {
        takes.push(count(segments, "mask"));
    }
    if reports + documents > 0 {
        takes.push("reports as text".to_owned());
    }
    if outlines > 0 && !kinds.gsps {
        not.push("outlines of reports: --as gsps shows them".to_owned());
    }
    line("Weasis", takes, not)
}

fn dcmtk(written: Tally) -> ReaderLine {
    let Tally { reports, documents, segments, states, keys, .. } = written;
    let mut takes = Vec::new();
    let mut not = Vec::new();
    if reports + documents + keys > 0 {
        takes.push("reports and key objects as text (dsrdump)".to_owned());
    }
    if states > 0 {
        takes.push("the grey of presentation states (dcmp2pgm)".to_owned());
        not.push("their marks".to_owned());
    }
    if segments > 0 {
        takes.push("segmentations as files".to_owned());
    }
    line("DCMTK", takes, not)
}

fn line(reader: &'static str, takes: Vec<String>, not: Vec<String>) -> ReaderLine {
    let takes = if takes.is_empty() { "nothing".to_owned() } else { takes.join("; ") };
    ReaderLine { reader, takes, not: (!not.is_empty()).then(|| not.join("; ")) }
}

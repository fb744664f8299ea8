//! What each outside reader takes of the objects of one export, and what it does not: equal or said.
//!
//! Not here: calx's own reading, which gives the equal case.
//!
//! Source: each line was measured with that reader's own code or program; `dicom-outputs` B5 lists versions and threads.

use calx_dicom::derived::{Kinds, Root, SegGeometry, SrProfile};
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

/// What there is to be read.
#[derive(Debug, Clone, Copy)]
struct Counts {
    /// Regions that a report holds as points.
    outlines: usize,
    /// Regions that only a segmentation holds.
    masks: usize,
    /// Grey images.
    states: usize,
    images: usize,
}

/// A line for each reader that `kinds` concern.
pub(crate) fn table(root: &Root<'_>, kinds: Kinds) -> Vec<ReaderLine> {
    let masks = root.case.regions.iter().filter(|region| root.is_segment_only(region)).count();
    let counts = Counts {
        outlines: root.case.regions.len() - masks,
        masks,
        states: root.sources.iter().filter(|source| source.is_grey).count(),
        images: root.sources.len(),
    };
    let is_nominal = root.options.seg_geometry == SegGeometry::Nominal;
    let has_widths =
        root.case.regions.iter().any(|region| matches!(&region.shape, Shape::Path(path) if has_width(path)));
    let mut lines = Vec::new();
    if kinds.sr || kinds.seg {
        lines.push(ohif(counts, kinds, root.options.sr_profile, is_nominal, has_widths));
        lines.push(slicer(counts, kinds, is_nominal));
    }
    lines.push(weasis(counts, kinds));
    lines.push(ReaderLine { reader: "highdicom, pydicom", takes: "all".to_owned(), not: None });
    lines.push(dcmtk(kinds));
    lines
}

fn has_width(path: &calx_geometry::VesselPath) -> bool {
    path.vertices().iter().any(|vertex| vertex.width > calx_geometry::Grid::ZERO)
}

/// `3 masks`, `1 mask`.
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn ohif(counts: Counts, kinds: Kinds, profile: SrProfile, is_nominal: bool, has_widths: bool) -> ReaderLine {
    let Counts { outlines, masks, .. } = counts;
    let mut takes = Vec::new();
    let mut not = Vec::new();
    if kinds.sr && outlines + masks > 0 {
        let does = if profile == SrProfile::Ohif { "shows and edits" } else { "shows" };
        takes.push(format!("{does} {outlines} of {}", count(outlines + masks, "region")));
        if profile == SrProfile::Plain && outlines > 0 {
            not.push("it edits none of them: --sr-profile ohif".to_owned());
        }
        if has_widths {
            not.push("widths of paths".to_owned());
        }
    }
    if masks > 0 || kinds.seg {
        if is_nominal {
            takes.push("masks as segmentations".to_owned());
        } else if masks > 0 {
            not.push(format!("{} (it wants a geometry: --seg-geometry nominal)", count(masks, "mask")));
        }
    }
    line("OHIF", takes, not)
}

fn slicer(counts: Counts, kinds: Kinds, is_nominal: bool) -> ReaderLine {
    let mut takes = Vec::new();
    let mut not = Vec::new();
    if is_nominal && (kinds.seg || counts.masks > 0) {
        takes.push("masks".to_owned());
    } else if kinds.seg || counts.masks > 0 {
        not.push("masks (it wants a geometry: --seg-geometry nominal)".to_owned());
    }
    if kinds.sr {
        takes.push("values as a table, by dcmqi".to_owned());
        not.push("outlines (it looks for an image position, which a radiograph has not)".to_owned());
    }
    line("3D Slicer", takes, not)
}

fn weasis(counts: Counts, kinds: Kinds) -> ReaderLine {
    let mut takes = Vec::new();
    let mut not = Vec::new();
    if kinds.gsps {
        takes.push(format!("window and marks of {}", count(counts.states, "image")));
        if counts.states < counts.images {
            not.push(format!("{} in colour", count(counts.images - counts.states, "image")));
        }
    }
    if kinds.kos {
        takes.push("key images".to_owned());
    }
    if kinds.seg || (kinds.sr && counts.masks > 0) {
        takes.push("masks".to_owned());
    }
    if kinds.sr {
        takes.push("reports as text".to_owned());
        if !kinds.gsps {
            not.push("outlines of reports: --as gsps shows them".to_owned());
        }
    }
    line("Weasis", takes, not)
}

fn dcmtk(kinds: Kinds) -> ReaderLine {
    let mut takes = Vec::new();
    let mut not = Vec::new();
    if kinds.sr || kinds.kos {
        takes.push("reports and key objects as text (dsrdump)".to_owned());
    }
    if kinds.gsps {
        takes.push("the grey of presentation states (dcmp2pgm)".to_owned());
        not.push("their marks".to_owned());
    }
    if kinds.seg {
        takes.push("segmentations as files".to_owned());
    }
    line("DCMTK", takes, not)
}

fn line(reader: &'static str, takes: Vec<String>, not: Vec<String>) -> ReaderLine {
    let takes = if takes.is_empty() { "nothing".to_owned() } else { takes.join("; ") };
    ReaderLine { reader, takes, not: (!not.is_empty()).then(|| not.join("; ")) }
}

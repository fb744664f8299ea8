//! `case.html`: one page that opens from a disk without a network, prints, and works without script.
//!
//! The way of the page: `figures` draws the images, `build` turns the case into what the template names,
//! `templates/case.html` puts it in order, `csp` pins its style and script.
//!
//! Not here: the pictures' window chain (`drawn`), marks burned into pictures ([`crate::images`]).
//!
//! Invariants
//! - No DICOM UID, no date of a study, nothing but fields of the case.
//! - The page is well-formed XML; every id is there once and every internal link leads to one.

mod build;
mod csp;
pub(crate) mod escape;
mod figures;
mod rich;
mod svg;
mod words;

use askama::Template;
use calx_model::Case;
use sha2::{Digest, Sha256};

use crate::allow::exportable;
use crate::error::ExportError;
use crate::exporter::{ExportOptions, Exporter, Needs};
use crate::folder::OutputFolder;
use crate::input::ExportInput;
use crate::measures;

/// Writes `case.html`.
#[derive(Debug, Clone, Copy)]
pub struct HtmlExporter;

impl Exporter for HtmlExporter {
    fn name(&self) -> &'static str {
        "html"
    }
    fn description(&self) -> &'static str {
        "one readable page with pictures, marks and statements tied to each other"
    }
    fn needs(&self) -> Needs {
        Needs { pixels: true, uids: false, identity: false }
    }
    fn top_level_names(&self) -> &'static [&'static str] {
        &["case.html"]
    }
    fn may_have_written(&self, path: &str) -> bool {
        path == "case.html"
    }
    fn export(
        &self,
        input: &mut ExportInput<'_>,
        _options: &ExportOptions,
        out: &mut OutputFolder,
    ) -> Result<Vec<String>, ExportError> {
        let case = exportable(input.case);
        let schema = input.schema;
        let measured: Vec<_> =
            measures::all(&case, input.pixels).into_iter().map(|measured| measured.values).collect();
        let mut hash = Sha256::new();
        let (figures, notices) = figures::draw_all(input, &case, &mut hash)?;
        let material = build::Material {
            case: &case,
            schema,
            measured: &measured,
            pixel_hash: hex(&hash.finalize()),
            version: input.calx_version.clone(),
        };
        let page = build::page(&material, figures);
        let text = page.render().map_err(ExportError::Page)?;
        out.write("case.html", text.as_bytes())?;
        Ok(notices)
    }
}

/// The https address of a DOI.
pub(crate) fn doi_address(doi: &str) -> String {
    let name = doi.trim().trim_start_matches("https://doi.org/").trim_start_matches("doi:").trim();
    let mut address = String::from("https://doi.org/");
    for byte in name.bytes() {
        // Unreserved characters of RFC 3986 and those every DOI is made of.
        if byte.is_ascii_alphanumeric() || b"-._~/()+:;".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}

/// A moment as the page shows it: the day in UTC.
pub(crate) fn shown_date(moment: impl std::fmt::Display) -> String {
    moment.to_string().chars().take(10).collect()
}

/// What a page calls a case.
pub(crate) fn case_name(case: &Case) -> String {
    match case.number {
        Some(number) => format!("Case {number}"),
        None => "Teaching case".to_owned(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doi_becomes_an_https_address_and_nothing_else() {
        assert_eq!(doi_address("10.1148/rg.2016150218"), "https://doi.org/10.1148/rg.2016150218");
        assert_eq!(doi_address("https://doi.org/10.1/a"), "https://doi.org/10.1/a");
        assert_eq!(doi_address("10.1/<a>\" x"), "https://doi.org/10.1/%3Ca%3E%22%20x");
    }
}

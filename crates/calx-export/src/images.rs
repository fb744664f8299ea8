//! `images/`: every image at the case's window, one to one (pixels that are not square as many that are), without marks
//! and with them.
//!
//! Not here: the page's pictures ([`crate::html`]).
//!
//! Invariants
//! - Words drawn into a picture are told to the folder, so that the last look reads them too.

use calx_render::draw_marks;

use crate::drawn::{draw, shown_frames};
use crate::error::ExportError;
use crate::exporter::{ExportOptions, Exporter, Needs, is_number};
use crate::folder::OutputFolder;
use crate::input::{ExportInput, numbered_images};
use crate::marks::{MarkChoice, image_marks};
use crate::picture::png_bytes;

/// Writes `images/image-1.png` and, where there are marks, `images/image-1-marks.png`; further frames that
/// carry marks as `images/image-1-frame-12.png`.
#[derive(Debug, Clone, Copy)]
pub struct PngExporter;

impl Exporter for PngExporter {
    fn name(&self) -> &'static str {
        "png"
    }
    fn description(&self) -> &'static str {
        "each image at the case's window, one to one, without marks and with them"
    }
    fn needs(&self) -> Needs {
        Needs { pixels: true, uids: false, identity: false }
    }
    fn top_level_names(&self) -> &'static [&'static str] {
        &["images"]
    }
    fn may_have_written(&self, path: &str) -> bool {
        let stem = path.strip_prefix("images/image-").and_then(|rest| rest.strip_suffix(".png"));
        stem.map(|stem| stem.strip_suffix("-marks").unwrap_or(stem)).is_some_and(|stem| {
            let (image, frame) = stem.split_once("-frame-").unwrap_or((stem, "1"));
            is_number(image) && is_number(frame)
        })
    }
    fn export(
        &self,
        input: &mut ExportInput<'_>,
        _options: &ExportOptions,
        out: &mut OutputFolder,
    ) -> Result<Vec<String>, ExportError> {
        let case = input.case;
        let schema = input.schema;
        let mut notices = Vec::new();
        for (number, image) in numbered_images(case) {
            for (place, frame) in shown_frames(case, image).into_iter().enumerate() {
                let stem = match place {
                    0 => format!("images/image-{number}"),
                    _ => format!("images/image-{number}-frame-{frame}"),
                };
                let mut drawn = draw(input, number, image, frame)?;
                notices.append(&mut drawn.notices);
                let (width, height) = (drawn.picture.width(), drawn.picture.height());
                write(out, &format!("{stem}.png"), &drawn.picture)?;
                let choice = MarkChoice { only: None, labels: true, target_px: width.max(height) };
                let marks = image_marks(case, schema, image, frame, &choice);
                if !marks.is_empty() {
                    draw_marks(&mut drawn.picture, &drawn.view, &marks);
                    let name = format!("{stem}-marks.png");
                    write(out, &name, &drawn.picture)?;
                    let words = marks.into_iter().filter_map(|mark| mark.label).map(|label| label.text);
                    out.drew_words(&name, words);
                }
            }
        }
        Ok(notices)
    }
}

fn write(out: &mut OutputFolder, name: &str, picture: &calx_render::Picture) -> Result<(), ExportError> {
    let bytes =
        png_bytes(picture).map_err(|source| ExportError::Picture { file: name.to_owned(), source })?;
    out.write(name, &bytes)
}

//! Writes phantom images with their truth: all of a set, or nothing.
//!
//! Not here: what is drawn.
//!
//! Invariants
//! - Every file is whole and synced before the first one gets its name; what is in the way is found before
//!   anything is written.

use std::path::{Path, PathBuf};

use calx_geometry::Mask;
use calx_phantom::GeneratedImage;
use calx_workspace::durable;
use clap::Args;

use crate::failure::{Exit, Failure, OrExit};

/// Where a set of images goes.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Folder for the DICOM files and their truth (JSON beside each)
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
    /// The same seed and options give the same bytes on any machine
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// File name without ending; of several images each in turn
    #[arg(long, value_name = "NAME", value_parser = super::words::file_name)]
    pub(super) name: Vec<String>,
    /// Also write every mask of the truth as a 1-bit PNG file: NAME.truth/calcification/ARTERY.png, bone/BONE.png,
    /// sesamoid/N.png, look-alike/N.png, defect/N.png, soft-tissue.png; of two hands below right/ and left/
    #[arg(long)]
    pub(super) masks: bool,
    /// Replace files that are there
    #[arg(long)]
    pub(super) force: bool,
}

/// One file of a set: its path below the folder, and its bytes.
type File = (PathBuf, Vec<u8>);

/// The files of a set: a DICOM file, its truth and, where asked, its masks.
pub(super) fn files(images: &[GeneratedImage], masks: bool) -> Result<Vec<File>, Failure> {
    let mut files = Vec::with_capacity(images.len() * 2);
    for image in images {
        files.push((PathBuf::from(&image.file_name), image.bytes.clone()));
        let truth = image.truth.to_json().or_exit(Exit::Bug)?;
        let truth_name = image.truth_file_name();
        files.push((PathBuf::from(&truth_name), truth.into_bytes()));
        if masks {
            let folder = PathBuf::from(truth_name.trim_end_matches(".json"));
            for (name, mask) in image.truth.masks() {
                let size = (u32::from(image.truth.columns), u32::from(image.truth.rows));
                files.push((folder.join(format!("{name}.png")), mask_png(&mask, size).or_exit(Exit::Bug)?));
            }
        }
    }
    Ok(files)
}

/// A mask over the whole image: 1 where it is set.
fn mask_png(mask: &Mask, (columns, rows): (u32, u32)) -> Result<Vec<u8>, png::EncodingError> {
    let stride = usize::try_from(columns.div_ceil(8)).unwrap_or(usize::MAX);
    let mut bits = vec![0u8; stride.saturating_mul(usize::try_from(rows).unwrap_or(0))];
    for (row, span) in mask.spans() {
        for column in span {
            let at = usize::try_from(row).unwrap_or(usize::MAX).saturating_mul(stride)
                + usize::try_from(column / 8).unwrap_or(0);
            if let Some(byte) = bits.get_mut(at) {
                *byte |= 0x80 >> (column % 8);
            }
        }
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, columns, rows);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.write_header()?.write_image_data(&bits)?;
    Ok(out)
}

/// Writes images with their truth beside them; returns the DICOM files.
pub(crate) fn write(images: &[GeneratedImage], folder: &Path, force: bool) -> Result<Vec<PathBuf>, Failure> {
    write_set(&files(images, false)?, folder, force)?;
    Ok(images.iter().map(|image| folder.join(&image.file_name)).collect())
}

/// Writes all files of a set into a folder, or none.
pub(super) fn write_set(files: &[File], folder: &Path, force: bool) -> Result<(), Failure> {
    let there = files.iter().map(|(name, _)| folder.join(name)).find(|path| path.exists());
    if let (Some(path), false) = (there, force) {
        return Err(Failure::say(
            Exit::Usage,
            format!("the file is there already, nothing was written: {}", path.display()),
        )
        .hint("choose another folder, or pass --force to replace it"));
    }
    let was_there = folder.exists();
    crate::failure::create_folder(folder)?;
    let staged = durable::partial_of(&folder.join(format!(".phantom-{}", std::process::id())));
    let written = stage(files, &staged).and_then(|()| publish(files, &staged, folder));
    // The set has its names by now, or never will have: what is left here is of no use to anybody.
    let removed = if staged.exists() { std::fs::remove_dir_all(&staged) } else { Ok(()) };
    if written.is_err() && !was_there {
        // Goes only when it is empty.
        let _left_when_others_use_it = std::fs::remove_dir(folder);
    }
    written.and(removed).map_err(|error| {
        Failure::new(
            Exit::WriteFailed,
            anyhow::Error::new(error).context(format!("cannot write {}", folder.display())),
        )
    })
}

fn stage(files: &[File], staged: &Path) -> std::io::Result<()> {
    for (name, bytes) in files {
        let path = staged.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        durable::replace(&path, bytes)?;
    }
    Ok(())
}

/// Moves staged files to their names. A name that cannot be had takes back the new ones before it.
fn publish(files: &[File], staged: &Path, folder: &Path) -> std::io::Result<()> {
    let mut new = Vec::new();
    for (name, _) in files {
        let path = folder.join(name);
        let is_new = !path.exists();
        let moved = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| durable::rename(&staged.join(name), &path));
        if let Err(error) = moved {
            for path in &new {
                std::fs::remove_file(path)?;
            }
            return Err(error);
        }
        if is_new {
            new.push(path);
        }
    }
    Ok(())
}

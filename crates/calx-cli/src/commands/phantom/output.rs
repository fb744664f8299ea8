//! Writes phantom images with their truth: all of a set, or nothing.
//!
//! Not here: what is drawn.
//!
//! Invariants
//! - Every file is whole and synced before the first one gets its name; what is in the way is found before
//!   anything is written.

use std::borrow::Cow;
use std::collections::BTreeSet;
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
    /// Replace files that are there, and NAME.truth/ as a whole
    #[arg(long)]
    pub(super) force: bool,
}

/// One file of a set: its path below the folder, and its bytes.
type File<'a> = (PathBuf, Cow<'a, [u8]>);

/// The files of a set: a DICOM file, its truth and, where asked, its masks.
pub(super) fn files<'a>(
    images: impl IntoIterator<Item = &'a GeneratedImage>,
    masks: bool,
) -> Result<Vec<File<'a>>, Failure> {
    let mut files = Vec::new();
    for image in images {
        files.push((PathBuf::from(&image.file_name), Cow::Borrowed(image.bytes.as_slice())));
        let truth = image.truth.to_json().or_exit(Exit::Bug)?;
        let truth_name = image.truth_file_name();
        files.push((PathBuf::from(&truth_name), Cow::Owned(truth.into_bytes())));
        if masks {
            let folder = PathBuf::from(truth_name.trim_end_matches(".json"));
            for (name, mask) in image.truth.masks() {
                let size = (u32::from(image.truth.columns), u32::from(image.truth.rows));
                let png = mask_png(&mask, size).or_exit(Exit::Bug)?;
                files.push((folder.join(format!("{name}.png")), Cow::Owned(png)));
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
pub(crate) fn write<'a>(
    images: impl Iterator<Item = &'a GeneratedImage> + Clone,
    folder: &Path,
    force: bool,
) -> Result<Vec<PathBuf>, Failure> {
    write_set(&files(images.clone(), false)?, folder, force)?;
    Ok(images.map(|image| folder.join(&image.file_name)).collect())
}

/// What the images with these file names put into a folder: files, and folders of masks.
pub(super) fn tops(names: &[String], masks: bool) -> Vec<PathBuf> {
    let stems = names.iter().map(|name| name.trim_end_matches(".dcm"));
    stems
        .flat_map(|stem| {
            let folder = masks.then(|| format!("{stem}.truth"));
            [format!("{stem}.dcm"), format!("{stem}.truth.json")].into_iter().chain(folder)
        })
        .map(PathBuf::from)
        .collect()
}

/// Refuses a set when something in the folder is in its way.
pub(super) fn check_free(tops: &[PathBuf], folder: &Path, force: bool) -> Result<(), Failure> {
    let there = tops.iter().map(|name| folder.join(name)).find(|path| path.exists());
    if let (Some(path), false) = (there, force) {
        return Err(Failure::say(
            Exit::Usage,
            format!("the file is there already, nothing was written: {}", path.display()),
        )
        .hint("choose another folder, or pass --force to replace it"));
    }
    Ok(())
}

/// The first part of every file's path, each once.
fn tops_of(files: &[File<'_>]) -> Vec<PathBuf> {
    let first = |path: &PathBuf| path.components().next().map(|part| PathBuf::from(part.as_os_str()));
    files.iter().filter_map(|(path, _)| first(path)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Writes all files of a set into a folder, or none.
pub(super) fn write_set(files: &[File<'_>], folder: &Path, force: bool) -> Result<(), Failure> {
    let tops = tops_of(files);
    check_free(&tops, folder, force)?;
    let was_there = folder.exists();
    crate::failure::create_folder(folder)?;
    let staged = durable::partial_of(&folder.join(format!(".phantom-{}", std::process::id())));
    let written = stage(files, &staged).and_then(|()| publish(&tops, &staged, folder));
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

fn stage(files: &[File<'_>], staged: &Path) -> std::io::Result<()> {
    for (name, bytes) in files {
        let path = staged.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        durable::replace(&path, bytes)?;
    }
    Ok(())
}

/// Where what a set replaces waits until the set is whole.
const OLD: &str = "replaced";

/// Moves staged files and folders to their names. A name that cannot be had gives back those before it, and what
/// they replaced.
fn publish(tops: &[PathBuf], staged: &Path, folder: &Path) -> std::io::Result<()> {
    let old = staged.join(OLD);
    std::fs::create_dir_all(&old)?;
    let mut moved: Vec<(PathBuf, Option<PathBuf>)> = Vec::new();
    for name in tops {
        let path = folder.join(name);
        let kept = path.exists().then(|| old.join(name));
        let had = kept.as_ref().map_or(Ok(()), |kept| keep(&path, kept, staged.join(name).is_dir()));
        let now = had.and_then(|()| {
            durable::rename(&staged.join(name), &path).inspect_err(|_| {
                if let Some(kept) = &kept {
                    let _nothing_else_to_do = durable::rename(kept, &path);
                }
            })
        });
        if let Err(error) = now {
            for (path, kept) in moved.iter().rev() {
                take_back(path, kept.as_deref())?;
            }
            return Err(error);
        }
        moved.push((path, kept));
    }
    Ok(())
}

/// Keeps what is at `path` until the set is whole. A file stays where it is, so that its name is never without one.
fn keep(path: &Path, kept: &Path, by_folder: bool) -> std::io::Result<()> {
    match (path.is_dir(), by_folder) {
        (true, true) => durable::rename(path, kept),
        (false, false) => std::fs::hard_link(path, kept).or_else(|_| std::fs::copy(path, kept).map(drop)),
        _ => Err(std::io::Error::new(
            std::io::ErrorKind::AlreadyExists,
            format!("one of them is a folder, the other a file: {}", path.display()),
        )),
    }
}

/// Removes what was moved to `path`, and puts back what it replaced.
fn take_back(path: &Path, kept: Option<&Path>) -> std::io::Result<()> {
    if path.is_dir() {
        std::fs::remove_dir_all(path)?;
    } else {
        std::fs::remove_file(path)?;
    }
    kept.map_or(Ok(()), |kept| durable::rename(kept, path))
}

//! Small pictures on disk, so that they are made once.
//!
//! Not here: making them (`thumbs`), where they lie ([`calx_workspace::Workspace::thumbnails_dir`]).
//!
//! Invariants
//! - A picture is of the file as it is: it is named by the instance, and by the file's place, length and time of change.
//! - Whatever goes wrong here costs time, never a picture: one that cannot be read is made anew.
//! - What all take together is bounded; the oldest go first.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use calx_dicom::Locator;
use calx_model::SopInstanceUid;
use egui::ColorImage;
use image::{ExtendedColorType, ImageFormat};

/// What the pictures of all workspaces may take together.
const MOST_BYTES: u64 = 200 << 20;
/// What is left when that is passed.
const LEFT_BYTES: u64 = 160 << 20;
/// Changes when pictures are made in another way.
const MAKING: u32 = 1;

/// Small pictures on disk.
#[derive(Debug)]
pub(super) struct ThumbCache {
    dir: PathBuf,
    most_bytes: u64,
    left_bytes: u64,
    /// Bytes there, once they were counted.
    bytes: Option<u64>,
}

impl ThumbCache {
    /// One in a folder, which is made with the first picture.
    pub(super) const fn new(dir: PathBuf) -> Self {
        Self { dir, most_bytes: MOST_BYTES, left_bytes: LEFT_BYTES, bytes: None }
    }

    /// The file of a picture; `None` when the image's own file cannot be looked at.
    pub(super) fn path(&self, uid: &SopInstanceUid, locator: &Locator, side: u32) -> Option<PathBuf> {
        let found = fs::metadata(&locator.path).ok()?;
        let changed = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos();
        let Locator { path, offset, length } = locator;
        let named = (MAKING, side, path, offset, length, found.len(), changed);
        Some(self.dir.join(format!("{uid}-{:016x}.png", digest(format!("{named:?}").as_bytes()))))
    }

    /// A picture that is there.
    pub(super) fn read(path: &Path) -> Option<ColorImage> {
        let bytes = fs::read(path).ok()?;
        let picture = image::load_from_memory_with_format(&bytes, ImageFormat::Png).ok()?.into_rgb8();
        let size = [usize::try_from(picture.width()).ok()?, usize::try_from(picture.height()).ok()?];
        Some(ColorImage::from_rgb(size, picture.as_raw()))
    }

    /// Keeps a picture. What fails is told to the log.
    pub(super) fn keep(&mut self, path: &Path, picture: &ColorImage) {
        if let Err(error) = self.write(path, picture) {
            tracing::debug!(%error, "a small picture was not kept");
        }
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "what is lost here is made again: nothing has to be durable"
    )]
    fn write(&mut self, path: &Path, picture: &ColorImage) -> std::io::Result<()> {
        make_private(&self.dir)?;
        let rgb: Vec<u8> = picture.pixels.iter().flat_map(|p| [p.r(), p.g(), p.b()]).collect();
        let [width, height] = picture.size.map(|side| u32::try_from(side).unwrap_or(0));
        let mut png = std::io::Cursor::new(Vec::new());
        image::write_buffer_with_format(
            &mut png,
            &rgb,
            width,
            height,
            ExtendedColorType::Rgb8,
            ImageFormat::Png,
        )
        .map_err(std::io::Error::other)?;
        let png = png.into_inner();
        // Another calx may write the same: each has a name of its own until it is whole.
        let partial = path.with_extension(format!("{}.partial", std::process::id()));
        fs::write(&partial, &png)?;
        fs::rename(&partial, path)?;
        let there = match self.bytes {
            Some(there) => there.saturating_add(png.len() as u64),
            None => self.of_all()?.iter().map(|(_, size, _)| size).sum(),
        };
        self.bytes = Some(if there > self.most_bytes { self.trim()? } else { there });
        Ok(())
    }

    /// The pictures of all workspaces.
    fn of_all(&self) -> std::io::Result<Vec<(SystemTime, u64, PathBuf)>> {
        let mut all = Vec::new();
        for folder in fs::read_dir(self.dir.parent().unwrap_or(&self.dir))? {
            let folder = folder?.path();
            if folder.is_dir() {
                all.extend(files(&folder)?);
            }
        }
        Ok(all)
    }

    /// Removes the oldest; the bytes that are left.
    fn trim(&self) -> std::io::Result<u64> {
        let mut files = self.of_all()?;
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files {
            if bytes <= self.left_bytes {
                break;
            }
            fs::remove_file(path)?;
            bytes = bytes.saturating_sub(size);
        }
        Ok(bytes)
    }
}

/// FNV-1a: the same in every version of this program. The instance tells pictures apart, this only states of its file.
fn digest(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Pictures show people: only the person whose they are may look.
fn make_private(dir: &Path) -> std::io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// When each was made, its bytes, its path.
fn files(dir: &Path) -> std::io::Result<Vec<(SystemTime, u64, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        // One that another calx removed just now is gone.
        let Ok(found) = entry.metadata() else { continue };
        files.push((found.modified().unwrap_or(UNIX_EPOCH), found.len(), entry.path()));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use egui::Color32;

    use super::*;

    fn picture(value: u8) -> ColorImage {
        ColorImage::new([3, 2], (0..6).map(|n| Color32::from_rgb(value, n, 7)).collect())
    }

    #[test]
    fn a_picture_comes_back_equal_until_its_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.dcm");
        fs::write(&file, b"one").unwrap();
        let locator = Locator::from(file.clone());
        let uid = SopInstanceUid::new("1.2.3").unwrap();
        let mut cache = ThumbCache::new(dir.path().join("cache/thumbs"));
        let path = cache.path(&uid, &locator, 192).unwrap();
        assert_eq!(ThumbCache::read(&path), None);
        cache.keep(&path, &picture(9));
        assert_eq!(ThumbCache::read(&path), Some(picture(9)));
        assert_eq!(cache.path(&uid, &locator, 192), Some(path.clone()));
        assert_ne!(cache.path(&uid, &locator, 96), Some(path.clone()));
        fs::write(&file, b"longer").unwrap();
        assert_ne!(cache.path(&uid, &locator, 192), Some(path.clone()));
        // A damaged one is no picture.
        fs::write(&path, b"no png").unwrap();
        assert_eq!(ThumbCache::read(&path), None);
        assert_eq!(cache.path(&uid, &Locator::from(dir.path().join("gone.dcm")), 192), None);
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let dir = tempfile::tempdir().unwrap();
        let one = {
            let mut cache = ThumbCache::new(dir.path().join("one/size"));
            cache.keep(&dir.path().join("one/size/a.png"), &picture(1));
            cache.bytes.unwrap()
        };
        let folder = dir.path().join("all/cache");
        let mut cache =
            ThumbCache { most_bytes: one * 4, left_bytes: one * 2, ..ThumbCache::new(folder.clone()) };
        for number in 0..5_u8 {
            let path = folder.join(format!("{number}.png"));
            cache.keep(&path, &picture(1));
            if number < 4 {
                let then = UNIX_EPOCH + std::time::Duration::from_secs(1000 - u64::from(number));
                fs::File::options().append(true).open(&path).unwrap().set_modified(then).unwrap();
            }
        }
        let left: Vec<String> = files(&folder)
            .unwrap()
            .iter()
            .map(|(_, _, p)| p.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        let mut left = left;
        left.sort();
        assert_eq!(left, ["0.png", "4.png"], "3, 2 and 1 are older than 0");
    }
}

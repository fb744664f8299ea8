//! Files cut short and files with wrong bytes: an answer every time, never a panic.

use std::path::{Path, PathBuf};

use calx_dicom::{
    FrameSource, Identity, Locator, Priority, Reduction, dump_tags, read_header, read_image_info, write_image,
};
use proptest::prelude::*;

use crate::samples::{self, clip, radiograph};

/// Everything that can be asked of a file. A panic in a codec is caught and counted.
fn ask_everything(source: &FrameSource, path: &Path) -> usize {
    let locator = Locator::from(path);
    let header = read_header(&locator);
    let info = read_image_info(&locator, 1).is_ok();
    if let Ok(tags) = dump_tags(&locator, Identity::Shown) {
        for row in tags.value {
            assert!(row.value.chars().count() <= 80, "{row:?}");
            assert!(!row.value.chars().any(calx_model::patient_text::is_deceptive), "{row:?}");
        }
    }
    let frame = source.request(&locator, 1, Priority::Batch, Reduction::Full).wait();
    let broke_down = matches!(&frame, Err(error) if error.code() == "codec_broke_down");
    if let Err(calx_dicom::DecodeError::Panicked { codec }) = &frame {
        assert_ne!(*codec, "the reader", "{}", path.display());
    }
    assert!(info || frame.is_err(), "a frame without its description: {}", path.display());
    // Only a UID that is not there keeps an object from being filed and not from being looked at.
    if let (Err(error), true) = (&header, info) {
        assert!(matches!(error.code(), "missing_attribute" | "bad_uid"), "{error}: {}", path.display());
    }
    usize::from(broke_down)
}

/// A generator that needs no crate: the same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

#[test]
fn cut_and_changed_files_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut originals: Vec<Vec<u8>> = Vec::new();
    for new in [radiograph("hostile"), clip("hostile")] {
        let mut out = Vec::new();
        write_image(&new, &mut out).unwrap();
        originals.push(out);
    }
    if let Some(samples) = samples::folder() {
        let small = |path: &PathBuf| std::fs::metadata(path).unwrap().len() < 40_000;
        for path in crate::read_samples::files(&samples).iter().filter(|path| small(path)) {
            originals.push(std::fs::read(path).unwrap());
        }
    }
    let source = FrameSource::in_process(0, 2);
    let path = folder.path().join("mutant");
    let mut numbers = Numbers(20_240_229);
    let (mut files, mut broke_down) = (0, 0);
    for original in &originals {
        for _ in 0..24 {
            let mut bytes = original.clone();
            // The header is where the meaning is: half of the changes fall in its first part.
            for _ in 0..=numbers.below(4) {
                let reach = if numbers.below(2) == 0 { bytes.len().min(2000) } else { bytes.len() };
                let at = numbers.below(reach);
                match numbers.below(4) {
                    0 => bytes[at] = 0xff,
                    1 => bytes[at] = 0,
                    2 => bytes[at] ^= 1 << numbers.below(8),
                    _ => bytes[at] = numbers.below(256) as u8,
                }
            }
            if numbers.below(3) == 0 {
                bytes.truncate(numbers.below(original.len()));
            }
            std::fs::write(&path, &bytes).unwrap();
            broke_down += ask_everything(&source, &path);
            files += 1;
        }
    }
    println!("{files} files answered, a codec broke down and was contained in {broke_down}");
}

#[test]
fn a_file_cut_at_every_byte_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    write_image(&radiograph("cut"), &mut out).unwrap();
    let source = FrameSource::in_process(0, 1);
    let path = folder.path().join("cut");
    for length in 0..out.len() {
        std::fs::write(&path, &out[..length]).unwrap();
        assert_eq!(ask_everything(&source, &path), 0);
        // Whatever is cut off, the pixels are incomplete and must not be shown as whole.
        let locator = Locator::from(path.as_path());
        let frame = source.request(&locator, 1, Priority::Batch, Reduction::Full).wait();
        // The last byte pads nothing here: 35 words are an even number of bytes.
        assert!(frame.is_err(), "a frame out of {length} of {} bytes", out.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_bytes_after_a_mark_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noise");
        let mut file = vec![0u8; 128];
        file.extend_from_slice(b"DICM\x02\x00\x10\x00UI\x12\x001.2.840.10008.1.2\0\0");
        file.extend_from_slice(&bytes);
        std::fs::write(&path, &file).unwrap();
        ask_everything(&FrameSource::in_process(0, 1), &path);
    }
}

//! Smaller first pictures from the wavelet levels of JPEG 2000.

use calx_dicom::{FrameSource, Locator, Priority, Reduction};

use crate::samples;

/// Mean of the block of `side` pixels at `left`, `top`.
fn block(frame: &calx_model::Frame, left: usize, top: usize, side: usize) -> f64 {
    let columns = frame.columns() as usize;
    let mut sum = 0.0;
    for row in top..top + side {
        for column in left..left + side {
            sum += frame.samples().grey(row * columns + column).unwrap() as f64;
        }
    }
    sum / (side * side) as f64
}

#[test]
fn a_halved_frame_is_the_same_picture_with_half_the_sides() {
    let Some(folder) = samples::folder() else { return };
    let locator = Locator::from(folder.join("nema-wg04/RG3_J2KR"));
    let source = FrameSource::in_process(64 << 20, FrameSource::cores());
    let ask = |reduction| source.request(&locator, 1, Priority::Visible, reduction).wait().unwrap();
    let full = ask(Reduction::Full);
    for (times, side) in [(1_u8, 2_usize), (2, 4), (3, 8)] {
        let small = ask(Reduction::Halved(times));
        let expected = |length: u32| length.div_ceil(1 << times);
        assert_eq!(
            (small.columns(), small.rows()),
            (expected(full.columns()), expected(full.rows())),
            "{times}"
        );
        // a wavelet's low band is a weighted mean of about what the small pixel stands for: beside the
        // differences between places of the picture, the two differ little
        let mut pairs = Vec::new();
        for top in (200..full.rows() as usize - 300).step_by(80) {
            for left in (200..full.columns() as usize - 300).step_by(80) {
                let mean = block(&full, left / side * side, top / side * side, side);
                let one = small.samples().grey(top / side * small.columns() as usize + left / side).unwrap();
                pairs.push((mean, one as f64));
            }
        }
        let count = pairs.len() as f64;
        let middle = pairs.iter().map(|p| p.0).sum::<f64>() / count;
        let spread = (pairs.iter().map(|p| (p.0 - middle).powi(2)).sum::<f64>() / count).sqrt();
        let off = (pairs.iter().map(|p| (p.0 - p.1).powi(2)).sum::<f64>() / count).sqrt();
        assert!(count > 200.0 && off < 0.1 * spread, "{times}: off by {off}, the picture varies by {spread}");
    }
    // more halvings than the stream has levels give its smallest picture
    let least = ask(Reduction::Halved(30));
    assert!(least.columns() < full.columns() / 8 && least.columns() >= 1);
}

#[test]
fn what_has_no_levels_comes_whole() {
    let Some(folder) = samples::folder() else { return };
    let source = FrameSource::in_process(64 << 20, FrameSource::cores());
    let locator = Locator::from(folder.join("nema-wg04/RG3_UNC"));
    let [full, wished] = [Reduction::Full, Reduction::Halved(2)]
        .map(|reduction| source.request(&locator, 1, Priority::Visible, reduction).wait().unwrap());
    assert_eq!((full.columns(), full.rows()), (wished.columns(), wished.rows()));
}

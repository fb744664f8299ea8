//! Draws hands of several seeds side by side on one PNG, to be looked at.
//!
//! `cargo run -p calx-phantom --example sheet -- FILE.png [HANDS] [COLUMNS] [FIRST_SEED] [WIDTH] [oblique|stump]`.
//! Values go straight to grey, without a window. Right and left hands take turns.

use std::fs::File;
use std::io::BufWriter;

use calx_phantom::{HandOptions, HandSide, ImageOptions, StudyOptions, View, study};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("give the file to write to")?;
    let mut number = |or: usize| arguments.next().map_or(Ok(or), |s| s.parse());
    let (hands, columns, first, wide) = (number(24)?, number(6)?.max(1), number(1)?, number(300)?);
    let words: Vec<String> = arguments.collect();
    let says = |word: &str| words.iter().any(|w| w == word);
    let high = wide * 5 / 4;
    let rows = hands.div_ceil(columns);
    let mut sheet = vec![0_u8; columns * wide * rows * high];
    for i in 0..hands {
        let side = if i % 2 == 0 { HandSide::Right } else { HandSide::Left };
        let view = if says("oblique") { View::Oblique } else { View::Pa };
        let seed = u64::try_from(first + i)?;
        let mut options = HandOptions::sized(side, view, seed, u16::try_from(wide)?, u16::try_from(high)?);
        options.middle_finger_stump = says("stump") && side == HandSide::Right;
        let about = StudyOptions { name: "sheet".to_owned(), description: "Sheet".to_owned(), day: 0 };
        let image = study(&about, &[ImageOptions::Hand(options)])?.remove(0);
        let start = image.bytes.len().checked_sub(wide * high * 2).ok_or("no pixels")?;
        let pixels = image.bytes.get(start..).ok_or("no pixels")?;
        let (left, top) = (i % columns * wide, i / columns * high);
        for (row, line) in pixels.chunks_exact(wide * 2).enumerate() {
            let at = (top + row) * columns * wide + left;
            for (to, from) in sheet.iter_mut().skip(at).zip(line.chunks_exact(2)) {
                let value = from.iter().rev().fold(0_u16, |sum, &b| sum * 256 + u16::from(b));
                *to = u8::try_from(value / 16).unwrap_or(255);
            }
        }
    }
    let (wide, high) = (u32::try_from(columns * wide)?, u32::try_from(rows * high)?);
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), wide, high);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&sheet)?;
    Ok(())
}

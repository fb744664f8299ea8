//! Writes pictures of the model case as PNG files, to be looked at.
//!
//! `cargo run -p calx-phantom --example pictures -- DIR [SEED] [SCALE]`. Values go straight to grey: 0..4095 to
//! 0..255, without a window. Real display belongs to `calx render`.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use calx_phantom::{GeneratedImage, model_case};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("give the folder to write to")?;
    let seed = arguments.next().map_or(Ok(7), |s| s.parse())?;
    let scale = arguments.next().map_or(Ok(0.5), |s| s.parse())?;
    for image in model_case(seed, scale)?.images() {
        write(Path::new(&folder), image)?;
    }
    Ok(())
}

/// PixelData is the last element of what the phantom writes, so the values are the end of the file.
fn write(folder: &Path, image: &GeneratedImage) -> Result<(), Box<dyn std::error::Error>> {
    let (columns, rows) = (usize::from(image.truth.columns), usize::from(image.truth.rows));
    let name = image.file_name.trim_end_matches(".dcm");
    if image.truth.doppler.is_some() {
        let frame = columns * rows * 3;
        let offset = image.bytes.len() % frame;
        let pixels = image.bytes.get(offset..).ok_or("no pixels")?;
        for (i, values) in pixels.chunks_exact(frame).enumerate() {
            let path = folder.join(format!("{name}_{:02}.png", i + 1));
            png(&path, columns, rows, png::ColorType::Rgb, values)?;
        }
        return Ok(());
    }
    let start = image.bytes.len().checked_sub(columns * rows * 2).ok_or("no pixels")?;
    let values: Vec<u8> = image
        .bytes
        .get(start..)
        .ok_or("no pixels")?
        .chunks_exact(2)
        .map(|v| {
            u8::try_from(v.iter().rev().fold(0_u16, |sum, &b| sum * 256 + u16::from(b)) / 16).unwrap_or(255)
        })
        .collect();
    png(&folder.join(format!("{name}.png")), columns, rows, png::ColorType::Grayscale, &values)
}

fn png(
    path: &Path,
    columns: usize,
    rows: usize,
    colour: png::ColorType,
    values: &[u8],
) -> Result<(), Box<dyn std::error::Error>> {
    let mut encoder =
        png::Encoder::new(BufWriter::new(File::create(path)?), u32::try_from(columns)?, u32::try_from(rows)?);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(values)?;
    Ok(())
}

//! Stored values of the samples against those of an independent reader (ORACLE.tsv).

use std::collections::BTreeMap;

use calx_dicom::{DecodeError, FrameSource, Locator, Priority, Reduction};
use calx_model::{Frame, Samples};
use sha2::{Digest, Sha256};

use crate::samples;

/// One display rule of a frame.
pub struct Rule {
    pub name: String,
    pub center: String,
    pub width: String,
    pub function: String,
    pub display_sha256: String,
    pub ties: String,
    pub mean: f64,
    /// Row, column and what is shown there.
    pub samples: Vec<((u32, u32), Vec<f64>)>,
}

/// One frame of one file.
pub struct Row {
    pub file: String,
    pub frame: u32,
    pub status: String,
    pub transfer_syntax: String,
    pub photometric: String,
    pub lossy: bool,
    pub dtype: String,
    pub mean: f64,
    pub sha256: String,
    pub modality: String,
    pub rules: Vec<Rule>,
    pub samples: Vec<((u32, u32), Vec<f64>)>,
}

/// The oracle's rows, one a frame (its display rules are gathered).
pub fn rows(text: &str) -> Vec<Row> {
    let mut found: BTreeMap<(String, u32), Row> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cell: Vec<&str> = line.split('\t').collect();
        let frame: u32 = cell[1].parse().unwrap_or(0);
        let key = (cell[0].to_owned(), frame);
        let row = found.entry(key).or_insert_with(|| Row {
            file: cell[0].to_owned(),
            frame: frame + 1,
            status: cell[3].to_owned(),
            transfer_syntax: cell[4].to_owned(),
            photometric: cell[5].to_owned(),
            lossy: cell[13] == "1",
            dtype: cell[14].to_owned(),
            mean: cell[17].parse().unwrap_or(f64::NAN),
            sha256: cell[18].to_owned(),
            modality: cell.get(19).unwrap_or(&"").to_string(),
            rules: Vec::new(),
            samples: points(cell.get(29).unwrap_or(&""), 0),
        });
        if cell.len() > 28 {
            let text = |i: usize| cell[i].to_owned();
            let (name, center, width) = (text(20), text(22), text(23));
            let (function, display_sha256, ties) = (text(24), text(27), text(28));
            let mean = cell[26].parse().unwrap_or(f64::NAN);
            let samples = if mean.is_nan() { Vec::new() } else { points(cell[29], 1) };
            row.rules.push(Rule { name, center, width, function, display_sha256, ties, mean, samples });
        }
    }
    found.into_values().collect()
}

/// `which` 0 takes the stored values, 1 the displayed ones.
fn points(cell: &str, which: usize) -> Vec<((u32, u32), Vec<f64>)> {
    cell.split(';')
        .filter_map(|point| {
            let (place, values) = point.split_once('=')?;
            let (row, column) = place.split_once(',')?;
            let stored = values.split(':').nth(which)?.split('/').map(|v| v.parse().unwrap()).collect();
            Some(((row.parse().ok()?, column.parse().ok()?), stored))
        })
        .collect()
}

/// Type and bytes as the oracle counts them.
pub fn stored(frame: &Frame) -> (&'static str, Vec<u8>) {
    match frame.samples() {
        Samples::U8(v) | Samples::Colour8(_, v) => ("|u1", v.to_vec()),
        Samples::I8(v) => ("|i1", v.iter().map(|x| x.cast_unsigned()).collect()),
        Samples::U16(v) | Samples::Colour16(_, v) => {
            ("<u2", v.iter().flat_map(|x| x.to_le_bytes()).collect())
        }
        Samples::I16(v) => ("<i2", v.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Samples::U32(v) => ("<u4", v.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Samples::I32(v) => ("<i4", v.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Samples::F32(v) => ("<f4", v.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Samples::F64(v) => ("<f8", v.iter().flat_map(|x| x.to_le_bytes()).collect()),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn is_native(uid: &str) -> bool {
    matches!(
        uid,
        "" | "1.2.840.10008.1.2" | "1.2.840.10008.1.2.1" | "1.2.840.10008.1.2.2" | "1.2.840.10008.1.2.1.99"
    )
}

fn decode(
    source: &FrameSource,
    folder: &std::path::Path,
    row: &Row,
) -> Result<(String, String), DecodeError> {
    let locator = Locator::from(folder.join(&row.file));
    let frame = source.request(&locator, row.frame, Priority::Batch, Reduction::Full).wait()?;
    let (dtype, bytes) = stored(&frame);
    Ok((dtype.to_owned(), hex(&bytes)))
}

#[test]
fn every_uncompressed_frame_has_the_oracles_values() {
    let Some(folder) = samples::folder() else { return };
    let text = std::fs::read_to_string(folder.join("ORACLE.tsv")).unwrap();
    let source = FrameSource::in_process(64 << 20, FrameSource::cores());
    let (mut equal, mut refused, mut wrong) = (0, 0, Vec::new());
    for row in rows(&text).iter().filter(|row| is_native(&row.transfer_syntax)) {
        let result = decode(&source, &folder, row);
        match (row.status.as_str(), result) {
            // `float`: stored values, no display rules.
            ("ok" | "float", Ok((dtype, sha))) if dtype == row.dtype && sha == row.sha256 => equal += 1,
            ("ok" | "float", result) => wrong.push(format!("{} frame {}: {result:?}", row.file, row.frame)),
            (status, Err(error)) => {
                println!("refused {} [{}] {error} (oracle: {status})", row.file, error.code());
                refused += 1;
            }
            (status, Ok(_)) => {
                println!("decoded {} frame {} (oracle: {status})", row.file, row.frame);
                refused += 1;
            }
        }
    }
    println!("{equal} uncompressed frames equal, {} wrong, {refused} without oracle values", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((equal, refused), (81, 25));
}

/// Within the tolerances of the samples' README for lossy rows.
fn near(frame: &Frame, row: &Row) -> Result<(), String> {
    let tolerance = if row.photometric == "YBR_FULL_422" { 8.0 } else { 4.0 };
    let columns = frame.columns() as usize;
    let values = |at: usize| -> Vec<f64> {
        match frame.samples() {
            Samples::Colour8(_, v) => v[at * 3..at * 3 + 3].iter().map(|x| f64::from(*x)).collect(),
            Samples::Colour16(_, v) => v[at * 3..at * 3 + 3].iter().map(|x| f64::from(*x)).collect(),
            grey => vec![grey.grey(at).unwrap() as f64],
        }
    };
    for ((line, column), expected) in &row.samples {
        let found = values(*line as usize * columns + *column as usize);
        for (a, b) in found.iter().zip(expected) {
            if (a - b).abs() > tolerance {
                return Err(format!("at {line},{column}: {found:?}, not {expected:?}"));
            }
        }
    }
    let count = frame.samples().len();
    let sum: f64 = match frame.samples() {
        Samples::Colour8(_, v) => v.iter().map(|x| f64::from(*x)).sum(),
        Samples::Colour16(_, v) => v.iter().map(|x| f64::from(*x)).sum(),
        grey => (0..count).map(|i| grey.grey(i).unwrap() as f64).sum(),
    };
    let mean = sum / count as f64;
    if (mean - row.mean).abs() > 0.5 {
        return Err(format!("the mean is {mean}, not {}", row.mean));
    }
    Ok(())
}

#[test]
fn every_compressed_frame_is_right() {
    let Some(folder) = samples::folder() else { return };
    let text = std::fs::read_to_string(folder.join("ORACLE.tsv")).unwrap();
    let source = FrameSource::in_process(64 << 20, FrameSource::cores());
    let (mut equal, mut close) = (0, 0);
    let mut wrong = Vec::new();
    for row in rows(&text).iter().filter(|row| !is_native(&row.transfer_syntax)) {
        assert_eq!(row.status, "ok", "{}", row.file);
        let locator = Locator::from(folder.join(&row.file));
        match source.request(&locator, row.frame, Priority::Batch, Reduction::Full).wait() {
            Err(error) => {
                wrong.push(format!("{} frame {}: [{}] {error}", row.file, row.frame, error.code()));
            }
            Ok(frame) if row.lossy => match near(&frame, row) {
                Ok(()) => close += 1,
                Err(why) => wrong.push(format!("{} frame {}: {why}", row.file, row.frame)),
            },
            Ok(frame) => {
                let (dtype, bytes) = stored(&frame);
                if dtype == row.dtype && hex(&bytes) == row.sha256 {
                    equal += 1;
                } else {
                    wrong.push(format!("{} frame {}: other values", row.file, row.frame));
                }
            }
        }
    }
    println!("{equal} compressed frames equal, {close} within tolerance");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((equal, close), (48, 11));
}

/// Stored values of lossy JPEG as dcmtk 3.6.7 decodes them (`dcmdjpeg +cn`, first frame): the integer
/// transform and the weighing of chroma are the same, so no sample may differ. The oracle itself has no
/// hash of a lossy frame.
const AS_DCMTK: [(&str, &str); 7] = [
    // Eight values of 1024 amid 1022 in 10 bits: dcmtk keeps them in the word, here they count as 1023. Cut to
    // their bits they would be white specks on black (MONOCHROME1).
    ("nema-wg04/RG3_JPLY", "c3f8afd42451473c108526000a2027bff66634180520b14e483a8235c36a45b9"),
    ("nema-wg04/XA1_JPLY", "d5f60be5c70a0ee7a3ececdc5e5328a84d6cbb275a2145e4f2f633045a35a37d"),
    (
        "orthanc-mirrors-orthanc-tests/Monochrome1-Jpeg.dcm",
        "35046a79d0e8d47a69180cd6eb26c071db6ec980f7b0a67544d0fc220bbcac3b",
    ),
    (
        "cornerstonejs-cornerstone3D/TestPattern_JPEG-Baseline_YBR422.dcm",
        "a25db83bfd9be686b05086630e76d90e4a7c2e4e920d30e1e127ae0f941efd63",
    ),
    (
        "cornerstonejs-cornerstone3D/TestPattern_JPEG-Baseline_YBRFull.dcm",
        "165ff6457a19633c4198311111bfc5ab999562e7307b02a123b4d199c4b28fac",
    ),
    (
        "fo-dicom-fo-dicom/JPEGwithIcon.dcm",
        "fd8440791b25bcc85a7d20e99278788dff07d0cf6412ebe5edd510b91b4f0fd3",
    ),
    (
        "chafey-dicomParser/IM00001.fragmented_no_bot_jpeg_baseline.50.dcm",
        "c88debf72a4ae7f95dddd796a6e4b315f81c55ea83598d5f1000937935179356",
    ),
];

#[test]
fn lossy_jpeg_is_decoded_as_dcmtk_does() {
    let Some(folder) = samples::folder() else { return };
    let source = FrameSource::in_process(64 << 20, 1);
    for (file, expected) in AS_DCMTK {
        let locator = Locator::from(folder.join(file));
        let frame = source.request(&locator, 1, Priority::Batch, Reduction::Full).wait().unwrap();
        assert_eq!(hex(&stored(&frame).1), expected, "{file}");
        let notices = calx_dicom::read_image_info(&locator, 1).unwrap().notices;
        let odd = notices.iter().any(|notice| notice.text.contains("states coefficients 0 to 0"));
        assert_eq!(odd, file.ends_with("_JPLY"), "{file}: {notices:?}");
    }
}

//! Every kept input again, and many that nearly are one; and the first inputs there ever were.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::DeflateEncoder;

use super::{TARGETS, Target};

/// Nothing a target is given takes near as long, in the slowest build on the slowest machine.
const MOST_TIME: Duration = Duration::from_secs(10);
/// Mutants are not made longer.
const MOST_BYTES: usize = 16_384;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of a tar archive: a header of 512 bytes each, with the length in octal at 124.
fn untar(archive: &[u8]) -> Vec<Vec<u8>> {
    let (mut files, mut rest) = (Vec::new(), archive);
    while let Some((head, behind)) = rest.split_at_checked(512).filter(|(head, _)| head[0] != 0) {
        let digits = std::str::from_utf8(&head[124..135]).unwrap().trim_matches([' ', '\0']);
        let length = usize::from_str_radix(digits, 8).unwrap();
        assert_eq!(head[156], b'0', "a kept input is a plain file");
        files.push(behind[..length].to_vec());
        rest = behind.get(length.next_multiple_of(512)..).unwrap_or_default();
    }
    files
}

/// The kept inputs of one target.
fn kept(name: &str) -> Vec<Vec<u8>> {
    let path = root().join(format!("fuzz/corpus/{name}.tar.gz"));
    let packed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut archive = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut archive).unwrap();
    untar(&archive)
}

/// Runs a target; an input it breaks on is written down before the test fails.
fn check((name, target): Target, input: &[u8]) {
    let start = Instant::now();
    let broke = std::panic::catch_unwind(|| target(input)).is_err();
    let took = start.elapsed();
    if broke || took > MOST_TIME {
        let path = std::env::temp_dir().join(format!("calx-finding-{name}"));
        std::fs::write(&path, input).unwrap();
        panic!(
            "{name} broke down or took too long ({took:?}) on the {} bytes of {}",
            input.len(),
            path.display()
        );
    }
}

/// Repeatable numbers (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// One change: a bit, a byte, a number, a piece less, a piece twice, a piece of another, a shorter end.
fn change(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    let at = numbers.below(input.len());
    let length = 1 + numbers.below(8.min(input.len() - at).max(1));
    match numbers.below(9) {
        _ if input.is_empty() => input.push(numbers.byte()),
        0 | 1 => input[at] ^= 1 << numbers.below(8),
        2 => input[at] = numbers.byte(),
        3 => input[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][numbers.below(6)],
        4 => {
            let number = [0u32, 1, 0xffff, 0xffff_fffe, u32::MAX, 1 << 31][numbers.below(6)].to_le_bytes();
            let room = &mut input[at..];
            let width = [2, 4][numbers.below(2)].min(room.len());
            room[..width].copy_from_slice(&number[..width]);
        }
        5 => drop(input.drain(at..(at + length).min(input.len()))),
        6 => {
            let piece = input[at..(at + length).min(input.len())].to_vec();
            input.splice(at..at, piece);
        }
        7 => {
            let from = numbers.below(other.len());
            let piece = other[from..(from + 4 * length).min(other.len())].to_vec();
            let end = if numbers.below(2) == 0 { at } else { (at + piece.len()).min(input.len()) };
            input.splice(at..end, piece);
        }
        _ => input.truncate(at),
    }
    input.truncate(MOST_BYTES);
}

#[test]
fn kept_inputs_and_their_mutants_break_nothing() {
    let is_set = |name| std::env::var_os(name).is_some();
    let seconds = if is_set("CI") { 60 } else { 4 };
    let each = Duration::from_secs(seconds) / u32::try_from(TARGETS.len()).unwrap();
    for target in TARGETS {
        let inputs = kept(target.0);
        assert!(inputs.len() >= 10, "{} has {} kept inputs", target.0, inputs.len());
        inputs.iter().for_each(|input| check(target, input));
        let start = Instant::now();
        let mut numbers = Numbers(20_261_122);
        let mut mutants = 0u32;
        while start.elapsed() < each {
            let mut input = inputs[numbers.below(inputs.len())].clone();
            let other = &inputs[numbers.below(inputs.len())];
            for _ in 0..=numbers.below(5) {
                change(&mut input, other, &mut numbers);
            }
            check(target, &input);
            mutants += 1;
        }
        println!("{}: {} kept inputs, {mutants} mutants", target.0, inputs.len());
    }
}

#[test]
fn the_corpus_has_every_target_and_no_other() {
    let mut found: Vec<String> = std::fs::read_dir(root().join("fuzz/corpus"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".tar.gz").map(str::to_owned))
        .collect();
    found.sort_unstable();
    let mut expected: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for name in expected {
        assert!(manifest.contains(&format!("[[bin]]\nname = \"{name}\"\n")), "fuzz/Cargo.toml has no {name}");
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A stream of byte planes, each of literal runs and one repeated byte at the end.
fn rle(planes: usize, pixels: usize) -> Vec<u8> {
    let mut plane = Vec::new();
    for at in (0..pixels.saturating_sub(2)).step_by(100) {
        let length = 100.min(pixels - 2 - at);
        plane.push(u8::try_from(length - 1).unwrap());
        plane.extend((0..length).map(|at| u8::try_from(at).unwrap()));
    }
    plane.extend([0xff, 9]);
    let mut header = vec![u32::try_from(planes).unwrap()];
    header.extend((0..planes).map(|at| u32::try_from(64 + at * plane.len()).unwrap()));
    header.resize(16, 0);
    let mut out: Vec<u8> = header.into_iter().flat_map(u32::to_le_bytes).collect();
    (0..planes).for_each(|_| out.extend(&plane));
    out
}

/// Pixel data of fragments: an offset table of `table` entries, then pieces, then the delimiter.
fn fragments(head: [u8; 2], table: &[u32], pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = head.to_vec();
    let table: Vec<u8> = table.iter().copied().flat_map(u32::to_le_bytes).collect();
    for piece in [table.as_slice()].iter().chain(pieces) {
        out.extend([0xfe, 0xff, 0x00, 0xe0]);
        out.extend(u32::try_from(piece.len()).unwrap().to_le_bytes());
        out.extend(*piece);
    }
    out.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    out
}

/// Inputs to begin with, of calx's own encoders and phantoms.
fn first_inputs() -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let mut inputs: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
    let mut put = |name, input: Vec<u8>| inputs.entry(name).or_default().push(input);
    for entry in std::fs::read_dir(root().join("fixtures")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "dcm") {
            continue;
        }
        let mut bytes = std::fs::read(path).unwrap();
        bytes.truncate(MOST_BYTES);
        let start = bytes.windows(4).position(|tag| tag == [8, 0, 5, 0]).unwrap();
        put("deflated", deflated(&bytes[start..]));
        put("header", bytes.clone());
        put("image", bytes);
    }
    let choice = |flags: u8, stream: &[u8]| [&[flags], stream].concat();
    for (at, stream) in (0u8..).zip(crate::jpeg::tests::streams(40)) {
        put("jpeg", choice(at % 8, &stream));
    }
    for (at, stream) in (0u8..).zip(crate::jpeg_ls::tests::streams(40)) {
        put("jpeg_ls", choice(at % 8, &stream));
    }
    for (allocated, width) in [(1u8, 1usize), (2, 2), (3, 4)] {
        for (samples, count) in [(0u8, 1usize), (1, 3), (2, 1)] {
            for stored in [u8::MAX, 11] {
                let layout = [9, 13, allocated, stored, 3, samples, stored % 4];
                put("rle", [&layout[..], &rle(width * count, 117)].concat());
                let words: Vec<u8> = (0..117 * width * count).map(|at| at.to_le_bytes()[0]).collect();
                put("deflated_frame", [&layout[..], &deflated(&words)].concat());
            }
        }
    }
    put("deflated_frame", [&[9, 13, 0, 0, 0, 0, 0][..], &deflated(&[0x5a; 15])].concat());
    let piece: &[u8] = &[0xff, 0xd8, 1, 2, 3, 4, 0xff, 0xd9];
    for (frames, table) in [(0u8, &[][..]), (2, &[]), (2, &[0, 16, 32]), (1, &[0, 32]), (1, &[0, u32::MAX])] {
        put("fragments", fragments([frames, 0], table, &[piece; 3]));
        put("fragments", fragments([frames, 0], table, &[piece, &[1, 2, 3, 4], piece, &[5, 6]]));
        put("fragments", fragments([frames, 0], table, &[]));
        let extended = [&[frames, frames + 1], &[0u8; 24][..]].concat();
        put("fragments", [extended, fragments([0, 0], table, &[piece; 2]).split_off(2)].concat());
    }
    for signs in 0..16u8 {
        let descriptor = |count: u8, bits: u8| [count, 0, 0, signs, bits, 0];
        let head = [descriptor(8, 16), descriptor(8, 8), descriptor(4, 16)].concat();
        let tables: Vec<u8> =
            [0u8, 0, 3, 0, 1, 0, 2, 0, 9, 0, 1, 0, 4, 0, 40, 0, 2, 0, 1, 0, 10, 0, 0, 0].repeat(3);
        put("palette", [&[signs], &head[..], &[86, 128], &tables].concat());
        put("lut", [&[signs], &descriptor(8, 12)[..], &[7; 16]].concat());
        put("lut", [&[signs], &descriptor(8, 8)[..], &[7; 8]].concat());
    }
    for (terms, text) in [
        ([1u8, 0, 32, 0, 0], &b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B"[..]),
        ([1, 29, 32, 0, 0], b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J"),
        ([1, 0, 30, 0, 0], b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab"),
        ([1, 0, 31, 0, 0], b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="),
        ([2, 18, 22, 33, 0], b"Buc^J\xe9r\xf4me=\x1b-L\xbb\xee\xda^\xe9\x1b$(D\x30\x21"),
        ([0, 14, 0, 0, 0], "Wang^小东\u{202e}".as_bytes()),
        ([0, 15, 0, 0, 0], b"Wang^\xd0\xa1\xb6\xab\x81\x30"),
        ([0, 13, 0, 0, 0], b"\xd4\xcf\xc0\xde\x93\xfa"),
        ([0, 2, 0, 0, 0], b"J\xe9r\xf4me\x9b31m\x1b]0;x\x07"),
        ([3, 35, 34, 30, 31], b"\x1b%/Zb\x1b\xff\x1b$)"),
    ] {
        put("text", [&terms[..], text].concat());
    }
    inputs
}

#[test]
#[ignore = "writes files: fuzz/run seeds"]
fn first_inputs_are_written() {
    let folder = PathBuf::from(std::env::var_os("CALX_FUZZ_SEEDS").expect("CALX_FUZZ_SEEDS names a folder"));
    for (name, inputs) in first_inputs() {
        let own = folder.join(name);
        std::fs::create_dir_all(&own).unwrap();
        for (number, input) in (1..).zip(inputs) {
            std::fs::write(own.join(format!("first-{number}")), input).unwrap();
        }
    }
}

#[test]
fn first_inputs_reach_what_they_are_for() {
    let inputs = first_inputs();
    for target in TARGETS {
        let own = &inputs[target.0];
        assert!(own.len() >= 10, "{}", target.0);
        own.iter().for_each(|input| check(target, input));
    }
}

//! Habits of vendors' headers: the same object, stated otherwise.
//!
//! Not here: which object has which habit ([`crate::corpus`]), the coding (`calx-dicom`).
//!
//! Invariants
//! - Manufacturer, Synthetic Data, Image Comments and `PHANTOM^` stay: a habit hides nothing.
//! - Without [`Habits::mistakes`] an object with habits is still valid.

use calx_dicom::{Coding, NewElement, NewImage, NewValue};

use crate::noise::Noise;

/// What one vendor does otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) struct Habits {
    pub(crate) coding: Coding,
    /// SpecificCharacterSet (0008,0005) among [`Self::extra`]; empty: the writer's own, ISO_IR 192.
    pub(crate) set: &'static str,
    /// Elements beyond or instead of the usual.
    pub(crate) extra: Vec<NewElement>,
    /// Optional elements that are not stated.
    pub(crate) left_out: Vec<(u16, u16)>,
    /// Series and instance UIDs are arcs below that of the study.
    pub(crate) nested_uids: bool,
    pub(crate) mistakes: Vec<Mistake>,
}

/// What is not valid and yet seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// Zeros after the last element.
    TrailingZeros,
    /// (0008,0000) with a wrong length.
    WrongGroupLength,
    /// No preamble and no file meta group: the data set alone.
    NoMeta,
}

impl Habits {
    pub(crate) fn apply(&self, new: &mut NewImage) {
        new.coding = self.coding;
        new.extra.clone_from(&self.extra);
        new.left_out.clone_from(&self.left_out);
        let description = &mut new.study.description;
        match self.set {
            "" | "ISO_IR 192" => {}
            "ISO_IR 100" => {
                if let Some(latin) = latin(description) {
                    new.extra.push(bytes((0x0008, 0x1030), *b"LO", &latin, b' '));
                }
            }
            _ => *description = without_umlauts(description),
        }
    }

    /// The mistakes that are made with the finished bytes.
    pub(crate) fn spoil(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        for mistake in &self.mistakes {
            match mistake {
                Mistake::TrailingZeros => bytes.extend_from_slice(&[0; 512]),
                Mistake::NoMeta => {
                    if let Some(start) = data_set(&bytes) {
                        bytes.drain(..start);
                    }
                }
                // An element of the data set: it is stated with the others.
                Mistake::WrongGroupLength => {}
            }
        }
        bytes
    }
}

/// A text in ISO 8859-1, when it has all its letters: their numbers are those of Unicode.
fn latin(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect()
}

/// As German is written where a character set has no umlauts.
fn without_umlauts(text: &str) -> String {
    text.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss")
}

/// Where the data set begins: after the preamble, `DICM`, (0002,0000) and as many bytes as it says.
fn data_set(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(140..144)?.iter().rev().fold(0_usize, |sum, b| sum * 256 + usize::from(*b));
    (144 + length < bytes.len()).then_some(144 + length)
}

/// A person's name in a character set: term of (0008,0005), bytes of (0010,0010).
const NAMES: [(&str, &[u8]); 8] = [
    ("ISO_IR 192", "PHANTOM^CALX".as_bytes()),
    ("ISO_IR 100", b"PHANTOM^\xc4gir"),
    ("ISO_IR 100", b"PHANTOM^Ren\xe9e^Ma\xeftre"),
    ("ISO_IR 192", "PHANTOM^Hanako=幻影^花子=げんえい^はなこ".as_bytes()),
    (r"\ISO 2022 IR 87", b"PHANTOM^Hanako=\x1b$B881F\x1b(B^\x1b$B2V;R\x1b(B"),
    // ISO 8859-5: Анна
    ("ISO_IR 144", b"PHANTOM^\xb0\xdd\xdd\xd0"),
    // ISO 8859-6: salim
    ("ISO_IR 127", b"PHANTOM^\xd3\xe4\xea\xe5"),
    ("ISO_IR 192", "PHANTOM^Łukasz^Żółć".as_bytes()),
];

/// Ways to write SeriesDescription (0008,103E).
const SERIES: [&str; 6] = ["HAND PA", "W033 Hand ap", "Hand_dx_p.a.", "hands", "XR HAND 2V", "Hand (a.-p.)"];

/// Ways to write a window over all 12 bits, as decimal strings of (0028,1050) and (0028,1051).
const WINDOWS: [(&str, &str); 4] = [
    ("2048.000000", "4096.000000"),
    ("2.0480000E+03", "4.0960000E+03"),
    ("+2048", "4.096e3"),
    ("2047.9999999999", "4096.0000000001"),
];

fn bytes(tag: (u16, u16), vr: [u8; 2], value: &[u8], pad: u8) -> NewElement {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(pad);
    }
    NewElement { tag, vr, value: NewValue::Bytes(value) }
}

fn pick<T: Copy>(from: &[T], noise: Noise, lane: u64) -> Option<T> {
    let count = u64::try_from(from.len()).ok()?;
    let at = noise.bits(lane, 0).checked_rem(count)?;
    from.get(usize::try_from(at).ok()?).copied()
}

/// The habits of the vendor that made all of a patient's images, and how that patient is named.
///
/// `full_window`: the image has one window over all 12 bits, which may be written in other words.
pub(crate) fn of_patient(noise: Noise, patient_id: &str, full_window: bool, messy: bool) -> Habits {
    let chance = |lane: u64, share: f64| noise.unit(lane, 1) < share;
    let mut extra = Vec::new();
    let named = pick(&NAMES, noise, 1);
    if let Some((set, name)) = named {
        extra.push(NewElement::text((0x0008, 0x0005), *b"CS", set));
        extra.push(bytes((0x0010, 0x0010), *b"PN", name, b' '));
    }
    extra.push(NewElement::text((0x0010, 0x0020), *b"LO", patient_id));
    if let (Some(series), true) = (pick(&SERIES, noise, 2), chance(2, 0.7)) {
        extra.push(NewElement::text((0x0008, 0x103e), *b"LO", series));
    }
    if let (Some((center, width)), true) = (pick(&WINDOWS, noise, 3), full_window) {
        extra.push(NewElement::text((0x0028, 0x1050), *b"DS", center));
        extra.push(NewElement::text((0x0028, 0x1051), *b"DS", width));
    }
    if chance(4, 0.5) {
        extra.push(NewElement::text((0x0008, 0x1010), *b"SH", "ROOM 2"));
        extra.push(NewElement::text((0x0008, 0x0080), *b"LO", "Phantom Hospital"));
    }
    if chance(5, 0.6) {
        extra.push(NewElement::text((0x0019, 0x0010), *b"LO", "CALX PHANTOM A"));
        extra.push(NewElement::text((0x0019, 0x1001), *b"LO", "LUT 17"));
        extra.push(bytes((0x0019, 0x1002), *b"OB", &[1, 2, 3, 4, 5, 6, 7, 8], 0));
        extra.push(NewElement::text((0x0021, 0x0011), *b"LO", "CALX PHANTOM B"));
        extra.push(bytes((0x0021, 0x1101), *b"US", &[7, 0], 0));
    }
    let mut left_out = Vec::new();
    for (lane, tag) in [(10, (0x0018, 0x1153)), (11, (0x0018, 0x1020)), (12, (0x0008, 0x1030))] {
        if chance(lane, 0.35) {
            left_out.push(tag);
        }
    }
    let mut mistakes = Vec::new();
    if messy {
        for (lane, mistake) in
            [(20, Mistake::TrailingZeros), (21, Mistake::WrongGroupLength), (22, Mistake::NoMeta)]
        {
            if chance(lane, 0.3) {
                mistakes.push(mistake);
            }
        }
    }
    if mistakes.contains(&Mistake::WrongGroupLength) {
        extra.push(bytes((0x0008, 0x0000), *b"UL", &[0x39, 0x30, 0, 0], 0));
    }
    let implicit = chance(6, 0.4);
    Habits {
        coding: if implicit { Coding::ImplicitLittleEndian } else { Coding::ExplicitLittleEndian },
        set: named.map_or("", |(set, _)| set),
        extra,
        left_out,
        nested_uids: chance(7, 0.4),
        mistakes,
    }
}

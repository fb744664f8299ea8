//! ISO 2022 code extensions: text that changes its character set by escape sequences.
//!
//! Not here: sets that hold for a whole value (`super`).
//!
//! Invariants
//! - Every escape sequence that DICOM defines is followed, whether the data set announced it or not;
//!   others are left out of the text, never shown raw.
//! - At a delimiter of the value the first set is active again, as the standard wants; where a writer
//!   went on without a new escape sequence, the last set that fits the bytes is taken.
//! - Work and memory grow with the length of the value, whatever stands in it.
//!
//! Source: PS3.5 6.1.2.4 and 6.1.2.5, PS3.3 table C.12-3 and C.12-4, PS3.5 annexes H, I, K.

use encoding_rs::Encoding;

pub(super) const ESCAPE: u8 = 0x1b;

/// What bytes below 128 mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Low {
    /// ISO-IR 6, and ISO-IR 14, which differs in two signs that DICOM needs as they are.
    Ascii,
    /// ISO-IR 87, two bytes a character.
    Jis0208,
    /// ISO-IR 159, two bytes a character.
    Jis0212,
}

/// What bytes above 127 mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum High {
    /// One byte a character.
    Table(&'static Encoding),
    /// Latin-1: the byte is the character.
    Latin1,
    /// ISO-IR 13, half-width katakana.
    Katakana,
    /// Two bytes a character: ISO-IR 149 (KS X 1001) or ISO-IR 58 (GB 2312).
    Pairs(&'static Encoding),
}

/// The sets of the first value of SpecificCharacterSet, and one that a later value announces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CodeExtensions {
    pub(crate) low: Low,
    pub(crate) high: Option<High>,
    /// For bytes above 127 that nothing else explains.
    pub(crate) announced: Option<High>,
}

/// What one escape sequence designates, and its length.
fn designated(after: &[u8]) -> Option<(Result<Low, High>, usize)> {
    use encoding_rs as e;
    let two = |set| Some((set, 2));
    let three = |set| Some((set, 3));
    match after {
        [b'(', b'B' | b'J', ..] => two(Ok(Low::Ascii)),
        [b'$', b'(', b'D', ..] => three(Ok(Low::Jis0212)),
        [b'$', b'@' | b'B', ..] => two(Ok(Low::Jis0208)),
        [b'$', b')', b'C', ..] => three(Err(High::Pairs(e::EUC_KR))),
        [b'$', b')', b'A', ..] => three(Err(High::Pairs(e::GBK))),
        [b')', b'I', ..] => two(Err(High::Katakana)),
        [b'-', last, ..] => two(Err(match last {
            b'A' => High::Latin1,
            b'B' => High::Table(e::ISO_8859_2),
            b'C' => High::Table(e::ISO_8859_3),
            b'D' => High::Table(e::ISO_8859_4),
            b'F' => High::Table(e::ISO_8859_7),
            b'G' => High::Table(e::ISO_8859_6),
            b'H' => High::Table(e::ISO_8859_8),
            b'L' => High::Table(e::ISO_8859_5),
            b'M' => High::Table(e::WINDOWS_1254),
            b'T' => High::Table(e::WINDOWS_874),
            b'b' => High::Table(e::ISO_8859_15),
            _ => return None,
        })),
        _ => None,
    }
}

/// The length of an escape sequence nobody here knows: intermediate bytes, then one final byte.
fn unknown_length(after: &[u8]) -> usize {
    let between = after.iter().take_while(|byte| (0x20..=0x2f).contains(*byte)).count();
    let end = after.get(between).is_some_and(|byte| (0x30..=0x7e).contains(byte));
    between + usize::from(end)
}

/// Bytes after which the first set is active again.
fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'\\' | b'^' | b'=' | b'\t' | b'\n' | 0x0c | b'\r')
}

impl CodeExtensions {
    /// One value, or several parted by backslashes, which stay.
    pub(crate) fn decode(self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len());
        let (mut low, mut high) = (self.low, self.high);
        let mut last = self.announced.or(self.high);
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if byte == ESCAPE {
                rest = if let Some((set, length)) = designated(after) {
                    match set {
                        Ok(set) => low = set,
                        Err(set) => (high, last) = (Some(set), Some(set)),
                    }
                    after.get(length..).unwrap_or_default()
                } else {
                    after.get(unknown_length(after)..).unwrap_or_default()
                };
                continue;
            }
            if byte < 0x21 || (byte < 0x80 && low == Low::Ascii) {
                if is_delimiter(byte) {
                    (low, high) = (self.low, self.high);
                }
                text.push(char::from(byte));
                rest = after;
                continue;
            }
            let taken = if byte < 0x80 {
                multi_byte_low(low, rest, &mut text)
            } else {
                high_bytes(high.or(last), rest, &mut text)
            };
            rest = rest.get(taken.max(1)..).unwrap_or_default();
        }
        text
    }
}

/// One character of a two-byte set below 128; returns the bytes taken.
fn multi_byte_low(low: Low, rest: &[u8], text: &mut String) -> usize {
    let [first, second, ..] = *rest else {
        text.push(char::REPLACEMENT_CHARACTER);
        return 1;
    };
    // EUC-JP holds both sets with the high bits set, the second behind 8F.
    let coded = [0x8f, first | 0x80, second | 0x80];
    let coded = if low == Low::Jis0212 { &coded[..] } else { coded.get(1..).unwrap_or_default() };
    text.push_str(&encoding_rs::EUC_JP.decode_without_bom_handling(coded).0);
    2
}

/// One character above 127; returns the bytes taken.
fn high_bytes(high: Option<High>, rest: &[u8], text: &mut String) -> usize {
    let one = rest.get(..1).unwrap_or_default();
    match high {
        None | Some(High::Latin1) => {
            text.extend(one.iter().copied().map(char::from));
            1
        }
        Some(High::Table(encoding)) => {
            text.push_str(&encoding.decode_without_bom_handling(one).0);
            1
        }
        Some(High::Katakana) => {
            text.push_str(&encoding_rs::SHIFT_JIS.decode_without_bom_handling(one).0);
            1
        }
        Some(High::Pairs(encoding)) => match rest.get(..2) {
            Some(pair) if pair.iter().all(|byte| *byte >= 0x80) => {
                text.push_str(&encoding.decode_without_bom_handling(pair).0);
                2
            }
            _ => {
                text.push(char::REPLACEMENT_CHARACTER);
                1
            }
        },
    }
}

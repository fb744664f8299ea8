//! Character sets: bytes of a text value to Unicode.
//!
//! Not here: safe output (`calx_model::PatientText`), escape sequences ([`code_extensions`]).
//!
//! Invariants
//! - Decoding never fails and never panics; what cannot be decoded becomes U+FFFD.
//!
//! Source: PS3.5 6.1.2, PS3.3 C.12.1.1.2.

mod code_extensions;

use encoding_rs::Encoding;

use code_extensions::{CodeExtensions, ESCAPE, High, Low};

/// SpecificCharacterSet (0008,0005) of one data set.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Charset {
    /// ISO-IR 6 or nothing stated. Bytes above 127 are not allowed; they are read as Latin-1.
    #[default]
    Ascii,
    /// ISO 8859-1.
    Latin1,
    /// One table or multi-byte code for the whole value.
    Table(&'static Encoding),
    /// Sets that escape sequences choose from.
    Extended(CodeExtensions),
}

impl Charset {
    /// Of the values of SpecificCharacterSet; the second result names what is not known.
    pub(crate) fn of(codes: &[String]) -> (Self, Option<String>) {
        if codes.len() > 1 || codes.iter().any(|code| code.starts_with("ISO 2022")) {
            return Self::extended(codes);
        }
        let Some(code) = codes.first().filter(|code| !code.is_empty()) else { return (Self::Ascii, None) };
        let charset = match code.as_str() {
            "ISO_IR 192" => Self::Table(encoding_rs::UTF_8),
            "GB18030" => Self::Table(encoding_rs::GB18030),
            "GBK" => Self::Table(encoding_rs::GBK),
            // half-width katakana and ASCII; some writers mean all of Shift JIS
            "ISO_IR 13" => Self::Table(encoding_rs::SHIFT_JIS),
            "ISO_IR 6" => Self::Ascii,
            other => match first_high(other) {
                Some(Some(High::Latin1)) => Self::Latin1,
                Some(Some(High::Table(encoding))) => Self::Table(encoding),
                _ => return (Self::Ascii, Some(other.chars().take(32).collect())),
            },
        };
        (charset, None)
    }

    /// Several values, or one that announces escape sequences.
    fn extended(codes: &[String]) -> (Self, Option<String>) {
        let mut sets = CodeExtensions { low: Low::Ascii, high: None, announced: None };
        let mut unknown = None;
        for (index, code) in codes.iter().enumerate() {
            match (code.as_str(), index) {
                // these cannot be combined with others; what a file says first holds
                ("ISO_IR 192" | "GB18030" | "GBK", 0) => return Self::of(std::slice::from_ref(code)),
                ("", _) => {}
                ("ISO 2022 IR 87" | "ISO_IR 87", 0) => {}
                (code, index) => match first_high(code) {
                    Some(high) if index == 0 => sets.high = high,
                    Some(high) => sets.announced = sets.announced.or(high),
                    None => {
                        unknown.get_or_insert_with(|| code.chars().take(32).collect::<String>());
                    }
                },
            }
        }
        (Self::Extended(sets), unknown)
    }

    /// As [`Self::decode`], without spaces and zeros at either end.
    pub(crate) fn decode_trimmed(self, bytes: &[u8]) -> String {
        match plain(bytes) {
            Some(text) => text.trim_matches(PADDING).to_owned(),
            None => self.decode(bytes).trim_matches(PADDING).to_owned(),
        }
    }

    pub(crate) fn decode(self, bytes: &[u8]) -> String {
        if let Some(text) = plain(bytes) {
            return text.to_owned();
        }
        match self {
            Self::Ascii | Self::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Self::Table(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            Self::Extended(sets) => sets.decode(bytes),
        }
    }
}

const PADDING: [char; 2] = [' ', '\0'];

/// Most text is plain in every set there is: what is below 128 means the same in all of them, up to the
/// first escape sequence.
fn plain(bytes: &[u8]) -> Option<&str> {
    let plain = bytes.iter().fold(0, |high, byte| high | byte & 0x80 | u8::from(*byte == ESCAPE)) == 0;
    str::from_utf8(bytes).ok().filter(|_| plain)
}

/// What a defined term says about bytes above 127: `None` for a term nobody knows, `Some(None)` for
/// one that says nothing.
fn first_high(code: &str) -> Option<Option<High>> {
    use encoding_rs as e;
    let number = code.strip_prefix("ISO_IR ").or_else(|| code.strip_prefix("ISO 2022 IR "))?;
    let table = |encoding| Some(Some(High::Table(encoding)));
    match number {
        "6" | "87" | "159" => Some(None),
        "100" => Some(Some(High::Latin1)),
        "101" => table(e::ISO_8859_2),
        "109" => table(e::ISO_8859_3),
        "110" => table(e::ISO_8859_4),
        "144" => table(e::ISO_8859_5),
        "127" => table(e::ISO_8859_6),
        "126" => table(e::ISO_8859_7),
        "138" => table(e::ISO_8859_8),
        // Windows-1254 is ISO 8859-9 with signs in place of controls nobody sends.
        "148" => table(e::WINDOWS_1254),
        "203" => table(e::ISO_8859_15),
        "166" => table(e::WINDOWS_874),
        "13" => Some(Some(High::Katakana)),
        "149" => Some(Some(High::Pairs(e::EUC_KR))),
        "58" => Some(Some(High::Pairs(e::GBK))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, bytes: &[u8], expected: &str) {
        assert_eq!(Charset::of(&[code.to_owned()]).0.decode(bytes), expected);
    }

    #[test]
    fn single_sets_decode() {
        check("ISO_IR 100", b"Buc^J\xe9r\xf4me", "Buc^Jérôme");
        check("ISO_IR 144", b"\xbb\xee\xda", "Люк");
        check("ISO_IR 126", b"\xc4\xe9\xef\xed", "Διον");
        check("ISO_IR 148", b"\xdd\xf0", "İğ");
        check("ISO_IR 192", "Wang^小东".as_bytes(), "Wang^小东");
        check("GB18030", b"Wang^\xd0\xa1\xb6\xab", "Wang^小东");
        check("ISO_IR 192", b"a\xff", "a\u{fffd}");
        assert_eq!(Charset::of(&["KLINGON".to_owned()]).1.as_deref(), Some("KLINGON"));
    }

    #[track_caller]
    fn check_extended(codes: &str, bytes: &[u8], expected: &str) {
        let codes: Vec<String> = codes.split('\\').map(str::to_owned).collect();
        let (charset, unknown) = Charset::of(&codes);
        assert_eq!((charset.decode(bytes).as_str(), unknown), (expected, None), "{codes:?}");
    }

    #[test]
    fn the_standards_own_examples_decode() {
        // PS3.5 H.3.1
        let yamada = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
        check_extended("\\ISO 2022 IR 87", yamada, "Yamada^Tarou=山田^太郎=やまだ^たろう");
        // PS3.5 H.3.2
        let katakana =
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J";
        check_extended("ISO 2022 IR 13\\ISO 2022 IR 87", katakana, "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう");
        // PS3.5 I.2
        let hong =
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf";
        check_extended("\\ISO 2022 IR 149", hong, "Hong^Gildong=洪^吉洞=홍^길동");
        // PS3.5 K.2
        let zhang = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=";
        check_extended("\\ISO 2022 IR 58", zhang, "Zhang^XiaoDong=张^小东=");
        // Latin and Cyrillic beside each other
        let both = b"Buc^J\xe9r\xf4me=\x1b-L\xbb\xee\xda^\xe9";
        check_extended("ISO 2022 IR 100\\ISO 2022 IR 144", both, "Buc^Jérôme=Люк^é");
        // JIS X 0212
        check_extended("\\ISO 2022 IR 159", b"\x1b$(D\x30\x21\x1b(B", "丂");
    }

    #[test]
    fn what_escape_sequences_leave_open_is_guessed_and_never_shown_raw() {
        // no new escape sequence after the delimiter
        check_extended("\\ISO 2022 IR 149", b"\x1b$)C\xc8\xab^\xb1\xe6\xb5\xbf", "홍^길동");
        // none at all
        check_extended("\\ISO 2022 IR 149", b"\xc8\xab", "홍");
        // not announced
        check_extended("ISO 2022 IR 100", b"\xe9 \x1b$B;3\x1b(B", "é 山");
        // unknown and cut short
        check_extended("\\ISO 2022 IR 87", b"a\x1b%/Zb\x1b", "ab");
        check_extended("\\ISO 2022 IR 87", b"\x1b$B;", "\u{fffd}");
        check_extended("\\ISO 2022 IR 149", b"\x1b$)C\xc8", "\u{fffd}");
        // a line's end and a backslash give the first set back
        check_extended("\\ISO 2022 IR 87", b"\x1b$B;3\nab\\c", "山\nab\\c");
        let (_, unknown) = Charset::of(&["ISO 2022 IR 100".to_owned(), "ISO 2022 IR 999".to_owned()]);
        assert_eq!(unknown.as_deref(), Some("ISO 2022 IR 999"));
    }
}

//! Character sets: bytes of a text value to Unicode.
//!
//! Not here: safe output (`calx_model::PatientText`).
//!
//! Invariants
//! - Decoding never fails and never panics; what cannot be decoded becomes U+FFFD.
//!
//! Source: PS3.5 6.1.2, PS3.3 C.12.1.1.2.

use encoding_rs::Encoding;

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
}

impl Charset {
    /// Of the values of SpecificCharacterSet; the second result names what is not known.
    pub(crate) fn of(codes: &[String]) -> (Self, Option<String>) {
        let Some(code) = codes.iter().find(|code| !code.is_empty()) else { return (Self::Ascii, None) };
        let charset = match code.as_str() {
            "ISO_IR 6" | "ISO 2022 IR 6" => Self::Ascii,
            "ISO_IR 100" | "ISO 2022 IR 100" => Self::Latin1,
            "ISO_IR 101" | "ISO 2022 IR 101" => Self::Table(encoding_rs::ISO_8859_2),
            "ISO_IR 109" | "ISO 2022 IR 109" => Self::Table(encoding_rs::ISO_8859_3),
            "ISO_IR 110" | "ISO 2022 IR 110" => Self::Table(encoding_rs::ISO_8859_4),
            "ISO_IR 144" | "ISO 2022 IR 144" => Self::Table(encoding_rs::ISO_8859_5),
            "ISO_IR 127" | "ISO 2022 IR 127" => Self::Table(encoding_rs::ISO_8859_6),
            "ISO_IR 126" | "ISO 2022 IR 126" => Self::Table(encoding_rs::ISO_8859_7),
            "ISO_IR 138" | "ISO 2022 IR 138" => Self::Table(encoding_rs::ISO_8859_8),
            // Windows-1254 is ISO 8859-9 with signs in place of controls nobody sends.
            "ISO_IR 148" | "ISO 2022 IR 148" => Self::Table(encoding_rs::WINDOWS_1254),
            "ISO_IR 203" | "ISO 2022 IR 203" => Self::Table(encoding_rs::ISO_8859_15),
            "ISO_IR 166" | "ISO 2022 IR 166" => Self::Table(encoding_rs::WINDOWS_874),
            "ISO_IR 13" | "ISO 2022 IR 13" => Self::Table(encoding_rs::SHIFT_JIS),
            "ISO 2022 IR 87" | "ISO 2022 IR 159" => Self::Table(encoding_rs::ISO_2022_JP),
            "ISO 2022 IR 149" => Self::Table(encoding_rs::EUC_KR),
            "ISO_IR 192" => Self::Table(encoding_rs::UTF_8),
            "GB18030" => Self::Table(encoding_rs::GB18030),
            "GBK" | "ISO 2022 IR 58" => Self::Table(encoding_rs::GBK),
            other => return (Self::Ascii, Some(other.chars().take(32).collect())),
        };
        (charset, None)
    }

    pub(crate) fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Ascii | Self::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Self::Table(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        }
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
}

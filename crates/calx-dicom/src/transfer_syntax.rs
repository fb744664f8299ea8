//! The transfer syntaxes this version knows, and which of them it decodes.
//!
//! Source: PS3.6 table A-1, PS3.5 A.

/// One transfer syntax and what is done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferSyntax {
    /// TransferSyntaxUID.
    pub uid: &'static str,
    /// In words.
    pub name: &'static str,
    /// Whether pixels in it are decoded.
    pub reads: bool,
}

const fn row(uid: &'static str, name: &'static str, reads: bool) -> TransferSyntax {
    TransferSyntax { uid, name, reads }
}

const TABLE: [TransferSyntax; 28] = [
    row("1.2.840.10008.1.2", "Implicit VR Little Endian", true),
    row("1.2.840.10008.1.2.1", "Explicit VR Little Endian", true),
    row("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", true),
    row("1.2.840.10008.1.2.2", "Explicit VR Big Endian", true),
    row("1.2.840.10008.1.2.5", "RLE Lossless", true),
    row("1.2.840.10008.1.2.8.1", "Deflated Image Frame", true),
    row("1.2.840.10008.1.2.4.50", "JPEG Baseline", true),
    row("1.2.840.10008.1.2.4.51", "JPEG Extended (8 and 12 bits)", true),
    row("1.2.840.10008.1.2.4.53", "JPEG Spectral Selection (retired)", true),
    row("1.2.840.10008.1.2.4.55", "JPEG Full Progression (retired)", true),
    row("1.2.840.10008.1.2.4.57", "JPEG Lossless", true),
    row("1.2.840.10008.1.2.4.70", "JPEG Lossless, first-order prediction", true),
    row("1.2.840.10008.1.2.4.90", "JPEG 2000 lossless", true),
    row("1.2.840.10008.1.2.4.91", "JPEG 2000", true),
    row("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 lossless", true),
    row("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 lossless with RPCL", true),
    row("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", true),
    row("1.2.840.10008.1.2.4.80", "JPEG-LS", true),
    row("1.2.840.10008.1.2.4.81", "JPEG-LS near-lossless", true),
    row("1.2.840.10008.1.2.4.110", "JPEG XL lossless", true),
    row("1.2.840.10008.1.2.4.111", "JPEG XL recompression of JPEG", true),
    row("1.2.840.10008.1.2.4.112", "JPEG XL", true),
    row("1.2.840.10008.1.2.4.92", "JPEG 2000 multi-component lossless", false),
    row("1.2.840.10008.1.2.4.93", "JPEG 2000 multi-component", false),
    row("1.2.840.10008.1.2.4.100", "MPEG2 video", false),
    row("1.2.840.10008.1.2.4.102", "MPEG-4 video", false),
    row("1.2.840.10008.1.2.4.107", "HEVC video", false),
    row("1.2.840.10008.1.2.4.94", "JPIP reference", false),
];

/// All transfer syntaxes with a name here, those that are decoded first.
#[must_use]
pub fn supported_transfer_syntaxes() -> Vec<TransferSyntax> {
    TABLE.to_vec()
}

/// The row of a UID.
pub(crate) fn known(uid: &str) -> Option<TransferSyntax> {
    TABLE.into_iter().find(|row| row.uid == uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_uids_and_stand_once() {
        for row in TABLE {
            assert!(calx_model::TransferSyntaxUid::new(row.uid).is_ok(), "{}", row.uid);
            assert_eq!(TABLE.iter().filter(|other| other.uid == row.uid).count(), 1, "{}", row.uid);
        }
        assert!(TABLE.is_sorted_by_key(|row| !row.reads));
    }
}

//! Compressed frames to stored values.

/// Whether a transfer syntax never keeps the original values.
pub(crate) fn always_lossy(uid: &str) -> bool {
    matches!(uid, "1.2.840.10008.1.2.4.50" | "1.2.840.10008.1.2.4.51" | "1.2.840.10008.1.2.4.81")
}

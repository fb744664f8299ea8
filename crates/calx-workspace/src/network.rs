//! Where a workspace lies, as far as SQLite must know: its write-ahead log needs memory that all who have it open
//! share, which two machines do not.
//!
//! Not here: opening the catalogue (`catalogue`).
//!
//! Source: sqlite.org/wal.html, "All processes using a database must be on the same host computer"; kinds of file
//! systems by statfs(2) and linux/magic.h.

use std::path::Path;

/// How the catalogue is kept safe while it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Journal {
    /// A write-ahead log: readers and a writer do not wait for each other.
    Wal,
    /// The old pages aside until the new ones are durable: locks of files are all it needs. Truncated, not removed:
    /// whether a name is gone is seen late over a network.
    Rollback,
}

/// A file system that other machines may have open too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network(pub(crate) &'static str);

impl Network {
    /// What is on the other side of a mount of this kind, by the number statfs gives; `None` for a disk of this
    /// machine, and for what is not known, as every new local file system is.
    pub(crate) fn of_kind(kind: u64) -> Option<Self> {
        Some(Self(match kind {
            0x6969 => "NFS",
            0x517b => "SMB",
            0xff53_4d42 => "CIFS",
            0xfe53_4d42 => "SMB",
            0x6573_5546 => "FUSE (as sshfs)",
            0x0102_1997 => "9p",
            0x00c3_6400 => "Ceph",
            0x5346_414f | 0x6b41_4653 => "AFS",
            0x7375_7245 => "Coda",
            0x564c => "NCP",
            0x786f_4256 => "a folder of the machine around this one",
            0x0bd0_0bd0 => "Lustre",
            0x1983_0326 => "BeeGFS",
            0x0116_1970 => "GFS2",
            0x7461_636f => "OCFS2",
            0x4750_4653 => "GPFS",
            0x2003_0528 => "OrangeFS",
            0xaad7_aaea => "PanFS",
            0xbacb_acbc | 0x7c7c_6673 => "a folder of the machine around this one",
            _ => return None,
        }))
    }

    /// What a folder lies on.
    #[cfg(target_os = "linux")]
    pub(crate) fn below(folder: &Path) -> Option<Self> {
        // The number has as many bits as a word of the machine, with or without a sign.
        let kind = rustix::fs::statfs(folder).ok()?.f_type;
        Self::of_kind(u64::try_from(kind & 0xffff_ffff).ok()?)
    }

    /// What a folder lies on; not asked on this system.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn below(_folder: &Path) -> Option<Self> {
        None
    }
}

impl Journal {
    /// The one that is safe below a folder.
    pub(crate) fn below(folder: &Path) -> Self {
        if Network::below(folder).is_some() { Self::Rollback } else { Self::Wal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_machines_may_share_is_known_by_its_number() {
        for (kind, name) in [
            (0x6969, "NFS"),
            (0xff53_4d42, "CIFS"),
            (0xfe53_4d42, "SMB"),
            (0x0102_1997, "9p"),
            (0x4750_4653, "GPFS"),
            (0x2003_0528, "OrangeFS"),
            (0xaad7_aaea, "PanFS"),
            (0xbacb_acbc, "a folder of the machine around this one"),
        ] {
            assert_eq!(Network::of_kind(kind), Some(Network(name)));
        }
        // ext4, xfs, btrfs, tmpfs, overlay, zfs, f2fs.
        for kind in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1, 0xf2f5_2010] {
            assert_eq!(Network::of_kind(kind), None, "{kind:#x}");
        }
        assert!(Network::of_kind(0x6573_5546).is_some(), "nobody says what is behind FUSE");
    }
}

//! Removing what nothing needs: unfinished files, objects no row names, catalogues put aside.
//!
//! Invariants
//! - Only with a sound catalogue, and never while an import runs.
//! - An object that holds the only copy of its bytes stays, and so does one that cannot be read: a catalogue that
//!   is older than the objects must not cost one. `rebuild-catalogue` files it.

use std::fs;
use std::path::PathBuf;

use calx_dicom::{Locator, read_header};

use crate::durable;
use crate::error::WorkspaceError;
use crate::path_bytes::shown;
use crate::workspace::Workspace;

/// What was removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GcReport {
    /// Files removed.
    pub files: Vec<PathBuf>,
    /// Their bytes.
    pub bytes: u64,
    /// What was left and why.
    pub kept: Vec<String>,
}

impl Workspace {
    /// Removes what nothing needs; with `dry_run` only says what.
    ///
    /// # Errors
    /// [`WorkspaceError::Busy`] while an import runs, [`WorkspaceError::CatalogueDamaged`], or a removal that
    /// failed.
    pub fn gc(&self, dry_run: bool) -> Result<GcReport, WorkspaceError> {
        let _alone = self.keep_imports_out()?;
        if let Some(fault) = self.catalogue_faults()?.into_iter().next() {
            return Err(WorkspaceError::CatalogueDamaged(fault));
        }
        let mut report = GcReport::default();
        self.visit_objects(&mut |found| {
            for (sha256, path) in self.unnamed(found.objects)? {
                let why = match read_header(&Locator::from(path.as_path())) {
                    Err(_) => "it cannot be read as DICOM; `calx verify --repair` puts it aside",
                    Ok(header) if self.instance(&header.value.instance).is_err() => {
                        "its instance is not in the catalogue; `calx rebuild-catalogue` files it"
                    }
                    // A referenced file has the same bytes.
                    Ok(_) if self.has_bytes(&sha256)? => {
                        report.files.push(path);
                        continue;
                    }
                    Ok(_) => {
                        "its instance is known with other bytes; `calx rebuild-catalogue` files it as a conflict"
                    }
                };
                report.kept.push(format!("{why}: {}", shown(&path)));
            }
            report.files.extend(found.leftovers);
            let strangers = found.strangers.iter();
            report.kept.extend(strangers.map(|path| format!("no object of this workspace: {}", shown(path))));
            Ok(())
        })?;
        report.files.extend(self.catalogues_put_aside()?);
        for path in &report.files {
            report.bytes += fs::metadata(path).map_or(0, |meta| meta.len());
            if dry_run {
                continue;
            }
            fs::remove_file(path).map_err(|source| WorkspaceError::Write {
                what: "the removal",
                kept: "everything the catalogue names is untouched",
                path: path.clone(),
                source,
            })?;
            durable::sync_parent(path).map_err(|source| WorkspaceError::io("sync", path, source))?;
        }
        Ok(report)
    }

    /// Whether any file in the catalogue has these bytes.
    fn has_bytes(&self, sha256: &str) -> Result<bool, WorkspaceError> {
        self.read(|tx| Ok(tx.prepare_cached("SELECT 1 FROM files WHERE sha256 = ?1")?.exists([sha256])?))
    }
}

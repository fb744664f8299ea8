//! Questions to the catalogue.

use std::collections::BTreeMap;

use calx_dicom::Locator;
use calx_model::{SeriesInstanceUid, SopInstanceUid, StudyInstanceUid};

use crate::error::WorkspaceError;
use crate::rows::{InstanceRow, IssueRow, RunRow, SeriesRow, StudyRow};
use crate::workspace::Workspace;

impl Workspace {
    /// All studies: newest first, then by UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn studies(&self) -> Result<Vec<StudyRow>, WorkspaceError> {
        todo!()
    }

    /// One study.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`].
    pub fn study(&self, study: &StudyInstanceUid) -> Result<StudyRow, WorkspaceError> {
        let _ = study;
        todo!()
    }

    /// Series of a study, or all: by study, number, UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn series(&self, study: Option<&StudyInstanceUid>) -> Result<Vec<SeriesRow>, WorkspaceError> {
        let _ = study;
        todo!()
    }

    /// Instances of a study, or all: by study, series number, instance number, UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn instances(&self, study: Option<&StudyInstanceUid>) -> Result<Vec<InstanceRow>, WorkspaceError> {
        let _ = study;
        todo!()
    }

    /// Instances of a series: by instance number, UID.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn instances_of_series(
        &self,
        series: &SeriesInstanceUid,
    ) -> Result<Vec<InstanceRow>, WorkspaceError> {
        let _ = series;
        todo!()
    }

    /// One instance.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`].
    pub fn instance(&self, uid: &SopInstanceUid) -> Result<InstanceRow, WorkspaceError> {
        let _ = uid;
        todo!()
    }

    /// Where the bytes of an instance lie.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`]; [`WorkspaceError::FileGone`] or [`WorkspaceError::FileChanged`] when a
    /// referenced file is not what was imported.
    pub fn locate(&self, uid: &SopInstanceUid) -> Result<Locator, WorkspaceError> {
        let _ = uid;
        todo!()
    }

    /// SHA-256 of each instance by UID, for `ls instances --hash`.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn hash_list(&self) -> Result<BTreeMap<String, String>, WorkspaceError> {
        todo!()
    }

    /// Runs of import, newest first.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRow>, WorkspaceError> {
        todo!()
    }

    /// What a run did not simply take; `None` asks for all runs.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn issues(&self, run: Option<&str>) -> Result<Vec<IssueRow>, WorkspaceError> {
        let _ = run;
        todo!()
    }
}

//! Carrying out an [`Edit`]: checks first, then one change, then the inverse.
//!
//! Invariants: those of [`crate::edit`].

use std::collections::BTreeSet;
use std::mem::swap;

use uuid::Uuid;

use crate::case::{Case, CaseStatus};
use crate::edit::{CaseField, Edit, EditError, ImageField, RegionField, StatementField, StudyField};
use crate::finding::{Evidence, Finding, Scope, Statement, Target};
use crate::id::{CaseStudyId, EvidenceId, FindingId, ImageId, ReadingId, RegionId, StatementId, TrackId};
use crate::invariants::{check_display, check_frames, check_image_values, check_shape, check_user_scale};
use crate::region::{Region, Shape};
use crate::rich_text::RichText;
use crate::study::{CaseImage, CaseStudy};

type Outcome = Result<Edit, EditError>;

impl Case {
    /// Changes the case and gives back the edit that undoes the change exactly.
    ///
    /// `revision` and `edited` stay: the journal sets them.
    ///
    /// # Errors
    /// [`EditError`] says what stands against the edit; the case is then unchanged.
    pub fn apply(&mut self, edit: &Edit) -> Outcome {
        // Asked of every step of a batch anew: a batch may thaw the case, change it and freeze it again, and what
        // was allowed on the way there is allowed on the way back.
        // Who looked at the pixels before they left is a fact beside the content, and may come after.
        let is_free = matches!(
            edit,
            Edit::Batch { .. }
                | Edit::SetCase { field: CaseField::Status(_) }
                | Edit::SetImage { field: ImageField::PixelsCleared(_), .. }
        );
        if self.status == CaseStatus::Published && !is_free {
            return Err(EditError::Frozen);
        }
        match edit {
            Edit::SetCase { field } => self.set_case(field),
            Edit::AddStudy { index, study } => self.add_study(*index, study),
            Edit::RemoveStudy { study } => self.remove_study(*study),
            Edit::SetStudy { study, field } => self.set_study(*study, field),
            Edit::MoveStudy { study, index } => {
                let from = place(&self.studies, "study", study, |s| s.id == *study)?;
                shift(&mut self.studies, from, *index)?;
                Ok(Edit::MoveStudy { study: *study, index: number(from) })
            }
            Edit::AddImage { study, index, image } => self.add_image(*study, *index, image),
            Edit::RemoveImage { image } => self.remove_image(*image),
            Edit::SetImage { image, field } => self.set_image(*image, field),
            Edit::MoveImage { image, index } => {
                let (study, from) = self.image_place(*image)?;
                shift(&mut study.images, from, *index)?;
                Ok(Edit::MoveImage { image: *image, index: number(from) })
            }
            Edit::AddFinding { index, finding } => self.add_finding(*index, finding),
            Edit::RemoveFinding { finding } => self.remove_finding(*finding),
            Edit::SetFinding { finding, scope } => {
                self.check_scope(scope)?;
                let found = self.finding_mut(*finding)?;
                let mut scope = *scope;
                swap(&mut found.scope, &mut scope);
                Ok(Edit::SetFinding { finding: *finding, scope })
            }
            Edit::MoveFinding { finding, index } => {
                let from = place(&self.findings, "finding", finding, |f| f.id == *finding)?;
                shift(&mut self.findings, from, *index)?;
                Ok(Edit::MoveFinding { finding: *finding, index: number(from) })
            }
            Edit::AddStatement { finding, index, statement } => {
                self.add_statement(*finding, *index, statement)
            }
            Edit::RemoveStatement { statement } => self.remove_statement(*statement),
            Edit::SetStatement { statement, field } => self.set_statement(*statement, field),
            Edit::MoveStatement { statement, finding, index } => {
                self.move_statement(*statement, *finding, *index)
            }
            Edit::AddEvidence { statement, index, evidence } => {
                self.add_evidence(*statement, *index, evidence)
            }
            Edit::RemoveEvidence { evidence } => self.remove_evidence(*evidence),
            Edit::SetEvidence { evidence, target } => {
                self.check_target(target)?;
                let (found, at) = self.evidence_place(*evidence)?;
                let slot = found.evidence.get_mut(at).ok_or_else(|| missing("evidence", evidence))?;
                let mut target = target.clone();
                swap(&mut slot.target, &mut target);
                Ok(Edit::SetEvidence { evidence: *evidence, target })
            }
            Edit::AddRegion { index, region } => self.add_region(*index, region),
            Edit::RemoveRegion { region } => self.remove_region(*region),
            Edit::SetRegion { region, field } => self.set_region(*region, field),
            Edit::MoveRegion { region, index } => {
                let from = place(&self.regions, "region", region, |r| r.id == *region)?;
                shift(&mut self.regions, from, *index)?;
                Ok(Edit::MoveRegion { region: *region, index: number(from) })
            }
            Edit::PaintMask { region, xor } => self.paint_mask(*region, xor),
            Edit::AddTrack { .. } | Edit::RemoveTrack { .. } | Edit::SetTrack { .. } => self.edit_track(edit),
            Edit::AddReference { .. }
            | Edit::RemoveReference { .. }
            | Edit::SetReference { .. }
            | Edit::MoveReference { .. } => self.edit_reference(edit),
            Edit::AddReading { .. }
            | Edit::RemoveReading { .. }
            | Edit::SetReading { .. }
            | Edit::SetRead { .. } => self.edit_reading(edit),
            Edit::Batch { edits } => self.apply_batch(edits),
        }
    }

    fn apply_batch(&mut self, edits: &[Edit]) -> Outcome {
        let mut inverses = Vec::with_capacity(edits.len());
        for edit in edits {
            match self.apply(edit) {
                Ok(inverse) => inverses.push(inverse),
                Err(error) => {
                    for inverse in inverses.iter().rev() {
                        // Each inverse applies to exactly the state its edit left.
                        let undone = self.apply(inverse);
                        debug_assert!(undone.is_ok(), "an inverse was refused: {undone:?}");
                    }
                    return Err(error);
                }
            }
        }
        inverses.reverse();
        Ok(Edit::Batch { edits: inverses })
    }

    // ---- the case's own fields ----

    fn set_case(&mut self, field: &CaseField) -> Outcome {
        let mut field = field.clone();
        match &mut field {
            CaseField::Number(v) => swap(&mut self.number, v),
            CaseField::Title(v) => swap(&mut self.title, v),
            CaseField::Language(v) => swap(&mut self.language, v),
            CaseField::Licence(v) => swap(&mut self.licence, v),
            CaseField::ConsentNote(v) => swap(&mut self.consent_note, v),
            CaseField::Status(v) => swap(&mut self.status, v),
            CaseField::Contributors(v) => swap(&mut self.contributors, v),
            CaseField::Patient(v) => swap(&mut self.patient, v),
            CaseField::Presentation(v) => {
                self.check_text(v, &[])?;
                swap(&mut self.presentation, v);
            }
            CaseField::Discussion(v) => {
                self.check_text(v, &[])?;
                swap(&mut self.discussion, v);
            }
            CaseField::Quiz(v) => swap(&mut self.quiz, v),
            CaseField::Tags(v) => swap(&mut self.tags, v),
            CaseField::Schema(v) => swap(&mut self.schema, v),
        }
        Ok(Edit::SetCase { field })
    }

    // ---- studies and images ----

    fn add_study(&mut self, index: u32, study: &CaseStudy) -> Outcome {
        let mut fresh = vec![study.id.0];
        for (at, image) in study.images.iter().enumerate() {
            fresh.push(image.id.0);
            self.check_image(image)?;
            if study.images.iter().take(at).any(|before| before.source == image.source) {
                return Err(doubled("DICOM instance", &image.source));
            }
        }
        if let Some(source) = &study.source
            && self.studies.iter().any(|known| known.source.as_ref() == Some(source))
        {
            return Err(doubled("DICOM study", source));
        }
        self.check_fresh(&fresh)?;
        insert(&mut self.studies, index, study.clone())?;
        Ok(Edit::RemoveStudy { study: study.id })
    }

    fn remove_study(&mut self, id: CaseStudyId) -> Outcome {
        let at = place(&self.studies, "study", &id, |s| s.id == id)?;
        let images: Vec<ImageId> =
            self.studies.get(at).map(|s| s.images.iter().map(|i| i.id).collect()).unwrap_or_default();
        for image in images {
            self.check_image_free(image)?;
        }
        let by = |by: String| EditError::InUse { what: "study", id: id.to_string(), by };
        for (statement, evidence) in self.all_evidence() {
            if evidence.target == (Target::Study { study: id }) {
                return Err(by(format!("statement {}", statement.id)));
            }
        }
        if let Some((_, s)) = self.statements().find(|(_, s)| s.compared_to == Some(id)) {
            return Err(by(format!("statement {}, which compares with it", s.id)));
        }
        if let Some(f) = self.findings.iter().find(|f| f.scope == (Scope::Study { study: id })) {
            return Err(by(format!("finding {}", f.id)));
        }
        let study = self.studies.remove(at);
        Ok(Edit::AddStudy { index: number(at), study: Box::new(study) })
    }

    fn set_study(&mut self, id: CaseStudyId, field: &StudyField) -> Outcome {
        let study = self.studies.iter_mut().find(|s| s.id == id).ok_or_else(|| missing("study", &id))?;
        let mut field = field.clone();
        match &mut field {
            StudyField::Title(v) => swap(&mut study.title, v),
            StudyField::Modality(v) => swap(&mut study.modality, v),
            StudyField::When(v) => swap(&mut study.when, v),
        }
        Ok(Edit::SetStudy { study: id, field })
    }

    fn add_image(&mut self, study: CaseStudyId, index: u32, image: &CaseImage) -> Outcome {
        self.check_fresh(&[image.id.0])?;
        self.check_image(image)?;
        let study =
            self.studies.iter_mut().find(|s| s.id == study).ok_or_else(|| missing("study", &study))?;
        insert(&mut study.images, index, image.clone())?;
        Ok(Edit::RemoveImage { image: image.id })
    }

    fn remove_image(&mut self, id: ImageId) -> Outcome {
        self.check_image_free(id)?;
        let (study, at) = self.image_place(id)?;
        let image = study.images.remove(at);
        Ok(Edit::AddImage { study: study.id, index: number(at), image: Box::new(image) })
    }

    fn set_image(&mut self, id: ImageId, field: &ImageField) -> Outcome {
        match field {
            ImageField::Caption(text) => self.check_text(text, &[])?,
            ImageField::UserScale(Some(scale)) => check_user_scale(scale)?,
            _ => {}
        }
        let (study, at) = self.image_place(id)?;
        let image = study.images.get_mut(at).ok_or_else(|| missing("image", &id))?;
        let mut field = field.clone();
        match &mut field {
            ImageField::StatedSide(v) => swap(&mut image.stated_side, v),
            ImageField::UserScale(v) => swap(&mut image.user_scale, v),
            ImageField::Display(v) => {
                check_display(v, image.frames)?;
                swap(&mut image.display, v);
            }
            ImageField::Caption(v) => swap(&mut image.caption, v),
            ImageField::Key(v) => swap(&mut image.key, v),
            ImageField::PixelsCleared(v) => swap(&mut image.pixels_cleared, v),
        }
        Ok(Edit::SetImage { image: id, field })
    }

    fn image_place(&mut self, id: ImageId) -> Result<(&mut CaseStudy, usize), EditError> {
        self.studies
            .iter_mut()
            .find_map(|s| s.images.iter().position(|i| i.id == id).map(|at| (s, at)))
            .ok_or_else(|| missing("image", &id))
    }

    // ---- findings, statements, evidence ----

    fn add_finding(&mut self, index: u32, finding: &Finding) -> Outcome {
        self.check_scope(&finding.scope)?;
        let mut fresh = vec![finding.id.0];
        let mut coming = Vec::new();
        for statement in &finding.statements {
            fresh.push(statement.id.0);
            fresh.extend(statement.evidence.iter().map(|e| e.id.0));
            coming.extend(statement.evidence.iter().map(|e| e.id));
        }
        self.check_fresh(&fresh)?;
        for statement in &finding.statements {
            self.check_statement(statement, &coming)?;
        }
        insert(&mut self.findings, index, finding.clone())?;
        Ok(Edit::RemoveFinding { finding: finding.id })
    }

    fn remove_finding(&mut self, id: FindingId) -> Outcome {
        let at = place(&self.findings, "finding", &id, |f| f.id == id)?;
        let finding = self.findings.remove(at);
        let going = finding.statements.iter().flat_map(|s| &s.evidence).map(|e| e.id).collect::<Vec<_>>();
        if let Err(error) = self.check_chips_gone(&going, "finding", &id.to_string()) {
            self.findings.insert(at, finding);
            return Err(error);
        }
        Ok(Edit::AddFinding { index: number(at), finding: Box::new(finding) })
    }

    fn finding_mut(&mut self, id: FindingId) -> Result<&mut Finding, EditError> {
        self.findings.iter_mut().find(|f| f.id == id).ok_or_else(|| missing("finding", &id))
    }

    fn add_statement(&mut self, finding: FindingId, index: u32, statement: &Statement) -> Outcome {
        let mut fresh = vec![statement.id.0];
        fresh.extend(statement.evidence.iter().map(|e| e.id.0));
        self.check_fresh(&fresh)?;
        let coming: Vec<EvidenceId> = statement.evidence.iter().map(|e| e.id).collect();
        self.check_statement(statement, &coming)?;
        insert(&mut self.finding_mut(finding)?.statements, index, statement.clone())?;
        Ok(Edit::RemoveStatement { statement: statement.id })
    }

    fn statement_place(&self, id: StatementId) -> Result<(usize, usize), EditError> {
        self.statement_number(id).map(|(f, s)| (f - 1, s - 1)).ok_or_else(|| missing("statement", &id))
    }

    fn remove_statement(&mut self, id: StatementId) -> Outcome {
        let (finding_at, at) = self.statement_place(id)?;
        let finding = self.findings.get_mut(finding_at).ok_or_else(|| missing("statement", &id))?;
        let finding_id = finding.id;
        let statement = finding.statements.remove(at);
        let going: Vec<EvidenceId> = statement.evidence.iter().map(|e| e.id).collect();
        if let Err(error) = self.check_chips_gone(&going, "statement", &id.to_string()) {
            self.finding_mut(finding_id)?.statements.insert(at, statement);
            return Err(error);
        }
        Ok(Edit::AddStatement { finding: finding_id, index: number(at), statement: Box::new(statement) })
    }

    fn statement_mut(&mut self, id: StatementId) -> Result<&mut Statement, EditError> {
        self.findings
            .iter_mut()
            .flat_map(|f| f.statements.iter_mut())
            .find(|s| s.id == id)
            .ok_or_else(|| missing("statement", &id))
    }

    fn set_statement(&mut self, id: StatementId, field: &StatementField) -> Outcome {
        match field {
            StatementField::Text(text) => self.check_text(text, &[])?,
            StatementField::ComparedTo(Some(study)) => self.check_study(*study)?,
            StatementField::Reading(reading) => self.check_reading(*reading)?,
            _ => {}
        }
        let statement = self.statement_mut(id)?;
        let mut field = field.clone();
        match &mut field {
            StatementField::Text(v) => swap(&mut statement.text, v),
            StatementField::Presence(v) => swap(&mut statement.presence, v),
            StatementField::Code(v) => swap(&mut statement.code, v),
            StatementField::Sites(v) => swap(&mut statement.sites, v),
            StatementField::Certainty(v) => swap(&mut statement.certainty, v),
            StatementField::ComparedTo(v) => swap(&mut statement.compared_to, v),
            StatementField::Reading(v) => swap(&mut statement.reading, v),
        }
        Ok(Edit::SetStatement { statement: id, field })
    }

    fn move_statement(&mut self, id: StatementId, to: FindingId, index: u32) -> Outcome {
        let (from_finding, from) = self.statement_place(id)?;
        let to_at = place(&self.findings, "finding", &to, |f| f.id == to)?;
        let room =
            self.findings.get(to_at).map_or(0, |f| f.statements.len()) - usize::from(from_finding == to_at);
        if index as usize > room {
            return Err(EditError::BadPlace { index, length: room });
        }
        let source = self.findings.get_mut(from_finding).ok_or_else(|| missing("statement", &id))?;
        let source_id = source.id;
        let statement = source.statements.remove(from);
        self.finding_mut(to)?.statements.insert(index as usize, statement);
        Ok(Edit::MoveStatement { statement: id, finding: source_id, index: number(from) })
    }

    fn add_evidence(&mut self, statement: StatementId, index: u32, evidence: &Evidence) -> Outcome {
        self.check_fresh(&[evidence.id.0])?;
        self.check_target(&evidence.target)?;
        insert(&mut self.statement_mut(statement)?.evidence, index, evidence.clone())?;
        Ok(Edit::RemoveEvidence { evidence: evidence.id })
    }

    fn evidence_place(&mut self, id: EvidenceId) -> Result<(&mut Statement, usize), EditError> {
        self.findings
            .iter_mut()
            .flat_map(|f| f.statements.iter_mut())
            .find_map(|s| s.evidence.iter().position(|e| e.id == id).map(|at| (s, at)))
            .ok_or_else(|| missing("evidence", &id))
    }

    fn remove_evidence(&mut self, id: EvidenceId) -> Outcome {
        self.check_chips_gone(&[id], "evidence", &id.to_string())?;
        let (statement, at) = self.evidence_place(id)?;
        let evidence = statement.evidence.remove(at);
        Ok(Edit::AddEvidence { statement: statement.id, index: number(at), evidence })
    }

    // ---- regions ----

    fn add_region(&mut self, index: u32, region: &Region) -> Outcome {
        self.check_fresh(&[region.id.0])?;
        self.check_region(region)?;
        insert(&mut self.regions, index, region.clone())?;
        Ok(Edit::RemoveRegion { region: region.id })
    }

    fn remove_region(&mut self, id: RegionId) -> Outcome {
        let at = place(&self.regions, "region", &id, |r| r.id == id)?;
        if let Some(statement) = self.statements_on(id).next() {
            let by = format!("statement {}", statement.id);
            return Err(EditError::InUse { what: "region", id: id.to_string(), by });
        }
        let region = self.regions.remove(at);
        Ok(Edit::AddRegion { index: number(at), region: Box::new(region) })
    }

    fn region_mut(&mut self, id: RegionId) -> Result<&mut Region, EditError> {
        self.regions.iter_mut().find(|r| r.id == id).ok_or_else(|| missing("region", &id))
    }

    fn set_region(&mut self, id: RegionId, field: &RegionField) -> Outcome {
        let region = self.region(id).ok_or_else(|| missing("region", &id))?;
        let image = self.image(region.image).ok_or_else(|| missing("image", &region.image))?;
        match field {
            RegionField::Shape(shape) => check_shape(shape, image)?,
            RegionField::Frames(frames) => check_frames(frames, image)?,
            RegionField::Track(Some(track)) => self.check_track(*track)?,
            RegionField::Reading(reading) => self.check_reading(*reading)?,
            _ => {}
        }
        let region = self.region_mut(id)?;
        let mut field = field.clone();
        match &mut field {
            RegionField::Shape(v) => swap(&mut region.shape, v),
            RegionField::Frames(v) => swap(&mut region.frames, v),
            RegionField::Label(v) => swap(&mut region.label, v),
            RegionField::Attributes(v) => swap(&mut region.attributes, v),
            RegionField::Sites(v) => swap(&mut region.sites, v),
            RegionField::Side(v) => swap(&mut region.side, v),
            RegionField::Track(v) => swap(&mut region.track, v),
            RegionField::Reading(v) => swap(&mut region.reading, v),
            RegionField::Origin(v) => swap(&mut region.origin, v),
        }
        Ok(Edit::SetRegion { region: id, field })
    }

    fn paint_mask(&mut self, id: RegionId, xor: &calx_geometry::Mask) -> Outcome {
        let region = self.region(id).ok_or_else(|| missing("region", &id))?;
        let image = self.image(region.image).ok_or_else(|| missing("image", &region.image))?;
        let Shape::Mask(mask) = &region.shape else {
            return Err(EditError::NotAMask(id.to_string()));
        };
        let painted = Shape::Mask(mask.xor(xor));
        check_shape(&painted, image)?;
        self.region_mut(id)?.shape = painted;
        Ok(Edit::PaintMask { region: id, xor: xor.clone() })
    }

    // ---- checks that need the whole case ----

    fn check_fresh(&self, ids: &[Uuid]) -> Result<(), EditError> {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(*id) {
                return Err(EditError::IdTaken(id.to_string()));
            }
        }
        match self.ids().find(|id| seen.contains(id)) {
            Some(id) => Err(EditError::IdTaken(id.to_string())),
            None => Ok(()),
        }
    }

    fn check_study(&self, id: CaseStudyId) -> Result<(), EditError> {
        self.study(id).map(|_| ()).ok_or_else(|| missing("study", &id))
    }

    fn check_track(&self, id: TrackId) -> Result<(), EditError> {
        self.tracks.iter().find(|t| t.id == id).map(|_| ()).ok_or_else(|| missing("track", &id))
    }

    pub(crate) fn check_reading(&self, id: ReadingId) -> Result<(), EditError> {
        self.reading(id).map(|_| ()).ok_or_else(|| missing("reading", &id))
    }

    fn check_scope(&self, scope: &Scope) -> Result<(), EditError> {
        match scope {
            Scope::Case => Ok(()),
            Scope::Study { study } => self.check_study(*study),
            Scope::Image { image } => self.image(*image).map(|_| ()).ok_or_else(|| missing("image", image)),
        }
    }

    pub(crate) fn check_target(&self, target: &Target) -> Result<(), EditError> {
        match target {
            Target::Region { region } => {
                self.region(*region).map(|_| ()).ok_or_else(|| missing("region", region))
            }
            Target::Image { image, frames } => {
                let image = self.image(*image).ok_or_else(|| missing("image", image))?;
                check_frames(frames, image)
            }
            Target::Study { study } => self.check_study(*study),
        }
    }

    /// `coming` are evidence ids that arrive in the same edit.
    fn check_text(&self, text: &RichText, coming: &[EvidenceId]) -> Result<(), EditError> {
        for id in text.evidence() {
            if !coming.contains(&id) && self.evidence(id).is_none() {
                return Err(missing("evidence", &id));
            }
        }
        for id in text.citations() {
            if !self.references.iter().any(|r| r.id == id) {
                return Err(missing("reference", &id));
            }
        }
        Ok(())
    }

    fn check_statement(&self, statement: &Statement, coming: &[EvidenceId]) -> Result<(), EditError> {
        self.check_text(&statement.text, coming)?;
        self.check_reading(statement.reading)?;
        if let Some(study) = statement.compared_to {
            self.check_study(study)?;
        }
        statement.evidence.iter().try_for_each(|e| self.check_target(&e.target))
    }

    fn check_region(&self, region: &Region) -> Result<(), EditError> {
        let image = self.image(region.image).ok_or_else(|| missing("image", &region.image))?;
        check_shape(&region.shape, image)?;
        check_frames(&region.frames, image)?;
        self.check_reading(region.reading)?;
        region.track.map_or(Ok(()), |track| self.check_track(track))
    }

    fn check_image(&self, image: &CaseImage) -> Result<(), EditError> {
        check_image_values(image)?;
        if self.image_of(&image.source).is_some() {
            return Err(doubled("DICOM instance", &image.source));
        }
        self.check_text(&image.caption, &[])
    }

    fn check_image_free(&self, id: ImageId) -> Result<(), EditError> {
        let by = |by: String| Err(EditError::InUse { what: "image", id: id.to_string(), by });
        if let Some(region) = self.regions.iter().find(|r| r.image == id) {
            return by(format!("region {}", region.id));
        }
        for (statement, evidence) in self.all_evidence() {
            if matches!(evidence.target, Target::Image { image, .. } if image == id) {
                return by(format!("statement {}", statement.id));
            }
        }
        if let Some(finding) = self.findings.iter().find(|f| f.scope == (Scope::Image { image: id })) {
            return by(format!("finding {}", finding.id));
        }
        if self.reads.iter().any(|r| r.image == id) {
            return by("its reading state".to_owned());
        }
        Ok(())
    }

    /// Refuses while a text (outside what already went) holds a chip of `going`.
    fn check_chips_gone(&self, going: &[EvidenceId], what: &'static str, id: &str) -> Result<(), EditError> {
        for (place, text) in self.texts() {
            if text.evidence().any(|e| going.contains(&e)) {
                return Err(EditError::InUse { what, id: id.to_owned(), by: format!("a chip in {place}") });
            }
        }
        Ok(())
    }
}

pub(crate) fn missing(what: &'static str, id: &impl ToString) -> EditError {
    EditError::NotFound { what, id: id.to_string() }
}

pub(crate) fn doubled(what: &'static str, uid: &impl ToString) -> EditError {
    EditError::Doubled { what, uid: uid.to_string() }
}

/// Lists of a case are far below `u32::MAX`; ids alone take 16 bytes each.
pub(crate) fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

pub(crate) fn place<T>(
    list: &[T],
    what: &'static str,
    id: &impl ToString,
    is: impl Fn(&T) -> bool,
) -> Result<usize, EditError> {
    list.iter().position(is).ok_or_else(|| missing(what, id))
}

pub(crate) fn insert<T>(list: &mut Vec<T>, index: u32, item: T) -> Result<(), EditError> {
    if index as usize > list.len() {
        return Err(EditError::BadPlace { index, length: list.len() });
    }
    list.insert(index as usize, item);
    Ok(())
}

pub(crate) fn shift<T>(list: &mut Vec<T>, from: usize, to: u32) -> Result<(), EditError> {
    if to as usize >= list.len() {
        return Err(EditError::BadPlace { index: to, length: list.len() });
    }
    let item = list.remove(from);
    list.insert(to as usize, item);
    Ok(())
}

//! Carrying out edits of the lists beside the findings: tracks, references, readings, reads.
//!
//! Apart from [`crate::apply`] only to keep both readable; the same invariants hold.

use std::mem::swap;

use crate::apply::{doubled, insert, missing, number, place, shift};
use crate::case::{Case, Reading};
use crate::edit::{Edit, EditError};
use crate::id::{ImageId, ReadingId};

type Outcome = Result<Edit, EditError>;

fn foreign() -> EditError {
    EditError::BadValue("this edit belongs to another list".to_owned())
}

impl Case {
    fn check_id_free(&self, id: uuid::Uuid) -> Result<(), EditError> {
        if self.ids().any(|known| known == id) { Err(EditError::IdTaken(id.to_string())) } else { Ok(()) }
    }

    pub(crate) fn edit_track(&mut self, edit: &Edit) -> Outcome {
        match edit {
            Edit::AddTrack { index, track } => {
                self.check_id_free(track.id.0)?;
                if self.tracks.iter().any(|known| known.tracking_uid == track.tracking_uid) {
                    return Err(doubled("tracking UID", &track.tracking_uid));
                }
                insert(&mut self.tracks, *index, track.clone())?;
                Ok(Edit::RemoveTrack { track: track.id })
            }
            Edit::RemoveTrack { track } => {
                let at = place(&self.tracks, "track", track, |t| t.id == *track)?;
                if let Some(region) = self.regions.iter().find(|r| r.track == Some(*track)) {
                    let by = format!("region {}", region.id);
                    return Err(EditError::InUse { what: "track", id: track.to_string(), by });
                }
                Ok(Edit::AddTrack { index: number(at), track: self.tracks.remove(at) })
            }
            Edit::SetTrack { track, name } => {
                let found =
                    self.tracks.iter_mut().find(|t| t.id == *track).ok_or_else(|| missing("track", track))?;
                let mut name = name.clone();
                swap(&mut found.name, &mut name);
                Ok(Edit::SetTrack { track: *track, name })
            }
            _ => Err(foreign()),
        }
    }

    pub(crate) fn edit_reference(&mut self, edit: &Edit) -> Outcome {
        match edit {
            Edit::AddReference { index, reference } => {
                self.check_id_free(reference.id.0)?;
                insert(&mut self.references, *index, reference.clone())?;
                Ok(Edit::RemoveReference { reference: reference.id })
            }
            Edit::RemoveReference { reference } => {
                let at = place(&self.references, "reference", reference, |r| r.id == *reference)?;
                for (text_place, text) in self.texts() {
                    if text.citations().any(|r| r == *reference) {
                        let by = format!("a citation in {text_place}");
                        return Err(EditError::InUse { what: "reference", id: reference.to_string(), by });
                    }
                }
                Ok(Edit::AddReference { index: number(at), reference: self.references.remove(at) })
            }
            Edit::SetReference { reference, text, doi } => {
                let found = self
                    .references
                    .iter_mut()
                    .find(|r| r.id == *reference)
                    .ok_or_else(|| missing("reference", reference))?;
                let (mut text, mut doi) = (text.clone(), doi.clone());
                swap(&mut found.text, &mut text);
                swap(&mut found.doi, &mut doi);
                Ok(Edit::SetReference { reference: *reference, text, doi })
            }
            Edit::MoveReference { reference, index } => {
                let from = place(&self.references, "reference", reference, |r| r.id == *reference)?;
                shift(&mut self.references, from, *index)?;
                Ok(Edit::MoveReference { reference: *reference, index: number(from) })
            }
            _ => Err(foreign()),
        }
    }

    pub(crate) fn edit_reading(&mut self, edit: &Edit) -> Outcome {
        match edit {
            Edit::AddReading { index, reading } => {
                self.check_id_free(reading.id.0)?;
                insert(&mut self.readings, *index, reading.clone())?;
                Ok(Edit::RemoveReading { reading: reading.id })
            }
            Edit::RemoveReading { reading } => self.remove_reading(*reading),
            Edit::SetReading { reading } => {
                let found = self
                    .readings
                    .iter_mut()
                    .find(|r| r.id == reading.id)
                    .ok_or_else(|| missing("reading", &reading.id))?;
                let mut old: Reading = reading.clone();
                swap(found, &mut old);
                Ok(Edit::SetReading { reading: old })
            }
            Edit::SetRead { image, reading, index, read } => {
                if self.image(*image).is_none() {
                    return Err(missing("image", image));
                }
                self.check_reading(*reading)?;
                if read.as_ref().is_some_and(|r| r.image != *image || r.reading != *reading) {
                    return Err(EditError::BadValue("the read names another image or reading".to_owned()));
                }
                self.set_read(*image, *reading, *index, edit)
            }
            _ => Err(foreign()),
        }
    }

    fn set_read(&mut self, image: ImageId, reading: ReadingId, index: u32, edit: &Edit) -> Outcome {
        let Edit::SetRead { read, .. } = edit else { return Err(foreign()) };
        let at = self.reads.iter().position(|r| r.image == image && r.reading == reading);
        let (index, old) = match (at, read) {
            (Some(at), Some(new)) => {
                let slot = self.reads.get_mut(at).ok_or_else(foreign)?;
                let mut old = new.clone();
                swap(slot, &mut old);
                (number(at), Some(old))
            }
            (Some(at), None) => (number(at), Some(self.reads.remove(at))),
            (None, Some(new)) => {
                insert(&mut self.reads, index, new.clone())?;
                (index, None)
            }
            (None, None) => (index, None),
        };
        Ok(Edit::SetRead { image, reading, index, read: old })
    }

    fn remove_reading(&mut self, id: ReadingId) -> Outcome {
        let at = place(&self.readings, "reading", &id, |r| r.id == id)?;
        let by = |by: String| Err(EditError::InUse { what: "reading", id: id.to_string(), by });
        if self.readings.len() == 1 {
            return by("the case, which needs at least one".to_owned());
        }
        if let Some(region) = self.regions.iter().find(|r| r.reading == id) {
            return by(format!("region {}", region.id));
        }
        if let Some((_, statement)) = self.statements().find(|(_, s)| s.reading == id) {
            return by(format!("statement {}", statement.id));
        }
        if self.reads.iter().any(|r| r.reading == id) {
            return by("the reading state of an image".to_owned());
        }
        Ok(Edit::AddReading { index: number(at), reading: self.readings.remove(at) })
    }
}

//! Edits made of several steps that are one step to a person.
//!
//! Each function looks at a case and returns one [`Edit`]; nothing is changed here.
//!
//! Invariants
//! - Links follow: a merged or split region keeps the evidence of what it came from, and deleting
//!   something takes its evidence and chips along while the words stay.

use calx_geometry::Area;

use crate::apply::{missing, number};
use crate::case::{Case, TextPlace};
use crate::concept::Side;
use crate::edit::{CaseField, Edit, EditError, ImageField, RegionField, StatementField};
use crate::finding::{Evidence, Target};
use crate::id::{EvidenceId, FindingId, ImageId, ReferenceId, RegionId, StatementId};
use crate::region::{Region, Shape};
use crate::rich_text::RichText;

impl Case {
    fn set_text(&self, place: TextPlace, text: RichText) -> Edit {
        match place {
            TextPlace::Presentation => Edit::SetCase { field: CaseField::Presentation(text) },
            TextPlace::Discussion => Edit::SetCase { field: CaseField::Discussion(text) },
            TextPlace::Caption(image) => Edit::SetImage { image, field: ImageField::Caption(text) },
            TextPlace::Statement(statement) => {
                Edit::SetStatement { statement, field: StatementField::Text(text) }
            }
        }
    }

    /// Turns every chip of `evidence` back into words, everywhere.
    fn drop_chips(&self, evidence: &[EvidenceId]) -> Vec<Edit> {
        self.texts()
            .filter(|(_, text)| text.evidence().any(|e| evidence.contains(&e)))
            .map(|(place, text)| {
                let plain = evidence.iter().fold(text.clone(), |t, e| t.without_evidence(*e));
                self.set_text(place, plain)
            })
            .collect()
    }

    /// Ties a statement to a target and, with `words`, makes those words of its text the chip.
    ///
    /// # Errors
    /// [`EditError::NotFound`] without that statement; [`EditError::BadValue`] when the words do not stand in
    /// a plain run of its text, or the same tie exists already.
    pub fn link(
        &self,
        statement: StatementId,
        id: EvidenceId,
        target: Target,
        words: Option<&str>,
    ) -> Result<Edit, EditError> {
        let found = self.statement(statement).ok_or_else(|| missing("statement", &statement))?;
        if let Some(same) = found.evidence.iter().find(|e| e.target == target) {
            return Err(EditError::BadValue(format!(
                "the statement already rests on this: evidence {}",
                same.id
            )));
        }
        let evidence = Evidence { id, target };
        let index = number(found.evidence.len());
        let mut edits = vec![Edit::AddEvidence { statement, index, evidence }];
        if let Some(words) = words {
            let text = found.text.with_link(words, id).ok_or_else(|| {
                EditError::BadValue(format!(
                    "the words {words:?} do not stand in the statement as plain text"
                ))
            })?;
            edits.push(Edit::SetStatement { statement, field: StatementField::Text(text) });
        }
        Ok(one(edits))
    }

    /// Cuts a tie; chips become words.
    ///
    /// # Errors
    /// [`EditError::NotFound`].
    pub fn unlink(&self, evidence: EvidenceId) -> Result<Edit, EditError> {
        self.evidence(evidence).ok_or_else(|| missing("evidence", &evidence))?;
        let mut edits = self.drop_chips(&[evidence]);
        edits.push(Edit::RemoveEvidence { evidence });
        Ok(one(edits))
    }

    /// Deletes a region with its evidence; words keep standing.
    ///
    /// # Errors
    /// [`EditError::NotFound`].
    pub fn delete_region(&self, region: RegionId) -> Result<Edit, EditError> {
        self.region(region).ok_or_else(|| missing("region", &region))?;
        let ties = self.ties_to(region);
        let mut edits = self.drop_chips(&ties);
        edits.extend(ties.into_iter().map(|evidence| Edit::RemoveEvidence { evidence }));
        edits.push(Edit::RemoveRegion { region });
        Ok(one(edits))
    }

    /// Deletes a statement; chips of its evidence elsewhere become words.
    ///
    /// # Errors
    /// [`EditError::NotFound`].
    pub fn delete_statement(&self, statement: StatementId) -> Result<Edit, EditError> {
        let found = self.statement(statement).ok_or_else(|| missing("statement", &statement))?;
        let ties: Vec<EvidenceId> = found.evidence.iter().map(|e| e.id).collect();
        let mut edits = self.drop_chips(&ties);
        edits.push(Edit::RemoveStatement { statement });
        Ok(one(edits))
    }

    /// Deletes a finding with its statements; chips of their evidence elsewhere become words.
    ///
    /// # Errors
    /// [`EditError::NotFound`].
    pub fn delete_finding(&self, finding: FindingId) -> Result<Edit, EditError> {
        let found = self.finding(finding).ok_or_else(|| missing("finding", &finding))?;
        let ties: Vec<EvidenceId> = found.statements.iter().flat_map(|s| &s.evidence).map(|e| e.id).collect();
        let mut edits = self.drop_chips(&ties);
        edits.push(Edit::RemoveFinding { finding });
        Ok(one(edits))
    }

    /// Deletes a reference; its citations go.
    ///
    /// # Errors
    /// [`EditError::NotFound`].
    pub fn delete_reference(&self, reference: ReferenceId) -> Result<Edit, EditError> {
        if !self.references.iter().any(|r| r.id == reference) {
            return Err(missing("reference", &reference));
        }
        let mut edits: Vec<Edit> = self
            .texts()
            .filter(|(_, text)| text.citations().any(|r| r == reference))
            .map(|(place, text)| self.set_text(place, text.without_reference(reference)))
            .collect();
        edits.push(Edit::RemoveReference { reference });
        Ok(one(edits))
    }

    /// Joins regions of one image into the first, which keeps its id and takes the links of the others.
    /// Holes are kept. Masks join to a mask, everything that encloses an area to an area.
    ///
    /// # Errors
    /// [`EditError::BadValue`] for fewer than two regions, several images, readings or sides, or shapes that enclose
    /// nothing.
    pub fn merge_regions(&self, regions: &[RegionId]) -> Result<Edit, EditError> {
        let (first, rest) = self.same_image(regions)?;
        let shape = if let Shape::Mask(mask) = &first.shape {
            let mut joined = mask.clone();
            for region in &rest {
                let Shape::Mask(other) = &region.shape else {
                    return Err(EditError::BadValue("a mask merges with masks only".to_owned()));
                };
                joined = joined.union(other);
            }
            Shape::Mask(joined)
        } else {
            let mut areas = vec![enclosed(first)?];
            for region in &rest {
                areas.push(enclosed(region)?);
            }
            let all: Vec<&Area> = areas.iter().collect();
            Shape::Area(Area::union(&all).map_err(|e| EditError::BadValue(e.to_string()))?)
        };
        let going: Vec<RegionId> = rest.iter().map(|region| region.id).collect();
        let mut edits = vec![Edit::SetRegion { region: first.id, field: RegionField::Shape(shape) }];
        edits.extend(self.retarget(&going, first.id));
        edits.extend(going.into_iter().map(|region| Edit::RemoveRegion { region }));
        Ok(one(edits))
    }

    /// Takes the other regions out of the first; they stay as they are.
    ///
    /// # Errors
    /// [`EditError::BadValue`] as for merging, and when nothing would be left.
    pub fn subtract_regions(&self, regions: &[RegionId]) -> Result<Edit, EditError> {
        let (first, rest) = self.same_image(regions)?;
        let nothing_left = || EditError::BadValue("nothing of the region would be left".to_owned());
        let shape = if let Shape::Mask(mask) = &first.shape {
            let mut left = mask.clone();
            for region in rest {
                let Shape::Mask(other) = &region.shape else {
                    return Err(EditError::BadValue("only masks are subtracted from a mask".to_owned()));
                };
                left = left.subtract(other);
            }
            if left.is_empty() {
                return Err(nothing_left());
            }
            Shape::Mask(left)
        } else {
            let mut left = enclosed(first)?;
            for region in rest {
                left = left
                    .subtract(&enclosed(region)?)
                    .map_err(|e| EditError::BadValue(e.to_string()))?
                    .ok_or_else(nothing_left)?;
            }
            Shape::Area(left)
        };
        Ok(Edit::SetRegion { region: first.id, field: RegionField::Shape(shape) })
    }

    /// Parts an area of several parts into regions of one part each. The first part keeps the region's
    /// id; the others take `ids` in order, and every statement that rested on the region rests on each of
    /// them too, through `evidence_ids` in order.
    ///
    /// # Errors
    /// [`EditError::BadValue`] when the region has one part only, or too few ids are given.
    pub fn split_region(
        &self,
        region: RegionId,
        ids: &[RegionId],
        evidence_ids: &[EvidenceId],
    ) -> Result<Edit, EditError> {
        let found = self.region(region).ok_or_else(|| missing("region", &region))?;
        let Shape::Area(area) = &found.shape else {
            return Err(EditError::BadValue("only an area is split into its parts".to_owned()));
        };
        let mut parts = area.parts().iter();
        let (Some(first), true) = (parts.next(), area.parts().len() > 1) else {
            return Err(EditError::BadValue("the region has one part only".to_owned()));
        };
        let single = |part: &calx_geometry::Part| {
            Area::new(vec![part.clone()]).map_err(|e| EditError::BadValue(e.to_string()))
        };
        let too_few = || EditError::BadValue("too few ids were given for the parts".to_owned());
        let mut edits =
            vec![Edit::SetRegion { region, field: RegionField::Shape(Shape::Area(single(first)?)) }];
        let mut evidence_ids = evidence_ids.iter();
        let statements: Vec<StatementId> = self.statements_on(region).map(|s| s.id).collect();
        let mut added = std::collections::BTreeMap::<StatementId, usize>::new();
        for (offset, part) in parts.enumerate() {
            let id = *ids.get(offset).ok_or_else(too_few)?;
            let piece = Region { id, shape: Shape::Area(single(part)?), ..found.clone() };
            edits.push(Edit::AddRegion {
                index: number(self.regions.len() + offset),
                region: Box::new(piece),
            });
            for statement in &statements {
                let evidence = Evidence {
                    id: *evidence_ids.next().ok_or_else(too_few)?,
                    target: Target::Region { region: id },
                };
                let before = added.entry(*statement).or_default();
                let length = self.statement(*statement).map_or(0, |s| s.evidence.len());
                edits.push(Edit::AddEvidence {
                    statement: *statement,
                    index: number(length + *before),
                    evidence,
                });
                *before += 1;
            }
        }
        Ok(one(edits))
    }

    /// Deletes an image that nothing rests on, with its reading states.
    ///
    /// # Errors
    /// [`EditError::NotFound`].
    pub fn delete_image(&self, image: ImageId) -> Result<Edit, EditError> {
        self.image(image).ok_or_else(|| missing("image", &image))?;
        let mut edits: Vec<Edit> = self
            .reads
            .iter()
            .filter(|r| r.image == image)
            .map(|r| Edit::SetRead { image, reading: r.reading, index: 0, read: None })
            .collect();
        edits.push(Edit::RemoveImage { image });
        Ok(one(edits))
    }

    fn ties_to(&self, region: RegionId) -> Vec<EvidenceId> {
        let target = Target::Region { region };
        self.all_evidence().filter(|(_, e)| e.target == target).map(|(_, e)| e.id).collect()
    }

    /// Points all evidence of the regions `from` at `to`. A statement rests on `to` once: its further ties go and
    /// their chips become words. All regions at once, as one text may hold chips of several.
    fn retarget(&self, from: &[RegionId], to: RegionId) -> Vec<Edit> {
        let to = Target::Region { region: to };
        let mut edits = Vec::new();
        let mut doubled = Vec::new();
        for (_, statement) in self.statements() {
            let mut rests_on_it = statement.evidence.iter().any(|e| e.target == to);
            for evidence in &statement.evidence {
                let is_moving =
                    matches!(evidence.target, Target::Region { region } if from.contains(&region));
                match (is_moving, rests_on_it) {
                    (false, _) => {}
                    (true, true) => doubled.push(evidence.id),
                    (true, false) => {
                        edits.push(Edit::SetEvidence { evidence: evidence.id, target: to.clone() });
                        rests_on_it = true;
                    }
                }
            }
        }
        edits.extend(self.drop_chips(&doubled));
        edits.extend(doubled.into_iter().map(|evidence| Edit::RemoveEvidence { evidence }));
        edits
    }

    fn same_image(&self, regions: &[RegionId]) -> Result<(&Region, Vec<&Region>), EditError> {
        let mut found = Vec::with_capacity(regions.len());
        for (at, id) in regions.iter().enumerate() {
            if regions.iter().take(at).any(|earlier| earlier == id) {
                return Err(EditError::BadValue(format!("region {id} is named twice")));
            }
            found.push(self.region(*id).ok_or_else(|| missing("region", id))?);
        }
        let mut found = found.into_iter();
        let first = found.next();
        let rest: Vec<&Region> = found.collect();
        match first {
            Some(first) if !rest.is_empty() => {
                if rest.iter().any(|r| r.image != first.image || r.frames != first.frames) {
                    return Err(EditError::BadValue(
                        "the regions lie on different images or frames".to_owned(),
                    ));
                }
                // What one reader drew would become another's, or a left lesion a right one.
                if rest.iter().any(|r| r.reading != first.reading) {
                    return Err(EditError::BadValue("the regions belong to different readings".to_owned()));
                }
                if let Some(other) = rest.iter().find(|r| r.side != first.side) {
                    let word = |side: Option<Side>| side.map_or("not stated", Side::word);
                    return Err(EditError::BadValue(format!(
                        "the regions have different sides ({}, {}); give them one side first",
                        word(first.side),
                        word(other.side)
                    )));
                }
                Ok((first, rest))
            }
            _ => Err(EditError::BadValue("at least two regions are needed".to_owned())),
        }
    }
}

/// What a region encloses, as an area.
fn enclosed(region: &Region) -> Result<Area, EditError> {
    let closed = |points: Vec<calx_geometry::Point<calx_geometry::ImageSpace>>| {
        let points = points
            .into_iter()
            .map(calx_geometry::GridPoint::snap)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| EditError::BadValue(e.to_string()))?;
        Area::resolve(points).map_err(|e| EditError::BadValue(e.to_string()))
    };
    match &region.shape {
        Shape::Area(area) => Ok(area.clone()),
        Shape::Ellipse(ellipse) => closed(ellipse.polygon(1.0 / 16.0)),
        Shape::Rectangle(rectangle) => closed(rectangle.polygon()),
        _ => Err(EditError::BadValue(format!(
            "region {} is a {}, which encloses no area",
            region.id,
            region.shape.kind().word()
        ))),
    }
}

fn one(mut edits: Vec<Edit>) -> Edit {
    if edits.len() == 1
        && let Some(edit) = edits.pop()
    {
        return edit;
    }
    Edit::Batch { edits }
}

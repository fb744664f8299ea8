//! Where an edit acts, so that it can be shown before and after it is undone.

use calx_model::{Case, Edit, RegionId, Target};

use crate::seams::Place;

/// Image, regions and statement that an edit touches, by the case as it is.
#[must_use]
pub fn of(edit: &Edit, case: &Case) -> Place {
    let mut place = Place::default();
    add(edit, case, &mut place);
    place
}

fn add(edit: &Edit, case: &Case, place: &mut Place) {
    let mut region = |id: RegionId| {
        place.regions.push(id);
        if let Some(found) = case.region(id) {
            place.image = place.image.or(Some(found.image));
        }
    };
    match edit {
        Edit::AddRegion { region, .. } => {
            place.regions.push(region.id);
            place.image = place.image.or(Some(region.image));
        }
        Edit::RemoveRegion { region: id }
        | Edit::SetRegion { region: id, .. }
        | Edit::MoveRegion { region: id, .. }
        | Edit::PaintMask { region: id, .. } => region(*id),
        Edit::AddEvidence { statement, evidence, .. } => {
            if let Target::Region { region: id } = &evidence.target {
                region(*id);
            }
            place.statement = place.statement.or(Some(*statement));
        }
        Edit::RemoveStatement { statement } | Edit::SetStatement { statement, .. } => {
            place.statement = place.statement.or(Some(*statement));
        }
        Edit::AddStatement { statement, .. } => place.statement = place.statement.or(Some(statement.id)),
        Edit::SetImage { image, .. } | Edit::RemoveImage { image } => {
            place.image = place.image.or(Some(*image));
        }
        Edit::Batch { edits } => edits.iter().for_each(|edit| add(edit, case, place)),
        _ => {}
    }
}

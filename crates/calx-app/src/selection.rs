//! What is in hand and what is pointed at: no part of the case, and not saved.
//!
//! Invariants
//! - After [`Selection::keep_to`] everything named exists in the case.

use std::collections::BTreeSet;

use calx_model::{Case, ImageId, RegionId, StatementId, Target};

/// What is selected and what is pointed at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// The image shown.
    pub image: Option<ImageId>,
    /// The statement in hand.
    pub statement: Option<StatementId>,
    /// Regions selected: those of the statement taken in hand last, or what was chosen since.
    pub regions: BTreeSet<RegionId>,
    /// Regions pointed at, or whose statement is: shown bright for as long.
    pub hovered: BTreeSet<RegionId>,
    /// Regions that are not drawn.
    pub hidden: BTreeSet<RegionId>,
    /// Regions that no gesture changes.
    pub locked: BTreeSet<RegionId>,
}

impl Selection {
    /// Takes a statement in hand with its regions, and shows the image of the first of them.
    pub fn select_statement(&mut self, case: &Case, id: StatementId) {
        self.statement = Some(id);
        self.regions = regions_of(case, id).into_iter().collect();
        let shown = |image: &ImageId| Some(*image) == self.image;
        let images = images_of(case, id);
        if !images.iter().any(shown)
            && let Some(first) = images.first()
        {
            self.image = Some(*first);
        }
    }

    /// Selects one region and shows its image. A statement in hand stays in hand: the region may be about to be linked.
    pub fn select_region(&mut self, case: &Case, id: RegionId) {
        self.regions = BTreeSet::from([id]);
        self.image = case.region(id).map(|region| region.image).or(self.image);
    }

    /// Lets everything go but the image.
    pub fn clear(&mut self) {
        self.statement = None;
        self.regions.clear();
    }

    /// Drops what the case no longer has; without an image the first one is shown.
    pub fn keep_to(&mut self, case: &Case) {
        self.statement = self.statement.filter(|id| case.statement(*id).is_some());
        self.regions.retain(|id| case.region(*id).is_some());
        for regions in [&mut self.hovered, &mut self.hidden, &mut self.locked] {
            regions.retain(|id| case.region(*id).is_some());
        }
        let first = || case.images().next().map(|(_, image)| image.id);
        self.image = self.image.filter(|id| case.image(*id).is_some()).or_else(first);
    }
}

/// The regions a statement rests on, in order.
pub(crate) fn regions_of(case: &Case, id: StatementId) -> Vec<RegionId> {
    let evidence = case.statement(id).map(|s| s.evidence.as_slice()).unwrap_or_default();
    evidence
        .iter()
        .filter_map(|e| match e.target {
            Target::Region { region } => Some(region),
            _ => None,
        })
        .collect()
}

/// The images a statement rests on, through regions or directly, in order.
fn images_of(case: &Case, id: StatementId) -> Vec<ImageId> {
    let evidence = case.statement(id).map(|s| s.evidence.as_slice()).unwrap_or_default();
    evidence
        .iter()
        .filter_map(|e| match e.target {
            Target::Region { region } => case.region(region).map(|r| r.image),
            Target::Image { image, .. } => Some(image),
            Target::Study { .. } => None,
        })
        .collect()
}

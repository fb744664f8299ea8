//! From places that objects mark to the edit that makes them regions of a case.
//!
//! Not here: reading objects, saying what became of them (`import`).
//!
//! Invariants
//! - What is planned is what the case accepts: image, frames, label and bounds are checked here, one place at a time.
//! - A place that the case has already, or that stands twice in what was read, is planned once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use calx_dicom::derived::{ForeignRegion, as_reported, is_same_place};
use calx_dicom::uid_from_name;
use calx_geometry::GridRect;
use calx_model::{
    Case, CaseImage, Edit, ImageId, Origin, ReadingId, Region, RegionId, Schema, Shape, ShapeKind, Side,
    SopInstanceUid, Track, TrackId, TrackingUid,
};
use uuid::Uuid;

use crate::failure::Failure;
use crate::place;

/// The label of what no label has the code of.
const OTHER: &str = "other";

/// A region that is made.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) id: RegionId,
    /// Its image.
    pub(super) source: SopInstanceUid,
    pub(super) frames: Vec<u32>,
    pub(super) shape: ShapeKind,
    pub(super) label: String,
    /// The object that it comes from.
    pub(super) object: SopInstanceUid,
}

/// What is done with a case.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) taken: Vec<Taken>,
    pub(super) edits: Vec<Edit>,
    /// Regions by object whose tracking UID stands there once only.
    pub(super) lost_tracks: BTreeMap<SopInstanceUid, usize>,
    /// Regions by object that were called something that is no label.
    pub(super) wordless: BTreeMap<SopInstanceUid, usize>,
}

/// Regions by image and place: their frames, and the label that a planned one gets.
type Places = HashMap<(ImageId, Shape), Vec<(Vec<u32>, Option<String>)>>;

/// What is planned so far.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    case: &'a Case,
    schema: &'a Schema,
    label: Option<&'a str>,
    reading: ReadingId,
    regions: Vec<(Region, SopInstanceUid)>,
    /// Ids of the case and of what is planned.
    ids: BTreeSet<Uuid>,
    /// By image and place: frames of regions of the case, and of planned ones with the label they get.
    places: Places,
    /// Areas of the case, which a mask may be.
    areas: Vec<&'a Region>,
    /// Tracking UID by region.
    tracked: BTreeMap<RegionId, String>,
    /// Regions by object that were called something that is no label.
    wordless: BTreeMap<SopInstanceUid, usize>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(case: &'a Case, schema: &'a Schema, label: Option<&'a str>) -> Result<Self, Failure> {
        let mut places = Places::new();
        for region in &case.regions {
            let key = (region.image, as_reported(&region.shape));
            places.entry(key).or_default().push((region.frames.clone(), None));
        }
        Ok(Self {
            case,
            schema,
            label,
            reading: place::current_reading(case)?.id,
            regions: Vec::new(),
            ids: case.ids().collect(),
            places,
            areas: case.regions.iter().filter(|region| matches!(region.shape, Shape::Area(_))).collect(),
            tracked: BTreeMap::new(),
            wordless: BTreeMap::new(),
        })
    }

    /// Plans a region for a place on an image of the case; `false` when it is there already.
    ///
    /// # Errors
    /// Why the case cannot have it, in words.
    pub(super) fn take(
        &mut self,
        image: &CaseImage,
        object: &SopInstanceUid,
        found: ForeignRegion,
    ) -> Result<bool, String> {
        if let Some([columns, rows]) = found.of_size
            && [columns, rows] != [image.columns, image.rows]
        {
            return Err(format!(
                "the mask has {columns} × {rows} pixels, its image {} × {}",
                image.columns, image.rows
            ));
        }
        let frames = frames(&found.frames, image)?;
        let bounds = found.shape.bounds().ok_or("it has no pixels")?;
        if !GridRect::image(image.columns, image.rows).contains_rect(&bounds) {
            return Err("it reaches beyond its image".to_owned());
        }
        let kind = found.shape.kind();
        let label = self
            .label_of(&found, kind)
            .ok_or_else(|| format!("the label allows no shape of this kind ({})", kind.word()))?;
        if self.is_there(image.id, &frames, &found.shape, &label) {
            return Ok(false);
        }
        let id = self.id_of(image, object, &frames, &found);
        if !self.ids.insert(id.0) {
            return Ok(false);
        }
        let known = found.code.as_ref().map(|code| code.meaning.as_str());
        let words = found.label.trim();
        if !words.is_empty() && words != label && Some(words) != known {
            *self.wordless.entry(object.clone()).or_default() += 1;
        }
        let stated = found.sites.iter().find_map(|site| site.side);
        let of_image = image.side().filter(|side| matches!(side, Side::Right | Side::Left));
        if let Some(uid) = found.tracking_uid {
            self.tracked.insert(id, uid);
        }
        let region = Region {
            id,
            image: image.id,
            frames,
            shape: found.shape,
            label,
            attributes: BTreeMap::new(),
            sites: found.sites,
            side: stated.or(of_image),
            track: None,
            reading: self.reading,
            origin: Origin::Imported { sop: object.clone() },
        };
        self.schema.check(&region).map_err(|error| error.to_string())?;
        let planned = (region.frames.clone(), Some(region.label.clone()));
        self.places.entry((image.id, as_reported(&region.shape))).or_default().push(planned);
        self.regions.push((region, object.clone()));
        Ok(true)
    }

    /// The label asked for, else the one with the code of the finding or with its words, else `other`, else any; only one
    /// that allows the shape.
    fn label_of(&self, found: &ForeignRegion, kind: ShapeKind) -> Option<String> {
        let labels = &self.schema.labels;
        let allows = |label: &&calx_model::Label| label.shapes.contains(&kind);
        if let Some(wanted) = self.label {
            return self.schema.label(wanted).filter(allows).map(|label| label.name.clone());
        }
        let by_code = || {
            let code = found.code.as_ref()?;
            let is_it =
                |own: &calx_model::CodedConcept| (&own.value, &own.scheme) == (&code.value, &code.scheme);
            labels.iter().find(|label| label.code.as_ref().is_some_and(is_it)).filter(allows)
        };
        let by_words =
            || labels.iter().find(|label| label.name.eq_ignore_ascii_case(found.label.trim())).filter(allows);
        let other = || self.schema.label(OTHER).filter(allows);
        let any = || labels.iter().find(allows);
        by_code().or_else(by_words).or_else(other).or_else(any).map(|label| label.name.clone())
    }

    /// Whether the case has the place, or it is planned with this label. One that says nothing of frames is on all of them.
    fn is_there(&self, image: ImageId, frames: &[u32], shape: &Shape, label: &str) -> bool {
        let meets = |other: &[u32]| {
            frames.is_empty() || other.is_empty() || frames.iter().any(|frame| other.contains(frame))
        };
        let same = self.places.get(&(image, as_reported(shape)));
        let is_it = |(other, planned): &(Vec<u32>, Option<String>)| {
            meets(other) && planned.as_ref().is_none_or(|planned| planned == label)
        };
        same.is_some_and(|all| all.iter().any(is_it))
            || (matches!(shape, Shape::Mask(_))
                && self.areas.iter().any(|area| {
                    area.image == image && meets(&area.frames) && is_same_place(&area.shape, shape)
                }))
    }

    /// An id that follows from the case, the object and the place.
    fn id_of(
        &self,
        image: &CaseImage,
        object: &SopInstanceUid,
        frames: &[u32],
        found: &ForeignRegion,
    ) -> RegionId {
        let shape = serde_json::to_string(&found.shape).unwrap_or_default();
        let tracking = found.tracking_uid.as_deref().unwrap_or_default();
        let (case, image) = (self.case.id, image.id);
        named_id(&format!("region {case} {object} {image} {frames:?} {tracking} {shape} {}", found.label))
            .map_or_else(|| RegionId(Uuid::new_v4()), RegionId)
    }

    /// The regions with the edits that make them, and what could not be kept of them.
    pub(super) fn finish(self) -> Planned {
        let Self { case, mut regions, tracked, mut ids, wordless, .. } = self;
        let mut by_uid: BTreeMap<&str, Vec<RegionId>> = BTreeMap::new();
        for (id, uid) in &tracked {
            by_uid.entry(uid.as_str()).or_default().push(*id);
        }
        let (mut tracks, mut untracked) = (Vec::new(), BTreeSet::new());
        let mut track_of: BTreeMap<RegionId, TrackId> = BTreeMap::new();
        for (uid, members) in by_uid {
            let mut track =
                case.tracks.iter().find(|track| track.tracking_uid.as_str() == uid).map(|track| track.id);
            // One place alone is no track over images and dates.
            if track.is_none()
                && members.len() > 1
                && let (Ok(tracking_uid), Some(id)) =
                    (TrackingUid::new(uid), named_id(&format!("track {} {uid}", case.id)))
                && ids.insert(id)
            {
                let name = format!("imported {}", case.tracks.len() + tracks.len() + 1);
                tracks.push(Track { id: TrackId(id), tracking_uid, name });
                track = Some(TrackId(id));
            }
            match track {
                Some(track) => track_of.extend(members.iter().map(|member| (*member, track))),
                None => untracked.extend(members.iter().copied()),
            }
        }
        let at = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mut edits: Vec<Edit> = tracks
            .into_iter()
            .enumerate()
            .map(|(n, track)| Edit::AddTrack { index: at(case.tracks.len() + n), track })
            .collect();
        let mut taken = Vec::new();
        let mut lost_tracks: BTreeMap<SopInstanceUid, usize> = BTreeMap::new();
        for (n, (region, object)) in regions.iter_mut().enumerate() {
            region.track = track_of.get(&region.id).copied();
            if untracked.contains(&region.id) {
                *lost_tracks.entry(object.clone()).or_default() += 1;
            }
            let source = case.image(region.image).map(|image| image.source.clone());
            taken.push(Taken {
                id: region.id,
                source: source.unwrap_or_else(|| object.clone()),
                frames: region.frames.clone(),
                shape: region.shape.kind(),
                label: region.label.clone(),
                object: object.clone(),
            });
            let region = Box::new(region.clone());
            edits.push(Edit::AddRegion { index: at(case.regions.len() + n), region });
        }
        Planned { taken, edits, lost_tracks, wordless }
    }
}

/// Frames as a region of the image has them.
fn frames(stated: &[u32], image: &CaseImage) -> Result<Vec<u32>, String> {
    let mut frames = stated.to_vec();
    frames.sort_unstable();
    frames.dedup();
    if frames.iter().any(|frame| !(1..=image.frames).contains(frame)) {
        return Err(format!("it names a frame that its image does not have (it has {})", image.frames));
    }
    // The only frame is the image.
    Ok(if image.frames == 1 { Vec::new() } else { frames })
}

/// An id that depends on a name only.
fn named_id(name: &str) -> Option<Uuid> {
    uid_from_name(name).strip_prefix("2.25.")?.parse().ok().map(Uuid::from_u128)
}

//! How a region is followed over objects and dates: its tracking identifier and UID, the same in every object of an export.
//!
//! Not here: the Observation UID, which names one region in one report (`uids::uid_of_id`).
//!
//! Invariants
//! - A Tracking UID is that of the region's track, the lesion or vessel; a region without one has its own, which is no UID of
//!   anything else.
//! - An identifier ends with the Tracking UID: it is one of a kind, as numbers of regions are not.
//! - One UID has one identifier in reports, segmentations and presentation states, with one exception: OHIF edits a region
//!   only when its identifier begins with the tool for its shape, so a track of regions for several tools has one for each.
//!   A region that has no tool, as a mask, takes that of the first of its track that has one.
//!
//! Source: PS3.3 C.8.20.2 and C.10.5 (Tracking ID, Tracking UID), PS3.16 TID 1410, TID 1501; the names of tools are those of
//! cornerstone's report adapters 5.14.

use calx_model::{Region, Shape};

use super::report::values::{Rank, numbers};
use super::root::{Root, SrProfile, is_one_outline};
use super::uids::uid_of_id;

/// What cornerstone calls the format of its tracking identifiers.
const TOOLS: &str = "Cornerstone3DTools@^0.1.0";
/// The tool that asks for no number.
const FREEHAND: &str = "PlanarFreehandROI";

/// Identifier and UID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tracking {
    /// Tracking Identifier (112039, DCM), TrackingID (0062,0020).
    pub(crate) identifier: String,
    /// Tracking Unique Identifier (112040, DCM), TrackingUID (0062,0021).
    pub(crate) uid: String,
}

impl Tracking {
    /// Of what no tool draws.
    pub(crate) fn plain(uid: String) -> Self {
        Self { identifier: format!("calx:{uid}"), uid }
    }

    /// Of the region at a place of the case.
    pub(crate) fn of(root: &Root<'_>, index: usize, region: &Region) -> Self {
        let track = region.track.and_then(|id| root.case.tracks.iter().find(|track| track.id == id));
        let uid = match track {
            Some(track) => track.tracking_uid.as_str().to_owned(),
            None => root.uids().other("tracking", &uid_of_id(region.id.0)),
        };
        if root.options.sr_profile == SrProfile::Plain {
            return Self::plain(uid);
        }
        let of_track = || {
            let track = track?.id;
            let mut all = root.case.regions.iter().enumerate().filter(|(_, one)| one.track == Some(track));
            all.find_map(|(index, one)| tool(root, index, one))
        };
        match tool(root, index, region).or_else(of_track) {
            Some(tool) => Self { identifier: format!("{TOOLS}:{tool}:{uid}"), uid },
            None => Self::plain(uid),
        }
    }
}

/// The tool that edits a region; `None` for what only a segmentation holds. A tool that does not find its number loses the
/// region: then it is the one that asks for none.
fn tool(root: &Root<'_>, index: usize, region: &Region) -> Option<&'static str> {
    let has = |wanted| numbers(root.measured_at(index)).first().is_some_and(|first| first.rank == wanted);
    Some(match &region.shape {
        Shape::Area(area) if is_one_outline(area) => FREEHAND,
        Shape::Ellipse(_) => "EllipticalROI",
        Shape::Rectangle(_) => "RectangleROI",
        Shape::Line { .. } if has(Rank::Length) => "Length",
        Shape::Angle { .. } if has(Rank::Angle) => "Angle",
        Shape::Path(_) | Shape::Line { .. } | Shape::Angle { .. } => FREEHAND,
        Shape::Arrow { .. } => "ArrowAnnotate",
        Shape::Point { .. } => "Probe",
        Shape::Area(_) | Shape::Mask(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use calx_geometry::{Area, Mask, Outline};
    use calx_model::{Length, Measurement, Track, TrackId};
    use uuid::Uuid;

    use super::*;
    use crate::derived::codes;
    use crate::derived::content::Item;
    use crate::derived::root::SegRegions;
    use crate::derived::testing::{Sample, at, tree_of};
    use crate::derived::{Kind, Kinds, write_derived};
    use crate::write::WriteError;

    /// A triangle, a mask, a line with its length: the first two of one track.
    fn sample() -> Sample {
        let mut sample = Sample::of(&["hand_right_small"]);
        let triangle = Outline::new(vec![at(10.0, 10.0), at(40.5, 12.0), at(20.0, 33.25)]).unwrap();
        let mask = Mask::from_bits(100, 100, |x, y| (20..40).contains(&x) && y > 50).unwrap();
        sample.mark(0, Shape::Mask(mask), "calcified stretch");
        sample.mark(0, Shape::Area(Area::from_outline(triangle)), "calcified stretch");
        let line = sample.mark(0, Shape::Line { ends: [at(1.0, 2.0), at(3.0, 4.0)] }, "other");
        sample.measured[line] = vec![Measurement::Length { length: Length::Px { value: 2.0 } }];
        let track = TrackId(Uuid::from_u128(77));
        let tracking_uid = "2.25.777".parse().unwrap();
        sample.case.tracks.push(Track { id: track, tracking_uid, name: "radial artery".to_owned() });
        for region in &mut sample.case.regions[..2] {
            region.track = Some(track);
        }
        sample
    }

    /// Pairs of identifier and UID that the objects of each kind hold, beside one another in data or under one group.
    fn pairs(sample: &Sample) -> BTreeMap<Kind, Vec<(String, String)>> {
        let mut found = BTreeMap::new();
        let kinds = Kinds { sr: true, seg: true, gsps: true, kos: false };
        write_derived::<WriteError>(&sample.root(), kinds, &mut |object| {
            let pairs: Vec<(String, String)> = match object.kind {
                Kind::Measurements => {
                    let tree = tree_of(&object.bytes);
                    let groups = tree.first(codes::IMAGING_MEASUREMENTS).unwrap();
                    let pair = |group: &Item| {
                        let id = group.first(codes::TRACKING_IDENTIFIER).and_then(Item::as_text).unwrap();
                        let uid = group.first(codes::TRACKING_UID).and_then(Item::as_uid).unwrap();
                        (id.to_owned(), uid.to_owned())
                    };
                    groups.all(codes::MEASUREMENT_GROUP).map(pair).collect()
                }
                Kind::Segmentation | Kind::Presentation => in_data(&object.bytes),
                Kind::KeyObjects | Kind::CaseDocument => return Ok(()),
            };
            found.insert(object.kind, pairs);
            Ok(())
        })
        .unwrap();
        found
    }

    /// Every TrackingID (0062,0020) with the TrackingUID (0062,0021) that follows it.
    fn in_data(bytes: &[u8]) -> Vec<(String, String)> {
        let starts = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"\x62\x00\x20\x00UT\0\0"));
        let value = |bytes: &[u8]| {
            String::from_utf8(bytes.to_vec()).unwrap().trim_end_matches([' ', '\0']).to_owned()
        };
        let pair = |at: usize| {
            let length =
                usize::try_from(u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap())).unwrap();
            let (identifier, rest) = bytes[at + 12..].split_at(length);
            assert!(rest.starts_with(b"\x62\x00\x21\x00UI"), "the UID follows");
            let length = usize::from(u16::from_le_bytes([rest[6], rest[7]]));
            (value(identifier), value(&rest[8..8 + length]))
        };
        starts.map(pair).collect()
    }

    #[test]
    fn a_tracking_uid_has_one_identifier_in_every_object() {
        for profile in [SrProfile::Ohif, SrProfile::Plain] {
            let mut sample = sample();
            sample.options.sr_profile = profile;
            sample.options.seg_regions = SegRegions::All;
            let found = pairs(&sample);
            assert_eq!(
                found.keys().copied().collect::<Vec<_>>(),
                [Kind::Segmentation, Kind::Presentation, Kind::Measurements]
            );
            let mut by_uid: BTreeMap<String, String> = BTreeMap::new();
            for (identifier, uid) in found.values().flatten() {
                let known = by_uid.entry(uid.clone()).or_insert_with(|| identifier.clone());
                assert_eq!(known, identifier, "{uid}");
                assert!(identifier.ends_with(&format!(":{uid}")), "{identifier} is one of a kind");
            }
            assert_eq!(by_uid.len(), 2, "the track and the line: {by_uid:?}");
            assert!(by_uid.contains_key("2.25.777"));
            let begins = if profile == SrProfile::Ohif { "Cornerstone3DTools@^0.1.0:" } else { "calx:2.25." };
            assert!(by_uid.values().all(|identifier| identifier.starts_with(begins)), "{by_uid:?}");
        }
    }

    #[test]
    fn the_tracking_uid_of_a_region_is_no_other_uid_of_it() {
        let sample = sample();
        let root = sample.root();
        let (line, mask) = (&sample.case.regions[2], &sample.case.regions[0]);
        let own = Tracking::of(&root, 2, line);
        assert_ne!(own.uid, uid_of_id(line.id.0), "its Observation UID");
        assert!(own.identifier.starts_with("Cornerstone3DTools@^0.1.0:Length:2.25."), "{own:?}");
        assert_eq!(Tracking::of(&root, 0, mask).uid, "2.25.777");
        // Another profile, another UID: nobody can tell that the two are one.
        let other = Root { profile: crate::derived::Profile::Identified, ..sample.root() };
        assert_ne!(own.uid, Tracking::of(&other, 2, line).uid);
    }
}

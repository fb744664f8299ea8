//! How a film was exposed: what the header says and what the noise follows.
//!
//! Not here: what every film shares (tube voltage's spectrum is in `exposure::spectrum`).
//!
//! Invariants
//! - ExposureIndex, mAs and the number of quanta are one exposure: twice the one is twice the others.
//!
//! Source: IEC 62494-1 for ExposureIndex (100 times the dose at the plate in microgray) and
//! DeviationIndex; PS3.3 C.8.7.8 and C.8.7.2 for the attributes.

use crate::noise::Noise;
use crate::number::stored;

/// One exposure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Technique {
    /// ExposureInuAs (0018,1153): 1600 to 4000.
    pub(crate) exposure_uas: i32,
    /// XRayTubeCurrent (0018,1151) in mA.
    pub(crate) tube_current_ma: i32,
    /// ExposureIndex (0018,1411).
    pub(crate) exposure_index: i32,
}

/// KVP (0018,0060): the spectrum is that of 55 kV.
pub(crate) const KVP: f64 = 55.0;
/// TargetExposureIndex (0018,1412): 15 microgray behind a hand.
pub(crate) const TARGET_INDEX: i32 = 1500;
/// ExposureIndex of 2.5 mAs behind a hand.
const INDEX_AT_TARGET_UAS: i32 = 2500;
/// Quanta that a plate counts per square millimetre of open beam at the target: a tube at 55 kV gives
/// about 24 microgray a mAs at 1 m, so 50 at 1.1 m; 28 000 quanta a microgray and square millimetre, half of
/// them absorbed. A hand lets through a third.
const QUANTA_AT_TARGET: f64 = 700_000.0;

impl Technique {
    /// As a radiographer sets it: near the target, rarely on it.
    pub(crate) fn new(noise: Noise) -> Self {
        let exposure_uas = stored(25.0 + 4.5 * noise.normal(0, 0), 16, 40) * 100;
        let scatter = stored(100.0 + 5.0 * noise.normal(1, 0), 85, 115);
        let tube_current_ma = if noise.unit(2, 0) < 0.5 { 200 } else { 250 };
        let exposure_index = TARGET_INDEX * exposure_uas / INDEX_AT_TARGET_UAS * scatter / 100;
        Self { exposure_uas, tube_current_ma, exposure_index }
    }

    /// Quanta counted per square millimetre of open beam.
    pub(crate) fn quanta_per_mm2(self) -> f64 {
        QUANTA_AT_TARGET * f64::from(self.exposure_uas) / f64::from(INDEX_AT_TARGET_UAS)
    }

    /// ExposureTime (0018,1150) in ms.
    pub(crate) fn exposure_time_ms(self) -> i32 {
        (self.exposure_uas / self.tube_current_ma).max(1)
    }

    /// DeviationIndex (0018,1413): ten times the decimal logarithm of index over target.
    pub(crate) fn deviation_index(self) -> f64 {
        let ratio = f64::from(self.exposure_index) / f64::from(TARGET_INDEX);
        (100.0 * libm::log10(ratio)).round() / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indices_follow_the_exposure() {
        for seed in 0..40 {
            let technique = Technique::new(Noise::new(seed, "technique"));
            assert!((1600..=4000).contains(&technique.exposure_uas));
            assert!((690..2770).contains(&technique.exposure_index), "{technique:?}");
            assert!(technique.deviation_index().abs() < 4.5, "{technique:?}");
        }
        let exact = Technique { exposure_uas: 5000, tube_current_ma: 200, exposure_index: 3000 };
        assert!((exact.deviation_index() - 3.0).abs() < 1e-9);
        assert_eq!(exact.exposure_time_ms(), 25);
        assert!((exact.quanta_per_mm2() - 1_400_000.0).abs() < 1e-6);
    }
}

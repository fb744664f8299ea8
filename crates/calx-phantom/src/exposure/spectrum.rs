//! Attenuation: how much of the beam comes through tissue, bone, mineral and metal.
//!
//! Not here: scatter and detector ([`super::plate`]).
//!
//! Three energies stand for the spectrum of a tube at 55 kV behind 2.5 mm of aluminium, each weighted
//! with what a storage plate absorbs of it.
//!
//! Source: NIST tables of X-ray mass attenuation coefficients (NISTIR 5632) at 30, 40 and 50 keV for
//! muscle (1.05 g/cm3), adipose tissue (0.95), cortical bone (1.92) and lead (11.35); for vessel
//! mineral the elements of hydroxyapatite at 2.3 g/cm3, as it is porous. Per mm, rounded to three digits.

use super::arithmetic::decay;

/// One energy: its share, and attenuation per mm.
struct Energy {
    share: f32,
    lean: f32,
    fat: f32,
    bone: f32,
    mineral: f32,
    lead: f32,
}

const ENERGIES: [Energy; 3] = [
    Energy { share: 0.38, lean: 0.0397, fat: 0.0291, bone: 0.256, mineral: 0.483, lead: 34.4 },
    Energy { share: 0.42, lean: 0.0282, fat: 0.0228, bone: 0.128, mineral: 0.227, lead: 16.3 },
    Energy { share: 0.20, lean: 0.0238, fat: 0.0202, bone: 0.0814, mineral: 0.135, lead: 9.13 },
];

/// Thickness in mm along the rays of one row, all of one length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Thickness<'a> {
    pub(super) body: &'a [f32],
    pub(super) fat: &'a [f32],
    pub(super) bone: &'a [f32],
    pub(super) mineral: &'a [f32],
}

/// Shares of the open beam behind a row. `metal` is lead equivalent in mm, or empty.
pub(super) fn transmit(row: Thickness<'_>, metal: &[f32], to: &mut [f32]) {
    let tissue = row.body.iter().zip(row.fat).zip(row.bone.iter().zip(row.mineral));
    for (to, ((&body, &fat), (&bone, &mineral))) in to.iter_mut().zip(tissue) {
        let lean = (body - fat - bone).max(0.0);
        let mut through = 0.0;
        for e in &ENERGIES {
            through += e.share * decay(e.lean * lean + e.fat * fat + e.bone * bone + e.mineral * mineral);
        }
        *to = through;
    }
    // metal is rare and hard on all energies: what little comes through is of the highest one
    if let Some(hardest) = ENERGIES.last() {
        for (to, &metal) in to.iter_mut().zip(metal) {
            if metal > 0.0 {
                let thin: f32 = ENERGIES.iter().map(|e| e.share * decay(e.lead * metal)).sum();
                *to *= thin.max(decay(hardest.lead * metal) * 0.05);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(body: f32, bone: f32, mineral: f32, metal: f32) -> f32 {
        let mut to = [0.0];
        let row = Thickness { body: &[body], fat: &[0.0], bone: &[bone], mineral: &[mineral] };
        transmit(row, &[metal], &mut to);
        to[0]
    }

    #[test]
    fn shares_add_up_and_a_beam_hardens() {
        assert!((behind(0.0, 0.0, 0.0, 0.0) - 1.0).abs() < 1e-6);
        // 20 mm of muscle: 0.38 e^-0.794 + 0.42 e^-0.564 + 0.20 e^-0.476
        assert!((behind(20.0, 0.0, 0.0, 0.0) - 0.5351).abs() < 2e-4);
        let first = -libm::logf(behind(2.0, 2.0, 0.0, 0.0)) / 2.0;
        let more = -libm::logf(behind(8.0, 8.0, 0.0, 0.0)) / 8.0;
        assert!(more < first * 0.95, "{first} then {more} per mm of bone");
        assert!(behind(0.0, 0.0, 0.0, 1.5) < 1e-4, "1.5 mm of lead");
    }
}

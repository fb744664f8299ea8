//! The words of the demo's case: the model case, told in our own words.
//!
//! No patient: the pictures are phantoms and every fact is made up for teaching.

/// Title of the case.
pub(crate) const TITLE: &str = "Vascular calcification of both hands in end-stage renal disease";

/// History and question.
pub(crate) const PRESENTATION: &str = "A man of 75 with end-stage renal disease from **IgA nephropathy**, on peritoneal dialysis, \
has painful ulcers and dry gangrene of several fingers of both hands. The tip of his right middle finger was resected recently. \
How far do the vessels of the hands explain the tissue loss, and is there infection of bone?";

/// A reference: words and DOI.
pub(crate) const REFERENCES: [(&str, &str); 4] = [
    (
        "Lanzer P, Boehm M, Sorribas V, et al. Medial vascular calcification revisited: review and perspectives. Eur Heart J 2014;35:1515–1525.",
        "10.1093/eurheartj/ehu163",
    ),
    (
        "Amann K. Media calcification and intima calcification are distinct entities in chronic kidney disease. Clin J Am Soc Nephrol 2008;3:1599–1605.",
        "10.2215/CJN.02120508",
    ),
    (
        "London GM, Guérin AP, Marchais SJ, et al. Arterial media calcification in end-stage renal disease: impact on all-cause and cardiovascular mortality. Nephrol Dial Transplant 2003;18:1731–1740.",
        "10.1093/ndt/gfg414",
    ),
    (
        "Marinelli A, Pistolesi V, Pasquale L, et al. Diagnosis of arterial media calcification in chronic kidney disease. Cardiorenal Med 2013;3:89–95.",
        "10.1159/000350764",
    ),
];

/// Discussion; numbers are places in [`REFERENCES`].
pub(crate) const DISCUSSION: &str = "Calcium in the wall of an artery lies in one of two layers, and a radiograph often tells which [@1,2]. \
In **medial** calcification (Mönckeberg) the muscle layer calcifies all round: two fine parallel lines, a *tram-track*, that follow the vessel \
for centimetres and reach into the fingers. In **intimal** calcification the plaque calcifies: short, patchy, to one side, and rare beyond the wrist.\n\n\
In renal failure the two often stand together, but long tram-tracks of the palmar arches and digital arteries speak for the media [@2,4]. \
Medial calcification narrows little by itself; it stiffens the artery, and in people on dialysis it goes with a higher mortality [@3].\n\n\
For the reader:\n\n\
- Say what is calcified and how far, vessel by vessel: the films show it better than ultrasound does.\n\
- Look for bone loss and say plainly when there is none; a clean edge after surgery is no osteomyelitis.\n\
- Behind heavy calcium Doppler cannot show flow: *not seen* is not *occluded* [@4].";

/// Words under the two films.
pub(crate) const CAPTION_RIGHT: &str = "Right hand, postero-anterior. Phantom.";
/// Words under the two films.
pub(crate) const CAPTION_LEFT: &str = "Left hand, postero-anterior. Phantom.";

/// Statements about the right hand.
pub(crate) const RIGHT_CALCIFIED: &str = "Extensive tram-track calcification of the radial artery, the ulnar artery, the superficial palmar arch and the digital arteries of the right hand.";
/// Statements about the right hand.
pub(crate) const RIGHT_MISSING: &str = "The bone of the right middle finger is missing beyond the middle phalanx, with a clean end: the recent resection.";
/// Statements about either hand.
pub(crate) const NO_DESTRUCTION: &str = "No focus of bone or joint destruction.";
/// Statements about the left hand.
pub(crate) const LEFT_CALCIFIED: &str = "Extensive calcification of the radial artery, the ulnar artery and the digital arteries of the left hand.";
/// Statements about both hands on one film.
pub(crate) const FILM_CALCIFIED: &str = "Calcification on both sides, right radial artery and left radial artery alike; the oblique view shows the same walls from another side.";
/// Statements about both hands on one film.
pub(crate) const FILM_MISSING: &str =
    "On the right the end of the middle finger is missing, as on the single film.";

/// The ultrasound report: a study that has text only.
pub(crate) const DOPPLER_STUDY: &str = "Doppler ultrasound of both arms (report)";
/// Its statements.
pub(crate) const BRACHIAL_CALCIFIED: &str = "Both brachial arteries are heavily calcified.";
/// Its statements.
pub(crate) const BRACHIAL_OPEN: &str = "No occlusion of the brachial arteries down to the elbow.";
/// Its statements.
pub(crate) const FOREARM_SEGMENTAL: &str =
    "The radial and ulnar arteries of both sides are grossly calcified; flow is seen in segments only.";
/// Its statements.
pub(crate) const OCCLUSION_OPEN: &str = "An occluded segment of the forearm arteries cannot be excluded.";
/// The statement on the clip.
pub(crate) const CLIP_CALCIFIED: &str = "Clip of a forearm artery: calcified walls with shadow behind them, colour in part of the lumen and only in some frames.";

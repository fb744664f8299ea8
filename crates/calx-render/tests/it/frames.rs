//! Synthetic frames of every kind of samples, each with a chain; noise from a fixed generator.

use calx_model::*;

/// A small repeatable noise source.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }
}

fn fill<T>(count: usize, mut make: impl FnMut(u32) -> T) -> Vec<T> {
    let mut noise = Noise(7);
    (0..count).map(|_| make(noise.next())).collect()
}

pub(crate) fn chain(voi_lut: VoiLut) -> DisplayPipeline {
    DisplayPipeline {
        modality_lut: ModalityLut::Identity,
        voi_lut,
        presentation_lut: None,
        invert: false,
        padding: None,
        colour: ColourPath::Grey,
        window_origin: "set".to_owned(),
    }
}

pub(crate) fn window(center: f64, width: f64, function: VoiLutFunction) -> VoiLut {
    VoiLut::Window(Window { center, width, function }.checked().unwrap())
}

pub(crate) struct Given {
    pub(crate) name: &'static str,
    pub(crate) frame: Frame,
    pub(crate) pipeline: DisplayPipeline,
    pub(crate) bits_stored: u16,
}

/// Every kind of samples, with windows, tables, inversion, padding and palettes.
pub(crate) fn all(columns: u32, rows: u32) -> Vec<Given> {
    use VoiLutFunction::{Linear, LinearExact, Sigmoid};
    let n = (columns * rows) as usize;
    let make = |samples| Frame::new(columns, rows, samples).unwrap();
    let modality = LookupTable {
        first: 100,
        bits: 12,
        entries: (0..1000u16).map(|k| (k * 7) % 4096).collect::<Vec<_>>().into(),
    };
    let voi = LookupTable {
        first: -50,
        bits: 16,
        entries: (0..4000u32).map(|k| (k * k / 245) as u16).collect::<Vec<_>>().into(),
    };
    let palette = Palette {
        first: 3,
        entries: (0..200u32).map(|k| [k as u8, (k * 7) as u8, 255 - k as u8]).collect::<Vec<_>>().into(),
    };
    let u12 = make(Samples::U16(fill(n, |x| (x % 4096) as u16).into()));
    let i16s = make(Samples::I16(fill(n, |x| (x % 5000) as i16 - 2500).into()));
    let bytes: Values<u8> = fill(n, |x| x as u8).into();
    let grey = ColourPath::Grey;
    let padded = DisplayPipeline {
        padding: Some(Padding { low: 0.0, high: 1500.0 }),
        invert: true,
        ..chain(window(2048.0, 3000.0, Linear))
    };
    let given = |name, frame: &Frame, pipeline, bits_stored| Given {
        name,
        frame: frame.clone(),
        pipeline,
        bits_stored,
    };
    vec![
        given("u8 identity", &make(Samples::U8(bytes.clone())), chain(window(128.0, 256.0, Linear)), 8),
        given(
            "i8",
            &make(Samples::I8(fill(n, |x| x as i8).into())),
            DisplayPipeline {
                padding: Some(Padding { low: -128.0, high: -100.0 }),
                ..chain(window(0.0, 200.0, LinearExact))
            },
            8,
        ),
        given("u12 linear", &u12, chain(window(1800.0, 2400.0, Linear)), 12),
        given("u12 threshold", &u12, chain(window(1800.0, 1.0, Linear)), 12),
        given("u12 sigmoid", &u12, chain(window(2000.0, 900.0, Sigmoid)), 12),
        given("u12 inverted with padding", &u12, padded, 12),
        given("u12 voi table", &u12, chain(VoiLut::Table(voi.clone())), 12),
        given(
            "u12 modality table",
            &u12,
            DisplayPipeline {
                modality_lut: ModalityLut::Table(modality.clone()),
                ..chain(window(2048.0, 4096.0, Linear))
            },
            12,
        ),
        given(
            "u12 modality table with padding",
            &u12,
            DisplayPipeline {
                modality_lut: ModalityLut::Table(modality),
                padding: Some(Padding { low: 500.0, high: 400.0 }),
                invert: true,
                ..chain(VoiLut::Range { min: 10.0, max: 4000.0 })
            },
            12,
        ),
        given(
            "i16 negative slope",
            &i16s,
            DisplayPipeline {
                modality_lut: ModalityLut::Rescale { slope: -0.5, intercept: 1000.0 },
                ..chain(VoiLut::Range { min: 0.0, max: 2250.0 })
            },
            16,
        ),
        given(
            "u16 full range",
            &make(Samples::U16(fill(n, |x| x as u16).into())),
            chain(window(32768.0, 65536.0, Linear)),
            16,
        ),
        given(
            "u32",
            &make(Samples::U32(fill(n, |x| x.wrapping_mul(3)).into())),
            DisplayPipeline {
                padding: Some(Padding { low: 0.0, high: 100_000_000.0 }),
                ..chain(VoiLut::Range { min: 2.0e8, max: 3.0e9 })
            },
            32,
        ),
        given(
            "i32",
            &make(Samples::I32(fill(n, |x| (x % 9000) as i32 - 4000).into())),
            chain(window(500.0, 3000.0, Linear)),
            32,
        ),
        given(
            "f32 with NaN and infinities",
            &make(Samples::F32(
                fill(n, |x| match x % 97 {
                    0 => f32::NAN,
                    1 => f32::INFINITY,
                    2 => f32::NEG_INFINITY,
                    3 => -1.0,
                    _ => (x % 10_000) as f32 / 10_000.0,
                })
                .into(),
            )),
            DisplayPipeline {
                padding: Some(Padding { low: -1.0, high: -1.0 }),
                invert: true,
                ..chain(window(0.5, 0.3, LinearExact))
            },
            32,
        ),
        given(
            "f64 far out",
            &make(Samples::F64(fill(n, |x| (f64::from(x) - 1.0e9) * 1.0e290).into())),
            DisplayPipeline {
                modality_lut: ModalityLut::Rescale { slope: 1.0e-290, intercept: -5.0 },
                ..chain(window(1.0e8, 6.0e8, Sigmoid))
            },
            64,
        ),
        given(
            "f32 VOI LUT",
            &make(Samples::F32(fill(n, |x| (x % 100_000) as f32 / 10.0 - 300.0).into())),
            chain(VoiLut::Table(voi)),
            32,
        ),
        given(
            "palette u8",
            &make(Samples::U8(bytes.clone())),
            DisplayPipeline {
                colour: ColourPath::Palette(palette.clone()),
                ..chain(window(1.0, 1.0, Linear))
            },
            8,
        ),
        given(
            "palette u16",
            &u12,
            DisplayPipeline { colour: ColourPath::Palette(palette), ..chain(window(1.0, 1.0, Linear)) },
            16,
        ),
        given(
            "rgb",
            &make(Samples::Colour8(ColourModel::Rgb, fill(n * 3, |x| x as u8).into())),
            DisplayPipeline { colour: ColourPath::Colour, ..chain(window(1.0, 1.0, Linear)) },
            8,
        ),
        given(
            "ybr 12 bit",
            &make(Samples::Colour16(ColourModel::YbrFull, fill(n * 3, |x| (x % 4096) as u16).into())),
            DisplayPipeline { colour: ColourPath::Colour, ..chain(window(1.0, 1.0, Linear)) },
            12,
        ),
        given(
            "u8 constant",
            &make(Samples::U8(vec![9; n].into())),
            DisplayPipeline { colour: grey, ..chain(VoiLut::Range { min: 9.0, max: 9.0 }) },
            8,
        ),
    ]
}

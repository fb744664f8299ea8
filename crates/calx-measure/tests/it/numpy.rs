//! Every measure of areas, ellipses, rectangles, masks, lines and paths against numpy, computed there by another way
//! (`statistics.py`), to 1e-9 of the value.

use std::io::Write;
use std::process::{Command, Stdio};

use calx_geometry::{Area, Ellipse, GridPoint, Mask, Part, Point, Rectangle};
use calx_measure::{FrameValues, measure_region};
use calx_model::{AreaSize, CaseImage, Frame, Length, Measurement, ModalityLut, Padding, Samples, Shape};
use serde_json::{Value, json};

use crate::samples::{area, at, image, path, region, tall_pixels};

/// Stands for a station of a profile without a value.
const NO_VALUE: f64 = -1e300;

/// The Python of `tests/run`; without one the test is skipped, or fails where it is required.
fn python() -> Option<String> {
    let found = std::env::var("CALX_PYTHON").ok();
    if found.is_none() {
        assert!(std::env::var_os("CALX_REQUIRED").is_none(), "CALX_PYTHON is not set; start with tests/run");
        println!("skipped: CALX_PYTHON is not set (tests/run sets it)");
    }
    found
}

fn snapped(corners: &[(f64, f64)]) -> Vec<GridPoint> {
    corners.iter().map(|(x, y)| GridPoint::snap(Point::new(*x, *y)).unwrap()).collect()
}

fn turned_ellipse(x: f64, y: f64, a: f64, b: f64, degrees: f64) -> Shape {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let ends = snapped(&[
        (x - a * cos, y - a * sin),
        (x + a * cos, y + a * sin),
        (x + b * sin, y - b * cos),
        (x - b * sin, y + b * cos),
    ]);
    Shape::Ellipse(Ellipse::new([ends[0], ends[1], ends[2], ends[3]]).unwrap())
}

fn turned_rectangle(x: f64, y: f64, a: f64, b: f64, degrees: f64) -> Shape {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let corner = |u: f64, v: f64| (x + u * cos - v * sin, y + u * sin + v * cos);
    let ends = snapped(&[corner(-a, -b), corner(a, -b), corner(a, b), corner(-a, b)]);
    Shape::Rectangle(Rectangle::new([ends[0], ends[1], ends[2], ends[3]]).unwrap())
}

fn shapes() -> Vec<Shape> {
    let star: Vec<(f64, f64)> = (0..10u32)
        .map(|k| {
            let (r, t) = (if k % 2 == 0 { 17.0 } else { 6.0 }, f64::from(k) * 0.628);
            ((30.3 + r * f64::cos(t)) * 256.0, (20.1 + r * f64::sin(t)) * 256.0)
        })
        .map(|(x, y)| (x.round() / 256.0, y.round() / 256.0))
        .collect();
    let ring = Area::new(vec![
        Part::new(
            area(&[(2.25, 3.5), (40.0, 5.125), (33.0, 36.5)]).parts()[0].outer().clone(),
            vec![area(&[(20.5, 10.25), (30.0, 12.0), (26.0, 20.75)]).parts()[0].outer().clone()],
        )
        .unwrap(),
        Part::new(area(&[(45.5, 20.5), (58.25, 22.0), (50.0, 39.5)]).parts()[0].outer().clone(), vec![])
            .unwrap(),
    ])
    .unwrap();
    vec![
        Shape::Area(area(&[(3.25, 2.5), (31.75, 9.0), (12.125, 30.5)])),
        Shape::Area(area(&star)),
        Shape::Area(ring),
        turned_ellipse(30.0, 20.0, 22.0, 9.0, 0.0),
        turned_ellipse(29.4, 20.7, 18.3, 11.7, 33.0),
        turned_ellipse(12.6, 9.3, 1.3, 0.4, 71.0),
        turned_ellipse(7.5, 7.5, 0.375, 0.25, 0.0),
        turned_rectangle(28.0, 19.0, 15.0, 7.5, 27.0),
        Shape::Path(path(&[(10.0, 10.5, 3.0), (30.0, 10.5, 5.0)])),
        // Bends both ways, sharp ones, and stretches shorter than the vessel is wide: pieces that overlap a lot.
        Shape::Path(path(&[(5.25, 30.5, 4.0), (20.5, 12.25, 5.5), (24.0, 30.0, 2.25), (50.5, 8.75, 6.0)])),
        Shape::Path(path(&[
            (10.0, 20.0, 9.0),
            (13.5, 20.5, 8.5),
            (16.0, 23.25, 9.25),
            (18.0, 27.5, 9.0),
            (17.25, 31.0, 8.0),
            (13.0, 32.5, 7.0),
        ])),
        Shape::Path(path(&[(40.0, 20.0, 6.0), (52.0, 20.0, 6.0), (41.0, 22.0, 6.0)])),
        Shape::Mask(Mask::from_bits(60, 40, |column, row| (column * 7 + row * 5) % 11 < 4).unwrap()),
        Shape::Line { ends: [at(3.25, 4.5), at(55.75, 36.125)] },
        Shape::Line { ends: [at(20.5, 35.0), at(20.5, 2.75)] },
    ]
}

fn asked(shape: &Shape) -> Value {
    let ring = |points: &mut dyn Iterator<Item = Point<calx_geometry::ImageSpace>>| {
        points.map(|p| json!([p.x, p.y])).collect::<Vec<_>>()
    };
    match shape {
        Shape::Area(area) => {
            let rings: Vec<_> = area.rings().map(|r| ring(&mut r.points())).collect();
            let mut outer = Vec::new();
            let mut next = 0;
            for part in area.parts() {
                outer.push(next);
                next += part.rings().count();
            }
            json!({"kind": "area", "rings": rings, "outer": outer})
        }
        Shape::Rectangle(rectangle) => {
            json!({"kind": "area", "rings": [ring(&mut rectangle.polygon().into_iter())], "outer": [0]})
        }
        Shape::Ellipse(ellipse) => {
            let ends = ellipse.axis_ends().map(|p| [p.x.pixels(), p.y.pixels()]);
            json!({"kind": "ellipse", "ends": ends})
        }
        Shape::Path(path) => {
            let rings: Vec<_> = path.outline().into_iter().map(|r| ring(&mut r.into_iter())).collect();
            let widths: Vec<f64> = path.vertices().iter().map(|v| v.width.pixels()).collect();
            json!({"kind": "path", "rings": rings, "points": ring(&mut path.points()), "widths": widths})
        }
        Shape::Mask(mask) => {
            let pixels: Vec<[u32; 2]> = mask
                .spans()
                .flat_map(|(row, columns)| columns.map(move |column| [column, row]).collect::<Vec<_>>())
                .collect();
            json!({"kind": "mask", "pixels": pixels})
        }
        Shape::Line { ends } => {
            json!({"kind": "line", "points": ring(&mut ends.iter().map(|end| end.point()))})
        }
        other => panic!("{other:?}"),
    }
}

/// How values are made of stored ones.
struct Setting {
    slope: f64,
    intercept: f64,
    padding: Option<Padding>,
}

fn computed(python: &str, frame: &[u16], setting: &Setting, shapes: &[Shape]) -> Vec<Value> {
    let spacing = tall_pixels();
    let question = json!({
        "rows": 40, "columns": 60, "frame": frame, "slope": setting.slope, "intercept": setting.intercept,
        "padding": setting.padding.map(|padding| [padding.low, padding.high]),
        "between_rows": spacing.between_rows_mm, "between_columns": spacing.between_columns_mm,
        "shapes": shapes.iter().map(asked).collect::<Vec<_>>(),
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/statistics.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(question.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Name and number of everything measured.
fn named(measurements: Vec<Measurement>) -> Vec<(String, f64)> {
    let mm = |length: Length| match length {
        Length::Mm { value, .. } => value,
        Length::Px { .. } | Length::Columns { .. } => panic!("a scale is known"),
    };
    let mut named = Vec::new();
    for measurement in measurements {
        let mut put = |name: &str, value| named.push((name.to_owned(), value));
        match measurement {
            Measurement::Area { size: AreaSize::Mm2 { value, .. } } => put("area", value),
            Measurement::Perimeter { length } => put("perimeter", mm(length)),
            Measurement::Length { length } => put("length", mm(length)),
            Measurement::MeanWidth { length } => put("mean_width", mm(length)),
            Measurement::Values { pixels, mean, standard_deviation, minimum, maximum, .. } => {
                put("pixels", pixels);
                put("mean", mean);
                put("standard_deviation", standard_deviation);
                put("minimum", minimum);
                put("maximum", maximum);
            }
            Measurement::Percentiles { at, .. } => {
                for (k, percentile) in at.iter().enumerate() {
                    put(&format!("percentiles/{k}"), percentile.value);
                }
            }
            Measurement::Histogram { pixels, .. } => {
                for (k, area) in pixels.iter().enumerate() {
                    put(&format!("histogram/{k}"), *area);
                }
            }
            Measurement::Profile { step, values, .. } => {
                put("profile_step", mm(step));
                put("profile/count", f64::from(u32::try_from(values.len()).unwrap()));
                for (k, value) in values.iter().enumerate() {
                    put(&format!("profile/{k}"), value.unwrap_or(NO_VALUE));
                }
            }
            other => panic!("{other:?}"),
        }
    }
    named
}

#[test]
fn numpy_measures_the_same() {
    let Some(python) = python() else { return };
    let mut state = 12_345u32;
    let frame: Vec<u16> = (0..2400)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u16::try_from(state >> 20).unwrap()
        })
        .collect();
    let image = CaseImage { spacing: Some(tall_pixels()), ..image(1) };
    let stored = Frame::new(60, 40, Samples::U16(frame.clone().into())).unwrap();
    let padding = Some(Padding { low: 4000.0, high: 4095.0 });
    let (mut compared, mut missing, mut worst) = (0, 0, 0.0f64);
    // Fractions, whole numbers, and either with padding among them.
    for setting in [
        Setting { slope: 0.37, intercept: -12.5, padding: None },
        Setting { slope: 1.0, intercept: 0.0, padding: None },
        Setting { slope: 0.37, intercept: -12.5, padding },
        Setting { slope: 1.0, intercept: 0.0, padding },
    ] {
        let lut = ModalityLut::Rescale { slope: setting.slope, intercept: setting.intercept };
        let values = FrameValues {
            frame: &stored,
            modality_lut: &lut,
            padding: setting.padding,
            rescale_type: None,
            modality: "DX",
        };
        let shapes = shapes();
        let expected = computed(&python, &frame, &setting, &shapes);
        for (shape, expected) in shapes.into_iter().zip(&expected) {
            let words = format!("{shape:?} padded {}", setting.padding.is_some());
            for (name, found) in named(measure_region(&region(1, shape), &image, Some(values))) {
                let wanted = match expected.pointer(&format!("/{name}")) {
                    Some(Value::Null) => Some(NO_VALUE),
                    None if name == "profile/count" => {
                        let stations = expected["profile"].as_array().unwrap().len();
                        Some(f64::from(u32::try_from(stations).unwrap()))
                    }
                    other => other.and_then(Value::as_f64),
                };
                let wanted = wanted.unwrap_or_else(|| panic!("{name} of {words}"));
                // A bin may be empty, or hold a corner of one pixel.
                let off = (found - wanted).abs() / wanted.abs().max(1e-3);
                assert!(off <= 1e-9, "{name} of {words}: {found}, numpy says {wanted}");
                worst = worst.max(off);
                missing += usize::from(wanted <= NO_VALUE);
                compared += 1;
            }
        }
    }
    println!(
        "{compared} figures compared, the largest difference is {worst:e} of the value; {missing} without a value"
    );
    assert!(missing > 20, "padding lies on the profiles");
    assert_eq!(compared, 5000);
}

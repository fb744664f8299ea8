//! Marks and labels on black and on white: what is where, and that it can be told apart.

use calx_geometry::{ImageSpace, Mask, Point, Transform};
use calx_render::*;

fn page(width: u32, height: u32, grey: u8) -> Picture {
    Picture::new(width, height, Pixels::Grey(vec![grey; (width * height) as usize])).unwrap()
}

fn at(x: f64, y: f64) -> Point<ImageSpace> {
    Point::new(x, y)
}

fn same_scale(width: u32, height: u32) -> View {
    View::crop(0, 0, width, height)
}

fn square(low: f64, high: f64) -> Vec<Point<ImageSpace>> {
    vec![at(low, low), at(high, low), at(high, high), at(low, high)]
}

fn mark(shapes: Vec<MarkShape>) -> Mark {
    Mark { shapes, style: MarkStyle::default(), label: None }
}

/// WCAG contrast of two colours.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let luminance = |c: [u8; 3]| {
        let [r, g, b] = c.map(|k| {
            let v = f64::from(k) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (high, low) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
    (high + 0.05) / (low + 0.05)
}

#[test]
fn a_line_can_be_told_apart_on_black_and_on_white() {
    for ground in [0, 255] {
        let mut picture = page(60, 60, ground);
        draw_marks(
            &mut picture,
            &same_scale(60, 60),
            &[mark(vec![MarkShape::Rings(vec![square(20.0, 40.0)])])],
        );
        let line = picture.rgb(30, 20).unwrap();
        assert_eq!(line, MarkStyle::default().colour, "the middle of the upper side on {ground}");
        let halo = picture.rgb(30, 21).unwrap();
        let around = picture.rgb(30, 30).unwrap();
        assert_eq!(around, [ground; 3], "the inside is left alone");
        let best = contrast(line, around).max(contrast(halo, around));
        assert!(best >= 3.0, "on {ground}: line {line:?}, halo {halo:?}");
        assert!(contrast(line, halo) >= 3.0, "line against halo");
    }
}

#[test]
fn a_picture_without_marks_stays_grey() {
    let mut picture = page(10, 10, 7);
    let before = picture.clone();
    draw_marks(&mut picture, &same_scale(10, 10), &[]);
    draw_marks(&mut picture, &same_scale(10, 10), &[mark(Vec::new())]);
    assert_eq!(picture, before);
}

#[test]
fn tint_leaves_holes_and_masks_fill_whole_pixels() {
    let mut hole = square(25.0, 35.0);
    hole.reverse();
    let mut tinted = mark(vec![MarkShape::Tint(vec![square(10.0, 50.0), hole])]);
    tinted.style = MarkStyle { fill_alpha: 0.5, colour: [200, 0, 0], ..MarkStyle::default() };
    let mut picture = page(60, 60, 0);
    draw_marks(&mut picture, &same_scale(60, 60), &[tinted]);
    assert_eq!(picture.rgb(15, 15), Some([100, 0, 0]));
    assert_eq!(picture.rgb(30, 30), Some([0; 3]));
    let mut mask = mark(vec![painted((10..20).map(|row| (row, 5..25)))]);
    mask.style = MarkStyle { fill_alpha: 0.5, halo_px: 0.0, width_px: 0.0, ..tinted_style() };
    let mut picture = page(60, 60, 0);
    draw_marks(&mut picture, &same_scale(60, 60), &[mask]);
    let lit = picture.to_rgb().chunks(3).filter(|p| p[0] > 0).count();
    assert_eq!(lit, 10 * 20);
    assert_eq!(picture.rgb(24, 19), Some([100, 0, 0]));
}

/// A mask as the rings round its pixels.
fn painted(spans: impl IntoIterator<Item = (u32, std::ops::Range<u32>)>) -> MarkShape {
    let area = Mask::from_spans(spans).unwrap().to_area().unwrap();
    MarkShape::Rings(area.rings().map(|ring| ring.points().collect()).collect())
}

fn tinted_style() -> MarkStyle {
    MarkStyle { colour: [200, 0, 0], ..MarkStyle::default() }
}

#[test]
fn line_width_is_in_target_pixels_whatever_the_zoom() {
    let shape = vec![MarkShape::Polyline(vec![at(0.0, 50.0), at(100.0, 50.0)])];
    for scale in [0.25, 1.0, 4.0] {
        let view = View {
            image_from_target: Transform::scale_then_move(scale, scale, 0.0, 50.0 - 20.0 * scale),
            width: 40,
            height: 40,
        };
        let mut plain = mark(shape.clone());
        plain.style.halo_px = 0.0;
        let mut picture = page(40, 40, 0);
        draw_marks(&mut picture, &view, &[plain]);
        let column: f64 = (0..40).map(|y| f64::from(picture.rgb(10, y).unwrap()[0])).sum();
        assert!((column / 255.0 - 2.0).abs() < 0.05, "scale {scale}: {column}");
    }
}

#[test]
fn a_label_stands_beside_its_mark_and_clear_of_others() {
    let vessel = |x: f64, text: &str| {
        let mut m = mark(vec![MarkShape::Polyline(vec![at(x, 20.0), at(x + 5.0, 180.0)])]);
        m.label = Some(MarkLabel { text: text.to_owned(), anchor: None, size_px: 14.0 });
        m
    };
    let marks = [vessel(190.0, "① calcified stretch"), vessel(210.0, "② vessel course")];
    let mut with = page(400, 200, 0);
    draw_marks(&mut with, &same_scale(400, 200), &marks);
    let bare: Vec<Mark> = marks.iter().map(|m| Mark { label: None, ..m.clone() }).collect();
    let mut without = page(400, 200, 0);
    draw_marks(&mut without, &same_scale(400, 200), &bare);
    // Every pixel of the lines is as it was: the labels cover none of them.
    let colour = MarkStyle::default().colour;
    let mut lettered = 0;
    for y in 0..200 {
        for x in 0..400 {
            if without.rgb(x, y).unwrap() == colour {
                assert_eq!(with.rgb(x, y).unwrap(), colour, "({x}, {y}) is covered by a label");
            }
            let [r, g, b] = with.rgb(x, y).unwrap();
            lettered += u32::from(r > 200 && g > 200 && b > 200);
        }
    }
    assert!(lettered > 100, "letters were drawn: {lettered}");
}

#[test]
fn a_mark_outside_the_picture_has_no_label_and_nothing_fails() {
    let far = |v: f64| {
        let mut m = mark(vec![
            MarkShape::Polyline(vec![at(v, v), at(v * 2.0, v)]),
            MarkShape::Points(vec![at(v, -v)]),
            MarkShape::Arrow { tail: at(v, v), tip: at(v, v) },
            MarkShape::Rings(vec![vec![], vec![at(v, v)]]),
        ]);
        m.style.dash = vec![0.0, 4.0];
        m.label = Some(MarkLabel { text: "far".to_owned(), anchor: Some(at(v, v)), size_px: 14.0 });
        m
    };
    let mut picture = page(30, 30, 9);
    let marks: Vec<Mark> = [1e6, -1e12, 1e300, f64::NAN, f64::INFINITY].map(far).into();
    draw_marks(&mut picture, &same_scale(30, 30), &marks);
    let bytes = picture.to_rgb();
    assert!(bytes.iter().all(|k| *k == 9), "something was drawn");
}

#[test]
fn a_faded_mark_is_weaker() {
    let mut faded = mark(vec![MarkShape::Polyline(vec![at(0.0, 10.0), at(30.0, 10.0)])]);
    faded.style = MarkStyle { opacity: 0.35, halo_px: 0.0, colour: [200, 200, 200], ..MarkStyle::default() };
    let mut picture = page(30, 20, 0);
    draw_marks(&mut picture, &same_scale(30, 20), &[faded]);
    assert_eq!(picture.rgb(15, 10), Some([70; 3]));
}

/// Writes the pictures that a person looks at, where `CALX_LOOK` says.
#[test]
fn pictures_to_look_at() {
    let Ok(folder) = std::env::var("CALX_LOOK") else { return };
    for (name, ground) in [("black", 0), ("white", 255), ("ramp", 128)] {
        let mut picture = page(900, 620, ground);
        if name == "ramp" {
            let ramp = (0..900 * 620).map(|k| ((k % 900) * 255 / 899) as u8).collect();
            picture = Picture::new(900, 620, Pixels::Grey(ramp)).unwrap();
        }
        draw_marks(&mut picture, &same_scale(900, 620), &gallery());
        let style = TextStyle { size_px: 16.0, colour: [255; 3], plate_alpha: 0.7 };
        draw_text(
            &mut picture,
            20.0,
            580.0,
            "W 2400 L 1800 (file 1) · 62 % · at detector · 10 mm² µ ±",
            &style,
        );
        let path = std::path::Path::new(&folder).join(format!("marks-{name}.png"));
        let (w, h) = (picture.width(), picture.height());
        image::save_buffer(path, &picture.to_rgb(), w, h, image::ColorType::Rgb8).unwrap();
    }
}

/// Both hands of an extensive case: many labels in little room. No label may cover another.
fn crowd() -> Vec<Mark> {
    let mut noise = crate::frames::Noise(3);
    let mut next = |below: u32| f64::from(noise.next() % below);
    (0..20)
        .map(|k| {
            let (x, y) = (60.0 + next(500), 60.0 + next(300));
            let (dx, dy) = (next(9) - 4.0, 2.0 + next(4));
            let points = (0..40).map(|t| at(x + f64::from(t) * dx * 0.3, y + f64::from(t) * dy)).collect();
            Mark {
                shapes: vec![MarkShape::Polyline(points)],
                style: MarkStyle::default(),
                label: Some(MarkLabel {
                    text: format!("{} 23.4 mm", char::from_u32(0x2460 + k).unwrap()),
                    anchor: None,
                    size_px: 13.0,
                }),
            }
        })
        .collect()
}

#[test]
fn in_a_crowd_no_label_covers_another() {
    let marks = crowd();
    let letters = |marks: &[Mark]| {
        let mut picture = page(760, 620, 0);
        draw_marks(&mut picture, &same_scale(760, 620), marks);
        if let Ok(folder) = std::env::var("CALX_LOOK") {
            let path = std::path::Path::new(&folder).join("marks-crowd.png");
            image::save_buffer(path, &picture.to_rgb(), 760, 620, image::ColorType::Rgb8).unwrap();
        }
        picture.to_rgb().chunks(3).filter(|p| p.iter().all(|k| *k > 200)).count()
    };
    // Letters are the only light grey there is: as many as all labels have alone, or nearly (leaders may
    // cross a plate).
    let alone: usize = marks.iter().map(|m| letters(std::slice::from_ref(m))).sum();
    let together = letters(&marks);
    assert!(together * 100 >= alone * 97, "{together} of {alone} light pixels are left");
}

fn gallery() -> Vec<Mark> {
    let label = |text: &str| Some(MarkLabel { text: text.to_owned(), anchor: None, size_px: 15.0 });
    let wave = |x0: f64, y0: f64, n: u32| {
        (0..n)
            .map(|k| at(x0 + f64::from(k) * 6.0, y0 + (f64::from(k) / 6.0).sin() * 30.0))
            .collect::<Vec<_>>()
    };
    let mut blob = Vec::new();
    for row in 0..60u32 {
        let half = (900.0 - (f64::from(row) - 30.0).powi(2)).max(0.0).sqrt() as u32;
        if half > 12 && (20..40).contains(&row) {
            blob.push((400 + row, 500 - half..488));
            blob.push((400 + row, 512..500 + half));
        } else if half > 0 {
            blob.push((400 + row, 500 - half..500 + half));
        }
    }
    let walls = |offset: f64| wave(60.0, 120.0 + offset, 50);
    let mut inside = walls(-8.0);
    inside.extend(walls(8.0).into_iter().rev());
    let mut hole = square(330.0, 360.0);
    hole.reverse();
    let styled = |shapes, colour, dash: &[f64], fill_alpha, text: &str| Mark {
        shapes,
        style: MarkStyle { colour, dash: dash.to_vec(), fill_alpha, ..MarkStyle::default() },
        label: label(text),
    };
    vec![
        styled(
            vec![
                MarkShape::Tint(vec![inside]),
                MarkShape::Polyline(walls(-8.0)),
                MarkShape::Polyline(walls(8.0)),
            ],
            [255, 214, 10],
            &[],
            0.2,
            "① calcified stretch 23.4 mm at detector",
        ),
        styled(
            vec![MarkShape::Rings(vec![square(300.0, 390.0), hole])],
            [90, 200, 250],
            &[],
            0.25,
            "② bone loss 41 mm²",
        ),
        styled(
            vec![MarkShape::Polyline(wave(420.0, 250.0, 60))],
            [48, 219, 91],
            &[10.0, 6.0],
            0.0,
            "③ vessel course",
        ),
        styled(vec![painted(blob)], [255, 105, 97], &[], 0.3, "④ patchy"),
        styled(
            vec![MarkShape::Points(vec![at(120.0, 300.0), at(180.0, 340.0)])],
            [255, 179, 64],
            &[],
            0.0,
            "⑤ point",
        ),
        styled(
            vec![MarkShape::Arrow { tail: at(650.0, 500.0), tip: at(580.0, 440.0) }],
            [218, 143, 255],
            &[],
            0.0,
            "⑥ sharp edge\nsecond line",
        ),
        styled(
            vec![MarkShape::Rings(vec![vec![
                at(860.0, 20.0),
                at(930.0, 20.0),
                at(930.0, 90.0),
                at(860.0, 90.0),
            ]])],
            [255, 255, 255],
            &[4.0, 4.0],
            0.0,
            "⑦ at the edge",
        ),
    ]
}

//! Presentation states: the picture is dcmtk's within 1, other images are refused, and what dcmtk does not draw
//! (shutters, displayed area, graphics) is where the numbers say.

use std::process::Command;

use calx_dicom::{ImageKind, NewImage, NewPixels, NewWindow, uid_from_name};
use calx_model::PhotometricInterpretation;

use crate::display_chain::{image, write};
use crate::driver::{Place, shared, skip};
use crate::story::png;

/// One element of a state: little endian, explicit.
#[derive(Clone)]
struct Element((u16, u16), [u8; 2], Vec<u8>);

fn text(tag: (u16, u16), vr: &[u8; 2], words: &str) -> Element {
    let mut bytes = words.as_bytes().to_vec();
    if bytes.len() % 2 == 1 {
        bytes.push(if vr == b"UI" { 0 } else { b' ' });
    }
    Element(tag, *vr, bytes)
}

fn words(tag: (u16, u16), vr: &[u8; 2], numbers: &[i16]) -> Element {
    Element(tag, *vr, numbers.iter().flat_map(|n| n.to_le_bytes()).collect())
}

fn longs(tag: (u16, u16), numbers: &[i32]) -> Element {
    Element(tag, *b"SL", numbers.iter().flat_map(|n| n.to_le_bytes()).collect())
}

fn floats(tag: (u16, u16), numbers: &[f32]) -> Element {
    Element(tag, *b"FL", numbers.iter().flat_map(|n| n.to_le_bytes()).collect())
}

fn sequence(tag: (u16, u16), items: &[Vec<Element>]) -> Element {
    let item = |elements: &Vec<Element>| {
        let bytes = coded(elements.clone());
        let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        [&[0xfe, 0xff, 0x00, 0xe0], &length[..], &bytes].concat()
    };
    Element(tag, *b"SQ", items.iter().flat_map(item).collect())
}

fn coded(mut elements: Vec<Element>) -> Vec<u8> {
    elements.sort_by_key(|Element(tag, ..)| *tag);
    let mut out = Vec::new();
    for Element((group, element), vr, value) in elements {
        out.extend([group.to_le_bytes(), element.to_le_bytes()].concat());
        out.extend(vr);
        if matches!(&vr, b"SQ" | b"OB" | b"OW") {
            out.extend([0, 0]);
            out.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        } else {
            out.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        }
        out.extend(value);
    }
    out
}

const KIND: &str = "1.2.840.10008.5.1.4.1.1.11.1";

/// A state for one image.
fn state(of: &NewImage, more: Vec<Element>) -> Vec<u8> {
    let instance = uid_from_name("display chain state");
    let referenced = vec![
        text((0x0008, 0x1150), b"UI", of.kind.sop_class()),
        text((0x0008, 0x1155), b"UI", of.instance.as_str()),
    ];
    let series = vec![
        sequence((0x0008, 0x1140), &[referenced]),
        text((0x0020, 0x000e), b"UI", of.series.uid.as_str()),
    ];
    let area = vec![
        longs((0x0070, 0x0052), &[1, 1]),
        longs((0x0070, 0x0053), &[i32::from(of.columns), i32::from(of.rows)]),
        text((0x0070, 0x0100), b"CS", "SCALE TO FIT"),
        text((0x0070, 0x0102), b"IS", "1\\1"),
    ];
    let mut elements = vec![
        text((0x0008, 0x0016), b"UI", KIND),
        text((0x0008, 0x0018), b"UI", &instance),
        text((0x0008, 0x0020), b"DA", "20260102"),
        text((0x0008, 0x0030), b"TM", "030405"),
        text((0x0008, 0x0050), b"SH", ""),
        text((0x0008, 0x0060), b"CS", "PR"),
        text((0x0008, 0x0070), b"LO", "calx"),
        text((0x0008, 0x0090), b"PN", "Nobody"),
        sequence((0x0008, 0x1115), &[series]),
        text((0x0010, 0x0010), b"PN", "Synthetic^State"),
        text((0x0010, 0x0020), b"LO", "SYN"),
        text((0x0010, 0x0030), b"DA", ""),
        text((0x0010, 0x0040), b"CS", ""),
        text((0x0020, 0x000d), b"UI", of.study.uid.as_str()),
        text((0x0020, 0x000e), b"UI", &uid_from_name("display chain states")),
        text((0x0020, 0x0010), b"SH", "1"),
        text((0x0020, 0x0011), b"IS", "9"),
        text((0x0020, 0x0013), b"IS", "1"),
        sequence((0x0070, 0x005a), &[area]),
        text((0x0070, 0x0080), b"CS", "SYNTHETIC"),
        text((0x0070, 0x0081), b"LO", ""),
        text((0x0070, 0x0082), b"DA", "20260102"),
        text((0x0070, 0x0083), b"TM", "030405"),
        text((0x0070, 0x0084), b"PN", ""),
        text((0x2050, 0x0020), b"CS", "IDENTITY"),
    ];
    for element in more {
        elements.retain(|Element(tag, ..)| *tag != element.0);
        elements.push(element);
    }
    let meta = coded(vec![
        Element((0x0002, 0x0001), *b"OB", vec![0, 1]),
        text((0x0002, 0x0002), b"UI", KIND),
        text((0x0002, 0x0003), b"UI", &instance),
        text((0x0002, 0x0010), b"UI", "1.2.840.10008.1.2.1"),
        text((0x0002, 0x0012), b"UI", &uid_from_name("display chain")),
    ]);
    let length = Element((0x0002, 0x0000), *b"UL", u32::try_from(meta.len()).unwrap().to_le_bytes().to_vec());
    [vec![0; 128], b"DICM".to_vec(), coded(vec![length]), meta, coded(elements)].concat()
}

/// A radiograph of 60 x 40 with a rescale and a window that the state does not share, MONOCHROME1.
fn radiograph() -> NewImage {
    let values = (0..60 * 40u32).map(|i| u16::try_from(i * 4095 / 2399).unwrap()).collect();
    let pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![values] };
    let mut new = image(ImageKind::DigitalXRay, "state", 60, pixels);
    new.photometric_interpretation = PhotometricInterpretation::Monochrome1;
    new.windows = vec![NewWindow { center: 3000.0, width: 100.0, explanation: "own".to_owned() }];
    new.pixel_padding_value = Some(0);
    new
}

fn window(center: &str, width: &str, function: Option<&str>) -> Element {
    let mut item = vec![text((0x0028, 0x1050), b"DS", center), text((0x0028, 0x1051), b"DS", width)];
    item.extend(function.map(|function| text((0x0028, 0x1056), b"CS", function)));
    sequence((0x0028, 0x3110), &[item])
}

fn table(tag: (u16, u16), first: i16, bits: i16, entries: &[u16]) -> Element {
    let item = vec![
        words((0x0028, 0x3002), b"US", &[i16::try_from(entries.len()).unwrap(), first, bits]),
        text((0x0028, 0x3004), b"LO", "US"),
        Element((0x0028, 0x3006), *b"US", entries.iter().flat_map(|n| n.to_le_bytes()).collect()),
    ];
    sequence(tag, &[item])
}

/// The picture that dcmtk makes; `None` after saying that it is not here.
pub(crate) fn dcmtk(image: &str, state: &str, picture: &str) -> Option<(u32, u32, Vec<u8>)> {
    let Ok(ran) = Command::new("dcmp2pgm").args(["-p", state, image, picture]).output() else {
        skip("no dcmp2pgm");
        return None;
    };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let bytes = std::fs::read(picture).unwrap();
    let head: Vec<&[u8]> = bytes.splitn(4, |b| b.is_ascii_whitespace()).collect();
    let number = |at: usize| std::str::from_utf8(head[at]).unwrap().parse::<u32>().unwrap();
    assert_eq!((head[0], &head[3][..4]), (&b"P5"[..], &b"255\n"[..]));
    Some((number(1), number(2), head[3][4..].to_vec()))
}

#[track_caller]
fn check_equals_dcmtk(place: &Place, name: &str, image: &str, state: &str) {
    let (ours, theirs) = (place.path("ours.png"), place.path("theirs.pgm"));
    let Some((columns, rows, expected)) = dcmtk(image, state, &theirs) else { return };
    let args = ["render", image, "--presentation", state, "-o", &ours, "--renderer", "cpu", "--force"];
    place.ok(&args);
    let (width, height, found) = png(&ours);
    assert_eq!((width, height), (columns, rows), "{name}");
    let off: Vec<u8> =
        found.iter().zip(&expected).map(|([value, ..], other)| value.abs_diff(*other)).collect();
    let different = off.iter().filter(|d| **d > 0).count();
    println!(
        "{name}: {different} of {} pixels differ from dcmtk, by {:?} at most",
        off.len(),
        off.iter().max()
    );
    assert!(off.iter().all(|d| *d <= 1), "{name}");
    let many = expected.iter().collect::<std::collections::BTreeSet<_>>().len();
    assert!(many > 2, "{name}: {many} greys tell nothing");
}

#[test]
fn pictures_equal_those_of_dcmtk() {
    let place = Place::new();
    let new = radiograph();
    let (file, path) = (place.path("image.dcm"), place.path("state.dcm"));
    write(&new, &file);
    let curve: Vec<u16> = (0..256u16).map(|i| i * i).collect();
    let rescale = || {
        vec![
            text((0x0028, 0x1052), b"DS", "-100"),
            text((0x0028, 0x1053), b"DS", "2"),
            text((0x0028, 0x1054), b"LO", "US"),
        ]
    };
    let cases: Vec<(&str, Vec<Element>)> = vec![
        ("a window, identity for the rest", vec![window("2000", "1500", None)]),
        ("inverse", vec![window("2000", "1500", None), text((0x2050, 0x0020), b"CS", "INVERSE")]),
        ("no window: the whole range", vec![]),
        ("a rescale of its own", [rescale(), vec![window("4000", "6000", None)]].concat()),
        ("a modality LUT", vec![table((0x0028, 0x3000), 100, 16, &curve), window("30000", "50000", None)]),
        ("turned by 90", vec![window("2000", "3000", None), words((0x0070, 0x0042), b"US", &[90])]),
        ("turned by 180", vec![window("2000", "3000", None), words((0x0070, 0x0042), b"US", &[180])]),
        (
            "turned by 270 and flipped",
            vec![
                window("2000", "3000", None),
                words((0x0070, 0x0042), b"US", &[270]),
                text((0x0070, 0x0041), b"CS", "Y"),
            ],
        ),
    ];
    for (name, more) in cases {
        // Of the two, both or none.
        let turns =
            [(0x0070, 0x0041), (0x0070, 0x0042)].map(|tag| more.iter().any(|Element(t, ..)| *t == tag));
        let more = match turns {
            [false, true] => [more, vec![text((0x0070, 0x0041), b"CS", "N")]].concat(),
            _ => more,
        };
        std::fs::write(&path, state(&new, more)).unwrap();
        check_equals_dcmtk(&place, name, &file, &path);
    }
    let Some(folder) = shared("dicom-samples/nroduit-weasis-dicom-tools") else { return };
    let (image, state) = (folder.join("imageForPrLUTs.dcm"), folder.join("prLUTs.dcm"));
    let name = "scrambled modality, VOI and presentation LUTs";
    check_equals_dcmtk(&place, name, image.to_str().unwrap(), state.to_str().unwrap());
}

#[test]
fn functions_of_a_state_follow_their_formulas() {
    // dcmp2pgm draws every window of a state as LINEAR, so these are held against the formula.
    let place = Place::new();
    let new = radiograph();
    let (file, path, picture) = (place.path("image.dcm"), place.path("state.dcm"), place.path("x.png"));
    write(&new, &file);
    let NewPixels::Grey16 { frames, .. } = &new.pixels else { panic!() };
    let sigmoid = |x: f64| 1.0 / (1.0 + (-4.0 * (x - 2000.0) / 1500.0).exp());
    let exact = |x: f64| ((x - 2000.0) / 1500.0 + 0.5).clamp(0.0, 1.0);
    let functions: [(&str, &dyn Fn(f64) -> f64); 2] = [("SIGMOID", &sigmoid), ("LINEAR_EXACT", &exact)];
    for (name, function) in functions {
        std::fs::write(&path, state(&new, vec![window("2000", "1500", Some(name))])).unwrap();
        let args = ["render", &file, "--presentation", &path, "-o", &picture, "--renderer", "cpu", "--force"];
        place.ok(&args);
        let (.., found) = png(&picture);
        // Rounded to the nearest; of a half float noise decides.
        let off = |(x, [shown, ..]): (&u16, &[u8; 3])| f64::from(*shown) - function(f64::from(*x)) * 255.0;
        let off: Vec<f64> = frames[0].iter().zip(&found).map(off).collect();
        assert!(off.iter().all(|off| off.abs() <= 0.5 + 1e-9), "{name}: {off:?}");
    }
}

#[test]
fn a_state_is_for_the_images_it_lists() {
    let place = Place::new();
    let (file, other, path) = (place.path("image.dcm"), place.path("other.dcm"), place.path("state.dcm"));
    let new = radiograph();
    write(&new, &file);
    let pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![vec![7; 60 * 40]] };
    write(&image(ImageKind::DigitalXRay, "another", 60, pixels), &other);
    std::fs::write(&path, state(&new, vec![window("2000", "1500", None)])).unwrap();
    let picture = place.path("x.png");
    let ran = place.run(&["render", &other, "--presentation", &path, "-o", &picture]).expect(6);
    assert!(
        ran.err.contains("does not list instance") && ran.err.contains(new.instance.as_str()),
        "{}",
        ran.err
    );
    assert!(!std::path::Path::new(&picture).exists());
    // What is no state is none.
    let ran = place.run(&["render", &file, "--presentation", &other, "-o", &picture]).expect(4);
    assert!(ran.err.contains("no Grayscale Softcopy Presentation State"), "{}", ran.err);
    place.run(&["render", &file, "--presentation", &path, "--window", "auto", "-o", &picture]).expect(2);
}

/// Where pixels are not what they are without shutters and graphics.
fn changed(
    place: &Place,
    new: &NewImage,
    base: &[Element],
    more: Vec<Element>,
    args: &[&str],
) -> Vec<(usize, usize, [u8; 3])> {
    let (file, path, picture) = (place.path("image.dcm"), place.path("state.dcm"), place.path("x.png"));
    write(new, &file);
    let draw = |more: Vec<Element>| {
        std::fs::write(&path, state(new, more)).unwrap();
        let all = ["render", &file, "--presentation", &path, "-o", &picture, "--renderer", "cpu", "--force"];
        place.ok(&[&all[..], args].concat());
        png(&picture)
    };
    let base = [&[window("2048", "4096", None)], base].concat();
    let (width, _, plain) = draw(base.clone());
    let (.., found) = draw([base, more].concat());
    let width = width as usize;
    let differ = found.iter().zip(&plain).enumerate().filter(|(_, (a, b))| a != b);
    differ.map(|(at, (rgb, _))| (at % width, at / width, *rgb)).collect()
}

fn even() -> NewImage {
    let pixels = NewPixels::Grey16 { bits_stored: 12, frames: vec![vec![4095; 60 * 40]] };
    image(ImageKind::DigitalXRay, "even", 60, pixels)
}

#[test]
fn shutters_cover_what_lies_outside() {
    let place = Place::new();
    let integer = |element, words: &str| text((0x0018, element), b"IS", words);
    let grey = || words((0x0018, 0x1622), b"US", &[0x4000]);
    let seen = |more: Vec<Element>| {
        let covered = changed(&place, &even(), &[], more, &[]);
        assert!(covered.iter().all(|(.., rgb)| *rgb == [64; 3]), "16384 of 65535 is 64 of 255");
        let covered: std::collections::BTreeSet<_> = covered.iter().map(|(x, y, _)| (*x, *y)).collect();
        (0..40)
            .flat_map(|y| (0..60).map(move |x| (x, y)))
            .filter(|at| !covered.contains(at))
            .collect::<Vec<(usize, usize)>>()
    };
    let edges = || [integer(0x1602, "11"), integer(0x1604, "13"), integer(0x1606, "5"), integer(0x1608, "6")];
    let shape = |words: &str| text((0x0018, 0x1600), b"CS", words);
    // Columns 11 to 13 and rows 5 to 6, counted from 1, the edges included.
    let rectangle = seen([vec![shape("RECTANGULAR"), grey()], edges().to_vec()].concat());
    assert_eq!(rectangle, [(10, 4), (11, 4), (12, 4), (10, 5), (11, 5), (12, 5)]);
    // Row 20, column 30, radius 2 columns.
    let circle = vec![shape("CIRCULAR"), grey(), integer(0x1610, "20\\30"), integer(0x1612, "2")];
    let disc = seen(circle.clone());
    assert_eq!(disc.len(), 13);
    assert!(disc.contains(&(29, 17)) && disc.contains(&(31, 19)) && !disc.contains(&(31, 18 - 1)));
    // A triangle of rows and columns, its corners included.
    let triangle = seen(vec![shape("POLYGONAL"), grey(), integer(0x1620, "1\\1\\1\\3\\3\\1")]);
    assert_eq!(triangle, [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (0, 2)]);
    // Both: what either leaves out is covered.
    let both = [vec![shape("RECTANGULAR\\CIRCULAR")], circle[1..].to_vec(), edges().to_vec()].concat();
    assert_eq!(seen(both), []);
}

#[test]
fn the_displayed_area_is_cut_out_and_may_reach_beyond() {
    let place = Place::new();
    let new = radiograph();
    let (file, path, picture) = (place.path("image.dcm"), place.path("state.dcm"), place.path("x.png"));
    write(&new, &file);
    let draw = |corners: [[i32; 2]; 2], more: Vec<Element>, args: &[&str]| {
        let area = vec![
            longs((0x0070, 0x0052), &corners[0]),
            longs((0x0070, 0x0053), &corners[1]),
            text((0x0070, 0x0100), b"CS", "SCALE TO FIT"),
            text((0x0070, 0x0102), b"IS", "1\\1"),
        ];
        let more = [vec![window("2048", "4096", None), sequence((0x0070, 0x005a), &[area])], more].concat();
        std::fs::write(&path, state(&new, more)).unwrap();
        let all = ["render", &file, "--presentation", &path, "-o", &picture, "--renderer", "cpu", "--force"];
        place.ok(&[&all[..], args].concat());
        png(&picture)
    };
    let (width, _, whole) = draw([[1, 1], [60, 40]], vec![], &[]);
    assert_eq!(width, 60);
    let at = |x: usize, y: usize| whole[y * 60 + x];
    let (width, height, part) = draw([[11, 6], [30, 15]], vec![], &[]);
    assert_eq!((width, height), (20, 10));
    assert_eq!((part[0], part[199]), (at(10, 5), at(29, 14)));
    // Turned by 90 the first corner is the image's bottom left one of that area.
    let turned = words((0x0070, 0x0042), b"US", &[90]);
    let (width, height, part) = draw([[11, 15], [30, 6]], vec![turned], &[]);
    assert_eq!((width, height), (10, 20));
    assert_eq!((part[0], part[9], part[199]), (at(10, 14), at(10, 5), at(29, 5)));
    // Beyond the image it is black.
    let (width, height, part) = draw([[-9, 1], [60, 40]], vec![], &[]);
    assert_eq!((width, height, part[9], part[10]), (70, 40, [0; 3], at(0, 0)));
    let (width, height, _) = draw([[11, 6], [30, 15]], vec![], &["--size", "100x100"]);
    assert_eq!((width, height), (100, 50));
}

#[test]
fn graphics_lie_where_they_say_alone_or_over_the_picture() {
    let place = Place::new();
    let graphic = |units: &str, kind: &str, points: &[f32]| {
        let count = i16::try_from(points.len() / 2).unwrap();
        vec![
            text((0x0070, 0x0005), b"CS", units),
            words((0x0070, 0x0020), b"US", &[2]),
            words((0x0070, 0x0021), b"US", &[count]),
            floats((0x0070, 0x0022), points),
            text((0x0070, 0x0023), b"CS", kind),
            text((0x0070, 0x0024), b"CS", "N"),
        ]
    };
    let layers = || {
        let layer = vec![
            text((0x0070, 0x0002), b"CS", "L"),
            text((0x0070, 0x0062), b"IS", "1"),
            words((0x0070, 0x0067), b"US", &[-1, 0, 0]),
        ];
        sequence((0x0070, 0x0060), &[layer])
    };
    let annotated = |graphics: &[Vec<Element>]| {
        let item = vec![text((0x0070, 0x0002), b"CS", "L"), sequence((0x0070, 0x0009), graphics)];
        vec![layers(), sequence((0x0070, 0x0001), &[item])]
    };
    let pixel = || annotated(&[graphic("PIXEL", "POLYLINE", &[10.0, 20.0, 40.0, 20.0])]);
    for args in [&[][..], &["--presentation-part", "graphics"]] {
        let found = changed(&place, &even(), &[], pixel(), args);
        let red: Vec<_> = found.iter().filter(|(.., rgb)| *rgb == [255, 0, 0]).collect();
        // A line of two pixels round row 20, from column 10 to 40, in the colour of its layer.
        assert!(red.iter().all(|(x, y, _)| (9..41).contains(x) && (19..21).contains(y)), "{red:?}");
        assert!(red.len() >= 58, "{}", red.len());
    }
    // In fractions of the displayed area, as shown: the top right corner, whatever was turned.
    for degrees in [0, 90, 180] {
        let turned = vec![words((0x0070, 0x0042), b"US", &[degrees]), text((0x0070, 0x0041), b"CS", "N")];
        let line = annotated(&[graphic("DISPLAY", "POLYLINE", &[0.5, 0.5, 1.0, 0.5])]);
        let plain = changed(&place, &even(), &turned, line, &[]);
        let (width, height) = if degrees == 90 { (40, 60) } else { (60, 40) };
        let red: Vec<_> = plain.iter().filter(|(.., rgb)| *rgb == [255, 0, 0]).collect();
        let right = red.iter().all(|(x, y, _)| *x + 1 >= width / 2 && y.abs_diff(height / 2) <= 1);
        assert!(right && red.len() > width / 2, "{degrees}: {red:?}");
    }
    // A circle round 30, 20 through 40, 20, and an ellipse with half the height.
    let round = |kind: &str, points: &[f32]| {
        let found = changed(&place, &even(), &[], annotated(&[graphic("PIXEL", kind, points)]), &[]);
        let red: Vec<_> = found.into_iter().filter(|(.., rgb)| *rgb == [255, 0, 0]).collect();
        let side = |low: bool, of: fn(&(usize, usize, [u8; 3])) -> usize| {
            let all = red.iter().map(of);
            if low { all.min().unwrap() } else { all.max().unwrap() }
        };
        [side(true, |p| p.0), side(false, |p| p.0), side(true, |p| p.1), side(false, |p| p.1)]
    };
    let near = |found: [usize; 4], wanted: [usize; 4]| {
        assert!(found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1), "{found:?} {wanted:?}");
    };
    near(round("CIRCLE", &[30.0, 20.0, 40.0, 20.0]), [20, 40, 10, 30]);
    near(round("ELLIPSE", &[20.0, 20.0, 40.0, 20.0, 30.0, 15.0, 30.0, 25.0]), [20, 40, 15, 25]);
    near(round("INTERPOLATED", &[20.0, 20.0, 30.0, 10.0, 40.0, 20.0]), [20, 40, 10, 20]);
}

#[test]
fn what_a_state_says_and_is_not_followed_is_told() {
    let place = Place::new();
    let (file, path, picture) = (place.path("image.dcm"), place.path("state.dcm"), place.path("x.png"));
    let new = radiograph();
    write(&new, &file);
    let draw = |more: Vec<Element>, args: &[&str]| {
        std::fs::write(&path, state(&new, [vec![window("2048", "4096", None)], more].concat())).unwrap();
        let all = ["render", &file, "--presentation", &path, "-o", &picture, "--renderer", "cpu", "--force"];
        place.run(&[&all[..], args].concat())
    };
    let area = |corner: i32, more: Vec<Element>| {
        let corners = vec![longs((0x0070, 0x0052), &[corner, 1]), longs((0x0070, 0x0053), &[60, 40])];
        vec![sequence((0x0070, 0x005a), &[[corners, more].concat()])]
    };
    let mode = |words: &str| text((0x0070, 0x0100), b"CS", words);
    let told = |more: Vec<Element>, args: &[&str], words: &str| {
        let ran = draw(more, args).expect(0);
        assert!(ran.err.contains(words), "{}", ran.err);
    };
    told(area(1, vec![mode("TRUE SIZE")]), &[], "TRUE SIZE was not followed");
    told(area(1, vec![mode("MAGNIFY")]), &[], "MAGNIFY says no ratio above 0");
    let ratio = floats((0x0070, 0x0103), &[2.0]);
    let magnified = area(1, vec![mode("MAGNIFY"), ratio]);
    told(magnified.clone(), &["--size", "30x30"], "magnifies by 2, --size decides instead");
    let ran = draw(magnified, &[]).expect(0);
    assert!(!ran.err.contains("MAGNIFY") && png(&picture).0 == 120, "{}", ran.err);
    told(area(i32::MIN, vec![]), &[], "has no two corners");
    let plane = vec![text((0x6002, 0x1001), b"CS", "L")];
    told(plane, &[], "the overlay of group 6002 of the image, none lies over this frame");
    let mask = vec![sequence((0x0028, 0x6100), &[vec![text((0x0028, 0x6101), b"CS", "AVG_SUB")]])];
    let ran = draw(mask.clone(), &[]).expect(6);
    assert!(ran.err.contains("MaskSubtractionSequence (0028,6100)"), "{}", ran.err);
    draw(mask, &["--presentation-part", "graphics"]).expect(0);
}

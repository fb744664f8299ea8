//! The console's writing: a stroke font small enough to read at ten pixels.
//!
//! Not here: the lead marker and the corner word (`letters`), which have their own shapes.
//!
//! Invariants
//! - A glyph is at most 4 wide and 6 high (8 with a descender); y runs down from a capital's top.

use super::canvas::Canvas;
use crate::number::{index_below, real};

/// Strokes as digits: x and y of a point, strokes parted by blanks.
fn glyph(letter: char) -> &'static str {
    match letter {
        'A' => "062046 1434",
        'B' => "0006364534230323 0030412332",
        'C' => "41301001051636 3645",
        'D' => "00063645413000",
        'E' => "40000646 0333",
        'F' => "400006 0333",
        'G' => "413010010516364543 4323",
        'H' => "0006 4046 0343",
        'I' => "1030 2026 1636",
        'J' => "40453616 1605",
        'K' => "0006 4003 1246",
        'L' => "000646",
        'M' => "0600234046",
        'N' => "06004640",
        'O' => "103041453616050110",
        'P' => "060030413203",
        'Q' => "1030414536160501 0110 3446",
        'R' => "060030413203 2346",
        'S' => "4130100112324344 443616 1605",
        'T' => "0040 2026",
        'U' => "000516364540",
        'V' => "002640",
        'W' => "0016233640",
        'X' => "0046 4006",
        'Y' => "002340 2326",
        'Z' => "00400646",
        '0' => "103041453616050110 0541",
        '1' => "112026 1636",
        '2' => "01103041420646",
        '3' => "01103041321323 233244453616 1605",
        '4' => "3630 300444",
        '5' => "400003334445361605",
        '6' => "41301001051636454433 334303",
        '7' => "004016",
        '8' => "103041423313020110 1304051636454433",
        '9' => "05163645413010010213 1343",
        'a' => "12323646 3616 160514 1434",
        'b' => "0006 0616 163645 4543 433212 1203",
        'c' => "42321203 03051636 3645",
        'd' => "4046 463616 160503 031232 3243",
        'e' => "0444433212 1203 03051636",
        'f' => "4030 302126 1232",
        'g' => "4247 473818 423212 1203 03051636 3645",
        'h' => "0006 04123243 4346",
        'i' => "2226 2020",
        'k' => "0006 4204 2346",
        'l' => "2026",
        'm' => "0206 031223 2326 233243 4346",
        'n' => "0206 04123243 4346",
        'o' => "123243453616050312",
        'p' => "0208 03123243 4345 453616 1605",
        'r' => "0206 041232",
        's' => "42321203 0314 34454536 3606",
        't' => "2025 2536 1232",
        'u' => "0205 0516 163645 4246",
        'v' => "022642",
        'w' => "0216243642",
        'x' => "0246 4206",
        'y' => "0226 4218",
        'z' => "02420646",
        '.' => "1626 2616",
        ',' => "2617",
        ':' => "2223 2526",
        '/' => "0640",
        '-' => "0343",
        '+' => "0343 2125",
        '%' => "0640 0011 3546",
        '(' => "30212530 2536",
        ')' => "10212516",
        '=' => "0242 0444",
        '°' => "102021121001 0110",
        '±' => "0242 2024 0646",
        '²' => "1030311333",
        'θ' => "103041453616050110 0343",
        '·' => "2324",
        '>' => "014305",
        '<' => "410345",
        _ => "",
    }
}

/// Distance of letters, in heights.
const ADVANCE: f64 = 5.6 / 6.0;

/// Width of a text.
pub(super) fn width(text: &str, height: f64) -> f64 {
    real(text.chars().count()) * ADVANCE * height
}

/// Writes a text; `x`, `y` are its top left corner.
pub(super) fn write(canvas: &mut Canvas, text: &str, (x, y): (f64, f64), height: f64, rgb: [u8; 3]) {
    let unit = height / 6.0;
    let half = (height * 0.062).max(0.5);
    for (i, letter) in text.chars().enumerate() {
        let left = x + real(i) * ADVANCE * height;
        let mut strokes = Vec::new();
        for stroke in glyph(letter).split(' ') {
            let digits: Vec<f64> = stroke.chars().filter_map(|c| c.to_digit(10)).map(f64::from).collect();
            let points: Vec<(f64, f64)> = digits
                .chunks_exact(2)
                .filter_map(|p| if let [a, b] = *p { Some((left + a * unit, y + b * unit)) } else { None })
                .collect();
            strokes
                .extend(points.windows(2).filter_map(|p| if let [a, b] = *p { Some((a, b)) } else { None }));
        }
        let first_column = index_below(left - 2.0, 4096);
        let last_column = index_below(left + 4.0 * unit + 3.0, 4096);
        for row in index_below(y - 2.0, 4096)..=index_below(y + 8.0 * unit + 2.0, 4096) {
            for column in first_column..=last_column {
                let p = (real(column) + 0.5, real(row) + 0.5);
                let nearest = strokes.iter().map(|s| distance(p, *s)).fold(f64::MAX, f64::min);
                let cover = (half - nearest + 0.5).clamp(0.0, 1.0);
                if cover > 0.0 {
                    canvas.blend(column, row, rgb, cover);
                }
            }
        }
    }
}

/// Distance of a point from a stroke.
pub(super) fn distance(p: (f64, f64), (a, b): ((f64, f64), (f64, f64))) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let long = dx * dx + dy * dy;
    let t = if long > 0.0 { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / long).clamp(0.0, 1.0) } else { 0.0 };
    let (ox, oy) = (p.0 - a.0 - t * dx, p.1 - a.1 - t * dy);
    (ox * ox + oy * oy).sqrt()
}

// Image pixels to display codes: box mean, then one table.
//
// Twin: crates/calx-render/src/reference/window_voi.rs. Both take the same boxes (lists in 1/256 image
// pixel, worked out once in f64 on the CPU) and use integers only, so their pictures are equal on every
// adapter; f32 arithmetic was measured to differ.
//
// Not here: the window (it is inside the table), marks, sRGB (the target holds display values as they are).

// Mirrors `Params` in crates/calx-render/src/gpu/params.rs, which a test compares with this layout.
struct Params {
    image: vec2<i32>,        // columns, rows
    tile: vec2<i32>,         // columns, rows of one layer of `pixels`
    tiles_across: i32,
    samples: i32,            // boxes along a side of a target pixel (turned; else 1)
    padding: vec2<u32>,      // lowest and highest padding index; lowest > highest: none
    origin: vec2<i32>,       // the first target pixel in the texture that is drawn into
    reserved: vec2<i32>,
}

// Set when a pipeline is made. A software adapter runs both sides of every branch on a uniform; these it
// never sees.
override KIND: i32 = 0;      // 0 straight, 1 swapped, 2 turned
override EXACT: bool = false;    // every box is one whole pixel
override ONE_LAYER: bool = true; // the image is not cut

@group(0) @binding(0) var<uniform> params: Params;
// One index (or RGB) per image pixel, cut into layers.
@group(0) @binding(1) var pixels: texture_2d_array<u32>;
// Row 0: `across`, row 1: `down`, as in crates/calx-render/src/footprint.rs.
@group(0) @binding(2) var boxes: texture_2d<i32>;
// 256 x 256 codes (or RGB), index = y * 256 + x.
@group(0) @binding(3) var codes: texture_2d<u32>;

const STEPS: i32 = 256;

@vertex
fn vs_fill(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    // One triangle that covers the target.
    let corner = vec2<f32>(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4<f32>(corner * 2.0 - 1.0, 0.0, 1.0);
}

fn load(cell: vec2<i32>) -> vec3<u32> {
    if ONE_LAYER {
        return textureLoad(pixels, cell, 0, 0).rgb;
    }
    let tile = cell / params.tile;
    let layer = tile.y * params.tiles_across + tile.x;
    return textureLoad(pixels, cell - tile * params.tile, layer, 0).rgb;
}

fn code(index: u32) -> vec3<u32> {
    return textureLoad(codes, vec2<i32>(i32(index & 255u), i32(index >> 8u)), 0).rgb;
}

fn is_padding(index: u32) -> bool {
    return index >= params.padding.x && index <= params.padding.y;
}

// A sum of up to 48 bits in two parts of 16-bit digits, and the sum of weights.
struct Mean {
    low: vec3<u32>,          // sum of (row sum % 65536) * row weight
    high: vec3<u32>,         // sum of (row sum / 65536) * row weight
    weight: u32,
}

// Adds the box between `low` and `high` (grid steps, inside the image) to `mean`.
// At most 255 x 255 pixels: a row sum is at most 255 * 256 * 65535, which fits 32 bits.
fn add_box(mean: Mean, low: vec2<i32>, high: vec2<i32>, is_grey: bool) -> Mean {
    var m = mean;
    let first = low / STEPS;
    let last = (high - 1) / STEPS;
    for (var y = first.y; y <= last.y; y++) {
        let wy = u32(min(high.y, (y + 1) * STEPS) - max(low.y, y * STEPS));
        var row = vec3<u32>(0u);
        var row_weight = 0u;
        for (var x = first.x; x <= last.x; x++) {
            let value = load(vec2<i32>(x, y));
            if is_grey && is_padding(value.x) {
                continue;
            }
            let wx = u32(min(high.x, (x + 1) * STEPS) - max(low.x, x * STEPS));
            row += wx * value;
            row_weight += wx;
        }
        m.low += (row & vec3<u32>(0xffffu)) * wy;
        m.high += (row >> vec3<u32>(16u)) * wy;
        m.weight += row_weight * wy;
    }
    return m;
}

// (high * 65536 + low + weight / 2) / weight, for a quotient of at most 65535.
fn divide(low: u32, high: u32, weight: u32) -> u32 {
    let half = weight / 2u;
    var bottom = low + half;
    var top = select(0u, 1u, bottom < half);
    let shifted = high << 16u;
    bottom += shifted;
    top += select(0u, 1u, bottom < shifted) + (high >> 16u);
    if top == 0u {
        return bottom / weight;
    }
    // Long division, one bit of the quotient at a time: the dividend is top:bottom, below 65536 * weight.
    var quotient = 0u;
    for (var bit = 15u; bit < 16u; bit--) {
        let part = weight << bit;
        let part_top = select(0u, weight >> (32u - bit), bit > 0u);
        if top > part_top || (top == part_top && bottom >= part) {
            top -= part_top + select(0u, 1u, bottom < part);
            bottom -= part;
            quotient |= 1u << bit;
        }
    }
    return quotient;
}

// The box of a straight or swapped view as image columns and rows: low in xy, high in zw.
fn straight_box(target_pixel: vec2<i32>) -> vec4<i32> {
    let a = textureLoad(boxes, vec2<i32>(target_pixel.x, 0), 0).rg;
    let d = textureLoad(boxes, vec2<i32>(target_pixel.y, 1), 0).rg;
    if KIND == 1 {
        return vec4<i32>(d.x, a.x, d.y, a.y);
    }
    return vec4<i32>(a.x, d.x, a.y, d.y);
}

fn is_empty(box: vec4<i32>) -> bool {
    return box.x >= box.z || box.y >= box.w;
}

// Centre of box (i, j) of a turned view, in grid steps.
fn centre(target_pixel: vec2<i32>, i: i32, j: i32) -> vec2<i32> {
    let a = textureLoad(boxes, vec2<i32>(target_pixel.x * params.samples + i, 0), 0).rg;
    let d = textureLoad(boxes, vec2<i32>(target_pixel.y * params.samples + j, 1), 0).rg;
    return a + d;
}

fn is_inside(at: vec2<i32>) -> bool {
    return all(at >= vec2<i32>(0)) && all(at / STEPS < params.image);
}

// The image pixel nearest to the target pixel; x is -1 outside the image.
fn nearest(target_pixel: vec2<i32>) -> vec2<i32> {
    if KIND == 2 {
        let half = params.samples / 2;
        let at = centre(target_pixel, half, half);
        return select(vec2<i32>(-1), at / STEPS, is_inside(at));
    }
    let box = straight_box(target_pixel);
    return select((box.xy + box.zw) / 2 / STEPS, vec2<i32>(-1), is_empty(box));
}

fn mean(target_pixel: vec2<i32>, is_grey: bool) -> Mean {
    var m = Mean(vec3<u32>(0u), vec3<u32>(0u), 0u);
    if KIND == 2 {
        let end = params.image * STEPS;
        for (var j = 0; j < params.samples; j++) {
            for (var i = 0; i < params.samples; i++) {
                let at = centre(target_pixel, i, j);
                if is_inside(at) {
                    m = add_box(m, max(at - STEPS / 2, vec2<i32>(0)), min(at + STEPS / 2, end), is_grey);
                }
            }
        }
        return m;
    }
    let box = straight_box(target_pixel);
    if !is_empty(box) {
        m = add_box(m, box.xy, box.zw, is_grey);
    }
    return m;
}

fn target_of(position: vec4<f32>) -> vec2<i32> {
    return vec2<i32>(position.xy) - params.origin;
}

fn shown(code: vec3<u32>) -> vec4<f32> {
    // k / 255 comes back from a Unorm target as exactly k.
    return vec4<f32>(vec3<f32>(code) / 255.0, 1.0);
}

const BLACK: vec4<f32> = vec4<f32>(0.0, 0.0, 0.0, 1.0);

// Grey: mean of indices, then the table. A pixel of padding is darkest; a mean has no part of padding, so
// its index is a value even where padding has the same one.
@fragment
fn fs_grey(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let target_pixel = target_of(position);
    var index = 0u;
    if EXACT {
        let cell = nearest(target_pixel);
        if cell.x < 0 {
            return BLACK;
        }
        index = load(cell).x;
        if is_padding(index) {
            return BLACK;
        }
    } else {
        let m = mean(target_pixel, true);
        if m.weight == 0u {
            return BLACK;
        }
        index = divide(m.low.x, m.high.x, m.weight);
    }
    return shown(vec3<u32>(code(index).x));
}

// Palette: the nearest index, never a mean of indices.
@fragment
fn fs_palette(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let cell = nearest(target_of(position));
    if cell.x < 0 {
        return BLACK;
    }
    return shown(code(load(cell).x));
}

// Colour: mean of each channel, no table.
@fragment
fn fs_colour(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let target_pixel = target_of(position);
    if EXACT {
        let cell = nearest(target_pixel);
        if cell.x < 0 {
            return BLACK;
        }
        return shown(load(cell));
    }
    let m = mean(target_pixel, false);
    if m.weight == 0u {
        return BLACK;
    }
    return shown(vec3<u32>(
        divide(m.low.x, m.high.x, m.weight),
        divide(m.low.y, m.high.y, m.weight),
        divide(m.low.z, m.high.z, m.weight),
    ));
}

// A picture that was drawn already, laid into the window as it is: no blending, no filter, no gamma.
//
// Not here: drawing it (window_voi.wgsl and its twin). This pass computes nothing, so it has no twin: texels in are pixels out.

struct Corners {
    // Of a strip: x and y in clip space, z and w in texels. Left above, right above, left below, right below.
    at: array<vec4<f32>, 4>,
}

@group(0) @binding(0) var<uniform> corners: Corners;
@group(0) @binding(1) var picture: texture_2d<f32>;

struct Laid {
    @builtin(position) position: vec4<f32>,
    @location(0) texel: vec2<f32>,
}

// Vertices 0 to 3 of a triangle strip.
@vertex
fn vs_lay(@builtin(vertex_index) index: u32) -> Laid {
    let corner = corners.at[index];
    return Laid(vec4<f32>(corner.xy, 0.0, 1.0), corner.zw);
}

// The texel that a pixel's middle lies in.
@fragment
fn fs_lay(laid: Laid) -> @location(0) vec4<f32> {
    let last = vec2<i32>(textureDimensions(picture)) - vec2<i32>(1);
    let at = clamp(vec2<i32>(floor(laid.texel)), vec2<i32>(0), last);
    return vec4<f32>(textureLoad(picture, at, 0).rgb, 1.0);
}

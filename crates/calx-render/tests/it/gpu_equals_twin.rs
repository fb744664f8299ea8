//! The GPU's picture is the twin's, bit for bit, at 1:1 and resampled, on whatever adapter there is.

use calx_geometry::Transform;
use calx_model::*;
use calx_render::*;

use crate::frames;

/// A renderer, or a word why not. `CALX_GPU=required` turns the word into a failure.
pub(crate) fn gpu(tile_side: u32) -> Option<GpuRenderer> {
    match GpuRenderer::open(GpuOptions { allow_software: true, tile_side }) {
        Ok(renderer) => Some(renderer),
        Err(RenderError::NoAdapter) => {
            assert!(std::env::var("CALX_GPU").as_deref() != Ok("required"), "no adapter, CALX_GPU=required");
            println!("skipped: no adapter");
            None
        }
        Err(other) => panic!("{other}"),
    }
}

#[track_caller]
fn check_equal(name: &str, gpu: &Picture, cpu: &Picture) {
    assert_eq!((gpu.width(), gpu.height()), (cpu.width(), cpu.height()), "{name}");
    let ((Pixels::Grey(a), Pixels::Grey(b)) | (Pixels::Rgba(a), Pixels::Rgba(b))) =
        (gpu.pixels(), cpu.pixels())
    else {
        panic!("{name}: one is grey, the other is not");
    };
    let differing = a.iter().zip(b).filter(|(a, b)| a != b).count();
    let first = a.iter().zip(b).position(|(a, b)| a != b);
    assert_eq!(differing, 0, "{name}: {differing} of {} bytes differ, the first at {first:?}", a.len());
}

fn check_all(renderer: &mut GpuRenderer, view: impl Fn(&Frame) -> View) {
    for given in frames::all(700, 300) {
        let table = DisplayTable::build(&given.pipeline, &given.frame, given.bits_stored).unwrap();
        let view = view(&given.frame);
        let drawn = renderer.draw(&given.frame, &table, &view).unwrap();
        let twin = CpuRenderer.draw(&given.frame, &table, &view).unwrap();
        check_equal(given.name, &drawn, &twin);
        let (Pixels::Grey(bytes) | Pixels::Rgba(bytes)) = twin.pixels();
        let first = bytes.first();
        let varied = bytes.iter().any(|b| Some(b) != first);
        assert_eq!(varied, given.name != "u8 constant", "{}: the picture says nothing", given.name);
    }
}

#[test]
fn one_to_one_whole_and_in_tiles() {
    let Some(mut whole) = gpu(4096) else { return };
    check_all(&mut whole, View::one_to_one);
    let Some(mut tiled) = gpu(256) else { return };
    check_all(&mut tiled, View::one_to_one);
    check_all(&mut tiled, |f| View::one_to_one(f).turned(1).mirrored_across());
    check_all(&mut tiled, |_| View::crop(650, 250, 100, 100));
}

#[test]
fn resampled_whole_and_in_tiles() {
    for tile_side in [4096, 256] {
        let Some(mut renderer) = gpu(tile_side) else { return };
        check_all(&mut renderer, |f| View::fit(f, 333, 222, 1.0));
        check_all(&mut renderer, |f| View::fit(f, 333, 222, 1.7).turned(3));
        check_all(&mut renderer, |f| View::fit(f, 16, 16, 1.0));
        check_all(&mut renderer, |f| {
            let part = View::fit(f, 900, 500, 1.0);
            View { width: 410, height: 270, ..part }
        });
    }
}

#[test]
fn turned_by_no_quarter() {
    let Some(mut renderer) = gpu(256) else { return };
    for scale in [0.4, 2.7] {
        check_all(&mut renderer, |_| {
            let (s, c) = (0.5f64.sin() * scale, 0.5f64.cos() * scale);
            View { image_from_target: Transform::new([c, s, -s, c, 120.0, -60.0]), width: 300, height: 280 }
        });
    }
}

#[test]
fn a_new_window_and_a_new_frame_take_effect() {
    let Some(mut renderer) = gpu(4096) else { return };
    let given = frames::all(64, 48);
    let view = View::one_to_one(&given[0].frame);
    for round in 0..2 {
        for g in &given {
            let mut pipeline = g.pipeline.clone();
            pipeline.invert ^= round == 1;
            let table = DisplayTable::build(&pipeline, &g.frame, g.bits_stored).unwrap();
            let drawn = renderer.draw(&g.frame, &table, &view).unwrap();
            check_equal(g.name, &drawn, &CpuRenderer.draw(&g.frame, &table, &view).unwrap());
        }
    }
}

/// Dragging a window sends a table, whatever the size of the image.
#[test]
fn a_window_change_uploads_no_pixels() {
    let Some(mut renderer) = gpu(4096) else { return };
    let values: Vec<u16> = (0..3000u32 * 2500).map(|k| u16::try_from(k * 31 % 4096).unwrap()).collect();
    let frame = Frame::new(3000, 2500, Samples::U16(values.into())).unwrap();
    let view = View::fit(&frame, 1920, 1080, 1.0);
    let mut sent = Vec::new();
    for width in [4096.0, 2000.0, 1000.0, 1000.0] {
        let pipeline = frames::chain(frames::window(2048.0, width, VoiLutFunction::Linear));
        let table = DisplayTable::build(&pipeline, &frame, 12).unwrap();
        let before = renderer.uploaded_bytes();
        renderer.draw(&frame, &table, &view).unwrap();
        sent.push(renderer.uploaded_bytes() - before);
    }
    assert!(sent[0] > 15_000_000, "the pixels go once: {sent:?}");
    assert_eq!(sent[1..], [65_536, 65_536, 0], "first {}", sent[0]);
}

/// The values lie on the GPU already, but not in the rows of the second frame.
#[test]
fn the_same_values_in_another_shape_are_another_frame() {
    let Some(mut renderer) = gpu(4096) else { return };
    let wide = frames::all(64, 48).swap_remove(0);
    let tall = Frame::new(48, 64, wide.frame.samples().clone()).unwrap();
    let table = DisplayTable::build(&wide.pipeline, &tall, wide.bits_stored).unwrap();
    for frame in [&wide.frame, &tall, &wide.frame] {
        let view = View::one_to_one(frame);
        let drawn = renderer.draw(frame, &table, &view).unwrap();
        check_equal("reshaped", &drawn, &CpuRenderer.draw(frame, &table, &view).unwrap());
    }
}

#[test]
fn a_table_for_other_samples_is_refused_and_drawing_goes_on() {
    let given = frames::all(8, 8);
    let table = DisplayTable::build(&given[2].pipeline, &given[2].frame, 12).unwrap();
    let view = View::one_to_one(&given[0].frame);
    let refused = CpuRenderer.draw(&given[0].frame, &table, &view).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the display table was made for unsigned 16-bit values, the frame holds unsigned 8-bit values"
    );
    let Some(mut renderer) = gpu(4096) else { return };
    assert!(matches!(renderer.draw(&given[0].frame, &table, &view), Err(RenderError::Mismatch { .. })));
    assert!(renderer.draw(&given[2].frame, &table, &view).is_ok());
}

/// Nothing of the picture may be allocated first: 2^40 bytes would end the program.
#[test]
fn a_target_beyond_all_memory_is_refused_by_both() {
    let given = frames::all(8, 8);
    let table = DisplayTable::build(&given[0].pipeline, &given[0].frame, 8).unwrap();
    let view = View::crop(0, 0, 1 << 20, 1 << 20);
    let too_large = |drawn| matches!(drawn, Err(RenderError::TooLarge { .. }));
    assert!(too_large(CpuRenderer.draw(&given[0].frame, &table, &view)));
    let Some(mut renderer) = gpu(4096) else { return };
    assert!(too_large(renderer.draw(&given[0].frame, &table, &view)));
}

#[test]
fn the_renderer_says_what_it_is() {
    assert_eq!(open(RendererChoice::Cpu).unwrap().describe().to_string(), "CPU");
    let auto = open(RendererChoice::Auto).unwrap().describe();
    assert!(auto.kind == RendererKind::Cpu || auto.is_hardware, "{auto}");
    let Some(renderer) = gpu(4096) else { return };
    let described = renderer.describe();
    assert_eq!(described.kind, RendererKind::Gpu);
    let listed = adapters();
    assert!(listed.iter().any(|a| a.name == described.adapter && a.backend == described.backend));
    println!("drawn by {described}");
}

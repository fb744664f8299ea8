//! `calx doctor`: what this machine can do.

use calx_model::{DisplayPipeline, Frame, Samples, VoiLut, VoiLutFunction, Window};
use calx_render::{CpuRenderer, DisplayTable, GpuOptions, GpuRenderer, Renderer, View, adapters};
use clap::Args;
use serde_json::json;

use super::import::many;
use crate::args::{Format, Global};
use crate::failure::{Exit, Outcome};
use crate::out::{Out, one_line};
use crate::session;

/// Say what this machine can do: adapters, codecs, limits, paths, versions.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {}

/// What calx does not know of the screen.
const MONITOR: &str =
    "display values go out as they are; the curve of the monitor (GSDF, PS3.14) is not corrected";

pub(crate) fn run(_args: &DoctorArgs, global: &Global, out: &Out) -> Outcome {
    let adapters = adapters();
    let hardware = adapters.iter().find(|a| a.is_hardware);
    let drawn_by = hardware.map_or_else(|| "CPU".to_owned(), |a| a.name.clone());
    let check = render_check();
    let codecs = calx_dicom::supported_transfer_syntaxes();
    let workspace = session::workspace_untold(global).ok();
    let network = workspace.as_ref().and_then(calx_workspace::Workspace::network_note);
    let whole = workspace.as_ref().map(|w| w.verify(calx_workspace::VerifyOptions { deep: false }));
    if out.format() != Format::Table {
        let list: Vec<_> = adapters
            .iter()
            .map(|a| json!({"name": a.name, "backend": a.backend, "driver": a.driver, "hardware": a.is_hardware, "max_texture_side": a.max_texture_side}))
            .collect();
        out.json(&json!({
            "schema": "calx.doctor/1", "version": env!("CARGO_PKG_VERSION"), "adapters": list, "auto_draws_with": drawn_by,
            "render_check": check.as_ref().map_or_else(Clone::clone, Clone::clone),
            "codecs": codecs.iter().map(|c| json!({"uid": c.uid, "name": c.name, "reads": c.reads})).collect::<Vec<_>>(),
            "workspace": workspace.as_ref().map(|w| w.root().display().to_string()),
            "workspace_network": network, "monitor_curve": MONITOR,
        }))?;
        return Ok(Exit::Done);
    }
    out.line(format!(
        "calx      {} · for teaching and research, not for primary diagnosis",
        env!("CARGO_PKG_VERSION")
    ))?;
    if adapters.is_empty() {
        out.line("adapter   none: the CPU draws (for a software adapter: mesa-vulkan-drivers, libvulkan1)")?;
    }
    for adapter in &adapters {
        let kind = if adapter.is_hardware { "hardware" } else { "software, with --renderer gpu only" };
        out.line(format!(
            "adapter   {} ({}, {kind}), textures to {} px",
            adapter.name, adapter.backend, adapter.max_texture_side
        ))?;
    }
    out.line(format!("auto      {drawn_by} draws"))?;
    match &check {
        Ok(words) => out.line(format!("check     {words}"))?,
        Err(words) => out.line(format!("check     ✗ {words}"))?,
    }
    out.line(format!("monitor   {MONITOR}"))?;
    for reads in [true, false] {
        let names: Vec<&str> = codecs.iter().filter(|c| c.reads == reads).map(|c| c.name).collect();
        out.line(format!("{}  {}", if reads { "reads   " } else { "cannot  " }, names.join(", ")))?;
    }
    out.line(format!("decoding  {}", workers_line()))?;
    match (&workspace, whole) {
        (Some(workspace), Some(Ok(report))) => out.line(format!(
            "workspace {}: {}, {}, {}",
            one_line(workspace.root()),
            many(report.instances, "instance", "instances"),
            many(report.cases, "case", "cases"),
            if report.is_whole() {
                "whole".to_owned()
            } else {
                format!("{}, see calx verify", many(report.problems.len() as u64, "problem", "problems"))
            }
        ))?,
        (Some(workspace), _) => {
            out.line(format!("workspace {}: could not be checked", one_line(workspace.root())))?;
        }
        (None, _) => out.line("workspace none here")?,
    }
    if let Some(note) = network {
        out.line(format!("network   {note}"))?;
    }
    Ok(if check.is_ok() { Exit::Done } else { Exit::SomeFailed })
}

/// Draws a ramp with the CPU twin and, where there is any adapter, with it, and compares every pixel.
fn render_check() -> Result<String, String> {
    let ramp: Vec<u16> = (0..4096u16).collect();
    let frame = Frame::new(64, 64, Samples::U16(ramp.into())).map_err(|e| e.to_string())?;
    let pipeline = DisplayPipeline {
        modality_lut: calx_model::ModalityLut::Identity,
        voi_lut: VoiLut::Window(Window { center: 2047.5, width: 3000.0, function: VoiLutFunction::Linear }),
        presentation_lut: None,
        invert: false,
        padding: None,
        colour: calx_model::ColourPath::Grey,
        window_origin: "check".to_owned(),
    };
    let table = DisplayTable::build(&pipeline, &frame, 12).map_err(|e| e.to_string())?;
    let view = View::one_to_one(&frame);
    let cpu = CpuRenderer.draw(&frame, &table, &view).map_err(|e| e.to_string())?;
    match GpuRenderer::open(GpuOptions::default()) {
        Err(error) => Ok(format!("CPU drew; no GPU to compare with: {error}")),
        Ok(mut gpu) => {
            let name = gpu.describe().to_string();
            let drawn = gpu.draw(&frame, &table, &view).map_err(|e| e.to_string())?;
            if drawn.to_rgb() == cpu.to_rgb() {
                Ok(format!("GPU = CPU, equal in {} pixels ({name})", 64 * 64))
            } else {
                Err(format!("GPU and CPU differ ({name}); use --renderer cpu and report this"))
            }
        }
    }
}

/// Where codecs run and what bounds them.
fn workers_line() -> String {
    let bound = if calx_dicom::worker::memory_limit_supported() {
        "with limits of time and memory"
    } else {
        "with a limit of time; this system has none of memory"
    };
    format!("in {} processes of their own, {bound}", calx_dicom::FrameSource::cores())
}

//! Pictures drawn straight into parts of a window's texture: one viewport each, pixels shared between them.
//!
//! Not here: the window's pass, and when it is drawn (`calx-app`).
//!
//! Invariants
//! - Pixels are sent once for each frame, at most the caller's budget at a time; a window or a view that changes sends
//!   none.
//! - A frame of which rows are missing is not drawn.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::device::GpuDevice;
use super::kit::Kit;
use super::params::{Entry, Variant};
use super::slot::Slot;
use super::texels::{Resident, Texels};
use crate::footprint::Footprint;
use crate::renderer::RenderError;
use crate::table::DisplayTable;
use crate::view::View;

/// Largest side of a layer of pixels.
const TILE_SIDE: u32 = 4096;
/// What frames that no viewport shows may take on the GPU: going back to one sends nothing.
const KEPT_BYTES: u64 = 256 << 20;

/// What a viewport is to show.
#[derive(Debug, Clone)]
pub struct ViewportJob {
    /// The pixels.
    pub texels: Arc<Texels>,
    /// What they are looked up in.
    pub table: Arc<DisplayTable>,
    /// Where they land.
    pub view: View,
    /// The first pixel of the viewport in the texture that is drawn into.
    pub origin: [i32; 2],
}

/// Whether a viewport can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// Pixels are missing.
    Sending {
        /// Bytes still to be sent.
        left: u64,
    },
}

/// All viewports of a device.
#[derive(Debug)]
pub struct Viewports {
    device: GpuDevice,
    kit: Kit,
    format: wgpu::TextureFormat,
    residents: Vec<Shared>,
    slots: BTreeMap<u32, Placed>,
    /// Bytes of pixels sent since it was made.
    pixels_sent: u64,
    /// Counts what is prepared, to know what was used last.
    clock: u64,
}

#[derive(Debug)]
struct Shared {
    texels: Arc<Texels>,
    resident: Resident,
    used: u64,
}

#[derive(Debug)]
struct Placed {
    slot: Slot,
    texels: Arc<Texels>,
    variant: Variant,
}

impl Viewports {
    /// For a device, drawing into textures of a format that holds display values as they are (Unorm, not sRGB).
    #[must_use]
    pub fn new(device: GpuDevice, format: wgpu::TextureFormat) -> Self {
        let kit = Kit::new(&device.device);
        let (residents, slots) = (Vec::new(), BTreeMap::new());
        Self { device, kit, format, residents, slots, pixels_sent: 0, clock: 0 }
    }

    /// Bytes of pixels sent since it was made.
    #[must_use]
    pub const fn pixels_sent(&self) -> u64 {
        self.pixels_sent
    }

    /// Bytes of tables, boxes and uniforms that the viewports there are were sent.
    #[must_use]
    pub fn rest_sent(&self) -> u64 {
        self.slots.values().map(|placed| placed.slot.sent()).sum()
    }

    /// Brings viewport `key` up to date; takes the bytes of pixels that are sent off `budget`. Until it is ready, it is
    /// drawn as it was.
    ///
    /// # Errors
    /// [`RenderError::View`], [`RenderError::TooLarge`]; a viewport is drawn as it was.
    pub fn prepare(
        &mut self,
        key: u32,
        job: &ViewportJob,
        budget: &mut u64,
    ) -> Result<Readiness, RenderError> {
        let GpuDevice { device, queue, adapter, .. } = &self.device;
        self.clock += 1;
        let clock = self.clock;
        let is_it = |shared: &Shared| Arc::ptr_eq(&shared.texels, &job.texels);
        let at = match self.residents.iter().position(is_it) {
            Some(at) => at,
            None => {
                let side = TILE_SIDE.min(device.limits().max_texture_dimension_2d).max(1);
                let least_layers = if adapter.is_gl() { 2 } else { 1 };
                let resident = Resident::new(device, &job.texels, side, least_layers)?;
                self.residents.push(Shared { texels: Arc::clone(&job.texels), resident, used: clock });
                self.residents.len() - 1
            }
        };
        let Some(shared) = self.residents.get_mut(at) else { return Err(RenderError::View) };
        shared.used = clock;
        let sent = shared.resident.send(queue, &job.texels, budget);
        self.pixels_sent = self.pixels_sent.saturating_add(sent);
        if !shared.resident.is_whole() {
            return Ok(Readiness::Sending { left: shared.resident.left() });
        }
        let [columns, rows] = shared.resident.size();
        let footprint = Footprint::new(&job.view, columns, rows)?;
        let longest = footprint.across.len().max(footprint.down.len());
        if u32::try_from(longest).is_ok_and(|n| n > device.limits().max_texture_dimension_2d) {
            let (width, height) = (job.view.width, job.view.height);
            return Err(RenderError::TooLarge { width, height, columns, rows });
        }
        let is_one_layer = columns <= shared.resident.tile[0] && rows <= shared.resident.tile[1];
        let variant = Variant::new(Entry::of(&job.table), footprint.kind, is_one_layer, self.format);
        self.kit.add_pipeline(device, variant);
        let placed = self.slots.entry(key).or_insert_with(|| Placed {
            slot: Slot::new(device),
            texels: Arc::clone(&job.texels),
            variant,
        });
        if !Arc::ptr_eq(&placed.texels, &job.texels) {
            placed.texels = Arc::clone(&job.texels);
            placed.slot.unbind();
        }
        placed.variant = variant;
        placed.slot.set_table(device, queue, &job.table);
        placed.slot.place(device, queue, &footprint.across, &footprint.down);
        let shown = (&*job.table, &footprint);
        placed.slot.bind((device, queue), &self.kit, &shared.resident, shown, job.origin);
        self.let_go();
        Ok(Readiness::Ready)
    }

    /// Draws a viewport that was [prepared](Viewports::prepare) into a pass whose viewport is set; another is left out.
    pub fn draw_into(&self, key: u32, pass: &mut wgpu::RenderPass<'_>) {
        if let Some(placed) = self.slots.get(&key) {
            placed.slot.draw(pass, &self.kit, placed.variant);
        }
    }

    /// Lets go of viewports that are not among `kept`.
    pub fn keep(&mut self, kept: impl Fn(u32) -> bool) {
        self.slots.retain(|key, _| kept(*key));
        self.let_go();
    }

    /// Lets go of the frames that were not shown for longest, as far as there is no room for them.
    fn let_go(&mut self) {
        let slots = &self.slots;
        let is_shown = |shared: &Shared| slots.values().any(|p| Arc::ptr_eq(&p.texels, &shared.texels));
        let mut kept: Vec<(u64, u64)> = self
            .residents
            .iter()
            .filter(|shared| !is_shown(shared))
            .map(|shared| (shared.used, shared.resident.bytes()))
            .collect();
        kept.sort_unstable_by_key(|(used, _)| std::cmp::Reverse(*used));
        let mut bytes = 0u64;
        let first_gone = kept.into_iter().find_map(|(used, size)| {
            bytes = bytes.saturating_add(size);
            (bytes > KEPT_BYTES).then_some(used)
        });
        if let Some(used) = first_gone {
            self.residents.retain(|shared| is_shown(shared) || shared.used > used);
        }
    }
}

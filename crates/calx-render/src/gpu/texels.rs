//! Stored values as texels: made once beside the window, sent in bands that a frame has room for.
//!
//! Not here: the table they are looked up in ([`super::slot`]).
//!
//! Invariants
//! - Texels do not depend on the window, but those of 32-bit and floating-point values, whose 16-bit indices do
//!   (`quantise.rs`): each change of window computes them again and sends them all. Indices that did not would be too
//!   coarse for a narrow window in a wide range.
//! - An image wider than a tile is cut into layers of one texture array, so a box may cross tiles.

use calx_model::{Frame, Samples, Values};

use crate::renderer::RenderError;
use crate::source::{Index, Source, source_key};
use crate::table::{DisplayTable, Remap};

/// Which values texels were made of, and how.
#[derive(Debug, Clone)]
struct Key {
    /// Keeps the values alive, so that their address identifies them.
    samples: Samples,
    /// The same values may be told to have another shape.
    columns: u32,
    rows: u32,
    remap: Option<Remap>,
    shift: u32,
}

/// The pixels of one frame as a texture takes them.
#[derive(Debug)]
pub struct Texels {
    key: Key,
    format: wgpu::TextureFormat,
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    /// As the frame has them.
    Shared,
    Bytes(Vec<u8>),
    Words(Vec<u16>),
}

impl Texels {
    /// Prepares `frame` for `table`. Signed values are biased and colours get a fourth channel, which takes a copy.
    ///
    /// # Errors
    /// [`RenderError::Mismatch`] when the table was made for another kind of samples.
    pub fn of(frame: &Frame, table: &DisplayTable) -> Result<Self, RenderError> {
        use wgpu::TextureFormat::{R8Uint, R16Uint, Rgba8Uint};
        let (format, bytes) = match Source::new(frame, table)? {
            Source::U8(_) => (R8Uint, Bytes::Shared),
            Source::I8(v) => (R8Uint, Bytes::Bytes(v.iter().map(|x| x.cast_unsigned() ^ 0x80).collect())),
            Source::U16(_) => (R16Uint, Bytes::Shared),
            Source::I16(v) => (R16Uint, Bytes::Words(v.iter().map(|x| x.index()).collect())),
            Source::Mapped(v) => (R16Uint, Bytes::Words(v)),
            Source::Rgb(v) => {
                let mut out = Vec::with_capacity(v.len() / 3 * 4);
                for pixel in v.chunks_exact(3) {
                    out.extend_from_slice(pixel);
                    out.push(255);
                }
                (Rgba8Uint, Bytes::Bytes(out))
            }
        };
        let (remap, shift) = source_key(table);
        let key = Key {
            samples: frame.samples().clone(),
            columns: frame.columns(),
            rows: frame.rows(),
            remap: remap.cloned(),
            shift,
        };
        Ok(Self { key, format, bytes })
    }

    /// Whether texels for such a table depend on the window, so that another window needs others.
    #[must_use]
    pub fn depend_on_the_window(table: &DisplayTable) -> bool {
        matches!(source_key(table).0, Some(Remap::Quantise(_)))
    }

    /// Whether they are what `frame` is through `table`.
    #[must_use]
    pub fn serve(&self, frame: &Frame, table: &DisplayTable) -> bool {
        self.key.is(frame, table)
    }

    /// Whether making them takes a copy of the frame: work for another thread than the window's.
    #[must_use]
    pub fn take_a_copy(frame: &Frame, table: &DisplayTable) -> bool {
        let is_shared = matches!(frame.samples(), Samples::U8(_) | Samples::U16(_));
        !is_shared || source_key(table).0.is_some()
    }

    fn bytes(&self) -> &[u8] {
        match (&self.bytes, &self.key.samples) {
            (Bytes::Bytes(v), _) => v,
            (Bytes::Words(v), _) => bytemuck::cast_slice(v),
            (Bytes::Shared, Samples::U8(v)) => v,
            (Bytes::Shared, Samples::U16(v)) => bytemuck::cast_slice(v),
            (Bytes::Shared, _) => &[],
        }
    }
}

impl Key {
    fn is(&self, frame: &Frame, table: &DisplayTable) -> bool {
        (self.columns, self.rows) == (frame.columns(), frame.rows())
            && same_values(&self.samples, frame.samples())
            && source_key(table) == (self.remap.as_ref(), self.shift)
    }
}

fn same_values(a: &Samples, b: &Samples) -> bool {
    match (a, b) {
        (Samples::U8(a), Samples::U8(b)) => Values::ptr_eq(a, b),
        (Samples::I8(a), Samples::I8(b)) => Values::ptr_eq(a, b),
        (Samples::U16(a), Samples::U16(b)) => Values::ptr_eq(a, b),
        (Samples::I16(a), Samples::I16(b)) => Values::ptr_eq(a, b),
        (Samples::U32(a), Samples::U32(b)) => Values::ptr_eq(a, b),
        (Samples::I32(a), Samples::I32(b)) => Values::ptr_eq(a, b),
        (Samples::F32(a), Samples::F32(b)) => Values::ptr_eq(a, b),
        (Samples::F64(a), Samples::F64(b)) => Values::ptr_eq(a, b),
        (Samples::Colour8(m, a), Samples::Colour8(n, b)) => m == n && Values::ptr_eq(a, b),
        (Samples::Colour16(m, a), Samples::Colour16(n, b)) => m == n && Values::ptr_eq(a, b),
        _ => false,
    }
}

/// The texture of some texels, filled from the first row to the last.
#[derive(Debug)]
pub(crate) struct Resident {
    key: Key,
    texture: wgpu::Texture,
    pub(crate) view: wgpu::TextureView,
    pub(crate) tile: [u32; 2],
    pub(crate) tiles_across: u32,
    layers: u32,
    bytes_per_texel: u32,
    /// The layer and the row of it that are sent next.
    next: (u32, u32),
}

impl Resident {
    /// Makes the texture, empty. `tile_side` is the largest side of a layer; `least_layers` is 2 on GL, which cannot see
    /// a texture of one layer as an array.
    ///
    /// # Errors
    /// [`RenderError::TooLarge`].
    pub(crate) fn new(
        device: &wgpu::Device,
        texels: &Texels,
        tile_side: u32,
        least_layers: u32,
    ) -> Result<Self, RenderError> {
        let (columns, rows) = (texels.key.columns, texels.key.rows);
        let (tiles_across, tiles_down) = (columns.div_ceil(tile_side), rows.div_ceil(tile_side));
        // Even tiles: a layer of the last row or column is hardly larger than what it holds.
        let tile = [columns.div_ceil(tiles_across.max(1)), rows.div_ceil(tiles_down.max(1))];
        let layers = tiles_across.saturating_mul(tiles_down);
        if layers > device.limits().max_texture_array_layers {
            return Err(RenderError::TooLarge { width: columns, height: rows, columns, rows });
        }
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("stored values"),
            size: wgpu::Extent3d {
                width: tile[0],
                height: tile[1],
                depth_or_array_layers: layers.max(least_layers),
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: texels.format,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor {
            dimension: Some(wgpu::TextureViewDimension::D2Array),
            ..Default::default()
        });
        Ok(Self {
            key: texels.key.clone(),
            texture,
            view,
            tile,
            tiles_across,
            layers,
            bytes_per_texel: texels.format.block_copy_size(None).unwrap_or(1),
            next: (0, 0),
        })
    }

    pub(crate) fn holds(&self, frame: &Frame, table: &DisplayTable) -> bool {
        self.is_whole() && self.key.is(frame, table)
    }

    pub(crate) const fn size(&self) -> [u32; 2] {
        [self.key.columns, self.key.rows]
    }

    pub(crate) const fn is_whole(&self) -> bool {
        self.next.0 >= self.layers
    }

    /// Bytes of the whole of it.
    pub(crate) fn bytes(&self) -> u64 {
        u64::from(self.key.columns) * u64::from(self.key.rows) * u64::from(self.bytes_per_texel)
    }

    /// Sends rows as long as `budget` lasts, at least one; takes what was sent off the budget. How many bytes went.
    pub(crate) fn send(&mut self, queue: &wgpu::Queue, texels: &Texels, budget: &mut u64) -> u64 {
        let (columns, rows, bytes) = (self.key.columns, self.key.rows, texels.bytes());
        let mut sent = 0;
        while *budget > 0 && !self.is_whole() {
            let (layer, row) = self.next;
            let (left, top) =
                ((layer % self.tiles_across) * self.tile[0], (layer / self.tiles_across) * self.tile[1]);
            let (width, height) =
                (self.tile[0].min(columns.saturating_sub(left)), self.tile[1].min(rows.saturating_sub(top)));
            if width == 0 || row >= height {
                self.next = (layer + 1, 0);
                continue;
            }
            let row_bytes = u64::from(width) * u64::from(self.bytes_per_texel);
            let fits = u32::try_from(*budget / row_bytes.max(1)).unwrap_or(u32::MAX).max(1);
            let count = fits.min(height - row);
            let first = u64::from(top + row) * u64::from(columns) + u64::from(left);
            let offset = usize::try_from(first * u64::from(self.bytes_per_texel)).unwrap_or(usize::MAX);
            queue.write_texture(
                wgpu::TexelCopyTextureInfo {
                    texture: &self.texture,
                    mip_level: 0,
                    origin: wgpu::Origin3d { x: 0, y: row, z: layer },
                    aspect: wgpu::TextureAspect::All,
                },
                bytes.get(offset..).unwrap_or_default(),
                wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(columns.saturating_mul(self.bytes_per_texel)),
                    rows_per_image: None,
                },
                wgpu::Extent3d { width, height: count, depth_or_array_layers: 1 },
            );
            let band = row_bytes * u64::from(count);
            *budget = budget.saturating_sub(band);
            sent += band;
            self.next = if row + count >= height { (layer + 1, 0) } else { (layer, row + count) };
        }
        sent
    }

    /// Bytes that are not sent yet.
    pub(crate) fn left(&self) -> u64 {
        let (layer, row) = self.next;
        let tile = u64::from(self.tile[0]) * u64::from(self.bytes_per_texel);
        let rows = u64::from(self.layers.saturating_sub(layer)) * u64::from(self.tile[1]);
        rows.saturating_sub(u64::from(row)).saturating_mul(tile)
    }
}

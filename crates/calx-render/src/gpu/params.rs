//! The uniforms and constants of `shaders/window_voi.wgsl`. A test compares this layout with the shader's own.

use bytemuck::{Pod, Zeroable};

use crate::footprint::FootprintKind;
use crate::table::{DisplayTable, TablePath};

/// `Params` of the shader, field by field.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
pub(crate) struct Params {
    pub(crate) image: [i32; 2],
    pub(crate) tile: [i32; 2],
    pub(crate) tiles_across: i32,
    pub(crate) samples: i32,
    pub(crate) padding: [u32; 2],
    /// The first target pixel in the texture that is drawn into: a viewport is a part of the window's.
    pub(crate) origin: [i32; 2],
    /// Makes it a multiple of 16 bytes, as GL lays out uniforms.
    pub(crate) reserved: [i32; 2],
}

/// What a pipeline is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) entry: Entry,
    kind: u8,
    is_exact: bool,
    is_one_layer: bool,
    /// Of its target.
    pub(crate) format: wgpu::TextureFormat,
}

impl Variant {
    pub(crate) fn new(
        entry: Entry,
        kind: FootprintKind,
        is_one_layer: bool,
        format: wgpu::TextureFormat,
    ) -> Self {
        let (kind, is_exact) = match kind {
            FootprintKind::Straight { exact } => (0, exact),
            FootprintKind::Swapped { exact } => (1, exact),
            FootprintKind::Turned { .. } => (2, false),
        };
        Self { entry, kind, is_exact, is_one_layer, format }
    }

    /// The shader's override constants.
    pub(crate) fn constants(self) -> [(&'static str, f64); 3] {
        [
            ("KIND", f64::from(self.kind)),
            ("EXACT", f64::from(u8::from(self.is_exact))),
            ("ONE_LAYER", f64::from(u8::from(self.is_one_layer))),
        ]
    }
}

/// Which fragment entry draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Grey,
    Palette,
    Colour,
}

impl Entry {
    pub(crate) fn of(table: &DisplayTable) -> Self {
        match table.path {
            TablePath::Grey(_) => Self::Grey,
            TablePath::Palette(_) => Self::Palette,
            TablePath::Colour { .. } => Self::Colour,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Grey => "fs_grey",
            Self::Palette => "fs_palette",
            Self::Colour => "fs_colour",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_shaders() {
        let module = naga::front::wgsl::parse_str(crate::gpu::SHADER).unwrap();
        let (_, found) = module.types.iter().find(|(_, t)| t.name.as_deref() == Some("Params")).unwrap();
        let naga::TypeInner::Struct { members, span } = &found.inner else { panic!("not a struct") };
        let offsets: Vec<(&str, usize)> =
            members.iter().map(|m| (m.name.as_deref().unwrap(), m.offset as usize)).collect();
        assert_eq!(
            offsets,
            [
                ("image", std::mem::offset_of!(Params, image)),
                ("tile", std::mem::offset_of!(Params, tile)),
                ("tiles_across", std::mem::offset_of!(Params, tiles_across)),
                ("samples", std::mem::offset_of!(Params, samples)),
                ("padding", std::mem::offset_of!(Params, padding)),
                ("origin", std::mem::offset_of!(Params, origin)),
                ("reserved", std::mem::offset_of!(Params, reserved)),
            ]
        );
        assert_eq!(*span as usize, size_of::<Params>());
    }
}

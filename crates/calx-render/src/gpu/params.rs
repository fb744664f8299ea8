//! The uniforms of `shaders/window_voi.wgsl`. A test compares this layout with the shader's own.

use bytemuck::{Pod, Zeroable};

use crate::footprint::FootprintKind;

/// `Params` of the shader, field by field.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
pub(crate) struct Params {
    pub(crate) image: [i32; 2],
    pub(crate) tile: [i32; 2],
    pub(crate) tiles_across: i32,
    pub(crate) kind: i32,
    pub(crate) exact: i32,
    pub(crate) samples: i32,
    pub(crate) padding: [u32; 2],
    pub(crate) unused: [u32; 2],
}

/// `kind`, `exact` and `samples` as the shader numbers them.
pub(crate) fn kind_words(kind: FootprintKind) -> (i32, i32, i32) {
    match kind {
        FootprintKind::Straight { exact } => (0, i32::from(exact), 1),
        FootprintKind::Swapped { exact } => (1, i32::from(exact), 1),
        FootprintKind::Turned { samples } => (2, 0, i32::try_from(samples).unwrap_or(1)),
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
        let offsets: Vec<(&str, u32)> =
            members.iter().map(|m| (m.name.as_deref().unwrap(), m.offset)).collect();
        assert_eq!(
            offsets,
            [
                ("image", std::mem::offset_of!(Params, image) as u32),
                ("tile", std::mem::offset_of!(Params, tile) as u32),
                ("tiles_across", std::mem::offset_of!(Params, tiles_across) as u32),
                ("kind", std::mem::offset_of!(Params, kind) as u32),
                ("exact", std::mem::offset_of!(Params, exact) as u32),
                ("samples", std::mem::offset_of!(Params, samples) as u32),
                ("padding", std::mem::offset_of!(Params, padding) as u32),
                ("unused", std::mem::offset_of!(Params, unused) as u32),
            ]
        );
        assert_eq!(*span as usize, size_of::<Params>());
    }
}

//! Every shader in `shaders/` parses and is valid, with or without an adapter.

use std::path::Path;

#[test]
fn every_shader_parses_and_validates() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shaders");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "wgsl") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let module = naga::front::wgsl::parse_str(&text)
            .unwrap_or_else(|e| panic!("{}", e.emit_to_string_with_path(&text, &path.display().to_string())));
        let mut validator = naga::valid::Validator::new(
            naga::valid::ValidationFlags::all(),
            naga::valid::Capabilities::empty(),
        );
        validator.validate(&module).unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
        assert!(!module.entry_points.is_empty(), "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 1, "no shader found");
}

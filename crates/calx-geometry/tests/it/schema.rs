//! The JSON schemas describe what is written and what is read.

use calx_geometry::{Area, Ellipse, Mask, Outline, Part, Rectangle, VesselPath};
use schemars::schema_for;
use serde_json::{Value, json};

#[test]
fn schemas_have_the_names_and_forms_of_the_shapes() {
    #[track_caller]
    fn check(schema: &schemars::Schema, title: &str, pointer: &str, expected: &Value) {
        let value = schema.as_value();
        assert_eq!(value.pointer("/title"), Some(&json!(title)), "{value}");
        assert_eq!(value.pointer(pointer), Some(expected), "{value}");
    }
    check(&schema_for!(Outline), "Outline", "/minItems", &json!(3));
    check(&schema_for!(Part), "Part", "/required", &json!(["outer"]));
    check(&schema_for!(Area), "Area", "/properties/parts/minItems", &json!(1));
    check(&schema_for!(VesselPath), "VesselPath", "/required", &json!(["vertices"]));
    check(&schema_for!(Ellipse), "Ellipse", "/properties/axis_ends/maxItems", &json!(4));
    check(&schema_for!(Rectangle), "Rectangle", "/properties/corners/minItems", &json!(4));
    check(&schema_for!(Mask), "Mask", "/properties/runs/items/type", &json!("integer"));
}

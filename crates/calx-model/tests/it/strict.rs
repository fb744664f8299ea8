//! A key that nobody knows, and a key that is missing, stop the reading: else a word would be lost in silence.

use calx_model::{Action, Document, Origin};
use calx_model::{
    Case, Edit, ImageRead, JournalRow, PixelSpacing, Playlist, PlaylistEdit, RichText, Scope, Stamp,
    StudyTime, Target, Window, WindowChoice,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::generate::Maker;
use crate::generate_shape::{Dice, shape};
use crate::samples::{empty_case, id, stamp, three_squares};

/// Every object inside a value gets one key more, one at a time; what is a map of free words is left out.
fn with_one_more(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(map) => {
            let mut more = map.clone();
            more.insert("zz_unknown".to_owned(), json!(1));
            all.push(Value::Object(more));
            for (key, inner) in map.iter().filter(|(key, _)| *key != "attributes") {
                for changed in with_one_more(inner) {
                    let mut map = map.clone();
                    map.insert(key.clone(), changed);
                    all.push(Value::Object(map));
                }
            }
        }
        Value::Array(list) => {
            for (at, inner) in list.iter().enumerate() {
                for changed in with_one_more(inner) {
                    let mut list = list.clone();
                    list[at] = changed;
                    all.push(Value::Array(list));
                }
            }
        }
        _ => {}
    }
    all
}

#[track_caller]
fn check_strict<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(thing: &T) {
    let value = serde_json::to_value(thing).unwrap();
    assert_eq!(serde_json::from_value::<T>(value.clone()).unwrap(), *thing);
    for more in with_one_more(&value) {
        assert!(serde_json::from_value::<T>(more.clone()).is_err(), "read in silence: {more}");
    }
}

fn strict<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(json: Value) {
    check_strict(&serde_json::from_value::<T>(json).unwrap());
}

#[test]
fn no_variant_lets_an_unknown_key_pass() {
    strict::<Scope>(json!({"of": "case"}));
    strict::<Scope>(json!({"of": "image", "image": uuid::Uuid::nil()}));
    strict::<Target>(json!({"to": "image", "image": uuid::Uuid::nil(), "frames": [1]}));
    strict::<StudyTime>(json!({"kind": "unknown"}));
    strict::<StudyTime>(json!({"kind": "relative_day", "day": 3}));
    let nil = uuid::Uuid::nil();
    strict::<ImageRead>(json!({"image": nil, "reading": nil, "state": "unread"}));
    strict::<ImageRead>(json!({"image": nil, "reading": nil, "state": "in_progress"}));
    strict::<ImageRead>(json!({"image": nil, "reading": nil, "state": "done", "result": "none_seen"}));
    strict::<ImageRead>(json!({"image": nil, "reading": nil, "state": "excluded", "why": "blurred"}));
    strict::<Origin>(json!({"from": "drawn", "tool": "polygon"}));
    strict::<Window>(json!({"center": 1.0, "width": 2.0, "function": "LINEAR"}));
    strict::<WindowChoice>(json!({"set": {"center": 1.0, "width": 2.0, "function": "LINEAR"}}));
    strict::<PixelSpacing>(
        json!({"between_rows_mm": 0.1, "between_columns_mm": 0.1, "basis": {"calibrated": {"description": "ruler"}}}),
    );
    strict::<PlaylistEdit>(json!({"op": "set_title", "title": "a"}));
    strict::<Playlist>(json!({"id": uuid::Uuid::nil(), "title": "a", "cases": [], "order": "listed"}));
    strict::<RichText>(
        json!([{"run": "words", "text": "a"}, {"run": "cite", "references": [uuid::Uuid::nil()]}]),
    );
    strict::<Stamp>(serde_json::to_value(stamp(1)).unwrap());
    let mut dice = Dice(7);
    let mut kinds = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let drawn = shape(&mut dice, &crate::samples::image(1));
        if kinds.insert(drawn.kind()) {
            check_strict(&drawn);
        }
    }
    assert_eq!(kinds.len(), 9, "{kinds:?}");
}

#[test]
fn no_row_and_no_edit_lets_an_unknown_key_pass() {
    check_strict::<Case>(&three_squares());
    let mut document = Document::create(three_squares(), stamp(1)).unwrap();
    let mut dice = Dice(11);
    let mut kinds = std::collections::BTreeSet::new();
    for second in 2..400 {
        let case = document.case().clone();
        let Some(edit) = (Maker { dice: &mut dice, case: &case }).simple() else { continue };
        if !kinds.contains(crate::generate::op(&edit)) {
            kinds.insert(crate::generate::op(&edit));
            check_strict::<Edit>(&edit);
        }
        if let Ok(row) = document.row_for(edit, stamp(second)) {
            document.push(row).unwrap();
        }
    }
    assert_eq!(kinds.len(), crate::generate::OPS - 1, "{kinds:?}");
    for row in document.rows().iter().skip(1).take(20) {
        check_strict::<JournalRow>(row);
    }
    for action in [Action::Undo { of: 2 }, Action::Redo { of: 2 }] {
        check_strict(&action);
    }
    check_strict(&empty_case());
}

#[test]
fn a_reading_state_and_its_result_cannot_contradict() {
    let nil = uuid::Uuid::nil();
    for wrong in [
        json!({"image": nil, "reading": nil, "state": "unread", "result": "marked"}),
        json!({"image": nil, "reading": nil, "state": "in_progress", "result": "none_seen"}),
        json!({"image": nil, "reading": nil, "state": "done"}),
        json!({"image": nil, "reading": nil, "state": "done", "result": null}),
        json!({"image": nil, "reading": nil, "state": "excluded", "why": "blurred", "result": "marked"}),
    ] {
        assert!(serde_json::from_value::<ImageRead>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn what_may_be_null_must_be_there() {
    let read = Edit::SetRead { image: id(2, 1), reading: id(9, 1), index: 0, read: None };
    let reference = Edit::SetReference { reference: id(8, 1), text: "A".to_owned(), doi: None };
    for (edit, key) in [(read, "read"), (reference, "doi")] {
        let mut value = serde_json::to_value(&edit).unwrap();
        assert_eq!(value[key], Value::Null);
        assert_eq!(serde_json::from_value::<Edit>(value.clone()).unwrap(), edit);
        value.as_object_mut().unwrap().remove(key);
        let error = serde_json::from_value::<Edit>(value).unwrap_err().to_string();
        assert!(error.contains(&format!("missing field `{key}`")), "{error}");
    }
}

//! Arbitrary JSON, and damaged forms of good responses: the inputs of the property tests.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Any JSON value, three levels deep.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[a-z_]{1,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,12}", inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// What happens to a part of a value.
#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    Remove,
    Wrap,
    Twice,
}

/// A good value after one to four changes in places of it.
pub(crate) fn mutations_of(good: Value) -> impl Strategy<Value = Value> {
    let change = prop_oneof![
        4 => any_json().prop_map(Change::Replace),
        2 => Just(Change::Remove),
        1 => Just(Change::Wrap),
        1 => Just(Change::Twice),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), change), 1..5).prop_map(move |changes| {
        let mut value = good.clone();
        for (place, change) in changes {
            let places = places(&value);
            apply(&mut value, place.get::<String>(&places), change);
        }
        value
    })
}

/// The JSON pointers of a value and of everything in it.
pub(crate) fn places(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, into: &mut Vec<String>) {
        into.push(at.to_owned());
        match value {
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(place, item)| walk(item, &format!("{at}/{place}"), into));
            }
            Value::Object(fields) => {
                let key = |key: &str| key.replace('~', "~0").replace('/', "~1");
                fields.iter().for_each(|(name, field)| walk(field, &format!("{at}/{}", key(name)), into));
            }
            _ => {}
        }
    }
    let mut into = Vec::new();
    walk(value, "", &mut into);
    into
}

fn apply(value: &mut Value, at: &str, change: Change) {
    if let (Change::Remove, Some((above, name))) = (&change, at.rsplit_once('/')) {
        match value.pointer_mut(above) {
            Some(Value::Object(fields)) => drop(fields.remove(name)),
            Some(Value::Array(items)) => {
                if let Some(place) = name.parse().ok().filter(|place| *place < items.len()) {
                    drop(items.remove(place));
                }
            }
            _ => {}
        }
        return;
    }
    let Some(part) = value.pointer_mut(at) else { return };
    *part = match change {
        Change::Replace(other) => other,
        Change::Remove => Value::Null,
        Change::Wrap => json!([part.take()]),
        Change::Twice => json!([part.clone(), part.take()]),
    };
}

/// The value with a field more in each of its objects, as the next version has.
pub(crate) fn with_more_fields(value: &Value, more: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| with_more_fields(item, more)).collect(),
        Value::Object(fields) => {
            let mut fields: Map<String, Value> =
                fields.iter().map(|(name, field)| (name.clone(), with_more_fields(field, more))).collect();
            fields.insert("field_of_the_next_version".to_owned(), more.clone());
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

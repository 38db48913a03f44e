//! Spoils a good document in every way that its schema speaks of: each is a document that must be refused.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// A document with one thing wrong.
pub struct Twin {
    /// What is wrong, and where.
    pub what: String,
    pub document: Value,
}

/// What was made of a good document.
#[derive(Default)]
pub struct Made {
    pub twins: Vec<Twin>,
    /// The properties of the schema that the document has.
    pub met: BTreeSet<String>,
}

/// All twins of a document.
pub fn twins(schema: &Value, document: &Value) -> Made {
    let mut walk = Walk { schema, document, made: Made::default() };
    walk.visit(schema, "", Null::IsWrong);
    walk.made
}

/// The properties that a schema declares, apart from those in its conditions.
pub fn declared(schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(schema, &mut names);
    names
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let properties = members.get("properties").and_then(Value::as_object);
            names.extend(properties.into_iter().flat_map(|properties| properties.values().map(name)));
            let conditions = ["if", "then", "else", "not"];
            let unconditional = members.iter().filter(|(key, _)| !conditions.contains(&key.as_str()));
            unconditional.for_each(|(_, value)| collect(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

/// A property by what it is: two that are the same in every word need one document.
fn name(property: &Value) -> String {
    property.to_string()
}

/// Whether `null` is a wrong value here, or one of several that are allowed.
#[derive(Clone, Copy, PartialEq)]
enum Null {
    IsWrong,
    MayBeRight,
}

struct Walk<'s> {
    schema: &'s Value,
    document: &'s Value,
    made: Made,
}

impl<'s> Walk<'s> {
    /// Spoils what the schema says of the value at a place of the document.
    fn visit(&mut self, schema: &'s Value, at: &str, null: Null) {
        let instance: &'s Value = self.document.pointer(at).expect("a place in the document");
        self.spoil(schema, at, null);
        for (key, value) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if instance.get(key).is_some() {
                self.made.met.insert(name(value));
                self.visit(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), Null::IsWrong);
            }
        }
        if let (Some(items), Some(found)) = (schema.get("items"), instance.as_array()) {
            (0..found.len()).for_each(|place| self.visit(items, &format!("{at}/{place}"), Null::IsWrong));
        }
        if let (Some(rest @ Value::Object(_)), Some(found)) = (schema.get("additionalProperties"), instance.as_object())
        {
            found.keys().for_each(|key| self.visit(rest, &format!("{at}/{key}"), Null::IsWrong));
        }
        for (part, null) in self.parts(schema, instance, null) {
            self.visit(part, at, null);
        }
    }

    /// The other schemas that hold for a value: what is referred to, what a condition leads to, the only alternative.
    fn parts(&self, schema: &'s Value, instance: &Value, null: Null) -> Vec<(&'s Value, Null)> {
        let mut parts = Vec::new();
        if let Some(at) = schema.get("$ref").and_then(Value::as_str) {
            parts.push((self.schema.pointer(at.trim_start_matches('#')).expect("a definition"), null));
        }
        let list = |name: &str| schema.get(name).and_then(Value::as_array).into_iter().flatten();
        parts.extend(list("allOf").map(|part| (part, null)));
        let fitting: Vec<&'s Value> = list("anyOf").filter(|part| self.fits(part, instance)).collect();
        if let [only] = fitting.as_slice() {
            parts.push((only, Null::MayBeRight));
        }
        if let Some(condition) = schema.get("if") {
            let branch = if self.fits(condition, instance) { "then" } else { "else" };
            parts.extend(schema.get(branch).map(|part| (part, null)));
        }
        parts
    }

    fn fits(&self, part: &Value, instance: &Value) -> bool {
        jsonschema::is_valid(&json!({ "$defs": self.schema.get("$defs"), "allOf": [part] }), instance)
    }

    fn spoil(&mut self, schema: &Value, at: &str, null: Null) {
        for member in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let member = member.as_str().expect("a name");
            self.add(format!("no {at}/{member}"), at, &|value| {
                value.as_object_mut().and_then(|members: &mut Map<String, Value>| members.remove(member));
            });
        }
        if schema.get("enum").or(schema.get("const")).is_some() {
            self.replace(at, &json!("no such value"));
        }
        let Some(types) = schema.get("type") else { return };
        let allows = |name: &str| types == name || types.as_array().is_some_and(|all| all.contains(&json!(name)));
        self.replace(at, &if allows("string") { json!(4.5) } else { json!("no such value") });
        if null == Null::IsWrong && !allows("null") {
            self.replace(at, &Value::Null);
        }
    }

    fn replace(&mut self, at: &str, wrong: &Value) {
        self.add(format!("{wrong} at {at}"), at, &|value| *value = wrong.clone());
    }

    fn add(&mut self, what: String, at: &str, spoil: &dyn Fn(&mut Value)) {
        let mut document = self.document.clone();
        spoil(document.pointer_mut(at).expect("a place in the document"));
        self.made.twins.push(Twin { what, document });
    }
}

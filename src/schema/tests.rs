use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use self::twins::twins;
use super::*;
use crate::kit::{AnyKit, Kit, KitForm as _};
use crate::settings::{self, Answers};
use crate::testing::contract;

mod twins;

fn printed(document: &DocumentSchema) -> Value {
    serde_json::to_value(document.printed()).expect("JSON")
}

/// Good documents, which together have every member: `tests/schema/NAME.json`.
fn golden(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/schema/{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| unreachable!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("a list of documents")
}

fn first(name: &str) -> Value {
    golden(name).swap_remove(0)
}

/// Those with good documents in the tree. The settings decide what an answers file is.
fn with_golden() -> impl Iterator<Item = &'static DocumentSchema> {
    ALL.iter().filter(|one| one.name != answers::NAME)
}

fn visit(value: &Value, to: &mut dyn FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            to(members);
            members.values().for_each(|value| visit(value, to));
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, to)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

#[test]
fn every_schema_is_one_by_the_metaschema_and_says_what_it_is() {
    for document in ALL {
        let (name, schema) = (document.name, printed(document));
        if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
            unreachable!("{name}: {error}");
        }
        assert_eq!(schema["$schema"], DIALECT);
        assert_eq!(schema["$id"], format!("urn:factory-gitlab:{name}:v1"));
        let title = document.title();
        assert!(!title.is_empty() && title.len() <= 72, "{name}: {title}");
        assert!(schema["description"].as_str().is_some_and(|text| text.ends_with('.')), "{name}");
        if name != answers::NAME {
            assert_eq!(schema["properties"]["schema"]["const"], document.marker());
            assert_eq!(schema["required"][0], "schema", "{name}");
        }
    }
}

#[test]
fn no_schema_refers_to_another_or_is_closed_to_later_members() {
    for document in ALL {
        let schema = printed(document);
        visit(&schema, &mut |members| {
            if let Some(at) = members.get("$ref") {
                let at = at.as_str().and_then(|at| at.strip_prefix('#')).expect("a reference within the schema");
                assert!(schema.pointer(at).is_some(), "{}: {at}", document.name);
            }
            // The program refuses a key of the answers file that it does not know.
            let is_closed = ["additionalProperties", "unevaluatedProperties", "propertyNames"]
                .iter()
                .any(|keyword| members.get(*keyword) == Some(&Value::Bool(false)));
            assert!(!is_closed || document.name == answers::NAME, "{} is closed", document.name);
        });
    }
}

#[test]
fn every_definition_is_used() {
    let mut used = BTreeMap::new();
    for document in ALL {
        used.extend(document.printed().definitions);
    }
    assert_eq!(used.keys().collect::<Vec<_>>(), object(COMMON).keys().collect::<Vec<_>>());
}

#[test]
fn a_good_document_is_accepted_with_members_of_a_later_version_too() {
    for document in with_golden() {
        for mut golden in golden(document.name) {
            contract::hold(&golden);
            golden["of_a_later_version"] = json!({ "any": ["thing"] });
            contract::hold(&golden);
        }
    }
}

#[test]
fn a_document_that_lacks_a_member_or_has_a_wrong_one_is_refused() {
    for document in with_golden() {
        let schema = printed(document);
        let mut declared = twins::declared(&schema);
        for golden in golden(document.name) {
            let made = twins(&schema, &golden);
            assert!(made.twins.len() >= 3, "{}: a schema that refuses nothing", document.name);
            for twin in &made.twins {
                let is_refused = !contract::validator(document.name).is_valid(&twin.document);
                assert!(is_refused, "{} is accepted with {}", document.name, twin.what);
            }
            declared.retain(|name| !made.met.contains(name));
        }
        assert!(declared.is_empty(), "tests/schema/{}.json has none of {declared:?}", document.name);
    }
}

#[test]
fn a_document_that_contradicts_itself_is_refused() {
    let edited = |name: &str, edit: &dyn Fn(&mut Value)| {
        let mut document = first(name);
        edit(&mut document);
        assert!(!contract::validator(name).is_valid(&document), "{name} is accepted: {document:#}");
    };
    edited("report", &|one| one["verdict"] = json!("pass"));
    edited("report", &|one| one["checks"][1]["cause"] = json!(""));
    edited("error", &|one| one["exit_code"] = json!(3));
    edited("kit-check", &|one| one["verdict"] = json!("fail"));
    edited("monitor-event", &|one| one["event"] = json!("result"));
    edited("monitor-event", &|one| one["cause"] = Value::Null);
    edited("connect", &|one| one["exit_code"] = json!(0));
    edited("disconnect", &|one| {
        one["error"] = Value::Null;
        one["failures"] = json!([]);
        one["unproven"] = json!([]);
    });
}

#[test]
fn the_schema_of_the_kit_refuses_what_the_program_refuses() {
    let document = find("kit").expect("the kit");
    for golden in golden("kit") {
        AnyKit::parse(&golden.to_string()).expect("a kit");
        let of_program =
            twins(&printed(document), &golden).twins.into_iter().filter(|twin| !twin.what.contains("$schema"));
        for twin in of_program {
            assert!(AnyKit::parse(&twin.document.to_string()).is_err(), "the program takes {}", twin.what);
        }
    }
}

#[test]
fn where_an_editor_finds_the_schema_is_no_part_of_what_is_trusted() {
    let mut kit = first("kit");
    let trusted = |kit: &Value| Kit::parse(&kit.to_string()).expect("a kit").trusted().fingerprint();
    let before = trusted(&kit);
    kit.as_object_mut().expect("an object").remove("$schema");
    assert_eq!(trusted(&kit), before);
    assert!(Kit::template().contains("\"$schema\": \"kit.schema.json\""));
}

/// An answers file with one key, as TOML and as an editor sees it.
fn is_taken(toml: &str) -> [bool; 2] {
    let table: toml::Table = toml.parse().expect("TOML");
    let value = serde_json::to_value(table).expect("JSON");
    [Answers::parse(toml, PathBuf::from("a.toml")).is_ok(), contract::validator(answers::NAME).is_valid(&value)]
}

#[test]
fn the_schema_of_the_answers_file_takes_what_the_program_takes() {
    for setting in settings::all() {
        let choice = setting.choices.and_then(|choices| choices().first().map(|one| one.get_name().to_owned()));
        let text = choice.unwrap_or_else(|| "x".to_owned());
        let values = [format!("'{text}'"), format!("['{text}']"), "1".to_owned(), "true".to_owned(), "[1]".to_owned()];
        let taken = values.map(|value| {
            let [by_program, by_schema] = is_taken(&format!("{} = {value}", setting.key));
            assert_eq!(by_program, by_schema, "{} = {value}", setting.key);
            by_program
        });
        assert!(taken.contains(&true) && taken.contains(&false), "{}", setting.key);
    }
    for wrong in ["gitlab_ulr = 'x'", "vpc_id = 'x'", "[network]\ngitlab_url = 'x'", "network = 'vpn'", "token = 'x'"] {
        assert_eq!(is_taken(wrong), [false, false], "{wrong}");
    }
}

#[test]
fn a_document_is_found_by_each_of_its_names_and_a_misspelled_one_is_corrected() {
    for name in ["kit", "kit/v1", "factory-gitlab/kit/v1"] {
        assert_eq!(find(name).map(|found| found.name), Some("kit"), "{name}");
    }
    for (name, wanted) in [
        ("kit/v2", Some("kit")),
        ("factory-gitlab/report/v9", Some("report")),
        ("answers", Some("answers-file")),
        ("montor-event", Some("monitor-event")),
        ("weather-forecast", None),
    ] {
        assert!(find(name).is_none(), "{name}");
        assert_eq!(nearest(name), wanted, "{name}");
    }
}

//! `schema`.

use factory_gitlab::schema;
use serde_json::Value;

use crate::test_env::TestEnv;

#[test]
fn a_schema_is_printed_whole_by_either_of_its_names() {
    let run = TestEnv::bare().run(&["schema", "kit/v1"]);
    assert_eq!(run.code, 0, "{run}");
    let wanted = serde_json::to_value(schema::find("kit").expect("the kit").printed()).expect("JSON");
    assert_eq!(run.json(), wanted);
    assert!(
        run.stdout.starts_with("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"$id\""),
        "{run}"
    );
}

#[test]
fn the_documents_are_listed_with_what_each_is() {
    let run = TestEnv::bare().run(&["schema", "-o", "json"]);
    let listed = run.json();
    let names: Vec<&str> =
        listed["documents"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, schema::ALL.iter().map(|one| one.versioned()).collect::<Vec<_>>(), "{run}");
}

#[test]
fn a_schema_is_written_to_the_file_that_is_named() {
    let env = TestEnv::bare();
    let run = env.run(&["schema", "error", "--output-file", "error.schema.json"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run}");
    let text = std::fs::read_to_string(env.path("error.schema.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(schema["$id"], "urn:factory-gitlab:error:v1");
}

#[test]
fn an_unknown_document_is_a_usage_error_that_names_the_nearest_and_all() {
    let run = TestEnv::bare().run(&["schema", "repot"]);
    insta::assert_snapshot!(run, @r#"
    exit code: 2
    ----- stderr -----
    error: there is no document "repot"; did you mean "report"?
      caused by: the documents are kit, answers-file, bundle, cloud-grant, report, connect, exercise, monitor-event, audit, disconnect, disconnect-evidence, rotate, network-plan, status, checks, kit-check, kit-show, bundle-inspect, bundle-upload, schemas, error
    hint: see what each of them is
          factory-gitlab schema
    "#);
}

//! SARIF against its own schema, as npm's `@microsoft/jest-sarif` carries it; `NODE_MODULES` names the folder that holds it. Without
//! it, or without check-jsonschema, the test is skipped, and says so.

use std::path::{Path, PathBuf};

use crate::cli::test_env::{TestEnv, small};
use crate::programs::{find, output, say, variable};

const SCHEMA: &str = "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json";

#[test]
fn the_sarif_of_a_review_is_valid_and_so_is_that_of_a_failure() {
    let schema = variable("NODE_MODULES").map(|folder| Path::new(&folder).join(SCHEMA)).filter(|path| path.is_file());
    let beside_python = variable("PYTHON").map(PathBuf::from).map(|python| python.with_file_name("check-jsonschema"));
    let checker = beside_python.filter(|path| path.is_file()).or_else(|| find("check-jsonschema"));
    let (Some(schema), Some(checker)) = (schema, checker) else {
        say("SKIPPED: SARIF, whose schema is in NODE_MODULES with @microsoft/jest-sarif, and check-jsonschema");
        return;
    };
    let env = TestEnv::with(small());
    let connected = env.run(&["connect", "--yes"]);
    assert_eq!(connected.code, 0, "{connected}");
    for (name, args) in [
        ("review.sarif", ["audit"].as_slice()),
        ("failed.sarif", &["audit", "--baseline", "missing.json"]),
        ("unread.sarif", &["audit"]),
    ] {
        if name == "unread.sarif" {
            env.sandbox().fault("GET /api/v4/application/settings=status:500").expect("a fault");
        }
        let run = env.run(&[args, &["-o", "sarif", "--output-file", name]].concat());
        assert!(env.path(name).is_file(), "{run}");
        assert_eq!(problems(&checker, &schema, &env.path(name)), None, "{name}");
    }
    let report = std::fs::read_to_string(env.path("review.sarif")).expect("a report");
    env.file("invalid.sarif", report.replace("\"driver\"", "\"conductor\""));
    let found = problems(&checker, &schema, &env.path("invalid.sarif")).expect("problems");
    assert!(found.contains("'driver' is a required property"), "{found}");
}

/// What the checker says of a file that is not valid.
fn problems(checker: &Path, schema: &Path, report: &Path) -> Option<String> {
    // A pattern of the schema is a regular expression without the flag `u` only.
    let mut check = std::process::Command::new(checker);
    let checked = output(check.args(["--regex-variant", "nonunicode", "--schemafile"]).arg(schema).arg(report));
    let said = [checked.stdout, checked.stderr].concat();
    (!checked.status.success()).then(|| String::from_utf8_lossy(&said).into_owned())
}

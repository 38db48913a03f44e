//! Holds documents to their schemas. The tests of `tests/cli` include this file too.

use std::sync::{LazyLock, OnceLock};

use jsonschema::Validator;
use serde_json::Value;

use crate::schema::{self, DocumentSchema};

/// A document and its validator, which is compiled when it is first needed.
struct Contract {
    document: &'static DocumentSchema,
    validator: OnceLock<Validator>,
}

static CONTRACTS: LazyLock<Vec<Contract>> = LazyLock::new(|| {
    let contract = |document| Contract { document, validator: OnceLock::new() };
    schema::ALL.iter().map(contract).collect()
});

/// The validator of a document.
pub fn validator(name: &str) -> &'static Validator {
    let contract = CONTRACTS.iter().find(|one| one.document.name == name).expect("a document with a schema");
    contract.validator.get_or_init(|| {
        let schema = serde_json::to_value(contract.document.printed()).expect("JSON");
        jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
    })
}

/// Asserts that a document is what its schema says.
pub fn hold(document: &Value) {
    let marker = document["schema"].as_str().unwrap_or_default();
    let known = schema::find(marker).filter(|known| known.marker() == marker);
    let name = known.unwrap_or_else(|| unreachable!("no schema for {marker:?}: {document:#}")).name;
    let errors = validator(name).iter_errors(document);
    let wrong: Vec<String> = errors.map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "the document is not as its schema {name} says:\n{}\n{document:#}", wrong.join("\n"));
}

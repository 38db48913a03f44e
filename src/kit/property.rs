//! Whatever is given as a kit: it is one, or an error that says where it is wrong and quotes no secret.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::testing::mutate::{any_json, mutations_of, places, with_more_fields};

const SECRET: &str = "Kit5Property7Secret9Token";

fn good() -> Value {
    json!({
        "schema": SCHEMA,
        "organization": { "id": "org_acme", "name": "Acme" },
        "expires_at": "2027-01-31T00:00:00Z",
        "application": {
            "name": "Factory Integration", "redirect_uri": "https://api.factory.example/callback",
            "scopes": ["api"], "confidential": true,
        },
        "webhook": {
            "url": "https://hooks.factory.example/a", "secret_token": SECRET, "events": ["push", "note"],
            "receipts_url": "https://api.factory.example/receipts",
        },
        "token": { "handover": "given", "scopes": ["api"] },
        "bundle": { "recipients": ["age1abc"], "upload_url": "https://api.factory.example/bundles", "method": "POST" },
        "status_url": "https://api.factory.example/status",
        "network": { "endpoints": [{ "host": "h", "port": 443 }], "vpc": { "id": "vpc-0abc" } },
    })
}

/// What is held against every text: a kit, or an error that names its place and holds no secret.
fn is_read_or_refused(text: &str) -> Result<(), TestCaseError> {
    let Err(error) = Kit::parse(text) else { return Ok(()) };
    prop_assert!(!error.to_string().contains(SECRET), "{error}");
    if let KitError::Wrong { path, .. } = &error {
        prop_assert!(path != "." && !path.is_empty(), "{error}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_a_kit_or_an_error(text in any::<String>()) {
        is_read_or_refused(&text)?;
    }

    #[test]
    fn any_json_is_a_kit_or_an_error(value in any_json()) {
        is_read_or_refused(&value.to_string())?;
    }

    #[test]
    fn any_change_of_a_good_kit_is_a_kit_or_an_error(value in mutations_of(good())) {
        is_read_or_refused(&value.to_string())?;
    }

    #[test]
    fn a_kit_that_was_cut_is_an_error(cut in 0_usize..2000) {
        let whole = good().to_string();
        prop_assume!(cut < whole.len());
        is_read_or_refused(&whole[..cut])?;
        prop_assert!(Kit::parse(&whole[..cut]).is_err());
    }

    #[test]
    fn what_a_newer_factory_adds_changes_nothing(more in any_json()) {
        let plain = Kit::parse(&good().to_string()).expect("a good kit");
        let newer = Kit::parse(&with_more_fields(&good(), &more).to_string()).expect("a good kit");
        prop_assert_eq!(format!("{newer:?}"), format!("{plain:?}"));
    }
}

#[test]
fn a_secret_in_any_place_is_not_quoted() {
    for place in places(&good()) {
        for secret in [json!(SECRET), json!([SECRET]), json!({ "value": SECRET }), json!({ SECRET: 1 })] {
            let mut kit = good();
            *kit.pointer_mut(&place).expect("a place") = secret;
            let read = Kit::parse(&kit.to_string());
            if let Err(error) = read {
                assert!(!error.to_string().contains(SECRET), "{place}: {error}");
            }
        }
    }
}

//! Any text is a kit, or gives an error that names the invalid field and quotes no secret.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::testing::mutate::{any_json, mutations_of, places, with_more_fields};

const SECRET: &str = "Kit5Property7Secret9Token";

fn valid() -> Value {
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
        "cloud": { "client_id": "f00d", "redirect_uri": "http://127.0.0.1/callback", "scopes": ["api"], "device": true,
                   "connect_url": "https://api.factory.example/sessions", "selection_url": "https://api.factory.example/s" },
    })
}

/// The text is a kit, or the error names the field and quotes no secret.
fn is_read_or_refused(text: &str) -> Result<(), TestCaseError> {
    let errors = [Kit::parse(text).err(), CloudKit::parse(text).err()];
    for error in errors.into_iter().flatten() {
        prop_assert!(!error.to_string().contains(SECRET), "{error}");
        if let KitError::Fields(problems) = &error {
            prop_assert!(problems.invalid.iter().all(|field| field.path != "." && !field.path.is_empty()), "{error}");
            prop_assert!(!problems.missing.is_empty() || !problems.invalid.is_empty(), "{error}");
        }
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
    fn any_change_of_a_valid_kit_is_a_kit_or_an_error(value in mutations_of(valid())) {
        is_read_or_refused(&value.to_string())?;
    }

    #[test]
    fn a_truncated_kit_is_an_error(cut in 0_usize..2000) {
        let whole = valid().to_string();
        prop_assume!(cut < whole.len());
        is_read_or_refused(&whole[..cut])?;
        prop_assert!(Kit::parse(&whole[..cut]).is_err());
    }

    #[test]
    fn fields_of_a_newer_factory_change_nothing(more in any_json()) {
        let plain = Kit::parse(&valid().to_string()).expect("a valid kit");
        let newer = Kit::parse(&with_more_fields(&valid(), &more).to_string()).expect("a valid kit");
        prop_assert_eq!(format!("{newer:?}"), format!("{plain:?}"));
    }
}

#[test]
fn a_secret_in_any_place_is_not_quoted() {
    for place in places(&valid()) {
        for secret in [json!(SECRET), json!([SECRET]), json!({ "value": SECRET }), json!({ SECRET: 1 })] {
            let mut kit = valid();
            *kit.pointer_mut(&place).expect("a place") = secret;
            let errors = [Kit::parse(&kit.to_string()).err(), CloudKit::parse(&kit.to_string()).err()];
            for error in errors.into_iter().flatten() {
                assert!(!error.to_string().contains(SECRET), "{place}: {error}");
            }
        }
    }
}

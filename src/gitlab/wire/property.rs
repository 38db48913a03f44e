//! Any JSON is read or refused, never a panic, and nothing counts as healthy unless the JSON says so.

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::gitlab::{AlertStatus, License};
use crate::gitlab::{DeliveryOutcome, LoggedDelivery};
use crate::testing::mutate::{any_json, mutations_of, with_more_fields};

fn read<W: DeserializeOwned>(value: &Value) -> Option<W> {
    // From text, as in production.
    serde_json::from_str(&value.to_string()).ok()
}

fn hook() -> Value {
    json!({
        "id": 7, "url": "https://hooks.factory.example/a", "name": "Factory", "description": "d",
        "enable_ssl_verification": true, "alert_status": "executable", "disabled_until": null, "token_present": true,
        "signing_token_present": true, "push_events_branch_filter": null, "push_events": true, "note_events": true,
    })
}

fn token() -> Value {
    json!({
        "id": 4, "name": "n", "scopes": ["api"], "user_id": 1, "active": true, "revoked": false,
        "expires_at": "2027-01-01", "granular": false,
    })
}

fn delivery() -> Value {
    json!([{
        "id": 1, "trigger": "push_hooks", "response_status": "200", "request_headers": {"Idempotency-Key": "k"},
        "created_at": "2026-11-21T10:00:00.000Z",
    }])
}

/// How a kind of answer is read: to a text that holds all of it.
type ReadAsText = fn(&Value) -> Option<String>;

/// A good answer of each kind, and how it is read.
fn kinds() -> Vec<(Value, ReadAsText)> {
    vec![
        (json!({"version": "19.2.0-ee", "enterprise": true}), |value| {
            read::<MetadataWire>(value).map(|wire| format!("{} {:?}", wire.version, wire.enterprise))
        }),
        (json!({"plan": "premium", "expired": false}), |value| {
            read::<Option<LicenseWire>>(value).map(|wire| format!("{:?}", License::from(wire)))
        }),
        (json!({"id": 1, "username": "root", "state": "active", "web_url": "https://h/root"}), |value| {
            read::<UserWire>(value).map(|wire| format!("{:?}", User::from(wire)))
        }),
        (token(), |value| read::<TokenWire>(value).map(|wire| format!("{:?}", TokenDetails::from(wire)))),
        (
            json!({
                "id": 1, "application_id": "a", "application_name": "n", "callback_url": "https://a",
                "confidential": true, "scopes": ["api"],
            }),
            |value| read::<ApplicationWire>(value).map(|wire| format!("{:?}", Application::from(wire))),
        ),
        (json!({"id": 1, "full_path": "g", "parent_id": null, "marked_for_deletion_on": null}), |value| {
            read::<GroupWire>(value).map(|wire| format!("{:?}", Group::from(wire)))
        }),
        (json!({"id": 1, "path_with_namespace": "g/p", "namespace": {"kind": "group"}, "archived": false}), |value| {
            read::<ProjectWire>(value).map(|wire| format!("{:?}", Project::from(wire)))
        }),
        (hook(), |value| read::<HookWire>(value).map(|wire| format!("{:?}", Hook::from(wire)))),
        (delivery(), |value| {
            let wires = read::<Vec<DeliveryWire>>(value)?;
            Some(format!("{:?}", wires.into_iter().map(LoggedDelivery::from).collect::<Vec<_>>()))
        }),
        (json!({"scopes_supported": ["api"]}), |value| {
            read::<DiscoveryWire>(value).map(|wire| format!("{:?}", wire.scopes_supported))
        }),
    ]
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(value in any_json()) {
        for (_, reading) in kinds() {
            let _read_or_refused = reading(&value);
        }
    }

    #[test]
    fn any_change_of_a_good_answer_is_read_or_refused(
        (value, kind) in (0..kinds().len()).prop_flat_map(|kind| {
            let (good, _) = kinds().swap_remove(kind);
            (mutations_of(good), Just(kind))
        })
    ) {
        let _read_or_refused = (kinds()[kind].1)(&value);
    }

    #[test]
    fn what_a_newer_version_adds_changes_nothing(more in any_json()) {
        for (good, reading) in kinds() {
            let plain = reading(&good);
            prop_assert!(plain.is_some(), "{good}");
            prop_assert_eq!(reading(&with_more_fields(&good, &more)), plain);
        }
    }

    #[test]
    fn a_hook_is_well_only_where_it_says_so(value in mutations_of(hook())) {
        let Some(wire) = read::<HookWire>(&value) else { return Ok(()) };
        let hook = Hook::from(wire);
        prop_assert_eq!(hook.enable_ssl_verification, value["enable_ssl_verification"] == true);
        prop_assert_eq!(hook.alert_status == AlertStatus::Executable, matches!(value["alert_status"].as_str(), Some("executable" | "EXECUTABLE")));
        prop_assert_eq!(hook.token_present, value["token_present"].as_bool());
        prop_assert_eq!(hook.events.contains(&Event::Push), value["push_events"] == true);
        prop_assert_eq!(Some(hook.url.as_str()), value["url"].as_str());
    }

    #[test]
    fn a_token_is_active_unless_a_field_says_otherwise(value in mutations_of(token())) {
        let Some(wire) = read::<TokenWire>(&value) else { return Ok(()) };
        let token = TokenDetails::from(wire);
        let says_dead = value["active"] == false || value["active"].is_null() && value["revoked"] == true;
        prop_assert_eq!(token.active, !says_dead);
        prop_assert_eq!(token.revoked, value["revoked"] == true);
    }

    #[test]
    fn a_delivery_has_arrived_only_where_the_log_says_so(value in mutations_of(delivery())) {
        let Some(wires) = read::<Vec<DeliveryWire>>(&value) else { return Ok(()) };
        prop_assert_eq!(wires.len(), value.as_array().map_or(0, Vec::len));
        for (place, wire) in wires.into_iter().enumerate() {
            let said = &value[place]["response_status"];
            let says = said.as_str().and_then(|text| text.trim().parse().ok()).or_else(|| said.as_u64());
            if let DeliveryOutcome::Answered(status) = LoggedDelivery::from(wire).outcome {
                prop_assert_eq!(Some(u64::from(status)), says);
            }
        }
    }

    #[test]
    fn a_license_counts_only_where_it_names_its_plan(value in any_json()) {
        let Some(wire) = read::<Option<LicenseWire>>(&value) else { return Ok(()) };
        prop_assert!(value.is_null() || value.is_object(), "{value} was taken for a license");
        let named = value["plan"].as_str().is_some_and(|plan| !plan.is_empty());
        prop_assert_eq!(License::from(wire) != License::Unlicensed, named);
    }
}

//! Whatever Factory responds, `connected` and `received` are read only where the JSON says so.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::mutate::{any_json, mutations_of, with_more_fields};

proptest! {
    #[test]
    fn a_status_is_connected_only_where_it_says_so(
        value in prop_oneof![any_json(), mutations_of(json!({"status": "connected", "detail": "all is well"}))]
    ) {
        let Ok(wire) = serde_json::from_str::<StatusWire>(&value.to_string()) else { return Ok(()) };
        let said = value.get("status").or_else(|| value.get(0)).and_then(serde_json::Value::as_str);
        prop_assert_eq!(wire.status == FactoryState::Connected, said == Some("connected"));
    }

    #[test]
    fn a_delivery_is_received_only_where_the_receipt_says_so(value in prop_oneof![any_json(), mutations_of(json!({"received": true}))]) {
        let Ok(wire) = serde_json::from_str::<ReceivedWire>(&value.to_string()) else { return Ok(()) };
        let said = value.get("received").or_else(|| value.get(0)).and_then(serde_json::Value::as_bool);
        prop_assert_eq!(Some(wire.received), said);
    }

    #[test]
    fn fields_that_a_newer_factory_adds_change_nothing(more in any_json()) {
        let status = with_more_fields(&json!({"status": "pending"}), &more).to_string();
        prop_assert_eq!(serde_json::from_str::<StatusWire>(&status).expect("a status").status, FactoryState::Pending);
        let receipt = with_more_fields(&json!({"received": true}), &more).to_string();
        prop_assert!(serde_json::from_str::<ReceivedWire>(&receipt).expect("a receipt").received);
    }
}

//! Finds what else is wrong with a kit: valid values take the place of those that are missing or cannot be read. The mended kit is
//! dropped.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use serde_path_to_error::{Path, Segment};

use super::{InvalidField, MOST_INVALID, without_values};
use crate::kit::template::filled_in;

/// The fields that cannot be read, in the order in which they are found; `missing` are those that have to be there.
pub(super) fn invalid_fields<T: DeserializeOwned>(mut value: Value, missing: &[&str]) -> Vec<InvalidField> {
    let sample = with_lists(filled_in());
    for field in missing {
        let steps: Vec<Step> = field.split('.').map(|key| Step::Key(key.to_owned())).collect();
        if let Some(valid) = at(&sample, &steps) {
            put(&mut value, &steps, valid.clone());
        }
    }
    let (mut found, mut mended) = (Vec::new(), Mended { sample: &sample, places: BTreeSet::new() });
    while found.len() <= MOST_INVALID {
        let Err(error) = serde_path_to_error::deserialize::<_, T>(&value) else { break };
        let steps = steps(error.path());
        let path = error.path().to_string();
        if !mended.places.contains(&steps) {
            found.push(InvalidField { path, why: without_values(&error.into_inner().to_string()) });
        }
        if !mended.mend(&mut value, &steps) {
            break;
        }
    }
    found
}

/// With an element in each list that the template leaves empty, and with what it leaves out.
fn with_lists(mut kit: Value) -> Value {
    kit["answers"] = json!([{ "event": "note", "author": "x", "pattern": "x", "within": "10m", "needs": ["runner"] }]);
    kit["network"] = json!({
        "endpoints": [{ "host": "x", "port": 443, "protocol": "https", "purpose": "x", "cidrs": ["x"] }],
        "ssh_host_keys": ["x"],
        "egress_cidrs": ["x"],
        "vpc": { "id": "x", "account": "x", "region": "x", "cidrs": ["x"] },
        "vpn": { "endpoints": ["x"], "identity": "x", "ike": ["x"], "esp": ["x"], "cidrs": ["x"] },
    });
    let url = &kit["bundle"]["upload_url"];
    kit["cloud"] = json!({
        "url": url, "client_id": "x", "scopes": ["x"], "redirect_uri": "x", "device": true, "connect_url": url,
        "candidates_url": url, "selection_url": url,
    });
    kit
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Step {
    Key(String),
    Index(usize),
}

fn steps(path: &Path) -> Vec<Step> {
    path.iter()
        .map_while(|segment| match segment {
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

struct Mended<'a> {
    sample: &'a Value,
    /// What is still wrong there follows from the mending, and is no problem of the kit.
    places: BTreeSet<Vec<Step>>,
}

impl Mended<'_> {
    /// Puts the sample's value there, or takes the field away, or does that one step above. False where all of it was tried.
    fn mend(&mut self, value: &mut Value, steps: &[Step]) -> bool {
        let Some((last, above)) = steps.split_last() else {
            return self.places.insert(Vec::new()) && put(value, &[], self.sample.clone());
        };
        if !self.places.insert(steps.to_vec()) {
            return self.mend(value, above);
        }
        if let Some(valid) = at(self.sample, steps).filter(|valid| !valid.is_null()) {
            return put(value, steps, valid.clone());
        }
        let removed = match (at_mut(value, above), last) {
            (Some(Value::Object(fields)), Step::Key(key)) => fields.remove(key),
            _ => None,
        };
        if removed.is_none() {
            return self.mend(value, above);
        }
        // Where the field had to be there, its parent is what cannot be read now.
        self.places.insert(above.to_vec());
        true
    }
}

/// The value there; for each element of a list, the first one of the sample's.
fn at<'a>(sample: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    steps.iter().try_fold(sample, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(_) => value.get(0),
    })
}

fn at_mut<'a>(value: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

/// Puts a value there, below objects that are made where there are none.
fn put(value: &mut Value, steps: &[Step], valid: Value) -> bool {
    match steps.split_first() {
        None => {
            *value = valid;
            true
        }
        Some((Step::Index(index), rest)) => value.get_mut(index).is_some_and(|value| put(value, rest, valid)),
        Some((Step::Key(key), rest)) => {
            if !value.is_object() {
                *value = Value::Object(Map::new());
            }
            value
                .as_object_mut()
                .is_some_and(|fields| put(fields.entry(key.as_str()).or_insert(Value::Null), rest, valid))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::kit::template::filled_in;
    use crate::kit::{CloudKit, Kit};

    use super::*;

    fn error(edit: impl FnOnce(&mut Value)) -> String {
        let mut kit = filled_in();
        edit(&mut kit);
        Kit::parse(&kit.to_string()).expect_err("an invalid kit").to_string()
    }

    #[test]
    fn all_missing_and_invalid_fields_are_named_at_once() {
        let error = error(|kit| {
            kit["expires_at"] = json!("soon");
            kit["application"]["redirect_uri"] = Value::Null;
            kit["application"]["confidential"] = json!("yes");
            kit["webhook"]["url"] = json!("no address");
            kit["webhook"]["events"] = json!(["push", "weather", "note", 5]);
            kit["bundle"] = json!({ "method": "POST" });
        });
        for wanted in [
            "the kit lacks application.redirect_uri, bundle.recipients, and is invalid at ",
            "expires_at: ",
            "at application.confidential: ",
            "at webhook.url: ",
            "at webhook.events[1]: ",
            "at webhook.events[3]: ",
        ] {
            assert!(error.contains(wanted), "{wanted}: {error}");
        }
        assert_eq!(error.matches(": ").count(), 9, "nothing beside: {error}");
    }

    #[test]
    fn an_element_or_a_section_hides_no_other() {
        let error = error(|kit| {
            kit["network"]["endpoints"] = json!([{ "host": "h", "port": 70000 }, { "host": 5, "port": 443 }]);
            kit["network"]["vpc"] = json!({ "account": 5 });
            kit["network"]["egress_cidrs"] = json!([1, 2]);
            kit["answers"] = json!([{}, { "event": "weather", "author": 5 }]);
            kit["status_url"] = json!(5);
            kit["webhook"] = json!("x");
        });
        for wanted in [
            "network.endpoints[0].port",
            "network.endpoints[1].host",
            "network.vpc.account",
            "network.vpc",
            "network.egress_cidrs[0]",
            "network.egress_cidrs[1]",
            "answers[0]",
            "answers[1].event",
            "answers[1].author",
            "status_url",
            "webhook",
        ] {
            assert!(error.contains(&format!("at {wanted}: ")), "{wanted}: {error}");
        }
    }

    #[test]
    fn the_sample_itself_is_a_kit() {
        let sample = with_lists(filled_in()).to_string();
        Kit::parse(&sample).expect("a kit");
        CloudKit::parse(&sample).expect("a kit for GitLab.com");
    }

    #[test]
    fn no_value_and_no_type_of_this_program_is_in_a_message() {
        let error = error(|kit| {
            kit["organization"]["id"] = json!(987_654_321);
            kit["webhook"]["url"] = json!(1.5e300);
            kit["network"]["vpc"] = json!("hunter2");
            kit["bundle"]["recipients"] = json!([true]);
        });
        for value in ["98765", "1.5", "e300", "hunter2", "true", "Wire", "struct"] {
            assert!(!error.contains(value), "{value}: {error}");
        }
    }

    #[test]
    fn a_kit_for_gitlab_com_names_all_of_its_own() {
        let mut kit = filled_in();
        kit["cloud"] =
            json!({ "client_id": 5, "scopes": "api", "device": "yes", "redirect_uri": "x", "selection_url": 5 });
        let error = CloudKit::parse(&kit.to_string()).expect_err("an invalid kit").to_string();
        for wanted in ["cloud.client_id", "cloud.scopes", "cloud.device", "cloud.selection_url"] {
            assert!(error.contains(&format!("at {wanted}: ")), "{wanted}: {error}");
        }
    }

    #[test]
    fn many_invalid_fields_are_named_up_to_a_limit() {
        let error = error(|kit| kit["webhook"]["events"] = json!(vec!["weather"; 500]));
        assert_eq!(error.matches("webhook.events[").count(), MOST_INVALID, "{error}");
        assert!(error.ends_with("; and more"), "{error}");
    }
}

//! The license, all of whose fields may be missing.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::gitlab::License;

/// gitlab: ee/lib/api/license.rb. Every field is missing without a license.
#[derive(Default)]
pub(in crate::gitlab) struct LicenseWire {
    plan: Option<String>,
    expired: Option<bool>,
}

#[derive(Deserialize)]
struct LicenseFields {
    #[serde(default)]
    plan: Option<String>,
    #[serde(default)]
    expired: Option<bool>,
}

impl<'de> Deserialize<'de> for LicenseWire {
    /// Requires an object, which may be empty: a derived implementation would accept `[]` as well.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Map::deserialize(deserializer)?;
        let LicenseFields { plan, expired } =
            LicenseFields::deserialize(Value::Object(fields)).map_err(serde::de::Error::custom)?;
        Ok(Self { plan, expired })
    }
}

impl From<Option<LicenseWire>> for License {
    fn from(wire: Option<LicenseWire>) -> Self {
        match wire.unwrap_or_default() {
            LicenseWire { plan: Some(plan), expired } if !plan.is_empty() => {
                Self::Licensed { plan, expired: expired.unwrap_or(false) }
            }
            LicenseWire { .. } => Self::Unlicensed,
        }
    }
}

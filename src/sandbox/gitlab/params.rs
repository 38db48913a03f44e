//! The parameters of a request, from its query and its JSON or form body, read as Grape reads them.

use axum::http::StatusCode;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::error::ApiError;

/// Query and body in one, as Grape merges them; the body wins.
#[derive(Clone, Default)]
pub(crate) struct Params(Map<String, Value>);

impl std::fmt::Debug for Params {
    /// Names only: among the values are tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Params {
    /// Reads the query of a URL and a body of this content type.
    ///
    /// # Errors
    /// 400 for JSON that does not parse, 415 for a content type that Grape does not know.
    pub(crate) fn read(query: Option<&str>, content_type: Option<&str>, body: &[u8]) -> Result<Self, ApiError> {
        let mut all = Map::new();
        add_form(&mut all, query.unwrap_or_default().as_bytes());
        let media = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        match media.to_ascii_lowercase().as_str() {
            _ if body.is_empty() => {}
            "application/json" => match serde_json::from_slice(body) {
                Ok(Value::Object(fields)) => all.extend(fields),
                Ok(_) => {}
                Err(_) => return Err(ApiError::invalid("message body does not match declared format")),
            },
            "" | "application/x-www-form-urlencoded" => add_form(&mut all, body),
            other => {
                let problem = format!("The provided content-type '{other}' is not supported.");
                return Err(ApiError::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem));
            }
        }
        Ok(Self(all))
    }

    /// Every parameter, known or not.
    #[must_use]
    pub(crate) const fn all(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The raw value; `null` counts as given.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A string; a number or boolean is read as its text.
    ///
    /// # Errors
    /// 400 `… is invalid` for a list or an object.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
            Some(_) => Err(ApiError::invalid(&format!("{name} is invalid"))),
        }
    }

    /// A boolean; `true`, `1`, `"true"`, `"1"`, `"on"`, `"t"` and their opposites (Grape's own list).
    ///
    /// # Errors
    /// 400 `… is invalid`.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match text.to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "1" | "true" | "t" | "on" | "yes" | "y" => Ok(Some(true)),
            "0" | "false" | "f" | "off" | "no" | "n" => Ok(Some(false)),
            _ => Err(ApiError::invalid(&format!("{name} is invalid"))),
        }
    }

    /// Whether a flag is given and true.
    ///
    /// # Errors
    /// 400 `… is invalid`.
    pub(crate) fn is(&self, name: &str) -> Result<bool, ApiError> {
        Ok(self.boolean(name)?.unwrap_or(false))
    }

    /// A whole number.
    ///
    /// # Errors
    /// 400 `… is invalid`.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match self.text(name)? {
            None => Ok(None),
            Some(text) if text.is_empty() => Ok(None),
            Some(text) => integer(name, &text).map(Some),
        }
    }

    /// A day, `YYYY-MM-DD`.
    ///
    /// # Errors
    /// 400 `… is invalid`.
    pub(crate) fn date(&self, name: &str) -> Result<Option<Date>, ApiError> {
        match self.text(name)? {
            Some(text) if !text.is_empty() => {
                let day = text.parse().map_err(|_| ApiError::invalid(&format!("{name} is invalid")))?;
                Ok(Some(day))
            }
            _ => Ok(None),
        }
    }

    /// One of a fixed set of words.
    ///
    /// # Errors
    /// 400 `… does not have a valid value`.
    pub(crate) fn word(&self, name: &str, allowed: &[&str]) -> Result<Option<String>, ApiError> {
        match self.text(name)? {
            Some(word) if !allowed.contains(&word.as_str()) => {
                Err(ApiError::invalid(&format!("{name} does not have a valid value")))
            }
            word => Ok(word),
        }
    }

    /// A list of strings; GitLab also takes one comma-separated string here.
    ///
    /// # Errors
    /// 400 `… is invalid` if it is neither.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())),
            Some(Value::String(text)) => {
                Ok(Some(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()))
            }
            Some(_) => Err(ApiError::invalid(&format!("{name} is invalid"))),
        }
    }

    /// Refuses with every missing name at once, as Grape does: `name is missing, scopes is missing`.
    ///
    /// # Errors
    /// 400 when one of the names was not sent.
    pub(crate) fn require(&self, names: &[&str]) -> Result<(), ApiError> {
        let missing: Vec<String> =
            names.iter().filter(|name| self.get(name).is_none()).map(|name| format!("{name} is missing")).collect();
        if missing.is_empty() { Ok(()) } else { Err(ApiError::invalid(&missing.join(", "))) }
    }
}

/// Reads a number from the path or the query.
///
/// # Errors
/// 400 `… is invalid`.
pub(crate) fn integer(name: &str, text: &str) -> Result<i64, ApiError> {
    text.trim().parse().map_err(|_| ApiError::invalid(&format!("{name} is invalid")))
}

/// Reads an id of the path; a negative one becomes 0, which does not exist.
///
/// # Errors
/// 400 `… is invalid`.
pub(crate) fn id(name: &str, text: &str) -> Result<u64, ApiError> {
    Ok(u64::try_from(integer(name, text)?).unwrap_or(0))
}

/// Adds form fields under Rack's nesting: `a=1`, `a[]=1`, `a[b]=1`, `a[][b]=1`.
fn add_form(all: &mut Map<String, Value>, form: &[u8]) {
    for (name, value) in url::form_urlencoded::parse(form) {
        let (head, rest) = name.split_once('[').map_or((&*name, ""), |(head, rest)| (head, rest));
        let steps: Vec<&str> = rest.split('[').map(|step| step.trim_end_matches(']')).collect();
        let slot = all.entry(head).or_insert(Value::Null);
        match (rest.is_empty(), steps.as_slice()) {
            (true, _) => *slot = Value::from(&*value),
            (false, [""]) => as_list(slot).push(Value::from(&*value)),
            (false, ["", key]) => add_to_last(as_list(slot), key, &value),
            (false, [key, ..]) => as_object(slot).insert((*key).to_owned(), Value::from(&*value)).map_or((), drop),
            (false, []) => {}
        }
    }
}

/// Rack opens a new object in a list when the last one already has the key.
fn add_to_last(list: &mut Vec<Value>, key: &str, value: &str) {
    let begin = list.last().is_none_or(|last| last.get(key).is_some());
    if begin {
        list.push(Value::Object(Map::new()));
    }
    if let Some(last) = list.last_mut() {
        as_object(last).insert(key.to_owned(), Value::from(value));
    }
}

fn as_list(slot: &mut Value) -> &mut Vec<Value> {
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    match slot {
        Value::Array(list) => list,
        _ => unreachable!("it was made a list above"),
    }
}

fn as_object(slot: &mut Value) -> &mut Map<String, Value> {
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    match slot {
        Value::Object(object) => object,
        _ => unreachable!("it was made an object above"),
    }
}

#[cfg(test)]
mod tests {
    use super::Params;
    use serde_json::json;

    fn form(body: &str) -> Params {
        Params::read(Some("page=2"), Some("application/x-www-form-urlencoded"), body.as_bytes()).expect("a form")
    }

    #[test]
    fn forms_nest_as_rack_nests_them() {
        let params = form("a=1&scopes[]=api&scopes[]=read_api&h[][key]=x&h[][value]=1&h[][key]=y&o[k]=v");
        let expected = json!({
            "page": "2", "a": "1", "scopes": ["api", "read_api"],
            "h": [{"key": "x", "value": "1"}, {"key": "y"}], "o": {"k": "v"},
        });
        assert_eq!(json!(params.all()), expected);
    }

    #[test]
    fn values_are_read_as_grape_reads_them() {
        let params =
            Params::read(None, Some("application/json; charset=utf-8"), br#"{"n":"7","t":"1","f":false,"o":{}}"#)
                .expect("JSON");
        assert_eq!(params.integer("n").ok().flatten(), Some(7));
        assert_eq!(params.boolean("t").ok().flatten(), Some(true));
        assert_eq!(params.boolean("f").ok().flatten(), Some(false));
        assert_eq!(params.text("o").expect_err("an object").body, json!({"error": "o is invalid"}));
        assert_eq!(
            params.require(&["n", "name", "scopes"]).expect_err("two missing").body,
            json!({"error": "name is missing, scopes is missing"})
        );
    }

    #[test]
    fn bodies_that_cannot_be_read_are_refused() {
        assert_eq!(Params::read(None, Some("application/json"), b"{").expect_err("cut").status, 400);
        assert_eq!(Params::read(None, Some("text/plain"), b"x").expect_err("plain").status, 415);
    }
}

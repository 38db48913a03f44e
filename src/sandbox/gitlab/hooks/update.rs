//! Creates and updates hooks: which parameters count, what is refused, and what a new URL clears.
//!
//! gitlab: lib/api/hooks/, app/models/hooks/web_hook.rb, app/models/concerns/web_hooks/hook.rb

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::event::{EventRow, HookEvents, ROWS};
use super::url_blocker::UrlBlocker;
use super::{HookEvent, HookRef, Owner, StoredHook};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::error::ApiError;
use crate::sandbox::gitlab::params::Params;
use crate::sandbox::gitlab::state::GitLabState;

const STRATEGIES: &[&str] = &["wildcard", "regex", "all_branches"];
const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// A requested change; a field that is `None` stays as it is.
#[derive(Debug, Default)]
pub(super) struct HookUpdate {
    url: Option<String>,
    name: Option<String>,
    description: Option<String>,
    token: Option<String>,
    signing_token: Option<String>,
    flags: Vec<(HookEvent, bool)>,
    enable_ssl_verification: Option<bool>,
    push_events_branch_filter: Option<String>,
    branch_filter_strategy: Option<String>,
    custom_webhook_template: Option<String>,
    url_variables: Option<Vec<(String, SecretString)>>,
    custom_headers: Option<Vec<(String, SecretString)>>,
    any: bool,
}

/// A validation error of a hook. Its response differs between creating and updating.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum HookProblem {
    Url,
    BranchFilter,
    CustomHeaders,
    /// A field, its name in a sentence, and the model's error.
    Model(&'static str, &'static str, &'static str),
    /// The kind of hook and its limit.
    Limit(&'static str, usize),
}

impl HookUpdate {
    /// Reads the parameters that this version of GitLab has for this kind of hook; Grape ignores the others.
    pub(super) fn read(gitlab: &GitLab, state: &GitLabState, owner: Owner, params: &Params) -> Result<Self, ApiError> {
        let since = |major, minor| gitlab.is_at_least(major, minor);
        let signing = since(19, 1) || (since(19, 0) && state.hooks.quirks.signing_tokens);
        let template = owner != Owner::System || since(19, 0);
        let text = |name: &str, known: bool| if known { params.text(name) } else { Ok(None) };
        let mut change = Self {
            url: params.text("url")?,
            name: text("name", since(17, 1))?,
            description: text("description", since(17, 1))?,
            token: params.text("token")?,
            signing_token: text("signing_token", signing)?,
            flags: Vec::new(),
            enable_ssl_verification: params.boolean("enable_ssl_verification")?,
            push_events_branch_filter: params.text("push_events_branch_filter")?,
            branch_filter_strategy: params.word("branch_filter_strategy", STRATEGIES)?,
            custom_webhook_template: text("custom_webhook_template", template)?,
            url_variables: pairs(params, "url_variables")?,
            custom_headers: if since(17, 1) { pairs(params, "custom_headers")? } else { None },
            any: false,
        };
        for row in ROWS.iter().filter(|row| is_writable(row, owner)) {
            if let Some(on) = params.boolean(row.flag)? {
                change.flags.push((row.event, on));
            }
        }
        change.any = change.is_any();
        Ok(change)
    }

    fn is_any(&self) -> bool {
        let texts = [&self.url, &self.name, &self.description, &self.token, &self.signing_token];
        let more = [&self.push_events_branch_filter, &self.branch_filter_strategy, &self.custom_webhook_template];
        texts.into_iter().chain(more).any(Option::is_some)
            || !self.flags.is_empty()
            || self.enable_ssl_verification.is_some()
            || self.url_variables.is_some()
            || self.custom_headers.is_some()
    }

    /// Applies the change, with its side effects in GitLab.
    fn apply(self, hook: &mut StoredHook) {
        let (old_url, old_address) = (hook.url.clone(), hook.interpolated_url());
        let (token_given, signing_given) = (self.token.is_some(), self.signing_token.is_some());
        let variables_given = self.url_variables.is_some();
        put(&mut hook.url, self.url);
        put(&mut hook.push_events_branch_filter, self.push_events_branch_filter);
        put(&mut hook.branch_filter_strategy, self.branch_filter_strategy);
        put(&mut hook.custom_webhook_template, self.custom_webhook_template);
        put(&mut hook.enable_ssl_verification, self.enable_ssl_verification);
        put(&mut hook.url_variables, self.url_variables);
        put(&mut hook.custom_headers, self.custom_headers);
        put(&mut hook.name, self.name.map(Some));
        put(&mut hook.description, self.description.map(Some));
        put(&mut hook.token, self.token.map(secret));
        put(&mut hook.signing_token, self.signing_token.map(secret));
        for (event, on) in self.flags {
            if on { hook.events.insert(event) } else { hook.events.remove(event) }
        }
        let url_changed = hook.url != old_url;
        if hook.id != 0 && url_changed && !token_given {
            hook.token = None;
        }
        // Not found in the source; the cautious assumption is that a signing token is cleared like the token.
        if hook.id != 0 && url_changed && !signing_given {
            hook.signing_token = None;
        }
        if hook.id != 0 && url_changed && !variables_given {
            hook.url_variables.clear();
        }
        if hook.id != 0 && hook.interpolated_url() != old_address {
            hook.custom_headers.clear();
        }
    }
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn secret(value: String) -> Option<SecretString> {
    Some(value).filter(|value| !value.is_empty()).map(SecretString::from)
}

const fn is_writable(row: &EventRow, owner: Owner) -> bool {
    match owner {
        Owner::Project(_) => row.project,
        Owner::Group(_) => row.group,
        Owner::System => row.system,
    }
}

/// A list of `{"key": …, "value": …}`.
fn pairs(params: &Params, name: &str) -> Result<Option<Vec<(String, SecretString)>>, ApiError> {
    let Some(given) = params.get(name) else { return Ok(None) };
    let items = given.as_array().ok_or_else(|| ApiError::invalid(&format!("{name} is invalid")))?;
    let text = |item: &Value, field: &str| {
        let missing = || ApiError::invalid(&format!("{name}[0][{field}] is missing"));
        item.get(field).and_then(Value::as_str).map(str::to_owned).ok_or_else(missing)
    };
    items.iter().map(|item| Ok((text(item, "key")?, text(item, "value")?.into()))).collect::<Result<_, _>>().map(Some)
}

impl GitLabState {
    /// Creates a hook as `POST …/hooks` does, and returns its id.
    pub(super) fn create_hook(&mut self, gitlab: &GitLab, owner: Owner, params: &Params) -> Result<u64, ApiError> {
        params.require(&["url"])?;
        let change = HookUpdate::read(gitlab, self, owner, params)?;
        let now = gitlab.clock().now();
        let mut hook = StoredHook {
            id: 0,
            owner,
            url: String::new(),
            name: None,
            description: None,
            token: None,
            signing_token: None,
            events: default_events(owner),
            enable_ssl_verification: true,
            push_events_branch_filter: String::new(),
            branch_filter_strategy: "wildcard".to_owned(),
            custom_webhook_template: String::new(),
            url_variables: Vec::new(),
            custom_headers: Vec::new(),
            created_at: now,
            updated_at: now,
            failures: super::Failures::default(),
        };
        change.apply(&mut hook);
        self.check_hook(&hook).map_err(|problem| problem.on_create())?;
        self.check_hook_limit(owner).map_err(|problem| problem.on_create())?;
        Ok(self.hooks.insert(hook))
    }

    /// Updates a hook as `PUT …/hooks/:id` does.
    pub(super) fn update_hook(&mut self, gitlab: &GitLab, target: HookRef, params: &Params) -> Result<(), ApiError> {
        let mut hook = self.hooks.get(target).cloned().ok_or_else(ApiError::record_not_found)?;
        let change = HookUpdate::read(gitlab, self, target.owner, params)?;
        if !change.any {
            return Err(ApiError::error(StatusCode::BAD_REQUEST, "No parameters provided"));
        }
        change.apply(&mut hook);
        hook.updated_at = gitlab.clock().now();
        self.check_hook(&hook).map_err(|problem| problem.on_update())?;
        if let Some(kept) = self.hooks.get_mut(target) {
            *kept = hook;
        }
        Ok(())
    }

    pub(super) fn check_hook(&self, hook: &StoredHook) -> Result<(), HookProblem> {
        if UrlBlocker::new(self).reason(&hook.interpolated_url(), hook.owner).is_some() {
            return Err(HookProblem::Url);
        }
        if !is_valid_filter(hook) {
            return Err(HookProblem::BranchFilter);
        }
        if !hook.custom_headers.iter().all(|(key, value)| is_valid_custom_header(key, value.expose_secret())) {
            return Err(HookProblem::CustomHeaders);
        }
        let newline = |secret: &SecretString| secret.expose_secret().contains('\n');
        if hook.token.as_ref().is_some_and(newline) {
            return Err(HookProblem::Model("token", "Token", "is invalid"));
        }
        if hook.signing_token.as_ref().is_some_and(|token| !is_valid_signing_token(token.expose_secret())) {
            return Err(HookProblem::Model("signing_token", "Signing token", "is invalid"));
        }
        check_lengths(hook)
    }

    fn check_hook_limit(&self, owner: Owner) -> Result<(), HookProblem> {
        let (kind, limit) = match owner {
            Owner::Project(_) => ("project", self.hooks.quirks.project_limit),
            Owner::Group(_) => ("group", self.hooks.quirks.group_limit),
            Owner::System => return Ok(()),
        };
        if limit == 0 || self.hooks.of(owner).count() < limit { Ok(()) } else { Err(HookProblem::Limit(kind, limit)) }
    }
}

fn default_events(owner: Owner) -> HookEvents {
    let mut events = HookEvents::default();
    match owner {
        Owner::System => events.insert(HookEvent::RepositoryUpdate),
        Owner::Project(_) | Owner::Group(_) => events.insert(HookEvent::Push),
    }
    events
}

fn check_lengths(hook: &StoredHook) -> Result<(), HookProblem> {
    let longer = |text: Option<&str>, most| text.is_some_and(|text| text.chars().count() > most);
    if longer(hook.name.as_deref(), 255) {
        return Err(HookProblem::Model("name", "Name", "is too long (maximum is 255 characters)"));
    }
    if longer(hook.description.as_deref(), 2048) {
        return Err(HookProblem::Model("description", "Description", "is too long (maximum is 2048 characters)"));
    }
    if longer(Some(&hook.custom_webhook_template), 4096) {
        let text = "is too long (maximum is 4096 characters)";
        return Err(HookProblem::Model("custom_webhook_template", "Custom webhook template", text));
    }
    Ok(())
}

/// A wildcard has to be a possible branch name, a regex has to have balanced brackets.
fn is_valid_filter(hook: &StoredHook) -> bool {
    let filter = hook.push_events_branch_filter.as_str();
    match hook.branch_filter_strategy.as_str() {
        "wildcard" => !filter.contains([' ', '~', '^', ':', '?', '[', '\\']) && !filter.contains(".."),
        "regex" => ["()", "[]"].iter().all(|pair| {
            let mut pair = pair.chars();
            filter.matches(pair.next().unwrap_or_default()).count()
                == filter.matches(pair.next().unwrap_or_default()).count()
        }),
        _ => true,
    }
}

/// gitlab: app/validators/json_schemas/web_hooks_custom_headers.json
fn is_valid_custom_header(key: &str, value: &str) -> bool {
    let delivery = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let ends = key.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && key.bytes().last().is_some_and(|last| last.is_ascii_alphanumeric());
    ends && key.bytes().all(delivery) && !value.is_empty() && value.len() <= 2048 && !value.contains('\n')
}

/// `whsec_` and 32 bytes in base64.
fn is_valid_signing_token(token: &str) -> bool {
    let bytes = token.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    bytes.is_some_and(|bytes| bytes.len() == 32)
}

impl HookProblem {
    pub(super) fn on_create(&self) -> ApiError {
        match self {
            Self::CustomHeaders => ApiError::error(UNPROCESSABLE, "Custom headers must be a valid json schema"),
            Self::Model(_, name, text) => ApiError::error(UNPROCESSABLE, format!("{name} {text}")),
            _ => self.shared(),
        }
    }

    pub(super) fn on_update(&self) -> ApiError {
        match self {
            Self::CustomHeaders => ApiError::error(UNPROCESSABLE, "Custom headers validation failed"),
            Self::Model(field, _, text) => ApiError::message(UNPROCESSABLE, json!({ *field: [text] })),
            _ => self.shared(),
        }
    }

    fn shared(&self) -> ApiError {
        let text = match self {
            Self::BranchFilter => "Invalid branch filter given".to_owned(),
            Self::Limit(kind, limit) => format!("Maximum number of {kind} hooks ({limit}) exceeded"),
            _ => "Invalid url given".to_owned(),
        };
        ApiError::error(UNPROCESSABLE, text)
    }
}

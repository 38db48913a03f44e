//! The hooks of many projects in one request, where this GitLab has a list of them in GraphQL.
//!
//! What is known about GitLab: the type `ProjectHook` and `Project.webhook(id:)` came with 18.5 as experiments, and
//! `tokenPresent` and `signingTokenPresent` are in the reference of 19.5
//! (gitlab: doc/api/graphql/reference, app/graphql/types/web_hooks/hook_type.rb). The resolver of a *list* exists as
//! well (app/graphql/resolvers/web_hooks/project_hooks_resolver.rb), but up to 19.5 no field of `Project` uses it. So
//! nothing is assumed by version: the instance's schema says which field, if any, is a `ProjectHookConnection`.
//!
//! A caller without the right to see a project's hooks gets `null` for the list, never a shorter list: the resolver and
//! the type require the same `read_web_hook`, and a hook's policy is its project's (gitlab:
//! app/policies/project_hook_policy.rb).

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::wire::HookWire;
use super::{Error, Hook, Reader};
use crate::http::limits::{MAX_GRAPHQL_NAME, MAX_QUERY_HOOKS, MAX_QUERY_PROJECTS, MAX_TEXT_CHARS};
use crate::http::{Cause, ErrorResponse, Expected, Response};
use crate::instance::Version;
use crate::secret;
use crate::target::Event;

const EXPECTED: Expected = "a GraphQL response";

/// Experiments count as deprecated in GitLab's schema, and `webhook` is one.
const SCHEMA_QUERY: &str = r#"{
  project: __type(name: "Project") { fields(includeDeprecated: true) { name type { name ofType { name } } } }
  hook: __type(name: "ProjectHook") { fields(includeDeprecated: true) { name } }
}"#;

/// The attributes that checks need, besides the events. GraphQL's names are the same in camel case.
const FIELDS: [&str; 9] = [
    "id",
    "url",
    "name",
    "description",
    "enable_ssl_verification",
    "alert_status",
    "disabled_until",
    "push_events_branch_filter",
    "custom_webhook_template",
];
/// Attributes that only newer versions show; REST from 19.0.
const PRESENCE: [&str; 2] = ["token_present", "signing_token_present"];

/// A list of project hooks that an instance has in GraphQL, as the query that reads it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HookList {
    query: String,
}

impl HookList {
    /// The list in this schema, if it has one that shows all that REST shows in this version. With less, a hook that has
    /// lost its token would look unchanged.
    fn find(schema: &HookSchema, version: Option<Version>) -> Option<Self> {
        let list = schema.project.as_ref()?.fields.iter().find(|field| field.has_type("ProjectHookConnection"))?;
        if !is_name(&list.name) {
            return None;
        }
        let hook = schema.hook.as_ref()?;
        let has = |name: &&str| hook.fields.iter().any(|field| field.name == camel(name));
        let required: Vec<&str> = FIELDS.into_iter().chain(Event::ALL.map(Event::flag)).collect();
        let optional: Vec<&str> = PRESENCE.into_iter().filter(|name| has(name)).collect();
        let rest_shows_presence = version.is_none_or(|version| version >= Version::SIGNING_TOKEN);
        if !required.iter().all(has) || (rest_shows_presence && optional.len() < PRESENCE.len()) {
            return None;
        }
        let fields: Vec<String> =
            required.iter().chain(&optional).map(|name| format!("{name}: {}", camel(name))).collect();
        let (list, fields) = (&list.name, fields.join(" "));
        let query = format!(
            "query($ids: [ID!]) {{ projects(ids: $ids, first: {MAX_QUERY_PROJECTS}) {{ nodes {{ id \
             hooks: {list}(first: {MAX_QUERY_HOOKS}) {{ nodes {{ {fields} }} pageInfo {{ hasNextPage }} }} }} }} }}"
        );
        Some(Self { query })
    }
}

impl Reader {
    /// Finds out whether this instance has a list of project hooks in GraphQL.
    ///
    /// # Errors
    /// Those of any request, and a response that is not GraphQL's.
    pub async fn hook_list(&self, version: Option<Version>) -> Result<Option<HookList>, Error> {
        if version.is_some_and(|version| version < Version::GRAPHQL_HOOKS) {
            return Ok(None);
        }
        let schema: HookSchema = data(&self.graphql(&json!({ "query": SCHEMA_QUERY })).await?)?;
        Ok(HookList::find(&schema, version))
    }

    /// The hooks of at most `MAX_QUERY_PROJECTS` projects, by project and in the order of their IDs. A project is missing
    /// where GraphQL does not return all its hooks, or not to this caller; that says nothing about the project.
    ///
    /// # Errors
    /// Those of any request; also a response that reports errors, whatever else it holds.
    pub async fn listed_hooks(&self, list: &HookList, projects: &[u64]) -> Result<Vec<(u64, Vec<Hook>)>, Error> {
        let ids: Vec<String> = projects.iter().map(|id| format!("gid://gitlab/Project/{id}")).collect();
        let query = json!({ "query": list.query, "variables": { "ids": ids } });
        let response: Projects = data(&self.graphql(&query).await?)?;
        let nodes = response.projects.nodes.into_iter().flatten();
        Ok(nodes.filter_map(|node| Some((node.id.into(), node.hooks?.complete()?))).collect())
    }
}

/// The data of a response. A response with errors is not used in part: GitLab leaves out what ran into its time limit.
fn data<T: for<'de> Deserialize<'de>>(response: &Response) -> Result<T, Error> {
    let body: GraphqlResponse<T> = response.json(EXPECTED)?;
    match (body.errors.into_iter().flatten().next(), body.data) {
        (Some(error), _) => {
            let message = error.message.map(|text| secret::redact(&text).chars().take(MAX_TEXT_CHARS).collect());
            Err(response.failed(Cause::Status(ErrorResponse {
                status: response.status(),
                message,
                ..ErrorResponse::default()
            })))
        }
        (None, Some(data)) => Ok(data),
        (None, None) => Err(response.decode_error(EXPECTED, "it has no data")),
    }
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct GraphqlResponse<T> {
    #[serde(default = "none")]
    data: Option<T>,
    #[serde(default)]
    errors: Option<Vec<GraphqlError>>,
}

fn none<T>() -> Option<T> {
    None
}

#[derive(Deserialize)]
struct GraphqlError {
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct HookSchema {
    project: Option<SchemaType>,
    hook: Option<SchemaType>,
}

#[derive(Deserialize)]
struct SchemaType {
    fields: Vec<SchemaField>,
}

#[derive(Deserialize)]
struct SchemaField {
    name: String,
    #[serde(default, rename = "type")]
    kind: Option<FieldType>,
}

impl SchemaField {
    fn has_type(&self, name: &str) -> bool {
        let is = |kind: &FieldType| kind.name.as_deref() == Some(name);
        self.kind.as_ref().is_some_and(|kind| is(kind) || kind.of_type.as_deref().is_some_and(is))
    }
}

#[derive(Deserialize)]
struct FieldType {
    name: Option<String>,
    /// The type inside of a `NON_NULL`.
    #[serde(default, rename = "ofType")]
    of_type: Option<Box<Self>>,
}

#[derive(Deserialize)]
struct Projects {
    projects: ProjectNodes,
}

#[derive(Deserialize)]
struct ProjectNodes {
    nodes: Vec<Option<ProjectNode>>,
}

#[derive(Deserialize)]
struct ProjectNode {
    id: GlobalId,
    hooks: Option<HookNodes>,
}

#[derive(Deserialize)]
struct HookNodes {
    nodes: Option<Vec<Option<HookWire<GlobalId>>>>,
    #[serde(rename = "pageInfo")]
    /// Not a struct: serde would read one from an array too, and an unexpected answer must not count as the last page.
    page_info: Map<String, Value>,
}

impl HookNodes {
    /// The hooks, if the page has all of them.
    fn complete(self) -> Option<Vec<Hook>> {
        if self.page_info.get("hasNextPage")?.as_bool()? {
            return None;
        }
        let mut hooks: Vec<Hook> = self.nodes?.into_iter().map(|hook| hook.map(Hook::from)).collect::<Option<_>>()?;
        // REST's order; GraphQL begins with the newest.
        hooks.sort_by_key(|hook| hook.id);
        Some(hooks)
    }
}

/// `gid://gitlab/Project/7`.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "std::borrow::Cow<'_, str>")]
struct GlobalId(u64);

impl TryFrom<std::borrow::Cow<'_, str>> for GlobalId {
    type Error = &'static str;

    fn try_from(text: std::borrow::Cow<'_, str>) -> Result<Self, &'static str> {
        let number = text.strip_prefix("gid://").and_then(|rest| rest.rsplit('/').next()?.parse().ok());
        number.map(Self).ok_or("not a global ID with a number")
    }
}

impl From<GlobalId> for u64 {
    fn from(id: GlobalId) -> Self {
        id.0
    }
}

/// Whether a name from the server is safe to use in a query.
fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= MAX_GRAPHQL_NAME
        && text.bytes().all(is_allowed)
        && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// GraphQL's spelling of a REST name: `push_events` is `pushEvents`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1.min(word.len()));
        camel.push_str(&first.to_ascii_uppercase());
        camel.push_str(rest);
    }
    camel
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;

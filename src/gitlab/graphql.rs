//! The hooks of many projects in one request, where this GitLab has a list of them in GraphQL.
//!
//! What is known of GitLab: the type `ProjectHook` and `Project.webhook(id:)` came with 18.5 as experiments, and
//! `tokenPresent` and `signingTokenPresent` stand beside the rest in the reference of 19.5
//! (gitlab: doc/api/graphql/reference, app/graphql/types/web_hooks/hook_type.rb). The resolver of a *list* is there as
//! well (app/graphql/resolvers/web_hooks/project_hooks_resolver.rb), but up to 19.5 no field of `Project` shows it. So
//! nothing is assumed by version: the instance is asked which field, if any, gives a `ProjectHookConnection`.
//!
//! A caller without the right to see a project's hooks gets `null` for the list, never a shorter one: the resolver and
//! the type ask for the same `read_web_hook`, and a hook's policy is its project's (gitlab:
//! app/policies/project_hook_policy.rb).

use serde::Deserialize;
use serde_json::json;

use super::wire::HookWire;
use super::{Error, Hook, Reader};
use crate::http::{Answer, Expected, Response};
use crate::instance::Version;
use crate::secret;
use crate::target::Event;

/// Projects that one question may name: GitLab's largest page (gitlab: app/graphql/gitlab_schema.rb).
pub const MOST_PROJECTS: usize = 100;

/// Hooks that are asked for of each project; one with more is read by REST. GitLab counts a query's complexity by what
/// *could* come back, 250 at most (300 for an admin), and this comes to 62 (gitlab: app/graphql/types/base_field.rb).
const MOST_HOOKS: usize = 20;

/// No server's word is kept beyond this many characters.
const LONGEST_MESSAGE: usize = 300;

const EXPECTED: Expected = "an answer of GraphQL";

/// Experiments count as deprecated in GitLab's schema, and `webhook` is one.
const SHAPE: &str = r#"{
  project: __type(name: "Project") { fields(includeDeprecated: true) { name type { name ofType { name } } } }
  hook: __type(name: "ProjectHook") { fields(includeDeprecated: true) { name } }
}"#;

/// What a hook is judged by, besides its events. GraphQL's names are these in its own spelling.
const FIELDS: [&str; 8] = [
    "id",
    "url",
    "name",
    "description",
    "enable_ssl_verification",
    "alert_status",
    "disabled_until",
    "push_events_branch_filter",
];
/// What only newer versions tell; REST from 19.0.
const PRESENCE: [&str; 2] = ["token_present", "signing_token_present"];

/// A list of project hooks that an instance has in GraphQL, as the question that reads it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HookList {
    query: String,
}

impl HookList {
    /// The list of a schema of this shape, if it has one that tells all that REST tells in this version. With less, a hook
    /// whose token was taken away would look as if nothing had happened.
    fn of(shape: &Shape, version: Option<Version>) -> Option<Self> {
        let list = shape.project.as_ref()?.fields.iter().find(|field| field.gives("ProjectHookConnection"))?;
        if !is_name(&list.name) {
            return None;
        }
        let hook = shape.hook.as_ref()?;
        let has = |name: &&str| hook.fields.iter().any(|field| field.name == camel(name));
        let must: Vec<&str> = FIELDS.into_iter().chain(Event::ALL.map(Event::flag)).collect();
        let told: Vec<&str> = PRESENCE.into_iter().filter(|name| has(name)).collect();
        let rest_tells = version.is_none_or(|version| version >= Version::SIGNING_TOKEN);
        if !must.iter().all(has) || (rest_tells && told.len() < PRESENCE.len()) {
            return None;
        }
        let fields: Vec<String> = must.iter().chain(&told).map(|name| format!("{name}: {}", camel(name))).collect();
        let (list, fields) = (&list.name, fields.join(" "));
        let query = format!(
            "query($ids: [ID!]) {{ projects(ids: $ids, first: {MOST_PROJECTS}) {{ nodes {{ id \
             hooks: {list}(first: {MOST_HOOKS}) {{ nodes {{ {fields} }} pageInfo {{ hasNextPage }} }} }} }} }}"
        );
        Some(Self { query })
    }
}

impl Reader {
    /// Asks whether this instance has a list of project hooks in GraphQL, and what it tells of each.
    ///
    /// # Errors
    /// Those of any request, and an answer that is none of GraphQL's.
    pub async fn hook_list(&self, version: Option<Version>) -> Result<Option<HookList>, Error> {
        if version.is_some_and(|version| version < Version::GRAPHQL_HOOKS) {
            return Ok(None);
        }
        let shape: Shape = data(&self.ask(&json!({ "query": SHAPE })).await?)?;
        Ok(HookList::of(&shape, version))
    }

    /// The hooks of these projects, [`MOST_PROJECTS`] at most, by project and in the order of their ids. A project whose
    /// hooks GraphQL does not give in whole, or not to this caller, is missing: that says nothing about it.
    ///
    /// # Errors
    /// Those of any request; also an answer that reports errors, whatever else it holds.
    pub async fn listed_hooks(&self, list: &HookList, projects: &[u64]) -> Result<Vec<(u64, Vec<Hook>)>, Error> {
        let ids: Vec<String> = projects.iter().map(|id| format!("gid://gitlab/Project/{id}")).collect();
        let question = json!({ "query": list.query, "variables": { "ids": ids } });
        let answer: Projects = data(&self.ask(&question).await?)?;
        let nodes = answer.projects.nodes.into_iter().flatten();
        Ok(nodes.filter_map(|node| Some((node.id.into(), node.hooks?.whole()?))).collect())
    }
}

/// The data of an answer. An answer with errors is not believed in part: GitLab leaves out what ran into its time limit.
fn data<T: for<'de> Deserialize<'de>>(response: &Response) -> Result<T, Error> {
    let whole: Whole<T> = response.json(EXPECTED)?;
    match (whole.errors.into_iter().flatten().next(), whole.data) {
        (Some(said), _) => {
            let message = said.message.map(|text| secret::redact(&text).chars().take(LONGEST_MESSAGE).collect());
            Err(response.refused(Answer { status: response.status(), message, ..Answer::default() }))
        }
        (None, Some(data)) => Ok(data),
        (None, None) => Err(response.unfit(EXPECTED, "it has no data")),
    }
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Whole<T> {
    #[serde(default = "none")]
    data: Option<T>,
    #[serde(default)]
    errors: Option<Vec<Said>>,
}

fn none<T>() -> Option<T> {
    None
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Shape {
    project: Option<TypeShape>,
    hook: Option<TypeShape>,
}

#[derive(Deserialize)]
struct TypeShape {
    fields: Vec<FieldShape>,
}

#[derive(Deserialize)]
struct FieldShape {
    name: String,
    #[serde(default, rename = "type")]
    kind: Option<KindShape>,
}

impl FieldShape {
    fn gives(&self, name: &str) -> bool {
        let is = |kind: &KindShape| kind.name.as_deref() == Some(name);
        self.kind.as_ref().is_some_and(|kind| is(kind) || kind.of_type.as_deref().is_some_and(is))
    }
}

#[derive(Deserialize)]
struct KindShape {
    name: Option<String>,
    /// What a "never null" is around.
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
    page_info: PageInfo,
}

#[derive(Deserialize)]
struct PageInfo {
    #[serde(rename = "hasNextPage")]
    has_next_page: bool,
}

impl HookNodes {
    /// The hooks, if these are all of them.
    fn whole(self) -> Option<Vec<Hook>> {
        if self.page_info.has_next_page {
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
        number.map(Self).ok_or("no global ID with a number")
    }
}

impl From<GlobalId> for u64 {
    fn from(id: GlobalId) -> Self {
        id.0
    }
}

/// Whether a word of the server's may stand in a question.
fn is_name(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 100 && text.bytes().all(good) && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
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

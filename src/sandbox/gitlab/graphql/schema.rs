//! The types of the schema and their fields, by version.
//!
//! gitlab: app/graphql/types/project_type.rb, app/graphql/types/web_hooks/, doc/api/graphql/reference

use std::collections::BTreeMap;

use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::hooks::project_flags;
use crate::sandbox::gitlab::quirks::GraphqlQuirks;

/// `ProjectHook` and `Project.webhook` (the reference names the version).
const HOOKS: (u16, u16) = (18, 5);
/// `tokenPresent` and `signingTokenPresent`: in the reference of 19.5, not in the source of 18.x; assumed to be as old as
/// the same fields of REST.
const PRESENCE: (u16, u16) = (19, 0);
const PRESENCE_FIELDS: [&str; 2] = ["tokenPresent", "signingTokenPresent"];
/// A list of a project's hooks. **No GitLab up to 19.5 has one**: it has the resolver, but no field. Newer versions get it
/// here, under the most likely name, so that it can be rehearsed.
const HOOK_LIST: (u16, u16) = (19, 6);

const PAGE_ARGUMENTS: [&str; 4] = ["first", "after", "last", "before"];

/// A field of a type.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub name: String,
    /// As GraphQL writes it: `[Project]`, `String!`.
    pub kind: &'static str,
    pub arguments: Vec<&'static str>,
    /// The field's own complexity; for the field of a resolver its page size counts as well.
    pub cost: Cost,
    /// GitLab counts experiments as deprecated; introspection omits both unless asked for them.
    pub experiment: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cost {
    Plain,
    /// The field of a resolver with this complexity of its own.
    Resolver(usize),
}

impl Field {
    fn new(name: &str, kind: &'static str) -> Self {
        Self { name: name.to_owned(), kind, arguments: Vec::new(), cost: Cost::Plain, experiment: false }
    }

    fn resolver(self, cost: usize, arguments: &[&'static str]) -> Self {
        let pages: &[&'static str] = if self.is_connection() { &PAGE_ARGUMENTS } else { &[] };
        let arguments = arguments.iter().chain(pages).copied().collect();
        Self { cost: Cost::Resolver(cost), arguments, ..self }
    }

    fn arguments(self, arguments: &[&'static str]) -> Self {
        Self { arguments: arguments.to_vec(), ..self }
    }

    fn experiment(self) -> Self {
        Self { experiment: true, ..self }
    }

    /// The type without list brackets and `!`.
    pub(super) fn base(&self) -> &'static str {
        base(self.kind)
    }

    pub(super) fn is_connection(&self) -> bool {
        self.base().ends_with("Connection")
    }
}

/// The type inside `[…]` and before `!`.
pub(super) fn base(kind: &'static str) -> &'static str {
    kind.trim_matches(['[', ']', '!'])
}

/// The types that have fields.
pub(super) struct Schema {
    types: BTreeMap<&'static str, Vec<Field>>,
}

impl Schema {
    pub(super) fn of(gitlab: &GitLab, quirks: &GraphqlQuirks) -> Self {
        let since = |(major, minor): (u16, u16)| gitlab.is_at_least(major, minor);
        let mut types = BTreeMap::from([
            ("Query", query()),
            ("ProjectConnection", connection("[Project]")),
            ("PageInfo", page_info()),
            ("__Type", type_of_types()),
            ("__Field", type_of_fields()),
        ]);
        let mut project = project();
        if since(HOOKS) {
            project.push(Field::new("webhook", "ProjectHook").resolver(1, &["id"]).experiment());
            types.insert("ProjectHook", hook(if since(PRESENCE) { &PRESENCE_FIELDS } else { &[] }, &quirks.missing));
        }
        if since(HOOKS) && quirks.hook_list.unwrap_or_else(|| since(HOOK_LIST)) {
            project.push(Field::new("webhooks", "ProjectHookConnection").resolver(1, &[]).experiment());
            types.insert("ProjectHookConnection", connection("[ProjectHook]"));
        }
        types.insert("Project", project);
        Self { types }
    }

    /// The fields of a type; `None` for a type without fields and for an unknown type.
    pub(super) fn fields(&self, kind: &str) -> Option<&[Field]> {
        self.types.get(kind).map(Vec::as_slice)
    }
}

fn query() -> Vec<Field> {
    // The list is ordered unless told otherwise, and an order costs one more (gitlab: concerns/project_search_arguments.rb).
    let projects = Field::new("projects", "ProjectConnection").resolver(2, &["ids", "fullPaths", "sort"]);
    let project = Field::new("project", "Project").resolver(1, &["fullPath"]);
    vec![projects, project, Field::new("__type", "__Type").arguments(&["name"])]
}

fn project() -> Vec<Field> {
    let fields =
        [("id", "ID!"), ("name", "String!"), ("path", "String!"), ("fullPath", "ID!"), ("archived", "Boolean")];
    fields.map(|(name, kind)| Field::new(name, kind)).to_vec()
}

fn hook(presence: &[&'static str], missing: &[&str]) -> Vec<Field> {
    let words = [
        ("id", "ProjectHookID!"),
        ("url", "String!"),
        ("name", "String"),
        ("description", "String"),
        ("createdAt", "Time!"),
        ("enableSslVerification", "Boolean"),
        ("alertStatus", "WebhookAlertStatus!"),
        ("disabledUntil", "Time"),
        ("customWebhookTemplate", "String"),
        ("pushEventsBranchFilter", "String"),
        ("branchFilterStrategy", "WebhookBranchFilterStrategy!"),
    ];
    let flags = project_flags().map(|flag| Field::new(&camel(flag), "Boolean!"));
    let words = words.into_iter().chain(presence.iter().map(|name| (*name, "Boolean!")));
    let fields = words.map(|(name, kind)| Field::new(name, kind)).chain(flags);
    fields.filter(|field| !missing.contains(&field.name.as_str())).collect()
}

fn connection(nodes: &'static str) -> Vec<Field> {
    vec![Field::new("nodes", nodes), Field::new("pageInfo", "PageInfo!")]
}

fn page_info() -> Vec<Field> {
    let fields = [
        ("hasNextPage", "Boolean!"),
        ("hasPreviousPage", "Boolean!"),
        ("startCursor", "String"),
        ("endCursor", "String"),
    ];
    fields.map(|(name, kind)| Field::new(name, kind)).to_vec()
}

fn type_of_types() -> Vec<Field> {
    let fields = Field::new("fields", "[__Field!]").arguments(&["includeDeprecated"]);
    vec![Field::new("kind", "__TypeKind!"), Field::new("name", "String"), fields, Field::new("ofType", "__Type")]
}

fn type_of_fields() -> Vec<Field> {
    vec![Field::new("name", "String!"), Field::new("type", "__Type!"), Field::new("isDeprecated", "Boolean!")]
}

/// A REST name in GraphQL's spelling.
fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for (index, word) in name.split('_').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if index > 0 => camel.push(first.to_ascii_uppercase()),
            Some(first) => camel.push(first),
            None => {}
        }
        camel.push_str(letters.as_str());
    }
    camel
}

/// A GraphQL name in REST's spelling.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

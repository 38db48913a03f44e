//! The response to a query.
//!
//! gitlab: app/graphql/resolvers/projects_resolver.rb, app/graphql/resolvers/web_hooks/project_hooks_resolver.rb

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::query::SelectedField;
use super::schema::{Field, Schema, base, snake};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::hooks::{Owner, StoredHook};
use crate::sandbox::gitlab::permissions::Permissions;
use crate::sandbox::gitlab::state::{GitLabState, StoredProject, level};

/// What a response depends on.
pub(super) struct GraphqlResponder<'a> {
    pub gitlab: &'a GitLab,
    pub state: &'a GitLabState,
    pub schema: &'a Schema,
    pub permissions: Permissions<'a>,
}

/// The text of an error, which leaves its field `null`.
type FieldError = String;

impl GraphqlResponder<'_> {
    /// The whole response.
    pub(super) fn query(&self, fields: &[SelectedField]) -> Value {
        let (mut data, mut errors) = (Map::new(), Vec::new());
        for wanted in fields {
            let value = self.root(wanted).unwrap_or_else(|text| {
                errors.push(json!({ "message": text, "path": [wanted.key] }));
                Value::Null
            });
            data.insert(wanted.key.clone(), value);
        }
        let mut answer = json!({ "data": data });
        if !errors.is_empty() {
            answer["errors"] = json!(errors);
        }
        answer
    }

    fn root(&self, wanted: &SelectedField) -> Result<Value, FieldError> {
        let text = |name: &str| wanted.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        match wanted.name.as_str() {
            "projects" => self.projects(wanted),
            "project" => {
                let found = self.state.project(text("fullPath")).filter(|project| self.can_see(project));
                found.map_or(Ok(Value::Null), |project| self.project(project, &wanted.below))
            }
            _ => Ok(self.named_type(text("name"), &wanted.below)),
        }
    }

    fn can_see(&self, project: &StoredProject) -> bool {
        !project.pending_delete && self.permissions.can_see_project(project)
    }

    /// Newest first, with archived projects and those marked for deletion.
    fn projects(&self, wanted: &SelectedField) -> Result<Value, FieldError> {
        let left_out = &self.state.quirks.graphql.left_out;
        let takes = |project: &&StoredProject| self.can_see(project) && !left_out.contains(&project.id);
        let mut projects: Vec<&StoredProject> = match wanted.arguments.get("ids").and_then(Value::as_array) {
            None => self.state.projects.values().filter(takes).collect(),
            Some(ids) => {
                let mut ids = ids.iter().map(|id| number(id, "Project")).collect::<Result<Vec<u64>, FieldError>>()?;
                ids.sort_unstable();
                ids.dedup();
                ids.into_iter().filter_map(|id| self.state.projects.get(&id)).filter(takes).collect()
            }
        };
        projects.reverse();
        page(&projects, wanted, |project| project.id, |project, below| self.project(project, below))
    }

    fn project(&self, project: &StoredProject, fields: &[SelectedField]) -> Result<Value, FieldError> {
        object(fields, |wanted| {
            Ok(match wanted.name.as_str() {
                "id" => json!(global_id("Project", project.id)),
                "name" => json!(project.name),
                "path" => json!(project.path),
                "fullPath" => json!(project.full_path),
                "archived" => json!(project.archived),
                _ if !self.may_read_hooks(project) => Value::Null,
                "webhook" => {
                    let id = number(wanted.arguments.get("id").unwrap_or(&Value::Null), "ProjectHook")?;
                    let hook = self.state.hooks.of(Owner::Project(project.id)).find(|hook| hook.id == id);
                    hook.map_or(Value::Null, |hook| self.hook(hook, &wanted.below))
                }
                _ => self.hooks(project, wanted)?,
            })
        })
    }

    /// `read_web_hook`.
    fn may_read_hooks(&self, project: &StoredProject) -> bool {
        self.permissions.is_admin() || self.permissions.in_project(project) >= level::MAINTAINER
    }

    /// Newest first, which is the default order of every connection.
    fn hooks(&self, project: &StoredProject, wanted: &SelectedField) -> Result<Value, FieldError> {
        let mut hooks: Vec<&StoredHook> = self.state.hooks.of(Owner::Project(project.id)).collect();
        hooks.reverse();
        page(&hooks, wanted, |hook| hook.id, |hook, below| Ok(self.hook(hook, below)))
    }

    fn hook(&self, hook: &StoredHook, fields: &[SelectedField]) -> Value {
        let rest = self.state.hooks.shown(self.gitlab, hook);
        let value = |wanted: &SelectedField| match wanted.name.as_str() {
            "id" => json!(global_id("ProjectHook", hook.id)),
            "alertStatus" => json!(rest["alert_status"].as_str().map(str::to_ascii_uppercase)),
            name => rest.get(snake(name)).cloned().unwrap_or_default(),
        };
        Value::Object(fields.iter().map(|wanted| (wanted.key.clone(), value(wanted))).collect())
    }

    fn named_type(&self, name: &str, fields: &[SelectedField]) -> Value {
        let Some(own) = self.schema.fields(name) else { return Value::Null };
        let value = |wanted: &SelectedField| match wanted.name.as_str() {
            "kind" => json!("OBJECT"),
            "name" => json!(name),
            "fields" => {
                let all = wanted.arguments.get("includeDeprecated").and_then(Value::as_bool).unwrap_or(false);
                own.iter()
                    .filter(|field| all || !field.experiment)
                    .map(|field| self.field(field, &wanted.below))
                    .collect()
            }
            _ => Value::Null,
        };
        Value::Object(fields.iter().map(|wanted| (wanted.key.clone(), value(wanted))).collect())
    }

    fn field(&self, field: &Field, fields: &[SelectedField]) -> Value {
        let value = |wanted: &SelectedField| match wanted.name.as_str() {
            "name" => json!(field.name),
            "isDeprecated" => json!(field.experiment),
            _ => self.kind(field.kind, &wanted.below),
        };
        Value::Object(fields.iter().map(|wanted| (wanted.key.clone(), value(wanted))).collect())
    }

    /// A type as it is written, from the outside in: `[Project!]!` is a non-null list of non-null projects.
    fn kind(&self, written: &'static str, fields: &[SelectedField]) -> Value {
        let (kind, inner) = match (written.strip_suffix('!'), written.strip_prefix('[')) {
            (Some(inner), _) => ("NON_NULL", inner),
            (None, Some(inner)) => ("LIST", inner.trim_end_matches(']')),
            (None, None) if self.schema.fields(written).is_some() => return self.named_type(written, fields),
            (None, None) => ("SCALAR", ""),
        };
        let value = |wanted: &SelectedField| match (wanted.name.as_str(), inner) {
            ("kind", _) => json!(kind),
            ("name", "") => json!(base(written)),
            ("ofType", inner) if !inner.is_empty() => self.kind(inner, &wanted.below),
            _ => Value::Null,
        };
        Value::Object(fields.iter().map(|wanted| (wanted.key.clone(), value(wanted))).collect())
    }
}

fn object(
    fields: &[SelectedField],
    value: impl Fn(&SelectedField) -> Result<Value, FieldError>,
) -> Result<Value, FieldError> {
    let pairs = fields.iter().map(|wanted| Ok((wanted.key.clone(), value(wanted)?)));
    pairs.collect::<Result<Map<_, _>, FieldError>>().map(Value::Object)
}

/// The requested page of a list, forwards only.
fn page<T: Copy>(
    items: &[T],
    wanted: &SelectedField,
    id: impl Fn(T) -> u64,
    one: impl Fn(T, &[SelectedField]) -> Result<Value, FieldError>,
) -> Result<Value, FieldError> {
    let cursor = |item: T| STANDARD.encode(json!({ "id": id(item).to_string() }).to_string());
    let after = wanted.arguments.get("after").and_then(Value::as_str);
    let start = after.and_then(|after| items.iter().position(|item| cursor(*item) == after)).map_or(0, |at| at + 1);
    let rest = &items[start..];
    let given = &rest[..rest.len().min(wanted.page())];
    object(&wanted.below, |wanted| match wanted.name.as_str() {
        "nodes" => given.iter().map(|item| one(*item, &wanted.below)).collect(),
        _ => object(&wanted.below, |wanted| {
            Ok(match wanted.name.as_str() {
                "hasNextPage" => json!(given.len() < rest.len()),
                "hasPreviousPage" => json!(start > 0),
                "startCursor" => json!(given.first().map(|item| cursor(*item))),
                _ => json!(given.last().map(|item| cursor(*item))),
            })
        }),
    })
}

fn global_id(class: &str, id: u64) -> String {
    format!("gid://gitlab/{class}/{id}")
}

/// The number in a global ID of this class.
fn number(id: &Value, class: &str) -> Result<u64, FieldError> {
    let text = id.as_str().unwrap_or_default();
    let Some((found, number)) = text.strip_prefix("gid://gitlab/").and_then(|rest| rest.split_once('/')) else {
        return Err(format!("{text} is not a valid GitLab ID."));
    };
    if found != class {
        return Err(format!("{text} is not a valid ID for {class}."));
    }
    // An id that is not a number does not exist.
    Ok(number.parse().unwrap_or_default())
}

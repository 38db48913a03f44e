//! A query, parsed and validated against the schema, with its complexity.
//!
//! The error texts are graphql-ruby's; the complexity is counted as GitLab counts it (gitlab:
//! app/graphql/types/base_field.rb, app/graphql/resolvers/base_resolver.rb).

use graphql_parser::query::{Definition, OperationDefinition, Selection, SelectionSet, parse_query};
use serde_json::{Map, Value, json};

use super::schema::{Cost, Field, Schema};

/// `default_max_page_size`.
pub(super) const LARGEST_PAGE: u64 = 100;
/// `validate_max_errors`.
const MOST_ERRORS: usize = 5;

/// A query as it was received.
#[derive(Clone, Copy)]
pub(super) struct QueryRequest<'a> {
    pub query: &'a str,
    pub variables: &'a Map<String, Value>,
}

/// A selected field and the fields selected below it.
pub(super) struct SelectedField {
    /// Its name in the response.
    pub key: String,
    pub name: String,
    pub arguments: Map<String, Value>,
    pub below: Vec<Self>,
}

impl SelectedField {
    /// The largest number of items on a page.
    pub(super) fn page(&self) -> usize {
        page(&self.arguments)
    }
}

pub(super) struct ParsedQuery {
    pub fields: Vec<SelectedField>,
    pub complexity: usize,
}

impl ParsedQuery {
    /// Reads a query.
    ///
    /// # Errors
    /// The `errors` of the response, for a syntax error and for what the schema does not have.
    pub(super) fn read(schema: &Schema, asked: QueryRequest<'_>) -> Result<Self, Vec<Value>> {
        let wrong = |text: &str| vec![json!({ "message": text })];
        if asked.query.trim().is_empty() {
            return Err(wrong("No query string was present"));
        }
        let document = parse_query::<&str>(asked.query).map_err(|error| wrong(&error.to_string()))?;
        let mut operations = document.definitions.into_iter().filter_map(|definition| match definition {
            Definition::Operation(operation) => Some(operation),
            Definition::Fragment(_) => None,
        });
        let (selection, defaults) = match operations.next() {
            Some(OperationDefinition::SelectionSet(selection)) => (selection, Vec::new()),
            Some(OperationDefinition::Query(query)) => (query.selection_set, query.variable_definitions),
            Some(_) => return Err(wrong("this schema has no mutations and no subscriptions")),
            None => return Err(wrong("the document has no operation")),
        };
        let mut variables = asked.variables.clone();
        for definition in &defaults {
            let default = definition.default_value.as_ref().map(|value| json_of(value, &Map::new()));
            if let (false, Some(default)) = (variables.contains_key(definition.name), default) {
                variables.insert(definition.name.to_owned(), default);
            }
        }
        let mut reading = QueryReader { schema, variables, errors: Vec::new() };
        let (fields, complexity) = reading.set("Query", &selection);
        reading.errors.truncate(MOST_ERRORS);
        if reading.errors.is_empty() { Ok(Self { fields, complexity }) } else { Err(reading.errors) }
    }
}

struct QueryReader<'a> {
    schema: &'a Schema,
    variables: Map<String, Value>,
    errors: Vec<Value>,
}

type Set<'a> = SelectionSet<'a, &'a str>;
type QueryField<'a> = graphql_parser::query::Field<'a, &'a str>;

impl QueryReader<'_> {
    /// The fields selected of one type, and their complexity.
    fn set(&mut self, kind: &str, selection: &Set<'_>) -> (Vec<SelectedField>, usize) {
        let (mut all, mut complexity) = (Vec::new(), 0);
        for item in &selection.items {
            let Selection::Field(written) = item else {
                self.errors.push(json!({ "message": "the sandbox does not support fragments" }));
                continue;
            };
            let known = self.schema.fields(kind).and_then(|fields| fields.iter().find(|one| one.name == written.name));
            match known.cloned() {
                Some(field) => {
                    let (wanted, cost) = self.field(&field, written);
                    complexity += cost;
                    all.push(wanted);
                }
                None => self.undefined(kind, written),
            }
        }
        (all, complexity)
    }

    fn field(&mut self, field: &Field, written: &QueryField<'_>) -> (SelectedField, usize) {
        let (base, name) = (field.base(), written.name);
        match (self.schema.fields(base).is_some(), written.selection_set.items.is_empty()) {
            (true, true) => {
                let meant = format!("Did you mean '{name} {{ ... }}'?");
                let text = format!(
                    "Field must have selections (field '{name}' returns {base} but has no selections. {meant})"
                );
                self.wrong(written, &text);
            }
            (false, false) => {
                self.wrong(written, &format!("Selections can't be made on scalars (field '{name}' returns {base})"));
            }
            _ => {}
        }
        let mut arguments = Map::new();
        for (argument, value) in &written.arguments {
            if !field.arguments.contains(argument) {
                self.wrong(written, &format!("Field '{name}' doesn't accept argument '{argument}'"));
            }
            arguments.insert((*argument).to_owned(), json_of(value, &self.variables));
        }
        let (below, inner) = self.set(base, &written.selection_set);
        let complexity = match field.cost {
            Cost::Plain => 1 + inner,
            // One percent for each item that could be returned.
            Cost::Resolver(own) if field.is_connection() => (own + inner) * (100 + page(&arguments)) / 100,
            Cost::Resolver(own) => own + inner,
        };
        let key = written.alias.unwrap_or(name).to_owned();
        (SelectedField { key, name: name.to_owned(), arguments, below }, complexity)
    }

    fn undefined(&mut self, kind: &str, written: &QueryField<'_>) {
        let name = written.name;
        self.errors.push(json!({
            "message": format!("Field '{name}' doesn't exist on type '{kind}'"),
            "locations": [{ "line": written.position.line, "column": written.position.column }],
            "extensions": { "code": "undefinedField", "typeName": kind, "fieldName": name },
        }));
    }

    fn wrong(&mut self, written: &QueryField<'_>, text: &str) {
        let place = json!([{ "line": written.position.line, "column": written.position.column }]);
        self.errors.push(json!({ "message": text, "locations": place }));
    }
}

fn page(arguments: &Map<String, Value>) -> usize {
    let sizes = ["first", "last"].into_iter().filter_map(|name| arguments.get(name)?.as_u64());
    usize::try_from(sizes.min().unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE)).unwrap_or_default()
}

fn json_of<'a>(value: &graphql_parser::query::Value<'a, &'a str>, variables: &Map<String, Value>) -> Value {
    use graphql_parser::query::Value as QueryValue;
    match value {
        QueryValue::Variable(name) => variables.get(*name).cloned().unwrap_or_default(),
        QueryValue::Int(number) => json!(number.as_i64()),
        QueryValue::Float(number) => json!(number),
        QueryValue::String(text) => json!(text),
        QueryValue::Boolean(is) => json!(is),
        QueryValue::Null => Value::Null,
        QueryValue::Enum(word) => json!(word),
        QueryValue::List(items) => items.iter().map(|item| json_of(item, variables)).collect(),
        QueryValue::Object(fields) => {
            Value::Object(fields.iter().map(|(name, item)| ((*name).to_owned(), json_of(item, variables))).collect())
        }
    }
}

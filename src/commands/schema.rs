//! `schema [NAME]`.

use std::io;

use clap::Args;
use serde::Serialize;

use super::{Context, output};
use crate::cli::after_help::{after_help, own};
use crate::error::ExitCode::{Done, Usage};
use crate::error::{ExitCode, Failure, Fix};
use crate::report::{Json, Report};
use crate::schema::{self, DocumentSchema};
use crate::text::{Line, Text, Tone};

const LONG: &str = "\
Prints the JSON Schema (2020-12) of a document that this program reads or writes: the kit, the answers file, the bundle, \
each report. Without a name it lists them.

A document says in its member `schema` which one it is. A later version may add members and values, and takes none away.";

/// Print the JSON Schema of a document, or list the documents
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(
    &[own(Done, "printed"), own(Usage, "usage error: there is no such document")],
    &["factory-gitlab schema", "factory-gitlab schema kit > kit.schema.json", "factory-gitlab schema report/v1"],
))]
pub struct SchemaArgs {
    /// The document: kit, or kit/v1
    pub name: Option<String>,
}

pub(super) async fn schema(args: SchemaArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let Some(name) = &args.name else { return context.finish(&SchemaList) };
    let printed = schema::find(name).ok_or_else(|| unknown(name))?.printed();
    let write = |out: &mut dyn io::Write| {
        serde_json::to_writer_pretty(&mut *out, &printed)?;
        out.write_all(b"\n")
    };
    for file in &context.outputs.files {
        output::write_file(&file.path, write)?;
    }
    if context.outputs.files.is_empty() {
        context.terminal.print_json(write)?;
    }
    Ok(Done)
}

fn unknown(name: &str) -> Failure {
    let meant = schema::nearest(name).map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
    let names: Vec<&str> = schema::ALL.iter().map(|one| one.name).collect();
    Failure::usage(format!("there is no document {name:?}{meant}"))
        .because(format!("the documents are {}", names.join(", ")))
        .fix(Fix::run("see what each of them is", "factory-gitlab schema"))
}

/// The documents that have a schema.
struct SchemaList;

#[derive(Serialize)]
struct ListDocument {
    schema: &'static str,
    documents: Vec<ListedDocument>,
}

#[derive(Serialize)]
struct ListedDocument {
    name: String,
    about: String,
}

impl ListedDocument {
    fn new(one: &DocumentSchema) -> Self {
        Self { name: one.versioned(), about: one.title() }
    }
}

impl Report for SchemaList {
    fn text(&self, text: &mut Text) {
        let width = schema::ALL.iter().map(|one| one.versioned().len()).max().unwrap_or_default();
        for one in schema::ALL {
            let name = format!("{:<width$}  ", one.versioned());
            text.line(Line::new().with(Tone::Strong, name).plain(one.title()));
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let documents = schema::ALL.iter().map(ListedDocument::new).collect();
        into.sorted_document(&ListDocument { schema: "factory-gitlab/schemas/v1", documents })
    }

    fn exit_code(&self) -> ExitCode {
        Done
    }
}

//! What `bundle inspect` and `bundle upload` say.

use std::io;
use std::path::PathBuf;

use serde_json::json;

use crate::bundle::Sight;
use crate::error::ExitCode;
use crate::factory::Receipt;
use crate::report::{Json, Report};
use crate::text::{Line, Text, Tone};

pub(super) struct Inspected {
    pub file: PathBuf,
    pub sight: Sight,
}

impl Report for Inspected {
    fn text(&self, page: &mut Text) {
        let Sight { recipients, size, sha256 } = &self.sight;
        page.line(Line::new().with(Tone::Strong, self.file.display().to_string()).plain(": a sealed bundle (age)"));
        row(page, "sealed for", &format!("{} recipients: {}", recipients.len(), recipients.join(", ")));
        row(page, "size", &format!("{size} bytes"));
        row(page, "sha256", sha256);
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.document(&json!({ "schema": "factory-gitlab/bundle-inspect/v1", "file": self.file.display().to_string(), "bundle": self.sight }))
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}

pub(super) struct Uploaded {
    pub host: String,
    pub sha256: String,
    pub receipt: Receipt,
}

impl Report for Uploaded {
    fn text(&self, page: &mut Text) {
        page.line(Line::new().with(Tone::Good, "accepted").plain(format!(" by {}", self.host)));
        if let Some(id) = &self.receipt.id {
            row(page, "receipt", id);
        }
        if let Some(at) = self.receipt.received_at {
            row(page, "received", &at.to_string());
        }
        row(page, "sha256", &self.sha256);
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.document(&json!({
            "schema": "factory-gitlab/bundle-upload/v1",
            "host": self.host,
            "sha256": self.sha256,
            "receipt": { "id": self.receipt.id, "received_at": self.receipt.received_at },
        }))
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}

fn row(page: &mut Text, name: &str, value: &str) {
    page.line(Line::new().dim(format!("  {name:11}")).plain(value));
}

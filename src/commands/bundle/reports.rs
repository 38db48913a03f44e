//! The reports of `bundle inspect` and `bundle upload`.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use crate::bundle::SealedInfo;
use crate::error::ExitCode;
use crate::factory::Receipt;
use crate::report::{Json, Report};
use crate::text::{Line, Text, Tone, counted};

#[derive(Serialize)]
struct InspectDocument<'r> {
    schema: &'static str,
    file: String,
    bundle: &'r SealedInfo,
}

#[derive(Serialize)]
struct UploadDocument<'r> {
    schema: &'static str,
    host: &'r str,
    sha256: &'r str,
    /// `null` where this machine did not seal it.
    recipients: Option<&'r [String]>,
    receipt: ReceiptJson<'r>,
}

/// A receipt without its digest, which is the bundle's.
#[derive(Serialize)]
struct ReceiptJson<'r> {
    id: Option<&'r str>,
    received_at: Option<Timestamp>,
}

pub(super) struct Inspected {
    pub file: PathBuf,
    pub info: SealedInfo,
}

impl Report for Inspected {
    fn text(&self, text: &mut Text) {
        let SealedInfo { recipients, size, sha256 } = &self.info;
        text.line(Line::new().with(Tone::Strong, self.file.display().to_string()).plain(": a sealed bundle (age)"));
        row(text, "sealed for", &format!("{}: {}", counted(recipients.len(), "recipient"), recipients.join(", ")));
        row(text, "size", &format!("{size} bytes"));
        row(text, "sha256", sha256);
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.sorted_document(&InspectDocument {
            schema: "factory-gitlab/bundle-inspect/v1",
            file: self.file.display().to_string(),
            bundle: &self.info,
        })
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}

pub(super) struct Uploaded {
    pub host: String,
    pub sha256: String,
    /// Who can open it; `None` where this machine did not seal it.
    pub recipients: Option<Vec<String>>,
    pub receipt: Receipt,
}

impl Report for Uploaded {
    fn text(&self, text: &mut Text) {
        text.line(Line::new().with(Tone::Good, "accepted").plain(format!(" by {}", self.host)));
        if let Some(recipients) = &self.recipients {
            row(text, "sealed for", &recipients.join(", "));
        }
        if let Some(id) = &self.receipt.id {
            row(text, "receipt", id);
        }
        if let Some(at) = self.receipt.received_at {
            row(text, "received", &at.to_string());
        }
        row(text, "sha256", &self.sha256);
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.sorted_document(&UploadDocument {
            schema: "factory-gitlab/bundle-upload/v1",
            host: &self.host,
            sha256: &self.sha256,
            recipients: self.recipients.as_deref(),
            receipt: ReceiptJson { id: self.receipt.id.as_deref(), received_at: self.receipt.received_at },
        })
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}

fn row(text: &mut Text, name: &str, value: &str) {
    text.line(Line::new().dim(format!("  {name:11}")).plain(value));
}

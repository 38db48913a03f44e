//! What was planned: the files, what to look at, and what comes next.

use std::io;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::folder::{FileState, WrittenFile};
use crate::error::ExitCode;
use crate::plan::network::{FilterWarning, NetworkDesign, NetworkMethod, NetworkProblem};
use crate::report::{Json, Report};
use crate::text::{Line, Text, Tone, counted, shell_word};

const SCHEMA: &str = "factory-gitlab/network-plan/v1";

pub(super) struct Planned {
    pub design: NetworkDesign,
    pub collected: Value,
    pub out: PathBuf,
    pub written: Vec<WrittenFile>,
    pub warnings: Vec<NetworkProblem>,
    pub filter: Option<FilterWarning>,
}

#[derive(Serialize)]
struct Document<'r> {
    schema: &'static str,
    method: NetworkMethod,
    organization: &'r str,
    gitlab_url: &'r str,
    out: String,
    collected: &'r Value,
    files: Vec<FileJson<'r>>,
    warnings: &'r [NetworkProblem],
    outbound: Option<FilterJson<'r>>,
    next: String,
    exit_code: u8,
}

#[derive(Serialize)]
struct FileJson<'r> {
    path: &'r str,
    state: FileState,
    sha256: &'r str,
}

#[derive(Serialize)]
struct FilterJson<'r> {
    url: &'r str,
    blocks: Vec<String>,
    refusal: &'static str,
    allowlist_entry: &'r str,
    page: &'r str,
}

impl Planned {
    fn next(&self) -> String {
        let sheet = self.out.join("WORKSHEET.md");
        format!("read {} and begin with its first step", shell_word(&sheet.to_string_lossy()))
    }

    fn warn(&self, text: &mut Text) {
        // What is said of several values is said once.
        let is_same =
            |one: &NetworkProblem, other: &NetworkProblem| one.what == other.what && one.remedy == other.remedy;
        for same in self.warnings.chunk_by(is_same) {
            let [NetworkProblem { what, remedy, .. }, ..] = same else { continue };
            let at: Vec<&str> = same.iter().map(|problem| problem.at.as_str()).collect();
            text.line(
                Line::new().with(Tone::Warn, "warning  ").with(Tone::Strong, at.join(", ")).plain(format!(": {what}")),
            );
            text.line(Line::new().plain("         ").plain(remedy.as_str()));
        }
        if let Some(filter) = &self.filter {
            let line = "GitLab will refuse the webhook's planned address until an administrator allows it";
            text.line(Line::new().with(Tone::Warn, "warning  ").plain(line));
            text.line(
                Line::new()
                    .plain("         add to the list of allowed local addresses: ")
                    .with(Tone::Strong, filter.entry.as_str()),
            );
            text.line(Line::new().plain("         ").with(Tone::Action, filter.page.as_str()));
        }
    }
}

impl Report for Planned {
    fn text(&self, text: &mut Text) {
        let way = match self.design.method {
            NetworkMethod::VpcPeering => "by a VPC peering",
            NetworkMethod::Vpn => "by a VPN",
            NetworkMethod::Public => "over the internet",
        };
        text.heading(format!("Plan to join {} and Factory {way}", self.design.gitlab.url.host()));
        for file in &self.written {
            let (tone, state) = match file.state {
                FileState::Written => (Tone::Good, "written"),
                FileState::Unchanged => (Tone::Dim, "unchanged"),
                FileState::Removed => (Tone::Warn, "removed, of an earlier plan"),
            };
            text.line(Line::new().plain(format!("  {:24}", file.path)).with(tone, state));
        }
        text.gap();
        self.warn(text);
        text.gap();
        let files = self.written.iter().filter(|file| file.state != FileState::Removed).count();
        let folder = shell_word(&self.out.to_string_lossy());
        text.line(Line::new().with(Tone::Good, "planned").plain(format!(": {} in {folder}", counted(files, "file"))));
        text.line(Line::new().plain("next: ").plain(self.next()));
    }

    fn problems(&self, text: &mut Text) {
        self.warn(text);
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let files =
            self.written.iter().map(|WrittenFile { path, state, sha256 }| FileJson { path, state: *state, sha256 });
        let outbound = self.filter.as_ref().map(|filter| FilterJson {
            url: &filter.url,
            blocks: filter.blocks.iter().map(ToString::to_string).collect(),
            refusal: filter.refusal.text(),
            allowlist_entry: &filter.entry,
            page: &filter.page,
        });
        into.document(&Document {
            schema: SCHEMA,
            method: self.design.method,
            organization: &self.design.organization,
            gitlab_url: self.design.gitlab.url.as_str(),
            out: self.out.to_string_lossy().into_owned(),
            collected: &self.collected,
            files: files.collect(),
            warnings: &self.warnings,
            outbound,
            next: self.next(),
            exit_code: self.exit_code() as u8,
        })
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}

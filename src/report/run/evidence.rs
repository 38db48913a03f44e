//! The evidence of a disconnection: what was done, when, by whom, and under which IDs the servers logged it.

use std::io;

use jiff::Timestamp;
use serde::Serialize;

use super::json::Steps;
use super::left::LeftJson;
use super::proof::ProofJson;
use super::{Json, Report, RunReport};
use crate::error::ExitCode;
use crate::http::SentRequest;
use crate::kit::KitFingerprint;
use crate::report::json::Tool;
use crate::text::Text;

/// The report of a run with what only evidence needs.
pub struct Evidence<'r> {
    pub report: &'r RunReport,
    pub organization: &'r str,
    pub actor: Actor,
    pub ended_at: Timestamp,
    pub requests: Vec<SentRequest>,
}

/// By whom it was done, as GitLab knows them.
#[derive(Debug, Serialize)]
pub struct Actor {
    pub username: Option<String>,
    pub user_id: Option<u64>,
    pub token_id: Option<u64>,
    pub token_name: Option<String>,
}

#[derive(Serialize)]
struct EvidenceDocument<'r> {
    schema: &'static str,
    tool: Tool,
    target: &'r str,
    organization: &'r str,
    kit: &'r KitFingerprint,
    verdict: &'static str,
    exit_code: u8,
    began_at: Timestamp,
    ended_at: Timestamp,
    by: &'r Actor,
    #[serde(serialize_with = "super::json::rows")]
    steps: Steps<'r>,
    proof: Vec<ProofJson<'r>>,
    left: Vec<LeftJson<'r>>,
    kept: Vec<LeftJson<'r>>,
    requests: &'r [SentRequest],
}

impl Report for Evidence<'_> {
    fn text(&self, text: &mut Text) {
        self.report.text(text);
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let report = self.report;
        into.document(&EvidenceDocument {
            schema: "factory-gitlab/disconnect-evidence/v1",
            tool: Tool::this(),
            target: report.instance.as_str(),
            organization: self.organization,
            kit: &report.kit,
            verdict: report.verdict(),
            exit_code: report.exit_code() as u8,
            began_at: report.observed_at,
            ended_at: self.ended_at,
            by: &self.actor,
            steps: Steps::of(report),
            proof: report.removal_proofs(),
            left: report.left(),
            kept: report.kept(),
            requests: &self.requests,
        })
    }

    fn exit_code(&self) -> ExitCode {
        self.report.exit_code()
    }
}

//! A running sandbox in which people work, and what its Factory is told of it.

use super::*;
use crate::sandbox::Sandbox;
use crate::sandbox::factory::{ReceivedDelivery, WEBHOOK_PATH};

/// A running sandbox whose GitLab is called through its router, with a group hook to Factory for every event.
pub(super) struct LiveInstance {
    pub sandbox: Sandbox,
    pub site: TestInstance,
    pub group: u64,
}

/// An instance whose workers are fast.
pub(super) async fn live(options: SandboxOptions) -> LiveInstance {
    let sandbox = Sandbox::start(options).expect("a sandbox");
    let site = TestInstance { gitlab: sandbox.gitlab().clone() };
    site.gitlab.set_work_quirks(|quirks| quirks.sidekiq_delay = std::time::Duration::ZERO);
    let group = site.gitlab.lock().group("group-1").map(|group| group.id).expect("a group");
    let live = LiveInstance { sandbox, site, group };
    live.hook(&format!("/groups/{group}/hooks")).await;
    live
}

impl LiveInstance {
    /// Registers a webhook to Factory for every event.
    pub(super) async fn hook(&self, path: &str) {
        let mut hook = json!({
            "url": format!("{}{WEBHOOK_PATH}", self.sandbox.factory_url()),
            "token": self.sandbox.factory().webhook_secret(),
        });
        for event in [
            "push",
            "tag_push",
            "merge_requests",
            "issues",
            "confidential_issues",
            "note",
            "confidential_note",
            "pipeline",
            "job",
        ] {
            hook[format!("{event}_events")] = json!(true);
        }
        self.made(&format!("POST {path}"), hook).await;
    }

    /// Creates something, which has to succeed.
    pub(super) async fn made(&self, line: &str, body: Value) -> Value {
        let answer = self.site.admin(line, body).await;
        assert_eq!(answer.status, 201, "{line}: {}", answer.text);
        answer.body
    }

    /// What Factory has received, oldest first, when nothing is waiting or on its way any more.
    pub(super) async fn received(&self) -> Vec<ReceivedDelivery> {
        while self.site.gitlab.unsent_hooks() > 0 {
            crate::sandbox::clock::wait(std::time::Duration::from_millis(2)).await;
        }
        self.sandbox.factory().deliveries()
    }

    /// The payloads of one event that Factory has received.
    pub(super) async fn payloads(&self, event: &str) -> Vec<Value> {
        let received = self.received().await;
        received.into_iter().filter(|one| one.event == event).map(|one| one.payload).collect()
    }
}

/// A commit of one new file.
pub(super) fn commit(branch: &str, path: &str, content: &str) -> Value {
    json!({
        "branch": branch,
        "commit_message": format!("Add {path}"),
        "actions": [{ "action": "create", "file_path": path, "content": content }],
    })
}

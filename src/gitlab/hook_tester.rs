//! GitLab's own test of webhooks: it sends a delivery and changes nothing, so it needs no lock.

use serde_json::json;

use super::{Error, TestOutcome, TestRefusal};
use crate::http::{Client, Method, Repeat, Request};
use crate::instance::InstanceUrl;
use crate::secret::PersonalAccessToken;
use crate::target::{Event, Target};

/// Tests webhooks with a token. Clones share the connections.
#[derive(Clone)]
pub struct HookTester {
    http: Client,
    instance: InstanceUrl,
    token: PersonalAccessToken,
}

impl HookTester {
    #[must_use]
    pub fn new(http: Client, instance: InstanceUrl, token: PersonalAccessToken) -> Self {
        Self { http: http.for_gitlab(instance.url()), instance, token }
    }

    /// Has GitLab send a test delivery and waits for the result. GitLab allows five a minute for each project or group, so
    /// it is never sent again.
    ///
    /// # Errors
    /// 404 where the version has no test for this kind of webhook; every other failure except 422 and 429.
    pub async fn test_hook(&self, target: &Target, id: u64, event: Event) -> Result<TestOutcome, Error> {
        let path = match target {
            Target::System => format!("/hooks/{id}"),
            Target::Group { .. } | Target::Project { .. } => {
                format!("{}/{id}/test/{}", target.hooks_path(), event.flag())
            }
        };
        let request = Request::write(Method::POST, self.instance.api(&path)).token(&self.token);
        let request = request.json(&json!({}))?.repeat(Repeat::Once);
        match self.http.send(&request).await {
            Ok(response) => response.require(&[201], "a test delivery").map(|_| TestOutcome::Accepted),
            Err(error) => match error.response() {
                Some(response) if response.status == 422 => {
                    Ok(TestOutcome::Refused(TestRefusal::parse(response.message.as_deref().unwrap_or_default())))
                }
                Some(response) if response.status == 429 => {
                    Ok(TestOutcome::Limited { retry_after: response.retry_after })
                }
                _ => Err(error),
            },
        }
    }
}

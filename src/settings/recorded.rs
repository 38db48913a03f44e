//! What an earlier run recorded, as plain data: the caller reads the record, this only answers from it.

/// The answers of an earlier run. Empty where there was none; never a secret.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RecordedChoices {
    pub gitlab_url: Option<String>,
    /// The kit's path or URL.
    pub kit: Option<String>,
    pub application: Option<String>,
    pub application_id: Option<String>,
    /// The webhook strategy by name.
    pub webhooks: Option<String>,
    pub groups: Vec<String>,
    pub projects: Vec<String>,
    pub exclude: Vec<String>,
    pub personal: Option<bool>,
    pub handover_token: Option<String>,
}

impl RecordedChoices {
    /// The values recorded for a setting's key; empty where nothing is.
    #[must_use]
    pub(super) fn list(&self, key: &str) -> Vec<String> {
        let one = |value: &Option<String>| value.iter().cloned().collect();
        match key {
            "gitlab_url" => one(&self.gitlab_url),
            "kit" => one(&self.kit),
            "application" => one(&self.application),
            "application_id" => one(&self.application_id),
            "webhooks" => one(&self.webhooks),
            "group" => self.groups.clone(),
            "project" => self.projects.clone(),
            "exclude" => self.exclude.clone(),
            "personal" => self.personal.iter().map(bool::to_string).collect(),
            "handover_token" => one(&self.handover_token),
            _ => Vec::new(),
        }
    }
}

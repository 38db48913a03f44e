//! The events a hook can subscribe to, with GitLab's several names for each.

/// An event that a hook can subscribe to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HookEvent {
    Push,
    TagPush,
    MergeRequest,
    RepositoryUpdate,
    Issue,
    ConfidentialIssue,
    Note,
    ConfidentialNote,
    Job,
    Pipeline,
    WikiPage,
    Deployment,
    FeatureFlag,
    Release,
    Milestone,
    Emoji,
    ResourceAccessToken,
    Vulnerability,
    ResourceDeployToken,
    Subgroup,
    Member,
    Project,
}

/// One event's names, and which kinds of hooks may subscribe to it.
pub(super) struct EventRow {
    pub event: HookEvent,
    /// The field of the API, which is also the trigger of a test.
    pub flag: &'static str,
    /// The name in the delivery log.
    pub trigger: &'static str,
    /// `X-Gitlab-Event`.
    pub header: &'static str,
    pub project: bool,
    pub group: bool,
    pub system: bool,
    pub testable: bool,
}

macro_rules! rows {
    ($($event:ident $flag:literal $trigger:literal $header:literal $kinds:literal)*) => {
        [$(EventRow {
            event: HookEvent::$event,
            flag: $flag,
            trigger: $trigger,
            header: $header,
            project: has_letter($kinds, b'p'),
            group: has_letter($kinds, b'g'),
            system: has_letter($kinds, b's'),
            testable: has_letter($kinds, b't'),
        }),*]
    };
}

const fn has_letter(letters: &str, wanted: u8) -> bool {
    let letters = letters.as_bytes();
    let mut at = 0;
    while at < letters.len() {
        if letters[at] == wanted {
            return true;
        }
        at += 1;
    }
    false
}

/// gitlab: lib/api/project_hooks.rb, ee/lib/api/group_hooks.rb, lib/api/system_hooks.rb, lib/api/hooks/test.rb.
/// The letters: p, g and s: project, group and system hooks may subscribe; t: the event can be tested.
pub(super) const ROWS: [EventRow; 22] = rows! {
    Push "push_events" "push_hooks" "Push Hook" "pgst"
    TagPush "tag_push_events" "tag_push_hooks" "Tag Push Hook" "pgst"
    MergeRequest "merge_requests_events" "merge_request_hooks" "Merge Request Hook" "pgst"
    RepositoryUpdate "repository_update_events" "repository_update_hooks" "System Hook" "s"
    Issue "issues_events" "issue_hooks" "Issue Hook" "pgt"
    ConfidentialIssue "confidential_issues_events" "confidential_issue_hooks" "Confidential Issue Hook" "pgt"
    Note "note_events" "note_hooks" "Note Hook" "pgt"
    ConfidentialNote "confidential_note_events" "confidential_note_hooks" "Confidential Note Hook" "pgt"
    Job "job_events" "job_hooks" "Job Hook" "pgt"
    Pipeline "pipeline_events" "pipeline_hooks" "Pipeline Hook" "pgt"
    WikiPage "wiki_page_events" "wiki_page_hooks" "Wiki Page Hook" "pgt"
    Deployment "deployment_events" "deployment_hooks" "Deployment Hook" "pgt"
    FeatureFlag "feature_flag_events" "feature_flag_hooks" "Feature Flag Hook" "pgt"
    Release "releases_events" "release_hooks" "Release Hook" "pgt"
    Milestone "milestone_events" "milestone_hooks" "Milestone Hook" "pgt"
    Emoji "emoji_events" "emoji_hooks" "Emoji Hook" "pgt"
    ResourceAccessToken "resource_access_token_events" "resource_access_token_hooks" "Resource Access Token Hook" "pgt"
    Vulnerability "vulnerability_events" "vulnerability_hooks" "Vulnerability Hook" "pgt"
    ResourceDeployToken "resource_deploy_token_events" "resource_deploy_token_hooks" "Resource Deploy Token Hook" "p"
    Subgroup "subgroup_events" "subgroup_hooks" "Subgroup Hook" "g"
    Member "member_events" "member_hooks" "Member Hook" "g"
    Project "project_events" "project_hooks" "Project Hook" "g"
};

impl HookEvent {
    pub(super) fn row(self) -> &'static EventRow {
        // The rows are in the order of the variants; a test checks this.
        &ROWS[self as usize]
    }

    /// The event that a test trigger names, if it can be tested.
    pub(super) fn testable(trigger: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.testable && row.flag == trigger).map(|row| row.event)
    }

    /// GitLab's error when a project has no data for a test.
    /// gitlab: app/services/concerns/integrations/project_test_data.rb
    pub(super) const fn ensure(self) -> &'static str {
        match self {
            Self::Note | Self::ConfidentialNote | Self::Emoji => "Ensure the project has notes.",
            Self::Issue | Self::ConfidentialIssue => "Ensure the project has issues.",
            Self::MergeRequest => "Ensure the project has merge requests.",
            Self::Job => "Ensure the project has CI jobs.",
            Self::Pipeline => "Ensure the project has CI pipelines.",
            Self::Deployment => "Ensure the project has deployments.",
            Self::Release => "Ensure the project has releases.",
            Self::Vulnerability => "Ensure the project has vulnerabilities.",
            Self::WikiPage => "Ensure the wiki is enabled and has pages.",
            _ => "Testing not available for this hook",
        }
    }
}

/// A set of events in four bytes, because there can be 50 000 hooks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HookEvents(u32);

impl HookEvents {
    /// Whether the event is in the set.
    #[must_use]
    pub const fn contains(self, event: HookEvent) -> bool {
        self.0 & (1 << event as u32) != 0
    }

    pub(super) const fn insert(&mut self, event: HookEvent) {
        self.0 |= 1 << event as u32;
    }

    pub(super) const fn remove(&mut self, event: HookEvent) {
        self.0 &= !(1 << event as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_in_the_order_of_the_variants() {
        for row in &ROWS {
            assert_eq!(row.event.row().flag, row.flag);
        }
        assert_eq!(ROWS.iter().filter(|row| row.testable).count(), 17);
    }

    #[test]
    fn a_set_contains_what_was_inserted() {
        let mut events = HookEvents::default();
        events.insert(HookEvent::Note);
        events.insert(HookEvent::Push);
        events.remove(HookEvent::Push);
        let held: Vec<&str> = ROWS.iter().filter(|row| events.contains(row.event)).map(|row| row.flag).collect();
        assert_eq!(held, ["note_events"]);
    }
}

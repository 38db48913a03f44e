//! Which delivery tells of what was made. By numbers and names only, never by time. Pure.

use crate::gitlab::SentEvent;

/// How the event of what was made is recognized in a body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Subject {
    Push { reference: String, after: String },
    NewBranch { reference: String },
    Tag { reference: String },
    Issue { id: u64, iid: u64 },
    Note { id: u64 },
    MergeRequest { id: u64, iid: u64 },
    Pipeline { id: u64 },
    Job { pipeline: u64 },
}

/// What GitLab names as the commit before the first one.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

impl Subject {
    /// The number of the comment, if it is one.
    pub(super) fn note(&self) -> Option<u64> {
        if let Self::Note { id } = self { Some(*id) } else { None }
    }

    /// The number of the pipeline, if it is one.
    pub(super) fn pipeline(&self) -> Option<u64> {
        if let Self::Pipeline { id } = self { Some(*id) } else { None }
    }

    /// Whether an entry of a delivery log is about it. The request's own UUID is enough: GitLab leaves out large bodies.
    pub(super) fn is_of(&self, event: &SentEvent, project: u64, event_uuid: Option<&str>) -> bool {
        let has_uuid = event_uuid.is_some_and(|uuid| event.event_uuid.as_deref() == Some(uuid));
        has_uuid || (event.subject.project == Some(project) && self.is_in(event))
    }

    fn is_in(&self, event: &SentEvent) -> bool {
        let subject = &event.subject;
        let is = |kind: &str| subject.kind == kind;
        let refers = |reference: &String| subject.reference.as_ref() == Some(reference);
        match self {
            Self::Push { reference, after } => is("push") && refers(reference) && subject.after.as_ref() == Some(after),
            Self::NewBranch { reference } => {
                is("push") && refers(reference) && subject.before.as_deref() == Some(NO_COMMIT)
            }
            Self::Tag { reference } => is("tag_push") && refers(reference),
            Self::Issue { id, iid } => is("issue") && subject.id == Some(*id) && subject.iid == Some(*iid),
            Self::Note { id } => is("note") && subject.id == Some(*id),
            Self::MergeRequest { id, iid } => {
                is("merge_request") && subject.id == Some(*id) && subject.iid == Some(*iid)
            }
            Self::Pipeline { id } => is("pipeline") && subject.id == Some(*id),
            Self::Job { pipeline } => is("build") && subject.pipeline == Some(*pipeline),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::{DeliveryOutcome, EventSubject};

    fn event(subject: EventSubject) -> SentEvent {
        SentEvent {
            id: 1,
            outcome: DeliveryOutcome::Answered(200),
            answer: String::new(),
            created_at: None,
            idempotency_key: None,
            event_uuid: Some("uuid-1".to_owned()),
            subject: EventSubject { project: Some(7), ..subject },
        }
    }

    #[test]
    fn a_delivery_is_matched_by_its_object_and_project_and_by_nothing_else() {
        let issue = Subject::Issue { id: 40, iid: 3 };
        let about = |id, iid| {
            event(EventSubject { kind: "issue".into(), id: Some(id), iid: Some(iid), ..EventSubject::default() })
        };
        assert!(issue.is_of(&about(40, 3), 7, None));
        assert!(!issue.is_of(&about(41, 3), 7, None), "another issue of the same number in another project");
        assert!(!issue.is_of(&about(40, 3), 8, None), "of another project");
        assert!(issue.is_of(&event(EventSubject::default()), 7, Some("uuid-1")), "a body that GitLab left out");
        assert!(!issue.is_of(&event(EventSubject::default()), 7, Some("uuid-2")));
    }

    #[test]
    fn a_new_branch_is_told_from_a_push_to_it() {
        let reference = "refs/heads/b".to_owned();
        let pushed = |before: &str, after: &str| {
            event(EventSubject {
                kind: "push".into(),
                reference: Some(reference.clone()),
                before: Some(before.to_owned()),
                after: Some(after.to_owned()),
                ..EventSubject::default()
            })
        };
        let branch = Subject::NewBranch { reference: reference.clone() };
        let push = Subject::Push { reference: reference.clone(), after: "cc".into() };
        assert!(branch.is_of(&pushed(NO_COMMIT, "aa"), 7, None) && !branch.is_of(&pushed("aa", "cc"), 7, None));
        assert!(push.is_of(&pushed("aa", "cc"), 7, None) && !push.is_of(&pushed(NO_COMMIT, "aa"), 7, None));
    }
}

//! The failures that may leave the verdict unchanged, each with its reason and with what must hold instead.

/// What must hold for a failure that may pass.
pub enum Holds {
    /// Every check has the status that it has without the failure, and these requests were sent.
    AsUndisturbed { asked: &'static [&'static str] },
    /// This check is skipped.
    Skipped(&'static str),
}

/// A failure that may leave the verdict unchanged.
pub struct Exception {
    /// The connections that it is for; empty for all.
    kinds: &'static [&'static str],
    request: &'static str,
    /// Empty for all.
    faults: &'static [&'static str],
    #[expect(dead_code, reason = "for the reader, because every exception needs a reason")]
    why: &'static str,
    pub holds: Holds,
}

const ALL: &[Exception] = &[
    Exception {
        kinds: &[],
        request: "gitlab:GET /api/v4/metadata",
        faults: &["status:404"],
        why: "GitLab before 15.2 has no metadata, and says its version elsewhere",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/version"] },
    },
    Exception {
        kinds: &["bulk", "by name"],
        request: "gitlab:GET /api/v4/license",
        faults: &["json:{}", "json:null"],
        why: "this is how an Enterprise Edition says that it has no license, and this one has none",
        holds: Holds::AsUndisturbed { asked: &[] },
    },
    Exception {
        kinds: &["system hook"],
        request: "gitlab:GET /api/v4/license",
        faults: &[],
        why: "a system hook was asked for by name; the license only chooses between group and project hooks",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/hooks"] },
    },
    Exception {
        kinds: &["group hooks", "16.11", "by name", "system hook"],
        request: "gitlab:GET /api/v4/projects",
        faults: &["empty"],
        why: "an instance may have no other project; they are listed to find webhooks of an earlier selection",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/hooks"] },
    },
    Exception {
        kinds: &["bulk", "by name", "system hook"],
        request: "gitlab:GET /api/v4/groups",
        faults: &["empty"],
        why: "the same of groups",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/projects"] },
    },
    Exception {
        kinds: &["group hooks", "16.11", "bulk", "by name"],
        request: "gitlab:GET /api/v4/hooks",
        faults: &["empty"],
        why: "an instance has no system hooks unless somebody adds one",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/hooks"] },
    },
    Exception {
        kinds: &["group hooks", "16.11", "system hook"],
        request: "gitlab:GET /api/v4/projects/:id/hooks",
        faults: &["empty"],
        why: "a project whose events are sent from above has no webhook",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/projects/:id/hooks"] },
    },
    Exception {
        kinds: &["system hook"],
        request: "gitlab:GET /api/v4/groups/:id/hooks",
        faults: &["empty"],
        why: "the same of a group",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/groups/:id/hooks"] },
    },
    Exception {
        kinds: &["bulk"],
        request: "gitlab:POST /api/graphql",
        faults: &[],
        why: "GraphQL saves requests and decides nothing: REST is asked for the same",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/projects/:id/hooks"] },
    },
    Exception {
        kinds: &["bulk"],
        request: "gitlab:POST /api/graphql @2",
        faults: &[],
        why: "the same",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/projects/:id/hooks"] },
    },
    Exception {
        kinds: &["by name"],
        request: "gitlab:GET /api/v4/groups/group-1",
        faults: &["status:400", "status:404"],
        why: "a proxy may not take the encoded path; then the group is searched for by its name",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/groups", "GET /api/v4/groups/:id/projects"] },
    },
    Exception {
        kinds: &["by name"],
        request: "gitlab:GET /api/v4/projects/group-2%2Fproject-2",
        faults: &["status:400", "status:404"],
        why: "the same",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/projects", "GET /api/v4/projects/:id/hooks"] },
    },
    Exception {
        kinds: &["group hooks"],
        request: "gitlab:GET /api/v4/groups/:id/hooks/:id/events",
        faults: &["empty"],
        why: "a hook without a delivery in the last week has an empty log; then nothing is claimed of deliveries",
        holds: Holds::Skipped("webhook.recent"),
    },
    Exception {
        kinds: &["bulk", "by name"],
        request: "gitlab:GET /api/v4/projects/:id/hooks/:id/events",
        faults: &["empty"],
        why: "the same of one hook of several; what is claimed is said of the other's deliveries",
        holds: Holds::AsUndisturbed { asked: &[] },
    },
    Exception {
        kinds: &["group hooks", "bulk", "by name", "system hook"],
        request: "gitlab:POST /oauth/introspect",
        faults: &[
            "status:404",
            "html:200",
            "text:200",
            "empty",
            "json:{}",
            "json:null",
            "json:[{}]",
            "json:[null]",
            "json:\"ok\"",
            "type",
        ],
        why: "an instance may have it switched off; an invalid authorization code proves the same pair",
        holds: Holds::AsUndisturbed { asked: &["POST /oauth/token"] },
    },
    Exception {
        kinds: &["16.11"],
        request: "gitlab:POST /oauth/revoke",
        faults: &[],
        why: "ends a token of the probe, which no user stands behind and which ends by itself in two hours; the log says so",
        holds: Holds::AsUndisturbed { asked: &["POST /oauth/token"] },
    },
    Exception {
        kinds: &["live"],
        request: "gitlab:POST /api/v4/groups/:id/hooks/:id/test/push_events",
        faults: &["type"],
        why: "201 is GitLab's word and its body says nothing more; log and receipt are asked for as well",
        holds: Holds::AsUndisturbed { asked: &["GET /api/v4/groups/:id/hooks/:id/events", "GET /gitlab/v1/receipts"] },
    },
];

/// The exception for a case and its index.
pub fn of(kind: &str, request: &str, way: &str) -> Option<(usize, &'static Exception)> {
    ALL.iter().enumerate().find(|(_, one)| {
        (one.kinds.is_empty() || one.kinds.contains(&kind))
            && one.request == request
            && (one.faults.is_empty() || one.faults.contains(&way))
    })
}

/// An exception that no case needs would hide a false pass.
pub fn all_used(kind: &str, used: &[usize]) {
    for (place, one) in ALL.iter().enumerate() {
        if one.kinds.contains(&kind) {
            assert!(used.contains(&place), "{kind}: the exception of {} is not needed", one.request);
        }
    }
}

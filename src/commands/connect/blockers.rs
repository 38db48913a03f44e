//! What stands in the way of a plan, put into words: what it is, why nothing was touched, what can be done.

use crate::desired::Desired;
use crate::error::{Failure, Fix};
use crate::gitlab::Application;
use crate::plan::Blocker;

/// Everything that stands in the way, as one failure. Nothing was written.
pub(super) fn explain(blockers: &[Blocker], desired: &Desired) -> Failure {
    let mut whole = Failure::problem("the plan cannot be carried out; nothing was changed");
    for blocker in blockers {
        let one = words(blocker, desired);
        whole.causes.push(one.message);
        whole.causes.extend(one.causes);
        whole.fixes.extend(one.fixes);
    }
    whole
}

fn words(blocker: &Blocker, desired: &Desired) -> Failure {
    let name = &desired.application.name;
    match blocker {
        Blocker::ForeignApplication { application, differences } => {
            let mut failure = Failure::problem(format!(
                "{} is not the one that the kit asks for, and is not known to be ours, so it is left alone",
                called(application)
            ));
            failure.causes.extend(differences.iter().map(|difference| format!("it has: {difference}")));
            failure
                .fix(Fix::open("rename it, correct it or delete it, if it is of no use any more", page(desired, application)))
                .fix(Fix::say("or ask Factory for a kit with another application name"))
        }
        Blocker::SeveralApplications { applications } => {
            let mut failure =
                Failure::problem(format!("{} applications called {name} match the kit exactly", applications.len()));
            failure.causes.extend(applications.iter().map(|application| format!("it has: {}", called(application))));
            failure
                .fix(Fix::open("delete those that nobody uses", desired.instance.page("/admin/applications")))
                .fix(Fix::run(
                    "or name the one to use, with its secret",
                    "factory-gitlab connect --application existing --application-id ID --application-secret-file PATH",
                ))
        }
        Blocker::NeedsSecret { application } => Failure::problem(format!(
            "{} is what the kit asks for, but its secret is not known here, and GitLab shows a secret only once",
            called(application)
        ))
        .fix(Fix::run(
            "if somebody kept the secret, give it",
            "factory-gitlab connect --application-id ID --application-secret-file PATH",
        ))
        .fix(Fix::run(
            "or renew it: whoever uses the present one is disconnected until Factory has the new one",
            "factory-gitlab connect --renew-secret",
        )),
        Blocker::UnknownApplication { application_id } => Failure::problem(format!(
            "no instance-wide application has the ID {application_id}; the number in its page's address is another thing"
        ))
        .fix(Fix::open("look the application ID up", desired.instance.page("/admin/applications"))),
        Blocker::WrongSecret { application } => {
            Failure::problem(format!("GitLab does not accept this secret for {}", called(application)))
                .fix(Fix::open("copy it again, or renew it there", page(desired, application)))
        }
        Blocker::UnsupportedScopes { scopes } => Failure::problem(format!(
            "this instance does not know the scopes {}, and would refuse the application whole",
            scopes.join(" ")
        ))
        .fix(Fix::say("registry scopes exist only where the container registry is on; newer scopes need a newer GitLab"))
        .fix(Fix::say("or ask Factory for a kit with other scopes")),
        Blocker::NoGroupHooks { plan } => Failure::problem(format!(
            "group hooks need a Premium or Ultimate licence, and this instance has {plan}: they could be made and \
             tested, and real events would never arrive"
        ))
        .fix(Fix::run("take one hook for each project", "factory-gitlab connect --webhooks project")),
    }
}

fn called(application: &Application) -> String {
    format!("application {} (number {}, {})", application.name, application.id, application.application_id)
}

fn page(desired: &Desired, application: &Application) -> url::Url {
    desired.instance.page(&format!("/admin/applications/{}", application.id))
}

//! The blockers of a plan as failures: what is wrong, why nothing was changed, and what to do.

use super::ended;
use super::rotation::rotation;
use crate::desired::Desired;
use crate::error::{Failure, FailureKind, Fix};
use crate::gitlab::Application;
use crate::plan::{Blocker, FactoryAsked};

/// All blockers of a plan as one failure. Nothing was written.
#[must_use]
pub fn explain_blockers(blockers: &[Blocker], desired: &Desired) -> Failure {
    // Factory may be told later, with a kit that says where.
    let kind = match blockers {
        [Blocker::NoDisconnectUrl] => FailureKind::Unknown,
        _ => FailureKind::Problem,
    };
    let mut whole = Failure::new(kind, "the plan cannot be carried out; nothing was changed");
    for blocker in blockers {
        let one = explain(blocker, desired);
        whole.causes.push(one.message);
        whole.causes.extend(one.causes);
        whole.fixes.extend(one.fixes);
    }
    whole
}

fn explain(blocker: &Blocker, desired: &Desired) -> Failure {
    let applications_page = || desired.instance.page("/admin/applications");
    match blocker {
        Blocker::ForeignApplication { application, differences } => foreign(application, differences, desired),
        Blocker::SeveralApplications { applications } => several(applications, desired),
        Blocker::NeedsSecret { application, factory } => needs_secret(application, factory),
        Blocker::UnknownApplication { application_id } => Failure::problem(format!(
            "no instance-wide application has the ID {application_id}; the number in the address of its page is not the ID"
        ))
        .fix(Fix::open("look up the application ID", applications_page())),
        Blocker::WrongSecret { application } => {
            Failure::problem(format!("GitLab does not accept this secret for {}", describe_application(application)))
                .fix(Fix::open("copy it again, or renew it on the application's page", page(desired, application)))
        }
        Blocker::UnsupportedScopes { scopes } => Failure::problem(format!(
            "this instance does not know the scopes {}, and would refuse the whole application",
            scopes.join(" ")
        ))
        .fix(Fix::say("turn on the container registry for registry scopes, or update GitLab for newer ones"))
        .fix(Fix::say("or ask Factory for a kit with other scopes")),
        Blocker::NoGroupHooks { plan } => Failure::problem(format!(
            "group webhooks need a Premium or Ultimate license, and this instance has {plan}: they could be created and \
             tested, and real events would never arrive"
        ))
        .fix(Fix::rerun("create a webhook on each project instead", "--webhooks project")),
        Blocker::SystemHookSendsAll => Failure::problem(
            "a system hook sends the events of every project, and --group, --project or --exclude select only a part",
        )
        .fix(Fix::rerun("create webhooks on groups or projects instead", "--webhooks auto")),
        Blocker::NoDisconnectUrl => ended::no_disconnect_url(),
        Blocker::NotOfThisKit { application } => ended::not_of_this_kit(&describe_application(application), desired),
        Blocker::NoPreviousSecret { .. }
        | Blocker::NoUpload
        | Blocker::Disconnecting
        | Blocker::NotHandedOver
        | Blocker::GivenToken
        | Blocker::UnknownAge { .. }
        | Blocker::UnknownEnd => rotation(blocker),
    }
}

fn needs_secret(application: &Application, factory: &FactoryAsked) -> Failure {
    let failure = Failure::problem(format!(
        "{} is what the kit asks for, but its secret is not known on this machine, and GitLab shows a secret only once",
        describe_application(application)
    ));
    let failure = match factory {
        FactoryAsked::Yes => failure,
        FactoryAsked::NotWithoutApproval { kit } => failure
            .because("Factory was not asked whether it is connected: no run with this kit has been approved")
            .fix(Fix::rerun(
                "if Factory confirms this fingerprint of the kit, name it",
                format!("--kit-fingerprint {kit}"),
            )),
    };
    failure
        .fix(Fix::rerun("if you have the secret, pass it", "--application-id ID --application-secret-file PATH"))
        .fix(Fix::rerun(
            "or renew it: what uses the present one is disconnected until Factory has the new one",
            "--renew-secret",
        ))
        .fix(for_another_organization())
}

fn foreign(application: &Application, differences: &[String], desired: &Desired) -> Failure {
    let mut failure = Failure::problem(format!(
        "{} does not match the kit and was not created by this tool; leaving it unchanged",
        describe_application(application)
    ));
    failure.causes.extend(differences.iter().map(|difference| format!("it has: {difference}")));
    failure
        .fix(Fix::open("rename or correct it, or delete it if it is not used", page(desired, application)))
        .fix(for_another_organization())
        .fix(Fix::say("or ask Factory for a kit with another application name"))
}

/// Applications of two organizations cannot be told apart on a machine without their records.
fn for_another_organization() -> Fix {
    Fix::rerun(
        "or, if it belongs to another organization, create one for this organization by hand and pass its ID and secret",
        "--application manual --application-id ID --application-secret-file PATH",
    )
}

fn several(applications: &[Application], desired: &Desired) -> Failure {
    let name = &desired.application.name;
    let mut failure =
        Failure::problem(format!("{} applications called {name} match the kit exactly", applications.len()));
    failure
        .causes
        .extend(applications.iter().map(|application| format!("it has: {}", describe_application(application))));
    failure.fix(Fix::open("delete those that are not used", desired.instance.page("/admin/applications"))).fix(
        Fix::rerun(
            "or name the one to use, with its secret",
            "--application existing --application-id ID --application-secret-file PATH",
        ),
    )
}

fn describe_application(application: &Application) -> String {
    format!("application {} (number {}, {})", application.name, application.id, application.application_id)
}

fn page(desired: &Desired, application: &Application) -> url::Url {
    desired.instance.page(&format!("/admin/applications/{}", application.id))
}

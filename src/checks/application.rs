//! `application.*`: the instance-wide OAuth application that Factory signs in with.

use super::outcome::{CheckContext, CheckOutcome, known};
use super::{Check, CheckSeverity};
use crate::desired::{ApplicationOrigin, Credentials, DesiredApplication};
use crate::error::Fix;
use crate::gitlab::{Application, PairValidity};
use crate::observed::{Observation, Read};

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "application.exists",
        title: "there is one OAuth application for Factory",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::Applications],
        rule: exists,
    },
    Check {
        code: "application.redirect_uri",
        title: "the redirect URI is exactly Factory's",
        severity: CheckSeverity::Error,
        depends_on: &["application.exists"],
        reads: &[Read::Applications],
        rule: redirect_uri,
    },
    Check {
        code: "application.scopes",
        title: "the application has the scopes that Factory needs",
        severity: CheckSeverity::Error,
        depends_on: &["instance.api"],
        reads: &[Read::Applications, Read::ApplicationSecret, Read::Token],
        rule: scopes,
    },
    Check {
        code: "application.confidential",
        title: "the application is confidential",
        severity: CheckSeverity::Error,
        depends_on: &["application.exists"],
        reads: &[Read::Applications],
        rule: confidential,
    },
    Check {
        code: "application.secret",
        title: "the application's ID and secret belong together",
        severity: CheckSeverity::Error,
        depends_on: &["instance.api"],
        reads: &[Read::ApplicationSecret],
        rule: secret,
    },
];

/// The evidence key of an application that nearly matches.
const NEAR: &str = "what would fit";

fn admin_page(context: &CheckContext<'_>, text: &str) -> Fix {
    Fix::open(text, context.page("/admin/applications"))
}

/// The ID and secret that were given.
fn given<'a>(context: &CheckContext<'a>) -> Option<&'a Credentials> {
    match &context.desired.application.origin {
        ApplicationOrigin::Auto { given, .. } => given.as_ref(),
        ApplicationOrigin::Given(credentials) => Some(credentials),
    }
}

/// The applications that could be Factory's, the best kind of match alone.
fn candidates<'a>(context: &CheckContext<'a>, all: &'a [Application]) -> Vec<&'a Application> {
    if let Some(credentials) = given(context) {
        return all.iter().filter(|one| one.application_id == credentials.application_id).collect();
    }
    let wanted = &context.desired.application;
    let named: Vec<&Application> = all.iter().filter(|one| one.name == wanted.name).collect();
    let exact: Vec<&Application> =
        named.iter().copied().filter(|one| one.has_redirect_uri(&wanted.redirect_uri)).collect();
    if exact.is_empty() { named } else { exact }
}

/// The application, or the check that says why it is not found.
/// Whether the instance was read and has no application that could be Factory's: nothing is connected.
pub(super) fn is_missing(context: &CheckContext<'_>) -> bool {
    context.observed.applications.known().is_some_and(|all| candidates(context, all).is_empty())
}

fn find_application<'a>(context: &CheckContext<'a>) -> Result<&'a Application, CheckOutcome> {
    let Some(all) = context.observed.applications.known() else {
        return Err(CheckOutcome::blocked_by("application.exists"));
    };
    match candidates(context, all).as_slice() {
        [one] => Ok(one),
        _ => Err(CheckOutcome::blocked_by("application.exists")),
    }
}

fn exists(context: &CheckContext<'_>) -> CheckOutcome {
    let all = match known(&context.observed.applications) {
        Err(outcome) => return outcome,
        Ok(all) => all,
    };
    let wanted = &context.desired.application;
    let found = candidates(context, all);
    match found.as_slice() {
        [] => none(context, all),
        [one] => {
            let outcome = if one.name == wanted.name {
                CheckOutcome::pass().note(format!("{} (number {})", one.name, one.id))
            } else {
                CheckOutcome::warn(format!(
                    "the application is named {:?}; Factory asks for {:?}",
                    one.name, wanted.name
                ))
                .fix(admin_page(context, "rename it"))
            };
            outcome.evidence("id", one.id).evidence("application_id", &one.application_id).evidence("name", &one.name)
        }
        several => CheckOutcome::fail(format!("{} applications are named {:?}", several.len(), wanted.name))
            .evidence("ids", several.iter().map(|one| one.id).collect::<Vec<_>>())
            .fix(admin_page(
                context,
                "find out which one Factory uses, and delete one only if no other organization uses it",
            )),
    }
}

fn none(context: &CheckContext<'_>, all: &[Application]) -> CheckOutcome {
    let wanted: &DesiredApplication = &context.desired.application;
    let near: Vec<&Application> =
        all.iter().filter(|one| one.name == wanted.name || one.has_redirect_uri(&wanted.redirect_uri)).collect();
    let cause = match given(context) {
        Some(_) => "no instance-wide application has the given ID".to_owned(),
        None => format!("no instance-wide application is named {:?}", wanted.name),
    };
    let outcome =
        CheckOutcome::fail(cause).evidence("count", all.len()).fix(Fix::connect("create it", "factory-gitlab connect"));
    let Some(one) = near.first() else { return outcome };
    // It has Factory's redirect URI: it may well be the one that Factory uses, and a second one would not help.
    let rename = Fix::open(format!("rename it to {:?}", wanted.name), context.page(&edit_page(one)));
    let cause =
        format!("the application with Factory's redirect URI is named {:?} instead of {:?}", one.name, wanted.name);
    match given(context) {
        Some(_) => outcome,
        None => CheckOutcome::fail(cause).evidence("count", all.len()).fix(rename),
    }
    .evidence(NEAR, format!("number {} is named {:?}", one.id, one.name))
}

fn redirect_uri(context: &CheckContext<'_>) -> CheckOutcome {
    let wanted = &context.desired.application.redirect_uri;
    match find_application(context) {
        Err(outcome) => outcome,
        Ok(one) if one.has_redirect_uri(wanted) => CheckOutcome::pass().evidence("redirect_uri", wanted),
        Ok(one) => CheckOutcome::fail("the application does not have Factory's redirect URI")
            .evidence("wanted", wanted)
            .evidence("found", one.callback_url.split_whitespace().collect::<Vec<_>>())
            .fix(Fix::open(format!("set the redirect URI to {wanted}"), context.page(&edit_page(one)))),
    }
}

fn edit_page(application: &Application) -> String {
    format!("/admin/applications/{}/edit", application.id)
}

fn confidential(context: &CheckContext<'_>) -> CheckOutcome {
    match find_application(context) {
        Err(outcome) => outcome,
        Ok(one) if one.confidential == context.desired.application.confidential => CheckOutcome::pass(),
        Ok(one) => {
            let (cause, fix) = if one.confidential {
                ("the application is confidential, and Factory asks for one that is not", "clear \"Confidential\"")
            } else {
                (
                    "the application is not confidential: its ID alone is enough to act as Factory",
                    "set \"Confidential\"",
                )
            };
            CheckOutcome::fail(cause).fix(Fix::open(fix, context.page(&edit_page(one))))
        }
    }
}

fn scopes(context: &CheckContext<'_>) -> CheckOutcome {
    let wanted = &context.desired.application.scopes;
    let listed = find_application(context).ok().and_then(|one| one.scopes.as_ref().map(|scopes| (one, scopes)));
    if let Some((one, scopes)) = listed {
        let missing: Vec<&String> = wanted.iter().filter(|scope| !scopes.contains(scope)).collect();
        return compare_scopes(context, one, &missing)
            .evidence("scopes", scopes)
            .evidence("by", "the list of applications");
    }
    match &context.observed.probed_scopes {
        Observation::Known(probed) => {
            let missing: Vec<&String> = wanted.iter().filter(|scope| !probed.present.contains(scope)).collect();
            let outcome = match find_application(context) {
                Ok(one) => compare_scopes(context, one, &missing),
                Err(_) if missing.is_empty() => CheckOutcome::pass(),
                Err(_) => lacks(&missing).fix(admin_page(context, "add these scopes to the application")),
            };
            outcome.evidence("scopes", &probed.present).evidence("by", "the OAuth endpoint")
        }
        Observation::Failed(error) => match error.response().and_then(|answer| answer.error.as_deref()) {
            Some("invalid_client") => CheckOutcome::blocked_by("application.secret"),
            _ => CheckOutcome::failed(error),
        },
        Observation::Skipped(reason) => match find_application(context) {
            Ok(_) => CheckOutcome::not_observable(*reason),
            Err(_) if context.observed.applications.known().is_none() => CheckOutcome::blocked_by("token.admin"),
            Err(outcome) => outcome,
        },
    }
}

fn lacks(missing: &[&String]) -> CheckOutcome {
    let names = missing.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    CheckOutcome::fail(format!("the application lacks {names}")).evidence("missing", missing)
}

fn compare_scopes(context: &CheckContext<'_>, one: &Application, missing: &[&String]) -> CheckOutcome {
    if !missing.is_empty() {
        return lacks(missing).fix(Fix::open("add these scopes to the application", context.page(&edit_page(one))));
    }
    let wanted = &context.desired.application.scopes;
    let extra = one.scopes.iter().flatten().filter(|scope| !wanted.contains(scope)).count();
    if extra > 0 { CheckOutcome::pass().note(format!("and {extra} more than needed")) } else { CheckOutcome::pass() }
}

fn secret(context: &CheckContext<'_>) -> CheckOutcome {
    match known(&context.observed.pair) {
        Err(outcome) => outcome,
        Ok(PairValidity::Valid) => CheckOutcome::pass(),
        Ok(PairValidity::Invalid) => CheckOutcome::fail(
            "GitLab rejects the application's ID and secret; one of them is wrong",
        )
        .fix(Fix::connect(
            "pass the right ones, or renew the secret, which invalidates the old one at once",
            "factory-gitlab connect --renew-secret",
        )),
    }
}

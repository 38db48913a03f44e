//! `application.*`: the instance-wide OAuth application that Factory signs in with.

use super::ruling::{Case, Ruling, known};
use super::{Check, Severity};
use crate::desired::{ApplicationOrigin, Credentials, DesiredApplication};
use crate::error::Fix;
use crate::gitlab::{Application, PairValidity};
use crate::observed::{Observation, Read};

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "application.exists",
        title: "there is one OAuth application for Factory",
        severity: Severity::Error,
        depends_on: &["token.admin"],
        about: "Looks for the application among the instance-wide ones: by its ID where that was given, else by name \
                and redirect URI. GitLab allows several of the same name; several that fit are a failure, because \
                nobody can say which one Factory uses.",
        reads: &[Read::Applications],
        rule: exists,
    },
    Check {
        code: "application.redirect_uri",
        title: "the redirect URI is Factory's, to the byte",
        severity: Severity::Error,
        depends_on: &["application.exists"],
        about: "GitLab compares redirect URIs byte by byte at sign-in. The application may have others besides. \
                GitLab's API cannot change an application; its page in the Admin Area can.",
        reads: &[Read::Applications],
        rule: redirect_uri,
    },
    Check {
        code: "application.scopes",
        title: "the application has the scopes that Factory needs",
        severity: Severity::Error,
        depends_on: &["instance.api"],
        about: "Read from the list of applications where GitLab shows them (about 19.1), else tried out one by one at \
                the OAuth endpoint with the application's ID and secret. Without a secret at hand an older GitLab \
                cannot be asked, and the check is skipped.",
        reads: &[Read::Applications, Read::ApplicationSecret, Read::Token],
        rule: scopes,
    },
    Check {
        code: "application.confidential",
        title: "the application is confidential",
        severity: Severity::Error,
        depends_on: &["application.exists"],
        about: "A confidential application has to show its secret. One that is not would let anybody act as Factory \
                who knows its ID.",
        reads: &[Read::Applications],
        rule: confidential,
    },
    Check {
        code: "application.secret",
        title: "the application's ID and secret belong together",
        severity: Severity::Error,
        depends_on: &["instance.api"],
        about: "Authenticates at GitLab's OAuth endpoint with the ID and secret, without a user and without making \
                anything that stays. GitLab does not say which of the two is wrong. Without a secret at hand the check \
                is skipped.",
        reads: &[Read::ApplicationSecret],
        rule: secret,
    },
];

const NEAR: &str = "what would fit";

fn admin_page(case: &Case<'_>, text: &str) -> Fix {
    Fix::open(text, case.page("/admin/applications"))
}

/// The ID and secret that were given.
fn given<'a>(case: &Case<'a>) -> Option<&'a Credentials> {
    match &case.desired.application.origin {
        ApplicationOrigin::Auto { given, .. } => given.as_ref(),
        ApplicationOrigin::Given(credentials) => Some(credentials),
    }
}

/// Whether the redirect URI is among the application's, to the byte.
fn has_redirect_uri(application: &Application, wanted: &str) -> bool {
    application.callback_url.split_whitespace().any(|uri| uri == wanted)
}

/// The applications that could be Factory's, the best kind of match alone.
fn candidates<'a>(case: &Case<'a>, all: &'a [Application]) -> Vec<&'a Application> {
    if let Some(credentials) = given(case) {
        return all.iter().filter(|one| one.application_id == credentials.application_id).collect();
    }
    let wanted = &case.desired.application;
    let named: Vec<&Application> = all.iter().filter(|one| one.name == wanted.name).collect();
    let exact: Vec<&Application> =
        named.iter().copied().filter(|one| has_redirect_uri(one, &wanted.redirect_uri)).collect();
    if exact.is_empty() { named } else { exact }
}

/// The application, or the check that says why there is none.
fn the_one<'a>(case: &Case<'a>) -> Result<&'a Application, Ruling> {
    let Some(all) = case.observed.applications.known() else { return Err(Ruling::depends("application.exists")) };
    match candidates(case, all).as_slice() {
        [one] => Ok(one),
        _ => Err(Ruling::depends("application.exists")),
    }
}

fn exists(case: &Case<'_>) -> Ruling {
    let all = match known(&case.observed.applications) {
        Err(ruling) => return ruling,
        Ok(all) => all,
    };
    let wanted = &case.desired.application;
    let found = candidates(case, all);
    match found.as_slice() {
        [] => none(case, all),
        [one] => {
            let ruling = if one.name == wanted.name {
                Ruling::pass().note(format!("{} (number {})", one.name, one.id))
            } else {
                Ruling::warn(format!("the application is called {:?}, Factory asks for {:?}", one.name, wanted.name))
                    .fix(admin_page(case, "rename it"))
            };
            ruling.saw("id", one.id).saw("application_id", &one.application_id).saw("name", &one.name)
        }
        several => Ruling::fail(format!("{} applications are called {:?}", several.len(), wanted.name))
            .saw("ids", several.iter().map(|one| one.id).collect::<Vec<_>>())
            .fix(admin_page(case, "remove all but the one that Factory uses, or give its ID with --application-id")),
    }
}

fn none(case: &Case<'_>, all: &[Application]) -> Ruling {
    let wanted: &DesiredApplication = &case.desired.application;
    let near: Vec<&Application> =
        all.iter().filter(|one| one.name == wanted.name || has_redirect_uri(one, &wanted.redirect_uri)).collect();
    let cause = match given(case) {
        Some(_) => "the application with the ID that was given is not among the instance-wide ones".to_owned(),
        None => format!("there is no instance-wide application {:?}", wanted.name),
    };
    let ruling = Ruling::fail(cause).saw("count", all.len()).fix(Fix::run("connect it", "factory-gitlab connect"));
    match near.first() {
        None => ruling,
        Some(one) => ruling.saw(NEAR, format!("number {} is called {:?}", one.id, one.name)),
    }
}

fn redirect_uri(case: &Case<'_>) -> Ruling {
    let wanted = &case.desired.application.redirect_uri;
    match the_one(case) {
        Err(ruling) => ruling,
        Ok(one) if has_redirect_uri(one, wanted) => Ruling::pass().saw("redirect_uri", wanted),
        Ok(one) => Ruling::fail("Factory's redirect URI is not among the application's")
            .saw("wanted", wanted)
            .saw("found", one.callback_url.split_whitespace().collect::<Vec<_>>())
            .fix(Fix::open(format!("set the redirect URI to {wanted}"), case.page(&edit_page(one)))),
    }
}

fn edit_page(application: &Application) -> String {
    format!("/admin/applications/{}/edit", application.id)
}

fn confidential(case: &Case<'_>) -> Ruling {
    match the_one(case) {
        Err(ruling) => ruling,
        Ok(one) if one.confidential == case.desired.application.confidential => Ruling::pass(),
        Ok(one) => {
            let cause = if one.confidential {
                "the application is confidential, and Factory asks for one that is not"
            } else {
                "the application is not confidential: its ID alone would do"
            };
            Ruling::fail(cause).fix(Fix::open("tick or untick \"Confidential\"", case.page(&edit_page(one))))
        }
    }
}

fn scopes(case: &Case<'_>) -> Ruling {
    let wanted = &case.desired.application.scopes;
    let listed = the_one(case).ok().and_then(|one| one.scopes.as_ref().map(|scopes| (one, scopes)));
    if let Some((one, scopes)) = listed {
        let missing: Vec<&String> = wanted.iter().filter(|scope| !scopes.contains(scope)).collect();
        return compare_scopes(case, one, &missing).saw("scopes", scopes).saw("by", "the list of applications");
    }
    match &case.observed.probed_scopes {
        Observation::Known(probed) => {
            let missing: Vec<&String> = wanted.iter().filter(|scope| !probed.present.contains(scope)).collect();
            let ruling = match the_one(case) {
                Ok(one) => compare_scopes(case, one, &missing),
                Err(_) if missing.is_empty() => Ruling::pass(),
                Err(_) => lacks(&missing).fix(admin_page(case, "give the application these scopes")),
            };
            ruling.saw("scopes", &probed.present).saw("by", "the OAuth endpoint")
        }
        Observation::Failed(error) => match error.response().and_then(|answer| answer.error.as_deref()) {
            Some("invalid_client") => Ruling::depends("application.secret"),
            _ => Ruling::failed(error),
        },
        Observation::Skipped(reason) => match the_one(case) {
            Ok(_) => Ruling::unseen(*reason),
            Err(_) if case.observed.applications.known().is_none() => Ruling::depends("token.admin"),
            Err(ruling) => ruling,
        },
    }
}

fn lacks(missing: &[&String]) -> Ruling {
    let names = missing.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    Ruling::fail(format!("the application lacks {names}")).saw("missing", missing)
}

fn compare_scopes(case: &Case<'_>, one: &Application, missing: &[&String]) -> Ruling {
    if !missing.is_empty() {
        return lacks(missing).fix(Fix::open("give the application these scopes", case.page(&edit_page(one))));
    }
    let wanted = &case.desired.application.scopes;
    let extra = one.scopes.iter().flatten().filter(|scope| !wanted.contains(scope)).count();
    if extra > 0 { Ruling::pass().note(format!("and {extra} more than asked for")) } else { Ruling::pass() }
}

fn secret(case: &Case<'_>) -> Ruling {
    match known(&case.observed.pair) {
        Err(ruling) => ruling,
        Ok(PairValidity::Valid) => Ruling::pass(),
        Ok(PairValidity::Invalid) => {
            Ruling::fail("GitLab does not take the application's ID and secret; one of them is wrong").fix(Fix::run(
                "give the right ones, or renew the secret, which ends the old one at once",
                "factory-gitlab connect --renew-secret",
            ))
        }
    }
}

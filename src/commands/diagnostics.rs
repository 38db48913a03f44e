//! From every module's own error to what the person reads: what failed, why, what to do, and where.

mod apply;
mod bundle;
mod gitlab;

use crate::credential_store::CredentialStoreError;
use crate::error::{Failure, Fix, Kind};
use crate::http::{self, Cause, Error, LinkProblem, TlsProblem, UnexpectedPage};
use crate::journal;
use crate::kit::KitError;

pub use self::apply::apply;
pub use self::bundle::{sealing, upload};
pub use self::gitlab::{gitlab, reach, refusal};

/// A kit that is none.
#[must_use]
pub fn kit(error: &KitError) -> Failure {
    let fix = match error {
        KitError::OtherSchema { .. } => {
            Fix::say("a newer factory-gitlab may know it; or ask Factory for a kit of this schema")
        }
        KitError::Missing(_) => Fix::run("a kit with every field", "factory-gitlab kit template"),
        _ => Fix::say("give the file exactly as Factory gave it"),
    };
    Failure::usage(error.to_string()).fix(fix)
}

/// A request to Factory that failed; `what` says what for, as a fragment.
#[must_use]
pub fn factory(error: &Error, what: &str) -> Failure {
    let failure = transport(error, what);
    match error.status() {
        Some(401) => failure.fix(Fix::say("set FACTORY_API_KEY to a valid key; keys are made in Factory's settings")),
        Some(402) => failure.fix(Fix::say("the organization's plan does not include this; ask Factory")),
        Some(403) => {
            failure.fix(Fix::say("the key's role is too small: a Manager or Owner of the organization has to make it"))
        }
        Some(404) => failure.fix(Fix::say("the address is of another time or organization; ask Factory for a new kit")),
        Some(409) => failure
            .fix(Fix::say("Factory has something else under this name already; ask Factory before sending again")),
        Some(413) => failure
            .fix(Fix::say("the bundle is larger than Factory takes; leave out what is not needed and ask Factory")),
        _ => failure,
    }
}

/// A failed request as far as it is the same for both clients: kind, chain, and what to do about network and TLS.
#[must_use]
pub fn transport(error: &Error, what: &str) -> Failure {
    let kind = match error.cause.as_ref() {
        Cause::Interrupted => Kind::Interrupted,
        Cause::Setup(_) => Kind::Usage,
        _ if error.is_refusal() => Kind::Problem,
        _ => Kind::Unknown,
    };
    let failure = Failure::new(kind, what).because(error.to_string());
    match error.cause.as_ref() {
        Cause::Dns { host, .. } => {
            failure.fix(Fix::say(format!("check the name {host}, and that this machine asks the right DNS server")))
        }
        Cause::Connect { .. } => failure.fix(Fix::say(
            "check host, port and firewall; the proxy is what --proxy or HTTPS_PROXY say (--proxy none goes without)",
        )),
        Cause::Tls(problem) => failure.fix(tls(problem)),
        Cause::Timeout { .. } => failure.fix(Fix::say("try again; --timeout SECS waits longer")),
        Cause::Broken { .. } => {
            failure.fix(Fix::say("try again; if it stays, something in between cuts the connection"))
        }
        Cause::Status(answer) if answer.status == 429 => failure.fix(later(answer.retry_after)),
        Cause::Status(answer) if answer.status >= 500 => {
            failure.fix(Fix::say("the server has trouble; try again later"))
        }
        Cause::UnexpectedPage { what, .. } => failure.fix(unexpected_page(what)),
        Cause::Redirected { to } => failure.fix(match http::base_of_api(to) {
            Some(base) => Fix::say(format!("use the address it is redirected to: {base}")),
            None => Fix::say("a proxy or a sign-in stands in front: let API requests through, or correct the address"),
        }),
        Cause::Link(LinkProblem::OtherScheme | LinkProblem::OtherHost) => {
            failure.fix(Fix::say("give the address that GitLab has as its external_url with --gitlab-url"))
        }
        Cause::Link(_) | Cause::TooLarge { .. } | Cause::Decode { .. } => failure.fix(Fix::say(
            "something in between changes the answers, or this is not what it should be; check the address",
        )),
        Cause::Setup(_) | Cause::Interrupted | Cause::Status(_) => failure,
    }
}

fn later(after: Option<std::time::Duration>) -> Fix {
    match after {
        Some(wait) => Fix::say(format!("the rate limit is reached; try again in {} s", wait.as_secs())),
        None => Fix::say("the rate limit is reached; try again in a minute, or with a smaller --concurrency"),
    }
}

fn tls(problem: &TlsProblem) -> Fix {
    match problem {
        TlsProblem::UnknownCa { .. } => Fix::say(
            "give the CA that issued it with --ca-cert PATH, or have the server send its intermediate certificates",
        ),
        TlsProblem::Intercepted { .. } => Fix::say(
            "if your company inspects TLS on purpose, give its CA with --ca-cert PATH; else find out who it is",
        ),
        TlsProblem::WrongName { .. } => Fix::say("use a name that the certificate has, or put this one into it"),
        TlsProblem::Expired { .. } => Fix::say("renew the certificate on the server"),
        TlsProblem::NotYetValid => Fix::say("check this machine's clock, then the certificate's dates"),
        TlsProblem::Other(_) => Fix::say("check that the port speaks TLS 1.2 or later"),
    }
}

fn unexpected_page(what: &UnexpectedPage) -> Fix {
    match what {
        UnexpectedPage::LoginWall => Fix::say(
            "a sign-in wall (SSO, Cloudflare Access) stands in front; let API requests through, or run from inside",
        ),
        UnexpectedPage::WebPage => {
            Fix::say("a proxy, load balancer or firewall answered; check the address and what stands in between")
        }
        UnexpectedPage::ClientCertificate => Fix::say(
            "give your client certificate with its key (PEM) with --client-cert PATH; if you did, ask for another",
        ),
        UnexpectedPage::OtherType(_) => Fix::say("check that the address is GitLab's own"),
    }
}

/// The keyring did not help. It never has to: the secret can be given otherwise.
#[must_use]
pub fn credential_store(error: &CredentialStoreError) -> Failure {
    let failure = Failure::usage("the system's keyring cannot be used").with_chain(error);
    failure.fix(Fix::say("give the secret by a file or a variable, and --keyring off to leave the keyring alone"))
}

/// The local record cannot be read or written.
#[must_use]
pub fn journal(error: &journal::Error) -> Failure {
    if let journal::Error::Busy { .. } = error {
        return Failure::new(Kind::Unknown, "another run is working on this connection")
            .because(error.to_string())
            .fix(Fix::say("let it end, then run this again; a lock that nobody holds is no hindrance"));
    }
    let failure = Failure::usage("the local record cannot be used").with_chain(error);
    failure.fix(Fix::say("check space and rights of the folder, or set FACTORY_GITLAB_STATE_DIR to another one"))
}

#[cfg(test)]
mod tests;

//! The application: its scopes, whether it is confidential, whose it is, and others that look like it.

use url::Url;

use super::{NewFinding, Review};
use crate::checks::{CheckInfo, CheckSeverity, review};
use crate::gitlab::Application;
use crate::journal::{OwnApplication, Record};
use crate::secret::redact_addresses;

const APPLICATIONS: &str = "/admin/applications";

impl Review<'_> {
    pub(super) fn applications(&mut self) {
        let observed = self.inputs.observed;
        let Some(all) = self.known("instance-wide applications", APPLICATIONS, &observed.applications) else { return };
        let (ours, others): (Vec<&Application>, Vec<&Application>) = all.iter().partition(|one| self.is_ours(one));
        for application in &ours {
            self.application(application);
        }
        if ours.is_empty() {
            self.no_application();
        }
        for application in others {
            self.other_application(application);
        }
    }

    /// By the record, else by its name and redirect URI.
    fn is_ours(&self, application: &Application) -> bool {
        let wanted = &self.inputs.desired.application;
        match recorded(self.inputs.record) {
            Some(id) => application.application_id == id,
            None => application.name == wanted.name && application.has_redirect_uri(&wanted.redirect_uri),
        }
    }

    fn no_application(&mut self) {
        let name = &self.inputs.desired.application.name;
        let is_recorded = recorded(self.inputs.record).is_some();
        // Where none was ever recorded, none may be wanted.
        let severity = if is_recorded { review::APPLICATION_MISSING.severity } else { CheckSeverity::Info };
        self.add(NewFinding {
            code: CheckInfo { severity, ..review::APPLICATION_MISSING },
            subject: format!("application {name}"),
            cause: if is_recorded {
                "the application that this machine recorded is gone: users cannot sign in to Factory through it".into()
            } else {
                "no instance-wide application is that of this connection: users cannot sign in to Factory through it"
                    .into()
            },
            remedy: "connect, or remove what is left with factory-gitlab disconnect".into(),
            page: APPLICATIONS.into(),
        });
    }

    fn application(&mut self, application: &Application) {
        let subject = subject(application);
        let page = format!("{APPLICATIONS}/{}", application.id);
        self.grants(application, &subject, &page);
        if !application.confidential && self.inputs.desired.application.confidential {
            self.add(NewFinding {
                code: review::APPLICATION_CONFIDENTIAL,
                subject: subject.clone(),
                cause: "it is not confidential: an intercepted authorization code can be exchanged for a token without a secret".into(),
                remedy: "mark it as confidential".into(),
                page: format!("{page}/edit"),
            });
        }
        let wanted = &self.inputs.desired.application.redirect_uri;
        let uris: Vec<&str> = application.callback_url.split_whitespace().filter(|uri| uri != wanted).collect();
        if !uris.is_empty() {
            self.add(NewFinding {
                code: review::APPLICATION_REDIRECT_URI,
                subject,
                cause: format!(
                    "GitLab also sends authorization codes to {}, which the kit does not ask for",
                    redact_addresses(&uris.join(", "))
                ),
                remedy: format!("leave {wanted} as its only redirect URI"),
                page: format!("{page}/edit"),
            });
        }
    }

    /// What it lets Factory do, and what of that the kit does not ask for.
    fn grants(&mut self, application: &Application, subject: &str, page: &str) {
        let wanted = &self.inputs.desired.application.scopes;
        let Some(scopes) = &application.scopes else {
            return self.not_visible(format!("the scopes of {subject}: this version does not list them"), page);
        };
        let excess: Vec<&str> = scopes.iter().filter(|scope| !wanted.contains(scope)).map(String::as_str).collect();
        if !excess.is_empty() {
            self.add(NewFinding {
                code: review::APPLICATION_SCOPES,
                subject: subject.to_owned(),
                cause: format!("it has the scopes {}, which the kit does not ask for", excess.join(", ")),
                remedy: "remove these scopes".into(),
                page: format!("{page}/edit"),
            });
        }
        let made = match self.inputs.record.application {
            OwnApplication::Made { .. } => "created by factory-gitlab on this machine",
            OwnApplication::MayHaveMade | OwnApplication::None => "not created by a run that this machine recorded",
        };
        self.add(NewFinding {
            code: review::APPLICATION_ACCESS,
            subject: subject.to_owned(),
            cause: format!("instance-wide, {made}; it may ask a user for {}", scopes.join(", ")),
            remedy: "compare the scopes with what Factory has agreed to use".into(),
            page: page.to_owned(),
        });
        if scopes.iter().any(|scope| scope == "sudo") {
            self.sudo(subject, page);
        }
    }

    fn sudo(&mut self, subject: &str, page: &str) {
        let settings = self.inputs.seen.settings.known();
        if settings.and_then(|settings| settings.disables_admin_scopes) == Some(true) {
            return;
        }
        self.add(NewFinding {
            code: review::APPLICATION_SUDO,
            subject: subject.to_owned(),
            cause:
                "with the scope sudo, the token of an administrator who authorizes it acts as any user of the instance"
                    .into(),
            remedy: "let only users who are not administrators authorize it, or ask Factory for a kit without sudo"
                .into(),
            page: page.to_owned(),
        });
    }

    /// Somebody else's, if it sends users to Factory or has the name of ours.
    fn other_application(&mut self, application: &Application) {
        let wanted = &self.inputs.desired.application;
        let host = |uri: &str| Url::parse(uri).ok().and_then(|uri| uri.host_str().map(str::to_owned));
        let factory = host(&wanted.redirect_uri);
        let leads_there =
            factory.is_some() && application.callback_url.split_whitespace().any(|uri| host(uri) == factory);
        let cause = match (leads_there, application.name == wanted.name) {
            (true, _) => "it sends users to Factory's host, and is not that of this connection",
            (false, true) => "it has the name of Factory's application, and sends users elsewhere",
            (false, false) => return,
        };
        self.add(NewFinding {
            code: review::APPLICATION_OTHER,
            subject: subject(application),
            cause: cause.into(),
            remedy: "find out whose it is, and delete it if it is not used".into(),
            page: format!("{APPLICATIONS}/{}", application.id),
        });
    }
}

fn recorded(record: &Record) -> Option<&str> {
    match (&record.application, &record.bundle) {
        (OwnApplication::Made { application_id }, _) => Some(application_id),
        (OwnApplication::MayHaveMade | OwnApplication::None, Some(bundle)) => Some(&bundle.application_id),
        (OwnApplication::MayHaveMade | OwnApplication::None, None) => None,
    }
}

fn subject(application: &Application) -> String {
    format!("application {} (number {})", application.name, application.id)
}

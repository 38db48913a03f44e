//! What is different on GitLab.com: the user is an ordinary one, every answer says how much of the limit is left, and Factory has
//! applications of its own there.

use jiff::Timestamp;

use super::GitLab;
use super::applications::ApplicationSpec;
use super::seed::ProjectSpec;
use super::state::{GitLabState, ProjectNamespace};
use crate::sandbox::factory::{CALLBACK, CloudClients};
use crate::sandbox::options::CloudOffers;

/// As Factory has registered it for programs on a person's machine; the port is free.
pub(crate) const NATIVE_REDIRECT: &str = "http://127.0.0.1/callback";

/// Requests a minute and user (gitlab: doc/user/gitlab_com, rate limits).
pub(crate) const REQUESTS_A_MINUTE: u32 = 2000;
/// Projects and groups that one user may create in a day, from 19.3.
pub(super) const PROJECTS_A_DAY: u32 = 200;

impl GitLab {
    /// Registers Factory's applications, which are owned by a user, so that no list of the instance shows them.
    pub(crate) fn register_factory(&self, factory_url: &str, offers: CloudOffers) -> CloudClients {
        let application = |name: &str, redirect_uri: String, confidential| ApplicationSpec {
            name: name.to_owned(),
            redirect_uri,
            scopes: ["api", "read_user"].map(str::to_owned).to_vec(),
            confidential,
            owner: Some(1),
        };
        let web = self.add_application(application("Factory", format!("{factory_url}{CALLBACK}"), true));
        let native = self.add_application(application("Factory", NATIVE_REDIRECT.to_owned(), false));
        let mut state = self.lock();
        // From 18.11 the device flow is off until the owner of the application turns it on.
        let own = state.applications.values_mut().find(|application| application.uid == native.uid);
        own.into_iter().for_each(|application| application.device_code_enabled = offers.device);
        CloudClients { web_id: web.uid, web_secret: web.secret, native_id: native.uid, offers }
    }
}

impl GitLabState {
    /// Marks some groups, where there are four or more, as a client has to expect them, and gives the user a project of their own.
    pub(super) fn grow_cloud(&mut self, user: u64, now: Timestamp) {
        self.add_project(ProjectSpec::new("notes", ProjectNamespace::User(user)), now);
        let named = |number: usize| format!("group-{number}");
        if self.group(&named(4)).is_none() {
            return;
        }
        let today = self.clock.today();
        for group in self.groups.values_mut() {
            match group.full_path.as_str() {
                "group-2" => group.ip_restriction_ranges = Some("203.0.113.0/24".to_owned()),
                "group-3" => group.has_saml = true,
                "group-4" => group.marked_for_deletion = Some(today),
                _ => {}
            }
        }
    }
}

//! The reading half: everything that can be known of an instance, and nothing that could change it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::listing::{self, Listing};
use super::wire::{
    ApplicationWire, DeliveryWire, DiscoveryWire, GroupWire, HookWire, LicenseWire, MetadataWire, ProjectWire,
    SettingsWire, TokenWire, UserWire,
};
use super::{
    Application, Delivery, Error, Group, Hook, License, Metadata, OutboundRules, Project, ProjectPages, TokenDetails,
    User,
};
use crate::http::{Answer, Cause, Client, Expected, Method, Pages, Repeat, Request, Response};
use crate::instance::{Edition, InstanceUrl};
use crate::secret::PersonalAccessToken;
use crate::target::Target;

/// Reads an instance with a token. Clones share the connections.
#[derive(Clone)]
pub struct Reader {
    http: Client,
    instance: InstanceUrl,
    token: PersonalAccessToken,
}

/// The most entries that GitLab gives of a delivery log at once.
const WHOLE_LOG: u8 = 20;
/// Enough to find a test that was just fired, and what came last.
const NEWEST: u8 = 2;

impl Reader {
    #[must_use]
    pub fn new(http: Client, instance: InstanceUrl, token: PersonalAccessToken) -> Self {
        Self { http, instance, token }
    }

    #[must_use]
    pub fn instance(&self) -> &InstanceUrl {
        &self.instance
    }

    /// What the token seems to be, where that is no personal access token.
    #[must_use]
    pub fn token_looks_like(&self) -> Option<&'static str> {
        self.token.looks_like()
    }

    /// Puts a question to GraphQL. It goes out as a POST and is a read all the same: it may be sent again, and is no write.
    pub(super) async fn ask(&self, question: &impl Serialize) -> Result<Response, Error> {
        let request = Request::write(Method::POST, self.instance.page("/api/graphql")).repeat(Repeat::Read);
        self.http.send(&request.token(&self.token).json(question)?).await
    }

    fn request(&self, path: &str) -> Request {
        Request::get(self.instance.api(path)).token(&self.token)
    }

    async fn get<W: DeserializeOwned>(&self, path: &str, expected: Expected) -> Result<W, Error> {
        self.http.send(&self.request(path)).await?.json(expected)
    }

    fn list<W, T>(&self, path: &str, expected: Expected) -> Listing<W, T> {
        Listing::new(Pages::new(self.http.clone(), self.request(path)), expected)
    }

    /// # Errors
    /// Also [`crate::http::Cause::Decode`] when the version is not one.
    pub async fn metadata(&self) -> Result<Metadata, Error> {
        let response = self.http.send(&self.request("/metadata")).await?;
        let wire: MetadataWire = response.json("GitLab's metadata")?;
        let version = wire.version.parse().map_err(|why: String| response.unfit("GitLab's metadata", why))?;
        let is_enterprise = wire.enterprise.unwrap_or_else(|| wire.version.ends_with("-ee"));
        let edition = if is_enterprise { Edition::Ee } else { Edition::Ce };
        Ok(Metadata { version, version_text: wire.version, edition })
    }

    /// # Errors
    /// Also 403 for who is no effective admin.
    pub async fn license(&self) -> Result<License, Error> {
        match self.get::<Option<LicenseWire>>("/license", "a licence").await {
            Ok(wire) => Ok(wire.into()),
            Err(error) if error.status() == Some(404) => Ok(License::NotThere),
            Err(error) => Err(error),
        }
    }

    /// The error of an Enterprise Edition that says it has no such thing as a licence: something in between hides it.
    #[must_use]
    pub fn hidden_license(&self) -> Error {
        self.request("/license").failed(Cause::Status(Answer { status: 404, ..Answer::default() }))
    }

    /// # Errors
    /// 401 for a dead token, 403 `insufficient_scope`.
    pub async fn current_user(&self) -> Result<User, Error> {
        self.get::<UserWire>("/user", "a user").await.map(User::from)
    }

    /// The token itself; works with any scope.
    ///
    /// # Errors
    /// 401 for a dead token, 400 for one that is no personal access token.
    pub async fn token(&self) -> Result<TokenDetails, Error> {
        self.get::<TokenWire>("/personal_access_tokens/self", "a token").await.map(TokenDetails::from)
    }

    /// Another user's token, for an admin.
    ///
    /// # Errors
    /// 401 (not 403) for who is no effective admin.
    pub async fn token_by_id(&self, id: u64) -> Result<TokenDetails, Error> {
        self.get::<TokenWire>(&format!("/personal_access_tokens/{id}"), "a token").await.map(TokenDetails::from)
    }

    /// The active tokens of a user whose names hold `name`.
    ///
    /// # Errors
    /// As [`Self::token_by_id`].
    pub async fn tokens_of(&self, user_id: u64, name: &str) -> Result<Vec<TokenDetails>, Error> {
        let name = listing::encoded(name);
        let path = format!("/personal_access_tokens?user_id={user_id}&search={name}&state=active&per_page=100");
        self.list::<TokenWire, _>(&path, "a list of tokens").short().await
    }

    /// The instance-wide applications. Not paged by GitLab; a `Link` would be followed.
    ///
    /// # Errors
    /// 403 for who is no effective admin.
    pub async fn applications(&self) -> Result<Vec<Application>, Error> {
        self.list::<ApplicationWire, _>("/applications", "a list of applications").short().await
    }

    /// The scopes that this server knows. Asked without the token: the page is public.
    ///
    /// # Errors
    /// Where discovery is switched off or hidden by a proxy.
    pub async fn scopes_supported(&self) -> Result<Vec<String>, Error> {
        let request = Request::get(self.instance.page("/.well-known/openid-configuration"));
        let wire: DiscoveryWire = self.http.send(&request).await?.json("OpenID discovery")?;
        Ok(wire.scopes_supported)
    }

    /// # Errors
    /// 403 for who is no effective admin.
    pub async fn outbound_rules(&self) -> Result<OutboundRules, Error> {
        let wire: SettingsWire = self.get("/application/settings", "the instance's settings").await?;
        Ok(OutboundRules {
            allow_local_requests_from_web_hooks: wire.allow_local_requests_from_web_hooks_and_services,
            admin_mode: wire.admin_mode,
        })
    }

    /// Every project that the token sees, page by page, by keyset; archived ones are left out by GitLab.
    #[must_use]
    pub fn projects(&self) -> ProjectPages {
        const PATH: &str = "/projects?pagination=keyset&order_by=id&sort=asc&per_page=100&archived=false";
        ProjectPages::new(Pages::new(self.http.clone(), self.request(PATH)), self.request(PATH))
    }

    /// The error for a list of projects or groups of which more fit than can be worked on in one run.
    #[must_use]
    pub fn too_many(&self, most: usize) -> Error {
        let why =
            format!("it has more than {most} projects to look after; choose some with --group, --project, --exclude");
        self.request("/projects").failed(Cause::Setup(why))
    }

    /// The groups without a parent that the token sees. Paged by offset: keyset is not for signed-in callers.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn top_level_groups(&self) -> Result<Vec<Group>, Error> {
        const PATH: &str = "/groups?top_level_only=true&order_by=id&sort=asc&per_page=100";
        self.list::<GroupWire, _>(PATH, "a list of groups").all().await
    }

    /// The projects of a group and its subgroups, without those that are only shared with it and archived ones.
    ///
    /// # Errors
    /// 404 for a group that is not there or not to be seen.
    pub async fn group_projects(&self, id: u64) -> Result<Vec<Project>, Error> {
        let query = "include_subgroups=true&with_shared=false&archived=false&order_by=id&sort=asc&per_page=100";
        self.list::<ProjectWire, _>(&format!("/groups/{id}/projects?{query}"), "a list of projects").all().await
    }

    /// A project by its path.
    ///
    /// # Errors
    /// 404 when it is not there or not to be seen.
    pub async fn project(&self, path: &str) -> Result<Project, Error> {
        let found = self.get::<ProjectWire>(&format!("/projects/{}", listing::encoded(path)), "a project").await;
        match found {
            Err(error) if listing::is_missing(&error) => {
                let last = path.rsplit('/').next().unwrap_or_default();
                let query = format!("search={}&order_by=id&sort=asc&per_page=100", listing::encoded(last));
                let mut others = self.list::<ProjectWire, Project>(&format!("/projects?{query}"), "a list of projects");
                others.find(|project| project.path_with_namespace.eq_ignore_ascii_case(path)).await?.ok_or(error)
            }
            found => found.map(Project::from),
        }
    }

    /// A group by its path.
    ///
    /// # Errors
    /// 404 when it is not there or not to be seen.
    pub async fn group(&self, path: &str) -> Result<Group, Error> {
        let address = format!("/groups/{}?with_projects=false", listing::encoded(path));
        match self.get::<GroupWire>(&address, "a group").await {
            Err(error) if listing::is_missing(&error) => {
                let last = path.rsplit('/').next().unwrap_or_default();
                let query = format!("search={}&order_by=id&sort=asc&per_page=100", listing::encoded(last));
                let mut others = self.list::<GroupWire, Group>(&format!("/groups?{query}"), "a list of groups");
                others.find(|group| group.full_path.eq_ignore_ascii_case(path)).await?.ok_or(error)
            }
            found => found.map(Group::from),
        }
    }

    /// Every hook of a target, ours and others'.
    ///
    /// # Errors
    /// 403 or 404 without the right to see them; 404 for group hooks on Community Edition.
    pub async fn hooks(&self, target: &Target) -> Result<Vec<Hook>, Error> {
        self.list::<HookWire, _>(&format!("{}?per_page=100", target.hooks_path()), "a list of hooks").short().await
    }

    /// # Errors
    /// 404 when it is not there.
    pub async fn hook(&self, target: &Target, id: u64) -> Result<Hook, Error> {
        self.get::<HookWire>(&format!("{}/{id}", target.hooks_path()), "a hook").await.map(Hook::from)
    }

    /// The newest 20 entries of a hook's delivery log (17.3), newest first; fewer where the payloads are so large that
    /// these would be no answer any more. System hooks have none.
    ///
    /// # Errors
    /// 404 before 17.3.
    pub async fn deliveries(&self, target: &Target, hook: u64) -> Result<Vec<Delivery>, Error> {
        match self.log(target, hook, WHOLE_LOG).await {
            Err(error) if matches!(*error.cause, Cause::TooLarge { .. }) => self.log(target, hook, NEWEST).await,
            log => log,
        }
    }

    async fn log(&self, target: &Target, hook: u64, entries: u8) -> Result<Vec<Delivery>, Error> {
        let path = format!("{}/{hook}/events?per_page={entries}", target.hooks_path());
        let wire: Vec<DeliveryWire> = self.get(&path, "a delivery log").await?;
        Ok(wire.into_iter().map(Delivery::from).collect())
    }
}

//! Everything that is read of an instance. Nothing here can change it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::listing::{self, IdOrder, Listing};
use super::permissions::needed_permission;
use super::read_token::ReadToken;
use super::wire::{
    ApplicationWire, DeliveryWire, DiscoveryWire, GroupWire, HookWire, LicenseWire, MetadataWire, ProjectWire,
    TokenWire, UserWire,
};
use super::{
    Application, Error, Group, Hook, License, LoggedDelivery, Metadata, OLD_METADATA, Project, ProjectPages,
    TokenDetails, User, is_unknown_route,
};
use crate::http::limits::{MAX_LOG_ENTRIES, NEWEST_LOG_ENTRIES};
use crate::http::{Cause, Client, ErrorResponse, Expected, LinkProblem, Method, Pages, Repeat, Request, Response};
use crate::instance::{Edition, InstanceUrl};
use crate::secret::PersonalAccessToken;
use crate::target::{Target, TargetKind};

/// Reads an instance with a token. Clones share the connections.
#[derive(Clone)]
pub struct Reader {
    pub(super) http: Client,
    pub(super) instance: InstanceUrl,
    pub(super) token: ReadToken,
}

impl Reader {
    #[must_use]
    pub fn new(http: Client, instance: InstanceUrl, token: PersonalAccessToken) -> Self {
        Self { http: http.for_gitlab(instance.url()), instance, token: ReadToken::Personal(token) }
    }

    /// The same with another token.
    #[must_use]
    pub fn with_token(&self, token: PersonalAccessToken) -> Self {
        Self { token: ReadToken::Personal(token), ..self.clone() }
    }

    /// The same over another HTTP client.
    #[must_use]
    pub fn over(&self, http: Client) -> Self {
        Self { http: http.for_gitlab(self.instance.url()), ..self.clone() }
    }

    #[must_use]
    pub fn instance(&self) -> &InstanceUrl {
        &self.instance
    }

    /// The time by the clock of its client.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.http.clock().now()
    }

    /// What kind of token it looks like, where that is not a personal access token.
    #[must_use]
    pub fn token_looks_like(&self) -> Option<&'static str> {
        self.token.looks_like()
    }

    /// Sends a GraphQL query. It is a POST that changes nothing, so it is sent again like a read.
    pub(super) async fn graphql(&self, query: &impl Serialize) -> Result<Response, Error> {
        let request = Request::write(Method::POST, self.instance.page("/api/graphql")).repeat(Repeat::Read);
        self.http.send(&self.token.add_to(request).json(query)?).await
    }

    pub(super) fn request(&self, path: &str) -> Request {
        self.token.add_to(Request::get(self.instance.api(path)))
    }

    pub(super) async fn get<W: DeserializeOwned>(&self, path: &str, expected: Expected) -> Result<W, Error> {
        self.http.send(&self.request(path)).await?.json(expected)
    }

    /// The same; `None` where GitLab says that it does not exist or is not visible.
    pub(super) async fn find<W: DeserializeOwned>(&self, path: &str, expected: Expected) -> Result<Option<W>, Error> {
        if_found(self.get(path, expected).await)
    }

    pub(super) fn list<W, T>(&self, path: &str, expected: Expected) -> Listing<W, T> {
        Listing::new(Pages::new(self.http.clone(), self.request(path)), expected)
    }

    /// Old versions are asked as they can be, so that they are told apart from what is no GitLab.
    ///
    /// # Errors
    /// Also [`Cause::Decode`] when the version cannot be read.
    pub async fn metadata(&self) -> Result<Metadata, Error> {
        let response = match self.http.send(&self.request("/metadata")).await {
            Err(error) if is_unknown_route(&error) => match self.http.send(&self.request(OLD_METADATA)).await {
                Err(other) if other.status() == Some(404) => return Err(error),
                old => old?,
            },
            response => response?,
        };
        let wire: MetadataWire = response.json("GitLab's metadata")?;
        let version = wire.version.parse().map_err(|why: String| response.decode_error("GitLab's metadata", why))?;
        let is_enterprise = wire.enterprise.unwrap_or_else(|| wire.version.ends_with("-ee"));
        let edition = if is_enterprise { Edition::Ee } else { Edition::Ce };
        Ok(Metadata { version, version_text: wire.version, edition })
    }

    /// # Errors
    /// 403 unless the caller is an effective admin.
    pub async fn license(&self) -> Result<License, Error> {
        match self.get::<Option<LicenseWire>>("/license", "a license").await {
            Ok(wire) => Ok(wire.into()),
            Err(error) if error.status() == Some(404) => Ok(License::NotAvailable),
            Err(error) => Err(error),
        }
    }

    /// The error for an Enterprise Edition whose license cannot be found: a proxy hides it.
    #[must_use]
    pub fn hidden_license(&self) -> Error {
        self.request("/license").failed(Cause::Status(ErrorResponse { status: 404, ..ErrorResponse::default() }))
    }

    /// # Errors
    /// 401 for a token that is not valid, 403 `insufficient_scope`.
    pub async fn current_user(&self) -> Result<User, Error> {
        self.get::<UserWire>("/user", "a user").await.map(User::from)
    }

    /// The token itself, whatever its scopes.
    ///
    /// # Errors
    /// 401 for a token that is not valid, 400 for one that is not a personal access token.
    pub async fn token(&self) -> Result<TokenDetails, Error> {
        let token = self.get::<TokenWire>("/personal_access_tokens/self", "a token").await.map(TokenDetails::from)?;
        if token.granular {
            self.http.note_fine_grained(needed_permission);
        }
        Ok(token)
    }

    /// The active tokens of a user whose names contain `name`.
    ///
    /// # Errors
    /// 401 (not 403) unless the caller is an effective admin.
    pub async fn tokens_of(&self, user_id: u64, name: &str) -> Result<Vec<TokenDetails>, Error> {
        let name = listing::encoded(name);
        let path = format!("/personal_access_tokens?user_id={user_id}&search={name}&state=active&per_page=100");
        self.list::<TokenWire, _>(&path, "a list of tokens").collect_small().await
    }

    /// The active tokens of all users whose names begin with `name`. GitLab compares words and not their place.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn tokens_named(&self, name: &str) -> Result<Vec<TokenDetails>, Error> {
        let search = listing::encoded(name.trim_end());
        let path = format!("/personal_access_tokens?search={search}&state=active&per_page=100");
        let found = self.list::<TokenWire, TokenDetails>(&path, "a list of tokens").collect().await?;
        Ok(found.into_iter().filter(|token| token.active && token.name.starts_with(name)).collect())
    }

    /// A token of any user, by its number; `None` where there is none.
    /// gitlab: lib/api/personal_access_tokens.rb, `GET /personal_access_tokens/:id`
    ///
    /// # Errors
    /// 401 (not 403) unless the caller is an effective admin or its owner.
    pub async fn token_by_id(&self, id: u64) -> Result<Option<TokenDetails>, Error> {
        let found = self.find::<TokenWire>(&format!("/personal_access_tokens/{id}"), "a token").await?;
        Ok(found.map(TokenDetails::from))
    }

    /// The instance-wide applications. GitLab does not page them; a `Link` would be followed.
    ///
    /// # Errors
    /// 403 unless the caller is an effective admin.
    pub async fn applications(&self) -> Result<Vec<Application>, Error> {
        self.list::<ApplicationWire, _>("/applications", "a list of applications").collect_small().await
    }

    /// The scopes that this server supports. Requested without the token: the page is public.
    ///
    /// # Errors
    /// Also where discovery is turned off or hidden by a proxy.
    pub async fn scopes_supported(&self) -> Result<Vec<String>, Error> {
        let request = Request::get(self.instance.page("/.well-known/openid-configuration"));
        let wire: DiscoveryWire = self.http.send(&request).await?.json("OpenID discovery")?;
        Ok(wire.scopes_supported)
    }

    /// Every project that the token can see, page by page, by keyset; GitLab leaves out archived ones.
    #[must_use]
    pub fn projects(&self) -> ProjectPages {
        const PATH: &str = "/projects?pagination=keyset&order_by=id&sort=asc&per_page=100&archived=false";
        ProjectPages::new(Pages::new(self.http.clone(), self.request(PATH)), self.request(PATH))
    }

    /// Every project that the token can see, archived ones too: an excluded project that is archived today is still not to
    /// be covered tomorrow.
    #[must_use]
    pub fn all_projects(&self) -> ProjectPages {
        const PATH: &str = "/projects?pagination=keyset&order_by=id&sort=asc&per_page=100";
        ProjectPages::new(Pages::new(self.http.clone(), self.request(PATH)), self.request(PATH))
    }

    /// The projects with greater IDs than this one, archived ones too, page by page, by keyset.
    #[must_use]
    pub fn projects_after(&self, id: u64) -> ProjectPages {
        const PATH: &str = "/projects?pagination=keyset&order_by=id&sort=asc&per_page=100";
        let first = self.request(&format!("{PATH}&id_after={id}"));
        ProjectPages::new(Pages::new(self.http.clone(), first), self.request(PATH))
    }

    /// One page of the groups that the token can see, by ID; the first is 1.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn groups_page(&self, page: usize, order: IdOrder) -> Result<Vec<Group>, Error> {
        let order = order.word();
        let path = format!("/groups?order_by=id&sort={order}&per_page=100&page={page}");
        let wire: Vec<GroupWire> = self.get(&path, "a list of groups").await?;
        Ok(wire.into_iter().map(Group::from).collect())
    }

    /// Whether the token can see a group or project.
    ///
    /// # Errors
    /// Those of any request; 404 says that it cannot.
    pub async fn is_visible(&self, kind: TargetKind, id: u64) -> Result<bool, Error> {
        let path = match kind {
            TargetKind::System => return Ok(true),
            TargetKind::Group => format!("/groups/{id}?with_projects=false"),
            TargetKind::Project => format!("/projects/{id}"),
        };
        match self.http.send(&self.request(&path)).await {
            Ok(_) => Ok(true),
            Err(error) if error.status() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The error for a list of groups or projects that lacks one which GitLab shows by its ID.
    #[must_use]
    pub fn incomplete_list(&self, kind: TargetKind) -> Error {
        let path = if kind == TargetKind::Group { "/groups" } else { "/projects" };
        self.request(path).failed(Cause::Link(LinkProblem::EndsEarly))
    }

    /// The error for more groups and projects than one run can handle.
    #[must_use]
    pub fn too_many(&self, most: usize) -> Error {
        let why = format!("it has more than {most} projects; choose some with --group, --project, --exclude");
        self.request("/projects").failed(Cause::Setup(why))
    }

    /// The groups without a parent that the token can see. Paged by offset: GitLab has no keyset for signed-in callers.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn top_level_groups(&self) -> Result<Vec<Group>, Error> {
        const PATH: &str = "/groups?top_level_only=true&order_by=id&sort=asc&per_page=100";
        self.list::<GroupWire, _>(PATH, "a list of groups").collect().await
    }

    /// Every group that the token can see.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn groups(&self) -> Result<Vec<Group>, Error> {
        const PATH: &str = "/groups?order_by=id&sort=asc&per_page=100";
        self.list::<GroupWire, _>(PATH, "a list of groups").collect().await
    }

    /// The projects of a group and its subgroups, archived ones too.
    ///
    /// # Errors
    /// 404 for a group that does not exist or is not visible.
    pub async fn all_group_projects(&self, id: u64) -> Result<Vec<Project>, Error> {
        let query = "include_subgroups=true&with_shared=false&order_by=id&sort=asc&per_page=100";
        self.list::<ProjectWire, _>(&format!("/groups/{id}/projects?{query}"), "a list of projects").collect().await
    }

    /// The projects of a group and its subgroups, without archived ones and those that are only shared with the group.
    ///
    /// # Errors
    /// 404 for a group that does not exist or is not visible.
    pub async fn group_projects(&self, id: u64) -> Result<Vec<Project>, Error> {
        let query = "include_subgroups=true&with_shared=false&archived=false&order_by=id&sort=asc&per_page=100";
        self.list::<ProjectWire, _>(&format!("/groups/{id}/projects?{query}"), "a list of projects").collect().await
    }

    /// A project by its path.
    ///
    /// # Errors
    /// 404 where it does not exist or is not visible.
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
    /// 404 where it does not exist or is not visible.
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

    /// Every hook of a target, of this product and of others.
    ///
    /// # Errors
    /// 403 or 404 without the right to see them; 404 for group hooks on Community Edition.
    pub async fn hooks(&self, target: &Target) -> Result<Vec<Hook>, Error> {
        self.list::<HookWire, _>(&format!("{}?per_page=100", target.hooks_path()), "a list of hooks")
            .collect_small()
            .await
    }

    /// Asks for a hook that the list of its target does not have.
    ///
    /// # Errors
    /// Also where it exists: then the list was not whole.
    pub async fn require_no_hook(&self, target: &Target, id: u64) -> Result<(), Error> {
        let request = self.request(&format!("{}/{id}", target.hooks_path()));
        match self.http.send(&request).await {
            Ok(_) => Err(request.failed(Cause::Link(LinkProblem::EndsEarly))),
            Err(error) if error.status() == Some(404) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The newest 20 entries of a hook's delivery log (17.3), newest first; two where the payloads make the response too
    /// large. System hooks have no log.
    ///
    /// # Errors
    /// 404 before 17.3.
    pub async fn deliveries(&self, target: &Target, hook: u64) -> Result<Vec<LoggedDelivery>, Error> {
        match self.log(target, hook, &format!("per_page={MAX_LOG_ENTRIES}")).await {
            Err(error) if matches!(*error.cause, Cause::TooLarge { .. }) => {
                self.log(target, hook, &format!("per_page={NEWEST_LOG_ENTRIES}")).await
            }
            log => log,
        }
    }

    /// A later page of the same; the first is 1.
    ///
    /// # Errors
    /// As [`Self::deliveries`].
    pub async fn deliveries_page(&self, target: &Target, hook: u64, page: u8) -> Result<Vec<LoggedDelivery>, Error> {
        self.log(target, hook, &format!("per_page={MAX_LOG_ENTRIES}&page={page}")).await
    }

    async fn log(&self, target: &Target, hook: u64, query: &str) -> Result<Vec<LoggedDelivery>, Error> {
        let path = format!("{}/{hook}/events?{query}", target.hooks_path());
        let wire: Vec<DeliveryWire> = self.get(&path, "a delivery log").await?;
        Ok(wire.into_iter().map(LoggedDelivery::from).collect())
    }
}

/// `None` in the place of a 404.
pub(crate) fn if_found<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

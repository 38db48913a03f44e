//! Factory's half of GitLab.com: sessions, grants, the choice of repositories, and what it does with its own tokens.

mod candidates;
mod grant;
mod selection;
mod session;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use url::Url;
use url::form_urlencoded::Serializer;

use super::{ConnectionStatus, EmbeddedFactory, FactoryProblem};
use crate::sandbox::gitlab::cloud::NATIVE_REDIRECT;
use crate::sandbox::options::CloudOffers;

use self::session::Session;

pub(super) use self::grant::{is_grant, take as take_grant};

/// Where GitLab sends the browser after a session's consent.
pub(crate) const CALLBACK: &str = "/api/integrations/redirect/gitlab/callback";
/// Below it is the page that a session's browser is sent to.
pub(crate) const PAGES: &str = "/integrations/gitlab/authorize/";

/// Factory's own applications on GitLab.com.
#[derive(Clone)]
pub(crate) struct CloudClients {
    /// Of the web application, which keeps a secret.
    pub web_id: String,
    pub web_secret: String,
    /// Of programs on a person's machine.
    pub native_id: String,
    pub offers: CloudOffers,
}

/// What Factory knows of GitLab.com.
#[derive(Default)]
pub(super) struct CloudRecords {
    sessions: Vec<Session>,
    connection: Option<CloudConnection>,
    selection: Option<Value>,
}

/// The tokens of one account.
#[derive(Clone)]
struct CloudConnection {
    /// The session that it comes from, if it is not from a grant.
    session: Option<String>,
    client_id: String,
    client_secret: Option<String>,
    access_token: String,
    refresh_token: String,
}

/// An answer of GitLab's.
struct GitLabAnswer {
    status: StatusCode,
    body: Value,
}

pub(super) fn routes() -> Router<EmbeddedFactory> {
    Router::new()
        .route("/gitlab/v1/cloud/sessions", post(session::open))
        .route("/gitlab/v1/cloud/sessions/{id}", get(session::show).delete(session::give_up))
        .route("/gitlab/v1/cloud/candidates", get(candidates::list))
        .route("/gitlab/v1/cloud/selection", get(selection::show).put(selection::put))
        .route(&format!("{PAGES}{{id}}"), get(session::page))
        .route(CALLBACK, get(session::callback))
}

/// The `cloud` section of the kit.
pub(super) fn kit_section(url: &str, gitlab_url: &str, clients: &CloudClients) -> Value {
    let at = |path: &str| format!("{url}{path}");
    let offers = clients.offers;
    json!({
        "url": gitlab_url,
        "client_id": offers.client.then_some(&clients.native_id),
        "scopes": ["api", "read_user"],
        "redirect_uri": offers.client.then_some(NATIVE_REDIRECT),
        "device": offers.device,
        "connect_url": offers.session.then(|| at("/gitlab/v1/cloud/sessions")),
        "candidates_url": at("/gitlab/v1/cloud/candidates"),
        "selection_url": at("/gitlab/v1/cloud/selection"),
    })
}

/// Whether the connection works, and what it waits for.
pub(super) fn status(records: &CloudRecords) -> (ConnectionStatus, &'static str) {
    match (&records.connection, &records.selection) {
        (None, _) => (ConnectionStatus::Pending, "no account has authorized Factory yet"),
        (Some(_), None) => (ConnectionStatus::Pending, "no repositories have been chosen yet"),
        (Some(_), Some(_)) => (ConnectionStatus::Connected, "the repositories were chosen"),
    }
}

impl EmbeddedFactory {
    /// Factory's applications, where it knows GitLab.com.
    fn clients(&self) -> Result<&CloudClients, FactoryProblem> {
        self.inner.cloud.as_ref().ok_or_else(|| FactoryProblem::new(404, "there is nothing at this address"))
    }

    /// Requires that a body or a query names the GitLab that this Factory knows.
    fn require_cloud_url(&self, url: &str) -> Result<(), FactoryProblem> {
        let known = self.inner.gitlab.0.trim_end_matches('/');
        if url.trim_end_matches('/') == known {
            return Ok(());
        }
        Err(FactoryProblem::new(422, format!("gitlab_url has to be {known}")))
    }

    fn require_organization(&self, organization: &Value) -> Result<(), FactoryProblem> {
        let id = organization.get("id").unwrap_or(organization);
        if id == self.inner.organization.id.as_str() {
            return Ok(());
        }
        Err(FactoryProblem::new(403, "the API key is not of this organization"))
    }

    /// Asks GitLab without the network, with the tokens that Factory has; they are renewed where GitLab no longer takes them.
    async fn ask_as_account(&self, path: &str) -> Result<GitLabAnswer, FactoryProblem> {
        let none = || FactoryProblem::new(409, "no account has authorized Factory yet");
        let connection = self.lock().cloud.connection.clone().ok_or_else(none)?;
        let answer = self.get(path, &connection.access_token).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let renewed = self.refresh(connection).await?;
        let token = renewed.access_token.clone();
        self.lock().cloud.connection = Some(renewed);
        self.get(path, &token).await
    }

    async fn get(&self, path: &str, token: &str) -> Result<GitLabAnswer, FactoryProblem> {
        let request = Request::get(self.gitlab_path(&format!("/api/v4{path}")));
        let request = request.header("authorization", format!("Bearer {token}")).body(Body::empty());
        self.send(request).await
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Result<GitLabAnswer, FactoryProblem> {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        let request = Request::post(self.gitlab_path(path)).header("content-type", kind).body(Body::from(body));
        self.send(request).await
    }

    async fn send(&self, request: Result<Request<Body>, axum::http::Error>) -> Result<GitLabAnswer, FactoryProblem> {
        let unreadable = || FactoryProblem::new(502, "GitLab could not be asked");
        let router = self.inner.gitlab.1.clone();
        let response = router.oneshot(request.map_err(|_| unreadable())?).await.map_err(|never| match never {})?;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.map_err(|_| unreadable())?;
        Ok(GitLabAnswer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }

    fn gitlab_path(&self, path: &str) -> String {
        let root = Url::parse(&self.inner.gitlab.0).map(|url| url.path().trim_end_matches('/').to_owned());
        format!("{}{path}", root.unwrap_or_default())
    }

    /// Renews the tokens. The old ones end with it, for every holder.
    async fn refresh(&self, mut connection: CloudConnection) -> Result<CloudConnection, FactoryProblem> {
        let mut fields = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", connection.refresh_token.as_str()),
            ("client_id", connection.client_id.as_str()),
        ];
        fields.extend(connection.client_secret.as_deref().map(|secret| ("client_secret", secret)));
        let answer = self.form("/oauth/token", &fields).await?;
        (connection.access_token, connection.refresh_token) = tokens(&answer)?;
        Ok(connection)
    }

    /// Ends the tokens at GitLab, and forgets the account.
    pub(super) async fn end_cloud(&self) -> Result<StatusCode, FactoryProblem> {
        let ended = {
            let mut record = self.lock();
            record.cloud.selection = None;
            record.cloud.connection.take()
        };
        let Some(connection) = ended else {
            return Err(FactoryProblem::new(404, "this GitLab is not connected"));
        };
        self.revoke(&connection).await;
        Ok(StatusCode::NO_CONTENT)
    }

    async fn revoke(&self, connection: &CloudConnection) {
        let mut fields = vec![("token", connection.refresh_token.as_str()), ("client_id", &connection.client_id)];
        fields.extend(connection.client_secret.as_deref().map(|secret| ("client_secret", secret)));
        // A token that cannot be revoked has ended already.
        drop(self.form("/oauth/revoke", &fields).await);
    }

    /// Whether Factory has heard of a merge request: one in a repository that was chosen, and that the account can see.
    pub(super) async fn has_seen_merge_request(&self, project: &str, iid: &str) -> Result<bool, FactoryProblem> {
        let selection = self.lock().cloud.selection.clone();
        let Some(selection) = selection else { return Ok(false) };
        let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        if !is_number(project) || !is_number(iid) {
            return Ok(false);
        }
        let found = self.ask_as_account(&format!("/projects/{project}")).await?;
        if found.status != StatusCode::OK || !selection::includes(&selection, &found.body) {
            return Ok(false);
        }
        let request = self.ask_as_account(&format!("/projects/{project}/merge_requests/{iid}")).await?;
        Ok(request.status == StatusCode::OK)
    }
}

/// The two tokens of an answer; GitLab's refusal otherwise.
fn tokens(answer: &GitLabAnswer) -> Result<(String, String), FactoryProblem> {
    let text = |name: &str| answer.body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match answer.status {
        StatusCode::OK => Ok((text("access_token"), text("refresh_token"))),
        StatusCode::SERVICE_UNAVAILABLE => Err(FactoryProblem::new(503, "GitLab is in maintenance; try again later")),
        _ => Err(FactoryProblem::new(400, format!("GitLab refuses the grant: {}", text("error")))),
    }
}

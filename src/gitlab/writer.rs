//! Everything that changes an instance. Every write is JSON, is never redirected or sent again blindly, and requires the
//! status and the type of the right response: a redirected write that became a list also returns 200.

use jiff::civil::Date;
use serde::Serialize;

use super::listing;
use super::wire::{ApplicationSecretWire, HookSpecWire, HookWire, MintedWire, NewApplicationWire, NewTokenWire};
use super::{ApplicationWithSecret, Error, Hook, HookSpec, HookTester, MintedToken};
use crate::http::{Client, Method, Request, Response};
use crate::instance::InstanceUrl;
use crate::journal::Lock;
use crate::secret::PersonalAccessToken;
use crate::target::Target;

/// Changes an instance with a token. It is made from the lock of a connection and keeps it: as long as a writer lives, no
/// other run writes. Clones share the connections.
#[derive(Clone)]
pub struct Writer {
    http: Client,
    instance: InstanceUrl,
    token: PersonalAccessToken,
    hook_tester: HookTester,
    _lock: Lock,
}

/// An application to create.
#[derive(Clone, Debug)]
pub struct NewApplication {
    pub name: String,
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub confidential: bool,
}

/// A token to create for a user.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub user_id: u64,
    pub name: String,
    pub description: String,
    pub scopes: Vec<String>,
    /// `None` leaves it to the instance, which may have no limit.
    pub expires_at: Option<Date>,
}

#[derive(Serialize)]
struct EmptyBody {}

impl Writer {
    #[must_use]
    pub fn new(lock: &Lock, http: Client, instance: InstanceUrl, token: PersonalAccessToken) -> Self {
        let http = http.for_gitlab(instance.url());
        let hook_tester = HookTester::new(http.clone(), instance.clone(), token.clone());
        Self { http, instance, token, hook_tester, _lock: lock.clone() }
    }

    /// Tests webhooks as the same user.
    #[must_use]
    pub fn hook_tester(&self) -> &HookTester {
        &self.hook_tester
    }

    pub(super) fn request(&self, method: Method, path: &str) -> Request {
        Request::write(method, self.instance.api(path)).token(&self.token)
    }

    pub(super) async fn send<T: Serialize + ?Sized>(
        &self,
        method: Method,
        path: &str,
        body: &T,
    ) -> Result<Response, Error> {
        self.send_request(self.request(method, path).json(body)?).await
    }

    pub(super) async fn send_request(&self, request: Request) -> Result<Response, Error> {
        self.http.send(&request).await
    }

    /// Deletes; 404 counts as success.
    pub(super) async fn delete(&self, path: &str) -> Result<(), Error> {
        match self.http.send(&self.request(Method::DELETE, path)).await {
            Ok(response) => response.require(&[204, 202, 200], "a deletion").map(drop),
            Err(error) if error.status() == Some(404) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// `POST /applications`. GitLab allows several with the same name: the caller makes sure that there is none.
    ///
    /// # Errors
    /// 400 for unknown scopes or a redirect URI that GitLab refuses, 403 unless the caller is an effective admin.
    pub async fn create_application(&self, new: &NewApplication) -> Result<ApplicationWithSecret, Error> {
        let body = NewApplicationWire {
            name: &new.name,
            redirect_uri: &new.redirect_uri,
            scopes: new.scopes.join(" "),
            confidential: new.confidential,
        };
        let response = self.send(Method::POST, "/applications", &body).await?.require(&[201], "a new application")?;
        with_secret(&response)
    }

    /// `POST /applications/:id/renew-secret` (16.11). The old secret stops working at once. The caller makes sure that the
    /// ID is that of the right application.
    ///
    /// # Errors
    /// 404 where it does not exist or the version has no such endpoint.
    pub async fn renew_secret(&self, id: u64) -> Result<ApplicationWithSecret, Error> {
        let path = format!("/applications/{id}/renew-secret");
        let response =
            self.send(Method::POST, &path, &EmptyBody {}).await?.require(&[201, 200], "a renewed application")?;
        with_secret(&response)
    }

    /// `DELETE /applications/:id`. By ID, like [`Self::renew_secret`].
    ///
    /// # Errors
    /// Those of any request, except 404.
    pub async fn delete_application(&self, id: u64) -> Result<(), Error> {
        self.delete(&format!("/applications/{id}")).await
    }

    /// Creates the hook. GitLab allows several with the same URL: the caller makes sure that there is none.
    ///
    /// # Errors
    /// 422 for a URL that GitLab may not deliver to, and at the limit of hooks.
    pub async fn create_hook(&self, spec: &HookSpec) -> Result<Hook, Error> {
        let response = self.send(Method::POST, &spec.target.hooks_path(), &HookSpecWire::from(spec)).await?;
        let response = response.require(&[201], "a new hook")?;
        response.json::<HookWire>("a new hook").map(Hook::from)
    }

    /// Replaces all of a hook, tokens included.
    ///
    /// # Errors
    /// As [`Self::create_hook`], and 404.
    pub async fn edit_hook(&self, id: u64, spec: &HookSpec) -> Result<Hook, Error> {
        let path = format!("{}/{id}", spec.target.hooks_path());
        let response = self.send(Method::PUT, &path, &HookSpecWire::from(spec)).await?.require(&[200], "a hook")?;
        response.json::<HookWire>("a hook").map(Hook::from)
    }

    /// `DELETE …/hooks/:id/custom_headers/:key` (17.1): editing a hook cannot remove a header.
    ///
    /// # Errors
    /// Those of any request, except 404.
    pub async fn delete_custom_header(&self, target: &Target, id: u64, name: &str) -> Result<(), Error> {
        let name = listing::encoded(name);
        self.delete(&format!("{}/{id}/custom_headers/{name}", target.hooks_path())).await
    }

    /// # Errors
    /// Those of any request, except 404.
    pub async fn delete_hook(&self, target: &Target, id: u64) -> Result<(), Error> {
        self.delete(&format!("{}/{id}", target.hooks_path())).await
    }

    /// `POST /users/:id/personal_access_tokens`, for an admin.
    ///
    /// # Errors
    /// 400 where the instance refuses the scopes or the date, 403 unless the caller is an effective admin.
    pub async fn mint_token(&self, new: &NewToken) -> Result<MintedToken, Error> {
        let path = format!("/users/{}/personal_access_tokens", new.user_id);
        let body = NewTokenWire {
            name: &new.name,
            description: &new.description,
            scopes: &new.scopes,
            expires_at: new.expires_at,
        };
        let response = self.send(Method::POST, &path, &body).await?.require(&[201], "a new token")?;
        let wire: MintedWire = response.json("a new token")?;
        Ok(MintedToken { details: wire.details.into(), value: wire.token })
    }

    /// `DELETE /personal_access_tokens/:id`.
    ///
    /// # Errors
    /// Those of any request, except 404.
    pub async fn revoke_token(&self, id: u64) -> Result<(), Error> {
        self.delete(&format!("/personal_access_tokens/{id}")).await
    }
}

fn with_secret(response: &Response) -> Result<ApplicationWithSecret, Error> {
    let wire: ApplicationSecretWire = response.json("an application with its secret")?;
    Ok(ApplicationWithSecret { application: wire.application.into(), secret: wire.secret })
}

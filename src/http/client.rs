//! Sends requests: one pool, limited, counted, classified, and sent again where that is safe.

mod deadline;
mod fine_grained;
mod renewed;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::Method;
use tokio::sync::{OnceCell, Semaphore};
use url::{Origin, Url};

use super::aimd::{RateLimited, Signal, WaitBudget, jitter};
use super::body::{self, LargeBodies, ReadError};
use super::error::{Cause, Error, NeededPermission, UnexpectedPage};
use super::error_response::Server;
use super::extra_headers::ExtraHeaders;
use super::limiter::{Limiter, OnWait, Priority};
use super::limits::{MAX_CONCURRENCY, MAX_REDIRECTS, OVERLOAD_PART};
use super::options::{ClientOptions, Secured, Transports, is_in_reach, place};
use super::pages::is_same_origin;
use super::request::{Repeat, Request, host_of, origin};
use super::response::Response;
use super::retry::{Attempts, Retry, RetryTerms};
use super::stats::{Counters, Stats};
use super::tls::problem::{Peer, TlsProblem};
use super::trail::Trail;
use super::{classify, error_response, probe, tls};
use crate::env::{Clock, Reach};
use crate::instance::{bare, is_loopback};

/// An HTTP client. Clones share everything: connections, the limit of requests in flight, the counts.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    /// The origin that GitLab's certificates are for; see [`Client::for_gitlab`].
    gitlab: Option<Origin>,
}

struct Shared {
    transports: Transports,
    /// What GitLab's origin gets beside a request's own headers.
    extra_headers: ExtraHeaders,
    limiter: Limiter,
    budget: WaitBudget,
    concurrency: usize,
    large_bodies: LargeBodies,
    large_lists: Arc<Semaphore>,
    counters: Counters,
    timeout: Duration,
    clock: Clock,
    proxies: Arc<Option<Matcher>>,
    reach: Reach,
    /// Whether the proxy refuses the user name and password; asked once for all requests.
    proxy_refuses: OnceCell<bool>,
    /// The same of a proxy in front of GitLab and the headers for it.
    wall_refuses: OnceCell<bool>,
    /// The deadline of all requests, of those in flight too.
    deadline: OnceLock<Instant>,
    /// Where the token for GitLab is a fine-grained one: what a request needs.
    needed_permission: OnceLock<NeededPermission>,
}

impl Client {
    /// # Errors
    /// [`Cause::Setup`] when a CA file or client certificate cannot be read or used, or the proxy's address is not valid.
    pub fn new(options: &ClientOptions, clock: Clock) -> Result<Self, Error> {
        let transports = Transports::new(options)?;
        let extra_headers = options.header_file.as_deref().map(ExtraHeaders::read).transpose()?.unwrap_or_default();
        // A longer `--timeout` also allows a longer wait for rate limits that name no time.
        let unnamed = (options.timeout * 2).min(options.rate_limit_wait);
        let budget = WaitBudget { named: options.rate_limit_wait, unnamed };
        let concurrency = options.concurrency.clamp(1, MAX_CONCURRENCY);
        let shared = Shared {
            transports,
            extra_headers,
            limiter: Limiter::new(concurrency, budget, clock),
            budget,
            concurrency,
            large_bodies: LargeBodies::default(),
            large_lists: Arc::new(Semaphore::new(1)),
            counters: Counters::default(),
            timeout: options.timeout,
            clock,
            proxies: Arc::new(options.proxy_in_reach().matcher()),
            reach: options.reach.clone(),
            proxy_refuses: OnceCell::new(),
            wall_refuses: OnceCell::new(),
            deadline: OnceLock::new(),
            needed_permission: OnceLock::new(),
        };
        Ok(Self { shared: Arc::new(shared), gitlab: None })
    }

    /// The same client for a GitLab: only its origin is shown the client certificate and the headers of `--header-file`, and
    /// only for its origin the extra roots of `--ca-cert` count.
    #[must_use]
    pub fn for_gitlab(self, url: &Url) -> Self {
        Self { gitlab: Some(url.origin()), ..self }
    }

    /// What this address is trusted by and shown.
    fn secured(&self, url: &Url) -> &Secured {
        let Transports { gitlab, factory, plain: _ } = &self.shared.transports;
        if self.is_gitlabs(url) { gitlab } else { factory }
    }

    fn is_gitlabs(&self, url: &Url) -> bool {
        self.gitlab.as_ref() == Some(&url.origin())
    }

    /// Whether the header in which a request would name an OAuth application belongs to the proxy in front of GitLab.
    pub(super) fn gives_authorization_to_proxy(&self) -> bool {
        self.shared.extra_headers.has_authorization()
    }

    fn transport(&self, url: &Url) -> &reqwest::Client {
        if url.scheme() == "http" { &self.shared.transports.plain } else { &self.secured(url).http }
    }

    /// How many requests may be in flight at once; preparing more than these gains nothing.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.shared.concurrency
    }

    /// The counts so far, of all clones together.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.counters.stats()
    }

    /// The requests that were sent, once it is started.
    #[must_use]
    pub fn trail(&self) -> &Trail {
        &self.shared.counters.trail
    }

    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// Registers what is called when all requests have to wait for a rate limit for two seconds or more, once for each rate
    /// limit. Only the first registration counts.
    pub fn on_wait(&self, callback: Arc<OnWait>) {
        self.shared.limiter.on_wait(callback);
    }

    /// Sends a request, again where that is safe, and returns a 2xx response.
    ///
    /// # Errors
    /// Every other outcome, as a [`Cause`].
    pub async fn send(&self, request: &Request) -> Result<Response, Error> {
        let sending = Box::pin(self.send_with_retries(request));
        match self.time_left() {
            None => sending.await,
            Some(left) => {
                let end = self.shared.clock.instant() + left;
                let late = || Err(request.failed(Cause::Timeout { after: left }));
                self.shared.clock.until(end, sending).await.unwrap_or_else(late)
            }
        }
    }

    async fn send_with_retries(&self, request: &Request) -> Result<Response, Error> {
        let mut attempts = Attempts::default();
        loop {
            let error = match self.follow_redirects(request, attempts).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let terms = RetryTerms { repeat: request.repeat, budget: self.shared.budget, jitter: jitter() };
            match attempts.record_failure(&error, terms) {
                Retry::After(wait) => {
                    tracing::debug!(error = %error, wait_ms = crate::text::milliseconds(wait), "sending again");
                    self.shared.clock.sleep(wait).await;
                }
                Retry::WhenPermitted if !self.shared.limiter.is_closed(&origin(&request.url)) => {
                    tracing::debug!(error = %error, "sending again after the rate limit");
                }
                Retry::WhenPermitted | Retry::Never => return Err(error),
            }
        }
    }

    /// Sends once, and once more for each redirect that may be followed.
    async fn follow_redirects(&self, request: &Request, attempts: Attempts) -> Result<Response, Error> {
        let mut url = request.url.clone();
        for _redirect in 0..=MAX_REDIRECTS {
            let response = self.exchange(request, &url, attempts).await?;
            let Some(to) = response.redirect() else { return self.require_success(response) };
            if request.method != Method::GET || !is_same_origin(&url, &to) {
                return Err(request.failed(Cause::Redirected { to: bare(&to) }));
            }
            url = to;
        }
        Err(request.failed(Cause::Redirected { to: bare(&url) }))
    }

    pub(super) fn require_success(&self, response: Response) -> Result<Response, Error> {
        if (200..300).contains(&response.status) {
            return match response.is_cut() {
                false => Ok(response),
                true => Err(response.failed(Cause::Broken { detail: "the answer stops in the middle".to_owned() })),
            };
        }
        let now = self.shared.clock.now();
        let server = if self.is_gitlabs(&response.url) { Server::GitLab } else { Server::Other };
        let cause = error_response::cause(&response, server, now);
        Err(response.failed(self.with_permission(&response.request, cause)))
    }

    /// Refuses an address that the run may not connect to; every request and every probe passes here.
    ///
    /// # Errors
    /// [`Cause::Setup`].
    pub(super) fn require_allowed(&self, request: &Request, url: &Url) -> Result<(), Error> {
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(url)) {
            let why = format!("http is for loopback addresses only, and {} is not one", host_of(url));
            return Err(request.failed(Cause::Setup(why)));
        }
        if is_in_reach(&self.shared.reach, url) {
            return Ok(());
        }
        let why = format!("a rehearsal connects to the sandbox only, and {} is not the sandbox's", host_of(url));
        Err(request.failed(Cause::Setup(why)))
    }

    /// Asks the proxy for a tunnel once before anything is sent through it: a wrong password that comes with each of many
    /// requests locks accounts.
    ///
    /// # Errors
    /// [`Cause::ProxyPassword`].
    pub(super) async fn require_proxy_password(&self, request: &Request, url: &Url) -> Result<(), Error> {
        let Some(proxy) = self.proxy_for(url).filter(|_| url.scheme() == "https") else { return Ok(()) };
        let proxy = &proxy;
        let asking = || async move {
            let asked = Box::pin(probe::refuses_password(self.trust(url), url, proxy));
            tokio::time::timeout(self.timeout(), asked).await.unwrap_or(false)
        };
        if !*self.shared.proxy_refuses.get_or_init(asking).await {
            return Ok(());
        }
        Err(request.failed(Cause::ProxyPassword { proxy: place(proxy) }))
    }

    /// Shows a password in the headers for a proxy in front of GitLab once, without the token, before it comes with many
    /// requests at the same time.
    async fn require_header_password(&self, request: &Request, url: &Url) -> Result<(), Error> {
        if !self.is_gitlabs(url) || !self.gives_authorization_to_proxy() {
            return Ok(());
        }
        let asking = || async {
            let alone = Request::get(url.clone());
            let asked = Box::pin(self.exchange_now(&alone, url)).await;
            asked.is_ok_and(|response| error_response::asks_for_password(&response))
        };
        if !*self.shared.wall_refuses.get_or_init(asking).await {
            return Ok(());
        }
        Err(request.failed(Cause::UnexpectedPage { status: 401, what: UnexpectedPage::BasicAuth }))
    }

    /// One request and its response, whatever the status.
    pub(super) async fn exchange(&self, request: &Request, url: &Url, attempts: Attempts) -> Result<Response, Error> {
        self.require_allowed(request, url)?;
        self.require_proxy_password(request, url).await?;
        self.require_header_password(request, url).await?;
        let shared = &self.shared;
        let round_trip = shared.counters.next_round_trip();
        let priority = if attempts.rate_limits > 0 { Priority::Limited } else { Priority::Normal };
        let permit = match shared.limiter.acquire(&origin(url), priority).await {
            Ok(permit) => permit,
            Err(closed) => return Err(request.failed(closed.cause())),
        };
        let counted = shared.counters.start(round_trip, request.repeat);
        let started = shared.clock.system().instant();
        let outcome = self.exchange_now(request, url).await;
        drop(counted);
        shared.counters.trail.add(shared.clock.now(), request, &outcome);
        let took = shared.clock.system().instant().duration_since(started);
        permit.release(match &outcome {
            Ok(response) => self.signal_of_response(response, took, attempts),
            Err(error) => Signal::of_error(error),
        });
        let status = outcome.as_ref().map_or(0, |response| response.status);
        let (host, took_ms) = (host_of(url), crate::text::milliseconds(took));
        tracing::debug!(method = %request.method, %host, path = url.path(), status, took_ms, "request");
        outcome
    }

    fn signal_of_response(&self, response: &Response, took: Duration, attempts: Attempts) -> Signal {
        // A request that is sent once has a rate limit of its own that its sender knows (five test deliveries a minute for
        // each project), which does not concern other requests. It is slow where the receiver is slow.
        if response.request.repeat == Repeat::Once {
            return Signal::Ignored;
        }
        let retry_after = error_response::retry_after(&response.headers, self.shared.clock.now());
        let limited = RateLimited { retry_after, attempt: attempts.rate_limits + 1, jitter: jitter() };
        match response.status {
            429 => Signal::RateLimited(limited),
            502..=504 if retry_after.is_some() => Signal::RateLimited(limited),
            502..=504 => Signal::Overload,
            _ if took > self.shared.timeout / OVERLOAD_PART => Signal::Overload,
            _ => Signal::of_success(error_response::time_until_more(&response.headers, self.shared.clock.now())),
        }
    }

    async fn exchange_now(&self, request: &Request, url: &Url) -> Result<Response, Error> {
        let deadline = self.shared.clock.system().instant() + self.shared.timeout;
        let mut headers = request.headers.clone();
        if self.is_gitlabs(url) {
            self.shared.extra_headers.add_to(&mut headers);
        }
        let mut builder = self.transport(url).request(request.method.clone(), url.clone()).headers(headers);
        if let Some(body) = &request.body {
            builder = builder.body(body.to_vec());
        }
        let mut response = match builder.send().await {
            Ok(response) => response,
            Err(error) => return Err(self.no_response(request, &error, deadline).await),
        };
        let status = response.status().as_u16();
        let reading = body::read(&mut response, request, &self.shared.large_bodies);
        let read = tokio::time::timeout(self.until(deadline), reading).await;
        let (body, ending) = match read.unwrap_or(Err(ReadError::TimedOut)) {
            Ok(read) => read,
            Err(ReadError::MayBeCut) => return Err(request.failed(body::may_be_cut_off())),
            Err(ReadError::TimedOut) => return Err(request.failed(Cause::Timeout { after: self.shared.timeout })),
            Err(ReadError::TooLarge) => return Err(request.failed(Cause::TooLarge { limit: request.limit })),
            Err(ReadError::Broken(error)) => return Err(self.no_response(request, &error, deadline).await),
        };
        let request = Request { body: None, headers: reqwest::header::HeaderMap::new(), ..request.clone() };
        Ok(Response { status, url: url.clone(), headers: response.headers().clone(), body, ending, request })
    }

    /// The time until an exchange's deadline.
    fn until(&self, deadline: Instant) -> Duration {
        deadline.saturating_duration_since(self.shared.clock.system().instant())
    }

    /// The error for an exchange without a whole response. Where TLS failed, the server's certificates are read once more,
    /// so that the error can name who issued them.
    async fn no_response(&self, request: &Request, error: &reqwest::Error, deadline: Instant) -> Error {
        let host = request.url.host_str().unwrap_or_default();
        let peer = Peer { host, identity: self.trust(&request.url).identity };
        let cause = match classify::cause(error, peer, self.shared.timeout) {
            Cause::Tls(problem) => Cause::Tls(self.refine(&request.url, problem, deadline).await),
            Cause::Connect { detail, .. } => {
                Cause::Connect { detail, proxy: self.proxy_for(&request.url).as_ref().map(place) }
            }
            other => other,
        };
        request.failed(cause)
    }

    async fn refine(&self, url: &Url, problem: TlsProblem, deadline: Instant) -> TlsProblem {
        let proxy = self.proxy_for(url);
        let handshake = probe::handshake(self.trust(url), url, proxy.as_ref());
        match tokio::time::timeout(self.until(deadline), handshake).await {
            Ok(Ok(presented)) => presented.refine(problem),
            Ok(Err(_)) | Err(_) => problem,
        }
    }

    /// The proxy that requests for this address go through. Plain http never leaves this machine, so it has none.
    pub(super) fn proxy_for(&self, url: &Url) -> Option<Intercept> {
        if url.scheme() == "http" {
            return None;
        }
        self.shared.proxies.as_ref().as_ref()?.intercept(&url.as_str().parse().ok()?)
    }

    pub(super) fn large_lists(&self) -> Arc<Semaphore> {
        Arc::clone(&self.shared.large_lists)
    }

    pub(super) fn trust(&self, url: &Url) -> &tls::TrustStore {
        &self.secured(url).trust
    }

    pub(super) fn reaches(&self, address: SocketAddr) -> bool {
        self.shared.reach.includes(address)
    }

    /// How long anything may take from now on.
    pub(super) fn timeout(&self) -> Duration {
        self.time_left().map_or(self.shared.timeout, |left| left.min(self.shared.timeout))
    }
}

//! Sends requests: one pool, so many at once, counted, bounded, classified, repeated where that is safe.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::Method;
use tokio::sync::Semaphore;
use url::Url;
use zeroize::Zeroizing;

use super::budget::{Budget, Spent};
use super::failure::{Cause, Error, TlsProblem};
use super::options::{Material, Options};
use super::pages::same_origin;
use super::request::{Request, host_of};
use super::response::{LARGEST_REFUSAL, Response};
use super::{answer, classify, retry, tls};
use crate::env::Clock;
use crate::instance::bare;

/// The way out. Clones share everything: connections, the limit of requests in flight, the counts.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    permits: Semaphore,
    budget: Budget,
    timeout: Duration,
    clock: Clock,
    trust: tls::Trust,
    proxies: Option<Matcher>,
}

/// A read follows this many redirects within its origin.
const MOST_HOPS: usize = 3;

impl Client {
    /// # Errors
    /// [`Cause::Setup`] when a CA file or client certificate cannot be read or used, or the proxy's address is none.
    pub fn new(options: &Options, clock: Clock) -> Result<Self, Error> {
        let material = Material::read(options)?;
        let inner = Inner {
            http: material.build(options)?,
            permits: Semaphore::new(options.concurrency.clamp(1, 1000)),
            budget: Budget::default(),
            timeout: options.timeout,
            clock,
            trust: material.trust,
            proxies: options.proxy.matcher(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What was spent so far, by all clones together.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.inner.budget.spent()
    }

    #[must_use]
    pub fn clock(&self) -> Clock {
        self.inner.clock
    }

    /// Sends a request, again where that is safe, and gives a 2xx answer.
    ///
    /// # Errors
    /// Every other end, as a [`Cause`].
    pub async fn send(&self, request: &Request) -> Result<Response, Error> {
        let (mut number, mut waited) = (1, Duration::ZERO);
        loop {
            let error = match self.follow(request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let attempt = retry::Attempt { number, waited, jitter: uuid::Uuid::new_v4().as_bytes()[0] };
            let Some(wait) = retry::next(request.repeat, attempt, &error) else { return Err(error) };
            tracing::debug!(error = %error, wait_ms = millis(wait), "sending again");
            self.inner.clock.sleep(wait).await;
            (number, waited) = (number + 1, waited + wait);
        }
    }

    /// Sends once, and once more for each redirect that may be followed.
    async fn follow(&self, request: &Request) -> Result<Response, Error> {
        let mut url = request.url.clone();
        for _hop in 0..=MOST_HOPS {
            let response = self.exchange(request, &url).await?;
            let Some(to) = response.redirect() else { return self.judge(response) };
            if request.method != Method::GET || !same_origin(&url, &to) {
                return Err(request.failed(Cause::Redirected { to: bare(&to) }));
            }
            url = to;
        }
        Err(request.failed(Cause::Redirected { to: bare(&url) }))
    }

    fn judge(&self, response: Response) -> Result<Response, Error> {
        if (200..300).contains(&response.status) {
            return Ok(response);
        }
        let now = self.inner.clock.now();
        Err(response.failed(answer::refusal(response.status, &response.headers, &response.body, now)))
    }

    /// One request and its answer, whatever the status.
    pub(super) async fn exchange(&self, request: &Request, url: &Url) -> Result<Response, Error> {
        let inner = &self.inner;
        let row = inner.budget.row();
        // Closed it never is, and an error would only mean less order.
        let _permit = inner.permits.acquire().await.ok();
        let flight = inner.budget.begin(row, request.is_write());
        let started = inner.clock.instant();
        let outcome = self.exchange_now(request, url).await;
        drop(flight);
        let status = outcome.as_ref().map_or(0, |response| response.status);
        let took = millis(inner.clock.instant().duration_since(started));
        tracing::debug!(method = %request.method, host = %host_of(url), path = url.path(), status, took_ms = took, "request");
        outcome
    }

    async fn exchange_now(&self, request: &Request, url: &Url) -> Result<Response, Error> {
        let mut asked = self.inner.http.request(request.method.clone(), url.clone()).headers(request.headers.clone());
        if let Some(body) = &request.body {
            asked = asked.body(body.to_vec());
        }
        let mut answered = match asked.send().await {
            Ok(answered) => answered,
            Err(error) => return Err(self.unanswered(request, &error).await),
        };
        let status = answered.status().as_u16();
        let body = match read_body(&mut answered, request.limit).await {
            Ok(body) => body,
            Err(Unread::TooLarge) => return Err(request.failed(Cause::TooLarge { limit: request.limit })),
            Err(Unread::Broken(error)) => return Err(self.unanswered(request, &error).await),
        };
        let request = Request { body: None, headers: reqwest::header::HeaderMap::new(), ..request.clone() };
        Ok(Response { status, url: url.clone(), headers: answered.headers().clone(), body, request })
    }

    /// The error for an exchange without an answer. Where TLS failed, the certificates are looked at once more, so that
    /// the error can name who issued them.
    async fn unanswered(&self, request: &Request, error: &reqwest::Error) -> Error {
        let host = request.url.host_str().unwrap_or_default();
        let cause = match classify::cause(error, host, self.inner.timeout) {
            Cause::Tls(problem) => Cause::Tls(self.explained(&request.url, problem).await),
            Cause::Connect { detail } => Cause::Connect { detail: self.on_the_way(&request.url, detail) },
            other => other,
        };
        request.failed(cause)
    }

    /// Names the proxy where one stands in between; without its user info.
    fn on_the_way(&self, url: &Url, detail: String) -> String {
        let Some(proxy) = self.proxy_for(url) else { return detail };
        let (host, port) = (proxy.uri().host().unwrap_or_default(), proxy.uri().port_u16());
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("not through the proxy {host}{port}: {detail}")
    }

    async fn explained(&self, url: &Url, problem: TlsProblem) -> TlsProblem {
        let proxy = self.proxy_for(url);
        let look = tls::look(&self.inner.trust, url, proxy.as_ref());
        match tokio::time::timeout(self.inner.timeout, look).await {
            Ok(Ok(shown)) => shown.refine(problem),
            Ok(Err(_)) | Err(_) => problem,
        }
    }

    /// The proxy that requests for this address go through.
    pub(super) fn proxy_for(&self, url: &Url) -> Option<Intercept> {
        self.inner.proxies.as_ref()?.intercept(&url.as_str().parse().ok()?)
    }

    pub(super) fn trust(&self) -> &tls::Trust {
        &self.inner.trust
    }

    pub(super) fn timeout(&self) -> Duration {
        self.inner.timeout
    }
}

enum Unread {
    TooLarge,
    Broken(reqwest::Error),
}

/// Reads a body up to its limit. Of a refusal only the beginning is read.
async fn read_body(answered: &mut reqwest::Response, limit: usize) -> Result<Zeroizing<Vec<u8>>, Unread> {
    let refused = !answered.status().is_success();
    let limit = if refused { LARGEST_REFUSAL } else { limit };
    let announced = answered.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if announced > limit && !refused {
        return Err(Unread::TooLarge);
    }
    let mut body = Zeroizing::new(Vec::with_capacity(announced.clamp(1024, limit.max(1024))));
    while let Some(chunk) = answered.chunk().await.map_err(Unread::Broken)? {
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        match (chunk.len() > room, refused) {
            (false, _) => {}
            (true, true) => break,
            (true, false) => return Err(Unread::TooLarge),
        }
    }
    Ok(body)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

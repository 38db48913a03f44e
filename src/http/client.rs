//! Sends requests: one pool, so many at once, counted, bounded, classified, repeated where that is safe.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::Method;
use tokio::sync::Semaphore;
use url::Url;

use super::body::{self, Unread};
use super::budget::{Budget, Spent};
use super::error::{Answer, Cause, CauseClass, Error, TlsProblem};
use super::gate::{Gate, OnWait, Standing};
use super::options::{Material, Options};
use super::pace::{Limit, Outcome, Patience};
use super::pages::same_origin;
use super::request::{Repeat, Request, host_of};
use super::response::Response;
use super::retry::{Again, Attempts};
use super::{answer, classify, tls};
use crate::env::Clock;
use crate::instance::bare;

/// The way out. Clones share everything: connections, the limit of requests in flight, the counts.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    gate: Gate,
    patience: Patience,
    concurrency: usize,
    lane: body::Lane,
    long_lists: Arc<Semaphore>,
    budget: Budget,
    timeout: Duration,
    clock: Clock,
    trust: tls::Trust,
    proxies: Option<Matcher>,
    /// When everything ends, whatever is still under way.
    end: OnceLock<Instant>,
}

/// What `--concurrency` can ask for.
const MOST_AT_ONCE: usize = 1000;

/// A read follows this many redirects within its origin.
const MOST_HOPS: usize = 3;

impl Client {
    /// # Errors
    /// [`Cause::Setup`] when a CA file or client certificate cannot be read or used, or the proxy's address is none.
    pub fn new(options: &Options, clock: Clock) -> Result<Self, Error> {
        let material = Material::read(options)?;
        // Who gives an answer more time to come gives a limit without a time more time to pass.
        let patience = Patience { named: options.patience, nameless: (options.timeout * 2).min(options.patience) };
        let concurrency = options.concurrency.clamp(1, MOST_AT_ONCE);
        let inner = Inner {
            http: material.build(options)?,
            gate: Gate::new(concurrency, patience, clock),
            patience,
            concurrency,
            lane: body::Lane::default(),
            long_lists: Arc::new(Semaphore::new(1)),
            budget: Budget::default(),
            timeout: options.timeout,
            clock,
            trust: material.trust,
            proxies: options.proxy.matcher(),
            end: OnceLock::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// How many requests may be in flight at once. More than these need not be got ready.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.inner.concurrency
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

    /// Who is to be told when all have to wait for a rate limit for two seconds or more: once for each wave of limits. It
    /// is set once, before the first request.
    pub fn on_wait(&self, told: Arc<OnWait>) {
        self.inner.gate.on_wait(told);
    }

    /// Sets a deadline for everything: from it on nothing is waited for, repeated or read for longer than a request may
    /// take. A request that was begun before is not cut short by it. It is set once.
    pub fn end_at(&self, deadline: Instant) {
        let end = deadline.checked_add(self.inner.timeout).unwrap_or(deadline);
        let _the_first_stays = self.inner.end.set(end);
    }

    /// The time until the end; `None` where there is none.
    fn until_the_end(&self) -> Option<Duration> {
        Some(self.inner.end.get()?.saturating_duration_since(self.inner.clock.instant()))
    }

    /// Sends a request, again where that is safe, and gives a 2xx answer.
    ///
    /// # Errors
    /// Every other end, as a [`Cause`].
    pub async fn send(&self, request: &Request) -> Result<Response, Error> {
        let sending = Box::pin(self.send_patiently(request));
        match self.until_the_end() {
            None => sending.await,
            Some(left) => {
                let end = self.inner.clock.instant() + left;
                let late = || Err(request.failed(Cause::Timeout { after: left }));
                self.inner.clock.until(end, sending).await.unwrap_or_else(late)
            }
        }
    }

    async fn send_patiently(&self, request: &Request) -> Result<Response, Error> {
        let mut attempts = Attempts::default();
        loop {
            let error = match self.follow(request, attempts).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            match attempts.after(&error, request.repeat, (self.inner.patience, jitter())) {
                Again::After(wait) => {
                    tracing::debug!(error = %error, wait_ms = millis(wait), "sending again");
                    self.inner.clock.sleep(wait).await;
                }
                Again::AtTheGate if !self.inner.gate.is_closed(&origin(&request.url)) => {
                    tracing::debug!(error = %error, "sending again when the limit is over");
                }
                Again::AtTheGate | Again::Never => return Err(error),
            }
        }
    }

    /// Sends once, and once more for each redirect that may be followed.
    async fn follow(&self, request: &Request, attempts: Attempts) -> Result<Response, Error> {
        let mut url = request.url.clone();
        for _hop in 0..=MOST_HOPS {
            let response = self.exchange(request, &url, attempts).await?;
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
            return match response.is_cut() {
                false => Ok(response),
                true => Err(response.failed(Cause::Broken { detail: "the answer stops in the middle".to_owned() })),
            };
        }
        let now = self.inner.clock.now();
        Err(response.failed(answer::refusal(response.status, &response.headers, &response.body, now)))
    }

    /// One request and its answer, whatever the status.
    async fn exchange(&self, request: &Request, url: &Url, attempts: Attempts) -> Result<Response, Error> {
        let inner = &self.inner;
        let row = inner.budget.row();
        let standing = if attempts.limits > 0 { Standing::Again } else { Standing::First };
        let pass = match inner.gate.pass(&origin(url), standing).await {
            Ok(pass) => pass,
            Err(closed) => {
                // In whole seconds, as the server itself would say it.
                let left = Duration::from_secs(closed.left.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX));
                let limited = Answer { status: 429, retry_after: Some(left), ..Answer::default() };
                return Err(request.failed(Cause::Status(limited)));
            }
        };
        let flight = inner.budget.begin(row, request.is_write());
        let started = inner.clock.system().instant();
        let outcome = self.exchange_now(request, url).await;
        drop(flight);
        let time = inner.clock.system().instant().duration_since(started);
        pass.end(self.judged(request, &outcome, (time, attempts)));
        let status = outcome.as_ref().map_or(0, |response| response.status);
        let took = millis(time);
        tracing::debug!(method = %request.method, host = %host_of(url), path = url.path(), status, took_ms = took, "request");
        outcome
    }

    /// What an exchange says of its server's pace.
    fn judged(
        &self,
        request: &Request,
        outcome: &Result<Response, Error>,
        (took, attempts): (Duration, Attempts),
    ) -> Outcome {
        let response = match outcome {
            Ok(response) => response,
            Err(error) => {
                let struggles = matches!(error.class(), CauseClass::TimedOut | CauseClass::Lost);
                return if struggles { Outcome::Struggling } else { Outcome::Private };
            }
        };
        let asked = answer::retry_after(&response.headers, self.inner.clock.now());
        let limit = Limit { asked, number: attempts.limits + 1, jitter: jitter() };
        match response.status {
            // What is sent once has a limit of its own that its sender knows (five test deliveries a minute for each
            // project): no business of the others. It is slow where the receiver is.
            _ if request.repeat == Repeat::Once => Outcome::Private,
            429 => Outcome::Limited(limit),
            502..=504 if asked.is_some() => Outcome::Limited(limit),
            502..=504 => Outcome::Struggling,
            // A third of the time-out is far from any healthy answer's time, and leaves room to slow down before requests
            // are lost. It needs no measure of what is usual, which a server that is slow from the start would spoil.
            _ if took > self.inner.timeout / 3 => Outcome::Struggling,
            _ => Outcome::Good,
        }
    }

    async fn exchange_now(&self, request: &Request, url: &Url) -> Result<Response, Error> {
        let deadline = self.inner.clock.system().instant() + self.inner.timeout;
        let mut asked = self.inner.http.request(request.method.clone(), url.clone()).headers(request.headers.clone());
        if let Some(body) = &request.body {
            asked = asked.body(body.to_vec());
        }
        let mut answered = match asked.send().await {
            Ok(answered) => answered,
            Err(error) => return Err(self.unanswered(request, &error, deadline).await),
        };
        let status = answered.status().as_u16();
        let reading = body::read(&mut answered, request.limit, &self.inner.lane);
        let body = match tokio::time::timeout(self.left(deadline), reading).await.unwrap_or(Err(Unread::Late)) {
            Ok(body) => body,
            Err(Unread::Late) => return Err(request.failed(Cause::Timeout { after: self.inner.timeout })),
            Err(Unread::TooLarge) => return Err(request.failed(Cause::TooLarge { limit: request.limit })),
            Err(Unread::Broken(error)) => return Err(self.unanswered(request, &error, deadline).await),
        };
        let request = Request { body: None, headers: reqwest::header::HeaderMap::new(), ..request.clone() };
        Ok(Response { status, url: url.clone(), headers: answered.headers().clone(), body, request })
    }

    fn left(&self, deadline: Instant) -> Duration {
        deadline.saturating_duration_since(self.inner.clock.system().instant())
    }

    /// The error for an exchange without an answer. Where TLS failed, the certificates are looked at once more, so that
    /// the error can name who issued them.
    async fn unanswered(&self, request: &Request, error: &reqwest::Error, deadline: Instant) -> Error {
        let host = request.url.host_str().unwrap_or_default();
        let cause = match classify::cause(error, host, self.inner.timeout) {
            Cause::Tls(problem) => Cause::Tls(self.explained(&request.url, problem, deadline).await),
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

    async fn explained(&self, url: &Url, problem: TlsProblem, deadline: Instant) -> TlsProblem {
        let proxy = self.proxy_for(url);
        let look = tls::look(&self.inner.trust, url, proxy.as_ref());
        match tokio::time::timeout(self.left(deadline), look).await {
            Ok(Ok(shown)) => shown.refine(problem),
            Ok(Err(_)) | Err(_) => problem,
        }
    }

    /// The proxy that requests for this address go through.
    pub(super) fn proxy_for(&self, url: &Url) -> Option<Intercept> {
        self.inner.proxies.as_ref()?.intercept(&url.as_str().parse().ok()?)
    }

    pub(super) fn long_lists(&self) -> Arc<Semaphore> {
        Arc::clone(&self.inner.long_lists)
    }

    pub(super) fn trust(&self) -> &tls::Trust {
        &self.inner.trust
    }

    /// How long anything may take from now on.
    pub(super) fn timeout(&self) -> Duration {
        self.until_the_end().map_or(self.inner.timeout, |left| left.min(self.inner.timeout))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Any byte.
fn jitter() -> u8 {
    uuid::Uuid::new_v4().as_bytes()[0]
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

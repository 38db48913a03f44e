//! Accepts connections. Each request passes latency, rate limit and faults, and is logged.

mod own_address;
mod resettable_stream;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, Request, Response, StatusCode, Uri};
use axum::response::IntoResponse as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use self::resettable_stream::ResettableStream;
use super::clock;
use super::factory::{CALLBACK, PAGES, WEBHOOKS};
use super::fault::response::{self, ConnectionReset, FaultedRequest};
use super::fault::{FaultAction, FaultList};
use super::rate_limit::{self, LimitVerdict, RateLimit};
use super::request_log::{self, InFlight, Moment, Origin, RequestAction, RequestLog, Side};

/// GitLab's pages that only a person's browser asks for, with what is below them.
const WEB_PAGES: [&str; 5] =
    ["/oauth/authorize", "/oauth/authorized_applications", "/oauth/device", "/users/sign_in", "/-/user_settings"];

/// One of the two servers, and what every request to it passes first.
pub(crate) struct Server {
    pub side: Side,
    /// The addresses that a request may name as its host and origin.
    pub own: Vec<SocketAddr>,
    pub app: Router,
    /// The path the server is installed under; empty for none.
    pub root: String,
    pub latency: Duration,
    pub limit: Option<RateLimit>,
    pub log: Arc<RequestLog>,
    pub faults: Arc<FaultList>,
}

/// Accepts connections until the runtime ends.
pub(crate) async fn serve(listener: TcpListener, server: Arc<Server>, tls: Option<TlsAcceptor>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Most likely out of file descriptors; the next connection may succeed.
            clock::wait(Duration::from_millis(10)).await;
            continue;
        };
        let reset = Arc::new(AtomicBool::new(false));
        let stream = ResettableStream::new(stream, Arc::clone(&reset));
        let server = Arc::clone(&server);
        match tls.clone() {
            None => drop(tokio::spawn(connection(stream, server, reset))),
            Some(tls) => drop(tokio::spawn(async move {
                if let Ok(stream) = tls.accept(stream).await {
                    connection(stream, server, reset).await;
                }
            })),
        }
    }
}

async fn connection<S>(stream: S, server: Arc<Server>, reset: Arc<AtomicBool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let server = Arc::clone(&server);
        let reset = Arc::clone(&reset);
        async move {
            let answered = server.answer(request.map(Body::new)).await;
            reset.store(answered.is_err(), Ordering::Relaxed);
            answered
        }
    });
    // A broken connection is not an error here; its requests are in the log.
    drop(auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
}

impl Server {
    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, ConnectionReset> {
        let target = request_log::filtered(request.uri().path(), request.uri().query());
        let origin = self.origin(self.below_root(request.uri().path()));
        let method = request.method().as_str().to_owned();
        let mut in_flight = self.log.begin(self.side, origin, request_log::RequestLine { method, target });
        let answered = self.pass(request, &mut in_flight).await;
        if let Ok(response) = &answered {
            in_flight.record_status(response.status().as_u16());
        }
        answered
    }

    /// Who asks for this address. Only GitLab delivers webhooks, and only a browser asks for pages, so these are not counted as
    /// the client's.
    fn origin(&self, path: &str) -> Origin {
        let is_page = |pages: &[&str]| pages.iter().any(|page| path == *page || path.starts_with(&format!("{page}/")));
        match self.side {
            Side::Factory if path.starts_with(WEBHOOKS) => Origin::GitLab,
            Side::Factory if path.starts_with(PAGES) || path == CALLBACK => Origin::Browser,
            Side::GitLab if is_page(&WEB_PAGES) => Origin::Browser,
            Side::GitLab | Side::Factory => Origin::Client,
        }
    }

    async fn pass(&self, request: Request<Body>, in_flight: &mut InFlight) -> Result<Response<Body>, ConnectionReset> {
        if !own_address::is_for(&request, &self.own) {
            let text = "the sandbox answers requests for its own address only";
            return Ok((StatusCode::FORBIDDEN, text).into_response());
        }
        let injected = self.faults.matching(self.side, request.method(), self.below_root(request.uri().path()));
        let action = injected.map(|fault| {
            in_flight.record_fault(fault.written);
            fault.action
        });
        if !self.latency.is_zero() {
            clock::wait(self.latency).await;
        }
        if in_flight.reach(Moment::BeforeActing) == RequestAction::Reset {
            return Err(ConnectionReset);
        }
        let limit_fields = match self.limit.as_ref().map(|limit| limit.check(request.headers())) {
            Some(LimitVerdict::Refused(refusal)) => return Ok(refusal),
            Some(LimitVerdict::Passes(fields)) => fields,
            None => Vec::new(),
        };
        if let Some(action) = &action {
            if let Some(answer) = response::replacement(action, faulted_request(self.side, &request)).await {
                return answer;
            }
            if let FaultAction::Delay(time) = action {
                clock::wait(*time).await;
            }
        }
        let mut response = self.act(request).await;
        rate_limit::add_fields(&mut response, limit_fields);
        if in_flight.reach(Moment::AfterActing) == RequestAction::Reset {
            return Err(ConnectionReset);
        }
        match &action {
            Some(action) => response::damage(action, response).await,
            None => Ok(response),
        }
    }

    /// Runs the server's handler in its own task: a client that disconnects does not stop what it started.
    async fn act(&self, request: Request<Body>) -> Response<Body> {
        let acting = tokio::spawn(self.app.clone().oneshot(request));
        match acting.await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the sandbox itself failed; this is not GitLab's behavior")
                .into_response(),
        }
    }

    /// The path without the relative root, which is how faults name it.
    fn below_root<'a>(&self, path: &'a str) -> &'a str {
        path.strip_prefix(&self.root).filter(|rest| rest.starts_with('/')).unwrap_or(path)
    }
}

fn faulted_request(side: Side, request: &Request<Body>) -> FaultedRequest {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let write = request_log::is_write(request.method().as_str(), request.uri().path());
    FaultedRequest { side, write, form: kind.starts_with("application/x-www-form-urlencoded") }
}

/// The router of the plain port, which redirects every request to `https`.
pub(crate) fn redirecting(to: SocketAddr) -> Router {
    Router::new().fallback(move |uri: Uri| async move {
        let path = uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
        let mut response = StatusCode::MOVED_PERMANENTLY.into_response();
        if let Ok(location) = HeaderValue::from_str(&format!("https://{to}{path}")) {
            response.headers_mut().insert(LOCATION, location);
        }
        Ok::<_, Infallible>(response)
    })
}

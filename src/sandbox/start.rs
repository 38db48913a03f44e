//! Starts the sandbox: ports, certificates, the two servers, and the thread they run on.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use tempfile::NamedTempFile;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::browser::SandboxBrowser;
use super::factory::{EmbeddedFactory, FactoryGitLab};
use super::fault::{Fault, FaultList};
use super::gitlab::GitLab;
use super::gitlab::cloud::REQUESTS_A_MINUTE;
use super::options::SandboxOptions;
use super::rate_limit::{LimitHeaders, RateLimit};
use super::request_log::RequestLog;
use super::request_log::Side;
use super::sender::WebhookSender;
use super::serve::{self, Server};
use super::ssh;
use super::tls::PrivateCa;
use super::{Ca, Sandbox, StartError};

/// One port and the server behind it.
struct Port {
    listener: TcpListener,
    server: Server,
    tls: Option<TlsAcceptor>,
}

pub(super) fn start(asked: SandboxOptions) -> Result<Sandbox, StartError> {
    let options = &asked;
    let faults = Arc::new(FaultList::default());
    for written in &options.faults {
        faults.add(written.parse::<Fault>()?);
    }
    let gitlab_listener = listen(options.listen)?;
    let (gitlab_at, beside) = (address(&gitlab_listener)?, SocketAddr::new(options.listen.ip(), 0));
    let factory_listener = listen(beside)?;
    let factory_at = address(&factory_listener)?;
    let ssh_listener = listen(beside)?;
    let ssh_at = address(&ssh_listener)?;
    let gitlab_url = base_url(options, gitlab_at, &options.relative_root)?;
    let factory_url = base_url(options, factory_at, "")?;
    let ca = options.tls.then(PrivateCa::new).transpose()?;

    let gitlab = GitLab::new(options, &gitlab_url);
    let sender = WebhookSender::new(options.webhook_timeout, ca.as_ref().map(PrivateCa::pem));
    connect_hooks(&gitlab, sender, factory_at);
    let plain = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
    let cloud = options.cloud.map(|offers| gitlab.register_factory(&plain(&factory_url), offers));
    let known = FactoryGitLab { url: plain(&gitlab_url), router: gitlab.router(), cloud };
    let factory = EmbeddedFactory::with_cloud(&plain(&factory_url), known);

    let log = Arc::new(RequestLog::default());
    let builder =
        ServerBuilder { options, log: Arc::clone(&log), faults: Arc::clone(&faults), own: [gitlab_at, factory_at] };
    let acceptor = |defect| ca.as_ref().map(|ca| ca.acceptor(options.listen.ip(), defect)).transpose();
    let mut ports = vec![
        Port {
            listener: gitlab_listener,
            server: builder.server(Side::GitLab, gitlab.router()),
            tls: acceptor(options.tls_defect)?,
        },
        Port {
            listener: factory_listener,
            server: builder.server(Side::Factory, factory.router()),
            tls: acceptor(options.factory_tls_defect)?,
        },
    ];
    let plain_url = if ca.is_some() { Some(plain_port(&builder, gitlab_at, &mut ports)?) } else { None };
    gitlab.lock().ssh_at = Some(ssh_at);
    let (stop, thread) = run(ports, ssh_listener)?;
    let browser = SandboxBrowser::new(&gitlab_url, ca.as_ref().map(PrivateCa::pem), Arc::clone(&faults));
    Ok(Sandbox {
        gitlab,
        factory,
        gitlab_url,
        factory_url,
        addresses: [gitlab_at, factory_at, ssh_at],
        plain_url,
        log,
        faults,
        browser,
        ca: ca.map(|ca| write_ca(&ca)).transpose()?,
        stop: Some(stop),
        thread: Some(thread),
        options: asked,
    })
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    if !address.ip().is_loopback() {
        return Err(StartError::NotLoopback(address));
    }
    let listener = TcpListener::bind(address).map_err(|source| StartError::Listen { address, source })?;
    listener.set_nonblocking(true).map_err(StartError::Run)?;
    Ok(listener)
}

fn address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(StartError::Run)
}

fn base_url(options: &SandboxOptions, at: SocketAddr, root: &str) -> Result<Url, StartError> {
    let scheme = if options.tls { "https" } else { "http" };
    let root = root.trim_end_matches('/');
    let wrong = || StartError::Root(root.to_owned());
    if !root.is_empty() && !root.starts_with('/') {
        return Err(wrong());
    }
    let url = Url::parse(&format!("{scheme}://{at}{root}")).map_err(|_| wrong())?;
    if url.query().is_some() || url.fragment().is_some() || url.path().trim_end_matches('/') != root {
        return Err(wrong());
    }
    Ok(url)
}

/// Gives GitLab a sender that trusts the sandbox's CA, and allows it to reach Factory, which is on loopback.
fn connect_hooks(gitlab: &GitLab, sender: WebhookSender, factory: SocketAddr) {
    let mut state = gitlab.lock();
    state.hooks.connect(sender);
    state.settings.allow_outbound(&factory.to_string());
}

fn plain_port(builder: &ServerBuilder<'_>, to: SocketAddr, ports: &mut Vec<Port>) -> Result<Url, StartError> {
    let listener = listen(SocketAddr::new(to.ip(), 0))?;
    let insecure = SandboxOptions { tls: false, ..builder.options.clone() };
    let at = address(&listener)?;
    let url = base_url(&insecure, at, &builder.options.relative_root)?;
    let server = Server { own: vec![at], ..builder.server(Side::GitLab, serve::redirecting(to)) };
    ports.push(Port { listener, server, tls: None });
    Ok(url)
}

fn write_ca(ca: &PrivateCa) -> Result<Ca, StartError> {
    let pem = ca.pem();
    let mut file = NamedTempFile::with_suffix(".pem").map_err(StartError::CaFile)?;
    file.write_all(pem.as_bytes()).map_err(StartError::CaFile)?;
    Ok(Ca { pem, file })
}

struct ServerBuilder<'a> {
    options: &'a SandboxOptions,
    log: Arc<RequestLog>,
    faults: Arc<FaultList>,
    own: [SocketAddr; 2],
}

impl ServerBuilder<'_> {
    fn server(&self, side: Side, app: Router) -> Server {
        let root = if side == Side::GitLab { self.options.relative_root.trim_end_matches('/') } else { "" };
        let on_cloud = self.options.cloud.map(|_| REQUESTS_A_MINUTE);
        let limit = self.options.rate_limit.or(on_cloud).filter(|_| side == Side::GitLab);
        let shown = if on_cloud.is_some() { LimitHeaders::Always } else { LimitHeaders::WithRefusal };
        Server {
            side,
            own: self.own.into_iter().chain(self.options.forwarded_from).collect(),
            app,
            root: root.to_owned(),
            latency: self.options.latency,
            limit: limit
                .map(|allowed| RateLimit::new(allowed, self.options.rate_window).at_speed(self.options.clock_speed))
                .map(|limit| limit.showing(shown)),
            log: Arc::clone(&self.log),
            faults: Arc::clone(&self.faults),
        }
    }
}

type Running = (oneshot::Sender<()>, std::thread::JoinHandle<()>);

/// Serves the ports on a thread with a runtime of its own, until the sender is dropped.
fn run(ports: Vec<Port>, ssh: TcpListener) -> Result<Running, StartError> {
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, is_ready) = mpsc::channel::<io::Result<()>>();
    let thread = std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(error))),
        };
        runtime.block_on(async move {
            let begun = ports.into_iter().try_for_each(begin).and_then(|()| ssh::begin(ssh));
            let failed = begun.is_err();
            drop(ready.send(begun));
            if !failed {
                // An error means that the sender was dropped, which also ends the wait.
                drop(stopped.await);
            }
        });
        // A DNS lookup that hangs must not delay the shutdown.
        runtime.shutdown_timeout(Duration::from_millis(100));
    });
    let thread = thread.map_err(StartError::Run)?;
    let begun = is_ready.recv().unwrap_or_else(|_| Err(io::Error::other("its thread has ended early")));
    begun.map_err(StartError::Run)?;
    Ok((stop, thread))
}

fn begin(port: Port) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(port.listener)?;
    tokio::spawn(serve::serve(listener, Arc::new(port.server), port.tls));
    Ok(())
}

//! Sandboxes, and clients for them.

use std::path::PathBuf;
use std::time::Duration;

use factory_gitlab::env::Clock;
use factory_gitlab::gitlab::{OAuth, Reader, Writer};
use factory_gitlab::http::{Cause, Client, ClientOptions, Error, Proxy};
use factory_gitlab::instance::InstanceUrl;
use factory_gitlab::journal::{Lock, Store};
use factory_gitlab::sandbox::{self, Sandbox};
use factory_gitlab::secret::PersonalAccessToken;

pub fn sandbox(change: impl FnOnce(&mut sandbox::options::SandboxOptions)) -> Sandbox {
    let mut options = sandbox::options::SandboxOptions::default();
    change(&mut options);
    Sandbox::start(options).map_err(|error| error.to_string()).expect("a sandbox")
}

/// How many seconds of sleep pass for a client in one second.
pub const SPEED: u32 = 20;

/// A direct connection to the sandbox, with its CA trusted.
pub fn options(sandbox: &Sandbox) -> ClientOptions {
    let certificates: Vec<PathBuf> = ca(sandbox).into_iter().collect();
    ClientOptions { ca_certs: certificates.clone(), factory_ca_certs: certificates, ..direct() }
}

/// Without a proxy, and with more time for an answer than the busiest machine needs.
pub fn direct() -> ClientOptions {
    ClientOptions { proxy: Proxy::Direct, timeout: Duration::from_secs(120), ..ClientOptions::default() }
}

/// A time-out for requests that are to reach it.
pub const SHORT: Duration = Duration::from_secs(2);

/// The same as [`direct`], for servers that do not answer in time.
pub fn short() -> ClientOptions {
    ClientOptions { timeout: SHORT, ..direct() }
}

fn ca(sandbox: &Sandbox) -> Option<PathBuf> {
    let variables = sandbox.variables();
    variables.into_iter().find(|(name, _)| *name == "FACTORY_GITLAB_CA_CERT").map(|(_, path)| PathBuf::from(path))
}

pub fn client_with(options: &ClientOptions) -> Client {
    Client::new(options, Clock::skipping(SPEED)).map_err(|error| error.to_string()).expect("a client")
}

pub fn client(sandbox: &Sandbox) -> Client {
    client_with(&options(sandbox)).for_gitlab(instance(sandbox).url())
}

pub fn instance(sandbox: &Sandbox) -> InstanceUrl {
    sandbox.gitlab_url().parse().expect("an address")
}

pub fn token(value: &str) -> PersonalAccessToken {
    PersonalAccessToken::new(value).expect("a token")
}

pub fn reader(sandbox: &Sandbox) -> Reader {
    Reader::new(client(sandbox), instance(sandbox), token(&sandbox.gitlab().admin_token()))
}

pub fn writer(sandbox: &Sandbox) -> Writer {
    writer_with(&options(sandbox), sandbox)
}

pub fn writer_with(options: &ClientOptions, sandbox: &Sandbox) -> Writer {
    let (http, instance) = (client_with(options), instance(sandbox));
    Writer::new(&lock(&instance), http, instance, token(&sandbox.gitlab().admin_token()))
}

/// The lock of a connection whose folder nothing else uses.
fn lock(instance: &InstanceUrl) -> Lock {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::new(Some(folder.path().to_owned())).expect("a store");
    store.connection(instance, "").lock().expect("a lock")
}

pub fn oauth(sandbox: &Sandbox) -> OAuth {
    OAuth::new(client(sandbox), instance(sandbox))
}

/// A sandbox with one fault.
pub fn faulty(fault: &str) -> Sandbox {
    sandbox(|options| options.faults = vec![fault.to_owned()])
}

/// How a read of the metadata ends under a fault, and the number of requests.
pub async fn metadata_under(fault: &str) -> (Result<(), Cause>, usize) {
    let sandbox = faulty(&format!("GET /api/v4/metadata={fault}"));
    let timeout = if matches!(fault, "hang" | "slow") { SHORT } else { direct().timeout };
    let http = client_with(&ClientOptions { timeout, ..options(&sandbox) });
    let reader = Reader::new(http, instance(&sandbox), token(&sandbox.gitlab().admin_token()));
    let outcome = reader.metadata().await.map(drop).map_err(|error| cause(&error));
    (outcome, sandbox.requests().len())
}

pub fn cause(error: &Error) -> Cause {
    (*error.cause).clone()
}

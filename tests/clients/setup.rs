//! A sandbox, and the clients that speak to it.

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

/// Straight to the sandbox, with its CA, and not for long.
pub fn options(sandbox: &Sandbox) -> ClientOptions {
    ClientOptions { ca_certs: ca(sandbox).into_iter().collect(), ..impatient() }
}

pub fn impatient() -> ClientOptions {
    ClientOptions { proxy: Proxy::Direct, timeout: Duration::from_secs(2), ..ClientOptions::default() }
}

fn ca(sandbox: &Sandbox) -> Option<PathBuf> {
    let variables = sandbox.variables();
    variables.into_iter().find(|(name, _)| *name == "FACTORY_GITLAB_CA_CERT").map(|(_, path)| PathBuf::from(path))
}

pub fn client_with(options: &ClientOptions) -> Client {
    Client::new(options, Clock::skipping(50)).map_err(|error| error.to_string()).expect("a client")
}

pub fn client(sandbox: &Sandbox) -> Client {
    client_with(&options(sandbox))
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
    Writer::new(&lock(&instance(sandbox)), client(sandbox), instance(sandbox), token(&sandbox.gitlab().admin_token()))
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

/// How a read of the metadata ends under a fault, and how many requests it took.
pub async fn metadata_under(fault: &str) -> (Result<(), Cause>, usize) {
    let sandbox = faulty(&format!("GET /api/v4/metadata={fault}"));
    let outcome = reader(&sandbox).metadata().await.map(drop).map_err(|error| cause(&error));
    (outcome, sandbox.requests().len())
}

pub fn cause(error: &Error) -> Cause {
    (*error.cause).clone()
}

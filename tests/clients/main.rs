//! The clients of GitLab and Factory, tested against the sandbox and against servers that misbehave more than a sandbox may.

mod factory;
mod gitlab;
mod graphql;
mod headers;
mod hostile;
mod http;
mod http2;
mod pace;
mod setup;
mod tls;
mod tls_causes;

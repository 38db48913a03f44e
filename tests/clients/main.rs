//! The clients of both clients, held against the sandbox and against servers that no sandbox should be.

mod factory;
mod gitlab;
mod graphql;
mod hostile;
mod http;
mod http2;
mod pace;
mod setup;
mod tls;

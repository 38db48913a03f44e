//! The real program against the sandbox, from outside. One binary; each module is a part of the product.

mod bad_input;
mod bulk;
mod canary;
mod connect;
mod connect_application;
mod connect_webhooks;
mod green;
mod hostile;
mod interactive;
mod kit;
mod pace;
mod readme;
mod resume;
mod scale;
mod small;
mod unusual;
mod usage;
mod verify;
mod wait;
mod world;

//! The real program against the sandbox, from outside. One binary; each module is a part of the product.

mod bad_input;
mod canary;
mod interactive;
mod kit;
mod readme;
mod small;
mod usage;
mod verify;
mod world;

//! Connects a company's GitLab to Factory, and proves that the connection holds.
//!
//! Every command takes the same steps, each in a module of its own:
//!
//! ```text
//! argv, environment ─▶ cli ─▶ settings ─▶ inputs ─▶ desired ─┐
//!                      typed    sourced    complete   pure   ├─▶ plan ─▶ apply ─▶ report
//!                               gitlab, factory ─▶ observed ─┘   pure    journal  text | json | junit, exit
//! ```
//!
//! *Resolve, observe, plan, apply, report.* Begin with `commands/connect.rs`, which takes these steps in this order.
//! `commands/verify.rs` does the same without `apply`: [`checks`] compare what was [`observed`] with what is [`desired`].
//!
//! Which module may use which, downward only (`tests/layers` checks the `use crate::…` lines):
//!
//! | layer | modules |
//! |---|---|
//! | 6 edge | `main`, `lib`, [`commands`], [`cli`] |
//! | 5 conversation | [`inputs`], [`report`], [`terminal`] |
//! | 4 effects | [`apply`] |
//! | 3 judgment | [`desired`], [`plan`], [`checks`], [`advice`], [`series`], [`audit`] (pure), [`observed`] |
//! | 2 the two sides | [`gitlab`], [`factory`], [`bundle`] |
//! | 1 plumbing | [`http`], `files`, [`credential_store`], [`journal`], [`settings`], [`schema`] |
//! | 0 words | [`secret`], [`error`], [`env`](mod@env), [`env_vars`], [`kit`], [`cloud`], [`instance`], [`target`], [`network`], [`text`], [`line_writer`], [`recipe`] |
//!
//! `sandbox` (a cargo feature, on by default) is separate: an embedded GitLab and Factory, written after GitLab's behavior,
//! that share no wire types with the client.
//!
//! Each part of the outside world is used by one module: [`http`], [`terminal`], [`env`](mod@env) (variables, clock,
//! waiting), `files` (writing), [`credential_store`]. Secrets are types ([`secret`]); three modules expose them, by name.

mod activity;
pub mod advice;
pub mod apply;
pub mod audit;
pub mod bundle;
pub mod checks;
pub mod cli;
pub mod cloud;
pub mod commands;
pub mod credential_store;
pub mod desired;
pub mod env;
pub mod env_vars;
pub mod error;
pub mod factory;
mod files;
pub mod gitlab;
pub mod http;
pub mod inputs;
pub mod instance;
pub mod journal;
pub mod kit;
pub mod line_writer;
pub mod mark;
pub mod network;
pub mod observed;
pub mod plan;
pub mod recipe;
pub mod report;
#[cfg(all(feature = "sandbox", not(feature = "sandbox-testing")))]
mod sandbox;
#[cfg(all(feature = "sandbox", feature = "sandbox-testing"))]
pub mod sandbox;
pub mod schema;
pub mod secret;
pub mod series;
pub mod settings;
pub mod target;
pub mod terminal;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;

use std::ffi::OsString;

use crate::env::Env;
use crate::error::{ExitCode, Failure};
use crate::terminal::interrupt::Interrupt;
use crate::terminal::{ColorChoice, Terminal, Verbosity};

/// Runs the program: arguments with the program's name first, to the exit code.
#[must_use]
pub fn run(args: &[OsString], env: &Env) -> ExitCode {
    env::forbid_core_dumps();
    let terminal = Terminal::new(env, ColorChoice::Auto, Verbosity::Normal);
    terminal::log::on_panic(&terminal);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return cannot_start(&terminal, &error),
    };
    let code = runtime.block_on(async {
        match Interrupt::listen(&terminal) {
            Ok(interrupt) => commands::run(args, env, &interrupt).await,
            Err(error) => cannot_start(&terminal, &error),
        }
    });
    // A DNS lookup that is still running must not delay the exit.
    runtime.shutdown_background();
    code
}

fn cannot_start(terminal: &Terminal, error: &std::io::Error) -> ExitCode {
    let failure = Failure::problem("the program cannot be started on this system").because(error.to_string());
    terminal.fail(&failure);
    failure.exit_code()
}

//! The text of a panic, which may contain anything.

use std::process::Command;

use factory_gitlab::env::Env;
use factory_gitlab::terminal::{ColorChoice, Terminal, Verbosity, log};

/// The variable of the process that is to panic.
const TO_PANIC: &str = "FACTORY_GITLAB_TEST_PANIC";

/// Panics only in the process that the test below starts.
#[test]
fn panics_when_the_variable_is_set() {
    #[expect(clippy::disallowed_methods, reason = "the test asks itself whether it is the process that is to panic")]
    let told = std::env::var_os(TO_PANIC);
    if told.is_some() {
        let terminal = Terminal::new(&Env::read(), ColorChoice::Never, Verbosity::Trace);
        log::on_panic(&terminal);
        panic!("a secret in a panic: canary-in-a-panic");
    }
}

#[test]
fn a_panic_shows_its_place_and_not_its_text() {
    #[expect(clippy::disallowed_methods, reason = "the test starts itself again")]
    let itself = std::env::args_os().next().expect("its own name");
    let output = Command::new(itself)
        .args(["--exact", "secret_leaks::panic::panics_when_the_variable_is_set", "--nocapture", "--test-threads=1"])
        .env(TO_PANIC, "1")
        .env("RUST_BACKTRACE", "full")
        .output()
        .expect("this same program");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("internal error") && said.contains("panic.rs:"), "{said}");
    assert!(!said.contains("canary-in"), "{said}");
    assert_eq!(output.status.code(), Some(1), "{said}");
}

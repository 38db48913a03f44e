//! Calls the library and returns its exit code.

use std::process::ExitCode;

use factory_gitlab::env::Env;

#[expect(clippy::disallowed_methods, reason = "only the program's start reads the arguments")]
fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    factory_gitlab::run(&args, &Env::read()).into()
}

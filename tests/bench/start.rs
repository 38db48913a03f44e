//! How long a start takes, beside `age`: a program that does as little as can be.

use std::process::{Command, Stdio};

use crate::measure::{Table, is_there, median_ms};

const TIMES: usize = 200;

pub fn run(_sizes: &[usize]) {
    let table = Table::new("Start", &["command", "median ms", "of `age --version`"]);
    let ours = env!("CARGO_BIN_EXE_factory-gitlab");
    let time = |program: &str, arg: &str| {
        median_ms(TIMES, || {
            let ran = Command::new(program).arg(arg).stdout(Stdio::null()).stderr(Stdio::null()).status();
            assert!(ran.expect("a program").success(), "{program} {arg}");
        })
    };
    let age = is_there("age", "--version").then(|| time("age", "--version"));
    let ratio = |ms: f64| age.map_or_else(|| "age is not here".to_owned(), |age| format!("{:.2}", ms / age));
    for arg in ["--version", "--help"] {
        let ms = time(ours, arg);
        table.row(&[format!("`factory-gitlab {arg}`"), format!("{ms:.2}"), ratio(ms)]);
    }
    if let Some(age) = age {
        table.row(&["`age --version`".to_owned(), format!("{age:.2}"), "1".to_owned()]);
    }
}

//! The page of a report in a real Chromium. `NODE_MODULES` names the folder that holds `playwright-core`; without it, node or a
//! Chromium, the test is skipped, and says so. `SCREENSHOTS` names a folder that keeps what a person would see.

use std::path::{Path, PathBuf};

use crate::browser::BROWSERS;
use crate::cli::test_env::{TestEnv, small};
use crate::programs::{find, output, program, say, variable};

#[test]
fn a_page_with_hostile_names_runs_nothing_and_is_readable_in_every_medium() {
    let modules = variable("NODE_MODULES").filter(|folder| Path::new(folder).join("playwright-core").exists());
    let browser = BROWSERS.into_iter().find_map(find);
    let (Some(modules), Some(_), Some(browser)) = (modules, find("node"), browser) else {
        say("SKIPPED: a report's page, which needs chromium, node, and NODE_MODULES with playwright-core");
        return;
    };
    let env = TestEnv::with(small());
    env.connects(&[]);
    let hostile = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}";
    env.sandbox().gitlab().lock().applications.values_mut().for_each(|application| {
        hostile.clone_into(&mut application.name);
    });
    let run = env.run(&["verify", "-o", "html=report.html", "-o", "junit=report.xml"]);
    assert_eq!(run.code, 1, "{run}");
    let shots = variable("SCREENSHOTS").map_or_else(|| env.path(""), PathBuf::from);
    let mut command = program("node");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/report_page.mjs"));
    command.env("NODE_MODULES", modules).env("BROWSER", browser).env("SCREENSHOTS", &shots);
    let ran = output(command.env("PAGE", env.path("report.html")));
    let (said, wrong) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}{wrong}");
    let size = shots.join("page-dark.png").metadata().map_or(0, |file| file.len());
    assert!(size > 20_000, "not a page: {size} bytes");
}

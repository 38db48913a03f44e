//! A real Chromium on the pages of the sandbox's GitLab.com. `NODE_MODULES` names the folder that holds `playwright-core`; without
//! it, node or a Chromium, the test is skipped, and says so. `SCREENSHOTS` names a folder that keeps what a person would see.

use std::path::{Path, PathBuf};

use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::options::{CloudOffers, SandboxOptions};

use crate::programs::{find, output, program, say, variable};

pub const BROWSERS: [&str; 3] = ["chromium-headless-shell", "chromium", "google-chrome"];

#[test]
fn a_person_in_a_real_browser_consents_denies_and_enters_the_code_of_a_device() {
    let modules = variable("NODE_MODULES").filter(|folder| Path::new(folder).join("playwright-core").exists());
    let browser = BROWSERS.into_iter().find_map(find);
    let (Some(modules), Some(_), Some(browser)) = (modules, find("node"), browser) else {
        say("SKIPPED: the real browser, which needs chromium, node, and NODE_MODULES with playwright-core");
        return;
    };
    let sandbox = Sandbox::start(SandboxOptions::cloud(CloudOffers::default())).expect("the sandbox starts");
    let folder = tempfile::tempdir().expect("a folder");
    let shots = variable("SCREENSHOTS").map_or_else(|| folder.path().to_owned(), PathBuf::from);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/browser.mjs");
    let mut command = program("node");
    command.arg(script).env("NODE_MODULES", modules).env("BROWSER", browser).env("SCREENSHOTS", &shots);
    let run = output(command.env("FACTORY_URL", sandbox.factory_url()).envs(sandbox.variables()));
    let (said, wrong) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}{wrong}");
    for shot in
        ["1-sign-in", "2-consent", "3-error", "4-session-done", "5-device-code", "5-device-consent", "5-device-done"]
    {
        let size = shots.join(format!("{shot}.png")).metadata().map_or(0, |file| file.len());
        assert!(size > 5000, "{shot} is not a page: {size} bytes");
    }
}

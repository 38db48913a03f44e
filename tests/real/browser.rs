//! A real Chromium on the pages of the sandbox's GitLab.com. `NODE_MODULES` names the folder that holds `playwright-core`; without
//! it, node or a Chromium, the tests are skipped, and say so. `SCREENSHOTS` names a folder that keeps what a person would see.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command};

use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::options::{CloudOffers, SandboxOptions};

use crate::cli::test_env::TestEnv;
use crate::programs::{find, finish, output, program, say, variable};

pub const BROWSERS: [&str; 3] = ["chromium-headless-shell", "chromium", "google-chrome"];

/// A browser, and what drives it.
struct Chromium {
    browser: PathBuf,
    modules: OsString,
    shots: PathBuf,
    _folder: tempfile::TempDir,
}

impl Chromium {
    /// `None`, which is said, where a part of it is not installed.
    fn installed() -> Option<Self> {
        let modules = variable("NODE_MODULES").filter(|folder| Path::new(folder).join("playwright-core").exists());
        let browser = BROWSERS.into_iter().find_map(find);
        let (Some(modules), Some(_), Some(browser)) = (modules, find("node"), browser) else {
            say("SKIPPED: the real browser, which needs chromium, node, and NODE_MODULES with playwright-core");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let shots = variable("SCREENSHOTS").map_or_else(|| folder.path().to_owned(), PathBuf::from);
        Some(Self { browser, modules, shots, _folder: folder })
    }

    /// A script of `tests/real` that drives it.
    fn drive(&self, script: &str) -> Command {
        let mut command = program("node");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(script));
        command.env("NODE_MODULES", &self.modules).env("BROWSER", &self.browser).env("SCREENSHOTS", &self.shots);
        command
    }

    fn saw(&self, shot: &str) {
        let size = self.shots.join(format!("{shot}.png")).metadata().map_or(0, |file| file.len());
        assert!(size > 5000, "{shot} is not a page: {size} bytes");
    }
}

#[test]
fn a_person_in_a_real_browser_consents_denies_and_enters_the_code_of_a_device() {
    let Some(chromium) = Chromium::installed() else { return };
    let sandbox = Sandbox::start(SandboxOptions::cloud(CloudOffers::default())).expect("the sandbox starts");
    let mut command = chromium.drive("browser.mjs");
    let run = output(command.env("FACTORY_URL", sandbox.factory_url()).envs(sandbox.variables()));
    let (said, wrong) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}{wrong}");
    for shot in
        ["1-sign-in", "2-consent", "3-error", "4-session-done", "5-device-code", "5-device-consent", "5-device-done"]
    {
        chromium.saw(shot);
    }
}

/// What the kit offers, the button that is pressed, the name of the screenshot; the exit code, and what the program says.
const CONNECTIONS: [(CloudOffers, &str, &str, i32, &str); 4] = [
    (SESSION, "authorization-button", "6-session", 0, "authorized by @alice"),
    (CODE, "authorization-button", "6-code", 0, "authorized by @alice"),
    (DEVICE, "authorization-button", "6-device", 0, "authorized by @alice"),
    (CODE, "deny-button", "6-denied", 1, "the authorization was denied in the browser"),
];

const SESSION: CloudOffers = CloudOffers { session: true, client: false, device: false };
const CODE: CloudOffers = CloudOffers { session: false, client: true, device: false };
const DEVICE: CloudOffers = CloudOffers { session: false, client: true, device: true };

#[test]
fn connect_waits_for_a_person_in_a_real_browser_on_each_of_its_ways() {
    let Some(chromium) = Chromium::installed() else { return };
    for (offers, button, shot, code, said) in CONNECTIONS {
        let mut env = TestEnv::with(SandboxOptions::cloud(offers));
        env.set_clock_speed(1);
        let device: &[&str] = if offers.device { &["--device"] } else { &[] };
        let mut child = env.start(&[&["connect", "--cloud", "--yes", "--all"], device].concat());
        let (address, mut errors) = printed_address(&mut child);
        let _done = finish(chromium.drive("connect_browser.mjs").args([&*address, button, shot]));
        chromium.saw(shot);
        let mut output = String::new();
        let ended = child.wait().expect("an end");
        child.stdout.take().expect("piped").read_to_string(&mut output).expect("text");
        errors.read_to_string(&mut output).expect("text");
        assert_eq!(ended.code(), Some(code), "{shot}: {output}");
        assert!(output.contains(said), "{shot}: {output}");
    }
}

/// The address to open, and the rest of what is said.
fn printed_address(child: &mut Child) -> (String, BufReader<ChildStderr>) {
    let mut errors = BufReader::new(child.stderr.take().expect("piped"));
    loop {
        let mut line = String::new();
        assert_ne!(errors.read_line(&mut line).expect("text"), 0, "no address was printed");
        let line = line.trim();
        if line.starts_with("http") && ["/authorize", "/oauth/"].iter().any(|part| line.contains(part)) {
            return (line.to_owned(), errors);
        }
    }
}

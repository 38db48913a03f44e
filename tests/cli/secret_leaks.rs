//! Secrets do not leak: each has a unique value, which is searched for in everything that the program prints and writes,
//! in successful and in failing runs.

mod argv;
mod echo;
mod failures;
mod panic;
mod success;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use factory_gitlab::bundle::SealedBundle;
use factory_gitlab::sandbox::gitlab::seed::TokenSpec;
use factory_gitlab::sandbox::options::SandboxOptions;

use crate::bad_input::files_below;
use crate::test_env::{TestEnv, Transcript};

/// A secret with its name, and every encoding in which it might appear.
pub struct Canary {
    pub name: String,
    forms: Vec<String>,
}

impl Canary {
    pub fn new(name: &str, value: &str) -> Self {
        assert!(value.len() >= 12, "{name} is too short to be unique");
        let bytes = value.as_bytes();
        let hex = |between: &str| bytes.iter().map(|byte| format!("{between}{byte:02x}")).collect::<String>();
        let mut forms = vec![value.to_owned(), hex(""), hex("%"), value.to_lowercase(), value.to_uppercase()];
        forms.extend([hex("").to_uppercase(), hex("%").to_uppercase(), value.chars().rev().collect()]);
        forms.push(url::form_urlencoded::byte_serialize(bytes).collect());
        forms.push(serde_json::json!(value).to_string().trim_matches('"').to_owned());
        // In base64 after zero, one and two bytes, without the ends, which depend on the bytes around it.
        for before in 0..3 {
            let padded = [&b"::"[..before], bytes].concat();
            for encoded in [STANDARD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
                forms.push(encoded[4..encoded.len() - 4].to_owned());
            }
        }
        Self { name: name.to_owned(), forms }
    }

    /// The first encoding that a text contains.
    pub fn found_in(&self, text: &str) -> Option<&str> {
        self.forms.iter().map(String::as_str).find(|form| text.contains(form))
    }
}

/// A small environment with a token of an unusual prefix, and the secrets that are known before the first run.
fn env() -> (TestEnv, Vec<Canary>) {
    world_with(SandboxOptions { projects: 1, groups: 1, ..SandboxOptions::default() })
}

fn world_with(options: SandboxOptions) -> (TestEnv, Vec<Canary>) {
    let mut env = TestEnv::with(options);
    let gitlab = env.sandbox().gitlab().clone();
    gitlab.lock().settings.personal_access_token_prefix = "Canary.pat_".to_owned();
    let token = gitlab.add_token(TokenSpec::default());
    env.set("GITLAB_TOKEN", &token);
    let factory = env.sandbox().factory();
    let canaries = vec![
        Canary::new("the token", &token),
        Canary::new("the webhook token", factory.webhook_secret()),
        Canary::new("the signing token", &factory.signing_token()),
        Canary::new("the signing key", factory.signing_token().trim_start_matches("whsec_")),
        Canary::new("Factory's key", factory.api_key()),
    ];
    (env, canaries)
}

/// The application's secret from the sealed bundle; `None` where no bundle was sealed.
fn application_secret(env: &TestEnv) -> Option<String> {
    let sealed =
        files_below(&env.path("")).into_iter().find(|path| path.extension().is_some_and(|end| end == "age"))?;
    let opened =
        SealedBundle::read(&sealed).expect("a bundle").open(&env.sandbox().factory().identity()).expect("opened");
    let document: serde_json::Value = serde_json::from_str(opened.text()).expect("JSON");
    document["application"]["secret"].as_str().map(str::to_owned)
}

/// None of the secrets is in the output or in any file below the home.
fn assert_hidden(case: &str, canaries: &[Canary], env: &TestEnv, runs: &[Transcript]) {
    let mut places: Vec<(String, String)> = Vec::new();
    for run in runs {
        places.push(("standard output".to_owned(), run.stdout.clone()));
        places.push(("standard error".to_owned(), run.stderr.clone()));
    }
    for path in files_below(&env.path("")) {
        let bytes = std::fs::read(&path).expect("a file");
        places.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    for (place, text) in places {
        for canary in canaries {
            let found = canary.found_in(&text);
            assert!(found.is_none(), "{case}: {} is in {place} as {found:?}:\n{text}", canary.name);
        }
        let fresh =
            text.split("gloas-").skip(1).find(|rest| rest.chars().take_while(char::is_ascii_hexdigit).count() > 8);
        assert!(fresh.is_none(), "{case}: an application secret is in {place}:\n{text}");
    }
}

#[test]
fn a_secret_is_found_in_every_encoding() {
    let canary = Canary::new("it", "Canary.value+/=0123456789");
    for text in [
        "say Canary.value+/=0123456789 aloud".to_owned(),
        STANDARD.encode("user:Canary.value+/=0123456789"),
        URL_SAFE_NO_PAD.encode("ab{\"token\":\"Canary.value+/=0123456789\"}"),
        "?token=Canary.value%2B%2F%3D0123456789&x".to_owned(),
        "CANARY.VALUE+/=0123456789".to_owned(),
    ] {
        assert!(canary.found_in(&text).is_some(), "{text}");
    }
    assert!(canary.found_in("Canary.value+/=012345678").is_none());
}

use super::*;

fn env(variables: &[(&str, &str)]) -> Env {
    Env::empty().with_variables(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())))
}

fn given(setting: &'static Definition, value: &str) -> CliValues {
    let mut given = CliValues::default();
    given.add(setting, vec![value.to_owned()]);
    given
}

fn answers(text: &str) -> Option<Answers> {
    Some(Answers::parse(text, "/etc/acme.toml".into()).expect("good answers"))
}

#[test]
fn the_first_source_wins() {
    let recorded = RecordedChoices::default().with(&keys::GITLAB_URL, ["https://record"]);
    let full_env = env(&[("GITLAB_URL", "https://variable")]);
    let file = || answers("gitlab_url = 'https://file'");
    for (given, env, answers, wanted, source) in [
        (
            given(&keys::GITLAB_URL, "https://flag"),
            full_env.clone(),
            file(),
            "https://flag",
            Source::Flag("--gitlab-url"),
        ),
        (CliValues::default(), full_env, file(), "https://variable", Source::Environment("GITLAB_URL")),
        (
            CliValues::default(),
            env(&[]),
            file(),
            "https://file",
            Source::AnswersFile { path: "/etc/acme.toml".into(), key: "gitlab_url" },
        ),
        (CliValues::default(), env(&[]), None, "https://record", Source::Record),
    ] {
        let mut settings = Settings::new(given, &env, answers);
        settings.remember(recorded.clone());
        let wanted = wanted.parse().expect("an address");
        assert_eq!(settings.get(&keys::GITLAB_URL), Ok(Some(Sourced::new(wanted, source))));
    }
}

#[test]
fn a_selection_that_is_given_anew_replaces_the_recorded_one_as_a_whole() {
    let recorded = RecordedChoices::default()
        .with(&keys::GROUP, ["platform"])
        .with(&keys::PROJECT, ["tools/ci"])
        .with(&keys::EXCLUDE, ["platform/legacy"])
        .with(&keys::PERSONAL, [true])
        .with(&keys::WEBHOOKS, ["project"]);
    let selected = |given: CliValues, file: &str| {
        let mut settings = Settings::new(given, &env(&[]), answers(file));
        settings.remember(recorded.clone());
        assert!(settings.is_set(&keys::WEBHOOKS), "it is no part of the selection");
        let lists = [&keys::GROUP.definition, &keys::PROJECT, &keys::EXCLUDE, &keys::PERSONAL];
        lists.map(|setting| settings.raw_list(setting).join(" "))
    };
    let none = CliValues::default;
    assert_eq!(selected(none(), ""), ["platform", "tools/ci", "platform/legacy", "true"]);
    assert_eq!(selected(given(&keys::PROJECT, "a/b"), ""), ["", "a/b", "", ""]);
    assert_eq!(selected(given(&keys::GROUP, "*"), ""), ["*", "", "", ""]);
    assert_eq!(selected(none(), "group = []"), ["", "", "", ""]);
    assert_eq!(selected(none(), "group = 'a'\nexclude = 'b'"), ["a", "", "b", ""]);
    assert_eq!(selected(given(&keys::EXCLUDE, "x"), ""), ["platform", "tools/ci", "x", "true"]);
}

#[test]
fn a_secret_is_a_place_and_its_value_is_not_a_setting() {
    let settings = Settings::new(CliValues::default(), &env(&[("GITLAB_TOKEN", "glpat-x")]), None);
    assert_eq!(settings.secret(&keys::TOKEN), Some(SecretAt::Variable("GITLAB_TOKEN")));
    assert_eq!(settings.get(&keys::TOKEN), Ok(None));
    let settings = Settings::new(CliValues::default(), &env(&[]), answers("token_file = 'token'"));
    let Some(SecretAt::File(file)) = settings.secret(&keys::TOKEN) else {
        unreachable!("the answers file names one");
    };
    assert_eq!(file.value, PathBuf::from("/etc/token"), "relative to the answers file");
}

#[test]
fn a_bad_number_names_its_source() {
    for (value, wanted) in [
        ("soon", "--timeout cannot be used: it has to be a whole number of seconds, at least 1"),
        ("0", "--timeout cannot be used: it has to be a whole number of seconds, at least 1"),
    ] {
        let settings = Settings::new(given(&keys::TIMEOUT, value), &env(&[]), None);
        assert_eq!(settings.transport().expect_err(value).to_string(), wanted);
    }
}

#[test]
fn a_tilde_is_the_users_folder_in_paths_only() {
    let mut env = Env::empty();
    env.home = Some("/home/ada".into());
    let path = |given: CliValues, answers| {
        Settings::new(given, &env, answers).get(&keys::KIT).expect("a path").map(|found| found.value)
    };
    for (typed, wanted) in [
        ("~/kit.json", "/home/ada/kit.json"),
        ("~", "/home/ada/"),
        ("~ada/kit.json", "~ada/kit.json"),
        ("kits/~/a.json", "kits/~/a.json"),
    ] {
        assert_eq!(path(given(&keys::KIT, typed), None).as_deref(), Some(wanted));
    }
    assert_eq!(path(CliValues::default(), answers("kit = '~/kit.json'")).as_deref(), Some("/home/ada/kit.json"));
    let settings = Settings::new(given(&keys::TOKEN, "~/token"), &env, None);
    let Some(SecretAt::File(file)) = settings.secret(&keys::TOKEN) else { unreachable!("a file is given") };
    assert_eq!(file.value, PathBuf::from("/home/ada/token"));
    let settings = Settings::new(given(&keys::GROUP, "~/a"), &env, None);
    let not_expanded = settings.list(&keys::GROUP).expect_err("a path is no group").to_string();
    assert!(not_expanded.contains("it is a path") && !not_expanded.contains("/home/ada"), "{not_expanded}");
}

#[test]
fn a_typed_answer_counts_more_than_all_others_also_where_it_says_that_there_is_none() {
    let mut settings = Settings::new(given(&keys::KIT, "flag.json"), &env(&[]), None);
    settings.remember(RecordedChoices::default().with(&keys::KIT, ["record.json"]));
    let earlier = settings.clone();
    settings.answer(&keys::KIT, vec!["typed.json".to_owned()]);
    assert_eq!(earlier.get(&keys::KIT), Ok(Some(Sourced::new("typed.json".to_owned(), Source::Prompt))));
    settings.answer(&keys::KIT, Vec::new());
    assert!(!earlier.is_set(&keys::KIT) && earlier.is_declined(&keys::KIT));
}

#[test]
fn an_empty_path_is_refused() {
    let settings = Settings::new(given(&keys::LOG_FILE, ""), &env(&[]), None);
    let error = settings.get(&keys::LOG_FILE).expect_err("an empty path").to_string();
    assert_eq!(error, "--log-file cannot be used: give a path; it is empty");
}

#[test]
fn a_proxy_is_the_systems_or_the_given_one_or_none() {
    let proxy =
        |value: &str| Settings::new(given(&keys::PROXY, value), &env(&[("NO_PROXY", "localhost")]), None).transport();
    assert!(matches!(proxy("none").expect("direct").proxy, http::Proxy::Direct));
    let through = proxy("http://proxy:3128").expect("an address").proxy;
    assert!(matches!(through, http::Proxy::Through { except: Some(except), .. } if except == "localhost"));
    let without_scheme = proxy("user:hunter2@proxy:3128").expect("an address without a scheme").proxy;
    assert!(
        matches!(without_scheme, http::Proxy::Through { url, .. } if url.as_str() == "http://user:hunter2@proxy:3128/")
    );
    for value in ["socks5://proxy:1080", "http://", "user:hunter2@", "a proxy"] {
        let error = proxy(value).expect_err(value).to_string();
        assert_eq!(error, "--proxy cannot be used: it is not an address such as http://proxy:3128");
    }
}

#[test]
fn what_a_rehearsal_refuses_is_known_for_every_setting() {
    let refused: Vec<&str> = all().filter(|setting| setting.is_real("anything")).map(|setting| setting.flag).collect();
    let wanted = [
        "--gitlab-url",
        "--token-file",
        "--header-file",
        "--kit",
        "--factory-key-file",
        "--ca-cert",
        "--factory-ca-cert",
        "--client-cert",
        "--proxy",
        "--keyring",
        "--application-secret-file",
        "--redirect-uri",
        "--webhook-url",
        "--webhook-secret-file",
        "--recipient",
        "--upload-url",
    ];
    assert_eq!(refused, wanted);
    assert!(!keys::PROXY.is_real("none") && !keys::KEYRING.is_real("off"));
}

#[test]
fn each_place_that_names_something_real_is_found() {
    let variables = env(&[("GITLAB_TOKEN", "glpat-x"), ("FACTORY_GITLAB_PROXY", "none"), ("CI", "1")]);
    let file = answers("upload_url = 'https://factory.example'\ntimeout = 3\ngitlab_url = 'https://acme.com'");
    let settings = Settings::new(given(&keys::GITLAB_URL, "https://acme.com"), &variables, file);
    let found: Vec<String> = settings.real_systems().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["--gitlab-url", "gitlab_url in /etc/acme.toml", "the variable GITLAB_TOKEN", "upload_url in /etc/acme.toml"]
    );
}

#[test]
fn a_switch_can_be_turned_off_in_the_answers_file() {
    let settings = Settings::new(CliValues::default(), &env(&[]), answers("personal = false\nrenew_secret = true"));
    assert!(!settings.is_enabled(&keys::PERSONAL));
    assert!(settings.is_enabled(&keys::RENEW_SECRET));
    assert!(!settings.is_enabled(&keys::YES));
}

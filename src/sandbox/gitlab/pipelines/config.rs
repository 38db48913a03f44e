//! Reads the part of a CI configuration that decides which jobs there are. Not a YAML parser: keys at the left are jobs and
//! keywords, and of a job its `script`, `stage`, `when` and `environment` are read where they stand on lines of their own.
//!
//! gitlab: lib/gitlab/ci/config/entry/

/// Keys at the left that are not jobs (gitlab: entry/root.rb).
const KEYWORDS: [&str; 12] = [
    "after_script",
    "before_script",
    "cache",
    "default",
    "image",
    "include",
    "services",
    "spec",
    "stages",
    "types",
    "variables",
    "workflow",
];

/// The jobs of a configuration.
#[derive(Debug, Default, PartialEq)]
pub(super) struct CiConfig {
    pub jobs: Vec<CiJob>,
    /// `workflow` lets no pipeline be made.
    pub filters_all: bool,
    /// Where `workflow` names sources of pipelines, it lets only theirs be made.
    pub sources: Vec<String>,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct CiJob {
    pub name: String,
    pub stage: String,
    pub is_manual: bool,
    pub environment: Option<String>,
    has_script: bool,
    /// Its rules exclude it always.
    is_never: bool,
}

impl CiConfig {
    /// The jobs, those left out that run never.
    ///
    /// # Errors
    /// GitLab's text for a configuration that cannot be used.
    pub(super) fn read(content: &str) -> Result<Self, String> {
        let mut config = Self::default();
        let mut all: Vec<CiJob> = Vec::new();
        let mut key = String::new();
        for line in content.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
            if line.contains('\t') {
                return Err(
                    "(<unknown>): found character that cannot start any token while scanning for the next token"
                        .to_owned(),
                );
            }
            if line.starts_with([' ', '-']) {
                config.read_below(&key, line.trim_start_matches([' ', '-']), all.last_mut());
                continue;
            }
            let Some((name, rest)) = line.split_once(':') else {
                return Err("Invalid configuration format".to_owned());
            };
            key = name.trim_matches('"').to_owned();
            if !key.starts_with('.') && !KEYWORDS.contains(&key.as_str()) {
                if !rest.trim().is_empty() {
                    return Err(format!("jobs:{key} config should be a hash"));
                }
                all.push(CiJob { name: key.clone(), stage: "test".to_owned(), ..CiJob::default() });
            }
        }
        if all.is_empty() {
            return Err("jobs config should contain at least one visible job".to_owned());
        }
        if let Some(empty) = all.iter().find(|job| !job.has_script) {
            return Err(format!("jobs:{} config should implement the script:, run:, or trigger: keyword", empty.name));
        }
        config.jobs = all.into_iter().filter(|job| !job.is_never).collect();
        Ok(config)
    }

    fn read_below(&mut self, key: &str, line: &str, job: Option<&mut CiJob>) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.trim().trim_matches(['"', '\'']);
        if key == "workflow" {
            self.filters_all |= name == "when" && value == "never";
            let source = line.strip_prefix("if: $CI_PIPELINE_SOURCE == ");
            self.sources.extend(source.map(|source| source.trim_matches(['"', '\'']).to_owned()));
        }
        let Some(job) = job.filter(|job| job.name == key) else { return };
        match (name, value) {
            ("script" | "run" | "trigger", _) => job.has_script = true,
            ("stage", stage) => stage.clone_into(&mut job.stage),
            ("when", "manual") => job.is_manual = true,
            ("when", "never") => job.is_never = true,
            ("environment", name) if !name.is_empty() => job.environment = Some(name.to_owned()),
            _ => {}
        }
    }

    /// What Auto DevOps runs in a project without a configuration; the least of it.
    pub(super) fn auto_devops() -> Self {
        let job =
            |name: &str| CiJob { name: name.to_owned(), stage: name.to_owned(), has_script: true, ..CiJob::default() };
        Self { jobs: vec![job("build"), job("test")], filters_all: false, sources: Vec::new() }
    }

    /// Whether its pipelines are those of merge requests.
    pub(super) fn is_for_merge_requests(content: &str) -> bool {
        content.contains("merge_request_event")
    }
}

#[cfg(test)]
mod tests {
    use super::CiConfig;

    #[test]
    fn jobs_are_read_and_wrong_configurations_get_gitlabs_texts() {
        let read = |content: &str| CiConfig::read(content).map(|config| config.jobs.len());
        assert_eq!(
            read("stages: [a]\n.hidden:\n  script: x\na:\n  stage: a\n  script: [true]\nb:\n  script:\n    - true\n"),
            Ok(2)
        );
        assert_eq!(read("a:\n  script: x\n  rules:\n    - when: never\n"), Ok(0));
        for (content, error) in [
            ("", "jobs config should contain at least one visible job"),
            ("stages: [a]\n", "jobs config should contain at least one visible job"),
            ("a:\n  stage: test\n", "jobs:a config should implement the script:, run:, or trigger: keyword"),
            ("a: b\n", "jobs:a config should be a hash"),
            ("nothing\n", "Invalid configuration format"),
        ] {
            assert_eq!(read(content), Err(error.to_owned()), "{content:?}");
        }
        let config = CiConfig::read("d:\n  script: x\n  when: manual\n  environment: prod\n").expect("a configuration");
        assert!(config.jobs[0].is_manual);
        assert_eq!(config.jobs[0].environment.as_deref(), Some("prod"));
        assert!(
            CiConfig::read("workflow:\n  rules:\n    - when: never\na:\n  script: x\n")
                .is_ok_and(|one| one.filters_all)
        );
    }
}

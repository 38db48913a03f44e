//! Ready files for the engines that run this program: CI, Ansible, Kubernetes, systemd, Prometheus.
//!
//! The files are below `recipe/`, in a folder of the recipe's name, as they are written out; `tests/real/recipes` runs each by
//! its engine. In them `@VERSION@` stands for the version of this program.

/// A recipe.
#[derive(Debug)]
pub struct Recipe {
    pub name: &'static str,
    pub what: &'static str,
    pub files: &'static [RecipeFile],
}

/// A file of a recipe.
#[derive(Debug)]
pub struct RecipeFile {
    /// Where it belongs, below the folder that the recipe is written to.
    pub path: &'static str,
    source: &'static str,
}

impl RecipeFile {
    /// Its text, for this version of the program.
    #[must_use]
    pub fn text(&self) -> String {
        self.source.replace("@VERSION@", env!("CARGO_PKG_VERSION"))
    }
}

/// A recipe and its files, which stand in a folder of its name.
macro_rules! recipe {
    ($name:literal, $what:literal, [$($path:literal),+ $(,)?]) => {
        Recipe {
            name: $name,
            what: $what,
            files: &[$(RecipeFile { path: $path, source: include_str!(concat!("recipe/", $name, "/", $path)) }),+],
        }
    };
}

/// Every recipe.
pub const ALL: &[Recipe] = &[
    recipe!("gitlab-ci", "GitLab CI: verify every night", [".gitlab-ci.yml"]),
    recipe!(
        "gitlab-component",
        "GitLab CI: a project for the CI/CD catalog",
        ["templates/verify.yml", ".gitlab-ci.yml", "README.md"]
    ),
    recipe!("gitlab-fleet", "GitLab CI: connect and verify many instances, one table", [".gitlab-ci.yml"]),
    recipe!(
        "ansible",
        "Ansible: a role that connects and verifies",
        [
            "roles/factory_gitlab/defaults/main.yml",
            "roles/factory_gitlab/meta/argument_specs.yml",
            "roles/factory_gitlab/meta/main.yml",
            "roles/factory_gitlab/tasks/main.yml",
            "inventory.yml",
            "playbook.yml",
        ]
    ),
    recipe!("kubernetes", "Kubernetes: a CronJob that verifies", ["cronjob.yml"]),
    recipe!(
        "systemd",
        "systemd: a timer that monitors",
        ["factory-gitlab-monitor.service", "factory-gitlab-monitor.timer"]
    ),
    recipe!("prometheus", "Prometheus: alerts over the metrics of monitor", ["factory-gitlab.rules.yml"]),
];

/// The recipe of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Recipe> {
    ALL.iter().find(|recipe| recipe.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_of_this_version_and_says_which_recipe_it_is() {
        for recipe in ALL {
            let texts: Vec<String> = recipe.files.iter().map(RecipeFile::text).collect();
            let named = format!("factory-gitlab recipe {}", recipe.name);
            assert!(texts.iter().any(|text| text.contains(&named)), "{}: {named}", recipe.name);
            for (file, text) in recipe.files.iter().zip(&texts) {
                assert!(!text.contains("@VERSION@") && text.ends_with('\n'), "{}: {}", recipe.name, file.path);
                assert!(text.lines().all(|line| line.len() <= 130), "{}: {}", recipe.name, file.path);
            }
        }
    }

    #[test]
    fn every_file_of_the_folders_is_in_the_table() {
        fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
            let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
            entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
        }
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/recipe");
        let known: Vec<std::path::PathBuf> = ALL
            .iter()
            .flat_map(|recipe| recipe.files.iter().map(|file| root.join(recipe.name).join(file.path)))
            .collect();
        for path in files(&root) {
            assert!(known.contains(&path), "{} is in no recipe", path.display());
        }
    }
}

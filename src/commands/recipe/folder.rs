//! The directory that a recipe is written to: all of its files, or none where one differs.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::commands::output::cannot_write;
use crate::error::{Failure, Fix};
use crate::files::{self, Readers, Staged};
use crate::recipe::{Recipe, RecipeFile};
use crate::secret::shown_place;
use crate::text::counted;

/// A file that is not in its place yet has a name that begins so.
const STAGED: &str = ".factory-gitlab-recipe-";

/// At most this many bytes of a file are compared; no recipe is that long.
const LARGEST: u64 = 1 << 20;

/// Writes the files that are not there; the paths of those.
///
/// # Errors
/// A problem that names each file that differs, or a usage error where the directory cannot be written.
pub(super) fn write(recipe: &Recipe, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let (mut missing, mut different) = (Vec::new(), Vec::new());
    for file in recipe.files {
        let path = folder.join(file.path);
        match compare(&path, file).map_err(|error| cannot_write(&path, &error))? {
            Found::Nothing => missing.push((path, file)),
            Found::Same => {}
            Found::Different => different.push(path),
        }
    }
    if !different.is_empty() {
        return Err(refuse(&different));
    }
    let staged: Vec<(&Path, Staged)> =
        missing.iter().map(|(path, file)| Ok((path.as_path(), stage(path, file)?))).collect::<Result<_, Failure>>()?;
    for (path, staged) in staged {
        staged.put().map_err(|error| cannot_write(path, &error))?;
    }
    Ok(missing.into_iter().map(|(path, _)| path).collect())
}

enum Found {
    Nothing,
    Same,
    /// Another content, or what is not a file.
    Different,
}

fn compare(path: &Path, file: &RecipeFile) -> io::Result<Found> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
        Ok(found) if !found.is_file() => return Ok(Found::Different),
        Ok(_) => {}
    }
    let same = files::read_up_to(path, LARGEST)? == file.text().as_bytes();
    Ok(if same { Found::Same } else { Found::Different })
}

fn stage(path: &Path, file: &RecipeFile) -> Result<Staged, Failure> {
    let staged = || -> io::Result<Staged> {
        path.parent().map_or(Ok(()), files::create_folder)?;
        files::stage(path, Readers::Everyone, STAGED, file.text().as_bytes())
    };
    staged().map_err(|error| cannot_write(path, &error).because("nothing was written"))
}

fn refuse(different: &[PathBuf]) -> Failure {
    let differ = if different.len() == 1 { "differs" } else { "differ" };
    let message = format!("{} {differ} from the recipe; nothing was written", counted(different.len(), "file"));
    let failure = different.iter().fold(Failure::problem(message), |failure, path| {
        failure.because(format!("{} is not as the recipe has it", shown_place(path)))
    });
    failure.fix(Fix::say("write to another directory with --dir and compare, or move away what is to be replaced"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExitCode;
    use crate::recipe;

    fn component() -> &'static Recipe {
        recipe::find("gitlab-component").expect("a recipe")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_written_once_and_then_left_as_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("new/project");
        let written = write(component(), &target).expect("written");
        assert_eq!(written.len(), component().files.len(), "{written:?}");
        for file in component().files {
            assert_eq!(std::fs::read_to_string(target.join(file.path)).expect("a file"), file.text());
        }
        assert_eq!(names(&target), [".gitlab-ci.yml", "README.md", "templates"]);
        assert!(write(component(), &target).expect("nothing to write").is_empty());
    }

    #[test]
    fn what_differs_is_named_and_nothing_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let (readme, template) = (folder.path().join("README.md"), folder.path().join("templates/verify.yml"));
        files::write_atomically(&readme, Readers::Everyone, |file| file.write_all(b"our own\n")).expect("a file");
        files::create_folder(&template).expect("a folder in the place of a file");
        let failure = write(component(), folder.path()).expect_err("two files differ");
        assert_eq!(failure.exit_code(), ExitCode::Problem);
        assert_eq!(failure.message, "2 files differ from the recipe; nothing was written");
        assert_eq!(failure.causes.len(), 2, "{failure}");
        assert!(failure.causes[1].contains("README.md"), "{failure}");
        assert_eq!(names(folder.path()), ["README.md", "templates"]);
        assert_eq!(std::fs::read(&readme).expect("a file"), b"our own\n");
    }

    #[test]
    fn a_missing_file_is_added_to_those_that_are_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        write(component(), folder.path()).expect("written");
        files::remove_regular(&folder.path().join("README.md")).expect("removed");
        assert_eq!(write(component(), folder.path()).expect("written"), [folder.path().join("README.md")]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("README.md");
        std::os::unix::fs::symlink("/no/such/file", &link).expect("a link");
        assert_eq!(write(component(), folder.path()).expect_err("a link").causes.len(), 1);
        assert!(link.is_symlink());
    }

    #[test]
    fn a_directory_that_is_a_file_is_a_usage_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        files::write_atomically(&file, Readers::Everyone, |_| Ok(())).expect("a file");
        assert_eq!(write(component(), &file).expect_err("not a folder").exit_code(), ExitCode::Usage);
    }
}

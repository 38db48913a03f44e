//! Starts the browser, without the secrets of this process.

use std::io;
use std::process::{Command, Stdio};

use url::Url;

pub(super) fn open(url: &Url, withheld: &[&str]) -> io::Result<()> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "this system has no command that opens a page");
    for mut command in commands(url, withheld) {
        match command.spawn() {
            Ok(mut child) => {
                // Launchers hand over to the browser and end; waiting for it elsewhere leaves no zombie.
                std::thread::spawn(move || child.wait());
                return Ok(());
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// What opens the page on this system, in the order in which they are tried.
fn commands(url: &Url, withheld: &[&str]) -> Vec<Command> {
    let mut commands = open::commands(url.as_str());
    for command in &mut commands {
        withheld.iter().for_each(|name| {
            command.env_remove(name);
        });
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // A group of its own: Ctrl-C here does not close the browser.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_browser_inherits_a_variable_that_is_withheld() {
        let url = "https://acme.com/".parse().expect("an address");
        let commands = commands(&url, &["GITLAB_TOKEN", "FACTORY_API_KEY"]);
        assert!(!commands.is_empty());
        for command in commands {
            let removed: Vec<_> =
                command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
            assert!(removed.contains(&"GITLAB_TOKEN".as_ref()) && removed.contains(&"FACTORY_API_KEY".as_ref()));
        }
    }
}

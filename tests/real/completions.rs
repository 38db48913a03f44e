//! The completion scripts in real shells. A shell that is not installed is skipped, and the test says so.

use std::path::Path;
use std::process::Command;

use crate::programs::{find, finish};

/// What is typed, and a word that must be offered.
const TYPED: [(&str, &str); 7] = [
    ("factory-gitlab ver", "verify"),
    ("factory-gitlab verify --li", "--list"),
    ("factory-gitlab -q verify --li", "--list"),
    ("factory-gitlab kit che", "check"),
    ("factory-gitlab kit check --factory-k", "--factory-key-file"),
    ("factory-gitlab verify --only token.adm", "token.admin"),
    ("factory-gitlab verify --skip webhook.dup", "webhook.duplicates"),
];

/// The shell, where it is installed.
fn shell(name: &str) -> Option<Command> {
    let found = find(name).map(Command::new);
    if found.is_none() {
        crate::programs::say(&format!("SKIPPED: {name} is not installed, so its completions were not tried"));
    }
    found
}

fn scripts() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

#[test]
fn bash_completes_after_every_command() {
    // Calls the function as readline does: the words, the word to complete and the one before it.
    const LINE: &str = r#"
        source "$1"; shift
        read -ra COMP_WORDS <<< "$1"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
        function=$(complete -p factory-gitlab | sed 's/.*-F \([^ ]*\).*/\1/')
        "$function" factory-gitlab "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    for (typed, offered) in TYPED {
        let Some(mut bash) = shell("bash") else { return };
        let script = scripts().join("factory-gitlab.bash");
        let output = finish(bash.args(["--norc", "-c", LINE, "bash"]).arg(script).arg(typed));
        assert!(output.lines().any(|line| line == offered), "{typed}: {output:?}");
    }
}

#[test]
fn fish_completes_after_every_command() {
    for (typed, offered) in TYPED {
        let Some(mut fish) = shell("fish") else { return };
        let script = scripts().join("factory-gitlab.fish");
        let line = format!("source {}; complete -C '{typed}'", script.display());
        let home = tempfile::tempdir().expect("a home");
        let output = finish(fish.args(["--no-config", "-c", &line]).env("HOME", home.path()));
        assert!(output.lines().any(|line| line.split('\t').next() == Some(offered)), "{typed}: {output:?}");
    }
}

#[test]
fn zsh_completes_after_every_command() {
    // zsh completes only while a line is edited, so it is driven in a terminal of its own, and shows the completed line.
    const LINE: &str = r#"
        zmodload zsh/zpty || exit 1
        zpty -b shell zsh -f -i
        zpty -w shell "PROMPT=; unset zle_bracketed_paste; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
        zpty -w shell "bindkey '^I' complete-word; setopt no_beep no_list_beep; echo REA''DY"
        zpty -m -r shell output '*READY*'
        zpty -w -n shell "$2"$'\t\x01: \x05\n'
        zpty -w -n shell $'echo EN\'\'D\n'
        zpty -m -r shell output '*END*'
        print -r -- "$output""#;
    for (typed, offered) in TYPED {
        let Some(mut zsh) = shell("zsh") else { return };
        let home = tempfile::tempdir().expect("a home");
        let output = finish(zsh.args(["-f", "-c", LINE, "zsh"]).arg(scripts()).arg(typed).env("HOME", home.path()));
        assert!(output.contains(offered), "{typed}: {output:?}");
    }
}

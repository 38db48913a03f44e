//! The globs of `--exclude`, `--only`, `--skip` and the sandbox's faults.

use std::fmt;
use std::str::FromStr;

use glob::{MatchOptions, Pattern};

/// A glob over a path or a code: `?`, `*`, `**`, `[ab]` and `[!ab]`. A `*` matches a `/` too.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Glob(Pattern);

/// Why a text is not a glob, as a fragment.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GlobError {
    #[error("it is longer than {} characters", Glob::LONGEST)]
    Long,
    /// Other programs know them; here they would silently match themselves.
    #[error("it has a {0:?}, which globs do not have here; {1}")]
    Foreign(char, &'static str),
    #[error("a ** is only possible between two slashes, or at an end")]
    Recursive,
    #[error("a [ has no ]")]
    Set,
}

impl Glob {
    /// In bytes. A pattern is kept, and tried on each path.
    const LONGEST: usize = 1000;

    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.matches(text)
    }

    /// The same for a path of which `*` matches one part only.
    #[must_use]
    pub fn is_match_in_parts(&self, path: &str) -> bool {
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        self.0.matches_with(path, options)
    }
}

impl FromStr for Glob {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, GlobError> {
        if text.len() > Self::LONGEST {
            return Err(GlobError::Long);
        }
        if let Some(brace) = text.chars().find(|c| matches!(c, '{' | '}')) {
            return Err(GlobError::Foreign(brace, "give one glob for each"));
        }
        if text.contains('\\') {
            return Err(GlobError::Foreign('\\', "a set takes a character as it is, as in [*]"));
        }
        if text.contains("[^") {
            return Err(GlobError::Foreign('^', "a set that excludes is written [!ab]"));
        }
        let not_a_glob = |at: usize| {
            if text.chars().nth(at) == Some('[') { GlobError::Set } else { GlobError::Recursive }
        };
        Pattern::new(text).map(Self).map_err(|error| not_a_glob(error.pos))
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// Several globs, in the order in which they were given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Globs(Vec<Glob>);

impl Globs {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.iter().any(|glob| glob.is_match(text))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Glob> {
        self.0.iter()
    }
}

impl FromIterator<Glob> for Globs {
    fn from_iter<I: IntoIterator<Item = Glob>>(globs: I) -> Self {
        Self(globs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(text: &str) -> Glob {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_star_matches_below_and_two_of_them_match_whole_parts() {
        for (pattern, matched, others) in [
            ("acme/old", &["acme/old"][..], &["acme/older", "acme/old/site", "other/acme/old"][..]),
            ("acme/old/**", &["acme/old/site", "acme/old/a/b"], &["acme/old", "acme/older"]),
            ("**/legacy", &["legacy", "acme/legacy", "acme/a/legacy"], &["acme/notlegacy", "legacy/a"]),
            ("acme/**/old", &["acme/old", "acme/a/b/old"], &["acme/bold"]),
            ("*-mirror", &["web-mirror", "acme/web-mirror"], &["acme/web-mirrors"]),
            ("acme/team-?", &["acme/team-a"], &["acme/team-", "acme/team-ab"]),
            ("acme/[ab]*", &["acme/api", "acme/b"], &["acme/core"]),
            ("acme/[!ab]*", &["acme/core"], &["acme/api"]),
        ] {
            let glob = glob(pattern);
            for path in matched {
                assert!(glob.is_match(path), "{pattern} and {path}");
            }
            for path in others {
                assert!(!glob.is_match(path), "{pattern} and {path}");
            }
        }
    }

    #[test]
    fn within_the_parts_of_a_path_a_star_ends_at_a_slash() {
        assert!(glob("/api/v4/*/5").is_match_in_parts("/api/v4/hooks/5"));
        assert!(!glob("/api/v4/*/5").is_match_in_parts("/api/v4/groups/1/hooks/5"));
        assert!(glob("/api/v4/**").is_match_in_parts("/api/v4/groups/1/hooks/5"));
    }

    #[test]
    fn what_other_programs_take_is_refused_and_not_matched_as_it_stands() {
        let why = |text: &str| text.parse::<Glob>().expect_err(text).to_string();
        assert_eq!(why("acme/{old,older}"), "it has a '{', which globs do not have here; give one glob for each");
        assert!(why("acme/\\*").ends_with("as in [*]"));
        assert!(why("[^ab]*").ends_with("a set that excludes is written [!ab]"));
        assert_eq!(why("acme/[ab"), "a [ has no ]");
        for text in ["acme**", "**acme", "***", "acme/**old"] {
            assert_eq!(why(text), "a ** is only possible between two slashes, or at an end", "{text}");
        }
    }

    #[test]
    fn a_glob_of_many_stars_is_matched_in_a_moment() {
        let glob = glob(&format!("{}c", "a*".repeat(400)));
        assert!(glob.is_match(&format!("{}c", "ab".repeat(400))));
        assert!(!glob.is_match(&"ab".repeat(2000)), "it ends otherwise");
        assert_eq!("a".repeat(Glob::LONGEST + 1).parse::<Glob>(), Err(GlobError::Long));
    }
}

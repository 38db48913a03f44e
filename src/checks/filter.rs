//! Which checks are wanted (`--only`, `--skip`): globs over the codes.

use std::collections::BTreeSet;

use super::{Check, CheckInfo, CheckSet, all, cloud};
use crate::error::{Failure, Fix};
use crate::observed::Reads;
use crate::text::{Glob, GlobError, Globs};

/// Which checks are reported. The default is all.
#[derive(Clone, Debug, Default)]
pub struct CheckFilter {
    of: CheckSet,
    /// `None` is all.
    only: Option<Globs>,
    skip: Globs,
}

impl CheckFilter {
    /// Reads the patterns as they were given.
    ///
    /// # Errors
    /// A usage error: a pattern that cannot be read or that matches no code, with the codes that were probably meant.
    pub fn new(only: &[String], skip: &[String]) -> Result<Self, Failure> {
        Self::within(CheckSet::Connection, only, skip)
    }

    /// The same over the checks of another set.
    ///
    /// # Errors
    /// As [`CheckFilter::new`].
    pub fn within(of: CheckSet, only: &[String], skip: &[String]) -> Result<Self, Failure> {
        let only = if only.is_empty() { None } else { Some(set(of, "--only", only)?) };
        let filter = Self { of, only, skip: set(of, "--skip", skip)? };
        if of.infos().iter().any(|check| filter.wants(check.code)) {
            Ok(filter)
        } else {
            Err(Failure::usage("--only and --skip leave no check"))
        }
    }

    /// Every check and finding whose code, or whose category, is given; all where none is.
    ///
    /// # Errors
    /// As [`CheckFilter::new`].
    pub fn named(codes: &[String]) -> Result<Self, Failure> {
        let of = CheckSet::Explained;
        // A code without a dot is a category of one.
        let is_category = |text: &str| of.infos().iter().any(|one| one.category() == text && one.code != text);
        let pattern = |text: &String| if is_category(text) { format!("{text}.*") } else { text.clone() };
        let patterns: Vec<String> = codes.iter().map(pattern).collect();
        let only = if patterns.is_empty() { None } else { Some(set(of, "explain", &patterns)?) };
        Ok(Self { of, only, skip: Globs::default() })
    }

    #[must_use]
    pub fn wants(&self, code: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.is_match(code)) && !self.skip.is_match(code)
    }

    /// The checks that are wanted, in the order of the report.
    pub fn infos(&self) -> impl Iterator<Item = CheckInfo> {
        self.of.infos().into_iter().filter(|check| self.wants(check.code))
    }

    /// Of those, the checks.
    pub fn checks(&self) -> impl Iterator<Item = CheckInfo> {
        let checks = CheckSet::All.infos();
        self.infos().filter(move |one| checks.iter().any(|check| check.code == one.code))
    }

    /// The findings of `audit` that are wanted, also those whose page is a check's.
    pub fn findings(&self) -> impl Iterator<Item = CheckInfo> {
        let all = if self.of == CheckSet::Explained { CheckSet::Review.infos() } else { Vec::new() };
        all.into_iter().filter(|finding| self.wants(finding.code))
    }

    /// The codes of the checks that are wanted, and of those that they depend on.
    #[must_use]
    pub fn codes(&self) -> BTreeSet<&'static str> {
        let mut codes = BTreeSet::new();
        for check in self.of.infos().into_iter().rev() {
            if self.wants(check.code) || codes.contains(check.code) {
                codes.insert(check.code);
                codes.extend(check.depends_on);
            }
        }
        codes
    }

    /// What has to be read to judge the checks that are wanted, and those that they depend on.
    #[must_use]
    pub fn reads(&self) -> Reads {
        let codes = self.codes();
        let mut reads = Reads::default();
        let is_absent = |check: &&Check| self.of == CheckSet::Cloud && cloud::absent(check).is_some();
        for check in all().filter(|check| codes.contains(check.code) && !is_absent(check)) {
            reads.extend(
                check.reads.iter().copied().filter(|read| self.of != CheckSet::Cloud || !cloud::never_reads(*read)),
            );
        }
        reads
    }
}

/// A pattern in quotes, or the beginning of a long one.
fn quoted(pattern: &str) -> String {
    const LONGEST: usize = 60;
    match pattern.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &pattern[..end]),
        None => format!("{pattern:?}"),
    }
}

fn set(of: CheckSet, flag: &str, patterns: &[String]) -> Result<Globs, Failure> {
    let read = |pattern: &String| {
        let not_a_pattern = |why: GlobError| {
            Failure::usage(format!("{flag} {} is not a pattern", quoted(pattern))).because(why.to_string())
        };
        let glob: Glob = pattern.parse().map_err(not_a_pattern)?;
        let is_known = of.infos().iter().any(|check| glob.is_match(check.code));
        if is_known { Ok(glob) } else { Err(unknown(of, flag, pattern)) }
    };
    patterns.iter().map(read).collect()
}

fn unknown(of: CheckSet, flag: &str, pattern: &str) -> Failure {
    let checks = of.infos();
    if let Some(other) = CheckSet::Explained.infos().into_iter().find(|check| check.code == pattern) {
        return Failure::usage(format!("{flag} {pattern:?} is not among the checks of this command"))
            .fix(Fix::run("it belongs to another command; its page:", format!("factory-gitlab explain {}", other.code)))
            .fix(Fix::run("the checks of this one:", of.list_command()));
    }
    let typed = pattern.to_lowercase();
    let distance = |check: &CheckInfo| (strsim::levenshtein(&typed, check.code), check.code);
    // Another code than this far away is not what was meant.
    let is_near = |(distance, _): &(usize, &str)| *distance <= pattern.chars().count() / 2;
    let mut near: Vec<(usize, &str)> = checks.iter().map(distance).filter(is_near).collect();
    near.sort_unstable();
    let category: Vec<&str> = checks.iter().filter(|check| check.category() == typed).map(|check| check.code).collect();
    let meant = match category.as_slice() {
        [] => near.iter().take(3).map(|(_, code)| *code).collect::<Vec<_>>().join(", "),
        _ => format!("{typed}.*"),
    };
    let noun = if of == CheckSet::Explained { "check or finding" } else { "check" };
    let text =
        if meant.is_empty() { "all of them:".to_owned() } else { format!("probably meant: {meant}; all of them:") };
    Failure::usage(format!("{flag} {pattern:?} matches no {noun}")).fix(Fix::run(text, of.list_command()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_code_of_another_command_is_told_with_its_page() {
        let failure = CheckFilter::new(&patterns(&["network.ssh"]), &[]).expect_err("not one of verify");
        let commands: Vec<String> =
            failure.fixes.iter().filter_map(|fix| fix.command.as_ref()).map(|one| one.line("verify")).collect();
        assert_eq!(commands, ["factory-gitlab explain network.ssh", "factory-gitlab verify --list"]);
    }

    #[test]
    fn a_pattern_that_is_too_long_is_refused_and_shown_in_part() {
        let failure = CheckFilter::within(CheckSet::Cloud, &["*".repeat(100_000)], &[]).expect_err("too long");
        assert!(failure.message.len() < 200 && failure.causes == ["it is longer than 1000 characters"], "{failure}");
    }

    #[test]
    fn patterns_select_checks_by_code() {
        for (only, skip, wanted, unwanted) in [
            (&[][..], &[][..], "token.valid", "nothing.here"),
            (&["webhook.*"], &[], "webhook.token", "token.valid"),
            (&["token.valid", "instance.*"], &["*.tls"], "instance.dns", "instance.tls"),
            (&[], &["webhook.*"], "token.valid", "webhook.token"),
        ] {
            let filter = CheckFilter::new(&patterns(only), &patterns(skip)).expect("known codes");
            assert!(filter.wants(wanted), "{only:?} {skip:?}");
            assert!(!filter.wants(unwanted) || !all().any(|check| check.code == unwanted), "{only:?} {skip:?}");
        }
    }

    #[test]
    fn an_unknown_code_is_a_usage_error_that_names_similar_ones() {
        for (pattern, near) in [
            ("token.admim", "token.admin"),
            ("webhooks.*", "webhook."),
            ("instance", "instance.*"),
            ("network.ssh", "factory.status"),
        ] {
            let failure = CheckFilter::new(&patterns(&[pattern]), &[]).expect_err(pattern);
            assert_eq!(failure.exit_code(), crate::error::ExitCode::Usage);
            if pattern != "network.ssh" {
                assert!(failure.to_string().contains(near), "{failure}");
            }
        }
    }

    #[test]
    fn a_filter_that_leaves_no_check_is_a_usage_error() {
        assert!(CheckFilter::new(&patterns(&["token.valid"]), &patterns(&["token.*"])).is_err());
    }
}

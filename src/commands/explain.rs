//! `explain CODE`: the page of a check, or of a finding of `audit`.

use std::io;

use clap::Args;

use super::Context;
use super::verify::list::List;
use crate::checks::{CheckFilter, CheckInfo, review};
use crate::cli::after_help::{after_help, own};
use crate::error::ExitCode::{Done, Usage};
use crate::error::{ExitCode, Failure};
use crate::report::{Json, Report};
use crate::text::{Line, Text, Tone};

const EXAMPLES: &[&str] = &[
    "factory-gitlab explain",
    "factory-gitlab explain webhook.coverage",
    "factory-gitlab explain token.former",
    "factory-gitlab explain 'network.ssh*'",
];

/// Print what a check or a finding means and how to repair it
///
/// Without a code it lists every check, and every finding of audit. A pattern ('network.ssh*') or a category (webhook) prints
/// several pages.
#[derive(Args, Debug)]
#[command(after_long_help = after_help(&[own(Done, "printed"), own(Usage, "usage error: unknown code")], EXAMPLES))]
pub struct ExplainArgs {
    /// The code of a check or a finding, a pattern, or a category
    #[arg(value_name = "CODE")]
    pub codes: Vec<String>,
}

pub(super) async fn explain(args: ExplainArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let list = List { filter: CheckFilter::named(&args.codes)? };
    if args.codes.is_empty() { context.finish(&list) } else { context.finish(&Pages(list)) }
}

/// The whole pages of what is listed.
struct Pages(List);

impl Report for Pages {
    fn text(&self, text: &mut Text) {
        for check in self.0.filter.infos() {
            write_page(&check, &self.0.filter, text);
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        self.0.json(into)
    }

    fn exit_code(&self) -> ExitCode {
        Done
    }
}

fn write_page(info: &CheckInfo, filter: &CheckFilter, text: &mut Text) {
    text.heading(format!("{}: {}", info.code, info.title));
    if filter.checks().any(|check| check.code == info.code) {
        let needs = match info.depends_on {
            [] => String::new(),
            codes => format!("; needs {}", codes.join(", ")),
        };
        text.line(Line::new().dim(format!("{} where it does not hold{needs}", info.severity.name())));
    }
    if let Some(CheckInfo { severity, title, .. }) = review::find(info.code) {
        let title = if title == info.title { String::new() } else { format!(": {title}") };
        text.line(Line::new().dim(format!("{} in a review (factory-gitlab audit){title}", severity.name())));
    }
    for (heading, markdown) in info.page().parts {
        text.heading(heading);
        write_markdown(markdown, text);
    }
    text.gap();
    text.line(Line::new().with(Tone::Action, info.doc()));
}

/// The paragraphs and commands that the pages consist of.
fn write_markdown(markdown: &str, text: &mut Text) {
    for line in markdown.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => text.line(Line::new().plain("    ").with(Tone::Action, command)),
            // The commands stand directly below the sentence that names them.
            None if line.starts_with("```") => {
                text.lines.pop_if(|last| last.spans.is_empty());
            }
            None if line.is_empty() => text.gap(),
            None => text.line(Line::new().plain(format!("  {line}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::CheckSet;
    use crate::cli::Parsed;
    use crate::report::{Format, rendered};

    fn pages(codes: &[&str]) -> Result<String, Failure> {
        let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        Ok(rendered(&Pages(List { filter: CheckFilter::named(&codes)? }), Format::Text))
    }

    #[test]
    fn a_page_has_the_check_and_its_four_parts() {
        insta::assert_snapshot!(pages(&["webhook.enabled"]).expect("a check"), @r"
        webhook.enabled: no hook was disabled by GitLab
        error where it does not hold; needs token.admin

        What is asked
          GitLab stops sending to a hook that fails repeatedly, temporarily or permanently. A successful test enables it again.

        What it means when it fails
          GitLab has stopped sending to a webhook because its deliveries failed repeatedly. Temporarily, it tries again by itself after a while; permanently, it does not.

        How to repair it
          Find out first why deliveries failed, in the log on the webhook's page or here:
            factory-gitlab verify --only 'webhook.*'

          Then let a test delivery enable it again:
            factory-gitlab verify --live --only 'webhook.*'

        What it costs to ignore it
          No event arrives from there until it is enabled. Events of the meantime are not sent later.

        https://github.com/Factory-AI/factory-gitlab/blob/main/src/checks/pages/webhook.md#check-webhook-enabled
        ");
    }

    #[test]
    fn a_finding_of_a_review_has_a_page_like_a_check() {
        insta::assert_snapshot!(pages(&["token.former"]).expect("a finding"), @r"
        token.former: a token that Factory was given earlier is still valid
        warning in a review (factory-gitlab audit)

        What is asked
          Tokens that Factory was given earlier, by the record of this machine: whether they are still valid, although Factory was given another one since. Where GitLab does not show such a token, the review lists that as not visible.

        What it means when it is found
          A user's own token was handed over to Factory and was replaced there. That does not end it: `connect` and `rotate token` revoke only tokens that they created.

        How to repair it
          Create another token for yourself at `/-/user_settings/personal_access_tokens`, replace it where you use it, and revoke this one on the same page.

        What it costs to ignore it
          Factory, and each copy of an old bundle that can be opened, still has a token that works with all rights of its owner.

        https://github.com/Factory-AI/factory-gitlab/blob/main/src/checks/pages/token.md#check-token-former
        ");
    }

    #[test]
    fn a_page_that_a_check_and_a_finding_share_is_printed_once_and_says_both() {
        let text = pages(&["webhook.tls"]).expect("a page");
        assert_eq!(text.matches("What is asked").count(), 1, "{text}");
        insta::assert_snapshot!(text.lines().take(3).collect::<Vec<_>>().join("\n"), @r"
        webhook.tls: the hooks verify Factory's certificate
        error where it does not hold; needs token.admin
        error in a review (factory-gitlab audit): a webhook to Factory's host does not check its certificate
        ");
    }

    #[test]
    fn without_a_code_it_lists_the_checks_and_the_findings() {
        let list = List { filter: CheckFilter::named(&[]).expect("all") };
        let text = rendered(&list, Format::Text);
        let (checks, findings) = text.split_once("findings (audit)").expect("both");
        for (part, line) in [
            (checks, "webhook.tls error the hooks verify Factory's certificate"),
            (findings, "webhook.tls error a webhook to Factory's host does not check its certificate"),
            (findings, "administrators info who can change the connection"),
        ] {
            let words: Vec<&str> = part.split_whitespace().collect();
            assert!(words.join(" ").contains(line), "{line}: {text}");
        }
        assert!(!checks.contains("token.former") && !findings.contains("network."), "{text}");
        let json: serde_json::Value = serde_json::from_str(&rendered(&list, Format::Json)).expect("JSON");
        crate::testing::contract::hold(&json);
        let count = |name: &str| json[name].as_array().map_or(0, Vec::len);
        assert_eq!((count("checks"), count("findings")), (CheckSet::All.infos().len(), review::ALL.len()));
    }

    #[test]
    fn a_pattern_and_a_category_print_several_pages() {
        for (code, first, last) in [
            ("network.ssh*", "network.ssh: ", "network.ssh_hostkey: "),
            ("webhook", "webhook.coverage: ", "webhook.recent: "),
            ("webhook", "webhook.coverage: ", "webhook.unmarked: "),
            ("settings", "settings.admin_mode: ", "settings.deletion: "),
            ("event", "event: ", ""),
            ("cloud", "cloud.selection: ", ""),
        ] {
            let text = pages(&[code]).expect("checks");
            assert!(text.starts_with(first) && text.contains(last), "{code}: {text}");
        }
    }

    #[test]
    fn an_unknown_code_is_a_usage_error_that_says_what_was_probably_meant() {
        let failure = pages(&["webhook.covrage"]).expect_err("not a check");
        assert_eq!(failure.exit_code(), Usage);
        insta::assert_snapshot!(failure.describe("explain"), @r#"
        error: explain "webhook.covrage" matches no check or finding
        hint: probably meant: webhook.coverage, webhook.scope, webhook.events; all of them:
              factory-gitlab explain
        "#);
    }

    #[test]
    fn every_command_that_a_page_names_is_parsed() {
        let mut parsed = 0;
        for check in CheckFilter::named(&[]).expect("all").infos() {
            let page = check.page().parts.map(|(_, text)| text).join("\n");
            let printed = page.lines().filter_map(|line| line.strip_prefix("$ "));
            let quoted = page
                .lines()
                .filter(|line| !line.starts_with("```"))
                .flat_map(|line| line.split('`').skip(1).step_by(2));
            for command in printed.chain(quoted).filter(|command| command.starts_with("factory-gitlab ")) {
                let words = shlex::split(command).expect("words of a shell");
                let args: Vec<_> = words.into_iter().map(Into::into).collect();
                assert!(matches!(crate::commands::parse(&args), Ok(Parsed::Run(_))), "{}: {command}", check.code);
                parsed += 1;
            }
        }
        assert!(parsed > 40, "{parsed}");
    }
}

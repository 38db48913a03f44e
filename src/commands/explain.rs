//! `explain CODE`: the page of a check.

use std::io;

use clap::Args;

use super::Context;
use super::verify::list::List;
use crate::checks::{CheckFilter, CheckInfo};
use crate::cli::after_help::{after_help, own};
use crate::error::ExitCode::{Done, Usage};
use crate::error::{ExitCode, Failure};
use crate::report::{Json, Report};
use crate::text::{Line, Text, Tone};

const EXAMPLES: &[&str] =
    &["factory-gitlab explain", "factory-gitlab explain webhook.coverage", "factory-gitlab explain 'network.ssh*'"];

/// Print what a check asks, what its failure means and how to repair it
///
/// Without a code it lists every check. A pattern ('network.ssh*') or a category (webhook) prints several pages.
#[derive(Args, Debug)]
#[command(after_long_help = after_help(&[own(Done, "printed"), own(Usage, "usage error: unknown check")], EXAMPLES))]
pub struct ExplainArgs {
    /// The code of a check, a pattern, or a category
    #[arg(value_name = "CODE")]
    pub codes: Vec<String>,
}

pub(super) async fn explain(args: ExplainArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let list = List { filter: CheckFilter::named(&args.codes)? };
    if args.codes.is_empty() { context.finish(&list) } else { context.finish(&Pages(list)) }
}

/// The whole pages of the checks that are listed.
struct Pages(List);

impl Report for Pages {
    fn text(&self, text: &mut Text) {
        for check in self.0.checks() {
            write_page(&check, text);
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        self.0.json(into)
    }

    fn exit_code(&self) -> ExitCode {
        Done
    }
}

fn write_page(check: &CheckInfo, text: &mut Text) {
    text.heading(format!("{}: {}", check.code, check.title));
    let needs = match check.depends_on {
        [] => String::new(),
        codes => format!("; needs {}", codes.join(", ")),
    };
    text.line(Line::new().dim(format!("{} where it does not hold{needs}", check.severity.name())));
    for (heading, markdown) in check.page().parts() {
        text.heading(heading);
        write_markdown(markdown, text);
    }
    text.gap();
    text.line(Line::new().with(Tone::Action, check.doc()));
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
    fn a_pattern_and_a_category_print_several_pages() {
        for (code, first, last) in [
            ("network.ssh*", "network.ssh: ", "network.ssh_hostkey: "),
            ("webhook", "webhook.coverage: ", "webhook.recent: "),
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
        error: explain "webhook.covrage" matches no check
        hint: probably meant: webhook.coverage, webhook.scope, webhook.events; all of them:
              factory-gitlab explain
        "#);
    }

    #[test]
    fn every_command_that_a_page_names_is_parsed() {
        let mut parsed = 0;
        for check in CheckFilter::named(&[]).expect("all").infos() {
            let page = check.page().parts().map(|(_, text)| text).join("\n");
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

//! The page of each check and of each finding of `audit`, as `factory-gitlab explain CODE` prints it and
//! [`super::CheckInfo::doc`] addresses it. The texts stand in `pages`, a file for each category; what else is known of a check
//! stands in the registry.

use std::fmt::Write as _;

use super::{CheckInfo, CheckSet};

const FILES: [&str; 10] = [
    include_str!("pages/instance.md"),
    include_str!("pages/token.md"),
    include_str!("pages/application.md"),
    include_str!("pages/webhook.md"),
    include_str!("pages/factory.md"),
    include_str!("pages/cloud.md"),
    include_str!("pages/network.md"),
    include_str!("pages/settings.md"),
    include_str!("pages/administrators.md"),
    include_str!("pages/event.md"),
];

/// The four parts of a page, as Markdown: what is asked, what a failure means, how to repair it, what it costs to ignore it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CheckPage {
    /// Each part below its heading.
    pub parts: [(&'static str, &'static str); 4],
}

impl CheckPage {
    /// A test below holds that each check has one.
    pub(super) fn of(code: &str) -> Self {
        let begin = format!("\n## `{code}`: ");
        let page = FILES.iter().find_map(|file| file.split_once(&begin)).map_or("", |(_, rest)| rest);
        let page = page.split("\n## ").next().unwrap_or_default();
        // The anchor of the next page.
        let page =
            page.rsplit_once("\n<a id=").filter(|(_, rest)| !rest.contains("###")).map_or(page, |(page, _)| page);
        let mut parts = page.split("\n### ").skip(1).filter_map(|part| part.split_once('\n'));
        let parts = [(); 4].map(|()| parts.next().map_or(("", ""), |(heading, text)| (heading, text.trim())));
        Self { parts }
    }
}

/// The table of the checks for the README, with the anchors that earlier versions' reports point at.
#[must_use]
pub fn documentation() -> String {
    let mut text = "| check | holds when | otherwise | needs |\n|---|---|---|---|".to_owned();
    for check in CheckSet::All.infos() {
        let needs = check.depends_on.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
        // Writing to a String cannot fail.
        let _infallible = write!(
            text,
            "\n| <a id=\"{}\"></a>[`{}`]({}) | {} | {} | {needs} |",
            check.anchor(),
            check.code,
            check.doc_path(),
            check.title,
            check.severity.name(),
        );
    }
    text
}

/// The table of the findings of `audit` for the README.
#[must_use]
pub fn findings_documentation() -> String {
    let row = |finding: CheckInfo| {
        let CheckInfo { code, title, severity, depends_on: _ } = finding;
        format!("| [`{code}`]({}) | {title} | {} |", finding.doc_path(), severity.name())
    };
    let rows: Vec<String> = CheckSet::Review.infos().into_iter().map(row).collect();
    format!("| finding | what was found | severity |\n|---|---|---|\n{}", rows.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "What it means when it fails";
    const FOUND: &str = "What it means when it is found";

    #[test]
    fn every_check_and_every_finding_has_one_page_with_its_title_its_anchor_and_all_four_parts() {
        let checks: Vec<&str> = CheckSet::All.infos().iter().map(|check| check.code).collect();
        for check in CheckSet::Explained.infos() {
            let head = format!("<a id=\"{}\"></a>\n\n## `{}`: {}\n", check.anchor(), check.code, check.title);
            let pages = FILES.iter().filter(|file| file.contains(&head)).count();
            assert_eq!(pages, 1, "{head}");
            let means = if checks.contains(&check.code) { FAILED } else { FOUND };
            let headings = check.page().parts.map(|(heading, _)| heading);
            let wanted = ["What is asked", means, "How to repair it", "What it costs to ignore it"];
            assert_eq!(headings, wanted, "{}", check.code);
            for (heading, text) in check.page().parts {
                assert!(
                    text.len() > 60 && !text.contains("<a ") && !text.contains("##"),
                    "{}: {heading}: {text}",
                    check.code
                );
            }
        }
    }

    #[test]
    fn every_page_is_of_a_check_or_a_finding() {
        let codes: Vec<&str> = CheckSet::Explained.infos().iter().map(|check| check.code).collect();
        for heading in FILES.iter().flat_map(|file| file.lines()).filter_map(|line| line.strip_prefix("## `")) {
            let code = heading.split('`').next().unwrap_or_default();
            assert!(codes.contains(&code), "{heading}");
        }
    }

    #[test]
    fn a_page_that_serves_a_check_and_a_finding_says_what_a_review_reports() {
        let checks: Vec<&str> = CheckSet::All.infos().iter().map(|check| check.code).collect();
        let shared = CheckSet::Review.infos().into_iter().filter(|finding| checks.contains(&finding.code));
        for finding in shared {
            let [(_, asked), ..] = finding.page().parts;
            assert!(asked.contains("\n\nA review (`factory-gitlab audit`) "), "{}: {asked}", finding.code);
        }
    }
}

//! The page of each check, as `factory-gitlab explain CODE` prints it and [`super::CheckInfo::doc`] addresses it. The texts
//! stand in `pages`, a file for each category; what else is known of a check stands in the registry.

use std::fmt::Write as _;

use super::CheckSet;

const FILES: [&str; 7] = [
    include_str!("pages/instance.md"),
    include_str!("pages/token.md"),
    include_str!("pages/application.md"),
    include_str!("pages/webhook.md"),
    include_str!("pages/factory.md"),
    include_str!("pages/cloud.md"),
    include_str!("pages/network.md"),
];

/// The four parts of a page, as Markdown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CheckPage {
    pub asked: &'static str,
    pub failure: &'static str,
    pub repair: &'static str,
    pub ignoring: &'static str,
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
        let part = |heading: &str| {
            let text = page.split("\n### ").find_map(|part| part.strip_prefix(heading)?.strip_prefix('\n'));
            text.unwrap_or_default().trim()
        };
        let [asked, failure, repair, ignoring] = Self::HEADINGS.map(part);
        Self { asked, failure, repair, ignoring }
    }

    const HEADINGS: [&str; 4] =
        ["What is asked", "What it means when it fails", "How to repair it", "What it costs to ignore it"];

    /// Each part below its heading.
    #[must_use]
    pub fn parts(self) -> [(&'static str, &'static str); 4] {
        let [asked, failure, repair, ignoring] = Self::HEADINGS;
        [(asked, self.asked), (failure, self.failure), (repair, self.repair), (ignoring, self.ignoring)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_a_page_with_its_title_its_anchor_and_all_four_parts() {
        for check in CheckSet::All.infos() {
            let head = format!("<a id=\"{}\"></a>\n\n## `{}`: {}\n", check.anchor(), check.code, check.title);
            let pages = FILES.iter().filter(|file| file.contains(&head)).count();
            assert_eq!(pages, 1, "{head}");
            for (heading, text) in check.page().parts() {
                assert!(
                    text.len() > 60 && !text.contains("<a ") && !text.contains("##"),
                    "{}: {heading}: {text}",
                    check.code
                );
            }
        }
    }

    #[test]
    fn every_page_is_of_a_check() {
        let codes: Vec<&str> = CheckSet::All.infos().iter().map(|check| check.code).collect();
        for heading in FILES.iter().flat_map(|file| file.lines()).filter_map(|line| line.strip_prefix("## `")) {
            let code = heading.split('`').next().unwrap_or_default();
            assert!(codes.contains(&code), "{heading}");
        }
    }
}

//! The findings as links for the sidebar of a GitLab job (`artifacts:reports:annotations`).

use super::{Findings, is_problem};
use crate::checks::{CheckStatus, Finding};
use crate::report::annotations::{Annotations, Link};

impl Findings {
    /// The worst findings, each with the page where it is repaired and the page that explains it.
    pub(super) fn links(&self) -> Annotations {
        let mut wrong: Vec<&Finding> = self.findings.iter().filter(|finding| is_problem(finding)).collect();
        wrong.sort_by_key(|finding| match finding.status {
            CheckStatus::Fail => 0,
            CheckStatus::Unknown => 1,
            _ => 2,
        });
        let mut links = Annotations::default();
        for finding in wrong {
            let place = finding.fix.as_ref().and_then(|fix| Some((&fix.text, fix.url.as_ref()?)));
            let place = place.map(|(text, url)| Link::new(&format!("{}: {text}", finding.code), url));
            links.extend(place);
            links.extend([Link::new(&format!("How to repair {}", finding.code), &finding.doc)]);
        }
        links
    }
}

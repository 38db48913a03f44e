//! Links for the sidebar of a GitLab job. gitlab: doc/ci/yaml/artifacts_reports.md, `artifacts:reports:annotations`

use serde::Serialize;

use crate::secret::redact;
use crate::text::is_harmful;

/// The sidebar is narrow, and the report has the rest.
const MOST: usize = 6;
const LONGEST_LABEL: usize = 100;

/// The document: one section with links.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Annotations {
    #[serde(rename = "Factory connection")]
    links: Vec<Annotation>,
}

#[derive(Clone, Debug, Serialize)]
struct Annotation {
    external_link: Link,
}

#[derive(Clone, Debug, Serialize)]
pub struct Link {
    label: String,
    url: String,
}

impl Link {
    pub fn new(label: &str, url: &str) -> Self {
        let label: String = redact(label).chars().filter(|c| !is_harmful(*c)).collect();
        let label = match label.char_indices().nth(LONGEST_LABEL - 1) {
            Some((end, _)) if label.chars().count() > LONGEST_LABEL => format!("{}…", &label[..end]),
            _ => label,
        };
        Self { label, url: redact(url).into_owned() }
    }
}

impl Extend<Link> for Annotations {
    /// Those beyond the first few are left out, and what is not an address of the web.
    fn extend<T: IntoIterator<Item = Link>>(&mut self, links: T) {
        for link in links {
            let is_web = link.url.starts_with("https://") || link.url.starts_with("http://");
            if is_web && self.links.len() < MOST {
                self.links.push(Annotation { external_link: link });
            }
        }
    }
}

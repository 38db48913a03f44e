//! An earlier review, so that only what is new is shown.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{AuditFinding, AuditSeverity};
use crate::instance::InstanceUrl;

/// The findings of an earlier review.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    known: BTreeSet<FindingKey>,
}

/// What makes two findings the same: everything but the days in it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct FindingKey {
    code: String,
    severity: AuditSeverity,
    subject: String,
    cause: String,
}

/// Why a document is not a baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    #[error("it is not a review in JSON (factory-gitlab audit -o json): {0}")]
    NotAudit(String),
    #[error("it is the review of {0}")]
    OtherInstance(String),
}

#[derive(Deserialize)]
struct Document {
    schema: String,
    target: String,
    findings: Vec<FindingDocument>,
}

#[derive(Deserialize)]
struct FindingDocument {
    code: String,
    severity: AuditSeverity,
    subject: String,
    cause: String,
}

/// What differs from the baseline.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NewFindings {
    pub new: Vec<AuditFinding>,
    /// How many findings are as in the baseline.
    pub known: usize,
    /// How many findings of the baseline are gone.
    pub gone: usize,
}

impl Baseline {
    /// Reads an `audit/v1` document of the same instance.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub fn parse(text: &str, instance: &InstanceUrl) -> Result<Self, BaselineError> {
        let not_audit = |why: String| BaselineError::NotAudit(why);
        let document: Document = serde_json::from_str(text).map_err(|error| not_audit(error.to_string()))?;
        if document.schema != super::SCHEMA {
            return Err(not_audit(format!("its schema is not {}", super::SCHEMA)));
        }
        if document.target != instance.to_string() {
            return Err(BaselineError::OtherInstance(document.target));
        }
        let keys = document.findings.into_iter().map(|finding| FindingKey {
            code: finding.code,
            severity: finding.severity,
            subject: finding.subject,
            cause: without_days(&finding.cause),
        });
        Ok(Self { known: keys.collect() })
    }

    /// The findings that it does not have.
    #[must_use]
    pub fn compare(&self, findings: Vec<AuditFinding>) -> NewFindings {
        let key = |finding: &AuditFinding| FindingKey {
            code: finding.code.to_owned(),
            severity: finding.severity,
            subject: finding.subject.clone(),
            cause: without_days(&finding.cause),
        };
        let keys: BTreeSet<FindingKey> = findings.iter().map(key).collect();
        let all = findings.len();
        let new: Vec<AuditFinding> = findings.into_iter().filter(|one| !self.known.contains(&key(one))).collect();
        NewFindings { known: all - new.len(), new, gone: self.known.difference(&keys).count() }
    }
}

/// The text with a mark in the place of each day: a token that was used today is not another one.
fn without_days(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if rest.get(..10).is_some_and(|part| part.parse::<jiff::civil::Date>().is_ok()) {
            found.push_str("DAY");
            rest = &rest[10..];
        } else {
            found.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Remedy;

    const INSTANCE: &str = "https://gitlab.acme.com";

    fn finding(subject: &str, cause: &str) -> AuditFinding {
        AuditFinding {
            code: "token.access",
            severity: AuditSeverity::Info,
            subject: subject.to_owned(),
            cause: cause.to_owned(),
            remedy: Remedy { text: "x".to_owned(), url: INSTANCE.to_owned() },
            doc: INSTANCE.to_owned(),
        }
    }

    fn baseline(findings: &[AuditFinding]) -> Baseline {
        let document = serde_json::json!({ "schema": crate::audit::SCHEMA, "target": INSTANCE, "findings": findings });
        Baseline::parse(&document.to_string(), &INSTANCE.parse().expect("a URL")).expect("a baseline")
    }

    #[test]
    fn a_finding_is_known_although_the_days_in_it_differ() {
        let earlier = baseline(&[finding("a", "last used on 2026-11-01"), finding("b", "gone")]);
        let now = earlier.compare(vec![
            finding("a", "last used on 2026-11-26"),
            finding("a", "never used"),
            finding("c", "last used on 2026-11-01"),
        ]);
        assert_eq!((now.known, now.gone), (1, 1));
        let new: Vec<&str> = now.new.iter().map(|one| one.cause.as_str()).collect();
        assert_eq!(new, ["never used", "last used on 2026-11-01"]);
    }

    #[test]
    fn only_a_review_of_the_same_instance_is_a_baseline() {
        let parse = |text: &str| Baseline::parse(text, &INSTANCE.parse().expect("a URL")).map(drop);
        for text in ["", "[]", "{}", r#"{"schema":"factory-gitlab/report/v1","target":"x","findings":[]}"#] {
            assert!(matches!(parse(text), Err(BaselineError::NotAudit(_))), "{text}");
        }
        let other = r#"{"schema":"factory-gitlab/audit/v1","target":"https://other.example","findings":[]}"#;
        assert!(matches!(parse(other), Err(BaselineError::OtherInstance(_))));
    }
}

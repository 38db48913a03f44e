//! What Droids answer in GitLab, as far as the kit promises it.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::target::Event;

/// An answer that the kit promises: a comment on what was opened or commented on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AnswerTerms {
    pub event: Event,
    pub author: AnswerAuthor,
    /// A text that the comment contains; any comment where there is none.
    #[serde(default)]
    pub pattern: Option<String>,
    #[serde(default = "ten_minutes", deserialize_with = "duration", serialize_with = "in_words")]
    pub within: Duration,
    /// What the instance has to have for it: `runner`.
    #[serde(default)]
    pub needs: Vec<String>,
}

/// Who writes the answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AnswerAuthor {
    /// The owner of the token that Factory was given.
    TokenOwner,
    /// A user name.
    User(String),
}

impl AnswerAuthor {
    const TOKEN_OWNER: &'static str = "token-owner";

    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::User(name) if name.is_empty())
    }
}

impl fmt::Display for AnswerAuthor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TokenOwner => Self::TOKEN_OWNER,
            Self::User(name) => name,
        })
    }
}

impl<'de> Deserialize<'de> for AnswerAuthor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let name = text.trim().trim_start_matches('@');
        Ok(if name == Self::TOKEN_OWNER { Self::TokenOwner } else { Self::User(name.to_owned()) })
    }
}

impl Serialize for AnswerAuthor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl AnswerTerms {
    /// Whether it comes only where a runner takes jobs.
    #[must_use]
    pub fn needs_runner(&self) -> bool {
        self.needs.iter().any(|need| need == "runner")
    }
}

impl fmt::Display for AnswerTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {} within {}", self.event, self.author, words(self.within))
    }
}

/// As `10m` is read again.
fn words(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{}s", time.as_secs()), |time| format!("{time:#}"))
}

const fn ten_minutes() -> Duration {
    Duration::from_secs(600)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let wanted = || serde::de::Error::custom("expected a time such as 10m");
    let signed: SignedDuration = String::deserialize(deserializer)?.parse().map_err(|_| wanted())?;
    Duration::try_from(signed).map_err(|_| wanted())
}

fn in_words<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&words(*time))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_read_and_written_as_the_kit_has_it() {
        let text = json!({ "event": "merge_request", "author": "factory-droid", "pattern": "droid-tracking-note",
                           "within": "10m", "needs": ["runner"] });
        let answer: AnswerTerms = serde_json::from_value(text.clone()).expect("an answer");
        assert_eq!(answer.within, Duration::from_secs(600));
        assert!(answer.needs_runner());
        assert_eq!(serde_json::to_value(&answer).expect("JSON"), text);
        let short: AnswerTerms =
            serde_json::from_value(json!({ "event": "note", "author": "token-owner" })).expect("one");
        assert_eq!((short.author, short.within), (AnswerAuthor::TokenOwner, Duration::from_secs(600)));
        let wrong = json!({ "event": "note", "author": "a", "within": "soon" });
        serde_json::from_value::<AnswerTerms>(wrong).expect_err("no time");
    }
}

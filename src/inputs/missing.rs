//! Everything that is missing, in one answer.

use super::Question;
use crate::error::{Failure, Fix};

/// Questions without an answer, where nobody can be asked.
#[derive(Debug)]
pub struct Missing(Vec<&'static Question>);

impl Missing {
    /// Fails unless the list is empty.
    ///
    /// # Errors
    /// Wrong use, with each question's flag, variable and answers-file key.
    pub fn none_of(questions: Vec<&'static Question>) -> Result<(), Failure> {
        if questions.is_empty() { Ok(()) } else { Err(Self(questions).into()) }
    }
}

/// `--gitlab-url, the variable GITLAB_URL, or gitlab_url in the answers file`.
fn places(question: &Question) -> String {
    let setting = question.setting;
    let variable = setting.variable.map(|name| format!(", the variable {name}")).unwrap_or_default();
    format!("{}{variable}, or {} in the answers file", setting.flag, setting.key)
}

impl From<Missing> for Failure {
    fn from(missing: Missing) -> Self {
        let count = match missing.0.len() {
            1 => "one thing is".to_owned(),
            many => format!("{many} things are"),
        };
        let message = format!("{count} missing, and there is nobody to ask");
        missing.0.iter().fold(Self::usage(message), |failure, question| {
            failure.fix(Fix::say(format!("{}: {}", question.name, places(question))))
        })
    }
}

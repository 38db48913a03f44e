//! What the user answered at the terminal in this run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Definition;

/// The typed answers, by the setting's key. Never a secret. Clones share them, so that settings that were made before an
/// answer know it too.
#[derive(Clone, Debug, Default)]
pub struct TypedAnswers {
    values: Rc<RefCell<BTreeMap<&'static str, Vec<String>>>>,
}

impl TypedAnswers {
    /// Takes an answer; an empty one says that there is none, whatever other sources have.
    pub(super) fn put(&self, setting: &'static Definition, values: Vec<String>) {
        self.values.borrow_mut().insert(setting.key, values);
    }

    /// Forgets an answer: the other sources count again.
    pub(super) fn remove(&self, setting: &'static Definition) {
        self.values.borrow_mut().remove(setting.key);
    }

    pub(super) fn list(&self, setting: &Definition) -> Option<Vec<String>> {
        self.values.borrow().get(setting.key).cloned()
    }
}

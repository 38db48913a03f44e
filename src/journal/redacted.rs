//! What a server says may hold a token that it was sent: GitLab decides what a user is called. The journal and the audit log
//! stay for years, so nothing of a token gets there.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use super::cloud::CloudEntry;
use super::entry::{BundleEntry, Entry, JournalLine};
use crate::cloud::CloudAccount;
use crate::secret::{redact, redact_tokens_in_json};
use crate::text::escape_harmful_in_json;

impl JournalLine {
    /// The line as it is written, with its line break.
    pub(super) fn written(self) -> serde_json::Result<(String, Self)> {
        let line = Self { entry: self.entry.redacted(), ..self };
        let mut text = escape_harmful_in_json(&redact_tokens_in_json(&serde_json::to_string(&line)?)).into_owned();
        text.push('\n');
        Ok((text, line))
    }
}

impl Entry {
    /// Without anything that looks like a secret in the texts that a server made up and that no later run compares. Paths and
    /// names are compared: of those only whole tokens are taken out.
    fn redacted(self) -> Self {
        match self {
            Self::Cloud(entry) => Self::Cloud(cloud(entry)),
            Self::Bundle(BundleEntry::Accepted { sha256, id }) => {
                Self::Bundle(BundleEntry::Accepted { sha256, id: id.as_deref().map(clean) })
            }
            Self::Hook(_)
            | Self::Run(_)
            | Self::Application(_)
            | Self::Token(_)
            | Self::Bundle(_)
            | Self::Disconnect(_)
            | Self::Exercise(_) => self,
        }
    }
}

fn cloud(entry: CloudEntry) -> CloudEntry {
    match entry {
        CloudEntry::SessionAuthorized { session, account, scopes } => CloudEntry::SessionAuthorized {
            session: clean(&session),
            account: clean_account(&account),
            scopes: scopes.iter().map(|scope| clean(scope)).collect(),
        },
        CloudEntry::GrantSealed { sha256, recipients, account, scopes, way, selection } => CloudEntry::GrantSealed {
            sha256,
            recipients,
            account: clean_account(&account),
            scopes: scopes.iter().map(|scope| clean(scope)).collect(),
            way,
            selection,
        },
        CloudEntry::GrantAccepted { sha256, id } => CloudEntry::GrantAccepted { sha256, id: id.as_deref().map(clean) },
        CloudEntry::Began { .. }
        | CloudEntry::OpenSession { .. }
        | CloudEntry::SessionEnded { .. }
        | CloudEntry::UploadGrant { .. }
        | CloudEntry::GrantDropped { .. }
        | CloudEntry::AuthorizationLost
        | CloudEntry::Select
        | CloudEntry::SelectionAccepted { .. } => entry,
    }
}

fn clean_account(account: &CloudAccount) -> CloudAccount {
    CloudAccount { id: account.id, username: clean(&account.username), name: clean(&account.name) }
}

fn clean(text: &str) -> String {
    redact(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{CloudSelection, SelectedPlace};
    use crate::env::Env;
    use crate::journal::{DisconnectEntry, Store};
    use crate::secret::AccessToken;

    #[test]
    fn a_token_that_a_server_echoes_gets_into_neither_the_journal_nor_the_audit_log() {
        const TOKEN: &str = "at-Journal\"Canary0123456789";
        let _registered = AccessToken::new(TOKEN).expect("a token");
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, audit) = (Env::empty().clock, folder.path().join("audit.jsonl"));
        let store = Store::new(Some(folder.path().join("state"))).expect("a store");
        let connection = store.connection(&"https://gitlab.com".parse().expect("a URL"), "org_acme");
        let lock = connection.lock().expect("a lock");
        let text = || TOKEN.to_owned();
        let account = CloudAccount { id: 1, username: text(), name: "glpat-NeverSeenBefore0123456789".to_owned() };
        let groups = vec![SelectedPlace { id: None, full_path: format!("a/{TOKEN}") }];
        let selection = CloudSelection { groups, ..CloudSelection::default() };
        let mut journal = connection.journal(&lock, Some(&audit), clock).expect("a journal");
        for entry in [
            CloudEntry::SessionAuthorized { session: text(), account, scopes: vec![text()] },
            CloudEntry::GrantAccepted { sha256: "ab".to_owned(), id: Some(text()) },
            CloudEntry::SelectionAccepted { selection },
        ] {
            journal.append(entry).expect("written");
        }
        let written = || std::fs::read_to_string(connection.journal_path()).expect("readable");
        let (kept, copied) = (written(), std::fs::read_to_string(&audit).expect("readable"));
        let ended = DisconnectEntry::Disconnected {
            instance: "https://gitlab.com".to_owned(),
            organization: "org_acme".to_owned(),
            tool: text(),
            kit: None,
            application_id: None,
        };
        connection.bury(&lock, vec![ended.into()], clock).expect("written");
        for text in [kept, copied, written()] {
            assert!(!text.contains("Canary0123456789") && !text.contains("NeverSeenBefore"), "{text}");
            assert!(text.contains("[redacted]"), "{text}");
        }
        assert_eq!(connection.record().expect("a record").unread_lines, 0);
    }
}

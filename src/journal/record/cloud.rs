//! What is recorded of a connection to GitLab.com.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use jiff::Timestamp;
use serde::Serialize;

use super::Record;
use crate::cloud::{CloudAccount, CloudSelection, CloudWay};
use crate::journal::cloud::CloudEntry;

/// The connection to GitLab.com, as this machine knows it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CloudRecord {
    pub way: CloudWay,
    /// The session that was asked for and is not over.
    #[serde(skip)]
    pub open_session: Option<OpenSessionRecord>,
    pub account: Option<CloudAccount>,
    pub scopes: Vec<String>,
    pub authorized_at: Option<Timestamp>,
    /// Factory's session that authorized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantRecord>,
    /// What Factory accepted last.
    pub selection: Option<CloudSelection>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenSessionRecord {
    pub key: String,
    pub account: Option<String>,
}

/// A grant that was sealed here.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct GrantRecord {
    pub sha256: String,
    pub recipients: Vec<String>,
    /// What was selected when it was sealed.
    #[serde(skip)]
    pub selection: CloudSelection,
    pub accepted: bool,
    pub receipt: Option<String>,
    /// Whether the file is there, with this digest.
    #[serde(skip)]
    pub on_disk: bool,
}

impl CloudRecord {
    /// Nothing but the way is known.
    #[must_use]
    pub const fn new(way: CloudWay) -> Self {
        Self {
            way,
            open_session: None,
            account: None,
            scopes: Vec::new(),
            authorized_at: None,
            session: None,
            grant: None,
            selection: None,
        }
    }

    /// The sealed grant that waits to be handed over.
    #[must_use]
    pub fn waiting_grant(&self) -> Option<&GrantRecord> {
        self.grant.as_ref().filter(|grant| !grant.accepted && grant.on_disk)
    }

    /// Whether Factory was given an authorization, as far as this machine knows, or one waits here.
    #[must_use]
    pub fn is_authorized(&self) -> bool {
        let has_grant = self.grant.as_ref().is_some_and(|grant| grant.accepted || grant.on_disk);
        self.authorized_at.is_some() && (self.session.is_some() || has_grant)
    }

    fn forget_authorization(&mut self) {
        (self.account, self.authorized_at, self.session, self.grant) = (None, None, None, None);
        self.scopes = Vec::new();
    }
}

impl Record {
    pub(super) fn add_cloud(&mut self, at: Timestamp, entry: CloudEntry) {
        if let CloudEntry::Began { instance, organization, kit, way, tool: _ } = &entry {
            (self.instance, self.organization) = (Some(instance.clone()), Some(organization.clone()));
            (self.kit, self.began_at) = (kit.clone(), Some(at));
            self.finished_before = self.finished_at.take().or(self.finished_before);
            (self.disconnected_at, self.disconnecting_at) = (None, None);
            self.factory_told_at = None;
            self.cloud.get_or_insert_with(|| Box::new(CloudRecord::new(*way))).way = *way;
        }
        // A line without the beginning of its run says nothing that could be trusted.
        let Some(cloud) = self.cloud.as_mut() else { return };
        match entry {
            CloudEntry::Began { .. } | CloudEntry::UploadGrant { .. } | CloudEntry::Select => {}
            CloudEntry::OpenSession { key, account } => {
                cloud.open_session = Some(OpenSessionRecord { key, account });
            }
            CloudEntry::SessionEnded { key } => {
                cloud.open_session = cloud.open_session.take().filter(|open| open.key != key);
            }
            CloudEntry::SessionAuthorized { session, account, scopes } => {
                cloud.forget_authorization();
                (cloud.session, cloud.account, cloud.scopes) = (Some(session), Some(account), scopes);
                cloud.authorized_at = Some(at);
                cloud.open_session = None;
            }
            CloudEntry::GrantSealed { sha256, recipients, account, scopes, way, selection } => {
                cloud.forget_authorization();
                (cloud.account, cloud.scopes, cloud.way) = (Some(account), scopes, way);
                cloud.authorized_at = Some(at);
                let (accepted, receipt, on_disk) = (false, None, false);
                cloud.grant = Some(GrantRecord { sha256, recipients, selection, accepted, receipt, on_disk });
            }
            CloudEntry::GrantAccepted { sha256, id } => {
                if let Some(grant) = cloud.grant.as_mut().filter(|grant| grant.sha256 == sha256) {
                    (grant.accepted, grant.receipt) = (true, id);
                }
            }
            CloudEntry::GrantDropped { .. } | CloudEntry::AuthorizationLost => cloud.forget_authorization(),
            CloudEntry::SelectionAccepted { selection } => cloud.selection = Some(selection),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replayed(entries: Vec<CloudEntry>) -> Record {
        let mut record = Record::default();
        for entry in entries {
            let line = serde_json::to_string(&entry).expect("a line");
            record.add_cloud(Timestamp::UNIX_EPOCH, serde_json::from_str(&line).expect("the same entry"));
        }
        record
    }

    fn began() -> CloudEntry {
        let text = |text: &str| text.to_owned();
        CloudEntry::Began {
            instance: text("https://gitlab.com"),
            organization: text("org_acme"),
            tool: text("0"),
            kit: None,
            way: CloudWay::Session,
        }
    }

    fn account() -> CloudAccount {
        CloudAccount { id: 7, username: "jane".to_owned(), name: String::new() }
    }

    #[test]
    fn a_session_is_open_until_it_is_authorized_or_over() {
        let open = |key: &str| CloudEntry::OpenSession { key: key.to_owned(), account: None };
        let ended = |key: &str| CloudEntry::SessionEnded { key: key.to_owned() };
        let is_open = |entries: Vec<CloudEntry>| {
            let record = replayed(entries);
            record.cloud.expect("a connection").open_session.map(|open| open.key)
        };
        assert_eq!(is_open(vec![began(), open("a")]).as_deref(), Some("a"));
        assert_eq!(is_open(vec![began(), open("a"), ended("a")]), None);
        assert_eq!(is_open(vec![began(), open("a"), open("b"), ended("a")]).as_deref(), Some("b"));
        let (session, scopes) = ("ses".to_owned(), Vec::new());
        let authorized = CloudEntry::SessionAuthorized { session, account: account(), scopes };
        assert_eq!(is_open(vec![began(), open("a"), authorized.clone()]), None);
        let record = replayed(vec![began(), authorized, CloudEntry::AuthorizationLost]);
        assert!(!record.cloud.expect("a connection").is_authorized());
    }

    #[test]
    fn a_sealed_grant_is_an_authorization_once_it_is_accepted_or_while_its_file_is_there() {
        let sealed = CloudEntry::GrantSealed {
            sha256: "abc".to_owned(),
            recipients: Vec::new(),
            account: account(),
            scopes: Vec::new(),
            way: CloudWay::Code,
            selection: CloudSelection::default(),
        };
        let lost = replayed(vec![began(), sealed.clone()]).cloud.expect("a connection");
        assert!(!lost.is_authorized(), "its file is gone");
        let accepted = CloudEntry::GrantAccepted { sha256: "abc".to_owned(), id: None };
        let cloud = replayed(vec![began(), sealed, accepted]).cloud.expect("a connection");
        assert!(cloud.is_authorized() && cloud.waiting_grant().is_none());
        assert_eq!(cloud.way, CloudWay::Code);
    }
}

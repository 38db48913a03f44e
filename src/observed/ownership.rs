//! Whose hook it is. Pure: from the hook, the kit, and what this machine recorded.

use crate::desired::{Address, Desired, Marker};
use crate::gitlab::Hook;
use crate::instance::Version;
use crate::journal::Record;
use crate::mark::{Mark, OrganizationTag};
use crate::target::{Target, TargetNumber};

/// Whose hook it is, among those that concern this connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HookOwner {
    /// It bears this organization's mark for this target, or this machine's journal knows it and the look agrees.
    Ours,
    /// Set up by hand for this connection: at exactly the kit's URL and without a mark. `connect` takes it over.
    Unmarked,
    /// It sends to Factory's address, and nothing says that it is ours. It is named and never changed.
    Foreign,
}

/// What decides whose a hook is.
pub struct OwnerRules<'a> {
    desired: &'a Desired,
    marker: Marker,
    version: Option<Version>,
    record: Option<&'a Record>,
}

impl<'a> OwnerRules<'a> {
    /// The record is that of this connection; without one the marks decide alone.
    #[must_use]
    pub fn new(desired: &'a Desired, version: Option<Version>, record: Option<&'a Record>) -> Self {
        Self { desired, marker: desired.marker(), version, record }
    }

    /// Whose hook it is; `None` for one that does not concern this connection: of another product, or of another
    /// organization.
    #[must_use]
    pub fn owner(&self, target: &Target, hook: &Hook) -> Option<HookOwner> {
        let number = target.number();
        match hook.mark {
            Some(Mark::Bound(mark)) if self.marker.is_own(number, mark) => Some(HookOwner::Ours),
            // Copied from another target: it says nothing, and the hook is judged as one without a mark.
            Some(Mark::Bound(mark)) if self.marker.has_organization_of(mark) => self.by_address(number, hook),
            // Of a connection without a kit, which named no organization.
            Some(Mark::Bound(mark)) if mark.organization == OrganizationTag::new("") => self.by_address(number, hook),
            Some(Mark::Bound(_)) => None,
            Some(mark @ Mark::Legacy(_)) => self.with_legacy_mark(target, hook, mark),
            None if self.is_of_another(number, hook) => None,
            None if self.is_recorded(target, hook) => Some(HookOwner::Ours),
            None => self.by_address(number, hook),
        }
    }

    /// A mark of version 1 can be anybody's, and copied. It counts where the same secret made it for this URL, or the
    /// journal knows the hook.
    fn with_legacy_mark(&self, target: &Target, hook: &Hook, mark: Mark) -> Option<HookOwner> {
        let address = self.desired.webhooks.compare_url(&hook.url);
        let is_made_here = self.marker.made_legacy(mark) && address == Address::Same;
        if is_made_here || self.is_recorded(target, hook) {
            return Some(HookOwner::Ours);
        }
        match address {
            _ if self.is_of_another(target.number(), hook) => None,
            Address::Same if self.url_names_the_organization() => Some(HookOwner::Unmarked),
            Address::Same | Address::Similar => Some(HookOwner::Foreign),
            Address::Other => None,
        }
    }

    /// Before 17.1 hooks have no description, so another organization's hook at the same URL looks like one of ours: there
    /// a URL alone decides only if it names the organization.
    fn by_address(&self, target: TargetNumber, hook: &Hook) -> Option<HookOwner> {
        let can_have_mark = self.version.is_none_or(|version| version >= Version::HOOK_NAME);
        match self.desired.webhooks.compare_url(&hook.url) {
            Address::Same if can_have_mark || self.url_names_the_organization() => Some(HookOwner::Unmarked),
            Address::Same if self.is_unfinished(target) => Some(HookOwner::Ours),
            Address::Same | Address::Similar => Some(HookOwner::Foreign),
            Address::Other => None,
        }
    }

    /// Whether the kit's URL is this organization's alone. A kit without an organization is the only one.
    fn url_names_the_organization(&self) -> bool {
        let id = &self.desired.organization.id;
        id.is_empty() || self.desired.webhooks.url.as_str().contains(id.as_str())
    }

    /// Whether an earlier run was cut off while it created a hook there.
    fn is_unfinished(&self, target: TargetNumber) -> bool {
        self.record.is_some_and(|record| record.unfinished_hooks.contains(&target))
    }

    fn is_of_another(&self, target: TargetNumber, hook: &Hook) -> bool {
        self.record.is_some_and(|record| record.others.hooks.contains(&(target, hook.id)))
    }

    /// Whether the journal knows its ID and the look agrees: a GitLab that was restored or installed again has other hooks
    /// with these numbers. An edited URL is agreed to by the events that only this connection sends together.
    fn is_recorded(&self, target: &Target, hook: &Hook) -> bool {
        let known = self.record.and_then(|record| record.hooks.get(&target.number()));
        if known.is_none_or(|known| known.id != hook.id) {
            return false;
        }
        let webhooks = &self.desired.webhooks;
        let is_at_factory = webhooks.compare_url(&hook.url) != Address::Other;
        let wanted = webhooks.events_on(target);
        let has_our_events = wanted.len() > 1
            && wanted.len() == hook.events.len()
            && wanted.iter().all(|event| hook.events.contains(event));
        is_at_factory || has_our_events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::HookRecord;
    use crate::kit::Organization;
    use crate::secret::WebhookToken;
    use crate::testing::fixture::{self, Fixture};

    const URL: &str = "https://hooks.factory.example/gitlab/acme";

    fn organization(id: &str) -> Desired {
        let mut desired = Fixture::healthy().desired;
        desired.organization = Organization { id: id.to_owned(), name: String::new() };
        desired
    }

    fn group(id: u64) -> Target {
        Target::Group { id, path: format!("g{id}").into() }
    }

    /// A hook as this organization makes it.
    fn made_by(desired: &Desired, target: u64) -> Hook {
        fixture::hook(desired, group(target), 5).hook
    }

    fn bare(url: &str) -> Hook {
        let mut hook = made_by(&organization("acme"), 7);
        hook.mark = None;
        hook.description = None;
        hook.url = url.to_owned();
        hook
    }

    fn owner(version: Version, record: &Record, hook: &Hook) -> Option<HookOwner> {
        OwnerRules::new(&organization("acme"), Some(version), Some(record)).owner(&group(7), hook)
    }

    const NOW: Version = Version::new(19, 2);
    const OLD: Version = Version::new(16, 11);

    #[test]
    fn a_mark_counts_for_its_organization_and_its_target_alone() {
        let none = Record::default();
        let ours = made_by(&organization("acme"), 7);
        assert_eq!(owner(NOW, &none, &ours), Some(HookOwner::Ours));
        let mut moved = ours;
        moved.url = "https://elsewhere.example/".to_owned();
        assert_eq!(owner(NOW, &none, &moved), Some(HookOwner::Ours), "its URL was edited");
        let theirs = made_by(&organization("org_other"), 7);
        assert_eq!(owner(NOW, &none, &theirs), None, "at the same URL, of another organization");
        let mut recorded = Record::default();
        recorded
            .hooks
            .insert(group(7).number(), HookRecord { id: 5, tokens: None, token_set_at: jiff::Timestamp::default() });
        assert_eq!(owner(NOW, &recorded, &theirs), None, "a record does not outweigh another organization's mark");
        let mut copied = made_by(&organization("acme"), 8);
        assert_eq!(owner(NOW, &none, &copied), Some(HookOwner::Unmarked), "copied with the URL");
        copied.url = "https://ci.example/hook".to_owned();
        assert_eq!(owner(NOW, &none, &copied), None, "copied to a foreign hook");
    }

    #[test]
    fn a_mark_of_version_1_counts_where_the_same_secret_made_it_for_this_url() {
        let none = Record::default();
        let legacy = |secret: &str, url: &str| {
            let token = WebhookToken::new(secret).expect("a token");
            let signing = organization("acme").webhooks.signing_token.map(|one| one.fingerprint("signing"));
            let made = token.fingerprint(&format!("hook\n{URL}\n{}", signing.unwrap_or_default()));
            Hook { mark: Mark::find(&format!("factory-gitlab/v1:{made}")), ..bare(url) }
        };
        let ours = legacy("healthy-fixture-token", URL);
        assert!(ours.mark.is_some());
        assert_eq!(owner(NOW, &none, &ours), Some(HookOwner::Ours));
        assert_eq!(owner(NOW, &none, &legacy("healthy-fixture-token", "https://ci.example/")), None, "copied");
        // The URL names the organization, so with another secret it was set up for it as well.
        assert_eq!(owner(NOW, &none, &legacy("secret-of-another", URL)), Some(HookOwner::Unmarked));
        let shared = organization("org_x");
        let rules = OwnerRules::new(&shared, Some(NOW), None);
        assert_eq!(rules.owner(&group(7), &legacy("secret-of-another", URL)), Some(HookOwner::Foreign));
        let mut recorded = Record::default();
        recorded
            .hooks
            .insert(group(7).number(), HookRecord { id: 5, tokens: None, token_set_at: jiff::Timestamp::default() });
        assert_eq!(owner(NOW, &recorded, &legacy("secret-of-another", URL)), Some(HookOwner::Ours));
    }

    #[test]
    fn somebody_elses_hook_to_factorys_address_is_foreign_in_any_other_spelling() {
        let none = Record::default();
        for (url, wanted) in [
            (URL, Some(HookOwner::Unmarked)),
            ("https://HOOKS.factory.example:443/gitlab/%61cme", Some(HookOwner::Unmarked)),
            ("https://hooks.factory.example/gitlab/acme/", Some(HookOwner::Foreign)),
            ("https://hooks.factory.example/gitlab/acme?x=1", Some(HookOwner::Foreign)),
            ("https://hooks.factory.example/gitlab/other", None),
        ] {
            assert_eq!(owner(NOW, &none, &bare(url)), wanted, "{url}");
        }
    }

    #[test]
    fn before_17_1_the_journal_knows_a_hook_whose_url_was_edited_and_whose_hook_is_another_organizations() {
        let mut recorded = Record::default();
        recorded
            .hooks
            .insert(group(7).number(), HookRecord { id: 5, tokens: None, token_set_at: jiff::Timestamp::default() });
        let edited = bare("https://elsewhere.example/");
        assert_eq!(owner(OLD, &recorded, &edited), Some(HookOwner::Ours));
        assert_eq!(owner(OLD, &Record::default(), &edited), None);
        let mut reinstalled = edited;
        reinstalled.events = vec![crate::target::Event::Job];
        assert_eq!(owner(OLD, &recorded, &reinstalled), None, "a number alone is not enough");
        let mut theirs = Record::default();
        theirs.others.hooks.insert((group(7).number(), 5));
        assert_eq!(owner(OLD, &theirs, &bare(URL)), None);
        // At a URL that does not name the organization, nothing tells two organizations apart.
        let shared = organization("org_x");
        let rules = OwnerRules::new(&shared, Some(OLD), None);
        assert_eq!(rules.owner(&group(7), &bare(URL)), Some(HookOwner::Foreign));
        let mut cut_off = Record::default();
        cut_off.unfinished_hooks.insert(group(7).number());
        let rules = OwnerRules::new(&shared, Some(OLD), Some(&cut_off));
        assert_eq!(rules.owner(&group(7), &bare(URL)), Some(HookOwner::Ours));
        assert_eq!(owner(OLD, &Record::default(), &bare(URL)), Some(HookOwner::Unmarked));
    }
}

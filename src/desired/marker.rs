//! Makes and checks the marks of webhooks.

use super::Desired;
use crate::gitlab::Hook;
use crate::instance::Version;
use crate::mark::{BoundMark, Fingerprint, LegacyFingerprint, Mark, OrganizationTag, TokensSet};
use crate::secret::SlowKey;
use crate::target::TargetNumber;

/// A hook and what it is registered on.
#[derive(Clone, Copy, Debug)]
pub struct PlacedHook<'a> {
    pub target: TargetNumber,
    pub hook: &'a Hook,
}

/// What is known of the two tokens of a hook, each by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenStates {
    pub token: TokenState,
    pub signing: TokenState,
}

/// What is known of a token that GitLab hides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenState {
    /// It was set, and nothing contradicts that; or none is wanted.
    Same,
    /// None is set, or another one.
    Different,
    /// It was sent, and GitLab does not have it: 19.0 without its feature flag.
    Ignored,
    /// Neither a mark nor a record says what was set.
    Unknown,
}

/// Makes the marks of one organization with its tokens. The keys are derived once for each secret: making a marker again
/// is cheap.
#[derive(Clone, Debug)]
pub struct Marker {
    organization: OrganizationTag,
    /// What the fingerprints are bound to, besides the target.
    place: String,
    token: SlowKey,
    /// Missing where the kit has no signing token.
    signing: Option<SlowKey>,
    legacy: Option<LegacyFingerprint>,
}

impl Marker {
    pub(super) fn new(desired: &Desired) -> Self {
        let (webhooks, organization) = (&desired.webhooks, &desired.organization.id);
        let salt = format!("factory-gitlab/v2\n{organization}");
        let signing = webhooks.signing_token.as_ref().map_or_else(String::new, |token| token.fingerprint("signing"));
        let legacy = webhooks.token.fingerprint(&format!("hook\n{}\n{signing}", webhooks.url));
        Self {
            organization: OrganizationTag::new(organization),
            place: format!("{organization}\n{}", webhooks.url),
            token: webhooks.token.slow_key(&salt),
            signing: webhooks.signing_token.as_ref().map(|token| token.slow_key(&salt)),
            legacy: LegacyFingerprint::parse(&legacy),
        }
    }

    /// The mark of a webhook that is written now, with the tokens that a GitLab of this version takes.
    #[must_use]
    pub fn mark(&self, target: TargetNumber, version: Version) -> BoundMark {
        BoundMark {
            organization: self.organization,
            target,
            token: self.fingerprint("token", &self.token, target),
            signing: self.signing(target, version),
        }
    }

    /// The fingerprint of the signing token, where the kit has one and a GitLab of this version knows it.
    #[must_use]
    pub fn signing(&self, target: TargetNumber, version: Version) -> Option<Fingerprint> {
        let key = self.signing.as_ref().filter(|_| version >= Version::SIGNING_TOKEN)?;
        Some(self.fingerprint("signing", key, target))
    }

    /// What is known of a hook's tokens on a GitLab of this version. `recorded` is what the journal knows where hooks have no
    /// description.
    #[must_use]
    pub fn compare(&self, hook: PlacedHook<'_>, version: Version, recorded: Option<TokensSet>) -> TokenStates {
        let PlacedHook { target, hook } = hook;
        let counts = |mark: &Mark| match mark {
            Mark::Legacy(_) => true,
            Mark::Bound(mark) => self.is_own(target, *mark),
        };
        let recorded = recorded.filter(|_| version < Version::HOOK_NAME);
        let set = hook.mark.filter(counts).map(Mark::tokens).or(recorded);
        let token = match set {
            _ if hook.token_present == Some(false) => TokenState::Different,
            None => TokenState::Unknown,
            Some(set) if self.has_token(target, set) => TokenState::Same,
            Some(_) => TokenState::Different,
        };
        TokenStates { token, signing: self.compare_signing(PlacedHook { target, hook }, version, set) }
    }

    fn compare_signing(&self, hook: PlacedHook<'_>, version: Version, set: Option<TokensSet>) -> TokenState {
        let PlacedHook { target, hook } = hook;
        let Some(wanted) = self.signing(target, version) else { return TokenState::Same };
        let was_sent = match set {
            // Version 1 says that both were sent, not that GitLab knew the signing token.
            Some(set @ TokensSet::Legacy(_)) => self.has_token(target, set),
            Some(TokensSet::Known { token: _, signing }) => signing == Some(wanted),
            None => false,
        };
        match (hook.signing_token_present, was_sent) {
            (Some(false), true) if version < Version::SIGNING_TOKEN_ALWAYS => TokenState::Ignored,
            (Some(false), _) => TokenState::Different,
            (_, true) => TokenState::Same,
            (_, false) if set.is_none() => TokenState::Unknown,
            (_, false) => TokenState::Different,
        }
    }

    /// Whether the secret token that was set is the wanted one.
    #[must_use]
    pub fn has_token(&self, target: TargetNumber, set: TokensSet) -> bool {
        match set {
            TokensSet::Legacy(fingerprint) => Some(fingerprint) == self.legacy,
            TokensSet::Known { token, signing: _ } => token == self.fingerprint("token", &self.token, target),
        }
    }

    /// Whether the mark is of this organization and of this target, whatever tokens it names.
    #[must_use]
    pub fn is_own(&self, target: TargetNumber, mark: BoundMark) -> bool {
        self.has_organization_of(mark) && mark.target == target
    }

    /// Whether the mark is of this organization; on another target it was copied.
    #[must_use]
    pub fn has_organization_of(&self, mark: BoundMark) -> bool {
        mark.organization == self.organization
    }

    /// Whether a mark of version 1 was made with these tokens for this URL: only a kit with the same secret can do that.
    #[must_use]
    pub fn made_legacy(&self, mark: Mark) -> bool {
        matches!(mark, Mark::Legacy(fingerprint) if Some(fingerprint) == self.legacy)
    }

    fn fingerprint(&self, what: &str, key: &SlowKey, target: TargetNumber) -> Fingerprint {
        let ((kind, id), place) = (target, &self.place);
        Fingerprint(key.fingerprint(&format!("{what}\n{kind}-{id}\n{place}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::Organization;
    use crate::secret::WebhookToken;
    use crate::target::TargetKind;
    use crate::testing::fixture::Fixture;

    const GROUP: TargetNumber = (TargetKind::Group, 7);
    const PROJECT: TargetNumber = (TargetKind::Project, 7);

    fn acme() -> Desired {
        let mut desired = Fixture::healthy().desired;
        desired.organization = Organization { id: "org_acme".to_owned(), name: "Acme".to_owned() };
        desired
    }

    #[test]
    fn a_mark_differs_by_target_organization_url_and_secret() {
        let version = Version::new(19, 2);
        let mark = acme().marker().mark(GROUP, version);
        assert_eq!(mark, acme().marker().mark(GROUP, version), "the same on any machine");
        let mut other = acme();
        other.organization.id = "org_other".to_owned();
        let mut moved = acme();
        moved.webhooks.url.set_path("/elsewhere");
        let mut changed = acme();
        changed.webhooks.token = WebhookToken::new("another-secret-token").expect("a token");
        for (what, differs) in [
            ("target", acme().marker().mark(PROJECT, version)),
            ("organization", other.marker().mark(GROUP, version)),
            ("URL", moved.marker().mark(GROUP, version)),
            ("secret", changed.marker().mark(GROUP, version)),
        ] {
            assert_ne!(mark.token, differs.token, "{what}");
        }
        assert!(!other.marker().is_own(GROUP, mark) && !acme().marker().is_own(PROJECT, mark));
        assert!(changed.marker().is_own(GROUP, mark), "a changed secret does not make it foreign");
    }

    #[test]
    fn the_signing_token_is_wanted_once_gitlab_knows_it() {
        let desired = acme();
        let target = crate::target::Target::Group { id: 7, path: "g7".into() };
        let marker = desired.marker();
        let signing = |made: Version, now: Version, present: Option<bool>| {
            let mut hook = crate::testing::fixture::hook(&desired, target.clone(), 5).hook;
            hook.mark = Some(Mark::Bound(marker.mark(GROUP, made)));
            hook.signing_token_present = present;
            let states = marker.compare(PlacedHook { target: GROUP, hook: &hook }, now, None);
            assert_eq!(states.token, TokenState::Same);
            states.signing
        };
        let (v18, v19_0, v19_1) = (Version::new(18, 11), Version::new(19, 0), Version::new(19, 1));
        assert_eq!(signing(v18, v18, None), TokenState::Same, "it is not wanted");
        assert_eq!(signing(v18, v19_0, Some(false)), TokenState::Different, "after an upgrade");
        assert_eq!(signing(v18, v19_1, Some(true)), TokenState::Different, "another one was set");
        assert_eq!(signing(v19_0, v19_0, Some(false)), TokenState::Ignored);
        assert_eq!(signing(v19_0, v19_1, Some(false)), TokenState::Different);
        assert_eq!(signing(v19_0, v19_1, Some(true)), TokenState::Same);
    }

    #[test]
    fn the_signing_token_has_a_fingerprint_of_its_own_from_19_0_on() {
        let marker = acme().marker();
        let (old, new) = (marker.mark(GROUP, Version::new(18, 11)), marker.mark(GROUP, Version::new(19, 0)));
        assert_eq!(old.signing, None);
        assert!(new.signing.is_some() && new.signing != Some(new.token));
        assert_eq!(old.token, new.token, "an upgrade does not change the secret token's");
    }
}

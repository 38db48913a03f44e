//! The tokens: the one in use, and those made for Factory.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::{NewFinding, Review};
use crate::checks::review;
use crate::gitlab::{Task, TokenDetails};
use crate::kit::Handover;
use crate::observed::Observation;
use crate::plan::ENDS_SOON_DAYS;

const TOKENS: &str = "/-/user_settings/personal_access_tokens";
const CREDENTIALS: &str = "/admin/credentials";

/// What a token is there for.
#[derive(Clone, Copy, Default)]
struct Uses {
    in_use: bool,
    handed_over: bool,
    /// This machine made it for Factory.
    made_here: bool,
}

impl<'a> Review<'a> {
    pub(super) fn tokens(&mut self) {
        let (observed, record) = (self.inputs.observed, self.inputs.record);
        if let Observation::Failed(error) = &observed.user {
            self.unread("the owner of the token in use", error);
        }
        if observed.user.known().is_some_and(|user| user.is_admin != Some(true)) {
            self.not_visible("tokens of other users: only an administrator sees them", CREDENTIALS);
        }
        let made = record.token_ids();
        let mut found: BTreeMap<u64, (&'a TokenDetails, Uses)> = BTreeMap::new();
        if let Some(token) = self.known("the token in use", TOKENS, &observed.token) {
            found.entry(token.id).or_insert((token, Uses::default())).1.in_use = true;
        }
        if let Some(token) = self.handed_over() {
            found.entry(token.id).or_insert((token, Uses::default())).1.handed_over = true;
        }
        let named = self.known("tokens with the names of those made for Factory", CREDENTIALS, &observed.named_tokens);
        for token in named.into_iter().flatten() {
            found.entry(token.id).or_insert((token, Uses::default()));
        }
        let has_now = self.handed_over_number();
        for number in record.given_before.iter().filter(|number| Some(**number) != has_now) {
            match found.get(number) {
                Some((token, _)) if token.active => self.given_before(token),
                Some(_) => {}
                None => self.not_visible(
                    format!("whether token number {number}, which Factory was given earlier, is still valid"),
                    CREDENTIALS,
                ),
            }
        }
        for (token, mut uses) in found.into_values() {
            uses.made_here = made.contains(&token.id);
            self.token(token, uses);
        }
    }

    fn handed_over_number(&self) -> Option<u64> {
        self.inputs.observed.handed_over.known().and_then(Option::as_ref).map(|token| token.id)
    }

    /// Another token took its place at Factory, and does not end it.
    fn given_before(&mut self, token: &TokenDetails) {
        self.add(NewFinding {
            code: review::TOKEN_FORMER,
            subject: format!("token {} (number {})", token.name, token.id),
            cause: format!(
                "Factory was given it earlier, and it is still valid; it is the own token of {}",
                self.owner(token)
            ),
            remedy: "create another one for yourself, and revoke this one".into(),
            page: self.page_of(token),
        });
    }

    fn handed_over(&mut self) -> Option<&'a TokenDetails> {
        match &self.inputs.observed.handed_over {
            Observation::Known(token) => token.as_ref(),
            // Without a record, or where no token was handed over, there is nothing to look for.
            Observation::Skipped(_) => None,
            Observation::Failed(error) => {
                self.unread("the token that Factory was given", error);
                None
            }
        }
    }

    fn token(&mut self, token: &TokenDetails, uses: Uses) {
        let subject = format!("token {} (number {})", token.name, token.id);
        if token.revoked || !token.active {
            return self.ended(token, uses, subject);
        }
        self.describe(token, uses, &subject);
        self.ends(token, uses, &subject);
        self.excess(token, uses, &subject);
        let page = self.page_of(token);
        if uses.handed_over && !uses.made_here {
            self.add(NewFinding {
                code: review::TOKEN_SHARED,
                subject: subject.clone(),
                cause: format!(
                    "Factory has the own token of {}: what Factory does cannot be told from what they do",
                    self.owner(token)
                ),
                remedy: "hand over a token of its own: factory-gitlab connect --handover-token minted".into(),
                page: page.clone(),
            });
        }
        if !uses.in_use && !uses.handed_over {
            let (cause, remedy) = match uses.made_here {
                true => {
                    ("it was made for Factory on this machine, and Factory was given another one since", "revoke it")
                }
                false => (
                    "it has the name of a token made for Factory, and this machine has no record that Factory was given it",
                    "find out whether another machine connected this instance, and revoke it if it is not used",
                ),
            };
            self.add(NewFinding {
                code: review::TOKEN_LEFT,
                subject: subject.clone(),
                cause: cause.into(),
                remedy: remedy.into(),
                page: page.clone(),
            });
        }
        let is_before = |time| day(time) < self.inputs.since;
        let is_unused = token.last_used_at.is_none_or(is_before) && token.created_at.is_none_or(is_before);
        if is_unused && !uses.in_use {
            let since = self.inputs.since;
            let cause = match token.last_used_at {
                Some(time) => format!("it was last used on {}, and not since {since}", day(time)),
                None => "it was never used".to_owned(),
            };
            self.add(NewFinding {
                code: review::TOKEN_UNUSED,
                subject,
                cause,
                remedy: "revoke it if Factory does not need it".into(),
                page,
            });
        }
    }

    fn ended(&mut self, token: &TokenDetails, uses: Uses, subject: String) {
        if !uses.handed_over {
            return;
        }
        let how = if token.revoked { "was revoked" } else { "has expired" };
        let page = self.page_of(token);
        self.add(NewFinding {
            code: review::TOKEN_ENDED,
            subject,
            cause: format!("Factory was given this token, and it {how}"),
            remedy: "hand over another one: factory-gitlab connect".into(),
            page,
        });
    }

    /// Whose it is, what it may do, and until when.
    fn describe(&mut self, token: &TokenDetails, uses: Uses, subject: &str) {
        let role = match uses {
            Uses { in_use: true, handed_over: true, .. } => "used by this review, and handed over to Factory",
            Uses { in_use: true, .. } => "used by this review",
            Uses { handed_over: true, .. } => "handed over to Factory",
            Uses { made_here: true, .. } => "made for Factory",
            _ => "named like those made for Factory",
        };
        let rights = match &token.granular_scopes {
            Some(scopes) if token.granular => {
                let parts = scopes.iter().map(|scope| format!("{}: {}", scope.access, scope.permissions.join(" ")));
                format!("fine-grained, {}", parts.collect::<Vec<_>>().join("; "))
            }
            _ if token.granular => "fine-grained, with permissions that this version does not show".to_owned(),
            _ => format!("scopes {}", token.scopes.join(", ")),
        };
        let end = token.expires_at.map_or_else(|| "no end".to_owned(), |end| format!("until {end}"));
        // The one in use is used now, by this review.
        let used = match (uses.in_use, token.last_used_at) {
            (true, _) => String::new(),
            (false, Some(time)) => format!(", last used on {}", day(time)),
            (false, None) => ", never used".to_owned(),
        };
        let owner = self.owner(token);
        let page = self.page_of(token);
        self.add(NewFinding {
            code: review::TOKEN_ACCESS,
            subject: subject.to_owned(),
            cause: format!("{role}; of {owner}; {rights}; {end}{used}"),
            remedy: "compare with the smallest token for each command".into(),
            page,
        });
    }

    fn ends(&mut self, token: &TokenDetails, uses: Uses, subject: &str) {
        let (today, page) = (self.inputs.today, self.page_of(token));
        let new = match uses.handed_over {
            true => "hand over another one: factory-gitlab connect",
            false => "create another one with an end",
        };
        let (code, cause) = match token.expires_at {
            None => (review::TOKEN_ENDLESS, "it never ends: a copy of it is good for ever".to_owned()),
            Some(end) if end < today.saturating_add(ENDS_SOON_DAYS.days()) => {
                (review::TOKEN_ENDS, format!("it ends on {end}"))
            }
            Some(_) => return,
        };
        self.add(NewFinding { code, subject: subject.to_owned(), cause, remedy: new.into(), page });
    }

    /// Scopes that neither Factory nor a command needs.
    fn excess(&mut self, token: &TokenDetails, uses: Uses, subject: &str) {
        if token.granular {
            return;
        }
        let desired = self.inputs.desired;
        let kit = &desired.handover.scopes;
        let is_factorys = uses.handed_over || uses.made_here || !uses.in_use;
        let is_given = is_factorys && desired.handover.handover != Handover::None;
        let is_needed = |scope: &String| {
            let scope = scope.as_str();
            let by_commands = uses.in_use && (scope == Task::Connect.scope() || scope == Task::Audit.scope());
            by_commands || scope == "admin_mode" || (is_given && kit.iter().any(|wanted| wanted == scope))
        };
        let excess: Vec<&str> = token.scopes.iter().filter(|scope| !is_needed(scope)).map(String::as_str).collect();
        let page = self.page_of(token);
        if !excess.is_empty() {
            self.add(NewFinding {
                code: review::TOKEN_SCOPES,
                subject: subject.to_owned(),
                cause: format!("it has the scopes {}, which are not needed", excess.join(", ")),
                remedy: "replace it by one without these scopes".into(),
                page: page.clone(),
            });
        }
        if uses.in_use && !uses.handed_over && token.scopes.iter().any(|scope| scope == "api") {
            self.add(NewFinding {
                code: review::TOKEN_WRITES,
                subject: subject.to_owned(),
                cause: "it may write, and this review only reads".into(),
                remedy: format!("review with a token with the scope {}", Task::Audit.scope()),
                page,
            });
        }
    }

    /// The owner with what they may do.
    fn owner(&self, token: &TokenDetails) -> String {
        let administrators = self.inputs.seen.administrators.known();
        let known = administrators.and_then(|all| all.iter().find(|one| one.id == token.user_id));
        let user = self.inputs.observed.user.known().filter(|user| user.id == token.user_id);
        let name = match (known, user) {
            (Some(one), _) => one.username.clone(),
            (None, Some(user)) => user.username.clone(),
            (None, None) => format!("user number {}", token.user_id),
        };
        match administrators {
            Some(_) if known.is_some() => format!("{name}, an administrator"),
            Some(_) => format!("{name}, not an administrator"),
            None => name,
        }
    }

    /// Where its owner, or else an administrator, sees it.
    fn page_of(&self, token: &TokenDetails) -> String {
        match self.inputs.observed.user.known() {
            Some(user) if user.id == token.user_id => TOKENS.to_owned(),
            _ => CREDENTIALS.to_owned(),
        }
    }
}

/// The day of a time.
pub(super) fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

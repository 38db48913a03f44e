//! Injected faults, and the grammar in which they are written, which `sandbox --help` shows.

mod documented;
pub(super) mod response;

use std::sync::Mutex;
use std::time::Duration;

use axum::http::Method;

use super::request_log::Side;
use crate::text::{Glob, GlobError};

pub(crate) use self::documented::help;
use self::documented::known_actions;

/// What a fault does with a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum FaultAction {
    Status(u16),
    Html(u16),
    Text(u16),
    Empty,
    Json(String),
    With(String),
    Oauth(String),
    Errors,
    Redirect(String),
    RetryAfter(u64),
    Json429,
    Maintenance,
    Deploying,
    Endless,
    EndlessEscapes,
    Hang,
    Reset,
    Lost,
    Cut,
    Half,
    Slow,
    Delay(Duration),
    Type,
    Link(String),
    /// Of `browser=` only: what the person does.
    Person(Person),
}

/// What the person in the browser of a rehearsal does.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Person {
    #[default]
    Authorizes,
    Denies,
    /// Signs in with another account, and authorizes.
    Other,
    /// Does not come.
    Away,
}

/// A fault that could not be parsed.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum FaultError {
    #[error("the fault {0:?} has no `=`; write it as PATH=ACTION, for example `/api/v4/metadata=status:500`")]
    NoAction(String),
    #[error("unknown fault action {0:?}; the actions are {known}", known = known_actions())]
    UnknownAction(String),
    #[error("the fault action `{action}` needs {needs}")]
    Argument { action: String, needs: &'static str },
    #[error("the path of the fault {0:?} cannot be parsed: {1}")]
    Glob(String, GlobError),
    #[error("the path of the fault {0:?} does not begin with a slash, so it would match no request")]
    Path(String),
    #[error("{0:?} is not a method; write it in capitals before the path, as `POST /api/v4/applications`")]
    Method(String),
    #[error("the rate {0:?} cannot be parsed; write it as `rate=1%` or `rate=0.5%,seed=7`")]
    Rate(String),
    #[error(
        "{0:?} is not what the person in the browser does; write browser=deny, browser=other-account or browser=away"
    )]
    Person(String),
    #[error("the counts of a fault start at 1: {0:?}")]
    Zero(String),
}

/// One fault, with the number of requests it has matched.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    written: String,
    side: Option<Side>,
    which: Which,
    action: FaultAction,
    first: u64,
    times: Option<u64>,
    seen: u64,
}

#[derive(Clone, Debug)]
enum Which {
    Path {
        method: Option<Method>,
        glob: Glob,
    },
    /// A share in millionths, and the state of the generator.
    Random {
        share: u32,
        state: u64,
    },
    /// The visits of the person in the browser.
    Browser,
}

impl Fault {
    /// Whether the fault applies to this request, which it counts if it matches.
    fn applies_to(&mut self, side: Side, method: &Method, path: &str) -> bool {
        if self.side.is_some_and(|only| only != side) || !self.which.matches(method, path) {
            return false;
        }
        self.counts()
    }

    /// Counts one that matches, and says whether it is among those that are affected.
    fn counts(&mut self) -> bool {
        self.seen += 1;
        self.seen >= self.first && self.times.is_none_or(|times| self.seen < self.first + times)
    }
}

impl Which {
    fn matches(&mut self, request: &Method, path: &str) -> bool {
        match self {
            Self::Path { method, glob } => {
                method.as_ref().is_none_or(|only| only == request) && glob.is_match_in_parts(path)
            }
            Self::Random { share, state } => next_random(state) % 1_000_000 < u64::from(*share),
            Self::Browser => false,
        }
    }
}

/// SplitMix64: a seed gives the same faults on every machine.
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl std::str::FromStr for Fault {
    type Err = FaultError;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let (side, rest) = side(written);
        let (which, action) = if let Some(rate) = rest.strip_prefix("rate=") {
            let (rate, action) = split_rate(rate).ok_or_else(|| FaultError::NoAction(written.to_owned()))?;
            (random(rate)?, action)
        } else {
            let (which, action) = rest.split_once('=').ok_or_else(|| FaultError::NoAction(written.to_owned()))?;
            let is_browser = which == "browser";
            (if is_browser { Which::Browser } else { path(which)? }, action)
        };
        let (action, first, times) = counts(action);
        if first == 0 || times == Some(0) {
            return Err(FaultError::Zero(written.to_owned()));
        }
        let action = match which {
            Which::Browser => FaultAction::Person(person(action)?),
            Which::Path { .. } | Which::Random { .. } => read_action(action)?,
        };
        Ok(Self { written: written.to_owned(), side, which, action, first, times, seen: 0 })
    }
}

fn side(written: &str) -> (Option<Side>, &str) {
    if let Some(rest) = written.strip_prefix("gitlab:") {
        (Some(Side::GitLab), rest)
    } else if let Some(rest) = written.strip_prefix("factory:") {
        (Some(Side::Factory), rest)
    } else {
        (None, written)
    }
}

fn person(action: &str) -> Result<Person, FaultError> {
    match action {
        "deny" => Ok(Person::Denies),
        "other-account" => Ok(Person::Other),
        "away" => Ok(Person::Away),
        other => Err(FaultError::Person(other.to_owned())),
    }
}

/// `1%,seed=7=reset` is the rate `1%,seed=7` and the action `reset`.
fn split_rate(text: &str) -> Option<(&str, &str)> {
    let after_seed = text.find(",seed=").map_or(0, |at| at + ",seed=".len());
    let at = after_seed + text.get(after_seed..)?.find('=')?;
    Some((&text[..at], &text[at + 1..]))
}

fn random(text: &str) -> Result<Which, FaultError> {
    let wrong = || FaultError::Rate(text.to_owned());
    let (rate, seed) = text.split_once(",seed=").unwrap_or((text, "1"));
    let percent: f64 = rate.strip_suffix('%').and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    if !(0.0..=100.0).contains(&percent) {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a million")]
    let share = (percent * 10_000.0).round() as u32;
    Ok(Which::Random { share, state: seed.parse().map_err(|_| wrong())? })
}

fn path(text: &str) -> Result<Which, FaultError> {
    let (method, glob) = match text.split_once(' ') {
        Some((method, glob)) => (Some(read_method(method)?), glob),
        None => (None, text),
    };
    if !glob.starts_with(['/', '*']) {
        return Err(FaultError::Path(text.to_owned()));
    }
    let glob = glob.parse().map_err(|why| FaultError::Glob(text.to_owned(), why))?;
    Ok(Which::Path { method, glob })
}

fn read_method(text: &str) -> Result<Method, FaultError> {
    match Method::from_bytes(text.as_bytes()) {
        Ok(method) if text.chars().all(|letter| letter.is_ascii_uppercase()) => Ok(method),
        _ => Err(FaultError::Method(text.to_owned())),
    }
}

/// Takes `@FIRST` and `xTIMES` off the end of an action.
fn counts(action: &str) -> (&str, u64, Option<u64>) {
    if let Some((head, tail)) = action.rsplit_once('@') {
        let (first, times) = tail.split_once('x').map_or((tail, None), |(first, times)| (first, Some(times)));
        if let (Ok(first), Ok(times)) = (first.parse(), times.map(str::parse).transpose()) {
            return (head, first, times);
        }
    }
    if !["redirect:", "link:", "json:", "with:"].iter().any(|name| action.starts_with(name))
        && let Some((head, times)) = action.rsplit_once('x')
        && let Ok(times) = times.parse()
    {
        return (head, 1, Some(times));
    }
    (action, 1, None)
}

fn read_action(text: &str) -> Result<FaultAction, FaultError> {
    let (name, argument) = text.split_once(':').map_or((text, None), |(name, argument)| (name, Some(argument)));
    let missing = |needs| FaultError::Argument { action: name.to_owned(), needs };
    let status = || {
        number(argument).filter(|code| (200..600).contains(code)).ok_or(missing("a status from 200 to 599, as `:502`"))
    };
    let address = || {
        argument
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or(missing("an address, as `:https://elsewhere.example/`"))
    };
    match name {
        "status" => status().map(FaultAction::Status),
        "html" => status().map(FaultAction::Html),
        "text" => status().map(FaultAction::Text),
        "json" => argument.map(|text| FaultAction::Json(text.to_owned())).ok_or(missing("a text, as `:{}`")),
        "with" => argument
            .filter(|text| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok())
            .map(|text| FaultAction::With(text.to_owned()))
            .ok_or(missing("a JSON object, as `:{\"status\":\"pending\"}`")),
        "oauth" => argument
            .filter(|text| !text.is_empty())
            .map(|text| FaultAction::Oauth(text.to_owned()))
            .ok_or(missing("an error of OAuth, as `:slow_down`")),
        "redirect" => address().map(FaultAction::Redirect),
        "link" => address().map(FaultAction::Link),
        "retry-after" => number(argument).map(FaultAction::RetryAfter).ok_or(missing("seconds, as `:2`")),
        "delay" => number(argument)
            .map(Duration::from_millis)
            .map(FaultAction::Delay)
            .ok_or(missing("milliseconds, as `:500`")),
        "endless" if argument == Some("escapes") => Ok(FaultAction::EndlessEscapes),
        _ if argument.is_some() => Err(FaultError::UnknownAction(text.to_owned())),
        _ => bare_action(name).ok_or_else(|| FaultError::UnknownAction(text.to_owned())),
    }
}

fn bare_action(name: &str) -> Option<FaultAction> {
    Some(match name {
        "empty" => FaultAction::Empty,
        "errors" => FaultAction::Errors,
        "json429" => FaultAction::Json429,
        "maintenance" => FaultAction::Maintenance,
        "deploying" => FaultAction::Deploying,
        "endless" => FaultAction::Endless,
        "hang" => FaultAction::Hang,
        "reset" | "before" => FaultAction::Reset,
        "lost" => FaultAction::Lost,
        "cut" => FaultAction::Cut,
        "half" => FaultAction::Half,
        "slow" => FaultAction::Slow,
        "type" => FaultAction::Type,
        _ => return None,
    })
}

fn number<T: std::str::FromStr>(argument: Option<&str>) -> Option<T> {
    argument.and_then(|text| text.parse().ok())
}

/// The fault that applies to a request, and how it was written.
pub(crate) struct InjectedFault {
    pub action: FaultAction,
    pub written: String,
}

/// The faults of a running sandbox.
#[derive(Debug, Default)]
pub(crate) struct FaultList {
    list: Mutex<Vec<Fault>>,
}

impl FaultList {
    /// Adds a fault. Where several apply to a request, the one added first wins.
    pub(crate) fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    #[cfg(feature = "sandbox-testing")]
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The fault that applies to this request. Every fault that matches counts the request.
    pub(crate) fn matching(&self, side: Side, method: &Method, path: &str) -> Option<InjectedFault> {
        let mut injected = None;
        for fault in self.lock().iter_mut() {
            if fault.applies_to(side, method, path) && injected.is_none() {
                injected = Some(InjectedFault { action: fault.action.clone(), written: fault.written.clone() });
            }
        }
        injected
    }

    /// What the person in the browser does on this visit, which is counted.
    pub(crate) fn person(&self) -> Person {
        let mut person = None;
        for fault in self.lock().iter_mut() {
            if let FaultAction::Person(does) = fault.action
                && fault.counts()
            {
                person = person.or(Some(does));
            }
        }
        person.unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.list.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

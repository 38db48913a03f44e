//! How faults are written, for `sandbox --help` and for errors.

/// How a fault is written.
const GRAMMAR: &str = "\
SPEC is [gitlab:|factory:]WHICH=ACTION[@FIRST][xTIMES].
WHICH is [METHOD ]PATH, as in 'POST /api/v4/applications', where * stands for one segment of the path or a part of it and \
** for any number of them, or rate=P%[,seed=N], a random share of the requests, or browser, the person who is asked to \
authorize Factory. The path is without GitLab's relative root.
FIRST is the first matching request that is affected (1), TIMES how many are (all). After a URL or a text only @FIRST and \
@FIRSTxTIMES are read.";

/// The actions: how each is written, and what becomes of the request.
pub(super) const ACTIONS: [(&str, &str); 25] = [
    ("status:NNN", "not acted on; answered with that status and the server's own kind of JSON error"),
    ("html:NNN", "not acted on; answered with a proxy's sign-in page"),
    ("text:NNN", "not acted on; answered with plain text"),
    ("empty", "not acted on; answered with 200 and []"),
    ("json:TEXT", "not acted on; answered with 200 and that JSON"),
    ("with:JSON", "acted on; answered with the fields of that JSON object in place of the server's own"),
    ("oauth:ERROR", "not acted on; answered with that error of OAuth: slow_down, access_denied, expired_token, …"),
    ("errors", "not acted on; answered with 200 and GraphQL's list of errors"),
    ("redirect:URL", "not acted on; answered with 302 to that URL"),
    ("retry-after:SECS", "not acted on; answered with Rack::Attack's 429"),
    ("json429", "not acted on; answered with the 429 of GitLab's own limiter, without Retry-After"),
    ("maintenance", "a write is not acted on; answered with 403 read-only, a form with 301"),
    ("deploying", "not acted on; answered with the 503 page"),
    ("endless", "not acted on; answered with a body that never ends"),
    ("endless:escapes", "the same, full of terminal escape codes"),
    ("hang", "not acted on; never answered, the connection stays open"),
    ("reset", "not acted on; the connection is reset"),
    ("before", "the same as reset"),
    ("lost", "acted on; the connection is reset"),
    ("cut", "acted on; answered with half of the body, with a matching length"),
    ("half", "acted on; answered with half of the body, then the connection drops"),
    ("slow", "acted on; answered with one byte a second"),
    ("delay:MS", "acted on; answered after a pause"),
    ("type", "acted on; answered with JSON of another type"),
    ("link:URL", "acted on; answered with a Link to that URL as the next page"),
];

pub(super) fn known_actions() -> String {
    ACTIONS.map(|(written, _)| written).join(", ")
}

/// What can go wrong when Factory is authorized on GitLab.com, for the help.
pub(super) const OF_CLOUD: [(&str, &str); 10] = [
    ("browser=deny", "the person presses Deny"),
    ("browser=other-account", "the person signs in with another account"),
    ("browser=away", "the person does not come: a session stays pending, a code is never entered"),
    ("POST /oauth/token=oauth:slow_downx2", "the device polls too fast, twice"),
    ("POST /oauth/token=oauth:expired_token", "the code of the device has expired"),
    ("POST /oauth/authorize_device=oauth:access_denied", "the application may not use the device flow"),
    ("POST /oauth/token=with:{\"scope\":\"read_user\"}", "a scope is missing from what was granted"),
    ("POST /oauth/token=oauth:temporarily_unavailable", "GitLab is in maintenance"),
    ("GET /gitlab/v1/cloud/sessions/*=with:{\"status\":\"expired\"}", "the session has expired"),
    ("PUT /gitlab/v1/cloud/selection=status:409", "Factory does not take the selection (422 likewise)"),
];

/// The help on faults, for `sandbox --help`.
pub(crate) fn help() -> String {
    let mut text = format!("{GRAMMAR}\n\nActions:");
    for (written, what) in ACTIONS {
        text.push_str(&format!("\n  {written:<16}  {what}"));
    }
    text.push_str("\n\nWith --cloud, for example:");
    for (written, what) in OF_CLOUD {
        text.push_str(&format!("\n  --fault '{written}'\n      {what}"));
    }
    text
}

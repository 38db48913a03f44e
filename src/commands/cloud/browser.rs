//! The page that a user opens: its address is always printed, and a browser is started only from a terminal.

use url::Url;

use super::super::Context;
use crate::env_vars;
use crate::settings;
use crate::text::{Line, Text, Tone};

/// Whether a browser can be started for the person who sits here.
pub(super) fn is_here(context: &Context<'_>) -> bool {
    // Elsewhere the system always has one.
    let has_display =
        || [env_vars::DISPLAY, env_vars::WAYLAND_DISPLAY].iter().any(|name| context.env.var(name).is_some());
    context.env.page_opener.is_some() || context.prompter.can_ask() && (!cfg!(target_os = "linux") || has_display())
}

/// Prints what to do and the whole address on a line of its own, with `-q` too; then starts a browser, and does not wait for it.
pub(super) fn show(context: &Context<'_>, what: &str, url: &Url) {
    let mut text = Text::new();
    text.gap();
    text.line(Line::new().with(Tone::Strong, what));
    text.line(Line::new().plain("  ").with(Tone::Action, url.as_str()));
    text.gap();
    context.terminal.show(&text);
    if let Some(opener) = &context.env.page_opener {
        return opener.open(url.as_str());
    }
    if is_here(context)
        && let Err(error) = context.terminal.open_browser(url, &settings::variables())
    {
        context.terminal.warn(&format!("the browser could not be opened: {error}"));
    }
}

//! Any text is refused as the URL of an instance, or is safe to send a token to.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn any_url_is_refused_or_safe(
        text in prop_oneof![any::<String>(), "(https?|ssh)://(a:b@|)[a-z.0-9\\[\\]:]{1,20}(:[0-9]{1,6}|)(/[ -~]{0,20}|)"],
        path in "/[ -~]{0,40}",
    ) {
        let Ok(instance) = text.parse::<InstanceUrl>() else { return Ok(()) };
        let url = instance.url();
        prop_assert!(url.username().is_empty() && url.password().is_none() && url.query().is_none());
        prop_assert!(url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)), "{}", url);
        for asked in [instance.api(&path), instance.page(&path)] {
            prop_assert_eq!(asked.origin(), url.origin(), "{}", asked);
        }
        prop_assert_eq!(instance.to_string().parse::<InstanceUrl>().map(|again| again.to_string()), Ok(instance.to_string()));
    }

    #[test]
    fn any_version_is_read_or_refused(text in any::<String>()) {
        let _read_or_refused = text.parse::<Version>();
    }
}

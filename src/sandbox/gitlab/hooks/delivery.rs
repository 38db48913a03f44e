//! One delivery: prepared, sent, logged, and counted as a success or failure of the hook.
//!
//! gitlab: app/services/web_hook_service.rb

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha2::Sha256;
use url::Url;
use uuid::Uuid;

use super::disabling::{DeliveryResult, DisablingRule};
use super::log::{LogEntry, SentRequest};
use super::url_blocker::UrlBlocker;
use super::{HookRef, Owner, StoredHook, payload};
use crate::sandbox::clock;
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::state::GitLabState;
use crate::sandbox::sender::{CertificateCheck, OutgoingRequest, SendOutcome, WebhookSender};

/// A webhook to deliver.
#[derive(Clone, Debug)]
pub(super) struct WebhookDelivery {
    /// `X-Gitlab-Event`.
    pub header: &'static str,
    /// The name in the delivery log.
    pub trigger: String,
    pub payload: Value,
    /// The idempotency key of a delivery that is resent; `None` makes a new one.
    pub key: Option<String>,
    /// `X-Gitlab-Event-UUID` of the request that caused it; `None` makes a new one.
    pub chain: Option<String>,
}

/// A delivery that is ready to be sent, or that GitLab refuses to send.
struct PreparedDelivery {
    sender: WebhookSender,
    request: Result<OutgoingRequest, String>,
    sent: SentRequest,
}

impl GitLab {
    /// Delivers to one hook and logs the delivery; `None` if the hook does not exist.
    pub(super) async fn deliver(&self, hook: HookRef, delivery: WebhookDelivery) -> Option<SendOutcome> {
        let prepared = {
            let state = self.lock();
            prepare(self, &state, state.hooks.get(hook)?, delivery)
        };
        let outcome = match &prepared.request {
            Ok(request) => prepared.sender.send(request).await,
            Err(text) => SendOutcome { response: Err(text.clone()), took: std::time::Duration::ZERO },
        };
        self.record_outcome(hook, prepared.sent, &outcome);
        Some(outcome)
    }

    /// Logs the delivery and updates the hook's failures.
    fn record_outcome(&self, hook: HookRef, sent: SentRequest, outcome: &SendOutcome) {
        let now = self.clock().now();
        let rule = if self.is_at_least(17, 11) { DisablingRule::New } else { DisablingRule::Old };
        let mut state = self.lock();
        let status = outcome.response.as_ref().ok().map(|response| response.status);
        if let Some(found) = state.hooks.get_mut(hook) {
            found.failures = found.failures.after(DeliveryResult::of(status), rule, now);
        }
        state.hooks.last_log += 1;
        let entry = LogEntry::new(state.hooks.last_log, sent, outcome, now);
        state.hooks.logs.entry(hook.id).or_default().push(entry);
    }
}

fn prepare(gitlab: &GitLab, state: &GitLabState, hook: &StoredHook, delivery: WebhookDelivery) -> PreparedDelivery {
    let template = hook.custom_webhook_template.trim();
    let rendered =
        if template.is_empty() { Ok(delivery.payload.clone()) } else { payload::rendered(template, &delivery.payload) };
    let (payload, template_error) = match rendered {
        Ok(payload) => (payload, None),
        // GitLab logs such a delivery without a payload.
        Err(text) => (Value::Object(serde_json::Map::new()), Some(text)),
    };
    let delivery = WebhookDelivery { payload, ..delivery };
    let body = delivery.payload.to_string().into_bytes();
    let custom = |(key, value): &(String, SecretString)| (key.clone(), value.expose_secret().to_owned());
    let headers = DeliveryHeaders {
        own: OwnHeaders { gitlab, state, hook }.fields(&delivery, &body),
        custom: hook.custom_headers.iter().map(custom).collect(),
    };
    let sent = SentRequest::new(hook, delivery, &headers);
    let address = hook.interpolated_url();
    let request = match (UrlBlocker::new(state).reason(&address, hook.owner), template_error) {
        (Some(reason), _) => Err(format!("URL is blocked: {reason}")),
        (None, Some(text)) => Err(text),
        (None, None) => Ok(outgoing_request(hook, &address, headers, body)),
    };
    PreparedDelivery { sender: state.hooks.sender.clone(), request, sent }
}

/// Header fields in the order they are sent.
pub(super) type HeaderFields = Vec<(String, String)>;

/// The headers of one delivery.
pub(super) struct DeliveryHeaders {
    /// GitLab's own.
    pub own: HeaderFields,
    /// Those of the hook's settings.
    pub custom: HeaderFields,
}

/// Custom headers cannot override GitLab's own; user information in the URL becomes Basic authentication.
pub(super) fn outgoing_request(
    hook: &StoredHook,
    address: &str,
    headers: DeliveryHeaders,
    body: Vec<u8>,
) -> OutgoingRequest {
    let DeliveryHeaders { own: mut headers, custom } = headers;
    let own = |name: &str| headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let added: HeaderFields = custom.into_iter().filter(|(name, _)| !own(name)).collect();
    headers.extend(added);
    let mut url = address.to_owned();
    if let Ok(mut parsed) = Url::parse(address)
        && !parsed.username().is_empty()
    {
        let pair = format!("{}:{}", parsed.username(), parsed.password().unwrap_or_default());
        headers.push(("Authorization".to_owned(), format!("Basic {}", STANDARD.encode(pair))));
        let bare = parsed.set_username("").and_then(|()| parsed.set_password(None));
        if bare.is_ok() {
            url = parsed.to_string();
        }
    }
    let verify = if hook.enable_ssl_verification { CertificateCheck::On } else { CertificateCheck::Off };
    OutgoingRequest { url, headers, body, verify }
}

/// What GitLab's own headers depend on.
struct OwnHeaders<'a> {
    gitlab: &'a GitLab,
    state: &'a GitLabState,
    hook: &'a StoredHook,
}

impl OwnHeaders<'_> {
    /// The headers that this version sends.
    fn fields(&self, delivery: &WebhookDelivery, body: &[u8]) -> HeaderFields {
        let Self { gitlab, state, hook } = *self;

        let uuid = || Uuid::new_v4().to_string();
        let tail = if gitlab.is_enterprise() { "-ee" } else { "" };
        let key = delivery.key.clone().unwrap_or_else(uuid);
        let mut headers = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("User-Agent".to_owned(), format!("GitLab/{}{tail}", gitlab.options().version)),
        ];
        let mut put = |name: &str, value: String| headers.push((name.to_owned(), value));
        if gitlab.is_at_least(17, 4) {
            put("Idempotency-Key", key.clone());
        }
        put("X-Gitlab-Event", if hook.owner == Owner::System { "System Hook" } else { delivery.header }.to_owned());
        if gitlab.is_at_least(16, 2) {
            // The documentation says that it identifies the webhook; the source makes a new one for every request.
            put("X-Gitlab-Webhook-UUID", uuid());
        }
        if gitlab.is_at_least(15, 5) {
            put("X-Gitlab-Instance", state.external_url.origin().ascii_serialization());
        }
        put("X-Gitlab-Event-UUID", delivery.chain.clone().unwrap_or_else(uuid));
        if let Some(token) = &hook.token {
            put("X-Gitlab-Token", token.expose_secret().replace('\n', ""));
        }
        if let Some(signing) = hook.signing_token.as_ref().filter(|_| gitlab.is_at_least(19, 0)) {
            // The receiver compares it with its own clock, so this is the real time, not the clock that a test may have moved.
            let time = clock::now().as_second();
            if let Some(signature) = signature(signing.expose_secret(), &format!("{key}.{time}."), body) {
                put("webhook-id", key);
                put("webhook-timestamp", time.to_string());
                put("webhook-signature", signature);
            }
        }
        headers
    }
}

/// Standard Webhooks: HMAC-SHA256 over `{id}.{timestamp}.{body}`, in base64, after `v1,`.
fn signature(token: &str, head: &str, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(token.strip_prefix("whsec_")?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(head.as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

//! What other instances may add to a response: the fields of a newer version and the headers of a proxy.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use serde_json::{Value, json};

use crate::sandbox::gitlab::GitLab;

/// Headers that proxies and load balancers are known to add.
const OF_PROXIES: [(&str, &str); 8] = [
    ("via", "1.1 proxy.acme.com (squid/6.10), 1.1 varnish"),
    ("server", "BigIP"),
    ("set-cookie", "BIGipServerpool_gitlab=123456789.47873.0000; path=/; Httponly; Secure"),
    ("x-cache", "MISS from proxy.acme.com"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("content-security-policy", "default-src 'self'"),
    ("x-forwarded-host", "elsewhere.example"),
    ("alt-svc", "h3=\":443\"; ma=86400"),
];

pub(super) async fn add_noise(gitlab: &GitLab, mut response: Response) -> Response {
    let (unknown_fields, proxy_headers) = {
        let quirks = &gitlab.lock().quirks;
        (quirks.unknown_fields, quirks.proxy_headers)
    };
    if proxy_headers {
        for (name, value) in OF_PROXIES {
            response.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    if unknown_fields { with_unknown_fields(response).await } else { response }
}

async fn with_unknown_fields(response: Response) -> Response {
    let is_json =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !is_json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The sandbox's own bodies are in memory, so reading them cannot fail.
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let body = match serde_json::from_slice::<Value>(&whole) {
        Ok(mut value) => {
            add(&mut value);
            value.to_string().into()
        }
        Err(_) => whole,
    };
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, Body::from(body))
}

fn add(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add),
        Value::Object(fields) => {
            fields.values_mut().for_each(add);
            fields.insert(
                "ai_quantum_mode".to_owned(),
                json!({ "enabled": null, "levels": [1, "two", { "three": 3.0 }] }),
            );
            fields.insert("_links_v5".to_owned(), json!(["\u{1f98a}", true]));
        }
        _ => {}
    }
}

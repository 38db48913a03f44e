//! A proxy in front of the instance that lets only known requests pass. It answers before GitLab sees anything.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

use crate::sandbox::gitlab::quirks::Wall;

const UNAUTHORIZED: &str = "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center>\
    <h1>401 Authorization Required</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
const FORBIDDEN: &str = "<!DOCTYPE html>\n<html><head><title>Forbidden</title></head>\n<body><h1>Forbidden</h1>\
    <p>You don't have permission to view this. Please contact your system administrator.</p></body></html>\n";
/// gitlab: public/502.html
const DOWN: &str = "<!DOCTYPE html>\n<html>\n<head>\n  <title>GitLab is not responding (502)</title>\n</head>\n<body>\n\
    <h1>502</h1>\n<h3>Whoops, GitLab is taking too much time to respond.</h3>\n</body>\n</html>\n";

/// The answer of nginx where GitLab behind it does not answer.
pub(super) fn down(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, Html(DOWN)).into_response()
}

/// The wall's answer to a request that may not pass. A password for the wall is taken off the request, unless
/// this proxy passes it on.
pub(super) fn refusal(wall: &Wall, request: &mut Request) -> Option<Response> {
    let has = |name: &str, wanted: &str| request.headers().get(name).is_some_and(|value| value == wanted);
    match wall {
        Wall::Basic { authorization, is_passed_on } if has("authorization", authorization) => {
            if !is_passed_on {
                request.headers_mut().remove(header::AUTHORIZATION);
            }
            None
        }
        Wall::Basic { .. } => {
            let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"Acme\"")];
            Some((StatusCode::UNAUTHORIZED, challenge, Html(UNAUTHORIZED)).into_response())
        }
        Wall::CloudflareAccess { id, secret } => {
            let passes = has("cf-access-client-id", id) && has("cf-access-client-secret", secret);
            (!passes).then(|| {
                let mut response = (StatusCode::FORBIDDEN, Html(FORBIDDEN)).into_response();
                for (name, value) in [("cf-ray", "8f2a1b3c4d5e6f70-FRA"), ("cf-access-domain", "gitlab.acme.example")] {
                    response.headers_mut().insert(name, HeaderValue::from_static(value));
                }
                response
            })
        }
    }
}

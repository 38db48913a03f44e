//! Lets the `oauth2` crate speak through our client, with its limits, counts and classification.

use std::future::Future;
use std::pin::Pin;

use oauth2::{AsyncHttpClient, ClientSecret, HttpRequest, HttpResponse};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use url::Url;
use zeroize::Zeroizing;

use super::client::Client;
use super::error::{Answer, Error};
use super::request::{LARGEST_ANSWER, Repeat, Request};
use crate::secret::ApplicationSecret;

/// Our client in the shape that `oauth2` asks for.
pub struct Bridge {
    client: Client,
    repeat: Repeat,
}

impl Bridge {
    /// `repeat` says what the exchange is: a probe that leaves nothing behind is a read, though it is a POST.
    #[must_use]
    pub fn new(client: Client, repeat: Repeat) -> Self {
        Self { client, repeat }
    }

    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let request = translated(request, self.repeat)?;
        match self.client.send(&request).await {
            Ok(response) => Ok(answer(response.status(), response.body().to_vec())),
            Err(error) => match error.answer() {
                Some(said) if said.status < 500 && said.error.is_some() => Ok(answer(said.status, oauth_error(said))),
                _ => Err(error),
            },
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Bridge {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.carry(request))
    }
}

/// The secret in the crate's own type, which hides it as well.
#[must_use]
pub fn client_secret(secret: &ApplicationSecret) -> ClientSecret {
    ClientSecret::new(secret.expose().to_owned())
}

fn translated(request: HttpRequest, repeat: Repeat) -> Result<Request, Error> {
    let (parts, body) = request.into_parts();
    let url: Url = parts
        .uri
        .to_string()
        .parse()
        .map_err(|_| super::options::setup("the OAuth endpoint has no address".to_owned()))?;
    let mut headers = parts.headers;
    headers.get_mut(AUTHORIZATION).into_iter().for_each(|value| value.set_sensitive(true));
    Ok(Request { method: parts.method, url, headers, body: Some(Zeroizing::new(body)), repeat, limit: LARGEST_ANSWER })
}

fn oauth_error(said: &Answer) -> Vec<u8> {
    serde_json::json!({ "error": said.error, "error_description": said.error_description }).to_string().into_bytes()
}

fn answer(status: u16, body: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::new(body);
    *response.status_mut() = oauth2::http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl Request {
    /// A form that authenticates an OAuth application: ID and secret as HTTP Basic, and only so. GitLab refuses a pair
    /// that is sent twice, and old versions want the capital B (reference, 4.2 and 4.3).
    #[must_use]
    pub fn oauth_form(url: Url, pair: (&str, &ApplicationSecret), fields: &[(&str, &str)]) -> Self {
        use base64::Engine as _;
        let encode = |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        let both = Zeroizing::new(format!("{}:{}", encode(pair.0), *Zeroizing::new(encode(pair.1.expose()))));
        let basic = Zeroizing::new(format!(
            "Basic {}",
            *Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(both.as_bytes()))
        ));
        let body = Zeroizing::new(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
        let mut request =
            Self::write(reqwest::Method::POST, url).bytes(body.as_bytes(), "application/x-www-form-urlencoded");
        request.secret_header(AUTHORIZATION, &basic);
        request
    }
}

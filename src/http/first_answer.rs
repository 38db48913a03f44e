//! One request without a credential, for what comes back and what the answer says of the server's clock. It is sent once.

use std::time::Duration;

use url::Url;

use super::client::Client;
use super::error::{Cause, Error};
use super::options::place;
use super::probe::{ClockDifference, DatedResponse, NoTime, clock_difference};
use super::request::Request;
use super::response::{BodyEnding, Response};
use super::retry::Attempts;
use crate::instance::bare;

/// What came back.
#[derive(Clone, Debug)]
pub struct FirstAnswer {
    /// The status of a 2xx response that is no web page, or why there is none.
    pub answer: Result<u16, Error>,
    pub clock: Result<ClockDifference, NoTime>,
    /// How long the response took; `None` where none came.
    pub took: Option<Duration>,
    /// How the response ended.
    pub ending: BodyEnding,
}

impl FirstAnswer {
    /// No response came.
    #[must_use]
    pub fn none(error: Error) -> Self {
        Self { answer: Err(error), clock: Err(NoTime::NoDate), took: None, ending: BodyEnding::Said }
    }
}

impl Client {
    /// Asks for `url` once, within the time of one request. A redirect is not followed.
    pub async fn first_answer(&self, url: &Url) -> FirstAnswer {
        let clock = self.clock().system();
        let (sent, began) = (clock.now(), clock.instant());
        let request = Request { accepts_bare_close: true, ..Request::get(url.clone()) };
        let response = match self.exchange(&request, url, Attempts::default()).await {
            Ok(response) => response,
            Err(error) => return FirstAnswer::none(error),
        };
        let round_trip = clock.instant().duration_since(began);
        let difference = match response.header("date") {
            Some(date) => clock_difference(&DatedResponse { date, age: response.header("age"), sent, round_trip }),
            None => Err(NoTime::NoDate),
        };
        let ending = response.ending;
        FirstAnswer { answer: self.told(response), clock: difference, took: Some(round_trip), ending }
    }

    fn told(&self, response: Response) -> Result<u16, Error> {
        if let Some(to) = response.redirect() {
            return Err(response.failed(Cause::Redirected { to: bare(&to) }));
        }
        let response = self.require_success(response)?;
        response.refuse_web_page().map(|()| response.status())
    }

    /// The proxy that requests for this address go through, without its user info.
    #[must_use]
    pub fn proxy_place(&self, url: &Url) -> Option<String> {
        self.proxy_for(url).as_ref().map(place)
    }
}
